"""Commands that count: what became of callers in queues, and how well they were served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pandas as pd
import typer

import amiframe as af
from amiframe.cli import _columns, _tables
from amiframe.cli._common import Encoding, Output, Rows, emit, row_count, validate_outputs, warn
from amiframe.cli._tables import View, value
from amiframe.cli.app import app
from amiframe.timeutil.durations import format_clock

_FEW = 30  # a rate of fewer calls is shown in parentheses

Logs = Annotated[
    list[str],
    typer.Argument(metavar="SRC", help="queue_log, rotated files too (paths, globs, URLs; .gz .bz2 .xz .zst)."),
]
Every = Annotated[str | None, typer.Option(help="A row for each interval: 1h, 30min, 1d, 1w, 1mo.")]
Zone = Annotated[str | None, typer.Option("--tz", help="Zone in which days begin: Europe/Moscow (default: UTC).")]
By = Annotated[
    list[str] | None,
    typer.Option(help="Group by: queue, member, caller ... (default: queue); repeatable."),
]
Threshold = Annotated[float, typer.Option(help="Seconds within which a call is to be answered.", min=0)]
Short = Annotated[float, typer.Option(help="Abandoned before so many seconds counts as short.", min=0)]
Rule = Annotated[str, typer.Option(help=f"How service level is counted: {', '.join(af.metrics.RULES)}.")]
Rules = Annotated[str | None, typer.Option(help="One way to count only; default: all of them side by side.")]


def visits_of(files: list[str], encoding: str) -> pd.DataFrame:
    """Return the visits that a log of queues, or else a log of events, tells; says what of it cannot be used."""
    source = files if len(files) > 1 else files[0]
    try:
        log = af.read_queue_log(source, encoding=encoding)
    except af.ParseError as error:
        try:
            log = af.read_events(source, encoding=encoding)
        except af.ParseError:
            raise error from None
        if not len(log):  # answers, but no events
            raise
    about = log.attrs["amiframe"]
    if not about["fetched_complete"]:
        warn("the last line of the log is cut off")
    if about.get("misfits") and "callid" in log.columns:
        warn(f"{about['misfits']} lines are none of queue_log; they are kept in amf_misfit of read_queue_log")
    return af.queue_calls(log)


@app.command()
def queues(
    files: Logs,
    every: Every = None,
    threshold: Threshold = 20,
    short: Short = 5,
    rule: Rule = "offered",
    tz: Zone = None,
    by: By = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show what became of the callers of each queue.

    Example: amiframe queues /var/log/asterisk/queue_log* --every 1d --tz Europe/Berlin -o week.csv
    """
    validate_outputs(None, None, output)
    visits = visits_of(files, encoding)
    options: dict[str, Any] = {"threshold_s": threshold, "short_s": short, "rule": rule}
    frame = af.metrics.queue_summary(visits, by=by or None, every=every, tz=tz, **options)
    whole = af.metrics.queue_summary(visits, by=[], **options)
    rule_text = f"service level: {rule} within {threshold:g} s; {_hours(tz)}"
    title = f"{row_count(visits, 'call', 'calls')} · {rule_text}"
    printed, groups = _printed(frame, whole, every)
    emit(frame, _summary(printed, groups), title, output, rows, printed=printed)


@app.command()
def sla(
    files: Logs,
    every: Every = None,
    threshold: Threshold = 20,
    short: Short = 5,
    rule: Rules = None,
    tz: Zone = None,
    by: By = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the share of callers who were answered in time, counted in each way that is in use.

    Example: amiframe sla /var/log/asterisk/queue_log --threshold 30 --every 1d --tz Europe/Berlin
    """
    validate_outputs(None, None, output)
    visits = visits_of(files, encoding)
    chosen = [rule] if rule else list(af.metrics.RULES)
    options: dict[str, Any] = {"threshold_s": threshold, "short_s": short}
    levels = [
        af.metrics.service_level(visits, by=by or None, every=every, tz=tz, rule=one, **options) for one in chosen
    ]
    wholes = [af.metrics.service_level(visits, by=[], rule=one, **options) for one in chosen]
    frame = pd.concat(levels, ignore_index=True)
    frame.attrs = dict(visits.attrs)
    printed, groups = _printed(_side_by_side(levels), _side_by_side(wholes), every)
    levels_of = [View(f"{one} %", _percent(one, f"{one}_den"), right=True, least=6) for one in chosen]
    rule_text = f"answered within {threshold:g} s, abandoned before {short:g} s is short; {_hours(tz)}"
    title = f"{row_count(visits, 'call', 'calls')} · {rule_text}"
    emit(frame, (*groups, value("n", "calls", right=True), *levels_of), title, output, rows, printed=printed)


def _side_by_side(levels: list[pd.DataFrame]) -> pd.DataFrame:
    frame = levels[0].loc[:, :"n"].drop(columns=["sl", "sl_num", "sl_den"])
    for level in levels:
        rule = level["sl_rule"].iloc[0] if len(level) else ""
        frame = frame.assign(**{rule: level["sl"], f"{rule}_den": level["sl_den"]})
    return frame


def _hours(tz: str | None) -> str:
    return f"times in {tz or 'UTC'}; (…) of fewer than {_FEW} calls"


def _printed(frame: pd.DataFrame, whole: pd.DataFrame, every: str | None) -> tuple[pd.DataFrame, tuple[View, ...]]:
    """Return the rows and one for all of them together, and the views of what tells rows apart."""
    names = [name for name in frame.columns if name not in whole.columns]
    shown = frame.astype(dict.fromkeys(names, object))
    if len(frame) > 1 and names:
        last = whole.assign(**{name: "all" if name == names[0] else "" for name in names})
        shown = pd.concat([shown, last.astype(dict.fromkeys(names, object))], ignore_index=True)
    return shown, tuple(_columns.interval(every) if name == "interval" else value(name, least=6) for name in names)


def _percent(name: str, of: str) -> Callable[[dict[Any, Any]], str]:
    def cell(row: dict[Any, Any]) -> str:
        if pd.isna(row[name]):
            return ""
        shown = f"{100 * row[name]:.1f}"
        return f"({shown})" if row[of] < _FEW else shown

    return cell


def _seconds(name: str, title: str) -> View:
    return View(title, lambda row: format_clock(row[name]), right=True, least=5)


_OTHERS = {"other": ("leaveempty", "key", "transferred", "open"), "refused": ("joinempty", "full", "unavailable")}
_FIRST_TO_GO = ("other", "refused", "short", "AHT", "timeout", "lost %", "ASA", "longest")
"""What a narrow terminal does without, in this order; files have all of it."""


def _summary(frame: pd.DataFrame, groups: tuple[View, ...]) -> tuple[View, ...]:
    """Return the views of a summary that the terminal has room for; outcomes that never came have no column."""
    others = [name for name, parts in _OTHERS.items() if len(frame) and frame[list(parts)].to_numpy().sum()]
    shown = [
        value("offered", "calls", right=True, least=5),
        *(value(name, right=True, least=len(name)) for name in ("answered", "abandoned", "short", "timeout")),
        *(View(name, _sum(_OTHERS[name]), right=True, least=len(name)) for name in others),
        View("SL %", _percent("sl", "sl_den"), right=True, least=7),
        View("lost %", _percent("abandon_rate", "abandon_den"), right=True, least=7),
        *(_seconds(*pair) for pair in (("asa_s", "ASA"), ("aht_s", "AHT"), ("wait_max_s", "longest"))),
    ]
    return tuple(_tables.fitting(frame, [*groups, *shown], _FIRST_TO_GO))


def _sum(names: tuple[str, ...]) -> Callable[[dict[Any, Any]], str]:
    return lambda row: str(sum(int(row[name]) for name in names))
