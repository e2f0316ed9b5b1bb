"""Frames of rows that are ours, not the server's: checks, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from amiframe.frames.values import ARROW_TYPES, to_pandas


def rows_frame(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame with just these columns, each of its kind; what a row leaves out is missing.

    Examples
    --------
    >>> rows_frame([{"what": "port", "ok": True}, {"what": "login"}], {"what": "str", "ok": "bool"})["ok"].tolist()
    [True, <NA>]
    """
    columns = {name: pa.array([row.get(name) for row in rows], ARROW_TYPES[kind]) for name, kind in kinds.items()}
    return to_pandas(pa.table(columns))
