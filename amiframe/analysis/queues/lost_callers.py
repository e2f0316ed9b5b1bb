"""Callers who were lost: how often they tried, and how they were reached afterwards."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis.arguments import require_columns
from amiframe.schema.withheld import BRACKETS, WITHHELD

_GONE, _TRIED, _ANSWERED, _CALLED = "gone", "tried", "came back", "called back"
_DIGITS = 9  # of a number, from its end: +49 30 ..., 0049 30 ... and 030 ... are the same


def _comparable(numbers: pd.Series) -> pd.Series:
    """Return what the various forms of one number share; a short one stays as it is, a withheld one is missing."""
    digits = numbers.str.replace(r"[^0-9]", "", regex=True)
    compared = digits.str[-_DIGITS:].where(digits.str.len() >= 7, numbers)
    return compared.mask(numbers.str.strip(BRACKETS).str.lower().isin(WITHHELD))


def lost_calls(queue_calls: pd.DataFrame, calls: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the callers who were not answered: one row for each run of lost calls.

    Parameters
    ----------
    queue_calls : DataFrame
        Of :func:`queue_calls`.
    calls : DataFrame, optional
        Of :func:`calls`: shows who called back (``direction`` outbound, so made with ``trunks=``).

    Returns
    -------
    pandas.DataFrame
        =============  ===================  ====  ================================================================
        column         dtype                unit  meaning
        =============  ===================  ====  ================================================================
        caller         str                  -     the number; a withheld one is a row for each call
        queue          str                  -     the last queue that was tried
        tries          Int64                -     calls in vain, one after the other
        first_lost     datetime64[us, UTC]  -     when the first of them began
        last_lost      datetime64[us, UTC]  -     when the last of them ended
        wait_max_s     float64              s     the longest wait among them
        callbacks      Int64                -     tries to call back in between; missing without `calls`
        resolved       datetime64[us, UTC]  -     when somebody talked with the caller at last; missing: never
        resolved_how   str                  -     ``came back`` or ``called back``
        resolved_by    str                  -     who: the member, or the caller of the call back
        after_s        float64              s     from `last_lost` to then; 0: on another line, at the same time
        amf_pbx        str                  -     which PBX, when the log tells it
        =============  ===================  ====  ================================================================

    Raises
    ------
    ConfigError
        A frame without visits, or without calls.

    Notes
    -----
    A call is lost when no visit of it was answered, whatever became of it: abandoned, timeout, refused ... Numbers are
    compared by their last nine digits. A call that overflowed into a second queue is one try.

    Examples
    --------
    >>> lost = af.lost_calls(af.queue_calls(af.read_queue_log(af.sample("queue_log"))))
    >>> int(lost["tries"].max()), lost["resolved_how"].value_counts().to_dict()
    (4, {'came back': 31})
    """
    cure = "af.queue_calls(log) gives one row per visit"
    require_columns(
        queue_calls, ("uniqueid", "caller", "queue", "outcome", "joined", "left_queue"), "who was lost", cure
    )
    tried = _tries(queue_calls)
    back = _callbacks(calls, "amf_pbx" in queue_calls.columns) if calls is not None else tried.iloc[:0]
    contacts = pd.concat([tried, back], ignore_index=True) if len(back) else tried
    contacts = contacts.sort_values(["pbx", "number", "at"], kind="stable", ignore_index=True)
    is_end = contacts["kind"].isin([_ANSWERED, _CALLED])
    callers = contacts[["pbx", "number"]]
    fresh = (callers != callers.shift()).any(axis=1) | contacts["number"].isna()
    run = (fresh | is_end.shift(fill_value=False)).cumsum()
    gone = contacts[contacts["kind"] == _GONE]
    rows = gone.groupby(run).agg(
        caller=("caller", "last"), queue=("queue", "last"), tries=("at", "size"), first_lost=("at", "min"),
        last_lost=("ended", "max"), wait_max_s=("wait_s", "max"), pbx=("pbx", "first"),
    )  # fmt: skip
    between = (contacts["kind"] == _TRIED) & (
        contacts["at"] >= contacts["at"].where(contacts["kind"] == _GONE).groupby(run).transform("min")
    )
    rows["callbacks"] = between.groupby(run).sum().reindex(rows.index)
    ends = contacts[is_end].assign(run=run[is_end]).drop_duplicates("run").set_index("run").reindex(rows.index)
    lost = pd.DataFrame({
        "caller": rows["caller"].astype("str"),
        "queue": rows["queue"].astype("str"),
        "tries": rows["tries"].astype("Int64"),
        "first_lost": rows["first_lost"],
        "last_lost": rows["last_lost"],
        "wait_max_s": rows["wait_max_s"].astype("float64"),
        "callbacks": rows["callbacks"].astype("Int64") if calls is not None else pd.array([pd.NA] * len(rows), "Int64"),
        "resolved": ends["at"],
        "resolved_how": ends["kind"].astype("str"),
        "resolved_by": ends["who"].astype("str"),
        "after_s": (ends["at"] - rows["last_lost"]).dt.total_seconds().astype("float64").clip(lower=0),
    })  # fmt: skip
    if "amf_pbx" in queue_calls.columns:
        lost["amf_pbx"] = rows["pbx"].astype("str")
    lost = lost.sort_values(["first_lost", "caller"], kind="stable", ignore_index=True)
    lost.attrs["amiframe"] = dict(queue_calls.attrs.get("amiframe", {}))
    return lost


def _tries(visits: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each call that came: in vain, or answered and by whom."""
    at = visits["joined"].fillna(visits["left_queue"])
    tries = visits.assign(
        at=at,
        ended=visits["left_queue"].fillna(at),
        pbx=visits["amf_pbx"] if "amf_pbx" in visits.columns else "",
        ok=(visits["outcome"] == "answered").fillna(False).astype(bool),
        who=visits["membername"] if "membername" in visits.columns else None,
    )
    tries = tries[tries["outcome"].notna() & tries["at"].notna()].sort_values("at", kind="stable")
    calls = tries.groupby(["pbx", "uniqueid"], sort=False, dropna=False).agg(
        at=("at", "first"), ended=("ended", "last"), caller=("caller", "first"), queue=("queue", "last"),
        ok=("ok", "any"), wait_s=("wait_s", "max"), who=("who", "last"),
    ).reset_index()  # fmt: skip
    calls["kind"] = np.where(calls["ok"], _ANSWERED, _GONE)
    calls["number"] = _comparable(calls["caller"].astype("str"))
    return calls


def _callbacks(calls: pd.DataFrame, with_pbx: bool) -> pd.DataFrame:
    """Return one row for each call to a number outside: answered, or only tried."""
    cure = "af.calls(events, trunks=[...]) gives one row per call, with its direction"
    require_columns(calls, ("direction", "dialed", "started", "answered", "caller"), "who called back", cure)
    out = calls[(calls["direction"] == "outbound").fillna(False)]
    return pd.DataFrame({
        "pbx": out["amf_pbx"] if with_pbx and "amf_pbx" in out.columns else "",
        "at": out["started"],
        "number": _comparable(out["dialed"].astype("str")),
        "kind": np.where(out["answered"].notna(), _CALLED, _TRIED),
        "who": out["caller"].astype("str"),
    })  # fmt: skip
