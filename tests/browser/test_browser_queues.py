"""A person watches queues, in JupyterLab and in Voila, in a wide page and in a narrow one."""

from __future__ import annotations

import pytest
from amf_lab import picture


@pytest.mark.gate
def test_queues_are_watched(front, page, target):
    name = f"queues-{target.name}.ipynb"
    front.write(name, "import amiframe as af", f"board = af.widgets.QueueBoard({target.url!r})\nboard")
    front.run(page, name)
    page.get_by_label("user").fill(target.username)
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.get_by_label("auto-refresh").check()
    page.get_by_text("refreshed:").wait_for()
    queues = {fields["Queue"] for fields in target.ask("QueueStatus") if fields.get("Event") == "QueueParams"}
    assert queues
    for queue in queues:
        page.get_by_label(f"queue {queue}", exact=True).wait_for()
    assert page.get_by_text("rule perf (of those answered)").count() == len(queues)
    picture(page.locator(".amf-panel").first, f"{front.name}-{target.name}-queues")
    page.set_viewport_size({"width": 620, "height": 1200})
    picture(page, f"{front.name}-{target.name}-queues-narrow")
    page.get_by_label("auto-refresh").uncheck()
    page.locator(".amf-disconnect").click()
    page.get_by_text("○ not connected").wait_for()
    assert target.sessions() == 0
