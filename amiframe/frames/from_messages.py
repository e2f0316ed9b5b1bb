"""One frame for each kind of answer: list, single reply, event log, actions, arguments, CLI output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe import schema
from amiframe.frames.builder import FOLDED, Builder, kinds, with_about
from amiframe.frames.casting import ARROW_TYPES, LIST, TEXT, TIME, Misfits, constant, to_pandas
from amiframe.schema import actions
from amiframe.schema.list_actions import ListAction
from amiframe.wire.command_docs import CommandDoc
from amiframe.wire.list_commands import Command
from amiframe.wire.message import Message
from amiframe.wire.raw_bulk import event_names

EVENT_COLUMNS = {
    "event": "str",
    "amf_received": "time",
    "amf_time": "time",
    "amf_time_source": "str",
    "amf_seq": "int",
    "amf_source": "str",
    "amf_misfit": "map",
    "amf_extra": "map",
}
"""Kind of each column that an event frame has beside those of the events' tables."""


def about(
    *,
    pbx: str | None = None,
    interface: str | None = None,
    action: str | None = None,
    fetched: datetime | None = None,
    complete: bool = True,
    source: str | None = None,
) -> dict[str, Any]:
    """Return the provenance of a frame: flat, JSON-safe, without a secret or a URL query."""
    return {
        "pbx": pbx,
        "interface": interface,
        "action": action,
        "fetched": fetched.isoformat() if fetched else None,
        "fetched_rows": 0,
        "fetched_complete": complete,
        "repairs": 0,
        "misfits": 0,
        "source": source,
    }


def list_frame(
    items: Sequence[Message],
    about: Mapping[str, Any],
    *,
    entry: ListAction | None = None,
    fetched: datetime | None = None,
    raw_values: bool = False,
) -> pd.DataFrame:
    """Return the items of a list action, one row each; of a mixed list one wide frame with ``event``."""
    declared = list(entry.items) if entry else []
    names = list(dict.fromkeys([*declared, *event_names(items)]))
    builder = Builder(
        schema.item_table,
        declared=declared,
        kinds=kinds(schema.item_table(name) for name in names),
        event_column=len(names) > 1,
        raw_values=raw_values,
    )
    builder.add_all(items)
    return builder.finish({"amf_fetched": constant(fetched, len(items), TIME)}, about)


def single_frame(
    response: Message,
    about: Mapping[str, Any],
    *,
    table: str = "",
    fetched: datetime | None = None,
    raw_values: bool = False,
) -> pd.DataFrame:
    """Return a single answer as a frame of one row, one column a header."""
    builder = Builder(lambda _: schema.REPLIES.get(table, ()), declared=[""], raw_values=raw_values)
    builder.add(response)
    return builder.finish({"amf_fetched": constant(fetched, 1, TIME)}, about)


def event_builder(events: Sequence[str] | None, *, raw_values: bool = False) -> Builder:
    """Return a builder for rows of an event log: of all events, or of those asked for."""
    return Builder(
        schema.event_table,
        declared=[""] if events is None else events,
        kinds=_all_kinds() if events is None else kinds(schema.event_table(name) for name in events),
        event_column=True,
        raw_values=raw_values,
    )


_ALL_KINDS: dict[str, str] = {}


def _all_kinds() -> dict[str, str]:
    if not _ALL_KINDS:
        _ALL_KINDS.update(kinds(schema.LOGGED.values()))
    return _ALL_KINDS


def event_kinds(events: Sequence[str] | None, *, raw_values: bool = False) -> dict[str, str]:
    """Return the kind of each column that a frame of these events may have."""
    known = _all_kinds() if events is None else kinds(schema.event_table(name) for name in events)
    if raw_values:
        known = {name: "map" if kind == "map" else "str" for name, kind in known.items()}
    return {**EVENT_COLUMNS, **dict.fromkeys(FOLDED.values(), "map"), **known}


def with_columns(frame: pd.DataFrame, columns: Sequence[str], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame with just these columns; one that is not there is added, all missing."""
    absent = {name: pa.nulls(len(frame), ARROW_TYPES[kinds[name]]) for name in columns if name not in frame.columns}
    whole = pd.concat([frame, to_pandas(pa.table(absent))], axis=1) if absent else frame
    chosen = whole[list(columns)]
    chosen.attrs = dict(frame.attrs)
    return chosen


def event_frame(
    builder: Builder,
    about: Mapping[str, Any],
    *,
    positions: Sequence[int] | None = None,
    received: datetime | Sequence[datetime] | None = None,
    sources: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the rows of an event builder with ``amf_received``, ``amf_time``, ``amf_time_source`` and ``amf_seq``.

    `positions` are the places of the rows in the log, where rows were left out; `received` is one moment for all rows,
    or one for each.
    """
    count = len(builder)
    arrived = pa.array(received, TIME) if isinstance(received, Sequence) else constant(received, count, TIME)
    stamped = builder.server_times()
    source = pc.if_else(stamped.is_valid(), "server", pc.if_else(arrived.is_valid(), "arrival", pa.scalar(None, TEXT)))
    added = {
        "amf_received": arrived,
        "amf_time": pc.coalesce(stamped, arrived),
        "amf_time_source": source.cast(TEXT),
        "amf_seq": pa.array(range(count) if positions is None else positions, pa.int64()),
    }
    if sources is not None:
        added["amf_source"] = pa.array(sources, TEXT)
    return builder.finish(added, about)


def commands_frame(
    commands: Sequence[Command], about: Mapping[str, Any], *, fetched: datetime | None = None
) -> pd.DataFrame:
    """Return a ListCommands answer, one row per action."""
    misfits = Misfits()
    columns = {
        # XML lower-cases the names: the table of actions gives a known one its spelling back
        "action": pa.array([misfits.text(actions.spelling(c.action)) for c in commands], TEXT),
        "synopsis": pa.array([misfits.text(c.synopsis) or None for c in commands], TEXT),
        "privileges": pa.array([[misfits.text(p) for p in c.privileges] for c in commands], LIST),
        "amf_fetched": constant(fetched, len(commands), TIME),
    }
    return with_about(to_pandas(pa.table(columns)), about, misfits)


def arguments_frame(docs: Sequence[CommandDoc], about: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return the arguments of documented actions, one row per (action, argument)."""
    misfits = Misfits()
    rows = [(doc.action, at, argument) for doc in docs for at, argument in enumerate(doc.arguments, 1)]
    columns = {
        "action": pa.array([misfits.text(action) for action, _, _ in rows], TEXT),
        "argument": pa.array([misfits.text(a.name) for _, _, a in rows], TEXT),
        "required": pa.array([a.required for _, _, a in rows], pa.bool_()),
        "position": pa.array([at for _, at, _ in rows], pa.int64()),
        "description": pa.array([misfits.text(a.description) or None for _, _, a in rows], TEXT),
        "choices": pa.array(
            [None if a.choices is None else [misfits.text(c) for c in a.choices] for _, _, a in rows], LIST
        ),
    }
    return with_about(to_pandas(pa.table(columns)), about or {}, misfits)


def output_frame(lines: Sequence[str], about: Mapping[str, Any], *, fetched: datetime | None = None) -> pd.DataFrame:
    """Return the lines of a CLI command's output, one row each, indentation kept."""
    misfits = Misfits()
    columns = {
        "output": pa.array([misfits.text(line) for line in lines], TEXT),
        "amf_fetched": constant(fetched, len(lines), TIME),
    }
    return with_about(to_pandas(pa.table(columns)), about, misfits)


def outcome_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what became of originated calls, one row each."""
    types = {
        "channel": TEXT,
        "outcome": TEXT,
        "accepted": pa.bool_(),
        "reason": pa.int64(),
        "cause": pa.int64(),
        "cause_txt": TEXT,
        "uniqueid": TEXT,
        "actionid": TEXT,
        "error": TEXT,
    }
    return to_pandas(pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}))
