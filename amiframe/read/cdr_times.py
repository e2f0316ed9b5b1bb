"""Times of call records -> UTC: from epoch seconds, from a zone that is named, or from local time and the zone given.

An ambiguous local time (the repeated hour of DST) is resolved by the rest of the record: its uniqueid begins with the
second in which the channel was created, and its durations connect start, answer and end. Where these do not help, the
order of the rows decides, and a warning counts such times.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.errors import ConfigError
from amiframe.frames.casting import TEXT, epoch
from amiframe.timeutil import zones

UTC = "datetime64[us, UTC]"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_EPOCH = r"^[0-9]{9,11}(\.[0-9]{1,9})?$"
_NEVER = ("", "0000-00-00 00:00:00", "0")  # the second is MySQL's
_NEAR = pd.Timedelta(seconds=2)


@dataclass
class Times:
    """Columns of times: in UTC, or naive where no zone was given; texts that are none; how many were guessed."""

    columns: dict[str, pd.Series] = field(default_factory=dict)
    misfits: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    ambiguous: int = 0


@dataclass
class Column:
    """A column of times as it was written."""

    utc: pd.Series  # of the rows that tell the moment themselves
    local: pd.Series  # of the others, naive
    texts: pd.Series


def parsed(values: pd.Series) -> Column:
    """Part a column into moments and local times; the values may be texts, numbers or times."""
    index = values.index
    utc = pd.Series(pd.NaT, index=index, dtype=UTC)
    local = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return Column(values.dt.tz_convert("UTC").dt.as_unit("us"), local, values.astype("str"))
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return Column(utc, values.dt.as_unit("us"), values.astype("str").where(values.notna()))
    if pd.api.types.is_numeric_dtype(values.dtype):
        micros = (values.astype("Float64") * 1e6).round().astype("Int64")
        moments = pd.Series(pd.to_datetime(micros, unit="us", utc=True), index=index).dt.as_unit("us")
        return Column(moments.where(micros > 0), local, values.astype("str").where(values.notna() & (micros != 0)))
    texts = values.astype("str").where(values.notna())
    texts = texts.mask(texts.isin(_NEVER))
    array = pa.array(texts, TEXT, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    is_epoch, is_offset, is_local = (_matches(array, p) for p in (_EPOCH, _ISO + _OFFSET, _ISO + "$"))
    if is_epoch.any():
        digits = pc.replace_substring_regex(array.filter(pa.array(is_epoch)), r"(\.[0-9]{6})[0-9]+$", r"\1")
        utc[is_epoch] = pd.Series(epoch(digits).to_pandas().array, index=index[is_epoch])
    if is_offset.any():
        utc[is_offset] = pd.to_datetime(texts[is_offset], utc=True, format="ISO8601", errors="coerce").dt.as_unit("us")
    if is_local.any():
        local[is_local] = pd.to_datetime(texts[is_local], format="ISO8601", errors="coerce").dt.as_unit("us")
    return Column(utc, local, texts)


def _matches(texts: pa.Array, pattern: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    is_match = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(is_match.to_numpy(zero_copy_only=False))


def resolved(
    raw: Mapping[str, pd.Series],
    tz: str | None,
    *,
    uniqueid: pd.Series | None = None,
    lengths: Mapping[tuple[str, str], pd.Series] | None = None,
) -> Times:
    """Return columns of times in UTC, or naive where they name no zone and none is given.

    Parameters
    ----------
    raw : mapping
        Columns by name; the first one is nearest to the making of the channel.
    tz : str or None
        Zone of the local ones.
    uniqueid : Series, optional
        Ids of the channels.
    lengths : mapping, optional
        Seconds from one column to another, by their names.

    Raises
    ------
    ConfigError
        Some times have an offset and others do not, and `tz` is not given; or the zone is unknown.
    """
    columns = {name: parsed(values) for name, values in raw.items()}
    is_local = any(column.local.notna().any() for column in columns.values())
    done = Times()
    if tz is None and is_local:
        if any(column.utc.notna().any() for column in columns.values()):
            raise ConfigError(
                "some times name the moment and some are local time without a zone",
                hint="tz='Europe/Moscow': the zone of the PBX",
            )
        done.columns = {name: column.local for name, column in columns.items()}
    elif tz is None:
        moments = any(column.utc.notna().any() for column in columns.values())
        done.columns = {name: column.utc if moments else column.local for name, column in columns.items()}
    else:
        done.columns, done.ambiguous = _in_utc(columns, tz, uniqueid, lengths or {})
        if done.ambiguous:
            warnings.warn(
                f"{done.ambiguous} local times lie in the hour that comes twice, and nothing but the order of the rows "
                f"tells which of the two is meant",
                stacklevel=4,
            )
    for name, column in columns.items():
        bad = (column.texts.notna() & done.columns[name].isna()).to_numpy()
        for row in np.flatnonzero(bad):
            done.misfits.setdefault(int(row), []).append((name, str(column.texts.iloc[row])))
    return done


def born(uniqueid: pd.Series) -> pd.Series:
    """Return when the channels were created, as far as their ids tell.

    Examples
    --------
    >>> born(pd.Series(["pbx-1795547449.37", "orig-1"])).tolist()
    [Timestamp('2026-11-24 19:10:49+0000', tz='UTC'), NaT]
    """
    seconds = uniqueid.astype("str").str.extract(r"(?:^|-)([0-9]{9,11})\.[0-9]+(?:;[12])?$", expand=False)
    created = pd.to_datetime(pd.to_numeric(seconds).astype("Int64") * 1_000_000, unit="us", utc=True)
    return pd.Series(created, index=uniqueid.index).dt.as_unit("us")


def _in_utc(
    columns: Mapping[str, Column],
    tz: str,
    uniqueid: pd.Series | None,
    lengths: Mapping[tuple[str, str], pd.Series],
) -> tuple[dict[str, pd.Series], int]:
    first: dict[str, pd.Series] = {}
    second: dict[str, pd.Series] = {}
    for name, column in columns.items():
        first[name], second[name] = zones.both(column.local, tz)
    open_: dict[str, pd.Series] = {name: (first[name] != second[name]) & first[name].notna() for name in columns}
    if not any(twice.any() for twice in open_.values()):
        return {name: column.utc.fillna(first[name]) for name, column in columns.items()}, 0
    main = next(iter(columns))
    if uniqueid is not None:
        _by_birth(born(uniqueid), main, first, second, open_)
    for _ in range(2):  # a column that is resolved now may resolve another
        for (begin, end), seconds in lengths.items():
            if begin not in columns or end not in columns:
                continue  # tables of FreePBX have neither end nor answer
            delta = pd.to_timedelta(seconds.astype("float64"), unit="s")
            _by_length(begin, end, delta, first, second, open_)
            _by_length(end, begin, -delta, first, second, open_)
    ambiguous = pd.Series(False, index=open_[main].index)
    for name, column in columns.items():
        left = open_[name]
        if left.any():
            ambiguous |= left
            by_order, _ = zones.to_utc(column.local, tz)
            first[name] = first[name].mask(left, by_order)
    return {name: column.utc.fillna(first[name]) for name, column in columns.items()}, int(ambiguous.sum())


def _by_birth(
    created: pd.Series,
    main: str,
    first: dict[str, pd.Series],
    second: dict[str, pd.Series],
    open_: dict[str, pd.Series],
) -> None:
    """Nothing is older than its channel; and what is as old as its channel is that moment."""
    for name in first:
        later = open_[name] & (first[name] < created - _NEAR)
        _take(name, later, second, first, open_)
    same = open_[main] & ((first[main] - created).abs() <= _NEAR)
    _take(main, same, first, first, open_)


def _by_length(
    begin: str,
    end: str,
    delta: pd.Series,
    first: dict[str, pd.Series],
    second: dict[str, pd.Series],
    open_: dict[str, pd.Series],
) -> None:
    """Resolve times of one column from an already resolved column and the seconds between them."""
    wanted = first[begin] + delta
    known = ~open_[begin] & wanted.notna() & open_[end]
    _take(end, known & ((first[end] - wanted).abs() <= _NEAR), first, first, open_)
    _take(end, known & open_[end] & ((second[end] - wanted).abs() <= _NEAR), second, first, open_)


def _take(
    name: str,
    rows: pd.Series,
    chosen: dict[str, pd.Series],
    first: dict[str, pd.Series],
    open_: dict[str, pd.Series],
) -> None:
    first[name] = first[name].mask(rows, chosen[name])
    open_[name] = open_[name] & ~rows
