"""Queues: callers who wait, agents who are called, and the counters, as app_queue of Asterisk keeps them."""

from __future__ import annotations

from collections.abc import Callable

from amiframe.demo.pbx.calls import (
    Manner,
    Talk,
    converse,
    drop,
    emit_dial,
    finish,
    make_leg,
    party,
    ring,
)
from amiframe.demo.pbx.cdr import dialled, member_pairs
from amiframe.demo.pbx.channels import emit_about, execute, send_away, set_connected, set_variable, snapshot
from amiframe.demo.pbx.process import Outcome, Wait
from amiframe.demo.pbx.state import Caller, Channel, Member, Queue
from amiframe.demo.pbx.world import World

Manners = Callable[[World, Member], Manner]
_RETRY_S = 1.0
_AFTER_MISS_S = 5.0  # who did not answer is left in peace for a moment, so that others are called first


def _emit_agent(
    world: World, event: str, channel: Channel, leg: Channel, member: Member, *more: tuple[str, str]
) -> None:
    """Write an event about a caller whom a member is called for, or answers."""
    about = (("Queue", member.queue), ("Interface", member.interface), ("MemberName", member.name))
    world.emit(event, "agent", (*snapshot(channel), *snapshot(leg, "Dest"), *about, *more))


def is_available(world: World, member: Member) -> bool:
    """Whether a member can be called now."""
    rested = world.now >= max(member.not_before, member.last_call + world.queues[member.queue].wrapup)
    free = world.device_states.get(member.interface) == "NOT_INUSE" or member.interface.startswith("Local/")
    busy = any(one.reserved or one.in_call for one in find_member(world, member.interface))
    return free and rested and not busy and not member.paused


def find_member(world: World, interface: str, queue: str = "") -> list[Member]:
    """Return the memberships of an interface, in one queue or in all."""
    queues = [world.queues[queue]] if queue in world.queues else [] if queue else world.queues.values()
    return [member for one in queues for member in one.members if member.interface == interface]


def pause(world: World, member: Member, on: bool, reason: str = "") -> None:
    """Pause a member, or end the pause."""
    member.paused = on
    member.reason = reason if on else ""
    if on:
        member.last_pause = int(world.now)
    world.emit("QueueMemberPause", "agent", member_pairs(world, member))
    world.log_queue("NONE", member.queue, member.name, "PAUSE" if on else "UNPAUSE", reason)


def add_member(world: World, member: Member) -> None:
    """Log an agent in."""
    world.queues[member.queue].members.append(member)
    world.emit("QueueMemberAdded", "agent", member_pairs(world, member))
    world.log_queue("MANAGER", member.queue, member.name, "ADDMEMBER", "PAUSED" if member.paused else "")


def remove_member(world: World, member: Member) -> None:
    """Log an agent out."""
    world.queues[member.queue].members.remove(member)
    world.emit("QueueMemberRemoved", "agent", member_pairs(world, member))
    world.log_queue("MANAGER", member.queue, member.name, "REMOVEMEMBER", "")


# --- one caller --------------------------------------------------------------------------------------------------


def join(world: World, channel: Channel, name: str, patience: float, manners: Manners, talk: Talk) -> Outcome:
    """Run the application Queue. Ends in QUEUESTATUS, or in the word that `converse` ended in."""
    queue = world.queues[name]
    execute(world, channel, "Queue", f"{name},,,,{queue.timeout}")
    caller = Caller(channel, world.now, len(queue.callers) + 1)
    queue.callers.append(caller)
    count = str(len(queue.callers))
    emit_about(
        world, "QueueCallerJoin", channel, ("Queue", name), ("Position", count), ("Count", count), classes="agent"
    )
    world.log_queue(channel.uniqueid, name, "NONE", "ENTERQUEUE", "", channel.caller[0], caller.first_position)
    if patience < queue.timeout:
        world.at(world.now + patience, lambda: _lose_patience(world, queue, caller))
    while not channel.is_leaving:
        left = caller.joined + queue.timeout - world.now
        if left <= 0:
            break
        member = _turn(world, queue, caller)
        if member is None:
            yield Wait(min(_RETRY_S, left), (channel,))
            continue
        outcome = yield from _call(world, queue, caller, member, manners(world, member), min(left, queue.ring), talk)
        if outcome:
            return outcome
    timed_out = not channel.is_leaving and world.now - caller.joined >= queue.timeout
    _give_up(world, queue, caller, timed_out)
    return "TIMEOUT" if timed_out else "ABANDON"


def _lose_patience(world: World, queue: Queue, caller: Caller) -> None:
    if caller in queue.callers:
        send_away(world, caller.channel, 16, by_far_end=True)


def _turn(world: World, queue: Queue, caller: Caller) -> Member | None:
    """Return the member whom this caller may call now: those who wait longer come first."""
    first = next((other for other in queue.callers if not other.ringing), None)
    if first is not caller:
        return None
    free = [member for member in queue.members if is_available(world, member)]
    return min(free, key=lambda member: (member.penalty, member.last_call), default=None)


def _call(
    world: World, queue: Queue, caller: Caller, member: Member, manner: Manner, limit: float, talk: Talk
) -> Outcome:
    channel = caller.channel
    resource = member.interface.partition("/")[2]
    caller.ringing = member.reserved = True
    began = world.now
    leg = make_leg(world, channel, member.interface, "AppQueue")
    _emit_agent(world, "AgentCalled", channel, leg, member)
    emit_dial(world, "DialBegin", channel, leg, ("DialString", resource))
    dialled(world, channel, leg)
    status = yield from ring(world, channel, leg, manner, limit)
    caller.ringing = False
    if status == "ANSWER":
        return (yield from _connected(world, queue, caller, member, leg, world.now - began, talk))
    if status != "CANCEL":
        rang = 0 if manner.cause and leg.ending is not None else int(world.now - began) * 1000
        _emit_agent(world, "AgentRingNoAnswer", channel, leg, member, ("RingTime", str(rang)))
        world.log_queue(channel.uniqueid, queue.name, member.name, "RINGNOANSWER", rang)
        member.not_before = world.now + _AFTER_MISS_S
    member.reserved = False
    drop(world, leg, status)
    return ""


def _connected(
    world: World, queue: Queue, caller: Caller, member: Member, leg: Channel, rang: float, talk: Talk
) -> Outcome:
    channel = caller.channel
    waited = int(world.now - caller.joined)
    queue.hold_time = (3 * queue.hold_time + waited) >> 2
    _leave(world, queue, caller)
    set_variable(world, channel, "QUEUEWAIT", str(waited))
    set_connected(world, channel, (party(world, leg)[0], member.name))
    member.reserved, member.in_call = False, True
    hold_time = ("HoldTime", str(waited))
    _emit_agent(world, "AgentConnect", channel, leg, member, hold_time, ("RingTime", str(int(rang))))
    world.log_queue(channel.uniqueid, queue.name, member.name, "CONNECT", waited, leg.uniqueid, int(rang))
    began = world.now
    outcome = yield from converse(world, channel, leg, talk)
    talked = int(world.now - began)
    member.in_call = False
    member.calls_taken += 1
    member.last_call = int(world.now)
    queue.completed += 1
    queue.completed_in_level += waited <= queue.service_level
    queue.talk_time = (3 * queue.talk_time + talked) >> 2
    reason = outcome if outcome in ("caller", "agent") else "transfer"
    _emit_agent(world, "AgentComplete", channel, leg, member, hold_time, ("TalkTime", str(talked)), ("Reason", reason))
    _log_complete(world, queue, caller, member, outcome, waited, talked)
    world.emit("QueueMemberStatus", "agent", member_pairs(world, member))
    yield from finish(world, channel, leg, outcome)
    return outcome


def _log_complete(
    world: World, queue: Queue, caller: Caller, member: Member, outcome: str, waited: int, talked: int
) -> None:
    times = (waited, talked, caller.first_position)
    channel = caller.channel
    data: tuple[str, ...] = ()
    if outcome == "attended" and channel.bridge:
        event, data = "ATTENDEDTRANSFER", ("BRIDGE", channel.bridge.uniqueid)
    elif outcome in ("attended", "transfer"):
        context, exten, _ = channel.moved_to or (channel.context, channel.exten, 1)
        event, data = "BLINDTRANSFER", (exten, context)
    else:
        event = "COMPLETECALLER" if outcome == "caller" else "COMPLETEAGENT"
    world.log_queue(channel.uniqueid, queue.name, member.name, event, *data, *times)


def _leave(world: World, queue: Queue, caller: Caller) -> None:
    position = queue.callers.index(caller) + 1
    queue.callers.remove(caller)
    more = (("Queue", queue.name), ("Position", str(position)), ("Count", str(len(queue.callers))))
    emit_about(world, "QueueCallerLeave", caller.channel, *more, classes="agent")


def _give_up(world: World, queue: Queue, caller: Caller, timed_out: bool) -> None:
    """End the wait of a caller who was not answered; the server calls a timeout an abandoned call, too."""
    channel = caller.channel
    position = queue.callers.index(caller) + 1
    waited = int(world.now - caller.joined)
    queue.abandoned += 1
    queue.abandoned_in_level += waited <= queue.service_level
    if timed_out:
        set_variable(world, channel, "QUEUESTATUS", "TIMEOUT")
    more = (
        ("Queue", queue.name),
        ("Position", str(position)),
        ("OriginalPosition", str(caller.first_position)),
        ("HoldTime", str(waited)),
    )
    emit_about(world, "QueueCallerAbandon", channel, *more, classes="agent")
    event = "EXITWITHTIMEOUT" if timed_out else "ABANDON"
    world.log_queue(channel.uniqueid, queue.name, "NONE", event, position, caller.first_position, waited)
    _leave(world, queue, caller)
