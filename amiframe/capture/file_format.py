"""The file of a capture: JSON lines, the first says what it is, each other holds one request and its answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from amiframe.errors import ParseError
from amiframe.export import atomic_write
from amiframe.wire.encoding import decode, encode

MARK = "amiframe capture"
_VERSION = 1

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Parameters
    ----------
    path : str
        Interface that was asked: ``rawman``, ``mxml``, ``arawman``, ``amxml``.
    fields : tuple of (str, str)
        What was asked, ``Action`` first.
    body : bytes
        Whole body of the answer.
    error : str, optional
        Why there is none.
    """

    path: str
    fields: Pairs
    body: bytes = b""
    error: str | None = None

    @property
    def is_xml(self) -> bool:
        """Whether the body is XML."""
        return self.path.endswith("mxml")


def save(dest: str, exchanges: Iterable[Exchange], about: Mapping[str, Any]) -> None:
    """Write a capture; ``.jsonl`` is its usual suffix."""
    lines = [{MARK: _VERSION, **about}, *map(_plain, exchanges)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    atomic_write.save_bytes(dest, text.encode("utf-8"))


def load(src: str) -> tuple[list[Exchange], dict[str, Any]]:
    """Read a capture; return its exchanges, and what its first line says.

    Raises
    ------
    ParseError
        It is none.
    OSError
        It cannot be read.
    """
    try:
        first, *others = [json.loads(line) for line in atomic_write.load(src).decode("utf-8").splitlines() if line]
        if first[MARK] != _VERSION:
            raise KeyError(MARK)
        return [_exchange(line) for line in others], first
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ParseError("this is no capture", hint="amiframe capture -t TARGET -o FILE.jsonl makes one") from None


def _plain(one: Exchange) -> dict[str, Any]:
    line: dict[str, Any] = {"path": one.path, "fields": [list(pair) for pair in one.fields]}
    if one.error is not None:
        return {**line, "error": one.error}
    text = decode(one.body)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # bytes that are no text: JSON has no place for them
        return {**line, "body_base64": base64.b64encode(one.body).decode("ascii")}
    return {**line, "body": text}


def _exchange(line: Mapping[str, Any]) -> Exchange:
    fields = tuple((str(name), str(value)) for name, value in line["fields"])
    body = base64.b64decode(line["body_base64"]) if "body_base64" in line else encode(line.get("body", ""))
    return Exchange(str(line["path"]), fields, body, line.get("error"))
