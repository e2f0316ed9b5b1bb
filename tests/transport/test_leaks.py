"""No name in a traceback holds the secret: tools that print local variables find none."""

from __future__ import annotations

import pickle
import traceback

import pytest
from proxy import Proxy

import amiframe as af
from amiframe.demo.http.sessions import Account
from amiframe.demo.server import Demo

CANARY = "canary-5ecret"
INTERFACES = ("rawman", "mxml", "arawman", "amxml")


@pytest.fixture(scope="module")
def demo():
    with Demo([Account("demo", CANARY)], speed=0, login_delay=0) as server:
        yield server


@pytest.mark.parametrize("login", ["plain", "md5"])
@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("fault", ["refuse", "cut", "delay", "answer"])
def test_a_login_that_fails_shows_nothing_of_the_secret(demo, interface, login, fault):
    with (
        Proxy(int(demo.url.rpartition(":")[2])) as proxy,
        af.connect(proxy.url, username="demo", secret=CANARY, interface=interface, login=login, timeout=0.5) as pbx,
    ):
        proxy.plan(fault, None, times=99, seconds=1)
        with pytest.raises(af.AmiframeError) as failed:
            pbx.status()
        error = failed.value
        proxy.forget()
        proxy.close()
    everything = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(everything.format())
    assert "transport/http.py" in shown
    assert CANARY not in shown
    assert error.__context__ is None, "what lies behind holds the whole request"
    assert CANARY.encode() not in pickle.dumps(error)
    assert CANARY not in repr(error.__dict__)


def test_a_connection_is_not_pickled(demo):
    with af.connect(demo.url, username="demo", secret=CANARY) as pbx, pytest.raises(TypeError) as refused:
        pickle.dumps(pbx)
    assert CANARY not in str(refused.value)
