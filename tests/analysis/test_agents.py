"""States of agents over time: stories, and against a look at every second by plain loops."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from amf_support import differences, examples
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ConfigError

T = 1_764_000_000
FEWER = examples(0.25)  # each example is a whole log
COLUMNS = ["member", "membername", "queue", "state", "reason", "started", "ended", "duration_s", "complete"]


def log(*lines: str) -> pd.DataFrame:
    """Read lines that begin with seconds after T."""
    return af.read_queue_log(
        "".join(f"{T + int(at)}|{rest}\n" for at, _, rest in (line.partition("|") for line in lines)).encode()
    )


def states_of(frame: pd.DataFrame, member: str = "Anna", queue: str = "sales") -> list[tuple[object, ...]]:
    """Return state, reason, begin and end in seconds after T, and whether it is complete."""
    own = frame[(frame["member"] == member) & (frame["queue"].fillna("") == queue)]
    return [
        (row["state"], None if pd.isna(row["reason"]) else row["reason"], row["started"].timestamp() - T,
         row["ended"].timestamp() - T, row["complete"])
        for row in own.to_dict("records")
    ]  # fmt: skip


def test_a_working_day():
    """Anna comes, answers a call, has lunch, does not answer, goes."""
    frame = af.agents(log(
        "0|NONE|NONE|NONE|CONFIGRELOAD|",
        "10|MANAGER|sales|Anna|ADDMEMBER|",
        "20|1.1|sales|NONE|ENTERQUEUE||749|1",
        "30|1.1|sales|Anna|CONNECT|10|1.2|4",
        "50|1.1|sales|Anna|COMPLETEAGENT|10|20|1",
        "60|NONE|sales|Anna|PAUSE|lunch, long",
        "80|NONE|sales|Anna|UNPAUSE|",
        "99|1.3|sales|Anna|RINGNOANSWER|9000",
        "110|MANAGER|sales|Anna|REMOVEMEMBER|",
        "120|NONE|NONE|NONE|CONFIGRELOAD|",
    ))  # fmt: skip
    assert frame.columns.tolist() == COLUMNS
    assert states_of(frame) == [
        ("away", None, 0, 10, False), ("available", None, 10, 26, True), ("ringing", None, 26, 30, True),
        ("on call", None, 30, 50, True), ("available", None, 50, 60, True), ("paused", "lunch, long", 60, 80, True),
        ("available", None, 80, 90, True), ("ringing", None, 90, 99, True), ("available", None, 99, 110, True),
        ("away", None, 110, 120, False),
    ]  # fmt: skip
    assert (frame["duration_s"] == (frame["ended"] - frame["started"]).dt.total_seconds()).all()


def test_an_agent_from_before_the_log_is_unknown_until_its_first_line():
    frame = af.agents(log("0|NONE|NONE|NONE|CONFIGRELOAD|", "30|1.1|sales|Anna|CONNECT|10|1.2|4", "90|1.9|x|y|CUSTOM|"))
    assert states_of(frame) == [
        ("unknown", None, 0, 26, False),
        ("ringing", None, 26, 30, True),
        ("on call", None, 30, 90, False),
    ]


def test_a_call_of_one_queue_makes_busy_in_all():
    frame = af.agents(log(
        "0|MANAGER|sales|Anna|ADDMEMBER|", "0|MANAGER|support|Anna|ADDMEMBER|PAUSED",
        "30|1.1|sales|Anna|CONNECT|10|1.2|0", "50|1.1|sales|Anna|COMPLETEAGENT|10|20|1", "60|1.9|x|y|CUSTOM|",
    ))  # fmt: skip
    assert states_of(frame)[1] == ("on call", None, 30, 50, True)
    assert states_of(frame, queue="support") == [
        ("paused", None, 0, 30, False),
        ("on call", "sales", 30, 50, True),
        ("paused", None, 50, 60, False),
    ]


def test_pauses_of_all_queues_and_agents_who_log_in():
    frame = af.agents(log(
        "0|MANAGER|sales|Anna|ADDMEMBER|", "0|MANAGER|support|Anna|ADDMEMBER|", "10|NONE|NONE|Anna|PAUSEALL|coffee",
        "20|NONE|support|Anna|UNPAUSE|", "30|NONE|NONE|Anna|UNPAUSEALL|", "35|1.1|NONE|1001|AGENTLOGIN|SIP/1-1",
        "38|1.1|NONE|1001|AGENTLOGOFF|SIP/1-1|3", "40|1.9|x|y|CUSTOM|",
    ))  # fmt: skip
    assert [one[:4] for one in states_of(frame)][1] == ("paused", "coffee", 10, 30)
    assert [one[:4] for one in states_of(frame, queue="support")][1] == ("paused", "coffee", 10, 20)
    assert [one[:4] for one in states_of(frame, "1001", "")] == [
        ("away", None, 0, 35),
        ("available", None, 35, 38),
        ("away", None, 38, 40),
    ]


def test_a_restart_makes_everybody_unknown():
    frame = af.agents(log(
        "0|MANAGER|sales|Anna|ADDMEMBER|", "50|NONE|NONE|NONE|QUEUESTART|", "60|MANAGER|sales|Anna|ADDMEMBER|",
        "90|1.9|x|y|CUSTOM|",
    ))  # fmt: skip
    assert [one[:4] for one in states_of(frame)] == [
        ("available", None, 0, 50),
        ("unknown", None, 50, 60),
        ("available", None, 60, 90),
    ]


def test_a_restart_ends_the_calls_that_were_up():
    frame = af.agents(log("0|NONE|NONE|NONE|CONFIGRELOAD|", "30|1.1|sales|Anna|CONNECT|10|1.2|0",
                          "50|NONE|NONE|NONE|QUEUESTART|", "90|1.9|x|y|CUSTOM|"))  # fmt: skip
    assert [one[:4] for one in states_of(frame)] == [
        ("unknown", None, 0, 30),
        ("on call", None, 30, 50),
        ("unknown", None, 50, 90),
    ]


def test_two_pbxs_with_the_same_agent_stay_apart():
    """Each has its own begin, end and restarts."""
    lines = log("0|MANAGER|sales|Anna|ADDMEMBER|", "30|1.1|sales|Anna|CONNECT|10|1.2|0", "40|1.9|x|y|CUSTOM|")
    other = log("5|MANAGER|sales|Anna|ADDMEMBER|PAUSED", "20|NONE|NONE|NONE|QUEUESTART|", "60|1.9|x|y|CUSTOM|")
    frame = af.agents(pd.concat([lines.assign(amf_pbx="a"), other.assign(amf_pbx="b")]))
    assert states_of(frame[frame["amf_pbx"] == "a"]) == states_of(af.agents(lines))
    assert states_of(frame[frame["amf_pbx"] == "b"]) == states_of(af.agents(other))
    assert str(frame["amf_pbx"].dtype) == "str"


# --- against plain loops --------------------------------------------------------------------------------------------

MEMBERS = [(name, queue) for name in ("Anna", "Bob") for queue in ("sales", "support")]


@st.composite
def days(draw: st.DrawFn) -> list[tuple[int, str]]:
    """Make up what two agents do in two queues for some minutes."""
    lines: list[tuple[int, str]] = [(0, "NONE|NONE|NONE|CONFIGRELOAD|"), (600, "NONE|NONE|NONE|CONFIGRELOAD|")]
    for name, queue in MEMBERS:
        for at in draw(st.lists(st.integers(0, 600), max_size=5, unique=True)):
            event = draw(
                st.sampled_from(["ADDMEMBER|", "ADDMEMBER|PAUSED", "REMOVEMEMBER|", "PAUSE|lunch", "UNPAUSE|"])
            )
            lines.append((at, f"NONE|{queue}|{name}|{event}"))
    for call, at in enumerate(draw(st.lists(st.integers(0, 500), max_size=6))):
        name, queue = draw(st.sampled_from(MEMBERS))
        talk = draw(st.integers(1, 60))
        lines += [
            (at, f"1.{call}|{queue}|{name}|CONNECT|0|1.9|0"),
            (at + talk, f"1.{call}|{queue}|{name}|COMPLETEAGENT|0|{talk}|1"),
        ]
    if draw(st.booleans()):
        taken = {
            at for at, line in lines if "CONNECT" in line
        }  # in one second, who is first cannot be told from visits
        restart = draw(st.integers(1, 600).filter(lambda at: at not in taken))
        lines.append((restart, "NONE|NONE|NONE|QUEUESTART|"))
    return sorted(lines, key=lambda one: one[0])


def looked_at(lines: list[tuple[int, str]], name: str, queue: str, at: float) -> str:
    """Say the state at one moment, by going through all lines up to then."""
    state = "unknown"
    own = [line.split("|") for when, line in lines if line.split("|")[1:3] == [queue, name]]
    for fields in own:
        if fields[3] in ("ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE"):
            state = "away" if fields[3] == "ADDMEMBER" else "unknown"
            break
    for when, line in lines:
        if when > at:
            break
        _, of, who, event, *data = line.split("|")
        if event == "QUEUESTART":
            state = "unknown"
        if (who, of) != (name, queue):
            continue
        if event == "CONNECT" and state == "unknown":
            state = "available"
        says = {"REMOVEMEMBER": "away", "PAUSE": "paused", "UNPAUSE": "available", "ADDMEMBER": "available"}
        state = "paused" if event == "ADDMEMBER" and data[0] else says.get(event, state)
    talks = [(when, int(line.split("|")[5])) for when, line in lines if f"|{name}|COMPLETEAGENT" in line]
    return "on call" if any(when - talk <= at < when for when, talk in talks) else state


@FEWER
@given(days())
def test_the_state_at_every_moment_is_that_of_plain_loops(lines):
    frame = af.agents(log(*(f"{at}|{line}" for at, line in lines)))
    end = max(at for at, _ in lines)
    for name, queue in {(line.split("|")[2], line.split("|")[1]) for _, line in lines} - {("NONE", "NONE")}:
        states = states_of(frame, name, queue)
        assert states[0][2] == 0
        assert states[-1][3] == end
        assert all(one[3] == two[2] for one, two in itertools.pairwise(states))
        assert all((one[0], one[1]) != (two[0], two[1]) for one, two in itertools.pairwise(states))
        for at in range(0, end, 7):
            now = next(state for state, _, begin, to, _ in states if begin <= at + 0.5 < to)
            assert now == looked_at(lines, name, queue, at + 0.5), (name, queue, at)


@FEWER
@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data):
    lines = log(*(f"{at}|{line}" for at, line in data.draw(days())))
    mixed = lines.iloc[data.draw(st.permutations(range(len(lines))))]
    assert not differences(af.agents(mixed), af.agents(lines))


@FEWER
@given(days())
def test_occupancy_is_that_of_plain_loops(lines):
    states = af.agents(log(*(f"{at}|{line}" for at, line in lines)))
    found = af.metrics.occupancy(states)
    parts = (
        af.metrics.occupancy(states, every="5min").groupby("member")[["handling_s", "available_s", "paused_s"]].sum()
    )
    for row in found.to_dict("records"):
        own = [
            (name, queue)
            for name, queue in MEMBERS
            if name == row["member"] and any(f"|{queue}|{name}|" in line for _, line in lines)
        ]
        end = max(at for at, _ in lines)
        seconds = {"on call": 0, "available": 0, "paused": 0, "unknown": 0, "away": 0}
        for at in range(end):
            now = {looked_at(lines, name, queue, at + 0.5) for name, queue in own}
            seconds[next(state for state in seconds if state in now)] += 1
        assert row["handling_s"] == seconds["on call"]
        assert row["available_s"] == seconds["available"]
        assert row["paused_s"] == seconds["paused"]
        both = seconds["on call"] + seconds["available"]
        assert pd.isna(row["occupancy"]) if not both else row["occupancy"] == seconds["on call"] / both
        assert parts.loc[row["member"]].tolist() == [row["handling_s"], row["available_s"], row["paused_s"]]


# --- agent_summary --------------------------------------------------------------------------------------------------


def test_what_each_agent_did_in_the_sample_week():
    lines = af.read_queue_log(af.sample("queue_log"))
    visits, states = af.queue_calls(lines), af.agents(lines)
    week = af.metrics.agent_summary(visits, agents=states)
    assert week.columns.tolist()[:10] == [
        "member", "membername", "answered", "missed", "talk_s", "hold_s", "aht_s", "available_s", "paused_s",
        "occupancy",
    ]  # fmt: skip
    answered = lines[lines["event"] == "CONNECT"].groupby("agent").size()
    missed = lines[lines["event"] == "RINGNOANSWER"].groupby("agent").size()
    own = week.set_index("member")
    assert own["answered"].to_dict() == answered.to_dict()
    assert own["missed"].to_dict() == {name: missed.get(name, 0) for name in own.index}
    ends = lines["event"].isin(["COMPLETEAGENT", "COMPLETECALLER"])
    talk = lines[ends].assign(s=lines["data2"].where(ends).astype(float)).groupby("agent")["s"].sum()
    moved = lines["event"].isin(["BLINDTRANSFER", "ATTENDEDTRANSFER"])
    talk = talk.add(lines[moved].assign(s=lines["data4"].astype(float)).groupby("agent")["s"].sum(), fill_value=0)
    assert own["talk_s"].to_dict() == talk.to_dict()
    assert (own["handling_s"] == own["talk_s"]).all()
    by_day = af.metrics.agent_summary(visits, agents=states, every="1d", tz="Europe/Berlin")
    for name in ("answered", "missed", "talk_s", "available_s", "paused_s"):
        assert by_day.groupby("member")[name].sum().tolist() == own[name].tolist()
    by_queue = af.metrics.agent_summary(visits, agents=states, by=["member", "queue"])
    assert by_queue.groupby("member")["talk_s"].sum().to_dict() == own["talk_s"].to_dict()
    assert by_queue.groupby("member")["handling_s"].sum().to_dict() == own["handling_s"].to_dict()
    whole = af.metrics.agent_summary(visits, agents=states, by=[])
    assert whole["answered"].tolist() == [own["answered"].sum()]


def test_without_states_and_without_misses():
    visits = af.queue_calls(af.read_queue_log(af.sample("queue_log_22")))
    plain = af.metrics.agent_summary(visits)
    assert plain.set_index("member").loc["Faruk", ["answered", "missed"]].tolist() == [0, 5]
    assert "occupancy" not in plain
    assert af.metrics.agent_summary(visits.drop(columns="missed_by"))["missed"].isna().all()
    assert len(af.metrics.agent_summary(visits.iloc[:0])) == 0


def test_no_agents_have_no_occupancy():
    states = af.agents(log("0|NONE|NONE|NONE|QUEUESTART|"))
    assert states.columns.tolist() == COLUMNS
    assert len(af.metrics.occupancy(states)) == len(states) == 0
    assert af.metrics.occupancy(states, by=[])["occupancy"].isna().all()


def test_frames_of_other_kinds_are_refused_with_the_cure():
    with pytest.raises(ConfigError, match="neither"):
        af.agents(pd.DataFrame({"a": [1]}))
    with pytest.raises(ConfigError, match="cannot be known") as caught:
        af.metrics.occupancy(af.read_reply(af.sample("queue_status")).frame())
    assert "af.agents" in caught.value.hint
    with pytest.raises(ConfigError, match="cannot be known"):
        af.metrics.agent_summary(af.agents(log("0|MANAGER|sales|Anna|ADDMEMBER|")))
