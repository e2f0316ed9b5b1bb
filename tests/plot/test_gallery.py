"""The gallery of the docs is what its script makes, and its pictures are small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_gallery_is_what_its_script_makes():
    command = [sys.executable, "-W", "error", "docs/gallery.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout


def test_its_pictures_are_small():
    assert sum(file.stat().st_size for file in (ROOT / "docs" / "gallery").glob("*.png")) < 1_000_000
