"""The command that says what an account may do, what of it is dangerous, and which lines would be enough."""

from __future__ import annotations

import textwrap
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console

import amiframe as af
from amiframe.analysis.privileges.tables import unmet
from amiframe.cli import _tables
from amiframe.cli._common import (
    Encoding,
    File,
    Interface,
    Output,
    Rows,
    Target,
    Timeout,
    Username,
    connected,
    echo,
    emit,
    validate_outputs,
)
from amiframe.cli._tables import View, text, value
from amiframe.cli.app import app
from amiframe.diagnostics.check import put
from amiframe.schema.privileges import NONE

NOT_FULFILLED = 10  # exit code: too little or too much, or the lists differ
_MARKS = {True: "yes", False: ""}
_WIDEST = 100
_AUDIT = (
    value("privilege", least=9),
    View("write", lambda row: _mark(row["write"]), least=5),
    View("read", lambda row: "" if row["privilege"] == NONE else _mark(row["read"]), least=4),
    View("actions", lambda row: _count(row["actions"]), right=True, least=7),
    View("change", lambda row: _count(row["changing"]), right=True, least=6),
    View("risk", lambda row: _risk(row), least=6),
    View(
        "known by",
        lambda row: text(row["evidence"]).replace("is listed", "listed").replace("is not l", "not l"),
        least=20,
    ),
)
_COMPARED = (
    value("action", least=16),
    value("change", least=7),
    View("because", lambda row: _because(row), least=16),
    View("privileges", lambda row: _privileges(row), least=10),
    value("synopsis", least=8),
)

Other = Annotated[str | None, typer.Argument(metavar="OTHER", help="A second list of actions, to compare with.")]
Need = Annotated[
    list[str] | None,
    typer.Option("--need", "-n", help="What the account is for: features (status, listen ...) or actions; repeatable."),
]


@app.command()
def audit(
    file: File = None,
    other: Other = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    need: Need = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Say what a manager account may do, what of it is dangerous, and which lines of manager.conf would be enough.

    Of a live account, or of a list of actions that was kept: by amiframe commands -o FILE, or an answer of
    ListCommands. Two lists are compared, and a FILE with a --target: what was, and what is. Changes nothing.

    Exit code 10: with --need, the account lacks something or has more than it needs; or the two lists differ. Else 0.

    Example: amiframe audit -t http://pbx:8088 -u monitor --need status --need listen

    Example: amiframe commands -t office -o before.csv; later: amiframe audit before.csv -t office
    """
    validate_outputs(None, target, output)
    if other and target:
        raise af.ConfigError("two files and a target given", hint="one FILE is compared with the target")
    if need and file and (other or target):
        raise af.ConfigError("--need is for one account, not for a comparison")
    if file and (other or target):
        was = _kept(file, encoding)
        if other:
            now, called = _kept(other, encoding), other
        else:
            with connected(target, username, interface, timeout) as pbx:
                now, called = pbx.commands(), _called(pbx)
        _compare(was, now, (file, called), output, rows)
        return
    if file:
        found, name, called = af.audit(_kept(file, encoding), needs=need or None), "NAME", file
    else:
        with connected(target, username, interface, timeout) as pbx:
            found, name, called = af.audit(pbx, needs=need or None), pbx.username, _called(pbx)
    emit(found, _AUDIT, _title(found, called), output, 0, printed=_worth_showing(found))
    if "-" not in (output or []):
        _print_risks(found)
    code = _needed(found, need, name, quiet="-" in (output or [])) if need else 0
    if code:
        raise typer.Exit(code)


def _kept(file: str, encoding: str) -> pd.DataFrame:
    """Return a list of actions: a frame that was kept as a table, else an answer of the PBX."""
    if file.lower().endswith((".csv", ".parquet")):
        return af.read_table(file)
    return af.read_commands(file, encoding=encoding)


def _called(pbx: af.Pbx) -> str:
    return f"{pbx.username} at {pbx.url}"


def _title(found: pd.DataFrame, called: str) -> str:
    held = found[found["write"].eq(True).fillna(False) & found["privilege"].ne(NONE)]
    high = int(held["write_risk"].eq("high").sum())
    risk = f"{high} of high risk" if high else "none of high risk"
    return f"{called}: {len(held)} privilege{'' if len(held) == 1 else 's'} to act, {risk}"


def _worth_showing(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without the privileges of which nothing is known and that open nothing."""
    return found[found["write"].notna() | found["read"].notna() | found["write_risk"].notna()]


def _mark(held: Any) -> str:
    return "?" if pd.isna(held) else _MARKS[bool(held)]


def _count(number: Any) -> str:
    return "" if pd.isna(number) or not number else str(number)


def _evidence(row: dict[Any, Any]) -> str:
    return text(row["evidence"]).replace("is listed", "listed").replace("is not listed", "not listed")


def _risk(row: dict[Any, Any]) -> str:
    """Return the risk of what is held: that of acting, and that of listening where it is another."""
    risks = [text(row[f"{line}_risk"]) for line in ("write", "read") if row[line] is True]
    return max(risks, key=("", "low", "medium", "high").index, default="")


def _print_risks(found: pd.DataFrame) -> None:
    """Say of each risk that is held, the gravest first, what it means."""
    console = Console(highlight=False)
    width = min(console.width, _WIDEST)
    for risk in ("high", "medium", "low"):
        lines = []
        for row in found.to_dict("records"):
            for line, column in (("write", "allows"), ("read", "hears")):
                if row[line] is True and row[f"{line}_risk"] == risk:
                    head = row["privilege"] if row["privilege"] == NONE else f"{line} = {row['privilege']}"
                    lines.append(f"{head}: {row[column]}")
        if lines:
            echo(f"{risk} risk:", style="bold")
            for one in lines:
                echo(textwrap.fill(one, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False))
    if found["read"].isna().all():
        silent = [name for name in found["privilege"] if name not in set(_worth_showing(found)["privilege"])]
        words = (f"Not known: read= (asterisk -rx 'manager show user NAME' tells), and in write= {', '.join(silent)}, "
                 "which open no action.")  # fmt: skip
        echo(textwrap.fill(words, width), style="dim")


def _needed(found: pd.DataFrame, needs: list[str], name: str, *, quiet: bool) -> int:
    """Say whether the account fits its needs, print the lines that would, and return the exit code."""
    lacking = unmet(found, needs)
    held, needed = ({line: _named(found, f"{line}{of}") for line in ("read", "write")} for of in ("", "_needed"))
    extra = {line: [name for name in held[line] if name not in (*needed[line], NONE)] for line in held}
    if not quiet:
        echo("")
        for need in needs:
            echo(f"{need}: lacks {lacking[need]}" if need in lacking else f"{need}: may be done")
        for line, names in extra.items():
            if names:
                echo(f"not needed: {line} = {','.join(names)}")
        if lacking or any(extra.values()):
            lines = [f"{line} = {','.join(sorted(names))}".rstrip() for line, names in needed.items()]
            echo("enough, and no more than that:", style="bold")
            echo(put("manager.conf", name, *lines))
    return NOT_FULFILLED if lacking or any(extra.values()) else 0


def _named(found: pd.DataFrame, column: str) -> list[str]:
    return [str(name) for name in found.loc[found[column].eq(True).fillna(False), "privilege"]]


def _compare(
    was: pd.DataFrame, now: pd.DataFrame, called: tuple[str, str], output: list[str] | None, rows: int
) -> None:
    found = af.compare_commands(was, now)
    counts = found["change"].value_counts()
    changes = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("new", "gone", "changed", "same"))
    title = f"{called[0]} ({len(was)} actions) -> {called[1]} ({len(now)} actions): {changes}"
    other = found[found["change"].ne("same")]
    emit(found, _COMPARED if len(other) else (), title, output, rows, printed=other)
    if not len(other) and "-" not in (output or []):
        echo(title)
    if len(other):
        raise typer.Exit(NOT_FULFILLED)


def _because(row: dict[Any, Any]) -> str:
    if row["change"] == "changed":
        return ""
    side = "before" if row["change"] == "new" else "now"
    return {"right": f"no right {side}", "pbx": f"not there {side}"}.get(text(row["reason"]), "not known")


def _privileges(row: dict[Any, Any]) -> str:
    sides = [row["privileges_before"], row["privileges_after"]]
    values = [text(list(side)) or "-" for side in sides if side is not None and side is not pd.NA]
    return " -> ".join(dict.fromkeys(values))
