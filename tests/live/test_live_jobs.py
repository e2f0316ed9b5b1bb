"""The report notebooks as jobs on real servers, of real logs; what an account may not, the history tells."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import amf_jobs
import pytest
from amf_support import ROOT
from pbx_server import Asterisk

import amiframe as af

BOOKS = ROOT / "notebooks"


@pytest.fixture
def there(pbx: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asterisk:
    """A project whose profile ``office`` is the server, with its secret in a variable."""
    (tmp_path / "amiframe.toml").write_text(
        f'[profiles.office]\nurl = "{pbx.url}"\nusername = "test"\nsecret_env = "OFFICE"\ntimezone = "Asia/Tokyo"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFICE", pbx.users["test"])
    return pbx


def test_the_snapshot(there: Asterisk) -> None:
    there.place_calls(12)
    done = af.jobs.run(BOOKS / "10_snapshot_report.ipynb", target="office", out="out", redact="last4")
    channels = af.read_table(done.folder / "channels.parquet")
    # Status hides the announcer of a conference
    assert set(channels["channel"]) == {row[0] for row in there.channels() if row[0][:5] != "CBAnn"}
    assert "Asia/Tokyo" in done.notebook.read_text(encoding="utf-8")
    html = (done.folder / "snapshot.html").read_text(encoding="utf-8")
    assert there.major in html
    secret = there.users["test"].encode()
    assert not [path for path in done.folder.iterdir() if secret in path.read_bytes()]


def test_the_week_of_a_real_log(there: Asterisk) -> None:
    log = af.sample(f"queue_log_{there.version}")
    done = af.jobs.run(BOOKS / "11_weekly.ipynb", target="office", out="out", parameters={"log": str(log)})
    whole = af.metrics.queue_summary(af.queue_calls(af.read_queue_log(log)), by=[])
    total = af.read_table(done.folder / "total.csv").iloc[0]
    assert total["offered"] == whole["offered"][0] > 0


def test_the_audit(there: Asterisk) -> None:
    done = af.jobs.run(BOOKS / "12_privilege_audit.ipynb", target="office", out="out")
    assert len(af.read_table(done.folder / "audit.csv")) > 10


@pytest.mark.parametrize("digits", [False, True])
def test_a_pin_that_a_caller_presses(there: Asterisk, digits: bool) -> None:
    book = amf_jobs.write(Path(), "hears")
    with ThreadPoolExecutor() as pool:
        job = pool.submit(af.jobs.run, book, target="office", out="out", parameters={"seconds": 12.0}, digits=digits)
        there.wait(lambda: "test" in there.cli("manager show connected"), "the job listens", 60)
        with af.connect("office") as pbx:
            pbx.originate("Local/606@outgoing", application="Wait", data="3")
        done = job.result(120)
    events = af.read_table(done.folder / "heard.parquet")
    pressed = "".join(events.loc[events["event"] == "DTMFEnd", "digit"])
    assert pressed == ("123#" if digits else "xxxx"), events
    written = "".join(path.read_text(errors="replace") for path in done.folder.iterdir() if path.suffix != ".parquet")
    assert ("pressed 123#" in written, "pressed xxxx" in written) == (digits, not digits)


@pytest.mark.parametrize("options", [(), ("--digits",)])
def test_watch_shows_no_pin(there: Asterisk, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "amiframe", "watch", "-t", "office", "--mask", "dtmf", "--seconds", "9", *options]
    watch = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "300"}
    )
    there.wait(lambda: "test" in there.cli("manager show connected"), "it listens", 30)
    with af.connect("office") as pbx:
        pbx.originate("Local/606@outgoing", application="Wait", data="3")
    printed = watch.communicate(timeout=60)[0].decode()
    assert re.findall(r"DTMFEnd .*digit=(\S+)", printed) == (list("123#") if options else ["x"] * 4), printed


def test_the_server_is_down(there: Asterisk) -> None:
    good = af.jobs.run(BOOKS / "10_snapshot_report.ipynb", target="office", out="out")
    with there.down(), pytest.raises(af.JobError, match="ConnectError"):
        af.jobs.run(BOOKS / "10_snapshot_report.ipynb", target="office", out="out")
    assert Path("out/latest").resolve() == good.folder.resolve()
    assert af.jobs.history("out")["status"].tolist() == ["ok", "failed"]
