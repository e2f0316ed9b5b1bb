"""Saved answers: the page with which the project began, cell by cell, and files that hold something else."""

from __future__ import annotations

import pandas as pd
import pytest
from amf_support import SAMPLES, differences, plain

from amiframe import read
from amiframe.errors import ActionError, ConfigError, IncompleteList, ParseError
from amiframe.wire import raw, xml

SEED = SAMPLES / "seed-page"
ERROR = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
OUTPUT = b"Response: Success\r\nMessage: Command output follows\r\nOutput: hello\r\n\r\n"


def as_xml(path) -> bytes:
    return xml.encode(raw.parse(path.read_bytes()))


# --- Status ---------------------------------------------------------------------------------------------------------

STATUS = {
    "privilege": ("list<item: string>[pyarrow]", ["Call"]),
    "channel": ("str", "PJSIP/user"),
    "channelstate": ("Int64", 6),
    "channelstatedesc": ("str", "Up"),
    "calleridnum": ("str", "110"),
    "calleridname": ("str", None),
    "connectedlinenum": ("str", None),
    "connectedlinename": ("str", None),
    "language": ("str", "ru"),
    "accountcode": ("str", None),
    "context": ("str", "outgoing"),
    "exten": ("str", "153"),
    "priority": ("Int64", 3),
    "uniqueid": ("str", "1711273253.11"),
    "linkedid": ("str", "1711273253.11"),
    "type": ("str", "PJSIP"),
    "dnid": ("str", "153"),
    "effectiveconnectedlinenum": ("str", None),
    "effectiveconnectedlinename": ("str", None),
    "timetohangup": ("datetime64[us, UTC]", None),
    "bridgeid": ("str", None),
    "application": ("str", "Queue"),
    "data": ("str", "queue"),
    "nativeformats": ("str", "(alaw)"),
    "readformat": ("str", "alaw"),
    "readtrans": ("str", None),
    "writeformat": ("str", "slin"),
    "writetrans": ("str", "(slin@8000)->(alaw@8000)"),
    "callgroup": ("Int64", 0),
    "pickupgroup": ("Int64", 0),
    "seconds": ("Int64", 21),
    "variables": ("map<string, string>[pyarrow]", None),
    "amf_fetched": ("datetime64[us, UTC]", None),
    "amf_misfit": ("map<string, string>[pyarrow]", None),
}


@pytest.mark.parametrize("src", [SEED / "status.txt", as_xml(SEED / "status.txt")], ids=["raw", "xml"])
def test_every_column_of_the_pages_status(src):
    frame = read.read_status(src)
    assert frame.dtypes.astype(str).to_dict() == {name: dtype for name, (dtype, _) in STATUS.items()}
    assert list(frame.columns) == list(STATUS)
    assert plain(frame) == {name: [value] for name, (_, value) in STATUS.items()}


def test_the_pages_status_as_text():
    frame = read.read_status(SEED / "status.txt", raw_values=True)
    row = frame.iloc[0]
    assert row[["timetohangup", "connectedlinenum", "calleridname", "seconds", "privilege"]].tolist() == [
        "0", "<unknown>", "", "21", "Call",
    ]  # fmt: skip


def test_status_says_where_it_comes_from():
    about = read.read_status(SEED / "status.txt").attrs["amiframe"]
    assert about["source"] == str(SEED / "status.txt")
    assert (about["action"], about["fetched"], about["fetched_rows"]) == ("Status", None, 1)
    assert about["fetched_complete"] is True


def test_a_status_without_channels_has_all_columns():
    end = b"Event: StatusComplete\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
    frame = read.read_status(b"Response: Success\r\nEventList: start\r\n\r\n" + end)
    assert len(frame) == 0
    assert list(frame.columns) == list(STATUS)


def test_status_of_a_channel_that_is_gone_is_empty():
    frame = read.read_status(b"Response: Error\r\nMessage: No such channel\r\n\r\n")
    assert (len(frame), list(frame.columns)) == (0, list(STATUS))


def test_a_status_that_was_cut_off():
    data = (SEED / "status.txt").read_bytes()
    with pytest.raises(IncompleteList) as caught:
        read.read_status(data[: data.index(b"Event: StatusComplete")])
    assert caught.value.partial["channel"].tolist() == ["PJSIP/user"]
    with pytest.raises(IncompleteList) as caught:
        read.read_status(data[: data.index(b"EventList: start") + 18])
    assert len(caught.value.partial) == 0


def test_a_status_that_broke_off_in_a_record():
    data = (SEED / "status.txt").read_bytes()
    with pytest.raises(IncompleteList) as caught:
        read.read_status(data[: data.index(b"Exten:")])
    partial = caught.value.partial
    assert (partial["context"][0], partial["exten"].isna()[0]) == ("outgoing", True)


def test_an_error_is_the_servers():
    for reader in (read.read_status, read.read_commands, read.read_command_doc):
        with pytest.raises(ActionError, match="Permission denied"):
            reader(ERROR)


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("22/queue_status.txt", "QueueMember, QueueParams"), ("22/core_settings.txt", "something else"),
        ("seed-page/login.txt", "Authentication accepted"), ("22/events.txt", "CEL"),
        ("seed-page/command.txt", "Command output follows"),
    ],
)  # fmt: skip
def test_another_answer_is_no_status(path, holds):
    with pytest.raises(ParseError, match="no answer of Status") as caught:
        read.read_status(SAMPLES / path)
    assert holds in str(caught.value)
    assert "read_reply" in caught.value.hint


@pytest.mark.parametrize("version", ["16", "22"])
@pytest.mark.parametrize("name", ["status_few", "status_busy"])
def test_text_and_xml_are_the_same_status(version, name):
    """The two were asked one after the other: what moves is aside."""
    one, other = (read.read_status(SAMPLES / version / f"{name}.{suffix}") for suffix in ("txt", "xml"))
    assert differences(one, read.read_status(as_xml(SAMPLES / version / f"{name}.txt"))) == []
    assert list(one.columns) == list(other.columns)
    assert one.dtypes.tolist() == other.dtypes.tolist()
    shared = set(one["uniqueid"]) & set(other["uniqueid"])
    assert len(shared) > 0.8 * len(one)
    assert plain(one)["amf_misfit"] == [None] * len(one)


def test_odd_variables_come_out_of_status_as_they_were():
    for name in ("status_both", "status_allvars"):
        frame = read.read_status(SAMPLES / "22" / "odd" / f"{name}.txt")
        assert any(pairs for pairs in plain(frame)["variables"])
        assert read.read_status(SAMPLES / "22" / "odd" / f"{name}.xml")["channel"].tolist() == frame["channel"].tolist()


# --- any reply ------------------------------------------------------------------------------------------------------


def test_the_pages_ping():
    frame = read.read_reply(SEED / "ping.txt").frame()
    assert frame["ping"].tolist() == ["Pong"]
    assert frame["timestamp"].tolist() == [pd.Timestamp("2024-03-24 09:23:13.709205+00:00")]


def test_the_pages_login():
    reply = read.read_reply(SEED / "login.txt")
    assert (reply.ok, reply.message, reply.action) == (True, "Authentication accepted", None)
    assert reply.frame()["message"].tolist() == ["Authentication accepted"]


def test_queues():
    tables = read.read_reply(SAMPLES / "22" / "queue_status.txt").tables()
    assert tables["QueueMember"]["name"].tolist()[:2] == ["Bob, Jr", "Ann Lee"]
    assert tables["QueueMember"]["paused"].tolist()[:2] == [False, True]
    assert tables["QueueMember"]["pausedreason"].fillna("-").tolist()[:2] == ["-", "coffee"]
    assert tables["QueueMember"]["actionid"].tolist()[0] == "busy"
    assert tables["QueueParams"]["servicelevelperf"].tolist()[0] == 100.0


@pytest.mark.parametrize("name", ["core_settings", "core_status"])
@pytest.mark.parametrize("version", ["16", "22"])
def test_core_answers_are_known(version, name):
    frame = read.read_reply(SAMPLES / version / f"{name}.txt").frame()
    assert len(frame) == 1
    assert frame.attrs["amiframe"]["action"] == {"core_settings": "CoreSettings", "core_status": "CoreStatus"}[name]


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\n\n\n"])
def test_an_empty_input_is_no_answer(data):
    with pytest.raises(ParseError, match="empty") as caught:
        read.read_reply(data)
    assert caught.value.offset == 0


def test_a_log_is_no_answer():
    with pytest.raises(ParseError) as caught:
        read.read_reply(b"Asterisk Call Manager/11.0.0\r\nEvent: FullyBooted\r\nStatus: x\r\n\r\n")
    assert "read_events" in caught.value.hint


# --- ListCommands ---------------------------------------------------------------------------------------------------


def test_the_pages_commands():
    frame = read.read_commands(SEED / "listcommands.txt")
    assert frame.dtypes.astype(str).to_dict() == {
        "action": "str", "synopsis": "str", "privileges": "list<item: string>[pyarrow]",
        "amf_fetched": "datetime64[us, UTC]",
    }  # fmt: skip
    first = frame.set_index("action").loc["AbsoluteTimeout"]
    assert first["synopsis"] == "Set absolute timeout."
    assert list(first["privileges"]) == ["system", "call", "all"]
    by_name = dict(zip(frame["action"], plain(frame)["privileges"], strict=True))
    assert by_name["BridgeInfo"] == []
    assert by_name["Command"] == ["command", "all"]
    assert frame["action"].is_unique
    assert sorted(frame["action"], key=str.lower) == frame["action"].tolist()
    assert frame["synopsis"].notna().all()
    assert not frame["synopsis"].str.contains("Priv|  ").any()
    assert frame.attrs["amiframe"]["action"] == "ListCommands"


def test_each_action_of_the_page_is_there_once():
    text = (SEED / "listcommands.txt").read_text(encoding="utf-8").replace("\r", "")
    # a wrapped line begins with blanks
    names = [line.split(":")[0] for line in text.splitlines()[1:] if line and not line.startswith(" ")]
    assert read.read_commands(SEED / "listcommands.txt")["action"].tolist() == names


@pytest.mark.parametrize(
    ("data", "holds"),
    [((SEED / "ping.txt").read_bytes(), "something else"), ((SEED / "status.txt").read_bytes(), "Status"),
     (OUTPUT, "Command output follows"), ((SEED / "login.txt").read_bytes(), "Authentication accepted")],
)  # fmt: skip
def test_another_answer_is_no_list_of_commands(data, holds):
    with pytest.raises(ParseError, match="no answer of ListCommands") as caught:
        read.read_commands(data)
    assert holds in str(caught.value)


def test_commands_that_broke_off_in_a_line():
    data = (SEED / "listcommands.txt").read_bytes()
    with pytest.raises(ParseError, match=r"Priv"):
        read.read_commands(data[: data.index(b"(Priv: agi,all)") + 9])


def test_commands_that_broke_off_between_lines_say_so():
    data = (SEED / "listcommands.txt").read_bytes()
    frame = read.read_commands(data[: data.index(b"Atxfer")])
    assert frame["action"].tolist() == ["AbsoluteTimeout", "AGI", "AOCMessage"]
    assert frame.attrs["amiframe"]["fetched_complete"] is False
    assert read.read_commands(data).attrs["amiframe"]["fetched_complete"] is True


# --- documentation --------------------------------------------------------------------------------------------------


def test_the_pages_command_doc():
    doc = read.read_command_doc(SEED / "command.txt")
    assert (doc.action, doc.privileges, doc.see_also) == ("WaitEvent", (), ())
    assert [(a.name, a.required) for a in doc.arguments] == [("ActionID", False), ("Timeout", True)]
    frame = doc.frame()
    assert frame["position"].tolist() == [1, 2]
    assert frame["action"].tolist() == ["WaitEvent"] * 2
    assert "'-1' means forever" in frame["description"][1]


def test_another_answer_is_no_command_doc():
    with pytest.raises(ParseError):
        read.read_command_doc(OUTPUT)
    with pytest.raises(ParseError, match="no action of that name"):
        read.read_command_doc(SEED / "ping.txt")
    with pytest.raises(ParseError, match="no action of that name") as caught:
        read.read_command_doc(OUTPUT.replace(b"hello", b""))
    assert "ListCommands" in caught.value.hint


def test_two_documented_actions_are_one_too_many():
    lines = [line for line in (SEED / "command.txt").read_bytes().split(b"\r\n") if line.startswith(b"Output")]
    data = b"\r\n".join([b"Response: Success", *lines, *lines, b"", b""])
    with pytest.raises(ParseError, match="2 documented"):
        read.read_command_doc(data)
    assert len(read.read_reply(data).docs()) == 2


@pytest.mark.parametrize("reader", [read.read_reply, read.read_status, read.read_commands, read.read_command_doc])
def test_several_inputs_are_one_too_many(reader):
    with pytest.raises(ConfigError, match="one answer"):
        reader([SEED / "ping.txt", SEED / "ping.txt"])


@pytest.mark.parametrize(("encoding", "name"), [("cp1251", "Анна"), ("latin-1", "Zoë"), ("utf-8", "Анна")])
def test_the_encoding_goes_through(encoding, name):
    status = (SEED / "status.txt").read_bytes().decode().replace("CallerIDName: ", f"CallerIDName: {name}")
    assert read.read_status(status.encode(encoding), encoding=encoding)["calleridname"].tolist() == [name]
    commands = f"Response: Success\r\nPing: {name}  (Priv: all)\r\n\r\n".encode(encoding)
    assert read.read_commands(commands, encoding=encoding)["synopsis"].tolist() == [name]
    output = f"Response: Success\r\nOutput: {name}\r\n\r\n".encode(encoding)
    assert read.read_reply(output, encoding=encoding).output == name
    doc = (SEED / "command.txt").read_bytes().decode().replace("Maximum", name)
    assert name in read.read_command_doc(doc.encode(encoding), encoding=encoding).arguments[1].description
