"""ConnectionPanel: which PBX, which account; and the base of every widget that asks one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import ipywidgets as ipw
import pandas as pd

from amiframe import settings
from amiframe.client import Pbx, connect
from amiframe.diagnostics import doctor
from amiframe.errors import AmiframeError, ConfigError, ConnectError
from amiframe.html import Markup, code_block, element, facts, join, styled, table
from amiframe.widgets._base import code_snippet
from amiframe.widgets._base.panel import Panel, PasswordField, button, column, field, row, show
from amiframe.widgets.connection.pbx_summary import PbxSummary, fetch_summary

_T = TypeVar("_T")
_AS_PROFILE = "as the profile says"


class ConnectionPanel(Panel):
    """Connect to a PBX by clicks: a profile or an address, an account, an interface.

    Parameters
    ----------
    target : str, optional
        Address, profile or ``"demo"`` that stands there at first.
    username : str, optional
        Account that stands there at first.
    interface : {"rawman", "mxml", "arawman", "amxml"}, optional
        Interface that is chosen at first.

    Notes
    -----
    Nothing is sent before *Connect* or *Doctor* is pressed. There is no way to give it a password in code: it is typed,
    or comes from where the profile says; it is in no state of the widget, no output, no notebook.

    Examples
    --------
    >>> panel = ConnectionPanel("demo")
    >>> panel.pbx is None
    True
    >>> panel.close()
    """

    def __init__(self, target: str | None = None, *, username: str | None = None, interface: str | None = None):
        self._summary: PbxSummary | None = None
        self._checks: pd.DataFrame | None = None
        self._listeners: list[Callable[[], None]] = []
        self._is_there = True
        self._target = field(
            ipw.Combobox,
            "PBX",
            "target",
            value=target or "",
            options=profiles(),
            placeholder="http://pbx:8088 or a profile",
        )
        self._username = field(ipw.Text, "user", "username", value=username or "", placeholder="as the profile says")
        self._password = field(PasswordField, "password", "password", placeholder="as the profile says")
        self._interface = field(
            ipw.Dropdown, "interface", "interface", options=[_AS_PROFILE, *settings.INTERFACES],
            value=interface or _AS_PROFILE,
        )  # fmt: skip
        self._connect = button("Connect", "connect", self.connect, style="primary")
        self._doctor = button("Doctor", "doctor", self._press_doctor, tip="What is wrong, and which lines cure it")
        self._disconnect = button("Disconnect", "disconnect", self.disconnect)
        self._fields = column(self._target, self._username, self._password, self._interface)
        self._shown = ipw.HTML()
        self._found = ipw.HTML()
        self._code = ipw.HTML()
        super().__init__(
            [self._fields, self._shown, row(self._connect, self._disconnect, self._doctor), self._found, self._code],
            title="Connection",
        )
        for part in (self._target, self._username, self._interface):
            part.observe(lambda _: self._show(), "value")
        self._show()

    @property
    def pbx(self) -> Pbx | None:
        """The connection, once there is one; it is this widget's to close."""
        return self._summary.pbx if self._summary else None

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call this when it was connected or disconnected, from whichever thread saw it.

        Returns
        -------
        callable
            Call it when that is not wanted any more.
        """
        self._listeners.append(callback)

        def remove() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return remove

    def connect(self) -> None:
        """Connect as the fields say; the button *Connect* does this."""
        options = self._options()
        self._do(
            "connect",
            lambda _: _summary(options),
            self._show_connected,
            busy="connecting …",
            discard=lambda summary: summary.pbx.close(),
        )

    def disconnect(self) -> None:
        """Log off and forget the password; the button *Disconnect* does this."""
        self._password.forget()
        self._drop()
        self._show_status("", "disconnected")

    def set_answering(self, is_there: bool) -> None:
        """Show whether the PBX answered whoever asked it last."""
        if is_there != self._is_there:
            self._is_there = is_there
            self._show()

    def _options(self) -> dict[str, Any]:
        interface = self._interface.value
        return {
            "target": self._target.value.strip() or None,
            "username": self._username.value.strip() or None,
            "secret": self._password.secret,
            "interface": None if interface == _AS_PROFILE else interface,
        }

    def _show_connected(self, summary: PbxSummary) -> None:
        self._drop()
        self._summary = summary
        self._is_there = True
        self._checks = None
        self._show_status("good", "connected")
        self._show()
        self._announce()

    def _drop(self) -> None:
        summary, self._summary = self._summary, None
        if summary:
            summary.pbx.close()
            self._show()
            self._announce()

    def _announce(self) -> None:
        for callback in list(self._listeners):  # who hears it may be closed by it
            callback()

    def _press_doctor(self) -> None:
        options = self._options()
        target = self.pbx or options.pop("target")
        self._do(
            "doctor",
            lambda _: doctor(target) if isinstance(target, Pbx) else doctor(target, **options),
            self._take_checks,
            busy="looking at the PBX and the account …",
        )

    def _take_checks(self, checks: pd.DataFrame) -> None:
        self._checks = checks
        wrong = int(checks["ok"].eq(False).sum())
        self._show_status(
            "warn" if wrong else "good", f"{wrong} of {len(checks)} checks need a cure" if wrong else "all is well"
        )
        self._show()

    def _show(self) -> None:
        is_connected = self._summary is not None
        show(self._fields, not is_connected)
        show(self._connect, not is_connected)
        show(self._disconnect, is_connected)
        self._shown.value = styled(self._state())
        self._found.value = styled(checks_table(self._checks)) if self._checks is not None else ""
        self._code.value = styled(code_block(self.code()))

    def _state(self) -> Markup:
        if self._summary is None:
            return element("span", "○ not connected", class_="amf-dot amf-down")
        kind, text = ("up", "● connected") if self._is_there else ("down", "○ does not answer")
        return join([element("span", text, class_=f"amf-dot amf-{kind}"), f" {self._summary.text()}"])

    def code(self) -> str:
        """Return what the fields mean as code; the password is not in it."""
        options = self._options()
        target = options.pop("target")
        options.pop("secret")
        typed = "  # the password: AMIFRAME_SECRET, or the profile" if self._password.secret else ""
        source = code_snippet.call("af.connect", *filter(None, [target]), **options)
        return f"import amiframe as af\n\npbx = {source}{typed}\npbx.info()"

    def _body(self) -> Markup:
        checks = checks_table(self._checks, "none") if self._checks is not None else Markup()
        fields = Markup() if self._summary else facts(
            [("PBX", self._target.value or None), ("user", self._username.value or None),
             ("interface", self._interface.value)], "connection",
        )  # fmt: skip
        return self._state() + fields + checks + code_block(self.code())

    def _end(self) -> None:
        self._listeners.clear()
        self._password.forget()
        self._drop()


def _summary(options: dict[str, Any]) -> PbxSummary:
    pbx = connect(**options)
    try:
        return fetch_summary(pbx)
    except BaseException:
        pbx.close()
        raise


def profiles() -> list[str]:
    """Return the profiles that the files name, and the embedded PBX."""
    try:
        named = {name for file in settings.read_files() for name in file.profiles}
    except AmiframeError:  # Connect says what is wrong with a file; an address needs none
        named = set()
    return sorted({settings.DEMO, *named})


def checks_table(checks: pd.DataFrame, height: str = "16em") -> Markup:
    """Return the doctor's checks as HTML: what needs a cure first."""
    shown = checks.assign(order=checks["ok"].map({False: 0, True: 2}).fillna(1)).sort_values("order", kind="stable")
    shown = shown.assign(ok=checks["ok"].map({True: "✓", False: "✗"}).fillna("?"))
    return table(shown, columns=["ok", "what", "found", "cure"], label="checks", height=height)


class PbxPanel(Panel):
    """A widget that asks a PBX: a connection that is there, a shared ConnectionPanel, or one of its own.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        A string is the target of a ConnectionPanel of its own.
    parts : list of widgets
    title : str
    folded : str, optional
        Fold its own ConnectionPanel away below this title: there is something to see without a PBX.
    """

    def __init__(
        self, connection: Pbx | ConnectionPanel | str | None, parts: list[Any], *, title: str, folded: str = ""
    ):
        self._given_pbx = connection if isinstance(connection, Pbx) else None
        self._own: ConnectionPanel | None = None
        self._panel = connection if isinstance(connection, ConnectionPanel) else None
        if self._given_pbx is None and self._panel is None:
            if connection is not None and not isinstance(connection, str):
                raise ConfigError(
                    f"a {type(connection).__name__} is no connection",
                    hint="a Pbx, a ConnectionPanel, a profile or an address",
                )
            self._own = self._panel = ConnectionPanel(connection)
        above: list[Any] = [self._own] if self._own else []
        self._fold: Any = None
        if above and folded:
            self._fold = ipw.Accordion(above, titles=(folded,), selected_index=None)
            above = [self._fold]
        super().__init__([*above, *parts], title=title)
        self._forget_panel: Callable[[], None] = lambda: None
        if self._panel:
            self._forget_panel = self._panel.on_change(partial(_if_alive, self._connected))

    def _pbx(self) -> Pbx:
        """Return the PBX to ask.

        Raises
        ------
        ConfigError
            Nobody has connected yet.
        """
        pbx = self._given_pbx or (self._panel.pbx if self._panel else None)
        if pbx is None:
            if self._fold:
                self._fold.selected_index = 0
            raise ConfigError("not connected yet", hint="press Connect above")
        return pbx

    def _ask(
        self, what: str, question: Callable[[Pbx, threading.Event], Any], then: Any = lambda _: None, **more: Any
    ) -> None:
        """Ask the PBX something in a thread; without a connection the status line says so."""
        try:
            pbx = self._pbx()
        except ConfigError as error:
            self._show_error(error)
            return
        self._do(what, lambda stop: question(pbx, stop), then, **more)

    def _query(self, question: Callable[[Pbx], _T], pbx: Pbx) -> _T:
        """Ask, and tell the ConnectionPanel whether the PBX answered."""
        try:
            answer = question(pbx)
        except ConnectError:
            if self._panel:
                self._panel.set_answering(False)
            raise
        if self._panel:
            self._panel.set_answering(True)
        return answer

    def _connected(self) -> None:
        """React when somebody has connected, or disconnected."""

    def _end(self) -> None:
        self._forget_panel()
        if self._own:
            self._own.close()


def _if_alive(callback: Callable[[], None]) -> None:
    panel = getattr(callback, "__self__", None)
    if not getattr(panel, "_is_closed", False):
        callback()
