"""OriginateForm: a call filled in, checked, shown as it will be sent, confirmed, watched and hung up."""

from __future__ import annotations

import threading
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.client import Pbx
from amiframe.client.call_tracker import Attempt, attempts_frame, hang_up, watch
from amiframe.client.origination import Origination
from amiframe.errors import ActionRefused
from amiframe.html import (
    Markup,
    check_line,
    code_block,
    details,
    element,
    facts,
    join,
    note,
    status_line,
    styled,
    table,
    warning_lines,
)
from amiframe.widgets._base import code_snippet
from amiframe.widgets._base.panel import Confirmation, button, column, discard, field, row, show
from amiframe.widgets.connection.panel import ConnectionPanel, PbxPanel
from amiframe.widgets.originate.html import progress, sentence
from amiframe.widgets.originate.model import (
    DialplanInfo,
    OriginateFields,
    checked_request,
    fetch_dialplan,
    field_table,
    warnings_for,
)

_EXTENSION, _APPLICATION = "extension", "application"
_SHOWN = ("started", "channel", "target", "stage", "outcome", "ring_s", "talk_s", "cause", "cause_txt", "error")
_CODECS = ("ulaw", "alaw", "ulaw,alaw", "g722", "opus", "g729", "slin")
_AT_MOST = 200  # attempts that are remembered: a form stays open for days


class VariablesTable(ipw.VBox):
    """Channel variables, a row each, with as many rows as are needed."""

    def __init__(self, changed: Any):
        self._changed = changed
        self._rows = ipw.VBox([])
        super().__init__([self._rows, button("Add a variable", "add-variable", self.add)])

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values, those without a name too."""
        return tuple((line.children[0].value, line.children[1].value) for line in self._rows.children)

    def add(self, name: str = "", value: str = "") -> None:
        """Add a row."""
        fit = ipw.Layout(width="12em", max_width="45%")
        parts = [
            ipw.Text(name, placeholder="NAME, _NAME or __NAME", layout=fit),
            ipw.Text(value, placeholder="value", layout=fit),
        ]
        for part, mark in zip(parts, ("variable", "value"), strict=True):
            part.add_class(f"amf-{mark}")
            part.observe(lambda _: self._changed(), "value")
        line = row(*parts)
        line.children = (*parts, button("✕", "remove-variable", lambda: self._remove(line), tip="Remove this variable"))
        self._rows.children = (*self._rows.children, line)
        self._changed()

    def _remove(self, line: Any) -> None:
        self._rows.children = tuple(other for other in self._rows.children if other is not line)
        for part in (*line.children, line):
            discard(part)
        self._changed()


class OriginateForm(PbxPanel):
    """Originate a call by clicks: filled in and checked, confirmed as it will be sent, watched, hung up.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        What to ask: a connection, a ConnectionPanel that others use too, or a target for a panel of its own.
    **given
        What stands in the fields at first, by the names of :meth:`Pbx.originate`; ``variables`` as a mapping.

    Attributes
    ----------
    attempts : pandas.DataFrame
        Every call that was asked for here, one row each:

        ===========  ===================  ====  ==========================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ==========================================================
        started      datetime64[us, UTC]  -     when it was sent
        channel      str                  -     what was rung
        target       str                  -     where the answered channel went
        stage        str                  -     how far it came: ``sent``, ``dialling``, ``ringing``,
                                                ``answered``, ``ended``; ``refused``, ``lost``, ``left``,
                                                ``not sent``
        outcome      str                  -     as :class:`Origination` has it
        ring_s       float64              s     how long it rang
        talk_s       float64              s     how long it was up
        cause        Int64                -     Q.850 cause of its end
        cause_txt    str                  -     the cause in words
        error        str                  -     why it was refused, or is not known
        channelname  str                  -     name of its channel
        uniqueid     str                  -     id of its channel
        actionid     str                  -     id of the request
        ===========  ===================  ====  ==========================================================

    Notes
    -----
    Nothing is sent without *Originate* and the confirmation after it; each confirmation sends one request, once.

    Examples
    --------
    >>> form = OriginateForm("demo", channel="PJSIP/311", exten="312", context="internal")
    >>> len(form.attempts)
    0
    >>> form.close()
    """

    def __init__(self, connection: Pbx | ConnectionPanel | str | None = None, **given: Any):
        names = [field.name for field in fields_of(OriginateFields)]
        unknown = sorted(given.keys() - set(names) - {"to_application"})
        if unknown:
            raise ActionRefused(f"the form has no field {unknown[0]!r}", hint=", ".join(names))
        self._dialplan = DialplanInfo()
        self._shown_fields: OriginateFields | None = None
        self._attempts: list[Attempt] = []
        self._lock = threading.Lock()
        self._fields = _fields()
        self._variables = VariablesTable(self._changed)
        self._check = ipw.HTML()
        self._preview = ipw.HTML()
        self._progress = ipw.HTML()
        self._history = ipw.HTML()
        self._confirmation = Confirmation()
        self._originate = button("Originate …", "originate", self._press_originate, style="primary")
        self._hangup = button("Hang up …", "hangup", self._press_hangup, style="warning")
        self._fetch = button("Load suggestions", "learn", self._press_load, tip="Ask the PBX for phones and contexts")
        f = self._fields
        self._to_exten = column(f["context"], f["exten"], f["priority"])
        self._to_application = column(f["application"], f["data"])
        rare = ("account", "codecs", "earlymedia", "async_", "channelid", "otherchannelid")
        more = ipw.Accordion([self._variables, column(*(f[name] for name in rare))], titles=("Variables", "More"))
        call = row(
            column(f["channel"], f["callerid"], f["ring_timeout"]),
            column(f["to"], self._to_exten, self._to_application),
        )
        call.layout.align_items = "flex-start"
        super().__init__(
            connection,
            [
                row(self._fetch),
                call,
                more,
                self._check,
                self._preview,
                row(self._originate, self._hangup),
                self._confirmation,
                self._progress,
                self._history,
            ],
            title="Originate",
        )
        self._fill(given)
        for part in self._fields.values():
            part.observe(lambda _: self._changed(), "value")
        self._changed()
        self._show_attempt()

    # --- what is filled in -------------------------------------------------------------------------------------------

    def _fill(self, given: dict[str, Any]) -> None:
        for name, value in dict(given.pop("variables", None) or {}).items():
            self._variables.add(str(name), str(value))
        if given.get("application"):
            self._fields["to"].value = _APPLICATION
        for name, value in given.items():
            self._fields[name].value = value if isinstance(value, bool) else str(value)

    @property
    def fields(self) -> OriginateFields:
        """What is filled in."""
        texts = {name: part.value for name, part in self._fields.items() if name != "to"}
        return OriginateFields(
            **texts, to_application=self._fields["to"].value == _APPLICATION, variables=self._variables.pairs
        )

    def _changed(self) -> None:
        if not hasattr(self, "_history"):  # it is being made
            return
        fields = self.fields
        if fields != self._shown_fields:  # suggestions that have come change nothing
            self._confirmation.cancel()  # what was asked about is not what stands here now
        self._shown_fields = fields
        show(self._to_exten, not fields.to_application)
        show(self._to_application, fields.to_application)
        self._suggest(fields)
        if not fields.channel.strip():
            self._check.value = status_line("", "Fill in what shall ring, and where the call goes.")
            self._preview.value, self._originate.disabled = "", True
            return
        try:
            request = checked_request(fields)
        except ActionRefused as error:
            self._check.value = status_line("error", f"✗ {error.args[0]}", error.hint)
            self._preview.value, self._originate.disabled = "", True
            return
        self._check.value = check_line(warnings_for(fields, self._dialplan))
        self._originate.disabled = self._jobs.runs("call")
        self._preview.value = styled(
            details("what will be sent", _as_table(request, is_sent=False), kind="amf-preview"),
            code_block(self.code()),
        )

    def _suggest(self, fields: OriginateFields) -> None:
        known, f = self._dialplan, self._fields
        _offer(f["channel"], known.channels)
        _offer(f["context"], known.extensions)
        _offer(f["exten"], known.extensions.get(fields.context.strip(), ()))
        _offer(f["application"], known.applications)

    def code(self) -> str:
        """Return the call as code."""
        try:
            arguments = self.fields.arguments()
        except ActionRefused as error:
            return f"# {error.args[0]}"
        return code_snippet.call("call = pbx.originate", arguments.pop("channel"), **arguments, wait=60)

    # --- what the PBX knows ------------------------------------------------------------------------------------------

    def _press_load(self) -> None:
        self._ask(
            "learn",
            lambda pbx, _: self._query(fetch_dialplan, pbx),
            self._take_dialplan,
            busy="asking for phones, contexts, applications …",
        )

    def _connected(self) -> None:
        if self._panel and self._panel.pbx:
            self._press_load()
        else:
            self._dialplan = DialplanInfo()
            self._changed()

    def _take_dialplan(self, known: DialplanInfo) -> None:
        self._dialplan = known
        counted = f"{len(known.channels)} phones and trunks, {len(known.extensions)} contexts"
        self._show_status("warn" if known.notes else "good", counted, "\n".join(known.notes) or None)
        self._changed()

    # --- the call ----------------------------------------------------------------------------------------------------

    def _press_originate(self) -> None:
        try:
            pbx = self._pbx()
            fields = self.fields
            request = checked_request(fields)
        except Exception as error:  # noqa: BLE001 -- a handler's error would be seen by nobody
            self._show_error(error)
            return
        warnings = warnings_for(fields, self._dialplan)
        self._confirmation.ask(
            f"This will be sent to {pbx.url} as {pbx.username}, once:",
            warning_lines(warnings) + _as_table(request, is_sent=True),
            "Yes, originate this call",
            lambda: self._send_call(pbx, request, fields.target()),
        )

    def _send_call(self, pbx: Pbx, request: Origination, target: str) -> None:
        self._originate.disabled = True
        self._do(
            "call",
            lambda stop: watch(pbx, request, destination=target, on_change=self._take_attempt, stop=stop),
            busy="the call is on its way; Stop ends the watching, not the call",
            then=self._ended,
            discard=self._ended,
            failed=self._show_error,
        )

    def _take_attempt(self, attempt: Attempt) -> None:
        with self._lock:
            same = [at for at, one in enumerate(self._attempts) if one.request.actionid == attempt.request.actionid]
            if same:
                self._attempts[same[0]] = attempt
            else:
                self._attempts = [*self._attempts, attempt][-_AT_MOST:]
        self._show_attempt()

    def _ended(self, attempt: Attempt) -> None:
        kind = "good" if attempt.answered and attempt.stage == "ended" else "warn"
        self._show_status(kind, sentence(attempt))

    def _press_hangup(self) -> None:
        attempt = self._attempts[-1] if self._attempts else None
        try:
            pbx = self._pbx()
        except Exception as error:  # noqa: BLE001 -- a handler's error would be seen by nobody
            self._show_error(error)
            return
        if attempt is None or not attempt.is_up:
            self._show_status("warn", "no call from here is up")
            return
        name = attempt.request.channel or dict(attempt.request.fields)["Channel"]
        self._confirmation.ask(
            f"Hang up {name}?",
            code_block(code_snippet.call("pbx.hangup", name)),
            "Yes, hang up",
            lambda: self._do("hangup", lambda _: self._query(partial(hang_up, attempt=attempt), pbx), self._hung_up),
        )

    def _hung_up(self, channel: str) -> None:
        self._show_status("good", f"{channel} was hung up")
        attempt = self._attempts[-1]
        if not self._jobs.runs("call") and attempt.is_up:  # nobody watches for its end
            self._take_attempt(replace(attempt, stage="ended", ended=datetime.now(UTC)))

    def _show_work(self) -> None:
        super()._show_work()
        if hasattr(self, "_history") and not self._is_closed:
            self._originate.disabled = (
                self._jobs.runs("call") or "✗" in self._check.value or not self.fields.channel.strip()
            )
            self._show_attempt()

    def _show_attempt(self) -> None:
        attempt = self._attempts[-1] if self._attempts else None
        show(self._hangup, attempt is not None and attempt.is_up)
        self._progress.value = styled(progress(attempt)) if attempt else ""
        self._history.value = styled(self._attempts_table()) if self._attempts else ""

    @property
    def attempts(self) -> pd.DataFrame:
        """Every call that was asked for here, one row each."""
        with self._lock:
            return attempts_frame(self._attempts)

    def _attempts_table(self, height: str = "14em") -> Markup:
        newest = self.attempts.iloc[::-1]
        return element("h4", "Attempts") + table(newest, columns=_SHOWN, label="attempts", height=height)

    def _body(self) -> Markup:
        given = {name: value for name, value in self.fields.arguments().items() if value} if self.fields.channel else {}
        filled = facts(given.items(), "what is filled in") if given else Markup()
        attempt = self._attempts[-1] if self._attempts else None
        return join(
            [
                filled,
                self._check.value,
                code_block(self.code()),
                progress(attempt) if attempt else "",
                self._attempts_table("none") if self._attempts else note("no call was originated here"),
            ]
        )


def _fields() -> dict[str, Any]:
    to = field(ipw.ToggleButtons, "goes to", "to", options=[_EXTENSION, _APPLICATION])
    to.style.button_width = "7.6em"
    to.add_class("widget-inline-hbox")  # ipywidgets' own, as all fields have it: the label stands before its buttons
    return {
        "channel": field(ipw.Combobox, "ring", "channel", placeholder="PJSIP/100, Local/200@default"),
        "callerid": field(ipw.Text, "caller ID", "callerid", placeholder='"Name" <number>'),
        "ring_timeout": field(ipw.Text, "ring for, s", "ring-timeout", placeholder="the PBX's own: 30"),
        "to": to,
        "context": field(ipw.Combobox, "context", "context", placeholder="where the dialplan begins"),
        "exten": field(ipw.Combobox, "extension", "exten"),
        "priority": field(ipw.Text, "priority", "priority", placeholder="1, or a label"),
        "application": field(ipw.Combobox, "application", "application", placeholder="Playback, Echo, Queue …"),
        "data": field(ipw.Text, "its data", "data", placeholder="arguments of the application"),
        "account": field(ipw.Text, "account code", "account"),
        "codecs": field(ipw.Combobox, "codecs", "codecs", options=_CODECS, placeholder="ulaw,alaw"),
        "earlymedia": field(ipw.Checkbox, "early media", "earlymedia", indent=True),
        "async_": field(ipw.Checkbox, "asynchronous", "async", value=True, indent=True),
        "channelid": field(ipw.Text, "channel id", "channelid", placeholder="one of ours"),
        "otherchannelid": field(ipw.Text, "other id", "otherchannelid", placeholder="second half of a Local channel"),
    }


def _offer(part: Any, options: Any) -> None:
    wanted = tuple(options)
    if part.options != wanted:
        part.options = wanted


def _as_table(request: Origination, *, is_sent: bool) -> Markup:
    return table(field_table(request, is_sent=is_sent), label="fields of the request", height="18em")
