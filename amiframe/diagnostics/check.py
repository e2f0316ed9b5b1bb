"""One check and what cures it: the exact lines, their file, the command that makes Asterisk read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from amiframe import frames

RELOAD = {"http.conf": "module reload http", "manager.conf": "manager reload"}
"""Command of the PBX's console that makes it read a file anew."""

KINDS = {"what": "str", "ok": "bool", "found": "str", "cure": "str", "error": "str"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
        Its name.
    ok : bool or None
        None: it cannot be known, or not yet.
    found : str
        What was seen.
    cure : str, optional
        What to do.
    error : str, optional
        Name of the error that a call meets because of it.
    """

    what: str
    ok: bool | None
    found: str
    cure: str | None = None
    error: str | None = None


def put(file: str, section: str, *lines: str) -> str:
    """Return the cure that puts lines into a section of a file of the PBX.

    Examples
    --------
    >>> print(put("manager.conf", "general", "webenabled = yes"))
    manager.conf, section [general]:
        webenabled = yes
    then: asterisk -rx 'manager reload'
    """
    indented = "".join(f"    {line}\n" for line in lines)
    return f"{file}, section [{section}]:\n{indented}then: asterisk -rx '{RELOAD[file]}'"


def either(*cures: str | None) -> str:
    """Return cures of which one is enough, the likeliest first."""
    return "\nor:\n".join(filter(None, cures))


def check_table(checks: list[Check]) -> pd.DataFrame:
    """Return checks as a frame."""
    return frames.rows_frame([asdict(check) for check in checks], KINDS)
