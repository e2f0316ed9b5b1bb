"""Answers put together as the server does: where the ActionID stands, how a list begins and ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from amiframe.demo.http.form_parameters import SKIPPED
from amiframe.wire.message import Message

Pairs = tuple[tuple[str, str], ...]
Item = tuple[str, Iterable[tuple[str, str]]]
"""An item of a list: the event's name and its headers."""

T = TypeVar("T")

_YES = frozenset({"yes", "true", "y", "t", "1", "on"})


class Request:
    """The fields of an action: of a repeated one the first counts, and what the server skips before a value is gone.

    Examples
    --------
    >>> Request([("TIMEOUT", " 5"), ("timeout", "9")]).get("Timeout")
    '5'
    """

    def __init__(self, fields: Sequence[tuple[str, str]]):
        self.fields = [(name, value.lstrip(SKIPPED)) for name, value in fields]

    def get(self, name: str, default: str = "") -> str:
        """Return the value of a field."""
        wanted = name.lower()
        return next((value for field, value in self.fields if field.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        wanted = name.lower()
        return [value for field, value in self.fields if field.lower() == wanted]

    def is_true(self, name: str) -> bool:
        """Whether a field says yes."""
        return self.get(name).lower() in _YES

    @property
    def actionid(self) -> Pairs:
        """The ActionID to send back."""
        value = self.get("ActionID")
        return (("ActionID", value),) if value else ()


class Refused(Exception):
    """An action that cannot be carried out; its text is the message of the answer."""


def required(value: T | None, message: str) -> T:
    """Return a value, or the condition that holds; without one (None, empty, false) the action is refused."""
    if not value:
        raise Refused(message)
    return value


def success(request: Request, message: str = "", *more: tuple[str, str]) -> list[Message]:
    """Return an answer that says Success."""
    text = (("Message", message),) if message else ()
    return [Message((("Response", "Success"), *request.actionid, *text, *more))]


def error(request: Request, message: str) -> list[Message]:
    """Return an answer that says Error."""
    return [Message((("Response", "Error"), *request.actionid, ("Message", message)))]


def listing(
    request: Request, message: str, items: Iterable[Item], end: str, *more: tuple[str, str], id_last: bool = False
) -> list[Message]:
    """Return a list; some of the server's lists have the ActionID at the end of each item."""
    head = (("Response", "Success"), *request.actionid, ("EventList", "start"), ("Message", message))
    messages = [Message(head)]
    for name, pairs in items:
        first, last = ((), request.actionid) if id_last else (request.actionid, ())
        messages.append(Message((("Event", name), *first, *pairs, *last)))
    count = ("ListItems", str(len(messages) - 1))
    messages.append(Message((("Event", end), *request.actionid, ("EventList", "Complete"), count, *more)))
    return messages
