"""Every documentation text of the two recorded servers, against a scan of its own, and raw against XML."""

import re
from pathlib import Path

import pytest

from amiframe.errors import ParseError
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.command_docs import (
    CommandDoc,
    EventDoc,
    parse_docs,
    parse_event_docs,
)
from amiframe.wire.list_commands import is_command_list, parse_commands

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"

pytestmark = [
    pytest.mark.captures,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"the development captures are not at {CAPTURES}"),
]

VERSIONS = ("16", "22")


def _files(pattern):
    return [pytest.param(path, id=str(path.relative_to(CAPTURES))) for path in sorted(CAPTURES.glob(pattern))]


def _output(path):
    wire = mxml if path.suffix == ".xml" else rawman
    return wire.parse(path.read_bytes())[0].all("Output")


def _scan(path):
    """A scan of its own: per [Syntax] block of the bytes, its first line and its (name, required)."""
    blocks = []
    block = None
    for line in path.read_bytes().decode("utf-8", "replace").split("\r\n"):
        text = line.removeprefix("Output: ").rstrip()
        if text == "[Syntax]":
            blocks.append(block := [])
        elif not text or re.match(r"\[[A-Z][A-Za-z ]*\]$", text):
            block = None
        elif block is not None:
            block.append(text)
    return [
        (block[0], [(re.sub(r"[\[\]]|:.*", "", line), not line.startswith("[")) for line in block[1:]])
        for block in blocks
    ]


def _declared(doc):
    return [(a.name, a.required) for a in doc.arguments if a.required is not None]


def _words(text):
    return " ".join(text.split())


def _all_docs(docs):
    for doc in docs:
        yield doc
        if isinstance(doc, CommandDoc):
            yield from doc.responses
            yield from [doc.final_response] if doc.final_response else []


@pytest.mark.parametrize("path", _files("*/rawman/docs/*.txt"))
def test_arguments_are_those_of_the_syntax(path):
    docs = parse_docs(_output(path))
    assert [doc.action for doc in docs] == [path.stem]
    scanned = _scan(path)
    found = [
        (f"{'Action' if isinstance(doc, CommandDoc) else 'Event'}: {getattr(doc, 'action', '') or doc.event}", doc)
        for doc in _all_docs(docs)
    ]
    assert [(head, _declared(doc)) for head, doc in found] == scanned
    assert not [a for _, doc in found for a in doc.arguments if a.required is None]


@pytest.mark.parametrize("path", _files("*/rawman/docs/*.txt"))
def test_no_word_of_the_text_is_lost(path):
    """Every word between the section titles is found again in the documentation."""
    (doc,) = parse_docs(_output(path))
    words = set()
    for d in _all_docs([doc]):
        texts = [d.synopsis, d.syntax, d.description, d.provided_by, *d.see_also, *d.since]
        texts += [text for a in d.arguments for text in (a.name, a.description)]
        words.update(word.strip(",") for text in [*texts, *getattr(d, "privileges", ())] for word in text.split())
        assert not d.other
    privilege = re.compile(r"[a-z]+(,[a-z]+)*")
    for line in _output(path):
        if re.fullmatch(r"\[[A-Z][A-Za-z ]*\]|Not available|None|<none>|.*-= Info .*", line.strip()):
            continue
        parts = line.split(",") if privilege.fullmatch(line) else line.split()
        missing = [word for word in parts if word.strip(",") not in words and word not in ("Event:", path.stem)]
        assert not missing, line


@pytest.mark.parametrize("path", _files("*/mxml/docs/*.xml"))
def test_xml_says_the_same_as_raw(path):
    twin = path.parents[2] / "rawman" / "docs" / f"{path.stem}.txt"
    (raw,), (xml,) = parse_docs(_output(twin)), parse_docs(_output(path))
    assert parse_docs(_output(path), indented=False) == [xml]
    assert parse_docs(_output(twin), indented=True) == [raw]
    pairs = list(zip(_all_docs([raw]), _all_docs([xml]), strict=True))
    for ours, theirs in pairs:
        assert [(a.name, a.required, _words(a.description)) for a in ours.arguments] == [
            (a.name, a.required, _words(a.description)) for a in theirs.arguments
        ]
        assert {a.choices for a in theirs.arguments} <= {None}
        assert None not in {a.choices for a in ours.arguments}
        for name in ("synopsis", "syntax", "see_also", "provided_by", "since", "other"):
            assert getattr(ours, name) == getattr(theirs, name)
        assert _words(ours.description) == _words(theirs.description)
    assert (raw.action, raw.privileges) == (xml.action, xml.privileges)


@pytest.mark.parametrize("kind", ["rawman/docs/*.txt", "mxml/docs/*.xml"])
@pytest.mark.parametrize("version", VERSIONS)
def test_all_blocks_in_one_text_are_what_they_are_alone(version, kind):
    outputs = [_output(path) for path in sorted((CAPTURES / version).glob(kind))]
    indented = kind.endswith("txt")
    together = parse_docs([line for lines in outputs for line in lines])
    assert together == [doc for lines in outputs for doc in parse_docs(lines, indented=indented)]
    assert len(together) == len(outputs)


@pytest.mark.parametrize("path", _files("*/rawman/eventdocs/*.txt"))
def test_events_with_all_their_variants(path):
    docs = parse_event_docs(_output(path))
    if not docs:
        assert b"Could not find event" in path.read_bytes()
        return
    assert {doc.event for doc in docs} == {path.stem}
    scanned = [names for head, names in _scan(path)]
    assert [_declared(doc) for doc in docs] == scanned
    assert all(isinstance(doc, EventDoc) and doc.synopsis and not doc.other for doc in docs)
    # what XML would show, by the model of the server's encoder
    lines = [line.strip() for line in _output(path)]
    for ours, theirs in zip(docs, parse_event_docs(lines), strict=True):
        assert [(a.name, a.required, _words(a.description)) for a in ours.arguments] == [
            (a.name, a.required, _words(a.description)) for a in theirs.arguments
        ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["rawman/cli_manager_show_command{}.txt", "mxml/cli_manager_show_command{}.xml"])
def test_two_names_no_name_unknown_name(version, kind):
    folder = CAPTURES / version
    assert [d.action for d in parse_docs(_output(folder / kind.format("_two")))] == ["Ping", "Status"]
    assert parse_docs(_output(folder / kind.format("_unknown"))) == []
    with pytest.raises(ParseError, match="manager show command"):
        parse_docs(_output(folder / kind.format("_noarg")))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("who", ["", "_ro", "_orig"])
def test_list_of_commands(version, who):
    (raw,) = rawman.parse((CAPTURES / version / "rawman" / f"listcommands{who}.txt").read_bytes())
    (xml,) = mxml.parse((CAPTURES / version / "mxml" / f"listcommands{who}.xml").read_bytes())
    assert is_command_list(raw)
    assert is_command_list(xml)
    ours, theirs = parse_commands(raw), parse_commands(xml)
    assert [(c.action.lower(), c.synopsis, c.privileges) for c in ours] == [
        (c.action, c.synopsis, c.privileges) for c in theirs
    ]
    if not who:
        assert len(ours) == {"16": 134, "22": 128}[version]
        documented = {path.stem for path in (CAPTURES / version / "rawman" / "docs").glob("*.txt")}
        assert {c.action for c in ours} == documented
