"""Items decoded in bulk are what the reader that goes line by line makes of the same bytes, whatever they are."""

from __future__ import annotations

import copy
import pickle

import pandas as pd
import pytest
from amf_support import SAMPLES, examples
from hypothesis import given
from hypothesis import strategies as st

from amiframe import frames
from amiframe.reply import Reply
from amiframe.schema.list_actions import LISTS
from amiframe.wire import raw, raw_bulk
from amiframe.wire.message import Message

HEAD = b"Response: Success\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n"
END = b"Event: StatusComplete\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"
ITEM = b"Event: Status\r\nChannel: Local/1;1\r\nCallerIDName: \r\nSeconds: 4\r\n\r\n"

VALUES = st.one_of(
    st.sampled_from(
        [b"", b" ", b"a: b", b"x\ny", b"x\ry", b"x\r", b"\n", b"\x00", b"\xff\xfe", "Ёж".encode(), b"Event: X"]
    ),
    st.text(max_size=8).map(lambda t: t.encode("utf-8", "surrogatepass")),
)
HEADERS = st.lists(
    st.sampled_from(
        [b"Channel", b"CallerIDName", b"Variable", b"Seconds", b"1st", b"A(b)", "Имя".encode(), b"", b"Event"]
    ),
    max_size=5,
)


@st.composite
def answers(draw):
    """A list answer with like items, and perhaps a byte more, a byte less or another byte somewhere."""
    names = draw(HEADERS)
    rows = draw(st.lists(st.lists(VALUES, min_size=len(names), max_size=len(names)), min_size=1, max_size=4))
    items = b"".join(
        b"Event: Status\r\n" + b"".join(b"%s: %s\r\n" % pair for pair in zip(names, row, strict=True)) + b"\r\n"
        for row in rows
    )
    data = HEAD + items + END
    at = draw(st.integers(0, len(data)))
    return draw(
        st.sampled_from(
            [data, data[:at], data[:at] + data[at + 1 :], data[:at] + draw(st.sampled_from([b":", b"\r", b"\n", b"\r\n",
             b" ", b"\xff", b"x", b"\r\n\r\n"])) + data[at:]]
        )
    )  # fmt: skip


@examples(6)
@given(data=answers())
def test_the_same_messages_as_line_by_line(data):
    assert list(raw_bulk.parse(data)) == raw.parse(data)


@pytest.mark.parametrize("version", ["16", "22"])
@pytest.mark.parametrize("name", ["status_busy", "status_few"])
def test_a_real_answer_is_a_grid_and_gives_the_same_frame(version, name):
    data = (SAMPLES / version / f"{name}.txt").read_bytes()
    bulk = raw_bulk.parse(data)
    assert isinstance(bulk, raw_bulk.ListAnswer), "a Status answer without variables is alike throughout"
    one, other = (Reply.from_messages(m, action="Status") for m in (bulk, raw.parse(data)))
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    pd.testing.assert_frame_equal(one.frame(raw_values=True), other.frame(raw_values=True))
    assert one.frame().attrs == other.frame().attrs
    pd.testing.assert_frame_equal(one.tables()["Status"], other.tables()["Status"])


@pytest.mark.parametrize(
    "data",
    [
        HEAD + ITEM + ITEM.replace(b"Seconds: 4", b"Seconds: 4\r\nVariable: A=1") + END,
        HEAD + ITEM + ITEM.replace(b"Event: Status", b"Event: Other!") + END,
        HEAD + ITEM + ITEM.replace(b"Channel: ", b"Channel:") + END,
        HEAD + ITEM + ITEM.replace(b"Local", b"Lo\xffal") + END,
        HEAD + ITEM + ITEM.removesuffix(b"\r\n") + b"x\r\n" + ITEM + END,
        HEAD + ITEM.replace(b"\r\n", b"\n") + END,
        (HEAD + ITEM + END).replace(b"Response: Success\r\n", b"Response: Success\n", 1),
        HEAD + ITEM + b"\n" + END,
        HEAD + ITEM,
        HEAD + END,
        ITEM + END,
        b"",
    ],
    ids=[
        "variable",
        "kinds",
        "no blank",
        "no utf-8",
        "no empty line",
        "lf items",
        "lf head",
        "lf tail",
        "no end",
        "no items",
        "no head",
        "empty",
    ],
)
def test_what_is_not_alike_is_left_to_the_reader(data):
    messages = raw_bulk.parse(data)
    assert not isinstance(messages, raw_bulk.ListAnswer)
    assert messages == raw.parse(data)


def test_a_lone_line_feed_stays_in_its_value():
    answer = raw_bulk.parse(HEAD + ITEM + ITEM.replace(b"Local/1", b"Lo\ncal\r/1") + END)
    assert isinstance(answer, raw_bulk.ListAnswer)
    assert answer[2].get("Channel") == "Lo\ncal\r/1;1"


def test_items_behave_like_a_tuple_of_messages():
    answer = raw_bulk.parse(HEAD + ITEM + ITEM.replace(b"Local/1", b"Local/2") + END)
    assert isinstance(answer, raw_bulk.ListAnswer)
    items = answer.items
    plain = tuple(items)
    assert len(items) == 2
    assert items == plain
    assert items != plain[:1]
    assert hash(items) == hash(plain)
    assert (items[-1], items[0:1], items[::-1]) == (plain[-1], plain[0:1], plain[::-1])
    assert (list(reversed(items)), plain[1] in items) == ([plain[1], plain[0]], True)
    with pytest.raises(IndexError):
        items[2]
    assert (answer[0], answer[-1], len(answer)) == (answer.response, answer.complete, 4)
    assert pickle.loads(pickle.dumps(items)) == copy.deepcopy(items) == plain


def test_a_number_that_is_none_is_a_misfit_of_its_own_row():
    data = HEAD + ITEM + ITEM.replace(b"Seconds: 4", b"Seconds: 4x").replace(b"Local/1", b"Local/2") + END
    frame = Reply.from_messages(raw_bulk.parse(data), action="Status").frame()
    assert frame["seconds"].isna().tolist() == [False, True]
    assert [None if cell is pd.NA or cell is None else dict(cell) for cell in frame["amf_misfit"]] == [
        None, {"seconds": "4x"},
    ]  # fmt: skip


def test_a_header_without_a_column_takes_the_long_way():
    """A header that would land among our own columns goes to ``amf_extra``, from a grid as well."""
    items = (HEAD + (ITEM.replace(b"Seconds", b"AMF_Time")) * 2 + END,)
    answer = raw_bulk.parse(items[0])
    assert isinstance(answer, raw_bulk.ListAnswer)
    frame = frames.list_frame(answer.items, {}, entry=LISTS["status"])
    assert [dict(cell) for cell in frame["amf_extra"]] == [{"amf_time": "4"}] * 2


def test_names_of_events():
    assert raw_bulk.event_names([Message((("Event", "A"),)), Message((("Event", "B"),))]) == ["A", "B"]
