"""The states of queue members over time, from events: available, ringing, on call, paused ..."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import first_per_group, select_label
from amiframe.analysis.calls.event_index import EVENTS, EventIndex, index_events
from amiframe.analysis.queues.agent_state_table import state_spans, state_table

_MEMBER = ("QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause", "QueueMemberPenalty", "QueueMemberRinginuse")
_REMOVED = "QueueMemberRemoved"
# device states: 0 unknown, 1 free, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing, 7 both, 8 on hold
_ON_CALL, _RINGING, _AWAY, _UNKNOWN = (2, 3, 7, 8), (6,), (4, 5), (0,)
_COUNTED = ("rings", "talks", "wrapups")  # of what goes on at once
_TRUE = ("1", "true", "yes", "on")


def states_from_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each stretch of time that a member of a queue was in one state.

    Parameters
    ----------
    events : pandas.DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; all events, rows in any order.

    Returns
    -------
    pandas.DataFrame
        By member and queue, in the order of time.

        ===========  ===================  ====  ====================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ====================================================================
        member       str                  -     interface of the member
        membername   str                  -     name of the member
        queue        str                  -     the queue
        state        str                  -     ``available``, ``ringing``, ``on call``, ``wrapup``, ``paused``,
                                                ``away`` (the device is unavailable), ``unknown``
        reason       str                  -     why the member is paused
        started      datetime64[us, UTC]  -     when the state began
        ended        datetime64[us, UTC]  -     when it ended; missing if it lasts at the end of the log
        duration_s   float64              s     from `started` to `ended`
        complete     boolean              -     it began and ended inside the log
        time_source  str                  -     ``server`` or ``arrival``
        amf_pbx      str                  -     the PBX, when the events tell it
        ===========  ===================  ====  ====================================================================

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: QueueMemberAdded, -Removed, -Status, -Pause, AgentCalled, AgentRingNoAnswer, AgentConnect, AgentComplete of
    Asterisk 16 and 22. Of several states at once the first of this order counts: on call, ringing, paused, away,
    wrapup, unknown, available. A member is on call with any call of its device, of the queue or not. Between its
    removal and being added again a member has no state. Wrap-up is the queue's `wrapuptime` after a call.

    Examples
    --------
    >>> states = states_from_events(af.read_events(af.sample("events_calls")))
    >>> states["state"].tolist()[:4]
    ['ringing', 'on call', 'available', 'ringing']
    """
    index = index_events(events, names=EVENTS.union(_MEMBER, [_REMOVED]))
    clock, time = _clock(index)
    members = index.rows_of(*_MEMBER, _REMOVED)
    called, connected = index.rows_of("AgentCalled"), index.rows_of("AgentConnect")
    keys = _Keys(index, np.concatenate([members, called, connected]))
    rings = _intervals(index, called, index.rows_of("AgentConnect", "AgentRingNoAnswer"), _given_up(index))
    talks = _intervals(index, connected, index.rows_of("AgentComplete", "AgentDump"), index.rows_of("Hangup"))
    changes = pd.concat(
        [
            _of_members(index, keys, members, time),
            *_counted(keys, "rings", *rings, time),
            *_counted(keys, "talks", *talks, time),
            *_wrapups(index, keys, members, *talks, time),
        ],
        ignore_index=True,
    )
    changes = _in_time(changes)
    spans = _spans(changes)
    began = index.take("interface", keys.row[spans["key"]]) if len(keys.row) else pd.Series(dtype="str")
    start, end = spans["time"].to_numpy(np.int64), spans["end"].to_numpy(np.int64)
    texts = {
        "member": began,
        "membername": keys.names(index)[spans["key"]],
        "queue": index.texts("queue", keys.row[spans["key"]]),
        "state": spans["state"].to_numpy(object),
        "reason": spans["reason"].to_numpy(object),
    }
    table = state_table(texts, start, end, spans["begins"].to_numpy(bool) & (end != NO_TIME))
    table["time_source"] = series.text(np.full(len(spans), clock, object))
    pbx = None if index.pbx is None else index.texts("amf_pbx", keys.row[spans["key"]])
    return series.with_origin(table, index.origin, pbx)


class _Keys:
    """Members of queues as numbers: the row that first names each."""

    def __init__(self, index: EventIndex, rows: Integers):
        rows = np.sort(rows)
        names = pd.DataFrame({name: index.texts(name, rows) for name in ("amf_pbx", "queue", "interface")})
        # sorted, so that the states of a member stand together
        self._key = np.asarray(names.groupby(list(names.columns), dropna=False).ngroup(), np.int64)
        self._of_row = np.full(len(index), -1)
        self._of_row[rows] = self._key
        self._rows = rows
        self.row = first_per_group(self._key, rows, int(self._key.max()) + 1 if len(rows) else 0)

    def of(self, rows: Integers) -> Integers:
        return self._of_row[rows]

    def names(self, index: EventIndex) -> Texts:
        """Return the name of each member."""
        names = index.texts("membername", self._rows)
        has = ~pd.isna(names)
        first = first_per_group(self._key[has], np.flatnonzero(has), len(self.row))
        return np.array([names[at] if at >= 0 else None for at in first], object)


def _clock(index: EventIndex) -> tuple[str | None, Integers]:
    """Return one clock for all rows, since a state may begin with a row of no call, and the times of the rows."""
    server, arrival = index.server, index.arrival
    has_server, has_arrival = int((server != NO_TIME).sum()), int((arrival != NO_TIME).sum())
    if not has_server and not has_arrival:
        return None, server
    return ("server", server) if has_server >= has_arrival else ("arrival", arrival)


def _given_up(index: EventIndex) -> Integers:
    """Return the rows at which the ringing of a member ends without an answer."""
    ends = index.rows_of("DialEnd")
    given_up = ends[(index.take("dialstatus", ends) != "ANSWER").to_numpy()]
    return np.sort(np.concatenate([given_up, index.rows_of("Hangup")]))


def _intervals(index: EventIndex, begins: Integers, ends: Integers, ends_too: Integers) -> tuple[Integers, Integers]:
    """Return begin and end rows of what happens on the member's channel; -1 for an end that is not in the log."""
    channel = index.channel(begins, "dest")
    hangups = np.isin(ends_too, index.rows_of("Hangup"))
    candidates = [
        index.first_row(ends, "dest"),
        index.first_row(ends_too[~hangups], "dest"),
        index.first_row(ends_too[hangups]),
    ]
    found = np.min([np.where(rows < 0, len(index), rows) for rows in candidates], axis=0)[channel]
    known = (channel >= 0) & (found < len(index))
    return begins, np.where(known, found, -1)


def _of_members(index: EventIndex, keys: _Keys, rows: Integers, time: Integers) -> pd.DataFrame:
    removed = np.isin(rows, index.rows_of(_REMOVED))
    paused = index.take("paused", rows).astype("str").str.lower().isin(_TRUE).to_numpy()
    reason = index.texts("pausedreason", rows)
    reason = np.where(pd.isna(reason), index.texts("reason", rows), reason)
    return pd.DataFrame(
        {
            "key": keys.of(rows),
            "time": time[rows],
            "row": rows,
            "device": index.whole("status", rows).astype("float64"),
            "paused": paused.astype(float),
            "present": 1.0 - removed,
            "reason": pd.Series(np.where(paused & ~pd.isna(reason), reason, ""), dtype="object"),
            "added": np.isin(rows, index.rows_of("QueueMemberAdded")),
        }
    )


def _counted(keys: _Keys, what: str, begins: Integers, ends: Integers, time: Integers) -> list[pd.DataFrame]:
    known = ends >= 0
    own = keys.of(begins)
    return [
        pd.DataFrame({"key": own, "time": time[begins], "row": begins, what: 1}),
        pd.DataFrame({"key": own[known], "time": time[ends[known]], "row": ends[known], what: -1}),
    ]


def _wrapups(
    index: EventIndex, keys: _Keys, members: Integers, begins: Integers, ends: Integers, time: Integers
) -> list[pd.DataFrame]:
    """Return the wrap-ups after calls, where the queue has them."""
    wrapup_s = pd.DataFrame({"key": keys.of(members), "s": index.whole("wrapuptime", members)})
    longest = wrapup_s.groupby("key")["s"].max()
    own = keys.of(begins)
    lasts = pd.Series(own).map(longest).fillna(0).to_numpy(float) * 1e6
    chosen = (ends >= 0) & (lasts > 0)
    end, own, lasts = ends[chosen], own[chosen], lasts[chosen].astype(np.int64)
    return [
        pd.DataFrame({"key": own, "time": time[end], "row": end, "wrapups": 1}),
        pd.DataFrame({"key": own, "time": time[end] + lasts, "row": end, "wrapups": -1}),
    ]


def _in_time(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the changes in the order of time; neighbouring rows of a log may go back by a millisecond."""
    ordered = changes.sort_values(["key", "row"], kind="stable", ignore_index=True)
    is_row = ordered["wrapups"].ne(-1) if "wrapups" in ordered else pd.Series(True, index=ordered.index)
    forward = ordered[is_row].groupby("key")["time"].cummax()
    ordered["time"] = forward.reindex(ordered.index).fillna(ordered["time"]).astype(np.int64)
    return ordered.sort_values(["key", "time", "row"], kind="stable", ignore_index=True)


def _spans(changes: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each stretch in one state, with its `end` and whether the log has its begin."""
    lasting = ["device", "paused", "present", "reason"]
    now = changes.groupby("key")[lasting].ffill()
    counts = changes.reindex(columns=list(_COUNTED)).fillna(0).groupby(changes["key"]).cumsum()
    paused = now["paused"].to_numpy() == 1
    is_in: dict[str, Flags] = {name: (counts[name] > 0).to_numpy() for name in _COUNTED}
    device = {
        word: now["device"].isin(states).to_numpy()
        for word, states in (("call", _ON_CALL), ("ring", _RINGING), ("away", _AWAY), ("unknown", _UNKNOWN))
    }
    state = select_label(
        len(changes),
        (now["present"].to_numpy() == 0, None),
        (is_in["talks"] | device["call"], "on call"),
        (is_in["rings"] | device["ring"], "ringing"),
        (paused, "paused"),
        (device["away"], "away"),
        (is_in["wrapups"], "wrapup"),
        (device["unknown"], "unknown"),
        (np.ones(len(changes), bool), "available"),
    )
    reason = select_label(
        len(changes), (paused & (state == "paused") & (now["reason"] != "").to_numpy(), now["reason"].to_numpy(object))
    )
    known = pd.DataFrame(
        {
            "key": changes["key"],
            "time": changes["time"],
            "state": pd.Series(state, dtype="object"),
            "reason": pd.Series(reason, dtype="object"),
            "begins": changes["added"].eq(True) if "added" in changes else False,
        }
    )
    # of several changes at one moment the last counts, and the log has the begin if any of them is an addition
    known["begins"] = known.groupby(["key", "time"])["begins"].transform("any")
    spans = state_spans(known, NO_TIME)
    spans["begins"] |= spans["key"].eq(spans["key"].shift())
    return spans[spans["state"].notna()].reset_index(drop=True)
