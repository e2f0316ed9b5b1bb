r"""The outline of documentation text: which line belongs to which section of which action or event.

:mod:`amiframe.wire.command_docs` says what the two layouts look like, and makes documentation of the parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from amiframe.errors import ParseError
from amiframe.wire.encoding import printable

TEXT_TITLES = frozenset(
    ("Synopsis", "Syntax", "Description", "Arguments", "Privilege", "See Also", "Since", "Provided By")
)
LIST_TITLES = ("List Responses", "Final Response")
SYNTAX_HEAD = re.compile(r"(Action|Event):(.*)")

_TITLES = TEXT_TITLES.union(LIST_TITLES, (f"End {title}" for title in LIST_TITLES))
_TITLE = re.compile(r"\[([A-Z][A-Za-z ]*)\]")
_HEADER = re.compile(r"-= Info about Manager (Command|Event) '(.*)' =-")
_UNKNOWN_EVENT = "Could not find event"


@dataclass(slots=True)
class DocPart:
    """The lines of one action or event, by section; those outside of any are under ``""``."""

    kind: str
    name: str
    sections: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[DocPart]] = field(default_factory=lambda: {title: [] for title in LIST_TITLES})


class _Outline:
    """Walk once through the lines and file each where it belongs."""

    def __init__(self, lines: Sequence[str]):
        self.parts: list[DocPart] = []
        self._part: DocPart | None = None  # takes the lines now: the last of parts, or one of its events
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
            synopsis, privilege = (text.partition(":")[2] for text in self._lines[at + 1 : at + 3])
            self.parts[-1].sections.update(Syntax=[], Synopsis=[synopsis], Privilege=[privilege])
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
        self._part, self._section = DocPart(kind, name), ""
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
        if command is not None and title.removeprefix("End ") in LIST_TITLES:
            self._part = command
            self._list = title if title in LIST_TITLES else ""
            self._section = self._list

    def _title(self, at: int) -> str:
        """Return the section's title if the line is one; a title that we do not know has an empty line above."""
        match = _TITLE.fullmatch(self._lines[at])
        known = match and (match[1] in _TITLES or (self._part is not None and not self._lines[at - 1]))
        return match[1] if match and known else ""

    def _opens_event(self, at: int) -> bool:
        """Whether ``Event: X`` opens an event: it does not begin a syntax, and no text follows."""
        inside = self._part is not None and self._part.kind == "command" and not self._list
        if inside or (at and self._lines[at - 1] == "[Syntax]"):
            return False
        following = next(filter(None, self._lines[at + 1 : at + 4]), "[End]").lstrip()
        return following.startswith(("[", "-= ", "Event: "))

    def _is_plain(self, at: int) -> bool:
        heads = zip(self._lines[at + 1 : at + 3], ("Synopsis:", "Privilege:"), strict=False)
        return [line.startswith(head) for line, head in heads] == [True, True]


def outline(lines: Sequence[str], kind: str) -> list[DocPart]:
    """Return the parts of a text, all of one kind (``"command"`` or ``"event"``); none if the name was unknown.

    Raises
    ------
    ParseError
        The text is not documentation, or is of the other kind.

    Examples
    --------
    >>> part, = outline(["[Syntax]", "Action: Ping", "", "[Privilege]", "<none>"], "command")
    >>> part.name, part.sections
    ('Ping', {'Syntax': ['Action: Ping', ''], 'Privilege': ['<none>']})
    """
    if all(not line.strip() or line.startswith(_UNKNOWN_EVENT) for line in lines):
        return []
    parts = _Outline(lines).parts
    for part in parts:
        head = SYNTAX_HEAD.fullmatch(next(iter(part.sections.get("Syntax", ())), ""))
        if head and not part.name:
            part.name = head[2].strip()
            part.kind = "event" if head[1] == "Event" else "command"
        if part.kind != kind:
            raise ParseError(f"the documentation of {part.kind} {part.name!r}, not of {kind}s", excerpt=part.name[:60])
    return parts


def _foreign(line: str) -> ParseError:
    return ParseError(
        "no documentation as `manager show command` prints it",
        excerpt=printable(line),
        hint="ask with Action: Command and `manager show command NAME`; the account needs the `command` right",
    )
