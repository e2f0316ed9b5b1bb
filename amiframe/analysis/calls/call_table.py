"""Calls: all channels of one Linkedid, merged where calls merge, as one row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Texts
from amiframe.analysis._arrays.indexing import first_per_group, isna, occurs, select_label, take_or
from amiframe.analysis.calls.call_analysis import CallAnalysis
from amiframe.analysis.calls.event_index import EventIndex
from amiframe.analysis.calls.leg_table import INTERNAL


def calls(events: pd.DataFrame, *, trunks: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return one row for each call of an event log, in the order of the log: that in which they began.

    A call is all channels of one Linkedid; calls that a transfer, a pickup or a parking lot puts together are one,
    under the id of the oldest. Phones that ring together count as one call, halves of Local channels as wires.

    Parameters
    ----------
    events, trunks
        As in :func:`legs`.

    Returns
    -------
    pandas.DataFrame
        ================  ===================  ====  ===============================================================
        column            dtype                unit  meaning
        ================  ===================  ====  ===============================================================
        linkedid          str                  -     id of the call: of its oldest channel
        started           datetime64[us, UTC]  -     when its first channel was made
        answered          datetime64[us, UTC]  -     when it was answered by whom `reached` says
        ended             datetime64[us, UTC]  -     when its last channel hung up
        caller            str                  -     number of the caller
        callername        str                  -     name of the caller
        dialed            str                  -     extension that the caller dialled; of a call that the PBX began
                                                     and that goes to no extension, the address that it called
        direction         str                  -     ``inbound``, ``outbound`` or ``internal``; see :func:`legs`
        reached           str                  -     ``person``, ``conference``, ``queue`` or ``application``; missing
                                                     if nobody and nothing answered
        answered_by       str                  -     endpoint of the person who answered first
        answered_channel  str                  -     that person's channel
        disposition       str                  -     ``answered``, ``no answer``, ``busy``, ``rejected``,
                                                     ``cancelled`` (the caller gave up), ``failed``, ``congestion``;
                                                     missing while it is not known
        cause             Int64                -     Q.850 cause of the hangup that decided
        ring_s            float64              s     from `started` to `answered`, or to `ended` if never answered
        talk_s            float64              s     from `answered` to `ended`, holds included; 0 if not answered
        hold_s            float64              s     how long somebody was on hold
        total_s           float64              s     from `started` to `ended`
        legs              Int64                -     channels, those of :func:`legs`
        transfers         Int64                -     transfers that succeeded, those of :func:`transfers`
        queues            list of str          -     queues that the call entered, in order; not those that refused it
        hungup_by         str                  -     ``caller``, ``callee`` or ``pbx``
        complete          boolean              -     all its channels began and ended inside the log
        time_source       str                  -     ``server`` or ``arrival``: the clock of all its times
        up                datetime64[us, UTC]  -     when the caller's channel went up, by whomever: CDR's answer time
        pdd_s             float64              s     post-dial delay: of the first channel dialled outside that rang (of
                                                     `trunks`, else of phones and lines alike)
        amf_pbx           str                  -     the PBX, when the events tell it
        ================  ===================  ====  ===============================================================

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: events of channels, dials, bridges, transfers and queues, measured on Asterisk 16 and 22. The first person
    who answered decides: a call that a menu took and a phone answered later is `answered` when the phone did. Of a call
    that only a queue or another application took, it is when the PBX answered. A Local channel that was dialled counts
    as a person unless it plays or records or leads to a queue or conference. An originated call rings the caller's own
    phone first; its disposition is that of the party who is called then.

    Examples
    --------
    >>> calls = af.calls(af.read_events(af.sample("events_calls")))
    >>> calls["disposition"].value_counts().to_dict()
    {'answered': 11, 'no answer': 1, 'busy': 1, 'cancelled': 1}
    >>> calls.loc[calls["transfers"] > 0, ["caller", "dialed", "answered_by", "hungup_by"]].values.tolist()
    [['5550101', '101', 'PJSIP/101', 'caller'], ['5550101', '101', 'PJSIP/101', 'callee']]
    """
    return call_frame(CallAnalysis.of(events), trunks)


def call_frame(analysis: CallAnalysis, trunks: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return the calls of an analysed log; see :func:`calls`."""
    index, graph, outcomes = analysis.index, analysis.graph, analysis.outcomes
    root = index.root
    start = index.time(index.created[root])
    answer, end = index.time(outcomes.answer), index.time(outcomes.last_hangup)
    is_answered = outcomes.disposition == "answered"
    is_over = outcomes.last_hangup >= 0
    transfers = index.successful(index.rows_of("BlindTransfer", "AttendedTransfer"))
    hold = analysis.holds.total(index.call[analysis.holds.channel], index.calls)
    person = series.text(take_or(index.names, outcomes.answered_by, None))
    frame = pd.DataFrame(
        {
            "linkedid": series.text(index.call_ids),
            "started": series.moment(start),
            "answered": series.moment(answer),
            "ended": series.moment(end),
            "caller": series.text(_of_caller(analysis, "calleridnum")),
            "callername": series.text(_of_caller(analysis, "calleridname")),
            "dialed": series.text(_dialed(analysis)),
            "direction": series.text(_directions(analysis, trunks)),
            "reached": series.text(outcomes.reached),
            "answered_by": series.endpoint(person),
            "answered_channel": person,
            "disposition": series.text(outcomes.disposition),
            "cause": index.whole("cause", take_or(graph.hung_up, outcomes.cause, -1)),
            "ring_s": series.seconds(start, np.where(is_answered, answer, end)),
            "talk_s": series.seconds(answer, end).mask(is_over & ~is_answered, 0.0),
            "hold_s": pd.Series(hold / 1e6).where(is_over),
            "total_s": series.seconds(start, end),
            "legs": series.count(np.bincount(index.call[index.has_rows], minlength=index.calls)),
            "transfers": series.count(np.bincount(index.row_call[transfers] + 1, minlength=index.calls + 1)[1:]),
            "queues": _queues(index),
            "hungup_by": series.text(outcomes.hungup_by),
            "complete": series.flag(outcomes.is_complete),
            "time_source": series.text(index.clock),
            "up": series.moment(index.time(outcomes.up)),
            "pdd_s": _delays(analysis, trunks),
        }
    )
    kept = np.unique(index.call[index.has_rows])
    first = np.where(index.created >= 0, index.created, index.first_own_row)[root[kept]]
    frame = series.with_origin(frame, index.origin, index.pbx_of(root))
    ordered = frame.iloc[kept[np.argsort(first, kind="stable")]].reset_index(drop=True)
    return series.with_origin(ordered, index.origin)


def _of_caller(analysis: CallAnalysis, column: str) -> Texts:
    """Return number or name of each call's caller, as the server knew it first."""
    index = analysis.index
    by_channel = index.first_text(column, index.all_rows)  # of a call that began before the log, any event may have it
    own = by_channel[index.root]
    return np.where(isna(own), take_or(by_channel, analysis.graph.other_half[index.root], None), own)


def _dialed(analysis: CallAnalysis) -> Texts:
    """Return what each call's caller dialled."""
    index, graph = analysis.index, analysis.graph
    root = index.root
    created = index.created[root]
    plain = index.texts("exten", np.where(created >= 0, created, index.first_own_row[root]))
    address = index.texts("dialstring", graph.dialled[root])
    originated = address
    for rows in (  # the first of these that is an extension; ``s`` is the dialplan's word for none
        take_or(index.created, graph.other_half[root], -1),
        index.first_row(index.rows_of("DialBegin"))[root],
        index.first_row(index.rows_of("OriginateResponse"))[root],
    ):
        exten = index.texts("exten", rows)
        originated = np.where(isna(exten) | (exten == "s"), originated, exten)
    return np.where(graph.is_originated[root], originated, plain)


def _directions(analysis: CallAnalysis, trunks: Sequence[str] | str | None) -> Texts:
    """Return the direction of each call, None where it cannot be known."""
    index, graph = analysis.index, analysis.graph
    if trunks is None:
        is_outside = index.has_rows & ~series.technology(analysis.names).isin(INTERNAL).to_numpy(bool)
        return select_label(index.calls, (~occurs(index.call[is_outside], index.calls), "internal"))
    is_trunk, is_dialled = series.matches(analysis.names, trunks), graph.dialled >= 0
    return select_label(
        index.calls,
        (occurs(index.call[is_trunk & ~is_dialled & graph.is_caller], index.calls), "inbound"),
        (occurs(index.call[is_trunk & is_dialled], index.calls), "outbound"),
        (np.ones(index.calls, bool), "internal"),
    )


def _delays(analysis: CallAnalysis, trunks: Sequence[str] | str | None) -> pd.Series:
    """Return how long after dialling it rang: of the first line of each call that did."""
    index, dialled, ring = analysis.index, analysis.graph.dialled, analysis.ringing
    leads_out = ~analysis.graph.is_local if trunks is None else series.matches(analysis.names, trunks)
    rang = np.flatnonzero((dialled >= 0) & (ring >= 0) & leads_out)
    rang = rang[np.argsort(dialled[rang], kind="stable")]
    leg = first_per_group(index.call[rang], rang, index.calls)
    return series.seconds(index.time(take_or(dialled, leg, -1)), index.time(take_or(ring, leg, -1)))


def _queues(index: EventIndex) -> pd.Series:
    """Return the queues that each call entered, each once, in the order of entering."""
    joins = index.rows_of("QueueCallerJoin")
    joined = pd.DataFrame({"call": index.row_call[joins], "queue": index.texts("queue", joins)})
    joined = joined[joined["call"] >= 0].dropna().drop_duplicates().sort_values("call", kind="stable")
    return series.lists(joined["call"].to_numpy(), joined["queue"].tolist(), index.calls)
