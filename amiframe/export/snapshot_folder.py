"""Snapshots in folders: one Parquet file for each of its frames."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import fields
from pathlib import Path

from amiframe.errors import ConfigError, ParseError
from amiframe.export.tables import read_table, to_parquet
from amiframe.reply import Snapshot

PARTS = tuple(f.name for f in fields(Snapshot))
"""Frames of a snapshot, by the names of their files."""


def save_snapshot(snapshot: Snapshot, folder: str | os.PathLike[str]) -> None:
    """Save a snapshot as a folder of Parquet files, so that :func:`read_snapshot` gives back the same.

    Parameters
    ----------
    snapshot : Snapshot
        Of :meth:`Pbx.snapshot`.
    folder : path
        A new folder, or one in which a snapshot was saved before: that one is replaced.

    Returns
    -------
    None
        ``status.parquet``, ``queues.parquet``, ``members.parquet``, ``waiting.parquet`` and ``endpoints.parquet`` are
        there, all of them or none.

    Raises
    ------
    ConfigError
        The folder has something else in it.
    OSError
        It could not be written; what was there before is intact.

    Examples
    --------
    >>> import tempfile
    >>> with af.connect("demo") as pbx, tempfile.TemporaryDirectory() as place:
    ...     af.save_snapshot(pbx.snapshot(), f"{place}/monday")
    ...     af.compare(af.read_snapshot(f"{place}/monday").status, pbx.status())["change"].isin(["same"]).any()
    np.True_
    """
    place = Path(folder).resolve()
    known = {f"{name}.parquet" for name in PARTS}
    if place.exists() and not (place.is_dir() and {path.name for path in place.iterdir()} <= known):
        raise ConfigError(f"{os.fspath(folder)} has something else in it", hint="the name of a new folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    made, old = work / "new", work / "old"
    try:
        made.mkdir()
        for name in PARTS:
            to_parquet(getattr(snapshot, name), made / f"{name}.parquet")
        if place.exists():
            place.rename(old)
        try:
            made.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def read_snapshot(folder: str | os.PathLike[str]) -> Snapshot:
    """Read a snapshot that :func:`save_snapshot` saved.

    Parameters
    ----------
    folder : path
        Where it was saved.

    Returns
    -------
    Snapshot
        Its frames as they were.

    Raises
    ------
    ParseError
        No snapshot is there.
    OSError
        The folder or a file of it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with af.connect("demo") as pbx, tempfile.TemporaryDirectory() as place:
    ...     af.save_snapshot(pbx.snapshot(), place)
    ...     len(af.read_snapshot(place).members) > 0
    True
    """
    place = Path(folder)
    lacking = [name for name in PARTS if not (place / f"{name}.parquet").is_file()]
    if lacking:
        raise ParseError(
            f"no snapshot in {os.fspath(folder)}: {lacking[0]}.parquet is not there",
            hint="af.save_snapshot(pbx.snapshot(), folder), or amiframe snapshot -o FOLDER",
        )
    return Snapshot(*(read_table(place / f"{name}.parquet") for name in PARTS))
