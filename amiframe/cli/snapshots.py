"""Commands on snapshots: keep one, compare two, and say what looks wrong."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

import amiframe as af
from amiframe.analysis.snapshots.finding_table import RULES, not_looked_for
from amiframe.analysis.snapshots.row_matching import listing_of
from amiframe.cli import _tables
from amiframe.cli._common import (
    Encoding,
    Interface,
    Output,
    Rows,
    Target,
    Timeout,
    Username,
    connected,
    echo,
    emit,
    fields_of,
    validate_outputs,
    warn,
)
from amiframe.cli._tables import View, text, value
from amiframe.cli.app import app

FOUND = 10  # exit code when something looks wrong
_TABLES = (".csv", ".parquet")
_QUEUE = {"QueueParams": "queues", "QueueMember": "members", "QueueEntry": "waiting"}
_KINDS = (*(part.name for part in fields(af.Snapshot)), "commands")

Parts = dict[str, pd.DataFrame]
Saved = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="Saved answer, table of ours (.csv, .parquet) or snapshot (a folder)."),
]
Apart = Annotated[float, typer.Option(help="Live: seconds between the two looks.", min=0)]


@app.command()
def snapshot(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write.")],
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
) -> None:
    """Keep channels, queues and endpoints as they are now: a folder with a Parquet file of each.

    Example: amiframe snapshot -t http://pbx:8088 -u monitor -o monday
    """
    with connected(target, username, interface, timeout) as pbx:
        made = pbx.snapshot()
    af.save_snapshot(made, output)
    counts = ", ".join(f"{len(getattr(made, name))} {name}" for name in _KINDS[:-1])
    echo(f"{counts.replace('status', 'channels')}\nwrote {text(output)}")


@app.command()
def compare(
    first: Annotated[str | None, typer.Argument(metavar="A", help="What was before; see below.")] = None,
    second: Annotated[str | None, typer.Argument(metavar="B", help="What is after; default: the PBX now.")] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    apart: Apart = 10,
    only: Annotated[str | None, typer.Option(help=f"One kind of rows: {', '.join(_KINDS)}.")] = None,
    same: Annotated[bool, typer.Option("--all", "-a", help="Print what stayed the same, too.")] = False,
    ages: Annotated[bool, typer.Option("--ages", help="Compare ages (seconds, waits) too.")] = False,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show what is new, gone or changed between two snapshots.

    A and B are saved answers (Status, QueueStatus, PJSIPShowEndpoints, ListCommands), tables of ours (.csv, .parquet)
    or folders of 'amiframe snapshot'. Without B the PBX is asked now, without A too it is asked twice.

    Example: amiframe compare monday tuesday --only members -o members.csv
    """
    validate_outputs(second, target, output)
    if only is not None and only not in _KINDS:
        raise af.ConfigError(f"there are no {only!r}", hint=", ".join(_KINDS))
    one, two = _both(first, second, encoding, apart, (target, username, interface, timeout), only)
    names = [name for name in _KINDS if name in one and name in two and only in (None, name)]
    if not names:
        raise af.ConfigError(f"{_list(one)} and {_list(two)} have nothing to compare")
    if output and len(names) > 1:
        raise af.ConfigError(f"{_list(names)}: one file holds one of them", hint=f"--only {names[0]}")
    ignored = ("amf_fetched",) if ages else ("seconds", "amf_fetched")
    found = {name: af.compare(one[name], two[name], ignore=ignored) for name in names}
    for name, frame in found.items():
        shown = frame if same else frame[frame["change"] != "same"]
        views = (_what(name), value("change", least=7), View("what changed", _changes, least=20))
        emit(
            frame, views if len(shown) else (), f"{name}: {_counts(frame)}", output, rows,
            printed=shown.sort_values("change", key=lambda column: column.map(_ORDER), kind="stable"),
        )  # fmt: skip
        if not len(shown) and "-" not in (output or []):
            echo(f"{name}: {_counts(frame)}")


_ORDER = {"new": 0, "gone": 1, "changed": 2, "same": 3}


def _both(
    first: str | None, second: str | None, encoding: str, apart: float, where: tuple[Any, ...], only: str | None
) -> tuple[Parts, Parts]:
    if first is not None and second is not None:
        return saved(first, encoding), saved(second, encoding)
    one = saved(first, encoding) if first is not None else None
    with connected(*where) as pbx:
        if one is None:
            one = _asked(pbx, (only,) if only else None)
            _wait(apart)
        return one, _asked(pbx, (only,) if only else tuple(one))


def _asked(pbx: af.Pbx, wanted: tuple[str | None, ...] | None) -> Parts:
    """Ask a PBX for no more than what is wanted: each kind needs a right of its own."""
    if wanted is None:
        return parts_of(look(pbx))
    made: Parts = {}
    if "status" in wanted:
        made["status"] = pbx.status()
    if {"queues", "members", "waiting"} & set(wanted):
        made |= queues_of(pbx.tables("QueueStatus"))
    if "endpoints" in wanted:
        made["endpoints"] = pbx.table("PJSIPShowEndpoints")
    if "commands" in wanted:
        made["commands"] = pbx.commands()
    return made


def _wait(seconds: float) -> None:
    if seconds:
        warn(f"second look in {seconds:g} s")
        time.sleep(seconds)


def look(pbx: af.Pbx) -> af.Snapshot:
    """Take a snapshot; warn when the account may not list endpoints."""
    taken = pbx.snapshot(partial=True)
    if not taken.has_endpoints:
        warn("endpoints are left out: to list them the account's write= line needs `system`")
    return taken


def queues_of(tables: dict[str, pd.DataFrame]) -> Parts:
    """Return the items of QueueStatus by the names of a snapshot."""
    return {_QUEUE[name]: frame for name, frame in tables.items() if name in _QUEUE}


def parts_of(made: af.Snapshot) -> Parts:
    """Return the frames of a snapshot by name."""
    return {name: getattr(made, name) for name in _KINDS[:-1]}


def saved(src: str, encoding: str) -> Parts:
    """Read a snapshot, a table of ours or a saved answer, as frames by kind."""
    if Path(src).is_dir():
        return parts_of(af.read_snapshot(src))
    if any(part in src.lower() for part in _TABLES):
        frame = af.read_table(src)
        return {listing_of(frame).name: frame}
    reply = af.read_reply(src, encoding=encoding)
    if reply.complete is not None and reply.complete.name == "QueueStatusComplete":
        return queues_of(reply.tables())
    frame = reply.frame()
    return {listing_of(frame).name: frame}


def _list(names: Any) -> str:
    return ", ".join(names)


def _counts(frame: pd.DataFrame) -> str:
    counts = frame["change"].value_counts()
    return ", ".join(f"{counts.get(word, 0)} {word}" for word in _ORDER)


_NAMED_BY = {
    "status": ("channel",), "queues": ("queue",), "members": ("queue", "name"), "waiting": ("queue", "channel"),
    "endpoints": ("objectname",), "commands": ("action",),
}  # fmt: skip


def _what(name: str) -> View:
    columns = _NAMED_BY[name]
    return View(columns[-1], lambda row: " ".join(text(row.get(column)) for column in columns), least=12)


def _changes(row: dict[Any, Any]) -> str:
    changes = (f"{name}: {_cell(row[f'{name}_before'])} → {_cell(row[f'{name}_after'])}" for name in row["changed"])
    return "; ".join(changes)


def _cell(cell: Any) -> str:
    return text(cell) or "-"


# --- findings -------------------------------------------------------------------------------------------------------

_NEEDS = {"before": "two looks", "snapshot": "a snapshot", "endpoints": "a snapshot with endpoints"}
_FEW = 6  # channels that are printed of a finding


@app.command()
def findings(
    file: Saved = None,
    earlier: Annotated[
        str | None, typer.Option("--before", metavar="FILE", help="The same, some seconds or minutes before.")
    ] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    apart: Apart = 5,
    threshold: Annotated[
        list[str] | None,
        typer.Option("--threshold", metavar="NAME=VALUE", help="Another threshold, or none; see --rules. Repeatable."),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Print the rules and their thresholds; asks no PBX.")] = False,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Report problems: calls that ring on or hang, unstaffed queues, loops and more. Read-only.

    A live PBX is looked at twice, since a rule about something missing needs two looks. Exit code 0: nothing was found;
    10: something was.

    Example: amiframe findings -t http://pbx:8088 -u monitor --threshold ringing_s=90 --threshold number_calls=none
    """
    if rules:
        _print_rules()
        return
    validate_outputs(file, target, output)
    limits = _limits(threshold)
    if file is not None:
        seen, first = _read(file, encoding), _read(earlier, encoding) if earlier is not None else None
    elif earlier is not None:
        raise af.ConfigError("--before belongs to a file", hint="amiframe findings LATER --before EARLIER")
    else:
        with connected(target, username, interface, timeout) as pbx:
            first = look(pbx) if apart else None
            _wait(apart)
            seen = look(pbx)
    found = af.findings(seen, before=first, **limits)
    status = seen.status if isinstance(seen, af.Snapshot) else seen
    title = f"{len(found)} finding{'' if len(found) == 1 else 's'} in {len(status)} channels"
    emit(found, (), title, output, rows)
    if "-" not in (output or []):
        _print(found, title, rows)
    left_out = not_looked_for(seen, first)
    if left_out:
        warn("not looked for: " + ", ".join(f"{name} (needs {_NEEDS[need]})" for name, need in left_out.items()))
    if len(found):
        raise typer.Exit(FOUND)


def _read(src: str, encoding: str) -> af.Snapshot | pd.DataFrame:
    if Path(src).is_dir():
        return af.read_snapshot(src)
    parts = saved(src, encoding)
    if "status" not in parts:
        raise af.ConfigError(f"{src} has no channels", hint="the answer to Status, or a folder of 'amiframe snapshot'")
    return parts["status"]


def _limits(given: list[str] | None) -> dict[str, Any]:
    known = {rule.threshold for rule in RULES}
    made: dict[str, Any] = {}
    for name, number in fields_of(given):
        if name not in known:
            raise af.ConfigError(f"there is no threshold {name!r}", hint="amiframe findings --rules")
        try:
            made[name] = None if number.lower() == "none" else float(number)
        except ValueError:
            raise af.ConfigError(f"{name}={number} is not a number", hint=f"{name}=60, or {name}=none") from None
    return made


def _print(found: pd.DataFrame, title: str, rows: int) -> None:
    echo(title)
    for row in found.head(rows or len(found)).to_dict("records"):
        echo(f"{row['severity']:8} {row['rule']}: {row['evidence']}")
        names = list(row["channels"])
        echo(
            f"         {text(names[:_FEW])}{f' and {len(names) - _FEW} more' if len(names) > _FEW else ''}", style="dim"
        )
    if rows and len(found) > rows:
        echo(f"… {len(found) - rows} more: --rows 0 prints all, -o FILE.csv keeps all", style="dim")


def _print_rules() -> None:
    defaults = af.findings.__kwdefaults__ or {}
    for rule in RULES:
        needs = f"; needs {_NEEDS[rule.needs]}" if rule.needs in _NEEDS else ""
        echo(f"{rule.severity:8} {rule.name}: {rule.what}")
        echo(f"         {rule.threshold}={defaults[rule.threshold]:g}{needs}", style="dim")
