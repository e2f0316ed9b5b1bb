"""A PBX for tests in a browser: embedded or a real Asterisk 22, asked by clients that owe nothing to amiframe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from amf_demo import Caller
from amf_widgets import CANARY, sessions

from amiframe.demo.server import Demo, users

Fields = dict[str, str]


@dataclass
class Target:
    """A PBX: its account for widgets, a call that stays up, and how to ask it and do without it."""

    name: str
    url: str
    username: str
    password: str
    channel: str
    context: str
    exten: str
    ask: Callable[..., list[Fields]]
    """Sends an action in a session of its own, which it ends."""
    sessions: Callable[[], int]
    """Counts the sessions of the account."""
    down: Callable[[], AbstractContextManager[Any]]
    """Stops it for a while; it comes back at the same address without sessions and calls."""
    log: Callable[[], str]
    """Gives all that it has written down."""

    @property
    def ascii_password(self) -> str:
        """What of the password is the same however it is encoded."""
        return self.password.encode("ascii", "ignore").decode()

    def channels(self) -> list[Fields]:
        """Give the channels that are up."""
        return [fields for fields in self.ask("Status") if fields.get("Event") == "Status"]

    def ours(self) -> list[Fields]:
        """Give the channels that amiframe originated."""
        return [fields for fields in self.channels() if fields["Uniqueid"].startswith("amf-")]

    def place(self, uniqueid: str) -> None:
        """Put a call up that is none of the widgets'."""
        where = {"channel": self.channel, "context": self.context, "exten": self.exten, "priority": "1"}
        answer = self.ask("Originate", **where, async_="true", channelid=uniqueid)
        assert "queued" in answer[0]["Message"], answer

    def hang_up(self, uniqueid: str) -> None:
        """End that call."""
        for fields in self.channels():
            if fields["Uniqueid"] == uniqueid:
                self.ask("Hangup", channel=fields["Channel"])


@contextmanager
def embedded() -> Iterator[Target]:
    """Run the embedded PBX."""
    demo = Demo(users(secret=CANARY))
    port = urlsplit(demo.url).port
    assert port
    running = [demo]

    def ask(action: str, **fields: str) -> list[Fields]:
        with Caller(demo.url).login("demo", CANARY) as caller:
            answer = caller.ask(action, **{name.rstrip("_"): value for name, value in fields.items()})
            caller.ask("Logoff")
        return [dict(message) for message in answer.messages]

    @contextmanager
    def down() -> Iterator[None]:
        running[0].close()
        yield
        running[0] = Demo(users(secret=CANARY), port=port)

    try:
        yield Target(
            "embedded", demo.url, "demo", CANARY, "PJSIP/101", "internal", "300", ask, lambda: sessions(running[0]),
            down, str,
        )  # fmt: skip
    finally:
        running[0].close()


@contextmanager
def live(version: str = "22") -> Iterator[Target]:
    """Run a real Asterisk."""
    from pbx_server import Asterisk

    with Asterisk(version) as server:

        def ask(action: str, **fields: str) -> list[Fields]:
            with server.manager("harness") as manager:
                pairs = [(name.rstrip("_"), value) for name, value in fields.items()]
                return [dict(message) for message in manager.send(action, *pairs)]

        def connected() -> int:
            lines = server.cli("manager show connected").splitlines()
            return sum(line.split()[:1] == ["test"] for line in lines)

        def log() -> str:
            files = [path for path in (server.home / "log").rglob("*") if path.is_file()]
            return "\n".join(path.read_text("utf-8", "replace") for path in files)

        yield Target(
            "live", server.url, "test", server.users["test"], "Local/200@outgoing", "outgoing", "200", ask, connected,
            server.down, log,
        )  # fmt: skip
