"""Run All of any notebook: nothing is sent that changes something, and no password is kept. Asked of the PBX itself."""

from __future__ import annotations

import json

import nbformat
import pytest
from amf_support import ROOT
from amf_widgets import CANARY
from nbclient import NotebookClient

from amiframe.demo.http.form_parameters import action_of
from amiframe.demo.server import Demo, users
from amiframe.schema.actions import OF_SESSION, is_read

pytestmark = pytest.mark.slow  # each run starts a kernel
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in BOOKS]
NEEDS_NO_PBX = {"07_dashboard", "11_weekly"}
CHANGES = "pbx.originate('PJSIP/601', exten='200', context='outgoing')"


class Watched(Demo):
    """An embedded PBX that keeps each request that it was sent."""

    def __init__(self, **options):
        super().__init__(**options)
        self.received = []
        answer = self._manager.answer

        def keep(session, fields):
            self.received.append((action_of(fields), list(fields)))
            return answer(session, fields)

        self._manager.answer = keep

    @property
    def changing(self):
        """What could have changed something, but for the life of sessions."""
        return [(name, fields) for name, fields in self.received
                if not is_read(name, fields) and name.lower() not in {one.lower() for one in OF_SESSION}]  # fmt: skip


@pytest.fixture
def pbx(monkeypatch):
    with Watched(users=users(secret=CANARY)) as demo:
        monkeypatch.setenv("AMIFRAME_USERNAME", "demo")
        monkeypatch.setenv("AMIFRAME_SECRET", CANARY)
        yield demo


def run_all(path, folder, demo, more=""):
    """Run all cells with the PBX as the target, short and without waits; return the executed notebook."""
    book = nbformat.read(path, as_version=4)
    (at,) = (at for at, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", []))
    values = {"target": demo.url, "seconds": 3, "apart_s": 1, "every_s": 0.1}
    source = "\n".join(f"{name} = {value!r}" for name, value in values.items() if f"{name} =" in book.cells[at].source)
    book.cells.insert(at + 1, nbformat.v4.new_code_cell(source))
    if more:
        book.cells.append(nbformat.v4.new_code_cell(f"import amiframe as af\npbx = af.connect(target)\n{more}"))
    client = NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    return book


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_run_all(path, tmp_path, pbx):
    from nbconvert import HTMLExporter

    book = run_all(path, tmp_path, pbx)
    assert pbx.changing == []
    assert bool(pbx.received) == (path.stem not in NEEDS_NO_PBX), [name for name, _ in pbx.received]

    kept = {"notebook": json.dumps(book, ensure_ascii=False), "page": HTMLExporter().from_notebook_node(book)[0]}
    kept |= {str(file): file.read_bytes().decode("latin-1") for file in tmp_path.rglob("*") if file.is_file()}
    shapes = {CANARY, CANARY.encode().decode("latin-1"), json.dumps(CANARY)[1:-1]}
    assert not [where for where, text in kept.items() if any(shape in text for shape in shapes)]


def test_a_changing_action_would_be_seen(tmp_path, pbx):
    run_all(BOOKS[-1], tmp_path, pbx, CHANGES)
    assert [name for name, _ in pbx.changing] == ["Originate"]


def test_a_kept_password_would_be_seen(tmp_path, pbx):
    book = run_all(BOOKS[-1], tmp_path, pbx, "import os\nprint(os.environ['AMIFRAME_SECRET'])")
    assert CANARY in json.dumps(book, ensure_ascii=False)


def test_06_calls_when_it_may(tmp_path, pbx):
    path = next(path for path in BOOKS if path.stem == "06_originate")
    book = nbformat.read(path, as_version=4)
    changed = tmp_path / "really.ipynb"
    for cell in book.cells:
        cell.source = cell.source.replace("really = False  #", "really = True  #")
    nbformat.write(book, changed)
    done = run_all(changed, tmp_path, pbx)
    assert [name for name, _ in pbx.changing] == ["Originate"]
    printed = "".join(out.get("text", "") for cell in done.cells for out in cell.get("outputs", []))
    assert "busy 17 User busy" in printed
