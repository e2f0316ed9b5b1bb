"""The harness itself: the servers are the right ones, and the calls it promises are there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from amf_support import ROOT
from pbx_server import KINDS, NAMES, Asterisk, PbxError, major, why_not

HERE = Path(__file__).parent


def active_channels(pbx: Asterisk) -> int:
    found = re.search(r"^(\d+) active channel", pbx.cli("core show channels"), re.MULTILINE)
    assert found
    return int(found[1])


def status(pbx: Asterisk, *parameters: tuple[str, str]) -> list[list[tuple[str, str]]]:
    with pbx.manager() as manager:
        return [message for message in manager.send("Status", *parameters) if ("Event", "Status") in message]


def test_version_16(asterisk16: Asterisk) -> None:
    found = re.search(r"Asterisk 16\.(\d+)", asterisk16.cli("core show version"))
    assert found
    assert int(found[1]) >= 28


def test_version_22(asterisk22: Asterisk) -> None:
    assert int(asterisk22.major) >= 22
    assert f"Asterisk {asterisk22.major}." in asterisk22.cli("core show version")


def test_a_newer_asterisk_of_debian_takes_the_place_of_22(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that stand for debootstrap and chroot: sid has Asterisk 24."""
    programs = {
        "debootstrap": 'mkdir -p "$4/usr/sbin" && printf "#!/bin/sh\\n" >"$4/usr/sbin/asterisk" && '
        'chmod +x "$4/usr/sbin/asterisk"',
        "chroot": "echo Asterisk 24.1.0~dfsg-1",
    }
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("AMIFRAME_CACHE", str(tmp_path / "cache"))
    env = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "MIRROR": ""}
    command = [ROOT / ".ci" / "asterisk", "22"]
    built = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "22: sid has Asterisk 24 now: it takes the place of 22" in built.stdout
    assert (major("22"), why_not("22")) == ("24", None)
    assert Asterisk("22").root == tmp_path / "cache" / "asterisk-24"
    again = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert again.stdout == "asterisk: 22: ready; it is Asterisk 24, which sid has now\n"


def test_http_answers(pbx: Asterisk) -> None:
    with urllib.request.urlopen(f"{pbx.url}/rawman?action=Ping", timeout=10) as answer:
        assert b"Permission denied" in answer.read()


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("test", {"Status", "Originate", "Command", "QueueAdd"}),
        ("ro", {"Status"}),
        ("orig", {"Status", "Originate"}),
        ("nocommand", {"Status", "Originate", "QueueAdd"}),
    ],
)
def test_users_may_what_they_are_for(pbx: Asterisk, user: str, allowed: set[str]) -> None:
    with pbx.manager(user) as manager:
        actions = {name for name, _ in manager.send("ListCommands")[0]}
    assert actions & {"Status", "Originate", "Command", "QueueAdd"} == allowed


def test_wrong_secret_is_an_error(pbx: Asterisk) -> None:
    right, pbx.users["test"] = pbx.users["test"], "wrong"
    try:
        with pytest.raises(PbxError, match="login of test refused"):
            pbx.manager()
    finally:
        pbx.users["test"] = right


def test_sixty_channels_of_every_kind(pbx: Asterisk) -> None:
    calls = pbx.place_calls(60)
    assert active_channels(pbx) == 60
    assert {call.kind for call in calls} == set(KINDS)
    for command, sign in [
        ("queue show support", "Callers:"),
        ("queue show sales", "in call"),
        ("confbridge list", "1000"),
        ("parking show default", "park@calls"),
        ("bridge show all", "basic"),
    ]:
        assert sign in pbx.cli(command), command


def test_calls_add_up(pbx: Asterisk) -> None:
    pbx.place_calls(11)
    pbx.place_calls(20)
    assert active_channels(pbx) == 30


def test_hangup_all_leaves_nothing(pbx: Asterisk) -> None:
    pbx.place_calls(30)
    pbx.hangup_all()
    assert active_channels(pbx) == 0


def test_names_come_out_of_status(pbx: Asterisk) -> None:
    """The near half of each call wears its name; channel events and Status escape quotes and backslashes."""
    calls = pbx.place_calls(2 * len(NAMES) + 30)
    assert {call.name for call in calls} == set(NAMES)
    items = [dict(item) for item in status(pbx)]
    seen = {item["CallerIDNum"]: item["CallerIDName"] for item in items if item["Context"] == "callers"}
    escaped = str.maketrans({"\\": r"\\", '"': r"\"", "'": r"\'"})
    for call in calls:
        assert seen[call.number] == (call.name.translate(escaped) or "<unknown>")


def test_variables_come_out_of_status(pbx: Asterisk) -> None:
    calls = {call.number: call for call in pbx.place_calls(60)}
    for item in status(pbx, ("AllVariables", "true")):
        if dict(item)["Context"] != "callers":
            continue
        seen = dict(value.split("=", 1) for name, value in item if name == "Variable")
        call = calls[seen["NUMBER"]]
        assert seen["NAME"] == call.name
        assert call.variables.items() <= seen.items()


def test_sip_call_to_itself(pbx: Asterisk) -> None:
    """Extension 616 dials extension 200 of the same server through real SIP."""
    pbx.cli("channel originate Local/616@outgoing/n application Wait 60")
    pbx.wait(lambda: len(pbx.channels()) == 4 and all(line[4] == "Up" for line in pbx.channels()), "connect", 15)
    assert sum(line[0].startswith("PJSIP/loop-") for line in pbx.channels()) == 2


def test_records_are_written(pbx: Asterisk) -> None:
    pbx.place_calls(20)
    pbx.hangup_all()
    files = [pbx.home / "log" / name for name in ("cdr-csv/Master.csv", "cel-custom/Master.csv", "queue_log")]
    pbx.wait(lambda: all(path.exists() and path.stat().st_size for path in files), "write its records", 10)


def test_restart_keeps_port_and_users(pbx: Asterisk) -> None:
    """The data base survives as well, calls and sessions do not."""
    pbx.place_calls(4)
    pbx.cli("database put harness key value")
    url, users = pbx.url, dict(pbx.users)
    pbx.restart()
    assert (pbx.url, pbx.users) == (url, users)
    with pbx.manager() as manager:
        assert ("Ping", "Pong") in manager.send("Ping")[0]
    assert active_channels(pbx) == 0
    assert "value" in pbx.cli("database get harness key")
    pbx.cli("database del harness key")


def test_two_of_one_version(pbx: Asterisk) -> None:
    with Asterisk(pbx.version, prefix="asterisk") as other:
        assert other.url.endswith("/asterisk")
        other.place_calls(10)
        assert active_channels(other) == 10
        assert active_channels(pbx) == 0
    assert not other.home.exists()
    with pytest.raises(PbxError):
        other.cli("core show version")


def test_killed_run_leaves_nothing(pbx: Asterisk) -> None:
    """A test run that dies by SIGKILL takes its server along; the next server removes the folder."""
    code = (
        "import sys, time; from pbx_server import Asterisk; server = Asterisk(sys.argv[1]); server.start();"
        "print(server.home, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, pbx.version],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
    ) as run:
        assert run.stdout
        home = Path(run.stdout.readline().decode().strip())
        run.send_signal(signal.SIGKILL)
    inside = f"/run/{home.name}/etc/asterisk.conf".encode()
    pbx.wait(lambda: not any(inside in line for line in command_lines()), "see the other end", 10)
    with Asterisk(pbx.version):
        assert not home.exists()
    assert f"{pbx.root}/" not in Path("/proc/self/mountinfo").read_text()


def command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:  # ended meanwhile
            continue
    return found
