"""Where a connection's settings come from, what is wrong with them, and that a password is shown by nothing."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest

import amiframe as af
from amiframe.errors import ConfigError
from amiframe.settings import INTERFACES, Secret, resolve

URL = "http://pbx:8088"
CANARY = "canary-5ecret"
ENV = {
    "AMIFRAME_URL": "https://env:8089/asterisk",
    "AMIFRAME_USERNAME": "env-user",
    "AMIFRAME_SECRET": "env-secret",
    "AMIFRAME_INTERFACE": "amxml",
}


def resolved(url=None, *, username=None, secret=None, interface=None, environ=None, **more):
    return resolve(url, username=username, secret=secret, interface=interface, environ=environ or {}, **more)


def known(url=URL, **more):
    return resolved(url, **{"username": "test", "secret": CANARY, **more})


def test_what_the_call_says_goes_before_the_environment():
    target = resolved(URL, username="call", secret="call-secret", interface="mxml", environ=ENV)
    assert (target.url, target.username, target.secret.reveal()) == (URL, "call", "call-secret")
    assert target.interface == "mxml"


def test_what_the_call_leaves_out_comes_from_the_environment():
    target = resolved(environ=ENV)
    assert (target.url, target.username, target.secret.reveal()) == (ENV["AMIFRAME_URL"], "env-user", "env-secret")
    assert target.interface == "amxml"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"username": "call"}, ("https://env:8089/asterisk", "call", "env-secret", "amxml")),
        ({"url": URL}, (URL, "env-user", "env-secret", "amxml")),
        ({"secret": Secret("s")}, ("https://env:8089/asterisk", "env-user", "s", "amxml")),
        ({"interface": "arawman"}, ("https://env:8089/asterisk", "env-user", "env-secret", "arawman")),
    ],
)
def test_each_setting_is_taken_by_itself(given, wanted):
    target = resolved(**given, environ=ENV)
    assert (target.url, target.username, target.secret.reveal(), target.interface) == wanted


def test_the_real_environment_is_read_when_the_call_is_made(monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    with af.connect() as pbx:
        assert repr(pbx) == "Pbx('https://env:8089/asterisk', username='env-user', interface='amxml')"


def test_defaults():
    target = known()
    assert (target.interface, target.timeout, target.verify, target.proxy) == ("rawman", 30.0, True, None)


@pytest.mark.parametrize("name", ["url", "username", "secret"])
@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_missing_is_named_with_its_variable(name, empty):
    given = {"url": URL, "username": "test", "secret": CANARY, name: empty}
    with pytest.raises(ConfigError, match=f"no {name} given") as refused:
        resolved(given.pop("url"), **given)
    assert f"AMIFRAME_{name.upper()}" in refused.value.hint
    assert isinstance(refused.value, ValueError)


def test_a_variable_that_is_misspelt_is_named():
    environ = {"AMIFRAME_URL": "http://127.0.0.1:8088", "AMIFRAME_USERNAME": "me", "AMIFRAME_PASSWORD": CANARY}
    environ |= {"AMIFRAME_READ_ONLY": "1", "AMIFRAME_MASK_KEY": "key"}  # those of jobs are no mistake
    with pytest.raises(af.ConfigError, match="no secret given") as raised:
        resolve(None, username=None, secret=None, interface=None, environ=environ)
    assert "; AMIFRAME_PASSWORD: no setting has this name" in raised.value.hint
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_four_interfaces(interface):
    target = known(interface=interface)
    assert target.interface == interface
    assert target.is_digest is interface.startswith("a")


@pytest.mark.parametrize("interface", ["manager", "RAWMAN", "json", "rawman/", " rawman"])
def test_other_interfaces_are_refused_with_the_list(interface):
    with pytest.raises(ConfigError, match="cannot be used") as refused:
        known(interface=interface)
    assert all(one in refused.value.hint for one in INTERFACES)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time_is_refused(timeout):
    with pytest.raises(ConfigError, match="timeout"):
        known(timeout=timeout)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://pbx:8088", "http://pbx:8088"),
        ("http://pbx:8088/", "http://pbx:8088"),
        ("http://pbx", "http://pbx"),
        ("HTTP://PBX:8088", "http://pbx:8088"),
        ("https://pbx:8089/asterisk", "https://pbx:8089/asterisk"),
        ("https://pbx:8089/asterisk//", "https://pbx:8089/asterisk"),
        ("https://pbx/a/b/", "https://pbx/a/b"),
        ("http://[::1]:8088", "http://[::1]:8088"),
        ("http://[fe80::1]/asterisk", "http://[fe80::1]/asterisk"),
        ("http://192.0.2.1:8088", "http://192.0.2.1:8088"),
    ],
)
def test_addresses_are_kept_with_prefix_and_without_a_slash(given, kept):
    assert known(given).url == kept


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("pbx:8088", "scheme"),
        ("pbx", "scheme"),
        ("ftp://pbx", "scheme"),
        ("http://", "scheme"),
        ("http://:8088", "scheme"),
        ("http://pbx:99999", "port"),
        ("http://pbx:x", "port"),
        ("http://pbx:8088/?a=1", "query"),
        ("http://pbx:8088/#x", "query"),
        ("http://pbx:8088/rawman", "interface"),
        ("http://pbx:8088/asterisk/amxml/", "interface"),
        ("http://pbx:8088/asterisk/MANAGER", "interface"),
    ],
)
def test_unusable_addresses_are_refused_with_the_reason(url, words):
    with pytest.raises(ConfigError, match=words):
        known(url)


@pytest.mark.parametrize(
    "url",
    [
        f"http://admin:{CANARY}@pbx:8088",
        f"http://:{CANARY}@pbx:8088",
        f"http://{CANARY}@pbx:8088",
        f"ftp://admin:{CANARY}@pbx",
        f"http://admin:{CANARY}@pbx:x",
        f"http://admin:{CANARY}@pbx/rawman",
        f"http://pbx:8088/?secret={CANARY}",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_quoted(url):
    with pytest.raises(ConfigError) as refused:
        known(url, secret="other")
    error = refused.value
    whole = f"{error} {error!r} {error.__cause__!r} {error.__dict__}"
    assert CANARY not in whole


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://127.0.0.1:8088", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:8088", True),
        ("http://localhost:8088", True),
        ("http://pbx.localhost", True),
        ("http://pbx:8088", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
    ],
)
def test_this_machine_is_known_by_its_names(url, is_loopback):
    assert known(url).is_loopback is is_loopback


def test_plain_http_to_another_machine_warns_and_to_this_one_does_not(recwarn):
    af.connect("http://127.0.0.1:8088", username="test", secret=CANARY).close()
    assert not recwarn.list
    with pytest.warns(af.InsecureWarning, match="clear text") as raised:
        af.connect("http://192.0.2.1:8088", username="test", secret=CANARY).close()
    with pytest.warns(af.InsecureWarning, match="not verified"):
        af.connect("https://192.0.2.1:8089", username="test", secret=CANARY, verify=False).close()
    assert raised[0].filename == __file__, "it points at who connects"


# --- the secret -----------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_by_nothing():
    secret, target = Secret(CANARY), known()
    shown = [
        repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", ascii(secret),
        repr([secret]), repr({"secret": secret}), repr(target), str(target), f"{target}", repr(dir(secret)),
        repr(dataclasses.replace(target, url="http://x")), repr({target}),
        repr(af.connect(URL.replace("pbx", "127.0.0.1"), username="test", secret=secret)),
    ]  # fmt: skip
    assert not [text for text in shown if CANARY in text]
    assert (repr(secret), str(secret)) == ("Secret('***')", "***")
    assert secret.reveal() == CANARY


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy, json.dumps, dataclasses.asdict])
@pytest.mark.parametrize("thing", [Secret(CANARY), known()], ids=["Secret", "Target"])
def test_a_secret_is_not_copied_out(copied, thing):
    with pytest.raises(TypeError) as refused:
        copied(thing)
    assert CANARY not in str(refused.value)


def test_a_secret_itself_is_not_copied_and_a_shallow_copy_of_a_target_shares_it():
    with pytest.raises(TypeError):
        copy.copy(Secret(CANARY))
    target = known()
    assert copy.copy(target).secret is target.secret
    assert CANARY not in repr(copy.copy(target))


def test_a_secret_takes_no_attributes_and_is_not_hidden_in_an_error():
    secret = Secret(CANARY)
    with pytest.raises(AttributeError):
        secret.note = "x"
    with pytest.raises(AttributeError) as error:
        secret.lower()
    assert CANARY not in str(error.value)
    with pytest.raises(TypeError) as wrong:
        "secret: " + secret
    assert CANARY not in str(wrong.value)


def test_a_target_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        known().url = "http://other"
