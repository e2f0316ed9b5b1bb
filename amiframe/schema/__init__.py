"""What each column means, as tables: events and list items, single replies, list actions, action names."""

from __future__ import annotations

from dataclasses import replace

from amiframe.schema import calls, channels, conference, pjsip, queues, system
from amiframe.schema.cdr_cel import RECORDS
from amiframe.schema.common_fields import EVENT
from amiframe.schema.field import Field
from amiframe.schema.responses import REPLIES, SIGNATURES

EVENTS: dict[str, tuple[Field, ...]] = {
    name: fields
    for module in (channels, calls, queues, conference, pjsip, system)
    for name, fields in module.TABLES.items()
}
"""Table of every event and list item that is known, by its name."""

LOGGED = {name: table for name, table in EVENTS.items() if any(f.header == "Timestamp" for f in table)}
"""The tables of what the server raises by itself, so of what a log holds; list items have no time stamp."""

_ANY_ITEM = tuple(replace(f, optional=True) for f in EVENT)


def event_table(name: str) -> tuple[Field, ...]:
    """Return the table of an event in a log; an unknown event has the head that all events share."""
    return EVENTS.get(name, EVENT)


def item_table(name: str) -> tuple[Field, ...]:
    """Return the table of a list item; of an unknown one, only what the server may send in any."""
    return EVENTS.get(name, _ANY_ITEM)


__all__ = ["EVENTS", "LOGGED", "RECORDS", "REPLIES", "SIGNATURES", "event_table", "item_table"]
