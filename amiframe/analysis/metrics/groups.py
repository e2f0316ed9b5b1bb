"""Groups of a report: by columns and by intervals; sums and ratios of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Floats, Integers
from amiframe.analysis.arguments import closest
from amiframe.errors import ConfigError
from amiframe.timeutil import intervals


class Groups:
    """Rows that belong together.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    by : str, sequence of str or None
        Columns that make the groups; None takes `usual`, and ``amf_pbx`` where the frame has it. Empty: one group.
    every, tz : str, optional
        Length and zone of intervals.
    when : Series
        The time of each row; one without a time belongs to no group.
    usual : tuple of str
        Columns when `by` is None.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        by: str | Sequence[str] | None,
        every: str | None,
        tz: str | None,
        when: pd.Series,
        usual: tuple[str, ...],
    ):
        names = columns(frame, by, usual)
        columns_of = {name: frame[name] for name in names}
        known = when.notna().to_numpy()
        if every is not None:
            columns_of["interval"] = intervals.starts(when, every, tz)
        elif tz is not None:
            intervals.zone(tz)
        labels = pd.DataFrame(columns_of, index=frame.index)
        if not columns_of:
            self.keys = pd.DataFrame(index=range(1))
            self._of: Integers = np.where(known, 0, -1)
            return
        rows = labels[known]
        grouped = rows.groupby(list(columns_of), sort=True, dropna=False, observed=True)
        of = grouped.ngroup().to_numpy()
        self._of = np.full(len(frame), -1, dtype=np.int64)
        self._of[known] = of
        first = np.zeros(of.max() + 1 if len(of) else 0, dtype=np.int64)
        first[of[::-1]] = np.arange(len(of))[::-1]
        self.keys = rows.iloc[first].reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.keys)

    def table(self, values: Mapping[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
        """Return values of each group behind its keys, with the provenance of a frame."""
        table = pd.concat([self.keys, pd.DataFrame(values, index=self.keys.index)], axis=1)
        table.attrs["amiframe"] = dict(frame.attrs.get("amiframe", {}))
        return table

    def count(self, chosen: Flags) -> pd.Series:
        """Return how many rows of each group are chosen."""
        return pd.Series(np.bincount(self._of[chosen & (self._of >= 0)], minlength=len(self)), dtype="Int64")

    def sum(self, values: Floats, chosen: Flags) -> pd.Series:
        """Return the sum of values of the chosen rows of each group; unknown values count as nothing."""
        taken = chosen & (self._of >= 0) & ~np.isnan(values)
        return pd.Series(np.bincount(self._of[taken], weights=values[taken], minlength=len(self)), dtype="float64")

    def ranked(self, values: Floats, chosen: Flags, *shares: float) -> list[pd.Series]:
        """Return the least value that at least each share of the chosen values of each group do not exceed.

        1.0 is the largest of them; NaN where there is none.
        """
        taken = np.flatnonzero(chosen & (self._of >= 0) & ~np.isnan(values))
        of = self._of[taken]
        ordered = values[taken][np.lexsort((values[taken], of))]
        counts = np.bincount(of, minlength=len(self))
        begins = np.cumsum(counts) - counts
        results = []
        for share in shares:
            at = begins + np.maximum(np.ceil(share * counts - 1e-9).astype(np.int64), 1) - 1
            values_at = np.full(len(self), np.nan)
            values_at[counts > 0] = ordered[at[counts > 0]]
            results.append(pd.Series(values_at, dtype="float64"))
        return results


def columns(frame: pd.DataFrame, by: str | Iterable[str] | None, usual: tuple[str, ...]) -> list[str]:
    """Return the columns that `by` names.

    Raises
    ------
    ConfigError
        The frame has no such column.
    """
    if by is None:
        return [*(["amf_pbx"] if "amf_pbx" in frame.columns else []), *usual]
    names = [by] if isinstance(by, str) else list(by)
    known = list(map(str, frame.columns))
    for name in names:
        if name not in frame.columns:
            hint = closest(str(name), known, f"it has {', '.join(known)}")
            raise ConfigError(f"by={name!r}: the frame has no such column", hint=hint)
    return names


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """Return a fraction; NaN where the denominator is zero."""
    over = denominator.astype("float64")
    return numerator.astype("float64") / over.where(over > 0)
