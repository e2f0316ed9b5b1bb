"""Frames to files by their suffix, for ``-o``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

import amiframe as af
from amiframe.export import atomic_write


def write(frame: pd.DataFrame, dest: str) -> list[str]:
    """Write a frame to ``.csv``, ``.parquet``, ``.json`` or ``.xlsx``; ``-`` is CSV on stdout.

    Returns what the format could not keep.

    Raises
    ------
    ConfigError
        The suffix names no format.
    OSError
        The file cannot be written.
    """
    check(dest)
    if dest == "-":
        af.to_csv(frame, sys.stdout.buffer)
        return []
    return WRITERS[_suffix(dest)](frame, dest) or []


def check(dest: str) -> None:
    """Say before anything is asked of a PBX that a file could not be written.

    Examples
    --------
    >>> check("calls.parquet")
    """
    if dest != "-" and _suffix(dest) not in WRITERS:
        raise af.ConfigError(f"no format for {dest!r}", hint="a name that ends in " + ", ".join(WRITERS))


def to_json(frame: pd.DataFrame, dest: str) -> None:
    """Write an array of objects.

    Times are ISO 8601, durations seconds, maps arrays of [name, value]. Missing values are null, and so are infinite
    numbers, which JSON does not have.
    """
    lines = ",\n".join(
        json.dumps({str(name): _plain(value) for name, value in row.items()}, ensure_ascii=False, allow_nan=False)
        for row in frame.to_dict("records")
    )
    atomic_write.save_bytes(dest, f"[\n{lines}\n]\n".encode() if len(frame) else b"[]\n")


def _plain(value: Any) -> Any:
    """Return what JSON writes for a cell."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or pd.isna(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    if isinstance(value, pd.Timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


WRITERS: dict[str, Callable[[pd.DataFrame, str], list[str] | None]] = {
    ".csv": af.to_csv,
    ".parquet": af.to_parquet,
    ".json": to_json,
    ".xlsx": af.to_excel,
}


def _suffix(dest: str) -> str:
    return PurePosixPath(dest).suffix.lower()
