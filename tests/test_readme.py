"""Every code block of both READMEs runs; those that need a PBX run against the embedded one."""

from __future__ import annotations

import configparser
import gzip
import os
import re
import shlex
import stat
import subprocess
import sys

import amf_cli
import pytest
from amf_support import ROOT

import amiframe as af
from amiframe.demo import shared
from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo

READMES = ("README.md", "README.ru.md")
BLOCK = re.compile(r"(?:<!-- (?P<mark>[^>]+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8088"


def blocks(name: str, kind: str) -> list[str]:
    return [m["text"] for m in BLOCK.finditer((ROOT / name).read_text("utf-8")) if m["kind"] == kind]


@pytest.fixture(scope="module")
def monitor():
    """An embedded PBX with the account that the README's manager.conf makes."""
    with Demo([Account("monitor", "long", classes("call,reporting"), classes("reporting"))]) as demo:
        yield demo


@pytest.fixture(scope="module", autouse=True)
def _closed_behind_us():
    yield
    shared.close()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, with a log of one's own, and `amiframe` on the path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "night.log.gz").write_bytes(gzip.compress(af.sample("events").read_bytes()))
    (tmp_path / "queue_log").write_bytes(af.sample("queue_log").read_bytes())
    program = tmp_path / "bin" / "amiframe"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m amiframe "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def shell(place, text: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{place / 'bin'}:{os.environ['PATH']}", "HOME": str(place), "PYTHONPATH": str(ROOT),
                   "PYTHONUTF8": "1", **env}  # fmt: skip
    return subprocess.run(["bash", "-euc", text], capture_output=True, check=False, timeout=120, encoding="utf-8",
                          stdin=subprocess.DEVNULL, cwd=place, env=environment)  # fmt: skip


def test_both_say_the_same():
    """In each language the same blocks, but for what stands behind a #."""

    def plain(name):
        return [
            (m["mark"], m["kind"], [line.partition("#")[0].rstrip() for line in m["text"].splitlines()])
            for m in BLOCK.finditer((ROOT / name).read_text("utf-8"))
        ]

    assert plain("README.md") == plain("README.ru.md")
    links = [re.findall(r"\]\((?!README)([^)]+)\)", (ROOT / name).read_text("utf-8")) for name in READMES]
    assert links[0] == links[1]
    assert all((ROOT / link).exists() for link in links[0])


def test_no_block_is_left_out():
    kinds = {m["kind"] for name in READMES for m in BLOCK.finditer((ROOT / name).read_text("utf-8"))}
    assert kinds == {"", "text", "python", "ini", "sh"}
    for name in READMES:
        assert len(blocks(name, "")) == 2, "the two commands, which .ci/run runs as they stand"


def test_the_first_command_is_the_tour_and_the_second_passes_the_tests(place):
    first, second = blocks("README.md", "")
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -q -e '.[notebook]' && ")
    assert "pytest -q" in second
    done = shell(place, first.rpartition("&& ")[2].replace(".venv/bin/", ""), COLUMNS="100")
    assert (done.returncode, done.stderr) == (0, "")
    titles = blocks("README.md", "text")[0].splitlines()[0].split()
    assert all(title in done.stdout for title in titles)
    assert re.search(r"4 interfaces \(rawman, mxml, arawman, amxml\), \d+ cells equal", done.stdout)


@pytest.mark.parametrize("name", READMES)
def test_python(name, place, capsys):
    scope: dict[str, object] = {}
    for text in blocks(name, "python"):
        exec(compile(text, name, "exec"), scope)
    assert len(scope["channels"]) == 88
    assert {"QueueParams", "QueueMember", "QueueEntry"} <= set(scope["queues"])
    assert "busy 17 User busy\n" in capsys.readouterr().out
    assert len(af.read_table("events.parquet")) == len(scope["events"])


def check_files(place):
    for kept in ("commands.csv", "queues.parquet", "hangups.parquet"):
        assert len(af.read_table(place / kept)) > 0


def test_commands(place, monitor):
    """The lines of each block, one after another in this process."""
    for text in blocks(READMES[0], "sh"):
        env = {"AMIFRAME_SECRET": "long"}
        for line in text.replace(ADDRESS, monitor.url).splitlines():
            program, *args = shlex.split(line, comments=True)
            if program == "export":
                env |= dict(arg.split("=", 1) for arg in args)
                continue
            assert program == "amiframe"
            done = amf_cli.run(*args, cwd=place, **env)
            assert (done.returncode, done.stderr) == (0, ""), line
    check_files(place)


@pytest.mark.slow
@pytest.mark.parametrize("name", READMES)
def test_shell(name, place, monitor):
    for text in blocks(name, "sh"):
        done = shell(place, text.replace(ADDRESS, monitor.url), AMIFRAME_SECRET="long")
        assert (done.returncode, done.stderr) == (0, ""), text
    check_files(place)


def test_the_account_to_copy_is_the_one_that_was_tried(monitor):
    http, manager = (configparser.ConfigParser() for _ in range(2))
    http.read_string(blocks("README.md", "ini")[0])
    manager.read_string(blocks("README.md", "ini")[1])
    assert f"http://{http['general']['bindaddr']}:{http['general']['bindport']}" == ADDRESS
    assert manager["general"].getboolean("webenabled")
    account = monitor.accounts["monitor"]
    assert (classes(manager["monitor"]["read"]), classes(manager["monitor"]["write"])) == (account.read, account.write)
