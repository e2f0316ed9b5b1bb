"""HTTP to a PBX: one request that fails clearly (transport), one session of one account (session)."""

from amiframe.http.session import Session

__all__ = ["Session"]
