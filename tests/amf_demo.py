"""A client of the embedded PBX, and of a real one, that owes nothing to amiframe but the reading of its answers."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import requests

Pairs = list[tuple[str, str]]


@dataclass
class HttpAnswer:
    """One answer: status, headers in order, body, and its messages where the body is raw."""

    status: int
    headers: Pairs
    body: bytes
    seconds: float = 0.0

    @property
    def messages(self) -> list[Pairs]:
        text = self.body.decode("utf-8", "surrogateescape")
        blocks = (block.strip("\r\n") for block in text.split("\r\n\r\n"))
        return [[_pair(line) for line in block.split("\r\n")] for block in blocks if block]

    @property
    def message(self) -> str:
        return dict(self.messages[0]).get("Message", "")

    @property
    def events(self) -> list[str]:
        return [message[0][1] for message in self.messages if message[0][0] == "Event"]

    @property
    def cookie(self) -> str:
        found = re.search(r'mansession_id="([0-9a-f]{8})"', dict(self.headers).get("Set-Cookie", ""))
        return found[1] if found else ""

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.headers]


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")


@dataclass
class Caller:
    """One user agent: a cookie of its own, and digest when it has `auth`."""

    url: str
    path: str = "rawman"
    auth: requests.auth.HTTPDigestAuth | None = None
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self):
        self.http.trust_env = False

    def ask(
        self, action: str | None = None, /, *, path: str | None = None, method: str = "POST", **more: str
    ) -> HttpAnswer:
        fields = ([("action", action)] if action is not None else []) + list(more.items())
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in fields)
        url, body = f"{self.url}/{path or self.path}", None
        if method == "POST":
            body = text
        else:
            url = f"{url}?{text}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        began = time.monotonic()
        answer = self.http.request(method, url, data=body, headers=headers, auth=self.auth, timeout=60)
        return HttpAnswer(
            answer.status_code, list(answer.raw.headers.items()), answer.content, time.monotonic() - began
        )

    def login(self, username: str, secret: str, **more: str) -> Caller:
        answer = self.ask("Login", username=username, secret=secret, **more)
        assert b"Authentication accepted" in answer.body, answer
        return self

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def raw(url: str, data: bytes, seconds: float = 5.0) -> tuple[bytes, bool]:
    """Send bytes; return what comes back to the end of the first answer, and whether the connection was closed."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
        connection.sendall(data)
        got = b""
        while not _is_whole(got):
            piece = connection.recv(65536)
            if not piece:
                return got, True
            got += piece
        connection.settimeout(0.06)
        try:
            return got, connection.recv(1) == b""
        except TimeoutError:
            return got, False
        except ConnectionResetError:
            return got, True


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and (length is None or len(body) >= int(length[1]))


def parse_answer(answer: bytes) -> HttpAnswer:
    """Take raw bytes apart."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return HttpAnswer(int(first.split()[1]), [_pair(line) for line in lines], body)
