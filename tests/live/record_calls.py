"""Record the golden event logs of tests/analysis/logs anew: one call story each, from real Asterisk 16 and 22.

Run as ``python tests/live/record_calls.py FOLDER [STORY ...]``; the files that appear are looked at before they replace
the old ones. Beside them are the server's own records of the run: CDR, with and without linkedid, and queue_log. Phones
and dialplan are those of the scripted scenario.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pbx_server import VERSIONS, Asterisk
from scenario import Desk, configuration, free_port
from scenario_ami import Ami
from sip_bank import Bank, Leg
from tcp_listener import TcpListener

# what no function of the analysis reads, and what would tell of this machine
DROPPED = re.compile(
    rb"Event: (TestEvent|RTCP|DeviceStateChange|NewAccountCode|DTMF|ExtensionStatus|Registry|SuccessfulAuth|Contact"
    rb"|ChallengeSent|Confbridge(?!Join|Leave)|BridgeVideo|MusicOnHold|NewConnectedLine|CEL|PeerStatus|FullyBooted)"
)
VARIABLES = re.compile(rb"\r\nVariable: (QUEUESTATUS|DIALSTATUS)\r\n")


class Stage:
    """Phones, hands inside the server, and one caller after the other."""

    def __init__(self, bank: Bank, ami: Ami) -> None:
        self.bank, self.ami = bank, ami
        self._caller = 5550100

    def desk(self, number: str) -> Desk:
        return Desk(self.bank, number)

    def dial(self, exten: str, number: str = "", endpoint: str = "trunk") -> Leg:
        self._caller += 1
        return self.bank.call(number or str(self._caller), exten, endpoint=endpoint, name="Анна Caller")

    async def channel(self, leg: Leg) -> str:
        return (await self.ami.find_channel(leg.user))["Channel"]

    async def talk(self, seconds: float = 1.2) -> None:
        await asyncio.sleep(seconds)


async def up(leg: Leg) -> None:
    await asyncio.wait_for(leg.was_answered.wait(), 20)


async def over(*legs: Leg) -> None:
    for leg in legs:
        assert await leg.until_ended(40), "a leg is still up"


async def caller_hangs_up(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    person = await desk.answers()
    await s.talk()
    await leg.hang_up()
    await over(person)


async def callee_hangs_up(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    person = await desk.answers()
    await s.talk()
    await person.hang_up()
    await over(leg)


async def hung_up_by_admin(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    await desk.answers()
    await s.talk()
    await s.ami.send("Hangup", Channel=await s.channel(leg), Cause="16")
    await over(leg)


async def busy(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    await desk.rejects(486)
    await over(leg)


async def rejected(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    await desk.rejects(603)
    await over(leg)


async def no_answer(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("3101")
    await desk.rings()
    await over(leg)


async def cancelled(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    await desk.rings()
    await s.talk()
    leg.cancel()
    await s.talk(0.5)


async def unknown_number(s: Stage) -> None:
    await over(s.dial("507"))


async def menu_then_no_answer(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("4201")
    await desk.rings()
    await over(leg)


async def menu_then_busy(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("4101")
    await desk.rejects(486)
    await over(leg)


async def ring_all(s: Stage) -> None:
    desks, leg = [s.desk(n) for n in ("101", "102", "103")], s.dial("5010203")
    await desks[0].rings()
    await desks[2].rings()
    person = await desks[1].answers()
    await s.talk()
    await person.hang_up()
    await over(leg)


async def hunt(s: Stage) -> None:
    desks, leg = [s.desk(n) for n in ("101", "102")], s.dial("60102")
    person = await desks[1].answers()
    await s.talk()
    await leg.hang_up()
    await over(person)


async def forked(s: Stage) -> None:
    desks, leg = [s.desk(n) for n in ("101", "102")], s.dial("70102")
    person = await desks[1].answers()
    await s.talk(2)
    await leg.hang_up()
    await over(person)


async def optimised_away(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("7101")
    person = await desk.answers()
    await s.talk(2)
    await person.hang_up()
    await over(leg)


async def blind_transfer(s: Stage) -> None:
    first, second, leg = s.desk("101"), s.desk("102"), s.dial("101")
    person = await first.answers()
    await s.talk()
    assert await person.refer("102") < 300
    other = await second.answers()
    await s.talk()
    await leg.hang_up()
    await over(other)


async def blind_transfer_by_caller(s: Stage) -> None:
    first, second, leg = s.desk("101"), s.desk("102"), s.dial("101", "104", "104")
    person = await first.answers()
    await s.talk()
    assert await leg.refer("102") < 300
    other = await second.answers()
    await s.talk()
    await other.hang_up()
    await over(person)


async def attended_transfer(s: Stage) -> None:
    first, second, leg = s.desk("101"), s.desk("102"), s.dial("101")
    person = await first.answers()
    await s.talk()
    asked = s.bank.call("101", "102", endpoint="101")
    other = await second.answers()
    await s.talk()
    assert await person.refer("102", asked) < 300
    await s.talk()
    await other.hang_up()
    await over(leg)


async def attended_transfer_by_feature(s: Stage) -> None:
    first, second, leg = s.desk("101"), s.desk("102"), s.dial("4301")
    person = await first.answers()
    await s.talk()
    channel = s.ami.of_endpoint("101")["Channel"]
    await s.ami.send("Atxfer", Channel=channel, Exten="102", Context="internal")
    other = await second.answers()
    await s.talk()
    await person.hang_up()
    await s.talk()
    await leg.hang_up()
    await over(other)


async def picked_up(s: Stage) -> None:
    desk, leg = s.desk("162"), s.dial("162")
    await desk.rings()
    picker = s.bank.call("163", "*8", endpoint="163")
    await up(leg)
    await s.talk()
    await leg.hang_up()
    await over(picker)


async def parked(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("4301")
    person = await desk.answers()
    await s.talk()
    channels = await s.channel(leg), s.ami.of_endpoint("101")["Channel"]
    await s.ami.send("Park", Channel=channels[0], TimeoutChannel=channels[1], Parkinglot="default")
    await s.talk(1.5)
    await person.hang_up()
    taker = s.bank.call("102", "701", endpoint="102")
    await up(taker)
    await s.talk()
    await taker.hang_up()
    await over(leg)


async def parked_comes_back(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("4301")
    person = await desk.answers()
    await s.talk()
    channels = await s.channel(leg), s.ami.of_endpoint("101")["Channel"]
    await s.ami.send("Park", Channel=channels[0], TimeoutChannel=channels[1], Parkinglot="short")
    await s.talk(0.5)
    await person.hang_up()
    again = await desk.answers()
    await s.talk()
    await again.hang_up()
    await over(leg)


async def conference(s: Stage) -> None:
    one = s.dial("801")
    await up(one)
    two = s.dial("801")
    await up(two)
    await s.talk()
    await one.hang_up()
    await s.talk(0.5)
    await two.hang_up()


async def on_hold(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    person = await desk.answers()
    await s.talk(0.5)
    await person.hold(on=True)
    await s.talk(1.5)
    await person.hold(on=False)
    await s.talk(0.5)
    await leg.hang_up()
    await over(person)


async def redirected(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("101")
    person = await desk.answers()
    await s.talk()
    await s.ami.send("Redirect", Channel=await s.channel(leg), Context="internal", Exten="500", Priority="1")
    await over(person, leg)


async def answered_by_the_dialplan(s: Stage) -> None:
    await over(s.dial("508"))


async def answered_by_a_machine(s: Stage) -> None:
    await over(s.dial("509"))


async def callee_leaves(s: Stage) -> None:
    desk, leg = s.desk("101"), s.dial("4501")
    person = await desk.answers()
    await s.talk()
    await person.hang_up()
    await over(leg)


async def handed_on(s: Stage) -> None:
    first, second, leg = s.desk("101"), s.desk("102"), s.dial("440102")
    person = await first.answers()
    await s.talk()
    await person.hang_up()
    other = await second.answers()
    await over(leg, other)


async def originated(s: Stage) -> None:
    own, other = s.desk("101"), s.desk("102")
    call = s.ami.send(
        "Originate",
        Channel="PJSIP/101",
        Context="internal",
        Exten="102",
        Priority="1",
        CallerID='"Click" <101>',
        Async="yes",
    )
    await call
    mine = await own.answers()
    person = await other.answers()
    await s.talk()
    await person.hang_up()
    await over(mine)


async def originated_busy(s: Stage) -> None:
    own, other = s.desk("101"), s.desk("102")
    await s.ami.send("Originate", Channel="PJSIP/101", Context="internal", Exten="102", Priority="1", Async="yes")
    mine = await own.answers()
    await other.rejects(486)
    await over(mine)


async def originated_no_answer(s: Stage) -> None:
    own = s.desk("101")
    await s.ami.send(
        "Originate", Channel="PJSIP/101", Context="internal", Exten="102", Priority="1", Async="yes", Timeout="2000"
    )
    await over(await own.rings())


async def originated_over_local(s: Stage) -> None:
    own, other = s.desk("101"), s.desk("102")
    await s.ami.send(
        "Originate", Channel="Local/101@internal", Context="internal", Exten="102", Priority="1", Async="yes"
    )
    mine = await own.answers()
    person = await other.answers()
    await s.talk()
    await mine.hang_up()
    await over(person)


async def queue_answered(s: Stage) -> None:
    agents, leg = [s.desk(n) for n in ("202", "203")], s.dial("9001")
    person = await agents[0].answers()
    await s.talk()
    await person.hang_up()
    await over(leg)


async def queue_abandoned(s: Stage) -> None:
    agents, leg = [s.desk(n) for n in ("202", "203")], s.dial("9001")
    await agents[0].rings()
    await s.talk()
    await leg.hang_up()
    await s.talk(0.5)


async def queue_timeout(s: Stage) -> None:
    agents, leg = [s.desk(n) for n in ("202", "203")], s.dial("9201")
    await agents[0].rings()
    await over(leg)


async def queue_joinempty(s: Stage) -> None:
    await over(s.dial("971"))


async def queue_full(s: Stage) -> None:
    first = s.dial("972")
    await up(first)
    await s.talk(0.5)
    await over(s.dial("972"))
    await first.hang_up()


async def queue_rejecting_agent(s: Stage) -> None:
    agents, leg = [s.desk(n) for n in ("202", "203")], s.dial("9001")
    await agents[0].rejects(486)
    person = await agents[1].answers()
    await s.talk()
    await leg.hang_up()
    await over(person)


async def queue_overflow(s: Stage) -> None:
    agents, leg = [s.desk(n) for n in ("202", "204")], s.dial("930102")
    await agents[0].rings()
    person = await agents[1].answers()
    await s.talk()
    await leg.hang_up()
    await over(person)


async def queue_key(s: Stage) -> None:
    leg = s.dial("974")
    await up(leg)
    await s.talk()
    await leg.press("1")
    await over(leg)


async def queue_leaveempty(s: Stage) -> None:
    await s.ami.send("QueueAdd", Queue="leaving", Interface="PJSIP/296", MemberName="Late Agent")
    leg = s.dial("973")
    await up(leg)
    await s.talk()
    await s.ami.send("QueuePause", Queue="leaving", Interface="PJSIP/296", Paused="true", Reason="Обед")
    await over(leg)
    await s.ami.send("QueueRemove", Queue="leaving", Interface="PJSIP/296")


async def queue_agent_transfers(s: Stage) -> None:
    agents, other = [s.desk(n) for n in ("202", "203")], s.desk("101")
    leg = s.dial("9001")
    person = await agents[0].answers()
    await s.talk()
    assert await person.refer("101") < 300
    second = await other.answers()
    await s.talk()
    await leg.hang_up()
    await over(second)


RECORDS = {"cdr-csv/Master.csv": "cdr.csv", "cdr-custom/Custom.csv": "cdr_custom.csv", "queue_log": "queue_log"}

Story = Callable[[Stage], Awaitable[None]]
STORIES: dict[str, Story] = {
    name: value
    for name, value in list(globals().items())
    if asyncio.iscoroutinefunction(value) and name not in ("up", "over")
}


async def _play(server: Asterisk, port: int, folder: Path, names: list[str]) -> None:
    bank = await Bank(port).open(server.sip_port)
    ami = await Ami().open(server.ami_port, "test", server.users["test"])
    try:
        for name in names:
            with TcpListener(server.ami_port, "test", server.users["test"]) as listener:
                await asyncio.wait_for(STORIES[name](Stage(bank, ami)), 90)
                until = time.monotonic() + 20
                while server.channels() and time.monotonic() < until:
                    await asyncio.sleep(0.2)
                await asyncio.sleep(0.5)
                kept = [
                    block
                    for block in listener.raw
                    if not DROPPED.match(block) and (b"Event: VarSet" not in block or VARIABLES.search(block))
                ]
            (folder / f"{name}.txt").write_bytes(b"".join(block + b"\r\n\r\n" for block in kept))
            print(server.version, name, len(kept), flush=True)
    finally:
        await ami.close()
        bank.close()


def main(folder: Path, names: list[str]) -> None:
    for version in VERSIONS:
        port = free_port()
        place = folder / version
        place.mkdir(parents=True, exist_ok=True)
        with Asterisk(version, files=configuration(port)) as server:
            asyncio.run(_play(server, port, place, names or list(STORIES)))
            time.sleep(1)
            for source, kept in RECORDS.items():
                (place / kept).write_bytes((server.home / "log" / source).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
