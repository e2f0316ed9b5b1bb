"""Originations: calls that a manager client or the dialplan asked the PBX to begin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers, Texts
from amiframe.analysis._arrays.indexing import isna, select_label, take_or
from amiframe.analysis.calls.call_analysis import CallAnalysis
from amiframe.analysis.calls.outcome import outcomes_by_reason, outcomes_of_legs


def originations(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each call that the PBX was asked to begin, in order.

    Parameters
    ----------
    events : pandas.DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; all events, rows in any order.

    Returns
    -------
    pandas.DataFrame
        ===========  ===================  ====  ====================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ====================================================================
        linkedid     str                  -     id of the call; missing if no channel was made
        uniqueid     str                  -     id of the channel that was called first
        channel      str                  -     its name
        address      str                  -     what was called: ``PJSIP/100``
        actionid     str                  -     id of the request (OriginateResponse)
        caller       str                  -     number that was shown
        exten        str                  -     extension that the call was to go to
        context      str                  -     its dialplan context
        application  str                  -     or the application that it was to run
        data         str                  -     arguments of the application
        outcome      str                  -     of the channel that was called first: the words of `disposition` in
                                                :func:`calls`, ``pending`` while it is not known
        reason       Int64                -     ``Reason`` of OriginateResponse
        cause        Int64                -     Q.850 cause of the channel's hangup, if it was not answered
        cause_txt    str                  -     the cause in the server's words
        started      datetime64[us, UTC]  -     when the channel was made
        answered     datetime64[us, UTC]  -     when it went up
        ended        datetime64[us, UTC]  -     when it hung up
        ring_s       float64              s     from `started` until it went up, or until its end
        complete     boolean              -     the channel's begin and its outcome are in the log
        time_source  str                  -     ``server`` or ``arrival``
        amf_pbx      str                  -     the PBX, when the events tell it
        ===========  ===================  ====  ====================================================================

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: DialBegin without a caller, OriginateResponse and Hangup of Asterisk 16 and 22. OriginateResponse comes for
    asynchronous requests only. Of one that failed it does not name the channel unless the request had given it an id:
    then requests to one address are matched in the order in which they ended.

    Examples
    --------
    >>> af.originations(af.read_events(af.sample("events_calls")))[["address", "exten", "outcome"]].values.tolist()
    [['PJSIP/101', '102', 'answered']]
    """
    return origination_frame(CallAnalysis.of(events))


def origination_frame(analysis: CallAnalysis) -> pd.DataFrame:
    """Return the originations of an analysed log; see :func:`originations`."""
    index, graph = analysis.index, analysis.graph
    legs = np.flatnonzero(graph.is_originated)
    addresses = _addresses(analysis)
    answer, channelless = _match_responses(analysis, legs, addresses)
    # of requests that never made a channel, the response is all there is
    leg = np.concatenate([legs, np.full(len(channelless), -1)])
    row = np.concatenate([answer, channelless])
    created, dialled = (take_or(rows, leg, -1) for rows in (index.created, graph.dialled))
    order = np.argsort(np.where(created >= 0, created, np.where(dialled >= 0, dialled, row)), kind="stable")
    leg, row, created = leg[order], row[order], created[order]
    up, hung_up = (take_or(rows, leg, -1) for rows in (graph.up, graph.hung_up))
    start, answered, end = index.time(created), index.time(up), index.time(hung_up)
    outcome = _outcomes(analysis, leg, row)
    failed = np.where(outcome == "answered", -1, hung_up)
    call = take_or(index.call, leg, -1)
    requested = {
        name: index.texts(name, row)
        for name in ("channel", "calleridnum", "actionid", "exten", "context", "application", "data")
    }
    by_channel = index.first_text("calleridnum", index.rows_of("Newchannel", "NewCallerid", "Newexten"))
    number = requested["calleridnum"]
    frame = pd.DataFrame(
        {
            "linkedid": series.text(take_or(index.call_ids, call, None)),
            "uniqueid": series.text(index.channel_ids(leg)),
            "channel": series.text(take_or(index.names, leg, None)),
            "address": series.text(np.where(leg >= 0, take_or(addresses, leg, None), requested["channel"])),
            "actionid": series.text(requested["actionid"]),
            "caller": series.text(np.where(isna(number), take_or(by_channel, leg, None), number)),
            "exten": series.text(requested["exten"]),
            "context": series.text(requested["context"]),
            "application": series.text(requested["application"]),
            "data": series.text(requested["data"]),
            "outcome": series.text(outcome),
            "reason": index.whole("reason", row),
            "cause": index.whole("cause", failed),
            "cause_txt": series.text(index.texts("cause_txt", failed)),
            "started": series.moment(start),
            "answered": series.moment(answered),
            "ended": series.moment(end),
            "ring_s": series.seconds(start, np.where(up >= 0, answered, end)),
            "complete": series.flag((outcome != "pending") & ((created >= 0) | (leg < 0))),
            "time_source": series.text(np.where(call >= 0, take_or(index.clock, call, None), index.row_clock(row))),
        }
    )
    pbx = index.pbx_of(leg)
    if pbx is not None:
        pbx = np.where(isna(pbx), index.texts("amf_pbx", row), pbx)
    return series.with_origin(frame, index.origin, pbx)


def _addresses(analysis: CallAnalysis) -> Texts:
    """Return what was called for each originated channel, as a request names it: technology and dial string."""
    index, graph = analysis.index, analysis.graph
    addresses = np.full(index.channels, None, object)
    dialled = index.texts("dialstring", graph.dialled)
    for channel in np.flatnonzero(graph.is_originated):
        technology = str(index.names[channel]).partition("/")[0]
        addresses[channel] = f"{technology}/{dialled[channel]}"
    return addresses


def _match_responses(analysis: CallAnalysis, legs: Integers, addresses: Texts) -> tuple[Integers, Integers]:
    """Return the OriginateResponse of each originated channel, or -1, and those that are of no channel."""
    index, hung_up = analysis.index, analysis.graph.hung_up
    responses = index.rows_of("OriginateResponse")
    own = index.first_row(responses)
    rows = own[legs]
    open_responses = responses[~np.isin(responses, own[own >= 0])]
    free = np.flatnonzero((rows < 0) & (hung_up[legs] >= 0))
    waiting: dict[tuple[object, object], list[int]] = {}
    pbx = [None] * index.channels if index.pbx is None else index.pbx.tolist()
    for place in free[np.argsort(hung_up[legs[free]], kind="stable")]:
        waiting.setdefault((pbx[legs[place]], addresses[legs[place]]), []).append(int(place))
    channelless = []
    requests = (index.texts(name, open_responses) for name in ("amf_pbx", "channel"))
    for row, *request in zip(open_responses, *requests, strict=True):
        candidates = waiting.get((request[0], request[1]))
        if candidates:
            rows[candidates.pop(0)] = row
        else:
            channelless.append(int(row))
    return rows, np.array(channelless, np.int64)


def _outcomes(analysis: CallAnalysis, leg: Integers, row: Integers) -> Texts:
    index, graph = analysis.index, analysis.graph
    by_reason = outcomes_by_reason(index, row)
    is_leg = leg >= 0
    of_legs = np.full(len(leg), None, object)
    of_legs[is_leg] = outcomes_of_legs(graph, analysis.requests, leg[is_leg])
    return select_label(
        len(leg),
        ((take_or(graph.up, leg, -1) >= 0) | (index.texts("response", row) == "Success"), "answered"),
        (~isna(by_reason), by_reason),
        (~is_leg & (row >= 0), "failed"),
        (take_or(graph.hung_up, leg, -1) < 0, "pending"),
        (is_leg, of_legs),
    )
