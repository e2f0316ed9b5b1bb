"""Exit codes: one table for every kind of error."""

from __future__ import annotations

from amiframe import errors

CODES: dict[type[BaseException], int] = {
    errors.ConfigError: 2,
    errors.ActionRefused: 2,
    errors.ConnectError: 3,
    errors.HTTPStatusError: 3,
    errors.WaitDisplaced: 6,
    errors.SessionLost: 3,
    errors.LoginError: 4,
    errors.AccessDenied: 4,
    errors.ActionError: 5,
    errors.IncompleteList: 6,
    errors.ParseError: 6,
    errors.JobError: 7,
    errors.JobTimeout: 8,
    errors.JobRunning: 75,
    errors.AmiframeError: 1,
    OSError: 2,
    KeyboardInterrupt: 130,
}
"""Code of each error; a derived error has the code of the nearest base that is here. Anything else is our bug: 1."""


def code_of(error: BaseException) -> int:
    """Return the exit code of an error.

    Examples
    --------
    >>> code_of(errors.LoginError("refused")), code_of(errors.ConnectTimeout("late")), code_of(ZeroDivisionError())
    (4, 3, 1)
    """
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), 1)
