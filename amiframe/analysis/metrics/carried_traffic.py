"""How much goes on at once: concurrent calls, traffic in Erlang, the busy hour. Exact, in whole microseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import NO_TIME, Integers
from amiframe.analysis._arrays.series import micros
from amiframe.analysis.arguments import require_columns
from amiframe.analysis.metrics.groups import columns
from amiframe.errors import ConfigError
from amiframe.timeutil import intervals

_CURE = "af.calls(...) or af.legs(...) gives one row for each, with started and ended"
_SECOND = 1_000_000


@dataclass(frozen=True)
class Spans:
    """When things began and ended, in microseconds; half-open."""

    begin: Integers
    end: Integers
    cut: Integers  # 1 where the log cut one end off: it is taken to go on to the end of the log

    def busy(self, at: Integers) -> Integers:
        """Return the microseconds that all of them together have taken up to each moment."""
        return _sum_until(self.end, at) - _sum_until(self.begin, at)

    def steps(self) -> tuple[Integers, Integers]:
        """Return the moments at which the number changes, and the number from each on."""
        moments, place = np.unique(np.concatenate([self.begin, self.end]), return_inverse=True)
        change = np.bincount(place, minlength=len(moments)).astype(np.int64)
        change -= 2 * np.bincount(place[len(self.begin) :], minlength=len(moments)).astype(np.int64)
        return moments, np.cumsum(change)


def _sum_until(times: Integers, at: Integers) -> Integers:
    """Return the sum of min(time, moment) over all times.

    The sums of many calls are more than 64 bits hold and wrap around; the difference of two of them is right again.
    """
    ordered = np.sort(times)
    passed = np.searchsorted(ordered, at)
    sums = np.concatenate([[0], np.cumsum(ordered)])
    total: Integers = sums[passed] + (len(ordered) - passed) * at
    return total


def _spans(frame: pd.DataFrame) -> Spans:
    """Return when the rows began and ended; what the log cut off lasts from its first moment, or to its last."""
    begin, end = micros(frame["started"]), micros(frame["ended"])
    known = np.concatenate([begin[begin != NO_TIME], end[end != NO_TIME]])
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    is_known = (begin != NO_TIME) | (end != NO_TIME)
    cut = (begin == NO_TIME) | (end == NO_TIME)
    begin, end = np.where(begin == NO_TIME, first, begin), np.where(end == NO_TIME, last, end)
    return Spans(begin[is_known], np.maximum(begin, end)[is_known], cut[is_known].astype(np.int64))


def _by_group(
    frame: pd.DataFrame,
    by: str | Sequence[str] | None,
    what: str,
    usual: Sequence[str],
    measure: Callable[[Spans], dict[str, Any]],
) -> pd.DataFrame:
    """Return the measure of each group's spans as one table, the labels of the groups in front."""
    require_columns(frame, ("started", "ended"), what, _CURE)
    names = columns(frame, by, ())
    parts = []
    for labels, rows in frame.groupby(names, sort=True, dropna=False) if names else [((), frame)]:
        spans = _spans(rows)
        if not len(spans.begin):
            continue
        part = pd.DataFrame(measure(spans))
        for place, (name, label) in enumerate(zip(names, labels, strict=True)):
            part.insert(place, name, pd.Series([label] * len(part), dtype="str" if isinstance(label, str) else None))
        parts.append(part)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(usual))
    table.attrs["amiframe"] = dict(frame.attrs.get("amiframe", {}))
    return table


def _counts(values: Integers) -> pd.api.extensions.ExtensionArray:
    return pd.array(values, dtype="Int64")


def times_of(values: Integers, tz: str | None) -> pd.Series:
    """Return microseconds since 1970 as times."""
    moments = pd.Series(values.astype("datetime64[us]"), dtype="datetime64[us]").dt.tz_localize("UTC")
    return moments if tz is None else moments.dt.tz_convert(intervals.zone(tz))


def edges(spans: Spans, every: str, tz: str | None) -> tuple[pd.Series, Integers, Integers]:
    """Return the intervals that the spans touch: as times, and where each begins and ends."""
    first, last = times_of(np.array([spans.begin.min(), max(spans.end.max() - 1, spans.begin.min())]), None)
    begins = intervals.grid(first, last, every, tz)
    return begins, micros(begins), micros(intervals.ends(begins, every))


def concurrency(
    frame: pd.DataFrame, *, by: str | Sequence[str] | None = None, every: str | None = None, tz: str | None = None
) -> pd.DataFrame:
    """Return how many calls (or legs) are up at once.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`calls` for calls, of :func:`legs` for channels and trunks; anything with ``started`` and ``ended``.
    by : str or sequence of str, optional
        Columns that tell groups apart; default all together (each ``amf_pbx`` for itself).
    every : str, optional
        Length of intervals; without it, every change is a row.
    tz : str, optional
        Zone of the times; default UTC.

    Returns
    -------
    pandas.DataFrame
        Without `every`: ``time`` and ``concurrent`` from then on, 0 behind the last. With it, one row for each interval
        from the first call to the last: ``interval``, ``peak``, ``peak_at``, ``mean``, and ``censored``: how many of
        all calls have an end that the log cut off (they are taken to go on to the end of the log).

    Raises
    ------
    ConfigError
        The frame has no ``started`` and ``ended``; no such interval, zone or column.

    Notes
    -----
    What ends at the moment at which another begins is not at once with it.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:01Z", "2026-11-24 10:02Z"])
    >>> calls = pd.DataFrame({"started": times[:2], "ended": times[1:].repeat([1, 1])})
    >>> af.metrics.concurrency(calls)["concurrent"].tolist()
    [1, 1, 0]
    """

    def measure(spans: Spans) -> dict[str, Any]:
        moments, number = spans.steps()
        if every is None:
            return {"time": times_of(moments, tz), "concurrent": _counts(number)}
        begins, begin, end = edges(spans, every, tz)
        peak, at = _peaks(moments, number, begin, end)
        return {
            "interval": begins,
            "peak": _counts(peak),
            "peak_at": times_of(at, tz or "UTC"),
            "mean": (spans.busy(end) - spans.busy(begin)) / (end - begin),
            "censored": _counts(np.full(len(peak), spans.cut.sum())),
        }

    usual = ("time", "concurrent") if every is None else ("interval", "peak", "peak_at", "mean", "censored")
    return _by_group(frame, by, "how many calls are up at once", usual, measure)


def _peaks(moments: Integers, number: Integers, begin: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return the largest number in each interval, and when it was first reached there."""
    before = np.searchsorted(moments, begin, side="right") - 1
    entering = np.where(before >= 0, number[np.maximum(before, 0)], 0)
    at = np.concatenate([begin, moments])
    values = np.concatenate([entering, number])
    of = np.concatenate([np.arange(len(begin)), np.searchsorted(begin, moments, side="right") - 1])
    inside = (of >= 0) & (at < end[np.maximum(of, 0)])
    at, values, of = at[inside], values[inside], of[inside]
    order = np.lexsort((at, -values, of))
    first = np.searchsorted(of[order], np.arange(len(begin)))
    return values[order][first], at[order][first]


def traffic(
    frame: pd.DataFrame, *, by: str | Sequence[str] | None = None, every: str | None = None, tz: str | None = None
) -> pd.DataFrame:
    """Return the traffic in Erlang: the time that calls took, by the time that went by.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`calls` or :func:`legs`; anything with ``started`` and ``ended``.
    by, every, tz
        As in :func:`concurrency`; without `every`, one row from the first beginning to the last end.

    Returns
    -------
    pandas.DataFrame
        ``interval`` (with `every`), ``erlang`` (``busy_s / window_s``), ``busy_s``, ``window_s``, ``n`` (calls that
        began there), ``censored``. Calls are cut at the ends of intervals.

    Raises
    ------
    ConfigError
        As :func:`concurrency`.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:00Z", "2026-11-24 10:30Z", "2026-11-24 11:00Z"])
    >>> calls = pd.DataFrame({"started": times[:2], "ended": times[[2, 2]]})
    >>> af.metrics.traffic(calls, every="1h")[["erlang", "busy_s", "n"]].values.tolist()
    [[1.5, 5400.0, 2]]
    """

    def measure(spans: Spans) -> dict[str, Any]:
        table: dict[str, Any] = {}
        if every is None:
            begin, end, count = spans.begin.min()[None], spans.end.max()[None], np.array([len(spans.begin)])
        else:
            table["interval"], begin, end = edges(spans, every, tz)
            count = np.diff(np.searchsorted(np.sort(spans.begin), np.append(begin, end[-1])))
        busy, window = spans.busy(end) - spans.busy(begin), end - begin
        table["erlang"] = np.divide(busy, window, out=np.full(len(busy), np.nan), where=window > 0)
        table |= {"busy_s": busy / _SECOND, "window_s": window / _SECOND, "n": _counts(count)}
        return {**table, "censored": _counts(np.full(len(busy), spans.cut.sum()))}

    names = ("erlang", "busy_s", "window_s", "n", "censored")
    return _by_group(frame, by, "traffic", names if every is None else ("interval", *names), measure)


def busy_hour(
    frame: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    every: str | None = None,
    tz: str | None = None,
    step: str = "15min",
) -> pd.DataFrame:
    """Return the 60 minutes with the largest traffic.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`calls` or :func:`legs`; anything with ``started`` and ``ended``.
    by, tz
        As in :func:`concurrency`.
    every : str, optional
        ``1d`` gives the busy hour of each day (the one that begins in it); default that of the whole frame.
    step : str
        Where an hour may begin: every quarter of an hour; ``1h`` for hours of the clock only.

    Returns
    -------
    pandas.DataFrame
        ``interval`` (with `every`), ``begins``, ``ends``, ``erlang``, ``n`` (calls that began there), ``step``.

    Raises
    ------
    ConfigError
        As :func:`concurrency`; a step above an hour.

    Examples
    --------
    >>> times = pd.to_datetime(["2026-11-24 10:20Z", "2026-11-24 11:10Z"])
    >>> calls = pd.DataFrame({"started": times[[0]], "ended": times[[1]]})
    >>> str(af.metrics.busy_hour(calls)["begins"][0])
    '2026-11-24 10:15:00+00:00'
    """
    if intervals.seconds_of(intervals.parse(step)) > 3600:
        raise ConfigError(f"step={step!r} is more than an hour", hint="15min, or 1h for hours of the clock")
    hour = 3600 * _SECOND

    def measure(spans: Spans) -> dict[str, Any]:
        begins, begin, _ = edges(spans, step, tz)
        busy = spans.busy(begin + hour) - spans.busy(begin)
        periods = begins.iloc[[0]] if every is None else intervals.starts(begins, every, tz)
        of = pd.factorize(periods)[0] if every is not None else np.zeros(len(begin), dtype=np.int64)
        order = np.lexsort((begin, -busy, of))
        best = order[np.searchsorted(of[order], np.unique(of))]
        ordered = np.sort(spans.begin)
        count = np.searchsorted(ordered, begin[best] + hour) - np.searchsorted(ordered, begin[best])
        return {
            **({} if every is None else {"interval": periods.iloc[best].reset_index(drop=True)}),
            "begins": times_of(begin[best], tz or "UTC"),
            "ends": times_of(begin[best] + hour, tz or "UTC"),
            "erlang": busy[best] / hour,
            "n": _counts(count),
            "step": step,
        }

    names = ("begins", "ends", "erlang", "n", "step")
    return _by_group(frame, by, "the busy hour", names if every is None else ("interval", *names), measure)
