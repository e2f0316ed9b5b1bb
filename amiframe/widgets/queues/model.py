"""How queues are doing now: who waits, who is free, how many were answered in time; from one look at a PBX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from amiframe import analysis
from amiframe.client import Pbx
from amiframe.errors import ConfigError
from amiframe.widgets._base import markup
from amiframe.widgets.connection.pbx_summary import span

STATES = ("free", "ringing", "busy", "wrapup", "paused", "away")
"""What an agent can be, in the order of the strip."""

FEW = 30
"""A share of fewer callers than this says little."""

_FREE, _RINGING, _AWAY = (0, 1), (6,), (4, 5)  # ``status`` of a member; 0, unknown, is tried by the PBX
_WORDS = {"wrapup": "wrap-up"}
_KINDS = ("queue", "waiting", "longest_wait_s", *STATES, "sl", "sl_n", "sl_rule", "threshold_s")


@dataclass(frozen=True, eq=False)
class Level:
    """Callers answered in time since midnight, by a named rule.

    Parameters
    ----------
    frame : DataFrame
        As :func:`metrics.service_level` gives it, one row per queue.
    since : datetime
        Midnight, in the zone of the day that is meant.
    """

    frame: pd.DataFrame
    since: datetime


def fetch(pbx: Pbx) -> dict[str, pd.DataFrame]:
    """Fetch queues, members and who waits."""
    return pbx.tables("QueueStatus")


def member_state(member: Mapping[str, Any], now: datetime) -> str:
    """Return what a member does: one of :data:`STATES`.

    Who is in a call is busy even when paused: the pause comes after it.

    Examples
    --------
    >>> member_state({"status": 1, "paused": True, "incall": False}, datetime(2026, 11, 24))
    'paused'
    """
    status = member.get("status")
    if member.get("incall"):
        return "busy"
    if status in _AWAY:
        return "away"
    if member.get("paused"):
        return "paused"
    if status in _RINGING:
        return "ringing"
    if status not in _FREE:
        return "busy"
    last, rest = member.get("lastcall"), member.get("wrapuptime") or 0
    if isinstance(last, datetime) and isinstance(rest, int) and (now - last).total_seconds() < rest:
        return "wrapup"
    return "free"


def agents(members: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return members with their state: ``queue``, ``name``, ``location``, ``state``, ``reason``, ``callstaken``."""
    rows = []
    for row in members.astype("object").where(members.notna(), None).to_dict("records"):
        known = {str(name): value for name, value in row.items()}
        rows.append((
            known["queue"], known["name"] or known["location"], known["location"], member_state(known, now),
            known.get("pausedreason"), known.get("callstaken"),
        ))  # fmt: skip
    made = pd.DataFrame(rows, columns=["queue", "name", "location", "state", "reason", "callstaken"])
    return made.astype({"queue": "str", "name": "str", "location": "str", "state": "str", "reason": "str"})


def board(tables: Mapping[str, pd.DataFrame], now: datetime, level: Level | None = None) -> pd.DataFrame:
    """Return one row per queue.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`fetch` gives them.
    now : datetime
    level : Level, optional
        Without it the service level is the PBX's own ``perf``, counted since it began or was reset.

    Returns
    -------
    pandas.DataFrame
        ``queue``, ``waiting``, ``longest_wait_s``, how many agents are ``free``, ``ringing``, ``busy``, in ``wrapup``,
        ``paused``, ``away``, and ``sl`` (0 to 1), ``sl_n`` (callers it is of), ``sl_rule``, ``threshold_s``.
    """
    states = agents(tables["QueueMember"], now)
    waiting = tables["QueueEntry"]
    rows = []
    for queue in tables["QueueParams"].to_dict("records"):
        name = queue["queue"]
        waits = waiting.loc[waiting["queue"] == name, "wait"].dropna()
        counts = states.loc[states["queue"] == name, "state"].value_counts()
        rows.append({
            "queue": name, "waiting": int((waiting["queue"] == name).sum()),
            "longest_wait_s": float(waits.max()) if len(waits) else None,
            **{state: int(counts.get(state, 0)) for state in STATES}, **_level(queue, level),
        })  # fmt: skip
    made = pd.DataFrame(rows, columns=list(_KINDS))
    numbers = dict.fromkeys(("waiting", *STATES, "sl_n"), "Int64")
    return made.astype({**numbers, "longest_wait_s": "float64", "sl": "float64", "threshold_s": "float64"})


def _level(queue: Mapping[Any, Any], level: Level | None) -> dict[str, object]:
    if level is None:
        answered, perf = queue["completed"], queue["servicelevelperf"]
        share = float(perf) / 100 if answered and not pd.isna(perf) else None
        return {"sl": share, "sl_n": answered, "sl_rule": "perf", "threshold_s": queue["servicelevel"]}
    found = level.frame[level.frame["queue"] == queue["queue"]]
    if found.empty:
        return {"sl": None, "sl_n": 0, "sl_rule": None, "threshold_s": None}
    row = found.iloc[0]
    return {"sl": row["sl"], "sl_n": row["sl_den"], "sl_rule": row["sl_rule"], "threshold_s": row["threshold_s"]}


def since_midnight(
    queue_log: pd.DataFrame, thresholds: Mapping[str, float], now: datetime, *, tz: str, rule: str
) -> Level:
    """Return the service level of each queue since midnight of the day in this zone.

    Raises
    ------
    ConfigError
        There is no such zone or rule.
    """
    try:
        local = pd.Timestamp(now).tz_convert(tz)
    except Exception as error:
        raise ConfigError(f"no time zone {tz!r}", hint="for example Europe/Moscow") from error
    since = local.normalize()
    visits = analysis.queue_calls(queue_log)
    today = visits[visits["joined"] >= since.tz_convert("UTC")]
    parts = [
        analysis.metrics.service_level(today[today["queue"] == name], by="queue", rule=rule, threshold_s=threshold)
        for name, threshold in thresholds.items()
    ]
    empty = analysis.metrics.service_level(visits.iloc[:0], by="queue", rule=rule)
    filled = [part for part in parts if len(part)]
    return Level(pd.concat(filled, ignore_index=True) if filled else empty, since.to_pydatetime())


def _occupied(row: Mapping[Any, Any]) -> int:
    """Return how many agents are kept by a call: it rings, goes on, or has just ended; the strip tells them apart."""
    return sum(int(row[state]) for state in ("ringing", "busy", "wrapup"))


def card(row: Mapping[Any, Any], members: pd.DataFrame, said: str) -> str:
    """Return one queue as HTML: its numbers and the strip of its agents."""
    wait = row["longest_wait_s"]
    figures = [
        markup.figure(row["waiting"], "waiting"),
        markup.figure("–" if pd.isna(wait) else span(float(wait)), "longest wait"),
        markup.figure(f"{row['free']} / {_occupied(row)} / {row['paused']}", "free / busy / paused"),
        _share(row),
    ]
    known = [{str(name): str(value) for name, value in one.items()} for one in members.fillna("").to_dict("records")]
    strip = "".join(_agent(one) for one in sorted(known, key=lambda one: STATES.index(one["state"])))
    strip = strip or '<span class="amf-muted">no agent</span>'
    return (
        f'<section class="amf-card" aria-label="queue {markup.text(row["queue"])}"><h4>{markup.text(row["queue"])}</h4>'
        f'<div class="amf-figures">{"".join(figures)}</div><p class="amf-muted">{markup.text(said)}</p>'
        f'<div class="amf-strip">{strip}</div></section>'
    )


def _agent(one: Mapping[str, str]) -> str:
    state = one["state"]
    why = f" ({'' if state == 'paused' else 'paused: '}{one['reason']})" if one["reason"] else ""
    said = f"{one['name']}: {_WORDS.get(state, state)}{why}"
    mark = "paused" if state == "wrapup" else state
    return f'<span class="amf-agent amf-{mark}" title="{markup.text(one["location"])}">{markup.text(said)}</span>'


def _share(row: Mapping[Any, Any]) -> str:
    share, count = row["sl"], row["sl_n"]
    if pd.isna(share):
        return markup.figure("–", "service level: nobody yet")
    few = int(count) < FEW
    shown = markup.figure(f"{float(share):.0%}", f"in {row['threshold_s']:.0f} s, n = {count}{', few' if few else ''}")
    return shown.replace('class="amf-figure"', 'class="amf-figure amf-none"') if few else shown
