"""The base of widgets that look at a PBX again and again, gently."""

from __future__ import annotations

import threading
import time
from typing import Any

import ipywidgets as ipw

from amiframe.client import Pbx
from amiframe.errors import AmiframeError
from amiframe.widgets._base.idle_timeout import Presence
from amiframe.widgets._base.panel import button, field
from amiframe.widgets.connection.panel import PbxPanel
from amiframe.widgets.snapshot import model


class RefreshPanel(PbxPanel):
    """A widget with *Take* and auto-refresh; what it fetches and what it makes of it is its own."""

    def _make_refresh(self, label: str, every: float, unattended_s: float | None) -> None:
        """Make the parts; called before the panel itself is made."""
        self._presence = Presence(unattended_s)
        self._take = button(label, "take", self._press_take, style="primary")
        self._auto = field(ipw.Checkbox, "auto-refresh", "auto", indent=False, layout=ipw.Layout(width="auto"))
        self._every = field(ipw.BoundedFloatText, "every, s", "every", value=every, min=model.MIN_PAUSE_S, max=3600)
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
        self._presence.renew()
        self._ask("take", lambda pbx, _: self._heard(self._fetch, pbx), self._taken, busy="asking …")

    def _taken(self, fetched: Any) -> None:
        self._tell("good", f"taken: {self._receive(fetched)}")

    def _switch_auto(self, change: Any) -> None:
        self._presence.renew()
        if not change.new:
            self._work.stop("refresh")
            return
        self._ask("refresh", self._refresh)
        if not self._work.runs("refresh"):  # not connected
            self._auto.value = False

    def _refresh(self, pbx: Pbx, stop: threading.Event) -> None:
        """Take one look after the other; a PBX that is away is asked more and more seldom, until it is back."""
        failures = 0
        wait = 0.0
        while not stop.wait(wait):
            if self._presence.has_ended:
                self._tell("", f"auto-refresh has ended: {self._presence.told}")
                break
            began = time.monotonic()
            try:
                fetched = self._heard(self._fetch, pbx)
            except AmiframeError as error:
                failures += 1
                self._tell_error(error)
            else:
                if stop.is_set():
                    break
                said = self._receive(fetched)
                self._tell("good", f"{'back again' if failures else 'refreshed'}: {said}")
                failures = 0
            wait = model.pause(self._every.value, time.monotonic() - began, failures)
        self._auto.value = False

    def _press_stop(self) -> None:
        super()._press_stop()
        self._auto.value = False

    def _connected(self) -> None:
        if self._panel and self._panel.pbx is None:
            self._work.stop("refresh")
