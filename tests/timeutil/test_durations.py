"""Durations: one vocabulary for all options, one text for the same seconds wherever they are shown."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiframe.errors import ConfigError
from amiframe.timeutil.durations import UnitNames, format_clock, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1.5h", 5400),
        ("1d", 86_400),
        ("1D", 86_400),
        ("1w", 604_800),
        ("2 min", 120),
        (0.5, 0.5),
        ("h", 3600),
    ],
)
def test_one_vocabulary(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "5m", "1mo", "-1h", "0s", "1e3s", "1h30min", 0, -1, math.nan, math.inf, True]
)
def test_what_is_not_a_duration_is_refused_by_the_name_of_its_option(text):
    with pytest.raises(ConfigError, match="time_limit=") as refused:
        parse_duration(text, "time_limit")
    assert "15min" in refused.value.hint


def test_the_same_seconds_never_differ_by_a_second_between_sentence_and_table():
    assert (format_duration(59.97), format_clock(59.97)) == ("1 min", "1:00")
    assert (format_duration(200_000), format_clock(200_000)) == ("2 d 7 h", "55:33:20")
    assert (format_duration(3600), format_duration(3605), format_duration(90_000)) == ("1 h", "1 h", "1 d 1 h")


@pytest.mark.parametrize("missing", [None, pd.NA, math.nan, pd.NaT, math.inf])
def test_missing_is_what_the_caller_says(missing):
    assert format_duration(missing, missing="–") == format_clock(missing, missing="–") == "–"


def test_another_language_differs_in_names_and_separators_only():
    russian = UnitNames("с", "мин", "ч", "д", ",", "\u00a0")
    assert format_duration(7.25, russian) == "7,2\u00a0с"
    assert format_duration(7500, russian) == "2\u00a0ч\u00a05\u00a0мин"
    assert format_duration(0.01, russian) == "<0,1\u00a0с"


@given(st.floats(0, 1e8))
def test_a_clock_holds_its_seconds(seconds):
    parts = [int(part) for part in format_clock(seconds).split(":")]
    whole = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    assert abs(whole - seconds) <= 0.5 + 1e-6
    assert all(part < 60 for part in parts[1:])


@given(st.floats(0, 1e8))
def test_a_sentence_is_at_most_one_of_its_smaller_unit_below(seconds):
    sizes = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
    words = format_duration(seconds).removeprefix("<").split(" ")
    shown = sum(float(count) * sizes[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    next_smaller = {"s": 1, "min": 60, "h": 3600, "d": 86_400}[words[3] if len(words) > 2 else words[1]]
    assert -0.5 - 1e-6 <= seconds - shown <= next_smaller
