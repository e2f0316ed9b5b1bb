"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli import (
    actions,
    audit,
    calls,
    capture,
    check,
    demo,
    doctor,
    job,
    profiles,
    queries,
    queues,
    report,
    snapshots,
)
from amiframe.cli.app import main

__all__ = [
    "actions",
    "audit",
    "calls",
    "capture",
    "check",
    "demo",
    "doctor",
    "job",
    "main",
    "profiles",
    "queries",
    "queues",
    "report",
    "snapshots",
]
