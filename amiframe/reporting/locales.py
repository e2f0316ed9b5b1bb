"""The languages of the page: its texts, which are in ``texts.toml``, and how numbers and dates are written."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.timeutil.durations import UnitNames, format_clock, format_duration

NBSP = "\u00a0"
NONE = "–"
LANGUAGES = ("en", "ru")


@cache
def text_tables() -> dict[str, dict[str, Any]]:
    """Return the tables of texts; most have a value for each language, in the order of :data:`LANGUAGES`."""
    return tomllib.loads(files("amiframe.reporting").joinpath("texts.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Locale:
    """One language.

    Parameters
    ----------
    lang : str
        ``en`` or ``ru``.

    Examples
    --------
    >>> en, ru = Locale("en"), Locale("ru")
    >>> en.count(12345), ru.count(12345).replace(NBSP, "_")
    ('12,345', '12_345')
    """

    lang: str

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ConfigError(f"lang={self.lang!r} is not known", hint=f"one of {', '.join(LANGUAGES)}")

    def _text(self, table: str, key: str) -> Any:
        return text_tables()[table][key][LANGUAGES.index(self.lang)]

    def chart_phrases(self) -> dict[str, Any]:
        """Return the phrases of the charts that are not English."""
        phrases: dict[str, Any] = text_tables()["charts"].get(self.lang, {})
        return phrases

    @property
    def units(self) -> UnitNames:
        """Names of the units of time, as the page writes them."""
        names = {name: self._text("units", name) for name in text_tables()["units"]}
        return UnitNames(**names, point=self._text("numbers", "point"), space=NBSP)

    def __call__(self, key: str, *values: object, **named: object) -> str:
        """Return a text, filled in."""
        return str(self._text("texts", key)).format(*values, **named)

    def term(self, key: str) -> str:
        """Return a term of the glossary."""
        return str(self._text("terms", key))

    def glossary(self) -> list[tuple[str, str, str]]:
        """Return each term, its name in the other language, and its meaning."""
        other = next(Locale(lang) for lang in LANGUAGES if lang != self.lang)
        return [(self.term(key), other.term(key), self._text("meanings", key)) for key in text_tables()["terms"]]

    def count(self, value: float) -> str:
        """Return a whole number with thousands separators."""
        return NONE if pd.isna(value) else self._number(value, 0)

    def percent(self, share: float) -> str:
        """Return a share with one decimal; 0 and 100 only where it is exactly that.

        Examples
        --------
        >>> [Locale("en").percent(x).replace(NBSP, " ") for x in (0.8125, 0.00001, 0.99999, 1.0, float("nan"))]
        ['81.2 %', '<0.1 %', '>99.9 %', '100 %', '–']
        """
        if pd.isna(share):
            return NONE
        text = self._number(share * 100, 1)
        if share in (0, 1):
            text = f"{share * 100:.0f}"
        elif round(share * 100, 1) == 0:
            text = f"<{self._number(0.1, 1)}"
        elif round(share * 100, 1) == 100:
            text = f">{self._number(99.9, 1)}"
        return f"{text}{NBSP}%"

    def points(self, difference: float) -> str:
        """Return a difference of two shares, with its sign."""
        return self._signed(difference * 100, 1, self.term("points"))

    def more(self, difference: float) -> str:
        """Return a difference of two counts, with its sign."""
        return self._signed(difference, 0, "")

    def decimal(self, value: float) -> str:
        """Return a number with one decimal."""
        return NONE if pd.isna(value) else self._number(value, 1)

    def later(self, difference_s: float) -> str:
        """Return a difference of two spans of seconds, with its sign."""
        return self._signed(difference_s, 1, self.units.second)

    def duration(self, seconds: float) -> str:
        """Return a span of time in its two largest units.

        Examples
        --------
        >>> [Locale("en").duration(s).replace(NBSP, " ") for s in (7.0, 75, 7500)]
        ['7 s', '1 min 15 s', '2 h 5 min']
        >>> Locale("ru").duration(7.25).replace(NBSP, " ")
        '7,2 с'
        """
        return format_duration(seconds, self.units, missing=NONE)

    def clock(self, seconds: float) -> str:
        """Return a span of time as minutes and seconds, or hours, minutes and seconds: for tables."""
        return format_clock(seconds, missing=NONE)

    def date(self, day: pd.Timestamp) -> str:
        """Return a day as it stands in a table.

        Examples
        --------
        >>> day = pd.Timestamp("2026-11-16")
        >>> Locale("en").date(day).replace(NBSP, " "), Locale("ru").date(day).replace(NBSP, " ")
        ('Mon 16 Nov', 'пн 16.11')
        """
        return self._dated("date", day)

    def month(self, day: pd.Timestamp) -> str:
        """Return a month and its year."""
        return f"{self._text('calendar', 'months_alone')[day.month - 1]}{NBSP}{day.year}"

    def moment(self, when: pd.Timestamp) -> str:
        """Return a day and the time of it."""
        return NONE if pd.isna(when) else f"{self.date(when)} {when:%H:%M}"

    def period(self, start: pd.Timestamp, end: pd.Timestamp) -> str:
        """Return from when to when; an end at midnight counts as the end of the day before.

        Examples
        --------
        >>> start, end = pd.Timestamp("2026-11-30"), pd.Timestamp("2026-12-07")
        >>> Locale("en").period(start, end).replace(NBSP, " ")
        '30 November to 6 December 2026'
        >>> Locale("ru").period(pd.Timestamp("2026-11-16"), pd.Timestamp("2026-11-23")).replace(NBSP, " ")
        '16–22 ноября 2026 г.'
        """
        if start != start.normalize() or end != end.normalize():
            return f"{self._long(start)}, {start:%H:%M} – {self._long(end)}, {end:%H:%M}"
        last = end - pd.Timedelta(microseconds=1)
        if start.date() == last.date():
            return f"{self._text('calendar', 'days')[start.weekday()]} {self._long(start)}"
        if (start.year, start.month) == (last.year, last.month):
            return str(self._text("calendar", "days_of_month")).format(begin=start.day, end=self._long(last))
        begin = f"{start.day}{NBSP}{self._text('calendar', 'months')[start.month - 1]}"
        if start.year != last.year:
            begin += f"{NBSP}{start.year}"
        return str(self._text("calendar", "period")).format(begin=begin, end=self._long(last))

    def _long(self, day: pd.Timestamp) -> str:
        return self._dated("long_date", day)

    def _dated(self, template: str, day: pd.Timestamp) -> str:
        return str(self._text("calendar", template)).format(
            weekday=self._text("calendar", "days")[day.weekday()],
            day=day.day,
            month=self._text("calendar", "months")[day.month - 1],
            number=day.month,
            year=day.year,
        )

    def _number(self, value: float, digits: int) -> str:
        signs = {ord(","): self._text("numbers", "thousands"), ord("."): self._text("numbers", "point")}
        return f"{value:,.{digits}f}".translate(signs)

    def _signed(self, value: float, digits: int, unit: str) -> str:
        if pd.isna(value):
            return NONE
        if round(value, digits) == 0:
            return self("same")
        sign = "+" if value > 0 else "−"
        return f"{sign}{self._number(abs(value), digits)}{NBSP + unit if unit else ''}"
