"""``pbx.status()`` beside a bare ``requests.post`` of the same action in the same session, on real Asterisk 16 and 22.

usage: python benchmarks/status_vs_post.py [--channels 250] [--rounds 31] [--versions 16,22]

Both are asked in turn, so that a busy machine burdens both alike; the ratio of the medians counts. The gate is a ratio
of 2 on /rawman (shared performance page); exits with 1 above it. Needs root and what ``.ci/asterisk`` builds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "live"))
from pbx_server import Asterisk

import amiframe as af

GATE = 2.0
GATED = "rawman"


def timed(call: Callable[[], object]) -> float:
    """Return the milliseconds that a call takes."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def compare(server: Asterisk, interface: str, rounds: int) -> tuple[list[float], list[float], int]:
    """Return milliseconds of each status(), of each bare post, and the number of channels."""
    url = f"{server.url}/{interface}"
    with (
        af.connect(server.url, username="test", secret=server.users["test"], interface=interface) as pbx,
        requests.Session() as bare,
    ):
        login = {"Action": "Login", "Username": "test", "Secret": server.users["test"], "Events": "off"}
        bare.post(url, data=login, timeout=30)

        def post() -> None:
            answer = bare.post(url, data={"Action": "Status"}, timeout=30)
            assert b"StatusComplete" in answer.content

        channels = 0
        ours, theirs = [], []
        for at in range(rounds + 3):  # the first ones warm up
            frame, one, other = [], 0.0, 0.0
            for ask in ("ours", "theirs") if at % 2 else ("theirs", "ours"):
                if ask == "ours":
                    one = timed(lambda: frame.append(pbx.status()))
                else:
                    other = timed(post)
            channels = len(frame[0])
            if at >= 3:
                ours.append(one)
                theirs.append(other)
        bare.post(url, data={"Action": "Logoff"}, timeout=30)
    return ours, theirs, channels


def main() -> None:
    """Print a table; exit with 1 when the gate is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--channels", type=int, default=250)
    options.add_argument("--rounds", type=int, default=31)
    options.add_argument("--versions", default="16,22")
    given = options.parse_args()
    missed = False
    print(f"{'Asterisk':9}{'interface':11}{'channels':>9}{'status() ms':>22}{'post ms':>22}{'ratio':>16}")
    print(f"{'':29}{'median      minimum':>22}{'median      minimum':>22}{'med.   min.':>16}")
    for version in given.versions.split(","):
        with Asterisk(version) as server:
            server.place_calls(given.channels)
            for interface in ("rawman", "mxml"):
                ours, theirs, channels = compare(server, interface, given.rounds)
                median, least = (f(ours) / f(theirs) for f in (statistics.median, min))
                figures = "".join(f"{statistics.median(x):11.1f}{min(x):11.1f}" for x in (ours, theirs))
                print(f"{version:9}{interface:11}{channels:9}{figures}{median:10.2f}{least:6.2f}")
                missed |= interface == GATED and median > GATE
    print(f"gate: at most {GATE:g} on {GATED}: {'MISSED' if missed else 'kept'}")
    sys.exit(missed)


if __name__ == "__main__":
    main()
