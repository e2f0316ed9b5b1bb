"""HTTP to a PBX: one request that fails clearly (transport), one session of one account (session)."""

from amiframe.transport.session import Session, warn_if_open

__all__ = ["Session", "warn_if_open"]
