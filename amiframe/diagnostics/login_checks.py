"""The account: does the PBX take it, on which interfaces, from here, and more than once at a time.

A wrong password is tried once by digest and once by cookie, so that no guard against guessing takes us for one.

Source: logins of Asterisk's manager over HTTP, measured on 16.28 and 22.10: by digest an address rule answers 403 and a
wrong account 401; by cookie both are ``Authentication failed``, and ``Login Already In Use`` comes before the password
is looked at.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

from amiframe.diagnostics.check import Check, either, put
from amiframe.errors import AmiframeError, LoginError
from amiframe.settings import INTERFACES, Target
from amiframe.transport import Session

WHAT = ("address", "login", "allowmultiplelogin", *INTERFACES)
"""Names of the checks, in their order."""

_PING = [("Action", "Ping")]
_IN_USE = "Already In Use"


@dataclass
class AccountLogins:
    """An account that is looked at. Use it in a ``with`` block: its sessions are logged off at the end.

    After :meth:`checks`, `cookie` and `digest` are its open sessions, or None; both collect events.
    """

    target: Target
    cookie: Session | None = None
    digest: Session | None = None
    refused: dict[str, AmiframeError] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> AccountLogins:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @property
    def session(self) -> Session | None:
        """The session that is asked: of the kind that the target names, where it can be had."""
        return self.digest or self.cookie if self.target.is_digest else self.cookie or self.digest

    def checks(self) -> list[Check]:
        """Log in by cookie and by digest; return the checks."""
        digest = self._open("arawman")
        if digest is not None:
            # a session of ours that lives would make the PBX say "already in use" of ourselves
            with suppress(AmiframeError):
                digest.log_off()
        self.cookie = self._open("rawman")
        if digest is not None:
            with suppress(AmiframeError):
                digest.log_in()
                self.digest = digest
        return [self._address(), self._login(), self._multiple(), *map(self._interface, INTERFACES)]

    def _open(self, interface: str) -> Session | None:
        session = Session(replace(self.target, interface=interface), events="on")
        try:
            session.log_in()
        except AmiframeError as error:
            self.refused[interface] = error
            session.close()
            return None
        self._opened.callback(session.close)
        return session

    def _refusal(self, interface: str) -> str:
        error = self.refused.get(interface)
        return str(error.args[0]) if error else ""

    def _address(self) -> Check:
        if "403" in self._refusal("arawman") and isinstance(self.refused["arawman"], LoginError):
            cure = put(
                "manager.conf", self.target.username, "deny = 0.0.0.0/0.0.0.0", "permit = ADDRESS/255.255.255.255"
            )
            found = "an address rule (deny, permit, acl) keeps this machine out"
            cure = f"{cure}\nADDRESS is this machine's, as the PBX sees it"
            return Check("address", False, found, cure, "LoginError")
        if self.session is not None:
            return Check("address", True, "this machine may log in")
        return Check("address", None, "no rule is seen; for an unknown account none would be")

    def _login(self) -> Check:
        name = self.target.username
        if self.session is not None:
            return Check("login", True, f"the account {name} is taken")
        if "403" in self._refusal("arawman"):
            return Check("login", None, "not tried: the address comes first")
        first = next(iter(self.refused.values()))
        refusals = "; ".join(f"{path}: {error.args[0]}" for path, error in self.refused.items())
        if not any(isinstance(error, LoginError) for error in self.refused.values()):
            return Check("login", False, refusals, first.hint, type(first).__name__)
        if _IN_USE in self._refusal("rawman") and "arawman" in self.refused:
            refusals += "; whether the password is right is not looked at before"
        cure = put("manager.conf", name, "secret = THE SAME AS HERE", "read = call,reporting", "write = reporting")
        cure = (
            f"user or secret is wrong: asterisk -rx 'manager show user {name}' tells "
            f"whether there is such a user; else\n{cure}"
        )
        return Check("login", False, refusals, cure, "LoginError")

    def _multiple(self) -> Check:
        cure = either(
            # in the account's own section: what [general] says, a reload gives to new accounts only
            put("manager.conf", self.target.username, "allowmultiplelogin = yes"),
            'connect(..., interface="arawman"): digest is not limited',
            "an account of its own for each program",
        )
        if _IN_USE in self._refusal("rawman"):
            found = "allowmultiplelogin=no, and a session of this account lives"
            return Check("allowmultiplelogin", False, found, cure, "LoginError")
        if self.cookie is None:
            return Check("allowmultiplelogin", None, "not visible without a login by cookie")
        self._open("rawman")
        if _IN_USE in self._refusal("rawman"):
            return Check("allowmultiplelogin", False, "one session at a time: listening beside asking is refused", cure)
        return Check("allowmultiplelogin", True, "several sessions may live at a time")

    def _interface(self, interface: str) -> Check:
        twin = "arawman" if interface.startswith("a") else "rawman"
        session = self.digest if interface.startswith("a") else self.cookie
        if session is None:
            error = self.refused.get(twin)
            if error is None or (error.__class__ is LoginError and self.session is None):
                return Check(interface, None, "not checked: there is no login")
            hint = error.hint
            if "401" in str(error.args[0]):
                hint = "by digest the user name counts as manager.conf spells it, in its very case"
            return Check(interface, False, str(error.args[0]), hint, type(error).__name__)
        try:
            session.ask(_PING, path=interface)
        except AmiframeError as error:
            return Check(interface, False, str(error.args[0]), error.hint, type(error).__name__)
        return Check(interface, True, "a ping is answered")
