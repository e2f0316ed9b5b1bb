"""Numbers, times and sources as people say them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from amiframe.plot._fonts import drawable
from amiframe.timeutil import intervals

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float) -> str:
    """Return a count with its thousands set apart.

    Examples
    --------
    >>> number(100000), number(12.5)
    ('100,000', '12.5')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def compact(value: float) -> str:
    """Return a count that fits a small place.

    Examples
    --------
    >>> compact(9999), compact(12345)
    ('9,999', '12k')
    """
    return number(value) if value < 10_000 else f"{value / 1000:,.0f}k"


def counted(value: int, one: str, many: str | None = None) -> str:
    """Return a count and what is counted.

    Examples
    --------
    >>> counted(1, "call"), counted(2500, "call"), counted(0, "reply", "replies")
    ('1 call', '2,500 calls', '0 replies')
    """
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share: whole per cent, but neither 0 nor 100 unless it is exactly that.

    Examples
    --------
    >>> percent(0.614), percent(0.0004), percent(0.9997), percent(1.0)
    ('61 %', '<1 %', '>99 %', '100 %')
    """
    whole = round(share * 100)
    if whole == 0 and share > 0:
        return "<1 %"
    if whole == 100 and share < 1:
        return ">99 %"
    return f"{whole} %"


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units.

    Examples
    --------
    >>> [duration(s) for s in (0, 0.003, 0.42, 9.96, 45, 200, 7500, 200000)]
    ['0 s', '<0.1 s', '0.4 s', '10 s', '45 s', '3 min 20 s', '2 h 5 min', '2 d 7 h']
    """
    if 0 < seconds < 0.05:
        return "<0.1 s"
    if seconds < 9.95 and not float(seconds).is_integer():
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, small, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size:,} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def zone(tz: str | None) -> tzinfo:
    """Return a zone by its name; UTC when none is given, never that of the machine.

    Raises
    ------
    ConfigError
        There is no such zone.
    """
    return intervals.zone(tz or "UTC")


def date(when: pd.Timestamp, *, year: bool = False) -> str:
    """Return a day.

    Examples
    --------
    >>> date(pd.Timestamp("2026-11-16")), date(pd.Timestamp("2026-11-16"), year=True)
    ('Mon 16 Nov', 'Mon 16 Nov 2026')
    """
    day = f"{DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]}"
    return f"{day} {when.year}" if year else day


def clock(when: pd.Timestamp, *, seconds: bool = False) -> str:
    """Return a time of the day.

    Examples
    --------
    >>> clock(pd.Timestamp("2026-11-16 09:05:07"))
    '09:05'
    """
    return when.strftime("%H:%M:%S" if seconds else "%H:%M")


def period(begin: pd.Timestamp, end: pd.Timestamp, tz: str | None = None) -> str:
    """Return from when to when, and in which zone; the missing time (NaT) gives nothing.

    Examples
    --------
    >>> a, b = pd.Timestamp("2026-11-16 07:58", tz="UTC"), pd.Timestamp("2026-11-20 18:00", tz="UTC")
    >>> period(a, b)
    '16 to 20 Nov 2026 UTC'
    >>> period(a, a + pd.Timedelta("8h"), "Europe/Berlin")
    'Mon 16 Nov 2026, 08:58 to 16:58 Europe/Berlin'
    """
    if pd.isna(begin) or pd.isna(end):
        return ""
    where = zone(tz)
    first, last = begin.tz_convert(where), end.tz_convert(where)
    if first.date() == last.date():
        exact = last - first < pd.Timedelta(minutes=5)
        span = [clock(moment, seconds=exact) for moment in (first, last)]
        return f"{date(first, year=True)}, {' to '.join(dict.fromkeys(span))} {where}"
    begins = [str(first.day), _MONTHS[first.month - 1], str(first.year)]
    if first.year == last.year:
        del begins[2]
        if first.month == last.month:
            del begins[1]
    return f"{' '.join(begins)} to {last.day} {_MONTHS[last.month - 1]} {last.year} {where}"


def spell(begin: pd.Timestamp, end: pd.Timestamp, *, is_one_day: bool) -> str:
    """Return an interval as part of a sentence; `is_one_day`: all that is shown lies in one day.

    Examples
    --------
    >>> a = pd.Timestamp("2026-11-16 11:00")
    >>> spell(a, a + pd.Timedelta("1h"), is_one_day=True)
    'between 11:00 and 12:00'
    >>> spell(a, a + pd.Timedelta("30min"), is_one_day=False)
    'on Mon 16 Nov between 11:00 and 11:30'
    >>> spell(a.normalize(), a.normalize() + pd.Timedelta("1D"), is_one_day=False)
    'on Mon 16 Nov'
    >>> spell(a.normalize(), a.normalize() + pd.Timedelta("7D"), is_one_day=False)
    'from 16 to 22 Nov'
    """
    last = end - pd.Timedelta(microseconds=1)
    whole_days = begin == begin.normalize() and end == end.normalize()
    if begin.date() == last.date():
        if whole_days:
            return f"on {date(begin)}"
        hours = f"between {clock(begin)} and {clock(end) if clock(end) != '00:00' else '24:00'}"
        return hours if is_one_day else f"on {date(begin)} {hours}"
    if whole_days:
        month = "" if begin.month == last.month else f" {_MONTHS[begin.month - 1]}"
        return f"from {begin.day}{month} to {last.day} {_MONTHS[last.month - 1]}"
    return f"between {date(begin)} {clock(begin)} and {date(end)} {clock(end)}"


def source(frame: pd.DataFrame) -> str:
    """Return where a frame comes from: the PBX, or the name of the file; nothing when it does not say.

    Examples
    --------
    >>> source(af.read_status(af.sample("status")))
    'status_busy.txt'
    """
    about: dict[str, Any] = frame.attrs.get("amiframe") or {}
    told = about.get("source")
    if isinstance(told, str) and told:
        return short(PurePosixPath(told.replace("\\", "/").partition("?")[0]).name or told, 40)
    if isinstance(told, list | tuple) and told:
        return counted(len(told), "file")
    return short(str(about.get("pbx") or ""), 40)


def note(*parts: str) -> str:
    """Return the line below a title: what is known of period, source and number."""
    return " · ".join(part for part in parts if part)


def short(text: str, most: int = 28) -> str:
    """Return a name on one line, shortened in its middle: what tells names apart is often at their end.

    A box stands for each letter that no font here has.

    Examples
    --------
    >>> short("Local/+74951234567@from-internal-additional", 24)
    'Local/+749512…additional'
    """
    line = drawable(" ".join("".join(c if c.isprintable() else " " for c in str(text)).split()))
    if len(line) <= most:
        return line
    tail = (most - 1) * 11 // 24
    return f"{line[: most - 1 - tail]}…{line[-tail:]}"


def distinct(names: Iterable[str], most: int = 28) -> list[str]:
    """Return names as labels; those that would read the same are numbered.

    Examples
    --------
    >>> distinct(["Anna", "Bob", "Anna"])
    ['Anna', 'Bob', 'Anna (2)']
    """
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        label = plain(name, most)
        seen[label] += 1
        told.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return told


def plain(text: str, most: int = 28) -> str:
    r"""Return a name for a label: short, and no formula to matplotlib whatever it holds.

    Examples
    --------
    >>> print(plain("price $5 to $9"))
    price \$5 to \$9
    """
    return short(text, most).replace("$", r"\$")
