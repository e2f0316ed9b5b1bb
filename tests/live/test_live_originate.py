"""Originate on real servers: what became of each call, told truly; what is sent arrives; nothing is sent twice."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from amf_support import ROOT
from dropping_proxy import halving
from pbx_server import VERSIONS, Asterisk, Manager
from proxy import Proxy

import amiframe as af

pytestmark = pytest.mark.gate

ECHO = "Local/200@outgoing"  # answers at once and stays
RINGS = "Local/603@outgoing"  # rings 8 s, or as long as RINGS says
APP = {"application": "Wait", "data": "20"}
ALL = ("rawman", "mxml", "arawman", "amxml")


def connect(server, user="test", interface="rawman", url=None, **more):
    return af.connect(url or server.url, username=user, secret=server.users[user], interface=interface, **more)


class Witness:
    """What the server itself tells of the calls made while this looked, by a session that owes nothing to amiframe."""

    def __init__(self, server: Asterisk, manager: Manager) -> None:
        self._server = server
        self._manager = manager
        self._events: list[dict[str, str]] = []

    def events(self, name: str) -> list[dict[str, str]]:
        for message in self._manager.send("WaitEvent", ("timeout", "0")):
            self._events.append(dict(message))
        return [event for event in self._events if event.get("Event") == name]

    def calls(self, settle: float = 0.4) -> list[str]:
        """Give the Uniqueid of each call that was begun, after a moment in which a late one would show."""
        time.sleep(settle)
        return [e["Uniqueid"] for e in self.events("Newchannel") if not e["Channel"].endswith(";2")]


@contextlib.contextmanager
def witness(server: Asterisk) -> Iterator[Witness]:
    with server.manager("harness") as manager:
        yield Witness(server, manager)


def getvar(server: Asterisk, channel: str, name: str) -> str:
    with server.manager("harness") as manager:
        return dict(manager.send("Getvar", ("Channel", channel), ("Variable", name))[0])["Value"]


def channel_of(server: Asterisk, uniqueid: str, state: str = "Ringing") -> str:
    """Wait until the channel of this id is in that state; give its name."""
    found: list[str] = []

    def there() -> bool:
        found[:] = [line[0] for line in server.channels() if line[-1] == uniqueid and line[4] == state]
        return bool(found)

    server.wait(there, f"bring {uniqueid} to {state}", 10)
    return found[0]


# --- outcomes -------------------------------------------------------------------------------------------------------

# target, ring_timeout: outcome, Reason when asynchronous, cause on 16 and on 22
TARGETS = {
    (ECHO, 5): ("answered", 4, None, None),
    ("PJSIP/200@loop", 5): ("answered", 4, None, None),
    ("PJSIP/604@loop", 5): ("answered", 4, None, None),  # early media, then an answer
    ("Local/601@outgoing", 5): ("busy", 5, 0, 0),  # a busy signal
    ("PJSIP/601@loop", 5): ("busy", 0, 17, 17),  # SIP 486
    ("Local/7017@outgoing", 5): ("busy", 0, 17, 17),
    ("Local/602@outgoing", 5): ("congestion", 8, 0, 0),
    ("PJSIP/602@loop", 5): ("congestion", 0, 34, 34),  # SIP 503
    ("PJSIP/7038@loop", 5): ("congestion", 0, 38, 38),
    (RINGS, 1): ("no answer", 3, 0, 19),  # rings until our time is up
    ("PJSIP/603@loop", 1): ("no answer", 3, 0, 19),
    ("PJSIP/deadphone", 1): ("no answer", 3, 0, 19),  # a phone that is switched off
    (RINGS, 20): ("no answer", 0, 19, 19),  # rings out by itself
    ("PJSIP/7018@loop", 5): ("no answer", 0, 18, 18),
    ("PJSIP/7021@loop", 5): ("rejected", 0, 21, 21),  # SIP 403
    ("Local/7021@outgoing", 5): ("rejected", 0, 21, 21),
    ("PJSIP/7016@loop", 5): ("by version", 0, 16, 21),  # SIP 603: 22 makes Q.850 cause 21 of it; 16 says nothing
    ("PJSIP/nosuchextension@loop", 5): ("failed", 0, 1, 1),  # SIP 404
    ("PJSIP/nosuch", 5): ("failed", 0, None, None),  # no such endpoint
    ("PJSIP/user", 5): ("failed", 0, None, None),  # not registered
    ("NoTech/1", 5): ("failed", 0, None, None),
    ("Local/nosuch@outgoing", 5): ("failed", 0, 0, 0),
}
WITHOUT_CHANNEL = {"PJSIP/nosuch", "PJSIP/user", "NoTech/1"}
BY_VERSION = {"16": "no answer", "22": "rejected"}  # as the table of hangup causes and af.originations have it


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
def test_each_outcome_is_the_true_one(pbx, is_async):
    """All targets, six at a time, each on a connection of its own; on a busy machine two timers of the PBX may change
    their order, so what was wrong is called once more, alone."""
    with ThreadPoolExecutor(6) as threads:
        wrong = dict(zip(TARGETS, threads.map(lambda target: untrue(pbx, target, is_async), TARGETS), strict=True))
    again = [untrue(pbx, target, is_async) for target, difference in wrong.items() if difference]
    assert not any(again), wrong


def untrue(pbx: Asterisk, asked: tuple[str, float], is_async: bool) -> str | None:
    """Call a target; say what was told otherwise than it was."""
    target, ring_timeout = asked
    outcome, reason, *causes = TARGETS[asked]
    cause = dict(zip(VERSIONS, causes, strict=True))[pbx.version]
    with connect(pbx) as client:
        began = time.monotonic()
        call = client.originate(
            target, **APP, ring_timeout=ring_timeout, variables={"__RINGS": 1}, async_=is_async,
            wait=15 if is_async else None,
        )  # fmt: skip
        took = time.monotonic() - began
    if target in WITHOUT_CHANNEL:
        channel = target if is_async else None
    else:
        technology = target.partition("/")[0]
        channel = call.channel if (call.channel or "").startswith(f"{technology}/") and "-0" in call.channel else "?"
    reported = (call.accepted, call.outcome, call.reason, call.cause, call.cause_txt is None, call.channel)
    true = (
        True, BY_VERSION[pbx.version] if outcome == "by version" else outcome, reason if is_async else None, cause,
        cause is None, channel,
    )  # fmt: skip
    if reported == true and dict(call.fields)["ChannelId"] == call.uniqueid and took < 5:
        return None
    return f"{target} for {ring_timeout} s: told {reported}, true {true}, took {took:.1f} s"


@pytest.mark.parametrize("interface", ALL)
def test_outcomes_are_the_same_on_the_four_interfaces(pbx, interface):
    wanted = {
        "PJSIP/200@loop": ("answered", 4, None),
        "PJSIP/601@loop": ("busy", 0, 17),
        "Local/602@outgoing": ("congestion", 8, 0),
        "PJSIP/7021@loop": ("rejected", 0, 21),
        "NoTech/1": ("failed", 0, None),
    }
    with connect(pbx, interface=interface) as client:
        for target, reported in wanted.items():
            call = client.originate(target, **APP, wait=10)
            assert (call.outcome, call.reason, call.cause) == reported, target
            sync = client.originate(target, **APP, ring_timeout=5, async_=False)
            assert (sync.outcome, sync.reason, sync.cause) == (reported[0], None, reported[2]), target
        with pytest.raises(af.ActionError, match=r"Extension does not exist\."):
            client.originate(ECHO, exten="nosuch", context="outgoing")


def test_a_call_that_is_answered_and_hung_up_at_once_was_answered(pbx):
    """The far end answers and hangs up in the same moment: answered, by both ways, ten times."""
    pbx.cli("dialplan add extension 690,1,Answer into outgoing")
    pbx.cli("dialplan add extension 690,2,Hangup,16 into outgoing")
    with connect(pbx) as client:
        for target in ("Local/690@outgoing", "Local/690@outgoing/n", "PJSIP/690@loop") * 3:
            call = client.originate(target, application="NoOp", wait=10)
            assert (call.outcome, call.reason) == ("answered", 4), target
            assert client.originate(target, application="NoOp", async_=False).outcome == "answered", target


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
@pytest.mark.parametrize("target", [RINGS, "PJSIP/603@loop"])
def test_a_call_hung_up_on_this_side_while_it_rings_is_cancelled(pbx, target, is_async):
    def call(at: int) -> af.Origination:
        with connect(pbx) as client:
            return client.originate(
                target, **APP, channelid=f"amf-cancel-{at}", ring_timeout=7, async_=is_async,
                wait=10 if is_async else None,
            )  # fmt: skip

    with ThreadPoolExecutor(3) as threads, connect(pbx) as other:
        reported = threads.map(call, range(3))
        names = [channel_of(pbx, f"amf-cancel-{at}") for at in range(3)]
        other.hangup(names[0])
        other.hangup(names[1], cause=21)
        other.cli(f"channel request hangup {names[2]}")
    reason = 0 if is_async else None
    assert [(one.outcome, one.reason, one.cause) for one in reported] == [
        ("cancelled", reason, 0), ("cancelled", reason, 21), ("cancelled", reason, 0)
    ]  # fmt: skip


# --- not known, not sent --------------------------------------------------------------------------------------------


def test_what_is_not_waited_for_or_not_known_in_time_is_pending(pbx):
    with connect(pbx) as client:
        for wait in (None, 0.5):
            call = client.originate(RINGS, **APP, wait=wait)
            assert (call.accepted, call.outcome, call.reason, call.cause) == (True, "pending", None, None)
        assert call.channel.startswith("Local/603@outgoing-"), "what is known is told"


def test_a_dry_run_sends_nothing(pbx):
    with Proxy(pbx.http_port) as proxy, connect(pbx, url=proxy.url) as client:
        call = client.originate(ECHO, **APP, wait=10, dry_run=True, variables={"A": "b,c"})
        assert proxy.connections == 0
    assert (call.accepted, call.outcome, call.channel) == (False, "pending", None)
    assert [field for field in call.fields if field[0] not in ("ActionID", "ChannelId")] == [
        ("Action", "Originate"), ("Channel", ECHO), ("Application", "Wait"), ("Data", "20"), ("Variable", "A=b\\,c"),
        ("Async", "true"),
    ]  # fmt: skip
    assert pbx.channels() == []


def test_the_fields_of_a_dry_run_are_the_fields_that_are_sent(pbx):
    with Proxy(pbx.http_port) as proxy, connect(pbx, url=proxy.url) as client:
        call = client.originate(ECHO, exten="200", context="outgoing", ring_timeout=1.5, callerid='"Ж" <1>', wait=5)
        [sent] = proxy.counted("Originate")
    assert sent.fields == call.fields
    assert ("Timeout", "1500") in sent.fields
    assert ("Priority", "1") in sent.fields


@pytest.fixture
def blind(pbx: Asterisk) -> Iterator[Asterisk]:
    """An account that may originate but reads no call events."""
    path = pbx.home / "etc" / "manager.conf"
    before = path.read_text("utf-8")
    path.write_text(f"{before}\n[blind]\nsecret = see-nothing\nread = reporting\nwrite = originate,call\n", "utf-8")
    pbx.users["blind"] = "see-nothing"
    pbx.cli("manager reload")
    yield pbx
    del pbx.users["blind"]
    path.write_text(before, "utf-8")
    pbx.cli("manager reload")


def test_an_account_that_reads_no_calls_cannot_know_what_became_of_one(blind):
    with connect(blind, "blind") as client:
        call = client.originate("Local/601@outgoing", **APP, wait=1.5)
        assert (call.accepted, call.outcome, call.reason) == (True, "pending", None)
        # a request that lasts says itself whether it was answered, and no more
        assert client.originate(ECHO, **APP, ring_timeout=2, async_=False).outcome == "answered"
        assert client.originate("Local/601@outgoing", **APP, ring_timeout=2, async_=False).outcome == "failed"


def test_an_account_without_the_right_is_denied_and_no_call_is_made(pbx):
    with witness(pbx) as seen, connect(pbx, "ro") as client:
        for more in ({}, {"wait": 3}, {"async_": False}):
            with pytest.raises(af.AccessDenied, match="'ro' may not run Originate"):
                client.originate(ECHO, **APP, **more)
        assert seen.calls() == []


@pytest.mark.parametrize(("application", "data"), [("System", "true"), ("Wait", "${SHELL(true)}"), ("NoOp", "myDB")])
def test_a_restricted_application_is_refused_in_the_words_of_the_version(pbx, application, data):
    words = {
        "16": {"System": "Originate Access Forbidden: Application", "Wait": "Originate Access Forbidden: Data"},
        "22": dict.fromkeys(("System", "Wait", "NoOp"), "Originate Access Forbidden: app or data blacklisted"),
    }[pbx.version].get(application)
    with connect(pbx, "orig") as client:
        if words is None:  # 16 does not mind DB
            assert client.originate(ECHO, application=application, data=data, wait=5).outcome == "answered"
            return
        for more in ({}, {"wait": 3}, {"async_": False}):
            with pytest.raises(af.ActionError) as refused:
                client.originate(ECHO, application=application, data=data, **more)
            assert refused.value.message == words


GOOD = {"Channel": ECHO, "Exten": "200", "Context": "outgoing", "Priority": 1, "Async": True}
OURS = {"channel": ECHO, "exten": "200", "context": "outgoing"}
# what is wrong as we take it, who says so ("us": nothing is sent), what is wrong as it is sent, the server's words
BAD = {
    "channelid too long": ({"channelid": "x" * 150}, "us", {"ChannelId": "x" * 150}, "Uniqueid length exceeds maximum"),
    "otherchannelid": ({"otherchannelid": "x" * 150}, "us", {"OtherChannelId": "x" * 150}, "Uniqueid length exceeds"),
    "no channel": ({"channel": ""}, "us", {"Channel": None}, "Channel not specified"),
    "priority no label": ({"priority": "nolabel"}, "server", {"Priority": "nolabel"}, "Invalid priority"),
    "timeout no number": ({"ring_timeout": "soon"}, "us", {"Timeout": "soon"}, "Invalid timeout"),
    "channel without slash": ({"channel": "200"}, "us", {"Channel": "200"}, "Invalid channel"),
    "channel without resource": ({"channel": "PJSIP/"}, "us", {"Channel": "PJSIP/"}, None),
    "no such exten": ({"exten": "nosuch"}, "server", {"Exten": "nosuch"}, "Extension does not exist."),
    "no such context": ({"context": "nosuch"}, "server", {"Context": "nosuch"}, "Extension does not exist."),
    "no such priority": ({"priority": 99}, "server", {"Priority": 99}, "Extension does not exist."),
    "neither, sync": ({"exten": None, "context": None, "async_": False}, "us",
                      {"Exten": None, "Context": None, "Priority": None, "Async": False},
                      "Originate with 'Exten' requires 'Context' and 'Priority'"),
    "neither, async": ({"exten": None, "context": None}, "us",
                       {"Exten": None, "Context": None, "Priority": None}, None),
    "exten without context": ({"context": None}, "us", {"Context": None, "Priority": 1}, "Extension does not exist."),
    "exten empty": ({"exten": ""}, "us", {"Exten": ""}, "Extension does not exist."),
    "priority 0": ({"priority": 0}, "us", {"Priority": 0}, None),
    "application blank": ({"exten": None, "context": None, "application": " "}, "us",
                          {"Exten": None, "Context": None, "Priority": None, "Application": " "}, None),
    "both": ({"application": "Wait"}, "us", {"Application": "Wait"}, None),
    "data alone": ({"data": "1"}, "us", {"Data": "1"}, None),
    "milliseconds": ({"ring_timeout": 0.03}, "us", {"Timeout": 0.03}, None),
    "no limit": ({"ring_timeout": 0}, "us", {"Timeout": 0}, None),
    "callerid too long": ({"callerid": "x" * 256}, "us", {"CallerID": "x" * 256}, None),
}  # fmt: skip


def test_a_bad_argument_is_refused_by_us_or_by_the_server_in_its_words(pbx):
    """What the server would refuse or silently misread (words None: it takes it) is refused before it is sent."""
    for what, (ours, who, sent, words) in BAD.items():
        with Proxy(pbx.http_port) as proxy, connect(pbx, url=proxy.url) as client:
            with pytest.raises(af.ActionRefused if who == "us" else af.ActionError) as refused:
                client.originate(**{**OURS, **ours})
            assert (proxy.connections == 0) is (who == "us"), what
            assert who == "us" or refused.value.message == words
            if words is None:
                assert client.action("Originate", {**GOOD, **sent}).ok, f"{what}: the server would take it"
            else:
                with pytest.raises(af.ActionError) as refused:
                    client.action("Originate", {**GOOD, **sent})
                assert refused.value.message.startswith(words), what


# --- what is sent arrives -------------------------------------------------------------------------------------------

VALUES = [
    "", "plain", " lead", "trail ", "  both  ", "a,b", ",", ",,", '"', '"q"', 'say "hi", you', "'", "\\", "\\\\",
    "end\\", "\\n", '\\"', "back\\slash", "(", ")", "f(x", "a)b", "(a,b", "[", "]", "a[1", "([,\"", "=", "a=b", "=x",
    ";", "a;b", "&", "a&b", "|", "a|b", "$", "${X}", "${CHANNEL(name)}", "$[1+1]", "%41", "%", "+", "a+b c", "a: b",
    "#", "!", "`x`", "{}", "<b>&amp;", "tab\tin", "Ünïcode", "Санкт-Петербург", "日本語 📞", "\u2028", "x" * 400,
]  # fmt: skip


def test_variables_arrive_exactly_as_they_are(pbx):
    """What is nasty by itself, and 60 values made of nasty characters: told by Status and, apart from us, by Getvar."""
    dice = random.Random(20)  # the same values every time
    made = ["".join(dice.choices(" ,\"\\()[]=;&|$a{}é'", k=dice.randint(1, 30))) for _ in range(60)]
    values = VALUES + made
    with connect(pbx) as client, pbx.manager("harness") as manager:
        for begin in range(0, len(values), 40):
            given = {f"V{begin + at}": value for at, value in enumerate(values[begin : begin + 40])}
            call = client.originate(ECHO + "/n", **APP, variables=given, wait=10)
            reported = dict(client.status(call.channel, variables=list(given))["variables"].iloc[0])
            assert {name: reported[name] or "" for name in given} == given
            for name, value in given.items():
                reply = manager.send("Getvar", ("Channel", call.channel), ("Variable", name))[0]
                assert dict(reply)["Value"].encode("utf-8", "surrogateescape").decode() == value


def test_variables_are_inherited_functions_called_and_the_first_of_a_name_wins(pbx):
    nasty = '(a), "b" [c]\\'
    given = [
        ("_ONCE", nasty), ("__EVER", nasty), ("CALLERID(name)", nasty), ("CHANNEL(language)", "fr"), ("A", "1"),
        ("A", "2"), ("NUMBER", 7), ("YES", True), ("NONE", None), ("X.Y", "dot"), ("ИМЯ", "ж"),
    ]  # fmt: skip
    with connect(pbx) as client:
        call = client.originate(ECHO + "/n", **APP, variables=given, otherchannelid="amf-other", wait=10)
        rows = client.status(all_variables=True).set_index("uniqueid")
    near, far = rows.loc[call.uniqueid], rows.loc["amf-other"]
    variables, inherited = dict(near["variables"]), dict(far["variables"])
    assert near["calleridname"] == nasty
    assert getvar(pbx, call.channel, "CHANNEL(language)") == "fr"
    assert variables["A"] == "1"
    assert (variables["NUMBER"], variables["YES"], variables["X.Y"], variables["ИМЯ"]) == ("7", "1", "dot", "ж")
    assert "NONE" not in variables
    assert inherited["ONCE"] == inherited["EVER"] == nasty
    assert not {"_ONCE", "__EVER"} & inherited.keys()


def test_callerid_account_codecs_and_ids_arrive(pbx):
    with connect(pbx) as client:
        call = client.originate(
            ECHO + "/n", exten="608", context="outgoing", priority="top", callerid='"Иван, П." <+7495>', wait=10,
            account="acc 1", codecs=["alaw", "gsm"], channelid="amf-mine", otherchannelid="amf-other",
        )  # fmt: skip
        rows = client.status().set_index("uniqueid")
    assert call.uniqueid == "amf-mine"
    assert {"amf-mine", "amf-other"} <= set(rows.index)
    near = rows.loc["amf-mine"]
    assert (near["calleridname"], near["calleridnum"], near["accountcode"]) == ("Иван, П.", "+7495", "acc 1")
    assert near["channel"] == call.channel
    assert "alaw" in near["nativeformats"] or "gsm" in near["nativeformats"]
    assert "ulaw" not in near["nativeformats"]
    assert (near["exten"], near["context"]) == ("608", "outgoing")


def test_early_media_goes_on_before_the_answer(pbx):
    """604 gives sound for 2 s before it answers: with earlymedia our side is in the dialplan meanwhile."""
    with connect(pbx) as client:
        for early in (True, False):
            call = client.originate(
                "Local/604@outgoing/n", exten="200", context="outgoing", earlymedia=early, channelid=f"amf-{early}"
            )
            time.sleep(0.8)
            [line] = [line for line in pbx.channels() if line[-1] == call.uniqueid]
            assert (line[5] == "Echo") is early, line


# --- at most once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
@pytest.mark.parametrize("interface", ALL)
def test_a_connection_that_breaks_before_the_answer_makes_one_call(pbx, interface, is_async):
    """The request came through, its answer did not: we say that we do not know, and the server saw one call."""
    with witness(pbx) as seen, Proxy(pbx.http_port) as proxy:
        with connect(pbx, interface=interface, url=proxy.url) as client:
            client.ping()
            fault = proxy.plan("lose", "Originate", times=9)
            if interface.startswith("a"):
                client.ping()
            with pytest.raises(af.ConnectError):
                client.originate(ECHO, **APP, channelid="amf-once", async_=is_async, ring_timeout=5)
            assert fault.done == len(proxy.counted("Originate")) == 1
        assert seen.calls() == ["amf-once"]
        assert len(seen.events("OriginateResponse")) == (1 if is_async else 0)


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_a_connection_that_breaks_before_the_request_is_whole_makes_no_call(pbx, interface):
    with witness(pbx) as seen:
        with halving(pbx.http_port, b"Action=Originate") as (url, halves):
            with connect(pbx, interface=interface, url=url) as client:
                client.ping()
                with pytest.raises(af.ConnectError):
                    client.originate(ECHO, **APP)
            assert len(halves) == 1
            assert b"Action=Originate" in halves[0]
        with Proxy(pbx.http_port) as proxy, connect(pbx, interface=interface, url=proxy.url) as client:
            client.ping()
            fault = proxy.plan("refuse", "Originate", times=9)
            with pytest.raises(af.ConnectError):
                client.originate(ECHO, **APP)
            assert fault.done == 1
        assert seen.calls() == []


def test_an_answer_that_is_cut_or_too_late_makes_one_call(pbx):
    with witness(pbx) as seen, Proxy(pbx.http_port) as proxy:
        with connect(pbx, url=proxy.url) as client:
            client.ping()
            proxy.plan("cut", "Originate", times=9)
            with pytest.raises(af.ConnectError):
                client.originate(ECHO, **APP, channelid="amf-cut")
        proxy.forget()
        with connect(pbx, url=proxy.url, timeout=1) as client:
            client.ping()
            proxy.plan("delay", "Originate", times=9, seconds=2)
            with pytest.raises(af.ConnectError):
                client.originate(ECHO, **APP, channelid="amf-late")
        assert sorted(seen.calls()) == ["amf-cut", "amf-late"]


@pytest.mark.parametrize("interface", ALL)
def test_a_session_that_expired_before_the_request_makes_one_call(pbx, interface):
    """The server has forgotten the session; we find out with a ping, log in again, and call once."""
    with witness(pbx) as seen, Proxy(pbx.http_port) as proxy:
        with connect(pbx, interface=interface, url=proxy.url) as client:
            client.ping()
            client.action("Logoff")  # what the server's purge does: our side still thinks that the session lives
            client._session._answered -= 60  # the last answer is a minute old
            call = client.originate(ECHO, **APP)
            assert call.accepted
            assert [one.status for one in proxy.counted("Originate")] == [200]
        assert seen.calls() == [call.uniqueid]


def test_a_session_that_dies_with_the_request_makes_no_call_and_the_next_works(pbx):
    """Killed within the seconds in which no ping is sent first: the answer says that nothing was done, and so do we."""
    with witness(pbx) as seen, connect(pbx) as client:
        client.ping()
        client.action("Logoff")
        with pytest.raises(af.SessionLost):
            client.originate(ECHO, **APP)
        assert seen.calls() == []
        call = client.originate(ECHO, **APP)
        assert seen.calls() == [call.uniqueid]


def test_a_stale_nonce_makes_one_call(pbx):
    """Digest: the server answers 401 to an aged nonce and does nothing; the second request is the first that counts."""
    with witness(pbx) as seen, Proxy(pbx.http_port) as proxy:
        with connect(pbx, interface="arawman", url=proxy.url) as client:
            client.ping()
            client.ping()
            auth = client._session._transport._http["once"].auth
            auth._thread_local.nonce_count = 0  # a count that was used before ages the nonce at once
            call = client.originate(ECHO, **APP)
            exchanges = proxy.counted("Originate")
        assert [one.status for one in exchanges] == [401, 200]
        assert exchanges[0].is_stale
        assert seen.calls() == [call.uniqueid]


# --- hangup ---------------------------------------------------------------------------------------------------------


def test_hangup_ends_one_call_and_reports_its_cause(pbx):
    with witness(pbx) as seen, connect(pbx) as client:
        first, second = (client.originate(ECHO + "/n", **APP, wait=10) for _ in range(2))
        client.hangup(first.channel, cause=21)
        pbx.wait(lambda: len(pbx.channels()) == 2, "end one call", 5)
        assert second.channel in client.status()["channel"].tolist()
        causes = {e["Channel"]: e["Cause"] for e in seen.events("Hangup")}
        assert causes[first.channel] == "21"
        with pytest.raises(af.ActionError, match="No such channel"):
            client.hangup(first.channel)


@pytest.mark.parametrize("name", ["/.*/", " /.*/", "   /^Local", "/"])
def test_hangup_takes_no_expression_that_would_hang_up_many(pbx, name):
    """The server skips blanks before a value: a slash behind them makes an expression too."""
    with connect(pbx) as client:
        call = client.originate(ECHO + "/n", **APP, wait=10)
        with pytest.raises(af.ConfigError, match="one channel"):
            client.hangup(name)
        assert call.channel in client.status()["channel"].tolist()
        client.action("Hangup", Channel=" /^Local.*/")
        pbx.wait(lambda: not pbx.channels(), "hang up by an expression, as this test claims it would", 5)


# --- many -----------------------------------------------------------------------------------------------------------


def test_many_calls_give_a_frame_of_outcomes_in_their_order(pbx):
    """A table with gaps: outcomes in its order; a request that the server refuses is told and stops nobody."""
    table = pd.DataFrame({
        "channel": ["PJSIP/601@loop", ECHO, ECHO, "PJSIP/7021@loop", "NoTech/1", RINGS],
        "exten": [200, 200, 9999, None, None, 200],  # the gaps make floats of the numbers
        "context": ["outgoing", "outgoing", "outgoing", None, None, "outgoing"],
        "application": [None, None, None, "Wait", "Wait", None],
        "ring_timeout": [5, 5, 5, 5, 5, 1.5],
        "variables": [{"A": "1"}, None, [("B", "2,3")], None, {}, None],
    })  # fmt: skip
    with connect(pbx) as client:
        made = af.originate_many(client, table, at_most=3, per_second=20, progress=False)
    assert made["outcome"].tolist() == ["busy", "answered", "failed", "rejected", "failed", "no answer"]
    assert made["accepted"].tolist() == [True, True, False, True, True, True]
    assert made["error"].tolist()[2] == "Extension does not exist."
    assert made["error"].isna().tolist() == [True, True, False, True, True, True]
    assert made["reason"].fillna(-1).tolist() == [0, 4, -1, 0, 0, 3]
    assert made["cause"].fillna(-1).tolist()[:5] == [17, -1, -1, 21, -1]
    assert made["channel"].isna().tolist() == [False, False, True, False, False, False]
    assert made["uniqueid"].is_unique
    assert {name: str(dtype) for name, dtype in made.dtypes.items()} == {
        "channel": "str", "outcome": "str", "accepted": "boolean", "reason": "Int64", "cause": "Int64",
        "cause_txt": "str", "uniqueid": "str", "actionid": "str", "error": "str",
    }  # fmt: skip


def test_an_empty_batch_is_an_empty_frame_of_the_same_types(pbx):
    with connect(pbx) as client:
        one = af.originate_many(client, [{"channel": ECHO, **APP}], at_most=1, per_second=9, progress=False)
        none = af.originate_many(client, [], at_most=1, per_second=1)
    assert len(none) == 0
    assert none.dtypes.to_dict() == one.dtypes.to_dict()


def overlap(seen: Witness) -> int:
    """Give the greatest number of calls that were open at the same time, by the server's own clock."""
    steps = [(float(e["Timestamp"]), 1) for e in seen.events("Newchannel") if not e["Channel"].endswith(";2")]
    steps += [(float(e["Timestamp"]), -1) for e in seen.events("OriginateResponse")]
    total = most = 0
    for _, step in sorted(steps):
        total += step
        most = max(most, total)
    return most


def test_no_more_calls_are_open_and_begun_than_allowed(pbx):
    """Six calls, three at a time; the first three end together, and those that waited do not catch up on the pace."""
    rows = [{"channel": RINGS, **APP, "variables": {"__RINGS": rings}} for rings in (1.5, 1.25, 1, 0.5, 0.5, 0.5)]
    with witness(pbx) as seen, connect(pbx) as client:
        made = af.originate_many(client, rows, at_most=3, per_second=4, progress=False)
        assert overlap(seen) == 3
        began = [float(e["Timestamp"]) for e in seen.events("Newchannel") if not e["Channel"].endswith(";2")]
    assert made["outcome"].tolist() == ["no answer"] * 6
    # the way to the server is not always equally long: a request that is late is nearer to the next one
    of_two = [later - earlier for earlier, later in zip(began, began[2:], strict=False)]
    assert min(of_two) > 2 * 0.25 - 0.08, began


def test_the_pace_is_kept_and_reached(pbx):
    rows = [{"channel": ECHO, "application": "NoOp"}] * 16
    with witness(pbx) as seen, connect(pbx) as client:
        started = time.monotonic()
        made = af.originate_many(client, rows, at_most=50, per_second=10, progress=False)
        took = time.monotonic() - started
        began = [float(e["Timestamp"]) for e in seen.events("Newchannel") if not e["Channel"].endswith(";2")]
    assert (made["outcome"] == "answered").all()
    assert len(began) == 16
    assert 1.4 <= began[-1] - began[0] < 4  # 15 pauses of 0.1 s, by the clock of the server
    assert took < 6


def test_no_call_is_made_when_one_request_cannot_be_sent(pbx):
    good = {"channel": ECHO, **APP}
    bad = [
        ({"channel": ECHO}, "request 2: where shall the call go"),
        ({**APP}, "request 2: has no channel"),
        ({**good, "wait": 5}, "request 2: takes no 'wait'"),
        ({**good, "async_": False}, "request 2: takes no 'async_'"),
        ({**good, "callerid": "a\r\nb"}, "request 2: .* a carriage return"),
        ({**good, "ring_timeout": 0.03}, "request 2: ring_timeout=0.03"),
        ({**good, "variables": "A=1"}, "request 2: variables are neither"),
    ]
    with Proxy(pbx.http_port) as proxy, connect(pbx, url=proxy.url) as client:
        for row, words in bad:
            with pytest.raises(af.ActionRefused, match=words):
                af.originate_many(client, [good, good, row, good], at_most=2, per_second=100)
        with pytest.raises(af.ActionRefused, match="request 1: its channelid is that of request 0"):
            af.originate_many(client, [{**good, "channelid": "x"}] * 2, at_most=2, per_second=100)
        for cap in ({"at_most": 0, "per_second": 1}, {"at_most": 1, "per_second": 0},
                    {"at_most": 1, "per_second": float("nan")}):  # fmt: skip
            with pytest.raises(af.ConfigError):
                af.originate_many(client, [good], **cap)
        assert proxy.connections == 0


def test_what_is_not_known_in_time_is_pending_and_makes_room(pbx):
    rows = [{"channel": RINGS, **APP}, {"channel": ECHO, **APP}]
    with connect(pbx) as client:
        made = af.originate_many(client, rows, at_most=1, per_second=50, wait=0.6, progress=False)
    assert made["outcome"].tolist() == ["pending", "answered"]
    assert made["accepted"].all()


def test_a_broken_connection_ends_the_batch_and_repeats_no_call(pbx):
    rows = [{"channel": ECHO, **APP, "channelid": f"amf-row-{at}"} for at in range(4)]
    with witness(pbx) as seen, Proxy(pbx.http_port) as proxy:
        with connect(pbx, url=proxy.url) as client:
            client.ping()
            proxy.plan("lose", "Originate", times=9)
            with pytest.raises(af.ConnectError):
                af.originate_many(client, rows, at_most=1, per_second=50, progress=False)
        assert seen.calls() == ["amf-row-0"]


@pytest.mark.parametrize("interface", ["rawman", "arawman"])
def test_ctrl_c_ends_a_batch_cleanly_and_leaves_no_session(pbx, interface):
    script = f"""
        import amiframe as af
        with af.connect({pbx.url!r}, username="orig", secret={pbx.users["orig"]!r}, interface={interface!r}) as pbx:
            rows = [dict(channel={RINGS!r}, application="Wait", data="20")] * 50
            af.originate_many(pbx, rows, at_most=3, per_second=50, progress=False)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        pbx.wait(lambda: len(pbx.channels()) == 6, "make three calls", 20)
        assert " orig " in connected(pbx)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGINT
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in said
    assert pbx.users["orig"] not in said
    pbx.wait(lambda: " orig " not in connected(pbx), "end the sessions of the batch", 5)
    assert len(pbx.channels()) == 6, "calls begun before go on"


def connected(server: Asterisk) -> str:
    return server.cli("manager show connected").replace("\n", " ")
