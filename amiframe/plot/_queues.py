"""Plots of queues: how long callers waited, and whether they were answered in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from amiframe._deprecated import renamed
from amiframe.analysis import metrics
from amiframe.analysis._arrays.array_types import Floats
from amiframe.errors import ConfigError
from amiframe.plot import _axes, _text
from amiframe.plot._colors import Palette, mix
from amiframe.plot._duration_bins import WAITS, DurationBins
from amiframe.plot._phrases import Phrases
from amiframe.timeutil import intervals

_CURE = "af.queue_calls(af.read_queue_log(...)) or af.queue_calls(af.read_events(...))"
# as long as there are not more bars than this
_MOST_BARS = 60
_LENGTHS = ("30min", "1h", "1d", "1w", "1mo")
_FEW = 30  # calls; a share of fewer says little
_A_FEW = 10  # calls; a stretch below the target with fewer is not worth a headline
OTHERS = ("timeout", "leaveempty", "key", "transferred", "open")


def waits(queue_calls: pd.DataFrame, *, threshold_s: float = 20, ax: Axes | None = None) -> Axes:
    """Draw how long callers waited: those who were answered against those who gave up.

    Parameters
    ----------
    queue_calls : DataFrame
        Of :func:`queue_calls`.
    threshold_s : float
        Seconds within which a call is to be answered: the line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        Two bars for each span of time, 10 to 15 s, 15 to 20 s ...: callers who were answered, and who gave up, after a
        wait at least as long as the first and shorter than the second.

    Raises
    ------
    ConfigError
        The frame has no visits.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> af.plot.waits(visits).get_title()
    'Half were answered after 5 s; half of those who gave up had waited 31 s'
    """
    joined = [name for name in ("joined",) if name in getattr(queue_calls, "columns", ())]
    _axes.check(queue_calls, ("outcome", "wait_s"), "how long callers waited", _CURE, times=joined)
    wait = queue_calls["wait_s"].to_numpy(dtype="float64", na_value=np.nan)
    known = np.isfinite(wait) & (wait >= 0)
    answered, abandoned = (
        wait[known & queue_calls["outcome"].eq(name).fillna(False).to_numpy(dtype=bool)]
        for name in ("answered", "abandoned")
    )
    others = len(queue_calls) - len(answered) - len(abandoned)
    counts = f"n = {_text.number(len(answered))} answered, {_text.number(len(abandoned))} gave up"
    about = _text.note(
        _span(queue_calls, None),
        _queues(queue_calls),
        _text.source(queue_calls),
        counts + (f"; {_text.number(others)} of other outcomes not drawn" if others else ""),
    )
    ax, colours = _axes.begin(ax)
    phrases = _axes.phrases_of(ax)
    both = np.concatenate([answered, abandoned])
    if not len(both):
        return _axes.empty(ax, phrases.no_waits, about)
    bins = DurationBins.of(both, WAITS, float(threshold_s))
    ax.bar(bins.centres - 0.21, bins.count(answered), 0.42, **colours.fill("blue"))
    ax.bar(bins.centres + 0.21, bins.count(abandoned), 0.42, **colours.fill("vermilion"))
    bins.label(ax)
    for bars, colour in zip(ax.containers, ("blue", "vermilion"), strict=True):
        texts = [phrases.compact(bar.get_height()) if bar.get_height() else "" for bar in bars]
        ink = mix(colours.of(colour), colours.ink, 0.35)
        ax.bar_label(bars, texts, padding=1.5, fontsize=7.5, color=ink, gid=_axes.COUNT)
    bins.mark(ax, colours, float(threshold_s), phrases.threshold.format(duration=phrases.duration(threshold_s)))
    _axes.counts(ax, "y")
    _axes.grid(ax, "y")
    _axes.label(ax, x=phrases.wait_axis, y=phrases.callers_axis)
    legend = [
        (Patch(**colours.fill("blue")), phrases.answered.format(count=phrases.number(len(answered)))),
        (Patch(**colours.fill("vermilion")), phrases.gave_up.format(count=phrases.number(len(abandoned)))),
    ]
    _axes.headline(ax, _waits_title(phrases, answered, abandoned), about, legend=legend)
    return ax


def _waits_title(phrases: Phrases, answered: Floats, abandoned: Floats) -> str:
    medians = [phrases.duration(float(np.median(waits))) if len(waits) else "" for waits in (answered, abandoned)]
    if not len(abandoned):
        template = phrases.waits_of_answered
    else:
        template = phrases.waits_of_both if len(answered) else phrases.waits_of_gave_up
    return template.format(answered=medians[0], gave_up=medians[1])


@renamed(gone_in="0.3", target="goal")
def service_level(
    queue_calls: pd.DataFrame,
    *,
    goal: float = 0.8,
    threshold_s: float = 20,
    rule: str = "offered",
    every: str | None = None,
    tz: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what became of callers over time, and whether enough of them were answered in time.

    Parameters
    ----------
    queue_calls : DataFrame
        Of :func:`queue_calls`.
    goal : float
        The share that is aimed at, 0 to 1.
    threshold_s, rule
        Seconds within which a call is to be answered, and how it is counted: as in :func:`metrics.queue_summary`.
    every : str, optional
        Length of intervals; default half an hour, longer ones where these would be too many to see.
    tz : str, optional
        Zone of the axis, in which days begin; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        Bars by interval: answered, gave up, other outcomes; callers refused by the queue are not offered, and not
        drawn. The line of the service level has an axis of its own on the right, ``ax.figure.axes[-1]``; it is broken
        where there were no calls, and hollow where they were fewer than 30.

    Raises
    ------
    ConfigError
        The frame has no visits; no such rule, interval or zone; a target that is no share.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> monday = visits[visits["joined"] < "2026-11-17"]
    >>> af.plot.service_level(monday, tz="Europe/Berlin").get_title()
    'Service level fell to 72 % between 08:30 and 09:30'
    """
    if not 0 < goal <= 1:
        raise ConfigError(f"goal={goal!r} is not a share", hint="0.8 for 80 %")
    _axes.check(queue_calls, ("outcome", "wait_s", "talk_s"), "service level", _CURE, times=("joined",))
    where = _text.zone(tz)
    table, every = _by_interval(queue_calls, every, tz, threshold_s, rule)
    offered = int(table["offered"].sum())
    about = _text.note(
        _span(queue_calls, tz),
        _queues(queue_calls),
        _text.source(queue_calls),
        f"answered within {_text.duration(threshold_s)}, rule {rule}",
        f"n = {_text.counted(offered, 'call')}",
    )
    ax, colours = _axes.begin(ax, height=4.6)
    phrases = _axes.phrases_of(ax)
    if not offered:
        return _axes.empty(ax, phrases.no_queue_calls, about)
    begins = table["interval"]
    ends = intervals.ends(begins, every)
    left, right = (mdates.date2num(t.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()) for t in (begins, ends))
    answered, gave_up = (table[name].to_numpy(dtype="int64") for name in ("answered", "abandoned"))
    other = table[list(OTHERS)].sum(axis=1).to_numpy(dtype="int64")
    legend = []
    bottom = np.zeros(len(table), dtype="int64")
    for template, counts, colour in (
        (phrases.answered, answered, "blue"),
        (phrases.gave_up, gave_up, "vermilion"),
        (phrases.other_outcomes, other, "grey"),
    ):
        if counts is not other or counts.any():
            ax.bar(left, counts, (right - left) * 0.86, bottom, align="edge", **colours.fill(colour))
            legend.append((Patch(**colours.fill(colour)), template.format(count=phrases.number(int(counts.sum())))))
        bottom = bottom + counts
    legend += _level(ax, colours, (left + right) / 2 - (right - left) * 0.07, table, goal)
    _times(ax, begins, (left + right) / 2, every, tz)
    ax.set_xlim(left[0] - (right[0] - left[0]) * 0.3, right[-1] + (right[0] - left[0]) * 0.16)
    ax.set_ylim(0, bottom.max() * 1.6)
    _axes.counts(ax, "y")
    _axes.label(
        ax, x=phrases.bars_axis.format(zone=where, length=phrases.lengths.get(every, every)), y=phrases.calls_axis
    )
    _axes.headline(ax, _level_title(phrases, table, ends, goal), about, legend=legend)
    return ax


def _times(ax: Axes, begins: pd.Series, middle: Floats, every: str, tz: str | None) -> None:
    """Write times below the bars: hours at their edges, days and weeks below their middles."""
    if every not in ("1d", "1w"):
        _axes.time_axis(ax, tz)
        return
    step = -(-len(begins) // 8)
    ax.set_xticks(middle[::step], [_axes.phrases_of(ax).date(day) for day in begins[::step]])


def _by_interval(
    visits: pd.DataFrame, every: str | None, tz: str | None, threshold_s: float, rule: str
) -> tuple[pd.DataFrame, str]:
    """Return the summary by interval, and how long intervals are: short ones where these can be distinguished."""
    if every is None:
        joined = visits["joined"]
        span = (joined.max() - joined.min()).total_seconds() if joined.notna().any() else 0.0
        seconds = {"30min": 1800, "1h": 3600, "1d": 86400, "1w": 604800, "1mo": 2592000}
        every = next((name for name in _LENGTHS if span / seconds[name] <= _MOST_BARS), _LENGTHS[-1])
    table = metrics.queue_summary(visits, by=[], every=every, tz=tz, threshold_s=threshold_s, rule=rule)
    return table[table["interval"].notna()].reset_index(drop=True), every


def _level(ax: Axes, colours: Palette, at: Floats, table: pd.DataFrame, goal: float) -> list[tuple[Line2D, str]]:
    """Draw the line of the service level on an axis of its own, with its target; return its legend."""
    phrases = _axes.phrases_of(ax)
    levels = ax.twinx()
    levels.spines[["top", "left", "bottom"]].set_visible(False)
    levels.spines["right"].set_color(colours.rule)
    levels.tick_params(labelsize=_axes.TEXT_PT, labelcolor=colours.ink, color=colours.rule, length=3)
    levels.set_ylim(0, 1.04)
    levels.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    _axes.label(levels, y=phrases.service_level)
    share = table["sl"].to_numpy(dtype="float64", na_value=np.nan)
    few = table["sl_den"].to_numpy(dtype="int64") < _FEW
    levels.plot(at, share, color=colours.paper, linewidth=4.2, gid="halo")  # so that it stands out against the bars
    levels.plot(at, share, color=colours.ink, linewidth=1.7, gid="service level")
    dots = {"marker": "o", "linestyle": "", "color": colours.ink, "markersize": 4.6, "markeredgewidth": 1.3}
    for chosen, face in ((few, colours.paper), (~few, colours.ink)):
        if chosen.any():
            levels.plot(at[chosen], share[chosen], markerfacecolor=face, clip_on=False, **dots)
    aim = levels.axhline(goal, color=colours.ink, linewidth=1.0, linestyle=(0, (4, 3)), gid="target")
    line = Line2D([], [], color=colours.ink, linewidth=1.7)
    legend = [(line, phrases.service_level), (aim, phrases.target.format(share=phrases.percent(goal)))]
    if few.any() and len(table) > 1:
        legend.append((Line2D([], [], markerfacecolor=colours.paper, **dots), f"n < {_FEW}"))
    return legend


def _level_title(phrases: Phrases, table: pd.DataFrame, ends: pd.Series, goal: float) -> str:
    """Return whether the target was met, and if not, the run of intervals that missed it by most calls."""
    aim = phrases.percent(goal)
    above, below = (table[name].to_numpy(dtype="float64") for name in ("sl_num", "sl_den"))
    if not below.sum():
        return phrases.no_level
    has = below > 0
    under = has & (np.divide(above, below, out=np.ones(len(table)), where=has) < goal)
    # runs: neighbours below the target, not broken by an interval that met it or that had no calls
    begins = table["interval"]
    joined = (begins == ends.shift()).to_numpy() & under & np.append(False, under[:-1])
    run = np.cumsum(~joined)
    count, missing = (np.bincount(run[under], x[under], len(table) + 1) for x in (below, goal * below - above))
    missing[count < min(_A_FEW, below.sum())] = 0.0  # of two calls one late is no finding
    if not missing.any() or has.sum() == 1 or (under == has).all():
        whole = above.sum() / below.sum()
        if not under.any() and has.sum() > 1:
            template = phrases.level_met
        elif under[has].all() and has.sum() > 1:
            template = phrases.level_always_below
        elif whole == goal:
            template = phrases.level_at_target
        else:
            template = phrases.level_above if whole > goal else phrases.level_below
        return template.format(share=phrases.percent(whole), target=aim)
    worst = np.flatnonzero(under & (run == missing.argmax()))
    share = phrases.percent(above[worst].sum() / below[worst].sum())
    is_one_day = begins.iloc[0].date() == begins.iloc[-1].date()
    period = phrases.interval(begins.iloc[worst[0]], ends.iloc[worst[-1]], is_one_day=is_one_day)
    return phrases.level_fell.format(share=share, period=period)


def _span(visits: pd.DataFrame, tz: str | None) -> str:
    if "joined" not in visits or not visits["joined"].notna().any():
        return ""
    return _text.period(visits["joined"].min(), visits["joined"].max(), tz)


def _queues(visits: pd.DataFrame) -> str:
    names: Any = visits["queue"].dropna().unique() if "queue" in visits else []
    if len(names) == 1:
        return f"queue {_text.short(names[0])}"
    return _text.counted(len(names), "queue") if len(names) else ""
