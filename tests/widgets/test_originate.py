"""OriginateForm on the embedded PBX: nothing without two clicks, exactly what was shown, watched, hung up."""

from __future__ import annotations

import threading
import time

import pytest
from amf_widgets import CANARY, ours, part, press, sessions, status_text, wait_for, walk

import amiframe as af
from amiframe.demo.server import Demo, users

STAYS = {"channel": "PJSIP/101", "exten": "300", "context": "internal"}


@pytest.fixture
def pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        yield pbx
    wait_for(lambda: sessions(demo) == 0)


@pytest.fixture
def form(pbx):
    form = af.widgets.OriginateForm(pbx, **STAYS)
    yield form
    form.close()


@pytest.fixture
def placed(demo, monkeypatch):
    """Every Originate and Hangup that reaches the PBX, with its fields."""
    seen: list[dict[str, str]] = []
    answer = type(demo._manager).answer

    def witness(self, session, fields):
        given = {name.lower(): value for name, value in fields}
        if given.get("action", "").lower() in ("originate", "hangup"):
            seen.append(dict(fields))
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", witness)
    return seen


def stage(form):
    return form._attempts[-1].stage if form._attempts else None


def fill(form, **given):
    for name, value in given.items():
        form._fields[name].value = value


def originate(form):
    press(form, "originate")
    press(form, "confirm")


def test_nothing_is_sent_without_a_confirmation(demo, form, placed):
    form.static()
    press(form, "originate")
    assert "This will be sent" in form._confirmation._what.value
    press(form, "cancel")
    assert not form._confirmation.is_open
    form._confirmation._yes.click()  # hidden, but somebody might
    assert form.join()
    assert placed == []
    assert form.attempts.empty


def test_a_change_takes_the_question_back(form, placed):
    press(form, "originate")
    fill(form, exten="800")
    form._confirmation._yes.click()
    assert form.join()
    assert placed == []


def test_suggestions_that_come_late_leave_the_question(form, placed):
    press(form, "originate")
    press(form, "learn")
    assert form.join()
    assert form._dialplan.channels
    press(form, "confirm")
    wait_for(lambda: len(placed) == 1)


def test_watched_and_hung_up_by_clicks(demo, pbx, form, placed):
    press(form, "originate")
    question = form._confirmation._what.value
    press(form, "confirm")
    wait_for(lambda: stage(form) == "answered")
    for name, value in placed[0].items():
        if name.lower() not in ("action", "actionid"):
            assert value in question, name
    assert placed[0]["ActionID"] in question
    channel = form._attempts[-1].request.channel
    assert channel in pbx.status()["channel"].tolist()
    assert part(form, "hangup").layout.display is None
    press(form, "hangup")
    assert len(placed) == 1, "a hangup asks first"
    press(form, "confirm")
    assert form.join()
    assert [fields["Action"] for fields in placed] == ["Originate", "Hangup"]
    assert channel not in pbx.status()["channel"].tolist()
    row = form.attempts.iloc[0]
    assert (row["stage"], row["outcome"], row["cause"], row["channelname"]) == ("ended", "answered", 16, channel)
    assert 1 < row["ring_s"] < 8
    assert row["talk_s"] >= 0
    assert part(form, "hangup").layout.display == "none"
    assert "Normal Clearing" in form.static().html


def test_one_confirmation_sends_one_request(form, placed):
    press(form, "originate")
    for _ in range(3):
        form._confirmation._yes.click()
    wait_for(lambda: len(placed) >= 1)
    assert part(form, "originate").disabled
    press(form, "stop")
    assert form.join()
    assert len(placed) == 1
    assert stage(form) == "left"
    press(form, "hangup")
    press(form, "confirm")
    assert form.join()
    assert stage(form) == "ended"
    asked = len(placed)
    form._confirmation._yes.click()  # a late click on a question that was answered long ago
    assert form.join()
    assert len(placed) == asked == 2


@pytest.mark.parametrize(
    ("given", "outcome", "cause"),
    [
        ({"channel": "PJSIP/601@trunk"}, "busy", 17),
        ({"channel": "Local/603@internal", "ring_timeout": "2"}, "no answer", 19),
        ({"channel": "Nope/1"}, "failed", None),
        ({"channel": "PJSIP/601@trunk", "async_": False}, "busy", 17),
    ],
)
def test_a_call_that_fails_says_why(form, given, outcome, cause):
    fill(form, **given)
    originate(form)
    assert form.join()
    row = form.attempts.iloc[-1]
    assert (row["stage"], row["outcome"]) == ("ended", outcome)
    assert (None if cause is None else cause) == (None if row.isna()["cause"] else row["cause"])
    assert outcome in status_text(form)


def test_a_refused_call_shows_the_reason(form):
    fill(form, exten="no-such")
    originate(form)
    assert form.join()
    assert "Extension does not exist." in status_text(form)
    row = form.attempts.iloc[-1]
    assert (row["stage"], row["outcome"], row["error"]) == ("refused", "failed", "Extension does not exist.")
    assert not form._attempts[-1].is_up


def test_an_account_that_may_not_originate(demo):
    with af.connect(demo.url, username="monitor", secret=demo.secret("monitor")) as pbx:
        form = af.widgets.OriginateForm(pbx, **STAYS)
        originate(form)
        assert form.join()
        assert "AccessDenied" in status_text(form)
        form.close()


def test_a_synchronous_call_can_be_hung_up_while_it_rings(pbx, form):
    fill(form, channel="Local/603@internal", async_=False, ring_timeout="20")
    originate(form)
    wait_for(lambda: form._attempts and form._attempts[-1].request.channel)
    press(form, "hangup")
    press(form, "confirm")
    assert form.join()
    assert form.attempts.iloc[-1]["stage"] == "ended"


def test_close_does_not_wait_for_a_synchronous_call(demo, pbx, form):
    fill(form, channel="Local/603@internal", async_=False, ring_timeout="60")
    originate(form)
    wait_for(lambda: form._attempts and form._attempts[-1].request.channel)
    began = time.monotonic()
    form.close()
    assert ours() == [], "the thread that waits for the answer ends with the form"
    assert time.monotonic() - began < 30, "of the 70 s that the request may last"
    left = form._attempts[-1]
    assert (left.stage, left.error) == ("left", None)
    pbx.logoff()
    wait_for(lambda: sessions(demo) == 0)
    pbx.hangup(left.request.channel)


@pytest.mark.parametrize("async_", [True, False])
def test_stop_before_it_has_left_keeps_it_back(demo, form, placed, monkeypatch, async_):
    """The PBX is slow to let us in: a call that was stopped by then is not made a second later."""
    held, go = threading.Event(), threading.Event()
    answer = type(demo._manager).answer

    def slow(self, session, fields):
        given = dict(fields)
        if given["Action"] in ("Login", "Ping") and given.get("Events") != "call":  # that is who listens
            held.set()
            go.wait(20)
        return answer(self, session, fields)

    monkeypatch.setattr(type(demo._manager), "answer", slow)
    fill(form, async_=async_)
    originate(form)
    assert held.wait(20)
    press(form, "stop")
    go.set()
    assert form.join()
    assert placed == []
    left = form._attempts[-1]
    assert left.stage == "not sent"
    assert not left.is_up, "there is nothing to hang up"
    assert "not sent" in form.static().html
    assert "not sent" in status_text(form)


@pytest.mark.parametrize("async_", [True, False])
def test_a_pbx_that_goes_away_before_the_call_has_left_is_reported_at_once(monkeypatch, async_):
    """Nothing has left: that there is no call is known, and nobody waits for its events."""
    made = Demo(users(secret=CANARY))
    answer = type(made._manager).answer
    gone = threading.Event()

    def goes(self, session, fields):
        if dict(fields)["Action"] == "Ping":
            threading.Thread(target=made.close).start()
            gone.wait(20)
        return answer(self, session, fields)

    with af.connect(made.url, username="demo", secret=CANARY) as pbx:
        form = af.widgets.OriginateForm(pbx, **STAYS, async_=async_)
        pbx.commands()
        monkeypatch.setattr(type(made._manager), "answer", goes)
        began = time.monotonic()
        originate(form)
        assert form.join()
        gone.set()
        assert form.attempts["stage"].tolist() == ["not sent"]
        assert time.monotonic() - began < 5
        assert form.attempts["error"].iloc[0] in status_text(form)
        assert "not sent" in form.static().html
        assert not form._attempts[-1].is_up
        form.close()


def test_checks_while_typing(form):
    fill(form, channel="nonsense")
    assert "✗" in form._check.value
    assert part(form, "originate").disabled
    fill(form, channel="PJSIP/101", ring_timeout="0")
    assert "between 1 second" in form._check.value
    fill(form, ring_timeout="5")
    assert not part(form, "originate").disabled
    press(form, "learn")
    assert form.join()
    fill(form, channel="PJSIP/31")
    assert "did you mean PJSIP/31" in form._check.value
    assert "PJSIP/311" in form._fields["channel"].options


def test_variables(form):
    press(form, "add-variable")
    name, value = (
        w for w in walk(form._variables) if {"amf-variable", "amf-value"} & set(getattr(w, "_dom_classes", ()))
    )
    name.value, value.value = "WHO", "a,b"
    assert "variables={'WHO': 'a,b'}" in form.code()
    press(form, "remove-variable")
    assert "WHO" not in form.code()


def test_the_code_does_the_same(pbx, form):
    fill(form, ring_timeout="5")
    scope = {"pbx": pbx}
    exec(form.code(), scope)
    assert scope["call"].outcome == "answered"
    pbx.hangup(scope["call"].channel)


def test_texts_of_the_pbx_and_of_people_are_escaped(form):
    fill(form, callerid='"<script>alert(1)</script>" <1>', channel="<b>/x")
    press(form, "originate")
    for shown in (form._confirmation._what.value, form._preview.value, form.static().html):
        assert "<script" not in shown
        assert "<b>/x" not in shown


def test_not_connected_says_what_to_do(demo):
    form = af.widgets.OriginateForm(demo.url, **STAYS)
    originate_button = part(form, "originate")
    originate_button.click()
    assert "press Connect" in status_text(form)
    form.close()


def test_a_shared_panel_connects_the_form_and_outlives_it(demo):
    panel = af.widgets.ConnectionPanel(demo.url, username="demo")
    part(panel, "password").set_state({"value": CANARY})
    form = af.widgets.OriginateForm(panel, **STAYS)
    press(panel, "connect")
    assert panel.join()
    wait_for(lambda: "PJSIP/311" in form._fields["channel"].options)
    assert form.join()
    form.close()
    assert panel.pbx.ping()
    panel.close()
    assert sessions(demo) == 0


def test_closing_while_a_call_is_watched_leaves_the_call_and_nothing_else(demo, pbx):
    form = af.widgets.OriginateForm(pbx, **STAYS)
    originate(form)
    wait_for(lambda: stage(form) == "answered")
    channel = form._attempts[-1].request.channel
    form.close()
    assert sessions(demo) == 1  # the caller's own
    pbx.hangup(channel)


def test_a_call_whose_end_was_missed_is_reported_as_lost():
    """The PBX is restarted while the call is up: no event will ever tell of its end."""
    from amiframe.demo.server import Demo, users

    first = Demo(users(secret=CANARY))
    pbx = af.connect(first.url, username="demo", secret=CANARY)
    form = af.widgets.OriginateForm(pbx, **STAYS)
    originate(form)
    wait_for(lambda: stage(form) == "answered")
    first.close()
    with Demo(users(secret=CANARY), port=int(first.url.rsplit(":", 1)[1])):
        assert form.join()
        assert stage(form) == "lost"
        assert "was missed" in form.static().html
        assert form.attempts["talk_s"].isna().all(), "how long it was up is not known"
        assert not form._attempts[-1].is_up
        form.close()
        pbx.close()


def test_what_stands_there_at_first(pbx):
    form = af.widgets.OriginateForm(pbx, channel="PJSIP/1", application="Echo", variables={"A": "b"}, ring_timeout=5)
    assert form.code() == (
        "call = pbx.originate('PJSIP/1', application='Echo', ring_timeout=5.0, variables={'A': 'b'}, wait=60)"
    )
    form.close()
    with pytest.raises(af.ActionRefused, match="no field 'chanel'"):
        af.widgets.OriginateForm(pbx, chanel="PJSIP/1")


def test_no_name_of_ours_hides_one_of_ipywidgets():
    """A method that is called like one of theirs breaks the widget in ways that nobody would look for."""
    import inspect

    import ipywidgets as ipw

    for kind in (getattr(af.widgets, name) for name in af.widgets.__all__):
        bases = [base for base in kind.__mro__ if base.__module__.startswith("amiframe")]
        own = {name for base in bases for name, value in vars(base).items() if inspect.isfunction(value)}
        assert {name for name in own if hasattr(ipw.VBox, name)} <= {
            "__init__",
            "__repr__",
            "_repr_mimebundle_",
            "close",
        }


CALLS = (  # what docs, notebooks and tests call on the embedded PBX, and all that can be called there
    {"channel": "PJSIP/100", "exten": "200", "context": "outgoing"},
    {"channel": "PJSIP/101", "exten": "300", "context": "internal"},
    {"channel": "PJSIP/311", "exten": "312", "context": "internal"},
    {"channel": "PJSIP/209", "exten": "150", "context": "default"},
    {"channel": "PJSIP/74951234567@trunk", "exten": "4930123456", "context": "outgoing"},
    {"channel": "Local/150@outgoing", "exten": "74951000001", "context": "from-trunk"},
    {"channel": "PJSIP/322", "exten": "701", "context": "parkedcalls"},
    {"channel": "PJSIP/322", "application": "Echo"},
)


@pytest.mark.parametrize("given", CALLS, ids=lambda given: f"{given['channel']}-{given.get('exten', 'app')}")
def test_the_embedded_pbx_has_no_doubt_of_what_it_can_do(pbx, given):
    form = af.widgets.OriginateForm(pbx, **given)
    try:
        press(form, "learn")
        assert form.join(20)
        assert "amf-warn" not in status_text(form)
        assert "ready to send" in form._check.value
        assert {"internal", "outgoing", "default", "from-trunk"} <= set(part(form, "context").options)
        assert {"PJSIP/100", "PJSIP/311", "PJSIP/trunk"} <= set(part(form, "channel").options)
        assert {"Echo", "Queue"} <= set(part(form, "application").options)
        part(form, "channel").value = "PJSIP/nosuch"
        assert "no endpoint PJSIP/nosuch" in form._check.value
        part(form, "to").value = "extension"
        part(form, "exten").value = "200"
        part(form, "context").value = "outgiong"
        assert "did you mean outgoing" in form._check.value
        part(form, "context").value = "internal"
        assert {"311", "800", "603"} <= set(part(form, "exten").options)
    finally:
        form.close()
