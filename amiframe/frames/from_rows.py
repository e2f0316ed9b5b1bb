"""Frames of rows that are ours, not the server's: checks, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from amiframe.frames.casting import ARROW_TYPES, to_pandas


def rows_frame(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame with just these columns, each of its kind; what a row leaves out is missing.

    Examples
    --------
    >>> rows_frame([{"what": "port", "ok": True}, {"what": "login"}], {"what": "str", "ok": "bool"})["ok"].tolist()
    [True, <NA>]
    """
    columns = {name: pa.array([row.get(name) for row in rows], ARROW_TYPES[kind]) for name, kind in kinds.items()}
    return to_pandas(pa.table(columns))


def stacked(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return frames of the same kind as one, with the key of each in ``amf_pbx``, the first column.

    A column that one of them lacks is missing there, and keeps its type. Provenance is that of all: counts are summed,
    and what is not the same everywhere is listed.
    """
    dtypes: dict[str, Any] = {}
    for frame in frames.values():
        for name in frame.columns:
            dtypes.setdefault(str(name), frame[name].dtype)
    names = sorted(dtypes, key=lambda name: name.startswith("amf_"))  # ours stay behind the server's
    parts = []
    for key, frame in frames.items():
        absent = {
            name: pd.Series(pd.NA, frame.index, dtype=dtypes[name]) for name in names if name not in frame.columns
        }
        whole = pd.concat([frame, pd.DataFrame(absent)], axis=1) if absent else frame
        part = whole[names].copy()
        part.attrs = {}
        part.insert(0, "amf_pbx", pd.Series(key, frame.index, dtype="str"))
        parts.append(part)
    joined = pd.concat(parts, ignore_index=True)
    joined.attrs["amiframe"] = _together([frame.attrs.get("amiframe", {}) for frame in frames.values()], len(joined))
    return joined


def _together(abouts: Sequence[Mapping[str, Any]], rows: int) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for name in dict.fromkeys(name for about in abouts for name in about):
        values = [about.get(name) for about in abouts]
        if name == "fetched":
            joined[name] = min(filter(None, values), default=None)
        elif name == "fetched_complete":
            joined[name] = all(values)
        elif all(isinstance(value, int) for value in values):
            joined[name] = sum(values)
        else:
            texts = dict.fromkeys(str(value) for value in values if value is not None)
            joined[name] = ", ".join(texts) or None
    return {**joined, "fetched_rows": rows}
