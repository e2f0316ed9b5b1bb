"""A page that is closed, a kernel that ends or is restarted: no session, thread or kernel is left; the PBX is asked."""

from __future__ import annotations

import re

import pytest
from amf_lab import picture
from amf_widgets import wait_for

KINDS = ["QueueBoard", "EventMonitor"]


def watching(front, page, target, kind: str = "QueueBoard") -> None:
    """A widget that goes on by itself: a board that refreshes itself, or a monitor that waits for events."""
    name = f"ends-{target.name}.ipynb"
    front.write(name, "import amiframe as af", f"widget = af.widgets.{kind}({target.url!r})\nwidget")
    front.run(page, name)
    page.get_by_label("user").fill(target.username)
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    if kind == "EventMonitor":
        page.locator(".amf-listen").click()
        page.get_by_text("listening since").wait_for()
        assert target.sessions() == 2
        return
    page.get_by_label("auto-refresh").check()
    page.get_by_text("refreshed:").wait_for()
    assert target.sessions() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_page_of_voila_ends_its_kernel(voila_server, page, target, kind):
    before = voila_server.kernels()
    watching(voila_server, page, target, kind)
    assert len(set(voila_server.kernels()) - set(before)) == 1
    page.close(run_before_unload=True)
    wait_for(lambda: target.sessions() == 0, 30)
    wait_for(lambda: not set(voila_server.kernels()) - set(before), 30)


def test_a_closed_page_of_lab_goes_on_and_shows_itself_again(lab, page, target):
    """JupyterLab keeps the kernel: whoever opens the page anew sees the same board, and can end it."""
    watching(lab, page, target)
    page.close(run_before_unload=True)
    again = page.context.new_page()
    again.set_default_timeout(30_000)
    assert target.sessions() == 1
    again.goto(f"{lab.url}/lab/tree/ends-{target.name}.ipynb?token={lab.token}")
    again.get_by_text("| Idle").wait_for()
    again.get_by_role("menuitem", name="Kernel", exact=True).click()
    again.get_by_role("menuitem", name=re.compile("^Shut Down Kernel")).first.click()
    wait_for(lambda: target.sessions() == 0, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restart_logs_off(lab, page, target, kind):
    watching(lab, page, target, kind)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel(?! and)")).first.click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    wait_for(lambda: target.sessions() == 0, 30)


def cell(page, source: str) -> None:
    """Run one more cell."""
    count = page.locator(".jp-CodeCell").count()
    page.get_by_text("Click to add a cell").click()
    editor = page.locator(".jp-CodeCell").nth(count).locator(".cm-content")
    editor.fill(source)
    editor.press("Shift+Enter")


def test_close_leaves_no_thread_no_widget_and_no_session(lab, page, target):
    watching(lab, page, target)
    seen = "print('left', [t.name for t in __import__('threading').enumerate() if t.name.startswith('amiframe')]"
    cell(page, f"{seen})")
    page.get_by_text("left ['amiframe-queues-refresh']").wait_for()
    cell(page, "widget.close()")
    cell(page, f"{seen}, len(__import__('ipywidgets').widgets.widget._instances))")
    page.get_by_text("left [] 0").wait_for()
    assert page.locator(".amf-panel").count() == 0
    assert target.sessions() == 0


def test_a_pbx_that_is_lost_leaves_nothing(lab, page, target):
    watching(lab, page, target)
    with target.down():
        page.get_by_text("○ does not answer").wait_for()
        picture(page, f"lab-{target.name}-lost")
        cell(page, "widget.close()")
        seen = "print('left', [t.name for t in __import__('threading').enumerate() if t.name.startswith('amiframe')]"
        cell(page, f"{seen}, len(__import__('ipywidgets').widgets.widget._instances))")
        page.get_by_text("left [] 0").wait_for()
    assert target.sessions() == 0
