"""What goes wrong between a client and a PBX: each fault ends in a healed read or in one clear error, in time.

Reads are healed; what changes something goes out once at most, whatever happens. Some faults come from the server's
own settings, the others from a proxy in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import able
from pbx_server import CONFIG, VERSIONS, Asterisk
from proxy import Exchange, Proxy

import amiframe as af

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
COOKIE = INTERFACES[:2]
KEEP_ALIVE_S = 1
SESSION_S = 6
SESSIONLIMIT = 12
BARRED = "\n[barred]\nsecret = no-entry-here\ndeny = 0.0.0.0/0.0.0.0\nread = all\nwrite = all\n"
BEAT = {"UserEvent": "Beat"}  # changes something: it goes out once at most


def _config(name: str) -> str:
    return Path(CONFIG, name).read_text("utf-8")


@pytest.fixture(scope="module", params=VERSIONS)
def hasty(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    """A server of its own that drops idle connections after 1 s and sessions after 6 s, and takes 12 connections."""
    able(request.param)
    files = {
        "http.conf": _config("http.conf")
        + f"session_keep_alive = {1000 * KEEP_ALIVE_S}\nsessionlimit = {SESSIONLIMIT}\n",
        "manager.conf": _config("manager.conf").replace("httptimeout = 60", f"httptimeout = {SESSION_S}") + BARRED,
    }
    with Asterisk(request.param, files=files) as server:
        yield server


@pytest.fixture
def proxy(hasty: Asterisk) -> Iterator[Proxy]:
    with Proxy(hasty.http_port) as proxy:
        yield proxy


def connect(url: str, server: Asterisk, interface: str = "rawman", **more: object) -> af.Pbx:
    return af.connect(url, username="test", secret=server.users["test"], interface=interface, **more)


def count(seen: list[Exchange], action: str) -> int:
    return sum(one.action == action and one.status != 401 for one in seen)


# --- connections ------------------------------------------------------------------------------------------------------


def test_idle_connections_that_the_server_closed_are_healed(hasty):
    """The server itself closes what is idle for 1 s; a read and a change both go on, over new connections."""
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(connect(hasty.url, hasty, name)) for name in INTERFACES]
        for call in (
            lambda client: client.ping(),
            lambda client: client.commands(),
            lambda client: client.action("UserEvent", BEAT),
            lambda client: client.status(),
        ):
            for client in clients:
                call(client)
            time.sleep(KEEP_ALIVE_S + 0.3)


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_keep_alive_race_is_healed_for_reads_and_not_run_by_changes(hasty, proxy, interface):
    """The connection dies between an answer and the next request, 20 times; no change is lost or doubled."""
    with connect(proxy.url, hasty, interface) as client:
        client.ping()
        proxy.forget()
        proxy.plan("close", "Ping", times=20)
        for _ in range(10):
            client.action("Ping")
            client.action("UserEvent", BEAT)
        for _ in range(10):
            client.action("Ping")
        seen = proxy.counted()
    assert count(seen, "Ping") == 20
    assert count(seen, "UserEvent") == 10
    assert count(seen, "Login") == 0, "a connection that died is no session that died"


@pytest.mark.parametrize("fault", ["refuse", "lose"])
@pytest.mark.parametrize("interface", INTERFACES)
def test_a_connection_closed_without_an_answer(hasty, proxy, interface, fault):
    with connect(proxy.url, hasty, interface) as client:
        client.ping()
        proxy.forget()
        planned = proxy.plan(fault, "CoreStatus", times=2)
        client.table("CoreStatus")  # two in a row are healed
        assert planned.done == 2
        proxy.plan(fault, "Status", times=9)
        with pytest.raises(af.ConnectError, match="closed the connection without an answer"):
            client.status()
        assert count(proxy.counted(), "Status") == 3
        proxy.forget()
        proxy.plan(fault, "UserEvent", times=9)
        with pytest.raises(af.ConnectError):
            client.action("UserEvent", BEAT)
        assert count(proxy.counted(), "UserEvent") == 1, "at most once, ever"
        proxy.forget()
        client.action("UserEvent", BEAT)
        assert len(client.status()) == 0


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
@pytest.mark.parametrize("interface", INTERFACES)
def test_a_cut_answer_is_an_error_and_never_half_a_frame(hasty, proxy, interface, share):
    with connect(proxy.url, hasty, interface) as client:
        client.ping()
        for action, call in (
            ("ShowDialPlan", lambda: client.table("ShowDialPlan")),
            ("UserEvent", lambda: client.action("UserEvent", BEAT)),
        ):
            proxy.forget()
            proxy.plan("cut", action, times=9, share=share)
            with pytest.raises(af.ConnectError, match="cut off") as caught:
                call()
            assert not isinstance(caught.value, af.ConnectTimeout)
            assert 1 <= count(proxy.counted(), action) <= (3 if action == "ShowDialPlan" else 1)
        proxy.forget()
        assert len(client.table("ShowDialPlan")) > 100


def test_more_connections_than_the_server_takes(hasty):
    """sessionlimit: the server closes what is too much without a word; the error names it, and it passes."""
    with connect(hasty.url, hasty) as client:
        # a silent connection lives for a second only: on a busy machine they may have gone before we ask
        errors = (_error_beside(client, hasty) for _ in range(10))
        caught = next(error for error in errors if error is not None)
        assert "closed the connection without an answer" in str(caught)
        assert "sessionlimit" in caught.hint
        hasty.wait(lambda: _answers(client), "take connections again", 5)


def _error_beside(client: af.Pbx, server: Asterisk) -> af.ConnectError | None:
    """Ask while more connections are open than the server takes."""
    with contextlib.ExitStack() as held:
        for _ in range(SESSIONLIMIT + 4):
            held.enter_context(socket.create_connection(("127.0.0.1", server.http_port)))
        try:
            client.ping()
        except af.ConnectError as error:
            return error
    return None


def _answers(client: af.Pbx) -> bool:
    with contextlib.suppress(af.ConnectError):
        return client.ping() is not None
    return False


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_slow_answer_ends_within_the_budget(hasty, proxy, interface):
    with connect(proxy.url, hasty, interface, timeout=0.6) as client:
        client.ping()
        for action, call in (("Status", client.status), ("UserEvent", lambda: client.action("UserEvent", BEAT))):
            proxy.forget()
            proxy.plan("delay", action, times=9, seconds=4)
            with in_time(0.6):
                call()
            assert len(proxy.counted()) <= 1
        proxy.forget()
        client.ping()


@pytest.mark.parametrize("seconds", [3, 9])
def test_an_answer_that_drips_ends_within_the_budget(hasty, proxy, seconds):
    """Each piece comes in time, the whole does not."""
    with connect(proxy.url, hasty, timeout=0.6) as client:
        client.ping()
        proxy.plan("trickle", "ShowDialPlan", times=9, seconds=seconds)
        with in_time(0.6):
            client.table("ShowDialPlan")
        proxy.forget()
        assert len(client.table("ShowDialPlan")) > 100


def test_a_slow_login_counts(hasty, proxy):
    with connect(proxy.url, hasty, timeout=0.6) as client:
        proxy.plan("delay", "Login", times=9, seconds=4)
        with in_time(0.6):
            client.ping()


def test_another_thread_takes_all_the_time(hasty, proxy):
    with connect(proxy.url, hasty, timeout=0.6) as client:
        client.ping()
        proxy.plan("delay", "CoreStatus", seconds=4)
        slow = threading.Thread(target=_ignore_timeout, args=(client,))
        slow.start()
        time.sleep(0.2)
        proxy.plan("delay", "CoreSettings", seconds=4)
        with in_time(0.6):
            client.table("CoreSettings")
        slow.join()


def _ignore_timeout(client: af.Pbx) -> None:
    with contextlib.suppress(af.ConnectTimeout):
        client.table("CoreStatus")


@contextlib.contextmanager
def in_time(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(af.ConnectTimeout) as caught:
        yield
    # on a machine that is busy it may be a while later; what is delayed takes four seconds, and three times that
    assert seconds * 0.9 < time.monotonic() - began < 3.5
    assert f"{seconds:g} s" in str(caught.value)
    assert "timeout" in caught.value.hint


# --- sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changing", [pytest.param(COOKIE, marks=pytest.mark.slow), ("mxml", "arawman")])
def test_expired_sessions_are_renewed(hasty, changing):
    """All idle until the server has forgotten them: a read goes on, a change goes out once, after one new login."""
    # version 16 forgets one session in five seconds
    names = INTERFACES if hasty.version == "22" or changing == COOKIE else ("mxml", "amxml")
    with contextlib.ExitStack() as opened:
        proxies = {name: opened.enter_context(Proxy(hasty.http_port)) for name in names}
        clients = {name: opened.enter_context(connect(proxy.url, hasty, name)) for name, proxy in proxies.items()}
        for client in clients.values():
            client.ping()
        hasty.wait(lambda: "test " not in hasty.cli("manager show connected"), "forget its sessions", 60)
        for name, client in clients.items():
            proxy = proxies[name]
            proxy.forget()
            if name in changing:
                client.action("UserEvent", BEAT)
            else:
                assert len(client.status()) == 0, name
            seen = proxy.counted()
            assert count(seen, "UserEvent") == (name in changing), name
            assert count(seen, "Login") == (name in COOKIE), name
            assert count(seen, "Status") <= 2, name
            assert sum(one.status == 401 for one in seen) <= 1, name


@pytest.mark.parametrize("interface", INTERFACES)
def test_logoff_behind_our_back(hasty, proxy, interface):
    """Somebody ends the session that was alive a moment ago: a read is healed, a change is not sent a second time."""
    with connect(proxy.url, hasty, interface) as client:
        client.ping()
        log_off(hasty, interface, proxy.counted()[-1].session)
        proxy.forget()
        assert len(client.commands()) > 120
        seen = proxy.counted()
        assert count(seen, "Login") == (1 if interface in COOKIE else 0)

        log_off(hasty, interface, proxy.counted()[-1].session)
        proxy.forget()
        if interface in COOKIE:
            with pytest.raises(af.SessionLost):
                client.action("UserEvent", BEAT)
            assert count(proxy.counted(), "UserEvent") == 1
            client.action("UserEvent", BEAT)
        else:  # a nonce opens a new session by itself
            client.action("UserEvent", BEAT)
            assert count(proxy.counted(), "UserEvent") == 1


def log_off(server: Asterisk, interface: str, session: str) -> None:
    """End a session from outside, with its cookie or its nonce."""
    url = f"{server.url}/{interface}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if interface in COOKIE:
        headers["Cookie"] = f'mansession_id="{session}"'
    else:
        headers["Authorization"] = digest("test", server.users["test"], interface, session)
    request = urllib.request.Request(url, b"Action=Logoff", headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        assert b"Thanks for all the fish" in answer.read()


def digest(user: str, secret: str, interface: str, nonce: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    one, two = md5(f"{user}:asterisk:{secret}"), md5(f"POST:/{interface}")
    nc, cnonce = "00000fff", "abcdef"
    answer = md5(f"{one}:{nonce}:{nc}:{cnonce}:auth:{two}")
    return (
        f'Digest username="{user}", realm="asterisk", nonce="{nonce}", uri="/{interface}", response="{answer}", '
        f'algorithm=MD5, opaque="{nonce}", qop=auth, nc={nc}, cnonce="{cnonce}"'
    )


def test_a_restart_between_calls(hasty, monkeypatch):
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(connect(hasty.url, hasty, name)) for name in INTERFACES * 2]
        for client in clients:
            client.ping()
        hasty.restart()
        for client in clients[:4]:
            assert len(client.status()) == 0
        # what changes is preceded by a question when the last answer is not fresh
        monkeypatch.setattr("amiframe.transport.session._FRESH_S", 0.0)
        for client in clients[4:]:
            client.action("UserEvent", BEAT)


def test_a_restart_while_an_answer_is_awaited(hasty, proxy):
    """A call that is waited for ends at once, with the server's word or one clear error; the next question works."""
    with connect(proxy.url, hasty, timeout=20) as client:
        client.ping()
        failed: list[BaseException] = []

        def hang() -> None:
            try:
                client.originate("Local/603@outgoing", application="Wait", data="1", async_=False, wait=0)
            except af.AmiframeError as error:
                failed.append(error)

        thread = threading.Thread(target=hang)
        thread.start()
        hasty.wait(lambda: len(hasty.channels()) >= 2, "ring", 10)
        hasty.restart()
        thread.join(20)
        assert not thread.is_alive()
        assert [type(error) for error in failed] in ([], [af.ConnectError]), "it may answer just before it ends"
        assert count(proxy.counted(), "Originate") <= 1
        assert len(client.status()) == 0


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", INTERFACES)
def test_wrong_secret_unknown_user_and_barred_address(hasty, proxy, interface):
    """401 and 403 with digest, Authentication failed with cookies: one LoginError, asked once, no secret in it."""
    accounts = [("test", "wr0ng-secret"), ("nobody-here", "wr0ng-secret"), ("barred", "no-entry-here")]
    for user, secret in accounts[:1] if interface == "mxml" else accounts:  # with cookies each costs a second
        proxy.forget()
        with (
            af.connect(proxy.url, username=user, secret=secret, interface=interface) as client,
            pytest.raises(af.LoginError, match=f"login of '{user}' refused") as caught,
        ):
            client.ping()
        assert secret not in str(caught.value) + repr(caught.value)
        assert caught.value.hint
        statuses = proxy.statuses()
        if interface in COOKIE:
            assert statuses == {200: 1}
            assert "Authentication failed" in str(caught.value)
        else:
            status = 403 if user == "barred" else 401
            assert statuses[status] >= 1
            assert statuses.total() == 2
            assert f"HTTP {status}" in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500, 501, 503])
def test_http_statuses(hasty, proxy, status):
    with connect(proxy.url, hasty) as client:
        client.ping()
        for action, call in (("Status", client.status), ("UserEvent", lambda: client.action("UserEvent", BEAT))):
            proxy.forget()
            proxy.plan("answer", action, status=status, times=9)
            with pytest.raises(af.HTTPStatusError) as caught:
                call()
            assert caught.value.status == status
            assert count(proxy.counted(), action) == 1
        proxy.forget()
        client.ping()


@pytest.mark.parametrize("interface", INTERFACES)
def test_limits(hasty, proxy, interface):
    """What the server would cut or drop is refused here and not sent; what just fits arrives whole."""
    with connect(proxy.url, hasty, interface) as client:
        client.ping()
        proxy.forget()
        with pytest.raises(af.ActionRefused, match="40960"):
            client.action("UserEvent", UserEvent="Big", Text="x" * 40960)
        with pytest.raises(af.ActionRefused, match="128"):
            client.action("UserEvent", [("UserEvent", "Many"), *((f"H{n}", n) for n in range(127))])
        for bad in ("a\r\nInjected: yes", "a\nb", "a\0b"):
            with pytest.raises(af.ActionRefused):
                client.action("UserEvent", UserEvent="Beat", Text=bad)
        assert proxy.counted() == []
        reply = client.action("Ping", ActionID="y" * 40000)
        assert reply.response.get("ActionID") == "y" * 40000
        fields = [("UserEvent", "Many"), *((f"H{n}", n) for n in range(126))]
        client.action("UserEvent", fields)
        assert len(proxy.counted("UserEvent")[-1].fields) == 128
