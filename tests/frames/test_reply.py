"""Whole answers: what kind of answer it is, and the frame that it gives."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from amf_support import differences, plain

from amiframe import frames
from amiframe.errors import ActionError, IncompleteList, ParseError
from amiframe.reply import ActionDoc, Reply
from amiframe.wire import raw, xml
from amiframe.wire.message import Message

FETCHED = datetime(2026, 11, 23, 15, 45, 2, tzinfo=UTC)


def reply(text: str, **about) -> Reply:
    return Reply.from_messages(raw.parse(text.replace("\n", "\r\n").encode()), **about)


def over_xml(text: str, **about) -> Reply:
    data = xml.encode(raw.parse(text.replace("\n", "\r\n").encode()))
    return Reply.from_messages(xml.parse(data), **about)


PING = "Response: Success\nActionID: 7\nPing: Pong\nTimestamp: 1711272193.709205\n\n"
QUEUES = """Response: Success
EventList: start
Message: Queue status will follow

Event: QueueParams
Queue: support
Max: 0
ServicelevelPerf: 66.7

Event: QueueMember
Queue: support
Name: Bob, Jr
Status: 2
Paused: 1
LastCall: 1795448816

Event: QueueMember
Queue: support
Name: Ann
Status: 1
Paused: 0
LastCall: 0

Event: QueueEntry
Queue: support
Position: 1
Priority: 0
Wait: 12

Event: QueueStatusComplete
EventList: Complete
ListItems: 4

"""
WAITED = """Response: Success
Message: Waiting for Event completed.

Event: Hangup
Timestamp: 1795448144.096591
Cause: 16

Event: UserEvent
UserEvent: x

"""
WAIT_END = "Event: WaitEventComplete\nActionID: 9\n\n"
OUTPUT = """Response: Success
Message: Command output follows
Output: Name/username  Host
Output:   indented: 1
Output:
Output: 2 peers

""".replace("Output:\n", "Output: \n")


# --- single ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [reply, over_xml])
def test_a_single_answer_is_one_row(read):
    got = read(PING, fetched=FETCHED)
    assert got.ok
    assert not got.is_list
    assert got.events == ()
    frame = got.frame()
    assert plain(frame) == {
        "actionid": ["7"], "ping": ["Pong"],
        "timestamp": [pd.Timestamp("2024-03-24 09:23:13.709205+00:00")], "amf_fetched": [pd.Timestamp(FETCHED)],
        "amf_misfit": [None],
    }  # fmt: skip
    assert frame.attrs["amiframe"]["action"] == "Ping"


@pytest.mark.parametrize("action", ["CoreSettings", "coresettings", None])
def test_core_settings_are_typed(action):
    text = "Response: Success\nAMIversion: 11.0.0\nCoreMaxCalls: 5\nCoreMaxLoadAvg: 0.5\nCoreCDRenabled: Yes\nNew: 1"
    frame = reply(text + "\n\n", action=action).frame()
    assert frame["amiversion"][0] == "11.0.0"
    assert (str(frame["coremaxcalls"].dtype), frame["coremaxcalls"][0]) == ("Int64", 5)
    assert (str(frame["coremaxloadavg"].dtype), frame["coremaxloadavg"][0]) == ("float64", 0.5)
    assert (str(frame["corecdrenabled"].dtype), frame["corecdrenabled"][0]) == ("boolean", True)
    assert pd.isna(frame["systemname"][0])
    assert frame["new"][0] == "1"
    assert frame.attrs["amiframe"]["action"] == (action or "CoreSettings")


def test_core_status_is_known_by_its_headers():
    frame = reply("Response: Success\nCoreStartupDate: 2026-11-23\nCoreCurrentCalls: 3\n\n").frame()
    assert frame["corecurrentcalls"].tolist() == [3]
    assert frame.attrs["amiframe"]["action"] == "CoreStatus"


def test_an_answer_that_no_table_knows_is_text():
    frame = reply("Response: Success\nVariable: X\nValue: 12\n\n", action="Getvar").frame()
    assert frame["value"].tolist() == ["12"]
    assert frame.attrs["amiframe"]["action"] == "Getvar"
    assert reply("Response: Goodbye\nMessage: Thanks\n\n").frame()["message"].tolist() == ["Thanks"]


def test_a_response_with_nothing_else_is_one_row():
    frame = reply("Response: Success\n\n").frame()
    assert len(frame) == 1
    assert frame.attrs["amiframe"]["action"] is None


def test_an_error_carries_the_servers_words():
    got = reply("Response: Error\nMessage: Permission denied \n\n", action="Status", pbx="http://pbx:8088")
    assert not got.ok
    for call in (got.frame, got.tables, got.raise_for_error):
        with pytest.raises(ActionError) as caught:
            call()
        assert caught.value.message == "Permission denied"
        assert caught.value.reply is got
        assert (caught.value.pbx, caught.value.action) == ("http://pbx:8088", "Status")


def test_an_error_is_read_in_any_case():
    assert not reply("Response: ERROR\nMessage: x\n\n").ok
    assert reply("Response: Success\nMessage: Error\n\n").ok


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [reply, over_xml])
@pytest.mark.parametrize("action", ["QueueStatus", "queuestatus", None])
def test_a_mixed_list_is_one_wide_frame(read, action):
    frame = read(QUEUES, action=action).frame()
    assert frame["event"].tolist() == ["QueueParams", "QueueMember", "QueueMember", "QueueEntry"]
    assert frame["queue"].tolist() == ["support"] * 4
    assert frame["name"].fillna("-").tolist() == ["-", "Bob, Jr", "Ann", "-"]
    assert plain(frame)["status"] == [None, 2, 1, None]
    assert frame.columns[0] == "event"
    assert frame.attrs["amiframe"]["action"] == (action or "QueueStatus")


def test_a_mixed_list_has_its_event_column_with_one_kind_too():
    text = QUEUES.replace("ListItems: 4", "ListItems: 1")
    start, params, *_, end = text.strip().split("\n\n")
    frame = reply("\n\n".join((start, params, end)) + "\n\n").frame()
    assert frame["event"].tolist() == ["QueueParams"]
    assert {"position", "paused"} <= set(frame.columns)


@pytest.mark.parametrize("read", [reply, over_xml])
def test_tables_are_dense_and_typed(read):
    tables = read(QUEUES).tables()
    assert list(tables) == ["QueueParams", "QueueMember", "QueueEntry"]
    members = tables["QueueMember"]
    assert members["name"].tolist() == ["Bob, Jr", "Ann"]
    assert members["paused"].tolist() == [True, False]
    assert members["lastcall"].tolist() == [pd.Timestamp("2026-11-23 15:46:56+00:00"), pd.NaT]
    assert tables["QueueParams"]["servicelevelperf"].tolist() == [66.7]
    assert tables["QueueEntry"]["wait"].tolist() == [12]
    for name, table in tables.items():
        assert "event" not in table
        assert table.attrs["amiframe"]["action"] == "QueueStatus", name
        assert table.attrs["amiframe"]["fetched_rows"] == len(table)


def test_tables_build_no_frame_of_the_whole(monkeypatch):
    built = []

    def list_frame(items, *args, **more):
        built.append({item.name for item in items})
        return frame_of_list(items, *args, **more)

    frame_of_list = frames.list_frame
    monkeypatch.setattr(frames, "list_frame", list_frame)
    reply(QUEUES).tables()
    assert built == [{"QueueParams"}, {"QueueMember"}, {"QueueEntry"}]


@pytest.mark.parametrize("read", [reply, over_xml])
def test_tables_of_a_cut_or_refused_list_raise_as_its_frame(read):
    with pytest.raises(IncompleteList, match="its end did not") as caught:
        read(QUEUES[: QUEUES.index("Event: QueueStatusComplete")]).tables()
    assert caught.value.partial["event"].tolist() == ["QueueParams", "QueueMember", "QueueMember", "QueueEntry"]
    with pytest.raises(ActionError, match="Permission denied"):
        read("Response: Error\nMessage: Permission denied\n\n").tables()


def test_tables_of_what_is_not_there_are_empty_with_their_columns():
    text = "Response: Success\nEventList: start\n\nEvent: QueueStatusComplete\nEventList: Complete\nListItems: 0\n\n"
    tables = reply(text).tables()
    assert [len(table) for table in tables.values()] == [0, 0, 0]
    assert str(tables["QueueMember"]["paused"].dtype) == "boolean"


def test_tables_take_raw_values():
    assert reply(QUEUES).tables(raw_values=True)["QueueMember"]["lastcall"].tolist() == ["1795448816", "0"]


def test_an_item_of_another_kind_makes_a_list_wide():
    text = """Response: Success
EventList: start

Event: CoreShowChannel
Channel: a

Event: Surprise
Channel: b

Event: CoreShowChannelsComplete
EventList: Complete
ListItems: 1

"""
    got = reply(text)
    assert got.frame()["event"].tolist() == ["CoreShowChannel", "Surprise"]
    assert got.tables()["Surprise"]["channel"].tolist() == ["b"]


def test_the_end_of_a_list_is_no_item():
    got = reply(QUEUES)
    assert got.is_list
    assert len(got.events) == 4
    assert got.complete is not None
    assert got.complete.name == "QueueStatusComplete"


def test_fax_statistics_are_an_event_without_the_marks_of_a_list():
    text = "Response: Success\nMessage: FAXStats will follow\n\nEvent: FAXStats\nCurrentSessions: 2\nFailedFAXes: 0\n\n"
    got = reply(text, action="FAXStats")
    assert not got.is_list
    frame = got.frame()
    assert frame["currentsessions"].tolist() == [2]
    assert frame["failedfaxes"].tolist() == [0]
    assert frame.attrs["amiframe"]["fetched_complete"] is True
    assert "event" not in frame
    assert list(got.tables()) == ["FAXStats"]


def test_a_list_that_was_cut_off_says_how_much_came():
    with pytest.raises(IncompleteList, match="1 items came") as caught:
        reply("Response: Success\nEventList: start\n\nEvent: Status\nChannel: a\n\n", action="Status").frame()
    assert caught.value.partial["channel"].tolist() == ["a"]


# --- events of WaitEvent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [reply, over_xml])
def test_events_of_wait_event_are_rows_of_a_log(read):
    got = read(WAITED + WAIT_END, fetched=FETCHED)
    frame = got.frame()
    assert frame["event"].tolist() == ["Hangup", "UserEvent"]
    assert frame["amf_seq"].tolist() == [0, 1]
    assert frame["amf_time"].tolist() == [pd.Timestamp("2026-11-23 15:35:44.096591+00:00"), pd.Timestamp(FETCHED)]
    assert frame["amf_time_source"].tolist() == ["server", "arrival"]
    assert frame.attrs["amiframe"]["fetched_complete"] is True
    assert got.complete is not None
    assert "amf_fetched" not in frame


def test_wait_event_may_bring_nothing():
    frame = reply("Response: Success\nMessage: Waiting for Event completed.\n\n" + WAIT_END).frame()
    assert len(frame) == 0
    assert str(frame["amf_time"].dtype) == "datetime64[us, UTC]"


def test_wait_event_without_its_end_is_incomplete():
    frame = reply(WAITED).frame()
    assert frame["event"].tolist() == ["Hangup", "UserEvent"]
    assert frame["amf_seq"].tolist() == [0, 1]
    assert frame.attrs["amiframe"]["fetched_complete"] is False


def test_wait_event_takes_raw_values():
    assert reply(WAITED + WAIT_END).frame(raw_values=True)["cause"].tolist()[0] == "16"


# --- CLI output and commands ----------------------------------------------------------------------------------------


def test_cli_output_keeps_its_indentation():
    got = reply(OUTPUT, action="Command", fetched=FETCHED)
    assert got.output == "Name/username  Host\n  indented: 1\n\n2 peers"
    frame = got.frame()
    assert frame["output"].tolist() == ["Name/username  Host", "  indented: 1", "", "2 peers"]
    assert frame["amf_fetched"].tolist() == [pd.Timestamp(FETCHED)] * 4
    assert got.tables() == {}


def test_cli_output_of_a_failed_command_is_an_error_with_its_text():
    got = reply("Response: Error\nMessage: Command output follows\nOutput: No such command 'x'\n\n", action="Command")
    with pytest.raises(ActionError) as caught:
        got.frame()
    assert caught.value.reply.output == "No such command 'x'"


def test_list_commands():
    text = "Response: Success\nActionID: 1\nPing: Keepalive command.  (Priv: <none>)\nStatus: List.  (Priv: call,all)"
    frame = reply(text + "\n\n", fetched=FETCHED).frame()
    assert list(frame.columns) == ["action", "synopsis", "privileges", "amf_fetched"]
    assert frame["action"].tolist() == ["Ping", "Status"]
    assert frame["synopsis"].tolist() == ["Keepalive command.", "List."]
    assert plain(frame)["privileges"] == [[], ["call", "all"]]
    assert frame.attrs["amiframe"]["action"] == "ListCommands"
    assert frame["amf_fetched"].tolist() == [pd.Timestamp(FETCHED)] * 2


def test_list_commands_over_xml_spells_known_actions_as_the_server_does():
    text = "Response: Success\nPJSIPShowEndpoints: x  (Priv: system,all)\nMyOwn:   (Priv: <none>)\n\n"
    frame = over_xml(text).frame()
    assert frame["action"].tolist() == ["PJSIPShowEndpoints", "myown"]
    assert frame["synopsis"].isna().tolist() == [False, True]


def test_an_answer_asked_for_by_another_name_is_no_list_of_commands():
    text = "Response: Success\nNote: x (Priv: all)\n\n"
    assert "note" in reply(text, action="Getvar").frame().columns
    assert reply(text, action="listcommands").frame()["action"].tolist() == ["Note"]


DOC = """Response: Success
Message: Command output follows
Output: [Syntax]
Output: Action: Ping
Output: [ActionID:] <value>
Output: Count: <value>
Output:
Output: [Synopsis]
Output: Keepalive.
Output:
Output: [Arguments]
Output: ActionID
Output:     The id.
Output: Count
Output:     How many.
Output:
Output: [Privilege]
Output: call,all
Output:

""".replace("Output:\n", "Output: \n")


def test_docs_are_the_documented_actions():
    (doc,) = reply(DOC).docs()
    assert isinstance(doc, ActionDoc)
    assert (doc.action, doc.synopsis, doc.privileges) == ("Ping", "Keepalive.", ("call", "all"))
    frame = doc.frame()
    assert plain(frame) == {
        "action": ["Ping", "Ping"], "argument": ["ActionID", "Count"], "required": [False, True], "position": [1, 2],
        "description": ["The id.", "How many."], "choices": [[], []],
    }  # fmt: skip
    assert frame.dtypes.astype(str).tolist() == [
        "str", "str", "boolean", "Int64", "str", "list<item: string>[pyarrow]",
    ]  # fmt: skip
    assert frame.attrs["amiframe"]["action"] == "Ping"


def test_docs_over_xml_are_the_same_but_for_the_choices():
    """The indentation that tells them is gone."""
    one, other = (read(DOC).docs()[0].frame() for read in (reply, over_xml))
    assert plain(other)["choices"] == [None, None]
    assert differences(one, other, ignore=("choices",)) == []


def test_docs_of_other_output_is_a_parse_error():
    with pytest.raises(ParseError):
        reply(OUTPUT).docs()


def test_docs_of_an_unknown_name_are_none():
    assert reply("Response: Success\nMessage: Command output follows\nOutput: \n\n").docs() == []


# --- what is no answer ----------------------------------------------------------------------------------------------


def test_several_answers_are_a_parse_error():
    with pytest.raises(ParseError, match="several") as caught:
        reply(PING + PING)
    assert "read_events" in caught.value.hint


@pytest.mark.parametrize("text", ["Event: Hangup\nCause: 16\n\n", "hello\n\n", "Ping: Pong\n\n"])
def test_what_does_not_begin_with_a_response_is_no_answer(text):
    with pytest.raises(ParseError) as caught:
        reply(text)
    assert "read_events" in caught.value.hint
    assert caught.value.offset == 0
    assert caught.value.excerpt


def test_nothing_is_no_answer():
    with pytest.raises(ParseError):
        Reply.from_messages([])


def test_an_originate_response_is_an_event_and_no_answer():
    with pytest.raises(ParseError):
        reply("Event: OriginateResponse\nResponse: Failure\n\n")


def test_a_reply_is_frozen_and_compares():
    one, other = reply(PING), reply(PING)
    assert one == other
    with pytest.raises(AttributeError):
        one.action = "Ping"
    assert one.message == ""
    assert Reply(Message((("Response", "Success"), ("Message", "m")))).message == "m"
