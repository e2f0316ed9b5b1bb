"""Hundreds of calls of known story on real servers: what the phones lived is what CDR, CEL and queue_log tell.

The truth of the stories is first checked against the server's own records with plain code, without amiframe; then it
is the measure for the analysis.
"""

from __future__ import annotations

import collections
import csv
import io
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import pandas as pd
import pytest
import scenario_plan
from pbx_server import VERSIONS, Asterisk, why_not
from scenario import CROWD, Record, Row, Visit, play
from scenario_checks import REFUSED, SLACK, calls_differ, pauses_differ, visits_differ

import amiframe as af

pytestmark = pytest.mark.gate

# dispositions of a CDR row that a call of ours may leave: Asterisk has no word for rejected or cancelled
CDR_WORDS = {
    "answered": {"ANSWERED", "NO ANSWER", "BUSY", "FAILED"},
    "busy": {"BUSY"},
    "congestion": {"CONGESTION", "FAILED"},
    "rejected": {"NO ANSWER", "BUSY", "FAILED"},
    "cancelled": {"NO ANSWER"},
    "no answer": {"NO ANSWER"},
    "failed": {"NO ANSWER", "FAILED"},
}
# without unanswered=yes of cdr.conf a call that nobody answered and that dialled nobody leaves no CDR
WITHOUT_CDR = {
    "busy signal", "congestion signal", "refused by the dialplan", "unassigned in the dialplan",
    "progress without an answer", "no such endpoint", "unknown number", "originated, busy", "originated, no answer",
}  # fmt: skip
# what queue_log says at the end of a visit
LOGGED = {
    "abandoned": {"ABANDON"}, "timeout": {"EXITWITHTIMEOUT"}, "key": {"EXITWITHKEY"}, "leaveempty": {"EXITEMPTY"},
    "answered": {"COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER"},
}  # fmt: skip
RUNS: dict[str, Record] = {}
RECEIVED: dict[str, pd.DataFrame] = {}


class Listener:
    """The second witness: our own listener, over HTTP."""

    def __init__(self, server: Asterisk) -> None:
        self._pbx = af.connect(server.url, username="test", secret=server.users["test"])
        self._frames: list[pd.DataFrame] = []
        self._version = server.version
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        with self._pbx:
            for batch in self._pbx.listen():
                self._ready.set()
                self._frames.append(batch.events)
                if self._stop.is_set():
                    return

    def __enter__(self) -> Listener:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30)
        RECEIVED[self._version] = pd.concat(self._frames, ignore_index=True)


@pytest.fixture(params=VERSIONS, scope="module")
def run(request: pytest.FixtureRequest) -> Record:
    """The scenario on one version, played once."""
    version: str = request.param
    reason = why_not(version)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: tests against real servers are required)", pytrace=False)
    if reason:
        pytest.skip(reason)
    if version not in RUNS:
        RUNS[version] = play(
            version, scenario_plan.stories(), before=scenario_plan.BEFORE, after=scenario_plan.AFTER, beside=Listener
        )
    return RUNS[version]


def sound(run: Record) -> list[Row]:
    return [row for row in run.rows if row.is_sound]


def known(run: Record) -> list[Row]:
    """The rows whose call the server has made."""
    return [row for row in sound(run) if row.has_channel]


def differences(found: list[str]) -> None:
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:30])


# --- the server's own records, read with plain code ------------------------------------------------------------------


@dataclass
class Cdr:
    src: str
    dst: str
    channel: str
    dstchannel: str
    start: float
    answer: float | None
    end: float
    billsec: int
    disposition: str
    uniqueid: str
    linkedid: str


def utc(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


def cdr_of(run: Record) -> dict[str, list[Cdr]]:
    """CDR by linkedid, and by the channel that was called; whole seconds, truncated."""
    found = collections.defaultdict(list)
    for row in csv.reader(io.StringIO(run.files["cdr.csv"].decode())):
        assert len(row) == 21, row
        cdr = Cdr(
            row[1], row[2], row[5], row[6], utc(row[9]), utc(row[10]) if row[10] else None, utc(row[11]),
            int(row[13]), row[14], row[16], row[19],
        )  # fmt: skip
        found[cdr.linkedid].append(cdr)
        found[cdr.dstchannel].append(cdr)
    return found


def cel_of(run: Record) -> dict[str, list[tuple[str, float, str, str]]]:
    """CEL by linkedid: kind, time, channel, uniqueid."""
    found = collections.defaultdict(list)
    for row in csv.reader(io.StringIO(run.files["cel.csv"].decode())):
        found[row[15]].append((row[0], float(row[1]), row[9], row[14]))
    return found


def queue_log_of(run: Record) -> dict[str, list[list[str]]]:
    """Lines of queue_log by call: time, call, queue, agent, event, data ..."""
    found = collections.defaultdict(list)
    for line in run.files["queue_log"].decode().splitlines():
        fields = line.split("|")
        if fields[1] not in ("NONE", "MANAGER", "REALTIME"):
            found[fields[1]].append(fields)
    return found


# --- the truth against them ------------------------------------------------------------------------------------------


def test_the_stories_came_off(run: Record) -> None:
    rows = sound(run)
    assert len(rows) >= 250
    # a machine that is too busy may spoil a story now and then: its calls are left out, not forgiven
    assert len(run.rows) - len(rows) <= 0.03 * len(run.rows), "\n".join(run.problems)
    assert not [problem for problem in run.problems if problem.startswith(("phone", "crowd"))]
    assert len({row.kind for row in rows}) >= 50
    assert {row.kind for row in rows} == {row.kind for row in run.rows}
    assert len({row.linkedid for row in known(run)}) == len(known(run))


def test_truth_against_cdr(run: Record) -> None:
    records, found = cdr_of(run), []
    for row in sound(run):
        own = records.get(row.linkedid, []) if row.linkedid else []
        if row.kind == "conference":  # a record for each two who met: who came first has it
            own = own + records.get(row.channel, [])
        if row.kind in WITHOUT_CDR or not own:
            if bool(own) == (row.kind in WITHOUT_CDR):
                found.append(f"{row.number} {row.kind}: {len(own)} records")
            continue
        name = f"{row.number} {row.kind} {row.linkedid}"
        start = min(cdr.start for cdr in own if cdr.linkedid == row.linkedid)
        end = max(cdr.end for cdr in own)
        answers = [cdr.answer for cdr in own if cdr.answer is not None]
        if not -SLACK < row.started - start < 1 + SLACK:
            found.append(f"{name}: began {row.started - start:.2f} s after the record")
        if not -SLACK < (row.ended or 0) - end < 1 + SLACK:
            found.append(f"{name}: ended {(row.ended or 0) - end:.2f} s after the record")
        if bool(answers) != (row.disposition == "answered"):
            found.append(f"{name}: {row.disposition}, records say {[cdr.disposition for cdr in own]}")
        elif answers and not -SLACK < (row.answered or 0) - min(answers) < 1 + SLACK:
            found.append(f"{name}: answered {(row.answered or 0) - min(answers):.2f} s after the record")
        words = {cdr.disposition for cdr in own}
        if not words <= CDR_WORDS[row.disposition]:
            found.append(f"{name}: {row.disposition}, records say {words}")
        phones = {channel for cdr in own for channel in (cdr.channel, cdr.dstchannel)}
        if row.answered_by and not any(f"/{row.answered_by}-" in phone for phone in phones):
            found.append(f"{name}: {row.answered_by} answered, records have {phones}")
    differences(found)


def test_truth_against_cel(run: Record) -> None:
    records, found = cel_of(run), []
    everything = [record for own in records.values() for record in own]
    for row in known(run):
        own = records[row.linkedid]
        name = f"{row.number} {row.kind} {row.linkedid}"
        kinds = collections.Counter(kind for kind, *_ in own)
        times = {kind: at for kind, at, _, _ in reversed(own)}
        if abs(row.started - times["CHAN_START"]) > SLACK:
            found.append(f"{name}: began {row.started - times['CHAN_START']:.2f} s after CHAN_START")
        last = max(at for kind, at, _, _ in own if kind == "LINKEDID_END") if kinds["LINKEDID_END"] else 0
        if abs((row.ended or 0) - last) > SLACK:
            found.append(f"{name}: ended {(row.ended or 0) - last:.2f} s after LINKEDID_END")
        answered = [at for kind, at, _, uniqueid in own if kind == "ANSWER" and uniqueid == row.uniqueid]
        if bool(answered) != (row.disposition == "answered"):
            found.append(f"{name}: {row.disposition}, {len(answered)} ANSWER of the caller's channel")
        elif answered and abs((row.answered or 0) - answered[0]) > SLACK:
            found.append(f"{name}: answered {(row.answered or 0) - answered[0]:.2f} s after ANSWER")
        where = everything if kinds["PICKUP"] else own  # who picks up has begun a call of his own
        phone = [at for kind, at, channel, _ in where if kind == "ANSWER" and f"/{row.answered_by}-" in channel]
        if row.person and not any(abs(row.person - at) <= SLACK for at in phone):
            found.append(f"{name}: {row.answered_by} answered at {row.person}, CEL says {phone}")
        if kinds["BLINDTRANSFER"] != row.blind or kinds["ATTENDEDTRANSFER"] != row.attended:
            found.append(f"{name}: {row.blind} blind, {row.attended} attended; CEL: {dict(kinds)}")
        if bool(kinds["PICKUP"]) != row.kind.startswith("pickup"):
            found.append(f"{name}: {kinds['PICKUP']} PICKUP")
        if bool(kinds["PARK_START"]) != row.kind.startswith("parked"):
            found.append(f"{name}: {kinds['PARK_START']} PARK_START")
    differences(found)


def _logged_visits(lines: list[list[str]]) -> list[list[list[str]]]:
    """Part the lines of a call into its visits: each begins with ENTERQUEUE."""
    visits: list[list[list[str]]] = []
    for line in lines:
        if line[4] == "ENTERQUEUE":
            visits.append([])
        if visits:
            visits[-1].append(line)
    return visits


def _visit_differs(visit: Visit, lines: list[list[str]]) -> str | None:
    first, last = lines[0], lines[-1]
    events = collections.Counter(line[4] for line in lines)
    connected = next((line for line in lines if line[4] == "CONNECT"), None)
    if first[2] != visit.queue:
        return f"queue {first[2]}"
    if last[4] not in LOGGED[visit.outcome]:
        return f"ends with {last[4]}"
    left = float(connected[0] if connected else last[0])
    if visit.ended is None or not -SLACK < visit.ended - left < 1 + SLACK:
        return f"left at {visit.ended}, queue_log says {left}"
    if visit.joined is None or not -SLACK < visit.joined - float(first[0]) < 1 + SLACK:
        return f"joined at {visit.joined}, queue_log says {first[0]}"
    agent = CROWD.get(visit.member or "", f"Agent {visit.member}")
    if visit.member and (connected is None or connected[3] != agent):
        return f"answered by {visit.member}, queue_log says {connected}"
    if visit.attempts != events["RINGNOANSWER"]:
        return f"{visit.attempts} attempts, {events['RINGNOANSWER']} RINGNOANSWER"
    by = {"COMPLETECALLER": "caller", "COMPLETEAGENT": "callee"}.get(last[4])
    if by != visit.hungup_by and visit.outcome == "answered":
        return f"{visit.hungup_by} ended it, queue_log says {last[4]}"
    return None


def test_truth_against_queue_log(run: Record) -> None:
    log, found = queue_log_of(run), []
    for row in known(run):
        entered = [visit for visit in row.visits if visit.outcome not in REFUSED]
        logged = _logged_visits(log.pop(row.uniqueid, []))
        if len(entered) != len(logged):
            found.append(f"{row.number} {row.kind}: {len(entered)} visits, {len(logged)} in queue_log")
            continue
        for visit, lines in zip(entered, logged, strict=True):
            differs = _visit_differs(visit, lines)
            # nobody counts whose phone rang in vain in a crowd
            if differs and not (row.kind == "queue crowd" and "attempts" in differs):
                found.append(f"{row.number} {row.kind} {row.uniqueid}: {visit.outcome}: {differs}")
    spoilt = {row.uniqueid for row in run.rows if not row.is_sound}
    found += [f"{call}: in queue_log only: {lines}" for call, lines in log.items() if call not in spoilt]
    differences(found)


def test_the_log_cuts_what_it_should(run: Record) -> None:
    for row in sound(run):
        assert (row.cut == "begin") == (row.started < run.log_began)
        assert (row.cut == "end") == ((row.ended or 0) > run.log_ended)


# --- the analysis against the truth ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def events(run: Record) -> pd.DataFrame:
    return af.read_events(run.events)


@pytest.fixture(scope="module")
def calls(events: pd.DataFrame) -> pd.DataFrame:
    return af.calls(events)


def test_calls_are_what_happened(run: Record, calls: pd.DataFrame) -> None:
    differences(calls_differ(run.rows, calls))


def test_visits_of_queues_are_what_happened(run: Record, events: pd.DataFrame) -> None:
    log = af.read_queue_log(run.files["queue_log"])
    differences(visits_differ(run.rows, af.queue_calls(log), from_log=True))
    differences(visits_differ(run.rows, af.queue_calls(events), from_log=False))


def test_states_of_agents_have_the_pauses(run: Record, events: pd.DataFrame) -> None:
    assert len(run.pauses) >= 3
    differences(pauses_differ(run.pauses, af.agents(af.read_queue_log(run.files["queue_log"]))))
    differences(pauses_differ(run.pauses, af.agents(events)))


def test_presets_are_what_the_pbx_prints(run: Record) -> None:
    """Completed, Abandoned and the two service levels of QueueParams and ``queue show``, to the decimal."""
    visits = af.queue_calls(af.read_queue_log(run.files["queue_log"]))
    params = {row["Queue"]: row for row in map(dict, run.queue_status) if row.get("Event") == "QueueParams"}
    compared = 0
    for queue, params_of in params.items():
        own = visits[visits["queue"] == queue]
        if own.empty:
            continue
        threshold = int(params_of["ServiceLevel"])
        whole = af.metrics.queue_summary(own, threshold_s=threshold).iloc[0]
        assert int(params_of["Completed"]) == whole["handled"], queue
        assert int(params_of["Abandoned"]) == whole[["abandoned", "timeout", "leaveempty", "transferred"]].sum(), queue
        shown = re.search(rf"^{queue} has .*SL:([\d.]+)%, SL2:([\d.]+)% within", run.queue_show, re.MULTILINE)
        assert shown, queue
        for rule, name, printed in (("perf", "ServicelevelPerf", shown[1]), ("perf2", "ServicelevelPerf2", shown[2])):
            level = af.metrics.service_level(own, rule=rule, threshold_s=threshold)["sl"].iloc[0]
            assert (params_of[name], f"{0 if pd.isna(level) else 100 * level:.1f}") == (printed, printed), (
                queue,
                rule,
            )
            compared += 1
    assert compared >= 20


def test_reconcile_explains_each_difference(run: Record, events: pd.DataFrame, calls: pd.DataFrame) -> None:
    for name in ("cdr.csv", "cdr_custom.csv"):  # with and without linkedid
        compared = af.reconcile(calls, af.read_cdr(run.files[name], tz="UTC"))
        assert set(calls["linkedid"]) <= set(compared["linkedid"])
        assert (compared["found"] == "both").sum() > 250
        assert compared.loc[compared["found"] == "both", "agrees"].sum() > 100
        unexplained = compared[~compared["explained"]]
        assert unexplained.empty, unexplained.T.to_string()
    visits = af.reconcile(af.queue_calls(events), af.queue_calls(af.read_queue_log(run.files["queue_log"])))
    entered = visits[~visits["outcome_events"].isin(REFUSED)]
    assert (entered["found"] == "both").all()
    assert visits["explained"].all(), visits.loc[~visits["explained"], "difference"].tolist()
    cut = sum(bool(row.cut and row.visits) for row in run.rows)
    assert entered["agrees"].sum() == len(entered) - cut > 100


def test_a_wrong_call_does_not_pass(run: Record, calls: pd.DataFrame) -> None:
    """What reconcile explains is not everything: each kind of error is found in a frame that was made wrong."""
    cdr = af.read_cdr(run.files["cdr.csv"], tz="UTC")
    plain = calls[(calls["legs"] == 2) & (calls["disposition"] == "answered") & calls["complete"]].index
    for column, wrong in (
        ("disposition", "busy"),
        ("started", calls["started"] + pd.Timedelta(seconds=4)),
        ("up", calls["up"] - pd.Timedelta(seconds=4)),
        ("ended", calls["ended"] + pd.Timedelta(seconds=4)),
        ("caller", "123"),
        ("answered_channel", "PJSIP/nobody-1"),
    ):
        bad = calls.copy()
        bad.loc[plain[:5], column] = wrong if isinstance(wrong, str) else wrong.loc[plain[:5]]
        found = af.reconcile(bad, cdr)
        unexplained = found.loc[~found["explained"], "difference"]
        assert len(unexplained) == 5, column
    lost = af.reconcile(calls.drop(plain[:5]), cdr)
    assert (lost.loc[~lost["explained"], "difference"] == "no events").sum() == 5


def test_both_witnesses_have_the_same_calls(run: Record, calls: pd.DataFrame) -> None:
    """The listener over HTTP and the socket heard the same."""
    received = af.calls(RECEIVED[run.version])
    both = calls.merge(received, on="linkedid", suffixes=("", "_http"))
    assert len(both) >= len(calls) - len(scenario_plan.BEFORE)
    whole = both[both["complete"] & both["complete_http"]]
    assert len(whole) >= 300
    for name in ("started", "answered", "ended", "caller", "disposition", "reached", "answered_by", "hungup_by"):
        one, other = whole[name], whole[f"{name}_http"]
        assert ((one == other) | (one.isna() & other.isna())).all(), name
