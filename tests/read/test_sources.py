"""Where answers and logs may come from, and what a source says that is none."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from amiframe import read
from amiframe.errors import ConfigError, ParseError

PING = b"Response: Success\r\nPing: Pong\r\nTimestamp: 1711272193.709205\r\n\r\n"
XML = b"<ajax-response>\n<response type='object' id='unknown'><generic response='Success' ping='Pong' /></response>\n"
LOG = b"".join(b"Event: UserEvent\r\nN: %d\r\n\r\n" % n for n in range(300))


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}
packed = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


def noise(size: int) -> bytes:
    """Return a log that does not compress, so that half of its packed bytes are half of its events."""
    rng = random.Random(7)
    return b"".join(b"Event: UserEvent\r\nN: %d\r\nX: %s\r\n\r\n" % (n, rng.randbytes(500).hex().encode())
                    for n in range(size))  # fmt: skip


def ping(src, **how) -> str:
    return read.read_reply(src, **how).response.get("Ping")


def source_of(src) -> str | None:
    return read.read_reply(src).frame().attrs["amiframe"]["source"]


# --- every way to name a source -------------------------------------------------------------------------------------


def test_a_path_as_text_and_as_an_object(tmp_path):
    path = tmp_path / "ping.txt"
    path.write_bytes(PING)
    assert ping(str(path)) == "Pong"
    assert ping(path) == "Pong"
    assert source_of(path) == str(path)


def test_a_path_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ping.txt").write_bytes(PING)
    assert ping("~/ping.txt") == "Pong"
    assert ping("~/p*.txt") == "Pong"


def test_a_glob_is_sorted_by_name(tmp_path):
    for number in (3, 1, 2):
        (tmp_path / f"{number}.log").write_bytes(b"Event: UserEvent\r\nN: %d\r\n\r\n" % number)
    frame = read.read_events(str(tmp_path / "*.log"))
    assert frame["n"].tolist() == ["1", "2", "3"]
    assert frame["amf_source"].tolist() == [str(tmp_path / f"{n}.log") for n in (1, 2, 3)]


def test_a_glob_goes_through_folders(tmp_path):
    for name in ("a", "b/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.log").write_bytes(LOG)
    assert len(read.read_events(str(tmp_path / "**" / "*.log"))) == 600


def test_a_file_whose_name_looks_like_a_glob(tmp_path):
    (tmp_path / "call[1].txt").write_bytes(PING)
    assert ping(tmp_path / "call[1].txt") == "Pong"


def test_a_list_is_read_in_its_order(tmp_path):
    for name in "ba":
        (tmp_path / name).write_bytes(f"Event: UserEvent\r\nN: {name}\r\n\r\n".encode())
    sources = [tmp_path / "b", b"Event: UserEvent\r\nN: bytes\r\n\r\n", str(tmp_path / "a")]
    frame = read.read_events(sources)
    assert frame["n"].tolist() == ["b", "bytes", "a"]
    assert frame["amf_source"].tolist() == [str(tmp_path / "b"), "bytes", str(tmp_path / "a")]
    assert frame.attrs["amiframe"]["source"] == f"{tmp_path / 'b'} and 1 more"
    assert read.read_events(tuple(sources))["n"].tolist() == ["b", "bytes", "a"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_bytes_themselves(kind):
    assert ping(kind(PING)) == "Pong"
    assert source_of(kind(PING)) is None


def test_an_open_file_stays_open(tmp_path):
    path = tmp_path / "ping.txt"
    path.write_bytes(PING)
    with path.open("rb") as file:
        assert ping(file) == "Pong"
        assert not file.closed
        file.seek(0)
        assert source_of(file) == str(path)
    buffer = io.BytesIO(PING)
    assert ping(buffer) == "Pong"
    assert not buffer.closed


def test_a_file_opened_for_text_is_refused_with_the_cure(tmp_path):
    path = tmp_path / "ping.txt"
    path.write_bytes(PING)
    with path.open(encoding="utf-8") as file, pytest.raises(ConfigError) as caught:
        read.read_reply(file)
    assert "'rb'" in caught.value.hint
    with pytest.raises(ConfigError):
        read.read_reply(io.StringIO(PING.decode()))


class Pipe:
    """A pipe that gives a few bytes at a time, as a socket may."""

    def __init__(self, data: bytes, step: int):
        self._data, self._step = io.BytesIO(data), step

    def read(self, size: int = -1) -> bytes:
        return self._data.read(self._step if size < 0 else min(size, self._step))


@pytest.mark.parametrize("step", [1, 2, 5, 7])
@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
def test_a_pipe_may_give_its_bytes_one_by_one(pack, step):
    assert len(read.read_events(Pipe(pack(LOG), step))) == 300


@pytest.mark.parametrize("step", [1, 7])
def test_a_pipe_with_xml(step):
    assert ping(Pipe(b"\n  " + XML, step)) == "Pong"


def test_a_url_of_fsspec():
    fsspec.filesystem("memory").pipe("/amf/ping.txt", PING)
    assert ping("memory://amf/ping.txt") == "Pong"
    assert source_of("memory://amf/ping.txt") == "memory://amf/ping.txt"


def test_a_url_may_hold_what_is_compressed():
    fsspec.filesystem("memory").pipe("/amf/log.gz", gzip.compress(LOG))
    assert len(read.read_events("memory://amf/log.gz")) == 300


@pytest.mark.parametrize("url", ["nosuch://joe:canary1@h/x?token=canary2", "memory://joe:canary1@h/x?token=canary2",
                                 "memory://joe:canary1@h/x", "memory://h/x?token=canary2"])  # fmt: skip
def test_what_is_said_of_a_url_holds_no_user_and_no_query(url):
    with pytest.raises((ConfigError, FileNotFoundError)) as caught:
        read.read_reply(url)
    assert "canary" not in str(caught.value)
    assert "joe" not in str(caught.value)
    assert "://h/x" in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_source_of_a_url_holds_no_user_and_no_query(monkeypatch):
    class Opened:
        def open(self):
            return io.BytesIO(PING)

    monkeypatch.setattr(fsspec, "open", lambda url, mode: Opened())
    assert source_of("http://joe:canary@pbx:8088/x.txt?secret=canary#canary") == "http://pbx:8088/x.txt"


def test_a_protocol_that_needs_more_says_what(monkeypatch):
    def fail(url, mode):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "open", fail)
    with pytest.raises(ConfigError, match="Install s3fs"):
        read.read_reply("s3://bucket/x")


def test_a_file_name_in_another_encoding_is_mended(tmp_path):
    names = [tmp_path / os.fsdecode(b"caf\xe9.log"), tmp_path / "b.log"]
    for name in names:
        name.write_bytes(LOG)
    frame = read.read_events(names)
    assert sorted(set(frame["amf_source"])) == [str(tmp_path / "b.log"), str(tmp_path / "caf\ufffd.log")]


# --- what cannot be read --------------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read.read_reply(tmp_path / "none.txt")
    with pytest.raises(FileNotFoundError, match=r"none\*"):
        read.read_events(str(tmp_path / "none*.txt"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError):
        read.read_reply(tmp_path)


@pytest.mark.parametrize("src", [[], (), [[]]])
def test_an_empty_list_names_nothing(src):
    with pytest.raises(ConfigError):
        read.read_events(src)


@pytest.mark.parametrize("src", [None, 5, 1.5, object()])
def test_what_is_no_source_at_all(src):
    with pytest.raises(ConfigError, match=type(src).__name__) as caught:
        read.read_events(src)
    assert "path" in caught.value.hint


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_the_text_of_an_answer_is_no_path(end):
    with pytest.raises(ConfigError) as caught:
        read.read_reply(PING.decode().replace("\r\n", end))
    assert "encode()" in caught.value.hint


def test_one_answer_is_read_at_a_time(tmp_path):
    with pytest.raises(ConfigError, match="2 inputs"):
        read.read_reply([PING, PING])


# --- what is in it is told from the content -------------------------------------------------------------------------


@packed
@pytest.mark.parametrize("suffix", [".txt", ".gz", ".xml", ""])
def test_compression_is_recognized_from_the_content_whatever_the_name(tmp_path, pack, suffix):
    path = tmp_path / f"ping{suffix}"
    path.write_bytes(pack(PING))
    assert ping(path) == "Pong"


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz", ".xml"])
def test_a_name_alone_compresses_nothing(tmp_path, suffix):
    path = tmp_path / f"ping.txt{suffix}"
    path.write_bytes(PING)
    assert ping(path) == "Pong"


@packed
def test_xml_in_a_compressed_file(pack):
    assert ping(pack(XML)) == "Pong"


def test_a_gzip_file_of_several_parts():
    """Rotated logs are often joined with cat."""
    assert len(read.read_events(gzip.compress(LOG) + gzip.compress(LOG))) == 600


@packed
def test_of_a_truncated_compressed_file_what_came_is_read_and_said(pack):
    # bzip2 gives whole blocks of 900 kB only
    size, held_back = (4000, 1000) if pack is bz2.compress else (1000, 400)
    squeezed = pack(noise(size))
    for part in (0.5, 0.9, 0.99):
        frame = read.read_events(squeezed[: int(len(squeezed) * part)])
        assert frame.attrs["amiframe"]["fetched_complete"] is False
        numbers = frame["n"].dropna().tolist()
        assert numbers == [str(n) for n in range(len(numbers))]
        assert len(numbers) > part * size - held_back, part


@packed
def test_a_compressed_file_that_hardly_began(pack):
    frame = read.read_events(pack(LOG)[:7])
    assert len(frame) == 0
    assert frame.attrs["amiframe"]["fetched_complete"] is False


@packed
def test_a_whole_compressed_file_is_complete(pack):
    assert read.read_events(pack(LOG)).attrs["amiframe"]["fetched_complete"] is True


def test_a_truncated_answer_says_so():
    squeezed = gzip.compress(PING)
    frame = read.read_reply(squeezed[:-8]).frame()
    assert frame["ping"].tolist() == ["Pong"]
    assert frame.attrs["amiframe"]["fetched_complete"] is False


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
def test_a_damaged_compressed_file_is_a_parse_error(pack):
    squeezed = bytearray(pack(noise(200)))
    middle = len(squeezed) // 2
    squeezed[middle : middle + 40] = bytes(40)
    with pytest.raises(ParseError, match="damaged") as caught:
        read.read_events(bytes(squeezed))
    assert caught.value.hint


def test_a_damaged_zstd_file_is_a_parse_error():
    squeezed = bytearray(zstd(LOG))
    squeezed[12:20] = b"\xff" * 8
    with pytest.raises(ParseError, match="damaged"):
        read.read_events(bytes(squeezed))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_the_cure(encoding):
    data = ("" if encoding == "utf-16" else "\ufeff") + PING.decode()
    for reader in (read.read_reply, read.read_events, read.read_status):
        with pytest.raises(ParseError, match="UTF-16") as caught:
            reader(data.encode(encoding))
        assert "iconv" in caught.value.hint
        assert caught.value.offset == 0


@pytest.mark.parametrize(
    "page",
    [b"<!DOCTYPE html><html>", b"<html><head><title>404", b"<HTML>\r\n", b"\n  <!doctype HTML public>",
     b"<title>Asterisk</title>", b"\xef\xbb\xbf<html>", b"<head><title>x"],
)  # fmt: skip
def test_a_web_page_is_no_answer(page):
    for reader in (read.read_reply, read.read_events, read.read_commands):
        with pytest.raises(ParseError, match="web page") as caught:
            reader(page + b"404 Not Found" * 9)
        assert "/rawman" in caught.value.hint
        assert "html" in caught.value.excerpt.lower() or "<" in caught.value.excerpt


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert ping(b"\xef\xbb\xbf" + PING) == "Pong"
    assert ping(b"\xef\xbb\xbf" + XML) == "Pong"


def test_blanks_before_xml():
    assert ping(b"\r\n\r\n   \n" + XML) == "Pong"


def test_lines_that_end_in_lf_only():
    assert ping(PING.replace(b"\r\n", b"\n")) == "Pong"


def test_other_xml_is_a_parse_error():
    with pytest.raises(ParseError):
        read.read_reply(b"<?xml version='1.0'?><rss><channel>x</channel></rss>")


@pytest.mark.parametrize("encoding", ["utf-16", "nonsense", "cp037"])
def test_an_encoding_that_cannot_be(encoding):
    with pytest.raises(ConfigError):
        read.read_reply(PING, encoding=encoding)


def test_reading_twice_gives_the_same(tmp_path):
    path = Path(tmp_path / "ping.txt")
    path.write_bytes(PING)
    assert read.read_reply(path) == read.read_reply(path)
