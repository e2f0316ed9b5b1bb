"""Any action as a form has it: fields from documentation, what is wrong with them, the request, its answer."""

from __future__ import annotations

import pandas as pd
import pytest

import amiframe as af
from amiframe.settings import Secret
from amiframe.widgets.action import html as answer_html
from amiframe.widgets.action import model, update_config
from amiframe.widgets.action.model import MASK, Action, ActionCatalog, ActionRequest, Argument

STATUS = Action(
    "Status", "List.", ("call", "all"), (Argument("Channel"), Argument("AllVariables", choices=("true", "false")))
)
QUEUE_ADD = Action("QueueAdd", "", ("agent",), (Argument("Queue", True), Argument("Interface", True)))
CALL = Action("Originate", "", ("originate",), (Argument("Channel", True), Argument("Variable", repeats=True)))
EVENTS = Action("Events", "", (), (Argument("EventMask", True, choices=("on", "off", "system,call,...")),))
KNOWN = ActionCatalog({one.name.lower(): one for one in (STATUS, QUEUE_ADD, CALL, EVENTS)})


def wrong(name: str, *given: tuple[str, str], catalog: ActionCatalog = KNOWN) -> str:
    with pytest.raises(af.ActionRefused) as caught:
        model.checked_fields(ActionRequest(name, given), catalog)
    return str(caught.value)


def test_what_is_sent_is_what_was_filled_in():
    request = ActionRequest(
        "Originate", (("Channel", "PJSIP/1"), ("Variable", "A=1"), ("Variable", "B=2"), ("Own", ""))
    )
    assert model.checked_fields(request, KNOWN) == [
        ("Action", "Originate"), ("Channel", "PJSIP/1"), ("Variable", "A=1"), ("Variable", "B=2"), ("Own", ""),
    ]  # fmt: skip
    assert model.code(request) == (
        "reply = pbx.action('Originate', {'Channel': 'PJSIP/1', 'Variable': ['A=1', 'B=2'], 'Own': ''})\nreply.frame()"
    )


def test_what_cannot_be_sent_is_refused():
    assert "Interface is required" in wrong("QueueAdd", ("Queue", "sales"))
    assert "Queue, Interface are required" in wrong("QueueAdd")
    assert "carriage return" in wrong("Status", ("Channel", "a\r\nX: y"))
    assert "line end" in wrong("Status", ("X\nY", "a"))
    assert "without ':'" in wrong("Status", ("X:Y", "a"))
    assert "named once" in wrong("Status", ("Action", "Hangup"))
    assert "more than one ActionID" in wrong("Status", ("ActionID", "1"), ("ActionID", "2"))
    assert "PBX takes 40960" in wrong("Status", ("Channel", "x" * 41000))
    assert "did you mean Status" in wrong("Statsu")
    assert "no action" in wrong("Statsu", catalog=ActionCatalog({"ping": Action("Ping")}))
    model.checked_fields(
        ActionRequest("QueueAdd", (("queue", "sales"), ("INTERFACE", ""))), KNOWN
    )  # an empty one is meant
    model.checked_fields(ActionRequest("MyOwn"), ActionCatalog())  # nobody has asked what there is


@pytest.mark.parametrize("name", ["Login", "LOGOFF", "challenge", "Events", "Filter", "WaitEvent"])
def test_what_is_about_the_session_is_not_sent_from_here(name):
    status_text = wrong(name, ("EventMask", "off"), ("Timeout", "1"), catalog=ActionCatalog())
    assert "is not sent from here" in status_text
    assert "hint" in status_text


def test_doubts():
    def said(name, *given):
        return model.warnings_for(ActionRequest(name, given), KNOWN)

    assert said("Status", ("AllVariables", "TRUE")) == []
    assert said("Status", ("AllVariables", "maybe")) == ["AllVariables: 'maybe' is none of true, false"]
    assert said("Events", ("EventMask", "call")) == [], "values that are only patterns"
    assert said("Status", ("Chanel", "x")) == ["Chanel is not documented: did you mean Channel?"]
    assert said("Status", ("Undocumented", "x")) == []
    assert "given 2 times" in said("Status", ("Channel", "a"), ("channel", "b"))[0]
    assert said("Originate", ("Variable", "A=1"), ("Variable", "B=2")) == []


def test_which_actions_ask_first():
    assert ActionRequest("Status").reads
    assert ActionRequest("Command", (("Command", "core show channels"),)).reads
    assert not ActionRequest("Command", (("Command", "core stop now"),)).reads
    assert not ActionRequest("Command").reads
    assert not ActionRequest("Getvar", (("Variable", "SHELL(reboot)"),)).reads
    assert not ActionRequest("NeverHeardOf").reads


def test_passwords_are_shown_by_nothing():
    request = ActionRequest("PJSIPSomething", (("Username", "u"), ("MD5Secret", Secret("hunter2-Ä"))))
    for text in (
        repr(request),
        model.code(request),
        repr(model.checked_fields(request, ActionCatalog())),
        repr(request.masked_fields),
    ):
        assert "hunter2" not in text
    assert model.code(request).startswith("from getpass import getpass\n")
    compile(model.code(request), "code", "exec")


@pytest.mark.parametrize("name", ["Secret", "md5secret", "PASSWORD", "Value-000000", "Match-000001", "AdminPIN", "pin"])
def test_fields_that_hold_passwords(name):
    assert model.is_secret_field(name)
    with pytest.raises(af.ActionRefused, match="typed into the form"):
        model.pairs_of({name: "x"})


@pytest.mark.parametrize("name", ["Channel", "Key", "Val", "Value", "Spinner", "Authorization", "Action-000000"])
def test_fields_that_do_not(name):
    assert not model.is_secret_field(name)


def test_the_actions_that_are_found_by_letters():
    catalog = ActionCatalog({name.lower(): Action(name) for name in ("DBPut", "PJSIPHangup", "Hangup", "Ping")})
    assert model.matching_actions("hang", catalog) == ["Hangup", "PJSIPHangup"]
    assert model.matching_actions("zz", catalog) == []


def test_learnt_from_the_pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        catalog = model.fetch_catalog(pbx)
        documented, commands = pbx.arguments(), pbx.commands()
        assert list(catalog.names) == commands["action"].tolist()
        for name in catalog.names:
            rows = documented[documented["action"] == name]
            fields = catalog.find(name).arguments
            assert sorted(one.name for one in fields) == sorted(rows["argument"])
            assert {one.name for one in fields if one.required} == set(rows.loc[rows["required"], "argument"])
            assert fields[-1].name == "ActionID"
        assert catalog.find("ORIGINATE").privileges == ("originate", "all")
        assert model.rights(catalog.find("Ping")) == "needs no right"
        assert model.rights(catalog.find("Status")).startswith("needs one of system, call, reporting, all")
    with af.connect(demo.url, username="caller", secret=demo.secret("caller")) as pbx:
        poor = model.fetch_catalog(pbx)
        assert poor.names
        assert not any(action.arguments for action in poor.actions.values())
        assert "command" in poor.notes[0]


# --- the answer ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        yield pbx


def test_the_answer_of_a_list_is_its_frame_by_pages(pbx):
    answer = model.send(pbx, ActionRequest("ShowDialPlan"))
    pd.testing.assert_series_equal(answer.frame["extension"], pbx.table("ShowDialPlan")["extension"])
    part = answer_html.answer_table(answer)
    assert part.hidden > 0
    assert not part.frame.isna().all().any()
    assert len(answer.frame) > 2 * answer_html.ROWS
    assert answer_html.body(answer, part.frame).count("<tr>") == len(answer.frame) + 1
    assert f"{len(answer.frame)} rows in" in answer_html.summary(answer, part)


def test_a_mixed_list_by_kinds(pbx):
    answer = model.send(pbx, ActionRequest("QueueStatus"))
    assert answer_html.kinds(answer)[:3] == ["all", "QueueParams", "QueueMember"]
    members = answer_html.answer_table(answer, "QueueMember").frame
    assert len(members) == len(answer.reply.tables()["QueueMember"])
    assert "strategy" not in members
    assert answer_html.kinds(model.send(pbx, ActionRequest("Status"))) == []


def test_one_thing_and_lines(pbx):
    one = model.send(pbx, ActionRequest("CoreSettings"))
    html = answer_html.body(one, answer_html.answer_table(one).frame)
    assert not answer_html.is_paged(one)
    assert "amiversion" in html
    lines = model.send(pbx, ActionRequest("Command", (("Command", "manager show commands"),)))
    html = answer_html.body(lines, answer_html.answer_table(lines).frame)
    assert "  Action " in html
    assert "amf-output" in html


def test_passwords_of_files_and_lists_are_masked_where_they_are_shown():
    frame = pd.DataFrame({
        "line-000000-000000": ["secret=s3cret-a"], "line-000000-000001": ["username = bob"],
        "json": ['{"x":{"md5_cred":"s3cret-b","a":"b"}}'], "password": ["s3cret-c"], "output": [" password : s3cret-d"],
    }, dtype="str")  # fmt: skip
    made, count = answer_html.masked(frame, reads_lines=True)
    assert count == 4
    assert "s3cret" not in made.to_csv()
    assert "username = bob" in made.to_csv()
    assert made["line-000000-000000"][0] == f"secret={MASK}"
    assert "s3cret-c" in frame.to_csv(), "the answer itself is left alone"
    other, count = answer_html.masked(frame[["line-000000-000001"]])
    assert count == 0
    assert other.equals(frame[["line-000000-000001"]])


@pytest.mark.parametrize(
    ("action", "line"),
    [
        ("GetConfig", "Line-000000-000000: 1234=4242,Anna\r\nLine-000000-000001: dbpass=t@il,t4il t5il;"),
        ("GetConfigJSON", 'JSON: {"default":["1234":"4242,Anna","secret":"ab,t4il \\"t5il"]}'),
        ("Command", "Output: register => bob:4242@host\r\nOutput: secret: t4il t5il;"),
    ],
)
def test_passwords_of_an_answer_are_in_neither_table_twin_nor_export(action, line):
    reply = af.read_reply(f"Response: Success\r\n{line}\r\n\r\n".encode())
    answer = answer_html.Answer(ActionRequest(action, (("Filename", "voicemail.conf"),)), reply, reply.frame(), 0.1)
    part = answer_html.answer_table(answer)
    texts = [part.frame.to_csv(), answer_html.exported_frame(answer).to_csv(), answer_html.static(answer)]
    assert part.masked >= 1
    for text in texts:
        assert not any(left in text for left in ("4242", "t@il", "t4il", "t5il")), text
        assert MASK in text
    assert "t5il" in answer.frame.to_csv()


def test_a_line_that_would_be_written_empty_is_a_warning():
    lines = (("Action-000000", "Append"), ("Var-000000", "secret"), ("Action-000001", "Delete"), ("Var-000001", "host"))
    assert model.warnings_for(ActionRequest("UpdateConfig", lines), ActionCatalog()) == [
        "Value-000000 is empty: the line is written without a value"
    ]
    assert (
        model.warnings_for(ActionRequest("UpdateConfig", (*lines, ("Value-000000", Secret("x")))), ActionCatalog())
        == []
    )


@pytest.mark.parametrize(
    ("var", "value", "file", "is_secret"),
    [
        ("callerid", "Anna", "sip.conf", False),
        ("dbpass", "x", "sip.conf", True),
        ("register", "bob:pw@host", "sip.conf", True),
        ("1234", "4242,Anna", "voicemail.conf", True),
        ("", "x", "sip.conf", True),
    ],
)
def test_a_value_of_update_config_is_secret_by_its_var(var, value, file, is_secret):
    made = update_config.opened([("DstFilename", file), ("Var-000000", var), ("Value-000000", Secret(value))])
    assert isinstance(made[-1][1], Secret) == is_secret
    assert isinstance(update_config.opened([("Value-000000", Secret("x"))])[0][1], Secret), "nothing tells what it is"
