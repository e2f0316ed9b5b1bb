"""The house: what an import graph cannot see. Layers and third-party rooms are in .importlinter (``lint-imports``)."""

from __future__ import annotations

import ast
import importlib
import io
import pkgutil
import re
import subprocess
import sys
import tokenize
from pathlib import Path

from amf_support import ROOT

import amiframe

# words that were private terms of this project; none is part of an identifier
PRIVATE_WORDS = {
    *("told", "tell", "tells", "telling"),
    *("hear", "hears", "heard", "hearing", "ear", "ears"),
    *("sight", "sights", "wish", "wishes", "whoever"),
}
# module names that said nothing about what is inside (house review, section 1)
OLD_MODULES = {
    *("naming", "secretive", "digits", "album", "storage", "csvfile", "workbook", "auditing", "windows_", "listen"),
    *("rawman", "mxml", "grid", "outline", "console", "blocks", "lists", "records", "replies_", "values", "rows"),
    *("answers", "delimited", "rotated", "record_times", "queue_table", "lane", "reading", "calling", "many"),
    *("resolving", "vault", "taking", "exchange", "disguise", "reach", "habits", "facts", "rights", "probe"),
    *("sight", "faults", "gauges", "pairing", "grouping", "alike", "fold", "lost", "texts", "arrays", "tree", "least"),
    *("agents_log", "queue_events", "member_states", "busy", "counting", "letters", "parts", "buckets", "pictures"),
    *("story", "series_", "words", "canvas", "numbers", "chart_words", "sheet", "style", "asked", "running", "past"),
    *("folder", "units", "kernel", "scrub", "asking", "dialling", "hearing", "looking", "serving", "watching"),
    *("presence", "reached", "work", "spelling", "keys", "config_lines", "event_lines", "_parts", "_refreshing"),
    *("attempt_html", "look_html", "hearing_html", "answer_html", "analysing", "sending", "views", "show", "exits"),
    *("write", "script", "rooms", "manual", "extensions", "originating", "parameters"),
}


def test_no_module_bears_a_private_name():
    names = {
        part for path in (ROOT / "amiframe").rglob("*.py") for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert not names & OLD_MODULES


def test_no_identifier_has_a_private_word():
    found = []
    for folder in ("amiframe", "tests", "docs", "benchmarks", "notebooks", ".ci"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found += [f"{path.relative_to(ROOT)}: {name}" for name in identifiers(path) if words(name) & PRIVATE_WORDS]
    assert not found


def identifiers(path: Path) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_words_of_an_identifier():
    assert words("_told_of") == {"told", "of"}
    assert words("HeardEvents") == {"heard", "events"}
    assert words("year_of_search") == {"year", "of", "search"}


def test_each_module_is_reached_by_its_path():
    """A function of the same name would stand in front of its package, as ``amiframe.report`` once did."""
    for found in pkgutil.walk_packages(amiframe.__path__, "amiframe."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        thing = amiframe
        for part in found.name.split(".")[1:]:
            thing = getattr(thing, part)
        assert thing is module, found.name


def test_wire_does_no_input_or_output():
    unwanted = {"socket", "os", "pathlib", "io", "logging", "time"}
    for path in sorted((ROOT / "amiframe" / "wire").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"open", "print", "input"}, path.name
        imported = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import)
                    for alias in node.names}  # fmt: skip
        imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & unwanted, path.name


def test_importing_the_package_brings_nothing_heavy():
    code = "import sys, amiframe; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    late = (
        "matplotlib",
        "ipywidgets",
        "papermill",
        "dask",
        "IPython",
        "openpyxl",
        "werkzeug",
        "typer",
        "rich",
        "jinja2",
    )
    for package in late:
        assert f"'{package}'" not in done.stdout
