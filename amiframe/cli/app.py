"""The application that the commands hang on: options, the way to a PBX, what becomes of frames and of errors."""

from __future__ import annotations

import getpass
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from typer.core import TyperGroup

import amiframe as af
from amiframe import settings
from amiframe.cli import _output, _tables, exit_codes
from amiframe.cli._tables import View, text
from amiframe.schema.actions import is_read

_ORDER = (
    "demo", "doctor", "profiles", "ping", "info", "status", "commands", "describe", "arguments", "table", "cli",
    "watch", "action", "originate", "snapshot", "compare", "findings", "check", "audit", "events", "calls", "queues",
    "sla", "report", "job", "capture",
)  # fmt: skip


class Group(TyperGroup):
    """A group of commands whose help cuts no sentence short."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the first sentence of each command, over two lines where one is too short."""
        names = self.list_commands(ctx)
        found = [(name, command) for name in names if (command := self.get_command(ctx, name)) and not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(limit=200)) for name, command in found])


class _Group(Group):
    """The group of all commands: what they raise becomes a line on stderr and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order in which one meets a PBX; what has no place in it comes last."""
        return sorted(super().list_commands(ctx), key=lambda name: (*_ORDER, name).index(name))

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
            ctx.exit(exit_codes.code_of(error))


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
    cls=Group, help="Event logs: what WaitEvent answered, or a log of the TCP interface.", no_args_is_help=True
)
app.add_typer(events_app, name="events")

File = Annotated[str | None, typer.Argument(metavar="FILE", help="Saved answer (path, glob, URL; .gz .bz2 .xz .zst).")]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", "-t", metavar="PBX", help="A live PBX: http://pbx:8088, a profile, or demo (default: AMIFRAME_URL)."
    ),
]
Username = Annotated[
    str | None,
    typer.Option("--username", "-u", metavar="NAME", help="Manager account (default: AMIFRAME_USERNAME)."),
]
Interface = Annotated[
    str | None,
    typer.Option("--interface", "-i", metavar="PATH", help="rawman, mxml, arawman or amxml (default: rawman)."),
]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Seconds that a call to the PBX may take (default: 30).")
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write .csv, .parquet, .json or .xlsx; - is CSV on stdout. Repeatable."
    ),
]
Rows = Annotated[int, typer.Option(metavar="N", help="Rows to print; 0 prints all.", min=0)]
Encoding = Annotated[
    str, typer.Option(metavar="NAME", help="Encoding of the texts in the file (utf-8, cp1251, latin-1).")
]


@contextmanager
def live(target: str | None, username: str | None, interface: str | None, timeout: float | None) -> Iterator[af.Pbx]:
    """Give the PBX that the options name; asks for the secret at a terminal, if no place keeps it."""
    secret = given_secret(target)
    with af.connect(target, username=username, secret=secret, interface=interface, timeout=timeout) as pbx:
        yield pbx


def given_secret(target: str | None) -> settings.Secret | None:
    """Return a secret that was typed at a terminal, if no place keeps it; else None."""
    if sys.stdin.isatty() and settings.lacks_secret(target):
        return settings.Secret(getpass.getpass("secret: "))  # never an option: the list of processes shows those
    return None


def before(file: str | None, target: str | None, output: list[str] | None) -> None:
    """Refuse what cannot work before a PBX is asked or a file is read."""
    for dest in output or []:
        _output.check(dest)
    if file and target:
        raise af.ConfigError("both a file and a target given", hint="leave one of them out")


def fields_of(given: list[str] | None) -> list[tuple[str, str]]:
    """Return NAME=VALUE arguments as pairs.

    Examples
    --------
    >>> fields_of(["Queue=sales", "Note=a=b"])
    [('Queue', 'sales'), ('Note', 'a=b')]
    """
    pairs = []
    for argument in given or []:
        name, equals, value = argument.partition("=")
        if not (name and equals):
            raise af.ConfigError(f"{argument!r} is no field", hint="NAME=VALUE, for example Queue=sales")
        pairs.append((name, value))
    return pairs


def sure(action: str, fields: list[tuple[str, str]], what: str, yes: bool) -> None:
    """Ask before what may change something; without a terminal to ask on, it needs --yes."""
    if yes or is_read(action, fields):
        return
    if not sys.stdin.isatty():
        raise af.ConfigError(f"to {what} needs --yes where nobody can be asked")
    typer.confirm(f"{what[0].upper()}{what[1:]}?", abort=True)


def hand_out(
    frame: pd.DataFrame,
    views: Sequence[View],
    title: str,
    output: list[str] | None,
    rows: int,
    *,
    printed: pd.DataFrame | None = None,
) -> None:
    """Write a frame where it was asked for, and print it (or `printed` in its place), unless stdout is taken by CSV."""
    for dest in output or []:
        for note in _output.write(frame, dest):
            warn(f"{dest}: {note}")
    if "-" in (output or []):
        return
    if views:
        console = Console(highlight=False)
        _tables.print_table(console, frame if printed is None else printed, views, title=title, rows=rows)
    for dest in output or []:
        say(f"wrote {text(dest)}", style="dim")


def say(words: str, *, style: str | None = None) -> None:
    """Print words, with nothing in them that a terminal would obey."""
    lines = "\n".join(map(text, words.split("\n")))
    Console(highlight=False).print(lines, style=style, markup=False, soft_wrap=True)


def warn(words: str) -> None:
    """Print words on stderr."""
    Console(stderr=True, highlight=False).print(text(words), style="yellow", markup=False, soft_wrap=True)


def counted(frame: pd.DataFrame, one: str, many: str) -> str:
    """Return how many rows of what there are, and where they come from."""
    about = frame.attrs.get("amiframe", {})
    moment = f"{about['fetched'][:19].replace('T', ' ')} UTC" if about.get("fetched") else None
    told = ", ".join(filter(None, (about.get("source") or about.get("pbx"), moment)))
    return f"{len(frame)} {one if len(frame) == 1 else many}{f'  ({told})' if told else ''}"


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
