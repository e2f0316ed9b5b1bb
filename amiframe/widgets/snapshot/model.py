"""A snapshot of the channels of a PBX: filtered, sorted, beside an earlier one; quick with thousands of channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from amiframe import analysis
from amiframe.analysis.snapshots.tables import status_of
from amiframe.client import Pbx
from amiframe.html import plain_columns
from amiframe.reply import Snapshot
from amiframe.widgets._base import code_snippet

COLUMNS = (
    "channel", "channelstatedesc", "calleridnum", "calleridname", "connectedlinenum", "context", "exten", "application",
    "seconds", "linkedid",
)  # fmt: skip
"""What is shown of each channel."""

FILTERS = {"state": "channelstatedesc", "technology": "type", "context": "context"}
"""What one can filter by, and its column."""

_DOING = ("channelstatedesc", "calleridnum", "exten", "application")

_NEAR = timedelta(minutes=10)  # two snapshots that far apart say nothing of what just began or ended


@dataclass(frozen=True)
class SnapshotView:
    """What was fetched at one moment.

    Parameters
    ----------
    snapshot : DataFrame or Snapshot
    at : datetime
    number : int
        Counts the snapshots of one widget.
    findings : DataFrame, optional
        What looks wrong.
    """

    snapshot: pd.DataFrame | Snapshot
    at: datetime
    number: int = 0
    findings: pd.DataFrame | None = None

    @cached_property
    def status(self) -> pd.DataFrame:
        """The channels, with rows numbered from 0."""
        return status_of(self.snapshot).reset_index(drop=True)

    @cached_property
    def text(self) -> pd.Series:
        """All texts of each row in one, in small letters, to search in."""
        whole = pd.Series("", index=self.status.index, dtype="str")
        for name in self.status.columns:
            if self.status[name].dtype == "str":
                whole = whole + "\t" + self.status[name].fillna("")
        return whole.str.lower()

    @property
    def label(self) -> str:
        """Its time (UTC) and how many channels there were."""
        return f"{self.at:%H:%M:%S} · {len(self.status)} channels"


@dataclass(frozen=True, slots=True)
class ChannelFilter:
    """Which channels are shown, and in which order; an empty field lets all through.

    Parameters
    ----------
    state, technology, context : str
    text : str
        Anywhere in any text of a channel, whatever the case.
    by : str
        Column to sort by; empty: as the PBX lists them.
    descending : bool
    """

    state: str = ""
    technology: str = ""
    context: str = ""
    text: str = ""
    by: str = ""
    descending: bool = False

    def sort_after_click(self, by: str) -> tuple[str, bool]:
        """Return column and direction after a click on this heading: up, down, and as the PBX lists them.

        Examples
        --------
        >>> ChannelFilter().sort_after_click("seconds"), ChannelFilter(by="seconds").sort_after_click("seconds")
        (('seconds', False), ('seconds', True))
        """
        if by != self.by:
            return by, False
        return (by, True) if not self.descending else ("", False)


def fetch(pbx: Pbx) -> Snapshot:
    """Fetch a snapshot, without endpoints where the account may not list them."""
    return pbx.snapshot(partial=True)


def findings_of(snapshot: pd.DataFrame | Snapshot, at: datetime, before: SnapshotView | None) -> pd.DataFrame:
    """Return what looks wrong in this snapshot, compared with one not long before it."""
    is_near = before is not None and type(before.snapshot) is type(snapshot) and at - before.at < _NEAR
    return analysis.findings(snapshot, before=before.snapshot if before and is_near else None)


def filter_options(view: SnapshotView, name: str) -> list[tuple[str, str]]:
    """Return what a filter offers: words with how often each occurs, and the value itself."""
    column = FILTERS[name]
    if column not in view.status.columns:
        return [("all", "")]
    counts = view.status[column].value_counts()
    return [("all", ""), *((f"{value} ({count})", str(value)) for value, count in counts.items())]


def filtered(view: SnapshotView, channel_filter: ChannelFilter) -> pd.DataFrame:
    """Return the channels that a filter lets through, in its order.

    Examples
    --------
    >>> view = SnapshotView(af.read_status(af.sample("status")), pd.Timestamp("2026-11-24", tz="UTC"))
    >>> len(filtered(view, ChannelFilter(state="Up", text="pjsip/"))) < len(view.status)
    True
    """
    keep = pd.Series(True, index=view.status.index)
    for name, column in FILTERS.items():
        wanted = getattr(channel_filter, name)
        if wanted and column in view.status.columns:
            keep &= view.status[column].eq(wanted).fillna(False).astype(bool)
    if channel_filter.text:
        keep &= view.text.str.contains(channel_filter.text.lower(), regex=False)
    rows = view.status.index[keep]
    if channel_filter.by in view.status.columns:
        column = view.status.loc[rows, channel_filter.by]
        rows = column.sort_values(ascending=not channel_filter.descending, kind="stable").index
    return view.status.loc[rows]


def channel_changes(before: SnapshotView, after: SnapshotView) -> pd.DataFrame:
    """Return what ``compare`` says of the channels of two snapshots."""
    return analysis.compare(before.status, after.status)


def describe_changes(compared: pd.DataFrame, before: SnapshotView, after: SnapshotView) -> pd.DataFrame:
    """Return changes in words: ``change``, ``channel``, ``what``; a row that is the same is left out."""
    part = compared[compared["change"] != "same"]
    order = {"new": 0, "changed": 1, "gone": 2}
    part = part.loc[part["change"].map(order).sort_values(kind="stable").index]
    cells = dict(zip(part.columns, plain_columns(part), strict=True))
    described = [
        "; ".join(
            f"{name}: {_cell_text(cells[f'{name}_before'][row])} → {_cell_text(cells[f'{name}_after'][row])}"
            for name in names
        )
        for row, names in enumerate(cells["changed"])
    ]
    sides = {"new": _in_words(after, part, "new"), "gone": _in_words(before, part, "gone")}
    described = [
        sides[change].get(channel, "") if change in sides else words
        for change, channel, words in zip(cells["change"], cells["channel"], described, strict=True)
    ]
    return pd.DataFrame({"change": cells["change"], "channel": cells["channel"], "what": described}, dtype="str")


def _in_words(view: SnapshotView, compared: pd.DataFrame, change: str) -> dict[str, str]:
    """Return for each channel that is new or gone what it did."""
    names = compared.loc[compared["change"] == change, "channel"]
    rows = view.status[view.status["channel"].isin(names)]
    names_of = [name for name in _DOING if name in rows.columns]
    texts = rows[names_of].astype("str").fillna("–").to_dict("records")
    words = [", ".join(f"{name}: {row[name]}" for name in names_of) for row in texts]
    return dict(zip(rows["channel"], words, strict=True))


def _cell_text(value: Any) -> str:
    return "–" if value is None else str(value)


def other_changes(before: SnapshotView, after: SnapshotView) -> list[str]:
    """Return in words what changed beside the channels, where both are whole snapshots."""
    if not (isinstance(before.snapshot, Snapshot) and isinstance(after.snapshot, Snapshot)):
        return []
    changes = []
    for name in ("queues", "members", "waiting", "endpoints"):
        compared = analysis.compare(getattr(before.snapshot, name), getattr(after.snapshot, name))
        counts = compared["change"].value_counts()
        words = [f"{counts[kind]} {kind}" for kind in ("new", "changed", "gone") if counts.get(kind)]
        if words:
            changes.append(f"{name}: {', '.join(words)}")
    return changes


def code(channel_filter: ChannelFilter) -> str:
    """Return a filter as code."""
    lines = ["snapshot = pbx.snapshot()", "shown = snapshot.status"]
    for name, column in FILTERS.items():
        if getattr(channel_filter, name):
            lines.append(f"shown = shown[shown[{column!r}] == {getattr(channel_filter, name)!r}]")
    if channel_filter.text:
        found = code_snippet.call("c.str.contains", channel_filter.text, case=False, regex=False)
        lines.append(f'texts = shown.select_dtypes("str").apply(lambda c: {found}, axis=0)')
        lines.append("shown = shown[texts.fillna(False).any(axis=1)]")
    if channel_filter.by:
        order = code_snippet.call(
            "shown.sort_values", channel_filter.by, ascending=not channel_filter.descending, kind="stable"
        )
        lines.append(f"shown = {order}")
    return "\n".join(lines)


def timed_status(view: SnapshotView) -> pd.DataFrame:
    """Return the channels with the time of the snapshot, which a saved answer does not have."""
    return view.status.assign(amf_fetched=pd.Series(pd.Timestamp(view.at), view.status.index).dt.as_unit("us"))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
