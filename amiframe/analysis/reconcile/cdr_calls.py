"""Records of CDR -> one row per call: a forked dial, a transfer and a queue leave several."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis.reconcile.differences import mask

DISPOSITIONS = {  # words of CDR, the most telling first: words of a call
    "ANSWERED": "answered",
    "BUSY": "busy",
    "CONGESTION": "congestion",
    "FAILED": "failed",
    "NO ANSWER": "no answer",
}
UNANSWERED = ("no answer", "busy", "rejected", "cancelled", "failed", "congestion")


def folded(cdr: pd.DataFrame, calls: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one row per call of the records: begin, answer, end, parties, and what kinds of records there are.

    A record without ``linkedid`` belongs to the call of its ``uniqueid``; ``is_leg`` marks a group whose channel is in
    the records of a call that events know.
    """
    rows = cdr.reset_index(drop=True)
    linkedid = rows["linkedid"] if "linkedid" in rows.columns else pd.Series(pd.NA, index=rows.index, dtype="str")
    rows = rows.assign(linkedid=linkedid.fillna(rows["uniqueid"]), _alone=linkedid.isna())
    if "amf_seq" not in rows.columns:
        rows["amf_seq"] = range(len(rows))
    order = ["start", "sequence", "amf_seq"] if "sequence" in rows.columns else ["start", "amf_seq"]
    rows = rows.sort_values(order, kind="stable")
    rank = rows["disposition"].map({word: at for at, word in enumerate(DISPOSITIONS)}).fillna(len(DISPOSITIONS))
    # a queue's caller who was answered by the dialplan and then gave up has NO ANSWER beside an answer time
    rows["_rank"] = rank.where(rows["answer"].isna(), 0)
    rows["_forked"] = _forked(rows, keys)
    names = calls[[*keys, *(["answered_channel"] if "answered_channel" in calls.columns else [])]]
    asked = rows.merge(names.drop_duplicates(keys), on=keys, how="left")
    wanted = asked.get("answered_channel", pd.Series(pd.NA, index=asked.index, dtype="str"))
    rows["_has"] = (mask(asked["dstchannel"] == wanted)) | (mask(asked["channel"] == wanted))
    is_local = [mask(rows[name].str.startswith("Local/")) for name in ("channel", "dstchannel")]
    rows["_local"], rows["_local_first"] = is_local[0] | is_local[1], is_local[0]
    grouped = rows.groupby(keys, sort=False, dropna=False)
    made = grouped.agg(
        records=("start", "size"),
        uniqueids=("uniqueid", "nunique"),
        forks=("_forked", "sum"),
        start=("start", "min"),
        answer=("answer", "min"),
        end=("end", "max"),
        billsec=("billsec", "sum"),
        src=("src", "first"),
        dst=("dst", "first"),
        rank=("_rank", "min"),
        has_channel=("_has", "any"),
        has_local=("_local", "any"),
        from_local=("_local_first", "first"),
        by_uniqueid=("_alone", "all"),
        answered_channel=("dstchannel", "first"),
    ).reset_index()
    words = dict(enumerate(DISPOSITIONS.values()))
    made["disposition"] = made.pop("rank").map(words).astype("str")
    own = rows[rows["uniqueid"] == rows["linkedid"]].groupby(keys, sort=False)[["src", "dst"]].first().reset_index()
    made = made.merge(own, on=keys, how="left", suffixes=("", "_own"))
    for name in ("src", "dst"):  # the caller's own record, where it has one
        made[name] = made[f"{name}_own"].fillna(made[name])
    made["is_leg"] = _is_leg(rows, calls, keys, made)
    return made.drop(columns=["src_own", "dst_own"])


def _forked(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Whether a record began while another one of the same channel still ran: phones that rang together."""
    same = [*[key for key in keys if key != "linkedid"], "uniqueid"]
    ends = rows["end"].astype("int64").groupby([rows[name] for name in same], dropna=False).cummax()
    before = ends.groupby([rows[name] for name in same], dropna=False).shift()
    return (rows["start"].astype("int64") < before).fillna(False) | mask(
        rows.duplicated([*same, "start"], keep="first") & rows["dstchannel"].notna()
    )


def _is_leg(rows: pd.DataFrame, calls: pd.DataFrame, keys: list[str], made: pd.DataFrame) -> pd.Series:
    """Whether a call that only CDR has is another leg of one that events know too.

    It has a channel of that call, or, where CDR has no linkedid, the same caller within the same time.
    """
    other = [key for key in keys if key != "linkedid"]
    known = rows.merge(calls[keys].drop_duplicates(), on=keys, how="inner")
    both = [
        pd.concat([frame[[*keys, name]].rename(columns={name: "_channel"}) for name in ("channel", "dstchannel")])
        for frame in (known, rows)
    ]
    for frame in both:  # the two halves of a Local channel are one wire
        frame["_channel"] = frame["_channel"].str.replace(r"^(Local/.*);[12]$", r"\1", regex=True)
    seen = both[0].dropna(subset="_channel")[[*other, "_channel"]].drop_duplicates()
    legs = both[1].merge(seen, on=[*other, "_channel"], how="inner")[keys]
    alone = made[made["by_uniqueid"]]
    spans = made.merge(calls[keys].drop_duplicates(), on=keys, how="inner")[[*other, "src", "start", "end"]].dropna()
    near = alone[[*keys, "src", "start"]].merge(spans, on=[*other, "src"], suffixes=("", "_call"))
    near = near[(near["start"] >= near["start_call"]) & (near["start"] <= near["end"])]
    found = pd.concat([legs, near[keys]]).drop_duplicates().assign(is_leg=True)
    return made[keys].merge(found, on=keys, how="left")["is_leg"].astype("boolean").fillna(False)
