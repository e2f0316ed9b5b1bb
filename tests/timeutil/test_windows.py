"""Windows of a report: whole days of a zone, also where the clocks change; the same whenever it is asked."""

from __future__ import annotations

import pandas as pd
import pytest

import amiframe as af
from amiframe.timeutil.windows import Window

NOW = pd.Timestamp("2026-10-26 09:30", tz="UTC")  # the day after clocks went back in Berlin


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (Window.last("1d", "Europe/Berlin", NOW), "2026-10-25T00:00:00+02:00/2026-10-26T00:00:00+01:00"),
        (Window.last("7d", "Asia/Tokyo", NOW), "2026-10-19T00:00:00+09:00/2026-10-26T00:00:00+09:00"),
        (Window.last("1w", "UTC", NOW), "2026-10-19T00:00:00+00:00/2026-10-26T00:00:00+00:00"),
        (Window.last("2h", "Asia/Kolkata", NOW), "2026-10-26T13:00:00+05:30/2026-10-26T15:00:00+05:30"),
        (Window.yesterday("America/New_York", NOW), "2026-10-25T00:00:00-04:00/2026-10-26T00:00:00-04:00"),
        (Window.between("2026-10-25", "2026-10-25", "Europe/Berlin"),
         "2026-10-25T00:00:00+02:00/2026-10-26T00:00:00+01:00"),
        (Window.between("2026-10-25T08:00", "2026-10-25T09:00", "UTC"),
         "2026-10-25T08:00:00+00:00/2026-10-25T09:00:00+00:00"),
    ],
)  # fmt: skip
def test_windows(made, text):
    assert made.text() == text
    assert Window.parse(f"{text} {made.tz}", "UTC") == made


def test_later_on_the_same_day_it_is_the_same_window():
    assert len({Window.last("7d", "Europe/Berlin", NOW + pd.Timedelta(hours=h)).text() for h in range(13)}) == 1


def test_the_week_before_has_as_many_days():
    week = Window.between("2026-10-26", "2026-11-01", "Europe/Berlin")
    assert week.before().text() == "2026-10-19T00:00:00+02:00/2026-10-26T00:00:00+01:00"
    assert week.before().end - week.before().start == pd.Timedelta(days=7, hours=1)
    assert len(week.days) == len(week.before().days) == 7


def test_half_open():
    times = pd.Series(pd.to_datetime(["2026-10-25 21:59:59Z", "2026-10-25 23:00:00Z", None]))
    assert Window.yesterday("Europe/Berlin", NOW).has(times).tolist() == [True, False, False]


@pytest.mark.parametrize("span", ["7", "0d", "-1d", "7 parsecs", "1m", ""])
def test_no_span(span):
    with pytest.raises(af.ConfigError, match="not a whole number"):
        Window.last(span, "UTC", NOW)


def test_no_window():
    with pytest.raises(af.ConfigError, match="ends before"):
        Window.between("2026-10-25", "2026-10-24", "UTC")
    with pytest.raises(af.ConfigError, match="no day"):
        Window.between("25.10.2026", "2026-10-26", "UTC")
