"""An hour of live events: ``pbx.listen()`` by cookie and by digest beside an independent TCP listener.

usage: python tests/live/soak_listen.py [--seconds 3600] [--rate 50] [--versions 16,22]

Each version runs traffic of at least so many events a second. Every few minutes one listener is hurt: its session is
logged off by somebody else, its connection is cut, its consumer sleeps until the session has expired. At the end each
listener has told the same events as the TCP listener, one for one and in order, outside of the gaps that it reported;
it reported no gap that was not forced; and what is missing within a gap happened between the gap's two times.
Exits with 1 on any difference.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pbx_server import NAMES, Asterisk, Manager, PbxError
from tcp_listener import Event, Seen, TcpListener, mark, seen, word

INTERFACES = {"16": ("rawman", "amxml"), "22": ("mxml", "arawman")}  # one by cookie, one by digest
EXTENSIONS = ("605", "608", "606", "802", "610", "7017", "200", "604", "616", "612", "817")
BEGIN, END = 10_000, 90_000
SLEEP_S = 80
"""Longer than httptimeout (60) and the server's purge (5); on version 16 a session may live on even so."""
CYCLE = (
    ("cookie", "logoff"),
    ("digest", "sleep"),
    ("cookie", "cut"),
    ("digest", "cut"),
    ("cookie", "sleep"),
)
GRACE_S = 0.25
"""For a machine so busy that an answer comes even later than a gap allows for."""


def rss_mb(pid: int | str = "self") -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


# --- the listener: a process of its own, and the only part that knows amiframe ---------------------------------------


def listener(url: str, interface: str, out: str) -> None:
    """Write what ``pbx.listen()`` gives, a line each: event, gap, memory. SIGUSR1: sleep until the session expired."""
    import pandas as pd

    import amiframe as af

    naps: list[int] = []
    signal.signal(signal.SIGUSR1, lambda *_: naps.append(SLEEP_S))
    begun = time.monotonic()
    reported_at, next_seq = 0.0, 0
    with (
        Path(out).open("w", encoding="utf-8", buffering=1 << 16) as lines,
        af.connect(url, username="test", secret=os.environ["SOAK_SECRET"], interface=interface) as pbx,
    ):
        for batch in pbx.listen():
            frame = batch.events
            if batch.gap:
                gap = [batch.gap.start.timestamp(), batch.gap.end.timestamp(), batch.gap.reason]
                print(json.dumps({"gap": gap}), file=lines)
            if frame["amf_seq"].tolist() != list(range(next_seq, next_seq + len(frame))):
                print(json.dumps({"fault": f"amf_seq does not go on from {next_seq}"}), file=lines)
            next_seq += len(frame)
            if frame["amf_received"].isna().any() or set(frame["amf_time_source"]) - {"server"}:
                print(json.dumps({"fault": "amf_received or amf_time_source"}), file=lines)
            columns = [frame["event"], frame["amf_time"].astype("int64")]
            for name in Seen._fields[2:]:
                columns.append(frame[name] if name in frame.columns else pd.Series("", index=frame.index))
            for row in zip(*(column.tolist() for column in columns), strict=True):
                print(json.dumps({"seen": [row[0], int(row[1]), *map(word, row[2:])]}), file=lines)
            if (now := time.monotonic()) - reported_at > 30:
                reported_at = now
                print(json.dumps({"rss": [round(now - begun), round(rss_mb(), 1)]}), file=lines)
            lines.flush()
            if "tally" in frame.columns and (frame["tally"] == str(END)).any():
                break
            if naps:
                time.sleep(naps.pop())


# --- what stands between a listener and its server -------------------------------------------------------------------


class Wire:
    """Pass bytes on, note the session's cookie, break all connections when told to."""

    def __init__(self, port: int) -> None:
        self.cookie = ""
        self._port = port
        self._open: set[socket.socket] = set()
        self._asking = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections, while a question waits for its answer."""
        _wait(lambda: self._asking > 0, "ask", 30)
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)) as server:
            pair = {client: server, server: client}
            self._open |= set(pair)
            try:
                while True:
                    for ready in select.select(list(pair), [], [])[0]:
                        data = ready.recv(1 << 16)
                        if not data:
                            return
                        self._asking = int(ready is client)  # a listener asks one thing at a time
                        if ready is client and (found := re.search(rb'mansession_id="?([0-9a-f]+)', data)):
                            self.cookie = found[1].decode()
                        pair[ready].sendall(data)
            finally:
                self._open -= set(pair)


# --- one version -----------------------------------------------------------------------------------------------------


@dataclass
class Report:
    version: str
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)
        print(f"[{time.strftime('%T')}] {self.version}: {text}", flush=True)

    def fault(self, text: str) -> None:
        self.faults.append(text)
        self.say(f"FAULT {text}")


@dataclass
class Child:
    """A listener's process, and what was done to it."""

    kind: str
    interface: str
    wire: Wire
    out: Path
    process: subprocess.Popen[bytes]
    forced: list[tuple[str, float, float]] = field(default_factory=list)

    def has(self, number: int) -> bool:
        return f'"Mark", "{number}"]' in self.tail()

    def tail(self) -> str:
        with self.out.open("rb") as lines:
            lines.seek(max(0, self.out.stat().st_size - 200_000))
            return lines.read().decode("utf-8", "replace")


class Run:
    def __init__(self, version: str, seconds: float, rate: float, folder: Path) -> None:
        self.report = Report(version)
        self.seconds, self.rate, self.folder = seconds, rate, folder
        self._marks = itertools.count(BEGIN)

    def run(self) -> None:
        try:
            with Asterisk(self.report.version) as server:
                self._soak(server)
        except Exception:  # noqa: BLE001 - the other version goes on, and the report tells
            self.report.fault(traceback.format_exc())

    def _soak(self, server: Asterisk) -> None:
        report = self.report
        witness = self.folder / f"{report.version}-tcp"
        with witness.open("w", encoding="utf-8", buffering=1 << 16) as lines:

            def keep(event: Event) -> None:
                print(json.dumps({"seen": seen(event)}), file=lines)

            with TcpListener(server.ami_port, "test", server.users["test"], sink=keep) as tcp:
                children = [self._listener(server, kind, at) for at, kind in enumerate(("cookie", "digest"))]
                try:
                    with contextlib.closing(Traffic(server, tcp, self.rate)) as traffic:
                        self._live(server, tcp, children, traffic)
                finally:
                    for child in children:
                        child.process.kill()
                        child.process.wait()
                if tcp.error:
                    report.fault(f"TCP listener: {tcp.error}")
        expected = [Seen(*row["seen"]) for row in _rows(witness)]
        report.say(f"{len(expected)} events, {len({e.event for e in expected})} kinds, {len(set(expected))} different")
        for child in children:
            self._compare(child, expected)

    def _listener(self, server: Asterisk, kind: str, at: int) -> Child:
        interface = INTERFACES[self.report.version][at]
        wire = Wire(server.http_port)
        out = self.folder / f"{self.report.version}-{kind}"
        out.touch()
        command = [sys.executable, __file__, "--listener", wire.url, interface, str(out)]
        environment = {**os.environ, "SOAK_SECRET": server.users["test"]}
        return Child(kind, interface, wire, out, subprocess.Popen(command, env=environment))

    def _live(self, server: Asterisk, tcp: TcpListener, children: list[Child], traffic: Traffic) -> None:
        report = self.report
        with server.manager("harness") as manager:
            self._until_all_have(manager, children, 60)
        report.say("all listen: " + ", ".join(f"{c.kind} {c.interface} pid {c.process.pid}" for c in children))
        traffic.start()
        begun = time.monotonic()
        counted = tcp.count
        every = max(20.0, self.seconds / 12)
        plan = [step for step in CYCLE if every > SLEEP_S + 20 or step[1] != "sleep"]
        steps = itertools.cycle(plan)
        next_step, next_word = begun + every / 2, begun + 60
        while (now := time.monotonic()) < begun + self.seconds:
            if now > next_step and now < begun + self.seconds - min(every, SLEEP_S + 20) / 2:
                next_step += every
                self._force(server, children, *next(steps))
            if now > next_word:
                next_word += 300
                sizes = ", ".join(f"{c.kind} {rss_mb(c.process.pid):.0f} MB" for c in children)
                count = tcp.count - counted
                report.say(f"{now - begun:.0f} s, {count} events, {count / (now - begun):.1f}/s, {sizes}")
            for child in children:
                if child.process.poll() is not None:
                    raise PbxError(f"the {child.kind} listener ended with {child.process.returncode}")
            time.sleep(0.5)
        took = time.monotonic() - begun
        rate = (tcp.count - counted) / took
        report.say(f"traffic: {tcp.count - counted} events in {took:.0f} s, {rate:.1f}/s, {traffic.calls} calls")
        if rate < self.rate:
            report.fault(f"only {rate:.1f} events/s")
        traffic.close()
        time.sleep(2)
        with server.manager("harness") as manager:
            for _ in range(3):  # whoever is in a gap just then misses one
                mark(manager, END)
                with contextlib.suppress(PbxError):
                    _wait(lambda: all(c.process.poll() is not None for c in children), "end", SLEEP_S + 60)
                    break
        for child in children:
            if child.process.poll() != 0:
                report.fault(f"the {child.kind} listener did not end well: {child.process.poll()}")
        time.sleep(1)

    def _until_all_have(self, manager: Manager, children: list[Child], timeout: float) -> None:
        """Send marks until each listener tells one: then it listens."""
        end = time.monotonic() + timeout
        while True:
            number = next(self._marks)
            mark(manager, number)
            time.sleep(0.5)
            if all(child.has(number) for child in children):
                return
            if time.monotonic() > end:
                tails = [child.tail()[-300:] for child in children]
                raise PbxError(f"a listener does not hear: {tails}")

    def _force(self, server: Asterisk, children: list[Child], kind: str, what: str) -> None:
        child = next(c for c in children if c.kind == kind)
        began = time.time()
        lasts = 10.0
        if what == "cut":
            child.wire.cut()
        elif what == "logoff":
            request = urllib.request.Request(
                f"{server.url}/rawman?action=Logoff", headers={"Cookie": f'mansession_id="{child.wire.cookie}"'}
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert b"Goodbye" in answer.read()
        else:
            os.kill(child.process.pid, signal.SIGUSR1)
            lasts = SLEEP_S + 20
        child.forced.append((what, began, began + lasts))
        self.report.say(f"forced: {what} of {kind}")

    # -- the comparison -----------------------------------------------------------------------------------------------

    def _compare(self, child: Child, expected: list[Seen]) -> None:
        report = self.report
        name = f"{child.kind} ({child.interface})"
        rows = list(_rows(child.out))
        for row in rows:
            if "fault" in row:
                report.fault(f"{name}: {row['fault']}")
        memory = [row["rss"] for row in rows if "rss" in row]
        first = next(i for i, e in enumerate(expected) if e.userevent == "Mark")
        received = [row for row in rows if "seen" in row or "gap" in row]
        begin = next(i for i, row in enumerate(received) if "seen" in row and row["seen"][7] == "Mark")
        first = next(i for i, e in enumerate(expected) if [*e] == received[begin]["seen"])
        last = next(i for i, e in enumerate(expected) if e.tally == str(END))
        # the last batch may hold what came behind the mark
        end = next((i for i, row in enumerate(received) if row.get("seen") == [*expected[last]]), len(received) - 1)
        outcome = align(expected[first : last + 1], received[begin : end + 1])
        for text in outcome.faults:
            report.fault(f"{name}: {text}")
        hits: Counter[int] = Counter()
        for start, end, reason in outcome.gaps:
            causes = [i for i, (_, a, b) in enumerate(child.forced) if start < b and end > a - 35]
            hits.update(causes)
            if not causes:
                report.fault(f"{name}: a gap that nobody forced: {_clock(start)} .. {_clock(end)} {reason}")
        for i, (what, began, _) in enumerate(child.forced):
            # a cookie session may outlive its time (the server purges late): then nothing is lost, as compared above
            if not hits[i] and (what, child.kind) != ("sleep", "cookie"):
                report.fault(f"{name}: no gap for the {what} at {_clock(began)}")
        report.say(
            f"{name}: {outcome.equal} of {last + 1 - first} events equal, {outcome.missing} in {len(outcome.gaps)} gaps"
            f" (forced {dict(Counter(w for w, _, _ in child.forced))}), earliest {outcome.early_s * 1000:.1f} ms before"
            f" its gap; RSS {memory[0][1]} MB at {memory[0][0]} s, {memory[-1][1]} MB at {memory[-1][0]} s,"
            f" most {max(m for _, m in memory)} MB"
        )
        settled = [m for at, m in memory if at >= min(600, self.seconds / 3)]
        if settled and settled[-1] > settled[0] * 1.2 + 20:
            report.fault(f"{name}: memory grew from {settled[0]} to {settled[-1]} MB")


@dataclass
class Outcome:
    equal: int = 0
    missing: int = 0
    early_s: float = 0.0
    gaps: list[tuple[float, float, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def align(expected: list[Seen], received: list[dict[str, list]]) -> Outcome:
    """Lay what a listener told beside what the server sent: equal one for one, but for what lies within its gaps.

    >>> a, b, c = (Seen(x, t * 1_000_000) for x, t in (("A", 1), ("B", 2), ("C", 3)))
    >>> align([a, b, c], [{"seen": a}, {"gap": [1.5, 2.5, "cut"]}, {"seen": c}]).faults
    []
    >>> align([a, b, c], [{"seen": a}, {"seen": c}]).faults
    ["event 1 differs: sent ('B', 2000000), told ('C', 3000000)"]
    >>> align([a, b, c], [{"seen": a}, {"gap": [2.4, 2.95, "cut"]}, {"seen": c}]).faults
    ["('B', 2000000) is missing outside of the gap"]
    """
    outcome = Outcome()
    at = 0
    gap: list | None = None
    for row in received:
        if "gap" in row:
            start, end, reason = row["gap"]
            outcome.gaps.append((start, end, reason))
            gap = [min(start, gap[0]) if gap else start, end]
            continue
        one = Seen(*row["seen"])
        if gap:
            there = next((i for i in range(at, len(expected)) if expected[i] == one), None)
            if there is None:
                outcome.faults.append(f"{_short(one)} was told twice, or never sent")
                return outcome
            for lost in expected[at:there]:
                moment = lost.time_us / 1e6
                outcome.missing += 1
                outcome.early_s = max(outcome.early_s, gap[0] - moment)
                if not gap[0] - GRACE_S <= moment <= gap[1] + GRACE_S:
                    outcome.faults.append(f"{_short(lost)} is missing outside of the gap")
            at, gap = there, None
        if at >= len(expected) or expected[at] != one:
            sent = _short(expected[at]) if at < len(expected) else None
            outcome.faults.append(f"event {at} differs: sent {sent}, told {_short(one)}")
            return outcome
        outcome.equal += 1
        at += 1
    if at != len(expected):
        outcome.faults.append(f"{len(expected) - at} events missing at the end")
    return outcome


class Traffic:
    """Calls, as many as bring the wanted events a second."""

    def __init__(self, server: Asterisk, tcp: TcpListener, rate: float) -> None:
        self._server, self._tcp, self._rate = server, tcp, rate
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.calls = 0

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _run(self) -> None:
        manager = self._server.manager("harness")
        begun, counted = time.monotonic(), self._tcp.count
        which = itertools.cycle(zip(itertools.cycle(EXTENSIONS), itertools.cycle(NAMES), strict=False))
        while not self._is_over.wait(0.25):
            # a little ahead of what is asked; at most 5 calls at a time, since their events come later
            behind = self._rate * 1.15 * (time.monotonic() - begun) + 20 - (self._tcp.count - counted)
            for _ in range(min(5, int(behind / 40) + 1) if behind > 0 else 0):
                extension, name = next(which)
                try:
                    self._call(manager, extension, name)
                except (OSError, PbxError):
                    manager = self._server.manager("harness")

    def _call(self, manager: Manager, extension: str, name: str) -> None:
        self.calls += 1
        manager.send(
            "Originate", ("Channel", f"Local/{extension}@outgoing/n"), ("Application", "Wait"), ("Data", "2"),
            ("CallerID", f'"{name}" <{1000 + self.calls % 1000}>'), ("Timeout", "5000"), ("Async", "yes"),
        )  # fmt: skip


def _rows(path: Path) -> list[dict[str, list]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def _short(one: Seen) -> tuple[object, ...]:
    return tuple(part for part in one if part != "")


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%T.%f")[:-3]


def _wait(condition: Callable[[], bool], what: str, timeout: float) -> None:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise PbxError(f"did not {what} within {timeout} s")
        time.sleep(0.01)


def main() -> None:
    """Run all versions at once; exit with 1 when anything differs."""
    if sys.argv[1:2] == ["--listener"]:
        return listener(*sys.argv[2:5])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=3600)
    options.add_argument("--rate", type=float, default=50)
    options.add_argument("--versions", default="16,22")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="amiframe-soak-") as folder:
        runs = [Run(v, given.seconds, given.rate, Path(folder)) for v in given.versions.split(",")]
        threads = [threading.Thread(target=run.run) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    faults = [f"{run.report.version}: {fault}" for run in runs for fault in run.report.faults]
    print(f"\n{'FAILED' if faults else 'PASSED'}: {len(faults)} differences")
    for run in runs:
        print(*(f"{run.report.version}: {line}" for line in run.report.lines[-4:]), sep="\n")
    print(*faults, sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
