"""Documentation text in its layouts: old, new, flattened by XML, without XML documentation. The texts are our own."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiframe.errors import ParseError
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.command_docs import Argument, CommandDoc, EventDoc, parse_docs, parse_event_docs

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples" / "seed-page" / "command.txt"

OLD = """\
[Syntax]
Action: RingBells
[ActionID:] <value>
Tower: <value>
[Mode:] <value>
[Bell(0):] <value>
[Variable:] <value>

[Synopsis]
Ring the bells of a tower.\x20

[Description]
Rings every bell of the tower, one after the other, and reports each of them as
it falls silent.
NOTE: Sleepers nearby may complain.

[Arguments]
ActionID
    Id of this request, sent back.
Tower
    The tower; this text is wrapped where a line of eighty characters has no more
    room.
Mode
    How to ring.
    slow
    quick - Twice as fast, which takes half the time but costs rather more than
    you would like.
    Both Ways
    NOTE: Not for the weak.
Variable
     Indented by five, the whole of it, as some texts are, and wrapped, as texts
     are. \x20
    NAME - One or more of these...
        nested - A value of the value.

[See Also]
StopBells, BellRang, Playback(), a very long list of other actions, events,
applications

[Privilege]
system,call,all

[List Responses]
Event: BellRang
[Synopsis]
Raised for each bell.
[Syntax]
Event: BellRang
Tower: <value>
[Pitch:] <value>

[Arguments]
Pitch
    high
    low

[See Also]
RingBells

Event: BellFell
[Syntax]
Event: BellFell

[Final Response]
Event: BellsRang
[Synopsis]
Raised at the end.

[Syntax]
Event: BellsRang
ListItems: <value>


""".splitlines()

NEW = """\

  -= Info about Manager Command 'RingBells' =-\x20

[Synopsis]
Ring the bells of a tower.\x20

[Provided By]
app_bells

[Since]
13.1.0, 14.0.0

[Description]
Not available

[Syntax]
Action: RingBells
[ActionID:] <value>
Tower: <value>
[Mode:] <value>

[Arguments]

ActionID
    Id of this request, sent back.

Tower
    The tower, or one of these words:
    Mode
    all
    \x20
    A paragraph more.

Mode
    slow
    Tower

[Privilege]
<none>

[See Also]
Not available

[List Responses]
Event: BellRang

  -= Info about Manager Event 'BellRang' =-\x20

[Synopsis]
Raised for each bell.

[Description]
Not available

[Syntax]
Event: BellRang
Tower: <value>

[Arguments]

Tower
    The tower.

[See Also]
RingBells

Event: BellFell

[End List Responses]

[Final Response]
None

[End Final Response]
""".splitlines()

PLAIN = """\
Action: Knock
Synopsis: Knock at a door.
Privilege: system,all
Knocks at the door.
Variables:
  Door: which door

""".splitlines()


def flat(lines):
    """The lines as XML has them."""
    (message,) = mxml.parse(mxml.encode([rawman.Message((("Response", "Success"), *(("Output", x) for x in lines)))]))
    return message.all("Output")


def words(text):
    return " ".join(text.split())


def test_old_layout():
    (doc,) = parse_docs(OLD)
    assert doc == CommandDoc(
        action="RingBells",
        synopsis="Ring the bells of a tower.",
        syntax="\n".join(OLD[1:7]),
        arguments=(
            Argument("ActionID", False, "Id of this request, sent back.", ()),
            Argument(
                "Tower",
                True,
                "The tower; this text is wrapped where a line of eighty characters has no more room.",
                (),
            ),
            Argument(
                "Mode",
                False,
                "How to ring.\nslow\n"
                "quick - Twice as fast, which takes half the time but costs rather more than you would like.\n"
                "Both Ways\nNOTE: Not for the weak.",
                ("slow", "quick", "Both Ways"),
            ),
            Argument("Bell(0)", False, "", ()),
            Argument(
                "Variable",
                False,
                "Indented by five, the whole of it, as some texts are, and wrapped, as texts are.\n"
                "NAME - One or more of these...\nnested - A value of the value.",
                ("NAME",),
            ),
        ),
        description="Rings every bell of the tower, one after the other, and reports each of them as it falls silent.\n"
        "NOTE: Sleepers nearby may complain.",
        privileges=("system", "call", "all"),
        see_also=(
            "StopBells", "BellRang", "Playback()", "a very long list of other actions", "events", "applications",
        ),
        responses=(
            EventDoc(
                "BellRang",
                "Raised for each bell.",
                "Event: BellRang\nTower: <value>\n[Pitch:] <value>",
                (Argument("Tower", True, "", ()), Argument("Pitch", False, "high\nlow", ("high", "low"))),
                see_also=("RingBells",),
            ),
            EventDoc("BellFell", syntax="Event: BellFell"),
        ),
        final_response=EventDoc(
            "BellsRang",
            "Raised at the end.",
            "Event: BellsRang\nListItems: <value>",
            (Argument("ListItems", True, "", ()),),
        ),
    )  # fmt: skip


def test_new_layout():
    (doc,) = parse_docs(NEW)
    assert (doc.action, doc.description, doc.privileges, doc.see_also) == ("RingBells", "", (), ())
    assert (doc.provided_by, doc.since, doc.other) == ("app_bells", ("13.1.0", "14.0.0"), ())
    assert [(a.name, a.required, a.choices) for a in doc.arguments] == [
        ("ActionID", False, ()),
        ("Tower", True, ("Mode", "all")),
        ("Mode", False, ("slow", "Tower")),
    ]
    assert doc.arguments[1].description == "The tower, or one of these words:\nMode\nall\nA paragraph more."
    assert [(e.event, e.synopsis, len(e.arguments)) for e in doc.responses] == [
        ("BellRang", "Raised for each bell.", 1),
        ("BellFell", "", 0),
    ]
    assert doc.final_response is None


@pytest.mark.parametrize("lines", [OLD, NEW], ids=["old", "new"])
def test_xml_equals_raw_but_for_choices(lines):
    (raw,), (xml,) = parse_docs(lines), parse_docs(flat(lines))
    assert parse_docs(flat(lines), indented=False) == [xml]
    assert [(a.name, a.required, words(a.description), a.choices) for a in xml.arguments] == [
        (a.name, a.required, words(a.description), None) for a in raw.arguments
    ]
    assert (xml.action, xml.privileges, xml.see_also, xml.since) == (
        raw.action, raw.privileges, raw.see_also, raw.since,
    )  # fmt: skip
    assert [(e.event, e.synopsis) for e in xml.responses] == [(e.event, e.synopsis) for e in raw.responses]


def test_without_xml_documentation():
    (doc,) = parse_docs(PLAIN)
    assert doc == CommandDoc(
        "Knock",
        "Knock at a door.",
        description="Knocks at the door.\nVariables:\nDoor: which door",
        privileges=("system", "all"),
    )


@pytest.mark.parametrize("first", [OLD, NEW, PLAIN], ids=["old", "new", "plain"])
@pytest.mark.parametrize("second", [OLD, NEW, PLAIN], ids=["old", "new", "plain"])
def test_several_names_in_one_answer(first, second):
    """Each block is what it is alone; nothing of one leaks into the other."""
    assert parse_docs(first + second) == parse_docs(first, indented=True) + parse_docs(second, indented=True)
    unsettled = parse_docs(flat(first + second))
    assert unsettled == parse_docs(flat(first), indented=False) + parse_docs(flat(second), indented=False)


def test_sample_of_the_page():
    (answer,) = rawman.parse(SAMPLE.read_bytes())
    (doc,) = parse_docs(answer.all("Output"))
    assert (doc.action, doc.synopsis, doc.privileges) == ("WaitEvent", "Wait for an event to occur.", ())
    assert [(a.name, a.required) for a in doc.arguments] == [("ActionID", False), ("Timeout", True)]
    assert doc.arguments[1].description == "Maximum time (in seconds) to wait for events, '-1' means forever."
    assert (doc.see_also, doc.responses, doc.final_response) == ((), (), None)


def test_variants_of_an_event():
    (nested, _), final = parse_docs(OLD)[0].responses, parse_docs(OLD)[0].final_response
    start, fell, end = (OLD.index(line) for line in ("Event: BellRang", "Event: BellFell", "[Final Response]"))
    variants = OLD[start:fell] + OLD[start:fell] + OLD[end + 1 :]
    assert parse_event_docs(variants) == [nested, nested, final]
    headed = ["Event: Rang", "", "  -= Info about Manager Event 'Rang' =- ", "", "[Synopsis]", "Rang.", "", ""]
    assert parse_event_docs(headed * 2) == [EventDoc("Rang", "Rang.")] * 2
    assert parse_event_docs(headed[2:]) == [EventDoc("Rang", "Rang.")]
    assert parse_event_docs(["[Syntax]", "Event: Rang", ""]) == [EventDoc("Rang", syntax="Event: Rang")]


def test_description_that_quotes_the_protocol():
    """What looks like the head of an action or event inside a text stays text."""
    lines = ["[Synopsis]", "Does it.", "[Description]", "Send", "Action: Login", "or wait for", "Event: Rang", "then."]
    (doc,) = parse_docs(["[Syntax]", "Action: Do", "", *lines])
    assert doc.description == "Send\nAction: Login\nor wait for\nEvent: Rang\nthen."
    (event,) = parse_event_docs(["Event: Rang", *lines])
    assert event.description == doc.description


def test_sections_we_do_not_know_are_kept():
    (doc,) = parse_docs(["[Syntax]", "Action: Do", "", "[Warranty]", "None at", "all.", "", "[Privilege]", "all"])
    assert (doc.other, doc.privileges) == ((("Warranty", "None at\nall."),), ("all",))
    (doc,) = parse_docs(["-= Info about Manager Command 'Do' =-", "stray", "[List Responses]", "Perhaps.", ""])
    assert doc.other == (("", "stray"), ("List Responses", "Perhaps."))
    (event,) = parse_event_docs(["Event: Rang", "[Privilege]", "call"])
    assert event.other == (("Privilege", "call"),)


def test_final_response_of_several_events():
    lines = ["[Syntax]", "Action: Do", "[Final Response]", "Event: A", "[Synopsis]", "a", "Event: B", ""]
    (doc,) = parse_docs(lines)
    assert ([e.event for e in doc.responses], doc.final_response.event) == (["A"], "B")


@pytest.mark.parametrize(
    ("syntax", "texts", "found"),
    [
        (["A: <value>", "A: <value>"], ["A", "    one", "A", "    two"], [("A", True, "one"), ("A", True, "two")]),
        (["A: <value>"], ["B", "    b", "A", "    a"], [("A", True, "a"), ("B", None, "b")]),
        (["A: <value>"], ["    lost", "A", "    a"], [("A", True, "a"), ("lost", None, "")]),
        (["Not available"], ["B", "    b"], [("B", None, "b")]),
        (["[A B:] <value>", "C-0(x):"], [], [("A B", False, ""), ("C-0(x)", True, "")]),
    ],
)
def test_syntax_and_texts_need_not_agree(syntax, texts, found):
    (doc,) = parse_docs(["[Syntax]", "Action: Do", *syntax, "", "[Arguments]", *texts, ""])
    assert [(a.name, a.required, a.description) for a in doc.arguments] == found


def test_without_indentation_the_order_of_the_syntax_decides():
    """`Three` is a value of the first argument: taking it for a name would lose the second."""
    syntax = ["[Syntax]", "Action: Do", "One: <value>", "Two: <value>", "Three: <value>", "", "[Arguments]"]
    (doc,) = parse_docs([*syntax, "One", "Three", "Two", "two", "Three", "three"])
    assert [(a.name, a.description) for a in doc.arguments] == [("One", "Three"), ("Two", "two"), ("Three", "three")]
    (doc,) = parse_docs(["[Syntax]", "Action: Do", "", "[Arguments]", "One", "text"])
    assert doc.arguments == (Argument("One", None, "text", None),)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        (["    One word of prose."], ()),
        (["    yes", "    no"], ("yes", "no")),
        (["    Two words", "    yes", "    Not yet"], ("yes", "Not yet")),
        (["    on - If all.", "    a,b,... - To choose."], ("on", "a,b,...")),
        (["    -1 - Gone.", "    NO ANSWER - None came."], ("-1", "NO ANSWER")),
        (["    - If none is set - all.", "    NOTE: x - y"], ()),
        (["    insert -", "        deeper - Not a value of ours."], ("insert",)),
        (["    See:", "    Really!", "    What?", "    a,"], ()),
        # chance has filled the line above, yet what follows is a value
        (["    " + "x" * 73 + ".", "    Value"], ("Value",)),
        (["    on - " + "x" * 69, "    off - y"], ("on", "off")),
        (["    " + "x" * 74, "    Value"], ()),
        ([], ()),
    ],
)
def test_choices(text, choices):
    (doc,) = parse_docs(["[Syntax]", "Action: Do", "A: <value>", "[Arguments]", "A", *text], indented=True)
    assert doc.arguments[0].choices == choices


@pytest.mark.parametrize("parse", [parse_docs, parse_event_docs])
@pytest.mark.parametrize("lines", [[], [""], ["", "  "], ["Could not find event 'Nope'"]])
def test_unknown_name(parse, lines):
    assert parse(lines) == []


@pytest.mark.parametrize(
    "line",
    [
        "Command blacklisted",
        "Usage: manager show command <actionname>",
        "No such command 'manger show' (type 'core show help' for other possible commands)",
        "  -= Info about Application 'Dial' =- ",
        "Action: Login",
        "[general]",
        "Event: Rang",
    ],
)
def test_other_text_is_refused(line):
    with pytest.raises(ParseError) as caught:
        parse_docs([line, "and more"])
    assert caught.value.excerpt == line.rstrip()[:60]
    assert "manager show command" in caught.value.hint


def test_the_other_kind_is_refused():
    with pytest.raises(ParseError, match="event 'Rang', not of commands"):
        parse_docs(["Event: Rang", "[Synopsis]", "Rang."])
    with pytest.raises(ParseError, match="command 'RingBells', not of events"):
        parse_event_docs(OLD)


PIECES = st.sampled_from([*OLD, *NEW, *PLAIN, "[End Final Response]", "Action: X", "Event: X", "a:", "[", ""])


@given(st.lists(PIECES | st.text(), max_size=40), st.sampled_from([None, True, False]))
def test_any_text_is_documentation_or_an_error(lines, indented):
    for parse in (parse_docs, parse_event_docs):
        try:
            docs = parse(lines, indented=indented)
        except ParseError:
            continue
        assert all(isinstance(doc, (CommandDoc, EventDoc)) for doc in docs)


HEAD = ["[Syntax]", "Action: Do"]


@pytest.mark.parametrize(
    "lines",
    [
        HEAD + ["A: <value>"] * 50_000 + ["[Arguments]"] + ["A"] * 50_000,
        HEAD + [f"A{n}: <value>" for n in range(50_000)] + ["[Arguments]"] + [f"A{n}" for n in range(50_000)],
        [*HEAD, "A:", "[Arguments]", "A"] + ["    " + "word " * 15] * 100_000,
        [*HEAD, "A:", "[Arguments]", "A", "    " + "word " * 200_000, "    " + "x" * 1_000_000 + " -"],
        HEAD * 50_000,
        [*HEAD, "[List Responses]"] + ["Event: X", "", "", ""] * 25_000,
        ["Event: X"] * 100_000,
        [*HEAD, "[" + "A" * 1_000_000, "-= Info about Manager Event '" * 100_000],
    ],
    ids=["one name", "many names", "one text", "long lines", "blocks", "events", "variants", "titles"],
)
@pytest.mark.parametrize("indented", [True, False])
def test_time_is_linear(lines, indented):
    parse = parse_event_docs if lines[0].startswith("Event") else parse_docs
    begun = time.process_time()
    parse(lines, indented=indented)
    # about a second on a quiet machine, six on a busy one; were it quadratic, minutes
    assert time.process_time() - begun < 60
