"""The page: the numbers as HTML, one file that needs nothing else; without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from amiframe._version import __version__
from amiframe.reporting.charts import Chart, url
from amiframe.reporting.data import Coverage, Numbers
from amiframe.reporting.html_tables import cell, head_cell, row_of, wide_table
from amiframe.reporting.locales import NONE, Words
from amiframe.reporting.page_style import CSS
from amiframe.timeutil.windows import Window

FEW = 30
"""Calls; a share of fewer is written pale."""
MOST_LOST = 50
MOST_AGENTS = 100
_OTHERS = ("timeout", "leaveempty", "key", "transferred", "open")
_REFUSED = ("joinempty", "full", "unavailable")
_BY = {"1d": ("by_day", "day"), "1w": ("by_week", "week"), "1mo": ("by_month", "month")}
_DAY = pd.Timedelta(days=1)
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(numbers: Numbers, charts: list[Chart] | None, words: Words, title: str | None, *, is_masked: bool) -> str:
    """Return the whole page."""
    head = title or words("title")
    period = words.period(numbers.window.start, numbers.window.end)
    body = "\n".join([
        f"<header><h1>{escape(head)}</h1>",
        f'<p class="lead">{escape(period)}</p>',
        _about(numbers, words),
        "</header><main>",
        _tiles(numbers, words),
        f"<h2>{escape(words(_BY[numbers.every][0]))}</h2>",
        _queues(numbers, words),
        _charts(charts, words),
        f"<h2>{escape(words('lost_calls'))}</h2>",
        _lost(numbers, words),
        f"<h2>{escape(words('agents'))}</h2>",
        _agents(numbers, words),
        f"<h2>{escape(words('rules'))}</h2>",
        _rules(numbers, words),
        f"<h2>{escape(words('glossary'))}</h2>",
        _glossary(words),
        "</main>",
        _footer(words, is_masked=is_masked),
    ])  # fmt: skip
    return (
        f'<!DOCTYPE html>\n<html lang="{words.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" '
        f'content="no-referrer">\n<title>{escape(head)}, {escape(period)}</title>\n<style>{CSS}</style>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def rule_in_words(numbers: Numbers, words: Words, rule: str) -> str:
    """Return what is divided by what."""
    key = "rule_offered_all" if rule == "offered" and numbers.rule.short == "include" else f"rule_{rule}"
    return words(key, t=words.duration(numbers.rule.threshold_s), s=words.duration(numbers.rule.short_s))


def _about(numbers: Numbers, words: Words) -> str:
    covered = numbers.coverage
    source = "source_of" if covered.is_queue_log else "source_of_events"
    rule = f"{rule_in_words(numbers, words, numbers.rule.rule)}; {words('target', _share(numbers.rule.target, words))}"
    rows = [
        (words("zone"), escape(numbers.window.tz)),
        (words("source"), escape(words(source, source=covered.source or NONE, lines=words.count(covered.lines)))),
        (words("coverage"), _coverage(covered, numbers.window, words)),
        (words("rule"), escape(rule)),
        (words("compared"), _compared(numbers, words)),
    ]
    return '<dl class="about">' + "".join(f"<dt>{escape(k)}</dt><dd>{v}</dd>" for k, v in rows) + "</dl>"


def _coverage(covered: Coverage, window: Window, words: Words) -> str:
    """Return what is missing, each marked; or that nothing is."""
    told: list[str] = []
    plain: list[str] = []
    if pd.isna(covered.begins):
        return _warning(words("log_empty"))
    if covered.begins > window.start:
        # a quiet morning, or a log that was cut off: nobody can tell
        (plain if covered.begins < window.days[0] + _DAY else told).append(
            words("begins_late", words.moment(covered.begins.tz_convert(window.start.tz)))
        )
    if covered.ends < window.end:
        (plain if covered.ends >= window.days[-1] else told).append(
            words("ends_early", words.moment(covered.ends.tz_convert(window.start.tz)))
        )
    if covered.silent_days:
        told.append(words("silent", ", ".join(map(words.date, covered.silent_days))))
    if covered.restarts:
        told.append(words("restarts", words("once") if covered.restarts == 1 else words("times", covered.restarts)))
    for key, value in (("misfits", covered.misfits), ("repairs", covered.repairs), ("open", covered.open_calls)):
        if value:
            told.append(words(key, words.count(value)))
    if covered.is_cut:
        told.append(words("cut"))
    shown = [*map(escape, plain), *map(_warning, told)]
    return "; ".join(shown) if shown else escape(words("coverage_whole"))


def _warning(text: str) -> str:
    return f'<span class="warn">{escape(text)}</span>'


def _compared(numbers: Numbers, words: Words) -> str:
    before = numbers.window.before()
    period = words.period(before.start, before.end)
    if numbers.before is None:
        return f"{escape(period)}: {escape(words('before_unknown'))}"
    if numbers.coverage.begins > before.start + _DAY:
        since = words.moment(numbers.coverage.begins.tz_convert(before.start.tz))
        return f"{escape(period)}, {_warning(words('before_partly', since))}"
    return escape(period)


# --- tiles ------------------------------------------------------------------------------------------------------------


def _tiles(numbers: Numbers, words: Words) -> str:
    now, before = numbers.whole, numbers.before
    if not now["offered"] and not sum(int(now[name]) for name in _REFUSED):
        return f'<p class="lead">{escape(words("no_calls"))}</p>'
    answered = _ratio(now["answered"], now["offered"])
    earlier = None if before is None else _ratio(before["answered"], before["offered"])
    tiles = [
        _tile(words.term("offered"), words.count(now["offered"]), [_refused(now, words)],
              None if before is None else (words.count(before["offered"]), None,
                                           words.more(float(now["offered"] - before["offered"]))), words),
        _tile(words.term("answered"), words.percent(answered), [_of(now["answered"], now["offered"], words)],
              _shares(answered, earlier, before, "offered", words), words, n=now["offered"]),
        _tile(f"{words.term('sl')}, {words.duration(numbers.rule.threshold_s)}", words.percent(now["sl"]),
              [_of(now["sl_num"], now["sl_den"], words), _target(now["sl"], numbers.rule.target, words)],
              _shares(now["sl"], before, before, "sl_den", words, "sl"), words, n=now["sl_den"]),
        _tile(words.term("abandoned"), words.percent(now["abandon_rate"]),
              [_of(now["abandon_num"], now["abandon_den"], words),
               f"{words.term('short')}: {words.count(now['short'])}"],
              _shares(now["abandon_rate"], before, before, "abandon_den", words, "abandon_rate"), words,
              n=now["abandon_den"]),
        _tile(words.term("asa"), words.duration(now["asa_s"], digits=1), [words("n", words.count(now["answered"]))],
              None if before is None or pd.isna(before["asa_s"]) or pd.isna(now["asa_s"]) else (
                  words.duration(before["asa_s"], digits=1), before["answered"],
                  words.later(float(now["asa_s"] - before["asa_s"]))), words, n=now["answered"]),
    ]  # fmt: skip
    few = any(0 < now[n] < FEW for n in ("offered", "sl_den"))
    return f'<ul class="tiles">{"".join(tiles)}</ul>' + (f'<p class="note">{escape(words("few"))}</p>' if few else "")


Earlier = tuple[str, Any, str] | None


def _tile(name: str, value: str, small: Sequence[str], earlier: Earlier, words: Words, *, n: Any = None) -> str:
    """Return one tile: the number, what it is of, and what it was before."""
    lines = [f'<span class="small main">{escape(line)}</span>' for line in small if line]
    if earlier is not None:
        was, count, difference = earlier
        told = words("before", was) + (f", {words('n', words.count(count))}" if count is not None else "")
        lines.append(f'<span class="small">{escape(difference)}</span><span class="small">{escape(told)}</span>')
    pale = ' style="color:var(--muted)"' if n is not None and n < FEW else ""
    return (
        f'<li><span class="name">{escape(name)}</span><span class="value"{pale}>{escape(value)}</span>'
        f"{''.join(lines)}</li>"
    )


def _shares(now: float, earlier: Any, before: pd.Series | None, n: str, words: Words, name: str = "") -> Earlier:
    was = earlier[name] if name and before is not None else earlier
    if before is None or pd.isna(was) or pd.isna(now):
        return None
    return words.percent(was), before[n], words.points(float(now - was))


def _refused(row: pd.Series, words: Words) -> str:
    count = sum(int(row[name]) for name in _REFUSED)
    return f"{words.term('refused')}: {words.count(count)}" if count else ""


def _target(level: float, target: float, words: Words) -> str:
    if pd.isna(level):
        return words("target", _share(target, words))
    if level >= target:
        return words("target_met", _share(target, words))
    return words("target_missed", _share(target, words), words.points(target - level).lstrip("+"))


def _share(share: float, words: Words) -> str:
    text = words.percent(share)
    return text.replace(".0", "").replace(",0", "")


def _of(part: Any, whole: Any, words: Words) -> str:
    return words("of", words.count(part), words.count(whole))


def _ratio(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else float("nan")


# --- tables -----------------------------------------------------------------------------------------------------------


def _queues(numbers: Numbers, words: Words) -> str:
    """Return the table of queues and days: numerators, denominators, a row for each queue and one for all."""
    if not len(numbers.days):
        return f'<p class="note">{escape(words("no_calls"))}</p>'
    with_refused = bool(numbers.days[list(_REFUSED)].to_numpy().sum())
    span = _BY[numbers.every][1]
    head = [(words(span), True)]
    head += [(words.term(name), False) for name in ("offered", "answered", "abandoned", "short", "other")]
    head += [(words.term("refused"), False)] if with_refused else []
    head += [(words(name), False) for name in ("head_sl", "abandon_rate", "head_asa", "head_aht", "longest")]
    say = words.month if span == "month" else words.date
    bodies = []
    keys = list(numbers.keys)
    single = len(numbers.queues) == 1
    for _, queue in numbers.queues.iterrows():
        name = " · ".join(str(queue[key]) if pd.notna(queue[key]) else NONE for key in keys)
        mine = pd.Series(True, index=numbers.days.index)
        for key in keys:
            mine &= (numbers.days[key] == queue[key]) | (numbers.days[key].isna() & pd.isna(queue[key]))
        rows = [row_of([head_cell(f"{words('queue')} {name}"), *_counts(queue, words, with_refused)], "sum")]
        rows += [
            row_of([head_cell(say(day["interval"])), *_counts(day, words, with_refused)])
            for _, day in numbers.days[mine].iterrows()
        ]
        bodies.append(f'<tbody class="queue">{"".join(rows)}</tbody>')
    if not single:
        total = row_of([head_cell(words("total")), *_counts(numbers.whole, words, with_refused)], "total")
        bodies.append(f"<tbody>{total}</tbody>")
    note = f'<p class="note">{escape(words("adds_up"))} {escape(words("few"))}</p>'
    return wide_table(head, bodies, words(_BY[numbers.every][0]), pinned=True) + note


def _counts(row: pd.Series, words: Words, with_refused: bool) -> list[str]:
    cells = [cell(words.count(row[name])) for name in ("offered", "answered", "abandoned", "short")]
    cells.append(cell(words.count(sum(int(row[name]) for name in _OTHERS))))
    if with_refused:
        cells.append(cell(words.count(sum(int(row[name]) for name in _REFUSED))))
    for name in ("sl", "abandon"):
        above, below = row[f"{name}_num"], row[f"{name}_den"]
        share = row["sl" if name == "sl" else "abandon_rate"]
        cells.append(cell(words.percent(share), "few" if below < FEW else "", f"{words.count(above)} / "
                         f"{words.count(below)}"))  # fmt: skip
    cells.append(cell(words.decimal(row["asa_s"]), "few" if row["answered"] < FEW else ""))
    cells.append(cell(words.clock(row["aht_s"]), "few" if row["handled"] < FEW else ""))
    cells.append(cell(words.clock(row["wait_max_s"])))
    return cells


def _charts(charts: list[Chart] | None, words: Words) -> str:
    if charts == []:
        return ""
    head = f"<h2>{escape(words('charts'))}</h2>"
    if charts is None:
        return f'{head}<p class="note">{escape(words("no_charts"))}</p>'
    return head + "\n".join(_figure(chart, words) for chart in charts)


def _figure(chart: Chart, words: Words) -> str:
    """Return a chart; a phone shows the narrow picture."""
    name = escape(words(chart.name))
    if chart.wide.is_empty:
        return f"<h3>{name}</h3><p>{escape(chart.title)}</p>"
    return (
        f"<h3>{name}</h3><figure><figcaption>{escape(chart.title)}</figcaption><picture>"
        f'<source media="screen and (max-width: 40rem)" srcset="{url(chart.narrow)}">'
        f'<img src="{url(chart.wide)}" width="{chart.wide.width}" height="{chart.wide.height}" '
        f'alt="{name}: {escape(chart.title)}"></picture></figure>'
    )


def _lost(numbers: Numbers, words: Words) -> str:
    lost = numbers.lost
    if not len(lost):
        return f"<p>{escape(words('lost_none'))}</p>"
    how = lost["resolved_how"]
    counts = {
        "n": words.count(len(lost)),
        "open": words.count(how.isna().sum()),
        "back": words.count((how == "came back").sum()),
        "called": words.count((how == "called back").sum()),
    }
    told = words("lost_sum" if lost["callbacks"].notna().any() else "lost_sum_no_calls", **counts)
    head = [(words("caller"), True), (words("queue"), True), (words("tries"), False), (words("first"), False),
            (words("last"), False), (words("longest"), False), (words("then"), True)]  # fmt: skip
    # who still waits for an answer first
    ordered = lost.assign(_open=how.isna()).sort_values(["_open", "last_lost"], ascending=False, kind="stable")
    rows = [_lost_row(row, numbers.window, words) for _, row in ordered.head(MOST_LOST).iterrows()]
    rest = len(lost) - MOST_LOST
    more = f'<p class="note">{escape(words("lost_more", words.count(rest)))}</p>' if rest > 0 else ""
    return (
        f"<p>{escape(told)}</p>"
        + wide_table(head, [f"<tbody>{''.join(rows)}</tbody>"], words("lost_calls"), pinned=True)
        + more
    )


def _lost_row(row: pd.Series, window: Window, words: Words) -> str:
    zone = window.start.tz
    then = words("still_lost")
    if pd.notna(row["resolved"]):
        who = str(row["resolved_by"]) if pd.notna(row["resolved_by"]) else NONE
        then = words(row["resolved_how"], after=words.duration(row["after_s"]), who=who)
    caller = words("withheld") if pd.isna(row["caller"]) else str(row["caller"])
    return row_of([
        head_cell(caller),
        cell("" if pd.isna(row["queue"]) else str(row["queue"]), "text"),
        cell(words.count(row["tries"])),
        cell(words.moment(row["first_lost"].tz_convert(zone))),
        cell(words.moment(row["last_lost"].tz_convert(zone))),
        cell(words.clock(row["wait_max_s"])),
        cell(then, "words"),
    ])  # fmt: skip


def _agents(numbers: Numbers, words: Words) -> str:
    table = numbers.agents
    if not len(table):
        return f"<p>{escape(words('agents_none'))}</p>"
    spans = ("talk_s", "available_s", "paused_s", "logged_in_s")
    head = [(words("agent"), True), (words.term("answered"), False), (words.term("missed"), False),
            (words("head_aht"), False), *((words(name.removesuffix("_s")), False) for name in spans),
            (words.term("occupancy"), False)]  # fmt: skip
    rows = []
    for _, row in table.head(MOST_AGENTS).iterrows():
        name = row["membername"] if pd.notna(row["membername"]) else row["member"]
        rows.append(row_of([
            head_cell(NONE if pd.isna(name) else str(name)),
            cell(words.count(row["answered"])),
            cell(words.count(row["missed"])),
            cell(words.clock(row["aht_s"]), "few" if row["answered"] < FEW else ""),
            *(cell(words.duration(row[span])) for span in spans),
            cell(words.percent(row["occupancy"])),
        ]))  # fmt: skip
    rest = len(table) - MOST_AGENTS
    note = words("agents_note") + (f" {words('agents_more', words.count(rest))}" if rest > 0 else "")
    return (
        wide_table(head, [f"<tbody>{''.join(rows)}</tbody>"], words("agents"), pinned=True)
        + f'<p class="note">{escape(note)}</p>'
    )


def _rules(numbers: Numbers, words: Words) -> str:
    head = [(words("rule_name"), True), (words("rule_words"), True), (words.term("sl"), False)]
    rows = []
    for _, row in numbers.rules.iterrows():
        is_ours = row["sl_rule"] == numbers.rule.rule
        name = f"{row['sl_rule']} ({words('rule_ours')})" if is_ours else row["sl_rule"]
        rows.append(row_of([
            head_cell(name),
            cell(rule_in_words(numbers, words, row["sl_rule"]), "words"),
            cell(words.percent(row["sl"]), "few" if row["sl_den"] < FEW else "",
                f"{words.count(row['sl_num'])} / {words.count(row['sl_den'])}"),
        ], "ours" if is_ours else ""))  # fmt: skip
    return f'<p class="note">{escape(words("rules_note"))}</p>' + wide_table(
        head, [f"<tbody>{''.join(rows)}</tbody>"], words("rules")
    )


def _glossary(words: Words) -> str:
    parts = (
        f"<div><dt>{escape(name)} <small>· {escape(other)}</small></dt><dd>{escape(meaning)}</dd></div>"
        for name, other, meaning in words.glossary()
    )
    return f'<dl class="words">{"".join(parts)}</dl>'


def _footer(words: Words, *, is_masked: bool) -> str:
    told = words("made", version=__version__) + (f" {words('masked')}" if is_masked else "")
    return f"<footer>{escape(told)}</footer>"
