"""Intervals of a report: half-open, in a zone, with days that are as long as the clocks make them."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
import pandas as pd

from amiframe.errors import ConfigError
from amiframe.timeutil.durations import SECONDS, split_duration
from amiframe.timeutil.zones import zone

__all__ = ["ends", "grid", "parse", "seconds_of", "starts", "zone"]

_CLOCK_UNITS = ("second", "minute", "hour")
_DAYS = {"day": 1, "week": 7}
_MONDAY = np.datetime64("1970-01-05", "D")


def parse(every: str) -> tuple[int, str]:
    """Return how many of which unit: of seconds up to hours such that a day has a whole number of them.

    Raises
    ------
    ConfigError
        No such interval, or one that does not divide a day.

    Examples
    --------
    >>> parse("1h"), parse("30min"), parse("1D"), parse("week")
    ((1, 'hour'), (30, 'minute'), (1, 'day'), (1, 'week'))
    """
    count, unit = split_duration(every) or (0.0, "")
    seconds = count * SECONDS.get(unit, 0)
    divides_day = unit in _CLOCK_UNITS and seconds > 0 and count.is_integer() and 86_400 % seconds == 0
    if not (divides_day or (unit in ("day", "week", "month") and count == 1)):
        raise ConfigError(f"every={every!r} is not an interval", hint="1d, 1h, 30min, 15min, 1w or 1mo")
    return int(count), unit


def starts(times: pd.Series, every: str, tz: str | None) -> pd.Series:
    """Return where the interval of each time begins, in the zone (UTC when none is given).

    Days, weeks (from Monday) and months begin at local midnight: the day on which clocks change has 23 or 25 hours. Of
    the hour that comes twice each is an interval of its own; intervals of several hours begin at their wall-clock time.

    Examples
    --------
    >>> times = pd.Series(pd.to_datetime(["2026-03-29 00:30Z", "2026-03-29 01:30Z"]))
    >>> [str(t) for t in starts(times, "1h", "Europe/Berlin")]
    ['2026-03-29 01:00:00+01:00', '2026-03-29 03:00:00+02:00']
    """
    count, unit = parse(every)
    where = zone(tz or "UTC")
    local = times.dt.as_unit("us").dt.tz_convert(where)
    wall = local.dt.tz_localize(None)
    if unit in _CLOCK_UNITS:
        step = count * SECONDS[unit]
        floor = wall.dt.floor(f"{step}s")
        if step <= 3600:
            # wall time and UTC differ by the same amount within the interval: the clocks change between hours
            utc = local.dt.tz_convert("UTC").dt.tz_localize(None) - (wall - floor)
            begins: pd.Series = utc.dt.tz_localize("UTC").dt.tz_convert(where)
            return begins
    elif unit == "month":
        floor = wall.dt.to_period("M").dt.start_time.dt.as_unit("us")
    else:
        days = wall.to_numpy(dtype="datetime64[D]")
        back = (days - _MONDAY) % np.timedelta64(_DAYS[unit], "D")
        floor = pd.Series((days - back).astype("datetime64[us]"), index=times.index)
    return _at_wall(floor, where)


def _at_wall(wall: pd.Series, where: tzinfo) -> pd.Series:
    """Return wall-clock times in a zone: the first of two, or the first moment after a gap."""
    first = np.ones(len(wall), dtype=bool)
    there: pd.Series = wall.dt.tz_localize(where, ambiguous=first, nonexistent="shift_forward")
    return there


def ends(begins: pd.Series, every: str) -> pd.Series:
    """Return where intervals end: the beginnings of the next ones."""
    count, unit = parse(every)
    if unit in _CLOCK_UNITS and count * SECONDS[unit] <= 3600:
        return begins + pd.Timedelta(seconds=count * SECONDS[unit])
    wall = begins.dt.tz_localize(None)
    if unit == "month":
        later = wall + pd.offsets.MonthBegin(1)
    elif unit in _DAYS:
        later = wall.dt.normalize() + pd.Timedelta(days=_DAYS[unit])
    else:
        later = wall + pd.Timedelta(seconds=count * SECONDS[unit])
    return _at_wall(later.dt.as_unit("us"), begins.dt.tz)


def seconds_of(interval: tuple[int, str]) -> float:
    """Return the length of an interval of :func:`parse`; a day has 24 hours here.

    Raises
    ------
    ConfigError
        Months differ.
    """
    count, unit = interval
    if unit == "month":
        raise ConfigError("months differ in length", hint="1d, 1h, 30min, 15min or 1w")
    return float(count * SECONDS[unit])


def grid(first: pd.Timestamp, last: pd.Timestamp, every: str, tz: str | None) -> pd.Series:
    """Return the beginnings of all intervals from the one that has `first` to the one that has `last`.

    Examples
    --------
    >>> begin, end = pd.Timestamp("2026-10-24 12:00Z"), pd.Timestamp("2026-10-26 12:00Z")
    >>> [str(t) for t in grid(begin, end, "1d", "Europe/Berlin")]
    ['2026-10-24 00:00:00+02:00', '2026-10-25 00:00:00+02:00', '2026-10-26 00:00:00+01:00']
    """
    count, unit = parse(every)
    ends_at = starts(pd.Series([first, last]).dt.as_unit("us"), every, tz)
    step = count * SECONDS[unit] if unit in _CLOCK_UNITS else 0
    if 0 < step <= 3600:
        return pd.Series(pd.date_range(ends_at[0], ends_at[1], freq=f"{step}s", unit="us"))
    wall = ends_at.dt.tz_localize(None)
    freq = f"{step}s" if step else {"day": "D", "week": "7D", "month": "MS"}[unit]
    walls = pd.Series(pd.date_range(wall[0], wall[1], freq=freq, unit="us"))
    return _at_wall(walls, zone(tz or "UTC")).drop_duplicates(ignore_index=True)
