"""One session of one account over HTTP: logs in by POST, renews what expired, turns every failure into our errors.

Only this module knows ``requests``. Nothing of its errors is quoted: they hold whole requests.

Source: session rules of Asterisk's manager over HTTP, measured on 16.28 and 22.10: the status is 200 for nearly
everything; an unknown session and a missing right answer with the same ``Permission denied``, and only a new cookie
tells the first from the second.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Sequence
from contextlib import closing, suppress
from types import TracebackType
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from amiframe._version import __version__
from amiframe.errors import (
    AccessDenied,
    AmiframeError,
    ConnectError,
    ConnectTimeout,
    HTTPStatusError,
    InsecureWarning,
    LoginError,
    SessionLost,
)
from amiframe.message import Message
from amiframe.settings import Target
from amiframe.wire import actions, mxml, rawman

COOKIE = "mansession_id"
_PIECE = 1 << 16
_PARSE = {"rawman": rawman.parse, "mxml": mxml.parse}
_DENIED = "Permission denied"
_REFUSED = {
    "Authentication failed": "check username and secret, and the account's permit/deny lines in manager.conf",
    "Login Already In Use": "allowmultiplelogin=no in manager.conf lets one session live at a time",
}
_STATUS_HINTS = {
    404: "the prefix= of http.conf belongs into the address, and webenabled=yes into manager.conf",
    403: "an address rule (http.conf, manager.conf acl, or a proxy) refuses this machine",
    413: "the request is too large for the PBX",
    503: "the PBX is shutting down",
}

Fields = Sequence[tuple[str, str]]


class Session:
    """A cookie session; logs in when the first action needs it. Safe to share: one request at a time."""

    def __init__(self, target: Target):
        self._target = target
        self._lock = threading.RLock()
        self._logged_in = False
        self._http = _http(target)
        if target.url.startswith("https:") and target.verify is False:
            warnings.warn(f"TLS of {target.url} is not verified: anyone in between can read the password",
                          InsecureWarning, stacklevel=4)  # fmt: skip
        if target.url.startswith("http:") and not target.is_loopback:
            warnings.warn(f"plain HTTP to {target.url}: the password travels in clear text; better https, tlsenable=yes",
                          InsecureWarning, stacklevel=4)  # fmt: skip

    def ask(self, fields: Fields, *, path: str | None = None) -> list[Message]:
        """Send a reading action, once more if the session had expired; return the messages of the answer.

        Raises
        ------
        ConnectError, HTTPStatusError, LoginError, AccessDenied, SessionLost, ParseError
        """
        path = path or self._target.interface
        deadline = time.monotonic() + self._target.timeout
        action = dict(fields)["Action"]
        with self._lock:
            fresh = not self._logged_in
            if fresh:
                self._log_in(deadline)
            answer, renewed = self._post(fields, path, deadline)
            if not _is(answer, _DENIED):
                return answer
            if not renewed:
                raise self._error(
                    AccessDenied, f"the account {self._target.username!r} may not run {action}", action,
                    hint="its write= line in manager.conf lacks the class that ListCommands names for this action",
                )  # fmt: skip
            self._logged_in = False
            if not fresh:
                self._log_in(deadline)
                answer, renewed = self._post(fields, path, deadline)
                if not _is(answer, _DENIED):
                    return answer
                self._logged_in = False
            raise self._error(
                SessionLost, "the PBX forgot the session right after the login", action,
                hint="is there a proxy that drops cookies, or several PBXs behind one address?",
            )  # fmt: skip

    def log_in(self) -> None:
        """Log in now, if that has not been done."""
        with self._lock:
            if not self._logged_in:
                self._log_in(time.monotonic() + self._target.timeout)

    def log_off(self) -> None:
        """End the session at the PBX, if there is one."""
        with self._lock:
            if self._logged_in:
                self._logged_in = False
                self._post([("Action", "Logoff")], self._target.interface, time.monotonic() + self._target.timeout)
            self._http.cookies.clear()

    def close(self) -> None:
        """Log off as well as it goes, and close the connections."""
        with closing(self._http), suppress(AmiframeError):
            self.log_off()  # a PBX that is gone or forgot us ends the session by itself

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _log_in(self, deadline: float) -> None:
        self._http.cookies.clear()  # a cookie of a failed or dead session only confuses
        target = self._target
        login = actions.fields(
            "Login", {"Username": target.username, "Secret": target.secret.reveal(), "Events": "off"}
        )
        answer, _ = self._post(login, target.interface, deadline)
        if answer and answer[0].name == "Success":
            self._logged_in = True
            return
        self._http.cookies.clear()
        message = (answer[0].get("Message") or "").rstrip() if answer else "an empty answer"
        raise self._error(
            LoginError, f"login of {target.username!r} refused: {message}", "Login", hint=_REFUSED.get(message)
        )

    def _post(self, fields: Fields, path: str, deadline: float) -> tuple[list[Message], bool]:
        """Return the answer's messages, and whether the PBX gave us another session id than the one we sent."""
        action = dict(fields)["Action"]
        sent = self._http.cookies.get(COOKIE)
        body = actions.encode(fields)
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._late(action)
        try:
            with self._http.post(
                f"{self._target.url}/{path}",
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=left,
                verify=self._target.verify,
                allow_redirects=False,
                stream=True,
            ) as answer:
                data = self._body(answer, deadline, action)
        except requests.RequestException as error:
            # "from None": the cause holds the whole request, with the password of a login
            raise self._connection_error(error, action) from None
        if answer.status_code != 200:
            raise self._error(
                HTTPStatusError, f"HTTP {answer.status_code} from /{path}", action,
                status=answer.status_code, hint=_STATUS_HINTS.get(answer.status_code),
            )  # fmt: skip
        given = answer.cookies.get(COOKIE)
        return _PARSE[path](data), given is not None and given != sent

    def _body(self, answer: requests.Response, deadline: float, action: str) -> bytes:
        pieces = []
        for piece in answer.iter_content(_PIECE):
            pieces.append(piece)
            if time.monotonic() > deadline:
                raise self._late(action)
        return b"".join(pieces)

    def _late(self, action: str) -> AmiframeError:
        return self._error(
            ConnectTimeout,
            f"no whole answer within {self._target.timeout:g} s",
            action,
            hint="connect(..., timeout=...)",
        )

    def _connection_error(self, error: requests.RequestException, action: str) -> AmiframeError:
        if isinstance(error, requests.Timeout):
            return self._late(action)
        causes = list(_causes(error))
        for kinds, message, hint in _CAUSES:
            if any(isinstance(cause, kinds) for cause in causes):
                return self._error(ConnectError, message, action, hint=hint)
        return self._error(ConnectError, f"no answer ({type(error).__name__})", action)

    def _error(self, kind: type[AmiframeError], message: str, action: str, **more: Any) -> AmiframeError:
        return kind(message, pbx=self._target.url, action=action, **more)


_CAUSES: tuple[tuple[tuple[type[BaseException], ...], str, str | None], ...] = (
    ((urllib3.exceptions.ReadTimeoutError, TimeoutError), "the PBX answers too slowly", "connect(..., timeout=...)"),
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError),
     "TLS failed: the certificate is not trusted, or the port speaks no TLS",
     "verify='ca.pem' trusts the PBX's own CA; tlsbindaddr in http.conf names the TLS port"),
    ((requests.exceptions.ProxyError,), "the proxy does not answer", None),
    ((urllib3.exceptions.NameResolutionError,), "the host name is not known", "check the address"),
    ((urllib3.exceptions.NewConnectionError, ConnectionRefusedError), "nothing answers at this host and port",
     "http.conf: enabled=yes, bindaddr, bindport (8088); is a firewall in between?"),
    ((urllib3.exceptions.IncompleteRead,), "the answer was cut off", "try again; a proxy or a restart may be the cause"),
    ((urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError),
     "the PBX closed the connection without an answer",
     "plain http on a TLS port, sessionlimit of http.conf reached, or a restart"),
)  # fmt: skip
"""What lies behind an error of requests: kinds of cause, what we say, what to do."""


def _causes(error: BaseException) -> Sequence[BaseException]:
    """Return an error with all that it wraps: requests and urllib3 nest the reason in arguments and contexts."""
    found: list[BaseException] = []
    open_ones: list[Any] = [error]
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, BaseException) and not any(one is known for known in found):
            found.append(one)
            open_ones += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found


def _is(answer: Sequence[Message], message: str) -> bool:
    return bool(answer) and answer[0].name == "Error" and (answer[0].get("Message") or "").rstrip() == message


def _http(target: Target) -> requests.Session:
    http = requests.Session()
    http.trust_env = False  # proxies, netrc and CA variables of the environment are not ours to use
    http.headers["User-Agent"] = f"amiframe/{__version__}"
    if target.proxy:
        http.proxies = {"http": target.proxy, "https": target.proxy}
    # a kept-alive connection may die between two requests; all that is sent here reads, so it may be sent again
    again = urllib3.Retry(
        total=2, status=0, redirect=0, backoff_factor=0.1, allowed_methods=None, raise_on_status=False
    )
    http.mount("http://", HTTPAdapter(max_retries=again))
    http.mount("https://", HTTPAdapter(max_retries=again))
    return http
