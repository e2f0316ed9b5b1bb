r"""The documentation text of the server: ``manager show command X`` and ``manager show event X``.

The contract
------------
The text comes as ``Output`` lines in one of two layouts, several names one after the other. Lines in, dataclasses out;
no text is lost, what has no place of its own is in ``other``.

* Old layout (Asterisk 16): ``[Syntax]`` opens a block, every section ends with an empty line.
* New layout (22): ``-= Info about Manager Command 'X' =-`` opens a block; arguments are parted by empty lines.
* Both: ``[List Responses]`` and ``[Final Response]`` hold events with sections of their own, up to the next of these
  two titles (old) or their end marker (new).
* Actions without XML documentation: ``Action: X``, ``Synopsis: ...``, ``Privilege: ...``, then free text.

An argument is its name at the edge and its text indented. Over XML the server trims each line: then the order of the
syntax tells names from text. The server wraps text so that no line has more than 79 characters, hence a line goes on
with the paragraph above exactly if its first word had no room there; what is left of short lines are listed values.

Source: ``ast_xmldoc_printable`` in Asterisk's ``main/xmldoc.c``, ``handle_showmancmd`` in ``main/manager.c``; measured
on 16.28 and 22.10.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from amiframe.errors import ParseError
from amiframe.wire.commands import Command, is_command_list, parse_commands, parse_privileges

__all__ = [
    "Argument",
    "Command",
    "CommandDoc",
    "EventDoc",
    "is_command_list",
    "parse_commands",
    "parse_docs",
    "parse_event_docs",
    "parse_privileges",
]

_WIDTH = 80
_INDENT = 4  # of an argument's text, where XML has taken it away

_HEADER = re.compile(r"-= Info about Manager (Command|Event) '(.*)' =-")
_TITLE = re.compile(r"\[([A-Z][A-Za-z ]*)\]")
_SYNTAX_HEAD = re.compile(r"(Action|Event):(.*)")
_SYNTAX_LINE = re.compile(r"(\[)?([^:\s][^:]*):(.*)")
_VALUE = re.compile(r"(\S+(?: \S+){0,2}?) -(?: .*)?")

_TEXT_TITLES = frozenset(
    ("Synopsis", "Syntax", "Description", "Arguments", "Privilege", "See Also", "Since", "Provided By")
)
_LIST_TITLES = ("List Responses", "Final Response")
_TITLES = _TEXT_TITLES.union(_LIST_TITLES, (f"End {title}" for title in _LIST_TITLES))
_NOTHING = frozenset(("", "Not available", "None", "<none>"))
_UNKNOWN_EVENT = "Could not find event"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an action, or header of an event.

    Parameters
    ----------
    name : str
        As the documentation spells it (``ActionID``, ``UnitAmount(0)``).
    required : bool or None
        Whether the syntax demands it; None when the syntax is silent.
    description : str
        Its whole text, one paragraph a line; listed values are lines too.
    choices : tuple of str or None
        The values that the text lists; None when that cannot be known, because XML has taken the indentation.
    """

    name: str
    required: bool | None
    description: str
    choices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class EventDoc:
    """What the server's documentation says of one event (of one variant of it).

    Parameters
    ----------
    event, synopsis, syntax, description, provided_by : str
        Texts; empty when the server says nothing.
    arguments : tuple of Argument
        The event's headers, in the order of the syntax.
    see_also, since : tuple of str
        Names, and versions.
    other : tuple of (str, str)
        Title and text of sections that we do not know.
    """

    event: str
    synopsis: str = ""
    syntax: str = ""
    arguments: tuple[Argument, ...] = ()
    description: str = ""
    see_also: tuple[str, ...] = ()
    provided_by: str = ""
    since: tuple[str, ...] = ()
    other: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandDoc:
    """What the server's documentation says of one action.

    Parameters
    ----------
    action, synopsis, syntax, description, provided_by : str
        Texts; empty when the server says nothing.
    arguments : tuple of Argument
        In the order of the syntax; what it does not name comes behind.
    privileges : tuple of str
        Any one of these suffices; empty when none is needed.
    see_also, since : tuple of str
        Names, and versions.
    responses : tuple of EventDoc
        The events of the list that the action answers with.
    final_response : EventDoc or None
        The event that ends the list.
    other : tuple of (str, str)
        Title and text of sections that we do not know.
    """

    action: str
    synopsis: str = ""
    syntax: str = ""
    arguments: tuple[Argument, ...] = ()
    description: str = ""
    privileges: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    responses: tuple[EventDoc, ...] = ()
    final_response: EventDoc | None = None
    provided_by: str = ""
    since: tuple[str, ...] = ()
    other: tuple[tuple[str, str], ...] = ()


def parse_docs(lines: Sequence[str], *, indented: bool | None = None) -> list[CommandDoc]:
    """Return the documentation of the actions that a ``manager show command`` printed.

    Parameters
    ----------
    lines : sequence of str
        The values of the ``Output`` headers.
    indented : bool, optional
        Whether the lines still have their indentation (raw) or not (XML). Default: look.

    Returns
    -------
    list of CommandDoc
        In the order of the text; empty when the server does not know the name (it prints an empty line).

    Raises
    ------
    ParseError
        The text is no documentation of an action.

    Examples
    --------
    >>> doc, = parse_docs(["[Syntax]", "Action: Ring", "[ActionID:] <value>", "Bell: <value>", "", "[Arguments]",
    ...                    "Bell", "    Which bell.", "    front", "    back", "", "[Privilege]", "call,all", ""])
    >>> doc.action, doc.privileges, [(a.name, a.required, a.choices) for a in doc.arguments]
    ('Ring', ('call', 'all'), [('ActionID', False, ()), ('Bell', True, ('front', 'back'))])
    >>> parse_docs([""])
    []
    """
    parts = _parts(lines, "command")
    indented = _is_indented(lines) if indented is None else indented
    return [_command_doc(part, indented) for part in parts]


def parse_event_docs(lines: Sequence[str], *, indented: bool | None = None) -> list[EventDoc]:
    """Return the documentation that ``manager show event`` printed, one item per variant of the event.

    Parameters, empty results and errors are those of :func:`parse_docs`.

    Examples
    --------
    >>> parse_event_docs(["Event: Rang", "[Syntax]", "Event: Rang", "Bell: <value>", ""])[0].arguments
    (Argument(name='Bell', required=True, description='', choices=()),)
    """
    parts = _parts(lines, "event")
    indented = _is_indented(lines) if indented is None else indented
    return [_event_doc(part, indented) for part in parts]


def _is_indented(lines: Sequence[str]) -> bool:
    # XML has no line that begins with a blank; in raw text those of the first argument do
    return any(line[:1].isspace() and not line.isspace() for line in lines)


# --- the outline: which line belongs where --------------------------------------------------------------------------


@dataclass(slots=True)
class _Part:
    """The lines of one action or event, by section; those outside of any are under ``""``."""

    kind: str
    name: str
    sections: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[_Part]] = field(default_factory=lambda: {title: [] for title in _LIST_TITLES})


class _Outline:
    """Walk once through the lines and file each where it belongs."""

    def __init__(self, lines: Sequence[str]):
        self.parts: list[_Part] = []
        self._part: _Part | None = None  # takes the lines now: the last of parts, or one of its events
        self._list = ""  # the list that is open
        self._section = ""
        self._lines = [line.rstrip() for line in lines]
        at = 0
        while at < len(self._lines):
            at += self._take(at)

    def _take(self, at: int) -> int:
        """File the line at a place; return how many lines that took."""
        line = self._lines[at]
        if header := _HEADER.fullmatch(line.lstrip()):
            self._open(header[1].lower(), header[2])
        elif title := self._title(at):
            self._enter(title, self._lines[at + 1 : at + 2])
        elif line.startswith("Event: ") and self._opens_event(at):
            self._open("event", line[7:].strip())
        elif line.startswith("Action: ") and self._is_plain(at):
            self._open("command", line[8:].strip())
            for extra, name in enumerate(("Synopsis", "Privilege"), 1):
                self.parts[-1].sections[name] = [self._lines[at + extra].partition(":")[2]]
            self._section = "Description"
            return 3
        elif self._part is not None:
            self._part.sections.setdefault(self._section, []).append(line)
        elif line:
            raise _foreign(line)
        return 1

    def _open(self, kind: str, name: str) -> None:
        part = self._part
        if kind == "event" and part is not None and (part.kind, part.name) == (kind, name) and not any(part.sections):
            return  # "Event: X" stands above the header of X
        self._part, self._section = _Part(kind, name), ""
        if kind == "event" and self._list:
            self.parts[-1].events[self._list].append(self._part)
        else:
            self.parts.append(self._part)
            self._list = ""

    def _enter(self, title: str, following: Sequence[str]) -> None:
        command = self.parts[-1] if self.parts and self.parts[-1].kind == "command" else None
        is_syntax = title == "Syntax" and bool(following) and following[0].startswith("Action: ")
        if self._part is None or (is_syntax and (command is None or title in command.sections)):
            self._open("command", "")
            command = self.parts[-1]
        self._section = title
        if command is not None and title.removeprefix("End ") in _LIST_TITLES:
            self._part = command
            self._list = title if title in _LIST_TITLES else ""
            self._section = self._list

    def _title(self, at: int) -> str:
        """Return the section's title if the line is one; a title that we do not know has an empty line above."""
        found = _TITLE.fullmatch(self._lines[at])
        known = found and (found[1] in _TITLES or (self._part is not None and not self._lines[at - 1]))
        return found[1] if found and known else ""

    def _opens_event(self, at: int) -> bool:
        """Whether ``Event: X`` opens an event: it is no head of a syntax, and no text follows."""
        inside = self._part is not None and self._part.kind == "command" and not self._list
        if inside or (at and self._lines[at - 1] == "[Syntax]"):
            return False
        following = next(filter(None, self._lines[at + 1 : at + 4]), "[End]").lstrip()
        return following.startswith(("[", "-= ", "Event: "))

    def _is_plain(self, at: int) -> bool:
        heads = zip(self._lines[at + 1 : at + 3], ("Synopsis:", "Privilege:"), strict=False)
        return [line.startswith(head) for line, head in heads] == [True, True]


def _parts(lines: Sequence[str], kind: str) -> list[_Part]:
    if all(not line.strip() or line.startswith(_UNKNOWN_EVENT) for line in lines):
        return []
    parts = _Outline(lines).parts
    for part in parts:
        head = _SYNTAX_HEAD.fullmatch(next(iter(part.sections.get("Syntax", ())), ""))
        if head and not part.name:
            part.name = head[2].strip()
            part.kind = "event" if head[1] == "Event" else "command"
        if part.kind != kind:
            raise ParseError(f"the documentation of {part.kind} {part.name!r}, not of {kind}s", excerpt=part.name[:60])
    return parts


def _foreign(line: str) -> ParseError:
    return ParseError(
        "no documentation as `manager show command` prints it",
        excerpt="".join(c if c.isprintable() else "·" for c in line[:60]),
        hint="ask with Action: Command and `manager show command NAME`; the account needs the `command` right",
    )


# --- the sections ---------------------------------------------------------------------------------------------------


def _command_doc(part: _Part, indented: bool) -> CommandDoc:
    responses = [_event_doc(event, indented) for title in _LIST_TITLES for event in part.events[title]]
    final = responses.pop() if part.events["Final Response"] else None  # of several, the others come before it
    return CommandDoc(
        part.name,
        _line(part, "Synopsis"),
        _syntax(part),
        _arguments(part, indented),
        _text(part, "Description"),
        parse_privileges(_line(part, "Privilege")),
        _names(part, "See Also"),
        tuple(responses),
        final,
        _line(part, "Provided By"),
        _names(part, "Since"),
        _other(part),
    )


def _event_doc(part: _Part, indented: bool) -> EventDoc:
    return EventDoc(
        part.name,
        _line(part, "Synopsis"),
        _syntax(part),
        _arguments(part, indented),
        _text(part, "Description"),
        _names(part, "See Also"),
        _line(part, "Provided By"),
        _names(part, "Since"),
        _other(part, "Privilege"),
    )


def _line(part: _Part, title: str) -> str:
    text = " ".join(" ".join(part.sections.get(title, ())).split())
    return "" if text in _NOTHING else text


def _names(part: _Part, title: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, _line(part, title).split(","))))


def _text(part: _Part, title: str) -> str:
    text = "\n".join(text for _, text in _paragraphs(part.sections.get(title, ())))
    return "" if text in _NOTHING else text


def _syntax(part: _Part) -> str:
    text = "\n".join(filter(None, part.sections.get("Syntax", ())))
    return "" if text in _NOTHING else text


def _other(part: _Part, *more: str) -> tuple[tuple[str, str], ...]:
    titles = [title for title in part.sections if title not in _TEXT_TITLES or title in more]
    return tuple((title, text) for title in titles if (text := _text(part, title)))


def _paragraphs(lines: Iterable[str], indent: int = 0) -> list[tuple[int, str]]:
    """Undo the wrapping; return the indentation and the text of each paragraph."""
    paragraphs: list[tuple[int, list[str]]] = []
    above = ""
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text:
            room = _WIDTH - indent - len(above) - 1
            if above and depth == paragraphs[-1][0] and len(text.split(None, 1)[0]) >= room:
                paragraphs[-1][1].append(text)
            else:
                paragraphs.append((depth, [text]))
        above = line.rstrip()
    return [(depth, " ".join(texts)) for depth, texts in paragraphs]


def _arguments(part: _Part, indented: bool) -> tuple[Argument, ...]:
    syntax = part.sections.get("Syntax", [])
    body = syntax[1:] if syntax and _SYNTAX_HEAD.fullmatch(syntax[0]) else syntax
    declared = [(found[2], not found[1]) for found in map(_SYNTAX_LINE.fullmatch, body) if found]
    lines = part.sections.get("Arguments", []) if _line(part, "Arguments") else []
    starts = _edge_lines(lines) if indented else _name_lines(lines, [name for name, _ in declared])
    texts: dict[str, deque[list[str]]] = {}
    for name, text in _cut(lines, starts):
        texts.setdefault(name, deque()).append(text)
    found = [
        _argument(name, required, texts[name].popleft() if texts.get(name) else [], indented)
        for name, required in declared
    ]
    return (*found, *(_argument(name, None, text, indented) for name, left in texts.items() for text in left))


def _argument(name: str, required: bool | None, lines: Sequence[str], indented: bool) -> Argument:
    paragraphs = _paragraphs(lines, 0 if indented else _INDENT)
    description = "\n".join(text for _, text in paragraphs)
    return Argument(name, required, description, _choices(paragraphs) if indented else None)


def _choices(paragraphs: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Return the listed values: ``value - text``, or one word; two words among other values."""
    base = min((depth for depth, _ in paragraphs), default=0)
    choices = []
    among = False
    for text in (text for depth, text in paragraphs if depth == base):
        with_text = _VALUE.fullmatch(text)
        value = with_text[1] if with_text else text
        few = with_text is not None or value.count(" ") <= among
        among = few and not value.startswith("- ") and not _is_sentence(value)
        if among:
            choices.append(value)
    return tuple(choices)


def _is_sentence(text: str) -> bool:
    return ": " in text or (text.endswith((".", ",", ":", ";", "!", "?")) and not text.endswith("..."))


def _edge_lines(lines: Sequence[str]) -> set[int]:
    return {at for at, line in enumerate(lines) if line and not line[0].isspace()}


def _name_lines(lines: Sequence[str], names: Sequence[str]) -> set[int]:
    """Return the lines that are names: of those in the order of the syntax, the most (a value may look like one)."""
    place = {name: at for at, name in reversed(list(enumerate(names)))}
    parted = bool(lines) and not lines[0]  # the new layout has an empty line above each name
    ends: list[int] = []  # place of the last name of the best chain of each length, and its line
    at_line: list[int] = []
    before: dict[int, int] = {}
    for at, line in enumerate(lines):
        if line not in place or (parted and lines[at - 1]):
            continue
        length = bisect_left(ends, place[line])
        ends[length : length + 1] = [place[line]]
        at_line[length : length + 1] = [at]
        before[at] = at_line[length - 1] if length else -1
    chain = set()
    last = at_line[-1] if at_line else -1
    while last >= 0:
        chain.add(last)
        last = before[last]
    return chain


def _cut(lines: Sequence[str], starts: Collection[int]) -> list[tuple[str, list[str]]]:
    """Part the lines into names and their texts; text above the first name is taken for a name itself."""
    found: list[tuple[str, list[str]]] = []
    for at, line in enumerate(lines):
        if at in starts or (not found and line):
            found.append((line.strip(), []))
        elif found:
            found[-1][1].append(line)
    return found
