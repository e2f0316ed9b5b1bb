"""The log of queues -> one frame: files as Asterisk writes them, or rows of the table that its realtime driver fills.

Source: ``ast_queue_log`` of Asterisk's ``main/logger.c``: ``time|callid|queue|agent|event|data``, where data are up to
six values with ``|`` between. In the table they are data1 to data5, and the last takes what is left; so does ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe import frames
from amiframe.errors import ParseError
from amiframe.frames.builder import with_about
from amiframe.frames.casting import MAP, TEXT, TIME, Misfits, epoch, mark_nulls, pairs_array, to_pandas
from amiframe.read.queue_log_sql import COLUMNS, NULL_MARKERS, from_table
from amiframe.read.sources import Source, Src, label_of, progress_bar, sources, without_bom
from amiframe.wire.encoding import check_encoding, excerpt

_DATA = "".join(rf"(?:\|(?P<data{n}>[^|]*))?" for n in range(1, 5)) + r"(?:\|(?P<data5>.*))?"
_LINE = (
    r"(?s)^(?P<time>[0-9]{10}(?:\.[0-9]{1,9})?)"
    r"\|(?P<callid>[^|]*)\|(?P<queuename>[^|]*)\|(?P<agent>[^|]*)\|(?P<event>[^|]*)" + _DATA + r"$"
)
_BLOCK = 1 << 24  # bytes that are taken apart at once
_WHOLE = re.compile(rb"([0-9]{10})(\.[0-9]{1,9})?\|[^|]*\|[^|]*\|[^|]*\|[A-Z]")  # events of Asterisk are capitals
_ONLY_TIME = re.compile(rb"[0-9.]+\|")


@dataclass
class _Part:
    """What one source holds: its lines as tables; the first and the last one apart, since a split may cut them."""

    label: str
    head: bytes | None = None
    tail: bytes = b""
    tables: list[pa.Table] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)  # microseconds at which it begins and ends


def read_queue_log(
    src: Src | pd.DataFrame, *, tz: str | None = None, encoding: str = "utf-8", progress: bool | None = None
) -> pd.DataFrame:
    r"""Read a queue_log into one frame, one row per line as they were written.

    Parameters
    ----------
    src : str, path-like, bytes, file, list or DataFrame
        Path, glob, fsspec URL, bytes, a file opened for bytes, or a list of these, compressed or not; rotated files in
        any order. Or rows of the table queue_log (``pd.read_sql``); a frame of ours passes through unchanged.
    tz : str, optional
        Zone of times that name none: a table holds local time unless ``queue_log_realtime_use_gmt`` is set (then UTC).
        Files hold epoch seconds and need none.
    encoding : str
        Encoding of the texts, where it is not UTF-8.
    progress : bool, optional
        Show a progress bar; default: at a terminal, when it takes long.

    Returns
    -------
    pandas.DataFrame
        =============  ===================  ====================================================================
        column         dtype                meaning
        =============  ===================  ====================================================================
        time           datetime64[us, UTC]  when the line was written; whole seconds in a file
        callid         str                  uniqueid of the caller, or who did it (``MANAGER``); ``NONE`` is missing
        queuename      str                  the queue
        agent          str                  the member's name, or its interface where it has none
        event          str                  ENTERQUEUE, CONNECT, ...; what the dialplan writes by QueueLog as well
        data1 ...      str                  what the event tells; ``data5`` takes all that is left
        amf_seq        Int64                position in the log, 0, 1, ...
        amf_source     str                  which file, when there are several
        amf_misfit     map of str           ``line``: a line that is not of queue_log (its columns are missing);
                                            ``time``: a time of a table that is none
        =============  ===================  ====================================================================

        Further columns of a table stay, as they are, behind these. ``attrs["amiframe"]``: ``fetched_complete`` is False
        when the last line has no end, ``misfits`` counts lines that are not, ``repairs`` bytes that are not text,
        ``ambiguous_times`` local times of the hour that comes twice.

    Raises
    ------
    ConfigError
        Times of a table name no zone and `tz` is not given; a table without the columns.
    ParseError
        No line of the input is one of queue_log.
    OSError
        A file cannot be read.

    Notes
    -----
    Source: lines as Asterisk 16 and 22 write them. Lines of one second keep the order in which they were written. Where
    a file was cut inside a line, the two halves are put together again when both files are given.

    Examples
    --------
    >>> log = af.read_queue_log(b"1764000000|1764000000.1|sales|NONE|ENTERQUEUE||74951234567|1\n")
    >>> log[["queuename", "event", "data2"]].values.tolist()
    [['sales', 'ENTERQUEUE', '74951234567']]
    """
    misfits = Misfits()
    if isinstance(src, pd.DataFrame):
        return from_table(src, tz, misfits)
    codec = check_encoding(encoding)
    read = sources(src)
    with progress_bar(read, progress) as bar:
        parts: list[_Part] = []
        for source in read:
            parts.append(_read(source, codec, misfits, bar, parts[-1].span[1] if parts else 0))
    parts.sort(key=lambda part: part.span)
    tables = list(_joined(parts, codec, misfits))
    whole = pa.concat_tables(tables) if tables else _lines_table([], misfits)
    if len(whole) and misfits.count == len(whole):
        raise ParseError(
            f"no queue_log: no line of {parts[0].label} is time|callid|queue|agent|event|...",
            offset=0,
            excerpt=excerpt(parts[0].head or b""),
            hint="the file is /var/log/asterisk/queue_log unless logger.conf says otherwise",
        )
    added = whole.append_column("amf_seq", pa.array(np.arange(len(whole)), pa.int64()))
    if len(read) > 1:
        named = [pa.repeat(pa.scalar(t.schema.metadata[b"label"].decode(), TEXT), len(t)) for t in tables]
        labels = pa.chunked_array(named, TEXT)
        added = added.append_column("amf_source", labels)
    names = [*COLUMNS, "amf_seq", *(["amf_source"] if len(read) > 1 else []), "amf_misfit"]
    cut = bool(parts[-1].tail) or any(source.cut for source in read)
    about = frames.about(complete=not cut, source=label_of(read))
    return with_about(to_pandas(added.select(names)), about, misfits)


def _read(source: Source, encoding: str, misfits: Misfits, bar: Any, before: int) -> _Part:
    """Read one source block by block."""
    part = _Part(source.label or "bytes")
    for block in _blocks(source.chunks(bar), part):
        part.tables.append(_lines_table([_decoded(block, encoding, misfits)], misfits))
    part.span = _span(part, before)
    return part


def _blocks(chunks: Iterator[bytes], part: _Part) -> Iterator[bytes]:
    """Give whole lines, many at once; the first one and what is behind the last line's end go to the part itself."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _BLOCK and b"\n" in chunk:
            lines, held = _whole_lines(held, part)
            size = len(held[0])
            yield lines
    lines, rest = _whole_lines(held, part)
    if lines:
        yield lines
    part.tail = rest[0]


def _whole_lines(held: list[bytes], part: _Part) -> tuple[bytes, list[bytes]]:
    data = b"".join(held)
    if part.head is None:
        first, end, data = without_bom(data).partition(b"\n")
        if not end:
            return b"", [first]
        part.head = first
    lines, end, rest = data.rpartition(b"\n")
    return lines + end, [rest]


def _decoded(data: bytes, encoding: str, misfits: Misfits) -> bytes:
    """Return the bytes as UTF-8; what is not text becomes U+FFFD and is counted."""
    try:
        text = data.decode(encoding)
        return data if encoding == "utf-8" else text.encode()
    except UnicodeDecodeError:
        return misfits.text(data.decode(encoding, "surrogateescape")).encode()


def _lines_table(blocks: Iterable[bytes], misfits: Misfits) -> pa.Table:
    """Take lines apart: text that ends in line ends, as the columns of the frame."""
    data = b"".join(blocks)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1  # 10 is LF
    offsets = pa.py_buffer(np.concatenate([[0], ends]).astype(np.int64))
    lines = pc.utf8_rtrim(pa.LargeStringArray.from_buffers(len(ends), offsets, pa.py_buffer(data)), "\r\n")
    lines = lines.filter(pc.not_equal(lines, ""))
    parts = pc.extract_regex(lines, _LINE)
    columns = {name: _column(name, pc.struct_field(parts, name)) for name in COLUMNS}
    strange = np.flatnonzero(parts.is_null().to_numpy(zero_copy_only=False))
    cells = {int(row): [("line", lines[int(row)].as_py())] for row in strange}
    misfits.count += len(cells)
    columns["amf_misfit"] = pairs_array(cells, len(lines), misfits) if cells else pa.nulls(len(lines), MAP)
    return pa.table(columns)


def _column(name: str, texts: pa.Array) -> pa.Array:
    if name == "time":
        return _times(texts)
    return mark_nulls(texts, NULL_MARKERS.get(name, frozenset()))


def _times(texts: pa.Array) -> pa.Array:
    try:
        return pc.multiply(texts.cast(pa.int64()), 1_000_000).cast(TIME)
    except pa.ArrowInvalid:
        return epoch(pc.replace_substring_regex(texts, r"(\.[0-9]{6})[0-9]+$", r"\1"))


def _span(part: _Part, before: int) -> tuple[int, int]:
    """Return when a part begins and ends, so that rotated files may be named in any order; without a time, `before`."""
    times = [pc.drop_null(table["time"].cast(pa.int64())) for table in part.tables]
    lines = [_WHOLE.match(line) for line in (part.head or b"", part.tail)]
    first, last = (None if line is None else int(line[1]) * 1_000_000 for line in lines)
    ends = [first, *(t[at].as_py() for t in times if len(t) for at in (0, -1)), last]
    known = [time for time in ends if time is not None]
    return (known[0], known[-1]) if known else (before, before)


def _joined(parts: list[_Part], encoding: str, misfits: Misfits) -> Iterator[pa.Table]:
    """Give the tables of all parts in order; a line that two parts share is put together."""

    def one(line: bytes) -> pa.Table:
        return _labelled(_lines_table([_decoded(line, encoding, misfits) + b"\n"], misfits), label)

    held, label = b"", ""
    for part in parts:
        opening = part.tail if part.head is None else part.head
        if held and not _goes_on(held, opening):
            yield one(held)
            held = b""
        line, label = held + opening, part.label
        if part.head is None:  # no line ends in it
            held = line
            continue
        yield one(line)
        yield from (_labelled(table, label) for table in part.tables)
        held = part.tail
    if held:
        yield one(held)


def _goes_on(held: bytes, opening: bytes) -> bool:
    """Whether a line that broke off continues here: what follows is not a line, or only its time came before."""
    return _WHOLE.match(opening) is None or _ONLY_TIME.fullmatch(held) is not None


def _labelled(table: pa.Table, label: str) -> pa.Table:
    return table.replace_schema_metadata({"label": label})
