"""Headers of the demo PBX stand in the order in which Asterisk 22 sent them when it was recorded."""

from __future__ import annotations

import collections
import gzip

import pytest
from amf_support import CAPTURES

from amiframe.demo.ami import dispatch
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World
from amiframe.wire import raw
from amiframe.wire.message import Message

pytestmark = [
    pytest.mark.captures,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="the development captures are not beside the project"),
]
# FullyBooted is sent to the session that logs in, without a time; the others were never recorded with content
UNSEEN = {"FullyBooted", "AttendedTransfer", "UnParkedCall", "QueueEntry", "ContactList", "ContactListComplete"}
ANYWHERE = {"ActionID", "Variable", "UserFieldMapped"}  # sent when asked for, or when the configuration names it


def order(message: Message) -> tuple[str, ...]:
    return tuple(name for name, _ in message if name not in ANYWHERE)


def test_headers_stand_in_the_recorded_order():
    recorded = collections.defaultdict(set)
    folder = CAPTURES / "22"
    for path in [*folder.glob("tcp/*"), *folder.glob("rawman/actions/*.txt"), *folder.glob("rawman/status/*.txt")]:
        data = path.read_bytes()
        for message in raw.parse(gzip.decompress(data) if path.suffix == ".gz" else data):
            if message.kind == "event":
                recorded[message.name].add(order(message))

    world = World(Clock(1_800_014_400.0, speed=0), 4)
    start(world)
    world.clock.advance(7200)
    world.advance()
    said = [event.message for event in world.log]
    given = {"Endpoint": "311", "Conference": "800", "Family": "cidname", "Key": "74951234567"}
    for name in dispatch.command_docs.entries():
        if name in dispatch._ACTIONS and (
            "list" in name or "show" in name or name in ("status", "queuestatus", "dbget")
        ):
            said += dispatch.respond(world, name, list(given.items()))
    wrong = {
        message.name
        for message in said
        if message.kind == "event" and message.name not in UNSEEN and order(message) not in recorded[message.name]
    }
    assert not wrong
