"""Old names work for one minor version, and warn."""

from __future__ import annotations

import pandas as pd
import pytest
from amf_cli import run

import amiframe as af

LOG = af.sample("queue_log")


def test_mask_is_redact():
    frame = pd.DataFrame({"caller": ["+74951234567"]}, dtype="str")
    with pytest.warns(DeprecationWarning, match=r"mask\(\) is redact\(\) now; the old name goes in 0.3"):
        old = af.mask(frame, "last4")
    pd.testing.assert_frame_equal(old, af.redact(frame, "last4"))


def test_old_parameters_work_and_warn_at_the_caller():
    with pytest.warns(DeprecationWarning, match=r"report\(target=\)") as caught:
        old = af.report(LOG, target=0.9, charts=False)
    assert caught[0].filename == __file__
    assert old.html == af.report(LOG, goal=0.9, charts=False).html
    with pytest.warns(DeprecationWarning, match=r"report\(mask=\)"):
        assert "redacted" in af.report(LOG, mask="last4", charts=False).html
    with pytest.warns(DeprecationWarning, match=r"staffing\(target=\)"):
        old = af.metrics.staffing(100, aht_s=180, target=0.9)
    pd.testing.assert_frame_equal(old, af.metrics.staffing(100, aht_s=180, goal=0.9))


def test_the_old_and_the_new_name_at_once_are_refused():
    with pytest.raises(af.ConfigError, match="both are given"):
        af.report(LOG, mask="last4", redact="hash")


def test_old_options_work_and_warn(tmp_path):
    done = run("report", LOG, "-o", "old.html", "--mask", "last4", "--aim", "90", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--mask is --redact now" in done.stderr
    assert "--aim is --goal now" in done.stderr
    new = run("report", LOG, "-o", "new.html", "--redact", "last4", "--goal", "90", cwd=tmp_path)
    assert new.stderr == ""
    assert (tmp_path / "old.html").read_text() == (tmp_path / "new.html").read_text()
    assert "--mask" not in run("report", "--help").stdout
    for both in (("--redact", "last4", "--mask", "hash"), ("--goal", "90", "--aim", "80")):
        done = run("report", LOG, "-o", "both.html", *both, cwd=tmp_path)
        assert (done.returncode, "both are given" in done.stderr) == (2, True), both
