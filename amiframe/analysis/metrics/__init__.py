"""Numbers of calls and queues: each with what was counted, by which rule; see :func:`explain`."""

from amiframe.analysis.metrics.queue import (
    RULES,
    abandon_rate,
    aht,
    answered_rate,
    asa,
    queue_summary,
    service_level,
)

__all__ = ["RULES", "abandon_rate", "aht", "answered_rate", "asa", "queue_summary", "service_level"]
