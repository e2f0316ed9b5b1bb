"""A look at the channels of a PBX as HTML."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amiframe.widgets._base import markup
from amiframe.widgets._base.keyboard import HEAD
from amiframe.widgets.snapshot import model
from amiframe.widgets.snapshot.model import Choice, Look


def named(choice: Choice) -> dict[str, Any]:
    """Return a choice as names and values."""
    return {name: getattr(choice, name) for name in ("state", "technology", "context", "text", "by", "descending")}


def head(name: str, choice: Choice) -> str:
    """Return the head of a column: pressed, it sorts."""
    arrow = (" ▼" if choice.descending else " ▲") if choice.by == name else ""
    # the head presses a button of the widget that is not shown: the sorting itself is done by the kernel
    press = f"this.closest('.amf-panel').querySelector('.amf-sort-{name}').click()"
    return f'<button type="button" {HEAD}="{name}" onclick="{press}" title="sort by {name}">{name}{arrow}</button>'


def findings(look: Look) -> str:
    """Return what looks wrong, with its channels; nothing where that is not known."""
    found = look.findings
    if found is None:
        return ""
    if found.empty:
        return '<p class="amf-muted">nothing looks wrong</p>'
    kinds = ["amf-gone" if severity == "error" else "amf-changed" for severity in found["severity"]]
    columns = ("severity", "rule", "evidence", "channels")
    table = markup.table(found, columns=columns, classes=kinds, label="findings", height="12em")
    return f"<h4>{len(found)} finding{'s' if len(found) > 1 else ''}</h4>{table}"


def since(earlier: Look, compared: pd.DataFrame) -> str:
    """Return how many channels are new, changed and gone."""
    counts = compared["change"].value_counts()
    words = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in ("new", "changed", "gone"))
    return f'<p class="amf-muted">since {markup.text(earlier.label)}: {words}</p>'


def plots(looks: list[Look], look: Look) -> str:
    """Return the pictures of a look; of several looks the course of their counts too."""
    if look.status.empty:
        return '<p class="amf-muted">no channel</p>'
    parts = [model.picture("states", [look]), model.picture("durations", [look])]
    if len(looks) > 1:
        parts.append(model.picture("series", looks))
    return '<div class="amf-cards">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>"
