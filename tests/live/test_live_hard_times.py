"""What an operator meets: each fault is one clear error with a hint and the promised exit code, or it works in time.

When the cause is gone the next call works. The command line is the real one, with a profile.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from faults import CA_FILE, FAULTS, Site, able, big_channels
from pbx_server import VERSIONS

import amiframe as af

COOKIE_AND_DIGEST = ("rawman", "amxml")
INTERFACES = ("rawman", "mxml", "arawman", "amxml")
HOUR = 3600


@pytest.fixture(scope="module", params=VERSIONS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    able(request.param)
    site = Site(request.param, secrets.token_urlsafe(12), tmp_path_factory.mktemp("site"))
    with site.server:
        yield site


@pytest.mark.parametrize("interface", COOKIE_AND_DIGEST)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported_and_over_when_its_cause_is(site, name, interface):
    with contextlib.ExitStack() as opened:
        with FAULTS[name](site, interface) as case:
            pbx = opened.enter_context(site.connect(interface, **case.keys))
            began = time.monotonic()
            if case.error is None:
                case.ask(pbx)
            else:
                with pytest.raises(case.error) as caught:
                    case.ask(pbx)
                assert type(caught.value) is case.error
                assert case.words in str(caught.value)
                assert caught.value.hint, "what to do next"
                assert caught.value.pbx
                assert site.secret not in f"{caught.value}{caught.value!r}{caught.value.__dict__}"
            assert time.monotonic() - began < float(site.keys(interface, **case.keys)["timeout"]) + 3

            done = site.run(*case.command, keys=site.keys(interface, **case.keys), env=case.env)
            assert done.returncode == case.code, done.stderr
            assert "Traceback" not in done.stderr
            assert site.secret not in done.stdout + done.stderr
            if case.error is None:
                assert done.stderr == ""
            else:
                assert case.words in done.stderr
                assert "hint: " in done.stderr
                assert done.stdout == ""
        if not case.is_within:
            pbx = opened.enter_context(site.connect(interface))
        assert len(pbx.status()) == 0
    done = site.run("ping", keys=site.keys(interface))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_restart_while_the_command_line_waits(site):
    """It ends at once with the server's last word or as a broken connection; never with a traceback."""
    ring = ("Channel=Local/603@outgoing", "Application=Wait", "Data=1", "Timeout=30000")
    process = site.run("action", "Originate", *ring, "--yes", keys=site.keys("rawman", timeout=60), wait=False)
    site.server.wait(lambda: len(site.server.channels()) >= 2, "ring", 40)
    began = time.monotonic()
    site.server.restart()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 25
    assert process.returncode in (3, 5), out + err
    assert "Traceback" not in err
    done = site.run("ping", keys=site.keys("rawman"))
    assert (done.returncode, done.stderr) == (0, "")


# --- TLS ------------------------------------------------------------------------------------------------------------


def test_all_interfaces_over_tls(site):
    frames = {}
    for interface in INTERFACES:
        with site.connect(interface, url=site.tls_url, verify=str(site.ca)) as pbx:
            frames[interface] = pbx.commands()["action"].tolist()
    assert len(set(map(tuple, frames.values()))) == 1
    assert len(frames["rawman"]) > 120


def test_a_ca_of_the_environment_changes_nothing(site, monkeypatch):
    """Neither does the right one make it trusted, nor does a wrong one spoil what is."""
    proxies = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    for bundle, keys, code in (
        (str(site.ca), {}, 3),
        ("/nowhere/ca.pem", {"verify": str(site.ca)}, 0),
        (os.devnull, {"verify": str(site.ca)}, 0),
    ):
        env = {"REQUESTS_CA_BUNDLE": bundle, "CURL_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, **proxies}
        done = site.run("ping", keys=site.keys("rawman", url=site.tls_url, **keys), env=env)
        assert done.returncode == code, done.stderr
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with site.connect("arawman", url=site.tls_url, **keys) as pbx:
            if code:
                with pytest.raises(af.ConnectError, match="TLS failed"):
                    pbx.ping()
            else:
                pbx.ping()


def test_what_is_not_a_ca_file_is_reported(site, tmp_path):
    path = tmp_path / CA_FILE
    path.write_text("this is no certificate\n")
    with pytest.raises(af.ConfigError, match=f"{CA_FILE} is no CA file") as caught:
        site.connect("rawman", url=site.tls_url, verify=str(path))
    assert "PEM" in caught.value.hint
    done = site.run("ping", keys=site.keys("rawman", url=site.tls_url, verify=str(path)))
    assert done.returncode == 2
    assert "is no CA file" in done.stderr


def test_unverified_tls_warns_once_a_connect_and_not_at_each_request(site):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with site.connect("rawman", url=site.tls_url, verify=False) as pbx:
            pbx.ping()
            pbx.status()
            pbx.events(1)
    assert [one.category for one in warned] == [af.InsecureWarning]
    assert "not verified" in str(warned[0].message)


# --- size and time --------------------------------------------------------------------------------------------------


def test_an_answer_of_11_megabytes_arrives_within_the_budget(site):
    """Four channels with a hundred long variables each; the frame holds every byte."""
    with big_channels(site, 11_500_000) as (channels, each, text):
        for interface in INTERFACES:
            with site.connect(interface, timeout=15) as pbx:
                frame = pbx.status(all_variables=True)
            assert len(frame) == channels
            for held in frame["variables"]:
                assert {value for name, value in held if name.startswith("BIG")} == {text}
                assert sum(name.startswith("BIG") for name, _ in held) == each
        done = site.run("table", "Status", "AllVariables=true", "-o", "big.parquet", keys=site.keys("rawman"))
        assert (done.returncode, done.stderr) == (0, "")


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_pbx_whose_clock_is_an_hour_off(version, ahead, tmp_path):
    """Only differences of one clock are ever taken: sessions live, end and are renewed as with a right clock."""
    able(version)
    site = Site(version, secrets.token_urlsafe(12), tmp_path, clock=ahead)
    with site.server, contextlib.ExitStack() as opened:
        clients = {name: opened.enter_context(site.connect(name)) for name in INTERFACES}
        for pbx in clients.values():
            ping = pbx.ping()
            off = (ping.server_time - datetime.now(UTC)).total_seconds()
            assert ahead - 10 < off < ahead + 10
        beat = threading.Timer(1, clients["arawman"].action, ("UserEvent",), {"UserEvent": "Beat"})
        beat.start()
        events = clients["mxml"].events(6, until="UserEvent", mask="user")
        beat.join()
        assert events["userevent"].tolist() == ["Beat"]
        assert events.attrs["amiframe"]["fetched_complete"]
        for _ in range(4):
            time.sleep(3)  # longer than a session lives in all; no pause is
            for pbx in clients.values():
                assert len(pbx.status()) == 0
        assert [pbx.renewals for pbx in clients.values()] == [0] * 4
        done = site.run("ping", keys=site.keys("rawman"))
        assert (done.returncode, done.stderr) == (0, "")
        assert "its clock" in done.stdout
