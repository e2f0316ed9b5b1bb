"""What a person sees who opens our files: CSV as the import dialog offers it, and workbooks."""

from __future__ import annotations

import csv

import openpyxl
import pandas as pd
import pytest

import amiframe as af

TEXTS = [
    "00123",
    "+74951234567",
    "+7 (495) 123-45-67",
    "Жанна Ёлкина",
    "王小明",
    "1700000000.10",
    "1e5",
    "2026-11-23",
    "TRUE",
    "0x1F",
    "1,5",
    "1.500,00",
    'quote " comma , semicolon ;',
    "two\nlines",
    " blanks ",
    "NULL",
    "_x0041_",
    "-5",
    "12345678901234567890",
]
FORMULAS = ["=1+1", "@SUM(A1)", "-2+3", "+1+1"]
AS_TEXT = "CSV:44,34,76,1,,0,true"  # comma, quotes, UTF-8, from line 1, "format quoted field as text"
AS_OFFERED = "CSV:44,34,76,1,,0,false"  # the same without it
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"text": [*TEXTS, *FORMULAS], "calls": pd.array([None, *range(len(TEXTS + FORMULAS) - 1)], "Int64")}
    )


def _cells(path) -> list[str | None]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [row[0] if row[0] is None else str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True)]


def _types(path) -> list[str]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [row[0].data_type for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("bom", [False, True])
def test_csv_with_quoted_fields_as_text_keeps_every_cell(frame, office, tmp_path, bom):
    af.to_csv(frame, tmp_path / "t.csv", bom=bom)
    made = office(tmp_path / "t.csv", "xlsx", through=AS_TEXT) / "t.xlsx"
    assert [_unescaped(cell) for cell in _cells(made)] == [*TEXTS, *FORMULAS]
    assert set(_types(made)) <= {"s", "inlineStr"}


def test_csv_as_offered_changes_what_the_docs_say_and_nothing_else(frame, office, tmp_path):
    af.to_csv(frame, tmp_path / "t.csv")
    seen = dict(zip(TEXTS, _cells(office(tmp_path / "t.csv", "xlsx", through=AS_OFFERED) / "t.xlsx"), strict=False))
    changed = {text for text, cell in seen.items() if _unescaped(cell) != text}
    assert changed == {
        "00123",
        "+74951234567",
        "1700000000.10",
        "1e5",
        "2026-11-23",
        "TRUE",
        "12345678901234567890",
    }
    assert seen["00123"] == "123"
    assert seen["+74951234567"] == "74951234567"


def test_csv_as_offered_runs_formulas_unless_they_are_escaped(frame, office, tmp_path):
    af.to_csv(frame, tmp_path / "kept.csv")
    af.to_csv(frame, tmp_path / "escaped.csv", formulas="escape")
    kept = _types(office(tmp_path / "kept.csv", "xlsx", through=AS_OFFERED) / "kept.xlsx")[-len(FORMULAS) :]
    assert "f" in kept
    escaped = office(tmp_path / "escaped.csv", "xlsx", through=AS_OFFERED) / "escaped.xlsx"
    assert "f" not in _types(escaped)
    assert [cell.lstrip("'") for cell in _cells(escaped)[-len(FORMULAS) :]] == FORMULAS


def test_workbook_shows_every_cell(frame, office, tmp_path):
    odd = "control \x00 \x01 \x1f and \r\n"
    shown = pd.concat([frame, pd.DataFrame({"text": [odd], "calls": pd.array([2**60], "Int64")})], ignore_index=True)
    shown["time"] = pd.Timestamp("2026-11-23T15:40:15.337Z").as_unit("us")
    shown["flag"] = pd.array([None, *[True] * (len(shown) - 1)], "boolean")
    assert af.to_excel({"callers": shown}, tmp_path / "t.xlsx", tz="Europe/Moscow") == []
    folder = office(tmp_path / "t.xlsx", EVERY_SHEET)
    with (folder / "t-callers.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["text", "calls", "time (Europe/Moscow)", "flag"]
    seen = [row[0] for row in rows]
    assert seen[:-1] == [*TEXTS, *FORMULAS]
    assert seen[-1].replace("\n", "").replace("\r", "") == odd.replace("\r\n", "")
    assert [row[1] for row in rows] == ["", *map(str, range(len(rows) - 2)), str(2**60)]
    assert {row[2] for row in rows} == {"2026-11-23 18:40:15.337"}
    assert [row[3] for row in rows] == ["", *["TRUE"] * (len(rows) - 1)]
    assert "text, so that no digit is lost" in (folder / "t-about.csv").read_text(encoding="utf-8")


def test_tables_of_the_weekly_page(office, tmp_path):
    week = af.report(af.sample("queue_log"), tz="Europe/Berlin", charts=False)
    af.to_excel(week.tables, tmp_path / "week.xlsx", tz="Europe/Berlin")
    folder = office(tmp_path / "week.xlsx", EVERY_SHEET)
    for name, table in week.tables.items():
        with (folder / f"week-{name}.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert len(rows) == len(table) + 1
        assert [head.split(" (")[0] for head in rows[0]] == list(table.columns)
        for column in table.select_dtypes("str"):
            at = list(table.columns).index(column)
            assert [row[at] for row in rows[1:]] == table[column].fillna("").tolist()


def _unescaped(text: str | None) -> str | None:
    return text if text is None else text.replace("_x005F_", "_")
