"""Calls, variables and counts of lists of channels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from amf_support import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.analysis.snapshots.call_grouping import calls_of


@pytest.mark.parametrize("version", ["16", "22"])
def test_every_channel_is_in_one_call(version):
    status = af.read_status(SAMPLES / version / "status_busy.txt")
    calls = af.call_groups(status)
    assert sorted(calls["channels"].explode()) == sorted(status["channel"])
    assert sorted(calls["linkedids"].explode().unique()) == sorted(status["linkedid"].unique())
    talking = calls[calls["state"] == "talking"]
    assert (talking["bridges"].list.len() > 0).all()
    assert calls["seconds"].max() == status["seconds"].max()
    conference = status.loc[status["application"].eq("ConfBridge"), "channel"]
    members = calls["channels"].map(lambda names: len({*names} & {*conference}))
    assert members.max() == len(conference), "a conference is one call"


def test_a_parking_lot_joins_no_calls():
    status = af.read_status(SAMPLES / "22" / "status_busy.txt").iloc[:2]
    apart = status.assign(bridgeid="lot", application="Park", linkedid=["1.1", "1.2"])
    assert len(af.call_groups(apart)) == 2
    assert len(af.call_groups(apart.assign(application="ConfBridge"))) == 1


def test_pbxs_stay_apart():
    status = af.read_status(SAMPLES / "22" / "status_busy.txt")
    both = pd.concat([status.assign(amf_pbx="here"), status.assign(amf_pbx="there")], ignore_index=True)
    assert len(af.call_groups(both)) == 2 * len(af.call_groups(status))


def test_no_channels_are_no_calls():
    empty = af.read_status(SAMPLES / "22" / "status_busy.txt").iloc[:0]
    assert af.call_groups(empty).dtypes.equals(af.call_groups(af.read_status(af.sample("status"))).dtypes)
    assert len(af.channel_variables(empty)) == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([None, "a", "b", "c", "d"])), max_size=30))
def test_calls_are_the_components_of_a_graph(rows):
    frame = pd.DataFrame(
        {
            "linkedid": pd.Series([str(n) for n, _ in rows], dtype="str"),
            "bridgeid": pd.Series([b for _, b in rows], dtype="str"),
            "application": pd.Series(["Dial"] * len(rows), dtype="str"),
        }
    )
    call = calls_of(frame)
    reach = {n: {n} for n in range(len(rows))}
    for _ in rows:
        for i, (n, b) in enumerate(rows):
            for j, (m, c) in enumerate(rows):
                if n == m or (b is not None and b == c):
                    reach[i] |= reach[j]
    assert all((call[i] == call[j]) == (j in reach[i]) for i in reach for j in reach)


def test_variables_in_long_form():
    status = af.read_status(SAMPLES / "22" / "odd" / "status_both.txt")
    found = af.channel_variables(status)
    expected = [
        (channel, name, value)
        for channel, pairs in zip(status["channel"], status["variables"], strict=True)
        for name, value in ([] if pairs is None else pairs)
    ]
    assert len(found) > 10
    plain = (
        found[["channel", "variable", "value"]]
        .astype(object)
        .where(found[["channel", "variable", "value"]].notna(), None)
    )
    assert list(plain.itertuples(index=False, name=None)) == expected
    with pytest.raises(af.ConfigError, match="no variables"):
        af.channel_variables(status.drop(columns="variables"))


def test_counts_over_time_come_down_to_zero():
    status = af.read_status(SAMPLES / "16" / "status_busy.txt")
    times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:01Z", "2026-11-24 10:02Z"])
    frames = [status.assign(amf_fetched=times[0]), status[status["type"] == "Local"].assign(amf_fetched=times[1])]
    idle = status.iloc[:0].copy()
    idle.attrs["amiframe"] = {"fetched": times[2].isoformat()}
    series = af.status_series([*frames, idle])
    by = series[series["by"] == "technology"].pivot_table(index="time", columns="value", values="channels")
    assert by["PJSIP"].tolist() == [(status["type"] == "PJSIP").sum(), 0, 0]
    every = series.groupby(["time", "by"], sort=True)["channels"].sum().unstack()
    for name in ("state", "technology", "application"):
        assert np.array_equal(every["all"], every[name])
    assert every["all"].tolist() == [len(status), (status["type"] == "Local").sum(), 0]
    with pytest.raises(af.ConfigError, match="does not tell when"):
        af.status_series([status])


def test_counts_of_two_pbxs():
    status = af.read_status(SAMPLES / "16" / "status_busy.txt").assign(amf_fetched=pd.Timestamp("2026-11-24 10:00Z"))
    both = pd.concat([status.assign(amf_pbx="here"), status.iloc[:3].assign(amf_pbx="there")])
    series = af.status_series([both])
    assert series[series["by"] == "all"].set_index("amf_pbx")["channels"].to_dict() == {"here": len(status), "there": 3}
