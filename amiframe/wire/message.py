"""The one message model: what raw text and XML both become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

WAIT_END = "WaitEventComplete"
"""The event that ends an answer of WaitEvent."""


@dataclass(frozen=True, slots=True)
class Message:
    r"""One AMI message: its headers in server order, repeats kept.

    Values are text. A byte that is not valid in the declared encoding is kept as a lone surrogate
    (``surrogateescape``), so the bytes can be had back; frames replace it and count it.

    Parameters
    ----------
    pairs : tuple of (str, str)
        Header name as spelt on the wire (raw) or as attribute name without its ``-2`` (XML), and value.

    Examples
    --------
    >>> m = Message((("Event", "Status"), ("Variable", "A=1"), ("Variable", "B=2")))
    >>> m.kind, m.name, m.get("variable"), m.all("Variable")
    ('event', 'Status', 'A=1', ['A=1', 'B=2'])
    """

    pairs: tuple[tuple[str, str], ...]

    @property
    def kind(self) -> str:
        """``"response"``, ``"event"`` or ``""``: the first header decides (OriginateResponse is an event)."""
        first = self.pairs[0][0] if self.pairs else ""
        return "event" if first == "Event" else first.lower() if first.lower() in ("response", "event") else ""

    @property
    def name(self) -> str:
        """The event's name, the response's word (``Success``, ``Error`` ...), or ``""``."""
        return self.pairs[0][1] if self.kind else ""

    @property
    def error(self) -> str | None:
        """The reason that an ``Error`` response gives, without the blanks behind it; None for any other message.

        Examples
        --------
        >>> Message((("Response", "Error"), ("Message", "No such channel  "))).error
        'No such channel'
        """
        if self.kind != "response" or self.name.lower() != "error":
            return None
        return (self.get("Message") or "").rstrip()

    def get(self, header: str, default: str | None = None) -> str | None:
        """Return the first value of a header, upper or lower case, or `default`."""
        wanted = header.lower()
        return next((value for name, value in self.pairs if name.lower() == wanted), default)

    def all(self, header: str) -> list[str]:
        """Return every value of a header, in order."""
        wanted = header.lower()
        return [value for name, value in self.pairs if name.lower() == wanted]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)
