"""An operator who does anything at any time: whatever is hung up, sent elsewhere or called, nothing is left behind."""

from __future__ import annotations

import random

import pytest

from amiframe.demo.ami import dispatch
from amiframe.demo.pbx.channels import device_state
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World

NOON = 1_800_014_400.0
EXTENSIONS = ("800", "631", "700", "322", "100", "701", "311", "150", "250", "601", "602", "603", "4930123456")
TARGETS = (
    "PJSIP/311", "PJSIP/322", "PJSIP/105", "PJSIP/601", "PJSIP/603", "PJSIP/404", "PJSIP/4930123456@trunk",
    "Local/150@outgoing", "Local/603@outgoing", "Local/100@outgoing", "Local/700@outgoing", "Local/800@outgoing",
    "Local/311@internal", "Local/631@internal", "SIP/1",
)  # fmt: skip
INTERFACES = ("PJSIP/200", "PJSIP/602", "Local/150@outgoing", "PJSIP/nosuch", "PJSIP/322")


def something(world: World, chance: random.Random) -> tuple[str, dict[str, str]]:
    """Return an action that an operator may think of."""
    names = [*sorted(world.channels), "nosuch"]
    place = {"Context": chance.choice(["internal", "outgoing"]), "Exten": chance.choice(EXTENSIONS), "Priority": "1"}
    agent = {"Queue": chance.choice(["sales", "support"]), "Interface": chance.choice(INTERFACES)}
    ring = {"Async": "true", "Timeout": chance.choice(["", "500", "20000"])}
    return chance.choice(
        [
            ("Hangup", {"Channel": chance.choice(names), "Cause": chance.choice(["16", "17", "x", "999"])}),
            ("Redirect", {"Channel": chance.choice(names), **place}),
            ("Redirect", {"Channel": chance.choice(names), "ExtraChannel": chance.choice(names), **place}),
            ("QueuePause", {"Interface": f"PJSIP/31{chance.randint(1, 8)}", "Paused": chance.choice("01")}),
            ("QueueAdd", agent),
            ("QueueRemove", agent),
            ("Originate", {"Channel": chance.choice(TARGETS), **place, **ring}),
            ("Originate", {"Channel": chance.choice(TARGETS), "Application": "Wait", "Data": "5", **ring}),
            ("Setvar", {"Channel": chance.choice(names), "Variable": "X", "Value": "1"}),
        ]
    )


@pytest.mark.parametrize("seed", range(1, 6))
def test_nothing_is_left_behind(seed):
    world = World(Clock(NOON, speed=0), seed)
    start(world)
    chance = random.Random(seed)
    for _ in range(400):
        world.clock.advance(chance.choice([0.05, 0.3, 2, 7, 20]))
        name, fields = something(world, chance)
        assert dispatch.respond(world, name, list(fields.items()))
    world.clock.advance(300)
    world.advance()

    events = [event.message for event in world.log]
    begun = {event.get("Uniqueid") for event in events if event.name == "Newchannel"}
    ended = {event.get("Uniqueid") for event in events if event.name == "Hangup"}
    assert begun - ended == {channel.uniqueid for channel in world.channels.values()}
    assert all(world.now - channel.created < 2000 for channel in world.channels.values())
    for bridge in world.bridges.values():
        assert bridge.channels
        assert all(channel.bridge is bridge and channel.name in world.channels for channel in bridge.channels)
    for device, state in world.device_states.items():
        assert device_state(world, device) == state
    devices = {channel.device for channel in world.channels.values()}
    for queue in world.queues.values():
        assert all(caller.channel.name in world.channels for caller in queue.callers)
        assert all(member.interface in devices for member in queue.members if member.in_call or member.reserved)
    asked = {event.get("ActionID") for event in events if event.name == "OriginateResponse"}
    assert asked
