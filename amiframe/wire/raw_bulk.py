r"""A list whose items all have the same headers, decoded in one go: a grid of texts.

The contract
------------
:func:`parse` gives the messages that :func:`amiframe.wire.raw.parse` gives for the same bytes, always. Where a raw
answer is a list of items of one kind with the same headers in the same order (Status of a busy PBX), it finds the line
ends with numpy and hands the values over as Arrow text, column by column; a :class:`Message` is made of an item only
when it is used. Anything else, also one unusual byte or line, is left to the reader that goes line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

from amiframe.wire import raw
from amiframe.wire.message import Message

_END = b"\r\n"
_LF, _CR = 10, 13
_MAX = 1 << 31  # places are counted in 32 bits


@dataclass(frozen=True, slots=True, eq=False)
class Grid(Sequence[Message]):
    """Messages of one event with the same headers in the same order.

    Parameters
    ----------
    event : str
        Name of the event.
    names : tuple of str
        The headers, ``Event`` first.
    columns : tuple of pyarrow.Array
        The values of each header but the first, as ``large_string``, one per message.
    """

    event: str
    names: tuple[str, ...]
    columns: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Message]: ...
    def __getitem__(self, at: int | slice) -> Message | Sequence[Message]:
        if isinstance(at, slice):
            return Grid(self.event, self.names, tuple(column[at] for column in self.columns))
        place = range(len(self))[at]
        values = (self.event, *(column[place].as_py() for column in self.columns))
        return Message(tuple(zip(self.names, values, strict=True)))

    def __iter__(self) -> Iterator[Message]:
        for values in zip(*(column.to_pylist() for column in self.columns), strict=True):
            yield Message(tuple(zip(self.names, (self.event, *values), strict=True)))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Grid | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class ListAnswer(Sequence[Message]):
    """The messages of a list answer: its response, its items, its end."""

    response: Message
    items: Grid
    complete: Message

    def __len__(self) -> int:
        return len(self.items) + 2

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Message]: ...
    def __getitem__(self, at: int | slice) -> Message | Sequence[Message]:
        if at == 0:  # the usual case
            return self.response
        return (self.response, *self.items, self.complete)[at]


def event_names(messages: Iterable[Message]) -> Sequence[str]:
    """Return the name of each message; of a grid without making them."""
    return [messages.event] * len(messages) if isinstance(messages, Grid) else [m.name for m in messages]


def parse(data: bytes) -> Sequence[Message]:
    r"""Return the messages of a whole raw answer.

    Examples
    --------
    >>> item = b"Event: Status\r\nChannel: Local/1\r\n\r\n"
    >>> answer = parse(b"Response: Success\r\nEventList: start\r\n\r\n" + item * 2
    ...                + b"Event: StatusComplete\r\nEventList: Complete\r\n\r\n")
    >>> len(answer), type(answer).__name__, answer[2].get("Channel")
    (4, 'ListAnswer', 'Local/1')
    """
    return _list_answer(data) or raw.parse(data)


def _list_answer(data: bytes) -> ListAnswer | None:
    """Return the parts of a list whose items are alike; None where the items differ."""
    blank = _END + _END
    first = data.find(blank) + len(blank)
    last = data.rfind(blank, 0, -len(blank)) + len(blank)
    if not (data.startswith(b"Response: ") and data.endswith(blank) and first < last and len(data) < _MAX):
        return None
    if not (_ends_line(data, 0) and _ends_line(data, last)):
        return None
    head, tail = raw.parse(data[:first]), raw.parse(data[last:])
    if len(head) != 1 or len(tail) != 1 or not (_says(head[0], "start") and _says(tail[0], "complete")):
        return None
    items = _grid(data, first, last)
    return ListAnswer(head[0], items, tail[0]) if items is not None else None


def _ends_line(data: bytes, begin: int) -> bool:
    """Return whether the line that begins here ends in CRLF: a bare LF changes the reader's line-ending detection."""
    return data.find(_END, begin) == data.find(b"\n", begin) - 1


def _says(message: Message, mark: str) -> bool:
    return (message.get("EventList") or "").lower() == mark


def _grid(data: bytes, first: int, last: int) -> Grid | None:
    """Return the items between two places of an answer, each with the empty line behind it."""
    lines = data[first : data.find(_END + _END, first)].split(_END)
    split = [line.partition(b": ") for line in lines]
    names = [name for name, _, _ in split]
    if len(lines) < 2 or names[0] != b"Event" or any(b":" in name or not colon for name, colon, _ in split):
        return None
    # of each line what must be the same in every item: the event with its name, the headers, then the empty line
    heads = [_END + head for head in (lines[0], *(name + b": " for name in names[1:]), b"")]
    ends = _line_ends(data, first - len(_END), last)
    count, left = divmod(len(ends) - 1, len(heads))
    if left:
        return None
    begins = ends[:-1].reshape(count, len(heads))  # a line begins with the line end before it
    values = begins + np.array([len(head) for head in heads], np.int32)
    room = ends[1:].reshape(count, len(heads)) - values
    if room.min() < 0 or room[:, 0].any() or room[:, -1].any():
        return None
    pieces = _pieces(data, begins, values, ends[-1])
    if not _is_text(pieces.take(_places(count * len(heads), 0)), b"".join(heads) * count):
        return None
    order = _places(count * len(heads), 1).reshape(count, len(heads))[:, 1:-1]
    texts = pieces.take(order.T.ravel()).cast(pa.large_string())  # column by column
    try:
        texts.validate(full=True)
        event, *headers = (text.decode() for text in (split[0][2], *names))
    except (pa.ArrowInvalid, UnicodeDecodeError):  # a byte that is not UTF-8
        return None
    columns = tuple(texts.slice(at * count, count) for at in range(len(names) - 1))
    return Grid(event, tuple(headers), columns)


# an answer of 250 channels comes and goes every few seconds: below, arrays are small and die young, since fresh pages
# of memory cost more than the work on them


def _line_ends(data: bytes, begin: int, end: int) -> Any:
    """Return where the line ends begin; a lone LF is part of a value."""
    line_feeds = np.flatnonzero(np.frombuffer(data, np.uint8, end - begin, begin) == _LF).astype(np.int32)
    line_feeds += begin
    return line_feeds[np.frombuffer(data, np.uint8)[line_feeds - 1] == _CR] - 1


def _pieces(data: bytes, begins: Any, values: Any, end: int) -> Any:
    """Return what is the same in every item and the values, in turn, as Arrow text that lies where it came."""
    offsets = np.empty(2 * begins.size + 1, np.int32)
    offsets[:-1:2] = begins.ravel()
    offsets[1::2] = values.ravel()
    offsets[-1] = end
    return pa.StringArray.from_buffers(2 * begins.size, pa.py_buffer(offsets), pa.py_buffer(data))


def _places(count: int, first: int) -> Any:
    """Return the places of every other piece."""
    return np.arange(first, 2 * count, 2, dtype=np.int32)


def _is_text(array: Any, text: bytes) -> bool:
    """Return whether the pieces of an Arrow array make up a text, put together."""
    _, _, data = array.buffers()
    return bool(data.size >= len(text) and data.slice(0, len(text)).equals(pa.py_buffer(text)))
