r"""A list whose items all have the same headers, decoded in one go: a grid of texts.

The contract
------------
:func:`parse` gives the messages that :func:`amiframe.wire.rawman.parse` gives for the same bytes, always. Where a raw
answer is a list of items of one kind with the same headers in the same order (Status of a busy PBX), it finds the line
ends with numpy and hands the values over as Arrow text, column by column; a :class:`Message` is made of an item only
when somebody asks for one. Anything else, an odd byte or line among it, is left to the reader that goes line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

from amiframe.message import Message
from amiframe.wire import rawman

_END = b"\r\n"
_LF, _CR = 10, 13


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
class Answer(Sequence[Message]):
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
        if at == 0:  # the one that everybody looks at
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
    (4, 'Answer', 'Local/1')
    """
    return _list_answer(data) or rawman.parse(data)


def _list_answer(data: bytes) -> Answer | None:
    """Return the parts of a list whose items are alike; nothing where that takes a closer look."""
    blank = _END + _END
    first = data.find(blank) + len(blank)
    last = data.rfind(blank, 0, -len(blank)) + len(blank)
    if not data.startswith(b"Response: ") or not data.endswith(blank) or last <= first:
        return None
    head, tail = rawman.parse(data[:first]), rawman.parse(data[last:])
    if len(head) != 1 or len(tail) != 1 or not (_says(head[0], "start") and _says(tail[0], "complete")):
        return None
    items = _grid(data[first - len(_END) : last])
    return Answer(head[0], items, tail[0]) if items is not None else None


def _says(message: Message, mark: str) -> bool:
    return (message.get("EventList") or "").lower() == mark


def _grid(data: bytes) -> Grid | None:
    """Return the items; `data` begins with the line end before the first of them and ends with an empty line."""
    lines = data[len(_END) : data.find(_END + _END, len(_END))].split(_END)
    split = [line.partition(b": ") for line in lines]
    names = [name for name, _, _ in split]
    if len(lines) < 2 or names[0] != b"Event" or any(b":" in name or not colon for name, colon, _ in split):
        return None
    # of each line what must be the same in every item: the event with its name, then the headers, then the empty line
    heads = [lines[0], *(name + b": " for name in names[1:]), b""]
    sizes = np.array([len(_END) + len(head) for head in heads])  # with the line end in front
    bytes_ = np.frombuffer(data, np.uint8)
    line_feeds = np.flatnonzero(bytes_ == _LF)
    ends = line_feeds[bytes_[line_feeds - 1] == _CR] - 1  # a lone LF is part of a value
    count, left = divmod(len(ends) - 1, len(heads))
    if left or not _is_text(data):
        return None
    begins = ends[:-1].reshape(count, len(heads))  # a line begins with the line end before it
    values = begins + sizes
    nexts = ends[1:].reshape(count, len(heads))
    room = nexts - values
    if room.min() < 0 or room[:, 0].any() or room[:, -1].any():
        return None
    is_head = np.repeat(
        np.tile([True, False], room.size), np.column_stack([np.tile(sizes, count), room.ravel()]).ravel()
    )
    if bytes_[: len(is_head)][is_head].tobytes() != (_END + _END.join(heads)) * count:
        return None
    offsets = np.empty(2 * room.size + 1, np.int64)  # heads and values in turn, as they lie there
    offsets[:-1] = np.stack([begins, values], axis=2).ravel()
    offsets[-1] = nexts[-1, -1]
    pieces = pa.LargeStringArray.from_buffers(2 * room.size, pa.py_buffer(offsets), pa.py_buffer(data))
    order = np.arange(1, 2 * room.size, 2).reshape(count, len(heads))[:, 1:-1]
    texts = pieces.take(pa.array(order.T.ravel()))  # column by column
    columns = tuple(texts.slice(at * count, count) for at in range(len(names) - 1))
    return Grid(split[0][2].decode(), tuple(name.decode() for name in names), columns)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
