"""Writes docs/data-dictionary.md from the schema: python docs/data_dictionary.py [--check]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from amiframe import schema
from amiframe.frames import EVENT_COLUMNS
from amiframe.schema import BLOCKS
from amiframe.schema.field import NOTHING, Field
from amiframe.schema.list_actions import LISTS
from amiframe.wire.column_names import column

DEST = Path(__file__).with_name("data-dictionary.md")
DTYPES = {
    "str": "str", "int": "Int64", "hms": "Int64", "float": "float64", "bool": "boolean",
    "time": "datetime64[us, UTC]", "iso": "datetime64[us, UTC]", "local": "datetime64[us]",
    "list": "list of str", "map": "map of str",
}  # fmt: skip
SHADOWED = {name for name in dir(pd.DataFrame) if not name.startswith("_")}

HEAD = """\
# Data dictionary

Made from the tables in `amiframe/schema/` by `python docs/data_dictionary.py`; a test holds it to them.

How to read it: the *column* is the server's header in lower case with `_` for whatever is no letter or digit.
*Missing* words: an empty value, `<unknown>`, `(null)` and `<null>` are missing in every column; `none=` names more.
*esc*: the server writes the value with C escapes, the frame has it without. *volatile*: may differ between two requests
in the same moment. *opt*: the column is in the frame only when some message has the header. A column marked † has the
name of an attribute of pandas: write `df["count"]`, not `df.count`. List columns hold lists of str (Arrow), map columns
ordered pairs of str.
"""


def flags(f: Field) -> str:
    """What the reader must know of a field beside its type."""
    marks = [f"none={word}" for word in sorted(f.nothing - NOTHING)]
    marks += [name for name, on in (("esc", f.escaped), ("volatile", f.volatile), ("opt", f.optional)) if on]
    if not f.nothing >= NOTHING:
        marks.append("verbatim")
    return ", ".join(marks)


def line(f: Field) -> str:
    """The row of one field."""
    mark = " †" if f.column in SHADOWED else ""
    kind = DTYPES[f.kind] + (" (hh:mm:ss)" if f.kind == "hms" else "")
    cells = (f"`{f.column}`{mark}", f"`{f.header}`", kind, f.unit, flags(f), f.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(fields: tuple[Field, ...]) -> list[str]:
    """Rows of a table; where it has a whole block of channel or bridge headers, one row that names the block."""
    rows = ["| column | header | dtype | unit | notes | meaning |", "|---|---|---|---|---|---|"]
    at = 0
    while at < len(fields):
        name, prefix = block_at(fields, at)
        if not name:
            rows.append(line(fields[at]))
            at += 1
            continue
        block = BLOCKS[name]
        if name != "event":
            first, last = (column(prefix + f.header) for f in (block[0], block[-1]))
            prefixed = f" with the prefix `{prefix}`" if prefix else ""
            rows.append(f"| `{first}` ... `{last}` | | | | | the block [{name}](#block-{name}){prefixed} |")
        at += len(block)
    return rows if len(rows) > 2 else []


def block_at(fields: tuple[Field, ...], at: int) -> tuple[str, str]:
    """The block that begins at a place of a table, with its prefix; or empty texts."""
    for name, block in BLOCKS.items():
        piece = fields[at : at + len(block)]
        prefix = piece[0].header.removesuffix(block[0].header) if piece else ""
        if [f.header for f in piece] == [prefix + f.header for f in block]:
            return name, prefix
    return "", ""


def conflicts() -> list[str]:
    """Rows of the columns whose types differ between events."""
    types: dict[str, dict[str, list[str]]] = {}
    for event, fields in schema.LOGGED.items():
        for f in fields:
            kind = " ".join(filter(None, (DTYPES[f.kind], f.unit)))
            types.setdefault(f.column, {}).setdefault(kind, []).append(event)
    rows = ["| column | types |", "|---|---|"]
    for name, kinds in sorted(types.items()):
        if len(kinds) > 1:
            kinds_and_events = "; ".join(f"{kind}: {some(events)}" for kind, events in sorted(kinds.items()))
            rows.append(f"| `{name}` | {kinds_and_events} |")
    return rows


def some(events: list[str]) -> str:
    """The first few of many names."""
    return ", ".join(sorted(events)[:3]) + (" ..." if len(events) > 3 else "")


def text() -> str:
    """The whole dictionary."""
    lists = {}
    for entry in LISTS.values():
        for item in entry.items:
            lists.setdefault(item, []).append(entry.action)
    parts = [HEAD, "## Blocks that many tables share\n"]
    for name, fields in BLOCKS.items():
        parts += [
            f"### Block {name}\n",
            "| column | header | dtype | unit | notes | meaning |\n|---|---|---|---|---|---|",
        ]
        parts += [*map(line, fields), ""]
    parts += ["Every event of a log has the block event. Frames of list items have `amf_fetched` and, where a column"]
    parts += ["has a type, `amf_misfit` besides. Frames of events have\n", "| column | dtype |\n|---|---|"]
    parts += [f"| `{name}` | {DTYPES[kind]} |" for name, kind in EVENT_COLUMNS.items()]
    parts += ["\n## Columns that are text in the frame of all events\n"]
    parts += [
        "Two events give them different types or units. In the frame of one event they have their own.\n",
        *conflicts(),
    ]
    parts += ["\n## Answers of one row\n"]
    for name, fields in sorted(schema.REPLIES.items()):
        parts += [f"### {name}\n", *table(fields), ""]
    parts += ["## Records of calls, from files and data bases\n"]
    parts += ["A time is `datetime64[us, UTC]` where the record tells the moment or `tz=` is given, else naive.\n"]
    for name, fields in sorted(schema.RECORDS.items()):
        parts += [f"### {name} record\n", *table(fields), ""]
    parts += ["## Events and list items\n"]
    for name, fields in sorted(schema.EVENTS.items(), key=lambda item: item[0].lower()):
        actions = f"Item of {', '.join(lists[name])}.\n" if name in lists else ""
        rows = table(fields)
        parts += [f"### {name}\n", *([actions] if actions else []), *(rows or ["Only the block event."]), ""]
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="say whether the file is up to date")
    made = text()
    if parser.parse_args().check:
        sys.exit(
            0 if DEST.read_text(encoding="utf-8") == made else "docs/data-dictionary.md is not what the schema says"
        )
    DEST.write_text(made, encoding="utf-8")
