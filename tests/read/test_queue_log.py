"""Lines of queue_log, whole and broken, from files and from tables."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random

import amf_queues
import pandas as pd
import pyarrow as pa
import pytest
from amf_support import SAMPLES, differences, plain
from hypothesis import given
from hypothesis import strategies as st

from amiframe.errors import ConfigError, ParseError
from amiframe.read import read_queue_log

ENTER = b"1764000000|1764000000.1|sales|NONE|ENTERQUEUE||74951234567|1\n"
REAL = [SAMPLES / version / "queue_log" for version in ("16", "22")]
COLUMNS = ["time", "callid", "queuename", "agent", "event", *(f"data{n}" for n in range(1, 6)), "amf_seq", "amf_misfit"]


def by_hand(data: bytes) -> list[list[str | None]]:
    """Take lines apart by plain Python."""
    rows = []
    for line in data.decode().splitlines():
        fields = line.split("|", 9)
        fields += [""] * (10 - len(fields))
        rows.append([None if f == "" or (f == "NONE" and at in (1, 2, 3)) else f for at, f in enumerate(fields)])
    return rows


@pytest.mark.parametrize("path", [*REAL, SAMPLES / "week" / "queue_log"], ids=lambda p: p.parent.name)
def test_real_logs_are_read_as_they_are(path):
    frame = read_queue_log(path)
    assert frame.columns.tolist() == COLUMNS
    rows = by_hand(path.read_bytes())
    assert len(rows) > 100
    found = plain(frame)
    for name, at in zip(COLUMNS[1:10], range(1, 10), strict=True):
        assert found[name] == [row[at] for row in rows], name
    assert [int(time.timestamp()) for time in frame["time"]] == [int(row[0]) for row in rows]
    assert frame["amf_seq"].tolist() == list(range(len(rows)))
    about = frame.attrs["amiframe"]
    assert (about["fetched_complete"], about["misfits"], about["repairs"]) == (True, 0, 0)
    assert about["source"] == str(path)


def test_dtypes_are_those_of_the_contract():
    for data in (ENTER, b""):
        frame = read_queue_log(data)
        kinds = {str(dtype) for name, dtype in frame.dtypes.items() if name in COLUMNS[1:10]}
        assert kinds == {"str"}
        assert [str(frame[name].dtype) for name in ("time", "amf_seq")] == ["datetime64[us, UTC]", "Int64"]
        assert pa.types.is_map(frame["amf_misfit"].dtype.pyarrow_dtype)


@pytest.mark.parametrize(
    ("line", "data"),
    [
        (
            b"1764000000|1.1|q|A|ATTENDEDTRANSFER|LINK|SIP/1-1|SIP/2-1|3|44|2",
            ["LINK", "SIP/1-1", "SIP/2-1", "3", "44|2"],
        ),
        (b"1764000000|1.1|q|A|RINGNOANSWER|15000", ["15000", None, None, None, None]),
        (b"1764000000|1.1|q|A|CUSTOM", [None] * 5),
        (b"1764000000|1.1|q|A|CUSTOM|NONE|a||b", ["NONE", "a", None, "b", None]),
        (b"1764000000|1.1|q|A|ENTERQUEUE||x\ry|1\r", [None, "x\ry", "1", None, None]),
        (b'1764000000|1.1|q|A|PAUSE|"lunch, ""long', ['"lunch, ""long', None, None, None, None]),
    ],
)
def test_lines_of_every_shape(line, data):
    frame = read_queue_log(line + b"\n")
    assert plain(frame[COLUMNS[5:10]]) == {name: [value] for name, value in zip(COLUMNS[5:10], data, strict=True)}
    assert frame["amf_misfit"].isna().all()


def test_a_fraction_of_a_second_is_kept_exactly():
    lines = (b"1764000000.123456|1|q|a|E|\n", b"1764000000.5|1|q|a|E|\n", b"1764000000.123456789|1|q|a|E|\n")
    frame = read_queue_log(b"".join(lines))
    assert [time.microsecond for time in frame["time"]] == [123456, 500000, 123456]


@pytest.mark.parametrize(
    "line", [b"nonsense", b"1764000000|1.1|sales", b"|||||", b"17640|1|q|a|E|", b"-764000000|1|q|a|E|", b"\x00|"]
)
def test_what_is_no_line_is_kept_whole(line):
    frame = read_queue_log(ENTER + line + b"\n" + ENTER)
    assert plain(frame)["amf_misfit"] == [None, [("line", line.decode())], None]
    assert frame["event"].tolist()[::2] == ["ENTERQUEUE"] * 2
    assert frame["time"].isna().tolist() == [False, True, False]
    assert frame.attrs["amiframe"]["misfits"] == 1


def test_bytes_that_are_no_text_are_counted():
    data = ENTER + "1764000001|1.1|Продажи|NONE|ENTERQUEUE||1|1\n".encode("cp1251")
    frame = read_queue_log(data)
    assert frame["queuename"].tolist() == ["sales", "\ufffd" * 7]
    assert frame.attrs["amiframe"]["repairs"] == 7
    frame = read_queue_log(data, encoding="cp1251")
    assert frame["queuename"].tolist() == ["sales", "Продажи"]
    assert frame.attrs["amiframe"]["repairs"] == 0


def test_a_line_without_an_end_is_kept_and_reported():
    frame = read_queue_log(ENTER + ENTER[:-3])
    assert frame["data2"].tolist() == ["74951234567"] * 2
    assert frame.attrs["amiframe"]["fetched_complete"] is False
    assert read_queue_log(ENTER).attrs["amiframe"]["fetched_complete"] is True


def test_byte_order_marks_empty_lines_and_nothing():
    assert len(read_queue_log(b"\xef\xbb\xbf" + ENTER + b"\n\r\n" + ENTER)) == 2
    assert len(read_queue_log(b"")) == len(read_queue_log(b"\n\n")) == 0
    with pytest.raises(ParseError, match="UTF-16"):
        read_queue_log(ENTER.decode().encode("utf-16"))


def test_another_file_is_refused_with_the_cure():
    with pytest.raises(ParseError, match="no queue_log") as caught:
        read_queue_log(SAMPLES / "22" / "status_few.txt")
    assert "logger.conf" in caught.value.hint
    assert caught.value.excerpt


def test_compressed_files_globs_and_open_files(tmp_path):
    data = REAL[0].read_bytes()
    whole = read_queue_log(data)
    packed = {"gz": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data),
              "zst": pa.Codec("zstd").compress(data, asbytes=True)}  # fmt: skip
    for suffix, content in packed.items():
        path = tmp_path / f"queue_log.{suffix}"
        path.write_bytes(content)
        assert not differences(read_queue_log(path), whole)
    with REAL[0].open("rb") as file:
        assert not differences(read_queue_log(file), whole)
    assert not differences(read_queue_log(io.BytesIO(data)), whole)
    assert not differences(read_queue_log(REAL[0].as_uri()), whole)
    with pytest.raises(FileNotFoundError):
        read_queue_log(str(tmp_path / "*.nosuch"))
    path.write_bytes(packed["zst"][:-20])
    assert read_queue_log([path, data[:100]]).attrs["amiframe"]["fetched_complete"] is False


def test_rotated_files_in_any_order_are_one_log(tmp_path):
    lines = (SAMPLES / "week" / "queue_log").read_bytes().splitlines(keepends=True)
    whole = read_queue_log(b"".join(lines))
    for name, begin, end in (("queue_log", 2500, None), ("queue_log.1", 1200, 2500), ("queue_log.2.gz", 0, 1200)):
        content = b"".join(lines[begin:end])
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    frame = read_queue_log(str(tmp_path / "queue_log*"))
    assert frame["amf_source"].nunique() == 3
    assert frame["amf_source"].iloc[0] == str(tmp_path / "queue_log.2.gz")
    assert not differences(frame.drop(columns="amf_source"), whole)


@given(st.data())
def test_a_log_split_anywhere_is_the_same_log(data):
    """Also inside of a line: both halves are put together."""
    content = amf_queues.text(data.draw(amf_queues.visits()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), min_size=1, max_size=3)))
    parts = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    frame = read_queue_log(parts)
    assert not differences(frame.drop(columns="amf_source"), read_queue_log(content))


def test_blocks_are_joined_where_they_meet(monkeypatch):
    whole = read_queue_log(REAL[1])
    monkeypatch.setattr("amiframe.read.queue_log._BLOCK", 100)
    monkeypatch.setattr("amiframe.read.sources._CHUNK", 37)
    assert not differences(read_queue_log(REAL[1]), whole)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_frame_or_an_error_and_lose_no_line(data):
    try:
        frame = read_queue_log(ENTER + data)
    except ParseError:
        return
    text = (ENTER + data).decode("utf-8", "surrogateescape")
    assert len(frame) == sum(1 for line in text.split("\n") if line.rstrip("\r"))


# --- tables ---------------------------------------------------------------------------------------------------------


def table(**more) -> pd.DataFrame:
    columns = {
        "callid": "1.1",
        "queuename": "sales",
        "agent": "NONE",
        "event": "ENTERQUEUE",
        "data1": "",
        "data2": "749",
    }
    return pd.DataFrame([columns | dict(zip(more, row, strict=True)) for row in zip(*more.values(), strict=True)])


def test_a_frame_of_ours_passes_through():
    frame = read_queue_log(ENTER)
    assert read_queue_log(frame) is frame


def test_rows_of_a_table_are_as_lines_of_the_file():
    lines = read_queue_log(REAL[0])
    rows = lines.drop(columns=["amf_seq", "amf_misfit"]).fillna(
        {"callid": "NONE", "queuename": "NONE", "agent": "NONE"}
    )
    local = lines["time"].dt.tz_convert("Europe/Moscow")
    for times in (local.dt.strftime("%Y-%m-%d %H:%M:%S.%f"), local.dt.tz_localize(None)):
        frame = read_queue_log(rows.assign(time=times), tz="Europe/Moscow")
        assert not differences(frame, lines)
    for times in (lines["time"], local, lines["time"].astype("int64") // 10**6, local.map(lambda t: t.isoformat())):
        assert not differences(read_queue_log(rows.assign(time=times)), lines)
    epoch = (lines["time"].astype("int64") // 10**6).astype(str)
    assert not differences(read_queue_log(rows.assign(time=epoch).rename(columns=str.upper)), lines)


def test_times_without_a_zone_need_one():
    with pytest.raises(ConfigError, match="no zone") as caught:
        read_queue_log(table(time=["2026-11-24 12:00:00"]))
    assert "tz=" in caught.value.hint
    with pytest.raises(ConfigError, match="Nowhere"):
        read_queue_log(table(time=["2026-11-24 12:00:00"]), tz="Europe/Nowhere")


def test_the_hour_that_comes_twice_follows_the_order_of_the_rows():
    clock = ["02:10:00", "02:12:00", "02:59:59", "02:00:01", "02:30:00", "02:31:00", "03:00:00"]
    frame = read_queue_log(table(time=[f"2026-10-25 {time}" for time in clock]), tz="Europe/Berlin")
    utc = ["00:10:00", "00:12:00", "00:59:59", "01:00:01", "01:30:00", "01:31:00", "02:00:00"]
    assert frame["time"].dt.strftime("%H:%M:%S").tolist() == utc
    assert frame.attrs["amiframe"]["ambiguous_times"] == 6


def test_a_time_that_is_none_is_kept():
    frame = read_queue_log(table(time=["2026-03-29 02:30:00", "yesterday", "2026-03-29 03:30:00"]), tz="Europe/Berlin")
    assert frame["time"].isna().tolist() == [True, True, False]
    assert plain(frame)["amf_misfit"] == [[("time", "2026-03-29 02:30:00")], [("time", "yesterday")], None]
    assert frame.attrs["amiframe"]["misfits"] == 2


def test_other_tables_and_further_columns():
    rows = pd.DataFrame({"time_id": [1764000000], "call_id": ["1.1"], "queue": ["sales"], "agent": ["NONE"],
                         "verb": ["ENTERQUEUE"], "data": ["|749|1"], "serverid": ["a"]})  # fmt: skip
    frame = read_queue_log(rows)
    assert frame[["queuename", "event", "data2", "data3", "serverid"]].values.tolist() == [
        ["sales", "ENTERQUEUE", "749", "1", "a"]
    ]
    with pytest.raises(ConfigError, match="event") as caught:
        read_queue_log(rows.drop(columns="verb"))
    assert "SELECT" in caught.value.hint


def test_numbers_that_pandas_made_floats_are_whole():
    frame = read_queue_log(table(time=[1764000000, 1764000001], data3=[1.0, None]))
    assert plain(frame)["data3"] == ["1", None]


def test_shuffled_files_do_not_depend_on_their_names(tmp_path):
    lines = REAL[0].read_bytes().splitlines(keepends=True)
    parts = [b"".join(lines[n : n + 30]) for n in range(0, len(lines), 30)]
    times = [part[:10] for part in parts]
    assert len(set(times)) == len(times)
    mixed = random.Random(1).sample(parts, len(parts))
    assert not differences(read_queue_log(mixed).drop(columns="amf_source"), read_queue_log(b"".join(lines)))
