r"""The documentation text of the server: ``manager show command X`` and ``manager show event X``.

The contract
------------
The text comes as ``Output`` lines in one of two layouts, several names one after the other. Lines in, dataclasses out;
no text is lost: sections without a field of their own are in ``other``.

* Old layout (Asterisk 16): ``[Syntax]`` opens a block, every section ends with an empty line.
* New layout (22): ``-= Info about Manager Command 'X' =-`` opens a block; arguments are parted by empty lines.
* Both: ``[List Responses]`` and ``[Final Response]`` hold events with sections of their own, up to the next of these
  two titles (old) or their end marker (new).
* Actions without XML documentation: ``Action: X``, ``Synopsis: ...``, ``Privilege: ...``, then free text.

An argument is its name at the edge and its text indented. Over XML the server trims each line: then the order of the
syntax shows which lines are names. The server wraps text so that no line has more than 79 characters, hence a line
continues the paragraph above if its first word had no room there; what is left of short lines are listed values.

Source: ``ast_xmldoc_printable`` in Asterisk's ``main/xmldoc.c``, ``handle_showmancmd`` in ``main/manager.c``; measured
on 16.28 and 22.10.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from amiframe.wire.command_docs_sections import LIST_TITLES, SYNTAX_HEAD, TEXT_TITLES, DocPart, outline
from amiframe.wire.list_commands import parse_privileges

_WIDTH = 80
_INDENT = 4  # of an argument's text, where XML has taken it away

_SYNTAX_LINE = re.compile(r"(\[)?([^:\s][^:]*):(.*)")
_VALUE = re.compile(r"(\S+(?: \S+){0,2}?) -(?: .*)?")
_REPEATS = 4  # a syntax names an argument once, seldom twice; more cannot be distinguished in XML
_NOTHING = frozenset(("", "Not available", "None", "<none>"))

_Chain: TypeAlias = "tuple[int, _Chain | None]"


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
        The text is not the documentation of an action.

    Examples
    --------
    >>> doc, = parse_docs(["[Syntax]", "Action: Ring", "[ActionID:] <value>", "Bell: <value>", "", "[Arguments]",
    ...                    "Bell", "    Which bell.", "    front", "    back", "", "[Privilege]", "call,all", ""])
    >>> doc.action, doc.privileges, [(a.name, a.required, a.choices) for a in doc.arguments]
    ('Ring', ('call', 'all'), [('ActionID', False, ()), ('Bell', True, ('front', 'back'))])
    >>> parse_docs([""])
    []
    """
    parts = outline(lines, "command")
    indented = _is_indented(lines) if indented is None else indented
    return [_command_doc(part, indented) for part in parts]


def parse_event_docs(lines: Sequence[str], *, indented: bool | None = None) -> list[EventDoc]:
    """Return the documentation that ``manager show event`` printed, one item per variant of the event.

    Parameters, empty results and errors are those of :func:`parse_docs`.

    Examples
    --------
    >>> parse_event_docs(["Event: Rang", "[Syntax]", "Event: Rang", "Bell: <value>", ""])[0].arguments
    (Argument(name='Bell', required=True, description='', choices=None),)
    """
    parts = outline(lines, "event")
    indented = _is_indented(lines) if indented is None else indented
    return [_event_doc(part, indented) for part in parts]


def _is_indented(lines: Sequence[str]) -> bool:
    # over XML no line has a blank at its edge; in raw text the arguments do, and most synopses at their end
    return any(line != line.strip() and not line.isspace() for line in lines)


# --- the sections ---------------------------------------------------------------------------------------------------


def _command_doc(part: DocPart, indented: bool) -> CommandDoc:
    responses = [_event_doc(event, indented) for title in LIST_TITLES for event in part.events[title]]
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


def _event_doc(part: DocPart, indented: bool) -> EventDoc:
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


def _line(part: DocPart, title: str) -> str:
    text = " ".join(" ".join(part.sections.get(title, ())).split())
    return "" if text in _NOTHING else text


def _names(part: DocPart, title: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, _line(part, title).split(","))))


def _text(part: DocPart, title: str) -> str:
    text = "\n".join(text for _, text in _paragraphs(part.sections.get(title, ())))
    return "" if text in _NOTHING else text


def _syntax(part: DocPart) -> str:
    text = "\n".join(filter(None, part.sections.get("Syntax", ())))
    return "" if text in _NOTHING else text


def _other(part: DocPart, *more: str) -> tuple[tuple[str, str], ...]:
    titles = [title for title in part.sections if title not in TEXT_TITLES or title in more]
    return tuple((title, text) for title in titles if (text := _text(part, title)))


def _paragraphs(lines: Iterable[str], indent: int = 0) -> list[tuple[int, str]]:
    """Undo the wrapping; return the indentation and the text of each paragraph."""
    paragraphs: list[tuple[int, list[str]]] = []
    above = ""
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text:
            had_room = indent + len(above) + 1 + len(text.split(None, 1)[0]) < _WIDTH
            if above and depth == paragraphs[-1][0] and not had_room and not _is_next_value(paragraphs[-1][1], text):
                paragraphs[-1][1].append(text)
            else:
                paragraphs.append((depth, [text]))
        above = line.rstrip()
    return [(depth, " ".join(texts)) for depth, texts in paragraphs]


def _is_next_value(paragraph: Sequence[str], text: str) -> bool:
    """Whether a line lists a value though it may go on with the paragraph: chance had filled the line above."""
    value = _value(text)
    in_list = value != text and " " not in value and _VALUE.fullmatch(paragraph[0]) is not None
    return bool(value) and (in_list or paragraph[-1].endswith((".", ":")))


def _arguments(part: DocPart, indented: bool) -> tuple[Argument, ...]:
    syntax = part.sections.get("Syntax", [])
    body = syntax[1:] if syntax and SYNTAX_HEAD.fullmatch(syntax[0]) else syntax
    declared = [(line[2], not line[1]) for line in map(_SYNTAX_LINE.fullmatch, body) if line]
    lines = part.sections.get("Arguments", []) if _line(part, "Arguments") else []
    starts = _edge_lines(lines) if indented else _name_lines(lines, [name for name, _ in declared])
    texts: dict[str, deque[list[str]]] = {}
    for name, text in _cut(lines, starts):
        texts.setdefault(name, deque()).append(text)
    arguments = [
        _argument(name, required, texts[name].popleft() if texts.get(name) else [], indented)
        for name, required in declared
    ]
    return (*arguments, *(_argument(name, None, text, indented) for name, left in texts.items() for text in left))


def _argument(name: str, required: bool | None, lines: Sequence[str], indented: bool) -> Argument:
    paragraphs = _paragraphs(lines, 0 if indented else _INDENT)
    description = "\n".join(text for _, text in paragraphs)
    return Argument(name, required, description, _choices(paragraphs) if indented else None)


def _choices(paragraphs: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """Return the values that a text lists; deeper lines belong to a value."""
    base = min((depth for depth, _ in paragraphs), default=0)
    choices = []
    value = ""
    for depth, text in paragraphs:
        if depth == base:
            value = _value(text, words=2 if value else 1)
            choices += [value] if value else []
    return tuple(choices)


def _value(text: str, words: int = 1) -> str:
    """Return the value of a line ``value - text`` or of so few words; nothing of a sentence."""
    listed = _VALUE.fullmatch(text)
    value = listed[1] if listed else text
    if (not listed and value.count(" ") >= words) or value.startswith("- ") or ": " in value or _ends_sentence(value):
        return ""
    return value


def _ends_sentence(text: str) -> bool:
    return text.endswith((".", ",", ":", ";", "!", "?")) and not text.endswith("...")


def _edge_lines(lines: Sequence[str]) -> set[int]:
    return {at for at, line in enumerate(lines) if line and not line[0].isspace()}


def _name_lines(lines: Sequence[str], names: Sequence[str]) -> set[int]:
    """Return the lines that are names: of those in the order of the syntax, the most (a value may look like one)."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    parted = bool(lines) and not lines[0]  # the new layout has an empty line above each name
    ends: list[int] = []  # of the best chain of each length: the place of its last name,
    chains: list[_Chain] = []  # and its lines, last first
    for at, line in enumerate(lines):
        if parted and lines[at - 1]:
            continue
        for place in reversed(places.get(line, ())[:_REPEATS]):
            length = bisect_left(ends, place)
            ends[length : length + 1] = [place]
            chains[length : length + 1] = [(at, chains[length - 1] if length else None)]
    name_lines = set()
    chain = chains[-1] if chains else None
    while chain:
        name_lines.add(chain[0])
        chain = chain[1]
    return name_lines


def _cut(lines: Sequence[str], starts: Collection[int]) -> list[tuple[str, list[str]]]:
    """DocPart the lines into names and their texts; text above the first name is taken for a name itself."""
    arguments: list[tuple[str, list[str]]] = []
    for at, line in enumerate(lines):
        if at in starts or (not arguments and line):
            arguments.append((line.strip(), []))
        elif arguments:
            arguments[-1][1].append(line)
    return arguments
