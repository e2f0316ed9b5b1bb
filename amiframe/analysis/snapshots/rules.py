"""What can be wrong with channels, queues and endpoints: one function for each rule, from a look to what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Floats, Integers
from amiframe.analysis.snapshots.call_grouping import number
from amiframe.analysis.snapshots.context import (
    DIALS,
    FAR,
    NOT_ANSWERED,
    OUTGOING,
    RING,
    UP,
    Sight,
    clock,
    flags,
    floats,
    rows_before,
)
from amiframe.analysis.snapshots.row_matching import PBX, pair

_HALF = r"^(Local/.+-[0-9a-f]{8});[12]$"
_SETTLED_S = 2  # younger channels may be in a list by half: they do not count
_CALLS = (*DIALS, "RetryDial", "Queue", "FollowMe", "Page")  # what a half of a Local channel runs that calls others
_STAYS_LONG = "AgentLogin"  # an agent's line is open the whole shift
_GONE = {4: "invalid", 5: "unavailable"}  # ``status`` of a member who cannot be called


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


# --- channels -------------------------------------------------------------------------------------------------------


def ringing(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find calls that nobody has answered; callers who hear music of a queue unanswered are not among them."""
    waits = seen.states(RING) & seen.runs("Queue")
    found = seen.states(*NOT_ANSWERED) & ~waits & ~seen.is_internal & (seen.ages >= threshold)
    for rows in _by_call(seen, found):
        oldest = seen.status.iloc[rows[0]]
        age = seen.ages[rows[0]]
        to = f", to {oldest['exten']}" if isinstance(oldest["exten"], str) else ""
        yield _fault(seen, rows, age, f"{oldest['channelstatedesc']} for {age:.0f} s{to}{_running(oldest)}")


def unbridged(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find who dialled or was dialled, has nobody left to wait for, and talks with nobody."""
    found = _twice(seen, _is_unbridged) & (seen.ages >= threshold)
    for rows in _by_call(seen, found):
        first, age = seen.status.iloc[rows[0]], seen.ages[rows].min()
        yield _fault(seen, rows, age, f"in no bridge{_running(first)}, nobody rings{_again(seen)}; {age:.0f} s old")


def _is_unbridged(seen: Sight) -> Flags:
    calls = seen.calls
    up = seen.states(UP)
    ends = (up | (seen.states(RING) & seen.runs(*DIALS))) & seen.runs(*DIALS, *FAR)
    rings = np.isin(calls, calls[seen.states(*OUTGOING)])
    # somebody has answered: the caller of an outgoing call is up from the start
    answered = pd.Series(up).groupby(calls).transform("sum").to_numpy() > up
    return ends & answered & flags(seen.status["bridgeid"].isna()) & ~rings & ~_is_alone(seen)


def alone(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find channels whose far leg is not there."""
    found = _twice(seen, _is_alone) & (seen.ages >= threshold)
    halves = ~flags(_mate(seen.status).isna())
    for row in np.flatnonzero(found):
        one, age = seen.status.iloc[row], seen.ages[row]
        what = "the other half of this Local channel" if halves[row] else "any other channel of its call"
        yield _fault(seen, row, age, f"{what} is missing{_running(one)}{_again(seen)}; {age:.0f} s old")


def _is_alone(seen: Sight) -> Flags:
    calls = pd.Series(seen.calls)
    alone_in_call = calls.groupby(calls).transform("size").to_numpy() == 1
    unheard = alone_in_call & seen.runs(*DIALS, *FAR) & flags(seen.status["bridgeid"].isna())
    whole = _mate(seen.status)
    halves = number(seen.status.assign(channel=whole), "channel")
    lacks = (halves >= 0) & ~pd.Series(halves).duplicated(keep=False).to_numpy()
    found: Flags = (unheard | lacks) & ~seen.is_internal
    return found


def cutting(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find channels that the PBX is about to hang up."""
    status = seen.status
    if not isinstance(status["timetohangup"].dtype, pd.DatetimeTZDtype):
        return
    end = ((status["timetohangup"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)
    left = end - clock(status)
    for row in np.flatnonzero(left <= threshold):
        moment = status["timetohangup"].iloc[row]
        yield _fault(
            seen, np.array([row]), left[row], f"the PBX hangs up in {left[row]:.0f} s, at {moment:%H:%M:%S} UTC"
        )


def lasting(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find calls that are up for long; agents who wait for calls on an open line are not among them."""
    found = (seen.ages >= threshold) & ~seen.is_internal & ~seen.runs(_STAYS_LONG)
    for rows in _by_call(seen, found):
        age = seen.ages[rows[0]]
        yield _fault(seen, rows, age, f"up for {_hours(age)}{_running(seen.status.iloc[rows[0]])}")


def loops(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find calls in which a number calls itself again and again through Local channels."""
    status, ages = seen.status, seen.ages
    where = status["channel"].str.extract(r"^(Local/.+)-[0-9a-f]{8};2$")[0].astype("str")
    calls = flags(status["data"].str.contains("Local/", regex=False)) | seen.runs("Queue", "FollowMe")
    dials = flags(where.notna()) & seen.runs(*_CALLS) & calls & (ages >= _SETTLED_S)
    same = number(pd.DataFrame({"call": seen.calls.astype("str"), "where": where}), "call", "where")
    same[~dials] = -1
    for rows in _groups(same, ages, least=threshold):
        yield _fault(seen, rows, len(rows), f"{where.iloc[rows[0]]} is {len(rows)} times in one call and calls on")


def crowds(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find numbers that call many times at once: by the channel that began each call."""
    status, ages = seen.status, seen.ages
    first = flags(status["uniqueid"].eq(status["linkedid"])) & (ages >= _SETTLED_S) & ~seen.is_internal
    told = flags(status["calleridnum"].str.contains(r"[0-9]"))  # "anonymous" is nobody's number
    numbers = number(status, "calleridnum")
    numbers[~(first & told)] = -1
    for rows in _groups(numbers, ages, least=threshold):
        yield _fault(seen, rows, len(rows), f"{status['calleridnum'].iloc[rows[0]]} makes {len(rows)} calls at once")


# --- queues and endpoints -------------------------------------------------------------------------------------------


def unserved(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find queues in which callers wait and no member can be called."""
    if seen.snapshot is None:
        return
    waiting, members = seen.snapshot.waiting.reset_index(drop=True), seen.snapshot.members
    lacks = ~_are_served(waiting, members) & (floats(waiting["wait"], _SETTLED_S) >= _SETTLED_S)
    if seen.earlier is not None and seen.earlier.snapshot is not None:
        before = seen.earlier.snapshot
        rows = pair(before.waiting, waiting, ("queue", "uniqueid"))
        lacks &= _held(rows, ~_are_served(before.waiting, before.members))
    waits = floats(waiting["wait"], 0.0)
    queues = number(waiting, "queue")
    queues[~lacks] = -1
    for rows in _groups(queues, waits, least=threshold):
        one = waiting.iloc[rows[0]]
        there = members[_same(members, one, "queue")]
        callers = f"{len(rows)} caller{'s wait' if len(rows) > 1 else ' waits'}, the longest {waits[rows[0]]:.0f} s"
        yield Fault(
            waiting["channel"].iloc[rows].tolist(),
            len(rows),
            f"{one['queue']}: {callers}; {_why_not(there)}",
            _pbx(one),
        )


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
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"its members: {told}" if told else "no members"


def impatient(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find callers who wait long in a queue."""
    if seen.snapshot is None:
        return
    waiting = seen.snapshot.waiting.reset_index(drop=True)
    waits = floats(waiting["wait"], -1.0)
    queues = number(waiting, "queue")
    queues[waits < threshold] = -1
    for rows in _groups(queues, waits):
        one = waiting.iloc[rows[0]]
        callers = f"{len(rows)} caller{'s wait' if len(rows) > 1 else ' waits'} for up to {_hours(waits[rows[0]])}"
        yield Fault(waiting["channel"].iloc[rows].tolist(), waits[rows[0]], f"{one['queue']}: {callers}", _pbx(one))


def unreachable(seen: Sight, threshold: float) -> Iterable[Fault]:
    """Find endpoints that have calls and could not be called: they should register and have not."""
    if seen.snapshot is None:
        return
    endpoints = seen.snapshot.endpoints.reset_index(drop=True)
    counts = _channels_of(endpoints, seen.status)
    lacks = _is_unreachable(endpoints) & (counts >= threshold) & (counts > 0)
    if seen.earlier is not None and seen.earlier.snapshot is not None:
        before = seen.earlier.snapshot.endpoints.reset_index(drop=True)
        busy = _channels_of(before, seen.earlier.status) > 0
        lacks &= _held(pair(before, endpoints, ("objectname",)), _is_unreachable(before) & busy)
    for row in np.flatnonzero(lacks):
        one, name = endpoints.iloc[row], endpoints["objectname"].iloc[row]
        owns = flags(_endpoint(seen.status).eq(name)) & _same(seen.status, one)
        count = int(counts[row])
        contact = "no contact" if pd.isna(one["contacts"]) else "a contact that does not answer"
        words = f"{name} ({one['devicestate']}) has {count} channel{'s' if count > 1 else ''} and {contact}"
        yield Fault(seen.status.loc[owns, "channel"].tolist(), count, words, _pbx(one))


def _is_unreachable(endpoints: pd.DataFrame) -> Flags:
    # who has calls is "In use" though it cannot be reached; one without a login may call and never register
    lost = flags(endpoints["contacts"].isna()) & flags(endpoints["auths"].notna())
    return lost | flags(endpoints["devicestate"].eq("Unavailable"))


def _channels_of(endpoints: pd.DataFrame, status: pd.DataFrame) -> Floats:
    """Return how many channels each endpoint has; Asterisk 16 does not tell it, then by their names."""
    names = [PBX] if PBX in endpoints.columns and PBX in status.columns else []
    listed = status[names].assign(objectname=_endpoint(status)).value_counts()
    keys = pd.MultiIndex.from_frame(endpoints[[*names, "objectname"]].astype("str"))
    counted = listed.reindex(keys, fill_value=0) if len(listed) else pd.Series(0, keys)
    told = floats(endpoints["activechannels"], np.nan)
    return np.where(np.isnan(told), counted.to_numpy(dtype=float), told)


def _endpoint(status: pd.DataFrame) -> pd.Series:
    return status["channel"].str.extract(r"^PJSIP/(.+)-[0-9a-f]{8}")[0].astype("str")


# --- what they share ------------------------------------------------------------------------------------------------


def _twice(seen: Sight, holds: Callable[[Sight], Flags]) -> Flags:
    """Say for each channel whether something holds of it in both looks."""
    if seen.earlier is None:
        return np.zeros(len(seen.status), dtype=np.bool_)
    now: Flags = holds(seen)
    return now & _held(rows_before(seen, seen.earlier), holds(seen.earlier))


def _held(rows: Integers, before: Flags) -> Flags:
    """Return what was so before, in the rows of now; false for what was not there."""
    found = np.zeros(len(rows), dtype=np.bool_)
    found[rows >= 0] = before[rows[rows >= 0]]
    return found


def _by_call(seen: Sight, found: Flags) -> Iterable[Integers]:
    calls = seen.calls
    calls[~found] = -1
    return _groups(calls, seen.ages)


def _groups(codes: Integers, order: Floats, least: float = 1) -> Iterable[Integers]:
    """Yield the rows of each group that has at least so many, the greatest first; rows of -1 are in none."""
    rows = np.flatnonzero(codes >= 0)
    rows = rows[np.lexsort((-order[rows], codes[rows]))]
    for part in np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1):
        if len(part) and len(part) >= least:
            yield part


def _mate(status: pd.DataFrame) -> pd.Series:
    """Return what both halves of a Local channel share of their names."""
    return status["channel"].str.extract(_HALF)[0].astype("str")


def _same(frame: pd.DataFrame, row: pd.Series, *names: str) -> Flags:
    found = np.ones(len(frame), dtype=np.bool_)
    for name in (*names, *([PBX] if PBX in frame.columns and PBX in row.index else [])):
        found &= flags(frame[name].eq(row[name]))
    return found


def _fault(seen: Sight, rows: Integers | np.integer[Any], value: float, evidence: str) -> Fault:
    rows = np.atleast_1d(rows)
    return Fault(seen.status["channel"].iloc[rows].tolist(), float(value), evidence, _pbx(seen.status.iloc[rows[0]]))


def _pbx(row: pd.Series) -> str | None:
    return str(row[PBX]) if PBX in row.index and isinstance(row[PBX], str) else None


def _running(row: pd.Series) -> str:
    application = row["application"]
    if not isinstance(application, str):
        return ""
    # arguments of other applications may be what nobody should read (SendDTMF, Authenticate)
    shown = application in (*DIALS, "Queue") and isinstance(row["data"], str)
    return f", in {application}({row['data']})" if shown else f", in {application}"


def _again(seen: Sight) -> str:
    gap = seen.gap_s()
    return f", as {gap:.0f} s before" if np.isfinite(gap) else ", as in the look before"


def _hours(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
