"""findings: each rule finds its fault and no other, a list that moved while it was told finds nothing."""

from __future__ import annotations

import itertools
import random

import pandas as pd
import pytest
from amf_support import SAMPLES, examples
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.analysis.snapshots.context import clock
from amiframe.analysis.snapshots.finding_table import RULES, not_looked_for
from amiframe.frames import rows_frame

KINDS = {
    "channel": "str", "channelstate": "int", "channelstatedesc": "str", "calleridnum": "str", "exten": "str",
    "uniqueid": "str", "linkedid": "str", "type": "str", "timetohangup": "time", "bridgeid": "str",
    "application": "str", "data": "str", "seconds": "int",
}  # fmt: skip
NOW = 1795448820
STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}


def channel(name, number, *, state=6, age=100, call=None, **more):
    """A channel that was made `age` seconds ago; its call is the number of its first channel."""
    return {
        "channel": name, "channelstate": state, "channelstatedesc": STATES[state], "type": name.split("/")[0],
        "uniqueid": f"{NOW - age}.{number}", "linkedid": f"call-{number if call is None else call}", "seconds": age,
        **more,
    }  # fmt: skip


def look(*rows, at=0):
    """Those channels, fetched `at` seconds later than NOW."""
    stamp = pd.Timestamp(NOW + at, unit="s", tz="UTC").as_unit("us")
    aged = [{**row, "seconds": row["seconds"] + at} for row in rows]
    frame = rows_frame(aged, KINDS)
    return frame.assign(amf_fetched=pd.Series(stamp, frame.index, "datetime64[us, UTC]"))


def twice(*rows, apart=10):
    return look(*rows), look(*rows, at=apart)


def reported(frame):
    return [(row["rule"], sorted(row["channels"])) for row in frame.to_dict("records")]


def pair(exten, serial, call, *, far=None, near=None, age=100, state=6):
    """Both halves of a Local channel."""
    one = channel(f"Local/{exten}@x-{serial:08x};1", 2 * serial, call=call, age=age, state=state, **(near or {}))
    return one, channel(f"Local/{exten}@x-{serial:08x};2", 2 * serial + 1, call=call, age=age, **(far or {}))


BRIDGED = (
    channel("PJSIP/a-00000001", 1, application="Dial", data="PJSIP/b", bridgeid="b1"),
    channel("PJSIP/b-00000002", 2, call=1, application="AppDial", data="(Outgoing Line)", bridgeid="b1"),
)
IVR = channel("PJSIP/c-00000003", 3, application="BackGround", data="menu")
DIALLING = (
    channel("PJSIP/d-00000004", 4, application="Dial", data="PJSIP/e,60"),
    channel("PJSIP/e-00000005", 5, call=4, state=5, age=30, application="AppDial"),
)
HEALTHY = (*BRIDGED, IVR, *DIALLING)


def test_every_rule_has_a_threshold_of_the_function_and_a_line_in_its_docstring():
    thresholds = set(af.findings.__kwdefaults__) - {"before"}
    assert {rule.threshold for rule in RULES} == thresholds
    for rule in RULES:
        assert f"``{rule.name}``" in (af.findings.__doc__ or "").replace("\n        ", " ")
    page = (SAMPLES.parents[1] / "docs" / "snapshots.md").read_text("utf-8")
    for rule in RULES:
        default = f"{af.findings.__kwdefaults__[rule.threshold]:g}"
        assert f"| `{rule.name}` | {rule.severity} | `{rule.threshold}={default}` |" in page


@pytest.mark.parametrize("version", ["16", "22"])
def test_a_busy_pbx_of_a_real_server_finds_only_the_call_with_a_time_limit(version):
    status = af.read_status(SAMPLES / version / "status_busy.txt")
    limited = status["timetohangup"].notna()
    expected = [("about to be cut", [name]) for name in status["channel"][limited]]
    assert reported(af.findings(status, before=status)) == expected
    # that list of 22 is torn: a call had just begun, and half of its Local channel is not in it
    torn = ["Local/607@outgoing-00000187;1"] if version == "22" else []
    later = status.assign(seconds=status["seconds"] + 20)
    names = [names for rule, names in reported(af.findings(later, before=status)) if rule == "no far leg"]
    assert names == [[name] for name in torn]
    assert reported(af.findings(later, before=status[~status["channel"].isin(torn)])) == expected


def test_the_embedded_pbx_has_no_findings_that_were_not_staged():
    with af.connect("demo") as pbx:
        first, second = pbx.snapshot(), pbx.snapshot()
        found = af.findings(second, before=first)
        assert len(second.status) > 5
        assert reported(found) == []
        assert found.dtypes.astype(str).to_dict() == {
            "rule": "str", "severity": "str", "channels": "list<item: string>[pyarrow]", "evidence": "str",
            "value": "float64", "threshold": "float64",
        }  # fmt: skip


def test_the_embedded_pbx_with_a_phone_that_rings_finds_it():
    with af.connect("demo") as pbx:
        call = pbx.originate("PJSIP/603", application="Wait", data="60", ring_timeout=60)
        found = pd.DataFrame()
        for _ in range(50):
            found = af.findings(pbx.snapshot(), ringing_s=1, long_s=None)
            found = found[[call.channel in names for names in found["channels"]]] if call.channel else found
            if len(found):
                break
        assert set(found["rule"]) == {"ringing"}
        pbx.hangup(found["channels"].iloc[0][0])


def test_healthy_channels_find_nothing():
    before, after = twice(*HEALTHY)
    assert reported(af.findings(after, before=before)) == []
    assert reported(af.findings(after)) == []


STAGED = {
    "ringing": ([channel("PJSIP/x-00000010", 16, state=5, age=59)], {16}),
    "long call": ([channel("PJSIP/x-00000010", 16, age=14395, application="Echo")], {16}),
    "unbridged": (
        [channel("PJSIP/x-00000010", 16, application="Dial"), channel("PJSIP/y-00000011", 17, call=16, age=15)],
        {16},
    ),
    "no far leg": ([channel("PJSIP/x-00000010", 16, application="AppDial", data="(Outgoing Line)")], {16}),
    "about to be cut": (
        [channel("PJSIP/x-00000010", 16, application="Echo", timetohangup=pd.Timestamp(NOW + 65, unit="s", tz="UTC"))],
        {16},
    ),
}


@pytest.mark.parametrize("rule", STAGED)
def test_a_staged_fault_is_found_among_healthy_channels_and_nothing_else(rule):
    rows, guilty = STAGED[rule]
    names = [row["channel"] for row in rows if int(row["uniqueid"].split(".")[1]) in guilty]
    before, after = twice(*HEALTHY, *rows)
    assert reported(af.findings(after, before=before)) == [(rule, names)]
    threshold = next(one.threshold for one in RULES if one.name == rule)
    assert reported(af.findings(after, before=before, **{threshold: None})) == []
    off = -1e9 if threshold == "cut_s" else 1e9
    assert reported(af.findings(after, before=before, **{threshold: off})) == []


def test_the_other_half_of_a_local_channel_is_missed():
    one, two = pair("100", 9, 9, near={"application": "System"}, far={"application": "Wait"})
    assert reported(af.findings(look(one, two, at=9), before=look(one, two))) == []
    found = af.findings(look(one, at=9), before=look(one))
    assert reported(found) == [("no far leg", [one["channel"]])]
    assert "other half" in found["evidence"][0]
    # whoever lost it a moment ago only: it may just have moved while the list was told
    assert reported(af.findings(look(one, at=9), before=look(one, two))) == []
    assert reported(af.findings(look(one, two, at=9), before=look(one))) == []


def test_a_caller_whose_far_leg_rings_or_comes_later_is_not_alone():
    """A list that was told while a call moved: the caller stands in it, its leg does not, in one of both looks."""
    dialling = channel("PJSIP/x-00000010", 16, application="Dial")
    leg = channel("PJSIP/y-00000011", 17, call=16, state=5, age=5, application="AppDial")
    assert reported(af.findings(look(dialling, leg, at=9), before=look(dialling))) == []
    assert reported(af.findings(look(dialling, at=9), before=look(dialling, leg))) == []
    assert reported(af.findings(look(dialling, at=9), before=look(dialling))) == [("no far leg", ["PJSIP/x-00000010"])]
    assert reported(af.findings(look(dialling, at=9))) == [], "one look cannot tell"


def test_a_phone_that_rings_is_waited_for():
    """The caller is up on both its halves, since somebody called out for it: no reason to be in a bridge yet."""
    caller = pair("100", 9, 9, near={"application": "Wait"}, far={"application": "Dial", "data": "PJSIP/y,60"})
    phone = channel("PJSIP/y-00000011", 17, call=9, state=5, age=30, application="AppDial")
    before, after = twice(*caller, phone)
    assert reported(af.findings(after, before=before)) == []
    answered = {**phone, "channelstate": 6, "channelstatedesc": "Up"}
    before, after = twice(*caller, answered)
    names = ["Local/100@x-00000009;2", "PJSIP/y-00000011"]
    assert reported(af.findings(after, before=before)) == [("unbridged", names)]


def test_another_channel_with_the_same_chosen_id_is_not_the_same():
    before = look({**channel("Local/9@x-00000001;1", 1, application="System"), "uniqueid": "job", "seconds": 50})
    after = look({**channel("Local/9@x-00000002;1", 1, application="System"), "uniqueid": "job", "seconds": 9}, at=10)
    assert reported(af.findings(after, before=before)) == []


def test_phones_that_ring_together_are_not_a_loop():
    loop = [row for n in range(6) for row in pair("9", n, 0, far={"application": "Dial", "data": "Local/9@x/n,60"})]
    ringall = [row for n in range(10, 30) for row in pair("7", n, 10, state=5, far={"application": "Wait"})]
    ringall += [
        row for n in range(40, 60) for row in pair(f"8{n}", n, 40, far={"application": "Dial", "data": "PJSIP/1"})
    ]
    assert reported(af.findings(look(*ringall), ringing_s=None)) == []
    found = af.findings(look(*loop, *ringall), ringing_s=None)
    assert reported(found) == [("local loop", [f"Local/9@x-{n:08x};2" for n in range(6)])]
    assert found["value"].tolist() == [6.0]
    young = [{**row, "seconds": 1} for row in loop]
    assert reported(af.findings(look(*young))) == []
    conference = [row for n in range(9) for row in pair("5", n, 0, far={"application": "ConfBridge", "data": "1"})]
    assert reported(af.findings(look(*conference))) == []


def test_a_crowd_is_calls_of_one_number_and_not_its_phones():
    calls = [{**channel(f"PJSIP/t-{n:08x}", n, calleridnum="4420"), "linkedid": f"{NOW - 100}.{n}"} for n in range(20)]
    found = af.findings(look(*calls))
    assert reported(found) == [("crowd", sorted(row["channel"] for row in calls))]
    assert reported(af.findings(look(*calls[:19]))) == []
    assert reported(af.findings(look(*[{**row, "calleridnum": "anonymous"} for row in calls]))) == []
    assert reported(af.findings(look(*[{**row, "linkedid": calls[0]["linkedid"]} for row in calls]))) == []


def test_who_waits_unanswered_in_a_queue_does_not_ring():
    queued = channel("PJSIP/x-00000010", 16, state=4, application="Queue", data="sales")
    assert reported(af.findings(look(queued))) == []
    assert reported(af.findings(look({**queued, "application": "Playback"}))) == [("ringing", ["PJSIP/x-00000010"])]


def test_an_agents_open_line_and_what_the_pbx_keeps_for_itself_are_no_long_calls():
    rows = [
        channel("PJSIP/x-00000010", 16, age=40000, application="AgentLogin"),
        channel("Message/ast_msg_queue", 17, age=40000, state=0),
        channel("CBAnn/1000-00000001;1", 18, age=40000, application="ConfBridge"),
    ]
    assert reported(af.findings(look(*rows, at=10), before=look(*rows))) == []


def test_the_time_until_a_cut_goes_by_the_clock_of_the_pbx():
    """Our own clock is an hour behind, one channel counts anew, one id was chosen."""
    end = pd.Timestamp(NOW + 30, unit="s", tz="UTC")
    rows = look(
        channel("PJSIP/x-00000010", 16, timetohangup=end), channel("PJSIP/y-00000011", 17),
        channel("PJSIP/z-00000012", 18), {**channel("PJSIP/v-00000013", 19), "seconds": 3},
        {**channel("PJSIP/w-00000014", 20), "uniqueid": "1895448820.1"},
    )  # fmt: skip
    rows["amf_fetched"] -= pd.Timedelta(hours=1)
    found = af.findings(rows)
    assert reported(found) == [("about to be cut", ["PJSIP/x-00000010"])]
    assert found["value"].tolist() == [30.0]
    assert clock(rows).tolist() == [float(NOW)] * 5
    chosen = rows.assign(uniqueid=[f"job-{n}" for n in range(5)])
    assert clock(chosen).tolist() == [NOW - 3600.0] * 5


def test_the_clocks_of_two_pbxs_differ():
    end = pd.Timestamp(NOW + 30, unit="s", tz="UTC")
    here = [channel(f"PJSIP/a-{n:08x}", n) for n in range(3)]
    there = [{**channel(f"PJSIP/b-{n:08x}", n), "uniqueid": f"{NOW - 7300}.{n}", "timetohangup": end} for n in range(2)]
    rows = look(*here, *there).assign(amf_pbx=pd.Series(["here"] * 3 + ["there"] * 2, dtype="str"))
    assert clock(rows).tolist() == [NOW] * 3 + [NOW - 7200.0] * 2
    assert reported(af.findings(rows)) == []


def test_who_is_cut_first_is_listed_first():
    ends = [pd.Timestamp(NOW + left, unit="s", tz="UTC") for left in (50, 10, 30)]
    rows = [channel(f"PJSIP/a-{n:08x}", n, timetohangup=end) for n, end in enumerate(ends)]
    assert af.findings(look(*rows))["value"].tolist() == [10.0, 30.0, 50.0]
    older = [channel(f"PJSIP/b-{n:08x}", n, state=5, age=age) for n, age in enumerate((70, 90, 80))]
    assert af.findings(look(*older))["value"].tolist() == [90.0, 80.0, 70.0]


def test_a_half_without_the_other_is_one_fault_and_its_caller_another():
    caller = channel("PJSIP/x-00000010", 16, application="Dial", data="Local/100@x/n")
    half, _ = pair("100", 9, 16, near={"application": "AppDial"})
    before, after = twice(caller, half)
    found = af.findings(after, before=before)
    assert reported(found) == [("no far leg", [half["channel"]]), ("unbridged", ["PJSIP/x-00000010"])]


# --- queues and endpoints -------------------------------------------------------------------------------------------


def queue_snapshot(callers, members, endpoints=(), *, status=(), at=0):
    stamp = pd.Timestamp(NOW + at, unit="s", tz="UTC").as_unit("us")
    waiting = rows_frame(
        [{"queue": q, "position": 1, "channel": f"PJSIP/w-{n:08x}", "uniqueid": f"{NOW}.{n}", "wait": wait + at}
         for n, (q, wait) in enumerate(callers)],
        {"queue": "str", "position": "int", "channel": "str", "uniqueid": "str", "wait": "int"},
    )  # fmt: skip
    rows = [
        {"queue": q, "name": f"m{n}", "location": f"PJSIP/{n}", "status": status, "paused": paused}
        for n, (q, status, paused) in enumerate(members)
    ]
    kinds = {"queue": "str", "name": "str", "location": "str", "status": "int", "paused": "bool"}
    ends = [
        dict(zip(("objectname", "auths", "contacts", "devicestate", "activechannels"), one, strict=True))
        for one in endpoints
    ]
    end_kinds = {"objectname": "str", "auths": "str", "contacts": "str", "devicestate": "str", "activechannels": "int"}
    queues = rows_frame([{"queue": q, "strategy": "ringall"} for q in {q for q, _ in callers}],
                        {"queue": "str", "strategy": "str"})  # fmt: skip
    made = af.Snapshot(look(*status, at=at), queues, rows_frame(rows, kinds), waiting, rows_frame(ends, end_kinds))
    assert (made.status["amf_fetched"] == stamp).all()
    return made


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "no members"),
        ([("q", 1, True), ("q", 5, False), ("q", 4, False)], "its members: 1 paused, 1 invalid, 1 unavailable"),
    ],
)
def test_a_queue_without_members_who_can_be_called(members, words):
    served = [("other", 2, False)]
    seen = queue_snapshot([("q", 30), ("q", 70), ("other", 90)], members + served)
    found = af.findings(seen)
    assert reported(found) == [("unserved queue", ["PJSIP/w-00000000", "PJSIP/w-00000001"])]
    assert found["evidence"].tolist() == [f"q: 2 callers wait, the longest 70 s; {words}"]
    assert reported(af.findings(seen, unserved_callers=3)) == []
    assert reported(af.findings(seen, before=queue_snapshot([("q", 30)], [("q", 1, False)], at=-5))) == []


@pytest.mark.parametrize("status", [0, 1, 2, 3, 6, 7, 8])
def test_a_member_who_talks_serves_the_queue(status):
    assert reported(af.findings(queue_snapshot([("q", 30)], [("q", status, False)]))) == []


def test_a_caller_who_waits_long():
    seen = queue_snapshot([("q", 30), ("q", 700), ("r", 650)], [("q", 2, False), ("r", 2, False)])
    found = af.findings(seen)
    assert reported(found) == [("long wait", ["PJSIP/w-00000001"]), ("long wait", ["PJSIP/w-00000002"])]
    assert found["evidence"].tolist() == [
        "q: 1 caller waits for up to 11 min 40 s", "r: 1 caller waits for up to 10 min 50 s",
    ]  # fmt: skip


def test_an_endpoint_that_cannot_be_reached_and_has_calls():
    ends = [
        ("100", "100", None, "In use", 2),
        ("10", "10", "10/sip:10@192.0.2.1", "In use", 1),
        ("trunk", None, None, "In use", 9),
        ("300", "300", None, "Unavailable", 0),
    ]
    rows = (channel("PJSIP/100-00000001", 1, application="Echo"), channel("PJSIP/10-00000002", 2, application="Echo"))
    found = af.findings(queue_snapshot([], [], ends, status=rows))
    assert reported(found) == [("unreachable", ["PJSIP/100-00000001"])]
    assert found["evidence"].tolist() == ["100 (In use) has 2 channels and no contact"]
    untold = [(*one[:4], None) for one in ends]  # Asterisk 16 does not tell how many channels there are
    found = af.findings(queue_snapshot([], [], untold, status=rows))
    assert reported(found) == [("unreachable", ["PJSIP/100-00000001"])]
    assert found["evidence"].tolist() == ["100 (In use) has 1 channel and no contact"]
    registered = [("100", "100", "100/sip:100@192.0.2.1", "In use", 2)]
    before = queue_snapshot([], [], registered, status=rows, at=-5)
    assert reported(af.findings(queue_snapshot([], [], ends, status=rows), before=before)) == []


# --- what holds of all ----------------------------------------------------------------------------------------------


def test_pbxs_stay_apart():
    loop = [row for n in range(3) for row in pair("9", n, 0, far={"application": "Dial", "data": "Local/9@x/n,60"})]
    here = look(*loop).assign(amf_pbx=pd.Series("here", dtype="str", index=range(6)))
    both = pd.concat([here, here.assign(amf_pbx="there")], ignore_index=True)
    both["amf_pbx"] = both["amf_pbx"].astype("str")
    assert reported(af.findings(both)) == []
    found = af.findings(both, loop_pairs=3)
    assert found["amf_pbx"].tolist() == ["here", "there"]
    with pytest.raises(af.ConfigError, match="of which PBX"):
        af.findings(both, before=look(*loop))


def test_what_cannot_be_looked_at_is_refused():
    status = look(*HEALTHY)
    with pytest.raises(af.ConfigError, match="not older"):
        af.findings(status, before=look(*HEALTHY, at=10))
    with pytest.raises(af.ConfigError, match="not older"):
        af.findings(status, before=status)
    with pytest.raises(af.ConfigError, match="has no bridgeid"):
        af.findings(status.drop(columns="bridgeid"))
    with pytest.raises(af.ConfigError, match="are text"):
        af.findings(af.read_status(af.sample("status"), raw_values=True))
    with pytest.raises(af.ConfigError, match="is not a number"):
        af.findings(status, ringing_s="60")
    with pytest.raises(af.ConfigError, match="no list of channels"):
        af.findings(queue_snapshot([], []).members)


def test_it_says_what_it_does_not_look_for():
    status = look(*HEALTHY)
    assert set(not_looked_for(status)) == {rule.name for rule in RULES if rule.needs != "status"}
    assert not_looked_for(queue_snapshot([], []), status) == {}


def test_no_channels_no_findings():
    empty = look()
    found = af.findings(empty, before=empty)
    assert found.empty
    assert found.dtypes.equals(af.findings(look(*HEALTHY)).dtypes)


def test_ten_thousand_channels_are_looked_at_at_once():
    rows = []
    for n in range(0, 10_000, 2):
        rows += [
            channel(f"PJSIP/a-{n:08x}", n, application="Dial", bridgeid=f"b{n}"),
            channel(f"PJSIP/b-{n + 1:08x}", n + 1, call=n, application="AppDial", bridgeid=f"b{n}"),
        ]
    rows[5000] |= {"bridgeid": None}
    rows[5001] |= {"bridgeid": None}
    before, after = twice(*rows)
    found = af.findings(after, before=before)
    assert reported(found) == [("unbridged", sorted(row["channel"] for row in rows[5000:5002]))]


names = st.sampled_from(["PJSIP/a", "Local/9@x", "Local/8@x", "Message/q"])
some = st.lists(
    st.builds(
        dict, name=names, half=st.sampled_from([";1", ";2"]), state=st.sampled_from([0, 4, 5, 6]),
        age=st.integers(0, 20000), call=st.integers(0, 5), bridge=st.sampled_from([None, "b1", "b2"]),
        application=st.sampled_from([None, "Dial", "AppDial", "Queue", "Echo", "Wait"]),
        data=st.sampled_from([None, "Local/9@x/n,60"]), number=st.sampled_from([None, "1", "2", "anonymous"]),
    ),
    max_size=40,
)  # fmt: skip


def made(rows):
    return [
        channel(
            f"{row['name']}-{n // 2:08x}{row['half'] if 'Local' in row['name'] else ''}", n, state=row["state"],
            age=row["age"], call=row["call"], bridgeid=row["bridge"], application=row["application"],
            data=row["data"], calleridnum=row["number"],
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


@examples(0.6)
@given(some, st.randoms(use_true_random=False))
def test_whatever_is_listed_in_whatever_order_the_findings_are_the_same(rows, shuffle):
    listed = made(rows)
    mixed = random.Random(shuffle.random()).sample(listed, len(listed))
    limits = {"number_calls": 2, "loop_pairs": 2}
    one = af.findings(look(*listed, at=9), before=look(*listed), **limits)
    two = af.findings(look(*mixed, at=9), before=look(*mixed), **limits)
    assert sorted(reported(one)) == sorted(reported(two))
    everything = set(itertools.chain.from_iterable(one["channels"]))
    assert everything <= {row["channel"] for row in listed}
    alone = af.findings(look(*listed, at=9), **limits)
    assert {rule for rule, _ in reported(alone)} <= {rule.name for rule in RULES if rule.needs == "status"}
