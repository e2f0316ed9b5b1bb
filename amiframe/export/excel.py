"""Frames -> an Excel workbook, for people: values that a spreadsheet would change when it opens CSV stay as they are.

Text that looks like a number (``00123``, ``+7495...``, ``1700000000.12``) is a text cell, no formula is run, times are
dates. For programs there are CSV and Parquet: nothing here is read back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import IO, Any

import pandas as pd
import pyarrow as pa
from tqdm.auto import tqdm

from amiframe.errors import ConfigError
from amiframe.export import atomic_write, csv
from amiframe.timeutil.zones import zone

Dest = str | os.PathLike[str] | IO[bytes]

_MOST_ROWS = 1_048_575  # of a sheet, without its head
_MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_LAST_WHOLE = 2**53  # numbers are doubles there: beyond it, digits would change
_FIRST_DAY = datetime(1900, 3, 1)  # before it spreadsheets do not agree about the 29th of February 1900
_NOT_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$|^$|^history$", re.IGNORECASE)
_WIDTHS = (9, 60)  # in characters
_SAMPLE_ROWS = 200  # for the width of a column
_TIME = "yyyy-mm-dd hh:mm:ss"
_ABOUT = (
    "Written by amiframe. Numbers that are names (extensions, callers, ids) are text, so that no digit is lost.",
    "Times are those of the zone in the head of their column.",
)


def to_excel(frames: pd.DataFrame | Mapping[str, pd.DataFrame], dest: Dest, *, tz: str | None = None) -> list[str]:
    r"""Save frames as an Excel workbook (``.xlsx``), for people who open it in Excel or LibreOffice.

    Parameters
    ----------
    frames : pandas.DataFrame, or mapping of str to DataFrame
        One sheet each; the mapping names them.
    dest : path, fsspec URL or binary file object
        Where to.
    tz : str, optional
        Zone of the times (default: that of each column, most often UTC). A spreadsheet knows none, so the head of each
        column of times names it.

    Returns
    -------
    list of str
        What the format could not keep, a sentence each; most often empty. The last sheet, ``about``, has them too.

    Raises
    ------
    ConfigError
        XlsxWriter is not installed; more rows than a sheet has; a name that no sheet can have; a column of Python
        objects of several types.
    OSError
        The file could not be written; what was there before is intact.

    Notes
    -----
    Text is text, whatever it looks like: leading zeros and ``+`` stay, ``=1+1`` is no formula. Characters that XML does
    not have are written as Excel writes them (``_x0001_``), and shown by it as what they were. Whole numbers beyond
    2**53, lists and maps (as JSON), and times before March 1900 are text; spans are seconds. Of a second three
    decimals are shown.

    Examples
    --------
    >>> import io
    >>> to_excel(pd.DataFrame({"exten": ["00123", "+7495"], "calls": [2, 0]}), io.BytesIO())
    []
    """
    try:
        from xlsxwriter import Workbook
    except ModuleNotFoundError as error:
        raise ConfigError(
            "Excel needs XlsxWriter, which is not installed", hint="pip install 'amiframe[excel]'"
        ) from error
    sheets = {"Sheet1": frames} if isinstance(frames, pd.DataFrame) else dict(frames)
    if tz is not None:
        zone(tz)
    for name, frame in sheets.items():
        _check(name, frame, sheets)
    notes: list[str] = []
    file = BytesIO()
    with Workbook(file, {"constant_memory": True}) as book:
        for name, frame in sheets.items():
            columns = [_Column.of(_encodable(label), values, tz) for label, values in _labelled(frame)]
            _write_sheet(book, name, columns, len(frame))
            notes += [f"{name}: {column.note}" for column in columns if column.note]
        about = book.add_worksheet("about")
        about.set_column(0, 0, 100)
        for row, line in enumerate((*_ABOUT, *notes)):
            about.write_string(row, 0, line)
    atomic_write.save_bytes(dest, file.getvalue())
    return notes


def _check(name: str, frame: pd.DataFrame, among: Mapping[str, pd.DataFrame]) -> None:
    if (
        _NOT_A_NAME.search(name)
        or len(name) > 31
        or sum(name.lower() == other.lower() for other in [*among, "about"]) > 1
    ):
        raise ConfigError(
            f"no sheet can have the name {name!r}",
            hint="1 to 31 characters, none of []:*?/\\, another for each sheet, not 'about' and not 'history'",
        )
    if len(frame) > _MOST_ROWS or len(frame.columns) > _MOST_COLUMNS:
        raise ConfigError(
            f"{name}: {len(frame)} rows and {len(frame.columns)} columns are more than a sheet has ({_MOST_ROWS} and "
            f"{_MOST_COLUMNS})",
            hint="write CSV or Parquet, or a part of it",
        )


def _write_sheet(book: Any, name: str, columns: list[_Column], count: int) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    seconds, milliseconds = (book.add_format({"num_format": text}) for text in (_TIME, f"{_TIME}.000"))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, count, max(0, len(columns) - 1))
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        if column.head:
            sheet.write_string(0, place, column.head, bold)
    rows = zip(*(column.cells for column in columns), strict=True)
    for row, cells in enumerate(tqdm(rows, total=count, unit=" rows", desc=name, leave=False, delay=2), 1):
        for place, cell in enumerate(cells):
            if isinstance(cell, datetime):
                sheet.write_datetime(row, place, cell, milliseconds if cell.microsecond else seconds)
            elif isinstance(cell, str):
                sheet.write_string(row, place, cell)  # also "=1+1" and "00123"
            elif cell is not None:
                sheet.write(row, place, cell)


def _labelled(frame: pd.DataFrame) -> Iterator[tuple[Any, pd.Series[Any]]]:
    """Give what becomes a column: levels of the index, unless it is row numbers, and the columns."""
    index = frame.index
    if not isinstance(index, pd.RangeIndex):
        for place, label in enumerate(index.names):
            yield "" if label is None else label, pd.Series(index.get_level_values(place))
    for place, label in enumerate(frame.columns):
        yield label, frame.iloc[:, place]


@dataclass(frozen=True)
class _Column:
    """One column: its head, its cells (text, numbers, flags, datetimes, None), and what a workbook cannot keep."""

    head: str
    cells: list[Any]
    width: float
    note: str = ""

    @classmethod
    def of(cls, head: str, values: pd.Series[Any], tz: str | None) -> _Column:
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            head = f"{head} ({tz or values.dtype.tz})"
            values = (values if tz is None else values.dt.tz_convert(tz)).dt.tz_localize(None)
        elif pd.api.types.is_timedelta64_dtype(values.dtype):
            head = f"{head} (s)"
            values = values.dt.total_seconds()
        if pd.api.types.is_datetime64_dtype(values.dtype):
            times = [None if pd.isna(time) else _time(time) for time in values]
            return cls(head, times, max(len(_TIME), len(head)) + 2)
        texts = [str(value) for value in values.iloc[:_SAMPLE_ROWS]]
        width = min(max([_WIDTHS[0], len(head) + 3, *map(len, texts)]), _WIDTHS[1])
        if pd.api.types.is_bool_dtype(values.dtype):
            return cls(head, [None if pd.isna(flag) else bool(flag) for flag in values], width)
        if pd.api.types.is_numeric_dtype(values.dtype):
            return cls(head, [None if pd.isna(number) else _number(number) for number in values], width)
        cells = _texts(head, values)
        too_long = sum(text is not None and len(text) > _MOST_CHARACTERS for text in cells)
        note = f"{head}: texts cut after {_MOST_CHARACTERS:,} characters: {too_long}" if too_long else ""
        return cls(head, [_cut(text) for text in cells] if too_long else cells, width, note)


def _time(value: pd.Timestamp) -> datetime | str:
    return value.isoformat(sep=" ") if value < _FIRST_DAY else value.to_pydatetime(warn=False)


def _number(value: Any) -> Any:
    """Return a number as it is, or as text where a spreadsheet has no such number."""
    if isinstance(value, float):  # numpy's double is one
        return value if abs(value) != float("inf") else str(value)
    return value if abs(value) <= _LAST_WHOLE else str(value)


def _encodable(label: Any) -> str:
    return str(label).encode("utf-8", "replace").decode("utf-8")


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _texts(head: str, values: pd.Series[Any]) -> list[Any]:
    """Return the values of a column as the cells of a CSV file would show them."""
    try:
        array = pa.array(values, from_pandas=True)
        chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
        if pa.types.is_dictionary(chunked.type):
            chunked = chunked.cast(chunked.type.value_type)
        texts: list[Any] = csv.texts(head, chunked).to_pylist()
    except pa.ArrowException as error:
        raise ConfigError(f"column {head!r}: {error}", hint="as text it can be written: .astype('str')") from error
    return texts
