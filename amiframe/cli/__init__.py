"""The command line ``amiframe``: the same frames, printed as tables and written to files."""

from amiframe.cli.app import main

__all__ = ["main"]
