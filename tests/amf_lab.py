"""What tests in a browser share: JupyterLab and Voila without a memory, a notebook opened in either, pictures of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


NAMES = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@dataclass
class Front:
    """A server that shows notebooks, as it runs: JupyterLab or Voila."""

    url: str
    token: str
    notebooks: Path
    log: Path
    settings: Path
    process: subprocess.Popen

    name = ""

    def write(self, name: str, *cells: str) -> Path:
        """Write a notebook of code cells."""
        made = {
            "cells": [
                {"cell_type": "code", "id": f"c{at}", "metadata": {}, "source": source, "outputs": [],
                 "execution_count": None} for at, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip
        path = self.notebooks / name
        path.write_text(json.dumps(made))
        return path

    def kernels(self) -> list[int]:
        """Give the processes of its kernels, as the machine knows them."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [one.pid for one in found if _is_kernel(one)]


class Lab(Front):
    """A JupyterLab that runs."""

    name = "lab"

    def theme(self, name: str) -> None:
        """Choose a theme for the pages that are opened from now on."""
        (self.settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))

    def dark(self, is_dark: bool) -> None:
        """Choose whether pages opened from now on are dark."""
        self.theme("JupyterLab Dark" if is_dark else "JupyterLab Light")

    def run(self, page, name: str) -> None:
        """Open a notebook and run all of it."""
        page.goto(f"{self.url}/lab/tree/{name}?token={self.token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.get_by_text("| Idle").wait_for()
        prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
        for _ in range(20):  # JupyterLab drops what is run before the kernel is there, Idle or not
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            page.wait_for_timeout(1000)
            if prompt.inner_text() != "[ ]:":
                return
        raise AssertionError("JupyterLab does not run the cells")


class Voila(Front):
    """A Voila that runs; it runs a notebook when its page is opened."""

    name = "voila"
    _theme = "light"

    def dark(self, is_dark: bool) -> None:
        """Choose whether pages opened from now on are dark."""
        self._theme = "dark" if is_dark else "light"

    def run(self, page, name: str) -> None:
        """Open a notebook, which runs all of it."""
        page.goto(f"{self.url}/voila/render/{name}?token={self.token}&theme={self._theme}")


def _is_kernel(one: psutil.Process) -> bool:
    try:
        return "ipykernel_launcher" in " ".join(one.cmdline()) and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


PLACES = {
    "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "XDG_CONFIG_HOME": "no-config",
}  # fmt: skip
"""Where a server would keep what it remembers: all of it in its temporary home."""


ENDS_KERNELS = ["--Voila.tornado_settings={'disable_check_xsrf': True}"]
"""Without it Voila 0.5.13 refuses what its own page asks as it closes: to end the kernel (issue 1458 there)."""


@contextmanager
def jupyterlab(home: Path) -> Iterator[Lab]:
    """Run a JupyterLab whose settings, runtime and notebooks lie in this folder."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    widgets = home / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    widgets.mkdir(parents=True)  # the state of widgets is saved too: a reader may have chosen so
    (widgets / "plugin.jupyterlab-settings").write_text(json.dumps({"saveState": True}))
    more = ["--ip=127.0.0.1", "--allow-root", "--IdentityProvider.token=amf-test", "--ServerApp.port_retries=0"]
    with _served(Lab, home, "jupyter-lab", more, "--ServerApp.root_dir={}", settings) as made:
        yield made


@contextmanager
def voila(home: Path) -> Iterator[Voila]:
    """Run a Voila whose settings, runtime and notebooks lie in this folder."""
    more = [
        "--Voila.ip=127.0.0.1",
        "--token=amf-test",
        "--Voila.port_retries=0",
        "--show_tracebacks=True",
        *ENDS_KERNELS,
    ]
    with _served(Voila, home, "voila", more, "{}", home / "settings") as made:
        yield made


def chromium(playwright, found: str):
    """Start Debian's Chromium; Playwright brings none of its own."""
    return playwright.chromium.launch(executable_path=found, args=ARGUMENTS)


def find_chromium() -> str | None:
    """Give where Chromium is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def beside(name: str) -> Path:
    """Give where a program of this Python is."""
    return Path(sys.executable).parent / name


@contextmanager
def _served(kind, home: Path, program: str, more: list[str], root: str, settings: Path) -> Iterator:
    notebooks = home / "notebooks"
    for folder in (*PLACES.values(), "notebooks"):
        (home / folder).mkdir(exist_ok=True)
    port, log = free_port(), home / f"{program}.log"
    environment = {**os.environ, **{name: str(home / folder) for name, folder in PLACES.items()}}
    command = [str(beside(program)), f"--port={port}", "--no-browser", *more, root.format(notebooks)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=home)
    made = kind(f"http://127.0.0.1:{port}", "amf-test", notebooks, log, settings, process)
    try:
        _wait(made)
        yield made
    finally:
        kernels = [psutil.Process(pid) for pid in made.kernels()]
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        psutil.wait_procs(kernels, 10)  # they write to the folder as they end


def _wait(front: Front, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(f"{front.url}/?token={front.token}", timeout=5):
                return
        except OSError as error:
            if front.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{front.name} does not start:\n{front.log.read_text()[-2000:]}") from error
            time.sleep(0.2)


class Watched:
    """All that goes over a page's web sockets, as the browser sees it."""

    def __init__(self, page):
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        page.on("websocket", self._take)

    def _take(self, socket) -> None:
        socket.on("framesent", lambda data: self.sent.append(data if isinstance(data, bytes) else data.encode()))
        socket.on(
            "framereceived", lambda data: self.received.append(data if isinstance(data, bytes) else data.encode())
        )

    def frames_with(self, text: str) -> tuple[list[bytes], list[bytes]]:
        """Give the frames that hold a text: sent, received."""
        assert self.sent, "nothing went over a web socket that was watched"
        assert self.received
        found = [[data for data in frames if text.encode() in data] for frames in (self.sent, self.received)]
        return found[0], found[1]


def picture(part, name: str) -> None:
    """Keep a picture where AMF_PICTURES says, for somebody to look at."""
    folder = os.environ.get("AMF_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        part.screenshot(path=Path(folder) / f"{name}.png")
