"""The command that makes the weekly page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import amiframe as af
from amiframe import settings
from amiframe.cli._common import Encoding, echo, warn
from amiframe.cli.app import app
from amiframe.cli.queues import Logs, Rule, Short, Threshold
from amiframe.timeutil.windows import Window


def chosen_window(begin: str | None, end: str | None, yesterday: bool, last: str | None, tz: str) -> Window | None:
    """Return the window that the options name; None when they name none.

    Raises
    ------
    ConfigError
        They name several, or half of one.
    """
    ways = [bool(begin or end), yesterday, last is not None]
    if sum(ways) > 1:
        raise af.ConfigError("several periods given", hint="one of --from and --to, --yesterday, --last 7d")
    if yesterday:
        return Window.yesterday(tz)
    if last is not None:
        return Window.last(last, tz)
    if begin is None and end is None:
        return None
    if begin is None or end is None:
        raise af.ConfigError("a period needs both --from and --to", hint="--from 2026-11-16 --to 2026-11-22")
    return Window.between(begin, end, tz)


From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, 2026-11-16 (or a time).")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day (or the time at which it ends).")]
Yesterday = Annotated[bool, typer.Option("--yesterday", help="The day before today.")]
Last = Annotated[str | None, typer.Option("--last", metavar="SPAN", help="Whole days, weeks or hours: 7d, 1w, 24h.")]
Mask = Annotated[str | None, typer.Option("--mask", metavar="HOW", help="Callers: last4 or hash.")]


@app.command()
def report(
    files: Logs,
    out: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The page: FILE.html.")] = "report.html",
    tables: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write the tables (CSV, Parquet) and charts (PNG), too; or FILE.xlsx: one workbook."
        ),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: en or ru.")] = "en",
    begin: From = None,
    end: To = None,
    yesterday: Yesterday = False,
    last: Last = None,
    tz: Annotated[
        str | None, typer.Option("--tz", help="Zone in which days begin (default: the profile's, else UTC).")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="A profile, for its zone.")] = None,
    title: Annotated[str | None, typer.Option(help="Headline of the page.")] = None,
    aim: Annotated[float, typer.Option("--aim", help="Service level that is aimed at, in per cent.")] = 80,
    threshold: Threshold = 20,
    short: Short = 5,
    rule: Rule = "offered",
    trunk: Annotated[
        list[str] | None, typer.Option(help="With --events: pattern of the endpoints that lead outside; repeatable.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Event logs of the same time: who called back; repeatable.")
    ] = None,
    mask: Mask = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Make the weekly page of queues, agents and lost callers: one HTML file that needs nothing else.

    Example: amiframe report /var/log/asterisk/queue_log* --last 1w --tz Europe/Moscow --lang ru -o week.html
    """
    if not out.lower().endswith((".html", ".htm")):
        raise af.ConfigError(f"the page is HTML, not {out!r}", hint="a name that ends in .html")
    zone = tz or (settings.explain(target).settings["timezone"].value if target else None) or "UTC"
    window = chosen_window(begin, end, yesterday, last, zone)
    log = af.read_queue_log(files if len(files) > 1 else files[0], encoding=encoding)
    calls = None
    if events:
        if not trunk:
            raise af.ConfigError("who called back is known by the trunks", hint="--trunk 'PJSIP/trunk-*'")
        calls = af.calls(af.read_events(events, encoding=encoding), trunks=trunk)
    made = af.report(
        log,
        calls=calls,
        start=window.start.isoformat() if window else None,
        end=window.end.isoformat() if window else None,
        tz=zone,
        lang=lang,
        title=title,
        target=aim / 100,
        threshold_s=threshold,
        short_s=short,
        rule=rule,
        mask=mask,
    )
    made.save(out)
    echo(f"wrote {out}  ({made.window})", style="dim")
    if tables is not None and tables.suffix.lower() == ".xlsx":
        for note in af.to_excel(made.tables, tables, tz=zone):
            warn(note)
        echo(f"wrote {tables}", style="dim")
    elif tables is not None:
        echo(f"wrote {len(made.save_tables(tables))} files to {tables}", style="dim")
    if not int(made.tables["total"]["offered"].iloc[0]):
        warn("no calls in this period: is it the right log, the right period?")
