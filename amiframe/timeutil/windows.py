"""Windows of time that a report or a job is about: half-open, from local midnight to local midnight, in a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.timeutil.durations import split_duration
from amiframe.timeutil.zones import zone

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HINT = "2026-11-16, or with a time: 2026-11-16T08:00"


@dataclass(frozen=True)
class Window:
    """From when to when: the end is no part of it.

    Parameters
    ----------
    start, end : Timestamp
        In the zone `tz`.
    tz : str
        Name of the zone.

    Examples
    --------
    >>> Window.between("2026-11-16", "2026-11-22", "Europe/Berlin").text()
    '2026-11-16T00:00:00+01:00/2026-11-23T00:00:00+01:00'
    """

    start: pd.Timestamp
    end: pd.Timestamp
    tz: str

    @classmethod
    def between(cls, begin: str, end: str, tz: str) -> Window:
        """Return the window from a day or time to another; a day as `end` belongs to it wholly.

        Raises
        ------
        ConfigError
            No such day, time or zone; or it ends before it begins.
        """
        where = zone(tz)
        start, stop = _moment(begin, where), _moment(end, where)
        if _DATE.fullmatch(end.strip()):
            stop = _midnight(stop.tz_localize(None).normalize() + pd.Timedelta(days=1), where)
        if stop <= start:
            raise ConfigError(f"the window ends before it begins: {begin} to {end}")
        return cls(start, stop, tz)

    @classmethod
    def yesterday(cls, tz: str, now: pd.Timestamp | None = None) -> Window:
        """Return the day before today."""
        return cls.last("1d", tz, now)

    @classmethod
    def last(cls, span: str, tz: str, now: pd.Timestamp | None = None) -> Window:
        """Return the last whole hours (``24h``), days (``7d``) or weeks from Monday (``1w``): never a part of one.

        Raises
        ------
        ConfigError
            No such span or zone.

        Examples
        --------
        >>> now = pd.Timestamp("2026-11-25 09:30Z")
        >>> Window.last("1w", "UTC", now).text()
        '2026-11-16T00:00:00+00:00/2026-11-23T00:00:00+00:00'
        """
        length, unit = split_duration(span) or (0.0, "")
        if unit not in ("hour", "day", "week") or not (length.is_integer() and 1 <= length <= 99_999):
            raise ConfigError(f"{span!r} is not a whole number of hours, days or weeks", hint="7d, 24h or 1w")
        where = zone(tz)
        moment = (pd.Timestamp.now("UTC") if now is None else now).tz_convert(where)
        count = int(length)
        if unit == "hour":
            utc = moment.tz_convert("UTC") - pd.Timedelta(
                minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
            )
            end = utc.floor("us").tz_convert(where)
            return cls(end - pd.Timedelta(hours=count), end, tz)
        day = moment.normalize().tz_localize(None)
        if unit == "week":
            day -= pd.Timedelta(days=day.weekday())
            count *= 7
        return cls(_midnight(day - pd.Timedelta(days=count), where), _midnight(day, where), tz)

    @classmethod
    def parse(cls, text: str, tz: str, now: pd.Timestamp | None = None) -> Window:
        """Return the window that a text names.

        Parameters
        ----------
        text : str
            ``yesterday``; the last ``7d``, ``24h`` or ``1w``; or two days or times, ``2026-11-16/2026-11-22``, with a
            zone of their own behind a blank if need be.
        tz : str
            Zone in which days begin.

        Raises
        ------
        ConfigError
            No such window or zone.

        Examples
        --------
        >>> window = Window.parse("2026-11-16/2026-11-22", "Europe/Berlin")
        >>> Window.parse(window.text(), "Europe/Berlin") == window
        True
        """
        span, _, own_tz = text.strip().partition(" ")
        if span == "yesterday":
            return cls.yesterday(own_tz or tz, now)
        begin, slash, end = span.partition("/")
        if slash:
            return cls.between(begin, end, own_tz or tz)
        return cls.last(text, tz, now)

    @classmethod
    def week_of(cls, moment: pd.Timestamp, tz: str) -> Window:
        """Return the week from Monday that a moment lies in."""
        where = zone(tz)
        day = moment.tz_convert(where).normalize().tz_localize(None)
        monday = day - pd.Timedelta(days=day.weekday())
        return cls(_midnight(monday, where), _midnight(monday + pd.Timedelta(days=7), where), tz)

    @property
    def days(self) -> list[pd.Timestamp]:
        """Midnights at which its days begin; the first may begin later."""
        return list(pd.date_range(self.start.normalize(), self.end, freq="D", inclusive="left"))

    def before(self) -> Window:
        """Return the window of the same length just before: as many days by the calendar, else as many seconds.

        Examples
        --------
        >>> Window.between("2026-03-30", "2026-04-05", "Europe/Berlin").before().text()
        '2026-03-23T00:00:00+01:00/2026-03-30T00:00:00+02:00'
        """
        where = zone(self.tz)
        begin, end = self.start.tz_localize(None), self.end.tz_localize(None)
        if begin == begin.normalize() and end == end.normalize():
            return Window(_midnight(begin - (end - begin), where), self.start, self.tz)
        return Window(self.start - (self.end - self.start), self.start, self.tz)

    def has(self, times: pd.Series) -> pd.Series:
        """Return which times lie in it; a missing one does not."""
        return (times >= self.start) & (times < self.end)

    def text(self) -> str:
        """Return the window in ISO 8601."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def _moment(text: str, where: tzinfo) -> pd.Timestamp:
    try:
        if not re.match(r"\d{4}-\d\d-\d\d", text.strip()):
            raise ValueError  # pandas would take 16/11 too, as one or the other
        moment = pd.Timestamp(text.strip()).as_unit("us")
    except ValueError:
        raise ConfigError(f"{text!r} is no day and no time", hint=_HINT) from None
    if moment.tzinfo is not None:
        return moment.tz_convert(where)
    return moment.tz_localize(where, ambiguous=True, nonexistent="shift_forward")


def _midnight(day: pd.Timestamp, where: tzinfo) -> pd.Timestamp:
    return pd.Timestamp(day).as_unit("us").tz_localize(where, ambiguous=True, nonexistent="shift_forward")
