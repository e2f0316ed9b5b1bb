"""The doctor on real servers, misconfigured on purpose: it names the cause, and what it prescribes cures it."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import able
from pbx_server import CONFIG, VERSIONS, Asterisk

import amiframe as af

USER = "doc"
SECRET = "canary-d0ctor-5ecret"
# a reload keeps what an account's section says no more: so healing says it
ACCOUNT = f"\n[{USER}]\nsecret = {SECRET}\nread = all\nwrite = all\nallowmultiplelogin = yes\n"
CURE = re.compile(r"^(\w+\.conf), section \[([\w-]+)\]:\n((?:    .*\n)+)then: asterisk -rx '(.*)'$", re.MULTILINE)


def conf(name: str) -> str:
    return Path(CONFIG, name).read_text("utf-8")


@pytest.fixture(scope="module", params=VERSIONS)
def patient(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    """A server of its own with one more account, healthy."""
    able(request.param)
    with Asterisk(request.param, files={"manager.conf": conf("manager.conf") + ACCOUNT}) as server:
        yield server


@pytest.fixture
def ill(patient: Asterisk) -> Iterator[Ill]:
    """The same server; what a test breaks is whole again behind it."""
    one = Ill(patient)
    yield one
    one.heal()


class Ill:
    """A server whose configuration a test breaks."""

    def __init__(self, server: Asterisk):
        self.server = server
        self._etc = server.home / "etc"
        self._whole = {name: self.text(name) for name in ("http.conf", "manager.conf")}

    def text(self, name: str) -> str:
        return (self._etc / name).read_text("utf-8")

    def write(self, name: str, text: str) -> None:
        (self._etc / name).write_text(text, "utf-8")
        self.server.cli({"http.conf": "module reload http", "manager.conf": "manager reload"}[name])
        time.sleep(0.3)  # a listener that is closed or opened anew

    def put(self, name: str, section: str, *lines: str, replacing: bool = True) -> None:
        """Put lines into a section, in place of those of the same name."""
        self.write(name, changed(self.text(name), section, lines, replacing=replacing))

    def cured_by(self, cure: str) -> None:
        """Do what a cure says, word by word: the first set of lines in it, and the command behind."""
        file, section, lines, command = CURE.search(cure).groups()
        text = changed(self.text(file), section, [line.strip() for line in lines.splitlines()])
        (self._etc / file).write_text(text, "utf-8")
        self.server.cli(command)
        time.sleep(0.3)

    def heal(self) -> None:
        for name, text in self._whole.items():
            if self.text(name) != text:
                self.write(name, text)

    def examine(self, url: str | None = None, **more: object):
        given = {"username": USER, "secret": SECRET, "timeout": 20, **more}
        checks = af.doctor(url or self.server.url, **given)
        assert SECRET not in checks.to_csv(), "no secret in what it says"
        assert [str(dtype) for dtype in checks.dtypes] == ["str", "boolean", "str", "str", "str"]
        return checks.set_index("what")


def changed(text: str, section: str, lines, *, replacing: bool = True) -> str:
    parts = re.split(r"(?m)^(?=\[)", text)
    at = next((i for i, part in enumerate(parts) if part.startswith(f"[{section}]")), None)
    if at is None:
        return text + f"\n[{section}]\n" + "\n".join(lines) + "\n"
    names = {line.partition("=")[0].strip() for line in lines}
    kept = [row for row in parts[at].splitlines() if not replacing or row.partition("=")[0].strip() not in names]
    while kept and not kept[-1]:
        kept.pop()
    parts[at] = "\n".join([*kept, *lines, "", ""])
    return "".join(parts)


def failed(checks) -> list[str]:
    return checks.index[checks["ok"].eq(False).fillna(False)].tolist()


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- the way ----------------------------------------------------------------------------------------------------------


def test_a_healthy_pbx_has_nothing_wrong(ill):
    for interface in ("rawman", "amxml"):
        checks = ill.examine(interface=interface)
        assert failed(checks) == []
        assert checks["ok"].isna().sum() == 0, checks[checks["ok"].isna()]
        assert ill.server.major in checks["found"]["version"]


def test_unknown_host(ill):
    checks = ill.examine("http://no-such-host.invalid:8088")
    assert failed(checks) == ["host"]
    assert "no-such-host.invalid" in checks["found"]["host"]
    assert checks.loc["port":, "ok"].isna().all()
    assert checks["error"]["host"] == "ConnectError"


def test_wrong_port(ill):
    port = free_port()
    checks = ill.examine(f"http://127.0.0.1:{port}")
    assert failed(checks) == ["port"]
    assert f"bindport = {port}" in checks["cure"]["port"]
    assert "http show status" in checks["cure"]["port"]


def test_the_port_of_the_tcp_interface(ill):
    checks = ill.examine(f"http://127.0.0.1:{ill.server.ami_port}")
    assert failed(checks) == ["http"]
    assert "TCP interface" in checks["found"]["http"]


def test_http_server_not_enabled_and_cured(ill):
    ill.put("http.conf", "general", "enabled = no")
    checks = ill.examine()
    assert failed(checks) == ["port"]
    assert "enabled = yes" in checks["cure"]["port"]
    ill.cured_by(checks["cure"]["port"])
    assert failed(ill.examine()) == []


def test_webenabled_no_and_cured(ill):
    ill.put("manager.conf", "general", "webenabled = no")
    checks = ill.examine()
    assert failed(checks) == ["webenabled"]
    assert checks["ok"]["prefix"] is True or bool(checks["ok"]["prefix"])
    ill.cured_by(checks["cure"]["webenabled"])
    assert failed(ill.examine()) == []


def test_a_prefix_that_the_address_lacks_and_cured(ill):
    ill.put("http.conf", "general", "prefix = asterisk")
    checks = ill.examine()
    assert failed(checks) == ["prefix"]
    address = re.search(r'connect\("(.*?)"\)', checks["cure"]["prefix"])[1]
    assert failed(ill.examine(address)) == [], "the address that it names"
    ill.cured_by(checks["cure"]["prefix"])
    assert failed(ill.examine()) == [], "or the line"


def test_a_prefix_that_the_pbx_lacks(ill):
    checks = ill.examine(ill.server.url + "/asterisk")
    assert failed(checks) == ["prefix"]
    assert f'connect("{ill.server.url}")' in checks["cure"]["prefix"]


def test_an_unheard_of_prefix(ill):
    """Nobody can guess it; both causes are told, and the command that shows it."""
    ill.put("http.conf", "general", "prefix = quite/another")
    checks = ill.examine()
    assert failed(checks) == ["webenabled"]
    assert "prefix" in checks["found"]["webenabled"]
    assert "http show status" in checks["cure"]["webenabled"]


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls(ill: Ill, tmp_path: Path) -> tuple[Ill, int, Path]:
    if shutil.which("openssl") is None:
        pytest.fail("openssl is needed")
    home = ill.server.home
    certificate, key = tmp_path / "pbx.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    (home / "both.pem").write_text(certificate.read_text() + key.read_text())
    port = free_port()
    ill.put("http.conf", "general", "tlsenable = yes", f"tlsbindaddr = 127.0.0.1:{port}",
            f"tlscertfile = /run/{home.name}/both.pem")  # fmt: skip
    return ill, port, certificate


def test_plain_http_at_the_tls_port(tls):
    ill, port, certificate = tls
    checks = ill.examine(f"http://127.0.0.1:{port}")
    assert failed(checks) == ["tls"]
    assert "speaks TLS" in checks["found"]["tls"]
    address = re.search(r'connect\("(.*?)"\)', checks["cure"]["tls"])[1]
    assert failed(ill.examine(address, verify=str(certificate))) == []


def test_tls_at_the_plain_port(tls):
    ill, _, _ = tls
    checks = ill.examine(ill.server.url.replace("http:", "https:"))
    assert failed(checks) == ["tls"]
    assert "plain HTTP" in checks["found"]["tls"]
    assert f'connect("{ill.server.url}")' in checks["cure"]["tls"]


def test_a_certificate_without_an_authority(tls):
    ill, port, certificate = tls
    url = f"https://127.0.0.1:{port}"
    checks = ill.examine(url)
    assert failed(checks) == ["tls"]
    assert "self-signed" in checks["found"]["tls"]
    assert "tlscertfile" in checks["cure"]["tls"]
    assert checks["error"]["tls"] == "ConnectError"
    assert failed(ill.examine(url, verify=str(certificate))) == [], "with the certificate that the cure asks for"
    unverified = ill.examine(url, verify=False)
    assert failed(unverified) == ["tls"]
    assert unverified["error"].isna().all(), "it works, and is not safe"
    assert unverified["ok"]["login"]


# --- the account ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", ["rawman", "arawman"])
def test_wrong_password_and_unknown_user(ill, interface):
    for given in ({"secret": "wrong"}, {"username": "nobody"}):
        checks = ill.examine(interface=interface, **given)
        assert failed(checks) == ["login"]
        assert "secret" in checks["cure"]["login"]
        assert f"[{given.get('username', USER)}]" in checks["cure"]["login"]
        assert checks["error"]["login"] == "LoginError"
    ill.cured_by(checks["cure"]["login"].replace("THE SAME AS HERE", SECRET))
    checks = ill.examine(interface=interface, username="nobody", needs=["status", "commands"])
    assert failed(checks) == []


@pytest.mark.parametrize("interface", ["rawman", "arawman"])
def test_an_address_rule_and_cured(ill, interface):
    ill.put("manager.conf", USER, "deny = 0.0.0.0/0.0.0.0")
    checks = ill.examine(interface=interface)
    assert failed(checks) == ["address"]
    ill.cured_by(checks["cure"]["address"].replace("ADDRESS", "127.0.0.1"))
    assert failed(ill.examine(interface=interface)) == []


def test_one_session_at_a_time(ill):
    ill.put("manager.conf", USER, "allowmultiplelogin = no")
    checks = ill.examine()
    assert failed(checks) == ["allowmultiplelogin"], "nobody else is in, yet listening beside asking is refused"
    assert checks["error"]["allowmultiplelogin"] is None or checks["error"].isna()["allowmultiplelogin"]
    other = ill.server.manager("test")  # of the harness: its account is another
    with af.connect(ill.server.url, username=USER, secret=SECRET) as busy:
        busy.ping()
        checks = ill.examine()
        assert failed(checks) == ["allowmultiplelogin", "rawman", "mxml"]
        assert checks["error"]["allowmultiplelogin"] == "LoginError"
    other.send("Logoff")
    ill.cured_by(checks["cure"]["allowmultiplelogin"])
    assert failed(ill.examine()) == []


def test_another_case_of_the_user_name_fails_by_digest_only(ill):
    checks = ill.examine(username=USER.upper())
    assert failed(checks) == ["arawman", "amxml"]
    assert "case" in checks["cure"]["arawman"]


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "read", "lacks"),
    [
        ("originate,command,reporting,system,agent", "all", ["parking"]),
        ("call,originate,command,system,agent", "all", ["conferences"]),
        ("call,originate,reporting,system,agent", "all", ["cli", "describe"]),
        ("call,command,reporting,system,agent", "all", ["originate", "outcome"]),
        ("call,originate,command,reporting,agent", "all", ["endpoints", "snapshot"]),
        ("call,originate,command,reporting,system", "all", ["pause"]),
        ("all", "agent,user", ["listen", "outcome"]),
        ("all", "call,user", ["listen queues"]),
    ],
)
def test_a_lacking_right_and_cured(ill, write, read, lacks):
    ill.put("manager.conf", USER, f"write = {write}", f"read = {read}")
    checks = ill.examine()
    assert failed(checks) == ["rights", *(f"right: {name}" for name in lacks)]
    assert all(name in checks["found"]["rights"].partition("lacks")[2] for name in lacks)
    assert checks["error"]["rights"] == "AccessDenied"
    works = [what for what in checks.index if what.startswith("right: ") and checks["ok"][what] is True]
    assert failed(ill.examine(needs=[what.removeprefix("right: ") for what in works] or ["ping"])) == []
    ill.cured_by(checks["cure"]["rights"])
    again = ill.examine()
    assert failed(again) == []


def test_an_account_that_may_nothing(ill):
    ill.put("manager.conf", USER, "read =", "write =")
    checks = ill.examine(needs=["status", "listen"])
    assert failed(checks) == ["rights", "right: status"]
    assert checks["ok"].isna()["right: listen"], "it cannot see its own read="
    assert failed(ill.examine(needs=["ping", "queues", "commands"])) == []
    ill.cured_by(checks["cure"]["rights"])
    assert failed(ill.examine(needs=["status", "listen"])) == []


# --- how the PBX is set up ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", ["all", "reporting"])
def test_events_without_time_and_cured(ill, write):
    """With the right `command` the PBX tells; without it, our own login is an event that does."""
    ill.put("manager.conf", USER, f"write = {write}")
    ill.put("manager.conf", "general", "timestampevents = no")
    checks = ill.examine(needs="status")
    assert failed(checks) == ["timestampevents"]
    ill.cured_by(checks["cure"]["timestampevents"])
    assert failed(ill.examine(needs="status")) == []


def test_events_that_no_account_can_see_are_not_judged(ill):
    ill.put("manager.conf", USER, "write = reporting", "read = cdr")
    checks = ill.examine(needs="status")
    assert failed(checks) == []
    for what in ("timestampevents", "eventfilter", "setvar"):
        assert checks["ok"].isna()[what], what


@pytest.mark.parametrize("write", ["all", "config", "reporting"])
def test_an_event_filter_that_digest_ignores(ill, write):
    """With `command` and `config` it is read; without them, our own login reaches one session and not the other."""
    ill.put("manager.conf", USER, "eventfilter = Event: Newchannel", f"write = {write}")
    checks = ill.examine(needs="ping")
    assert failed(checks) == ["eventfilter"]
    if write != "reporting":
        assert "Event: Newchannel" in checks["found"]["eventfilter"]
    line = re.search(r"begins with\n    (\w+)\nthen: asterisk -rx 'manager reload'", checks["cure"]["eventfilter"])[1]
    kept = [row for row in ill.text("manager.conf").splitlines() if not row.startswith(line)]
    ill.write("manager.conf", "\n".join(kept) + "\n")
    assert failed(ill.examine(needs="ping")) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_variables_that_digest_ignores_and_that_make_a_reload_deadly(version):
    """`manager reload` frees the variables of an account twice: after the second one Asterisk is dead, as is told."""
    account = ACCOUNT + "setvar = CHANNEL_OF=test\n[only_config]\nsecret = x\nwrite = config\nsetvar = A=1\n"
    with Asterisk(version, files={"manager.conf": conf("manager.conf") + account}) as server:
        ill = Ill(server)
        checks = ill.examine(needs="ping")
        assert failed(checks) == ["setvar", "reload"]
        assert "CHANNEL_OF=test" in checks["found"]["setvar"]
        assert f"{USER}, only_config" in checks["found"]["reload"]
        assert "manager reload" not in checks["cure"]["setvar"], "what would end it is no cure"
        other = ill.examine(needs="ping", username="only_config", secret="x")
        assert failed(other) == ["setvar"]
        assert other["ok"].isna()["reload"]
        kept = [row for row in ill.text("manager.conf").splitlines() if not row.startswith("setvar")]
        (server.home / "etc" / "manager.conf").write_text("\n".join(kept) + "\n")
        server.restart()
        assert failed(ill.examine(needs="ping")) == []


def test_sessions_too_short_to_listen_and_cured(ill):
    ill.put("manager.conf", "general", "httptimeout = 8")
    checks = ill.examine(needs="ping")
    assert failed(checks) == ["httptimeout"]
    ill.cured_by(checks["cure"]["httptimeout"])
    assert failed(ill.examine(needs="ping")) == []


def test_it_leaves_nothing_behind(ill):
    """All its sessions are logged off, and nothing was done that changes something."""
    before = ill.server.cli("manager show connected")
    ill.examine()
    deadline = time.monotonic() + 10
    while f"{USER} " in ill.server.cli("manager show connected"):
        assert time.monotonic() < deadline, ill.server.cli("manager show connected")
        time.sleep(0.2)
    assert before.count(f"{USER} ") == 0
