"""What tests of widgets share: they set values and press buttons as the page would, and wait for what comes of it."""

from __future__ import annotations

import threading
import time

from amiframe.demo.server import Demo

CANARY = "canary-7f3a91-Пароль"


def ours() -> list[str]:
    """Give the threads of widgets that run."""
    return [t.name for t in threading.enumerate() if t.name.startswith("amiframe-") and "demo" not in t.name]


def sessions(demo: Demo) -> int:
    """Count the sessions that are logged in at the PBX."""
    every = [*demo.sessions._by_cookie.values(), *demo.sessions._by_digest]
    return sum(session.account is not None for session in every)


def wait_for(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def press(panel, mark: str) -> None:
    """Click the one button with this mark."""
    found = [w for w in walk(panel) if f"amf-{mark}" in getattr(w, "_dom_classes", ())]
    assert len(found) == 1, f"{len(found)} parts are marked {mark}"
    assert not found[0].disabled
    found[0].click()


def part(panel, mark: str):
    found = [w for w in walk(panel) if f"amf-{mark}" in getattr(w, "_dom_classes", ())]
    assert len(found) == 1, f"{len(found)} parts are marked {mark}"
    return found[0]


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def status_text(panel) -> str:
    """Return the HTML of the status line."""
    return panel._status.value
