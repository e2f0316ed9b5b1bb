"""Where a secret may be kept: a variable, a private file, a keyring; and what is refused, with the cure."""

from __future__ import annotations

import builtins
import sys

import pytest

from amiframe.errors import ConfigError
from amiframe.settings import Secret, describe_secret_source, explain, lacks_secret, resolve, secret_error

CANARY = "canary-5ecret"


@pytest.fixture
def config(tmp_path, monkeypatch):
    folder = tmp_path / "config" / "amiframe"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    monkeypatch.chdir(tmp_path)
    return folder


def write(folder, line, *, mode=0o600):
    path = folder / "config.toml"
    path.write_text(f'[profiles.office]\nurl = "http://127.0.0.1:1"\nusername = "monitor"\n{line}\n', "utf-8")
    path.chmod(mode)
    return path


def secret_of(**environ):
    return resolve("office", username=None, secret=None, interface=None, environ=environ).secret.reveal()


def refused(match, **environ):
    with pytest.raises(ConfigError, match=match) as error:
        secret_of(**environ)
    shown = f"{error.value}{error.value!r}{error.value.__cause__!r}{error.value.__dict__}"
    assert CANARY not in shown
    return error.value.hint or ""


def test_a_variable(config):
    write(config, 'secret_env = "PBX_SECRET"')
    assert secret_of(PBX_SECRET=CANARY) == CANARY
    assert "export PBX_SECRET" in refused("variable PBX_SECRET is not set")
    assert "export PBX_SECRET" in refused("variable PBX_SECRET is not set", PBX_SECRET="")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_without_the_end_of_its_line(config, end):
    write(config, 'secret_file = "office.secret"')
    path = config / "office.secret"
    path.write_bytes(f" {CANARY} {end}".encode())
    path.chmod(0o600)
    assert secret_of() == f" {CANARY} "
    path.chmod(0o400)
    assert secret_of() == f" {CANARY} "


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_can_read_is_refused_with_the_cure(config, mode):
    write(config, 'secret_file = "office.secret"')
    path = config / "office.secret"
    path.write_text(CANARY)
    path.chmod(mode)
    assert refused(f"may be read by others .mode {mode:04o}.") == "chmod 600 config/amiframe/office.secret"


@pytest.mark.parametrize(
    ("content", "match"), [(b"", "is empty"), (b"\n", "is empty"), (b"a\nb\n", "control character"), (b"\xff", "UTF-8")]
)
def test_a_file_without_one_secret_is_refused(config, content, match):
    write(config, 'secret_file = "office.secret"')
    path = config / "office.secret"
    path.write_bytes(content)
    path.chmod(0o600)
    refused(match)


def test_a_file_that_is_not_there(config):
    write(config, 'secret_file = "nowhere"')
    refused("secret_file config/amiframe/nowhere cannot be read: No such file")


def test_a_file_of_ones_home(config, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(config, 'secret_file = "~/mine"')
    (tmp_path / "mine").write_text(CANARY)
    (tmp_path / "mine").chmod(0o600)
    assert secret_of() == CANARY


def test_a_secret_in_the_users_file_itself_is_taken_when_the_file_is_private(config):
    write(config, f'secret = "{CANARY}"')
    assert secret_of() == CANARY
    write(config, f'secret = "{CANARY}"', mode=0o640)
    assert refused("may be read by others") == "chmod 600 config/amiframe/config.toml"


def test_a_secret_in_a_projects_file_is_refused_and_not_quoted(config, tmp_path):
    path = tmp_path / "amiframe.toml"
    path.write_text(f'[profiles.office]\nsecret = "{CANARY}"\n')
    path.chmod(0o600)
    assert "secret_env" in refused("shared and committed")


# --- the keyring ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ring(monkeypatch):
    """A keyring that keeps its passwords in this process."""
    import keyring.backend

    class Ring(keyring.backend.KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.kept = {}

        def get_password(self, service, username):
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    yield keyring
    keyring.set_keyring(before)


def test_the_keyring(config, ring):
    write(config, 'secret_keyring = "amiframe-office"')
    ring.set_password("amiframe-office", "monitor", CANARY)
    assert secret_of() == CANARY
    ring.delete_password("amiframe-office", "monitor")
    assert refused("no secret of 'amiframe-office' for 'monitor'") == "keyring set amiframe-office monitor"


def test_a_keyring_that_does_not_open(config, ring):
    from keyring.backends import fail

    ring.set_keyring(fail.Keyring())
    write(config, 'secret_keyring = "amiframe-office"')
    assert "unlocked" in refused("does not open .NoKeyringError.")


def test_without_the_package_the_error_names_the_command_that_installs_it(config, monkeypatch):
    real = builtins.__import__

    def missing(name, *more):
        if name.split(".")[0] == "keyring":
            raise ModuleNotFoundError(name)
        return real(name, *more)

    for name in [name for name in sys.modules if name.split(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    write(config, 'secret_keyring = "amiframe-office"')
    assert refused("that package is not installed") == "pip install 'amiframe[keyring]'"


# --- what is told of it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words", "wrong"),
    [
        ('secret_env = "PBX_SECRET"', "variable PBX_SECRET", "is not set"),
        ('secret_file = "nowhere"', "file nowhere", "cannot be read"),
        ('secret_keyring = "office"', "keyring, service office", None),
        (f'secret = "{CANARY}"', "***", None),
    ],
)
def test_only_the_source_is_described(config, line, words, wrong):
    write(config, line)
    found = explain("office", {})
    assert describe_secret_source(found) == words
    assert (wrong is None) == (secret_error(found, {}) is None)
    assert wrong is None or wrong in str(secret_error(found, {}))


def test_whether_a_person_has_to_be_asked(config, monkeypatch):
    write(config, "")
    assert lacks_secret("office")
    assert lacks_secret("http://127.0.0.1:1")
    assert not lacks_secret("demo")
    monkeypatch.setenv("AMIFRAME_SECRET", CANARY)
    assert not lacks_secret("office")
    monkeypatch.delenv("AMIFRAME_SECRET")
    write(config, 'secret_env = "PBX_SECRET"')
    assert not lacks_secret("office"), "it says where it should be"


def test_an_inspector_finds_nothing():
    import gc
    import inspect

    secret = Secret(CANARY)
    with pytest.raises(TypeError):
        vars(secret)
    assert CANARY not in repr(inspect.getmembers(secret))
    assert CANARY not in repr(gc.get_referents(secret))
    with pytest.raises(TypeError):
        format(secret, ">20")
