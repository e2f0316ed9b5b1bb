"""Whether two frames are identical: names, dtypes, index and attrs, and every value, by way of Arrow."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow as pa


def assert_identical(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert found.attrs == expected.attrs
    assert repr(found.attrs) == repr(expected.attrs)  # the order of keys, and 1 is not True
    pd.testing.assert_index_equal(found.columns, expected.columns, exact="equiv")
    assert list(found.columns) == list(expected.columns)
    assert found.shape == expected.shape
    _same_index(found.index, expected.index)
    for n, name in enumerate(expected.columns):
        _same_values(found.iloc[:, n], expected.iloc[:, n], f"column {name!r}")


def _same_index(found: pd.Index, expected: pd.Index) -> None:
    assert type(found) is type(expected)
    assert list(found.names) == list(expected.names)
    assert getattr(found, "freq", None) == getattr(expected, "freq", None)
    if isinstance(expected, pd.RangeIndex):
        assert (found.start, found.stop, found.step) == (expected.start, expected.stop, expected.step)
    for n in range(expected.nlevels):
        _same_values(pd.Series(found.get_level_values(n)), pd.Series(expected.get_level_values(n)), f"index level {n}")


def _same_values(found: pd.Series, expected: pd.Series, what: str) -> None:
    assert found.dtype == expected.dtype, f"{what}: {found.dtype!r}, not {expected.dtype!r}"
    assert repr(found.dtype) == repr(expected.dtype), what  # the categories and their order too
    assert type(found.array) is type(expected.array), what
    assert list(map(_key, _cells(found))) == list(map(_key, _cells(expected))), what


def _cells(values: pd.Series) -> list[object]:
    """Return Python values; what Python's own types cannot tell or hold (years, nanoseconds) as integers."""
    array = pa.array(values, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.int64())
    return array.to_pylist()


def _key(value: object) -> object:
    """Tell NaN, 0.0 and -0.0 apart, and let NaN equal NaN."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else (value, math.copysign(1.0, value))
    return value
