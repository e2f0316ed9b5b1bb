"""SnapshotExplorer: the channels of a PBX, filtered, sorted, grouped into calls, beside an earlier look."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe import analysis
from amiframe.client import Pbx
from amiframe.errors import AmiframeError, ConfigError
from amiframe.html import Markup, code_block, element, facts, join, note, styled, table
from amiframe.reply import Snapshot
from amiframe.widgets._base.auto_refresh import RefreshPanel
from amiframe.widgets._base.export_row import ExportRow
from amiframe.widgets._base.idle_timeout import UNATTENDED_S
from amiframe.widgets._base.pager import Pager
from amiframe.widgets._base.panel import button, field, row, show
from amiframe.widgets.connection.panel import ConnectionPanel
from amiframe.widgets.snapshot import html, model
from amiframe.widgets.snapshot.model import COLUMNS, ChannelFilter, SnapshotView

_VIEWS = ("channels", "calls", "changes", "plots")
_PAGE = 100
_STATIC_ROWS = 1000
_NEWEST, _NONE = -1, -2
_CHANNELS: dict[str, Any] = {"label": "channels", "columns": COLUMNS, "empty": "no channel", "wraps": False}
_CALLS = ("linkedid", "caller", "callername", "exten", "state", "seconds", "channels", "applications")


class SnapshotExplorer(RefreshPanel):
    """SnapshotView at the channels of a PBX: take snapshots, filter, sort, group, compare two, export.

    Parameters
    ----------
    connection : Pbx, ConnectionPanel or str, optional
        What to ask: a connection, a ConnectionPanel that others use too, or a target for a panel of its own.
    snapshots : iterable of DataFrame or Snapshot, optional
        What was saved: looked at without a PBX.
    keep : int
        How many snapshots are kept; the oldest goes first.
    unattended_s : float, optional
        Seconds without a click after which auto-refresh ends; None: never, for a screen on a wall.

    Attributes
    ----------
    shown : pandas.DataFrame
        The channels that the table shows, all pages, in its order.
    snapshots : list
        What was taken, the newest last.

    Notes
    -----
    Auto-refresh asks at most every 2 seconds and takes at most a tenth of the PBX's time.

    Examples
    --------
    >>> explorer = SnapshotExplorer(snapshots=[af.read_status(af.sample("status"))])
    >>> len(explorer.shown)
    88
    >>> explorer.close()
    """

    def __init__(
        self,
        connection: Pbx | ConnectionPanel | str | None = None,
        *,
        snapshots: Iterable[pd.DataFrame | Snapshot] = (),
        keep: int = 60,
        unattended_s: float | None = UNATTENDED_S,
    ):
        if keep < 2:
            raise ConfigError(f"keep={keep} snapshots cannot be compared", hint="2 or more")
        self._views: list[SnapshotView] = []
        self._keep = keep
        self._count = 0
        self._channel_filter = ChannelFilter()
        self._drawer: int | None = None
        self._lock = threading.RLock()
        self._make_parts(unattended_s)
        given = list(snapshots)
        folded = "Connection, to take more" if given and connection is None else ""
        super().__init__(connection, self._arranged(), title="Snapshots", folded=folded)
        try:
            for taken in given:
                self._add(taken)
        except BaseException:  # nobody would have a widget to close
            self.close()
            raise
        self._show()

    def _make_parts(self, unattended_s: float | None) -> None:
        self._make_refresh("Take a snapshot", 5.0, unattended_s)
        self._showing = field(ipw.Dropdown, "showing", "showing", options=[("the newest", _NEWEST)])
        self._before = field(ipw.Dropdown, "beside", "before", options=[("nothing", _NONE)])
        self._view = field(ipw.ToggleButtons, "", "view", options=_VIEWS, layout=ipw.Layout(width="auto"))
        self._view.style.button_width = "7em"
        self._filters = {name: field(ipw.Dropdown, name, name, options=[("all", "")]) for name in model.FILTERS}
        self._text = field(ipw.Text, "text", "text", placeholder="number, name or id")
        self._heads = [button(name, f"sort-{name}", partial(self._press_head, name)) for name in COLUMNS]
        self._hidden = ipw.Box(self._heads)
        self._hidden.layout.display = "none"
        self._table = ipw.HTML()
        self._findings = ipw.HTML()
        self._pager = Pager(_PAGE, lambda: self._look_again(keep_page=True))
        self._export = ExportRow(self, self._exported, example="channels")
        self._code = ipw.HTML()
        for part in (self._showing, self._before, self._text, self._export.file, *self._filters.values()):
            part.layout.width = "20em"
            part.style.description_width = "6em"
        self._export.file.layout.width = "23em"
        for part in (*self._filters.values(), self._text):
            part.observe(lambda _: self._filter(), "value")
        for part in (self._showing, self._before, self._view):
            part.observe(lambda _: self._look_again(), "value")

    def _arranged(self) -> list[Any]:
        return [
            row(self._take, self._auto, self._every),
            row(self._showing, self._before),
            self._findings,
            self._view,
            row(*self._filters.values(), self._text),
            self._table,
            self._hidden,
            self._pager,
            self._export,
            self._code,
        ]

    # --- taking ------------------------------------------------------------------------------------------------------

    def _fetch(self, pbx: Pbx) -> pd.DataFrame | Snapshot:
        return model.fetch(pbx)

    def _receive(self, fetched: pd.DataFrame | Snapshot) -> str:
        self._add(fetched)
        self._show()
        return self._views[-1].label

    def add(self, taken: pd.DataFrame | Snapshot) -> None:
        """Put in what was taken elsewhere, as the newest."""
        self._add(taken)
        self._show()

    def _add(self, taken: pd.DataFrame | Snapshot) -> None:
        at, last = _time_of(taken), self._views[-1] if self._views else None
        view = SnapshotView(taken, at, self._count, model.findings_of(taken, at, last))
        _ = view.text  # worked out here, in the worker's thread, not where a person types
        with self._lock:
            self._count += 1
            self._views = [*self._views, view][-self._keep :]

    # --- looking -----------------------------------------------------------------------------------------------------

    @property
    def snapshots(self) -> list[pd.DataFrame | Snapshot]:
        """What was taken, the newest last."""
        return [view.snapshot for view in self._views]

    @property
    def shown(self) -> pd.DataFrame:
        """The channels that the table shows, all pages, in its order."""
        view = self._shown_view()
        if view is None:
            raise ConfigError("no snapshot was taken yet", hint="press 'Take a snapshot'")
        return model.filtered(view, self._channel_filter)

    def _shown_view(self) -> SnapshotView | None:
        views = self._views
        found = [view for view in views if view.number == self._showing.value]
        return found[0] if found else (views[-1] if views else None)

    def _earlier(self) -> SnapshotView | None:
        view = self._shown_view()
        found = [one for one in self._views if one.number == self._before.value and view and one is not view]
        return found[0] if found else None

    def _filter(self) -> None:
        if self._draws():
            return
        given: dict[str, Any] = {name: part.value or "" for name, part in self._filters.items()}
        self._channel_filter = replace(self._channel_filter, **given, text=self._text.value)
        self._look_again()

    def _press_head(self, name: str) -> None:
        by, descending = self._channel_filter.sort_after_click(name)
        self._channel_filter = replace(self._channel_filter, by=by, descending=descending)
        self._look_again()

    def _look_again(self, *, keep_page: bool = False) -> None:
        if self._draws():
            return
        self._idle_timeout.touch()
        self._pager.number = self._pager.number if keep_page else 0
        self._show()

    def _show(self) -> None:
        with self._lock:
            self._drawer = threading.get_ident()
            try:
                self._offer()
                self._draw()
            except AmiframeError as error:
                self._show_error(error)
            finally:
                self._drawer = None

    def _draws(self) -> bool:
        """Whether a change is our own; what a person chooses while a thread draws is not, and is not lost."""
        return self._drawer == threading.get_ident()

    def _offer(self) -> None:
        """Offer the snapshots that there are, and what one can filter by."""
        kept = [(view.label, view.number) for view in reversed(self._views)]
        _options(self._showing, [("the newest", _NEWEST), *kept], _NEWEST)
        _options(self._before, [("nothing", _NONE), *kept], _NONE)
        view = self._shown_view()
        if view:
            for name, part in self._filters.items():
                wanted = getattr(self._channel_filter, name)
                offered = model.filter_options(view, name)
                if wanted and wanted not in (value for _, value in offered):
                    offered.append((f"{wanted} (0)", wanted))  # the choice stays, whatever comes and goes
                _options(part, offered, wanted)

    def _draw(self) -> None:
        view = self._shown_view()
        view_name = self._view.value
        self._findings.value = styled(html.findings_html(view)) if view else ""
        self._table.value = styled(self._view_html(view, view_name))
        for part in (*self._filters.values(), self._text):
            show(part, view_name in ("channels", "calls"))
        show(self._pager, view is not None and view_name != "plots")
        self._code.value = styled(code_block(self.code()))

    def _view_html(self, view: SnapshotView | None, view_name: str) -> Markup:
        if view is None:
            return note("No snapshot yet.")
        if view_name == "plots":
            return html.plots(self._views, view)
        frame, options = self._rows(view, view_name)
        every = len(view.status)
        of = ("" if len(frame) == every else f" of {every}") + " channels" if view_name == "channels" else ""
        part = self._pager.page(frame, of)
        above: Markup = options.pop("above", Markup())
        return above + table(part, classes=self._classes(view, view_name, part), **options)

    def _rows(self, view: SnapshotView, view_name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Return the rows of a view, and how they are shown."""
        if view_name == "calls":
            calls = analysis.call_groups(model.filtered(view, replace(self._channel_filter, by="")))
            return calls, {"label": "calls", "columns": _CALLS, "empty": "no call"}
        if view_name == "changes":
            earlier = self._earlier()
            if earlier is None:
                return pd.DataFrame(), {"label": "changes", "empty": "Choose above what to compare with."}
            said = model.other_changes(earlier, view)
            above = note("; ".join(said)) if said else Markup()
            described = model.describe_changes(model.channel_changes(earlier, view), earlier, view)
            return described, {"label": "changes", "empty": "no channel changed", "above": above}
        earlier = self._earlier()
        since = html.since(earlier, model.channel_changes(earlier, view)) if earlier else Markup()
        heads = {name: html.heading(name, self._channel_filter) for name in COLUMNS}
        rows = model.filtered(view, self._channel_filter)
        return rows, {**_CHANNELS, "headings": heads, "height": "32em", "above": since}

    def _classes(self, view: SnapshotView, view_name: str, part: pd.DataFrame) -> list[str] | None:
        if view_name == "changes" and len(part):
            return [f"amf-{change}" for change in part["change"]]
        earlier = self._earlier()
        if view_name != "channels" or earlier is None:
            return None
        compared = model.channel_changes(earlier, view)
        kinds = compared["change"].iloc[: len(view.status)].tolist()  # in the order of the later one
        return [f"amf-{kinds[at]}" if kinds[at] != "same" else "" for at in part.index]

    def code(self) -> str:
        """Return what is shown as code."""
        lines = model.code(self._channel_filter)
        if self._view.value == "calls":
            return f"{lines}\naf.call_groups(shown)"
        if self._view.value == "changes":
            return "before = pbx.snapshot()\nafter = pbx.snapshot()\naf.compare(before.status, after.status)"
        if self._view.value == "plots":
            return "status = pbx.status()\naf.plot.channel_states(status)\naf.plot.durations(status)"
        return lines

    # --- keeping -----------------------------------------------------------------------------------------------------

    def _exported(self) -> tuple[str, pd.DataFrame]:
        view, earlier = self._shown_view(), self._earlier()
        if view is not None and self._view.value == "changes" and earlier is not None:
            return "shown", model.channel_changes(earlier, view)
        return "shown", analysis.call_groups(self.shown) if self._view.value == "calls" else self.shown

    def _body(self) -> Markup:
        view = self._shown_view()
        if view is None:
            return note("No snapshot was taken yet.") + code_block(self.code())
        filters = {name: value for name, value in asdict(self._channel_filter).items() if value}
        rows = model.filtered(view, self._channel_filter)
        shown = rows.iloc[:_STATIC_ROWS]
        hidden, classes = len(rows) - len(shown), self._classes(view, "channels", shown)
        parts = [
            element("p", f"{view.label}, {len(rows)} shown"),
            facts(filters.items(), "filters") if filters else Markup(),
            html.findings_html(view),
            table(shown, **_CHANNELS, height="none", classes=classes),
            element("p", f"{hidden} more are not shown here") if hidden else Markup(),
        ]
        earlier = self._earlier()
        if earlier:
            changes = model.describe_changes(model.channel_changes(earlier, view), earlier, view)
            classes = self._classes(view, "changes", changes)
            parts.append(element("h4", f"Since {earlier.label}"))
            parts.append(table(changes, label="changes", classes=classes, empty="no channel changed", height="none"))
        return join([*parts, code_block(self.code())])


def _time_of(taken: pd.DataFrame | Snapshot) -> Any:
    frame = taken.status if isinstance(taken, Snapshot) else taken
    if "amf_fetched" in frame.columns and len(frame) and pd.notna(frame["amf_fetched"].iloc[0]):
        return frame["amf_fetched"].iloc[0].to_pydatetime()
    return model.now()


def _options(part: Any, options: list[tuple[str, Any]], otherwise: Any) -> None:
    """Give a choice new options, and keep what is chosen."""
    if tuple(part.options) == tuple(options):
        return
    kept = part.value
    values = [value for _, value in options]
    with part.hold_sync():  # one message: a click between two would be lost on the page, or in the kernel
        part.options = options
        part.value = kept if kept in values else otherwise
