"""A clean surrounding for every test: no settings and no proxies of whoever runs them."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in list(os.environ):
        if name.startswith("AMIFRAME_") and name != "AMIFRAME_CACHE" or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
