"""Two frames of the same things, side by side: which rows differ, in what, and why where the reason is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Differences:
    """Collects what differs, row by row; a difference with a known reason is explained."""

    def __init__(self, rows: int):
        self._texts = np.full(rows, "", dtype=object)
        self._unexplained = np.zeros(rows, dtype=bool)
        self._kinds = np.zeros(rows, dtype=np.int64)

    def add(self, where: Iterable[Any], text: str, reasons: Iterable[tuple[str, Iterable[Any]]] = ()) -> None:
        """Say of some rows what differs; each of `reasons` explains the rows it holds of, the first that does."""
        left = mask(where)
        for reason, holds in reasons:
            known = left & mask(holds)
            self._append(known, f"{text}: {reason}")
            left = left & ~known
        self._append(left, text)
        self._unexplained |= left

    def _append(self, where: Mask, text: str) -> None:
        before = self._texts[where]
        self._texts[where] = np.where(before == "", text, before + ("; " + text))
        self._kinds[where] += 1

    @property
    def text(self) -> pd.Series:
        """What differs in each row; missing where nothing does."""
        return pd.Series(self._texts, dtype="str").mask(self._texts == "")

    @property
    def explained(self) -> pd.Series:
        """Whether each difference of a row has a reason; true where nothing differs."""
        return pd.Series(~self._unexplained, dtype="boolean")

    @property
    def none(self) -> pd.Series:
        """Whether nothing differs."""
        return pd.Series(self._kinds == 0, dtype="boolean")


def mask(values: Iterable[Any]) -> Mask:
    """Return flags as an array; a missing one is false."""
    series = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    return np.asarray(series.astype("boolean").fillna(False).to_numpy(dtype=bool))


def unequal(one: pd.Series, other: pd.Series) -> Mask:
    """Return where two columns differ: two missing values do not."""
    same = mask(one == other) | (one.isna() & other.isna()).to_numpy()
    return ~same


def apart(one: pd.Series, other: pd.Series, seconds: float) -> Mask:
    """Return where two times lie further apart than that many seconds, or only one is known.

    The seconds of the one are cut off where the other has none: records count whole seconds.
    """
    known = (one.notna() & other.notna()).to_numpy()
    is_whole = mask(other.dt.microsecond == 0)
    floored = one.where(~is_whole, one.dt.floor("s"))
    delta = (floored - other).dt.total_seconds().abs().to_numpy()
    return np.asarray((known & (np.nan_to_num(delta) > seconds)) | (one.notna() != other.notna()).to_numpy())
