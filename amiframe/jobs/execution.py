"""A notebook that runs: papermill in a thread, and a hand on its kernel, so that it can be ended whatever it does."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any

from amiframe.errors import ConfigError

Step = Callable[[int, int], None]
_ENGINE = "amiframe"
_START_S = 120
_STARTS = 3  # of a kernel that dies before its first cell
_END_S = 30  # for papermill to notice that its kernel is gone


@dataclass
class Execution:
    """One notebook, executed or on its way.

    Parameters
    ----------
    content : NotebookNode
        The notebook, as far as it is executed.
    error : Exception or None
        What ended it.
    at : int or None
        Place of the cell that began last, from 0.
    is_over_time, is_interrupted : bool
        We ended it.
    words : str
        The last words of the kernel on its standard error.
    """

    content: Any = None
    error: BaseException | None = None
    at: int | None = None
    is_over_time: bool = False
    is_interrupted: bool = False
    words: str = ""
    client: Any = field(default=None, repr=False)
    is_ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def kill(self) -> None:
        """End the kernel and what it started, now."""
        provisioner = getattr(getattr(self.client, "km", None), "provisioner", None)
        process = getattr(provisioner, "pid", None)
        if not process:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            group = os.getpgid(process)
            if group == os.getpgid(0):
                os.kill(process, signal.SIGKILL)
            else:
                os.killpg(group, signal.SIGKILL)


def execute(
    content: Any, parameters: Mapping[str, Any], environ: Mapping[str, str], limit_s: float | None, step: Step | None
) -> Execution:
    """Execute a notebook; end it when the limit is over. Nothing is written, nothing is raised but KeyboardInterrupt.

    Raises
    ------
    ConfigError
        papermill is not installed.
    """
    papermill = _papermill()
    papermill.engines.papermill_engines.register(_ENGINE, _engine())
    execution = Execution()
    with tempfile.TemporaryFile() as words:
        run = partial(
            papermill.execute_notebook, content, None, parameters=dict(parameters), engine_name=_ENGINE,
            kernel_name="python3", language="python", progress_bar=False, request_save_on_cell_execute=False,
            start_timeout=_START_S, execution=execution, environ=dict(environ), words=words, step=step,
        )  # fmt: skip

        def work() -> None:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of the tools between us and the kernel
                    _begun(run, execution)
            except BaseException as error:  # noqa: BLE001 -- raised where the result is waited for
                execution.error = error
            finally:
                _close_loop()
                execution.is_ended.set()

        _wait(execution, threading.Thread(target=work, name="amiframe-job", daemon=True), limit_s)
        words.seek(0)
        lines = words.read()[-4000:].decode("utf-8", "replace").splitlines()
        execution.words = "\n".join(line for line in lines if "running over TCP" not in line)
    return execution


def _begun(run: Callable[[], Any], execution: Execution) -> None:
    """Run a notebook; again, some times, where its kernel dies before the first cell."""
    for _ in range(_STARTS - 1):
        try:
            run()
        except RuntimeError as error:
            if not _died_as_it_began(error, execution):
                raise
        else:
            return
    run()


def _died_as_it_began(error: RuntimeError, execution: Execution) -> bool:
    """Whether no cell has run: on a busy machine the ports that were chosen for a kernel may be another's by then."""
    is_ours = execution.is_over_time or execution.is_interrupted
    return execution.at is None and not is_ours and "Kernel died before replying" in str(error)


def _wait(execution: Execution, thread: threading.Thread, limit_s: float | None) -> None:
    with _ending_by_sigterm():
        thread.start()
        try:
            execution.is_over_time = not execution.is_ended.wait(limit_s)
        except KeyboardInterrupt:
            execution.is_interrupted = True
    if execution.is_over_time or execution.is_interrupted:
        end = time.monotonic() + _END_S
        while not execution.is_ended.wait(0.2) and time.monotonic() < end:
            execution.kill()


@contextlib.contextmanager
def _ending_by_sigterm() -> Any:
    """Let SIGTERM be what Ctrl-C is: a service that is stopped leaves a line in its history."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _close_loop() -> None:
    """Close the event loop that the tools below papermill have made for this thread, and leave open."""
    from jupyter_core.utils import ensure_event_loop

    with contextlib.suppress(RuntimeError):
        ensure_event_loop().close()


def _papermill() -> Any:
    try:
        import papermill
        import papermill.engines
    except ModuleNotFoundError as error:
        raise ConfigError(
            "jobs need papermill, which is not installed", hint="pip install 'amiframe[notebook]'"
        ) from error
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what fails is told by us
    return papermill


def _engine() -> type:
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine

    class Ours(Engine):  # type: ignore[misc]  # papermill has no types
        """papermill's own engine, but that its kernel can be reached, and that it keeps nothing of widgets."""

        @classmethod
        def execute_managed_notebook(
            cls, nb_man: Any, kernel_name: str, *, execution: Execution, environ: Mapping[str, str],
            words: io.BufferedRandom, step: Step | None, start_timeout: float, **_: Any,
        ) -> None:  # fmt: skip
            execution.content = nb_man.nb
            cells = len(nb_man.nb.cells)

            def begins(cell: Any, cell_index: int) -> None:  # noqa: ARG001 -- names are nbclient's
                execution.at = cell_index
                if step is not None:
                    step(cell_index, cells)

            client = PapermillNotebookClient(
                nb_man, kernel_name=kernel_name, timeout=None, startup_timeout=start_timeout,
                store_widget_state=False, on_cell_start=begins, log=logging.getLogger("papermill"),
            )  # fmt: skip
            execution.client = client
            client.execute(env=dict(environ), stderr=words)

    return Ours
