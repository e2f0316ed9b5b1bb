"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli import (  # their commands hang on the application
    analysing,
    calls,
    capture,
    check,
    demo,
    doctor,
    profiles,
    reading,
    sending,
    snapshots,
)
from amiframe.cli.app import main

__all__ = [
    "analysing", "calls", "capture", "check", "demo", "doctor", "main", "profiles", "reading", "sending", "snapshots",
]  # fmt: skip
