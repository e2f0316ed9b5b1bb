"""The command that tells what calls an event log holds."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

import amiframe as af
from amiframe.cli import show, views
from amiframe.cli.app import Encoding, Output, Rows, app, before, counted, hand_out, say, warn
from amiframe.cli.show import text


@app.command()
def calls(
    file: Annotated[
        list[str], typer.Argument(metavar="SRC...", help="Event logs (paths, globs, URLs; .gz .bz2 .xz .zst).")
    ],
    trunk: Annotated[
        list[str] | None,
        typer.Option("--trunk", help="Pattern of the endpoints that lead outside, 'PJSIP/trunk-*'; repeatable."),
    ] = None,
    output: Output = None,
    rows: Rows = show.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the calls of an event log: who called whom, who answered, how long they waited and talked.

    Example: amiframe calls night.log.gz --trunk 'PJSIP/trunk-*' -o calls.csv
    """
    before(None, None, output)
    events = af.read_events(file if len(file) > 1 else file[0], encoding=encoding)
    frame = af.calls(events, trunks=trunk or None)
    shown = [view for view in views.CALLS if trunk or view.title != "direction"]
    hand_out(frame, shown, counted(frame, "call", "calls"), output, rows)
    if "-" not in (output or []) and len(frame):
        say(_summed_up(frame), style="dim")
    if not events.attrs["amiframe"]["fetched_complete"]:
        warn("the last record of the log is cut off")


def _summed_up(frame: pd.DataFrame) -> str:
    """Return how many calls ended how, the most frequent first."""
    counts = frame["disposition"].value_counts()
    told = [f"{number} {text(word)}" for word, number in counts.items()]
    cut = int((~frame["complete"]).sum())
    return ", ".join([*told, *([f"{cut} not wholly in the log (marked +)"] if cut else [])])
