"""Calls: all channels of one Linkedid, merged where calls merge, as one row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Flags, Texts
from amiframe.analysis._arrays.indexing import first_per_group, isna, select_label, take_or
from amiframe.analysis.calls.call_graph import Tree, tree
from amiframe.analysis.calls.event_index import EventLog, prepare
from amiframe.analysis.calls.holds import holds
from amiframe.analysis.calls.leg_table import INTERNAL, call_ids, ringing
from amiframe.analysis.calls.outcome import Outcome, outcome


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
    log = prepare(events)
    about = tree(log)
    return frame(log, about, outcome(log, about), trunks)


def frame(log: EventLog, tree: Tree, outcome: Outcome, trunks: Sequence[str] | str | None) -> pd.DataFrame:
    """Return the frame of calls of an event log whose calls are known."""
    kept = np.unique(log.call[log.seen])
    root = tree.root
    start = log.time(tree.born[root])
    answer, end = log.time(outcome.answer), log.time(outcome.last_hangup)
    is_answered = outcome.disposition == "answered"
    is_over = outcome.last_hangup >= 0
    number, name = _caller(log, tree)
    legs = np.bincount(log.call[log.seen], minlength=log.calls)
    transferred = log.successful(log.at("BlindTransfer", "AttendedTransfer"))
    held = holds(log)
    hold = held.total(log.call[held.channel], log.calls)
    by = take_or(log.names, outcome.answered_by, None)
    made = pd.DataFrame(
        {
            "linkedid": series.text(call_ids(log, tree)),
            "started": series.moment(start),
            "answered": series.moment(answer),
            "ended": series.moment(end),
            "caller": series.text(number),
            "callername": series.text(name),
            "dialed": series.text(_dialed(log, tree)),
            "direction": series.text(_directions(log, tree, trunks)),
            "reached": series.text(outcome.reached),
            "answered_by": series.endpoint(series.text(by)),
            "answered_channel": series.text(by),
            "disposition": series.text(outcome.disposition),
            "cause": log.whole("cause", take_or(tree.hung_up, outcome.cause, -1)),
            "ring_s": series.seconds(start, np.where(is_answered, answer, end)),
            "talk_s": series.seconds(answer, end).mask(is_over & ~is_answered, 0.0),
            "hold_s": pd.Series(hold / 1e6).where(is_over),
            "total_s": series.seconds(start, end),
            "legs": series.count(legs),
            "transfers": series.count(np.bincount(log.row_call[transferred] + 1, minlength=log.calls + 1)[1:]),
            "queues": _queues(log),
            "hungup_by": series.text(outcome.hungup_by),
            "complete": series.flag(outcome.is_complete),
            "time_source": series.text(log.clock),
            "up": series.moment(log.time(outcome.up)),
            "pdd_s": _delays(log, tree, trunks),
        }
    )
    pbx = None if log.pbx is None else log.pbx.to_numpy()[root]
    whole = series.with_origin(made, log.about, pbx)
    seen = log.first(np.arange(len(log)))
    begin = np.where(tree.born[root] >= 0, tree.born[root], seen[root])[kept]
    ordered = whole.iloc[kept[np.argsort(begin, kind="stable")]].reset_index(drop=True)
    ordered.attrs["amiframe"] = {**log.about, "fetched_rows": len(ordered)}
    return ordered


def _caller(log: EventLog, tree: Tree) -> tuple[Texts, Texts]:
    """Return number and name of each call's caller, as the server knew them first."""
    rows = np.arange(len(log))  # of a call that began before the log any event may be the first that tells
    number, name = (log.told(column, rows) for column in ("calleridnum", "calleridname"))
    root, far = tree.root, tree.mate[tree.root]
    number, name = (np.where(isna(x[root]), take_or(x, far, None), x[root]) for x in (number, name))
    return number, name


def _dialed(log: EventLog, tree: Tree) -> Texts:
    """Return what each call's caller dialled."""
    root, far = tree.root, tree.mate[tree.root]
    born = tree.born[root]
    plain = log.texts("exten", np.where(born >= 0, born, log.first(np.arange(len(log)))[root]))
    responses = log.at("OriginateResponse")
    asked = log.texts("exten", log.first(responses)[root])
    begins = log.at("DialBegin")
    by_phone = log.texts("exten", log.first(begins)[root])
    of_local = log.texts("exten", take_or(tree.born, far, -1))
    address = log.texts("dialstring", tree.dialled[root])
    originated = _first_word(asked, by_phone, of_local, address)
    return np.where(tree.is_originated[root], originated, plain)


def _first_word(*choices: Texts) -> Texts:
    """Return the first of the choices that is an extension; ``s`` is the dialplan's word for none."""
    chosen = choices[-1]
    for words in choices[-2::-1]:
        chosen = np.where(isna(words) | (words == "s"), chosen, words)
    return chosen


def _directions(log: EventLog, tree: Tree, trunks: Sequence[str] | str | None) -> Texts:
    """Return the direction of each call, None where it cannot be known."""
    names = pd.Series(log.names, dtype="str")
    if trunks is None:
        leaves = np.zeros(log.calls, bool)
        leaves[log.call[log.seen & ~series.technology(names).isin(INTERNAL).to_numpy()]] = True
        return select_label(log.calls, (~leaves, "internal"))
    is_trunk = series.matches(names, trunks)
    is_dialled = tree.dialled >= 0
    incoming, outgoing = (_any(log, is_trunk & chosen) for chosen in (~is_dialled & tree.is_caller, is_dialled))
    return np.select([incoming, outgoing], ["inbound", "outbound"], "internal").astype(object)


def _delays(log: EventLog, tree: Tree, trunks: Sequence[str] | str | None) -> pd.Series:
    """Return how long after dialling it rang: of the first line of each call that did."""
    names = pd.Series(log.names, dtype="str")
    ring = ringing(log)
    leads_out = ~tree.is_local if trunks is None else series.matches(names, trunks)
    rang = np.flatnonzero((tree.dialled >= 0) & (ring >= 0) & leads_out)
    rang = rang[np.argsort(tree.dialled[rang], kind="stable")]
    leg = first_per_group(log.call[rang], rang, log.calls)
    return series.seconds(log.time(take_or(tree.dialled, leg, -1)), log.time(take_or(ring, leg, -1)))


def _any(log: EventLog, chosen: Flags) -> Flags:
    found = np.zeros(log.calls, bool)
    found[log.call[chosen]] = True
    return found


def _queues(log: EventLog) -> pd.Series:
    """Return the queues that each call entered, each once, in the order of entering."""
    joins = log.at("QueueCallerJoin")
    entered = pd.DataFrame({"call": log.row_call[joins], "queue": log.texts("queue", joins)})
    entered = (
        entered[(entered["call"] >= 0) & entered["queue"].notna()].drop_duplicates().sort_values("call", kind="stable")
    )
    return series.lists(entered["call"].to_numpy(), entered["queue"].tolist(), log.calls)
