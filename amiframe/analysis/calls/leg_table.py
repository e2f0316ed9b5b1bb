"""Legs: the life of each channel within its call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import isna, select_label
from amiframe.analysis.calls.call_analysis import CallAnalysis

# technologies of channels without a person or a line behind them
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
    return leg_frame(CallAnalysis.of(events), trunks)


def leg_frame(analysis: CallAnalysis, trunks: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return the legs of an analysed log; see :func:`legs`."""
    index, graph = analysis.index, analysis.graph
    channels = analysis.channels_in_order
    created, up, hung_up = index.created[channels], graph.up[channels], graph.hung_up[channels]
    dialled = graph.dialled[channels]
    is_dialled = dialled >= 0
    start, answer, end = index.time(created), index.time(up), index.time(hung_up)
    first = np.where(created >= 0, created, index.first_own_row[channels])
    name = analysis.names.iloc[channels].reset_index(drop=True)
    technology = series.technology(name)
    call = index.call[channels]
    hold = analysis.holds.total(analysis.holds.channel, index.channels)[channels]
    ring = index.time(analysis.ringing)[channels]

    def of_caller(column: str) -> pd.Series:
        by_channel = index.first_text(
            column, index.rows_of("Newchannel", "NewCallerid", "Newstate", "Newexten", "Hangup")
        )
        return series.text(np.where(is_dialled, index.texts(column, dialled), by_channel[channels]))

    frame = pd.DataFrame(
        {
            "uniqueid": series.text(index.channel_ids(channels)),
            "linkedid": series.text(index.call_ids[call]),
            "channel": name,
            "endpoint": series.endpoint(name),
            "technology": technology,
            "direction": _directions(name, technology, is_dialled, trunks),
            "caller": of_caller("calleridnum"),
            "callername": of_caller("calleridname"),
            "exten": series.text(np.where(is_dialled, index.texts("dialstring", dialled), index.texts("exten", first))),
            "context": series.text(index.texts("context", first)),
            "started": series.moment(start),
            "answered": series.moment(answer),
            "ended": series.moment(end),
            "ring_s": series.seconds(start, np.where(up >= 0, answer, end)),
            "talk_s": series.seconds(answer, end).where((up >= 0) | (hung_up < 0) | (created < 0), 0.0),
            "hold_s": pd.Series(hold / 1e6).where(hung_up >= 0),
            "total_s": series.seconds(start, end),
            "cause": index.whole("cause", hung_up),
            "cause_txt": series.text(index.texts("cause_txt", hung_up)),
            "hungup_by": series.text(_hungup_by(analysis, channels)),
            "complete": series.flag((created >= 0) & (hung_up >= 0)),
            "time_source": series.text(index.clock[call]),
            "side": series.text(np.where(graph.is_caller[channels], "caller", "callee").astype(object)),
            "dialled": series.moment(index.time(dialled)),
            "ringing": series.moment(ring),
            "dialstatus": series.text(index.texts("dialstatus", graph.dial_end[channels])),
            "pdd_s": series.seconds(index.time(dialled), ring),
        }
    )
    return series.with_origin(frame, index.origin, index.pbx_of(channels))


def _hungup_by(analysis: CallAnalysis, channels: Integers) -> Texts:
    """Return who ended each leg: its own party, the party that ended the call with it, or the PBX."""
    outcomes, hung_up = analysis.outcomes, analysis.graph.hung_up[channels]
    call = analysis.index.call[channels]
    own = analysis.requests.party[channels]
    decided = outcomes.decided[call]
    return select_label(
        len(channels),
        (hung_up < 0, None),
        (~isna(own), own),
        ((decided >= 0) & (hung_up > decided), outcomes.hungup_by[call]),
        (np.ones(len(channels), bool), "pbx"),
    )


def _directions(
    name: pd.Series, technology: pd.Series, is_dialled: Flags, trunks: Sequence[str] | str | None
) -> pd.Series:
    """Return the direction of each leg, missing where it cannot be known."""
    if trunks is None:
        return series.text(select_label(len(name), (technology.isin(INTERNAL).to_numpy(bool), "internal")))
    is_trunk = series.matches(name, trunks)
    directions = np.where(is_trunk, np.where(is_dialled, "outbound", "inbound"), "internal")
    return series.text(directions.astype(object))
