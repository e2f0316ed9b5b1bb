"""The doctor on the embedded PBX, and on things that are no PBX at all; real servers are in tests/live."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from amf_support import ROOT
from typer.testing import CliRunner

import amiframe as af
from amiframe.cli import app as cli
from amiframe.demo.server import Demo
from amiframe.diagnostics.network_checks import _tls
from amiframe.diagnostics.port_probe import Address
from amiframe.settings import Secret, Target

CANARY = "canary-d0ctor"


def examine(url: str, username: str = "demo", secret: str = CANARY, **more):
    checks = af.doctor(url, username=username, secret=secret, timeout=10, **more)
    assert CANARY not in checks.to_csv()
    return checks.set_index("what")


def failed(checks) -> list[str]:
    return checks.index[checks["ok"].eq(False).fillna(False)].tolist()


@contextmanager
def saying(words: bytes):
    """Something on loopback that says these words to whoever comes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    try:
                        connection.sendall(words)
                        connection.recv(4096)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_the_demo_is_well():
    checks = af.doctor("demo")
    assert list(checks.columns) == ["what", "ok", "found", "cure", "error"]
    assert [str(dtype) for dtype in checks.dtypes] == ["str", "boolean", "str", "str", "str"]
    assert not checks["ok"].eq(False).any()
    assert checks["what"].is_unique
    assert checks.loc[checks["ok"].isna(), "what"].tolist() == ["eventfilter"], "it has no manager.conf to read"


def test_a_connection_that_is_there_can_be_looked_at():
    with Demo() as pbx, af.connect(pbx.url, username="demo", secret=pbx.secret("demo")) as client:
        assert not af.doctor(client, needs="status")["ok"].eq(False).any()


def test_settings_that_cannot_be_used_are_a_finding():
    for given in ({"target": "http://127.0.0.1"}, {"target": "nonsense://x", "username": "u", "secret": "s"}):
        checks = af.doctor(**given).set_index("what")
        assert failed(checks) == ["settings"]
        assert checks["error"]["settings"] == "ConfigError"
        assert checks.loc["host":, "ok"].isna().all()
        assert checks["found"]["host"] == "not checked: settings comes first"


def test_a_feature_that_does_not_exist_is_refused():
    with pytest.raises(af.ConfigError, match="no feature 'fly'"):
        af.doctor("demo", needs=["status", "fly"])


def test_a_clock_that_is_wrong():
    import time

    for apart, words in ((3600, "ahead of"), (-90, "behind")):
        with Demo(start=time.time() + apart) as pbx:
            checks = examine(pbx.url, secret=pbx.secret("demo"), needs="ping")
        assert failed(checks) == ["clock"]
        assert words in checks["found"]["clock"]


def test_a_prefix_and_short_sessions_of_the_demo():
    with Demo(prefix="asterisk", httptimeout=10) as pbx:
        checks = examine(pbx.url.removesuffix("/asterisk"), secret=pbx.secret("demo"))
        assert failed(checks) == ["prefix"]
        assert f'connect("{pbx.url}")' in checks["cure"]["prefix"]
        checks = examine(pbx.url, secret=pbx.secret("demo"), needs="ping")
        assert failed(checks) == ["httptimeout"]
        assert "10 s" in checks["found"]["httptimeout"]


def test_an_account_with_few_rights():
    with Demo() as pbx:
        checks = examine(pbx.url, "caller", pbx.secret("caller"), needs=["status", "originate", "hangup"])
    assert failed(checks) == ["rights", "right: status", "right: hangup"]
    assert "write = call,originate,reporting" in checks["cure"]["rights"]
    assert "write = originate,reporting" in checks["cure"]["right: status"]


def test_a_wrong_password_is_tried_once_each_way():
    tried = []
    with Demo(login_delay=0) as pbx:
        report = pbx._manager._report
        pbx._manager._report = lambda session, event, *a, **k: (tried.append(event), report(session, event, *a, **k))
        checks = examine(pbx.url)
    assert failed(checks) == ["login"]
    assert tried.count("InvalidPassword") == 1


@pytest.mark.parametrize(
    ("words", "what", "found"),
    [
        (b"Asterisk Call Manager/5.0.4\r\n", "http", "TCP interface"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "http", "SSH-2.0"),
        (b"", "http", "closed without an answer"),
        (b"HTTP/1.1 403 Forbidden\r\nServer: proxy\r\nContent-Length: 0\r\n\r\n", "webenabled", "403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>", "webenabled", "not the manager"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "webenabled", "401"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "webenabled", "a prefix that we do not know"),
    ],
)
def test_what_is_no_manager(words, what, found):
    with saying(words) as url:
        checks = examine(url)
    assert failed(checks) == [what]
    assert found in checks["found"][what]
    assert checks["cure"][what]


def test_plain_http_that_leaves_the_machine_is_reported():
    target = Target("http://192.0.2.1:8088", "u", Secret(CANARY))
    check = _tls(target, Address("192.0.2.1", 8088, False, 1.0))
    assert check.ok is False
    assert "tlsenable = yes" in check.cure
    assert check.error is None, "it works"


# --- the command ------------------------------------------------------------------------------------------------------


def command(*args: str):
    return CliRunner(env={"COLUMNS": "100"}).invoke(cli.app, ["doctor", *args])


def test_the_command_prints_a_table_the_cures_and_the_code(monkeypatch, tmp_path):
    done = command("-t", "demo", "-n", "status", "-o", str(tmp_path / "checks.csv"))
    assert done.exit_code == 0, done.output
    assert "0 not ok" in done.output
    assert len(af.read_table(tmp_path / "checks.csv")) > 15
    monkeypatch.setenv("AMIFRAME_SECRET", CANARY)
    with Demo(login_delay=0) as pbx:
        done = command("-t", pbx.url, "-u", "demo")
        assert done.exit_code == 4
        assert "secret = THE SAME AS HERE" in done.output
        monkeypatch.setenv("AMIFRAME_SECRET", pbx.secret("monitor"))
        assert command("-t", pbx.url, "-u", "monitor", "-n", "status").exit_code == 0
        done = command("-t", pbx.url, "-u", "monitor")
        assert done.exit_code == 4
        assert "lacks write = originate" in done.output
    with Demo(httptimeout=10) as pbx:
        monkeypatch.setenv("AMIFRAME_SECRET", pbx.secret("demo"))
        assert command("-t", pbx.url, "-u", "demo", "-n", "ping").exit_code == 10
    done = command("-t", pbx.url, "-u", "demo")
    assert done.exit_code == 3
    assert "asterisk -rx 'module reload http'" in done.output
    assert CANARY not in done.output


def test_the_command_without_settings_says_what_is_missing():
    done = command()
    assert done.exit_code == 2
    assert "settings" in done.output


def test_the_table_of_privileges_is_printed_and_documented():
    done = command("--privileges")
    assert done.exit_code == 0
    assert "reporting" in done.output
    checked = subprocess.run(
        [sys.executable, "docs/privileges.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
