"""A person in JupyterLab watches queues, in a wide cell and in a narrow one; a restarted kernel leaves no session."""

from __future__ import annotations

import re

import pytest
from amf_lab import picture
from amf_widgets import CANARY, sessions, wait_for

from amiframe.demo.server import Demo, users


@pytest.fixture
def demo():
    with Demo(users(secret=CANARY)) as pbx:
        yield pbx


def test_queues_are_watched_and_a_restart_logs_off(lab, page, demo):
    lab.write(
        "queues.ipynb",
        "import amiframe as af",
        f"board = af.widgets.QueueBoard({demo.url!r})\nboard",
        "board.static()",
    )
    lab.run(page, "queues.ipynb")
    page.get_by_label("user").fill("demo")
    page.get_by_label("password").fill(CANARY)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.get_by_label("auto-refresh").check()
    page.get_by_text("refreshed:").wait_for()
    page.get_by_label("queue sales").wait_for()
    assert sessions(demo) == 1
    picture(page.locator(".amf-panel").first, "queues")
    page.set_viewport_size({"width": 620, "height": 1200})
    picture(page, "queues-narrow")
    page.set_viewport_size({"width": 1280, "height": 1600})

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel(?! and)")).first.click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    wait_for(lambda: sessions(demo) == 0, 40)
