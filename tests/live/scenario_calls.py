"""Stories of calls without queues: who dials what, who answers, who ends it, and what that makes of the call."""

from __future__ import annotations

import asyncio
import time
from asyncio import sleep

from scenario import Desk, Row, Stage, closed, until
from sip_bank import Leg

TALK = 1.5


async def answered(s: Stage, by: str, exten: str = "{}", kind: str = "answered") -> None:
    """A desk answers, and one side hangs up."""
    row = s.row(f"{kind}, {by} hangs up", disposition="answered", reached="person")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, exten.format(desk.number, desk.number[1:]))
        there = await desk.answers(0.8)
        await until(leg)
        await sleep(TALK)
        await (leg if by == "caller" else there).hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, there, by=by)
        await there.until_ended(5)


async def long_talk(s: Stage, seconds: float) -> None:
    """A long call, so that a rounding error would show."""
    row = s.row("answered, long", disposition="answered", reached="person")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.answers(2.5)
        await until(leg)
        await sleep(seconds)
        await leg.hang_up()
        closed(row, leg, there, by="caller")


async def refused(s: Stage, status: int, disposition: str) -> None:
    """The desk's phone refuses with a status of SIP."""
    row = s.row(f"refused with {status}", disposition=disposition, hungup_by="callee", note=str(status))
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        await desk.rejects(status, 0.6)
        assert await leg.until_ended(5)
        closed(row, leg)


async def no_answer(s: Stage) -> None:
    """The desk rings for two seconds, then Dial gives up."""
    row = s.row("no answer", disposition="no answer", hungup_by="pbx")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, f"3{desk.number}")
        there = await desk.rings()
        assert await leg.until_ended(6)
        assert await there.until_ended(5)
        assert there.ended_by == "them"
        closed(row, leg)


async def cancelled(s: Stage) -> None:
    """The caller gives up while the desk rings."""
    row = s.row("cancelled", disposition="cancelled", hungup_by="caller")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.rings()
        await sleep(1.2)
        leg.cancel()
        assert await there.until_ended(5)
        closed(row, leg)


async def plain(s: Stage, exten: str, kind: str, disposition: str, by: str) -> None:
    """The dialplan itself refuses the call, or dials a phone that is not there."""
    row = s.row(kind, disposition=disposition, hungup_by=by, note=exten)
    leg = s.dial(row, exten)
    assert await leg.until_ended(8)
    closed(row, leg)


async def unknown_number(s: Stage) -> None:
    """No such extension: the server answers 404 before it has made a channel."""
    row = s.row("unknown number", disposition="failed", has_channel=False)
    leg = s.dial(row, "4711471147")
    assert await leg.until_ended(5)
    assert leg.status == 404
    closed(row, leg)


async def application(s: Stage, by: str) -> None:
    """An announcement answers."""
    row = s.row(f"application, {by} hangs up", disposition="answered", reached="application")
    leg = s.dial(row, "501" if by == "caller" else "500")
    await until(leg)
    if by == "caller":
        await sleep(1.5)
        await leg.hang_up()
    assert await leg.until_ended(6)
    closed(row, leg, by=by)


async def after_announcement(s: Stage, is_answered: bool) -> None:
    """An announcement, then a desk that answers or does not."""
    kind = "announcement, then a desk" + ("" if is_answered else " that does not answer")
    row = s.row(kind, disposition="answered", reached="person" if is_answered else "application")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, f"4{desk.number}" if is_answered else f"42{desk.number[1:]}")
        await until(leg)
        there = await desk.rings()
        if is_answered:
            await sleep(0.8)
            there.answer()
            await sleep(TALK)
            await leg.hang_up()
        assert await leg.until_ended(8)
        closed(row, leg, there if is_answered else None, by="caller" if is_answered else "pbx")


async def ring_all(s: Stage, who: int, by: str) -> None:
    """Three desks ring, one answers."""
    row = s.row("ring-all", disposition="answered", reached="person")
    async with s.desks(3) as desks:
        leg = s.dial(row, "5" + "".join(desk.number[1:] for desk in desks))
        legs = [await desk.rings() for desk in desks]
        await sleep(0.8)
        legs[who].answer()
        await until(leg)
        await sleep(TALK)
        await (leg if by == "caller" else legs[who]).hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, legs[who], by=by)


async def ring_all_unanswered(s: Stage) -> None:
    """Three desks ring, nobody answers: one call, not three."""
    row = s.row("ring-all, nobody", disposition="no answer", hungup_by="pbx")
    async with s.desks(3) as desks:
        leg = s.dial(row, "95" + "".join(desk.number[1:] for desk in desks))
        assert await leg.until_ended(8)
        closed(row, leg)


async def ring_all_one_busy(s: Stage) -> None:
    """Of three desks one is busy, another answers."""
    row = s.row("ring-all, one busy", disposition="answered", reached="person")
    async with s.desks(3) as desks:
        leg = s.dial(row, "5" + "".join(desk.number[1:] for desk in desks))
        legs = [await desk.rings() for desk in desks]
        legs[0].reject(486)
        await sleep(0.8)
        legs[1].answer()
        await until(leg)
        await sleep(TALK)
        await leg.hang_up()
        closed(row, leg, legs[1], by="caller")


async def hunt(s: Stage) -> None:
    """One desk after the other: the first does not answer, the second does."""
    row = s.row("hunt", disposition="answered", reached="person")
    async with s.desks(2) as (first, second):
        leg = s.dial(row, f"6{first.number[1:]}{second.number[1:]}")
        there = await second.answers(0.5)
        await until(leg)
        await sleep(TALK)
        await there.hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, there, by="callee")


async def forked(s: Stage) -> None:
    """Two Local channels are dialled at once; behind each a desk rings, one answers."""
    row = s.row("forked over Local", disposition="answered", reached="person")
    async with s.desks(2) as (first, second):
        leg = s.dial(row, f"7{first.number[1:]}{second.number[1:]}")
        await first.rings()
        there = await second.answers(0.8)
        await until(leg)
        await sleep(TALK)
        await leg.hang_up()
        closed(row, leg, there, by="caller")


async def blind_refer(s: Stage, by: str, outcome: str = "answered") -> None:
    """One side transfers the other to a third desk by REFER, which answers, is busy, or is left."""
    row = s.row(f"blind transfer by {by}, target {outcome}", disposition="answered", reached="person", blind=1)
    async with s.desks(2) as (desk, target):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        transferer, rest = (there, leg) if by == "callee" else (leg, there)
        assert await transferer.refer(target.number) == 202
        await _blind_end(target, outcome, transferer, rest, row, leg, there, by)


async def _blind_end(
    target: Desk, outcome: str, transferer: Leg, rest: Leg, row: Row, leg: Leg, there: Leg, by: str
) -> None:
    new = await (target.rejects(486, 0.6) if outcome == "busy" else target.answers(0.6))
    if not await transferer.until_ended(1):
        await transferer.hang_up()
    if new.status == 200:
        await sleep(TALK)
        await rest.hang_up()
        assert await new.until_ended(5)
    else:
        assert await rest.until_ended(5)
    closed(row, leg, there)
    row.ended = max(rest.ended or 0, new.ended or 0)
    # the first caller stays the caller; whom a caller leaves behind is the one who was called
    row.hungup_by = ("caller" if by == "callee" else "callee") if new.status == 200 else None


async def blind_ami(s: Stage) -> None:
    """An operator's BlindTransfer moves the caller from one desk to another."""
    row = s.row("blind transfer by AMI", disposition="answered", reached="person", blind=1)
    async with s.desks(2) as (desk, target):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        channel = s.ami.of_endpoint(desk.number)["Channel"]
        await s.ami.send("BlindTransfer", Channel=channel, Context="internal", Exten=target.number)
        new = await target.answers(0.6)
        assert await there.until_ended(3)
        await sleep(TALK)
        await new.hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, there, by="callee")


async def redirected(s: Stage) -> None:
    """An operator's Redirect moves the caller from a desk to an announcement."""
    row = s.row("redirect by AMI", disposition="answered", reached="person")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        channel = (await s.ami.find_channel(row.number))["Channel"]
        await s.ami.send("Redirect", Channel=channel, Context="internal", Exten="500", Priority="1")
        assert await there.until_ended(5)
        assert await leg.until_ended(8)
        closed(row, leg, there, by="pbx")


async def attended_refer(s: Stage, outcome: str = "answered") -> None:
    """The desk asks a colleague in a second call, then joins the two by REFER with Replaces."""
    row = s.row(f"attended transfer by REFER, {outcome}", disposition="answered", reached="person", attended=1)
    async with s.desks(2) as (desk, target):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        await there.hold(on=True)
        began = time.time()
        second = s.bank.call(desk.number, target.number, endpoint=desk.number)
        colleague = await target.rings()
        await sleep(0.5)
        if outcome == "answered":
            colleague.answer()
            await until(second)
            await sleep(1)
        else:
            await second.was_rung.wait()  # a blond transfer: before the colleague answers
        assert await there.refer(target.number, second) == 202
        row.hold_s = time.time() - began
        if outcome != "answered":
            await sleep(0.8)
            colleague.answer()
        for old in (there, second):
            if not await old.until_ended(1.5):
                await old.hang_up()
        await sleep(TALK)
        await leg.hang_up()
        assert await colleague.until_ended(5)
        closed(row, leg, there, by="caller")
        row.note = f"consultation by {desk.number} to {target.number}"


async def attended_ami(s: Stage) -> None:
    """The same over the server's own feature: action Atxfer, completed by hanging up."""
    row = s.row("attended transfer by AMI", disposition="answered", reached="person", attended=1)
    async with s.desks(2) as (desk, target):
        leg = s.dial(row, f"43{desk.number[1:]}")
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        channel = s.ami.of_endpoint(desk.number)["Channel"]
        began = time.time()
        await s.ami.send("Atxfer", Channel=channel, Exten=target.number, Context="internal")
        colleague = await target.answers(0.6)
        await sleep(1.5)
        await there.hang_up()
        row.hold_s = time.time() - began
        await sleep(TALK)
        await colleague.hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, there, by="callee")


async def picked_up(s: Stage, how: str) -> None:
    """A desk rings, its neighbour picks the call up."""
    row = s.row(f"pickup by {how}", disposition="answered", reached="person")
    async with s.pair() as (desk, other):
        leg = s.dial(row, desk.number)
        there = await desk.rings()
        await sleep(1)
        code = f"*9{desk.number}" if how == "extension" else "*8"
        picker = s.bank.call(other.number, code, endpoint=other.number)
        await until(leg)
        await until(picker)
        assert await there.until_ended(3)
        await sleep(TALK)
        await leg.hang_up()
        assert await picker.until_ended(5)
        closed(row, leg, by="caller")
        row.person, row.answered_by = picker.answered, picker.user


async def parked(s: Stage, end: str) -> None:
    """The desk parks the caller, who is fetched, comes back, or gives up."""
    row = s.row(f"parked, {end}", disposition="answered", reached="person")
    async with s.desks(2) as (desk, other):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(1)
        caller = await s.ami.find_channel(row.number)
        seen = asyncio.ensure_future(
            s.ami.until(lambda e: e.get("Event") == "ParkedCall" and e.get("ParkeeUniqueid") == caller["Uniqueid"])
        )
        await sleep(0)
        if end == "fetched after REFER":
            row.blind = 1  # to the server, to the number of the parking lot
            assert await there.refer("700") == 202
        else:
            lot = "short" if end == "comes back" else "default"
            parker = s.ami.of_endpoint(desk.number)["Channel"]
            await s.ami.send("Park", Channel=caller["Channel"], TimeoutChannel=parker, Parkinglot=lot)
        space = (await seen)["ParkingSpace"]
        if not await there.until_ended(2):
            await there.hang_up()
        last = None
        if end == "gives up":
            await sleep(1)
            await leg.hang_up()
        elif end == "comes back":
            last = await desk.answers(0.5)
        else:
            await sleep(0.7)
            last = s.bank.call(other.number, space, endpoint=other.number)
            await until(last)
        if last is not None:
            await sleep(TALK)
            await leg.hang_up()
            assert await last.until_ended(5)
        closed(row, leg, there, by="caller")


async def conference(s: Stage, room: str, callers: int) -> None:
    """Several callers meet in a conference: each is a call of its own."""
    rows = [s.row("conference", disposition="answered", reached="conference") for _ in range(callers)]
    legs = []
    for row in rows:
        legs.append(s.dial(row, room))
        await sleep(0.3)
    for leg in legs:
        await until(leg)
    await sleep(2)
    for row, leg in zip(rows, legs, strict=True):
        await leg.hang_up()
        closed(row, leg, by="caller")
        await sleep(0.4)


async def held(s: Stage, by: str) -> None:
    """One side puts the other on hold for two seconds."""
    row = s.row(f"hold by {by}", disposition="answered", reached="person")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.answers()
        await until(leg)
        await sleep(0.8)
        holder = leg if by == "caller" else there
        loop = asyncio.get_running_loop()
        await holder.hold(on=True)
        began = loop.time()
        await sleep(2)
        await holder.hold(on=False)
        row.hold_s = loop.time() - began
        await sleep(0.8)
        await leg.hang_up()
        closed(row, leg, there, by="caller")


async def internal(s: Stage) -> None:
    """One desk calls another: no trunk."""
    row = s.row("internal", disposition="answered", reached="person")
    async with s.desks(2) as (desk, other):
        leg = s.bank.call(row.number, other.number, endpoint=desk.number)
        row.started = leg.started
        there = await other.answers()
        await until(leg)
        await sleep(TALK)
        await leg.hang_up()
        closed(row, leg, there, by="caller")


async def originated(s: Stage, end: str) -> None:
    """An operator has the server call a desk and connect it with another one, or with an announcement."""
    row = s.row(f"originated, {end}")
    async with s.desks(2) as (desk, other):
        mark = f"o{row.number}"
        reply = asyncio.ensure_future(
            s.ami.until(lambda e: e.get("Event") == "OriginateResponse" and e.get("ActionID") == mark)
        )
        await sleep(0)
        row.started = time.time()
        exten = "500" if end == "announcement" else other.number
        await s.ami.send(
            "Originate", Channel=f"PJSIP/{desk.number}", Exten=exten, Context="internal", Priority="1",
            Timeout="2000", CallerID=f"<{row.number}>", Async="yes", ActionID=mark, ChannelId=f"orig-{row.number}",
        )  # fmt: skip
        row.uniqueid = f"orig-{row.number}"
        first = await desk.rings()
        await sleep(0.5)
        if end == "busy":
            first.reject(486)
            row.disposition, row.hungup_by = "busy", "callee"
        elif end == "no answer":
            await first.until_ended(5)
            row.disposition, row.hungup_by = "no answer", "pbx"
        else:
            first.answer()
            row.disposition = "answered"
        await reply
        if end == "announcement":  # the desk is who was called: nobody else is there
            row.reached, row.answered_by, row.person = "person", first.user, first.answered
            assert await first.until_ended(6)
            row.hungup_by = "pbx"
        elif end == "answered":
            row.reached = "person"
            there = await other.answers(0.6)
            await sleep(TALK)
            await there.hang_up()
            assert await first.until_ended(5)
            row.answered_by, row.person, row.hungup_by = there.user, there.answered, "callee"
        row.answered, row.ended = first.answered, first.ended


async def local_originated(s: Stage) -> None:
    """An originated Local call: a desk on one side, an announcement on the other."""
    row = s.row("originated over Local", disposition="answered", reached="person")
    async with s.desks(1) as (desk,):
        row.started = time.time()
        await s.ami.send(
            "Originate", Channel=f"Local/{desk.number}@internal", Application="Wait", Data="30",
            Timeout="10000", CallerID=f"<{row.number}>", Async="yes", ChannelId=f"orig-{row.number}",
        )  # fmt: skip
        row.uniqueid = f"orig-{row.number}"
        there = await desk.answers()
        await sleep(TALK)
        await there.hang_up()
        row.answered, row.person, row.answered_by, row.ended = there.answered, there.answered, there.user, there.ended
        row.hungup_by = None  # who is the caller of a call that nobody dialled?


async def over_the_begin(s: Stage, state: str) -> None:
    """A call that is there before the log begins."""
    row = s.row(f"cut by the begin, {state}", disposition="answered", reached="person", cut="begin")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.rings()
        await sleep(6 if state == "ringing" else 0.5)
        there.answer()
        await sleep(8)
        await leg.hang_up()
        closed(row, leg, there, by="caller")


async def over_the_end(s: Stage, state: str) -> None:
    """A call that is still there when the log ends."""
    row = s.row(f"cut by the end, {state}", disposition="answered", reached="person", cut="end")
    async with s.desks(1) as (desk,):
        leg = s.dial(row, desk.number)
        there = await desk.rings()
        await sleep(6 if state == "ringing" else 0.5)
        there.answer()
        await sleep(6)
        await leg.hang_up()
        closed(row, leg, there, by="caller")
