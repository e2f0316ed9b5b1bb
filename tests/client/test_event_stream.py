"""Listening without a server: masks, how long it asks to wait, gaps by our own clocks, when it gives up."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

import amiframe as af
from amiframe.client import event_stream
from amiframe.client.event_stream import CLASSES, EventStream, checked_mask
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
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            self.clock.now += seconds
            answer = brought()
        if answer[1]:
            self.is_logged_in = False
        self.answered = self.clock.now
        return answer


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
def stream(clock, monkeypatch, request):
    return make_stream(clock, monkeypatch, getattr(request, "param", "rawman"))


def make_stream(clock, monkeypatch, interface):
    session = FakeSession(clock)
    monkeypatch.setattr(event_stream, "Session", lambda target, events: session)
    made = EventStream(Target("http://127.0.0.1:1", "test", Secret("x"), interface))
    made.session = session
    return made


by_digest = pytest.mark.parametrize("stream", ["arawman"], indirect=True)


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
def test_a_wait_ends_before_the_session_does(stream, max_age, longest):
    """The server would cut a longer wait; where it never waits, we keep our own distance."""
    stream.session.max_age = max_age
    with stream:
        list(itertools.islice(stream.poll(), 3))
    assert [seconds for _, seconds in stream.session.asked] == [longest] * 3
    times = [at for at, _ in stream.session.asked]
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(times))


def test_it_ends_when_the_time_is_up(stream, clock):
    began = clock.now
    with stream:
        batch = list(stream.poll(7))
    assert 7 <= clock.now - began < 8.5
    assert all(one.gap is None and one.events == () for one in batch)
    assert stream.session.calls == ["log_in", "close"]


def test_events_without_the_frame_around_them(stream):
    stream.session.script = [brought("Hangup", "Newchannel"), brought()]
    with stream:
        first, second = itertools.islice(stream.poll(), 2)
    assert [m.name for m in first.events] == ["Hangup", "Newchannel"]
    assert second.events == ()


def test_a_lost_session_is_a_gap_until_the_new_one(stream, clock):
    stream.session.script = [brought("A"), LOST, brought("B")]
    with stream:
        batch = stream.poll()
        first = next(batch)
        clock.now += 100
        second = next(batch)
        third = next(batch)
    assert first.gap is None
    assert second.gap.start == first.received - WAY
    assert first.received + timedelta(seconds=100) <= second.gap.end <= second.received
    assert third.gap is None
    assert stream.session.calls == ["log_in", "log_in", "close"]


def test_a_broken_connection_is_asked_again_at_once_and_without_a_wait(stream):
    stream.session.script = [brought("A"), CUT, brought("B"), brought("C")]
    with stream:
        first, second, third = itertools.islice(stream.poll(), 3)
    (_, one), (broken, two), (again, three), (_, four) = stream.session.asked
    assert (one, two, three, four) == (30, 30, 0, 30)
    assert again - broken < 0.3
    assert (first.gap, third.gap) == (None, None)
    assert second.gap.start == first.received - WAY
    assert second.gap.end == second.received, "until then the broken wait may have taken events"
    assert second.gap.reason == "the answer was cut off"


def test_a_pbx_that_is_starting_is_waited_for(stream):
    starting = af.HTTPStatusError("HTTP 404 from /rawman", status=404)
    stream.session.script = [brought("A"), CUT, CUT, starting, LOST, brought("B")]
    with stream:
        first, second = itertools.islice(stream.poll(), 2)
    assert second.gap.start == first.received - WAY
    assert [m.name for m in second.events] == ["B"]


def test_a_login_that_fails_is_tried_again_but_a_refused_one_is_not(stream, monkeypatch):
    fails = [CUT, af.LoginError("refused")]
    with stream:
        stream.session.script = [brought("A"), LOST]

        def log_in() -> None:
            raise fails.pop(0)

        batch = stream.poll()
        next(batch)
        monkeypatch.setattr(stream.session, "log_in", log_in)
        with pytest.raises(af.LoginError):
            next(batch)
    assert fails == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, af.LoginError("refused")])
def test_a_login_that_is_interrupted_or_refused_leaves_nothing_open(stream, monkeypatch, error):
    def log_in() -> None:
        raise error

    monkeypatch.setattr(stream.session, "log_in", log_in)
    with pytest.raises((KeyboardInterrupt, af.LoginError)), stream:
        pytest.fail("there is no session to listen to")
    assert stream.session.calls == ["close"]


def test_patience_ends(stream, clock):
    stream.session.script = [brought("A")] + [CUT] * 10_000
    began = clock.now
    with stream, pytest.raises(af.ConnectError):
        list(stream.poll())
    assert 300 < clock.now - began < 310
    assert len(stream.session.asked) < 310, "about once a second"


def test_the_time_is_up_while_the_connection_is_broken(stream, clock):
    stream.session.script = [brought("A")] + [CUT] * 10_000
    with stream:
        batch = list(stream.poll(5))
        assert [len(one.events) for one in batch] == [1, 0]
        assert batch[1].gap.start == batch[0].received - WAY
        assert clock.now < 1007
        # it remembers: what comes next has a gap before it
        stream.session.script = [brought("B")]
        (later,) = stream.poll(0)
    assert later.gap.start == batch[0].received - WAY
    assert later.gap.end == later.received


def test_an_empty_body_is_another_reader(stream):
    stream.session.script = [([], False)]
    with stream, pytest.raises(af.WaitDisplaced):
        next(stream.poll())
    assert stream.session.calls[-1] == "close"


@by_digest
@pytest.mark.parametrize(
    ("max_age", "pause", "is_gap"), [(60, 57, False), (60, 59, True), (20, 17, False), (20, 19, True), (None, 59, True)]
)
def test_by_digest_our_clock_finds_the_expired_session(stream, clock, max_age, pause, is_gap):
    """It is reborn without a word and without its mask: a little before its time it is taken for dead."""
    stream.session.max_age = max_age
    stream.session.script = [brought("A"), brought("B"), brought("C")]
    with stream:
        batch = stream.poll()
        first = next(batch)
        clock.now += pause
        second, third = next(batch), next(batch)
    assert (second.gap is not None) == is_gap
    assert stream.session.calls == ["log_in", *["mask_again"] * is_gap, "close"]
    assert third.gap is None
    if is_gap:
        assert second.gap.start == first.received - WAY
        assert second.gap.end >= first.received + timedelta(seconds=pause)


@by_digest
def test_by_digest_a_machine_that_slept_is_noticed_too(stream, clock):
    """The monotonic clock stands still while a machine sleeps."""
    stream.session.script = [brought("A"), brought("B")]
    with stream:
        batch = stream.poll()
        next(batch)
        clock.jump = 3600
        assert next(batch).gap is not None


def test_by_cookie_the_server_decides_not_our_clock(stream, clock):
    stream.session.script = [brought("A"), brought("B")]
    with stream:
        batch = stream.poll()
        next(batch)
        clock.now += 100
        assert next(batch).gap is None


@by_digest
def test_by_digest_the_mask_is_sent_again_behind_a_broken_connection(stream):
    """It may have been a restart, which forgot the mask."""
    stream.session.script = [brought("A"), CUT, brought("B")]
    with stream:
        _, second = itertools.islice(stream.poll(), 2)
    assert stream.session.calls == ["log_in", "mask_again", "close"]
    assert second.gap.end == second.received
