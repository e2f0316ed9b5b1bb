"""LibreOffice without a screen and without a memory: what it makes of our files, cell by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def office(tmp_path_factory) -> Callable[..., Path]:
    """Return what opens a file, through an import filter, and saves it as another kind."""
    program = shutil.which("soffice")
    if program is None:
        reason = "no LibreOffice: .ci/office installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("office")

    def convert(source: Path, kind: str, *, through: str | None = None) -> Path:
        made = source.parent / "opened"
        subprocess.run(
            [
                program,
                f"-env:UserInstallation={home.as_uri()}",
                "--headless",
                *([f"--infilter={through}"] if through else []),
                "--convert-to",
                kind,
                "--outdir",
                str(made),
                str(source),
            ],
            check=True,
            timeout=120,
            capture_output=True,
        )
        return made

    return convert
