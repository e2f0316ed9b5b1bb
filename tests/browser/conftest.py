"""JupyterLab and Voila in Debian's Chromium, driven by Playwright: loopback only, no home folder, pictures kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import amf_targets
import pytest
from amf_lab import Front, Lab, Voila, beside, chromium, find_chromium, jupyterlab, voila
from amf_targets import Target


def _missing(what: str) -> None:
    reason = f"{what}: .ci/browser installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests in a browser are required)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    """Chromium of the system."""
    found = find_chromium()
    if found is None:
        _missing("no Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _missing("no Playwright")
    with sync_playwright() as playwright:
        started = chromium(playwright, found)
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """A JupyterLab without a memory."""
    if not beside("jupyter-lab").exists():
        _missing("no JupyterLab beside this Python")
    with jupyterlab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture(scope="session")
def voila_server(tmp_path_factory) -> Iterator[Voila]:
    """A Voila without a memory."""
    if not beside("voila").exists():
        _missing("no Voila beside this Python")
    with voila(tmp_path_factory.mktemp("voila")) as made:
        yield made


@pytest.fixture(params=["lab", "voila"])
def front(request) -> Front:
    """Either of the two: what a test tells with it holds in both."""
    return request.getfixturevalue({"lab": "lab", "voila": "voila_server"}[request.param])


@pytest.fixture
def page(browser, request, tmp_path):
    """A page of its own; when the test fails, a picture of it is kept."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    failed = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed:
        kept = Path(os.environ.get("AMF_PICTURES", tmp_path)) / f"{request.node.name}.png"
        for last in context.pages[-1:]:  # a test may have closed its page
            last.screenshot(path=kept, full_page=True)
            print(f"picture of the page: {kept}")
    context.close()


@pytest.fixture(scope="module")
def embedded() -> Iterator[Target]:
    """The embedded PBX."""
    with amf_targets.embedded() as made:
        yield made


@pytest.fixture(scope="module")
def live() -> Iterator[Target]:
    """A real Asterisk 22."""
    from pbx_server import why_not

    reason = why_not("22")
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    with amf_targets.live() as made:
        yield made


@pytest.fixture(params=["embedded", pytest.param("live", marks=pytest.mark.live)])
def target(request) -> Target:
    """Either of the two: what a test tells with it holds for both."""
    return request.getfixturevalue(request.param)
