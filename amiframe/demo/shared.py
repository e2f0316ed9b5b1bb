"""The one embedded PBX of this process, behind ``connect("demo")``: begun when first asked for, closed at exit."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

from amiframe.demo.server import Demo
from amiframe.errors import ConfigError
from amiframe.settings import Secret

NAME = "demo"
_lock = threading.RLock()
_running: list[Demo] = []


def running() -> Demo:
    """Return the embedded PBX of this process."""
    return begin(Demo, anew=False)


def begin(make: Callable[[], Demo], *, anew: bool = True) -> Demo:
    """Make the embedded PBX of this process, in place of the one that runs; or return that one."""
    with _lock:
        if anew:
            close()
        if not _running:
            _running.append(make())
            atexit.register(close)
        return _running[0]


def account(username: str | None) -> tuple[str, str, Secret]:
    """Return address, user and secret; the secret is known here, so that none need be given.

    Raises
    ------
    ConfigError
        There is no such user.
    """
    demo = running()
    name = username or NAME
    if name not in demo.accounts:
        raise ConfigError(f"the demo PBX has no user {name!r}", hint=f"one of {', '.join(demo.accounts)}")
    return demo.url, name, Secret(demo.secret(name))


def close() -> None:
    """End it; the next connection gets a new one."""
    with _lock:
        while _running:
            _running.pop().close()
