"""Ten thousand sessions that end, a million polls: memory, files, threads and sessions at the PBX stay where they are.

usage: python tests/soak_sessions.py [--polls 1000000] [--renewals 10000] [--speed 5]

An embedded PBX on a fast clock, and in the same process what a job holds for years: a listener and a client by
cookie, a client by digest. The listener polls without a pause. Every so many polls all sessions at the PBX expire, and
all three have to find their way: the client and the listener by a new session each, the digest client without a word.
Between two expiries the PBX's clock is stepped forward or back, now and then by an hour, and this machine's the other
way. Exits with 1 if something grows, or if a renewal was missed.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import amiframe as af
from amiframe.client import event_stream
from amiframe.demo.pbx import world
from amiframe.demo.server import Demo

STEP_S, LONG_STEP_S = 30.0, 3600.0
LONG_STEPS = 50  # a long step is an hour that the embedded PBX has to live through: two in so many renewals
LOG_SIZE = 2000  # of the world, which keeps 200000 events: what it keeps on purpose would hide what leaks
SAMPLES = 20
WARM = 4  # of the samples: caches fill, the world's own log reaches its bound
LEAK_MB = 5.0


@dataclass(frozen=True)
class Sample:
    """What is held at one moment."""

    polls: int
    seconds: float
    rss_mb: float
    files: int
    threads: int
    sessions: int
    renewals: int
    gaps: int
    events: int


def rss_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmRSS")


def expire(pbx: Demo) -> None:
    """End the time of every session, as if nobody had asked for longer than httptimeout."""
    sessions = pbx.sessions
    with sessions._lock:
        for session in [*sessions._by_cookie.values(), *sessions._by_digest]:
            session.deadline = 1e-9


class OwnClock:
    """What `time.time` says, once it has been set."""

    def __init__(self) -> None:
        self._right = time.time
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._right() + self.ahead


def step(pbx: Demo, own: OwnClock, seconds: float) -> None:
    with pbx.world.lock:
        pbx.world.clock.advance(seconds)
    own.ahead -= seconds


def soak(polls: int, renewals: int, speed: float) -> list[Sample]:
    world.LOG_SIZE = world.RECORDS = LOG_SIZE
    event_stream._INTERVAL_S = 0.0  # a million polls with the usual pause would take two days
    every = max(1, polls // renewals)
    samples: list[Sample] = []
    gaps = events = done = 0
    began = time.monotonic()
    own = OwnClock()
    with (
        mock.patch("time.time", own),
        Demo(speed=speed) as pbx,
        af.connect(pbx.url, username="demo", secret=pbx.secret("demo")) as client,
        af.connect(pbx.url, username="demo", secret=pbx.secret("demo"), interface="arawman") as digest,
        client.open_event_stream() as stream,
    ):
        for poll in range(1, polls + 1):
            for batch in stream.poll(0):
                gaps += batch.gap is not None
                events += len(batch.events)
            if poll % every == every // 2:
                seconds = LONG_STEP_S if done % LONG_STEPS in (1, 2) else STEP_S
                step(pbx, own, seconds if done % 2 else -seconds)
            if poll % every == 0:
                done += 1
                expire(pbx)
                client.ping()
                digest.ping()
            if poll % max(1, polls // SAMPLES) == 0:
                gc.collect()
                files, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
                counts = (files, threads, len(pbx.sessions), client.renewals, gaps, events)
                samples.append(Sample(poll, round(time.monotonic() - began, 1), round(rss_mb(), 1), *counts))
                print(json.dumps(asdict(samples[-1])), flush=True)
    return samples


def wrong(samples: list[Sample], renewals: int) -> list[str]:
    """Say what grew, or was missed."""
    first, last = samples[WARM], samples[-1]
    found = []
    if last.rss_mb - first.rss_mb > LEAK_MB:
        found.append(f"memory grew from {first.rss_mb} to {last.rss_mb} MB")
    for name, most in (("files", 4), ("threads", 4), ("sessions", 3)):
        if getattr(last, name) - getattr(first, name) > most:
            found.append(f"{name} grew from {getattr(first, name)} to {getattr(last, name)}")
    if last.renewals < renewals - 1:
        found.append(f"{last.renewals} renewals of {renewals}")
    if last.gaps < renewals - 1:
        found.append(f"{last.gaps} gaps told of {renewals}")
    if not last.events:
        found.append("no event was heard")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=1_000_000)
    parser.add_argument("--renewals", type=int, default=10_000)
    parser.add_argument("--speed", type=float, default=5.0)
    given = parser.parse_args()
    samples = soak(given.polls, given.renewals, given.speed)
    found = wrong(samples, given.renewals)
    last = samples[-1]
    print(f"{last.polls} polls and {last.renewals} renewals in {last.seconds:.0f} s, "
          f"{last.polls / last.seconds:.0f} polls/s: {'; '.join(found) or 'nothing grew'}")  # fmt: skip
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
