"""A capture of real servers: nothing personal is in the file, and its replay gives the frames of the file."""

from __future__ import annotations

import json
import re

import pytest
from amf_support import differences
from pbx_server import Asterisk

import amiframe as af
from amiframe.capture import file_format
from amiframe.capture.record import capture
from amiframe.demo.replay import Replay
from amiframe.demo.server import Demo

NAMES = (
    "Мария Канарейкина", "Zebrafish Canary", 'Bob "Zorro" Canary', "Sean O'Canary", r"back\slash Quokka",
    "Zoë Ünïkätze", "張三丰 📞", "<b>&amp; Wombat</b>",
)  # fmt: skip
WORDS = ("Мария", "Канарейкина", "Zebrafish", "Canary", "Zorro", "Quokka", "Ünïkätze", "Wombat")
NUMBERS = ("+74951234567", "493012345678", "0049301112223")
ADDRESS = "10.98.76.54"


def place(server: Asterisk) -> list[str]:
    """Calls of named people, some with a long number, an address and a mail in their variables."""
    placed = server.place_calls(24, names=NAMES)
    with server.manager("test") as manager:
        for number in NUMBERS:
            manager.send(
                "Originate", ("channel", "Local/wait@calls/n"), ("application", "Wait"), ("data", "60"),
                ("async", "yes"), ("callerid", f'"{NAMES[0]}" <{number}>'),
                ("variable", f"__TRACE=sip:zanary@pbx.canary.example:5060 {ADDRESS} {number}"),
                ("variable", "PIN=4711"),
            )  # fmt: skip
    server.wait(lambda: len(server.channels()) == 24 + 2 * len(NUMBERS), "make its channels", 20)
    return [call.number for call in placed]


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_nothing_personal_is_in_the_file_and_replay_gives_its_frames(pbx, tmp_path, interface):
    extensions = place(pbx)
    dest = tmp_path / "report.jsonl"
    asked = [("Status", [("AllVariables", "true")]), ("Command", [("Command", "core show channels verbose")])]
    asked += [("Command", [("Command", f"{old} show users")]) for old in ("iax2", "sip")[: 1 + (pbx.version == "16")]]
    asked += [("GetConfig", [("Filename", name)]) for name in ("iax.conf", "manager.conf", "voicemail.conf")]
    with af.connect(pbx.url, username="test", secret=pbx.users["test"], interface=interface) as client:
        assert pbx.sip_secret[:15] in client.cli("iax2 show users"), "the PBX shows it"
        usual = capture(client, str(tmp_path / "usual.jsonl"))
        made = capture(client, str(dest), asked)
        before = client.status(all_variables=True)
    assert len(usual) > 20
    assert not [one for one in usual if one.error], "every usual action is answered"
    for path in (dest, tmp_path / "usual.jsonl"):
        text = path.read_text("utf-8")
        assert "PJSIP" in text or path == dest
        secrets = (*pbx.users.values(), pbx.sip_secret[:8], pbx.sip_secret[7:15])
        digits = tuple(number.lstrip("+") for number in NUMBERS)
        for personal in (*WORDS, NAMES[6][:3], *digits, ADDRESS, "zanary", "canary", *secrets):
            assert personal not in text, personal
        assert not re.search(r"(?<!\d)(4711|4242)(?!\d)", text), "within longer digits it may be a time"
        for line in map(json.loads, text.splitlines()[1:]):
            shown = re.sub(r"(?m)(ListItems|Items|Total|Seconds|\w*[Tt]ime\w*): ?\d+|\d+\.\d+", "", line["body"])
            for number in extensions:
                found = re.search(rf"(?<![0-9A-Za-z]){number}(?![0-9A-Za-z])", shown)
                assert not found, shown[max(0, found.start() - 60) : found.end() + 20]
    exchanges, _ = file_format.load(str(dest))
    assert exchanges == made
    raw, xml = (next(one for one in made if one.path.endswith(kind)) for kind in ("rawman", "mxml"))
    with Demo(replay=Replay(exchanges)) as again:
        for one, name in ((raw, "rawman"), (xml, "mxml"), (raw, "arawman"), (xml, "amxml")):
            with af.connect(again.url, username="demo", secret=again.secret("demo"), interface=name) as client:
                frame = client.status(all_variables=True)
            assert differences(frame, af.read_reply(one.body).frame(), ("amf_fetched",)) == [], name
    whole = af.read_reply(raw.body).frame()
    assert list(whole.columns) == list(before.columns)
    assert [str(dtype) for dtype in whole.dtypes] == [str(dtype) for dtype in before.dtypes]
    assert len(whole) == len(before)
    assert whole["amf_misfit"].isna().all()
    assert whole["calleridnum"].nunique() == before["calleridnum"].nunique()
    assert whole["uniqueid"].tolist() == before["uniqueid"].tolist()
