"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli import (  # their commands hang on the application
    analysing,
    calls,
    capture,
    demo,
    doctor,
    job,
    profiles,
    reading,
    report,
    sending,
)
from amiframe.cli.app import main

__all__ = ["analysing", "calls", "capture", "demo", "doctor", "job", "main", "profiles", "reading", "report", "sending"]
