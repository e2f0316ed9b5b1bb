"""Transfers: who handed whom over to whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers
from amiframe.analysis._arrays.indexing import select_label, take_or
from amiframe.analysis.calls.call_analysis import CallAnalysis
from amiframe.analysis.calls.event_index import EventIndex


def transfers(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each transfer that was tried, in order.

    Parameters
    ----------
    events : pandas.DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; all events, rows in any order.

    Returns
    -------
    pandas.DataFrame
        ==================  ===================  ===================================================================
        column              dtype                meaning
        ==================  ===================  ===================================================================
        linkedid            str                  id of the call, the same as in :func:`calls`
        time                datetime64[us, UTC]  when the transfer was carried out
        kind                str                  ``blind`` or ``attended``
        result              str                  ``Success``, ``Fail``, ``Invalid`` or ``Not Permitted``
        transferer          str                  endpoint of who transferred
        transferer_channel  str                  its channel
        transferee          str                  endpoint of who was transferred
        transferee_channel  str                  its channel
        target              str                  extension (blind), or endpoint of the new partner (attended)
        target_channel      str                  channel of the new partner, of an attended transfer
        context             str                  dialplan context of the extension, of a blind transfer
        time_source         str                  ``server`` or ``arrival``
        amf_pbx             str                  the PBX, when the events tell it
        ==================  ===================  ===================================================================

    Raises
    ------
    ConfigError
        The frame lacks columns of events.

    Notes
    -----
    Source: events BlindTransfer and AttendedTransfer of Asterisk 16 and 22, which come for transfers by feature code,
    by the phone (REFER) and by manager actions alike. Redirect moves a channel without them.

    Examples
    --------
    >>> af.transfers(af.read_events(af.sample("events_calls")))[["kind", "transferer", "target"]].values.tolist()
    [['blind', 'PJSIP/101', '102'], ['attended', 'PJSIP/101', 'PJSIP/102']]
    """
    return transfer_frame(CallAnalysis.of(events))


def transfer_frame(analysis: CallAnalysis) -> pd.DataFrame:
    """Return the transfers of an analysed log; see :func:`transfers`."""
    index = analysis.index
    rows = index.rows_of("BlindTransfer", "AttendedTransfer")
    is_blind = np.isin(rows, index.rows_of("BlindTransfer"))
    call = index.row_call[rows]
    transferer = _first_channel(index, rows, "transferer", "origtransferer")
    # what the event lacks, the bridges have: whom the transferer was talking with
    transferee = index.channel(rows, "transferee")
    transferee = np.where(transferee >= 0, transferee, _partners(index, rows, transferer))
    target = index.channel(rows, "transfertarget")
    partner = _partners(index, rows, index.channel(rows, "secondtransferer"))
    target = np.where(is_blind | (target >= 0), target, partner)
    names = {
        f"{party}_channel": series.text(take_or(index.names, channel, None))
        for party, channel in (("transferer", transferer), ("transferee", transferee), ("target", target))
    }
    frame = pd.DataFrame(
        {
            "linkedid": series.text(take_or(index.call_ids, call, None)),
            "time": series.moment(index.time(rows)),
            "kind": series.text(np.where(is_blind, "blind", "attended").astype(object)),
            "result": series.text(index.texts("result", rows)),
            "transferer": series.endpoint(names["transferer_channel"]),
            "transferer_channel": names["transferer_channel"],
            "transferee": series.endpoint(names["transferee_channel"]),
            "transferee_channel": names["transferee_channel"],
            "target": series.endpoint(names["target_channel"]).where(
                ~is_blind, series.text(index.texts("extension", rows))
            ),
            "target_channel": names["target_channel"],
            "context": series.text(select_label(len(rows), (is_blind, index.texts("context", rows)))),
            "time_source": series.text(take_or(index.clock, call, None)),
        }
    )
    return series.with_origin(frame, index.origin, index.pbx_of(transferer))


def _first_channel(index: EventIndex, rows: Integers, first: str, second: str) -> Integers:
    channel = index.channel(rows, first)
    return np.where(channel >= 0, channel, index.channel(rows, second))


def _partners(index: EventIndex, rows: Integers, channels: Integers) -> Integers:
    """Return who was in a bridge with each channel before a row, or -1; transfers are rare, so one by one."""
    enters = index.rows_of("BridgeEnter")
    bridges, members = index.texts("bridgeuniqueid", enters), index.channel(enters)
    partners = np.full(len(rows), -1)
    for place, (row, channel) in enumerate(zip(rows, channels, strict=True)):
        own = np.flatnonzero((members == channel) & (enters < row) & (channel >= 0))
        if len(own):
            others = np.flatnonzero((bridges == bridges[own[-1]]) & (members != channel) & (enters < row))
            partners[place] = members[others[-1]] if len(others) else -1
    return partners
