r"""XML: the format of ``/mxml`` and ``/amxml``, read with lxml and written by a model of the server's encoder.

The contract
------------
One ``<response>`` is one message; its headers are the attributes of the one element inside, named by the rule of
:mod:`amiframe.wire.column_names`; ``variable-2`` is the second ``Variable``. A :class:`Reader` takes bytes in pieces,
and gives the messages that are complete. Several documents in one file are read one after the other.

What the server writes is not always XML: control characters and bytes that are not UTF-8 are copied, header names
that differ only in case become one attribute twice, an empty header name becomes none, a TAB or LF in an attribute
would be a blank to an XML parser. A repair before lxml makes it XML without loss, and the reading undoes it, so a value
comes out as the server had it. What stays lost is what the server itself drops: the case of header names and blanks at
the edges of a value.

No DTD and no entities are read, nothing is fetched, and nesting is bounded. What is not XML after the repair is a
:class:`~amiframe.errors.ParseError`.

Source: ``xml_translate`` and ``xml_copy_escape`` in Asterisk's ``main/manager.c``; measured on 16.28 and 22.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast

from lxml import etree

from amiframe.errors import ParseError
from amiframe.wire import column_names
from amiframe.wire.encoding import check_encoding, decode, excerpt
from amiframe.wire.encoding import encode as encode_text
from amiframe.wire.message import Message
from amiframe.wire.raw import OPAQUE, render

_WRAPPER = re.compile(rb"</?ajax-response\s*/?>|<\?xml\s[^<>]*\?>")
_MARKUP = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_END = b"</response>"
# what lxml would take away or refuse: TAB, CR, control characters, LF inside an attribute
_UNUSUAL = re.compile(rb"[\x00-\x09\x0b-\x1f]|\n(?![<\n]|\Z)|\xef\xbf[\xbe\xbf]|\xf4\x8f[\x80-\x84]")
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*)((?:[ \n]+[^\s=<>\"'/]*='[^'<]*')+)(?=\s*/?>)")
# what an answer that was cut off inside a <response> ends in; no part of it is tried twice
_CUT = re.compile(
    r"<response(?:\s[^<>]*+)?(?:>\s*+(?:<(?P<element>[A-Za-z_][\w.-]*+)?"
    r"(?P<attributes>(?:[ \n]+[^\s=<>\"'/]*='[^'<]*')*+)[^<]*+(?:<(?:/[a-z]*+)?)?)?)?\Z"
)
_ATTRIBUTE = re.compile(r"[ \n]+([^\s=<>\"'/]*)='([^'<]*)'")
# lxml's own attrib.items() looks each name up again: minutes for the 100,000 lines of a long CLI output
_VALUES = etree.XPath("@*", smart_strings=False)
_REPEAT = re.compile(r"-\d+\Z")

# the shield: 16 planes have a private area at their end that no PBX uses; there a code stands for what XML forbids
_SHIELD = 0x10F000
_FORBIDDEN = {code: _SHIELD + code for code in (*range(9), 11, 12, *range(14, 32))}
_FORBIDDEN |= {0xDC00 + byte: _SHIELD + byte for byte in range(128, 256)}  # surrogates of undecodable bytes
_FORBIDDEN |= {0xFFFE: _SHIELD + 0x100, 0xFFFF: _SHIELD + 0x101}
_RESTORED = {shield: code for code, shield in _FORBIDDEN.items()}
_LITERAL = chr(_SHIELD + 0x102)  # what follows is text that stood in the shield's own range
_OWN = re.compile(f"[{chr(_SHIELD)}-{_LITERAL}]")
_SHIELDED = re.compile(f"{_LITERAL}(.)|[{chr(_SHIELD)}-{chr(_SHIELD + 0x101)}]")
_KEPT_BLANKS = {9: "&#9;", 10: "&#10;", 13: "&#13;"}

_LARGE = 8_000_000  # libxml2 refuses longer values by default


class Reader:
    r"""Turn bytes of XML answers, fed in any pieces, into messages.

    Attributes
    ----------
    cut : bool
        After :meth:`close`: the input ended inside a ``<response>``; its whole attributes were kept.

    Examples
    --------
    >>> reader = Reader()
    >>> reader.feed(b"<ajax-response>\n<response type='object' id='unknown'><generic event='Hang")
    []
    >>> [m.pairs for m in reader.feed(b"up' cause='16' /></response>\n</ajax-response>\n")]
    [(('event', 'Hangup'), ('cause', '16'))]
    """

    banner = ""

    def __init__(self, encoding: str = "utf-8"):
        self.cut = False
        self._encoding = check_encoding(encoding)
        self._pending = bytearray()
        self._offset = 0  # of _pending in the whole input
        self._searched = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take more bytes; return the messages completed by them."""
        self._pending += data
        last = self._pending.rfind(_END, max(0, self._searched - len(_END)))
        self._searched = len(self._pending)
        if last < 0:
            return []
        last += len(_END)
        block = bytes(memoryview(self._pending)[:last])
        del self._pending[:last]
        self._searched = len(self._pending)
        messages = list(_parse(block, self._encoding, self._offset))
        self._offset += last
        return messages

    def close(self) -> list[Message]:
        """Return what is left when the input has ended."""
        block = bytes(self._pending)
        self._pending.clear()
        rest = _WRAPPER.sub(b"", block).strip()
        if any(tag.startswith(rest) for tag in (b"<response ", b"<ajax-response>", b"</ajax-response>")):
            self.cut = bool(rest)
            return []
        start = _CUT.match(decode(rest, self._encoding))
        if start is None:
            return list(_parse(block, self._encoding, self._offset))  # raises what is wrong
        self.cut = True
        if not start["attributes"]:
            return []
        whole = f"<response><{start['element']}{start['attributes']} /></response>"
        return list(_parse(encode_text(whole, self._encoding), self._encoding, self._offset))


def parse(data: bytes, *, encoding: str = "utf-8") -> list[Message]:
    r"""Return the messages of a whole XML answer, or of several one after the other.

    Raises
    ------
    ParseError
        The bytes are not XML, hold a DTD, or are not an answer of Asterisk.

    Examples
    --------
    >>> parse(b"<ajax-response>\n<response type='object' id='unknown'><generic response='Success' ping='Pong' />"
    ...       b"</response>\n</ajax-response>\n")
    [Message(pairs=(('response', 'Success'), ('ping', 'Pong')))]
    """
    reader = Reader(encoding)
    return reader.feed(data) + reader.close()


def _parse(block: bytes, encoding: str, offset: int) -> Iterator[Message]:
    if markup := _MARKUP.search(block):
        raise ParseError(
            "a document type or entity declaration is not read",
            offset=offset + markup.start(),
            excerpt=excerpt(block, markup.start()),
        )
    body = _WRAPPER.sub(b"", block)
    root = None if encoding != "utf-8" or _UNUSUAL.search(body) else _tree(body)
    shielded = root is None
    if root is None:
        try:
            root = _root(_repair(decode(body, encoding)).encode("utf-8"))
        except etree.XMLSyntaxError as error:
            raise ParseError(f"no XML: {error.msg}", offset=offset, excerpt=excerpt(block)) from None
    if _is_text(root.text):
        raise _foreign(block, offset)
    for response in root:
        if response.tag != "response" or len(response) != 1 or len(response[0]):
            raise _foreign(block, offset)
        if any(_is_text(text) for text in (response.text, response.tail, response[0].text, response[0].tail)):
            raise _foreign(block, offset)
        yield _message(response[0], shielded)


def _is_text(text: str | None) -> bool:
    return bool(text and text.strip())


def _foreign(block: bytes, offset: int) -> ParseError:
    return ParseError(
        "XML, but not as Asterisk's manager writes it",
        offset=offset,
        excerpt=excerpt(block),
        hint="is the address right? AMI answers at /mxml, under the prefix of http.conf",
    )


def _message(element: etree._Element, shielded: bool) -> Message:
    values = cast("list[str]", _VALUES(element))
    pairs = [(_REPEAT.sub("", str(name)), value) for name, value in zip(element.attrib.keys(), values, strict=True)]
    if shielded:
        pairs = [(name, _restore(value)) for name, value in pairs]
    return Message(tuple(pairs))


def _restore(value: str) -> str:
    return _SHIELDED.sub(lambda m: m[1] or chr(_RESTORED.get(ord(m[0]), ord(m[0]))), value)


def _tree(body: bytes) -> etree._Element | None:
    try:
        return _root(body)
    except etree.XMLSyntaxError:
        return None


def _root(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(body) > _LARGE,
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(b"<answer>" + body + b"</answer>", parser)


def _repair(text: str) -> str:
    """Make XML of what the server wrote: forbidden characters shielded, blanks kept, attribute names unique."""
    text = _OWN.sub(lambda m: _LITERAL + m[0], text)
    return _ELEMENT.sub(_repair_element, text.translate(_FORBIDDEN))


def _repair_element(match: re.Match[str]) -> str:
    attributes = _ATTRIBUTE.findall(match[2])
    count: dict[str, int] = {}
    parts = []
    for name, value in attributes:
        base = _REPEAT.sub("", name) or "_"
        n = count[base] = count.get(base, 0) + 1
        parts.append(f" {base if n == 1 else f'{base}-{n}'}='{value.translate(_KEPT_BLANKS)}'")
    return f"<{match[1]}{''.join(parts)}"


# --- the server's encoder -------------------------------------------------------------------------------------------

_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "&": "&amp;"})
_BLANKS = "".join(map(chr, range(33)))  # what ast_skip_blanks and ast_trim_blanks take: codes below 33


def encode(messages: Iterable[Message], *, encoding: str = "utf-8") -> bytes:
    r"""Write messages as Asterisk's own XML encoder would, with its losses and its flaws.

    The server makes XML from its raw text: it splits at each CR or LF, trims blanks and control characters from
    the edges of a value, lower-cases names, numbers repeats on their original spelling, gathers what follows a line
    without ``:`` in one attribute ``opaque_data``, and escapes ``< > " ' &`` and nothing else. So the result may be no
    well-formed XML, exactly as the server's.

    Examples
    --------
    >>> print(encode([Message((("Event", "UserEvent"), ("D", "1"), ("D", " <2> ")))]).decode(), end="")
    <ajax-response>
    <response type='object' id='unknown'><generic event='UserEvent' d='1' d-2='&lt;2&gt;' /></response>
    </ajax-response>
    """
    raw = decode(render(messages, encoding=encoding), encoding)
    body = "".join(
        f"<response type='object' id='unknown'><generic{_attributes(record, encoding)} /></response>\n"
        for record in _records(_lines(raw))
    )
    return encode_text(f"<ajax-response>\n{body}</ajax-response>\n", encoding)


def _lines(raw: str) -> Iterator[str]:
    # strsep(&in, "\r\n") and then one LF more, if it is there: CRLF and LF LF are one line end, CR CR are two
    for line in re.split("\r\n|\n\n|\r|\n", raw):
        yield line.rstrip(_BLANKS)


def _records(lines: Iterable[str]) -> Iterator[list[str]]:
    record: list[str] = []  # render() ends each with an empty line
    for line in lines:
        if line:
            record.append(line)
        elif record:
            yield record
            record = []


def _attributes(record: list[str], encoding: str) -> str:
    parts = []
    count: dict[str, int] = {}
    for number, line in enumerate(record):
        name, colon, value = line.partition(":")
        if not colon:
            name, value = OPAQUE, "\n".join(record[number:])
        name = name.rstrip(_BLANKS)
        n = count[name] = count.get(name, 0) + 1
        # one "_" for each byte that the server has, whatever it means
        spelt = column_names.column(decode(encode_text(name, encoding), "ascii")) if name else ""
        repeat = f"-{n}" if n > 1 else ""
        value = value.lstrip(_BLANKS) if colon else value
        parts.append(f" {spelt}{repeat}='{value.translate(_ESCAPES)}'")
        if not colon:
            break
    return "".join(parts)
