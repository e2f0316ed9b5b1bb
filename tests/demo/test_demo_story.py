"""The story of the demo PBX is one story: events, lists, records and counters tell the same."""

from __future__ import annotations

import collections
import gc
import itertools
import tracemalloc

import pytest

from amiframe.demo.ami.dispatch import respond
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World

NOON = 1_800_014_400.0
EVENTS = """
FullyBooted Newchannel Newstate Newexten VarSet DialBegin DialState DialEnd NewConnectedLine BridgeCreate
BridgeEnter BridgeLeave BridgeDestroy QueueCallerJoin QueueCallerLeave QueueCallerAbandon AgentCalled AgentConnect
AgentRingNoAnswer AgentComplete QueueMemberStatus QueueMemberPause DeviceStateChange ExtensionStatus HangupRequest
Hangup ParkedCall UnParkedCall ConfbridgeStart ConfbridgeJoin ConfbridgeLeave ConfbridgeEnd BlindTransfer
AttendedTransfer Hold Unhold Cdr
"""


def living(seed: int = 1, hours: float = 0.0, at: float = NOON) -> World:
    world = World(Clock(at, speed=0), seed)
    start(world)
    for _ in range(round(hours * 60)):
        world.clock.advance(60)
        world.advance()
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return living(hours=2)


@pytest.fixture(scope="module")
def events(world):
    return [event.message for event in world.log]


def named(events, *names):
    return [event for event in events if event.name in names]


def test_log_is_numbered_and_in_the_order_of_time(world):
    log = list(world.log)
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    assert all(one.time <= two.time for one, two in itertools.pairwise(log))
    assert all(f"{event.time:.6f}" == event.message.get("Timestamp") for event in log)
    for event in log:
        assert [name for name, _ in event.message][:3] == ["Event", "Privilege", "Timestamp"]
        assert event.message.get("Privilege").split(",") == [*event.message.get("Privilege").split(",")[:-1], "all"]
        assert event.classes == set(event.message.get("Privilege").split(",")[:-1])


def test_every_channel_that_begins_ends_and_says_nothing_after(world, events):
    alive = {}
    over = set()
    for event in events:
        uniqueid = event.get("Uniqueid")
        if event.name == "Newchannel":
            assert uniqueid not in alive | dict.fromkeys(over)
            alive[uniqueid] = event.get("Channel")
        elif event.name == "OriginateResponse" or uniqueid is None:
            continue
        else:
            assert alive.get(uniqueid) == event.get("Channel"), event
        if event.name == "Hangup":
            del alive[uniqueid]
            over.add(uniqueid)
    assert len(over) > 500
    assert alive == {channel.uniqueid: name for name, channel in world.channels.items()}


def test_states_of_channels_follow_their_events(events):
    state = {}
    for event in events:
        key = event.get("Uniqueid")
        if event.name == "Cdr":
            continue
        if event.name in ("Newchannel", "Newstate"):
            state[key] = event.get("ChannelState")
        elif key in state:
            assert event.get("ChannelState") == state[key], event


def test_every_bridge_entered_is_left(world, events):
    inside = collections.defaultdict(list)
    for event in events:
        bridge = event.get("BridgeUniqueid")
        if event.name == "BridgeCreate":
            inside[bridge] = []
        elif event.name == "BridgeEnter":
            inside[bridge].append(event.get("Uniqueid"))
        elif event.name == "BridgeLeave":
            inside[bridge].remove(event.get("Uniqueid"))
        elif event.name == "BridgeDestroy":
            assert inside.pop(bridge) == []
        if event.name.startswith("Bridge"):
            assert event.get("BridgeNumChannels") == str(len(inside.get(bridge, [])))
    assert inside == {key: [one.uniqueid for one in bridge.channels] for key, bridge in world.bridges.items()}


def test_two_in_a_bridge_belong_to_one_call(world):
    for bridge in world.bridges.values():
        if bridge.kind == "basic":
            assert len(bridge.channels) == 2
            assert len({channel.linkedid for channel in bridge.channels}) == 1


def test_dialling_ends_once_for_each_beginning(world, events):
    begun = collections.Counter(event.get("DestUniqueid") for event in named(events, "DialBegin"))
    ended = collections.Counter(event.get("DestUniqueid") for event in named(events, "DialEnd"))
    assert set(begun.values()) == set(ended.values()) == {1}
    open_ones = set(begun) - set(ended)
    assert open_ones <= {channel.uniqueid for channel in world.channels.values()}
    words = {event.get("DialStatus") for event in named(events, "DialEnd")}
    assert {"ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION"} <= words


def test_queue_log_agrees_with_the_events(world, events):
    lines = [line.split("|") for line in world.queue_log]
    said = collections.Counter((line[4], line[2]) for line in lines)
    counted = collections.Counter((event.name, event.get("Queue")) for event in events)
    for queue in world.queues.values():
        name = queue.name
        assert said["ENTERQUEUE", name] == counted["QueueCallerJoin", name]
        assert said["CONNECT", name] == counted["AgentConnect", name]
        assert said["RINGNOANSWER", name] == counted["AgentRingNoAnswer", name]
        assert said["ABANDON", name] + said["EXITWITHTIMEOUT", name] == counted["QueueCallerAbandon", name]
        ends = ("COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER")
        assert sum(said[end, name] for end in ends) == counted["AgentComplete", name] == queue.completed
        assert counted["QueueCallerJoin", name] - counted["QueueCallerLeave", name] == len(queue.callers)
        assert queue.abandoned == counted["QueueCallerAbandon", name]
        assert min(said[end, name] for end in (*ends, "ABANDON")) > 0
    for line in lines:
        assert line[0].isdigit()
        assert len(line) >= 6


def test_counters_of_members_agree_with_the_events(world, events):
    for queue in world.queues.values():
        for member in queue.members:
            own = [
                event
                for event in named(events, "AgentComplete")
                if (event.get("Queue"), event.get("Interface")) == (queue.name, member.interface)
            ]
            assert member.calls_taken == len(own)
            assert member.last_call == (int(float(own[-1].get("Timestamp"))) if own else 0)


def test_cdr_events_and_records_are_the_same(world, events):
    counted = named(events, "Cdr")
    assert len(counted) == len(world.cdr) > 300
    for event, row in zip(counted, world.cdr, strict=True):
        assert (event.get("UniqueID"), event.get("Disposition")) == (row["uniqueid"], row["disposition"])
        assert int(row["duration"]) >= int(row["billsec"]) >= 0
        # who waits in a queue is up: an attempt of it that nobody answers has seconds billed, as with Asterisk
        assert row["answer"] or (row["disposition"] != "ANSWERED" and row["billsec"] == "0")
    callers = {e.get("Uniqueid") for e in named(events, "Newchannel") if e.get("ChannelState") == "4"}
    over = {e.get("Uniqueid") for e in named(events, "Hangup")}
    assert {row["uniqueid"] for row in world.cdr} == callers & over
    assert len({row["disposition"] for row in world.cdr}) >= 4


def test_parking_and_conference_are_cleaned_up(world, events):
    parked = collections.Counter(event.get("ParkeeUniqueid") for event in named(events, "ParkedCall"))
    out = named(events, "UnParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp")
    freed = collections.Counter(event.get("ParkeeUniqueid") for event in out)
    assert parked - freed == collections.Counter(one.channel.uniqueid for one in world.parked.values())
    joins = collections.Counter(event.get("Uniqueid") for event in named(events, "ConfbridgeJoin"))
    leaves = collections.Counter(event.get("Uniqueid") for event in named(events, "ConfbridgeLeave"))
    inside = [channel.uniqueid for room in world.conferences.values() for channel in room.channels]
    assert joins - leaves == collections.Counter(inside)
    assert len(named(events, "ConfbridgeStart")) - len(named(events, "ConfbridgeEnd")) == len(world.conferences)
    assert parked
    assert joins


def test_everything_of_a_call_centre_happens(events):
    happened = {event.name for event in events}
    assert happened >= set(EVENTS.split())
    assert {event.get("Cause") for event in named(events, "Hangup")} >= {"16", "17", "19", "21", "34"}
    names = {event.get("CallerIDName") for event in events}
    assert names >= {"Иван Петров", "Zoë Ünïcode", "O\\'Neil", "日本語"}


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_fresh_world_is_alive(seed):
    world = living(seed, at=NOON + seed * 7000)
    assert 8 <= len(world.channels) <= 27
    assert world.now == world.clock.now()
    assert len(named([event.message for event in world.log], "AgentComplete")) > 10


def test_lists_agree_with_the_events(world, events):
    began = {e.get("Uniqueid"): float(e.get("Timestamp")) for e in named(events, "Newchannel")}
    status = respond(world, "Status", [])[1:-1]
    shown = respond(world, "CoreShowChannels", [])[1:-1]
    assert [one.get("Uniqueid") for one in status] == [one.get("Uniqueid") for one in shown]
    for one, two in zip(status, shown, strict=True):
        assert int(one.get("Seconds")) == pytest.approx(world.now - began[one.get("Uniqueid")], abs=1.1)
        assert one.get("BridgeID") == two.get("BridgeId")
        assert one.get("ChannelStateDesc") == two.get("ChannelStateDesc")
    queue_items = respond(world, "QueueStatus", [])[1:-1]
    waiting = {one.get("Uniqueid") for one in queue_items if one.name == "QueueEntry"}
    assert waiting <= {one.get("Uniqueid") for one in status}
    in_call = {one.get("Location") for one in queue_items if one.name == "QueueMember" and one.get("InCall") == "1"}
    agents = {one.get("Channel").rpartition("-")[0] for one in status if one.get("Application") == "AppQueue"}
    assert in_call <= agents | {one.get("Channel").rpartition("-")[0] for one in status}


def test_device_states_are_what_the_last_event_said(world, events):
    last = {event.get("Device"): event.get("State") for event in named(events, "DeviceStateChange")}
    assert all(world.device_states[device] == state for device, state in last.items())


def test_the_same_seed_gives_the_same_story():
    one, two, other = (living(seed, hours=0.2) for seed in (5, 5, 6))
    assert [event.message for event in one.log] == [event.message for event in two.log]
    assert one.cdr == two.cdr
    assert one.queue_log == two.queue_log
    assert [event.message for event in one.log] != [event.message for event in other.log]


def test_small_steps_and_one_big_step_give_the_same():
    small, big = living(3), living(3)
    for _ in range(300):
        small.clock.advance(1)
        small.advance()
    big.clock.advance(300)
    big.advance()
    assert [event.message for event in small.log] == [event.message for event in big.log]


def test_records_keep_the_newest(monkeypatch):
    monkeypatch.setattr("amiframe.demo.pbx.world.RECORDS", 10)
    world = World(Clock(NOON, speed=0))
    for number in range(25):
        world.cdr.append({"uniqueid": str(number)})
        world.log_queue(str(number), "sales", "NONE", "ABANDON", 1, 1, 5)
    assert len(world.cdr) <= 10
    assert world.cdr[-1] == {"uniqueid": "24"}
    assert world.queue_log[-1] == f"{int(world.now)}|24|sales|NONE|ABANDON|1|1|5"
    assert len(world.queue_log) <= 10


def test_who_waits_is_woken():
    world = living()
    woken = []
    with world.lock:
        world.at(world.now, lambda: woken.append(len(world.log)))
        assert world.next_due() <= world.clock.now()
        world.advance()
    assert woken
    assert world.next_due() > world.clock.now()


@pytest.mark.slow
def test_a_day_stays_in_its_memory():
    world = living(2)
    tracemalloc.start()
    try:
        sizes = []
        for _hour in range(24):
            for _ in range(60):
                world.clock.advance(60)
                world.advance()
            gc.collect()
            sizes.append((tracemalloc.get_traced_memory()[0], len(world._heap), len(world.channels)))
    finally:
        tracemalloc.stop()
    assert max(heap for _, heap, _ in sizes) < 2000
    assert max(channels for _, _, channels in sizes) < 40
    assert len(world.log) == world.log.maxlen
    assert sizes[-1][0] < 1.03 * sizes[-3][0]  # the log is full by then
