"""``pbx.status()`` beside a bare ``requests.post`` of the same action in the same session, on real Asterisk 16 and 22.

usage: python benchmarks/status_vs_post.py [--channels 250] [--rounds 31] [--versions 16,22]

All are asked in turn, so that a busy machine burdens all alike; the ratio of the medians counts. The gate is a ratio of
2 on /rawman; exits with 1 above it. A post on a kept connection is shown beside it. Needs root and what
``.ci/asterisk`` builds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass
class Times:
    """Milliseconds of each round."""

    ours: list[float] = field(default_factory=list)
    post: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    channels: int = 0


def compare(server: Asterisk, interface: str, rounds: int) -> Times:
    """Ask in turn: ``pbx.status()``, ``requests.post``, and a post on a connection that is kept."""
    url = f"{server.url}/{interface}"
    fields = {"Action": "Status"}
    times = Times()
    with (
        af.connect(server.url, username="test", secret=server.users["test"], interface=interface) as pbx,
        requests.Session() as kept,
    ):
        login = {"Action": "Login", "Username": "test", "Secret": server.users["test"], "Events": "off"}
        cookies = requests.utils.dict_from_cookiejar(kept.post(url, data=login, timeout=30).cookies)

        def ours() -> None:
            times.channels = len(pbx.status())

        def post() -> None:
            assert b"StatusComplete" in requests.post(url, data=fields, cookies=cookies, timeout=30).content

        def post_kept() -> None:
            assert b"StatusComplete" in kept.post(url, data=fields, timeout=30).content

        ways = [(times.ours, ours), (times.post, post), (times.kept, post_kept)]
        for at in range(rounds + 3):
            for seconds, way in ways[at % 3 :] + ways[: at % 3]:
                took = timed(way)
                if at >= 3:  # the first ones warm up
                    seconds.append(took)
        kept.post(url, data={"Action": "Logoff"}, timeout=30)
    return times


def main() -> None:
    """Print a table; exit with 1 when the gate is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--channels", type=int, default=250)
    options.add_argument("--rounds", type=int, default=31)
    options.add_argument("--versions", default="16,22")
    given = options.parse_args()
    missed = False
    print(f"{'':29}{'median / minimum, ms':^48}{'ratio to post':>17}")
    print(f"{'Asterisk':9}{'interface':11}{'channels':>9}{'status()':>16}{'post':>16}{'kept':>16}{'med. / min.':>17}")
    for version in given.versions.split(","):
        with Asterisk(version) as server:
            server.place_calls(given.channels)
            for interface in ("rawman", "mxml"):
                t = compare(server, interface, given.rounds)
                median, least = (f(t.ours) / f(t.post) for f in (statistics.median, min))
                figures = "".join(f"{statistics.median(x):9.1f} /{min(x):5.1f}" for x in (t.ours, t.post, t.kept))
                print(f"{version:9}{interface:11}{t.channels:9}{figures}{median:10.2f} /{least:5.2f}")
                missed |= interface == GATED and median > GATE
    print(f"gate: at most {GATE:g} on {GATED}: {'MISSED' if missed else 'kept'}")
    sys.exit(missed)


if __name__ == "__main__":
    main()
