"""WaitEvent of the embedded PBX: when it returns, what it brings, to whom."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from amf_demo import Caller, HttpAnswer

from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo

USERS = (
    Account("demo", "s3cret"),
    Account("monitor", "look", classes("call,reporting"), classes("reporting")),
    Account("deaf", "none", classes("user")),
)


@pytest.fixture(scope="module")
def demo():
    """A world that stands still: nothing happens but what the test does."""
    with Demo(USERS, speed=0) as server:
        yield server


@pytest.fixture
def user(demo):
    with Caller(demo.url).login("demo", "s3cret") as caller:
        caller.ask("WaitEvent", timeout="0")  # the news of its own login
        yield caller


def emit(demo, name="Hangup", kinds="call", pairs=(("Channel", "PJSIP/100-00000001"),)):
    demo.world.emit(name, kinds, pairs)


class Waiting:
    """A WaitEvent under way."""

    def __init__(self, caller: Caller, **fields: str):
        self.received: HttpAnswer | None = None
        self._thread = threading.Thread(target=self._run, args=(caller, fields))
        self._thread.start()
        time.sleep(0.2)

    def _run(self, caller: Caller, fields: dict[str, str]) -> None:
        self.received = caller.ask("WaitEvent", **fields)

    def answer(self) -> HttpAnswer:
        self._thread.join(10)
        assert self.received is not None
        return self.received


def twin(caller: Caller) -> Caller:
    """The same session over another connection."""
    other = Caller(caller.url, caller.path)
    other.http.cookies = caller.http.cookies
    return other


def test_the_form_of_the_answer(demo, user):
    emit(demo)
    answer = user.ask("WaitEvent", timeout="0", ActionID="w1")
    first, event, last = answer.messages
    assert first == [("Response", "Success"), ("ActionID", "w1"), ("Message", "Waiting for Event completed.")]
    assert event[0] == ("Event", "Hangup")
    assert [name for name, _ in event[1:3]] == ["Privilege", "Timestamp"]
    assert dict(event)["Privilege"] == "call,all"
    assert "ActionID" not in dict(event)
    assert last == [("Event", "WaitEventComplete"), ("ActionID", "w1")]
    assert user.ask("WaitEvent", timeout="0").events == ["WaitEventComplete"]


def at_once(function, values) -> None:
    """Call a function with each value, all at the same time: they wait more than they work."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(function, values))


def test_timeouts(demo):
    def wait(asked):
        caller, (timeout, seconds) = asked
        answer = caller.ask("WaitEvent", timeout=timeout)
        assert answer.events == ["WaitEventComplete"], timeout
        assert seconds <= answer.seconds < seconds + 0.9, timeout

    cases = [("0", 0), ("1", 1), (" 1", 1), ("0x1", 1), ("01", 1), ("1.9", 1), ("1s", 1)]
    with ExitStack() as stack:
        callers = [stack.enter_context(Caller(demo.url).login("demo", "s3cret")) for _ in cases]
        for caller in callers:
            caller.ask("WaitEvent", timeout="0")
        at_once(wait, zip(callers, cases, strict=True))


def test_no_wait_is_longer_than_the_session_less_ten_seconds():
    at_once(longest_wait, [None, "-7", "soon", "99999999999999999999"])


def longest_wait(timeout):
    with Demo(USERS, speed=0, httptimeout=12) as demo, Caller(demo.url).login("demo", "s3cret") as caller:
        caller.ask("WaitEvent", timeout="0")
        fields = {} if timeout is None else {"timeout": timeout}
        assert 0.5 < caller.ask("WaitEvent", **fields).seconds < 2.5
        time.sleep(1.1)
        assert caller.ask("WaitEvent", **fields).seconds < 1.5, "idle time counts"


def test_an_event_ends_the_wait(demo, user):
    waiting = Waiting(user, timeout="20")
    began = time.monotonic()
    emit(demo)
    assert waiting.answer().events == ["Hangup", "WaitEventComplete"]
    assert time.monotonic() - began < 1


def test_events_are_kept_from_login_on(demo):
    emit(demo, "Before")
    with Caller(demo.url).login("demo", "s3cret") as caller:
        for name in ("One", "Two", "Three"):
            emit(demo, name)
        assert caller.ask("WaitEvent", timeout="5").events == [
            "SuccessfulAuth", "One", "Two", "Three", "WaitEventComplete",
        ]  # fmt: skip


def test_three_thousand_events_come_in_one_answer(demo, user):
    for _ in range(3000):
        emit(demo)
    assert len(user.ask("WaitEvent", timeout="0").events) == 3001


def test_each_session_has_its_own_queue(demo, user):
    with Caller(demo.url).login("demo", "s3cret") as other:
        other.ask("WaitEvent", timeout="0")
        emit(demo)
        assert "Hangup" in user.ask("WaitEvent", timeout="0").events
        assert "Hangup" in other.ask("WaitEvent", timeout="0").events


def test_an_account_receives_what_it_may_read_all_classes_of(demo):
    with Caller(demo.url).login("monitor", "look") as caller:
        emit(demo, "Hangup", "call")
        emit(demo, "Cdr", "cdr")
        emit(demo, "PeerStatus", "system,call")
        emit(demo, "RTCP", "reporting")
        assert caller.ask("WaitEvent", timeout="0").events == ["Hangup", "RTCP", "WaitEventComplete"]


def test_an_event_that_may_not_be_seen_ends_the_wait_empty(demo):
    with Caller(demo.url).login("deaf", "none") as caller:
        caller.ask("WaitEvent", timeout="0")
        waiting = Waiting(caller, timeout="20")
        emit(demo)
        answer = waiting.answer()
        assert answer.events == ["WaitEventComplete"]
        assert answer.seconds < 2


def test_a_mask_chooses_when_the_answer_is_given(demo, user):
    emit(demo, "Hangup", "call")
    emit(demo, "UserEvent", "user")
    user.ask("Events", EventMask="user")
    assert user.ask("WaitEvent", timeout="0").events == ["UserEvent", "WaitEventComplete"]


def test_off_is_undone_by_waiting(demo, user):
    assert dict(user.ask("Events", EventMask="off").messages[0])["Events"] == "Off"
    emit(demo)
    assert user.ask("WaitEvent", timeout="0").events == ["Hangup", "WaitEventComplete"]


def test_login_with_events_off_keeps_them_all_the_same(demo):
    with Caller(demo.url).login("demo", "s3cret", events="off") as caller:
        emit(demo)
        assert "Hangup" in caller.ask("WaitEvent", timeout="0").events


def test_login_with_a_mask(demo):
    with Caller(demo.url).login("demo", "s3cret", events="user") as caller:
        emit(demo)
        emit(demo, "UserEvent", "user")
        assert caller.ask("WaitEvent", timeout="0").events == ["UserEvent", "WaitEventComplete"]


def test_filters(demo, user):
    user.ask("Filter", Operation="Add", Filter="Event: (Hangup|Newchannel)")
    user.ask("Filter", Operation="Add", Filter="!Channel: PJSIP/999")
    emit(demo, "Hangup")
    emit(demo, "Newexten")
    emit(demo, "Newchannel", pairs=(("Channel", "PJSIP/999-00000001"),))
    assert user.ask("WaitEvent", timeout="0").events == ["Hangup", "WaitEventComplete"]


def test_a_newer_wait_takes_the_place_of_the_older(demo, user):
    """The older one ends at once with nothing at all; no event is lost."""
    older = Waiting(user, timeout="20")
    with twin(user) as other:
        newer = Waiting(other, timeout="20")
        answer = older.answer()
        assert (answer.status, answer.body) == (200, b"")
        emit(demo)
        assert newer.answer().events == ["Hangup", "WaitEventComplete"]


def test_a_displaced_wait_in_xml_is_an_empty_document(demo):
    with Caller(demo.url, "mxml") as caller:
        caller.ask("Login", username="demo", secret="s3cret")
        caller.ask("WaitEvent", timeout="0")
        older = Waiting(caller, timeout="20")
        with twin(caller) as other:
            other.ask("WaitEvent", timeout="0")
        assert older.answer().body == b"<ajax-response>\n</ajax-response>\n"


def test_other_actions_are_answered_beside_a_wait(demo, user):
    waiting = Waiting(user, timeout="20")
    with twin(user) as other:
        assert other.ask("Ping").seconds < 0.5
        other.ask("Logoff")
    assert waiting.answer().events == ["WaitEventComplete"], "Logoff ends the wait in order"


def test_a_session_that_waits_does_not_expire():
    with Demo(USERS, speed=0, httptimeout=11) as demo, Caller(demo.url).login("demo", "s3cret") as caller:
        caller.ask("WaitEvent", timeout="0")
        assert caller.ask("WaitEvent").status == 200
        assert caller.ask("Ping").messages[0][0] == ("Response", "Success")


def test_who_has_gone_loses_what_was_written_to_the_dead_connection(demo, user):
    """As the server: it does not notice, so what the listener of gaps is for can be tried here too."""
    import socket

    cookie = next(iter(user.http.cookies)).value
    host, _, port = demo.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"HTTP/1.1\r\nCookie: mansession_id={cookie}\r\n\r\n"
        connection.sendall(f"GET /rawman?action=WaitEvent&timeout=20 {head}".encode())
        time.sleep(0.2)
    emit(demo)
    time.sleep(0.3)
    assert "Hangup" not in user.ask("WaitEvent", timeout="0").events


def test_logins_and_refusals_are_events_of_class_security(demo, user):
    with Caller(demo.url).login("monitor", "look") as other:
        other.ask("Originate")
        other.ask("Bogus")
    assert user.ask("WaitEvent", timeout="0").events == [
        "SuccessfulAuth", "RequestNotAllowed", "RequestBadFormat", "WaitEventComplete",
    ]  # fmt: skip
