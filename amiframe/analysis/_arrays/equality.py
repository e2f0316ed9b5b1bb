"""Which rows of two columns hold the same value: text, numbers, times, lists and maps, in bulk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import Flags, Integers


def arrow(values: pd.Series) -> pa.Array:
    """Return a column as one Arrow array; whatever pandas takes for missing is null."""
    made = pa.array(values, from_pandas=True)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def alike(one: pa.Array, other: pa.Array) -> Flags:
    """Say for each row whether both arrays hold the same; missing is the same as missing.

    The order of a map does not count: Asterisk lists the variables of a channel in the order in which they were set.

    Examples
    --------
    >>> alike(pa.array([["a"], ["a", "b"], None]), pa.array([["a"], ["b", "a"], None])).tolist()
    [True, False, True]
    >>> kind = pa.map_(pa.string(), pa.string())
    >>> alike(pa.array([[("a", "1"), ("b", None)]], kind), pa.array([[("b", None), ("a", "1")]], kind)).tolist()
    [True]
    """
    if pa.types.is_null(one.type) or pa.types.is_null(other.type):
        return _flags(pc.and_(pc.is_null(one), pc.is_null(other)))
    if pa.types.is_nested(one.type) and pa.types.is_nested(other.type):
        return _nested(one, other)
    if one.type != other.type:
        one, other = (array.cast(pa.large_string()) for array in (one, other))
    both = pc.and_(pc.is_null(one), pc.is_null(other))
    return _flags(pc.or_(both, pc.fill_null(pc.equal(one, other), False)))


def _nested(one: pa.Array, other: pa.Array) -> Flags:
    left, right = _Lists(one), _Lists(other)
    found: Flags = (left.missing == right.missing) & (left.lengths == right.lengths)
    if pa.types.is_map(one.type):
        words: dict[Any, int] = {}
        left.sort(words)
        right.sort(words)
    # of rows that are as long as each other, the n-th element of one stands beside the n-th of the other
    here, there = found[left.parents], found[right.parents]
    for mine, its in zip(left.parts, right.parts, strict=True):
        equal = alike(mine.filter(pa.array(here)), its.filter(pa.array(there)))
        found[left.parents[here][~equal]] = False
    return found


class _Lists:
    """A column of lists or maps: how long each is, and its elements one after the other with the row of each."""

    def __init__(self, values: pa.Array):
        if pa.types.is_map(values.type):
            pair = pa.struct([("key", values.type.key_type), ("value", values.type.item_type)])
            values = values.cast(pa.list_(pair))
        self.missing: Flags = _flags(pc.is_null(values))
        self.lengths: Integers = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
        self.parents: Integers = pc.list_parent_indices(values).to_numpy(zero_copy_only=False)
        elements = pc.list_flatten(values)
        is_pair = pa.types.is_struct(elements.type)
        self.parts: list[pa.Array] = elements.flatten() if is_pair else [elements]

    def sort(self, words: dict[Any, int]) -> None:
        """Put the elements of each row into one order; `words` gives equal ones equal numbers in both columns."""
        ranks = []
        for part in self.parts:
            coded = part.dictionary_encode("encode")
            numbers = [words.setdefault(word, len(words)) for word in coded.dictionary.to_pylist()]
            ranks.append(np.asarray(numbers, dtype=np.int64)[coded.indices.to_numpy(zero_copy_only=False)])
        if len(self.parents):
            order = pa.array(np.lexsort((*reversed(ranks), self.parents)))
            self.parts = [part.take(order) for part in self.parts]


def _flags(values: pa.Array) -> Flags:
    return np.array(values.to_numpy(zero_copy_only=False), dtype=bool)
