"""Columns of text as Arrow arrays: what the analysis takes, compares and counts without a Python loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.frames.casting import TEXT

Rows = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def texts(values: pd.Series) -> pa.ChunkedArray:
    """Return a column of text; of numbers or objects the text of each."""
    if isinstance(values.dtype, pd.StringDtype):
        array = pa.array(values, from_pandas=True)
    else:
        array = pa.array(values.astype("str").where(values.notna()), TEXT, from_pandas=True)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def take(values: pd.Series, rows: Rows, *, known: Flags | None = None) -> pa.Array:
    """Return the texts of some rows; missing where `known` is false."""
    at = pa.array(rows) if known is None else pa.array(rows, mask=~known)
    taken = texts(values).take(at)
    return taken.combine_chunks().cast(TEXT) if len(taken) else pa.array([], TEXT)


def codes(values: pd.Series) -> tuple[Rows, int]:
    """Return a number for each text, the same for the same one, in the order of appearance; and how many there are."""
    array = texts(values)
    encoded = array.combine_chunks().dictionary_encode() if len(array) else pa.array([], TEXT).dictionary_encode()
    count = len(encoded.dictionary)
    found: Rows = pc.fill_null(encoded.indices, count).to_numpy(zero_copy_only=False)
    return found, count + 1


def index_in(values: pd.Series, words: list[str]) -> Rows:
    """Return the place of each text among some words, -1 for another."""
    found = pc.fill_null(pc.index_in(texts(values), pa.array(words, TEXT)), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def numbers(values: pa.Array) -> Floats:
    """Return the whole numbers that texts are, NaN for anything else."""
    fits = pc.match_substring_regex(values, r"^[0-9]{1,15}$")
    digits = pc.if_else(fits, values, pa.scalar(None, TEXT))
    return np.asarray(digits.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def micros(times: pd.Series) -> Rows:
    """Return times as microseconds since 1970; a missing one is the smallest number."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return times.to_numpy(dtype="datetime64[us]").astype(np.int64)


NEVER = np.iinfo(np.int64).min
"""What :func:`micros` gives for a missing time (NaT)."""
