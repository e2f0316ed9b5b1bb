"""A person chooses any action, reads its answer, changes something once, in JupyterLab and Voila; the PBX is asked."""

from __future__ import annotations

import re

import pytest
from amf_lab import picture
from amf_widgets import CANARY, wait_for
from playwright.sync_api import expect

TYPED = "typed-7f3a91-Ключ"


def database(target, key: str) -> str | None:
    """Give an entry of the PBX's database; None where there is none."""
    found = [fields["Val"] for fields in target.ask("DBGet", Family="clicked", Key=key) if "Val" in fields]
    return found[0] if found else None


@pytest.mark.gate
def test_any_action_by_clicks(front, page, target):
    key = f"{front.name}-{target.name}"
    target.place("amf-asked")
    wait_for(lambda: target.ours())
    notebook = front.write(
        f"action-{target.name}.ipynb",
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({target.url!r}, username={target.username!r})\npanel",
        "form = af.widgets.ActionForm(panel)\nform",
    )
    front.run(page, notebook.name)
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
    picture(page, f"action-{key}-chosen")
    page.locator(".amf-send").click()
    form.get_by_text("Status: answered").wait_for()
    table = form.get_by_role("region", name="answer to Status")
    heads = table.locator("thead th").all_inner_texts()
    cells = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    shown = {row[heads.index("uniqueid")]: row[heads.index("channel")] for row in cells}
    assert shown["amf-asked"] in {fields["Channel"] for fields in target.ours()}
    target.hang_up("amf-asked")
    picture(form, f"action-{key}-status")

    action.fill("DBPut")
    form.get_by_text("Family, Key are required").wait_for()
    for field, value in (("Family", "clicked"), ("Key", key), ("Val", "by a <b>person</b>")):
        form.get_by_label(field, exact=False).first.fill(value)
    form.get_by_text("ready to send").wait_for()
    page.locator(".amf-send").click()
    page.get_by_text("DBPut may change something").wait_for()
    assert database(target, key) is None, "nothing without the second click"
    picture(form, f"action-{key}-asked")
    page.locator(".amf-confirm:visible").dblclick()
    form.get_by_text("DBPut: Updated database successfully").wait_for()
    assert database(target, key) == "by a <b>person</b>"
    picture(form, f"action-{key}-done")

    action.fill("DBGet")
    form.get_by_text("only reads").wait_for()
    assert form.get_by_label("Family *").input_value() == "clicked", "what both have stays filled in"
    form.get_by_label("Key *").fill("no-such")
    page.locator(".amf-send").click()
    form.get_by_text("Database entry not found").wait_for()
    picture(form, f"action-{key}-refused")

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
    expect(form.get_by_label("Secret")).to_have_value("")  # the kernel has taken it: only then is it off the page

    if front.name == "lab":
        form.locator("h3").click()  # out of the field, so that the notebook takes the keys
        page.keyboard.press("Control+s")
        wait_for(lambda: "widget-view" in notebook.read_text())
    for secret in (target.ascii_password, TYPED):
        for place in (notebook.read_text(), page.content(), front.log.read_text(), target.log()):
            assert secret not in place


@pytest.mark.parametrize(("is_dark", "width"), [(False, 1280), (True, 560)])
def test_how_it_looks(is_dark, width, lab, page, embedded):
    lab.dark(is_dark)
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
    lab.dark(False)
