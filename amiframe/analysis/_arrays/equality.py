"""Which rows of two columns hold the same value: text, numbers, times, lists and maps."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import Flags


def arrow(values: pd.Series) -> pa.Array:
    """Return a column as one Arrow array; what pandas takes for missing is null."""
    array = pa.array(values, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def alike(left: pa.Array, right: pa.Array) -> Flags:
    """Return for each row whether both arrays hold the same; missing is the same as missing.

    The order of a map does not count: Asterisk lists the variables of a channel in the order in which they were set.

    Examples
    --------
    >>> alike(pa.array([["a"], ["a", "b"], None]), pa.array([["a"], ["b", "a"], None])).tolist()
    [True, False, True]
    >>> kind = pa.map_(pa.string(), pa.string())
    >>> alike(pa.array([[("a", "1"), ("b", None)]], kind), pa.array([[("b", None), ("a", "1")]], kind)).tolist()
    [True]
    """
    is_map = pa.types.is_map(left.type) and pa.types.is_map(right.type)
    if is_map or (pa.types.is_nested(left.type) and pa.types.is_nested(right.type)):
        cells = zip(left.to_pylist(), right.to_pylist(), strict=True)
        return np.array([a == b or (is_map and _is_same_map(a, b)) for a, b in cells], bool)
    both_missing = pc.and_(pc.is_null(left), pc.is_null(right))
    if pa.types.is_null(left.type) or pa.types.is_null(right.type):
        return np.array(both_missing, bool)
    if left.type != right.type:
        left, right = (array.cast(pa.large_string()) for array in (left, right))
    return np.array(pc.or_(both_missing, pc.fill_null(pc.equal(left, right), False)), bool)


def _is_same_map(left: list[tuple[Any, Any]] | None, right: list[tuple[Any, Any]] | None) -> bool:
    return left is not None and right is not None and Counter(left) == Counter(right)
