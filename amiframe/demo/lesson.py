"""The embedded PBX for lessons: it begins at the same moment each time, and its time passes only when asked to.

So a notebook shows the same rows whenever it is run. Another PBX is left as it is: its time passes by itself.
"""

from __future__ import annotations

import time

from amiframe import settings
from amiframe.demo import shared
from amiframe.demo.server import Demo

START = 1_795_510_800.0
"""When lessons begin: 2026-11-24 09:00 UTC, a Tuesday."""

SEED = 16
"""A story in which something is going on at that moment: callers wait, phones ring, agents are at lunch."""

STEP_S = 10.0
"""Seconds that pass during one WaitEvent."""


def held() -> Demo:
    """Return an embedded PBX whose clock stands still except while a client listens."""
    return Demo(start=START, seed=SEED, speed=0, step=STEP_S)


def begin(target: str | None) -> None:
    """Begin the embedded PBX anew, if that is the target; each other target is left as it is.

    Parameters
    ----------
    target : str, optional
        As :func:`amiframe.connect` takes it.

    Examples
    --------
    >>> import amiframe as af
    >>> begin("demo")
    >>> with af.connect("demo") as pbx:
    ...     str(pbx.ping().server_time)
    '2026-11-24 09:00:00+00:00'
    >>> end()
    """
    if settings.profile_name(target) == settings.DEMO:
        shared.begin(held)


def end() -> None:
    """End the lesson: the next connection to ``demo`` gets a PBX whose time passes.

    Examples
    --------
    >>> end()
    """
    shared.close()


def wait(target: str | None, seconds: float) -> None:
    """Let time pass: the embedded PBX's own, at once; with each other target real seconds.

    Parameters
    ----------
    target : str, optional
        As :func:`amiframe.connect` takes it.
    seconds : float
        How many.

    Examples
    --------
    >>> begin("demo")
    >>> wait("demo", 3600)
    >>> end()
    """
    if settings.profile_name(target) != settings.DEMO:
        time.sleep(seconds)
        return
    world = shared.running().world
    with world.lock:
        world.clock.advance(seconds)
        world.advance()
