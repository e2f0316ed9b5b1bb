"""The content of the weekly page: what its template shows, as texts in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from amiframe._version import __version__
from amiframe.analysis.metrics.queue_counts import REFUSED
from amiframe.html import Markup, element, escape, join
from amiframe.reporting.charts import Chart
from amiframe.reporting.data import Coverage, Numbers
from amiframe.reporting.locales import NONE, Locale
from amiframe.reporting.rendering import Body, Cell, Row, Table, render

FEW = 30
"""Calls; a share of fewer is written pale."""
MOST_LOST = 50
MOST_AGENTS = 100
_OTHERS = ("timeout", "leaveempty", "key", "transferred", "open")
_BY = {"1d": ("by_day", "day"), "1w": ("by_week", "week"), "1mo": ("by_month", "month")}
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Tile:
    """One number: what it is of, and how it differs from the period before."""

    name: str
    value: str
    lines: Sequence[str]
    change: tuple[str, str] | None
    is_few: bool = False


def page(numbers: Numbers, charts: list[Chart] | None, locale: Locale, title: str | None, *, is_redacted: bool) -> str:
    """Return the whole page."""
    lost, agents = numbers.lost, numbers.agents
    agents_rest = len(agents) - MOST_AGENTS
    return render(
        "page.html.j2",
        locale,
        title or locale("title"),
        period=locale.period(numbers.window.start, numbers.window.end),
        about=_about(numbers, locale),
        tiles=_tiles(numbers, locale),
        has_few_calls=any(0 < numbers.whole[name] < FEW for name in ("offered", "sl_den")),
        by=_BY[numbers.every][0],
        queues=_queues(numbers, locale) if len(numbers.days) else None,
        charts=charts,
        lost=_lost(numbers, locale) if len(lost) else None,
        lost_summary=_lost_summary(lost, locale),
        lost_rest=len(lost) - MOST_LOST,
        agents=_agents(agents, locale) if len(agents) else None,
        agents_note=locale("agents_note")
        + (f" {locale('agents_more', locale.count(agents_rest))}" if agents_rest > 0 else ""),
        rules=_rules(numbers, locale),
        footer=locale("made", version=__version__) + (f" {locale('redacted')}" if is_redacted else ""),
    )


def describe_rule(numbers: Numbers, locale: Locale, rule: str) -> str:
    """Return what a rule of the service level divides by what."""
    key = "rule_offered_all" if rule == "offered" and numbers.rule.short == "include" else f"rule_{rule}"
    return locale(key, t=locale.duration(numbers.rule.threshold_s), s=locale.duration(numbers.rule.short_s))


def _about(numbers: Numbers, locale: Locale) -> list[tuple[str, str]]:
    covered = numbers.coverage
    source = "source_of" if covered.is_queue_log else "source_of_events"
    target = locale("target", _round_share(numbers.rule.goal, locale))
    return [
        (locale("zone"), numbers.window.tz),
        (locale("source"), locale(source, source=covered.source or NONE, lines=locale.count(covered.lines))),
        (locale("coverage"), _coverage(numbers, locale)),
        (locale("rule"), f"{describe_rule(numbers, locale, numbers.rule.rule)}; {target}"),
        (locale("compared"), _compared(numbers, locale)),
    ]


def _coverage(numbers: Numbers, locale: Locale) -> Markup:
    """Return what the log lacks, most of it marked as a warning; or that it lacks nothing."""
    covered, window = numbers.coverage, numbers.window
    if pd.isna(covered.begins):
        return _warning(locale("log_empty"))
    gaps = []
    if covered.begins > window.start:
        # a quiet morning, or a log that was cut off: the log does not show which
        gaps.append(
            (
                locale("begins_late", _local_moment(covered.begins, numbers, locale)),
                covered.begins >= window.days[0] + _DAY,
            )
        )
    if covered.ends < window.end:
        gaps.append(
            (locale("ends_early", _local_moment(covered.ends, numbers, locale)), covered.ends < window.days[-1])
        )
    warnings = _defects(covered, locale)
    shown = [escape(text) for text, is_warning in gaps if not is_warning]
    shown += map(_warning, [*(text for text, is_warning in gaps if is_warning), *warnings])
    return join(shown, "; ") if shown else escape(locale("coverage_whole"))


def _defects(covered: Coverage, locale: Locale) -> list[str]:
    warnings = []
    if covered.silent_days:
        warnings.append(locale("silent", ", ".join(map(locale.date, covered.silent_days))))
    if covered.restarts:
        often = locale("once") if covered.restarts == 1 else locale("times", covered.restarts)
        warnings.append(locale("restarts", often))
    counts = {"misfits": covered.misfits, "repairs": covered.repairs, "open": covered.open_calls}
    warnings += [locale(key, locale.count(count)) for key, count in counts.items() if count]
    return [*warnings, locale("cut")] if covered.is_cut else warnings


def _warning(text: str) -> Markup:
    return element("span", text, class_="warn")


def _local_moment(moment: pd.Timestamp, numbers: Numbers, locale: Locale) -> str:
    return locale.moment(moment.tz_convert(numbers.window.start.tz))


def _compared(numbers: Numbers, locale: Locale) -> Markup:
    before = numbers.window.before()
    period = locale.period(before.start, before.end)
    if numbers.before is None:
        return escape(f"{period}: {locale('before_unknown')}")
    if numbers.coverage.begins > before.start + _DAY:
        since = _local_moment(numbers.coverage.begins, numbers, locale)
        return join([period, _warning(locale("before_partly", since))], ", ")
    return escape(period)


# --- tiles ------------------------------------------------------------------------------------------------------------


def _tiles(numbers: Numbers, locale: Locale) -> list[Tile]:
    now, before = numbers.whole, numbers.before
    if not now["offered"] and not _refused(now):
        return []
    refused = f"{locale.term('refused')}: {locale.count(_refused(now))}" if _refused(now) else ""
    offered_change = asa_change = None
    if before is not None:
        difference = locale.more(float(now["offered"] - before["offered"]))
        offered_change = (difference, locale("before", locale.count(before["offered"])))
        if pd.notna(before["asa_s"]) and pd.notna(now["asa_s"]):
            difference = locale.later(float(now["asa_s"] - before["asa_s"]))
            asa_change = (difference, _before(locale.duration(before["asa_s"]), before["answered"], locale))

    def share_tile(name: str, share: str, part: str, whole: str, note: str = "") -> Tile:
        value = _share_of(now, share, part, whole)
        change = None
        if before is not None:
            earlier = _share_of(before, share, part, whole)
            if pd.notna(value) and pd.notna(earlier):
                was = _before(locale.percent(earlier), before[whole], locale)
                change = (locale.points(float(value - earlier)), was)
        lines = [locale("of", locale.count(now[part]), locale.count(now[whole])), note]
        return Tile(name, locale.percent(value), lines, change, now[whole] < FEW)

    level_name = f"{locale.term('sl')}, {locale.duration(numbers.rule.threshold_s)}"
    short = f"{locale.term('short')}: {locale.count(now['short'])}"
    answered = locale("n", locale.count(now["answered"]))
    return [
        Tile(locale.term("offered"), locale.count(now["offered"]), [refused], offered_change),
        share_tile(locale.term("answered"), "", "answered", "offered"),
        share_tile(level_name, "sl", "sl_num", "sl_den", _target(now["sl"], numbers.rule.goal, locale)),
        share_tile(locale.term("abandoned"), "abandon_rate", "abandon_num", "abandon_den", short),
        Tile(locale.term("asa"), locale.duration(now["asa_s"]), [answered], asa_change, now["answered"] < FEW),
    ]


def _share_of(row: pd.Series, share: str, part: str, whole: str) -> float:
    if share:
        return float(row[share]) if pd.notna(row[share]) else float("nan")
    return float(row[part]) / float(row[whole]) if row[whole] else float("nan")


def _before(text: str, count: Any, locale: Locale) -> str:
    return f"{locale('before', text)}, {locale('n', locale.count(count))}"


def _refused(row: pd.Series) -> int:
    return sum(int(row[name]) for name in REFUSED)


def _target(level: float, target: float, locale: Locale) -> str:
    aim = _round_share(target, locale)
    if pd.isna(level):
        return locale("target", aim)
    if level >= target:
        return locale("target_met", aim)
    return locale("target_missed", aim, locale.points(target - level).lstrip("+"))


def _round_share(share: float, locale: Locale) -> str:
    return locale.percent(share).replace(".0", "").replace(",0", "")


# --- tables -----------------------------------------------------------------------------------------------------------


def _few(count: int) -> str:
    return "few" if count < FEW else ""


def _share_cell(share: float, part: int, whole: int, locale: Locale) -> Cell:
    return Cell(locale.percent(share), _few(whole), f"{locale.count(part)} / {locale.count(whole)}")


def _queues(numbers: Numbers, locale: Locale) -> Table:
    """Return the table of queues and days: numerators, denominators, a row for each queue and one for all."""
    with_refused = bool(numbers.days[list(REFUSED)].to_numpy().sum())
    by, span = _BY[numbers.every]
    counts = ["offered", "answered", "abandoned", "short", "other", *["refused"] * with_refused]
    names = [*map(locale.term, counts), *map(locale, ("head_sl", "abandon_rate", "head_asa", "head_aht", "longest"))]
    columns = [(locale(span), True), *((name, False) for name in names)]
    interval = locale.month if span == "month" else locale.date
    bodies = []
    for _, queue in numbers.queues.iterrows():
        name = " · ".join(str(queue[key]) if pd.notna(queue[key]) else NONE for key in numbers.keys)
        is_of_queue = pd.Series(True, index=numbers.days.index)
        for key in numbers.keys:
            is_of_queue &= (numbers.days[key] == queue[key]) | (numbers.days[key].isna() & pd.isna(queue[key]))
        rows = [Row(f"{locale('queue')} {name}", _counts(queue, locale, with_refused), "sum")]
        rows += [
            Row(interval(day["interval"]), _counts(day, locale, with_refused))
            for _, day in numbers.days[is_of_queue].iterrows()
        ]
        bodies.append(Body(rows, "queue"))
    if len(numbers.queues) != 1:
        bodies.append(Body([Row(locale("total"), _counts(numbers.whole, locale, with_refused), "total")]))
    return Table(locale(by), columns, bodies, is_pinned=True)


def _counts(row: pd.Series, locale: Locale, with_refused: bool) -> list[Cell]:
    counts = [row[name] for name in ("offered", "answered", "abandoned", "short")]
    counts.append(sum(int(row[name]) for name in _OTHERS))
    if with_refused:
        counts.append(_refused(row))
    return [
        *(Cell(locale.count(count)) for count in counts),
        _share_cell(row["sl"], row["sl_num"], row["sl_den"], locale),
        _share_cell(row["abandon_rate"], row["abandon_num"], row["abandon_den"], locale),
        Cell(locale.decimal(row["asa_s"]), _few(row["answered"])),
        Cell(locale.clock(row["aht_s"]), _few(row["handled"])),
        Cell(locale.clock(row["wait_max_s"])),
    ]


def _lost_summary(lost: pd.DataFrame, locale: Locale) -> str:
    how = lost["resolved_how"]
    return locale(
        "lost_sum" if lost["callbacks"].notna().any() else "lost_sum_no_calls",
        n=locale.count(len(lost)),
        open=locale.count(how.isna().sum()),
        back=locale.count((how == "came back").sum()),
        called=locale.count((how == "called back").sum()),
    )


def _lost(numbers: Numbers, locale: Locale) -> Table:
    """Return lost callers, those still without an answer first."""
    texts = ("caller", "queue", "then")
    names = ("caller", "queue", "tries", "first", "last", "longest", "then")
    lost = numbers.lost.assign(_open=numbers.lost["resolved_how"].isna())
    lost = lost.sort_values(["_open", "last_lost"], ascending=False, kind="stable").head(MOST_LOST)
    rows = []
    for _, row in lost.iterrows():
        then = locale("still_lost")
        if pd.notna(row["resolved"]):
            agent = str(row["resolved_by"]) if pd.notna(row["resolved_by"]) else NONE
            then = locale(row["resolved_how"], after=locale.duration(row["after_s"]), who=agent)
        cells = [
            Cell("" if pd.isna(row["queue"]) else str(row["queue"]), "text"),
            Cell(locale.count(row["tries"])),
            Cell(_local_moment(row["first_lost"], numbers, locale)),
            Cell(_local_moment(row["last_lost"], numbers, locale)),
            Cell(locale.clock(row["wait_max_s"])),
            Cell(then, "words"),
        ]
        rows.append(Row(locale("withheld") if pd.isna(row["caller"]) else str(row["caller"]), cells))
    columns = [(locale(name), name in texts) for name in names]
    return Table(locale("lost_calls"), columns, [Body(rows)], is_pinned=True)


def _agents(agents: pd.DataFrame, locale: Locale) -> Table:
    spans = ("talk_s", "available_s", "paused_s", "logged_in_s")
    names = [locale.term("answered"), locale.term("missed"), locale("head_aht")]
    names += [*(locale(span.removesuffix("_s")) for span in spans), locale.term("occupancy")]
    rows = []
    for _, row in agents.head(MOST_AGENTS).iterrows():
        name = row["membername"] if pd.notna(row["membername"]) else row["member"]
        cells = [
            Cell(locale.count(row["answered"])),
            Cell(locale.count(row["missed"])),
            Cell(locale.clock(row["aht_s"]), _few(row["answered"])),
            *(Cell(locale.duration(row[span])) for span in spans),
            Cell(locale.percent(row["occupancy"])),
        ]
        rows.append(Row(NONE if pd.isna(name) else str(name), cells))
    columns = [(locale("agent"), True), *((name, False) for name in names)]
    return Table(locale("agents"), columns, [Body(rows)], is_pinned=True)


def _rules(numbers: Numbers, locale: Locale) -> Table:
    columns = [(locale("rule_name"), True), (locale("rule_words"), True), (locale.term("sl"), False)]
    rows = []
    for _, row in numbers.rules.iterrows():
        is_ours = row["sl_rule"] == numbers.rule.rule
        cells = [
            Cell(describe_rule(numbers, locale, row["sl_rule"]), "words"),
            _share_cell(row["sl"], row["sl_num"], row["sl_den"], locale),
        ]
        name = f"{row['sl_rule']} ({locale('rule_ours')})" if is_ours else row["sl_rule"]
        rows.append(Row(name, cells, "ours" if is_ours else ""))
    return Table(locale("rules"), columns, [Body(rows)])
