"""A fleet of four: real 16, real 22, the embedded PBX, and one that is down."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from pbx_server import major

import amiframe as af
from amiframe.demo.server import Demo


@contextlib.contextmanager
def refusing():
    """A port that nobody listens at; give its address, and what that is called."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1], "ConnectError"


@contextlib.contextmanager
def silent():
    """A port that takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1], "ConnectTimeout"


@pytest.fixture(params=[refusing, silent], ids=lambda how: how.__name__)
def four(request, asterisk16, asterisk22):
    for server in (asterisk16, asterisk22):
        server.hangup_all()
    with Demo() as demo, request.param() as (port, error):
        yield error, {
            "old": {"target": asterisk16.url, "username": "test", "secret": asterisk16.users["test"]},
            "new": {"target": asterisk22.url, "username": "test", "secret": asterisk22.users["test"],
                    "interface": "amxml"},
            "embedded": {"target": demo.url, "username": "demo", "secret": demo.secret("demo")},
            "down": {"target": f"http://127.0.0.1:{port}", "username": "x", "secret": "y", "timeout": 2},
        }  # fmt: skip
    for server in (asterisk16, asterisk22):
        server.hangup_all()


def test_one_frame_and_one_clear_failure_in_bounded_time(four, asterisk16, asterisk22):
    error, targets = four
    asterisk16.place_calls(6)
    asterisk22.place_calls(4)
    with af.connect_all(targets, timeout=30) as fleet:
        for ask in (
            lambda: fleet.status(all_variables=True),
            lambda: fleet.info(),
            lambda: fleet.commands(),
            lambda: fleet.table("QueueStatus"),
            lambda: fleet.table("CoreShowChannels"),
            lambda: fleet.snapshot().status,
        ):
            began = time.monotonic()
            with pytest.warns(af.PartialWarning, match="1 of 4 PBXs"):
                frame = ask()
            assert time.monotonic() - began < 25, "the one that is down has two seconds"
            assert frame["amf_pbx"].drop_duplicates().tolist() == ["old", "new", "embedded"]
            assert fleet.failures["amf_pbx"].tolist() == ["down"]
            assert fleet.failures["error"].tolist() == [error]
        with pytest.warns(af.PartialWarning):
            status = fleet.status()
        with pytest.warns(af.PartialWarning):
            versions = fleet.info().set_index("amf_pbx")["asteriskversion"]
        assert versions["old"].startswith("16.")
        assert versions["new"].startswith(f"{major('22')}.")
    assert status.groupby("amf_pbx").size()[["old", "new"]].tolist() == [6, 4]
    assert str(status["seconds"].dtype) == "Int64"
    assert not status.duplicated(["amf_pbx", "channel"]).any()


def test_equal_ids_on_two_real_pbxs_stay_apart(four, asterisk16, asterisk22):
    """The same channelid on both: two rows, told apart by `amf_pbx`."""
    for server in (asterisk16, asterisk22):
        with server.manager("test") as manager:
            where = [("channel", "Local/wait@calls/n"), ("application", "Wait"), ("data", "30")]
            manager.send("Originate", *where, ("channelid", "same-id"), ("async", "yes"))
        server.wait(lambda server=server: len(server.channels()) == 2, "make its channels", 10)
    _, targets = four
    with af.connect_all({name: targets[name] for name in ("old", "new")}) as fleet:
        status = fleet.status()
    mine = status[status["uniqueid"].eq("same-id")]
    assert mine["amf_pbx"].tolist() == ["old", "new"]
