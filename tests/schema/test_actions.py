"""The table of actions: spelling, and what counts as a read."""

from __future__ import annotations

import tomllib

import pytest

from amiframe.schema.actions import ACTIONS, Action, is_read, spelling
from amiframe.schema.field import data_file
from amiframe.schema.list_actions import LISTS


def test_no_action_is_named_twice() -> None:
    names = [name for text in tomllib.loads(data_file("actions.toml")).values() for name in text.split()]
    assert len({name.lower() for name in names}) == len(names) == len(ACTIONS)


def test_every_action_is_found_by_its_lower_case_name() -> None:
    assert all(key == action.name.lower() for key, action in ACTIONS.items())
    assert ACTIONS["ping"] == Action("Ping", changes=False)


def test_every_list_action_is_a_read() -> None:
    assert all(is_read(entry.action) for entry in LISTS.values())
    assert all(spelling(key) == entry.action for key, entry in LISTS.items())


@pytest.mark.parametrize("name", ["PJSIPSHOWENDPOINTS", "pjsipshowendpoints", "PJSIPShowEndpoints"])
def test_spelling(name: str) -> None:
    assert spelling(name) == "PJSIPShowEndpoints"


def test_spelling_of_an_unknown_name() -> None:
    assert spelling("myOwn") == "myOwn"


@pytest.mark.parametrize("name", ["Originate", "Hangup", "DBPut", "Reload", "PJSIPQualify", "WaitEvent", "Login", "X"])
def test_changing_or_unknown(name: str) -> None:
    assert not is_read(name)


@pytest.mark.parametrize(
    "command",
    ["core show channels", " Core Show uptime ", "queue show", "manager show command Ping", "pjsip show endpoint a-b"],
)
def test_show_commands_read(command: str) -> None:
    assert is_read("command", [("Command", command)])


@pytest.mark.parametrize(
    "command",
    ["core reload", "show", "channel request hangup all", "database put a show b", "core show x\r\ncore reload", ""],
)
def test_other_commands_change(command: str) -> None:
    assert not is_read("Command", [("command", command)])


def test_all_the_commands_of_a_request_must_read() -> None:
    assert not is_read("Command")
    assert not is_read("Command", [("command", "core show uptime"), ("Command", "core reload")])


@pytest.mark.parametrize(
    ("action", "fields", "reads"),
    [
        ("Getvar", [("Variable", "DIALSTATUS")], True),
        ("Getvar", [("Variable", "CHANNEL(state)")], True),
        ("getvar", [("variable", "DB_DELETE(a/b)")], False),
        ("Status", [], True),
        ("Status", [("AllVariables", "true")], True),
        ("Status", [("Variables", "A,CALLERID(all)")], True),
        ("Status", [("Variables", "CALLERID(all),SHELL(date)")], False),
    ],
)
def test_functions_decide_whether_asking_reads(action: str, fields: list[tuple[str, str]], reads: bool) -> None:
    assert is_read(action, fields) is reads
