"""The twin of each widget as a file, with scripts off: the same content as the widget shows at that moment."""

from __future__ import annotations

import pytest
from amf_lab import picture
from amf_widgets import CANARY, part, press, wait_for
from lxml import html

import amiframe as af

KINDS = ["ConnectionPanel", "OriginateForm", "SnapshotExplorer", "QueueBoard", "ActionForm", "EventMonitor"]


@pytest.fixture
def scriptless(browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1100, "height": 900})
    yield context.new_page()
    context.close()


def connection(target):
    panel = af.widgets.ConnectionPanel(target.url, username=target.username)
    panel._password.value = target.password
    press(panel, "connect")
    assert panel.join()
    return panel


def used(kind: str, panel, target):
    """Give the widget after somebody has used it, and the parts of it that show what it knows."""
    if kind == "ConnectionPanel":
        press(panel, "doctor")
        assert panel.join()
        return panel, [panel._shown, panel._found]
    if kind == "OriginateForm":
        form = af.widgets.OriginateForm(panel, channel=target.channel, exten="no-such", context=target.context)
        press(form, "originate")
        press(form, "confirm")
        wait_for(lambda: form._attempts and form._attempts[-1].stage == "refused")
        assert form.join()
        return form, [form._progress, form._history]
    if kind == "ActionForm":
        form = af.widgets.ActionForm(panel, "QueueStatus", {"Queue": "sales"})
        press(form, "learn")
        assert form.join()
        press(form, "send")
        assert form.join()
        return form, [form._about, form._check, form._table]
    if kind == "EventMonitor":
        return picked(af.widgets.EventMonitor(panel), target)
    made = getattr(af.widgets, kind)(panel)
    press(made, "take")
    assert made.join()
    return made, [made._table, made._findings] if kind == "SnapshotExplorer" else [made._cards]


def picked(monitor, target):
    """Listen to a call, and pick one of its events."""
    press(monitor, "listen")
    wait_for(lambda: "listening" in monitor._status.value)
    target.place("amf-static")
    wait_for(lambda: "amf-static" in monitor._table.value)
    press(monitor, "stop")
    assert monitor.join()
    number = next(one.number for one in monitor._buffer.lines() if one.call == "amf-static")
    part(monitor, "pick").value = str(number)
    assert monitor.join()
    target.hang_up("amf-static")
    return monitor, [monitor._figures, monitor._table, monitor._detail]


def texts(source: str) -> set[str]:
    """Give the texts of HTML, without blanks at their ends."""
    return {text.strip() for text in html.fromstring(f"<div>{source}</div>").itertext() if text.strip()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_twin_needs_no_scripts(kind, embedded, scriptless, tmp_path):
    panel = connection(embedded)
    widget, parts = used(kind, panel, embedded)
    try:
        shown = set().union(*(texts(one.value) for one in parts))
        path = tmp_path / f"{kind}.html"
        path.write_text(str(widget.static()))
    finally:
        widget.close()
        panel.close()
    assert len(shown) > 5
    scriptless.goto(path.as_uri())
    seen = " ".join(scriptless.locator("body").inner_text().split())
    missing = {text for text in shown if " ".join(text.split()) not in seen}
    assert missing == set()
    assert scriptless.locator("script").count() == 0
    assert scriptless.locator("img").count() == (kind == "EventMonitor"), "the call that was picked"
    assert embedded.ascii_password not in path.read_text()
    assert CANARY not in seen
    for theme in ("light", "dark"):
        scriptless.emulate_media(color_scheme=theme)
        picture(scriptless, f"static-{kind}-{theme}")
