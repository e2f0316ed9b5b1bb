"""A look at the channels of a PBX as HTML."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amiframe.html import Markup, element, note, table
from amiframe.widgets._base.keyboard import HEAD
from amiframe.widgets.snapshot import model
from amiframe.widgets.snapshot.model import Choice, Look


def named(choice: Choice) -> dict[str, Any]:
    """Return a choice as names and values."""
    return {name: getattr(choice, name) for name in ("state", "technology", "context", "text", "by", "descending")}


def head(name: str, choice: Choice) -> Markup:
    """Return the head of a column: pressed, it sorts."""
    arrow = (" ▼" if choice.descending else " ▲") if choice.by == name else ""
    # the head presses a button of the widget that is not shown: the sorting itself is done by the kernel
    press = f"this.closest('.amf-panel').querySelector('.amf-sort-{name}').click()"
    return element("button", f"{name}{arrow}", type="button", **{HEAD: name}, onclick=press, title=f"sort by {name}")


def findings(look: Look) -> Markup:
    """Return what looks wrong, with its channels; nothing where that is not known."""
    found = look.findings
    if found is None:
        return Markup()
    if found.empty:
        return note("nothing looks wrong")
    kinds = ["amf-gone" if severity == "error" else "amf-changed" for severity in found["severity"]]
    columns = ("severity", "rule", "evidence", "channels")
    heading = element("h4", f"{len(found)} finding{'s' if len(found) > 1 else ''}")
    return heading + table(found, columns=columns, classes=kinds, label="findings", height="12em")


def since(earlier: Look, compared: pd.DataFrame) -> Markup:
    """Return how many channels are new, changed and gone."""
    counts = compared["change"].value_counts()
    words = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in ("new", "changed", "gone"))
    return note(f"since {earlier.label}: {words}")


def plots(looks: list[Look], look: Look) -> Markup:
    """Return the pictures of a look; of several looks the course of their counts too."""
    if look.status.empty:
        return note("no channel")
    parts = [model.picture("states", [look]), model.picture("durations", [look])]
    if len(looks) > 1:
        parts.append(model.picture("series", looks))
    return element("div", *(element("div", part) for part in parts), class_="amf-cards")
