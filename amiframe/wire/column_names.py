"""Header name -> column name: Asterisk's own rule for its XML attributes, held in one place.

Source: ``xml_copy_escape`` and ``xml_translate`` in Asterisk's ``main/manager.c``; measured on 16 and 22
(``Cause-txt`` -> ``cause_txt``, ``1st`` -> ``_1st``, each byte of a Cyrillic letter -> ``_``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_BYTES = bytes(ord(chr(b).lower()) if chr(b).isascii() and chr(b).isalnum() else ord("_") for b in range(256))


@lru_cache(maxsize=65536)
def column(header: str) -> str:
    """Return the column name of a header.

    Lower case; every UTF-8 byte that is not an ASCII letter or digit becomes ``_``; a leading digit gets
    ``_`` in front. An empty header name (a user event may send one) is ``_``.

    Examples
    --------
    >>> column("CallerIDNum"), column("Cause-txt"), column("1st"), column("Имя")
    ('calleridnum', 'cause_txt', '_1st', '______')
    """
    name = header.encode("utf-8", "surrogateescape").translate(_BYTES).decode("ascii")
    return f"_{name}" if not name or name[0].isdigit() else name


def columns(headers: Iterable[str]) -> list[str]:
    """Return the column names of one message's headers; the n-th header of a name gets ``-n``.

    Headers that differ only in what the rule drops (``Foo`` and ``foo``, ``a-b`` and ``a_b``) are numbered too.

    Examples
    --------
    >>> columns(["Event", "Variable", "Variable", "variable", "a-b", "a_b"])
    ['event', 'variable', 'variable-2', 'variable-3', 'a_b', 'a_b-2']
    """
    seen: dict[str, int] = {}
    names = []
    for header in headers:
        name = column(header)
        count = seen[name] = seen.get(name, 0) + 1
        names.append(name if count == 1 else f"{name}-{count}")
    return names
