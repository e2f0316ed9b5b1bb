"""The embedded PBX tells one story three times, in events, CDR and queue_log: the analysis finds the same in each."""

from __future__ import annotations

import pandas as pd
import pytest
from amf_support import SAMPLES

import amiframe as af
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World
from amiframe.wire import raw


@pytest.fixture(scope="module")
def world() -> World:
    world = World(Clock(1_800_014_400.0, speed=0), 3)
    start(world)
    for _ in range(120):
        world.clock.advance(60)
        world.advance()
    return world


@pytest.fixture(scope="module")
def events(world) -> pd.DataFrame:
    return af.read_events(raw.render([event.message for event in world.log]))


@pytest.fixture(scope="module")
def visits(world, events) -> dict[str, pd.DataFrame]:
    log = af.read_queue_log("".join(f"{line}\n" for line in world.queue_log).encode())
    return {"events": af.queue_calls(events), "log": af.queue_calls(log)}


@pytest.fixture(scope="module")
def calls(events) -> pd.DataFrame:
    return af.calls(events, trunks="PJSIP/trunk*")


def test_visits_are_the_same_from_events_and_queue_log(visits):
    found = af.reconcile(visits["events"], visits["log"])
    assert (found["found"] == "both").sum() > 250
    assert found["agrees"].all(), found.loc[~found["agrees"], "difference"].tolist()


def test_numbers_are_the_same_from_events_and_queue_log(visits):
    counts = ["queue", "offered", "answered", "abandoned", "timeout", "again"]
    queues = [af.metrics.queue_summary(frame)[counts] for frame in visits.values()]
    assert queues[0].values.tolist() == queues[1].values.tolist()
    names = ["membername", "answered", "missed"]
    agents = [af.metrics.agent_summary(frame, by="membername") for frame in visits.values()]
    assert agents[0][names].values.tolist() == agents[1][names].values.tolist()
    assert agents[0]["talk_s"].tolist() == pytest.approx(agents[1]["talk_s"].tolist(), rel=0.02)


def test_calls_are_those_of_cdr(world, events, calls):
    """CDR knows only channels: those of calls that a transfer or a parking lot has merged are legs of known calls."""
    found = af.reconcile(calls, af.read_cdr(pd.DataFrame(world.cdr), tz="UTC"))
    assert (found["found"] == "both").sum() > 500
    assert found["agrees"].sum() > 400
    left = found[~found["explained"]]
    assert (left["difference"] == "no events").all(), left["difference"].tolist()
    legs = af.legs(events)
    merged = legs[legs["uniqueid"] != legs["linkedid"]]
    assert set(left["linkedid"]) <= set(merged["uniqueid"])


def test_queues_of_calls_are_those_of_their_visits(calls, visits):
    entered = visits["events"].groupby("linkedid", sort=False)["queue"].agg(lambda queues: list(dict.fromkeys(queues)))
    by_call = calls.set_index("linkedid")["queues"]
    assert {linkedid: list(queues) for linkedid, queues in by_call[by_call.list.len() > 0].items()} == entered.to_dict()


def test_cdr_of_the_sample_week_is_that_of_its_queue_log():
    """Who waits has been answered by the PBX: the record counts from then, whether an agent answered or not."""
    cdr = af.read_cdr(SAMPLES / "week" / "Master.csv", tz="UTC")
    visits = af.queue_calls(af.read_queue_log(SAMPLES / "week" / "queue_log"))
    queued = cdr[cdr["lastapp"] == "Queue"]
    assert set(queued["uniqueid"]) <= set(visits["uniqueid"])
    assert queued["answer"].notna().all()
    first = queued.groupby("uniqueid")["answer"].min()
    joined = visits.groupby("uniqueid")["joined"].min()[first.index]
    assert len(joined) > 800
    assert (joined - first).dt.total_seconds().between(0, 30).all()
    end = visits.groupby("uniqueid")["left_queue"].max()[first.index]
    assert (cdr.groupby("uniqueid")["end"].max()[first.index] >= end).all()
