"""CSV: what is in the file, what the side-car is for, formulas, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from amf_identical import assert_identical

from amiframe.errors import ConfigError, ParseError
from amiframe.export import csv as csvfile
from amiframe.export.tables import read_table, to_csv, to_parquet
from amiframe.frames.casting import LIST, MAP
from amiframe.read import read_commands, read_status


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two channels, with every dtype that we use, and what is hard about each."""
    frame = pd.DataFrame(
        {
            "channel": pd.Series(["PJSIP/100-00000001", "=1+1", None], dtype="str"),
            "exten": pd.Series(["00123", "", "NA"], dtype="str"),
            "seconds": pd.array([2**53 + 1, None, -5], "Int64"),
            "talk_s": [1.0, float("nan"), 0.1],
            "paused": pd.array([True, None, False], "boolean"),
            "joined": pd.DatetimeIndex(["2026-11-23T15:40:15.337Z", None, "1969-12-31T23:59:59.999999Z"]).as_unit("us"),
            "start": pd.Series(["2026-03-29T02:30:00", None, "2026-01-01"]).astype("datetime64[us]"),
            "privileges": pd.array([["call", "all"], [], None], pd.ArrowDtype(LIST)),
            "variables": pd.array([[("A", "1"), ("A", None), ("", 'ё",\r')], [], None], pd.ArrowDtype(MAP)),
        }
    )
    frame.attrs["amiframe"] = {"pbx": "http://pbx:8088", "fetched_rows": 3, "fetched_complete": True, "source": None}
    return frame


def saved(frame: pd.DataFrame, folder: Path, **options: str) -> str:
    to_csv(frame, folder / "t.csv", **options)
    return (folder / "t.csv").read_bytes().decode()


def test_the_file_says_what_it_holds(frame: pd.DataFrame, tmp_path: Path) -> None:
    assert saved(frame, tmp_path).split("\n") == [
        '"channel","exten","seconds","talk_s","paused","joined","start","privileges","variables"',
        '"PJSIP/100-00000001","00123","9007199254740993","1.0","true","2026-11-23T15:40:15.337000+00:00",'
        '"2026-03-29T02:30:00.000000","[""call"",""all""]","[[""A"",""1""],[""A"",null],["""",""ё\\"",\\r""]]"',
        '"=1+1","",,,,,,"[]","[]"',
        ',"NA","-5","0.1","false","1969-12-31T23:59:59.999999+00:00","2026-01-01T00:00:00.000000",,',
        "",
    ]
    assert_identical(read_table(tmp_path / "t.csv"), frame)


def test_the_side_car_says_how_to_read_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved(frame, tmp_path)
    about = json.loads((tmp_path / "t.csv.json").read_bytes())["amiframe"]
    assert about["attrs"]["amiframe"] == frame.attrs["amiframe"]
    assert [(column["name"], column["dtype"]) for column in about["columns"]][4:8] == [
        ("paused", "boolean"),
        ("joined", "datetime64[us, UTC]"),
        ("start", "datetime64[us]"),
        ("privileges", "list"),
    ]
    assert about["csv"]["formulas"] == "keep"
    assert about["format"] == 2
    assert about["rows"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.csv.json"]


def test_same_frame_same_bytes(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved(frame, tmp_path)
    first = (tmp_path / "t.csv").read_bytes(), (tmp_path / "t.csv.json").read_bytes()
    saved(frame, tmp_path)
    assert ((tmp_path / "t.csv").read_bytes(), (tmp_path / "t.csv.json").read_bytes()) == first


def test_others_can_read_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Also the csv module, which stands for LibreOffice here."""
    text = saved(frame, tmp_path)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[1] for row in rows] == ["exten", "00123", "", "NA"]
    plain = pd.read_csv(tmp_path / "t.csv", dtype="str", keep_default_na=False)
    assert plain["exten"].tolist() == ["00123", "", "NA"]
    assert json.loads(plain["variables"][0]) == [["A", "1"], ["A", None], ["", 'ё",\r']]
    assert pd.read_csv(tmp_path / "t.csv")["talk_s"].tolist()[::2] == [1.0, 0.1]
    assert pd.read_csv(tmp_path / "t.csv", parse_dates=["joined"])["joined"][0] == frame["joined"][0]


@pytest.mark.gate
def test_duckdb_and_polars_can_read_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    import duckdb
    import polars as pl

    saved(frame, tmp_path)
    path = str(tmp_path / "t.csv")
    assert duckdb.sql(f"select exten, seconds from read_csv('{path}', all_varchar=true)").fetchall()[0] == (
        "00123",
        "9007199254740993",
    )
    assert pl.read_csv(path, infer_schema=False)["exten"].to_list() == ["00123", "", "NA"]


def test_a_real_answer(tmp_path: Path) -> None:
    samples = Path(__file__).parents[2] / "data" / "samples"
    for reader, pattern in ((read_status, "**/*status*/*.txt"), (read_commands, "**/*ommands*/*.txt")):
        for source in samples.glob(pattern):
            frame = reader(source)
            saved(frame, tmp_path)
            assert_identical(read_table(tmp_path / "t.csv"), frame)
            to_parquet(frame, tmp_path / "t.parquet")
            assert_identical(read_table(tmp_path / "t.parquet"), frame)


# --- shapes ---------------------------------------------------------------------------------------------------------

TEXTS = ["", "a", None]
INDEXES = {
    "text": pd.Index(["a", None, ""], dtype="str", name="k"),
    "no name": pd.Index([3, 1, 1]),
    "name of a column": pd.Index([1, 2, 3], name="t", dtype="Int64"),
    "range": pd.RangeIndex(5, -1, -2, name="row"),
    "days": pd.DatetimeIndex(["2026-03-28", "2026-03-29", None], dtype="datetime64[us, Europe/Berlin]", name="day"),
    "times": pd.DatetimeIndex(["2026-01-01", None, "2025-01-01"], dtype="datetime64[us, UTC]"),
    "flags": pd.Index([True, False, True]),
    "two levels": pd.MultiIndex.from_arrays([["a", None, "b"], pd.array([1, None, 3], "Int64")], names=["q", None]),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("rows", [3, 0])
@pytest.mark.parametrize("columns", [["t", "n"], ["t"], []])
def test_every_index_comes_back(index: pd.Index, rows: int, columns: list[str], tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.array(TEXTS, "str"), "n": [1, 2, 3]}, index=index).iloc[:rows][columns]
    saved(frame, tmp_path)
    assert_identical(read_table(tmp_path / "t.csv"), frame)
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)


def test_one_column_with_gaps_has_no_blank_lines(tmp_path: Path) -> None:
    """Readers skip blank lines, so the rows are numbered; without gaps they are not."""
    assert saved(pd.DataFrame({"t": pd.Series(TEXTS, dtype="str")}), tmp_path) == '"","t"\n"0",""\n"1","a"\n"2",\n'
    assert len(pd.read_csv(tmp_path / "t.csv")) == 3
    assert saved(pd.DataFrame({"t": pd.Series(["", "a"], dtype="str")}), tmp_path) == '"t"\n""\n"a"\n'
    assert saved(pd.DataFrame(index=range(2)), tmp_path) == '""\n"0"\n"1"\n'
    assert_identical(read_table(tmp_path / "t.csv"), pd.DataFrame(index=range(2)))


NAMES = ["", "a,b", 'say "a"', "a\r\nb", "\r", "\x00", " a ", "имя", "=1+1", "__index_level_0__"]


@pytest.mark.parametrize("name", NAMES)
def test_every_column_name_comes_back(name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({name: [1], "b": ["x"]}, index=pd.Index(["k"], name=name))
    frame.columns.name = name
    for formulas in ("keep", "escape"):
        saved(frame, tmp_path, formulas=formulas)
        assert_identical(read_table(tmp_path / "t.csv"), frame)
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)


OTHERS = {
    "string": pd.Series(["", None, "a"], dtype="string"),
    "float32": pd.Series([0.1, np.inf, np.nan], dtype="float32"),
    "int8": pd.Series([-128, 0, 127], dtype="int8"),
    "uint64": pd.Series([2**64 - 1, 0, 1], dtype="uint64"),
    "UInt64": pd.Series([2**64 - 1, None, 1], dtype="UInt64"),
    "bool": pd.Series([True, False, True]),
    "nanoseconds": pd.Series([1, None, -5], dtype="datetime64[ns, Asia/Kathmandu]"),
    "milliseconds": pd.Series(["2026-01-01", None, "0000-12-31"], dtype="datetime64[ms]"),
    "fixed offset": pd.Series(pd.to_datetime(["2026-01-01T00:00+02:00"] * 3)).astype("datetime64[us, UTC+02:00]"),
    "long text": pd.Series(["x" * 3_000_000, None, "y\n" * 500_000], dtype="str"),
}


@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_other_dtypes_come_back(values: pd.Series, tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": values, "n": [1, 2, 3]})
    saved(frame, tmp_path, formulas="escape")
    assert_identical(read_table(tmp_path / "t.csv"), frame)
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)


PARQUET_ONLY = {
    "category": pd.Series(["b", None, "a"], dtype=pd.CategoricalDtype(["a", "b", "unused"], ordered=True)),
    "timedelta": pd.Series([1, None, -5], dtype="timedelta64[us]"),
    "Float64": pd.Series([0.5, None, -0.0], dtype="Float64"),
    "period": pd.Series(pd.period_range("2026-01", periods=3, freq="M")),
}


@pytest.mark.parametrize("values", PARQUET_ONLY.values(), ids=PARQUET_ONLY)
def test_parquet_keeps_dtypes_that_csv_refuses(values: pd.Series, tmp_path: Path) -> None:
    frame = pd.DataFrame({"v": values, "n": [1, 2, 3]})
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)
    with pytest.raises(ConfigError, match="column 'v'"):
        to_csv(frame, tmp_path / "t.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_a_frequency_is_not_kept(tmp_path: Path) -> None:
    index = pd.date_range("2026-03-28", periods=3, freq="D", tz="Europe/Berlin", unit="us", name="day")
    frame = pd.DataFrame({"n": [1, 2, 3]}, index=index)
    for save in (to_csv, to_parquet):
        save(frame, tmp_path / "t")
        restored = read_table(tmp_path / "t")
        assert restored.index.freq is None
        pd.testing.assert_frame_equal(restored, frame, check_freq=False)


def test_a_side_car_of_version_0_1_is_read(tmp_path: Path) -> None:
    """That version also wrote whether the index had several levels, its frequency and the dtype of the labels."""
    frame = pd.DataFrame(
        {"exten": pd.array(["00123", None], "str"), "n": pd.array([1, None], "Int64")}, index=["a", "b"]
    )
    frame.attrs["amiframe"] = {"source": "x"}
    saved(frame, tmp_path)
    path = tmp_path / "t.csv.json"
    about = json.loads(path.read_bytes())["amiframe"]
    about |= {"format": 1, "multi": False, "freq": None, "labels": {"dtype": "str", "name": None}}
    path.write_text(json.dumps({"amiframe": about}))
    assert_identical(read_table(tmp_path / "t.csv"), frame)


def test_more_rows_than_are_written_at_once(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": range(45_001), "t": pd.array(["a\nb", None, ""] * 15_000 + ["last"], "str")})
    saved(frame, tmp_path)
    assert_identical(read_table(tmp_path / "t.csv"), frame)


@pytest.mark.parametrize("size", [60, 61, 62, 63, 100, 1000])
def test_a_file_larger_than_one_block(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are a gigabyte; small ones show that no cell suffers from where they end."""
    monkeypatch.setattr(csvfile, "_LARGEST_BLOCK", size)
    frame = pd.DataFrame({"t": pd.array(["a\nb", None, "", "\r\n", '"\n', ',\r\n\r\n"'] * 50, "str"), "n": range(300)})
    saved(frame, tmp_path)
    assert_identical(read_table(tmp_path / "t.csv"), frame)
    with pytest.raises(ParseError, match="a line of more"):
        read_table(b'"t"\n"' + b"x" * 1000 + b'"\n')


def test_every_compression(frame: pd.DataFrame, tmp_path: Path) -> None:
    for suffix, magic in ((".gz", b"\x1f\x8b"), (".zst", b"\x28\xb5\x2f\xfd"), (".bz2", b"BZh")):
        path = tmp_path / f"t.csv{suffix}"
        to_csv(frame, path)
        assert path.read_bytes().startswith(magic)
        assert pd.read_csv(path, dtype="str", keep_default_na=False)["exten"].tolist() == ["00123", "", "NA"]
        assert_identical(read_table(path), frame)
        Path(f"{path}.json").unlink()
        assert read_table(path)["exten"].tolist() == ["00123", "", "NA"]
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(ParseError):
            read_table(path)


# --- formulas -------------------------------------------------------------------------------------------------------

RUN = [
    "=1+1",
    "@SUM(A1)",
    "-2+3",
    "+1+1",
    "+cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "=",
    "+",
    "-",
    "-inf",
    "\t=1",
    "\r=1",
    "\n=1",
    "\ta",
    " =1+1",
    "\x00=1",
    "\u00a0=1",
    "\ufeff=1",
    "\uff1d1+1",
    "\uff20x",
    "\uff0d1",
    "\uff0b1",
    "-5\n=1",
    "+49 30 1234567=1",
    "-1-1",
    "+7495@x",
    "+1-2",
    "-A1",
    "'=1+1",
    "''=1",
    "'\t",
]
HARMLESS = [
    "+74951234567",
    "+7495",
    "+49 30 1234",
    "+49 30 1234567",
    "+7 (495) 123-45-67",
    "+1-202-555-0143",
    "+49/30/1234567",
    "+44.20.7946.0000",
    "-5",
    "+5",
    "-5.25",
    "-5,25",
    "-1e-7",
    "'-5",
    "1-2",
    "5",
    "",
    "*98",
    "#21#",
    "PJSIP/100-1",
    "a=b",
    "a\n=1",
    "x\t",
    "'Abdul",
    "'",
    "''",
]


def cells(text: str) -> list[str]:
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]


def test_formulas_get_an_apostrophe_and_lose_it_again(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.array(RUN, "str")})
    assert cells(saved(frame, tmp_path, formulas="escape")) == [f"'{text}" for text in RUN]
    assert_identical(read_table(tmp_path / "t.csv"), frame)
    assert cells(saved(frame, tmp_path)) == RUN


def test_numbers_and_phone_numbers_stay(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.array(HARMLESS, "str")})
    assert cells(saved(frame, tmp_path, formulas="escape")) == HARMLESS
    assert_identical(read_table(tmp_path / "t.csv"), frame)


def test_formulas_hide_nowhere(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=a": ["=1"], "n": [-float("inf")]}, index=pd.Index(["@x"], name="=i"))
    assert saved(frame, tmp_path, formulas="escape") == '"\'=i","\'=a","n"\n"\'@x","\'=1","\'-inf"\n'
    assert_identical(read_table(tmp_path / "t.csv"), frame)


def test_a_wrong_mode_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="formulas='yes'"):
        to_csv(frame, tmp_path / "t.csv", formulas="yes")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# --- what cannot be kept --------------------------------------------------------------------------------------------

REFUSED_BY_CSV = {
    "column 'x': period": pd.DataFrame({"x": pd.period_range("2026-01", periods=2, freq="M")}),
    "column 'x': float16": pd.DataFrame({"x": np.array([1], "float16")}),
    "column 'x': double": pd.DataFrame({"x": pd.array([1.0], "double[pyarrow]")}),
    "column 'x': category": pd.DataFrame({"x": pd.Categorical(["a"])}),
    r"column 'x': timedelta(.*\n)*.*total_seconds": pd.DataFrame({"x": pd.to_timedelta([1], unit="s")}),
}
REFUSED = {
    "x.*object": pd.DataFrame({"x": pd.Series([1, "a"], dtype="object")}),
    "x.*complex": pd.DataFrame({"x": [1j]}),
    "(?i)sparse": pd.DataFrame({"x": pd.arrays.SparseArray([1.0])}),
    "python|utf-8": pd.DataFrame({"x": pd.array(["\ud800"], pd.StringDtype("python", na_value=np.nan))}),
    "column 'x': .*(int64|category)": pd.DataFrame({"x": pd.Categorical([1])}),
    r"column '\\ud800': a name": pd.DataFrame([[1]], columns=pd.Index(["\ud800"], dtype="object")),
    "column 1: a name": pd.DataFrame([[1, 2]], columns=pd.Index(["a", 1], dtype="object")),
    "column 0: a name must be text": pd.DataFrame([[1]]),
    "same name: .'x'.": pd.DataFrame([[1, 2]], columns=["x", "x"]),
    "column 1: a name.*": pd.DataFrame([[1]], columns=pd.Index(["x"], name=1)),
    "index level None: .*object": pd.DataFrame({"x": [1]}, index=pd.Index([("a",)], tupleize_cols=False)),
    "column 1: a name .*": pd.DataFrame({"x": [1]}, index=pd.Index(["a"], name=1)),
    "column 1: a name must": pd.DataFrame({"x": [1]}, index=pd.RangeIndex(1, name=1)),
    "index level 'i': .*interval": pd.DataFrame({"x": [1]}, index=pd.interval_range(0, 1, name="i")),
    r"index level 'i': .*(.*\n)*.*reset_index": pd.DataFrame({"x": [1]}, index=pd.CategoricalIndex(["a"], name="i")),
    "column .*: a name must": pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_kept_is_refused(message: str, tmp_path: Path) -> None:
    for save in (to_csv, to_parquet):
        with pytest.raises(ConfigError, match=message):
            save(REFUSED[message], tmp_path / "t")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("message", REFUSED_BY_CSV)
def test_what_csv_cannot_keep_is_refused(message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        to_csv(REFUSED_BY_CSV[message], tmp_path / "t")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [(1, 2), {1: 2}, float("nan"), {1, 2}, pd.Timestamp("2026-01-01")])
def test_attrs_that_json_would_change_are_refused(value: object, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1]})
    frame.attrs["mine"] = value
    for save in (to_csv, to_parquet):
        with pytest.raises(ConfigError, match=r"attrs.*\n.*mine"):
            save(frame, tmp_path / "t")
    assert not list(tmp_path.iterdir())


def test_a_year_that_iso_8601_has_not(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": pd.Series(np.array(["12026-01-01"], "datetime64[us]"))})
    with pytest.raises(ConfigError, match=r"column 'x'.*year"):
        saved(frame, tmp_path)
    assert not list(tmp_path.iterdir())
    to_parquet(frame, tmp_path / "t.parquet")
    assert_identical(read_table(tmp_path / "t.parquet"), frame)


# --- reading what is not as it was written --------------------------------------------------------------------------


def test_without_side_car_everything_is_text(frame: pd.DataFrame, tmp_path: Path) -> None:
    data = saved(frame, tmp_path).encode()
    (tmp_path / "t.csv.json").unlink()
    marked = b"\xef\xbb\xbf" + data
    for source in (tmp_path / "t.csv", data, bytearray(data), memoryview(data), io.BytesIO(data), marked):
        read = read_table(source)
        assert set(map(str, read.dtypes)) == {"str"}
        assert list(read.columns) == list(frame.columns)
        assert read["exten"].tolist() == ["00123", "", "NA"]
        assert read["channel"].isna().tolist() == [False, False, True]
        assert read.attrs == {}
    twice = read_table(b"a,a\r\n1,2\r\n")
    assert twice.to_numpy().tolist() == [["1", "2"]]
    assert list(twice.columns) == ["a", "a"]


NO_TABLES = [b"", b"\n", b"a,b\n1\n", b"a,b\n1,2,3\n", b"\xff\xfe", b'a\n"\xff"\n', b"PAR1garbage"]


@pytest.mark.parametrize("data", NO_TABLES)
def test_what_is_no_table_is_an_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        read_table(data)


def test_a_csv_file_that_was_changed_is_noticed(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Also what a crash between the two files would leave: one of them is old."""
    path = tmp_path / "t.csv"
    whole = saved(frame, tmp_path)
    other = whole.replace("00123", "00124")
    for changed in (other, whole[:-10], whole + '"x"\n', whole.replace("\n", "\r\n"), "a,b\n1,2\n"):
        path.write_text(changed, newline="")
        with pytest.raises(ParseError, match=r"(?s)t\.csv is not the file.*hint: .*t\.csv\.json"):
            read_table(path)
    old = (tmp_path / "t.csv.json").read_bytes()
    saved(frame.iloc[:2], tmp_path)
    (tmp_path / "t.csv.json").write_bytes(old)
    with pytest.raises(ParseError):
        read_table(path)


def test_a_side_car_that_was_changed_is_noticed(frame: pd.DataFrame, tmp_path: Path) -> None:
    saved(frame, tmp_path)
    path = tmp_path / "t.csv.json"
    whole = path.read_text()
    about = json.loads(whole)["amiframe"]
    for changed, message in (
        ("", "not what amiframe writes"),
        ("[]", "not what amiframe writes"),
        ('{"amiframe": {}}', "not what amiframe writes"),
        (json.dumps({"amiframe": about | {"format": 3}}), "newer amiframe"),
        (json.dumps({"amiframe": about | {"columns": about["columns"][1:]}}), "does not fit"),
        (json.dumps({"amiframe": about | {"columns": []}}), "does not fit"),
        (json.dumps({"amiframe": {k: v for k, v in about.items() if k != "labels"}}), "does not fit"),
        (whole.replace('"str"', '"Int64"'), "does not fit"),
        (whole.replace('"str"', '"nonsense"'), "does not fit"),
    ):
        path.write_text(changed)
        with pytest.raises(ParseError, match=message):
            read_table(tmp_path / "t.csv")


def test_a_file_of_others_in_the_place_of_the_side_car_is_not_lost(frame: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "t.csv.json").write_text('{"mine": 1}')
    with pytest.raises(ConfigError, match=r"t\.csv\.json is in the way"):
        to_csv(frame, tmp_path / "t.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv.json"]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "t.csv")
    with pytest.raises(FileNotFoundError):
        to_csv(pd.DataFrame({"x": [1]}), tmp_path / "no folder" / "t.csv")


def test_a_binary_file_gets_the_csv_alone(frame: pd.DataFrame, tmp_path: Path) -> None:
    file = io.BytesIO()
    to_csv(frame, file)
    assert file.getvalue().decode() == saved(frame, tmp_path)


def test_urls(frame: pd.DataFrame) -> None:
    to_csv(frame, "memory://amiframe-test/t.csv")
    assert_identical(read_table("memory://amiframe-test/t.csv"), frame)
    to_parquet(frame, "memory://amiframe-test/t.parquet")
    assert_identical(read_table("memory://amiframe-test/t.parquet"), frame)


def test_names_as_text_and_relative(frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    to_csv(frame, "t.csv")
    assert_identical(read_table("t.csv"), frame)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.csv.json"]
