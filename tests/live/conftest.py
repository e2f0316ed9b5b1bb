"""Tests against real Asterisk servers: each pytest process (each xdist worker too) starts its own of each version."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pbx_server import VERSIONS, Asterisk, major, why_not


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which versions the tests ran on: Debian may have a newer one than 22."""
    installed = {version: major(version) for version in VERSIONS if not why_not(version)}
    newer = "".join(f"; {real} took the place of {version}" for version, real in installed.items() if real != version)
    terminalreporter.write_line(f"live tests: Asterisk {', '.join(installed.values()) or 'none'}{newer}")


def _running(version: str) -> Iterator[Asterisk]:
    reason = why_not(version)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    with Asterisk(version) as server:
        yield server


@pytest.fixture(scope="module")
def asterisk16() -> Iterator[Asterisk]:
    """A running Asterisk 16, the same for the tests of one file: what another file left behind is not there."""
    yield from _running("16")


@pytest.fixture(scope="module")
def asterisk22() -> Iterator[Asterisk]:
    """A running Asterisk 22, the same for the tests of one file."""
    yield from _running("22")


@pytest.fixture(params=VERSIONS)
def pbx(request: pytest.FixtureRequest) -> Iterator[Asterisk]:
    """Each version in turn, without calls; those that the test leaves are ended after it."""
    server: Asterisk = request.getfixturevalue(f"asterisk{request.param}")
    server.hangup_all()
    yield server
    server.hangup_all()
