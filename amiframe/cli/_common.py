"""What commands share: their options, the way to a PBX, and what becomes of a frame."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

import amiframe as af
from amiframe import settings
from amiframe.cli import _output, _tables
from amiframe.cli._tables import View, text
from amiframe.schema.actions import is_read

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
def connected(
    target: str | None, username: str | None, interface: str | None, timeout: float | None
) -> Iterator[af.Pbx]:
    """Give the PBX that the options name; prompts for the secret at a terminal if no setting provides it."""
    secret = prompted_secret(target)
    with af.connect(target, username=username, secret=secret, interface=interface, timeout=timeout) as pbx:
        yield pbx


def prompted_secret(target: str | None) -> settings.Secret | None:
    """Return a secret typed at a terminal if no setting provides it; else None."""
    if sys.stdin.isatty() and settings.lacks_secret(target):
        return settings.Secret(getpass.getpass("secret: "))  # never an option: the list of processes shows those
    return None


def validate_outputs(file: str | None, target: str | None, output: list[str] | None) -> None:
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


def confirm(action: str, fields: list[tuple[str, str]], what: str, yes: bool) -> None:
    """Ask before what may change something; without a terminal to ask on, it needs --yes."""
    if yes or is_read(action, fields):
        return
    if not sys.stdin.isatty():
        raise af.ConfigError(f"to {what} needs --yes where nobody can be asked")
    typer.confirm(f"{what[0].upper()}{what[1:]}?", abort=True)


def emit(
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
        echo(f"wrote {text(dest)}", style="dim")


def echo(words: str, *, style: str | None = None) -> None:
    """Print words, with nothing in them that a terminal would obey."""
    lines = "\n".join(map(text, words.split("\n")))
    Console(highlight=False).print(lines, style=style, markup=False, soft_wrap=True)


def warn(words: str) -> None:
    """Print words on stderr."""
    Console(stderr=True, highlight=False).print(text(words), style="yellow", markup=False, soft_wrap=True)


def row_count(frame: pd.DataFrame, one: str, many: str) -> str:
    """Return how many rows of what there are, and where they come from."""
    about = frame.attrs.get("amiframe", {})
    moment = f"{about['fetched'][:19].replace('T', ' ')} UTC" if about.get("fetched") else None
    origin = ", ".join(filter(None, (about.get("source") or about.get("pbx"), moment)))
    return f"{len(frame)} {one if len(frame) == 1 else many}{f'  ({origin})' if origin else ''}"
