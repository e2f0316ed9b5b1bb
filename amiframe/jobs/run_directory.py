"""The folder of one job: what runs left, which of it is the latest good one, a history, and a lock.

::

    OUT/latest          -> runs/...   the last good run; a run of an older window does not replace it
    OUT/runs/ID/        the files of a good run, its notebook among them
    OUT/failed/ID/      the notebook of a run that failed
    OUT/history.jsonl   a line when a run begins, a line when it ends
    OUT/.running-ID/    a run that goes on; not for readers
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amiframe.errors import ConfigError, JobRunning

RUNS, FAILED, LATEST = "runs", "failed", "latest"
_HISTORY, _LOCK, _KEY = "history.jsonl", ".lock", ".mask-key"
_RUNNING = ".running-"
_TRIES = 4


@dataclass(frozen=True)
class RunDirectory:
    """The folder of one job."""

    path: Path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the job: a second run at the same time is refused.

        The system frees it however the process ends.

        Raises
        ------
        JobRunning
            A run goes on.
        ConfigError
            The folder cannot be made.
        """
        _require_fcntl()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"the folder {self.path} cannot be used: {error.strerror}") from None
        for left in range(_TRIES, -1, -1):
            try:
                _flock(handle, exclusive=True)
                break
            except BlockingIOError:
                if left:  # somebody who only looks holds it for a moment, too
                    time.sleep(0.05)
                    continue
                os.close(handle)
                raise JobRunning(
                    f"a run of this job goes on in {self.path}", hint="wait for it, or give this one another --out"
                ) from None
        try:
            yield
        finally:
            os.close(handle)

    @property
    def is_locked(self) -> bool:
        """Whether a run goes on."""
        try:
            handle = os.open(self.path / _LOCK, os.O_RDWR)
        except OSError:
            return False
        try:
            _flock(handle, exclusive=False)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def stage(self, run: str) -> Path:
        """Make the place where a run works."""
        made = self.path / f"{_RUNNING}{run}"
        made.mkdir()
        return made

    def remove_stale(self) -> None:
        """Take away what runs left that were killed."""
        for left in self.path.glob(f"{_RUNNING}*"):
            shutil.rmtree(left, ignore_errors=True)

    def new_id(self, wanted: str) -> str:
        """Return an id that no run has."""
        number, made = 1, wanted
        while any((self.path / kind / made).exists() for kind in (RUNS, FAILED)):
            number += 1
            made = f"{wanted}-{number}"
        return made

    def publish(self, stage: Path, kind: str, run: str) -> Path:
        """Move what a run left to where people find it, all at once."""
        to = self.path / kind / run
        to.parent.mkdir(exist_ok=True)
        stage.rename(to)
        return to

    def set_latest(self, run: str) -> None:
        """Make a run the latest good one."""
        temp = self.path / f".latest-{secrets.token_hex(6)}"
        temp.symlink_to(Path(RUNS) / run)
        temp.replace(self.path / LATEST)

    @property
    def latest(self) -> str | None:
        """Id of the latest good run."""
        link = self.path / LATEST
        return link.readlink().name if link.is_symlink() else None

    def retain(self, keep: int) -> list[str]:
        """Remove all but the newest runs, good and failed ones apart; never the latest good one. Return their ids."""
        gone = []
        for kind in (RUNS, FAILED):
            where = self.path / kind
            runs = sorted(where.iterdir(), key=lambda run: run.stat().st_mtime_ns) if where.is_dir() else []
            for run in runs[: max(len(runs) - keep, 0)]:
                if run.name != self.latest or kind == FAILED:
                    shutil.rmtree(run, ignore_errors=True)
                    gone.append(run.name)
        return gone

    def append_history(self, record: dict[str, Any]) -> None:
        """Add a line to the history, wholly or not at all."""
        line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
        handle = os.open(self.path / _HISTORY, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":  # a line that a full disk cut off
                line = b"\n" + line
            try:
                if os.write(handle, line) != len(line):
                    raise OSError(28, os.strerror(28), str(self.path / _HISTORY))
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)

    def read_history(self) -> list[dict[str, Any]]:
        """Return the lines of the history; one that cannot be read is left out."""
        try:
            text = (self.path / _HISTORY).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        found = []
        for line in text.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and "run" in record:
                found.append(record)
        return found

    def redaction_key(self) -> str:
        """Return the key of this job's redactions: the same number is the same word in all of its runs."""
        path = self.path / _KEY
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        return path.read_text(encoding="ascii")


def _require_fcntl() -> None:
    try:
        import fcntl  # noqa: F401 -- only POSIX has it; histories can be read without
    except ModuleNotFoundError:
        raise ConfigError("jobs need POSIX file locks, which this system does not have", hint="docs/jobs.md") from None


def _flock(handle: int, *, exclusive: bool) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:
        return
    fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
