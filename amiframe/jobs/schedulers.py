"""Units of systemd and lines of cron that run a job."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amiframe.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,80}")
_CRON = re.compile(r"(\S+\s+){4}\S+|@(hourly|daily|weekly|monthly)")


@dataclass(frozen=True)
class Units:
    """A service and its timer.

    Parameters
    ----------
    name : str
        Of both, without a suffix.
    service, timer : str
        Their texts.
    """

    name: str
    service: str
    timer: str

    def write(self, folder: Path) -> list[Path]:
        """Write both into a folder of systemd."""
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for suffix, text in (("service", self.service), ("timer", self.timer)):
            path = folder / f"{self.name}.{suffix}"
            path.write_text(text, encoding="utf-8")
            made.append(path)
        return made


def units(
    name: str, command: Sequence[str], *, calendar: str, folder: str, credential: str | None, user: str | None,
    out: str, limit_s: float | None,
) -> Units:  # fmt: skip
    """Return the units that run a command by the calendar.

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
    credential : str, optional
        ``NAME:FILE``: the file with the secret, which the service alone may read as the credential NAME.
    user : str, optional
        Account of the machine.
    out : str
        The folder that the job writes to.
    limit_s : float, optional
        Limit of the job; systemd's own is a little longer.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name of a unit", hint="letters, digits, - and _")
    for text in (*command, calendar, folder, out, credential or "", user or ""):
        if any(character < " " for character in text):
            raise ConfigError("a line end in what goes into a unit")
    lines = [
        "[Unit]",
        f"Description=amiframe job {name}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={' '.join(map(_quoted, command))}",
        f"WorkingDirectory={_escaped(folder)}",
        "SuccessExitStatus=75",
    ]
    if user:
        lines.append(f"User={user}")
    if credential:
        credential_name, colon, path = credential.partition(":")
        if not (colon and _NAME.fullmatch(credential_name) and path.startswith("/")):
            raise ConfigError(f"{credential!r} is no credential", hint="amiframe:/etc/amiframe/office.secret")
        lines.append(f"LoadCredential={credential_name}:{_escaped(path)}")
    lines += [
        f"TimeoutStartSec={int(limit_s) + 120 if limit_s else 'infinity'}",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=full",
        f"ReadWritePaths={_quoted(out)}",
        "UMask=0027",
        "Nice=10",
        "",
    ]
    timer = [
        "[Unit]", f"Description=amiframe job {name}, by the calendar", "", "[Timer]", f"OnCalendar={calendar}",
        "Persistent=yes", "RandomizedDelaySec=30", "", "[Install]", "WantedBy=timers.target", "",
    ]  # fmt: skip
    return Units(f"amiframe-{name}", "\n".join(lines), "\n".join(timer))


def cron_line(command: Sequence[str], *, when: str, folder: str) -> str:
    """Return a line of crontab; what the job says when it fails is mailed by cron.

    Examples
    --------
    >>> cron_line(["/opt/venv/bin/amiframe", "job", "run", "a b.ipynb"], when="15 6 * * 1", folder="/srv/reports")
    "15 6 * * 1 cd /srv/reports && /opt/venv/bin/amiframe job run 'a b.ipynb'"
    """
    if not _CRON.fullmatch(when.strip()):
        raise ConfigError(f"{when!r} is no time of cron", hint="'15 6 * * 1' is Monday 06:15")
    return f"{when.strip()} cd {shlex.quote(folder)} && {shlex.join(command)}".replace("%", r"\%")


def _quoted(text: str) -> str:
    """Return one argument of ExecStart; systemd unfolds % and $."""
    told = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return told if re.fullmatch(r"[\w./:=@,+%-]+", told) else f'"{told}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
