"""The command that makes the weekly page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import amiframe as af
from amiframe.cli._common import Encoding, echo, warn
from amiframe.cli.app import app
from amiframe.cli.queues import Logs, Rule, Short, Threshold
from amiframe.settings import timezone_of
from amiframe.timeutil.windows import Window


def window_text(begin: str | None, end: str | None, yesterday: bool, last: str | None) -> str | None:
    """Return the window that the options name, as :meth:`Window.parse` takes it; None when they name none.

    Raises
    ------
    ConfigError
        They name several, or half of one.

    Examples
    --------
    >>> window_text("2026-11-16", "2026-11-22", False, None), window_text(None, None, True, None)
    ('2026-11-16/2026-11-22', 'yesterday')
    """
    if sum([bool(begin or end), yesterday, last is not None]) > 1:
        raise af.ConfigError("several periods given", hint="one of --from and --to, --yesterday, --last 7d")
    if (begin is None) != (end is None):
        raise af.ConfigError("a period needs both --from and --to", hint="--from 2026-11-16 --to 2026-11-22")
    return "yesterday" if yesterday else f"{begin}/{end}" if begin is not None else last


def redact_option(redact: str | None, mask: str | None) -> str | None:
    """Return how personal data is redacted; ``--mask``, the old name, still works until 0.3."""
    if mask is None:
        return redact
    if redact is not None:
        raise af.ConfigError("--mask is the old name of --redact, and both are given")
    warn("--mask is --redact now; the old name goes in 0.3")
    return mask


From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, 2026-11-16 (or a time).")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day (or the time at which it ends).")]
Yesterday = Annotated[bool, typer.Option("--yesterday", help="The day before today.")]
Last = Annotated[str | None, typer.Option("--last", metavar="SPAN", help="Whole days, weeks or hours: 7d, 1w, 24h.")]
Redact = Annotated[
    str | None, typer.Option("--redact", metavar="HOW", help="Numbers and names of people: last4 or hash.")
]
Mask = Annotated[str | None, typer.Option("--mask", hidden=True)]


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
    goal: Annotated[
        float | None, typer.Option("--goal", help="Service level that is aimed at, in per cent (default: 80).")
    ] = None,
    aim: Annotated[float | None, typer.Option("--aim", hidden=True)] = None,
    threshold: Threshold = 20,
    short: Short = 5,
    rule: Rule = "offered",
    trunk: Annotated[
        list[str] | None, typer.Option(help="With --events: pattern of the endpoints that lead outside; repeatable.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Event logs of the same time: who called back; repeatable.")
    ] = None,
    redact: Redact = None,
    mask: Mask = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Make the weekly page of queues, agents and lost callers: one HTML file that needs nothing else.

    Example: amiframe report /var/log/asterisk/queue_log* --last 1w --tz Europe/Moscow --lang ru -o week.html
    """
    if not out.lower().endswith((".html", ".htm")):
        raise af.ConfigError(f"the page is HTML, not {out!r}", hint="a name that ends in .html")
    if aim is not None:
        if goal is not None:
            raise af.ConfigError("--aim is the old name of --goal, and both are given")
        warn("--aim is --goal now; the old name goes in 0.3")
        goal = aim
    zone = tz or timezone_of(target) or "UTC"
    period = window_text(begin, end, yesterday, last)
    window = None if period is None else Window.parse(period, zone)
    log = af.read_queue_log(files if len(files) > 1 else files[0], encoding=encoding)
    calls = None
    if events:
        if not trunk:
            raise af.ConfigError("who called back is known by the trunks", hint="--trunk 'PJSIP/trunk-*'")
        calls = af.calls(af.read_events(events, encoding=encoding), trunks=trunk)
    weekly = af.report(
        log,
        calls=calls,
        start=window.start.isoformat() if window else None,
        end=window.end.isoformat() if window else None,
        tz=zone,
        lang=lang,
        title=title,
        goal=(80 if goal is None else goal) / 100,
        threshold_s=threshold,
        short_s=short,
        rule=rule,
        redact=redact_option(redact, mask),
    )
    weekly.save(out)
    echo(f"wrote {out}  ({weekly.window})", style="dim")
    if tables is not None and tables.suffix.lower() == ".xlsx":
        for note in af.to_excel(weekly.tables, tables, tz=zone):
            warn(note)
        echo(f"wrote {tables}", style="dim")
    elif tables is not None:
        echo(f"wrote {len(weekly.save_tables(tables))} files to {tables}", style="dim")
    if not int(weekly.tables["total"]["offered"].iloc[0]):
        warn("no calls in this period: is it the right log, the right period?")
