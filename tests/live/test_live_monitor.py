"""EventMonitor on real servers: a call is heard whole and drawn; hidden events are told; a restart is a gap."""

from __future__ import annotations

import re
import time

import pytest
from amf_widgets import part, press, status_text, wait_for
from pbx_server import Asterisk

import amiframe as af
from amiframe.widgets.events import monitor as glue


def connect(server: Asterisk, user: str = "test", interface: str = "rawman") -> af.Pbx:
    return af.connect(server.url, username=user, secret=server.users[user], interface=interface)


def listening(pbx: af.Pbx, **more: object) -> glue.EventMonitor:
    made = af.widgets.EventMonitor(pbx, **more)
    press(made, "listen")
    wait_for(lambda: "listening since" in status_text(made))
    return made


def call(server: Asterisk, exten: str, uniqueid: str) -> None:
    with server.manager("harness") as manager:
        manager.send(
            "Originate", ("Channel", "Local/200@outgoing"), ("Context", "outgoing"), ("Exten", exten),
            ("Priority", "1"), ("Async", "true"), ("ChannelId", uniqueid), ("CallerID", '"Anna <b>" <555>'),
        )  # fmt: skip


@pytest.mark.parametrize("interface", ["rawman", "amxml"])
def test_a_call_is_received_whole_and_drawn(pbx, interface):
    with connect(pbx, interface=interface) as connected:
        made = listening(connected)
        uniqueid = f"amf-{time.time_ns()}"
        call(pbx, "100", uniqueid)
        wait_for(lambda: made.events["event"].eq("OriginateResponse").any())
        pbx.hangup_all()
        part(made, "call").value = uniqueid
        wait_for(lambda: made.shown["event"].eq("Hangup").sum() == 2)
        shown = made.shown
        ids = set(shown["uniqueid"].dropna())
        assert {uniqueid, f"{uniqueid};2"} <= ids
        assert shown["event"].eq("Newchannel").sum() == 2
        number = re.findall(r'data-number="(\d+)"', made._table.value)[0]
        part(made, "pick").value = number
        wait_for(lambda: "<img" in made._detail.value)
        assert "<b>&lt;" not in made.static().html
        assert "Anna <b>" not in made.static().html

        class Saved:
            def events(self, seconds, mask=None):
                return made.events

        press(made, "stop")
        assert made.join()
        scope = {"pbx": Saved(), "af": af}
        exec(made.code(), scope)
        assert set(scope["shown"]["amf_seq"]) <= set(made.shown["amf_seq"])
        assert scope["shown"]["event"].eq("Hangup").sum() == 2
        made.close()


def test_an_account_that_may_not_read_what_happens_gets_a_hint(pbx, monkeypatch):
    monkeypatch.setattr(glue, "SILENCE_S", 1.0)
    with connect(pbx, "ro") as connected:
        made = listening(connected, mask="agent")
        wait_for(lambda: "no event has come yet" in status_text(made))
        end = time.monotonic() + 20
        while "the PBX has events" not in status_text(made) and time.monotonic() < end:
            call(pbx, "100", f"amf-{time.time_ns()}")
            time.sleep(0.5)
        assert "none of agent that this account may read" in status_text(made)
        assert made.events.empty
        made.close()


def test_a_restart_is_shown_as_one_gap(pbx):
    with connect(pbx) as connected:
        made = listening(connected, mask="call")
        call(pbx, "100", f"amf-{time.time_ns()}")
        wait_for(lambda: len(made.events) > 3)
        pbx.restart()
        wait_for(lambda: "may be missing" in status_text(made), 60)
        before = len(made.events)
        call(pbx, "100", f"amf-{time.time_ns()}")
        wait_for(lambda: len(made.events) > before + 3)
        assert made._buffer.counts.gaps == 1
        assert made._table.value.count("events may be missing") == 1
        made.close()
