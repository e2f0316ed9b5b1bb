"""What goes wrong for an operator, each as a context: arranged on entry, gone on exit; and the real command line.

Used by the tests of errors and exit codes and by those of the secret. Nothing here looks at how amiframe works.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest
from pbx_server import CONFIG, Asterisk, _free_ports, why_not
from proxy import Proxy

import amiframe as af

ROOT = Path(__file__).resolve().parents[2]
SESSION_S = 8
SESSIONLIMIT = 12
USER = "operator"  # may do all
READER = "reader"  # may look at reports only
BARRED = "barred"  # may come from nowhere
BIG = 30_000  # bytes of a variable; a request carries 40960
SECRET_FILE, CA_FILE = "pbx.secret", "ca.pem"


@dataclass(frozen=True)
class Case:
    """What a client is told to do, and how that has to end.

    Parameters
    ----------
    keys : dict
        Keys of the profile that differ from the usual ones.
    error : type or None
        The error of the library; None: it works.
    code : int
        Exit code of the command line.
    words : str
        Part of what both say.
    ask : callable
        The question.
    command : tuple
        The same question on the command line.
    env : dict
        What the environment says besides.
    is_within : bool
        Whether the cause is in the server: then the same connection works when it is gone.
    """

    keys: dict[str, object] = field(default_factory=dict)
    error: type[af.AmiframeError] | None = None
    code: int = 0
    words: str = ""
    ask: Callable[[af.Pbx], object] = lambda pbx: pbx.status()
    command: tuple[str, ...] = ("status",)
    env: dict[str, str] = field(default_factory=dict)
    is_within: bool = False


def able(version: str) -> None:
    """Skip a test for which there is no server; fail it where there has to be one."""
    reason = why_not(version)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)


class Site:
    """A server with TLS, short sessions and few connections, and a folder with a profile for it."""

    def __init__(self, version: str, secret: str, folder: Path, *, loud: bool = False, **more: object):
        self.folder = folder
        self.secret = secret
        self.ca = folder / CA_FILE
        make_certificates(folder)
        (self.tls_port,) = _free_ports(1, socket.SOCK_STREAM)
        (folder / SECRET_FILE).write_text(secret + "\n")
        (folder / SECRET_FILE).chmod(0o600)
        users = "".join(
            f"\n[{name}]\nsecret = {secret}\nread = {read}\nwrite = {write}\n{rule}\n"
            for name, read, write, rule in (
                (USER, "all", "all", ""),
                (READER, "call,reporting", "reporting", ""),
                (BARRED, "all", "all", "deny = 0.0.0.0/0.0.0.0"),
            )
        )
        tls = f"tlsenable = yes\ntlsbindaddr = 127.0.0.1:{self.tls_port}\ntlscertfile = @HOME@/etc/pbx.pem\n"
        options = "debug = 10\nverbose = 10\n" if loud else ""  # here, and not by a command: it outlives a restart
        own = f"httptimeout = {SESSION_S}\ndebug = {'yes' if loud else 'no'}"
        # else it closes the silent ones of `crowd` all at once, and on a busy machine somebody slips in
        few = f"sessionlimit = {SESSIONLIMIT}\nsession_keep_alive = 120000\nsession_inactivity = 120000\n"
        self.server = Asterisk(
            version,
            files={
                "http.conf": (CONFIG / "http.conf").read_text("utf-8") + few + tls,
                "manager.conf": (CONFIG / "manager.conf").read_text("utf-8").replace("httptimeout = 60", own) + users,
                "asterisk.conf": (CONFIG / "asterisk.conf").read_text("utf-8") + options,
                "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error\n"
                "full => notice,warning,error,debug,verbose,dtmf,security\n",
                "pbx.pem": (folder / "pbx.pem").read_text(),
            },
            **more,
        )  # fmt: skip

    @property
    def tls_url(self) -> str:
        return f"https://127.0.0.1:{self.tls_port}"

    def keys(self, interface: str, **changed: object) -> dict[str, object]:
        """Return the keys of a profile for this server."""
        usual = {"url": self.server.url, "username": USER, "secret_file": SECRET_FILE, "interface": interface}
        return usual | {"timeout": 15} | changed

    def connect(self, interface: str, **changed: object) -> af.Pbx:
        """Connect as a program does."""
        keys = self.keys(interface, **changed)
        url, _ = keys.pop("url"), keys.pop("secret_file")
        return af.connect(url, secret=keys.pop("secret", self.secret), **keys)

    def run(self, *args: str, keys: dict[str, object], env: dict[str, str] | None = None, wait: bool = True):
        """Run the real command line, in a folder with a project's file; give the finished process, or a running one."""
        own = dict(keys)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        secret = folder / SECRET_FILE
        secret.write_text(str(own.pop("secret", self.secret)))
        secret.chmod(0o600)
        lines = [f"{name} = {_toml(value)}" for name, value in own.items()]
        (folder / "amiframe.toml").write_text("\n".join(["[profiles.pbx]", *lines, ""]), "utf-8")
        clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "amiframe", *args, "-t", "pbx"], cwd=folder, env=clean | (env or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if not wait:
            return process
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(args, process.returncode, out, err)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else f'"{value}"'


def make_certificates(folder: Path) -> None:
    """Make a CA and, signed by it, a certificate for 127.0.0.1 (and for no name)."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)

    new = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", CA_FILE, "-subj", "/CN=a CA of tests",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "pbx.key", "-out", "pbx.csr", "-subj", "/CN=a PBX")
    (folder / "pbx.ext").write_text(
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n"
    )
    openssl("x509", "-req", "-in", "pbx.csr", "-CA", CA_FILE, "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "pbx.crt", "-extfile", "pbx.ext")  # fmt: skip
    (folder / "pbx.pem").write_text((folder / "pbx.crt").read_text() + (folder / "pbx.key").read_text())


@contextlib.contextmanager
def big_channels(site: Site, size: int) -> Iterator[tuple[int, int, str]]:
    """Four calls whose variables have so many bytes in all; give the channels, the long ones of each, their text."""
    site.server.place_calls(4)
    text = "\u0416" * (BIG // 6)  # two bytes, six in a request
    try:
        channels = [channel[0] for channel in site.server.channels()]
        each = -(-size // (len(channels) * len(text.encode())))
        with site.server.manager("harness") as manager:
            for channel in channels:
                for number in range(each):
                    manager.send("Setvar", ("channel", channel), ("variable", f"BIG{number}"), ("value", text))
        yield len(channels), each, text
    finally:
        site.server.hangup_all()


# --- the faults -----------------------------------------------------------------------------------------------------

Fault = Callable[[Site, str], contextlib.AbstractContextManager[Case]]
FAULTS: dict[str, Fault] = {}


def fault(function: Callable[[Site, str], Iterator[Case]]) -> Fault:
    made = contextlib.contextmanager(function)
    FAULTS[function.__name__] = made
    return made


@fault
def wrong_host(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"url": "https://no-such-pbx.invalid:8089"}, af.ConnectError, 3, "the host name is not known")


@fault
def wrong_port(site: Site, interface: str) -> Iterator[Case]:
    with socket.socket() as held:  # bound and not listening: nobody else takes it
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        yield Case({"url": url}, af.ConnectError, 3, "nothing answers at this host and port")


@fault
def wrong_prefix(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"url": f"{site.server.url}/pbx"}, af.HTTPStatusError, 3, f"HTTP 404 from /{interface}")


@fault
def wrong_password(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"secret": site.secret + "-not"}, af.LoginError, 4, f"login of '{USER}' refused")


@fault
def unknown_user(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"username": "nobody-here"}, af.LoginError, 4, "login of 'nobody-here' refused")


@fault
def address_rule(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"username": BARRED}, af.LoginError, 4, f"login of '{BARRED}' refused")


@fault
def missing_right(site: Site, interface: str) -> Iterator[Case]:
    yield Case(
        {"username": READER}, af.AccessDenied, 4, f"'{READER}' may not run PJSIPShowEndpoints",
        lambda pbx: pbx.table("PJSIPShowEndpoints"), ("table", "PJSIPShowEndpoints"),
    )  # fmt: skip


@fault
def server_stopped(site: Site, interface: str) -> Iterator[Case]:
    with site.server.down():
        yield Case({}, af.ConnectError, 3, "nothing answers at this host and port", is_within=True)


@fault
def restarted(site: Site, interface: str) -> Iterator[Case]:
    """Between two calls: the client logs in anew."""

    def ask(pbx: af.Pbx) -> object:
        pbx.ping()
        site.server.restart()
        return pbx.status()

    yield Case(ask=ask)


@fault
def too_many_connections(site: Site, interface: str) -> Iterator[Case]:
    with crowd(site.server):
        yield Case({}, af.ConnectError, 3, "closed the connection without an answer", is_within=True)


@contextlib.contextmanager
def crowd(server: Asterisk) -> Iterator[None]:
    """Hold all connections that a server takes: each asks once, as the server soon closes one that never did."""
    held: dict[socket.socket, bool] = {}  # whether it was answered
    is_over = threading.Event()

    def look(one: socket.socket) -> None:
        try:
            held[one] = bool(one.recv(1 << 16))
        except BlockingIOError:
            return
        except OSError:
            held[one] = False
        if not held[one]:
            del held[one]
            one.close()

    def hold() -> None:
        while not is_over.wait(0.02):
            for one in list(held):
                look(one)
            while len(held) < SESSIONLIMIT + 2:
                one = socket.create_connection(("127.0.0.1", server.http_port))
                one.sendall(b"GET /nothing HTTP/1.1\r\nHost: pbx\r\n\r\n")
                one.setblocking(False)
                held[one] = False

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        server.wait(lambda: sum(list(held.values())) >= SESSIONLIMIT, "take that many connections", 40)
        yield
    finally:
        is_over.set()
        holder.join()
        for one in held:
            one.close()


@contextlib.contextmanager
def between(site: Site) -> Iterator[Proxy]:
    with Proxy(site.server.http_port) as proxy:
        yield proxy


@fault
def cut_answer(site: Site, interface: str) -> Iterator[Case]:
    with between(site) as proxy:
        proxy.plan("cut", "Status", times=999)
        yield Case({"url": proxy.url}, af.ConnectError, 3, "the answer was cut off")


@fault
def no_answer(site: Site, interface: str) -> Iterator[Case]:
    with between(site) as proxy:
        proxy.plan("lose", "Status", times=999)
        yield Case({"url": proxy.url}, af.ConnectError, 3, "closed the connection without an answer")


@fault
def too_slow(site: Site, interface: str) -> Iterator[Case]:
    with between(site) as proxy:
        proxy.plan("delay", "Status", times=999, seconds=5)
        yield Case({"url": proxy.url, "timeout": 1.5}, af.ConnectTimeout, 3, "no whole answer within 1.5 s")


@fault
def slow(site: Site, interface: str) -> Iterator[Case]:
    with between(site) as proxy:
        proxy.plan("trickle", "Status", times=999, seconds=2)
        yield Case({"url": proxy.url})


@fault
def busy_proxy(site: Site, interface: str) -> Iterator[Case]:
    with between(site) as proxy:
        proxy.plan("answer", None, times=999, status=503)
        yield Case({"url": proxy.url}, af.HTTPStatusError, 3, "HTTP 503")


@fault
def session_of_somebody_else(site: Site, interface: str) -> Iterator[Case]:
    """A proxy adds its own cookie: the server takes us for another user; digest takes no notice of cookies."""
    with between(site) as proxy, site.server.manager("test") as other:
        other.send("Ping")
        (cookie,) = _cookies(other)
        proxy.plan("lend", None, times=999, cookie=cookie)
        if interface.startswith("a"):
            yield Case({"url": proxy.url})
        else:
            yield Case({"url": proxy.url}, af.LoginError, 4, "Already authenticated")


def _cookies(manager: object) -> list[str]:
    jars = [handler.cookiejar for handler in manager._opener.handlers if hasattr(handler, "cookiejar")]
    return [cookie.value.strip('"') for jar in jars for cookie in jar]


@fault
def ended_session(site: Site, interface: str) -> Iterator[Case]:
    """The session ends just before what changes something arrives; by digest a new one opens by itself."""
    with between(site) as proxy:
        proxy.plan("end", "UserEvent", times=999)
        call = {
            "ask": lambda pbx: pbx.action("UserEvent", UserEvent="Beat"),
            "command": ("action", "UserEvent", "UserEvent=Beat", "--yes"),
        }
        if interface.startswith("a"):
            yield Case({"url": proxy.url}, **call)
        else:
            yield Case({"url": proxy.url}, af.SessionLost, 3, "nothing was done", **call)


@fault
def session_ended_before_a_read(site: Site, interface: str) -> Iterator[Case]:
    """As an expired one looks: a new one takes its place."""
    with between(site) as proxy:
        proxy.plan("end", "Status", times=1)
        yield Case({"url": proxy.url})


@fault
def tls_not_trusted(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"url": site.tls_url}, af.ConnectError, 3, "TLS failed: ")


@fault
def tls_of_another_name(site: Site, interface: str) -> Iterator[Case]:
    url = f"https://localhost:{site.tls_port}"
    yield Case({"url": url, "verify": str(site.ca)}, af.ConnectError, 3, "TLS failed: Hostname mismatch")


@fault
def tls_on_the_plain_port(site: Site, interface: str) -> Iterator[Case]:
    url = f"https://127.0.0.1:{site.server.http_port}"
    yield Case({"url": url, "verify": str(site.ca)}, af.ConnectError, 3, "TLS failed: the port speaks no TLS")


@fault
def plain_on_the_tls_port(site: Site, interface: str) -> Iterator[Case]:
    url = f"http://127.0.0.1:{site.tls_port}"
    yield Case({"url": url}, af.ConnectError, 3, "closed the connection without an answer")


@fault
def tls_with_its_ca(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"url": site.tls_url, "verify": str(site.ca)})


@fault
def tls_and_a_ca_of_the_environment(site: Site, interface: str) -> Iterator[Case]:
    """What is there for other programs counts for nothing: neither CA files nor proxies."""
    there = "http://127.0.0.1:9"
    env = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), "/nowhere/ca.pem")
    env |= dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), there)
    with mock.patch.dict(os.environ, env):
        yield Case({"url": site.tls_url, "verify": str(site.ca)}, env=env)


@fault
def md5_login(site: Site, interface: str) -> Iterator[Case]:
    yield Case({"login": "md5"})


@fault
def nothing(site: Site, interface: str) -> Iterator[Case]:
    yield Case({})
