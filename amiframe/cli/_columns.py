"""Which columns a printed table shows of each kind of frame."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amiframe.cli._tables import View, party, text, value
from amiframe.schema.event_details import detail_fields
from amiframe.timeutil.durations import format_clock

STATUS = (
    value("channel", least=12),
    value("channelstatedesc", "state"),
    View("caller", lambda row: party(row.get("calleridnum"), row.get("calleridname")), least=8),
    View("to", lambda row: text(row.get("exten"))),
    value("application", least=5),
    View("time", lambda row: format_clock(row.get("seconds")), right=True, least=5),
)
COMMANDS = (value("action", least=12), value("synopsis", least=20), value("privileges", least=10))
ARGUMENTS = (
    value("action", least=10),
    value("argument", least=10),
    View("required", lambda row: "?" if pd.isna(row["required"]) else "yes" if row["required"] else "", least=8),
    value("choices"),
    value("description", least=20),
)
OUTCOME = (value("what", least=10), value("found", least=20))
EVENTS = (
    value("amf_time", "time (UTC)", least=19),
    value("event", least=10),
    value("channel", least=10),
    View("details", lambda row: _details(row), least=20),
)
CALLS = (
    value("started", "began (UTC)", least=19),
    View("caller", lambda row: party(row.get("caller"), row.get("callername")), least=8),
    value("dialed", least=6),
    value("direction", least=8),
    View("outcome", lambda row: _outcome(row), least=9),
    View("by", lambda row: text(row.get("answered_by")) or text(row.get("reached")), least=8),
    View("wait", lambda row: format_clock(row.get("ring_s")), right=True, least=5),
    View("talk", lambda row: format_clock(row.get("talk_s")) if row.get("talk_s") else "", right=True, least=5),
    value("hungup_by", "ended by", least=6),
)


def interval(every: str | None) -> View:
    """Return the view of the column `interval`: the day, and the time of shorter ones."""
    by_day = (every or "").strip().lower().endswith(("d", "day", "w", "week", "mo", "month"))
    layout = "%a %Y-%m-%d" if by_day else "%a %Y-%m-%d %H:%M"

    def cell(row: dict[Any, Any]) -> str:
        moment = row["interval"]
        return moment.strftime(layout) if isinstance(moment, pd.Timestamp) else text(moment)

    return View("from", cell, least=14)


def _details(row: dict[Any, Any]) -> str:
    """Return what is an event's own, then what it repeats of its channel."""
    details = {name: text(row[name]) for name in detail_fields(row)}
    return " ".join(f"{name}={detail}" for name, detail in details.items() if detail)


def _outcome(row: dict[Any, Any]) -> str:
    """Return what became of a call, and whether it was transferred or is not wholly in the log."""
    moved = row["transfers"]
    extra = f" ({moved} transfer{'s' if moved > 1 else ''})" if moved else ""
    return f"{text(row['disposition']) or 'not known'}{extra}{'' if row['complete'] else ' +'}"


def views_of(frame: pd.DataFrame) -> tuple[View, ...]:
    """Return views of a frame of unknown kind: the columns that hold something and tell rows apart, then the others."""
    held = [name for name in frame.columns if not name.startswith("amf_") and frame[name].notna().any()]
    varied = [name for name in held if len(frame) == 1 or frame[name].astype(str).nunique() > 1]
    return tuple(value(name, least=min(len(name), 8)) for name in (varied or held)[:8])


def upright(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of one row as rows of name and value, to be read from top to bottom."""
    row = frame.iloc[0].to_dict() if len(frame) else {}
    rows = [(name, text(cell)) for name, cell in row.items() if not str(name).startswith("amf_")]
    return pd.DataFrame([pair for pair in rows if pair[1]], columns=["what", "found"])
