"""What watching a PBX costs it: requests, bytes and CPU time of real Asterisk 16 and 22 with 300 channels.

usage: python benchmarks/load.py [--channels 300] [--rounds 60] [--versions 16,22]

Each question is asked many times; the CPU time is that of Asterisk's process (user and system, all threads) less what
it needs with nobody asking. CPU time does not depend on what else the machine does, but for its caches. Needs root and
what ``.ci/asterisk`` builds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "live"))
from pbx_server import Asterisk

import amiframe as af
from amiframe.transport.http import Transport

IDLE_S = 20.0
TURN_S = 10.0
TURNS = 4
LOOP_S = 60.0
EVENTS_PER_S = 50
READS: dict[str, Callable[[af.Pbx], object]] = {
    "ping()": lambda pbx: pbx.ping(),
    "status()": lambda pbx: pbx.status(),
    "status(all_variables=True)": lambda pbx: pbx.status(all_variables=True),
    "table('CoreShowChannels')": lambda pbx: pbx.table("CoreShowChannels"),
    "table('QueueStatus')": lambda pbx: pbx.table("QueueStatus"),
    "snapshot()": lambda pbx: pbx.snapshot(),
    "commands()": lambda pbx: pbx.commands(),
    "arguments()": lambda pbx: pbx.arguments(progress=False),
}


@dataclass
class Cost:
    """What was sent and spent in some seconds."""

    seconds: float = 0.0
    requests: int = 0
    received: int = 0
    cpu_s: float = 0.0


class Meter:
    """Counts the requests of this process, and reads the clock of Asterisk's process."""

    def __init__(self, server: Asterisk) -> None:
        # setpriv has become unshare, whose only child has become the server
        own = server._process.pid
        self._stat = Path(f"/proc/{Path(f'/proc/{own}/task/{own}/children').read_text().split()[0]}/stat")
        if not self._stat.read_text().partition("(")[2].startswith("asterisk)"):
            raise OSError(f"no Asterisk at {self._stat}")
        self.idle = 0.0

    def cpu_s(self) -> float:
        fields = self._stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        """Measure what happens inside; the cost is complete behind it."""
        cost = Cost()
        whole, guard = Transport.post, threading.Lock()

        def post(self: Transport, *args: object, **more: object) -> object:
            answer = whole(self, *args, **more)  # type: ignore[arg-type]
            with guard:
                cost.requests += 1
                cost.received += len(answer.body)
            return answer

        Transport.post = post  # type: ignore[method-assign, assignment]
        began, spent = time.monotonic(), self.cpu_s()
        try:
            yield cost
        finally:
            Transport.post = whole  # type: ignore[method-assign]
            cost.seconds = time.monotonic() - began
            cost.cpu_s = self.cpu_s() - spent - self.idle * cost.seconds


def reads(server: Asterisk, meter: Meter, interface: str, rounds: int) -> None:
    """Print what each question costs, asked once."""
    given = {"username": "test", "secret": server.users["test"], "interface": interface}
    for name, ask in READS.items():
        with af.connect(server.url, **given) as pbx:
            pbx.ping()
            ask(pbx)
            times = rounds * 10 if name == "ping()" else rounds
            with meter.measured() as cost:
                for _ in range(times):
                    ask(pbx)
        print(f"{server.version:9}{interface:11}{name:28}{cost.requests / times:9.1f}"
              f"{cost.received / times / 1000:11.1f}{1000 * cost.cpu_s / times:11.1f}", flush=True)  # fmt: skip


def over_time(server: Asterisk, meter: Meter, name: str, do: Callable[[af.Pbx], object], turns: int = TURNS) -> None:
    """Print what a minute of something costs; it takes turns with nobody asking."""
    meter.idle, alone, costs = 0.0, [], []
    with af.connect(server.url, username="test", secret=server.users["test"]) as pbx:
        for turn in range(turns + 1):
            with meter.measured() as cost:
                time.sleep(TURN_S)
            alone.append(cost.cpu_s / cost.seconds)
            if turn < turns:
                with meter.measured() as cost:
                    do(pbx)
                costs.append(cost)
    minutes = sum(cost.seconds for cost in costs) / 60
    spent = sum(cost.cpu_s for cost in costs) / (60 * minutes) - statistics.mean(alone)
    print(f"{server.version:9}{'rawman':11}{name:28}{sum(cost.requests for cost in costs) / minutes:9.0f}"
          f"{sum(cost.received for cost in costs) / minutes / 1000:11.0f}{100 * spent:9.1f} %"
          f"  (alone {100 * min(alone):.1f} to {100 * max(alone):.1f} %)", flush=True)  # fmt: skip


def received(pbx: af.Pbx) -> None:
    for _ in pbx.listen(TURN_S):
        pass


def asked_without_a_pause(pbx: af.Pbx) -> None:
    """Ask for much longer than the first questions last, which may follow each other at once."""
    end = time.monotonic() + LOOP_S
    while time.monotonic() < end:
        pbx.status()


@contextmanager
def events(server: Asterisk) -> Iterator[None]:
    """Have the PBX tell so many events a second, until it is over."""
    over = threading.Event()

    def send_events() -> None:
        with server.manager("harness") as manager:
            while not over.wait(1 / EVENTS_PER_S):
                manager.send("UserEvent", ("UserEvent", "Beat"), ("Text", "x" * 300))

    sender = threading.Thread(target=send_events)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def idle(meter: Meter) -> float:
    """Return the share of a processor that the server needs by itself."""
    meter.idle = 0.0
    with meter.measured() as cost:
        time.sleep(IDLE_S)
    return cost.cpu_s / cost.seconds


def main() -> None:
    """Print two tables for each version."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--channels", type=int, default=300)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--versions", default="16,22")
    given = options.parse_args()
    for version in given.versions.split(","):
        with Asterisk(version) as server:
            server.place_calls(given.channels)
            meter = Meter(server)
            meter.idle = idle(meter)
            up = len(server.channels())
            print(f"\nAsterisk {version}, {up} channels; nobody asks: {100 * meter.idle:.1f} % of a processor")
            print(f"{'Asterisk':9}{'interface':11}{'asked once':28}{'requests':>9}{'kB':>11}{'CPU ms':>11}")
            for interface in ("rawman", "mxml"):
                reads(server, meter, interface, given.rounds)
            print(f"{'Asterisk':9}{'interface':11}{'a minute of':28}{'requests':>9}{'kB':>11}{'CPU':>11}")
            over_time(server, meter, "listen(), quiet", received)
            with events(server):
                over_time(server, meter, f"listen(), {EVENTS_PER_S} events/s", received)
            over_time(server, meter, "status() without a pause", asked_without_a_pause, 1)


if __name__ == "__main__":
    main()
