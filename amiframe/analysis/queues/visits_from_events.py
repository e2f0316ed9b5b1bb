"""Visits of calls in queues, from events.

Source: events of ``app_queue``, measured on Asterisk 16.28 and 22.10. A caller who runs into the time limit is reported
as abandoned like one who hangs up; one who is refused is not reported: only the variable QUEUESTATUS shows it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import NO_TIME, Integers, Texts
from amiframe.analysis._arrays.indexing import first_per_group, isna, last_per_group, select_label, take_or
from amiframe.analysis.calls.call_analysis import CallAnalysis
from amiframe.analysis.calls.event_index import EventIndex

# QUEUESTATUS of callers who were refused, and of those who came in
_REFUSED = {"JOINEMPTY": "joinempty", "FULL": "full", "JOINUNAVAIL": "unavailable"}
_LEFT = {"TIMEOUT": "timeout", "LEAVEEMPTY": "leaveempty", "LEAVEUNAVAIL": "leaveempty", "WITHDRAW": "transferred"}
_ENDED_BY = {"caller": "caller", "agent": "callee"}


def visits_from_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each visit of a call in a queue; see :func:`amiframe.queue_calls`.

    Parameters
    ----------
    events : pandas.DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; all events, rows in any order.

    Returns
    -------
    pandas.DataFrame
        The columns of ``queue_calls``; seconds are measured from the times of the events. `member` is the interface of
        the member, where queue_log has the name; `membername` is the same from both. Callers who were refused
        (``joinempty``, ``full``, ``unavailable``) are rows too, but have no `visit`: queue_log does not know them.

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: QueueCallerJoin, QueueCallerLeave, QueueCallerAbandon, AgentConnect, AgentRingNoAnswer, AgentComplete, and
    VarSet of QUEUESTATUS; Asterisk 16 and 22. An account that may not read VarSet (class ``dialplan``) gets no refused
    callers, and a visit counts as a time limit unless the caller's end asked for the hangup.

    Examples
    --------
    >>> visits = visits_from_events(af.read_events(af.sample("events_calls")))
    >>> visits[["queue", "outcome", "membername"]].values.tolist()
    [['t01', 'answered', 'Agent 202'], ['t01', 'abandoned', nan], ['t01', 'timeout', nan]]
    """
    return visit_frame(CallAnalysis.of(events))


def visit_frame(analysis: CallAnalysis) -> pd.DataFrame:
    """Return the visits of an analysed log; see :func:`visits_from_events`."""
    index, held = analysis.index, analysis.holds
    visit = _Visits(index)
    joined, left = index.time(visit.start), index.time(visit.end)
    connected, completed = index.time(visit.connect), index.time(visit.done)
    rung = np.where(visit.connect >= 0, index.time(visit.called), NO_TIME)
    is_refused = visit.start == visit.end
    # holds of the caller or of the member, within the talk
    by_caller, by_member = (
        visit.talk_of(held.channel, held.begin, who, connected, completed) for who in (visit.channel, visit.agent)
    )
    hold = held.total(np.where(by_caller >= 0, by_caller, by_member), len(visit.first), connected, completed)
    hungup_by = np.array([_ENDED_BY.get(str(word).lower()) for word in index.texts("reason", visit.done)], object)
    made = pd.DataFrame(
        {
            "queue": series.text(visit.queue),
            "uniqueid": series.text(index.channel_ids(visit.channel)),
            "linkedid": series.text(index.call_ids[index.call[visit.channel]]),
            "visit": series.count(visit.ordinal, missing=0),
            "caller": series.text(index.texts("calleridnum", visit.first)),
            "position": index.whole("position", visit.join),
            "joined": series.moment(joined),
            "left_queue": series.moment(left),
            "outcome": series.text(visit.outcome),
            "key": series.text(visit.key),
            "wait_s": series.seconds(joined, left).mask(is_refused),
            "ring_s": series.seconds(rung, connected),
            "talk_s": series.seconds(connected, completed),
            "hold_s": pd.Series(hold / 1e6).where(visit.done >= 0),
            "attempts": series.count(visit.attempts),
            "member": series.text(index.texts("interface", visit.connect)),
            "membername": series.text(index.texts("membername", visit.connect)),
            "hungup_by": series.text(np.where(visit.outcome == "abandoned", "caller", hungup_by)),
            "complete": series.flag(visit.is_complete),
            "time_source": series.text(index.clock[index.call[visit.channel]]),
            "missed_by": series.lists(visit.missed_of, index.texts("membername", visit.missed), len(visit.first)),
        }
    )
    return series.with_origin(made, index.origin, index.pbx_of(visit.channel))


class _Visits:
    """Which rows belong to which visit; arrays by visit, rows are -1 where there is none."""

    def __init__(self, index: EventIndex):
        self._index = index
        status = index.rows_of("VarSet")
        word = index.take("value", status)
        word = word.where(index.take("variable", status).eq("QUEUESTATUS"))
        refused = status[word.isin(_REFUSED).to_numpy()]
        opened = index.rows_of("QueueCallerJoin")
        inside = index.rows_of(
            "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled", "AgentConnect", "AgentRingNoAnswer"
        )
        after = index.rows_of("AgentComplete", "AgentDump")
        rows = np.sort(np.concatenate([opened, refused, inside, after, status[word.isin(_LEFT).to_numpy()]]))
        channel = index.channel(rows)
        rows, channel = rows[channel >= 0], channel[channel >= 0]
        order = np.lexsort((rows, channel))
        rows, channel = rows[order], channel[order]
        begins = np.isin(rows, opened) | np.isin(rows, refused)
        begins |= np.append(True, channel[1:] != channel[:-1]) if len(rows) else False  # cut off by the log's begin
        of = np.cumsum(begins) - 1
        count = int(of[-1]) + 1 if len(of) else 0

        def rows_of(chosen: Integers, last: bool = False) -> Integers:
            has = np.isin(rows, chosen)
            return (last_per_group if last else first_per_group)(of[has], rows[has], count)

        first = rows[begins]
        in_order = np.argsort(first, kind="stable")
        place = np.empty(count, np.int64)
        place[in_order] = np.arange(count)
        of = place[of]  # visits in the order in which they began
        self.first, self.channel = first[in_order], channel[begins][in_order]
        self.join, self.refused = rows_of(opened), rows_of(refused)
        self.connect = rows_of(index.rows_of("AgentConnect"))
        leave, abandon = rows_of(index.rows_of("QueueCallerLeave")), rows_of(index.rows_of("QueueCallerAbandon"))
        status_row = rows_of(status, last=True)
        calls = index.rows_of("AgentCalled")
        self.agent = np.where(self.connect >= 0, index.channel(self.connect, "dest"), -1)
        # the event lacks whichever channel is gone already: the member's tells it apart from later visits
        by_member = take_or(index.first_row(after, "dest"), self.agent, -1)
        self.done = np.where(by_member >= 0, by_member, rows_of(after, last=True))
        self.called = np.where(self.agent >= 0, index.first_row(calls, "dest")[self.agent], -1)
        is_missed = np.isin(rows, index.rows_of("AgentRingNoAnswer"))
        by_visit = np.lexsort((rows[is_missed], of[is_missed]))
        self.missed, self.missed_of = rows[is_missed][by_visit], of[is_missed][by_visit]
        self.attempts = np.bincount(self.missed_of, minlength=count)
        self.start = np.where(self.join >= 0, self.join, self.refused)
        self.end = np.where(self.refused >= 0, self.refused, np.where(self.connect >= 0, self.connect, leave))
        self.end = np.where((self.end < 0) & (abandon >= 0), abandon, self.end)
        self.queue = self._queues()
        self.ordinal = self._ordinals()
        by_status = index.texts("value", status_row)
        self.outcome = select_label(
            count,
            (self.refused >= 0, _words(by_status, _REFUSED)),
            (self.connect >= 0, "answered"),
            (np.isin(by_status.astype(str), list(_LEFT)), _words(by_status, _LEFT)),
            (abandon >= 0, "abandoned"),
            (leave >= 0, "key"),
        )
        if not len(status):
            self._guess_timeouts(abandon)
        keys = self.outcome == "key"
        self.key = np.full(count, None, object)
        self.key[keys] = self._keys(leave[keys], self.channel[keys])
        closed = np.where(self.connect >= 0, self.done, leave)
        self.is_complete = (self.refused >= 0) | ((self.join >= 0) & (closed >= 0))

    def _queues(self) -> Texts:
        """Return the queue of each visit; of a refused one, the one that the application was asked for."""
        queue = self._index.texts("queue", self.first)
        apps = self._index.rows_of("Newexten")
        apps = apps[self._index.take("application", apps).str.lower().eq("queue").to_numpy()]
        before = _last_before(self._index.channel(apps), apps, self.channel, self.first)
        asked = np.array([text and text.partition(",")[0] for text in self._index.texts("appdata", before)], object)
        return np.where(self.refused >= 0, asked, queue)

    def _ordinals(self) -> Integers:
        """Return 1, 2, ... for the visits of each caller who came in, 0 for one who was refused."""
        came_in = self.refused < 0
        number = pd.Series(came_in.astype(np.int64)).groupby(self.channel).cumsum()
        return np.where(came_in, np.asarray(number, np.int64), 0)

    def _guess_timeouts(self, abandon: Integers) -> None:
        """In a log without variables, take an abandoned visit without a hangup request for a timeout."""
        asked = self._index.rows_of("HangupRequest", "SoftHangupRequest")
        before = _last_before(self._index.channel(asked), asked, self.channel, np.where(abandon >= 0, abandon, 0))
        self.outcome[(self.outcome == "abandoned") & (before < self.start)] = "timeout"

    def _keys(self, leave: Integers, channel: Integers) -> Texts:
        """Return the key that led out of the queue: the extension to which the caller went on."""
        apps = self._index.rows_of("Newexten")
        after = _first_after(self._index.channel(apps), apps, channel, leave)
        exten = self._index.texts("extension", after)
        return np.where(isna(exten), self._index.texts("exten", after), exten)

    @staticmethod
    def talk_of(channel: Integers, at: Integers, who: Integers, begin: Integers, end: Integers) -> Integers:
        """Return the visit in whose talk a channel was at a moment, or -1; `who` is the channel of each visit."""
        held = pd.DataFrame({"who": channel, "at": at, "row": np.arange(len(at))})
        talks = pd.DataFrame({"who": who, "begin": begin, "end": end, "visit": np.arange(len(who))})
        talks = talks[(talks["begin"] != NO_TIME) & (talks["end"] != NO_TIME)]
        pairs = held.merge(talks, on="who")
        pairs = pairs[(pairs["at"] >= pairs["begin"]) & (pairs["at"] <= pairs["end"])]
        visits = np.full(len(at), -1)
        visits[pairs["row"]] = pairs["visit"]
        return visits


def _words(texts: Texts, table: dict[str, str]) -> Texts:
    return np.array([table.get(text) for text in texts], object)


def _last_before(owners: Integers, rows: Integers, owner: Integers, at: Integers) -> Integers:
    """Return for each owner and row `at` the last of its `rows` before; -1 for none."""
    return _nearest(owners, rows, owner, at, "backward")


def _first_after(owners: Integers, rows: Integers, owner: Integers, at: Integers) -> Integers:
    return _nearest(owners, rows, owner, at, "forward")


def _nearest(
    owners: Integers, rows: Integers, owner: Integers, at: Integers, direction: Literal["backward", "forward"]
) -> Integers:
    asked = pd.DataFrame({"owner": owner, "at": at, "place": np.arange(len(at))}).sort_values("at", kind="stable")
    known = pd.DataFrame({"owner": owners, "at": rows, "row": rows}).sort_values("at", kind="stable")
    nearest = pd.merge_asof(asked, known, on="at", by="owner", direction=direction)
    return nearest.sort_values("place")["row"].fillna(-1).to_numpy(np.int64)
