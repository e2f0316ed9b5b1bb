"""Any frame of our dtypes comes back identical, from CSV (formulas kept or escaped) and from Parquet."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from amf_identical import assert_identical
from amf_support import examples
from hypothesis import example, given
from hypothesis import strategies as st

from amiframe.export.csv import _with_apostrophe, without_apostrophe
from amiframe.export.tables import read_table, to_csv, to_parquet
from amiframe.frames.casting import LIST, MAP, TEXT

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NASTY = st.text(
    st.sampled_from("'=+-@\t\r\n\x00\"\\,; 0123456789.()/eE\ufeff\u00a0＝aЯ[]{}\x1b\x85\u2028"), max_size=12
)
TEXTS = st.one_of(ANY_TEXT, NASTY, st.sampled_from(["", "NA", "null", "None", "nan", "true", "00123", "<unknown>"]))
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
JSON_VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, st.text())
ATTRS = st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), JSON_VALUES), max_size=2)
WIDE, NARROW = datetime(1, 1, 1), datetime(1678, 1, 1)


def ticks(low: datetime = WIDE, high: datetime = datetime(9999, 12, 31)) -> st.SearchStrategy[int]:
    epoch = datetime(1970, 1, 1)
    return st.integers((low - epoch) // timedelta(microseconds=1), (high - epoch) // timedelta(microseconds=1))


def whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def missing(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), values)


def times(zone: str | None):
    def make(values: list[int | None]) -> pd.Series:
        known = np.array([np.iinfo("int64").min if v is None else v for v in values], "int64").view("datetime64[us]")
        series = pd.Series(known)
        return series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)

    return make


def of(dtype: object):
    return lambda values: pd.Series(pd.array(values, dtype=dtype))


KINDS = {
    "str": (missing(TEXTS), of("str")),
    "string": (missing(TEXTS), of("string")),
    "Int64": (missing(whole(64)), of("Int64")),
    "int64": (whole(64), of("int64")),
    "UInt8": (missing(st.integers(0, 255)), of("UInt8")),
    "float64": (st.floats(), lambda values: pd.Series(np.array(values, "float64"))),
    "float32": (st.floats(width=32), lambda values: pd.Series(np.array(values, "float32"))),
    "boolean": (missing(st.booleans()), of("boolean")),
    "bool": (st.booleans(), of("bool")),
    "UTC": (missing(ticks()), times("UTC")),
    "zone": (missing(ticks(NARROW)), times("America/Caracas")),
    "local": (missing(ticks()), times(None)),
    "list": (missing(st.lists(missing(TEXTS), max_size=3)), of(pd.ArrowDtype(LIST))),
    "map": (missing(st.lists(st.tuples(TEXTS, missing(TEXTS)), max_size=3)), of(pd.ArrowDtype(MAP))),
}


@st.composite
def series(draw: st.DrawFn, count: int, kinds: tuple[str, ...] = tuple(KINDS)) -> pd.Series:
    values, make = KINDS[draw(st.sampled_from(kinds))]
    return make(draw(st.lists(values, min_size=count, max_size=count)))


INDEX_KINDS = tuple(kind for kind in KINDS if kind not in ("list", "map"))


@st.composite
def indexes(draw: st.DrawFn, count: int) -> pd.Index:
    names = missing(TEXTS)
    choice = draw(st.integers(0, 3))
    if choice == 0:
        return pd.RangeIndex(count)
    if choice == 1:
        start, step = draw(whole(32)), draw(whole(16).filter(bool))
        return pd.RangeIndex(start, start + count * step, step, name=draw(names))
    if choice == 2:
        return pd.Index(draw(series(count, INDEX_KINDS)), name=draw(names))
    levels = [pd.Index(draw(series(count, INDEX_KINDS))) for _ in range(draw(st.integers(2, 3)))]
    return pd.MultiIndex.from_arrays(levels, names=[draw(names) for _ in levels])


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(0, 5))
    labels = draw(st.lists(TEXTS, max_size=5, unique=True))
    frame = pd.DataFrame({n: draw(series(count)) for n in range(len(labels))}, index=range(count))
    frame.columns = pd.Index(labels, dtype="str", name=draw(missing(TEXTS)))
    frame.index = draw(indexes(count))
    frame.attrs = draw(ATTRS)
    return frame


def check(frame: pd.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        for formulas in ("keep", "escape"):
            to_csv(frame, path, formulas=formulas)
            assert_identical(read_table(path), frame)
        to_parquet(frame, path)
        assert_identical(read_table(path), frame)
        pd.read_parquet(path)


@given(frames())
@examples(1.5)
@example(pd.DataFrame())
@example(pd.DataFrame({"a": pd.Series([None], dtype="str")}))
@example(pd.DataFrame({"": pd.Series([""], dtype="str")}))
def test_every_frame_comes_back(frame: pd.DataFrame) -> None:
    check(frame)


@pytest.mark.slow
@given(frames())
@examples(30)
def test_every_frame_comes_back_however_long_one_looks(frame: pd.DataFrame) -> None:
    check(frame)


@given(st.lists(missing(TEXTS), max_size=20))
@examples(3)
def test_the_apostrophe_comes_off_exactly(texts: list[str | None]) -> None:
    cells = pa.chunked_array([texts], TEXT)
    escaped = _with_apostrophe(cells)
    assert without_apostrophe(escaped).to_pylist() == texts
    for text in escaped.to_pylist():
        if text is not None and text.lstrip("".join(map(chr, range(33))) + "\u00a0\ufeff")[:1] in ("=", "@", "＝"):
            pytest.fail(f"{text!r} would run")
