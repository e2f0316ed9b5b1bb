"""ActionForm beside real servers: fields for every action, as an independent scan of the documentation has them."""

from __future__ import annotations

import re

import pytest
from amf_demo import Caller
from amf_widgets import part, press, status_text, walk
from pbx_server import Asterisk

import amiframe as af
from amiframe.widgets._base.panel import PasswordField
from amiframe.widgets.action import model


@pytest.fixture
def client(pbx: Asterisk):
    with af.connect(pbx.url, username="test", secret=pbx.users["test"]) as client:
        yield client


@pytest.fixture
def form(client):
    form = af.widgets.ActionForm(client)
    press(form, "learn")
    assert form.join()
    yield form
    form.close()


def scanned(caller: Caller, action: str) -> dict[str, bool]:
    """The arguments of an action by the lines of its syntax alone: a line in brackets is optional."""
    lines = [v for n, v in caller.ask("Command", Command=f"manager show command {action}").messages[0] if n == "Output"]
    begin = lines.index("[Syntax]") if "[Syntax]" in lines else len(lines)
    found = {}
    for line in lines[begin + 1 :]:
        if not line.strip() or line.startswith("[Arguments]"):
            break
        name = re.fullmatch(r"(\[?)([^:\[\]]+):\]? .*", line)
        if name and name[2] != "Action":
            found[name[2]] = not name[1]
    return found


def test_every_action_has_the_fields_of_its_documentation(pbx, client, form):
    documented = client.arguments()
    names = client.commands()["action"].tolist()
    assert tuple(part(form, "action").options) == tuple(names)
    assert len(names) > 120
    count = 0
    with Caller(pbx.url).login("test", pbx.users["test"]) as caller:
        for name in names:
            part(form, "action").value = name
            made = {
                mark.removeprefix("amf-argument-"): w
                for w in walk(form)
                for mark in getattr(w, "_dom_classes", ())
                if mark.startswith("amf-argument-")
            }
            rows = documented[documented["action"] == name].set_index("argument")
            assert set(made) == set(rows.index)
            by_syntax = scanned(caller, name)
            assert set(by_syntax) <= set(made), name
            for argument, field in made.items():
                assert field.description.endswith(" *") == bool(by_syntax.get(argument, False)), (name, argument)
                choices = tuple(rows.loc[argument, "choices"])
                assert isinstance(field, PasswordField) or tuple(getattr(field, "options", ())) == choices
                count += 1
            refused = name.lower() in model.REFUSED
            assert ("is not sent from here" in form._check.value) == refused, name
            assert "needs" in form._about.value
            form.code()
            form.static()
    assert count == len(documented) > 350


def test_passwords_are_typed_unseen(form):
    part(form, "action").value = "Login"
    assert isinstance(part(form, "argument-Secret"), PasswordField)
    part(form, "action").value = "UpdateConfig"
    assert isinstance(part(form, "argument-Value-000000"), PasswordField)


def test_originate_takes_several_variables(form):
    part(form, "action").value = "Originate"
    press(form, "repeat-Variable")


@pytest.mark.parametrize("name", ["Status", "QueueStatus", "PJSIPShowEndpoints", "ShowDialPlan", "CoreSettings"])
def test_answers_are_those_of_the_client(pbx, client, form, name):
    pbx.place_calls(4)
    part(form, "action").value = name
    press(form, "send")
    assert form.join()
    assert f"{name}: " in status_text(form), status_text(form)
    assert list(form.answer.columns) == list(client.action(name).frame().columns)
    assert len(form.answer) == len(client.action(name).frame())
    assert form._table.value


def test_a_change_is_sent_once_and_seen_by_somebody_else(pbx, form):
    part(form, "action").value = "Setvar"
    assert "are required" in form._check.value
    for field, value in (("Variable", "CLICKED"), ("Value", 'yes; <b>, "x"')):
        part(form, f"argument-{field}").value = value
    press(form, "send")
    assert form._confirmation.is_open
    with Caller(pbx.url).login("test", pbx.users["test"]) as caller:
        assert dict(caller.ask("Getvar", Variable="CLICKED").messages[0])["Value"] == ""
        press(form._confirmation, "confirm")
        assert form.join()
        assert dict(caller.ask("Getvar", Variable="CLICKED").messages[0])["Value"] == 'yes; <b>, "x"'


def test_a_refusal_is_shown(form):
    part(form, "action").value = "ShowDialPlan"
    part(form, "argument-Context").value = "nosuch"
    press(form, "send")
    assert form.join()
    assert "Did not find context nosuch" in status_text(form)


def test_passwords_of_configuration_files_are_masked(pbx, form):
    part(form, "action").value = "GetConfig"
    part(form, "argument-Filename").value = "manager.conf"
    press(form, "send")
    assert form.join()
    assert pbx.users["test"] in form.answer.to_csv(), "the answer is as it came"
    for shown in (form._table.value, form.static().html, form._summary.value):
        assert pbx.users["test"] not in shown
        assert not any(secret in shown for secret in pbx.users.values())
    assert "passwords are masked" in form._summary.value


def test_passwords_in_the_tables_of_commands_are_masked(pbx, form):
    for command in ("iax2 show users", "sip show users")[: 1 + (pbx.version == "16")]:
        part(form, "action").value = "Command"
        part(form, "argument-Command").value = command
        press(form, "send")
        assert form.join()
        assert pbx.sip_secret[:15] in form.answer.to_csv(), "the answer is as it came"
        for shown in (form._table.value, form.static().html, form._summary.value):
            assert pbx.sip_secret[:6] not in shown
        assert "phone" in form._table.value
        assert "outgoing" in form._table.value
        assert "passwords are masked" in form._summary.value


@pytest.mark.parametrize(
    ("setting", "asking"),
    [
        (("DBPut", {"Family": "AMPUSER", "Key": "100/password"}, "Val"), ("DBGet", ("Family", "Key"))),
        (("Setvar", {"Variable": "TRUNK_SECRET"}, "Value"), ("Getvar", ("Variable",))),
    ],
)
def test_a_password_whose_name_stands_in_another_column_is_masked(pbx, client, form, setting, asking):
    action, fields, held = setting
    client.action(action, {**fields, held: af.Secret("hunter2 + 7")})
    part(form, "action").value = asking[0]
    for name in asking[1]:
        part(form, f"argument-{name}").value = fields[name]
    press(form, "send")
    assert form.join()
    assert form.answer[held.lower()].tolist() == ["hunter2 + 7"], "it was set, and the answer is as it came"
    for shown in (form._table.value, form.static().html, form._summary.value):
        assert "hunter2" not in shown
    assert "passwords are masked" in form._summary.value


@pytest.mark.parametrize("user", ["ro", "orig", "nocommand"])
def test_an_account_with_few_rights(pbx, user):
    with af.connect(pbx.url, username=user, secret=pbx.users[user]) as client:
        form = af.widgets.ActionForm(client)
        press(form, "learn")
        assert form.join()
        assert "`command`" in status_text(form)
        assert tuple(part(form, "action").options) == tuple(client.commands()["action"])
        part(form, "action").value = "Ping"
        press(form, "send")
        assert form.join()
        assert form.answer["ping"].tolist() == ["Pong"]
        form.close()
