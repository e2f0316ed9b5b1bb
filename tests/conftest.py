"""A clean surrounding for every test: no settings and no proxies of whoever runs them."""

from __future__ import annotations

import os
import signal

import hypothesis
import pytest

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=3000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure() -> None:
    # whoever runs the tests in the background: Ctrl-C is let pass there, and processes that tests start inherit that
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-config"))
    for name in list(os.environ):
        if (name.startswith("AMIFRAME_") and name != "AMIFRAME_CACHE") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
