"""Logs of events that were rotated anywhere, also inside a record: nothing is lost, nothing is made up."""

from __future__ import annotations

import gzip
import itertools

import pandas as pd
import pytest
from amf_support import differences
from hypothesis import assume, example, given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ParseError

RECORDS = tuple(
    f"Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 17640000{n}0.250000\r\nUserEvent: kind {n}\r\n"
    f"Uniqueid: 1764000000.{n}\r\nNote: a: b, Events: none\r\nCause: 16\r\n\r\n".encode()
    for n in range(1, 6)
)
WHOLE = b"".join(RECORDS)


def rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["amf_source", "amf_seq"], errors="ignore").reset_index(drop=True)


def whole() -> pd.DataFrame:
    return rows(af.read_events(WHOLE))


def in_pieces(*cuts: int) -> list[bytes]:
    at = [0, *sorted(cuts), len(WHOLE)]
    return [WHOLE[one:other] for one, other in itertools.pairwise(at)]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_cut_at_each_byte_loses_nothing(end):
    """Two files, the older one first: the same rows as from one file, and nothing is said to be cut off."""
    text = b"".join(RECORDS[:3]).replace(b"\r\n", end.encode())
    expected = rows(af.read_events(text))
    for at in [1, 8, *range(len(text) // 3 - 4, len(text) * 2 // 3 + 4), len(text) - 3, len(text) - 1]:
        found = af.read_events([text[:at], text[at:]])
        if text[at:].startswith(b"Event: kind"):  # User|Event: looks like a record that begins, and is told
            assert found.attrs["amiframe"]["fetched_complete"] is False
            continue
        assert not differences(rows(found), expected), text[max(0, at - 20) : at + 20]
        assert found["amf_seq"].tolist() == list(range(len(expected)))
        assert found.attrs["amiframe"]["fetched_complete"]


@given(st.lists(st.integers(1, len(WHOLE) - 1), min_size=1, max_size=2, unique=True))
@example([len(RECORDS[0]) * 2 + 30, len(RECORDS[0]) * 3 + 90])
def test_newest_first_as_a_glob_finds_them(cuts):
    """events.log, events.log.1, events.log.2: the half of a record stands at the begin of the file that came first."""
    pieces = in_pieces(*cuts)
    assume(all(any(record in piece for record in RECORDS) for piece in pieces))  # else no time tells the order
    assume(not any(piece.startswith(b"Event: kind") for piece in pieces))
    found = af.read_events(pieces[::-1])
    assert found.attrs["amiframe"]["fetched_complete"]
    assert not differences(rows(found.sort_values("amf_time")), whole())


def test_every_way_of_reading_puts_halves_together(tmp_path):
    cut = len(RECORDS[0]) * 2 + 70
    (tmp_path / "log.1.gz").write_bytes(gzip.compress(WHOLE[:cut]))
    (tmp_path / "log").write_bytes(WHOLE[cut:])
    for source in ([tmp_path / "log.1.gz", tmp_path / "log"], str(tmp_path / "log*")):
        found = af.read_events(source).sort_values("amf_time")
        assert not differences(rows(found), whole())
        assert found["amf_source"].str.endswith("log.1.gz").tolist() == [True] * 3 + [False] * 2
        tables = af.read_event_tables(source)
        assert list(tables) == ["UserEvent"]
        assert len(tables["UserEvent"]) == 5
        assert sum(len(piece) for piece in af.iter_events(source, rows=2)) == 5


def test_halves_of_two_records_are_not_put_together():
    """A file that broke off, and one that begins within another record: what each has is there, and it is told."""
    broken, other = WHOLE[: len(RECORDS[0]) + 90], RECORDS[3][20:] + RECORDS[4]
    found = af.read_events([broken, other])
    assert found.attrs["amiframe"]["fetched_complete"] is False
    assert found["event"].fillna("-").tolist() == ["UserEvent", "UserEvent", "-", "UserEvent"]
    assert found["timestamp"].notna().tolist() == [True, True, True, True]


def test_a_log_that_broke_off_before_a_whole_one_is_reported():
    found = af.read_events([WHOLE[:-30], WHOLE])
    assert len(found) == 10
    assert found.attrs["amiframe"]["fetched_complete"] is False


def test_a_half_without_its_other_half_is_a_row():
    found = af.read_events([RECORDS[0][40:] + RECORDS[1], RECORDS[2]])
    assert found["event"].fillna("-").tolist() == ["-", "UserEvent", "UserEvent"]
    assert found["amf_seq"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("strange", [b'{"a": 1}', b"no log at all\n" * 3, b"x: y\r\n\r\n"])
def test_something_else_beside_a_log_is_refused(strange):
    for sources in ([WHOLE, strange], [strange, WHOLE]):
        with pytest.raises(ParseError, match="no event log"):
            af.read_events(sources)


def test_an_empty_file_between_is_nothing():
    cut = len(RECORDS[0]) + 90
    found = af.read_events([WHOLE[:cut], b"", WHOLE[cut:]])
    assert len(found) in (5, 6)
    assert found["userevent"].dropna().nunique() == 5


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("behind", [b"Context: a", b"\r\nEvent: Hangup"])
def test_a_log_that_begins_in_a_value_like_a_tag_is_no_xml(end, behind):
    behind = behind.replace(b"\r\n", end)
    log = b"<unknown>" + end + behind + end + end + b"Event: Newchannel" + end + b"Channel: Local/1" + end + end
    assert "Newchannel" in af.read_events(log)["event"].tolist()


@pytest.mark.parametrize(
    "begin", [b"<ajax-response>\n", b"<response type='object' id='unknown'>", b"<?xml version='1.0'?>\n"]
)
def test_broken_xml_is_still_refused(begin):
    with pytest.raises(af.ParseError):
        af.read_events(begin + b"<generic event='A' x='\nName: <'/></resp")
