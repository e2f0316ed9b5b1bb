"""CR, LF and NUL forge headers, answers and events: refused in every text that we send; and what they do otherwise."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator

import pytest
from pbx_server import Asterisk
from proxy import Proxy

import amiframe as af

ECHO = "Local/200@outgoing"
APP = {"channel": ECHO, "application": "Wait", "data": "20"}
EXTEN = {"channel": ECHO, "exten": "200", "context": "outgoing"}
FORBIDDEN = {"CR": "\r", "LF": "\n", "CRLF": "\r\nForged: yes", "NUL": "\0", "two lines": "\r\n\r\nEvent: Forged"}

# each takes a client and a text with what is forbidden in it
Call = Callable[[af.Pbx, str], object]
FIELDS: dict[str, Call] = {
    "status channel": lambda pbx, text: pbx.status(text),
    "status variables": lambda pbx, text: pbx.status(variables=["A", text]),
    "action name": lambda pbx, text: pbx.action(text),
    "action name of a known one": lambda pbx, text: pbx.action(f"Ping{text}"),
    "field name": lambda pbx, text: pbx.action("Ping", {f"A{text}": "1"}),
    "field name, changing": lambda pbx, text: pbx.action("UserEvent", {"UserEvent": "x", f"A{text}": "1"}),
    "field value": lambda pbx, text: pbx.action("Ping", {"A": text}),
    "field value in a list": lambda pbx, text: pbx.action("Ping", {"A": ["1", text]}),
    "field value in pairs": lambda pbx, text: pbx.action("Ping", [("A", "1"), ("A", text)]),
    "field as keyword": lambda pbx, text: pbx.action("Ping", A=text),
    "ActionID": lambda pbx, text: pbx.action("Ping", ActionID=text),
    "UserEvent": lambda pbx, text: pbx.action("UserEvent", UserEvent="x", Note=text),
    "table name": lambda pbx, text: pbx.table(text),
    "table field": lambda pbx, text: pbx.table("QueueStatus", Queue=text),
    "tables field": lambda pbx, text: pbx.tables("QueueStatus", Queue=text),
    "cli": lambda pbx, text: pbx.cli(f"core show channels{text}"),
    "describe": lambda pbx, text: pbx.describe(f"Ping{text}"),
    "arguments": lambda pbx, text: pbx.arguments(["Ping", f"Ping{text}"]),
    "hangup": lambda pbx, text: pbx.hangup(f"Local/x-1;1{text}"),
    "events mask": lambda pbx, text: pbx.events(0, mask=f"call{text}x"),
    "listen mask": lambda pbx, text: next(pbx.listen(0, mask=f"call,{text}x")),
    "originate channel": lambda pbx, text: pbx.originate(**{**APP, "channel": f"Local/200@outgoing{text}"}),
    "originate application": lambda pbx, text: pbx.originate(ECHO, application=f"Wait{text}"),
    "originate data": lambda pbx, text: pbx.originate(**{**APP, "data": text}),
    "originate exten": lambda pbx, text: pbx.originate(**{**EXTEN, "exten": f"200{text}"}),
    "originate context": lambda pbx, text: pbx.originate(**{**EXTEN, "context": f"outgoing{text}"}),
    "originate priority": lambda pbx, text: pbx.originate(**EXTEN, priority=f"1{text}"),
    "originate callerid": lambda pbx, text: pbx.originate(**APP, callerid=f'"A{text}" <1>'),
    "originate account": lambda pbx, text: pbx.originate(**APP, account=f"a{text}"),
    "originate codecs": lambda pbx, text: pbx.originate(**APP, codecs=f"ulaw{text}"),
    "originate codecs in a list": lambda pbx, text: pbx.originate(**APP, codecs=["ulaw", f"alaw{text}"]),
    "originate channelid": lambda pbx, text: pbx.originate(**APP, channelid=f"a{text}"),
    "originate otherchannelid": lambda pbx, text: pbx.originate(**APP, otherchannelid=f"a{text}"),
    "originate variable": lambda pbx, text: pbx.originate(**APP, variables={"A": f"1{text}"}),
    "originate variable's name": lambda pbx, text: pbx.originate(**APP, variables={f"A{text}": "1"}),
    "originate dry run": lambda pbx, text: pbx.originate(**APP, account=f"a{text}", dry_run=True),
    "originate, waited for": lambda pbx, text: pbx.originate(**APP, account=f"a{text}", wait=1),
    "originate_many": lambda pbx, text: af.originate_many(
        pbx, [APP, {**APP, "account": f"a{text}"}], at_most=1, per_second=9
    ),
}


@pytest.fixture
def counted(pbx: Asterisk) -> Iterator[tuple[Asterisk, Proxy]]:
    """A server and a proxy before it that has seen nothing yet."""
    with Proxy(pbx.http_port) as proxy:
        yield pbx, proxy


def connect(server, proxy, **more):
    return af.connect(proxy.url, **{"username": "test", "secret": server.users["test"], **more})


def test_a_forbidden_character_is_refused_in_every_text_before_anything_is_sent(counted):
    server, proxy = counted
    with connect(server, proxy) as client:
        for kind, text in FORBIDDEN.items():
            for name, call in FIELDS.items():
                # a mask and an action's documentation have their own words for it
                with pytest.raises((af.ActionRefused, af.ConfigError)) as refused:
                    call(client, text)
                assert proxy.connections == 0, (name, kind)
                assert "\r" not in str(refused.value), (name, kind)
                assert "\0" not in str(refused.value), (name, kind)
                assert "Forged: yes" not in str(refused.value).splitlines()[1:], (name, kind)


@pytest.mark.parametrize("interface", ["rawman", "mxml", "arawman", "amxml"])
@pytest.mark.parametrize("text", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_character_in_the_account_is_refused_before_the_login(counted, interface, text):
    server, proxy = counted
    for account in ({"username": f"test{text}"}, {"secret": f"canary-5ecret{text}"}):
        with pytest.raises(af.ConfigError, match="control character") as refused:
            connect(server, proxy, interface=interface, **account)
        assert "canary-5ecret" not in f"{refused.value!r} {refused.value}"
    assert proxy.connections == 0


def test_what_looks_dangerous_and_is_not_passes_unchanged(pbx):
    """Other line ends of Unicode are plain text to the server; tabs and blanks inside too."""
    text = "a\tb \x0b\x0c\x85\u2028\u2029 %0d%0a \\r\\n x"
    with af.connect(pbx.url, username="test", secret=pbx.users["test"]) as client:
        reply = client.action("Ping", ActionID=text)
        assert reply.response.get("ActionID") == text
        assert len(reply.response) == len(client.action("Ping", ActionID="x").response)


# --- without our check ----------------------------------------------------------------------------------------------


def raw(server: Asterisk, manager, *fields: tuple[str, str]) -> str:
    """Send a request as it is, in the manager's session, and give the bytes of the answer as text."""
    body = urllib.parse.urlencode(fields).encode()
    with manager._opener.open(f"{server.url}/rawman", body, timeout=10) as answer:
        return answer.read().decode()


def test_without_our_check_an_actionid_forges_headers_and_whole_messages(pbx):
    with pbx.manager() as manager:
        answer = raw(pbx, manager, ("Action", "Ping"), ("ActionID", "1\r\nForged: yes"))
        assert "ActionID: 1\r\nForged: yes\r\n" in answer
        answer = raw(pbx, manager, ("Action", "Ping"), ("ActionID", "1\r\n\r\nEvent: Forged\r\nBy: us"))
        assert "\r\n\r\nEvent: Forged\r\nBy: us\r\n" in answer


def test_without_our_check_a_user_event_forges_events_for_every_listener(pbx):
    forged = "1\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/boss-1\r\nCause: 16"
    with pbx.manager() as listener, pbx.manager() as sender:
        raw(pbx, sender, ("Action", "UserEvent"), ("UserEvent", "Note"), ("Text", forged))
        raw(pbx, sender, ("Action", "UserEvent"), ("UserEvent", "Note"), ("Text\r\nInName", "x"))
        events = raw(pbx, listener, ("Action", "WaitEvent"), ("timeout", "1"))
    assert "\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/boss-1\r\nCause: 16\r\n" in events
    assert "Text\r\nInName: x\r\n" in events


def test_without_our_check_a_variable_forges_rows_of_status(pbx):
    forged = "x\r\n\r\nEvent: Status\r\nChannel: PJSIP/boss-1\r\nUniqueid: forged"
    fields = [("Action", "Originate"), ("Channel", f"{ECHO}/n"), ("Application", "Wait"), ("Data", "20")]
    with pbx.manager() as manager:
        raw(pbx, manager, *fields, ("Variable", f"A={forged}"))
        answer = raw(pbx, manager, ("Action", "Status"), ("AllVariables", "true"))
    assert "\r\n\r\nEvent: Status\r\nChannel: PJSIP/boss-1\r\nUniqueid: forged" in answer


def test_without_our_check_a_nul_ends_the_value(pbx):
    with pbx.manager() as manager:
        answer = raw(pbx, manager, ("Action", "Ping"), ("ActionID", "seen\0unseen"))
    assert "ActionID: seen\r\n" in answer
