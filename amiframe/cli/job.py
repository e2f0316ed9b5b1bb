"""The commands for notebooks that run unattended."""

from __future__ import annotations

import json
import logging
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

import amiframe as af
from amiframe.cli import _tables
from amiframe.cli._common import Output, Rows, echo, emit
from amiframe.cli._tables import View, text, value
from amiframe.cli.app import Group, app
from amiframe.cli.report import From, Last, Mask, To, Yesterday, redact_option, window_text
from amiframe.jobs import runner, schedulers
from amiframe.jobs.spec import JobSpec, prepare
from amiframe.timeutil.durations import format_clock

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
Redact = Annotated[str | None, typer.Option("--redact", metavar="HOW", help="last4 or hash; becomes 'redact'.")]
Keep = Annotated[int | None, typer.Option("--keep", min=1, help="Runs to keep, good and failed ones apart.")]


def parameters_of(given: list[str] | None) -> dict[str, str]:
    """Return NAME=VALUE options by name.

    Raises
    ------
    ConfigError
        An option without a name or a value, or a name that comes twice.
    """
    parameters: dict[str, str] = {}
    for argument in given or []:
        name, equals, text_value = argument.partition("=")
        if not (name and equals):
            raise af.ConfigError(f"{argument!r} is not a parameter", hint="-p NAME=VALUE")
        if name in parameters:
            raise af.ConfigError(f"parameter {name!r} is given twice")
        parameters[name] = text_value
    return parameters


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
    redact: Redact = None,
    mask: Mask = None,
    keep: Keep = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log progress as lines of JSON on stderr.")] = False,
) -> None:
    """Run a notebook as a job: its files, an executed copy and a line in the history are left in a folder.

    Example: amiframe job run 11_weekly.ipynb --out weekly --last 1w -p log=/var/log/asterisk/queue_log --keep 60
    """
    if not log_json:
        logging.basicConfig(format="%(message)s", level=logging.WARNING)
    spec = JobSpec(
        notebook=notebook,
        out=out,
        target=target,
        parameters=parameters_of(param),
        window=window_text(begin, end, yesterday, last),
        tz=tz,
        time_limit=time_limit,
        allow_actions=allow_actions,
        digits=digits,
        redact=redact_option(redact, mask),
        keep=keep,
    )
    report = _json_lines(notebook) if log_json else _terminal(notebook) if sys.stderr.isatty() else _lines(notebook)
    try:
        done = runner.run_spec(spec, progress=lambda cell, cells: report("cell", {"cell": cell, "cells": cells}))
    except af.AmiframeError as error:
        report("failed", {"error": type(error).__name__, "message": str(error)})
        raise
    report("done", {"run": done.run, "folder": str(done.folder), "seconds": round(done.seconds, 1)})
    if not log_json:
        echo(f"{done.run}: {len(done.files)} files in {done.folder}, {done.seconds:.1f} s")


Progress = Callable[[str, dict[str, object]], None]


def _json_lines(notebook: str) -> Progress:
    def report(event: str, more: dict[str, object]) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        typer.echo(json.dumps({"at": at, "notebook": notebook, "event": event, **more}, ensure_ascii=False), err=True)

    return report


def _lines(notebook: str) -> Progress:
    def report(event: str, more: dict[str, object]) -> None:
        if event == "cell":
            typer.echo(f"{Path(notebook).name}: cell {int(str(more['cell'])) + 1} of {more['cells']}", err=True)

    return report


def _terminal(notebook: str) -> Progress:
    def report(event: str, more: dict[str, object]) -> None:
        if event == "cell":
            line = f"{Path(notebook).name}: cell {int(str(more['cell'])) + 1} of {more['cells']}"
            typer.echo(f"\r\x1b[K{text(line)}", err=True, nl=False)
        else:
            typer.echo("\r\x1b[K", err=True, nl=False)

    return report


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
        View("took", lambda row: format_clock(row["seconds"]), right=True, least=5),
        View("what went wrong", lambda row: text(row["message"]), least=12),
    )
    emit(frame, views, f"{len(frame)} runs in {out}", output, rows)


@job_app.command("check")
def check(
    out: Folder,
    max_age: Annotated[str, typer.Option("--max-age", metavar="AGE", help="26h, 8d, 30min.")] = "26h",
) -> None:
    """Check that a job ran well lately; exit code 10 when it did not, or never ran.

    Example: amiframe job check weekly --max-age 8d
    """
    checked = af.jobs.check(out, max_age)
    echo(f"{'OK' if checked.ok else 'CRITICAL'}: {checked.words}")
    if not checked.ok:
        raise typer.Exit(10)


@job_app.command("install")
def install(
    job_run: Annotated[
        list[str], typer.Argument(metavar="-- NOTEBOOK --out FOLDER ...", help="Arguments of 'amiframe job run'.")
    ],
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="'Mon 06:15' (systemd) or '15 6 * * 1' (cron).")],
    systemd: Annotated[bool, typer.Option("--systemd", help="A service and a timer of systemd.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="A line for crontab.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the job (default: the notebook's).")] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the units there (default: print them).")
    ] = None,
) -> None:
    """Print units of systemd or a line of cron that run a job by the calendar, or write the units into a folder.

    Example: amiframe job install --systemd --at 'Mon 06:15' -- 11_weekly.ipynb --out weekly --last 1w
    """
    if systemd == cron:
        raise af.ConfigError("by which scheduler?", hint="--systemd or --cron")
    job = prepare(_spec_of(job_run))
    command = [sys.executable, "-m", "amiframe", "job", "run", *job_run]
    folder = Path.cwd()
    if cron:
        typer.echo(schedulers.cron_line(command, when=at, folder=str(folder)))
        return
    unit = name or job.notebook.path.stem.replace(" ", "-")
    out = folder / job.spec.out
    units = schedulers.systemd_units(unit, command, calendar=at, folder=str(folder), out=str(out), limit_s=job.limit_s)
    if into is None:
        typer.echo("\n".join(f"# {file}\n{text_of_unit}" for file, text_of_unit in units.items()), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)  # ReadWritePaths needs it
    into.mkdir(parents=True, exist_ok=True)
    for file, text_of_unit in units.items():
        (into / file).write_text(text_of_unit, encoding="utf-8")
        echo(f"wrote {into / file}", style="dim")
    control = "systemctl --user" if "user" in into.parts else "systemctl"
    echo(f"now: {control} daemon-reload && {control} enable --now {shlex.quote(f'amiframe-{unit}.timer')}")


def _spec_of(job_run: list[str]) -> JobSpec:
    """Return what the arguments of ``amiframe job run`` ask for."""
    command: Any = typer.main.get_command(job_app)
    given = command.commands["run"].make_context("amiframe job run", list(job_run)).params
    return JobSpec(
        notebook=given["notebook"],
        out=given["out"],
        target=given["target"],
        parameters=parameters_of(given["param"]),
        window=window_text(given["begin"], given["end"], given["yesterday"], given["last"]),
        tz=given["tz"],
        time_limit=given["time_limit"],
        redact=redact_option(given["redact"], given["mask"]),
        keep=given["keep"],
    )
