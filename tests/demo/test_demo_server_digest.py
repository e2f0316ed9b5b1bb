"""The embedded PBX by HTTP digest: the nonce is the session, ages, and is reborn without a word."""

from __future__ import annotations

import re
import threading

import pytest
import requests
from amf_demo import Caller, parse_answer, raw
from requests.auth import HTTPDigestAuth

from amiframe.demo.http import sessions
from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo

USERS = (Account("demo", "s3cret"), Account("monitor", "look", classes("call,reporting"), classes("reporting")))
CHALLENGE = re.compile(
    r'Digest algorithm=MD5, realm="asterisk", nonce="([0-9a-f]{8})", qop="auth", opaque="\1"(, stale=true)?'
)


@pytest.fixture(scope="module")
def demo():
    with Demo(USERS, speed=0) as server:
        yield server


@pytest.fixture
def user(demo):
    with Caller(demo.url, "arawman", HTTPDigestAuth("demo", "s3cret")) as caller:
        yield caller


def sent(demo, header: str = "", method: str = "GET", path: str = "arawman?action=Ping"):
    lines = f"{method} /{path} HTTP/1.1\r\n{f'Authorization: {header}{chr(13)}{chr(10)}' if header else ''}\r\n"
    return parse_answer(raw(demo.url, lines.encode())[0])


def header_of(demo, auth: HTTPDigestAuth) -> str:
    return auth.build_digest_header("GET", f"{demo.url}/arawman?action=Ping")


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic ZGVtbzpzM2NyZXQ=", "Digest", 'Digest username="demo"', "Digest nonsense",
        'Digest username="demo", realm="asterisk", nonce="zz", uri="/", response="0"',
        'Digest username="ghost", realm="asterisk", nonce="1", uri="/", response="0"',
        'Digest username="demo", realm="asterisk", nonce="1", uri="/", response="0", qop=auth, nc=1, cnonce="x"',
    ],
)  # fmt: skip
def test_an_unknown_client_is_challenged(demo, header):
    answer = sent(demo, header)
    assert answer.status == 401
    assert answer.names == ["Server", "Date", "Cache-Control", "WWW-authenticate", "Content-type", "Content-Length"]
    found = CHALLENGE.fullmatch(dict(answer.headers)["WWW-authenticate"])
    assert found
    assert not found[2]
    assert b"<h1>Unauthorized</h1>" in answer.body


@pytest.mark.parametrize(("username", "secret"), [("demo", "wrong"), ("ghost", "s3cret"), ("DEMO", "s3cret")])
def test_requests_with_a_wrong_login(demo, username, secret):
    with Caller(demo.url, "arawman", HTTPDigestAuth(username, secret)) as caller:
        assert caller.ask("Ping").status == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["arawman", "amxml"])
def test_requests_with_any_characters(demo, method, path):
    """requests.auth.HTTPDigestAuth, as the seed page uses it."""
    with Caller(demo.url, path, HTTPDigestAuth("demo", "s3cret")) as caller:
        for actionid in ("1", "ä & 'б' <x> \"q\" =,;", "%2B+/"):
            answer = caller.ask("Ping", ActionID=actionid, method=method)
            assert answer.status == 200
            assert answer.names == ["Server", "Date", "Cache-Control", "Content-type", "Content-Length"], "no cookie"
            if path == "arawman":
                assert dict(answer.messages[0])["ActionID"] == actionid


def test_one_nonce_is_one_session_of_both_paths(demo, user):
    user.ask("Ping")
    user.ask("UserEvent", UserEvent="Mine")
    answer = user.ask("WaitEvent", timeout="0", path="amxml")
    assert b"userevent='Mine'" in answer.body


def test_another_auth_is_another_session(demo, user):
    user.ask("Ping")
    user.ask("UserEvent", UserEvent="Mine")
    with Caller(demo.url, "arawman", HTTPDigestAuth("demo", "s3cret")) as other:
        assert "UserEvent" not in other.ask("WaitEvent", timeout="0").events
    assert "UserEvent" in user.ask("WaitEvent", timeout="0").events


def test_login_is_not_needed(user):
    assert user.ask("Login", username="monitor", secret="look").message == "Already authenticated"


def test_rights_are_those_of_the_account(demo):
    with Caller(demo.url, "arawman", HTTPDigestAuth("monitor", "look")) as caller:
        assert caller.ask("Originate").message == "Permission denied"
        assert caller.ask("Status").messages[0][0] == ("Response", "Success")


def test_logoff_begins_a_new_session_without_a_word(demo, user):
    user.ask("Ping")
    user.ask("UserEvent", UserEvent="Mine")
    assert user.ask("Logoff").messages[0][0] == ("Response", "Goodbye")
    answer = user.ask("WaitEvent", timeout="0")
    assert answer.status == 200
    assert "UserEvent" not in answer.events


def test_a_count_that_does_not_grow_is_stale_and_the_session_lives(demo, user):
    """Measured: the first answer, then the same header again and again; the second nonce stays."""
    user.ask("Ping")
    user.ask("UserEvent", UserEvent="Mine")
    header = header_of(demo, user.auth)
    answers = [sent(demo, header) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 401, 401]
    nonces = [CHALLENGE.fullmatch(dict(answer.headers)["WWW-authenticate"]) for answer in answers[1:]]
    assert all(found and found[2] for found in nonces)
    assert nonces[0][1] == nonces[1][1]
    waited = user.ask("WaitEvent", timeout="0")
    assert waited.status == 200, "requests answers the challenge by itself"
    assert "UserEvent" in waited.events


def test_a_nonce_ages(monkeypatch, demo, user):
    user.ask("Ping")
    user.ask("UserEvent", UserEvent="Mine")
    monkeypatch.setattr(sessions, "_NONCE_S", -1.0)
    header = header_of(demo, user.auth)
    answer = sent(demo, header)
    assert answer.status == 401
    assert dict(answer.headers)["WWW-authenticate"].endswith(", stale=true")
    monkeypatch.undo()
    assert "UserEvent" in user.ask("WaitEvent", timeout="0").events


def test_any_hexadecimal_nonce_opens_a_session(demo):
    auth = HTTPDigestAuth("demo", "s3cret")
    auth.init_per_thread_state()
    auth._thread_local.chal = {"realm": "asterisk", "nonce": "deadbeef", "qop": "auth", "algorithm": "MD5"}
    assert sent(demo, header_of(demo, auth)).status == 200


def test_threads_have_sessions_of_their_own(demo):
    """HTTPDigestAuth is thread-local: what one thread hears, the other does not take away."""
    auth = HTTPDigestAuth("demo", "s3cret")
    counts = []

    def listen():
        with Caller(demo.url, "arawman", auth) as caller:
            caller.ask("Ping")
            caller.ask("UserEvent", UserEvent="Mine")
            counts.append(caller.ask("WaitEvent", timeout="0").events.count("UserEvent"))

    threads = [threading.Thread(target=listen) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert counts == [1, 1]


def test_a_cookie_is_not_looked_at(demo):
    with Caller(demo.url).login("demo", "s3cret") as caller:
        assert caller.ask("Ping", path="arawman").status == 401


def test_head_and_post_are_proved_by_their_own_name(demo):
    auth = HTTPDigestAuth("demo", "s3cret")
    session = requests.Session()
    session.trust_env = False
    with session:
        for method in ("GET", "POST", "HEAD"):
            assert session.request(method, f"{demo.url}/arawman?action=Ping", auth=auth, timeout=5).status_code == 200
    assert sent(demo, header_of(demo, auth), method="POST").status == 401
