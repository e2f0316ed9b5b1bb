"""Arrow columns <-> the bytes of a CSV file, exactly: all values are quoted, a missing one is an empty cell without.

UTF-8, commas, lines end with LF, names in the first line. So a cell may hold anything (commas, quotes, any line end,
U+0000), and '' and missing stay apart. Touches no file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from amiframe.errors import ConfigError, ParseError
from amiframe.frames.casting import TEXT

_COMPRESSION = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_ROWS_AT_ONCE = 20_000  # bounds the memory that the texts take
_LARGEST_BLOCK = 1 << 30

# A spreadsheet runs what begins with one of these, blanks before it or not; the wide forms are for East Asian ones.
_FORMULA = "(?s)^'*([\t\r\n]|[\\x00-\\x20\u00a0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20])"
_NUMBER = r"^'*[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$"
_PHONE = r"^'*\+([ ().\-/]{0,2}[0-9]){7,15}$"  # +7 (495) 123-45-67: up to 15 digits, as E.164 has it


# --- one column: values -> texts and back ---------------------------------------------------------------------------


def _parse(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    return texts.cast(arrow_type)


def _print(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(TEXT)


def _print_float(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(_print(values), "^(-?[0-9]+)$", r"\1.0")  # "1" would be read as a whole number


def _print_time(values: pa.ChunkedArray) -> pa.ChunkedArray:
    naive = _ticks(values).cast(pa.timestamp(values.type.unit))  # in UTC, without asking a zone database
    texts = pc.replace_substring(naive.cast(TEXT), " ", "T")
    if not pc.all(pc.match_substring_regex(texts, "^[0-9]{4}-"), min_count=0).as_py():
        raise ValueError("a time outside the years 0 to 9999")
    return texts if values.type.tz is None else _join(texts, "+00:00")


def _join(*parts: pa.ChunkedArray | str) -> pa.ChunkedArray:
    scalars = [pa.scalar(part, TEXT) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*scalars)


def _parse_time(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    naive = pc.replace_substring_regex(texts, r"\+00:00$", "").cast(pa.timestamp(arrow_type.unit))
    return _ticks(naive).cast(arrow_type)


def _ticks(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.int64())


def _print_json(values: pa.ChunkedArray) -> pa.ChunkedArray:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return pa.chunked_array([[None if value is None else encode(value) for value in values.to_pylist()]], TEXT)


def _parse_list(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([[text and json.loads(text) for text in texts.to_pylist()]], arrow_type)


def _parse_map(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    values = [text and [(key, value) for key, value in json.loads(text)] for text in texts.to_pylist()]
    return pa.chunked_array([values], arrow_type)


_Print = Callable[[pa.ChunkedArray], pa.ChunkedArray]
_Parse = Callable[[pa.ChunkedArray, pa.DataType], pa.ChunkedArray]
_CODECS: tuple[tuple[Callable[[pa.DataType], bool], _Print, _Parse], ...] = (
    (pa.types.is_large_string, _print, _parse),
    (pa.types.is_integer, _print, _parse),
    (pa.types.is_boolean, _print, _parse),  # true, false
    (pa.types.is_floating, _print_float, _parse),  # the fewest digits that give the same number; nan, inf
    (pa.types.is_timestamp, _print_time, _parse_time),  # 2026-11-23T15:40:15.337000, with +00:00 if it has a zone
    (pa.types.is_list, _print_json, _parse_list),  # ["a","b"]
    (pa.types.is_map, _print_json, _parse_map),  # [["name","value"],["name",null]]: keys may repeat
)


def _codec(arrow_type: pa.DataType) -> tuple[_Print, _Parse]:
    codec = next(((show, parse) for fits, show, parse in _CODECS if fits(arrow_type)), None)
    if codec is None:
        raise ValueError(f"values of type {arrow_type} cannot be written")
    return codec


def typed(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    """Turn the cells of a column back into its values."""
    return _codec(arrow_type)[1](texts, arrow_type)


# --- formulas -------------------------------------------------------------------------------------------------------


def _with_apostrophe(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before what a spreadsheet would run, and before what already looks like the result of that."""
    harmless = pc.or_(pc.match_substring_regex(texts, _NUMBER), pc.match_substring_regex(texts, _PHONE))
    runs = pc.and_not(pc.match_substring_regex(texts, _FORMULA), harmless)
    return pc.if_else(runs, _join("'", texts), texts)


def without_apostrophe(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Undo what ``formulas="escape"`` did, exactly."""
    stripped = pc.replace_substring_regex(texts, "^'", "")
    return pc.if_else(pc.equal(_with_apostrophe(stripped), texts), stripped, texts)


# --- the file -------------------------------------------------------------------------------------------------------


def write(names: Sequence[str], columns: Sequence[pa.ChunkedArray], file: IO[bytes], *, escape: bool) -> None:
    """Write columns of equal length under their names.

    Raises
    ------
    ConfigError
        A value cannot be written exactly; says in which column.
    """
    rows = len(columns[0]) if columns else 0
    _write_lines([pa.chunked_array([[name]], TEXT) for name in names], file, escape=escape)
    for start in range(0, rows, _ROWS_AT_ONCE):
        pairs = zip(names, columns, strict=True)
        _write_lines([texts(name, values.slice(start, _ROWS_AT_ONCE)) for name, values in pairs], file, escape=escape)


def texts(name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn the values of a column into its cells.

    Raises
    ------
    ConfigError
        A value cannot be written exactly.
    """
    try:
        return _codec(values.type)[0](values)
    except ValueError as error:
        raise ConfigError(f"column {name!r}: {error}", hint="as text it can be written: .astype('str')") from error


def _write_lines(cells: list[pa.ChunkedArray], file: IO[bytes], *, escape: bool) -> None:
    if escape:
        cells = [_with_apostrophe(texts) for texts in cells]
    lines = pa.BufferOutputStream()
    options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
    pacsv.write_csv(pa.table(cells, [str(n) for n in range(len(cells))]), lines, options)
    file.write(lines.getvalue())


def parse(data: bytes) -> tuple[list[str], list[pa.ChunkedArray]]:
    """Return the names and the columns of a CSV file as texts; a cell without quotes and without text is null.

    Raises
    ------
    ParseError
        Not UTF-8, not CSV, or lines of different length.
    """
    try:
        names = next(csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")), None)
        if not names:
            raise ValueError("no line of names")
        table = pa.concat_tables([_parse_block(block, [str(n) for n in range(len(names))]) for block in _blocks(data)])
    except (csv.Error, ValueError) as error:
        raise ParseError(f"not a CSV file in UTF-8: {str(error).splitlines()[0][:200]}") from error
    return names, [column.slice(1) for column in table.columns]


def _blocks(data: bytes) -> Iterator[pa.Buffer]:
    """Cut what is too much for one go between lines; where Arrow cuts it, a CR LF inside of a cell can lose its LF."""
    start = 0
    while len(data) - start > _LARGEST_BLOCK:
        end = start + _LARGEST_BLOCK
        while (end := data.rfind(b"\n", start, end)) >= 0 and data.count(b'"', start, end) % 2:
            pass  # inside of quotes
        if end < 0:
            raise ValueError("a line of more than a gigabyte")
        yield pa.py_buffer(data).slice(start, end + 1 - start)
        start = end + 1
    yield pa.py_buffer(data).slice(start)


def _parse_block(block: pa.Buffer, labels: list[str]) -> pa.Table:
    return pacsv.read_csv(
        pa.BufferReader(block),
        pacsv.ReadOptions(column_names=labels, block_size=block.size + 1),
        pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(labels, TEXT),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def compressing(write_plain: Callable[[IO[bytes]], None], name: str) -> Callable[[IO[bytes]], None]:
    """Return what writes the same, compressed as the end of the file's name says."""
    codec = _COMPRESSION.get(PurePath(name).suffix)
    if codec is None:
        return write_plain

    def write_compressed(file: IO[bytes]) -> None:
        whole = pa.BufferOutputStream()
        with pa.CompressedOutputStream(whole, codec) as stream:
            write_plain(stream)
        file.write(whole.getvalue())

    return write_compressed


def decompress(data: bytes, name: str) -> bytes:
    """Undo the compression that the end of the file's name names.

    Raises
    ------
    ParseError
        Cut, or not compressed so.
    """
    codec = _COMPRESSION.get(PurePath(name).suffix)
    if codec is None:
        return data
    try:
        plain: bytes = pa.CompressedInputStream(pa.BufferReader(data), codec).read()
    except OSError as error:
        raise ParseError(f"{name} is cut or not {codec}: {error}") from error
    return plain
