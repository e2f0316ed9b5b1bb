"""The embedded PBX as a server: four interfaces on loopback, one world behind them.

Source: ``generic_http_callback`` and ``auth_http_callback`` of Asterisk's ``main/manager.c``; measured on 16.28 and
22.10: paths in any case and with one slash behind, cookies with and without quotes, the last of two counts.
"""

from __future__ import annotations

import html
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from amiframe.demo.ami.manager import Manager
from amiframe.demo.http import digest
from amiframe.demo.http.connection import Server, answer, page
from amiframe.demo.http.form_parameters import action_of, decode
from amiframe.demo.http.sessions import Account, ManagerSession, Sessions, classes, in_order
from amiframe.demo.pbx import scenario
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.world import World
from amiframe.demo.replay import OF_SESSIONS, Replay
from amiframe.errors import ConfigError
from amiframe.wire import raw, xml
from amiframe.wire.message import Message

COOKIE = re.compile(r'(?:^|[;,\s])mansession_id\s*=\s*"?([0-9a-fA-F]{1,8})"?(?=[;,\s]|$)', re.IGNORECASE)
_TICK_S = 0.25  # the longest time that the world is left to itself


def users(secret: str | None = None) -> list[Account]:
    """Return the usual accounts, each with a secret of its own, made up now; ``demo`` has the given one, if any.

    Examples
    --------
    >>> [user.name for user in users()]
    ['demo', 'monitor', 'caller']
    """
    rights = {"demo": ("all", "all"), "monitor": ("call,reporting", "reporting"), "caller": ("call", "originate")}
    return [
        Account(name, (name == "demo" and secret) or secrets.token_urlsafe(12), classes(read), classes(write))
        for name, (read, write) in rights.items()
    ]


def _html(messages: Iterable[Message]) -> bytes:
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>\r\n"
        for message in messages
        for name, value in message
    )
    text = f"<title>amiframe demo</title><body><h1>Manager</h1><table>\r\n{rows}</table></body>\r\n"
    return text.encode("utf-8", "surrogateescape")


_FORMATS: dict[str, tuple[str, Callable[[Iterable[Message]], bytes]]] = {
    "rawman": ("text/plain", raw.render),
    "mxml": ("text/xml", xml.encode),
    "manager": ("text/html", _html),
}


@dataclass
class App:
    """What answers each request.

    Parameters
    ----------
    manager : Manager
    sessions : Sessions
    prefix : str
        What stands before the four paths: ``/`` and the ``prefix=`` of http.conf, or nothing.
    asked : callable
        Called behind each request: the world may have something new to do.
    replay : Replay, optional
        A capture that answers in place of the world.
    """

    manager: Manager
    sessions: Sessions
    prefix: str
    asked: Callable[[], None]
    replay: Replay | None = None

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if request.method not in ("GET", "POST", "HEAD"):
            return page(501, "Attempt to use unimplemented / unsupported method")
        target = request.environ["RAW_URI"].encode("latin-1")
        path, _, query = target.partition(b"?")
        name = self._interface(path.decode("latin-1"))
        if name is None:
            return page(404, "The requested URL was not found on this server.")
        fields = decode(request.get_data() if request.method == "POST" else query)
        if name not in _FORMATS:
            return self._by_digest(request, name[1:], fields)
        found = COOKIE.findall(request.headers.get("Cookie", ""))
        session = self.sessions.by_cookie(found[-1] if found else None)
        cookie = f'mansession_id="{session.cookie}"; Version=1; Max-Age={self.sessions.httptimeout}'
        return self._answer(session, name, fields, (("Set-Cookie", cookie), ("Pragma", "SuppressEvents")))

    def _interface(self, path: str) -> str | None:
        word, prefix = path.lower(), f"{self.prefix.lower()}/"
        name = word.removeprefix(prefix).removesuffix("/") if word.startswith(prefix) else ""
        return name if name in _FORMATS or (name[:1] == "a" and name[1:] in _FORMATS) else None

    def _by_digest(self, request: Request, name: str, fields: list[tuple[str, str]]) -> Response:
        claim = digest.claim(request.headers.get("Authorization", ""))
        account = self.sessions.account(claim.username) if claim else None
        if claim is None or account is None or not claim.is_by(account.name, account.secret, request.method):
            return _unauthorized(self.sessions.new_nonce())
        session, is_stale = self.sessions.by_nonce(account, claim.nonce, claim.nc)
        if is_stale:
            self.sessions.done(session)
            return _unauthorized(session.nonce, stale=True)
        if not session.is_open:
            self.manager.open(session)
        return self._answer(session, name, fields, ())

    def _answer(
        self, session: ManagerSession, name: str, fields: list[tuple[str, str]], headers: Iterable[tuple[str, str]]
    ) -> Response:
        content_type, write = _FORMATS[name]
        try:
            if self.replay and session.account and action_of(fields).lower() not in OF_SESSIONS:
                body = self.replay.body(name, fields)
                body = write(self.replay.refusal(name, fields)) if body is None else body
                return answer(body, content_type, after=headers)
            messages = self.manager.answer(session, fields)
        finally:
            self.sessions.done(session)
            self.asked()
        return answer(write(messages), content_type, after=headers)


def _unauthorized(nonce: int, *, stale: bool = False) -> Response:
    return page(401, "", before=[("WWW-authenticate", digest.challenge(nonce, stale=stale))])


class Demo:
    """An embedded PBX that runs: begins when it is made, ends with :meth:`close` or its ``with`` block.

    Parameters
    ----------
    users : iterable of Account, optional
        Default: ``demo`` may do everything, ``monitor`` reads, ``caller`` originates.
    port : int
        On 127.0.0.1, always; 0 takes a free one.
    seed, speed, start : int, float, float, optional
        Of the world: what happens in it, how fast its clock runs, and when it begins (epoch seconds; default now).
    httptimeout : int
        Seconds that a session may be idle.
    prefix : str
        As ``prefix=`` of http.conf.
    login_delay : float
        Seconds that a failed login has to wait for its answer.
    step : float
        Seconds by which a WaitEvent moves the clock, in place of waiting: with ``speed=0`` time goes on only during
        a WaitEvent, and the same questions get the same answers. 0: a WaitEvent waits.
    story : callable
        Sets the world up and brings it to life.
    replay : Replay, optional
        A capture that answers in place of the world.

    Examples
    --------
    >>> with Demo() as pbx:
    ...     pbx.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        users: Iterable[Account] | None = None,
        port: int = 0,
        seed: int = 1,
        speed: float = 1.0,
        start: float | None = None,
        httptimeout: int = 60,
        prefix: str = "",
        *,
        login_delay: float = 1.0,
        step: float = 0.0,
        story: Callable[[World], None] = scenario.start,
        replay: Replay | None = None,
    ):
        self.accounts: Mapping[str, Account] = {user.name: user for user in (_usual() if users is None else users)}
        self.world = World(Clock(start, speed), seed)
        self.world.httptimeout = httptimeout
        self.world.accounts = {name: (in_order(one.read), in_order(one.write)) for name, one in self.accounts.items()}
        self._speed = speed
        if replay is None:
            story(self.world)
        self.sessions = Sessions(self.accounts.values(), httptimeout)
        self._manager = Manager(self.world, self.sessions, login_delay, step)
        self._wake = threading.Event()
        self._is_closed = False
        prefix = f"/{prefix.strip('/')}".removesuffix("/")
        try:
            self._server = Server(port, App(self._manager, self.sessions, prefix, self._wake.set, replay).respond)
        except (OSError, OverflowError):
            raise ConfigError(f"port {port} cannot be used", hint="another number, or 0 for any free one") from None
        self.url = f"http://127.0.0.1:{self._server.port}{prefix}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="amiframe-demo"),
            threading.Thread(target=self._live, daemon=True, name="amiframe-demo-world"),
        ]
        for thread in self._threads:
            thread.start()

    def secret(self, username: str) -> str:
        """Return the secret of an account."""
        return self.accounts[username].secret

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stop the clock of the world: what is asked meanwhile can be compared to the last second."""
        clock = self.world.clock
        with self.world.lock:
            clock.set(clock.now())
            clock.speed = 0
        try:
            yield
        finally:
            with self.world.lock:
                clock.set(clock.now())
                clock.speed = self._speed

    def close(self) -> None:
        """End it: what waits is answered, connections are cut. Harmless when it has ended."""
        if self._is_closed:
            return
        self._is_closed = True
        self._wake.set()
        self._manager.close()
        self._server.shutdown()
        self._server.cut()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Demo({self.url!r})"

    def _live(self) -> None:
        """Let the world do what is due, when it is due."""
        while not self._is_closed:
            self._wake.clear()
            with self.world.lock:
                self.world.advance()
                due = self.world.next_due()
                now = self.world.clock.now()
            speed = self.world.clock.speed
            pause = _TICK_S if due is None or speed <= 0 else (due - now) / speed
            self._wake.wait(min(max(pause, 0.005), _TICK_S))


_usual = users
