"""A planted secret, used by every login of a server, is found nowhere after success and after every fault.

Searched: reprs, texts and pickles of all objects at hand, tracebacks with their local variables, warnings, every log
record (all loggers, DEBUG), attributes of frames, all written files, what the command line prints, the list of
processes while it runs, and all that the server logs (debug, verbose, security).
"""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import inspect
import logging
import pickle
import traceback
import urllib.parse
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FAULTS, SECRET_FILE, Site, able, big_channels
from pbx_server import VERSIONS

import amiframe as af

CANARY = "c4n-ary/Zeit+5ecret&=%"
INTERFACES = ("rawman", "mxml", "arawman", "amxml")
SPELT = (
    CANARY,
    urllib.parse.quote(CANARY, safe=""),
    urllib.parse.quote_plus(CANARY),
    CANARY.encode().hex(),
    base64.b64encode(CANARY.encode()).decode()[:-4],
    CANARY[::-1],
)
"""The secret, and how it looks where something has been done to it."""


def holds(text: str | bytes) -> bool:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return any(spelt.encode() in data for spelt in SPELT)


@pytest.fixture(scope="module", params=VERSIONS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    able(request.param)
    site = Site(request.param, CANARY, tmp_path_factory.mktemp("site"), loud=True)
    with site.server:
        yield site


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "urllib3", "amiframe"):
        caplog.set_level(logging.DEBUG, name)


def records_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Every record of every logger, formatted with its exception."""
    assert {record.name.partition(".")[0] for record in caplog.records} == {"amiframe", "urllib3"}
    return [caplog.handler.format(record) for record in caplog.records]


def shown(thing: object) -> Iterator[str | bytes]:
    """Give all that a program, a debugger or a careless print may show of an object."""
    yield repr(thing)
    yield str(thing)
    yield f"{thing}"
    with contextlib.suppress(TypeError):
        yield repr(vars(thing))
    yield repr(inspect.getmembers(thing, lambda member: not callable(member)))
    for away in (pickle.dumps, copy.copy, copy.deepcopy, dataclasses.asdict):
        with contextlib.suppress(TypeError, AttributeError):  # most things of ours refuse
            made = away(thing)
            yield made if isinstance(made, bytes) else repr(made)


def things(pbx: af.Pbx) -> list[object]:
    """The objects behind a connection, private ones too."""
    session = pbx._session
    return [
        pbx, pbx._target, pbx._target.secret, session, session._transport,
        *session._transport._http.values(), session._transport._cookies,
        *(http.auth for http in session._transport._http.values()),
    ]  # fmt: skip


def log_of(site: Site) -> bytes:
    """All files that the server has written."""
    logs = [path for path in (site.server.home / "log").rglob("*") if path.is_file()]
    logged = b"\n".join(path.read_bytes() for path in logs)
    assert b"] DEBUG[" in logged, "it tells all that it can"
    return logged


def files_of(folder: Path) -> bytes:
    """All files below a folder, but those in which the secret is kept on purpose."""
    kept = ("pbx.pem", SECRET_FILE)
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in kept)


def command_lines() -> bytes:
    lines = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines += path.read_bytes() + b"\n"
    return lines


@pytest.mark.parametrize("interface", INTERFACES)
def test_after_success(site, interface, tmp_path, caplog):
    site.server.place_calls(2)
    with warnings.catch_warnings(record=True) as warned, site.connect(interface) as pbx:
        warnings.simplefilter("always")
        made = [pbx.ping(), pbx.info(), pbx.status(all_variables=True), pbx.commands(), pbx.action("Ping")]
        made += [pbx.snapshot(), pbx.events(1), pbx.describe("Originate")]
        made += [pbx.originate("Local/200@outgoing", application="Wait", data="1")]
        found = [one for thing in [*made, *things(pbx)] for one in shown(thing)]
        for at, frame in enumerate(thing for thing in made if hasattr(thing, "attrs")):
            found.append(repr(frame.attrs))
            af.to_csv(frame, tmp_path / f"{at}.csv")
            af.to_parquet(frame, tmp_path / f"{at}.parquet")
        found += [str(one.message) for one in warned]
    found += records_of(caplog)
    site.server.hangup_all()
    assert not [one for one in found if holds(one)]
    assert not holds(files_of(tmp_path))
    assert not holds(log_of(site))


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
@pytest.mark.parametrize("name", FAULTS)
def test_after_a_fault(site, name, interface, caplog):
    with FAULTS[name](site, interface) as case:
        with site.connect(interface, **case.keys) as pbx:
            errors = []
            try:
                case.ask(pbx)
            except af.AmiframeError as error:
                errors.append(error)
            assert [type(error) for error in errors] == ([case.error] if case.error else [])
            found = [one for thing in [*errors, *things(pbx)] for one in shown(thing)]
        for error in errors:
            error.__traceback__ = error.__traceback__.tb_next  # this test itself knows the secret
            trace = traceback.TracebackException.from_exception(error, capture_locals=True)
            found.append("".join(trace.format()))
            assert "amiframe/transport/session.py" in found[-1]
            behind = error
            while behind := behind.__cause__ or behind.__context__:
                found += shown(behind)
        done = site.run("-v", *case.command, keys=site.keys(interface, **case.keys), env=case.env)
        found += [done.stdout, done.stderr]
    found += records_of(caplog)
    assert not [one for one in found if holds(one)]
    assert not holds(files_of(site.folder))
    assert not holds(log_of(site))


def test_after_an_answer_of_11_megabytes(site, caplog):
    with big_channels(site, 11_500_000) as (channels, _, _), site.connect("mxml", timeout=20) as pbx:
        frame = pbx.status(all_variables=True)
        assert len(frame) == channels
        found = [one for thing in things(pbx) for one in shown(thing)]
        found += [repr(frame.attrs), *records_of(caplog)]
    assert not [one for one in found if holds(one)]
    assert not holds(log_of(site))


@pytest.mark.parametrize("version", VERSIONS)
def test_when_the_clock_of_the_pbx_is_an_hour_off(version, tmp_path, caplog):
    able(version)
    site = Site(version, CANARY, tmp_path, loud=True, clock=3600)
    with site.server:
        found = []
        for interface in INTERFACES:
            with site.connect(interface) as pbx:
                made = [pbx.ping(), pbx.status()]
                found += [one for thing in [*made, *things(pbx)] for one in shown(thing)]
            with pytest.raises(af.LoginError) as refused, site.connect(interface, secret=CANARY[:-1]) as pbx:
                pbx.ping()
            found += shown(refused.value)
        done = site.run("-v", "ping", keys=site.keys("rawman"))
        assert done.returncode == 0
        found += [done.stdout, done.stderr, *records_of(caplog)]
        assert not [one for one in found if holds(one)]
        assert not holds(files_of(tmp_path))
        assert not holds(log_of(site))


@pytest.mark.parametrize("source", ["file", "environment"])
def test_the_list_of_processes(site, source):
    """While the command line waits for a call; what the environment of a process holds, only its user can read."""
    keys = site.keys("rawman", timeout=30)
    env = {}
    if source == "environment":
        keys |= {"secret": "none-of-the-file"}
        env["AMIFRAME_SECRET"] = CANARY
    ring = ("Channel=Local/603@outgoing", "Application=Wait", "Data=1", "Timeout=30000")
    process = site.run("action", "Originate", *ring, "--yes", keys=keys, env=env, wait=False)
    try:
        site.server.wait(lambda: len(site.server.channels()) >= 2, "ring", 40)
        lines = command_lines()
        assert b"amiframe" in lines
        assert not holds(lines)
    finally:
        site.server.hangup_all()
        out, err = process.communicate(timeout=60)
    assert not holds(out + err)


def test_the_search_finds_what_is_there(site, tmp_path):
    """The canary's own test: planted on purpose in a file, a log, a repr and an url, it is found."""
    (tmp_path / "x.log").write_bytes(f"POST Secret={urllib.parse.quote(CANARY, safe='')}".encode())
    assert holds(files_of(tmp_path))
    assert holds("".join(map(str, shown({"secret": CANARY}))))
    assert holds(pickle.dumps([CANARY]))
    try:
        held_by_a_name = CANARY
        raise ValueError
    except ValueError as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert held_by_a_name
    assert holds("".join(trace.format()))
    query = urllib.parse.urlencode({"action": "Login", "username": "operator", "secret": CANARY})
    url = f"{site.server.url}/rawman?{query}"
    with contextlib.closing(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url)) as answer:
        answer.read()
    site.server.wait(lambda: holds(log_of(site)), "log a secret that is in an address", 10)
    site.server.restart()  # it writes no more of that
    for path in (site.server.home / "log").rglob("full"):  # as it was before, for the tests that follow
        path.write_bytes(b"")
