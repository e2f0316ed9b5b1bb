"""Bytes <-> text, without loss: what both wire formats share."""

from __future__ import annotations

import codecs
from functools import lru_cache

from amiframe.errors import ConfigError


@lru_cache(maxsize=64)
def check_encoding(encoding: str) -> str:
    """Return the codec's own name; refuse encodings in which line ends and ``:`` are not the ASCII bytes.

    Examples
    --------
    >>> check_encoding("UTF8"), check_encoding("cp1251")
    ('utf-8', 'cp1251')
    """
    probe = "Response: Success\r\n\t<a b='c'>"
    try:
        name = codecs.lookup(encoding).name
        if probe.encode(name) != probe.encode("ascii"):
            raise ConfigError(f"{encoding!r} is no encoding for AMI: line ends and ':' must be the ASCII bytes")
    except (LookupError, UnicodeError) as error:
        raise ConfigError(f"unknown text encoding {encoding!r}", hint="try utf-8, cp1251 or latin-1") from error
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


def excerpt(data: bytes, at: int = 0, size: int = 60) -> str:
    """Return a few printable characters of the input, for an error message."""
    piece = data[at : at + size].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "·" for c in piece)
