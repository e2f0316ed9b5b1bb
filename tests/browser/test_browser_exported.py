"""Stored notebooks exported to HTML and read without scripts: tables, pictures and the twins of widgets are there."""

from __future__ import annotations

import re

import nbformat
import pytest
from amf_lab import picture
from amf_support import ROOT
from nbclient import NotebookClient

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDGETS = {
    "05_snapshots": ["Snapshots"],
    "06_originate": ["Originate"],
    "07_dashboard": ["Connection", "Queues", "Snapshots", "Events"],
}


@pytest.fixture
def reader(browser):
    """A page without scripts and without a network."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1100, "height": 1400})
    asked = []
    context.route("**/*", lambda route: asked.append(route.request.url) or route.abort()
                  if not route.request.url.startswith("file:") else route.continue_())  # fmt: skip
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    assert not [url for url in asked if "127.0.0.1" in url or "localhost" in url]
    context.close()


def outputs(book, kind):
    found = [out.data[kind] for cell in book.cells for out in cell.get("outputs", []) if kind in out.get("data", {})]
    return ["".join(one) for one in found]


def exported(book, folder):
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter(template_name="lab").from_notebook_node(book)
    page = folder / "book.html"
    page.write_text(html, "utf-8")
    return page


@pytest.mark.parametrize("path", BOOKS, ids=[path.stem for path in BOOKS])
def test_without_scripts(reader, tmp_path, path):
    book = nbformat.read(path, as_version=4)
    reader.goto(exported(book, tmp_path).as_uri())
    shown = outputs(book, "text/html")
    tables = sum(len(re.findall("<table", one)) for one in shown)
    assert reader.locator(".jp-OutputArea-output table").count() == tables
    for at in range(tables):
        table = reader.locator(".jp-OutputArea-output table").nth(at)
        inside = table.locator("xpath=ancestor::details[not(@open)]")
        assert inside.count() or table.is_visible(), table.inner_text()[:200]
    pictures = reader.locator(".jp-OutputArea-output img")
    assert pictures.count() >= len(outputs(book, "image/png"))
    for at in range(pictures.count()):
        box = pictures.nth(at).bounding_box()
        assert box, at
        assert box["width"] > 200, box
        assert box["height"] > 100, box
    for title in WIDGETS.get(path.stem, []):
        assert reader.locator(".jp-OutputArea-output h3", has_text=title).first.is_visible()
    assert reader.locator(".jp-OutputArea-output", has_text="<SnapshotExplorer").count() == 0
    height = int(reader.locator("main").bounding_box()["height"])
    reader.set_viewport_size({"width": 1100, "height": min(9000, height + 40)})
    picture(reader, f"exported-{path.stem}")


def test_just_executed_and_not_cleaned(reader, tmp_path):
    """What a person exports: outputs name widgets whose state is not kept, and the reader gets their twins."""
    book = nbformat.read(ROOT / "notebooks" / "07_dashboard.ipynb", as_version=4)
    NotebookClient(book, timeout=120, kernel_name="python3", store_widget_state=False).execute()
    assert len(outputs(book, "application/vnd.jupyter.widget-view+json")) == 4
    reader.goto(exported(book, tmp_path).as_uri())
    empty = ("not connected", "Nobody has looked", "No snapshot", "No event yet")
    for title, said in zip(WIDGETS["07_dashboard"], empty, strict=True):
        assert reader.locator(".jp-OutputArea-output h3", has_text=title).first.is_visible()
        assert reader.get_by_text(said).first.is_visible()
