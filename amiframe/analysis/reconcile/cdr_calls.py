"""Records of CDR -> one row per call: a forked dial, a transfer and a queue leave several."""

from __future__ import annotations

import pandas as pd

from amiframe.analysis.reconcile.differences import is_true

DISPOSITIONS = {  # words of CDR, the most telling first: words of a call
    "ANSWERED": "answered",
    "BUSY": "busy",
    "CONGESTION": "congestion",
    "FAILED": "failed",
    "NO ANSWER": "no answer",
}
UNANSWERED = ("no answer", "busy", "rejected", "cancelled", "failed", "congestion")


def calls_of_cdr(cdr: pd.DataFrame, calls: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
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
    rows = rows.sort_values(order, kind="stable", ignore_index=True)
    rank = rows["disposition"].map({word: at for at, word in enumerate(DISPOSITIONS)}).fillna(len(DISPOSITIONS))
    # a queue's caller who was answered by the dialplan and then gave up has NO ANSWER beside an answer time
    rows["_rank"] = rank.where(rows["answer"].isna(), 0)
    rows["_forked"] = _forked(rows, keys)
    known = calls[[*keys, "answered_channel"]].drop_duplicates(keys)
    answering = rows[keys].merge(known, on=keys, how="left")["answered_channel"]
    rows["_has"] = is_true(rows["dstchannel"].eq(answering)) | is_true(rows["channel"].eq(answering))
    is_local = [is_true(rows[name].str.startswith("Local/")) for name in ("channel", "dstchannel")]
    rows["_local"], rows["_local_first"] = is_local[0] | is_local[1], is_local[0]
    grouped = rows.groupby(keys, sort=False, dropna=False)
    frame = grouped.agg(
        records=("start", "size"),
        uniqueids=("uniqueid", "nunique"),
        forks=("_forked", "sum"),
        started=("start", "min"),
        answered=("answer", "min"),
        ended=("end", "max"),
        talk_s=("billsec", "sum"),
        caller=("src", "first"),
        dialed=("dst", "first"),
        rank=("_rank", "min"),
        has_channel=("_has", "any"),
        has_local=("_local", "any"),
        from_local=("_local_first", "first"),
        by_uniqueid=("_alone", "all"),
        answered_channel=("dstchannel", "first"),
    ).reset_index()
    frame["disposition"] = frame.pop("rank").map(dict(enumerate(DISPOSITIONS.values()))).astype("str")
    own = rows[rows["uniqueid"] == rows["linkedid"]].groupby(keys, sort=False)[["src", "dst"]].first().reset_index()
    own = frame[keys].merge(own, on=keys, how="left")  # the caller's own record, where it has one
    frame["caller"], frame["dialed"] = own["src"].fillna(frame["caller"]), own["dst"].fillna(frame["dialed"])
    return frame.assign(is_leg=_is_leg(rows, calls, keys, frame))


def _forked(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Whether a record began while another one of the same channel still ran: phones that rang together."""
    same = [*[key for key in keys if key != "linkedid"], "uniqueid"]
    ends = rows["end"].astype("int64").groupby([rows[name] for name in same], dropna=False).cummax()
    before = ends.groupby([rows[name] for name in same], dropna=False).shift()
    return (rows["start"].astype("int64") < before).fillna(False) | is_true(
        rows.duplicated([*same, "start"], keep="first") & rows["dstchannel"].notna()
    )


def _is_leg(rows: pd.DataFrame, calls: pd.DataFrame, keys: list[str], frame: pd.DataFrame) -> pd.Series:
    """Whether a call that only CDR has is another leg of one that events know too.

    It has a channel of that call, or, where CDR has no linkedid, the same caller within the same time.
    """
    other = [key for key in keys if key != "linkedid"]
    known = rows.merge(calls[keys].drop_duplicates(), on=keys, how="inner")
    of_known, of_all = (_channels(records, keys) for records in (known, rows))
    legs = of_all.merge(of_known[[*other, "wire"]].drop_duplicates(), on=[*other, "wire"], how="inner")[keys]
    alone = frame[frame["by_uniqueid"]]
    span = [*other, "caller", "started", "ended"]
    spans = frame.merge(calls[keys].drop_duplicates(), on=keys, how="inner")[span].dropna()
    near = alone[[*keys, "caller", "started"]].merge(spans, on=[*other, "caller"], suffixes=("", "_call"))
    near = near[near["started"].between(near["started_call"], near["ended"])]
    is_leg = pd.concat([legs, near[keys]]).drop_duplicates().assign(is_leg=True)
    return frame[keys].merge(is_leg, on=keys, how="left")["is_leg"].astype("boolean").fillna(False)


def _channels(records: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the channels of records with their keys; the two halves of a Local channel are one wire."""
    names = ("channel", "dstchannel")
    channels = pd.concat([records[[*keys, name]].rename(columns={name: "wire"}) for name in names])
    channels["wire"] = channels["wire"].str.replace(r"^(Local/.*);[12]$", r"\1", regex=True)
    return channels.dropna(subset="wire")
