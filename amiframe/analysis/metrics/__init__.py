"""Numbers of calls and queues: each with what was counted, by which rule; see :func:`explain`."""

from amiframe.analysis.metrics.agents import agent_summary, occupancy
from amiframe.analysis.metrics.carried_traffic import busy_hour, concurrency, traffic
from amiframe.analysis.metrics.definitions import explain
from amiframe.analysis.metrics.erlang import erlang_b, erlang_c, staffing
from amiframe.analysis.metrics.queue_counts import RULES
from amiframe.analysis.metrics.queues import (
    abandon_rate,
    aht,
    answered_rate,
    asa,
    queue_summary,
    service_level,
)
from amiframe.analysis.metrics.trunks import abr, acd, asr, ccr, ner, pdd

__all__ = [
    "RULES",
    "abandon_rate",
    "abr",
    "acd",
    "agent_summary",
    "aht",
    "answered_rate",
    "asa",
    "asr",
    "busy_hour",
    "ccr",
    "concurrency",
    "erlang_b",
    "erlang_c",
    "explain",
    "ner",
    "occupancy",
    "pdd",
    "queue_summary",
    "service_level",
    "staffing",
    "traffic",
]
