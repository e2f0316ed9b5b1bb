"""The schema tables: their shape, facts that were measured, and what cannot be typed where all events meet."""

from __future__ import annotations

from collections import defaultdict

import pytest
from amf_support import for_each

from amiframe import schema
from amiframe.schema import BLOCKS
from amiframe.schema.field import KINDS, NOTHING, Field, read_tables
from amiframe.schema.list_actions import BY_END, LISTS

TABLES = {**schema.EVENTS, **schema.REPLIES, **{f"{name} record": fields for name, fields in schema.RECORDS.items()}}
LOGGED = {name: fields for name, fields in schema.EVENTS.items() if any(f.header == "Timestamp" for f in fields)}


def field(event: str, header: str) -> Field:
    (found,) = [f for f in TABLES[event] if f.header == header]
    return found


def conflicts(tables: dict[str, tuple[Field, ...]]) -> dict[str, set[tuple[str, str]]]:
    types: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for fields in tables.values():
        for f in fields:
            types[f.column].add(f.type)
    return {column: found for column, found in types.items() if len(found) > 1}


# --- structure ------------------------------------------------------------------------------------------------------


@for_each(TABLES)
def test_rows_are_complete(name: str) -> None:
    fields = TABLES[name]
    columns = [f.column for f in fields]
    assert len(set(columns)) == len(columns)
    for f in fields:
        assert f.kind in KINDS
        assert f.meaning, f.header
        assert not f.meaning.endswith(".")
        assert not f.column.startswith("amf_")
        assert not f.unit or f.kind in ("int", "float", "hms"), f.header


def test_every_list_has_tables_for_its_items_and_its_end() -> None:
    for entry in LISTS.values():
        assert {*entry.items, entry.complete} <= schema.EVENTS.keys(), entry.action
    for end in BY_END:
        assert {"eventlist", "listitems"} <= {f.column for f in schema.EVENTS[end]}, end


def test_what_is_only_a_list_item_has_no_time() -> None:
    items = {item for entry in LISTS.values() for item in entry.items}
    assert items & LOGGED.keys() == {"DeviceStateChange", "ExtensionStatus", "ParkedCall", "PresenceStateChange"}
    for name in items & LOGGED.keys():
        assert field(name, "Timestamp").optional
        assert field(name, "Privilege").optional


def test_items_may_carry_the_id_of_their_action() -> None:
    for name in {item for entry in LISTS.values() for item in entry.items}:
        assert field(name, "ActionID").optional


def test_an_unknown_event_has_the_head_that_all_share() -> None:
    assert schema.event_table("NeverHeardOf") == BLOCKS["event"]
    assert all(f.optional for f in schema.item_table("NeverHeardOf"))


# --- facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "header", "kind", "unit"),
    [
        ("AgentRingNoAnswer", "RingTime", "int", "ms"),
        ("AgentConnect", "RingTime", "int", "s"),
        ("AgentComplete", "TalkTime", "int", "s"),
        ("DTMFEnd", "DurationMs", "int", "ms"),
        ("Cdr", "Duration", "int", "s"),
        ("Cdr", "AnswerTime", "local", ""),
        ("CEL", "EventTime", "local", ""),
        ("CoreShowChannel", "Duration", "hms", "s"),
        ("ContactStatusDetail", "RoundtripUsec", "int", "us"),
        ("AorList", "QualifyTimeout", "float", "s"),
        ("SuccessfulAuth", "EventTV", "iso", ""),
        ("RTCPSent", "SentNTP", "time", ""),
        ("Hangup", "Cause", "int", ""),
        ("Hangup", "TechCause", "str", ""),
        ("QueueMember", "Status", "int", ""),
        ("ContactStatusDetail", "Status", "str", ""),
        ("LocalBridge", "LocalOptimization", "bool", ""),
        ("Newexten", "Priority", "int", ""),
        ("ListDialplan", "Priority", "str", ""),  # "hint" too
        ("Newchannel", "Uniqueid", "str", ""),
        ("Newchannel", "CallerIDNum", "str", ""),
        ("Newchannel", "Privilege", "list", ""),
        ("Status", "Variable", "map", ""),
        ("Ping", "Timestamp", "time", ""),
        ("CoreStatus", "CoreCurrentCalls", "int", "calls"),
        ("CoreStatus", "CoreReloadDate", "str", ""),
    ],
)
def test_kind_and_unit(event: str, header: str, kind: str, unit: str) -> None:
    assert field(event, header).type == (kind, unit)


@pytest.mark.parametrize(
    ("event", "header"),
    [
        ("QueueMember", "LastCall"),
        ("QueueMember", "LastPause"),
        ("QueueMemberPause", "LoginTime"),
        ("Status", "TimeToHangup"),
        ("ContactStatusDetail", "RegExpire"),
    ],
)
def test_zero_is_no_time(event: str, header: str) -> None:
    assert field(event, header).kind == "time"
    assert field(event, header).nothing == NOTHING | {"0"}


def test_escaped_are_the_names_of_channel_snapshots_and_varset_values() -> None:
    escaped = {(name, f.header) for name, fields in TABLES.items() for f in fields if f.escaped}
    headers = {header for _, header in escaped}
    assert all(header.endswith(("CallerIDName", "ConnectedLineName")) for header in headers - {"Value"})
    assert {name for name, header in escaped if header == "Value"} == {"VarSet"}
    for name in ("Status", "CoreShowChannel", "ConfbridgeList", "Newchannel"):
        assert {(name, "CallerIDName"), (name, "ConnectedLineName")} <= escaped
    assert ("DialEnd", "DestCallerIDName") in escaped
    assert ("LocalBridge", "LocalTwoConnectedLineName") in escaped
    for name, header in (
        ("Status", "EffectiveConnectedLineName"),
        ("QueueEntry", "CallerIDName"),
        ("QueueEntry", "ConnectedLineName"),
        ("OriginateResponse", "CallerIDName"),
        ("Cdr", "CallerID"),
        ("CEL", "CallerIDname"),
    ):
        assert not field(name, header).escaped


def test_a_variable_may_hold_the_words_for_nothing() -> None:
    assert field("VarSet", "Value").nothing == frozenset()


def test_volatile_columns_of_the_lists() -> None:
    items = [*(item for entry in LISTS.values() for item in entry.items)]
    volatile = {f.column for name in items for f in schema.EVENTS[name] if f.volatile}
    assert volatile == {
        "seconds", "readformat", "readtrans", "writeformat", "writetrans", "duration", "wait", "longestholdtime",
        "answeredtime", "parkingduration", "parkingtimeout", "roundtripusec", "activechannels", "nextreg",
    }  # fmt: skip


def test_signatures_name_a_column_of_their_own_reply() -> None:
    replies = {name: fields for name, fields in schema.REPLIES.items() if name != "Info"}  # two of them in one
    assert schema.SIGNATURES.keys() == replies.keys()
    for reply, column in schema.SIGNATURES.items():
        having = [name for name, fields in replies.items() if column in {f.column for f in fields}]
        assert having == [reply]


# --- where all events meet ------------------------------------------------------------------------------------------


def test_columns_that_stay_text_where_all_events_meet() -> None:
    assert conflicts(LOGGED) == {
        "duration": {("int", "s"), ("int", "ms")},  # Cdr and ChannelTalkingStop
        "logintime": {("time", ""), ("int", "s")},  # a time of members, a length of AgentLogoff
        "reason": {("str", ""), ("int", "")},  # AgentComplete and OriginateResponse
        "ringtime": {("int", "s"), ("int", "ms")},  # AgentConnect and AgentRingNoAnswer
        "rtt": {("float", "s"), ("int", "us")},  # RTCPReceived and TestEvent
        "state": {("str", ""), ("bool", "")},  # MixMonitorMute has a flag
        "status": {("str", ""), ("int", ""), ("bool", "")},
    }


def test_columns_that_list_items_type_otherwise() -> None:
    found = conflicts(schema.EVENTS)
    assert {column: types for column, types in found.items() if column not in conflicts(LOGGED)} == {
        "callgroup": {("int", ""), ("str", "")},  # bits of a channel, a list of an endpoint
        "pickupgroup": {("int", ""), ("str", "")},
        "priority": {("int", ""), ("str", "")},  # ListDialplan has "hint"
    }


# --- the reader of the tables ---------------------------------------------------------------------------------------


def read_table(text: str) -> tuple[Field, ...]:
    return read_tables(f"[A]\n{text}", {f"@{name}": block for name, block in BLOCKS.items()})["A"]


def test_flags_of_a_line() -> None:
    (f,) = read_table("Foo-Bar int ms esc,volatile,opt,verbatim,none=-1,none=N/A the meaning of it")
    assert f == Field("Foo-Bar", "int", "ms", frozenset({"-1", "N/A"}), True, True, True, "the meaning of it")
    assert f.column == "foo_bar"


def test_a_block_takes_its_prefix() -> None:
    columns = {f.column for f in read_table("@channel Dest")}
    assert {"destchannel", "destuniqueid"} <= columns


def test_a_table_begins_with_the_blocks_of_its_head() -> None:
    tables = read_tables("[@id]\nId str - - the id\n[A B] id\nName str - - the name\n[C] id")
    assert [f.header for f in tables["B"]] == ["Id", "Name"]
    assert tables["A"] == tables["B"]
    assert tables["C"] == tables["@id"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A number - - a thing", "odd.txt:2: unknown kind"),
        ("A str - shiny a thing", "odd.txt:2: unknown flag"),
        ("A str - -", "odd.txt:2: a field needs a header, kind, unit, flags and meaning"),
        ("A-b str - - a thing\n\na_B str - - another", "odd.txt:4: column a_b twice"),
        ("# nothing\n[B]\n@nowhere Dest", "odd.txt:4: unknown block @nowhere"),
        ("[B A]", "odd.txt:2: table A twice"),
        ("[Known]", "odd.txt:2: table Known twice"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_tables(f"[A]\n{text}", {"Known": ()}, source="odd.txt")


def test_a_field_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"odd\.txt:1: a field before the first \[table\]"):
        read_tables("A str - - a thing", source="odd.txt")
