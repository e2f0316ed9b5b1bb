"""A person connects, originates a call, watches it and hangs it up, in JupyterLab and in Voila; the PBX is asked."""

from __future__ import annotations

import re

import pytest
from amf_lab import Watched, picture
from amf_widgets import wait_for


def connect(page, target) -> None:
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()


def form_of(front, page, target, *more: str):
    notebook = front.write(
        f"{target.name}.ipynb",
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({target.url!r}, username={target.username!r})\npanel",
        f"form = af.widgets.OriginateForm(panel, channel={target.channel!r}, exten={target.exten!r}, "
        f"context={target.context!r})\nform",
        *more,
    )
    front.run(page, notebook.name)
    page.wait_for_selector(".amf-originate")
    return notebook


def originate(page) -> None:
    page.locator(".amf-originate").click()
    page.locator(".amf-confirm:visible").click()


@pytest.mark.gate
def test_originate_watched_and_hung_up_by_clicks(front, page, target):
    seen = Watched(page)
    notebook = form_of(front, page, target)
    assert target.ours() == []

    assert page.get_by_label("password").get_attribute("type") == "password"
    page.get_by_label("password").fill(target.password)
    picture(page, f"{front.name}-{target.name}-typed")
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.get_by_text("phones and trunks").first.wait_for()
    picture(page, f"{front.name}-{target.name}-connected")

    page.locator(".amf-originate").click()
    page.get_by_text("This will be sent to").wait_for()
    assert target.ours() == []
    asked = page.locator(".amf-confirmation").inner_text()
    picture(page, f"{front.name}-{target.name}-confirmation")
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-answered")
    up = [c for c in target.channels() if c["Uniqueid"] in asked]
    assert up
    assert up[0]["ChannelStateDesc"] == "Up"
    picture(page, f"{front.name}-{target.name}-answered")
    picture(page.locator(".amf-panel").last, f"{front.name}-{target.name}-form")

    page.locator(".amf-hangup").click()
    page.get_by_text(f"Hang up {up[0]['Channel']}?").wait_for()
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-ended")
    assert [c for c in target.channels() if c["Uniqueid"] in asked] == []
    picture(page, f"{front.name}-{target.name}-ended")

    page.get_by_role("combobox", name="extension").fill("no-such")
    page.keyboard.press("Tab")
    originate(page)
    page.wait_for_selector(".amf-stage-refused")
    page.get_by_text(re.compile("Extension does not exist")).first.wait_for()
    picture(page, f"{front.name}-{target.name}-refused")

    if front.name == "lab":
        page.keyboard.press("Control+s")
        wait_for(lambda: "widget-view" in notebook.read_text())
        assert "application/vnd.jupyter.widget-state+json" in notebook.read_text(), "the state was not saved"
    sent, received = seen.frames_with(target.ascii_password)
    assert len(sent) == 1, "it is typed once, and goes up once"
    assert received == []
    for place in (notebook.read_text(), page.content(), front.log.read_text(), target.log()):
        assert target.ascii_password not in place


def test_a_pbx_that_stops_while_a_call_is_up(front, page, target):
    """The form goes on, and tells at last that the end was missed: it does not make one up."""
    form_of(front, page, target)
    connect(page, target)
    page.get_by_text("phones and trunks").first.wait_for()
    originate(page)
    page.wait_for_selector(".amf-stage-answered")
    with target.down():
        page.get_by_text("answered, the PBX does not answer now").wait_for()
        picture(page, f"{front.name}-{target.name}-originate-down")
    page.wait_for_selector(".amf-stage-lost", timeout=60_000)
    page.get_by_text("its end was missed").first.wait_for()
    picture(page, f"{front.name}-{target.name}-originate-lost")
    assert target.ours() == []
