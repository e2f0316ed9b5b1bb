"""Answers of the demo PBX: headers, order and frames as those of Asterisk 22."""

from __future__ import annotations

import pytest

from amiframe import schema
from amiframe.demo.ami import dispatch
from amiframe.demo.ami.response import Request
from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World
from amiframe.demo.server import Demo
from amiframe.reply import Reply
from amiframe.schema.list_actions import LISTS
from amiframe.schema.privileges import OPENED_BY
from amiframe.wire import raw, xml
from amiframe.wire.command_docs import parse_docs
from amiframe.wire.message import Message

NOON = 1_800_014_400.0


@pytest.fixture(scope="module")
def busy() -> World:
    """A world in which everything is there: a meeting, a parked call, callers who wait."""
    world = World(Clock(NOON, speed=0), 4)
    start(world)
    for _ in range(20_000):
        waiting = [queue for queue in world.queues.values() if queue.callers]
        if world.conferences and world.parked and waiting:
            return world
        world.clock.advance(3)
        world.advance()
    raise AssertionError("it never happened")


@pytest.fixture
def world() -> World:
    world = World(Clock(NOON, speed=0), 1)
    start(world)
    return world


def ask(world: World, name: str, *fields: tuple[str, str], **more: str) -> Reply:
    messages = dispatch.respond(world, name, [*fields, *more.items()])
    assert messages is not None
    return Reply.from_messages(messages, action=name)


LIST_REQUESTS = [
    ("Status", {}),
    ("Status", {"AllVariables": "true", "Variables": "COMPANY,NOSUCH,CALLERID(all)"}),
    ("CoreShowChannels", {}),
    ("QueueStatus", {}),
    ("QueueSummary", {}),
    ("PJSIPShowEndpoints", {}),
    ("PJSIPShowContacts", {}),
    ("PJSIPShowAors", {}),
    ("PJSIPShowEndpoint", {"Endpoint": "311"}),
    ("BridgeList", {}),
    ("ConfbridgeListRooms", {}),
    ("ConfbridgeList", {"Conference": "800"}),
    ("ParkedCalls", {}),
    ("Parkinglots", {}),
    ("DeviceStateList", {}),
    ("ExtensionStateList", {}),
    ("DBGet", {"Family": "cidname", "Key": "74951234567"}),
]


@pytest.mark.parametrize("actionid", ["", "a-1"])
@pytest.mark.parametrize(("name", "fields"), LIST_REQUESTS)
def test_lists_become_frames_without_misfits(busy, name, fields, actionid):
    more = {"ActionID": actionid} if actionid else {}
    reply = ask(busy, name, **fields, **more)
    frame = reply.frame()
    assert len(frame) > 0
    assert frame.attrs["amiframe"]["misfits"] == 0
    for item in reply.events:
        known = {field.header for field in schema.item_table(item.name)}
        assert {header for header, _ in item} - {"Event"} <= known
        assert item.get("ActionID") == (actionid or None)
    declared = [f for f in schema.item_table(LISTS[name.lower()].items[0]) if not f.optional]
    headers = {header for header, _ in reply.events[0]}
    assert {field.header for field in declared if field.kind != "map"} <= headers


def test_lists_about_one_thing(busy):
    bridge = next(one for one in busy.bridges.values() if len(one.channels) > 1)
    info = ask(busy, "BridgeInfo", BridgeUniqueid=bridge.uniqueid)
    assert list(info.frame()["channel"]) == [channel.name for channel in bridge.channels]
    assert info.complete.get("BridgeNumChannels") == str(len(bridge.channels))
    channel = bridge.channels[0]
    met = ask(busy, "CoreShowChannelMap", Channel=channel.name).frame()
    assert set(met["connectedchannel"]) == {one.name for one in bridge.channels} - {channel.name}
    one = ask(busy, "Status", Channel=channel.name.upper()).frame()
    assert list(one["bridgeid"]) == [bridge.uniqueid]
    entries = ask(busy, "QueueStatus", Queue="sales").frame()
    assert set(entries["queue"]) == {"sales"}
    member = ask(busy, "QueueStatus", Queue="sales", Member="PJSIP/311").tables()["QueueMember"]
    assert list(member["name"]) == ["Anna Müller"]
    assert ask(busy, "QueueStatus", Queue="nosuch").frame().empty


def test_raw_and_xml_of_the_same_answer_agree(busy):
    for name, fields in LIST_REQUESTS:
        messages = dispatch.respond(busy, name, list(fields.items()))
        from_raw = Reply.from_messages(raw.parse(raw.render(messages)), action=name).frame()
        from_xml = Reply.from_messages(xml.parse(xml.encode(messages)), action=name).frame()
        assert list(from_raw.columns) == list(from_xml.columns)
        assert from_raw.astype(str).equals(from_xml.astype(str))


def test_events_become_a_frame_without_misfits(busy):
    head = Message((("Response", "Success"), ("Message", "Waiting for Event completed.")))
    end = Message((("Event", "WaitEventComplete"),))
    frame = Reply.from_messages([head, *(event.message for event in busy.log), end]).frame()
    assert frame["amf_misfit"].isna().all()
    assert "amf_extra" not in frame
    for name in {event.message.name for event in busy.log}:
        known = {field.header for field in schema.event_table(name)} | {"Event"}
        sample = [event.message for event in busy.log if event.message.name == name][:50]
        assert {header for one in sample for header, _ in one} <= known, name


def test_single_answers(world):
    assert ask(world, "Ping", ActionID="7").response.pairs[:3] == (
        ("Response", "Success"),
        ("ActionID", "7"),
        ("Ping", "Pong"),
    )
    settings = ask(world, "CoreSettings").frame()
    assert settings["amiversion"][0] == "11.0.0"
    assert settings["asteriskversion"][0].startswith("22.")
    assert ask(world, "CoreStatus").frame()["corecurrentcalls"][0] == len(world.channels)
    assert ask(world, "ExtensionState", Exten="311", Context="hints").response.get("Hint") == "PJSIP/311"
    assert ask(world, "ExtensionState", Exten="99", Context="hints").response.get("StatusText") == "Unknown"


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("Status", {"Channel": "nosuch"}, "No such channel"),
        ("Getvar", {}, "No variable specified"),
        ("Getvar", {"Variable": "A", "Channel": "nosuch"}, "No such channel"),
        ("Setvar", {}, "No variable specified"),
        ("Hangup", {}, "No channel specified"),
        ("Hangup", {"Channel": "nosuch"}, "No such channel"),
        ("Redirect", {"Channel": "nosuch", "Exten": "1"}, "Channel does not exist: nosuch"),
        ("DBGet", {"Family": "f", "Key": "nosuch"}, "Database entry not found"),
        ("BridgeInfo", {"BridgeUniqueid": "nosuch"}, "Specified BridgeUniqueid not found"),
        ("CoreShowChannelMap", {"Channel": "nosuch"}, "Could not get channel snapshot"),
        ("PJSIPShowEndpoint", {"Endpoint": "nope"}, "Unable to retrieve endpoint nope"),
        ("QueueAdd", {"Queue": "nosuch", "Interface": "PJSIP/1"}, "Unable to add interface to queue: No such queue"),
        ("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/311"}, "Unable to add interface: Already there"),
        ("QueueRemove", {"Queue": "sales", "Interface": "PJSIP/1"}, "Unable to remove interface: Not there"),
        ("QueuePause", {"Interface": "PJSIP/1", "Paused": "true"}, "Interface not found"),
        ("Command", {}, "No command provided"),
    ],
)
def test_errors(world, name, fields, message):
    reply = ask(world, name, **fields)
    assert (reply.ok, reply.message) == (False, message)


def test_nothing_is_said_of_unknown_actions(world):
    assert dispatch.respond(world, "NoSuch", []) is None
    assert dispatch.respond(world, "Login", []) is None
    assert dispatch.privileges_of("login") == ()


def test_empty_rooms_are_an_error(world):
    world.conferences.clear()
    assert ask(world, "ConfbridgeListRooms").frame().empty
    assert ask(world, "ConfbridgeList", Conference="1").is_empty_list


def test_database_and_variables(world):
    assert ask(world, "DBPut", Family="f", Key="k", Val="v").ok
    assert list(ask(world, "DBGet", Family="f", Key="k").frame()["val"]) == ["v"]
    assert ask(world, "DBDel", Family="f", Key="k").ok
    assert not ask(world, "DBDel", Family="f", Key="k").ok
    assert ask(world, "Setvar", Variable="G", Value="1").ok
    assert ask(world, "Getvar", Variable="G").response.get("Value") == "1"
    channel = next(iter(world.channels))
    assert ask(world, "Setvar", Channel=channel, Variable="MINE", Value="a 'b'").ok
    assert world.log[-1].message.get("Value") == "a \\'b\\'"
    assert ask(world, "Getvar", Channel=channel, Variable="MINE").response.get("Value") == "a 'b'"
    shown = ask(world, "Status", Channel=channel, Variables="MINE,NOSUCH").events[0]
    assert shown.all("Variable") == ["MINE=a 'b'", "NOSUCH=(null)"]


def test_hangup_ends_both_sides(world):
    bridge = next(one for one in world.bridges.values() if one.kind == "basic")
    names = [channel.name for channel in bridge.channels]
    assert ask(world, "Hangup", Channel=names[0], Cause="21").message == "Channel Hungup"
    assert not any(name in world.channels for name in names)
    assert bridge.uniqueid not in world.bridges
    said = [event.message for event in world.log]
    ended = [one for one in said if one.name == "Hangup" and one.get("Channel") == names[0]]
    assert [(one.get("Cause"), one.get("Cause-txt")) for one in ended] == [("21", "Call Rejected")]


@pytest.mark.parametrize("side", [0, 1])
def test_redirect_sends_one_side_elsewhere(world, side):
    bridge = next(one for one in world.bridges.values() if one.kind == "basic")
    moved, other = bridge.channels[side], bridge.channels[1 - side]
    assert not ask(world, "Redirect", Channel=moved.name, Context="internal", Exten="nosuch", Priority="1").ok
    assert ask(world, "Redirect", Channel=moved.name, Context="internal", Exten="800", Priority="1").ok
    assert moved.name in world.channels
    assert (moved.exten, moved.application, moved.bridge.kind) == ("800", "ConfBridge", "base")
    world.clock.advance(5)
    world.advance()
    assert other.name not in world.channels or other.bridge is None


def test_every_channel_can_be_hung_up_at_any_time(world):
    for _ in range(150):
        world.clock.advance(17)
        world.advance()
        names = sorted(world.channels)
        for name in world.random.sample(names, min(4, len(names))):
            ask(world, "Hangup", Channel=name)
    begun = sum(event.message.name == "Newchannel" for event in world.log)
    ended = sum(event.message.name == "Hangup" for event in world.log)
    assert begun - ended == len(world.channels) < 40
    inside = {channel.name for bridge in world.bridges.values() for channel in bridge.channels}
    assert inside <= set(world.channels)
    queued = {caller.channel.name for queue in world.queues.values() for caller in queue.callers}
    assert queued <= set(world.channels)


def test_every_channel_can_be_sent_anywhere_at_any_time(world):
    for turn in range(120):
        world.clock.advance(11)
        world.advance()
        names = sorted(world.channels)
        for name in world.random.sample(names, min(2, len(names))):
            exten = ("800", "631", "700", "322", "100", "701")[turn % 6]
            ask(world, "Redirect", Channel=name, Context="internal", Exten=exten, Priority="1")
    world.clock.advance(60)
    world.advance()
    for bridge in world.bridges.values():
        assert all(channel.bridge is bridge and not channel.gone for channel in bridge.channels)
        assert bridge.channels or bridge.kind == "base"
    begun = sum(event.message.name == "Newchannel" for event in world.log)
    ended = sum(event.message.name == "Hangup" for event in world.log)
    assert begun - ended == len(world.channels)
    for queue in world.queues.values():
        for member in queue.members:
            if member.in_call:
                assert world.endpoints[member.interface[6:]].channels


def test_agents_come_and_go(world):
    assert ask(world, "QueueAdd", Queue="sales", Interface="PJSIP/200", MemberName="Dyn Ö", Penalty="0").ok
    assert world.log[-1].message.name == "QueueMemberAdded"
    for _ in range(40):
        world.clock.advance(30)
        world.advance()
    members = ask(world, "QueueStatus", Queue="sales").tables()["QueueMember"]
    taken = dict(zip(members["name"], members["callstaken"], strict=True))
    assert taken["Dyn Ö"] > 0
    assert ask(world, "QueuePause", Interface="PJSIP/200", Paused="yes", Reason="tea").ok
    assert world.queue_log[-1].split("|")[3:] == ["Dyn Ö", "PAUSE", "tea"]
    assert ask(world, "QueuePause", Interface="PJSIP/200", Paused="no").ok
    assert ask(world, "QueueRemove", Queue="sales", Interface="PJSIP/200").ok
    assert ask(world, "QueueRemove", Queue="sales", Interface="PJSIP/311").message == "Member not dynamic"
    world.clock.advance(1200)
    world.advance()


def test_user_events_reach_the_log(world):
    assert ask(world, "UserEvent", ("Action", "UserEvent"), ("UserEvent", "Hi"), ("Key", "ä"), ("Key", "2")).ok
    event = world.log[-1]
    assert event.classes == {"user"}
    assert event.message.pairs[3:] == (("UserEvent", "Hi"), ("Key", "ä"), ("Key", "2"))


def test_list_of_commands(world):
    frame = Reply.from_messages(dispatch.listcommands(Request([]), lambda name: name != "Originate")).frame()
    names = list(frame["action"])
    assert names == sorted(names, key=str.lower)
    assert "Originate" not in names
    assert {"Login", "Logoff", "WaitEvent", "Events", "Filter", "Challenge"} <= set(names)
    for name in names:
        assert dispatch.privileges_of(name) == tuple(frame["privileges"][names.index(name)])


def test_actions_need_the_privileges_that_a_real_server_names():
    names = [entry.name for entry in dispatch.command_docs.entries().values()]
    assert {name: set(dispatch.privileges_of(name)) - {"all"} for name in names} == {
        name: set(OPENED_BY[name.lower()]) for name in names
    }
    assert dispatch.privileges_of("ParkedCalls") == ("call", "all")


def test_every_action_is_documented(world):
    names = list(dispatch.command_docs.entries())
    docs = parse_docs(ask(world, "Command", Command=f"manager show command {' '.join(names)}").response.all("Output"))
    assert [doc.action.lower() for doc in docs] == names
    for doc in docs:
        entry = dispatch.command_docs.entries()[doc.action.lower()]
        assert doc.synopsis == entry.synopsis
        assert doc.privileges == dispatch.privileges_of(doc.action)
        assert doc.description == "\n".join(entry.description)
        assert [one.name for one in doc.arguments] == ["ActionID", *(one.name for one in entry.arguments)]
        for one, known in zip(doc.arguments[1:], entry.arguments, strict=True):
            assert (one.required, len(one.choices)) == (known.required, len(known.values))
            assert one.description == "\n".join([known.text, *known.values])
    implemented = set(dispatch._ACTIONS)
    assert implemented < set(names)


def test_console(world):
    concise = ask(world, "Command", Command="core show channels concise").response.all("Output")
    assert [line.split("!")[0] for line in concise] == list(world.channels)
    shown = ask(world, "Command", Command="core show channels").response.all("Output")
    assert shown[-3] == f"{len(world.channels)} active channels"
    assert "22.10" in ask(world, "Command", Command="core show version").output
    assert ask(world, "Command", Command="core show uptime").output.startswith("System uptime: 30 minutes\n")
    text = ask(world, "Command", Command="queue show").output
    assert "sales has " in text
    assert "Erin O'Neil (PJSIP/315)" in text
    assert ask(world, "Command", Command="manager show command nosuch").response.all("Output") == [""]
    assert not ask(world, "Command", Command="manager show command").ok
    assert "  Ping " in ask(world, "Command", Command="manager show commands").output
    unknown = ask(world, "Command", Command="core explode")
    assert not unknown.ok
    assert (
        unknown.output
        == "No such command 'core explode' (type 'core show help core explode' for other possible commands)"
    )


def test_the_console_prints_accounts_and_settings_as_16_and_22_do():
    """Lines as `manager show ...` of both prints them; of the settings those that mean something here."""
    monitor = Account("monitor", "x", classes("call,reporting"), classes(""))
    with Demo((monitor, Account("demo", "y")), speed=0, httptimeout=61) as pbx:
        assert ask(pbx.world, "Command", Command="manager show user monitor").response.all("Output") == [
            "",
            "          username: monitor",
            "            secret: <Set>",
            "               ACL: no",
            "         read perm: call,reporting",
            "        write perm: <none>",
            "   displayconnects: yes",
            "allowmultiplelogin: yes",
            "         Variables: ",
        ]
        full = ask(pbx.world, "Command", Command="manager show user demo").output
        for line in ("read", "write"):
            assert f"{line} perm: system,call,log,verbose,command,agent,user,config,dtmf,reporting,cdr,dialplan" in full
        assert full.count("originate,agi,cc,aoc,test,security,message,all\n") == 2
        listed = ask(pbx.world, "Command", Command="manager show users").response.all("Output")
        assert listed == ["", "username", "--------", "monitor", "demo", "-------------------",
                          "2 manager users configured."]  # fmt: skip
        output = ask(pbx.world, "Command", Command="manager show settings").output
    assert "  HTTP Timeout (seconds):    61             \n" in output
    assert "  Timestamp events:          Yes            \n" in output
