"""The scripted scenario: hundreds of calls of known story on a real server, and what each of them was.

`play` runs it and gives a `Record`: the truth as the phones and the script know it, and what the server wrote of the
same calls. The stories are in `scenario_calls` and `scenario_queues`. Nothing here uses amiframe.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import json
import random
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pbx_server import Asterisk
from scenario_ami import Ami
from sip_bank import ADDRESS, Bank, Leg
from tcp_listener import TcpListener

CONFIG = Path(__file__).with_name("scenario_config")
DESKS = [f"1{n:02}" for n in range(1, 61)]
PAIRS = [("162", "163")]  # desks of one pickup group; one pickup at a time: two at once have locked Asterisk 22 up
TEAMS = [f"{n:02}" for n in range(1, 15)]  # team 03 is queue t03, with the agents 206 and 207
CROWD = {"290": "Anna Ring", "291": "Борис", "292": "Zoë"}  # names as in queues.conf
STAFF = {"leaving": "296", "keys": "297"}  # the one agent of these queues


@dataclass
class Visit:
    """One stay of a caller in a queue. ``ended`` is when the caller left, or when the agent answered."""

    queue: str
    outcome: str
    joined: float | None = None
    ended: float | None = None
    member: str | None = None  # phone of the agent who answered
    attempts: int = 0  # rings that were not answered
    hungup_by: str | None = None  # of an answered visit
    talked_until: float | None = None


@dataclass
class Row:
    """The story of one call. Times are epoch seconds of this machine's clock; the caller has a number of its own."""

    number: str
    kind: str
    started: float = 0.0
    answered: float | None = None  # when the caller heard an answer
    person: float | None = None  # when the first person answered
    ended: float | None = None
    disposition: str = ""
    reached: str | None = None
    hungup_by: str | None = None
    answered_by: str | None = None  # phone of the first person who answered
    hold_s: float = 0.0
    blind: int = 0
    attended: int = 0
    visits: list[Visit] = field(default_factory=list)
    cut: str = ""  # begin, end: which end of the log cuts the call off
    has_channel: bool = True  # the server refused some before it made a channel
    note: str = ""
    is_sound: bool = True  # the story came off as it was meant to
    channel: str = ""  # of the caller
    uniqueid: str = ""
    linkedid: str = ""


@dataclass
class Pause:
    """An agent who was paused for a while, for a reason."""

    agent: str
    queue: str
    reason: str
    started: float
    ended: float


@dataclass
class Record:
    """What a run left: the truth, and what the server wrote."""

    version: str
    rows: list[Row] = field(repr=False)
    pauses: list[Pause] = field(repr=False)
    problems: list[str]
    events: bytes = field(repr=False)
    log_began: float
    log_ended: float
    files: dict[str, bytes] = field(repr=False)
    queue_status: list[list[tuple[str, str]]] = field(repr=False)
    queue_show: str = field(repr=False)

    def save(self, folder: Path) -> None:
        """Keep everything in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "truth.json").write_text(
            json.dumps([asdict(row) for row in self.rows], ensure_ascii=False, indent=1), "utf-8"
        )
        (folder / "pauses.json").write_text(json.dumps([asdict(pause) for pause in self.pauses]), "utf-8")
        (folder / "events.txt").write_bytes(self.events)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        (folder / "queue_status.json").write_text(json.dumps(self.queue_status, ensure_ascii=False), "utf-8")
        (folder / "queue_show.txt").write_text(self.queue_show, "utf-8")
        times = {"version": self.version, "log_began": self.log_began, "log_ended": self.log_ended}
        (folder / "run.json").write_text(json.dumps(times), "utf-8")


class Desk:
    """A phone on a table: the script waits for it to ring, and then plays the person."""

    def __init__(self, bank: Bank, number: str) -> None:
        self.number = number
        self.legs: list[Leg] = []
        self._calls: asyncio.Queue[Leg] = asyncio.Queue()
        bank.phones[number] = self._take

    async def _take(self, leg: Leg) -> None:
        leg.ring()
        self.legs.append(leg)
        self._calls.put_nowait(leg)

    async def rings(self, seconds: float = 20) -> Leg:
        """Wait until a call rings here."""
        try:
            return await asyncio.wait_for(self._calls.get(), seconds)
        except TimeoutError:
            raise TimeoutError(f"{self.number} does not ring") from None

    async def answers(self, after: float = 0.5) -> Leg:
        """Wait for a call and answer it so many seconds later."""
        leg = await self.rings()
        await asyncio.sleep(after)
        leg.answer()
        return leg

    async def rejects(self, status: int, after: float = 0.3) -> Leg:
        leg = await self.rings()
        await asyncio.sleep(after)
        leg.reject(status)
        return leg

    def clear(self) -> None:
        while not self._calls.empty():
            self._calls.get_nowait()


_of_this_story: contextvars.ContextVar[list[Row]] = contextvars.ContextVar("rows of the story that runs")


class Stage:
    """The running scenario: phones, hands, and the book in which the stories are written."""

    def __init__(self, bank: Bank, ami: Ami, seed: int = 1) -> None:
        self.bank = bank
        self.ami = ami
        self.rows: list[Row] = []
        self.problems: list[str] = []
        self.pauses: list[Pause] = []
        self.locks: dict[str, asyncio.Lock] = {name: asyncio.Lock() for name in ("small", "leaving", "keys", "crowd")}
        self.random = random.Random(seed)
        self._numbers = itertools.count(1)
        self._desks: asyncio.Queue[Desk] = asyncio.Queue()
        self._teams: asyncio.Queue[str] = asyncio.Queue()
        self._pairs: asyncio.Queue[list[Desk]] = asyncio.Queue()
        self.agents = {number: Desk(bank, number) for number in [*CROWD, *STAFF.values()]}
        for team in TEAMS:
            self._teams.put_nowait(team)
            for number in agents_of(team):
                self.agents[number] = Desk(bank, number)
        for number in DESKS:
            self._desks.put_nowait(Desk(bank, number))
        for pair in PAIRS:
            self._pairs.put_nowait([Desk(bank, number) for number in pair])

    def row(self, kind: str, **known: Any) -> Row:
        row = Row(f"77{next(self._numbers):04}", kind, **known)
        self.rows.append(row)
        _of_this_story.get().append(row)
        return row

    def dial(self, row: Row, exten: str) -> Leg:
        """The caller of a row dials."""
        leg = self.bank.call(row.number, exten, name=self.random.choice(["", "Иван Петров", "Sean O'Neil", "A. Smith"]))
        row.started = leg.started
        return leg

    @contextlib.asynccontextmanager
    async def desks(self, count: int) -> AsyncIterator[list[Desk]]:
        """Have so many free phones for a while."""
        taken = [await self._desks.get() for _ in range(count)]
        try:
            yield taken
        finally:
            for desk in taken:
                desk.clear()
                self._desks.put_nowait(desk)

    @contextlib.asynccontextmanager
    async def pair(self) -> AsyncIterator[list[Desk]]:
        """Have two desks of one pickup group for a while."""
        pair = await self._pairs.get()
        try:
            yield pair
        finally:
            for desk in pair:
                desk.clear()
            self._pairs.put_nowait(pair)

    @contextlib.asynccontextmanager
    async def team(self) -> AsyncIterator[tuple[str, list[Desk]]]:
        """Have a queue with two agents for a while."""
        team = await self._teams.get()
        desks = [self.agents[number] for number in agents_of(team)]
        try:
            yield team, desks
        finally:
            await asyncio.sleep(0.5)  # the phones are free again when the server has noticed
            for desk in desks:
                desk.clear()
            self._teams.put_nowait(team)

    async def act(self, story: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Play one story; what goes wrong in it is a problem of the run, not its end."""
        rows: list[Row] = []
        _of_this_story.set(rows)
        try:
            await story(self, *arguments)
        except Exception as error:  # noqa: BLE001 (whatever a story does wrong)
            self.problems.append(f"{story.__name__}{arguments} {[row.number for row in rows]}: {error!r}")
            for row in rows:
                row.is_sound = False


def agents_of(team: str) -> list[str]:
    first = 200 + 2 * int(team)
    return [str(first), str(first + 1)]


def until(leg: Leg, seconds: float = 15) -> Awaitable[Any]:
    """Wait until a call is answered."""
    return asyncio.wait_for(leg.was_answered.wait(), seconds)


def closed(row: Row, leg: Leg, person: Leg | None = None, *, by: str | None = None) -> None:
    """Write down the times that the phones know, and check that the end was as the story says."""
    row.answered, row.ended = leg.answered, leg.ended
    if person is not None:
        row.person, row.answered_by = person.answered, person.user
    if by is not None:
        row.hungup_by = by
        assert (leg.ended_by == "me") == (by == "caller"), f"{row.kind}: {leg.ended_by} ended the caller's leg"


def configuration(port: int) -> dict[str, str]:
    """Give the server's configuration: the files, and the sections of each phone and queue."""
    files = {path.name: path.read_text("utf-8") for path in CONFIG.glob("*.conf")}
    agents = [number for team in TEAMS for number in agents_of(team)] + [*CROWD, *STAFF.values()]
    groups = {
        number: f"named_call_group = {pair[0]}\nnamed_pickup_group = {pair[0]}\n" for pair in PAIRS for number in pair
    }
    phones = "".join(
        f"\n[{number}](base)\ncontext = internal\naors = {number}\n{groups.get(number, '')}"
        f"\n[{number}]\ntype = aor\ncontact = sip:{number}@{ADDRESS}:{port}\n"
        f"\n[{number}]\ntype = identify\nendpoint = {number}\nmatch_header = X-Endpoint: {number}\n"
        for number in [*DESKS, *itertools.chain(*PAIRS), *agents]
    )
    trunk = "\n[trunk](base)\ncontext = trunk-in\n"
    trunk += "\n[trunk]\ntype = identify\nendpoint = trunk\nmatch_header = X-Endpoint: trunk\n"
    files["pjsip.conf"] += trunk + phones
    files["queues.conf"] += "".join(
        f"\n[t{team}](team)\n" + "".join(f"member => PJSIP/{number},0,Agent {number}\n" for number in agents_of(team))
        for team in TEAMS
    )
    return files


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


Stories = list[tuple[Callable[..., Awaitable[None]], tuple[Any, ...]]]


Beside = Callable[[Asterisk], contextlib.AbstractContextManager[Any]]


def play(
    version: str, stories: Stories, *, before: Stories, after: Stories, beside: Beside | None = None, at_once: int = 24
) -> Record:
    """Run the scenario on a server of its own; about a minute.

    `before` begin before the log does, and go on; `after` are up when it ends. `beside` is entered when the log begins
    and left when it ends: a second witness.
    """
    port = free_port()
    with Asterisk(version, files=configuration(port)) as server:
        return asyncio.run(_play(server, port, stories, before, after, beside, at_once))


async def _play(
    server: Asterisk, port: int, stories: Stories, before: Stories, after: Stories, beside: Beside | None, at_once: int
) -> Record:
    bank = await Bank(port).open(server.sip_port)
    ami = await Ami().open(server.ami_port, "test", server.users["test"])
    stage = Stage(bank, ami)
    early = [asyncio.ensure_future(stage.act(story, *arguments)) for story, arguments in before]
    await asyncio.sleep(3)
    loop = asyncio.get_running_loop()
    listener = await loop.run_in_executor(None, TcpListener, server.ami_port, "test", server.users["test"])
    witness = contextlib.nullcontext() if beside is None else beside(server)
    await loop.run_in_executor(None, witness.__enter__)
    began = time.time()
    gate = asyncio.Semaphore(at_once)

    async def gated(story: Callable[..., Awaitable[None]], arguments: tuple[Any, ...]) -> None:
        async with gate:
            await stage.act(story, *arguments)

    running = []
    for story, arguments in stories:
        running.append(asyncio.ensure_future(gated(story, arguments)))
        await asyncio.sleep(0.15)
    await asyncio.gather(*running, *early)
    await asyncio.sleep(1.5)
    late = [asyncio.ensure_future(stage.act(story, *arguments)) for story, arguments in after]
    await asyncio.sleep(4)
    ended = time.time()
    await loop.run_in_executor(None, listener.close)
    await loop.run_in_executor(None, witness.__exit__, None, None, None)
    await asyncio.gather(*late)
    await loop.run_in_executor(None, server.hangup_all)
    await asyncio.sleep(2)
    _name_channels(stage)
    show = await loop.run_in_executor(None, server.cli, "queue show")
    with server.manager("harness") as manager:
        status = await loop.run_in_executor(None, manager.send, "QueueStatus")
    log = server.home / "log"
    files = {
        "cdr.csv": log / "cdr-csv" / "Master.csv", "cdr_custom.csv": log / "cdr-custom" / "Custom.csv",
        "cel.csv": log / "cel-custom" / "Master.csv", "queue_log": log / "queue_log", "messages": log / "messages",
    }  # fmt: skip
    stage.problems += [f"phone: {error!r}" for error in bank.errors]
    await ami.close()
    bank.close()
    kept = {name: path.read_bytes() for name, path in files.items() if path.exists()}
    raw = b"".join(block + b"\r\n\r\n" for block in listener.raw)
    return Record(server.version, stage.rows, stage.pauses, stage.problems, raw, began, ended, kept, status, show)


def _name_channels(stage: Stage) -> None:
    """Write the ids of the callers' channels into the rows."""
    first: dict[str, dict[str, str]] = {}
    for event in stage.ami.channels:
        if event["Exten"]:
            first.setdefault(event["CallerIDNum"], event)
    for row in stage.rows:
        event = first.get(row.number, {})
        row.uniqueid = row.uniqueid or event.get("Uniqueid", "")
        row.linkedid = event.get("Linkedid", row.uniqueid)
        row.channel = event.get("Channel", "")
