"""The public names, their signatures and their docstrings are a contract."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
from amf_support import ROOT, for_each

import amiframe as af
from amiframe import schema

STABLE = {
    "connect", "read_reply", "read_status", "read_commands", "read_command_doc", "read_events", "read_event_tables",
    "iter_events", "sample", "to_csv", "to_parquet", "read_table", "Pbx", "Ping", "Reply", "ActionDoc", "Message",
}  # fmt: skip
FUNCTIONS = sorted(name for name in af.__all__ if inspect.isfunction(getattr(af, name)))
METHODS = [(af.Pbx, "ping"), (af.Pbx, "status"), (af.Pbx, "commands"), (af.Reply, "frame"), (af.ActionDoc, "frame")]


def test_all_is_sorted_and_true():
    assert af.__all__ == sorted(af.__all__)
    assert all(hasattr(af, name) for name in af.__all__)
    public = {
        name
        for name, value in vars(af).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and getattr(value, "__module__", "").startswith("amiframe")
    }
    assert public <= set(af.__all__)
    assert set(af.__all__) > STABLE


def test_every_error_of_the_tree_is_public():
    from amiframe import errors

    kinds = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert kinds <= set(af.__all__)


def test_signatures_of_the_contract():
    wanted = {
        "connect": "(target=None, *, username=None, secret=None, interface=None, timeout=None, verify=None, "
        "proxy=None, login=None)",
        "read_events": "(src, *, events=None, columns=None, raw_values=False, encoding='utf-8', progress=None)",
        "read_event_tables": "(src, *, events=None, raw_values=False, encoding='utf-8', progress=None)",
        "read_status": "(src, *, encoding='utf-8', raw_values=False)",
        "read_reply": "(src, *, encoding='utf-8')",
        "to_parquet": "(frame, dest)",
        "read_table": "(src)",
    }
    for name, text in wanted.items():
        bare = inspect.signature(getattr(af, name))
        bare = bare.replace(
            parameters=[p.replace(annotation=inspect.Parameter.empty) for p in bare.parameters.values()],
            return_annotation=inspect.Signature.empty,
        )
        assert str(bare) == text, name
    status = inspect.signature(af.Pbx.status)
    assert list(status.parameters) == ["self", "channel", "variables", "all_variables"]


@for_each(FUNCTIONS)
def test_functions_are_documented(name):
    check(getattr(af, name), example=True)


@pytest.mark.parametrize(("owner", "name"), METHODS, ids=lambda v: getattr(v, "__name__", v))
def test_methods_are_documented(owner, name):
    check(getattr(owner, name), example=False)


def check(function, *, example):
    text = inspect.getdoc(function) or ""
    own = [p for p in inspect.signature(function).parameters if p != "self"]
    assert text.splitlines()[0].endswith(".")
    if own:
        assert "Parameters\n----------" in text
        for parameter in own:
            assert re.search(rf"^(\w+, )*{parameter}(, \w+)*( :|$)", text, re.MULTILINE), parameter
    assert re.search(r"(Returns|Yields)\n------", text) or "to_" in function.__name__
    assert not example or ">>> " in text


@pytest.mark.parametrize(("function", "table"), [(af.Pbx.status, "Status")])
def test_columns_in_docstrings_are_those_of_the_schema(function, table):
    """The column tables are checked, not kept by hand and hope."""
    names = {"int": "Int64", "str": "str", "time": "datetime64[us, UTC]", "map": "map of str", "list": "list of str"}
    fields = {f.column: f for f in schema.EVENTS[table]}
    rows = re.findall(
        r"^ *(\w+) +(str|Int64|datetime64\[us, UTC\]|map of str|list of str) +(\S+) ",
        inspect.getdoc(function),
        re.MULTILINE,
    )
    assert len(rows) >= 5
    for column, dtype, unit in rows:
        if not column.startswith("amf_"):
            assert names[fields[column].kind] == dtype
            assert unit == (fields[column].unit or "-")


def test_the_data_dictionary_is_what_the_schema_says():
    done = subprocess.run(
        [sys.executable, "docs/data_dictionary.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.gate  # needs mypy
def test_typed_as_a_user_would_write(tmp_path):
    """The public API type-checks in a user's strict project."""
    code = tmp_path / "use.py"
    code.write_text(
        "import pandas as pd\nimport amiframe as af\n\n"
        "def main() -> pd.DataFrame:\n"
        "    with af.connect('http://127.0.0.1:8088', username='u', secret='s') as pbx:\n"
        "        latency: float = pbx.ping().latency_s\n"
        "        frame: pd.DataFrame = pbx.status(variables=['A'])\n"
        "    tables: dict[str, pd.DataFrame] = af.read_event_tables([b'', 'x'])\n"
        "    af.to_csv(frame, 'x.csv')\n"
        "    return frame if latency else tables['Hangup']\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(code)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
