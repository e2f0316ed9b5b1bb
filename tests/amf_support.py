"""What several tests share: exact comparison of frames, and where samples and captures lie."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
CAPTURES = ROOT.parent / "shared" / "captures"


def examples(share: float) -> settings:
    """Return settings that run this share of the profile's examples: at least 3, at most 3,000."""
    return settings(max_examples=min(max(3, round(settings.default.max_examples * share)), 3000))


def for_each(cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make one test of many small cases: each runs, and all that fail are named.

    A test item of its own costs more than such a case. A case is one argument, or a tuple of them.
    """

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        def run() -> None:
            failures = []
            for case in cases:
                try:
                    test(*case if isinstance(case, tuple) else (case,))
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 (shown below)
                    failures.append(f"{str(case)[:200]}: {type(failure).__name__}: {failure}")
            assert not failures, f"{len(failures)} cases failed\n" + "\n".join(failures[:20])

        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        return run

    return decorate


@contextmanager
def started(command: Sequence[object], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a process whose output is read; whatever becomes of the test, the process ends and its pipes are closed."""
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def plain(frame: pd.DataFrame) -> dict[str, list[object]]:
    """Return a frame as plain Python lists: nested columns compare, missing is None."""
    return {str(name): pa.array(frame[name]).to_pylist() for name in frame.columns}


def differences(one: pd.DataFrame, other: pd.DataFrame, ignore: tuple[str, ...] = ()) -> list[str]:
    """Say how two frames differ: columns and their order, dtypes, number of rows, each column's values."""
    found = []
    if list(one.columns) != list(other.columns):
        found.append(f"columns: {[c for c in one.columns if c not in other.columns]} "
                     f"against {[c for c in other.columns if c not in one.columns]}, or their order")  # fmt: skip
    if len(one) != len(other):
        return [*found, f"{len(one)} rows against {len(other)}"]
    left, right = plain(one), plain(other)
    for name in left:
        if name in ignore or name not in right:
            continue
        if one[name].dtype != other[name].dtype:
            found.append(f"dtype of {name}: {one[name].dtype} against {other[name].dtype}")
        for row, (a, b) in enumerate(zip(left[name], right[name], strict=True)):
            if a != b:
                found.append(f"{name}[{row}]: {a!r} against {b!r}")
                break
    return found
