"""Raw text: tables of bytes and the messages they must become, each run whole, byte by byte and in odd pieces."""

from __future__ import annotations

import random

import pytest
from amf_support import SAMPLES, for_each

from amiframe.errors import ConfigError
from amiframe.wire import raw
from amiframe.wire.encoding import check_encoding, decode, encode, excerpt
from amiframe.wire.message import Message

Pairs = list[tuple[str, str]]


def pairs_of(messages: list[Message]) -> list[Pairs]:
    return [list(m.pairs) for m in messages]


def in_pieces(data: bytes, pieces: list[bytes], encoding: str = "utf-8") -> tuple[list[Message], raw.Reader]:
    assert b"".join(pieces) == data
    reader = raw.Reader(encoding)
    messages = [m for piece in pieces for m in reader.feed(piece)]
    return messages + reader.close(), reader


def splits(data: bytes, times: int = 12) -> list[list[bytes]]:
    """Cut the data in pieces: single bytes, every pair of halves of a short text, and at random."""
    ways = [[data[i : i + 1] for i in range(len(data))], [b"", data, b""]]
    if len(data) < 200:
        ways += [[data[:i], data[i:]] for i in range(len(data))]
    rnd = random.Random(len(data))
    for _ in range(times):
        at = sorted(rnd.choices(range(len(data) + 1), k=rnd.randint(1, 9)))
        ways.append([data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)])
    return ways


ONE = [("Response", "Success"), ("Ping", "Pong")]
CASES: list[tuple[str, bytes, list[Pairs]]] = [
    ("nothing", b"", []),
    ("one message", b"Response: Success\r\nPing: Pong\r\n\r\n", [ONE]),
    ("two messages", b"A: 1\r\n\r\nB: 2\r\n\r\n", [[("A", "1")], [("B", "2")]]),
    ("a lone empty line", b"\r\n", []),
    ("extra empty lines before, between, behind", b"\r\n\r\nA: 1\r\n\r\n\r\n\r\nB: 2\r\n\r\n\r\n",
     [[("A", "1")], [("B", "2")]]),
    ("value with a colon and a blank", b"T: a: b: c\r\n\r\n", [[("T", "a: b: c")]]),
    ("value that begins with a colon", b"T: : x\r\nU::x\r\n\r\n", [[("T", ": x"), ("U", ":x")]]),
    ("only one blank is syntax", b"T:   a b  \r\n\r\n", [[("T", "  a b  ")]]),
    ("no blank behind the colon", b"T:a\r\n\r\n", [[("T", "a")]]),
    ("a TAB behind the colon is data", b"T:\ta\r\n\r\n", [[("T", "\ta")]]),
    ("empty value, with and without its blank", b"E: \r\nF:\r\n\r\n", [[("E", ""), ("F", "")]]),
    ("a value of blanks", b"E:   \r\n\r\n", [[("E", "  ")]]),
    ("empty name", b"Event: UserEvent\r\n: v\r\n:\r\n\r\n", [[("Event", "UserEvent"), ("", "v"), ("", "")]]),
    ("blanks stay in a name", b"Event: U\r\nmy key: v\r\n x : w\r\n\r\n",
     [[("Event", "U"), ("my key", "v"), (" x ", "w")]]),
    ("brackets and digits in a name", b"ChanVariable(PJSIP/1-0): a=b\r\n1st: x\r\n\r\n",
     [[("ChanVariable(PJSIP/1-0)", "a=b"), ("1st", "x")]]),
    ("a name of any bytes", b"K\xff\x01\xd0\x9a: v\r\n\r\n", [[("K\udcff\x01\u041a", "v")]]),
    ("repeats stay, in order, in their own spelling", b"V: A=1\r\nW: x\r\nV: B=2\r\nv: C=3\r\n\r\n",
     [[("V", "A=1"), ("W", "x"), ("V", "B=2"), ("v", "C=3")]]),
    ("a bare LF is data", b"T: a\r\nU: a\nb\r\n\r\n", [[("T", "a"), ("U", "a\nb")]]),
    ("a bare LF and a colon are data", b"T: a\r\nU: a\nb: c\r\n\r\n", [[("T", "a"), ("U", "a\nb: c")]]),
    ("bare LFs make no empty line", b"T: a\r\nU: a\n\nb\r\n\r\n", [[("T", "a"), ("U", "a\n\nb")]]),
    ("a bare CR is data", b"T: a\rb\r\n\r\n", [[("T", "a\rb")]]),
    ("CR CR LF", b"T: a\r\r\nU: b\r\n\r\n", [[("T", "a\r"), ("U", "b")]]),
    ("LF CR", b"T: a\r\nU: b\n\rc\r\n\r\n", [[("T", "a"), ("U", "b\n\rc")]]),
    ("a line without colon continues the value", b"T: a\r\nno colon here\r\nAfter: 2\r\n\r\n",
     [[("T", "a\r\nno colon here"), ("After", "2")]]),
    ("several such lines, with their blanks", b"T: a\r\n  b \r\n\tc\r\n\r\nN: 1\r\n\r\n",
     [[("T", "a\r\n  b \r\n\tc")], [("N", "1")]]),
    ("a continuation of an empty value", b"T: \r\nb\r\n\r\n", [[("T", "\r\nb")]]),
    ("a line of one blank continues too", b"T: a\r\n \r\nU: b\r\n\r\n", [[("T", "a\r\n "), ("U", "b")]]),
    ("a line without colon at the head", b"odd line\r\nA: 1\r\n\r\n", [[("Opaque-data", "odd line"), ("A", "1")]]),
    ("two of them", b"odd line\r\nanother\r\n\r\n", [[("Opaque-data", "odd line\r\nanother")]]),
    ("at the head of the second message", b"A: 1\r\n\r\nodd\r\n\r\n", [[("A", "1")], [("Opaque-data", "odd")]]),
    ("text with LF only", b"Response: Success\nPing: Pong\n\nEvent: X\nA: 1\n\n",
     [ONE, [("Event", "X"), ("A", "1")]]),
    ("LF only, with a continuation", b"A: 1\nmore\n\n", [[("A", "1\nmore")]]),
    ("LF only, odd CRLFs in it", b"A: 1\nB: 2\r\nC: 3\n\r\nD: 4\r\n\r\n",
     [[("A", "1"), ("B", "2"), ("C", "3")], [("D", "4")]]),
    ("LF only, a bare CR is data", b"A: 1\nB: 2\r3\n\n", [[("A", "1"), ("B", "2\r3")]]),
    ("LF only, its end cut inside CRLF", b"A: 1\nB: 2\r", [[("A", "1"), ("B", "2")]]),
    ("LF first of all", b"\nA: 1\n\n", [[("A", "1")]]),
    ("no end of line at all", b"A: 1", [[("A", "1")]]),
    ("no LF at all: a CR is data", b"A: 1\r2\r", [[("A", "1\r2\r")]]),
    ("no empty line at the end", b"A: 1\r\nB: 2\r\n", [[("A", "1"), ("B", "2")]]),
    ("cut inside a name", b"A: 1\r\nBc", [[("A", "1\r\nBc")]]),
    ("controls, NUL and ESC", b"K: a\x01b\x00\x1b[31m\x7f\t\r\n\r\n", [[("K", "a\x01b\x00\x1b[31m\x7f\t")]]),
    ("other line ends of Unicode are data", "A: x\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029y\r\n\r\n".encode(),
     [[("A", "x\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029y")]]),
    ("no blank but the blank is syntax", "A:\u00a0x\r\n\r\n".encode(), [[("A", "\u00a0x")]]),
    ("UTF-8", "T: \U0001f600 ok\r\nКлюч: й\r\n\r\n".encode(), [[("T", "\U0001f600 ok"), ("Ключ", "й")]]),
    ("what is no UTF-8 is kept", b"L: caf\xe9\r\nM: \xd0\r\nN: \xff\xfe\x80\r\n\r\n",
     [[("L", "caf\udce9"), ("M", "\udcd0"), ("N", "\udcff\udcfe\udc80")]]),
    ("a list", b"Response: Success\r\nEventList: start\r\n\r\nEvent: S\r\nA: 1\r\n\r\nEvent: SComplete\r\n"
     b"EventList: Complete\r\nListItems: 1\r\n\r\n",
     [[("Response", "Success"), ("EventList", "start")], [("Event", "S"), ("A", "1")],
      [("Event", "SComplete"), ("EventList", "Complete"), ("ListItems", "1")]]),
    ("command output keeps its indentation", b"Response: Success\r\nOutput: [X]\r\nOutput:     y \r\nOutput: \r\n\r\n",
     [[("Response", "Success"), ("Output", "[X]"), ("Output", "    y "), ("Output", "")]]),
]  # fmt: skip

FOLLOWS = b"Response: Follows\r\nPrivilege: Command\r\n"
F_HEAD = [("Response", "Follows"), ("Privilege", "Command")]
CASES += [
    ("old command", FOLLOWS + b"one\ntwo: 2\n\n  four\n--END COMMAND--\r\n\r\nEvent: X\r\nA: 1\r\n\r\n",
     [[*F_HEAD, *(("Output", x) for x in ("one", "two: 2", "", "  four"))], [("Event", "X"), ("A", "1")]]),
    ("old command with ActionID", FOLLOWS + b"ActionID: a: 7\r\nx\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("ActionID", "a: 7"), ("Output", "x")]]),
    ("old command, ActionID first, other case", b"RESPONSE:  follows \r\nactionid:1\r\nx: y\n--END COMMAND--\r\n\r\n",
     [[("RESPONSE", " follows "), ("actionid", "1"), ("Output", "x: y")]]),
    ("old command, first line has a colon", FOLLOWS + b"Name: Bob\nActionID: 7\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", "Name: Bob"), ("Output", "ActionID: 7")]]),
    ("old command, CRLF and empty lines inside", FOLLOWS + b"a\r\n\r\nb: 1\r\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", "a"), ("Output", ""), ("Output", "b: 1")]]),
    ("old command, LF CRLF mixed", FOLLOWS + b"a\r\r\nb\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", "a"), ("Output", "b")]]),
    ("old command, a header's name once the text began", FOLLOWS + b"text\r\nPrivilege: x\r\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", "text"), ("Output", "Privilege: x")]]),
    ("old command, end behind text", FOLLOWS + b"a\nb--END COMMAND--\r\n\r\nA: 1\r\n\r\n",
     [[*F_HEAD, ("Output", "a"), ("Output", "b")], [("A", "1")]]),
    ("old command, the mark inside a line ends nothing", FOLLOWS + b"--END COMMAND-- x\r\ny\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", "--END COMMAND-- x"), ("Output", "y")]]),
    ("old command without text", FOLLOWS + b"--END COMMAND--\r\n\r\nA: 1\r\n\r\n", [F_HEAD, [("A", "1")]]),
    ("old command, empty lines only", FOLLOWS + b"\r\n\r\n--END COMMAND--\r\n\r\n",
     [[*F_HEAD, ("Output", ""), ("Output", "")]]),
    ("old command, LF only", b"Response: Follows\nPrivilege: Command\na\n\nb: c\n--END COMMAND--\n\nA: 1\n\n",
     [[*F_HEAD, ("Output", "a"), ("Output", ""), ("Output", "b: c")], [("A", "1")]]),
    ("old command, cut", FOLLOWS + b"a\n\nb", [[*F_HEAD, ("Output", "a"), ("Output", ""), ("Output", "b")]]),
    ("old command, cut before the text", FOLLOWS, [F_HEAD]),
    ("Follows counts at the head only", b"Event: X\r\nResponse: Follows\r\nA: 1\r\n\r\nB: 2\r\n\r\n",
     [[("Event", "X"), ("Response", "Follows"), ("A", "1")], [("B", "2")]]),
    ("Followsomething is no Follows", b"Response: Followsx\r\n\r\nB: 2\r\n\r\n",
     [[("Response", "Followsx")], [("B", "2")]]),
    ("Event: Follows neither", b"Event: Follows\r\n\r\nB: 2\r\n\r\n", [[("Event", "Follows")], [("B", "2")]]),
]  # fmt: skip


@for_each(CASES)
def test_whole(name, data, expected):
    assert pairs_of(raw.parse(data)) == expected


@for_each(CASES)
def test_in_any_pieces(name, data, expected):
    for pieces in splits(data):
        messages, reader = in_pieces(data, pieces)
        assert pairs_of(messages) == expected, pieces
        assert reader.banner == ""


@for_each(CASES)
def test_with_a_message_behind(name, data, expected):
    """A message behind an empty line changes nothing of what stands before."""
    end = b"\n\n" if data.partition(b"\n")[0][-1:] != b"\r" and b"\n" in data else b"\r\n\r\n"
    if b"END COMMAND" not in data and b": Follows\r\nPrivilege" in data:
        return  # the text of an open command swallows what follows
    whole = (data.removesuffix(b"\r") if end == b"\n\n" else data) + end + end.join([b"Event: Last", b"x: y", b""])
    got = pairs_of(raw.parse(whole))
    assert got == [*expected, [("Event", "Last")], [("x", "y")]]


@for_each(CASES)
def test_with_a_banner_before(name, data, expected):
    first_end = b"\r\n" if data.partition(b"\n")[0][-1:] == b"\r" or b"\n" not in data else b"\n"
    whole = b"Asterisk Call Manager/11.0.0" + first_end + data
    for pieces in ([whole], *splits(whole, 3)[:2]):
        messages, reader = in_pieces(whole, pieces)
        if not (b"\n" not in data and data.endswith(b"\r")):
            assert pairs_of(messages) == expected
        assert reader.banner == "Asterisk Call Manager/11.0.0"


def test_messages_come_as_soon_as_they_are_complete():
    reader = raw.Reader()
    assert reader.feed(b"A: 1\r\n\r") == []
    assert pairs_of(reader.feed(b"\n")) == [[("A", "1")]]
    assert reader.feed(b"\r\n\r\n") == []
    assert reader.feed(b"B: 2\r\n") == []
    assert pairs_of(reader.feed(b"\r\nC: 3\r\n\r\nD")) == [[("B", "2")], [("C", "3")]]
    assert pairs_of(reader.close()) == [[("Opaque-data", "D")]]
    assert reader.cut
    assert reader.close() == []


def test_an_old_command_comes_at_its_end_mark():
    reader = raw.Reader()
    assert reader.feed(FOLLOWS + b"a\n\r\n\r\nb\n--END COMM") == []
    assert [m.all("Output") for m in reader.feed(b"AND--\r\n")] == [["a", "", "", "b"]]
    assert reader.close() == []
    assert not reader.cut


@pytest.mark.parametrize(
    ("data", "cut"),
    [
        (b"", False),
        (b"A: 1\r\n\r\n", False),
        (b"A: 1\r\n\r\n\r\n", False),
        (b"A: 1\r\n", True),
        (b"A: 1", True),
        (b"A: 1\r\n\r\nEvent: X\r\nB", True),
        (b"A: 1\n\n", False),
        (b"A: 1\n", True),
        (b"Asterisk Call Manager/5.0.4\r\n", False),
        (b"Asterisk Call Manager/5.0.4", False),
        (FOLLOWS + b"text\r\n\r\n", True),
        (FOLLOWS + b"text\n--END COMMAND--\r\n\r\n", False),
    ],
)
def test_cut(data, cut):
    for pieces in ([data], *splits(data)):
        _, reader = in_pieces(data, pieces)
        assert reader.cut is cut


def test_a_file_cut_anywhere_keeps_every_whole_message():
    """A disk was full: what was written before stays right, up to the very line."""
    data = (SAMPLES / "seed-page" / "status.txt").read_bytes()
    full = raw.parse(data)
    for at in range(len(data)):
        reader = raw.Reader()
        got = reader.feed(data[:at]) + reader.close()
        if reader.cut:
            *got, last = got
            whole = full[len(got)]
            assert last.pairs[:-1] == whole.pairs[: len(last) - 1]
        assert got == full[: len(got)]
        assert reader.cut is not data[:at].endswith((b"\r\n\r\n",)) or at == 0


def test_banner_is_looked_for_at_the_head_only():
    data = b"A: 1\r\n\r\nAsterisk Call Manager/5.0.4\r\nB: 1\r\n\r\n"
    for pieces in ([data], *splits(data)):
        messages, reader = in_pieces(data, pieces)
        assert pairs_of(messages) == [[("A", "1")], [("Opaque-data", "Asterisk Call Manager/5.0.4"), ("B", "1")]]
        assert reader.banner == ""
    assert raw.parse(b"Asterisk Call Manager/5.0.4\r\n") == []


# --- encodings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp1251", "Имя: Иван Ёж\r\n\r\n"), ("koi8-r", "A: Привет\r\n\r\n"), ("latin-1", "A: café\x85\xa0\r\n\r\n"),
     ("cp866", "A: Ёлка\r\n\r\n"), ("gb18030", "A: 中文 \U0010f001\r\n\r\n"), ("UTF8", "A: ©\r\n\r\n")],
)  # fmt: skip
def test_a_declared_encoding_is_honoured(encoding, text):
    data = text.encode(encoding)
    name, _, value = text.removesuffix("\r\n\r\n").partition(": ")
    for pieces in ([data], *splits(data)):
        messages, _ = in_pieces(data, pieces, encoding)
        assert pairs_of(messages) == [[(name, value)]]
    assert raw.parse(data, encoding=encoding) == messages
    assert raw.render(messages, encoding=encoding) == data


def test_bytes_that_an_encoding_does_not_know_are_kept():
    data = b"A: x\x98y\r\n\r\n"  # 0x98 is the one byte that cp1251 leaves out
    messages = raw.parse(data, encoding="cp1251")
    assert pairs_of(messages) == [[("A", "x\udc98y")]]
    assert raw.render(messages, encoding="cp1251") == data


@pytest.mark.parametrize("encoding", ["no-such", "", "a\0b", "кои8", "utf-99", "x" * 500])
def test_an_unknown_encoding_is_said(encoding):
    with pytest.raises(ConfigError, match="unknown text encoding") as caught:
        raw.parse(b"", encoding=encoding)
    assert "cp1251" in (caught.value.hint or "")
    with pytest.raises(ConfigError):
        raw.Reader(encoding)


@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "UTF-32", "utf-8-sig", "cp037", "cp500", "utf-7", "iso2022_jp", "iso2022_kr", "hz", "idna",
     "punycode", "unicode_escape", "raw_unicode_escape", "rot13", "base64", "undefined"],
)  # fmt: skip
def test_encodings_that_are_not_ascii_at_heart_are_refused(encoding):
    """In these a byte below 128 may mean another character, so lines could not be told from bytes."""
    with pytest.raises(ConfigError, match="encoding"):
        raw.parse(b"A: 1\r\n\r\n", encoding=encoding)


def test_text_helpers():
    assert check_encoding("UTF8") == "utf-8"
    assert check_encoding("L1") == "iso8859-1"
    every = bytes(range(256))
    for encoding in ("utf-8", "cp1251", "ascii", "gbk", "latin-1"):
        assert encode(decode(every, encoding), encoding) == every
    assert decode(b"caf\xe9") == "caf\udce9"
    assert excerpt(b"0123456789", 2, 4) == "2345"
    assert excerpt(b"a" * 100) == "a" * 60
    assert excerpt(b"a\r\n\x00\xff<") == "a···\ufffd<"


# --- the message ----------------------------------------------------------------------------------------------------


def test_the_first_header_decides_the_kind():
    """OriginateResponse is an event though it has a Response: header."""
    (message,) = raw.parse(b"Event: OriginateResponse\r\nActionID: 1\r\nResponse: Failure\r\nReason: 5\r\n\r\n")
    assert (message.kind, message.name, message.get("Response")) == ("event", "OriginateResponse", "Failure")
    (message,) = raw.parse(b"RESPONSE: Error\r\nEvent: x\r\n\r\n")
    assert (message.kind, message.name, message.get("event")) == ("response", "Error", "x")
    (message,) = raw.parse(b"Ping: Pong\r\nEvent: x\r\n\r\n")
    assert (message.kind, message.name) == ("", "")


def test_message_access():
    message = Message((("Event", "Status"), ("Variable", "A=1"), ("variable", ""), ("VARIABLE", "B=2")))
    assert message.get("vARIABLE") == "A=1"
    assert message.all("Variable") == ["A=1", "", "B=2"]
    assert message.get("nothing") is None
    assert message.get("nothing", "x") == "x"
    assert message.all("nothing") == []
    assert list(message) == list(message.pairs)
    assert len(message) == 4
    assert message == Message(message.pairs)
    assert hash(message) == hash(Message(message.pairs))
    with pytest.raises(AttributeError):
        message.pairs = ()
    nothing = Message(())
    assert (nothing.kind, nothing.name, len(nothing), nothing.get("x")) == ("", "", 0, None)


def test_render():
    message = Message((("Event", "X"), ("", ""), ("T", "  a: b ")))
    assert raw.render([message, Message((("A", "1"),))]) == b"Event: X\r\n: \r\nT:   a: b \r\n\r\nA: 1\r\n\r\n"
    assert raw.render([]) == b""


# --- the page with which it began -----------------------------------------------------------------------------------


def seed(name: str) -> list[Message]:
    data = (SAMPLES / "seed-page" / f"{name}.txt").read_bytes()
    messages = raw.parse(data)
    for pieces in splits(data, 5):
        again, reader = in_pieces(data, pieces)
        assert again == messages
        assert not reader.cut
    return messages


def test_seed_login_and_ping():
    assert pairs_of(seed("login")) == [[("Response", "Success"), ("Message", "Authentication accepted")]]
    assert pairs_of(seed("ping")) == [[("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "1711272193.709205")]]


def test_seed_status():
    assert pairs_of(seed("status")) == [
        [("Response", "Success"), ("EventList", "start"), ("Message", "Channel status will follow")],
        [
            ("Event", "Status"), ("Privilege", "Call"), ("Channel", "PJSIP/user"), ("ChannelState", "6"),
            ("ChannelStateDesc", "Up"), ("CallerIDNum", "110"), ("CallerIDName", ""),
            ("ConnectedLineNum", "<unknown>"), ("ConnectedLineName", "<unknown>"), ("Language", "ru"),
            ("AccountCode", ""), ("Context", "outgoing"), ("Exten", "153"), ("Priority", "3"),
            ("Uniqueid", "1711273253.11"), ("Linkedid", "1711273253.11"), ("Type", "PJSIP"), ("DNID", "153"),
            ("EffectiveConnectedLineNum", "<unknown>"), ("EffectiveConnectedLineName", "<unknown>"),
            ("TimeToHangup", "0"), ("BridgeID", ""), ("Application", "Queue"), ("Data", "queue"),
            ("Nativeformats", "(alaw)"), ("Readformat", "alaw"), ("Readtrans", ""), ("Writeformat", "slin"),
            ("Writetrans", "(slin@8000)->(alaw@8000)"), ("Callgroup", "0"), ("Pickupgroup", "0"), ("Seconds", "21"),
        ],
        [("Event", "StatusComplete"), ("EventList", "Complete"), ("ListItems", "1"), ("Items", "1")],
    ]  # fmt: skip


def test_seed_listcommands():
    (message,) = seed("listcommands")
    assert message.pairs[0] == ("Response", "Success")
    assert message.get("Ping") == "Keepalive command.  (Priv: <none>)"
    assert message.get("AbsoluteTimeout") == "Set absolute timeout.  (Priv: system,call,all)"
    # the page wrapped it; the rest has a colon, so to the reader it is a header (wire.commands joins them again)
    at = [name for name, _ in message].index("ConfbridgeSetSingleVideoSrc")
    assert message.pairs[at : at + 2] == (
        ("ConfbridgeSetSingleVideoSrc", "Set a conference user as the single video source"),
        ("  distributed toall other participants.  (Priv", "call,all)"),
    )
    assert message.pairs[-1][0] == "WaitEvent"
    data = (SAMPLES / "seed-page" / "listcommands.txt").read_bytes()
    assert len(message) == sum(b":" in line for line in data.split(b"\r\n"))
    assert message.get("Getvar") == "Gets a channel variable or function value.  (Priv: call,reporting,all)"


def test_seed_command():
    (message,) = seed("command")
    output = message.all("Output")
    assert message.pairs[:2] == (("Response", "Success"), ("Message", "Command output follows"))
    assert len(message) == len(output) + 2 == 34
    assert output[:4] == ["[Syntax]", "Action: WaitEvent", "[ActionID:] <value>", "Timeout: <value>"]
    assert output[6] == "Wait for an event to occur. "
    assert [line for line in output if line.startswith(" ")] == [
        "    ActionID for this transaction. Will be returned.",
        "    Maximum time (in seconds) to wait for events, '-1' means forever.",
    ]
    assert [line for line in output if line.startswith("[")] == [
        "[Syntax]", "[ActionID:] <value>", "[Synopsis]", "[Description]", "[Arguments]", "[See Also]", "[Privilege]",
        "[List Responses]", "[Final Response]",
    ]  # fmt: skip
    assert output[-2:] == ["", ""]
