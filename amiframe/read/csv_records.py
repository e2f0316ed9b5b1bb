"""Bytes of a delimited file -> columns of text, row by row as they were written, with nothing lost.

Asterisk quotes fields and doubles quotes in them; a value may hold line ends. Broken input is read too: a line that
was cut when the server died, rows of other widths since an option changed, more fields than columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from amiframe.errors import ParseError
from amiframe.frames.casting import TEXT, Misfits
from amiframe.read.sources import without_bom
from amiframe.wire import column_names
from amiframe.wire.encoding import excerpt

Layout = tuple[str, ...]
_TIME = r"(?s)^([0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}.*|[0-9]{9,11}(\.[0-9]+)?)$"
_UNIQUEID = r"(?s)^((.*-)?[0-9]{9,11}\.[0-9]+(;[12])?|)$"
_BLOCK = 1 << 24
_LONGEST = 200  # lines that one value may span before its quote is taken for a broken one


@dataclass(frozen=True)
class Shape:
    """How the lines of a kind of record may be laid out: known orders, known names, and what names are called else."""

    kind: str
    layouts: Sequence[Layout]
    names: frozenset[str]
    aliases: dict[str, str]
    times: Layout  # columns that are times in every row, by which an order is recognized
    columns: Layout | None = None  # the order that the caller names


@dataclass
class SourceColumns:
    """What one source holds: its columns, and by row what has no place in them."""

    rows: int = 0
    columns: dict[str, pa.Array | list[str | None]] = field(default_factory=dict)
    misfits: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    extra: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    cut: bool = False


def named(names: Sequence[str], shape: Shape) -> Layout:
    """Return names of columns as ours: by the naming rule, in Asterisk's own spelling.

    Examples
    --------
    >>> named(["CallDate", "src"], Shape("CDR", (), frozenset({"start", "src"}), {"calldate": "start"}, ("start",)))
    ('start', 'src')
    """
    by_rule = column_names.columns(name.strip() for name in names)
    return tuple(shape.aliases.get(name, name) for name in by_rule)


def parts(data: bytes, shape: Shape, misfits: Misfits, *, label: str, encoding: str = "utf-8") -> SourceColumns:
    """Take the bytes of one source apart.

    Raises
    ------
    ParseError
        No line is a record of this kind.
    """
    data = without_bom(data)
    text = misfits.text(data.decode(encoding, "surrogateescape"))
    separator = _separator(text)
    first = next(_records(text[: 1 << 20], separator, shape), None)
    if first is None:
        return SourceColumns()
    cells = first[1] or []
    header = _header(cells, shape)
    layout = header or _layout(cells, shape)
    part = _at_once(text, separator, len(cells), layout, header is not None, shape) if layout else None
    part = part or _one_by_one(text, separator, header, shape)
    if part.rows and len(part.misfits) == part.rows:
        raise ParseError(
            f"no {shape.kind}: no line of {label} has the columns of one",
            offset=0,
            excerpt=excerpt(data),
            hint=f"name the order of the columns: read_{shape.kind.lower()}(src, columns=['start', 'src', ...])",
        )
    return part


def _separator(text: str) -> str:
    line = text[: text.find("\n")] if "\n" in text else text
    return max(",;\t", key=lambda mark: (line.count(mark), mark == ","))


def _header(cells: Sequence[str], shape: Shape) -> Layout | None:
    """Return the names of a first line that is one of names, else None."""
    if any(not cell.strip() or cell.strip()[0].isdigit() for cell in cells):
        return None
    names = named(cells, shape)
    return names if len(shape.names.intersection(names)) >= min(2, len(names)) else None


def _layout(cells: Sequence[str], shape: Shape) -> Layout | None:
    """Return which order a row has; the columns that a longer row has beyond it have no name."""
    if shape.columns is not None:
        return shape.columns
    fitting = [layout for layout in shape.layouts if len(layout) == len(cells) and _fits(cells, layout, shape)]
    if not fitting and len(cells) > max(map(len, shape.layouts)):
        fitting = [layout for layout in sorted(shape.layouts, key=len)[::-1] if _fits(cells, layout, shape)]
    return next((layout for layout in fitting if _has_its_id(cells, layout)), fitting[0] if fitting else None)


def _fits(cells: Sequence[str], layout: Layout, shape: Shape) -> bool:
    return all(re.match(_TIME, cells[layout.index(name)]) for name in shape.times)


def _has_its_id(cells: Sequence[str], layout: Layout) -> bool:
    """Whether the field that would be the uniqueid looks like one: a column may be uniqueid or userfield."""
    if "uniqueid" in layout:
        return bool(re.match(_UNIQUEID, cells[layout.index("uniqueid")]))
    return True


# --- a file in which all rows are alike -----------------------------------------------------------------------------


def _at_once(
    text: str, separator: str, width: int, layout: Layout, has_header: bool, shape: Shape
) -> SourceColumns | None:
    """Read a file whose rows all have the width of the first; None where they have not."""
    if len(layout) != width or text.count('"') % 2 or not text.endswith("\n"):
        return None
    names = [str(at) for at in range(width)]
    try:
        table = pa.csv.read_csv(
            io.BytesIO(text.encode()),
            pa.csv.ReadOptions(column_names=names, skip_rows_after_names=int(has_header), block_size=_BLOCK),
            pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, TEXT), strings_can_be_null=False, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    columns = dict(zip(layout, map(_array, table.columns), strict=True))
    if not has_header and shape.columns is None and not _all_fit(columns, shape):
        return None
    return SourceColumns(len(table), dict(columns))


def _all_fit(columns: dict[str, pa.Array], shape: Shape) -> bool:
    if any(pc.match_substring_regex(columns[name], _TIME).false_count for name in shape.times):
        return False
    ids = columns.get("uniqueid")
    return ids is None or pc.match_substring_regex(ids, _UNIQUEID).true_count * 2 >= len(ids)


def _array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], TEXT)


# --- a file with surprises ------------------------------------------------------------------------------------------


def _one_by_one(text: str, separator: str, header: Layout | None, shape: Shape) -> SourceColumns:
    part = SourceColumns(cut=bool(text) and not text.endswith("\n"))
    placed: list[tuple[Layout, list[str]] | None] = []
    for line, cells in _records(text, separator, shape):
        if header is not None and cells is not None and _header(cells, shape) == header:
            continue
        layout = None if cells is None else header or _layout(cells, shape)
        row = len(placed)
        if layout is None or cells is None:
            part.misfits[row] = [("line", line)]
            placed.append(None)
            continue
        if len(cells) > len(layout):
            part.extra[row] = [(f"column {at}", cells[at - 1]) for at in range(len(layout) + 1, len(cells) + 1)]
        placed.append((layout, cells))
    part.rows = len(placed)
    columns: dict[str, list[str | None]] = {}
    for row, record in enumerate(placed):
        for name, value in zip(*record, strict=False) if record else ():
            columns.setdefault(name, [None] * part.rows)[row] = value
    part.columns = dict(columns)
    return part


def _records(text: str, separator: str, shape: Shape) -> Iterator[tuple[str, list[str] | None]]:
    """Give each record with its fields; None for one whose quotes do not end."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    at = 0
    while at < len(lines):
        end, record = _joined(lines, at, lambda line: _is_whole(line, separator, shape))
        at = end + 1
        if not record.strip("\r"):
            continue
        cells = None if record.count('"') % 2 else _fields(record.removesuffix("\r"), separator)
        yield record, cells


def _joined(lines: list[str], at: int, is_whole: Callable[[str], bool]) -> tuple[int, str]:
    """Return the last line of the record that begins here, and the record: a quoted value goes on over line ends."""
    record = lines[at]
    if record.count('"') % 2 == 0:
        return at, record
    for end in range(at + 1, min(len(lines), at + _LONGEST)):
        if is_whole(lines[end]):  # the one before was cut off, and a new one begins
            break
        record += "\n" + lines[end]
        if record.count('"') % 2 == 0:
            return end, record
    return at, lines[at]


def _is_whole(line: str, separator: str, shape: Shape) -> bool:
    if line.count('"') % 2:
        return False
    cells = _fields(line.removesuffix("\r"), separator)
    return (
        cells is not None
        and len(cells) > 1
        and (_layout(cells, shape) is not None if shape.columns is None else len(cells) == len(shape.columns))
    )


def _fields(record: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=separator), [])
    except csv.Error:
        return None
