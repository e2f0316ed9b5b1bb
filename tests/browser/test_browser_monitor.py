"""A person in JupyterLab listens: a call that somebody else makes is seen, picked and drawn; the page stays quick."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from amf_demo import Caller
from amf_lab import picture
from amf_widgets import CANARY, sessions, wait_for

from amiframe.demo.server import Demo, users


@dataclass
class Target:
    """A PBX for the test, and a call that somebody else makes there."""

    name: str
    url: str
    username: str
    password: str
    channel: str
    context: str
    exten: str

    def call(self, uniqueid: str) -> None:
        """Originate a call, by a client that owes nothing to amiframe."""
        with Caller(self.url).login(self.username, self.password) as caller:
            more = {"channel": self.channel, "context": self.context, "exten": self.exten, "priority": "1"}
            told = caller.ask("Originate", **more, **{"async": "true", "channelid": uniqueid, "callerid": "Anna <555>"})
            assert "queued" in told.message


@pytest.fixture
def demo() -> Iterator[Demo]:
    with Demo(users(secret=CANARY), speed=4) as made:
        yield made


@pytest.fixture
def embedded(demo) -> Target:
    return Target("embedded", demo.url, "demo", CANARY, "PJSIP/101", "internal", "300")


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


def open_and_listen(lab, page, target: Target, *more: str) -> None:
    lab.write(
        f"{target.name}.ipynb",
        "import amiframe as af",
        f"panel = af.widgets.ConnectionPanel({target.url!r}, username={target.username!r})\npanel",
        "monitor = af.widgets.EventMonitor(panel)\nmonitor",
        *more,
    )
    lab.run(page, f"{target.name}.ipynb")
    page.get_by_label("password").fill(target.password)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()
    page.locator(".amf-listen").click()
    page.get_by_text("listening since").wait_for()


@pytest.mark.parametrize("name", ["embedded", pytest.param("live", marks=pytest.mark.live)])
def test_a_call_is_seen_picked_and_drawn(name, request, lab, page):
    target: Target = request.getfixturevalue(name)
    open_and_listen(lab, page, target)
    events = page.get_by_role("region", name="events")
    uniqueid = f"amf-test-{time.time_ns()}"
    target.call(uniqueid)
    row = page.locator("tr[data-number]", has_text=uniqueid)
    row.filter(has_text="Newchannel").first.wait_for()
    page.get_by_label("text").fill("555")
    row.filter(has_text="DialBegin").or_(row.filter(has_text="Newstate")).first.wait_for()
    page.get_by_label("text").fill("")

    page.locator(".amf-pause").click()
    page.get_by_text("since the pause").wait_for()
    newest = events.locator("tbody tr").first.inner_text()
    row.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.locator(".amf-ladder img").wait_for()
    assert row.first.get_by_role("button").get_attribute("aria-pressed") == "true"
    picture(page.locator(".amf-panel").last, f"{name}-events-picked")
    assert events.locator("tbody tr").first.inner_text() == newest

    page.locator(".amf-only").click()
    page.wait_for_function("() => document.querySelector('.amf-call input').value")
    assert page.locator(".amf-call input").input_value() == uniqueid
    wait_for_rows(page, uniqueid)
    page.locator(".amf-pause").click()
    picture(page.locator(".amf-panel").last, f"{name}-events-one-call")
    page.locator(".amf-call input").fill("")
    page.keyboard.press("Enter")
    page.locator(".amf-event input").fill("Hangup, Dial*")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('tr[data-number]')]"
        ".every(row => /^(Hangup|Dial)/.test(row.cells[1].textContent))"
    )
    page.locator(".amf-stop:visible").click()
    page.get_by_text("stopped", exact=True).wait_for()

    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000)
    saved = (lab.notebooks / f"{target.name}.ipynb").read_text()
    assert "widget-view" in saved, "it was not saved"
    for place in (saved, page.content(), lab.log.read_text()):
        assert target.password not in place


def wait_for_rows(page, uniqueid: str) -> None:
    """Wait until all rows that are shown belong to this call."""
    page.wait_for_function(
        "id => {const rows = [...document.querySelectorAll('tr[data-number]')];"
        " return rows.length > 2 && rows.every(r => r.cells[4].textContent === id)}",
        arg=uniqueid,
    )


def test_a_mouse_picks_a_row_while_the_table_runs_and_a_restart_logs_off(lab, page, demo, embedded):
    open_and_listen(lab, page, embedded)
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
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel(?! and)")).first.click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    wait_for(lambda: sessions(demo) == 0, 40)


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


def test_events_in_the_dark(lab, page, demo, embedded):
    lab.theme("JupyterLab Dark")
    try:
        open_and_listen(lab, page, embedded)
        page.locator(".amf-event input").fill("-VarSet, -Newexten, -DeviceStateChange, -ExtensionStatus")
        page.keyboard.press("Enter")
        page.locator("tr[data-number]", has_text="Hangup").first.wait_for()
        uniqueid = f"amf-test-{time.time_ns()}"
        embedded.call(uniqueid)
        page.locator("tr[data-number]", has_text=uniqueid).filter(has_text="OriginateResponse").wait_for()
        with Caller(demo.url).login("demo", CANARY) as caller:
            [up] = [dict(m) for m in caller.ask("Status").messages if ("Uniqueid", uniqueid) in m]
            page.wait_for_timeout(1500)
            caller.ask("Hangup", channel=up["Channel"])
        page.locator("tr[data-number]", has_text=uniqueid).filter(has_text="Hangup").first.wait_for()
        demo.sessions._by_cookie.clear()
        page.get_by_text("after a gap").wait_for()
        page.locator("tr.amf-gone").wait_for()
        page.locator(".amf-pause").click()
        row = page.locator("tr[data-number]", has_text=uniqueid)
        row.filter(has_text="Hangup").first.locator("button").click()
        page.locator(".amf-ladder img").wait_for()
        picture(page.locator(".amf-panel").last, "events-dark")
    finally:
        lab.theme("JupyterLab Light")
