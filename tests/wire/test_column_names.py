"""Header -> column: Asterisk's own rule, and the numbers of repeats."""

from __future__ import annotations

import string

import pytest

from amiframe.wire import column_names

TABLE = [
    ("CallerIDNum", "calleridnum"),
    ("Cause-txt", "cause_txt"),
    ("1st", "_1st"),
    ("x1st", "x1st"),
    ("-1", "_1"),
    ("my key", "my_key"),
    (" x ", "_x_"),
    ("a.b", "a_b"),
    ("a_b", "a_b"),
    ("D-2", "d_2"),
    ("ChanVariable(PJSIP/100-00000001)", "chanvariable_pjsip_100_00000001_"),
    ("Category-000000", "category_000000"),
    ("Ключ", "________"),
    ("é", "__"),
    ("\u0130", "__"),  # I with a dot: lower() would make two characters of it
    ("\u212a", "___"),  # the sign of kelvin: lower() would make a letter k of it
    ("\u00b2", "__"),
    ("\u0663", "__"),  # a digit of another script
    ("1é", "_1__"),
    ("\U0001f600", "____"),
    ("caf\udce9", "caf_"),
    ("\udcff", "_"),
    ("a\tb\r\n\x00", "a_b___"),
    ("-", "_"),
    ("_", "_"),
    ("", "_"),
    ("9", "_9"),
    ("@[`{/:", "______"),  # the neighbours of letters and digits in ASCII
    (string.ascii_letters + string.digits, string.ascii_lowercase * 2 + string.digits),
]


@pytest.mark.parametrize(("header", "column"), TABLE)
def test_column(header, column):
    assert column_names.column(header) == column


def test_each_ascii_character():
    for code in range(128):
        character = chr(code)
        kept = character in string.ascii_letters + string.digits
        assert column_names.column(f"x{character}") == "x" + (character.lower() if kept else "_")


def test_column_of_a_column_is_itself():
    for _, column in TABLE:
        assert column_names.column(column) == column


@pytest.mark.parametrize(
    ("headers", "columns"),
    [
        ([], []),
        (["Event", "Privilege"], ["event", "privilege"]),
        (["V", "W", "V", "V"], ["v", "w", "v-2", "v-3"]),
        (["Foo", "foo"], ["foo", "foo-2"]),
        (["a-b", "a_b", "a b"], ["a_b", "a_b-2", "a_b-3"]),
        (["D", "D", "D-2"], ["d", "d-2", "d_2"]),
        (["", "-", "_"], ["_", "_-2", "_-3"]),
        (["1", "_1"], ["_1", "_1-2"]),
        (["Event", "Event"], ["event", "event-2"]),
        (["V"] * 12, ["v", *(f"v-{n}" for n in range(2, 13))]),
    ],
)
def test_columns(headers, columns):
    assert column_names.columns(headers) == columns
    assert column_names.columns(iter(headers)) == columns
    assert len(set(columns)) == len(columns)
