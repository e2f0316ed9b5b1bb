"""The command that says what is wrong with a PBX or an account, and what cures it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

import amiframe as af
from amiframe.cli import _tables, exit_codes
from amiframe.cli._common import (
    Interface,
    Output,
    Target,
    Timeout,
    Username,
    echo,
    emit,
    prompted_secret,
    validate_outputs,
)
from amiframe.cli._tables import View, value
from amiframe.cli.app import app
from amiframe.schema.features import FEATURES

NOT_FULFILLED = 10  # exit code when all works and something should be better
_MARKS = {True: "ok", False: "NO"}
_VIEWS = (
    value("what", least=12),
    View("", lambda row: _mark(row["ok"]), least=2),
    value("found", least=40, folds=True),
)
_PRIVILEGES = (
    value("name", "feature", least=10),
    value("call", "in Python", least=20, folds=True),
    View("write =", lambda row: ",".join(row["write"]), least=9),
    View("read =", lambda row: ",".join(row["read"]), least=5),
    View("does as well", lambda row: " or ".join(row["others"]), least=8),
)


@app.command()
def doctor(
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    need: Annotated[
        list[str] | None,
        typer.Option(
            "--need",
            "-n",
            metavar="FEATURE",
            help="A feature that has to work (status, listen ...); repeatable. Default: all.",
        ),
    ] = None,
    privileges: Annotated[
        bool, typer.Option("--privileges", help="Print the least account for each feature; asks no PBX.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show how to cure what cannot be known, too.")
    ] = False,
    output: Output = None,
) -> None:
    """Say what is wrong with a PBX or an account, and which lines in which file cure it. Changes nothing.

    Exit code 0: all is well; 10: it works, and something should be better; else that of the error which a call meets.

    Example: amiframe doctor -t http://pbx:8088 -u monitor -n status -n listen
    """
    validate_outputs(None, target, output)
    if privileges:
        table = pd.DataFrame([asdict(feature) for feature in FEATURES])
        _tables.print_table(
            Console(highlight=False), table, _PRIVILEGES, title="What an account needs in manager.conf", rows=0
        )
        return
    checks = af.doctor(
        target,
        username=username,
        secret=prompted_secret(target),
        interface=interface,
        timeout=timeout,
        needs=need or None,
    )
    looked_at = ~checks["found"].str.startswith("not checked: ")
    emit(checks, _VIEWS, _counted(checks["ok"], looked_at), output, 0, printed=checks[looked_at])
    if "-" not in (output or []):
        _print_cures(checks, everything=everything)
    code = code_of(checks)
    if code:
        raise typer.Exit(code)


def code_of(checks: pd.DataFrame) -> int:
    """Return the exit code: that of the first error which a call meets, else whether all is well."""
    failed = checks[checks["ok"].eq(False).fillna(False)]
    for name in failed["error"].dropna():
        return exit_codes.code_of(getattr(af, str(name))(""))
    return NOT_FULFILLED if len(failed) else 0


def _print_cures(checks: pd.DataFrame, *, everything: bool) -> None:
    console = Console(highlight=False)
    for row in checks.to_dict("records"):
        if pd.isna(row["cure"]) or row["ok"] is True or (pd.isna(row["ok"]) and not everything):
            continue
        console.print(f"\n{row['what']}: {_tables.text(row['found'])}", style="bold", markup=False, soft_wrap=True)
        echo(str(row["cure"]))


def _counted(ok: pd.Series, looked_at: pd.Series) -> str:
    good, bad, later = int(ok.sum()), int(ok.eq(False).sum()), int((~looked_at).sum())
    counts = [(good, "ok"), (bad, "not ok"), (len(ok) - good - bad - later, "not to be told with this account"),
              (later, "not looked at before what is wrong is cured")]  # fmt: skip
    return f"{len(ok)} checks: " + ", ".join(
        f"{count} {words}" for count, words in counts if count or words == "not ok"
    )


def _mark(ok: object) -> str:
    return _MARKS.get(bool(ok), "") if ok is not None and not pd.isna(ok) else "?"  # type: ignore[call-overload]
