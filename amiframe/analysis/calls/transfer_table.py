"""Transfers: who handed whom over to whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers
from amiframe.analysis._arrays.indexing import select_label, take_or
from amiframe.analysis.calls.call_graph import tree
from amiframe.analysis.calls.event_index import EventLog, prepare
from amiframe.analysis.calls.leg_table import call_ids


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
    log = prepare(events)
    about = tree(log)
    rows = log.at("BlindTransfer", "AttendedTransfer")
    is_blind = np.isin(rows, log.at("BlindTransfer"))
    call = log.row_call[rows]
    by = _first_channel(log, rows, "transferer", "origtransferer")
    # what the event does not say, the bridges do: whom the transferer was talking with
    whom = _first_channel(log, rows, "transferee")
    whom = np.where(whom >= 0, whom, _partner(log, rows, by))
    second = _first_channel(log, rows, "secondtransferer")
    target = _first_channel(log, rows, "transfertarget")
    target = np.where(is_blind | (target >= 0), target, _partner(log, rows, second))
    names = [series.text(take_or(log.names, channel, None)) for channel in (by, whom, target)]
    by_endpoint, whom_endpoint, target_endpoint = (series.endpoint(channel) for channel in names)
    exten = log.texts("extension", rows)
    made = pd.DataFrame(
        {
            "linkedid": series.text(take_or(call_ids(log, about), call, None)),
            "time": series.moment(log.time(rows)),
            "kind": series.text(np.where(is_blind, "blind", "attended").astype(object)),
            "result": series.text(log.texts("result", rows)),
            "transferer": by_endpoint,
            "transferer_channel": names[0],
            "transferee": whom_endpoint,
            "transferee_channel": names[1],
            "target": target_endpoint.where(~is_blind, series.text(exten)),
            "target_channel": names[2],
            "context": series.text(select_label(len(rows), (is_blind, log.texts("context", rows)))),
            "time_source": series.text(take_or(log.clock, call, None)),
        }
    )
    pbx = None if log.pbx is None else take_or(log.pbx.to_numpy(object), by, None)
    return series.with_origin(made, log.about, pbx)


def _first_channel(log: EventLog, rows: Integers, *blocks: str) -> Integers:
    found = np.full(len(rows), -1)
    for block in blocks:
        found = np.where(found >= 0, found, log.of(rows, block))
    return found


def _partner(log: EventLog, rows: Integers, channels: Integers) -> Integers:
    """Return who was in a bridge with each channel before a row, or -1; transfers are rare, so one by one."""
    enters = log.at("BridgeEnter")
    bridges, who = log.texts("bridgeuniqueid", enters), log.of(enters)
    found = np.full(len(rows), -1)
    for at, (row, channel) in enumerate(zip(rows, channels, strict=True)):
        own = np.flatnonzero((who == channel) & (enters < row) & (channel >= 0))
        if len(own):
            same = np.flatnonzero((bridges == bridges[own[-1]]) & (who != channel) & (enters < row))
            found[at] = who[same[-1]] if len(same) else -1
    return found
