"""A clean surrounding for every test: no settings and no proxies of the surrounding."""

from __future__ import annotations

import os
import signal

import hypothesis
import pytest

QUIET = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large]  # on a busy machine
for profile, most in (("quick", 25), ("default", 100), ("soak", 3000)):
    hypothesis.settings.register_profile(profile, deadline=None, max_examples=most, suppress_health_check=QUIET)


def pytest_configure(config: pytest.Config) -> None:
    usual = "quick" if config.option.markexpr == "quick" else "default"
    hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
    # a shell ignores Ctrl-C for what it runs in the background, and processes that tests start would inherit that
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-config"))
    for name in list(os.environ):
        if (name.startswith("AMIFRAME_") and name != "AMIFRAME_CACHE") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
