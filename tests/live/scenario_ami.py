"""The hands of the scenario inside the server: one AMI connection by a bare socket, without amiframe.

It sends actions and keeps which channel belongs to which number, so that a script can say "transfer this caller".
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable

Event = dict[str, str]


class Ami:
    """A manager session on TCP: `send` an action, `channel` of a number, `until` an event comes."""

    def __init__(self) -> None:
        self.channels: list[Event] = []  # Newchannel, in order
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._watchers: list[tuple[Callable[[Event], bool], asyncio.Future[Event]]] = []
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._task: asyncio.Task[None]

    async def open(self, port: int, user: str, secret: str) -> Ami:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        await self._reader.readline()  # the banner
        self._task = asyncio.ensure_future(self._read())
        await self.send("Login", Username=user, Secret=secret, Events="call,agent")
        return self

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def send(self, action: str, **fields: str) -> Event:
        """Send an action, give its response; an error is an error."""
        lines = {"Action": action, "ActionID": str(next(self._ids)), **fields}
        future = self._waiting[lines["ActionID"]] = asyncio.get_running_loop().create_future()
        self._writer.write("".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n")
        response = await asyncio.wait_for(future, 20)
        if response.get("Response") not in ("Success", "Goodbye"):
            raise RuntimeError(f"{action} {fields}: {response.get('Message')}")
        return response

    def channel(self, number: str) -> Event:
        """Give the Newchannel event of the newest channel that a caller of this number has made."""
        return next(event for event in reversed(self.channels) if event["CallerIDNum"] == number and event["Exten"])

    def of_endpoint(self, endpoint: str) -> Event:
        """Give the Newchannel event of the newest channel of a phone."""
        return next(event for event in reversed(self.channels) if event["Channel"].startswith(f"PJSIP/{endpoint}-"))

    async def until(self, wanted: Callable[[Event], bool], seconds: float = 20) -> Event:
        """Wait for an event that begins to be looked for now."""
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._watchers.append((wanted, future))
        return await asyncio.wait_for(future, seconds)

    async def find_channel(self, number: str, seconds: float = 10) -> Event:
        """Wait until a caller's channel is there."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.channel(number)
            except StopIteration:
                if time.monotonic() > end:
                    raise TimeoutError(f"no channel of {number}") from None
                await asyncio.sleep(0.05)

    async def _read(self) -> None:
        while True:
            block = await self._reader.readuntil(b"\r\n\r\n")
            event: Event = {}
            for line in block.decode("utf-8", "replace").split("\r\n"):
                name, colon, value = line.partition(":")
                if colon:
                    event.setdefault(name, value.removeprefix(" "))
            self._take(event)

    def _take(self, event: Event) -> None:
        if "Response" in event and "Event" not in event:
            future = self._waiting.pop(event.get("ActionID", ""), None)
            if future is not None and not future.done():
                future.set_result(event)
            return
        if event.get("Event") == "Newchannel":
            self.channels.append(event)
        for watcher in list(self._watchers):
            wanted, future = watcher
            if future.done() or wanted(event):
                self._watchers.remove(watcher)
                if not future.done():
                    future.set_result(event)
