"""One request over HTTP: within a time budget, with every failure as one of our errors.

Only this room knows ``requests``. Nothing of its errors is quoted: they hold whole requests.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Literal, Self, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

from amiframe._version import __version__
from amiframe.errors import AmiframeError, ConnectError, ConnectTimeout, HTTPStatusError, LoginError
from amiframe.settings import Secret, Target
from amiframe.wire import request

COOKIE = "mansession_id"
_PIECE = 1 << 16
_ELSEWHERE = "the address leads elsewhere: give the one that it leads to; https:// in place of http://?"
_BEHIND = "what stands before the PBX gets no answer from it: does Asterisk run?"
_DOCTOR = "amiframe doctor tells what answers there"
_STATUS_HINTS = {
    **dict.fromkeys((301, 302, 303, 307, 308), _ELSEWHERE),
    502: _BEHIND,
    504: _BEHIND,
    407: "the proxy wants an account; one on this machine can add it: proxy='http://127.0.0.1:3128'",
    404: "the prefix= of http.conf belongs into the address, and webenabled=yes into manager.conf",
    403: "an address rule (manager.conf deny/permit, acl, or a proxy) refuses this machine",
    413: "the request is too large for the PBX",
    503: "the PBX is starting or shutting down: try again",
}

_log = logging.getLogger("amiframe")

Fields = Sequence[request.Field]
Mode = Literal["read", "once", "wait"]
"""``read`` may be sent again when a connection breaks; ``once`` goes out on a connection of its own and never again;
``wait`` uses kept connections, but what breaks is the caller's to decide: the server may have handed events over."""


class Budget:
    """Seconds that one call may take in all."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left; negative when they are used up."""
        return self._end - time.monotonic()

    @property
    def left_or_little(self) -> float:
        """Seconds left as a socket takes them: never 0, which would mean not to wait at all."""
        return max(self.left, 0.001)


class _Left(urllib3.Timeout):
    """Time-outs that are always what is left of a budget, so that a second attempt does not begin it anew."""

    def __init__(self, budget: Budget):
        super().__init__()
        self._budget = budget

    def clone(self) -> _Left:
        return _Left(self._budget)

    @property
    def connect_timeout(self) -> float:
        return self._budget.left_or_little

    @property
    def read_timeout(self) -> float:
        return self._budget.left_or_little


class _Again(urllib3.Retry):
    """Try again when a connection breaks, not when time is up."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: body, the session id that the PBX named (None: none), and its life in seconds."""

    body: bytes
    session_id: str | None
    max_age: int | None


class _SharedDigest(HTTPDigestAuth):
    """Digest with one nonce for all threads: to Asterisk the nonce is the session. The session keeps the order."""

    def __init__(self, username: str, secret: Secret):
        self._secret = secret
        super().__init__(username, "")
        self._thread_local: Any = SimpleNamespace()

    def build_digest_header(self, method: str, url: str) -> str:
        self.password = self._secret.reveal()  # an attribute only for as long as it is read
        try:
            header: str = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]
        finally:
            self.password = ""
        # http.client writes headers in latin-1: so a user name in any script arrives as UTF-8
        return header.encode("utf-8").decode("latin-1")


class Transport:
    """Connections to one PBX, with its cookies or its digest nonce."""

    def __init__(self, target: Target):
        self._target = target
        self.record: Callable[[str, Fields, Answer], None] | None = None
        """Receives each answer as it came, with its request; a capture sets it."""
        self._cookies = requests.cookies.RequestsCookieJar()
        self._connections = _Connections()
        self._http = {mode: self._session(mode) for mode in ("read", "once", "wait")}
        self.forget()

    def forget(self) -> None:
        """Forget the session: cookies and nonce."""
        self.forget_cookies()
        target = self._target
        auth = _SharedDigest(target.username, target.secret) if target.is_digest else None
        for http in self._http.values():
            http.auth = auth

    def forget_cookies(self) -> None:
        """Forget the cookies, and keep the nonce."""
        self._cookies.clear()

    @property
    def session_id(self) -> str | None:
        """Id of the cookie session, if there is one."""
        return self._cookies.get(COOKIE)

    def close(self) -> None:
        """Close the connections."""
        for http in self._http.values():
            for pool in _pools(http):
                pool.close()  # urllib3 does it only when the pool is garbage, and what refers to it may live long
            http.close()

    def cut(self) -> None:
        """Break what is on its way, from another thread.

        A waiting request ends in a ConnectError; a ``read`` goes out again.
        To end a ``read`` too, cut until it has ended: it is sent three times at most.
        """
        for connection in self._connections.all():
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of TLS too: the reading thread has the rest

    def post(self, path: str, fields: Fields, budget: Budget, *, mode: Mode) -> Answer:
        """Send one action.

        Raises
        ------
        ConnectError, ConnectTimeout, HTTPStatusError, LoginError
        """
        action = action_of(fields)
        if budget.left <= 0:
            raise self._late(action, budget)
        began = time.monotonic()
        failure: BaseException | None = None
        data = b""
        try:
            with self._http[mode].post(
                f"{self._target.url}/{path}",
                data=request.encode(fields),  # no name holds it: tracebacks can show what names hold
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=cast(Any, _Left(budget)),  # requests takes it; its types do not say so
                verify=self._target.verify,
                allow_redirects=False,
                stream=True,
            ) as answer:
                data = b"".join(self._pieces(answer, budget, action))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = self._connection_error(error, action, budget)
        except (KeyboardInterrupt, SystemExit) as stop:
            failure = type(stop)(*stop.args)
        if failure is not None:
            # raised out here, so that nothing leads to the cause: it holds the whole request, a login's password too
            _log.debug("%s at %s/%s: %s", action, self._target.url, path, next(iter(failure.args), "stopped"))
            raise failure
        _log.debug(
            "%s at %s/%s: HTTP %d, %d bytes in %.3f s",
            action,
            self._target.url,
            path,
            answer.status_code,
            len(data),
            time.monotonic() - began,
        )
        if answer.status_code != 200:
            raise self._status_error(answer.status_code, path, action)
        ages = [cookie.expires for cookie in answer.cookies if cookie.name == COOKIE]
        max_age = round(ages[0] - time.time()) if ages and ages[0] is not None else None
        for cookie in self._cookies:
            cookie.expires = None  # by our clock, which may be set; the PBX alone knows whether its session lives
        reply = Answer(data, answer.cookies.get(COOKIE), max_age)
        if self.record:
            self.record(path, fields, reply)
        return reply

    def error(self, kind: type[AmiframeError], message: str, action: str, **more: Any) -> AmiframeError:
        """Return an error that names this PBX and the action."""
        return kind(message, pbx=self._target.url, action=action, **more)

    def _pieces(self, answer: requests.Response, budget: Budget, action: str) -> Iterator[bytes]:
        # read() would gather a whole piece, however slowly it drips; read1() gives what has come (urllib3 2.x)
        read = getattr(answer.raw, "read1", answer.raw.read)
        sock = _socket(answer)
        while True:
            if sock is not None and sock.fileno() >= 0:
                sock.settimeout(budget.left_or_little)
            piece = read(_PIECE, decode_content=True)
            if not piece:
                return
            yield piece
            if budget.left <= 0:
                raise self._late(action, budget)

    def _late(self, action: str, budget: Budget) -> AmiframeError:
        return self.error(
            ConnectTimeout, f"no whole answer within {budget.seconds:g} s", action, hint="connect(..., timeout=...)"
        )

    def _status_error(self, status: int, path: str, action: str) -> AmiframeError:
        account = self._target.username
        if status == 401:
            hint = "check username and secret; user names are those of manager.conf"
            if not self._target.is_digest:  # Asterisk says that of digest only
                hint = "a web server before the PBX wants a login of its own"
            return self.error(LoginError, f"login of {account!r} refused (HTTP 401)", action, hint=hint)
        if status == 403 and self._target.is_digest:
            return self.error(LoginError, f"login of {account!r} refused (HTTP 403)", action, hint=_STATUS_HINTS[403])
        return self.error(
            HTTPStatusError,
            f"HTTP {status} from /{path}",
            action,
            status=status,
            hint=_STATUS_HINTS.get(status, _DOCTOR),
        )

    def _connection_error(self, error: Exception, action: str, budget: Budget) -> AmiframeError:
        causes = list(_causes(error))
        if any(isinstance(cause, _TIME_IS_UP) for cause in causes):
            return self._late(action, budget)
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self.error(ConnectError, f"TLS failed: {cause.verify_message}", action, hint=_CERTIFICATE_HINT)
        for kinds, message, hint in _CAUSES:
            if any(isinstance(cause, kinds) for cause in causes):
                return self.error(ConnectError, message, action, hint=hint)
        return self.error(ConnectError, f"no answer ({type(error).__name__})", action, hint=_DOCTOR)

    def _session(self, mode: Mode) -> requests.Session:
        http = requests.Session()
        http.trust_env = False  # proxies, netrc and CA variables of the environment are not ours to use
        http.headers["User-Agent"] = f"amiframe/{__version__}"
        if mode == "once":
            # a kept connection may be dying while we send; a new one is not, so nothing tempts us to send again
            http.headers["Connection"] = "close"
        http.cookies = self._cookies
        if self._target.proxy:
            http.proxies = {"http": self._target.proxy, "https": self._target.proxy}
        again = _Again(total=2, status=0, redirect=0, backoff_factor=0.1, allowed_methods=None)
        adapter = _Adapter(self._connections, max_retries=again if mode == "read" else urllib3.Retry(0, read=False))
        http.mount("http://", adapter)
        http.mount("https://", adapter)
        return http


class _Connections:
    """Which connections there are, while somebody holds them. One thread adds, another one looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: weakref.WeakSet[urllib3.connection.HTTPConnection] = weakref.WeakSet()

    def add(self, connection: urllib3.connection.HTTPConnection) -> None:
        with self._lock:
            self._held.add(connection)

    def all(self) -> list[urllib3.connection.HTTPConnection]:
        with self._lock:
            return list(self._held)


class _Adapter(HTTPAdapter):
    """Keeps in sight which connections there are, those in use too: urllib3 only knows the idle ones."""

    def __init__(self, seen: _Connections, **options: Any):
        self._seen = seen
        super().__init__(**options)

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:
        """Return the pool for a request."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        if isinstance(pool.ConnectionCls, type):
            pool.ConnectionCls = partial(self._made, pool.ConnectionCls)
            if pool.scheme == "https" and pool.cert_reqs == "CERT_NONE":
                # urllib3 connects here, then warns at each request; our own warning, at connect(), has said it
                pool._validate_conn = _connect_if_closed
        return pool

    def _made(self, kind: Callable[..., urllib3.connection.HTTPConnection], **options: Any) -> Any:
        connection = kind(**options)
        self._seen.add(connection)
        return connection


def _connect_if_closed(connection: urllib3.connection.HTTPConnection) -> None:
    if connection.is_closed:
        connection.connect()


_CERTIFICATE_HINT = (
    "verify='ca.pem' trusts the PBX's own CA; the name in the address has to be one of the certificate's"
)
_TIME_IS_UP = (requests.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)

_CAUSES: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        "TLS failed: the port speaks no TLS, or none that we accept",
        "tlsenable=yes and tlsbindaddr in http.conf name the TLS port (8089); http:// on the other (8088)",
    ),
    (
        (requests.exceptions.ProxyError,),
        "the proxy does not answer",
        "does it run, and is proxy= of the call or the profile right?",
    ),
    ((urllib3.exceptions.NameResolutionError,), "the host name is not known", "check the address"),
    (
        (urllib3.exceptions.NewConnectionError, ConnectionRefusedError),
        "nothing answers at this host and port",
        "http.conf: enabled=yes, bindaddr, bindport (8088); is a firewall in between?",
    ),
    ((urllib3.exceptions.IncompleteRead,), "the answer was cut off", "try again; was there a restart?"),
    (
        (urllib3.exceptions.ProtocolError, requests.exceptions.ChunkedEncodingError),
        "the PBX closed the connection without an answer",
        "plain http on a TLS port, sessionlimit of http.conf reached, or a restart",
    ),
)
"""What lies behind an error of requests: kinds of cause, what we say, what to do."""


def action_of(fields: Fields) -> str:
    """Return the name of the action that fields ask for."""
    return str(dict(fields)["Action"])


def _socket(answer: requests.Response) -> socket.socket | None:
    """Return the socket that an answer is read from, where it can be found: no public way leads there."""
    found: Any = answer.raw
    for name in ("_fp", "fp", "raw", "_sock"):
        found = getattr(found, name, None)
    return found if isinstance(found, socket.socket) else None


def _pools(http: requests.Session) -> Iterator[urllib3.HTTPConnectionPool]:
    for adapter in http.adapters.values():
        assert isinstance(adapter, requests.adapters.HTTPAdapter)  # noqa: S101 - for the type checker
        for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - not iterable otherwise
                pool = manager.pools.get(key)
                if pool is not None:
                    yield pool


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
