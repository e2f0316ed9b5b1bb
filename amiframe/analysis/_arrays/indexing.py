"""Arrays by number of a row, a channel or a call, where -1 stands for none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

NO_TIME = np.iinfo(np.int64).min


def pick(values: npt.NDArray[Any], index: Numbers, missing: Any) -> npt.NDArray[Any]:
    """Return the values at an index, `missing` where the index is -1.

    Examples
    --------
    >>> pick(np.array([5, 6]), np.array([1, -1]), 0).tolist()
    [6, 0]
    """
    if not len(values):
        return np.full(len(index), missing)
    return np.asarray(np.where(index >= 0, values[index], missing))


def absent(words: Words) -> Flags:
    """Return which of the words are None."""
    return np.asarray(pd.isna(words))


def worded(size: int, *choices: tuple[Flags, str | Words | None]) -> Words:
    """Return for each place the word of the first choice whose condition holds there, else None.

    Examples
    --------
    >>> worded(3, (np.array([True, False, False]), "a"), (np.array([True, True, False]), "b")).tolist()
    ['a', 'b', None]
    """
    found = np.full(size, None, object)
    for condition, word in reversed(choices):
        found[condition] = word[condition] if isinstance(word, np.ndarray) else word
    return found


def first_of(codes: Numbers, values: Numbers, size: int) -> Numbers:
    """Return the first value of each code, or -1.

    Examples
    --------
    >>> first_of(np.array([2, 0, 2, -1]), np.array([5, 6, 7, 8]), 3).tolist()
    [6, -1, 5]
    """
    return last_of(codes[::-1], values[::-1], size)


def last_of(codes: Numbers, values: Numbers, size: int) -> Numbers:
    """Return the last value of each code, or -1."""
    found = np.full(size + 1, -1)
    found[codes] = values  # of equal places the last one is kept; -1 is the place behind the end
    return found[:size]


def components(size: int, edges: Iterable[tuple[Numbers, Numbers]]) -> Numbers:
    """Return the number of the component of each node; edges with -1 count for nothing.

    Examples
    --------
    >>> components(5, [(np.array([0, 3, -1]), np.array([2, 4, 1]))]).tolist()
    [0, 1, 0, 2, 2]
    """
    pairs = [(one * size + other)[(one >= 0) & (other >= 0) & (one != other)] for one, other in edges]
    ends = np.divmod(pd.unique(np.concatenate(pairs)) if pairs else np.empty(0, np.int64), max(size, 1))
    label = np.arange(size)
    while True:
        low = np.minimum(label[ends[0]], label[ends[1]])
        lower = label.copy()
        np.minimum.at(lower, label[ends[0]], low)  # the root of each end learns of the lower root
        np.minimum.at(lower, label[ends[1]], low)
        while not np.array_equal(lower, lower[lower]):
            lower = lower[lower]
        if np.array_equal(lower, label):
            return np.unique(label, return_inverse=True)[1].reshape(-1)
        label = lower
