"""The fields become arguments, are checked while they are typed, and compared with what the PBX has."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

import amiframe as af
from amiframe.widgets.originate.model import (
    DialplanInfo,
    OriginateFields,
    checked_request,
    fetch_dialplan,
    field_table,
    warnings_for,
)

FULL = OriginateFields(
    channel=" PJSIP/100 ", exten="200", context="default", priority="2", ring_timeout="1,5", callerid='"A" <1>',
    variables=(("A", "x,y"), ("", "ignored"), ("_B", "")), account="acc", earlymedia=True, async_=False,
    codecs="ulaw,alaw", channelid="id-1", otherchannelid="id-2",
)  # fmt: skip
DIALPLAN = DialplanInfo(
    channels={"PJSIP/100": "Not in use", "PJSIP/dead": "Unavailable"},
    extensions={"default": ["200", "201"], "open": ["1"], "bare": []},
    open_contexts=frozenset({"open"}),
)


def test_every_parameter_of_originate_has_a_field():
    names = set(inspect.signature(af.Pbx.originate).parameters) - {"self", "wait", "dry_run"}
    assert names == {f.name for f in dataclasses.fields(OriginateFields)} - {"to_application"}


def test_all_fields_arrive_in_the_request():
    sent = list(checked_request(FULL).fields)
    assert ("Channel", "PJSIP/100") in sent
    assert ("Timeout", "1500") in sent
    assert ("EarlyMedia", "true") in sent
    assert ("Async", "false") in sent
    assert [value for name, value in sent if name == "Variable"] == [r"A=x\,y", "_B="]
    assert {name for name, _ in sent} >= {"Exten", "Context", "Priority", "CallerID", "Account", "Codecs", "ChannelId"}


def test_an_application_takes_the_place_of_the_extension():
    fields = OriginateFields(
        channel="PJSIP/100", to_application=True, exten="200", context="c", application="Echo", data=" a "
    )
    assert fields.arguments() == {"channel": "PJSIP/100", "application": "Echo", "data": " a "}
    assert fields.target() == "Echo( a )"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channel": "100"}, "TECHNOLOGY/resource"),
        ({"ring_timeout": "soon"}, "no number"),
        ({"ring_timeout": "0.5"}, "1 second"),
        ({"exten": ""}, "where shall the call go"),
        ({"callerid": "x" * 256}, "255 bytes"),
        ({"variables": (("A B=", "1"),)}, "variable's name"),
        ({"account": "a\nb"}, "line end"),
        ({"channelid": "x" * 150}, "149 bytes"),
    ],
)
def test_what_cannot_be_sent_is_refused(change, words):
    import dataclasses

    with pytest.raises(af.ActionRefused, match=words):
        checked_request(dataclasses.replace(FULL, **change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channel": "PJSIP/101"}, ["no endpoint PJSIP/101: did you mean PJSIP/100?"]),
        ({"channel": "pjsip/100"}, []),
        ({"channel": "PJSIP/777@100"}, []),
        ({"channel": "PJSIP/dead"}, ["unavailable now"]),
        ({"channel": "Local/1@default"}, []),
        ({"context": "defalt"}, ["did you mean default?"]),
        ({"exten": "999"}, ["context default has no extension 999"]),
        ({"exten": "999", "context": "open"}, []),
        ({"exten": "999", "context": "bare"}, []),
        ({"variables": (("A", "1"), ("A", "2"))}, ["given twice"]),
    ],
)
def test_doubts(change, words):
    fields = OriginateFields(**{"channel": "PJSIP/100", "exten": "200", "context": "default", **change})
    found = warnings_for(fields, DIALPLAN)
    assert len(found) == len(words)
    assert all(word in doubt for word, doubt in zip(words, found, strict=True))


def test_of_two_variables_of_one_name_the_first_counts_as_at_the_pbx():
    assert OriginateFields(channel="A/b", variables=(("A", "1"), ("B", "2"), ("A", "3"))).arguments()["variables"] == {
        "A": "1",
        "B": "2",
    }


def test_ids_that_are_made_anew_say_so_until_they_are_the_ones_sent():
    asked = checked_request(OriginateFields(channel="PJSIP/100", exten="1", context="c"))
    draft, final = (dict(field_table(asked, is_sent=sent).to_numpy()) for sent in (False, True))
    assert draft["ChannelId"] == draft["ActionID"] == "(made for each call)"
    assert final["ChannelId"] == asked.uniqueid
    assert dict(field_table(checked_request(FULL), is_sent=False).to_numpy())["ChannelId"] == "id-1"


def test_learnt_from_the_pbx(demo):
    with af.connect(demo.url, username="demo", secret=demo.secret("demo")) as pbx:
        dialplan = fetch_dialplan(pbx)
    assert dialplan.channels["PJSIP/311"]
    assert "internal" in dialplan.extensions
    with af.connect(demo.url, username="caller", secret=demo.secret("caller")) as pbx:
        poor = fetch_dialplan(pbx)
    assert poor.channels == {}
    assert any("system" in note for note in poor.notes)
