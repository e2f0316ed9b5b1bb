"""The embedded PBX as a server: cookie sessions, encoding of requests, refusals; each row as measured on a real one."""

from __future__ import annotations

import hashlib
import re
import threading
import time

import pytest
from amf_demo import Caller, parse_answer, raw

from amiframe.demo.http.sessions import Account, classes
from amiframe.demo.server import Demo

USERS = (
    Account("demo", "s3cret"),
    Account("monitor", "look", classes("call,reporting"), classes("reporting")),
    Account("caller", "ring", classes("call"), classes("originate")),
    Account("nobody", "none", frozenset(), frozenset()),
)
UNKNOWN = "Invalid/unknown command: Bogus. Use Action: ListCommands to show available commands."
BASE = b" HTTP/1.1\r\nHost: pbx\r\n"
COOKIE = re.compile(r'mansession_id="[0-9a-f]{8}"; Version=1; Max-Age=60')


@pytest.fixture(scope="module")
def demo():
    """A world that stands still: nothing happens but what the test does."""
    with Demo(USERS, speed=0, login_delay=0.05) as server:
        yield server


@pytest.fixture
def anyone(demo):
    with Caller(demo.url) as caller:
        yield caller


@pytest.fixture
def user(demo):
    with Caller(demo.url).login("demo", "s3cret") as caller:
        yield caller


# --- sessions --------------------------------------------------------------------------------------------------------


def test_headers_of_every_answer(anyone):
    answer = anyone.ask("Ping")
    assert answer.names == [
        "Server", "Date", "Cache-Control", "Content-type", "Set-Cookie", "Pragma", "Content-Length",
    ]  # fmt: skip
    headers = dict(answer.headers)
    assert COOKIE.fullmatch(headers["Set-Cookie"])
    assert headers["Content-type"] == "text/plain", "no charset"
    assert (headers["Pragma"], headers["Cache-Control"]) == ("SuppressEvents", "no-cache, no-store")
    assert dict(anyone.ask("Ping", path="mxml").headers)["Content-type"] == "text/xml"
    assert dict(anyone.ask("Ping", path="manager").headers)["Content-type"] == "text/html"


@pytest.mark.parametrize(
    ("action", "fields", "message"),
    [
        ("Ping", {}, "Permission denied"),
        ("Bogus", {}, "Permission denied"),
        (None, {}, "Missing action in request"),
        ("", {}, "Missing action in request"),
        ("Challenge", {}, "Must specify AuthType"),
        ("Challenge", {"AuthType": "sha"}, "Must specify AuthType"),
        ("Logoff", {}, "Thanks for all the fish."),
        ("Login", {"username": "demo", "secret": "wrong"}, "Authentication failed"),
        ("Login", {"username": "demo", "secret": "S3CRET"}, "Authentication failed"),
        ("Login", {"username": "ghost", "secret": "s3cret"}, "Authentication failed"),
        ("Login", {}, "Authentication failed"),
        ("Login", {"username": "demo"}, "Authentication failed"),
        ("Login", {"USERNAME": "DEMO", "SECRET": "s3cret"}, "Authentication accepted"),
    ],
)
def test_without_a_session(anyone, action, fields, message):
    answer = anyone.ask(action, ActionID="7", **fields)
    assert answer.status == 200
    assert answer.message == message
    assert answer.messages[0][1] == ("ActionID", "7")


@pytest.mark.parametrize(
    ("action", "fields", "pairs"),
    [
        ("Login", {"username": "x"}, [("Response", "Success"), ("Message", "Already authenticated")]),
        ("Bogus", {}, [("Response", "Error"), ("Message", UNKNOWN)]),
        (None, {}, [("Response", "Error"), ("Message", "Missing action in request")]),
        ("Events", {"EventMask": "call,bogus"}, [("Response", "Success"), ("Events", "On")]),
        ("Events", {"EventMask": "bogus"}, [("Response", "Success"), ("Events", "Off")]),
        ("Events", {"EventMask": "6"}, [("Response", "Success"), ("Events", "On")]),
        ("Events", {"EventMask": "0"}, [("Response", "Success"), ("Events", "Off")]),
        ("Events", {}, [("Response", "Error"), ("Message", "Invalid event mask")]),
        ("Filter", {"Operation": "Del", "Filter": "x"}, [("Response", "Error"), ("Message", "Unknown operation")]),
        ("Filter", {"Operation": "Add", "Filter": "("},
         [("Response", "Error"), ("Message", "Filter did not compile.  Check the syntax of the filter given.")]),
        ("Filter", {"Operation": "Add", "Filter": "!x"}, [("Response", "Success"), ("Message", "Success")]),
    ],
)  # fmt: skip
def test_with_a_session(user, action, fields, pairs):
    before = user.http.cookies["mansession_id"]
    answer = user.ask(action, ActionID="a b: c", **fields)
    assert answer.messages == [[pairs[0], ("ActionID", "a b: c"), *pairs[1:]]]
    assert f'"{answer.cookie}"' == before


@pytest.mark.parametrize(
    ("username", "secret", "may"),
    [
        ("demo", "s3cret", {"Status", "Originate", "Command"}),
        ("monitor", "look", {"Status"}),
        ("caller", "ring", {"Originate"}),
        ("nobody", "none", set()),
    ],
)
def test_rights(demo, username, secret, may):
    """What ListCommands tells is what is answered; what is not is refused, and the session lives on."""
    with Caller(demo.url).login(username, secret) as caller:
        listed = {name for name, _ in caller.ask("ListCommands").messages[0]}
        assert listed & {"Status", "Originate", "Command"} == may
        assert {"Ping", "Login", "Logoff", "Challenge", "WaitEvent", "Events", "ListCommands"} <= listed
        for action in ("Status", "Originate", "Command"):
            answer = caller.ask(action)
            assert (answer.message == "Permission denied") == (action not in may)
        assert caller.ask("Ping").messages[0][1] == ("Ping", "Pong")
        assert len({cookie.value for cookie in caller.http.cookies}) == 1


def test_login_while_logged_in_keeps_the_old_user(demo):
    with Caller(demo.url).login("nobody", "none") as caller:
        assert caller.ask("Login", username="demo", secret="s3cret").message == "Already authenticated"
        assert caller.ask("Status").message == "Permission denied"


def test_logoff_ends_the_session(user):
    old = user.ask("Ping").cookie
    bye = user.ask("Logoff")
    assert bye.messages == [[("Response", "Goodbye"), ("Message", "Thanks for all the fish.")]]
    assert bye.cookie == old
    after = user.ask("Ping")
    assert after.message == "Permission denied"
    assert after.cookie != old


def test_a_failed_login_leaves_a_dead_cookie(anyone):
    failed = anyone.ask("Login", username="demo", secret="wrong")
    assert anyone.ask("Login", username="demo", secret="s3cret").cookie != failed.cookie


def test_a_failed_login_waits():
    with Demo(USERS, speed=0, login_delay=0.4) as demo, Caller(demo.url) as caller:
        assert caller.ask("Login", username="demo", secret="x").seconds >= 0.4
        assert caller.ask("Login", username="demo", secret="s3cret").seconds < 0.3


def test_login_by_challenge(anyone):
    challenge = dict(anyone.ask("Challenge", AuthType="MD5").messages[0])["Challenge"]
    assert challenge.isdigit()
    key = hashlib.md5(f"{challenge}s3cret".encode()).hexdigest()
    assert anyone.ask("Login", AuthType="MD5", Username="demo", Key=key).message == "Authentication accepted"
    assert anyone.ask("Ping").messages[0][0] == ("Response", "Success")


def test_a_challenge_is_of_its_session_only(demo, anyone):
    challenge = dict(anyone.ask("Challenge", AuthType="MD5").messages[0])["Challenge"]
    key = hashlib.md5(f"{challenge}s3cret".encode()).hexdigest()
    with Caller(demo.url) as other:
        assert other.ask("Login", AuthType="MD5", Username="demo", Key=key).message == "Authentication failed"


@pytest.mark.parametrize(
    "form",
    [
        'mansession_id="{}"', "mansession_id={}", 'MANSESSION_ID="{}"', 'a=b; mansession_id="{}"; c=d',
        '$Version=1; mansession_id="{}"; $Path="/"', 'mansession_id="00000001"; mansession_id="{}"',
    ],
)  # fmt: skip
def test_forms_of_the_cookie(demo, user, form):
    cookie = form.format(user.ask("Ping").cookie)
    answer, _ = raw(demo.url, b"GET /rawman?action=Ping" + BASE + f"Cookie: {cookie}\r\n\r\n".encode())
    assert b"Pong" in answer


@pytest.mark.parametrize("form", ["mansession_id=zzz", "mansession_id=", "other={}", 'xmansession_id="{}"'])
def test_cookies_that_are_none(demo, user, form):
    cookie = form.format(user.ask("Ping").cookie)
    answer, _ = raw(demo.url, b"GET /rawman?action=Ping" + BASE + f"Cookie: {cookie}\r\n\r\n".encode())
    assert b"Permission denied" in answer


def test_a_session_expires_when_idle_and_lives_when_used():
    with Demo(USERS, speed=0, httptimeout=1) as demo, Caller(demo.url) as caller:
        cookie = caller.login("demo", "s3cret").ask("Ping").cookie
        for _ in range(3):
            time.sleep(0.5)
            assert raw_ping(demo, cookie) == ("Pong", cookie)
        time.sleep(1.2)
        message, other = raw_ping(demo, cookie)
        assert message == "Permission denied"
        assert other != cookie
        time.sleep(1.2)
        assert len(demo.sessions) == 0


def raw_ping(demo, cookie):
    request = f'GET /rawman?action=Ping HTTP/1.1\r\nCookie: mansession_id="{cookie}"\r\n\r\n'
    answer = parse_answer(raw(demo.url, request.encode())[0])
    first = dict(answer.messages[0])
    return first.get("Ping") or first["Message"], answer.cookie


def test_raw_and_xml_share_a_session(user):
    xml = user.ask("Ping", path="mxml")
    assert b"ping='Pong'" in xml.body
    assert xml.body.startswith(b"<ajax-response>\n<response type='object' id='unknown'><generic response='Success'")


# --- requests --------------------------------------------------------------------------------------------------------


def test_get_and_post_read_their_own_parameters_only(demo, user):
    cookie = f'Cookie: mansession_id="{user.ask("Ping").cookie}"\r\n'.encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    table = [
        (b"GET /rawman?action=Ping" + BASE + cookie + b"\r\n", b"Pong"),
        (b"POST /rawman?action=Ping" + BASE + cookie + form + b"Content-Length: 0\r\n\r\n", b"Missing action"),
        (b"POST /rawman" + BASE + cookie + form + b"Content-Length: 11\r\n\r\naction=Ping", b"Pong"),
        (b"POST /rawman" + BASE + cookie + b"Content-Length: 11\r\n\r\naction=Ping", b"Missing action"),
        (b"POST /rawman" + BASE + cookie + b"Content-Type: text/plain\r\nContent-Length: 11\r\n\r\naction=Ping",
         b"Missing action"),
        (b"POST /rawman" + BASE + cookie + form + b"Transfer-Encoding: chunked\r\n\r\n"
         b"7\r\naction=\r\n4\r\nPing\r\n0\r\n\r\n", b"Pong"),
        (b"get /RAWMAN/?ACTION=ping HTTP/1.0\n" + cookie + b"\n", b"Pong"),
        (b"GET /rawman?action=&Action=%20%09Ping" + BASE + cookie + b"\r\n", b"Pong"),
        (b"GET /rawman?mansession_id=" + user.ask("Ping").cookie.encode() + b"&action=Ping" + BASE + b"\r\n",
         b"Permission denied"),
    ]  # fmt: skip
    for request, words in table:
        answer, is_closed = raw(demo.url, request)
        assert words in answer, request
        assert not is_closed, request


@pytest.mark.parametrize(
    ("query", "actionid"),
    [
        ("ActionID=a+b%20c%2Bd", "a b c+d"),
        ("ActionID=%zz%4", "%zz%4"),
        ("ActionID=x%00y", "x"),
        ("ActionID=%20%01x%20", "x "),
        ("ActionID=a;b=c", "a;b=c"),
        ("actionid=&ActionID=x", None),
        ("ActionID=1&ActionID=2", "1"),
        ("ActionID=%D0%98%D0%B2%D0%B0%D0%BD", "Иван"),
        ("ActionID=%FF", "\udcff"),
        ("ActionID=x%0d%0aInjected:%20yes", "x"),
    ],
)
def test_parameters_are_decoded_as_the_server_does(demo, query, actionid):
    answer = parse_answer(raw(demo.url, f"GET /rawman?action=Ping&{query}".encode() + BASE + b"\r\n")[0])
    assert dict(answer.messages[0]).get("ActionID") == actionid
    assert ("Injected", "yes") in answer.messages[0] or "Injected" not in query, "split, as the real one"


def test_what_comes_behind_128_parameters_is_dropped(demo):
    full = "&".join(f"x{n}=" for n in range(127))
    for query, words in ((f"{full}&action=Logoff", b"Goodbye"), (f"{full}&x=&action=Logoff", b"Missing action")):
        assert words in raw(demo.url, f"GET /rawman?{query}".encode() + BASE + b"\r\n")[0]


def line(size: int) -> bytes:
    start, end = b"GET /rawman?action=Ping&x=", b" HTTP/1.1\r\n"
    return start + b"a" * (size - len(start) - len(end)) + end


def body(size: int) -> bytes:
    head = f"POST /rawman HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {size}\r\n\r\n"
    return head.encode() + b"action=Ping&x=".ljust(size, b"a")


@pytest.mark.parametrize(
    ("request_", "status", "words", "is_closed"),
    [
        (line(4095) + b"\r\n", 200, "Permission denied", False),
        (line(4096) + b"\r\n", 400, "Request line too long", True),
        (b"GET /rawman?action=Ping HTTP/1.1\r\nX: " + b"a" * 4090 + b"\r\n\r\n", 200, "Permission denied", False),
        (b"GET /rawman?action=Ping HTTP/1.1\r\nX: " + b"a" * 4091 + b"\r\n\r\n", 400, "Header line too long", True),
        (b"GET /rawman?action=Ping HTTP/1.1\r\n" + b"X: 1\r\n" * 100 + b"\r\n", 200, "Permission denied", False),
        (b"GET /rawman?action=Ping HTTP/1.1\r\n" + b"X: 1\r\n" * 101 + b"\r\n", 413, "Too many headers", True),
        (body(40960), 200, "Permission denied", False),
        (body(40961), 413, "Body too large", True),
        (b"NONSENSE\r\n\r\n", 400, "Invalid Request", True),
        (b"GET //[x HTTP/1.1\r\n\r\n", 400, "Invalid Request", True),
        (b"POST /rawman HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400, "Invalid Request", True),
        (b"POST /rawman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "Invalid Request", True),
        (b"PUT /rawman HTTP/1.1\r\n\r\n", 501, "Attempt to use unimplemented / unsupported method", False),
        (b"DELETE /rawman HTTP/1.1\r\n\r\n", 501, "Attempt to use unimplemented / unsupported method", False),
        (b"GET / HTTP/1.1\r\n\r\n", 404, "The requested URL was not found on this server.", False),
        (b"GET /rawman/x HTTP/1.1\r\n\r\n", 404, "The requested URL was not found on this server.", False),
        (b"GET /raw%6dan HTTP/1.1\r\n\r\n", 404, "The requested URL was not found on this server.", False),
        (b"GET /asterisk/rawman HTTP/1.1\r\n\r\n", 404, "The requested URL was not found on this server.", False),
        (b"GET /rawman?action=Ping HTTP/1.1\r\nConnection: close\r\n\r\n", 200, "Permission denied", True),
    ],
)
def test_limits_and_pages_of_errors(demo, request_, status, words, is_closed):
    got, closed = raw(demo.url, request_)
    answer = parse_answer(got)
    assert (answer.status, closed) == (status, is_closed)
    assert words in answer.body.decode()
    assert ("Connection" in answer.names) == is_closed
    if status != 200:
        assert dict(answer.headers)["Content-type"] == "text/html"
        assert answer.body.startswith(b"<!DOCTYPE HTML PUBLIC")
        assert "Set-Cookie" not in answer.names


def test_head_runs_the_action_and_has_no_body(demo, user):
    cookie = user.ask("Ping").cookie
    request = f'HEAD /rawman?action=Logoff HTTP/1.1\r\nCookie: mansession_id="{cookie}"\r\n\r\n'.encode()
    parts = demo.url.removeprefix("http://").split(":")
    import socket

    with socket.create_connection((parts[0], int(parts[1])), timeout=5) as connection:
        connection.sendall(request + request)
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < 2:
            got += connection.recv(65536)
    assert b"Goodbye" not in got
    assert b"Content-Length: 56" in got
    assert raw_ping(demo, cookie)[0] == "Permission denied"


def test_a_connection_serves_many_requests(demo):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", int(demo.url.rpartition(":")[2]), timeout=5)
    sockets = set()
    for _ in range(5):
        connection.request("GET", "/rawman?action=Ping")
        assert connection.getresponse().read().startswith(b"Response: Error")
        sockets.add(id(connection.sock))
    assert len(sockets) == 1
    connection.close()


def test_a_prefix_moves_all_paths():
    with Demo(USERS, speed=0, prefix="asterisk") as demo, Caller(demo.url) as caller:
        assert demo.url.endswith("/asterisk")
        assert caller.login("demo", "s3cret").ask("Ping").status == 200
        assert parse_answer(raw(demo.url, b"GET /rawman?action=Ping" + BASE + b"\r\n")[0]).status == 404


# --- its life --------------------------------------------------------------------------------------------------------


def test_close_ends_waits_and_connections():
    demo = Demo(USERS, speed=0)
    caller = Caller(demo.url).login("demo", "s3cret")
    caller.ask("WaitEvent", timeout="0")
    waited = []

    def wait():
        try:
            waited.append(caller.ask("WaitEvent", timeout="30"))
        except OSError as error:
            waited.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    demo.close()
    thread.join(5)
    demo.close()
    assert time.monotonic() - began < 2
    assert waited
    caller.close()
    with pytest.raises(OSError, match="refused"):
        raw(demo.url, b"GET / HTTP/1.1\r\n\r\n")


def test_a_port_that_is_taken(demo):
    from amiframe import ConfigError

    with pytest.raises(ConfigError, match="port"):
        Demo(USERS, port=int(demo.url.rpartition(":")[2]))


def test_it_binds_to_loopback_only(demo):
    assert demo.url.startswith("http://127.0.0.1:")
    assert demo._server.server_address[0] == "127.0.0.1"


def test_no_secret_in_what_is_shown(demo):
    assert "s3cret" not in repr(demo) + repr(demo.accounts) + str(vars(demo.sessions))
