"""Plots of channels: their states, and how long they and calls last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from amiframe.errors import ConfigError
from amiframe.plot import _axes, _text
from amiframe.plot._colors import SERIES, Palette
from amiframe.plot._duration_bins import DURATIONS, DurationBins

_MOST_TECHNOLOGIES = 5
_MOST_STATES = 12
_SPANS = {
    "seconds": ("channel", "age", "s since the channel was made"),
    "talk_s": ("call", "talk time", "talk of answered calls, holds included"),
    "total_s": ("call", "duration", "from the first channel to the last hangup"),
    "ring_s": ("call", "ringing", "until answered or given up"),
}


def channel_states(status: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many channels are in which state, by technology.

    Parameters
    ----------
    status : DataFrame
        Of ``Pbx.status`` or :func:`read_status`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each state, the largest on top, its parts by technology; lengths are numbers of channels.

    Raises
    ------
    ConfigError
        The frame is none of channels.

    Examples
    --------
    >>> ax = af.plot.channel_states(af.read_status(af.sample("status")))
    >>> ax.get_title()
    '87 of 88 channels are up'
    """
    _axes.check(status, ("channel", "channelstatedesc"), "the state of channels", "pbx.status() or af.read_status(...)")
    states = status["channelstatedesc"].astype("str").fillna("state not told")
    technology = status["channel"].astype("str").str.replace("/.*", "", regex=True).fillna("not told")
    about = _text.note(_fetched(status), _text.source(status), f"n = {_text.counted(len(status), 'channel')}")
    table = pd.crosstab(states, _largest(technology, _MOST_TECHNOLOGIES))
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    kept = order[:_MOST_STATES] if len(order) > _MOST_STATES + 1 else order
    rest = table.loc[order.difference(kept)].sum().rename(f"{len(order) - len(kept)} other states")
    table = table.loc[kept] if len(kept) == len(order) else pd.concat([table.loc[kept], rest.to_frame().T])
    total = table.sum(axis=1)
    ax, colours = _axes.begin(ax, height=1.9 + 0.32 * max(len(total), 2))
    if not len(status):
        return _axes.empty(ax, "No channel is up", about)
    table = table[_by_size(table)]
    legend = _stacked_bars(ax, colours, table)
    _axes.bar_rows(ax, _text.distinct(total.index), total, map(_text.number, total), room=1.08)
    _axes.label(ax, x="channels")
    up, ringing = (int((states == name).sum()) for name in ("Up", "Ringing"))
    if len(status) == 1:
        title = f"One channel is there: {_text.short(states.iloc[0])}"
    else:
        title = f"{_text.number(up)} of {_text.counted(len(status), 'channel')} {'is' if up == 1 else 'are'} up"
        title += f", {_text.number(ringing)} {'is' if ringing == 1 else 'are'} ringing" if ringing else ""
    _axes.headline(ax, title, about, legend=legend if len(legend) > 1 else ())
    return ax


def _stacked_bars(ax: Axes, colours: Palette, table: pd.DataFrame) -> list[tuple[Any, str]]:
    left = np.zeros(len(table))
    legend = []
    for name, colour in zip(table.columns, SERIES, strict=False):
        shade = colours.of("grey" if name.startswith("other") else colour)
        counts = table[name].to_numpy()
        ax.barh(range(len(table)), counts, 0.72, left, color=shade, linewidth=0.0)
        left = left + counts
        legend.append((Patch(facecolor=shade), _text.plain(name)))
    return legend


def _largest(values: pd.Series, most: int) -> pd.Series:
    """Return values, the rarer ones as one."""
    counts = values.value_counts()
    return values if len(counts) <= most else values.where(values.isin(counts.index[: most - 1]), "other technologies")


def _by_size(table: pd.DataFrame) -> list[str]:
    return sorted(table.columns, key=lambda name: (name.startswith("other"), -table[name].sum(), name))


def _fetched(status: pd.DataFrame) -> str:
    """Return when a status was fetched."""
    when = status["amf_fetched"].max() if "amf_fetched" in status and len(status) else pd.NaT
    if pd.isna(when):
        return ""
    return f"{_text.date(when, year=True)} {_text.clock(when, seconds=True)} UTC"


def durations(frame: pd.DataFrame, *, column: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how long channels have been up, or how long calls lasted.

    Parameters
    ----------
    frame : DataFrame
        Of ``Pbx.status``: seconds since each channel was made; or of :func:`calls` or :func:`legs`: talk time of those
        answered.
    column : str, optional
        Another column of seconds: ``total_s``, ``ring_s``, ``hold_s`` ...
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each span of time: 10 to 20 s, 1 to 2 min ...; its height is the number of those at least as long as
        the first and shorter than the second. A line where half of them are shorter.

    Raises
    ------
    ConfigError
        The frame has no such column.

    Examples
    --------
    >>> af.plot.durations(af.read_status(af.sample("status"))).get_title()
    'Half of the channels are younger than 8.5 s, the oldest is 1 min'
    """
    if column is None:
        column = next((name for name in _SPANS if name in getattr(frame, "columns", ())), "seconds")
    _axes.check(frame, (column,), "how long they lasted", "pbx.status(), af.calls(...) or af.legs(...)")
    if not pd.api.types.is_numeric_dtype(frame[column].dtype):
        raise ConfigError(f"{column!r} holds no seconds but {frame[column].dtype}", hint="a column of numbers")
    unit, what, meaning = _SPANS.get(column, ("call", column, column))
    if unit == "call" and "linkedid" in frame and "uniqueid" in frame:
        unit = "channel" if column == "seconds" else "leg"
    kept = frame
    if column == "talk_s" and "answered" in frame:
        kept = frame[frame["answered"].notna()]
    spans = pd.to_numeric(kept[column]).to_numpy(dtype="float64", na_value=np.nan)
    known = spans[np.isfinite(spans) & (spans >= 0)]
    missing = len(kept) - len(known)
    about = _text.note(
        _fetched(frame) if column == "seconds" else _span(frame),
        _text.source(frame),
        f"n = {_text.counted(len(known), unit)}" + (f", {_text.number(missing)} more not known" if missing else ""),
    )
    ax, colours = _axes.begin(ax)
    if not len(known):
        return _axes.empty(ax, f"No {unit} with a known {what}" if len(kept) else f"No {unit}s", about)
    bins = DurationBins.of(known, DURATIONS)
    ax.bar(bins.centres, bins.count(known), 0.9, color=colours.of("blue"))
    bins.label(ax)
    _axes.counts(ax, "y")
    _axes.grid(ax, "y")
    _axes.label(ax, x=f"{what} ({meaning}; ever wider steps)", y=f"{unit}s")
    median, longest = float(np.median(known)), float(known.max())
    bins.mark(ax, colours, median, f"half: {_text.duration(median)}")
    if len(known) == 1:
        title = f"One {unit}, {what} {_text.duration(longest)}"
    elif column == "seconds":
        title = (
            f"Half of the channels are younger than {_text.duration(median)}, the oldest is {_text.duration(longest)}"
        )
    else:
        title = f"Half of the {unit}s: {what} under {_text.duration(median)}; longest {_text.duration(longest)}"
    _axes.headline(ax, title, about)
    return ax


def _span(frame: pd.DataFrame) -> str:
    if "started" not in frame or not isinstance(frame["started"].dtype, pd.DatetimeTZDtype):
        return ""
    end = frame["ended"] if "ended" in frame else frame["started"]
    return _text.period(frame["started"].min(), max(end.max(), frame["started"].max()))
