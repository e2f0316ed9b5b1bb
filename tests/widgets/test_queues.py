"""QueueBoard: the numbers of a queue as its lists and its log tell them; what is not known is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from amf_widgets import part, press, sessions, status_text, wait_for

import amiframe as af
from amiframe.analysis.snapshots.queue_board import AGENT_STATES, agent_states, level_since, queue_board
from amiframe.frames import rows_frame
from amiframe.widgets.queues import html

MEMBER_KINDS = {
    "status": "int", "incall": "bool", "paused": "bool", "lastcall": "time", "wrapuptime": "int",
}  # fmt: skip
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        yield pbx


@pytest.mark.parametrize(
    ("member", "state"),
    [
        ({"status": 1}, "free"),
        ({"status": 1, "incall": True}, "busy"),
        ({"status": 0}, "free"),
        ({"status": 1, "paused": True}, "paused"),
        ({"status": 2, "incall": True, "paused": True}, "busy"),
        ({"status": 2}, "busy"),
        ({"status": 6}, "ringing"),
        ({"status": 5, "paused": True}, "away"),
        ({"status": 4}, "away"),
        ({"status": 1, "lastcall": NOW - timedelta(seconds=5), "wrapuptime": 10}, "wrapup"),
        ({"status": 1, "lastcall": NOW - timedelta(seconds=15), "wrapuptime": 10}, "free"),
    ],
)
def test_what_a_member_does(member, state):
    frame = rows_frame([member], MEMBER_KINDS)
    assert agent_states(frame, NOW).tolist() == [state]
    assert agent_states(frame[list(member)].assign(amf_fetched=NOW)).tolist() == [state]


def test_numbers_are_those_of_the_lists(demo, pbx):
    board = af.widgets.QueueBoard(pbx)
    assert sessions(demo) == 0
    assert board.board.empty
    with demo.standing_still():
        press(board, "take")
        assert board.join()
        snapshot = pbx.snapshot()
    shown = board.board.set_index("queue")
    assert shown.index.tolist() == snapshot.queues["queue"].tolist()
    for queue in shown.index:
        waiting = snapshot.waiting[snapshot.waiting["queue"] == queue]
        row = shown.loc[queue]
        assert row["waiting"] == len(waiting)
        assert row[list(AGENT_STATES)].sum() == (snapshot.members["queue"] == queue).sum()
        own = snapshot.queues.set_index("queue").loc[queue]
        assert row["sl"] == pytest.approx(own["servicelevelperf"] / 100)
        assert (row["sl_rule"], row["sl_n"]) == ("perf", own["completed"])
    page = board.static().html
    assert "as the PBX counts since it began" in page
    assert "Дмитрий Орлов" in page
    board.close()


def test_before_the_first_refresh_there_is_no_time():
    board = af.widgets.QueueBoard("demo")
    page = board.static().html
    assert page.count("Nobody has looked yet") == 1
    assert "UTC" not in page
    board.close()


def test_a_caller_who_waits():
    tables = {
        "QueueParams": pd.DataFrame(
            {"queue": ["q"], "completed": [0], "servicelevelperf": [0.0], "servicelevel": [20]}
        ),
        "QueueMember": pd.DataFrame(
            {"queue": ["q"], "name": ["<b>"], "location": ["x"], "status": [6]}, dtype="object"
        ),
        "QueueEntry": pd.DataFrame({"queue": ["q", "q", "other"], "wait": [7, 61, 900]}),
    }
    row = queue_board(tables, NOW).iloc[0]
    assert (row["waiting"], row["longest_wait_s"], row["ringing"]) == (2, 61, 1)
    assert pd.isna(row["sl"]), "of nobody there is no share"
    members = tables["QueueMember"].assign(state=agent_states(tables["QueueMember"], NOW))
    shown = html.card(row.to_dict(), members, "")
    assert "1 min 1 s" in shown
    assert "0 / 1 / 0" in shown, "whom a call keeps is neither free nor paused: all but those who are away are counted"
    assert "<b>:" not in shown


def test_service_level_since_midnight_is_that_of_the_log():
    log = af.read_queue_log(af.sample("queue_log"))
    visits = af.queue_calls(log)
    midnight = pd.Timestamp("2026-11-20", tz="Europe/Moscow")
    level = level_since(log, midnight, {"sales": 20, "support": 30}, "offered")
    today = visits[visits["joined"] >= midnight.tz_convert("UTC")]
    for queue, threshold in (("sales", 20), ("support", 30)):
        wanted = af.metrics.service_level(
            today[today["queue"] == queue], by="queue", rule="offered", threshold_s=threshold
        )
        got = level[level["queue"] == queue]
        assert got["sl"].tolist() == wanted["sl"].tolist()
        assert got["sl_den"].tolist() == wanted["sl_den"].tolist()
    assert level_since(log, midnight, {}, "offered").empty


def test_the_day_of_a_zone_that_there_is_not(pbx):
    board = af.widgets.QueueBoard(pbx, queue_log=af.sample("queue_log"), tz="Mars/Olympus")
    press(board, "take")
    assert board.join()
    assert "no time zone" in status_text(board)
    board.close()


def test_the_demos_own_log(demo, pbx, tmp_path):
    path = tmp_path / "queue_log"
    path.write_text("\n".join(demo.world.queue_log) + "\n")
    board = af.widgets.QueueBoard(pbx, queue_log=path, tz="UTC", threshold_s=15, rule="answered")
    press(board, "take")
    assert board.join()
    assert "taken" in status_text(board), status_text(board)
    shown = board.board
    assert shown["sl_rule"].dropna().isin(["answered"]).all()
    assert shown["threshold_s"].dropna().eq(15).all()
    assert "rule answered, since" in board.static().html
    assert "read_queue_log" in board.code()
    board.close()


def test_a_missing_log_is_reported(pbx, tmp_path):
    board = af.widgets.QueueBoard(pbx, queue_log=tmp_path / "none", tz="UTC")
    press(board, "take")
    assert board.join()
    assert "amf-error" in status_text(board)
    board.close()


def test_the_code_of_the_log_runs(pbx):
    path = af.sample("queue_log")
    board = af.widgets.QueueBoard(pbx, queue_log=path, tz="UTC")
    exec(board.code(), {"pbx": pbx, "af": af, "pd": pd})
    board.close()


def test_refreshes(pbx):
    board = af.widgets.QueueBoard(pbx)
    part(board, "auto").value = True
    wait_for(lambda: "refreshed" in status_text(board))
    board.close()


def test_an_unknown_rule_is_refused():
    with pytest.raises(af.ConfigError, match="rule"):
        af.widgets.QueueBoard(rule="best")
