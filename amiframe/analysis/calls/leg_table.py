"""Legs: the life of each channel within its call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import isna, select_label, take_or
from amiframe.analysis.calls.call_graph import Tree, tree
from amiframe.analysis.calls.event_index import EventLog, prepare
from amiframe.analysis.calls.holds import holds
from amiframe.analysis.calls.outcome import Outcome, outcome

_RINGING = ("RINGING", "PROGRESS")  # not PROCEEDING: the other side has only taken the number
# channels without a person or a line behind them
INTERNAL = frozenset(
    {"Local", "CBAnn", "CBRec", "Announcer", "Recorder", "ARIRecorder", "Bridge", "Message", "Surrogate"}
)


def legs(events: pd.DataFrame, *, trunks: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return one row for each channel of an event log, in the order in which they came.

    Parameters
    ----------
    events : pandas.DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; all events, rows in any order. With ``amf_pbx`` the ids of
        each PBX are its own.
    trunks : str or sequence of str, optional
        Patterns of the endpoints that lead to the outside, ``"PJSIP/trunk-*"``.

    Returns
    -------
    pandas.DataFrame
        ===========  ===================  ====  ====================================================================
        column       dtype                unit  meaning
        ===========  ===================  ====  ====================================================================
        uniqueid     str                  -     id of the channel
        linkedid     str                  -     id of the call, the same as in :func:`calls`
        channel      str                  -     name of the channel
        endpoint     str                  -     the name without its counter: ``PJSIP/100``
        technology   str                  -     ``PJSIP``, ``Local`` ...
        direction    str                  -     ``inbound`` or ``outbound`` on a trunk, else ``internal``; see Notes
        caller       str                  -     number of who called
        callername   str                  -     name of who called
        exten        str                  -     extension that was dialled; of a channel that was called, the address
        context      str                  -     dialplan context in which it began
        started      datetime64[us, UTC]  -     when the channel was made
        answered     datetime64[us, UTC]  -     when it went up
        ended        datetime64[us, UTC]  -     when it hung up
        ring_s       float64              s     from `started` until it went up, or until its end
        talk_s       float64              s     from `answered` to `ended`, holds included
        hold_s       float64              s     how long this party had the other on hold
        total_s      float64              s     from `started` to `ended`
        cause        Int64                -     Q.850 cause of its hangup
        cause_txt    str                  -     the cause in the server's words
        hungup_by    str                  -     ``caller``, ``callee`` or ``pbx``
        complete     boolean              -     it began and ended inside the log
        time_source  str                  -     ``server`` or ``arrival``: the clock of all its times
        side         str                  -     ``caller`` or ``callee``: whom of the call the channel belongs to
        dialled      datetime64[us, UTC]  -     when the PBX dialled it (DialBegin); missing if it came in
        ringing      datetime64[us, UTC]  -     when it first rang or made progress
        dialstatus   str                  -     outcome of that dial in the server's word (DialEnd)
        pdd_s        float64              s     post-dial delay: from `dialled` to `ringing`
        amf_pbx      str                  -     the PBX, when the events tell it
        ===========  ===================  ====  ====================================================================

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: events Newchannel, Newstate, DialBegin, DialEnd, Hold, HangupRequest, Hangup; Asterisk 16 and 22. Both
    halves of a Local channel are legs; `technology` tells them. Without `trunks` it cannot be known whether a phone or
    a line is at the other end: `direction` is then missing but for channels that never leave the PBX.

    Examples
    --------
    >>> legs = af.legs(af.read_events(af.sample("events_calls")), trunks="PJSIP/trunk")
    >>> legs.loc[legs["dialstatus"] == "BUSY", ["endpoint", "direction", "cause", "hungup_by"]].values.tolist()
    [['PJSIP/101', 'internal', 17, 'callee']]
    """
    log = prepare(events)
    about = tree(log)
    return frame(log, about, outcome(log, about), trunks)


def frame(log: EventLog, tree: Tree, outcome: Outcome, trunks: Sequence[str] | str | None) -> pd.DataFrame:
    """Return the frame of legs of an event log whose calls are known."""
    seen = log.first(np.arange(len(log)))
    chosen = _in_order(log)
    born = tree.born[chosen]
    dialled, up, hung_up = tree.dialled[chosen], tree.up[chosen], tree.hung_up[chosen]
    start, answer, end = log.time(born), log.time(up), log.time(hung_up)
    own = np.where(born >= 0, born, seen[chosen])
    channel = series.text(log.names[chosen])
    technology = series.technology(channel)
    call = log.call[chosen]
    held = holds(log)
    hold = held.total(held.channel, log.channels)[chosen]
    numbers = log.at("Newchannel", "NewCallerid", "Newstate", "Newexten", "Hangup")
    known = np.flatnonzero(hung_up >= 0)
    hung = np.full(len(chosen), None, object)
    hung[known] = _hungup_by(log, tree, outcome, chosen[known])
    ring = log.time(ringing(log))[chosen]
    made = pd.DataFrame(
        {
            "uniqueid": series.text(log.ids.to_numpy()[chosen]),
            "linkedid": series.text(call_ids(log, tree)[call]),
            "channel": channel,
            "endpoint": series.endpoint(channel),
            "technology": technology,
            "direction": directions(channel, technology, dialled >= 0, trunks),
            "caller": series.text(
                np.where(dialled >= 0, log.texts("calleridnum", dialled), log.told("calleridnum", numbers)[chosen])
            ),
            "callername": series.text(
                np.where(dialled >= 0, log.texts("calleridname", dialled), log.told("calleridname", numbers)[chosen])
            ),
            "exten": series.text(np.where(dialled >= 0, log.texts("dialstring", dialled), log.texts("exten", own))),
            "context": series.text(log.texts("context", own)),
            "started": series.moment(start),
            "answered": series.moment(answer),
            "ended": series.moment(end),
            "ring_s": series.seconds(start, np.where(up >= 0, answer, end)),
            "talk_s": series.seconds(answer, end).where((up >= 0) | (hung_up < 0) | (born < 0), 0.0),
            "hold_s": pd.Series(hold / 1e6).where(hung_up >= 0),
            "total_s": series.seconds(start, end),
            "cause": log.whole("cause", hung_up),
            "cause_txt": series.text(log.texts("cause_txt", hung_up)),
            "hungup_by": series.text(hung),
            "complete": series.flag((born >= 0) & (hung_up >= 0)),
            "time_source": series.text(log.clock[call]),
            "side": series.text(np.where(tree.is_caller[chosen], "caller", "callee").astype(object)),
            "dialled": series.moment(log.time(dialled)),
            "ringing": series.moment(ring),
            "dialstatus": series.text(log.texts("dialstatus", tree.dial_end[chosen])),
            "pdd_s": series.seconds(log.time(dialled), ring),
        }
    )
    return series.with_origin(made, log.about, None if log.pbx is None else log.pbx.to_numpy()[chosen])


def _in_order(log: EventLog) -> Integers:
    """Return the channels that the log tells of, in the order in which it first does."""
    first = np.full(log.channels + 1, len(log))
    for codes in log.codes.values():
        np.minimum.at(first, codes, np.arange(len(log)))
    chosen = np.flatnonzero(log.seen)
    return chosen[np.argsort(first[chosen], kind="stable")]


def ringing(log: EventLog) -> Integers:
    """Return for each channel the row that first tells that it rings or makes progress, or -1."""
    status, states = log.at("DialState"), log.at("Newstate")
    told = status[log.take("dialstatus", status).isin(_RINGING).to_numpy()]
    return _earlier(log.first(told, "dest"), log.first(states[log.number("channelstate", states) == 5]))


def _earlier(one: Integers, other: Integers) -> Integers:
    return np.where((one < 0) | ((other >= 0) & (other < one)), other, one)


def _hungup_by(log: EventLog, tree: Tree, outcome: Outcome, chosen: Integers) -> Texts:
    """Return for each leg who ended it: its own party, who ended the call with it, or the PBX."""
    own = outcome.asked_by[chosen]
    call = log.call[chosen]
    decided = outcome.decided[call]
    with_call = (decided >= 0) & (tree.hung_up[chosen] > decided)
    return np.where(isna(own), np.where(with_call, outcome.hungup_by[call], "pbx"), own)


def call_ids(log: EventLog, tree: Tree) -> Texts:
    """Return the id of each call: that of its first channel, as the server names it in Linkedid.

    A call whose first channel lies before the log keeps the Linkedid that its channels carry.
    """
    is_cut = np.zeros(log.calls, bool)
    is_cut[log.call[tree.born < 0]] = True
    named = np.where(is_cut & (log.named >= 0), log.named, tree.root)
    return take_or(log.ids.to_numpy(object), named, None)


def directions(
    channel: pd.Series, technology: pd.Series, is_dialled: Flags, trunks: Sequence[str] | str | None
) -> pd.Series:
    """Return the direction of each leg, missing where it cannot be known."""
    if trunks is None:
        return series.text(select_label(len(channel), (technology.isin(INTERNAL).to_numpy(bool), "internal")))
    is_trunk = series.matches(channel, trunks)
    words = np.where(is_trunk, np.where(is_dialled, "outbound", "inbound"), "internal").astype(object)
    return series.text(words)
