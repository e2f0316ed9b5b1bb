"""The recorded stories: one call each, from real Asterisk 16 and 22, and what the person who made it says of it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pandas as pd

import amiframe as af

LOGS = Path(__file__).with_name("logs")
VERSIONS = ("16", "22")

Row = dict[str, Any]


@functools.cache
def events(version: str, story: str) -> pd.DataFrame:
    return af.read_events(LOGS / version / f"{story}.txt.gz")


def talk(by: str, ring: float, talk: float, hungup_by: str, **more: Any) -> Row:
    """A call that a person answered; seconds as the script meant them."""
    return {
        "disposition": "answered",
        "reached": "person",
        "answered_by": by,
        "ring_s": ring,
        "talk_s": talk,
        "hungup_by": hungup_by,
        "transfers": 0,
        **more,
    }


def unanswered(disposition: str, ring: float, hungup_by: str, **more: Any) -> Row:
    """A call that nobody answered."""
    return {
        "disposition": disposition,
        "reached": None,
        "answered_by": None,
        "answered": None,
        "ring_s": ring,
        "talk_s": 0.0,
        "hungup_by": hungup_by,
        **more,
    }


def taken(reached: str, talk: float, hungup_by: str, **more: Any) -> Row:
    """A call that only the PBX answered."""
    return {
        "disposition": "answered",
        "reached": reached,
        "answered_by": None,
        "ring_s": 0.0,
        "talk_s": talk,
        "hungup_by": hungup_by,
        **more,
    }


_WAITED = {"disposition": "answered", "reached": "queue", "hungup_by": "caller", "queues": ["t01"]}

# story: (what happened, the calls of the log)
CALLS: dict[str, tuple[str, list[Row]]] = {
    "caller_hangs_up": (
        "5550101 dials 101, who answers after half a second; they talk, the caller hangs up",
        [
            talk(
                "PJSIP/101",
                0.5,
                1.2,
                "caller",
                caller="5550101",
                callername="Анна Caller",
                dialed="101",
                legs=2,
                cause=16,
            )
        ],
    ),
    "callee_hangs_up": ("the same, but 101 hangs up", [talk("PJSIP/101", 0.5, 1.2, "callee")]),
    "hung_up_by_admin": ("the same, but an administrator ends it", [talk("PJSIP/101", 0.5, 1.2, "pbx")]),
    "busy": ("101 is busy (SIP 486)", [unanswered("busy", 0.3, "callee", cause=17)]),
    "rejected": ("101 presses Decline (SIP 603)", [unanswered("rejected", 0.3, "callee", cause=21)]),
    "no_answer": ("101 rings for two seconds", [unanswered("no answer", 2.0, "pbx", dialed="3101")]),
    "cancelled": ("the caller gives up after 1.2 seconds of ringing", [unanswered("cancelled", 1.2, "caller")]),
    "unknown_number": (
        "the dialplan dials a phone that does not exist",
        [unanswered("failed", 0.0, "pbx", cause=3, legs=1)],
    ),
    "menu_then_nobody": (
        "an announcement answers, then 101 rings for two seconds and nobody answers",
        [taken("application", 3.5, "pbx", dialed="4201")],
    ),
    "menu_then_busy": (
        "an announcement answers, then 101 is busy: the PBX ends the call",
        [taken("application", 1.8, "pbx", dialed="4101")],
    ),
    "ring_all": (
        "three phones ring together, 102 answers and hangs up: one call",
        [talk("PJSIP/102", 0.5, 1.2, "callee", dialed="5010203", legs=4)],
    ),
    "hunt": (
        "101 rings for two seconds, then 102, who answers",
        [talk("PJSIP/102", 2.5, 1.2, "caller", dialed="60102", legs=3)],
    ),
    "forked": (
        "two Local channels ring two phones; 102 answers",
        [talk("PJSIP/102", 0.5, 2.0, "caller", dialed="70102", legs=7)],
    ),
    "optimised_away": (
        "a Local channel leads to 101 and is optimised away once they talk",
        [talk("PJSIP/101", 0.5, 2.0, "callee", dialed="7101", legs=4)],
    ),
    "blind_transfer": (
        "101 answers and transfers the caller to 102 (REFER); the caller hangs up",
        [talk("PJSIP/101", 0.5, 2.9, "caller", transfers=1, legs=3)],
    ),
    "blind_transfer_by_caller": (
        "104 calls 101 and transfers it to 102, who hangs up",
        [talk("PJSIP/101", 0.5, 2.9, "callee", caller="104", transfers=1)],
    ),
    "attended_transfer": (
        "101 answers, calls 102, and puts the two together: two calls of two ids become one",
        [talk("PJSIP/101", 0.5, 4.1, "callee", caller="5550101", dialed="101", transfers=1, legs=4)],
    ),
    "attended_transfer_by_feature": (
        "the same by Atxfer: 102 is called over a Local channel; the caller hears music meanwhile, and hangs up",
        [talk("PJSIP/101", 0.5, 4.6, "caller", transfers=1, legs=5)],
    ),
    "picked_up": (
        "162 rings, its neighbour 163 picks the call up with *8",
        [talk("PJSIP/163", 0.5, 1.2, "caller", dialed="162", legs=3)],
    ),
    "parked": (
        "101 answers and parks the caller; 102 dials 701, takes the call and hangs up: one call",
        [talk("PJSIP/101", 0.5, 3.9, "callee", legs=3)],
    ),
    "parked_comes_back": (
        "101 parks the caller, nobody takes the call, after two seconds it rings at 101 again",
        [talk("PJSIP/101", 0.5, 4.9, "callee", legs=3)],
    ),
    "conference": (
        "two callers meet in a conference: two calls",
        [
            taken("conference", 1.2, "caller", caller="5550101", legs=1),
            taken("conference", 1.7, "caller", caller="5550102", legs=1),
        ],
    ),
    "on_hold": (
        "101 puts the caller on hold for 1.5 seconds",
        [talk("PJSIP/101", 0.5, 2.5, "caller", hold_s=1.5)],
    ),
    "redirected": (
        "an operator moves the caller from 101 to an announcement, which ends the call",
        [talk("PJSIP/101", 0.5, 3.2, "pbx")],
    ),
    "answered_by_the_dialplan": (
        "a Local channel rings for a second, then the dialplan behind it answers, and hangs up after two",
        [talk("Local/510@main", 1.0, 2.5, "callee", dialed="508", legs=3)],
    ),
    "answered_by_a_machine": (
        "the same, but the dialplan answers at once and plays an announcement: no person",
        [taken("application", 1.9, "pbx", dialed="509", legs=3)],
    ),
    "callee_leaves": (
        "101 hangs up, the dialplan keeps the caller for three seconds and ends the call",
        [talk("PJSIP/101", 0.5, 4.3, "pbx", dialed="4501", legs=2)],
    ),
    "handed_on": (
        "101 hangs up, the dialplan rings 102, who answers after half a second; a second later a time limit ends it",
        [talk("PJSIP/101", 0.5, 2.75, "pbx", dialed="440102", legs=3)],
    ),
    "originated": (
        "a click calls 101, and when it answers 102, who answers and hangs up",
        [talk("PJSIP/102", 1.0, 1.2, "callee", caller="101", callername="Click", dialed="102", legs=2)],
    ),
    "originated_busy": (
        "a click calls 101, who answers; 102 is busy",
        [unanswered("busy", 0.8, "callee", dialed="102", cause=17)],
    ),
    "originated_no_answer": (
        "a click calls 101, who does not answer within two seconds",
        [unanswered("no answer", 2.0, "pbx", dialed="101", legs=1)],
    ),
    "originated_over_local": (
        "a click calls 101 over a Local channel, then 102; 101 hangs up",
        [talk("PJSIP/102", 1.0, 1.2, "caller", caller="101", dialed="102", legs=4)],
    ),
    "queue_answered": (
        "the PBX answers, after half a second the agent rings, answers and hangs up",
        [talk("PJSIP/202", 1.0, 1.2, "callee", dialed="9001", queues=["t01"])],
    ),
    "queue_abandoned": ("the caller hangs up while the agent rings", [_WAITED]),
    "queue_timeout": ("nobody answers within the queue's three seconds", [taken("queue", 3.5, "pbx", queues=["t01"])]),
    "queue_joinempty": ("a queue without agents refuses the caller", [taken("application", 0.5, "pbx", queues=[])]),
    "queue_full": (
        "the first caller waits until he hangs up; the second one is refused, the queue is full",
        [taken("queue", 1.0, "caller", queues=["small"]), taken("application", 0.5, "pbx", queues=[])],
    ),
    "queue_rejecting_agent": (
        "the first agent declines, the second answers; the caller hangs up",
        [talk("PJSIP/203", 1.3, 1.2, "caller", queues=["t01"])],
    ),
    "queue_overflow": (
        "nobody answers in the first queue for three seconds, an agent of the second does",
        [talk("PJSIP/204", 4.0, 1.2, "caller", queues=["t01", "t02"])],
    ),
    "queue_key": ("the caller presses 1 and leaves the queue", [taken("queue", 2.2, "pbx", queues=["keys"])]),
    "queue_leaveempty": (
        "the only agent is paused while she rings: the caller has to leave",
        [taken("queue", 20.5, "pbx", queues=["leaving"])],
    ),
    "queue_agent_transfers": (
        "the agent transfers the caller to a desk; the caller hangs up",
        [talk("PJSIP/202", 1.0, 3.0, "caller", queues=["t01"], transfers=1)],
    ),
}

# story: the visits of its queues
VISITS: dict[str, list[Row]] = {
    "queue_answered": [
        {
            "queue": "t01",
            "outcome": "answered",
            "wait_s": 0.5,
            "ring_s": 0.5,
            "talk_s": 1.2,
            "member": "PJSIP/202",
            "membername": "Agent 202",
            "hungup_by": "callee",
            "attempts": 0,
            "missed_by": [],
            "position": 1,
            "caller": "5550101",
        },
    ],
    "queue_abandoned": [
        {"queue": "t01", "outcome": "abandoned", "hungup_by": "caller", "member": None, "talk_s": None}
    ],
    "queue_timeout": [{"queue": "t01", "outcome": "timeout", "wait_s": 3.0, "hungup_by": None, "attempts": 1}],
    "queue_joinempty": [{"queue": "nobody", "outcome": "joinempty", "wait_s": None, "position": None}],
    "queue_full": [
        {"outcome": "abandoned", "caller": "5550101"},
        {"outcome": "full", "caller": "5550102", "queue": "small"},
    ],
    "queue_rejecting_agent": [
        {
            "outcome": "answered",
            "attempts": 1,
            "missed_by": ["Agent 202"],
            "member": "PJSIP/203",
            "hungup_by": "caller",
        }
    ],
    "queue_overflow": [
        {"queue": "t01", "visit": 1, "outcome": "timeout", "wait_s": 3.0, "attempts": 1, "missed_by": ["Agent 202"]},
        {"queue": "t02", "visit": 2, "outcome": "answered", "member": "PJSIP/204", "wait_s": 0.5},
    ],
    "queue_key": [{"queue": "keys", "outcome": "key", "key": "1"}],
    "queue_leaveempty": [{"queue": "leaving", "outcome": "leaveempty", "attempts": 1}],
    "queue_agent_transfers": [{"outcome": "answered", "talk_s": 1.2, "hungup_by": None, "member": "PJSIP/202"}],
}

# story: its transfers
TRANSFERS: dict[str, Row] = {
    "blind_transfer": {
        "kind": "blind",
        "result": "Success",
        "transferer": "PJSIP/101",
        "transferee": "PJSIP/trunk",
        "target": "102",
        "context": "internal",
    },
    "blind_transfer_by_caller": {
        "kind": "blind",
        "transferer": "PJSIP/104",
        "transferee": "PJSIP/101",
        "target": "102",
    },
    "attended_transfer": {
        "kind": "attended",
        "result": "Success",
        "transferer": "PJSIP/101",
        "transferee": "PJSIP/trunk",
        "target": "PJSIP/102",
        "context": None,
    },
    "attended_transfer_by_feature": {"kind": "attended", "transferer": "PJSIP/101", "target": "Local/102@internal"},
    "queue_agent_transfers": {"kind": "blind", "transferer": "PJSIP/202", "transferee": "PJSIP/trunk", "target": "101"},
}
