"""``amiframe profiles`` and ``--target`` with a profile: what a person at a terminal sees of settings."""

from __future__ import annotations

import subprocess

import amf_cli
import pandas as pd
import pytest
from typer.testing import CliRunner

from amiframe.cli import app as cli

CANARY = "canary-5ecret"
PROJECT = """profile = "office"

[profiles.office]
url = "https://pbx.example:8089/asterisk"
timezone = "Europe/Moscow"
trunks = ["PJSIP/trunk-*"]
"""
USER = """[profiles.office]
username = "monitor"
secret_file = "office.secret"

[profiles.lab]
url = "http://127.0.0.1:1"
username = "lab"
secret_env = "LAB_SECRET"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project, and a home whose secret everybody may read."""
    config = tmp_path / ".config" / "amiframe"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(USER)
    (config / "office.secret").write_text(CANARY)
    (config / "office.secret").chmod(0o644)
    (tmp_path / "amiframe.toml").write_text(PROJECT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config")}
    return amf_cli.run(*args, cwd=folder, columns=110, **home | env)


def test_list_names_the_profiles_the_default_and_the_files(folder):
    done = run(folder, "profiles", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "3 profiles" in done.stdout
    assert "yes" in lines["office"]
    assert "monitor" in lines["office"]
    assert "https://pbx.example" in lines["office"]
    assert "yes" not in lines["lab"]
    assert "the embedded PBX" in lines["demo"]
    assert "project: amiframe.toml" in done.stdout
    assert "user: .config/amiframe/config.toml" in done.stdout
    assert CANARY not in done.stdout


def test_list_without_any_file_says_where_they_would_be(tmp_path):
    done = run(tmp_path, "profiles", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 profile\n" in done.stdout
    assert "user: .config/amiframe/config.toml  (not there)" in done.stdout


def test_show_lists_each_value_with_its_place_and_of_the_secret_only_the_place(folder):
    done = run(folder, "profiles", "show", AMIFRAME_INTERFACE="mxml")
    assert done.returncode == 0
    cells = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines() if line.strip()}
    assert cells["profile"] == "office amiframe.toml, profile"
    assert cells["url"] == "https://pbx.example:8089/asterisk amiframe.toml"
    assert cells["username"] == "monitor .config/amiframe/config.toml"
    assert cells["secret"] == "file office.secret .config/amiframe/config.toml"
    assert cells["interface"] == "mxml environment AMIFRAME_INTERFACE"
    assert cells["timezone"] == "Europe/Moscow amiframe.toml"
    assert cells["timeout"] == "30 default"
    assert "may be read by others" in done.stderr
    assert "hint: chmod 600 .config/amiframe/office.secret" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_show_writes_files_without_the_secret(folder):
    done = run(folder, "profiles", "show", "-o", "x.csv", AMIFRAME_SECRET=CANARY)
    assert done.returncode == 0
    frame = pd.read_csv(folder / "x.csv", index_col="setting")
    assert frame.loc["secret"].tolist() == ["***", "environment AMIFRAME_SECRET"]
    assert CANARY not in (folder / "x.csv").read_text() + done.stdout + done.stderr


def test_show_an_unknown_profile(folder):
    done = run(folder, "profiles", "show", "ofice")
    assert done.returncode == 2
    assert "no profile 'ofice'" in done.stderr
    assert "did you mean 'office'?" in done.stderr


def test_show_the_demo(folder):
    done = run(folder, "profiles", "show", "demo", AMIFRAME_USERNAME="somebody")
    assert (done.returncode, done.stderr) == (0, "")
    assert "somebody" not in done.stdout
    assert "the embedded PBX's own" in done.stdout


@pytest.mark.parametrize(
    ("args", "env", "code", "words"),
    [
        (("ping",), {}, 2, "chmod 600"),
        (("ping", "-t", "lab"), {}, 2, "variable LAB_SECRET is not set"),
        (("ping", "-t", "lab"), {"LAB_SECRET": CANARY}, 3, "nothing answers"),
        (("ping",), {"AMIFRAME_PROFILE": "lab", "LAB_SECRET": CANARY}, 3, "nothing answers"),
        (("ping", "-t", "lba"), {}, 2, "did you mean 'lab'?"),
        (("ping", "-t", "pbx:8088"), {}, 2, "an address needs a scheme"),
    ],
)
def test_live_commands_take_profiles(folder, args, env, code, words):
    done = run(folder, *args, **env)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_the_demo_by_its_name_and_by_the_environment(folder):
    for args, env in ((("ping", "-t", "demo"), {}), (("ping",), {"AMIFRAME_PROFILE": "demo"})):
        done = run(folder, *args, **env)
        assert (done.returncode, done.stderr) == (0, "")
        assert "answers in" in done.stdout


def test_a_broken_file_ends_with_2_and_its_name(folder):
    (folder / "amiframe.toml").write_text("[profiles.office]\ntimezon = 'UTC'\n")
    done = run(folder, "status")
    assert done.returncode == 2
    assert "amiframe.toml: unknown key 'timezon' in [profiles.office]" in done.stderr
    assert "hint: did you mean 'timezone'?" in done.stderr


LIVE = ("ping", "info", "status", "commands", "describe", "arguments", "table", "action", "cli", "originate", "watch")


@pytest.mark.parametrize("command", LIVE)
def test_every_live_command_takes_a_target(command):
    done = CliRunner(env={"COLUMNS": "100"}).invoke(cli.app, [command, "--help"])
    assert "--target" in done.stdout
    assert "-t" in done.stdout
    assert "a profile" in done.stdout


def test_a_person_is_asked_only_for_a_secret_that_no_place_keeps(folder, monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "typed")
    from amiframe.cli._common import connected

    monkeypatch.setenv("LAB_SECRET", CANARY)
    with connected("lab", None, None, None):
        assert asked == []
    with connected("http://127.0.0.1:1", "joe", None, None):
        assert asked == ["secret: "]
