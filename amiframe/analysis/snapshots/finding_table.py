"""What looks wrong on a PBX now: the rules applied to a snapshot, as a table."""

from __future__ import annotations

import math
from dataclasses import asdict

import pandas as pd

from amiframe.analysis.snapshots.context import snapshot_context
from amiframe.analysis.snapshots.row_matching import PBX
from amiframe.analysis.snapshots.rules import RULES
from amiframe.errors import ConfigError
from amiframe.frames import rows_frame
from amiframe.reply import Snapshot

__all__ = ["RULES", "findings", "not_looked_for"]

_KINDS = {
    "rule": "str", "severity": "str", "channels": "list", "evidence": "str", "value": "float", "threshold": "float",
}  # fmt: skip


def findings(
    status_or_snapshot: pd.DataFrame | Snapshot,
    *,
    before: pd.DataFrame | Snapshot | None = None,
    unserved_callers: float | None = 1,
    alone_s: float | None = 5,
    unbridged_s: float | None = 20,
    loop_pairs: float | None = 5,
    cut_s: float | None = 60,
    waiting_s: float | None = 600,
    ringing_s: float | None = 60,
    unreachable_calls: float | None = 1,
    number_calls: float | None = 20,
    long_s: float | None = 14400,
) -> pd.DataFrame:
    """Return what looks wrong on a PBX, one row per finding.

    Parameters
    ----------
    status_or_snapshot : DataFrame or Snapshot
        Of :meth:`Pbx.status`, live or read from a file, or of :meth:`Pbx.snapshot`, which has queues and endpoints too.
    before : DataFrame or Snapshot, optional
        The same a moment before, some seconds or minutes. Rules about something that is missing need it: a list is no
        atomic snapshot, and what just began or ended may be in it by half. They need the channels of both.
    unserved_callers : float or None
        ``unserved queue``: so many callers wait in a queue, and it has no member, or all are paused, unavailable or
        invalid. Needs a snapshot.
    alone_s : float or None
        ``no far leg``: a channel of this age dials or was dialled and no other channel of its call is there, or half
        of a Local channel is there without the other. Needs `before`.
    unbridged_s : float or None
        ``unbridged``: a channel of this age dials or was dialled, another one is up and none rings any more, but it is
        in no bridge. Needs `before`.
    loop_pairs : float or None
        ``local loop``: so many Local channels of one name in one call, all of which call on.
    cut_s : float or None
        ``about to be cut``: so many seconds are left until the PBX hangs up.
    waiting_s : float or None
        ``long wait``: a caller has waited for so long in a queue. Needs a snapshot.
    ringing_s : float or None
        ``ringing``: a channel of this age is not answered. A caller who waits in a queue does not count.
    unreachable_calls : float or None
        ``unreachable``: a PJSIP endpoint with a login has no contact and has so many channels. Needs a snapshot.
    number_calls : float or None
        ``crowd``: a number makes so many calls at once; the channel that began a call has it.
    long_s : float or None
        ``long call``: a channel of this age. An agent's open line (AgentLogin) does not count.

    Returns
    -------
    pandas.DataFrame
        The most serious first.

        =========  ===========  ==========  ==================================================================
        column     dtype        unit        meaning
        =========  ===========  ==========  ==================================================================
        rule       str          -           which rule
        severity   str          -           ``error``: somebody cannot talk now; ``warning``: have a look
        channels   list of str  -           the channels that show it, those of one call together
        evidence   str          -           what was seen, in words
        value      float64      as in name  what was compared: seconds (``_s``) or a number
        threshold  float64      as in name  from when on it counts, or up to when (``cut_s``)
        amf_pbx    str          -           which PBX, when the frame tells it
        =========  ===========  ==========  ==================================================================

    Raises
    ------
    ConfigError
        No list of channels; `before` is the later one; a threshold that is no number.

    Notes
    -----
    ``None`` as a threshold leaves the rule out. Ages count from the making of a channel, or from its last redirect.
    Channels younger than 2 s do not count in ``local loop`` and ``crowd``. What is left until a cut goes by the PBX's
    own clock, as its channels tell it.

    Examples
    --------
    >>> status = af.read_status(af.sample("status"))
    >>> len(af.findings(status))
    0
    >>> af.findings(status, number_calls=2)["evidence"][0]
    '1001 makes 4 calls at once'
    """
    arguments = locals()
    thresholds = {rule.threshold: arguments[rule.threshold] for rule in RULES}
    for name, threshold in thresholds.items():
        if threshold is not None and (isinstance(threshold, str | bool) or math.isnan(threshold)):
            raise ConfigError(
                f"{name}={threshold!r} is not a number", hint="seconds or a count; None leaves the rule out"
            )
    context = snapshot_context(status_or_snapshot, before)
    rows: list[dict[str, object]] = []
    for rule in RULES:
        threshold = thresholds[rule.threshold]
        if threshold is not None:
            faults = sorted(
                rule.search(context, threshold), key=lambda fault: fault.value, reverse=rule.threshold != "cut_s"
            )
            about = {"rule": rule.name, "severity": rule.severity, "threshold": float(threshold)}
            rows += [{**about, **asdict(fault), PBX: fault.pbx} for fault in faults]
    table = rows_frame(rows, {**_KINDS, **({PBX: "str"} if PBX in context.status.columns else {})})
    table = table.sort_values("severity", kind="stable", ignore_index=True)
    table.attrs = dict(context.status.attrs)
    return table


def not_looked_for(given: pd.DataFrame | Snapshot, before: pd.DataFrame | Snapshot | None = None) -> dict[str, str]:
    """Return the rules that such looks cannot answer, each with what it needs."""
    is_snapshot = isinstance(given, Snapshot)
    has = {
        "status": True,
        "before": before is not None,
        "snapshot": is_snapshot,
        "endpoints": isinstance(given, Snapshot) and given.has_endpoints,
    }
    return {rule.name: rule.needs for rule in RULES if not has[rule.needs]}
