"""The schema against everything that the two development servers sent."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from amiframe import schema
from amiframe.frames.casting import Form, Misfits, cast
from amiframe.schema.actions import ACTIONS, spelling
from amiframe.schema.field import Field
from amiframe.wire import column_names

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
pytestmark = [
    pytest.mark.captures,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no development captures in {CAPTURES}"),
]

# what the traffic's own user events carried: free text, no schema
FREE = {("UserEvent", name) for name in ("Customer", "Empty", "Json", "N", "Note", "Text")}


def catalog() -> list[tuple[str, str]]:
    with (CAPTURES / "events_catalog.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["event"], row["field"]) for row in rows]


def by_header(event: str) -> dict[str, Field]:
    return {column_names.column(f.header): f for f in schema.EVENTS.get(event, ())}


def events(path: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the events of a raw answer, read as simply as can be."""
    for block in re.split(rb"(?:\r\n){2,}", path.read_bytes()):
        pairs = [line.partition(b":")[::2] for line in block.split(b"\r\n") if b":" in line]
        if pairs and pairs[0][0] == b"Event":
            named = [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in pairs]
            yield named[0][1].strip(), [(name, value.removeprefix(" ")) for name, value in named[1:]]


def test_the_catalog_is_the_known_one() -> None:
    rows = catalog()
    assert len(rows) == 1815
    assert len({event for event, _ in rows}) == 118


def test_every_field_of_the_catalog_has_a_row() -> None:
    unknown = {(event, name) for event, name in catalog() if column_names.column(name) not in by_header(event)}
    assert unknown == FREE


@pytest.mark.parametrize("version", ["16", "22"])
def test_every_value_fits_its_kind(version: str) -> None:
    root = CAPTURES / version / "rawman"
    files = [path for folder in ("actions", "status", "events") for path in (root / folder).glob("*.txt")]
    values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for path in files:
        for event, pairs in events(path):
            for name, value in pairs:
                values[event, name][value] += 1
    assert len(values) > 1000
    misfits = {}
    for (event, name), seen in values.items():
        f = by_header(event).get(column_names.column(name))
        if f is None:
            assert event in ("UserEvent", "WaitEventComplete"), (event, name)
            continue
        if f.kind != "map":
            texts = list(seen)
            _, bad = cast(texts, Form(f.kind, f.nothing, f.escaped), Misfits())
            misfits |= {(event, name): [texts[at] for at in bad]} if bad else {}
    assert misfits == {}


@pytest.mark.parametrize("version", ["16", "22"])
def test_every_command_is_a_known_action(version: str) -> None:
    text = (CAPTURES / version / "rawman" / "listcommands.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z0-9]+): .*\(Priv: ", text, re.MULTILINE)
    assert len(names) == {"16": 134, "22": 128}[version]
    assert {name.lower() for name in names} <= ACTIONS.keys()
    assert [spelling(name.lower()) for name in names] == names
