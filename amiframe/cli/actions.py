"""Commands that change something, each asks first; and the one that watches."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.text import Text

import amiframe as af
from amiframe.cli import _columns, _tables
from amiframe.cli._common import (
    Interface,
    Output,
    Rows,
    Target,
    Timeout,
    Username,
    confirm,
    connected,
    echo,
    emit,
    fields_of,
    row_count,
    validate_outputs,
    warn,
)
from amiframe.cli.app import app
from amiframe.privacy import dtmf

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
NOT_ANSWERED = 10  # exit code of a call that was not answered


@app.command()
def action(
    name: Annotated[str, typer.Argument(metavar="ACTION", help="Its name.")],
    field: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Its fields.")] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    yes: Yes = False,
) -> None:
    """Send any action and show its answer. What may change something asks first.

    Example: amiframe action QueuePause Interface=PJSIP/100 Paused=true -t http://pbx:8088 -u admin
    """
    validate_outputs(None, target, output)
    asked = fields_of(field)
    shown = " ".join(f"{key}={text}" for key, text in asked)
    confirm(name, asked, f"send {name} {shown}".rstrip(), yes)
    with connected(target, username, interface, timeout) as pbx:
        frame = pbx.action(name, asked).frame()
    if len(frame) == 1:
        emit(frame, _columns.OUTCOME, row_count(frame, "row", "rows"), output, 0, printed=_columns.upright(frame))
    else:
        emit(frame, _columns.views_of(frame), row_count(frame, "row", "rows"), output, rows)


@app.command()
def originate(
    channel: Annotated[str, typer.Argument(help="What to ring: PJSIP/100, Local/200@default.")],
    exten: Annotated[str | None, typer.Option(help="Extension that the answered channel goes to.")] = None,
    context: Annotated[str | None, typer.Option(help="Its context.")] = None,
    priority: Annotated[str | None, typer.Option(help="Its priority or label; 1 if not given.")] = None,
    application: Annotated[str | None, typer.Option(help="Application to run instead.")] = None,
    data: Annotated[str | None, typer.Option(help="Arguments of the application.")] = None,
    ring_timeout: Annotated[float | None, typer.Option(help="Seconds to let it ring.")] = None,
    callerid: Annotated[str | None, typer.Option(help='"Name" <number>')] = None,
    variable: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Channel variable.")] = None,
    account: Annotated[str | None, typer.Option(help="Account code.")] = None,
    codecs: Annotated[str | None, typer.Option(help="ulaw,alaw")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the outcome; 0 does not wait.")] = 60.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent.")] = False,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
    yes: Yes = False,
) -> None:
    """Originate a call and tell what became of it. Asks first. Exit code 10 when it was not answered.

    Example: amiframe originate PJSIP/100 --exten 200 --context default -t http://pbx:8088 -u admin
    """
    validate_outputs(None, target, output)
    call = {
        "exten": exten, "context": context, "priority": priority, "application": application, "data": data,
        "ring_timeout": ring_timeout, "callerid": callerid, "variables": fields_of(variable), "account": account,
        "codecs": codecs,
    }  # fmt: skip
    with connected(target, username, interface, timeout) as pbx:
        planned = pbx.originate(channel, dry_run=True, **call)  # type: ignore[arg-type]
        for name, text in planned.fields:
            echo(f"  {name}: {text}")
        if dry_run:
            return
        confirm("Originate", [], f"originate this call through {target or 'the PBX'}", yes)
        made = pbx.originate(channel, wait=wait or None, **call)  # type: ignore[arg-type]
    because = f", cause {made.cause} {made.cause_txt}" if made.cause else ""
    echo(f"{made.outcome}: {made.channel or channel}{because}")
    for dest in output or []:
        emit(one_row(made), (), "", [dest], 0)
    if made.outcome not in ("answered", "pending"):
        raise typer.Exit(NOT_ANSWERED)


def one_row(made: af.Origination) -> pd.DataFrame:
    """Return what became of a call as a frame of one row."""
    from amiframe.frames import outcome_frame

    names = ("channel", "outcome", "accepted", "reason", "cause", "cause_txt", "uniqueid", "actionid")
    return outcome_frame([{**{name: getattr(made, name) for name in names}, "error": None}])


@app.command()
def watch(
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    mask: Annotated[str | None, typer.Option(help="Event classes: call,agent,...; default all.")] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", "-e", metavar="NAME", help="Only this event; repeatable.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="How long; default until Ctrl-C.")] = None,
    with_digits: Annotated[
        bool, typer.Option("--digits", help="Show the digits that callers press, PINs too.")
    ] = False,
) -> None:
    """Print events as they come, until Ctrl-C. Says where some may be missing; digits that callers press are blanked.

    Example: amiframe watch -t http://pbx:8088 -u monitor --mask call -e Hangup
    """
    console = Console(highlight=False)
    with connected(target, username, interface, timeout) as pbx:
        for batch in pbx.listen(seconds, mask=mask):
            if batch.gap:
                warn(f"gap {batch.gap.start:%H:%M:%S} to {batch.gap.end:%H:%M:%S}: {batch.gap.reason}")
            for row in batch.events.to_dict("records"):
                if not event or row["event"] in event:
                    if not with_digits and row["event"] in dtmf.EVENTS:
                        row["digit"] = dtmf.BLANKED
                    time, name, channel, details = (view.cell(row) for view in _columns.EVENTS)
                    line = Text(f"{time} {name:<20} {channel:<30} {details}", no_wrap=True, overflow="ellipsis")
                    console.print(line)
