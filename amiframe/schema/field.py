"""What one column means: the row of every schema table, and the reader of those tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from amiframe.wire.column_names import column

KINDS = frozenset({"str", "int", "float", "bool", "time", "iso", "local", "hms", "list", "map"})
"""str   text, and numbers that are names (extensions, ids)
int   whole number                         float  measured number
bool  Yes/No, true/false, On/Off, 1/0      hms    hh:mm:ss -> whole seconds
time  epoch seconds, up to six decimals    iso    ISO 8601 with offset      local  zoneless date and time
list  comma list                           map    NAME=value, folded over the repeats of the header"""

NOTHING = frozenset({"<unknown>", "(null)", "<null>"})
"""The server's words for "nothing" in any column of a table; an empty value is nothing everywhere."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: where it comes from, its type, unit, words for nothing, and what it means."""

    header: str
    kind: str = "str"
    unit: str = ""
    nothing: frozenset[str] = NOTHING
    escaped: bool = False
    volatile: bool = False
    optional: bool = False  # the column appears only when some message has the header
    meaning: str = ""

    @property
    def column(self) -> str:
        """Name of the column; a folded map is named in the plural (``Variable`` -> ``variables``)."""
        name = column(self.header)
        return f"{name}s" if self.kind == "map" else name

    @property
    def type(self) -> tuple[str, str]:
        """What two events must share for one typed column in the wide frame: the kind and the unit."""
        return self.kind, self.unit


def read_table(text: str, blocks: Mapping[str, tuple[Field, ...]] | None = None) -> tuple[Field, ...]:
    """Read a schema table: one field a line, or ``@block [Prefix]`` for a block of fields.

    The words of a line are ``Header kind unit flags meaning...``; ``-`` is "none". Flags, comma-separated:
    ``esc`` (C-escaped by the server), ``volatile`` (may differ between two requests), ``opt`` (column only when sent),
    ``none=WORD`` (a further word for nothing; repeatable), ``verbatim`` (only an empty value is nothing).

    Examples
    --------
    >>> [f.column for f in read_table("Seconds int s volatile age of the channel")]
    ['seconds']
    """
    fields: list[Field] = []
    for line in text.splitlines():
        words = line.split(None, 4)
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith("@"):
            prefix = words[1] if len(words) > 1 else ""
            fields += [replace(f, header=prefix + f.header) for f in (blocks or {})[words[0][1:]]]
        else:
            fields.append(_field(words))
    names = [f.column for f in fields]
    if len(set(names)) != len(names):
        raise ValueError(f"a column twice in one schema table: {sorted({n for n in names if names.count(n) > 1})}")
    return tuple(fields)


def _field(words: list[str]) -> Field:
    header, kind, unit, flags, meaning = words
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r} of {header}")
    marks = [] if flags == "-" else flags.split(",")
    known = [m for m in marks if m in ("esc", "volatile", "opt", "verbatim") or m.startswith("none=")]
    if known != marks:
        raise ValueError(f"unknown flag in {flags!r} of {header}")
    words_for_nothing = frozenset(m[5:] for m in marks if m.startswith("none="))
    return Field(
        header=header,
        kind=kind,
        unit="" if unit == "-" else unit,
        nothing=words_for_nothing | (frozenset() if "verbatim" in marks else NOTHING),
        escaped="esc" in marks,
        volatile="volatile" in marks,
        optional="opt" in marks,
        meaning=meaning,
    )


def read_tables(text: str, blocks: Mapping[str, tuple[Field, ...]] | None = None) -> dict[str, tuple[Field, ...]]:
    r"""Read several tables: a line ``[Name Name2]`` starts the table of these names.

    Examples
    --------
    >>> sorted(read_tables("[Hold Unhold]\nMusicClass str - - music on hold class"))
    ['Hold', 'Unhold']
    """
    tables: dict[str, tuple[Field, ...]] = {}
    for names, body in _sections(text):
        fields = read_table(body, blocks)
        for name in names:
            if name in tables:
                raise ValueError(f"table {name} twice")
            tables[name] = fields
    return tables


def _sections(text: str) -> Iterable[tuple[list[str], str]]:
    names: list[str] = []
    body: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            if names:
                yield names, "\n".join(body)
            names, body = line.strip("[] ").split(), []
        else:
            body.append(line)
    if names:
        yield names, "\n".join(body)
