"""The documentation of the actions, printed as ``manager show command`` of Asterisk 22 lays it out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from amiframe.schema.list_actions import LISTS
from amiframe.schema.privileges import BY_NAME, NONE, OPENED_BY

_WIDTH = 79
_SINCE = "22.0.0"
_ACTION_ID = "Any text; it comes back in each message of the answer."


@dataclass(slots=True)
class DocumentedArgument:
    """One argument of an action."""

    name: str
    required: bool
    text: str
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """What is known of one action."""

    name: str
    module: str
    synopsis: str = ""
    description: list[str] = field(default_factory=list)
    arguments: list[DocumentedArgument] = field(default_factory=list)

    @property
    def privileges(self) -> tuple[str, ...]:
        """Classes of which an account needs one, as ListCommands names them; empty when it needs none."""
        classes = [name for name in BY_NAME if name in OPENED_BY[self.name.lower()]]
        return (*classes, "all") if classes else ()


@cache
def entries() -> dict[str, Entry]:
    """Return the documented actions by their lower-case names, in the order of the alphabet."""
    text = resources.files("amiframe.demo").joinpath("data/commands.txt").read_text(encoding="utf-8")
    documented: list[Entry] = []
    for line in text.splitlines():
        if line.startswith("["):
            name, _, rest = line[1:].partition("]")
            documented.append(Entry(name, rest.strip()))
        elif line and not line.startswith("#"):
            _read_line(documented[-1], line)
    return {entry.name.lower(): entry for entry in sorted(documented, key=lambda entry: entry.name.lower())}


@cache
def applications() -> dict[str, str]:
    """Return the applications of the dialplan by name, each with what it is for."""
    text = resources.files("amiframe.demo").joinpath("data/applications.txt").read_text(encoding="utf-8")
    lines = (line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: synopsis.strip() for name, synopsis in lines}


def _read_line(entry: Entry, line: str) -> None:
    head, _, text = line.partition(" ")
    if line.startswith("    "):
        entry.arguments[-1].values.append(line.strip())
    elif head == ">":
        entry.description.append(text)
    elif head.endswith(("!", "?")) and entry.synopsis:
        entry.arguments.append(DocumentedArgument(head[:-1], head.endswith("!"), text))
    else:
        entry.synopsis = line


def show(names: Iterable[str]) -> list[str]:
    """Return the lines that document actions; what is not known is left out, and nothing at all is one empty line."""
    known = [entries()[name.lower()] for name in names if name.lower() in entries()]
    return [line for entry in known for line in _block(entry)] or [""]


def overview() -> list[str]:
    """Return the lines of ``manager show commands``."""
    rows = [("Action", "Synopsis"), ("------", "--------")]
    rows += [(entry.name, entry.synopsis[:33]) for entry in entries().values()]
    return [f"  {name:<43}  {synopsis}" for name, synopsis in rows]


def _block(entry: Entry) -> Iterator[str]:
    yield from ("", f"  -= Info about Manager Command '{entry.name}' =- ", "")
    yield from ("[Synopsis]", f"{entry.synopsis} ", "")
    yield from ("[Provided By]", entry.module, "", "[Since]", _SINCE, "")
    yield "[Description]"
    for paragraph in entry.description or ["Not available"]:
        yield from textwrap.wrap(paragraph, _WIDTH)
    arguments = [DocumentedArgument("ActionID", False, _ACTION_ID), *entry.arguments]
    yield from ("", "[Syntax]", f"Action: {entry.name}")
    for argument in arguments:
        yield f"{argument.name}: <value>" if argument.required else f"[{argument.name}:] <value>"
    yield from ("", "[Arguments]", "")
    for argument in arguments:
        yield from _argument(argument)
    yield from ("[Privilege]", ",".join(entry.privileges) or NONE, "")
    yield from ("[See Also]", "Not available", "")
    answer = LISTS.get(entry.name.lower())
    yield "[List Responses]"
    yield from ([line for item in answer.items for line in (f"Event: {item}", "")] if answer else ["None", ""])
    yield from ("[End List Responses]", "", "[Final Response]")
    yield from ((f"Event: {answer.complete}", "") if answer else ("None", ""))
    yield from ("[End Final Response]", "")


def _argument(argument: DocumentedArgument) -> Iterator[str]:
    indent = " " * 4
    yield argument.name
    yield from textwrap.wrap(argument.text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    if argument.values:
        yield ""
        yield from (f"{indent}{value}" for value in argument.values)
    yield ""
