"""States of agents over time, from the lines of queue_log.

Source: ``ast_queue_log`` calls of Asterisk's ``apps/app_queue.c``, lines written by 16.28 and 22.10.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers
from amiframe.analysis._arrays.series import micros
from amiframe.analysis._arrays.text import index_in, numbers, take
from amiframe.analysis.queues.agent_state_table import state_spans, state_table
from amiframe.analysis.queues.visits_from_queue_log import in_time, visits_from_log

UNKNOWN, AWAY, PAUSED, AVAILABLE, RINGING, ON_CALL = range(6)
STATES = ("unknown", "away", "paused", "available", "ringing", "on call")
_COMING = ("ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN")
_EVENTS = {
    **dict.fromkeys(_COMING, AVAILABLE),
    "REMOVEMEMBER": AWAY, "AGENTLOGOFF": AWAY, "AGENTCALLBACKLOGOFF": AWAY,
    "PAUSE": PAUSED, "PAUSEALL": PAUSED, "UNPAUSE": AVAILABLE, "UNPAUSEALL": AVAILABLE,
}  # fmt: skip
"""What a line says of an agent who is not on a call."""

_SECOND = 1_000_000
_KEYS = ["member", "queue"]


def states_from_log(log: pd.DataFrame) -> pd.DataFrame:
    """Return one row per state of an agent in a queue; see :func:`amiframe.agents`."""
    if "amf_pbx" not in log.columns:
        return _states(log)
    # each PBX has a begin, an end and restarts of its own
    parts = [_states(part).assign(amf_pbx=pbx) for pbx, part in log.groupby("amf_pbx", sort=True, dropna=False)]
    whole = pd.concat(parts or [_states(log).assign(amf_pbx=None)], ignore_index=True)
    return whole.astype({"amf_pbx": "str"})


def _states(log: pd.DataFrame) -> pd.DataFrame:
    time = micros(log["time"])
    rows, time = in_time(log, np.flatnonzero(time != NO_TIME), time[time != NO_TIME])
    begin, end = (int(time[0]), int(time[-1])) if len(time) else (0, 0)
    restarts = np.flatnonzero((index_in(log["event"], ["QUEUESTART"]) == 0)[rows])
    reported = _reported(log, rows, time)
    busy = _busy(log, rows, time, np.append(time[restarts], end))
    keys = pd.concat([reported[_KEYS], busy[_KEYS]]).drop_duplicates()
    with_queue = keys[keys["queue"].notna()]
    without_queue = keys[keys["queue"].isna() & ~keys["member"].isin(with_queue["member"])]
    keys = pd.concat([with_queue, without_queue]).sort_values(_KEYS, ignore_index=True)
    keys = keys.assign(key=np.arange(len(keys)))
    again = pd.DataFrame({"time": time[restarts], "place": restarts, "state": UNKNOWN})
    points = _points(keys, reported, busy, again[again["time"] > begin], begin)
    spans = _spans(points, end)
    of = keys.iloc[spans["key"].to_numpy()]
    start, stop = spans["time"].to_numpy(np.int64), spans["end"].to_numpy(np.int64)
    state = np.array(STATES, object)[spans["state"].to_numpy(np.int64)]
    is_complete = (start > begin) & (stop < end)
    names = {"member": of["member"], "membername": of["member"], "queue": of["queue"]}
    return state_table({**names, "state": state, "reason": spans["reason"]}, start, stop, is_complete)


def _texts(log: pd.DataFrame, column: str, rows: Integers) -> pd.Series:
    return pd.Series(take(log[column], rows).to_pandas(), dtype="str")


def _reported(log: pd.DataFrame, rows: Integers, time: Integers) -> pd.DataFrame:
    """Return what lines say of agents, in the order of time; without a queue it is for all of them."""
    event = index_in(log["event"], list(_EVENTS))[rows]
    chosen = event >= 0
    place = np.flatnonzero(chosen)
    rows, event, time = rows[chosen], event[chosen], time[chosen]
    names = list(_EVENTS)
    words = _texts(log, "data1", rows)
    state = np.array([*_EVENTS.values(), UNKNOWN])[event]
    is_adding = event == names.index("ADDMEMBER")
    state = np.where(is_adding & (words == "PAUSED").fillna(False).to_numpy(), PAUSED, state)
    reported = pd.DataFrame({
        "member": _texts(log, "agent", rows), "queue": _texts(log, "queuename", rows),
        "time": time, "place": place, "state": state, "comes": event < len(_COMING),
        "reason": words.where((state == PAUSED) & ~is_adding),
    })  # fmt: skip
    return reported[reported["member"].notna()].reset_index(drop=True)


def _busy(log: pd.DataFrame, rows: Integers, time: Integers, stops: Integers) -> pd.DataFrame:
    """Return when an agent was rung or on a call, for which queue; a call without an end ends at the next stop."""
    visits = visits_from_log(log)
    visits = visits[visits["member"].notna()]
    keys = {"member": visits["member"], "queue": visits["queue"]}
    from_ = micros(visits["left_queue"])
    talk = visits["talk_s"].to_numpy(dtype="float64", na_value=np.nan)
    stop = stops[np.minimum(np.searchsorted(stops, from_, side="right"), len(stops) - 1)]
    to = np.where(np.isnan(talk), stop, from_ + np.nan_to_num(talk * _SECOND).astype(np.int64))
    ring = np.nan_to_num(visits["ring_s"].to_numpy(dtype="float64", na_value=np.nan) * _SECOND).astype(np.int64)
    calls = pd.DataFrame({**keys, "from": from_, "to": to, "kind": ON_CALL})
    rings = pd.DataFrame({**keys, "from": from_ - ring, "to": from_, "kind": RINGING})
    chosen = (index_in(log["event"], ["RINGNOANSWER", "RINGCANCELED"]) >= 0)[rows]
    rows, time = rows[chosen], time[chosen]
    lasted = np.nan_to_num(numbers(take(log["data1"], rows)) * 1000).astype(np.int64)  # the line says milliseconds
    missed = pd.DataFrame({
        "member": _texts(log, "agent", rows), "queue": _texts(log, "queuename", rows),
        "from": time - lasted, "to": time, "kind": RINGING,
    })  # fmt: skip
    return pd.concat([calls, rings, missed], ignore_index=True)


_ORDER = {"start": 0, "reported": 1, "served": 2, "busy": 3}


def _points(
    keys: pd.DataFrame, reported: pd.DataFrame, busy: pd.DataFrame, restarts: pd.DataFrame, begin: int
) -> pd.DataFrame:
    """Return all moments at which something may change, in each agent's queue, in the order of time."""
    everywhere = reported[reported["queue"].isna()].drop(columns="queue").merge(keys, on="member")
    base = pd.concat([reported[reported["queue"].notna()].merge(keys, on=_KEYS), everywhere])
    base = base.sort_values(["key", "place"], kind="stable")
    first = base.drop_duplicates("key").set_index("key")["comes"].reindex(keys["key"], fill_value=False)
    start = pd.DataFrame({"key": keys["key"], "time": begin, "place": -1, "state": np.where(first, AWAY, UNKNOWN)})
    again = keys[["key"]].merge(restarts, how="cross")
    own = busy.merge(keys, on=_KEYS)
    others = busy.merge(keys, on="member", suffixes=("_of", ""))
    others = others[(others["queue"] != others["queue_of"])]
    served = pd.DataFrame({"key": own["key"], "time": own["from"]})
    changes = []
    for which, part, reason in (("own", own, None), ("other", others, "queue_of")):
        for at, step in (("from", 1), ("to", -1)):
            change = {"key": part["key"], "time": part[at], "kind": part["kind"], "step": step, "whose": which}
            changes.append(pd.DataFrame({**change, "of": part[reason] if reason and step == 1 else None}))
    parts = {
        "start": pd.concat([start, again]),
        "reported": base[["key", "time", "place", "state", "reason"]],
        "served": served,
    }
    points = pd.concat([
        *(part.assign(what=_ORDER[name]) for name, part in parts.items()),
        *(change.assign(what=_ORDER["busy"]) for change in changes),
    ], ignore_index=True)  # fmt: skip
    points["time"] = points["time"].clip(lower=begin)
    points["place"] = points["place"].fillna(np.inf)  # what is worked out comes behind the lines of its moment
    return points.sort_values(["key", "time", "place", "what"], kind="stable", ignore_index=True)


def _last(chosen: Flags, begins: Integers) -> Integers:
    """Return the place of the last chosen row up to each row, of the same key; -1 where there is none."""
    places = np.maximum.accumulate(np.where(chosen, np.arange(len(chosen)), -1))
    return np.where(places >= begins, places, -1)


def _spans(points: pd.DataFrame, end: int) -> pd.DataFrame:
    """Return the states between the moments: neighbours that are the same are one."""
    if not len(points):
        return pd.DataFrame({"key": [], "state": [], "reason": [], "time": [], "end": []}).astype({"key": "int64"})
    key, time, what = (points[name].to_numpy(dtype=np.int64) for name in ("key", "time", "what"))
    state = points["state"].fillna(UNKNOWN).to_numpy(dtype=np.int64)
    is_new = np.append(True, key[1:] != key[:-1])
    begins = np.maximum.accumulate(np.where(is_new, np.arange(len(key)), 0))
    real = _last(what <= _ORDER["reported"], begins)
    served = _last(what == _ORDER["served"], begins)
    base = np.where(state[real] != UNKNOWN, state[real], np.where(served > real, AVAILABLE, UNKNOWN))
    step = points["step"].fillna(0).to_numpy(dtype=np.int64)
    kind = points["kind"].fillna(0).to_numpy(dtype=np.int64)
    is_own = (points["whose"] == "own").to_numpy()

    def up(which: int, own: bool) -> Flags:
        return np.cumsum(np.where((kind == which) & (is_own == own), step, 0)) > 0

    own_call, own_ring, call, ring = up(ON_CALL, True), up(RINGING, True), up(ON_CALL, False), up(RINGING, False)
    now = np.select([own_call | call, own_ring | ring], [ON_CALL, RINGING], base)
    elsewhere = np.where(now == ON_CALL, ~own_call, ~own_ring) & (now >= RINGING)
    other = _last((step > 0) & ~is_own, begins)
    reason = pd.Series(None, index=points.index, dtype="str")
    paused = now == PAUSED
    reason[paused] = points["reason"].to_numpy()[real[paused]]
    reason[elsewhere] = points["of"].to_numpy()[other[elsewhere]]
    changes = pd.DataFrame({"key": key, "state": now, "reason": reason.astype("str"), "time": time})
    spans = state_spans(changes, end)
    return spans[spans["end"] > spans["time"]]
