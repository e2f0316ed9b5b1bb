"""A look at the channels of a PBX: filtered, sorted, in pages, beside an earlier look; quick with thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from amiframe import analysis
from amiframe.analysis.snapshots.tables import status_of
from amiframe.client import Pbx
from amiframe.html import Markup, plain_columns, plot_image
from amiframe.reply import Snapshot
from amiframe.widgets._base import code_snippet

COLUMNS = (
    "channel", "channelstatedesc", "calleridnum", "calleridname", "connectedlinenum", "context", "exten", "application",
    "seconds", "linkedid",
)  # fmt: skip
"""What is shown of each channel."""

FILTERS = {"state": "channelstatedesc", "technology": "type", "context": "context"}
"""What one can choose by, and the column that tells it."""

_DOING = ("channelstatedesc", "calleridnum", "exten", "application")

MIN_PAUSE_S = 2.0
_NEAR = timedelta(minutes=10)  # two looks that far apart say nothing of what just began or ended
_SHARE = 10  # a refresh may cost the PBX at most a tenth of its time
_MAX_PAUSE_S = 60.0


@dataclass(frozen=True)
class Look:
    """What was fetched at one moment.

    Parameters
    ----------
    taken : DataFrame or Snapshot
    at : datetime
    number : int
        Counts the looks of one widget.
    findings : DataFrame, optional
        What looks wrong; None where this version cannot tell.
    """

    taken: pd.DataFrame | Snapshot
    at: datetime
    number: int = 0
    findings: pd.DataFrame | None = None

    @cached_property
    def status(self) -> pd.DataFrame:
        """The channels, with rows numbered from 0."""
        return status_of(self.taken).reset_index(drop=True)

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
class Choice:
    """Which channels are shown, and in which order; what is empty does not choose.

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

    def turned(self, by: str) -> tuple[str, bool]:
        """Return column and direction after a click on this head: up, down, and as the PBX lists them.

        Examples
        --------
        >>> Choice().turned("seconds"), Choice(by="seconds").turned("seconds")
        (('seconds', False), ('seconds', True))
        """
        if by != self.by:
            return by, False
        return (by, True) if not self.descending else ("", False)


def take(pbx: Pbx) -> Snapshot:
    """Fetch a snapshot, without endpoints where the account may not list them."""
    return pbx.snapshot(partial=True)


def found(taken: pd.DataFrame | Snapshot, at: datetime, before: Look | None) -> pd.DataFrame | None:
    """Return what looks wrong, told by this look and one not long before it; None where this version cannot tell."""
    rules: Any = getattr(analysis, "findings", None)
    if not callable(rules):
        return None
    is_near = before is not None and type(before.taken) is type(taken) and at - before.at < _NEAR
    made: pd.DataFrame = rules(taken, before=before.taken if before and is_near else None)
    return made


def pause(wanted: float, took: float, failures: int = 0) -> float:
    """Return how long to wait before the next look, so that looking stays a small part of what the PBX does.

    Examples
    --------
    >>> pause(1, 0.01), pause(5, 0.01), pause(5, 1.2), pause(5, 0.01, failures=3)
    (2.0, 5.0, 12.0, 40.0)
    """
    least = max(wanted, MIN_PAUSE_S, took * _SHARE)
    return min(least * float(2**failures), max(_MAX_PAUSE_S, least))


def values(look: Look, name: str) -> list[tuple[str, str]]:
    """Return what a filter offers: words with how often each occurs, and the value itself."""
    column = FILTERS[name]
    if column not in look.status.columns:
        return [("all", "")]
    counts = look.status[column].value_counts()
    return [("all", ""), *((f"{value} ({count})", str(value)) for value, count in counts.items())]


def chosen(look: Look, choice: Choice) -> pd.DataFrame:
    """Return the rows of a choice, in its order.

    Examples
    --------
    >>> look = Look(af.read_status(af.sample("status")), pd.Timestamp("2026-11-24", tz="UTC"))
    >>> len(chosen(look, Choice(state="Up", text="pjsip/"))) < len(look.status)
    True
    """
    keep = pd.Series(True, index=look.status.index)
    for name, column in FILTERS.items():
        wanted = getattr(choice, name)
        if wanted and column in look.status.columns:
            keep &= look.status[column].eq(wanted).fillna(False).astype(bool)
    if choice.text:
        keep &= look.text.str.contains(choice.text.lower(), regex=False)
    rows = look.status.index[keep]
    if choice.by in look.status.columns:
        rows = look.status.loc[rows, choice.by].sort_values(ascending=not choice.descending, kind="stable").index
    return look.status.loc[rows]


def channel_changes(before: Look, after: Look) -> pd.DataFrame:
    """Return what ``compare`` says of the channels of two looks."""
    return analysis.compare(before.status, after.status)


def told_changes(compared: pd.DataFrame, before: Look, after: Look) -> pd.DataFrame:
    """Return changes in words: ``change``, ``channel``, ``what``; a row that is the same is left out."""
    part = compared[compared["change"] != "same"]
    order = {"new": 0, "changed": 1, "gone": 2}
    part = part.loc[part["change"].map(order).sort_values(kind="stable").index]
    cells = dict(zip(part.columns, plain_columns(part), strict=True))
    told = [
        "; ".join(
            f"{name}: {_told(cells[f'{name}_before'][row])} → {_told(cells[f'{name}_after'][row])}" for name in names
        )
        for row, names in enumerate(cells["changed"])
    ]
    sides = {"new": _in_words(after, part, "new"), "gone": _in_words(before, part, "gone")}
    told = [
        sides[change].get(channel, "") if change in sides else words
        for change, channel, words in zip(cells["change"], cells["channel"], told, strict=True)
    ]
    made = {"change": cells["change"], "channel": cells["channel"], "what": told}
    return pd.DataFrame(made, dtype="str")


def _in_words(look: Look, compared: pd.DataFrame, change: str) -> dict[str, str]:
    """Return for each channel that is new or gone what it did."""
    names = compared.loc[compared["change"] == change, "channel"]
    rows = look.status[look.status["channel"].isin(names)]
    names_of = [name for name in _DOING if name in rows.columns]
    texts = rows[names_of].astype("str").fillna("–").to_dict("records")
    said = [", ".join(f"{name}: {row[name]}" for name in names_of) for row in texts]
    return dict(zip(rows["channel"], said, strict=True))


def _told(value: Any) -> str:
    return "–" if value is None else str(value)


def other_changes(before: Look, after: Look) -> list[str]:
    """Return in words what changed beside the channels, where both looks are whole snapshots."""
    if not (isinstance(before.taken, Snapshot) and isinstance(after.taken, Snapshot)):
        return []
    said = []
    for name in ("queues", "members", "waiting", "endpoints"):
        compared = analysis.compare(getattr(before.taken, name), getattr(after.taken, name))
        counts = compared["change"].value_counts()
        words = [f"{counts[kind]} {kind}" for kind in ("new", "changed", "gone") if counts.get(kind)]
        if words:
            said.append(f"{name}: {', '.join(words)}")
    return said


def code(choice: Choice) -> str:
    """Return a choice as code."""
    lines = ["snapshot = pbx.snapshot()", "shown = snapshot.status"]
    for name, column in FILTERS.items():
        if getattr(choice, name):
            lines.append(f"shown = shown[shown[{column!r}] == {getattr(choice, name)!r}]")
    if choice.text:
        found = code_snippet.call("c.str.contains", choice.text, case=False, regex=False)
        lines.append(f'texts = shown.select_dtypes("str").apply(lambda c: {found}, axis=0)')
        lines.append("shown = shown[texts.fillna(False).any(axis=1)]")
    if choice.by:
        order = code_snippet.call("shown.sort_values", choice.by, ascending=not choice.descending, kind="stable")
        lines.append(f"shown = {order}")
    return "\n".join(lines)


def picture(name: str, looks: Sequence[Look]) -> Markup:
    """Return a plot of the newest look, or of all, as an image that needs no kernel."""
    from amiframe import plot  # needs matplotlib, which brings a second of waiting

    draw: dict[str, Any] = {
        "states": lambda: plot.channel_states(looks[-1].status),
        "durations": lambda: plot.durations(looks[-1].status),
        "series": lambda: plot.status_series(analysis.status_series([_timed(look) for look in looks])),
    }
    return plot_image(draw[name]())


def _timed(look: Look) -> pd.DataFrame:
    """Return the channels with the time of the look, which a saved answer does not tell itself."""
    return look.status.assign(amf_fetched=pd.Series(pd.Timestamp(look.at), look.status.index).dt.as_unit("us"))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
