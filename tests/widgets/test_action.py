"""ActionForm on the embedded PBX: reads at a click, asks before it changes, sends once, shows no password."""

from __future__ import annotations

import json
import threading

import pandas as pd
import pytest
from amf_demo import Caller
from amf_widgets import CANARY, part, press, sessions, status_text, wait_for, walk

import amiframe as af
from amiframe.demo.server import Demo
from amiframe.widgets._base.panel import PasswordField

PIN = "pa55-f00-Ключ"


@pytest.fixture
def pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        yield pbx
    wait_for(lambda: sessions(demo) == 0)


@pytest.fixture
def form(pbx):
    form = af.widgets.ActionForm(pbx)
    press(form, "learn")
    assert form.join()
    yield form
    form.close()


@pytest.fixture
def arrived(demo, monkeypatch):
    """Every action that reaches the PBX, with its fields, but for logins."""
    seen: list[dict[str, str]] = []
    answer = type(demo._manager).answer

    def witness(self, session, fields):
        given = dict(fields)
        if {name.lower(): value for name, value in fields}["action"] not in ("Login", "Ping", "Logoff"):
            seen.append(given)
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", witness)
    return seen


def choose(form, name, **given):
    part(form, "action").value = name
    for field, value in given.items():
        part(form, f"argument-{field}").value = value


def send(form):
    press(form, "send")
    assert form.join()


def state(form) -> str:
    return json.dumps([w.get_state() for w in walk(form)], default=str, ensure_ascii=False)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_read_is_sent_at_a_click_and_its_answer_is_a_frame(form, arrived):
    choose(form, "status")
    assert part(form, "send").description == "Ask"
    assert arrived == []
    send(form)
    assert arrived == [{"Action": "Status"}]
    assert form.answer["channel"].is_unique
    assert form.reply.ok
    assert f"{len(form.answer)} rows in" in form._summary.value
    assert "Status: answered" in status_text(form)


def test_the_code_does_the_same(pbx, form):
    choose(form, "ShowDialPlan", Context="outgoing")
    send(form)
    scope = {"pbx": pbx}
    exec(form.code(), scope)
    pd.testing.assert_frame_equal(
        scope["frame"].drop(columns="amf_fetched"), form.answer.drop(columns="amf_fetched"), check_flags=False
    )


def test_pages_and_kinds(form):
    choose(form, "ShowDialPlan")
    send(form)
    count = len(form.answer)
    assert f"1–50 of {count}" in part(form, "rows").value
    assert part(form, "back").disabled
    press(form, "next")
    assert f"51–{min(100, count)} of {count}" in part(form, "rows").value
    choose(form, "QueueStatus")
    send(form)
    assert part(form, "kind").options[0] == "all"
    part(form, "kind").value = "QueueMember"
    assert f"of {(form.answer['event'] == 'QueueMember').sum()}" in part(form, "rows").value
    assert "strategy" not in form._table.value


def test_an_error_of_the_pbx_is_reported(form):
    choose(form, "DBGet", Family="no", Key="such")
    send(form)
    assert "Database entry not found" in status_text(form)
    with pytest.raises(af.ConfigError, match="nothing was asked"):
        _ = form.answer


def test_a_list_that_is_cut_shows_what_came(form, monkeypatch):
    from amiframe.reply import Reply

    whole = Reply.frame

    def cut(self, **options):
        if self.action == "Status":
            raise af.IncompleteList("the list was cut off", partial=whole(self).iloc[:1])
        return whole(self, **options)

    choose(form, "Status")
    monkeypatch.setattr(Reply, "frame", cut)
    send(form)
    assert "the list was cut off" in status_text(form)
    assert len(form.answer) == 1


# --- changing --------------------------------------------------------------------------------------------------------


def test_what_changes_asks_and_is_sent_once(demo, form, arrived):
    choose(form, "DBPut", Family="form", Key="k", Val="a <b>&c")
    assert part(form, "send").description == "Send …"
    press(form, "send")
    assert form.join()
    assert arrived == [], "nothing without a second click"
    asked = form._confirmation._what.value
    assert demo.url in asked
    assert "a &lt;b&gt;&amp;c" in asked
    confirm = part(form._confirmation, "confirm")
    confirm.click()
    confirm.click()  # an impatient finger
    assert form.join()
    assert arrived == [{"Action": "DBPut", "Family": "form", "Key": "k", "Val": "a <b>&c"}]
    assert "Updated database successfully" in status_text(form)
    with Caller(demo.url).login("demo", CANARY) as other:
        assert dict(other.ask("DBGet", Family="form", Key="k").messages[1])["Val"] == "a <b>&c"
        other.ask("Logoff")


def test_a_question_is_taken_back_when_something_is_changed(form, arrived):
    choose(form, "DBPut", Family="form", Key="k")
    press(form, "send")
    assert form._confirmation.is_open
    part(form, "argument-Key").value = "other"
    assert not form._confirmation.is_open
    press(form, "send")
    press(form._confirmation, "cancel")
    assert form.join()
    assert arrived == []


def test_a_command_that_only_shows_is_a_read(form, arrived):
    choose(form, "Command", Command="core show version")
    send(form)
    assert "Asterisk" in form._table.value
    part(form, "argument-Command").value = "core restart now"
    press(form, "send")
    assert form._confirmation.is_open
    assert len(arrived) == 1


def test_what_was_sent_and_never_answered_is_not_sent_again(form, demo, monkeypatch, arrived):
    """The PBX takes the action and goes away: nobody knows whether it was done, and it is not tried again."""
    answer = type(demo._manager).answer

    def gone(self, session, fields):
        found = answer(self, session, fields)
        if dict(fields)["Action"] == "DBPut":
            raise ConnectionAbortedError
        return found

    monkeypatch.setattr(type(demo._manager), "answer", gone)
    choose(form, "DBPut", Family="form", Key="lost", Val="1")
    press(form, "send")
    press(form._confirmation, "confirm")
    assert form.join(60)
    assert "ConnectError" in status_text(form), status_text(form)
    assert "will not be sent again" in status_text(form)
    assert len([one for one in arrived if one["Action"] == "DBPut"]) == 1


def test_stop_says_that_what_was_sent_goes_on(form, demo, monkeypatch):
    held, go = threading.Event(), threading.Event()
    answer = type(demo._manager).answer

    def slow(self, session, fields):
        if dict(fields)["Action"] == "DBPut":
            held.set()
            go.wait(20)
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", slow)
    choose(form, "DBPut", Family="form", Key="slow", Val="1")
    press(form, "send")
    press(form._confirmation, "confirm")
    assert held.wait(20)
    press(form, "stop")
    assert "cannot be stopped" in status_text(form)
    go.set()
    assert form.join()
    assert "Updated database successfully" in status_text(form), "it is told all the same"


def test_a_refusal_that_comes_after_stop_is_reported(form, demo, monkeypatch):
    held, go = threading.Event(), threading.Event()
    answer = type(demo._manager).answer

    def slow(self, session, fields):
        if dict(fields)["Action"] == "DBDel":
            held.set()
            go.wait(20)
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", slow)
    choose(form, "DBDel", Family="form", Key="is-not-there")
    press(form, "send")
    press(form._confirmation, "confirm")
    assert held.wait(20)
    press(form, "stop")
    go.set()
    assert form.join()
    assert "ActionError" in status_text(form), "that nothing was done is told all the same"


# --- what is filled in -----------------------------------------------------------------------------------------------


def test_fields_are_those_of_the_documentation(pbx, form):
    documented = pbx.arguments()
    for name in part(form, "action").options:
        choose(form, name)
        rows = documented[documented["action"] == name]
        for argument, required, choices in rows[["argument", "required", "choices"]].itertuples(index=False):
            made = part(form, f"argument-{argument}")
            assert made.description == (f"{argument} *" if required else argument)
            if not isinstance(made, PasswordField):
                assert tuple(getattr(made, "options", ())) == tuple(choices)
        made = [w for w in walk(form) if any(c.startswith("amf-argument-") for c in getattr(w, "_dom_classes", ()))]
        assert len(made) == len(rows)


def test_checks_while_typing(form):
    choose(form, "queuepa")
    assert "QueuePause" in form._check.value
    assert part(form, "send").disabled
    choose(form, "QueuePause")
    assert "Interface, Paused are required" in form._check.value
    choose(form, "QueuePause", Interface="PJSIP/311", Paused="perhaps")
    assert "none of true, false" in form._check.value
    assert not part(form, "send").disabled, "it may be meant"
    part(form, "argument-Paused").value = "true"
    assert "ready to send" in form._check.value
    part(form, "argument-Interface").value = "PJSIP/311\r\nX: y"
    assert "carriage return" in form._check.value
    assert part(form, "send").disabled
    choose(form, "NoSuchThing")
    assert "no action NoSuchThing" in form._check.value


@pytest.mark.parametrize("name", ["Login", "Logoff", "Challenge", "Events", "Filter", "WaitEvent"])
def test_actions_about_the_session_are_not_sent(form, name, arrived):
    choose(form, name)
    assert "is not sent from here" in form._check.value
    assert part(form, "send").disabled
    form._press_send()
    assert form.join()
    assert arrived == []


def test_rights_are_shown(form):
    choose(form, "Hangup")
    assert "needs one of system, call, all" in form._about.value
    assert "may change something" in form._about.value
    choose(form, "Ping")
    assert "needs no right" in form._about.value
    assert "only reads" in form._about.value


def test_further_repeated_and_empty_fields(form, arrived):
    choose(form, "UserEvent", UserEvent="Form")
    for name, value in (("Note", "one"), ("Note", "two"), ("Empty", "")):
        press(form, "add-field")
        names = [w for w in walk(form) if "amf-further-name" in getattr(w, "_dom_classes", ())]
        values = [w for w in walk(form) if "amf-further-value" in getattr(w, "_dom_classes", ())]
        names[-1].value, values[-1].value = name, value
    assert form.filled.given == (("UserEvent", "Form"), ("Note", "one"), ("Note", "two"), ("Empty", ""))
    removes = [w for w in walk(form) if "amf-remove-field" in getattr(w, "_dom_classes", ())]
    removes[0].click()
    assert form.filled.given == (("UserEvent", "Form"), ("Note", "two"), ("Empty", ""))
    press(form, "send")
    press(form._confirmation, "confirm")
    assert form.join()
    assert arrived[-1] == {"Action": "UserEvent", "UserEvent": "Form", "Note": "two", "Empty": ""}


def test_what_two_actions_share_stays_filled_in(form):
    choose(form, "DBPut", Family="f", Key="k", Val="v")
    choose(form, "DBGet")
    assert form.filled.given == (("Family", "f"), ("Key", "k"))
    choose(form, "Ping")
    assert form.filled.given == ()


def test_an_argument_that_may_be_repeated(form):
    from amiframe.widgets.action.model import Action, Argument

    form._fields.build(
        Action("X", "", (), (Argument("Variable", repeats=True),)), [("Variable", "A=1"), ("Variable", "B=2")]
    )
    press(form, "repeat-Variable")
    made = [w for w in walk(form) if "amf-argument-Variable" in getattr(w, "_dom_classes", ())]
    made[2].value = "C=3"
    assert form._fields.pairs == [("Variable", "A=1"), ("Variable", "B=2"), ("Variable", "C=3")]


def test_what_stands_there_at_first(pbx, arrived):
    form = af.widgets.ActionForm(pbx, "status", {"Variables": "A,B", "Own": 1})
    assert form.filled.given == (("Variables", "A,B"), ("Own", "1"))
    assert arrived == [], "a notebook that is run asks nothing"
    press(form, "learn")
    assert form.join()
    assert part(form, "argument-Variables").value == "A,B"
    assert form.code() == "frame = pbx.table('Status', {'Variables': 'A,B', 'Own': '1'})"
    form.close()
    with pytest.raises(af.ActionRefused, match="typed into the form"):
        af.widgets.ActionForm(pbx, "Login", {"Secret": "x"})


def test_without_the_right_to_read_the_documentation(demo, arrived):
    with af.connect(demo.url, username="caller", secret=demo.secret("caller")) as pbx:
        form = af.widgets.ActionForm(pbx)
        press(form, "learn")
        assert form.join()
        assert "`command`" in status_text(form)
        choose(form, "Ping")
        send(form)
        assert form.answer["ping"].tolist() == ["Pong"]
        choose(form, "QueueStatus")
        assert "only reads" in form._about.value
        choose(form, "Command")
        assert "1 action has these letters: ListCommands" in form._check.value
        assert part(form, "send").disabled
        choose(form, "Hangup")
        assert "no action Hangup that this account may run" in form._check.value
        form.close()


# --- passwords and texts ---------------------------------------------------------------------------------------------


def test_a_password_is_in_no_state_and_arrives(form, arrived, sent):
    choose(form, "UserEvent", UserEvent="Form")
    press(form, "add-field")
    name, value = (part(form, f"further-{which}") for which in ("name", "value"))
    name.value = "MD5Secret"
    value = part(form, "further-value")
    assert isinstance(value, PasswordField)
    value.set_state({"value": PIN})  # as the page does
    assert value.value == ""
    press(form, "send")
    for text in (state(form), form.static().html, form.code(), form._preview.value, form._confirmation._what.value):
        assert PIN not in text
    assert "••••••" in form._confirmation._what.value
    press(form._confirmation, "confirm")
    assert form.join()
    assert arrived[-1]["MD5Secret"] == PIN
    assert not any(PIN in message for message in sent)
    assert PIN not in state(form) + form.static().html


def test_a_value_becomes_unseen_when_its_name_says_password(form):
    choose(form, "UserEvent", UserEvent="Form")
    press(form, "add-field")
    part(form, "further-value").value = PIN
    part(form, "further-name").value = "Password"
    assert PIN not in state(form)
    assert [str(value) for _, value in form.filled.given] == ["Form", "***"]
    part(form, "further-name").value = "Passage"
    assert form.filled.given[-1] == ("Passage", ""), "a password does not come back as text"


def test_texts_are_escaped(form, demo):
    nasty = '<img src=x onerror="alert(1)">'
    demo.world.database["/form/<b>"] = nasty
    choose(form, "DBGet", Family="form", Key="<b>")
    send(form)
    page = form.static().html
    for text in (form._table.value, form._check.value, form._preview.value, page):
        assert "<img" not in text
        assert "<b>'" not in text
    assert "&lt;img" in form._table.value
    choose(form, nasty)
    assert "<img" not in form._check.value + form._about.value


# --- the rest of what holds for all ----------------------------------------------------------------------------------


def test_the_static_twin_shows_the_same(form):
    assert "nothing was asked" in form.static().html
    choose(form, "QueueStatus", Queue="sales")
    send(form)
    page = form.static().html
    assert "PJSIP/311" in page
    assert "only reads" in page
    assert "pbx.table(&#39;QueueStatus&#39;" in page
    assert "<script" not in page


def test_export(form, tmp_path):
    choose(form, "ShowDialPlan")
    send(form)
    for name in ("plan.csv", "plan.parquet"):
        part(form, "file").value = str(tmp_path / name)
        press(form, "export")
        assert form.join()
        assert f"{len(form.answer)} rows" in status_text(form)
        pd.testing.assert_frame_equal(af.read_table(tmp_path / name), form.answer, check_flags=False)
    before = (tmp_path / "plan.csv").read_bytes()
    part(form, "file").value = str(tmp_path / "plan.csv")
    choose(form, "Status")
    send(form)
    press(form, "export")
    assert form._export._confirmation.is_open
    assert (tmp_path / "plan.csv").read_bytes() == before
    part(form, "file").value = "plan.doc"
    press(form, "export")
    assert "ends in .csv, .parquet" in status_text(form)


def test_without_a_connection_it_says_what_to_do(demo):
    form = af.widgets.ActionForm(demo.url, "Ping")
    press(form, "send")
    assert "press Connect" in status_text(form)
    press(form, "learn")
    assert "press Connect" in status_text(form)
    form.close()


def test_a_shared_panel_connects_the_form_and_outlives_it(demo):
    panel = af.widgets.ConnectionPanel(demo.url, username="demo")
    part(panel, "password").set_state({"value": CANARY})
    form = af.widgets.ActionForm(panel, "Ping")
    press(panel, "connect")
    assert panel.join()
    wait_for(lambda: "Ping" in part(form, "action").options)
    assert form.join()
    send(form)
    assert form.answer["ping"].tolist() == ["Pong"]
    panel.disconnect()
    press(form, "send")
    assert "press Connect" in status_text(form)
    form.close()
    panel.close()


def test_the_panel_shows_that_the_pbx_is_away():
    from amiframe.demo.server import users

    first = Demo(users(secret=CANARY))
    panel = af.widgets.ConnectionPanel(first.url, username="demo")
    part(panel, "password").set_state({"value": CANARY})
    form = af.widgets.ActionForm(panel, "Ping")
    press(panel, "connect")
    assert panel.join()
    assert form.join()
    first.close()
    send(form)
    assert "does not answer" in panel._shown.value
    with Demo(users(secret=CANARY), port=int(first.url.rsplit(":", 1)[1])):
        press(form, "learn")
        assert form.join()
        assert "● connected" in panel._shown.value
        form.close()
        panel.close()


def test_the_pbx_goes_away_and_comes_back():
    from amiframe.demo.server import users

    first = Demo(users(secret=CANARY))
    pbx = af.connect(first.url, username="demo", secret=CANARY)
    form = af.widgets.ActionForm(pbx, "Ping")
    send(form)
    first.close()
    send(form)
    assert "ConnectError" in status_text(form)
    with Demo(users(secret=CANARY), port=int(first.url.rsplit(":", 1)[1])):
        send(form)
        assert "Ping: answered" in status_text(form)
        form.close()
        pbx.close()


# --- passwords that stay, and go -------------------------------------------------------------------------------------


def further(form, name, value):
    press(form, "add-field")
    lines = form._fields._further._rows.children
    lines[-1].children[0].value = name
    lines[-1].children[1].value = value


def test_a_password_outlives_that_actions_are_loaded_anew(form, pbx):
    choose(form, "UserEvent", UserEvent="Form")
    further(form, "Secret", PIN)
    fields = list(walk(form._fields))
    press(form, "learn")
    assert form.join()
    assert form.filled.given[-1][1].reveal() == PIN
    assert list(walk(form._fields)) == fields, "what somebody types in is not made anew"
    form.close()
    form = af.widgets.ActionForm(pbx, "UserEvent", {"UserEvent": "Form"})
    further(form, "Secret", PIN)
    press(form, "learn")
    assert form.join()
    assert part(form, "argument-UserEvent").value == "Form"
    assert form.filled.given[-1][1].reveal() == PIN
    assert PIN not in state(form)
    choose(form, "Ping")
    choose(form, "UserEvent")
    assert form.filled.given == (), "another action does not take it over"
    form.close()


def test_a_password_is_forgotten_once_it_was_sent_or_a_blank_was_typed(form, arrived):
    choose(form, "UserEvent", UserEvent="Form")
    further(form, "Secret", PIN)
    further(form, "Pin", "1234")
    part = form._fields._further._rows.children[1].children[1]
    part.set_state({"value": " "})
    assert form.filled.given[-1] == ("Pin", "")
    press(form, "send")
    press(form._confirmation, "confirm")
    assert form.join()
    assert arrived[-1]["Secret"] == PIN
    assert form.filled.given[1] == ("Secret", "")


def test_a_line_of_a_file_is_shown_as_it_will_be_sent_unless_it_is_a_password(form):
    choose(form, "UserEvent", UserEvent="Form")
    further(form, "Value-000000", "Anna <100>")
    further(form, "Value-000001", PIN)
    assert "Anna" not in state(form)
    further(form, "Var-000000", "callerid")
    further(form, "Var-000001", "secret")
    press(form, "send")
    asked = form._confirmation._what.value
    assert "Anna &lt;100&gt;" in asked
    assert PIN not in state(form)
    assert "••••••" in asked


def test_an_error_after_stop_is_reported(form, demo, monkeypatch):
    held, go = threading.Event(), threading.Event()
    answer = type(demo._manager).answer

    def slow(self, session, fields):
        if dict(fields)["Action"] == "DBDel":
            held.set()
            go.wait(20)
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", slow)
    choose(form, "DBDel", Family="no", Key="such")
    press(form, "send")
    press(form._confirmation, "confirm")
    assert held.wait(20)
    press(form, "stop")
    assert "cannot be stopped" in status_text(form)
    go.set()
    assert form.join()
    assert "ActionError" in status_text(form), status_text(form)
