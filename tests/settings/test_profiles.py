"""Profiles: which one is meant, which place names each setting, and what a file may not say."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

import amiframe as af
from amiframe.errors import ConfigError
from amiframe.settings import explain, profile_files, profile_name, resolve

CANARY = "canary-5ecret"


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working directory inside a project, and a home with a configuration; write(...) fills their files."""
    project, config = tmp_path / "project", tmp_path / "config" / "amiframe"
    (project / "jobs" / "nightly").mkdir(parents=True)
    config.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent))
    monkeypatch.chdir(project / "jobs" / "nightly")
    paths = {"project": project / "amiframe.toml", "user": config / "config.toml"}

    def write(**texts: str) -> None:
        for name, text in texts.items():
            paths[name].write_text(text, "utf-8")
            paths[name].chmod(0o600)

    return SimpleNamespace(write=write, project=project, config=config, **{f"{k}_file": v for k, v in paths.items()})


def resolved(target=None, *, environ=None, username=None, secret=None, interface=None, **more):
    return resolve(target, username=username, secret=secret, interface=interface, environ=environ or {}, **more)


def profile(name: str = "office", **keys: object) -> str:
    def toml(value: object) -> str:
        return (
            str(value).lower()
            if isinstance(value, bool)
            else str(value)
            if isinstance(value, int | float)
            else (f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else f'"{value}"')
        )

    return f"[profiles.{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())


WHOLE = {"url": "http://127.0.0.1:8088", "username": "monitor", "secret_env": "PBX_SECRET"}
ENV = {"PBX_SECRET": CANARY}


# --- which place ------------------------------------------------------------------------------------------------------

CALL = {"username": "call", "secret": "call-secret", "interface": "mxml"}
ENVIRON = {"AMIFRAME_USERNAME": "env", "AMIFRAME_SECRET": "env-secret", "AMIFRAME_INTERFACE": "arawman"}
PROJECT = {"url": "http://127.0.0.1:1", "username": "project", "secret_env": "PROJECT_SECRET", "interface": "amxml"}
USER = {"url": "http://127.0.0.1:2", "username": "user", "secret_env": "USER_SECRET", "interface": "rawman"}
SECRETS = {"PROJECT_SECRET": "project-secret", "USER_SECRET": "user-secret"}
LEVELS = ("call", "environ", "project", "user")
WANTED = {
    "username": ("call", "env", "project", "user"),
    "secret": ("call-secret", "env-secret", "project-secret", "user-secret"),
    "interface": ("mxml", "arawman", "amxml", "rawman"),
}


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("there", [some for n in (1, 2, 3, 4) for some in itertools.combinations(range(4), n)])
def test_the_strongest_place_that_names_a_setting_counts_for_it_alone(at, name, there):
    """Every combination of places for one setting; the others are named in all."""

    def level(number: int, whole: dict[str, str], key: str) -> dict[str, str]:
        return {k: v for k, v in whole.items() if k != key or number in there}

    variable = f"AMIFRAME_{name.upper()}"
    file_key = "secret_env" if name == "secret" else name
    at.write(
        project=profile(**level(2, PROJECT, file_key)),
        user=profile(**level(3, USER | {"url": PROJECT["url"]}, file_key)),
    )
    target = resolved("office", environ=level(1, ENVIRON, variable) | SECRETS, **level(0, CALL, name))
    got = target.secret.reveal() if name == "secret" else getattr(target, name)
    assert got == WANTED[name][min(there)]
    for other in WANTED.keys() - {name}:
        got = target.secret.reveal() if other == "secret" else getattr(target, other)
        assert got == WANTED[other][0]


@pytest.mark.parametrize(
    ("key", "call", "project", "user", "default"),
    [
        ("timeout", 1.0, 2, 3.5, 30.0),
        ("verify", False, True, False, True),
        ("proxy", "http://c:1", "http://p:1", "http://u:1", None),
        ("login", "md5", "plain", "md5", "plain"),
    ],
)
def test_the_other_settings_have_three_places_and_a_default(at, key, call, project, user, default):
    user_part = profile(username="u", **{key: user})
    base = {"url": WHOLE["url"], "secret_env": "PBX_SECRET"}
    at.write(project=profile(**base, **{key: project}), user=user_part)
    assert getattr(resolved("office", environ=ENV, **{key: call}), key) == call
    assert getattr(resolved("office", environ=ENV), key) == project
    at.write(project=profile(**base))
    assert getattr(resolved("office", environ=ENV), key) == user
    at.write(user=profile(username="u"))
    assert getattr(resolved("office", environ=ENV), key) == default


def test_timezone_and_trunks_belong_to_a_profile(at):
    at.write(project=profile(**WHOLE, timezone="Europe/Moscow", trunks=["PJSIP/trunk-*", "DAHDI/*"]))
    target = resolved("office", environ=ENV)
    assert (target.timezone, target.trunks) == ("Europe/Moscow", ("PJSIP/trunk-*", "DAHDI/*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PBX_SECRET", CANARY)
        with af.connect("office") as pbx:
            assert (pbx.profile, pbx.timezone, pbx.trunks) == ("office", "Europe/Moscow", ("PJSIP/trunk-*", "DAHDI/*"))
    with af.connect("http://127.0.0.1:1", username="u", secret="s") as pbx:
        assert (pbx.profile, pbx.timezone, pbx.trunks) == (None, None, ())


# --- which profile ----------------------------------------------------------------------------------------------------


def test_the_call_names_the_profile_else_the_environment_else_a_file(at):
    both = profile("office", **WHOLE) + profile("lab", **WHOLE | {"username": "lab"})
    at.write(project='profile = "lab"\n' + both, user='profile = "office"\n')
    names = ENV | {"AMIFRAME_PROFILE": "office"}
    assert resolved("lab", environ=names).profile == "lab"
    assert resolved(environ=names).profile == "office"
    assert resolved(environ=ENV).profile == "lab"
    at.write(project=both)
    assert resolved(environ=ENV).profile == "office"
    at.write(user="")
    with pytest.raises(ConfigError, match="no url given") as refused:
        resolved(environ=ENV)
    assert "lab, office" in refused.value.hint


def test_an_address_in_the_call_uses_no_profile(at):
    """What is kept for one PBX is not sent to another."""
    at.write(project='profile = "office"\n' + profile(**WHOLE, timezone="UTC"))
    environ = ENV | {"AMIFRAME_PROFILE": "office"}
    with pytest.raises(ConfigError, match="no username given"):
        resolved("http://127.0.0.1:9", environ=environ)
    target = resolved("http://127.0.0.1:9", username="u", secret="s", environ=environ)
    assert (target.profile, target.timezone) == (None, None)


def test_a_profile_in_the_call_says_itself_where_it_is(at):
    at.write(project=profile(**WHOLE))
    environ = ENV | {"AMIFRAME_URL": "http://127.0.0.1:9"}
    assert resolved("office", environ=environ).url == WHOLE["url"]
    assert resolved(environ=environ | {"AMIFRAME_PROFILE": "office"}).url == "http://127.0.0.1:9"


def test_an_address_of_the_environment_needs_no_file(at):
    at.write(project="this is broken")
    environ = {"AMIFRAME_URL": "http://127.0.0.1:9", "AMIFRAME_USERNAME": "u", "AMIFRAME_SECRET": "s"}
    assert resolved(environ=environ).url == "http://127.0.0.1:9"


def test_the_variable_of_the_address_may_name_a_profile(at):
    at.write(project=profile(**WHOLE))
    assert resolved(environ=ENV | {"AMIFRAME_URL": "office"}).profile == "office"


@pytest.mark.parametrize("variable", ["AMIFRAME_URL", "AMIFRAME_PROFILE"])
def test_the_demo_can_be_named_by_the_environment(monkeypatch, variable):
    monkeypatch.setenv(variable, "demo")
    monkeypatch.setenv("AMIFRAME_USERNAME", "somebody-else")
    with af.connect() as pbx:
        assert len(pbx.status()) > 0


def test_the_nearest_project_file_counts(at):
    at.write(project=profile(**WHOLE))
    near = at.project / "jobs" / "amiframe.toml"
    near.write_text(profile(**WHOLE | {"username": "near"}), "utf-8")
    assert resolved("office", environ=ENV).username == "near"
    near.unlink()
    assert resolved("office", environ=ENV).username == "monitor"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("ofice", "did you mean 'office'"), ("pbx:8088", "http://pbx:8088"), ("zzz", "known here: demo, office")],
)
def test_the_error_of_an_unknown_profile_names_the_nearest(at, name, hint):
    at.write(project=profile(**WHOLE))
    with pytest.raises(ConfigError, match=f"no profile '{name}' in ../../amiframe.toml") as refused:
        resolved(name, environ=ENV)
    assert hint in refused.value.hint


def test_what_a_profile_lacks_is_named_with_it(at):
    at.write(project=profile(url=WHOLE["url"]))
    with pytest.raises(ConfigError, match="no username given for profile 'office'"):
        resolved("office", environ=ENV)


# --- what a file may not say ------------------------------------------------------------------------------------------

BROKEN = {
    "usrname = 'x'": ("unknown key 'usrname' in .profiles.office.", "did you mean 'username'"),
    "password = 'x'": ("unknown key 'password'", "did you mean 'secret_file'"),
    "host = 'x'": ("unknown key 'host'", "did you mean 'url'"),
    "zzz = 1": ("unknown key 'zzz'", "one of url, username"),
    "url = 'pbx:8088'": ("url in .profiles.office.: the address needs a scheme", "http://pbx:8088"),
    "url = 8088": ("url in .profiles.office.: a text in quotes", ""),
    "username = ''": ("username in .profiles.office.: a text in quotes", ""),
    "interface = 'xml'": ("'xml' cannot be used", "rawman, mxml"),
    "login = 'digest'": ("'digest' cannot be used", "plain, md5"),
    "timeout = 0": ("0 is no time to wait", "seconds"),
    "timeout = '30'": ("'30' is no time to wait", "seconds"),
    "timeout = true": ("True is no time to wait", "seconds"),
    "timeout = nan": ("nan is no time to wait", "seconds"),
    "verify = 1": ("verify in .profiles.office.: a text", ""),
    "proxy = 'proxy:3128'": ("the proxy needs a scheme", "http://proxy:3128"),
    "timezone = 'Europe/Moscou'": ("is no time zone", "did you mean 'Europe/Moscow'"),
    "timezone = '../../etc/passwd'": ("is no time zone", "Europe/Moscow"),
    "trunks = 'PJSIP/trunk'": ("a list of texts", "trunks = "),
    "trunks = [1]": ("a list of texts", "trunks = "),
    "secret_env = 'A'\nsecret_file = 'b'": ("has secret_env and secret_file", "one of them"),
    "secret = 'x'": ("holds a secret, and a project's file is shared", "secret_env"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_the_error_of_a_broken_key_names_file_profile_and_cure(at, text):
    at.write(project=f"[profiles.office]\n{text}\n")
    words, hint = BROKEN[text]
    with pytest.raises(ConfigError, match=f"^../../amiframe.toml: .*{words}") as refused:
        resolved("office", environ=ENV, username="u", secret="s")
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[profile.office]\nurl = 'http://x'\n", r"profiles are written as \[profiles.NAME\]"),
        ("[profilse.office]\nurl = 'http://x'\n", "unknown key 'profilse' at its top"),
        ("url = 'http://x'\n", "unknown key 'url' at its top"),
        ("profiles = 3\n", "profiles are written as"),
        ("[profiles]\noffice = 3\n", r"\[profiles.office\] is no table"),
        ("[profiles.demo]\nurl = 'http://x'\n", "cannot be called 'demo'"),
        ("[profiles.office\n", "is no TOML"),
        (f"[profiles.office]\nsecret = {CANARY}\n", "is no TOML"),
    ],
)
def test_the_error_of_a_broken_file_names_it(at, text, words):
    at.write(user=text)
    with pytest.raises(ConfigError, match=f"config/amiframe/config.toml.*{words}") as refused:
        resolved("office", environ=ENV)
    assert CANARY not in f"{refused.value}{refused.value!r}"


def test_a_file_that_is_no_text_is_an_error(at):
    at.user_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no UTF-8"):
        resolved("office", environ=ENV)


def test_a_mark_of_windows_editors_does_no_harm(at):
    at.user_file.write_bytes(b"\xef\xbb\xbf" + profile(**WHOLE).encode())
    assert resolved("office", environ=ENV).username == "monitor"


@pytest.mark.parametrize("given", [{"proxy": f"http://joe:{CANARY}@proxy:3128"}, {"login": "md4"}, {"timeout": "30"}])
def test_what_the_call_says_is_checked_alike(given):
    with pytest.raises(ConfigError, match="from the call") as refused:
        resolved("http://127.0.0.1:1", username="u", secret="s", **given)
    assert CANARY not in str(refused.value)


def test_an_empty_proxy_in_the_call_is_none_whatever_the_profile_says(at):
    at.write(project=profile(**WHOLE, proxy="http://proxy:3128"))
    assert resolved("office", environ=ENV).proxy == "http://proxy:3128"
    assert resolved("office", environ=ENV, proxy="").proxy is None


def test_a_ca_file_lies_beside_the_file_that_names_it(at):
    at.write(project=profile(**WHOLE, verify="pbx-ca.pem"))
    with pytest.raises(ConfigError, match=r"no CA file .*project/pbx-ca\.pem"):
        resolved("office", environ=ENV)
    (at.project / "pbx-ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="is no CA file"):
        resolved("office", environ=ENV)
    (at.project / "pbx-ca.pem").write_text(Path(requests.certs.where()).read_text())
    assert resolved("office", environ=ENV).verify == str(at.project / "pbx-ca.pem")
    with pytest.raises(ConfigError, match=r"no CA file nowhere\.pem"):
        resolved("office", environ=ENV, verify="nowhere.pem")


# --- who says where a secret goes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"url": "http://127.0.0.1:9"}, {"verify": False}, {"proxy": "http://127.0.0.1:9"}], ids=str
)
def test_a_project_cannot_send_a_secret_of_the_users_file_elsewhere(at, change):
    """Somebody's repository has an amiframe.toml with the name of my profile."""
    at.write(user=profile(**WHOLE), project=profile(**change))
    with pytest.raises(ConfigError, match=r"changes the (url|verify|proxy) of profile 'office'") as refused:
        resolved("office", environ=ENV)
    assert "secret" in refused.value.hint
    # with a secret of its own, or with one that is given now, it may
    at.write(project=profile(**change, secret_env="PROJECT_SECRET"))
    assert resolved("office", environ={"PROJECT_SECRET": "its own"}).secret.reveal() == "its own"
    at.write(project=profile(**change))
    assert resolved("office", environ=ENV, secret="given").secret.reveal() == "given"


def test_a_project_may_say_where_and_the_user_who(at):
    at.write(project=profile(url=WHOLE["url"], interface="mxml"), user=profile(username="me", secret_env="PBX_SECRET"))
    target = resolved("office", environ=ENV)
    assert (target.url, target.username, target.interface) == (WHOLE["url"], "me", "mxml")


def test_a_file_that_everybody_may_write_is_refused(at):
    at.write(project=profile(**WHOLE))
    at.project_file.chmod(0o666)
    with pytest.raises(ConfigError, match="may be written by everybody") as refused:
        resolved("office", environ=ENV)
    assert "chmod o-w" in refused.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_that_another_user_put_into_a_folder_for_everybody_is_refused(at):
    """/tmp/amiframe.toml of a stranger, while we work below /tmp."""
    at.write(project=profile(**WHOLE))
    os.chown(at.project_file, 12345, 12345)
    assert resolved("office", environ=ENV).username == "monitor"  # a checkout that root works in
    at.project.chmod(0o777)
    with pytest.raises(ConfigError, match="belongs to another user"):
        resolved("office", environ=ENV)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_each_setting_has_its_source(at):
    at.write(project='profile = "office"\n' + profile(url=WHOLE["url"]), user=profile(username="me", secret_env="X"))
    found = explain(None, {"AMIFRAME_INTERFACE": "mxml"})
    assert (found.profile, found.source) == ("office", "../../amiframe.toml, profile")
    places = {name: setting.source for name, setting in found.settings.items()}
    assert places["url"] == "../../amiframe.toml"
    assert places["username"].endswith("config/amiframe/config.toml")
    assert places["interface"] == "environment AMIFRAME_INTERFACE"
    assert places["timeout"] == "default"


def test_paths_are_relative_to_here_or_to_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir("/")
    assert profile_files.short_path(tmp_path / ".config" / "config.toml") == "~/.config/config.toml"
    monkeypatch.chdir(tmp_path)
    assert profile_files.short_path(Path("x.toml")) == "x.toml"


def test_a_profile_is_chosen_without_reading_files_where_that_can_be(at):
    at.write(project="broken")
    assert profile_name("office") == "office"
    assert profile_name("http://pbx") is None
    with pytest.raises(ConfigError, match="no TOML"):
        profile_name(None)
