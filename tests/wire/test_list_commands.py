"""The answer of ListCommands, folded and not, raw and XML."""

from pathlib import Path

import pytest

from amiframe.errors import ParseError
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.list_commands import Command, is_command_list, parse_commands, parse_privileges
from amiframe.wire.message import Message

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples" / "seed-page" / "listcommands.txt"
SUCCESS = ("Response", "Success")


def message(*pairs):
    return Message((SUCCESS, *pairs))


@pytest.mark.parametrize(
    ("text", "privileges"),
    [
        ("system,call,all", ("system", "call", "all")),
        (" system, call ,all ", ("system", "call", "all")),
        ("<none>", ()),
        ("", ()),
        ("Not available", ()),
        ("all", ("all",)),
    ],
)
def test_privileges(text, privileges):
    assert parse_privileges(text) == privileges


@pytest.mark.parametrize(
    ("value", "synopsis", "privileges"),
    [
        ("Keepalive command.  (Priv: <none>)", "Keepalive command.", ()),
        ("No blank at the end (Priv: agi,all)", "No blank at the end", ("agi", "all")),
        ("A colon: and = inside  (Priv: call,all)", "A colon: and = inside", ("call", "all")),
        ("Names (Priv: x) itself  (Priv: call,all)", "Names (Priv: x) itself", ("call", "all")),
        ("Keeps a\tTAB.  (Priv: <none>)", "Keeps a\tTAB.", ()),
        (" (Priv: <none>)", "", ()),
        ("(Priv: <none>)", "", ()),
        ("Blank behind  (Priv: <none>) ", "Blank behind", ()),
        ("Sends a text.\r\n  Its type\r\n  is free.  (Priv: all)", "Sends a text. Its type is free.", ("all",)),
        ("Sends a text. \n  Its type  (Priv: call,all)", "Sends a text. Its type", ("call", "all")),
    ],
)
def test_one_action(value, synopsis, privileges):
    assert parse_commands(message(("X", value))) == [Command("X", synopsis, privileges)]


def test_an_action_may_be_called_as_any_header():
    """What stands behind Response and ActionID is an action, whatever its name."""
    names = ["Response", "Message", "Events", "Output", "ActionID", "Event"]
    listed = message(("ActionID", "7"), *((name, "Does it.  (Priv: all)") for name in names))
    assert is_command_list(listed)
    assert [c.action for c in parse_commands(listed)] == names
    assert [c.action for c in parse_commands(message(("ActionID", "Does it.  (Priv: all)")))] == ["ActionID"]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_folded_lines(end):
    """A fold is gone, whether it holds a colon (a header of its own to the reader) or not."""
    lines = [
        "Response: Success",
        "One: First half",
        "  second half: with a colon",
        "  third.  (Priv: call,all)",
        "Two: Short.  (Priv: <none>)",
        "",
        "",
    ]
    (listed,) = rawman.parse(end.join(lines).encode())
    assert is_command_list(listed)
    assert parse_commands(listed) == [
        Command("One", "First half second half: with a colon third.", ("call", "all")),
        Command("Two", "Short.", ()),
    ]


def test_sample_of_the_page_equals_its_unfolded_form():
    folded = SAMPLE.read_bytes()
    assert folded.count(b"\r\n  ") == 7
    plain = folded.replace(b"\r\n  ", b" ")
    ((ours,), (theirs,)) = (rawman.parse(data) for data in (folded, plain))
    commands = parse_commands(ours)
    assert commands == parse_commands(theirs)
    assert len(commands) == plain.count(b"(Priv: ")
    by_name = {c.action: c for c in commands}
    assert by_name["StopMixMonitor"] == Command(
        "StopMixMonitor",
        "Stop recording a call through MixMonitor, and free the recording's file handle.",
        ("system", "call", "all"),
    )
    assert by_name["Ping"] == Command("Ping", "Keepalive command.", ())
    assert all("\n" not in c.synopsis and "  " not in c.synopsis for c in commands)


def test_xml_gives_the_same_in_lower_case():
    (raw,) = rawman.parse(SAMPLE.read_bytes().replace(b"\r\n  ", b" "))
    (xml,) = mxml.parse(mxml.encode([raw]))
    assert is_command_list(xml)
    assert parse_commands(xml) == [Command(c.action.lower(), c.synopsis, c.privileges) for c in parse_commands(raw)]


@pytest.mark.parametrize(
    "pairs",
    [
        (("Response", "Error"), ("Message", "Permission denied")),
        (("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "1.0")),
        (("Response", "Success"),),
        (("Response", "Success"), ("Variable", "X"), ("Value", "text (Priv: x)")),
        (("Event", "Success"), ("X", "y  (Priv: all)")),
        (),
    ],
)
def test_what_is_no_list_of_commands(pairs):
    assert not is_command_list(Message(pairs))


@pytest.mark.parametrize("value", ["", "cut off in the mid", "cut  (Priv: call,al", "more (Priv: all) behind"])
def test_a_header_without_privileges_is_named(value):
    good = ("Ping", "Keepalive command.  (Priv: <none>)")
    listed = message(good, good, good, ("WaitEvent", value))
    assert is_command_list(listed)
    with pytest.raises(ParseError, match="'WaitEvent'") as caught:
        parse_commands(listed)
    assert caught.value.hint


def test_a_fold_with_nothing_above_is_an_error_not_a_crash():
    with pytest.raises(ParseError):
        parse_commands(message(("  folded", "text")))
    assert parse_commands(Message(())) == []
