"""What callers press (PINs, numbers of cards): DTMF digits, made unreadable in what is recorded unattended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # wire itself stands on privacy.secret
    from amiframe.wire.message import Message

BLANK = "AMIFRAME_BLANK_DIGITS"
"""Variable that has digits blanked wherever events are read; jobs set it."""

BLANKED = "x"
EVENTS = frozenset({"DTMFBegin", "DTMFEnd"})


def are_blanked() -> bool:
    """Return whether this process may not see them."""
    return os.environ.get(BLANK) == "1"


def blanked(events: Iterable[Message]) -> Iterator[Message]:
    """Give the events with ``x`` in place of each digit.

    Examples
    --------
    >>> pressed = af.Message((("Event", "DTMFEnd"), ("Digit", "7"), ("DurationMs", "90")))
    >>> next(blanked([pressed])).pairs
    (('Event', 'DTMFEnd'), ('Digit', 'x'), ('DurationMs', '90'))
    """
    for event in events:
        if event.name in EVENTS:
            pairs = ((name, BLANKED * len(value) if name.lower() == "digit" else value) for name, value in event)
            yield type(event)(tuple(pairs))
        else:
            yield event
