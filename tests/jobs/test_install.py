"""Units that systemd takes, lines that cron takes; nothing of a secret in either."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

import amf_jobs
import pytest
from amf_support import ROOT

import amiframe as af
from amiframe.jobs import schedulers

pytestmark = pytest.mark.slow  # each command starts a Python


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a place"
    folder.mkdir()
    return amf_jobs.write(folder, "good")


def install(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "amiframe", "job", "install", *map(str, arguments)], cwd=cwd, capture_output=True,
        text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


CREDENTIAL = "amiframe:/etc/amiframe/office.secret"
OPTIONS = ("--last", "1w", "--tz", "Europe/Moscow", "--time-limit", "15min", "--keep", "60", "--mask", "last4")


def test_units_are_written_shown_and_removed(book, tmp_path):
    told = ("-p", 'name=50 % of "$HOME"', "--credential", CREDENTIAL, "--user", "daemon")
    where = ("--into", tmp_path / "units", "--name", "weekly", "--systemd", "--at", "Mon 06:15")
    code, shown, err = install(book, "-o", "out", *OPTIONS, *told, *where, "--show", cwd=tmp_path)
    assert code == 0, err
    assert not (tmp_path / "units").exists()
    code, out, err = install(book, "-o", "out", *OPTIONS, *told, *where, cwd=tmp_path)
    assert code == 0, err
    assert "enable --now amiframe-weekly.timer" in out
    service = (tmp_path / "units" / "amiframe-weekly.service").read_text()
    timer = (tmp_path / "units" / "amiframe-weekly.timer").read_text()
    assert service in shown
    assert "OnCalendar=Mon 06:15" in timer
    assert "LoadCredential=amiframe:/etc/amiframe/office.secret" in service
    assert "TimeoutStartSec=1020" in service
    assert '"name=50 %% of \\"$$HOME\\""' in service
    code, out, _ = install(book, "-o", "out", *where, "--remove", cwd=tmp_path)
    assert code == 0
    assert not list((tmp_path / "units").iterdir())
    assert install(book, "-o", "out", *where, "--remove", cwd=tmp_path)[0] == 2


def test_systemd_takes_the_units(book, tmp_path):
    if not shutil.which("systemd-analyze"):
        assert os.environ.get("CI") != "true", "Debian's package systemd is needed"
        pytest.skip("no systemd here")
    where = ("--into", tmp_path / "units", "--name", "weekly", "--systemd", "--at", "Mon 06:15")
    code, _, err = install(book, "-o", "out", *OPTIONS, "--credential", CREDENTIAL, *where, cwd=tmp_path)
    assert code == 0, err
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted((tmp_path / "units").iterdir())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "amiframe" not in done.stderr
    when = subprocess.run(["systemd-analyze", "calendar", "Mon 06:15"], capture_output=True, check=False)
    assert when.returncode == 0


def test_a_line_of_cron_runs(book, tmp_path):
    """What stands behind the five fields is what a shell runs."""
    code, out, err = install(book, "-o", "out", "--cron", "--at", "15 6 * * 1", "-p", "name=a 'b'", cwd=tmp_path)
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
    ("options", "told"),
    [
        ((), "--systemd or --cron"),
        (("--systemd", "--cron"), "--systemd or --cron"),
        (("--cron", "-p", "cuont=3"), "did you mean 'count'"),
        (("--cron", "-p", "secret=x"), "like a secret"),
        (("--systemd", "--name", "a/b"), "no name of a unit"),
        (("--systemd", "--credential", "/etc/secret"), "no credential"),
        (("--cron",), "no time of cron"),
    ],
)
def test_what_is_refused(book, tmp_path, options, told):
    code, _, err = install(book, "-o", "out", "--at", "daily", *options, "--into", tmp_path / "units", cwd=tmp_path)
    assert code == 2
    assert told in err
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
