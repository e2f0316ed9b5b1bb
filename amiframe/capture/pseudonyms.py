"""Disguise: numbers, names, addresses and secrets of answers become others, the same one always the same other.

A replacement has the length and the look of what it stands for (digits for digits, Cyrillic for Cyrillic), so that
frames keep their shape. What a table of the schema knows as a count, a flag or a time is left as it is.
"""

from __future__ import annotations

import html
import ipaddress
import random
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from amiframe import schema
from amiframe.privacy.personal_columns import personal_class
from amiframe.privacy.secret_patterns import Masking, is_secretive
from amiframe.schema.actions import ACTIONS
from amiframe.schema.withheld import is_withheld
from amiframe.wire.column_names import column
from amiframe.wire.encoding import escape, unescape

_FIXED_KINDS = frozenset({"int", "float", "bool", "time", "iso", "local", "hms"})
_FIXED = frozenset(
    {
        "event",
        "response",
        "eventlist",
        "listitems",
        "items",
        "privilege",
        "timestamp",
        "actionid",
        "priority",
        "channelstate",
        "channelstatedesc",
        "amiversion",
        "asteriskversion",
        "corestartupdate",
        "corestartuptime",
        "corereloaddate",
        "corereloadtime",
    }
)
_NAMES_OF = {("QueueMember", "name"), ("Agents", "name")}
_SECRETS = re.compile(r"md5.*|sessionid|key")
_LINES = frozenset({"", "output", "opaque_data"})  # lines of one text: the head of a table is one of them
_OF_VALUE = frozenset({"variable", "key"})  # of Getvar, of DBGet: the header after them has the value
_VALUES = frozenset({"value", "val"})
_VARIABLES = re.compile(r"variable|(dest)?chanvariable.*")
_PIN = re.compile(r"(?i)pin|pass|secret|token|key|auth")  # in doubt a variable is blotted out
_OWN_VARIABLES = re.compile(
    r"_*(DIALSTATUS|DIALEDTIME|ANSWEREDTIME|HANGUPCAUSE|QUEUESTATUS|BRIDGEPEER|DIALEDPEERNAME|DIALEDPEERNUMBER|CHANNEL"
    r"|RINGTIME.*|PROGRESSTIME.*|SIPCALLID|MEETME.*|CONFBRIDGE_RESULT|PARK.*|RTPAUDIOQOS.*|LOCAL.*|MACRO_.*|TRANSFER.*)"
)
_LETTERS = (
    "bcdfghklmnprstvz",
    "BCDFGHKLMNPRSTVZ",
    "aeiou",
    "AEIOU",
    "бвгдзклмнпрст",
    "БВГДЗКЛМНПРСТ",
    "аеиоу",
    "АЕИОУ",
    "äëïöü",
    "ÄËÏÖÜ",
    "łśźżč",
    "ŁŚŹŻČ",
)
_HAN = "山川田木林森石金水火土日月人口"
_TECHNOLOGY = r"(?:PJSIP|SIP|IAX2|SCCP|DAHDI|Skinny|MGCP|Agent|Local|USER)"
_ATTRIBUTE = re.compile(r"([^\s=<>]+)='([^']*)'")
_ELEMENT = re.compile(r"(<generic )([^>]*)(/>)")
_PATTERNS = (
    r"(?P<keep>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\d.])\d{9,10}\.\d{1,9}(?![\d.])|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|(?<=-)[0-9a-f]{8}(?!\w))"
    r"|(?P<mac>(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:]))"
    r"|(?P<six>(?<![0-9A-Fa-f:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:.]))"
    r"|(?P<four>(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]))"
    r"|(?P<host>(?<=@)(?=[\w.-]*[A-Za-z])[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<user>(?<=sip:)[^@\s;>]+(?=@)|(?<=sips:)[^@\s;>]+(?=@)|[\w.+-]+(?=@[\w-]+\.[\w.-]*[A-Za-z]))"
    r"|(?P<number>(?<![0-9A-Za-z])(?<!\d\.)\d{2,}(?![0-9A-Za-z])(?!\.\d)|(?<=[g-zG-Z])\d{7,})"
)


@dataclass
class _AnswerState:
    """What one answer has told so far that decides on what comes next in it."""

    lines: Masking
    holds_secret: bool = False


class Pseudonymizer:
    """What stands for what, in one capture.

    Parameters
    ----------
    secret : str
        Secret of the account: blotted out wherever it is.
    username : str
        Replaced as a name wherever it is.
    """

    def __init__(self, secret: str = "", username: str = ""):
        self._chance = random.Random(secrets.randbits(64))  # noqa: S311 (nobody has to guess it twice)
        self._secret = secret
        self._numbers: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._known: set[str] = set()  # numbers of three and four digits that are somebody's
        self._phrases: set[str] = {username} if username else set()
        self._addresses: dict[str, str] = {}

    def collect(self, text: str, *, is_xml: bool) -> None:
        """Take note of the numbers and names that an answer tells by the meaning of its headers."""
        self.__dict__.pop("_pattern", None)
        _map_values(text, self._collect_value, is_xml=is_xml)

    def answer(self, text: str, *, is_xml: bool, file: str = "") -> str:
        """Return an answer disguised; `file` is the configuration file whose lines it holds."""
        return _map_values(text, partial(self._value, _AnswerState(Masking(file, _blotted))), is_xml=is_xml)

    def text(self, text: str, lines: Masking | None = None) -> str:
        """Return any text disguised: an error, a field that was asked, the next line of an answer."""
        return self._pattern.sub(self._replacement, (lines or Masking(hide=_blotted)).text(text))

    # --- what is personal ---------------------------------------------------------------------------------------------

    def _collect_value(self, event: str, name: str, value: str) -> str:
        plain = unescape(value) if _is_escaped(event, name) else value
        if _kind(event, name) not in _FIXED_KINDS:
            kind = personal_class(name)
            if kind in ("number", "account"):
                self._collect_number(plain)
            elif _is_name(event, name):
                self._collect_name(plain)
            elif kind == "resource":
                for part in re.split(r"[,/\s]", plain):
                    self._collect_number(part)
            for resource in _RESOURCE.findall(plain):
                self._collect_number(resource)
        return value

    def _collect_number(self, text: str) -> None:
        self._known.update(re.findall(r"\d{3,}", text))
        if re.search(r"[^\W\d_]{2}", text):
            self._collect_name(text)

    def _collect_name(self, text: str) -> None:
        stripped = text.strip()
        if len(stripped) > 2 and not is_withheld(stripped) and stripped.strip("<>()").lower() not in _OURS:
            self._phrases.add(stripped)
            self._phrases.update(word for word in re.findall(r"[^\W\d_]{4,}", stripped) if word.lower() not in _OURS)

    # --- what becomes of it ---------------------------------------------------------------------------------------

    def _value(self, state: _AnswerState, event: str, name: str, value: str) -> str:
        if name in _FIXED or _kind(event, name) in _FIXED_KINDS or "(Priv: " in value:
            return value
        if name in _OF_VALUE:
            state.holds_secret = "=" not in value and bool(is_secretive(value) or _PIN.search(value))
        is_secret = is_secretive(name) or _SECRETS.fullmatch(name) or personal_class(name) == "digits"
        if is_secret or (state.holds_secret and name in _VALUES):
            return _blotted(value)
        lines = state.lines if name in _LINES else state.lines.fresh()
        if _is_escaped(event, name):
            return escape(self._pseudonymized(lines, event, name, unescape(value)))
        return self._pseudonymized(lines, event, name, value)

    def _pseudonymized(self, lines: Masking, event: str, name: str, value: str) -> str:
        if _VARIABLES.fullmatch(name):
            variable, equals, content = value.partition("=")
            if not equals:
                return self.text(value, lines)
            if is_secretive(variable) or _PIN.search(variable):
                return f"{variable}={_blotted(content)}"
            own = _OWN_VARIABLES.fullmatch(variable)
            return f"{variable}={self.text(content) if own else self._replace_all_words(content)}"
        if _is_name(event, name):
            return value if is_withheld(value) else self._replace_all_words(value)
        return self.text(value, lines)

    def _replace_all_words(self, text: str) -> str:
        """Replace every word and number of a free text."""
        text = Masking(hide=_blotted).text(text)
        done: list[str] = []
        end = 0
        for match in self._pattern.finditer(text):
            done += [self._name(text[end : match.start()]), self._replacement(match)]
            end = match.end()
        return "".join([*done, self._name(text[end:])])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        phrases = {form for phrase in self._phrases for form in (phrase, escape(phrase))}
        longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
        phrases_pattern = "|".join(
            rf"(?<!\w){re.escape(phrase)}(?!\w)" if phrase[0].isalnum() and phrase[-1].isalnum() else re.escape(phrase)
            for phrase in longest_first
        )
        alternatives = [
            f"(?P<secret>{re.escape(self._secret)})" if self._secret else "",
            f"(?P<phrase>{phrases_pattern})" if phrases_pattern else "",
            _PATTERNS,
        ]
        return re.compile("|".join(filter(None, alternatives)))

    def _replacement(self, match: re.Match[str]) -> str:
        text = match[0]
        ways: dict[str, Callable[[str], str]] = {
            "secret": _blotted,
            "phrase": self._phrase,
            "mac": self._mac,
            "six": self._ip,
            "four": self._ip,
            "host": self._name,
            "user": self._user,
            "number": self._number,
        }
        return ways.get(str(match.lastgroup), str)(text)

    def _phrase(self, text: str) -> str:
        return self._all_digits(escape(self._name(unescape(text))) if "\\" in text else self._name(text))

    def _user(self, text: str) -> str:
        return self._number(text) if text.isdigit() else self._all_digits(self._name(text))

    def _all_digits(self, text: str) -> str:
        return re.sub(r"\d{3,}", lambda match: self._fresh_number(match[0]), text)

    def _number(self, digits: str) -> str:
        return self._fresh_number(digits) if len(digits) >= 5 or digits in self._known else digits

    def _fresh_number(self, digits: str) -> str:
        """Return the number that stands for another: as long, and no other's."""
        if digits not in self._numbers:
            taken = {*self._numbers.values(), *self._known, *self._numbers}
            for _ in range(1000):
                made = "".join(
                    [str(self._chance.randint(1, 9)), *(str(self._chance.randint(0, 9)) for _ in digits[1:])]
                )
                if made not in taken:
                    break
            self._numbers[digits] = made
        return self._numbers[digits]

    def _name(self, text: str) -> str:
        return re.sub(r"[^\W\d_]+", lambda match: self._word(match[0]), text)

    def _word(self, word: str) -> str:
        if word not in self._words:
            made = word
            while made == word and any(_alphabet(letter) for letter in word):
                made = "".join(self._chance.choice(_alphabet(letter) or letter) for letter in word)
            self._words[word] = made
        return self._words[word]

    def _ip(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text  # a version, perhaps
        if address.is_loopback or address.is_unspecified or text.startswith("255."):
            return text
        network = ipaddress.ip_address("198.18.0.0" if address.version == 4 else "2001:db8::")
        return self._address(text, lambda number: str(network + number))

    def _mac(self, text: str) -> str:
        return self._address(text, lambda number: f"02:00:00:00:{number >> 8 & 255:02x}:{number & 255:02x}")

    def _address(self, text: str, made: Callable[[int], str]) -> str:
        return self._addresses.setdefault(text, made(len(self._addresses) + 1))


def _alphabet(letter: str) -> str:
    """Return the letters of which one may stand for this one; none for what is no letter."""
    for letters in _LETTERS:
        if letter in letters:
            return letters
    if "a" <= letter.lower() <= "z":
        return _LETTERS[1] if letter.isupper() else _LETTERS[0]
    if "а" <= letter.lower() <= "я":
        return _LETTERS[5] if letter.isupper() else _LETTERS[4]
    if letter.isalpha():
        return _HAN if len(letter.encode()) == 3 else _LETTERS[9] if letter.isupper() else _LETTERS[8]
    return ""


def _blotted(text: str) -> str:
    return "x" * len(text)


def _kinds() -> Iterator[tuple[tuple[str, str], tuple[str, bool]]]:
    for table, fields in {**schema.REPLIES, **schema.EVENTS}.items():
        for field in fields:
            event = "" if table in schema.REPLIES else table
            yield (event, column(field.header)), (field.kind, field.escaped)


_KINDS = dict(_kinds())
_OURS = frozenset(
    {action.name.lower() for action in ACTIONS.values()}
    | {event.lower() for event in schema.EVENTS}
    | {name for _, name in _KINDS}
    | {"local", "sip", "queue", "echo", "wait", "dial", "default", "agent", "support", "sales"}
)  # words of the protocol: as somebody's name they are replaced in the place of a name only
_RESOURCE = re.compile(rf"(?<![\w/]){_TECHNOLOGY}/([\w.+*#-]+?)(?=-[0-9a-f]{{6,8}}(?!\w)|[^\w.+*#-]|$)")


def _kind(event: str, name: str) -> str:
    return _KINDS.get((event, name), ("str", False))[0]


def _is_name(event: str, name: str) -> bool:
    return personal_class(name) in ("name", "staff") or (event, name) in _NAMES_OF


def _is_escaped(event: str, name: str) -> bool:
    return _KINDS.get((event, name), ("str", False))[1]


Change = Callable[[str, str, str], str]


def _map_values(text: str, change: Change, *, is_xml: bool) -> str:
    """Return an answer with each value changed; the change is told the event, the column and the value."""
    return _map_xml(text, change) if is_xml else "\r\n".join(_map_lines(text.split("\r\n"), change))


def _map_lines(lines: Iterable[str], change: Change) -> Iterator[str]:
    event = ""
    for line in lines:
        name, colon, value = line.partition(":")
        blank = " " if value.startswith(" ") else ""
        if not line:
            event = ""
        elif name == "Event":
            event = value.strip()
        yield f"{name}:{blank}{change(event, column(name), value[len(blank) :])}" if colon else change(event, "", line)


def _map_xml(text: str, change: Change) -> str:
    def element(match: re.Match[str]) -> str:
        found = re.search(r"(?<!\S)event='([^']*)'", match[2])
        event = _EVENT_NAMES.get(found[1].lower(), found[1]) if found else ""

        def attribute(one: re.Match[str]) -> str:
            name = re.sub(r"-\d+$", "", one[1])
            value = html.unescape(one[2])
            changed = change(event, name, value)
            return one[0] if changed == value else f"{one[1]}='{html.escape(changed).replace('&#x27;', '&apos;')}'"

        return match[1] + _ATTRIBUTE.sub(attribute, match[2]) + match[3]

    return _ELEMENT.sub(element, text)


_EVENT_NAMES = {name.lower(): name for name in schema.EVENTS}
