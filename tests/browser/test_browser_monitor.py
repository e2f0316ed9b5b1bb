"""A person listens: a call of somebody else is seen, picked, drawn, in JupyterLab and Voila; the page stays quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from amf_lab import picture
from amf_widgets import CANARY, wait_for

from amiframe.demo.server import Demo, users


def open_and_listen(front, page, url: str, username: str, password: str) -> str:
    name = f"listen-{url.rpartition(':')[2]}.ipynb"
    front.write(
        name,
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({url!r}, username={username!r})\npanel",
        "monitor = af.widgets.EventMonitor(panel)\nmonitor",
    )
    front.run(page, name)
    page.get_by_label("password").fill(password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.locator(".amf-listen").click()
    page.get_by_text("listening since").wait_for()
    return name


@pytest.mark.gate
def test_a_call_is_seen_picked_and_drawn(front, page, target):
    name = open_and_listen(front, page, target.url, target.username, target.password)
    assert target.sessions() == 2, "it listens on a session of its own"
    events = page.get_by_role("region", name="events")
    uniqueid = f"amf-test-{time.time_ns()}"
    page.locator(".amf-event input").fill("half typ")
    target.place(uniqueid)
    row = page.locator("tr[data-number]", has_text=uniqueid)
    row.filter(has_text="Newchannel").first.wait_for()
    row.filter(has_text="OriginateResponse").first.wait_for()
    assert page.locator(".amf-event input").input_value() == "half typ", "new kinds of events come while one types"
    page.locator(".amf-event input").fill("")

    page.locator(".amf-pause").click()
    page.get_by_text("since the pause").wait_for()
    newest = events.locator("tbody tr").first.inner_text()
    row.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.locator(".amf-ladder img").wait_for()
    assert row.first.get_by_role("button").get_attribute("aria-pressed") == "true"
    picture(page.locator(".amf-panel").last, f"{front.name}-{target.name}-events-picked")
    assert events.locator("tbody tr").first.inner_text() == newest

    page.locator(".amf-only").click()
    page.wait_for_function("() => document.querySelector('.amf-call input').value")
    assert page.locator(".amf-call input").input_value() == uniqueid
    wait_for_rows(page, uniqueid)
    page.locator(".amf-pause").click()
    picture(page.locator(".amf-panel").last, f"{front.name}-{target.name}-events-one-call")
    target.hang_up(uniqueid)
    row.filter(has_text="Hangup").first.wait_for()
    page.locator(".amf-call input").fill("")
    page.locator(".amf-text input").fill(uniqueid)
    page.locator(".amf-event input").fill("Hangup, Dial*")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => {const rows = [...document.querySelectorAll('tr[data-number]')];"
        " return rows.length && rows.every(row => /^(Hangup|Dial)/.test(row.cells[1].textContent))}"
    )
    page.locator(".amf-stop:visible").click()
    page.get_by_text("stopped", exact=True).wait_for()
    wait_for(lambda: target.sessions() == 1)

    notebook = front.notebooks / name
    if front.name == "lab":
        page.keyboard.press("Control+s")
        wait_for(lambda: "widget-view" in notebook.read_text())
    for place in (notebook.read_text(), page.content(), front.log.read_text(), target.log()):
        assert target.ascii_password not in place
    page.locator(".amf-disconnect").click()
    page.get_by_text("○ not connected").wait_for()
    assert target.sessions() == 0


def wait_for_rows(page, uniqueid: str) -> None:
    """Wait until all rows that are shown belong to this call."""
    page.wait_for_function(
        "id => {const rows = [...document.querySelectorAll('tr[data-number]')];"
        " return rows.length > 2 && rows.every(r => r.cells[4].textContent === id)}",
        arg=uniqueid,
    )


@pytest.fixture
def demo() -> Iterator[Demo]:
    with Demo(users(secret=CANARY)) as made:
        yield made


def test_a_mouse_picks_a_row_while_the_table_runs(lab, page, demo):
    open_and_listen(lab, page, demo.url, "demo", CANARY)
    flood = Flood(demo, 300)
    try:
        page.wait_for_function("() => document.querySelectorAll('tr[data-number]').length === 100")
        for _ in range(5):  # the table is drawn anew all the time: each press counts
            box = page.locator("[aria-label=events]").bounding_box()
            page.mouse.move(box["x"] + 40, box["y"] + 100)
            page.mouse.down()
            page.wait_for_timeout(120)
            page.mouse.up()
            page.locator(".amf-leave:visible").click()
            page.locator(".amf-leave").wait_for(state="hidden")
        updates = page.evaluate(
            """() => new Promise(done => {
              let count = 0;
              const table = document.querySelector('[aria-label=events]').closest('.widget-html, .jupyter-widgets');
              const watcher = new MutationObserver(() => { count += 1; });
              watcher.observe(table, {childList: true, subtree: true});
              setTimeout(() => { watcher.disconnect(); done(count); }, 5000);
            })"""
        )
        print(f"{updates} updates in 5 s at {flood.rate():.0f} events/s")
        assert 3 <= updates <= 12
    finally:
        flood.close()
    page.set_viewport_size({"width": 620, "height": 1600})
    picture(page, "events-narrow")


class Flood:
    """Writes so many events a second."""

    def __init__(self, demo: Demo, per_second: int):
        self._demo, self._per_second, self._count = demo, per_second, 0
        self._began, self._end = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(0.1):
            while self._count < (time.monotonic() - self._began) * self._per_second:
                self._demo.world.emit("UserEvent", "user", [("UserEvent", f"no {self._count}"), ("Uniqueid", "1.1")])
                self._count += 1

    def rate(self) -> float:
        return self._count / (time.monotonic() - self._began)

    def close(self) -> None:
        self._end.set()
        self._thread.join()


def test_events_in_the_dark(lab, page, embedded):
    lab.dark(True)
    try:
        open_and_listen(lab, page, embedded.url, embedded.username, embedded.password)
        page.locator(".amf-event input").fill("-VarSet, -Newexten, -DeviceStateChange, -ExtensionStatus")
        page.keyboard.press("Enter")
        uniqueid = f"amf-test-{time.time_ns()}"
        embedded.place(uniqueid)
        row = page.locator("tr[data-number]", has_text=uniqueid)
        row.filter(has_text="OriginateResponse").wait_for()
        page.wait_for_timeout(1500)  # of talk, so that there is something to see
        embedded.hang_up(uniqueid)
        row.filter(has_text="Hangup").first.wait_for()
        with embedded.down():
            page.get_by_text("the PBX does not answer").wait_for()
        page.get_by_text("back again").wait_for(timeout=60_000)
        page.locator("tr.amf-gone").wait_for()
        page.locator(".amf-pause").click()
        row.filter(has_text="Hangup").first.locator("button").click()
        page.locator(".amf-ladder img").wait_for()
        picture(page.locator(".amf-panel").last, "events-dark")
    finally:
        lab.dark(False)
