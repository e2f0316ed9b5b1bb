"""Keys in JupyterLab: pressed in a widget they are the widget's, though the notebook takes letters as commands."""

from __future__ import annotations

import pytest
from amf_lab import picture

EXPLORER = """
import amiframe as af
explorer = af.widgets.SnapshotExplorer(snapshots=[af.read_status(af.sample("status"))] * 2)
explorer
"""
FORM = "form = af.widgets.OriginateForm('demo', channel='PJSIP/311', exten='312', context='internal')\nform"
ASKS = """
pbx = af.connect("demo")
asks = af.widgets.ActionForm(pbx, "CoreStatus")
asks
"""
EVENTS = "monitor = af.widgets.EventMonitor(pbx)\nmonitor"
WHERE = {
    "button": ".amf-take", "list": ".amf-state select", "head": "th button", "summary": ".amf-code-box summary",
    "view": ".amf-view button", "field": ".amf-text input", "box": ".amf-scroll",
    "ask": ".amf-send", "more": ".amf-add-field", "action": ".amf-action input", "class": ".amf-class select",
    "row": "tr[data-number] button", "pause": ".amf-pause",
}  # fmt: skip


@pytest.fixture
def opened(lab, page):
    notebook = lab.write("keys.ipynb", EXPLORER, FORM, ASKS, EVENTS)
    lab.run(page, notebook.name)
    page.locator(".amf-listen").focus()
    page.keyboard.press("Enter")
    page.locator("tr[data-number] button").first.wait_for()
    return notebook


def test_letters_are_no_commands_of_the_notebook(page, opened):
    for name, where in WHERE.items():
        page.locator(where).first.focus()
        page.wait_for_timeout(100)
        for key in ("b", "x", "d", "d", "y", "Enter"):
            page.keyboard.press(key)
        page.wait_for_timeout(200)
        assert page.locator(".jp-Cell").count() == 4, name
        assert page.locator(".jp-CodeCell").count() == 4, name
    page.locator(".amf-text input").first.fill("")
    page.locator(".jp-Cell .cm-content").first.click()  # the notebook has its keys again where no widget has the focus
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.locator(".jp-Cell").nth(4).wait_for()


def test_heads_buttons_and_views_work_by_keys(page, opened):
    page.locator("th button", has_text="seconds").focus()
    for key, mark in (("Enter", "seconds ▲"), ("Space", "seconds ▼")):
        page.keyboard.press(key)
        page.get_by_role("button", name=mark).wait_for()
        page.wait_for_function("document.activeElement.closest('th') !== null")
    page.locator(".amf-take").focus()
    page.keyboard.press("Enter")
    page.get_by_text("not connected yet").wait_for()
    page.get_by_role("button", name="calls").focus()
    page.keyboard.press("Space")
    page.get_by_role("region", name="calls").wait_for()
    page.locator(".amf-originate").focus()
    page.keyboard.press("Enter")
    page.locator(".amf-send").focus()
    page.keyboard.press("Enter")
    page.get_by_text("CoreStatus: answered").wait_for()
    page.locator("tr[data-number] button").first.focus()
    page.keyboard.press("Enter")
    page.locator("tr.amf-picked").wait_for()
    page.wait_for_timeout(1500)  # the table is drawn anew meanwhile, and more than once
    page.wait_for_function("document.activeElement.closest('tr.amf-picked') !== null")
    page.locator(".amf-leave").focus()
    page.keyboard.press("Space")
    page.locator(".amf-leave").wait_for(state="hidden")
    picture(page, "lab-keys")
    page.get_by_text("press Connect above").nth(1).wait_for()


def test_ctrl_s_still_saves(page, opened):
    page.locator(".amf-take").focus()
    page.keyboard.press("Control+s")
    page.wait_for_timeout(100)
    for _ in range(100):
        if "widget-view" in opened.read_text():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it was not saved")
