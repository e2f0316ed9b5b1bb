"""What every widget is built of: a panel with a status line, a Stop, work in threads, a confirmation, a clean end."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import ipywidgets as ipw
from traitlets import Unicode

from amiframe.errors import AmiframeError
from amiframe.html import Markup, Page, element, status_line, style, styled
from amiframe.settings import Secret
from amiframe.widgets._base.background_jobs import BackgroundJobs
from amiframe.widgets._base.keyboard import LISTENER

_T = TypeVar("_T")
_open: weakref.WeakSet[Panel] = weakref.WeakSet()
_LABEL = {"description_width": "7.5em"}
_KEPT = "kept for this session; type to replace, a blank to forget"


class PasswordField(ipw.Password):
    """A field for a password: what is typed goes into a Secret at once, and is in no state that anybody could save."""

    # no echo: ipywidgets would send what was typed back to every page that shows this notebook
    value = Unicode("").tag(sync=True, echo_update=False)

    def __init__(self, **options: Any):
        super().__init__(continuous_update=False, **options)
        self.secret: Secret | None = None
        self._was: str = options.get("placeholder", "")
        self.observe(self._take, "value")

    def get_state(self, *given: Any, **named: Any) -> dict[str, Any]:
        """Return the state without what is being typed."""
        state: dict[str, Any] = super().get_state(*given, **named)
        return {**state, "value": ""} if "value" in state else state

    def keep(self, secret: Secret) -> None:
        """Hold a password that was typed elsewhere."""
        self.secret = secret
        self.placeholder = _KEPT

    def forget(self) -> None:
        """Forget the password."""
        self.secret = None
        self.placeholder = self._was

    def _take(self, change: Any) -> None:
        if change.new and not change.new.strip():  # how a person empties a field that shows nothing
            self.forget()
            self.value = ""
        elif change.new:
            self.keep(Secret(change.new))
            self.value = ""


def field(kind: Any, label: str, mark: str, **options: Any) -> Any:
    """Return a field with its label before it; `mark` is its CSS class, for who looks for it."""
    if "layout" not in options:
        options["layout"] = ipw.Layout(width="25em", max_width="100%")
    made: Any = kind(description=label, style=_LABEL, **options)
    made.add_class(f"amf-{mark}")
    return made


def button(label: str, mark: str, action: Callable[[], None], *, style: str = "", tip: str = "") -> ipw.Button:
    """Return a button that does something."""
    made = ipw.Button(description=label, button_style=style, tooltip=tip or label, layout=ipw.Layout(width="auto"))
    made.add_class(f"amf-{mark}")
    made.on_click(lambda _: action())
    return made


def row(*parts: Any) -> ipw.Box:
    """Return parts side by side, that go below one another where the cell is narrow."""
    return ipw.Box(list(parts), layout=ipw.Layout(flex_flow="row wrap", align_items="center", grid_gap="4px 8px"))


def column(*parts: Any) -> ipw.VBox:
    """Return parts below one another."""
    return ipw.VBox(list(parts), layout=ipw.Layout(max_width="100%"))


def show(part: Any, is_shown: bool) -> None:
    """Show a part, or take it off the page without a trace."""
    part.layout.display = None if is_shown else "none"


class Confirmation(ipw.VBox):
    """Asks before something is changed: shows exactly what will be done, and does nothing without a second click."""

    def __init__(self) -> None:
        self._what = ipw.HTML()
        self._action: Callable[[], None] | None = None
        self._yes = button("Yes", "confirm", self._confirm, style="danger")
        super().__init__([self._what, row(self._yes, button("Cancel", "cancel", self.cancel))])
        self.add_class("amf-confirmation")
        self.layout.border = "1px solid var(--jp-warn-color1, #b26a00)"
        self.layout.padding = "6px"
        show(self, False)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self._action is not None

    def ask(self, question: str, what: Markup, yes: str, action: Callable[[], None]) -> None:
        """Ask; `what` is HTML, `yes` the words on the button that does it."""
        self._what.value = styled(element("b", question), what)
        self._yes.description = yes
        self._action = action
        show(self, True)

    def cancel(self) -> None:
        """Take the question back."""
        self._action = None
        show(self, False)

    def _confirm(self) -> None:
        action, self._action = self._action, None  # a second click of an impatient finger does nothing
        show(self, False)
        if action:
            action()


class Panel(ipw.VBox):
    """A widget of ours. Nothing is sent before a person clicks; :meth:`close` leaves no thread and no session behind.

    Parameters
    ----------
    parts : iterable of widgets
    title : str
    """

    def __init__(self, parts: Iterable[Any], *, title: str):
        self.title = title
        self._is_closed = False
        self._jobs = BackgroundJobs(title.lower().replace(" ", "-"), self._show_work)
        self._status = ipw.HTML(status_line(""))
        self._stop = button("Stop", "stop", self._press_stop, tip="Stop what runs here")
        show(self._stop, False)
        super().__init__([
            ipw.HTML(style() + LISTENER + styled(element("h3", title))),
            *parts,
            row(self._stop, self._status),
        ])  # fmt: skip
        self.layout.padding = "4px"
        self.add_class("amf-panel")
        if not _open:
            atexit.register(_close_all)  # a kernel that ends, or is restarted, logs off
        _open.add(self)

    # --- work --------------------------------------------------------------------------------------------------------

    def _do(
        self,
        what: str,
        job: Callable[[threading.Event], _T],
        then: Callable[[_T], None] = lambda _: None,
        *,
        busy: str = "",
        discard: Callable[[_T], None] = lambda _: None,
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Run a job in its thread; then show its result, or its error in the status line.

        `discard` is given what came when it had been stopped, `failed` the error that came then.
        """

        def run(stop: threading.Event) -> None:
            try:
                made = job(stop)
                (discard if stop.is_set() else then)(made)
            except Exception as error:  # noqa: BLE001 -- in a thread nobody else would see it
                (failed if stop.is_set() else self._show_error)(error)

        if busy:
            self._show_status("busy", busy)
        if not self._jobs.start(what, run) and not self._is_closed:
            if self._jobs.is_ending(what):
                self._show_status("busy", "what ran is ending …", "press again when Stop has gone")
            else:
                self._show_status("warn", "that runs already", "Stop ends it")

    def _show_status(self, kind: str, what: str = "", hint: str | None = None) -> None:
        """Show something in the status line."""
        self._status.value = status_line(kind, what, hint)

    def _show_error(self, error: Exception) -> None:
        if isinstance(error, AmiframeError):
            self._show_status("error", f"{type(error).__name__}: {error.args[0] if error.args else ''}", error.hint)
        else:
            self._show_status(
                "error", f"{type(error).__name__}: {error}", "this should not happen: please tell us how it came"
            )

    def _show_work(self) -> None:
        show(self._stop, self._jobs.runs())

    def _press_stop(self) -> None:
        self._jobs.stop()
        self._show_status("", "stopped")

    def join(self, seconds: float = 30.0) -> bool:
        """Wait until what was begun here has ended; for scripts and tests.

        Returns
        -------
        bool
            Whether it ended in time.
        """
        return self._jobs.join(seconds)

    # --- the end -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop what runs, log off what this widget logged in, take it off the page."""
        if getattr(self, "_is_closed", True):
            return
        self._is_closed = True
        self._jobs.stop()
        self._interrupt()
        self._jobs.close()
        self._end()
        _open.discard(self)
        for part in _below(self):
            discard(part)
        _discard_looks(self)
        super().close()

    def _interrupt(self) -> None:
        """End the request that is on its way, where its answer is of no use any more."""

    def _end(self) -> None:
        """End what this widget alone has: its session."""

    # --- without a kernel --------------------------------------------------------------------------------------------

    def static(self) -> Page:
        """Return what it shows now as plain HTML, which needs neither kernel nor scripts.

        Returns
        -------
        Page
            Shows itself in a notebook; ``str(page)`` is a file.
        """
        return Page(self.title, self._body())

    def _body(self) -> Markup:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        # a reader without a kernel (a code host, an exported page) sees the twin of the moment it was shown
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options) or {}
        return {**bundle, "text/html": self.static()._repr_html_()}


def discard(part: Any) -> None:
    """Close a part, and its layout and style, which ipywidgets would leave in the kernel and in the page."""
    _discard_looks(part)
    part.close()


def _discard_looks(part: Any) -> None:
    for name in ("layout", "style"):
        look = getattr(part, name, None)
        if isinstance(look, ipw.Widget):
            look.close()


def _below(parent: Any) -> list[Any]:
    found: list[Any] = []
    for child in parent.children:
        if isinstance(child, Panel):  # it has an end of its own, or belongs to somebody else
            continue
        found += [*(_below(child) if hasattr(child, "children") else []), child]
    return found


def _close_all() -> None:
    for panel in list(_open):
        panel.close()
