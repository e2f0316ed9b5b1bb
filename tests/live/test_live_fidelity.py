"""The embedded PBX against real ones: the same requests at both, and every difference named and justified.

What is compared: HTTP status, header names and their order, bodies with their texts, what becomes of a session, and for
lists which headers an item has, in which order. What names a moment, an id or the server's own version is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
from amf_demo import Caller, HttpAnswer, parse_answer, raw
from pbx_server import RIGHTS, Asterisk
from requests.auth import HTTPDigestAuth

from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo

Shape = object
POST = b"POST /rawman HTTP/1.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"

# --- what is set aside -----------------------------------------------------------------------------------------------

MOVING = (
    (re.compile(r"Asterisk/[^<\r\n]+"), "Asterisk/VERSION"),
    (re.compile(r'(nonce|opaque|mansession_id)="[0-9a-f]{8}"'), r'\1="ID"'),
    (re.compile(r"^\d{10}\.\d{6}$"), "MOMENT"),
    (re.compile(r"timestamp='\d{10}\.\d{6}'"), "timestamp='MOMENT'"),
    (re.compile(r"^\d{5,10}$"), "NUMBER"),
    (re.compile(r"^\d\d\.\d+\.\d+[-~+].*$"), "VERSION"),
    (re.compile(r"asteriskversion='[^']+'"), "asteriskversion='VERSION'"),
    (re.compile(r"^\d{4}-\d\d-\d\d$|^\d\d:\d\d:\d\d$"), "MOMENT"),
    (re.compile(r"'(\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)'"), "'MOMENT'"),
    (re.compile(r"challenge='\d+'"), "challenge='NUMBER'"),
)
VALUES = {"EventTV", "SessionTV", "SessionID", "LocalAddress", "RemoteAddress"}


def stable(text: str) -> str:
    for pattern, stand_in in MOVING:
        text = pattern.sub(stand_in, text)
    return text


def shape(answer: HttpAnswer) -> Shape:
    headers = dict(answer.headers)
    kind = headers.get("Content-type")
    cookie = stable(headers.get("Set-Cookie", "")), stable(headers.get("WWW-authenticate", ""))
    body: Shape
    if kind == "text/plain":
        body = [[(n, "..." if n in VALUES else stable(v)) for n, v in message] for message in answer.messages]
    else:
        body = stable(answer.body.decode())
    return answer.status, answer.names, kind, cookie, body


# --- the requests ----------------------------------------------------------------------------------------------------

BYTES = {
    "no session": b"GET /rawman?action=Ping&ActionID=7 HTTP/1.1\r\n\r\n",
    "no session, xml": b"GET /mxml?action=Ping HTTP/1.1\r\n\r\n",
    "no session, unknown action": b"GET /rawman?action=Bogus HTTP/1.1\r\n\r\n",
    "no action": b"GET /rawman?ActionID=7 HTTP/1.1\r\n\r\n",
    "nothing at all": b"GET /rawman HTTP/1.1\r\n\r\n",
    "digest asked": b"GET /arawman?action=Ping HTTP/1.1\r\n\r\n",
    "digest asked, xml": b"GET /amxml?action=Ping HTTP/1.1\r\n\r\n",
    "digest, basic given": b"GET /arawman?action=Ping HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n",
    "digest, nonsense given": b"GET /arawman?action=Ping HTTP/1.1\r\nAuthorization: Digest x\r\n\r\n",
    "unknown path": b"GET /nothing HTTP/1.1\r\n\r\n",
    "path below": b"GET /rawman/x HTTP/1.1\r\n\r\n",
    "path in capitals with a slash": b"GET /RAWMAN/?action=Ping HTTP/1.1\r\n\r\n",
    "path with an escape": b"GET /raw%6dan?action=Ping HTTP/1.1\r\n\r\n",
    "put": b"PUT /rawman HTTP/1.1\r\n\r\n",
    "delete": b"DELETE /rawman HTTP/1.1\r\n\r\n",
    "no http": b"NONSENSE\r\n\r\n",
    "old http": b"GET /rawman?action=Ping HTTP/1.0\r\n\r\n",
    "no version": b"GET /rawman?action=Ping\r\n\r\n",
    "line feeds only": b"GET /rawman?action=Ping HTTP/1.1\nX: y\n\n",
    "to be closed": b"GET /rawman?action=Ping HTTP/1.1\r\nConnection: close\r\n\r\n",
    "line of 4095": b"GET /rawman?action=Ping&x=" + b"a" * 4058 + b" HTTP/1.1\r\n\r\n",
    "line of 4096": b"GET /rawman?action=Ping&x=" + b"a" * 4059 + b" HTTP/1.1\r\n\r\n",
    "header of 4095": b"GET /rawman?action=Ping HTTP/1.1\r\nX: " + b"a" * 4090 + b"\r\n\r\n",
    "header of 4096": b"GET /rawman?action=Ping HTTP/1.1\r\nX: " + b"a" * 4091 + b"\r\n\r\n",
    "100 headers": b"GET /rawman?action=Ping HTTP/1.1\r\n" + b"X: 1\r\n" * 100 + b"\r\n",
    "101 headers": b"GET /rawman?action=Ping HTTP/1.1\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
    "body of 40960": POST + FORM + b"Content-Length: 40960\r\n\r\naction=Ping&x=" + b"a" * 40946,
    "body of 40961": POST + FORM + b"Content-Length: 40961\r\n\r\naction=Ping&x=" + b"a" * 40947,
    "post with a query": b"POST /rawman?action=Ping HTTP/1.1\r\n" + FORM + b"Content-Length: 0\r\n\r\n",
    "post that is no form": POST + b"Content-Length: 11\r\n\r\naction=Ping",
    "chunks": POST + FORM + b"Transfer-Encoding: chunked\r\n\r\nb\r\naction=Ping\r\n0\r\n\r\n",
    "128 parameters": b"GET /rawman?" + b"x=&" * 127 + b"action=Logoff HTTP/1.1\r\n\r\n",
    "129 parameters": b"GET /rawman?" + b"x=&" * 128 + b"action=Logoff HTTP/1.1\r\n\r\n",
    "bad escapes": b"GET /rawman?action=Ping&ActionID=%zz+%4&x=%00 HTTP/1.1\r\n\r\n",
    "NUL in a value": b"GET /rawman?action=Ping&ActionID=a%00b HTTP/1.1\r\n\r\n",
    "CRLF in a value": b"GET /rawman?action=Ping&ActionID=a%0d%0aX:%20y HTTP/1.1\r\n\r\n",
    "CRLF in a value, xml": b"GET /mxml?action=Ping&ActionID=a%0d%0aX:%20y HTTP/1.1\r\n\r\n",
    "markup in a value, xml": b"GET /mxml?action=Ping&ActionID=%3C%26'%22%3E HTTP/1.1\r\n\r\n",
    "first ActionID empty": b"GET /rawman?action=Ping&ActionID=&ActionID=x HTTP/1.1\r\n\r\n",
    "first action empty": b"GET /rawman?action=&action=Logoff HTTP/1.1\r\n\r\n",
    "blanks before a value": b"GET /rawman?action=%20%09Logoff&ActionID=%20%01x%20 HTTP/1.1\r\n\r\n",
    "logoff without a session": b"GET /rawman?action=Logoff&ActionID=3 HTTP/1.1\r\n\r\n",
    "challenge": b"GET /rawman?action=Challenge&AuthType=md5&ActionID=3 HTTP/1.1\r\n\r\n",
    "challenge without a type": b"GET /rawman?action=Challenge&ActionID=3 HTTP/1.1\r\n\r\n",
    "challenge of another type": b"GET /rawman?action=Challenge&AuthType=sha HTTP/1.1\r\n\r\n",
    "login without a name": b"GET /rawman?action=Login&ActionID=3 HTTP/1.1\r\n\r\n",
    "login of nobody": b"GET /rawman?action=Login&Username=ghost&Secret=x&ActionID=3 HTTP/1.1\r\n\r\n",
    "login with a wrong secret": b"GET /mxml?action=Login&Username=test&Secret=x HTTP/1.1\r\n\r\n",
    "login by key without a challenge": b"GET /rawman?action=Login&Username=test&AuthType=md5&Key=x HTTP/1.1\r\n\r\n",
}

# of a session that is logged in as `test`; the answers are those of a PBX with nothing in it
ASKED: dict[str, tuple[str | None, dict[str, str]]] = {
    "ping": ("Ping", {}),
    "ping in capitals": ("PING", {"ACTIONID": "x"}),
    "ping with odd ActionID": ("Ping", {"ActionID": "a b: c=, «»"}),
    "unknown action": ("Bogus", {"ActionID": "1"}),
    "unknown action, long": ("B" * 600, {}),
    "missing action": (None, {"ActionID": "1"}),
    "login again": ("Login", {"Username": "ro", "Secret": "wrong", "ActionID": "1"}),
    "challenge": ("Challenge", {"AuthType": "MD5"}),
    "events on": ("Events", {"EventMask": "on"}),
    "events by name": ("Events", {"EventMask": "call,bogus"}),
    "events of no name": ("Events", {"EventMask": "bogus"}),
    "events by number": ("Events", {"EventMask": "6"}),
    "events of nothing": ("Events", {"EventMask": ""}),
    "events off": ("Events", {"EventMask": "off", "ActionID": "1"}),
    "filter unknown operation": ("Filter", {"Operation": "Del", "Filter": "x"}),
    "filter empty": ("Filter", {"Operation": "Add", "Filter": ""}),
    "filter bad": ("Filter", {"Operation": "Add", "Filter": "("}),
    "command without a command": ("Command", {}),
    "command unknown": ("Command", {"Command": "bogus thing"}),
    "hangup without a channel": ("Hangup", {}),
    "hangup of nobody": ("Hangup", {"Channel": "PJSIP/nobody-0"}),
    "status of nobody": ("Status", {"Channel": "PJSIP/nobody-0"}),
    "status of nobody at all": ("Status", {"ActionID": "1"}),
    "core show channels": ("CoreShowChannels", {"ActionID": "1"}),
    "conferences": ("ConfbridgeListRooms", {"ActionID": "1"}),
    "conference without a name": ("ConfbridgeList", {}),
    "conference of nobody": ("ConfbridgeList", {"Conference": "9"}),
    "parked calls": ("ParkedCalls", {"ActionID": "1"}),
    "bridges": ("BridgeList", {"ActionID": "1"}),
    "bridge without an id": ("BridgeInfo", {}),
    "bridge of nobody": ("BridgeInfo", {"BridgeUniqueid": "x"}),
    "queue of nobody": ("QueueStatus", {"Queue": "nobody", "ActionID": "1"}),
    "queue summary of nobody": ("QueueSummary", {"Queue": "nobody", "ActionID": "1"}),
    "queue add without a queue": ("QueueAdd", {}),
    "queue add without an interface": ("QueueAdd", {"Queue": "nobody"}),
    "queue add to nobody": ("QueueAdd", {"Queue": "nobody", "Interface": "PJSIP/1"}),
    "queue remove without a queue": ("QueueRemove", {}),
    "queue remove without an interface": ("QueueRemove", {"Queue": "nobody"}),
    "queue remove from nobody": ("QueueRemove", {"Queue": "nobody", "Interface": "PJSIP/1"}),
    "queue pause without an interface": ("QueuePause", {}),
    "queue pause of nobody": ("QueuePause", {"Interface": "PJSIP/1", "Paused": "true"}),
    "queue pause without a word": ("QueuePause", {"Interface": "PJSIP/1"}),
    "getvar without a variable": ("Getvar", {}),
    "getvar of nobody": ("Getvar", {"Channel": "PJSIP/nobody-0", "Variable": "X"}),
    "getvar unknown": ("Getvar", {"Variable": "NOSUCH", "ActionID": "1"}),
    "setvar without a variable": ("Setvar", {}),
    "setvar of nobody": ("Setvar", {"Channel": "PJSIP/nobody-0", "Variable": "X", "Value": "1"}),
    "setvar": ("Setvar", {"Variable": "FIDELITY", "Value": "1", "ActionID": "1"}),
    "getvar": ("Getvar", {"Variable": "FIDELITY"}),
    "redirect without a channel": ("Redirect", {}),
    "redirect of nobody": ("Redirect", {"Channel": "PJSIP/nobody-0", "Exten": "1", "Context": "x", "Priority": "1"}),
    "db without a family": ("DBGet", {}),
    "db without a key": ("DBGet", {"Family": "x"}),
    "db unknown": ("DBGet", {"Family": "x", "Key": "y"}),
    "db put": ("DBPut", {"Family": "fidelity", "Key": "k", "Val": "v", "ActionID": "1"}),
    "db get": ("DBGet", {"Family": "fidelity", "Key": "k", "ActionID": "1"}),
    "db del": ("DBDel", {"Family": "fidelity", "Key": "k"}),
    "db del again": ("DBDel", {"Family": "fidelity", "Key": "k"}),
    "db put without a key": ("DBPut", {"Family": "fidelity"}),
    "extension state without an extension": ("ExtensionState", {}),
    "extension state unknown": ("ExtensionState", {"Exten": "nobody", "Context": "nowhere", "ActionID": "1"}),
    "endpoint without a name": ("PJSIPShowEndpoint", {}),
    "endpoint of nobody": ("PJSIPShowEndpoint", {"Endpoint": "nobody"}),
    "dialplan of no context": ("ShowDialPlan", {"Context": "nosuch", "ActionID": "1"}),
    "dialplan of a context in capitals": ("ShowDialPlan", {"Context": "OUTGOING"}),
    "dialplan of no extension": ("ShowDialPlan", {"Extension": "zzz", "ActionID": "1"}),
    "dialplan of no extension there": ("ShowDialPlan", {"Extension": "zzz", "Context": "outgoing"}),
    "dialplan of nothing at all": ("ShowDialPlan", {"Extension": "zzz", "Context": "nosuch"}),
    "applications like none": ("Command", {"Command": "core show applications like zzzz", "ActionID": "1"}),
    "applications described as none": ("Command", {"Command": "core show applications describing zzzz qqqq"}),
    "user event": ("UserEvent", {"UserEvent": "Fidelity", "Key": "value: 1", "ActionID": "1"}),
    "originate of nothing": ("Originate", {"ActionID": "1"}),
    "originate without a slash": ("Originate", {"Channel": "nonsense", "Application": "Wait"}),
    "originate with a priority": ("Originate", {"Channel": "Local/1@x", "Exten": "1", "Context": "x", "Priority": "p"}),
    "originate with a timeout": ("Originate", {"Channel": "Local/1@x", "Application": "Wait", "Timeout": "soon"}),
    "originate to nowhere": ("Originate", {"Channel": "Local/1@x", "Exten": "9", "Context": "x", "Priority": "1"}),
    "originate without a place": ("Originate", {"Channel": "Local/1@x"}),
    "originate without a context": ("Originate", {"Channel": "Local/1@x", "Exten": "9"}),
    "originate with a long id": ("Originate", {"Channel": "Local/1@x", "Application": "Wait", "ChannelId": "a" * 150}),
    "originate that fails": ("Originate", {"Channel": "Nonsense/1", "Application": "Wait", "ActionID": "1"}),
    "originate later": ("Originate", {"Channel": "Nonsense/1", "Application": "Wait", "Async": "true"}),
    "core settings": ("CoreSettings", {"ActionID": "1"}),
    "logoff": ("Logoff", {"ActionID": "1"}),
    "after logoff": ("Ping", {}),
}  # fmt: skip


def of_bytes(server: Asterisk | Demo) -> Iterator[tuple[str, Shape]]:
    for name, request in BYTES.items():
        answer, is_closed = raw(server.url, request)
        yield name, (shape(parse_answer(answer)), is_closed)


def of_session(server: Asterisk | Demo, path: str) -> Iterator[tuple[str, Shape]]:
    with Caller(server.url, path).login("TEST", server.users["test"]) as caller:
        for name, (action, fields) in ASKED.items():
            yield f"{name}{'' if path == 'rawman' else ', xml'}", shape(caller.ask(action, **fields))


def of_rights(server: Asterisk | Demo) -> Iterator[tuple[str, Shape]]:
    for user in ("ro", "orig"):
        with Caller(server.url).login(user, server.users[user]) as caller:
            for action in ("Status", "Originate", "Command", "UserEvent", "Filter", "Bogus", "QueueAdd", "Hangup"):
                answer = caller.ask(action)
                yield f"{user} may {action}", (answer.status, answer.message, answer.cookie != "")


_OWN = re.compile(rb"(?i)event(: |=')(SuccessfulAuth|Request\w+|UserEvent|WaitEventComplete)|response(: |=')Success")


def event_shape(answer: HttpAnswer) -> Shape:
    """The shape of an answer without what the real server does of itself: it registers its own phone."""
    ends = b"\r\n\r\n" if answer.body.startswith(b"Response") else b"\n"
    own = [part for part in answer.body.split(ends) if _OWN.search(part) or b"ajax-response" in part]
    return shape(replace(answer, body=ends.join(own)))


def of_events(server: Asterisk | Demo) -> Iterator[tuple[str, Shape]]:
    with Caller(server.url).login("test", server.users["test"]) as caller:
        caller.ask("Bogus")
        yield "events of a login and of a bad request", event_shape(caller.ask("WaitEvent", timeout="0", ActionID="1"))
        yield "no events", event_shape(caller.ask("WaitEvent", timeout="0"))
        caller.ask("UserEvent", UserEvent="Fidelity", Key="v", ActionID="9")
        yield "an event of one's own", event_shape(caller.ask("WaitEvent", timeout="5", ActionID="2"))
        caller.ask("UserEvent", UserEvent="Fidelity", Key="v")
        yield "an event, xml", event_shape(caller.ask("WaitEvent", timeout="5", path="mxml"))
        caller.ask("Events", EventMask="off")
        caller.ask("UserEvent", UserEvent="Fidelity")
        yield "events that were off", event_shape(caller.ask("WaitEvent", timeout="1"))
        caller.ask("Events", EventMask="call")
        caller.ask("UserEvent", UserEvent="Fidelity")
        yield "events that are masked", event_shape(caller.ask("WaitEvent", timeout="1"))
    with Caller(server.url).login("ro", server.users["ro"]) as caller:
        caller.ask("Originate")
        yield "events that may not be read", event_shape(caller.ask("WaitEvent", timeout="1"))


def of_digest(server: Asterisk | Demo) -> Iterator[tuple[str, Shape]]:
    auth = HTTPDigestAuth("test", server.users["test"])
    url = f"{server.url}/arawman?action=Ping"
    with Caller(server.url, "arawman", auth) as caller:
        yield "digest", shape(caller.ask("Ping", ActionID="1"))
        yield "digest, login", shape(caller.ask("Login", Username="ro"))
        caller.ask("UserEvent", UserEvent="Fidelity")
        yield "digest, events", event_shape(caller.ask("WaitEvent", timeout="1"))
        header = auth.build_digest_header("GET", url)
        for turn in ("first", "second", "third"):
            request = f"GET /arawman?action=Ping HTTP/1.1\r\nAuthorization: {header}\r\n\r\n".encode()
            yield f"digest, the same count for the {turn} time", shape(parse_answer(raw(server.url, request)[0]))
        yield "digest, post", shape(caller.ask("Ping", method="POST", ActionID="ä&="))
        yield "digest, xml", shape(caller.ask("Ping", path="amxml"))
        yield "digest, logoff", shape(caller.ask("Logoff"))
        yield "digest, reborn", event_shape(caller.ask("WaitEvent", timeout="0"))
    with Caller(server.url, "arawman", HTTPDigestAuth("TEST", server.users["test"])) as caller:
        yield "digest, name in capitals", shape(caller.ask("Ping"))
    with requests.Session() as http:
        http.trust_env = False
        wrong = http.get(url, auth=HTTPDigestAuth("test", "wrong"), timeout=10)
        yield "digest, wrong secret", (wrong.status_code, stable(wrong.text))


PARTS: dict[str, Callable[[Asterisk | Demo], Iterator[tuple[str, Shape]]]] = {
    "bytes": of_bytes,
    "session": lambda server: of_session(server, "rawman"),
    "session in xml": lambda server: of_session(server, "mxml"),
    "rights": of_rights,
    "events": of_events,
    "digest": of_digest,
}

_NEW_IN_22 = "16 has no such header; the embedded PBX answers as 22"
DIFFERENT: dict[str, dict[str, str]] = {
    "22": {},
    "16": {
        "core settings": f"AMIversion; {_NEW_IN_22} (SoundsSearchCustomDir)",
        "core settings, xml": f"AMIversion; {_NEW_IN_22} (SoundsSearchCustomDir)",
        "filter empty": "16 takes an empty filter, 22 refuses it",
        "filter empty, xml": "16 takes an empty filter, 22 refuses it",
    },
}
"""Case and why the embedded PBX answers otherwise than this version."""


@pytest.fixture
def twin(pbx: Asterisk) -> Iterator[Demo]:
    """An embedded PBX with the accounts of the real one, and like it with no calls."""
    accounts = [Account(name, secret, *map(classes, RIGHTS[name])) for name, secret in pbx.users.items()]
    with Demo(accounts, story=lambda _: None) as demo:
        demo.users = pbx.users  # type: ignore[attr-defined]
        yield demo


@pytest.mark.parametrize("part", PARTS)
def test_the_same_requests(pbx, twin, part):
    real, embedded = dict(PARTS[part](pbx)), dict(PARTS[part](twin))
    assert list(real) == list(embedded)
    found = {name for name in real if real[name] != embedded[name]}
    known = set(DIFFERENT[pbx.version]) & set(real)
    for name in sorted(found - known):
        print(f"{pbx.version}: {name}\n  real     {real[name]}\n  embedded {embedded[name]}")
    assert found == known


# --- what lists and events are made of -------------------------------------------------------------------------------

LISTED = ("Status", "CoreShowChannels", "QueueStatus", "QueueSummary", "BridgeList", "ConfbridgeListRooms",
          "ParkedCalls", "Parkinglots", "DeviceStateList", "ExtensionStateList", "PJSIPShowEndpoints", "PJSIPShowAors",
          "PJSIPShowContacts", "ShowDialPlan", "Ping", "CoreSettings", "CoreStatus")  # fmt: skip
_REJECTED = "a phone of the embedded PBX rejects a call by SIP; the calls of the harness have no phone"
OTHER_HEADERS: dict[str, dict[str, str]] = {
    "22": {"Hangup": f"TechCause: {_REJECTED}", "HangupRequest": f"TechCause: {_REJECTED}"},
    "16": {
        "Hangup": f"{_NEW_IN_22} (TechCause)",
        "HangupRequest": f"{_NEW_IN_22} (TechCause)",
        "AorList of PJSIPShowAors": f"{_NEW_IN_22} (Qualify2xxOnly)",
        "ContactList of PJSIPShowContacts": f"{_NEW_IN_22} (Qualify2xxOnly)",
        "Success of CoreSettings": f"{_NEW_IN_22} (SoundsSearchCustomDir)",
        "Success of CoreStatus": f"{_NEW_IN_22} (CoreProcessedCalls)",
    },
}
"""Message and why its headers, or their order, are others than those of this version."""


def kinds(messages: list[list[tuple[str, str]]], first: str) -> dict[str, set[tuple[str, ...]]]:
    """Which headers each kind of message has, in their order; a repeated one counts once."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for message in messages:
        kind = message[0][1] if message[0][0] == "Event" else first
        found.setdefault(kind, set()).add(tuple(dict.fromkeys(name for name, _ in message)))
    return found


def of_lists(server: Asterisk | Demo) -> dict[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    with Caller(server.url).login("test", server.users["test"]) as caller:
        for action in LISTED:
            answer = caller.ask(action, ActionID="1")
            word = answer.messages[0][0][1]
            for kind, headers in kinds(answer.messages, word).items():
                found.setdefault(f"{kind} of {action}", set()).update(headers)
    return found


@pytest.fixture
def crowded(pbx: Asterisk) -> Iterator[Demo]:
    """An embedded PBX as it lives, with the accounts of the real one."""
    accounts = [Account(name, secret, *map(classes, RIGHTS[name])) for name, secret in pbx.users.items()]
    with Demo(accounts, start=1_795_448_000.0, speed=0) as demo:
        demo.users = pbx.users  # type: ignore[attr-defined]
        yield demo


SOMETIMES = {"AgentComplete"}
"""Events with a block that is missing when a channel has gone before: which form comes, chance decides."""


def unlike(version: str, real: dict[str, set[tuple[str, ...]]], embedded: dict[str, set[tuple[str, ...]]]) -> set[str]:
    """Kinds that both have, and of which the embedded PBX has a form that the real one has not."""
    found = set()
    for kind in sorted((set(real) & set(embedded)) - SOMETIMES):
        for form in embedded[kind] - real[kind]:
            nearest = max(real[kind], key=lambda other, form=form: len(set(other) & set(form)))
            print(f"{version}: {kind}\n  real     {nearest}\n  embedded {form}")
            found.add(kind)
    return found


def test_the_headers_of_lists(pbx, crowded):
    pbx.place_calls(60)
    real, embedded = of_lists(pbx), of_lists(crowded)
    assert len(set(real) & set(embedded)) > 25
    assert unlike(pbx.version, real, embedded) == set(OTHER_HEADERS[pbx.version]) & set(real) & set(embedded)


def test_the_dialplan_is_counted_as_it_is_listed(pbx, crowded):
    """Items, extensions, priorities, contexts; and who asks for an extension looks into included contexts again."""
    for server in (pbx, crowded):
        with Caller(server.url).login("test", server.users["test"]) as caller:
            _, *whole, end = (dict(message) for message in caller.ask("ShowDialPlan").messages)
            steps = [item for item in whole if "Priority" in item]
            includes = [(item["Context"], item["IncludeContext"]) for item in whole if "IncludeContext" in item]
            inside = {included for _, included in includes}
            exten = next(i["Extension"] for i in steps if i["Context"] in inside and i["Extension"].isdigit())
            _, *found, end_of_one = (dict(message) for message in caller.ask("ShowDialPlan", Extension=exten).messages)
        contexts = int(end["ListContexts"])
        assert contexts >= len({item["Context"] for item in whole})
        assert int(end["ListItems"]) == len(whole) > len(steps) == int(end["ListPriorities"])
        assert int(end["ListExtensions"]) == len({(item["Context"], item["Extension"]) for item in steps})
        assert int(end_of_one["ListItems"]) == len(found) == int(end_of_one["ListPriorities"])
        assert int(end_of_one["ListContexts"]) == contexts + sum(looks(name, includes) for _, name in includes)
        again = [item["Context"] for item in found if item["Priority"] == "1"]
        assert len(again) > len(set(again)), "an included one is told again"


def looks(context: str, includes: list[tuple[str, str]]) -> int:
    """How many contexts one look into this one reads."""
    return 1 + sum(looks(included, includes) for one, included in includes if one == context)


def test_the_applications(pbx, crowded):
    """The same head, end and columns; and no application that the real server does not know."""
    printed = {}
    for name, server in (("real", pbx), ("embedded", crowded)):
        with Caller(server.url).login("test", server.users["test"]) as caller:
            for words in ("", " like answer", " like", " like q x", " LIKE answer", " describing"):
                message = caller.ask("Command", Command=f"core show applications{words}").messages[0]
                head, *lines, end = [value for header, value in message if header == "Output"]
                parts = [line.split(":", 1) for line in lines]
                assert lines == [f"  {name.strip():>20}:{rest}" for name, rest in parts]
                names = [name.strip() for name, _ in parts]
                assert f" {len(names)} " in end
                printed[name, words] = head, end.replace(f" {len(names)} ", " N "), names
    for words in ("", " like answer", " like", " like q x", " LIKE answer", " describing"):
        real, embedded = printed["real", words], printed["embedded", words]
        assert embedded[:2] == real[:2], words
        assert set(embedded[2]) <= set(real[2]), words
        assert [name for name in real[2] if name in embedded[2]] == embedded[2], "their order"
    assert len(printed["embedded", ""][2]) > 10


def test_the_headers_of_events(pbx, crowded):
    with Caller(pbx.url).login("test", pbx.users["test"]) as caller:
        pbx.place_calls(60)
        pbx.hangup_all()
        real = kinds(caller.ask("WaitEvent", timeout="1").messages, "")
    embedded = kinds([list(event.message.pairs) for event in crowded.world.log], "")
    assert len(set(real) & set(embedded)) > 20
    assert unlike(pbx.version, real, embedded) == set(OTHER_HEADERS[pbx.version]) & set(real) & set(embedded)
