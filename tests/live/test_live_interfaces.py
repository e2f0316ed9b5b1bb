"""Rule 12 on real servers: 200 channels, every list that both versions have, and the four interfaces say the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd
import pytest
import sip_phone
from amf_support import differences, plain
from pbx_server import VERSIONS, Asterisk
from proxy import Proxy
from sip_phone import Phone

import amiframe as af
from amiframe import schema
from amiframe.reply import Reply
from amiframe.schema.list_actions import LISTS
from amiframe.wire import xml

pytestmark = pytest.mark.gate

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
XML = ("mxml", "amxml")
CHANNELS = 200  # of place_calls; SIP, fax, agent come on top
PHONES = 4
ODD = (  # variables that XML cannot carry as they are, or only by the repair
    ("EDGES", "  both edges  "),
    ("TABS", "one\ttwo\t"),
    ("BELL", "\x07ring\x1b[0m"),
    ("BYTES", b"caf\xe9 \xff".decode("utf-8", "surrogateescape")),
    ("MARKUP", "<a href='x'>&amp;</a> \"q\" ]]>"),
    ("ЗВОНОК", "Ёж 📞"),
    ("LONG", "длинно " * 300),
)
ODD_NAMES = ("  Анна  ", "tab\tname", "100% <b>\\n", "O'Br\"ien", "\x07bell")

ARGUMENTS: dict[str, Callable[[Crowd], dict[str, str]]] = {
    "BridgeInfo": lambda crowd: {"BridgeUniqueid": crowd.raw.table("BridgeList")["bridgeuniqueid"].iloc[0]},
    "ConfbridgeList": lambda crowd: {"Conference": "1000"},
    "CoreShowChannelMap": lambda crowd: {"Channel": crowd.bridged},
    "DBGet": lambda crowd: {"Family": "amiframe", "Key": "odd"},
    "PJSIPShowEndpoint": lambda crowd: {"Endpoint": "user"},
}
ONLY = {"CoreShowChannelMap": "22", "SIPpeers": "16", "SIPshowregistry": "16"}
EMPTY = {"PJSIPShowSubscriptionsOutbound"}  # nothing makes one but an outbound MWI subscription to another PBX
RUNNING = {  # registrations and transfers go on by themselves; they may move between two requests
    "IAXregistry": {"state", "refresh"},
    "FAXSessions": {"state", "sessionnumber", "operation"},
}


@dataclass
class Crowd:
    """A server full of calls, and a client of each interface."""

    server: Asterisk
    clients: dict[str, af.Pbx]
    phones: list[Phone]
    bridged: str = ""
    through_model: set[str] = field(default_factory=set)

    @property
    def raw(self) -> af.Pbx:
        return self.clients["rawman"]


def _needs_phones() -> None:
    reason = sip_phone.why_not()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module", params=VERSIONS)
def crowd(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    """Each version in turn with 200 and more channels, registered phones, parked, queued and conferring callers."""
    _needs_phones()
    server: Asterisk = request.getfixturevalue(f"asterisk{request.param}")
    server.hangup_all()
    phones = [Phone(server) for _ in range(PHONES)]
    clients = {
        name: af.connect(server.url, username="test", secret=server.users["test"], interface=name)
        for name in INTERFACES
    }
    crowd = Crowd(server, clients, phones)
    try:
        for phone in phones:
            phone.register().subscribe("202").answer()
        _fill(crowd)
        yield crowd
    finally:
        for client in clients.values():
            client.close()
        server.hangup_all()
        for phone in phones:
            phone.close()


def _fill(crowd: Crowd) -> None:
    server = crowd.server
    server.place_calls(CHANNELS)
    before = len(server.channels())
    with server.manager("harness") as manager:

        def call(channel: str, name: str = "", **variables: str) -> None:
            number = [("variable", f"_NUMBER=+{before}"), ("variable", f"_NAME={_quoted(name)}")]
            given = [("variable", _bytes(f"{key}={_quoted(value)}")) for key, value in variables.items()]
            where = [("channel", channel), ("context", "callers"), ("exten", "s"), ("priority", "1"), ("async", "yes")]
            assert ("Response", "Success") in manager.send("Originate", *where, *number, *given)[0]

        for name in ODD_NAMES:
            call("Local/sip@calls/n", name)  # out over SIP and in again: four channels
        for phone in crowd.phones * 2:
            call(f"PJSIP/user/sip:user@{sip_phone.ADDRESS}:{phone.port}", "Zoë", **dict(ODD))
        call("Local/login@agents/n", "agent")
        call("Local/fax@calls/n", "fax")
        for family, key, value in (("amiframe", "odd", " Иван <&'\" "), ("amiframe", "empty/er", "x")):
            manager.send("DBPut", ("family", family), ("key", key), ("val", value))
        manager.send("Setvar", ("variable", "DEVICE_STATE(Custom:lamp)"), ("value", "INUSE"))
        manager.send("Setvar", ("variable", "PRESENCE_STATE(CustomPresence:alice)"), ("value", "away,,обед <1 h>"))
        server.wait(lambda: _is_registered(manager), "register at itself", 20)
    server._settle(before + 4 * len(ODD_NAMES) + 2 * PHONES + 2 + 2, 30)
    bridged = crowd.raw.status()
    crowd.bridged = bridged["channel"][bridged["bridgeid"].notna()].iloc[0]


def _is_registered(manager: object) -> bool:
    answer = manager.send("PJSIPShowRegistrationsOutbound")  # type: ignore[attr-defined]
    return any(("Status", "Registered") in message for message in answer)


def _quoted(value: str) -> str:
    return "".join(f"\\{letter}" if letter in '\\",()[]' else letter for letter in value)


def _bytes(value: str) -> str:
    return value.encode("utf-8", "surrogateescape")  # type: ignore[return-value]


# --- rule 12 ----------------------------------------------------------------------------------------------------------


def encoded(reply: Reply) -> Reply:
    """What the XML interfaces must make of a raw answer: through the model of the server's encoder and back."""
    messages = [reply.response, *reply.events, *([reply.complete] if reply.complete else [])]
    return Reply.from_messages(xml.parse(xml.encode(messages)), action=reply.action)


def volatile(*items: str) -> set[str]:
    return {f.column for item in items for f in schema.EVENTS.get(item, ()) if f.volatile}


def same(
    crowd: Crowd,
    ask: Callable[[af.Pbx], pd.DataFrame],
    reply: Callable[[], Reply] | None = None,
    moving: set[str] | None = None,
    view: Callable[[Reply], pd.DataFrame] = Reply.frame,
) -> pd.DataFrame:
    """Ask raw, the three others, raw again; compare each cell, and return the first frame.

    `reply` gives the raw answer that the model of the encoder starts from; without it XML must equal raw directly.
    """
    moving = moving or set()
    for _ in range(5):
        standing = reply() if reply else None
        first, *others, last = (ask(crowd.clients[name]) for name in (*INTERFACES, "rawman"))
        seen = view(standing) if standing else first
        if all(differences(first, frame, (*moving, "amf_fetched")) == [] for frame in (seen, last)):
            break
    else:
        pytest.fail(f"nothing stands still: {differences(first, last, (*moving, 'amf_fetched'))}")
    model = view(encoded(standing)) if standing else first
    assert len({len(frame) for frame in (first, *others, last, model)}) == 1, "rows come and go"
    names = [name for name in first.columns if name != "amf_fetched"]
    for name, frame in zip([*INTERFACES[1:], "rawman"], [*others, last], strict=True):
        assert list(frame.columns) == list(first.columns), name
        assert [str(d) for d in frame.dtypes] == [str(d) for d in first.dtypes], name
        about, wanted = frame.attrs["amiframe"], first.attrs["amiframe"]
        assert (about["action"], about.get("fetched_complete")) == (
            wanted["action"],
            wanted.get("fetched_complete"),
        )
        assert about["interface"].split()[0] == name
    before, after, through = plain(first), plain(last), plain(model)
    for interface, frame in zip(INTERFACES[1:], others, strict=True):
        between = plain(frame)
        for name in names:
            for row, (a, m, x, b) in enumerate(
                zip(before[name], through[name], between[name], after[name], strict=True)
            ):
                where = (interface, name, row)
                if name in moving:
                    assert x in (a, b) or (isinstance(x, int | float) and a <= x <= b), (*where, a, x, b)
                elif interface in XML and m != a:
                    assert m == trimmed(a), (*where, "XML loses more than edge blanks and controls", a, m)
                    assert x == m, (*where, a, m, x)
                    crowd.through_model.add(name)
                else:
                    assert x == a, (*where, a, x)
    return first


def trimmed(value: object) -> object:
    """Rule 12 b: all that XML may lose of a value is blanks and control characters at its edges."""
    codes = "".join(map(chr, range(33)))
    if isinstance(value, list):  # one header a pair: the end of the pair is the end of the header
        return [(v[0], v[1] and v[1].rstrip(codes)) if isinstance(v, tuple) else v for v in value]
    return value.strip(codes) or None if isinstance(value, str) else value


# --- the tests --------------------------------------------------------------------------------------------------------


def test_the_crowd_is_mixed(crowd):
    """What the comparisons below stand on, said by the server's own command line."""
    channels = crowd.server.channels()
    assert len(channels) >= 200
    assert sum(channel[0].startswith("PJSIP/loop") for channel in channels) == 2 * len(ODD_NAMES)
    assert sum(channel[0].startswith("PJSIP/user") for channel in channels) == 2 * PHONES
    applications = {channel[5] for channel in channels}
    assert {"Queue", "ConfBridge", "Park", "Echo", "Dial", "Milliwatt", "ReceiveFAX", "AgentLogin"} <= applications
    frame = crowd.raw.status(all_variables=True)
    hidden = {channel[0] for channel in channels} - set(frame["channel"])
    assert all(name.startswith("CBAnn/") for name in hidden), "Status tells all but the conference's announcer"
    assert len(frame) == len(channels) - len(hidden)
    assert sum(frame["calleridname"] == "Иван Петров") >= 2
    values = {name: value for pairs in frame["variables"].dropna() for name, value in pairs}
    assert values["EDGES"] == dict(ODD)["EDGES"]
    assert values["MARKUP"] == dict(ODD)["MARKUP"]
    assert values["LONG"] == dict(ODD)["LONG"]
    assert values["TABS"] == "one\ttwo\t"


STATUS = {
    "plain": ({}, {}),
    "variables": (
        {"variables": ["CITY", "CHANNEL(name)", "NOTE", "EDGES", "TABS", "BELL", "NOSUCH", "EMPTY", "CALLERID(all)"]},
        {"Variables": "CITY,CHANNEL(name),NOTE,EDGES,TABS,BELL,NOSUCH,EMPTY,CALLERID(all)"},
    ),
    "all variables": ({"all_variables": True}, {"AllVariables": "true"}),
}


@pytest.mark.parametrize("case", STATUS)
def test_status(crowd, case):
    asked, fields = STATUS[case]
    frame = same(crowd, lambda pbx: pbx.status(**asked), lambda: crowd.raw.action("Status", fields), volatile("Status"))
    assert len(frame) >= 200
    assert frame["amf_misfit"].isna().all()
    assert ("variables" in frame and frame["variables"].notna().any()) == bool(asked)


def test_status_of_one_channel(crowd):
    frame = same(
        crowd,
        lambda pbx: pbx.status(crowd.bridged),
        lambda: crowd.raw.action("Status", Channel=crowd.bridged),
        volatile("Status"),
    )
    assert frame["channel"].tolist() == [crowd.bridged]


def test_info(crowd):
    moving = {f.column for f in schema.REPLIES["Info"] if f.volatile} if "Info" in schema.REPLIES else set()
    moving |= {f.column for name in ("CoreSettings", "CoreStatus") for f in schema.REPLIES[name] if f.volatile}
    frame = same(crowd, lambda pbx: pbx.info(), moving=moving)
    assert frame["corecurrentcalls"][0] > 0
    assert frame["asteriskversion"][0].startswith(crowd.server.major)


def test_commands(crowd):
    frame = same(crowd, lambda pbx: pbx.commands())
    assert len(frame) > 120
    for name, twin in (("mxml", "rawman"), ("amxml", "arawman")):
        assert crowd.clients[name].commands().attrs["amiframe"]["interface"] == f"{name} via {twin}"


def test_describe(crowd):
    for action in ("waitevent", "Originate", "QueueAdd", "Filter", "Status", "PJSIPShowEndpoint"):
        docs = [client.describe(action) for client in crowd.clients.values()]
        assert all(doc == docs[0] for doc in docs), action
        assert docs[0].syntax
        frames = [doc.frame() for doc in docs]
        assert all(differences(frames[0], frame) == [] for frame in frames), action


@pytest.mark.parametrize("interface", INTERFACES)
def test_arguments_of_all_actions_in_three_requests(crowd, interface):
    with (
        Proxy(crowd.server.http_port) as proxy,
        af.connect(proxy.url, username="test", secret=crowd.server.users["test"], interface=interface) as client,
    ):
        frame = client.arguments()
        asked = proxy.counted("Command")
        names = client.commands()["action"].tolist()
    assert len(asked) == 3
    assert {one.status for one in asked} == {200}
    assert sorted(word for one in asked for word in dict(one.fields)["Command"].split()[3:]) == sorted(names)
    assert len(names) > 120
    assert differences(frame, crowd.raw.arguments(names)) == []
    assert len(frame) > 350
    assert frame["action"].isin(names).all()


COMMANDS = (
    "core show version",
    "core show applications",
    "dialplan show outgoing",
    "manager show command ping",
    "pjsip show endpoints",
    "queue show sales",
    "core show settings",
    "database show amiframe",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_cli(crowd, command):
    for _ in range(3):
        first, *others, last = [crowd.clients[name].cli(command) for name in (*INTERFACES, "rawman")]
        if first == last:
            break
    assert others == [first] * 3 == [last] * 3
    assert first.strip()
    if command != "core show settings":  # calls now, load
        assert first.rstrip("\n") == crowd.server.cli(command).rstrip("\n"), "asterisk -rx prints the same"


def test_snapshot(crowd):
    parts = {
        "status": ("Status", "Status"),
        "queues": ("QueueStatus", "QueueParams"),
        "members": ("QueueStatus", "QueueMember"),
        "waiting": ("QueueStatus", "QueueEntry"),
        "endpoints": ("PJSIPShowEndpoints", "EndpointList"),
    }
    for part, (action, item) in parts.items():
        frame = same(
            crowd,
            lambda pbx, part=part: getattr(pbx.snapshot(), part),
            lambda action=action: crowd.raw.action(action),
            volatile(item),
            lambda reply, item=item: reply.tables()[item],
        )
        assert len(frame) > 0, part


@pytest.mark.parametrize("action", [entry.action for entry in LISTS.values()])
def test_list(crowd, action):
    if ONLY.get(action, crowd.server.version) != crowd.server.version:
        with pytest.raises(af.ActionError, match="Invalid/unknown command"):
            crowd.raw.table(action)
        return
    entry = LISTS[action.lower()]
    fields = ARGUMENTS.get(action, lambda _: {})(crowd)
    moving = volatile(*entry.items) | RUNNING.get(action, set())
    frame = same(crowd, lambda pbx: pbx.table(action, fields), lambda: crowd.raw.action(action, fields), moving)
    assert (len(frame) == 0) == (action in EMPTY)
    assert "amf_misfit" not in frame or frame["amf_misfit"].isna().all()


@pytest.mark.parametrize("action", [entry.action for entry in LISTS.values() if entry.mixed])
def test_tables(crowd, action):
    entry = LISTS[action.lower()]
    fields = ARGUMENTS.get(action, lambda _: {})(crowd)
    for item in entry.items:
        frame = same(
            crowd,
            lambda pbx, item=item: pbx.tables(action, fields)[item],
            lambda: crowd.raw.action(action, fields),
            volatile(item),
            lambda reply, item=item: reply.tables()[item],
        )
        assert len(frame) > 0 or item in ("IdentifyDetail", "TransportDetail"), item


@pytest.mark.parametrize("action", ["VoicemailUsersList", "FAXStats", "GetConfig", "QueueRule", "ListCategories"])
def test_an_answer_that_is_no_list_of_the_table(crowd, action):
    fields = {"Filename": "pjsip.conf"} if action in ("GetConfig", "ListCategories") else {}
    if action == "VoicemailUsersList" and crowd.server.version == "16":
        return  # app_voicemail is in a package of its own there
    frame = same(crowd, lambda pbx: pbx.table(action, fields), lambda: crowd.raw.action(action, fields))
    assert len(frame) > 0
