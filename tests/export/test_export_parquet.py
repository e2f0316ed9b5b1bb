"""Parquet: plain pandas, DuckDB and Polars open what we write, and we open what others write."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from amf_identical import assert_identical

from amiframe.errors import ParseError
from amiframe.export.tables import read_table, to_parquet
from amiframe.frames.casting import LIST, MAP

AT = dt.datetime(2026, 11, 23, 15, 40, 15, 337000, dt.UTC)
LOCAL = AT.replace(tzinfo=None)
ROWS = [
    ("PJSIP/100-00000001", 9007199254740993, 1.5, True, AT, LOCAL, ["call", "all"], {"A": "1", "B": None}),
    ("", None, None, None, None, None, [], {}),
    (None, -5, 0.1, False, AT, LOCAL, None, None),
]


@pytest.fixture
def frame() -> pd.DataFrame:
    columns = list(zip(*ROWS, strict=True))
    dtypes = ["str", "Int64", "float64", "boolean", "datetime64[us, UTC]", "datetime64[us]"]
    names = ["channel", "seconds", "talk_s", "paused", "joined", "start"]
    frame = pd.DataFrame({n: pd.Series(v, dtype=d) for n, v, d in zip(names, columns[:6], dtypes, strict=True)})
    frame["privileges"] = pd.array(columns[6], pd.ArrowDtype(LIST))
    frame["variables"] = pd.array([m if m is None else [*m.items()] for m in columns[7]], pd.ArrowDtype(MAP))
    frame.attrs["amiframe"] = {"pbx": "http://pbx:8088", "fetched_rows": 3, "source": None}
    return frame


@pytest.fixture
def path(frame: pd.DataFrame, tmp_path: Path) -> Path:
    to_parquet(frame, tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def test_everything_comes_back(frame: pd.DataFrame, path: Path) -> None:
    assert_identical(read_table(path), frame)
    assert_identical(read_table(path.read_bytes()), frame)
    with path.open("rb") as file:
        assert_identical(read_table(file), frame)
    file = io.BytesIO()
    to_parquet(frame, file)
    assert file.getvalue() == path.read_bytes()
    assert [found.name for found in path.parent.iterdir()] == ["t.parquet"]


def test_plain_pandas_opens_it(frame: pd.DataFrame, path: Path) -> None:
    plain = pd.read_parquet(path)
    flat = list(frame.columns[:6])
    pd.testing.assert_frame_equal(plain[flat], frame[flat])
    assert [None if v is None else list(v) for v in plain["privileges"]] == [row[6] for row in ROWS]
    assert [None if v is None else dict(v) for v in plain["variables"]] == [row[7] for row in ROWS]


@pytest.mark.gate
def test_duckdb_opens_it(path: Path) -> None:
    import duckdb

    found = duckdb.execute(
        "select channel, seconds, talk_s, paused, epoch_us(joined), start, privileges, variables from read_parquet(?)",
        [str(path)],
    ).fetchall()
    expected = [(*r[:4], None if r[4] is None else round(r[4].timestamp() * 1e6), *r[5:]) for r in ROWS]
    assert found == expected


@pytest.mark.gate
def test_polars_opens_it(path: Path) -> None:
    import polars as pl

    found = pl.read_parquet(path)
    assert found.schema["joined"] == pl.Datetime("us", "UTC")
    rows = found.drop("variables").rows()
    assert rows == [row[:7] for row in ROWS]
    assert [as_map(value) for value in found["variables"].to_list()] == [row[7] for row in ROWS]


def as_map(value: object) -> object:
    """Polars 1 gives maps as lists of structs, Polars 2 as dicts."""
    return {pair["key"]: pair["value"] for pair in value} if isinstance(value, list) else value


def test_what_is_in_the_file(path: Path) -> None:
    file = pq.ParquetFile(path)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert json.loads(file.metadata.metadata[b"amiframe"])["amiframe"]["attrs"]["amiframe"]["fetched_rows"] == 3
    about = {c["name"]: c["numpy_type"] for c in json.loads(file.metadata.metadata[b"pandas"])["columns"]}
    assert (about["privileges"], about["variables"], about["seconds"]) == ("object", "object", "Int64")
    assert file.schema_arrow.field("joined").type == pa.timestamp("us", "UTC")


def test_repeated_keys_stay_in_order(tmp_path: Path) -> None:
    pairs = [("X", "1"), ("Y", None), ("X", "2"), ("", "")]
    frame = pd.DataFrame({"m": pd.array([pairs, None, []], pd.ArrowDtype(MAP))})
    to_parquet(frame, tmp_path / "t")
    assert pa.array(read_table(tmp_path / "t")["m"]).to_pylist() == [pairs, None, []]
    assert [None if v is None else list(v) for v in pd.read_parquet(tmp_path / "t")["m"]] == [pairs, None, []]


@pytest.mark.gate
def test_duckdb_reads_repeated_keys_in_order(tmp_path: Path) -> None:
    import duckdb

    pairs = [("X", "1"), ("Y", None), ("X", "2"), ("", "")]
    to_parquet(pd.DataFrame({"m": pd.array([pairs, None, []], pd.ArrowDtype(MAP))}), tmp_path / "t")
    entries = duckdb.execute("select map_entries(m) from read_parquet(?)", [str(tmp_path / "t")]).fetchall()
    assert [(e["key"], e["value"]) for e in entries[0][0]] == pairs


def test_our_frame_saved_by_plain_pandas(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Plain pandas writes a file that plain pandas cannot open; we can."""
    frame.index = pd.Index(["a", "b", "c"], name="k")
    frame.to_parquet(tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    found.attrs = frame.attrs
    assert_identical(found, frame)


def test_any_frame_saved_by_plain_pandas(tmp_path: Path) -> None:
    """Pandas says which dtypes it had, so whole numbers stay int64."""
    frame = pd.DataFrame({"n": [1, 2], "ok": [True, False], "t": ["a", None]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)


def test_a_file_that_others_made_from_ours(frame: pd.DataFrame, path: Path) -> None:
    """Tools that copy our key but not our columns: then the file's own types count."""
    table = pq.read_table(path)
    for changed, rows in ((table.select(["privileges", "seconds"]), 3), (table.slice(1), 2), (table.slice(0, 0), 0)):
        pq.write_table(changed, path)
        found = read_table(path)
        assert list(found.columns) == changed.column_names
        assert len(found) == rows
        assert found["seconds"].dtype == "Int64"
        assert found["privileges"].dtype == pd.ArrowDtype(LIST)


def test_our_key_with_other_types_is_an_error(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(1, "seconds", pa.array(["a", "b", "c"])), path)
    with pytest.raises(ParseError, match="does not fit"):
        read_table(path)
    pq.write_table(table.replace_schema_metadata({b"amiframe": b"mine"}), path)
    with pytest.raises(ParseError, match="not what amiframe writes"):
        read_table(path)


@pytest.mark.gate
def test_a_file_of_polars(tmp_path: Path) -> None:
    import polars as pl

    values = {"t": "a", "n": 1, "ok": True, "l": ["x"], "at": AT, "f": 0.5}
    pl.DataFrame({name: [value, None] for name, value in values.items()}).write_parquet(tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    assert {str(name): str(dtype) for name, dtype in found.dtypes.items()} == {
        "t": "str",
        "n": "Int64",
        "ok": "boolean",
        "l": "list<item: string>[pyarrow]",
        "at": "datetime64[us, UTC]",
        "f": "float64",
    }
    assert pa.array(found["l"]).to_pylist() == [["x"], None]


@pytest.mark.gate
def test_a_file_of_duckdb(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql(f"copy (select 1 as n, ['x'] as l, map {{'a': '1'}} as m, 'é' as t) to '{path}' (format parquet)")
    found = read_table(path)
    assert pa.array(found["m"]).to_pylist() == [[("a", "1")]]
    assert found["l"].dtype == pd.ArrowDtype(LIST)
    assert found["m"].dtype == pd.ArrowDtype(MAP)
    assert found["t"].tolist() == ["é"]


@pytest.mark.parametrize("cut", [5, 100, -1, -9, -300])
def test_a_damaged_file_is_an_error(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ParseError, match="damaged Parquet"):
        read_table(path)


def test_a_folder_that_looks_like_a_partition(frame: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "year=2026").mkdir()
    to_parquet(frame, tmp_path / "year=2026" / "t.parquet")
    assert_identical(read_table(tmp_path / "year=2026" / "t.parquet"), frame)


def test_many_rows(tmp_path: Path) -> None:
    count = 300_000
    frame = pd.DataFrame({"n": np.arange(count), "t": pd.Series(["a", None, ""] * (count // 3), dtype="str")})
    frame["l"] = pd.array([["x"], None, []] * (count // 3), pd.ArrowDtype(LIST))
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)
