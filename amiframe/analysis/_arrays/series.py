"""Columns of the analysis frames: the dtypes of the data rules, from arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts

_COUNTER = re.compile(r"-[0-9a-fA-F]+(;[12])?$")
LIST = pd.ArrowDtype(pa.list_(pa.string()))


def text(values: Any) -> pd.Series:
    """Return texts as ``str``, None as missing."""
    return pd.Series(values, dtype="str").reset_index(drop=True)


def count(values: Integers, *, missing: int | None = None) -> pd.Series:
    """Return whole numbers as ``Int64``; `missing` stands for a missing one."""
    series = pd.Series(values).astype("Int64")
    return series if missing is None else series.mask(series == missing)


def flag(values: Flags) -> pd.Series:
    """Return flags as ``boolean``."""
    return pd.Series(values).astype("boolean")


def micros(times: pd.Series) -> Integers:
    """Return times as microseconds since 1970; a missing one is NO_TIME."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return times.to_numpy(dtype="datetime64[us]").astype(np.int64)


def moment(times: Integers) -> pd.Series:
    """Return microseconds since 1970 as times in UTC."""
    return pd.Series(times.astype(np.int64).view("datetime64[us]")).dt.tz_localize("UTC")


def seconds(begin: Integers, end: Integers) -> pd.Series:
    """Return the seconds from one moment to another, missing where one is not known; never below zero.

    Neighbouring time stamps of one server may go back by a millisecond.
    """
    known = (begin != NO_TIME) & (end != NO_TIME)
    passed = np.where(known, end - np.where(known, begin, 0), 0) / 1e6
    return pd.Series(np.where(known, np.maximum(passed, 0.0), np.nan))


def lists(rows: Integers, values: Sequence[str | None] | Texts, size: int) -> pd.Series:
    """Return one list of texts for each of `size` rows; `values` come in the order of their rows.

    Examples
    --------
    >>> lists(np.array([0, 2, 2]), ["a", "b", "c"], 3).tolist()
    [['a'], [], ['b', 'c']]
    """
    offsets = np.searchsorted(rows, np.arange(size + 1)).astype(np.int32)
    return pd.Series(pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.string())), dtype=LIST)


def endpoint(channels: pd.Series) -> pd.Series:
    """Return the endpoints of channels: their names without the number that makes each unique.

    Examples
    --------
    >>> endpoint(pd.Series(["PJSIP/sales-1-00000b5f", "Local/200@out-0000003f;1", None])).tolist()
    ['PJSIP/sales-1', 'Local/200@out', nan]
    """
    codes, names = pd.factorize(channels)
    return text(np.array([_COUNTER.sub("", name) for name in names] + [None], object)[codes])


def technology(channels: pd.Series) -> pd.Series:
    """Return the technology of channels: what stands before the slash."""
    return channels.str.partition("/")[0] if len(channels) else channels


def matches(channels: pd.Series, patterns: Sequence[str] | str) -> Flags:
    """Return which channels or their endpoints match one of the patterns.

    Examples
    --------
    >>> matches(pd.Series(["PJSIP/trunk-a-00000001", "PJSIP/100-00000002", None]), ["PJSIP/trunk-*"]).tolist()
    [True, False, False]
    """
    choices = [patterns] if isinstance(patterns, str) else list(patterns)
    codes, names = pd.factorize(endpoint(channels))
    is_match = [any(fnmatchcase(name, pattern) for pattern in choices) for name in names]
    return np.array([*is_match, False], bool)[codes]


def with_origin(frame: pd.DataFrame, about: Mapping[str, Any], pbx: Any = None) -> pd.DataFrame:
    """Put the PBX of each row behind the columns, where the log has PBXs, and the provenance on the frame."""
    if pbx is not None:
        frame["amf_pbx"] = text(pbx)
    frame.attrs["amiframe"] = {**about, "fetched_rows": len(frame)}
    return frame
