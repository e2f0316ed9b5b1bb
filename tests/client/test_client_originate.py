"""Originate without a server: what is refused, how values are quoted, and what the events of a call make of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiframe.client.call_tracker import CallTracker
from amiframe.client.origination import assignment, request
from amiframe.errors import ActionRefused
from amiframe.schema.hangup_causes import outcome_of_cause
from amiframe.wire.message import Message

WHERE = {"exten": "200", "context": "outgoing"}


# --- the request ----------------------------------------------------------------------------------------------------


def sent(*args, **more):
    return dict(request(*args, **more).fields)


def test_a_request_is_a_call_of_which_nothing_is_known_yet():
    call = request("PJSIP/100", **WHERE)
    assert (call.accepted, call.outcome) == (False, "pending")
    assert (call.reason, call.cause, call.cause_txt, call.channel) == (None, None, None, None)
    fields = dict(call.fields)
    assert fields.pop("ActionID") == call.actionid
    assert fields.pop("ChannelId") == call.uniqueid
    assert fields == {
        "Action": "Originate", "Channel": "PJSIP/100", "Exten": "200", "Context": "outgoing", "Priority": "1",
        "Async": "true",
    }  # fmt: skip


def test_every_argument_has_its_field():
    call = request(
        "PJSIP/100", **WHERE, priority="label", ring_timeout=1.5, callerid='"Ж" <1>', variables={"A": "1", "B": 2},
        account="acc", earlymedia=False, async_=False, codecs=["ulaw", "alaw"], channelid="x" * 149, otherchannelid="o",
    )  # fmt: skip
    assert [field for field in call.fields if field[0] != "ActionID"] == [
        ("Action", "Originate"), ("Channel", "PJSIP/100"), ("Exten", "200"), ("Context", "outgoing"),
        ("Priority", "label"), ("Timeout", "1500"), ("CallerID", '"Ж" <1>'), ("Variable", "A=1"), ("Variable", "B=2"),
        ("Account", "acc"), ("EarlyMedia", "false"), ("Async", "false"), ("Codecs", "ulaw,alaw"),
        ("ChannelId", "x" * 149), ("OtherChannelId", "o"),
    ]  # fmt: skip
    assert sent("Local/1@x", application="Wait", data="5")["Data"] == "5"
    assert "Priority" not in sent("Local/1@x", application="Wait")


def test_no_two_requests_share_an_id():
    calls = [request("PJSIP/100", **WHERE) for _ in range(100)]
    assert len({call.uniqueid for call in calls} | {call.actionid for call in calls}) == 200


REFUSED = {
    "TECHNOLOGY/resource": [{"channel": ""}, {"channel": "100"}, {"channel": "PJSIP/"}, {"channel": "/100"},
                            {"channel": " / "}],
    "application and exten both": [{"application": "Wait"}],
    "data belongs": [{"data": "1"}],
    "where shall the call go": [{"exten": None}, {"context": None}, {"exten": None, "context": None}],
    "is nothing to the PBX": [{"exten": ""}, {"context": " "}, {"priority": 0}, {"priority": "0"}, {"priority": ""},
                              {"exten": None, "context": None, "application": " "}],
    "between 1 second and a day": [{"ring_timeout": value} for value in
                                   (0, 0.999, -1, 86_401, float("nan"), float("inf"), "20", "soon")],
    "=True is a flag": [{name: True} for name in ("channel", "exten", "context", "priority", "ring_timeout", "callerid",
                                                  "account", "codecs", "channelid", "otherchannelid")],
    "=False is a flag": [{"priority": False}, {"application": False, "exten": None, "context": None},
                         {"application": "Wait", "data": False, "exten": None, "context": None}],
    "channelid is longer": [{"channelid": "x" * 150}, {"channelid": "ж" * 75}],
    "otherchannelid is longer": [{"otherchannelid": "x" * 150}],
    "callerid is longer": [{"callerid": "x" * 256}, {"callerid": "ж" * 128}],
    "a variable's name": [{"variables": {name: "1"}} for name in ("", "A=B", "A,B", '"A"', "A\\")],
    "a variable's value": [{"variables": {"A": value}} for value in ([1], {"x": 1}, float("nan"), b"x")],
    "variables are neither": [{"variables": value} for value in ("A=1", ["A=1"], [("A",)], [1])],
    "128": [{"variables": {f"V{n}": "x" for n in range(130)}}],
    "40960": [{"variables": {"A": "x" * 41_000}}],
    "a carriage return": [{"callerid": "a\rb"}, {"account": "a\r"}, {"variables": {"A\r": "1"}}],
    "a line end": [{"data": "a\n", "application": "Wait", "exten": None, "context": None}, {"codecs": ["u", "a\n"]}],
    "a NUL": [{"channelid": "a\0"}, {"variables": {"A": "\0"}}],
}  # fmt: skip


@pytest.mark.parametrize(("words", "bad"), [(words, bad) for words, rows in REFUSED.items() for bad in rows])
def test_what_the_server_would_refuse_or_misread_is_refused(words, bad):
    with pytest.raises(ActionRefused, match=words) as refused:
        request(**{"channel": "PJSIP/100", **WHERE, **bad})
    assert refused.value.action == "Originate"


@pytest.mark.parametrize("ring_timeout", [1, 1.0005, 86_400])
def test_the_time_is_sent_in_whole_milliseconds(ring_timeout):
    assert sent("PJSIP/100", **WHERE, ring_timeout=ring_timeout)["Timeout"] == str(round(ring_timeout * 1000))


def arrives(field: str) -> tuple[str, str]:
    """Read one Variable field as the server does: commas split unless quoted or in brackets, quotes vanish."""
    out, depth, quoted, rest = "", 0, False, iter(field)
    for character in rest:
        if character == "\\":
            out += next(rest, "")
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted and not depth:
            raise AssertionError(f"{field!r} is split")
        else:
            depth += (character in "([") - (character in ")]")
            out += character
    name, _, value = out.partition("=")
    return name, value


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0")))
def test_any_value_arrives_as_it_is(value):
    assert arrives(assignment("NAME", value)) == ("NAME", value)


@pytest.mark.parametrize(("value", "text"), [(True, "1"), (False, "0"), (7, "7"), (2.5, "2.5"), ("", "")])
def test_what_is_no_text_is_written_plainly(value, text):
    assert assignment("A", value) == f"A={text}"


def test_variables_keep_their_order_and_none_is_left_out():
    call = request("PJSIP/100", **WHERE, variables=[("B", 1), ("A", None), ("B", 2), ["_C", "x"]])
    assert [value for name, value in call.fields if name == "Variable"] == ["B=1", "B=2", "_C=x"]
    assert "Variable" not in sent("PJSIP/100", **WHERE, variables={})


# --- what became of it ----------------------------------------------------------------------------------------------

ASKED = request("PJSIP/603@loop", application="Wait", channelid="ours")


def event(name, **headers):
    return Message((("Event", name), *headers.items()))


def ours(name, **headers):
    return event(name, Uniqueid="ours", Channel="PJSIP/loop-00000001", **headers)


def response(reason, word="Failure"):
    return event("OriginateResponse", ActionID=ASKED.actionid, Response=word, Channel="PJSIP/603@loop",
                 Reason=str(reason), Uniqueid="ours")  # fmt: skip


def dialled(name, **headers):
    return event(name, DestUniqueid="ours", DestChannel="PJSIP/loop-00000001", **headers)


NEW, BEGIN = ours("Newchannel"), dialled("DialBegin")
RINGING = dialled("DialState", DialStatus="RINGING")
REQUEST, SOFT = ours("HangupRequest", Cause="17"), ours("SoftHangupRequest", Cause="32")


def end(status):
    return dialled("DialEnd", DialStatus=status)


def hangup(cause):
    return ours("Hangup", Cause=str(cause), **{"Cause-txt": f"cause {cause}"})


# as seen on 16.28 and 22.10; the OriginateResponse stands apart, since it may come anywhere behind DialBegin
SEEN = {
    "a busy signal": ([NEW, BEGIN, end("BUSY"), hangup(0)], 5, "busy", 0),
    "SIP 486": ([NEW, BEGIN, REQUEST, end("BUSY"), hangup(17)], 0, "busy", 17),
    "a congestion signal": ([NEW, BEGIN, end("CONGESTION"), hangup(0)], 8, "congestion", 0),
    "SIP 503": ([NEW, BEGIN, REQUEST, end("CONGESTION"), hangup(34)], 0, "congestion", 34),
    "its time is up, 16": ([NEW, BEGIN, RINGING, hangup(0)], 3, "no answer", 0),
    "its time is up, 22": ([NEW, BEGIN, RINGING, hangup(19)], 3, "no answer", 19),
    "rings out": ([NEW, BEGIN, RINGING, REQUEST, end("NOANSWER"), hangup(19)], 0, "no answer", 19),
    "nobody responds": ([NEW, BEGIN, REQUEST, end("NOANSWER"), hangup(18)], 0, "no answer", 18),
    "SIP 403": ([NEW, BEGIN, REQUEST, end("NOANSWER"), hangup(21)], 0, "rejected", 21),
    "SIP 404": ([NEW, BEGIN, REQUEST, end("NOANSWER"), hangup(1)], 0, "failed", 1),
    "hung up by us": ([NEW, BEGIN, RINGING, end("NOANSWER"), hangup(0)], 0, "cancelled", 0),
    "by us, with a cause": ([NEW, BEGIN, RINGING, end("NOANSWER"), hangup(21)], 0, "cancelled", 21),
    "by the CLI": ([NEW, BEGIN, RINGING, SOFT, end("NOANSWER"), hangup(0)], 0, "cancelled", 0),
    "no such Local extension": ([NEW, hangup(0)], 0, "failed", 0),
}


def orders(events, answer):
    """Give the sequences with the response behind each event from the second on."""
    for place in range(min(2, len(events)), len(events) + 1):
        yield [*events[:place], answer, *events[place:]]


@pytest.mark.parametrize("what", SEEN)
def test_each_sequence_of_events_has_its_outcome_wherever_the_response_stands(what):
    events, reason, outcome, cause = SEEN[what]
    for sequence in orders(events, response(reason)):
        tracker = CallTracker(ASKED)
        for at, one in enumerate(sequence):
            assert not tracker.is_over, (what, at)
            tracker.feed(one)
        assert tracker.is_over
        call = tracker.result()
        assert (call.accepted, call.outcome, call.reason, call.cause) == (True, outcome, reason, cause)
        assert call.cause_txt == f"cause {cause}"
        assert call.channel == "PJSIP/loop-00000001"


@pytest.mark.parametrize("what", SEEN)
def test_a_synchronous_request_has_no_response_and_the_same_outcome(what):
    events, _, outcome, cause = SEEN[what]
    tracker = CallTracker(ASKED)
    tracker.finish_request(is_answered=False)
    for one in events:
        assert not tracker.is_over
        tracker.feed(one)
    assert tracker.is_over
    call = tracker.result()
    assert (call.outcome, call.reason, call.cause) == (outcome, None, cause)


def test_a_response_that_overtakes_the_channel_is_not_the_end(monkeypatch):
    """OriginateResponse does not wait in line: a channel of which nothing was heard yet may still tell more."""
    clock = iter(itertools.count(100.0, 0.1))
    monkeypatch.setattr("amiframe.client.call_tracker.time.monotonic", lambda: next(clock))
    tracker = CallTracker(ASKED)
    assert not tracker.is_settling
    tracker.feed(response(0))
    assert tracker.is_settling
    assert not tracker.is_over
    tracker.feed(NEW)
    assert not tracker.is_settling
    for one in (BEGIN, REQUEST, end("BUSY")):
        tracker.feed(one)
    assert not tracker.is_over
    tracker.feed(hangup(17))
    assert tracker.is_over
    assert tracker.result().outcome == "busy"


@pytest.mark.parametrize("is_async", [True, False])
def test_a_call_that_never_had_a_channel_failed(monkeypatch, is_async):
    now = [100.0]
    monkeypatch.setattr("amiframe.client.call_tracker.time.monotonic", lambda: now[0])
    tracker = CallTracker(ASKED)
    if is_async:
        tracker.feed(response(0))
    else:
        tracker.finish_request(is_answered=False)
    assert not tracker.is_over
    now[0] += 1
    assert tracker.is_over
    call = tracker.result()
    assert (call.outcome, call.cause) == ("failed", None)
    assert call.channel == ("PJSIP/603@loop" if is_async else None)


def test_a_call_that_is_answered_and_hung_up_at_once_was_answered():
    for sequence in itertools.permutations([NEW, end("ANSWER"), response(4, "Success"), hangup(0)]):
        tracker = CallTracker(ASKED)
        for one in sequence:
            tracker.feed(one)
        assert tracker.is_over
        assert (tracker.result().outcome, tracker.result().reason) == ("answered", 4)


def test_an_answered_request_that_lasted_is_over_when_its_channel_has_a_name():
    tracker = CallTracker(ASKED)
    tracker.finish_request(is_answered=True)
    assert not tracker.is_over
    tracker.feed(NEW)
    assert tracker.is_over
    assert (tracker.result().outcome, tracker.result().channel) == ("answered", "PJSIP/loop-00000001")


def test_without_a_response_nothing_is_known():
    for events, *_ in SEEN.values():
        tracker = CallTracker(ASKED)
        for one in events:
            tracker.feed(one)
        assert not tracker.is_over
        assert tracker.result().outcome == "pending"


def test_events_of_other_calls_do_not_count():
    tracker = CallTracker(ASKED)
    for one in (
        event("OriginateResponse", ActionID="other", Response="Success", Reason="4", Uniqueid="ours", Channel="X/1-1"),
        event("Newchannel", Uniqueid="ours;2", Channel="X/1-1"),
        event("Hangup", Uniqueid="other", Channel="X/1-1", Cause="17"),
        event("DialBegin", Uniqueid="other", DestUniqueid="another"),
        event("Newchannel"),
    ):
        tracker.feed(one)
    assert not tracker.is_over
    assert tracker.result().channel is None
    assert tracker.result().outcome == "pending"


def test_odd_numbers_in_events_break_nothing():
    tracker = CallTracker(ASKED)
    for one in (NEW, BEGIN, REQUEST, ours("Hangup", Cause="٣"), response("x")):
        tracker.feed(one)
    assert tracker.is_over
    assert (tracker.result().outcome, tracker.result().reason, tracker.result().cause) == ("failed", None, None)


def test_a_hangup_cause_means_the_same_to_a_tracked_call_and_to_an_event_log():
    """Cause 20 was "failed" to one and "no answer" to the other: each had a table of its own."""
    for cause in (17, 18, 19, 20, 21, 34, 38, 41, 42, 44, 1, 3, 27, 28):
        tracker = CallTracker(ASKED)
        for one in (NEW, BEGIN, REQUEST, end("NOANSWER"), hangup(cause), response(0)):
            tracker.feed(one)
        assert tracker.result().outcome == outcome_of_cause(cause), cause
