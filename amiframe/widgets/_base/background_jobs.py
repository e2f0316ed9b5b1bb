"""Work in threads that can be stopped: a widget never waits for the PBX where a person clicks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class BackgroundJobs:
    """The jobs of one widget, each in a thread of its own, one of each name at a time.

    Parameters
    ----------
    name : str
        Begins the names of its threads.
    changed : callable, optional
        Called when a job begins or ends.

    Examples
    --------
    >>> work, seen = BackgroundJobs("example"), []
    >>> work.start("read", lambda stop: seen.append(stop.is_set()))
    True
    >>> work.join(5), seen
    (True, [False])
    """

    def __init__(self, name: str, changed: Callable[[], None] = lambda: None):
        self._name = name
        self._changed = changed
        self._lock = threading.Lock()
        self._jobs: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._is_closed = False

    def start(self, what: str, job: Callable[[threading.Event], None]) -> bool:
        """Begin a job, which is given the event that stops it; return False where one of its name runs still."""
        stop = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(what, job, stop), daemon=True, name=f"amiframe-{self._name}-{what}"
        )
        with self._lock:
            if self._is_closed or what in self._jobs:
                return False
            self._jobs[what] = thread, stop
        thread.start()
        return True

    def _run(self, what: str, job: Callable[[threading.Event], None], stop: threading.Event) -> None:
        try:
            self._changed()
            job(stop)
        finally:
            with self._lock:
                del self._jobs[what]
            self._changed()

    def runs(self, what: str | None = None) -> bool:
        """Return whether a job of this name, or any, runs."""
        with self._lock:
            return bool(self._jobs) if what is None else what in self._jobs

    def is_ending(self, what: str) -> bool:
        """Return whether a job of this name was asked to stop, and still runs."""
        with self._lock:
            return what in self._jobs and self._jobs[what][1].is_set()

    def stop(self, what: str | None = None) -> None:
        """Ask a job, or all, to stop; they end when they next check."""
        with self._lock:
            events = [stop for name, (_, stop) in self._jobs.items() if what in (None, name)]
        for stop in events:
            stop.set()

    def join(self, seconds: float) -> bool:
        """Wait until nothing runs, so long in all; return whether that came about in time."""
        end = time.monotonic() + seconds
        with self._lock:
            threads = [thread for thread, _ in self._jobs.values()]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads if thread is not threading.current_thread())

    def close(self, seconds: float = 10.0) -> bool:
        """Stop all, wait for it, so long in all, and begin nothing more; return whether a job still runs."""
        with self._lock:
            self._is_closed = True
        self.stop()
        return not self.join(seconds)
