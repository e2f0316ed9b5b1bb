"""The commands, and what becomes of their errors."""

from __future__ import annotations

import getpass
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from typer.core import TyperGroup

import amiframe as af
from amiframe.cli import exits, show, write
from amiframe.cli.show import View, minutes, party, text, value


class _Group(TyperGroup):
    """The group of all commands: what they raise becomes a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # "| head" is no error: the library ends quietly
        except (af.AmiframeError, OSError, KeyboardInterrupt) as error:
            if ctx.params.get("verbose"):
                traceback.print_exception(error)
            else:
                typer.echo(f"amiframe: {_told(error)}", err=True)
            ctx.exit(exits.code_of(error))


def _told(error: BaseException) -> str:
    # the server's own words may be in it
    return "\n".join(map(text, _words(error).split("\n")))


def _words(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {os.fspath(error.filename)}"
    return str(error) or type(error).__name__


app = typer.Typer(
    cls=_Group,
    help="Asterisk's Manager Interface over HTTP as tables: live from a PBX, or from saved answers and logs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
events_app = typer.Typer(
    help="Event logs: what WaitEvent answered, or a log of the TCP interface.", no_args_is_help=True
)
app.add_typer(events_app, name="events")

File = Annotated[str | None, typer.Argument(metavar="FILE", help="Saved answer (path, glob, URL; .gz .bz2 .xz .zst).")]
Target = Annotated[
    str | None, typer.Option("--target", "-t", help="Address of a live PBX: http://pbx:8088 (default: AMIFRAME_URL).")
]
Username = Annotated[str | None, typer.Option("--username", "-u", help="Manager account (default: AMIFRAME_USERNAME).")]
Interface = Annotated[str | None, typer.Option("--interface", "-i", help="rawman or mxml.")]
Timeout = Annotated[float, typer.Option(help="Seconds that a call to the PBX may take.")]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write .csv, .parquet or .json; - is CSV on stdout. Repeatable."
    ),
]
Rows = Annotated[int, typer.Option(help="Rows to print; 0 prints all.", min=0)]
Encoding = Annotated[str, typer.Option(help="Encoding of the texts in the file (utf-8, cp1251, latin-1).")]

STATUS = (
    value("channel", least=12),
    value("channelstatedesc", "state"),
    View("caller", lambda row: party(row.get("calleridnum"), row.get("calleridname")), least=8),
    View("to", lambda row: text(row.get("exten"))),
    value("application", least=5),
    View("time", lambda row: minutes(row.get("seconds")), right=True, least=5),
)
COMMANDS = (value("action", least=12), value("synopsis", least=20), value("privileges", least=10))
EVENTS = (
    value("amf_time", "time (UTC)", least=19),
    value("event", least=10),
    value("channel", least=10),
    View("details", lambda row: _details(row), least=20),
)
# what the other columns show, and what every channel event repeats of its channel
_IN_VIEW = re.compile(
    r"event|channel|privilege|timestamp|actionid|amf_.*"
    r"|(dest|localone|localtwo)?(uniqueid|linkedid|language|context|priority|channelstate|connectedline.*|accountcode)"
    r"|(dest|localone|localtwo)(channelstatedesc|callerid.*|exten)"
)


_OF_CHANNEL = ("exten", "channelstatedesc", "calleridnum", "calleridname")


def _details(row: dict[Any, Any]) -> str:
    """Return what an event tells: first what is its own, then what it repeats of its channel."""
    told = {name: text(cell) for name, cell in row.items() if not _IN_VIEW.fullmatch(name)}
    names = sorted(filter(told.get, told), key=lambda name: name in _OF_CHANNEL)
    return " ".join(f"{name}={told[name]}" for name in names)


@contextmanager
def _pbx(target: str | None, username: str | None, interface: str | None, timeout: float) -> Iterator[af.Pbx]:
    secret = os.environ.get("AMIFRAME_SECRET")
    if secret is None and (target or os.environ.get("AMIFRAME_URL")) and sys.stdin.isatty():
        secret = getpass.getpass("secret: ")  # never an option: the list of processes shows those
    with af.connect(target, username=username, secret=secret, interface=interface, timeout=timeout) as pbx:
        yield pbx


def _hand_out(frame: pd.DataFrame, views: tuple[View, ...], title: str, output: list[str] | None, rows: int) -> None:
    """Write the frame where it was asked for, and print it, unless stdout is taken by CSV."""
    for dest in output or []:
        write.write(frame, dest)
    if "-" not in (output or []):
        console = Console(highlight=False)
        show.print_table(console, frame, views, title=title, rows=rows)
        for dest in output or []:
            console.print(f"wrote {text(dest)}", style="dim", markup=False)


def _before(file: str | None, target: str | None, output: list[str] | None) -> None:
    """Refuse what cannot work before a PBX is asked or a file is read."""
    for dest in output or []:
        write.check(dest)
    if file and target:
        raise af.ConfigError("both a file and a target given", hint="leave one of them out")


def _counted(count: int, one: str, many: str, frame: pd.DataFrame) -> str:
    about = frame.attrs.get("amiframe", {})
    where = about.get("source") or about.get("pbx") or "bytes"
    moment = f", {about['fetched'][:19].replace('T', ' ')} UTC" if about.get("fetched") else ""
    return f"{count} {one if count == 1 else many}  ({where}{moment})"


@app.command()
def status(
    file: File = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = 30.0,
    channel: Annotated[str | None, typer.Option(help="One channel only (live).")] = None,
    variable: Annotated[list[str] | None, typer.Option(help="Channel variable to ask for (live); repeatable.")] = None,
    output: Output = None,
    rows: Rows = show.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the channels that are up, one row per channel.

    Example: amiframe status -t http://pbx:8088 -u monitor -o status.csv
    """
    _before(file, target, output)
    if file:
        frame = af.read_status(file, encoding=encoding)
    else:
        with _pbx(target, username, interface, timeout) as pbx:
            frame = pbx.status(channel, variables=variable)
    _hand_out(frame, STATUS, _counted(len(frame), "channel", "channels", frame), output, rows)


@app.command()
def commands(
    file: File = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = 30.0,
    output: Output = None,
    rows: Rows = show.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the actions that the account may run, with the rights that each needs.

    Example: amiframe commands -t http://pbx:8088 -u monitor
    """
    _before(file, target, output)
    if file:
        frame = af.read_commands(file, encoding=encoding)
    else:
        with _pbx(target, username, interface, timeout) as pbx:
            frame = pbx.commands()
    _hand_out(frame, COMMANDS, _counted(len(frame), "action", "actions", frame), output, rows)


@app.command()
def ping(
    target: Target = None, username: Username = None, interface: Interface = None, timeout: Timeout = 30.0
) -> None:
    """Ask whether the PBX answers, and how fast.

    Example: amiframe ping -t http://pbx:8088 -u monitor
    """
    with _pbx(target, username, interface, timeout) as pbx:
        answer = pbx.ping()
    clock = f", its clock {answer.server_time:%Y-%m-%d %H:%M:%S} UTC" if answer.server_time else ""
    told = f"{answer.pbx} answers in {answer.latency_s * 1000:.1f} ms{clock}"
    Console(highlight=False).print(told, markup=False)


@events_app.command("show")
def events_show(
    file: Annotated[list[str], typer.Argument(help="Event logs (paths, globs, URLs; .gz .bz2 .xz .zst).")],
    event: Annotated[list[str] | None, typer.Option("--event", "-e", help="Only this event; repeatable.")] = None,
    output: Output = None,
    rows: Rows = show.ROWS,
    encoding: Encoding = "utf-8",
) -> None:
    """Show the events of a log, one row per event in the order of arrival.

    Example: amiframe events show night.log.gz -e Hangup -o hangups.parquet
    """
    _before(None, None, output)
    frame = af.read_events(file if len(file) > 1 else file[0], events=event or None, encoding=encoding)
    _hand_out(frame, EVENTS, _counted(len(frame), "event", "events", frame), output, rows)
    if not frame.attrs["amiframe"]["fetched_complete"]:
        Console(stderr=True, highlight=False).print("the last record of the log is cut off", style="yellow")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"amiframe {af.__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show where an error came from.")] = False,
) -> None:
    """Take the options before the command."""


def main() -> None:
    """Run the command line."""
    app(prog_name="amiframe")
