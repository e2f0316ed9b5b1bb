"""Commands that read: from a live PBX, or from a file."""

from __future__ import annotations

from typing import Annotated

import typer

import amiframe as af
from amiframe.cli import _columns, _tables
from amiframe.cli._common import (
    Encoding,
    File,
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
from amiframe.cli.app import Group, app

events_app = typer.Typer(
    cls=Group, help="Event logs: what WaitEvent answered, or a log of the TCP interface.", no_args_is_help=True
)
app.add_typer(events_app, name="events")


@app.command()
def ping(
    target: Target = None, username: Username = None, interface: Interface = None, timeout: Timeout = None
) -> None:
    """Ask whether the PBX answers, and how fast.

    Example: amiframe ping -t http://pbx:8088 -u monitor
    """
    with connected(target, username, interface, timeout) as pbx:
        answer = pbx.ping()
    clock = f", its clock {answer.server_time:%Y-%m-%d %H:%M:%S} UTC" if answer.server_time else ""
    echo(f"{answer.pbx} answers in {answer.latency_s * 1000:.1f} ms{clock}")


@app.command()
def info(
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
) -> None:
    """Show what the PBX says of itself: version, limits, start, channels up.

    Example: amiframe info -t http://pbx:8088 -u monitor
    """
    validate_outputs(None, target, output)
    with connected(target, username, interface, timeout) as pbx:
        frame = pbx.info()
    emit(frame, _columns.OUTCOME, row_count(frame, "PBX", "PBXs"), output, 0, printed=_columns.upright(frame))


@app.command()
def status(
    file: File = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    channel: Annotated[str | None, typer.Option(metavar="NAME", help="One channel only (live).")] = None,
    variable: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Channel variable to ask for (live); repeatable.")
    ] = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the channels that are up, one row per channel.

    Example: amiframe status -t http://pbx:8088 -u monitor -o status.csv
    """
    validate_outputs(file, target, output)
    if file:
        frame = af.read_status(file, encoding=encoding)
    else:
        with connected(target, username, interface, timeout) as pbx:
            frame = pbx.status(channel, variables=variable)
    emit(frame, _columns.STATUS, row_count(frame, "channel", "channels"), output, rows)


@app.command()
def commands(
    file: File = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the actions that the account may run, with the rights that each needs.

    Example: amiframe commands -t http://pbx:8088 -u monitor
    """
    validate_outputs(file, target, output)
    if file:
        frame = af.read_commands(file, encoding=encoding)
    else:
        with connected(target, username, interface, timeout) as pbx:
            frame = pbx.commands()
    emit(frame, _columns.COMMANDS, row_count(frame, "action", "actions"), output, rows)


@app.command()
def describe(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="Name of the action, in any case.")],
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
) -> None:
    """Show what the PBX says of an action: synopsis, rights, arguments.

    Example: amiframe describe Originate -t http://pbx:8088 -u admin
    """
    validate_outputs(None, target, output)
    with connected(target, username, interface, timeout) as pbx:
        doc = pbx.describe(action)
    frame = doc.frame()
    if "-" not in (output or []):
        echo(f"{doc.action}: {doc.synopsis}")
        echo(f"needs one of: {', '.join(doc.privileges)}" if doc.privileges else "needs no right")
        echo(doc.description)
        echo("")
    emit(frame, _columns.ARGUMENTS[1:], row_count(frame, "argument", "arguments"), output, 0)


@app.command()
def arguments(
    action: Annotated[
        list[str] | None, typer.Argument(metavar="ACTION", help="Names of actions; default: all.")
    ] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
) -> None:
    """Show the arguments of actions, one row per argument.

    Example: amiframe arguments Originate Redirect -t http://pbx:8088 -u admin -o arguments.csv
    """
    validate_outputs(None, target, output)
    with connected(target, username, interface, timeout) as pbx:
        frame = pbx.arguments(action or None)
    emit(frame, _columns.ARGUMENTS, row_count(frame, "argument", "arguments"), output, rows)


@app.command()
def table(
    action: Annotated[
        str,
        typer.Argument(metavar="ACTION", help="A list action: CoreShowChannels, QueueStatus, PJSIPShowEndpoints ..."),
    ],
    field: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Its fields.")] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
) -> None:
    """Show the items of a list action, one row per item.

    Example: amiframe table QueueStatus Queue=sales -t http://pbx:8088 -u monitor
    """
    validate_outputs(None, target, output)
    asked = fields_of(field)
    with connected(target, username, interface, timeout) as pbx:
        frame = pbx.table(action, asked)
    emit(frame, _columns.views_of(frame), row_count(frame, "row", "rows"), output, rows)


@app.command()
def cli(
    command: Annotated[str, typer.Argument(help="A command of the PBX's own command line.")],
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before what is no 'show'.")] = False,
) -> None:
    """Run a command of the PBX's own command line and print what it printed.

    Example: amiframe cli "core show channels" -t http://pbx:8088 -u admin
    """
    confirm("Command", [("Command", command)], f"run {command!r} on the PBX", yes)
    with connected(target, username, interface, timeout) as pbx:
        echo(pbx.cli(command))


@events_app.command("show")
def events_show(
    file: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Event logs (paths, globs, URLs; .gz .bz2 .xz .zst).")
    ],
    event: Annotated[list[str] | None, typer.Option("--event", "-e", help="Only this event; repeatable.")] = None,
    output: Output = None,
    rows: Rows = _tables.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the events of a log, one row per event in the order of arrival.

    Example: amiframe events show night.log.gz -e Hangup -o hangups.parquet
    """
    validate_outputs(None, None, output)
    frame = af.read_events(file if len(file) > 1 else file[0], events=event or None, encoding=encoding)
    emit(frame, _columns.EVENTS, row_count(frame, "event", "events"), output, rows)
    if not frame.attrs["amiframe"]["fetched_complete"]:
        warn("the last record of the log is cut off")
