"""The stored notebooks: clean, listed, with the outputs that they have when they are run anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from amf_support import ROOT

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in BOOKS]
# cells whose output may not be compared, and why
NOT_FIXED = {
    ("10_snapshot_report", cell): "what is on the living embedded PBX now; it is a report, no lesson"
    for cell in ("10-2", "10-5", "10-6")
}


def cells_of(path):
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_all_are_there():
    numbers = [name[:2] for name in NAMES]
    assert numbers == ["01", "02", "03", "04", "05", "06", "07", "10", "11", "12"]


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_stored_ones_are_clean(maker, path):
    assert maker.faults(path) == []


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda book: book["metadata"].update(widgets={}), "state of widgets"),
        (lambda book: book["metadata"]["kernelspec"].update(name="mine"), "kernel"),
        (lambda book: book["cells"][1]["metadata"].update(tags=[]), "parameters"),
        (lambda book: book["cells"][2].update(execution_count=9), "in order"),
        (lambda book: put(book, output_type="error", ename="E", evalue="", traceback=[]), "failed"),
        (lambda book: put(book, output_type="stream", name="stderr", text="oh"), "stderr"),
        (lambda book: put(book, output_type="stream", name="stdout", text="http://127.0.0.1:4711"), "127.0.0.1:47"),
        (lambda book: put(book, output_type="stream", name="stdout", text="in /home/me/x"), "/home/m"),
        (lambda book: put(book, output_type="display_data", metadata={},
                          data={"application/vnd.jupyter.widget-view+json": {}}), "shows a widget"),
    ],
)  # fmt: skip
def test_what_is_not_clean_is_found(maker, tmp_path, break_it, said):
    book = json.loads(BOOKS[0].read_text("utf-8"))
    break_it(book)
    broken = tmp_path / "broken.ipynb"
    broken.write_text(json.dumps(book), "utf-8")
    assert any(said in fault for fault in maker.faults(broken)), maker.faults(broken)


def put(book, **output):
    book["cells"][2]["outputs"].append(output)


@pytest.mark.parametrize("page", ["README.md", "README.ru.md", "docs/notebooks.md"])
def test_each_is_listed(page):
    text = (ROOT / page).read_text("utf-8")
    assert [name for name in NAMES if f"{name}.ipynb" not in text] == []


def test_links_lead_somewhere():
    for path in BOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "".join(line for cell in cells if cell["cell_type"] == "markdown" for line in cell["source"])
        for part in text.split("](")[1:]:
            target = part.partition(")")[0]
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_outputs_that_are_not_compared_have_a_reason():
    tags = {
        (path.stem, cell["id"])
        for path in BOOKS for cell in cells_of(path)
        if {"nbval-ignore-output", "nbval-skip"} & set(cell["metadata"].get("tags", []))
    }  # fmt: skip
    assert tags == set(NOT_FIXED)


def nbval(folder, *books):
    """Run notebooks anew in a folder, and compare each output with the stored one."""
    for path in books:
        shutil.copy(path, folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AMIFRAME_", "PYTEST_"))}
    places = {name: str(folder / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "--color=no",
               "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}", str(folder)]  # fmt: skip
    for _ in range(3):  # the ports of a kernel may be another's by the time it begins: tests beside us open many
        done = subprocess.run(
            command, cwd=folder, env={**environment, **places}, capture_output=True, text=True, timeout=1800
        )
        if "Kernel died before replying to kernel_info" not in done.stdout:
            break
    return done


@pytest.mark.slow
def test_outputs_are_as_stored(tmp_path):
    done = nbval(tmp_path, *BOOKS)
    assert done.returncode == 0, done.stdout[-6000:]
    cells = sum(len(cells_of(path)) for path in BOOKS)
    assert f"{cells} passed" in done.stdout, done.stdout[-2000:]


@pytest.mark.slow
def test_another_output_is_noticed(tmp_path):
    book = json.loads(BOOKS[0].read_text("utf-8"))
    output = next(cell for cell in book["cells"] if cell["id"] == "01-7")["outputs"][0]["data"]
    output["text/html"] = [line.replace("PJSIP/", "SIP/") for line in output["text/html"]]
    changed = tmp_path / "stored" / BOOKS[0].name
    changed.parent.mkdir()
    changed.write_text(json.dumps(book), "utf-8")
    (tmp_path / "run").mkdir()
    done = nbval(tmp_path / "run", changed)
    assert done.returncode == 1
    assert "mismatch 'text/html'" in done.stdout, done.stdout[-3000:]
