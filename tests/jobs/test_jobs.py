"""Notebooks as jobs: each way in which a run may end is staged for real; code, message, files and history are right."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import amf_jobs
import pandas as pd
import pytest
from amf_support import ROOT

import amiframe as af

pytestmark = pytest.mark.slow  # each run starts a kernel
CANARY = "kanari-3f9c27d1"
PIN = "90417352"


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    return {name: amf_jobs.write(folder, name) for name in amf_jobs.NOTEBOOKS}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A place of its own, with profiles; what a cron job would have."""
    config = tmp_path / "config" / "amiframe"
    config.mkdir(parents=True)
    (config / "office.secret").write_text(CANARY)
    (config / "office.secret").chmod(0o600)
    (config / "config.toml").write_text(
        '[profiles.office]\nurl = "http://127.0.0.1:9"\nusername = "monitor"\nsecret_file = "office.secret"\n'
        'timezone = "Europe/Moscow"\n'
        '[profiles.env]\nurl = "http://127.0.0.1:9"\nusername = "monitor"\nsecret_env = "PBX_SECRET"\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(*arguments, cwd, **environ):
    """Run the command; return its code, what it printed and what it told on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "amiframe", "job", *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        check=False, env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def left(folder):
    """All files below a folder but the lock, by their names without the id of the run."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return sorted(re.sub(r"\d{8}T\d{6}Z(-\d+)?", "RUN", name) for name in names if not name.startswith("latest/"))


# --- what is checked before anything runs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("book", "more", "message"),
    [
        ("good", {"parameters": {"cuont": 3}}, "did you mean 'count'"),
        ("good", {"parameters": {"zzz": 3}}, "it has target, out, start"),
        ("good", {"parameters": {"count": "three"}}, "is int, not 'three'"),
        ("good", {"parameters": {"is_on": "maybe"}}, "true or false"),
        ("good", {"parameters": {"queues": "a,b"}}, 'for example \'["a", "b"]\''),
        ("good", {"parameters": {"count": 1.5}}, "is int, not float"),
        ("good", {"parameters": {"count": True}}, "is int, not bool"),
        ("good", {"parameters": {"secret": "x"}}, "like a secret"),
        ("good", {"parameters": {"db_password": "x"}}, "like a secret"),
        ("good", {"parameters": {"out": "/tmp"}}, "the job's own"),
        ("good", {"parameters": {"name": f"x{CANARY}"}, "target": "office"}, "holds a secret"),
        ("good", {"parameters": {"start": "x"}, "window": "7d"}, "given twice"),
        ("good", {"window": "seven days"}, "not a whole number"),
        ("good", {"window": "7d", "tz": "Mars/Base"}, "no time zone"),
        ("good", {"redact": "rot13"}, "last4, hash"),
        ("good", {"target": "offfice"}, "office"),
        ("good", {"target": "http://user:pw@127.0.0.1:1"}, "do not put the password"),
        ("good", {"time_limit": "soon"}, "90s, 15min, 2h"),
        ("good", {"time_limit": 0}, "not a duration"),
        ("good", {"keep": 0}, "at least 1"),
        ("raises", {"target": "demo"}, "no parameter 'target'"),
        ("raises", {"window": "7d"}, "no parameter 'start'"),
        ("raises", {"redact": "last4"}, "no parameter 'redact'"),
        ("has_a_secret", {}, "'api_token', like a secret"),
        ("no_parameters", {"parameters": {"a": 1}}, "no cell has the tag"),
    ],
)
def test_what_is_refused(books, home, book, more, message):
    with pytest.raises(af.ConfigError, match=re.escape(message)):
        af.jobs.run(books[book], **({"target": None, "out": "out"} | more))
    assert not (home / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("not json", "is no notebook"), ('{"cells": []}', "no notebook")],
)
def test_what_is_no_notebook(home, text, message):
    (home / "x.ipynb").write_text(text)
    with pytest.raises(af.ConfigError, match=message):
        af.jobs.run("x.ipynb", target=None, out="out")
    with pytest.raises(af.ConfigError, match="cannot be read"):
        af.jobs.run("none.ipynb", target=None, out="out")


# --- good runs -------------------------------------------------------------------------------------------------------


def test_a_good_run(books, home):
    code, out, err = job(
        "run", books["good"], "-o", "out", "--from", "2026-11-16", "--to", "2026-11-22", "--tz", "Europe/Moscow",
        "-p", "count=3", "-p", "share=1", "-p", "is_on=yes", "-p", 'queues=["b"]', "-p", "name=7", cwd=home,
    )  # fmt: skip
    assert code == 0, err
    assert "1 files in out/runs/2026-11-16_2026-11-22." in out
    assert "cell 4 of 4" in err
    written = (home / "out" / "latest" / "told.txt").read_text()
    assert written == (
        "('2026-11-16T00:00:00+03:00', '2026-11-23T00:00:00+03:00', 'Europe/Moscow', '7', 3, 1.0, True, ['b'], None)"
    )
    runs = af.jobs.history("out")
    assert runs["status"].tolist() == ["ok"]
    assert runs["files"].tolist() == [1]
    assert runs["seconds"][0] > 0
    assert str(runs["started"].dtype) == "datetime64[us, UTC]"
    book = (home / "out" / "latest" / "good.ipynb").read_text()
    assert "widgets" not in json.loads(book)["metadata"]
    assert ".running" not in book  # the place where its files are now
    assert job("list", "out", cwd=home)[0] == 0
    assert job("check", "out", "--max-age", "1h", cwd=home)[0] == 0


def test_the_zone_is_the_profiles(books, home):
    done = af.jobs.run(books["good"], target="office", out="out", window="2026-11-16/2026-11-22")
    assert done.window == "2026-11-16T00:00:00+03:00/2026-11-23T00:00:00+03:00"
    assert "Europe/Moscow" in (done.folder / "told.txt").read_text()
    with pytest.raises(af.ConfigError, match="given twice"):
        af.jobs.run(books["good"], target="office", out="out", parameters={"target": "demo"})


def test_a_window_of_the_past_may_be_run_again(books, home):
    """The same files; the latest stays the run of the newest window; old runs go, the latest never does."""
    first = af.jobs.run(books["good"], target=None, out="out", window="2026-11-09/2026-11-15", keep=2)
    second = af.jobs.run(books["good"], target=None, out="out", window="2026-11-16/2026-11-22", keep=2)
    again = af.jobs.run(books["good"], target=None, out="out", window="2026-11-09/2026-11-15", keep=2)
    assert (again.folder / "told.txt").read_bytes().startswith(b"('2026-11-09")
    assert (home / "out" / "latest").resolve() == second.folder.resolve()
    assert not first.folder.exists()
    third = af.jobs.run(books["good"], target=None, out="out", window="2026-11-09/2026-11-15", keep=1)
    assert sorted(path.name for path in (home / "out" / "runs").iterdir()) == sorted([second.run, third.run])
    assert af.jobs.history("out")["folder"].notna().tolist() == [False, True, False, True]


def test_a_redaction_keeps_its_key(books, home):
    af.jobs.run(books["good"], target=None, out="out", redact="hash")
    key = (home / "out" / ".mask-key").read_text()
    done = af.jobs.run(books["good"], target=None, out="out", redact="hash")
    assert (home / "out" / ".mask-key").read_text() == key
    assert (home / "out" / ".mask-key").stat().st_mode & 0o077 == 0
    assert key not in "".join(path.read_text() for path in done.folder.iterdir())


def test_sys_exit(books, home):
    assert af.jobs.run(books["exits_well"], target=None, out="well").files == ()
    with pytest.raises(af.JobError, match="SystemExit: 3"):
        af.jobs.run(books["exits_badly"], target=None, out="badly")


def test_plain_papermill_works_too(books, home):
    import papermill

    papermill.execute_notebook(
        str(books["asks"]), str(home / "plain.ipynb"), parameters={"out": str(home)}, progress_bar=False
    )
    assert len(af.read_table(home / "status.csv"))


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_cell_that_raises(books, home):
    af.jobs.run(books["good"], target=None, out="out")
    good = (home / "out" / "latest").readlink()
    code, out, err = job("run", books["raises"], "-o", "out", cwd=home)
    assert code == 7
    assert "cell 4 of 5 raised ZeroDivisionError: division by zero" in err
    assert (home / "out" / "latest").readlink() == good
    assert left(home / "out") == [
        "failed/RUN/raises.ipynb",
        "history.jsonl",
        "runs/RUN/good.ipynb",
        "runs/RUN/told.txt",
    ]
    book = next((home / "out" / "failed").rglob("*.ipynb")).read_text()
    assert "ZeroDivisionError" in book
    assert "An Exception was encountered" in book
    row = af.jobs.history("out").iloc[-1]
    assert (row["status"], row["cell"], row["ename"]) == ("failed", 3, "ZeroDivisionError")
    code, out, _ = job("check", "out", "--max-age", "1h", cwd=home)
    assert code == 0
    assert "division by zero" in out
    assert job("check", "out", "--max-age", "0.00001min", cwd=home)[0] == 10


def test_a_kernel_that_is_killed(books, home):
    with pytest.raises(af.JobError, match="died in cell 3 of 3") as raised:
        af.jobs.run(books["kernel_dies"], target=None, out="out")
    assert raised.value.ename == "DeadKernelError"
    assert raised.value.output_path.endswith("kernel_dies.ipynb")
    assert af.jobs.history("out")["status"].tolist() == ["failed"]


@pytest.mark.parametrize(("deaths", "code"), [(2, 0), (3, 7)])
def test_a_kernel_that_dies_before_its_first_cell_is_started_again(books, home, deaths, code):
    """As where the ports that were chosen for it have been taken; it is not tried for ever."""
    spec = home / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    starter = spec / "start.py"
    starter.write_text(
        "import pathlib, runpy, sys\n"
        f"count = pathlib.Path({str(home / 'starts')!r})\n"
        "count.write_text(count.read_text() + 'x' if count.exists() else 'x')\n"
        f"sys.exit('no port') if len(count.read_text()) <= {deaths} else None\n"
        "sys.argv = ['ipykernel_launcher', *sys.argv[1:]]\n"
        "runpy.run_module('ipykernel_launcher', run_name='__main__')\n"
    )
    argv = [sys.executable, str(starter), "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    done, _, err = job("run", books["good"], "-o", "out", cwd=home, JUPYTER_PATH=str(home / "jupyter"))
    assert done == code, err
    assert (home / "starts").read_text() == "xxx"
    assert af.jobs.history(home / "out")["status"].tolist() == ["ok" if code == 0 else "failed"]


def test_a_cell_past_the_limit(books, home):
    started = time.monotonic()
    code, _, err = job("run", books["sleeps"], "-o", "out", "--time-limit", "8s", "-p", "seconds=900", cwd=home)
    assert code == 8
    assert time.monotonic() - started < 300
    assert "limit of 8 s" in err
    assert left(home / "out") == ["failed/RUN/sleeps.ipynb", "history.jsonl"]
    assert af.jobs.history("out")["status"].tolist() == ["timeout"]


def test_a_cell_that_will_not_end_is_ended_with_all_that_it_started(books, home):
    code, _, _ = job("run", books["will_not_end"], "-o", "out", "--time-limit", "20s", cwd=home)
    assert code == 8
    book = next((home / "out" / "failed").rglob("*.ipynb")).read_text()
    child = int(re.search(r'"(\d+)\\n"', book)[1])
    assert not is_alive(child)
    assert left(home / "out") == ["failed/RUN/will_not_end.ipynb", "history.jsonl"]


def is_alive(process):
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return text.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize(
    ("name", "ename"),
    [("pbx_down", "ConnectError"), ("wrong_password", "LoginError"), ("no_right", "AccessDenied")],
)
def test_a_pbx_that_does_not_answer_as_hoped(books, home, name, ename):
    from amiframe.demo.server import Demo  # a real server, of this process

    if name == "pbx_down":
        code, err = run_against(books, home, "http://127.0.0.1:9", "monitor", CANARY)
    else:
        with Demo(login_delay=0.1) as pbx:
            user = "caller" if name == "no_right" else "monitor"
            secret = pbx.secret(user) if name == "no_right" else CANARY
            code, err = run_against(books, home, pbx.url, user, secret)
    assert code == 7
    assert ename in err
    row = af.jobs.history("out").iloc[-1]
    assert (row["status"], row["ename"]) == ("failed", ename)
    assert CANARY not in "".join(p.read_text(errors="replace") for p in (home / "out").rglob("*") if p.is_file())


def run_against(books, home, url, user, secret):
    (home / "amiframe.toml").write_text(f'[profiles.there]\nurl = "{url}"\nusername = "{user}"\nsecret_env = "THERE"\n')
    code, _, err = job("run", books["asks"], "-o", "out", "-t", "there", cwd=home, THERE=secret)
    return code, err


def test_changing_actions_need_the_option(books, home):
    with pytest.raises(af.JobError, match="ActionRefused: QueuePause may change something"):
        af.jobs.run(books["changes"], target="demo", out="out")
    af.jobs.run(books["changes"], target="demo", out="out", allow_actions=True)
    assert af.jobs.history("out")["status"].tolist() == ["failed", "ok"]


@pytest.mark.parametrize("where", ["notebook", "error", "file"])
@pytest.mark.parametrize("target", ["office", "env"])
def test_no_secret_is_left(books, home, monkeypatch, where, target):
    monkeypatch.setenv("PBX_SECRET", CANARY)
    monkeypatch.setenv("AMIFRAME_SECRET", CANARY)
    code, out, err = job(
        "run", books["tells_secrets"], "-o", "out", "-t", target, "-p", f"where={where}", "--log-json", cwd=home
    )
    assert code == (0 if where == "notebook" else 7), err
    texts = [out, err, *(p.read_text(errors="replace") for p in (home / "out").rglob("*") if p.is_file())]
    assert CANARY not in "".join(texts)
    assert any("login with *****" in text for text in texts)  # it ran, and told
    if where == "file":
        assert "a secret was in log.txt, which was deleted" in err
    assert all(json.loads(line) for line in err.splitlines() if line.startswith("{"))


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("digits", [False, True])
def test_no_pin_is_left(books, home, digits, fails):
    pressed = "".join(
        f"Event: {name}\r\nChannel: PJSIP/100-1\r\nDigit: {digit}\r\n\r\n"
        for digit in PIN for name in ("DTMFBegin", "DTMFEnd")
    )  # fmt: skip
    (home / "ami.log").write_bytes(pressed.encode())
    code, out, err = job(
        "run", books["hears"], "-o", "out", "-p", f"log={home / 'ami.log'}", "-p", f"fails={fails}",
        *(["--digits"] if digits else []), cwd=home,
    )  # fmt: skip
    assert code == (7 if fails else 0), err
    texts = [out, err, *(p.read_text(errors="replace") for p in (home / "out").rglob("*") if p.is_file())]
    shown = PIN if digits else "x" * len(PIN)
    assert any(shown in text for text in texts)
    assert any(PIN in text for text in texts) is digits
    if not fails:
        for suffix in ("csv", "parquet"):
            events = af.read_table(home / "out" / "latest" / f"heard.{suffix}")
            assert "".join(events["digit"]) == "".join(2 * digit for digit in shown)
            assert events.attrs["amiframe"].get("digits") == (None if digits else "blanked")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="a small disk needs root")
def test_a_full_disk(books, home):
    """A tmpfs of 4 MB: the cell fails, the good run before stays, and nothing that is half-written."""
    disk = home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    try:
        done = af.jobs.run(books["good"], target=None, out=disk / "out")
        code, _, err = job("run", books["fills_the_disk"], "-o", disk / "out", cwd=home)
        assert code == 7
        assert "No space left on device" in err
        assert (disk / "out" / "latest").resolve() == done.folder.resolve()
        assert left(disk / "out") == [
            "failed/RUN/fills_the_disk.ipynb", "history.jsonl", "runs/RUN/good.ipynb", "runs/RUN/told.txt",
        ]  # fmt: skip
        assert af.jobs.history(disk / "out")["status"].tolist() == ["ok", "failed"]
        # full to the last byte before it begins
        fill(disk / "full")
        code, _, err = job("run", books["good"], "-o", disk / "out", cwd=home)
        assert code in (2, 7)
        assert "No space left on device" in err
        (disk / "full").unlink()
        assert job("run", books["good"], "-o", disk / "out", cwd=home)[0] == 0
        assert not list((disk / "out").glob(".running*"))
        assert af.jobs.history(disk / "out")["status"].iloc[-1] == "ok"
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_two_at_once_and_kill_9(books, home):
    """The second is refused; when the first is killed, the third tidies up and the history tells."""
    command = [sys.executable, "-m", "amiframe", "job", "run", str(books["sleeps"]), "-o", "out"]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    first = subprocess.Popen(command, cwd=home, env=environ, stderr=subprocess.PIPE, text=True)
    assert any("cell 3 of 3" in line for line in first.stderr)  # until it sleeps
    kernels = children(first.pid)
    assert kernels
    assert af.jobs.history("out")["status"].tolist() == ["running"]
    code, _, err = job("run", books["good"], "-o", "out", cwd=home)
    assert code == 75
    assert "goes on" in err
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stderr.close()
    assert af.jobs.history("out")["status"].tolist() == ["died"]
    assert left(home / "out") == ["history.jsonl"]
    assert job("check", "out", cwd=home)[0] == 10
    assert job("run", books["good"], "-o", "out", cwd=home)[0] == 0
    assert af.jobs.history("out")["status"].tolist() == ["died", "ok"]
    assert not list((home / "out").glob(".running*"))
    end = time.monotonic() + 60
    while any(map(is_alive, kernels)) and time.monotonic() < end:
        time.sleep(0.2)
    assert not any(map(is_alive, kernels))


def children(process):
    done = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_stopped(books, home, how):
    command = [sys.executable, "-m", "amiframe", "job", "run", str(books["sleeps"]), "-o", "out"]
    first = subprocess.Popen(
        command, cwd=home, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert any("cell 3 of 3" in line for line in first.stderr)
    kernels = children(first.pid)
    first.send_signal(how)
    assert first.wait(120) == 130
    first.stderr.close()
    assert af.jobs.history("out")["status"].tolist() == ["interrupted"]
    assert left(home / "out") == ["failed/RUN/sleeps.ipynb", "history.jsonl"]
    assert not any(map(is_alive, kernels))


# --- history and check -----------------------------------------------------------------------------------------------


def test_a_job_that_never_ran(tmp_path):
    code, out, _ = job("check", tmp_path / "none", cwd=tmp_path)
    assert code == 10
    assert "no job has ever run" in out
    with pytest.raises(af.ConfigError, match="no job has run"):
        af.jobs.history(tmp_path / "none")


def test_a_history_that_was_cut_off(tmp_path):
    (tmp_path / "history.jsonl").write_text(
        '{"run": "a", "event": "began", "at": "2026-11-29T06:00:00+00:00"}\n'
        '{"run": "a", "event": "ended", "at": "2026-11-29T06:01:00+00:00", "status": "ok", "files": 2}\n'
        '{"run": "b", "event": "beg'
    )
    runs = af.jobs.history(tmp_path)
    assert runs["status"].tolist() == ["ok"]
    assert runs["seconds"].tolist() == [60.0]
    now = pd.Timestamp("2026-11-30 07:00", tz="UTC")
    assert af.jobs.check(tmp_path, "26h", now).ok
    assert not af.jobs.check(tmp_path, "24h", now).ok
    with pytest.raises(af.ConfigError, match="8d or 1w"):
        af.jobs.check(tmp_path, "soon")


def test_without_file_locks_the_command_line_works_and_a_job_says_what_it_needs(tmp_path):
    """Windows has no fcntl: once, not even ``amiframe --help`` could be imported there."""
    code = """
import sys
sys.modules["fcntl"] = None
from amiframe.cli import main
from amiframe.cli import job, report
import amiframe as af
try:
    af.jobs.run(sys.argv[1], target=None, out=sys.argv[2])
except af.ConfigError as error:
    print(error)
"""
    book = amf_jobs.write(tmp_path, "good")
    done = subprocess.run(
        [sys.executable, "-c", code, book, tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "need POSIX file locks" in done.stdout
