"""Words that stand where the number or the name of a caller would, when the caller withholds it."""

from __future__ import annotations

WITHHELD = frozenset(
    {
        "anonymous",
        "blocked",
        "none",
        "null",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "withheld",
    }
)
"""The words in lower case, without brackets."""

BRACKETS = " \t<>()"
"""What may stand around such a word."""


def is_withheld(caller: str) -> bool:
    """Return whether a caller's number or name is one of the words.

    Examples
    --------
    >>> is_withheld("<Unknown>"), is_withheld("101")
    (True, False)
    """
    return caller.strip(BRACKETS).lower() in WITHHELD
