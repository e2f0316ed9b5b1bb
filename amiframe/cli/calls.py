"""The command that tells what calls an event log holds."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

import amiframe as af
from amiframe.cli import _columns, _tables
from amiframe.cli._common import Encoding, Output, Rows, echo, emit, row_count, validate_outputs, warn
from amiframe.cli._tables import View, text, value
from amiframe.cli.app import app


@app.command()
def calls(
    file: Annotated[
        list[str], typer.Argument(metavar="SRC...", help="Event logs (paths, globs, URLs; .gz .bz2 .xz .zst).")
    ],
    trunk: Annotated[
        list[str] | None,
        typer.Option("--trunk", help="Pattern of the endpoints that lead outside, 'PJSIP/trunk-*'; repeatable."),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="Count calls by interval instead of listing them: 1h, 30min, 1d, 1w, 1mo.")
    ] = None,
    tz: Annotated[str | None, typer.Option("--tz", help="Zone in which days begin (default: UTC).")] = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the calls of an event log: who called whom, who answered, how long they waited and talked.

    Example: amiframe calls night.log.gz --trunk 'PJSIP/trunk-*' -o calls.csv
    """
    validate_outputs(None, None, output)
    if tz and not every:
        raise af.ConfigError("--tz without --every: a list of calls has its times in UTC", hint="add --every 1d")
    events = af.read_events(file if len(file) > 1 else file[0], encoding=encoding)
    frame = af.calls(events, trunks=trunk or None)
    if every:
        table = by_interval(frame, every, tz)
        title = f"{row_count(frame, 'call', 'calls')} · times in {tz or 'UTC'}"
        shown = _tables.fitting(table, [_columns.interval(every), *_counts(table)], _FIRST_TO_GO)
        emit(table, shown, title, output, rows)
    else:
        shown = [view for view in _columns.CALLS if trunk or view.title != "direction"]
        emit(frame, shown, row_count(frame, "call", "calls"), output, rows)
    if "-" not in (output or []) and len(frame):
        echo(_summed_up(frame), style="dim")
    if not events.attrs["amiframe"]["fetched_complete"]:
        warn("the last record of the log is cut off")


DISPOSITIONS = ("answered", "no answer", "busy", "rejected", "cancelled", "failed", "congestion")


_FIRST_TO_GO = ("open", "congestion", "failed", "rejected", "Erlang", "peak", "busy", "by a person", "cancelled")
"""What a narrow terminal does without, in this order; files have all of it."""


def by_interval(frame: pd.DataFrame, every: str, tz: str | None) -> pd.DataFrame:
    """Return a row for each interval: calls that began in it, by outcome; how many were up at once, and their traffic.

    ``calls`` is the sum of the outcomes and of ``open``. A call whose begin is not in the log is not counted.
    """
    table = af.metrics.traffic(frame, every=every, tz=tz)[["interval", "erlang"]]
    peaks = af.metrics.concurrency(frame, every=every, tz=tz)[["interval", "peak"]]
    outcomes = frame.assign(outcome=frame["disposition"].fillna("open"))
    counts = af.metrics.ccr(outcomes, by="outcome", every=every, tz=tz).pivot_table(
        index="interval", columns="outcome", values="ccr_den", aggfunc="sum"
    )
    persons = af.metrics.ccr(frame[frame["reached"] == "person"], by=[], every=every, tz=tz)
    names = [*DISPOSITIONS, "open"]
    counts = counts.reindex(index=pd.Index(table["interval"]), columns=names).fillna(0).astype("Int64")
    person = persons.set_index("interval")["ccr_den"].reindex(counts.index).fillna(0).astype("Int64")
    made = counts.assign(calls=counts.sum(axis=1).astype("Int64"), person=person).reset_index()
    made = made[["interval", "calls", "answered", "person", *names[1:]]]
    result = made.merge(peaks, on="interval").merge(table, on="interval")
    result.attrs["amiframe"] = {**frame.attrs.get("amiframe", {}), "fetched_rows": len(result)}
    return result


def _counts(table: pd.DataFrame) -> list[View]:
    """Return the views of what was counted; outcomes that never came have no column."""
    names = ["calls", "answered", "person", *(n for n in (*DISPOSITIONS[1:], "open") if table[n].sum()), "peak"]
    titles = {"person": "by a person"}
    numbers = [value(n, titles.get(n, n), right=True, least=len(titles.get(n, n))) for n in names]
    return [*numbers, View("Erlang", lambda row: f"{row['erlang']:.2f}", right=True, least=6)]


def _summed_up(frame: pd.DataFrame) -> str:
    """Return how many calls ended how, the most frequent first."""
    counts = frame["disposition"].value_counts()
    parts = [f"{number} {text(word)}" for word, number in counts.items()]
    cut = int((~frame["complete"]).sum())
    return ", ".join([*parts, *([f"{cut} not wholly in the log (marked +)"] if cut else [])])
