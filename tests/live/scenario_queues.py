"""Stories of queue calls: who waits, which agent answers or does not, and how the visit ends."""

from __future__ import annotations

import asyncio
import time
from asyncio import sleep

from scenario import CROWD, STAFF, Desk, Pause, Stage, Visit, closed, until
from sip_bank import Leg

TALK = 1.5


def answered_visit(visit: Visit, there: Leg, by: str | None) -> None:
    visit.ended, visit.member, visit.hungup_by, visit.talked_until = there.answered, there.user, by, there.ended


async def served(s: Stage, by: str, how: str = "90") -> None:
    """An agent answers; ``90`` answers the caller before the queue, ``91`` does not."""
    row = s.row(f"queue answered, {by} hangs up", disposition="answered", reached="person", note=how)
    async with s.team() as (team, agents):
        leg = s.dial(row, f"{how}{team}")
        there = await agents[0].answers(1.2)
        await until(leg)
        await sleep(TALK)
        await (leg if by == "caller" else there).hang_up()
        assert await leg.until_ended(5)
        await there.until_ended(5)
        closed(row, leg, there, by=by)
        row.visits = [Visit(f"t{team}", "answered", row.started)]
        answered_visit(row.visits[0], there, "caller" if by == "caller" else "callee")


async def abandoned(s: Stage, how: str, wait: float) -> None:
    """The caller gives up while an agent's phone rings."""
    row = s.row("queue abandoned", hungup_by="caller", note=how)
    async with s.team() as (team, agents):
        leg = s.dial(row, f"{how}{team}")
        there = await agents[0].rings()
        await sleep(wait)
        if how == "90":
            await leg.hang_up()
            row.disposition, row.reached = "answered", "queue"
        else:
            leg.cancel()
            row.disposition = "cancelled"
        assert await there.until_ended(5)
        closed(row, leg)
        row.visits = [Visit(f"t{team}", "abandoned", row.started, leg.ended)]


async def timed_out(s: Stage, how: str) -> None:
    """Nobody answers within the queue's three seconds; the dialplan hangs up."""
    row = s.row("queue timeout", note=how, hungup_by="pbx")
    async with s.team() as (team, _):
        leg = s.dial(row, f"{how}{team}")
        assert await leg.until_ended(10)
        closed(row, leg)
        is_answered = how == "92"
        row.disposition, row.reached = ("answered", "queue") if is_answered else ("no answer", None)
        row.visits = [Visit(f"t{team}", "timeout", row.started, leg.ended, attempts=1)]


async def overflow(s: Stage, end: str) -> None:
    """Nobody answers in the first queue, and the call goes on to a second one."""
    row = s.row(f"queue overflow, {end}", disposition="answered")
    async with s.team() as (first, _), s.team() as (second, agents):
        leg = s.dial(row, f"93{first}{second}")
        there = await agents[0].rings()
        moved = time.time()
        row.visits = [Visit(f"t{first}", "timeout", row.started, moved, attempts=1), Visit(f"t{second}", end, moved)]
        await sleep(0.8)
        if end == "answered":
            there.answer()
            await sleep(TALK)
            await there.hang_up()
            assert await leg.until_ended(5)
            closed(row, leg, there, by="callee")
            row.reached = "person"
            answered_visit(row.visits[1], there, "callee")
        else:
            await leg.hang_up()
            await there.until_ended(5)
            closed(row, leg, by="caller")
            row.reached = "queue"
            row.visits[1].ended = leg.ended


async def rejected(s: Stage, status: int, end: str) -> None:
    """The first agent refuses, or lets it ring; the second answers, or the caller gives up."""
    row = s.row(f"queue, agent refuses with {status}, {end}", disposition="answered")
    async with s.team() as (team, agents):
        leg = s.dial(row, f"90{team}")
        if status:
            await agents[0].rejects(status, 0.6)
        else:
            first = await agents[0].rings()
            assert await first.until_ended(6)
        row.visits = [Visit(f"t{team}", end, row.started, attempts=1)]
        if end == "answered":
            there = await agents[1].answers(0.6)
            await sleep(TALK)
            await leg.hang_up()
            await there.until_ended(5)
            closed(row, leg, there, by="caller")
            row.reached = "person"
            answered_visit(row.visits[0], there, "caller")
        else:
            await sleep(0.3)
            await leg.hang_up()
            closed(row, leg, by="caller")
            row.reached = "queue"
            row.visits[0].ended = leg.ended
            await sleep(1)


async def joinempty(s: Stage) -> None:
    """Nobody serves the queue: the caller may not enter."""
    row = s.row("queue joinempty", disposition="answered", reached="application", hungup_by="pbx")
    leg = s.dial(row, "971")
    assert await leg.until_ended(8)
    closed(row, leg)
    row.visits = [Visit("nobody", "joinempty")]


async def joinempty_then_served(s: Stage) -> None:
    """One queue refuses the caller, another one serves."""
    row = s.row("queue joinempty, then another", disposition="answered", reached="person")
    async with s.team() as (team, agents):
        leg = s.dial(row, f"98{team}")
        there = await agents[0].answers(0.8)
        await sleep(TALK)
        await leg.hang_up()
        await there.until_ended(5)
        closed(row, leg, there, by="caller")
        row.visits = [Visit("nobody", "joinempty"), Visit(f"t{team}", "answered", row.started)]
        answered_visit(row.visits[1], there, "caller")


async def full(s: Stage) -> None:
    """There is room for one; the second caller is refused, the first gives up."""
    async with s.locks["small"]:
        first = s.row("queue abandoned", disposition="answered", reached="queue", note="small")
        one = s.dial(first, "972")
        await until(one)
        await sleep(0.8)
        second = s.row("queue full", disposition="answered", reached="application", hungup_by="pbx")
        two = s.dial(second, "972")
        assert await two.until_ended(8)
        await sleep(0.5)
        await one.hang_up()
        closed(first, one, by="caller")
        closed(second, two)
        first.visits = [Visit("small", "abandoned", first.started, one.ended)]
        second.visits = [Visit("small", "full")]
        await sleep(0.3)


async def leaveempty(s: Stage) -> None:
    """The only agent refuses the call and is paused; the caller is sent away."""
    agent = s.agents[STAFF["leaving"]]
    member = f"PJSIP/{agent.number}"
    async with s.locks["leaving"]:
        await s.ami.send("QueueAdd", Queue="leaving", Interface=member, MemberName="Late Agent")
        await sleep(0.5)
        row = s.row("queue leaveempty", disposition="answered", reached="queue", hungup_by="pbx")
        leg = s.dial(row, "973")
        await agent.rejects(486, 0.5)
        await s.ami.send("QueuePause", Queue="leaving", Interface=member, Paused="true", Reason="Обед")
        assert await leg.until_ended(10)
        closed(row, leg)
        row.visits = [Visit("leaving", "leaveempty", row.started, leg.ended, attempts=1)]
        await s.ami.send("QueueRemove", Queue="leaving", Interface=member)
        agent.clear()


async def key(s: Stage) -> None:
    """The caller presses 1 and leaves the queue."""
    row = s.row("queue key", disposition="answered", reached="queue", hungup_by="pbx")
    leg = s.dial(row, "974")
    await until(leg)
    await sleep(1.2)
    await leg.press("1")
    pressed = time.time()
    assert await leg.until_ended(5)
    closed(row, leg)
    row.visits = [Visit("keys", "key", row.started, pressed)]


async def transferred(s: Stage, how: str) -> None:
    """The agent transfers the caller to a desk: blind, or after asking."""
    row = s.row(f"queue, agent transfers {how}", disposition="answered", reached="person")
    async with s.team() as (team, agents), s.desks(1) as (desk,):
        leg = s.dial(row, f"90{team}")
        there = await agents[0].answers(0.8)
        await sleep(1.2)
        if how == "blind":
            row.blind = 1
            assert await there.refer(desk.number) == 202
            let_go = time.time()
            last = await desk.answers(0.5)
        else:
            row.attended = 1
            await there.hold(on=True)
            began = time.time()
            second = s.bank.call(there.user, desk.number, endpoint=there.user)
            last = await desk.answers(0.5)
            await until(second)
            await sleep(0.8)
            assert await there.refer(desk.number, second) == 202
            let_go = time.time()
            row.hold_s = let_go - began
            if not await second.until_ended(1.5):
                await second.hang_up()
        if not await there.until_ended(1.5):
            await there.hang_up()
        await sleep(TALK)
        await leg.hang_up()
        assert await last.until_ended(5)
        closed(row, leg, there, by="caller")
        row.visits = [Visit(f"t{team}", "answered", row.started)]
        answered_visit(row.visits[0], there, None)
        row.visits[0].talked_until = let_go


async def held(s: Stage) -> None:
    """The agent puts the caller on hold for two seconds."""
    row = s.row("queue, agent holds", disposition="answered", reached="person")
    async with s.team() as (team, agents):
        leg = s.dial(row, f"91{team}")
        there = await agents[0].answers(0.6)
        await sleep(0.8)
        await there.hold(on=True)
        began = time.time()
        await sleep(2)
        await there.hold(on=False)
        row.hold_s = time.time() - began
        await sleep(0.6)
        await there.hang_up()
        assert await leg.until_ended(5)
        closed(row, leg, there, by="callee")
        row.visits = [Visit(f"t{team}", "answered", row.started)]
        answered_visit(row.visits[0], there, "callee")


async def paused(s: Stage, reason: str) -> None:
    """An agent is paused for a while; the second one takes the call."""
    row = s.row("queue answered, first agent paused", disposition="answered", reached="person")
    async with s.team() as (team, agents):
        member, began = f"PJSIP/{agents[0].number}", time.time()
        await s.ami.send("QueuePause", Interface=member, Paused="true", Reason=reason)
        leg = s.dial(row, f"90{team}")
        there = await agents[1].answers(0.6)
        await sleep(TALK)
        await leg.hang_up()
        await there.until_ended(5)
        closed(row, leg, there, by="caller")
        row.visits = [Visit(f"t{team}", "answered", row.started)]
        answered_visit(row.visits[0], there, "caller")
        await s.ami.send("QueuePause", Interface=member, Paused="false")
        s.pauses.append(Pause(agents[0].number, f"t{team}", reason, began, time.time()))


async def crowd(s: Stage, callers: int) -> None:
    """More callers than agents: some are answered in turn, some lose patience."""
    async with s.locks["crowd"]:
        served_by: dict[str, Leg] = {}
        agents = [asyncio.ensure_future(_agent(s.agents[number], served_by)) for number in CROWD]
        waiting = []
        for at in range(callers):
            waiting.append(asyncio.ensure_future(_in_the_crowd(s, 2.0 + at % 4 * 1.7, served_by)))
            await sleep(0.5)
        done = await asyncio.gather(*waiting, return_exceptions=True)
        s.problems += [f"crowd: {error!r}" for error in done if isinstance(error, Exception)]
        for task in agents:
            task.cancel()
        await sleep(1)
        for number in CROWD:
            s.agents[number].clear()


async def _agent(desk: Desk, served_by: dict[str, Leg]) -> None:
    while True:
        leg = await desk.rings(120)
        if await leg.until_ended(0.7):
            continue
        leg.answer()
        served_by[leg.peer] = leg
        await leg.until_ended(2.2)
        await leg.hang_up()


async def _in_the_crowd(s: Stage, patience: float, served_by: dict[str, Leg]) -> None:
    row = s.row("queue crowd", disposition="answered")
    leg = s.dial(row, "975")
    await until(leg)
    end = time.time() + patience
    while time.time() < end and row.number not in served_by:
        await sleep(0.02)
    there = served_by.get(row.number)
    if there is None:
        await leg.hang_up()
        closed(row, leg, by="caller")
        row.reached = "queue"
        row.visits = [Visit("crowd", "abandoned", row.started, leg.ended)]
        return
    if patience < 3:
        await sleep(1)
        await leg.hang_up()
    assert await leg.until_ended(6)
    await there.until_ended(5)
    by = "caller" if leg.ended_by == "me" else "callee"
    closed(row, leg, there, by=by)
    row.reached = "person"
    row.visits = [Visit("crowd", "answered", row.started)]
    answered_visit(row.visits[0], there, by)


async def over_the_begin(s: Stage) -> None:
    """A caller waits already when the log begins, and is answered later."""
    row = s.row("queue, cut by the begin", disposition="answered", reached="person", cut="begin")
    async with s.team() as (team, agents):
        leg = s.dial(row, f"90{team}")
        for _ in range(2):  # each agent lets it ring once
            first = await agents[_].rings()
            await first.until_ended(6)
        there = await agents[0].answers(0.5)
        await sleep(TALK)
        await leg.hang_up()
        await there.until_ended(5)
        closed(row, leg, there, by="caller")
        row.visits = [Visit(f"t{team}", "answered", row.started, attempts=2)]
        answered_visit(row.visits[0], there, "caller")


async def over_the_end(s: Stage) -> None:
    """A caller still waits when the log ends."""
    row = s.row("queue, cut by the end", disposition="answered", reached="queue", cut="end")
    async with s.team() as (team, agents):
        before = [len(agent.legs) for agent in agents]
        leg = s.dial(row, f"90{team}")
        await until(leg)
        await sleep(6)
        rings = [ring for agent, count in zip(agents, before, strict=True) for ring in agent.legs[count:]]
        rung = sum(ring.ended is not None for ring in rings)  # those that are over, in vain
        await leg.hang_up()
        closed(row, leg, by="caller")
        row.visits = [Visit(f"t{team}", "abandoned", row.started, leg.ended, attempts=rung)]
