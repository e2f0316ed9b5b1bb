"""Two frames of the same things, side by side: which rows differ, in what, and why where the reason is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags


class Differences:
    """Collects what differs, row by row; a difference with a known reason is explained."""

    def __init__(self, rows: int):
        self._texts = np.full(rows, "", dtype=object)
        self._unexplained = np.zeros(rows, dtype=bool)
        self._kinds = np.zeros(rows, dtype=np.int64)

    def add(self, where: Iterable[Any], text: str, reasons: Iterable[tuple[str, Iterable[Any]]] = ()) -> None:
        """Say what differs in some rows; the first of `reasons` that holds in a row explains it."""
        rows = is_true(where)
        for reason, holds in reasons:
            explained = rows & is_true(holds)
            self._append(explained, f"{text}: {reason}")
            rows = rows & ~explained
        self._append(rows, text)
        self._unexplained |= rows

    def _append(self, rows: Flags, text: str) -> None:
        before = self._texts[rows]
        self._texts[rows] = np.where(before == "", text, before + ("; " + text))
        self._kinds[rows] += 1

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


def side_by_side(
    both: pd.DataFrame,
    keys: list[str],
    found: pd.Series,
    differences: Differences,
    compared: Sequence[str],
    sides: tuple[str, str],
    extra: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the comparison: keys, what was found where, the differences, and what was compared of both sides."""
    frame = both[keys].assign(
        found=found.astype("str"),
        agrees=differences.none,
        explained=differences.explained,
        difference=differences.text,
    )
    columns = [*extra, *(f"{name}_{side}" for name in compared for side in sides)]
    return pd.concat([frame, both[columns]], axis=1)


def is_true(values: Iterable[Any]) -> Flags:
    """Return flags as an array; a missing one is false."""
    series = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    return np.asarray(series.astype("boolean").fillna(False).to_numpy(dtype=bool))


def differ(left: pd.Series, right: pd.Series) -> Flags:
    """Return where two columns differ: two missing values do not."""
    return ~(is_true(left == right) | (left.isna() & right.isna()).to_numpy())


def are_apart(exact: pd.Series, recorded: pd.Series, seconds: float) -> Flags:
    """Return where two times lie further apart than that many seconds, or only one is known.

    Records count whole seconds: where the recorded time has no fraction, that of the exact one is cut off.
    """
    is_whole = is_true(recorded.dt.microsecond == 0)
    floored = exact.where(~is_whole, exact.dt.floor("s"))
    return is_true((floored - recorded).dt.total_seconds().abs() > seconds) | is_true(exact.notna() != recorded.notna())
