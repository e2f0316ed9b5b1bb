"""The pictures of docs/widgets.md, taken in Voila and Chromium from the embedded PBX; and more, to be looked at.

usage: python docs/widget_images.py [FOLDER [NAME ...]]

Without a folder the pictures in docs/images are made anew, all of them; with one each widget is kept there light, dark
and in a cell of 420 pixels. Needs what ``.ci/browser`` installs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from amf_lab import Voila, chromium, find_chromium, voila  # noqa: E402

from amiframe.demo.server import Demo, users  # noqa: E402

COLOURS = 96  # small files
WIDE, NARROW = 1180, 420 + 44  # Voila's own margins
SNAPSHOT = """
import amiframe as af
before = af.read_status(af.sample("status")).iloc[:18].reset_index(drop=True)
seconds = before["seconds"].add(60).astype("Int64")
seconds.iloc[[2, 3]] = 4 * 3600 + 312
after = before.assign(seconds=seconds).iloc[2:].reset_index(drop=True)
explorer = af.widgets.SnapshotExplorer(snapshots=[before.iloc[:15], after])
explorer._before.value = 0
explorer
"""


def connected(page, secret: str) -> None:
    page.get_by_label("password").fill(secret)
    page.locator(".amf-connect").click()
    page.get_by_text("● connected").wait_for()


def connection(page, secret: str) -> None:
    connected(page, secret)
    page.locator(".amf-doctor").click()
    page.get_by_role("region", name="checks").wait_for()


def originate(page, secret: str) -> None:
    connected(page, secret)
    page.get_by_text("trunks").first.wait_for()
    page.get_by_text("ready to send").wait_for()
    page.locator(".amf-originate").click()
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-answered")


def snapshot(page, _: str) -> None:
    page.get_by_text("new,").first.wait_for()


def queues(page, secret: str) -> None:
    connected(page, secret)
    page.locator(".amf-take").click()
    page.get_by_label("queue sales").wait_for()


def action(page, secret: str) -> None:
    connected(page, secret)
    page.get_by_text("actions that this account may run").wait_for()
    page.locator(".amf-send").click()
    page.get_by_text("QueueStatus: answered").wait_for()
    page.get_by_label("items").select_option("QueueMember")
    page.get_by_role("columnheader", name="membership").wait_for()


OF_A_QUEUE = """first => {
  window.joined ||= new Set(); window.answered ||= new Set();
  const rows = [...document.querySelectorAll('tr[data-number]')].filter(r => r.dataset.number > first);
  const is = (row, name) => row.cells[1].textContent === name;
  rows.filter(r => is(r, 'QueueCallerJoin')).forEach(r => joined.add(r.cells[4].textContent));
  rows.filter(r => is(r, 'AgentConnect')).forEach(r => answered.add(r.cells[4].textContent));
  const ended = rows.find(r => is(r, 'Hangup') && r.cells[3].textContent.startsWith('PJSIP/trunk')
    && joined.has(r.cells[4].textContent) && answered.has(r.cells[4].textContent));
  return ended ? `tr[data-number="${ended.dataset.number}"]` : null;
}"""
"""Finds the end of a call that was answered in a queue, and was heard from its beginning."""


def events(page, secret: str) -> None:
    connected(page, secret)
    page.locator(".amf-listen").click()
    page.locator(".amf-event input").fill("-VarSet, -Newexten, -*Status, -DeviceState*")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2000)  # who joins a queue later was heard from the beginning
    first = int(page.locator("tr[data-number]").first.get_attribute("data-number"))
    page.wait_for_function(OF_A_QUEUE, arg=first, timeout=120_000)
    page.locator(".amf-pause").click()
    page.locator(page.evaluate(OF_A_QUEUE, first)).locator("button").click()
    page.locator(".amf-ladder img").wait_for()


FORM = "form = af.widgets.OriginateForm({url!r}, channel='PJSIP/101', exten='300', context='internal')\n"
Act = Callable[..., None]
SHOWN: dict[str, tuple[str, Act]] = {
    "connection": ("import amiframe as af\naf.widgets.ConnectionPanel({url!r}, username='demo')", connection),
    "originate": (f"import amiframe as af\n{FORM}form._panel._username.value = 'demo'\nform", originate),
    "snapshot": (SNAPSHOT, snapshot),
    "queues": (
        "import amiframe as af\nboard = af.widgets.QueueBoard({url!r})\nboard._panel._username.value = 'demo'\nboard",
        queues,
    ),
    "action": (
        "import amiframe as af\nform = af.widgets.ActionForm({url!r}, 'QueueStatus', {'Queue': 'sales'})\n"
        "form._panel._username.value = 'demo'\nform", action,
    ),
    "events": (
        "import amiframe as af\nmonitor = af.widgets.EventMonitor({url!r})\n"
        "monitor._panel._username.value = 'demo'\nmonitor", events,
    ),
}  # fmt: skip
SPEED = {"events": 4}
"""How much faster the PBX goes, where a picture needs calls that have ended."""


def take(browser, front: Voila, name: str, path: Path, *, width: int, dark: bool) -> None:
    """Show a widget, use it, and keep a picture of it."""
    source, act = SHOWN[name]
    with Demo(users(secret="of-a-picture"), start=None, speed=SPEED.get(name, 1)) as demo:
        front.dark(dark)
        front.write(f"{name}.ipynb", source.replace("{url!r}", repr(demo.url)))
        page = browser.new_page(
            viewport={"width": width, "height": 1600}, device_scale_factor=1.5 if width == WIDE else 1
        )
        page.set_default_timeout(20_000)
        front.run(page, f"{name}.ipynb")
        page.wait_for_selector(".amf-panel h3")
        act(page, "of-a-picture")
        page.wait_for_timeout(2000)  # the layout settles
        box = page.locator(".amf-panel").first.bounding_box()
        page.screenshot(path=path, clip=box)
        Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
        page.close(run_before_unload=True)
    print(path.name)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = find_chromium()
    assert found, "no Chromium: .ci/browser installs it"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home, voila(Path(home)) as front:
        browser = chromium(playwright, found)
        for name in sys.argv[2:] or SHOWN:
            if folder is None:
                take(browser, front, name, HERE / "images" / f"{name}.png", width=WIDE, dark=False)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            for kind, width, dark in (("light", WIDE, False), ("dark", WIDE, True), ("narrow", NARROW, False)):
                take(browser, front, name, folder / f"{name}-{kind}.png", width=width, dark=dark)
        browser.close()


if __name__ == "__main__":
    main()
