"""A snapshot by an account that may not list endpoints."""

from __future__ import annotations

import pytest

import amiframe as af
from amiframe.analysis.snapshots.finding_table import not_looked_for
from amiframe.demo.server import Demo, users


@pytest.fixture(scope="module")
def demo():
    with Demo(users(secret="secret-1")) as demo:
        yield demo


def test_endpoints_are_left_out_only_when_asked(demo):
    with af.connect(demo.url, username="monitor", secret=demo.secret("monitor")) as pbx:
        with pytest.raises(af.AccessDenied) as caught:
            pbx.snapshot()
        assert caught.value.action == "PJSIPShowEndpoints"
        partial = pbx.snapshot(partial=True)
    assert not partial.has_endpoints
    assert len(partial.status) > 0
    assert len(partial.queues) > 0
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        whole = pbx.snapshot(partial=True)
    assert whole.has_endpoints
    assert len(whole.endpoints) > 0
    assert set(partial.endpoints.columns) <= set(whole.endpoints.columns)
    assert len(partial.endpoints) == 0
    assert "unreachable" in not_looked_for(partial, partial)


def test_a_saved_snapshot_keeps_that_endpoints_are_left_out(demo, tmp_path):
    with af.connect(demo.url, username="monitor", secret=demo.secret("monitor")) as pbx:
        af.save_snapshot(pbx.snapshot(partial=True), tmp_path / "kept")
    assert not af.read_snapshot(tmp_path / "kept").has_endpoints


def test_an_account_that_may_not_list_channels(demo):
    with af.connect(demo.url, username="caller", secret=demo.secret("caller")) as pbx, pytest.raises(af.AccessDenied):
        pbx.snapshot(partial=True)
