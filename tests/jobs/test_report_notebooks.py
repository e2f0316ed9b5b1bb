"""The report notebooks as jobs: on the embedded PBX and the sample week; the same window again gives the same CSV."""

from __future__ import annotations

import pytest
from amf_support import ROOT

import amiframe as af

pytestmark = pytest.mark.slow  # each run starts a kernel
BOOKS = ROOT / "notebooks"


def suffixes(folder):
    return {path.suffix for path in folder.iterdir()}


def test_the_snapshot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = af.jobs.run(BOOKS / "10_snapshot_report.ipynb", target="demo", out="out", redact="last4", tz="Europe/Moscow")
    assert {".csv", ".parquet", ".png", ".html", ".ipynb"} <= suffixes(done.folder)
    channels = af.read_table(done.folder / "channels.csv")
    assert len(channels) > 3
    assert not channels["calleridnum"].dropna().str.contains(r"\d{6}").any()
    html = (done.folder / "snapshot.html").read_text(encoding="utf-8")
    assert channels["channel"][0].partition("-")[0] in html
    assert "<script" not in html


def test_the_week_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"target": None, "window": "2026-11-16/2026-11-20", "tz": "Europe/Berlin", "redact": "hash"}
    first, again = (
        af.jobs.run(BOOKS / "11_weekly.ipynb", out="out", parameters={"lang": "ru"}, **options) for _ in range(2)
    )
    assert {".csv", ".parquet", ".png", ".html", ".ipynb"} <= suffixes(first.folder)
    tables = sorted(first.folder.glob("*.csv"))
    assert len(tables) == 6
    for path in tables:
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name
    assert (first.folder / "report.html").read_bytes() == (again.folder / "report.html").read_bytes()
    assert int(af.read_table(first.folder / "total.csv")["offered"][0]) == 929
    assert "+4930" not in (first.folder / "report.html").read_text(encoding="utf-8")


def test_the_audit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = af.jobs.run(BOOKS / "12_privilege_audit.ipynb", target="demo", out="out")
    assert {".csv", ".parquet", ".png", ".html", ".ipynb"} <= suffixes(done.folder)
    assert len(af.read_table(done.folder / "audit.parquet")) > 10
