"""What a job is asked to do, checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amiframe import settings
from amiframe.errors import ConfigError
from amiframe.jobs import notebook_parameters as notebook
from amiframe.jobs.run_directory import Folder
from amiframe.privacy import secret_scan
from amiframe.privacy.redaction import HOWS
from amiframe.timeutil.windows import Window, parse

_LIMIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h)\s*")
_UNIT_S = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass
class Job:
    """What is to run, checked; its id comes when it begins."""

    folder: Folder
    notebook: notebook.Notebook
    parameters: dict[str, Any]
    secrets: tuple[str, ...]
    window: Window | None
    tz: str
    target: str | None
    limit_s: float | None
    keep: int | None
    with_mask: bool
    run: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


def prepare(
    path: str | Path, target: str | None, folder: Folder, given: Mapping[str, Any], window: str | Window | None,
    tz: str | None, time_limit: float | str | None, mask: str | None, keep: int | None,
) -> Job:  # fmt: skip
    """Check all that can be checked before anything runs."""
    read = notebook.read(path)
    zone = tz or (settings.explain(target).settings["timezone"].value if target else None) or "UTC"
    chosen = parse_window(window, zone)
    secrets = secret_scan.known_secrets(target)
    own: dict[str, Any] = {}
    if target is not None:
        own["target"] = _checked_target(target)
    if chosen is not None:
        own |= {"start": chosen.start.isoformat(), "end": chosen.end.isoformat()}
    if mask is not None:
        if mask not in HOWS:
            raise ConfigError(f"mask={mask!r} is not known", hint=f"one of {', '.join(HOWS)}")
        own["mask"] = mask
    for name in own:
        if name not in read.defaults:
            raise ConfigError(
                f"{read.path.name} has no parameter {name!r}, so it would not heed it",
                hint=f"add {name} = ... to the cell with the tag 'parameters'",
            )
        if name in given:
            raise ConfigError(f"parameter {name!r} is given twice", hint="once, by the option of the job")
    if "out" in given:
        raise ConfigError("parameter 'out' is the job's own", hint="out=..., on the command line --out")
    if "tz" in read.defaults and "tz" not in given and (tz or target or chosen):
        own["tz"] = zone
    if keep is not None and keep < 1:
        raise ConfigError(f"keep={keep!r}", hint="at least 1")
    return Job(
        folder=folder,
        notebook=read,
        parameters=notebook.checked(read, dict(given) | own, secrets),
        secrets=secrets,
        window=chosen,
        tz=zone,
        target=target,
        limit_s=seconds(time_limit),
        keep=keep,
        with_mask=mask is not None,
    )


def _checked_target(target: str) -> str:
    if "://" in target and (urlsplit(target).username or urlsplit(target).password):
        raise ConfigError("a password does not belong into an address", hint="keep it in a profile: docs/profiles.md")
    return target


def parse_window(window: str | Window | None, tz: str) -> Window | None:
    """Return the window that a text names."""
    if window is None or isinstance(window, Window):
        return window
    if window.strip() == "yesterday":
        return Window.yesterday(tz)
    return parse(f"{window} {tz}") if "/" in window and " " not in window.strip() else (
        parse(window) if "/" in window else Window.last(window, tz)
    )  # fmt: skip


def seconds(limit: float | str | None) -> float | None:
    """Return a limit of time in seconds.

    Examples
    --------
    >>> seconds("15min"), seconds(2)
    (900.0, 2.0)
    """
    if isinstance(limit, str):
        found = _LIMIT.fullmatch(limit)
        if found is None:
            raise ConfigError(f"{limit!r} is no limit of time", hint="90s, 15min or 2h")
        limit = float(found[1]) * _UNIT_S[found[2]]
    if limit is not None and limit <= 0:
        raise ConfigError(f"time_limit={limit!r}", hint="seconds, more than 0")
    return None if limit is None else float(limit)
