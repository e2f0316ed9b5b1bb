"""Every capture of both servers reads: counted without our parser, conserved cell by cell, equal to its twin."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from amf_support import CAPTURES, differences, plain

from amiframe import read
from amiframe.errors import AmiframeError, ParseError
from amiframe.frames import event_builder
from amiframe.reply import Reply
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.message import Message


def files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in CAPTURES.glob(pattern) if path.is_file())


def named(path: Path) -> str:
    return str(path.relative_to(CAPTURES))


RAW = files("*/rawman/**/*.txt", "*/arawman/**/*.txt", "*/amxml/**/*.txt", "*/rawman/**/*.txt.gz", "*/tcp/*")
XML = files("*/mxml/**/*.xml", "*/amxml/**/*.xml")
# the header lines of a 401 were saved as text: HTTP, no answer of AMI
NOT_AMI = {path for path in RAW if path.parent.name == "errors" and re.match(r"40[13]", path.name)}
VOLATILE = ("seconds", "duration", "wait", "longestholdtime", "answeredtime", "parkingduration", "parkingtimeout",
            "roundtripusec", "readformat", "readtrans", "writeformat", "writetrans")  # fmt: skip


@cache
def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_nothing_is_left_out():
    assert len(RAW) + len(XML) > 1800
    every = {path for version in ("16", "22") for path in (CAPTURES / version).rglob("*") if path.is_file()}
    assert {path.suffix for path in every - set(RAW) - set(XML)} == {".html"}  # error pages: see below


@pytest.mark.parametrize("path", [p for p in RAW if p not in NOT_AMI], ids=named)
def test_raw_counts_equal_what_grep_counts(path):
    data = content(path)
    messages = rawman.parse(data)
    banner = len(re.findall(rb"\AAsterisk Call Manager/", data))
    lines = [line for line in data.split(b"\r\n") if line][banner:]
    with_colon = [line for line in lines if b":" in line]
    opaque = sum(m.pairs[0][0] == rawman.OPAQUE for m in messages)
    assert sum(len(m) for m in messages) == len(with_colon) + opaque
    body = data.partition(b"\r\n")[2] if banner else data
    begins = re.findall(rb"(?:\A|\r\n)(?:\r\n)+([^\r\n:]+)|\A([^\r\n:]+)", body)
    firsts = [a or b for a, b in begins]
    assert len(messages) == len(firsts)
    assert sum(m.kind == "event" for m in messages) == sum(first == b"Event" for first in firsts)


@pytest.mark.parametrize("path", XML, ids=named)
def test_xml_counts_equal_what_grep_counts(path):
    data = content(path)
    messages = mxml.parse(data)
    assert len(messages) == data.count(b"<response ")
    # an apostrophe inside a value is written &apos;
    attributes = len(re.findall(rb"[ \n][^ \n='<>]*='[^']*'", data))
    assert sum(len(m) for m in messages) == attributes - 2 * data.count(b"<response ")


def cells(frame) -> int:
    """How many headers a frame of texts holds: a cell counts one, a map as many as it has."""
    maps = {str(n) for n in frame.columns if str(frame[n].dtype).startswith("map")}
    count = 0
    for name, values in plain(frame).items():
        if not name.startswith("amf_") or name == "amf_extra":
            count += sum((len(v) if name in maps else 1) for v in values if v is not None)
    return count


@pytest.mark.parametrize("path", [p for p in RAW + XML if p not in NOT_AMI], ids=named)
def test_every_header_is_in_the_frame_of_texts(path):
    messages = mxml.parse(content(path)) if path.suffix == ".xml" else rawman.parse(content(path))
    builder = event_builder(None, raw_values=True)
    for message in messages:
        builder.add(message)
    frame = builder.finish({}, {})
    # the first header of a response or event is its kind: the column event, or nothing for a response
    assert cells(frame) == sum(len(m) for m in messages) - sum(m.kind == "response" for m in messages)


@pytest.mark.parametrize(
    "path", files("*/rawman/**/*.html", "*/mxml/**/*.html", "*/manager/*.html", "*/a*/**/*.html"), ids=named
)
def test_a_web_page_is_no_answer(path):
    with pytest.raises(ParseError, match="web page"):
        read.read_reply(path)


@pytest.mark.parametrize("path", [p for p in RAW + XML if p not in NOT_AMI and "tcp" not in p.parts], ids=named)
def test_no_real_value_misfits_its_type(path):
    reply = _reply(path)
    if isinstance(reply, ParseError):
        assert path.stem in EMPTY or "mxml_log_concat" in path.name
        return
    frame = _frame(reply)
    if isinstance(frame, AmiframeError):
        assert not reply.ok
        return
    if "amf_misfit" in frame:
        found = {name for pairs in plain(frame)["amf_misfit"] for name, _ in pairs or ()}
        assert not found
    if (reply.response.get("EventList") or "").lower() == "start":
        assert len(frame) == len(re.findall(rb"(?:\r\n\r\nEvent: |<\w+ event=')", content(path))) - 1


EMPTY = {"idle_IAXnetstats", "displaced"}  # a lone CRLF, an empty body: no answer in them


def _reply(path: Path) -> Reply | ParseError:
    try:
        return read.read_reply(path)
    except ParseError as error:
        return error


def _frame(reply: Reply):
    try:
        return reply.frame()
    except AmiframeError as error:
        return error


# --- twins: what XML gives equals what the encoder's model makes of raw -----------------------------------------------

PAIRS = [
    (raw, xml)
    for xml in XML
    for raw in [Path(str(xml).replace("amxml", "arawman").replace("mxml", "rawman")).with_suffix(".txt")]
    if raw.is_file() and xml.parent.name != "events"
]
MOVED = {
    # time went on between the two requests: these columns may differ
    "ping": ("timestamp",),
    "idle_Ping": ("timestamp",),
    "idle_CoreStatus": ("corereloadtime",),  # the reload between them was ours
    "busy_CoreStatus": ("corecurrentcalls",),
    "idle_QueueStatus_arg37": ("lastpause", "logintime"),
}
MOVED_ROWS = {
    # items came or went between the two requests: the rows that both have are compared, by this key
    "busy_CoreShowChannels": "uniqueid",
    "idle_DeviceStateList": "device",
}
MOVED_OUTPUT = {
    # CLI text: uptime, free memory, round trips, calls that came or went; so many lines may differ
    "busy_cli_channels": 40, "busy_cli_channels_concise": 40, "busy_cli_channels_verbose": 40,
    "idle_Command_arg45": 4, "idle_Command_arg46": 5, "idle_Command_arg49": 1, "idle_Command_arg52": 4,
}  # fmt: skip
APART = {"waitevent_timeout0"}  # two clients with queues of their own


def modelled(messages: list[Message]) -> Reply | ParseError:
    """Read raw messages as if the server had sent them as XML."""
    try:
        return Reply.from_messages(mxml.parse(mxml.encode(messages)))
    except ParseError as error:
        return error


def is_direct(messages: list[Message]) -> bool:
    """Whether rule 12 (b) holds: no value with edge blanks, TAB, CR, LF, control or invalid bytes."""
    values = [value for m in messages for pair in m.pairs for value in pair]
    return all(v == v.strip(" ") and v.isprintable() for v in values)


def test_the_captures_have_pairs():
    assert len(PAIRS) > 690


@pytest.mark.parametrize(("raw", "xml"), PAIRS, ids=lambda p: named(p))
def test_twins_are_equal(raw, xml):
    stem = xml.stem
    if stem in APART:
        assert _frame(_reply(raw)).attrs
        assert _frame(_reply(xml)).attrs
        return
    messages = rawman.parse(content(raw))
    ours, theirs = modelled(messages), _reply(xml)
    if isinstance(theirs, ParseError):
        assert xml.stem in EMPTY
        assert isinstance(ours, ParseError)
        return
    one, other = _frame(ours), _frame(theirs)
    if isinstance(other, AmiframeError):
        assert (type(one), str(one)) == (type(other), str(other))
        return
    _alike(stem, one, other)
    if is_direct(messages):
        assert differences(one, _frame(_reply(raw))) == []


def _alike(stem, one, other):
    if stem in MOVED_ROWS:
        key = MOVED_ROWS[stem]
        both = set(one[key]) & set(other[key])
        assert len(both) >= min(len(one), len(other)) - 4
        one, other = (f[f[key].isin(both)].sort_values(key).reset_index(drop=True) for f in (one, other))
    if stem in MOVED_OUTPUT:
        lines, others = set(one["output"].dropna()), set(other["output"].dropna())
        assert len(lines ^ others) <= 2 * MOVED_OUTPUT[stem]
        return
    ignore = (*VOLATILE, *MOVED.get(stem, ()))
    assert differences(one, other, ignore) == []


@pytest.mark.parametrize("version", ["16", "22"])
def test_event_streams_of_both_encodings_are_the_same_events(version):
    raw = [
        m
        for p in files(f"{version}/rawman/events/stream_*.txt")
        for m in mxml.parse(mxml.encode(rawman.parse(content(p))))
    ]
    xml = [m for p in files(f"{version}/mxml/events/stream_*.xml") for m in mxml.parse(content(p))]
    events = [[m for m in ms if m.kind == "event" and m.name != "WaitEventComplete"] for ms in (raw, xml)]
    begin = next(i for i, m in enumerate(events[0]) if m == events[1][1])
    # each client has one event of its own, its login; from then on both saw the same
    rest = events[0][begin:]
    count = min(len(rest), len(events[1]) - 1)
    assert count > 1500
    assert rest[:count] == events[1][1 : count + 1]
    frames = []
    for messages in (rest[:count], events[1][1 : count + 1]):
        builder = event_builder(None)
        for message in messages:
            builder.add(message)
        frames.append(builder.finish({}, {}))
    assert differences(*frames) == []


# --- logs -----------------------------------------------------------------------------------------------------------

LOGS = [p for p in RAW + XML if p.parent.name in ("events", "tcp")]


@pytest.mark.parametrize("path", LOGS, ids=named)
def test_logs_have_a_row_per_event(path):
    data = content(path)
    marks = re.findall(rb"(?:\A|\r\n\r\n)(?:\r\n)*Event: ([^\r\n]+)|<generic event='([^']*)'", data)
    names = [(a or b).decode() for a, b in marks]
    wanted = [name for name in names if name != "WaitEventComplete"]
    frame = read.read_events(path, progress=False)
    assert frame["event"].tolist() == wanted
    assert frame["amf_seq"].tolist() == list(range(len(wanted)))
    assert frame.attrs["amiframe"]["fetched_complete"] is True
    misfits = {name for pairs in pa.array(frame["amf_misfit"]).to_pylist() for name, _ in pairs or ()}
    assert not misfits
    stamped = len(re.findall(rb"\r\nTimestamp: |\btimestamp='", data))
    assert frame["amf_time"].notna().sum() == stamped
    if path.stat().st_size < 100_000:
        tables = read.read_event_tables(path, progress=False)
        assert sum(map(len, tables.values())) == len(wanted)
