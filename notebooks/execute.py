"""Run the notebooks on the embedded PBX, and keep their outputs as a reader on a code host may see them.

python notebooks/execute.py               runs all and stores them
python notebooks/execute.py 03 05         only these
python notebooks/execute.py --check       says what is wrong with the stored ones; runs nothing
"""

from __future__ import annotations

import ast
import base64
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).resolve().parent
COLOURS = 96  # of a picture: small files
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
VIEW = "application/vnd.jupyter.widget-view+json"  # without the state of the widget a reader would see an error
PLACES = re.compile(r"127\.0\.0\.1:\d+|localhost:\d+|/(?:home|root|tmp|work|Users|var/folders)/[\w.]|[A-Z]:\\\\Users")
TITLE = re.compile(r"title=\{'center': ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
TIME_LIMIT_S = 600


def stored() -> list[Path]:
    """Return the notebooks, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.ipynb"))


def run(path: Path) -> Any:
    """Return an executed notebook; files that it writes go into a folder that is thrown away."""
    book = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            book,
            timeout=TIME_LIMIT_S,
            kernel_name="python3",
            store_widget_state=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    return book


def clean(book: Any) -> Any:
    """Take out what differs from run to run or is of no use to a reader; make pictures small."""
    book.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in book.cells:
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(VIEW, None)
            if "metadata" in output:
                output.metadata = {}
            if "image/png" in data:
                data["image/png"] = _small(data["image/png"])
                output.metadata = {"image/png": {"alt": _title(data.get("text/plain", ""))}}
    return book


def _title(axes: str) -> str:
    """Return the title of a plot, which is its finding: what a reader who does not see the picture is told."""
    found = TITLE.search(axes)
    return ast.literal_eval(found[1]).replace("\n", " ") if found else "plot"


def _small(picture: str) -> str:
    made = io.BytesIO()
    drawn = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    drawn.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return base64.b64encode(made.getvalue()).decode()


def faults(path: Path) -> list[str]:
    """Say what is wrong with a stored notebook."""
    book = nbformat.read(path, as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    text = "\n".join(str(output) for output in outputs)
    tagged = sum("parameters" in cell.metadata.get("tags", []) for cell in cells)
    place = PLACES.search(re.sub(r"'image/png': '[^']*'", "", text))
    wrong = {
        "it keeps the state of widgets": "widgets" in book.metadata,
        "it shows a widget that needs its state": VIEW in text,
        "its kernel is not python3": book.metadata.get("kernelspec") != KERNEL,
        f"{tagged} cells have the tag 'parameters', not one": tagged != 1,
        "a cell failed": any(output.output_type == "error" for output in outputs),
        "something went to stderr": any(output.get("name") == "stderr" for output in outputs),
        "cells were not run in order": [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)),
        f"it tells of the machine it ran on: {place and place[0]}": place is not None,
    }
    return [what for what, is_so in wrong.items() if is_so]


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    names = [name for name in arguments if not name.startswith("-")]
    chosen = [path for path in stored() if not names or path.stem.startswith(tuple(names))]
    if "--check" not in arguments:
        for name in [name for name in os.environ if name.startswith("AMIFRAME_")]:
            del os.environ[name]  # what is stored is the embedded PBX's
        for path in chosen:
            print(path.name, flush=True)
            nbformat.write(clean(run(path)), path)
    wrong = [f"{path.name}: {what}" for path in chosen for what in faults(path)]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
