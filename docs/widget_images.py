"""The pictures of docs/widgets.md, taken in Voila and Chromium from the embedded PBX; and more, to be looked at.

usage: python docs/widget_images.py [FOLDER [NAME ...]]

Without a folder the pictures in docs/images are made anew; with one each widget is kept there light, dark and in a cell
of 420 pixels. Needs what ``.ci/browser`` installs.
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
    page.locator(".amf-originate").click()
    page.locator(".amf-confirm:visible").click()
    page.wait_for_selector(".amf-stage-answered")


def snapshot(page, _: str) -> None:
    page.get_by_text("new,").first.wait_for()


def queues(page, secret: str) -> None:
    connected(page, secret)
    page.locator(".amf-take").click()
    page.get_by_label("queue sales").wait_for()


FORM = "form = af.widgets.OriginateForm({url!r}, channel='Local/300@internal', exten='300', context='internal')\n"
Act = Callable[..., None]
SHOWN: dict[str, tuple[str, Act]] = {
    "connection": ("import amiframe as af\naf.widgets.ConnectionPanel({url!r}, username='demo')", connection),
    "originate": (f"import amiframe as af\n{FORM}form._panel._username.value = 'demo'\nform", originate),
    "snapshot": (SNAPSHOT, snapshot),
    "queues": (
        "import amiframe as af\nboard = af.widgets.QueueBoard({url!r})\nboard._panel._username.value = 'demo'\nboard",
        queues,
    ),
}


def take(browser, front: Voila, name: str, path: Path, *, width: int, dark: bool) -> None:
    """Show a widget, use it, and keep a picture of it."""
    source, act = SHOWN[name]
    with Demo(users(secret="of-a-picture"), start=None) as demo:
        front.dark(dark)
        front.write(f"{name}.ipynb", source.replace("{url!r}", repr(demo.url)))
        page = browser.new_page(
            viewport={"width": width, "height": 1000}, device_scale_factor=1.5 if width == WIDE else 1
        )
        page.set_default_timeout(20_000)
        front.run(page, f"{name}.ipynb")
        page.wait_for_selector(".amf-panel h3")
        act(page, "of-a-picture")
        page.wait_for_timeout(2000)  # the layout settles
        box = page.locator(".amf-panel").first.bounding_box()
        if name == "snapshot":  # without its fields of a connection, which it does not need here
            top = page.locator(".amf-take").bounding_box()["y"] - 4
            last = page.locator(".amf-where").bounding_box()
            box = {**box, "y": top, "height": last["y"] + last["height"] + 12 - top}
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
