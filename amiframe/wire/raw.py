r"""Raw text: the format of ``/rawman`` and ``/arawman``, and of a log of the TCP interface.

The contract
------------
A message is lines ``Name: value`` ended by an empty line. A :class:`Reader` is fed bytes in any pieces and gives the
messages that are complete; :meth:`Reader.close` gives what is left. Any bytes give messages: nothing here raises.

* Line end is CRLF. A bare LF or CR belongs to the value (channel variables hold them). A text whose first line ends in
  a bare LF was pasted or converted: then LF is the line end throughout.
* Name and value are parted by the first ``:``; one blank after it belongs to the syntax, further ones are data.
* A line without ``:`` continues the value above it; its line end stays in the value, so nothing is lost.
  At the head of a message there is no value above: it becomes the header ``Opaque-data``, as in Asterisk's XML.
* The banner of the TCP interface (``Asterisk Call Manager/11.0.0``) is kept aside in ``Reader.banner``.
* ``Response: Follows`` (Asterisk before 14): the text up to ``--END COMMAND--`` becomes ``Output`` headers, one a line,
  as later versions send it.

Source: Asterisk's ``main/manager.c``; measured on 16.28 and 22.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import getitem

from amiframe.wire.encoding import check_encoding, decode, encode
from amiframe.wire.message import Message

OPAQUE = "Opaque-data"
BANNER = "Asterisk Call Manager/"
END_COMMAND = "--END COMMAND--"
_FOLLOWS_HEADERS = ("privilege", "actionid")
_MAX_SHAPES = 1000  # a log that invents events without end must not fill the memory


class _RecordLayout:
    """The headers of a record, and where the value of each line begins when each has its one blank."""

    __slots__ = ("heads", "names", "values")

    def __init__(self, names: list[str]):
        self.names = names
        self.heads = [f"{name}: " for name in names]
        self.values = [slice(len(head), None) for head in self.heads]


class Reader:
    r"""Turn bytes, fed in any pieces, into messages. Each byte is looked at once.

    Attributes
    ----------
    banner : str
        The TCP interface's greeting, if the input began with one.
    cut : bool
        After :meth:`close`: the last record had no empty line behind it, so it may be cut off.

    Examples
    --------
    >>> reader = Reader()
    >>> reader.feed(b"Event: Hangup\r\nCau")
    []
    >>> [m.name for m in reader.feed(b"se: 16\r\n\r\n")]
    ['Hangup']
    """

    def __init__(self, encoding: str = "utf-8"):
        self.banner = ""
        self.cut = False
        self._encoding = check_encoding(encoding)
        self._pending = bytearray()
        self._searched = 0  # how much of _pending is known to hold no line end
        self._end = b""  # the line end, once the first line has shown it
        self._pairs: list[tuple[str, str]] = []  # headers of the record that is open
        self._more: list[str] = []  # lines that continue the value of the last header
        self._text: list[str] | None = None  # lines of an open "Response: Follows"
        self._at_head = True
        self._shapes: dict[str, _RecordLayout] = {}  # first line of a record -> what the last such record looked like

    def feed(self, data: bytes) -> list[Message]:
        """Take more bytes; return the messages completed by them."""
        self._pending += data
        if not self._end:
            first = self._pending.find(b"\n", self._searched)
            if first < 0:
                self._searched = len(self._pending)
                return []
            self._end = b"\r\n" if self._pending[:first].endswith(b"\r") else b"\n"
            self._searched = 0
        last = self._pending.rfind(self._end, max(0, self._searched - 1))
        if last < 0:
            self._searched = len(self._pending)
            return []
        last += len(self._end)
        block = bytes(memoryview(self._pending)[:last])
        del self._pending[:last]
        self._searched = len(self._pending)
        return self._take(block[: -len(self._end)])

    def close(self) -> list[Message]:
        """Return what is left when the input has ended."""
        self._end = self._end or b"\r\n"
        messages = self._take(bytes(self._pending)) if self._pending else []
        self._pending.clear()
        self.cut = bool(self._pairs)
        self._finish(messages)
        return messages

    def _take(self, block: bytes) -> list[Message]:
        text = decode(block, self._encoding)
        end = self._end.decode()
        if end == "\n":
            text = text.replace("\r\n", "\n").removesuffix("\r")  # a converted log with an odd CRLF in it
        if self._at_head:
            self._at_head = False
            if text.startswith(BANNER):
                banner, _, text = text.partition(end)
                self.banner = banner.strip()
        messages: list[Message] = []
        *records, tail = text.split(end + end)
        for record in records:
            lines = record.split(end)
            is_open = self._pairs or self._text is not None
            if is_open or not self._take_same_headers(lines, messages):
                self._take_lines([*lines, ""], messages)
                if not is_open and self._text is None:
                    self._remember_headers(lines, messages)
        self._take_lines(tail.split(end), messages)
        return messages

    def _take_same_headers(self, lines: list[str], messages: list[Message]) -> bool:
        """Take a record with the same headers as the last one that began so; say whether it is one. Only for speed."""
        shape = self._shapes.get(lines[0])
        if shape is None or len(shape.heads) != len(lines) or not all(map(str.startswith, lines, shape.heads)):
            return False
        messages.append(Message(tuple(zip(shape.names, map(getitem, lines, shape.values), strict=True))))
        return True

    def _remember_headers(self, lines: list[str], messages: list[Message]) -> None:
        """Keep what a record that was taken line by line looked like, if each of its lines was a header."""
        if not messages or len(messages[-1]) != len(lines) or messages[-1].kind != "event":
            return
        if len(self._shapes) >= _MAX_SHAPES:
            self._shapes.clear()
        self._shapes[lines[0]] = _RecordLayout([name for name, _ in messages[-1]])

    def _take_lines(self, lines: list[str], messages: list[Message]) -> None:
        for line in lines:
            if self._text is not None:
                self._take_text(self._text, line, messages)
                continue
            pairs = self._pairs
            if not line:
                self._finish(messages)
                continue
            name, colon, value = line.partition(":")
            if colon:
                if self._more:
                    self._close_value()
                pairs.append((name, value[1:] if value[:1] == " " else value))
                if len(pairs) == 1 and _is_follows(pairs[0]):
                    self._text = []
            elif pairs:
                self._more.append(line)
            else:
                pairs.append((OPAQUE, line))

    def _take_text(self, text: list[str], line: str, messages: list[Message]) -> None:
        """Take a line of the free text of an old Command answer; empty lines do not end it."""
        name, colon, value = line.partition(":")
        if colon and not text and name.lower() in _FOLLOWS_HEADERS:
            self._pairs.append((name, value[1:] if value[:1] == " " else value))
        elif line.endswith(END_COMMAND):
            body = line.removesuffix(END_COMMAND).removesuffix("\n")
            text.extend([body] if body else [])
            self._finish(messages)
        else:
            text.append(line)

    def _close_value(self) -> None:
        name, value = self._pairs[-1]
        self._pairs[-1] = (name, self._end.decode().join((value, *self._more)))
        self._more = []

    def _finish(self, messages: list[Message]) -> None:
        """Close the open record, if there is one."""
        if self._more:
            self._close_value()
        if self._text is not None:
            lines = "\n".join(self._text).split("\n") if self._text else []
            self._pairs += [("Output", line.removesuffix("\r")) for line in lines]
            self._text = None
        if self._pairs:
            messages.append(Message(tuple(self._pairs)))
            self._pairs = []


def _is_follows(pair: tuple[str, str]) -> bool:
    return pair[0].lower() == "response" and pair[1].strip().lower() == "follows"


def parse(data: bytes, *, encoding: str = "utf-8") -> list[Message]:
    r"""Return the messages of a whole raw answer or log.

    Examples
    --------
    >>> [m.pairs for m in parse(b"Response: Success\r\nPing: Pong\r\n\r\n")]
    [(('Response', 'Success'), ('Ping', 'Pong'))]
    """
    reader = Reader(encoding)
    return reader.feed(data) + reader.close()


def render(messages: Iterable[Message], *, encoding: str = "utf-8") -> bytes:
    r"""Write messages as the server would: ``Name: value`` CRLF, an empty line behind each.

    Examples
    --------
    >>> render([Message((("Response", "Success"), ("Ping", "Pong")))])
    b'Response: Success\r\nPing: Pong\r\n\r\n'
    """
    text = "".join("".join(f"{name}: {value}\r\n" for name, value in message) + "\r\n" for message in messages)
    return encode(text, encoding)
