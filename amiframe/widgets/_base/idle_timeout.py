"""Whether anybody is there: a page that was closed tells the kernel nothing, so work without an end ends by itself."""

from __future__ import annotations

import time
from numbers import Real

from amiframe.errors import ConfigError
from amiframe.timeutil.durations import format_duration

UNATTENDED_S = 1800.0


class IdleTimeout:
    """When somebody last did something, and after how long nobody is taken to be there.

    Parameters
    ----------
    limit_s : float, optional
        Seconds; None: somebody always is, as before a screen on a wall.

    Raises
    ------
    ConfigError
        The limit is no time.

    Examples
    --------
    >>> presence = IdleTimeout(60)
    >>> presence.has_expired, presence.reason
    (False, 'nobody has clicked for 1 min')
    """

    def __init__(self, limit_s: float | None = UNATTENDED_S):
        if limit_s is not None and not (isinstance(limit_s, Real) and limit_s > 0):
            raise ConfigError(f"unattended_s={limit_s!r} is no time", hint="seconds, or None for a screen on a wall")
        self._limit = limit_s
        self._last = time.monotonic()

    def touch(self) -> None:
        """Note that somebody did something just now."""
        self._last = time.monotonic()

    @property
    def has_expired(self) -> bool:
        """Whether nobody has done anything for too long."""
        return self._limit is not None and time.monotonic() - self._last > self._limit

    @property
    def reason(self) -> str:
        """Why it ends, in words."""
        return f"nobody has clicked for {format_duration(self._limit)}"
