"""Pictures of what frames tell: each function draws on a matplotlib Axes and returns it.

Nothing is shown, and nothing is left open: without ``ax`` the figure is none of pyplot's. A notebook shows it as
the last thing in a cell; ``ax.figure.savefig("calls.png")`` keeps it. With ``ax`` it is drawn into a figure of yours.
Colours follow matplotlib's style, light or dark.
"""

from __future__ import annotations

from amiframe.errors import ConfigError

try:
    import matplotlib as _matplotlib  # noqa: F401 -- told here, before the modules below ask for it
except ModuleNotFoundError as _error:
    raise ConfigError(
        "plots need matplotlib, which is not installed", hint="pip install 'amiframe[notebook]'"
    ) from _error

from amiframe.plot.agents import agent_timeline
from amiframe.plot.causes import causes
from amiframe.plot.channels import channel_states, durations
from amiframe.plot.ladder import call_ladder
from amiframe.plot.privileges import privileges
from amiframe.plot.queues import service_level, waits
from amiframe.plot.series import status_series
from amiframe.plot.traffic import concurrency, heatmap

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
