"""ActionForm: any action, filled in by the PBX's own documentation, shown as it will be sent, answered as a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.client import Pbx
from amiframe.errors import ActionRefused, AmiframeError, ConfigError
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
from amiframe.widgets._base.export_row import ExportRow
from amiframe.widgets._base.pager import Pager
from amiframe.widgets._base.panel import Confirmation, button, field, row, show
from amiframe.widgets.action import html as answer_html
from amiframe.widgets.action import model, update_config
from amiframe.widgets.action.fields import ActionFields
from amiframe.widgets.action.model import ActionCatalog, ActionRequest, Answer
from amiframe.widgets.connection.panel import ConnectionPanel, PbxPanel

_SENT = "was sent; what the PBX does with it cannot be stopped from here"


class ActionForm(PbxPanel):
    """Send any action by clicks: chosen, filled in, checked, shown as it will be sent, answered as a frame.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        What to ask: a connection, a ConnectionPanel that others use too, or a target for a panel of its own.
    action : str
        Which action is chosen at first.
    fields : mapping or pairs, optional
        What stands in its fields at first, as :meth:`Pbx.action` takes them; a password is typed, never given here.

    Attributes
    ----------
    answer : pandas.DataFrame
        The last answer, as :meth:`Reply.frame` gives it; passwords of the PBX's files and lists are not masked here.
    reply : Reply
        The last answer as it came.

    Notes
    -----
    An action that is known to only read is sent at a click. Any other asks, shows exactly what will be sent, and is
    sent once. Actions about the session itself (Login, Logoff, Events ...) are not sent from here.

    Examples
    --------
    >>> form = ActionForm("demo", "Status", {"Variables": "COMPANY"})
    >>> print(form.code())
    frame = pbx.table('Status', {'Variables': 'COMPANY'})
    >>> form.close()
    """

    def __init__(
        self,
        connection: Pbx | ConnectionPanel | str | None = None,
        action: str = "",
        fields: Mapping[str, object] | Iterable[tuple[str, object]] | None = None,
    ):
        given = model.pairs_of(fields)
        self._catalog = ActionCatalog()
        self._answer: Answer | None = None
        self._is_ready = False
        self._built = ""  # the action whose fields are shown
        self._sending = ActionRequest("")
        self._make_parts()
        super().__init__(connection, self._arranged(), title="Action")
        self._name.value = action
        self._fields.build(None, list(given))
        for part in (self._name, self._kind):
            part.observe(self._chosen, "value")
        self._is_ready = True
        self._changed()
        self._show_answer()

    def _make_parts(self) -> None:
        self._load = button("Load actions", "learn", self._press_load, tip="Ask the PBX which actions there are")
        self._name = field(
            ipw.Combobox, "action", "action", placeholder="type a part of its name", ensure_option=False,
            continuous_update=True,
        )  # fmt: skip
        self._about = ipw.HTML()
        self._fields = ActionFields(self._changed)
        self._check = ipw.HTML()
        self._preview = ipw.HTML()
        self._submit = button("Ask", "send", self._press_send, style="primary")
        self._confirmation = Confirmation()
        self._kind = field(ipw.Dropdown, "items", "kind", options=[""])
        self._summary = ipw.HTML()
        self._table = ipw.HTML()
        self._pager = Pager(answer_html.ROWS, self._show_answer)
        self._export = ExportRow(self, self._exported, example="answer")

    def _arranged(self) -> list[Any]:
        return [
            row(self._name, self._load),
            self._about,
            self._fields,
            self._check,
            self._preview,
            row(self._submit),
            self._confirmation,
            self._summary,
            self._kind,
            self._table,
            self._pager,
            self._export,
        ]

    # --- what the PBX knows ------------------------------------------------------------------------------------------

    def _press_load(self) -> None:
        self._ask(
            "learn",
            lambda pbx, _: self._query(model.fetch_catalog, pbx),
            self._take_catalog,
            busy="asking for actions and fields …",
        )

    def _connected(self) -> None:
        if self._panel and self._panel.pbx:
            self._press_load()
        else:
            self._catalog, self._built = ActionCatalog(), ""
            self._rebuild()

    def _take_catalog(self, catalog: ActionCatalog) -> None:
        self._catalog, self._built = catalog, ""
        self._name.options = catalog.names
        note = "\n".join(catalog.notes) or None
        self._show_status("warn" if note else "good", f"{len(catalog.names)} actions that this account may run", note)
        self._rebuild()

    # --- what is filled in -------------------------------------------------------------------------------------------

    @property
    def filled(self) -> ActionRequest:
        """The action with what is filled in; a password is a Secret."""
        action = self._catalog.find(self._name.value)
        name = action.name if action else self._name.value.strip()
        return ActionRequest(name, update_config.opened(self._fields.pairs))

    def _chosen(self, change: Any) -> None:
        if change.owner is self._kind:
            self._pager.number = 0
            self._show_answer()
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        """Make the fields of the action that was chosen, if it is another one; what both have stays filled in."""
        action = self._catalog.find(self._name.value)
        if action is not None and action.name != self._built:
            given = list(self._fields.pairs)
            if self._built:  # of another action; else it stood there before anything was known
                named = {one.name.lower() for one in action.arguments}
                given = [(name, value) for name, value in given if name.lower() in named and isinstance(value, str)]
            self._built = action.name
            self._is_ready = False
            self._fields.build(action, given)
            self._is_ready = True
        self._changed()

    def _changed(self) -> None:
        if not self._is_ready:
            return
        self._confirmation.cancel()  # what was asked about is not what stands here now
        request = self.filled
        action = self._catalog.find(request.name)
        self._about.value = styled(answer_html.describe_action(action, reads=request.reads)) if request.name else ""
        self._submit.description = "Ask" if request.reads else "Send …"
        self._submit.button_style = "primary" if request.reads else "warning"
        problem = self._problem(request)
        self._check.value = problem or check_line(model.warnings_for(request, self._catalog))
        self._submit.disabled = bool(problem) or self._jobs.runs("send")
        self._preview.value = "" if problem else styled(
            details("what will be sent", self._sent(request), kind="amf-preview"),
            code_block(self.code()),
        )  # fmt: skip

    def _problem(self, request: ActionRequest) -> Markup:
        """Return why this cannot be sent, as HTML; nothing when it can."""
        if not request.name:
            return status_line("", "Choose an action." if self._catalog.actions else "Load the actions, or type one.")
        near = model.matching_actions(request.name, self._catalog)
        if self._catalog.actions and self._catalog.find(request.name) is None and near:
            count = f"{len(near)} actions have" if len(near) > 1 else "1 action has"
            return status_line("", f"{count} these letters: {', '.join(near[:12])}{' …' if len(near) > 12 else ''}")
        try:
            model.checked_fields(request, self._catalog)
        except ActionRefused as error:
            return status_line("error", f"✗ {error.args[0]}", error.hint)
        return Markup()

    def _sent(self, request: ActionRequest) -> Markup:
        pairs = model.checked_fields(request, self._catalog)
        frame = pd.DataFrame(pairs, columns=["field", "value"], dtype="str")
        return table(frame, label="fields of the request", height="18em")

    def code(self) -> str:
        """Return the request as code."""
        return model.code(self.filled)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _press_send(self) -> None:
        try:
            pbx, request = self._pbx(), self.filled
            sent = self._sent(request)
        except Exception as error:  # noqa: BLE001 -- a handler's error would be seen by nobody
            self._show_error(error)
            return
        if request.reads:
            self._begin(pbx, request)
            return
        self._confirmation.ask(
            f"{request.name} may change something. Sent once, to {pbx.url} as {pbx.username}:",
            warning_lines(model.warnings_for(request, self._catalog)) + sent,
            f"Yes, send {request.name}",
            lambda: self._begin(pbx, request),
        )

    def _begin(self, pbx: Pbx, request: ActionRequest) -> None:
        self._submit.disabled, self._sending = True, request
        busy = "asking …" if request.reads else f"{request.name} {_SENT}"
        # what changed something is told of, though somebody has stopped waiting for it
        late: dict[str, Any] = {} if request.reads else {"discard": self._take, "failed": self._show_error}
        ask = partial(model.send, request=request)
        self._do("send", lambda _: self._query(ask, pbx), self._take, busy=busy, **late)
        if not request.reads:
            self._fields.forget()  # a password is typed for one change

    def _press_stop(self) -> None:
        is_sent = self._jobs.runs("send") and not self._sending.reads
        super()._press_stop()
        if is_sent:
            self._show_status("warn", f"not waited for: {self._sending.name} {_SENT}")

    def _show_work(self) -> None:
        super()._show_work()
        if self._is_ready and not self._is_closed:
            self._submit.disabled = self._jobs.runs("send") or bool(self._problem(self.filled))

    # --- the answer --------------------------------------------------------------------------------------------------

    @property
    def answer(self) -> pd.DataFrame:
        """The last answer as a frame."""
        return self._answered().frame

    @property
    def reply(self) -> Any:
        """The last answer as it came."""
        return self._answered().reply

    def _answered(self) -> Answer:
        if self._answer is None:
            raise ConfigError("nothing was asked yet", hint="choose an action, and press its button")
        return self._answer

    def _take(self, answer: Answer) -> None:
        self._answer, self._pager.number = answer, 0
        self._kind.options = answer_html.kinds(answer) or [""]
        self._show_answer()
        message = answer.reply.message if not answer.reply.is_list and not answer_html.is_output(answer) else ""
        name = answer.request.name
        if answer.missing:
            self._show_status("warn", f"{name}: {answer.missing}", "form.answer is what came; ask again")
        else:
            self._show_status("good", f"{name}: {message or 'answered'}")

    def _show_answer(self) -> None:
        answer = self._answer
        show(self._kind, answer is not None and bool(answer_html.kinds(answer)))
        show(self._export, answer is not None)
        show(self._pager, answer is not None and answer_html.is_paged(answer))
        if answer is None:
            self._summary.value = self._table.value = ""
            return
        part = answer_html.answer_table(answer, self._kind.value)
        rows = self._pager.page(part.frame) if answer_html.is_paged(answer) else part.frame
        self._summary.value = styled(element("h4", answer.request.name), note(answer_html.summary(answer, part)))
        self._table.value = styled(answer_html.body(answer, rows))

    def _exported(self) -> tuple[str, pd.DataFrame]:
        return "form.answer", answer_html.exported_frame(self._answered(), self._kind.value)

    def _body(self) -> Markup:
        request = self.filled
        given = facts([("action", request.name), *request.masked_fields], "what is filled in") if request.name else ""
        action = self._catalog.find(request.name)
        describe_action = answer_html.describe_action(action, reads=request.reads) if request.name else ""
        answered = answer_html.static(self._answer) if self._answer else note("nothing was asked here")
        try:
            source = code_block(self.code()) if request.name else ""
        except AmiframeError as error:
            source = status_line("error", str(error.args[0]))
        return join([describe_action, given, self._check.value, source, answered])
