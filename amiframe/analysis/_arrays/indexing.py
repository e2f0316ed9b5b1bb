"""Arrays by number of a row, a channel or a call, where -1 stands for none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Integers, Texts


def take_or(values: npt.NDArray[Any], index: Integers, missing: Any) -> npt.NDArray[Any]:
    """Return the values at an index, `missing` where the index is -1.

    Examples
    --------
    >>> take_or(np.array([5, 6]), np.array([1, -1]), 0).tolist()
    [6, 0]
    """
    if not len(values):
        return np.full(len(index), missing)
    return np.asarray(np.where(index >= 0, values[index], missing))


def isna(texts: Texts) -> Flags:
    """Return which of the texts are None."""
    return np.asarray(pd.isna(texts))


def occurs(positions: Integers, size: int) -> Flags:
    """Return which of `size` positions occur in an array; -1 is none of them.

    Examples
    --------
    >>> occurs(np.array([2, -1, 2]), 3).tolist()
    [False, False, True]
    """
    flags = np.zeros(size + 1, bool)
    flags[positions] = True
    return flags[:-1]


def select_label(size: int, *choices: tuple[Flags, str | Texts | None]) -> Texts:
    """Return for each place the label of the first choice whose condition holds there, else None.

    Examples
    --------
    >>> select_label(3, (np.array([True, False, False]), "a"), (np.array([True, True, False]), "b")).tolist()
    ['a', 'b', None]
    """
    labels = np.full(size, None, object)
    for condition, label in reversed(choices):
        labels[condition] = label[condition] if isinstance(label, np.ndarray) else label
    return labels


def first_per_group(groups: Integers, values: Integers, size: int) -> Integers:
    """Return the first value of each of `size` groups, or -1.

    Examples
    --------
    >>> first_per_group(np.array([2, 0, 2, -1]), np.array([5, 6, 7, 8]), 3).tolist()
    [6, -1, 5]
    """
    return last_per_group(groups[::-1], values[::-1], size)


def last_per_group(groups: Integers, values: Integers, size: int) -> Integers:
    """Return the last value of each of `size` groups, or -1."""
    last = np.full(size + 1, -1)
    last[groups] = values  # of values of one group the last one stays; -1 is the place behind the end
    return last[:size]


def components(size: int, edges: Iterable[tuple[Integers, Integers]]) -> Integers:
    """Return the number of the connected component of each node; edges with -1 are left out.

    Examples
    --------
    >>> components(5, [(np.array([0, 3, -1]), np.array([2, 4, 1]))]).tolist()
    [0, 1, 0, 2, 2]
    """
    pairs = [(begin * size + end)[(begin >= 0) & (end >= 0) & (begin != end)] for begin, end in edges]
    ends = np.divmod(pd.unique(np.concatenate(pairs)) if pairs else np.empty(0, np.int64), max(size, 1))
    label = np.arange(size)
    while True:
        low = np.minimum(label[ends[0]], label[ends[1]])
        lower = label.copy()
        np.minimum.at(lower, label[ends[0]], low)  # the root of each end takes over the lower root
        np.minimum.at(lower, label[ends[1]], low)
        while not np.array_equal(lower, lower[lower]):
            lower = lower[lower]
        if np.array_equal(lower, label):
            return np.unique(label, return_inverse=True)[1].reshape(-1)
        label = lower
