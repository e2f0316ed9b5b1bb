"""What is wrong on a PBX now: a table of rules, each with what it looks for and from when on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from amiframe.analysis.snapshots import rules
from amiframe.analysis.snapshots.context import Sight, sight
from amiframe.analysis.snapshots.row_matching import PBX
from amiframe.analysis.snapshots.rules import Fault
from amiframe.errors import ConfigError
from amiframe.frames import rows_frame
from amiframe.reply import Snapshot

ERROR, WARNING = "error", "warning"

_KINDS = {
    "rule": "str", "severity": "str", "channels": "list", "evidence": "str", "value": "float", "threshold": "float",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of fault.

    Parameters
    ----------
    name : str
    severity : str
        ``error``: somebody cannot talk now; ``warning``: somebody should look.
    threshold : str
        Name of the argument of :func:`findings` that says from when on; its end is the unit.
    look : callable
        Finds the faults.
    what : str
        What it finds, in words.
    needs : str
        ``status``, ``before`` (two looks: something missing in one list may only have moved), ``snapshot`` or
        ``endpoints`` (a snapshot of an account that may list them).
    """

    name: str
    severity: str
    threshold: str
    look: Callable[[Sight, float], Iterable[Fault]]
    what: str
    needs: str = "status"


RULES = (
    Rule("unserved queue", ERROR, "unserved_callers", rules.unserved,
         "callers wait in a queue of which no member can be called", "snapshot"),
    Rule("no far leg", ERROR, "alone_s", rules.alone,
         "the other end is missing: of a dialled call, or half of a Local channel", "before"),
    Rule("unbridged", ERROR, "unbridged_s", rules.unbridged,
         "dialled and answered, but in no bridge", "before"),
    Rule("local loop", ERROR, "loop_pairs", rules.loops,
         "a number calls itself again and again through Local channels"),
    Rule("about to be cut", WARNING, "cut_s", rules.cutting,
         "the PBX hangs up soon (TIMEOUT(absolute))"),
    Rule("long wait", WARNING, "waiting_s", rules.impatient,
         "callers wait long in a queue", "snapshot"),
    Rule("ringing", WARNING, "ringing_s", rules.ringing,
         "a call that nobody answers"),
    Rule("unreachable", WARNING, "unreachable_calls", rules.unreachable,
         "an endpoint has calls and could not be called: it has not registered", "endpoints"),
    Rule("crowd", WARNING, "number_calls", rules.crowds,
         "one number makes many calls at once"),
    Rule("long call", WARNING, "long_s", rules.lasting,
         "a call is up for very long"),
)  # fmt: skip
"""The rules, in the order in which their findings are listed."""


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
        atomic snapshot, and what just began or ended may be in it by half. They look at the channels of both.
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
    thresholds = {
        "unserved_callers": unserved_callers, "alone_s": alone_s, "unbridged_s": unbridged_s, "loop_pairs": loop_pairs,
        "cut_s": cut_s, "waiting_s": waiting_s, "ringing_s": ringing_s,
        "unreachable_calls": unreachable_calls, "number_calls": number_calls, "long_s": long_s,
    }  # fmt: skip
    for name, threshold in thresholds.items():
        if threshold is not None and (isinstance(threshold, str | bool) or math.isnan(threshold)):
            raise ConfigError(f"{name}={threshold!r} is no number", hint="seconds or a count; None leaves the rule out")
    seen = sight(status_or_snapshot, before)
    rows = []
    for rule in RULES:
        threshold = thresholds[rule.threshold]
        if threshold is not None:
            found = sorted(rule.look(seen, threshold), key=lambda fault: fault.value, reverse=rule.threshold != "cut_s")
            rows += [_row(rule, fault, float(threshold)) for fault in found]
    made = rows_frame(rows, {**_KINDS, **({PBX: "str"} if PBX in seen.status.columns else {})})
    made = made.sort_values("severity", kind="stable", ignore_index=True)
    made.attrs = dict(seen.status.attrs)
    return made


def _row(rule: Rule, fault: Fault, threshold: float) -> dict[str, object]:
    return {
        "rule": rule.name, "severity": rule.severity, "channels": fault.channels, "evidence": fault.evidence,
        "value": fault.value, "threshold": threshold, PBX: fault.pbx,
    }  # fmt: skip


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
