"""Any text in any kind of column: a typed value that means the same, or a misfit; never an exception."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from amf_support import for_each
from hypothesis import given
from hypothesis import strategies as st

from amiframe.frames import event_builder, event_frame, event_kinds, list_frame, with_columns
from amiframe.frames.casting import ARROW_TYPES, Form, Misfits, cast, to_pandas
from amiframe.schema import EVENTS
from amiframe.schema.field import KINDS, Field
from amiframe.schema.list_actions import ListAction
from amiframe.wire.encoding import unescape
from amiframe.wire.message import Message

SCALARS = sorted(KINDS - {"map", "list", "str"})
LIKELY = st.one_of(
    st.from_regex(r"-?[0-9]{1,25}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,16}\.[0-9]{0,9}", fullmatch=True),
    st.from_regex(r"[0-9]{1,10}:[0-9]{1,2}:[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?", fullmatch=True),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?([+-][0-9]{2}:?[0-9]{2}|Z)",
        fullmatch=True,
    ),
    st.sampled_from(["yes", "No", "TRUE", "off", "1", "0", "<unknown>", "(null)", "nan", "inf", "1e5", "+1", "٣", "²"]),
)
TEXTS = st.one_of(LIKELY, LIKELY.map(lambda t: f" {t}\t"), LIKELY.map(lambda t: f"{t}\n"), st.text(max_size=30),
                  st.binary(max_size=20).map(lambda b: b.decode("utf-8", "surrogateescape")))  # fmt: skip
UTC_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def form(field: Field) -> Form:
    return Form(field.kind, field.nothing, field.escaped)


def means_the_same(kind: str, text: str, value: object) -> bool:
    """Say whether a typed value says what the text said, by Python's own arithmetic."""
    text = text.strip(" \t")
    if kind == "int":
        return value == int(text)
    if kind == "float":
        return value == float(text)
    if kind == "bool":
        return value is (text.lower() in {"yes", "true", "on", "1", "y", "t"})
    if kind == "hms":
        hours, minutes, seconds = map(int, text.split(":"))
        return value == hours * 3600 + minutes * 60 + seconds and minutes < 60 and seconds < 60
    if kind == "time":
        whole, _, fraction = text.partition(".")
        return value == UTC_ZERO + timedelta(seconds=int(whole), microseconds=int(fraction.ljust(6, "0")))
    return value == datetime.fromisoformat(text)


@pytest.mark.parametrize("kind", SCALARS)
@given(texts=st.lists(TEXTS, max_size=8))
def test_any_text_is_a_value_or_a_misfit(kind, texts):
    field = Field("X", kind)
    array, bad = cast(list(texts), form(field), Misfits())
    assert array.type == ARROW_TYPES[kind]
    assert len(array) == len(texts)
    for at, (text, value) in enumerate(zip(texts, array.to_pylist(), strict=True)):
        if at in bad:
            assert value is None
        elif value is None:
            assert text in {"", *field.nothing}
        else:
            assert means_the_same(kind, text, value), (text, value)


@given(number=st.integers(-(10**18) + 1, 10**18 - 1))
def test_whole_numbers_all_fit(number):
    assert cast([str(number)], Form("int"), Misfits())[0].to_pylist() == [number]


@given(micros=st.integers(0, 99_999_999_999_999_999))
def test_every_microsecond_fits(micros):
    text = f"{micros // 1_000_000}.{micros % 1_000_000:06}"
    array, bad = cast([text], Form("time"), Misfits())
    assert (array.cast(pa.int64()).to_pylist(), bad) == ([micros], [])


@given(texts=st.lists(st.text(max_size=20)), raw=st.booleans())
def test_text_stays_text(texts, raw):
    array, bad = cast(list(texts), form(Field("X")), Misfits(), raw=raw)
    wanted = texts if raw else [None if t in {"", "<unknown>", "(null)", "<null>"} else t for t in texts]
    assert (array.to_pylist(), bad) == (wanted, [])


@given(text=st.text(alphabet="ab\\\"'\n\r\t\a\b\f\v?"))
def test_what_the_server_escapes_comes_back(text):
    names = {"\n": "n", "\r": "r", "\t": "t", "\a": "a", "\b": "b", "\f": "f", "\v": "v"}
    escaped = re.sub(r"[\n\r\t\a\b\f\v\\\"'?]", lambda m: "\\" + names.get(m[0], m[0]), text)
    assert unescape(escaped) == text
    field = Field("X", escaped=True)
    assert cast([escaped], form(field), Misfits())[0].to_pylist() == [text or None]


@given(text=TEXTS)
def test_a_pair_keeps_name_and_value(text):
    (((name, value),),) = cast([[text]], Form("map"), Misfits())[0].to_pylist()
    mended = re.sub("[\ud800-\udfff]", "\ufffd", text)
    if "=" not in text:
        assert (name, value) == (mended, None)
    elif value is None:
        assert mended == f"{name}=(null)"
    else:
        assert f"{name}={value}" == mended


HEADERS = st.sampled_from(["Cause", "CallerIDName", "Privilege", "ChanVariable", "K"])


@given(value=st.binary(max_size=30), header=HEADERS)
def test_any_bytes_in_any_column_make_a_frame(value, header):
    text = value.decode("utf-8", "surrogateescape")
    builder = event_builder(None)
    builder.add(Message((("Event", text), (header, text))))
    frame = event_frame(builder, {})
    assert len(frame) == 1
    repairs = sum("\udc80" <= c <= "\udcff" for c in text)
    assert frame.attrs["amiframe"]["repairs"] == 2 * repairs


@for_each(EVENTS)
def test_empty_and_full_frames_have_the_same_types(name):
    """Each header once, with a text that fits none of its kinds."""
    table = [f for f in EVENTS[name] if not f.optional]
    message = Message((("Event", name), *((f.header, "{odd}") for f in table)))
    one, other = (list_frame(items, {}, entry=ListAction(name, (name,), "")) for items in ([], [message]))
    assert list(one.columns) == list(other.columns)
    assert one.dtypes.tolist() == other.dtypes.tolist()
    assert (len(one), len(other)) == (0, 1)


WANTED = {
    "str": "str", "int": "Int64", "hms": "Int64", "float": "float64", "bool": "boolean",
    "time": "datetime64[us, UTC]", "iso": "datetime64[us, UTC]", "local": "datetime64[us]",
    "list": "list<item: string>[pyarrow]", "map": "map<string, string>[pyarrow]",
}  # fmt: skip


def test_the_type_of_each_kind():
    assert set(WANTED) == KINDS
    for rows in (0, 2):
        frame = to_pandas(pa.table({kind: pa.nulls(rows, ARROW_TYPES[kind]) for kind in WANTED}))
        assert frame.dtypes.astype(str).to_dict() == WANTED
        assert frame.isna().all().all()


def test_columns_asked_for_are_added_with_their_types():
    kinds = event_kinds(None)
    frame = with_columns(pd.DataFrame({"event": pd.Series(["a", "b"], dtype="str")}), list(kinds), kinds)
    assert frame.dtypes.astype(str).to_dict() == {name: WANTED[kind] for name, kind in kinds.items()}
    assert frame["event"].tolist() == ["a", "b"]
    assert frame.drop(columns="event").isna().all().all()


def test_kinds_of_raw_values_are_text_and_maps():
    assert set(event_kinds(None, raw_values=True).values()) == {"str", "map", "time", "int"}
    assert event_kinds(["Hangup"], raw_values=True)["cause"] == "str"
    assert event_kinds(["Hangup"])["cause"] == "int"
