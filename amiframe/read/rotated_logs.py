"""Several logs, one after the other: a record that rotation has cut in two is one again.

The begin of such a record is what the one file has behind its last empty line, the rest is what the other has before
its first. Files are named in either order: ``log.1 log`` as they were written, ``log log.1`` as a glob finds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tqdm.auto import tqdm

from amiframe.read.sources import Edges, Source, messages
from amiframe.wire import raw
from amiframe.wire.message import Message

_LOOK = 1 << 18  # bytes within which a log shows when it began
_STAMP = re.compile(rb"^Timestamp: ([0-9]{9,11}\.[0-9]+)", re.MULTILINE)
_MADE = re.compile(rb"^Uniqueid: (?:\S*-)?([0-9]{9,11})\.[0-9]+", re.MULTILINE | re.IGNORECASE)
_ONCE = re.compile(rb"^(?:Event|Privilege|Timestamp|Uniqueid|Linkedid|Channel): ", re.MULTILINE | re.IGNORECASE)

Batches = Iterator[list[Message]]
Check = Callable[[Batches, Source], Batches]


def in_turn(
    inputs: Sequence[Source], check: Check, *, encoding: str, bar: tqdm[Any] | None = None
) -> Iterator[tuple[Source, list[Message]]]:
    """Give the messages of all sources in turn, in batches, each with its source.

    A record that two sources share belongs to the one in which it begins; `check` looks at the messages of a source.
    """
    if len(inputs) == 1:
        yield from ((inputs[0], batch) for batch in check(messages(inputs[0], encoding=encoding, bar=bar), inputs[0]))
        return
    last, kept = inputs[0], Edges()
    for source, following in zip(inputs, [*inputs[1:], None], strict=True):
        edges = Edges()
        batches = check(messages(source, encoding=encoding, bar=bar, edges=edges), source)
        first = next(batches, [])
        both = b""
        if kept.tail:
            both = _joined(kept.tail, edges.head)
            edges.head = b"" if both else edges.head
            last.cut = last.cut or not both
            yield last, raw.parse(both or kept.tail, encoding=encoding)
        fragments = edges.head + edges.tail
        if not (first or both or _may_begin(fragments)):  # nothing else is there: is it of a log at all?
            for _ in check(iter([raw.parse(fragments, encoding=encoding)]), source):
                pass
        if edges.head and not _is_newer(source, following):
            yield source, raw.parse(edges.head, encoding=encoding)
            edges.head = b""
        yield source, first
        for batch in batches:
            yield source, batch
        if kept.head:
            both = _joined(edges.tail, kept.head)
            edges.tail = b"" if both else edges.tail
            yield (source if both else last), raw.parse(both or kept.head, encoding=encoding)
        last, kept = source, edges
        if kept.tail and (following is None or _is_newer(source, following)):  # an older log does not go on here
            last.cut = True
            yield last, raw.parse(kept.tail, encoding=encoding)
            kept.tail = b""


def _may_begin(tail: bytes) -> bool:
    return any(head.startswith(tail) for head in (b"Event: ", b"Response: ", b"Asterisk Call Manager/"))


def _joined(tail: bytes, head: bytes) -> bytes:
    """Return a record from its two parts; nothing when they are none."""
    if not tail or not head:
        return b""
    rest = head.partition(b"\n")[2]  # the first line may be half of tail_names
    tail_names, head_names = ({name.lower() for name in _ONCE.findall(part)} for part in (tail, rest))
    return b"" if tail_names & head_names else tail + head  # of two records each has its own


def _is_newer(one: Source, other: Source | None) -> bool:
    """Whether a log begins later than the next one; without times they are in order."""
    if other is None:
        return False
    times = zip(_begins(one), _begins(other), strict=True)
    return next((a > b for a, b in times if a is not None and b is not None), False)


def _begins(source: Source) -> tuple[float | None, ...]:
    """Return the first time stamp of a log, and when the first channel that it names was made."""
    if not source.owned:  # a stream is read once
        return None, None
    data = b""
    for piece in source.chunks():
        data += piece
        if len(data) > _LOOK:
            break
    matches = [pattern.search(data) for pattern in (_STAMP, _MADE)]
    return tuple(None if match is None else float(match[1]) for match in matches)
