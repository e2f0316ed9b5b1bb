"""The short way for records that look like one before gives what the way line by line gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiframe.wire import raw
from amiframe.wire.raw import Reader

LINES = st.sampled_from([
    "Event: A", "Event: B", "Event:A", "Response: Follows", "Response: Success", "X: 1", "X:1", "X:  2", "X: ", "X:",
    "Y: a: b", "Y: \n", "Z", "", "", "", "Opaque-data: q", ": empty", "x: 3",
    "--END COMMAND--", "Output: \r", "Ф: ы\udcff",
])  # fmt: skip


def slowly(data: bytes, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    with monkeypatch.context() as patch:
        patch.setattr(Reader, "_take_same_headers", lambda *_: False)
        return raw.parse(data)


@given(records=st.lists(st.lists(LINES, max_size=5), max_size=12), repeat=st.integers(1, 3))
def test_both_ways_agree(records, repeat):
    text = "".join("".join(f"{line}\r\n" for line in record) + "\r\n" for record in records * repeat)
    data = text.encode("utf-8", "surrogateescape")
    with pytest.MonkeyPatch.context() as patch:
        assert raw.parse(data) == slowly(data, patch)
        cut = data[: len(data) // 2]
        assert raw.parse(cut) == slowly(cut, patch)


def test_what_differs_a_little_is_not_taken_for_the_same():
    same = b"Event: A\r\nX: 1\r\nY: 2\r\n\r\n"
    others = (
        b"Event: A\r\nX: 1\r\nY:2\r\n\r\n",
        b"Event: A\r\nX: 1\r\nYY: 2\r\n\r\n",
        b"Event: A\r\nX: 1\r\nmore\r\n\r\n",
        b"Event: A\r\nX: 1\r\n\r\n",
        b"Event: A\r\nY: 1\r\nX: 2\r\n\r\n",
        b"Event: A\r\nX: 1\r\nY:  2 \r\n\r\n",
    )
    for other in others:
        (alone,) = raw.parse(other)
        assert raw.parse(same + same + other + same)[2] == alone


def test_shapes_are_forgotten_before_they_fill_the_memory():
    reader = Reader()
    reader.feed(b"".join(b"Event: E%d\r\nX: 1\r\n\r\n" % n for n in range(5000)))
    assert len(reader._shapes) <= 1000
