"""Frames -> what they mean: calls, visits in queues, agents, metrics. Pure functions: a frame in, a frame out."""

from amiframe.analysis import metrics
from amiframe.analysis.lost import lost_calls
from amiframe.analysis.queues import agents, queue_calls

__all__ = ["agents", "lost_calls", "metrics", "queue_calls"]
