"""The commands for notebooks that run unattended."""

from __future__ import annotations

import json
import logging
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import amiframe as af
from amiframe.cli import _tables
from amiframe.cli._common import Output, Rows, echo, emit
from amiframe.cli._tables import View, minutes, text, value
from amiframe.cli.app import Group, app
from amiframe.cli.report import From, Last, To, Yesterday, chosen_window
from amiframe.jobs import runner, schedulers, spec

job_app = typer.Typer(cls=Group, help="Notebooks as jobs that run unattended.", no_args_is_help=True)
app.add_typer(job_app, name="job")

Notebook = Annotated[str, typer.Argument(metavar="NOTEBOOK", help="A notebook with a cell tagged 'parameters'.")]
Folder = Annotated[str, typer.Argument(metavar="OUT", help="Folder of the job.")]
Target = Annotated[str | None, typer.Option("--target", "-t", help="Profile, address or demo; becomes 'target'.")]
Out = Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="Folder of this job alone.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; repeatable.")
]
Zone = Annotated[str | None, typer.Option("--tz", help="Zone of the window (default: the profile's, else UTC).")]
Limit = Annotated[str | None, typer.Option("--time-limit", metavar="TIME", help="90s, 15min, 2h: then it is ended.")]
Allow = Annotated[bool, typer.Option("--allow-actions", help="Let the notebook send what may change something.")]
Digits = Annotated[
    bool, typer.Option("--digits", help="Let the notebook see the digits that callers press; else they are blanked.")
]
Mask = Annotated[str | None, typer.Option("--mask", metavar="HOW", help="last4 or hash; becomes 'mask'.")]
Keep = Annotated[int | None, typer.Option("--keep", min=1, help="Runs to keep, good and failed ones apart.")]


def parameters_of(given: list[str] | None) -> dict[str, str]:
    """Return NAME=VALUE options by name.

    Raises
    ------
    ConfigError
        One of them is none, or a name comes twice.
    """
    made: dict[str, str] = {}
    for argument in given or []:
        name, equals, told = argument.partition("=")
        if not (name and equals):
            raise af.ConfigError(f"{argument!r} is no parameter", hint="-p NAME=VALUE")
        if name in made:
            raise af.ConfigError(f"parameter {name!r} is given twice")
        made[name] = told
    return made


@job_app.command("run")
def run(
    notebook: Notebook,
    out: Out,
    target: Target = None,
    param: Parameters = None,
    begin: From = None,
    end: To = None,
    yesterday: Yesterday = False,
    last: Last = None,
    tz: Zone = None,
    time_limit: Limit = None,
    allow_actions: Allow = False,
    digits: Digits = False,
    mask: Mask = None,
    keep: Keep = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Say what goes on as lines of JSON on stderr.")] = False,
) -> None:
    """Run a notebook as a job: its files, an executed copy and a line in the history are left in a folder.

    Example: amiframe job run 11_weekly.ipynb --out weekly --last 1w -p log=/var/log/asterisk/queue_log --keep 60
    """
    if not log_json:
        logging.basicConfig(format="%(message)s", level=logging.WARNING)
    zone = tz or _zone_of(target)
    window = chosen_window(begin, end, yesterday, last, zone)
    tell = _json_lines(notebook) if log_json else _terminal(notebook) if sys.stderr.isatty() else _lines(notebook)
    try:
        done = af.jobs.run(
            notebook,
            target=target,
            out=out,
            parameters=parameters_of(param),
            window=window,
            tz=zone,
            time_limit=time_limit,
            allow_actions=allow_actions,
            digits=digits,
            mask=mask,
            keep=keep,
            progress=lambda cell, cells: tell("cell", {"cell": cell, "cells": cells}),
        )
    except af.AmiframeError as error:
        tell("failed", {"error": type(error).__name__, "message": str(error)})
        raise
    tell("done", {"run": done.run, "folder": str(done.folder), "seconds": round(done.seconds, 1)})
    if not log_json:
        echo(f"{done.run}: {len(done.files)} files in {done.folder}, {done.seconds:.1f} s")


Tell = Callable[[str, dict[str, object]], None]


def _zone_of(target: str | None) -> str:
    from amiframe import settings

    found = settings.explain(target).settings["timezone"].value if target else None
    return str(found or "UTC")


def _json_lines(notebook: str) -> Tell:
    def tell(event: str, more: dict[str, object]) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        typer.echo(json.dumps({"at": at, "notebook": notebook, "event": event, **more}, ensure_ascii=False), err=True)

    return tell


def _lines(notebook: str) -> Tell:
    def tell(event: str, more: dict[str, object]) -> None:
        if event == "cell":
            typer.echo(f"{Path(notebook).name}: cell {int(str(more['cell'])) + 1} of {more['cells']}", err=True)

    return tell


def _terminal(notebook: str) -> Tell:
    def tell(event: str, more: dict[str, object]) -> None:
        if event == "cell":
            told = f"{Path(notebook).name}: cell {int(str(more['cell'])) + 1} of {more['cells']}"
            typer.echo(f"\r\x1b[K{text(told)}", err=True, nl=False)
        else:
            typer.echo("\r\x1b[K", err=True, nl=False)

    return tell


@job_app.command("list")
def list_runs(out: Folder, output: Output = None, rows: Rows = _tables.ROWS) -> None:
    """Show the runs of a job, the newest first.

    Example: amiframe job list weekly -o runs.csv
    """
    frame = af.jobs.history(out).iloc[::-1].reset_index(drop=True)
    views = (
        value("run", least=16),
        value("status", least=7),
        value("started", least=19),
        View("took", lambda row: minutes(row["seconds"]), right=True, least=5),
        View("what went wrong", lambda row: text(row["message"]), least=12),
    )
    emit(frame, views, f"{len(frame)} runs in {out}", output, rows)


@job_app.command("check")
def check(
    out: Folder,
    max_age: Annotated[str, typer.Option("--max-age", metavar="AGE", help="26h, 8d, 30min.")] = "26h",
) -> None:
    """Check that a job ran well lately; exit code 10 when it did not. Nobody sees the job that did not run at all.

    Example: amiframe job check weekly --max-age 8d
    """
    found = af.jobs.check(out, max_age)
    echo(f"{'OK' if found.ok else 'CRITICAL'}: {found.words}")
    if not found.ok:
        raise typer.Exit(10)


@job_app.command("install")
def install(
    notebook: Notebook,
    out: Out,
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="'Mon 06:15' (systemd) or '15 6 * * 1' (cron).")],
    systemd: Annotated[bool, typer.Option("--systemd", help="Write a service and a timer.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="Print a line for crontab.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the job (default: the notebook's).")] = None,
    shown: Annotated[bool, typer.Option("--show", help="Print the units, write nothing.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the units.")] = False,
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where units are kept (default: systemd's).")
    ] = None,
    credential: Annotated[
        str | None,
        typer.Option(metavar="NAME:FILE", help="Secret for this service alone; the profile: secret_credential=NAME."),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Account of the machine that runs it (system units).")] = None,
    target: Target = None,
    param: Parameters = None,
    yesterday: Yesterday = False,
    last: Last = None,
    tz: Zone = None,
    time_limit: Limit = None,
    allow_actions: Allow = False,
    digits: Digits = False,
    mask: Mask = None,
    keep: Keep = None,
) -> None:
    """Have a job run by the calendar: units of systemd, or a line of cron.

    Example: amiframe job install 11_weekly.ipynb --out weekly --last 1w --systemd --at 'Mon 06:15'
    """
    if systemd == cron:
        raise af.ConfigError("by which scheduler?", hint="--systemd or --cron")
    unit = name or Path(notebook).stem.replace(" ", "-")
    if remove:
        _remove(unit, into or _systemd_folder())
        return
    chosen_window(None, None, yesterday, last, tz or "UTC")
    runner.check(
        notebook, target=target, out=out, parameters=parameters_of(param), tz=tz, time_limit=time_limit, mask=mask,
        window="yesterday" if yesterday else last, keep=keep,
    )  # fmt: skip
    command = [sys.executable, "-m", "amiframe", "job", "run", str(Path(notebook).resolve()), "--out",
               str(Path(out).resolve())]  # fmt: skip
    options = (("--target", target), ("--last", last), ("--tz", tz), ("--time-limit", time_limit), ("--mask", mask),
               ("--keep", None if keep is None else str(keep)))  # fmt: skip
    command += [part for option, given in options if given is not None for part in (option, given)]
    command += [part for one in param or [] for part in ("-p", one)]
    flags = (("--yesterday", yesterday), ("--allow-actions", allow_actions), ("--digits", digits))
    command += [flag for flag, given in flags if given]
    folder = str(Path.cwd())
    if cron:
        typer.echo(schedulers.cron_line(command, when=at, folder=folder))
        return
    made = schedulers.units(
        unit, command, calendar=at, folder=folder, credential=credential, user=user, out=str(Path(out).resolve()),
        limit_s=spec.seconds(time_limit),
    )  # fmt: skip
    if shown:
        typer.echo(f"# {made.name}.service\n{made.service}\n# {made.name}.timer\n{made.timer}", nl=False)
        return
    Path(out).mkdir(parents=True, exist_ok=True)  # ReadWritePaths needs it
    where = into or _systemd_folder()
    for path in made.write(where):
        echo(f"wrote {path}", style="dim")
    control = "systemctl" if where == Path("/etc/systemd/system") else "systemctl --user"
    echo(f"now: {control} daemon-reload && {control} enable --now {shlex.quote(made.name)}.timer")


def _systemd_folder() -> Path:
    if os.geteuid() == 0:
        return Path("/etc/systemd/system")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _remove(unit: str, folder: Path) -> None:
    found = [folder / f"amiframe-{unit}.{suffix}" for suffix in ("timer", "service")]
    there = [path for path in found if path.exists()]
    if not there:
        raise af.ConfigError(f"no units of {unit!r} in {folder}", hint="--name, --into")
    if folder == Path("/etc/systemd/system") and Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "disable", "--now", there[0].name], check=False)  # noqa: S603, S607
    for path in there:
        path.unlink()
        echo(f"removed {path}", style="dim")
