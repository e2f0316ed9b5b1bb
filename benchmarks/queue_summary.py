"""5 million lines of queue_log -> a daily summary of queues, against the same aggregation in DuckDB and Polars.

python benchmarks/queue_summary.py [--lines N] [--rounds N]

The lines are made up: a year, twelve queues, sixty agents. All three start from the same columns in memory and give
the same numbers, which is checked. Reading the file is timed apart. Each is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

START = 1_735_689_600  # 2025-01-01
YEAR = 365 * 86400
GATE = 4.0  # peak memory over the input frame

SQL = """
WITH told AS (
  SELECT queuename AS queue, callid, time, event, amf_seq, TRY_CAST(data1 AS BIGINT) AS d1,
         TRY_CAST(data2 AS BIGINT) AS d2, TRY_CAST(data3 AS BIGINT) AS d3,
         sum((event = 'ENTERQUEUE')::INT) OVER (PARTITION BY callid, queuename ORDER BY time, amf_seq) AS visit
  FROM log WHERE event IN ('ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER', 'ABANDON', 'EXITWITHTIMEOUT')
), visits AS (
  SELECT queue, callid, visit, min(CASE WHEN event = 'ENTERQUEUE' THEN time END) AS joined,
         count(*) FILTER (event = 'CONNECT') > 0 AS answered, count(*) FILTER (event = 'ABANDON') > 0 AS abandoned,
         count(*) FILTER (event = 'EXITWITHTIMEOUT') > 0 AS timeout,
         max(CASE WHEN event = 'CONNECT' THEN d1 WHEN event IN ('ABANDON', 'EXITWITHTIMEOUT') THEN d3 END) AS wait,
         max(CASE WHEN event IN ('COMPLETEAGENT', 'COMPLETECALLER') THEN d2 END) AS talk
  FROM told GROUP BY queue, callid, visit
)
SELECT queue, CAST(epoch_us(joined) // 86400000000 AS BIGINT) AS day, count(*) AS offered,
       count(*) FILTER (answered) AS answered, count(*) FILTER (abandoned) AS abandoned,
       count(*) FILTER (abandoned AND wait < 5) AS short,
       count(*) FILTER (timeout) AS timeout, count(*) FILTER (answered AND wait <= 20) AS sl_num,
       avg(wait) FILTER (answered) AS asa_s, avg(talk) AS aht_s, max(wait) AS wait_max_s,
       quantile_disc(wait, 0.95) AS wait_p95_s
FROM visits WHERE joined IS NOT NULL GROUP BY ALL ORDER BY queue, day
"""
NAMES = ("offered", "answered", "abandoned", "short", "timeout", "sl_num", "asa_s", "aht_s", "wait_max_s", "wait_p95_s")


# --- the lines ------------------------------------------------------------------------------------------------------


def make(path: Path, lines: int) -> None:
    """Write a queue_log of about so many lines."""
    rng = np.random.default_rng(1)
    calls = int(lines / 3.07)
    joined = np.sort(START + rng.integers(0, YEAR, calls))
    callid = _text(joined, ".", np.arange(calls))
    queue = _text("queue", rng.integers(1, 13, calls))
    agent = _text("Agent ", rng.integers(101, 161, calls))
    wait = np.minimum(rng.exponential(18, calls).astype(int), 120)
    fate = rng.random(calls)
    answered, timed_out = fate < 0.86, (wait == 120)
    answered &= ~timed_out
    abandoned = ~answered & ~timed_out
    talk = rng.lognormal(5, 0.7, calls).astype(int)
    rung = answered & (rng.random(calls) < 0.25)
    position = rng.integers(1, 6, calls)
    pieces = [
        (joined, None, 0, "ENTERQUEUE", _text("|", "7495", rng.integers(1000000, 9999999, calls), "|", position)),
        (joined + wait // 2, rung, 1, "RINGNOANSWER", _text("", np.full(calls, 15000))),
        (joined + wait, answered, 2, "CONNECT", _text(wait, "|", joined + 1, ".77|", position)),
        (joined + wait + talk, answered, 3, "COMPLETECALLER", _text(wait, "|", talk, "|", position)),
        (joined + wait, abandoned, 2, "ABANDON", _text(1, "|", position, "|", wait)),
        (joined + wait, timed_out, 2, "EXITWITHTIMEOUT", _text(1, "|", position, "|", wait)),
    ]
    times, orders, texts = [], [], []
    for when, chosen, order, event, data in pieces:
        rows = np.arange(calls) if chosen is None else np.flatnonzero(chosen)
        at = pa.array(rows)
        who = agent.take(at) if event in ("RINGNOANSWER", "CONNECT", "COMPLETECALLER") else "NONE"
        texts.append(
            _text(when[rows], "|", callid.take(at), "|", queue.take(at), "|", who, f"|{event}|", data.take(at), "\n")
        )
        times.append(when[rows])
        orders.append(np.full(len(rows), order))
    ranked = np.lexsort((np.concatenate(orders), np.concatenate(times)))
    whole = pa.concat_arrays(texts)
    with path.open("wb") as file:
        for begin in range(0, len(ranked), 500_000):
            piece = whole.take(pa.array(ranked[begin : begin + 500_000]))
            file.write(
                pc.binary_join(pa.ListArray.from_arrays([0, len(piece)], piece.cast(pa.string())), "")[0]
                .as_py()
                .encode()
            )


def _text(*parts: object) -> pa.Array:
    given = [part.cast(pa.large_string()) if isinstance(part, pa.Array) else
             pa.array(part).cast(pa.large_string()) if isinstance(part, np.ndarray) else
             pa.scalar(str(part), pa.large_string()) for part in parts]  # fmt: skip
    return pc.binary_join_element_wise(*given, pa.scalar("", pa.large_string()))


# --- the three ways -------------------------------------------------------------------------------------------------


def ours(log: object) -> object:
    import amiframe as af

    return af.metrics.queue_summary(af.queue_calls(log), every="1d")


def duckdb(table: pa.Table) -> object:
    import duckdb

    connection = duckdb.connect()
    connection.register("log", table)
    return connection.sql(SQL).arrow()


def polars(table: pa.Table) -> object:
    import polars as pl

    log = pl.from_arrow(table).lazy()
    event = pl.col("event")
    completed = event.is_in(["COMPLETEAGENT", "COMPLETECALLER"])
    gone = event.is_in(["ABANDON", "EXITWITHTIMEOUT"])
    number = {n: pl.col(f"data{n}").cast(pl.Int64, strict=False) for n in (1, 2, 3)}
    events = log.filter((event == "ENTERQUEUE") | (event == "CONNECT") | completed | gone)
    events = events.sort("time", "amf_seq").with_columns(
        (event == "ENTERQUEUE").cast(pl.Int64).cum_sum().over("callid", "queuename").alias("visit")
    )
    visits = events.group_by("queuename", "callid", "visit").agg(
        pl.col("time").filter(event == "ENTERQUEUE").min().alias("joined"),
        (event == "CONNECT").any().alias("answered"),
        (event == "ABANDON").any().alias("abandoned"),
        (event == "EXITWITHTIMEOUT").any().alias("timeout"),
        pl.when(event == "CONNECT").then(number[1]).when(gone).then(number[3]).max().alias("wait"),
        pl.when(completed).then(number[2]).max().alias("talk"),
    )
    wait, answered, abandoned = pl.col("wait"), pl.col("answered"), pl.col("abandoned")
    return (
        visits.filter(pl.col("joined").is_not_null())
        .group_by(pl.col("queuename").alias("queue"), (pl.col("joined").dt.epoch("us") // 86_400_000_000).alias("day"))
        .agg(
            pl.len().alias("offered"), answered.sum().alias("answered"), abandoned.sum().alias("abandoned"),
            (abandoned & (wait < 5)).sum().alias("short"), pl.col("timeout").sum(),
            (answered & (wait <= 20)).sum().alias("sl_num"), wait.filter(answered).mean().alias("asa_s"),
            pl.col("talk").mean().alias("aht_s"), wait.max().alias("wait_max_s"),
            wait.quantile(0.95, "equiprobable").alias("wait_p95_s"),
        )
        .sort("queue", "day")
        .collect()
    )  # fmt: skip


def numbers(result: object) -> dict[str, list[float]]:
    """Return what all three have to agree in."""
    frame = (
        result
        if hasattr(result, "iloc")
        else result.to_pandas()
        if hasattr(result, "to_pandas")
        else result.read_pandas()
    )
    return {name: [round(float(value), 6) for value in frame[name]] for name in NAMES}


def child(way: str, path: str, rounds: int) -> None:
    """Measure one way, and print what came out."""
    import amiframe as af

    began = time.perf_counter()
    log = af.read_queue_log(path)
    read = time.perf_counter() - began
    size = int(log.memory_usage(deep=True).sum())
    after_read = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    given: object = log
    if way != "ours":
        names = ["time", "callid", "queuename", "event", "data1", "data2", "data3", "amf_seq"]
        given = pa.Table.from_pandas(log[names], preserve_index=False)
        del log
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        result = {"ours": ours, "duckdb": duckdb, "polars": polars}[way](given)
        found = numbers(result)
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    results = {"read": read, "size": size, "after_read": after_read, "seconds": seconds, "peak": peak, "found": found}
    print(json.dumps(results))


def main() -> None:
    """Print a table; exit with 1 when the gate is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--child", nargs=2)
    given = options.parse_args()
    if given.child:
        child(*given.child, given.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue_log"
        make(path, given.lines)
        with path.open("rb") as file:
            lines = sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 24), b""))
        print(f"{lines} lines, {path.stat().st_size / 1e6:.0f} MB")
        results = {}
        for way in ("ours", "duckdb", "polars"):
            command = [sys.executable, __file__, "--child", way, str(path), "--rounds", str(given.rounds)]
            results[way] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    for name in NAMES:
        for other in ("duckdb", "polars"):
            assert results[other]["found"][name] == results["ours"]["found"][name], (other, name)
    base = statistics.median(results["ours"]["seconds"])
    print(f"{'':10}{'seconds':>10}{'ratio':>8}{'peak MB':>10}")
    for way, one in results.items():
        took = statistics.median(one["seconds"])
        print(f"{way:10}{took:10.2f}{took / base:8.2f}{one['peak'] / 1e6:10.0f}")
    one = results["ours"]
    times = one["peak"] / one["size"]
    print(
        f"read_queue_log: {one['read']:.1f} s, frame {one['size'] / 1e6:.0f} MB, "
        f"peak then {one['after_read'] / 1e6:.0f} MB"
    )
    print(f"peak memory over the frame: {times:.2f}; gate: {GATE:g}: {'kept' if times < GATE else 'MISSED'}")
    sys.exit(times >= GATE)


if __name__ == "__main__":
    main()
