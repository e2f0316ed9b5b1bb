"""Calls: a phone that rings, two who talk, transfers. Each is a part of a process (see `amiframe.demo.pbx.process`)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from amiframe.demo.pbx import cdr
from amiframe.demo.pbx.channels import (
    answer,
    bridge_snapshot,
    create,
    emit_about,
    enter,
    execute,
    hang_up,
    hang_up_request,
    hold,
    leave,
    make_bridge,
    set_connected,
    set_state,
    set_variable,
    snapshot,
)
from amiframe.demo.pbx.process import Outcome, Steps, Wait
from amiframe.demo.pbx.state import Channel, Party
from amiframe.demo.pbx.world import World

_STATUS_BY_CAUSE = {17: "BUSY", 34: "CONGESTION"}
_CANCELLED, _RANG_OUT = 127, 19
_NETWORK_S = 0.12  # until the other side is heard of


@dataclass(frozen=True, slots=True)
class Manner:
    """What a phone does when it is called: answer after so many seconds, refuse with a cause, or just ring."""

    after: float = math.inf
    cause: int = 0
    tech_cause: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """How two talk: how long, who hangs up, and what comes in between."""

    seconds: float
    ended_by: str = "caller"
    hold_after: float | None = None
    hold_for: float = 20.0
    transfer: str = ""  # "blind", "attended" or "park", by the one who was called
    target: str = ""  # where a transfer goes: an extension, or the phone to ask first
    target_manner: Manner = Manner(4.0)


# --- dialling ----------------------------------------------------------------------------------------------------


def emit_dial(world: World, event: str, caller: Channel | None, leg: Channel, *more: tuple[str, str]) -> None:
    """Write an event of dialling; an originated call has no caller."""
    world.emit(event, "call", (*(snapshot(caller) if caller else ()), *snapshot(leg, "Dest"), *more))


def make_leg(world: World, caller: Channel, device: str, application: str) -> Channel:
    """Make the channel that calls a phone for a caller."""
    technology, _, resource = device.partition("/")
    leg = create(
        world,
        technology,
        resource,
        context="internal",
        exten=caller.exten,
        linked=caller,
        account=caller.account,
    )
    leg.caller = (caller.exten, "")
    leg.connected = caller.caller
    leg.version += 1
    execute(world, leg, application, "(Outgoing Line)")
    return leg


def ring(world: World, caller: Channel | None, leg: Channel, manner: Manner, limit: float) -> Outcome:
    """Let a phone ring; DialBegin was said before. Ends in the word of DialEnd, which is said here."""
    watched = (leg,) if caller is None else (caller, leg)
    left = limit
    passed = yield Wait(min(_NETWORK_S, left), watched)
    if passed and manner.cause and manner.after <= _NETWORK_S:
        return _rejected(world, caller, leg, manner)
    if passed:
        set_state(world, leg, 5)
        emit_dial(world, "DialState", caller, leg, ("DialStatus", "RINGING"))
        left -= _NETWORK_S
        passed = yield Wait(max(0.0, min(manner.after, left)), watched)
    if not passed:
        return _stopped(world, caller, leg)
    if manner.after > left:
        return _end_dial(world, caller, leg, "NOANSWER")
    if manner.cause:
        return _rejected(world, caller, leg, manner)
    answer(world, leg)
    return _end_dial(world, caller, leg, "ANSWER")


def _end_dial(world: World, caller: Channel | None, leg: Channel, status: str, *, is_rejected: bool = False) -> str:
    """Say what became of an attempt; one that failed leaves a leg to be hung up by the one who called."""
    if caller is not None:
        cdr.dial_ended(world, caller, status)
    if caller is not None or leg.answered is not None or is_rejected:  # of what just rang out, nothing is said
        emit_dial(world, "DialEnd", caller, leg, ("DialStatus", status))
    return status


def _rejected(world: World, caller: Channel | None, leg: Channel, manner: Manner) -> str:
    hang_up_request(world, leg, manner.cause, manner.tech_cause)
    leg.ending = manner.cause
    return _end_dial(world, caller, leg, _STATUS_BY_CAUSE.get(manner.cause, "NOANSWER"), is_rejected=True)


def _stopped(world: World, caller: Channel | None, leg: Channel) -> str:
    """Return what stopped the ringing: the caller has gone, or somebody hung up our leg."""
    return _end_dial(world, caller, leg, "CANCEL" if caller is not None and caller.is_leaving else "NOANSWER")


def drop(world: World, leg: Channel, status: str) -> None:
    """Hang up a leg that was not answered."""
    hang_up(world, leg, _CANCELLED if status == "CANCEL" else _RANG_OUT)


def dial(world: World, caller: Channel, endpoint: str, data: str, manner: Manner, talk: Talk, limit: float) -> Outcome:
    """Run the application Dial: call a phone, and let the two talk. Ends in DIALSTATUS."""
    execute(world, caller, "Dial", data)
    leg = make_leg(world, caller, f"PJSIP/{endpoint}", "AppDial")
    emit_dial(world, "DialBegin", caller, leg, ("DialString", data.partition(",")[0].partition("/")[2]))
    cdr.dialled(world, caller, leg)
    status = yield from ring(world, caller, leg, manner, limit)
    if status == "ANSWER":
        set_connected(world, caller, party(world, leg))
        answer(world, caller)
        outcome = yield from converse(world, caller, leg, talk)
        yield from finish(world, caller, leg, outcome)
    else:
        drop(world, leg, status)
    if not caller.gone:
        set_variable(world, caller, "DIALSTATUS", status)
    return status


def party(world: World, leg: Channel) -> Party:
    """Return the number of the phone that was called (of a trunk, what was dialled) and whose phone it is."""
    phone = world.endpoints.get(leg.device.partition("/")[2])
    return (phone.number or leg.exten, phone.person) if phone else (leg.exten, "")


# --- talking -----------------------------------------------------------------------------------------------------


def converse(world: World, caller: Channel, callee: Channel, talk: Talk) -> Outcome:
    """Let two talk until one hangs up or a transfer is over.

    Ends in ``caller``, ``agent`` (who hung up; both are still in the bridge), ``transfer`` (the callee has
    transferred the caller, who has somewhere to go) or ``attended`` (the two who are left were connected).
    """
    bridge = make_bridge(world)
    enter(world, bridge, callee)
    enter(world, bridge, caller)
    set_variable(world, callee, "BRIDGEPEER", caller.name)
    set_variable(world, caller, "BRIDGEPEER", callee.name)
    both = (caller, callee)
    left = talk.seconds
    if talk.hold_after is not None and talk.hold_after + talk.hold_for < left:
        left -= talk.hold_after + talk.hold_for
        passed = yield Wait(talk.hold_after, both)
        if passed:
            hold(world, callee, True)
            passed = yield Wait(talk.hold_for, both)
            if passed:
                hold(world, callee, False)
        if not passed:
            return _who_left(caller)
    passed = yield Wait(left, both)
    if not passed:
        return _who_left(caller)
    if talk.transfer == "blind":
        return _blind(world, caller, callee, talk.target)
    if talk.transfer == "park":
        caller.variables["PARKER"] = callee.device
        caller.moved_to = ("internal", "700", 1)
        return "transfer"
    if talk.transfer == "attended":
        return (yield from _attended(world, caller, callee, talk))
    hang_up_request(world, caller if talk.ended_by == "caller" else callee, 16)
    return talk.ended_by


def _who_left(caller: Channel) -> str:
    if caller.moved_to is not None:
        return "transfer"
    return "caller" if caller.is_leaving else "agent"


def part(world: World, caller: Channel, callee: Channel, cause: int = 16) -> None:
    """End what two had: both leave the bridge and the called one ends; the caller's process goes on by itself."""
    for channel in (caller, callee):
        if channel.bridge:
            leave(world, channel)
    if callee.moved_to is not None and callee.ending is None and world.dialplan and not callee.gone:
        world.run(world.dialplan(callee))  # somebody sent the called one elsewhere: it goes on alone
    else:
        hang_up(world, callee, cause)


def _blind(world: World, caller: Channel, callee: Channel, target: str) -> str:
    bridge = callee.bridge
    if bridge is None:
        return "agent"
    world.emit(
        "BlindTransfer",
        "call",
        (
            ("Result", "Success"),
            *snapshot(callee, "Transferer"),
            *snapshot(caller, "Transferee"),
            *bridge_snapshot(bridge),
            ("IsExternal", "Yes"),
            ("Context", "internal"),
            ("Extension", target),
        ),
    )
    caller.moved_to = ("internal", target, 1)
    return "transfer"


def _attended(world: World, caller: Channel, callee: Channel, talk: Talk) -> Outcome:
    """Ask a third one first: the agent holds the caller, calls the target, talks, and connects the two."""
    hold(world, callee, True)
    resource = callee.device.partition("/")[2]
    target = world.endpoints[talk.target]
    asking = create(world, "PJSIP", resource, context="internal", exten=target.number, state=4, caller=callee.caller)
    cdr.open_record(world, asking)
    execute(world, asking, "Dial", f"PJSIP/{talk.target},30")
    leg = make_leg(world, asking, f"PJSIP/{talk.target}", "AppDial")
    emit_dial(world, "DialBegin", asking, leg, ("DialString", talk.target))
    cdr.dialled(world, asking, leg)
    status = yield from ring(world, asking, leg, talk.target_manner, 20.0)
    everybody = (caller, callee, asking, leg)
    passed = False
    if status == "ANSWER":
        answer(world, asking)
        second = make_bridge(world)
        enter(world, second, leg)
        enter(world, second, asking)
        passed = yield Wait(6.0, everybody)
    if not passed or any(channel.is_leaving or channel.bridge is None for channel in everybody):
        _call_off(world, asking, leg, status)
        if caller.is_leaving or callee.is_leaving:
            return _who_left(caller)
        hold(world, callee, False)
        yield Wait(15.0, (caller, callee))
        return _who_left(caller) if caller.is_leaving or callee.is_leaving else "agent"
    _connect(world, caller, callee, asking, leg)
    return "attended"


def _call_off(world: World, asking: Channel, leg: Channel, status: str) -> None:
    if status == "ANSWER":
        part(world, asking, leg)
    else:
        drop(world, leg, status)
    hang_up(world, asking, 16)


def _connect(world: World, caller: Channel, callee: Channel, asking: Channel, leg: Channel) -> None:
    """Bring the two together whom the transferer talked with."""
    first, second = callee.bridge, asking.bridge
    if first is None or second is None:
        return
    world.emit(
        "AttendedTransfer",
        "call",
        (
            ("Result", "Success"),
            *snapshot(callee, "OrigTransferer"),
            *bridge_snapshot(first, "Orig"),
            *snapshot(asking, "SecondTransferer"),
            *bridge_snapshot(second, "Second"),
            ("DestType", "Bridge"),
            ("DestBridgeUniqueid", first.uniqueid),
            *snapshot(caller, "Transferee"),
            *snapshot(leg, "TransferTarget"),
        ),
    )
    leave(world, leg)
    enter(world, first, leg)
    leave(world, asking)
    leave(world, callee)
    set_connected(world, caller, (leg.caller[0], party(world, leg)[1]))
    set_connected(world, leg, caller.caller)
    hang_up(world, asking, 16)
    emit_about(world, "VarSet", caller, ("Variable", "BRIDGEPEER"), ("Value", leg.name), classes="dialplan")


def finish(world: World, caller: Channel, callee: Channel, outcome: str) -> Steps:
    """Do what is left to do when `converse` has ended."""
    if outcome == "attended":
        hang_up(world, callee, 16)
        yield from _go_on(world, caller, world.random.uniform(20, 120))
    else:
        part(world, caller, callee)


def _go_on(world: World, caller: Channel, seconds: float) -> Steps:
    """Let the two who are left after an attended transfer talk, until the caller hangs up or one has to leave."""
    others = [channel for channel in (caller.bridge.channels if caller.bridge else ()) if channel is not caller]
    if not others:
        return
    passed = yield Wait(seconds, (caller, *others))
    if passed:
        hang_up_request(world, caller, 16)
    for other in others:
        part(world, caller, other)
