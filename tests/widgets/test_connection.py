"""ConnectionPanel: nothing before a click, the password nowhere, errors with what to do, nothing left behind."""

from __future__ import annotations

import json

import ipywidgets as ipw
import pytest
from amf_widgets import CANARY, part, press, sessions, status_text

import amiframe as af


@pytest.fixture
def panel(demo):
    with_url = af.widgets.ConnectionPanel(demo.url, username="demo")
    yield with_url
    with_url.close()
    assert sessions(demo) == 0


def type_password(panel, text=CANARY):
    """As the page does when the field is left."""
    part(panel, "password").set_state({"value": text})


def everything(panel) -> str:
    """All that could be saved, shown or logged of it."""
    states = json.dumps(ipw.Widget.get_manager_state(), default=str, ensure_ascii=False)
    return "\n".join([states, panel.static().html, repr(panel), panel.code(), str(panel._repr_mimebundle_())])


def test_nothing_is_sent_before_a_click(demo, panel):
    panel.static()
    panel.code()
    assert panel.pbx is None
    assert sessions(demo) == 0
    assert "not connected" in panel.static().html


def test_connected_with_version_and_uptime(demo, panel):
    type_password(panel)
    press(panel, "connect")
    assert panel.join()
    assert "connected" in status_text(panel), status_text(panel)
    shown = panel.static().html
    assert "Asterisk 22.10.1-amiframe-demo" in shown
    assert "30 min" in shown
    assert panel.pbx.ping().latency_s > 0
    assert sessions(demo) == 1
    press(panel, "disconnect")
    assert panel.pbx is None
    assert sessions(demo) == 0
    assert part(panel, "password").secret is None


def test_the_password_is_nowhere(demo, panel, sent):
    type_password(panel)
    assert part(panel, "password").value == ""
    press(panel, "connect")
    assert panel.join()
    press(panel, "doctor")
    assert panel.join()
    assert panel.pbx is not None
    assert CANARY not in everything(panel)
    assert sent
    assert CANARY not in "".join(sent)


def test_what_is_just_being_typed_is_in_no_state(demo, panel):
    field = part(panel, "password")
    field.unobserve_all()  # as in the moment before it is taken away
    field.value = CANARY
    assert CANARY not in everything(panel)
    assert CANARY not in repr(field)


def test_a_wrong_password_says_what_to_do_and_nothing_stays(demo, panel):
    type_password(panel, "wrong-" + CANARY)
    press(panel, "connect")
    assert panel.join()
    assert "LoginError" in status_text(panel)
    assert "amf-error" in status_text(panel)
    assert "amf-hint" in status_text(panel)
    assert CANARY not in status_text(panel)
    assert panel.pbx is None


def test_a_pbx_that_does_not_answer_is_reported_and_can_be_tried_again(demo, panel):
    part(panel, "target").value = "http://127.0.0.1:9"
    type_password(panel)
    press(panel, "connect")
    assert panel.join()
    assert "ConnectError" in status_text(panel)
    part(panel, "target").value = demo.url
    press(panel, "connect")
    assert panel.join()
    assert panel.pbx is not None


def test_texts_are_escaped(panel):
    part(panel, "target").value = "<img src=x onerror=alert(1)>"
    press(panel, "connect")
    assert panel.join()
    assert "ConfigError" in status_text(panel)
    assert "<img" not in status_text(panel)
    assert "<img" not in panel.static().html


def test_doctor_shows_what_needs_a_cure_first(demo, panel):
    part(panel, "username").value = "caller"
    type_password(panel, demo.secret("caller"))
    press(panel, "doctor")
    assert panel.join()
    assert "need a cure" in status_text(panel)
    shown = panel.static().html
    assert "manager.conf" in shown
    assert shown.index("✗") < shown.index("✓")


def test_an_account_without_rights_is_connected_all_the_same(demo, panel):
    part(panel, "username").value = "caller"
    type_password(panel, demo.secret("caller"))
    press(panel, "connect")
    assert panel.join()
    assert panel.pbx is not None
    assert "needs reporting" in panel.static().html


def test_the_code_runs_and_holds_no_password(demo, panel, monkeypatch):
    type_password(panel)
    assert CANARY not in panel.code()
    monkeypatch.setenv("AMIFRAME_SECRET", CANARY)
    scope: dict = {}
    exec(panel.code(), scope)
    scope["pbx"].close()


def test_close_may_be_called_twice_and_while_it_works(demo):
    panel = af.widgets.ConnectionPanel(demo.url, username="demo")
    type_password(panel)
    press(panel, "connect")
    panel.close()
    panel.close()
    assert sessions(demo) == 0


def test_without_ipywidgets_the_error_names_the_command(monkeypatch):
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['ipywidgets'] = None\nimport amiframe as af\n"
        "try: af.widgets\nexcept af.ConfigError as e: print(e.hint)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'amiframe[notebook]'" in done.stdout
