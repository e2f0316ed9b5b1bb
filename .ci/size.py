"""How big the package is: lines of code, data and templates.

Counted after ``ruff format`` with every ``fmt: skip`` taken away, so that neither density nor moving a table into a
data file changes what the same content counts; blank lines and docstrings do not count.

usage: .venv/bin/python .ci/size.py [PACKAGE_FOLDER]
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

FORMAT = ("ruff", "format", "--isolated", "--line-length", "120", "--target-version", "py311", "-")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """Count the lines of Python that are neither blank nor part of a docstring."""
    plain = re.sub(r"[ \t]*# fmt: (skip|on|off)\b", "", source)
    text = subprocess.run(
        [sys.executable, "-m", *FORMAT], input=plain, capture_output=True, text=True, check=True
    ).stdout
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstrings.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return sum(bool(line.strip()) and number not in docstrings for number, line in enumerate(text.splitlines(), 1))


def main() -> None:
    """Print the lines of each room, and of all."""
    package = Path(sys.argv[1] if len(sys.argv) > 1 else "amiframe")
    rooms: Counter[str] = Counter()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8")
            lines = code_lines(text) if path.suffix == ".py" else sum(bool(line.strip()) for line in text.splitlines())
            rooms[path.relative_to(package).parts[0]] += lines
    for room, lines in rooms.most_common():
        print(f"{lines:7,} {room}")
    print(f"{rooms.total():7,} in all")


if __name__ == "__main__":
    main()
