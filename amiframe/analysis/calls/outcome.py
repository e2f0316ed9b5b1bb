"""What became of each call: who answered, why it was not answered, who hung up.

Source: measured on Asterisk 16.28 and 22.10. DialEnd alone does not say it: a rejection is ``NOANSWER`` there and only
the cause of the called channel's Hangup shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amiframe.analysis._arrays.array_types import Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import first_per_group, isna, last_per_group, occurs, select_label, take_or
from amiframe.analysis.calls.call_graph import UP_STATE, CallGraph
from amiframe.analysis.calls.event_index import EventIndex
from amiframe.analysis.calls.hangup_requests import HangupRequests
from amiframe.schema.hangup_causes import OUTCOME_BY_REASON, REJECTED, is_specific, outcome_of_cause

_BY_STATUS = {"BUSY": "busy", "CONGESTION": "congestion", "CHANUNAVAIL": "failed"}
# of the phones that one Dial rang, that which comes first here decides the outcome of the call
_RANKED = ("cancelled", "no answer", "busy", "rejected", "congestion", "failed")


@dataclass(frozen=True)
class CallOutcomes:
    """What became of each call; arrays by call number, rows and channels are -1 where there is none."""

    answer: Integers  # row at which the call was answered
    answered_by: Integers  # channel of the person who answered
    up: Integers  # row at which the caller's channel went up
    reached: Texts
    disposition: Texts
    cause: Integers  # channel whose Hangup has the cause
    hungup_by: Texts
    decided: Integers  # row at which a party asked for the end of the call
    last_hangup: Integers  # row
    is_complete: Flags


def call_outcomes(graph: CallGraph, requests: HangupRequests) -> CallOutcomes:
    """Find out what became of each call."""
    index = graph.index
    root = index.root
    person, person_row = _answering_person(graph)
    has_queue = _has_event(index, "QueueCallerJoin")
    has_conference = _has_event(index, "ConfbridgeJoin", "MeetmeJoin")
    # a call that was originated to the caller's own phone: that this is up says nothing about the called party
    is_own_phone = graph.is_originated[root] & graph.has_dialled[root]
    pbx_row = _answer_of_pbx(graph)
    is_up = (pbx_row >= 0) & (~is_own_phone | has_queue | has_conference)
    is_person = person >= 0
    reached = select_label(
        index.calls,
        (is_person, "person"),
        (is_up & has_conference, "conference"),
        (is_up & has_queue, "queue"),
        (is_up, "application"),
    )
    disposition, cause = _unanswered(graph, requests)
    is_complete, last_hangup = _ends(graph)
    # what was up before the log began has been answered, by whom and when is not known
    up_rows = index.all_rows[index.number("channelstate", index.all_rows) == UP_STATE]
    was_up = occurs(index.channel(up_rows), index.channels)
    began_up = ~is_person & ~is_up & ~is_own_phone & (pbx_row < 0) & was_up[root] & (index.created[root] < 0)
    is_answered = is_person | is_up | began_up
    disposition[is_answered] = "answered"
    cause[is_answered] = _half_with_cause(graph, root)[is_answered]
    disposition[~is_answered & (last_hangup < 0)] = None  # while it rings, nothing is known
    hungup_by, decided = requests.deciding(last_hangup, is_answered)
    return CallOutcomes(
        answer=np.where(is_person, person_row, np.where(is_up, pbx_row, -1)),
        answered_by=person,
        up=pbx_row,
        reached=reached,
        disposition=disposition,
        cause=cause,
        hungup_by=hungup_by,
        decided=decided,
        last_hangup=last_hangup,
        is_complete=is_complete,
    )


def _has_event(index: EventIndex, *events: str) -> Flags:
    return occurs(index.row_call[index.rows_of(*events)], index.calls)


def _ends(graph: CallGraph) -> tuple[Flags, Integers]:
    """Return whether each call began and ended inside the log, and the row of its last Hangup if all have hung up."""
    index = graph.index
    is_open = occurs(index.call[index.has_rows & (graph.hung_up < 0)], index.calls)
    hangups = index.rows_of("Hangup")
    last = last_per_group(index.row_call[hangups], hangups, index.calls)
    return ~is_open & ~index.is_cut, np.where(is_open, -1, last)


# --- answered -------------------------------------------------------------------------------------------------------


def _answering_person(graph: CallGraph) -> tuple[Integers, Integers]:
    """Return for each call the channel of the first person who answered it, and the row."""
    index = graph.index
    ends = index.rows_with("DialEnd", "dialstatus", "ANSWER")
    # who is up has answered, also when the log lacks that very record
    up = np.flatnonzero((graph.dialled >= 0) & (graph.dial_end < 0) & (graph.up >= 0))
    rows, legs = np.concatenate([ends, graph.up[up]]), np.concatenate([index.channel(ends, "dest"), up])
    is_called = graph.is_party & ~graph.is_caller
    kept = take_or(is_called | graph.is_lone_phone, legs, False)
    picked, retrieved = index.rows_of("Pickup"), index.rows_of("UnParkedCall")
    rows = np.concatenate([rows[kept], picked, retrieved])
    legs = np.concatenate([legs[kept], index.channel(picked), index.channel(retrieved, "retriever")])
    order = np.argsort(rows, kind="stable")
    rows, legs = rows[order], legs[order]
    call = take_or(index.call, legs, -1)
    return first_per_group(call, legs, index.calls), first_per_group(call, rows, index.calls)


def _answer_of_pbx(graph: CallGraph) -> Integers:
    """Return the row at which the caller's channel went up; of an originated Local channel the half in the dialplan."""
    root = graph.index.root
    far_up = take_or(graph.up, np.where(graph.is_originated[root], graph.other_half[root], -1), -1)
    return np.where(far_up >= 0, far_up, graph.up[root])


# --- not answered ---------------------------------------------------------------------------------------------------


def _unanswered(graph: CallGraph, requests: HangupRequests) -> tuple[Texts, Integers]:
    """Return for each call why it was not answered, and the channel whose Hangup has the cause."""
    index = graph.index
    outcomes, cause = _outcomes_of_callers(graph, requests)
    is_end = ~graph.is_local | ~graph.far_half_dials
    legs = np.flatnonzero((graph.dialled >= 0) & is_end & ~graph.is_caller)
    call = index.call[legs]
    last_dial = np.full(index.calls, -1)
    np.maximum.at(last_dial, call, graph.dialled[legs])
    # of several Dials only the last one; its phones are those that were still called when the last of them was
    is_last = (graph.dial_end[legs] < 0) | (graph.dial_end[legs] > last_dial[call])
    legs, call = legs[is_last], call[is_last]
    rank = np.array([_RANKED.index(outcome) for outcome in outcomes_of_legs(graph, requests, legs)], np.int64)
    order = np.lexsort((graph.dialled[legs], rank, call))
    best = first_per_group(call[order], legs[order], index.calls)
    best_rank = first_per_group(call[order], rank[order], index.calls)
    is_dialled = best >= 0
    outcomes[is_dialled] = np.array(_RANKED, object)[best_rank[is_dialled]]
    half = _half_with_cause(graph, best)
    decides = is_dialled & (outcomes != "cancelled") & (_causes(graph, half) > 0)
    return outcomes, np.where(decides, half, cause)


def outcomes_of_legs(graph: CallGraph, requests: HangupRequests, legs: Integers) -> Texts:
    """Return why each of these legs, which were dialled, was not answered."""
    status = graph.index.texts("dialstatus", graph.dial_end[legs])
    causes = _causes(graph, _half_with_cause(graph, legs))
    far_end_asked = requests.far_end_asked[legs]
    is_pending = isna(status) | np.isin(status, ["CANCEL", "ABORT"])
    by_status = np.array([_BY_STATUS.get(text) for text in status], object)
    return select_label(
        len(legs),
        (is_pending & requests.caller_gave_up[graph.index.call[legs]], "cancelled"),
        # a far end that refuses says so by its cause, whatever the status
        (far_end_asked & (causes == REJECTED), "rejected"),
        (~isna(by_status), by_status),
        (far_end_asked, _labels(causes)),
        (np.ones(len(legs), bool), "no answer"),
    )


def _outcomes_of_callers(graph: CallGraph, requests: HangupRequests) -> tuple[Texts, Integers]:
    """Return for each call what its own first channel says, where no channel was dialled."""
    index = graph.index
    root = index.root
    is_originated = graph.is_originated[root]
    far = np.where(is_originated & graph.is_local[root], graph.other_half[root], root)
    half = np.where(_causes(graph, far) > 0, far, root)
    causes = _causes(graph, half)
    by_cause = _labels(causes)
    dialplan = index.rows_of("Newexten")
    has_no_extension = (index.first_row(dialplan)[far] < 0) & (len(dialplan) > 0)
    is_unspecific = np.array([not is_specific(cause) for cause in causes], bool)
    by_cause[has_no_extension & is_unspecific] = "failed"
    was_busy = requests.was_busy[root] | requests.was_busy[far]
    outcomes = select_label(
        index.calls,
        (was_busy & (by_cause == "congestion"), "congestion"),
        (was_busy, "busy"),
        (requests.caller_gave_up & ~is_originated, "cancelled"),
        (np.ones(index.calls, bool), by_cause),
    )
    if is_originated.any():
        answers = index.rows_of("OriginateResponse")
        by_reason = outcomes_by_reason(index, last_per_group(index.row_call[answers], answers, index.calls))
        of_dial = np.where(isna(by_reason), outcomes_of_legs(graph, requests, root), by_reason)
        is_open = is_originated & ~was_busy & ((by_cause == "no answer") | ~isna(by_reason))
        outcomes = np.where(is_open & (of_dial != "cancelled"), of_dial, outcomes)
    return outcomes, half


def outcomes_by_reason(index: EventIndex, rows: Integers) -> Texts:
    """Return what the Reason of OriginateResponse in these rows says, None where it says nothing."""
    return np.array([OUTCOME_BY_REASON.get(reason) for reason in index.number("reason", rows)], object)


def _labels(causes: Integers) -> Texts:
    return np.array([outcome_of_cause(cause) for cause in causes], object)


def _half_with_cause(graph: CallGraph, legs: Integers) -> Integers:
    """Return the legs, of a Local channel the half whose Hangup names a cause."""
    other = take_or(graph.other_half, legs, -1)
    return np.where((_causes(graph, legs) <= 0) & (_causes(graph, other) > 0), other, legs)


def _causes(graph: CallGraph, legs: Integers) -> Integers:
    """Return the cause of the Hangup of legs, -1 where there is none."""
    return graph.index.number("cause", take_or(graph.hung_up, legs, -1))
