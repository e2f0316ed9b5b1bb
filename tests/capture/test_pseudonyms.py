"""What is personal becomes something else, the same one always the same other; what is not stays."""

from __future__ import annotations

import html
import re

import pytest
from amf_support import SAMPLES

import amiframe as af
from amiframe.capture.pseudonyms import Pseudonymizer
from amiframe.wire import raw as rawman
from amiframe.wire import xml as mxml
from amiframe.wire.encoding import decode, encode

SECRET, USER = "s3cret-canary", "petrov"
NUMBER, NAME = "+74951234567", "Мария Zebrafish-O'Neil"
ANSWER = f"""Response: Success
EventList: start
Message: Channels will follow

Event: Status
Privilege: Call
Channel: PJSIP/3417-0000001a
ChannelState: 6
CallerIDNum: {NUMBER}
CallerIDName: Мария Zebrafish-O\\'Neil
ConnectedLineNum: 3417
ConnectedLineName: <unknown>
Exten: 3417
Priority: 3417
Uniqueid: 1795546614.3417
Linkedid: 1795546614.3417
Seconds: 3417
Data: PJSIP/3417,30,{NUMBER}
Variable: SIPURI=sip:mzebra@pbx.zebrafish.example:5060
Variable: PEER=10.20.30.40
Variable: NOTE=ask {NAME} at 192.168.7.9
Variable: PIN=4711
Variable: DIALSTATUS=ANSWER
Variable: PLAIN=secret={SECRET}

Event: QueueMember
Name: {NAME}
Location: PJSIP/3417
CallsTaken: 3417

Event: StatusComplete
EventList: Complete
ListItems: 3417
Note: fe80::1ff:fe23:4567:890a 02:42:ac:11:00:02 127.0.0.1 written 2026-11-24 18:56:53

""".replace("\n", "\r\n")


def disguised(text: str = ANSWER, *, is_xml: bool = False, one: Pseudonymizer | None = None) -> str:
    one = one or Pseudonymizer(SECRET, USER)
    one.collect(text, is_xml=is_xml)
    return one.answer(text, is_xml=is_xml)


def values(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


def test_nothing_personal_is_left():
    text = disguised()
    for canary in (SECRET, NUMBER, NUMBER[1:], "Zebrafish", "zebrafish", "Мария", "Neil", "mzebra", "10.20.30.40",
                   "192.168.7.9", "4711", "fe80", "02:42:ac", "ask"):  # fmt: skip
        assert canary not in text, canary


def test_the_secret_of_the_account_is_blotted_wherever_it_is():
    text = f"Response: Success\r\nMessage: said {SECRET} aloud\r\nAppData: ({SECRET})\r\n\r\n"
    assert disguised(text) == text.replace(SECRET, "x" * len(SECRET))


def test_the_same_is_always_the_same_other():
    replaced = values(disguised())
    number = replaced["Exten"][0]
    assert re.fullmatch(r"\d{4}", number)
    assert number != "3417"
    assert replaced["ConnectedLineNum"] == [number]
    assert replaced["Channel"] == [f"PJSIP/{number}-0000001a"]
    assert replaced["Location"] == [f"PJSIP/{number}"]
    caller = replaced["CallerIDNum"][0]
    assert re.fullmatch(r"\+\d{11}", caller)
    assert replaced["Data"] == [f"PJSIP/{number},30,{caller}"]
    name = replaced["CallerIDName"][0].replace("\\'", "'")
    assert re.fullmatch(r"[А-Я][а-я]{4} [A-Z][a-z]{8}-[A-Z]'[A-Z][a-z]{3}", name), name
    assert replaced["Name"] == [name], "escaped in one event, not in the other"
    assert name in replaced["Variable"][2]


def test_what_is_not_personal_stays():
    replaced, before = values(disguised()), values(ANSWER)
    for name in ("Priority", "Seconds", "Uniqueid", "Linkedid", "CallsTaken", "ListItems", "ChannelState",
                 "ConnectedLineName", "Event", "Privilege"):  # fmt: skip
        assert replaced[name] == before[name], name
    assert replaced["Variable"][4] == "DIALSTATUS=ANSWER"
    assert replaced["Note"][0].endswith("127.0.0.1 written 2026-11-24 18:56:53")
    assert len(disguised()) == pytest.approx(len(ANSWER), abs=20)


@pytest.mark.parametrize("version", ["16", "22"])
@pytest.mark.parametrize("name", ["status_busy", "status_few", "queue_status"])
def test_frames_keep_their_shape_and_text_stays_equal_to_xml(version, name):
    """One disguise for the raw and the XML answer of the same moment: both still tell the same."""
    folder = SAMPLES / version
    one = Pseudonymizer(SECRET, USER)
    texts = {kind: decode((folder / f"{name}.{kind}").read_bytes()) for kind in ("txt", "xml")}
    for kind, text in texts.items():
        one.collect(text, is_xml=kind == "xml")
    replaced = {kind: encode(one.answer(text, is_xml=kind == "xml")) for kind, text in texts.items()}
    before = af.read_reply(folder / f"{name}.txt").frame()
    after = af.read_reply(replaced["txt"]).frame()
    assert list(after.columns) == list(before.columns)
    assert [str(dtype) for dtype in after.dtypes] == [str(dtype) for dtype in before.dtypes]
    assert after.isna().equals(before.isna())
    for column in ("calleridnum", "calleridname", "channel", "name", "uniqueid"):
        if column in before:
            assert after[column].nunique() == before[column].nunique(), column
            assert after[column].str.len().equals(before[column].str.len()) or column == "calleridname"
    if "calleridnum" in before:
        long = before["calleridnum"].str.contains(r"\d{3}").fillna(False)
        assert not after["calleridnum"][long].eq(before["calleridnum"][long]).any()
    raw, xml = rawman.parse(replaced["txt"]), mxml.parse(replaced["xml"])
    mended = [m for m in mxml.parse(mxml.encode(raw)) if m.name in ("QueueMember", "QueueEntry", "QueueParams")]
    volatile = {"wait", "callers", "holdtime", "talktime", "completed", "abandoned", "servicelevelperf"}
    for mine, other in zip(mended, [m for m in xml if m.name in {m.name for m in mended}], strict=False):
        assert [p for p in mine.pairs if p[0] not in volatile] == [p for p in other.pairs if p[0] not in volatile]


def test_names_that_are_words_of_the_protocol_do_not_break_it():
    text = disguised(
        ANSWER.replace(NAME, "Queue").replace("Channel: PJSIP/3417", "Application: Queue\r\nChannel: PJSIP/3417")
    )
    replaced = values(text)
    assert replaced["Application"] == ["Queue"]
    assert replaced["Name"] != ["Queue"]


LINES = """Response: Success
Message: Command output follows
Output: Username         Secret                Authen           Def.Context      A/C    Codec Pref
Output: iaxphone         pa ss,w0rd            000000000000002  outgoing         No     Host
Output: Анна         pa ss,w0rd-21-letters 000000000000002  outgoing         No     Host
Output:
Output: secret = pa ss,w0rd ; and more
Output:   MD5Secret            : <Not set>
Output: register => bob:pa ss,w0rd@host.example:5060
Output: {"a":["secret":"pa ss,w0rd","port":"5060"]}
Output: [Secret:] <value>
Line-000000-000001: 100=4242,Anna
Variable: PLAIN=password=pa ss,w0rd 4711

""".replace("\n", "\r\n")


def as_xml(text: str) -> str:
    """The same as one element; the numbers of repeated attributes are those of Asterisk."""
    found: list[str] = []
    for name, value in (line.split(":", 1) for line in text.strip().split("\r\n")):
        count = sum(one.split("=")[0].split("-")[0] == name.lower() for one in found)
        number = f"-{count + 1}" if count else ""
        found.append(f"{name.lower()}{number}='{html.escape(value.strip())}'")
    return (
        f"<ajax-response><response type='object' id='unknown'><generic {' '.join(found)} /></response></ajax-response>"
    )


@pytest.mark.parametrize("is_xml", [False, True])
def test_passwords_in_lines_of_files_and_commands(is_xml):
    text = Pseudonymizer().answer(as_xml(LINES) if is_xml else LINES, is_xml=is_xml, file="voicemail.conf")
    replaced = html.unescape(text)
    for part in ("pa ss", "w0rd", "21-letters", "4242", "4711", "and more"):
        assert part not in replaced, part
    for part in ("outgoing", "MD5Secret", "<Not set>", "[Secret:] <value>", "Codec Pref"):
        assert part in replaced, part
    before = html.unescape(as_xml(LINES)) if is_xml else LINES
    assert len(replaced) == len(before)


def test_the_head_of_a_table_is_one_of_lines_and_no_other_value():
    text = "Event: Newexten\r\nAppData: Hello  pin  there\r\nContext: incoming\r\nApplication: Dial\r\n\r\n"
    assert Pseudonymizer().answer(text, is_xml=False) == text


@pytest.mark.parametrize(
    "text",
    ["Response: Success\r\nVariable: SECRET\r\nValue: hunter2\r\n\r\n",
     "Event: DBGetResponse\r\nFamily: AMPUSER\r\nKey: 100/password\r\nVal: hunter2\r\n\r\n"],
)  # fmt: skip
def test_a_value_whose_name_stands_in_another_header(text):
    assert "hunter2" not in Pseudonymizer().answer(text, is_xml=False)
    harmless = text.replace("SECRET", "COLOUR").replace("password", "colour")
    assert "hunter2" in Pseudonymizer().answer(harmless, is_xml=False)
    both = text + harmless
    assert Pseudonymizer().answer(both, is_xml=False).count("hunter2") == 1


def test_two_captures_have_nothing_in_common():
    assert values(disguised())["CallerIDNum"] != values(disguised())["CallerIDNum"]
