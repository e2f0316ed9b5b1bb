"""The oldest pandas and pyarrow that we promise, and the newest: each writes, each reads what the other wrote."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
FLOOR = ["pandas==3.0.0", "pyarrow==20.0.0"]
NEWEST = ["pandas", "pyarrow"]

SCRIPT = r"""
import sys
from pathlib import Path
import duckdb, pandas as pd, polars as pl, pyarrow as pa
from amf_identical import assert_identical
from amiframe.export.tables import read_table, to_csv, to_parquet
from amiframe.frames.casting import LIST, MAP

def frame(index):
    frame = pd.DataFrame({
        "t": pd.array(["", None, 'a"\r\n\x00=1'], "str"),
        "i": pd.array([2**53 + 1, None, -5], "Int64"),
        "f": [1.0, None, float("-inf")],
        "b": pd.array([True, None, False], "boolean"),
        "at": pd.array(["2026-11-23T15:40:15.337Z", None, "1969-12-31T23:59:59.999999Z"], "datetime64[us, UTC]"),
        "local": pd.array(["2026-03-29T02:30:00", None, "1999-01-01"], "datetime64[us]"),
        "l": pd.array([["a", None], [], None], pd.ArrowDtype(LIST)),
        "m": pd.array([[("k", "1"), ("j", None)], [], None], pd.ArrowDtype(MAP)),
        "zone": pd.Series(pd.array([0, None, 1], "datetime64[us, UTC]")).dt.tz_convert("Europe/Berlin").array,
    }, index=index)
    frame.attrs["amiframe"] = {"pbx": "http://pbx:8088", "fetched_rows": 3, "source": None}
    return frame

FRAMES = {
    "range": frame(None),
    "text": frame(pd.Index(["x", None, ""], dtype="str", name="k")),
    "days": frame(pd.date_range("2026-01-01", periods=3, tz="UTC", unit="us")._with_freq(None)),
    "two": frame(pd.MultiIndex.from_arrays([["x", "x", "y"], pd.array([1, 2, None], "Int64")], names=["q", "n"])),
    "empty": frame(None).iloc[:0],
}
what, folder = sys.argv[1], Path(sys.argv[2])
for name, expected in FRAMES.items():
    if what == "write":
        to_csv(expected, folder / f"{name}.csv")
        to_csv(expected, folder / f"{name}.safe.csv.gz", formulas="escape")
        to_parquet(expected, folder / f"{name}.parquet")
        if name == "range":
            expected.drop(columns="m").to_parquet(folder / "plain.parquet")
        continue
    for suffix in ("csv", "safe.csv.gz", "parquet"):
        assert_identical(read_table(folder / f"{name}.{suffix}"), expected)
    path = str(folder / f"{name}.parquet")
    rows = pa.array(expected["i"]).to_pylist(), pa.array(expected["l"]).to_pylist(), pa.array(expected["t"]).to_pylist()
    plain = pd.read_parquet(path)
    assert pa.array(plain["i"]).to_pylist() == rows[0]
    assert [None if v is None else list(v) for v in plain["l"]] == rows[1]
    assert pa.array(plain["t"]).to_pylist() == rows[2]
    assert plain["at"].dtype == "datetime64[us, UTC]" and plain["b"].dtype == "boolean" and plain["t"].dtype == "str"
    assert plain.index.names == expected.index.names
    if name != "two":  # plain pandas makes floats of whole numbers there
        assert plain.index.equals(expected.index) and plain.index.dtype == expected.index.dtype
    lake = duckdb.execute("select i, l, t, map_entries(m) from read_parquet(?)", [path]).fetchall()
    assert [list(column) for column in zip(*lake)][:3] == ([*rows] if lake else [])
    bears = pl.read_parquet(path)
    assert bears["i"].to_list() == rows[0] and bears["l"].to_list() == rows[1] and bears["t"].to_list() == rows[2]
    path = str(folder / f"{name}.csv")
    assert duckdb.execute("select count(*) from read_csv(?, header=true)", [path]).fetchone() == (len(expected),)
    assert len(pd.read_csv(path)) == len(expected)
if what == "read":
    found = read_table(folder / "plain.parquet")
    found.attrs = FRAMES["range"].attrs
    assert_identical(found, FRAMES["range"].drop(columns="m"))
print(what, pd.__version__, pa.__version__, duckdb.__version__, pl.__version__)
"""


def python_with(packages: list[str], folder: Path) -> Path:
    """Make an environment with these packages, and what else we and the script need."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *ours, *packages, "duckdb", "polars"], check=True)
    return python


def run(python: Path, *arguments: object) -> str:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [str(python), "-X", "utf8", "-W", "error", "-c", SCRIPT, *map(str, arguments)]
    done = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_reads_what_the_other_wrote(tmp_path: Path) -> None:
    pythons = {"floor": python_with(FLOOR, tmp_path / "floor"), "newest": python_with(NEWEST, tmp_path / "newest")}
    for writer, python in pythons.items():
        (tmp_path / f"by {writer}").mkdir()
        said = run(python, "write", tmp_path / f"by {writer}")
        assert ("write 3.0.0 20.0.0 " in said) == (writer == "floor")
    for writer in pythons:
        for python in pythons.values():
            run(python, "read", tmp_path / f"by {writer}")
