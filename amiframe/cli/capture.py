"""The command that keeps what a PBX answers in a file that may be shown."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

import amiframe as af
from amiframe.capture.record import capture as take
from amiframe.cli._common import Interface, Target, Timeout, Username, connected, echo, fields_of
from amiframe.cli._tables import text
from amiframe.cli.app import app


@app.command()
def capture(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="File to write, .jsonl.")],
    action: Annotated[
        str | None, typer.Argument(metavar="ACTION", help="An action that only reads; default: a usual set.")
    ] = None,
    field: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Its fields.")] = None,
    target: Target = None,
    username: Username = None,
    interface: Interface = None,
    timeout: Timeout = None,
) -> None:
    """Keep what a PBX answers, by text and by XML, with numbers, names, addresses and secrets replaced.

    For a bug report: 'amiframe demo serve --replay FILE' answers the same offline. Look through the file before you
    send it: what people wrote into free text nobody can know.

    Example: amiframe capture -t http://pbx:8088 -u monitor -o report.jsonl
    """
    if not output.endswith((".jsonl", ".json")):
        raise af.ConfigError(f"no format for {output!r}", hint="a name that ends in .jsonl")
    with connected(target, username, interface, timeout) as pbx:
        made = take(pbx, output, [(action, fields_of(field))] if action else None)
    for path, count in Counter(one.path for one in made if one.error is None).items():
        echo(f"{count} answers of {path}")
    for one in made:
        if one.error is not None:
            echo(f"{one.fields[0][1]} at {one.path}: {one.error}", style="yellow")
    echo(f"wrote {text(output)}; look through it before you send it", style="dim")
