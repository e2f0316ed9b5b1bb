"""Numbers, times, names and sources as the text of a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from amiframe.plot._fonts import drawable
from amiframe.plot._phrases import ENGLISH
from amiframe.timeutil import intervals

number = ENGLISH.number
compact = ENGLISH.compact
percent = ENGLISH.percent
duration = ENGLISH.duration
date = ENGLISH.date


def counted(value: int, name: str) -> str:
    """Return a count and what is counted.

    Examples
    --------
    >>> counted(1, "call"), counted(2500, "call")
    ('1 call', '2,500 calls')
    """
    return f"{number(value)} {name if value == 1 else name + 's'}"


def zone(tz: str | None) -> tzinfo:
    """Return a zone by its name; UTC when none is given, never that of the machine.

    Raises
    ------
    ConfigError
        There is no such zone.
    """
    return intervals.zone(tz or "UTC")


def clock(when: pd.Timestamp, *, seconds: bool = False) -> str:
    """Return a time of the day.

    Examples
    --------
    >>> clock(pd.Timestamp("2026-11-16 09:05:07"))
    '09:05'
    """
    return when.strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(when: pd.Timestamp, first: pd.Timestamp, last: pd.Timestamp, tz: str | None = None) -> str:
    """Return a time of a chart that shows `first` to `last`: with its day where they are of several.

    Examples
    --------
    >>> a = pd.Timestamp("2026-11-16 09:05", tz="UTC")
    >>> moment(a, a, a), moment(a, a, a + pd.Timedelta("1D"))
    ('09:05', '09:05 on Mon 16 Nov')
    """
    local, begin, end = (time.tz_convert(zone(tz)) for time in (when, first, last))
    return clock(local) if begin.date() == end.date() else f"{clock(local)} on {date(local)}"


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
    begins = [str(first.day), ENGLISH.months[first.month - 1], str(first.year)]
    if first.year == last.year:
        del begins[2]
        if first.month == last.month:
            del begins[1]
    return f"{' '.join(begins)} to {last.day} {ENGLISH.months[last.month - 1]} {last.year} {where}"


def source(frame: pd.DataFrame) -> str:
    """Return where a frame comes from: the PBX or the name of the file, or an empty text.

    Examples
    --------
    >>> source(af.read_status(af.sample("status")))
    'status_busy.txt'
    """
    about: dict[str, Any] = frame.attrs.get("amiframe") or {}
    origin = about.get("source")
    if isinstance(origin, str) and origin:
        return short(PurePosixPath(origin.replace("\\", "/").partition("?")[0]).name or origin, 40)
    if isinstance(origin, list | tuple) and origin:
        return counted(len(origin), "file")
    return short(str(about.get("pbx") or ""), 40)


def note(*parts: str) -> str:
    """Return the line below a title: period, source and number, as far as they are known."""
    return " · ".join(part for part in parts if part)


def short(text: str, most: int = 28) -> str:
    """Return a name on one line, shortened in its middle: names often differ at their end.

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
    labels = []
    for name in names:
        label = plain(name, most)
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def plain(text: str, most: int = 28) -> str:
    r"""Return a name for a label: short, and no formula to matplotlib whatever it holds.

    Examples
    --------
    >>> print(plain("price $5 to $9"))
    price \$5 to \$9
    """
    return short(text, most).replace("$", r"\$")
