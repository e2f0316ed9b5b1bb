"""Hundreds of calls of known story, recorded with the server's own records: the analysis against the truth and them.

The same as tests/live/test_live_scenario.py, without a server: what one run of it left on Asterisk 16 and on 22.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from analysis_stories import VERSIONS
from scenario import Pause, Row
from scenario_checks import REFUSED, calls_differ, kept, load, pauses_differ, visits_differ

import amiframe as af

FOLDER = Path(__file__).with_name("scenario")


@dataclass
class Run:
    """What a run left, and what the analysis makes of it."""

    rows: list[Row] = field(repr=False)
    pauses: list[Pause] = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    log: pd.DataFrame = field(repr=False)
    calls: pd.DataFrame = field(repr=False)
    cdr: dict[str, pd.DataFrame] = field(repr=False)
    queue_status: list[dict[str, str]] = field(repr=False)

    @functools.cached_property
    def visits(self) -> dict[str, pd.DataFrame]:
        return {"events": af.queue_calls(self.events), "log": af.queue_calls(self.log)}


@functools.cache
def _loaded(version: str) -> Run:
    folder = FOLDER / version
    rows, pauses = load(folder)
    events = af.read_events(kept(folder, "events.txt"))
    return Run(
        rows,
        pauses,
        events,
        af.read_queue_log(kept(folder, "queue_log")),
        af.calls(events),
        {name: af.read_cdr(kept(folder, f"{name}.csv"), tz="UTC") for name in ("cdr", "cdr_custom")},
        [dict(message) for message in json.loads(kept(folder, "queue_status.json"))],
    )


@pytest.fixture(params=VERSIONS, scope="module")
def run(request: pytest.FixtureRequest) -> Run:
    return _loaded(request.param)


def none(found: list[str]) -> None:
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:30])


def test_the_run_has_calls_of_all_kinds(run):
    sound = [row for row in run.rows if row.is_sound]
    assert len(sound) >= 315
    assert len({row.kind for row in sound}) >= 50


def test_calls_are_what_happened(run):
    none(calls_differ(run.rows, run.calls))


def test_visits_are_what_happened(run):
    none(visits_differ(run.rows, run.visits["log"], from_log=True))
    none(visits_differ(run.rows, run.visits["events"], from_log=False))


def test_pauses_are_what_happened(run):
    none(pauses_differ(run.pauses, af.agents(run.log)))
    none(pauses_differ(run.pauses, af.agents(run.events)))


def test_presets_are_what_the_pbx_printed(run):
    compared = 0
    for printed in run.queue_status:
        own = run.visits["log"][run.visits["log"]["queue"] == printed.get("Queue")]
        if printed.get("Event") != "QueueParams" or own.empty:
            continue
        threshold = int(printed["ServiceLevel"])
        for rule, name in (("perf", "ServicelevelPerf"), ("perf2", "ServicelevelPerf2")):
            level = af.metrics.service_level(own, rule=rule, threshold_s=threshold)["sl"].iloc[0]
            assert printed[name] == f"{0 if pd.isna(level) else 100 * level:.1f}", (printed["Queue"], rule)
            compared += 1
    assert compared >= 20


def test_every_difference_from_cdr_has_its_reason(run):
    """With linkedid and without."""
    for cdr in run.cdr.values():
        compared = af.reconcile(run.calls, cdr)
        none(compared.loc[~compared["explained"], "difference"].tolist())
        assert set(run.calls["linkedid"]) <= set(compared["linkedid"])
        both = compared[compared["found"] == "both"]
        assert len(both) > 250
        assert both["agrees"].sum() > 100
        assert (both["agrees"] == both["difference"].isna()).all()


@pytest.mark.parametrize(
    ("column", "wrong", "kind"),
    [
        ("disposition", "busy", "disposition"),
        ("started", 4, "started"),
        ("up", -4, "answered"),
        ("ended", 4, "ended"),
        ("caller", "123", "caller"),
        ("answered_channel", "PJSIP/nobody-1", "answered_channel"),
    ],
)
def test_a_wrong_call_has_no_reason(run, column, wrong, kind):
    """What is explained is not everything: each kind of error is found, and named."""
    plain = run.calls[(run.calls["legs"] == 2) & (run.calls["disposition"] == "answered") & run.calls["complete"]].index
    bad = run.calls.copy()
    cells = bad.loc[plain[:5], column]
    bad.loc[plain[:5], column] = wrong if isinstance(wrong, str) else cells + pd.Timedelta(seconds=wrong)
    found = af.reconcile(bad, run.cdr["cdr"])
    unexplained = found.loc[~found["explained"], "difference"]
    assert [text.split("; ")[0] for text in unexplained] == [kind] * 5
    assert set(found.loc[~found["explained"], "linkedid"]) == set(run.calls.loc[plain[:5], "linkedid"])
    known = found[found["linkedid"].isin(run.calls.loc[plain[:5], "linkedid"])]
    assert not known["agrees"].any()


def test_calls_and_records_that_are_lacking_are_named(run):
    plain = run.calls[(run.calls["legs"] == 2) & (run.calls["disposition"] == "answered") & run.calls["complete"]]
    lost = plain["linkedid"].iloc[:5].tolist()
    found = af.reconcile(run.calls[~run.calls["linkedid"].isin(lost)], run.cdr["cdr"])
    unexplained = found.loc[~found["explained"], ["linkedid", "found", "difference"]].values.tolist()
    assert sorted(unexplained) == sorted([linkedid, "cdr", "no events"] for linkedid in lost)
    without = run.cdr["cdr"][~run.cdr["cdr"]["linkedid"].isin(lost)]
    found = af.reconcile(run.calls, without)
    unexplained = found.loc[~found["explained"], ["linkedid", "found", "difference"]].values.tolist()
    assert unexplained == [[linkedid, "calls", "no CDR"] for linkedid in lost]


def test_seconds_that_may_lie_apart_are_given(run):
    late = run.calls.assign(ended=run.calls["ended"] + pd.Timedelta(seconds=3))
    strict = af.reconcile(late, run.cdr["cdr"])
    assert strict["difference"].str.contains("ended").sum() > 200
    assert af.reconcile(late, run.cdr["cdr"], threshold_s=5)["explained"].all()


def test_reconcile_shows_the_answering_channel_of_both_sides(run):
    compared = af.reconcile(run.calls, run.cdr["cdr"]).set_index("linkedid")
    channels = run.calls.set_index("linkedid")["answered_channel"]
    assert channels.notna().any()
    pd.testing.assert_series_equal(
        compared["answered_channel_calls"].reindex(channels.index), channels, check_names=False
    )
    assert compared["answered_channel_cdr"].notna().any()


def test_reconcile_needs_no_more_columns_than_it_asks_for(run):
    needed = ["linkedid", "started", "answered", "ended", "caller", "dialed", "disposition", "reached"]
    compared = af.reconcile(run.calls[needed], run.cdr["cdr"])
    assert compared["answered_channel_calls"].isna().all()
    assert (compared["found"] == "both").any()


def test_the_order_of_rows_does_not_matter_to_reconcile(run):
    for cdr in run.cdr.values():
        ordered = af.reconcile(run.calls, cdr).set_index("linkedid").sort_index()
        mixed = af.reconcile(run.calls.sample(frac=1, random_state=1), cdr.sample(frac=1, random_state=2))
        pd.testing.assert_frame_equal(mixed.set_index("linkedid").sort_index(), ordered)
    assert af.reconcile(run.calls, cdr)["linkedid"].tolist()[: len(run.calls)] == run.calls["linkedid"].tolist()


def test_two_pbxs_with_the_same_ids_stay_apart_in_reconcile(run):
    """One of the two has lost a record: it is told of that one alone."""
    cdr = run.cdr["cdr"]
    plain = run.calls[(run.calls["legs"] == 2) & (run.calls["disposition"] == "answered") & run.calls["complete"]]
    lost = plain["linkedid"].iloc[0]
    both = [pd.concat([frame.assign(amf_pbx="a"), frame.assign(amf_pbx="b")]) for frame in (run.calls, cdr)]
    both[1] = both[1][~((both[1]["amf_pbx"] == "b") & (both[1]["linkedid"] == lost))]
    found = af.reconcile(*both)
    assert found.loc[~found["explained"], ["amf_pbx", "linkedid"]].values.tolist() == [["b", lost]]
    assert len(found) == 2 * len(af.reconcile(run.calls, cdr))


def test_visits_of_events_are_those_of_queue_log(run):
    """Visit for visit, of those that entered; what the event log cuts off is told."""
    found = af.reconcile(run.visits["events"], run.visits["log"])
    none(found.loc[~found["explained"], "difference"].tolist())
    entered = found[~found["outcome_events"].isin(REFUSED)]
    assert (entered["found"] == "both").all()
    cut = sum(bool(row.cut and row.visits) for row in run.rows)
    assert entered["agrees"].sum() == len(entered) - cut > 100
    numbered = [frame.dropna(subset="visit") for frame in run.visits.values()]
    both = numbered[0].merge(numbered[1], on=["uniqueid", "visit"], suffixes=("_events", "_log"))
    assert len(both) == len(entered)
    assert (both["queue_events"] == both["queue_log"]).all()


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("outcome", "timeout"), ("membername", "Nobody"), ("attempts", 7), ("wait_s", 60.0), ("talk_s", 60.0),
     ("hungup_by", "x"), ("joined", 5), ("left_queue", -5)],
)  # fmt: skip
def test_a_wrong_visit_has_no_reason(run, column, wrong):
    events = run.visits["events"]
    whole = events[events["complete"] & (events["outcome"] == "answered")].index[:5]
    bad = events.copy()
    shifts = column in ("joined", "left_queue")
    bad.loc[whole, column] = bad.loc[whole, column] + pd.Timedelta(seconds=wrong) if shifts else wrong
    found = af.reconcile(bad, run.visits["log"])
    unexplained = found[~found["explained"]]
    assert unexplained["difference"].str.contains(column).tolist() == [True] * 5
    assert set(unexplained["uniqueid"]) == set(events.loc[whole, "uniqueid"])
    lost = af.reconcile(events.drop(whole), run.visits["log"])
    assert lost.loc[~lost["explained"], "difference"].tolist() == ["no events"] * 5


def test_both_sources_give_the_same_numbers(run):
    """Summaries of agents and queues from events are those from queue_log, of the visits that both have wholly."""
    tables = []
    whole = None
    for visits in run.visits.values():
        own = visits[visits["complete"] & ~visits["outcome"].isin(REFUSED)]
        ids = pd.MultiIndex.from_frame(own[["uniqueid", "visit"]])
        whole = ids if whole is None else whole.intersection(ids)
    for visits in run.visits.values():
        own = visits[pd.MultiIndex.from_frame(visits[["uniqueid", "visit"]]).isin(whole)]
        tables.append((af.metrics.queue_summary(own), af.metrics.agent_summary(own, by="membername")))
    (queues, agents), (queues_log, agents_log) = tables
    counts = ["queue", "offered", "answered", "abandoned", "timeout", "leaveempty", "key", "transferred", "again"]
    assert queues[counts].values.tolist() == queues_log[counts].values.tolist()
    assert (
        agents[["membername", "answered", "missed"]].values.tolist()
        == agents_log[["membername", "answered", "missed"]].values.tolist()
    )
    assert agents["missed"].sum() > 10


def test_frames_that_cannot_be_compared_are_refused_with_the_cure(run):
    with pytest.raises(af.ConfigError, match="lacks the column") as caught:
        af.reconcile(run.events, run.cdr["cdr"])
    assert "af.calls" in caught.value.hint
    with pytest.raises(af.ConfigError, match="no zone"):
        af.reconcile(run.calls, af.read_cdr(kept(FOLDER / "22", "cdr.csv")))
    empty = af.reconcile(run.calls.iloc[:0], run.cdr["cdr"].iloc[:0])
    assert empty.empty
