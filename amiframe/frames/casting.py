"""The server's text -> typed Arrow values -> columns: the one place where dtypes are set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.wire.encoding import unescape
from amiframe.wire.message import Message

LIST = pa.list_(pa.string())
MAP = pa.map_(pa.string(), pa.string())
TIME = pa.timestamp("us", tz="UTC")
LOCAL = pa.timestamp("us")
TEXT = pa.large_string()  # becomes pandas' str without a copy
_NULL = pa.scalar(None, TEXT)
ARROW_TYPES = {
    "str": TEXT,
    "int": pa.int64(),
    "hms": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "time": TIME,
    "iso": TIME,
    "local": LOCAL,
    "list": LIST,
    "map": MAP,
}
_PANDAS_TYPES = {
    TEXT: pd.StringDtype(na_value=np.nan),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    TIME: pd.DatetimeTZDtype("us", "UTC"),
    LIST: pd.ArrowDtype(LIST),
    MAP: pd.ArrowDtype(MAP),
}

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Misfits:
    """Texts that fit no column: pairs of column and text by row; how many, and how many repaired characters."""

    cells: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    extra: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    repairs: int = 0
    count: int = 0

    def misfit(self, row: int, column: str, text: str) -> None:
        """Keep a text that does not fit the type of its column."""
        self.count += 1
        self.cells.setdefault(row, []).append((column, _SURROGATE.sub("\ufffd", text)))

    def text(self, value: str) -> str:
        """Return text that a column can hold: each byte that was not text becomes U+FFFD and is counted."""
        repaired, count = _SURROGATE.subn("\ufffd", value)
        self.repairs += count
        return repaired


# --- text -> typed values -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """How the server writes the values of a column: their kind, null markers, and whether they are C-escaped."""

    kind: str
    nothing: frozenset[str] = frozenset()
    escaped: bool = False


def cast(values: Any, form: Form, misfits: Misfits, *, raw: bool = False) -> tuple[pa.Array, list[int]]:
    """Turn the server's texts of one form, a list or Arrow text, into typed values.

    Returns
    -------
    (pyarrow.Array, list of int)
        As long as `values`; a text that does not fit the kind is null, and its position is in the list.
    """
    if form.kind == "map":
        return pa.array([[_pair(v, misfits, raw=raw) for v in row] for row in values], MAP), []
    texts = _texts(values, misfits)
    if form.kind == "list":
        return _lists(texts, form.nothing), []
    if raw:
        return texts, []
    texts = mark_nulls(texts, form.nothing)
    if form.escaped:
        texts = _unescape(texts)
    if form.kind == "str":
        return texts, []
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), ARROW_TYPES[form.kind]), []
    texts = pc.utf8_trim(texts, " \t")  # numbers may be padded to a width
    typed = _CASTS[form.kind](texts)
    if typed.null_count == texts.null_count:
        return typed, []
    bad = pc.and_(pc.is_valid(texts), pc.is_null(typed))
    return typed, np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist()


def mark_nulls(texts: pa.Array, null_markers: frozenset[str] = frozenset()) -> pa.Array:
    """Return texts with null in place of an empty text and of the null markers."""
    is_null = pc.is_in(texts, _null_array(null_markers))
    return pc.if_else(is_null, _NULL, texts) if is_null.true_count else texts


@lru_cache(maxsize=256)
def _null_array(null_markers: frozenset[str]) -> pa.Array:
    return pa.array(["", *null_markers], TEXT)


def series_texts(values: pd.Series) -> pa.Array:
    """Return the values of a column of a table as texts; whole numbers that came as floats have no point."""
    known = values.dropna()
    is_whole = pd.api.types.is_float_dtype(values.dtype) and bool((known == known.round()).all())
    texts = (values.astype("Int64") if is_whole else values).astype("str").where(values.notna())
    array = pa.array(texts, TEXT, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _texts(values: Any, misfits: Misfits) -> pa.Array:
    if isinstance(values, pa.Array):  # decoded in bulk, so it is valid text
        return values
    try:
        return pa.array(values, TEXT)
    except UnicodeEncodeError:
        return pa.array([misfits.text(v) for v in values], TEXT)


def _unescape(texts: pa.Array) -> pa.Array:
    is_escaped = pc.fill_null(pc.match_substring(texts, "\\"), False)
    if not is_escaped.true_count:
        return texts
    return pc.replace_with_mask(texts, is_escaped, pa.array(map(unescape, texts.filter(is_escaped).to_pylist()), TEXT))


def _pair(text: str, misfits: Misfits, *, raw: bool) -> tuple[str, str | None]:
    name, equals, value = misfits.text(text).partition("=")
    return name, None if not equals or (value == "(null)" and not raw) else value


def _lists(texts: pa.Array, nothing: frozenset[str]) -> pa.Array:
    coded = texts.dictionary_encode()  # few rights, many rows
    return pa.array([_list(text, nothing) for text in coded.dictionary.to_pylist()], LIST).take(coded.indices)


def _list(text: str, nothing: frozenset[str]) -> list[str] | None:
    if not text:
        return None
    return [] if text in nothing else [part.strip() for part in text.split(",")]


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    fits = pc.match_substring_regex(texts, pattern)
    return texts if fits.true_count == len(texts) - texts.null_count else pc.if_else(fits, texts, _NULL)


def _int(texts: pa.Array) -> pa.Array:
    digits = pc.all(pc.and_(pc.ascii_is_decimal(texts), pc.less(pc.binary_length(texts), 19)))
    if digits.as_py():  # the usual case, and a quick look
        return texts.cast(pa.int64())
    return _matching(texts, r"^-?[0-9]{1,18}$").cast(pa.int64())


def _float(texts: pa.Array) -> pa.Array:
    return _matching(texts, r"^-?[0-9]{1,15}(\.[0-9]{1,20})?$").cast(pa.float64())


_TRUE, _FALSE = ("yes", "true", "on", "1", "y", "t"), ("no", "false", "off", "0", "n", "f")


def _bool(texts: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(texts)
    true = pc.is_in(lower, pa.array(_TRUE, TEXT))
    return pc.if_else(pc.or_(true, pc.is_in(lower, pa.array(_FALSE, TEXT))), true, pa.scalar(None, pa.bool_()))


def epoch(texts: pa.Array) -> pa.Array:
    """Microseconds from the digits themselves: a float would round them."""
    parts = pc.extract_regex(texts, r"^(?P<s>[0-9]{1,11})(?:\.(?P<us>[0-9]{1,6}))?$")
    seconds = pc.struct_field(parts, "s").cast(pa.int64())
    fraction = pc.utf8_rpad(pc.fill_null(pc.struct_field(parts, "us"), ""), 6, "0").cast(pa.int64())
    return pc.add(pc.multiply(seconds, 1_000_000), fraction).cast(TIME)


def server_time(message: Message) -> datetime | None:
    """Return the time stamp of a message; None where it has none."""
    texts = pa.array([(message.get("Timestamp") or "").strip(" \t")], TEXT)
    stamp = epoch(texts)[0].as_py()
    return None if stamp is None else stamp.astimezone(UTC)


def _by_python(convert: Callable[[str], Any], arrow_type: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    def cast_each(texts: pa.Array) -> pa.Array:
        return pa.array([None if v is None else convert(v) for v in texts.to_pylist()], arrow_type)

    return cast_each


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:?\d\d|Z)", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)
_HMS = re.compile(r"(\d{1,9}):([0-5]\d):([0-5]\d)", re.ASCII)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if _ISO.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _local(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        return None


def _hms(text: str) -> int | None:
    match = _HMS.fullmatch(text)
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]) if match else None


_CASTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "time": epoch,
    "iso": _by_python(_iso, TIME),
    "local": _by_python(_local, LOCAL),
    "hms": _by_python(_hms, pa.int64()),
}


# --- arrays -> frame ------------------------------------------------------------------------------------------------


def spread(pieces: Sequence[tuple[Sequence[int], pa.Array]], count: int, arrow_type: pa.DataType) -> pa.Array:
    """Lay dense pieces into a column of `count` rows; rows without a value are null."""
    if not pieces:
        return pa.nulls(count, arrow_type)
    if len(pieces) == 1 and len(pieces[0][0]) == count:
        rows = pieces[0][0]
        if rows == range(count) or list(rows) == list(range(count)):
            return pieces[0][1]
    places = np.concatenate([np.asarray(rows, dtype=np.int64) for rows, _ in pieces])
    dense = pa.concat_arrays([array for _, array in pieces])
    if len(places) == count and bool((places == np.arange(count)).all()):
        return dense
    index = np.full(count, -1, dtype=np.int64)
    index[places] = np.arange(len(places))
    return dense.take(pa.array(index, mask=index < 0))


def pairs_array(rows: Mapping[int, list[tuple[str, str]]], count: int, misfits: Misfits) -> pa.Array:
    """Return a map column from the pairs of each row; a row without any is missing."""
    lists: list[list[tuple[str, str]] | None] = [None] * count
    for row, pairs in rows.items():
        lists[row] = [(misfits.text(name), misfits.text(value)) for name, value in pairs]
    return pa.array(lists, MAP)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Make the frame of a table whose columns have the types of :data:`ARROW_TYPES`."""
    # what Table.to_pandas does with a types_mapper, in half its time for a frame of a few hundred rows
    columns = {name: _pandas_array(table.column(at)) for at, name in enumerate(table.column_names)}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table)), copy=False)


def _pandas_array(column: pa.ChunkedArray) -> Any:
    dtype: Any = _PANDAS_TYPES.get(column.type)
    return column.to_numpy() if dtype is None else dtype.__from_arrow__(column)


def constant(value: datetime | str | None, count: int, arrow_type: pa.DataType) -> pa.Array:
    """Return a column that holds one value throughout."""
    return pa.repeat(pa.scalar(value, arrow_type), count)
