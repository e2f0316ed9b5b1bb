"""Frames -> CSV and Parquet and back: nothing changes on the way, and what cannot be kept is refused by name.

Both formats carry the same JSON (:func:`_pack` makes it, :func:`_unpack` obeys it): dtypes, labels, index and attrs.
Parquet holds it under a metadata key of its own, CSV in a side-car file beside it: ``NAME.csv.json``.
"""

from __future__ import annotations

import codecs
import hashlib
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
from amiframe.frames.casting import LIST, MAP, TEXT

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
Dest = str | os.PathLike[str] | IO[bytes]
_Meta = dict[str, Any]
_Arrays = list[pa.ChunkedArray]

_KEY = "amiframe"  # of the Parquet metadata, and the one key of a side-car
_FORMAT = 1
_NESTED = {"list": pd.ArrowDtype(LIST), "map": pd.ArrowDtype(MAP)}
_KEPT = r"str|string|category|list|map|u?int\d+|U?Int\d+|[Ff]loat(32|64)|bool(ean)?|(datetime|timedelta)64\[.+\]"


def to_csv(frame: pd.DataFrame, dest: Dest, *, formulas: Literal["keep", "escape"] = "keep", bom: bool = False) -> None:
    """Save a frame as CSV, so that :func:`read_table` gives back the same frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame of ours, or one of text, numbers, flags, times, spans and categories.
    dest : path, fsspec URL or binary file object
        ``.gz``, ``.zst`` and ``.bz2`` at the end of the name compress. What only text cannot tell (dtypes, attrs,
        index) goes into a side-car ``DEST.json``; a file object, a pipe or a device gets none.
    formulas : {"keep", "escape"}
        "escape" puts an apostrophe before cells that a spreadsheet would run (``=1+1``, ``@SUM(A1)``, ``-2+3``);
        numbers and phone numbers (``-5``, ``+49 30 1234567``) stay as they are. :func:`read_table` takes it off again.
    bom : bool
        Begin with the mark by which Excel knows UTF-8; without it Excel shows other letters than Latin ones wrongly.
        Leading zeros and ``+`` it drops all the same: for people there is :func:`to_excel`.

    Raises
    ------
    ConfigError
        Something cannot be kept exactly; says in which column.
    OSError
        The file could not be written; what was there before is intact.

    Notes
    -----
    Every value is quoted, a missing one is an empty cell without quotes. Times are ISO 8601 in UTC, flags ``true`` and
    ``false``, spans whole units. Cells of lists and maps are JSON, a map as a list of pairs since its keys may repeat.
    The default index (row numbers) is only written where a line would be blank otherwise: one column with missing
    values, or none.

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
    meta, levels, columns = _pack(frame)
    blank_lines = not levels and (not columns or (len(columns) == 1 and columns[0].null_count > 0))
    if blank_lines:
        levels = [pa.chunked_array([range(len(frame))], pa.int64())]
    header = [*(level["name"] or "" for level in meta["levels"]), *[""] * blank_lines, *frame.columns]

    def write(file: IO[bytes]) -> None:
        if bom:
            file.write(codecs.BOM_UTF8)
        csv.write(header, [*levels, *columns], file, escape=formulas == "escape")

    def describe(digest: str) -> bytes:
        about = {"sha256": digest, "formulas": formulas, "row_numbers": blank_lines}
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
        Any frame of ours, or one of text, numbers, flags, times, spans and categories.
    dest : path, fsspec URL or binary file object
        Where to.

    Raises
    ------
    ConfigError
        Something cannot be kept exactly; says in which column.
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
    meta, _, _ = _pack(frame)
    table = pa.Table.from_pandas(frame)
    table = _openable(table, {_KEY: _dump(meta | {"header": table.column_names})})

    def write(file: IO[bytes]) -> None:
        pq.write_table(table, file, compression="zstd")

    atomic_write.save(os.fspath(dest), write) if isinstance(dest, str | os.PathLike) else write(dest)


def read_table(src: Source) -> pd.DataFrame:
    r"""Read what :func:`to_csv` and :func:`to_parquet` saved; the content says which of the two it is.

    Parameters
    ----------
    src : path, fsspec URL, bytes or binary file object
        The side-car of a CSV file is found by its path.

    Returns
    -------
    pandas.DataFrame
        The same frame: values, dtypes, names, index, attrs. A CSV file without a side-car gives text columns, where an
        empty cell without quotes is missing. A Parquet file of others gives what its own types say, with
        ``Int64`` and ``boolean`` where it does not come from pandas.

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


# --- one column -----------------------------------------------------------------------------------------------------


def _describe(values: pd.Series[Any], what: str) -> tuple[_Meta, pa.ChunkedArray]:
    """Return what must be known of a column to make it again, and its values."""
    if values.name is not None:
        _check_name(values.name, what)
    dtype: Any = values.dtype
    kind = next((kind for kind, nested in _NESTED.items() if nested == dtype), str(dtype))
    column: _Meta = {"name": values.name, "dtype": kind}
    if isinstance(dtype, pd.CategoricalDtype):
        column |= {"categories": dtype.categories.tolist(), "ordered": dtype.ordered}
    if not re.fullmatch(_KEPT, kind) or _dtype(column) != dtype:
        raise ConfigError(f"{what}: {dtype} ({dtype!r}) cannot be kept exactly", hint="as text it can: .astype('str')")
    array = pa.array(values, from_pandas=True)
    array = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return column, array.cast(_arrow_type(column))


def _check_name(name: Any, what: str) -> None:
    if not isinstance(name, str) or re.search("[\ud800-\udfff]", name):
        raise ConfigError(f"{what}: a name must be text that UTF-8 can hold, not {name!r}")


def _dtype(column: _Meta) -> Any:
    if column["dtype"] == "category":
        return pd.CategoricalDtype(pd.Index(column["categories"], dtype="str"), column["ordered"])
    return _NESTED.get(column["dtype"]) or pd.api.types.pandas_dtype(column["dtype"])


def _arrow_type(column: _Meta) -> pa.DataType:
    return TEXT if column["dtype"] == "category" else pa.array(pd.Series([], dtype=_dtype(column))).type


def _values(array: pa.ChunkedArray, column: _Meta) -> Any:
    dtype, array = _dtype(column), array.cast(_arrow_type(column))
    if column["dtype"] == "category":
        return pd.Categorical(array.to_pandas(), dtype=dtype)
    if isinstance(dtype, pd.Float32Dtype | pd.Float64Dtype):  # pandas' own way makes NaN missing
        return pd.arrays.FloatingArray(array.fill_null(0).to_numpy(), array.is_null().to_numpy())
    return dtype.__from_arrow__(array) if hasattr(dtype, "__from_arrow__") else array.to_numpy()


# --- one frame ------------------------------------------------------------------------------------------------------


def _pack(frame: pd.DataFrame) -> tuple[_Meta, _Arrays, _Arrays]:
    """Return what must be known of a frame to make it again, its index levels and its columns."""
    labels, index = frame.columns, frame.index
    if not labels.is_unique:
        raise ConfigError(f"columns of the same name: {labels[labels.duplicated()].tolist()[:5]}")
    if labels.name is not None:
        _check_name(labels.name, "the row of column names")
    if not (str(labels.dtype) in ("str", "object") or (labels.empty and str(labels.dtype) == "int64")):
        raise ConfigError(f"column names must be text, not {labels.dtype}")
    meta: _Meta = {"format": _FORMAT, "rows": len(frame), "attrs": frame.attrs, "levels": []}
    meta["multi"] = isinstance(index, pd.MultiIndex)
    meta["labels"] = {"dtype": str(labels.dtype), "name": labels.name}
    levels: _Arrays = []
    if isinstance(index, pd.RangeIndex):
        if index.name is not None:
            _check_name(index.name, "the index")
        meta["range"] = {"start": index.start, "stop": index.stop, "step": index.step, "name": index.name}
    else:
        for n in range(index.nlevels):
            level, values = _describe(pd.Series(index.get_level_values(n)), f"index level {index.names[n]!r}")
            meta["levels"].append(level)
            levels.append(values)
        meta["freq"] = _freq(index)
    described = [_describe(frame[name], f"column {name!r}") for name in labels]
    meta["columns"] = [column for column, _ in described]
    try:
        exact = json.loads(json.dumps(frame.attrs, allow_nan=False)) == frame.attrs
    except (TypeError, ValueError):
        exact = False
    if not exact:
        raise ConfigError("attrs hold what JSON cannot keep exactly", hint=f"look at {[*frame.attrs]}")
    return meta, levels, [values for _, values in described]


def _freq(index: pd.Index[Any]) -> str | None:
    freq = getattr(index, "freq", None)
    if freq is None:
        return None
    try:
        exact = pd.tseries.frequencies.to_offset(freq.freqstr) == freq
    except ValueError:
        exact = False
    if not exact:
        raise ConfigError(f"the index's frequency {freq!r} cannot be kept exactly", hint="frame.index.freq = None")
    return str(freq.freqstr)


def _unpack(meta: _Meta, levels: _Arrays, columns: _Arrays) -> pd.DataFrame:
    """Make the frame again."""
    pairs = zip(levels, meta["levels"], strict=True)
    made = [pd.Index(_values(array, level), name=level["name"]) for array, level in pairs]
    index: Any
    if "range" in meta:
        index = pd.RangeIndex(**meta["range"])
    elif meta["multi"]:
        index = pd.MultiIndex.from_arrays(made)
    else:
        index = made[0]
        if meta["freq"]:
            index.freq = meta["freq"]
    pairs = zip(columns, meta["columns"], strict=True)
    frame = pd.DataFrame({n: _values(array, column) for n, (array, column) in enumerate(pairs)}, index=index)
    names = [column["name"] for column in meta["columns"]]
    frame.columns = pd.Index(names, dtype=meta["labels"]["dtype"], name=meta["labels"]["name"])
    frame.attrs = meta["attrs"]
    return frame


def _dump(meta: _Meta, indent: int | None = None) -> str:
    return json.dumps({_KEY: meta}, indent=indent)


@contextmanager
def _fitting(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ParseError(f"{what} does not fit the file: {error!r:.200}") from error


def _meta(text: bytes, what: str) -> _Meta:
    try:
        meta: _Meta = json.loads(text)[_KEY]
        newer = meta["format"] > _FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f"{what} is not what amiframe writes") from error
    if newer:
        raise ParseError(f"{what} was written by a newer amiframe", hint="pip install --upgrade amiframe")
    return meta


# --- one file -------------------------------------------------------------------------------------------------------


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


def _from_texts(texts: _Arrays, meta: _Meta) -> pd.DataFrame:
    if meta["csv"]["formulas"] == "escape":
        texts = [csv.without_apostrophe(cells) for cells in texts]
    types = [_arrow_type(column) for column in (*meta["levels"], *meta["columns"])]
    texts = texts[1:] if meta["csv"]["row_numbers"] else texts
    arrays = [csv.typed(cells, arrow_type) for cells, arrow_type in zip(texts, types, strict=True)]
    return _unpack(meta, arrays[: len(meta["levels"])], arrays[len(meta["levels"]) :])


def _from_parquet(data: bytes) -> pd.DataFrame:
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError) as error:
        raise ParseError(f"a damaged Parquet file: {str(error).splitlines()[0][:200]}") from error
    metadata = table.schema.metadata or {}
    if _KEY.encode() in metadata:
        meta = _meta(metadata[_KEY.encode()], "the Parquet file's own metadata")
        # other tools copy our key, but not always all of the columns and rows
        if meta.get("header") == table.column_names and (table.num_rows == meta["rows"] or not table.columns):
            count = len(meta["columns"])
            with _fitting("the Parquet file's own metadata"):
                return _unpack(meta, table.columns[count:], table.columns[:count])
    plain = {} if b"pandas" in metadata else {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    with _fitting("the Parquet file's pandas metadata"):
        frame = _openable(table).to_pandas(types_mapper=lambda kind: plain.get(kind) or _nested(kind))
    return cast(pd.DataFrame, frame)


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


def _openable(table: pa.Table, own: dict[str, str] | None = None) -> pa.Table:
    """Say `object` for lists and maps in the pandas metadata: plain pandas fails on their real names."""
    metadata = dict(table.schema.metadata or {})
    if b"pandas" in metadata:
        about = json.loads(metadata[b"pandas"])
        for column in about["columns"]:
            if re.match(r"(list|map|struct)<.*\[pyarrow\]$", column["numpy_type"]):
                column["numpy_type"] = "object"
        metadata[b"pandas"] = json.dumps(about).encode()
    return table.replace_schema_metadata(metadata | (own or {}))
