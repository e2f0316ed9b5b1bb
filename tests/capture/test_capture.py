"""A capture of the embedded PBX, and what `demo serve --replay` makes of it. Real ones are in tests/live."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from amf_support import ROOT, differences
from typer.testing import CliRunner

import amiframe as af
from amiframe.capture import file_format
from amiframe.capture.record import capture
from amiframe.cli import app as cli
from amiframe.demo.replay import Replay
from amiframe.demo.server import Demo

INTERFACES = ("rawman", "mxml", "arawman", "amxml")


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A capture, and what is personal in the PBX that it was taken of."""
    dest = tmp_path_factory.mktemp("capture") / "report.jsonl"
    with Demo() as pbx, af.connect(pbx.url, username="demo", secret=pbx.secret("demo"), interface="amxml") as client:
        with pbx.standing_still():
            status = client.status()
            members = client.tables("QueueStatus")["QueueMember"]
            made = capture(client, str(dest))
        assert client.ping(), "the connection goes on"
        assert client._session._transport.record is None
    numbers = {n for n in status["calleridnum"].dropna() if len(n) >= 3} - {"anonymous"}  # is nobody's
    names = {*status["calleridname"].dropna(), *members["name"].dropna()} - {"Anonymous"}  # is nobody's
    return dest, made, numbers, names, pbx


def test_the_file_is_lines_of_json_without_anything_personal(taken):
    dest, made, numbers, names, pbx = taken
    text = dest.read_text("utf-8")
    first, *others = map(json.loads, text.splitlines())
    assert first["amiframe capture"] == 1
    assert len(others) == len(made) > 15
    assert {line["path"] for line in others} == {"arawman", "amxml"}
    assert not any("error" in line for line in others)
    assert len(numbers) > 5
    assert len(names) > 5
    for personal in (
        *names,
        *(n for n in numbers if len(n) > 4),
        pbx.secret("demo"),
        str(pbx.sessions.accounts["demo"].secret),
    ):
        assert personal not in text, personal
    bodies = "".join(line["body"] for line in others)
    for number in numbers:
        assert not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", re.sub(r"\d+\.\d+", "", bodies.replace(
            f"ListItems: {number}", ""))) or len(number) < 5, number  # fmt: skip
    assert file_format.load(str(dest))[0] == made


def test_replay_gives_the_frames_of_the_file(taken):
    dest, made, *_ = taken
    exchanges, _ = file_format.load(str(dest))
    with Demo(replay=Replay(exchanges)) as pbx:
        for interface in INTERFACES:
            path = {"rawman": "arawman", "mxml": "amxml"}.get(interface, interface)
            with af.connect(pbx.url, username="demo", secret=pbx.secret("demo"), interface=interface) as client:
                for one in made:
                    action = dict(one.fields)["Action"]
                    if one.path != path or action == "ListCommands":
                        continue
                    reply = client.action(action)
                    kept = af.read_reply(one.body)
                    assert (reply.response, tuple(reply.events)) == (kept.response, tuple(kept.events)), action
                    if kept.ok:  # "No active conferences." says by itself not which list is empty
                        assert differences(reply.frame(), kept.frame(), ("amf_fetched",)) == [], (interface, action)
                assert len(client.commands()) > 30
                assert len(client.status()) > 3
                with pytest.raises(af.ActionError, match=r"not in the capture; it holds: .*CoreSettings"):
                    client.table("QueueStatus", Queue="other")
        with pytest.raises(af.LoginError), af.connect(pbx.url, username="demo", secret="wrong") as client:
            client.ping()


def test_a_changing_action_is_not_captured(tmp_path):
    with af.connect("demo") as client, pytest.raises(af.ActionRefused, match="only reads"):
        capture(client, str(tmp_path / "x.jsonl"), [("Ping", ()), ("Hangup", [("Channel", "x")])])
    assert not (tmp_path / "x.jsonl").exists()


def test_a_refused_action_is_kept_as_such(tmp_path):
    dest = tmp_path / "x.jsonl"
    with Demo() as pbx, af.connect(pbx.url, username="caller", secret=pbx.secret("caller")) as client:
        made = capture(client, str(dest), [("Status", ())])
    assert b"Permission denied" in made[0].body
    with Demo(replay=Replay(file_format.load(str(dest))[0])) as pbx:
        client = af.connect(pbx.url, username="demo", secret=pbx.secret("demo"))
        with client, pytest.raises(af.AccessDenied):
            client.status()


def test_bytes_that_are_no_text_come_back_as_they_were(tmp_path):
    dest = str(tmp_path / "x.jsonl")
    made = [file_format.Exchange("rawman", (("Action", "X"),), b"Response: Success\r\nA: caf\xe9\r\n\r\n")]
    file_format.save(dest, made, {})
    assert file_format.load(dest)[0] == made


@pytest.mark.parametrize(
    "text", ["", "{}", "no json", '{"amiframe capture": 99}', '{"amiframe capture": 1}\n{"x": 1}', "[]"]
)
def test_what_is_no_capture_is_refused(tmp_path, text):
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(af.ParseError, match="no capture"):
        file_format.load(str(tmp_path / "x.jsonl"))


def test_the_commands(tmp_path):
    """As a user and a developer do it: capture, look, serve, ask."""
    dest = tmp_path / "report.jsonl"
    done = CliRunner().invoke(cli.app, ["capture", "-t", "demo", "-o", str(dest), "QueueStatus", "Queue=support"])
    assert done.exit_code == 0, done.output
    assert "1 answers of rawman" in done.output
    refused = CliRunner().invoke(cli.app, ["capture", "-t", "demo", "-o", str(tmp_path / "x.txt")])
    assert refused.exit_code == 2
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT),
        "AMIFRAME_SECRET": "x",
    }
    command = [sys.executable, "-m", "amiframe", "demo", "serve", "--port", "0", "--replay", str(dest)]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=env)
    try:
        lines = [serving.stdout.readline() for _ in range(2)]
        assert "2 answers of" in lines[0]
        url = re.search(r"http://\S+", lines[1])[0]
        with af.connect(url, username="demo", secret="x") as client:
            frame = client.table("QueueStatus", Queue="support")
        assert differences(frame, af.read_reply(file_format.load(str(dest))[0][0].body).frame(), ("amf_fetched",)) == []
    finally:
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=20)
