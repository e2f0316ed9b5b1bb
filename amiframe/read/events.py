"""Event logs -> frames: one wide frame, one dense frame per event, or frames piece by piece."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from amiframe import frames, schema
from amiframe.errors import ConfigError, ParseError
from amiframe.privacy import dtmf
from amiframe.read.rotated_logs import in_turn
from amiframe.read.sources import Source, Src, label_of, progress_bar, sources
from amiframe.wire.encoding import excerpt
from amiframe.wire.message import WAIT_END, Message

_FRAME_ROWS = 50_000  # rows of one frame of iter_events
_STRANGE = 100  # messages without a head at the begin of a log, before it is taken for something else


@dataclass
class _Log:
    """An event log as it is read: which rows are wanted, and what was seen."""

    inputs: list[Source]
    encoding: str
    progress: bool | None
    events: frozenset[str] | None = None
    blanks: bool = field(default_factory=dtmf.are_blanked)
    responses: int = 0  # answers between the events: counted, without rows
    seen: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[tuple[int, str, Message]]:
        """Give the position in the log, the source's label, and the message, of every row that is wanted."""
        position = 0
        with progress_bar(self.inputs, self.progress) as bar:
            for source, batch in in_turn(self.inputs, _require_events, encoding=self.encoding, bar=bar):
                label = source.label or "bytes"
                for message in dtmf.blanked(batch) if self.blanks else batch:
                    if message.kind == "response":
                        self.responses += 1
                        continue
                    name = message.name
                    if name == WAIT_END:
                        continue
                    self.seen.add(name)
                    if self.events is None or name in self.events:
                        yield position, label, message
                    position += 1
        self.check_events()

    def check_events(self) -> None:
        """Raise if an event asked for is a misspelling: neither in a table nor in the log."""
        for name in sorted((self.events or frozenset()) - self.seen - schema.EVENTS.keys()):
            raise ConfigError(f"no event {name!r} is known, and none is in the log", hint=_nearest(name, schema.EVENTS))

    @property
    def cut(self) -> bool:
        return any(source.cut for source in self.inputs)

    def about(self) -> dict[str, Any]:
        digits = {"digits": "blanked"} if self.blanks else {}
        source = label_of(self.inputs)
        return {**frames.about(complete=not self.cut, source=source), "responses": self.responses, **digits}


def _require_events(batches: Iterator[list[Message]], source: Source) -> Iterator[list[Message]]:
    """Give the batches of a source that has an event or a response among its first messages."""
    held: list[Message] = []  # a rotated log may begin in the middle of a record
    for batch in batches:
        held += batch
        if any(message.kind for message in batch):
            yield held
            yield from batches
        elif len(held) > _STRANGE:
            break
        else:
            continue
        return
    if held:
        raise _foreign(source)


def _foreign(source: Source) -> ParseError:
    with_head = next(source.chunks(), b"") if source.owned else b""
    return ParseError(
        f"no event log: no Event: and no Response: in {source.label or 'the input'}",
        offset=0,
        excerpt=excerpt(with_head),
        hint="read_events reads WaitEvent answers (raw or XML) and logs of the TCP interface",
    )


def _nearest(name: str, known: Iterable[str]) -> str | None:
    by_lower = {k.lower(): k for k in known}
    near = difflib.get_close_matches(name.lower(), by_lower, 1)
    return f"did you mean {by_lower[near[0]]!r}?" if near else None


def _asked(names: str | Iterable[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(dict.fromkeys(names))


class _Rows:
    """Rows of one frame: the builder and what goes beside its columns."""

    def __init__(self, events: Sequence[str] | None, raw_values: bool):
        self.builder = frames.event_builder(events, raw_values=raw_values)
        self.positions: list[int] = []
        self.labels: list[str] = []

    def add(self, position: int, label: str, message: Message) -> None:
        self.builder.add(message)
        self.positions.append(position)
        self.labels.append(label)

    def frame(self, log: _Log) -> pd.DataFrame:
        labels = self.labels if len(log.inputs) > 1 else None
        return frames.event_frame(self.builder, log.about(), positions=self.positions, sources=labels)


def iter_events(
    src: Src,
    *,
    events: str | Iterable[str] | None = None,
    columns: str | Iterable[str] | None = None,
    raw_values: bool = False,
    rows: int = _FRAME_ROWS,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> Iterator[pd.DataFrame]:
    """Read an event log piece by piece, in bounded memory.

    Parameters
    ----------
    src, events, columns, raw_values, encoding, progress
        As in :func:`read_events`.
    rows : int
        Rows of a frame; the last one has what is left.

    Yields
    ------
    pandas.DataFrame
        As :func:`read_events` gives. A column that no table names is only in the pieces that have it, unless it was
        asked for; the kinds of columns are the same in every piece.

    Raises
    ------
    ConfigError
        `rows` below 1; at the end of the log: a misspelt event or column.
    ParseError
        The input is not an event log.

    Examples
    --------
    >>> [len(piece) for piece in af.iter_events(af.sample("events"), rows=30)]
    [30, 30, 9]
    """
    if rows < 1:
        raise ConfigError(f"rows={rows}: a frame needs at least one row")
    asked = _asked(events)
    log = _Log(sources(src), encoding, progress, None if asked is None else frozenset(asked))
    return _pieces(log, asked, _asked(columns), raw_values, rows)


def _pieces(
    log: _Log, asked: list[str] | None, columns: list[str] | None, raw_values: bool, rows: int
) -> Iterator[pd.DataFrame]:
    strange = set(columns or ())

    def frame(piece: _Rows) -> pd.DataFrame:
        chosen, absent = _chosen(piece.frame(log), columns, asked, raw_values)
        strange.intersection_update(absent)
        return chosen

    piece = _Rows(asked, raw_values)
    given = False
    for position, label, message in log.rows():
        if len(piece.positions) == rows:
            yield frame(piece)
            given = True
            piece = _Rows(asked, raw_values)
        piece.add(position, label, message)
    if piece.positions or not given:
        yield frame(piece)
    _check_columns(strange, asked)


def read_events(
    src: Src,
    *,
    events: str | Iterable[str] | None = None,
    columns: str | Iterable[str] | None = None,
    raw_values: bool = False,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> pd.DataFrame:
    """Read an event log into one frame, one row per event in the order of arrival.

    A log is what WaitEvent answered (raw or XML, many answers one after the other) or what the TCP interface sent.
    Answers between the events are not rows; ``attrs["amiframe"]["responses"]`` counts them.

    Parameters
    ----------
    src : str, path-like, bytes, file or list
        As in :func:`read_reply`; several sources are read in turn and add ``amf_source``.
    events : str or sequence of str, optional
        Only these events; one event gives a frame with just its columns. Default: all.
    columns : str or sequence of str, optional
        Only these columns, in this order. Default: all.
    raw_values : bool
        Keep every value as the server's text.
    encoding : str
        Encoding of the texts, where it is not UTF-8.
    progress : bool, optional
        Show a progress bar; default: at a terminal, when it takes long.

    Returns
    -------
    pandas.DataFrame
        The columns of the events in the data dictionary (where two events give one column another type, it is text),
        headers that no table knows as ``str`` behind them by name, and

        ===============  ===================  ======================================================================
        column           dtype                meaning
        ===============  ===================  ======================================================================
        event            str                  name of the event; missing for a message without one
        amf_received     datetime64[us, UTC]  when it arrived; missing, a file does not have it
        amf_time         datetime64[us, UTC]  the server's time stamp, else the arrival
        amf_time_source  str                  ``server`` or ``arrival``; missing when there is no time
        amf_seq          Int64                position in the log, 0, 1, ...
        amf_source       str                  which file, when there are several
        amf_misfit       map of str           texts that did not fit the type of their column
        amf_extra        map of str           headers without a column, when there are any
        ===============  ===================  ======================================================================

        ``attrs["amiframe"]["fetched_complete"]`` is False when the last record of a source is cut off.

    Raises
    ------
    ConfigError
        A misspelt event or column.
    ParseError
        The input is not an event log.
    OSError
        A file cannot be read.

    Notes
    -----
    Source: the format of AMI events, measured on Asterisk 16 and 22. Time stamps of neighbouring events may go back by
    a millisecond: keep the order of ``amf_seq``.

    Examples
    --------
    >>> hangups = af.read_events(af.sample("events"), events="Hangup")
    >>> hangups["cause"].tolist()
    [17, 17, 17]
    """
    asked = _asked(events)
    wanted = _asked(columns)
    log = _Log(sources(src), encoding, progress, None if asked is None else frozenset(asked))
    whole = _Rows(asked, raw_values)
    for position, label, message in log.rows():
        whole.add(position, label, message)
    frame = whole.frame(log)
    chosen, strange = _chosen(frame, wanted, asked, raw_values)
    _check_columns(strange, asked, frame.columns)
    return chosen


def read_event_tables(
    src: Src,
    *,
    events: str | Iterable[str] | None = None,
    raw_values: bool = False,
    encoding: str = "utf-8",
    progress: bool | None = None,
) -> dict[str, pd.DataFrame]:
    """Read an event log into one dense frame per event, each with just its columns in their own types.

    Parameters
    ----------
    src, events, raw_values, encoding, progress
        As in :func:`read_events`. An event that was asked for and did not come has an empty frame.

    Returns
    -------
    dict of str to pandas.DataFrame
        By event, in the order in which they first came (``""``: messages without an event's name).
        ``amf_seq`` is the position in the whole log.

    Raises
    ------
    ConfigError, ParseError, OSError
        As :func:`read_events`.

    Examples
    --------
    >>> list(af.read_event_tables(af.sample("events")))[:3]
    ['CEL', 'Newchannel', 'Newexten']
    """
    asked = _asked(events)
    log = _Log(sources(src), encoding, progress, None if asked is None else frozenset(asked))
    tables = {name: _Rows([name], raw_values) for name in asked or ()}
    for position, label, message in log.rows():
        if message.name not in tables:
            tables[message.name] = _Rows([message.name], raw_values)
        tables[message.name].add(position, label, message)
    return {name: rows.frame(log) for name, rows in tables.items()}


def _chosen(
    frame: pd.DataFrame, columns: list[str] | None, events: list[str] | None, raw_values: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return the frame with just the columns asked for, those that were not there all missing; and the strange ones.

    Strange is a column that the frame does not have and that none of these events may have.
    """
    if columns is None:
        return frame, []
    known = frames.event_kinds(events, raw_values=raw_values)
    strange = [name for name in columns if name not in frame.columns and name not in known]
    return frames.with_columns(frame, columns, dict.fromkeys(strange, "str") | known), strange


def _check_columns(strange: Iterable[str], events: list[str] | None, seen: Iterable[str] = ()) -> None:
    """Raise if a column is a misspelling: neither of these events nor in the log."""
    for name in sorted(strange):
        known = [*frames.event_kinds(events), *seen]
        raise ConfigError(f"no column {name!r} in these events", hint=_nearest(name, known))
