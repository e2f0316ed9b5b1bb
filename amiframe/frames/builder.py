"""Messages + schema -> columns -> DataFrame: which header goes to which column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from amiframe.frames.casting import (
    ARROW_TYPES,
    TEXT,
    TIME,
    Form,
    Misfits,
    cast,
    epoch,
    pairs_array,
    spread,
    to_pandas,
)
from amiframe.schema.field import Field, Table
from amiframe.wire import column_names
from amiframe.wire.message import Message
from amiframe.wire.raw_bulk import Grid

MAX_UNKNOWN_COLUMNS = 500
"""Headers that no table names get a column each, up to this many in one frame; further ones go to ``amf_extra``."""

FOLDED = {"chanvariable": "chanvariables", "destchanvariable": "destchanvariables"}
"""Headers that any message may have (channelvars of manager.conf), and the map columns that take their repeats."""

_OLD_CHANVARIABLE = re.compile(r"(dest)?chanvariable_.")
_MAX_SHAPES = 10_000  # a log that invents header names without end must not fill the memory


@dataclass
class Cells:
    """The values of one column that came from messages of one table: dense, with the row of each."""

    rows: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    grids: list[tuple[range, pa.Array]] = field(default_factory=list)

    def add(self, rows: Sequence[int], values: Iterable[Any]) -> None:
        """Append values with their rows."""
        self.rows += rows
        self.values += values

    def pieces(self) -> list[tuple[Sequence[int], Any]]:
        """Return the values with their rows: those that came as Arrow text, then the others."""
        return [*self.grids, (self.rows, self.values)] if self.rows or not self.grids else [*self.grids]


@dataclass(slots=True)
class _Shape:
    """Messages with the same event and the same headers in the same order, and where the value of each header goes."""

    event: str | None
    repairs: int
    columns: list[tuple[int, Cells]] = field(default_factory=list)  # place in the message, and the column
    folds: dict[str, tuple[list[int], Cells]] = field(default_factory=dict)  # places of each map column
    extra: list[tuple[int, str]] = field(default_factory=list)  # what goes to ``amf_extra``
    rows: list[int] = field(default_factory=list)
    values: list[tuple[str, ...]] = field(default_factory=list)

    def settle(self, misfits: Misfits) -> None:
        """Hand all values over to their columns."""
        by_place = list(zip(*self.values, strict=True))
        for place, cells in self.columns:
            cells.add(self.rows, by_place[place])
        for places, cells in self.folds.values():
            cells.add(self.rows, [[values[place] for place in places] for values in self.values])
        for place, name in self.extra:
            for row, value in zip(self.rows, by_place[place], strict=True):
                misfits.extra.setdefault(row, []).append((name, value))
        self.rows, self.values = [], []


class Builder:
    """Collect messages row by row, then make one frame of them.

    Parameters
    ----------
    lookup : callable
        Gives the table of an event name.
    declared : sequence of str
        Events whose columns are in the frame even when no such message came.
    kinds : mapping of str to str
        Kind of each column over all the events that may meet in this frame.
    event_column : bool
        Whether the frame has the column ``event``.
    raw_values : bool
        Keep every value as the server's text.
    """

    def __init__(
        self,
        lookup: Callable[[str], Table],
        *,
        declared: Sequence[str] = (),
        kinds: Mapping[str, str] | None = None,
        event_column: bool = False,
        raw_values: bool = False,
    ):
        self._lookup = lookup
        self._kinds = kinds or {}
        self._event_column = event_column
        self._raw = raw_values
        self._tables: dict[str, dict[str, Field]] = {}
        self._shapes: dict[tuple[str, tuple[str, ...]], _Shape] = {}
        self._cells: dict[tuple[str, str], Cells] = {}
        self._unknown: set[str] = set()
        self._misfits = Misfits()
        self._names: list[str | None] = []
        for name in declared:
            self._table(name)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, message: Message) -> None:
        """Append one message as a row."""
        names, values = zip(*message.pairs, strict=True) if message.pairs else ((), ())
        event = values[0] if names and names[0].lower() == "event" else ""
        shape = self._shapes.get((event, names))
        if shape is None:
            if len(self._shapes) >= _MAX_SHAPES:
                self._settle()
                self._shapes.clear()
            shape = self._shapes[event, names] = self._shape(message, event)
        shape.rows.append(len(self._names))
        shape.values.append(values)
        self._names.append(shape.event)
        self._misfits.repairs += shape.repairs

    def add_all(self, messages: Iterable[Message]) -> None:
        """Append messages, one row each."""
        if isinstance(messages, Grid) and self._add_grid(messages):
            return
        for message in messages:
            self.add(message)

    def _add_grid(self, grid: Grid) -> bool:
        """Append the messages of a grid column by column, where each header has a column of its own; say whether."""
        shape = self._shape(grid[0], grid.event)
        if len(shape.columns) < len(grid.columns):
            return False
        rows = range(len(self), len(self) + len(grid))
        for (_, cells), column in zip(shape.columns, grid.columns, strict=True):
            cells.grids.append((rows, column))
        self._names += [grid.event] * len(grid)
        return True

    def _settle(self) -> None:
        for shape in self._shapes.values():
            if shape.rows:
                shape.settle(self._misfits)

    def _shape(self, message: Message, event: str) -> _Shape:
        misfits = Misfits()
        shape = _Shape(misfits.text(event) or None, misfits.repairs)
        table = self._table(event)
        maps = FOLDED | {column_names.column(f.header): f.column for f in table.values() if f.kind == "map"}
        for place, name in enumerate(column_names.columns(name for name, _ in message.pairs)):
            base = name.partition("-")[0]
            if place == 0 and message.kind:
                continue  # the kind of the message: the column ``event``, or known from the call
            if base in maps:
                shape.folds.setdefault(maps[base], ([], self._cells_of(event, maps[base])))[0].append(place)
            elif self._is_column(name, table):
                shape.columns.append((place, self._cells_of(event, name)))
            else:
                shape.extra.append((place, name))
        return shape

    def _table(self, event: str) -> dict[str, Field]:
        if event not in self._tables:
            self._tables[event] = {f.column: f for f in self._lookup(event)}
        return self._tables[event]

    def _is_column(self, name: str, table: dict[str, Field]) -> bool:
        """Whether a header gets a column; else it goes to ``amf_extra``."""
        known = table.get(name)
        if known is not None:
            return known.kind != "map"
        if name.startswith("amf_") or _OLD_CHANVARIABLE.match(name) or self._is_map(name):
            return False
        if name == "event" and self._event_column:
            return False
        if name not in self._unknown and len(self._unknown) >= MAX_UNKNOWN_COLUMNS:
            return False
        self._unknown.add(name)
        return True

    def _cells_of(self, event: str, column: str) -> Cells:
        return self._cells.setdefault((event, column), Cells())

    def _is_map(self, name: str) -> bool:
        return name in FOLDED.values() or self._kinds.get(name) == "map"

    def _kind(self, name: str, known: Field | None) -> str:
        if self._is_map(name) or (known is not None and known.kind == "map"):
            return "map"
        if self._raw:
            return "str"
        return self._kinds.get(name) or (known.kind if known else "str")

    def _order(self) -> dict[str, Field | None]:
        """Columns of the declared events and of those that came, in schema order, then the unknown ones by name."""
        seen = {name for _, name in self._cells}
        known: dict[str, Field | None] = {}
        for table in self._tables.values():
            for name, f in table.items():
                if name in seen or not f.optional:
                    known.setdefault(name, f)
        return known | dict.fromkeys(sorted(seen - known.keys()))

    def _columns(self) -> dict[str, pa.Array]:
        self._settle()
        pieces: dict[str, list[tuple[Sequence[int], pa.Array]]] = {}
        for (form, *_), group in self._cast_groups().items():
            texts = [values for _, _, values in group]
            values = texts[0] if len(texts) == 1 else pa.concat_arrays(texts)
            array, bad = cast(values, form, self._misfits, raw=self._raw)
            count = len(group[0][1])
            for place in bad:
                column, row = divmod(place, count)
                name, rows, _ = group[column]
                self._misfits.misfit(rows[row], name, str(values[place]))
            for column, (name, rows, _) in enumerate(group):
                pieces.setdefault(name, []).append((rows, array.slice(column * count, count)))
        columns = {"event": pa.array(self._names, TEXT)} if self._event_column else {}
        for name, known in self._order().items():
            columns[name] = spread(pieces.get(name, []), len(self), ARROW_TYPES[self._kind(name, known)])
        return columns

    def _cast_groups(self) -> dict[tuple[Any, ...], list[tuple[str, Sequence[int], Any]]]:
        """Return name, rows and values of what is cast together: columns of one grid in the same form, for speed."""
        groups: dict[tuple[Any, ...], list[tuple[str, Sequence[int], Any]]] = {}
        for (event, name), cells in self._cells.items():
            known = self._tables[event].get(name)
            kind = self._kind(name, known)
            form = Form(kind, known.nothing, known.escaped) if known is not None else Form(kind)
            for rows, values in cells.pieces():
                key = (form, rows) if isinstance(rows, range) else (form, event, name)
                groups.setdefault(key, []).append((name, rows, values))
        return groups

    def server_times(self) -> pa.Array:
        """Return the time stamps that the server gave the rows; null where it gave none."""
        self._settle()
        pieces = []
        for (_, name), cells in self._cells.items():
            if name == "timestamp":
                for rows, values in cells.pieces():
                    texts, _ = cast(values, Form("str"), Misfits())
                    pieces.append((rows, epoch(texts)))
        return spread(pieces, len(self), TIME)

    def finish(self, added: Mapping[str, pa.Array], about: Mapping[str, Any]) -> pd.DataFrame:
        """Return the frame: the server's columns, then our own `added` ones, then what did not fit; and `about` it."""
        columns = self._columns() | dict(added)
        typed = any(f.kind != "str" for table in self._tables.values() for f in table.values())
        if typed and not self._raw:
            columns["amf_misfit"] = pairs_array(self._misfits.cells, len(self), self._misfits)
        if self._misfits.extra:
            columns["amf_extra"] = pairs_array(self._misfits.extra, len(self), self._misfits)
        return with_about(to_pandas(pa.table(columns)), about, self._misfits)


def kinds(tables: Iterable[Table]) -> dict[str, str]:
    """Return one kind per column over tables that meet in one frame; where kind or unit disagree it is ``str``.

    Examples
    --------
    >>> kinds([(Field("RingTime", "int", "ms"),), (Field("RingTime", "int", "s"), Field("HoldTime", "int", "s"))])
    {'ringtime': 'str', 'holdtime': 'int'}
    """
    types: dict[str, tuple[str, str]] = {}
    for table in tables:
        for f in table:
            if types.setdefault(f.column, f.type) != f.type:
                types[f.column] = ("str", "")
    return {name: kind for name, (kind, _) in types.items()}


def with_about(frame: pd.DataFrame, about: Mapping[str, Any], misfits: Misfits) -> pd.DataFrame:
    """Put the provenance on a frame."""
    counts = {"fetched_rows": len(frame), "repairs": misfits.repairs, "misfits": misfits.count}
    frame.attrs["amiframe"] = {**about, **counts}
    return frame
