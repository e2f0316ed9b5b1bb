"""Excel workbooks, as a reader of the format sees them; what LibreOffice shows is in tests/office."""

from __future__ import annotations

import io
import sys

import openpyxl
import pandas as pd
import pytest

import amiframe as af


def _sheet(frames, name=None, **options):
    file = io.BytesIO()
    notes = af.to_excel(frames, file, **options)
    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    return (book[name] if name else book.worksheets[0]), notes


def _column(sheet, n=0):
    return [row[n] for row in sheet.iter_rows(min_row=2)]


def test_text_is_text_whatever_it_looks_like():
    texts = ["00123", "+7495", "=1+1", "@SUM(A1)", "-5", "1e5", "Жанна", " blanks ", "2026-11-23", ""]
    sheet, notes = _sheet(pd.DataFrame({"=text": texts}))
    cells = _column(sheet)
    assert [cell.value or "" for cell in cells] == texts
    assert {cell.data_type for cell in cells[:-1]} == {"s"}
    assert sheet["A1"].data_type == "s"
    assert notes == []


def test_numbers_flags_and_what_is_missing():
    frame = pd.DataFrame(
        {
            "count": pd.array([1, None, 2**53 + 1], "Int64"),
            "seconds": [1.5, float("nan"), float("inf")],
            "flag": pd.array([True, None, False], "boolean"),
        }
    )
    sheet, notes = _sheet(frame)
    assert [cell.value for cell in _column(sheet, 0)] == [1, None, str(2**53 + 1)]
    assert [cell.value for cell in _column(sheet, 1)] == [1.5, None, "inf"]
    assert [cell.value for cell in _column(sheet, 2)] == [True, None, False]
    assert notes == []


def test_times_are_dates_of_the_zone_that_the_head_names():
    times = pd.Series(
        pd.to_datetime(
            ["2026-07-01T10:00:00Z", "2026-12-01T10:00:00.5Z", None, "1850-06-01T00:00:00Z"], format="ISO8601"
        )
    ).dt.as_unit("us")
    sheet, _ = _sheet(pd.DataFrame({"started": times}), tz="Europe/Berlin")
    cells = _column(sheet)
    assert sheet["A1"].value == "started (Europe/Berlin)"
    assert [str(cell.value) for cell in cells] == [
        "2026-07-01 12:00:00",
        "2026-12-01 11:00:00.500000",
        "None",
        "1850-06-01 00:53:28",
    ]
    assert cells[0].is_date
    assert cells[3].data_type == "s"
    assert _sheet(pd.DataFrame({"started": times}))[0]["A1"].value == "started (UTC)"
    naive, _ = _sheet(pd.DataFrame({"local": times.dt.tz_localize(None)}), tz="Europe/Berlin")
    assert naive["A1"].value == "local"
    assert str(naive["A2"].value) == "2026-07-01 10:00:00"


def test_characters_that_xml_has_not_are_escaped_as_excel_does():
    sheet, _ = _sheet(pd.DataFrame({"text": ["a\x00b", "c\r\nd", "_x0041_", "\ufffe"]}))
    assert [cell.value for cell in _column(sheet)] == ["a_x0000_b", "c_x000D_\nd", "_x005F_x0041_", "_xFFFE_"]


def test_nested_and_categories_and_index():
    frame = af.read_status(af.sample("status"))
    sheet, notes = _sheet({"status": frame}, "status")
    heads = [cell.value for cell in sheet[1]]
    at = heads.index("privilege")
    assert _column(sheet, at)[0].value == '["Call"]'
    assert sheet.max_row == len(frame) + 1
    assert notes == []
    grouped = frame.groupby("channelstatedesc")[["seconds"]].sum()
    assert [cell.value for cell in _sheet(grouped)[0][1]] == ["channelstatedesc", "seconds"]
    kinds = pd.DataFrame({"kind": pd.Categorical(["b", None, "=a"])})
    assert [cell.value for cell in _column(_sheet(kinds)[0])] == ["b", None, "=a"]


def test_a_text_that_is_too_long_is_cut_and_a_note_says_so():
    sheet, notes = _sheet({"log": pd.DataFrame({"data": ["x" * 32_767, "y" * 32_768, "\x01" * 6000]})}, "log")
    first, second, third = (cell.value for cell in _column(sheet))
    assert first == "x" * 32_767
    assert second == "y" * 32_766 + "…"
    assert third == "_x0001_" * 6000, "as many characters as there are to Excel"
    assert notes == ["log: data: texts cut after 32,767 characters: 1"]


def test_the_last_sheet_has_the_notes():
    file = io.BytesIO()
    notes = af.to_excel({"log": pd.DataFrame({"data": ["y" * 40_000]})}, file)
    about = openpyxl.load_workbook(io.BytesIO(file.getvalue()))["about"]
    assert notes[0] in [row[0] for row in about.iter_rows(values_only=True)]


@pytest.mark.parametrize("name", ["", "a" * 32, "a/b", "[x]", "about", "History", "'x", "a\x00"])
def test_names_that_no_sheet_can_have(name):
    with pytest.raises(af.ConfigError, match="no sheet can have"):
        af.to_excel({name: pd.DataFrame({"a": [1]})}, io.BytesIO())


def test_two_sheets_of_one_name():
    with pytest.raises(af.ConfigError, match="no sheet can have"):
        af.to_excel({"Calls": pd.DataFrame(), "calls": pd.DataFrame()}, io.BytesIO())


def test_more_rows_than_a_sheet_has():
    with pytest.raises(af.ConfigError, match="more than a sheet has"):
        af.to_excel(pd.DataFrame({"a": range(1_048_576)}), io.BytesIO())


def test_nothing_is_written_where_it_cannot_be(tmp_path):
    dest = tmp_path / "x.xlsx"
    dest.write_bytes(b"before")
    with pytest.raises(af.ConfigError):
        af.to_excel({"a/b": pd.DataFrame()}, dest)
    assert dest.read_bytes() == b"before"
    with pytest.raises(OSError, match="no-such"):
        af.to_excel(pd.DataFrame({"a": [1]}), tmp_path / "no-such" / "x.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"]


def test_without_xlsxwriter_the_error_names_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(af.ConfigError, match="XlsxWriter") as caught:
        af.to_excel(pd.DataFrame(), io.BytesIO())
    assert "pip install 'amiframe[excel]'" in str(caught.value.hint)


def test_csv_with_the_mark_of_utf_8_reads_back(tmp_path):
    frame = pd.DataFrame({"name": ["Жанна", None], "n": pd.array([1, None], "Int64")})
    af.to_csv(frame, tmp_path / "t.csv", bom=True)
    assert (tmp_path / "t.csv").read_bytes().startswith(b'\xef\xbb\xbf"name"')
    pd.testing.assert_frame_equal(af.read_table(tmp_path / "t.csv"), frame)
    assert list(pd.read_csv(tmp_path / "t.csv")) == ["name", "n"]
    (tmp_path / "t.csv.json").unlink()
    assert list(af.read_table(tmp_path / "t.csv")) == ["name", "n"]


def test_an_index_of_several_levels_that_are_named_like_columns():
    frame = pd.DataFrame({"queue": ["a", "b"], "n": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)]))
    frame.index.names = ["queue", None]
    sheet, _ = _sheet(frame)
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["queue", None, "queue", "n"],
        ["x", 1, "a", 1],
        ["y", 2, "b", 2],
    ]


def test_spans_are_seconds():
    sheet, _ = _sheet(pd.DataFrame({"wait": pd.to_timedelta([1.5, None, 90], unit="s")}))
    assert [cell.value for cell in sheet["A"]] == ["wait (s)", 1.5, None, 90]


@pytest.mark.parametrize(
    "odd",
    [
        pd.Series([1, "a", 2.5]),
        pd.Series([pd.Timestamp("2026-01-01").date()]),
        pd.Series(pd.period_range("2026", periods=2, freq="D")),
    ],
)
def test_objects_of_several_types_are_an_error_before_anything_is_written(odd, capfd):
    with pytest.raises(af.ConfigError, match="odd") as caught:
        af.to_excel(pd.DataFrame({"odd": odd}), io.BytesIO())
    assert "astype" in str(caught.value.hint)
    assert capfd.readouterr().err == ""
