"""The one embedded PBX of this process, behind ``connect("demo")``: begun when first asked for, closed at exit."""

from __future__ import annotations

import atexit
import threading

from amiframe.demo.server import Demo
from amiframe.errors import ConfigError
from amiframe.settings import Secret

NAME = "demo"
_lock = threading.Lock()
_running: list[Demo] = []


def running() -> Demo:
    """Return the embedded PBX of this process."""
    with _lock:
        if not _running:
            _running.append(Demo())
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
    """End it; the next one who asks gets a new one."""
    with _lock:
        while _running:
            _running.pop().close()
