"""The embedded PBX for lessons: the same answers each time, and a clock that others move."""

from __future__ import annotations

import itertools
import time

import pandas as pd
import pytest
from amf_demo import Caller
from amf_support import differences

import amiframe as af
from amiframe.demo import lesson, shared
from amiframe.demo.server import Demo, users


@pytest.fixture(autouse=True)
def _closed():
    yield
    shared.close()


def until_hangups(calls):
    hung_up = itertools.count(1)
    return lambda event: event.name == "Hangup" and next(hung_up) >= calls


def story():
    """Tell what a lesson sees: now, while it listens, and later."""
    lesson.begin("demo")
    with af.connect("demo") as pbx:
        now = pbx.status()
        events = pbx.events(60, until=until_hangups(8), mask="call")
        lesson.wait("demo", 30)
        return now, events, pbx.status()


def test_it_is_the_same_each_time():
    for one, other in zip(story(), story(), strict=True):
        assert len(one) > 5
        assert differences(one, other, ignore=("amf_fetched", "amf_received")) == []


def test_time_passes_only_when_asked_to():
    lesson.begin("demo")
    with af.connect("demo") as pbx:
        began = pbx.ping().server_time
        assert began.timestamp() == lesson.START
        time.sleep(0.6)
        assert pbx.ping().server_time == began
        lesson.wait("demo", 90)
        assert (pbx.ping().server_time - began).total_seconds() == 90


def test_a_ping_builds_no_frame(monkeypatch):
    lesson.begin("demo")
    with af.connect("demo") as pbx:
        monkeypatch.setattr(pd, "DataFrame", None)
        assert pbx.ping().server_time.timestamp() == lesson.START


def test_another_target_is_left_alone(monkeypatch):
    lesson.begin("demo")
    running = shared.running()
    for target in ("http://127.0.0.1:1", "office"):
        lesson.begin(target)
    monkeypatch.setenv("AMIFRAME_URL", "http://127.0.0.1:1")
    lesson.begin(None)
    assert shared.running() is running
    began = time.monotonic()
    lesson.wait(None, 0.2)
    assert time.monotonic() - began >= 0.2
    assert running.world.clock.now() == lesson.START


def test_it_begins_anew_and_the_old_one_ends():
    lesson.begin("demo")
    old = shared.running()
    lesson.begin("demo")
    assert shared.running() is not old
    assert not any(thread.is_alive() for thread in old._threads)


def test_frames_and_errors_call_it_by_its_name():
    with af.connect("demo") as pbx:
        assert pbx.profile == "demo"
        assert pbx.status().attrs["amiframe"]["pbx"] == "demo"
        assert pbx.events(0.1).attrs["amiframe"]["pbx"] == "demo"
        assert pbx.arguments(["Ping"]).attrs["amiframe"]["pbx"] == "demo"
        with pytest.raises(af.ActionError, match=r"\[demo "):
            pbx.table("NoSuchThing")
    url = shared.running().url
    with af.connect(url, username="demo", secret=shared.running().secret("demo")) as pbx:
        assert pbx.status().attrs["amiframe"]["pbx"] == url


def test_who_waits_moves_the_clock_and_who_only_looks_does_not():
    with (
        Demo(users(secret="x"), start=lesson.START, speed=0, step=10) as demo,
        Caller(demo.url).login("demo", "x") as caller,
    ):
        assert caller.ask("WaitEvent", timeout="0").status == 200
        assert demo.world.clock.now() == lesson.START
        began = time.monotonic()
        answer = caller.ask("WaitEvent", timeout="30")
        assert time.monotonic() - began < 10, "it does not wait"
        assert demo.world.clock.now() == lesson.START + 10
        assert answer.events[-1] == "WaitEventComplete"


def test_an_originated_call_is_followed_at_once():
    lesson.begin("demo")
    with af.connect("demo") as pbx:
        call = pbx.originate("PJSIP/601", exten="200", context="outgoing", ring_timeout=20, wait=60)
    assert (call.outcome, call.cause) == ("busy", 17)
