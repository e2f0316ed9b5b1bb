"""The history of a job as a frame, and whether it ran lately."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.jobs.run_directory import FAILED, RUNS, RunDirectory
from amiframe.timeutil.durations import format_duration, parse_duration

_TEXTS = ("run", "notebook", "status", "target", "window", "tz", "parameters", "ename", "message", "folder", "version")
COLUMNS = (
    "run", "notebook", "status", "started", "ended", "seconds", "window", "target", "tz", "parameters", "cell", "ename",
    "message", "files", "folder", "version",
)  # fmt: skip


def history(out: str | Path) -> pd.DataFrame:
    """Return the runs of a job, one row each, the oldest first.

    Parameters
    ----------
    out : str or path-like
        The folder of the job.

    Returns
    -------
    pandas.DataFrame
        ===========  ===================  ====  ===================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ===================================================================
        run          str                  -     id
        notebook     str                  -     name of the notebook
        status       str                  -     ``ok``, ``failed``, ``timeout``, ``interrupted``, ``running``,
                                                ``died`` (killed, or the machine went down)
        started      datetime64[us, UTC]  -     when it began
        ended        datetime64[us, UTC]  -     when it ended; missing while it runs, and when it died
        seconds      float64              s     how long it took
        window       str                  -     from when to when, ISO 8601
        target       str                  -     profile or address
        tz           str                  -     zone of the window
        parameters   str                  -     as JSON
        cell         Int64                -     the cell that failed, from 0
        ename        str                  -     the kind of error
        message      str                  -     what went wrong
        files        Int64                -     how many files the notebook wrote
        folder       str                  -     where they are; missing when they are kept no more
        version      str                  -     of amiframe
        ===========  ===================  ====  ===================================================================

    Raises
    ------
    ConfigError
        No job has run there.

    Examples
    --------
    >>> af.jobs.history("weekly")[["run", "status", "seconds"]]  # doctest: +SKIP
    """
    folder = RunDirectory(Path(out))
    notes = folder.read_history()
    if not notes:
        raise ConfigError(f"no job has run in {out}", hint="the folder that was given as --out")
    rows: dict[str, dict[str, Any]] = {}
    for note in notes:
        row = rows.setdefault(note["run"], {"run": note["run"]})
        if note.get("event") == "began":
            row |= {name: note.get(name) for name in ("notebook", "window", "target", "tz", "version")}
            row |= {"started": note.get("at"), "parameters": json.dumps(note.get("parameters"), ensure_ascii=False)}
        else:
            row |= {name: note.get(name) for name in ("status", "cell", "ename", "message", "files")}
            row["ended"] = note.get("at")
    open_runs = [row for row in rows.values() if "status" not in row]
    for row in open_runs:
        row["status"] = "running" if row is open_runs[-1] and folder.is_locked else "died"
    for row in rows.values():
        found = [folder.path / kind / row["run"] for kind in (RUNS, FAILED)]
        row["folder"] = next((str(path) for path in found if path.is_dir()), None)
    return _frame(list(rows.values()))


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    made: dict[str, Any] = {name: [row.get(name) or None for row in rows] for name in COLUMNS}
    for name in ("cell", "files"):
        made[name] = pd.array([row.get(name) for row in rows], dtype="Int64")
    frame = pd.DataFrame(made | {"seconds": float("nan")}, columns=list(COLUMNS))
    for name in ("started", "ended"):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.as_unit("us")
    frame["seconds"] = (frame["ended"] - frame["started"]).dt.total_seconds().astype("float64")
    return frame.astype(dict.fromkeys(_TEXTS, "str"))


@dataclass(frozen=True)
class Check:
    """Whether a job ran well lately, and in words."""

    ok: bool
    words: str


def check(out: str | Path, max_age: str, now: pd.Timestamp | None = None) -> Check:
    """Return whether the last good run of a job is younger than ``26h``, ``8d`` or ``1w``.

    Raises
    ------
    ConfigError
        Not an age.
    """
    age = pd.Timedelta(seconds=parse_duration(max_age, "max_age"))
    moment = pd.Timestamp.now("UTC") if now is None else now
    try:
        runs = history(out)
    except ConfigError:
        return Check(False, f"no job has ever run in {out}")
    good = runs[runs["status"] == "ok"]
    last = runs.iloc[-1]
    last_run = f"last run {last['run']}: {last['status']}"
    if pd.notna(last["message"]):
        last_run += f", {last['message']}"
    if not len(good):
        return Check(False, f"never a good run; {last_run}")
    since = moment - good["ended"].max()
    ago = format_duration(since.total_seconds())
    if since > age:
        return Check(False, f"the last good run ended {ago} ago, more than {max_age}; {last_run}")
    return Check(True, f"the last good run ended {ago} ago; {last_run}")
