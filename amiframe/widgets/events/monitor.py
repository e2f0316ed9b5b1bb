"""EventMonitor: events as they come, filtered, paused, kept; a call's ladder when one of its events is picked."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe import frames, schema
from amiframe.client import Pbx
from amiframe.client.event_stream import CLASSES, EventBatch, EventStream, Gap, checked_mask
from amiframe.errors import ConfigError
from amiframe.html import Markup, code_block, element, join, note, plot_image, styled
from amiframe.widgets._base.export_row import ExportRow
from amiframe.widgets._base.idle_timeout import UNATTENDED_S, IdleTimeout
from amiframe.widgets._base.panel import button, column, field, row, show
from amiframe.widgets.connection.panel import ConnectionPanel, PbxPanel
from amiframe.widgets.events import event_buffer, html
from amiframe.widgets.events.event_buffer import EventBuffer
from amiframe.widgets.events.event_filter import EventFilter, EventLine

DRAW_S = 0.5
"""The page is drawn no oftener, however many events come."""

_ROWS = 100
_STATIC_ROWS = 1000
SILENCE_S = 10.0
REDRAW_LADDER_S = 5.0
_DRAWING = threading.Lock()  # matplotlib draws one picture at a time
_WITHIN = "calc(100% - 4px)"  # of a narrow cell, without its margins
_TOO_LITTLE = "This call cannot be drawn: it began before it was listened to, or its beginning fell out of the buffer."


class EventMonitor(PbxPanel):
    """Watch a PBX: events as they come, filtered; pause, rate, gaps; a call drawn when one of its events is picked.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        What to ask: a connection, a ConnectionPanel that others use too, or a target for a panel of its own.
    mask : str, optional
        Event classes that the PBX sends at all, comma-separated (``"call,agent"``). Default: all that the account may
        read.
    keep : int
        How many events are kept; the oldest fall out, and the widget says how many.
    digits : bool
        Show and keep the digits that callers press. By default each is an ``x``: they may be a PIN.
    unattended_s : float, optional
        Seconds without a click after which listening ends; None: never, for a screen on a wall.

    Attributes
    ----------
    events : pandas.DataFrame
        What is kept, as :func:`amiframe.read_events` and :meth:`Pbx.listen` give it.
    shown : pandas.DataFrame
        What the filters let through, all of it, the oldest first.

    Notes
    -----
    It listens on a session of its own: it takes no events from other widgets on the same connection, and they none from
    it. A PBX that goes away is asked again until it is back; a row of the table says what may be missing.

    Examples
    --------
    >>> monitor = EventMonitor("demo", mask="call")
    >>> len(monitor.events)
    0
    >>> monitor.close()
    """

    def __init__(
        self,
        connection: Pbx | ConnectionPanel | str | None = None,
        *,
        mask: str | None = None,
        keep: int = 10_000,
        digits: bool = False,
        unattended_s: float | None = UNATTENDED_S,
    ):
        checked_mask(mask)
        if keep < 1:
            raise ConfigError(f"keep={keep} events are none", hint="1 or more")
        self._buffer = EventBuffer(keep, digits)
        self._paused: EventBuffer | None = None
        self._source: Pbx | None = None
        self._stream: EventStream | None = None
        self._idle_timeout = IdleTimeout(unattended_s)
        self._began = self._drawn = time.monotonic()
        self._ended: datetime | None = None
        self._state, self._is_due, self._is_drawing = "", False, False
        self._picked: EventLine | None = None
        self._ladder = Markup()
        self._ladder_of: frozenset[str] = frozenset()
        self._ladder_at, self._ladder_to, self._ladder_number = 0.0, -1, 0
        self._lock = threading.RLock()
        self._make_parts(mask)
        super().__init__(connection, self._arranged(), title="Events")
        self._draw()

    def _make_parts(self, mask: str | None) -> None:
        small = {"layout": {"width": "20em", "max_width": _WITHIN}}
        self._mask = field(ipw.Text, "listen to", "mask", value=mask or "", placeholder="all, or call,agent,…", **small)
        self._listen = button("Listen", "listen", self._press_listen, style="primary")
        self._pause = button("Pause", "pause", self._press_pause, tip="Let the table stand still; events are kept on")
        late = {"continuous_update": False, **small}
        self._filters = {
            # offered once: new options would wipe out what is being typed
            "event": field(ipw.Combobox, "event", "event", placeholder="Hangup, Dial*, -VarSet", **late,
                           options=sorted(schema.LOGGED)),
            "event_class": field(ipw.Dropdown, "class", "class", **small,
                                 options=[("all", ""), *((name, name) for name in sorted(CLASSES - {"all"}))]),
            "channel": field(ipw.Text, "channel", "channel", placeholder="PJSIP/101", **small),
            "call": field(ipw.Text, "call", "call", placeholder="id of a call or channel", **late),
            "text": field(ipw.Text, "text", "text", placeholder="anywhere: a number, a name", **small),
        }  # fmt: skip
        for part in (self._mask, *self._filters.values()):
            part.style.description_width = "5em"
        self._filters["event"].layout.width = "28em"
        for part in self._filters.values():
            part.observe(lambda _: self._filter(), "value")
        self._mask.observe(lambda _: self._draw(), "value")
        self._figures, self._table, self._detail, self._code = (ipw.HTML() for _ in range(4))
        self._pick = field(ipw.Text, "picked", "pick")
        self._pick.observe(self._take_pick, "value")
        self._hidden = ipw.Box([self._pick])
        show(self._hidden, False)
        self._only = button("Only this call", "only", self._press_only, tip="Show only events of the call below")
        self._leave = button("Close", "leave", self._press_leave, tip="Close the event below")
        self._what = field(ipw.Dropdown, "of", "what", options=[("what is shown", "shown"), ("all kept", "events")])
        self._what.style.description_width, self._what.layout.width = "2em", "12em"
        self._export = ExportRow(self, self._exported, self._what, example="events")
        self._export.file.style.description_width, self._export.file.layout.width = "5em", "20em"
        self._export.file.layout.max_width = _WITHIN

    def _arranged(self) -> list[Any]:
        self._details = column(row(self._only, self._leave), self._detail)
        return [
            row(self._mask, self._listen, self._pause),
            row(*self._filters.values()),
            self._figures,
            self._table,
            self._hidden,
            self._details,
            self._export,
            self._code,
        ]

    # --- listening ---------------------------------------------------------------------------------------------------

    def _press_listen(self) -> None:
        self._idle_timeout.touch()
        try:
            mask = self._mask.value.strip() or None
            checked_mask(mask)
        except ConfigError as error:
            self._show_error(error)
            return
        self._ask("listen", partial(self._run_listen, mask=mask), busy="logging in …")

    def _run_listen(self, pbx: Pbx, stop: threading.Event, mask: str | None) -> None:
        """Take what comes until it is stopped; draw it now and then."""
        self._begin(pbx)
        before, hidden, has_begun = self._buffer.counts.received, 0, False
        try:
            for batch, is_away, is_hidden in event_buffer.listen_events(
                pbx, mask, stop, lambda: self._is_due, self._set_stream
            ):
                if self._is_closed:
                    break
                self._take(batch)
                has_begun = True
                if self._panel:
                    self._panel.set_answering(not is_away)
                hidden += is_hidden
                self._state, message = event_buffer.listening_state(
                    self._state, batch, is_away=is_away, hidden=hidden, mask=mask,
                    is_silent=self._buffer.counts.received == before and time.monotonic() - self._began > SILENCE_S,
                )  # fmt: skip
                if message:
                    self._show_status(*message)
                self._is_due = self._is_due or bool(batch.events or batch.gap)
                if not self._is_due or time.monotonic() - self._drawn >= DRAW_S:
                    self._draw()
                    self._is_due = False
                if self._idle_timeout.has_expired:
                    self._show_status("", f"listening has ended: {self._idle_timeout.reason}", "press Listen to go on")
                    break
        finally:
            self._stream, self._state = None, ""
            if has_begun:
                self._ended = datetime.now(UTC)
            self._draw()

    def _set_stream(self, stream: EventStream) -> None:
        self._stream = stream

    def _interrupt(self) -> None:
        stream = self._stream
        if stream:
            stream.cut()

    def _begin(self, pbx: Pbx) -> None:
        with self._lock:
            before = self._source
            if before and _account(before) != _account(pbx):  # what was kept is another PBX's
                self._buffer = EventBuffer(self._buffer.keep, self._buffer.digits, self._buffer.event_filter)
                self._paused = self._ended = None
                self._press_leave()
            self._source = pbx
            self._began = time.monotonic()
            self._is_due = True

    def _take(self, batch: EventBatch) -> None:
        if self._ended:  # it is the first answer of a new session
            self._buffer.add(
                EventBatch((), batch.received, Gap(self._ended, datetime.now(UTC), "nobody listened here"))
            )
            self._ended = None
        self._buffer.add(batch)

    def _connected(self) -> None:
        if self._panel and self._panel.pbx is None:
            self._jobs.stop("listen")

    # --- looking -----------------------------------------------------------------------------------------------------

    @property
    def events(self) -> pd.DataFrame:
        """What is kept."""
        return event_buffer.frame(self._buffer.lines(), self._about())

    @property
    def shown(self) -> pd.DataFrame:
        """What the filters let through."""
        return event_buffer.frame(
            [line for line in reversed(self._shown_buffer().rows()) if isinstance(line, EventLine)], self._about()
        )

    def _about(self) -> Mapping[str, Any]:
        counts = self._buffer.counts
        if self._source:
            return self._source.about_events(not counts.gaps and not counts.fallen)
        return frames.about(action="WaitEvent")

    def _shown_buffer(self) -> EventBuffer:
        return self._paused or self._buffer

    def _press_pause(self) -> None:
        self._idle_timeout.touch()
        with self._lock:
            self._paused = None if self._paused else self._buffer.copy()
        self._draw()

    def _filter(self) -> None:
        self._idle_timeout.touch()
        event_filter = EventFilter(**{name: (part.value or "").strip() for name, part in self._filters.items()})
        with self._lock:
            for buffer in filter(None, (self._buffer, self._paused)):
                buffer.apply(event_filter)
        self._draw()

    def _draw(self) -> None:
        with self._lock:
            self._drawn = time.monotonic()
            self._listen.disabled = bool(self._state)
            self._pause.description = "Go on" if self._paused else "Pause"
            self._pause.button_style = "warning" if self._paused else ""
            self._figures.value = styled(self._figures_html())
            self._table.value = styled(self._table_html(_ROWS))
            self._detail.value = styled(self._detail_html())
            show(self._details, self._picked is not None)
            show(self._only, bool(self._picked and self._picked.call))
            self._code.value = styled(code_block(self.code()))
            self._refresh_ladder(self._shown_buffer())

    def _figures_html(self) -> Markup:
        live, paused = self._buffer.counts, self._paused
        rate = self._buffer.rate(self._began) if self._state else 0.0
        came = live.received - paused.counts.received if paused else None
        return html.figures(live, rate, keep=self._buffer.keep, came=came)

    def _table_html(self, most: int, *, is_live: bool = True) -> Markup:
        buffer = self._shown_buffer()
        rows = buffer.rows(most)
        counts, picked = buffer.counts, self._picked.number if self._picked else None
        more = counts.shown - sum(isinstance(line, EventLine) for line in rows)
        empty = "No event yet." if self._state else "No event yet: press Listen."
        if counts.received:
            empty = "The filters let no event through."
        return html.table(rows, picked, is_live=is_live, more=more, empty=empty)

    # --- one event and its call --------------------------------------------------------------------------------------

    def _take_pick(self, change: Any) -> None:
        self._idle_timeout.touch()
        if not change.new:
            return
        line = self._shown_buffer().find(int(change.new)) if change.new.isdecimal() else None
        if line is None:
            self._show_status("warn", "this event has fallen out of the buffer", "Pause lets the table stand still")
            return
        with self._lock:
            if not self._picked or line.call != self._picked.call:
                self._ladder = Markup()
            self._picked = line
            self._ladder_to = -1
        self._draw()

    def _press_only(self) -> None:
        if self._picked:
            self._filters["call"].value = self._picked.call or ""

    def _press_leave(self) -> None:
        self._idle_timeout.touch()
        with self._lock:
            self._picked, self._ladder, self._pick.value = None, Markup(), ""
        self._draw()

    def _refresh_ladder(self, buffer: EventBuffer) -> None:
        """Draw the call of the picked event, when it is new, or when more of it was heard."""
        picked = self._picked
        if self._is_closed or picked is None or not picked.call:
            return
        is_new = self._ladder_to < 0
        if not is_new:
            if self._is_drawing or time.monotonic() - self._ladder_at < REDRAW_LADDER_S:
                return
            later = (line for line in buffer.lines() if line.number >= self._ladder_to)
            if all(line.ids.isdisjoint(self._ladder_of) for line in later):
                return
        self._is_drawing, self._ladder_to = True, buffer.counts.received
        self._ladder_number += 1
        self._do(
            f"ladder-{self._ladder_number}",
            lambda _: self._drawn_ladder(picked, picked.call or "", buffer),
            partial(self._take_ladder, picked),
            discard=partial(self._take_ladder, picked),
        )

    def _drawn_ladder(self, picked: EventLine, call: str, buffer: EventBuffer) -> Markup | None:
        lines = buffer.lines()
        related = event_buffer.related(lines, call)
        with _DRAWING:
            try:
                if self._picked is not picked:  # another one was picked meanwhile, and is drawn by a job of its own
                    return None
                self._ladder_of, self._ladder_at = related, time.monotonic()
                return plot_image(event_buffer.ladder(lines, call, self._about()))
            except ConfigError:
                return note(_TOO_LITTLE)
            finally:
                self._is_drawing = False

    def _take_ladder(self, picked: EventLine, drawn: Markup | None) -> None:
        with self._lock:
            if drawn is not None and self._picked is picked:
                self._ladder = drawn
                self._detail.value = styled(self._detail_html())

    def _detail_html(self) -> Markup:
        picked = self._picked
        if picked is None:
            return Markup()
        below = self._ladder or note("drawing its call …" if picked.call else "This event names no call.")
        return element("div", below, class_="amf-ladder") + html.event(picked)

    # --- code, keeping, static ---------------------------------------------------------------------------------------

    def code(self) -> str:
        """Return what is shown as code."""
        picked = self._picked.call if self._picked else None
        return html.code(self._buffer.event_filter, self._mask.value.strip() or None, picked, self._named())

    def _named(self) -> str:
        """Return what names the PBX on the command line."""
        pbx = self._source or self._given_pbx or (self._panel.pbx if self._panel else None)
        if pbx is None:
            return "-t PROFILE"
        target = pbx.target
        digits = " --digits" if self._buffer.digits else ""
        if target.profile:
            return f"-t {shlex.quote(target.profile)}{digits}"
        return f"-t {shlex.quote(target.url)} -u {shlex.quote(target.username)}{digits}"

    def _exported(self) -> tuple[str, pd.DataFrame]:
        self._idle_timeout.touch()
        name: str = self._what.value
        return name, self.shown if name == "shown" else self.events

    def _body(self) -> Markup:
        return join([
            self._figures_html(),
            html.filter_facts(self._buffer.event_filter),
            self._table_html(_STATIC_ROWS, is_live=False),
            self._detail_html(),
            code_block(self.code()),
        ])  # fmt: skip


def _account(pbx: Pbx) -> tuple[str, str]:
    return pbx.url, pbx.username
