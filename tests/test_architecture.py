"""Data flows one way, and each third-party package has its one room: an exhaustive walk over every import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest
from amf_support import ROOT

PACKAGE = ROOT / "amiframe"


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


MODULES = modules()


def imported(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the root"
            yield str(node.module), [alias.name for alias in node.names]


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.split(".")[0] == "wire"))
def test_wire_does_no_input_or_output(name):
    tree = MODULES[name]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"open", "print", "input"}
    assert not {module.split(".")[0] for module, _ in imported(tree)} & {
        "socket",
        "os",
        "pathlib",
        "io",
        "logging",
        "time",
    }


def test_importing_the_package_brings_nothing_heavy():
    import subprocess

    code = "import sys, amiframe; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    late = ("matplotlib", "ipywidgets", "papermill", "dask", "IPython", "openpyxl", "werkzeug", "typer", "rich")
    for package in late:
        assert f"'{package}'" not in done.stdout
