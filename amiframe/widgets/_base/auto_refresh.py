"""The base of widgets that look at a PBX again and again, gently."""

from __future__ import annotations

import threading
import time
from typing import Any

import ipywidgets as ipw

from amiframe.client import Pbx
from amiframe.errors import AmiframeError
from amiframe.widgets._base.idle_timeout import IdleTimeout
from amiframe.widgets._base.panel import button, field
from amiframe.widgets.connection.panel import PbxPanel

MIN_PAUSE_S = 2.0
_SHARE = 10  # a refresh may cost the PBX at most a tenth of its time
_MAX_PAUSE_S = 60.0


class RefreshPanel(PbxPanel):
    """A widget with *Take* and auto-refresh; what it fetches and what it makes of it is its own."""

    def _make_refresh(self, label: str, every: float, unattended_s: float | None) -> None:
        """Make the parts; called before the panel itself is made."""
        self._idle_timeout = IdleTimeout(unattended_s)
        self._take = button(label, "take", self._press_take, style="primary")
        self._auto = field(ipw.Checkbox, "auto-refresh", "auto", indent=False, layout=ipw.Layout(width="auto"))
        self._every = field(ipw.BoundedFloatText, "every, s", "every", value=every, min=MIN_PAUSE_S, max=3600)
        self._every.layout.width = "11em"
        self._every.style.description_width = "4.5em"
        self._auto.observe(self._switch_auto, "value")

    def _fetch(self, pbx: Pbx) -> Any:
        """Ask the PBX; runs in a thread."""
        raise NotImplementedError

    def _receive(self, fetched: Any) -> str:
        """Show what was fetched; return in short what it is."""
        raise NotImplementedError

    def _press_take(self) -> None:
        self._idle_timeout.touch()
        self._ask("take", lambda pbx, _: self._query(self._fetch, pbx), self._taken, busy="asking …")

    def _taken(self, fetched: Any) -> None:
        self._show_status("good", f"taken: {self._receive(fetched)}")

    def _switch_auto(self, change: Any) -> None:
        self._idle_timeout.touch()
        if not change.new:
            self._jobs.stop("refresh")
            return
        self._ask("refresh", self._refresh)
        if not self._jobs.runs("refresh"):  # not connected
            self._auto.value = False

    def _refresh(self, pbx: Pbx, stop: threading.Event) -> None:
        """Take one look after the other; a PBX that is away is asked more and more seldom, until it is back."""
        failures = 0
        wait = 0.0
        while not stop.wait(wait):
            if self._idle_timeout.has_expired:
                self._show_status("", f"auto-refresh has ended: {self._idle_timeout.reason}")
                break
            began = time.monotonic()
            try:
                fetched = self._query(self._fetch, pbx)
            except AmiframeError as error:
                failures += 1
                self._show_error(error)
            else:
                if stop.is_set():
                    break
                said = self._receive(fetched)
                self._show_status("good", f"{'back again' if failures else 'refreshed'}: {said}")
                failures = 0
            wait = pause(self._every.value, time.monotonic() - began, failures)
        self._auto.value = False

    def _press_stop(self) -> None:
        super()._press_stop()
        self._auto.value = False

    def _connected(self) -> None:
        if self._panel and self._panel.pbx is None:
            self._jobs.stop("refresh")


def pause(wanted: float, took: float, failures: int = 0) -> float:
    """Return how long to wait before the next snapshot, so that refreshing stays a small part of what the PBX does.

    Examples
    --------
    >>> pause(1, 0.01), pause(5, 0.01), pause(5, 1.2), pause(5, 0.01, failures=3)
    (2.0, 5.0, 12.0, 40.0)
    """
    least = max(wanted, MIN_PAUSE_S, took * _SHARE)
    return min(least * float(2**failures), max(_MAX_PAUSE_S, least))
