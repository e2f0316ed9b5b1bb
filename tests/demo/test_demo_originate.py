"""Originate on the demo PBX: what it refuses, and the outcome by number, as the client follows it."""

from __future__ import annotations

import threading
import time

import pytest

from amiframe.client import call_tracker, origination
from amiframe.client.call_tracker import CallTracker
from amiframe.demo.ami import dispatch
from amiframe.demo.ami.originate import assignments
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World

NOON = 1_800_014_400.0


@pytest.fixture
def world() -> World:
    world = World(Clock(NOON, speed=0), 1)
    start(world)
    return world


def call(world: World, channel: str, seconds: float = 40, **given) -> tuple[origination.Origination, list]:
    """Originate, let time pass, and tracker."""
    given = {"exten": "100", "context": "outgoing", **given}
    asked = origination.request(channel, **given)
    before = len(world.log)
    messages = dispatch.respond(world, "Originate", list(asked.fields))
    assert messages[0].get("Message") == "Originate successfully queued", messages
    assert messages[0].get("ActionID") == asked.actionid
    for _ in range(round(seconds * 2)):
        world.clock.advance(0.5)
        world.advance()
    events = [event.message for event in list(world.log)[before:]]
    tracker = CallTracker(asked)
    for event in events:
        tracker.feed(event)
    return tracker.result(), events


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize(
    ("channel", "outcome", "reason", "cause"),
    [
        ("PJSIP/user", "answered", 4, None),
        ("PJSIP/105", "answered", 4, None),
        ("PJSIP/205", "answered", 4, None),
        ("PJSIP/150@trunk", "answered", 4, None),
        ("PJSIP/601", "busy", 0, 17),
        ("PJSIP/601@trunk", "busy", 0, 17),
        ("PJSIP/602", "congestion", 0, 34),
        ("PJSIP/603", "no answer", 3, 19),
        ("PJSIP/404@trunk", "failed", 0, 1),
        ("PJSIP/404", "failed", 0, None),
        ("PJSIP/nosuch", "failed", 0, None),
        ("SIP/100", "failed", 0, None),
        ("Local/150@outgoing", "answered", 4, None),
        ("Local/250@outgoing", "answered", 4, None),
        ("Local/601@outgoing", "busy", 5, 17),
        ("Local/602@outgoing", "congestion", 8, 34),
        ("Local/603@outgoing", "no answer", 3, 19),
        ("Local/404@outgoing", "failed", 0, None),
    ],
)
def test_outcome_by_number(world, monkeypatch, channel, outcome, reason, cause, timeout):
    monkeypatch.setattr(call_tracker, "_OVERTAKEN_S", 0.0)
    result, events = call(world, channel, ring_timeout=timeout)
    assert (result.outcome, result.reason) == (outcome, reason)
    if outcome != "answered":
        assert result.cause == cause
    response = next(e for e in events if e.name == "OriginateResponse" and e.get("ActionID") == result.actionid)
    assert response.get("Uniqueid") == result.uniqueid
    assert (response.get("Context"), response.get("Exten")) == ("outgoing", "100")
    asked_to_leave = any(e.name == "HangupRequest" and e.get("Uniqueid") == result.uniqueid for e in events)
    assert asked_to_leave or reason in (3, 4) or cause is None


def test_answered_call_of_the_first_page_waits_in_a_queue(world):
    result, events = call(
        world, "PJSIP/user", seconds=4, callerid="\"Zoë 'Z'\" <555>", variables={"A": "1,2", "B": "ö"}
    )
    assert result.channel.startswith("PJSIP/user-")
    status = dispatch.respond(world, "Status", [("Channel", result.uniqueid), ("Variables", "A,B")])[1]
    assert status.get("Context") == "outgoing"
    assert status.get("Exten") == "100"
    assert status.get("Application") == "Queue"
    assert status.get("Language") == "ru"
    assert status.get("CallerIDName") == "Zoë \\'Z\\'"
    assert status.all("Variable") == ["A=1,2", "B=ö"]
    response = next(e for e in events if e.name == "OriginateResponse")
    assert response.get("CallerIDName") == "Zoë 'Z'"
    dispatch.respond(world, "Hangup", [("Channel", result.channel)])
    assert result.channel not in world.channels


def test_one_rings_two_seconds_and_two_at_once(world):
    for number, least, most in (("105", 2.0, 2.6), ("205", 0.0, 0.6)):
        _, events = call(world, f"PJSIP/{number}", seconds=5, application="Wait", data="2", exten=None, context=None)
        began = next(e for e in events if e.name == "DialBegin" and e.get("DialString") == number)
        response = next(e for e in events if e.name == "OriginateResponse")
        assert response.get("Application") == "Wait"
        assert least <= float(response.get("Timestamp")) - float(began.get("Timestamp")) <= most
    assert not any(channel.name.startswith(("PJSIP/105", "PJSIP/205")) for channel in world.channels.values())


def test_hung_up_by_the_operator_while_it_rings(world, monkeypatch):
    monkeypatch.setattr(call_tracker, "_OVERTAKEN_S", 0.0)
    asked = origination.request("PJSIP/603", exten="100", context="outgoing")
    dispatch.respond(world, "Originate", list(asked.fields))
    before = 0
    world.clock.advance(3)
    world.advance()
    dispatch.respond(world, "Hangup", [("Channel", asked.uniqueid)])
    tracker = CallTracker(asked)
    for event in list(world.log)[before:]:
        tracker.feed(event.message)
    assert tracker.result().outcome == "cancelled"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ChannelId": "x" * 150}, "Uniqueid length exceeds maximum of 149"),
        ({}, "Channel not specified"),
        ({"Channel": "PJSIP/1", "Priority": "x", "Timeout": "y"}, "Invalid priority"),
        ({"Channel": "nothing", "Timeout": "y"}, "Invalid timeout"),
        ({"Channel": "nothing", "Timeout": "1"}, "Invalid channel"),
        ({"Channel": "PJSIP/1", "Exten": "9", "Context": "c", "Priority": "1"}, "Extension does not exist."),
        ({"Channel": "PJSIP/1", "Exten": "9"}, "Originate with 'Exten' requires 'Context' and 'Priority'"),
        ({"Channel": "PJSIP/601", "Application": "Wait"}, "Originate failed"),
    ],
)
def test_what_it_refuses_first(world, fields, message):
    reply = dispatch.respond(world, "Originate", list(fields.items()))
    assert (reply[0].name, reply[0].get("Message")) == ("Error", message)


def test_the_same_id_cannot_live_twice(world):
    fields = [("Channel", "PJSIP/200"), ("Application", "Wait"), ("ChannelId", "mine")]
    assert dispatch.respond(world, "Originate", fields)[0].name == "Success"
    assert dispatch.respond(world, "Originate", fields)[0].get("Message") == "Originate failed"


def test_synchronous_with_a_running_clock_does_not_hold_the_lock():
    world = World(Clock(NOON, speed=20), 1)
    start(world)
    done = []
    fields = [("Channel", "PJSIP/100"), ("Application", "Wait"), ("Data", "1")]
    thread = threading.Thread(target=lambda: done.append(dispatch.respond(world, "Originate", fields)))
    began = time.monotonic()
    thread.start()
    while thread.is_alive() and time.monotonic() - began < 10:
        assert world.lock.acquire(timeout=1)
        world.lock.release()
        time.sleep(0.005)
    thread.join(1)
    assert done[0][0].name == "Success"
    assert time.monotonic() - began < 5


def test_variables_of_one_field():
    assert assignments('A=1,B="x,y",C=a\\,b,junk') == [("A", "1"), ("B", "x,y"), ("C", "a,b")]
    for value in ("x,y", 'say "hi"', "back\\slash", "(a)[b]", ""):
        assert assignments(origination.assignment("N", value)) == [("N", value)]
