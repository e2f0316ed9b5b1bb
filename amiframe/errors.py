"""Every error that amiframe raises on purpose.

AmiframeError                  base; ``.pbx`` ``.action`` ``.hint``; pickles; never holds a secret or a URL query
 +- ConfigError                a setting or an argument is missing or unusable (also a ValueError)
 +- ConnectError               refused, DNS, TLS, time-out, cut answer
 +- HTTPStatusError            an HTTP status that is not 200; ``.status``
 +- LoginError                 the PBX refused the account
 +- AccessDenied               the account lives but may not run the action
 +- SessionLost                the session is gone and could not be renewed
 |   +- WaitDisplaced          another reader took the event queue
 +- ActionError                ``Response: Error``; ``.message`` ``.reply``
 +- ActionRefused              our own check, nothing was sent (also a ValueError)
 +- IncompleteList             a list began and its end is missing; ``.partial``
 +- ParseError                 bytes that are no AMI answer; ``.offset`` ``.excerpt``
 +- JobError                   a notebook failed; ``.cell`` ``.ename`` ``.evalue`` ``.output_path``
     +- JobTimeout             it ran longer than its limit, and was ended
     +- JobRunning             another run of the same job goes on

This module is a leaf: it imports nothing of ours and nothing third-party.
"""

from __future__ import annotations

from typing import Any


class AmiframeError(Exception):
    """Base of all amiframe errors.

    Parameters
    ----------
    message : str
        What happened, in one sentence.
    pbx, action : str, optional
        Which PBX (scheme, host, port, prefix; no user, no query) and which AMI action.
    hint : str, optional
        What to do next. Printed below the message.
    """

    def __init__(self, message: str, *, pbx: str | None = None, action: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.pbx = pbx
        self.action = action
        self.hint = hint

    def __str__(self) -> str:
        where = " ".join(part for part in (self.pbx, self.action) if part)
        text = str(self.args[0]) if self.args else ""
        if where:
            text = f"{text} [{where}]"
        return f"{text}\n  hint: {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        # exceptions with keyword-only arguments do not pickle by themselves; process pools need them to
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(kind: type[AmiframeError], args: tuple[Any, ...], state: dict[str, Any]) -> AmiframeError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(AmiframeError, ValueError):
    """A setting or an argument is missing, unknown or unusable."""


class ConnectError(AmiframeError):
    """The PBX could not be reached, or its answer was cut off on the way."""


class ConnectTimeout(ConnectError):
    """No answer within the caller's time budget."""


class HTTPStatusError(AmiframeError):
    """The server answered with an HTTP error instead of an AMI answer.

    Attributes
    ----------
    status : int
        The HTTP status code.
    """

    def __init__(self, message: str, *, status: int = 0, **where: Any):
        super().__init__(message, **where)
        self.status = status


class LoginError(AmiframeError):
    """The PBX refused the account (wrong user or secret, or an address rule)."""


class AccessDenied(AmiframeError):
    """The session is alive, but the account lacks the right that the action needs."""


class SessionLost(AmiframeError):
    """The session expired or was logged off, and could not be renewed."""


class WaitDisplaced(SessionLost):
    """Another reader of the same session took over the event queue."""


class ActionError(AmiframeError):
    """The PBX answered ``Response: Error``.

    Attributes
    ----------
    message : str
        The server's own text.
    reply : Reply or None
        The whole answer.
    """

    def __init__(self, message: str, *, reply: Any = None, **where: Any):
        super().__init__(message, **where)
        self.message = message
        self.reply = reply


class ActionRefused(AmiframeError, ValueError):
    """Our own check refused the request; nothing was sent."""


class IncompleteList(AmiframeError):
    """A list began, and its end (or the number of items it promised) is missing.

    Attributes
    ----------
    partial : pandas.DataFrame or None
        The rows that came.
    """

    def __init__(self, message: str, *, partial: Any = None, **where: Any):
        super().__init__(message, **where)
        self.partial = partial


class ParseError(AmiframeError):
    """Bytes that are not an AMI answer, event log or documentation text.

    Attributes
    ----------
    offset : int
        Where reading stopped, in bytes from the start of the input (-1 when unknown).
    excerpt : str
        A few characters from there.
    """

    def __init__(self, message: str, *, offset: int = -1, excerpt: str = "", **where: Any):
        super().__init__(message, **where)
        self.offset = offset
        self.excerpt = excerpt


class JobError(AmiframeError):
    """A scheduled notebook failed.

    Attributes
    ----------
    cell : int or None
        Index of the failing cell.
    ename, evalue : str
        Type and text of the notebook's own exception.
    output_path : str or None
        Where the executed notebook lies.
    """

    def __init__(
        self,
        message: str,
        *,
        cell: int | None = None,
        ename: str = "",
        evalue: str = "",
        output_path: str | None = None,
        **where: Any,
    ):
        super().__init__(message, **where)
        self.cell = cell
        self.ename = ename
        self.evalue = evalue
        self.output_path = output_path


class JobTimeout(JobError):
    """A scheduled notebook ran longer than its limit, and was ended."""


class JobRunning(JobError):
    """Another run of the same job goes on; this one did not begin."""


class InsecureWarning(UserWarning):
    """A password or an answer could be read by others on the way."""
