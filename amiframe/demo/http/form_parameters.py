"""Parameters of a request, decoded and looked up as the server does it.

Source: ``get_params`` of Asterisk's ``main/http.c``, ``ast_uri_decode``, ``astman_get_header`` of ``main/manager.c``;
measured on 16.28 and 22.10: ``;`` separates nothing, a bad escape stays as it is, ``%00`` ends the value, of 129
parameters the last is dropped without a word, and of a name that comes twice the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_PARAMETERS = 128
Fields = Sequence[tuple[str, str]]

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
SKIPPED = "".join(map(chr, range(33)))
"""What the server skips at the head of a value: blanks and control characters."""


def decode(data: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query or of a form, in order.

    Examples
    --------
    >>> decode(b"action=Ping&ActionID=a+b%2Bc%zz&x=1%002;y")
    [('action', 'Ping'), ('ActionID', 'a b+c%zz'), ('x', '1')]
    """
    if not data:
        return []
    pairs = (part.partition(b"=") for part in data.split(b"&")[:MAX_PARAMETERS])
    return [(_text(name), _text(value)) for name, _, value in pairs]


def _text(data: bytes) -> str:
    plain = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), data.replace(b"+", b" "))
    return plain.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def action_of(fields: Fields) -> str:
    """Return the name of the action: the first that is not empty.

    Examples
    --------
    >>> action_of([("action", ""), ("Action", "Ping"), ("action", "Status")])
    'Ping'
    """
    values = (value.lstrip(SKIPPED) for key, value in fields if key.lower() == "action")
    return next(filter(None, values), "")


def integer(text: str) -> int | None:
    """Return a number as C's ``%i`` reads it from the head of a text: hexadecimal, octal, and what follows is left.

    Examples
    --------
    >>> [integer(text) for text in ("0x2", "010", "1.9", "2s", "-1", "soon", "")]
    [2, 8, 1, 2, -1, None, None]
    """
    match = re.match(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]*)|([1-9][0-9]*))", text)
    if match is None:
        return None
    sign, hexadecimal, octal, decimal = match.groups()
    size = int(hexadecimal, 16) if hexadecimal else int(decimal) if decimal else int(octal or "0", 8)
    return -size if sign == "-" else size
