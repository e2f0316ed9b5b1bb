"""States over time: of several at once the one that matters most, and the share of each in equal parts of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

_LENGTHS = (
    ("1min", "1 min"),
    ("5min", "5 min"),
    ("15min", "15 min"),
    ("30min", "half an hour"),
    ("1h", "1 h"),
    ("3h", "3 h"),
    ("6h", "6 h"),
    ("12h", "12 h"),
    ("1D", "1 day"),
    ("7D", "1 week"),
    ("28D", "4 weeks"),
    ("364D", "52 weeks"),
)


@dataclass(frozen=True)
class Spans:
    """States of one row, none over another, in order of time; times in whole microseconds."""

    rank: Integers
    begin: Integers
    end: Integers

    def time_in(self, rank: int) -> int:
        """Return how long a state was on, in microseconds."""
        mine = self.rank == rank
        return int((self.end[mine] - self.begin[mine]).sum())

    def shares(self, rank: int, edges: Integers) -> Shares:
        """Return which share of each part of time a state was on.

        Examples
        --------
        >>> spans = exclusive(np.array([0]), np.array([5]), np.array([20]))
        >>> spans.shares(0, np.array([0, 10, 20, 30])).tolist()
        [0.5, 1.0, 0.0]
        """
        mine = self.rank == rank
        if not mine.any():
            return np.zeros(len(edges) - 1)
        begin, end = self.begin[mine], self.end[mine]
        so_far = np.concatenate([[0], np.cumsum(end - begin)])
        at = np.column_stack([begin, end]).ravel().astype(np.float64)
        time_on = np.interp(edges, at, np.column_stack([so_far[:-1], so_far[1:]]).ravel().astype(np.float64))
        return np.asarray(np.diff(time_on) / np.diff(edges))


def exclusive(rank: Integers, begin: Integers, end: Integers) -> Spans:
    """Return the states of one row so that at each time there is one: that of the lowest rank.

    Examples
    --------
    >>> spans = exclusive(np.array([1, 0]), np.array([0, 10]), np.array([30, 20]))
    >>> spans.rank.tolist(), spans.begin.tolist(), spans.end.tolist()
    ([1, 0, 1], [0, 10, 20], [10, 20, 30])
    """
    edges = np.unique(np.concatenate([begin, end]))
    if len(edges) < 2:
        nothing = np.empty(0, dtype=np.int64)
        return Spans(nothing, nothing, nothing)
    on = np.zeros((int(rank.max()) + 1, len(edges)), dtype=np.int64)
    np.add.at(on, (rank, np.searchsorted(edges, begin)), 1)
    np.add.at(on, (rank, np.searchsorted(edges, end)), -1)
    is_on = on.cumsum(axis=1)[:, :-1] > 0
    kept = is_on.any(axis=0)
    state = np.where(kept, is_on.argmax(axis=0), -1)
    first = np.flatnonzero(kept & np.append(True, state[1:] != state[:-1]))
    last = np.flatnonzero(kept & np.append(state[1:] != state[:-1], True))
    return Spans(state[first], edges[:-1][first], edges[1:][last])


def microseconds(times: Any) -> Integers:
    """Return times as whole microseconds since 1970."""
    return (
        pd.DatetimeIndex(times).tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64")
    )


def edges(begin: pd.Timestamp, end: pd.Timestamp, where: tzinfo, most: int) -> tuple[pd.DatetimeIndex, str]:
    """Return the bounds of so many equal parts of time at most, whole hours or days of a zone; and their length.

    Examples
    --------
    >>> a = pd.Timestamp("2026-11-16 09:05", tz="UTC")
    >>> bounds, length = edges(a, a + pd.Timedelta("3h"), a.tz, 15)
    >>> length, str(bounds[0]), str(bounds[-1]), len(bounds)
    ('15 min', '2026-11-16 09:00:00+00:00', '2026-11-16 12:15:00+00:00', 14)
    """
    span = end - begin
    length = next((length for length in _LENGTHS if span / pd.Timedelta(length[0]) < most - 1), _LENGTHS[-1])
    name, description = length
    step = pd.Timedelta(name)
    begin, end = begin.tz_convert(where), end.tz_convert(where)
    midnight = begin.normalize()
    if step < pd.Timedelta("1D"):
        first = midnight + (begin - midnight) // step * step
        return pd.date_range(first, end + step, freq=step), description
    return pd.date_range(midnight, end + step, freq=pd.DateOffset(days=step.days)), description
