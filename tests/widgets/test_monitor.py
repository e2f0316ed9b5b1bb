"""EventMonitor: what comes is kept, filtered, paused, exported; what may be missing is said; nothing is left behind."""

from __future__ import annotations

import re
import shlex
import threading
import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from amf_support import differences
from amf_widgets import CANARY, ours, part, press, sessions, status_text, wait_for

import amiframe as af
from amiframe.client.event_stream import EventBatch, Gap
from amiframe.demo.http.sessions import ALL, Account
from amiframe.demo.server import Demo, users
from amiframe.widgets.events import event_buffer, event_filter
from amiframe.widgets.events import html as events_html
from amiframe.widgets.events import monitor as glue
from amiframe.widgets.events.event_buffer import EventBuffer
from amiframe.widgets.events.event_filter import EventFilter
from amiframe.wire.message import Message

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)>"


def message(name: str, **headers: str) -> Message:
    return Message((("Event", name), *headers.items()))


def batch(*messages: Message, gap: Gap | None = None) -> EventBatch:
    return EventBatch(messages, NOON, gap)


def quiet(world) -> None:
    """A story in which nothing happens by itself."""


@pytest.fixture
def still():
    """A PBX of which only those events come that the test writes."""
    with Demo(users(secret="secret-1"), story=quiet) as demo:
        yield demo


def emit(demo: Demo, name: str, classes: str = "user", **headers: str) -> None:
    demo.world.emit(name, classes, headers.items())


@pytest.fixture
def pbx(still):
    with af.connect(still.url, username="demo", secret="secret-1") as pbx:
        yield pbx


@pytest.fixture
def monitor(pbx):
    made = af.widgets.EventMonitor(pbx)
    yield made
    made.close()


def begin(monitor) -> None:
    press(monitor, "listen")
    wait_for(lambda: "listening since" in status_text(monitor))


def names(monitor) -> list[str]:
    """Names of events in the table, from its top."""
    return re.findall(r'aria-pressed="\w+">([^<]*)<', monitor._table.value)


def figures(monitor) -> str:
    return re.sub(r"<[^>]+>", " ", monitor._figures.value)


def received_count(monitor) -> int:
    return monitor._buffer.counts.received


# --- plain logic -----------------------------------------------------------------------------------------------------


def test_names_are_chosen_and_hidden():
    hangup = event_filter.event_line(
        0, message("Hangup", Privilege="call,all", Channel="PJSIP/101-1", Cause="16"), NOON
    )
    for fields, is_let in [
        ({"event": "HANGUP"}, True), ({"event": "Hang"}, False), ({"event": "Hang*"}, True),
        ({"event": "Dial*, -Hangup"}, False), ({"event": "-VarSet"}, True), ({"event": ".*"}, False),
        ({"event": " , -"}, True), ({"event_class": "call"}, True), ({"event_class": "agent"}, False),
        ({"channel": "pjsip/101"}, True), ({"channel": "PJSIP/1012"}, False), ({"text": "16"}, True),
        ({"text": "privilege"}, False), ({"event": "Hangup", "text": "17"}, False),
    ]:  # fmt: skip
        assert EventFilter(**fields).matches(hangup) is is_let, fields


def test_the_buffer_is_bounded_and_says_what_fell_out():
    buffer = EventBuffer(keep=10)
    buffer.apply(EventFilter(event="b"))
    for _ in range(20):
        buffer.add(batch(message("a"), message("b")))
    counts = buffer.counts
    assert (counts.received, counts.kept, counts.fallen, counts.shown) == (40, 10, 30, 5)
    assert [one.number for one in buffer.lines()] == list(range(30, 40))
    assert [row.number for row in buffer.rows()] == [39, 37, 35, 33, 31]
    assert buffer.find(29) is None


def test_a_merged_call_is_found_whole_also_what_came_before_the_merge():
    buffer = EventBuffer(keep=100)
    buffer.apply(EventFilter(call="1.1"))
    buffer.add(batch(message("Newchannel", Uniqueid="1.1", Linkedid="1.1")))
    buffer.add(batch(message("Newchannel", Uniqueid="1.2", Linkedid="1.2"), message("Newchannel", Uniqueid="9.9")))
    assert buffer.counts.shown == 1
    buffer.add(batch(message("DialBegin", Uniqueid="1.1", DestUniqueid="1.2", BridgeUniqueid="b")))
    assert [row.message.get("Uniqueid") for row in buffer.rows()] == ["1.1", "1.2", "1.1"]
    buffer.add(batch(message("BridgeEnter", Uniqueid="9.9", BridgeUniqueid="b")))
    assert buffer.counts.shown == 3, "who shares a bridge may be a whole conference"


def test_one_gap_that_goes_on_is_one_row():
    buffer = EventBuffer(keep=100)
    for seconds in (1, 2, 3):
        buffer.add(batch(gap=Gap(NOON, NOON + timedelta(seconds=seconds), "refused")))
    buffer.add(batch(message("a"), gap=Gap(NOON, NOON + timedelta(seconds=4), "refused")))
    assert buffer.counts.gaps == 1
    assert [type(row).__name__ for row in buffer.rows()] == ["EventLine", "MissingEvents"]
    assert buffer.rows()[1].gap.end == NOON + timedelta(seconds=4)
    buffer.apply(EventFilter(event="nothing like it"))
    assert len(buffer.rows()) == 1, "what is missing may be just that"


def test_a_copy_stands_still():
    buffer = EventBuffer(keep=10)
    buffer.add(batch(message("a")))
    copy = buffer.copy()
    buffer.add(batch(message("b")))
    copy.apply(EventFilter(event="b"))
    assert (copy.counts.received, copy.counts.shown, buffer.counts.shown) == (1, 0, 2)


def test_rate_is_of_the_last_seconds(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(event_buffer.time, "monotonic", lambda: clock[0])
    buffer = EventBuffer(keep=10)
    buffer.add(batch(*[message("a")] * 30))
    clock[0] += 2
    buffer.add(batch(*[message("a")] * 10))
    assert buffer.rate(1000.0) == 20
    clock[0] += 8.5
    assert buffer.rate(1000.0) == 1
    clock[0] += 8
    assert buffer.rate(1000.0) == 0


# --- listening -------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_a_click(still, monitor):
    monitor.static()
    assert monitor.events.empty
    assert "amf_seq" in monitor.events
    assert sessions(still) == 0
    begin(monitor)
    assert sessions(still) == 1


def test_events_are_those_of_listen_to_the_dtype():
    with (
        Demo(users(secret="secret-1"), speed=10) as demo,
        af.connect(demo.url, username="demo", secret="secret-1") as pbx,
    ):
        made = af.widgets.EventMonitor(pbx)
        begin(made)
        kept: list[pd.DataFrame] = []

        def ends(event: Message) -> bool:
            return event.get("UserEvent") == "Last"

        other = threading.Thread(target=lambda: kept.append(pbx.events(20, until=ends)))
        before = sessions(demo)
        other.start()
        wait_for(lambda: sessions(demo) > before)
        wait_for(lambda: received_count(made) > 20)
        emit(demo, "UserEvent", UserEvent="Last")
        other.join()
        wait_for(lambda: made.events["event"].eq("UserEvent").any())
        press(made, "stop")
        assert made.join()
        theirs, ours_ = kept[0], made.events
        first = theirs["timestamp"].iloc[0]
        part_ = ours_[
            (ours_["timestamp"] >= first)
            & (ours_["amf_seq"] <= ours_["amf_seq"][ours_["event"] == "UserEvent"].iloc[0])
        ]
        shared = [name for name in theirs if name not in ("amf_received", "amf_seq")]
        assert len(theirs) > 5
        assert differences(part_[shared].reset_index(drop=True), theirs[shared]) == []
        assert ours_.attrs["amiframe"]["fetched_complete"] is True
        assert ours_.attrs["amiframe"]["pbx"] == demo.url
        made.close()


def test_two_widgets_of_one_connection_receive_all(still, pbx):
    one, two = af.widgets.EventMonitor(pbx), af.widgets.EventMonitor(pbx, mask="user")
    begin(one)
    begin(two)
    for at in range(50):
        emit(still, "UserEvent", UserEvent=str(at))
        pbx.ping()
    wait_for(lambda: two.events["event"].eq("UserEvent").sum() == 50)
    wait_for(lambda: one.events["event"].eq("UserEvent").sum() == 50)
    assert two.events["event"].unique().tolist() == ["UserEvent"], "only what the mask names"
    one.close()
    two.close()


def received_events(events):
    """Give the calls that were heard from their beginning to their end."""
    calls = af.calls(events)
    return calls.loc[calls["complete"].fillna(False).astype(bool), "linkedid"].tolist()


def test_filters_choose_and_the_code_gives_the_same():
    with (
        Demo(users(secret="secret-1"), speed=10) as demo,
        af.connect(demo.url, username="demo", secret="secret-1") as pbx,
    ):
        made = af.widgets.EventMonitor(pbx)
        begin(made)
        wait_for(lambda: made.events["event"].eq("Cdr").sum() > 2 and received_events(made.events), 60)
        press(made, "stop")
        assert made.join()
        events = made.events
        call = received_events(events)[0]

        class Saved:
            def events(self, seconds, mask=None):
                return events

        for filters in [
            {"event": "Dial*, Hangup"}, {"event": "-VarSet, -Newexten"}, {"class": "agent"}, {"channel": "pjsip/3"},
            {"call": call}, {"text": "ringing"}, {"event": "Hangup", "class": "call", "text": "16"},
        ]:  # fmt: skip
            for name in ("event", "class", "channel", "call", "text"):
                part(made, name).value = filters.get(name, "")
            scope = {"pbx": Saved(), "af": af}
            exec(made.code(), scope)
            assert scope["shown"]["amf_seq"].tolist() == made.shown["amf_seq"].tolist(), filters
            assert 0 < len(made.shown) < len(events), filters
            assert names(made) == made.shown["event"].tolist()[::-1][:100]
        made.close()


def test_what_falls_out_is_said(still, pbx):
    made = af.widgets.EventMonitor(pbx, keep=20)
    begin(made)
    for at in range(100):
        emit(still, "UserEvent", UserEvent=str(at))
    wait_for(lambda: "fell out of the buffer" in figures(made) and len(made.events) == 20)
    wait_for(lambda: made.events["userevent"].iloc[-1] == "99")
    assert made.events["userevent"].tolist() == [str(at) for at in range(80, 100)]
    assert made.events.attrs["amiframe"]["fetched_complete"] is False
    made.close()


def test_the_table_stands_still_while_paused_and_events_are_kept(still, monitor):
    begin(monitor)
    emit(still, "First")
    wait_for(lambda: "First" in names(monitor))
    press(monitor, "pause")
    before = monitor._table.value
    for _ in range(7):
        emit(still, "Later")
    wait_for(lambda: "+7" in figures(monitor))
    assert monitor._table.value == before
    assert monitor.events["event"].eq("Later").sum() == 7
    part(monitor, "event").value = "Later"
    assert names(monitor) == []
    press(monitor, "pause")
    assert names(monitor) == ["Later"] * 7
    assert "since the pause" not in figures(monitor)


def test_a_session_that_is_lost_leaves_a_gap_in_table_count_and_frame(still, monitor):
    begin(monitor)
    emit(still, "Before")
    wait_for(lambda: "Before" in names(monitor))
    still.sessions._by_cookie.clear()
    wait_for(lambda: "after a gap" in status_text(monitor))
    emit(still, "After")
    wait_for(lambda: "After" in names(monitor))
    table = monitor._table.value
    assert table.index(">After<") < table.index("events may be missing") < table.index(">Before<")
    assert "1 gaps" in re.sub(r"\s+", " ", figures(monitor))
    assert monitor.events.attrs["amiframe"]["fetched_complete"] is False
    assert "events may be missing" in monitor.static().html


def test_a_pbx_that_goes_away_is_reported_and_comes_back():
    first = Demo(users(secret="secret-1"), story=quiet)
    port = int(first.url.rsplit(":", 1)[1])
    with af.connect(first.url, username="demo", secret="secret-1") as pbx:
        made = af.widgets.EventMonitor(pbx)
        begin(made)
        emit(first, "Before")
        wait_for(lambda: "Before" in names(made))
        first.close()
        wait_for(lambda: "does not answer" in status_text(made))
        assert "amf-gone" in made._table.value, "the gap stands there while it goes on"
        with Demo(users(secret="secret-1"), port=port, story=quiet) as second:
            wait_for(lambda: "back again" in status_text(made))
            emit(second, "After")
            wait_for(lambda: "After" in names(made))
            assert made._buffer.counts.gaps == 1
            assert made._table.value.count("events may be missing") == 1
            made.close()
            assert sessions(second) == 0


def test_the_panel_shows_that_the_pbx_is_away():
    first = Demo(users(secret=CANARY), story=quiet)
    panel = af.widgets.ConnectionPanel(first.url, username="demo")
    part(panel, "password").set_state({"value": CANARY})
    monitor = af.widgets.EventMonitor(panel)
    press(panel, "connect")
    assert panel.join()
    begin(monitor)
    first.close()
    wait_for(lambda: "does not answer" in panel._shown.value)
    with Demo(users(secret=CANARY), story=quiet, port=int(first.url.rsplit(":", 1)[1])):
        wait_for(lambda: "● connected" in panel._shown.value, 40)
        monitor.close()
        panel.close()


def test_a_login_that_failed_leaves_no_gap(still, monitor, monkeypatch):
    """Nothing was heard before, so nothing is missing."""
    answer = type(still._manager).answer
    deny = threading.Event()
    deny.set()

    def denied(self, session, fields):
        given = dict(fields)
        if given["Action"] == "Login" and deny.is_set():
            fields = [(name, "wrong" if name == "Secret" else value) for name, value in fields]
        return answer(self, session, fields)

    monkeypatch.setattr(type(still._manager), "answer", denied)
    part(monitor, "mask").value = "user"
    press(monitor, "listen")
    assert monitor.join()
    assert "LoginError" in status_text(monitor)
    deny.clear()
    begin(monitor)
    emit(still, "Once")
    wait_for(lambda: received_count(monitor) == 1)
    assert monitor._buffer.counts.gaps == 0


def test_silence_is_reported_when_listening_begins_again(still, monitor, monkeypatch):
    part(monitor, "mask").value = "user"
    begin(monitor)
    emit(still, "Once")
    wait_for(lambda: received_count(monitor) == 1)
    press(monitor, "stop")
    assert monitor.join()
    monkeypatch.setattr(glue, "SILENCE_S", 0.0)
    press(monitor, "listen")
    wait_for(lambda: "no event has come yet" in status_text(monitor))


def test_a_null_is_no_call():
    made = event_filter.event_line(0, message("X", Uniqueid="<null>", Linkedid="<unknown>", Channel="<none>"), NOON)
    assert made.call is None
    assert made.ids == frozenset()
    assert made.channels == ()


def test_a_pbx_that_is_away_does_not_hinder_stop():
    first = Demo(users(secret="secret-1"), story=quiet)
    with af.connect(first.url, username="demo", secret="secret-1") as pbx:
        made = af.widgets.EventMonitor(pbx)
        begin(made)
        first.close()
        wait_for(lambda: "does not answer" in status_text(made))
        press(made, "stop")
        assert made.join(30)
        press(made, "listen")
        assert made.join(30)
        assert "ConnectError" in status_text(made)
        made.close()


def test_between_stop_and_listen_is_a_gap(still, monitor):
    begin(monitor)
    press(monitor, "stop")
    assert monitor.join()
    emit(still, "Unheard")
    begin(monitor)
    emit(still, "Heard")
    wait_for(lambda: "Heard" in names(monitor))
    assert "Unheard" not in names(monitor)
    assert "nobody listened here" in monitor._table.value


def test_another_pbx_begins_anew(still):
    panel = af.widgets.ConnectionPanel(still.url, username="demo")
    part(panel, "password").set_state({"value": "secret-1"})
    panel.connect()
    assert panel.join()
    made = af.widgets.EventMonitor(panel)
    begin(made)
    emit(still, "Before")
    wait_for(lambda: "Before" in names(made))
    panel.disconnect()
    assert made.join()
    assert "Before" in names(made), "what was heard stays"
    with Demo(users(secret="secret-2"), story=quiet) as other:
        part(panel, "target").value = other.url
        part(panel, "password").set_state({"value": "secret-2"})
        panel.connect()
        assert panel.join()
        begin(made)
        emit(other, "After")
        wait_for(lambda: "After" in names(made))
        assert "Before" not in names(made)
        assert made._buffer.counts.gaps == 0
        made.close()
        panel.close()
        assert sessions(other) == 0


def test_idle_timeout_ends_listening(still, pbx):
    monitor = af.widgets.EventMonitor(pbx, unattended_s=0.5)
    began = time.monotonic()
    press(monitor, "listen")
    assert monitor.join()
    assert time.monotonic() - began >= 0.5
    assert "listening has ended: nobody has clicked for" in status_text(monitor)
    assert sessions(still) == 0
    monitor.close()


def test_a_screen_on_a_wall_listens_on(still, pbx, monkeypatch):
    monitor = af.widgets.EventMonitor(pbx, unattended_s=None)
    monkeypatch.setattr(monitor._idle_timeout, "_last", time.monotonic() - 10 * 86_400)
    begin(monitor)
    emit(still, "After")
    wait_for(lambda: "After" in names(monitor))
    assert sessions(still) == 1
    monitor.close()


@pytest.mark.parametrize("made", [af.widgets.EventMonitor, af.widgets.SnapshotExplorer, af.widgets.QueueBoard])
@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_at_all(pbx, made, seconds):
    with pytest.raises(af.ConfigError, match="no time"):
        made(pbx, unattended_s=seconds)


def test_close_leaves_no_thread_and_no_session(still, pbx):
    made = af.widgets.EventMonitor(pbx)
    begin(made)
    assert ours() != []
    made.close()
    assert ours() == []
    assert sessions(still) == 0


def test_close_does_not_wait_for_the_poll_that_is_on_its_way(still, pbx, monkeypatch):
    monkeypatch.setattr(event_buffer, "POLL_S", 8.0)
    made = af.widgets.EventMonitor(pbx)
    begin(made)
    time.sleep(0.5)  # the second poll is on its way
    began = time.monotonic()
    made.close()
    assert time.monotonic() - began < 4
    assert sessions(still) == 0


def test_an_account_that_may_read_nothing_gets_a_hint(monkeypatch):
    monkeypatch.setattr(glue, "SILENCE_S", 0.5)
    blind = Account("blind", "secret-1", frozenset(), ALL)
    with Demo([blind], story=quiet) as demo, af.connect(demo.url, username="blind", secret="secret-1") as pbx:
        made = af.widgets.EventMonitor(pbx)
        begin(made)
        wait_for(lambda: "no event has come yet" in status_text(made))
        press(made, "stop")
        assert made.join()
        press(made, "listen")
        wait_for(lambda: sessions(demo) == 1)
        end = time.monotonic() + 20
        while "read none of them" not in status_text(made) and time.monotonic() < end:
            emit(demo, "Hidden", "call")
            time.sleep(0.1)
        assert "this account may read none of them" in status_text(made)
        assert "read = call" in status_text(made)
        made.close()


def test_masks_and_sizes_that_cannot_be(pbx, monitor):
    with pytest.raises(af.ConfigError, match="no event class"):
        af.widgets.EventMonitor(pbx, mask="calls")
    with pytest.raises(af.ConfigError, match="keep"):
        af.widgets.EventMonitor(pbx, keep=0)
    part(monitor, "mask").value = "calls"
    press(monitor, "listen")
    assert "no event class" in status_text(monitor)
    assert ours() == []


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_many_events_do_not_flood_the_page(still, monitor):
    begin(monitor)
    drawn: list[int] = []
    monitor._table.observe(lambda change: drawn.append(len(change.new)), "value")
    began = time.monotonic()
    while time.monotonic() - began < 4:
        for _ in range(15):
            emit(still, "UserEvent", UserEvent="x" * 50)
        time.sleep(0.05)
    count = received_count(monitor)
    assert count > 300
    assert 2 <= len(drawn) <= 4 / glue.DRAW_S + 2
    assert len(names(monitor)) == 100
    assert max(drawn) < 60_000
    assert "older ones are not shown here" in monitor._table.value


def call_of_the_demo(demo: Demo) -> str:
    """Let a call begin and end; give its id."""
    for name, state in (("Newchannel", "Down"), ("Newstate", "Up"), ("Hangup", "Up")):
        more = {"Cause": "16", "Cause-txt": "Normal Clearing"} if name == "Hangup" else {}
        emit(
            demo, name, "call", Channel="PJSIP/101-1", ChannelState="6", ChannelStateDesc=state, CallerIDNum="101",
            CallerIDName="<unknown>", Exten="300", Context="internal", Uniqueid="7.1", Linkedid="7.1", **more,
        )  # fmt: skip
    return "7.1"


def test_a_picked_row_shows_its_event_and_the_ladder_of_its_call(still, monitor):
    begin(monitor)
    call = call_of_the_demo(still)
    emit(still, "UserEvent", UserEvent="alone")
    wait_for(lambda: "UserEvent" in names(monitor))
    numbers = re.findall(r'data-number="(\d+)"', monitor._table.value)
    part(monitor, "pick").value = numbers[names(monitor).index("Hangup")]
    wait_for(lambda: "<img" in monitor._detail.value)
    assert 'aria-pressed="true">Hangup<' in monitor._table.value
    assert "Normal Clearing" in monitor._detail.value
    assert f"call_ladder(events, '{call}')" in monitor.code()
    assert "<img" in monitor.static().html
    press(monitor, "only")
    assert names(monitor) == ["Hangup", "Newstate", "Newchannel"]
    part(monitor, "call").value = ""
    part(monitor, "pick").value = numbers[names(monitor).index("UserEvent")]
    assert "names no call" in monitor._detail.value
    press(monitor, "leave")
    assert monitor._detail.value == monitor._detail_html() or "alone" not in monitor._detail.value
    part(monitor, "pick").value = "99999"
    assert "fallen out" in status_text(monitor)
    part(monitor, "pick").value = "'); alert(1)"
    assert "fallen out" in status_text(monitor)


def test_the_ladder_goes_on_with_its_call(still, monitor, monkeypatch):
    monkeypatch.setattr(glue, "REDRAW_LADDER_S", 0.1)
    begin(monitor)
    same = {"Channel": "PJSIP/101-1", "Uniqueid": "7.1", "Linkedid": "7.1"}
    emit(still, "Newchannel", "call", ChannelState="4", ChannelStateDesc="Ring", **same)
    wait_for(lambda: "Newchannel" in names(monitor))
    part(monitor, "pick").value = re.findall(r'data-number="(\d+)"', monitor._table.value)[0]
    wait_for(lambda: "Not over" in monitor._detail.value)
    emit(still, "Hangup", "call", ChannelState="4", ChannelStateDesc="Ring", Cause="17", **same)
    wait_for(lambda: "busy" in monitor._detail.value)


def test_a_call_that_was_left_before_it_was_drawn_hinders_no_other(still, monitor):
    begin(monitor)
    call_of_the_demo(still)
    wait_for(lambda: any(one.call for one in monitor._buffer.lines()))
    picked = next(one for one in monitor._buffer.lines() if one.call)
    with glue._DRAWING:
        part(monitor, "pick").value = str(picked.number)
        press(monitor, "leave")
    press(monitor, "stop")
    assert monitor.join()
    assert monitor._ladder_of == frozenset(), "what is shown is not of that call"
    assert not monitor._is_drawing


def test_code_of_a_class_takes_events_without_one():
    lines = [
        event_filter.event_line(0, message("A", Privilege="call,all"), NOON),
        event_filter.event_line(1, message("B"), NOON),
    ]
    events = event_buffer.frame(lines, {})

    class Saved:
        def events(self, seconds, mask=None):
            return events

    code = events_html.code(EventFilter(event_class="call"), "call, agent", None, "-t office")
    scope = {"pbx": Saved(), "af": af}
    exec(code, scope)
    assert scope["shown"]["event"].tolist() == ["A"]
    assert shlex.split(code.splitlines()[-1])[-2:] == ["--mask", "call, agent"]


def test_a_call_whose_beginning_was_not_received_is_a_reason_instead_of_a_picture(still, monitor):
    begin(monitor)
    same = {"Channel": "PJSIP/101-1", "Uniqueid": "5.1", "Linkedid": "5.1"}
    emit(still, "VarSet", "dialplan", Variable="A", Value="1", **same)
    wait_for(lambda: "VarSet" in names(monitor))
    assert "A=1" in monitor._table.value
    part(monitor, "pick").value = re.findall(r'data-number="(\d+)"', monitor._table.value)[0]
    wait_for(lambda: "cannot be drawn" in monitor._detail.value)
    emit(still, "Hangup", "call", ChannelState="6", ChannelStateDesc="Up", Cause="16", **same)
    wait_for(lambda: "Hangup" in names(monitor))
    part(monitor, "pick").value = re.findall(r'data-number="(\d+)"', monitor._table.value)[0]
    wait_for(lambda: "Cause" in monitor._detail.value and "cannot be drawn" in monitor._detail.value)
    assert "amf-error" not in status_text(monitor)


def test_static_is_what_is_shown(still, monitor):
    begin(monitor)
    for at in range(5):
        emit(still, f"Event{at}", "call", Channel=f"PJSIP/{at}-1", Uniqueid=f"1.{at}")
    wait_for(lambda: "Event4" in names(monitor))
    part(monitor, "event").value = "-Event1"
    page = monitor.static().html
    rows = [re.sub("<[^>]+>", "|", row) for row in re.findall(r"<tr>(<td>.*?)</tr>", page)]
    live = [
        re.sub("<[^>]+>", "|", row) for row in re.findall(r"<tr data-number[^>]*>(<td>.*?)</tr>", monitor._table.value)
    ]
    assert [re.sub(r"\|+", "|", row) for row in rows] == [re.sub(r"\|+", "|", row) for row in live]
    assert len(rows) >= 4
    assert "Event1" not in "".join(rows)
    for scripted in ("onclick", "onpointerdown", "<button", "<script"):
        assert scripted not in page
    assert re.sub("<[^>]+>", "", monitor._figures_html()) in re.sub("<[^>]+>", "", page)


def test_texts_are_escaped(still, monitor):
    begin(monitor)
    emit(still, EVIL, "call", Channel=EVIL, Uniqueid=EVIL, Linkedid=f"'\"{EVIL}", CallerIDName=EVIL, **{EVIL: EVIL})
    wait_for(lambda: received_count(monitor) and names(monitor))
    wait_for(lambda: "onerror" in monitor._table.value)
    number = re.findall(r'data-number="(\d+)"', monitor._table.value)[0]
    part(monitor, "pick").value = number
    wait_for(lambda: "drawing its call" not in monitor._detail.value)
    press(monitor, "only")
    part(monitor, "text").value = EVIL
    part(monitor, "event").value = EVIL
    shown = [
        monitor._table.value,
        monitor._detail.value,
        monitor._code.value,
        monitor._figures.value,
        status_text(monitor),
    ]
    for html in (*shown, monitor.static().html):
        assert EVIL not in html
    assert EVIL in monitor.shown["event"].tolist()


def test_a_pin_is_nowhere_unless_asked_for(still, pbx, tmp_path):
    quiet_, open_ = af.widgets.EventMonitor(pbx), af.widgets.EventMonitor(pbx, digits=True)
    begin(quiet_)
    begin(open_)
    for digit in "#7":
        emit(still, "DTMFEnd", "dtmf", Channel="PJSIP/101-1", Uniqueid="7.1", Digit=digit, DurationMs="90")
    wait_for(lambda: received_count(quiet_) >= 2 and received_count(open_) >= 2)
    wait_for(lambda: names(quiet_)[:2] == ["DTMFEnd"] * 2)
    assert quiet_.events.loc[quiet_.events["event"] == "DTMFEnd", "digit"].tolist() == ["x", "x"]
    assert "digit=x" in quiet_._table.value
    assert "digit=7" not in quiet_._table.value + quiet_.static().html
    assert open_.events.loc[open_.events["event"] == "DTMFEnd", "digit"].tolist() == ["#", "7"]
    part(quiet_, "what").value = "events"
    part(quiet_, "file").value = str(tmp_path / "events.csv")
    press(quiet_, "export")
    press(quiet_, "stop")
    assert quiet_.join()
    kept = af.read_table(tmp_path / "events.csv")
    assert kept.loc[kept["event"] == "DTMFEnd", "digit"].tolist() == ["x", "x"]
    quiet_.close()
    open_.close()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_export_keeps_what_is_shown_or_all(still, monitor, tmp_path, suffix):
    begin(monitor)
    for at in range(10):
        emit(still, f"Event{at % 2}", "call", Uniqueid=f"1.{at}")
    wait_for(lambda: monitor.events["event"].eq("Event1").sum() == 5)
    press(monitor, "stop")
    assert monitor.join()
    part(monitor, "event").value = "Event1"
    path = tmp_path / f"events.{suffix}"
    part(monitor, "file").value = str(path)
    press(monitor, "export")
    assert monitor.join()
    kept = af.read_table(path)
    assert differences(kept, monitor.shown) == []
    assert len(kept) == 5
    part(monitor, "what").value = "events"
    press(monitor, "export")
    press(monitor, "confirm")
    assert monitor.join()
    assert differences(af.read_table(path), monitor.events) == []


def test_the_password_goes_nowhere(sent):
    with Demo(users(secret=CANARY), speed=10) as demo:
        panel = af.widgets.ConnectionPanel(demo.url, username="demo")
        made = af.widgets.EventMonitor(panel)
        part(panel, "password").set_state({"value": CANARY})
        panel.connect()
        assert panel.join()
        begin(made)
        wait_for(lambda: received_count(made) > 5)
        part(made, "pick").value = "1"
        press(made, "pause")
        press(made, "stop")
        assert made.join()
        assert sent
        for text in (*sent, made.static().html, made.code(), repr(made), made.events.to_csv(), repr(made._buffer)):
            assert CANARY not in text
        made.close()
        panel.close()
