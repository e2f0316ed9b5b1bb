"""How long SnapshotExplorer takes with 5,000 channels, in Chromium: from a click on the page until the table shows it.

usage: python benchmarks/snapshot_browser.py [--rounds 10] [--fronts lab,voila]

Sorts by five heads and filters by four texts, in JupyterLab and in Voila, again and again; the clock runs on the page,
so that the way to the kernel and back and the drawing count. The gate is a median of 300 ms; exits with 1 above it.
Needs what ``.ci/browser`` installs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from amf_lab import chromium, find_chromium, jupyterlab, voila
from amf_many import MANY, reactions

GATE_MS = 300.0
FRONTS = {"lab": ("JupyterLab", jupyterlab), "voila": ("Voila", voila)}


def measure(browser, front, rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each reaction, without those of a first round."""
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    front.write("many.ipynb", MANY)
    front.run(page, "many.ipynb")
    page.wait_for_selector(".amf-where")
    reactions(page)
    took: dict[str, list[float]] = {}
    for _ in range(rounds):
        page.locator("th button", has_text="calleridnum").click()  # away from the order that the last round left
        page.get_by_text("calleridnum ▼").wait_for()
        for name, times in reactions(page).items():
            took.setdefault(name, []).extend(times)
    page.close()
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--fronts", default="lab,voila")
    given = parser.parse_args()
    found = find_chromium()
    if found is None:
        print("no Chromium: .ci/browser installs it")
        return 2
    worst = 0.0
    print("| page | what | reactions | median ms | longest ms |\n|---|---|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = chromium(playwright, found)
        for name in given.fronts.split(","):
            title, serve = FRONTS[name]
            place = Path(home) / name
            place.mkdir()
            with serve(place) as front:
                for what, times in measure(browser, front, given.rounds).items():
                    median = statistics.median(times)
                    worst = max(worst, median)
                    print(f"| {title} | {what} | {len(times)} | {median:.0f} | {max(times):.0f} |", flush=True)
        browser.close()
    return int(worst > GATE_MS)


if __name__ == "__main__":
    sys.exit(main())
