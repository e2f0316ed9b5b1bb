"""Connections: what the server checks before a request reaches anything, and its pages of errors.

Source: ``main/http.c`` of Asterisk; limits, texts and the order of headers measured on 16.28 and 22.10. A line may have
4095 bytes with its end, a request 100 headers, a form 40960 bytes; a connection without a request is closed after 15 s.
"""

from __future__ import annotations

import email.parser
import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

MAX_LINE = 4095
MAX_HEADERS = 100
MAX_BODY = 40960
SERVER = "Asterisk/22.10.1 (amiframe demo)"
_KEEP_ALIVE_S = 15
_PAGE = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r
<html><head>\r
<title>{status} {title}</title>\r
</head><body>\r
<h1>{title}</h1>\r
<p>{text}</p>\r
<hr />\r
<address>{server}</address>\r
</body></html>\r
"""


def answer(
    body: bytes,
    content_type: str,
    *,
    status: int = 200,
    before: Iterable[tuple[str, str]] = (),
    after: Iterable[tuple[str, str]] = (),
) -> Response:
    """Return an answer with its headers spelt and ordered as the server does."""
    response = Response(body, status=f"{status} {HTTP_STATUS_CODES[status]}")
    response.headers.clear()
    headers = [
        ("Server", SERVER),
        ("Date", formatdate(usegmt=True)),
        ("Cache-Control", "no-cache, no-store"),
        *before,
        ("Content-type", content_type),
        *after,
        ("Content-Length", str(len(body))),
    ]
    for name, value in headers:
        response.headers.add(name, value)
    return response


def page(status: int, text: str, *, before: Iterable[tuple[str, str]] = ()) -> Response:
    """Return the page of an error."""
    body = _PAGE.format(status=status, title=HTTP_STATUS_CODES[status], text=text, server=SERVER)
    return answer(body.encode(), "text/html", status=status, before=before)


class Refusal(Exception):
    """A request that is answered before it is read; the connection ends with it."""

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.response = page(status, text)


class Handler(WSGIRequestHandler):
    """One connection, kept alive between requests."""

    server: Server
    timeout = _KEEP_ALIVE_S
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Take one request and answer it."""
        self.close_connection = True
        try:
            line = self.rfile.readline(MAX_LINE + 1)
            if not line:
                return
            self._read_head(line)
            body = self._body()
            environ = {**self.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            self._send(self.server.respond(Request(environ)), head_only=self.command == "HEAD")
        except Refusal as refusal:
            self.close_connection = True
            self._send(refusal.response)
            self._drain()
        except (TimeoutError, ConnectionError):
            self.close_connection = True  # gone, or silent for too long

    def _read_head(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise Refusal(400, "Request line too long")
        words = line.decode("latin-1").split()
        if len(words) < 2:
            raise Refusal(400, "Invalid Request")
        self.command, self.path = words[0].upper(), words[1]
        self.request_version = "HTTP/1.1"
        lines: list[str] = []
        while (header := self.rfile.readline(MAX_LINE + 1)).strip(b"\r\n"):
            if len(header) > MAX_LINE:
                raise Refusal(400, "Header line too long")
            if len(lines) == MAX_HEADERS:
                raise Refusal(413, "Too many headers")
            lines.append(header.decode("latin-1"))
        if not header:
            raise ConnectionAbortedError
        self.headers = email.parser.Parser(_class=http.client.HTTPMessage).parsestr("".join(lines))
        self.close_connection = self.headers.get("Connection", "").lower() == "close"

    def _body(self) -> bytes:
        try:
            return self._read_body()
        except (TimeoutError, ConnectionError):
            raise
        except (ValueError, OSError):  # an invalid length, chunk or path
            raise Refusal(400, "Invalid Request") from None

    def _read_body(self) -> bytes:
        is_form = self.headers.get("Content-Type", "").lower().startswith("application/x-www-form-urlencoded")
        self.environ = environ = self.make_environ()
        if environ.get("wsgi.input_terminated"):  # chunked; with a bound of ours
            body = environ["wsgi.input"].read(MAX_BODY + 1)
        else:
            size = int(self.headers.get("Content-Length") or 0)
            if size < 0 or (is_form and size > MAX_BODY):
                raise Refusal(413, "Body too large")
            body = self._skim(size, keep=is_form)
        if len(body) > MAX_BODY:
            raise Refusal(413, "Body too large")
        return bytes(body) if is_form else b""

    def _skim(self, size: int, *, keep: bool) -> bytes:
        if keep:
            return self.rfile.read(size)
        while size > 0 and (piece := self.rfile.read(min(size, MAX_BODY))):
            size -= len(piece)
        return b""

    def _send(self, response: Response, *, head_only: bool = False) -> None:
        headers = list(response.headers)
        if self.close_connection:
            headers.insert(2, ("Connection", "close"))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        body = b"" if head_only else response.get_data()
        self.wfile.write(f"HTTP/1.1 {response.status}\r\n{head}\r\n".encode("latin-1") + body)

    def _drain(self) -> None:
        """Take what a refused client still sends, or it may never see the answer."""
        self.connection.settimeout(0.2)
        try:
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(MAX_BODY):
                pass
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """Log nothing: the client has the answer."""

    log_request = log_error = log_message  # type: ignore[assignment]


class Server(ThreadedWSGIServer):
    """The listening socket, and the connections that are open."""

    def __init__(self, port: int, respond: Callable[[Request], Response]):
        self.respond = respond
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
            super().__init__("127.0.0.1", port, Response(), Handler, fd=listening.fileno())

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._guard:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End all connections that are open."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # gone already
                    continue
