"""An independent witness: a listener on the TCP interface of a server, by a bare socket.

Nothing here uses amiframe: what it saw is what the server sent. It reads in a thread of its own into a large socket
buffer, since the server cuts off a reader that does not keep up.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

Event = list[tuple[str, str]]

_BUFFER = 16 << 20
_SO_RCVBUFFORCE = 33  # Linux: over net.core.rmem_max, for root
_NOTHING = ("", "<unknown>")


class TcpListener:
    """Collect every event that the account may read, in the server's order; a context manager.

    ``raw`` are the bytes of the events as they came, ``events`` the same as lists of headers. With `sink` the events
    are handed over one by one instead of being kept.
    """

    def __init__(
        self, port: int, user: str, secret: str, *, mask: str = "on", sink: Callable[[Event], None] | None = None
    ) -> None:
        self.raw: list[bytes] = []
        self.count = 0
        self.error: str | None = None
        self._sink = sink
        self._is_closing = False
        self._more = threading.Condition()
        self._socket = socket.socket()
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(_request(("Action", "Login"), ("Username", user), ("Secret", secret), ("Events", mask)))
        self._pending = bytearray()
        while not (found := re.search(rb"Response: (\w+)\r\nMessage: ([^\r]*)", self._pending)):
            self._receive()
        if found[1] != b"Success":
            raise ConnectionError(f"login of {user} refused: {found[2].decode()}")
        self._thread = threading.Thread(target=self._read, name="tcp-listener", daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[Event]:
        return [parsed(block) for block in self.raw]

    def wait_for(self, number: int, timeout: float = 20) -> None:
        """Wait until the user event ``Mark`` of that number has come."""
        wanted = b"\r\nTally: %d" % number

        def came() -> bool:
            return any(b"UserEvent: Mark\r\n" in block and block.endswith(wanted) for block in self.raw)

        with self._more:
            if not self._more.wait_for(lambda: came() or self.error, timeout):
                raise TimeoutError(f"no mark {number} within {timeout} s")
        if self.error:
            raise ConnectionError(self.error)

    def close(self) -> None:
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> TcpListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> None:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise EOFError
        self._pending += piece

    def _read(self) -> None:
        try:
            while True:
                *blocks, rest = bytes(self._pending).split(b"\r\n\r\n")
                self._pending = bytearray(rest)
                self._take([block.lstrip(b"\r\n") for block in blocks])
                self._receive()
        except (OSError, EOFError) as error:
            if not self._is_closing:
                self.error = f"the server closed the connection: {error!r}"
        with self._more:
            self._more.notify_all()

    def _take(self, blocks: list[bytes]) -> None:
        events = [block for block in blocks if block.startswith(b"Event:")]
        if self._sink is None:
            self.raw += events
        else:
            for block in events:
                self._sink(parsed(block))
        self.count += len(events)
        with self._more:
            self._more.notify_all()


def parsed(block: bytes) -> Event:
    """Part an event into its headers."""
    event = []
    for line in block.decode("utf-8", "surrogateescape").split("\r\n"):
        name, _, value = line.partition(":")
        event.append((name, value.removeprefix(" ")))
    return event


class Seen(NamedTuple):
    """What is compared of an event: together it is that one event and no other."""

    event: str
    time_us: int
    channel: str = ""
    uniqueid: str = ""
    linkedid: str = ""
    exten: str = ""
    bridgeuniqueid: str = ""
    userevent: str = ""
    tally: str = ""


def seen(event: Event) -> Seen:
    """Give what is compared of an event of ours: spelling of headers aside, and the server's words for nothing."""
    first: dict[str, str] = {}
    for name, value in event:
        first.setdefault(name.lower(), value)
    # FullyBooted, the TCP interface's greeting to each client, has no time
    seconds, _, fraction = first.get("timestamp", "0.0").partition(".")
    texts = (word(first.get(name, "")) for name in Seen._fields[2:])
    return Seen(first["event"], int(seconds) * 1_000_000 + int(fraction), *texts)


def word(value: object) -> str:
    """Give a cell as it is compared: text without blanks at its edges (XML drops them), '' for nothing."""
    text = value.strip() if isinstance(value, str) else ""
    return "" if text in _NOTHING else text


def mark(manager: object, number: int) -> None:
    """Have the server tell every listener a number."""
    reply = manager.send("UserEvent", ("UserEvent", "Mark"), ("Tally", str(number)))  # type: ignore[attr-defined]
    if dict(reply[0]).get("Response") != "Success":
        raise ConnectionError(f"no mark: {reply}")


def between_marks(rows: list[Seen], first: int, last: int) -> list[Seen]:
    """Give what lies from one mark to another, both included."""
    marks = {row.tally: at for at, row in enumerate(rows) if row.userevent == "Mark"}
    return rows[marks[str(first)] : marks[str(last)] + 1]


def users_connected(server: object, user: str = "test") -> int:
    """Count the sessions of an account, those on TCP too."""
    lines = server.cli("manager show connected").splitlines()  # type: ignore[attr-defined]
    return sum(line.split()[:1] == [user] for line in lines)


def wait_for_users(server: object, count: int, user: str = "test", timeout: float = 15) -> None:
    """Wait until an account has so many sessions."""
    end = time.monotonic() + timeout
    while (now := users_connected(server, user)) != count:
        if time.monotonic() > end:
            raise TimeoutError(f"{now} sessions of {user}, not {count}, after {timeout} s")
        time.sleep(0.05)


def _request(*fields: tuple[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n"
