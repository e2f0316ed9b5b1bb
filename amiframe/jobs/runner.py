"""One run of a job, from its lock to its line in the history."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from amiframe._deprecated import renamed
from amiframe._version import __version__
from amiframe.client.connection import READ_ONLY
from amiframe.errors import JobError, JobTimeout
from amiframe.export import atomic_write
from amiframe.jobs import execution as kernel
from amiframe.jobs import secret_scan
from amiframe.jobs.run_directory import FAILED, RUNS
from amiframe.jobs.spec import Job, JobSpec, prepare
from amiframe.privacy.dtmf import BLANK
from amiframe.privacy.redaction import KEY
from amiframe.timeutil.windows import Window

log = logging.getLogger("amiframe.jobs")
Step = Callable[[int, int], None]
_INTERRUPTED = 130


@dataclass(frozen=True)
class JobResult:
    """What a good run left.

    Parameters
    ----------
    run : str
        Its id, and the name of its folder.
    folder : Path
        Where its files are.
    notebook : Path
        The executed notebook.
    files : tuple of Path
        What the notebook wrote.
    started, ended : datetime
        UTC.
    window : str or None
        From when to when, ISO 8601.
    """

    run: str
    folder: Path
    notebook: Path
    files: tuple[Path, ...] = field(repr=False)
    started: datetime
    ended: datetime
    window: str | None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()


@renamed(gone_in="0.3", mask="redact")
def run(
    notebook_path: str | Path,
    *,
    target: str | None,
    out: str | Path,
    parameters: Mapping[str, Any] | None = None,
    window: str | Window | None = None,
    tz: str | None = None,
    time_limit: float | str | None = None,
    allow_actions: bool = False,
    digits: bool = False,
    redact: str | None = None,
    keep: int | None = None,
    progress: Step | None = None,
) -> JobResult:
    """Run a notebook as a job; leave its files, an executed copy and a line in the history.

    Parameters
    ----------
    notebook_path : str or path-like
        A notebook of Python with a cell that is tagged ``parameters``.
    target : str or None
        A PBX: the name of a profile, an address, ``demo``; becomes the notebook's parameter ``target``. None: the
        notebook asks no PBX, or has a default.
    out : str or path-like
        Folder of this job alone: ``latest`` in it is the last good run.
    parameters : mapping, optional
        Values by name; those of the notebook and no others. Names that look like a secret's are refused.
    window : str, optional
        ``yesterday``, ``7d``, ``24h``, ``1w`` (whole days, hours, weeks that are over), or
        ``2026-11-16/2026-11-22``; becomes the parameters ``start`` and ``end``.
    tz : str, optional
        Zone of the window, the parameter ``tz``. Default: ``timezone`` of the profile, else UTC.
    time_limit : float or str, optional
        Seconds, or ``15min``: then the run is ended, whatever it does.
    allow_actions : bool
        Let the notebook send what may change something; else amiframe refuses to.
    digits : bool
        Let the notebook see the digits that callers press (PINs); else they are blanked in all events that it reads.
    redact : str, optional
        ``last4`` or ``hash``: the parameter ``redact``.
    keep : int, optional
        How many good and how many failed runs are kept; default all. The last good one always is.
    progress : callable, optional
        Called with the number of the cell that begins, from 0, and how many there are.

    Returns
    -------
    JobResult
        Where the notebook and its tables are, and how long it took.

    Raises
    ------
    ConfigError
        A notebook, parameter, window, zone or folder that cannot be used; nothing ran.
    JobRunning
        Another run of this job goes on.
    JobTimeout
        It was ended at its limit.
    JobError
        The notebook failed; ``.output_path`` is the notebook with the traceback.

    Notes
    -----
    The notebook's parameter ``out`` is the folder to write to. Secrets of profiles and of the environment are taken out
    of the executed notebook; a run that leaves one in another file fails, and the file is deleted.

    Examples
    --------
    >>> af.jobs.run("notebooks/11_weekly.ipynb", target=None, out="weekly", window="1w")  # doctest: +SKIP
    """
    spec = JobSpec(
        notebook=notebook_path,
        target=target,
        out=out,
        parameters=parameters or {},
        window=window,
        tz=tz,
        time_limit=time_limit,
        allow_actions=allow_actions,
        digits=digits,
        redact=redact,
        keep=keep,
    )
    return run_spec(spec, progress)


def run_spec(spec: JobSpec, progress: Step | None = None) -> JobResult:
    """Run a job as :func:`run` does."""
    job = prepare(spec)
    with job.directory.lock():
        return _run(job, progress)


def _run(job: Job, progress: Step | None) -> JobResult:
    directory = job.directory
    directory.remove_stale()
    job = replace(job, run=directory.new_id(_wanted_id(job)), started=datetime.now(UTC))
    directory.append_history(_begin(job))
    stage = directory.stage(job.run)
    inside = dict(job.parameters)
    if "out" in job.notebook.defaults:
        inside["out"] = str(stage.resolve())
    environ = dict(os.environ)
    for name, is_forbidden in ((READ_ONLY, not job.spec.allow_actions), (BLANK, not job.spec.digits)):
        environ.pop(name, None)
        if is_forbidden:
            environ[name] = "1"
    if job.spec.redact is not None:
        environ[KEY] = directory.redaction_key()
    execution = kernel.execute(job.notebook.content, inside, environ, job.limit_s, progress)
    try:
        error = _failure(job, execution) or _leak(job, stage)
        result = None if error else _keep(job, execution, stage)
    except OSError as problem:
        error = JobError(f"the run cannot be kept: {problem.strerror}", ename="OSError", evalue=str(problem.strerror))
        result = None
    if result is None:
        _give_up(job, execution, stage, error or JobError("the run was not kept"))
    return result


def _wanted_id(job: Job) -> str:
    moment = f"{job.started:%Y%m%dT%H%M%SZ}"
    if job.window is None:
        return moment
    start, end = job.window.start, job.window.end
    if start == start.normalize() and end == end.normalize():
        first, last = (f"{day:%Y-%m-%d}" for day in (start, job.window.days[-1]))
        return f"{first if first == last else f'{first}_{last}'}.{moment}"
    return f"{start:%Y-%m-%dT%H%M}_{end:%Y-%m-%dT%H%M}.{moment}"


def _begin(job: Job) -> dict[str, Any]:
    return {
        "run": job.run,
        "event": "began",
        "at": job.started.isoformat(),
        "notebook": job.notebook.path.name,
        "target": job.spec.target,
        "window": job.window.text() if job.window else None,
        "tz": job.tz,
        "parameters": job.parameters,
        "version": __version__,
        "process": os.getpid(),
    }


def _failure(job: Job, execution: kernel.Execution) -> JobError | None:
    """Return what went wrong in the notebook, in words that hold no secret."""
    error: Any = execution.error
    if execution.is_over_time:
        return JobTimeout(
            f"{job.notebook.path.name} ran longer than its limit of {job.limit_s:g} s and was ended in "
            f"{_place(execution)}",
            cell=execution.at,
            hint="a longer --time-limit, or less to do",
        )
    if execution.is_interrupted:
        return JobError(f"{job.notebook.path.name} was interrupted", cell=execution.at, ename="KeyboardInterrupt")
    if error is None:
        return None
    if hasattr(error, "ename"):  # papermill: a cell raised
        value = secret_scan.plain(str(error.evalue), job.secrets)
        return JobError(
            f"{job.notebook.path.name}: {_place(execution)} raised {error.ename}: {value}",
            cell=execution.at,
            ename=str(error.ename),
            evalue=value,
        )
    kind = type(error).__name__
    if kind == "DeadKernelError":
        words = secret_scan.plain(execution.words, job.secrets, 200)
        return JobError(
            f"the kernel of {job.notebook.path.name} died in {_place(execution)}{f': {words}' if words else ''}",
            cell=execution.at,
            ename=kind,
            hint="killed, perhaps for want of memory: see the system's log",
        )
    if kind in ("NoSuchKernel", "RuntimeError"):
        return JobError(
            f"no kernel began to run {job.notebook.path.name}: {secret_scan.plain(str(error), job.secrets, 200)}",
            ename=kind,
            hint="pip install 'amiframe[notebook]' into the environment of this command",
        )
    return JobError(f"{job.notebook.path.name}: {kind}: {secret_scan.plain(str(error), job.secrets)}", ename=kind)


def _place(execution: kernel.Execution) -> str:
    """Return the cell that began last, in words: counted from 1, as progress counts them."""
    if execution.at is None:
        return "its start"
    return f"cell {execution.at + 1} of {len([c for c in execution.content.cells if not _is_marker(c)])}"


def _is_marker(cell: Any) -> bool:
    return "papermill-error-cell-tag" in cell.metadata.get("tags", [])


def _leak(job: Job, stage: Path) -> JobError | None:
    """Delete files that hold a secret; a run that wrote one is no good run."""
    found = secret_scan.holding(stage, job.secrets)
    if not found:
        return None
    names = ", ".join(str(path.relative_to(stage)) for path in found)
    for path in found:
        path.unlink()
    return JobError(f"a secret was in {names}, which was deleted", ename="SecretFound")


def _keep(job: Job, execution: kernel.Execution, stage: Path) -> JobResult:
    """Put a good run where people find it."""
    directory = job.directory
    files = sorted(path.relative_to(stage) for path in stage.rglob("*") if path.is_file())
    _write(job, execution, stage, directory.path.resolve() / RUNS / job.run)
    place = directory.publish(stage, RUNS, job.run)
    if _is_newest(job):
        directory.set_latest(job.run)
    ended = datetime.now(UTC)
    directory.append_history(
        {"run": job.run, "event": "ended", "at": ended.isoformat(), "status": "ok", "files": len(files)}
    )
    if job.spec.keep is not None:
        directory.retain(job.spec.keep)
    log.info("%s: run %s is good, %d files", job.notebook.path.name, job.run, len(files))
    return JobResult(
        run=job.run,
        folder=place,
        notebook=place / job.notebook.path.name,
        files=tuple(place / name for name in files),
        started=job.started,
        ended=ended,
        window=job.window.text() if job.window else None,
    )


def _is_newest(job: Job) -> bool:
    """Whether no good run is of a later window: one that is made again for the past does not become the latest."""
    latest = job.directory.latest
    if latest is None or job.window is None:
        return True
    windows = {note["run"]: note.get("window") for note in job.directory.read_history() if note.get("event") == "began"}
    before = windows.get(latest)
    return before is None or Window.parse(before, job.tz).end <= job.window.end


def _write(job: Job, execution: kernel.Execution, stage: Path, place: Path) -> None:
    """Write the executed notebook, without secrets and with the place where its files will be."""
    import nbformat

    content = execution.content
    content.metadata.pop("widgets", None)
    text: str = nbformat.writes(content, version=4)  # type: ignore[no-untyped-call]
    for before in {str(stage.resolve()), str(stage)}:
        text = text.replace(json.dumps(before)[1:-1], json.dumps(str(place))[1:-1])
    data = secret_scan.scrubbed(text, job.secrets).encode("utf-8")
    atomic_write.save_bytes(stage / job.notebook.path.name, data)


def _give_up(job: Job, execution: kernel.Execution, stage: Path, error: JobError) -> NoReturn:
    """Keep the notebook of a run that failed, and nothing else of it; then raise."""
    directory = job.directory
    place = directory.path / FAILED / job.run
    try:
        for path in stage.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if execution.content is not None:
            _write(job, execution, stage, place.resolve())
            place = directory.publish(stage, FAILED, job.run)
            error.output_path = str(place / job.notebook.path.name)
    except OSError as problem:
        log.error("%s: the failed notebook cannot be kept: %s", job.run, problem.strerror)
    shutil.rmtree(stage, ignore_errors=True)
    status = "timeout" if isinstance(error, JobTimeout) else "interrupted" if execution.is_interrupted else "failed"
    record = {
        "run": job.run, "event": "ended", "at": datetime.now(UTC).isoformat(), "status": status, "cell": error.cell,
        "ename": error.ename, "evalue": error.evalue, "message": secret_scan.plain(str(error.args[0]), job.secrets),
    }  # fmt: skip
    try:
        directory.append_history(record)
        if job.spec.keep is not None:
            directory.retain(job.spec.keep)
    except OSError as problem:
        log.error("%s: the history cannot be written: %s", job.run, problem.strerror)
    if error.output_path and not error.hint:
        error.hint = f"its traceback is in {error.output_path}"
    elif error.output_path:
        error.hint = f"{error.hint}; the notebook is {error.output_path}"
    if execution.is_interrupted:
        raise KeyboardInterrupt
    raise error
