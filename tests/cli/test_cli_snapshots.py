"""amiframe snapshot, compare, findings and check: what they print, and how they end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from amf_support import ROOT, SAMPLES
from typer.testing import CliRunner

import amiframe as af
from amiframe.analysis.snapshots.check_values import GAUGES, condition
from amiframe.analysis.snapshots.finding_table import RULES
from amiframe.cli import app as cli
from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo
from amiframe.frames import rows_frame

STATUS = SAMPLES / "22" / "status_busy.txt"
XML = SAMPLES / "22" / "status_busy.xml"
LIMITED = SAMPLES / "16" / "status_busy.txt"  # one call of it has a time limit
QUEUES = SAMPLES / "22" / "queue_status.txt"
COMMANDS = SAMPLES / "seed-page" / "listcommands.txt"
PAGE = ROOT / "docs" / "snapshots.md"


def quick(*args: object, **env: str):
    """Run the command line in this process."""
    return CliRunner(env={"COLUMNS": "120", **env}).invoke(cli.app, [str(a) for a in args])


@pytest.fixture
def later(tmp_path):
    """The channels of STATUS a moment later: one gone, one moved, one new."""
    status = af.read_status(STATUS)
    moved = status.iloc[1:].reset_index(drop=True)
    moved.loc[0, "application"] = "Echo!"
    moved["seconds"] += 9
    moved.loc[3, "uniqueid"] = "1795448829.1"
    af.to_parquet(moved, tmp_path / "later.parquet")
    return tmp_path / "later.parquet"


# --- compare --------------------------------------------------------------------------------------------------------


def test_a_saved_answer_and_a_table_are_compared(later, tmp_path):
    done = quick("compare", STATUS, later, "-o", tmp_path / "changes.parquet")
    assert done.exit_code == 0
    assert "status: 1 new, 2 gone, 1 changed, 85 same" in done.output
    assert re.search(r"Local/200@outgoing-0000011a;2 +changed +application: Echo → Echo!", done.output)
    assert "same  " not in done.output
    kept = af.read_table(tmp_path / "changes.parquet")
    assert kept["change"].value_counts().to_dict() == {"same": 85, "gone": 2, "new": 1, "changed": 1}
    assert "seconds" in quick("compare", STATUS, later, "--ages").output


def test_text_and_xml_of_one_moment_are_the_same():
    done = quick("compare", STATUS, XML)
    found = re.search(r"status: (\d+) new, (\d+) gone", done.output)
    assert found, done.output
    assert quick("compare", XML, XML).output == "status: 0 new, 0 gone, 0 changed, 88 same\n"
    assert quick("compare", COMMANDS, COMMANDS).output.startswith("commands: 0 new, 0 gone, 0 changed")


def test_all_of_the_same_is_printed_when_asked(later):
    assert quick("compare", STATUS, later, "--all", "--rows", "0").output.count(" same ") >= 85


def test_queues_of_a_saved_answer_are_kept_apart():
    done = quick("compare", QUEUES, QUEUES)
    assert [line.split(":")[0] for line in done.output.splitlines()] == ["queues", "members", "waiting"]
    assert quick("compare", QUEUES, QUEUES, "--only", "members").output.startswith("members: 0 new")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((STATUS, QUEUES), "nothing to compare"),
        ((STATUS, STATUS, "--only", "agents"), "there are no 'agents'"),
        ((QUEUES, QUEUES, "-o", "x.csv"), "--only queues"),
        ((STATUS, STATUS, "-t", "demo"), "both a file and a target"),
        ((STATUS, STATUS, "-o", "x.xls"), "no format"),
    ],
)
def test_what_cannot_be_compared_says_what_to_do(args, words):
    done = quick("compare", *args)
    assert done.exit_code == 2
    assert words in done.output


def test_snapshots_of_a_live_pbx(tmp_path):
    one = tmp_path / "one"
    done = quick("snapshot", "-t", "demo", "-o", one)
    assert done.exit_code == 0
    assert "2 queues" in done.output
    assert quick("snapshot", "-t", "demo", "-o", one).exit_code == 0, "the folder is a snapshot: it is replaced"
    done = quick("compare", one, "-t", "demo")
    assert [line.split(":")[0] for line in done.output.splitlines() if " same" in line] == [
        "status", "queues", "members", "waiting", "endpoints",
    ]  # fmt: skip
    twice = quick("compare", "-t", "demo", "--apart", "0.1", "--only", "members")
    assert "second look in 0.1 s" in twice.output
    assert "members: " in twice.output
    assert "status" not in twice.output
    (one / "notes.txt").write_text("mine")
    done = quick("snapshot", "-t", "demo", "-o", one)
    assert done.exit_code == 2
    assert "something else in it" in done.output
    assert (one / "notes.txt").read_text() == "mine"


def test_a_snapshot_comes_back_as_it_was(tmp_path):
    with af.connect("demo") as pbx:
        made = pbx.snapshot()
    af.save_snapshot(made, tmp_path / "deep" / "one")
    back = af.read_snapshot(tmp_path / "deep" / "one")
    for name in ("status", "queues", "members", "waiting", "endpoints"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(made, name))
        assert getattr(back, name).attrs == getattr(made, name).attrs
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one"]
    with pytest.raises(af.ParseError, match=r"status\.parquet is not there"):
        af.read_snapshot(tmp_path)


def test_a_snapshot_that_cannot_be_put_in_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    with af.connect("demo") as pbx:
        made = pbx.snapshot()
    af.save_snapshot(made, tmp_path / "one")
    rename, calls = Path.rename, []

    def full(self, target):
        calls.append(self)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="full"):
        af.save_snapshot(made, tmp_path / "one")
    pd.testing.assert_frame_equal(af.read_snapshot(tmp_path / "one").status, made.status)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


# --- findings -------------------------------------------------------------------------------------------------------


def test_what_is_found_is_printed_and_sets_the_exit_code(tmp_path):
    done = quick("findings", LIMITED, "-o", tmp_path / "found.csv")
    assert done.exit_code == 10
    assert "1 finding in 113 channels" in done.output
    assert "warning  about to be cut: the PBX hangs up in 7 s, at 15:47:07 UTC" in done.output
    assert "not looked for: unserved queue (needs a snapshot), no far leg (needs two looks)" in done.output
    assert af.read_table(tmp_path / "found.csv")["rule"].tolist() == ["about to be cut"]
    assert quick("findings", LIMITED, "--threshold", "cut_s=none").exit_code == 0
    assert quick("findings", LIMITED, "--threshold", "cut_s=6").output.startswith("0 findings in 113 channels")


def test_a_long_list_of_channels_is_cut_and_says_so():
    done = quick("findings", LIMITED, "--threshold", "cut_s=none", "--threshold", "ringing_s=1", "--rows", "1")
    assert "PJSIP/peer-00000137" in done.output
    done = quick("findings", STATUS, "--threshold", "long_s=1", "--rows", "2")
    assert re.search(r"… \d+ more: --rows 0 prints all", done.output)


def test_two_files_are_two_looks(later):
    done = quick("findings", later, "--before", STATUS)
    assert "needs two looks" not in done.output
    # that list was told while a call began; had it been so for longer, it would be a fault
    words = "the other half of this Local channel is missing, in SendDTMF, as in the snapshot before; 9 s old"
    assert f"error    no far leg: {words}" in done.output
    assert "123#" not in done.output, "arguments of most applications are nobody's business"


def test_a_live_pbx_is_looked_at_twice():
    done = quick("findings", "-t", "demo", "--apart", "0.2", "--threshold", "cut_s=none")
    assert "second look in 0.2 s" in done.output
    assert re.search(r"^\d+ findings? in \d+ channels", done.output, re.MULTILINE)
    assert "not looked for" not in done.output


def test_an_account_that_may_not_list_endpoints_sees_why(monkeypatch):
    with Demo([Account("monitor", "long", classes("call,reporting"), classes("reporting"))]) as demo:
        env = {"AMIFRAME_URL": demo.url, "AMIFRAME_USERNAME": "monitor", "AMIFRAME_SECRET": "long"}
        done = quick("findings", "--apart", "0", **env)
        assert "endpoints are left out" in done.output
        assert "unreachable (needs a snapshot with endpoints)" in done.output
        assert re.search(r"^\d+ findings? in \d+ channels", done.output, re.MULTILINE)
        done = quick("check", "endpoints.unavailable", **env)
        assert done.exit_code == 4
        done = quick("check", "--nagios", "endpoints.unavailable", **env)
        assert done.exit_code == 3
        assert done.output.startswith("AMIFRAME UNKNOWN - ")
        assert quick("check", "queue.waiting", "channels.count", **env).exit_code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--threshold", "ring_s=1"), "no threshold 'ring_s'"),
        (("--threshold", "ringing_s=long"), "is not a number"),
        (("--before", STATUS), "--before belongs to a file"),
        ((QUEUES,), "has no channels"),
        ((STATUS, "-t", "demo"), "both a file and a target"),
    ],
)
def test_what_cannot_be_looked_for_says_what_to_do(args, words):
    done = quick("findings", *args)
    assert done.exit_code == 2
    assert words in done.output


def test_the_rules_are_printed():
    done = quick("findings", "--rules")
    for rule in RULES:
        assert f"{rule.name}: {rule.what}" in done.output
    assert "long_s=14400" in done.output


# --- check ----------------------------------------------------------------------------------------------------------


def test_checks_are_lines_and_an_exit_code(tmp_path):
    done = quick("check", "channels.count>=0", "calls.count < 0", "-t", "demo", "-o", tmp_path / "checks.json")
    assert done.exit_code == 10
    lines = done.output.splitlines()
    assert re.fullmatch(r"OK     channels\.count = \d+  \(channels\.count>=0\)", lines[0])
    assert re.fullmatch(r"FAILED calls\.count = \d+  \(calls\.count < 0\)", lines[1])
    assert '"ok": false' in (tmp_path / "checks.json").read_text()
    assert quick("check", "channels.count>=0", "-t", "demo").exit_code == 0


def test_one_name_prints_the_bare_number():
    assert re.fullmatch(r"\d+\n", quick("check", "queue.waiting[sales]", "-t", "demo").output)


def test_nagios_gets_one_line_and_its_own_exit_codes():
    done = quick("check", "--nagios", "channels.count>=0", "queue.longest_wait", "-t", "demo")
    assert done.exit_code == 0
    assert re.fullmatch(
        r"AMIFRAME OK - channels\.count = \d+  \(channels\.count>=0\), queue\.longest_wait = \d+s"
        r" \| 'channels\.count'=\d+ 'queue\.longest_wait'=\d+s\n",
        done.output,
    )
    done = quick("check", "--nagios", "channels.count<0", "queue.waiting>=0", "-t", "demo")
    assert done.exit_code == 2
    assert done.output.startswith("AMIFRAME CRITICAL - channels.count = ")
    assert "queue.waiting = " not in done.output
    done = quick("check", "--nagios", "queue.waitin<3", "-t", "demo")
    assert done.exit_code == 3
    assert "did you mean 'queue.waiting'?" in done.output
    assert len(done.output.splitlines()) == 1


def test_a_pbx_that_does_not_answer_is_no_failed_check():
    env = {"AMIFRAME_USERNAME": "monitor", "AMIFRAME_SECRET": "x"}
    done = quick("check", "queue.waiting<3", "-t", "http://127.0.0.1:9", **env)
    assert done.exit_code == 3
    assert quick("check", "--nagios", "queue.waiting<3", "-t", "http://127.0.0.1:9", **env).exit_code == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("queue.waiting<", "is no check"),
        ("queue.waiting<3s", "is no check"),
        ("waiting<3", "no number 'waiting'"),
        ("channels.count[sales]<3", "of the whole PBX"),
        ("queue.waiting[slaes]<3", "did you mean 'sales'?"),
        (None, "nothing to check"),
    ],
)
def test_what_is_no_check_says_what_to_do(given, words):
    done = quick("check", *([given] if given else []), "-t", "demo")
    assert done.exit_code == 2
    assert words in done.output


@pytest.mark.parametrize(
    ("given", "value", "holds"),
    [("a<3", 3, False), ("a<=3", 3, True), ("a>3", 3, False), ("a>=3", 3, True), ("a=3", 3, True), ("a==3", 4, False),
     ("a!=3", 3, False), ("a != -3.5", 3, True)],
)  # fmt: skip
def test_comparisons(given, value, holds):
    assert condition(given.replace("a", "queue.waiting", 1)).holds(value) is holds


def test_the_numbers_are_those_of_the_frames():
    """A queue of the sample: who waits, how long, and which members the PBX would ring."""
    tables = af.read_reply(QUEUES).tables()
    frames = {"queues": tables["QueueParams"], "members": tables["QueueMember"], "waiting": tables["QueueEntry"]}
    queue = frames["queues"]["queue"].iloc[0]
    waits = rows_frame([{"queue": queue, "wait": 30}, {"queue": "other", "wait": 70}], {"queue": "str", "wait": "int"})
    waiting = frames["waiting"] = waits
    assert condition("queue.longest_wait").value({**frames, "waiting": waits.iloc[:0]}) == 0
    assert condition("queue.waiting").value(frames) == len(waiting) > 0
    assert condition("queue.longest_wait").value(frames) == waiting["wait"].max()
    assert condition(f"queue.waiting[{queue}]").value(frames) == 1
    assert condition(f"queue.longest_wait[{queue}]").value(frames) == 30
    members = frames["members"].iloc[:1].assign(queue=queue, status=1, paused=False, incall=False, wrapuptime=0)
    now = pd.Timestamp("2026-11-24 10:00", tz="UTC")

    def free(**changed):
        frame = pd.concat([members.assign(**changed), members.assign(**changed, queue="other")])
        return condition("queue.agents_free").value({**frames, "members": frame})

    assert free() == 1, "who is in two queues counts once"
    assert free(paused=True) == 0
    assert free(incall=True) == 0, "QueueBoard shows such a member as busy"
    assert [free(status=status) for status in range(9)] == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert free(wrapuptime=30, lastcall=now, amf_fetched=now + pd.Timedelta(seconds=10)) == 0
    assert free(wrapuptime=30, lastcall=now, amf_fetched=now + pd.Timedelta(seconds=40)) == 1


def test_names_are_printed_and_documented():
    done = quick("check", "--names")
    page = PAGE.read_text("utf-8")
    for gauge in GAUGES:
        assert gauge.name in done.output
        assert f"| `{gauge.name}` |" in page


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["python", pytest.param("sh", marks=pytest.mark.slow)])
def test_every_block_of_the_page_runs(kind, tmp_path):
    blocks = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert blocks
    program = tmp_path / "amiframe"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m amiframe "$@"\n')
    program.chmod(0o755)
    for block in blocks:
        command = [sys.executable, "-W", "error", "-c", block] if kind == "python" else ["bash", "-euc", block]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path, stdin=subprocess.DEVNULL,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
                 "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
