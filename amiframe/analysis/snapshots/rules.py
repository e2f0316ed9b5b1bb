"""The rules of :func:`findings`: what can be wrong with channels, queues and endpoints, one function for each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Floats, Integers
from amiframe.analysis._arrays.indexing import take_or
from amiframe.analysis.snapshots.call_grouping import group_numbers
from amiframe.analysis.snapshots.context import (
    DIALS,
    FAR,
    NOT_ANSWERED,
    OUTGOING,
    RING,
    UP,
    SnapshotContext,
    clock,
    flags,
    floats,
    rows_before,
)
from amiframe.analysis.snapshots.row_matching import PBX, epoch_seconds, pair
from amiframe.timeutil.durations import format_duration

_HALF = r"^(Local/.+-[0-9a-f]{8});[12]$"
_SETTLED_S = 2  # younger channels may be in a list by half: they do not count
_CALLS = (*DIALS, "RetryDial", "Queue", "FollowMe", "Page")  # what a half of a Local channel runs that calls others
_STAYS_LONG = "AgentLogin"  # an agent's line is open the whole shift
_GONE = {4: "invalid", 5: "unavailable"}  # ``status`` of a member who cannot be called


ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a rule found.

    Parameters
    ----------
    channels : list of str
        Names of the channels that show it.
    value : float
        What is compared with the threshold.
    evidence : str
        What was seen, in words.
    pbx : str, optional
    """

    channels: list[str]
    value: float
    evidence: str
    pbx: str | None = None


Search = Callable[["SnapshotContext", float], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class FindingRule:
    """One kind of fault.

    Parameters
    ----------
    name : str
    severity : str
        ``error``: somebody cannot talk now; ``warning``: somebody should look.
    threshold : str
        Name of the argument of :func:`findings` that says from when on; its end is the unit.
    what : str
        What it finds, in words.
    search : callable
        Finds the faults.
    needs : str
        ``status``, ``before`` (two snapshots: something missing in one list may only have moved), ``snapshot`` or
        ``endpoints`` (a snapshot of an account that may list them).
    """

    name: str
    severity: str
    threshold: str
    what: str
    search: Search
    needs: str


RULES: list[FindingRule] = []
"""The rules, in the order in which their findings are listed."""


def _rule(name: str, severity: str, threshold: str, what: str, needs: str = "status") -> Callable[[Search], Search]:
    """Return the decorator that puts a function into :data:`RULES`."""

    def add(search: Search) -> Search:
        RULES.append(FindingRule(name, severity, threshold, what, search, needs))
        return search

    return add


@_rule(
    "unserved queue",
    ERROR,
    "unserved_callers",
    "callers wait in a queue of which no member can be called",
    needs="snapshot",
)
def unserved_queue(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find queues in which callers wait and no member can be called."""
    if context.snapshot is None:
        return
    waiting, members = context.snapshot.waiting.reset_index(drop=True), context.snapshot.members
    lacks = ~_are_served(waiting, members) & (floats(waiting["wait"], _SETTLED_S) >= _SETTLED_S)
    if context.earlier is not None and context.earlier.snapshot is not None:
        before = context.earlier.snapshot
        rows = pair(before.waiting, waiting, ("queue", "uniqueid"))
        lacks &= _rows_held(rows, ~_are_served(before.waiting, before.members))
    waits = floats(waiting["wait"], 0.0)
    queues = group_numbers(waiting, "queue")
    queues[~lacks] = -1
    for rows in _groups(queues, waits, least=threshold):
        there = members[_same(members, waiting.iloc[rows[0]], "queue")]
        words = f"{_callers(rows)}, the longest {waits[rows[0]]:.0f} s; {_why_not(there)}"
        yield _queue_fault(waiting, rows, len(rows), words)


def _are_served(waiting: pd.DataFrame, members: pd.DataFrame) -> Flags:
    """Say for each caller whether a member of the queue could be called, now or after a call."""
    names = ["queue", PBX] if PBX in members.columns and PBX in waiting.columns else ["queue"]
    able = members[~flags(members["paused"]) & ~flags(members["status"].isin(_GONE))]
    keys = [pd.MultiIndex.from_frame(frame[names].astype("str")) for frame in (waiting, able)]
    return np.asarray(keys[0].isin(keys[1]), dtype=np.bool_)


def _why_not(members: pd.DataFrame) -> str:
    paused = flags(members["paused"])
    counts = {"paused": int(paused.sum())}
    for status, word in _GONE.items():
        counts[word] = int((flags(members["status"].eq(status)) & ~paused).sum())
    reasons = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"its members: {reasons}" if reasons else "no members"


@_rule(
    "no far leg",
    ERROR,
    "alone_s",
    "the other end is missing: of a dialled call, or half of a Local channel",
    needs="before",
)
def no_far_leg(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find channels whose far leg is not there."""
    is_found = _in_both(context, _lacks_peer) & (context.ages >= threshold)
    halves = ~flags(_local_pair(context.status).isna())
    for row in np.flatnonzero(is_found):
        channel, age = context.status.iloc[row], context.ages[row]
        what = "the other half of this Local channel" if halves[row] else "any other channel of its call"
        yield _fault(context, row, age, f"{what} is missing{_running(channel)}{_repeated(context)}; {age:.0f} s old")


def _lacks_peer(context: SnapshotContext) -> Flags:
    calls = pd.Series(context.calls)
    alone_in_call = calls.groupby(calls).transform("size").to_numpy() == 1
    lacks_partner = alone_in_call & context.runs(*DIALS, *FAR) & flags(context.status["bridgeid"].isna())
    pairs = group_numbers(context.status.assign(channel=_local_pair(context.status)), "channel")
    lacks_half = (pairs >= 0) & ~pd.Series(pairs).duplicated(keep=False).to_numpy()
    return np.asarray((lacks_partner | lacks_half) & ~context.is_internal)


@_rule("unbridged", ERROR, "unbridged_s", "dialled and answered, but in no bridge", needs="before")
def unbridged(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find channels that dialled or were dialled, wait for no answer any more, and are in no bridge."""
    is_found = _in_both(context, _is_unbridged) & (context.ages >= threshold)
    for rows in _rows_by_call(context, is_found):
        first, age = context.status.iloc[rows[0]], context.ages[rows].min()
        yield _fault(
            context, rows, age, f"in no bridge{_running(first)}, nobody rings{_repeated(context)}; {age:.0f} s old"
        )


def _is_unbridged(context: SnapshotContext) -> Flags:
    calls = context.calls
    up = context.states(UP)
    ends = (up | (context.states(RING) & context.runs(*DIALS))) & context.runs(*DIALS, *FAR)
    rings = np.isin(calls, calls[context.states(*OUTGOING)])
    # another channel has answered: the caller of an outgoing call is up from the start
    answered = pd.Series(up).groupby(calls).transform("sum").to_numpy() > up
    return ends & answered & flags(context.status["bridgeid"].isna()) & ~rings & ~_lacks_peer(context)


@_rule("local loop", ERROR, "loop_pairs", "a number calls itself again and again through Local channels")
def local_loop(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find calls in which a number calls itself again and again through Local channels."""
    status, ages = context.status, context.ages
    where = status["channel"].str.extract(r"^(Local/.+)-[0-9a-f]{8};2$")[0].astype("str")
    calls = flags(status["data"].str.contains("Local/", regex=False)) | context.runs("Queue", "FollowMe")
    dials = flags(where.notna()) & context.runs(*_CALLS) & calls & (ages >= _SETTLED_S)
    same = group_numbers(pd.DataFrame({"call": context.calls.astype("str"), "where": where}), "call", "where")
    same[~dials] = -1
    for rows in _groups(same, ages, least=threshold):
        yield _fault(context, rows, len(rows), f"{where.iloc[rows[0]]} is {len(rows)} times in one call and calls on")


@_rule("about to be cut", WARNING, "cut_s", "the PBX hangs up soon (TIMEOUT(absolute))")
def about_to_be_cut(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find channels that the PBX is about to hang up."""
    status = context.status
    if not isinstance(status["timetohangup"].dtype, pd.DatetimeTZDtype):
        return
    left = epoch_seconds(status["timetohangup"]) - clock(status)
    for row in np.flatnonzero(left <= threshold):
        moment = status["timetohangup"].iloc[row]
        yield _fault(
            context, np.array([row]), left[row], f"the PBX hangs up in {left[row]:.0f} s, at {moment:%H:%M:%S} UTC"
        )


@_rule("long wait", WARNING, "waiting_s", "callers wait long in a queue", needs="snapshot")
def long_wait(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find callers who wait long in a queue."""
    if context.snapshot is None:
        return
    waiting = context.snapshot.waiting.reset_index(drop=True)
    waits = floats(waiting["wait"], -1.0)
    queues = group_numbers(waiting, "queue")
    queues[waits < threshold] = -1
    for rows in _groups(queues, waits):
        longest = waits[rows[0]]
        yield _queue_fault(waiting, rows, longest, f"{_callers(rows)} for up to {format_duration(longest)}")


@_rule("ringing", WARNING, "ringing_s", "a call that nobody answers")
def ringing(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find calls that are not answered; callers who wait in a queue before an answer do not count."""
    waits = context.states(RING) & context.runs("Queue")
    is_found = context.states(*NOT_ANSWERED) & ~waits & ~context.is_internal & (context.ages >= threshold)
    for rows in _rows_by_call(context, is_found):
        oldest = context.status.iloc[rows[0]]
        age = context.ages[rows[0]]
        to = f", to {oldest['exten']}" if isinstance(oldest["exten"], str) else ""
        yield _fault(context, rows, age, f"{oldest['channelstatedesc']} for {age:.0f} s{to}{_running(oldest)}")


@_rule(
    "unreachable",
    WARNING,
    "unreachable_calls",
    "an endpoint has calls and could not be called: it has not registered",
    needs="endpoints",
)
def unreachable(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find endpoints that have calls and could not be called: they should register and have not."""
    if context.snapshot is None:
        return
    endpoints = context.snapshot.endpoints.reset_index(drop=True)
    counts = _channels_of(endpoints, context.status)
    lacks = _is_unreachable(endpoints) & (counts >= threshold) & (counts > 0)
    if context.earlier is not None and context.earlier.snapshot is not None:
        before = context.earlier.snapshot.endpoints.reset_index(drop=True)
        busy = _channels_of(before, context.earlier.status) > 0
        lacks &= _rows_held(pair(before, endpoints, ("objectname",)), _is_unreachable(before) & busy)
    for row in np.flatnonzero(lacks):
        endpoint, name, count = endpoints.iloc[row], endpoints["objectname"].iloc[row], int(counts[row])
        is_own = flags(_endpoint(context.status).eq(name)) & _same(context.status, endpoint)
        contact = "no contact" if pd.isna(endpoint["contacts"]) else "a contact that does not answer"
        words = f"{name} ({endpoint['devicestate']}) has {count} channel{'s' if count > 1 else ''} and {contact}"
        yield Fault(context.status.loc[is_own, "channel"].tolist(), count, words, _pbx(endpoint))


def _is_unreachable(endpoints: pd.DataFrame) -> Flags:
    # an endpoint with calls is "In use" though it cannot be reached; one without a login may call and never register
    lost = flags(endpoints["contacts"].isna()) & flags(endpoints["auths"].notna())
    return lost | flags(endpoints["devicestate"].eq("Unavailable"))


def _channels_of(endpoints: pd.DataFrame, status: pd.DataFrame) -> Floats:
    """Return how many channels each endpoint has; Asterisk 16 does not report it, so by the names of channels."""
    names = [PBX] if PBX in endpoints.columns and PBX in status.columns else []
    listed = status[names].assign(objectname=_endpoint(status)).value_counts()
    keys = pd.MultiIndex.from_frame(endpoints[[*names, "objectname"]].astype("str"))
    counted = listed.reindex(keys, fill_value=0) if len(listed) else pd.Series(0, keys)
    reported = floats(endpoints["activechannels"], np.nan)
    return np.where(np.isnan(reported), counted.to_numpy(dtype=float), reported)


def _endpoint(status: pd.DataFrame) -> pd.Series:
    return status["channel"].str.extract(r"^PJSIP/(.+)-[0-9a-f]{8}")[0].astype("str")


@_rule("crowd", WARNING, "number_calls", "one number makes many calls at once")
def number_flood(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find numbers that call many times at once: by the channel that began each call."""
    status, ages = context.status, context.ages
    first = flags(status["uniqueid"].eq(status["linkedid"])) & (ages >= _SETTLED_S) & ~context.is_internal
    has_number = flags(status["calleridnum"].str.contains(r"[0-9]"))  # "anonymous" is not a number
    numbers = group_numbers(status, "calleridnum")
    numbers[~(first & has_number)] = -1
    for rows in _groups(numbers, ages, least=threshold):
        yield _fault(context, rows, len(rows), f"{status['calleridnum'].iloc[rows[0]]} makes {len(rows)} calls at once")


@_rule("long call", WARNING, "long_s", "a call is up for very long")
def long_call(context: SnapshotContext, threshold: float) -> Iterator[Fault]:
    """Find calls that are up for long; agents who wait for calls on an open line do not count."""
    is_found = (context.ages >= threshold) & ~context.is_internal & ~context.runs(_STAYS_LONG)
    for rows in _rows_by_call(context, is_found):
        age = context.ages[rows[0]]
        yield _fault(context, rows, age, f"up for {format_duration(age)}{_running(context.status.iloc[rows[0]])}")


def _callers(rows: Integers) -> str:
    return f"{len(rows)} caller{'s wait' if len(rows) > 1 else ' waits'}"


def _queue_fault(waiting: pd.DataFrame, rows: Integers, value: float, words: str) -> Fault:
    caller = waiting.iloc[rows[0]]
    return Fault(waiting["channel"].iloc[rows].tolist(), value, f"{caller['queue']}: {words}", _pbx(caller))


def _in_both(context: SnapshotContext, holds: Callable[[SnapshotContext], Flags]) -> Flags:
    """Return for each channel whether something holds of it in both snapshots."""
    if context.earlier is None:
        return np.zeros(len(context.status), dtype=np.bool_)
    return holds(context) & _rows_held(rows_before(context, context.earlier), holds(context.earlier))


def _rows_held(rows: Integers, before: Flags) -> Flags:
    """Return flags of the snapshot before for the rows of now; false for what was not there."""
    return take_or(before, rows, False)


def _rows_by_call(context: SnapshotContext, is_found: Flags) -> Iterable[Integers]:
    calls = context.calls
    calls[~is_found] = -1
    return _groups(calls, context.ages)


def _groups(codes: Integers, order: Floats, least: float = 1) -> Iterable[Integers]:
    """Yield the rows of each group that has at least so many, the greatest first; rows of -1 are in none."""
    rows = np.flatnonzero(codes >= 0)
    rows = rows[np.lexsort((-order[rows], codes[rows]))]
    for part in np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1):
        if len(part) and len(part) >= least:
            yield part


def _local_pair(status: pd.DataFrame) -> pd.Series:
    """Return what both halves of a Local channel share of their names."""
    return status["channel"].str.extract(_HALF)[0].astype("str")


def _same(frame: pd.DataFrame, row: pd.Series, *names: str) -> Flags:
    keys = [*names, *([PBX] if PBX in frame.columns and PBX in row.index else [])]
    return flags(frame[keys].eq(row[keys]).all(axis=1))


def _fault(context: SnapshotContext, rows: Integers | np.integer[Any], value: float, evidence: str) -> Fault:
    rows = np.atleast_1d(rows)
    return Fault(
        context.status["channel"].iloc[rows].tolist(), float(value), evidence, _pbx(context.status.iloc[rows[0]])
    )


def _pbx(row: pd.Series) -> str | None:
    return str(row[PBX]) if PBX in row.index and isinstance(row[PBX], str) else None


def _running(row: pd.Series) -> str:
    application = row["application"]
    if not isinstance(application, str):
        return ""
    # arguments of other applications may be secret (SendDTMF, Authenticate)
    shown = application in (*DIALS, "Queue") and isinstance(row["data"], str)
    return f", in {application}({row['data']})" if shown else f", in {application}"


def _repeated(context: SnapshotContext) -> str:
    gap = context.gap_s()
    return f", as {gap:.0f} s before" if np.isfinite(gap) else ", as in the snapshot before"
