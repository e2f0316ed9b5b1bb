"""XML: what the server writes becomes messages without loss; the model of its encoder writes the same bytes."""

from __future__ import annotations

import random

import pytest
from amf_support import SAMPLES, for_each

from amiframe.errors import ConfigError, ParseError
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.message import Message

Pairs = list[tuple[str, str]]
ODD = SAMPLES / "22" / "odd"


def pairs_of(messages: list[Message]) -> list[Pairs]:
    return [list(m.pairs) for m in messages]


def response(attributes: bytes) -> bytes:
    return b"<response type='object' id='unknown'><generic" + attributes + b" /></response>\n"


def document(*attributes: bytes) -> bytes:
    return b"<ajax-response>\n" + b"".join(map(response, attributes)) + b"</ajax-response>\n"


def in_pieces(pieces: list[bytes], encoding: str = "utf-8") -> tuple[list[Message], mxml.Reader]:
    reader = mxml.Reader(encoding)
    messages = [m for piece in pieces for m in reader.feed(piece)]
    return messages + reader.close(), reader


def splits(data: bytes, times: int = 10) -> list[list[bytes]]:
    ways = [[data], [data[i : i + 1] for i in range(len(data))], [b"", data, b""]]
    rnd = random.Random(len(data))
    for _ in range(times):
        at = sorted(rnd.choices(range(len(data) + 1), k=rnd.randint(1, 9)))
        ways.append([data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)])
    return ways


PING = b" response='Success' ping='Pong'"
PING_PAIRS = [("response", "Success"), ("ping", "Pong")]
EVERY_CONTROL = bytes(range(1, 32)) + b"\x7f"
CASES: list[tuple[str, bytes, list[Pairs]]] = [
    ("nothing", b"", []),
    ("blanks", b" \r\n\n", []),
    ("the answer of a displaced wait", b"<ajax-response>\n</ajax-response>\n", []),
    ("an empty element", b"<ajax-response/>", []),
    ("one message", document(PING), [PING_PAIRS]),
    ("several messages", document(PING, b" event='A' x='1'", b" event='B'"),
     [PING_PAIRS, [("event", "A"), ("x", "1")], [("event", "B")]]),
    ("documents one after the other", document(PING) + document() + document(b" event='A'", b" event='B'") * 2,
     [PING_PAIRS, *[[("event", "A")], [("event", "B")]] * 2]),
    ("an XML declaration", b"<?xml version='1.0' encoding='UTF-8'?>\n" + document(PING), [PING_PAIRS]),
    ("a declaration that lies", b"<?xml version='1.0' encoding='latin-1'?>" + document(b" a='\xc3\xa9'"),
     [[("a", "é")]]),
    ("a declaration before each document", (b"<?xml version='1.0'?>\n" + document(PING)) * 3, [PING_PAIRS] * 3),
    ("saved with CRLF", document(PING, b" a='1'").replace(b"\n", b"\r\n"), [PING_PAIRS, [("a", "1")]]),
    ("without line ends", document(PING, b" a='1'").replace(b"\n", b""), [PING_PAIRS, [("a", "1")]]),
    ("another object type", document(PING).replace(b"generic", b"my-obj_1.x"), [PING_PAIRS]),
    ("escapes", document(b" t='&quot;&apos;&lt;&gt;&amp;' u='&amp;lt; &#65;&#x42;'"),
     [[("t", "\"'<>&"), ("u", "&lt; AB")]]),
    ("a line for each attribute", document(b"\n a='1'\n  b='\t' a='2'\n"), [[("a", "1"), ("b", "\t"), ("a", "2")]]),
    ("an empty value", document(b" e='' f=''"), [[("e", ""), ("f", "")]]),
    ("double quotes, a client's own XML", document(b' a="it\'s" b=\'x\''), [[("a", "it's"), ("b", "x")]]),
    ("unescaped > and quotes in a value", document(b" a='1>0 \"x\"' b='/>'"), [[("a", '1>0 "x"'), ("b", "/>")]]),
    ("TAB and LF", document(b" a='1\t2' o='x\ny\n\nz'"), [[("a", "1\t2"), ("o", "x\ny\n\nz")]]),
    ("LF at the edges of a value", document(b" a='\nx\n' b='\n'"), [[("a", "\nx\n"), ("b", "\n")]]),
    ("CR alone", document(b" a='1\r2'"), [[("a", "1\r2")]]),
    ("CR and CRLF", document(b" a='1\r2\r\n3'"), [[("a", "1\r2\r\n3")]]),
    ("blanks at the edges", document(b" a='  x  '"), [[("a", "  x  ")]]),
    ("every control character", document(b" a='" + EVERY_CONTROL + b"'"), [[("a", EVERY_CONTROL.decode())]]),
    ("NUL", document(b" a='x\x00y'"), [[("a", "x\x00y")]]),
    ("what is no UTF-8", document(b" l='caf\xe9' m='\xd0' n='\xff\xfe\x80'"),
     [[("l", "caf\udce9"), ("m", "\udcd0"), ("n", "\udcff\udcfe\udc80")]]),
    ("encoded surrogates are no UTF-8", document(b" a='\xed\xb3\xbf'"), [[("a", "\udced\udcb3\udcbf")]]),
    ("UTF-8", document(" a='Ёж \U0001f600 \u0085\u2028'".encode()), [[("a", "Ёж \U0001f600 \u0085\u2028")]]),
    ("characters that XML forbids", document(" a='\ufffe\uffff\ufffd'".encode()), [[("a", "\ufffe\uffff\ufffd")]]),
    ("text where our own shield lies",
     document(" a='\U0010f001\U0010f102x\U0010f0e9\U0010f103\U0010f0ff\U0010efff'".encode()),
     [[("a", "\U0010f001\U0010f102x\U0010f0e9\U0010f103\U0010f0ff\U0010efff")]]),
    ("beside what is shielded", document(" a='\x01\U0010f001\x1b\U0010f102".encode() + b"\xe9'"),
     [[("a", "\x01\U0010f001\x1b\U0010f102\udce9")]]),
    ("repeats", document(b" variable='A=1' variable-2='B=2' variable-3='C' variable-10='D'"),
     [[("variable", "A=1"), ("variable", "B=2"), ("variable", "C"), ("variable", "D")]]),
    ("repeats and their look-alike", document(b" d='1' d-2='2' d_2='x'"), [[("d", "1"), ("d", "2"), ("d_2", "x")]]),
    ("Foo and foo", document(b" foo='1' foo='2' x='3'"), [[("foo", "1"), ("foo", "2"), ("x", "3")]]),
    ("Foo, Foo, foo, foo", document(b" foo='1' foo-2='2' foo='3' foo-2='4'"),
     [[("foo", "1"), ("foo", "2"), ("foo", "3"), ("foo", "4")]]),
    ("an empty name", document(b" event='U' ='v' x='1'"), [[("event", "U"), ("_", "v"), ("x", "1")]]),
    ("empty names", document(b" event='U' ='v' -2='w' -3='x' _='y'"),
     [[("event", "U"), ("_", "v"), ("_", "w"), ("_", "x"), ("_", "y")]]),
    ("names that begin with _", document(b" _1st='x' ________='y'"),
     [[("_1st", "x"), ("________", "y")]]),
    ("a comment, an instruction",
     document(PING).replace(b"<resp", b"<!-- hi --><?pi x?><resp").replace(b"<generic", b"<!-- a=''--><generic"),
     [PING_PAIRS]),
    ("a flaw in one of many", document(PING, b" a='\xe9\t'", b" x='1\t'", PING),
     [PING_PAIRS, [("a", "\udce9\t")], [("x", "1\t")], PING_PAIRS]),
    ("long names and values", document(b" " + b"n" * 3000 + b"='" + b"v" * 200_000 + b"'"),
     [[("n" * 3000, "v" * 200_000)]]),
]  # fmt: skip


@for_each(CASES)
def test_whole(name, data, expected):
    assert pairs_of(mxml.parse(data)) == expected


@for_each(CASES)
def test_in_any_pieces(name, data, expected):
    ways = splits(data) if len(data) < 10_000 else [[data[:70_000], data[70_000:]]]
    for pieces in ways:
        messages, reader = in_pieces(pieces)
        assert pairs_of(messages) == expected
        assert not reader.cut
        assert reader.banner == ""


@for_each(CASES)
def test_with_a_document_behind(name, data, expected):
    for behind in (document(PING), document(b" a='\xe9'", PING)):
        assert pairs_of(mxml.parse(data + behind))[: len(expected)] == expected
        assert pairs_of(mxml.parse(data + behind))[-1] == PING_PAIRS


def test_messages_come_as_soon_as_they_are_complete():
    data = document(PING, b" a='1\t'")
    first = data.index(b"</response>") + len(b"</response>")
    reader = mxml.Reader()
    assert reader.feed(data[: first - 1]) == []
    assert pairs_of(reader.feed(data[first - 1 : first])) == [PING_PAIRS]
    assert pairs_of(reader.feed(data[first:])) == [[("a", "1\t")]]
    assert reader.close() == []
    assert reader.close() == []


# --- cut off --------------------------------------------------------------------------------------------------------


CUT = (b"<ajax-response>\n", response(PING), b"<response type='object' id='unknown'>",
       b"<generic event='Hangup' variable='a &amp; b' variable-2='\t\xe9' x=''")  # fmt: skip
CUT_PAIRS = [("event", "Hangup"), ("variable", "a & b"), ("variable", "\t\udce9"), ("x", "")]


def test_an_answer_cut_anywhere_keeps_its_whole_attributes():
    data = b"".join(CUT) + b" /></response>\n</ajax-response>\n"
    head = len(b"".join(CUT[:3]))
    ends = [data.index(mark) + len(mark) for mark in (b"'Hangup'", b"amp; b'", b"\xe9'", b"x=''")]
    closed = data.rindex(b"</response>") + len(b"</response>")
    for at in range(len(data) + 1):
        messages, reader = in_pieces([data[:at]])
        dripped, other = in_pieces([data[i : i + 1] for i in range(at)])
        assert (messages, reader.cut) == (dripped, other.cut)
        found = pairs_of(messages)
        first = [PING_PAIRS] if at >= data.index(b"</response>") + len(b"</response>") else []
        if len(data[:at]) > head:
            whole = sum(at >= end for end in ends)
            assert found == [PING_PAIRS, *([CUT_PAIRS[:whole]] if whole else [])], data[:at]
        elif first or at < len(CUT[0]) + len(CUT[2]):
            assert found == first, data[:at]
        between = data[:at].rstrip(b"\n").endswith((b"</response>", b"ajax-response>")) or at == 0
        assert reader.cut is not between, data[:at]
        assert reader.cut is False or at < closed or data[closed:at].strip()


def test_a_first_message_cut_is_kept_too():
    assert pairs_of(mxml.parse(b"<ajax-response>\n<response type='object' id='x'><generic event='A' b='1")) == [
        [("event", "A")]
    ]
    assert pairs_of(mxml.parse(b"<response><generic event='A' foo='1' foo='2' ='3' />")) == [
        [("event", "A"), ("foo", "1"), ("foo", "2"), ("_", "3")]
    ]
    assert mxml.parse(b"<response type='object'") == []  # attributes of the frame are no headers
    assert mxml.parse(b"<response type='object' id='unknown'><generic") == []
    assert mxml.parse(b"<response type='object' id='unknown'>") == []


def test_cut_in_another_encoding():
    messages, reader = in_pieces([response(" a='Имя\t' b='Ё' c='x".encode("cp1251"))[:-20]], "cp1251")
    assert (pairs_of(messages), reader.cut) == ([[("a", "Имя\t"), ("b", "Ё")]], True)
    messages, reader = in_pieces([response(b" a='\xc3\xa9' b")[:-16]], "ascii")
    assert (pairs_of(messages), reader.cut) == ([[("a", "\udcc3\udca9")]], True)


def test_two_open_messages_are_no_cut_answer():
    with pytest.raises(ParseError):
        mxml.parse(response(PING) + response(PING).replace(b"</response>", b"") * 2)
    with pytest.raises(ParseError):
        mxml.parse((response(PING) + b"<response><generic a='1'") * 2 + response(PING))


# --- what is refused ------------------------------------------------------------------------------------------------


BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>"
    + b"".join(b"<!ENTITY lol%d '%s'>" % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]>"
)
REFUSED = [
    ("entities that swell", BOMB + document(b" a='&lol9;'")),
    ("a document type", b"<!DOCTYPE ajax-response>" + document(PING)),
    ("in small letters", b"<!doctype html><html></html>"),
    ("an outer file", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + document(b" a='&x;'")),
    ("an outer file, later", document(PING) + b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'>" + document(PING)),
    ("a lone entity declaration", b"<!ENTITY x 'y'>" + document(b" a='&x;'")),
    ("an unknown entity", document(b" a='&nbsp;'")),
    ("an unknown entity beside a flaw", document(b" a='&nbsp;' b='\xe9'")),
    ("a bare &", document(b" a='x & y'")),
    ("a bare <", document(b" a='x < y'")),
    ("a forbidden character by number", document(b" a='&#1;'")),
    ("a web page", b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"),
    ("a web page that is no XML", b"<html><body><br><p>x</body></html>"),
    ("text", b"Response: Success\r\nPing: Pong\r\n\r\n"),
    ("text before", b"hello" + document(PING)),
    ("text between", document(PING).replace(b"</response>", b"</response>hello")),
    ("text between two responses", document(PING, PING).replace(b"</response>\n<", b"</response>hello<", 1)),
    ("text inside the response", document(PING).replace(b"<generic", b"hello<generic")),
    ("text behind the element", document(PING).replace(b"/></r", b"/>hello</r")),
    ("text inside the element", document(PING).replace(b" /></r", b">hello</generic></r")),
    ("foreign XML", b"<feed xmlns='x'><entry a='1'/></feed>"),
    ("foreign XML with our tag inside", b"<feed><response type='o' id='u'><generic a='1' /></response></feed>"),
    ("foreign beside ours", b"<other a='1'/>" + response(PING)),
    ("two elements in a response", document(PING).replace(b"<generic", b"<generic a='1' /><generic")),
    ("no element in a response", b"<response type='object' id='unknown'></response>"),
    ("nested elements", document(PING).replace(b" /></r", b"><x /></generic></r")),
    ("nesting without end", b"<response>" + b"<a>" * 100_000),
    ("nesting with end", b"<response>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</response>"),
    ("a tag that does not close", document(PING).replace(b" />", b" ")),
    ("a quote that does not close", document(PING).replace(b"Pong'", b"Pong")),
    ("a name that is none", document(b" 1a='x'")),
    ("a namespace", document(b" a:b='x'")),
    ("a text of bytes", bytes(range(256))),
    ("UTF-16", document(PING).decode().encode("utf-16")),
    ("cut in text", document(PING) + b"hello"),
    ("cut in another tag", document(PING) + b"<html"),
    ("text before what is cut", b"hello <response type='object' id='u'><generic a='1'"),
]


@pytest.mark.parametrize("data", [c[1] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused(data):
    with pytest.raises(ParseError) as caught:
        mxml.parse(data)
    error = caught.value
    assert 0 <= error.offset <= len(data)
    assert error.excerpt
    assert error.excerpt.isprintable()
    assert len(error.excerpt) <= 60
    assert str(error)


@pytest.mark.parametrize("declaration", [b"<!DOCTYPE x>", b"<!doctype html>", b"<!ENTITY x 'y'>", b"<!entity x 'y'>"])
def test_declarations_are_refused_before_they_are_read(declaration):
    for data in (declaration + document(PING), document(PING) + declaration + document(PING), declaration):
        with pytest.raises(ParseError, match="document type or entity declaration"):
            mxml.parse(data)


def test_an_error_says_where():
    good = document(PING)
    with pytest.raises(ParseError) as caught:
        mxml.parse(b"<ajax-response>\n<!DOCTYPE x>" + response(PING))
    assert (caught.value.offset, caught.value.excerpt[:9]) == (16, "<!DOCTYPE")
    with pytest.raises(ParseError) as caught:
        in_pieces([good, good, good + b"<html></html>" + response(PING)])
    offset = caught.value.offset
    assert len(good) * 2 - len("\n</ajax-response>\n") <= offset <= len(good) * 3
    with pytest.raises(ParseError) as caught:
        in_pieces([good, b"<!ENTITY a 'b'>" + response(PING)])
    assert caught.value.offset == len(good)
    with pytest.raises(ParseError, match="AMI answers at /mxml"):
        mxml.parse(b"<html></html>")


def test_a_refused_document_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do-not-tell")
    dtd = b"<!DOCTYPE a [<!ENTITY x SYSTEM '%s'>]>" % secret.as_uri().encode()
    with pytest.raises(ParseError) as caught:
        mxml.parse(dtd + document(b" a='&x;'"))
    assert "do-not-tell" not in str(caught.value) + caught.value.excerpt


@pytest.mark.parametrize("encoding", ["utf-16", "no-such", "utf-7"])
def test_encodings_are_checked(encoding):
    for call in (lambda: mxml.parse(b"", encoding=encoding), lambda: mxml.Reader(encoding)):
        with pytest.raises(ConfigError):
            call()


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "latin-1", "gb18030", "ascii", "utf-8"])
def test_a_declared_encoding_is_honoured(encoding):
    text = " a='Ёж' b='\t\U0010f001\xe9'"
    data = text.encode(encoding, "ignore")
    wanted = data.decode(encoding)[4:].split("' b='")
    assert pairs_of(mxml.parse(document(data), encoding=encoding)) == [[("a", wanted[0]), ("b", wanted[1][:-1])]]
    # bytes that the encoding does not know stay themselves, even where they would be UTF-8
    unknown = {"ascii": b"\xc3\xa9", "cp1251": b"\x98", "utf-8": b"\xc3"}.get(encoding, b"")
    kept = "".join(chr(0xDC00 + byte) for byte in unknown)
    assert pairs_of(mxml.parse(document(b" a='" + unknown + b"'"), encoding=encoding)) == [[("a", kept)]]


def test_a_value_larger_than_libxml2_takes_by_itself():
    """One UserEvent of 11 MB, plain and with a byte that needs the repair."""
    for tail in ("", "\t"):
        value = "v" * 11_000_000 + tail + "x"
        data = document(b" a='" + value.encode() + b"'")
        assert pairs_of(mxml.parse(data)) == [[("a", value)]]


# --- the model of the server's encoder ------------------------------------------------------------------------------


ENCODED: list[tuple[str, Pairs, bytes]] = [
    ("plain", [("Response", "Success"), ("Ping", "Pong")], b" response='Success' ping='Pong'"),
    ("names", [("Cause-txt", "1"), ("ChanVariable(PJSIP/1)", "2"), ("my key", "3"), ("a.b", "4"), ("X_1", "5")],
     b" cause_txt='1' chanvariable_pjsip_1_='2' my_key='3' a_b='4' x_1='5'"),
    ("a leading digit", [("1st", "x"), ("x1st", "y"), ("-1", "z")], b" _1st='x' x1st='y' _1='z'"),
    ("each byte of a name", [("Ключ", "v"), ("\U0001f600", "w"), ("a\udcff", "x")],
     b" ________='v' ____='w' a_='x'"),
    ("escapes", [("A", "\"'<>&"), ("B", "&lt;"), ("C", "a;b=c/d\\")],
     b" a='&quot;&apos;&lt;&gt;&amp;' b='&amp;lt;' c='a;b=c/d\\'"),
    ("repeats", [("V", "1"), ("W", "x"), ("V", "2"), ("V", "3")], b" v='1' w='x' v-2='2' v-3='3'"),
    ("repeats are counted on their spelling", [("Foo", "1"), ("foo", "2"), ("Foo", "3"), ("foo", "4")],
     b" foo='1' foo='2' foo-2='3' foo-2='4'"),
    ("what looks like a repeat", [("D", "1"), ("D", "2"), ("D-2", "x")], b" d='1' d-2='2' d_2='x'"),
    ("what becomes one name", [("a-b", "1"), ("a_b", "2")], b" a_b='1' a_b='2'"),
    ("an empty name", [("E", "U"), ("", "v"), ("", "w")], b" e='U' ='v' -2='w'"),
    ("blanks behind a name", [("A ", "1"), ("A", "2"), ("\tA", "3")], b" a='1' a-2='2' _a='3'"),
    ("trimmed", [("T", "  a b  "), ("U", "\t\x1ba\x01b\x01 "), ("V", "   "), ("W", "\x7f\xa0")],
     b" t='a b' u='a\x01b' v='' w='\x7f\xc2\xa0'"),
    ("TAB and controls inside", [("T", "a\tb\x1b[0m\x00c")], b" t='a\tb\x1b[0m\x00c'"),
    ("colons", [("T", "a: b:c"), ("U", ": x"), ("a:b", "c")], b" t='a: b:c' u=': x' a='b: c'"),
    ("no UTF-8", [("L", "caf\udce9"), ("M", "\udced\udca0\udc80")],
     b" l='caf\xe9' m='\xed\xa0\x80'"),
    ("UTF-8 is copied", [("T", "Ё\U0001f600\ufffe\U0010f001")], " t='Ё\U0001f600\ufffe\U0010f001'".encode()),
    ("a bare LF", [("T", "a\nb")], b" t='a' opaque_data='b'"),
    ("a bare LF and a colon", [("T", "a\nb: c"), ("U", "d")], b" t='a' b='c' u='d'"),
    ("a bare CR", [("T", "a\rb"), ("U", "1")], b" t='a' opaque_data='b\nU: 1'"),
    ("CRLF", [("T", "a\r\nInj: 1")], b" t='a' inj='1'"),
    ("LF LF is one line end", [("T", "a\n\nb")], b" t='a' opaque_data='b'"),
    ("opaque data to the end", [("T", "a\r\nno <colon> here \r\n  x "), ("After", "2"), ("B", "")],
     b" t='a' opaque_data='no &lt;colon&gt; here\n  x\nAfter: 2\nB:'"),
    ("opaque data keeps the blanks before it", [("T", "a\n  b \n \tc")], b" t='a' opaque_data='  b\n \tc'"),
    ("a header of that name before it", [("Opaque-data", "1"), ("T", "a\nb")],
     b" opaque_data='1' t='a' opaque_data-2='b'"),
]  # fmt: skip


@pytest.mark.parametrize(("pairs", "attributes"), [c[1:] for c in ENCODED], ids=[c[0] for c in ENCODED])
def test_encode(pairs, attributes):
    assert mxml.encode([Message(tuple(pairs))]) == document(attributes)


def test_encode_splits_records_where_the_server_does():
    one = Message((("T", "a\r\n\r\nEvent: Fake\r\nX: 1"), ("Y", "2")))
    assert mxml.encode([one]) == document(b" t='a'", b" event='Fake' x='1' y='2'")
    for blank in ("\n\n\n", "\r\r", "\r\n \t\r\n", "\n\r", "\n \n"):
        assert mxml.encode([Message((("T", f"a{blank}B: 1"),))]) == document(b" t='a'", b" b='1'"), blank
    one = Message((("T", "a\nb\r\n\r\nC: 1"),))
    assert mxml.encode([one, one]) == document(*[b" t='a' opaque_data='b'", b" c='1'"] * 2)


def test_encode_nothing():
    assert mxml.encode([]) == b"<ajax-response>\n</ajax-response>\n"
    assert mxml.encode([Message(())]) == b"<ajax-response>\n</ajax-response>\n"


def test_encode_in_another_encoding():
    """The server knows bytes only: a Cyrillic letter of cp1251 in a name is one ``_``."""
    message = Message((("Имя", "Иван \udc98"),))
    assert mxml.encode([message], encoding="cp1251") == document(" ___='Иван ".encode("cp1251") + b"\x98'")
    assert mxml.encode([message]) == document(" ______='Иван ".encode() + b"\x98'")


@pytest.mark.parametrize("xml", sorted(ODD.glob("*.xml")), ids=lambda p: p.stem)
def test_encode_writes_what_the_server_wrote(xml):
    """Captured from Asterisk 22: quotes, CR/LF, TAB, controls, invalid UTF-8, colliding and empty names."""
    raw = xml.with_suffix(".txt").read_bytes()
    assert mxml.encode(rawman.parse(raw)) == xml.read_bytes()


def test_the_odd_samples_are_there():
    assert len(sorted(ODD.glob("*.xml"))) == 25


ODD_VALUES = [
    ("colon", [("t", "a: b: c")]),
    ("crlf", [("t", "a"), ("inj", "1")]),
    ("ctrl", [("k", "a\x01b")]),
    ("dashunder", [("a_b", "1"), ("a_b", "2")]),
    ("digit", [("_1st", "x"), ("x1st", "y")]),
    ("dup", [("d", "1"), ("d", "2"), ("d", "3")]),
    ("dup2", [("d", "1"), ("d", "2"), ("d_2", "x")]),
    ("dupcase", [("foo", "1"), ("foo", "2")]),
    ("emoji", [("t", "\U0001f600 ok")]),
    ("emptyname", [("_", "v")]),
    ("emptyval", [("e", "")]),
    ("esc", [("k", "[31mred\x1b[0m")]),
    ("event", [("event", "Hangup"), ("privilege", "call,all"), ("timestamp", "1.5")]),
    ("latin1", [("l", "caf\udce9")]),
    ("lf", [("t", "a"), ("opaque_data", "b")]),
    ("nocolonline", [("t", "a"), ("opaque_data", "no colon here\nAfter: 2")]),
    ("nonascii", [("________", "v")]),
    ("quote", [("t", "\"'<>&")]),
    ("space", [("my_key", "v")]),
    ("tab", [("t", "a\tb")]),
    ("trail", [("t", "a b")]),
]


@pytest.mark.parametrize(("stem", "expected"), ODD_VALUES, ids=[s for s, _ in ODD_VALUES])
def test_odd_samples(stem, expected):
    data = (ODD / f"userevent_{stem}.xml").read_bytes()
    for pieces in splits(data, 3):
        messages, reader = in_pieces(pieces)
        assert not reader.cut
        assert [m.name for m in messages] == ["Success", "UserEvent", "WaitEventComplete"]
        assert messages[1].pairs[3] == ("userevent", f"Odd-{stem}")
        assert list(messages[1].pairs[4:]) == expected
