"""HTTP digest as the server checks it: the nonce is a hexadecimal number, and it names the session.

Source: ``auth_http_callback`` of Asterisk's ``main/manager.c``, ``ast_parse_digest`` of ``main/utils.c``; measured on
16.28 and 22.10: any hexadecimal nonce will do if the answer to it is right, and the URI is not compared.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

REALM = "asterisk"
_PART = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))')
_HEX = re.compile(r"[0-9a-fA-F]{1,16}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says."""

    username: str
    nonce: int
    nc: int
    _parts: dict[str, str]

    def is_by(self, username: str, secret: str, method: str) -> bool:
        """Return whether only this account could have written it."""
        nonce, count, client_nonce, qop = (self._parts.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        owner = md5(f"{username}:{REALM}:{secret}")
        request = md5(f"{method}:{self._parts['uri']}")
        middle = f"{count}:{client_nonce}:{qop}:" if qop else ""
        wanted = md5(f"{owner}:{nonce}:{middle}{request}")
        return hmac.compare_digest(wanted.encode(), self._parts["response"].lower().encode())


def claim(header: str) -> Claim | None:
    """Return what an Authorization header claims, or None if it is not a usable digest.

    Examples
    --------
    >>> claim('Digest username="demo", nonce="00ff", uri="/arawman", nc=00000001, response="x"').nonce
    255
    >>> claim("Basic ZGVtbzpkZW1v")
    """
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "digest":
        return None
    parts = {name.lower(): quoted or bare for name, quoted, bare in _PART.findall(rest)}
    nonce = _HEX.match(parts.get("nonce", ""))
    if nonce is None or not all(parts.get(name) for name in ("username", "uri", "response")):
        return None
    count = _HEX.fullmatch(parts.get("nc", ""))
    return Claim(parts["username"], int(nonce[0], 16), int(count[0], 16) if count else 0, parts)


def challenge(nonce: int, *, stale: bool = False) -> str:
    """Return the header with which a 401 asks for a digest.

    Examples
    --------
    >>> challenge(255, stale=True)
    'Digest algorithm=MD5, realm="asterisk", nonce="000000ff", qop="auth", opaque="000000ff", stale=true'
    """
    text = f'Digest algorithm=MD5, realm="{REALM}", nonce="{nonce:08x}", qop="auth", opaque="{nonce:08x}"'
    return f"{text}, stale=true" if stale else text


def md5(text: str) -> str:
    """Return the hexadecimal digest of a text."""
    # MD5 is what the protocol says, not a choice
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
