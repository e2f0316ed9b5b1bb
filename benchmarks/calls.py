"""1 million events -> calls, against the closest aggregation in DuckDB and Polars.

python benchmarks/calls.py [--rows N] [--rounds N]

The events are those of the recorded call stories of Asterisk 22, again and again under new ids, so that hundreds of
calls run at once. All three start from the same columns in memory. DuckDB and Polars group by Linkedid, which is as
near as an aggregation comes: they neither merge calls whose Linkedid changes nor look for who answered or hung up. What
all three must agree in is checked: begin, end, channels and queues of the calls that need no merging. Each is measured
in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import amiframe as af

LOGS = Path(__file__).parents[1] / "tests" / "analysis" / "logs" / "22"
GATE = 4.0  # peak memory over the input frame
EVERY_US = 700_000  # a new round of all stories begins
MERGED = ("attended_transfer", "attended_transfer_by_feature", "picked_up", "parked")  # stories of two Linkedids
NEEDED = (
    "event", "uniqueid", "linkedid", "destuniqueid", "destlinkedid", "dialstatus", "cause", "calleridnum", "exten",
    "queue", "amf_time", "amf_seq",
)  # fmt: skip

SQL = """
WITH kept AS (
  SELECT coalesce(linkedid, destlinkedid) AS call, * FROM log
  WHERE event IN ('Newchannel', 'Newstate', 'DialBegin', 'DialEnd', 'Hangup', 'QueueCallerJoin', 'BlindTransfer')
)
SELECT call AS linkedid, min(amf_time) FILTER (event = 'Newchannel') AS started,
       min(amf_time) FILTER (event = 'DialEnd' AND dialstatus = 'ANSWER') AS answered,
       max(amf_time) FILTER (event = 'Hangup') AS ended,
       arg_min(calleridnum, amf_seq) FILTER (event = 'Newchannel') AS caller,
       arg_min(exten, amf_seq) FILTER (event = 'Newchannel') AS dialed,
       arg_max(cause, amf_seq) FILTER (event = 'Hangup') AS cause,
       count(DISTINCT uniqueid) FILTER (event = 'Newchannel') AS legs,
       list(DISTINCT queue) FILTER (event = 'QueueCallerJoin') AS queues
FROM kept WHERE call IS NOT NULL GROUP BY call
"""


# --- the events -----------------------------------------------------------------------------------------------------


def make(path: Path, rows: int) -> None:
    """Write a frame of about so many events."""
    stories = [str(file) for file in sorted(LOGS.glob("*.txt.gz"))]
    merged = [file for file in stories if Path(file).name.removesuffix(".txt.gz") in MERGED]
    plain = af.read_events([*[file for file in stories if file not in merged], *merged]).drop(columns="amf_source")
    begin = len(plain) - len(af.read_events(merged))
    plain["userfield"] = pd.Series(np.where(np.arange(len(plain)) >= begin, "merged", "plain"), dtype="str")
    rounds = max(rows // len(plain), 1)
    tile = np.repeat(np.arange(rounds), len(plain))
    whole = plain.iloc[np.tile(np.arange(len(plain)), rounds)].reset_index(drop=True)
    suffix = pd.Series(tile, dtype="str")
    for name in whole.columns:
        if name.endswith(("uniqueid", "linkedid")) and whole[name].notna().any():
            whole[name] = whole[name] + "-" + suffix
    first = plain["amf_time"].min()
    whole["amf_time"] += pd.to_timedelta(tile * EVERY_US, unit="us")
    whole["timestamp"] = whole["amf_time"]
    # each story begins by itself, so that what happens together is as mixed as on a busy PBX
    whole = whole.sort_values("amf_time", kind="stable", ignore_index=True)
    whole["amf_seq"] = pd.Series(np.arange(len(whole)), dtype="Int64")
    assert whole["amf_time"].min() == first
    af.to_parquet(whole, path)


# --- the three ways -------------------------------------------------------------------------------------------------


def ours(events: pd.DataFrame) -> pd.DataFrame:
    """Return the calls."""
    return af.calls(events)


def duckdb(table: pa.Table) -> pd.DataFrame:
    """Return one row for each Linkedid."""
    import duckdb

    connection = duckdb.connect()
    connection.register("log", table)
    return connection.sql(SQL).df()


def polars(table: pa.Table) -> pd.DataFrame:
    """Return one row for each Linkedid."""
    import polars as pl

    event = pl.col("event")
    is_new, is_end = event == "Newchannel", event == "Hangup"
    log = pl.from_arrow(table).lazy().with_columns(pl.coalesce("linkedid", "destlinkedid").alias("call"))
    names = ["Newchannel", "Newstate", "DialBegin", "DialEnd", "Hangup", "QueueCallerJoin", "BlindTransfer"]
    return (
        log.filter(event.is_in(names) & pl.col("call").is_not_null())
        .sort("amf_seq")
        .group_by(pl.col("call").alias("linkedid"))
        .agg(
            pl.col("amf_time").filter(is_new).min().alias("started"),
            pl.col("amf_time")
            .filter((event == "DialEnd") & (pl.col("dialstatus") == "ANSWER"))
            .min()
            .alias("answered"),
            pl.col("amf_time").filter(is_end).max().alias("ended"),
            pl.col("calleridnum").filter(is_new).first().alias("caller"),
            pl.col("exten").filter(is_new).first().alias("dialed"),
            pl.col("cause").filter(is_end).last().alias("cause"),
            pl.col("uniqueid").filter(is_new).n_unique().alias("legs"),
            pl.col("queue").filter(event == "QueueCallerJoin").unique().alias("queues"),
        )
        .collect()
        .to_pandas()
    )


def summary(result: pd.DataFrame, plain: set[str]) -> dict[str, object]:
    """Return what all three have to agree in, over the calls that need no merging."""
    kept = result[result["linkedid"].isin(plain)]
    lengths = [0 if cell is None or cell is pd.NA or isinstance(cell, float) else len(cell) for cell in kept["queues"]]
    spent = (kept["ended"] - kept["started"]).dt.total_seconds()
    return {
        "calls": len(kept), "legs": int(kept["legs"].sum()), "queues": sum(lengths),
        "seconds": round(float(spent.sum()), 3), "started": str(kept["started"].min()),
        "ended": str(kept["ended"].max()),
    }  # fmt: skip


def peak_bytes() -> int:
    """Return the most memory that this process has had since the mark was reset."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def child(way: str, path: str, rounds: int) -> None:
    """Measure one way, and print what came out."""
    events = af.read_table(path)
    size = int(events.memory_usage(deep=True).sum())
    plain = set(events.loc[events["userfield"] == "plain", "linkedid"].dropna())
    calls = len(plain)
    given: object = events
    if way != "ours":
        given = pa.Table.from_pandas(events[list(NEEDED)], preserve_index=False)
        del events
    Path("/proc/self/clear_refs").write_text("5")  # the peak of reading the frame is no part of it
    before = peak_bytes()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        result = {"ours": ours, "duckdb": duckdb, "polars": polars}[way](given)
        seconds.append(time.perf_counter() - began)
    peak = peak_bytes()
    print(json.dumps({"size": size, "before": before, "peak": peak, "seconds": seconds, "found": summary(result, plain),
                      "calls": calls}))  # fmt: skip


def main() -> None:
    """Print a table; exit with 1 when the gate is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--child", nargs=2)
    given = options.parse_args()
    if given.child:
        child(*given.child, given.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        make(path, given.rows)
        found = {}
        for way in ("ours", "duckdb", "polars"):
            command = [sys.executable, __file__, "--child", way, str(path), "--rounds", str(given.rounds)]
            found[way] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    one = found["ours"]
    for other in ("duckdb", "polars"):
        assert found[other]["found"] == one["found"], (found[other]["found"], one["found"])
    base = statistics.median(one["seconds"])
    print(f"frame {one['size'] / 1e6:.0f} MB, {one['calls']} Linkedids that need no merging")
    print(f"{'':10}{'seconds':>10}{'ratio':>8}{'peak MB':>10}")
    for way, row in found.items():
        took = statistics.median(row["seconds"])
        print(f"{way:10}{took:10.2f}{took / base:8.2f}{row['peak'] / 1e6:10.0f}")
    times = one["peak"] / one["size"]
    print(f"process before: {one['before'] / 1e6:.0f} MB")
    print(f"peak memory over the frame: {times:.2f}; gate: {GATE:g}: {'kept' if times < GATE else 'MISSED'}")
    sys.exit(times >= GATE)


if __name__ == "__main__":
    main()
