"""`amiframe demo` as a newcomer runs it, and `amiframe demo serve` as a PBX for whatever speaks HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import requests
from amf_support import ROOT, differences, started
from rich.cells import cell_len

import amiframe as af
from amiframe.cli import demo as cli

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "PYTHONPATH": str(ROOT),
    "COLUMNS": "100",
    "PYTHONUTF8": "1",
}
COMMAND = [sys.executable, "-W", "error", "-m", "amiframe"]


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """One tour for all that is asked of it."""
    folder = tmp_path_factory.mktemp("tour")
    began = time.monotonic()
    done = subprocess.run(
        [*COMMAND, "demo"], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL, cwd=folder,
        encoding="utf-8", env=ENVIRONMENT,
    )  # fmt: skip
    return done, folder, time.monotonic() - began


def test_the_tour_ends_well_and_soon(tour):
    done, _, seconds = tour
    assert (done.returncode, done.stderr) == (0, "")
    assert seconds < 20


def test_the_tour_fits_the_terminal(tour):
    assert max(cell_len(line) for line in tour[0].stdout.splitlines()) <= 100


def test_the_tour_shows_its_story(tour):
    out = tour[0].stdout
    for words in (
        r"answers in \d+\.\d ms",
        r"\d+ channels",
        r"PJSIP/\S+ +Up .* \d+:\d\d",
        r"\d+ actions",
        r"Originate +.*originate, all",
        r"QueuePause: ",
        r"Interface +yes",
        r"answered: PJSIP/100-",
        r"Hangup +PJSIP/100-",
        r"4 interfaces \(rawman, mxml, arawman, amxml\), \d{3,} cells equal",
        r"in amiframe-demo/, each as .csv and .parquet:\n  status, commands",
        r"demo serve --port 8088",
    ):
        assert re.search(words, out), words


@pytest.mark.parametrize("name", ["status", "commands", "arguments", "call", "events", "queues", "members"])
def test_the_tour_keeps_its_tables(tour, name):
    folder = tour[1] / "amiframe-demo"
    parquet = af.read_table(folder / f"{name}.parquet")
    assert len(parquet) > 0
    assert differences(parquet, af.read_table(folder / f"{name}.csv")) == []
    assert len(pd.read_csv(folder / f"{name}.csv")) == len(pd.read_parquet(folder / f"{name}.parquet")) == len(parquet)


def test_a_cell_that_differs_is_reported():
    one = pd.DataFrame({"channel": ["a", "b"], "amf_fetched": [1, 2]})
    other = pd.DataFrame({"channel": ["a", "c"], "amf_fetched": [3, 4]})
    assert cli.compared({"rawman": {"t": one}, "mxml": {"t": one.assign(amf_fetched=[5, 6])}}) == 2
    with pytest.raises(af.ParseError, match="t of rawman and mxml: channel"):
        cli.compared({"rawman": {"t": one}, "mxml": {"t": other}})
    with pytest.raises(af.ParseError, match="rows"):
        cli.compared({"rawman": {"t": one}, "mxml": {"t": one.head(1)}})


def demo(*args, **options):
    """Start ``amiframe demo`` in a process of its own, which ends with the test."""
    options = {"env": ENVIRONMENT} | options
    return started(
        [*COMMAND, "demo", *args], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8", **options
    )


@pytest.fixture
def served():
    """`amiframe demo serve` in a process of its own."""
    with demo("serve", "--port", "0", "--seed", "7") as process:
        first, second = process.stdout.readline(), process.stdout.readline()
        yield process, re.search(r"http://\S+", first)[0], dict(re.findall(r"(\w+)=(\S+)", second))


def test_serve_answers_requests_as_the_seed_page_shows(served):
    """Login by GET, the cookie, then an action; and the same by digest without a login."""
    _, url, settings = served
    user = {"username": settings["AMIFRAME_USERNAME"], "secret": settings["AMIFRAME_SECRET"]}
    with requests.Session() as session:
        session.trust_env = False
        login = session.get(f"{url}/rawman", params={"action": "Login", **user}, timeout=10)
        assert login.text == "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
        answer = session.get(f"{url}/mxml", params={"action": "ListCommands"}, timeout=10)
        begins = "<ajax-response>\n<response type='object' id='unknown'><generic response='Success'"
        assert answer.text.startswith(begins)
        digest = requests.auth.HTTPDigestAuth(user["username"], user["secret"])
        status = session.get(f"{url}/arawman", params={"action": "Status"}, auth=digest, timeout=10)
        begins = "Response: Success\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n"
        assert status.text.startswith(begins)


def test_serve_is_a_pbx_for_the_other_commands(served):
    _, url, settings = served
    done = subprocess.run(
        [*COMMAND, "status", "-o", "-"], capture_output=True, check=False, timeout=60, encoding="utf-8",
        env={**ENVIRONMENT, **settings}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("channel,") or '"channel"' in done.stdout.splitlines()[0]
    assert url == settings["AMIFRAME_URL"]


def test_serve_ends_by_ctrl_c(served):
    process, url, _ = served
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err == ""
    assert out.splitlines()[-1] == "closed"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)


def test_serve_takes_the_secret_of_the_environment():
    with demo("serve", "--port", "0", env={**ENVIRONMENT, "AMIFRAME_SECRET": "chosen"}) as process:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        with af.connect(url, username="demo", secret="chosen") as pbx:
            assert pbx.ping().latency_s < 5
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def test_a_tour_that_is_interrupted_ends_at_once(tmp_path):
    with demo(cwd=tmp_path) as process:
        while "5. Make a call" not in process.stdout.readline():
            pass
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert err == "amiframe: interrupted\n"


def test_live_commands_know_the_demo(tmp_path):
    done = subprocess.run(
        [*COMMAND, "ping", "-t", "demo"], capture_output=True, check=False, timeout=60, encoding="utf-8",
        env={**ENVIRONMENT, "AMIFRAME_SECRET": "of another PBX"}, stdin=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "answers in" in done.stdout
