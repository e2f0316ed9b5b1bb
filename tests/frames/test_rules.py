"""The rules of the data, one group each, with values typed out from the rules and never from the code."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from amf_support import plain

from amiframe import frames, read
from amiframe.errors import ActionError, IncompleteList
from amiframe.frames import builder
from amiframe.reply import Reply
from amiframe.schema.list_actions import LISTS
from amiframe.wire.message import Message

FETCHED = datetime(2026, 11, 23, 15, 45, 2, 250000, tzinfo=UTC)
STR, INT, BOOL = "str", "Int64", "boolean"
TIME, LOCAL = "datetime64[us, UTC]", "datetime64[us]"
LIST, MAP = "list<item: string>[pyarrow]", "map<string, string>[pyarrow]"


def raw(*records: str) -> bytes:
    """Return records as the server writes them; a record is its lines."""
    return "".join(record.strip("\n").replace("\n", "\r\n") + "\r\n\r\n" for record in records).encode()


def events(*records: str, **how) -> pd.DataFrame:
    return read.read_events(raw(*records), **how)


def one(*records: str, **how) -> dict[str, object]:
    """Return the only row of a log as plain values."""
    frame = events(*records, **how)
    assert len(frame) == 1
    return {name: values[0] for name, values in plain(frame).items()}


def answer(*records: str, **about) -> Reply:
    return Reply.from_messages(_messages(*records), **about)


def _messages(*records: str) -> list[Message]:
    pairs = [[tuple(line.split(": ", 1)) for line in r.strip("\n").splitlines()] for r in records]
    return [Message(tuple((p[0].rstrip(":"), p[1] if len(p) > 1 else "") for p in record)) for record in pairs]


def listed(action: str, *items: str, count: int | None = None, end: str = "Complete", **about) -> Reply:
    """Return the answer of a list action that is known."""
    entry = LISTS[action.lower()]
    return answer(
        "Response: Success\nEventList: start\nMessage: will follow",
        *items,
        f"Event: {entry.complete}\nEventList: {end}\nListItems: {len(items) if count is None else count}",
        action=action,
        **about,
    )


# --- 1 names --------------------------------------------------------------------------------------------------------


def test_columns_have_the_spelling_of_the_servers_own_xml():
    row = one("Event: UserEvent\nUserEvent: x\nCallerIDNum: 110\nCause-txt: bye\n1st: one\nИмя: Анна\nA.b c: d")
    assert row["calleridnum"] == "110"
    assert row["cause_txt"] == "bye"
    assert row["_1st"] == "one"
    assert row["______"] == "Анна"  # two bytes a letter
    assert row["a_b_c"] == "d"


def test_repeats_are_numbered_from_the_second():
    row = one("Event: UserEvent\nD: 1\nD: 2\nD: 3\nE: 4")
    assert [row["d"], row["d-2"], row["d-3"], row["e"]] == ["1", "2", "3", "4"]
    assert "d-1" not in row


def test_headers_that_collide_are_numbered_too():
    row = one("Event: UserEvent\nFoo: 1\nfoo: 2\na-b: 3\na_b: 4\nD: 5\nD: 6\nD-2: 7")
    assert [row["foo"], row["foo-2"]] == ["1", "2"]
    assert [row["a_b"], row["a_b-2"]] == ["3", "4"]
    assert [row["d"], row["d-2"], row["d_2"]] == ["5", "6", "7"]


def test_a_header_without_a_name_is_kept():
    assert one("Event: UserEvent\n: v")["_"] == "v"


def test_a_second_event_header_does_not_become_the_event():
    """A user event forged Event: Hangup into its own text."""
    row = one("Event: UserEvent\nUserEvent: odd\nEvent: Hangup\nPrivilege: user,all\nPrivilege: call,all")
    assert row["event"] == "UserEvent"
    assert row["event-2"] == "Hangup"
    assert row["privilege"] == ["user", "all"]
    assert row["privilege-2"] == "call,all"


def test_the_kind_of_a_message_is_its_first_header():
    row = one("Event: OriginateResponse\nResponse: Failure\nReason: 0\nUniqueid: <unknown>", events="OriginateResponse")
    assert row["event"] == "OriginateResponse"
    assert row["response"] == "Failure"
    assert row["reason"] == 0
    assert row["uniqueid"] is None


def test_an_event_header_behind_the_first_is_no_column_event():
    """The head of a rotated log was cut off before the record's first line."""
    row = one("Privilege: call,all\nEvent: Hangup\nCause: 16", "Response: Success")
    assert row["event"] is None
    assert row["amf_extra"] == [("event", "Hangup")]


# --- 2 our own columns ----------------------------------------------------------------------------------------------


def test_a_header_that_looks_like_ours_goes_to_amf_extra():
    row = one("Event: UserEvent\namf_seq: 99\nAMF-Source: evil\nAmf_New: x")
    assert row["amf_seq"] == 0
    assert "amf_source" not in row
    assert "amf_new" not in row
    assert row["amf_extra"] == [("amf_seq", "99"), ("amf_source", "evil"), ("amf_new", "x")]


def test_amf_extra_is_there_only_when_it_is_needed():
    assert "amf_extra" not in one("Event: UserEvent\nA: 1")


def test_each_row_has_its_own_extra():
    frame = events("Event: UserEvent\nA: 1", "Event: UserEvent\namf_x: 2", "Event: UserEvent\namf_x: 3")
    assert plain(frame)["amf_extra"] == [None, [("amf_x", "2")], [("amf_x", "3")]]


def test_our_columns_have_their_types():
    frame = events("Event: Hangup\nTimestamp: 1795448144.096591\nCause: 16")
    found = frame.dtypes.astype(str)
    assert {name: found[name] for name in found.index if name.startswith("amf_")} == {
        "amf_received": TIME, "amf_time": TIME, "amf_time_source": STR, "amf_seq": INT, "amf_misfit": MAP,
    }  # fmt: skip
    assert frame["amf_time"][0] == pd.Timestamp("2026-11-23 15:35:44.096591+00:00")
    assert frame["amf_time_source"][0] == "server"
    assert frame["amf_received"].isna().all()


def test_fetched_is_on_lists_and_single_answers():
    frame = listed("CoreShowChannels", "Event: CoreShowChannel\nChannel: a", fetched=FETCHED).frame()
    assert frame["amf_fetched"].tolist() == [pd.Timestamp(FETCHED)]
    assert str(frame["amf_fetched"].dtype) == TIME
    single = answer("Response: Success\nPing: Pong", fetched=FETCHED).frame()
    assert single["amf_fetched"].tolist() == [pd.Timestamp(FETCHED)]
    assert str(single["amf_fetched"].dtype) == TIME


# --- 3 missing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["", "<unknown>", "(null)", "<null>"])
@pytest.mark.parametrize("header", ["CallerIDNum", "CallerIDName", "ChannelState", "Cause", "Channel"])
def test_words_for_nothing_are_missing_in_every_type(word, header):
    row = one(f"Event: Hangup\n{header}: {word}", events="Hangup")
    assert row[header.lower()] is None
    assert row["amf_misfit"] is None


def test_a_header_that_did_not_come_is_missing():
    row = one("Event: Hangup", events="Hangup")
    assert row["cause"] is None
    assert row["channel"] is None
    assert row["privilege"] is None


@pytest.mark.parametrize("header", ["LastCall", "LastPause", "LoginTime"])
def test_zero_means_never_for_the_times_of_a_member(header):
    frame = listed("QueueStatus", f"Event: QueueMember\nName: Ann\n{header}: 0\nStatus: 0").frame()
    assert pd.isna(frame[header.lower()][0])
    assert frame["status"][0] == 0  # 0 is a state, and so it stays
    assert str(frame[header.lower()].dtype) == TIME


def test_zero_means_no_limit_for_time_to_hangup():
    frame = listed("Status", "Event: Status\nTimeToHangup: 0\nSeconds: 0\nCallgroup: 0").frame()
    assert pd.isna(frame["timetohangup"][0])
    assert frame["seconds"][0] == 0
    assert frame["callgroup"][0] == 0
    frame = listed("Status", "Event: Status\nTimeToHangup: 1795448144").frame()
    assert frame["timetohangup"][0] == pd.Timestamp("2026-11-23 15:35:44+00:00")


@pytest.mark.parametrize(
    ("action", "item", "column"),
    [
        ("PJSIPShowContacts", "Event: ContactList\nRoundtripUsec: N/A", "roundtripusec"),
        ("PJSIPShowContacts", "Event: ContactList\nExpirationTime: 0", "expirationtime"),
        ("SIPpeers", "Event: PeerEntry\nIPaddress: -none-", "ipaddress"),
        ("Agents", "Event: Agents\nLoggedInTime: 0", "loggedintime"),
    ],
)
def test_other_words_for_nothing_belong_to_their_column(action, item, column):
    assert plain(listed(action, item).frame())[column] == [None]


def test_a_word_for_nothing_is_a_word_elsewhere():
    row = one("Event: UserEvent\nUserEvent: x\nAddress: -none-\nWho: N/A")
    assert (row["address"], row["who"]) == ("-none-", "N/A")


def test_the_value_of_a_variable_is_taken_at_its_word():
    row = one("Event: VarSet\nVariable: X\nValue: <unknown>", events="VarSet")
    assert row["value"] == "<unknown>"
    assert one("Event: VarSet\nVariable: X\nValue: ", events="VarSet")["value"] is None


def test_raw_values_keep_the_servers_words():
    row = one(
        "Event: Hangup\nPrivilege: <none>\nCallerIDNum: <unknown>\nCallerIDName: (null)\nCause: 0x\nAccountCode: ",
        events="Hangup", raw_values=True,
    )  # fmt: skip
    assert row["calleridnum"] == "<unknown>"
    assert row["calleridname"] == "(null)"
    assert row["privilege"] == "<none>"
    assert row["accountcode"] == ""
    assert row["cause"] == "0x"
    assert row["context"] is None  # it did not come
    assert "amf_misfit" not in row


def test_raw_values_are_text_in_every_column():
    frame = listed("Status", "Event: Status\nSeconds: 5\nTimeToHangup: 0\nVariable: A=(null)").frame(raw_values=True)
    kinds = frame.dtypes.astype(str).drop(["variables", "amf_fetched"])
    assert set(kinds) == {STR}
    assert frame["timetohangup"][0] == "0"
    assert plain(frame)["variables"] == [[("A", "(null)")]]


def test_raw_values_are_not_unescaped():
    assert one(r"Event: VarSet" + "\nValue: a\\tb", events="VarSet", raw_values=True)["value"] == r"a\tb"


# --- 4 types --------------------------------------------------------------------------------------------------------


def test_ring_time_is_a_number_in_both_events_and_text_where_they_meet():
    """Milliseconds in one, seconds in the other: they never share a typed column."""
    log = ("Event: AgentRingNoAnswer\nRingTime: 4000", "Event: AgentConnect\nRingTime: 1")
    tables = read.read_event_tables(raw(*log))
    assert tables["AgentRingNoAnswer"]["ringtime"].tolist() == [4000]
    assert tables["AgentConnect"]["ringtime"].tolist() == [1]
    assert {str(t["ringtime"].dtype) for t in tables.values()} == {INT}
    wide = events(*log)
    assert wide["ringtime"].tolist() == ["4000", "1"]
    assert str(wide["ringtime"].dtype) == STR


def test_status_is_a_number_here_and_a_word_there():
    member = listed("QueueStatus", "Event: QueueMember\nStatus: 6").frame()
    assert (str(member["status"].dtype), member["status"][0]) == (INT, 6)
    contact = listed("PJSIPShowRegistrationInboundContactStatuses", "Event: ContactStatusDetail\nStatus: Reachable")
    assert (str(contact.frame()["status"].dtype), contact.frame()["status"][0]) == (STR, "Reachable")


@pytest.mark.parametrize(
    ("action", "item", "column", "dtype", "value"),
    [
        ("CoreShowChannels", "Event: CoreShowChannel\nDuration: 00:01:05", "duration", INT, 65),
        ("CoreShowChannels", "Event: CoreShowChannel\nDuration: 27:46:40", "duration", INT, 100_000),
        ("CoreShowChannels", "Event: CoreShowChannel\nDuration: 1234:00:09", "duration", INT, 4_442_409),
        ("CoreShowChannels", "Event: CoreShowChannel\nPriority: 3", "priority", INT, 3),
        ("CoreShowChannels", "Event: CoreShowChannel\nUniqueid: 1711273253.10", "uniqueid", STR, "1711273253.10"),
        ("CoreShowChannels", "Event: CoreShowChannel\nLinkedid: 1711273253.1", "linkedid", STR, "1711273253.1"),
        ("CoreShowChannels", "Event: CoreShowChannel\nExten: 0153", "exten", STR, "0153"),
        ("CoreShowChannels", "Event: CoreShowChannel\nCallerIDNum: 00123", "calleridnum", STR, "00123"),
        ("CoreShowChannels", "Event: CoreShowChannel\nAccountCode: 007", "accountcode", STR, "007"),
        ("QueueStatus", "Event: QueueParams\nServicelevelPerf: 66.7", "servicelevelperf", "float64", 66.7),
        ("QueueStatus", "Event: QueueMember\nPaused: 1", "paused", BOOL, True),
        ("QueueStatus", "Event: QueueMember\nInCall: 0", "incall", BOOL, False),
        ("ConfbridgeList", "Event: ConfbridgeList\nAdmin: Yes", "admin", BOOL, True),
        ("ConfbridgeList", "Event: ConfbridgeList\nMuted: No", "muted", BOOL, False),
        ("PJSIPShowEndpoint", "Event: EndpointDetail\nWebrtc: true", "webrtc", BOOL, True),
        ("PJSIPShowAors", "Event: AorList\nSupportPath: false", "supportpath", BOOL, False),
        ("Status", "Event: Status\nPrivilege: Call", "privilege", LIST, ["Call"]),
    ],
)
def test_values_of_list_items(action, item, column, dtype, value):
    frame = listed(action, item).frame()
    assert str(frame[column].dtype) == dtype
    assert plain(frame)[column] == [value]


@pytest.mark.parametrize(
    ("word", "value"),
    [("On", True), ("off", False), ("YES", True), ("n", False), ("t", True), ("f", False), ("y", True), ("1", True)],
)
def test_flags_in_any_of_the_servers_words(word, value):
    assert one(f"Event: ConfbridgeTalking\nTalkingStatus: {word}", events="ConfbridgeTalking")["talkingstatus"] is value


def test_a_value_that_does_not_fit_is_kept_as_text_beside():
    row = one("Event: Hangup\nCause: sixteen\nPriority: 3\nChannelState: 6.5", events="Hangup")
    assert row["cause"] is None
    assert row["channelstate"] is None
    assert row["priority"] == 3
    assert sorted(row["amf_misfit"]) == [("cause", "sixteen"), ("channelstate", "6.5")]


def test_misfits_are_counted():
    frame = events("Event: Hangup\nCause: x\nPriority: y", "Event: Hangup\nCause: z", "Event: Hangup\nCause: 16")
    assert frame.attrs["amiframe"]["misfits"] == 3
    assert [len(pairs or ()) for pairs in plain(frame)["amf_misfit"]] == [2, 1, 0]


def test_a_misfit_of_undecodable_bytes_is_mended_and_counted_once():
    frame = read.read_events(b"Event: Hangup\r\nCause: caf\xe9\r\n\r\n", events="Hangup")
    assert plain(frame)["amf_misfit"] == [[("cause", "caf\ufffd")]]
    assert frame.attrs["amiframe"]["repairs"] == 1


@pytest.mark.parametrize(
    ("event", "header", "text"),
    [
        ("Hangup", "Cause", "1e3"), ("Hangup", "Cause", "9" * 19), ("Hangup", "Cause", "0x10"),
        ("Hangup", "Cause", "٣"),
        ("Hangup", "Cause", "1 2"), ("Hangup", "Cause", "--1"), ("Hangup", "Timestamp", "1795448144.0965911"),
        ("Hangup", "Timestamp", "-1"), ("Hangup", "Timestamp", "1795448144."), ("Hangup", "Timestamp", "now"),
        ("Hangup", "Timestamp", "9" * 12), ("RTCPReceived", "RTT", "nan"), ("RTCPReceived", "RTT", "inf"),
        ("RTCPReceived", "RTT", ".5"), ("RTCPReceived", "RTT", "0,5"), ("Cdr", "StartTime", "2026-02-30 10:00:00"),
        ("Cdr", "StartTime", "2026-11-23"), ("Cdr", "StartTime", "2026-11-23T10:00:00"),
        ("SuccessfulAuth", "EventTV", "2026-11-23T15:40:15.337"), ("SuccessfulAuth", "EventTV", "2026-13-01T00:00:00Z"),
        ("SuccessfulAuth", "UsingPassword", "2"), ("LocalBridge", "LocalOptimization", "maybe"),
    ],
)  # fmt: skip
def test_no_text_makes_an_exception(event, header, text):
    row = one(f"Event: {event}\n{header}: {text}", events=event)
    assert row[header.lower()] is None
    assert row["amf_misfit"] == [(header.lower(), text)]


def test_misfit_is_there_wherever_a_schema_has_types():
    assert "amf_misfit" in events("Event: Hangup").columns
    assert "amf_misfit" in listed("CoreShowChannels").frame().columns
    assert "amf_misfit" in answer("Response: Success\nPing: Pong").frame().columns
    assert "amf_misfit" not in listed("DBGet", "Event: DBGetResponse\nVal: x").frame().columns


def test_padded_numbers_are_numbers():
    assert one("Event: RTCPSent\nReport0DLSR:  0.5 ", events="RTCPSent")["report0dlsr"] == 0.5
    assert one("Event: Hangup\nCause:  16", events="Hangup")["cause"] == 16


# --- 5 unknown headers ----------------------------------------------------------------------------------------------


def test_unknown_headers_stand_behind_the_schemas_by_name():
    frame = events("Event: Hangup\nZeta: 1\nCause: 16\nAlpha: 2\nMike: 3", events="Hangup")
    names = list(frame.columns)
    at = names.index("cause_txt")
    assert names[at + 1 : at + 4] == ["alpha", "mike", "zeta"]
    assert names[at + 4].startswith("amf_")
    assert {str(frame[name].dtype) for name in ("alpha", "mike", "zeta")} == {STR}


def test_an_unknown_header_that_looks_like_a_number_stays_text():
    assert one("Event: UserEvent\nPin: 0042")["pin"] == "0042"


def test_invented_names_without_end_fill_amf_extra(monkeypatch):
    assert builder.MAX_UNKNOWN_COLUMNS >= 100
    monkeypatch.setattr(builder, "MAX_UNKNOWN_COLUMNS", 3)
    frame = events(*(f"Event: UserEvent\nKey{n}: {n}\nSame: x" for n in range(6)))
    assert [name for name in frame if name.startswith("key")] == ["key0", "key1"]
    assert frame["same"].tolist() == ["x"] * 6
    assert plain(frame)["amf_extra"] == [None, None, *([(f"key{n}", str(n))] for n in range(2, 6))]


def test_a_column_that_has_its_place_keeps_it_behind_the_cap(monkeypatch):
    monkeypatch.setattr(builder, "MAX_UNKNOWN_COLUMNS", 1)
    frame = events("Event: UserEvent\nA: 1", "Event: UserEvent\nB: 2", "Event: UserEvent\nB: 3\nA: 4")
    assert frame["a"].fillna("-").tolist() == ["1", "-", "4"]
    assert plain(frame)["amf_extra"] == [None, [("b", "2")], [("b", "3")]]


def test_the_cap_itself_holds():
    count = builder.MAX_UNKNOWN_COLUMNS
    frame = events("Event: UserEvent\n" + "\n".join(f"K{n:05}: {n}" for n in range(count + 7)))
    assert sum(name.startswith("k0") for name in frame) == count
    assert len(plain(frame)["amf_extra"][0]) == 7


def test_more_shapes_than_are_remembered_lose_nothing(monkeypatch):
    monkeypatch.setattr(builder, "_MAX_SHAPES", 2)
    frame = events(*(f"Event: UserEvent\nK{n % 5}: {n}" for n in range(20)))
    assert [frame[f"k{n % 5}"][n] for n in range(20)] == [str(n) for n in range(20)]


# --- 6 folding ------------------------------------------------------------------------------------------------------


def test_variables_of_status_fold_in_order():
    frame = listed("Status", "Event: Status\nVariable: B=2\nVariable: A=1=x\nVariable: B=3\nVariable: X=").frame()
    assert plain(frame)["variables"] == [[("B", "2"), ("A", "1=x"), ("B", "3"), ("X", "")]]
    assert str(frame["variables"].dtype) == MAP
    assert "variable" not in frame
    assert "variable-2" not in frame


def test_a_variable_that_does_not_exist_is_missing_and_an_empty_one_is_empty():
    frame = listed("Status", "Event: Status\nVariable: NO=(null)\nVariable: EMPTY=\nVariable: F(x)=<unknown>").frame()
    assert plain(frame)["variables"] == [[("NO", None), ("EMPTY", ""), ("F(x)", "<unknown>")]]


def test_values_of_variables_are_not_unescaped_or_trimmed():
    frame = listed("Status", "Event: Status\nVariable: A=\\t 'x'  ").frame()
    assert plain(frame)["variables"] == [[("A", "\\t 'x'  ")]]


def test_a_row_without_variables_has_none():
    frame = listed("Status", "Event: Status\nChannel: a", "Event: Status\nVariable: A=1", "Event: Status").frame()
    assert plain(frame)["variables"] == [None, [("A", "1")], None]


def test_each_row_folds_its_own_variables():
    frame = listed("Status", "Event: Status\nVariable: A=1\nVariable: B=2", "Event: Status\nVariable: A=3").frame()
    assert plain(frame)["variables"] == [[("A", "1"), ("B", "2")], [("A", "3")]]


def test_channel_variables_of_events_fold():
    row = one("Event: DialEnd\nChanVariable: A=1\nChanVariable: B=\nDestChanVariable: C=3\nDestChanVariable: D=(null)")
    assert row["chanvariables"] == [("A", "1"), ("B", "")]
    assert row["destchanvariables"] == [("C", "3"), ("D", None)]
    assert not {"chanvariable", "chanvariable-2", "destchanvariable", "destchanvariable-2"} & row.keys()


def test_channel_variables_fold_in_list_items_and_unknown_events_too():
    frame = listed("CoreShowChannels", "Event: CoreShowChannel\nChanVariable: A=1\nChanVariable: B=2").frame()
    assert plain(frame)["chanvariables"] == [[("A", "1"), ("B", "2")]]
    row = one("Event: NeverHeardOf\nDestChanVariable: A=1\nDestChanVariable: A=2")
    assert row["destchanvariables"] == [("A", "1"), ("A", "2")]


def test_the_old_form_with_the_channel_goes_to_amf_extra():
    row = one("Event: DialEnd\nChanVariable(SIP/a-1): A=1\nDestChanVariable(SIP/b-2): B=2\nChanVariable: C=3")
    assert row["amf_extra"] == [("chanvariable_sip_a_1_", "A=1"), ("destchanvariable_sip_b_2_", "B=2")]
    assert row["chanvariables"] == [("C", "3")]


def test_a_header_with_the_name_of_a_folded_column_does_not_take_it():
    frame = listed("Status", "Event: Status\nVariables: A=1\nVariable: B=2").frame()
    assert plain(frame)["variables"] == [[("B", "2")]]
    assert plain(frame)["amf_extra"] == [[("variables", "A=1")]]
    row = one("Event: UserEvent\nChanVariables: x\nDestChanVariables: y")
    assert row["amf_extra"] == [("chanvariables", "x"), ("destchanvariables", "y")]


def test_variable_folds_only_where_it_is_a_pair():
    row = one("Event: VarSet\nVariable: X\nValue: A=1", events="VarSet")
    assert (row["variable"], row["value"]) == ("X", "A=1")


# --- 7 privileges ---------------------------------------------------------------------------------------------------


def test_privileges_are_a_list():
    frame = events("Event: Hangup\nPrivilege: call,all", "Event: Hangup\nPrivilege: <none>", "Event: Hangup")
    assert plain(frame)["privilege"] == [["call", "all"], [], None]


def test_privileges_of_commands_explode():
    reply = answer("Response: Success\nActionID: 1\nPing: Keep.  (Priv: <none>)\nAtxfer: Go: on.  (Priv: call,all)")
    frame = reply.frame()
    assert plain(frame)["privileges"] == [[], ["call", "all"]]
    rows = frame.explode("privileges")[["action", "privileges"]]
    assert rows["action"].tolist() == ["Ping", "Atxfer", "Atxfer"]
    assert rows["privileges"].isna().tolist() == [True, False, False]
    assert rows["privileges"].tolist()[1:] == ["call", "all"]


# --- 8 escapes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "header"),
    [
        ("Newchannel", "CallerIDName"), ("Hangup", "ConnectedLineName"), ("DialBegin", "DestCallerIDName"),
        ("LocalBridge", "LocalOneConnectedLineName"), ("VarSet", "Value"), ("ParkedCall", "ParkeeCallerIDName"),
    ],
)  # fmt: skip
def test_escapes_are_undone_once_in_channel_snapshots(event, header):
    row = one(rf"Event: {event}" + f"\n{header}: " + r"O\'Br\"ien\t\\n\?", events=event)
    assert row[header.lower()] == "O'Br\"ien\t\\n?"


@pytest.mark.parametrize(
    ("event", "header"),
    [("OriginateResponse", "CallerIDName"), ("CEL", "CallerIDname"), ("Cdr", "CallerID"), ("Newexten", "AppData"),
     ("UserEvent", "Text")],
)  # fmt: skip
def test_other_headers_keep_their_backslashes(event, header):
    row = one(rf"Event: {event}" + f"\n{header}: " + r"O\'Br\ten", events=event)
    assert row[header.lower()] == r"O\'Br\ten"


@pytest.mark.parametrize(("action", "event"), [("Status", "Status"), ("ConfbridgeList", "ConfbridgeList"),
                                               ("CoreShowChannels", "CoreShowChannel")])  # fmt: skip
def test_escapes_of_list_items(action, event):
    frame = listed(action, rf"Event: {event}" + "\n" + r"CallerIDName: a\nb").frame()
    assert frame["calleridname"][0] == "a\nb"


def test_names_in_a_queue_are_not_escaped_and_effective_names_neither():
    entry = listed("QueueStatus", r"Event: QueueEntry" + "\n" + r"CallerIDName: a\nb")
    assert entry.tables()["QueueEntry"]["calleridname"][0] == r"a\nb"
    status = listed("Status", "Event: Status\n" + r"EffectiveConnectedLineName: a\nb").frame()
    assert status["effectiveconnectedlinename"][0] == r"a\nb"


@pytest.mark.parametrize(("text", "value"), [(r"\a\b\f\v\r", "\a\b\f\v\r"), (r"\x41\0", r"\x41\0"), ("end\\", "end\\"),
                                             (r"\\\\", r"\\"), (r"\\t", r"\t")])  # fmt: skip
def test_each_escape(text, value):
    assert one(f"Event: VarSet\nValue: {text}", events="VarSet")["value"] == value


def test_an_escaped_word_for_nothing_is_no_word_for_nothing():
    """A caller really called so: the escape makes the difference visible."""
    assert one("Event: Hangup\n" + r"CallerIDName: \(null)", events="Hangup")["calleridname"] == r"\(null)"


# --- 9 empty --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [entry.action for entry in LISTS.values()])
def test_an_empty_list_has_every_column_and_type(action):
    empty = listed(action).frame()
    entry = LISTS[action.lower()]
    counted = len(entry.counted)
    full = listed(action, *(f"Event: {name}" for name in entry.items), count=counted).frame()
    assert len(empty) == 0
    assert len(full) == len(entry.items)
    assert list(empty.columns) == list(full.columns)
    assert empty.dtypes.astype(str).tolist() == full.dtypes.astype(str).tolist()
    assert ("event" in empty.columns) == entry.mixed


def test_the_empty_status_has_its_types():
    found = listed("Status").frame().dtypes.astype(str).to_dict()
    assert {name: found[name] for name in ("channel", "channelstate", "timetohangup", "variables", "privilege")} == {
        "channel": STR, "channelstate": INT, "timetohangup": TIME, "variables": MAP, "privilege": LIST,
    }  # fmt: skip
    assert found["amf_fetched"] == TIME


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("ConfbridgeListRooms", "No active conferences."), ("ConfbridgeList", "No active conferences."),
        ("PJSIPShowContacts", "No Contacts found"), ("PJSIPShowResourceLists", "No resource lists found"),
        ("Status", "No such channel"), ("Status", "No such channel \n"),
        ("PJSIPShowResourceLists", "No resource lists found\n"),
    ],
)  # fmt: skip
def test_errors_that_only_say_nothing_is_there(action, message):
    reply = Reply(Message((("Response", "Error"), ("Message", message))), action=action)
    frame = reply.frame()
    assert len(frame) == 0
    whole = listed(action).frame()
    assert frame.dtypes.astype(str).to_dict() == whole.dtypes.astype(str).to_dict()
    assert frame.attrs["amiframe"]["fetched_complete"] is True
    assert frame.attrs["amiframe"]["action"] == action


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("Getvar", "No such channel"), ("Hangup", "No such channel"), (None, "No such channel"),
        ("CoreShowChannels", "No such channel"), ("Status", "No active conferences."), ("Status", "no such channel"),
        ("Status", " No such channel"), ("Status", "Permission denied"), ("DBGet", "Database entry not found"),
        ("ConfbridgeList", "No Contacts found"), (None, ""), ("PJSIPShowEndpoint", "Unable to retrieve endpoint x"),
    ],
)  # fmt: skip
def test_other_errors_stay_errors(action, message):
    reply = Reply(Message((("Response", "Error"), ("Message", message))), action=action)
    with pytest.raises(ActionError) as caught:
        reply.frame()
    assert caught.value.message == (message.rstrip() or "Error")
    assert caught.value.reply is reply


@pytest.mark.parametrize("message", ["No active conferences.", "No Contacts found", "No resource lists found"])
def test_a_saved_error_of_an_empty_list_shows_its_action(message):
    frame = Reply(Message((("Response", "Error"), ("Message", message)))).frame()
    assert len(frame) == 0
    assert len(frame.columns) > 5


# --- 10 complete ----------------------------------------------------------------------------------------------------

ITEM = "Event: CoreShowChannel\nChannel: {}"


def test_a_list_without_its_end_is_incomplete_and_keeps_what_came():
    reply = answer("Response: Success\nEventList: start", ITEM.format("a"), ITEM.format("b"), action="CoreShowChannels")
    with pytest.raises(IncompleteList, match="2 items") as caught:
        reply.frame()
    assert caught.value.partial["channel"].tolist() == ["a", "b"]
    assert caught.value.partial.attrs["amiframe"]["fetched_complete"] is False
    assert caught.value.action == "CoreShowChannels"


def test_a_list_with_fewer_items_than_announced_is_incomplete():
    reply = listed("CoreShowChannels", ITEM.format("a"), count=3)
    with pytest.raises(IncompleteList, match="3") as caught:
        reply.frame()
    assert caught.value.partial["channel"].tolist() == ["a"]
    assert caught.value.partial.attrs["amiframe"]["fetched_complete"] is False


def test_tables_of_an_incomplete_list_raise_too():
    with pytest.raises(IncompleteList):
        listed("QueueStatus", "Event: QueueParams\nQueue: a", count=2).tables()


def test_more_items_than_announced_are_no_loss():
    assert len(listed("CoreShowChannels", ITEM.format("a"), ITEM.format("b"), count=1).frame()) == 2


def test_outbound_registrations_are_counted_without_their_logins():
    items = ("Event: OutboundRegistrationDetail\nObjectName: a", "Event: AuthDetail\nObjectName: b")
    assert len(listed("PJSIPShowRegistrationsOutbound", *items, count=1).frame()) == 2
    with pytest.raises(IncompleteList):
        listed("PJSIPShowRegistrationsOutbound", *items, count=2).frame()


def test_a_list_of_an_unknown_action_is_counted_whole():
    end = "Event: NewDone\nEventList: Complete\nListItems: 2"
    parts = ("Response: Success\nEventList: start", "Event: New\nA: 1", end)
    with pytest.raises(IncompleteList):
        answer(*parts).frame()
    assert answer(parts[0], parts[1], parts[1], parts[2]).frame()["a"].tolist() == ["1", "1"]


@pytest.mark.parametrize("marks", [("Start", "Complete"), ("START", "COMPLETE"), ("start", "complete")])
def test_the_marks_of_a_list_are_read_in_any_case(marks):
    end = f"Event: FAXSessionsComplete\nEventList: {marks[1]}\nListItems: 1"
    reply = answer(f"Response: Success\nEventList: {marks[0]}", "Event: FAXSessionsEntry\nFiles: f", end)
    assert reply.is_list
    assert len(reply.frame()) == 1
    with pytest.raises(IncompleteList):
        answer(f"Response: Success\nEventList: {marks[0]}").frame()


@pytest.mark.parametrize("count", ["", "many", "-1", "²"])
def test_a_count_that_is_no_number_counts_nothing(count):
    end = f"Event: CoreShowChannelsComplete\nEventList: Complete\nListItems: {count}"
    assert len(answer("Response: Success\nEventList: start", ITEM.format("a"), end).frame()) == 1


def test_a_whole_list_says_so():
    assert listed("CoreShowChannels", ITEM.format("a")).frame().attrs["amiframe"]["fetched_complete"] is True


def test_a_single_answer_that_broke_off_says_so():
    whole, cut = (read.read_reply(raw("Response: Success\nPing: Pong")[:end]).frame() for end in (None, -6))
    assert whole.attrs["amiframe"]["fetched_complete"] is True
    assert cut.attrs["amiframe"]["fetched_complete"] is False


def test_a_list_whose_end_came_is_whole_without_the_last_empty_line():
    data = raw("Response: Success\nEventList: start", ITEM.format("a"),
               "Event: CoreShowChannelsComplete\nEventList: Complete\nListItems: 1")  # fmt: skip
    assert read.read_reply(data[:-2]).frame().attrs["amiframe"]["fetched_complete"] is True


# --- 11 text --------------------------------------------------------------------------------------------------------


def test_bytes_that_are_no_text_are_replaced_and_counted():
    frame = read.read_events(b"Event: UserEvent\r\nL: caf\xe9\xff\r\nK: ok\r\n\r\nEvent: UserEvent\r\nL: \xe9\r\n\r\n")
    assert frame["l"].tolist() == ["caf\ufffd\ufffd", "\ufffd"]
    assert frame["k"][0] == "ok"
    assert frame.attrs["amiframe"]["repairs"] == 3


def test_repairs_are_counted_in_every_kind_of_column():
    log = b"Event: Hangup\r\nPrivilege: caf\xe9,all\r\nChanVariable: A\xe9=\xe9\r\n"
    log += b"Amf_X\xe9: \xe9\r\nCallerIDName: \xe9\r\n\r\n"
    frame = read.read_events(log)
    assert plain(frame)["privilege"] == [["caf\ufffd", "all"]]
    assert plain(frame)["chanvariables"] == [[("A\ufffd", "\ufffd")]]
    assert frame["calleridname"][0] == "\ufffd"
    assert frame.attrs["amiframe"]["repairs"] == 5  # the name of the column itself has no such bytes


def test_even_the_name_of_an_event_may_be_no_text():
    frame = read.read_events(b"Event: caf\xe9\r\nA: 1\r\n\r\n")
    assert frame["event"].tolist() == ["caf\ufffd"]
    assert frame.attrs["amiframe"]["repairs"] == 1


def test_output_and_commands_are_mended_too():
    frame = read.read_reply(b"Response: Success\r\nOutput: caf\xe9\r\nOutput:  two\r\n\r\n").frame()
    assert frame["output"].tolist() == ["caf\ufffd", " two"]
    assert frame.attrs["amiframe"]["repairs"] == 1
    frame = read.read_commands(b"Response: Success\r\nPing: caf\xe9  (Priv: a\xe9,all)\r\n\r\n")
    assert frame["synopsis"].tolist() == ["caf\ufffd"]
    assert plain(frame)["privileges"] == [["a\ufffd", "all"]]
    assert frame.attrs["amiframe"]["repairs"] == 2


def test_text_without_damage_needs_no_repair():
    assert events("Event: UserEvent\nName: Анна 🎧").attrs["amiframe"]["repairs"] == 0


@pytest.mark.parametrize("encoding", ["cp1251", "windows-1251", "koi8-r"])
def test_a_declared_encoding_is_honoured(encoding):
    frame = read.read_events("Event: UserEvent\r\nName: Анна\r\n\r\n".encode(encoding), encoding=encoding)
    assert frame["name"].tolist() == ["Анна"]
    assert frame.attrs["amiframe"]["repairs"] == 0


def test_a_declared_encoding_is_honoured_in_xml():
    data = "<ajax-response>\n<response type='object' id='unknown'><generic event='X' name='Анна' /></response>\n"
    assert read.read_events(data.encode("cp1251"), encoding="cp1251")["name"].tolist() == ["Анна"]


# --- 13 provenance --------------------------------------------------------------------------------------------------


def test_provenance_is_flat_and_json_safe():
    reply = listed("CoreShowChannels", ITEM.format("a"), pbx="http://pbx:8088", interface="rawman", fetched=FETCHED)
    about = reply.frame().attrs["amiframe"]
    assert json.loads(json.dumps(about)) == about
    assert about == {
        "pbx": "http://pbx:8088", "interface": "rawman", "action": "CoreShowChannels",
        "fetched": "2026-11-23T15:45:02.250000+00:00", "fetched_rows": 1, "fetched_complete": True, "repairs": 0,
        "misfits": 0, "source": None,
    }  # fmt: skip
    assert not any(isinstance(value, dict | list) for value in about.values())


def test_provenance_of_every_kind_of_frame_has_the_same_keys():
    keys = {"pbx", "interface", "action", "fetched", "fetched_rows", "fetched_complete", "repairs", "misfits", "source"}
    found = [
        listed("Status").frame(),
        answer("Response: Success\nPing: Pong").frame(),
        answer("Response: Success\nOutput: x").frame(),
        answer("Response: Success\nPing: p  (Priv: all)").frame(),
        frames.arguments_frame([], frames.about()),
    ]
    for frame in found:
        assert frame.attrs["amiframe"].keys() == keys
    assert events("Event: X").attrs["amiframe"].keys() == keys | {"responses"}


def test_provenance_survives_selecting_and_copying():
    frame = listed("CoreShowChannels", ITEM.format("a")).frame()
    for derived in (frame[["channel"]], frame.copy(), frame.head(0), frame[frame["channel"] == "a"]):
        assert derived.attrs["amiframe"]["action"] == "CoreShowChannels"


def test_frames_do_not_share_their_provenance():
    reply = listed("CoreShowChannels", ITEM.format("a"))
    reply.frame().attrs["amiframe"]["pbx"] = "changed"
    assert reply.frame().attrs["amiframe"]["pbx"] is None


# --- 14 times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1795448144.096591", 1795448144_096591), ("1795448144.9", 1795448144_900000),
        ("1795448144.09", 1795448144_090000), ("1795448144.096", 1795448144_096000),
        ("1795448144.0965", 1795448144_096500), ("1795448144.09659", 1795448144_096590),
        ("1795448144", 1795448144_000000), ("0", 0), ("0.000001", 1), ("99999999999.999999", 99999999999_999999),
        ("9007199254.740993", 9007199254_740993),  # 2**53 + 1 microseconds: no float64 holds it
        ("33554432123.456789", 33554432123_456789),
    ],
)  # fmt: skip
def test_times_are_exact_to_the_microsecond(text, micros):
    frame = events(f"Event: Hangup\nTimestamp: {text}", events="Hangup")
    assert str(frame["timestamp"].dtype) == TIME
    assert pa.array(frame["timestamp"]).cast(pa.int64()).to_pylist() == [micros]
    assert pa.array(frame["amf_time"]).cast(pa.int64()).to_pylist() == [micros]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-23T15:40:15.337+0000", "2026-11-23 15:40:15.337+00:00"),
        ("2026-11-23T18:40:15.337+0300", "2026-11-23 15:40:15.337+00:00"),
        ("2026-11-23T10:10:15.337-05:30", "2026-11-23 15:40:15.337+00:00"),
        ("2026-11-23T15:40:15Z", "2026-11-23 15:40:15+00:00"),
        ("2026-11-23T15:40:15.123456+0000", "2026-11-23 15:40:15.123456+00:00"),
    ],
)
def test_iso_times_become_utc(text, value):
    frame = events(f"Event: SuccessfulAuth\nEventTV: {text}", events="SuccessfulAuth")
    assert str(frame["eventtv"].dtype) == TIME
    assert frame["eventtv"][0] == pd.Timestamp(value)


def test_a_session_that_never_began_has_no_time():
    row = one("Event: SuccessfulAuth\nSessionTV: 1970-01-01T00:00:00.000+0000", events="SuccessfulAuth")
    assert row["sessiontv"] is None


@pytest.mark.parametrize(("event", "header"), [("Cdr", "StartTime"), ("Cdr", "EndTime"), ("CEL", "EventTime")])
def test_local_times_stay_naive(event, header, monkeypatch):
    """The machine's own zone must not slip in."""
    monkeypatch.setenv("TZ", "Asia/Kamchatka")
    time.tzset()
    frame = events(f"Event: {event}\n{header}: 2026-11-23 15:40:15.25", events=event)
    assert str(frame[header.lower()].dtype) == LOCAL
    assert frame[header.lower()][0] == pd.Timestamp("2026-11-23 15:40:15.25")
    monkeypatch.undo()
    time.tzset()


def test_an_unanswered_call_has_no_answer_time():
    frame = events("Event: Cdr\nAnswerTime: ", events="Cdr")
    assert frame["answertime"].isna().all()
    assert str(frame["answertime"].dtype) == LOCAL


def test_dates_of_core_status_stay_as_they_are():
    frame = answer("Response: Success\nCoreStartupDate: 2026-11-23\nCoreStartupTime: 15:34:13").frame()
    assert frame["corestartupdate"][0] == "2026-11-23"
    assert frame["corestartuptime"][0] == "15:34:13"
