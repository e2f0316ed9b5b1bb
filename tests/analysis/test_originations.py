"""What became of an originated call: a tracked call and the table of its log agree on every hangup cause."""

from __future__ import annotations

import pytest

import amiframe as af
from amiframe.client.call_tracker import CallTracker
from amiframe.client.origination import request
from amiframe.wire.message import Message

ASKED = request("PJSIP/loop", exten="200", context="outgoing")
CHANNEL = {"Channel": "PJSIP/loop-00000001", "Uniqueid": ASKED.uniqueid, "Linkedid": ASKED.uniqueid}
DEST = {f"Dest{name}": value for name, value in CHANNEL.items()}


def failed(cause: int) -> list[dict[str, str]]:
    """The events of a request that the far end turned down with a cause."""
    return [
        {"Event": "Newchannel", **CHANNEL, "ChannelState": "0", "ChannelStateDesc": "Down"},
        {"Event": "DialBegin", **DEST, "DialString": "loop"},
        {"Event": "HangupRequest", **CHANNEL, "Cause": str(cause)},
        {"Event": "DialEnd", **DEST, "DialStatus": "NOANSWER"},
        {"Event": "Hangup", **CHANNEL, "Cause": str(cause), "Cause-txt": f"cause {cause}"},
        {
            "Event": "OriginateResponse",
            "ActionID": str(ASKED.actionid),
            "Response": "Failure",
            "Channel": "PJSIP/loop",
            "Reason": "0",
            "Uniqueid": str(ASKED.uniqueid),
        },
    ]


@pytest.mark.parametrize("block", range(0, 128, 32))
def test_a_tracked_call_and_its_log_have_the_same_outcome_for_every_cause(block):
    for cause in range(block, block + 32):
        events = failed(cause)
        tracker = CallTracker(ASKED)
        for event in events:
            tracker.feed(Message(list(event.items())))
        text = "".join("".join(f"{name}: {value}\r\n" for name, value in event.items()) + "\r\n" for event in events)
        table = af.originations(af.read_events(text.encode()))
        assert table["outcome"].tolist() == [tracker.result().outcome], cause
