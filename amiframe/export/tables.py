"""Frames -> CSV and Parquet and back: values and dtypes stay, and what a format cannot keep is an error.

Parquet is the exact format: pandas' own metadata describes the frame, a key of ours the attrs. CSV has only text: a
side-car file beside it, ``NAME.csv.json``, holds dtypes and attrs.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Literal, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from amiframe.errors import ConfigError, ParseError
from amiframe.export import atomic_write, csv
from amiframe.frames.casting import LIST, MAP

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
Dest = str | os.PathLike[str] | IO[bytes]
_Meta = dict[str, Any]

_KEY = "amiframe"  # of the Parquet metadata, and the one key of a side-car
_FORMAT = 2
_NESTED = {"list": pd.ArrowDtype(LIST), "map": pd.ArrowDtype(MAP)}
_DTYPES = r"str|string|list|map|u?int\d+|U?Int\d+|float(32|64)|bool(ean)?|datetime64\[.+\]"


def to_csv(frame: pd.DataFrame, dest: Dest, *, formulas: Literal["keep", "escape"] = "keep", bom: bool = False) -> None:
    """Save a frame as CSV, so that :func:`read_table` gives back the same frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame of ours, or one of text, numbers, flags and times.
    dest : path, fsspec URL or binary file object
        ``.gz``, ``.zst`` and ``.bz2`` at the end of the name compress. Dtypes, attrs and the names of index levels go
        into a side-car ``DEST.json``; a file object, a pipe or a device gets none.
    formulas : {"keep", "escape"}
        "escape" puts an apostrophe before cells that a spreadsheet would run (``=1+1``, ``@SUM(A1)``, ``-2+3``);
        numbers and phone numbers (``-5``, ``+49 30 1234567``) stay as they are. :func:`read_table` removes it.
    bom : bool
        Begin with the byte order mark by which Excel recognises UTF-8. Excel drops leading zeros and ``+`` all the
        same: for people there is :func:`to_excel`.

    Raises
    ------
    ConfigError
        A column or an index level has a dtype that CSV does not keep: categories, spans of time, Python objects.
    OSError
        The file could not be written; what was there before is intact.

    Notes
    -----
    Every value is quoted, a missing one is an empty cell without quotes. Times are ISO 8601 in UTC, flags ``true`` and
    ``false``. Cells of lists and maps are JSON, a map as a list of pairs since its keys may repeat. Index levels are
    the first columns, as pandas writes them. Row numbers are only written where a line would be blank otherwise: one
    column with missing values, or none.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> to_csv(pd.DataFrame({"exten": ["00123", None], "calls": [2, 0]}), file)
    >>> print(file.getvalue().decode(), end="")
    "exten","calls"
    "00123","2"
    ,"0"
    """
    if formulas not in ("keep", "escape"):
        raise ConfigError(f"formulas={formulas!r}", hint='"keep" or "escape"')
    about, levels = _describe_frame(frame)
    series = [*levels, *(frame[name] for name in frame.columns)]
    columns = [*about["levels"], *(_describe(frame[name]) for name in frame.columns)]
    arrays = [_arrow(values) for values in series]
    meta = {**about, "columns": columns[len(levels) :]}
    has_row_numbers = not arrays or (len(arrays) == 1 and arrays[0].null_count > 0)
    if has_row_numbers:
        arrays = [pa.chunked_array([range(len(frame))], pa.int64()), *arrays]
    header = [*[""] * has_row_numbers, *(column["name"] or "" for column in columns)]

    def write(file: IO[bytes]) -> None:
        if bom:
            file.write(codecs.BOM_UTF8)
        csv.write(header, arrays, file, escape=formulas == "escape")

    def describe(digest: str) -> bytes:
        about = {"sha256": digest, "formulas": formulas, "row_numbers": has_row_numbers}
        return _dump(meta | {"csv": about | {"missing": "an empty cell without quotes"}}, indent=1).encode()

    if not isinstance(dest, str | os.PathLike):
        write(dest)
        return
    name = os.fspath(dest)
    if not re.match(rb'\s*\{\s*"amiframe"', atomic_write.load_beside(name) or b'{"amiframe"'):
        raise ConfigError(f"{name}.json is in the way: it would be the side-car, but is not one of ours")
    atomic_write.save(name, csv.compressing(write, name), describe)


def to_parquet(frame: pd.DataFrame, dest: Dest) -> None:
    """Save a frame as Parquet, so that :func:`read_table` gives back the same frame.

    Plain pandas, DuckDB and Polars open it too.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame whose dtypes Parquet can keep.
    dest : path, fsspec URL or binary file object
        Where to.

    Raises
    ------
    ConfigError
        A dtype that cannot be kept exactly, as Python objects; the message names the column.
    OSError
        The file could not be written; what was there before is intact.

    Notes
    -----
    Maps are Parquet maps. Where a key repeats in a cell, ask DuckDB for ``map_entries(variables)`` (the map itself is
    an error there), and know that Polars keeps the last of them only.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> to_parquet(pd.DataFrame({"calls": pd.array([2, None], "Int64")}), file)
    >>> read_table(file.getvalue())["calls"].tolist()
    [2, <NA>]
    """
    about, _ = _describe_frame(frame)
    file = io.BytesIO()
    try:
        table = _openable(pa.Table.from_pandas(frame))
        meta = {**about, "header": table.column_names}
        table = table.replace_schema_metadata({**table.schema.metadata, _KEY: _dump(meta)})
        pq.write_table(table, file, compression="zstd")
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise ConfigError(
            f"the frame cannot be kept exactly: {error}", hint="as text it can: .astype('str')"
        ) from error
    data = file.getvalue()
    _check_same_types(_from_parquet(data), frame)
    atomic_write.save_bytes(dest, data)


def read_table(src: Source) -> pd.DataFrame:
    r"""Read what :func:`to_csv` and :func:`to_parquet` saved; the content shows which of the two it is.

    Parameters
    ----------
    src : path, fsspec URL, bytes or binary file object
        The side-car of a CSV file is found by its path.

    Returns
    -------
    pandas.DataFrame
        The same frame: values, dtypes, names, index, attrs. A CSV file without a side-car gives text columns, where an
        empty cell without quotes is missing. A Parquet file of others has the dtypes of its own types, with ``Int64``
        and ``boolean`` where it does not come from pandas.

    Raises
    ------
    ParseError
        Neither CSV nor Parquet, damaged, or the side-car does not belong to the file.
    OSError
        The file could not be read.

    Examples
    --------
    >>> read_table(b'exten,callerid\n00123,""\n,NA\n').to_dict("list")
    {'exten': ['00123', nan], 'callerid': ['', 'NA']}
    """
    name = None
    if isinstance(src, str | os.PathLike):
        name = os.fspath(src)
        data = atomic_write.load(name)
    else:
        data = bytes(src) if isinstance(src, bytes | bytearray | memoryview) else src.read()
    return _from_parquet(data) if data[:4] == b"PAR1" else _from_csv(data, name)


# --- metadata -------------------------------------------------------------------------------------------------------


def _json_attrs(frame: pd.DataFrame) -> dict[Any, Any]:
    """Return the attrs of a frame if JSON keeps them exactly."""
    try:
        is_exact = json.loads(json.dumps(frame.attrs, allow_nan=False)) == frame.attrs
    except (TypeError, ValueError):
        is_exact = False
    if not is_exact:
        raise ConfigError("attrs hold what JSON cannot keep exactly", hint=f"look at {[*frame.attrs]}")
    return frame.attrs


def _dump(meta: _Meta, indent: int | None = None) -> str:
    return json.dumps({_KEY: meta}, indent=indent)


def _meta(text: bytes, what: str) -> _Meta:
    try:
        meta: _Meta = json.loads(text)[_KEY]
        is_newer = meta["format"] > _FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f"{what} is not what amiframe writes") from error
    if is_newer:
        raise ParseError(f"{what} was written by a newer amiframe", hint="pip install --upgrade amiframe")
    return meta


@contextmanager
def _fitting(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ParseError(f"{what} does not fit the file: {error!r:.200}") from error


# --- columns and index ----------------------------------------------------------------------------------------------


def _describe_frame(frame: pd.DataFrame) -> tuple[_Meta, list[pd.Series[Any]]]:
    """Return what both formats keep of a frame besides its columns, and the levels of its index as columns."""
    labels = frame.columns
    if not labels.is_unique:
        raise ConfigError(f"columns of the same name: {labels[labels.duplicated()].tolist()[:5]}")
    for name in (*labels, labels.name, *frame.index.names):
        if name is not None and (not isinstance(name, str) or re.search("[\ud800-\udfff]", name)):
            raise ConfigError(f"column {name!r}: a name must be text that UTF-8 can hold")
    index, levels = _describe_index(frame.index)
    meta = {"format": _FORMAT, "rows": len(frame), "attrs": _json_attrs(frame)}
    meta["labels"] = {"dtype": str(labels.dtype), "name": labels.name}
    return meta | index, levels


def _describe_index(index: pd.Index[Any]) -> tuple[_Meta, list[pd.Series[Any]]]:
    """Return what restores an index, and its levels as columns; row numbers have none."""
    if isinstance(index, pd.RangeIndex):
        numbers = {"start": index.start, "stop": index.stop, "step": index.step, "name": index.name}
        return {"levels": [], "range": numbers}, []
    levels = [pd.Series(index.get_level_values(level)) for level in range(index.nlevels)]
    return {"levels": [_describe(values, "index level") for values in levels]}, levels


def _restore_index(meta: _Meta, levels: list[Any]) -> pd.Index[Any]:
    if "range" in meta:
        return pd.RangeIndex(**meta["range"])
    indexes = [pd.Index(values, name=level["name"]) for values, level in zip(levels, meta["levels"], strict=True)]
    return indexes[0] if len(indexes) == 1 else pd.MultiIndex.from_arrays(indexes)


def _describe(values: pd.Series[Any], kind_of_column: str = "column") -> _Meta:
    """Return the name and the dtype of a column, which restore it."""
    name, dtype = values.name, values.dtype
    kind = next((kind for kind, nested in _NESTED.items() if nested == dtype), str(dtype))
    if not re.fullmatch(_DTYPES, kind) or _dtype(kind) != dtype:
        hint = ".dt.total_seconds() gives numbers" if kind.startswith("timedelta") else "as text it can: .astype('str')"
        if kind_of_column == "index level":
            hint = "frame.reset_index() makes it a column"
        raise ConfigError(f"{kind_of_column} {name!r}: {dtype} ({dtype!r}) cannot be kept exactly", hint=hint)
    return {"name": name, "dtype": kind}


def _dtype(kind: str) -> Any:
    return _NESTED.get(kind) or pd.api.types.pandas_dtype(kind)


def _arrow(values: pd.Series[Any]) -> pa.ChunkedArray:
    array = pa.array(values, from_pandas=True)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _values(array: pa.ChunkedArray, dtype: Any) -> Any:
    return dtype.__from_arrow__(array) if hasattr(dtype, "__from_arrow__") else array.to_numpy()


# --- CSV ------------------------------------------------------------------------------------------------------------


def _from_csv(data: bytes, name: str | None) -> pd.DataFrame:
    side_car = None if name is None else atomic_write.load_beside(name)
    meta = None if side_car is None else _meta(side_car, f"the side-car {name}.json")
    if meta is not None and hashlib.sha256(data).hexdigest() != meta.get("csv", {}).get("sha256"):
        raise ParseError(
            f"{name} is not the file that its side-car describes: changed, cut or replaced since it was written",
            hint=f"save the frame again; or delete {name}.json, then every column is read as text",
        )
    names, texts = csv.parse(csv.decompress(data, name or ""))
    if meta is None:
        dtype: Any = pd.api.types.pandas_dtype("str")
        frame = pd.DataFrame({n: dtype.__from_arrow__(column) for n, column in enumerate(texts)})
        frame.columns = pd.Index(names, dtype="str")
        return frame
    with _fitting(f"the side-car {name}.json"):
        return _from_texts(texts, meta)


def _from_texts(texts: list[pa.ChunkedArray], meta: _Meta) -> pd.DataFrame:
    if meta["csv"]["formulas"] == "escape":
        texts = [csv.without_apostrophe(cells) for cells in texts]
    texts = texts[1:] if meta["csv"]["row_numbers"] else texts
    columns = [*meta["levels"], *meta["columns"]]
    values = [_typed(cells, column["dtype"]) for cells, column in zip(texts, columns, strict=True)]
    count = len(meta["levels"])
    frame = pd.DataFrame(dict(enumerate(values[count:])), index=_restore_index(meta, values[:count]))
    frame.columns = pd.Index([column["name"] for column in meta["columns"]], **meta["labels"])
    frame.attrs = meta["attrs"]
    return frame


def _typed(texts: pa.ChunkedArray, kind: str) -> Any:
    """Turn the cells of a column back into values of a dtype."""
    dtype = _dtype(kind)
    return _values(csv.typed(texts, pa.array(pd.Series([], dtype=dtype)).type), dtype)


# --- Parquet --------------------------------------------------------------------------------------------------------


def _from_parquet(data: bytes) -> pd.DataFrame:
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError) as error:
        raise ParseError(f"a damaged Parquet file: {str(error).splitlines()[0][:200]}") from error
    with _fitting("the Parquet file's pandas metadata"):
        frame = _plain_frame(_openable(table))
    own = (table.schema.metadata or {}).get(_KEY.encode())
    if own is not None:
        meta = _meta(own, "the Parquet file's own metadata")
        # other tools copy our key, but not always all of the columns and rows
        if meta.get("header") == table.column_names and (len(frame) == meta["rows"] or not table.column_names):
            levels = table.columns[len(frame.columns) :]
            with _fitting("the Parquet file's own metadata"):
                dtypes = [_dtype(level["dtype"]) for level in meta["levels"]]
                values = [_values(array, dtype) for array, dtype in zip(levels, dtypes, strict=True)]
                index = _restore_index(meta, values)
            frame = frame.set_axis(index) if table.column_names else frame.reindex(index)
            frame.attrs = meta["attrs"]
    return frame


def _plain_frame(table: pa.Table) -> pd.DataFrame:
    """Return the frame of a table: dtypes of pandas' metadata, ours for lists and maps of text."""
    is_of_pandas = b"pandas" in (table.schema.metadata or {})
    plain = {} if is_of_pandas else {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return cast(pd.DataFrame, table.to_pandas(types_mapper=lambda kind: plain.get(kind) or _nested(kind)))


def _check_same_types(restored: pd.DataFrame, frame: pd.DataFrame) -> None:
    """Check that a file gives back the dtypes of a frame."""
    for name, before, after in zip(frame.columns, frame.dtypes, restored.dtypes, strict=True):
        if before != after or str(before) == "object":
            raise ConfigError(f"column {name!r}: {before} cannot be kept exactly", hint="as text: .astype('str')")


def _nested(kind: pa.DataType) -> pd.ArrowDtype | None:
    """Return our dtype for lists and maps of text, whatever the names and offsets inside them."""
    inner = [kind.field(n).type for n in range(kind.num_fields)]
    if pa.types.is_map(kind):
        name, inner = "map", [kind.key_type, kind.item_type]
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        name = "list"
    else:
        return None
    return _NESTED[name] if all(pa.types.is_string(t) or pa.types.is_large_string(t) for t in inner) else None


def _openable(table: pa.Table) -> pa.Table:
    """Write `object` for lists and maps into the pandas metadata: plain pandas fails on their real names."""
    metadata = dict(table.schema.metadata or {})
    if b"pandas" in metadata:
        about = json.loads(metadata[b"pandas"])
        for column in about["columns"]:
            if re.match(r"(list|map|struct)<.*\[pyarrow\]$", column["numpy_type"]):
                column["numpy_type"] = "object"
        metadata[b"pandas"] = json.dumps(about).encode()
    return table.replace_schema_metadata(metadata)
