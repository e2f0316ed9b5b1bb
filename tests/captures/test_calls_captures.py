"""Calls of 70 seconds of mixed traffic, against the CDR and CEL records of the same calls."""

from __future__ import annotations

import functools

import pandas as pd
import pytest
from amf_support import CAPTURES

import amiframe as af
from amiframe.analysis.queues.visits_from_events import visits_from_events

VERSIONS = ("16", "22")
# what CDR may call a call of ours. It has several records for one call; a rejection, an unknown number and a far end
# that is gone are all NO ANSWER to it, and a caller who gives up in a queue is not answered if an agent rang
MAY_BE = {
    "answered": {"ANSWERED"}, "busy": {"BUSY"}, "congestion": {"CONGESTION"}, "rejected": {"NO ANSWER"},
    "cancelled": {"NO ANSWER"}, "no answer": {"NO ANSWER", "FAILED"}, "failed": {"FAILED", "NO ANSWER"},
}  # fmt: skip


@functools.cache
def log(version: str) -> pd.DataFrame:
    return af.read_events(CAPTURES / version / "tcp" / "events_long.txt.gz")


@functools.cache
def beside_cdr(version: str) -> pd.DataFrame:
    """Complete calls, with what the CDR records of their channels say."""
    events = log(version)
    records = events[events["event"] == "Cdr"].drop(columns="linkedid")
    records = records.merge(af.legs(events)[["uniqueid", "linkedid"]], on="uniqueid", how="left")
    assert records["linkedid"].notna().all(), "each record is of a channel of a call"
    of_call = records.groupby("linkedid").agg(
        words=("disposition", set),
        cdr_start=("starttime", "min"),
        cdr_end=("endtime", "max"),
        cdr_up=("answertime", "min"),
    )
    calls = af.calls(events)
    return calls[calls["complete"]].set_index("linkedid").join(of_call)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_call_has_records_and_they_agree(version):
    calls = beside_cdr(version)
    assert len(calls) > 440
    assert calls["words"].notna().all()
    in_queue = (calls["reached"] == "queue") & calls["words"].map(lambda words: "NO ANSWER" in words)
    unlike = [
        (linkedid, row.disposition, row.words)
        for linkedid, row in calls[~in_queue].iterrows()
        if not row.words & MAY_BE[row.disposition]
    ]
    assert not unlike
    # and the other way: what CDR calls answered is answered
    answered = calls["words"].map(lambda words: "ANSWERED" in words)
    assert set(calls.loc[answered, "disposition"]) == {"answered"}


@pytest.mark.parametrize("version", VERSIONS)
def test_times_are_those_of_the_records(version):
    """CDR has whole seconds; the last record of a conference or a parked call ends before the channel does."""
    calls = beside_cdr(version)
    zone = {name: calls[name].dt.tz_localize(None) for name in ("started", "ended", "up")}
    start = (zone["started"] - calls["cdr_start"]).dt.total_seconds()
    assert start.between(0, 1.01).all()
    end = (zone["ended"] - calls["cdr_end"]).dt.total_seconds()
    assert (end.between(0, 1.01)).mean() > 0.98
    assert (end >= 0).all()
    plain = calls[calls["cdr_up"].notna() & (calls["words"].map(len) == 1) & calls["up"].notna()]
    up = (zone["up"][plain.index] - plain["cdr_up"]).dt.total_seconds()
    assert up.between(-1.01, 1.01).mean() > 0.98


@pytest.mark.parametrize("version", VERSIONS)
def test_channels_and_calls_are_those_of_cel(version):
    events = log(version)
    cel = events[events["event"] == "CEL"]
    legs = af.legs(events)
    starts = cel[cel["eventname"] == "CHAN_START"]
    both = legs.merge(starts[["uniqueid", "eventtime"]], on="uniqueid")
    assert len(both) >= 0.99 * len(legs)
    spent = (both["started"].dt.tz_localize(None) - both["eventtime"]).dt.total_seconds()
    assert spent.between(-1.01, 1.01).all()
    answers = set(cel.loc[cel["eventname"] == "ANSWER", "uniqueid"])
    found = set(legs.loc[legs["answered"].notna(), "uniqueid"])
    assert len(answers ^ found) <= 0.02 * len(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_visits_follow_the_queue_events(version):
    """Each QueueCallerJoin is one visit; six in ten abandoned ones are time limits in truth."""
    events = log(version)
    visits = visits_from_events(events)
    counts = events["event"].value_counts()
    assert len(visits) == counts["QueueCallerJoin"]
    outcomes = visits["outcome"].value_counts()
    assert outcomes["answered"] == counts["AgentConnect"]
    assert outcomes["abandoned"] + outcomes["timeout"] == counts["QueueCallerAbandon"]
    status = events[(events["event"] == "VarSet") & (events["variable"] == "QUEUESTATUS")]
    assert outcomes["timeout"] == (status["value"] == "TIMEOUT").sum()
    waited = events[events["event"] == "QueueCallerAbandon"].set_index("uniqueid")["holdtime"].astype(float)
    left = visits[visits["outcome"].isin(["abandoned", "timeout"])].set_index("uniqueid")["wait_s"]
    assert (left - waited[left.index]).between(-1.01, 1.01).all()
