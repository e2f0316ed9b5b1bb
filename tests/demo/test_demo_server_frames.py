"""The whole client on the embedded PBX: equal frames from all interfaces, calls and outcomes, live events."""

from __future__ import annotations

import threading
import time

import pytest
from amf_support import differences

import amiframe as af
from amiframe.demo import shared
from amiframe.demo.server import Demo
from amiframe.settings import INTERFACES

LISTS = ("CoreShowChannels", "QueueStatus", "QueueSummary", "PJSIPShowEndpoints", "BridgeList", "ParkedCalls",
         "ConfbridgeListRooms", "DeviceStateList", "ExtensionStateList", "PJSIPShowContacts")  # fmt: skip


@pytest.fixture(scope="module")
def still():
    """A call centre at one moment of its day: the clock stands still."""
    with Demo(start=1_795_448_000.0, speed=0) as demo:
        yield demo


@pytest.fixture(scope="module")
def clients(still):
    made = {
        name: af.connect(still.url, username="demo", secret=still.secret("demo"), interface=name) for name in INTERFACES
    }
    yield made
    for client in made.values():
        client.close()


@pytest.fixture(scope="module")
def living():
    """A call centre whose clock runs fast."""
    with Demo(login_delay=0.05, speed=20) as demo:
        yield demo


# what equals on the still one is asked here of one interface, and of the others in the slow run
@pytest.fixture(params=[INTERFACES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in INTERFACES[1:])])
def pbx(request, living):
    with af.connect(living.url, username="demo", secret=living.secret("demo"), interface=request.param) as client:
        yield client


def equal(clients, ask):
    frames = [ask(client) for client in clients.values()]
    for name, frame in zip(INTERFACES[1:], frames[1:], strict=True):
        assert differences(frames[0], frame, ("amf_fetched",)) == [], name
    assert "amf_misfit" not in frames[0] or frames[0]["amf_misfit"].isna().all()
    return frames[0]


@pytest.mark.parametrize("asked", [{}, {"all_variables": True}, {"variables": ["CHANNEL(name)", "NOSUCH"]}])
def test_status(clients, asked):
    frame = equal(clients, lambda pbx: pbx.status(**asked))
    assert len(frame) > 5
    assert frame["channel"].is_unique


def test_info(clients):
    assert equal(clients, lambda pbx: pbx.info())["amiversion"].tolist() == ["11.0.0"]


def test_commands(clients):
    frame = equal(clients, lambda pbx: pbx.commands())
    assert {"Status", "Originate", "QueueStatus", "WaitEvent"} <= set(frame["action"])


def test_arguments(clients):
    frame = equal(clients, lambda pbx: pbx.arguments(progress=False))
    assert set(frame["action"]) == set(clients["rawman"].commands()["action"])


@pytest.mark.parametrize("action", ["Originate", "waitevent", "QueuePause"])
def test_describe(clients, action):
    equal(clients, lambda pbx: pbx.describe(action).frame())


@pytest.mark.parametrize("command", ["core show channels", "core show version", "queue show sales"])
def test_cli(clients, command):
    texts = {client.cli(command) for client in clients.values()}
    assert len(texts) == 1


@pytest.mark.parametrize("action", LISTS)
def test_lists(clients, still, action):
    known = set(clients["rawman"].commands()["action"])
    assert action in known
    equal(clients, lambda pbx: pbx.table(action))


def test_tables(clients):
    for name in ("QueueParams", "QueueMember", "QueueEntry"):
        equal(clients, lambda pbx, name=name: pbx.tables("QueueStatus")[name])


def test_snapshot(clients):
    for part in ("status", "queues", "members", "waiting", "endpoints"):
        equal(clients, lambda pbx, part=part: getattr(pbx.snapshot(), part))


# --- calls and events ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "outcome"),
    [
        ("PJSIP/100", "answered"),
        ("PJSIP/601", "busy"),
        ("PJSIP/603", "no answer"),
        ("PJSIP/ghost", "failed"),
        ("Nonsense/1", "failed"),
    ],
)
def test_calls_have_the_outcome_of_their_number(pbx, channel, outcome):
    made = pbx.originate(channel, exten="200", context="outgoing", ring_timeout=3, wait=10)
    assert made.outcome == outcome
    assert made.accepted
    if outcome == "busy":
        assert made.cause == 17
    if outcome == "answered":
        pbx.hangup(made.channel)


@pytest.mark.parametrize("speed", [10, pytest.param(1, marks=pytest.mark.slow)])
def test_a_call_that_lasts_until_it_is_answered(speed):
    with (
        Demo(login_delay=0.05, speed=speed) as demo,
        af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx,
    ):
        began = time.monotonic()
        made = pbx.originate("PJSIP/100", application="Wait", data="5", async_=False, ring_timeout=5)
        assert made.outcome == "answered"
        assert 1 / speed < time.monotonic() - began < 5
        pbx.hangup(made.channel)


def test_refused_calls(pbx):
    with pytest.raises(af.ActionError, match="Extension does not exist"):
        pbx.originate("PJSIP/100", exten="nowhere", context="outgoing")
    with pytest.raises(af.ActionError, match="No such channel"):
        pbx.hangup("PJSIP/nobody-0")


def test_events_of_a_call(pbx, living):
    received = []

    def listen():
        received.append(pbx.events(8, until="OriginateResponse", mask="call"))

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(0.5)
    with af.connect(living.url, username="demo", secret=living.secret("demo")) as other:
        made = other.originate("PJSIP/200", exten="200", context="outgoing", wait=6)
        listener.join()
        other.hangup(made.channel)
    mine = received[0][received[0]["uniqueid"] == made.uniqueid]
    assert {"Newchannel", "Newstate"} <= set(mine["event"])
    assert received[0]["amf_time"].is_monotonic_increasing


def test_listening_to_a_living_pbx(pbx, living):
    threading.Timer(0.3, living.world.emit, ("UserEvent", "user", [("UserEvent", "Tick")])).start()
    batches = list(pbx.listen(1.5))
    assert all(batch.gap is None for batch in batches)
    assert sum(len(batch.events) for batch in batches) > 0


def test_accounts_may_what_they_are_for(living):
    with af.connect(living.url, username="monitor", secret=living.secret("monitor")) as pbx:
        assert len(pbx.status()) > 0
        with pytest.raises(af.AccessDenied):
            pbx.originate("PJSIP/100", exten="200", context="outgoing")
    with af.connect(living.url, username="caller", secret=living.secret("caller")) as pbx:
        made = pbx.originate("PJSIP/601", exten="200", context="outgoing", wait=8)
        assert made.outcome == "busy"
        with pytest.raises(af.AccessDenied):
            pbx.status()
    for interface in INTERFACES:
        wrong = af.connect(living.url, username="demo", secret="wrong", interface=interface)
        with wrong as pbx, pytest.raises(af.LoginError):
            pbx.ping()


def test_a_session_that_expired_is_renewed():
    with Demo(httptimeout=1) as demo, af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        pbx.ping()
        time.sleep(1.3)
        assert len(pbx.status()) > 0


# --- connect("demo") -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _closed_behind_us():
    yield
    shared.close()


@pytest.mark.parametrize("interface", INTERFACES)
def test_connect_demo(interface):
    with af.connect("demo", interface=interface) as pbx:
        assert pbx.ping().pbx == shared.running().url
        assert len(pbx.status()) > 0
        assert shared.running().secret("demo") not in repr(pbx)


def test_connect_demo_as_another_user():
    with af.connect("demo", username="monitor") as pbx:
        assert "Originate" not in set(pbx.commands()["action"])
    with pytest.raises(af.ConfigError, match="no user 'ghost'"):
        af.connect("demo", username="ghost")


def test_connect_demo_by_the_environment(monkeypatch):
    monkeypatch.setenv("AMIFRAME_URL", "demo")
    with af.connect() as pbx:
        assert pbx.ping().latency_s < 5
