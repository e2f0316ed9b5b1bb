"""Bytes <-> text, without loss, and the C escapes in texts: what both wire formats share."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from amiframe.errors import ConfigError

# what means something else than ASCII in UTF-7, ISO-2022, HZ and the encodings with backslash escapes
_ASCII = bytes(range(128)) + b"+AGE- \x1b$B!!\x1b(B \x0e!!\x0f ~{!!~} \\u0041"


@lru_cache(maxsize=64)
def check_encoding(encoding: str) -> str:
    """Return the codec's own name; refuse encodings in which an ASCII byte may be anything but its character.

    Examples
    --------
    >>> check_encoding("UTF8"), check_encoding("cp1251")
    ('utf-8', 'cp1251')
    """
    hint = "try utf-8, cp1251 or latin-1"
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:  # a NUL in the name is a ValueError
        raise ConfigError(f"unknown text encoding {encoding!r}", hint=hint) from error
    try:
        text = _ASCII.decode("ascii")
        plain = text.encode(name) == _ASCII and _ASCII.decode(name) == text
    except (LookupError, UnicodeError):  # a LookupError: rot13 and base64 are codecs, but not of text
        plain = False
    if not plain:
        raise ConfigError(f"{encoding!r} is no encoding for AMI: its ASCII bytes are not ASCII", hint=hint)
    return name


def decode(data: bytes, encoding: str = "utf-8") -> str:
    r"""Decode without loss: a byte that is not valid becomes a lone surrogate (``\udc80`` + byte - 128).

    Examples
    --------
    >>> decode(b"caf\xe9") == "caf\udce9", decode(b"caf\xe9", "latin-1")
    (True, 'café')
    """
    return data.decode(encoding, "surrogateescape")


def encode(text: str, encoding: str = "utf-8") -> bytes:
    """Turn text back into the bytes that :func:`decode` read."""
    return text.encode(encoding, "surrogateescape")


_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\a": "a", "\b": "b", "\f": "f", "\v": "v", "\\": "\\", '"': '"', "'": "'"}
_ESCAPED = {letter: character for character, letter in _ESCAPES.items()} | {"?": "?"}
_TO_ESCAPE = str.maketrans({character: f"\\{letter}" for character, letter in _ESCAPES.items()})
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def escape(text: str) -> str:
    r"""Return text with the C escapes that Asterisk puts into caller names and VarSet values.

    Examples
    --------
    >>> escape("O'Neil")
    "O\\'Neil"
    """
    return text.translate(_TO_ESCAPE)


def unescape(text: str) -> str:
    r"""Undo :func:`escape`, once; a backslash before any other character stays.

    Examples
    --------
    >>> unescape(r"O\'Br\"ien\t") == "O'Br\"ien\t"
    True
    """
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[0]), text)


def excerpt(data: bytes, at: int = 0, size: int = 60) -> str:
    """Return a few printable characters of the input, for an error message."""
    return printable(data[at : at + size].decode("utf-8", "replace"))


def printable(text: str, size: int = 60) -> str:
    """Return the begin of a text, fit for an error message."""
    return "".join(c if c.isprintable() else "·" for c in text[:size])
