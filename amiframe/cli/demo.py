"""The first minute: a guided tour of the embedded PBX, and the embedded PBX as a server."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console

import amiframe as af
from amiframe.capture import file_format
from amiframe.cli import _columns, _output, _tables
from amiframe.cli._common import echo
from amiframe.cli._tables import View, text, value
from amiframe.cli.actions import one_row
from amiframe.cli.app import Group, app
from amiframe.settings import INTERFACES

if TYPE_CHECKING:
    from amiframe.demo.replay import Replay

_ROWS = 10
_CALLED, _EXTEN, _CONTEXT = "PJSIP/100", "200", "outgoing"
_ACTION = "QueuePause"
_RING_S, _TALK_S, _LATE_S = 12.0, 1.0, 0.4
_TABLES = ("CoreShowChannels", "PJSIPShowEndpoints")
_FOLDER = "amiframe-demo"
_EVENTS = (
    View("time (UTC)", lambda row: text(row.get("amf_time"))[11:], least=8),
    value("event", least=16),
    View("channel", lambda row: text(row.get("channel")) or text(row.get("destchannel")), least=12),
    View("details", lambda row: _details(row), least=20),
)
_DETAILS = (("cause", "cause_txt"), ("dialstatus",), ("dialstring",), ("channelstatedesc", "exten"))
_ARGUMENTS = (
    *(view for view in _columns.ARGUMENTS if view.title in ("argument", "required")),
    View("description", lambda row: text(" ".join(str(row["description"]).split())), least=20),
)
_SHOWN = ("Status", "QueueStatus", "PJSIPShowEndpoints", "Originate", "Hangup", "Command")

demo_app = typer.Typer(cls=Group, help="The first minute: a tour of an embedded PBX; 'demo serve' keeps one running.")
app.add_typer(demo_app, name="demo")


@demo_app.callback(invoke_without_command=True)
def demo(
    ctx: typer.Context,
    folder: Annotated[str, typer.Option("--folder", metavar="FOLDER", help="Where the tables are kept.")] = _FOLDER,
) -> None:
    """Take a tour: an embedded PBX, its channels, actions and a call as tables, kept as CSV and Parquet.

    Example: amiframe demo
    """
    if ctx.invoked_subcommand is None:
        _tour(Path(folder))


@demo_app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.", min=0, max=65535)] = 8088,
    seed: Annotated[int, typer.Option(help="Where its chance begins.")] = 1,
    speed: Annotated[float, typer.Option(help="How fast its clock runs: 60 is an hour in a minute.", min=0.0)] = 1.0,
    replay: Annotated[
        str | None, typer.Option(metavar="FILE", help="Answer with what 'amiframe capture' recorded, and nothing else.")
    ] = None,
) -> None:
    """Run the embedded PBX until Ctrl-C, for whatever speaks AMI over HTTP. It answers this machine only.

    Example: amiframe demo serve --port 8088
    """
    from amiframe.demo.server import Demo, users  # brings a web server, which the other commands do without

    recorded = _recorded(replay) if replay else None
    accounts = users(os.environ.get("AMIFRAME_SECRET"))
    try:
        with Demo(accounts, port=port, seed=seed, speed=speed, replay=recorded) as pbx:
            echo(f"an embedded PBX answers at {pbx.url} (this machine only), until Ctrl-C")
            echo(f"export AMIFRAME_URL={pbx.url} AMIFRAME_USERNAME=demo AMIFRAME_SECRET={pbx.secret('demo')}")
            for name in ("monitor", "caller"):
                echo(f"the account {name} has the secret {pbx.secret(name)}", style="dim")
            sys.stdout.flush()
            threading.Event().wait()
    except KeyboardInterrupt:
        echo("closed")  # how one ends it is no failure


def _recorded(file: str) -> Replay:
    from amiframe.demo.replay import Replay

    exchanges, about = file_format.load(file)
    asked = dict.fromkeys(" ".join([one.path, *(value for _, value in one.fields)]) for one in exchanges)
    echo(f"{len(exchanges)} answers of {text(file)}, taken {text(about.get('taken'))}: {', '.join(asked)}", style="dim")
    return Replay(exchanges)


# --- the tour ---------------------------------------------------------------------------------------------------------


def _tour(folder: Path) -> None:
    from amiframe.demo import shared

    console = Console(highlight=False)
    kept: dict[str, pd.DataFrame] = {}
    echo("amiframe: Asterisk's Manager Interface over HTTP as tables", style="bold")
    echo("An embedded PBX in this process plays a small call centre; everything in it is invented.", style="dim")
    running = shared.running()
    with af.connect("demo") as pbx:
        _step(1, "Does it answer?", "ping")
        answer = pbx.ping()
        echo(f"{answer.pbx} answers in {answer.latency_s * 1000:.1f} ms")

        _step(2, "Which channels are up?", "status")
        kept["status"] = pbx.status()
        _print(console, kept["status"], _columns.STATUS, "channels", _ROWS)

        _step(3, "What may this account do?", "commands")
        kept["commands"] = pbx.commands()
        some = kept["commands"][kept["commands"]["action"].isin(_SHOWN)]
        _tables.print_table(console, some, _columns.COMMANDS, title=f"{len(kept['commands'])} actions, some of them:")

        _step(4, f"What does {_ACTION} take?", f"describe {_ACTION}")
        doc = pbx.describe(_ACTION)
        echo(f"{doc.action}: {doc.synopsis}  (needs one of: {', '.join(doc.privileges)})")
        kept["arguments"] = doc.frame()
        _print(console, kept["arguments"], _ARGUMENTS, "arguments", 0)

        _step(5, "Make a call", f"originate {_CALLED} --exten {_EXTEN} --context {_CONTEXT}")
        made, kept["events"] = _call(pbx)
        kept["call"] = one_row(made)
        because = f", cause {made.cause} {made.cause_txt}" if made.cause else ""
        echo(f"{made.outcome}: {made.channel}{because}")

        _step(6, "What happened in that call?", "watch --mask call")
        _print(console, kept["events"], _EVENTS, "events", 12)
        kept |= pbx.tables("QueueStatus")

        _step(7, "The same table from every interface", None)
        with running.standing_still():  # a second between two questions would be a difference
            frames = {name: dict(_asked(name)) for name in INTERFACES}
        echo(f"4 interfaces ({', '.join(INTERFACES)}), {compared(frames)} cells equal")

        _step(8, "Kept", None)
        for name, frame in kept.items():
            for suffix in ("csv", "parquet"):
                _output.write(frame, str(_made(folder) / f"{_file(name)}.{suffix}"))
        names = ", ".join(_file(name) for name in kept)
        echo(f"in {folder}/, each as .csv and .parquet:\n  {names}")
    me = _program()
    echo("")
    echo("Now type:", style="bold")
    for command, what in (
        ("table QueueStatus -t demo", "any list action"),
        ("watch -t demo --seconds 20", "events as they come"),
        ("demo serve --port 8088", "a PBX for curl, Python, Jupyter"),
    ):
        echo(f"  {me} {command:<28} {what}")


def _step(number: int, title: str, command: str | None) -> None:
    echo("")
    echo(f"{number}. {title}{f'   amiframe {command} -t demo' if command else ''}", style="bold cyan")


def _print(console: Console, frame: pd.DataFrame, columns: tuple[View, ...], what: str, rows: int) -> None:
    """Print the head of a table; all of it is kept in the files."""
    shown = len(frame) if rows == 0 else min(rows, len(frame))
    title = f"{len(frame)} {what}" if shown == len(frame) else f"{len(frame)} {what}, the first {shown}:"
    _tables.print_table(console, frame.head(shown), columns, title=title, rows=0)


def _details(row: dict[Any, Any]) -> str:
    """Return what an event of a call tells that is new."""
    details = ([f"{name}={text(row[name])}" for name in names if text(row.get(name))] for names in _DETAILS)
    return "  ".join(next(filter(None, details), []))


def _call(pbx: af.Pbx) -> tuple[af.Origination, pd.DataFrame]:
    """Make a call, hang it up, and return what became of it with the events that tell it."""
    planned = pbx.originate(_CALLED, exten=_EXTEN, context=_CONTEXT, dry_run=True)
    event_frames: list[pd.DataFrame] = []

    def is_end(event: af.Message) -> bool:
        return event.name == "Hangup" and event.get("Uniqueid") == planned.uniqueid

    listener = threading.Thread(
        target=lambda: event_frames.append(pbx.events(_RING_S + _TALK_S + 3, until=is_end, mask="call")), daemon=True
    )
    listener.start()
    time.sleep(_LATE_S)  # it has to be logged in first
    made = pbx.originate(
        _CALLED, exten=_EXTEN, context=_CONTEXT, callerid='"Tour" <100>', ring_timeout=_RING_S,
        channelid=planned.uniqueid, wait=_RING_S,
    )  # fmt: skip
    if made.outcome == "answered" and made.channel:
        time.sleep(_TALK_S)
        pbx.hangup(made.channel, cause=16)
    listener.join()
    if not event_frames:
        return made, pd.DataFrame()
    events = event_frames[0]
    mine = events["linkedid"].eq(made.uniqueid) | events.get("destlinkedid", events["linkedid"]).eq(made.uniqueid)
    return made, events[mine.fillna(False)].reset_index(drop=True).pipe(_like, events)


def _like(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return a part of a frame with the provenance of the whole."""
    part.attrs.update(whole.attrs)
    return part


def _asked(interface: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Ask one interface all that is compared."""
    with af.connect("demo", interface=interface) as pbx:
        yield "status", pbx.status(all_variables=True)
        yield "info", pbx.info()
        yield "commands", pbx.commands()
        yield "arguments", pbx.arguments(progress=False)
        yield from ((name, pbx.table(name)) for name in _TABLES)
        yield from pbx.tables("QueueStatus").items()


def compared(frames: Mapping[str, Mapping[str, pd.DataFrame]]) -> int:
    """Compare frames of several interfaces: columns, types, every cell but the moment when it was asked.

    Returns
    -------
    int
        How many cells are equal, of one interface.

    Raises
    ------
    ParseError
        One is not.
    """
    (first, one), *others = frames.items()
    cells = 0
    for table, frame in one.items():
        for name, other in others:
            _compare(f"{table} of {first} and {name}", frame, other[table])
        cells += frame.drop(columns="amf_fetched", errors="ignore").size
    return cells


def _compare(what: str, one: pd.DataFrame, other: pd.DataFrame) -> None:
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        raise af.ParseError(f"{what}: other columns or rows")
    for name in one.columns:
        if name == "amf_fetched":
            continue
        same = one[name].dtype == other[name].dtype and repr(one[name].tolist()) == repr(other[name].tolist())
        if not same:
            raise af.ParseError(f"{what}: {name} differs")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _file(name: str) -> str:
    return {"QueueParams": "queues", "QueueMember": "members", "QueueEntry": "waiting"}.get(name, name)


def _program() -> str:
    """Return how this command is typed here."""
    name = sys.argv[0]
    if shutil.which("amiframe") or not name.endswith("amiframe"):
        return "amiframe"
    return os.path.relpath(name)
