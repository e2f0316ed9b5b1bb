"""The command line as a user runs it, in the process of the test: a Python of its own would take a second each time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from amf_support import ROOT

from amiframe.cli import main


def run(*args: object, cwd: Path = ROOT, columns: int = 100, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``amiframe ARGS`` with this environment in a folder; an unexpected exception is raised."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    command = ["amiframe", *map(str, args)]
    code: object = 0
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "stdin", io.StringIO()),
        mock.patch.dict(os.environ, {"COLUMNS": str(columns), **env}),
        chdir(cwd),
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return subprocess.CompletedProcess(command, int(code or 0), out, err)
