"""The least account for each feature, on real servers: it works with exactly its rights, not without any of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pbx_server import CONFIG, VERSIONS, Asterisk, why_not

import amiframe as af
from amiframe.schema.features import BY_NAME, FEATURES, Feature

SECRET = "privileges"
ALL = (
    "system", "call", "log", "verbose", "command", "agent", "user", "config", "dtmf", "reporting", "cdr", "dialplan",
    "originate", "agi", "cc", "aoc", "test", "security", "message",
)  # fmt: skip


def _call(pbx: af.Pbx, **more: object) -> af.Origination:
    return pbx.originate("Local/wait@calls/n", application="Wait", data="5", **more)


def _receives(pbx: af.Pbx, server: Asterisk, command: str, event: str) -> bool:
    """Listen, let the server itself do something, and say whether the event of it was heard."""
    has_come: list[bool] = []
    listener = threading.Thread(target=lambda: has_come.append(event in set(pbx.events(8, until=event)["event"])))
    listener.start()
    until = time.monotonic() + 15
    while listener.is_alive() and time.monotonic() < until:
        time.sleep(0.5)  # it has to be logged in first; again, if that was too early
        server.cli(command)
    listener.join()
    return has_come == [True]


def _hangup(pbx: af.Pbx, server: Asterisk) -> bool:
    server.cli("channel originate Local/wait@calls/n application Wait 20")
    server.wait(lambda: bool(server.channels()), "make a channel", 10)
    pbx.hangup(server.channels()[0][0])
    return True


WORKS: dict[str, Callable[[af.Pbx, Asterisk], bool]] = {
    "ping": lambda pbx, _: pbx.ping().latency_s > 0,
    "commands": lambda pbx, _: len(pbx.commands()) > 10,
    "queues": lambda pbx, _: len(pbx.tables("QueueStatus")["QueueParams"]) > 0,
    "status": lambda pbx, _: pbx.status() is not None,
    "info": lambda pbx, server: pbx.info()["asteriskversion"][0].startswith(server.major),
    "channels": lambda pbx, _: pbx.table("CoreShowChannels") is not None,
    "conferences": lambda pbx, _: pbx.table("ConfbridgeListRooms") is not None,
    "parking": lambda pbx, _: pbx.table("ParkedCalls") is not None,
    "endpoints": lambda pbx, _: len(pbx.table("PJSIPShowEndpoints")) > 0,
    "snapshot": lambda pbx, _: len(pbx.snapshot().endpoints) > 0,
    "cli": lambda pbx, server: server.major in pbx.cli("core show version"),
    "describe": lambda pbx, _: len(pbx.arguments(["Originate"])) > 0 and pbx.describe("Ping").action == "Ping",
    "listen": lambda pbx, server: _receives(
        pbx, server, "channel originate Local/wait@calls application Wait 1", "Newchannel"
    ),
    "listen queues": lambda pbx, server: _receives(
        pbx, server, "queue pause member Local/agent@agents/n", "QueueMemberPause"
    ),
    "originate": lambda pbx, _: _call(pbx).accepted is True,
    "outcome": lambda pbx, _: _call(pbx, wait=8).outcome == "answered",
    "hangup": _hangup,
    "pause": lambda pbx, _: pbx.action("QueuePause", Interface=_member(pbx), Paused="false").ok,
}


def _member(pbx: af.Pbx) -> str:
    return str(pbx.tables("QueueStatus")["QueueMember"]["location"][0])


def _without() -> list[tuple[Feature, str, str]]:
    """Each feature with each of its rights taken away: from write= or from read=."""
    return [(f, line, kind) for f in FEATURES for line in ("write", "read") for kind in getattr(f, line)]


def _name(feature: Feature, *parts: str) -> str:
    return "-".join([feature.name.replace(" ", "_"), *parts])


def _accounts() -> str:
    made = {_name(f): (f.write, f.read) for f in FEATURES}
    for feature, line, kind in _without():
        # all rights but the one: what fails then fails for its sake; the classes that do as well go with it
        less = {kind, *(feature.others if line == "write" else ())}
        rest = tuple(one for one in ALL if one not in less)
        made[_name(feature, "no", line, kind)] = (rest, ALL) if line == "write" else (ALL, rest)
    for feature in FEATURES:
        made |= {_name(feature, "by", other): ((other,), feature.read) for other in feature.others}
    return "".join(
        f"\n[{name}]\nsecret = {SECRET}\nwrite = {','.join(write)}\nread = {','.join(read)}\n"
        for name, (write, read) in made.items()
    )


@pytest.fixture(scope="module", params=VERSIONS)
def office(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    """A server with an account for every line of the table."""
    reason = why_not(request.param)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    text = (CONFIG / "manager.conf").read_text("utf-8") + _accounts()
    with Asterisk(request.param, files={"manager.conf": text}) as server:
        yield server


def works(server: Asterisk, feature: Feature, account: str) -> bool:
    """Whether a feature works; a right that is missing is no, any other error is one."""
    try:
        with af.connect(server.url, username=account, secret=SECRET) as pbx:
            return WORKS[feature.name](pbx, server)
    except af.AccessDenied:
        return False
    finally:
        server.hangup_all()


def test_every_feature_is_tried():
    assert set(WORKS) == set(BY_NAME)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_it_works_with_exactly_the_least_account(office, feature):
    assert works(office, feature, _name(feature))
    checks = af.doctor(office.url, username=_name(feature), secret=SECRET, needs=feature.name).set_index("what")
    assert not checks["ok"].eq(False)[["rights", f"right: {feature.name}"]].any()


@pytest.mark.parametrize(("feature", "line", "kind"), _without(), ids=lambda v: getattr(v, "name", v))
def test_it_fails_without_one_of_them(office, feature, line, kind):
    account = _name(feature, "no", line, kind)
    assert not works(office, feature, account)
    checks = af.doctor(office.url, username=account, secret=SECRET, needs=feature.name).set_index("what")
    assert checks["ok"][f"right: {feature.name}"] == False  # noqa: E712
    assert kind in checks["cure"][f"right: {feature.name}"]


@pytest.mark.parametrize(
    ("feature", "other"), [(f, other) for f in FEATURES for other in f.others], ids=lambda v: getattr(v, "name", v)
)
def test_the_other_rights_do_as_well(office, feature, other):
    assert works(office, feature, _name(feature, "by", other))
