"""A person in JupyterLab connects, originates a call, watches it and hangs it up; the PBX itself is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from amf_demo import Caller
from amf_lab import picture
from amf_widgets import CANARY

from amiframe.demo.server import Demo, users


@dataclass
class Target:
    """A PBX for the test: the call that stays up, one that is refused, and who witnesses."""

    name: str
    url: str
    username: str
    password: str
    channel: str
    context: str
    exten: str

    def channels(self) -> list[dict[str, str]]:
        """Give the channels that are up, by a client that owes nothing to amiframe."""
        with Caller(self.url).login(self.username, self.password) as caller:
            return [dict(m) for m in caller.ask("Status").messages if m[0] == ("Event", "Status")]


@pytest.fixture(scope="module")
def embedded() -> Iterator[Target]:
    with Demo(users(secret=CANARY)) as demo:
        yield Target("embedded", demo.url, "demo", CANARY, "PJSIP/101", "internal", "300")


@pytest.fixture(scope="module")
def live() -> Iterator[Target]:
    from pbx_server import Asterisk, why_not

    reason = why_not("22")
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    with Asterisk("22") as server:
        yield Target("live", server.url, "test", server.users["test"], "Local/200@outgoing", "outgoing", "100")


@pytest.mark.parametrize("name", ["embedded", pytest.param("live", marks=pytest.mark.live)])
def test_originate_watched_and_hung_up_by_clicks(name, request, lab, page):
    target: Target = request.getfixturevalue(name)
    notebook = lab.write(
        f"{name}.ipynb",
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({target.url!r}, username={target.username!r})\npanel",
        f"form = af.widgets.OriginateForm(panel, channel={target.channel!r}, exten={target.exten!r}, "
        f"context={target.context!r})\nform",
    )
    lab.run(page, notebook.name)
    page.wait_for_selector(".amf-originate")
    assert [c["Uniqueid"] for c in target.channels() if c["Uniqueid"].startswith("amf-")] == []

    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.get_by_text("contexts").first.wait_for()
    picture(page, f"{name}-connected")

    page.locator(".amf-originate").click()
    page.get_by_text("This will be sent to").wait_for()
    assert [c for c in target.channels() if c["Uniqueid"].startswith("amf-")] == []
    asked = page.locator(".amf-confirmation").inner_text()
    picture(page, f"{name}-confirmation")
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-answered")
    up = [c for c in target.channels() if c["Uniqueid"] in asked]
    assert up
    assert up[0]["ChannelStateDesc"] == "Up"
    picture(page, f"{name}-answered")
    picture(page.locator(".amf-panel").last, f"{name}-form")

    page.locator(".amf-hangup").click()
    page.get_by_text(f"Hang up {up[0]['Channel']}?").wait_for()
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-ended")
    assert [c for c in target.channels() if c["Uniqueid"] in asked] == []
    picture(page, f"{name}-ended")

    page.get_by_role("combobox", name="extension").fill("no-such")
    page.keyboard.press("Tab")
    page.locator(".amf-originate").click()
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-refused")
    page.get_by_text(re.compile("Extension does not exist")).first.wait_for()
    picture(page, f"{name}-refused")

    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000)
    saved = notebook.read_text()
    assert "widget-view" in saved, "it was not saved"
    for place in (saved, page.content(), lab.log.read_text()):
        assert target.password not in place
