"""What tests in a browser share: a notebook made of cells, opened in JupyterLab and run, and pictures of it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", None)


@dataclass
class Lab:
    """A JupyterLab that runs."""

    url: str
    token: str
    notebooks: Path
    log: Path
    settings: Path

    def theme(self, name: str) -> None:
        """Choose a theme for the pages that are opened from now on."""
        (self.settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))

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

    def run(self, page, name: str) -> None:
        """Open a notebook and run all of it."""
        page.goto(f"{self.url}/lab/tree/{name}?token={self.token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.get_by_text("| Idle").wait_for()  # what is run before the kernel is there may be dropped
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def picture(part, name: str) -> None:
    """Keep a picture where AMF_PICTURES says, for somebody to look at."""
    folder = os.environ.get("AMF_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        part.screenshot(path=Path(folder) / f"{name}.png")
