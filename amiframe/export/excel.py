"""Frames -> an Excel workbook, for people: what a spreadsheet would change on the way from CSV stays as it is.

Numbers that are names (``00123``, ``+7495...``, ``1700000000.12``) are text cells, no formula is run, times are dates.
For programs there are CSV and Parquet: nothing here is read back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm.auto import tqdm

from amiframe.errors import ConfigError
from amiframe.export import atomic_write, csv
from amiframe.timeutil.zones import zone

Dest = str | os.PathLike[str] | IO[bytes]

_MOST_ROWS = 1_048_575  # of a sheet, but for its head
_MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_LAST_WHOLE = 2**53  # numbers are doubles there: beyond it, digits would change
_FIRST_DAY = datetime(1900, 3, 1)  # before it spreadsheets do not agree about the 29th of February 1900
_NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$|^$|^history$", re.IGNORECASE)
# A cell is XML: what XML cannot hold is written as Excel itself writes it, and so is what would be taken for that.
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDTHS = (9, 60)  # in characters
_LOOKED_AT = 200  # rows, for the width of a column
_TIME = "yyyy-mm-dd hh:mm:ss"


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
        What the format could not keep, a sentence each; most often empty. The last sheet, ``about``, says it too.

    Raises
    ------
    ConfigError
        openpyxl is not installed; more rows than a sheet has; a name that no sheet can have; a column of values that
        have no text of their own (Python objects of several kinds).
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
    book = _workbook()
    sheets = {"Sheet1": frames} if isinstance(frames, pd.DataFrame) else dict(frames)
    if tz is not None:
        zone(tz)
    notes: list[str] = []
    for name, frame in sheets.items():
        _check(name, frame, sheets)
        notes += _fill(book, name, frame, tz)
    _tell(book, notes)
    whole = BytesIO()
    book.save(whole)
    data = whole.getvalue()

    def write(file: IO[bytes]) -> None:
        file.write(data)

    atomic_write.save(os.fspath(dest), write) if isinstance(dest, str | os.PathLike) else write(dest)
    return notes


def _workbook() -> Any:
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError as error:
        raise ConfigError(
            "Excel needs openpyxl, which is not installed", hint="pip install 'amiframe[excel]'"
        ) from error
    return Workbook(write_only=True)


def _check(name: str, frame: pd.DataFrame, among: Mapping[str, pd.DataFrame]) -> None:
    if _NO_NAME.search(name) or len(name) > 31 or sum(name.lower() == other.lower() for other in [*among, "about"]) > 1:
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


def _fill(book: Any, name: str, frame: pd.DataFrame, tz: str | None) -> list[str]:
    """Write one sheet; return what it could not keep."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    columns = [_Column(str(label), values, tz) for label, values in _labelled(frame)]
    sheet = book.create_sheet(name)
    for at, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(at)].width = column.width()
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(1, len(columns)))}{len(frame) + 1}"

    def cell(value: Any, kind: str | None, font: Any = None) -> Any:
        made = WriteOnlyCell(sheet, value)
        if kind == "s":
            made.data_type = "s"  # else "=1+1" would be a formula
        elif kind is not None:
            made.number_format = kind
        if font is not None:
            made.font = font
        return made

    bold = Font(bold=True)
    sheet.append([cell(_escape(column.head), "s", bold) for column in columns])
    rows = zip(*(column.cells() for column in columns), strict=True)
    for row in tqdm(rows, total=len(frame), unit=" rows", desc=name, leave=False, delay=2):
        sheet.append([None if value is None else cell(value, kind) for value, kind in row])
    return [f"{name}: {note}" for column in columns for note in column.notes()]


def _labelled(frame: pd.DataFrame) -> Iterator[tuple[Any, pd.Series[Any]]]:
    """Give what becomes a column: levels of the index, unless it is row numbers, and the columns."""
    index = frame.index
    if not isinstance(index, pd.RangeIndex):
        for at, label in enumerate(index.names):
            yield "" if label is None else label, pd.Series(index.get_level_values(at))
    for at, label in enumerate(frame.columns):
        yield label, frame.iloc[:, at]


_Cell = tuple[Any, str | None]  # a value with its format, "s" for text
_NOTHING: _Cell = (None, None)


class _Column:
    """One column as cells, and what of it a workbook cannot keep."""

    def __init__(self, label: str, values: pd.Series[Any], tz: str | None):
        self.head = label
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            local = values if tz is None else values.dt.tz_convert(tz)
            self.head = f"{label} ({tz or values.dtype.tz})"
            values = local.dt.tz_localize(None)
        elif pd.api.types.is_timedelta64_dtype(values.dtype):
            self.head = f"{label} (s)"
            values = values.dt.total_seconds()
        self._values = values
        self._is_time = pd.api.types.is_datetime64_dtype(values.dtype)
        is_text = not (self._is_time or pd.api.types.is_numeric_dtype(values.dtype))
        self._plain = _texts(self.head, values) if is_text else [None if pd.isna(one) else one for one in values]
        self._cut = 0

    def cells(self) -> Iterator[_Cell]:
        make = self._maker()
        for value in self._plain:
            yield _NOTHING if value is None else make(value)

    def width(self) -> float:
        if self._is_time:
            return max(len(_TIME), len(self.head)) + 2
        texts = [str(value) for value in self._values.iloc[:_LOOKED_AT]]
        return min(max([_WIDTHS[0], len(self.head) + 3, *map(len, texts)]), _WIDTHS[1])

    def notes(self) -> list[str]:
        return [f"{self.head}: texts cut after {_MOST_CHARACTERS:,} characters: {self._cut}"] if self._cut else []

    def _maker(self) -> Callable[[Any], _Cell]:
        dtype = self._values.dtype
        if self._is_time:
            return self._time
        if pd.api.types.is_bool_dtype(dtype):
            return lambda value: (bool(value), None)
        if pd.api.types.is_numeric_dtype(dtype):
            return self._number
        return self._text

    def _text(self, value: Any) -> _Cell:
        text = _escape(str(value))
        if len(text) > _MOST_CHARACTERS:
            self._cut += 1
            text = re.sub("_(x[0-9A-Fa-f]{0,4})?$", "", text[: _MOST_CHARACTERS - 1]) + "…"
        return text, "s"

    @staticmethod
    def _number(value: Any) -> _Cell:
        number = value.item() if isinstance(value, np.generic) else value
        if isinstance(number, float):
            return (number, None) if np.isfinite(number) else (str(number), "s")
        return (number, None) if abs(number) <= _LAST_WHOLE else (str(number), "s")

    @staticmethod
    def _time(value: pd.Timestamp) -> _Cell:
        if value < _FIRST_DAY:
            return value.isoformat(sep=" "), "s"
        return value.to_pydatetime(warn=False), f"{_TIME}.000" if value.microsecond else _TIME


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


def _escape(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _tell(book: Any, notes: list[str]) -> None:
    sheet = book.create_sheet("about")
    sheet.column_dimensions["A"].width = 100
    for line in (
        "Written by amiframe. Numbers that are names (extensions, callers, ids) are text, so that no digit is lost.",
        "Times are those of the zone in the head of their column.",
        *notes,
    ):
        sheet.append([line])
