"""What queue_summary and its parts count, against plain loops; days and weeks, zones, rules, zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import amf_queues
import amf_wazo
import numpy as np
import pandas as pd
import pytest
from amf_support import SAMPLES, differences, examples
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ConfigError

BERLIN = ZoneInfo("Europe/Berlin")
OUTCOMES = ("answered", "abandoned", "timeout", "leaveempty", "key", "transferred", "joinempty", "full", "unavailable")
SUMS = (
    "offered", "short", *OUTCOMES, "open", "sl_num", "sl_den", "abandon_num", "abandon_den", "answered_den",
    "wait_sum_s", "talk_sum_s", "handled", "wait_mean_sum_s", "wait_mean_den", "again",
)  # fmt: skip
summary = af.metrics.queue_summary
FEWER = examples(0.25)  # each example is a whole log


def visits_of(made) -> pd.DataFrame:
    return af.queue_calls(af.read_queue_log(amf_queues.text(made)))


def week() -> pd.DataFrame:
    return af.queue_calls(af.read_queue_log(af.sample("queue_log")))


@FEWER
@given(amf_queues.visits(most=25))
def test_counts_are_those_of_plain_loops(made):
    frame = summary(visits_of(made), every="1d", tz="Europe/Berlin")

    def key(visit):
        return visit.queue, datetime.fromtimestamp(visit.joined, BERLIN).date()

    counted = amf_queues.counts(made, key)
    assert len(frame) == len(counted)
    for row in frame.to_dict("records"):
        own = counted[row["queue"], row["interval"].date()]
        for name in ("offered", "short", *OUTCOMES, "sl_num", "wait_sum_s", "talk_sum_s", "again"):
            assert row[name] == own.get(name, 0), name
        assert row["offered"] == sum(row[name] for name in OUTCOMES[:6])
        assert row["open"] == 0


@pytest.mark.parametrize("every", ["1d", "1h", "30min", "4h"])
@FEWER
@given(
    made=amf_queues.visits(days=9, most=25),
    tz=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_the_intervals_add_up_to_the_whole(made, every, tz):
    """Seven days are the week, also when a day has 23 hours."""
    visits = visits_of(made)
    parts, whole = summary(visits, every=every, tz=tz), summary(visits)
    added = parts.groupby("queue")[list(SUMS)].sum().reset_index()
    assert added.values.tolist() == whole[["queue", *SUMS]].values.tolist()
    weeks = summary(visits, every="1w", tz=tz)
    days = summary(visits, every="1d", tz=tz)
    monday = days["interval"].map(lambda t: (t - timedelta(days=t.weekday())).date())
    by_week = days.assign(week=monday).groupby(["queue", "week"])[list(SUMS)].sum()
    assert by_week.values.tolist() == weeks[list(SUMS)].values.tolist()


@FEWER
@given(st.data())
def test_logs_of_single_days_add_up_to_the_log_of_all(data):
    """A call across midnight is in one of the days: each report reads past the ends of its day."""
    visits = visits_of(data.draw(amf_queues.visits(days=5, most=25)))
    days = summary(visits, every="1d", tz="Europe/Berlin")
    for begin, of_day in days.groupby("interval"):
        end = begin.normalize() + pd.DateOffset(days=1)
        window = visits[(visits["joined"] >= begin) & (visits["joined"] < end)]
        alone = summary(window).reset_index(drop=True)
        assert not differences(alone, of_day.drop(columns="interval").reset_index(drop=True))


@FEWER
@given(made=amf_queues.visits(days=5, most=25), tz=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
def test_daily_reports_of_rotated_files_add_up(made, tz):
    """A file for each UTC day, as logrotate leaves them; a report reads its day's files and those beside them."""
    files: dict[int, list[bytes]] = {}
    for line in amf_queues.text(made).splitlines(keepends=True):
        files.setdefault(int(line.split(b"|")[0]) // 86400, []).append(line)
    days = summary(visits_of(made), every="1d", tz=tz)
    for begin, of_day in days.groupby("interval"):
        end = (begin + pd.DateOffset(days=1)).tz_convert("UTC")
        first, last = (int(moment.timestamp()) // 86400 for moment in (begin, end))
        read = [b"".join(files[day]) for day in range(first - 1, last + 2) if day in files]
        visits = af.queue_calls(af.read_queue_log(read[::-1]))
        own = visits[(visits["joined"] >= begin) & (visits["joined"] < end)]
        assert not differences(summary(own), of_day.drop(columns="interval").reset_index(drop=True))


@FEWER
@given(st.data())
def test_a_log_split_anywhere_adds_up(data):
    """Each half on its own: nobody is counted twice, and who waited at the split is open in the first half."""
    content = amf_queues.text(data.draw(amf_queues.visits(most=25)))
    lines = content.splitlines(keepends=True)
    cut = data.draw(st.integers(0, len(lines)))
    halves = [summary(af.queue_calls(af.read_queue_log(b"".join(part))), by=[]) for part in (lines[:cut], lines[cut:])]
    whole = summary(af.queue_calls(af.read_queue_log(content)), by=[])
    assert halves[0]["offered"][0] + halves[1]["offered"][0] == whole["offered"][0]
    lost = whole[list(OUTCOMES)].sum(axis=1)[0] - sum(half[list(OUTCOMES)].sum(axis=1)[0] for half in halves)
    assert lost == halves[0]["open"][0]
    assert halves[1]["open"][0] == 0


@FEWER
@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data):
    visits = visits_of(data.draw(amf_queues.visits()))
    mixed = visits.iloc[data.draw(st.permutations(range(len(visits))))]
    assert not differences(summary(mixed, every="1h"), summary(visits, every="1h"))


def test_two_pbxs_are_two_rows_unless_they_are_added():
    visits = week()
    both = pd.concat([visits.assign(amf_pbx="a"), visits.assign(amf_pbx="b")])
    assert summary(both)[["amf_pbx", "queue"]].values.tolist() == [[p, q] for p in "ab" for q in ("sales", "support")]
    assert (summary(both, by="queue")["offered"] == 2 * summary(visits)["offered"]).all()


# --- intervals ------------------------------------------------------------------------------------------------------


def answered_at(*times: str) -> pd.DataFrame:
    when = pd.to_datetime(pd.Series(times), utc=True, format="ISO8601").dt.as_unit("us")
    n = len(when)
    return pd.DataFrame({"queue": ["q"] * n, "joined": when, "left_queue": when, "outcome": ["answered"] * n,
                         "wait_s": np.ones(n), "talk_s": np.ones(n)})  # fmt: skip


def begins(every: str, tz: str | None, *times: str) -> list[str]:
    return [str(t) for t in summary(answered_at(*times), every=every, tz=tz)["interval"]]


def test_intervals_are_half_open():
    assert begins("1h", None, "2026-11-24 10:00Z", "2026-11-24 10:59:59.999Z", "2026-11-24 11:00Z") == [
        "2026-11-24 10:00:00+00:00",
        "2026-11-24 11:00:00+00:00",
    ]


def test_days_begin_at_local_midnight():
    times = "2026-03-28 22:59Z", "2026-03-28 23:00Z", "2026-03-29 21:59Z", "2026-03-29 22:00Z"
    assert begins("1D", "Europe/Berlin", *times) == [
        "2026-03-28 00:00:00+01:00",
        "2026-03-29 00:00:00+01:00",
        "2026-03-30 00:00:00+02:00",
    ]


def test_a_day_without_a_midnight_begins_at_its_first_moment():
    """In Santiago clocks go from 24:00 to 01:00."""
    assert begins("1d", "America/Santiago", "2026-09-06 03:59Z", "2026-09-06 04:00Z", "2026-09-06 12:00Z") == [
        "2026-09-05 00:00:00-04:00",
        "2026-09-06 01:00:00-03:00",
    ]


def test_the_hour_that_comes_twice_is_two_intervals():
    times = "2026-10-24 23:30Z", "2026-10-25 00:30Z", "2026-10-25 01:30Z", "2026-10-25 02:30Z"
    assert begins("1h", "Europe/Berlin", *times) == [
        "2026-10-25 01:00:00+02:00",
        "2026-10-25 02:00:00+02:00",
        "2026-10-25 02:00:00+01:00",
        "2026-10-25 03:00:00+01:00",
    ]
    assert begins("4h", "Europe/Berlin", *times) == ["2026-10-25 00:00:00+02:00"]


def test_intervals_of_several_hours_begin_at_the_hour_of_the_clock():
    times = "2026-03-28 23:30Z", "2026-03-29 01:30Z", "2026-03-29 02:30Z"  # 00:30, 03:30, 04:30 in Berlin
    assert begins("4h", "Europe/Berlin", *times) == ["2026-03-29 00:00:00+01:00", "2026-03-29 04:00:00+02:00"]


def test_half_hours_of_zones_that_are_off_by_half_an_hour():
    assert begins("1h", "Asia/Kolkata", "2026-11-24 10:29Z", "2026-11-24 10:30Z") == [
        "2026-11-24 15:00:00+05:30",
        "2026-11-24 16:00:00+05:30",
    ]


def test_months_and_weeks():
    times = "2026-10-31 23:30Z", "2026-11-01 12:00Z"
    assert begins("1mo", "Europe/Berlin", *times) == ["2026-11-01 00:00:00+01:00"]
    assert begins("1w", "UTC", *times) == ["2026-10-26 00:00:00+00:00"]


@pytest.mark.parametrize("every", ["5h", "0h", "2d", "1m", "x", "", "1.5h", 60, "7min"])
def test_intervals_that_there_are_not(every):
    with pytest.raises(ConfigError, match="not an interval"):
        summary(week(), every=every)


def test_a_zone_that_there_is_not():
    for every in ("1d", None):
        with pytest.raises(ConfigError, match="time zone"):
            summary(week(), every=every, tz="Mars/Olympus")


# --- rules ----------------------------------------------------------------------------------------------------------


def some(outcome: str, *waits: float, talk: float | None = None) -> pd.DataFrame:
    n = len(waits)
    when = pd.Series([pd.Timestamp("2026-11-24 10:00", tz="UTC").as_unit("us")] * n)
    talks = np.full(n, np.nan if talk is None else talk)
    left = when + pd.to_timedelta(waits, unit="s")
    counted = pd.Series([outcome] * n, dtype="str")
    made = {"queue": "q", "joined": when, "left_queue": left, "outcome": counted, "wait_s": waits, "talk_s": talks}
    return pd.DataFrame(made)


MIX = pd.concat([
    some("answered", 5.0, 20.0, 21.0, 40.0, talk=60.0), some("answered", 10.0),
    some("abandoned", 2.0, 4.0, 15.0, 30.0, 50.0), some("timeout", 60.0), some("leaveempty", 12.0), some("key", 3.0),
    some("full", np.nan, np.nan), some("joinempty", np.nan), some("unavailable", np.nan),
])  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "short", "numerator", "denominator"),
    [
        ("answered", "exclude", 3, 5),
        ("offered", "exclude", 3, 13 - 2),
        ("offered", "include", 3, 13),
        ("answered_or_late_abandoned", "exclude", 3, 5 + 2),
        ("perf", "exclude", 2, 4),
        ("perf2", "exclude", 2 + 4, 4 + 7),
    ],
)
def test_each_rule_of_service_level(rule, short, numerator, denominator):
    level = af.metrics.service_level(MIX, rule=rule, short=short).iloc[0]
    assert (level["sl_num"], level["sl_den"], level["n"]) == (numerator, denominator, 13)
    assert level["sl"] == numerator / denominator
    assert (level["sl_rule"], level["threshold_s"], level["short_rule"]) == (rule, 20.0, short)


def test_the_other_numbers_of_the_mix():
    whole = summary(MIX).iloc[0]
    assert whole["abandon_rate"] == (5 - 2) / (13 - 2)
    assert af.metrics.abandon_rate(MIX, short="include")["abandon_rate"][0] == 5 / 13
    assert whole["answered_rate"] == 5 / (5 + 5 + 2 + 1 + 1 + 1)
    assert whole["asa_s"] == (5 + 20 + 21 + 40 + 10) / 5
    assert whole["aht_s"] == 60.0
    assert (whole["wait_p95_s"], whole["wait_max_s"]) == (60.0, 60.0)
    assert (whole["answered_wait_p95_s"], whole["answered_wait_max_s"]) == (40.0, 40.0)
    assert (whole["wait_p50_s"], whole["wait_p90_s"]) == (15.0, 50.0)
    assert (whole["answered_wait_p50_s"], whole["answered_wait_p90_s"]) == (20.0, 40.0)
    waited = [5, 20, 21, 40, 10, 2, 4, 15, 30, 50, 60, 12]  # all but who left by a key
    assert (whole["wait_mean_sum_s"], whole["wait_mean_den"]) == (sum(waited), 12)
    assert whole["wait_mean_s"] == sum(waited) / 12
    assert whole["again"] == 0
    assert summary(MIX.assign(visit=2))["again"][0] == whole["offered"]
    assert af.metrics.asa(MIX)["n"][0] == 5
    assert af.metrics.aht(MIX)["n"][0] == 4
    assert af.metrics.answered_rate(MIX)["answered_den"][0] == 15


def test_short_is_below_and_in_time_is_up_to():
    edges = pd.concat([some("abandoned", 4.0, 5.0), some("answered", 20.0, 21.0)])
    assert summary(edges)[["short", "sl_num"]].values.tolist() == [[1, 1]]


def test_no_callers_have_no_rate():
    no_callers = summary(some("full", np.nan)).iloc[0]
    assert no_callers["offered"] == 0
    assert no_callers[["sl", "abandon_rate", "asa_s", "aht_s", "wait_p95_s", "wait_max_s"]].isna().all()
    assert no_callers["answered_rate"] == 0
    empty = summary(MIX.iloc[:0], every="1d")
    assert len(empty) == 0
    assert str(empty["offered"].dtype) == "Int64"
    assert summary(MIX.iloc[:0], by=[])["offered"].tolist() == [0]


def test_whole_seconds_are_those_of_the_server():
    """From 0.9 s to 21.1 s a caller waits 20.2 s, but Asterisk takes 21 from 0."""
    visits = some("answered", 20.2).assign(joined=pd.Timestamp("2026-11-24 10:00:00.9Z").as_unit("us"))
    visits["left_queue"] = visits["joined"] + pd.Timedelta(seconds=20.2)
    whole, exact = (af.metrics.service_level(visits, seconds=which).iloc[0] for which in ("whole", "exact"))
    assert (whole["sl"], whole["seconds"]) == (0, "whole")
    assert (exact["sl"], exact["seconds"]) == (0, "exact")
    assert af.metrics.service_level(visits, seconds="exact", threshold_s=20.2)["sl"][0] == 1
    assert af.metrics.service_level(visits, threshold_s=21)["sl"][0] == 1
    assert af.metrics.service_level(visits, seconds="exact", rule="perf")["seconds"][0] == "whole"
    assert af.metrics.asa(visits, seconds="exact")["asa_s"][0] == 20.2
    assert af.metrics.asa(visits)["asa_s"][0] == 21.0
    assert af.metrics.service_level(week(), seconds="exact")["seconds"].tolist() == ["whole"] * 2


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40))
def test_the_95th_of_100_is_a_wait_that_was(waits):
    frame = summary(some("answered", *map(float, waits)))
    assert frame["wait_p95_s"][0] == np.quantile(waits, 0.95, method="inverted_cdf")
    assert frame["wait_max_s"][0] == max(waits)


@pytest.mark.parametrize(
    "wrong", [{"rule": "best"}, {"short": "yes"}, {"seconds": "half"}, {"threshold_s": -1}, {"short_s": float("nan")}]
)
def test_options_that_there_are_not(wrong):
    with pytest.raises(ConfigError):
        summary(week(), **wrong)


def test_columns_that_there_are_not():
    with pytest.raises(ConfigError, match="no such column") as caught:
        summary(week(), by="queu")
    assert "'queue'" in caught.value.hint
    with pytest.raises(ConfigError, match="cannot be known") as caught:
        summary(af.read_status(af.sample("status")))
    assert "queue_calls" in caught.value.hint


def test_the_docstring_names_every_column():
    frame = summary(week(), every="1d")
    assert all(f"{name}" in summary.__doc__ for name in frame.columns)
    documented = [
        line.split()[0].rstrip(",")
        for line in summary.__doc__.splitlines()
        if "  Int64 " in line or "  float64 " in line
    ]
    assert [name for name in frame.columns if name in documented] == [name for name in documented if name != "interval"]


# --- Wazo's definitions, worked out from the lines themselves -------------------------------------------------------

WAZO_T = 4


def both(content: bytes) -> tuple[dict[str, amf_wazo.Counts], pd.DataFrame]:
    visits = af.queue_calls(af.read_queue_log(content))
    frame = summary(visits, threshold_s=WAZO_T, rule="answered").set_index("queue")
    return amf_wazo.counts(content.decode(), WAZO_T), frame


@pytest.mark.parametrize("path", ["16/queue_log", "22/queue_log", "week/queue_log"])
def test_definitions_of_wazo_give_the_same(path):
    """Where calls come once into each queue, and leave it in a way that Wazo has a word for, it counts as we do."""
    lines = (SAMPLES / path).read_text("utf-8").splitlines(keepends=True)
    odd = amf_wazo.calls_that_come_twice(lines)
    counted, frame = both("".join(line for line in lines if line.split("|")[1] not in odd).encode())
    assert sum(own.answered for own in counted.values()) > 20
    for queue, own in counted.items():
        row = frame.loc[queue]
        for name in ("answered", "abandoned", "timeout", "full", "joinempty"):
            assert getattr(own, name) == row[name], (queue, name)
        assert own.leaveempty == 0, "Wazo's dialplan writes LEAVEEMPTY; Asterisk itself writes EXITEMPTY"
        differs = row["leaveempty"] > 0
        assert own.qos is None if np.isnan(row["sl"]) else own.qos == round(100 * row["sl"], 2)
        if not differs:
            assert own.answered_rate == round(100 * row["answered_rate"], 2)
            assert own.average_wait == (None if np.isnan(row["wait_mean_s"]) else round(row["wait_mean_s"], 2))
    everywhere = set(frame.index[frame[["answered", "abandoned", "timeout", "full", "joinempty"]].sum(axis=1) > 0])
    assert everywhere == {queue for queue, own in counted.items() if own.total}


def test_wazo_counts_by_the_hour_of_joining_as_we_do():
    content = (SAMPLES / "week" / "queue_log").read_bytes()
    hours = summary(af.queue_calls(af.read_queue_log(content)), every="1h")
    counted = amf_wazo.by_hour(content.decode())
    for row in hours.to_dict("records"):
        own = counted[row["queue"], int(row["interval"].timestamp())]
        assert {name: own.get(name, 0) for name in ("answered", "abandoned", "timeout")} == {
            name: row[name] for name in ("answered", "abandoned", "timeout")
        }


@pytest.mark.parametrize(
    ("story", "theirs", "ours"),
    [
        ("0 ENTERQUEUE||1|1, 5 CONNECT|5|1.2|1", 0, 1),  # still talking when the log ends
        ("0 ENTERQUEUE||1|1, 5 CONNECT|5|1.2|1, 9 COMPLETEAGENT|5|4|1, 9 ENTERQUEUE||1|1, 12 CONNECT|3|1.3|1, "
         "20 COMPLETECALLER|3|8|1", 4, 2),  # twice in one queue: each end with each begin
    ],
)  # fmt: skip
def test_where_wazo_counts_otherwise(story, theirs, ours):
    """docs/metrics.md names these; whoever compares the two should know."""
    lines = (part.split(" ", 1) for part in story.split(", "))
    content = "".join(f"{1764000000 + int(at)}|1.1|sales|Anna|{rest}\n" for at, rest in lines).encode()
    counted, frame = both(content)
    assert counted.get("sales", amf_wazo.Counts()).answered == theirs
    assert frame.loc["sales", "answered"] == ours


def test_wazo_has_no_word_for_keys_and_withdrawn_callers():
    content = (
        b"1764000000|1.1|sales|NONE|ENTERQUEUE||1|1\n1764000005|1.1|sales|NONE|EXITWITHKEY|7|1|1|5\n"
        b"1764000010|1.2|sales|NONE|ENTERQUEUE||1|1\n1764000015|1.2|sales|NONE|WITHDRAW|1|1|5|vip\n"
    )
    counted, frame = both(content)
    assert "sales" not in counted or counted["sales"].total == 0
    assert frame.loc["sales", ["key", "transferred", "offered"]].tolist() == [1, 1, 2]


def test_utc_is_the_zone_unless_one_is_named():
    assert summary(week(), every="1d")["interval"].dt.tz.utcoffset(datetime.now(UTC)) == timedelta(0)
