"""The words of the page in each language, how it writes numbers and dates, and one glossary for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from amiframe.errors import ConfigError

NBSP = "\u00a0"
NONE = "–"


@dataclass(frozen=True)
class Term:
    """One word of the field: its name and its meaning in each language."""

    key: str
    en: str
    ru: str
    en_meaning: str
    ru_meaning: str


GLOSSARY = (
    Term("offered", "offered", "поступило",
         "Callers who came into the queue. Whoever comes twice, or into two queues, counts twice.",
         "Вызовы, вошедшие в очередь. Позвонивший дважды или попавший в две очереди считается дважды."),
    Term("answered", "answered", "отвечено",
         "Callers who were connected to an agent.",
         "Вызовы, соединённые с оператором."),
    Term("abandoned", "abandoned", "не дождались",
         "Callers who hung up while they waited; short ones among them.",
         "Звонившие, которые положили трубку во время ожидания, включая короткие."),
    Term("short", "short", "короткие",
         "Abandoned so soon that nobody could have answered: wrong numbers, second thoughts.",
         "Положили трубку так быстро, что ответить не успел бы никто: ошиблись номером, передумали."),
    Term("other", "other outcomes", "прочие исходы",
         "Left the queue in another way: waited as long as the queue lets them, no agent was left, pressed a key, were "
         "transferred; or the log ends before it tells.",
         "Покинули очередь иначе: истекло время ожидания, не осталось операторов, нажали клавишу, были переведены; "
         "или журнал кончается раньше."),
    Term("refused", "not let in", "не приняты в очередь",
         "The queue did not take them: full, or without agents. They are not offered; the log tells them only where "
         "the dialplan writes them.",
         "Очередь их не приняла: переполнена или нет операторов. В поступившие не входят; в журнале они есть, "
         "только если их пишет диалплан."),
    Term("sl", "service level", "уровень обслуживания (SL)",
         "The share of callers who were answered in time; by which rule stands above.",
         "Доля вызовов, на которые ответили вовремя; по какому правилу – сказано выше."),
    Term("asa", "ASA", "ср. ожидание ответа (ASA)",
         "Average speed of answer: the mean wait of those who were answered.",
         "Средняя скорость ответа: среднее ожидание тех, кому ответили."),
    Term("aht", "AHT", "ср. разговор (AHT)",
         "Average handling time: the mean talk, hold included. Work after calls is in no log.",
         "Среднее время обработки: средний разговор вместе с удержанием. Работы после звонка в журнале нет."),
    Term("lost", "lost callers", "потерянные звонившие",
         "Callers whom nobody answered, in whichever queue; several tries in a row are one.",
         "Звонившие, которым не ответил никто ни в одной очереди; несколько попыток подряд считаются одной."),
    Term("occupancy", "occupancy", "загрузка",
         "Time on calls as a share of time on calls and available; pauses and ringing count in neither.",
         "Доля времени разговоров в сумме разговоров и готовности; паузы и звонок не входят."),
    Term("missed", "missed", "пропущено",
         "Rings that an agent did not answer; one caller may ring several agents, one agent several times.",
         "Вызовы на аппарат оператора без ответа; один звонивший может вызвать их несколько."),
    Term("points", "pp", "п.п.",
         "Percentage points: the difference of two shares.",
         "Процентные пункты: разность двух долей."),
)  # fmt: skip

# key: English, Russian; {} are filled in
TEXTS = {
    "title": ("Calls and queues", "Звонки и очереди"),
    "period": ("Period", "Период"),
    "zone": ("Time zone", "Часовой пояс"),
    "source": ("Source", "Источник"),
    "source_of": ("{source}: {lines} lines in the period", "{source}: строк за период {lines}"),
    "source_of_events": ("{source}: {lines} events in the period", "{source}: событий за период {lines}"),
    "coverage": ("Coverage", "Полнота данных"),
    "coverage_whole": ("the log covers all of the period", "журнал охватывает весь период"),
    "begins_late": ("the log begins only on {}", "журнал начинается только {}"),
    "ends_early": ("the last line of the log is of {}", "последняя строка журнала – {}"),
    "log_empty": ("the log has no lines", "в журнале нет строк"),
    "silent": ("no line at all on: {}", "ни одной строки: {}"),
    "restarts": ("Asterisk was started {} during the period", "Asterisk запускался за период: {}"),
    "once": ("once", "1 раз"),
    "times": ("{} times", "{} раз"),
    "misfits": ("lines that are none of queue_log: {}", "строк не в формате queue_log: {}"),
    "repairs": ("bytes that are no text, replaced: {}", "байтов, не являющихся текстом, заменено: {}"),
    "cut": ("the last line is cut off", "последняя строка обрезана"),
    "open": ("calls whose end is not in the log: {}", "вызовов, чей исход не попал в журнал: {}"),
    "rule": ("Service level", "Уровень обслуживания"),
    "rule_offered": (
        "answered within {t} ÷ (offered − short); short: gave up before {s}",
        "отвечено за {t} ÷ (поступило − короткие); короткие: положили трубку раньше {s}"),
    "rule_offered_all": ("answered within {t} ÷ offered", "отвечено за {t} ÷ поступило"),
    "rule_answered": ("answered within {t} ÷ answered", "отвечено за {t} ÷ отвечено"),
    "rule_answered_or_late_abandoned": (
        "answered within {t} ÷ (answered + abandoned after {t})",
        "отвечено за {t} ÷ (отвечено + не дождались после {t})"),
    "rule_perf": (
        "as Asterisk prints it (ServicelevelPerf): completed calls answered within {t} ÷ completed",
        "как считает Asterisk (ServicelevelPerf): завершённые, отвеченные за {t} ÷ завершённые"),
    "rule_perf2": (
        "as Asterisk prints it (ServicelevelPerf2): (completed + lost, both within {t}) ÷ (completed + lost)",
        "как считает Asterisk (ServicelevelPerf2): (завершённые + потерянные, те и другие за {t}) ÷ (завершённые + "
        "потерянные)"),
    "target": ("target {}", "цель {}"),
    "target_met": ("target {} met", "цель {} достигнута"),
    "target_missed": ("target {} missed by {}", "до цели {} не хватило {}"),
    "before": ("before: {}", "было: {}"),
    "before_unknown": ("nothing to compare with: the log begins later",
                       "сравнить не с чем: журнал начинается позже"),
    "compared": ("Compared with", "Сравнение с"),
    "before_partly": ("which the log covers only from {} on", "который есть в журнале только с {}"),
    "same": ("no change", "без изменений"),
    "few": ("Pale: fewer than 30 calls, a share of which says little.",
            "Бледным: меньше 30 вызовов, доля мало о чём говорит."),
    "no_calls": ("No calls in this period.", "За период не было ни одного вызова."),
    "by_day": ("Queues by day", "Очереди по дням"),
    "by_week": ("Queues by week", "Очереди по неделям"),
    "by_month": ("Queues by month", "Очереди по месяцам"),
    "queue": ("queue", "очередь"),
    "day": ("day", "день"),
    "week": ("week from", "неделя с"),
    "month": ("month", "месяц"),
    "all_days": ("all days", "за весь период"),
    "total": ("all queues", "все очереди"),
    "head_sl": ("service level", "SL"),
    "head_asa": ("ASA, s", "ASA, с"),
    "head_aht": ("AHT, min:s", "AHT, мин:с"),
    "abandon_rate": ("abandoned, share", "доля потерь"),
    "longest": ("longest wait, min:s", "макс. ожид., мин:с"),
    "adds_up": ("The counts of the days add up to those of each queue, and these to the last row. Shares and means are "
                "worked out anew from the counts, never averaged.",
                "Числа за дни складываются в числа очереди, а те – в последнюю строку. Доли и средние считаются заново "
                "по этим числам, а не усредняются."),
    "charts": ("Charts", "Графики"),
    "chart_level": ("Service level over time", "Уровень обслуживания по времени"),
    "chart_heatmap": ("When people call", "Когда звонят"),
    "chart_waits": ("How long callers waited", "Сколько ждали"),
    "chart_agents": ("What agents did", "Чем были заняты операторы"),
    "no_charts": ("The charts are missing: matplotlib is not installed.", "Графиков нет: не установлен matplotlib."),
    "lost_calls": ("Lost callers", "Потерянные звонившие"),
    "lost_none": ("Nobody was lost.", "Потерянных нет."),
    "lost_sum": ("{n} lost, {open} of them still without an answer; {back} came back by themselves, {called} were "
                 "called back.",
                 "Потеряно: {n}, из них без ответа до сих пор: {open}; перезвонили сами: {back}, перезвонили им: "
                 "{called}."),
    "lost_sum_no_calls": ("{n} lost, {open} of them have not come back; {back} called again and were answered. "
                          "Whether somebody called them back is not known from this log.",
                          "Потеряно: {n}, из них не перезвонили: {open}; перезвонили сами и дозвонились: {back}. "
                          "Перезванивали ли им, по этому журналу неизвестно."),
    "lost_more": ("… and {} more, in the table lost", "… и ещё {}, в таблице lost"),
    "caller": ("caller", "номер"),
    "tries": ("tries", "попыток"),
    "first": ("first", "первая"),
    "last": ("last", "последняя"),
    "then": ("and then", "что дальше"),
    "still_lost": ("not reached", "не дозвонились"),
    "came back": ("came back after {after}: {who}", "перезвонил(а) через {after}: {who}"),
    "called back": ("called back after {after}: {who}", "перезвонили через {after}: {who}"),
    "withheld": ("withheld", "скрыт"),
    "agents": ("Agents", "Операторы"),
    "agents_none": ("No agent was seen.", "Операторов в журнале нет."),
    "agent": ("agent", "оператор"),
    "talk": ("talk", "разговоры"),
    "available": ("available", "готовность"),
    "paused": ("paused", "паузы"),
    "logged_in": ("logged in", "в системе"),
    "agents_note": ("A call counts for the agent who took it; time is that inside of the period.",
                    "Вызов засчитан тому, кто его принял; время – в пределах периода."),
    "agents_more": ("… and {} more, in the table agents", "… и ещё {}, в таблице agents"),
    "rules": ("Service level by the other rules", "Уровень обслуживания по другим правилам"),
    "rules_note": ("The same calls, counted in each way that is in use: compare reports only by the same rule.",
                   "Те же вызовы, посчитанные всеми принятыми способами: сравнивать отчёты можно только по одному "
                   "правилу."),
    "rule_name": ("rule", "правило"),
    "rule_words": ("what is counted", "что считается"),
    "rule_ours": ("this report", "этот отчёт"),
    "glossary": ("Words", "Словарь"),
    "made": ("Made by amiframe {version}.", "Составлено amiframe {version}."),
    "masked": ("Numbers of callers are masked.", "Номера звонивших скрыты."),
    "n": ("n = {}", "n = {}"),
    "nothing": ("Nothing.", "Пусто."),
    "rows_more": ("… and {} more rows", "… и ещё строк: {}"),
    "yes": ("yes", "да"),
    "no": ("no", "нет"),
    "of": ("{} of {}", "{} из {}"),
    "pbx": ("PBX", "АТС"),
}  # fmt: skip

_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
           "декабря"),
}  # fmt: skip
_MONTHS_ALONE = _MONTHS | {
    "ru": ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь",
           "декабрь"),
}  # fmt: skip
_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
}
_UNITS = {"en": ("s", "min", "h"), "ru": ("с", "мин", "ч")}
_POINT = {"en": ".", "ru": ","}
_THOUSANDS = {"en": ",", "ru": NBSP}
LANGUAGES = tuple(_POINT)


@dataclass(frozen=True)
class Words:
    """One language.

    Parameters
    ----------
    lang : str
        ``en`` or ``ru``.

    Examples
    --------
    >>> en, ru = Words("en"), Words("ru")
    >>> en.count(12345), ru.count(12345).replace(NBSP, "_")
    ('12,345', '12_345')
    """

    lang: str

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ConfigError(f"lang={self.lang!r} is not known", hint=f"one of {', '.join(LANGUAGES)}")

    @property
    def _at(self) -> int:
        return LANGUAGES.index(self.lang)

    def __call__(self, key: str, *values: object, **named: object) -> str:
        """Return a text, filled in."""
        return TEXTS[key][self._at].format(*values, **named)

    def term(self, key: str) -> str:
        """Return a word of the glossary."""
        return str(getattr(_TERMS[key], self.lang))

    def glossary(self) -> list[tuple[str, str, str]]:
        """Return each term, its name in the other language, and its meaning."""
        other = LANGUAGES[1 - self._at]
        return [
            (getattr(term, self.lang), getattr(term, other), getattr(term, f"{self.lang}_meaning")) for term in GLOSSARY
        ]

    def count(self, value: float) -> str:
        """Return a whole number, thousands set apart."""
        return NONE if pd.isna(value) else self._number(value, 0)

    def percent(self, share: float) -> str:
        """Return a share with one decimal: never 0 or 100 unless it is exactly that.

        Examples
        --------
        >>> [Words("en").percent(x).replace(NBSP, " ") for x in (0.8125, 0.00001, 0.99999, 1.0, float("nan"))]
        ['81.2 %', '<0.1 %', '>99.9 %', '100 %', '–']
        """
        if pd.isna(share):
            return NONE
        text = self._number(share * 100, 1)
        if share in (0, 1):
            text = f"{share * 100:.0f}"
        elif round(share * 100, 1) == 0:
            text = f"<{self._number(0.1, 1)}"
        elif round(share * 100, 1) == 100:
            text = f">{self._number(99.9, 1)}"
        return f"{text}{NBSP}%"

    def points(self, difference: float) -> str:
        """Return a difference of two shares, with its sign."""
        return self._signed(difference * 100, 1, self.term("points"))

    def more(self, difference: float) -> str:
        """Return a difference of two counts, with its sign."""
        return self._signed(difference, 0, "")

    def decimal(self, value: float) -> str:
        """Return a number with one decimal."""
        return NONE if pd.isna(value) else self._number(value, 1)

    def later(self, difference_s: float) -> str:
        """Return a difference of two spans of seconds, with its sign."""
        return self._signed(difference_s, 1, _UNITS[self.lang][0])

    def duration(self, seconds: float, *, digits: int = 0) -> str:
        """Return a span of time in its two largest units.

        Examples
        --------
        >>> [Words("en").duration(s).replace(NBSP, " ") for s in (7.0, 75, 7500)]
        ['7 s', '1 min 15 s', '2 h 5 min']
        >>> Words("ru").duration(7.25, digits=1).replace(NBSP, " ")
        '7,2 с'
        """
        if pd.isna(seconds):
            return NONE
        second, minute, hour = _UNITS[self.lang]
        if seconds < 59.95:
            return f"{self._number(seconds, digits)}{NBSP}{second}"
        whole = round(seconds)
        size, unit, small, smaller = (3600, hour, 60, minute) if whole >= 3600 else (60, minute, 1, second)
        rest = whole % size // small
        text = f"{self._number(whole // size, 0)}{NBSP}{unit}"
        return f"{text}{NBSP}{rest}{NBSP}{smaller}" if rest else text

    def clock(self, seconds: float) -> str:
        """Return a span of time as minutes and seconds, or hours, minutes and seconds: for tables.

        Examples
        --------
        >>> Words("en").clock(75.0), Words("en").clock(3675.0)
        ('1:15', '1:01:15')
        """
        if pd.isna(seconds):
            return NONE
        whole = round(seconds)
        hours, minutes = whole // 3600, whole // 60 % 60
        return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"

    def date(self, day: pd.Timestamp) -> str:
        """Return a day as it stands in a table.

        Examples
        --------
        >>> day = pd.Timestamp("2026-11-16")
        >>> Words("en").date(day).replace(NBSP, " "), Words("ru").date(day).replace(NBSP, " ")
        ('Mon 16 Nov', 'пн 16.11')
        """
        name = _DAYS[self.lang][day.weekday()]
        if self.lang == "ru":
            return f"{name}{NBSP}{day.day}.{day.month:02}"
        return f"{name}{NBSP}{day.day}{NBSP}{_MONTHS['en'][day.month - 1][:3]}"

    def month(self, day: pd.Timestamp) -> str:
        """Return a month and its year."""
        return f"{_MONTHS_ALONE[self.lang][day.month - 1]}{NBSP}{day.year}"

    def moment(self, when: pd.Timestamp) -> str:
        """Return a day and the time of it."""
        return NONE if pd.isna(when) else f"{self.date(when)} {when:%H:%M}"

    def period(self, start: pd.Timestamp, end: pd.Timestamp) -> str:
        """Return from when to when; an end at midnight is the day before, wholly.

        Examples
        --------
        >>> start, end = pd.Timestamp("2026-11-30"), pd.Timestamp("2026-12-07")
        >>> Words("en").period(start, end).replace(NBSP, " ")
        '30 November to 6 December 2026'
        >>> Words("ru").period(pd.Timestamp("2026-11-16"), pd.Timestamp("2026-11-23")).replace(NBSP, " ")
        '16–22 ноября 2026 г.'
        """
        if start != start.normalize() or end != end.normalize():
            return f"{self._long(start)}, {start:%H:%M} – {self._long(end)}, {end:%H:%M}"
        last = end - pd.Timedelta(microseconds=1)
        if start.date() == last.date():
            return f"{_DAYS[self.lang][start.weekday()]} {self._long(start)}"
        months = _MONTHS[self.lang]
        begin = f"{start.day}"
        if (start.year, start.month) != (last.year, last.month):
            begin += f"{NBSP}{months[start.month - 1]}"
            if start.year != last.year:
                begin += f"{NBSP}{start.year}"
        between = " to " if self.lang == "en" else "–" if begin.isdigit() else " – "
        return f"{begin}{between}{self._long(last)}"

    def _long(self, day: pd.Timestamp) -> str:
        text = f"{day.day}{NBSP}{_MONTHS[self.lang][day.month - 1]}{NBSP}{day.year}"
        return text if self.lang == "en" else f"{text}{NBSP}г."

    def _number(self, value: float, digits: int) -> str:
        text = f"{value:,.{digits}f}"
        return text.replace(",", "\0").replace(".", _POINT[self.lang]).replace("\0", _THOUSANDS[self.lang])

    def _signed(self, value: float, digits: int, unit: str) -> str:
        if pd.isna(value):
            return NONE
        if round(value, digits) == 0:
            return self("same")
        sign = "+" if value > 0 else "−"
        return f"{sign}{self._number(abs(value), digits)}{NBSP + unit if unit else ''}"


_TERMS = {term.key: term for term in GLOSSARY}
