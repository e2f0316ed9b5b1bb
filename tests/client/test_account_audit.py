"""An account audited on the embedded PBX, over each interface and from the command line; real servers are in live/."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest
from amf_support import ROOT, plain
from typer.testing import CliRunner

import amiframe as af
from amiframe.cli import app as cli
from amiframe.demo.ami import cli_commands
from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo
from amiframe.schema.privileges import NONE, OPENED_BY
from amiframe.settings import INTERFACES

RIGHTS = {  # user: read, write
    "everything": ("all", "all"),
    "looker": ("call,reporting", "reporting"),
    "caller": ("call", "originate"),
    "console": ("agent,log", "command,cdr"),
    "mover": ("call", "call"),
    "nothing": ("", ""),
}
WITH_ACTIONS = {name for rights in OPENED_BY.values() for name in rights}


@pytest.fixture(scope="module")
def pbx() -> Iterator[Demo]:
    accounts = [Account(name, f"s3cret-{name}", *map(classes, lines)) for name, lines in RIGHTS.items()]
    with Demo(users=accounts) as server:
        yield server


def connect(pbx: Demo, user: str, interface: str = "rawman") -> af.Pbx:
    return af.connect(pbx.url, username=user, secret=f"s3cret-{user}", interface=interface)


def held(found: pd.DataFrame, line: str = "write") -> set[str]:
    return set(found.loc[found[line].eq(True).fillna(False), "privilege"])


@pytest.mark.parametrize("user", RIGHTS)
def test_each_account_over_each_interface(pbx, user):
    frames, matrices = [], []
    for interface in INTERFACES:
        with connect(pbx, user, interface) as client:
            frames.append(plain(af.audit(client)))
            matrices.append(plain(af.privilege_matrix(client.commands())))
    assert all(one == frames[0] for one in frames)
    assert all(one == matrices[0] for one in matrices)
    read, write = (classes(line) - {"hookresponse"} for line in RIGHTS[user])  # that, no line can name
    with connect(pbx, user) as client:
        found = af.audit(client)
    if "command" in write:  # it may ask, so nothing is left open
        assert held(found) == write | {NONE}
        assert held(found, "read") == read
        assert not found["write"].isna().any()
    else:
        assert held(found) == (write & WITH_ACTIONS) | {NONE}
        assert found["read"].isna().all()


def test_an_account_that_may_not_ask_does_not_try(pbx):
    """A denied action is an entry in somebody's log of attacks."""
    asked: list[str] = []
    answer = pbx._manager.answer
    pbx._manager.answer = lambda session, fields: (asked.append(dict(fields).get("Action")), answer(session, fields))[1]
    try:
        with connect(pbx, "looker") as client:
            af.audit(client)
    finally:
        pbx._manager.answer = answer
    assert "Command" not in asked
    assert "ListCommands" in asked


def test_a_pbx_whose_console_does_not_list_the_classes(pbx, monkeypatch):
    """Then the list of actions has to do."""
    monkeypatch.delitem(cli_commands._COMMANDS, "manager show user")
    with connect(pbx, "console") as client:
        found = af.audit(client)
    assert held(found) == {"command", NONE}
    assert found["read"].isna().all()


def test_what_is_no_pbx_is_refused():
    for wrong in ("demo", None, {"a": 1}):
        with pytest.raises(af.ConfigError, match="no PBX and no list"):
            af.audit(wrong)


def test_no_secret_is_in_what_it_says(pbx, tmp_path):
    with connect(pbx, "everything") as client:
        found = af.audit(client, needs="status")
    af.to_csv(found, tmp_path / "a.csv")
    assert "s3cret" not in (tmp_path / "a.csv").read_text() + repr(found.attrs) + found.to_html()


# --- the command line -------------------------------------------------------------------------------------------------


def run(*args: object, pbx: Demo | None = None, user: str = "", columns: int = 100):
    """Run the command line in this process."""
    live = {"AMIFRAME_URL": pbx.url, "AMIFRAME_USERNAME": user, "AMIFRAME_SECRET": f"s3cret-{user}"} if pbx else {}
    return CliRunner(env={"COLUMNS": str(columns), **live}).invoke(cli.app, ["audit", *map(str, args)])


def rows_of(printed: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for line in printed.splitlines() if (words := line.split()) and line.startswith(" ")}


def test_a_live_account(pbx):
    done = run(pbx=pbx, user="console")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"console at {pbx.url}: 2 privileges to act, 1 of high risk")
    rows = rows_of(done.stdout)
    assert rows["command"][:3] == ["yes", "1", "1"]
    assert rows["agent"][:2] == ["yes", "medium"]  # it listens only
    assert "write = command: The console" in done.stdout
    assert "read = agent: Callers" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_what_cannot_be_known_is_said(pbx):
    done = run(pbx=pbx, user="looker")
    assert done.exit_code == 0
    assert "Not known: read=" in done.stdout
    assert "log, verbose, dtmf, cdr, dialplan, cc, test, security" in " ".join(done.stdout.split())
    assert rows_of(done.stdout)["reporting"][:2] == ["yes", "?"]


@pytest.mark.parametrize(
    ("user", "needs", "code", "said"),
    [
        ("looker", ["status"], 0, ["status: may be done"]),
        ("looker", ["status", "originate"], 10,
         ["originate: lacks write = originate", "    write = originate,reporting", "section [looker]"]),
        ("console", ["cli"], 10, ["not needed: read = log,agent", "not needed: write = cdr", "    read =\n"]),
        ("console", ["listen"], 10, ["listen: lacks read = call", "    write =\n"]),
        ("everything", ["status"], 10, ["status: may be done", "not needed: write = system,call"]),
        ("looker", ["Status"], 0, []),
        ("mover", ["status"], 10, ["status: may be done", "not needed: write = call", "    write = reporting"]),
        ("nothing", ["ping", "queues", "QueueReset"], 0, ["QueueReset: may be done"]),
    ],
)  # fmt: skip
def test_an_account_beside_what_it_is_for(pbx, user, needs, code, said):
    done = run(*(word for need in needs for word in ("--need", need)), pbx=pbx, user=user)
    assert (done.exit_code, done.stderr) == (code, "")
    for words in said:
        assert words in done.stdout
    assert ("enough, and no more" in done.stdout) == (code == 10)


def test_files(pbx, tmp_path):
    done = run(af.sample("commands"), "-o", tmp_path / "a.csv", "-o", tmp_path / "a.json")
    assert done.exit_code == 0
    assert plain(af.read_table(tmp_path / "a.csv")) == plain(af.audit(af.read_commands(af.sample("commands"))))
    done = run(af.sample("commands"), "-o", "-", "--need", "status")
    assert done.stdout.startswith('"privilege","write","read"')
    assert done.exit_code == 10
    assert "enough" not in done.stdout


def test_two_lists_and_a_list_beside_what_is(pbx, tmp_path):
    lists = {}
    for user in ("looker", "caller"):
        lists[user] = tmp_path / f"{user}.txt"
        with connect(pbx, user) as client:
            commands = client.commands()
        lines = [
            f"{row['action']}: x  (Priv: {','.join(row['privileges']) or NONE})" for row in commands.to_dict("records")
        ]
        lists[user].write_text("\r\n".join(["Response: Success", *lines, "", ""]), newline="")
    same = run(lists["looker"], lists["looker"])
    assert (same.exit_code, same.stderr) == (0, "")
    assert "0 new, 0 gone, 0 changed" in same.stdout
    other = run(lists["looker"], lists["caller"], "-o", tmp_path / "d.csv")
    assert other.exit_code == 10
    assert rows_of(other.stdout)["Originate"][:4] == ["new", "no", "right", "before"]
    assert set(af.read_table(tmp_path / "d.csv")["change"]) == {"new", "gone", "same"}
    assert run(lists["looker"], "-t", pbx.url, pbx=pbx, user="looker").exit_code == 0
    for kept in (tmp_path / "kept.csv", tmp_path / "kept.parquet"):  # as "amiframe commands -o" keeps them
        with connect(pbx, "looker") as client:
            (af.to_csv if kept.suffix == ".csv" else af.to_parquet)(client.commands(), kept)
        assert run(kept, "-t", pbx.url, pbx=pbx, user="looker").exit_code == 0
        assert run(kept).exit_code == 0
    assert run(lists["looker"], "-t", pbx.url, pbx=pbx, user="caller").exit_code == 10


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("a.txt", "b.txt", "-t", "demo"), "one FILE is compared"),
        (("a.txt", "b.txt", "--need", "status"), "not for a comparison"),
        ((str(af.sample("commands")), "--need", "Orignate"), "near it: Originate"),
        ((str(af.sample("status")),), "no answer of ListCommands"),
        (("nothing.txt",), "nothing.txt"),
        ((str(af.sample("commands")), "-o", "a.xyz"), "no format"),
    ],
)
def test_what_cannot_work_says_what_to_do(args, words):
    done = run(*args)
    assert done.exit_code in (2, 6)
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_is_what_the_table_says():
    done = subprocess.run(
        [sys.executable, "docs/audit.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
