"""The phrases of charts, and how numbers and dates are written in them: English here, other languages by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from amiframe.timeutil.durations import ENGLISH as ENGLISH_UNITS
from amiframe.timeutil.durations import UnitNames, format_duration

Forms = tuple[str, str]
"""A count and what is counted: the form for one, and the form for any other number."""


@dataclass(frozen=True)
class Phrases:
    """What charts say in one language.

    A phrase is a template for ``str.format``. Names of people and queues are filled in as they are.
    """

    units: UnitNames = ENGLISH_UNITS
    thousands_separator: str = ","
    thousands: str = "{count}k"
    days: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    long_days: tuple[str, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    months: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

    call: Forms = ("{count} call", "{count} calls")
    agent: Forms = ("{count} agent", "{count} agents")

    answered: str = "answered ({count})"
    gave_up: str = "gave up ({count})"
    other_outcomes: str = "other outcomes ({count})"
    service_level: str = "service level"
    target: str = "target {share}"
    threshold: str = "threshold {duration}"
    states: Mapping[str, str] = field(default_factory=dict)
    """Names of agent states; one that is not here is written as the data has it."""

    calls_axis: str = "calls"
    callers_axis: str = "callers"
    wait_axis: str = "wait (ever wider steps)"
    hour_axis: str = "hour of the day, {zone}"
    time_axis: str = "time, {zone}"
    bars_axis: str = "time, {zone}, each bar {length}"
    lengths: Mapping[str, str] = field(
        default_factory=lambda: {
            "30min": "half an hour",
            "1h": "one hour",
            "1d": "one day",
            "1w": "one week",
            "1mo": "one month",
        }
    )

    on_day: str = "on {day}"
    between: str = "between {begin} and {end}"
    on_day_between: str = "on {day} between {begin} and {end}"
    from_day_to_day: str = "from {begin} to {end}"

    nothing: str = "nothing to draw"
    no_calls: str = "No calls"
    no_queue_calls: str = "No calls came into the queue"
    no_waits: str = "Nobody was answered, and nobody gave up"
    no_agents: str = "No agent was seen"
    no_level: str = "Service level is not known: no call counts by this rule"

    waits_of_both: str = "Half were answered after {answered}; half of those who gave up had waited {gave_up}"
    waits_of_answered: str = "Half were answered after {answered}; nobody gave up"
    waits_of_gave_up: str = "Nobody was answered; half of those who gave up had waited {gave_up}"
    level_met: str = "Service level {share}: the target of {target} was met throughout"
    level_always_below: str = "Service level {share}, below the target of {target} throughout"
    level_above: str = "Service level {share}, above the target of {target}"
    level_below: str = "Service level {share}, below the target of {target}"
    level_at_target: str = "Service level {share}, exactly at the target of {target}"
    level_fell: str = "Service level fell to {share} {period}"
    busiest_hour: str = "Busiest hour of the week: {day} {begin} to {end}, {calls}"
    one_agent: str = "{agent} was on calls {share} of the time logged in"
    all_agents: str = "Agents were on calls {total} of the time logged in; most {agent}: {share}"
    none_logged_in: str = "{agents}, none of them logged in"

    def number(self, value: float) -> str:
        """Return a count with thousands separators.

        Examples
        --------
        >>> ENGLISH.number(100000), ENGLISH.number(12.5)
        ('100,000', '12.5')
        """
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
        return text.translate({ord(","): self.thousands_separator, ord("."): self.units.point})

    def compact(self, value: float) -> str:
        """Return a count that fits a small place.

        Examples
        --------
        >>> ENGLISH.compact(9999), ENGLISH.compact(12345)
        ('9,999', '12k')
        """
        return self.number(value) if value < 10_000 else self.thousands.format(count=self.number(round(value / 1000)))

    def counted(self, value: int, forms: Forms) -> str:
        """Return a count and what is counted.

        Examples
        --------
        >>> ENGLISH.counted(1, ENGLISH.call), ENGLISH.counted(2500, ENGLISH.call)
        ('1 call', '2,500 calls')
        """
        return forms[value != 1].format(count=self.number(value))

    def percent(self, share: float) -> str:
        """Return a share in whole per cent; 0 and 100 only where it is exactly that.

        Examples
        --------
        >>> [ENGLISH.percent(share) for share in (0.614, 0.0004, 0.9997, 1.0)]
        ['61 %', '<1 %', '>99 %', '100 %']
        """
        whole = round(share * 100)
        if whole == 0 and share > 0:
            return "<1 %"
        if whole == 100 and share < 1:
            return ">99 %"
        return f"{whole} %"

    def duration(self, seconds: float) -> str:
        """Return a span of time in its two largest units."""
        return format_duration(seconds, self.units)

    def date(self, when: pd.Timestamp, *, year: bool = False) -> str:
        """Return a day.

        Examples
        --------
        >>> ENGLISH.date(pd.Timestamp("2026-11-16")), ENGLISH.date(pd.Timestamp("2026-11-16"), year=True)
        ('Mon 16 Nov', 'Mon 16 Nov 2026')
        """
        day = f"{self.days[when.weekday()]} {when.day} {self.months[when.month - 1]}"
        return f"{day} {when.year}" if year else day

    def interval(self, begin: pd.Timestamp, end: pd.Timestamp, *, is_one_day: bool) -> str:
        """Return an interval as part of a sentence; `is_one_day`: the whole chart shows one day.

        Examples
        --------
        >>> a = pd.Timestamp("2026-11-16 11:00")
        >>> ENGLISH.interval(a, a + pd.Timedelta("1h"), is_one_day=True)
        'between 11:00 and 12:00'
        >>> ENGLISH.interval(a, a + pd.Timedelta("30min"), is_one_day=False)
        'on Mon 16 Nov between 11:00 and 11:30'
        >>> ENGLISH.interval(a.normalize(), a.normalize() + pd.Timedelta("1D"), is_one_day=False)
        'on Mon 16 Nov'
        >>> ENGLISH.interval(a.normalize(), a.normalize() + pd.Timedelta("7D"), is_one_day=False)
        'from 16 to 22 Nov'
        """
        last = end - pd.Timedelta(microseconds=1)
        is_whole_days = begin == begin.normalize() and end == end.normalize()
        if begin.date() == last.date():
            if is_whole_days:
                return self.on_day.format(day=self.date(begin))
            phrase = self.between if is_one_day else self.on_day_between
            until = f"{end:%H:%M}" if f"{end:%H:%M}" != "00:00" else "24:00"
            return phrase.format(day=self.date(begin), begin=f"{begin:%H:%M}", end=until)
        if is_whole_days:
            month = "" if begin.month == last.month else f" {self.months[begin.month - 1]}"
            return self.from_day_to_day.format(
                begin=f"{begin.day}{month}", end=f"{last.day} {self.months[last.month - 1]}"
            )
        return self.between.format(begin=f"{self.date(begin)} {begin:%H:%M}", end=f"{self.date(end)} {end:%H:%M}")


ENGLISH = Phrases()
