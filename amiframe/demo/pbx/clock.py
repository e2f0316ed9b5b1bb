"""The time of the demo PBX: real, faster than real, or standing still."""

from __future__ import annotations

import time


class Clock:
    """Epoch seconds that run `speed` times as fast as real ones.

    Parameters
    ----------
    start : float, optional
        Epoch second at which the clock begins; default the real time.
    speed : float
        1 is live, 3600 an hour in a second, 0 stands still until it is set.

    Examples
    --------
    >>> clock = Clock(1000.0, speed=0)
    >>> clock.advance(5)
    >>> clock.now()
    1005.0
    """

    def __init__(self, start: float | None = None, speed: float = 1.0):
        self._base = time.time() if start is None else float(start)
        self._since = time.monotonic()
        self.speed = speed

    def now(self) -> float:
        """Return the epoch second that it is."""
        return self._base + (time.monotonic() - self._since) * self.speed

    def set(self, epoch: float) -> None:
        """Set the clock; it runs on from there."""
        self._base = float(epoch)
        self._since = time.monotonic()

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds."""
        self.set(self.now() + seconds)
