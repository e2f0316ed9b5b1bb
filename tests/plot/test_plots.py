"""Pictures say what the metrics say: titles, bars and points from the Axes; odd frames; nothing left behind."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

import amiframe as af
from amiframe.analysis.calls import call_analysis
from amiframe.analysis.calls.call_graph import CallGraph
from amiframe.analysis.calls.event_index import EventIndex, index_events
from amiframe.errors import ConfigError
from amiframe.plot._call_timeline import call_timeline


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return af.queue_calls(af.read_queue_log(af.sample("queue_log")))


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return af.read_events(af.sample("events_calls"))


@pytest.fixture(scope="module")
def calls(events) -> pd.DataFrame:
    return af.calls(events, trunks="PJSIP/trunk*")


def test_the_line_of_the_service_level_has_the_points_of_the_metric(visits):
    monday = visits[visits["joined"] < "2026-11-17"]
    wanted = af.metrics.service_level(monday, by=[], every="30min", tz="UTC")
    ax = af.plot.service_level(monday, tz="UTC")
    points = [line.get_ydata() for a in ax.figure.axes for line in a.lines if len(line.get_ydata()) > 2]
    level = max(points, key=len)
    assert pd.Series(level).dropna().round(9).tolist() == wanted["sl"].dropna().astype(float).round(9).tolist()


def test_bars_of_the_service_level_add_up_to_the_calls_that_entered(visits):
    monday = visits[visits["joined"] < "2026-11-17"]
    ax = af.plot.service_level(monday, tz="UTC")
    height = sum(p.get_height() for a in ax.figure.axes for p in a.patches)
    assert height == af.metrics.queue_summary(monday, by=[])["offered"].sum()


@pytest.mark.parametrize("value", ["calls", "abandon_rate"])
def test_a_heatmap_of_the_week_leaves_hours_without_calls_blank(visits, value):
    ax = af.plot.heatmap(visits, value=value, tz="Europe/Berlin")
    assert ax.get_title()


def test_a_ladder_indexes_the_log_once_and_builds_the_graph_of_its_call_alone(events, calls, monkeypatch):
    indexed, graphs = [], []

    def count_index(frame: pd.DataFrame) -> EventIndex:
        indexed.append(len(frame))
        return index_events(frame)

    def count_graph(index: EventIndex) -> CallGraph:
        graphs.append(index.calls)
        return CallGraph(index)

    monkeypatch.setattr(call_analysis, "index_events", count_index)
    monkeypatch.setattr(call_analysis, "CallGraph", count_graph)
    af.plot.call_ladder(events, calls["linkedid"].iloc[0])
    assert indexed == [len(events)]
    assert graphs == [1]
    plt.close("all")


@pytest.mark.parametrize(
    "first", [pytest.param(n, marks=[pytest.mark.slow] if n % 120 != 25 else []) for n in range(25, 447, 60)]
)
def test_the_ladder_of_a_call_whose_beginning_is_missing(events, first):
    """A log that was rotated, or listened to from the middle of a call on."""
    part = events.iloc[first : first + 200]
    found = af.calls(part)["linkedid"].dropna()
    assert len(found)
    for call in found:
        timeline = call_timeline(part, call)
        assert timeline.began >= part["amf_time"].min()
        assert timeline.lanes
        assert all(0 <= bar.begin <= bar.end <= timeline.length for bar in timeline.bars)
    for call in found.head(3):
        title = af.plot.call_ladder(part, call).get_title()
        assert title
        assert "nan" not in title
    plt.close("all")


def test_a_call_that_was_up_when_the_log_begins_is_not_unanswered(events):
    part = events.iloc[205:405]
    call = af.calls(part)["linkedid"].dropna().iloc[0]
    legs = af.legs(part)
    assert legs.loc[legs["linkedid"] == call, "started"].isna().all()
    assert not [lane.ending for lane in call_timeline(part, call).lanes if "not answered" in lane.ending]
    assert af.plot.call_ladder(part, call).get_title().startswith("Up when the log begins")
    plt.close("all")


def test_a_call_without_any_time_cannot_be_drawn(events, calls):
    untimed = events.assign(amf_time=pd.Series(pd.NaT, events.index, events["amf_time"].dtype))
    with pytest.raises(ConfigError, match="have no times"):
        call_timeline(untimed, calls["linkedid"].iloc[0])


def test_the_ladder_shows_how_each_call_ended(events, calls):
    for _, call in calls.iterrows():
        title = af.plot.call_ladder(events, call["linkedid"]).get_title()
        assert title
        if call["reached"] == "person":
            assert "nswered" in title, title


def test_the_title_counts_the_channels():
    status = af.read_status(af.sample("status"))
    up = (status["channelstatedesc"] == "Up").sum()
    assert af.plot.channel_states(status).get_title() == f"{up} of {len(status)} channels are up"


def test_empty_frames_give_empty_plots(visits, calls):
    status = af.read_status(af.sample("status")).iloc[:0]
    for draw, frame in (
        (af.plot.channel_states, status),
        (af.plot.durations, status),
        (af.plot.concurrency, calls.iloc[:0]),
        (af.plot.heatmap, calls.iloc[:0]),
        (af.plot.causes, calls.iloc[:0]),
        (af.plot.waits, visits.iloc[:0]),
        (af.plot.service_level, visits.iloc[:0]),
    ):
        ax = draw(frame)
        assert ax.get_title(), draw.__name__
        assert not ax.patches, draw.__name__


def test_one_row_is_enough(visits, calls):
    for draw, frame in ((af.plot.waits, visits), (af.plot.causes, calls), (af.plot.concurrency, calls)):
        assert draw(frame.iloc[:1]).get_title()


def test_an_axes_of_yours_is_used_and_nothing_is_left_open(calls):
    before = dict(mpl.rcParams)
    figure = mpl.figure.Figure()
    ax = figure.subplots()
    assert af.plot.causes(calls, ax=ax) is ax
    af.plot.concurrency(calls)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_matplotlib_comes_only_when_it_is_asked_for():
    code = "import sys, amiframe as af; a = 'matplotlib' in sys.modules; af.plot; sys.exit(a)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_frame_of_another_kind_is_refused_with_the_cure():
    with pytest.raises(ConfigError):
        af.plot.waits(pd.DataFrame({"a": [1]}))
