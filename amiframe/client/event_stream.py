"""Live events: one session of its own that waits for them, and says where some may be missing.

Source: WaitEvent of Asterisk's manager over HTTP, measured on 16.28 and 22.10: the server collects events for a session
from its login on and hands all of them to the next WaitEvent; it never waits longer than the session's idle time less
ten seconds; it answers at once, with nothing, when an event came that the account may not see; what it wrote to a
connection that broke is lost; an expired session takes its events with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amiframe.errors import AmiframeError, ConfigError, ConnectError, HTTPStatusError, WaitDisplaced
from amiframe.privacy import dtmf
from amiframe.schema import privileges
from amiframe.settings import Target
from amiframe.transport import Session
from amiframe.transport.session import CLOCK_MARGIN_S, IDLE_LIMIT_S
from amiframe.wire import request
from amiframe.wire.message import WAIT_END, Message

CLASSES = frozenset({*privileges.BY_NAME, "all"})
"""Event classes that a mask may name."""

_LONGEST_WAIT_S = 30
_KEPT_BACK_S = 12  # the server ends a wait ten seconds before the session would expire; two more for the way
_MARGIN_S = 15.0  # the answer may be late by this much before we call the connection dead
_INTERVAL_S = 0.2  # least time between two questions: on a busy PBX each would be answered at once
_RETRY_S = 1.0
_WAY_S = 0.25  # an answer may have been on its way for so long: what happened since then is not in it


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which events may be missing.

    Parameters
    ----------
    start, end : datetime
        Start: shortly before the last response. End: from here on no events are missing. Aware, UTC.
    reason : str
        What happened.
    """

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class EventBatch:
    """What one answer brought: events in the server's order, when they arrived, and the gap before them, if any."""

    events: tuple[Message, ...]
    received: datetime
    gap: Gap | None = None


def checked_mask(mask: str | None) -> str:
    """Return a mask as the server takes it, or say which of its classes does not exist.

    The server takes an unknown class for nothing, so a misspelt mask would silently hide events.

    Examples
    --------
    >>> checked_mask("call, agent"), checked_mask(None)
    ('call,agent', 'on')
    """
    if mask is None:
        return "on"
    names = [name.strip().lower() for name in mask.split(",")]
    unknown = [name for name in names if name not in CLASSES and name != "on"]
    if unknown:
        raise ConfigError(f"no event class {unknown[0]!r}", hint=", ".join(sorted(CLASSES)))
    return ",".join(names)


class EventStream:
    """A session that listens. Use it in a ``with`` block; it logs off at the end, on Ctrl-C too.

    Parameters
    ----------
    target : Target
    mask : str, optional
        Event classes, comma-separated; default all that the account may read.
    patience : float
        Seconds of a broken connection after which it gives up.
    """

    def __init__(self, target: Target, *, mask: str | None = None, patience: float = 300.0):
        self._session = Session(target, events=checked_mask(mask))
        self._target = target
        self._patience = patience
        self._last = datetime.now(UTC)
        self._asked = float("-inf")
        self._broken_since: float | None = None

    def __enter__(self) -> EventStream:
        try:
            self._session.log_in()
        except BaseException:  # Ctrl-C, too
            self._session.close()
            raise
        self._last = datetime.now(UTC)
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def cut(self) -> None:
        """End the question that is on its way, from another thread; the next answer may say that events are missing."""
        self._session.cut()

    @property
    def is_broken(self) -> bool:
        """Whether the last question went without an answer."""
        return self._broken_since is not None

    def poll(self, seconds: float | None = None) -> Iterator[EventBatch]:
        """Give what the server hands out, answer by answer, for so many seconds; an empty answer is given too.

        Raises
        ------
        WaitDisplaced
            Another reader took the queue of this session.
        ConnectError
            The connection was broken for longer than the patience.
        LoginError
            The account was refused, also when it was renewed.
        """
        end = float("inf") if seconds is None else time.monotonic() + seconds
        gap: Gap | None = None
        while True:
            left = end - time.monotonic()
            is_broken = self._broken_since is not None
            # a broken wait is asked for again at once, and what is queued is fetched before the next real wait
            wait = 0 if is_broken or left < 1 else min(self._longest_wait(), left)
            self._pause()
            try:
                gap = self._ready(gap, is_broken=is_broken)
                messages, lost = self._session.wait(
                    request.fields("WaitEvent", {"Timeout": int(wait)}), timeout=wait + _MARGIN_S
                )
            except (ConnectError, HTTPStatusError) as error:  # 404 and 503: a PBX that is starting or stopping
                gap = self._gap(gap, str(error.args[0]))
                self._broken_since = self._broken_since or time.monotonic()
                if time.monotonic() - self._broken_since > self._patience:
                    raise
                if left <= 0:
                    yield EventBatch((), gap.end, gap)
                    return
                if is_broken:  # the first time at once: the server may still write events to the broken connection
                    time.sleep(min(_RETRY_S, self._patience, left))
                continue
            if lost:
                gap = self._gap(gap, "the session expired, was logged off, or the PBX restarted")
                continue
            self._broken_since = None
            if not messages:
                raise self._displaced()
            if is_broken:  # until this answer the broken wait may have taken events
                gap = self._gap(gap, gap.reason if gap else "the connection was broken")
            self._last = datetime.now(UTC) - timedelta(seconds=self._session.idle_s)
            events = tuple(m for m in messages if m.kind != "response" and m.name != WAIT_END)
            yield EventBatch(tuple(dtmf.blanked(events)) if dtmf.are_blanked() else events, self._last, gap)
            gap = None
            if left <= 0:
                return

    def _ready(self, gap: Gap | None, *, is_broken: bool) -> Gap | None:
        """See to it that a session collects with our mask; return the gap up to now, if there is one."""
        if not self._session.is_logged_in:
            self._session.log_in()
            return gap and self._gap(gap, gap.reason)
        if not self._target.is_digest:
            return gap
        # by digest a lost session is reborn without a word, and without a mask: only our own clocks can tell. The one
        # stands still while a machine sleeps, the other may be set
        idle = max(self._session.idle_s, (datetime.now(UTC) - self._last).total_seconds())
        is_expired = idle > (self._session.max_age or IDLE_LIMIT_S) - CLOCK_MARGIN_S
        if not (is_expired or is_broken):
            return gap
        self._session.mask_again()
        return self._gap(gap, gap.reason if gap else f"nothing was asked for {idle:.0f} s: the session has expired")

    def _longest_wait(self) -> int:
        return max(0, min(_LONGEST_WAIT_S, (self._session.max_age or IDLE_LIMIT_S) - _KEPT_BACK_S))

    def _pause(self) -> None:
        """Keep the least time between two questions; events wait at the server meanwhile."""
        time.sleep(max(0.0, self._asked + _INTERVAL_S - time.monotonic()))
        self._asked = time.monotonic()

    def _gap(self, gap: Gap | None, reason: str) -> Gap:
        """Begin a gap at the last answer, or go on with the one that is open."""
        return Gap(gap.start if gap else self._last - timedelta(seconds=_WAY_S), datetime.now(UTC), reason)

    def _displaced(self) -> AmiframeError:
        return WaitDisplaced(
            "another reader took the events of this session",
            pbx=self._target.url,
            action="WaitEvent",
            hint="does something else use the same session cookie?",
        )
