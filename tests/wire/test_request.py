"""The fields of a request: what is sent, and what is refused before anything is."""

import enum
import pickle
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amiframe.errors import ActionRefused
from amiframe.privacy.secret import Secret
from amiframe.wire.request import MAX_BODY, MAX_FIELDS, encode, fields


class Word(enum.StrEnum):
    ON = "on"


@pytest.mark.parametrize(
    ("given_fields", "more", "sent"),
    [
        (None, {}, []),
        ({}, {}, []),
        ({"Channel": "SIP/1"}, {}, [("Channel", "SIP/1")]),
        ([("V", "a"), ("V", "b")], {}, [("V", "a"), ("V", "b")]),
        ((pair for pair in [("V", "a")]), {}, [("V", "a")]),
        ({"V": ["a", 1, None, False]}, {}, [("V", "a"), ("V", "1"), ("V", "false")]),
        ({"V": ("a", "b")}, {"W": 2.5}, [("V", "a"), ("V", "b"), ("W", "2.5")]),
        ({"V": []}, {"W": None}, []),
        ({"Async": True, "N": 0, "Word": Word.ON}, {}, [("Async", "true"), ("N", "0"), ("Word", "on")]),
        ({"V": ""}, {}, [("V", "")]),
        ({"V": " kept  "}, {}, [("V", " kept  ")]),
        ({"V": "A=\x1b[1m\ttab"}, {}, [("V", "A=\x1b[1m\ttab")]),
    ],
)
def test_what_is_sent(given_fields, more, sent):
    assert fields("Do", given_fields, more) == [("Action", "Do"), *sent]


def test_a_secret_stays_one_until_the_body_is_made():
    sent = fields("Do", {"Password": Secret("hunter2 ä"), "More": [Secret("a"), "b"]})
    assert "hunter2" not in repr(sent)
    assert encode(sent) == b"Action=Do&Password=hunter2%20%C3%A4&More=a&More=b"


def test_action_and_its_id_stand_first():
    assert fields("Do", {"A": 1}, actionid="7") == [("Action", "Do"), ("ActionID", "7"), ("A", "1")]
    assert fields("Do", {"A": 1, "actionid": "mine"}) == [("Action", "Do"), ("ActionID", "mine"), ("A", "1")]
    assert fields("Do", {"actionid": "mine"}, actionid="7") == [("Action", "Do"), ("ActionID", "mine")]


@pytest.mark.parametrize(
    ("name", "given_fields", "message"),
    [
        ("", {}, "needs a name"),
        ("  ", {}, "needs a name"),
        (None, {}, "needs a name"),
        ("Do\r\nX: y", {}, "carriage return"),
        ("Do", {"V": "a\rb"}, "the value of V holds a carriage return"),
        ("Do", {"V": "a\nb"}, "the value of V holds a line end"),
        ("Do", {"V": ["fine", "a\0b"]}, "the value of V holds a NUL"),
        ("Do", {"V\n": "a"}, "the name of a field holds a line end"),
        ("Do", {"V": "\tA"}, "begins with a control character"),
        ("Do", {"V": "\x1bA"}, "begins with a control character"),
        ("Do", {"": "a"}, "needs a name"),
        ("Do", {" ": "a"}, "needs a name"),
        ("Do", {"a:b": "c"}, "needs a name without ':'"),
        ("Do", {1: "c"}, "no text"),
        ("Do", {"action": "Other"}, "named once"),
        ("Do", {"ActionID": ["1", "2"]}, "more than one ActionID"),
        ("Do", {"V": {"A": 1}}, "is a dict"),
        ("Do", {"V": b"x"}, "is a bytes"),
        ("Do", {"V": float("nan")}, "is a float"),
        ("Do", {"V": ["x", ["y"]]}, "is a list"),
    ],
)
def test_what_is_refused(name, given_fields, message):
    with pytest.raises(ActionRefused, match=message):
        fields(name, given_fields)


def test_an_id_is_checked_too():
    with pytest.raises(ActionRefused, match="line end"):
        fields("Ping", actionid="7\nInjected: yes")


def test_number_of_fields():
    assert len(fields("Do", {"V": ["x"] * (MAX_FIELDS - 1)})) == MAX_FIELDS
    with pytest.raises(ActionRefused, match="129 fields; the PBX takes 128") as caught:
        fields("Do", {"V": ["x"] * (MAX_FIELDS - 1)}, actionid="7")
    assert caught.value.action == "Do"


def test_length_of_the_body():
    rest = MAX_BODY - len("Action=Do&V=")
    assert len(encode(fields("Do", {"V": "x" * rest}))) == MAX_BODY
    with pytest.raises(ActionRefused, match="40960"):
        encode(fields("Do", {"V": "x" * rest + "x"}))


def test_bytes_that_are_no_utf8_go_as_they_came():
    assert encode([("V", "caf\udce9 é")]) == b"V=caf%E9%20%C3%A9"
    assert encode([]) == b""
    with pytest.raises(ActionRefused, match="UTF-8"):
        encode([("Action", "Do"), ("V", "\ud800")])


SECRET = "s3cret-canary"


@pytest.mark.parametrize("name", ["secret", "Key", "Password", "Variable", "Data"])
@pytest.mark.parametrize("spoil", ["{}\r", "{}\n", "\0{}", "\x01{}", "{}\ud800", "{}" + "x" * MAX_BODY])
def test_no_value_is_ever_shown(name, spoil):
    """A refused secret or PIN stays out of the error, its repr and its pickle."""
    with pytest.raises(ActionRefused) as caught:
        encode(fields("Login", {"Username": "me", name: spoil.format(SECRET)}))
    error = caught.value
    assert SECRET not in f"{error} {error!r} {error.hint} {error.__dict__}"
    assert SECRET.encode() not in pickle.dumps(error)


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=20))
def test_a_form_reader_reads_back_what_was_meant(pairs):
    try:
        whole = fields("Do", pairs)
        body = encode(whole)
    except ActionRefused:
        return
    assert body.isascii()
    assert parse_qsl(body.decode(), keep_blank_values=True, errors="surrogateescape") == whole
