"""Notebooks as jobs that run unattended: parameters checked, secrets kept out, a limit, a lock, a history."""

from amiframe.jobs.run_history import Check, check, history
from amiframe.jobs.runner import JobResult, run

__all__ = ["Check", "JobResult", "check", "history", "run"]
