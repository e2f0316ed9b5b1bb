"""Secrets that this machine knows, and how they are taken out of what a job leaves."""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from amiframe import settings
from amiframe.errors import ConfigError
from amiframe.export.csv import decompress
from amiframe.export.tables import read_table, to_csv
from amiframe.settings import secret_sources

BLOT = "*****"
_SHORTEST = 4  # a shorter one would blot out words
_DEEPEST = 3  # a file in an archive in an archive
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def known_secrets(target: str | None) -> tuple[str, ...]:
    """Return the secrets of all profiles and of the environment; a keyring is opened for the target only."""
    found: set[str] = set()
    names: list[str | None] = [target]
    if os.environ.get("AMIFRAME_SECRET"):
        found.add(os.environ["AMIFRAME_SECRET"])
    names += [name for file in settings.read_files() for name in file.profiles]
    for name in names:
        try:
            all_of_it = settings.explain(name).settings
            place = all_of_it.get("secret")
            if place is None or (place.key == "secret_keyring" and name != target):
                continue
            user = all_of_it["username"].value if "username" in all_of_it else ""
            found.add(secret_sources.fetch(place, str(user), os.environ).reveal())
        except ConfigError:
            continue  # told to the notebook, when it connects
    return tuple(sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True))


def forms(secret: str) -> Iterator[str]:
    """Give the forms in which a secret may stand in a text."""
    yield secret
    yield html.escape(secret)
    yield quote(secret)
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield repr(secret)[1:-1]
    for before in range(3):  # whatever stands before it in what was encoded, as the user's name in a header of HTTP
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        inner = coded[-(-before * 8 // 6) : len(coded) - (1 if (before + len(secret.encode())) % 3 else 0)]
        if len(inner) >= _SHORTEST:
            yield inner


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets.

    Examples
    --------
    >>> scrubbed("login as test:hunter22 failed", ["hunter22"])
    'login as test:***** failed'
    """
    for secret in secrets:
        for form in sorted(set(forms(secret)), key=len, reverse=True):
            text = text.replace(form, BLOT)
    return text


def plain(text: str, secrets: Iterable[str], most: int = 500) -> str:
    """Return a text of a notebook for a log: without secrets and colours, on one line, not long."""
    line = " ".join(scrubbed(_COLOURS.sub("", text), secrets).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def holding(folder: Path, secrets: Iterable[str]) -> list[Path]:
    """Return the files below a folder that hold a secret, as it is or inside of what is compressed."""
    texts = {form for secret in secrets for form in forms(secret)}
    wanted = {form.encode(code) for form in texts for code in ("utf-8", "utf-16-le", "utf-16-be")}
    if not wanted:
        return []
    pattern = re.compile(b"|".join(re.escape(one) for one in sorted(wanted, key=len, reverse=True)))
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if any(pattern.search(data) for data in _contents(path.read_bytes()))]


def _contents(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give bytes, and what they hold when they are unpacked, twice if need be; what is damaged is only its bytes."""
    yield data
    unpack = next((unpack for magic, unpack in _UNPACK.items() if data.startswith(magic)), None)
    if unpack is not None and depth < _DEEPEST:
        with suppress(Exception):  # whatever a notebook has written under such a begin
            for inner in unpack(data):
                yield from _contents(inner, depth + 1)


def _cells(data: bytes) -> Iterator[bytes]:
    file = io.BytesIO()
    frame = read_table(data)
    yield repr(frame.attrs).encode()
    for name in frame.columns:  # one after the other: a column that CSV cannot hold hides no other
        with suppress(ConfigError):
            to_csv(frame[[name]].reset_index(drop=True), file)
    yield file.getvalue()


def _members(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from (archive.read(name) for name in archive.namelist())


_UNPACK: dict[bytes, Callable[[bytes], Iterable[bytes]]] = {
    b"PAR1": _cells,
    b"PK\x03\x04": _members,  # xlsx too
    b"\x1f\x8b": lambda data: [gzip.decompress(data)],
    b"BZh": lambda data: [bz2.decompress(data)],
    b"\xfd7zXZ\x00": lambda data: [lzma.decompress(data)],
    b"\x28\xb5\x2f\xfd": lambda data: [decompress(data, "x.zst")],
}
