"""Frames -> what they mean: calls, visits in queues, agents, metrics. Pure functions: a frame in, a frame out."""

from amiframe.analysis import metrics
from amiframe.analysis.compare import compare
from amiframe.analysis.findings import findings
from amiframe.analysis.lost import lost_calls
from amiframe.analysis.queues import agents, queue_calls
from amiframe.analysis.snapshots import call_groups, channel_variables, status_series

__all__ = [
    "agents",
    "call_groups",
    "channel_variables",
    "compare",
    "findings",
    "lost_calls",
    "metrics",
    "queue_calls",
    "status_series",
]
