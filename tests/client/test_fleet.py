"""Several PBXs at once, on embedded ones: one frame of all, and never a silent part. Real ones are in tests/live."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import pandas as pd
import pytest
from amf_support import ROOT, differences, started

import amiframe as af
from amiframe.demo.server import Demo
from amiframe.frames import stacked

CANARY = "canary-fl33t"


@pytest.fixture(scope="module")
def two():
    with Demo(seed=1, start=1_790_000_000) as one, Demo(seed=1, start=1_790_000_000) as other:
        yield one, other


def targets(two, **more):
    given = {
        name: {"target": pbx.url, "username": "demo", "secret": pbx.secret("demo")}
        for name, pbx in zip(("one", "other"), two, strict=True)
    }
    return {**given, **more}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def silent():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve():
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


def test_one_frame_of_all_is_what_each_says(two):
    with af.connect_all(targets(two)) as fleet:
        assert list(fleet) == ["one", "other"]
        for name, ask in {
            "commands": lambda pbx: pbx.commands(),
            "info": lambda pbx: pbx.info(),
            "arguments": lambda pbx: pbx.arguments(["Status", "Originate"]),
            "queues": lambda pbx: pbx.table("QueueSummary"),
        }.items():
            whole = ask(fleet)
            assert whole.columns[0] == "amf_pbx", name
            assert whole["amf_pbx"].unique().tolist() == ["one", "other"]
            for member, part in whole.groupby("amf_pbx"):
                alone = ask(fleet[str(member)])
                mine = part.drop(columns="amf_pbx").reset_index(drop=True)
                volatile = ("amf_fetched", "corestartuptime", "corecurrentcalls", "coreprocessedcalls")
                ours = [*volatile, "loggedin", "available", "callers", "holdtime", "talktime", "longestholdtime"]
                assert differences(mine, alone, tuple(ours)) == [], name
        assert fleet.failures.empty
        assert list(fleet.failures.columns) == ["amf_pbx", "error", "message", "hint"]


def test_equal_ids_of_two_pbxs_stay_apart(two):
    """The same story twice: every channel name and id is there on both, and `amf_pbx` tells them apart."""
    with two[0].standing_still(), two[1].standing_still(), af.connect_all(targets(two)) as fleet:
        status = fleet.status(all_variables=True)
    both = status.groupby("uniqueid")["amf_pbx"].nunique()
    assert both.eq(2).sum() > 3, "the two tell the same story"
    assert not status.duplicated(["amf_pbx", "uniqueid"]).any()
    assert str(status["variables"].dtype).startswith("map")
    assert str(status["seconds"].dtype) == "Int64"


def test_every_read(two):
    with af.connect_all(targets(two)) as fleet:
        pings = fleet.ping()
        assert pings["latency_s"].gt(0).all()
        assert str(pings["server_time"].dtype) == "datetime64[us, UTC]"
        tables = fleet.tables("QueueStatus")
        assert set(tables) == {"QueueParams", "QueueMember", "QueueEntry"}
        assert tables["QueueParams"]["amf_pbx"].nunique() == 2
        snapshot = fleet.snapshot()
        assert isinstance(snapshot, af.Snapshot)
        assert snapshot.endpoints["amf_pbx"].nunique() == 2
        replies = fleet.action("CoreStatus")
        assert {name: reply.ok for name, reply in replies.items()} == {"one": True, "other": True}
        assert set(fleet.cli("core show version")) == {"one", "other"}
        about = fleet.commands().attrs["amiframe"]
    assert about["fetched_complete"] is True
    assert about["pbx"] == ", ".join(pbx.url for pbx in two)
    assert about["fetched_rows"] > 50


def test_a_part_is_never_silent(two):
    port = free_port()
    down = {"target": f"http://127.0.0.1:{port}", "username": "demo", "secret": CANARY}
    wrong = {"target": two[0].url, "username": "monitor", "secret": CANARY}
    with af.connect_all(targets(two, down=down, wrong=wrong), timeout=5) as fleet:
        with pytest.warns(af.PartialWarning, match="2 of 4 PBXs are missing here") as warned:
            status = fleet.status()
        assert warned[0].filename == __file__, "it points at who asked"
        assert set(status["amf_pbx"]) == {"one", "other"}
        assert status.attrs["amiframe"]["fetched_complete"] is False
        failures = fleet.failures
        assert failures["amf_pbx"].tolist() == ["down", "wrong"]
        assert failures["error"].tolist() == ["ConnectError", "LoginError"]
        assert "nothing answers" in failures["message"][0]
        assert "http.conf" in failures["hint"][0]
        assert isinstance(fleet.errors["wrong"], af.LoginError)
        assert CANARY not in failures.to_csv() + str(warned[0].message) + repr(fleet)


def test_one_that_lacks_a_right_is_a_failure_of_that_read_only(two):
    caller = {"target": two[1].url, "username": "caller", "secret": two[1].secret("caller")}
    with af.connect_all(targets(two, caller=caller)) as fleet:
        with pytest.warns(af.PartialWarning):
            fleet.status()
        assert fleet.failures["error"].tolist() == ["AccessDenied"]
        assert fleet.commands()["amf_pbx"].nunique() == 3
        assert fleet.failures.empty, "they are those of the last read"


def test_the_slowest_is_not_waited_for_beyond_its_time(two):
    with silent() as url:
        quiet = {"target": url, "username": "x", "secret": CANARY, "timeout": 1.5}
        given = {name: {**target, "timeout": 1.5} for name, target in targets(two).items()}
        fleet = af.connect_all({**given, "quiet": quiet})
        began = time.monotonic()
        with pytest.warns(af.PartialWarning):
            assert fleet.ping()["amf_pbx"].tolist() == ["one", "other"]
        assert time.monotonic() - began < 20, "it would never answer"
        assert fleet.failures["error"].tolist() == ["ConnectTimeout"]
        fleet.close()
        assert time.monotonic() - began < 40


def test_when_all_fail_the_first_is_raised():
    ports = [free_port(), free_port()]
    fleet = af.connect_all([f"http://127.0.0.1:{port}" for port in ports], username="x", secret=CANARY)
    with fleet, pytest.raises(af.ConnectError, match="all 2 PBXs failed"):
        fleet.status()
    assert len(fleet.failures) == 2


def test_what_may_change_something_is_refused(two):
    with af.connect_all(targets(two)) as fleet:
        for name, fields in (("Hangup", {"Channel": "x"}), ("Command", {"Command": "core restart now"})):
            with pytest.raises(af.ActionRefused, match="may change something"):
                fleet.action(name, fields)
        with pytest.raises(af.ActionRefused):
            fleet.cli("module unload res_pjsip")
        with pytest.raises(af.ActionRefused):
            fleet.table("QueueReset")


def test_names():
    with Demo() as pbx:
        given = {"username": "demo", "secret": pbx.secret("demo")}
        assert list(af.connect_all([pbx.url], **given)) == [pbx.url]
        with pytest.raises(af.ConfigError, match="two PBXs are called"):
            af.connect_all([pbx.url, pbx.url], **given)
    with pytest.raises(af.ConfigError, match="no PBX given"):
        af.connect_all([])
    with pytest.raises(af.ConfigError, match="a list of PBXs is needed"):
        af.connect_all("demo")
    with pytest.raises(af.ConfigError, match="target 2") as refused:
        af.connect_all(["http://127.0.0.1:8088", f"http://me:{CANARY}@127.0.0.1"], username="x", secret="y")
    assert CANARY not in str(refused.value)


def test_columns_that_one_lacks_keep_their_type():
    one = pd.DataFrame({"channel": ["a"], "n": pd.array([1], "Int64"), "amf_fetched": pd.array(["x"], "str")})
    other = pd.DataFrame({"channel": ["b"], "late": pd.array([True], "boolean"), "amf_fetched": pd.array(["y"], "str")})
    whole = stacked({"p": one, "q": other})
    assert list(whole.columns) == ["amf_pbx", "channel", "n", "late", "amf_fetched"]
    assert [str(dtype) for dtype in whole.dtypes] == ["str", "str", "Int64", "boolean", "str"]
    assert whole["n"].isna().tolist() == [False, True]
    assert len(stacked({"p": one.head(0), "q": other.head(0)}).columns) == 5


def test_ctrl_c_leaves_nothing_behind():
    """Interrupted while one PBX is silent: the others are logged off, and the process ends at once."""
    with ExitStack() as stack, silent() as url, Demo() as pbx:
        code = (
            "import amiframe as af, sys\n"
            f"fleet = af.connect_all({{'good': {{'target': {pbx.url!r}, 'username': 'demo'}}, "
            f"'quiet': {{'target': {url!r}, 'username': 'x'}}}}, timeout=60)\n"
            "fleet['good'].ping()\n"
            "print('asking', flush=True)\n"
            "with fleet:\n    fleet.ping()\n"
        )
        env = {**os.environ, "AMIFRAME_SECRET": pbx.secret("demo"), "PYTHONPATH": str(ROOT)}
        running = stack.enter_context(started([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE))
        assert running.stdout.readline() == b"asking\n"
        assert len(pbx.sessions) >= 1
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, errors = running.communicate(timeout=30)
        assert time.monotonic() - began < 20
        assert b"KeyboardInterrupt" in errors
        assert pbx.secret("demo").encode() not in errors
        assert len(pbx.sessions) == 0
