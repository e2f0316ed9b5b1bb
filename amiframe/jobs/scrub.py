"""Secrets that this machine knows, and how they are taken out of what a job leaves."""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from amiframe import settings
from amiframe.errors import ConfigError
from amiframe.settings import vault

BLOT = "*****"
_SHORTEST = 4  # a shorter one would blot out words
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
            found.add(vault.fetch(place, str(user), os.environ).reveal())
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
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


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
    """Return the files below a folder that hold a secret as it is."""
    wanted = {form.encode() for secret in secrets for form in forms(secret)}
    if not wanted:
        return []
    pattern = re.compile(b"|".join(re.escape(one) for one in sorted(wanted, key=len, reverse=True)))
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and pattern.search(path.read_bytes())]
