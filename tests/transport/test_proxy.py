"""A proxy that the settings name: all goes through it, and what it says of itself is told."""

from __future__ import annotations

import http.client
import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

import amiframe as af
from amiframe.demo.server import Demo

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding"}


class Forward(http.server.BaseHTTPRequestHandler):
    """Asks the address of the request line, as a proxy for plain HTTP does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(dict(pair.split("=", 1) for pair in body.decode().split("&"))["Action"])
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        behind = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        behind.request("POST", parts.path, body, headers)
        answer = behind.getresponse()
        raised = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raised)
        behind.close()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def forward(status: int = 0) -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    server.seen, server.status, server.daemon_threads = [], status, True
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def address(server: http.server.ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo() as server:
        yield server


def connect(demo: Demo, proxy: str, interface: str = "rawman") -> af.Pbx:
    given = {"username": "demo", "secret": demo.secret("demo"), "interface": interface, "timeout": 20}
    return af.connect(demo.url, proxy=proxy, **given)


@pytest.mark.parametrize("interface", INTERFACES)
def test_everything_goes_through_it(demo, interface):
    with forward() as server:
        with connect(demo, address(server), interface) as pbx:
            assert len(pbx.status()) > 0
            assert len(pbx.commands()) > 30
            pbx.action("UserEvent", UserEvent="Beat")
            assert pbx.events(1) is not None
        seen = list(server.seen)
    assert {"Status", "ListCommands", "WaitEvent", "Logoff"} <= set(seen)
    assert seen.count("UserEvent") == 1


@pytest.mark.parametrize(("status", "words"), [(407, "the proxy wants an account"), (502, "gets no answer"),
                                               (504, "gets no answer"), (503, "try again")])  # fmt: skip
def test_what_it_says_of_itself(demo, status, words):
    with forward(status) as server, connect(demo, address(server)) as pbx:
        with pytest.raises(af.HTTPStatusError) as raised:
            pbx.ping()
        assert raised.value.status == status
        assert words in raised.value.hint


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_one_that_is_not_there(demo, interface):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        with connect(demo, f"http://127.0.0.1:{held.getsockname()[1]}", interface) as pbx:
            with pytest.raises(af.ConnectError, match="the proxy does not answer") as raised:
                pbx.ping()
            assert "proxy=" in raised.value.hint
            assert demo.secret("demo") not in str(raised.value)
