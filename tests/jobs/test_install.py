"""Units that systemd takes, lines that cron takes; nothing of a secret in either."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess

import amf_jobs
import pytest
from amf_cli import run
from amf_support import ROOT

import amiframe as af
from amiframe.jobs import schedulers


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a place"
    folder.mkdir()
    return amf_jobs.write(folder, "good")


def install(*options, job, cwd):
    done = run("job", "install", *options, "--", *job, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


OPTIONS = ("--last", "1w", "--tz", "Europe/Moscow", "--time-limit", "15min", "--keep", "60", "--redact", "last4")
SYSTEMD = ("--systemd", "--at", "Mon 06:15", "--name", "weekly")


def test_units_are_printed_and_written(book, tmp_path):
    job = (book, "-o", "out", *OPTIONS, "-p", 'name=50 % of "$HOME"')
    code, shown, err = install(*SYSTEMD, job=job, cwd=tmp_path)
    assert code == 0, err
    assert not (tmp_path / "out").exists()
    code, out, err = install(*SYSTEMD, "--into", tmp_path / "units", job=job, cwd=tmp_path)
    assert code == 0, err
    assert "enable --now amiframe-weekly.timer" in out
    service = (tmp_path / "units" / "amiframe-weekly.service").read_text()
    timer = (tmp_path / "units" / "amiframe-weekly.timer").read_text()
    assert service in shown
    assert timer in shown
    assert "OnCalendar=Mon 06:15" in timer
    assert "TimeoutStartSec=1020" in service
    assert f"ReadWritePaths={tmp_path / 'out'}" in service
    assert '"name=50 %% of \\"$$HOME\\""' in service


@pytest.mark.slow
def test_systemd_takes_the_units(book, tmp_path):
    if not shutil.which("systemd-analyze"):
        assert os.environ.get("CI") != "true", "Debian's package systemd is needed"
        pytest.skip("no systemd here")
    code, _, err = install(*SYSTEMD, "--into", tmp_path / "units", job=(book, "-o", "out", *OPTIONS), cwd=tmp_path)
    service = tmp_path / "units" / "amiframe-weekly.service"
    service.write_text(re.sub("(?m)^#(?=User|LoadCredential)", "", service.read_text()).replace("reports", "daemon"))
    assert code == 0, err
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted((tmp_path / "units").iterdir())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "amiframe" not in done.stderr
    when = subprocess.run(["systemd-analyze", "calendar", "Mon 06:15"], capture_output=True, check=False)
    assert when.returncode == 0


@pytest.mark.slow
def test_a_line_of_cron_runs(book, tmp_path):
    """What stands behind the five fields is what a shell runs."""
    code, out, err = install("--cron", "--at", "15 6 * * 1", job=(book, "-o", "out", "-p", "name=a 'b'"), cwd=tmp_path)
    assert code == 0, err
    when, command = out.strip()[:10], out.strip()[11:]
    assert when == "15 6 * * 1"
    assert shlex.split(command)[:3] == ["cd", str(tmp_path), "&&"]
    done = subprocess.run(
        command, shell=True, check=False, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    assert "\"a 'b'\"" in (tmp_path / "out" / "latest" / "told.txt").read_text()


@pytest.mark.parametrize(
    ("options", "job", "message"),
    [
        ((), (), "--systemd or --cron"),
        (("--systemd", "--cron"), (), "--systemd or --cron"),
        (("--cron",), ("-p", "cuont=3"), "did you mean 'count'"),
        (("--cron",), ("-p", "secret=x"), "like a secret"),
        (("--systemd", "--name", "a/b"), (), "not a name of a unit"),
        (("--cron",), (), "not a time of cron"),
        (("--cron",), ("--lst", "1w"), "No such option"),
        (("--cron",), ("--last", "1y"), "7d, 24h or 1w"),
        (("--cron", "--at", "@daily"), ("-p", "name=a\nb"), "a line end"),
    ],
)
def test_what_is_refused(book, tmp_path, options, job, message):
    into = ("--into", tmp_path / "units")
    code, _, err = install("--at", "daily", *options, *into, job=(book, "-o", "out", *job), cwd=tmp_path)
    assert code == 2
    assert message in err
    assert not (tmp_path / "units").exists()


def test_a_percent_is_no_line_end_to_cron():
    assert schedulers.cron_line(["a", "50%"], when="@daily", folder="/x") == r"@daily cd /x && a 50\%"


def test_a_credential_is_a_place_of_a_secret(tmp_path, monkeypatch):
    (tmp_path / "amiframe.toml").write_text(
        '[profiles.office]\nurl = "http://127.0.0.1:9"\nusername = "monitor"\nsecret_credential = "amiframe"\n'
    )
    monkeypatch.chdir(tmp_path)
    from amiframe import settings

    given = {"username": None, "secret": None, "interface": None}
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(af.ConfigError, match="LoadCredential=amiframe:"):
        settings.resolve("office", **given)
    (tmp_path / "credentials").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    with pytest.raises(af.ConfigError, match="cannot be read"):
        settings.resolve("office", **given)
    (tmp_path / "credentials" / "amiframe").write_text("kanari\n")
    assert settings.resolve("office", **given).secret.reveal() == "kanari"
    (tmp_path / "amiframe.toml").write_text('[profiles.office]\nsecret_credential = "../x"\n')
    with pytest.raises(af.ConfigError, match="no path"):
        settings.resolve("office", **given)
