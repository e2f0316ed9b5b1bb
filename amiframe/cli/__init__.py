"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli import (
    analysing,
    demo,
    profiles,
    reading,
    sending,
)  # their commands hang themselves on the application
from amiframe.cli.app import main

__all__ = ["analysing", "demo", "main", "profiles", "reading", "sending"]
