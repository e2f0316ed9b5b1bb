"""What agents did: a line of time for each, in the colours of their states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from amiframe.analysis.metrics.grouping import needs
from amiframe.plot import canvas, words
from amiframe.plot.palette import Palette

# state: colour, hatch; in the order of the legend. Hatches tell them apart in print without colours, too.
STATES = {
    "on call": ("blue", ""),
    "ringing": ("amber", "////"),
    "wrapup": ("purple", ""),
    "available": ("mint", ""),
    "paused": ("vermilion", "\\\\\\\\"),
    "away": ("pale", ""),
    "unknown": ("paper", "...."),
}
_RANK = {state: place for place, state in enumerate(STATES)}
_MOST = 30
_NEEDED = ("member", "state", "started", "ended")


def agent_timeline(agents: pd.DataFrame, *, tz: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the states of agents over time, a line for each.

    Parameters
    ----------
    agents : DataFrame
        Of :func:`agents`.
    tz : str, optional
        Zone of the axis; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A line for each agent, 30 at most: those with the most time on calls; a span for each state. Of an agent in
        several queues whose states differ, what keeps them busy most is drawn on top: on call, ringing, wrap-up,
        then available, paused, away.

    Raises
    ------
    ConfigError      the frame has no states of agents

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:45Z", "2026-11-24 11:00Z"])
    >>> states = ["on call", "available"]
    >>> told = {"member": ["PJSIP/311"] * 2, "state": states, "started": times[:2], "ended": times[1:]}
    >>> af.plot.agent_timeline(pd.DataFrame(told)).get_title()
    'PJSIP/311 was on calls 75 % of the time logged in'
    """
    needs(agents, _NEEDED, "what agents did", "af.agents(af.read_queue_log(...)) or af.agents(af.read_events(...))")
    where = words.zone(tz)
    spans = _spans(agents)
    busy = _time_in(spans, "on call")
    logged_in = spans[~spans["state"].isin(["away", "unknown"])].groupby("member")["span_s"].sum()
    order = busy.sort_values(ascending=False, kind="stable").index
    drawn = list(order[:_MOST])
    begins, ends = spans["started"].min(), spans["ended"].max()
    about = words.note(
        words.period(begins, ends, tz),
        words.source(agents),
        f"n = {words.counted(len(order), 'agent')}, {words.counted(len(spans), 'state')}",
        f"{len(order) - _MOST} agents with less time on calls not drawn" if len(order) > _MOST else "",
    )
    ax, colours = canvas.begin(ax, width=9.6, height=1.9 + 0.3 * max(len(drawn), 2))
    if not len(spans):
        return canvas.empty(ax, "No agent was seen", about)
    place = {member: row for row, member in enumerate(drawn)}
    shown = spans[spans["member"].isin(place)]
    legend = _draw(ax, colours, shown, place)
    ax.set_yticks(range(len(drawn)), [words.plain(name, 24) for name in _names(agents, drawn)])
    ax.set_ylim(len(drawn) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    first, last = (mdates.date2num(moment.tz_convert("UTC").tz_localize(None)) for moment in (begins, ends))
    ax.set_xlim(first, max(last, first + 1 / 86400))
    canvas.time_axis(ax, tz)
    canvas.rule(ax, "x")
    canvas.label(ax, x=f"time, {where}")
    share = (busy / logged_in.reindex(busy.index)).where(logged_in.reindex(busy.index) > 0)
    canvas.headline(ax, _in_a_sentence(agents, busy, logged_in, share), about, legend=legend)
    return ax


def _spans(agents: pd.DataFrame) -> pd.DataFrame:
    """Return states with both of their ends: what the log cuts off lasts from its first moment, or to its last."""
    spans = agents[agents["member"].notna() & (agents["started"].notna() | agents["ended"].notna())].copy()
    times = pd.concat([spans["started"], spans["ended"]])
    spans["started"] = spans["started"].fillna(times.min())
    spans["ended"] = spans["ended"].fillna(times.max())
    spans["state"] = spans["state"].where(spans["state"].isin(STATES), "unknown").astype("str")
    spans["span_s"] = (spans["ended"] - spans["started"]).dt.total_seconds()
    return spans[spans["span_s"] >= 0]


def _time_in(spans: pd.DataFrame, state: str) -> pd.Series:
    """Return how long each member was in a state, in seconds."""
    taken = spans["span_s"].where(spans["state"] == state, 0.0)
    return taken.groupby(spans["member"], sort=True).sum()


def _names(agents: pd.DataFrame, members: list[str]) -> list[str]:
    """Return the names of members, and what tells two of the same name apart."""
    if "membername" not in agents:
        return members
    named = agents.dropna(subset=["member", "membername"]).drop_duplicates("member")
    names = named.set_index("member")["membername"]
    told = [str(names.get(member, member)) for member in members]
    return [name if told.count(name) == 1 else f"{name}, {member}" for name, member in zip(told, members, strict=True)]


def _draw(ax: Axes, colours: Palette, spans: pd.DataFrame, place: dict[str, int]) -> list[tuple[Patch, str]]:
    left, right = (
        mdates.date2num(spans[name].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
        for name in ("started", "ended")
    )
    row = spans["member"].map(place).to_numpy(dtype="float64")
    state = spans["state"].to_numpy()
    legend = []
    for name, (colour, hatch) in STATES.items():
        chosen = np.flatnonzero(state == name)
        if not len(chosen):
            continue
        face = colours.paper if colour == "paper" else colours.of(colour)
        low, high = (row[chosen] - 0.36, row[chosen] + 0.36)
        corners = np.stack(
            [np.column_stack([x, y]) for x, y in ((left, low), (left, high), (right, high), (right, low))
             for x in [x[chosen]]], axis=1,
        )  # fmt: skip
        look = {"facecolor": face, "edgecolor": colours.paper, "hatch": hatch or None, "linewidth": 0.0}
        ax.add_collection(
            PolyCollection(list(corners), zorder=3 + len(_RANK) - _RANK[name], gid=name, label=name, **look)
        )
        if colour == "paper":
            look |= {"edgecolor": colours.muted}
        legend.append((Patch(**look), name))
    return legend


def _in_a_sentence(agents: pd.DataFrame, busy: pd.Series, logged_in: pd.Series, share: pd.Series) -> str:
    names = dict(zip(busy.index, _names(agents, list(busy.index)), strict=True))
    if not len(logged_in) or not logged_in.sum():
        return f"{words.counted(len(busy), 'agent')}, none of them logged in"
    if len(busy) == 1:
        return f"{words.short(names[busy.index[0]])} was on calls {words.percent(share.iloc[0])} of the time logged in"
    total = words.percent(busy.sum() / logged_in.sum())
    enough = share[logged_in.reindex(share.index) >= logged_in.median() / 4].dropna()
    most: Any = enough.idxmax()
    return (
        f"Agents were on calls {total} of the time logged in; most {words.short(names[most])}: "
        f"{words.percent(enough[most])}"
    )
