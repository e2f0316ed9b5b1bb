"""The manager: what a request of a session is answered, rights and logins included.

Actions of the call centre are in :mod:`amiframe.demo.ami.dispatch`; here are those that belong to a session:
Login, Logoff, Challenge, Events, Filter, WaitEvent and ListCommands.

Source: ``process_message`` and the actions of Asterisk's ``main/manager.c``; texts and order of checks measured on
16.28 and 22.10.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable
from itertools import islice

from amiframe.demo.ami import dispatch
from amiframe.demo.ami.response import Request, error, success
from amiframe.demo.http.digest import md5
from amiframe.demo.http.form_parameters import Fields, action_of, integer
from amiframe.demo.http.sessions import ALL, ManagerSession, Sessions, mask
from amiframe.demo.pbx.world import Event, World
from amiframe.wire import raw
from amiframe.wire.message import WAIT_END, Message

_OPEN = ("login", "logoff", "challenge")  # what may be asked without a login
_KEPT_BACK_S = 10  # a wait ends that long before the session would
_MAX_TEXT = 511
_BAD_FILTER = "Filter was formatted incorrectly.  Check the syntax of the filter given."
_NO_FILTER = "Filter did not compile.  Check the syntax of the filter given."


class Manager:
    """Answers requests of sessions about one world.

    Parameters
    ----------
    world : World
    sessions : Sessions
    login_delay : float
        Seconds that a failed login has to wait for its answer.
    step : float
        Seconds by which WaitEvent moves the clock, in place of waiting; 0: it waits.
    """

    def __init__(self, world: World, sessions: Sessions, login_delay: float = 1.0, step: float = 0.0):
        self._world = world
        self._sessions = sessions
        self._login_delay = login_delay
        self._step = step
        self._is_closed = False
        self._own: dict[str, Callable[[ManagerSession, Request], list[Message]]] = {
            "login": self._login,
            "logoff": self._logoff,
            "challenge": self._challenge,
            "events": self._events,
            "filter": self._filter,
            "waitevent": self._wait_event,
            "listcommands": self._list_commands,
        }

    def answer(self, session: ManagerSession, fields: Fields) -> list[Message]:
        """Return the messages of an answer; none at all when a WaitEvent was displaced by a newer one."""
        name, request = action_of(fields), Request(fields)
        messages = self._own_answer(session, name, request)
        if messages is None:
            messages = dispatch.respond(self._world, name, fields)
        if messages is not None:
            return messages
        self._report(session, "RequestBadFormat", name)
        text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
        return error(request, text[:_MAX_TEXT])

    def open(self, session: ManagerSession) -> None:
        """Events are kept for a session from here on."""
        with self._world.lock:
            session.is_open, session.seen = True, self._last()

    def close(self) -> None:
        """Let all that wait go."""
        with self._world.changed:
            self._is_closed = True
            self._world.changed.notify_all()

    def _own_answer(self, session: ManagerSession, name: str, request: Request) -> list[Message] | None:
        """Return the answer that needs no look at the call centre; None when it does."""
        word = name.lower()
        if not name:
            return error(request, "Missing action in request")
        if (session.account is None and word not in _OPEN) or not _may(session, name):
            self._report(session, "RequestNotAllowed", name)
            return error(request, "Permission denied")
        return self._own[word](session, request) if word in self._own else None

    # --- the session ------------------------------------------------------------------------------------------------

    def _login(self, session: ManagerSession, request: Request) -> list[Message]:
        if session.account is not None:
            return success(request, "Already authenticated")
        username = request.get("Username")
        account = self._sessions.account(username)
        if request.get("AuthType").lower() == "md5":
            given = request.get("Key").lower()
            wanted = md5(session.challenge + account.secret) if account and session.challenge else ""
        else:
            given, wanted = request.get("Secret"), account.secret if account else ""
        if not (account and wanted and hmac.compare_digest(_bytes(given), _bytes(wanted))):
            self._report(session, "InvalidPassword" if account else "InvalidAccountID", username=username)
            time.sleep(self._login_delay)
            session.is_dead = True
            return error(request, "Authentication failed")
        self.open(session)
        wanted_mask = mask(request.get("Events"))
        session.mask = ALL if wanted_mask is None else wanted_mask
        session.account = account
        session.began = self._world.clock.now()
        self._report(session, "SuccessfulAuth", username=username)
        return success(request, "Authentication accepted")

    def _logoff(self, session: ManagerSession, request: Request) -> list[Message]:
        with self._world.changed:
            session.is_dead = True
            self._world.changed.notify_all()
        return [Message((("Response", "Goodbye"), *request.actionid, ("Message", "Thanks for all the fish.")))]

    def _challenge(self, session: ManagerSession, request: Request) -> list[Message]:
        if request.get("AuthType").lower() != "md5":
            return error(request, "Must specify AuthType")
        session.challenge = session.challenge or str(100_000_000 + secrets.randbelow(900_000_000))
        return success(request, "", ("Challenge", session.challenge))

    def _list_commands(self, session: ManagerSession, request: Request) -> list[Message]:
        return dispatch.listcommands(request, lambda name: _may(session, name))

    # --- events -----------------------------------------------------------------------------------------------------

    def _events(self, session: ManagerSession, request: Request) -> list[Message]:
        wanted = mask(request.get("EventMask"))
        if wanted is None:
            return error(request, "Invalid event mask")
        session.mask = wanted
        return success(request, "", ("Events", "On" if wanted else "Off"))

    def _filter(self, session: ManagerSession, request: Request) -> list[Message]:
        if request.get("Operation").lower() != "add":
            return error(request, "Unknown operation")
        text = request.get("Filter")
        if not text.removeprefix("!"):
            return error(request, _BAD_FILTER)
        try:
            pattern = re.compile(text.removeprefix("!"))
        except re.error:
            return error(request, _NO_FILTER)
        (session.excludes if text.startswith("!") else session.includes).append(pattern)
        return success(request, "Success")

    def _wait_event(self, session: ManagerSession, request: Request) -> list[Message]:
        asked = integer(request.get("Timeout"))
        longest = max(0, int(self._sessions.left(session)) - _KEPT_BACK_S)
        seconds = longest if asked is None or asked < 0 else min(asked, longest)
        end = time.monotonic() + seconds
        mine = object()
        changed = self._world.changed
        with changed:
            session.waiting = mine
            changed.notify_all()  # a wait of this session that is under way ends here
            if self._step and seconds:
                self._world.clock.advance(self._step)
                end = time.monotonic()
            self._world.advance()
            session.mask = session.mask or ALL  # a mask of nothing is undone by waiting
            while (
                self._last() <= session.seen
                and session.waiting is mine
                and not (session.is_dead or self._is_closed)
                and (left := end - time.monotonic()) > 0
            ):
                changed.wait(left)
            if session.waiting is not mine:
                return []
            session.waiting = None
            new = self._after(session.seen)
            session.seen = self._last()
        events = [event.message for event in new if _is_for(session, event)]
        head = success(request, "Waiting for Event completed.")
        return [*head, *events, Message((("Event", WAIT_END), *request.actionid))]

    def _last(self) -> int:
        log = self._world.log
        return log[-1].seq if log else -1

    def _after(self, seq: int) -> list[Event]:
        log = self._world.log
        if not log:
            return []
        return list(islice(log, max(0, seq + 1 - log[0].seq), None))

    def _report(self, session: ManagerSession, event: str, asked: str = "", username: str = "") -> None:
        """Emit a security event, as the server does of its own logins and refusals."""
        now, began = self._world.clock.now(), session.began if session.account else 0.0
        account = (("AccountID", username or (session.account.name if session.account else "")),)
        is_bad = event == "RequestBadFormat"
        pairs = (
            ("EventTV", _stamp(now)),
            ("Severity", "Informational" if event == "SuccessfulAuth" else "Error"),
            ("Service", "AMI"),
            ("EventVersion", "1"),
            *(() if is_bad else account),
            ("SessionID", f"0x{session.key:012x}"),
            ("LocalAddress", "IPV4/TCP/127.0.0.1/8088"),
            ("RemoteAddress", "IPV4/TCP/127.0.0.1/50000"),
            *((("UsingPassword", "0"),) if event == "SuccessfulAuth" else ()),
            *((("RequestType", f"Action: {asked}"),) if asked else ()),
            ("SessionTV", _stamp(began)),
            *(account if is_bad else ()),
        )
        with self._world.lock:
            self._world.emit(event, "security", pairs)


def _stamp(epoch: float) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(epoch))}.{int(epoch % 1 * 1000):03}+0000"


def _is_for(session: ManagerSession, event: Event) -> bool:
    """Whether a session may see an event, and wants to: by all of its classes, and by the filters."""
    account = session.account
    kinds = event.classes - {"all"}
    if account is None or not (kinds <= account.read and kinds <= session.mask):
        return False
    if not (session.includes or session.excludes):
        return True
    text = raw.render([event.message]).decode("utf-8", "replace")
    if any(pattern.search(text) for pattern in session.excludes):
        return False
    return not session.includes or any(pattern.search(text) for pattern in session.includes)


def _may(session: ManagerSession, name: str) -> bool:
    """Whether an account has one of the rights that an action needs; before a login that is not the question."""
    needed = dispatch.privileges_of(name)
    return session.account is None or not needed or not session.account.write.isdisjoint(needed)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
