"""Properties: what is written reads back; any bytes give messages or one error; nothing takes forever."""

from __future__ import annotations

import random
import re

import pytest
from amf_support import examples
from hypothesis import example, given
from hypothesis import strategies as st

from amiframe.errors import ParseError
from amiframe.wire import column_names, raw
from amiframe.wire import xml as mxml
from amiframe.wire.message import Message

thorough = examples(1.5)

# --- what the wire can carry ----------------------------------------------------------------------------------------
# Names and values are bytes decoded without loss. Any will do, but: no CRLF in them (it ends the line), no ":" in a
# name; no LF in the first header of all (it would show LF as the line end of the whole); and neither the banner nor the
# head of an old Command answer ("Response: Follows"), for they change how what follows is read.

PIECES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"", b" ", b"  ", b": ", b":", b"\t", b"\n", b"\r", b"\n\n", b"\x00", b"\x1b[0m", b"'", b'"', b"<",
                     b"&amp;", b"&", b"]]>", b"\xff", "Ёж".encode(), b"--END COMMAND--", b"Event: X", b"=", b"a=b",
                     "\U0010f001\U0010f102".encode(), "\ufffe\uffff".encode()]),
)  # fmt: skip
ANY_TEXT = st.lists(PIECES, max_size=4).map(lambda p: b"".join(p).decode("utf-8", "surrogateescape"))
VALUES = ANY_TEXT.map(lambda t: t.replace("\r\n", "\n"))
NAMES = st.one_of(
    st.sampled_from(["Event", "Variable", "variable", "Cause-txt", "cause_txt", "1st", "", "Имя", "D", "D-2", "d_2"]),
    ANY_TEXT.map(lambda t: t.replace("\r\n", "\n").replace(":", "")),
)
HEADERS = st.tuples(NAMES, VALUES)


def is_carried(messages: list[Message]) -> bool:
    first = messages[0].pairs[0] if messages else ("", "")
    banner = first[0].startswith("Asterisk Call Manager/")
    follows = any(m.pairs[0][0].lower() == "response" and m.pairs[0][1].strip().lower() == "follows" for m in messages)
    return "\n" not in first[0] + first[1] and not banner and not follows


MESSAGES = st.lists(st.lists(HEADERS, min_size=1, max_size=6).map(lambda p: Message(tuple(p))), max_size=5).filter(
    is_carried
)
CUTS = st.lists(st.integers(0, 2000), max_size=8)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted(min(c, len(data)) for c in cuts)
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def outcome(module, parts: list[bytes], encoding: str = "utf-8") -> tuple[list[Message], bool] | str:
    """Read in pieces: the messages and whether they were cut, or that it is no XML."""
    reader = module.Reader(encoding)
    try:
        messages = [m for part in parts for m in reader.feed(part)]
        messages += reader.close()
    except ParseError:
        return "no XML"
    return messages, reader.cut


# --- there and back -------------------------------------------------------------------------------------------------


@thorough
@given(MESSAGES, CUTS)
@example([Message((("", ""), ("", " "), ("x", ": ")))], [])
@example([Message((("A", "x\r"), ("\nB", "\n")))], [5, 6])
def test_raw_reads_back_what_was_written(messages, cuts):
    data = raw.render(messages)
    assert raw.parse(data) == messages
    assert outcome(raw, pieces(data, cuts)) == (messages, False)
    assert raw.render(raw.parse(data)) == data


BLANKS = "".join(map(chr, range(33)))  # what the server's encoder trims at the edges of a value
NO_LINE_END = re.compile(r"\A[^\r\n]*\Z")


@thorough
@given(MESSAGES.filter(lambda ms: all(NO_LINE_END.match(text) for m in ms for pair in m for text in pair)), CUTS)
@example([Message((("", ""), ("", "x"), ("Foo", "\x01a\t\udce9 "), ("foo", "\ufffe"), ("Foo", "\U0010f102")))], [])
def test_xml_reads_back_what_was_written(messages, cuts):
    """Names by the rule of columns (blanks behind a name are the server's to drop), values without edge blanks."""
    data = mxml.encode(messages)
    found = mxml.parse(data)
    assert [[v for _, v in m] for m in found] == [[v.strip(BLANKS) for _, v in m] for m in messages]
    assert [column_names.columns(n for n, _ in m) for m in found] == [
        column_names.columns(n.rstrip(BLANKS) for n, _ in m) for m in messages
    ]
    assert outcome(mxml, pieces(data, cuts)) == (found, False)


@thorough
@given(MESSAGES, CUTS)
def test_whatever_the_server_may_write_as_xml_is_read(messages, cuts):
    """Values with CR and LF too, which the encoder makes headers and messages of."""
    data = mxml.encode(messages)
    found = mxml.parse(data)
    assert len(found) == data.count(b"<response ")
    assert outcome(mxml, pieces(data, cuts)) == (found, False)
    again = mxml.parse(mxml.encode(raw.parse(raw.render(messages))))
    assert again == found


@thorough
@given(MESSAGES, st.sampled_from(["cp1251", "latin-1", "gbk", "ascii", "koi8-r"]))
def test_other_encodings_are_without_loss(messages, encoding):
    data = raw.render(messages)  # the same bytes, read as something else
    found = raw.parse(data, encoding=encoding)
    assert raw.render(found, encoding=encoding) == data
    xml = mxml.parse(mxml.encode(found, encoding=encoding), encoding=encoding)
    same = mxml.parse(mxml.encode(messages))
    assert [len(m) for m in xml] == [len(m) for m in same]
    values = [[value.encode(encoding, "surrogateescape") for _, value in m] for m in xml]
    assert values == [[value.encode("utf-8", "surrogateescape") for _, value in m] for m in same]


# --- any bytes ------------------------------------------------------------------------------------------------------

RAW_BITS = [
    b"\r\n", b"\r\n\r\n", b"\n", b"\r", b":", b": ", b"Event: X", b"Response: Follows\r\n", b"--END COMMAND--", b"text",
    b"Asterisk Call Manager/5", b"ActionID: 1\r\n", b"Privilege: Command\r\n", b"\xff", b"\xd0",
]  # fmt: skip
# no comments and no instructions: one that holds "</response>" is read only where it comes in one piece
XML_BITS = [
    b"<ajax-response>", b"</ajax-response>", b"<response type='object' id='unknown'>", b"<response", b"</response>",
    b"<generic", b" a='1'", b" a='2'", b" ='3'", b" a-2='\t'", b" b='", b"'", b'"', b" />", b">", b"<", b"\n", b" ",
    b"&", b"&amp;", b"&#9;", b"\x01", b"\xff", b"<?xml version='1.0'?>", b"<!DOCTYPE x>", b"</generic>", b"text",
    b"<response type='object' id='unknown'><generic a='1' b='\xe9' /></response>",
    b"<response type='object' id='unknown'><generic a='1' b='x' /></response>",
]  # fmt: skip


def junk(bits: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(st.sampled_from(bits), st.binary(max_size=6)), max_size=25).map(b"".join)


@thorough
@given(st.one_of(junk(RAW_BITS), st.binary()), CUTS, st.sampled_from(["utf-8", "cp1251", "gb18030", "shift_jis"]))
@example(b"\r", [], "utf-8")
@example(b"A: 1\n\r\n\r", [4, 5, 6], "utf-8")
def test_any_bytes_are_raw_messages(data, cuts, encoding):
    whole = outcome(raw, [data], encoding)
    assert whole == outcome(raw, pieces(data, cuts), encoding)
    assert whole == outcome(raw, [bytes([b]) for b in data], encoding)
    messages = whole[0]
    assert all(len(m) for m in messages)
    # writing and reading again settles at once: what is written is what is read from then on
    written = raw.render(messages, encoding=encoding)
    if is_carried(messages) and not any("\r\n" in text for m in messages for pair in m for text in pair):
        assert raw.parse(written, encoding=encoding) == messages


@thorough
@given(st.one_of(junk(XML_BITS), st.binary()), CUTS, st.sampled_from(["utf-8", "cp1251", "gb18030", "ascii"]))
@example(b"<response>", [], "utf-8")
def test_any_bytes_are_xml_messages_or_parse_error(data, cuts, encoding):
    whole = outcome(mxml, [data], encoding)
    assert whole == outcome(mxml, pieces(data, cuts), encoding)
    assert whole == outcome(mxml, [bytes([b]) for b in data], encoding)


@thorough
@given(MESSAGES, st.data())
def test_damaged_xml_is_messages_or_parse_error(messages, data):
    """A byte lost, doubled or changed on the way."""
    xml = mxml.encode(messages)
    at = data.draw(st.integers(0, len(xml) - 1))
    change = data.draw(st.one_of(st.just(b""), st.binary(min_size=1, max_size=3), st.just(xml[at : at + 1] * 2)))
    broken = xml[:at] + change + xml[at + 1 :]
    result = outcome(mxml, [broken])
    assert result == outcome(mxml, pieces(broken, [at, at + 1]))
    assert result == outcome(mxml, pieces(broken, [at // 2, at, at + 5]))


# --- size: finishing is the check -----------------------------------------------------------------------------------

HEAD, TAIL = b"<response type='object' id='unknown'><generic", b" /></response>"
N = 100_000
# each of them made a reader of this kind slow (quadratic) somewhere; a MB each at most, so linear means seconds
GROWING = {
    "raw: continuation lines": (raw, b"A: 1\r\n" + b"more\r\n" * N),
    "raw: lines without colon, no header": (raw, b"more\r\n" * N),
    "raw: repeats of a header": (raw, b"A: 1\r\n" * N),
    "raw: messages": (raw, b"A: 1\r\n\r\n" * N),
    "raw: CRs": (raw, b"A: " + b"\r" * N),
    "raw: LFs in CRLF text": (raw, b"A: 1\r\n" + b"\n" * N),
    "raw: text of an old command": (raw, b"Response: Follows\r\n" + b"a\n\r\n" * N),
    "raw: end marks": (raw, b"Response: Follows\r\n--END COMMAND--\r\n" * N),
    "xml: nested": (mxml, b"<response>" + b"<a>" * N + b"</response>"),
    "xml: nested, cut": (mxml, b"<response>" + b"<a>" * N),
    "xml: attributes": (mxml, HEAD + b"".join(b" a%d='1'" % n for n in range(N)) + TAIL),
    "xml: one attribute again and again": (mxml, HEAD + b" a='1'" * N + TAIL),
    "xml: empty names": (mxml, HEAD + b" ='1'" * N + TAIL),
    "xml: attributes, then no end": (mxml, HEAD + b" a='1'" * N + b" <x" + TAIL),
    "xml: attributes, cut": (mxml, HEAD + b" a='1'" * N),
    "xml: attributes, cut wrongly": (mxml, HEAD + b" a='1'" * N + b"<<"),
    "xml: quotes that do not close": (mxml, HEAD + b" a='" * N + TAIL),
    "xml: quotes that do not close, cut": (mxml, HEAD + b" a='" * N),
    "xml: response without end": (mxml, b"<response" * N),
    "xml: response> without end": (mxml, b"<response>" * N),
    "xml: response with blank": (mxml, b"<response " * N + TAIL),
    "xml: wrappers": (mxml, b"<ajax-response>" * N),
    "xml: half wrappers": (mxml, b"<ajax-response " * N + TAIL),
    "xml: wrapper and blanks": (mxml, b"<ajax-response" + b" " * N * 3 + TAIL),
    "xml: declarations without end": (mxml, b"<?xml " * N + TAIL),
    "xml: blanks in a tag": (mxml, HEAD + b" " * N + b"a" + TAIL),
    "xml: blanks in a tag, cut": (mxml, HEAD + b" " * N + b"a"),
    "xml: blanks before a tag, cut": (mxml, b"<response>" + b" " * N),
    "xml: line ends in a tag": (mxml, HEAD + b" \n" * N + b"\xff" + TAIL),
    "xml: a long name of a tag": (mxml, b"<response><" + b"a" * N + b"\xff" + TAIL),
    "xml: a long name of an attribute": (mxml, HEAD + b" " + b"a" * N + b"\xff" + TAIL),
    "xml: a long name of numbers": (mxml, HEAD + b" " + b"-1" * N + b"='x'" + TAIL),
    "xml: shielded bytes": (mxml, HEAD + b" a='" + b"\xff\x01" * N + b"'" + TAIL),
    "xml: text of the shield's range": (mxml, HEAD + b" a='\x01" + "\U0010f102".encode() * N + b"'" + TAIL),
    "xml: messages": (mxml, (HEAD + b" a='1'" + TAIL) * N),
    "xml: messages with flaws": (mxml, (HEAD + b" a='\xff\t'" + TAIL) * N),
    "xml: ends": (mxml, b"</response>" * N),
    "xml: ampersands": (mxml, HEAD + b" a='" + b"&" * N + b"'" + TAIL),
    "xml: lesser than": (mxml, b"<" * N + TAIL),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GROWING)
def test_large_and_odd_inputs_finish(name):
    module, data = GROWING[name]
    result = outcome(module, [data])
    assert result == outcome(module, [data[i : i + 65_536] for i in range(0, len(data), 65_536)])


def test_such_inputs_in_small():
    """The same shapes at a hundredth of the size, byte by byte too, in the quick run."""
    for name, (module, data) in GROWING.items():
        small = data[:500] + data[-500:]
        assert outcome(module, [small]) == outcome(module, [small[i : i + 1] for i in range(len(small))]), name


@pytest.mark.slow
def test_a_line_of_50_mb():
    value = b"x" * 50_000_000
    data = b"Event: X\r\nA: " + value + b"\r\n\r\n"
    for size in (len(data), 16_384):
        messages, cut = outcome(raw, [data[i : i + size] for i in range(0, len(data), size)])
        assert (len(messages), len(messages[0].pairs[1][1]), cut) == (1, len(value), False)
    no_end, cut = outcome(raw, [value[i : i + 16_384] for i in range(0, len(value), 16_384)])
    assert (len(no_end[0].pairs[0][1]), cut) == (len(value), True)
    xml = mxml.encode(messages)
    for size in (len(xml), 16_384):
        messages, cut = outcome(mxml, [xml[i : i + size] for i in range(0, len(xml), size)])
        assert (messages[0].pairs[1] == ("a", value.decode()), cut) == (True, False)


@pytest.mark.slow
def test_a_million_lines():
    assert outcome(raw, [b"\r\n" * 1_000_000]) == ([], False)
    assert outcome(raw, [b"\n" * 1_000_000]) == ([], False)
    one = outcome(raw, [b"x\r\n"] * 1_000_000)
    assert len(one[0]) == 1
    assert len(one[0][0].pairs[0][1]) == 3_000_000 - 2
    one = outcome(raw, [b"A", b":", b"1", b"\n", b"\n"] * 400_000)
    assert len(one[0]) == 400_000
    parts = outcome(mxml, [b"<response><g a='1'/></response>"] * 100_000)
    assert len(parts[0]) == 100_000


@pytest.mark.slow
def test_a_bomb_is_refused_at_once():
    bomb = b"<!DOCTYPE x [<!ENTITY a '" + b"a" * 1_000_000 + b"'>]>"
    assert outcome(mxml, [bomb + b"<response><g a='" + b"&a;" * 1_000_000 + b"'/></response>"]) == "no XML"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_long_mixtures_finish(seed):
    rnd = random.Random(seed)
    for module, bits in ((raw, RAW_BITS), (mxml, XML_BITS)):
        few = rnd.sample(bits, rnd.randint(1, 4))
        data = b"".join(rnd.choices(few, k=60_000))
        cuts = [rnd.randrange(len(data) + 1) for _ in range(20)]
        assert outcome(module, [data]) == outcome(module, pieces(data, cuts))
