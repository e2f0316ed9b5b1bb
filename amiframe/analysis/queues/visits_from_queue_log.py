"""Visits of calls in queues, from the lines of queue_log: sorted once, then worked out for all calls together.

Source: ``ast_queue_log`` calls of Asterisk's ``apps/app_queue.c``, lines written by 16.28 and 22.10.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Floats, Integers
from amiframe.analysis._arrays.series import micros
from amiframe.analysis._arrays.text import codes, index_in, numbers, take
from amiframe.frames.casting import TEXT, TIME, to_pandas

ENTER, CONNECT, DONE, LEFT, REFUSED, RING = range(6)

# event: what it is for a visit, its outcome, which of its data has the wait, which the talk, who hung up
EVENTS: dict[str, tuple[int, str | None, str | None, str | None, str | None]] = {
    "ENTERQUEUE": (ENTER, None, None, None, None),
    "CONNECT": (CONNECT, "answered", "data1", None, None),
    "COMPLETEAGENT": (DONE, "answered", "data1", "data2", "callee"),
    "COMPLETECALLER": (DONE, "answered", "data1", "data2", "caller"),
    "BLINDTRANSFER": (DONE, "answered", "data3", "data4", None),
    "ATTENDEDTRANSFER": (DONE, "answered", "data3", "data4", None),
    "TRANSFER": (DONE, "answered", "data3", "data4", None),  # up to Asterisk 11
    "ABANDON": (LEFT, "abandoned", "data3", None, "caller"),
    "EXITWITHTIMEOUT": (LEFT, "timeout", "data3", None, None),
    "EXITEMPTY": (LEFT, "leaveempty", "data3", None, None),
    "EXITWITHKEY": (LEFT, "key", "data4", None, None),
    "WITHDRAW": (LEFT, "transferred", "data3", None, None),
    "JOINEMPTY": (REFUSED, "joinempty", None, None, None),  # these three only where the dialplan writes them
    "FULL": (REFUSED, "full", None, None, None),
    "JOINUNAVAIL": (REFUSED, "unavailable", None, None, None),
    "RINGNOANSWER": (RING, None, None, None, None),
}
_NAMES = list(EVENTS)
_KINDS = np.array([EVENTS[name][0] for name in _NAMES] + [-1])
_SECOND = 1_000_000


def visits_from_log(log: pd.DataFrame) -> pd.DataFrame:
    """Return one row per visit of a call in a queue; see :func:`amiframe.queue_calls`."""
    lines = _Lines(log)
    visit = _Visits(lines)
    answered = (visit.connect >= 0) | (visit.done >= 0)
    # the line that ends the wait: CONNECT before what completed the call, else the line of leaving or refusal
    end = np.where(visit.connect >= 0, visit.connect, np.where(answered, visit.done, visit.left))
    close = np.where(visit.done >= 0, visit.done, np.where(answered, -1, visit.left))
    joined = lines.time_of(visit.enter)
    wait = lines.data_of(end, 2)
    linked = lines.linked_talk(visit.done)
    talk = np.where(np.isnan(linked), lines.data_of(visit.done, 3), linked)
    ended = lines.time_of(end)
    only_done = answered & (visit.connect < 0)
    wait = np.where(np.isnan(wait) & ~only_done, _seconds(joined, ended), wait)
    talk = np.where(np.isnan(talk), _seconds(lines.time_of(visit.connect), lines.time_of(visit.done)), talk)
    refused = visit.is_refused
    left = np.where(only_done & ~np.isnan(talk), ended - np.nan_to_num(talk * _SECOND).astype(np.int64), ended)
    left = np.where(ended == NO_TIME, NO_TIME, left)
    outcome = lines.event_info(end, 1)
    first = visit.first
    member = lines.text("agent", np.where(visit.connect >= 0, visit.connect, visit.done))
    complete = refused | ((visit.enter >= 0) & (close >= 0))
    table = {
        "queue": lines.text("queuename", first),
        "uniqueid": lines.text("callid", first),
        "linkedid": pa.nulls(len(first), TEXT),
        "visit": pa.array(visit.number, pa.int64(), mask=visit.is_refused),
        "caller": lines.text("data2", visit.enter),
        "position": _whole(numbers(lines.text("data3", visit.enter))),
        "joined": _times(np.where(refused, ended, joined)),
        "left_queue": _times(left),
        "outcome": outcome,
        "key": lines.text("data1", np.where(outcome.to_pandas() == "key", end, -1)),
        "wait_s": pa.array(np.where(refused, np.nan, wait), pa.float64()),
        "ring_s": pa.array(numbers(lines.text("data3", visit.connect)), pa.float64()),
        "talk_s": pa.array(talk, pa.float64()),
        "hold_s": pa.array(np.full(len(first), np.nan), pa.float64()),
        "attempts": pa.array(visit.attempts, pa.int64()),
        "member": member,
        "membername": member,
        "hungup_by": lines.event_info(close, 4),
        "complete": pa.array(complete, pa.bool_()),
        "time_source": pa.repeat(pa.scalar("server", TEXT), len(first)),
        "missed_by": lines.lists("agent", visit.rings, visit.attempts),
    }
    if "amf_pbx" in log.columns:
        table["amf_pbx"] = lines.text("amf_pbx", first)
    return to_pandas(pa.table(table).take(pa.array(visit.in_order)))


class _Lines:
    """The lines of visits: in the order of calls and queues, in each in the order of time."""

    def __init__(self, log: pd.DataFrame):
        self._log = log
        event = index_in(log["event"], _NAMES)
        rows = np.flatnonzero(event >= 0)
        time = micros(log["time"])[rows]
        rows, time = in_time(log, rows, time)
        calls, n_calls = codes(log["callid"])
        calls = calls[rows].astype(np.int64)
        queues, n_queues = codes(log["queuename"])
        if "amf_pbx" in log.columns:
            pbx, _ = codes(log["amf_pbx"])
            calls += pbx[rows].astype(np.int64) * n_calls
        key = calls * n_queues + queues[rows]
        self.rank = np.argsort(key, kind="stable")  # place in the order of time, of each line here
        self.rows = rows[self.rank]
        self.call = calls[self.rank]
        self._event = event[self.rows]
        self._time = time[self.rank]
        self.kind: Integers = _KINDS[self._event]
        key = key[self.rank]
        self.begins: Flags = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, dtype=bool)

    def time_of(self, at: Integers) -> Integers:
        return np.where(at >= 0, self._time[at], NO_TIME) if len(self._time) else np.full(len(at), NO_TIME)

    def text(self, column: str, at: Integers) -> pa.Array:
        """Return a column's text of lines by their places; missing for a place below 0."""
        if not len(self.rows) or column not in self._log.columns:
            return pa.nulls(len(at), TEXT)
        return take(self._log[column], self.rows[at], known=at >= 0)

    def lists(self, column: str, at: Integers, counts: Integers) -> pa.Array:
        """Return texts of lines as lists: so many for each visit, in turn."""
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
        return pa.ListArray.from_arrays(offsets, self.text(column, at).cast(pa.string()))

    def event_info(self, at: Integers, which: int) -> pa.Array:
        """Return what the table of events says of lines."""
        words = pa.array([EVENTS[name][which] for name in _NAMES], TEXT)
        event = self._event[at] if len(self._event) else np.zeros(len(at), dtype=np.int64)
        return words.take(pa.array(event, mask=at < 0))

    def data_of(self, at: Integers, which: int) -> Floats:
        """Return the number that the table of events says is the wait or the talk."""
        column = self.event_info(at, which)
        values = np.full(len(at), np.nan)
        for name in pc.unique(column).drop_null().to_pylist():
            chosen = np.flatnonzero(pc.fill_null(pc.equal(column, name), False).to_numpy(zero_copy_only=False))
            values[chosen] = numbers(self.text(name, at[chosen]))
        return values

    def linked_talk(self, at: Integers) -> Floats:
        """Return the talk of ATTENDEDTRANSFER to two linked channels, which has one more value: ``talk|position``."""
        found = np.full(len(at), np.nan)
        transfer = _NAMES.index("ATTENDEDTRANSFER")
        chosen = (
            np.flatnonzero((at >= 0) & (self._event[at] == transfer)) if len(self._event) else np.zeros(0, np.int64)
        )
        linked = chosen[pc.fill_null(pc.equal(self.text("data1", at[chosen]), "LINK"), False).to_numpy(False)]
        found[linked] = numbers(pc.replace_substring_regex(self.text("data5", at[linked]), r"\|.*$", ""))
        return found


def in_time(log: pd.DataFrame, rows: Integers, time: Integers) -> tuple[Integers, Integers]:
    """Return rows and their times in the order of time; those of one moment in the order in which they were written."""
    seq = log["amf_seq"].to_numpy(dtype=np.int64, na_value=0)[rows] if "amf_seq" in log.columns else rows
    later = np.diff(time)
    if len(rows) < 2 or bool(np.all((later > 0) | ((later == 0) & (np.diff(seq) >= 0)))):
        return rows, time
    named = [name for name in ("amf_pbx", "amf_seq") if name in log.columns]
    if log[named].iloc[rows].duplicated().any():
        seq = rows  # several logs, one behind the other: each has numbers of its own
    order = np.lexsort((seq, time))
    return rows[order], time[order]


class _Visits:
    """Which lines belong to which visit: places in the lines, -1 where there is none."""

    def __init__(self, lines: _Lines):
        kind = lines.kind
        places = np.arange(len(kind))
        of = np.cumsum(lines.begins | (kind == ENTER) | (kind == REFUSED)) - 1
        # what completes a call may be written late, when the caller has joined again: it belongs to the last CONNECT
        begin = np.maximum.accumulate(np.where(lines.begins, places, 0))
        connect = np.maximum.accumulate(np.where(kind == CONNECT, places, -1))
        late = (kind == DONE) & (connect >= begin)
        of[late] = of[connect[late]]
        count = int(of.max()) + 1 if len(of) else 0

        def last(which: int) -> Integers:
            found = np.full(count, -1, dtype=np.int64)
            chosen = np.flatnonzero(kind == which)
            found[of[chosen]] = chosen
            return found

        self.enter, self.connect, self.done = last(ENTER), last(CONNECT), last(DONE)
        left, refused = last(LEFT), last(REFUSED)
        self.left = np.where(left >= 0, left, refused)
        self.rings = np.flatnonzero(kind == RING)
        self.attempts = np.bincount(of[self.rings], minlength=count)
        starts = np.flatnonzero(np.append(True, np.diff(of) > 0)) if count else np.zeros(0, dtype=np.int64)
        self.first = np.zeros(count, dtype=np.int64)
        self.first[of[starts][::-1]] = starts[::-1]
        self.in_order = np.argsort(lines.rank[self.first], kind="stable")
        self.is_refused = (refused >= 0) & (left < 0) & (np.maximum(self.connect, self.done) < 0)
        self.number = self._numbers(lines.call[self.first])

    def _numbers(self, call: Integers) -> Integers:
        """Return 1, 2, ... for the visits of each call that came in, in the order of time; 0 for one refused."""
        numbers = np.zeros(len(call), dtype=np.int64)
        came_in = self.in_order[~self.is_refused[self.in_order]]
        in_time = pd.Series(call[came_in])
        numbers[came_in] = in_time.groupby(in_time).cumcount().to_numpy() + 1
        return numbers


def _seconds(begin: Integers, end: Integers) -> Floats:
    known = (begin != NO_TIME) & (end != NO_TIME)
    return np.where(known, np.floor((end - np.where(known, begin, 0)) / _SECOND), np.nan)


def _times(values: Integers) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == NO_TIME).cast(TIME)


def _whole(values: Floats) -> pa.Array:
    return pa.array(np.nan_to_num(values).astype(np.int64), pa.int64(), mask=np.isnan(values))
