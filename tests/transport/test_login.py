"""How a session begins and ends: by the secret, by MD5, by digest; renewed when it ended, and never somebody else's."""

from __future__ import annotations

import hashlib
import logging
import time

import pytest
from amf_demo import Caller
from proxy import Proxy

import amiframe as af
from amiframe.demo.http.sessions import Account
from amiframe.demo.server import Demo
from amiframe.transport import session

SECRET = "canary-ä-5ecret"
USERS = (Account("demo", SECRET), Account("other", "0ther"))
COOKIE = ("rawman", "mxml")
DIGEST = ("arawman", "amxml")


@pytest.fixture(scope="module")
def demo():
    with Demo(USERS, speed=0, login_delay=0) as server:
        yield server


@pytest.fixture
def proxy(demo):
    with Proxy(int(demo.url.rpartition(":")[2])) as proxy:
        yield proxy


def connect(url, interface="rawman", **more):
    return af.connect(url, **{"username": "demo", "secret": SECRET, "interface": interface, **more})


# --- MD5 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", COOKIE)
def test_by_md5_the_secret_does_not_travel(proxy, interface):
    with connect(proxy.url, interface, login="md5") as pbx:
        assert len(pbx.status()) > 0
    seen = proxy.counted()
    assert [one.action for one in seen] == ["Challenge", "Login", "Status", "Logoff"]
    login = dict(seen[1].fields)
    assert login.keys() == {"Action", "Username", "Events", "AuthType", "Key"}
    assert len(login["Key"]) == 32
    assert SECRET not in repr([one.fields for one in seen])


def test_the_secret_itself_is_the_default(proxy):
    with connect(proxy.url) as pbx:
        pbx.ping()
    assert dict(proxy.counted("Login")[0].fields)["Secret"] == SECRET
    assert proxy.counted("Challenge") == []


@pytest.mark.parametrize("interface", DIGEST)
def test_digest_interfaces_take_no_notice(proxy, interface):
    with connect(proxy.url, interface, login="md5") as pbx:
        pbx.ping()
    assert {one.action for one in proxy.counted()} == {"Events", "Ping", "Logoff"}


@pytest.mark.parametrize("account", [{"secret": "wrong"}, {"username": "ghost"}])
def test_a_wrong_account_by_md5(proxy, account):
    with connect(proxy.url, login="md5", **account) as pbx, pytest.raises(af.LoginError, match="Authentication failed"):
        pbx.ping()
    assert [one.action for one in proxy.counted()] == ["Challenge", "Login"]


def test_a_dead_cookie_of_somebody_else_does_no_harm(demo, proxy):
    with Caller(demo.url) as other, connect(proxy.url, login="md5") as pbx:
        other.login("other", "0ther")
        cookie = other.ask("Logoff").cookie
        proxy.plan("lend", "Challenge", cookie=cookie)
        pbx.ping()  # the answer names a new session


def test_an_md5_login_whose_answer_was_lost_is_done_again(proxy):
    """The server had taken us in; asked again it says that we are in: whose session it is we cannot know."""
    with connect(proxy.url, login="md5") as pbx:
        proxy.plan("lose", "Login")
        pbx.ping()
    actions = [one.action for one in proxy.counted()]
    assert actions == ["Challenge", "Login", "Login", "Challenge", "Login", "Ping", "Logoff"]


# --- somebody else's session ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["plain", "md5"])
def test_a_session_of_somebody_else_is_not_taken_for_ours(demo, proxy, login):
    """A proxy lends us a cookie: the PBX says Success, and would do everything as the other user."""
    with Caller(demo.url) as other, connect(proxy.url, login=login) as pbx:
        other.login("other", "0ther")
        proxy.plan("lend", "Login", times=99, cookie=other.ask("Ping").cookie)
        with pytest.raises(af.LoginError, match="login of 'demo' refused: Already authenticated") as refused:
            pbx.ping()
        assert "proxy" in refused.value.hint
        assert len(proxy.counted("Login")) == 2
        assert proxy.counted("Ping") == []
        proxy.forget()
        assert pbx.ping(), "the next call works when the cause is gone"


# --- renewed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("httptimeout", [2, pytest.param(7, marks=pytest.mark.slow)])
@pytest.mark.parametrize("interface", COOKIE + DIGEST)
def test_an_ended_session_is_renewed_and_reported(interface, httptimeout, caplog, monkeypatch):
    """By digest the server says nothing: our own clock finds out, and the mask is set again."""
    if httptimeout == 2:
        monkeypatch.setattr(session, "_FRESH_S", 0.1)
        monkeypatch.setattr(session, "CLOCK_MARGIN_S", 0.1)
    caplog.set_level(logging.INFO, "amiframe")
    with (
        Demo(USERS, speed=0, login_delay=0, httptimeout=httptimeout) as demo,
        Proxy(int(demo.url.rpartition(":")[2])) as proxy,
        connect(proxy.url, interface) as pbx,
    ):
        pbx.ping()
        assert pbx.renewals == 0
        url = proxy.url
        time.sleep(httptimeout + 0.2)
        proxy.forget()
        assert len(pbx.status()) > 0
        assert pbx.renewals == 1
        assert [one.action for one in proxy.counted() if one.status == 200][-2:] == [
            "Login" if interface in COOKIE else "Events", "Status",
        ]  # fmt: skip
    messages = [record.getMessage() for record in caplog.records if record.name == "amiframe"]
    assert len(messages) == 1
    assert messages[0].startswith(f"new session of 'demo' at {url}: ")
    assert ("idle for " if interface in DIGEST else "forgotten") in messages[0]


@pytest.mark.parametrize("interface", DIGEST)
def test_by_digest_a_short_pause_costs_nothing(proxy, interface):
    with connect(proxy.url, interface) as pbx:
        pbx.ping()
        pbx.ping()
        assert pbx.renewals == 0
    assert [one.action for one in proxy.counted() if one.status == 200] == ["Events", "Ping", "Ping", "Logoff"]


@pytest.mark.parametrize("interface", DIGEST)
def test_a_machine_that_slept_has_an_ended_session(demo, interface, monkeypatch):
    """The clock that counts stood still; the other one did not."""
    with connect(demo.url, interface) as pbx:
        pbx.ping()
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        pbx.ping()
        assert pbx.renewals == 1


@pytest.mark.parametrize("step", [3600, -3600])
@pytest.mark.parametrize("interface", COOKIE + DIGEST)
def test_a_clock_of_this_machine_that_is_set_does_no_harm(demo, interface, step, monkeypatch):
    """A change right behind it is done; a session by cookie lives on, for only the PBX knows when it ends."""
    with connect(demo.url, interface) as pbx:
        pbx.ping()
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + step)
        assert pbx.action("UserEvent", UserEvent="Beat").ok
        pbx.status()
        monkeypatch.setattr(time, "time", now)
        assert pbx.action("UserEvent", UserEvent="Beat").ok
        pbx.status()
        if interface in COOKIE:
            assert pbx.renewals == 0


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_clock_that_is_set_loses_no_event(demo, step, monkeypatch):
    with connect(demo.url) as pbx, pbx.open_event_stream(mask="user") as stream:
        list(stream.poll(0))
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + step)
        pbx.action("UserEvent", UserEvent="Beat")
        batch = list(stream.poll(0))
    assert [event.get("UserEvent") for one in batch for event in one.events] == ["Beat"]
    assert [one.gap for one in batch] == [None] * len(batch)


def test_to_log_off_by_oneself_is_no_renewal(demo):
    with connect(demo.url) as pbx:
        pbx.ping()
        pbx.logoff()
        pbx.ping()
        assert pbx.renewals == 0


# --- what others left in the environment ----------------------------------------------------------------------------


def test_proxies_ca_files_and_passwords_of_the_environment_are_not_used(demo, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password 0ther\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere/ca.pem")
    monkeypatch.setenv("NETRC", str(netrc))
    for interface in COOKIE + DIGEST:
        with connect(demo.url, interface) as pbx:
            pbx.ping()
            assert "'demo'" in repr(pbx)


def test_the_key_is_what_the_server_makes_of_it():
    """An independent spelling of the rule, for a secret beyond ASCII."""
    with Demo(USERS, speed=0, login_delay=0) as demo, Caller(demo.url) as caller:
        challenge = dict(caller.ask("Challenge", AuthType="MD5").messages[0])["Challenge"]
        key = hashlib.md5(f"{challenge}{SECRET}".encode()).hexdigest()
        assert caller.ask("Login", AuthType="MD5", Username="demo", Key=key).message == "Authentication accepted"
