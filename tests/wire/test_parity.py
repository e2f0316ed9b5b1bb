"""Every sample pair: the server's XML against its raw text, sent through the model of the server's encoder."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from amf_support import SAMPLES, differences

from amiframe.errors import IncompleteList
from amiframe.reply import Reply
from amiframe.wire import column_names
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.message import Message

TEXTS = sorted(SAMPLES.glob("**/*.txt"))
PAIRS = [(raw, raw.with_suffix(".xml")) for raw in TEXTS if raw.with_suffix(".xml").is_file()]
# asked one after the other, and time went on between them (in 22 the two fell in the same second)
MOVED = {"16-status_busy": ("seconds",)}
# two clients of the same seconds: each saw its own login, and one asked a little later
EVENTS = [pair for pair in PAIRS if pair[0].stem == "events"]
STILL = [pair for pair in PAIRS if pair not in EVENTS]


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def of_raw(path: Path) -> list[Message]:
    return rawman.parse(path.read_bytes())


def of_xml(path: Path) -> list[Message]:
    return mxml.parse(path.read_bytes())


def modelled(messages: list[Message]) -> list[Message]:
    return mxml.parse(mxml.encode(messages))


def without(messages: list[Message], names: tuple[str, ...]) -> list[list[tuple[str, str]]]:
    return [[(name, "" if name in names else value) for name, value in m] for m in messages]


def framed(messages: list[Message]) -> tuple[pd.DataFrame, bool]:
    """Return the frame, and whether it is whole: a variable that holds an empty line cuts the list in two."""
    reply = Reply.from_messages(messages)
    try:
        return reply.frame(), True
    except IncompleteList as error:
        return error.partial, False


def is_direct(messages: list[Message]) -> bool:
    """Whether rule 12 (b) holds: no value with edge blanks, TAB, CR, LF, control or invalid bytes."""
    odd = re.compile(r"\A | \Z|[\x00-\x1f\x7f\udc80-\udcff]")
    return not any(odd.search(value) for m in messages for _, value in m)


def test_the_pairs_are_there():
    assert {named(raw) for raw, _ in PAIRS} >= {
        f"{version}-{stem}" for version in (16, 22) for stem in ("events", "queue_status", "status_busy", "status_few")
    }
    assert len(PAIRS) == 33
    assert len(EVENTS) == 2


@pytest.mark.parametrize(("raw", "xml"), STILL, ids=named)
def test_messages_are_equal(raw, xml):
    """Rule 12 (a), message by message: what the model makes of raw is what the server sent as XML."""
    moved = MOVED.get(named(raw), ())
    ours, theirs = modelled(of_raw(raw)), of_xml(xml)
    assert without(ours, moved) == without(theirs, moved)
    if moved:
        assert ours != theirs
        one, other = (m.get("seconds") for m in (ours[1], theirs[1]))
        assert one is not None
        assert other is not None
        assert abs(int(one) - int(other)) <= 2
    else:
        assert mxml.encode(of_raw(raw)) == xml.read_bytes()


@pytest.mark.parametrize(("raw", "xml"), STILL, ids=named)
def test_frames_are_equal(raw, xml):
    """Rule 12 (a) and (b): the frames, dtypes exact."""
    messages = of_raw(raw)
    moved = MOVED.get(named(raw), ())
    expected, whole = framed(of_xml(xml))
    found, also_whole = framed(modelled(messages))
    assert differences(found, expected, moved) == []
    assert whole is also_whole
    assert len(expected) > 0
    if is_direct(messages):
        assert differences(framed(messages)[0], expected, moved) == []


def test_rule_b_is_not_idle():
    direct = {named(raw) for raw, _ in STILL if is_direct(of_raw(raw))}
    assert {"16-queue_status", "22-queue_status", "16-status_few", "22-status_few", "odd-userevent_quote"} <= direct
    assert not direct & {f"odd-userevent_{stem}" for stem in ("tab", "trail", "ctrl", "latin1", "lf", "nocolonline")}


@pytest.mark.parametrize(("raw", "xml"), [p for p in STILL if is_direct(of_raw(p[0]))], ids=named)
def test_direct_messages_are_equal(raw, xml):
    """Rule 12 (b), message by message: names by the one rule of names, values untouched."""
    moved = MOVED.get(named(raw), ())
    direct = [
        Message(tuple((column_names.column(name), value) for name, value in message.pairs)) for message in of_raw(raw)
    ]
    assert without(direct, moved) == without(of_xml(xml), moved)
    assert [column_names.columns(n for n, _ in m) for m in of_raw(raw)] == [
        column_names.columns(n for n, _ in m) for m in of_xml(xml)
    ]


@pytest.mark.parametrize(("raw", "xml"), EVENTS, ids=named)
def test_two_clients_saw_the_same_events(raw, xml):
    ours = [m for m in modelled(of_raw(raw)) if m.kind == "event"]
    theirs = [m for m in of_xml(xml) if m.kind == "event"]
    common = [m for m in ours if m in set(theirs)]
    assert common == [m for m in theirs if m in set(ours)]  # the same order
    assert len(common) >= 0.9 * min(len(ours), len(theirs))
    # between the first and the last that both saw, nothing is missing on either side
    for messages in (ours, theirs):
        first, last = messages.index(common[0]), len(messages) - messages[::-1].index(common[-1])
        between = messages[first:last]
        assert len([m for m in between if m not in set(common)]) <= 2
    frames = [Reply.from_messages([Message((("Response", "Success"),)), *ms, _END]).frame() for ms in (common, common)]
    assert differences(*frames) == []


_END = Message((("Event", "WaitEventComplete"),))
