"""Frames -> what they mean: calls, visits in queues, agents, metrics. Pure functions: a frame in, a frame out."""

from amiframe.analysis import metrics
from amiframe.analysis.queues import queue_calls

__all__ = ["metrics", "queue_calls"]
