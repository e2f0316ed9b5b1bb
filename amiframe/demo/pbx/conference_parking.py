"""Where channels meet without calling each other: the conference and the parking lot."""

from __future__ import annotations

from amiframe.demo.pbx.calls import Talk, converse, finish
from amiframe.demo.pbx.channels import (
    answer,
    bridge_snapshot,
    destroy,
    enter,
    execute,
    hang_up_request,
    leave,
    make_bridge,
    snapshot,
    wake,
)
from amiframe.demo.pbx.process import Outcome, Wait
from amiframe.demo.pbx.state import Bridge, Channel, Parked
from amiframe.demo.pbx.world import World

FIRST_SPACE, LAST_SPACE = 701, 720


def conference(world: World, channel: Channel, room: str, seconds: float) -> Outcome:
    """Run the application ConfBridge."""
    answer(world, channel)
    execute(world, channel, "ConfBridge", room)
    bridge = world.conferences.get(room)
    if bridge is None:
        bridge = make_bridge(world, "base", "softmix", "ConfBridge", room)
        world.conferences[room] = bridge
        _emit_conference(world, "ConfbridgeStart", room, bridge)
    enter(world, bridge, channel)
    flags = (("Admin", "No"), ("Muted", "No"))
    _emit_conference(world, "ConfbridgeJoin", room, bridge, channel, *flags)
    passed = yield Wait(seconds, (channel,))
    if passed:
        hang_up_request(world, channel, 16)
    _emit_conference(world, "ConfbridgeLeave", room, bridge, channel, flags[0])
    leave(world, channel)
    if not bridge.channels:
        _emit_conference(world, "ConfbridgeEnd", room, bridge)
        world.conferences.pop(room, None)
        destroy(world, bridge)
    return "done"


def _emit_conference(
    world: World, event: str, room: str, bridge: Bridge, channel: Channel | None = None, *more: tuple[str, str]
) -> None:
    who = snapshot(channel) if channel else ()
    world.emit(event, "call", (("Conference", room), *bridge_snapshot(bridge), *who, *more))


def parked_pairs(world: World, parked: Parked) -> tuple[tuple[str, str], ...]:
    """Return the headers of a parked call."""
    waited = int(world.now - parked.since)
    return (
        *snapshot(parked.channel, "Parkee"),
        ("ParkerDialString", parked.parker),
        ("Parkinglot", "default"),
        ("ParkingSpace", str(parked.space)),
        ("ParkingTimeout", str(max(0, parked.timeout - waited))),
        ("ParkingDuration", str(waited)),
    )


def park(world: World, channel: Channel) -> Outcome:
    """Park a call until somebody takes it, its caller gives up, or the time is over and it goes back to the parker."""
    execute(world, channel, "Park", "default")
    space = next((n for n in range(FIRST_SPACE, LAST_SPACE + 1) if n not in world.parked), None)
    if space is None:
        return "full"
    parked = Parked(channel, space, world.now, channel.variables.get("PARKER") or channel.device)
    world.parked[space] = parked
    lot = next((bridge for bridge in world.bridges.values() if bridge.kind == "parking"), None)
    lot = lot or make_bridge(world, "parking", "holding_bridge", "Parking", "default")
    enter(world, lot, channel)
    world.emit("ParkedCall", "call", parked_pairs(world, parked))
    passed = yield Wait(parked.timeout, (channel,))
    if world.parked.get(space) is parked:
        del world.parked[space]
        world.emit("ParkedCallTimeOut" if passed else "ParkedCallGiveUp", "call", parked_pairs(world, parked))
    if channel.bridge is lot:
        leave(world, channel)
    while parked.taken and not channel.gone:
        yield Wait(1.0)  # who took it sees to it now
    parker = world.endpoints.get(parked.parker.partition("/")[2])
    if passed and not channel.is_leaving and parker and parker.number:
        channel.moved_to = ("internal", parker.number, 1)
    return "done"


def take_parked(world: World, channel: Channel, space: int, talk: Talk) -> Outcome:
    """Take a parked call from another phone."""
    answer(world, channel)
    execute(world, channel, "ParkedCall", f"default,{space}")
    parked = world.parked.pop(space, None)
    if parked is None:
        yield Wait(3.0, (channel,))  # "no such call", says a voice
        return "nobody"
    world.emit("UnParkedCall", "call", (*parked_pairs(world, parked), *snapshot(channel, "Retriever")))
    parkee = parked.channel
    parked.taken = True
    wake(parkee)
    yield Wait(0.01, (channel,))  # its process takes it out of the lot
    outcome = yield from converse(world, channel, parkee, talk)
    yield from finish(world, channel, parkee, outcome)
    return "done"
