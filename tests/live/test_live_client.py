"""The promise on real servers: 50+ channels, and the frames of text and XML are the same."""

from __future__ import annotations

import traceback
import warnings

import pytest
from amf_support import differences, plain
from pbx_server import Asterisk

import amiframe as af
from amiframe import schema
from amiframe.reply import Reply
from amiframe.schema.actions import ACTIONS
from amiframe.wire import xml as mxml

VOLATILE = tuple(f.column for f in schema.EVENTS["Status"] if f.volatile)


def connect(server, user="test", interface="rawman", **more):
    return af.connect(server.url, username=user, secret=server.users[user], interface=interface, **more)


def sandwiched(first, xml, last):
    """Rule 12, live: rows that stood still must be equal; volatile columns equal one of the two."""
    key = "uniqueid"
    ids = [u for u in first[key] if u in set(last[key]) & set(xml[key])]
    one, two, three = (f.set_index(key, drop=False).loc[ids].reset_index(drop=True) for f in (first, xml, last))
    stable = [name for name in one.columns if not name.startswith("amf_fetched") and name not in VOLATILE]
    # dtypes and columns must be equal everywhere, values where raw before and raw after agree
    before, between, after = plain(one), plain(two), plain(three)
    assert list(one.columns) == list(two.columns)
    assert [str(d) for d in one.dtypes] == [str(d) for d in two.dtypes]
    for name in stable:
        for row, (a, x, b) in enumerate(zip(before[name], between[name], after[name], strict=True)):
            assert a != b or edges(a) == x, (name, row, a, x)
    for name in VOLATILE:
        for a, x, b in zip(before[name], between[name], after[name], strict=True):
            assert x in (a, b) or (isinstance(x, int) and a <= x <= b), name
    return len(ids)


def edges(value):
    """What XML itself drops of a value: blanks and control characters at its edges (rule 12 b)."""
    codes = "".join(map(chr, range(33)))
    if isinstance(value, list):
        return [(v[0], v[1] and v[1].rstrip(codes)) if isinstance(v, tuple) else v for v in value]
    return value.strip(codes) or None if isinstance(value, str) else value


def test_status_of_60_channels_is_the_same_frame_in_text_and_xml(pbx):
    """60 channels of mixed kinds, names in several scripts, variables: both interfaces tell the same."""
    placed = pbx.place_calls(60)
    with connect(pbx) as raw, connect(pbx, interface="mxml") as xml:
        asked = {"all_variables": True}
        frames = [raw.status(**asked), xml.status(**asked), raw.status(**asked)]
    assert len(frames[0]) >= 50
    assert sandwiched(*frames) >= 50
    assert frames[1].attrs["amiframe"]["interface"] == "mxml"
    named = dict(zip(frames[0]["calleridnum"], frames[0]["calleridname"], strict=True))
    seen = sum(named.get(call.number) == call.name for call in placed)
    assert seen >= len(placed) / 2, "names come out as they were given, un-escaped once"
    variables = {name for pairs in frames[0]["variables"].dropna() for name, _ in pairs}
    assert {name for call in placed for name in call.variables} <= variables
    assert frames[0]["seconds"].between(0, 600).all()
    assert frames[0]["amf_misfit"].isna().all()
    assert frames[0].attrs["amiframe"]["fetched_complete"] is True


def test_status_asks_for_variables_and_for_one_channel(pbx):
    pbx.place_calls(6)
    with connect(pbx) as raw, connect(pbx, interface="mxml") as xml:
        channel = raw.status()["channel"][0]
        for client in (raw, xml):
            one = client.status(channel, variables=["CHANNEL(state)", "NOSUCH"])
            assert one["channel"].tolist() == [channel]
            pairs = dict(one["variables"][0])
            assert pairs["CHANNEL(state)"]
            assert pairs["NOSUCH"] is None
            empty = client.status("Local/nobody@nowhere-1;1")
            assert len(empty) == 0
            assert [str(d) for d in empty.dtypes] == [str(d) for d in one.dtypes]


def test_commands_are_the_same_frame_in_text_and_xml(pbx):
    with connect(pbx) as raw, connect(pbx, interface="mxml") as xml:
        one, other = raw.commands(), xml.commands()
        # what XML itself says, without the raw twin
        own = Reply.from_messages(xml._session.ask([("Action", "ListCommands")], path="mxml"), action="ListCommands")
        independent = pbx.manager("test").send("ListCommands")[0]
    assert differences(one, other, ignore=("amf_fetched",)) == []
    assert other.attrs["amiframe"]["interface"] == "mxml via rawman"
    assert one["action"].tolist() == [name for name, text in independent if "(Priv: " in text]
    assert len(one) > 120
    known = one["action"].str.lower().isin(ACTIONS)
    alone = own.frame()
    assert differences(one[known].reset_index(drop=True), alone[known].reset_index(drop=True), ("amf_fetched",)) == []
    assert alone["action"].str.lower().tolist() == one["action"].str.lower().tolist()
    assert one.set_index("action").loc["Ping", "privileges"] == []
    assert "all" in one.set_index("action").loc["Originate", "privileges"]


def test_encoder_model_equals_the_server_byte_by_byte(pbx):
    """The same standing answer asked as text and as XML: our model of the encoder writes the server's bytes."""
    with connect(pbx) as client:
        for name in ("ListCommands", "CoreSettings", "QueueStatus", "PJSIPShowEndpoints", "BridgeTechnologyList"):
            fields = [("Action", name), ("ActionID", "ä<&'\" x")]
            raw = client._session.ask(fields, path="rawman")
            xml = client._session.ask(fields, path="mxml")
            assert mxml.parse(mxml.encode(raw)) == xml, name


def test_ping_has_the_clock_of_the_server(pbx):
    with connect(pbx) as client:
        answer = client.ping()
    assert 0 < answer.latency_s < 5
    assert answer.server_time.utcoffset().total_seconds() == 0


def test_wrong_secret_wrong_path_wrong_port_and_missing_right(pbx):
    """Each failure is told apart, with what to do, and without the secret."""
    canary = "canary-5ecret"
    with (
        pytest.raises(af.LoginError, match="Authentication failed") as refused,
        af.connect(pbx.url, username="test", secret=canary) as client,
    ):
        client.ping()
    assert canary not in f"{refused.value!r} {''.join(traceback.format_exception(refused.value))}"
    with (
        pytest.raises(af.HTTPStatusError, match="404") as missing,
        af.connect(pbx.url + "/wrong", username="test", secret=canary) as client,
    ):
        client.ping()
    assert "prefix" in missing.value.hint
    with connect(pbx, "orig") as client:
        with pytest.raises(af.AccessDenied, match="'orig' may not run CoreShowChannels"):
            client._session.ask([("Action", "CoreShowChannels")])
        assert len(client.status()) == 0, "the session lives on"
    port = pbx.http_port
    pbx.stop()
    try:
        with pytest.raises(af.ConnectError, match="nothing answers"):
            af.connect(f"http://127.0.0.1:{port}", username="test", secret=canary).ping()
    finally:
        pbx.start()


def test_an_expired_session_and_a_restart_are_healed(pbx):
    with connect(pbx) as client:
        first = client.ping()
        client._session._transport._cookies.clear()  # what the jar does when the cookie's time is over
        assert client.ping().server_time >= first.server_time
        pbx.manager("test")  # another session does not matter
        pbx.restart()
        assert len(client.status()) == 0
        client._session.log_off()
        assert client.ping()


def test_plain_http_to_this_machine_warns_of_nothing(pbx):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with connect(pbx) as client:
            client.ping()


@pytest.mark.parametrize("version", ["16", "22"])
def test_a_prefix_is_part_of_the_address(version):
    with Asterisk(version, prefix="asterisk") as server:
        url = server.url if server.url.endswith("/asterisk") else server.url + "/asterisk"
        with af.connect(url, username="test", secret=server.users["test"]) as client:
            assert client.ping()
