"""Visits of queues from events beside those from queue_log, visit for visit."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis.reconcile.differences import Differences, are_apart, differ, is_true, side_by_side

REFUSED = ("joinempty", "full", "unavailable")
"""Outcomes of callers who never entered: queue_log does not know them."""

_EQUAL = ("membername", "attempts", "missed_by", "key", "position", "hungup_by")
_COMPARED = ("outcome", "joined", "left_queue", "wait_s", "talk_s", *_EQUAL)


def reconcile_visits(events: pd.DataFrame, log: pd.DataFrame, threshold_s: float) -> pd.DataFrame:
    """Return one row per visit, those of the events first; see :func:`reconcile`."""
    keys = ["queue", "uniqueid", "visit"]
    if "amf_pbx" in events.columns and "amf_pbx" in log.columns:
        keys = ["amf_pbx", *keys]
    left, right = _numbered(events, keys), _numbered(log, keys)
    both = left.merge(right, on=[*keys, "_entered"], how="outer", suffixes=("_events", "_log"), indicator="found")
    both = both.sort_values(["_at_events", "_at_log"], kind="stable", na_position="last", ignore_index=True)
    differences = Differences(len(both))
    _compare(both, differences, threshold_s)
    found = both["found"].astype("str").replace({"left_only": "events", "right_only": "log"})
    return side_by_side(both, keys, found, differences, _COMPARED, ("events", "log"))


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


def _compare(both: pd.DataFrame, differences: Differences, seconds: float) -> None:
    found = both["found"]
    is_cut = ~is_true(both["complete_events"].fillna(True)) | ~is_true(both["complete_log"].fillna(True))
    cut = ("a log begins or ends within the visit", is_cut)
    spans = {side: pd.concat([both[f"joined_{side}"], both[f"left_queue_{side}"]]) for side in ("events", "log")}
    differences.add(
        found == "left_only",
        "not in queue_log",
        [
            ("refused at the door, which queue_log does not tell", ~is_true(both["_entered"])),
            ("outside of queue_log", _outside(both, "events", spans["log"])),
        ],
    )
    differences.add(
        found == "right_only", "no events", [("outside of the event log", _outside(both, "log", spans["events"]))]
    )
    rows = is_true(found == "both")
    for name in ("outcome", *_EQUAL):
        differences.add(rows & differ(both[f"{name}_events"], both[f"{name}_log"]), name, [cut])
    for name in ("joined", "left_queue"):
        differences.add(rows & are_apart(both[f"{name}_events"], both[f"{name}_log"], seconds), name, [cut])
    for name in ("wait_s", "talk_s"):  # each end of a span is cut to its second
        events, log = both[f"{name}_events"], both[f"{name}_log"]
        off = ((events - log).abs() > seconds + 1) | (events.isna() != log.isna())
        differences.add(rows & is_true(off), name, [cut])


def _outside(both: pd.DataFrame, side: str, span: pd.Series) -> pd.Series:
    """Return which visits of one side lie before or after all of the other."""
    joined = both[f"joined_{side}"].fillna(both[f"left_queue_{side}"])
    if span.isna().all():
        return pd.Series(True, index=both.index)
    return ~joined.between(span.min(), span.max())
