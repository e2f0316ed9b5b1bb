"""A closed client leaves no connection open, whatever still refers to its answers."""

from __future__ import annotations

import gc
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest
import urllib3

import amiframe as af
from amiframe.demo.http.sessions import Account
from amiframe.demo.server import Demo
from amiframe.settings import Secret, Target
from amiframe.transport.http import Transport


@pytest.mark.parametrize("interface", ["rawman", "mxml", "arawman", "amxml"])
def test_no_connection_is_left_to_the_garbage_collector(interface):
    gc.collect()
    gc.disable()
    try:
        with Demo([Account("demo", "secret")], speed=0, login_delay=0) as demo:
            with af.connect(demo.url, username="demo", secret="secret", interface=interface) as pbx:
                pbx.status()
                assert open_connections(demo.url)
                held = [pool for http in pbx._session._transport._http.values() for pool in pools(http)]
            assert held
            assert not open_connections(demo.url)
    finally:
        gc.enable()


@pytest.mark.parametrize("interface", ["rawman", "mxml", "arawman", "amxml"])
def test_a_closed_pbx_does_not_log_in_again(interface):
    with Demo([Account("demo", "secret")], speed=0, login_delay=0) as demo:
        account = {"username": "demo", "secret": "secret", "interface": interface}
        with af.connect(demo.url, **account) as pbx:
            pbx.ping()
            pbx.logoff()
            pbx.ping()  # logoff() ends a session, not the use of the Pbx
        unused = af.connect(demo.url, **account)
        with af.connect_all({"one": {"target": demo.url, **account}}) as fleet:
            fleet.ping()
        for closed in (pbx, unused):
            closed.close()
            closed.close()
            closed.logoff()
            for use in (
                closed.ping,
                closed.status,
                lambda closed=closed: closed.hangup("PJSIP/1-1"),
                lambda closed=closed: closed.events(0),
                lambda closed=closed: next(closed.listen(0)),
                lambda closed=closed: closed.originate("Local/100@default", application="Wait", wait=1),
                lambda closed=closed: closed.originate("Local/100@default", application="Wait"),
            ):
                with pytest.raises(af.ActionRefused, match="is closed") as raised:
                    use()
                assert "connect" in raised.value.hint
        with pytest.raises(af.ActionRefused, match="is closed"):
            fleet.ping()
        assert not open_connections(demo.url)


@pytest.mark.parametrize("interface", ["rawman", "arawman"])
def test_what_is_on_its_way_can_be_cut_and_the_session_goes_on(interface):
    with (
        Demo([Account("demo", "secret")], speed=0, login_delay=0) as demo,
        af.connect(demo.url, username="demo", secret="secret", interface=interface) as pbx,
        pbx.open_event_stream(mask="call") as stream,
        ThreadPoolExecutor(1) as waiter,
    ):
        session = stream._session
        session.wait([("Action", "WaitEvent"), ("Timeout", "0")], timeout=10)  # what was queued
        waiting = waiter.submit(session.wait, [("Action", "WaitEvent"), ("Timeout", "55")], timeout=60)
        began = time.monotonic()
        while wait([waiting], 0.1).not_done:
            session.cut()
            assert time.monotonic() - began < 30
        with pytest.raises(af.ConnectError):
            waiting.result()
        assert session.ask([("Action", "Ping")])
        assert session.renewals == 0


def test_cut_while_other_threads_connect():
    """Connections come into being in one thread while another one breaks them."""
    target = Target(url="http://127.0.0.1:9", username="demo", secret=Secret("secret"))
    transport = Transport(target)
    adapter = transport._http["once"].get_adapter(target.url)
    made = partial(adapter._made, urllib3.connection.HTTPConnection, host="127.0.0.1", port=9)
    ready, done = threading.Event(), threading.Event()

    def connect() -> None:
        held = [made() for _ in range(2000)]
        ready.set()
        while not done.is_set():
            held.append(made())
            if len(held) > 4000:
                del held[2000:]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(1) as other:
            connecting = other.submit(connect)
            try:
                assert ready.wait(20)
                for _ in range(30):
                    transport.cut()
            finally:
                done.set()
            connecting.result()
    finally:
        sys.setswitchinterval(before)
        transport.close()


def pools(http):
    return [pool for adapter in http.adapters.values() for pool in adapter.poolmanager.pools._container.values()]


def open_connections(url):
    port = int(url.rpartition(":")[2])
    found = [one for one in gc.get_objects() if isinstance(one, urllib3.connection.HTTPConnection)]
    return [one for one in found if one.sock is not None and one.port == port]
