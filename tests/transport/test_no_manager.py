"""What answers is not the manager: another web server, a login page in between, a gateway. One error, with its cure."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import amiframe as af

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
PAGE = b"<!DOCTYPE html>\r\n<html><head><title>Please log in</title></head>\r\n<body>who: you</body></html>\r\n"


@contextmanager
def answering(status: int, body: bytes = b"") -> Iterator[str]:
    """A web server on loopback that answers everything alike."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    connection.recv(65536)
                    head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                    connection.sendall(head.encode() + body)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("body", [PAGE, b"{}", b"\0\xff garbage\r\n", b"Event: Hangup\r\n\r\n"])
@pytest.mark.parametrize("interface", INTERFACES)
def test_a_page_that_is_no_answer_of_a_manager(interface, body):
    with (
        answering(200, body) as url,
        af.connect(url, username="me", secret="canary-5ecret", interface=interface, timeout=10) as pbx,
        pytest.raises(af.ParseError) as raised,
    ):
        pbx.status()
    assert raised.value.pbx == url
    assert raised.value.action in ("Login", "Events")
    assert "address" in raised.value.hint
    assert "canary" not in f"{raised.value!s}{raised.value.__dict__}"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "doctor"), (301, "elsewhere"), (302, "elsewhere"), (400, "doctor"), (404, "prefix"), (407, "proxy"),
        (413, "too large"), (429, "doctor"), (500, "doctor"), (502, "does Asterisk run"), (503, "try again"),
        (504, "does Asterisk run"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_every_status_has_a_hint(interface, status, words):
    with (
        answering(status) as url,
        af.connect(url, username="me", secret="x", interface=interface, timeout=10) as pbx,
        pytest.raises(af.HTTPStatusError, match=f"HTTP {status} from /{interface}") as raised,
    ):
        pbx.status()
    assert raised.value.status == status
    assert words in raised.value.hint


@pytest.mark.parametrize(
    ("interface", "status", "kind", "words"),
    [
        ("mxml", 401, af.LoginError, "a web server before the PBX"), ("arawman", 401, af.LoginError, "username"),
        ("mxml", 403, af.HTTPStatusError, "address rule"), ("arawman", 403, af.LoginError, "address rule"),
    ],
)  # fmt: skip
def test_who_is_refused_where(interface, status, kind, words):
    with (
        answering(status) as url,
        af.connect(url, username="me", secret="x", interface=interface, timeout=10) as pbx,
        pytest.raises(kind, match=f"HTTP {status}") as raised,
    ):
        pbx.status()
    assert words in raised.value.hint
