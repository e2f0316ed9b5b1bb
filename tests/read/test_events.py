"""Event logs: what is a row and what is none, in one frame, one per event, or piece by piece."""

from __future__ import annotations

import random
import tracemalloc

import pandas as pd
import pytest
from amf_support import SAMPLES, differences, plain
from hypothesis import given
from hypothesis import strategies as st

from amiframe import read
from amiframe.errors import ConfigError, ParseError
from amiframe.wire import raw, xml

EVENTS = {version: SAMPLES / version / "events.txt" for version in ("16", "22")}
WAIT = "Response: Success\nMessage: Waiting for Event completed."
WAIT_END = "Event: WaitEventComplete"
HANGUP = "Event: Hangup\nPrivilege: call,all\nTimestamp: 1795448144.096591\nChannel: a\nCause: 16"
VARSET = "Event: VarSet\nChannel: a\nVariable: X\nValue: 1"
USER = "Event: UserEvent\nUserEvent: x\nMine: {}"


def log(*records: str) -> bytes:
    return "".join(record.replace("\n", "\r\n") + "\r\n\r\n" for record in records).encode()


def as_xml(*records: str) -> bytes:
    return xml.encode(raw.parse(log(*records)))


# --- rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [log, as_xml])
def test_answers_and_the_end_of_waiting_are_no_rows(make):
    data = make(WAIT, HANGUP, WAIT_END) + make(WAIT, WAIT_END) + make(WAIT, VARSET, HANGUP, WAIT_END)
    frame = read.read_events(data)
    assert frame["event"].tolist() == ["Hangup", "VarSet", "Hangup"]
    assert frame["amf_seq"].tolist() == [0, 1, 2]
    assert frame.attrs["amiframe"]["responses"] == 3
    assert frame.attrs["amiframe"]["fetched_complete"] is True
    assert frame.attrs["amiframe"]["fetched_rows"] == 3


def test_a_log_of_the_tcp_interface_begins_with_a_banner():
    data = log("Response: Success", "Event: FullyBooted", HANGUP)
    frame = read.read_events(b"Asterisk Call Manager/11.0.0\r\n" + data)
    assert frame["event"].tolist() == ["FullyBooted", "Hangup"]
    assert "opaque_data" not in frame


@pytest.mark.parametrize("version", ["16", "22"])
def test_raw_and_xml_logs_are_equal(version):
    data = EVENTS[version].read_bytes()
    one, other = read.read_events(data), read.read_events(xml.encode(raw.parse(data)))
    assert differences(one, other) == []
    assert len(one) > 40
    assert one["amf_time"].notna().all()
    assert plain(one)["amf_misfit"] == [None] * len(one)


@pytest.mark.parametrize("version", ["16", "22"])
def test_two_clients_saw_the_same_events(version):
    """The samples in text and in XML are of the same seconds."""
    one, other = (read.read_events(EVENTS[version].with_suffix(s)) for s in (".txt", ".xml"))
    assert list(one.columns) == list(other.columns)
    assert one.dtypes.tolist() == other.dtypes.tolist()
    key = one["timestamp"].astype(str) + one["event"]
    assert len(set(key) & set(other["timestamp"].astype(str) + other["event"])) > 0.5 * len(one)


def test_hangups_of_the_sample():
    frame = read.read_events(EVENTS["22"], events="Hangup")
    assert frame["cause"].tolist() == [17, 17, 17]
    assert set(frame["event"]) == {"Hangup"}


# --- which events ---------------------------------------------------------------------------------------------------


def test_one_event_is_a_dense_frame_with_places_of_the_whole_log():
    frame = read.read_events(log(VARSET, HANGUP, VARSET, HANGUP), events="Hangup")
    assert frame["amf_seq"].tolist() == [1, 3]
    assert "variable" not in frame
    assert str(frame["cause"].dtype) == "Int64"


def test_several_events_are_one_wide_frame():
    frame = read.read_events(log(VARSET, HANGUP, USER), events=["Hangup", "VarSet", "Hangup"])
    assert frame["event"].tolist() == ["VarSet", "Hangup"]
    assert {"cause", "value"} <= set(frame.columns)
    assert frame.columns.is_unique


def test_events_of_a_set_or_a_generator():
    assert len(read.read_events(log(VARSET, HANGUP), events={"Hangup"})) == 1
    assert len(read.read_events(log(VARSET, HANGUP), events=(name for name in ["Hangup"]))) == 1


def test_a_known_event_that_did_not_come_is_an_empty_frame():
    frame = read.read_events(log(HANGUP), events="Cdr")
    assert len(frame) == 0
    assert str(frame["starttime"].dtype) == "datetime64[us]"


def test_an_event_that_no_table_knows_may_be_asked_for_if_it_came():
    assert read.read_events(log("Event: MyOwn\nA: 1"), events="MyOwn")["a"].tolist() == ["1"]


@pytest.mark.parametrize(("name", "near"), [("Hangupp", "Hangup"), ("hangup", "Hangup"), ("varset", "VarSet"),
                                            ("QueueCallerAbandoned", "QueueCallerAbandon")])  # fmt: skip
def test_a_misspelt_event_is_refused_with_the_nearest_name(name, near):
    for call in (read.read_events, read.read_event_tables, lambda *a, **k: list(read.iter_events(*a, **k))):
        with pytest.raises(ConfigError, match=f"'{name}'") as caught:
            call(log(HANGUP), events=name)
        assert caught.value.hint == f"did you mean '{near}'?"


def test_an_event_like_no_other_has_no_nearest_name():
    with pytest.raises(ConfigError) as caught:
        read.read_events(log(HANGUP), events="Zzzzqqqq")
    assert caught.value.hint is None


# --- which columns --------------------------------------------------------------------------------------------------


def test_columns_come_in_the_order_asked():
    frame = read.read_events(log(HANGUP, VARSET), columns=["cause", "event", "amf_seq"])
    assert list(frame.columns) == ["cause", "event", "amf_seq"]
    assert frame["cause"].isna().tolist() == [False, True]
    assert frame.attrs["amiframe"]["fetched_rows"] == 2


def test_one_column_may_be_named_alone():
    assert list(read.read_events(log(HANGUP), columns="event").columns) == ["event"]


def test_columns_that_no_event_had_are_missing_with_their_types():
    wanted = {
        "queue": "str", "holdtime": "Int64", "chanvariables": "map<string, string>[pyarrow]", "eventtv":
        "datetime64[us, UTC]", "starttime": "datetime64[us]", "rtt": "str", "amf_extra": "map<string, string>[pyarrow]",
        "amf_source": "str", "localoptimization": "boolean", "privilege": "list<item: string>[pyarrow]",
    }  # fmt: skip
    frame = read.read_events(log("Event: NeverHeardOf"), columns=list(wanted))
    assert frame.dtypes.astype(str).to_dict() == wanted
    assert frame.isna().all().all()
    assert len(frame) == 1
    assert frame.attrs["amiframe"]["fetched_rows"] == 1


def test_a_column_of_another_event_is_no_column_of_the_one_asked_for():
    with pytest.raises(ConfigError):
        read.read_events(log(HANGUP), events="Hangup", columns=["queue"])


def test_columns_of_raw_values_are_text():
    frame = read.read_events(log(HANGUP), columns=["holdtime", "cause", "chanvariables"], raw_values=True)
    assert frame.dtypes.astype(str).tolist() == ["str", "str", "map<string, string>[pyarrow]"]
    assert frame["cause"].tolist() == ["16"]


@pytest.mark.parametrize(("name", "near"), [("caus", "cause"), ("Cause", "cause"), ("minee", "mine")])
def test_a_misspelt_column_is_refused_with_the_nearest_name(name, near):
    with pytest.raises(ConfigError, match=f"'{name}'") as caught:
        read.read_events(log(HANGUP, USER.format(1)), columns=["event", name])
    assert caught.value.hint == f"did you mean '{near}'?"


def test_columns_of_an_empty_log():
    frame = read.read_events(b"", columns=["event", "cause"])
    assert (len(frame), list(frame.columns)) == (0, ["event", "cause"])


# --- odd logs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"a,b\r\n1,2\r\n\r\n", b"hello\n\nworld\n", b"{}\r\n\r\n", b"Name: value\r\n\r\n" * 500]
)
def test_something_else_is_no_log(data, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    for call in (read.read_events, read.read_event_tables, lambda src: list(read.iter_events(src, rows=1))):
        with pytest.raises(ParseError, match="no event log") as caught:
            call(path)
        assert caught.value.excerpt.startswith(data[:2].decode())
        assert "WaitEvent" in caught.value.hint
        assert str(path) in str(caught.value)


def test_something_else_among_logs_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(log(HANGUP))
    (tmp_path / "b").write_bytes(b"x: 1\r\n\r\n")
    with pytest.raises(ParseError, match="b"):
        read.read_events([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize("data", [b"", b"\r\n", log(WAIT, WAIT_END), b"<ajax-response>\n</ajax-response>\n"])
def test_a_log_without_events_is_an_empty_frame(data):
    frame = read.read_events(data)
    assert len(frame) == 0
    assert str(frame["amf_time"].dtype) == "datetime64[us, UTC]"
    assert read.read_event_tables(data) == {}
    (only,) = read.iter_events(data)
    assert differences(only, frame) == []


@pytest.mark.parametrize("make", [log, as_xml])
def test_a_log_that_ends_in_a_record_keeps_what_came_and_says_so(make):
    data = make(HANGUP, HANGUP)
    frame = read.read_events(data[: data.rindex(b"ause") - 1])
    assert frame["event"].tolist() == ["Hangup", "Hangup"]
    assert frame["channel"].tolist() == ["a", "a"]
    assert frame.attrs["amiframe"]["fetched_complete"] is False


def test_a_rotated_log_begins_in_the_middle_of_a_record():
    frame = read.read_events(log("Channel: a\nCause: 17", HANGUP))
    assert frame["event"].isna().tolist() == [True, False]
    assert frame["cause"].tolist() == [17, 16]
    assert frame["amf_seq"].tolist() == [0, 1]
    assert list(read.read_event_tables(log("Channel: a\nCause: 17", HANGUP))) == ["", "Hangup"]


def test_the_headless_record_may_come_alone_at_first():
    """A pipe may give the first record before anything else."""

    class Pipe:
        pieces = iter([log("Channel: a\nCause: 17\nLong: enough"), log(HANGUP), b""])

        def read(self, size):
            return next(self.pieces, b"")

    assert read.read_events(Pipe())["cause"].tolist() == [17, 16]


def test_an_empty_line_inside_an_event_makes_a_row_without_an_event():
    frame = read.read_events(log(HANGUP, "Rest: 1", VARSET))
    assert frame["event"].fillna("-").tolist() == ["Hangup", "-", "VarSet"]


def test_documents_of_xml_one_after_the_other_are_one_log():
    first, second, third = as_xml(WAIT, HANGUP, WAIT_END), as_xml(WAIT, WAIT_END), as_xml(WAIT, VARSET, WAIT_END)
    data = b"<?xml version='1.0'?>\n" + first + second + b"\n" + third
    frame = read.read_events(data)
    assert frame["event"].tolist() == ["Hangup", "VarSet"]
    assert frame.attrs["amiframe"]["responses"] == 3


def test_the_servers_odd_user_events():
    folder = SAMPLES / "22" / "odd"
    rows = {path.stem[10:]: read.read_events(path) for path in sorted(folder.glob("userevent_*.txt"))}
    assert len(rows) > 15
    assert rows["dup"][["d", "d-2", "d-3"]].iloc[0].tolist() == ["1", "2", "3"]
    assert rows["latin1"]["l"].tolist() == ["caf\ufffd"]
    assert rows["latin1"].attrs["amiframe"]["repairs"] == 1
    assert rows["ctrl"]["k"].tolist() == ["a\x01b"]
    assert rows["emptyname"]["_"].tolist() == ["v"]
    assert rows["dupcase"][["foo", "foo-2"]].iloc[0].tolist() == ["1", "2"]
    assert rows["lf"]["t"].tolist() == ["a\nb"]
    assert rows["event"]["event"].tolist() == ["UserEvent"]
    assert rows["event"]["event-2"].tolist() == ["Hangup"]
    assert rows["nocolonline"]["after"].tolist() == ["2"]


def test_latin_1_declared_is_no_damage():
    frame = read.read_events(SAMPLES / "22" / "odd" / "userevent_latin1.txt", encoding="latin-1")
    assert frame["l"].tolist() == ["café"]
    assert frame.attrs["amiframe"]["repairs"] == 0


@given(cut=st.integers(0, 3000), junk=st.binary(max_size=40))
def test_any_damage_is_read_or_refused(cut, junk):
    data = EVENTS["22"].read_bytes()[:3000]
    try:
        frame = read.read_events(data[:cut] + junk + data[cut:])
    except ParseError:
        return
    assert frame["amf_seq"].tolist() == list(range(len(frame)))


@pytest.mark.parametrize("progress", [True, False, None])
def test_a_progress_bar_changes_nothing(progress, capsys):
    assert len(read.read_events(log(HANGUP), progress=progress)) == 1
    assert (not capsys.readouterr().err) == (progress is not True)


# --- several sources ------------------------------------------------------------------------------------------------


def test_one_source_has_no_source_column(tmp_path):
    (tmp_path / "a.log").write_bytes(log(HANGUP))
    frame = read.read_events(tmp_path / "a.log")
    assert "amf_source" not in frame
    assert frame.attrs["amiframe"]["source"] == str(tmp_path / "a.log")


def test_several_sources_count_on(tmp_path):
    (tmp_path / "1.log").write_bytes(log(WAIT, HANGUP, VARSET))
    (tmp_path / "2.log").write_bytes(log(WAIT, HANGUP)[:-2])
    frame = read.read_events(str(tmp_path / "*.log"))
    assert frame["amf_seq"].tolist() == [0, 1, 2]
    assert [source[-5:] for source in frame["amf_source"]] == ["1.log", "1.log", "2.log"]
    assert frame.attrs["amiframe"]["responses"] == 2
    assert frame.attrs["amiframe"]["fetched_complete"] is False


# --- tables ---------------------------------------------------------------------------------------------------------


def test_tables_have_their_own_types_and_places_of_the_whole_log():
    data = log("Event: AgentConnect\nRingTime: 1", HANGUP, "Event: AgentRingNoAnswer\nRingTime: 4000", HANGUP)
    tables = read.read_event_tables(data)
    assert list(tables) == ["AgentConnect", "Hangup", "AgentRingNoAnswer"]
    assert tables["Hangup"]["amf_seq"].tolist() == [1, 3]
    assert tables["AgentRingNoAnswer"]["ringtime"].tolist() == [4000]
    assert tables["AgentRingNoAnswer"]["amf_seq"].tolist() == [2]
    assert tables["Hangup"].attrs["amiframe"]["fetched_rows"] == 2


def test_tables_asked_for_are_there_in_that_order():
    tables = read.read_event_tables(log(HANGUP, VARSET), events=["Cdr", "VarSet"])
    assert list(tables) == ["Cdr", "VarSet"]
    assert (len(tables["Cdr"]), len(tables["VarSet"])) == (0, 1)
    assert "starttime" in tables["Cdr"]


def test_tables_hold_all_rows_of_the_wide_frame():
    wide = read.read_events(EVENTS["22"])
    tables = read.read_event_tables(EVENTS["22"])
    assert sorted(seq for table in tables.values() for seq in table["amf_seq"]) == wide["amf_seq"].tolist()
    for name, table in tables.items():
        assert differences(table, read.read_events(EVENTS["22"], events=name)) == []


def test_tables_take_raw_values_and_sources(tmp_path):
    tables = read.read_event_tables([log(HANGUP), log(HANGUP)], raw_values=True)
    assert tables["Hangup"]["cause"].tolist() == ["16", "16"]
    assert tables["Hangup"]["amf_source"].tolist() == ["bytes", "bytes"]
    assert read.read_event_tables("Анна".join(("Event: X\r\nA: ", "\r\n\r\n")).encode("cp1251"), encoding="cp1251")[
        "X"
    ]["a"].tolist() == ["Анна"]


# --- piece by piece -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 7, 10_000])
@pytest.mark.parametrize("events", [None, "VarSet", ["Hangup", "VarSet"]])
def test_pieces_joined_are_the_whole(rows, events):
    whole = read.read_events(EVENTS["22"], events=events)
    pieces = list(read.iter_events(EVENTS["22"], events=events, rows=rows))
    assert [len(p) for p in pieces[:-1]] == [rows] * (len(pieces) - 1)
    assert 0 < len(pieces[-1]) <= rows
    assert [seq for p in pieces for seq in p["amf_seq"]] == whole["amf_seq"].tolist()
    for piece in pieces:
        assert set(piece.columns) <= set(whole.columns)
        assert piece.dtypes.to_dict() == whole.dtypes[piece.columns].to_dict()
        start = piece["amf_seq"].iloc[0]
        part = whole[whole["amf_seq"].isin(piece["amf_seq"])][list(piece.columns)].reset_index(drop=True)
        assert differences(piece, part) == [], start


def test_an_exact_number_of_pieces_leaves_no_empty_one():
    assert [len(p) for p in read.iter_events(log(HANGUP, HANGUP, HANGUP, HANGUP), rows=2)] == [2, 2]


def test_pieces_with_columns_all_have_them():
    pieces = list(read.iter_events(log(HANGUP, VARSET, USER.format(1)), columns=["cause", "mine", "queue"], rows=1))
    assert [list(p.columns) for p in pieces] == [["cause", "mine", "queue"]] * 3
    assert [str(p["mine"].dtype) for p in pieces] == ["str"] * 3
    assert [p["mine"].fillna("-").tolist() for p in pieces] == [["-"], ["-"], ["1"]]


def test_a_misspelt_column_of_pieces_is_refused_at_the_end():
    pieces = read.iter_events(log(HANGUP, VARSET), columns=["event", "caus"], rows=1)
    assert next(pieces)["caus"].isna().all()
    next(pieces)
    with pytest.raises(ConfigError, match="'caus'") as caught:
        next(pieces)
    assert caught.value.hint == "did you mean 'cause'?"


@pytest.mark.parametrize("rows", [0, -1])
def test_a_piece_needs_a_row(rows):
    with pytest.raises(ConfigError, match="rows"):
        read.iter_events(log(HANGUP), rows=rows)


def test_a_missing_file_is_refused_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        read.iter_events(tmp_path / "none.log")


def test_pieces_take_sources_raw_values_and_encoding():
    data = "Event: X\r\nA: Анна\r\n\r\n".encode("cp1251")
    pieces = list(read.iter_events([data, data], encoding="cp1251", raw_values=True, rows=1))
    assert [p["a"][0] for p in pieces] == ["Анна", "Анна"]
    assert [p["amf_source"][0] for p in pieces] == ["bytes", "bytes"]
    assert "amf_misfit" not in pieces[0]


def test_pieces_of_a_longer_log_take_no_more_memory(tmp_path):
    """Four times the log, the same peak."""
    record = log(HANGUP + "\nText: " + "x" * 400)
    path = tmp_path / "long.log"
    peaks = []
    for size in (8, 32):
        path.write_bytes(record * 1000 * size)
        tracemalloc.start()
        count = sum(len(piece) for piece in read.iter_events(path, rows=500))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == 1000 * size
    assert peaks[1] < 1.2 * peaks[0]


def test_the_order_of_arrival_is_kept_whatever_the_stamps_say():
    rng = random.Random(5)
    stamps = [f"1795448144.{rng.randrange(10**6):06}" for _ in range(50)]
    frame = read.read_events(log(*(f"Event: Hangup\nTimestamp: {stamp}" for stamp in stamps)))
    assert frame["amf_time"].tolist() == [
        pd.Timestamp(int(s.replace(".", "")), unit="us", tz="UTC") for s in stamps
    ]  # fmt: skip
