"""Queue visits, agent states and lost callers, from queue_log or from events."""
