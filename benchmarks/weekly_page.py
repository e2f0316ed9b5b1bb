"""How long the weekly page of 100,000 calls takes, from the log's bytes to the file: python benchmarks/weekly_page.py

The log is the sample week again and again, seconds apart, with other calls and other agents. The gate is 30 s; it exits
with 1 above it. Wall and CPU time are those of a process of its own each, imports and all.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import amiframe as af

GATE_S = 30.0
OF_THE_SAMPLE = 977


def log_of(calls: int, path: Path) -> int:
    """Write a queue_log of about so many calls; return its lines."""
    lines = [line.split("|") for line in af.sample("queue_log").read_text(encoding="utf-8").splitlines()]
    made = []
    for copy in range(-(-calls // OF_THE_SAMPLE)):
        for at, callid, queue, agent, *rest in lines:
            moved = f"{int(at.split('.')[0]) + copy * 7}"
            own = f"{callid}.{copy}" if callid not in ("NONE", "") else callid
            who = f"{agent}-{copy % 40}" if agent not in ("NONE", "") else agent
            made.append((moved, "|".join((moved, own, queue, who, *rest))))
    made.sort(key=lambda line: line[0])
    path.write_text("\n".join(line for _, line in made) + "\n", encoding="utf-8")
    return len(made)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    calls = parser.parse_args().calls
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "queue_log"
        lines = log_of(calls, log)
        print(f"{calls:,} calls, {lines:,} lines, {log.stat().st_size / 1e6:.0f} MB\n")
        print("| language | wall s | CPU s | page MB | peak MB |\n|---|---|---|---|---|")
        for lang in ("en", "ru"):
            page = Path(folder) / f"{lang}.html"
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "amiframe", "report", str(log), "--tz", "Europe/Berlin", "--lang", lang,
                 "-o", str(page)],
                check=True, capture_output=True,
            )  # fmt: skip
            wall = time.perf_counter() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"| {lang} | {wall:.1f} | {cpu:.1f} | {page.stat().st_size / 1e6:.2f} | {after.ru_maxrss / 1024:.0f} |"
            )
            worst = max(worst, wall)
    return int(worst > GATE_S)


if __name__ == "__main__":
    sys.exit(main())
