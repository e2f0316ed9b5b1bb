"""An event as a monitor keeps it, and a choice of events."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache

from amiframe.client.event_stream import Gap
from amiframe.wire.message import Message

NOTHING = frozenset({"", "<unknown>", "(null)", "<null>", "<none>"})
"""Words of the PBX for no value."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event that was heard.

    Parameters
    ----------
    number : int
        Its place in all that was heard, as ``amf_seq``.
    at : datetime
        When it happened by the PBX's clock, else when it arrived.
    received : datetime
    message : Message
    classes, channels : tuple of str
    ids : frozenset of str
        Ids of all channels and calls that it names.
    """

    number: int
    at: datetime
    received: datetime
    message: Message
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    ids: frozenset[str]

    @property
    def name(self) -> str:
        """Name of the event."""
        return self.message.name

    @property
    def call(self) -> str | None:
        """Id of its call, or of its channel where it does not tell the call."""
        named = (self.message.get("Linkedid"), self.message.get("Uniqueid"))
        return next((one for one in (*named, *sorted(self.ids)) if one and one not in NOTHING), None)


@dataclass(frozen=True, slots=True)
class MissingEvents:
    """Where events may be missing."""

    gap: Gap


Entry = EventLine | MissingEvents


def event_line(number: int, message: Message, received: datetime) -> EventLine:
    """Return an event as it is kept.

    Examples
    --------
    >>> pairs = ("Event", "Newstate"), ("Privilege", "call,all"), ("Channel", "PJSIP/1-1"), ("Uniqueid", "1.1")
    >>> made = event_line(0, Message(pairs), datetime(2026, 11, 29, tzinfo=UTC))
    >>> made.classes, made.channels, made.call
    (('call',), ('PJSIP/1-1',), '1.1')
    """
    channels: list[str] = []
    ids: set[str] = set()
    stamp, classes = "", ""
    for name, value in message.pairs:
        kind = "" if value in NOTHING else _kind(name)
        if kind == "id":
            ids.add(value)
        elif kind == "channel":
            channels.append(value)
        elif kind == "time":
            stamp = value
        elif kind == "classes":
            classes = value
    named = tuple(name for name in classes.split(",") if name not in ("", "all"))
    return EventLine(number, _moment(stamp) or received, received, message, named, tuple(channels), frozenset(ids))


@lru_cache(maxsize=4096)
def _kind(header: str) -> str:
    name = header.lower()
    if name.endswith(("uniqueid", "linkedid")):
        return "" if "bridge" in name else "id"
    if name.endswith("channel"):
        return "channel"
    return {"privilege": "classes", "timestamp": "time"}.get(name, "")


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else None
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are shown; what is empty does not choose. Rows of missing events are always shown.

    Parameters
    ----------
    event : str
        Names, comma-separated; ``*`` stands for anything, ``-`` before a name hides it: ``"Dial*, Hangup"``,
        ``"-VarSet, -Newexten"``. Upper or lower case.
    event_class : str
        ``call``, ``agent``, ``system`` ...
    channel : str
        Part of the name of any channel that the event names.
    call : str
        Id of a call, or of one of its channels: all events of that call, merged ones too.
    text : str
        Anywhere in any value.
    """

    event: str = ""
    event_class: str = ""
    channel: str = ""
    call: str = ""
    text: str = ""

    def matches(self, line: EventLine) -> bool:
        """Return whether it lets an event through, as far as the event itself tells: all but its call.

        Examples
        --------
        >>> hangup = event_line(0, Message((("Event", "Hangup"), ("Cause", "16"))), datetime(2026, 11, 29, tzinfo=UTC))
        >>> [EventFilter(event=details).matches(hangup) for details in ("hang*", "-Hangup", "Dial*", "-VarSet", "")]
        [True, False, False, True, True]
        """
        wanted, hidden = patterns(self.event)
        if wanted and not re.fullmatch(wanted, line.name, re.IGNORECASE):
            return False
        if hidden and re.fullmatch(hidden, line.name, re.IGNORECASE):
            return False
        if self.event_class and self.event_class not in line.classes:
            return False
        if self.channel and not any(self.channel.lower() in name.lower() for name in line.channels):
            return False
        text = self.text.lower()
        return not text or any(text in value.lower() for name, value in line.message if _kind(name) != "time")


@cache
def patterns(names: str) -> tuple[str, str]:
    """Return names as two regular expressions: what is shown, what is hidden.

    Examples
    --------
    >>> patterns("Dial*, Hangup, -VarSet")
    ('Dial.*|Hangup', 'VarSet')
    """
    words = [word.strip() for word in names.split(",") if word.strip(" -")]
    hidden = [word.lstrip("- ") for word in words if word.startswith("-")]
    wanted = [word for word in words if not word.startswith("-")]
    return _either(wanted), _either(hidden)


def _either(words: Iterable[str]) -> str:
    return "|".join(".*".join(map(re.escape, word.split("*"))) for word in words)
