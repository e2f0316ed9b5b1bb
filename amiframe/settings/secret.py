"""A password that nothing shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn


class Secret:
    """A password: shown by nothing, copied into nothing but the request that needs it.

    Examples
    --------
    >>> Secret("hunter2"), f"{Secret('hunter2')}"
    (Secret('***'), '***')
    """

    __slots__ = ("_open",)
    _open: Callable[[], str]

    def __init__(self, text: str):
        # behind a function: inspectors, debuggers and variable panes list attributes, not what a function knows
        self._open = lambda: text

    def reveal(self) -> str:
        """Return the password, for the request that logs in."""
        return self._open()

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __copy__(self) -> NoReturn:
        raise TypeError("a secret is not copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret is not copied")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
