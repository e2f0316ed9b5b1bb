"""Calls against CDR, and visits of queues from events against those from queue_log: row by row, with the reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis.reconcile.cdr_calls import UNANSWERED, folded
from amiframe.analysis.reconcile.differences import Differences, Mask, apart, mask, unequal
from amiframe.analysis.reconcile.queue_visits import reconcile_visits
from amiframe.errors import ConfigError

_CALLS = ("linkedid", "started", "answered", "ended", "caller", "dialed", "disposition", "reached")
_CDR = ("start", "answer", "end", "src", "dst", "channel", "dstchannel", "disposition", "billsec", "uniqueid")
_VISITS = ("queue", "uniqueid", "visit", "outcome", "joined", "left_queue")

_WORDS = {  # word of a call: words that CDR has for the same
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
    if set(_VISITS) <= set(calls.columns) and set(_VISITS) <= set(cdr.columns):
        return reconcile_visits(calls, cdr, threshold_s)
    _check(calls, _CALLS, "calls", "af.calls(af.read_events(...)) gives them")
    _check(cdr, _CDR, "CDR", "af.read_cdr(...) gives it")
    for name in ("start", "answer", "end"):
        if not isinstance(cdr[name].dtype, pd.DatetimeTZDtype):
            raise ConfigError(
                "the times of the CDR name no zone", hint="af.read_cdr(src, tz='Europe/Moscow'): the zone of the PBX"
            )
    keys = ["amf_pbx", "linkedid"] if "amf_pbx" in calls.columns and "amf_pbx" in cdr.columns else ["linkedid"]
    left = calls.reset_index(drop=True)
    if "up" not in left.columns:
        left = left.assign(up=left["answered"])
    right = folded(cdr, left, keys)
    both = left.assign(_left=range(len(left))).merge(
        right.assign(_right=True), on=keys, how="outer", sort=False, indicator="found"
    )
    both = both.loc[_order(both)].reset_index(drop=True)
    return _frame(both, keys, threshold_s, left)


def _check(frame: pd.DataFrame, names: tuple[str, ...], what: str, hint: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ConfigError(f"the frame of {what} lacks the column {', '.join(missing)}", hint=hint)


def _order(both: pd.DataFrame) -> pd.Index:
    """Rows of the calls first, as they were; then what only CDR has, by time."""
    return both.sort_values(["_left", "start", "linkedid"], kind="stable", na_position="last").index


def _frame(both: pd.DataFrame, keys: list[str], seconds: float, calls: pd.DataFrame) -> pd.DataFrame:
    found = both["found"].astype("str").replace({"left_only": "calls", "right_only": "cdr"})
    told = Differences(len(both))
    _alone(both, found, told, calls)
    _together(both, mask(found == "both"), told, seconds)
    made = both[keys].copy()
    made["found"] = found.astype("str")
    made["agrees"] = told.none
    made["explained"] = told.explained
    made["difference"] = told.text
    made["records"] = both["records"].astype("Int64")
    for name, mine, other in (
        ("disposition", "disposition_x", "disposition_y"),
        ("started", "started", "start"),
        ("answered", "answered", "answer"),
        ("ended", "ended", "end"),
        ("talk_s", "talk_s", "billsec"),
        ("caller", "caller", "src"),
        ("dialed", "dialed", "dst"),
        ("answered_channel", "answered_channel", "answered_channel_y"),
    ):
        for side, column in (("calls", mine), ("cdr", other)):
            source = column if column in both.columns else column.removesuffix("_x").removesuffix("_y")
            made[f"{name}_{side}"] = both.get(source, pd.Series(pd.NA, index=both.index, dtype="str"))
    return made


def _alone(both: pd.DataFrame, found: pd.Series, told: Differences, calls: pd.DataFrame) -> None:
    """Say why one side does not have a call."""
    nobody = both["disposition_x"].isin(UNANSWERED) | both["disposition_x"].isna()
    last = both["end"].max()
    told.add(
        mask(found == "calls"),
        "no CDR",
        [
            ("not over when the log or the CDR ends", both["ended"].isna() | (both["started"] > last)),
            ("CDR leaves out unanswered calls that dialled nobody, unless unanswered=yes", nobody),
        ],
    )
    first, end = calls["started"].min(), calls[["started", "ended"]].max().max()
    told.add(
        mask(found == "cdr"),
        "no events",
        [
            ("before the log begins", both["end"] < first),
            ("after the log ends", both["start"].dt.floor("s") > end),
            ("CDR of another leg of a call that is compared", mask(both["is_leg"])),
        ],
    )


def _together(both: pd.DataFrame, here: Mask, told: Differences, seconds: float) -> None:
    """Compare what both sides have."""
    is_cut = ~mask(both["complete"]) if "complete" in both.columns else np.zeros(len(both), dtype=bool)
    cut = ("the log begins or ends within the call", is_cut)
    records = both["records"].fillna(0) > 1
    is_conference = both["reached"] == "conference"
    pair = ("in a conference CDR has a record for each two who met, with who came first", is_conference)
    mine, other = both["disposition_x"], both["disposition_y"]
    reasons = [(why, (mine == word) & other.isin(words)) for word, (words, why) in _WORDS.items()]
    told.add(here & unequal(mine, other), "disposition", [*reasons, cut])
    told.add(here & apart(both["started"], both["start"], seconds), "started", [cut, pair])
    told.add(here & apart(both["up"], both["answer"], seconds), "answered", [cut, pair])
    elsewhere = mask(both["by_uniqueid"]) & mask(both["ended"] > both["end"]) & mask(_moved(both))
    later = ("CDR has no linkedid, and the call went on in records of another channel", elsewhere)
    told.add(here & apart(both["ended"], both["end"], seconds), "ended", [cut, pair, later])
    span = (both["end"] - both["answer"]).dt.total_seconds()
    off = (both["billsec"].astype("float64") - span).abs() > seconds + both["records"].astype("float64").fillna(0)
    told.add(here & mask(off), "billsec", [("it adds up over records that overlap or leave a gap", records)])
    told.add(
        here & unequal(both["caller"], both["src"]),
        "caller",
        [("the call began at the PBX, and CDR names no caller", both["src"].isna()), cut, _party(both)],
    )
    told.add(
        here & unequal(both["dialed"], both["dst"]),
        "dialed",
        [("CDR keeps the extension where the call was last", both["dst"].notna()), cut, _party(both)],
    )
    told.add(
        here & mask(both["answered_channel_x"].notna() & ~mask(both["has_channel"])) & mask(both["answer"].notna()),
        "answered_channel",
        [cut, ("CDR names a Local channel for the phone behind it", mask(both["has_local"])), _party(both)],
    )
    forks, legs = both["forks"].fillna(0), both["uniqueids"].fillna(0)
    several = here & mask(records)
    told.add(several & mask(legs > 1), "records", [("CDR of another channel of the call", legs > 1)])
    told.add(several & mask(forks > 0), "records", [("CDR of a forked leg", forks > 0)])
    one_after_other = mask(legs <= 1) & mask(forks <= 0)
    told.add(several & one_after_other, "records", [("CDR of one leg after the other", records)])


def _party(both: pd.DataFrame) -> tuple[str, pd.Series]:
    moved = _moved(both) | both["uniqueids"].gt(1) | mask(both["from_local"])
    return "the call was transferred, picked up or began at the PBX", moved


def _moved(both: pd.DataFrame) -> pd.Series:
    if "transfers" not in both.columns:
        return pd.Series(False, index=both.index)
    return both["transfers"].fillna(0) > 0
