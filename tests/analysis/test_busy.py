"""Concurrency, traffic and the busy hour, against counting by plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ConfigError

T = 1_774_742_400  # 2026-03-29 00:00 UTC: an hour before clocks change in Europe

SPANS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 4000)), min_size=1, max_size=30)


def calls(spans: list[tuple[int, int]], **more) -> pd.DataFrame:
    """Make a frame of (begin, length) in seconds after T."""
    begin = pd.Series([T + at for at, _ in spans], dtype="int64")
    end = pd.Series([T + at + length for at, length in spans], dtype="int64")
    times = {
        name: pd.to_datetime(values, unit="s", utc=True).dt.as_unit("us")
        for name, values in (("started", begin), ("ended", end))
    }
    return pd.DataFrame({**times, **more})


def up(spans: list[tuple[int, int]], at: float) -> int:
    return sum(begin <= at < begin + length for begin, length in spans)


@given(SPANS)
def test_concurrency_is_that_of_plain_loops_and_never_negative(spans):
    frame = af.metrics.concurrency(calls(spans))
    assert frame["concurrent"].min() >= 0
    assert frame["concurrent"].iloc[-1] == 0
    assert frame["time"].is_monotonic_increasing
    assert frame["time"].is_unique
    for row in frame.to_dict("records"):
        assert row["concurrent"] == up(spans, row["time"].timestamp() - T)


@given(SPANS, st.sampled_from(["15min", "1h", "4h", "1d"]))
def test_peaks_and_means_are_those_of_plain_loops(spans, every):
    frame = af.metrics.concurrency(calls(spans), every=every, tz="Europe/Berlin")
    traffic = af.metrics.traffic(calls(spans), every=every, tz="Europe/Berlin")
    assert frame["interval"].tolist() == traffic["interval"].tolist()
    for row, other in zip(frame.to_dict("records"), traffic.to_dict("records"), strict=True):
        begin = row["interval"].timestamp() - T
        end = begin + other["window_s"]
        moments = [begin, *(at for at, _ in spans if begin <= at < end)]
        assert row["peak"] == max(up(spans, at) for at in moments)
        assert up(spans, row["peak_at"].timestamp() - T) == row["peak"]
        assert begin <= row["peak_at"].timestamp() - T < end
        busy = sum(max(0, min(end, at + length) - max(begin, at)) for at, length in spans)
        assert other["busy_s"] == busy
        assert other["n"] == sum(begin <= at < end for at, _ in spans)
        assert other["erlang"] == pytest.approx(busy / other["window_s"])
        assert row["mean"] == pytest.approx(other["erlang"])
    assert traffic["busy_s"].sum() == sum(length for _, length in spans)
    assert traffic["n"].sum() == len(spans)


def test_days_of_a_change_of_clocks_have_23_hours():
    frame = af.metrics.traffic(calls([(0, 86400)]), every="1d", tz="Europe/Berlin")
    assert frame["window_s"].tolist() == [23 * 3600.0, 24 * 3600.0]
    assert frame["erlang"].tolist() == [22 / 23, 2 / 24]


@given(SPANS)
def test_no_other_hour_is_busier(spans):
    found = af.metrics.busy_hour(calls(spans)).iloc[0]
    begin = found["begins"].timestamp() - T

    def erlang(at: float) -> float:
        return sum(max(0, min(at + 3600, b + n) - max(at, b)) for b, n in spans) / 3600

    assert found["erlang"] == pytest.approx(erlang(begin))
    assert begin % 900 == 0
    assert all(
        erlang(at) <= found["erlang"] + 1e-9 for at in range(-3600, 15_000, 900) if at >= min(b for b, _ in spans) - 899
    )
    assert found["n"] == sum(begin <= at < begin + 3600 for at, _ in spans)
    fixed = af.metrics.busy_hour(calls(spans), step="1h").iloc[0]
    assert fixed["erlang"] <= found["erlang"] + 1e-9
    assert (fixed["begins"].timestamp() - T) % 3600 == 0


def test_the_busy_hour_of_each_day():
    frame = af.metrics.busy_hour(calls([(0, 600), (9000, 1200), (86_400 * 2 + 7200, 60)]), every="1d")
    assert frame["begins"].dt.strftime("%d %H:%M").tolist() == ["29 02:00", "30 00:00", "31 01:15"]
    assert frame["erlang"].tolist() == [1200 / 3600, 0.0, 60 / 3600]


def test_groups_have_each_their_own():
    frame = calls([(0, 100), (50, 100), (60, 10)], trunk=["a", "b", "a"], amf_pbx=["x", "x", "y"])
    assert af.metrics.concurrency(frame).groupby("amf_pbx")["concurrent"].max().to_dict() == {"x": 2, "y": 1}
    assert af.metrics.traffic(frame, by="trunk")["busy_s"].tolist() == [110.0, 100.0]
    assert af.metrics.traffic(frame, by=[])["busy_s"].tolist() == [210.0]
    with pytest.raises(ConfigError, match="no such column"):
        af.metrics.concurrency(frame, by="trunks")


def test_what_the_log_cuts_off_lasts_to_its_ends_and_is_counted():
    frame = calls([(0, 100), (20, 10), (30, 70)])
    frame.loc[0, "started"] = pd.NaT
    frame.loc[1, "ended"] = pd.NaT
    hours = af.metrics.traffic(frame)
    assert hours["busy_s"].tolist() == [(100 - 20) + (100 - 20) + 70]
    assert hours["censored"].tolist() == [2]


def test_nothing_is_an_empty_frame():
    for metric in (af.metrics.concurrency, af.metrics.traffic, af.metrics.busy_hour):
        assert len(metric(calls([]))) == 0
        assert "interval" in metric(calls([]), every="1h").columns


def test_a_million_calls_of_a_year_do_not_overflow():
    rng = np.random.default_rng(1)
    begin = rng.integers(0, 365 * 86400, 1_000_000)
    frame = calls(list(zip(begin.tolist(), [180] * len(begin), strict=True)))
    assert af.metrics.traffic(frame, every="1d")["busy_s"].sum() == 180e6


def test_a_snapshot_is_refused():
    with pytest.raises(ConfigError, match="cannot be known") as caught:
        af.metrics.traffic(af.read_status(af.sample("status")))
    assert "af.calls" in caught.value.hint
    with pytest.raises(ConfigError, match="more than an hour"):
        af.metrics.busy_hour(calls([(0, 1)]), step="2h")


# --- Erlang ---------------------------------------------------------------------------------------------------------

CHECKS = [  # traffic, agents, AHT, threshold, B, C, SL, ASA
    (10, 14, 180, 20, 0.056819, 0.174132, 0.888350, 7.8359),
    (20, 24, 180, 20, 0.066097, 0.298072, 0.808882, 13.4133),
    (5, 8, 300, 20, 0.070048, 0.167267, 0.863054, 16.7267),
]


@pytest.mark.parametrize(("traffic", "agents", "aht", "threshold", "b", "c", "level", "asa"), CHECKS)
def test_the_check_values_of_erlang(traffic, agents, aht, threshold, b, c, level, asa):
    assert af.metrics.erlang_b(traffic, agents) == pytest.approx(b, abs=5e-7)
    assert af.metrics.erlang_c(traffic, agents) == pytest.approx(c, abs=5e-7)
    row = af.metrics.staffing(traffic * 3600 / aht, aht_s=aht, threshold_s=threshold, goal=level - 1e-6).iloc[0]
    assert row["agents"] == agents
    assert row["sl"] == pytest.approx(level, abs=5e-7)
    assert row["asa_s"] == pytest.approx(asa, abs=5e-5)
    assert row["occupancy"] == traffic / agents


@pytest.mark.parametrize("traffic", [1, 10, 100, 1000])
@pytest.mark.parametrize("more", [0, 1, 5, 20])
def test_erlang_b_is_that_of_the_sum_in_logarithms(traffic, more):
    agents = traffic + more
    terms = [k * math.log(traffic) - math.lgamma(k + 1) for k in range(agents + 1)]
    largest = max(terms)
    total = largest + math.log(sum(math.exp(term - largest) for term in terms))
    assert af.metrics.erlang_b(traffic, agents) == pytest.approx(math.exp(terms[-1] - total), rel=1e-9)


def test_erlang_is_stable_to_a_thousand():
    blocking = [af.metrics.erlang_b(1000, agents) for agents in (0, 500, 900, 1000, 1100, 1500)]
    assert blocking[0] == 1
    assert all(0 < two < one <= 1 for one, two in itertools.pairwise(blocking))
    assert af.metrics.erlang_b(1000, 1000) == pytest.approx(0.0248119, abs=1e-6)
    assert 0 < af.metrics.erlang_c(1000, 1010) < 1
    row = af.metrics.staffing(20_000, aht_s=180).iloc[0]
    assert row["traffic"] == 1000
    assert 1000 < row["agents"] < 1100
    assert row["sl"] >= 0.8
    assert af.metrics.staffing(20_000, aht_s=180, goal=row["sl"] - 1e-9)["agents"][0] == row["agents"]


def test_edges_of_erlang():
    assert af.metrics.erlang_b(0, 0) == 1
    assert af.metrics.erlang_b(0, 5) == 0
    assert af.metrics.erlang_c(0, 5) == 0
    assert math.isnan(af.metrics.erlang_c(5, 5))
    idle = af.metrics.staffing([0, 12], aht_s=300, per="15min", shrinkage=0.3)
    assert idle["agents"].tolist() == [0, 7]
    assert idle["scheduled"].tolist() == [0, 10]
    assert math.isnan(idle["sl"][0])
    busy = af.metrics.staffing(200, aht_s=180, max_occupancy=0.5)
    assert busy["agents"].tolist() == [20]


@pytest.mark.parametrize(
    "wrong",
    [
        {"goal": 1},
        {"goal": 80},
        {"shrinkage": 1},
        {"aht_s": 0},
        {"threshold_s": -1},
        {"per": "1mo"},
        {"max_occupancy": 0},
    ],
)
def test_staffing_refuses_what_cannot_be(wrong):
    with pytest.raises(ConfigError):
        af.metrics.staffing(**({"calls": 10, "aht_s": 180} | wrong))


def test_staffing_refuses_what_is_no_number():
    calls = ("100", "", b"9", ["100"], [1, None], None, True, [True], -1, math.inf, [math.nan], pd.NA,
             pd.DataFrame({"offered": [1]}), {"9:00": 100})  # fmt: skip
    names = ("aht_s", "threshold_s", "goal", "shrinkage", "max_occupancy")
    wrong = [{"calls": value} for value in calls]
    wrong += [{name: value} for name in names for value in ("0.5", "", None, True, math.nan, math.inf, pd.NA)]
    for arguments in wrong:
        [name] = arguments
        with pytest.raises(ConfigError, match=f"^{name}="):
            af.metrics.staffing(**({"calls": 10, "aht_s": 180} | arguments))


def test_erlang_refuses_what_cannot_be():
    strange = (-1, math.nan, math.inf, -math.inf, "10", "", None, True, [14], pd.NA)
    wrong = [(value, 1) for value in strange] + [(10, value) for value in (*strange, 1.5)]
    for formula, arguments in itertools.product((af.metrics.erlang_b, af.metrics.erlang_c), wrong):
        with pytest.raises(ConfigError, match=r"^(traffic|agents)="):
            formula(*arguments)


def test_calls_of_staffing_may_come_from_anywhere():
    assert af.metrics.staffing([], aht_s=180).empty
    for calls in (200, np.int64(200), np.float64(200), [200], (200,), np.array([200]), pd.Series([200], dtype="Int64"),
                  iter([200.0])):  # fmt: skip
        assert af.metrics.staffing(calls, aht_s=180)["agents"].tolist() == [14]
    assert af.metrics.erlang_b(np.float64(10), 14.0) == af.metrics.erlang_b(10, np.int32(14))


# --- outbound -------------------------------------------------------------------------------------------------------


def legs() -> pd.DataFrame:
    began = pd.Timestamp("2026-11-24 10:00Z").as_unit("us")
    rows = [("outbound", began, 16, 60.0, 2), ("outbound", began, 16, None, 2), ("outbound", None, 17, None, 2),
            ("outbound", None, 21, None, 2), ("outbound", None, 34, None, 1), ("outbound", None, 1, None, 2),
            ("inbound", began, 16, 500.0, 2), ("internal", began, 16, 500.0, 2),
            (None, None, None, None, 1)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["direction", "answered", "cause", "talk_s", "legs"])
    return frame.assign(started=began, cause=frame["cause"].astype("Int64"), pdd_s=1.5)


def test_ratios_of_outbound_calls():
    frame = legs()
    assert af.metrics.asr(frame)[["asr_num", "asr_den"]].values.tolist() == [[2, 5]]  # one had no line
    assert af.metrics.abr(frame)[["abr_num", "abr_den"]].values.tolist() == [[2, 6]]
    assert af.metrics.ner(frame)[["ner_num", "ner_den"]].values.tolist() == [[4, 5]]
    assert af.metrics.ccr(frame)[["ccr_num", "ccr_den"]].values.tolist() == [[4, 9]]
    assert af.metrics.acd(frame)[["acd_s", "n"]].values.tolist() == [[60.0, 1]]
    assert af.metrics.pdd(frame)[["pdd_s", "n"]].values.tolist() == [[1.5, 6]]
    assert af.metrics.asr(frame.drop(columns="legs"))["asr_den"].tolist() == [6]
    hours = af.metrics.asr(frame, by="cause", every="1h", tz="Europe/Berlin")
    assert hours["asr_den"].sum() == 5
    assert hours["asr"].isna().sum() == (hours["asr_den"] == 0).sum() > 0


@pytest.mark.parametrize("name", ["asr", "abr", "ner", "acd", "pdd"])
def test_without_trunks_nothing_is_guessed(name):
    metric = getattr(af.metrics, name)
    with pytest.raises(ConfigError, match="direction") as caught:
        metric(legs().assign(direction=None))
    assert "trunks=" in caught.value.hint
    with pytest.raises(ConfigError, match="cannot be known"):
        metric(af.read_status(af.sample("status")))


def test_pdd_needs_to_know_when_it_rang():
    with pytest.raises(ConfigError, match="pdd_s"):
        af.metrics.pdd(legs().drop(columns="pdd_s"))


# --- definitions ----------------------------------------------------------------------------------------------------


def test_every_metric_is_explained():
    names = set(af.metrics.__all__) - {"RULES", "explain"}
    for name in names:
        assert len(af.metrics.explain(name)) > 40
        assert max(map(len, af.metrics.explain(name).splitlines())) <= 120
    assert all(rule in af.metrics.explain("service_level") for rule in af.metrics.RULES)
    with pytest.raises(ConfigError, match="no metric") as caught:
        af.metrics.explain("servicelevel")
    assert "'service_level'" in caught.value.hint
