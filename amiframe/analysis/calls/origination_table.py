"""Originations: calls that a manager client or the dialplan asked the PBX to begin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers, Texts
from amiframe.analysis._arrays.indexing import isna, select_label, take_or
from amiframe.analysis.calls.call_graph import Tree, tree
from amiframe.analysis.calls.event_index import EventLog, prepare
from amiframe.analysis.calls.leg_table import call_ids
from amiframe.analysis.calls.outcome import BY_REASON, Requests, of_legs


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
    log = prepare(events)
    about = tree(log)
    legs = np.flatnonzero(about.is_originated)
    address = _addresses(log, about)
    answers = log.at("OriginateResponse")
    answer, lonely = _matched(log, about, legs, address, answers)
    # requests that never made a channel: the answer is all there is
    leg = np.concatenate([legs, np.full(len(lonely), -1)])
    row = np.concatenate([answer, lonely])
    dialled, up, hung_up = (take_or(rows, leg, -1) for rows in (about.dialled, about.up, about.hung_up))
    born = take_or(about.born, leg, -1)
    order = np.argsort(np.where(born >= 0, born, np.where(dialled >= 0, dialled, row)), kind="stable")
    leg, row, dialled, up, hung_up, born = (x[order] for x in (leg, row, dialled, up, hung_up, born))
    start, answered, end = log.time(born), log.time(up), log.time(hung_up)
    outcome = _outcomes(log, about, leg, row, hung_up)
    failed = np.where(outcome == "answered", -1, hung_up)
    call = take_or(log.call, leg, -1)
    asked = log.texts("channel", row)
    clock = np.where(call >= 0, take_or(log.clock, call, None), log.row_clock(row))
    made = pd.DataFrame(
        {
            "linkedid": series.text(take_or(call_ids(log, about), call, None)),
            "uniqueid": series.text(take_or(log.ids.to_numpy(object), leg, None)),
            "channel": series.text(take_or(log.names, leg, None)),
            "address": series.text(np.where(leg >= 0, take_or(address, leg, None), asked)),
            "actionid": series.text(log.texts("actionid", row)),
            "caller": series.text(_first_told(log, leg, row)),
            "exten": series.text(log.texts("exten", row)),
            "context": series.text(log.texts("context", row)),
            "application": series.text(log.texts("application", row)),
            "data": series.text(log.texts("data", row)),
            "outcome": series.text(outcome),
            "reason": log.whole("reason", row),
            "cause": log.whole("cause", failed),
            "cause_txt": series.text(log.texts("cause_txt", failed)),
            "started": series.moment(start),
            "answered": series.moment(answered),
            "ended": series.moment(end),
            "ring_s": series.seconds(start, np.where(up >= 0, answered, end)),
            "complete": series.flag((outcome != "pending") & ((born >= 0) | (leg < 0))),
            "time_source": series.text(clock),
        }
    )
    pbx = None
    if log.pbx is not None:
        own = take_or(log.pbx.to_numpy(object), leg, None)
        pbx = np.where(isna(own), log.texts("amf_pbx", row), own)
    return series.with_origin(made, log.about, pbx)


def _addresses(log: EventLog, tree: Tree) -> Texts:
    """Return what was called for each dialled channel, as a request names it: technology and dial string."""
    words = np.full(log.channels, None, object)
    dialled = log.texts("dialstring", tree.dialled)
    for channel in np.flatnonzero(tree.is_originated):
        technology = str(log.names[channel]).partition("/")[0]
        words[channel] = f"{technology}/{dialled[channel]}"
    return words


def _matched(log: EventLog, tree: Tree, legs: Integers, address: Texts, answers: Integers) -> tuple[Integers, Integers]:
    """Return the OriginateResponse of each originated channel, or -1, and those that belong to none."""
    own = log.first(answers)
    found = own[legs]
    left = answers[~np.isin(answers, own[own >= 0])]
    free = legs[(found < 0) & (tree.hung_up[legs] >= 0)]
    waiting: dict[tuple[object, object], list[int]] = {}
    of_pbx = [None] * log.channels if log.pbx is None else log.pbx.tolist()
    for leg in free[np.argsort(tree.hung_up[free], kind="stable")]:
        waiting.setdefault((of_pbx[leg], address[leg]), []).append(int(leg))
    place = {int(leg): at for at, leg in enumerate(legs)}
    lonely = []
    for row, asked, pbx in zip(left, log.texts("channel", left), log.texts("amf_pbx", left), strict=True):
        candidates = waiting.get((pbx, asked), [])
        if candidates:
            found[place[candidates.pop(0)]] = row
        else:
            lonely.append(int(row))
    return found, np.array(lonely, np.int64)


def _outcomes(log: EventLog, tree: Tree, leg: Integers, row: Integers, hung_up: Integers) -> Texts:
    words = (
        of_legs(log, tree, Requests.of(log, tree), np.where(leg >= 0, leg, 0))
        if log.channels
        else select_label(len(leg))
    )
    by_reason = np.array([BY_REASON.get(r) for r in log.number("reason", row)], object)
    told = log.texts("response", row)
    is_up = take_or(tree.up, leg, -1) >= 0
    return select_label(
        len(leg),
        (is_up | (told == "Success"), "answered"),
        (~isna(by_reason), by_reason),
        ((leg < 0) & (row >= 0), "failed"),
        (hung_up < 0, "pending"),
        (np.ones(len(leg), bool), words),
    )


def _first_told(log: EventLog, leg: Integers, row: Integers) -> Texts:
    by_channel = log.told("calleridnum", log.at("Newchannel", "NewCallerid", "Newexten"))
    told = log.texts("calleridnum", row)
    return np.where(isna(told), take_or(by_channel, leg, None), told)
