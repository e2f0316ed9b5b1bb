"""The weekly page: its numbers are those of the metrics, its words of one language, its file needs nothing else."""

from __future__ import annotations

import re
from dataclasses import asdict
from html.parser import HTMLParser
from itertools import combinations

import pandas as pd
import pytest

import amiframe as af
from amiframe.plot._axes import CELL, COUNT
from amiframe.plot._phrases import ENGLISH
from amiframe.plot._png import picture
from amiframe.reporting.charts import chart_phrases, charts
from amiframe.reporting.locales import text_tables

TZ = "Europe/Berlin"
NAMES = {*"Anna Müller Bob Jr Chloé Dubois Grace Hopper Erin Neil O Faruk Yılmaz".split()}  # noqa: SIM905
VOID = {"meta", "img", "source", "br", "link", "input"}


class Page(HTMLParser):
    """What a reader sees: tags are balanced, tables as lists of rows, all text."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data.replace("\xa0", " ") + " "
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data.replace("\xa0", " ") + " "


def plain(log, **options):
    """Make a page without its charts, which take most of the time."""
    return af.report(log, charts=False, **options)


@pytest.fixture(scope="module")
def english():
    return af.report(af.sample("queue_log"), tz=TZ)


@pytest.fixture(scope="module")
def russian():
    return af.report(af.sample("queue_log"), tz=TZ, lang="ru")


@pytest.fixture(scope="module")
def two_weeks():
    """The week, and a week before it in which every second caller came."""
    log = af.read_queue_log(af.sample("queue_log"))
    calls = sorted(log["callid"].dropna().unique())
    before = log[log["callid"].isin(calls[::2])].copy()
    before["time"] = before["time"] - pd.Timedelta(days=7)
    before["callid"] = "7" + before["callid"].astype("str")
    both = pd.concat([before, log], ignore_index=True)
    both.attrs = log.attrs
    return both


def numbers(row: list[str], *places: int) -> list[int]:
    return [int(row[at].replace(",", "")) for at in places]


def test_the_table_adds_up(english):
    rows = Page(english.html).tables[0][1:]
    queues = [row for row in rows if row[0].startswith("queue ")]
    days = [row for row in rows if row not in queues and not row[0].startswith("all")]
    counts = range(1, 6)
    total = numbers(rows[-1], *counts)
    assert rows[-1][0].strip() == "all queues"
    assert [sum(column) for column in zip(*(numbers(row, *counts) for row in queues), strict=True)] == total
    assert [sum(column) for column in zip(*(numbers(row, *counts) for row in days), strict=True)] == total
    assert total[0] == total[1] + total[2] + total[4]  # offered = answered + abandoned + other outcomes
    fractions = [re.search(r"([\d,]+) / ([\d,]+)", row[6]).groups() for row in days]
    whole = re.search(r"([\d.]+) % +([\d,]+) / ([\d,]+)", rows[-1][6]).groups()
    assert [sum(int(n) for n in column) for column in zip(*fractions, strict=True)] == [int(n) for n in whole[1:]]
    assert float(whole[0]) == round(100 * int(whole[1]) / int(whole[2]), 1)


def test_tiles_are_the_metrics(english):
    visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    row = af.metrics.queue_summary(visits, by=[]).iloc[0]
    text = Page(english.html).text
    assert f"{100 * row['sl']:.1f} %" in text
    assert f"{row['sl_num']} of {row['sl_den']}" in text
    assert f"{100 * row['abandon_rate']:.1f} %" in text
    assert f"{row['asa_s']:.1f} s" in text
    assert "nothing to compare with" in text


def test_the_week_before_is_compared_with(two_weeks):
    page = Page(plain(two_weeks, tz=TZ).html)
    now, before = (af.metrics.queue_summary(visits, by=[]).iloc[0] for visits in halves(two_weeks))
    assert f"before: {before['offered']}" in page.text
    assert f"before: {100 * before['sl']:.1f} %, n = {before['sl_den']}" in page.text
    change = round(100 * (now["sl"] - before["sl"]), 1)
    assert (f"{'+' if change > 0 else '−'}{abs(change):.1f} pp" if change else "no change") in page.text
    assert "9 to 15 November 2026" in page.text


def halves(log):
    visits = af.queue_calls(log)
    is_now = visits["joined"] >= pd.Timestamp("2026-11-16", tz=TZ)
    return visits[is_now], visits[~is_now]


def test_seven_days_are_the_week(two_weeks):
    """A report of each day adds up to that of the week: calls over midnight are in one of them, and in one only."""
    week = plain(two_weeks, tz=TZ).tables["total"]
    days = [str(day.date()) for day in pd.date_range("2026-11-16", "2026-11-22")]
    each = pd.concat([plain(two_weeks, tz=TZ, start=day, end=day).tables["total"] for day in days])
    for name in ("offered", "answered", "abandoned", "sl_num", "sl_den", "wait_sum_s"):
        assert each[name].sum() == week[name][0], name


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_file_needs_nothing_else_and_no_scripts(lang, english, russian):
    report = english if lang == "en" else russian
    page = Page(report.html)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "form"}
    addresses = [value for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "srcset", "href")]
    assert len(addresses) == 8
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert not re.search(r"https?://|@import|url\(", report.html)
    assert ("html", {"lang": lang}) in page.tags
    assert all(attrs["alt"] for tag, attrs in page.tags if tag == "img")
    assert len(page.tables) == 4


def test_what_others_named_is_no_html():
    """A queue, an agent and a caller with names that are markup."""
    evil = '<script>alert("1")</script>'
    log = af.read_queue_log(
        f"1794812309|1.1|{evil}|NONE|ENTERQUEUE||{evil}&amp;|1\n"
        f"1794812312|1.1|{evil}|{evil}|CONNECT|3|1.2|2\n"
        f"1794812390|1.1|{evil}|{evil}|COMPLETECALLER|3|78|1\n"
        f"1794812409|1.3|{evil}|NONE|ENTERQUEUE||{evil}|1\n"
        f"1794812499|1.3|{evil}|NONE|ABANDON|1|1|90\n".encode()
    )
    report = plain(log, title=evil)
    page = Page(report.html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count(evil) >= 5


def test_russian_is_russian(russian):
    """No word of English but names, units of the field and rules."""
    text = Page(russian.html).text
    body = text[: text.index("Словарь")]
    known = set("queue_log Europe Berlin sales support SL ASA AHT n Asterisk amiframe lost agents perf perf2".split())  # noqa: SIM905
    known |= {"ServicelevelPerf", "ServicelevelPerf2", "answered", "offered", "answered_or_late_abandoned"} | NAMES
    assert set(re.findall(r"[A-Za-zÀ-ÖØ-öø-žı_]{1,}[0-9]?", body)) <= known
    assert "90,5 %" in body
    assert "3 441" in body
    assert "16–22 ноября 2026 г." in body


def texts_of(table):
    """Return the texts of nested tables by their place."""
    if isinstance(table, str):
        return {(): table}
    items = table.items() if isinstance(table, dict) else enumerate(table)
    return {(key, *place): text for key, value in items for place, text in texts_of(value).items()}


def test_each_language_has_each_word():
    tables = text_tables()
    for part in ("texts", "terms", "meanings"):
        for english, russian in tables[part].values():
            assert english
            assert russian
            assert sorted(re.findall(r"\{\w*\}", english)) == sorted(re.findall(r"\{\w*\}", russian))
            assert not re.search("[а-яё]", english, re.IGNORECASE)
    assert tables["terms"].keys() == tables["meanings"].keys()


def test_charts_have_each_phrase_in_russian():
    phrases = asdict(chart_phrases("ru"))
    for place, text in texts_of(asdict(ENGLISH)).items():
        translated = texts_of(phrases)[place]
        assert sorted(set(re.findall(r"\{\w*\}", text))) == sorted(set(re.findall(r"\{\w*\}", translated))), place
        if re.search("[A-Za-z]", re.sub(r"\{\w*\}", "", text)):
            assert re.search("[а-яё]", translated) or place[0].startswith(("between", "on_day", "from_day")), place
    assert {"on call", "paused"} <= phrases["states"].keys()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_charts_in_russian_keep_no_english(seed):
    """The findings of charts of weeks cut out of the sample at random are in Russian."""
    log = af.read_queue_log(af.sample("queue_log"))
    some = log.sample(frac=[0.5, 0.1, 0.02, 0.004][seed], random_state=seed).sort_index()
    some.attrs = log.attrs
    from amiframe.reporting.data import Rule, compute

    for chart in charts(compute(some, None, None, TZ, Rule(goal=0.5 + seed / 8)), "ru"):
        assert set(re.findall(r"[A-Za-zÀ-ÖØ-öø-žı]+", chart.title)) <= NAMES, chart.title


def test_sentences_of_charts():
    russian = chart_phrases("ru")
    day = pd.Timestamp("2026-11-16")
    hours = russian.interval(day + pd.Timedelta("11h"), day + pd.Timedelta("11h30min"), is_one_day=False)
    days = russian.interval(pd.Timestamp("2026-11-21"), pd.Timestamp("2026-11-23"), is_one_day=False)
    assert [russian.level_fell.format(share=russian.percent(0.49), period=period) for period in (days, hours)] == [
        "Уровень обслуживания упал до 49 %: 21 – 22 ноя",
        "Уровень обслуживания упал до 49 %: пн 16 ноя, 11:00–11:30",
    ]
    assert russian.duration(90) == "1 мин 30 с"
    assert russian.compact(12345) == "12\xa0тыс."
    assert russian.number(1234.5) == "1\xa0234,5"


def test_an_empty_log_is_a_page_too():
    page = Page(af.report(af.read_queue_log(b""), tz=TZ).html)
    assert "the log has no lines" in page.text
    assert "No calls in this period." in page.text
    assert "img" not in {tag for tag, _ in page.tags}


def test_coverage_says_what_is_missing():
    log = af.read_queue_log(af.sample("queue_log"))
    cut = log[(log["time"] < "2026-11-18") | (log["time"] > "2026-11-20")]
    broken = af.read_queue_log(b"1794812309|1.1|sales|NONE|ENTERQUEUE||33|1\nrubbish\n1794812319|1.2|sales|NO")
    assert "no line at all on: Wed 18 Nov, Thu 19 Nov" in Page(plain(cut, tz="UTC").html).text
    html = plain(broken, tz="UTC").html
    text = Page(html).text
    assert 'class="warn">the log begins' not in html  # on its first day: a quiet night, for all that is known
    assert "lines that are none of queue_log: 2" in text
    assert "the last line is cut off" in text
    assert "calls whose end is not in the log: 1" in text
    assert "Asterisk was started once" in Page(plain(log, tz=TZ).html).text
    early = plain(log, tz=TZ, start="2026-11-13", end="2026-11-17")
    assert 'class="warn">the log begins only on Mon' in early.html


def test_callers_are_masked(english):
    made = plain(af.sample("queue_log"), tz=TZ, redact="last4")
    number = "+493023125284"
    assert number in Page(english.html).text
    assert not re.search(r"\+\d{7}", Page(made.html).text)
    assert number not in made.tables["visits"]["caller"].tolist()
    assert "********5284" in Page(made.html).text
    assert "Numbers of callers are redacted." in made.html


def test_the_page_shows_who_called_back():
    log = af.read_queue_log(af.sample("queue_log"))
    lost = af.lost_calls(af.queue_calls(log))
    one = lost[lost["resolved"].isna()].iloc[0]
    calls = pd.DataFrame(
        {
            "direction": ["outbound"],
            "dialed": ["00" + one["caller"].lstrip("+")],
            "caller": ["311"],
            "started": [one["last_lost"] + pd.Timedelta("5min")],
            "answered": [one["last_lost"] + pd.Timedelta("6min")],
        }
    )
    text = Page(plain(log, calls=calls, tz=TZ).html).text
    assert "called back after 5 min: 311" in text
    assert "1 were called back" in text


def test_events_make_the_page_too():
    report = plain(af.read_events(af.sample("events_calls")))
    assert int(report.tables["total"]["offered"][0]) == 3
    assert "events in the period" in report.html


def test_all_rules_stand_side_by_side(english):
    rows = Page(english.html).tables[-1][1:]
    assert [row[0].split()[0] for row in rows] == list(af.metrics.RULES)
    assert sum("this report" in row[0] for row in rows) == 1


@pytest.mark.parametrize("inches", [(9.4, 3.4), (4.3, 3.2)])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_chart_shows_its_legend(inches, lang):
    visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    drawn = []
    picture(lambda ax: drawn.append(af.plot.waits(visits, ax=ax)) or drawn[-1], inches, chart_phrases(lang))
    legend, paper = drawn[0].get_legend().get_window_extent(), drawn[0].figure.bbox
    assert legend.height > 0
    assert paper.y0 <= legend.y0 < legend.y1 <= paper.y1
    assert paper.x0 <= legend.x0 < legend.x1 <= paper.x1


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("times", [1, 103])
@pytest.mark.parametrize("plot", [af.plot.heatmap, af.plot.waits])
def test_numbers_of_a_chart_do_not_run_into_each_other(plot, times, lang):
    visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    many = pd.concat([visits] * times, ignore_index=True)
    for inches in ((9.4, 3.2), (4.3, 3.2)):
        drawn = []
        picture(lambda ax, drawn=drawn: drawn.append(plot(many, ax=ax)) or drawn[-1], inches, chart_phrases(lang))
        drawn[0].figure.draw_without_rendering()  # the file had another resolution
        numbers = [text for text in drawn[0].texts if text.get_gid() in (CELL, COUNT) and text.get_text()]
        boxes = [text.get_window_extent() for text in numbers]
        assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]
        if inches[0] > 9:
            assert len(boxes) > 10, "where there is room they stay"


@pytest.mark.slow
def test_the_same_log_makes_the_same_page(english):
    assert af.report(af.sample("queue_log"), tz=TZ).html == english.html


def test_files_are_written(tmp_path, english):
    english.save(tmp_path / "week.html")
    assert (tmp_path / "week.html").read_text(encoding="utf-8") == english.html
    made = english.save_tables(tmp_path / "tables")
    assert {path.suffix for path in made} == {".csv", ".parquet", ".png"}
    for name, frame in english.tables.items():
        for suffix in (".csv", ".parquet"):
            pd.testing.assert_frame_equal(af.read_table(tmp_path / "tables" / f"{name}{suffix}"), frame)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lang": "de"}, "one of en, ru"),
        ({"goal": 80}, "0.8 for 80 %"),
        ({"rule": "offerd"}, "one of perf"),
        ({"start": "2026-11-16"}, "both of its ends"),
        ({"start": "16.11.2026", "end": "2026-11-20"}, "no day and no time"),
        ({"tz": "Mars/Base"}, "no time zone"),
        ({"redact": "rot13"}, "last4, hash"),
    ],
)
def test_what_cannot_be_made(wrong, message):
    with pytest.raises(af.ConfigError, match=message):
        plain(af.sample("queue_log"), **wrong)


@pytest.mark.parametrize("name", ["May", "Sat", "calls", "12k", "away"])
def test_names_of_people_are_not_translated(name, monkeypatch):
    log = af.read_queue_log(
        f"1794812309|1.1|calls|NONE|ENTERQUEUE||33|1\n"
        f"1794812312|1.1|calls|{name}|CONNECT|3|1.2|2\n"
        f"1794812390|1.1|calls|{name}|COMPLETECALLER|3|78|1\n".encode()
    )
    drawn = []
    draw = af.plot.agent_timeline

    def recording(*args, **options):
        drawn.append(draw(*args, **options))
        return drawn[-1]

    monkeypatch.setattr(af.plot, "agent_timeline", recording)
    report = af.report(log, lang="ru")
    assert len(drawn) == 2
    for ax in drawn:
        assert [label.get_text() for label in ax.get_yticklabels()] == [name]
    assert f"{name}: в разговорах" in report.html
    assert "очередь calls" in Page(report.html).text
