"""Listening without a server: masks, how long it asks to wait, gaps by our own clocks, when it gives up."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

import amiframe as af
from amiframe.client import event_stream
from amiframe.client.event_stream import CLASSES, Ear, checked_mask
from amiframe.settings import Secret, Target
from amiframe.wire.message import Message

ANSWER = Message((("Response", "Success"), ("Message", "Waiting for Event completed.")))
END = Message((("Event", "WaitEventComplete"),))
CUT = af.ConnectError("the answer was cut off")
WAY = timedelta(seconds=0.25)
"""The last answer was composed before it came: what happened in between is not in it."""


def event(name: str) -> Message:
    return Message((("Event", name), ("Uniqueid", "1.1")))


def brought(*names: str) -> tuple[list[Message], bool]:
    return [ANSWER, *(event(name) for name in names), END], False


LOST = ([Message((("Response", "Error"), ("Message", "Permission denied")))], True)


class Clock:
    """Stands for the module's clocks: sleeping is what makes time pass."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.jump = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)

    def wall(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now + self.jump)


class FakeSession:
    """Stands for the session: gives what the script says, an answer or an error at a time; then empty answers."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.script: list[object] = []
        self.asked: list[tuple[float, int]] = []
        self.calls: list[str] = []
        self.max_age: int | None = 60
        self.is_logged_in = False
        self.answered = clock.now

    @property
    def idle_s(self) -> float:
        return self.clock.now - self.answered

    def log_in(self) -> None:
        self.calls.append("log_in")
        self.is_logged_in = True
        self.answered = self.clock.now

    def mask_again(self) -> None:
        self.calls.append("mask_again")
        self.answered = self.clock.now

    def close(self) -> None:
        self.calls.append("close")

    def wait(self, fields, *, timeout: float):
        seconds = int(dict(fields)["Timeout"])
        self.asked.append((self.clock.now, seconds))
        assert timeout > seconds + 5, "an answer may take longer than the wait"
        told = self.script.pop(0) if self.script else None
        if isinstance(told, Exception):
            raise told
        if told is None:
            self.clock.now += seconds
            told = brought()
        if told[1]:
            self.is_logged_in = False
        self.answered = self.clock.now
        return told


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()

    class Now(datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.wall()

    monkeypatch.setattr(event_stream, "time", clock)
    monkeypatch.setattr(event_stream, "datetime", Now)
    return clock


@pytest.fixture
def ear(clock, monkeypatch, request):
    return make_ear(clock, monkeypatch, getattr(request, "param", "rawman"))


def make_ear(clock, monkeypatch, interface):
    session = FakeSession(clock)
    monkeypatch.setattr(event_stream, "Session", lambda target, events: session)
    made = Ear(Target("http://127.0.0.1:1", "test", Secret("x"), interface))
    made.session = session
    return made


by_digest = pytest.mark.parametrize("ear", ["arawman"], indirect=True)


@pytest.mark.parametrize(
    ("mask", "sent"),
    [
        (None, "on"),
        ("on", "on"),
        ("call", "call"),
        ("Call, AGENT ,user", "call,agent,user"),
        *((name, name) for name in sorted(CLASSES)),
    ],
)
def test_masks_as_the_server_takes_them(mask, sent):
    assert checked_mask(mask) == sent


@pytest.mark.parametrize(
    "mask", ["calls", "call,bogus", "", ",", "call,", "off", "none", "call;agent", "-1", "call agent"]
)
def test_masks_that_would_silently_hide_events(mask):
    with pytest.raises(af.ConfigError, match="no event class") as refused:
        checked_mask(mask)
    assert "dialplan" in refused.value.hint


@pytest.mark.parametrize(("max_age", "longest"), [(60, 30), (None, 30), (3600, 30), (40, 28), (20, 8), (12, 0), (5, 0)])
def test_a_wait_ends_before_the_session_does(ear, max_age, longest):
    """The server would cut a longer wait; where it never waits, we keep our own distance."""
    ear.session.max_age = max_age
    with ear:
        list(itertools.islice(ear.hear(), 3))
    assert [seconds for _, seconds in ear.session.asked] == [longest] * 3
    times = [at for at, _ in ear.session.asked]
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(times))


def test_it_ends_when_the_time_is_up(ear, clock):
    began = clock.now
    with ear:
        heard = list(ear.hear(7))
    assert 7 <= clock.now - began < 8.5
    assert all(one.gap is None and one.events == () for one in heard)
    assert ear.session.calls == ["log_in", "close"]


def test_events_without_the_frame_around_them(ear):
    ear.session.script = [brought("Hangup", "Newchannel"), brought()]
    with ear:
        first, second = itertools.islice(ear.hear(), 2)
    assert [m.name for m in first.events] == ["Hangup", "Newchannel"]
    assert second.events == ()


def test_a_lost_session_is_a_gap_until_the_new_one(ear, clock):
    ear.session.script = [brought("A"), LOST, brought("B")]
    with ear:
        heard = ear.hear()
        first = next(heard)
        clock.now += 100
        second = next(heard)
        third = next(heard)
    assert first.gap is None
    assert second.gap.start == first.received - WAY
    assert first.received + timedelta(seconds=100) <= second.gap.end <= second.received
    assert third.gap is None
    assert ear.session.calls == ["log_in", "log_in", "close"]


def test_a_broken_connection_is_asked_again_at_once_and_without_a_wait(ear):
    ear.session.script = [brought("A"), CUT, brought("B"), brought("C")]
    with ear:
        first, second, third = itertools.islice(ear.hear(), 3)
    (_, one), (broken, two), (again, three), (_, four) = ear.session.asked
    assert (one, two, three, four) == (30, 30, 0, 30)
    assert again - broken < 0.3
    assert (first.gap, third.gap) == (None, None)
    assert second.gap.start == first.received - WAY
    assert second.gap.end == second.received, "until then the broken wait may have taken events"
    assert second.gap.reason == "the answer was cut off"


def test_a_pbx_that_is_starting_is_waited_for(ear):
    starting = af.HTTPStatusError("HTTP 404 from /rawman", status=404)
    ear.session.script = [brought("A"), CUT, CUT, starting, LOST, brought("B")]
    with ear:
        first, second = itertools.islice(ear.hear(), 2)
    assert second.gap.start == first.received - WAY
    assert [m.name for m in second.events] == ["B"]


def test_a_login_that_fails_is_tried_again_but_a_refused_one_is_not(ear, monkeypatch):
    fails = [CUT, af.LoginError("refused")]
    with ear:
        ear.session.script = [brought("A"), LOST]

        def log_in() -> None:
            raise fails.pop(0)

        heard = ear.hear()
        next(heard)
        monkeypatch.setattr(ear.session, "log_in", log_in)
        with pytest.raises(af.LoginError):
            next(heard)
    assert fails == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, af.LoginError("refused")])
def test_a_login_that_is_interrupted_or_refused_leaves_nothing_open(ear, monkeypatch, error):
    def log_in() -> None:
        raise error

    monkeypatch.setattr(ear.session, "log_in", log_in)
    with pytest.raises((KeyboardInterrupt, af.LoginError)), ear:
        pytest.fail("there is no session to listen to")
    assert ear.session.calls == ["close"]


def test_patience_ends(ear, clock):
    ear.session.script = [brought("A")] + [CUT] * 10_000
    began = clock.now
    with ear, pytest.raises(af.ConnectError):
        list(ear.hear())
    assert 300 < clock.now - began < 310
    assert len(ear.session.asked) < 310, "about once a second"


def test_the_time_is_up_while_the_connection_is_broken(ear, clock):
    ear.session.script = [brought("A")] + [CUT] * 10_000
    with ear:
        heard = list(ear.hear(5))
        assert [len(one.events) for one in heard] == [1, 0]
        assert heard[1].gap.start == heard[0].received - WAY
        assert clock.now < 1007
        # it remembers: what comes next has a gap before it
        ear.session.script = [brought("B")]
        (later,) = ear.hear(0)
    assert later.gap.start == heard[0].received - WAY
    assert later.gap.end == later.received


def test_an_empty_body_is_another_reader(ear):
    ear.session.script = [([], False)]
    with ear, pytest.raises(af.WaitDisplaced):
        next(ear.hear())
    assert ear.session.calls[-1] == "close"


@by_digest
@pytest.mark.parametrize(
    ("max_age", "pause", "is_gap"), [(60, 57, False), (60, 59, True), (20, 17, False), (20, 19, True), (None, 59, True)]
)
def test_by_digest_our_clock_finds_the_expired_session(ear, clock, max_age, pause, is_gap):
    """It is reborn without a word and without its mask: a little before its time it is taken for dead."""
    ear.session.max_age = max_age
    ear.session.script = [brought("A"), brought("B"), brought("C")]
    with ear:
        heard = ear.hear()
        first = next(heard)
        clock.now += pause
        second, third = next(heard), next(heard)
    assert (second.gap is not None) == is_gap
    assert ear.session.calls == ["log_in", *["mask_again"] * is_gap, "close"]
    assert third.gap is None
    if is_gap:
        assert second.gap.start == first.received - WAY
        assert second.gap.end >= first.received + timedelta(seconds=pause)


@by_digest
def test_by_digest_a_machine_that_slept_is_noticed_too(ear, clock):
    """The monotonic clock stands still while a machine sleeps."""
    ear.session.script = [brought("A"), brought("B")]
    with ear:
        heard = ear.hear()
        next(heard)
        clock.jump = 3600
        assert next(heard).gap is not None


def test_by_cookie_the_server_tells_not_our_clock(ear, clock):
    ear.session.script = [brought("A"), brought("B")]
    with ear:
        heard = ear.hear()
        next(heard)
        clock.now += 100
        assert next(heard).gap is None


@by_digest
def test_by_digest_the_mask_is_told_again_behind_a_broken_connection(ear):
    """It may have been a restart, which forgot the mask."""
    ear.session.script = [brought("A"), CUT, brought("B")]
    with ear:
        _, second = itertools.islice(ear.hear(), 2)
    assert ear.session.calls == ["log_in", "mask_again", "close"]
    assert second.gap.end == second.received
