"""One session of one account: logs in by POST or by digest, renews what expired, keeps to one request at a time.

Source: session rules of Asterisk's manager over HTTP, measured on 16.28 and 22.10: the status is 200 for nearly
everything; an unknown session and a missing right answer with the same ``Permission denied``, and only a new cookie
tells the first from the second. With digest the nonce is the session, and an expired one is reborn without a word.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from amiframe.errors import (
    AccessDenied,
    ActionRefused,
    AmiframeError,
    ConnectTimeout,
    HTTPStatusError,
    InsecureWarning,
    LoginError,
    ParseError,
    SessionLost,
)
from amiframe.settings import COOKIE_TWIN, Secret, Target
from amiframe.transport.http import Answer, Budget, Fields, Mode, Transport, action_of
from amiframe.transport.throttle import throttle_of
from amiframe.wire import raw_bulk, xml
from amiframe.wire.message import Message

_PARSE = {"rawman": raw_bulk.parse, "arawman": raw_bulk.parse, "mxml": xml.parse, "amxml": xml.parse}
_log = logging.getLogger("amiframe")
_DENIED = "Permission denied"
_NOT_OURS = "Already authenticated"
_REFUSED = {
    "Authentication failed": "check username and secret, and the account's permit/deny lines in manager.conf",
    "Login Already In Use": "allowmultiplelogin=no in manager.conf lets one session live at a time",
    _NOT_OURS: "the PBX takes us for a session that somebody else opened: does a proxy in between add its own cookie?",
}
_NO_MANAGER = "is the address right? what answers is no manager: another web server, or a login page before it?"
_FORGOTTEN = "the PBX had forgotten the old one"
_EXCERPT = 40
_FRESH_S = 5.0  # an answer not older than this proves that the session is alive
IDLE_LIMIT_S = 60  # httptimeout of manager.conf, where the server has not told
CLOCK_MARGIN_S = 2.0  # the server's clock of our idle time may be ahead of ours by this much


class Session:
    """A session; logs in when the first action needs it. Safe to share between threads: one request at a time."""

    def __init__(self, target: Target, *, events: str | None = "off"):
        self._target = target
        self._events = events  # which events the server collects for this session from its login on
        self._queue = threading.RLock()
        self._shared: Budget | None = None  # of a call that makes several requests, while it holds the session
        self._transport = Transport(target)
        self._heavy = throttle_of(target.url)
        self._is_closed = False
        self._logged_in = False
        self._lost: str | None = None  # how the last session ended, if not by our own will
        self._answered = float("-inf")
        self._answered_at = float("-inf")  # by the clock that goes on while a machine sleeps
        self.renewals = 0
        """How often a session that had ended was replaced by a new one."""
        self.max_age: int | None = None
        """Seconds after which the PBX ends an idle session (httptimeout), where it has told."""

    # --- what is sent -----------------------------------------------------------------------------------------------

    def ask(
        self, fields: Fields, *, path: str | None = None, timeout: float | None = None, heavy: bool = False
    ) -> Sequence[Message]:
        """Send an action that only reads: again if a connection broke, and once more if the session had expired.

        A heavy one is sent when no other is on its way to this PBX.

        Raises
        ------
        ConnectError, HTTPStatusError, LoginError, AccessDenied, SessionLost, ParseError
        """
        with self._budget(timeout) as budget:
            self._log_in(budget)
            with self._heavy.acquire(fields, budget) if heavy else nullcontext():
                answer, lost = self._exchange(fields, path, budget, "read")
                if lost:
                    self._lose(_FORGOTTEN)
                    self._log_in(budget)
                    answer, lost = self._exchange(fields, path, budget, "read")
            return self._checked(answer, lost, fields)

    def send(self, fields: Fields, *, path: str | None = None, timeout: float | None = None) -> Sequence[Message]:
        """Send an action that changes something: once, whatever happens.

        Raises
        ------
        ConnectError
            Nothing is known of the outcome, unless the connection could not be made at all.
        HTTPStatusError, LoginError, AccessDenied, SessionLost, ParseError
            As :meth:`ask`; then nothing was done.
        """
        with self._budget(timeout) as budget:
            self._log_in(budget)
            if self.idle_s > _FRESH_S:
                # finds out about an expired session before, not with, what must not be sent twice
                _, lost = self._exchange([("Action", "Ping")], None, budget, "read")
                if lost:
                    self._lose(_FORGOTTEN)
                    self._log_in(budget)
            answer, lost = self._exchange(fields, path, budget, "once")
            if lost:
                self._lose(_FORGOTTEN)
                raise self._transport.error(
                    SessionLost,
                    "the session had just ended; nothing was done",
                    action_of(fields),
                    hint="do it again: the next call logs in anew",
                )
            return self._checked(answer, False, fields)

    def wait(self, fields: Fields, *, timeout: float) -> tuple[Sequence[Message], bool]:
        """Send WaitEvent; return the answer and whether the session was lost. Never sent again: events may be in it."""
        with self._budget(timeout) as budget:
            self._log_in(budget)
            answer, lost = self._exchange(fields, None, budget, "wait")
            if lost:
                self._lose(_FORGOTTEN)
            else:
                self._checked(answer, False, fields)
            return answer, lost

    # --- the session ------------------------------------------------------------------------------------------------

    def check_open(self) -> None:
        """Check that the session can be used.

        Raises
        ------
        ActionRefused
            It is closed.
        """
        if self._is_closed:
            raise ActionRefused(
                "this connection is closed; nothing was sent",
                pbx=self._target.url,
                hint="call connect() again; logoff(), unlike close(), lets the next question log in",
            )

    def log_in(self, *, timeout: float | None = None) -> None:
        """Log in now, if that has not been done."""
        with self._budget(timeout) as budget:
            self._log_in(budget)

    def mask_again(self, *, timeout: float | None = None) -> None:
        """By digest: tell the mask once more, since the session may have been reborn without it. Loses no event."""
        with self._budget(timeout) as budget:
            self.check_open()
            self._send_mask(budget)

    def log_off(self, *, timeout: float | None = None) -> None:
        """End the session at the PBX, if there is one."""
        with self._budget(timeout) as budget:
            self._lost = None
            if self._logged_in:
                self._logged_in = False
                self._exchange([("Action", "Logoff")], None, budget, "once")
            self._transport.forget()

    def close(self) -> None:
        """Log off as well as it goes, and close the connections. A closed session does not log in again."""
        self._is_closed = True
        try:
            with suppress(AmiframeError):  # a PBX that is gone or forgot us ends the session by itself
                self.log_off(timeout=min(self._target.timeout, 5.0))
        finally:
            self._transport.close()

    @contextmanager
    def recording(self, record: Callable[[str, Fields, Answer], None]) -> Iterator[None]:
        """Hand each answer to `record` as it came, with the path and the fields of its request."""
        self._transport.record = record
        try:
            yield
        finally:
            self._transport.record = None

    def cut(self) -> None:
        """Break the request that is on its way, from another thread. The session is as it was.

        What changes something, or waits, ends in a ConnectError there; what only reads goes out again, twice at most.
        """
        self._transport.cut()

    @property
    def is_logged_in(self) -> bool:
        """Whether there is a session, as far as we know."""
        return self._logged_in

    @property
    def idle_s(self) -> float:
        """Seconds since the last answer, those while the machine slept too."""
        return max(time.monotonic() - self._answered, time.time() - self._answered_at)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _budget(self, timeout: float | None) -> Iterator[Budget]:
        """One time budget for a call, waiting for other threads included."""
        budget = Budget(self._target.timeout if timeout is None else timeout)
        if not self._queue.acquire(timeout=max(budget.left, 0)):
            raise ConnectTimeout(
                f"another call on this connection took all of {budget.seconds:g} s",
                pbx=self._target.url,
                hint="connect once per thread, or raise the timeout",
            )
        try:
            yield self._shared or budget
        finally:
            self._queue.release()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Make one call of several requests: one time budget, and no other thread's request between them."""
        with self._budget(None) as budget:
            before, self._shared = self._shared, budget
            try:
                yield
            finally:
                self._shared = before

    def _log_in(self, budget: Budget) -> None:
        self.check_open()
        self._find_reborn(budget)
        if self._logged_in:
            return
        self._transport.forget()  # a cookie of a failed or dead session only confuses
        if self._target.is_digest:
            self._log_in_by_digest(budget)
        else:
            self._log_in_by_cookie(budget)
        self._logged_in = True
        if self._lost is not None:
            self.renewals += 1
            _log.info("new session of %r at %s: %s", self._target.username, self._target.url, self._lost)
            self._lost = None

    def _lose(self, how: str) -> None:
        self._logged_in, self._lost = False, how

    def _find_reborn(self, budget: Budget) -> None:
        """By digest an ended session is replaced without a word, and without our mask: only our own clock can tell."""
        if not (self._logged_in and self._target.is_digest) or self.idle_s < _FRESH_S:
            return
        if self.max_age is None:
            self._learn_max_age(budget)
        if self.idle_s > (self.max_age or IDLE_LIMIT_S) - CLOCK_MARGIN_S:
            self._lose(f"idle for {self.idle_s:.0f} s, longer than the PBX keeps one")

    def _log_in_by_cookie(self, budget: Budget) -> None:
        """Log in; once more if we were taken for somebody else, whose rights are not ours."""
        for _ in range(2):
            answer, _ = self._exchange(self._login(budget), None, budget, "read")
            response, message = _message(answer[0]) if answer else ("", "an empty answer")
            if response == "Success" and message != _NOT_OURS:
                return
            self._transport.forget()
            if message != _NOT_OURS:
                break
        raise self._transport.error(
            LoginError,
            f"login of {self._target.username!r} refused: {message}",
            "Login",
            hint=_REFUSED.get(message, "amiframe doctor tells what is wrong"),
        )

    def _login(self, budget: Budget) -> Fields:
        """Return the fields of a login: the secret itself, or what proves that we know it."""
        target = self._target
        who: Fields = [("Action", "Login"), ("Username", target.username), ("Events", self._events or "on")]
        if target.login != "md5":
            return [*who, ("Secret", target.secret)]
        answer, _ = self._exchange([("Action", "Challenge"), ("AuthType", "MD5")], None, budget, "read")
        challenge = (answer[0].get("Challenge") or "") if answer else ""
        if not challenge:
            raise self._transport.error(
                LoginError,
                "the PBX gives no challenge to log in by MD5",
                "Challenge",
                hint="connect(..., login='plain')",
            )
        key = hashlib.md5((challenge + target.secret.reveal()).encode(), usedforsecurity=False).hexdigest()
        return [*who, ("AuthType", "MD5"), ("Key", Secret(key))]

    def _log_in_by_digest(self, budget: Budget) -> None:
        if self._events != "off" and self.max_age is None:
            self._learn_max_age(budget)
        self._send_mask(budget)

    def _send_mask(self, budget: Budget) -> None:
        # the first request is the login; from it on the server collects events
        mask: Fields = [("Action", "Events"), ("EventMask", self._events or "on")]
        answer, _ = self._exchange(mask, None, budget, "read")
        self._checked(answer, False, mask)

    def _learn_max_age(self, budget: Budget) -> None:
        """Ask the path of the cookie sessions: its answers name httptimeout, even without a session."""
        with suppress(HTTPStatusError, LoginError):  # that path may be closed to us
            answer = self._transport.post(
                COOKIE_TWIN[self._target.interface], [("Action", "Logoff")], budget, mode="read"
            )
            self.max_age = answer.max_age
        self._transport.forget_cookies()  # the nonce stays: it is the session

    def _exchange(self, fields: Fields, path: str | None, budget: Budget, mode: Mode) -> tuple[Sequence[Message], bool]:
        """Return the answer's messages, and whether it says that the session is gone."""
        path = path or self._target.interface
        sent = self._transport.session_id
        answer = self._transport.post(path, fields, budget, mode=mode)
        self._answered, self._answered_at = time.monotonic(), time.time()
        messages = self._parsed(path, answer.body, action_of(fields))
        denied = bool(messages) and messages[0].error == _DENIED
        if self._target.is_digest:
            return messages, False  # the nonce opens a session by itself: a denial is a missing right
        if not denied:
            self.max_age = answer.max_age or self.max_age
        return messages, denied and answer.session_id is not None and answer.session_id != sent

    def _parsed(self, path: str, body: bytes, action: str) -> Sequence[Message]:
        """Return the messages of an answer, or say that what answers is no manager."""
        try:
            messages = _PARSE[path](body)
        except ParseError as error:
            error.pbx, error.action, error.hint = self._target.url, action, error.hint or _NO_MANAGER
            raise
        if messages and messages[0].kind != "response":
            excerpt = body[:_EXCERPT].decode("utf-8", "replace")
            raise self._transport.error(
                ParseError, f"no answer of a manager at /{path}", action, hint=_NO_MANAGER, offset=0, excerpt=excerpt
            )
        return messages

    def _checked(self, answer: Sequence[Message], lost: bool, fields: Fields) -> Sequence[Message]:
        action = action_of(fields)
        if lost:
            self._lose(_FORGOTTEN)
            raise self._transport.error(
                SessionLost,
                "the PBX forgot the session right after the login",
                action,
                hint="is there a proxy that drops cookies, or several PBXs behind one address?",
            )
        if answer and answer[0].error == _DENIED:
            raise self._transport.error(
                AccessDenied,
                f"the account {self._target.username!r} may not run {action}",
                action,
                hint="its write= line in manager.conf lacks the class that ListCommands names for this action",
            )
        return answer


def _message(message: Message) -> tuple[str, str]:
    return message.name, (message.get("Message") or "").rstrip()


def warn_if_open(target: Target, *, stacklevel: int) -> None:
    """Warn that others can read what is sent; `stacklevel` is that of :func:`warnings.warn`, seen from here."""
    if target.url.startswith("https:") and target.verify is False:
        text = f"TLS of {target.url} is not verified: anyone in between can read all, the password too"
    elif target.url.startswith("http:") and not target.is_loopback:
        text = f"plain HTTP to {target.url}: all travels in clear text; better https, tlsenable=yes in http.conf"
    else:
        return
    warnings.warn(text, InsecureWarning, stacklevel=stacklevel)
