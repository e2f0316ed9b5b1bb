"""Calls and queue visits from events beside CDR and queue_log: what agrees and what differs."""
