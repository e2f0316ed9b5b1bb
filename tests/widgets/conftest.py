"""Widgets without a browser, on an embedded PBX of the test's own."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import ipywidgets as ipw
import pytest
from amf_widgets import CANARY, ours

from amiframe.demo.server import Demo, users
from amiframe.widgets._base import auto_refresh
from amiframe.widgets.events import event_buffer, monitor


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo(users(secret=CANARY)) as pbx:
        yield pbx


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Whatever a test opened it has closed: no thread, no widget."""
    yield
    if ours() or ipw.widgets.widget._instances:
        gc.collect()
    assert ours() == []
    assert list(ipw.widgets.widget._instances.values()) == []


@pytest.fixture(autouse=True)
def fast_timeouts(request, monkeypatch) -> None:
    """Ask and draw more often than a user needs; a test with the mark slow runs in real time."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(event_buffer, "POLL_S", 1.2)
        monkeypatch.setattr(event_buffer, "EARLY_S", 0.7)
        monkeypatch.setattr(monitor, "DRAW_S", 0.1)
        monkeypatch.setattr(auto_refresh, "MIN_PAUSE_S", 0.05)


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """All that the kernel's side sends to the page, as text."""
    from comm import base_comm

    messages: list[str] = []
    kept = base_comm.BaseComm.publish_msg if hasattr(base_comm.BaseComm, "publish_msg") else None
    assert kept is not None

    import comm

    kind = type(comm.create_comm(target_name="amf-test"))
    monkeypatch.setattr(kind, "publish_msg", lambda self, *args, **more: messages.append(repr((args, more))))
    return messages
