"""The lessons on real servers: each runs to its end with a profile as the target, and sends nothing that changes."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import nbformat
import papermill
import pytest
from amf_support import ROOT
from pbx_server import Asterisk

from amiframe.jobs.notebook_parameters import read

LESSONS = sorted((ROOT / "notebooks").glob("0[1-7]*.ipynb"))
SHORT = {"seconds": 4, "hangups": 6, "apart_s": 2, "looks": 4, "every_s": 0.3}


@pytest.fixture
def there(pbx: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asterisk:
    """A project whose profile ``office`` is the server, with its secret in a variable; a job's rail refuses changes."""
    (tmp_path / "amiframe.toml").write_text(
        f'[profiles.office]\nurl = "{pbx.url}"\nusername = "test"\nsecret_env = "OFFICE"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFICE", pbx.users["test"])
    monkeypatch.setenv("AMIFRAME_READ_ONLY", "1")
    return pbx


def run(path: Path, folder: Path, server: Asterisk) -> str:
    """Run a notebook with the profile as the target; return what its cells gave as text."""
    has = read(path).defaults
    papermill.execute_notebook(
        path, folder / path.name, {"target": "office"} | {name: SHORT[name] for name in SHORT if name in has},
        progress_bar=False, execution_timeout=120, store_widget_state=False,
    )  # fmt: skip
    done = (folder / path.name).read_text("utf-8")
    assert server.users["test"] not in done, path.name
    return printed(folder / path.name)


def test_lessons(there: Asterisk, tmp_path: Path) -> None:
    there.place_calls(6)
    for path in LESSONS:
        run(path, tmp_path, there)
    assert there.major in printed(tmp_path / "01_first_look.ipynb")
    assert "Local/" in printed(tmp_path / "05_snapshots.ipynb")


def test_calls_are_received(there: Asterisk, tmp_path: Path) -> None:
    is_over = threading.Event()

    def calls() -> None:
        while not is_over.wait(0.5):
            there.place_calls(3)
            time.sleep(0.7)
            there.hangup_all()

    worker = threading.Thread(target=calls)
    worker.start()
    try:
        text = run(LESSONS[2], tmp_path, there)
    finally:
        is_over.set()
        worker.join()
    found = re.search(r"(\d+) calls, of which (\d+) are complete", text)
    assert found, text
    assert int(found[2]) > 0, text


def printed(path: Path) -> str:
    """Return what the cells of a notebook gave as text."""
    book = nbformat.read(path, as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)
