"""Plots of frames: each function draws on a matplotlib Axes and returns it.

Nothing is shown, and nothing is left open: without ``ax`` the figure is none of pyplot's. A notebook shows it as
the last thing in a cell; ``ax.figure.savefig("calls.png")`` keeps it. With ``ax`` it is drawn into a figure of yours.
Colours follow matplotlib's style, light or dark.
"""

from __future__ import annotations

from amiframe.errors import ConfigError

try:
    import matplotlib as _matplotlib  # noqa: F401 -- the modules below need it
except ModuleNotFoundError as _error:
    raise ConfigError(
        "plots need matplotlib, which is not installed", hint="pip install 'amiframe[notebook]'"
    ) from _error

from amiframe.plot._agents import agent_timeline
from amiframe.plot._causes import causes
from amiframe.plot._channels import channel_states, durations
from amiframe.plot._ladder import call_ladder
from amiframe.plot._privileges import privileges
from amiframe.plot._queues import service_level, waits
from amiframe.plot._snapshots import status_series
from amiframe.plot._traffic import concurrency, heatmap

__all__ = [
    "agent_timeline",
    "call_ladder",
    "causes",
    "channel_states",
    "concurrency",
    "durations",
    "heatmap",
    "privileges",
    "service_level",
    "status_series",
    "waits",
]
