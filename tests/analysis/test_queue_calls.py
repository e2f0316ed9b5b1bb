"""Visits from lines of queue_log: each outcome, calls with several visits, logs that are cut."""

from __future__ import annotations

import amf_queues
import pandas as pd
import pytest
from amf_support import SAMPLES, differences, examples, plain
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ConfigError

COLUMNS = [
    "queue", "uniqueid", "linkedid", "visit", "caller", "position", "joined", "left_queue", "outcome", "key", "wait_s",
    "ring_s", "talk_s", "hold_s", "attempts", "member", "membername", "hungup_by", "complete", "time_source",
    "missed_by",
]  # fmt: skip
T = 1_764_000_000
FEWER = examples(0.25)  # each example is a whole log


def log(*lines: str) -> pd.DataFrame:
    """Read lines that begin with seconds after T."""
    return af.read_queue_log(
        "".join(f"{T + int(at)}|{rest}\n" for at, _, rest in (line.partition("|") for line in lines)).encode()
    )


def moment(seconds: int) -> pd.Timestamp:
    return pd.Timestamp(T + seconds, unit="s", tz="UTC")


def visits(*lines: str) -> pd.DataFrame:
    return af.queue_calls(log(*lines))


def one(*lines: str) -> dict[str, object]:
    frame = visits(*lines)
    assert len(frame) == 1
    return {name: values[0] for name, values in plain(frame).items()}


ENTER = "0|1.1|sales|NONE|ENTERQUEUE||749|3"


def test_columns_and_dtypes_are_those_of_the_contract():
    for frame in (visits(ENTER), visits("0|NONE|NONE|NONE|QUEUESTART|")):
        assert frame.columns.tolist() == COLUMNS
        kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
        assert {kinds[name] for name in ("joined", "left_queue")} == {"datetime64[us, UTC]"}
        assert {kinds[name] for name in ("visit", "position", "attempts")} == {"Int64"}
        assert {kinds[name] for name in ("wait_s", "ring_s", "talk_s", "hold_s")} == {"float64"}
        assert kinds["complete"] == "boolean"
        assert {kinds[name] for name in ("queue", "uniqueid", "linkedid", "caller", "outcome", "key", "member")} == {
            "str"
        }


def test_an_answered_call_whose_caller_hangs_up():
    """749 waits as third, Bob does not answer, Anna does, they talk for a minute and a half."""
    own = one(ENTER, "15|1.1|sales|Bob|RINGNOANSWER|12000", "20|1.1|sales|Anna|CONNECT|20|1.9|4",
               "110|1.1|sales|Anna|COMPLETECALLER|20|90|3")  # fmt: skip
    assert own == {
        "queue": "sales", "uniqueid": "1.1", "linkedid": None, "visit": 1, "caller": "749", "position": 3,
        "joined": moment(0), "left_queue": moment(20),
        "outcome": "answered", "key": None, "wait_s": 20.0, "ring_s": 4.0, "talk_s": 90.0, "hold_s": None,
        "attempts": 1, "member": "Anna", "membername": "Anna", "hungup_by": "caller", "complete": True,
        "time_source": "server", "missed_by": ["Bob"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "outcome", "key", "hungup_by"),
    [
        ("30|1.1|sales|NONE|ABANDON|1|3|30", "abandoned", None, "caller"),
        ("30|1.1|sales|NONE|EXITWITHTIMEOUT|1|3|30", "timeout", None, None),
        ("30|1.1|sales|NONE|EXITEMPTY|1|3|30", "leaveempty", None, None),
        ("30|1.1|sales|NONE|EXITWITHKEY|7|1|3|30", "key", "7", None),
        ("30|1.1|sales|NONE|WITHDRAW|1|3|30|vip", "transferred", None, None),
    ],
)
def test_callers_who_leave_without_an_agent(line, outcome, key, hungup_by):
    own = one(ENTER, line)
    assert (own["outcome"], own["key"], own["hungup_by"]) == (outcome, key, hungup_by)
    assert (own["wait_s"], own["talk_s"], own["member"], own["complete"]) == (
        30.0,
        None,
        None,
        True,
    )


@pytest.mark.parametrize(
    ("event", "outcome"), [("JOINEMPTY", "joinempty"), ("FULL", "full"), ("JOINUNAVAIL", "unavailable")]
)
def test_callers_who_are_not_let_in(event, outcome):
    own = one(f"5|1.1|sales|NONE|{event}|")
    assert (own["outcome"], own["wait_s"], own["position"], own["complete"]) == (
        outcome,
        None,
        None,
        True,
    )
    assert own["visit"] is None
    assert own["joined"] == own["left_queue"] == pd.Timestamp(T + 5, unit="s", tz="UTC")


@pytest.mark.parametrize(
    "data",
    ["BLINDTRANSFER|200|internal|20|90|3", "TRANSFER|200|internal|20|90|3", "ATTENDEDTRANSFER|BRIDGE|7fd|20|90|3",
     "ATTENDEDTRANSFER|APP|Park|20|90|3", "ATTENDEDTRANSFER|LINK|PJSIP/1-1|PJSIP/2-1|20|90|3",
     "COMPLETEAGENT|20|90|3", "COMPLETEAGENT"],
)  # fmt: skip
def test_the_talk_ends_at_the_transfer(data):
    own = one(ENTER, "20|1.1|sales|Anna|CONNECT|20|1.9|4", f"110|1.1|sales|Anna|{data}")
    assert (own["outcome"], own["talk_s"], own["complete"]) == ("answered", 90.0, True)
    assert own["hungup_by"] == ("callee" if data.startswith("COMPLETE") else None)


def test_overflow_into_a_second_queue_is_a_second_visit():
    frame = visits(ENTER, "30|1.1|sales|NONE|EXITWITHTIMEOUT|1|1|30", "30|1.1|support|NONE|ENTERQUEUE||749|1",
                   "35|1.1|support|NONE|ABANDON|1|1|5")  # fmt: skip
    assert frame[["queue", "visit", "outcome"]].values.tolist() == [
        ["sales", 1, "timeout"],
        ["support", 2, "abandoned"],
    ]


def test_what_completes_a_call_may_come_behind_the_next_joining():
    """The agent hangs up, the caller is sent into the same queue again before the first talk is logged."""
    frame = visits(ENTER, "5|1.1|sales|Anna|CONNECT|5|1.9|1", "60|1.1|sales|NONE|ENTERQUEUE||749|1",
                   "60|1.1|sales|Anna|COMPLETEAGENT|5|55|1", "70|1.1|sales|Bob|CONNECT|10|1.11|1",
                   "75|1.1|sales|Bob|COMPLETECALLER|10|5|1")  # fmt: skip
    assert frame[["visit", "member", "wait_s", "talk_s", "hungup_by"]].values.tolist() == [
        [1, "Anna", 5.0, 55.0, "callee"],
        [2, "Bob", 10.0, 5.0, "caller"],
    ]
    assert frame["complete"].all()


def test_a_log_that_ends_in_the_middle():
    waiting = one(ENTER)
    assert (waiting["outcome"], waiting["wait_s"], waiting["left_queue"], waiting["complete"]) == (
        None,
        None,
        None,
        False,
    )
    talking = one(ENTER, "20|1.1|sales|Anna|CONNECT|20|1.9|4")
    assert (talking["outcome"], talking["wait_s"], talking["talk_s"]) == ("answered", 20.0, None)
    assert talking["complete"] is False


@pytest.mark.parametrize(
    ("line", "wait", "talk", "left"),
    [
        ("100|1.1|sales|Anna|CONNECT|20|1.9|4", 20.0, None, 100),
        ("100|1.1|sales|NONE|ABANDON|1|1|30", 30.0, None, 100),
        ("100|1.1|sales|Anna|COMPLETEAGENT|20|30|1", 20.0, 30.0, 70),
    ],
)
def test_a_log_that_begins_in_the_middle(line, wait, talk, left):
    """When the caller came is not in the log: the time is missing, though it could be worked out."""
    own = one(line)
    assert (own["joined"], own["caller"], own["complete"]) == (None, None, False)
    assert (own["wait_s"], own["talk_s"]) == (wait, talk)
    assert own["left_queue"] == pd.Timestamp(T + left, unit="s", tz="UTC")


def test_two_pbxs_with_the_same_ids_stay_apart():
    lines = log(ENTER, "20|1.1|sales|Anna|CONNECT|20|1.9|4")
    other = log(ENTER, "30|1.1|sales|NONE|ABANDON|1|3|30")
    both = pd.concat([lines.assign(amf_pbx="a"), other.assign(amf_pbx="b")])
    frame = af.queue_calls(both)
    assert frame[["amf_pbx", "visit", "outcome"]].values.tolist() == [["a", 1, "answered"], ["b", 1, "abandoned"]]
    alone = [af.queue_calls(one) for one in (lines, other)]
    assert not differences(frame.drop(columns="amf_pbx"), pd.concat(alone, ignore_index=True))


@FEWER
@given(amf_queues.visits(most=20))
def test_every_visit_comes_out_as_it_was_made_up(made):
    frame = af.queue_calls(af.read_queue_log(amf_queues.text(made)))
    own = {(v.callid, v.number or (v.queue, v.outcome, v.joined)): v for v in made}
    assert len(frame) == len(made)
    for row in frame.to_dict("records"):
        came_in = row["outcome"] not in amf_queues.REFUSED
        assert pd.isna(row["visit"]) != came_in, "only who came in is counted, as in events"
        which = row["visit"] if came_in else (row["queue"], row["outcome"], row["joined"].timestamp())
        visit = own[row["uniqueid"], which]
        assert row["queue"] == visit.queue
        assert row["outcome"] == visit.outcome
        assert row["joined"].timestamp() == visit.joined
        refused = visit.outcome in ("joinempty", "full", "unavailable")
        assert refused or row["wait_s"] == visit.wait
        assert pd.isna(row["talk_s"]) if visit.talk is None else row["talk_s"] == visit.talk
        assert row["attempts"] == visit.rings
        assert pd.isna(row["member"]) if visit.agent is None else row["member"] == visit.agent
        assert row["complete"]


@FEWER
@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data):
    lines = af.read_queue_log(amf_queues.text(data.draw(amf_queues.visits())))
    mixed = lines.iloc[data.draw(st.permutations(range(len(lines))))]
    assert not differences(af.queue_calls(mixed), af.queue_calls(lines))


@FEWER
@given(st.data())
def test_frames_that_are_put_together_are_as_one_log(data):
    """Rotated files, read one by one."""
    content = amf_queues.text(data.draw(amf_queues.visits()))
    lines = content.splitlines(keepends=True)
    cut = data.draw(st.integers(0, len(lines)))
    parts = [af.read_queue_log(b"".join(piece)) for piece in (lines[:cut], lines[cut:])]
    assert not differences(af.queue_calls(pd.concat(parts)), af.queue_calls(af.read_queue_log(content)))


@pytest.mark.parametrize("version", ["16", "22"])
def test_a_real_log_has_the_calls_of_its_script(version):
    """Outcomes that queue_traffic.py asked for, by the caller's number."""
    frame = af.queue_calls(af.read_queue_log(SAMPLES / version / "queue_log"))
    assert frame["complete"].all()
    assert set(frame["outcome"]) >= {"answered", "abandoned", "timeout", "leaveempty", "key", "joinempty", "full"}
    overflow = frame[frame["caller"] == "+74951000039"]
    assert overflow[["queue", "visit", "outcome"]].values.tolist() == [
        ["deaf", 1, "timeout"],
        ["transfers", 2, "answered"],
    ]
    assert frame.loc[frame["queue"] == "nobody", "outcome"].tolist() == ["joinempty", "joinempty"]


def test_provenance_goes_with_the_frames():
    lines = af.read_queue_log(af.sample("queue_log"))
    visits = af.queue_calls(lines)
    for frame in (visits, af.agents(lines), af.metrics.queue_summary(visits), af.lost_calls(visits)):
        assert frame.attrs["amiframe"]["source"] == str(af.sample("queue_log"))


def test_frames_of_other_kinds_are_refused_with_the_cure():
    with pytest.raises(ConfigError, match="neither") as caught:
        af.queue_calls(pd.DataFrame({"a": [1]}))
    assert "read_queue_log" in caught.value.hint
    with pytest.raises(ConfigError, match="frame is needed"):
        af.queue_calls("queue_log")
    with pytest.raises(ConfigError, match="no zone"):
        af.queue_calls(log(ENTER).assign(time=pd.Timestamp("2026-11-24")))


def test_visits_come_from_events_too():
    """The queue calls among the fourteen of the sample, with the columns that queue_log gives."""
    visits = af.queue_calls(af.read_events(af.sample("events_calls")))
    assert len(visits) == 3
    contract = ["queue", "uniqueid", "linkedid", "visit", "caller", "joined", "left_queue", "outcome", "wait_s"]
    assert set(contract) <= set(visits.columns)
