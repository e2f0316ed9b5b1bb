"""Threads and all four interfaces at once on one account: nobody takes anything from anybody.

Each client has a listener and two threads that ask; a proxy counts what really goes over the wire.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from proxy import Exchange, Proxy

import amiframe as af

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
ASKING = 2
NONCE_LIVES_S = 62
CHANNELS = 20


@dataclass
class Storm:
    """A client of each interface; what their threads did and saw."""

    clients: dict[str, af.Pbx]
    channels: int
    send_event: Callable[[str], None]
    asked: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    received: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in INTERFACES})
    sent: list[str] = field(default_factory=list)
    gaps: list[object] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    end: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float) -> None:
        listeners = [self._thread(self._listen, client, name) for name, client in self.clients.items()]
        askers = [
            self._thread(self._ask, client, f"{name} {n}")
            for name, client in self.clients.items()
            for n in range(ASKING)
        ]
        for thread in listeners:
            thread.start()
        try:
            self._wake()
            for thread in askers:
                thread.start()
            began = time.monotonic()
            while time.monotonic() < began + seconds and not self.faults:
                self.sent.append(str(len(self.sent)))
                self.send_event(self.sent[-1])
                time.sleep(0.05)
        finally:
            self.end.set()
            for thread in askers:
                if thread.ident:
                    thread.join(30)
            self.send_event("last")
            for thread in listeners:
                thread.join(45)
        assert not any(thread.is_alive() for thread in (*listeners, *askers))

    def _thread(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException:  # noqa: BLE001 (whatever it is, the test shall show it)
                self.faults.append(f"{work.__name__}{arguments!r}\n{traceback.format_exc()}")

        return threading.Thread(target=run, daemon=True)

    def _wake(self) -> None:
        """Wait until each listener has heard something: then its session collects."""
        deadline = time.monotonic() + 20
        while not all(self.received.values()) and not self.faults:
            assert time.monotonic() < deadline, self.received
            self.send_event("wake")
            time.sleep(0.2)

    def _listen(self, client: af.Pbx, interface: str) -> None:
        seen = self.received[interface]
        for batch in client.listen(mask="user"):
            if batch.gap is not None:
                self.gaps.append(batch.gap)
            if "serial" in batch.events:
                seen += batch.events["serial"].dropna().tolist()
            if "last" in seen:
                return

    def _ask(self, client: af.Pbx, name: str) -> None:
        for n in range(10_000_000):
            actionid = f"{name} {n}"
            reply = client.action("Ping", ActionID=actionid)
            assert reply.response.get("ActionID") == actionid
            assert reply.response.get("Ping") == "Pong"
            with self.lock:
                self.asked.update(["Ping", "Status", "ListCommands"])
                self.ids.append(actionid)
            reply = client.action("Status", ActionID=f"{actionid} s")
            assert {m.get("ActionID") for m in (reply.response, *reply.events, reply.complete)} == {f"{actionid} s"}
            assert len(reply.events) == self.channels
            assert len(client.commands()) > 120
            if self.end.is_set():
                return
            time.sleep(0.02)


@pytest.mark.parametrize("seconds", [10, pytest.param(70, marks=pytest.mark.slow)])
def test_all_at_once(pbx, seconds):
    pbx.place_calls(CHANNELS)
    with Proxy(pbx.http_port) as proxy, pbx.manager("harness") as talker:
        channels = sum(message[0] == ("Event", "Status") for message in talker.send("Status"))
        clients = {
            name: af.connect(proxy.url, username="test", secret=pbx.users["test"], interface=name)
            for name in INTERFACES
        }
        storm = Storm(
            clients, channels, lambda serial: talker.send("UserEvent", ("UserEvent", "Beat"), ("Serial", serial))
        )
        try:
            storm.run(seconds)
        finally:
            for client in clients.values():
                client.close()
        seen = proxy.counted()

    assert not storm.faults, "\n".join(storm.faults)
    assert storm.gaps == []
    for interface in INTERFACES:
        received = [serial for serial in storm.received[interface] if serial not in ("wake", "last")]
        assert received == storm.sent, f"{interface}: events lost, doubled or out of order"
    as_asked(storm, seen, seconds)
    no_storm_of_401(seen, seconds)
    one_at_a_time(seen)


def as_asked(storm: Storm, seen: list[Exchange], seconds: float) -> None:
    """What went over the wire is what was asked, once each."""
    counted = Counter(one.action for one in seen if one.status == 200)
    assert {name: counted[name] for name in storm.asked} == dict(storm.asked)
    answered = Counter(one.actionid for one in seen if one.action == "Ping" and one.status == 200)
    assert answered == Counter(storm.ids)
    assert max(answered.values()) == 1
    turns = Counter(name.rsplit(" ", 1)[0] for name in storm.ids)
    assert len(turns) == ASKING * len(INTERFACES)
    # a thread that is left out has few or none; how many are possible depends on the machine
    assert min(turns.values()) >= max(turns.values()) / 2, "all threads had their turn"
    assert counted["Login"] == 2 * 2, "two cookie interfaces: one session that asks, one that listens"
    logoffs = [one for one in seen if one.action == "Logoff" and one.session]
    assert len({one.session for one in logoffs}) == 2 * len(INTERFACES), "every session is logged off"


def no_storm_of_401(seen: list[Exchange], seconds: float) -> None:
    """Digest: one 401 to begin each session, and one when its nonce has aged."""
    assert {one.status for one in seen} == {200, 401}
    refused = [one for one in seen if one.status == 401]
    sessions = 2 * 2
    assert sum(not one.is_stale for one in refused) == sessions
    assert sum(one.is_stale for one in refused) <= sessions * ((seconds + 10) // NONCE_LIVES_S)


def one_at_a_time(seen: list[Exchange]) -> None:
    """In one session nothing overlaps: no wait displaces another, no request overtakes one."""
    last: dict[tuple[str, str], Exchange] = {}
    for one in sorted(seen, key=lambda one: one.began):
        key = ("digest" if one.path.startswith("/a") else "cookie", one.session)
        if one.session and key in last:
            assert one.began >= last[key].ended - 0.005, (last[key].action, one.action, "at the same time")
        if one.session:
            last[key] = one


def test_threads_that_share_a_client_wait_for_each_other_within_the_budget(pbx):
    """A slow answer of one thread's question costs the other its budget, and it says so."""
    with (
        Proxy(pbx.http_port) as proxy,
        af.connect(proxy.url, username="test", secret=pbx.users["test"], timeout=1.5) as client,
    ):
        client.ping()
        proxy.plan("delay", "Status", seconds=1.2)
        slow = threading.Thread(target=client.status)
        slow.start()
        time.sleep(0.1)
        began = time.monotonic()
        client.ping()
        assert 1.0 < time.monotonic() - began < 1.5
        slow.join()
