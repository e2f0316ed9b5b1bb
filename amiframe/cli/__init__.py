"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli import (  # their commands hang on the application
    analysing,
    audit,
    calls,
    capture,
    check,
    demo,
    doctor,
    job,
    profiles,
    reading,
    report,
    sending,
    snapshots,
)
from amiframe.cli.app import main

__all__ = [
    "analysing", "audit", "calls", "capture", "check", "demo", "doctor", "job", "main", "profiles", "reading", "report",
    "sending", "snapshots",
]  # fmt: skip
