"""Frames -> what they mean: calls, visits in queues, agents, metrics. Pure functions: a frame in, a frame out."""

from amiframe.analysis import metrics
from amiframe.analysis.privileges.least_privileges import least_account
from amiframe.analysis.privileges.tables import compare_commands, privilege_matrix
from amiframe.analysis.queues.lost_callers import lost_calls
from amiframe.analysis.queues.queue_tables import agents, queue_calls
from amiframe.analysis.snapshots.comparison import compare
from amiframe.analysis.snapshots.finding_table import findings
from amiframe.analysis.snapshots.tables import call_groups, channel_variables, status_series

__all__ = [
    "agents",
    "call_groups",
    "channel_variables",
    "compare",
    "compare_commands",
    "findings",
    "least_account",
    "lost_calls",
    "metrics",
    "privilege_matrix",
    "queue_calls",
    "status_series",
]
