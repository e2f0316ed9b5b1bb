"""Counts of channels over time, from snapshots."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from amiframe.errors import ConfigError
from amiframe.plot import _axes, _text
from amiframe.plot._colors import SERIES

_OTHERS = "others"
_MOST_POINTS = 2000
_TIMES = ("time", "amf_fetched", "interval")


def status_series(series: pd.DataFrame, *, by: str = "state", tz: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many channels there were over time, by state, technology or application.

    Parameters
    ----------
    series : DataFrame
        Of :func:`status_series`: counts of channels at the time of each snapshot.
    by : str
        How channels are grouped: ``state``, ``technology`` or ``application``.
    tz : str, optional
        Zone of the axis; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        Areas on top of each other, the largest at the bottom, six at most; together they are as high as there were
        channels. Between two snapshots nothing is known: each lasts until the next.

    Raises
    ------
    ConfigError
        The frame has no times or no counts.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:01Z", "2026-11-24 10:02Z"])
    >>> series = pd.DataFrame({"time": times, "Up": [2, 9, 4], "Ringing": [1, 2, 0]})
    >>> af.plot.status_series(series).get_title()
    'At most 11 channels, at 10:01'
    """
    where = _text.zone(tz)
    table = _counts(series, by)
    ax, colours = _axes.begin(ax)
    about = [_text.source(series), f"n = {_text.counted(len(table), 'snapshot')}"]
    if not len(table):
        return _axes.empty(ax, "No snapshots", _text.note(*about))
    times = table.index
    about.insert(0, _text.period(times[0], times[-1], tz))
    total = table.sum(axis=1)
    if len(times) > 1:
        apart = np.diff(times).astype("timedelta64[us]").astype(float)
        about.append(f"one every {_text.duration(float(np.median(apart)) / 1e6)}")
    kept = _largest(table)
    if len(kept) > _MOST_POINTS:  # of so many the highest of each stretch, so that no peak is lost
        part = np.arange(len(kept)) * _MOST_POINTS // len(kept)
        highest = pd.Series(total.to_numpy()).groupby(part).idxmax()
        kept = kept.iloc[highest.to_numpy()]
    when = mdates.date2num(pd.DatetimeIndex(kept.index).tz_convert("UTC").tz_localize(None).to_numpy())
    shades = [colours.of("grey" if name == _OTHERS else colour) for name, colour in zip(kept, SERIES, strict=False)]
    ax.stackplot(when, kept.to_numpy().T, colors=shades, step="post", linewidth=0)
    peak = int(total.to_numpy().argmax())
    top = int(total.iloc[peak])
    peak_time = _text.moment(times[peak], times[0], times[-1], tz)
    ax.set_ylim(0, max(top, 1) * 1.1)
    ax.set_xlim(when[0], when[-1] if when[-1] > when[0] else when[0] + 1 / 86400)
    _axes.counts(ax, "y")
    _axes.time_axis(ax, tz)
    _axes.grid(ax, "y")
    _axes.label(ax, x=f"time, {where}", y="channels")
    legend = [(Patch(facecolor=shade), _text.plain(str(name))) for shade, name in zip(shades, kept, strict=True)]
    title = f"At most {_text.counted(top, 'channel')}, at {peak_time}" if top else "No channel was up in any snapshot"
    _axes.headline(ax, title, _text.note(*about), legend=legend)
    return ax


def _counts(series: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return a row for each time and a column for each group, from wide or long data."""
    time = next((name for name in _TIMES if name in getattr(series, "columns", ())), None)
    if time is None or not isinstance(series[time].dtype, pd.DatetimeTZDtype):
        raise ConfigError("the frame has no times of snapshots", hint="af.status_series(snapshots) gives one")
    known = series[series[time].notna()]
    numeric = [c for c in known.columns if pd.api.types.is_numeric_dtype(known[c].dtype)]
    if not numeric:
        raise ConfigError("the frame has no counts of channels", hint="af.status_series(snapshots) gives one")
    if "by" in known:
        known = known[known["by"].eq(by).fillna(False)]
    group = next((name for name in (by, "value", "name") if name in known and name not in numeric), None)
    if group is None:
        table = known.groupby(time)[numeric].sum()
    else:
        count = next((name for name in ("channels", "count", "n") if name in numeric), numeric[0])
        groups = known[group].astype("str").fillna("not told")
        table = known.assign(**{group: groups}).pivot_table(count, time, group, "sum", fill_value=0)
    counts: pd.DataFrame = table.astype("float64").fillna(0).sort_index()
    return counts


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    order = table.sum().sort_values(ascending=False, kind="stable").index
    kept = table[order[: len(SERIES) - 1]] if len(order) > len(SERIES) else table[order]
    rest = table[order].drop(columns=kept.columns)
    kept = kept.rename(columns=str)
    return kept.assign(**{_OTHERS: rest.sum(axis=1)}) if rest.shape[1] else kept
