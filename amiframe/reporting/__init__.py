"""The weekly page: what became of callers, as one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from amiframe._deprecated import renamed
from amiframe.errors import ConfigError
from amiframe.export import atomic_write
from amiframe.export.tables import to_csv, to_parquet
from amiframe.privacy.redaction import redact as redacted
from amiframe.read import read_queue_log
from amiframe.reporting.charts import Chart
from amiframe.reporting.charts import charts as all_charts
from amiframe.reporting.data import Rule, compute
from amiframe.reporting.locales import Locale
from amiframe.reporting.weekly_page import page
from amiframe.timeutil.windows import Window
from amiframe.timeutil.zones import zone

__all__ = ["Report", "report"]


@dataclass(frozen=True)
class Report:
    """A page, and the tables on it.

    Parameters
    ----------
    html : str
        The page: one file without scripts that loads nothing from elsewhere.
    tables : dict of DataFrame
        ``queues`` (a row for each queue and day), ``total``, ``rules``, ``lost``, ``agents``, ``visits``.
    window : str
        From when to when, ISO 8601.
    charts : dict of bytes
        The charts as PNG, by name.
    charts : dict of bytes
        PNG images by their names.
    """

    html: str = field(repr=False)
    tables: dict[str, pd.DataFrame] = field(repr=False)
    window: str
    charts: dict[str, bytes] = field(repr=False, default_factory=dict)

    def save(self, dest: str | Path) -> None:
        """Write the page to a path or an fsspec URL; never half of it."""
        atomic_write.save_bytes(dest, self.html.encode("utf-8"))

    def save_tables(self, folder: str | Path) -> list[Path]:
        """Write tables as CSV (with side-cars) and Parquet, charts as PNG, into a folder; return the files."""
        where = Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        saved = []
        for name, table in self.tables.items():
            for suffix, write in ((".csv", to_csv), (".parquet", to_parquet)):
                write(table, where / f"{name}{suffix}")
                saved.append(where / f"{name}{suffix}")
        for name, data in self.charts.items():
            path = where / f"{name}.png"
            atomic_write.save_bytes(path, data)
            saved.append(path)
        return saved


@renamed(gone_in="0.3", mask="redact", target="goal")
def report(
    log: Any,
    *,
    calls: pd.DataFrame | None = None,
    start: str | None = None,
    end: str | None = None,
    tz: str = "UTC",
    lang: str = "en",
    title: str | None = None,
    goal: float = 0.8,
    threshold_s: float = 20,
    short_s: float = 5,
    short: str = "exclude",
    rule: str = "offered",
    redact: str | None = None,
    charts: bool = True,
) -> Report:
    """Make the weekly page of queues, agents and lost callers.

    Parameters
    ----------
    log : str, path-like, list or DataFrame
        A queue_log: what :func:`read_queue_log` reads, or a frame of it; or a frame of events. It should cover more
        than the period: the page compares with the week before, and lost callers may have come back after the period.
    calls : DataFrame, optional
        Of :func:`calls`, made with ``trunks=``: shows who called lost callers back.
    start, end : str, optional
        First and last day, ``2026-11-16`` and ``2026-11-22``, or times (then `end` is the first moment after the
        period). Default: the week from Monday in which the log ends.
    tz : str
        Zone in which days begin.
    lang : str
        ``en`` or ``ru``.
    title : str, optional
        Headline of the page.
    goal : float
        Goal of the service level, 0 to 1.
    threshold_s, short_s, short, rule
        How calls are counted: as in :func:`metrics.queue_summary`.
    redact : str, optional
        ``last4`` or ``hash``: callers as in :func:`redact`.
    charts : bool
        Draw the charts, which takes most of the time.

    Returns
    -------
    Report
        ``.save("week.html")`` writes the page, ``.tables`` has its numbers as frames.

    Raises
    ------
    ConfigError
        A language, zone, rule or day that there is not; a frame that is no log.
    ParseError
        The file is no queue_log.

    Examples
    --------
    >>> week = af.report(af.sample("queue_log"), tz="Europe/Berlin", lang="ru", charts=False)
    >>> week.window, int(week.tables["total"]["offered"][0])
    ('2026-11-16T00:00:00+01:00/2026-11-23T00:00:00+01:00', 977)
    """
    locale = Locale(lang)
    zone(tz)
    counting = Rule(goal=goal, threshold_s=threshold_s, short_s=short_s, short=short, rule=rule)
    window = None
    if start is not None or end is not None:
        if start is None or end is None:
            raise ConfigError("a period needs both of its ends", hint="start='2026-11-16', end='2026-11-22'")
        window = Window.between(start, end, tz)
    if not isinstance(log, pd.DataFrame):
        log = read_queue_log(log)
    numbers = compute(log, calls, window, tz, counting)
    if redact is not None:
        numbers = numbers.redacted(lambda frame: redacted(frame, redact))
    drawn = all_charts(numbers, lang) if charts else []
    html = page(numbers, drawn, locale, title, is_redacted=redact is not None)
    return Report(html=html, tables=numbers.tables(), window=numbers.window.text(), charts=_pngs(drawn))


def _pngs(drawn: list[Chart] | None) -> dict[str, bytes]:
    return {chart.name: chart.wide.png for chart in drawn or []}
