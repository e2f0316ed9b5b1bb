"""Accounts of different rights on real servers: what is said of them is true, and the dangers are real.

Truth is manager.conf, which this module writes, and the list of actions as the harness reads it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest
from amf_support import ROOT, plain
from pbx_server import CONFIG, VERSIONS, Asterisk, Manager, Message, why_not

import amiframe as af
from amiframe.schema.privileges import MODULES, NONE, OPENED_BY, PRIVILEGES
from amiframe.settings import INTERFACES

SECRET = "canary-audit-5ecret"
ALL = {p.name for p in PRIVILEGES}
OPENING = {name for rights in OPENED_BY.values() for name in rights}
USERS = {  # user: read, write of manager.conf
    "everything": ("all", "all"),
    "looker": ("call,reporting", "reporting"),
    "caller": ("call", "originate,call"),
    "boss": ("system,security,dtmf", "system,command,config,log"),
    "floor": ("agent,user,cdr", "agent,user,message,agi,verbose"),
    "desk": ("call", "system,call,aoc"),
    "nothing": ("", ""),
}
ONLY = ("command", "config", "system", "originate", "agi", "call", "agent", "user", "reporting")


def _accounts() -> str:
    made = USERS | {f"only-{name}": (name, name) for name in ONLY}
    text = "".join(
        f"\n[{user}]\nsecret = {SECRET}\nread = {read}\nwrite = {write}\n" for user, (read, write) in made.items()
    )
    return f"{text}\n[silent]\nsecret = {SECRET}\n"  # without either line


@contextmanager
def running(version: str, **files: str) -> Iterator[Asterisk]:
    reason = why_not(version)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    text = (CONFIG / "manager.conf").read_text("utf-8") + _accounts()
    with Asterisk(version, files={"manager.conf": text, **files}) as server:
        yield server


@pytest.fixture(scope="module")
def offices() -> Iterator[dict[str, Asterisk]]:
    """Both servers, with an account for everything that is tried."""
    with running("16") as one, running("22") as other:
        yield {"16": one, "22": other}


@pytest.fixture(params=VERSIONS)
def office(request: pytest.FixtureRequest, offices: dict[str, Asterisk]) -> Iterator[Asterisk]:
    server = offices[request.param]
    yield server
    server.hangup_all()


def connect(server: Asterisk, user: str, interface: str = "rawman") -> af.Pbx:
    return af.connect(server.url, username=user, secret=SECRET, interface=interface)


def audited(server: Asterisk, user: str, **more: object) -> pd.DataFrame:
    with connect(server, user) as pbx:
        return af.audit(pbx, **more)


def classes(line: str) -> set[str]:
    return ALL if line == "all" else {name for name in line.split(",") if name}


def held(found: pd.DataFrame, line: str) -> set[str]:
    return set(found.loc[found[line].eq(True).fillna(False), "privilege"]) - {NONE}


def unknown(found: pd.DataFrame, line: str) -> set[str]:
    return set(found.loc[found[line].isna(), "privilege"]) - {NONE}


def listed(server: Asterisk, user: str) -> dict[str, set[str]]:
    """Privileges of each action that an account may run, as the harness reads them."""
    with Manager(server.url, user, SECRET) as manager:
        [answer] = manager.send("ListCommands")
    found = {}
    for name, text in answer[1:]:
        opened_by = re.search(r"\(Priv: (.*)\)$", text)[1]
        found[name] = set(opened_by.split(",")) - {"all", "<none>"}
    return found


# --- accounts of different rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("user", USERS)
def test_an_account_over_all_interfaces_is_what_manager_conf_says(office, user):
    frames, matrices = {}, {}
    for interface in INTERFACES:
        with connect(office, user, interface) as pbx:
            frames[interface] = af.audit(pbx)
            matrices[interface] = af.privilege_matrix(pbx.commands())
    assert all(plain(frame) == plain(frames["rawman"]) for frame in frames.values())
    assert all(plain(frame) == plain(matrices["rawman"]) for frame in matrices.values())

    found = frames["amxml"]
    read, write = map(classes, USERS[user])
    if "command" in write:  # it may ask: nothing is left open
        assert held(found, "write") == write
        assert held(found, "read") == read
        assert not unknown(found, "write") | unknown(found, "read")
        assert set(found["evidence"][:-1]) == {"manager show user"}
    else:
        assert held(found, "write") == write & OPENING
        assert unknown(found, "write") == (ALL - OPENING) | ({"agi"} - write), "its module may not be loaded"
        assert unknown(found, "read") == ALL


@pytest.mark.parametrize("user", USERS)
def test_the_matrix_is_what_the_pbx_lists(office, user):
    with connect(office, user) as pbx:
        matrix = af.privilege_matrix(pbx.commands()).set_index("action")
    opened_by = listed(office, user)
    assert set(matrix.index) == set(opened_by)
    assert {action: {name for name in matrix.columns if row[name]} for action, row in matrix.iterrows()} == opened_by


@pytest.mark.parametrize("user", USERS)
def test_the_counts_of_an_audit_are_those_of_the_list(office, user):
    found = audited(office, user).set_index("privilege")
    opened_by = listed(office, user)
    for name in held(found.reset_index(), "write"):
        opened = {action for action, rights in opened_by.items() if name in rights}
        assert found.loc[name, "actions"] == len(opened)
        assert set(found.loc[name, "only_by"]) <= opened
    assert set(found.loc[NONE, "only_by"]) == {action for action, rights in opened_by.items() if not rights}


def test_an_account_without_either_line_has_nothing(office):
    found = audited(office, "silent")
    assert held(found, "write") == set()
    assert set(listed(office, "silent")) == set(listed(office, "nothing"))


def test_the_table_of_privileges_is_the_servers_own(office):
    opened_by = listed(office, "everything")
    assert {action.lower(): rights for action, rights in opened_by.items()} == {
        action.lower(): {*OPENED_BY[action.lower()]} for action in opened_by
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_without_modules(version):
    """The actions that are always there are there, and still nothing false is said."""
    with running(version, **{"modules.conf": "[modules]\nautoload = no\n"}) as server:
        there = {action.lower() for action, rights in listed(server, "everything").items() if rights}
        assert there >= MODULES[""]
        assert not there & set().union(*(actions for module, actions in MODULES.items() if module))
        for user, lines in USERS.items():
            write = classes(lines[1])
            found = audited(server, user)
            wrong = held(found, "write") - write
            assert not wrong
            assert write & OPENING <= held(found, "write") | unknown(found, "write")
            if "command" not in write:
                assert unknown(found, "write") == (ALL - OPENING) | {"agent", "agi"}


def test_16_beside_22(offices):
    frames = []
    for version in VERSIONS:
        with connect(offices[version], "everything") as pbx:
            frames.append(pbx.commands())
    found = af.compare_commands(*frames)
    one, other = (listed(offices[version], "everything") for version in VERSIONS)
    changes = {change: set(rows["action"]) for change, rows in found.groupby("change")}
    assert changes == {"same": {*one} & {*other}, "new": {*other} - {*one}, "gone": {*one} - {*other}}
    assert set(found.loc[found["change"] != "same", "reason"]) == {"pbx"}
    assert {"CoreShowChannelMap"} <= changes["new"]
    assert {"SIPpeers", "Monitor"} <= changes["gone"]


def test_two_accounts_beside_each_other(office):
    with connect(office, "looker") as one, connect(office, "caller") as other:
        found = af.compare_commands(one.commands(), other.commands())
    before, after = listed(office, "looker"), listed(office, "caller")
    for row in found.to_dict("records"):
        side = (row["action"] in before, row["action"] in after)
        assert row["change"] == {(True, True): "same", (False, True): "new", (True, False): "gone"}[side]
        if side != (True, True):
            assert row["reason"] == "right", row["action"]


def test_what_was_taken_away_counts_from_the_next_login_on(office):
    path = office.home / "etc" / "manager.conf"
    before = path.read_text("utf-8")
    with connect(office, "boss") as pbx:
        assert "config" in held(af.audit(pbx), "write")
        path.write_text(before.replace("system,command,config,log", "system,command"), "utf-8")
        try:
            office.cli("manager reload")
            found = af.audit(pbx).set_index("privilege")
            assert found.loc["config", "write"]
            assert "next login" in found.loc["config", "evidence"]
            pbx.logoff()
            assert held(af.audit(pbx), "write") == {"system", "command"}
        finally:
            path.write_text(before, "utf-8")
            office.cli("manager reload")


def test_nothing_forbidden_is_tried(office):
    """The audit of an account leaves no refusal behind it: somebody might watch for those."""
    office.cli("logger add channel refused security")
    time.sleep(0.3)
    for user in USERS:
        for interface in INTERFACES:
            with connect(office, user, interface) as pbx:
                af.audit(pbx, needs="status")
    time.sleep(0.5)
    text = (office.home / "log" / "refused").read_text("utf-8", "replace")
    assert "SuccessfulAuth" in text
    assert "RequestNotAllowed" not in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("user", "needs", "code", "words"),
    [
        ("looker", ["status"], 0, "status: may be done"),
        ("looker", ["status", "originate"], 10, "originate: lacks write = originate"),
        ("everything", ["status", "listen"], 10, "not needed: write = system,call"),
        ("boss", ["cli", "GetConfig"], 10, "write = command,system"),
    ],
)
def test_the_command_line(office, user, needs, code, words):
    options = [word for need in needs for word in ("--need", need)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "amiframe", "audit", "-t", office.url, "-u", user, *options],
        capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL, cwd=ROOT, encoding="utf-8",
        env={"PATH": os.environ["PATH"], "HOME": str(office.home), "AMIFRAME_SECRET": SECRET, "COLUMNS": "100"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "")
    assert words in done.stdout
    assert SECRET not in done.stdout


@pytest.mark.parametrize(
    "needs", [["status", "listen"], ["snapshot", "hangup", "QueuePause"], ["outcome", "GetConfig"]]
)
def test_the_section_of_the_least_account_is_enough_and_no_more(office, needs):
    """Put into manager.conf as it is, but for the secret: no need is unmet, nothing is too much."""
    name = f"least-{'-'.join(needs).replace(' ', '-').lower()}"
    section = af.least_account(needs, name=name).replace("a long random text", SECRET)
    path = office.home / "etc" / "manager.conf"
    path.write_text(f"{path.read_text('utf-8')}\n{section}", "utf-8")
    office.cli("manager reload")
    found = audited(office, name, needs=needs)
    assert held(found, "write") == set(found.loc[found["write_needed"].fillna(False), "privilege"])
    opened_by = office.cli(f"manager show user {name}")
    read = set(re.search(r"read perm: (.*)", opened_by)[1].split(",")) - {"<none>"}
    assert read == set(found.loc[found["read_needed"].fillna(False), "privilege"])


# --- the dangers are real: each with the one privilege that is said to bring it ------------------------------------


@pytest.fixture
def may(office: Asterisk) -> Iterator[May]:
    yield May(office)
    office.hangup_all()


class May:
    """What an account with one privilege can do; a program or a file it leaves is looked for in the server's folder."""

    def __init__(self, server: Asterisk):
        self.server = server
        self._folder = server.home / "spool"
        self._inside = f"/run/{server.home.name}/spool"

    def send(self, privilege: str, action: str, **fields: str) -> list[Message]:
        with Manager(self.server.url, f"only-{privilege}", SECRET) as manager:
            return manager.send(action, *fields.items())

    def ok(self, privilege: str, action: str, **fields: str) -> bool:
        return dict(self.send(privilege, action, **fields)[0])["Response"] == "Success"

    def path(self, name: str) -> str:
        return f"{self._inside}/{name}"

    def left(self, name: str) -> bool:
        until = time.monotonic() + 10
        while time.monotonic() < until and not (self._folder / name).exists():
            time.sleep(0.1)
        return (self._folder / name).exists()

    def call(self, application: str = "Wait", data: str = "30") -> str:
        self.server.cli(f"channel originate Local/wait@calls/n application {application} {data}")
        self.server.wait(lambda: bool(self.server.channels()), "make a channel", 10)
        return self.server.channels()[0][0]


def test_command_runs_programs_and_ends_calls(may):
    command = f'channel originate Local/wait@calls/n application System "touch {may.path("command")}"'
    assert may.ok("command", "Command", command=command)
    assert may.left("command")
    assert may.ok("command", "Command", command="dialplan add extension 9,1,NoOp into audit-context")
    assert "audit-context" in may.server.cli("dialplan show audit-context")
    assert may.ok("command", "Command", command="database put audit key value")
    may.call()
    assert may.ok("command", "Command", command="channel request hangup all")
    may.server.wait(lambda: not may.server.channels(), "end the call", 10)


def test_system_runs_programs_and_reads_secrets(may):
    assert may.ok("system", "DialplanExtensionAdd", context="audit-system", extension="1", priority="1",
                  application="System", applicationdata=f"touch {may.path('extension')}")  # fmt: skip
    channel = may.call()
    assert may.ok("system", "MixMonitor", channel=channel, file="audit.wav", command=f"touch {may.path('recording')}")
    assert may.ok("call", "Redirect", channel=channel, context="audit-system", exten="1", priority="1")
    assert may.left("extension"), "and call leads a call there"
    may.server.hangup_all()
    assert may.left("recording")
    assert SECRET in str(may.send("system", "GetConfig", Filename="manager.conf"))
    assert may.ok("system", "ModuleLoad", module="app_echo.so", loadtype="unload")
    assert may.ok("system", "ModuleLoad", module="app_echo.so", loadtype="load")


def test_config_gives_itself_everything(may):
    path = may.server.home / "etc" / "manager.conf"
    before = path.read_text("utf-8")
    assert SECRET in str(may.send("config", "GetConfig", Filename="manager.conf"))
    change = {"Action-000000": "Update", "Cat-000000": "only-config", "Var-000000": "write", "Value-000000": "all"}
    try:
        assert may.ok("config", "UpdateConfig", SrcFilename="manager.conf", DstFilename="manager.conf", **change)
        assert may.ok("config", "Reload", Module="manager")
        assert held(audited(may.server, "only-config"), "write") == ALL
    finally:
        path.write_text(before, "utf-8")
        may.server.cli("manager reload")
    assert held(audited(may.server, "only-config"), "write") == {"config"}


def test_originate_calls_listens_and_writes_files_but_runs_no_program(may):
    near = {"channel": "Local/wait@calls/n", "async": "true"}
    assert may.ok("originate", "Originate", **near, context="calls", exten="wait", priority="1")
    assert may.ok("originate", "Originate", **near, application="ChanSpy", data="")
    assert may.ok("originate", "Originate", **near, application="Record", data=may.path("record.wav"))
    assert may.left("record.wav")
    variable = f"FILE({may.path('variable')},,,a)=x"
    assert may.ok("originate", "Originate", **near, application="Wait", data="1", variable=variable)
    assert may.left("variable")
    answer = dict(may.send("originate", "Originate", **near, application="System", data=f"touch {may.path('no')}")[0])
    assert "Originate Access Forbidden" in answer["Message"]
    may.server.cli(f"dialplan add extension 7,1,System,touch\\ {may.path('dialplan')} into audit-program")
    assert may.ok("originate", "Originate", **near, context="audit-program", exten="7", priority="1")
    assert may.left("dialplan"), "an extension that runs a program is not refused"
    assert not (may.server.home / "spool" / "no").exists()


def test_agi_runs_programs_on_a_call_that_waits_for_it(may):
    channel = next(
        c for c in [may.call("AGI", "agi:async"), *(c[0] for c in may.server.channels())] if c.endswith(";1")
    )
    assert may.ok("agi", "AGI", channel=channel, command=f'EXEC System "touch {may.path("agi")}"')
    assert may.left("agi")


def test_call_ends_calls_and_sets_global_variables(may):
    channel = may.call()
    assert may.ok("call", "Setvar", variable="AUDITED", value="yes")
    assert "AUDITED=yes" in may.server.cli("dialplan show globals")
    assert may.ok("call", "Hangup", channel=channel)
    if may.server.version == "16":
        assert may.ok("call", "Monitor", channel=may.call(), file="audit-monitor", format="wav")


def test_agent_fills_queues_and_writes_the_log_of_queues(may):
    queue = next(name for name in re.findall(r"^(\S+) has \d", may.server.cli("queue show"), re.MULTILINE))
    assert may.ok("agent", "QueueAdd", queue=queue, interface="Local/wait@calls", membername="audit")
    assert "audit" in may.server.cli(f"queue show {queue}")
    assert may.ok("agent", "QueueLog", queue=queue, event="AUDITED")
    assert "AUDITED" in (may.server.home / "log" / "queue_log").read_text("utf-8")
    assert may.ok("agent", "QueueRemove", queue=queue, interface="Local/wait@calls")


def test_user_and_reporting_change_things_too(may):
    assert may.ok("user", "UserEvent", userevent="Audit")
    may.server.cli("database put audit key value")
    assert "value" in str(may.send("reporting", "DBGet", family="audit", key="key"))
    assert may.ok("reporting", "LoggerRotate")
    answer = dict(may.send("reporting", "PJSIPUnregister", registration="none")[0])
    assert answer["Message"] != "Permission denied"


def test_every_account_may_do_this(office):
    with Manager(office.url, "nothing", SECRET) as manager:
        for action in ("QueueReset", "QueueReload"):
            assert dict(manager.send(action)[0])["Response"] == "Success"
        for action, fields in (("BridgeKick", {"channel": "none"}), ("BridgeDestroy", {"bridgeuniqueid": "none"})):
            assert dict(manager.send(action, *fields.items())[0])["Message"] != "Permission denied"
