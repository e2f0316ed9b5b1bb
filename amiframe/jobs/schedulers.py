"""Units of systemd and lines of cron that run a job, from the templates beside this file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from importlib import resources
from string import Template

from amiframe.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,80}")
_CRON = re.compile(r"(\S+\s+){4}\S+|@(hourly|daily|weekly|monthly)")


def systemd_units(
    name: str, command: Sequence[str], *, calendar: str, folder: str, out: str, limit_s: float | None
) -> dict[str, str]:
    """Return the units that run a command by the calendar, by their file names.

    Parameters
    ----------
    name : str
        Name of the job.
    command : sequence of str
        Program, by its whole path, and arguments.
    calendar : str
        As systemd.time has it: ``Mon 06:15``, ``daily``.
    folder : str
        Working directory: that of amiframe.toml.
    out : str
        The folder that the job writes to.
    limit_s : float, optional
        Limit of the job; systemd's own is a little longer.

    Raises
    ------
    ConfigError
        Not a name of a unit; a line end in one of the texts.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is not a name of a unit", hint="letters, digits, - and _")
    _refuse_control_characters(*command, calendar, folder, out)
    values = {
        "name": name,
        "command": " ".join(map(_quoted, command)),
        "folder": folder.replace("%", "%%"),
        "out": _quoted(out),
        "limit": str(int(limit_s) + 120) if limit_s else "infinity",
        "calendar": calendar,
    }
    templates = resources.files("amiframe.jobs").joinpath("templates")
    return {
        f"amiframe-{name}.{suffix}": Template(
            templates.joinpath(f"systemd.{suffix}").read_text(encoding="utf-8")
        ).substitute(values)
        for suffix in ("service", "timer")
    }


def cron_line(command: Sequence[str], *, when: str, folder: str) -> str:
    """Return a line of crontab; cron mails what the job prints when it fails.

    Raises
    ------
    ConfigError
        Not a time of cron; a line end in one of the texts.

    Examples
    --------
    >>> cron_line(["/opt/venv/bin/amiframe", "job", "run", "a b.ipynb"], when="15 6 * * 1", folder="/srv/reports")
    "15 6 * * 1 cd /srv/reports && /opt/venv/bin/amiframe job run 'a b.ipynb'"
    """
    if not _CRON.fullmatch(when.strip()):
        raise ConfigError(f"{when!r} is not a time of cron", hint="'15 6 * * 1' is Monday 06:15")
    _refuse_control_characters(*command, when.strip(), folder)
    return f"{when.strip()} cd {shlex.quote(folder)} && {shlex.join(command)}".replace("%", r"\%")


def _refuse_control_characters(*texts: str) -> None:
    if any(character < " " for text in texts for character in text):
        raise ConfigError("a line end, or another control character, in what goes into a unit or a line of cron")


def _quoted(text: str) -> str:
    """Return one argument of ExecStart; systemd unfolds % and $."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if re.fullmatch(r"[\w./:=@,+%-]+", escaped) else f'"{escaped}"'
