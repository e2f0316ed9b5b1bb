"""Calls against CDR, and visits of queues from events against those from queue_log: row by row, with the reason."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis._arrays.array_types import Flags
from amiframe.analysis.reconcile.cdr_calls import UNANSWERED, calls_of_cdr
from amiframe.analysis.reconcile.differences import Differences, are_apart, differ, is_true, side_by_side
from amiframe.analysis.reconcile.queue_visits import reconcile_visits
from amiframe.errors import ConfigError

_CALL_COLUMNS = ("linkedid", "started", "answered", "ended", "caller", "dialed", "disposition", "reached")
_CDR_COLUMNS = ("start", "answer", "end", "src", "dst", "channel", "dstchannel", "disposition", "billsec", "uniqueid")
_VISIT_COLUMNS = ("queue", "uniqueid", "visit", "outcome", "joined", "left_queue")
_COMPARED = ("disposition", "started", "answered", "ended", "talk_s", "caller", "dialed", "answered_channel")

_SAME_IN_CDR = {  # disposition of a call: dispositions that CDR has for the same
    "cancelled": (("no answer",), "CDR has no word for a caller who gave up"),
    "rejected": (("no answer", "busy", "failed"), "CDR has no word for a refusal"),
    "failed": (("no answer", "congestion"), "CDR tells a number that does not exist from one that rings by nothing"),
    "congestion": (("failed", "no answer"), "CDR says FAILED of congestion unless cdr.conf has congestion=yes"),
    "no answer": (("failed",), "CDR says FAILED when no phone could be reached"),
    "busy": (("no answer", "failed"), "CDR saw no busy signal"),
}


def reconcile(calls: pd.DataFrame, cdr: pd.DataFrame, *, threshold_s: float = 1.0) -> pd.DataFrame:
    """Compare calls from events with CDR, or visits of queues from events with those from queue_log.

    Parameters
    ----------
    calls : DataFrame
        What :func:`calls` gives, or :func:`queue_calls` of events.
    cdr : DataFrame
        What :func:`read_cdr` gives, with `tz` if its times name no zone; or :func:`queue_calls` of a queue_log. Several
        records of one call are folded by ``linkedid``, where there is none by ``uniqueid``.
    threshold_s : float
        Seconds that two times may lie apart. Records count whole seconds: fractions are cut off before.

    Returns
    -------
    pandas.DataFrame
        One row per call, those of `calls` in their order, then those that only CDR has.

        ==================  ===================  =====================================================================
        column              dtype                meaning
        ==================  ===================  =====================================================================
        linkedid            str                  the call
        found               str                  ``both``, ``calls`` (only there) or ``cdr`` (only there)
        agrees              boolean              nothing differs
        explained           boolean              whatever differs has a reason that is known, or nothing differs
        difference          str                  what differs and why, in words; missing when nothing does
        records             Int64                CDR rows of the call
        disposition_calls   str                  the two sides of what is compared, and so on: ``started``,
        disposition_cdr     str                  ``answered``, ``ended``, ``talk_s`` (CDR: sum of ``billsec``),
        ...                                      ``caller`` (``src``), ``dialed`` (``dst``), ``answered_channel``
        ==================  ===================  =====================================================================

        Visits have ``queue``, ``uniqueid`` and ``visit`` in place of ``linkedid``, and the sides are called ``_events``
        and ``_log``. Where both frames have ``amf_pbx``, ids of two PBXs stay apart.

    Raises
    ------
    ConfigError
        A frame lacks columns, or the times of CDR name no zone.

    Notes
    -----
    Source: CDR of Asterisk 16 and 22 beside the events of the same calls. ``answered`` of a call is when a person did;
    CDR counts from the first answer, by a queue or an announcement: the column ``up`` of calls is that moment.

    Examples
    --------
    >>> calls = af.calls(af.read_events(af.sample("events")))
    >>> cdr = af.read_cdr(af.sample("cdr_22"), tz="UTC")
    >>> af.reconcile(calls, cdr)["found"].value_counts().to_dict()["calls"]
    1
    """
    if set(_VISIT_COLUMNS) <= set(calls.columns) and set(_VISIT_COLUMNS) <= set(cdr.columns):
        return reconcile_visits(calls, cdr, threshold_s)
    _check(calls, _CALL_COLUMNS, "calls", "af.calls(af.read_events(...)) gives them")
    _check(cdr, _CDR_COLUMNS, "CDR", "af.read_cdr(...) gives it")
    for name in ("start", "answer", "end"):
        if not isinstance(cdr[name].dtype, pd.DatetimeTZDtype):
            raise ConfigError(
                "the times of the CDR name no zone", hint="af.read_cdr(src, tz='Europe/Moscow'): the zone of the PBX"
            )
    keys = ["amf_pbx", "linkedid"] if "amf_pbx" in calls.columns and "amf_pbx" in cdr.columns else ["linkedid"]
    left = calls.reset_index(drop=True)
    absent = [name for name in ("talk_s", "answered_channel") if name not in left.columns]
    left = left.assign(**{name: pd.Series(pd.NA, index=left.index, dtype="str") for name in absent})
    if "up" not in left.columns:
        left = left.assign(up=left["answered"])
    both = left.assign(_left=range(len(left))).merge(
        calls_of_cdr(cdr, left, keys),
        on=keys,
        how="outer",
        sort=False,
        suffixes=("_calls", "_cdr"),
        indicator="found",
    )
    # the calls first, as they were; then what only CDR has, by time
    both = both.sort_values(["_left", "started_cdr", "linkedid"], kind="stable", na_position="last", ignore_index=True)
    found = both["found"].astype("str").replace({"left_only": "calls", "right_only": "cdr"})
    differences = Differences(len(both))
    _explain_missing(both, found, differences, left)
    _compare(both, is_true(found == "both"), differences, threshold_s)
    both["records"] = both["records"].astype("Int64")
    return side_by_side(both, keys, found, differences, _COMPARED, ("calls", "cdr"), extra=["records"])


def _check(frame: pd.DataFrame, names: tuple[str, ...], what: str, hint: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ConfigError(f"the frame of {what} lacks the column {', '.join(missing)}", hint=hint)


def _explain_missing(both: pd.DataFrame, found: pd.Series, differences: Differences, calls: pd.DataFrame) -> None:
    """Say why one side does not have a call."""
    is_unanswered = both["disposition_calls"].isin(UNANSWERED) | both["disposition_calls"].isna()
    differences.add(
        found == "calls",
        "no CDR",
        [
            (
                "not over when the log or the CDR ends",
                both["ended_calls"].isna() | (both["started_calls"] > both["ended_cdr"].max()),
            ),
            ("CDR leaves out unanswered calls that dialled nobody, unless unanswered=yes", is_unanswered),
        ],
    )
    begin, end = calls["started"].min(), calls[["started", "ended"]].max().max()
    differences.add(
        found == "cdr",
        "no events",
        [
            ("before the log begins", both["ended_cdr"] < begin),
            ("after the log ends", both["started_cdr"].dt.floor("s") > end),
            ("CDR of another leg of a call that is compared", both["is_leg"]),
        ],
    )


def _compare(both: pd.DataFrame, rows: Flags, differences: Differences, seconds: float) -> None:
    """Compare the rows that both sides have."""
    is_cut = ~both["complete"].astype("boolean") if "complete" in both.columns else pd.Series(False, both.index)
    cut: tuple[str, Flags | pd.Series] = ("the log begins or ends within the call", is_cut)
    pair: tuple[str, Flags | pd.Series] = (
        "in a conference CDR has a record for each two who met, with who came first",
        both["reached"] == "conference",
    )
    is_transferred = both["transfers"].fillna(0) > 0 if "transfers" in both.columns else pd.Series(False, both.index)
    moved = (
        "the call was transferred, picked up or began at the PBX",
        is_transferred | both["uniqueids"].gt(1) | is_true(both["from_local"]),
    )
    records, legs, forks = (both[name].fillna(0) for name in ("records", "uniqueids", "forks"))
    overlap = ("it adds up over records that overlap or leave a gap", records > 1)

    ours, theirs = both["disposition_calls"], both["disposition_cdr"]
    same = [(why, (ours == word) & theirs.isin(words)) for word, (words, why) in _SAME_IN_CDR.items()]
    differences.add(rows & differ(ours, theirs), "disposition", [*same, cut])
    goes_on = is_true(both["by_uniqueid"]) & is_true(both["ended_calls"] > both["ended_cdr"]) & is_true(is_transferred)
    later: tuple[str, Flags | pd.Series] = (
        "CDR has no linkedid, and the call went on in records of another channel",
        goes_on,
    )
    for name, column, reasons in (
        ("started", "started_calls", [cut, pair]),
        ("answered", "up", [cut, pair]),
        ("ended", "ended_calls", [cut, pair, later]),
    ):
        differences.add(rows & are_apart(both[column], both[f"{name}_cdr"], seconds), name, reasons)
    span = (both["ended_cdr"] - both["answered_cdr"]).dt.total_seconds()
    gap = (both["talk_s_cdr"].astype("float64") - span).abs()
    differences.add(rows & is_true(gap > seconds + records.astype("float64")), "billsec", [overlap])
    no_caller = ("the call began at the PBX, and CDR names no caller", both["caller_cdr"].isna())
    last_extension = ("CDR keeps the extension where the call was last", both["dialed_cdr"].notna())
    for name, reason in (("caller", no_caller), ("dialed", last_extension)):
        differences.add(rows & differ(both[f"{name}_calls"], both[f"{name}_cdr"]), name, [reason, cut, moved])
    is_elsewhere = both["answered_channel_calls"].notna() & both["answered_cdr"].notna() & ~is_true(both["has_channel"])
    local = ("CDR names a Local channel for the phone behind it", both["has_local"])
    differences.add(rows & is_true(is_elsewhere), "answered_channel", [cut, local, moved])
    several = rows & is_true(records > 1)
    for why, holds in (
        ("CDR of another channel of the call", legs > 1),
        ("CDR of a forked leg", forks > 0),
        ("CDR of one leg after the other", (legs <= 1) & (forks <= 0)),
    ):
        differences.add(several & is_true(holds), "records", [(why, holds)])
