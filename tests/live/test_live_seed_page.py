"""The page that the project began with: each of its examples, as it stands there, on both versions.

The page shows requests to ``/rawman`` and says that the same holds for the other interfaces, so each runs on all four.
It logs in by GET; amiframe never puts a password into an address, so here it is a POST (or digest).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
import sip_phone
from pbx_server import Asterisk
from proxy import Proxy
from sip_phone import Phone

import amiframe as af

INTERFACES = ("rawman", "mxml", "arawman", "amxml")

STATUS_HEADERS = """
Privilege Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName Language
AccountCode Context Exten Priority Uniqueid Linkedid Type DNID EffectiveConnectedLineNum EffectiveConnectedLineName
TimeToHangup BridgeID Application Data Nativeformats Readformat Readtrans Writeformat Writetrans Callgroup Pickupgroup
Seconds
"""  # in the page's order

COMMANDS = """
AbsoluteTimeout AGI AOCMessage Atxfer BlindTransfer Bridge BridgeDestroy BridgeInfo BridgeKick BridgeList
BridgeTechnologyList BridgeTechnologySuspend BridgeTechnologyUnsuspend CancelAtxfer Challenge Command ConfbridgeKick
ConfbridgeList ConfbridgeListRooms ConfbridgeLock ConfbridgeMute ConfbridgeSetSingleVideoSrc ConfbridgeStartRecord
ConfbridgeStopRecord ConfbridgeUnlock ConfbridgeUnmute CoreSettings CoreShowChannelMap CoreShowChannels CoreStatus
CreateConfig DBDel DBDelTree DBGet DBGetTree DBPut DialplanExtensionAdd DialplanExtensionRemove Events ExtensionState
ExtensionStateList FAXSession FAXSessions FAXStats Filter GetConfig GetConfigJSON Getvar Hangup ListCategories
ListCommands LocalOptimizeAway LoggerRotate Login Logoff MailboxCount MailboxStatus MessageSend MixMonitor
MixMonitorMute ModuleCheck ModuleLoad Originate Ping PJSIPHangup PJSIPQualify PJSIPRegister PJSIPShowAors PJSIPShowAuths
PJSIPShowContacts PJSIPShowEndpoint PJSIPShowEndpoints PJSIPShowRegistrationInboundContactStatuses
PJSIPShowRegistrationsInbound PJSIPShowRegistrationsOutbound PJSIPShowResourceLists PJSIPShowSubscriptionsInbound
PJSIPShowSubscriptionsOutbound PJSIPUnregister PresenceState QueueAdd QueueChangePriorityCaller QueueLog
QueueMemberRingInUse QueuePause QueuePenalty QueueReload QueueRemove QueueReset QueueRule QueueStatus QueueSummary
QueueWithdrawCaller Redirect Reload SendText Setvar ShowDialPlan Status StopMixMonitor UpdateConfig UserEvent WaitEvent
"""
NEWER = {  # the page's server is newer than 16.28 in these
    "CoreShowChannelMap", "PJSIPHangup", "QueueChangePriorityCaller", "QueueWithdrawCaller", "BridgeDestroy",
}  # fmt: skip

WAITEVENT = """[Syntax]
Action: WaitEvent
[ActionID:] <value>
Timeout: <value>

[Synopsis]
Wait for an event to occur.

[Description]
This action will elicit a 'Success' response. Whenever a manager event is
queued. Once WaitEvent has been called on an HTTP manager session, events will
be generated and queued.

[Arguments]
ActionID
    ActionID for this transaction. Will be returned.
Timeout
    Maximum time (in seconds) to wait for events, '-1' means forever.

[See Also]
Not available

[Privilege]
<none>

[List Responses]
None

[Final Response]
None"""


@pytest.fixture(params=INTERFACES)
def client(request: pytest.FixtureRequest, pbx: Asterisk) -> Iterator[af.Pbx]:
    with af.connect(pbx.url, username="test", secret=pbx.users["test"], interface=request.param) as client:
        yield client


@pytest.fixture
def phone(pbx: Asterisk) -> Iterator[Phone]:
    """The page's phone PJSIP/user: registered, and it answers."""
    reason = sip_phone.why_not()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    with Phone(pbx) as phone:
        yield phone.register().answer()
        pbx.hangup_all()


@pytest.mark.parametrize("interface", INTERFACES)
def test_login(pbx, interface):
    """action=login&username=test&secret=test, with the password in a body or a digest, never in an address."""
    with Proxy(pbx.http_port) as proxy:
        with af.connect(proxy.url, username="test", secret=pbx.users["test"], interface=interface) as client:
            client.ping()
        seen = proxy.counted()
    assert all(one.path == f"/{interface}" for one in seen)
    logins = [dict(one.fields) for one in seen if one.action == "Login"]
    if interface.startswith("a"):
        assert logins == []
        assert [one.status for one in seen][:2] == [401, 200]
        assert not any(pbx.users["test"] in value for one in seen for _, value in one.fields)
    else:
        assert [(one["Username"], one["Secret"]) for one in logins] == [("test", pbx.users["test"])]


def test_ping(client):
    """action=ping: Response: Success, Ping: Pong, Timestamp."""
    reply = client.action("ping")
    assert reply.response.name == "Success"
    assert reply.response.get("Ping") == "Pong"
    assert re.fullmatch(r"\d{10}\.\d{6}", reply.response.get("Timestamp"))
    assert abs((client.ping().server_time - reply.frame()["timestamp"][0]).total_seconds()) < 5


def test_status_with_all_its_parameters(pbx, client, phone):
    """action=status with actionid, channel, variables, allvariables; the page's call waits in the queue `queue`."""
    made = client.originate("PJSIP/user", exten="153", context="outgoing", variables={"CITY": "Тверь"}, wait=10)
    assert made.outcome == "answered"
    pbx.wait(lambda: any(c[5] == "Queue" for c in pbx.channels()), "queue the call", 10)
    reply = client.action("status", actionid="Иван 1: a=b")
    assert (reply.response.name, reply.response.get("EventList")) == ("Success", "start")
    assert reply.message == "Channel status will follow"
    assert (reply.complete.name, reply.complete.get("ListItems"), reply.complete.get("Items")) == (
        "StatusComplete", "1", "1",
    )  # fmt: skip
    assert {m.get("ActionID") for m in (reply.response, *reply.events, reply.complete)} == {"Иван 1: a=b"}
    headers = [name.lower() for name, _ in reply.events[0].pairs]
    assert [name for name in headers if name not in ("event", "actionid")] == [
        name.lower() for name in STATUS_HEADERS.split()
    ]

    frame = reply.frame()
    row = frame.iloc[0]
    assert row["channel"] == made.channel
    assert row["channel"].startswith("PJSIP/user-")
    shown = {
        "channelstate": 6, "channelstatedesc": "Up", "calleridnum": "101", "calleridname": "Иван Петров",
        "context": "outgoing", "exten": "153", "type": "PJSIP", "application": "Queue",
    }  # fmt: skip
    assert {name: row[name] for name in shown} == shown
    assert row["data"].startswith("queue")
    assert row["uniqueid"] == row["linkedid"] == made.uniqueid
    for name in ("connectedlinenum", "connectedlinename", "accountcode", "timetohangup", "bridgeid"):
        assert frame[name].isna().all(), name
    assert 0 <= row["seconds"] < 60
    assert list(row["privilege"]) == ["Call"]

    one = client.status(made.channel)
    assert one["channel"].tolist() == [made.channel]
    asked = client.action("status", channel=made.channel, variables="CITY,CHANNEL(state),NOSUCH").frame()
    assert dict(asked["variables"][0]) == {"CITY": "Тверь", "CHANNEL(state)": "Up", "NOSUCH": None}
    everything = client.action("status", allvariables="true").frame()
    assert dict(everything["variables"][0])["CITY"] == "Тверь"
    assert len(client.status("PJSIP/user-nobody")) == 0


def test_originate(pbx, client, phone):
    """action=originate&channel=PJSIP/user&context=outgoing&exten=100&priority=1&async=true, as a plain action."""
    fields = {"channel": "PJSIP/user", "context": "outgoing", "exten": "100", "priority": 1, "async": "true"}
    reply = client.action("originate", fields)
    assert (reply.response.name, reply.message) == ("Success", "Originate successfully queued")
    pbx.wait(lambda: [c[4] for c in pbx.channels()] == ["Up"], "answer", 10)
    pbx.wait(lambda: pbx.channels()[0][5] == "Wait", "go on in the dialplan", 5)
    row = client.status().iloc[0]
    assert (row["context"], row["exten"], row["language"]) == ("outgoing", "100", "ru")
    assert row["channel"].startswith("PJSIP/user-")


def test_originate_with_its_outcome(client, phone):
    asked = {"exten": "100", "context": "outgoing", "priority": 1, "ring_timeout": 5, "account": "a1"}
    made = client.originate(
        "PJSIP/user", **asked, callerid='"Ёж" <5>', variables={"A": "1,2"}, earlymedia=False, codecs=["ulaw"],
        channelid="seed-1", otherchannelid="seed-2", wait=10,
    )  # fmt: skip
    assert (made.accepted, made.outcome, made.reason, made.uniqueid) == (True, "answered", 4, "seed-1")
    row = client.status(made.channel, variables=["A"]).iloc[0]
    assert (row["accountcode"], row["calleridnum"]) == ("a1", "5")
    assert dict(row["variables"]) == {"A": "1,2"}
    client.hangup(made.channel)


def test_originate_to_a_phone_that_is_not_registered(client):
    """The page's example on a server where nobody has registered: queued, and then it fails."""
    made = client.originate("PJSIP/user", exten="100", context="outgoing", priority=1, wait=10)
    assert (made.accepted, made.outcome, made.reason) == (True, "failed", 0)


def test_originate_refused_by_the_server(client):
    with pytest.raises(af.ActionError, match=r"Extension does not exist\."):
        client.originate("PJSIP/user", exten="nosuch", context="outgoing", wait=5)


def test_listcommands(pbx, client):
    """action=listcommands: every line of the page that these versions have, with its privileges."""
    frame = client.commands().set_index("action")
    missing = set(COMMANDS.split()) - set(frame.index)
    assert missing <= (NEWER if pbx.version == "16" else set())
    assert list(frame.loc["AbsoluteTimeout", "privileges"]) == ["system", "call", "all"]
    assert list(frame.loc["BridgeInfo", "privileges"]) == []
    assert list(frame.loc["Originate", "privileges"]) == ["originate", "all"]
    assert frame.loc["Ping", "synopsis"] == "Keepalive command."
    assert frame.loc["Status", "synopsis"] == "List channel status."


def test_description_of_a_command(pbx, client):
    """action=command&command=manager show command waitevent."""
    command = "manager show command waitevent"
    assert client.action("command", command=command).message == "Command output follows"
    printed = [line.rstrip() for line in client.cli(command).strip("\n").splitlines()]
    page = WAITEVENT.splitlines()
    if pbx.version == "16":
        assert [line for line in printed if line] == [line for line in page if line]
    else:  # another order of the sections, and some new ones
        assert {line for line in page if line} - set(printed) == set()
    doc = client.describe("waitevent")
    assert doc.synopsis == "Wait for an event to occur."
    arguments = doc.frame()
    assert arguments["argument"].tolist() == ["ActionID", "Timeout"]
    assert arguments["required"].tolist() == [False, True]
    assert arguments["description"][1] == "Maximum time (in seconds) to wait for events, '-1' means forever."
    assert list(doc.privileges) == []
