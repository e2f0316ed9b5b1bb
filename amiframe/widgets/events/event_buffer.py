"""Live events as a monitor keeps them: the last ones, how many came, where some may be missing."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from amiframe import frames
from amiframe.client import Pbx
from amiframe.client.event_stream import EventBatch, EventStream, Gap
from amiframe.privacy.dtmf import blanked
from amiframe.widgets.events.event_filter import Entry, EventFilter, EventLine, MissingEvents, event_line

RATE_S = 10.0
"""The rate is that of so many last seconds."""

POLL_S = 2.5  # how long a question for events may last: so quick is Stop
EARLY_S = 1.5  # an empty answer that came earlier tells of an event that the account may not see


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is in a buffer, and what there was.

    Parameters
    ----------
    received, kept, shown, fallen : int
        Events that came, that are in the buffer, that the filter lets through, that fell out of the buffer.
    gaps : int
        How often events may be missing, since listening began.
    """

    received: int = 0
    kept: int = 0
    shown: int = 0
    fallen: int = 0
    gaps: int = 0


@dataclass
class EventBuffer:
    """The last events, in their order, and those of them that a filter lets through. Safe to share between threads.

    Parameters
    ----------
    keep : int
        How many events and gaps are kept; the oldest go first.
    digits : bool
        Keep the digits that callers pressed.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from amiframe.wire.message import Message
    >>> buffer = EventBuffer(keep=2)
    >>> buffer.add(EventBatch(tuple(Message((("Event", name),)) for name in "abc"), datetime.now(UTC)))
    >>> [line.name for line in buffer.lines()], buffer.counts.fallen
    (['b', 'c'], 1)
    """

    keep: int
    digits: bool = False
    event_filter: EventFilter = field(default_factory=EventFilter)
    _entries: deque[Entry] = field(default_factory=deque)
    _rows: deque[Entry] = field(default_factory=deque)
    _ids: frozenset[str] = frozenset()
    _count: int = 0
    _gaps: int = 0
    _fallen: int = 0
    _came: deque[tuple[float, int]] = field(default_factory=deque)
    _lock: Any = field(default_factory=threading.RLock, repr=False)

    def add(self, batch: EventBatch) -> None:
        """Take what one answer brought."""
        with self._lock:
            if batch.gap:
                self._add_gap(batch.gap)
            for message in batch.events if self.digits else blanked(batch.events):
                line = event_line(self._count, message, batch.received)
                self._count += 1
                self._entries.append(line)
                self._sift(line)
            if batch.events:
                self._came.append((time.monotonic(), len(batch.events)))
            self._let_fall()

    def _add_gap(self, gap: Gap) -> None:
        last = self._entries[-1] if self._entries else None
        if isinstance(last, MissingEvents) and last.gap.start == gap.start:  # the same one, which goes on
            self._entries[-1] = self._rows[-1] = MissingEvents(gap)
            return
        self._gaps += 1
        self._entries.append(MissingEvents(gap))
        self._rows.append(self._entries[-1])

    def _let_fall(self) -> None:
        while len(self._entries) > self.keep:
            fallen = self._entries.popleft()
            self._fallen += isinstance(fallen, EventLine)
            if self._rows and self._rows[0] is fallen:
                self._rows.popleft()

    def _sift(self, line: EventLine) -> None:
        if self.event_filter.call:
            if line.ids.isdisjoint(self._ids):
                return
            if not line.ids <= self._ids:  # what came before may belong to it, too
                self.apply(self.event_filter)
                return
        if self.event_filter.matches(line):
            self._rows.append(line)

    def apply(self, event_filter: EventFilter) -> None:
        """Filter the events by this."""
        with self._lock:
            self.event_filter = event_filter
            self._ids = related(self.lines(), event_filter.call) if event_filter.call else frozenset()
            self._rows = deque(
                entry
                for entry in self._entries
                if isinstance(entry, MissingEvents)
                or ((not event_filter.call or not entry.ids.isdisjoint(self._ids)) and event_filter.matches(entry))
            )

    @property
    def counts(self) -> Counts:
        """How many there are."""
        with self._lock:
            shown = sum(isinstance(row, EventLine) for row in self._rows)
            return Counts(self._count, self._count - self._fallen, shown, self._fallen, self._gaps)

    def rate(self, since: float) -> float:
        """Return events per second of the last seconds, or since this moment (of ``time.monotonic``)."""
        now = time.monotonic()
        with self._lock:
            while self._came and self._came[0][0] < now - RATE_S:
                self._came.popleft()
            return sum(count for _, count in self._came) / min(RATE_S, max(1.0, now - since))

    def lines(self) -> list[EventLine]:
        """Return the events that are kept."""
        with self._lock:
            return [entry for entry in self._entries if isinstance(entry, EventLine)]

    def rows(self, most: int | None = None) -> list[Entry]:
        """Return what is shown, the newest first; no more than `most`."""
        with self._lock:
            count = len(self._rows) if most is None else min(most, len(self._rows))
            newest = reversed(self._rows)
            return [next(newest) for _ in range(count)]

    def find(self, number: int) -> EventLine | None:
        """Return an event by its number, while it is kept."""
        return next((line for line in self.lines() if line.number == number), None)

    def copy(self) -> EventBuffer:
        """Return one that stands still."""
        with self._lock:
            return EventBuffer(
                self.keep,
                self.digits,
                self.event_filter,
                deque(self._entries),
                deque(self._rows),
                self._ids,
                self._count,
                self._gaps,
                self._fallen,
                deque(self._came),
            )


def related(lines: Sequence[EventLine], call: str) -> frozenset[str]:
    """Return the ids of all channels that have to do with a call: who is named together belongs together."""
    ids = {call}
    while True:
        before = len(ids)
        for line in lines:
            if not ids.isdisjoint(line.ids):
                ids |= line.ids
        if len(ids) == before:
            return frozenset(ids)


def frame(lines: Sequence[EventLine], about: Mapping[str, Any]) -> pd.DataFrame:
    """Return events as :func:`amiframe.read_events` does."""
    builder = frames.event_builder(None)
    for line in lines:
        builder.add(line.message)
    return frames.event_frame(
        builder, about, positions=[line.number for line in lines], received=[line.received for line in lines]
    )


def ladder(lines: Sequence[EventLine], call: str, about: Mapping[str, Any]) -> Any:
    """Draw a call; return the Axes.

    Raises
    ------
    ConfigError
        These events say too little of it: its beginning fell out of the buffer, or was not received.
    """
    from amiframe import plot  # needs matplotlib, which brings a second of waiting

    ids = related(lines, call)
    mine = [line for line in lines if not line.ids.isdisjoint(ids)]
    return plot.call_ladder(frame(mine, about), call)


def listen_events(
    pbx: Pbx, mask: str | None, stop: threading.Event, is_due: Callable[[], bool], opened: Callable[[EventStream], None]
) -> Iterator[tuple[EventBatch, bool, bool]]:
    """Listen on a session of its own until `stop` is set, whatever happens to the PBX.

    Parameters
    ----------
    pbx : Pbx
    mask : str or None
        Event classes, comma-separated.
    stop : threading.Event
    is_due : callable
        Whether a caller waits for the next answer, even an empty one.
    opened : callable
        Called with the stream, so that another thread can cut it.

    Yields
    ------
    tuple of EventBatch, bool, bool
        What an answer brought; whether the PBX is away; whether it had an event that may not be seen.
    """
    with EventStream(pbx.target, mask=mask, patience=float("inf")) as stream:
        opened(stream)
        while not stop.is_set():
            began = time.monotonic()
            wait = 0.0 if is_due() else POLL_S
            batch = next(stream.poll(wait))
            is_early = bool(wait) and time.monotonic() - began < EARLY_S
            yield batch, stream.is_broken, is_early and not (batch.events or batch.gap)


def listening_state(
    before: str, batch: EventBatch, *, is_away: bool, is_silent: bool, hidden: int, mask: str | None
) -> tuple[str, tuple[str, str, str | None] | None]:
    """Return how listening stands, and what the status line says where that has changed: kind, words, hint.

    Parameters
    ----------
    before : str
        How it stood: ``""``, ``listening``, ``away``, ``silent``, ``hidden``.
    batch : EventBatch
    is_away, is_silent : bool
        Whether the PBX does not answer; whether no event has come for long.
    hidden : int
        How often an event came that may not be seen.
    mask : str or None
    """
    gap = batch.gap
    state = "away" if is_away else "listening"
    if is_silent and not is_away:
        state = "hidden" if hidden > 1 else "silent"
    if gap and not is_away:
        is_back = before == "away"
        words = "back again" if is_back else "listening on after a gap"
        span = f"{gap.start:%H:%M:%S}–{gap.end:%H:%M:%S} UTC"
        return state, ("good" if is_back else "warn", f"{words}: events of {span} may be missing", gap.reason)
    if state == before:
        return state, None
    if state == "listening":
        return state, ("good", f"listening since {batch.received:%H:%M:%S} UTC", None)
    if state == "away":
        reason = gap.reason if gap else "the connection is broken"
        return state, ("warn", f"the PBX does not answer: {reason}", "it is asked again until it is back")
    rights = "the account's line in manager.conf: read = call,agent,system,user,… (Doctor tells what it lacks)"
    if state == "silent":
        return state, ("warn", "no event has come yet", f"is the PBX quiet? Else the account may read none; {rights}")
    if mask:
        words = f"the PBX has events, but none of {mask} that this account may read"
        return state, ("warn", words, f"listen to all, or {rights}")
    return state, ("warn", "the PBX has events, but this account may read none of them", rights)
