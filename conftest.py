"""What holds for all tests: the names that examples in docstrings use, and the marks that choose tests.

A test in a folder of `FOLDERS` gets the folder's mark; a test without any mark of its own gets ``quick``. A run that
leaves a mark out does not import the folder of that mark: each worker would pay for it.
"""

from __future__ import annotations

import gc
from pathlib import Path

import numpy
import pandas
import pytest

import amiframe

TESTS = Path(__file__).parent / "tests"
FOLDERS = {"live": ("live",), "browser": ("browser", "slow"), "office": ("office", "slow"), "captures": ("captures",)}
NOT_QUICK = {"live", "browser", "office", "captures", "slow", "gate"}


def _folder(path: Path) -> str:
    return path.relative_to(TESTS).parts[0] if TESTS in path.parents else ""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders whose marks the run leaves out."""
    marks = config.option.markexpr
    left_out = FOLDERS if marks == "quick" else [name for name in FOLDERS if f"not {name}" in marks]
    return True if _folder(collection_path) in left_out else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder, or as quick."""
    for item in items:
        for name in FOLDERS.get(_folder(item.path), ()):
            item.add_marker(name)
        if not any(mark.name in NOT_QUICK for mark in item.iter_markers()):
            item.add_marker("quick")


def pytest_collection_finish() -> None:
    """Keep modules and tests out of later garbage collections: one would take half a second instead of milliseconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _examples(doctest_namespace):
    doctest_namespace["af"] = amiframe
    doctest_namespace["np"] = numpy
    doctest_namespace["pd"] = pandas
