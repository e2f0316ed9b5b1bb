"""Light on the PBX: one heavy read at a time for each, and a loop without a pause is slowed down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from amiframe.errors import ConnectTimeout
from amiframe.transport.http import Budget

REFRESH_S = 0.25
"""Least time between two answers to the same heavy question, in a loop that has used up its quick ones."""
QUICK = 300
"""Times that a question may be repeated at once: people and comparisons ask a few times, a loop does not end."""


class Throttle:
    """The way of heavy reads to one PBX, which all connections of this process share."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._used: dict[Sequence[tuple[object, object]], tuple[float, float]] = {}  # quick ones used up, and when

    @contextmanager
    def acquire(self, fields: Sequence[tuple[object, object]], budget: Budget) -> Iterator[None]:
        """Let one heavy read go, when no other is on its way; all waiting is part of the budget.

        Raises
        ------
        ConnectTimeout
            The others took all the time.
        """
        if not self._lock.acquire(timeout=max(budget.left, 0)):
            raise ConnectTimeout(
                f"other reads of {self._name} took all of {budget.seconds:g} s",
                hint="one heavy read at a time is sent to a PBX; raise the timeout, or ask less at once",
            )
        try:
            pause = self._count(tuple(pair for pair in fields if pair[0] != "ActionID"))
            time.sleep(max(0.0, min(pause, budget.left / 2)))  # who has little time shall still get an answer
            yield
        finally:
            self._lock.release()

    def _count(self, question: Sequence[tuple[object, object]]) -> float:
        """Count a question; return the seconds that it has to wait."""
        now = time.monotonic()
        left = {asked: (used - (now - at) / REFRESH_S, now) for asked, (used, at) in self._used.items()}
        self._used = {asked: state for asked, state in left.items() if state[0] > 0}  # forgets what is over
        used = self._used.get(question, (0.0, now))[0] + 1
        self._used[question] = (used, now)
        return (used - QUICK) * REFRESH_S


# the one state that connections share: the PBX sees the process, not our objects
_throttles: dict[str, Throttle] = {}
_guard = threading.Lock()


def throttle_of(url: str) -> Throttle:
    """Return the throttle of the host and port of an address."""
    with _guard:
        name = urlsplit(url).netloc
        return _throttles.setdefault(name, Throttle(name))
