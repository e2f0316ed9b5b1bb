"""The numbered fields of UpdateConfig: which of their values is a password, and which is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from amiframe.privacy import secret_patterns
from amiframe.settings import Secret

Value: TypeAlias = "str | Secret"

_VALUE = re.compile(r"(value|match)-\d+", re.IGNORECASE)


def is_value(name: str) -> bool:
    """Return whether a field holds what a line of a file says, which may be a password."""
    return bool(_VALUE.fullmatch(name.strip()))


def opened(given: Iterable[tuple[str, Value]]) -> tuple[tuple[str, Value], ...]:
    """Return fields, those of UpdateConfig as text where their ``Var-`` says that they are not a password.

    Examples
    --------
    >>> opened([("Var-000000", "callerid"), ("Value-000000", Secret("Anna"))])
    (('Var-000000', 'callerid'), ('Value-000000', 'Anna'))
    >>> opened([("Var-000000", "secret"), ("Value-000000", Secret("Anna"))])
    (('Var-000000', 'secret'), ('Value-000000', Secret('***')))
    """
    pairs = list(given)
    files = " ".join(str(value) for name, value in pairs if name.lower().endswith("filename"))
    return tuple((name, _opened(name, value, pairs, files)) for name, value in pairs)


def _opened(name: str, value: Value, pairs: list[tuple[str, Value]], files: str) -> Value:
    if not isinstance(value, Secret) or not is_value(name):
        return value
    number = name.strip().rpartition("-")[2]
    variables = [str(what).strip() for other, what in pairs if other.strip().lower() == f"var-{number}"]
    is_plain = not any(map(secret_patterns.is_secretive, variables)) and all(
        secret_patterns.masked(f"{what}={value.reveal()}", files) == f"{what}={value.reveal()}" for what in variables
    )
    return value.reveal() if variables and all(variables) and is_plain else value


def empty_lines(action: str, pairs: Iterable[tuple[str, Value]]) -> list[str]:
    """Return a warning for each line that an action would write empty."""
    if action.lower() != "updateconfig":
        return []
    given = {name.lower(): value for name, value in pairs}
    numbers = [
        name.removeprefix("action-")
        for name, operation in given.items()
        if name.startswith("action-") and str(operation).lower() in ("append", "update")
    ]
    return [
        f"Value-{number} is empty: the line is written without a value"
        for number in numbers
        if given.get(f"var-{number}") and not given.get(f"value-{number}")
    ]
