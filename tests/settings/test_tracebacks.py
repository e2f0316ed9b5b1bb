"""A setting that cannot be used: the traceback shows no secret, not even with the local variables of each frame."""

from __future__ import annotations

import os
import signal
import socket
import threading
import traceback
from functools import partial

import pytest

import amiframe as af
from amiframe.settings import Secret
from amiframe.transport.http import Budget

CANARY = "canary-5ecret"
URL = "http://127.0.0.1:8088"
WRONG = {
    "no username": {"target": URL},
    "no such interface": {"target": URL, "username": "me", "interface": "raw"},
    "no such profile": {"target": "nowhere", "username": "me"},
    "no CA file": {"target": URL, "username": "me", "verify": "nowhere.pem"},
    "an address without a scheme": {"target": "ftp://pbx", "username": "me"},
    "no timeout": {"target": URL, "username": "me", "timeout": 0},
    "a user name with a line end": {"target": URL, "username": "me\n"},
    "a secret with a line end": {"target": URL, "username": "me", "secret": f"{CANARY}\n"},
    "the demo, and a user that it does not know": {"target": "demo", "username": "nobody"},
}


def visible_text(error: BaseException) -> str:
    """Return the traceback with all locals, without this test's own frames, whose arguments hold the secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error.__traceback__ = trace
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize("name", WRONG)
def test_connect(name):
    with pytest.raises(af.AmiframeError) as raised:
        af.connect(**{"secret": CANARY, **WRONG[name]}).ping()
    text = visible_text(raised.value)
    assert "amiframe" in text
    assert CANARY not in text


@pytest.mark.parametrize("name", WRONG)
def test_connect_all(name):
    given = {"secret": CANARY, **WRONG[name]}
    target = given.pop("target")
    with pytest.raises(af.AmiframeError) as raised:
        af.connect_all([target], **given).ping()
    assert CANARY not in visible_text(raised.value)
    with pytest.raises(af.AmiframeError) as raised:
        af.connect_all({"one": {"target": target, **given}}).ping()
    assert CANARY not in visible_text(raised.value)


@pytest.mark.parametrize("place", ["AMIFRAME_SECRET", "secret_file"])
def test_a_secret_from_elsewhere(place, tmp_path, monkeypatch):
    """It is there when what comes behind it is found to be wrong."""
    (tmp_path / "pbx.secret").write_text(CANARY)
    (tmp_path / "pbx.secret").chmod(0o600)
    keys = f'url = "{URL}"\nusername = "me"\nverify = "nowhere.pem"\nsecret_file = "pbx.secret"\n'
    (tmp_path / "amiframe.toml").write_text(f"[profiles.office]\n{keys}")
    if place == "AMIFRAME_SECRET":
        monkeypatch.setenv(place, CANARY)
    with pytest.raises(af.ConfigError, match="no CA file") as raised:
        af.connect("office")
    assert CANARY not in visible_text(raised.value)


def test_a_secret_that_is_one_already():
    with pytest.raises(af.ConfigError) as raised:
        af.connect(URL, secret=Secret(CANARY))
    assert CANARY not in visible_text(raised.value)


FIELDS = {
    "a line end in it": {"Secret": Secret(f"{CANARY}\r\nAction: Originate")},
    "a control character before it": {"Secret": Secret(f"\x01{CANARY}")},
    "no bytes stand for it": {"Secret": Secret(f"{CANARY}\ud800")},
    "too long": {"Secret": Secret(CANARY * 4000)},
    "too many": {"Secret": [Secret(CANARY)] * 200},
    "a field beside it that cannot be sent": {"Secret": Secret(CANARY), "Other": object()},
    "the PBX does not know the action": {"Secret": Secret(CANARY)},
}


@pytest.mark.parametrize("name", FIELDS)
def test_the_field_of_an_action(name):
    """A password that an action sends, another than the account's."""
    with af.connect("demo") as pbx, pytest.raises(af.AmiframeError) as raised:
        pbx.action("NoSuchAction", FIELDS[name])
    text = visible_text(raised.value)
    assert "wire/request.py" in text or name == "the PBX does not know the action"
    assert CANARY not in text


def test_digest_holds_the_secret_only_while_it_writes_a_header():
    with af.connect("demo", interface="arawman") as pbx:
        pbx.ping()
        digests = [http.auth for http in pbx._session._transport._http.values()]
        assert digests
        assert all(digest.password == "" and digest._secret.reveal() for digest in digests)


def test_a_secret_is_text():
    for wrong in (48151623, CANARY.encode(), None):
        with pytest.raises(TypeError, match="a secret is text") as raised:
            Secret(wrong)
        assert "48151623" not in visible_text(raised.value)
        assert CANARY not in visible_text(raised.value)


@pytest.mark.parametrize("at", ["login", "action"])
def test_ctrl_c_while_the_pbx_is_silent(at):
    """Libraries below hold the whole request in the names of their frames."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        pbx = af.connect(address, username="me", secret=CANARY if at == "login" else "other")
        fields = [("Action", "UpdateConfig"), ("Value-000000", Secret(CANARY))]
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        post = partial(pbx._session._transport.post, "rawman", fields, Budget(20), mode="once")
        with pytest.raises(KeyboardInterrupt) as raised:
            (pbx.ping if at == "login" else post)()
        assert CANARY not in visible_text(raised.value)
        assert "transport/http.py" in visible_text(raised.value)


def test_the_field_of_an_action_when_nothing_answers():
    with (
        af.connect(URL.replace("8088", "1"), username="me", secret="s") as pbx,
        pytest.raises(af.ConnectError) as raised,
    ):
        pbx.action("UpdateConfig", {"Value-000000": Secret(CANARY)})
    assert CANARY not in visible_text(raised.value)
