"""Where saved answers and logs come from: paths, globs, bytes, file objects and URLs, compressed or not.

What a source holds is recognized from its first bytes, never from its name: gzip, bzip2, xz or zstd, raw text or XML.
"""

from __future__ import annotations

import bz2
import errno
import glob
import gzip
import io
import itertools
import lzma
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlsplit

import fsspec
import pyarrow as pa
from tqdm.auto import tqdm

from amiframe.errors import ConfigError, ParseError
from amiframe.wire import raw, xml
from amiframe.wire.encoding import excerpt
from amiframe.wire.message import Message

Src = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Sequence[Any]
"""A path or glob, an fsspec URL, the bytes themselves, a file opened for reading bytes, or a list of these."""

_CHUNK = 1 << 20
_STEP = 1 << 16  # of a compressed stream that breaks off, zstd keeps back what the last step had
_BROKEN = (OSError, zlib.error, lzma.LZMAError, pa.ArrowException)


def _open_zstd(file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"))


_OPENERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast(IO[bytes], bz2.BZ2File(file)),
    b"\xfd7zXZ\x00": lambda file: cast(IO[bytes], lzma.LZMAFile(file)),  # noqa: SIM115
    b"\x28\xb5\x2f\xfd": _open_zstd,
}
"""How a compressed file begins, and what reads it."""


@dataclass
class Source:
    """One input: how to open it, and what to call it in ``amf_source`` and provenance."""

    label: str | None
    opener: Callable[[], IO[bytes]]
    size: int = 0  # bytes as stored, for the progress bar; 0 when unknown
    owned: bool = True  # whether we close what we opened
    cut: bool = field(default=False, init=False)  # the compressed stream, or the last record in it, ends too early

    def chunks(self, bar: tqdm[Any] | None = None) -> Iterator[bytes]:
        """Give the decompressed bytes piece by piece; set ``cut`` if a compressed stream ends too early."""
        with ExitStack() as stack:
            file = self.opener()
            if self.owned:
                stack.enter_context(file)
            raw = _Counted(file, bar)
            head = raw.head(6)
            counted = cast(IO[bytes], io.BufferedReader(raw, _CHUNK))
            opener = next((open_it for magic, open_it in _OPENERS.items() if head.startswith(magic)), None)
            if opener is None:
                yield from iter(lambda: counted.read(_CHUNK), b"")
                return
            yield from self._decompressed(opener(counted))

    def _decompressed(self, file: IO[bytes]) -> Iterator[bytes]:
        # read1 gives what one step decompressed: what came before a break is not lost with it
        read = getattr(file, "read1", file.read)
        try:
            while piece := read(_STEP):
                yield piece
        except EOFError:
            self.cut = True
        except _BROKEN as error:
            if "runcated" in str(error):
                self.cut = True
                return
            raise ParseError(
                f"a compressed file is damaged: {error}",
                hint="fetch the file again; nothing of it was used",
            ) from error


class _Counted(io.RawIOBase):
    """A file that moves a progress bar as it is read."""

    def __init__(self, file: IO[bytes], bar: tqdm[Any] | None):
        self._file = file
        self._bar = bar
        self._ahead = b""

    def head(self, size: int) -> bytes:
        """Return the first bytes without taking them; a pipe may give them one by one."""
        while len(self._ahead) < size and (more := self._take(size - len(self._ahead))):
            self._ahead += more
        return self._ahead

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        data = data or self._take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        if not isinstance(data, bytes):
            raise ConfigError("the file is open for text", hint="open it for bytes: open(path, 'rb')")
        if self._bar is not None:
            self._bar.update(len(data))
        return data


def sources(src: Src) -> list[Source]:
    """Return the inputs that `src` names, globs sorted by name.

    Raises
    ------
    FileNotFoundError
        A glob matches nothing.
    ConfigError
        `src` is nothing that can be read.
    """
    if isinstance(src, bytes | bytearray | memoryview):
        data = bytes(src)
        return [Source(None, lambda: io.BytesIO(data), len(data))]
    if isinstance(src, str | os.PathLike):
        return _named(os.fspath(src))
    if isinstance(src, Iterable) and not hasattr(src, "read"):
        several: Iterable[Any] = src
        listed = [source for item in several for source in sources(item)]
        if not listed:
            raise ConfigError("an empty list names nothing to read")
        return listed
    if hasattr(src, "read"):
        name = getattr(src, "name", None)
        return [Source(name if isinstance(name, str) else None, lambda: cast(IO[bytes], src), owned=False)]
    raise ConfigError(
        f"cannot read from {type(src).__name__}", hint="give a path, a glob, bytes, a file opened with 'rb', or a list"
    )


def _named(name: str) -> list[Source]:
    if "\n" in name or "\r" in name:
        raise ConfigError("that is an answer itself, not a path", hint="pass it as bytes: text.encode()")
    if "://" in name:
        parts = urlsplit(name)
        label = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return [Source(label, lambda: _open_url(name, label))]
    path = Path(name).expanduser()
    if glob.has_magic(name) and not path.exists():
        paths = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 (an absolute pattern)
        if not paths:
            raise FileNotFoundError(f"no file matches {name}")
    else:
        paths = [path]
    return [Source(os.fsencode(p).decode("utf-8", "replace"), _opener(p), p.stat().st_size) for p in paths]


def _open_url(url: str, label: str) -> IO[bytes]:
    # what fsspec says may hold the user and the query of the URL: it is not passed on
    try:
        return cast(IO[bytes], fsspec.open(url, "rb").open())
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), label) from None
    except (ImportError, ValueError) as error:
        needs = str(error) if isinstance(error, ImportError) else "fsspec knows no such protocol"
        raise ConfigError(
            f"cannot read {label}: {needs}", hint="save it as a file; a live PBX is asked with connect(URL)"
        ) from None


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


# --- bytes -> messages ----------------------------------------------------------------------------------------------

_BEGINS = re.compile(rb"Event:|Response:|Asterisk Call Manager/", re.IGNORECASE)  # a record, or the banner
_LINE_END = re.compile(rb"[^\r\n](\r?\n)")
_RECORD = 1 << 24  # bytes; what has no empty line for so long is not a log


@dataclass
class Edges:
    """Parts of records at the ends of a raw log, kept back: another log may have the other half."""

    head: bytes = b""  # before the first empty line, when the log begins within a record
    tail: bytes = b""  # behind the last one

    def within(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Give the whole records, in pieces."""
        held, end, is_begun = b"", b"", False
        for piece in pieces:
            held += piece
            if not end:
                line = _LINE_END.search(held)
                end = line[1] * 2 if line else b""
            if end and not is_begun:
                is_begun, held = self._take_head(held, end)
            place = held.rfind(end) if end and is_begun else -1
            if place >= 0:
                yield held[: place + len(end)]
                held = held[place + len(end) :]
            elif len(held) > _RECORD:
                yield held
                yield from pieces
                return
        if not is_begun:
            is_begun, held = self._take_head(held, end or b"\r\n\r\n", least=0)
        if held.strip():
            self.tail = held

    def _take_head(self, held: bytes, end: bytes, least: int = len("Asterisk Call Manager/")) -> tuple[bool, bytes]:
        """Take what stands before the first record; say whether all of it is there, and what is left."""
        text = held.lstrip(b"\r\n")
        if len(text) < least:
            return False, held
        cut = len(held) - len(text)
        if text and not _BEGINS.match(text):
            place = held.find(end, cut)
            if place < 0:
                return False, held
            cut = place + len(end)
        self.head = held[:cut]
        return True, held[cut:]


def messages(
    source: Source, *, encoding: str = "utf-8", bar: tqdm[Any] | None = None, edges: Edges | None = None
) -> Iterator[list[Message]]:
    """Give the messages of a source in batches as they are read; set ``source.cut`` if the last one is cut off.

    With `edges` the parts of records at both ends of a raw log go there, and nothing is taken for cut off.
    """
    chunks = source.chunks(bar)
    head = bytearray()
    for piece in chunks:
        head += piece
        if len(head) > _CHUNK or len(head.lstrip()) >= 16:
            break
    reader = _reader(bytes(head), encoding)
    pieces: Iterator[bytes] = itertools.chain([without_bom(bytes(head))], chunks)
    if edges is not None and isinstance(reader, raw.Reader):
        pieces = edges.within(pieces)
    for piece in pieces:
        yield reader.feed(piece)
    yield reader.close()
    source.cut = source.cut or reader.cut


# a log cut within a value such as <unknown> begins like XML, and goes on with headers
_REST_OF_A_RECORD = re.compile(rb"<(?![?!]|ajax-response|response|generic)[^\r\n]*(?:\r?\n)+[A-Za-z][\w-]*: ")


def _reader(head: bytes, encoding: str) -> raw.Reader | xml.Reader:
    begin = without_bom(head).lstrip()
    if begin[:14].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<title")):
        raise ParseError(
            "a web page, not an answer of the manager interface",
            offset=0,
            excerpt=excerpt(begin),
            hint="was the address right? AMI answers at /rawman and /mxml, under the prefix of http.conf",
        )
    is_xml = begin.startswith(b"<") and not _REST_OF_A_RECORD.match(begin)
    return xml.Reader(encoding) if is_xml else raw.Reader(encoding)


def without_bom(head: bytes) -> bytes:
    """Return the begin of a text without its byte order mark.

    Raises
    ------
    ParseError
        The text is UTF-16.
    """
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        hint = "iconv -f UTF-16 -t UTF-8 FILE"
        raise ParseError("the file was saved as UTF-16", offset=0, excerpt=excerpt(head), hint=hint)
    return head.removeprefix(b"\xef\xbb\xbf")


def label_of(inputs: Sequence[Source]) -> str | None:
    """Return what the provenance of a frame says of its sources: the first one with a name, and how many more."""
    labels = [source.label for source in inputs if source.label]
    return f"{labels[0]} and {len(labels) - 1} more" if len(labels) > 1 else next(iter(labels), None)


def progress_bar(inputs: Sequence[Source], progress: bool | None) -> tqdm[Any]:
    """Return a bar over the bytes to read: shown when asked for, or by itself on long work at a terminal."""
    return tqdm(
        total=sum(source.size for source in inputs) or None,
        unit="B",
        unit_scale=True,
        desc="reading",
        leave=False,
        delay=0 if progress else 2,
        disable=None if progress is None else not progress,
    )
