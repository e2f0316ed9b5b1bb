"""Frames -> CSV and Parquet and back: nothing changes on the way, and what cannot be kept is refused by name.

Both formats carry the same JSON (:func:`_pack` makes it, :func:`_unpack` obeys it): dtypes, labels, index and attrs.
Parquet holds it under a metadata key of its own, CSV in a side-car file beside it, ``NAME.csv.json``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Literal

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from amiframe.errors import ConfigError, ParseError
from amiframe.values import LIST, MAP, TEXT

Source = str | os.PathLike[str] | bytes | IO[bytes]
Dest = str | os.PathLike[str] | IO[bytes]
Meta = dict[str, Any]

_KEY = "amiframe"  # of the Parquet metadata, and the one key of a side-car
_FORMAT = 1
_ROWS_AT_ONCE = 20_000  # bounds the memory that the texts of a CSV take
_COMPRESSION = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_NESTED = {"list": pd.ArrowDtype(LIST), "map": pd.ArrowDtype(MAP)}
_SAVE_AGAIN = "save the frame again, or delete the side-car to read everything as text"


# --- one column: dtype -> text and back -----------------------------------------------------------------------------


def _print(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(TEXT)


def _parse(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    return texts.cast(arrow_type)


def _print_float(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(values.cast(TEXT), r"^(-?[0-9]+)$", r"\1.0")  # or readers take it for a whole number


def _print_time(values: pa.ChunkedArray) -> pa.ChunkedArray:
    # by way of integers, so that no zone database is asked; the text is always UTC
    naive = values.cast(pa.int64()).cast(pa.timestamp(values.type.unit))
    texts = pc.replace_substring(naive.cast(TEXT), " ", "T")
    if not pc.all(pc.match_substring_regex(texts, "^[0-9]{4}-"), min_count=0).as_py() or "0000-" in _least(texts):
        raise ConfigError("a time outside the years 1 to 9999", hint="Parquet can hold it")
    return texts if values.type.tz is None else pc.binary_join_element_wise(texts, "+00:00", "")


def _least(texts: pa.ChunkedArray) -> str:
    return pc.min(texts).as_py() or ""


def _parse_time(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    naive = pc.replace_substring_regex(texts, r"\+00:00$", "").cast(pa.timestamp(arrow_type.unit))
    return naive.cast(pa.int64()).cast(arrow_type)


def _print_span(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.int64()).cast(TEXT)


def _parse_span(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    return texts.cast(pa.int64()).cast(arrow_type)


def _print_json(values: pa.ChunkedArray) -> pa.ChunkedArray:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    texts = [None if value is None else encode(value) for value in values.to_pylist()]
    return pa.chunked_array([pa.array(texts, TEXT)])


def _parse_json(texts: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    values = [None if text is None else json.loads(text) for text in texts.to_pylist()]
    return pa.chunked_array([pa.array(values, arrow_type)])


_Print = Callable[[pa.ChunkedArray], pa.ChunkedArray]
_Read = Callable[[pa.ChunkedArray, pa.DataType], pa.ChunkedArray]
_CODECS: tuple[tuple[str, _Print, _Read], ...] = (
    # dtype                        cell                                      made by, read by
    ("str|string|category", _print, _parse),
    ("U?Int[0-9]+|u?int[0-9]+", _print, _parse),  # digits
    ("boolean|bool", _print, _parse),  # true, false
    ("[Ff]loat(32|64)", _print_float, _parse),  # the shortest digits that give the same number; nan, inf
    (r"datetime64\[.+\]", _print_time, _parse_time),  # 2026-11-23T15:40:15.337000, and +00:00 if it has a zone
    (r"timedelta64\[.+\]", _print_span, _parse_span),  # whole units, of the dtype's unit
    ("list", _print_json, _parse_json),  # ["a","b"]
    ("map", _print_json, _parse_json),  # [["name","value"],["name",null]]: keys may repeat
)


def _codec(column: Meta) -> tuple[_Print, _Read] | None:
    return next(((show, read) for kind, show, read in _CODECS if re.fullmatch(kind, column["dtype"])), None)


def _dtype(column: Meta) -> Any:
    if column["dtype"] == "category":
        return pd.CategoricalDtype(pd.Index(column["categories"], dtype="str"), column["ordered"])
    return _NESTED.get(column["dtype"]) or pd.api.types.pandas_dtype(column["dtype"])


def _arrow_type(column: Meta) -> pa.DataType:
    return TEXT if column["dtype"] == "category" else pa.array(pd.Series([], dtype=_dtype(column))).type


def _describe(values: pd.Series[Any], what: str) -> tuple[Meta, pa.ChunkedArray]:
    """Return what must be known of a column to make it again, and its values."""
    dtype: Any = values.dtype
    kind = next((kind for kind, nested in _NESTED.items() if nested == dtype), str(dtype))
    column: Meta = {"name": values.name, "dtype": kind}
    if isinstance(dtype, pd.CategoricalDtype):
        column |= {"categories": dtype.categories.tolist(), "ordered": bool(dtype.ordered)}
    if values.name is not None:
        _check_label(values.name, what)
    if _codec(column) is None or _dtype(column) != dtype:
        raise ConfigError(f"{what}: dtype {dtype!r} cannot be kept exactly", hint="turn it into text: .astype('str')")
    array = pa.array(values, from_pandas=True)
    array = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return column, array.cast(TEXT) if kind == "category" else array


def _check_label(label: Any, what: str) -> None:
    if not isinstance(label, str) or re.search("[\ud800-\udfff]", label):
        raise ConfigError(f"{what}: its name must be text that UTF-8 can hold")


def _values(array: pa.ChunkedArray, column: Meta) -> Any:
    dtype = _dtype(column)
    array = array.cast(_arrow_type(column))
    if column["dtype"] == "category":
        return pd.Categorical(pd.api.types.pandas_dtype("str").__from_arrow__(array), dtype=dtype)
    return dtype.__from_arrow__(array) if hasattr(dtype, "__from_arrow__") else array.to_numpy()


# --- one frame: columns, labels, index, attrs -----------------------------------------------------------------------


def _pack(frame: pd.DataFrame) -> tuple[Meta, list[pa.ChunkedArray]]:
    """Return what must be known of a frame to make it again, and its index levels and columns as Arrow arrays."""
    if not frame.columns.is_unique:
        raise ConfigError(f"columns with the same name: {frame.columns[frame.columns.duplicated()].tolist()[:5]}")
    if len(frame.columns) and frame.columns.dtype not in ("str", "object"):
        raise ConfigError(f"column names must be text, not {frame.columns.dtype}")
    if frame.columns.name is not None:
        _check_label(frame.columns.name, "the row of column names")
    try:
        exact = json.loads(json.dumps(frame.attrs, allow_nan=False)) == frame.attrs
    except (TypeError, ValueError):
        exact = False
    if not exact:
        raise ConfigError("attrs hold something that JSON cannot keep exactly", hint=f"look at {sorted(frame.attrs)}")
    levels: list[tuple[Meta, pa.ChunkedArray]] = []
    index: Meta = {"name": frame.index.name, "levels": []}
    ...
