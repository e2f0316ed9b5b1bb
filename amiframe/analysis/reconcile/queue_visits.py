"""Visits of queues from events beside those from queue_log, visit for visit."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis.reconcile.differences import Differences, apart, mask, unequal

REFUSED = ("joinempty", "full", "unavailable")
"""Outcomes of callers who never entered: queue_log does not know them."""

_COLUMNS = (
    "outcome", "joined", "left_queue", "wait_s", "talk_s", "membername", "attempts", "missed_by", "key", "position",
    "hungup_by",
)  # fmt: skip


def reconcile_visits(events: pd.DataFrame, log: pd.DataFrame, threshold_s: float) -> pd.DataFrame:
    """Return one row per visit, those of the events first; see :func:`reconcile`."""
    keys = ["queue", "uniqueid", "visit"]
    if "amf_pbx" in events.columns and "amf_pbx" in log.columns:
        keys = ["amf_pbx", *keys]
    left, right = _numbered(events, keys), _numbered(log, keys)
    both = left.merge(right, on=[*keys, "_entered"], how="outer", suffixes=("_events", "_log"), indicator="found")
    is_new = both["found"] == "right_only"
    time = both["joined_log"].where(is_new, both["joined_events"])
    rank = pd.DataFrame({"rank": is_new.astype(int), "time": time, "at": both["_at_events"].fillna(both["_at_log"])})
    both = both.loc[rank.sort_values(["rank", "at"], kind="stable").index].reset_index(drop=True)
    told = Differences(len(both))
    _compare(both, told, threshold_s)
    made = both[keys].copy()
    made["found"] = both["found"].astype("str").replace({"left_only": "events", "right_only": "log"}).astype("str")
    made["agrees"] = told.none
    made["explained"] = told.explained
    made["difference"] = told.text
    for name in _COLUMNS:
        for side in ("events", "log"):
            made[f"{name}_{side}"] = both[f"{name}_{side}"]
    return made


def _numbered(visits: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Count the visits of a call that entered a queue; refused ones, which queue_log cannot know, stay apart."""
    rows = visits.reset_index(drop=True)
    rows["_at"] = range(len(rows))
    rows["_entered"] = ~rows["outcome"].isin(REFUSED)
    same = [key for key in keys if key != "visit"]
    rows["missed_by"] = [", ".join(names) for names in rows["missed_by"]] if "missed_by" in rows.columns else None
    rows["missed_by"] = rows["missed_by"].astype("str")
    rows["visit"] = (rows.groupby([*same, "_entered"], dropna=False).cumcount() + 1).astype("Int64")
    return rows


def _compare(both: pd.DataFrame, told: Differences, seconds: float) -> None:
    found = both["found"]
    is_cut = ~mask(both["complete_events"].fillna(True)) | ~mask(both["complete_log"].fillna(True))
    cut = ("a log begins or ends within the visit", is_cut)
    spans = {side: pd.concat([both[f"joined_{side}"], both[f"left_queue_{side}"]]) for side in ("events", "log")}
    told.add(
        found == "left_only",
        "not in queue_log",
        [
            ("refused at the door, which queue_log does not tell", ~mask(both["_entered"])),
            ("outside of queue_log", _outside(both, "events", spans["log"])),
        ],
    )
    told.add(found == "right_only", "no events", [("outside of the event log", _outside(both, "log", spans["events"]))])
    here = mask(found == "both")
    for name in ("outcome", "membername", "attempts", "missed_by", "key", "position", "hungup_by"):
        told.add(here & unequal(both[f"{name}_events"], both[f"{name}_log"]), name, [cut])
    for name in ("joined", "left_queue"):
        told.add(here & apart(both[f"{name}_events"], both[f"{name}_log"], seconds), name, [cut])
    for name in ("wait_s", "talk_s"):  # each end of a span is cut to its second
        one, other = both[f"{name}_events"], both[f"{name}_log"]
        off = ((one - other).abs() > seconds + 1) | (one.isna() != other.isna())
        told.add(here & mask(off), name, [cut])


def _outside(both: pd.DataFrame, side: str, span: pd.Series) -> pd.Series:
    """Return which visits of one side lie before or after all of the other."""
    joined = both[f"joined_{side}"].fillna(both[f"left_queue_{side}"])
    if span.isna().all():
        return pd.Series(True, index=both.index)
    return ~joined.between(span.min(), span.max())
