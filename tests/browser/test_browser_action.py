"""A person in JupyterLab chooses any action, reads its answer, changes something once; the PBX itself is asked."""

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

TYPED = "typed-7f3a91-Ключ"


@dataclass
class Target:
    """A PBX for the test, and a witness that owes nothing to amiframe."""

    name: str
    url: str
    username: str
    password: str

    def database(self, key: str) -> str | None:
        """Give an entry of the PBX's database; None where there is none."""
        with Caller(self.url).login(self.username, self.password) as caller:
            found = [dict(m) for m in caller.ask("DBGet", Family="clicked", Key=key).messages if m[0][0] == "Event"]
            caller.ask("Logoff")
        return found[0]["Val"] if found else None


@pytest.fixture(scope="module")
def embedded() -> Iterator[Target]:
    with Demo(users(secret=CANARY)) as demo:
        yield Target("embedded", demo.url, "demo", CANARY)


@pytest.fixture(scope="module")
def live() -> Iterator[Target]:
    from pbx_server import Asterisk, why_not

    reason = why_not("22")
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    with Asterisk("22") as server:
        server.place_calls(6)
        yield Target("live", server.url, "test", server.users["test"])


@pytest.mark.parametrize("name", ["embedded", pytest.param("live", marks=pytest.mark.live)])
def test_any_action_by_clicks(name, request, lab, page):
    target: Target = request.getfixturevalue(name)
    notebook = lab.write(
        f"action-{name}.ipynb",
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({target.url!r}, username={target.username!r})\npanel",
        "form = af.widgets.ActionForm(panel)\nform",
    )
    lab.run(page, notebook.name)
    page.wait_for_selector(".amf-send")
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("actions that this account may run").wait_for()
    form = page.locator(".amf-panel").last
    action = page.get_by_role("combobox", name="action")

    action.press_sequentially("statu")
    form.get_by_text("these letters: Status").wait_for()
    action.press_sequentially("s")
    form.get_by_text("only reads").wait_for()
    picture(page, f"action-{name}-chosen")
    page.locator(".amf-send").click()
    form.get_by_text("Status: answered").wait_for()
    with Caller(target.url).login(target.username, target.password) as caller:
        channels = {dict(m)["Channel"] for m in caller.ask("Status").messages if m[0] == ("Event", "Status")}
        caller.ask("Logoff")
    table = form.get_by_role("region", name="answer to Status")
    heads = table.locator("thead th").all_inner_texts()
    cells = table.locator("tbody tr").all()
    shown = {row.locator("td").nth(heads.index("channel")).inner_text() for row in cells}
    assert len(shown) > 1
    assert len(shown & channels) >= len(shown) - 4, "channels come and go"
    picture(form, f"action-{name}-status")

    action.fill("DBPut")
    form.get_by_text("Family, Key are required").wait_for()
    for field, value in (("Family", "clicked"), ("Key", name), ("Val", "by a <b>person</b>")):
        form.get_by_label(field, exact=False).first.fill(value)
    form.get_by_text("ready to send").wait_for()
    page.locator(".amf-send").click()
    page.get_by_text("DBPut may change something").wait_for()
    assert target.database(name) is None, "nothing without the second click"
    picture(form, f"action-{name}-asked")
    page.locator(".amf-confirm:visible").dblclick()
    form.get_by_text("DBPut: Updated database successfully").wait_for()
    assert target.database(name) == "by a <b>person</b>"
    picture(form, f"action-{name}-done")

    action.fill("DBGet")
    form.get_by_text("only reads").wait_for()
    assert form.get_by_label("Family *").input_value() == "clicked", "what both have stays filled in"
    form.get_by_label("Key *").fill("no-such")
    page.locator(".amf-send").click()
    form.get_by_text("Database entry not found").wait_for()
    picture(form, f"action-{name}-refused")

    action.fill("Originate")
    form.get_by_text("asks before it is sent").wait_for()
    form.get_by_label("Channel *").fill("nonsense")
    page.locator(".amf-send").click()
    page.locator(".amf-confirm:visible").click()
    form.get_by_text(re.compile("Invalid channel")).first.wait_for()
    action.fill("Login")
    form.get_by_text("is not sent from here").wait_for()
    form.get_by_label("Secret").fill(TYPED)
    page.keyboard.press("Tab")
    form.get_by_text("is not sent from here").wait_for()

    form.locator("h3").click()  # out of the field, so that the notebook takes the keys
    page.keyboard.press("Control+s")
    for _ in range(100):
        page.wait_for_timeout(100)  # not a sleep: requests of the page go through this process
        if "widget-view" in notebook.read_text():
            break
    saved = notebook.read_text()
    assert "widget-view" in saved, "it was not saved"
    for secret in (target.password, TYPED):
        for place in (saved, page.content(), lab.log.read_text()):
            assert secret not in place


@pytest.mark.parametrize(("theme", "width"), [("JupyterLab Light", 1280), ("JupyterLab Dark", 560)])
def test_how_it_looks(theme, width, lab, page, embedded):
    lab.theme(theme)
    notebook = lab.write(
        f"action-look-{width}.ipynb",
        "import amiframe as af",
        f"pbx = af.connect({embedded.url!r}, username='demo', secret={CANARY!r})",
        "form = af.widgets.ActionForm(pbx, 'QueueStatus', {'Queue': 'sales'})\nform",
    )
    page.set_viewport_size({"width": width, "height": 1700})
    lab.run(page, notebook.name)
    page.locator(".amf-learn").click()
    page.get_by_text("actions that this account may run").wait_for()
    page.locator(".amf-send").click()
    page.get_by_text("QueueStatus: answered").wait_for()
    form = page.locator(".amf-panel").last
    form.get_by_label("items").select_option("QueueMember")
    form.get_by_role("columnheader", name="membership").wait_for()
    assert form.evaluate("e => e.scrollWidth <= e.clientWidth + 6"), "it is not wider than its cell"
    picture(form, f"action-look-{width}")
    page.get_by_role("combobox", name="action").fill("Originate")
    form.get_by_text("asks before it is sent").wait_for()
    page.get_by_label("Channel *").fill("PJSIP/100")
    page.locator(".amf-send").click()
    page.locator(".amf-confirm:visible").wait_for()
    assert form.evaluate("e => e.scrollWidth <= e.clientWidth + 6")
    picture(form, f"action-originate-{width}")
    lab.theme("JupyterLab Light")
