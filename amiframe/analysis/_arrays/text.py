"""Columns of text as Arrow arrays: take, compare and count without a Python loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import Flags, Floats, Integers
from amiframe.frames.casting import TEXT


def texts(values: pd.Series) -> pa.ChunkedArray:
    """Return a column of text; of numbers or objects the text of each."""
    if isinstance(values.dtype, pd.StringDtype):
        array = pa.array(values, from_pandas=True)
    else:
        array = pa.array(values.astype("str").where(values.notna()), TEXT, from_pandas=True)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def take(values: pd.Series, rows: Integers, *, known: Flags | None = None) -> pa.Array:
    """Return the texts of some rows; missing where `known` is false."""
    positions = pa.array(rows) if known is None else pa.array(rows, mask=~known)
    taken = texts(values).take(positions)
    return taken.combine_chunks().cast(TEXT) if len(taken) else pa.array([], TEXT)


def codes(values: pd.Series) -> tuple[Integers, int]:
    """Return a number for each text, the same for the same one, in the order of appearance; and how many there are."""
    array = texts(values)
    encoded = array.combine_chunks().dictionary_encode() if len(array) else pa.array([], TEXT).dictionary_encode()
    count = len(encoded.dictionary)
    numbers: Integers = pc.fill_null(encoded.indices, count).to_numpy(zero_copy_only=False)
    return numbers, count + 1


def index_in(values: pd.Series, choices: list[str]) -> Integers:
    """Return the place of each text among the choices, -1 for another."""
    places = pc.fill_null(pc.index_in(texts(values), pa.array(choices, TEXT)), -1)
    return np.asarray(places.to_numpy(), dtype=np.int64)


def numbers(values: pa.Array) -> Floats:
    """Return the whole numbers that texts are, NaN for anything else."""
    is_number = pc.match_substring_regex(values, r"^[0-9]{1,15}$")
    digits = pc.if_else(is_number, values, pa.scalar(None, TEXT))
    return np.asarray(digits.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
