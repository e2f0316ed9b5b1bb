"""The numbers of the page as frames: of a period, of the period before, and what the log covers of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from amiframe.analysis import lost_calls, metrics
from amiframe.analysis.arguments import require_columns
from amiframe.analysis.metrics.queue_counts import REFUSED
from amiframe.analysis.queues import queue_tables as queues
from amiframe.errors import ConfigError
from amiframe.timeutil.windows import Window


@dataclass(frozen=True)
class Rule:
    """How calls are counted, and the service level that is aimed at."""

    goal: float = 0.8
    threshold_s: float = 20
    short_s: float = 5
    short: str = "exclude"
    rule: str = "offered"

    def __post_init__(self) -> None:
        if not 0 < self.goal <= 1:
            raise ConfigError(f"goal={self.goal!r} is not a share", hint="0.8 for 80 %")

    def options(self) -> dict[str, Any]:
        """Return what the metrics take."""
        return {"threshold_s": self.threshold_s, "short_s": self.short_s, "short": self.short, "rule": self.rule}


@dataclass(frozen=True)
class Coverage:
    """How much of a period the log covers."""

    begins: Any
    ends: Any
    lines: int
    silent_days: tuple[pd.Timestamp, ...]
    restarts: int
    misfits: int
    repairs: int
    is_cut: bool
    open_calls: int
    source: str
    is_queue_log: bool


@dataclass(frozen=True)
class Numbers:
    """The numbers of one page."""

    window: Window
    rule: Rule
    coverage: Coverage
    every: str
    visits: pd.DataFrame
    states: pd.DataFrame
    whole: pd.Series
    before: pd.Series | None
    queues: pd.DataFrame
    days: pd.DataFrame
    rules: pd.DataFrame
    lost: pd.DataFrame
    agents: pd.DataFrame
    keys: tuple[str, ...]

    def redacted(self, redact: Callable[[pd.DataFrame], pd.DataFrame]) -> Numbers:
        """Return the same numbers with callers redacted."""
        return replace(self, visits=redact(self.visits), lost=redact(self.lost))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the numbers of the page as frames."""
        total = self.whole.to_frame().T.reset_index(drop=True).astype(self.queues.dtypes.drop(list(self.keys)))
        total.attrs = dict(self.queues.attrs)
        return {
            "queues": self.days,
            "total": total,
            "rules": self.rules,
            "lost": self.lost,
            "agents": self.agents,
            "visits": self.visits,
        }


def compute(log: pd.DataFrame, calls: pd.DataFrame | None, window: Window | None, tz: str, rule: Rule) -> Numbers:
    """Return the numbers of a period; by default of the week in which the log ends."""
    visits = queues.queue_calls(log)
    times = _times(log)
    if window is None:
        window = Window.week_of(times.max(), tz) if len(times) else Window.last("1w", tz)
    came = visits["joined"].fillna(visits["left_queue"].where(visits["outcome"].isin(REFUSED)))
    inside = visits[window.has(came)].reset_index(drop=True)
    earlier = visits[window.before().has(came)]
    every = _every(window)
    options = rule.options()
    has_before = len(times) and times.min() < window.start
    days = metrics.queue_summary(inside, every=every, tz=tz, **options)
    lost = lost_calls(visits, calls)
    states = _cut(queues.agents(log), window)
    return Numbers(
        window=window,
        rule=rule,
        coverage=_coverage(log, times, inside, window),
        every=every,
        visits=inside,
        states=states,
        whole=metrics.queue_summary(inside, by=[], **options).iloc[0],
        before=metrics.queue_summary(earlier, by=[], **options).iloc[0] if has_before else None,
        queues=metrics.queue_summary(inside, **options),
        days=days,
        rules=pd.concat(
            [metrics.service_level(inside, by=[], **(options | {"rule": name})) for name in metrics.RULES],
            ignore_index=True,
        ),
        lost=lost[window.has(lost["first_lost"])].reset_index(drop=True),
        agents=_agents(inside, states, tz),
        keys=tuple(name for name in ("amf_pbx", "queue") if name in days.columns),
    )


def _times(log: pd.DataFrame) -> pd.Series:
    name = "time" if queues.is_queue_log(log) else "amf_time"
    require_columns(log, (name,), "when things happened", "af.read_events(...)")
    return log[name].dropna()


def _every(window: Window) -> str:
    """Return the interval of a row of the table: a day, or longer where the table would have too many rows."""
    days = len(window.days)
    return "1d" if days <= 35 else "1w" if days <= 190 else "1mo"


def _coverage(log: pd.DataFrame, times: pd.Series, inside: pd.DataFrame, window: Window) -> Coverage:
    inside_times = times[window.has(times)]
    local = inside_times.dt.tz_convert(window.start.tz).dt.normalize().unique()
    about = log.attrs.get("amiframe", {})
    restarts = (log["event"] == "QUEUESTART").fillna(False) if "callid" in log else pd.Series(False, index=log.index)
    outcome = inside["outcome"]
    source = about.get("source")
    name = str(source).replace("\\", "/").partition("?")[0].rpartition("/")[2] if source else ""
    return Coverage(
        begins=times.min() if len(times) else pd.NaT,
        ends=times.max() if len(times) else pd.NaT,
        lines=len(inside_times),
        silent_days=tuple(day for day in window.days if day.normalize() not in set(local)),
        restarts=int((restarts & window.has(times.reindex(log.index))).sum()),
        misfits=int(about.get("misfits", 0)) if "callid" in log else 0,
        repairs=int(about.get("repairs", 0)),
        is_cut=not about.get("fetched_complete", True),
        open_calls=int(outcome.isna().sum()),
        source=name or str(about.get("pbx") or ""),
        is_queue_log="callid" in log,
    )


def _cut(states: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the states of agents inside of the window."""
    start, end = (moment.tz_convert("UTC") for moment in (window.start, window.end))
    begins = states["started"].mask(states["started"] < start, start)
    ends = states["ended"].mask(states["ended"] > end, end)
    cut: pd.DataFrame = states.assign(started=begins, ended=ends, duration_s=(ends - begins).dt.total_seconds())
    inside: pd.DataFrame = cut[(ends > begins) | begins.isna() | ends.isna()].reset_index(drop=True)
    return inside


def _agents(visits: pd.DataFrame, states: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Return what agents did, the busiest first; without those who were away all the time."""
    table = metrics.agent_summary(visits, agents=states, tz=tz)
    spent = table[["available_s", "paused_s", "handling_s", "ringing_s"]].fillna(0).sum(axis=1)
    is_active = (table["answered"] > 0) | (table["missed"].fillna(0) > 0) | (spent > 0)
    ordered = table.assign(logged_in_s=spent)[is_active]
    ordered = ordered.sort_values(["answered", "talk_s"], ascending=False, kind="stable", ignore_index=True)
    ordered.attrs = dict(table.attrs)
    return ordered
