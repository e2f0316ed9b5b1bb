"""What the demo PBX is made of: channels, bridges, queues with members and callers, parking places, phones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amiframe.demo.pbx.process import Process


CHANNEL_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}

CAUSES = {
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call Rejected",
    26: "Answered elsewhere",
    34: "Circuit/channel congestion",
    41: "Temporary failure",
    127: "Interworking, unspecified",
}

DEVICE_STATES = {
    "UNKNOWN": (0, "Unknown", 0, "Idle"),
    "NOT_INUSE": (1, "Not in use", 0, "Idle"),
    "INUSE": (2, "In use", 1, "InUse"),
    "UNAVAILABLE": (5, "Unavailable", 4, "Unavailable"),
    "RINGING": (6, "Ringing", 8, "Ringing"),
    "RINGINUSE": (7, "Ring+Inuse", 9, "InUse&Ringing"),
    "ONHOLD": (8, "On Hold", 16, "Hold"),
}
"""A device's state: number in queues, words of an endpoint, number and words of an extension."""

Party = tuple[str, str]
"""Number and name; an empty one is unknown."""


@dataclass(eq=False, slots=True)
class Cdr:
    """One call detail record in the making."""

    channel: Channel
    start: float
    context: str
    exten: str
    answer: float | None = None
    end: float | None = None
    destination: str = ""
    disposition: str = "NO ANSWER"
    app: str = ""
    data: str = ""


@dataclass(eq=False, slots=True)
class Channel:
    """One leg of a call."""

    name: str
    uniqueid: str
    linkedid: str
    created: float
    context: str
    exten: str
    caller: Party = ("", "")
    connected: Party = ("", "")
    state: int = 0
    priority: int = 1
    account: str = ""
    language: str = "en"
    device: str = ""
    dnid: str = ""
    application: str = ""
    data: str = ""
    bridge: Bridge | None = None
    answered: float | None = None
    variables: dict[str, str] = field(default_factory=dict)
    on_hold: bool = False
    ending: int | None = None  # cause of the hangup that somebody asked for
    moved_to: tuple[str, str, int] | None = None  # context, exten, priority where somebody sent it
    gone: bool = False
    tech_cause: str = ""
    twin: Channel | None = None  # the other half of a Local channel
    cdrs: list[Cdr] = field(default_factory=list)
    watchers: list[Process] = field(default_factory=list)
    on_answer: Callable[[], None] | None = None
    version: int = 0  # counts the changes, so that a rendered snapshot can be kept
    rendered: dict[str, tuple[int, tuple[tuple[str, str], ...]]] = field(default_factory=dict)

    @property
    def is_leaving(self) -> bool:
        """Whether it has to leave what it is doing: somebody hung it up, or sent it elsewhere."""
        return self.gone or self.ending is not None or self.moved_to is not None


@dataclass(eq=False, slots=True)
class Bridge:
    """Where channels meet."""

    uniqueid: str
    kind: str
    technology: str
    creator: str
    name: str
    channels: list[Channel] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Member:
    """One agent in one queue."""

    queue: str
    name: str
    interface: str
    membership: str
    login: float
    penalty: int = 0
    calls_taken: int = 0
    last_call: int = 0
    last_pause: int = 0
    in_call: bool = False
    paused: bool = False
    reason: str = ""
    reserved: bool = False  # a caller is ringing it
    not_before: float = 0.0  # when it may be called again after it did not answer


@dataclass(eq=False, slots=True)
class Caller:
    """One caller who waits in a queue."""

    channel: Channel
    joined: float
    first_position: int
    ringing: bool = False


@dataclass(eq=False, slots=True)
class Queue:
    """One queue and its counters."""

    name: str
    strategy: str
    service_level: int
    timeout: int
    ring: int
    wrapup: int
    members: list[Member] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    completed: int = 0
    completed_in_level: int = 0
    abandoned: int = 0
    abandoned_in_level: int = 0
    hold_time: int = 0
    talk_time: int = 0


@dataclass(eq=False, slots=True)
class Parked:
    """One parked call."""

    channel: Channel
    space: int
    since: float
    parker: str
    timeout: int = 45
    taken: bool = False  # another phone has it now


@dataclass(eq=False, slots=True)
class Endpoint:
    """One PJSIP endpoint with its contact."""

    name: str
    number: str
    person: str
    uri: str
    user_agent: str = "Demo Phone 1.0"
    reachable: bool = True
    round_trip: int = 0
    is_steady: bool = False  # its round trip is always the same
    channels: list[Channel] = field(default_factory=list)
