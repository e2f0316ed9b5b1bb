"""Names that have changed: the old one works for one minor version and warns. This is the only way to rename."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from amiframe.errors import ConfigError

__all__ = ["renamed", "warn_renamed"]

Function = TypeVar("Function", bound=Callable[..., Any])


def renamed(old_name: str | None = None, *, gone_in: str, **parameters: str) -> Callable[[Function], Function]:
    """Return a decorator for a function that had another name, or parameters of other names.

    Parameters
    ----------
    old_name : str, optional
        Name that the decorated function stands for; it warns at each call.
    gone_in : str
        Version in which the old name goes.
    **parameters : str
        Old name of a parameter and the new one.

    Examples
    --------
    >>> @renamed(gone_in="0.3", mask="redact")
    ... def report(redact=None):
    ...     return redact
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     report(mask="last4"), str(caught[0].message)
    ('last4', 'report(mask=) is report(redact=) now; the old name goes in 0.3')
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            name = function.__name__
            if old_name is not None:
                warn_renamed(f"{old_name}()", f"{name}()", gone_in)
            for old in parameters.keys() & given.keys():
                new = parameters[old]
                if new in given:
                    raise ConfigError(f"{name}({old}=) is the old name of {new}=, and both are given")
                warn_renamed(f"{name}({old}=)", f"{name}({new}=)", gone_in)
                given[new] = given.pop(old)
            return function(*args, **given)

        return call  # type: ignore[return-value]

    return decorate


def warn_renamed(old: str, new: str, gone_in: str, *, stacklevel: int = 2) -> None:
    """Warn the caller that a name has changed."""
    text = f"{old} is {new} now; the old name goes in {gone_in}"
    warnings.warn(text, DeprecationWarning, stacklevel=stacklevel + 1)
