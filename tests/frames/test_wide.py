"""The wide event frame: many events, one frame; and the dense frame of one event."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from amf_support import plain

from amiframe.frames import event_builder, event_frame, event_kinds
from amiframe.frames.builder import kinds
from amiframe.schema.field import Field
from amiframe.wire.message import Message

RECEIVED = datetime(2026, 11, 23, 15, 45, 2, tzinfo=UTC)


def message(text: str) -> Message:
    pairs = (line.partition(": ") for line in text.splitlines())
    return Message(tuple((name, value) for name, _, value in pairs))


def frame(*texts: str, events=None, raw_values=False, **how) -> pd.DataFrame:
    builder = event_builder(events, raw_values=raw_values)
    for text in texts:
        builder.add(message(text))
    assert len(builder) == len(texts)
    return event_frame(builder, {}, **how)


HANGUP = "Event: Hangup\nPrivilege: call,all\nTimestamp: 1795448144.096591\nChannel: a\nCause: 16\nCause-txt: bye"
VARSET = "Event: VarSet\nChannel: a\nVariable: X\nValue: 1"


def test_columns_are_those_of_the_events_that_came():
    found = frame(HANGUP, VARSET)
    assert {"event", "cause", "cause_txt", "variable", "value", "channel", "timestamp"} <= set(found.columns)
    assert not {"queue", "ringtime", "techcause", "chanvariables"} & set(found.columns)
    assert found["cause"].isna().tolist() == [False, True]
    assert found["value"].isna().tolist() == [True, False]


def test_the_order_is_the_schemas_of_what_came_first_then_unknown_then_ours():
    found = list(frame(HANGUP + "\nZz: 1\nAa: 2", VARSET).columns)
    assert found[:4] == ["event", "privilege", "timestamp", "channel"]
    assert found.index("cause") < found.index("cause_txt") < found.index("variable") < found.index("value")
    ours = ["amf_received", "amf_time", "amf_time_source", "amf_seq", "amf_misfit"]
    assert found[found.index("value") + 1 :] == ["aa", "zz", *ours]


def test_rows_stay_in_the_order_of_arrival():
    stamps = ["1795448144.2", "1795448144.1", "1795448144.3"]
    found = frame(*(f"Event: Hangup\nTimestamp: {s}" for s in stamps))
    assert (found["timestamp"].astype("int64") // 100_000 % 10).tolist() == [2, 1, 3]
    assert found["amf_seq"].tolist() == [0, 1, 2]


def test_the_kind_of_a_column_does_not_hang_on_what_came():
    """RingTime is text in the wide frame even when just one of its events is there."""
    found = frame("Event: AgentConnect\nRingTime: 1")
    assert str(found["ringtime"].dtype) == "str"
    assert str(frame("Event: AgentConnect\nRingTime: 1", events=["AgentConnect"])["ringtime"].dtype) == "Int64"


@pytest.mark.parametrize("column", ["ringtime", "status", "duration", "reason", "state"])
def test_columns_whose_types_disagree_are_text(column):
    assert event_kinds(None)[column] == "str"


@pytest.mark.parametrize(
    ("column", "kind"),
    [("cause", "int"), ("holdtime", "int"), ("starttime", "local"), ("eventtv", "iso"), ("timestamp", "time"),
     ("privilege", "list"), ("chanvariables", "map"), ("destchanvariables", "map"), ("calleridnum", "str"),
     ("uniqueid", "str"), ("priority", "int"), ("amf_time", "time"), ("amf_source", "str")],
)  # fmt: skip
def test_columns_that_agree_keep_their_type(column, kind):
    assert event_kinds(None)[column] == kind


def test_list_items_have_no_say_in_the_kinds_of_a_log():
    """Priority of QueueEntry, or the times of QueueMember, are not what an event raises."""
    assert "timetohangup" not in event_kinds(None)
    assert "servicelevelperf" not in event_kinds(None)


def test_one_unit_against_another_is_a_conflict_and_meaning_is_none():
    ms, s, other = Field("T", "int", "ms"), Field("T", "int", "s"), Field("t", "int", "s", meaning="else")
    assert kinds([(ms,), (s,)]) == {"t": "str"}
    assert kinds([(ms,), (s,), (ms,)]) == {"t": "str"}
    assert kinds([(s,), (other,)]) == {"t": "int"}
    assert kinds([]) == {}


def test_a_typed_column_types_an_unknown_events_header_too():
    found = frame("Event: NeverHeardOf\nCause: x", HANGUP)
    assert str(found["cause"].dtype) == "Int64"
    assert found["cause"].tolist()[1] == 16
    assert plain(found)["amf_misfit"] == [[("cause", "x")], None]


def test_one_event_asked_for_has_just_its_columns():
    found = frame(HANGUP, events=["Hangup"])
    assert found.columns[0] == "event"
    assert "variable" not in found
    assert {"cause", "cause_txt", "linkedid"} <= set(found.columns)


def test_an_event_asked_for_that_did_not_come_has_its_columns():
    found = frame(events=["Hangup"])
    assert len(found) == 0
    assert str(found["cause"].dtype) == "Int64"
    assert list(found.columns) == list(frame("Event: Hangup", events=["Hangup"]).columns)
    assert found.dtypes.tolist() == frame("Event: Hangup", events=["Hangup"]).dtypes.tolist()


def test_optional_columns_are_there_when_they_came():
    assert "techcause" not in frame(HANGUP, events=["Hangup"])
    found = frame(HANGUP, HANGUP + "\nTechCause: 486", events=["Hangup"])
    names = list(found.columns)
    assert names.index("techcause") == names.index("cause_txt") + 1
    assert found["techcause"].fillna("-").tolist() == ["-", "486"]


def test_the_time_of_a_row_is_the_servers_else_the_arrival():
    found = frame(HANGUP, VARSET, received=RECEIVED)
    assert found["amf_received"].tolist() == [pd.Timestamp(RECEIVED)] * 2
    assert found["amf_time"].tolist() == [pd.Timestamp("2026-11-23 15:35:44.096591+00:00"), pd.Timestamp(RECEIVED)]
    assert found["amf_time_source"].tolist() == ["server", "arrival"]


def test_without_any_time_there_is_none():
    found = frame(HANGUP, VARSET, "Event: Hangup\nTimestamp: soon")
    assert found["amf_time_source"].fillna("-").tolist() == ["server", "-", "-"]
    assert found["amf_time"].isna().tolist() == [False, True, True]
    assert plain(found)["amf_misfit"] == [None, None, [("timestamp", "soon")]]


def test_raw_values_still_have_a_time():
    found = frame(HANGUP, raw_values=True)
    assert found["timestamp"].tolist() == ["1795448144.096591"]
    assert found["amf_time"][0] == pd.Timestamp("2026-11-23 15:35:44.096591+00:00")


def test_a_forged_second_stamp_is_not_the_time():
    found = frame("Event: UserEvent\nTimestamp: 1795448144.5\nTimestamp: 1.5")
    assert found["amf_time"][0] == pd.Timestamp("2026-11-23 15:35:44.500000+00:00")
    assert found["timestamp-2"][0] == "1.5"


def test_places_in_the_log_and_sources_come_from_outside():
    found = frame(HANGUP, VARSET, positions=[3, 9], sources=["a.log", "b.log"])
    assert found["amf_seq"].tolist() == [3, 9]
    assert found["amf_source"].tolist() == ["a.log", "b.log"]
    assert str(found["amf_seq"].dtype) == "Int64"
    assert "amf_source" not in frame(HANGUP)


def test_a_message_without_an_event_has_a_row():
    found = frame(HANGUP, "Cause: 17\nChannel: b")
    assert found["event"].isna().tolist() == [False, True]
    assert found["cause"].tolist() == [16, 17]


def test_an_empty_log_has_the_head_that_all_events_share():
    found = frame()
    assert {"event", "privilege", "timestamp", "amf_seq", "amf_time", "amf_misfit"} <= set(found.columns)
    assert str(found["timestamp"].dtype) == "datetime64[us, UTC]"


def test_each_row_may_have_its_own_arrival():
    later = datetime(2026, 11, 23, 15, 46, tzinfo=UTC)
    found = frame(VARSET, VARSET, HANGUP, received=[RECEIVED, later, later])
    assert found["amf_received"].tolist() == [pd.Timestamp(moment) for moment in (RECEIVED, later, later)]
    assert found["amf_time"].tolist()[:2] == [pd.Timestamp(RECEIVED), pd.Timestamp(later)]
    assert found["amf_time_source"].tolist() == ["arrival", "arrival", "server"]
