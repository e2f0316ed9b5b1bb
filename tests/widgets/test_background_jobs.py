"""Work in threads: nothing stays behind, one deadline for all, and a second press says how it stands."""

from __future__ import annotations

import threading
import time

from amf_widgets import ours, part, press, status_text, wait_for

import amiframe as af
from amiframe.widgets._base.background_jobs import BackgroundJobs


def test_a_job_that_cannot_be_shown_is_over_all_the_same(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # its error is raised in its thread
    calls: list[str] = []

    def changed() -> None:
        calls.append("changed")
        if len(calls) == 1:
            raise RuntimeError("the page is gone")

    work = BackgroundJobs("example", changed)
    assert work.start("read", lambda stop: None)
    assert work.join(20)
    assert not work.runs()
    wait_for(lambda: ours() == [])


def test_many_jobs_have_one_deadline():
    go = threading.Event()
    work = BackgroundJobs("example")
    for at in range(60):
        assert work.start(str(at), lambda stop: go.wait(60) and None)
    began = time.monotonic()
    assert not work.join(0.2)
    assert time.monotonic() - began < 6, "one wait each would be 12 s"
    go.set()
    assert work.join(20)


def test_what_is_ending_is_not_said_to_run():
    panel = af.widgets.ConnectionPanel("demo")
    go, begun = threading.Event(), threading.Event()
    panel._do("slow", lambda stop: (begun.set(), go.wait(20)))
    assert begun.wait(20)
    panel._do("slow", lambda stop: None)
    assert "runs already" in status_text(panel)
    press(panel, "stop")
    panel._do("slow", lambda stop: None)
    assert "is ending" in status_text(panel)
    assert "Stop ends it" not in status_text(panel)
    go.set()
    assert panel.join()
    panel.close()


def test_a_closed_widget_is_not_notified_any_more():
    panel = af.widgets.ConnectionPanel("demo")
    form = af.widgets.OriginateForm(panel)
    other = af.widgets.EventMonitor(panel)
    form.close()
    assert len(panel._listeners) == 1
    other.close()
    assert panel._listeners == []
    panel.close()


def test_what_is_exported_is_made_in_a_thread(tmp_path):
    monitor = af.widgets.EventMonitor("demo")
    made: list[threading.Thread] = []
    take = monitor._export._take
    monitor._export._take = lambda: (made.append(threading.current_thread()), take())[1]
    part(monitor, "file").value = str(tmp_path / "events.csv")
    press(monitor, "export")
    assert monitor.join()
    assert (tmp_path / "events.csv").exists()
    assert made
    assert made[0] is not threading.current_thread()
    monitor.close()
