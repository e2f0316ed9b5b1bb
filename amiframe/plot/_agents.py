"""What agents did: a line of time for each, in the colours of their states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from amiframe.plot import _axes, _text
from amiframe.plot._colors import Palette
from amiframe.plot._fonts import BOX
from amiframe.plot._phrases import Phrases
from amiframe.plot._time_bins import Spans, edges, exclusive, microseconds

# state: colour, hatch; in the order of the legend, and of what is drawn when an agent has several at once
STATES = {
    "on call": ("blue", None),
    "ringing": ("amber", None),
    "wrapup": ("purple", ""),
    "available": ("mint", ""),
    "paused": ("vermilion", None),
    "away": ("pale", ""),
    "unknown": ("grey", "...."),
}
_RANK = {state: place for place, state in enumerate(STATES)}
_OUT = ("away", "unknown")
_THIN = 0.06  # away is a thin line: in grey print it would look like available
_HALF = 0.36
_MOST = 30
_CLOSE = 400  # states in a line; of more the chart shows their shares in time bins
_MOST_BINS = 180

_CURE = "af.agents(af.read_queue_log(...)) or af.agents(af.read_events(...))"
Piece = tuple[str, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
"""State; then begin and end (microseconds), top and bottom (lines) of each piece."""


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
    ConfigError
        The frame has no states of agents.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:45Z", "2026-11-24 11:00Z"])
    >>> states = ["on call", "available"]
    >>> table = {"member": ["PJSIP/311"] * 2, "state": states, "started": times[:2], "ended": times[1:]}
    >>> af.plot.agent_timeline(pd.DataFrame(table)).get_title()
    'PJSIP/311 was on calls 75 % of the time logged in'
    """
    _axes.check(agents, ("member", "state"), "what agents did", _CURE, times=("started", "ended"))
    where = _text.zone(tz)
    table = _whole(agents)
    rows = {member: _of_member(states) for member, states in table.groupby("member", sort=True)}
    busy = pd.Series({member: spans.time_in(_RANK["on call"]) for member, spans in rows.items()}, dtype="float64")
    logged_in = pd.Series(
        {
            member: sum(spans.time_in(_RANK[state]) for state in STATES if state not in _OUT)
            for member, spans in rows.items()
        },
        dtype="float64",
    )
    order = busy.sort_values(ascending=False, kind="stable").index
    drawn = list(order[:_MOST])
    shown = [rows[member] for member in drawn]
    ax, colours = _axes.begin(ax, height=1.9 + 0.3 * max(len(drawn), 2))
    about = [
        _text.source(agents),
        f"n = {_text.counted(len(order), 'agent')}, {_text.counted(len(table), 'state')}",
        f"{len(order) - _MOST} agents with less time on calls not drawn" if len(order) > _MOST else "",
    ]
    if not len(table):
        return _axes.empty(ax, _axes.phrases_of(ax).no_agents, _text.note(*about))
    first, last = _window(table)
    if max(len(spans.rank) for spans in shown) > _CLOSE:
        shares, length = _shares(shown, first, last, where)
        pieces = iter(shares)
        about.append(f"shares of each {length}" if length[0].isdigit() else f"shares of {length}")
    else:
        pieces = _each(shown)
    legend = _draw(ax, colours, pieces, first, last)
    _axes.lanes(ax, _text.distinct(_names(agents, drawn), 24))
    ax.set_xlim(*(mdates.date2num(moment.tz_convert("UTC").tz_localize(None)) for moment in (first, last)))
    _axes.time_axis(ax, tz)
    _axes.grid(ax, "x")
    phrases = _axes.phrases_of(ax)
    _axes.label(ax, x=phrases.time_axis.format(zone=where))
    title = _title(phrases, agents, busy, logged_in)
    _axes.headline(ax, title, _text.note(_text.period(first, last, tz), *about), legend=legend)
    return ax


def _whole(agents: pd.DataFrame) -> pd.DataFrame:
    """Return states with both ends; a state that the log cuts off lasts from its first moment, or to its last."""
    kept = agents[agents["member"].notna() & (agents["started"].notna() | agents["ended"].notna())]
    times = pd.concat([kept["started"], kept["ended"]])
    whole = pd.DataFrame(
        {
            "member": kept["member"],
            "rank": kept["state"].map(_RANK).fillna(_RANK["unknown"]).astype("int64"),
            "started": kept["started"].fillna(times.min()),
            "ended": kept["ended"].fillna(times.max()),
        }
    )
    return whole[whole["ended"] >= whole["started"]]


def _of_member(states: pd.DataFrame) -> Spans:
    return exclusive(states["rank"].to_numpy(), microseconds(states["started"]), microseconds(states["ended"]))


def _window(table: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when somebody was logged in."""
    there = table[table["rank"] < _RANK[_OUT[0]]]
    there = table if there.empty else there
    first, last = there["started"].min(), there["ended"].max()
    return first, max(last, first + pd.Timedelta("1s"))


def _each(rows: list[Spans]) -> Iterator[Piece]:
    """Give the states, each from its begin to its end."""
    for name, rank in _RANK.items():
        high = _THIN if name == "away" else _HALF
        places = np.repeat(np.arange(len(rows), dtype=float), [int((spans.rank == rank).sum()) for spans in rows])
        begin, end = (
            np.concatenate([getattr(spans, side)[spans.rank == rank] for spans in rows]) for side in ("begin", "end")
        )
        yield name, begin, end, places - high, places + high


def _shares(rows: list[Spans], first: pd.Timestamp, last: pd.Timestamp, where: tzinfo) -> tuple[list[Piece], str]:
    """Return stacked bars, as high as the shares of the states in each time bin, and the length of a bin."""
    bounds, length = edges(first, last, where, _MOST_BINS)
    times = microseconds(bounds)
    place = np.arange(len(rows), dtype=float)[:, None]
    bottom = np.full((len(rows), len(times) - 1), _HALF) + place
    begin, end = (np.broadcast_to(side, bottom.shape) for side in (times[:-1], times[1:]))
    pieces: list[Piece] = []
    for name, rank in _RANK.items():
        if name == "away":
            continue
        share = np.stack([spans.shares(rank, times) for spans in rows])
        top = bottom - share * 2 * _HALF
        is_drawn = share > 0
        pieces.append((name, begin[is_drawn], end[is_drawn], top[is_drawn], bottom[is_drawn]))
        bottom = top
    return pieces, length


def _draw(
    ax: Axes, colours: Palette, pieces: Iterator[Piece], first: pd.Timestamp, last: pd.Timestamp
) -> list[tuple[Patch, str]]:
    least, most = microseconds(pd.DatetimeIndex([first, last]))
    legend = []
    for name, begin, end, top, bottom in pieces:
        is_visible = (end > least) & (begin < most)
        if not is_visible.any():
            continue
        times = (np.clip(side[is_visible], least, most).astype("datetime64[us]") for side in (begin, end))
        left, right = map(mdates.date2num, times)
        low, high = top[is_visible], bottom[is_visible]
        corners = np.stack(
            [np.stack(pair, axis=1) for pair in ((left, low), (left, high), (right, high), (right, low))], axis=1
        )
        look = colours.fill(*STATES[name])
        ax.add_collection(PolyCollection(list(corners), zorder=3, gid=name, label=name, **look))
        legend.append((Patch(**look), _axes.phrases_of(ax).states.get(name, name)))
    return legend


def _names(agents: pd.DataFrame, members: list[str]) -> list[str]:
    """Return the names of members; a name that two have, or that no font draws whole, gets the member's interface."""
    if "membername" not in agents:
        return members
    named = agents.dropna(subset=["member", "membername"]).drop_duplicates("member")
    names = named.set_index("member")["membername"]
    labels = [str(names.get(member, member)) for member in members]
    return [
        f"{name}, {member}" if name != member and (labels.count(name) > 1 or BOX in _text.short(name)) else name
        for name, member in zip(labels, members, strict=True)
    ]


def _title(phrases: Phrases, agents: pd.DataFrame, busy: pd.Series, logged_in: pd.Series) -> str:
    if not logged_in.sum():
        return phrases.none_logged_in.format(agents=phrases.counted(len(busy), phrases.agent))
    names = dict(zip(busy.index, _names(agents, list(busy.index)), strict=True))
    share = (busy / logged_in).where(logged_in > 0)
    if len(busy) == 1:
        return phrases.one_agent.format(agent=_text.short(names[busy.index[0]]), share=phrases.percent(share.iloc[0]))
    total = phrases.percent(busy.sum() / logged_in.sum())
    enough = share[logged_in >= logged_in.median() / 4].dropna()
    most: Any = enough.idxmax()
    return phrases.all_agents.format(total=total, agent=_text.short(names[most]), share=phrases.percent(enough[most]))
