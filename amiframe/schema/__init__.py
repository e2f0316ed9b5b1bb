"""What each column means, as tables: events and list items, single replies, list actions, action names."""

from __future__ import annotations

from amiframe.schema.field import Table, data_file, read_tables


def _tables(*files: str) -> dict[str, Table]:
    """Return the tables of these files, without their blocks."""
    known = dict(_COMMON)
    for file in files:
        known |= read_tables(data_file(file), known, source=file)
    return {name: table for name, table in known.items() if not name.startswith("@")}


_COMMON = read_tables(data_file("common.txt"), source="common.txt")

BLOCKS = {name: _COMMON[f"@{name}"] for name in ("event", "channel", "bridge")}
"""Headers that Asterisk writes the same way into many messages."""

EVENTS = _tables("channels.txt", "calls.txt", "queues.txt", "conference.txt", "pjsip.txt", "system.txt")
"""Table of every event and list item that is known, by its name."""

LOGGED = {name: table for name, table in EVENTS.items() if any(f.header == "Timestamp" for f in table)}
"""The tables of what the server raises by itself, so of what a log holds; list items have no time stamp."""

REPLIES = _tables("responses.txt")
REPLIES["Info"] = REPLIES["CoreSettings"] + REPLIES["CoreStatus"][1:]
"""Table of each single answer; ``Info`` is what ``Pbx.info`` makes of two, their ActionID once."""

SIGNATURES = {"CoreSettings": "amiversion", "CoreStatus": "corestartupdate", "Ping": "ping"}
"""The column whose presence shows which single answer a message is."""

RECORDS = _tables("records.txt")
"""Columns of call records, CDR and CEL."""


def event_table(name: str) -> Table:
    """Return the table of an event in a log; an unknown event has the head that all events share."""
    return EVENTS.get(name, _COMMON["@event"])


def item_table(name: str) -> Table:
    """Return the table of a list item; of an unknown one, only what the server may send in any."""
    return EVENTS.get(name, _COMMON["@either"])
