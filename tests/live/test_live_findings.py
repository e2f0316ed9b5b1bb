"""findings on real servers: a fault that is staged beside healthy calls is found, and nothing else ever is."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd
import pytest
import staging
from pbx_server import VERSIONS, Asterisk, Manager, PbxError, why_not

import amiframe as af

ALL = itertools.cycle(("rawman", "mxml", "arawman", "amxml"))
HEALTHY = 24  # channels beside each fault

Line = list[str]


@dataclass
class Stage:
    """A server with healthy calls, and one call that was there before them."""

    server: Asterisk
    oldest: set[str]
    healthy: set[str]

    def new(self) -> list[Line]:
        """Give the channels that are not of the healthy calls, as `core show channels concise` lists them."""
        return [line for line in self.server.channels() if line[0] not in self.healthy]

    def clear(self) -> None:
        """End what was staged."""

        def cleared() -> bool:
            for line in self.new():
                with contextlib.suppress(PbxError):  # it may have ended meanwhile
                    self.server.cli(f"channel request hangup {line[0]}")
            return not self.new()

        self.server.wait(cleared, "end the staged calls", 40)


@pytest.fixture(scope="module", params=VERSIONS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    version = request.param
    reason = why_not(version)
    if reason:
        pytest.skip(reason)
    with Asterisk(version, files=staging.files()) as server:
        staging.prepare(server)
        with server.manager("harness") as manager:
            staging.begin(manager, "talk")
        server.wait(lambda: len(server.channels()) == 2, "take the first call", 10)
        oldest = {line[0] for line in server.channels()}
        time.sleep(4)
        server.place_calls(HEALTHY)
        yield Stage(server, oldest, {line[0] for line in server.channels()})


def connect(server: Asterisk, interface: str) -> af.Pbx:
    return af.connect(server.url, username="test", secret=server.users["test"], interface=interface)


def two_looks(server: Asterisk, apart: float = 2.5) -> tuple[af.Snapshot, af.Snapshot]:
    """Two snapshots, each time by the next of the four interfaces."""
    with connect(server, next(ALL)) as pbx:
        before = pbx.snapshot()
        time.sleep(apart)
        return before, pbx.snapshot()


def rules_and_names(found: pd.DataFrame) -> list[tuple[str, list[str]]]:
    return [(row["rule"], sorted(row["channels"])) for row in found.to_dict("records")]


# --- the faults -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """How a fault is staged, and the channels that have to be named."""

    rule: str
    begin: Callable[[Stage, Manager], object]
    guilty: Callable[[Line], bool]
    limits: dict[str, float] = field(default_factory=dict)
    after: float = 3.0
    end: Callable[[Stage, Manager], object] = lambda stage, manager: None


def calls(exten: str, near: tuple[str, str] = ("Wait", "36000")) -> Callable[[Stage, Manager], object]:
    return lambda stage, manager: staging.begin(manager, exten, near=near)


def of(start: str, end: str = "") -> Callable[[Line], bool]:
    return lambda line: line[0].startswith(start) and line[0].endswith(end)


def crowd(stage: Stage, manager: Manager) -> None:
    for _ in range(20):
        staging.begin(manager, "talk", ("callerid", "Campaign <+4930123>"))


def all_pause(stage: Stage, manager: Manager) -> None:
    staging.begin(manager, "pausing")
    pause(manager, "true")


def pause(manager: Manager, on: str) -> None:
    member = ("Interface", "Local/agent@agents/n")
    reply = manager.send("QueuePause", ("Queue", "pausing"), member, ("Paused", on))
    assert ("Response", "Success") in reply[0], reply


def unregister(stage: Stage, manager: Manager) -> None:
    """The phone has a call, and then its registration goes."""

    def registered() -> bool:
        return "sip:" in stage.server.cli("pjsip show aor line").partition("Contact:  line")[2]

    stage.server.cli("pjsip send register line")
    stage.server.wait(registered, "register the line", 15)
    call = (("Channel", "PJSIP/line"), ("Application", "Wait"), ("Data", "36000"), ("Async", "yes"))
    assert ("Response", "Success") in manager.send("Originate", *call)[0]
    stage.server.wait(lambda: sum(line[4] == "Up" for line in stage.new()) == 2, "call the line", 10)
    stage.server.cli("pjsip send unregister line")
    stage.server.wait(lambda: not registered(), "unregister the line", 15)


FAULTS = {
    "a phone that nobody answers": Fault(
        "ringing", calls("ring"), of("Local/ring@faults"), {"ringing_s": 3}),
    "phones of a group that nobody answers": Fault(
        "ringing", calls("group"), of("Local/ring@faults"), {"ringing_s": 3}),
    "a phone that a routine keeps from its caller": Fault(
        "unbridged", calls("kept"), of("Local/kept@faults", ";2"), {"unbridged_s": 4}),
    "a phone that has gone while a script runs": Fault(
        "no far leg", calls("gone"), of("Local/talks2@faults", ";1"), after=4),
    "half of a Local channel": Fault(
        "no far leg", calls("talks2", near=("System", "sleep 14")), of("Local/talks2@faults", ";1"), after=4),
    "a call with a time limit": Fault(
        "about to be cut", calls("cut"), of("Local/cut@faults", ";2"), {"cut_s": 39}),
    "a number that calls itself": Fault(
        "local loop", calls("loop"), lambda line: of("Local/loop@faults", ";2")(line) and line[5] == "Dial"),
    "twenty calls of one number": Fault(
        "crowd", crowd, of("Local/talk@faults", ";1")),
    "a queue without members": Fault(
        "unserved queue", calls("nobody"), of("Local/nobody@faults", ";2")),
    "a queue whose members pause": Fault(
        "unserved queue", all_pause, of("Local/pausing@faults", ";2"),
        end=lambda stage, manager: pause(manager, "false")),
    "a phone that lost its registration": Fault(
        "unreachable", unregister, of("PJSIP/line-"), after=1),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_staged_fault_is_found_and_nothing_else(stage, name):
    fault = FAULTS[name]
    with stage.server.manager("harness") as manager:
        assert rules_and_names(af.findings(two_looks(stage.server, 1)[1], **fault.limits)) == []
        try:
            fault.begin(stage, manager)
            time.sleep(fault.after)
            before, after = two_looks(stage.server)
            guilty = sorted(line[0] for line in stage.new() if fault.guilty(line))
        finally:
            fault.end(stage, manager)
            stage.clear()
    found = af.findings(after, before=before, **fault.limits)
    ends = after.endpoints[["objectname", "auths", "contacts", "devicestate", "activechannels"]]
    assert rules_and_names(found) == [(fault.rule, guilty)], f"{found.to_string()}\n{ends.to_string()}"
    assert len(guilty) >= 1
    before, after = two_looks(stage.server, 1)
    assert rules_and_names(af.findings(after, before=before, **fault.limits)) == []


def test_the_oldest_call_is_the_long_one(stage):
    before, after = two_looks(stage.server)
    ages = after.status.set_index("channel")["seconds"]
    limit = int(ages[sorted(stage.oldest)].min())
    assert limit > ages[~ages.index.isin(stage.oldest)].max()
    assert rules_and_names(af.findings(after, before=before, long_s=limit)) == [("long call", sorted(stage.oldest))]


def test_those_who_wait_longer_than_allowed(stage):
    before, after = two_looks(stage.server)
    waiting = sorted(line[0] for line in stage.server.channels() if line[5] == "Queue" and line[6] == "support")
    assert waiting
    assert rules_and_names(af.findings(after, before=before, waiting_s=3)) == [("long wait", waiting)]


# --- a healthy busy PBX -----------------------------------------------------------------------------------------------

STAY, SIP = 176, 4  # channels of calls that stay; calls over SIP
LOOKS = 9


class Traffic(threading.Thread):
    """Calls that begin, are answered, moved, parked and end all the time."""

    def __init__(self, server: Asterisk) -> None:
        super().__init__(daemon=True)
        self.server, self.begun, self.moved, self.error = server, 0, 0, None
        self._ended = threading.Event()

    def run(self) -> None:
        try:
            with self.server.manager("harness") as manager:
                while not self._ended.wait(0.25):
                    self._turn(manager)
        except BaseException as error:  # noqa: BLE001 (the test tells it)
            self.error = error

    def _turn(self, manager: Manager) -> None:
        for exten, wait in (("talks2", "3"), ("serve", "4"), ("call", "2")):
            staging.begin(manager, exten, near=("Wait", wait))
            self.begun += 1
        moving = [
            line[0] for line in self.server.channels() if line[0].startswith("Local/serve@") and line[5] == "Queue"
        ]
        for name in moving[:1]:
            where = (("Context", "faults"), ("Exten", "moved"), ("Priority", "1"))
            self.moved += ("Response", "Success") in manager.send("Redirect", ("Channel", name), *where)[0]

    def end(self) -> None:
        self._ended.set()
        self.join(30)


def test_a_healthy_busy_pbx_of_200_channels_finds_nothing(stage):
    """More than a minute, so that what stays is older than every threshold in seconds but those of hours."""
    server = stage.server
    server.hangup_all(60)
    server.place_calls(STAY)
    with server.manager("harness") as manager:
        for _ in range(SIP):
            call = (("Channel", "Local/sip@calls/n"), ("Context", "callers"), ("Exten", "s"), ("Priority", "1"))
            assert ("Response", "Success") in manager.send("Originate", *call, ("Async", "yes"))[0]
    server.wait(lambda: sum(line[0].startswith("PJSIP/") for line in server.channels()) == 2 * SIP, "call by SIP", 20)
    traffic = Traffic(server)
    traffic.start()
    counts, before = [], None
    for _ in range(LOOKS):
        with connect(server, next(ALL)) as pbx:
            after = pbx.snapshot()
        found = af.findings(after, before=before) if before is not None else af.findings(after)
        assert rules_and_names(found) == [], found.to_string()
        counts.append(len(after.status))
        before = after
        time.sleep(8)
    traffic.end()
    assert traffic.error is None
    assert traffic.begun > 50
    assert traffic.moved > 10
    assert min(counts) >= 190
    assert before is not None
    assert (before.status["seconds"] > 60).sum() >= 180
    print(f"\n{server}: {counts} channels, {traffic.begun} calls begun meanwhile, {traffic.moved} moved")
