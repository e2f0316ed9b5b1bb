"""The Russian of the charts: their texts are few, and all of them are here."""

from __future__ import annotations

import re

from amiframe.reporting.locales import NBSP

_EXACT = {
    "answered": "отвечено", "gave up": "не дождались", "other outcomes": "прочие исходы", "calls": "вызовы",
    "callers": "звонившие", "service level": "уровень обслуживания", "n < 30": "n < 30",
    "wait (ever wider steps)": "ожидание (шаги всё шире)", "nothing to draw": "рисовать нечего",
    "on call": "разговор", "ringing": "звонит", "wrapup": "поствызов", "available": "готов", "paused": "пауза",
    "away": "не в системе", "unknown": "неизвестно",
    "No calls came into the queue": "В очередь никто не звонил", "No calls": "Вызовов нет",
    "Nobody was answered, and nobody gave up": "Не ответили никому, и никто не положил трубку",
    "No agent was seen": "Операторов в журнале нет",
    "Service level is not known: no call counts by this rule":
        "Уровень обслуживания неизвестен: по этому правилу не считается ни один вызов",
}  # fmt: skip
_DAYS = {"Mon": "пн", "Tue": "вт", "Wed": "ср", "Thu": "чт", "Fri": "пт", "Sat": "сб", "Sun": "вс"}
_LONG_DAYS = {
    "Monday": "понедельник", "Tuesday": "вторник", "Wednesday": "среда", "Thursday": "четверг", "Friday": "пятница",
    "Saturday": "суббота", "Sunday": "воскресенье",
}  # fmt: skip
_MONTHS = {
    "Jan": "янв", "Feb": "фев", "Mar": "мар", "Apr": "апр", "May": "мая", "Jun": "июн", "Jul": "июл", "Aug": "авг",
    "Sep": "сен", "Oct": "окт", "Nov": "ноя", "Dec": "дек",
}  # fmt: skip
_EACH = {
    "half an hour": "полчаса", "one hour": "час", "one day": "день", "one week": "неделя", "one month": "месяц",
}  # fmt: skip

# parts of texts; what they hold goes through the smaller rules below
_SENTENCES = tuple((re.compile(pattern), text) for pattern, text in (
    (r"answered \((.+)\)", "отвечено ({0})"),
    (r"gave up \((.+)\)", "не дождались ({0})"),
    (r"other outcomes \((.+)\)", "прочие исходы ({0})"),
    (r"target (.+)", "цель {0}"),
    (r"threshold (.+)", "порог {0}"),
    (r"time, (.+), each bar (.+)", "время, {0!s}, столбик – {1}"),
    (r"time, (.+)", "время, {0!s}"),
    (r"hour of the day, (.+)", "час дня, {0!s}"),
    (r"Half were answered after (.+); half of those who gave up had waited (.+)",
     "Половине ответили не позже чем через {0}; половина не дождавшихся ждала не больше {1}"),
    (r"Half were answered after (.+); nobody gave up",
     "Половине ответили не позже чем через {0}; дождались все"),
    (r"Nobody was answered; half of those who gave up had waited (.+)",
     "Не ответили никому; половина не дождавшихся ждала не больше {0}"),
    (r"Service level (.+): the target of (.+) was met throughout",
     "Уровень обслуживания {0}: цель {1} достигнута всё время"),
    (r"Service level (.+), above the target of (.+)", "Уровень обслуживания {0}, выше цели {1}"),
    (r"Service level (.+), below the target of (.+) throughout", "Уровень обслуживания {0}, всё время ниже цели {1}"),
    (r"Service level (.+), below the target of (.+)", "Уровень обслуживания {0}, ниже цели {1}"),
    (r"Service level (.+), exactly at the target of (.+)", "Уровень обслуживания {0}, ровно цель {1}"),
    (r"Service level fell to (\S+ %) on (.+) between (\S+) and (\S+)",
     "Уровень обслуживания упал до {0}: {1}, {2}–{3}"),
    (r"Service level fell to (\S+ %) between (.+) and (.+)", "Уровень обслуживания упал до {0}: {1} – {2}"),
    (r"Service level fell to (\S+ %) on (.+)", "Уровень обслуживания упал до {0}: {1}"),
    (r"Service level fell to (\S+ %) from (.+) to (.+)", "Уровень обслуживания упал до {0}: {1} – {2}"),
    (r"Busiest hour of the week: (.+) (\d+) to (\d+), (.+) calls?",
     "Самый занятый час недели: {0}, {1}–{2}; вызовов: {3}"),
    (r"(.+) was on calls (\S+ %) of the time logged in", "{0!s}: в разговорах {1} времени в системе"),
    (r"Agents were on calls (\S+ %) of the time logged in; most (.+): (\S+ %)",
     "Операторы были в разговорах {0} времени в системе; больше всех {1!s}: {2}"),
    (r"(.+) agents?, none of them logged in", "Операторов: {0}, в систему не входил никто"),
))  # fmt: skip
_UNIT = {"s": "с", "min": "мин", "h": "ч", "d": "дн"}


class _Part(str):
    """A part of a text: in Russian, unless it is taken as it is (``!s``): a name, a zone."""

    def __format__(self, _: str) -> str:
        return _small(str(self))


def in_russian(text: str) -> str:
    r"""Return a text of a chart in Russian; names stay as they are.

    Examples
    --------
    >>> in_russian("Service level fell to 72 % between 08:30 and 09:30")
    'Уровень обслуживания упал до 72 %: 08:30 – 09:30'
    >>> in_russian("time, Europe/Berlin, each bar one day"), in_russian("12,345"), in_russian("Mon 16 Nov")
    ('время, Europe/Berlin, столбик – день', '12\xa0345', 'пн 16 ноя')
    """
    if text in _EXACT:
        return _EXACT[text]
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(text)
        if found:
            return sentence.format(*map(_Part, found.groups()))
    return _small(text)


def _small(text: str) -> str:
    """Return dates, numbers and spans of time in Russian; anything else is a name."""
    words = _EXACT | _EACH | _LONG_DAYS | _DAYS | _MONTHS
    if text in words:
        return words[text]
    if not re.fullmatch(r"(?:[<>]?[\d.,:]+k?|%|s|min|h|d|and|to|" + "|".join((*_DAYS, *_MONTHS)) + r"|\s)+", text):
        return text
    text = re.sub(r"(\d)k\b", rf"\1{NBSP}тыс.", text)
    text = re.sub(r"(?<=\d),(?=\d{3})", NBSP, text)
    text = re.sub(r"(?<=\d)\.(?=\d)", ",", text)
    return re.sub(r"[A-Za-z]+", lambda word: (_UNIT | _DAYS | _MONTHS | {"to": "–", "and": "–"})[word[0]], text)
