"""SnapshotExplorer: filters, order, pages, calls, changes and export are a script's; refreshing is gentle."""

from __future__ import annotations

import threading
import time

import pandas as pd
import pytest
from amf_widgets import part, press, sessions, status_text, wait_for, walk

import amiframe as af
from amiframe.widgets._base import auto_refresh
from amiframe.widgets._base.pager import Pager
from amiframe.widgets._base.panel import discard
from amiframe.widgets.snapshot import model
from amiframe.widgets.snapshot.model import ChannelFilter, SnapshotView

STATUS = af.read_status(af.sample("status"))


@pytest.fixture
def pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        yield pbx


@pytest.fixture
def explorer():
    made = af.widgets.SnapshotExplorer(snapshots=[STATUS])
    yield made
    made.close()


def many(count=5000):
    whole = pd.concat([STATUS] * (count // len(STATUS) + 1), ignore_index=True).iloc[:count].copy()
    whole["channel"] = [f"{name}-{at:05d}" for at, name in enumerate(whole["channel"])]
    whole["uniqueid"] = [f"{at}.{at}" for at in range(count)]
    whole["channel"] = whole["channel"].astype("str")
    whole["uniqueid"] = whole["uniqueid"].astype("str")
    return whole


def table(explorer):
    return explorer._table.value


def test_nothing_is_asked_before_a_click(demo, pbx):
    made = af.widgets.SnapshotExplorer(pbx)
    made.static()
    assert sessions(demo) == 0
    press(made, "take")
    assert made.join()
    assert len(made.snapshots) == 1
    assert f"of {len(made.shown)} channels" in part(made, "rows").value
    made.close()


def test_filters_are_those_of_a_script(explorer):
    part(explorer, "state").value = "Up"
    part(explorer, "text").value = "PJSIP/2"
    by_hand = STATUS[STATUS["channelstatedesc"].eq("Up")]
    texts = by_hand.select_dtypes("str").apply(lambda c: c.str.contains("pjsip/2", case=False, regex=False))
    by_hand = by_hand[texts.fillna(False).any(axis=1)]
    assert 0 < len(by_hand) < len(STATUS)
    assert explorer.shown["channel"].tolist() == by_hand["channel"].tolist()
    part(explorer, "text").value = ".*"
    assert explorer.shown.empty, "the text is looked for as it is"


def test_the_code_gives_what_is_shown(explorer):
    part(explorer, "state").value = "Up"
    part(explorer, "context").value = part(explorer, "context").options[1][1]
    part(explorer, "text").value = "a"
    press(explorer, "sort-seconds")
    press(explorer, "sort-seconds")

    class Saved:
        def snapshot(self):
            return type("S", (), {"status": STATUS})

    scope = {"pbx": Saved(), "af": af}
    exec(explorer.code(), scope)
    assert scope["shown"]["channel"].tolist() == explorer.shown["channel"].tolist()
    assert len(explorer.shown) > 1


def test_heads_sort_up_down_and_back(explorer):
    press(explorer, "sort-seconds")
    assert explorer.shown["seconds"].is_monotonic_increasing
    assert "seconds ▲" in table(explorer)
    press(explorer, "sort-seconds")
    assert explorer.shown["seconds"].is_monotonic_decreasing
    press(explorer, "sort-seconds")
    assert explorer.shown["channel"].tolist() == STATUS["channel"].tolist()


def test_pages_of_many_channels():
    whole = many()
    made = af.widgets.SnapshotExplorer(snapshots=[whole])
    assert "1–100 of 5000 channels" in part(made, "rows").value
    assert part(made, "back").disabled
    for _ in range(3):
        press(made, "next")
    assert "301–400 of 5000" in part(made, "rows").value
    assert whole["channel"][300] in table(made)
    assert whole["channel"][400] not in table(made)
    part(made, "text").value = "-00007"
    assert "1–1 of 1 of 5000 channels" in part(made, "rows").value
    part(made, "text").value = "nothing like it"
    assert "0–0 of 0" in part(made, "rows").value
    assert "no channel" in table(made)
    assert len(table(made)) < 200_000
    made.close()


def test_calls(explorer):
    part(explorer, "view").value = "calls"
    calls = af.call_groups(STATUS)
    assert f"of {len(calls)}" in part(explorer, "rows").value
    assert calls["linkedid"][0] in table(explorer)


def test_two_are_compared_and_highlighted(explorer):
    later = STATUS.iloc[1:].copy()
    later.loc[later.index[0], "application"] = "Echo-of-the-test"
    explorer.add(later)
    part(explorer, "before").value = explorer._views[0].number
    part(explorer, "view").value = "changes"
    assert 'class="amf-gone"' in table(explorer)
    assert "Echo-of-the-test" in table(explorer)
    assert f"exten: {STATUS['exten'][0]}" in table(explorer), "of one that is gone it is told what it did"
    wanted = af.compare(STATUS, later)["change"].value_counts()
    assert f"of {len(later) + 1 - wanted['same']}<" in part(explorer, "rows").value
    part(explorer, "view").value = "channels"
    assert table(explorer).count('class="amf-changed"') == wanted["changed"]
    page = explorer.static().html
    assert "Echo-of-the-test" in page
    assert "amf-gone" in page


def test_the_choice_stays_when_what_it_names_is_gone(explorer):
    part(explorer, "state").value = "Up"
    explorer.add(STATUS[STATUS["channelstatedesc"] != "Up"])
    assert explorer.shown.empty
    assert part(explorer, "state").value == "Up"
    explorer.add(STATUS)
    assert len(explorer.shown) > 0


def test_the_connection_is_folded_away_where_no_pbx_is_needed(explorer):
    fold = explorer.children[1]
    assert fold.children == (explorer._panel,)
    assert (fold.titles, fold.selected_index) == (("Connection, to take more",), None)
    press(explorer, "take")
    assert "press Connect above" in status_text(explorer)
    assert fold.selected_index == 0
    named = af.widgets.SnapshotExplorer("demo", snapshots=[STATUS])  # who names a PBX is going to ask it
    assert named.children[1] is named._panel
    named.close()


def test_what_is_no_list_of_channels_is_refused_and_leaves_nothing():
    with pytest.raises(af.ConfigError):
        af.widgets.SnapshotExplorer(snapshots=[pd.DataFrame({"a": [1]})])


def test_only_so_many_are_kept():
    made = af.widgets.SnapshotExplorer(snapshots=[STATUS] * 5, keep=3)
    assert len(made.snapshots) == 3
    made.close()
    with pytest.raises(af.ConfigError):
        af.widgets.SnapshotExplorer(keep=1)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_export_keeps_what_is_shown_and_asks_before_it_replaces(explorer, tmp_path, suffix):
    path = tmp_path / f"channels.{suffix}"
    part(explorer, "state").value = "Up"
    part(explorer, "file").value = str(path)
    press(explorer, "export")
    assert explorer.join()
    assert af.read_table(path)["channel"].tolist() == explorer.shown["channel"].tolist()
    part(explorer, "state").value = ""
    before = path.read_bytes()
    press(explorer, "export")
    assert explorer.join()
    assert path.read_bytes() == before
    press(explorer, "confirm")
    assert explorer.join()
    assert len(af.read_table(path)) == len(STATUS)
    part(explorer, "file").value = "channels.doc"
    press(explorer, "export")
    assert ".csv, .parquet" in status_text(explorer)


def test_auto_refresh_goes_on_until_it_is_stopped(demo, pbx, monkeypatch):
    monkeypatch.setattr(auto_refresh, "MIN_PAUSE_S", 0.05)
    made = af.widgets.SnapshotExplorer(pbx)
    part(made, "every").min = 0.05
    part(made, "every").value = 0.05
    part(made, "auto").value = True
    wait_for(lambda: len(made.snapshots) >= 3)
    part(made, "auto").value = False
    assert made.join()
    count = len(made.snapshots)
    time.sleep(0.3)
    assert len(made.snapshots) == count
    part(made, "auto").value = True
    wait_for(lambda: len(made.snapshots) > count)
    press(made, "stop")
    assert made.join()
    assert part(made, "auto").value is False
    made.close()


@pytest.mark.parametrize("pause", [0.05, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("widget", [af.widgets.SnapshotExplorer, af.widgets.QueueBoard])
def test_idle_timeout_ends_auto_refresh(pbx, widget, pause):
    made = widget(pbx, unattended_s=0.01)
    part(made, "every").min = part(made, "every").value = pause
    part(made, "auto").value = True
    assert made.join()
    assert part(made, "auto").value is False
    assert "nobody has clicked" in status_text(made)
    made.close()


def test_a_pbx_that_goes_away_is_reported_and_comes_back(monkeypatch):
    from amiframe.demo.server import Demo, users

    monkeypatch.setattr(auto_refresh, "MIN_PAUSE_S", 0.05)
    first = Demo(users(secret="secret-1"))
    port = int(first.url.rsplit(":", 1)[1])
    pbx = af.connect(first.url, username="demo", secret="secret-1")
    made = af.widgets.SnapshotExplorer(pbx)
    part(made, "every").min = 0.05
    part(made, "every").value = 0.05
    part(made, "auto").value = True
    wait_for(lambda: made.snapshots)
    first.close()
    wait_for(lambda: "ConnectError" in status_text(made))
    with Demo(users(secret="secret-1"), port=port):
        wait_for(lambda: "back again" in status_text(made))
        made.close()
        pbx.close()


def test_an_account_that_may_not_list_endpoints_still_sees_queues(demo):
    with af.connect(demo.url, username="monitor", secret=demo.secret("monitor")) as pbx:
        taken = model.fetch(pbx)
        assert len(taken.queues) > 0
        assert not taken.has_endpoints
    with af.connect(demo.url, username="caller", secret=demo.secret("caller")) as pbx, pytest.raises(af.AccessDenied):
        model.fetch(pbx)


def test_plots_are_pictures_without_scripts(explorer):
    explorer.add(STATUS)
    part(explorer, "view").value = "plots"
    assert table(explorer).count("<img") == 3
    assert "channels are up" in table(explorer)


def test_texts_are_escaped():
    evil = STATUS.copy()
    evil["calleridname"] = "<img src=x onerror=alert(1)>"
    made = af.widgets.SnapshotExplorer(snapshots=[evil, evil])
    for view in ("channels", "calls", "changes"):
        part(made, "view").value = view
        assert "<img" not in table(made)
    assert "<img" not in made.static().html
    made.close()


def test_choices_of_a_look():
    view = SnapshotView(STATUS, model.now())
    assert model.filter_options(view, "state")[0] == ("all", "")
    assert model.filtered(view, ChannelFilter(by="no such column")).equals(view.status)


def test_a_page_out_of_range_is_the_last_one():
    view = SnapshotView(STATUS, model.now())
    pager = Pager(50, lambda: None)
    pager.number = 99
    assert len(pager.page(view.status)) == len(view.status) - 50
    assert pager.number == 1
    for widget in list(walk(pager))[::-1]:
        discard(widget)


def test_findings_stand_on_top_with_their_channels():
    old = STATUS.assign(seconds=pd.Series(50_000, STATUS.index, dtype="Int64"))
    made = af.widgets.SnapshotExplorer(snapshots=[old])
    shown = made._findings.value
    assert "long call" in shown
    assert STATUS["channel"][0] in shown
    assert "long call" in made.static().html
    made.close()


def test_what_is_chosen_while_a_thread_draws_is_not_lost(monkeypatch):
    """A person clicks while auto-refresh puts its newest look on the page."""
    explorer = af.widgets.SnapshotExplorer(snapshots=[STATUS, STATUS.iloc[1:]])
    begun, may_end = threading.Event(), threading.Event()
    draw = explorer._draw

    def slowly():
        draw()
        begun.set()
        may_end.wait(10)

    monkeypatch.setattr(explorer, "_draw", slowly)
    drawing = threading.Thread(target=explorer.add, args=(STATUS.iloc[2:],))
    drawing.start()
    assert begun.wait(10)
    threading.Timer(0.2, may_end.set).start()
    part(explorer, "before").value = 0  # as the page's message sets it, in the kernel's own thread
    drawing.join(10)
    assert f"since {explorer._views[0].label}" in explorer._table.value
    explorer.close()
