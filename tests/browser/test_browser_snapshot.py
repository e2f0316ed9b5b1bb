"""A person looks at channels: sorts, filters and compares them; five thousand work as few do."""

from __future__ import annotations

import pytest
from amf_lab import picture
from amf_many import MANY, reactions
from amf_widgets import wait_for


def test_five_thousand_channels(front, page):
    front.write("many.ipynb", MANY)
    front.run(page, "many.ipynb")
    page.wait_for_selector(".amf-where")
    picture(page, f"{front.name}-snapshot-5000")
    took = reactions(page)  # each waits for what it shows: benchmarks/snapshot_browser.py says how long
    assert [len(times) for times in took.values()] == [5, 4]
    page.locator("th button", has_text="seconds").press("Enter")
    page.get_by_text("seconds ▲").wait_for()


def explorer_of(front, page, target) -> None:
    name = f"snapshots-{target.name}.ipynb"
    front.write(
        name,
        "import amiframe as af",
        f"explorer = af.widgets.SnapshotExplorer({target.url!r})\nexplorer",
    )
    front.run(page, name)
    page.get_by_label("user").fill(target.username)
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()


def take(page, count: int) -> None:
    """Take a look, the so-many-th."""
    page.locator(".amf-take").click()
    page.locator(".amf-before select option").nth(count).wait_for(state="attached")


def row_of(page, uniqueid: str, kind: str):
    """Give the row that is marked so and shows this; of a single channel linkedid is its id."""
    return page.locator(f"tr.amf-{kind}", has_text=uniqueid).first


@pytest.mark.gate
def test_before_and_after(front, page, target):
    """A call of somebody else comes between two looks, and goes between the next two."""
    explorer_of(front, page, target)
    take(page, 1)
    target.place("seen-1")
    wait_for(lambda: any(c["Uniqueid"] == "seen-1" for c in target.channels()))
    take(page, 2)
    page.locator(".amf-before select").select_option(index=2)
    row_of(page, "seen-1", "new").wait_for()
    page.get_by_role("button", name="changes").click()
    page.get_by_role("region", name="changes").wait_for()
    channel = next(c["Channel"] for c in target.channels() if c["Uniqueid"] == "seen-1")
    row_of(page, channel, "new").wait_for()
    picture(page, f"{front.name}-{target.name}-snapshot-new")

    target.hang_up("seen-1")
    wait_for(lambda: all(c["Uniqueid"] != "seen-1" for c in target.channels()))
    take(page, 3)
    page.locator(".amf-before select").select_option(index=2)
    row_of(page, channel, "gone").wait_for()
    picture(page, f"{front.name}-{target.name}-snapshot-gone")
    assert target.ascii_password not in page.content()


def test_a_pbx_that_stops_and_comes_back(front, page, target):
    """The widget says so, with what to do; a click finds the PBX again, and so does auto-refresh by itself."""
    explorer_of(front, page, target)
    take(page, 1)
    with target.down():
        page.locator(".amf-take").click()
        page.get_by_text("ConnectError: nothing answers at this host and port").wait_for()
        page.get_by_text("○ does not answer").wait_for()
        assert "bindport" in page.locator(".amf-error .amf-hint").inner_text()
        picture(page, f"{front.name}-{target.name}-snapshot-down")
    take(page, 2)
    page.get_by_text("taken:").wait_for()
    page.get_by_text("● connected").wait_for()

    page.get_by_label("every, s").fill("2")
    page.get_by_label("auto-refresh").check()
    page.get_by_text("refreshed:").wait_for()
    with target.down():
        page.get_by_text("ConnectError: nothing answers at this host and port").wait_for()
    page.get_by_text("back again:").wait_for(timeout=60_000)
    assert page.get_by_label("auto-refresh").is_checked()
    assert target.sessions() == 1
    page.get_by_label("auto-refresh").uncheck()
    page.locator(".amf-disconnect").click()
    page.get_by_text("○ not connected").wait_for()
    wait_for(lambda: target.sessions() == 0)


def test_plots_in_the_dark(front, page, embedded):
    front.dark(True)
    try:
        explorer_of(front, page, embedded)
        take(page, 1)
        embedded.place("dark-1")
        take(page, 2)
        page.locator(".amf-before select").select_option(index=2)
        page.wait_for_selector("tr.amf-new")
        picture(page.locator(".amf-panel").first, f"{front.name}-snapshot-dark")
        page.get_by_role("button", name="plots").click()
        page.locator(".amf-cards img").nth(2).wait_for()
        picture(page, f"{front.name}-snapshot-dark-plots")
    finally:
        front.dark(False)
        embedded.hang_up("dark-1")
