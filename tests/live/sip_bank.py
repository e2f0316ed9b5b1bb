"""A bank of SIP phones in one asyncio loop: each call is a leg that a script drives and that keeps its own times.

sipp plays one scenario per process; a script of hundreds of calls needs phones that it can tell what to do next.
Nothing here uses amiframe or asks the server: what a leg says of itself is what a person at the phone would say.
They live at 127.0.0.3, which to the servers is never the endpoint ``loop`` and no phone of `sip_phone`.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

LATE_S = 0.8  # longer than that a request of a phone waits only at a machine that is too busy
ADDRESS = "127.0.0.3"
T1 = 0.5  # seconds until a request is sent again (RFC 3261, 17.1.2)

_REASONS = {
    100: "Trying", 180: "Ringing", 200: "OK", 202: "Accepted", 403: "Forbidden", 404: "Not Found",
    480: "Temporarily Unavailable", 481: "Call Does Not Exist", 486: "Busy Here", 487: "Request Terminated",
    503: "Service Unavailable", 603: "Decline",
}  # fmt: skip


@dataclass
class Message:
    """A request or a response of SIP."""

    first: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def parsed(cls, data: bytes) -> Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(first, [(name.strip().lower(), value.strip()) for name, _, value in pairs], body)

    def get(self, name: str) -> str:
        return next((value for other, value in self.headers if other == name), "")

    @property
    def status(self) -> int:
        """Status of a response; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self.get("cseq").split()[1] if self.status else self.first.split()[0]

    @property
    def number(self) -> int:
        return int(self.get("cseq").split()[0])


def _user(header: str) -> str:
    found = re.search(r"sips?:([^@;>]*)@", header)
    return found[1] if found else ""


def _tag(header: str) -> str:
    found = re.search(r";tag=([^;>\s]+)", header)
    return found[1] if found else ""


@dataclass
class Leg:
    """One call as one phone lives it. Times are this machine's clock; ``ended_by`` is ``me`` or ``them``."""

    bank: Bank
    user: str
    peer: str  # number of the other side as the phone shows it
    call_id: str
    local: str  # From or To of our requests, with our tag
    remote: str
    target: str  # where requests go
    invite: Message | None = None  # the one that we got
    branch: str = ""
    started: float = field(default_factory=time.time)
    rang: float | None = None
    answered: float | None = None
    ended: float | None = None
    ended_by: str | None = None
    status: int = 0
    was_rung: asyncio.Event = field(default_factory=asyncio.Event)
    was_answered: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)
    _cseq: itertools.count[int] = field(default_factory=lambda: itertools.count(2))
    _last: bytes = b""  # our last response to the INVITE, for when it comes again
    _waiting: dict[int, asyncio.Future[Message]] = field(default_factory=dict)

    # -- what a person does ---------------------------------------------------------------------------------------

    def ring(self) -> None:
        self._respond(180)
        self.rang = time.time()

    def answer(self) -> None:
        if self.has_ended.is_set():  # the caller was quicker
            return
        self._respond(200, self.bank.sdp())
        self._now_answered()

    def reject(self, status: int) -> None:
        self._respond(status)
        self._now_ended("me", status)

    def cancel(self) -> None:
        """Give up before the other side answers."""
        headers = [f"From: {self.local}", f"To: {self.remote.partition(';tag=')[0]}", "CSeq: 1 CANCEL"]
        self.bank.request(self, "CANCEL", self.target, headers, branch=self.branch)
        self._now_ended("me", 487)

    async def hang_up(self) -> None:
        if self.has_ended.is_set():
            return
        self._now_ended("me")
        await self.send("BYE")
        late = time.time() - (self.ended or 0)
        if late > LATE_S:  # when the server ended the call is then not what the phone says
            raise TimeoutError(f"the server took {late:.1f} s to hear that {self.user} hangs up")

    async def hold(self, *, on: bool) -> None:
        """Put the other side on hold or take it back: an INVITE within the call."""
        reply = await self.send("INVITE", self.bank.sdp("sendonly" if on else "sendrecv"))
        if reply.status != 200:
            raise RuntimeError(f"hold of {self.user}: {reply.first}")

    async def refer(self, to: str, replaces: Leg | None = None) -> int:
        """Transfer the other side to a number, or to the party of another call of this phone; give the status."""
        where = f"sip:{to}@{self.bank.server_host}"
        if replaces is not None:
            tags = f"{replaces.call_id};to-tag={_tag(replaces.remote)};from-tag={_tag(replaces.local)}"
            where += "?Replaces=" + tags.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        reply = await self.send("REFER", "", f"Refer-To: <{where}>", f"Referred-By: <sip:{self.user}@{ADDRESS}>")
        return reply.status

    async def press(self, digit: str) -> None:
        await self.send("INFO", f"Signal={digit}\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay")

    async def until_ended(self, seconds: float) -> bool:
        """Stay on the line until the other side ends it, or so long; say whether it ended."""
        try:
            await asyncio.wait_for(self.has_ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # -- what the wire does ---------------------------------------------------------------------------------------

    async def send(self, method: str, body: str = "", *more: str) -> Message:
        """Send a request within the call and give the final response."""
        number = next(self._cseq)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        headers = [f"From: {self.local}", f"To: {self.remote}", f"CSeq: {number} {method}", *more]
        branch = _branch()
        for attempt in range(6):  # loopback loses nothing, but a busy server may drop
            self.bank.request(self, method, self.target, headers, body, branch=branch)
            try:
                reply = await asyncio.wait_for(asyncio.shield(future), T1 * 2**attempt)
                break
            except TimeoutError:
                continue
        else:
            raise TimeoutError(f"no answer to {method} of {self.user}")
        if method == "INVITE" and reply.status < 300:
            self._ack(reply)
        return reply

    def _respond(self, status: int, body: str = "") -> None:
        assert self.invite is not None
        self._last = self.bank.response(self.invite, status, self.local, body)

    def _now_answered(self) -> None:
        if not self.was_answered.is_set():
            self.answered = time.time()
            self.status = 200
            self.was_answered.set()

    def _now_ended(self, by: str, status: int | None = None) -> None:
        if not self.has_ended.is_set():
            self.ended, self.ended_by = time.time(), by
            self.status = self.status if status is None else status
            self.has_ended.set()

    def got_request(self, message: Message) -> None:
        if message.method == "INVITE" and self.invite is not None and message.number == self.invite.number:
            if self._last:
                self.bank.transmit(self._last)
        elif message.method == "ACK":
            pass
        elif message.method == "CANCEL":
            self.bank.response(message, 200, self.local)
            if not self.was_answered.is_set() and not self.has_ended.is_set():
                self._respond(487)
                self._now_ended("them", 487)
        else:
            self.bank.response(message, 200, self.local, self.bank.sdp() if message.method == "INVITE" else "")
            if message.method == "BYE":
                self._now_ended("them")

    def got_response(self, message: Message) -> None:
        if message.number == 1 and message.method == "INVITE":
            self._got_invite_response(message)
        elif message.status >= 200:
            if message.method == "INVITE" and message.number not in self._waiting:
                self._ack(message)  # it came again
            future = self._waiting.pop(message.number, None)
            if future is not None and not future.done():
                future.set_result(message)

    def _got_invite_response(self, message: Message) -> None:
        if _tag(message.get("to")):
            self.remote = message.get("to")
        if message.status in (180, 183) and self.rang is None:
            self.rang = time.time()
            self.was_rung.set()
        if message.status < 200:
            return
        found = re.search(r"<(sip:[^>]+)>", message.get("contact"))
        if found and message.status < 300:
            self.target = found[1]
        self._ack(message, self.branch if message.status >= 300 else None)
        if message.status < 300:
            self._now_answered()
        else:
            self._now_ended("them", message.status)

    def _ack(self, message: Message, branch: str | None = None) -> None:
        headers = [f"From: {self.local}", f"To: {message.get('to')}", f"CSeq: {message.number} ACK"]
        self.bank.request(self, "ACK", self.target, headers, branch=branch or _branch())


def _branch() -> str:
    return f"z9hG4bK{secrets.token_hex(8)}"


Handler = Callable[[Leg], Awaitable[None]]


class Bank(asyncio.DatagramProtocol):
    """The phones: ``phones[user]`` is what that phone does with a call; a phone without a handler rings for ever."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.server = ("127.0.0.1", 0)
        self.phones: dict[str, Handler] = {}
        self.legs: dict[str, Leg] = {}
        self.errors: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._trying: set[str] = set()  # calls of which the server knows
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, server_port: int) -> Bank:
        self.server = ("127.0.0.1", server_port)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(ADDRESS, self.port))
        return self

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        for task in self._tasks:
            task.cancel()

    @property
    def server_host(self) -> str:
        return f"{self.server[0]}:{self.server[1]}"

    def sdp(self, direction: str = "sendrecv") -> str:
        return (
            f"v=0\r\no=- {time.time_ns()} {time.time_ns()} IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
            f"m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={direction}\r\n"
        )

    def call(self, number: str, exten: str, *, endpoint: str = "trunk", name: str = "") -> Leg:
        """Dial `exten` from a phone of `endpoint` that shows `number`."""
        call_id = secrets.token_hex(10)
        shown = f'"{name}" ' if name else ""
        leg = Leg(
            self, number, exten, call_id, f"{shown}<sip:{number}@{ADDRESS}>;tag={secrets.token_hex(6)}",
            f"<sip:{exten}@{self.server_host}>", f"sip:{exten}@{self.server_host}", branch=_branch(),
        )  # fmt: skip
        self.legs[call_id] = leg
        headers = [f"From: {leg.local}", f"To: {leg.remote}", "CSeq: 1 INVITE", f"X-Endpoint: {endpoint}"]
        self._keep(self._invite(leg, headers))
        return leg

    async def _invite(self, leg: Leg, headers: list[str]) -> None:
        for attempt in range(5):
            self.request(leg, "INVITE", leg.target, headers, self.sdp(), branch=leg.branch)
            await asyncio.sleep(T1 * 2**attempt)
            if leg.rang or leg.answered or leg.ended or leg.call_id in self._trying:
                return

    def request(self, leg: Leg, method: str, uri: str, headers: list[str], body: str = "", *, branch: str) -> None:
        kind = (
            [] if any(h.startswith("Content-Type") for h in headers) or not body else ["Content-Type: application/sdp"]
        )
        lines = [
            f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {ADDRESS}:{self.port};branch={branch}", *headers,
            f"Call-ID: {leg.call_id}", f"Contact: <sip:{leg.user}@{ADDRESS}:{self.port}>", "Max-Forwards: 70", *kind,
            f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        self.transmit("\r\n".join(lines).encode())

    def response(self, request: Message, status: int, local: str = "", body: str = "") -> bytes:
        kept = [
            f"{name.title()}: {value}" for name, value in request.headers if name in ("via", "from", "call-id", "cseq")
        ]
        lines = [
            f"SIP/2.0 {status} {_REASONS.get(status, 'Whatever')}", *kept, f"To: {local or request.get('to')}",
            f"Contact: <sip:{_user(request.get('to'))}@{ADDRESS}:{self.port}>",
            *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
        data = "\r\n".join(lines).encode()
        self.transmit(data)
        return data

    def transmit(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, self.server)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # type: ignore[override]
        if not data.strip():
            return
        message = Message.parsed(data)
        leg = self.legs.get(message.get("call-id"))
        if message.status:
            if leg is not None:
                self._trying.add(leg.call_id)
                leg.got_response(message)
        elif leg is not None:
            leg.got_request(message)
        elif message.method == "INVITE":
            self._ring(message)
        elif message.method != "ACK":
            self.response(message, 200 if message.method in ("OPTIONS", "NOTIFY") else 481)

    def _ring(self, message: Message) -> None:
        """A call comes in: hand it to the phone that it is for."""
        user = _user(message.first)
        contact = re.search(r"<(sip:[^>]+)>", message.get("contact"))
        leg = Leg(
            self, user, _user(message.get("from")), message.get("call-id"),
            f"{message.get('to')};tag={secrets.token_hex(6)}", message.get("from"),
            contact[1] if contact else f"sip:{self.server_host}", invite=message,
        )  # fmt: skip
        self.legs[leg.call_id] = leg
        self.response(message, 100)
        handler = self.phones.get(user)
        if handler is None:
            leg.ring()
        else:
            self._keep(handler(leg))

    def _keep(self, work: Awaitable[None]) -> None:
        async def watched() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 (it is told at the end of the run)
                self.errors.append(error)

        task = asyncio.ensure_future(watched())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
