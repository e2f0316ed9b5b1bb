"""Checks of what the analysis functions are given: numbers, names and columns, each with the way out."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import pandas as pd

from amiframe.errors import ConfigError


def number(name: str, value: object, hint: str, *, least: float = 0.0, most: float = math.inf) -> float:
    """Return an argument as a finite number within its limits.

    Raises
    ------
    ConfigError
        It is text, a flag, missing, not finite or outside the limits.

    Examples
    --------
    >>> number("aht_s", 180, "seconds")
    180.0
    """
    converted = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if math.isfinite(converted) and least <= converted <= most:
        return converted
    raise ConfigError(f"{name}={value!r}", hint=hint)


def closest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the hint for a name that is not known: the nearest name that is, or all of them.

    Examples
    --------
    >>> closest("asaa", ["asa", "acd"]), closest("staff", ["asa", "acd"])
    ("did you mean 'asa'?", 'asa, acd')
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else otherwise or ", ".join(names)


def require_columns(frame: Any, names: Iterable[str], what: str, cure: str) -> None:
    """Check that a frame has the columns that a function needs.

    Raises
    ------
    ConfigError
        A column is missing, or it is not a frame; says what needs it and where it comes from.
    """
    columns = set(frame.columns) if isinstance(frame, pd.DataFrame) else set()
    missing = [name for name in names if name not in columns]
    if missing:
        raise ConfigError(f"{what} cannot be known from this frame: it has no {', '.join(missing)}", hint=cure)
