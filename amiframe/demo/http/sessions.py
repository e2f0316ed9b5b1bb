"""Accounts and their sessions: who may what, since when events are kept for whom, and how long a session lives.

Source: sessions of Asterisk's manager over HTTP, measured on 16.28 and 22.10.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from amiframe.schema.privileges import BY_NAME

_AFTER_AGI = list(BY_NAME).index("agi") + 1
CLASSES = (*list(BY_NAME)[:_AFTER_AGI], "hookresponse", *list(BY_NAME)[_AFTER_AGI:])
"""Classes of events and of rights; the place of each is its bit in a mask of digits."""

ALL = frozenset(CLASSES)
_ANONYMOUS_S = 5.0  # a session without login lives that long
_NONCE_S = 62.0  # an older nonce is stale; its session lives on


def classes(text: str) -> frozenset[str]:
    """Return the classes that a ``read`` or ``write`` line of manager.conf names.

    Examples
    --------
    >>> sorted(classes("call, reporting")), classes("all") == ALL
    (['call', 'reporting'], True)
    """
    names = {name.strip().lower() for name in text.split(",")}
    return ALL if "all" in names else frozenset(names) & ALL


def in_order(held: frozenset[str]) -> tuple[str, ...]:
    """Return classes as the console lists them.

    Examples
    --------
    >>> in_order(classes("reporting,call")), in_order(ALL)[-2:]
    (('call', 'reporting'), ('message', 'all'))
    """
    listed = tuple(name for name in CLASSES if name in held and name != "hookresponse")
    return (*listed, "all") if held == ALL else listed


def mask(text: str) -> frozenset[str] | None:
    """Return the classes of an event mask; None when it is empty.

    Examples
    --------
    >>> sorted(mask("call,bogus")), mask("off"), mask(""), sorted(mask("6"))
    (['call'], frozenset(), None, ['call', 'log'])
    """
    word = text.strip().lower()
    if not word:
        return None
    if word.isascii() and word.isdigit():
        return frozenset(name for bit, name in enumerate(CLASSES) if int(word) >> bit & 1)
    if word in ("on", "yes", "true", "y", "t"):
        return ALL
    return classes(word)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of manager.conf: name, secret, and the classes that it may read and write."""

    name: str
    secret: str = field(repr=False)
    read: frozenset[str] = ALL
    write: frozenset[str] = ALL


@dataclass(eq=False)
class ManagerSession:
    """One session; everything but its life belongs to the manager that answers it."""

    key: int  # the number in the cookie, or the first nonce
    account: Account | None = None
    mask: frozenset[str] = ALL
    is_open: bool = False  # whether events are kept for it
    seen: int = -1  # number of the last event that it was given, or that came before it
    began: float = 0.0  # epoch second of the login, by the world's clock
    challenge: str = ""
    includes: list[re.Pattern[str]] = field(default_factory=list)
    excludes: list[re.Pattern[str]] = field(default_factory=list)
    waiting: object | None = None  # of the WaitEvent that is being answered
    busy: int = 0
    deadline: float = 0.0
    is_dead: bool = False
    nonce: int = 0
    old_nonce: int | None = None
    nonce_time: float = 0.0
    nc: int = 0

    @property
    def cookie(self) -> str:
        """What the cookie says: eight hexadecimal digits."""
        return f"{self.key:08x}"


class Sessions:
    """All sessions; safe to share between threads.

    Parameters
    ----------
    accounts : iterable of Account
    httptimeout : int
        Seconds that a session may be idle.
    """

    def __init__(self, accounts: Iterable[Account], httptimeout: int = 60):
        self.accounts = {account.name.lower(): account for account in accounts}
        self.httptimeout = httptimeout
        self._lock = threading.Lock()
        self._by_cookie: dict[int, ManagerSession] = {}
        self._by_digest: list[ManagerSession] = []

    def account(self, username: str) -> Account | None:
        """Return the account of that name, in any case."""
        return self.accounts.get(username.lower())

    def by_cookie(self, text: str | None) -> ManagerSession:
        """Return the session that a cookie names, or a new one without a login."""
        with self._lock:
            self._purge()
            session = self._by_cookie.get(int(text, 16)) if text else None
            if session is None:
                session = ManagerSession(self._number())
                self._by_cookie[session.key] = session
            session.busy += 1
            return session

    def by_nonce(self, account: Account, nonce: int, nc: int) -> tuple[ManagerSession, bool]:
        """Return the session of a nonce, a new one if there is none, and whether the nonce is stale."""
        now = time.monotonic()
        with self._lock:
            self._purge()
            for session in self._by_digest:
                if session.account is account and nonce in (session.nonce, session.old_nonce):
                    break
            else:
                session = ManagerSession(nonce, account, nonce=nonce, nonce_time=now)
                self._by_digest.append(session)
                session.busy += 1
                return session, False
            session.busy += 1
            if nonce == session.old_nonce:
                return session, True
            if nc <= session.nc or now - session.nonce_time > _NONCE_S:
                session.old_nonce, session.nonce = session.nonce, self._number()
                session.nonce_time, session.nc = now, 0
                return session, True
            session.nc = nc
            return session, False

    def new_nonce(self) -> int:
        """Return a nonce that names no session yet."""
        with self._lock:
            return self._number()

    def done(self, session: ManagerSession) -> None:
        """Take note that a request was answered: the time of its session begins anew, unless that is over."""
        life = self.httptimeout if session.account else min(self.httptimeout, _ANONYMOUS_S)
        with self._lock:
            session.busy -= 1
            session.deadline = time.monotonic() + life
            if session.is_dead:
                self._forget(session)

    def left(self, session: ManagerSession) -> float:
        """Seconds that the session has left, counted from its last answer."""
        return session.deadline - time.monotonic() if session.deadline else float(self.httptimeout)

    def __len__(self) -> int:
        with self._lock:
            self._purge()
            return len(self._by_cookie) + len(self._by_digest)

    def _purge(self) -> None:
        now = time.monotonic()
        for session in [*self._by_cookie.values(), *self._by_digest]:
            if session.is_dead or (not session.busy and session.deadline < now):
                self._forget(session)

    def _forget(self, session: ManagerSession) -> None:
        if self._by_cookie.get(session.key) is session:
            del self._by_cookie[session.key]
        if session in self._by_digest:
            self._by_digest.remove(session)

    def _number(self) -> int:
        while True:
            number = secrets.randbits(32)
            if number and number not in self._by_cookie and all(number != one.nonce for one in self._by_digest):
                return number
