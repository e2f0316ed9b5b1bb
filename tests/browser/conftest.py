"""JupyterLab in Debian's Chromium, driven by Playwright: loopback only, nothing of a home folder, pictures kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from amf_lab import ARGUMENTS, Lab, free_port, is_loopback

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)  # no part of the quick run


def _missing(what: str) -> None:
    reason = f"{what}: .ci/browser installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests in a browser are required)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    """Chromium of the system; Playwright brings none of its own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        _missing("no Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _missing("no Playwright")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """A JupyterLab without a memory: its settings, its runtime and its notebooks lie in a temporary folder."""
    if not shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)):
        _missing("no JupyterLab beside this Python")
    home = tmp_path_factory.mktemp("lab")
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "XDG_CONFIG_HOME": "no-config",
    }  # fmt: skip
    notebooks = home / "notebooks"
    for name in (*places.values(), "notebooks"):
        (home / name).mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    port, token = free_port(), "amf-test"
    log = home / "lab.log"
    environment = {**os.environ, **{name: str(home / folder) for name, folder in places.items()}}
    command = [
        str(Path(sys.executable).parent / "jupyter-lab"), "--ip=127.0.0.1", f"--port={port}", "--no-browser",
        "--allow-root", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}",
        "--ServerApp.port_retries=0",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=home)
    try:
        made = Lab(f"http://127.0.0.1:{port}", token, notebooks, log, settings)
        _wait(made, process)
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _wait(lab: Lab, process: subprocess.Popen, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(f"{lab.url}/api/status?token={lab.token}", timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"JupyterLab does not start:\n{lab.log.read_text()[-2000:]}", pytrace=False)
            time.sleep(0.2)


@pytest.fixture
def page(browser, request, tmp_path):
    """A page of its own; when the test fails, a picture of it is kept."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    context.route("**/*", lambda route: route.continue_() if is_loopback(route.request.url) else route.abort())
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    failed = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed:
        kept = Path(os.environ.get("AMF_PICTURES", tmp_path)) / f"{request.node.name}.png"
        opened.screenshot(path=kept, full_page=True)
        print(f"picture of the page: {kept}")
    context.close()
