"""Calls that were really made, told twice: by a person, and by the analysis of their events."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from amf_support import differences
from analysis_stories import CALLS, LOGS, TRANSFERS, VERSIONS, VISITS, events

import amiframe as af
from amiframe.analysis.queues.agent_states_from_events import states_from_events
from amiframe.analysis.queues.visits_from_events import visits_from_events

_NEAR_S = 0.35  # the machine that recorded was busy


def _differs(cell: Any, reported: Any) -> bool:
    if reported is None:
        return (
            not (isinstance(cell, float) and cell != cell)
            and cell is not None
            and cell is not pd.NaT
            and cell is not pd.NA
        )
    if isinstance(reported, float):
        return not abs(cell - reported) <= _NEAR_S
    if isinstance(reported, list):
        return list(cell) != reported
    return bool(cell != reported)


def _check(frame: pd.DataFrame, reported: list[dict[str, Any]]) -> None:
    assert len(frame) == len(reported)
    for row, wanted in zip(frame.to_dict("records"), reported, strict=True):
        wrong = {name: (row[name], value) for name, value in wanted.items() if _differs(row[name], value)}
        assert not wrong, f"found and reported: {wrong}"


def test_every_log_has_its_story():
    for version in VERSIONS:
        assert {path.name.removesuffix(".txt.gz") for path in (LOGS / version).iterdir()} == set(CALLS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", CALLS)
def test_the_calls_of_a_story(story, version):
    calls = af.calls(events(version, story))
    assert calls["complete"].all()
    assert set(calls["time_source"]) == {"server"}
    _check(calls, CALLS[story][1])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", CALLS)
def test_the_visits_of_a_story(story, version):
    _check(visits_from_events(events(version, story)), VISITS.get(story, []))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", CALLS)
def test_the_transfers_of_a_story(story, version):
    log = events(version, story)
    transfers = af.transfers(log)
    _check(transfers, [TRANSFERS[story]] if story in TRANSFERS else [])
    assert set(transfers["linkedid"]) <= set(af.calls(log)["linkedid"])


@pytest.mark.parametrize("version", VERSIONS)
def test_originated_calls_have_their_outcome(version):
    """Of two clicks the phone of whoever clicked answered, of one it did not; the third party does not matter here."""
    for story, outcome in (
        ("originated", "answered"),
        ("originated_busy", "answered"),
        ("originated_no_answer", "no answer"),
    ):
        asked = af.originations(events(version, story))
        _check(asked, [{"address": "PJSIP/101", "exten": "102", "context": "internal", "outcome": outcome}])
        assert asked["complete"].all()
        assert asked["actionid"].notna().all()
    assert af.originations(events(version, "caller_hangs_up")).empty


@pytest.mark.parametrize("version", VERSIONS)
def test_legs_show_who_rang_and_who_ended(version):
    """Three phones ring, one answers and hangs up: the two others end with the answer, by the PBX."""
    legs = af.legs(events(version, "ring_all"), trunks="PJSIP/trunk").set_index("endpoint")
    assert legs["side"].to_dict() == {
        "PJSIP/trunk": "caller", "PJSIP/101": "callee", "PJSIP/102": "callee", "PJSIP/103": "callee",
    }  # fmt: skip
    assert legs["hungup_by"].to_dict() == {
        "PJSIP/trunk": "callee", "PJSIP/101": "pbx", "PJSIP/102": "callee", "PJSIP/103": "pbx",
    }  # fmt: skip
    assert legs.loc[["PJSIP/101", "PJSIP/103"], "cause"].tolist() == [26, 26]
    assert legs["answered"].notna().tolist() == [True, False, True, False]
    assert legs["ringing"].notna().tolist() == [False, True, True, True]
    assert legs["direction"].tolist() == ["inbound", "internal", "internal", "internal"]
    assert legs["dialstatus"].tolist()[1:] == ["CANCEL", "ANSWER", "CANCEL"]
    assert legs["total_s"].tolist() == pytest.approx((legs["ended"] - legs["started"]).dt.total_seconds().tolist())


@pytest.mark.parametrize("version", VERSIONS)
def test_direction_needs_trunks(version):
    """Who came in over a trunk is inbound, who called out outbound; without trunks nobody knows."""
    log = events(version, "caller_hangs_up")
    assert af.calls(log)["direction"].isna().all()
    assert af.calls(log, trunks=["PJSIP/tr*"])["direction"].tolist() == ["inbound"]
    assert af.calls(log, trunks=["PJSIP/101"])["direction"].tolist() == ["outbound"]
    assert af.calls(log, trunks=["PJSIP/999"])["direction"].tolist() == ["internal"]


@pytest.mark.parametrize("version", VERSIONS)
def test_members_have_one_state_at_a_time(version):
    """202 declines, 203 answers: both rang, one was on call."""
    states = states_from_events(events(version, "queue_rejecting_agent"))
    state_lists = {member: rows["state"].tolist() for member, rows in states.groupby("member")}
    assert state_lists == {"PJSIP/202": ["ringing", "available"], "PJSIP/203": ["ringing", "on call", "available"]}
    on_call = states[states["state"] == "on call"].iloc[0]
    assert abs(on_call["duration_s"] - 1.2) < _NEAR_S
    assert on_call["complete"]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_added_member_has_states_until_it_is_removed(version):
    """The late agent is added, rings, is paused and removed."""
    states = states_from_events(events(version, "queue_leaveempty"))
    assert set(states["member"]) == {"PJSIP/296"}
    assert set(states["membername"]) == {"Late Agent"}
    assert states["complete"].all()
    assert states["state"].tolist()[:2] == ["available", "ringing"]
    assert states["ended"].tolist()[:-1] == states["started"].tolist()[1:]


@pytest.mark.parametrize("version", VERSIONS)
def test_time_limits_are_not_hangups_without_variables(version):
    """An account that may not read VarSet: who hangs up asks for it, who runs into the limit does not."""
    for story, outcome in (("queue_timeout", "timeout"), ("queue_abandoned", "abandoned")):
        log = events(version, story)
        visits = visits_from_events(log[log["event"] != "VarSet"])
        assert visits["outcome"].tolist() == [outcome]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_member_who_is_paused_in_a_call_is_paused_after_it(version):
    """203 has ten seconds of wrap-up; then the same, but paused while she talks: the pause follows the call."""
    log = events(version, "queue_rejecting_agent")
    member = log["interface"].eq("PJSIP/203")
    wrapping = log.assign(wrapuptime=log["wrapuptime"].mask(member & log["wrapuptime"].notna(), 10))
    states = states_from_events(wrapping)
    own = states[states["member"] == "PJSIP/203"]
    assert own["state"].tolist() == ["ringing", "on call", "wrapup", "available"]
    assert own["duration_s"].iloc[2] == pytest.approx(10, abs=0.1)
    late = member & (log["amf_time"] > log.loc[log["event"] == "AgentConnect", "amf_time"].iloc[0])
    paused = log.assign(
        paused=log["paused"].mask(late & log["paused"].notna(), True),
        pausedreason=log["pausedreason"].mask(late & log["paused"].notna(), "Обед"),
    )
    own = states_from_events(paused).set_index("member").loc["PJSIP/203"]
    assert own["state"].tolist() == ["ringing", "on call", "paused"]
    assert own["reason"].tolist()[2] == "Обед"


@pytest.mark.parametrize("version", VERSIONS)
def test_post_dial_delay_of_legs_and_calls(version):
    """A line that rings two seconds after it was dialled; PROCEEDING only says that the number was taken."""
    log = events(version, "caller_hangs_up")
    rings = (log["event"] == "DialState") | ((log["event"] == "Newstate") & (log["channelstate"] == 5))
    later = log["amf_time"] + pd.Timedelta(seconds=2)
    slow = log.assign(amf_time=log["amf_time"].where(~rings, later), dialstatus=log["dialstatus"])
    proceeding = log[log["event"] == "DialState"].assign(dialstatus="PROCEEDING", amf_seq=-1)
    slow = pd.concat([slow, proceeding], ignore_index=True)
    slow["amf_seq"] = slow["amf_time"].rank(method="first").astype("Int64")
    for frame in (af.legs(slow, trunks="PJSIP/101"), af.calls(slow, trunks="PJSIP/101")):
        delays = af.metrics.pdd(frame).iloc[0]
        assert delays["n"] == 1
        assert delays["pdd_s"] == pytest.approx(2.0, abs=0.1)
    assert af.calls(slow, trunks="PJSIP/102")["pdd_s"].isna().all(), "of another line than the trunk"
    quiet = log[~rings]
    with pytest.raises(af.ConfigError, match="when it rang"):
        af.metrics.pdd(af.calls(quiet, trunks="PJSIP/101"))


@pytest.mark.parametrize("version", VERSIONS)
def test_of_phones_that_ring_together_the_first_that_rang_has_the_delay(version):
    calls = af.calls(events(version, "ring_all"))
    legs = af.legs(events(version, "ring_all"))
    first = legs[legs["ringing"].notna()].sort_values("dialled").iloc[0]
    assert calls["pdd_s"].tolist() == [first["pdd_s"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_phone_behind_a_local_channel_answers_whichever_half_comes_first(version):
    """Events of two channels may arrive in either order: the person is the phone, not the wire to it."""
    for story in ("forked", "optimised_away"):
        log = events(version, story)
        ends = log.index[(log["event"] == "DialEnd") & (log["dialstatus"] == "ANSWER")]
        assert len(ends) == 2
        seq = log["amf_seq"].copy()
        seq[ends] = seq[ends[::-1]].to_numpy()
        calls = af.calls(log.assign(amf_seq=seq))
        assert calls["answered_by"].tolist() == af.calls(log)["answered_by"].tolist()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", ["queue_answered", "queue_overflow", "queue_rejecting_agent"])
def test_a_call_is_completed_though_the_event_names_no_channel(story, version):
    """Asterisk 22 under load: both channels are gone when AgentComplete is raised, it has only queue and member."""
    log = events(version, story)
    done = log["event"] == "AgentComplete"
    assert done.sum() == 1
    blocks = [name for name in log if name.removeprefix("dest") in ("channel", "uniqueid", "linkedid")]
    bare = log.assign(**{name: log[name].mask(done) for name in blocks})
    assert not differences(visits_from_events(bare), visits_from_events(log))
    assert not differences(af.calls(bare), af.calls(log))
    # the same member took a call of another queue meanwhile, and one that nothing completes: neither is meant
    rows = log[log["event"] == "AgentConnect"]
    other = rows.assign(queue="elsewhere", uniqueid="9.1", linkedid="9.1", destuniqueid="9.2", destlinkedid="9.1")
    more = pd.concat([bare, other.assign(amf_seq=rows["amf_seq"] - 1)], ignore_index=True)
    more["amf_seq"] = more["amf_seq"].rank(method="first").astype("Int64")
    found = visits_from_events(more)
    assert not differences(found[found["queue"] != "elsewhere"].reset_index(drop=True), visits_from_events(log))
    assert not found.loc[found["queue"] == "elsewhere", "complete"].any()


@pytest.mark.parametrize("version", VERSIONS)
def test_who_is_up_has_answered_though_the_end_of_the_dial_is_not_in_the_log(version):
    """The very record that says ANSWER is missing: the phone that went up tells it as well."""
    log = events(version, "callee_hangs_up")
    calls = af.calls(log[log["event"] != "DialEnd"])
    _check(calls[["answered_by", "reached", "disposition", "hungup_by"]], [
        {"answered_by": "PJSIP/101", "reached": "person", "disposition": "answered", "hungup_by": "callee"}
    ])  # fmt: skip
    assert abs((calls["answered"] - af.calls(log)["answered"]).dt.total_seconds().iloc[0]) < 0.1


@pytest.mark.parametrize("version", VERSIONS)
def test_the_end_of_a_wire_is_not_the_end_by_a_party(version):
    """Only the wire to the caller's phone is told of the end, the phone itself asked for nothing: the PBX ended it."""
    log = events(version, "originated_over_local")
    by_phone = (log["event"] == "HangupRequest") & log["channel"].str.startswith("PJSIP/")
    assert by_phone.sum() == 1
    assert af.calls(log[~by_phone])["hungup_by"].tolist() == ["pbx"]


@pytest.mark.parametrize("version", VERSIONS)
def test_of_phones_dialled_one_after_the_other_the_last_decides(version):
    """The story `hunt`, but 102 is busy instead of answering: whoever rang before in vain does not count."""
    log = events(version, "hunt")
    second = log["destchannel"].str.startswith("PJSIP/102-") | log["channel"].str.startswith("PJSIP/102-")
    answer = log.index[second & (log["event"] == "DialEnd")][0]
    up = (log["event"] == "Newstate") & (log["channelstate"] == 6)
    busy_log = log[~up & ~((log["event"] == "HangupRequest") | log["event"].str.startswith("Bridge"))].copy()
    busy_log.loc[answer, "dialstatus"] = "BUSY"
    over = second & (log["event"] == "Hangup")
    busy_log.loc[over, "cause"] = 17
    asked = log[over].assign(event="HangupRequest", amf_seq=log.loc[answer, "amf_seq"])
    busy_log = pd.concat([busy_log, asked], ignore_index=True)
    calls = af.calls(busy_log)
    assert calls[["disposition", "cause", "hungup_by"]].values.tolist() == [["busy", 17, "callee"]]
