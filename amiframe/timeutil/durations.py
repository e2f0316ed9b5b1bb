"""Durations: one parser of what people type, one way to write seconds in sentences and one in tables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from amiframe.errors import ConfigError

__all__ = ["ENGLISH", "SECONDS", "UnitNames", "format_clock", "format_duration", "parse_duration", "split_duration"]

_DURATION = re.compile(r"\s*([0-9]{0,9}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)\s*")
_WORDS = {
    "second": ("s", "S", "sec", "second", "seconds"),
    "minute": ("min", "T", "minute", "minutes"),  # "m" alone could be a month
    "hour": ("h", "H", "hour", "hours"),
    "day": ("d", "D", "day", "days"),
    "week": ("w", "W", "week", "weeks"),
    "month": ("mo", "M", "MS", "ME", "month"),
}
_UNIT_OF = {word: unit for unit, words in _WORDS.items() for word in words}

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
"""Length of each unit that has one; a day by the calendar may be longer or shorter."""


def split_duration(text: str) -> tuple[float, str] | None:
    """Return the count and the unit of a text such as ``15min``, or None.

    Examples
    --------
    >>> split_duration("15min"), split_duration("1.5 h"), split_duration("week"), split_duration("5 m")
    ((15.0, 'minute'), (1.5, 'hour'), (1.0, 'week'), None)
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    unit = _UNIT_OF.get(match[2]) if match else None
    return (float(match[1] or 1), unit) if match and unit else None


def parse_duration(value: str | float, name: str = "duration") -> float:
    """Return a duration in seconds.

    Parameters
    ----------
    value : str or float
        ``90s``, ``15min``, ``1.5h``, ``8d`` or ``1w``; a number is seconds.
    name : str
        What an error calls it.

    Raises
    ------
    ConfigError
        Not a duration, or not more than 0.

    Examples
    --------
    >>> parse_duration("15min"), parse_duration("1.5h"), parse_duration("1w"), parse_duration(2)
    (900.0, 5400.0, 604800.0, 2.0)
    """
    seconds = math.nan
    if isinstance(value, str):
        parts = split_duration(value)
        if parts is not None:
            seconds = parts[0] * SECONDS.get(parts[1], math.nan)
    elif not isinstance(value, bool):
        seconds = float(value)
    if not 0 < seconds < math.inf:
        raise ConfigError(f"{name}={value!r} is not a duration", hint="90s, 15min, 2h, 8d or 1w; a number is seconds")
    return seconds


@dataclass(frozen=True)
class UnitNames:
    """How one language writes durations.

    Parameters
    ----------
    second, minute, hour, day : str
        Short names of the units.
    point : str
        Decimal separator.
    space : str
        What stands between a number and its unit, and between two parts.
    """

    second: str = "s"
    minute: str = "min"
    hour: str = "h"
    day: str = "d"
    point: str = "."
    space: str = " "


ENGLISH = UnitNames()


def format_duration(seconds: Any, names: UnitNames = ENGLISH, *, missing: str = "") -> str:
    """Return a duration for a sentence: its two largest units, one decimal below ten seconds.

    Seconds are rounded once, to whole ones from ten on; what is smaller than the second unit is cut off.

    Examples
    --------
    >>> [format_duration(s) for s in (0, 0.003, 0.42, 9.96, 45, 59.97, 200, 7500, 200000, float("nan"))]
    ['0 s', '<0.1 s', '0.4 s', '10 s', '45 s', '1 min', '3 min 20 s', '2 h 5 min', '2 d 7 h', '']
    """
    value = _number(seconds)
    if value is None:
        return missing
    if value < 0:
        return f"-{format_duration(-value, names)}"
    if 0 < value < 0.05:
        return f"<0{names.point}1{names.space}{names.second}"
    if value < 9.95 and not value.is_integer():
        return f"{value:.1f}{names.space}{names.second}".replace(".", names.point, 1)
    left = _whole(value)
    parts: list[str] = []
    for size, unit in ((86_400, names.day), (3600, names.hour), (60, names.minute), (1, names.second)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{names.space}{unit}")
        if parts and (len(parts) == 2 or not count):
            break
    return names.space.join(parts) or f"0{names.space}{names.second}"


def format_clock(seconds: Any, *, missing: str = "") -> str:
    """Return a duration for a table: ``m:ss``, or ``h:mm:ss``, rounded to whole seconds.

    Examples
    --------
    >>> format_clock(59.97), format_clock(75), format_clock(3675), format_clock(200_000), format_clock(None)
    ('1:00', '1:15', '1:01:15', '55:33:20', '')
    """
    value = _number(seconds)
    if value is None:
        return missing
    minutes, second = divmod(_whole(abs(value)), 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if value < 0 and (minutes or second) else ""
    return f"{sign}{hours}:{minute:02}:{second:02}" if hours else f"{sign}{minute}:{second:02}"


def _number(seconds: Any) -> float | None:
    """Return finite seconds; None for whatever pandas calls missing, and for what has no end."""
    try:
        value = float(seconds)
    except (TypeError, ValueError):  # None, pandas.NA
        return None
    return value if math.isfinite(value) else None


def _whole(seconds: float) -> int:
    return math.floor(seconds + 0.5)
