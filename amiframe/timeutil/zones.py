"""Local times that name no zone -> UTC: never by the machine's own zone, and what is ambiguous is counted."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from amiframe.errors import ConfigError

_STEP_BACK = np.timedelta64(30, "m")  # a clock that is put back goes back by at least this much


def zone(name: str) -> ZoneInfo:
    """Return a zone by its name.

    Raises
    ------
    ConfigError
        There is no such zone.

    Examples
    --------
    >>> zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"no time zone {name!r}", hint="a name like Europe/Moscow, or UTC") from error


def both(local: pd.Series, name: str) -> tuple[pd.Series, pd.Series]:
    """Return naive local times as UTC: as the first and as the second of the moments at which clocks showed them.

    They differ in the hour that comes twice when clocks are put back. A time that no clock showed (clocks were put
    forward) is missing.
    """
    where = zone(name)
    first, second = (
        local.dt.tz_localize(where, ambiguous=np.full(len(local), is_first), nonexistent="NaT")
        .dt.tz_convert("UTC")
        .dt.as_unit("us")
        for is_first in (True, False)
    )
    return first, second


def to_utc(local: pd.Series, name: str) -> tuple[pd.Series, int]:
    """Return naive local times as UTC, and how many of them could have been either of two moments.

    In the hour that comes twice when clocks are put back, rows are taken to be in the order in which they were written:
    up to a step back they are of the first hour, behind it of the second. Without a step back all are of the first. A
    time that no clock showed (clocks were put forward) is missing.
    """
    first, second = both(local, name)
    twice = (first != second) & first.notna()
    count = int(twice.sum())
    if count:
        inside = local[twice]
        back = (inside.diff() < -_STEP_BACK).groupby(inside.dt.date.to_numpy()).cumsum() > 0
        first = first.mask(back.reindex(local.index, fill_value=False), second)
    return first, count
