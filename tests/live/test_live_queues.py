"""Calls into queues of real servers: visits are those of the script, presets are what the PBX prints."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pandas as pd
import pytest
from pbx_server import VERSIONS, Asterisk, why_not
from queue_traffic import FEW, LEVEL_S, Traffic, configuration, run

import amiframe as af

ASTERISKS_ABANDONED = ("abandoned", "timeout", "leaveempty", "transferred")


@pytest.fixture(scope="module", params=VERSIONS)
def traffic(request: pytest.FixtureRequest) -> Iterator[Traffic]:
    """Fifty calls, once for each version."""
    if why_not(request.param):
        pytest.skip(str(why_not(request.param)))
    with Asterisk(request.param, files=configuration()) as server:
        yield run(server)


@pytest.fixture
def visits(traffic: Traffic) -> pd.DataFrame:
    return af.queue_calls(af.read_queue_log(traffic.log))


def test_every_line_is_understood(traffic: Traffic) -> None:
    log = af.read_queue_log(traffic.log)
    assert len(log) == traffic.log.count(b"\n") > 120
    assert log["amf_misfit"].isna().all()
    assert log.attrs["amiframe"]["fetched_complete"]


def test_every_call_became_what_its_script_asked_for(traffic: Traffic, visits: pd.DataFrame) -> None:
    found = defaultdict(list)
    for row in visits.sort_values(["uniqueid", "visit"]).to_dict("records"):
        found[row["caller"]].append((row["queue"], row["outcome"]))
    refused = Counter(visits.loc[visits["outcome"].isin(["joinempty", "full"]), "queue"])
    wanted_refused: Counter[str] = Counter()
    for call in traffic.calls:
        wanted = [one for one in call.expected if one[1] not in ("joinempty", "full")]
        wanted_refused.update(queue for queue, outcome in call.expected if outcome in ("joinempty", "full"))
        own = found.get(call.number, [])
        assert [queue for queue, _ in own] == [queue for queue, _ in wanted], call
        for (_, outcome), (_, asked) in zip(own, wanted, strict=True):
            assert outcome == asked or (asked == "" and outcome in ("answered", "abandoned")), call
    assert refused == wanted_refused
    assert visits["complete"].all()


def test_times_are_those_of_the_run(traffic: Traffic, visits: pd.DataFrame) -> None:
    epoch = visits["joined"].astype("int64") / 1e6
    assert epoch.between(traffic.began - 1, traffic.ended).all()
    between = (visits["left_queue"] - visits["joined"]).dt.total_seconds()
    waits = visits["wait_s"].fillna(0)
    assert (between - waits).abs().max() <= 1  # the line may be written a second later
    patience = {call.number: call.patience for call in traffic.calls}
    gave_up = visits[(visits["outcome"] == "abandoned") & (visits["visit"] == 1)]
    late = gave_up["wait_s"] - gave_up["caller"].map(patience)
    assert late.between(-1.5, 3).all()


def test_presets_are_what_the_pbx_prints(traffic: Traffic, visits: pd.DataFrame) -> None:
    """ServicelevelPerf and ServicelevelPerf2 of QueueParams and of `queue show`, to the decimal."""
    levels = {
        rule: af.metrics.service_level(visits, rule=rule, threshold_s=LEVEL_S).set_index("queue")
        for rule in ("perf", "perf2")
    }
    whole = af.metrics.queue_summary(visits).set_index("queue")
    compared = 0
    for queue, params in traffic.params.items():
        assert int(params["ServiceLevel"]) in (LEVEL_S, 0)
        if queue not in whole.index:
            continue
        row = whole.loc[queue]
        assert int(params["Completed"]) == row["handled"]
        assert int(params["Abandoned"]) == sum(row[name] for name in ASTERISKS_ABANDONED)
        shown = re.search(rf"^{queue} has .*SL:([\d.]+)%, SL2:([\d.]+)% within", traffic.shown, re.MULTILINE)
        assert shown
        for rule, header, printed in (("perf", "ServicelevelPerf", shown[1]), ("perf2", "ServicelevelPerf2", shown[2])):
            level = levels[rule].loc[queue, "sl"]
            assert params[header] == printed
            if pd.isna(level):
                assert printed == "0.0", queue
            else:
                assert f"{100 * level:.1f}" == printed, (queue, rule)
                compared += 1
    assert compared >= 8
    assert whole["offered"].sum() >= 40


def test_agents_did_what_the_script_asked_for(traffic: Traffic) -> None:
    """Дина is paused from 22 s on, back in sales at 26 s, and never rung again in the other queue."""
    states = af.agents(af.read_queue_log(traffic.log))
    own = states[states["member"] == "Дина"]
    paused = own[(own["queue"] == "transfers") & (own["state"] == "paused")]
    assert set(paused["reason"]) == {"lunch, long"}
    after = paused["started"].min()
    assert set(own.loc[(own["queue"] == "transfers") & (own["started"] >= after), "state"]) <= {
        "paused",
        "on call",
        "ringing",
    }
    for _, timeline in states.groupby(["member", "queue"], dropna=False):
        assert (timeline["started"].iloc[1:].to_numpy() == timeline["ended"].iloc[:-1].to_numpy()).all()
        assert timeline["started"].iloc[0] == states["started"].min()
        assert timeline["ended"].iloc[-1] == states["ended"].max()
    comes = states[states["member"] == "Local/r1t5@qagents/n"]  # ADDMEMBER names the interface
    assert comes["state"].tolist() == ["away", "paused", "away"] * 2
    talk = states[(states["state"] == "on call") & states["reason"].isna()].groupby("member")["duration_s"].sum()
    taken = {member["Name"]: int(member["CallsTaken"]) for member in traffic.members if int(member["CallsTaken"])}
    summary = af.metrics.agent_summary(af.queue_calls(af.read_queue_log(traffic.log))).set_index("membername")
    assert {name: summary.loc[name, "answered"] for name in taken} == taken
    assert (talk - summary.loc[talk.index, "talk_s"]).abs().max() <= 1


@pytest.mark.parametrize("since", FEW)
def test_presets_begin_anew_with_a_reset_and_with_a_start(traffic: Traffic, since: str) -> None:
    """The PBX counts from there; visits that joined since give the same."""
    params = traffic.since[since]
    whole = af.queue_calls(af.read_queue_log(traffic.whole_log))
    own = whole[whole["caller"].str.startswith(FEW[since])]
    outcomes = Counter(own["outcome"].dropna())
    assert outcomes["answered"] >= 2
    assert outcomes["abandoned"] >= 2
    assert outcomes["timeout"] >= 1
    for queue in ("sales", "deaf", "transfers"):
        visits = own[own["queue"] == queue]
        table = af.metrics.queue_summary(visits, by=[], threshold_s=int(params[queue]["ServiceLevel"])).iloc[0]
        assert int(params[queue]["Completed"]) == table["handled"]
        assert int(params[queue]["Abandoned"]) == sum(table[name] for name in ASTERISKS_ABANDONED)
        for rule, header in (("perf", "ServicelevelPerf"), ("perf2", "ServicelevelPerf2")):
            options = {"by": [], "rule": rule, "threshold_s": int(params[queue]["ServiceLevel"])}
            level = af.metrics.service_level(visits, **options)["sl"].iloc[0]
            assert params[queue][header] == f"{0 if pd.isna(level) else 100 * level:.1f}", (queue, rule)


def test_a_crash_in_the_middle_of_the_log(traffic: Traffic) -> None:
    """QUEUESTART: who talked and who waited is cut off, and what agents did before is not known to go on."""
    log = af.read_queue_log(traffic.whole_log)
    starts = log.loc[log["event"] == "QUEUESTART", "time"]
    assert len(starts) == 2
    visits = af.queue_calls(log).set_index("caller")
    talked, waited = visits.loc["+74953000001"], visits.loc["+74953000002"]
    assert (talked["outcome"], bool(talked["complete"])) == ("answered", False)
    assert pd.isna(talked["talk_s"])
    assert pd.isna(waited["outcome"])
    assert not waited["complete"]
    assert visits["complete"].sum() == len(visits) - 2
    states = af.agents(log)
    ended = states[(states["member"] == "Chlo\u00e9") & (states["state"] == "on call")].iloc[-1]
    assert ended["ended"] == starts.iloc[1]
    after = states[states["started"] == starts.iloc[1]]
    assert len(after)
    assert set(after["state"]) == {"unknown"}
    for _, timeline in states.groupby(["member", "queue"], dropna=False):
        assert (timeline["started"].iloc[1:].to_numpy() == timeline["ended"].iloc[:-1].to_numpy()).all()
