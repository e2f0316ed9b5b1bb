"""The world of the demo PBX: its state, its time, and the log of what happened.

Everything happens under one lock and in the order of time: callbacks wait on a heap until the clock has reached them,
and see the moment at which they were due. With a fixed clock and the same seed the same things happen.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.process import Process, Steps
from amiframe.demo.pbx.state import Bridge, Channel, Endpoint, Parked, Queue
from amiframe.wire.message import Message

LOG_SIZE = 200_000
RECORDS = 50_000
_BETWEEN_EVENTS = 0.000041
_UP_SINCE = 1800.0  # seconds before the clock's start at which this PBX was started


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log.

    Parameters
    ----------
    seq : int
        Its number, from 1 on, without gaps.
    time : float
        Epoch seconds.
    classes : frozenset of str
        Its classes without ``all``: an account gets it only if it may read each of them.
    message : Message
        What the server sends.
    """

    seq: int
    time: float
    classes: frozenset[str]
    message: Message


@lru_cache(maxsize=1000)  # names of user events may be many
def _head(event: str, classes: str) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Return the classes and the first headers of an event; the log's events share them, which keeps it small."""
    return frozenset(classes.split(",")), (("Event", event), ("Privilege", f"{classes},all"))


class World:
    """An empty PBX; `amiframe.demo.pbx.scenario.start` brings it to life.

    Parameters
    ----------
    clock : Clock
        Its time.
    seed : int
        Where its chance begins.
    """

    def __init__(self, clock: Clock, seed: int = 1):
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.random = random.Random(seed)  # noqa: S311 -- chance of a story, not of a secret
        self.started = clock.now() - _UP_SINCE
        self.now = self.started
        self.log: deque[Event] = deque(maxlen=LOG_SIZE)
        self.cdr: deque[dict[str, str]] = deque(maxlen=RECORDS)
        self.queue_log: deque[str] = deque(maxlen=RECORDS)
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.queues: dict[str, Queue] = {}
        self.parked: dict[int, Parked] = {}
        self.conferences: dict[str, Bridge] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.hints: dict[str, str] = {}  # extension -> device
        self.device_states: dict[str, str] = {}
        self.globals: dict[str, str] = {}
        self.database: dict[str, str] = {}
        self.accounts: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}  # read and write of each, in their order
        self.httptimeout = 60
        self.calls_processed = 0
        self.dialplan: Callable[[Channel], Steps] | None = None  # what a channel runs that is on its own
        self._seqs = itertools.count(1)
        self._moment = self.now
        self._ids = itertools.count(1)
        self._names = itertools.count(1)
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count(1)

    # --- time ----------------------------------------------------------------------------------------------------

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Call a function at an epoch second."""
        with self.lock:
            heapq.heappush(self._heap, (max(when, self.now), next(self._order), do))

    def next_due(self) -> float | None:
        """Return when something happens next; None when nothing is planned."""
        with self.lock:
            return self._heap[0][0] if self._heap else None

    def advance(self) -> None:
        """Let everything happen that is due at the clock's time, in the order of time."""
        until = self.clock.now()
        with self.lock:
            while self._heap and self._heap[0][0] <= until:
                due, _, do = heapq.heappop(self._heap)
                self.now = max(self.now, due)
                do()
            self.now = max(self.now, until)

    def run(self, steps: Steps) -> None:
        """Run a process from now on."""
        with self.lock:
            Process(self, steps).start()

    # --- the log -------------------------------------------------------------------------------------------------

    def emit(self, event: str, classes: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Write an event to the log and wake those who wait for one."""
        wanted, head = _head(event, classes)
        with self.lock:
            self._moment = max(self.now, self._moment + _BETWEEN_EVENTS)
            message = Message((*head, ("Timestamp", f"{self._moment:.6f}"), *pairs))
            self.log.append(Event(next(self._seqs), self._moment, wanted, message))
            self.changed.notify_all()

    def log_queue(self, uniqueid: str, queue: str, agent: str, event: str, *data: object) -> None:
        """Write a line of queue_log, as Asterisk does."""
        self.queue_log.append("|".join([str(int(self.now)), uniqueid, queue, agent, event, *map(str, data)]))

    # --- names ---------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """Return a new uniqueid."""
        return f"{int(self.now)}.{next(self._ids)}"

    def new_name(self, technology: str, resource: str) -> str:
        """Return a new channel name."""
        return f"{technology}/{resource}-{next(self._names):08x}"

    def new_uuid(self) -> str:
        """Return a new id of a bridge."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
