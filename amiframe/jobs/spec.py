"""What a job is asked to do, and the same checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amiframe import settings
from amiframe._deprecated import warn_renamed
from amiframe.errors import ConfigError
from amiframe.jobs import notebook_parameters, secret_scan
from amiframe.jobs.run_directory import RunDirectory
from amiframe.privacy.redaction import HOWS
from amiframe.timeutil.durations import parse_duration
from amiframe.timeutil.windows import Window


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """What a job is asked to do: the options of ``amiframe job run``, as :func:`amiframe.jobs.run` explains them."""

    notebook: str | Path
    out: str | Path
    target: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    window: str | Window | None = None
    tz: str | None = None
    time_limit: float | str | None = None
    allow_actions: bool = False
    digits: bool = False
    redact: str | None = None
    keep: int | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A checked job; its id is known when it begins."""

    spec: JobSpec
    directory: RunDirectory
    notebook: notebook_parameters.Notebook
    parameters: dict[str, Any]
    secrets: tuple[str, ...]
    window: Window | None
    tz: str
    limit_s: float | None
    run: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


def prepare(spec: JobSpec) -> Job:
    """Check all that can be checked before anything runs.

    Raises
    ------
    ConfigError
        A notebook, parameter, window, zone or limit that cannot be used.
    """
    notebook = notebook_parameters.read(spec.notebook)
    tz = spec.tz or settings.timezone_of(spec.target) or "UTC"
    window = Window.parse(spec.window, tz) if isinstance(spec.window, str) else spec.window
    secrets = secret_scan.known_secrets(spec.target)
    own = _own_parameters(spec, window, notebook.defaults)
    for name in own:
        if name not in notebook.defaults:
            raise ConfigError(
                f"{notebook.path.name} has no parameter {name!r}, so it would not heed it",
                hint=f"add {name} = ... to the cell with the tag 'parameters'",
            )
        if name in spec.parameters:
            raise ConfigError(f"parameter {name!r} is given twice", hint="once, by the option of the job")
    if "out" in spec.parameters:
        raise ConfigError("parameter 'out' is the job's own", hint="out=..., on the command line --out")
    if "tz" in notebook.defaults and "tz" not in spec.parameters and (spec.tz or spec.target or window):
        own["tz"] = tz
    if spec.keep is not None and spec.keep < 1:
        raise ConfigError(f"keep={spec.keep!r}", hint="at least 1")
    return Job(
        spec=spec,
        directory=RunDirectory(Path(spec.out)),
        notebook=notebook,
        parameters=notebook_parameters.checked(notebook, dict(spec.parameters) | own, secrets),
        secrets=secrets,
        window=window,
        tz=tz,
        limit_s=None if spec.time_limit is None else parse_duration(spec.time_limit, "time_limit"),
    )


def _own_parameters(spec: JobSpec, window: Window | None, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the notebook that options of the job set."""
    own: dict[str, Any] = {}
    if spec.target is not None:
        address = urlsplit(spec.target) if "://" in spec.target else None
        if address and (address.username or address.password):
            raise ConfigError("do not put the password in the URL", hint="keep it in a profile: docs/profiles.md")
        own["target"] = spec.target
    if window is not None:
        own |= {"start": window.start.isoformat(), "end": window.end.isoformat()}
    if spec.redact is not None:
        if spec.redact not in HOWS:
            raise ConfigError(f"redact={spec.redact!r} is not known", hint=f"one of {', '.join(HOWS)}")
        name = "redact"
        if "redact" not in defaults and "mask" in defaults:
            warn_renamed("the notebook's parameter mask", "redact", "0.3")
            name = "mask"
        own[name] = spec.redact
    return own
