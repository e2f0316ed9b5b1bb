"""A password that nothing shows, and an environment that shows none of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn


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
        if not isinstance(text, str):
            kind = type(text).__name__
            del text  # a traceback can show what names hold
            raise TypeError(f"a secret is text, not a {kind}")
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


def as_secret(secret: Any) -> Any:
    """Return a password that was given as text as a Secret, an empty one as None, anything else as it is.

    A function that takes a password calls this first: a traceback may show the local variables of each frame.

    Examples
    --------
    >>> as_secret("hunter2"), as_secret(""), as_secret(None)
    (Secret('***'), None, None)
    """
    return (Secret(secret) if secret else None) if isinstance(secret, str) else secret


class Environment(Mapping[str, str]):
    """Environment variables, without a word of what they say in its repr."""

    def __init__(self, values: Mapping[str, str]):
        self._open: Callable[[], Mapping[str, str]] = lambda: values

    def __getitem__(self, name: str) -> str:
        return self._open()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())

    def __repr__(self) -> str:
        return f"Environment of {len(self)} variables"
