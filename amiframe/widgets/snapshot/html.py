"""A snapshot of the channels of a PBX as HTML."""

from __future__ import annotations

import pandas as pd

from amiframe import analysis
from amiframe.html import Markup, element, note, plot_image, table
from amiframe.widgets._base.keyboard import HEAD
from amiframe.widgets.snapshot.model import ChannelFilter, SnapshotView, timed_status


def heading(name: str, channel_filter: ChannelFilter) -> Markup:
    """Return the heading of a column: pressed, it sorts."""
    arrow = (" ▼" if channel_filter.descending else " ▲") if channel_filter.by == name else ""
    # the heading presses a button of the widget that is not shown: the sorting itself is done by the kernel
    press = f"this.closest('.amf-panel').querySelector('.amf-sort-{name}').click()"
    return element("button", f"{name}{arrow}", type="button", **{HEAD: name}, onclick=press, title=f"sort by {name}")


def findings_html(view: SnapshotView) -> Markup:
    """Return what looks wrong, with its channels; nothing where that is not known."""
    findings = view.findings
    if findings is None:
        return Markup()
    if findings.empty:
        return note("nothing looks wrong")
    kinds = ["amf-gone" if severity == "error" else "amf-changed" for severity in findings["severity"]]
    columns = ("severity", "rule", "evidence", "channels")
    heading = element("h4", f"{len(findings)} finding{'s' if len(findings) > 1 else ''}")
    return heading + table(findings, columns=columns, classes=kinds, label="findings", height="12em")


def since(earlier: SnapshotView, compared: pd.DataFrame) -> Markup:
    """Return how many channels are new, changed and gone."""
    counts = compared["change"].value_counts()
    words = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in ("new", "changed", "gone"))
    return note(f"since {earlier.label}: {words}")


def plots(views: list[SnapshotView], view: SnapshotView) -> Markup:
    """Return the plots of a snapshot; of several the course of their counts too."""
    if view.status.empty:
        return note("no channel")
    from amiframe import plot  # needs matplotlib, which brings a second of waiting

    parts = [plot_image(plot.channel_states(view.status)), plot_image(plot.durations(view.status))]
    if len(views) > 1:
        parts.append(plot_image(plot.status_series(analysis.status_series(map(timed_status, views)))))
    return element("div", *(element("div", part) for part in parts), class_="amf-cards")
