"""Light on the PBX: heavy reads one at a time whoever asks, and no loop without a pause."""

from __future__ import annotations

import threading
import time

import pytest
from proxy import Proxy

import amiframe as af
from amiframe.demo.server import Demo
from amiframe.transport import throttle as lanes
from amiframe.transport.http import Budget
from amiframe.transport.throttle import QUICK, REFRESH_S, Throttle, throttle_of

LIST = [("Action", "Status")]


@pytest.fixture
def demo():
    with Demo(speed=0) as server:
        yield server


def connect(demo, url, **more):
    return af.connect(url, username="demo", secret=demo.secret("demo"), **more)


def test_heavy_reads_of_all_connections_go_one_by_one_and_light_ones_between_them(demo):
    with (
        Proxy(int(demo.url.rpartition(":")[2])) as proxy,
        connect(demo, proxy.url) as one,
        connect(demo, proxy.url, interface="mxml") as two,
        connect(demo, proxy.url, interface="arawman") as three,
    ):
        for pbx in (one, two, three):
            pbx.ping()
        proxy.plan("delay", "Status", times=99, seconds=0.5)
        threads = [threading.Thread(target=pbx.status) for pbx in (one, two)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        assert three.ping().latency_s < 0.4, "a ping waits for nobody"
        for thread in threads:
            thread.join()
        first, second = sorted(proxy.counted("Status"), key=lambda exchange: exchange.began)
    assert first.ended <= second.began


def test_who_waits_for_the_others_waits_within_the_budget(demo):
    with (
        Proxy(int(demo.url.rpartition(":")[2])) as proxy,
        connect(demo, proxy.url) as one,
        connect(demo, proxy.url, timeout=0.5) as two,
    ):
        one.ping()
        two.ping()
        proxy.plan("delay", "Status", seconds=1.5)
        thread = threading.Thread(target=one.status)
        thread.start()
        time.sleep(0.2)
        with pytest.raises(af.ConnectTimeout, match=r"other reads of 127.0.0.1:\d+ took all of 0.5 s") as late:
            two.status()
        assert "one heavy read at a time" in late.value.hint
        thread.join()
        assert len(two.status()) > 0, "the next one works"


def test_other_pbxs_have_lanes_of_their_own():
    assert throttle_of("http://pbx:8088") is throttle_of("http://pbx:8088/asterisk")
    assert throttle_of("http://pbx:8088") is not throttle_of("http://pbx:8089")


def test_an_error_frees_the_lane():
    way = Throttle("pbx")
    with pytest.raises(ZeroDivisionError), way.acquire(LIST, Budget(1)):
        raise ZeroDivisionError
    with way.acquire(LIST, Budget(1)):
        pass


@pytest.fixture
def slept(monkeypatch):
    """A clock of its own, and what was slept by it."""
    clock, pauses = [1000.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    class Time:
        monotonic = staticmethod(lambda: clock[0])

    Time.sleep = staticmethod(sleep)
    monkeypatch.setattr(lanes, "time", Time)
    monkeypatch.setattr("amiframe.transport.http.time", Time)
    return pauses


def ask(way: Throttle, *fields: tuple[str, str], seconds: float = 30) -> None:
    with way.acquire([("Action", "Status"), *fields], Budget(seconds)):
        pass


def test_a_loop_is_slowed_down_when_its_quick_ones_are_used_up(slept):
    way = Throttle("pbx")
    for number in range(QUICK + 40):
        ask(way, ("ActionID", str(number)))  # an id makes it no other question
    assert slept[:QUICK] == [0.0] * QUICK
    assert slept[QUICK + 1 :] == pytest.approx([REFRESH_S] * 39, abs=1e-6)


def test_other_questions_are_not_slowed_and_a_pause_gives_quick_ones_back(slept):
    way = Throttle("pbx")
    for _ in range(QUICK + 10):
        ask(way)
    ask(way, ("Variables", "X"))
    assert slept[-1] == 0
    lanes.time.sleep(REFRESH_S * QUICK)
    ask(way)
    assert slept[-1] == 0
    assert len(way._used) == 1, "what is over is forgotten"


def test_who_has_little_time_still_gets_an_answer(slept):
    way = Throttle("pbx")
    for _ in range(QUICK + 50):
        ask(way, seconds=0.1)
    assert max(slept) < 0.06
