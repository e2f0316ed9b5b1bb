"""Widgets for Jupyter and Voila: what people do to a PBX by clicks.

Nothing is sent before a person clicks, so that running a whole notebook changes nothing. What would change something
shows exactly what will be sent and asks. Each widget shows the call of amiframe that does the same, as code to copy,
and ``static()`` gives what it shows as plain HTML.
"""

from __future__ import annotations

from amiframe.errors import ConfigError

try:
    import ipywidgets as _ipywidgets  # noqa: F401 -- told here, before the modules below ask for it
except ModuleNotFoundError as _error:
    raise ConfigError(
        "widgets need ipywidgets, which is not installed", hint="pip install 'amiframe[notebook]'"
    ) from _error

from amiframe.widgets.action.form import ActionForm
from amiframe.widgets.connection.panel import ConnectionPanel
from amiframe.widgets.events.monitor import EventMonitor
from amiframe.widgets.originate.form import OriginateForm
from amiframe.widgets.queues.board import QueueBoard
from amiframe.widgets.snapshot.explorer import SnapshotExplorer

__all__ = [
    "ActionForm", "ConnectionPanel", "EventMonitor", "OriginateForm", "QueueBoard", "SnapshotExplorer",
]  # fmt: skip
