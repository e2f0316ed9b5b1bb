"""Files and fsspec URLs, read and written whole: after a crash, a full disk or Ctrl-C the old file is still there."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import fsspec

Write = Callable[[IO[bytes]], None]
Describe = Callable[[str], bytes]


def save(name: str, write: Write, describe: Describe | None = None) -> None:
    """Write a file, and optionally its side-car ``NAME.json``, so that no reader ever sees half of it.

    A local file is written beside its place, flushed to the disk and moved there. It gets the permissions of the file
    that it replaces, else the usual ones. A link stays a link. Pipes and devices are written to and get no side-car;
    for URLs it is the store that promises what it can.

    Parameters
    ----------
    name : str
        A path or an fsspec URL.
    write : callable
        Writes the content into the binary file that it is given.
    describe : callable, optional
        Makes the side-car from the SHA-256 of the content.

    Raises
    ------
    OSError
        The file could not be written; what was there before is intact.
    """
    if "://" in name:
        _upload(name, write, describe)
    elif Path(name).exists() and not Path(name).is_file():
        with Path(name).open("wb") as file:  # cannot be replaced (and a directory says so here)
            write(file)
    else:
        _replace(Path(os.path.realpath(name)), write, describe)


def save_bytes(dest: str | os.PathLike[str] | IO[bytes], data: bytes) -> None:
    """Write bytes to a path, to an fsspec URL (as :func:`save` does) or into a binary file object."""
    if isinstance(dest, str | os.PathLike):
        save(os.fspath(dest), lambda file: _write_all(file, data))
    else:
        _write_all(dest, data)


def load(name: str) -> bytes:
    """Return the content of a path or an fsspec URL."""
    with _open(name) as file:
        data: bytes = file.read()
    return data


def load_beside(name: str) -> bytes | None:
    """Return the content of the side-car of a path or an fsspec URL, None if there is none."""
    try:
        return load(f"{name if '://' in name else os.path.realpath(name)}.json")
    except FileNotFoundError:
        return None


def _open(name: str) -> Any:
    return fsspec.open(name, "rb") if "://" in name else Path(name).open("rb")


# The side-car comes first, here and below: a crash in between then leaves one whose digest does not fit; the other way
# round it could leave a CSV file without one, and no reader would know.


def _upload(url: str, write: Write, describe: Describe | None) -> None:
    whole = BytesIO()
    write(whole)
    data = whole.getvalue()
    if describe is not None:
        with fsspec.open(f"{url}.json", "wb") as file:
            file.write(describe(hashlib.sha256(data).hexdigest()))
    with fsspec.open(url, "wb") as file:
        file.write(data)


def _replace(path: Path, write: Write, describe: Describe | None) -> None:
    with ExitStack() as undo:
        temp, digest = _fill(path, write, undo)
        if describe is not None:
            text, beside = describe(digest), Path(f"{path}.json")
            _fill(beside, lambda file: _write_all(file, text), undo)[0].replace(beside)
        temp.replace(path)


def _write_all(file: IO[bytes], data: bytes) -> None:
    file.write(data)


def _fill(path: Path, write: Write, undo: ExitStack) -> tuple[Path, str]:
    """Write a file beside `path`, flushed to the disk, with its permissions; return it and its digest."""
    temp = path.with_name(f".amiframe-{secrets.token_hex(8)}.tmp")
    undo.callback(temp.unlink, missing_ok=True)
    with temp.open("x+b") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.exists():
        temp.chmod(stat.S_IMODE(path.stat().st_mode))
    return temp, digest
