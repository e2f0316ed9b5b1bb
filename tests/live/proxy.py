"""A loopback proxy that counts what passes, and can do harm on request: lose, cut, delay, close, answer by itself.

Nothing here uses amiframe. One thread a connection; each connection of a client has one of its own to the server.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

Kind = Literal["refuse", "lose", "cut", "delay", "close", "trickle", "answer", "lend", "end"]


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; status 0: no answer was sent."""

    connection: int
    path: str
    session: str
    """Cookie or nonce that the request named, or nothing."""
    fields: tuple[tuple[str, str], ...]
    status: int
    is_stale: bool
    """Whether the answer is a 401 that says that the nonce has aged."""
    began: float
    ended: float
    size: int
    """Bytes of the answer's body that were handed on."""

    @property
    def action(self) -> str:
        return dict(self.fields).get("Action", "")

    @property
    def actionid(self) -> str:
        return dict(self.fields).get("ActionID", "")


@dataclass
class Fault:
    """What to do to the next `times` requests (of that action, if one is given).

    refuse   close without having told the server            lose     let the server act, then close without an answer
    cut      give `share` of the body, then close            delay    hold the answer back for `seconds`
    close    answer whole, then close silently: the client's next request meets a dead connection
    trickle  give the body in ten pieces over `seconds`      answer   answer `status` without asking the server
    lend     give the request the `cookie` of somebody else's session
    end      log its cookie's session off just before
    """

    kind: Kind
    action: str | None = None
    times: int = 1
    share: float = 0.5
    seconds: float = 0.0
    status: int = 503
    cookie: str = ""
    done: int = field(default=0, init=False)


class Proxy:
    """Stands before a server on 127.0.0.1; use `url` in its place."""

    def __init__(self, port: int, prefix: str = "") -> None:
        self._port = port
        self._prefix = prefix
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._connections = 0
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self._accepting = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{'/' + self._prefix if self._prefix else ''}"

    @property
    def connections(self) -> int:
        """Connections that clients have made so far."""
        return self._connections

    def plan(self, kind: Kind, action: str | None = None, **more: float | str) -> Fault:
        """Do this to what comes next; faults planned together are used in their order."""
        fault = Fault(kind, action, **more)  # type: ignore[arg-type]
        with self._lock:
            self.faults.append(fault)
        return fault

    def counted(self, action: str | None = None) -> list[Exchange]:
        """Give what passed so far, of one action or all."""
        with self._lock:
            return [one for one in self.exchanges if action is None or one.action == action]

    def statuses(self) -> Counter[int]:
        return Counter(one.status for one in self.counted())

    def forget(self) -> None:
        """Count from here on, without faults."""
        with self._lock:
            self.exchanges.clear()
            self.faults.clear()

    def cut_all(self) -> None:
        """Break every connection that is open now."""
        with self._lock:
            doomed = list(self._open)
        for one in doomed:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        self.cut_all()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what the threads do ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections += 1
                number = self._connections
                self._open.add(client)
            thread = threading.Thread(target=self._serve, args=(client, number), name=f"proxy-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, number: int) -> None:
        server: socket.socket | None = None
        try:
            with contextlib.suppress(OSError, EOFError):
                server = socket.create_connection(("127.0.0.1", self._port))
                with self._lock:
                    self._open.add(server)
                while self._is_open(client, server) and self._exchange(client, server, number):
                    pass
        finally:
            with self._lock:
                self._open.discard(client)
                self._open.discard(server)  # type: ignore[arg-type]
            client.close()
            if server is not None:
                server.close()

    @staticmethod
    def _is_open(client: socket.socket, server: socket.socket) -> bool:
        """Wait for a request; False when the server has closed the idle connection, as the client shall see at once."""
        ready, _, _ = select.select([client, server], [], [])
        return server not in ready

    def _exchange(self, client: socket.socket, server: socket.socket, number: int) -> bool:
        """Pass one request and its answer; return whether the connections live on."""
        head, body = _read(client)
        began = time.monotonic()
        path = head.split(b" ", 2)[1].decode("ascii")
        fields = tuple(parse_qsl(body.decode("utf-8", "surrogateescape"), keep_blank_values=True))
        fault = self._fault(dict(fields).get("Action", ""))
        kind = fault.kind if fault else None
        status, kept, stale = 0, b"", False
        answer = b""
        if kind == "answer" and fault:
            status, kept = fault.status, b"<html><title>from the proxy</title></html>"
            answer = b"HTTP/1.1 %d Made up\r\nContent-Length: %d\r\n\r\n" % (status, len(kept))
        elif kind != "refuse":
            if kind == "end":
                self._log_off(_session(head))
            if kind == "lend" and fault:
                head = re.sub(rb"(?i)\r\ncookie:[^\r]*", b"", head)
                head = head.replace(b"\r\n", b'\r\nCookie: mansession_id="%s"\r\n' % fault.cookie.encode(), 1)
            server.sendall(head + body)
            answer, kept = _read(server)
            if kind == "delay" and fault:
                self._closing.wait(fault.seconds)
            status = int(answer.split(b" ", 2)[1])
            stale = status == 401 and b"stale=true" in answer
            if kind == "cut" and fault:
                kept = kept[: int(len(kept) * fault.share)]
            if kind == "lose":
                status, kept = 0, b""
        with self._lock:  # before the client knows, who may look at once
            self.exchanges.append(
                Exchange(
                    number,
                    urlsplit(path).path,
                    _session(head),
                    fields,
                    status,
                    stale,
                    began,
                    time.monotonic(),
                    len(kept),
                )
            )
        if not status:
            return False
        client.sendall(answer)
        self._send(client, kept, fault.seconds if kind == "trickle" and fault else 0)
        return kind not in ("cut", "close") and b"\r\nconnection: close" not in answer.lower()

    def _log_off(self, session: str) -> None:
        body = b"Action=Logoff"
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            server.sendall(
                b"POST /%srawman HTTP/1.1\r\nHost: pbx\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b'Cookie: mansession_id="%s"\r\nContent-Length: %d\r\n\r\n%s'
                % (f"{self._prefix}/".lstrip("/").encode(), session.encode(), len(body), body)
            )
            _read(server)

    def _fault(self, action: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.done < fault.times and fault.action in (None, action):
                    fault.done += 1
                    return fault
        return None

    def _send(self, client: socket.socket, content: bytes, seconds: float) -> None:
        step = -(-len(content) // 10) if seconds else len(content)
        for begin in range(0, len(content), step or 1):
            client.sendall(content[begin : begin + step])
            self._closing.wait(seconds / 10)


def _session(head: bytes) -> str:
    found = re.search(rb'mansession_id="?([0-9a-fA-F]+)|[ ,]nonce="([^"]*)"', head)
    return (found[1] or found[2]).decode("ascii") if found else ""


def _read(sock: socket.socket) -> tuple[bytes, bytes]:
    """Read one request or answer: the head with its empty line, and the body."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise EOFError
        data += piece
    end = data.index(b"\r\n\r\n") + 4
    head, body = bytes(data[:end]), data[end:]
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            raise EOFError
        body += piece
    return head, bytes(body)
