"""The application: which module has which command, and what becomes of errors.

A command's module is imported when the command is asked for, so that ``--version`` takes no time and a command needs
only what it uses.
"""

from __future__ import annotations

import importlib
import os
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from amiframe._version import __version__
from amiframe.cli import exit_codes
from amiframe.errors import AmiframeError

MODULES = {
    "demo": "demo",
    "doctor": "doctor",
    "profiles": "profiles",
    "ping": "queries",
    "info": "queries",
    "status": "queries",
    "commands": "queries",
    "describe": "queries",
    "arguments": "queries",
    "table": "queries",
    "cli": "queries",
    "watch": "actions",
    "action": "actions",
    "originate": "actions",
    "snapshot": "snapshots",
    "compare": "snapshots",
    "findings": "snapshots",
    "check": "check",
    "audit": "audit",
    "events": "queries",
    "calls": "calls",
    "queues": "queues",
    "sla": "queues",
    "report": "report",
    "job": "job",
    "capture": "capture",
}
"""Module of each command, in the order in which one meets a PBX."""


class Group(TyperGroup):
    """A group of commands whose help cuts no sentence short."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the first sentence of each command, over two lines where one is too short."""
        commands = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(limit=200)) for name, command in commands if not command.hidden]
            )


class _Commands(Group):
    """All commands, imported one by one; what they raise becomes a line on stderr and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the library's signature
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in MODULES:
            return None
        if cmd_name not in self.commands:
            importlib.import_module(f"amiframe.cli.{MODULES[cmd_name]}")
            self.commands.update(typer.main.get_group(app).commands)
        return self.commands[cmd_name]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # "| head": the library ends quietly
        except (AmiframeError, OSError, KeyboardInterrupt) as error:
            if ctx.params.get("verbose"):
                traceback.print_exception(error)
            else:
                typer.echo(f"amiframe: {_printable(error)}", err=True)
            ctx.exit(exit_codes.code_of(error))


def _printable(error: BaseException) -> str:
    from amiframe.cli._tables import text  # the server's own words may be in it

    return "\n".join(map(text, _message(error).split("\n")))


def _message(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {os.fspath(error.filename)}"
    return str(error) or type(error).__name__


app = typer.Typer(
    cls=_Commands,
    help="Asterisk's Manager Interface over HTTP as tables: live from a PBX, or from saved answers and logs.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"amiframe {__version__}")
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
