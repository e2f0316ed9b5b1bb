"""Plots of traffic: how many calls at once, and on which weekday and hour."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from amiframe.analysis import metrics
from amiframe.errors import ConfigError
from amiframe.plot import _axes, _text
from amiframe.plot._colors import Palette, mix
from amiframe.plot._phrases import Phrases
from amiframe.plot._time_bins import edges, microseconds

Values = npt.NDArray[Any]
VALUES = ("calls", "abandon_rate")
_FEW = 30  # below so many calls a rate says little, and is drawn pale
_PALE = 0.45
_DENSE = 1500  # changes; of more the chart shows least, most and mean of each time bin
_MOST_BINS = 240
_ROWS = {"dstchannel": "call record", "channel": "channel"}  # what a row is, by a column that only it has


def concurrency(calls: pd.DataFrame, *, tz: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many calls are up at once, and when the most were.

    Parameters
    ----------
    calls : DataFrame
        Of :func:`calls`, or of :func:`legs` for channels; anything with ``started`` and ``ended``.
    tz : str, optional
        Zone of the axis; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A line of steps, the numbers of :func:`metrics.concurrency`; its highest is marked.

    Raises
    ------
    ConfigError
        The frame has no ``started`` and ``ended``; no such zone.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:05Z", "2026-11-24 10:20Z"])
    >>> calls = pd.DataFrame({"started": times[:2], "ended": times[1:]})
    >>> af.plot.concurrency(calls).get_title()
    'Never more than one call at once'
    """
    where = _text.zone(tz)
    _axes.check(calls, (), "how many there were at once", "af.calls(...)", times=("started", "ended"))
    steps = metrics.concurrency(calls, by=[])
    unit = next((name for column, name in _ROWS.items() if column in calls), "call")
    begins, ends = calls["started"].min(), calls["ended"].max()
    cut = int((calls["started"].isna() | calls["ended"].isna()).sum())
    about = [_text.period(begins, ends, tz), _text.source(calls), f"n = {_text.counted(len(calls), unit)}"]
    if cut:
        about.append(f"{_text.number(cut)} of them cut off by the log")
    ax, colours = _axes.begin(ax)
    if not len(steps):
        return _axes.empty(ax, f"No {unit}s", _text.note(*about))
    when = mdates.date2num(steps["time"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    level = steps["concurrent"].to_numpy(dtype="int64")
    legend = []
    if len(when) <= _DENSE:
        ax.fill_between(when, level, step="post", color=colours.of("blue"), alpha=0.25, linewidth=0)
        ax.plot(when, level, drawstyle="steps-post", color=colours.of("blue"), linewidth=1.3, gid="concurrent")
    else:
        legend = _band(ax, colours, steps, where)
    peak = int(level.argmax())
    top = int(level[peak])
    peak_time = _text.moment(steps["time"].iloc[peak], steps["time"].iloc[0], steps["time"].iloc[-1], tz)
    ax.set_ylim(0, top * 1.16 + 0.2)
    ax.plot(when[peak], top, "o", color=colours.ink, markersize=4.5)
    is_late = when[peak] > (when[0] + when[-1]) / 2
    ax.annotate(
        f"{_text.number(top)} at {peak_time}",
        (when[peak], top),
        xytext=(-7 if is_late else 7, 4),
        textcoords="offset points",
        ha="right" if is_late else "left",
        color=colours.ink,
        fontsize=_axes.TEXT_PT,
    )
    _axes.counts(ax, "y")
    ax.margins(x=0.01)
    _axes.time_axis(ax, tz)
    _axes.grid(ax, "y")
    _axes.label(ax, x=f"time, {where}", y=f"{unit}s at once")
    title = (
        f"Never more than one {unit} at once"
        if top == 1
        else f"At most {_text.number(top)} {unit}s at once, at {peak_time}"
    )
    _axes.headline(ax, title, _text.note(*about), legend=legend)
    return ax


def _band(ax: Axes, colours: Palette, steps: pd.DataFrame, where: tzinfo) -> list[tuple[Any, str]]:
    """Draw too many steps as a band: from the least to the most of each time bin, and the mean."""
    bounds, length = edges(steps["time"].iloc[0], steps["time"].iloc[-1], where, _MOST_BINS)
    time = microseconds(steps["time"])
    least, most, mean = _in_bins(time, steps["concurrent"].to_numpy(dtype="int64"), microseconds(bounds))
    at = mdates.date2num(bounds.tz_convert("UTC").tz_localize(None).to_numpy())
    low, high, middle = (np.append(values, values[-1]) for values in (least, most, mean))
    blue = colours.of("blue")
    ax.fill_between(at, low, high, step="post", color=blue, alpha=0.3, linewidth=0, gid="least to most")
    ax.plot(at, middle, drawstyle="steps-post", color=blue, linewidth=1.3, gid="concurrent")
    return [
        (Patch(facecolor=blue, alpha=0.3, linewidth=0), f"least to most within {length}"),
        (Line2D([], [], color=blue, linewidth=1.3), "mean"),
    ]


def _in_bins(time: Values, level: Values, bounds: Values) -> tuple[Values, Values, Values]:
    """Return the least, the most and the mean over time of a level of steps, between each two bounds."""
    before = np.searchsorted(time, bounds, "right") - 1
    carried = np.where(before < 0, 0, level[before])
    order = np.argsort(np.concatenate([bounds, time]), kind="stable")  # a bound stands before the step at its time
    heights = np.concatenate([carried, level])[order]
    firsts = np.flatnonzero(order < len(bounds))
    least, most = (np.asarray(f.reduceat(heights[: firsts[-1]], firsts[:-1])) for f in (np.minimum, np.maximum))
    so_far = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(time).astype("float64"))])
    return least, most, np.diff(np.interp(bounds, time, so_far)) / np.diff(bounds)


def heatmap(calls: pd.DataFrame, *, value: str = "calls", tz: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the week: a cell for each hour of each weekday.

    Parameters
    ----------
    calls : DataFrame
        Of :func:`calls` or :func:`queue_calls`.
    value : str
        ``calls``: how many began in that hour, over all weeks; ``abandon_rate``: the share that gave up waiting, as
        :func:`metrics.abandon_rate` counts it; of :func:`calls` the share whose caller gave up before an answer.
    tz : str, optional
        Zone of weekdays and hours; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        Seven rows from Monday, 24 columns; a cell in which there were no calls is blank, and a share of fewer than 30
        calls is written pale.

    Raises
    ------
    ConfigError
        No such value or zone; the frame has neither ``started`` nor ``joined``.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> af.plot.heatmap(visits, tz="Europe/Berlin").get_title()
    'Busiest hour of the week: Monday 9 to 10, 34 calls'
    """
    if value not in VALUES:
        raise ConfigError(f"value={value!r} is not known", hint=f"one of {', '.join(VALUES)}")
    where = _text.zone(tz)
    is_queue = "joined" in getattr(calls, "columns", ())
    when_began = ("joined", "left_queue") if is_queue else ("started",)
    _axes.check(calls, (), "when calls began", "af.calls(...) or af.queue_calls(...)", times=when_began)
    when = calls["joined"].fillna(calls["left_queue"]) if is_queue else calls["started"]
    local = when[when.notna()].dt.tz_convert(where)
    placed = calls.loc[local.index].assign(weekday=local.dt.day_of_week, hour=local.dt.hour)
    counts = np.zeros((7, 24), dtype=np.int64)
    np.add.at(counts, (placed["weekday"].to_numpy(), placed["hour"].to_numpy()), 1)
    shown = counts.astype("float64")
    if value == "abandon_rate":
        shown, counts = _abandoned(placed, is_queue)
    about = _text.note(
        _text.period(when.min(), when.max(), tz),
        _text.source(calls),
        f"n = {_text.counted(int(counts.sum()), 'call')}",
        "blank: no calls" if counts.any() else "",
        f"pale: fewer than {_FEW} calls" if value != "calls" and ((counts > 0) & (counts < _FEW)).any() else "",
    )
    ax, colours = _axes.begin(ax, height=3.5)
    phrases = _axes.phrases_of(ax)
    if not counts.any():
        return _axes.empty(ax, phrases.no_calls, about)
    shown = np.where(counts > 0, shown, np.nan)
    ramp = colours.ramp("blue" if value == "calls" else "vermilion")
    is_pale = (counts < _FEW) & (value != "calls")
    sure = shown[(counts > 0) & ~is_pale]
    most = float(sure.max(initial=0.0)) or float(np.nanmax(shown)) or 1.0
    cells = np.zeros((7, 24, 4))  # of no calls: nothing is drawn
    for day, hour in zip(*np.nonzero(counts), strict=True):
        shade = to_hex(ramp(min(shown[day, hour] / most, 1.0)))
        shade = mix(shade, colours.paper, _PALE) if is_pale[day, hour] else shade
        cells[day, hour] = to_rgba(shade)
        ax.text(
            hour + 0.5,
            day + 0.5,
            _cell(phrases, shown[day, hour], value),
            ha="center",
            va="center",
            fontsize=7.5,
            color=colours.on(shade),
            gid=_axes.CELL,
        )
    ax.pcolormesh(np.arange(25), np.arange(8), cells, edgecolors=colours.paper, linewidth=1.2)
    ax.set_ylim(7, 0)
    ax.set_yticks(np.arange(7) + 0.5, phrases.days)
    ax.set_xticks(np.arange(0, 25, 2), [f"{hour:02}" for hour in range(0, 25, 2)])
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    _axes.label(ax, x=phrases.hour_axis.format(zone=where))
    _axes.headline(ax, _week_title(phrases, shown, counts, value), about)
    return ax


def _cell(phrases: Phrases, number: float, value: str) -> str:
    """Return what fits into a cell: four letters at most."""
    if value != "calls":
        return phrases.percent(number).replace(" ", "")
    return f"{number:.0f}" if number < 10_000 else phrases.compact(number)


def _abandoned(placed: pd.DataFrame, is_queue: bool) -> tuple[Values, Values]:
    """Return the share of callers who gave up, and of how many, for each weekday and hour."""
    if is_queue:
        rates = metrics.abandon_rate(placed, by=["weekday", "hour"])
        rates = rates.rename(columns={"abandon_den": "of"})
    else:
        _axes.check(placed, ("disposition",), "who gave up", "af.calls(...)")
        known = placed[placed["disposition"].notna()]
        grouped = known.assign(gave_up=known["disposition"].eq("cancelled")).groupby(["weekday", "hour"])["gave_up"]
        rates = grouped.agg(abandon_rate="mean", of="size").reset_index()
    share, of = np.full((7, 24), np.nan), np.zeros((7, 24), dtype=np.int64)
    at = rates["weekday"].to_numpy(dtype="int64"), rates["hour"].to_numpy(dtype="int64")
    share[at], of[at] = rates["abandon_rate"].to_numpy(dtype="float64"), rates["of"].to_numpy(dtype="int64")
    return share, of


def _week_title(phrases: Phrases, shown: Values, counts: Values, value: str) -> str:
    if value == "calls":
        day, hour = np.unravel_index(int(np.nanargmax(shown)), shown.shape)
        calls = phrases.counted(int(shown[day, hour]), phrases.call)
        return phrases.busiest_hour.format(day=phrases.long_days[day], begin=hour, end=hour + 1, calls=calls)
    total = float(np.nansum(shown * counts) / counts.sum())
    if total == 0:
        return "Nobody gave up waiting"
    share_text = f"{_text.percent(total)} gave up waiting"
    day, hour = np.unravel_index(int(np.argmax(np.where(counts >= _FEW, shown, -1.0))), shown.shape)
    if counts[day, hour] >= _FEW and shown[day, hour] > total:
        where = f"{phrases.long_days[day]} {hour} to {hour + 1}"
        return f"{share_text}; most on {where}: {_text.percent(float(shown[day, hour]))}"
    # no single cell says much: the same hour of all days
    of = counts.sum(axis=0)
    share = np.divide(np.nansum(shown * counts, axis=0), of, out=np.full(24, -1.0), where=of >= min(10, of.max()))
    worst = int(share.argmax())
    return f"{share_text}; most from {worst} to {worst + 1}: {_text.percent(float(share[worst]))}"
