"""From the moments at which the state of an agent may change to the table of states."""

from __future__ import annotations

from typing import Any

import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Flags, Integers


def state_spans(changes: pd.DataFrame, last_end: int) -> pd.DataFrame:
    """Return the spans of time between changes of state, each with its `end`.

    Parameters
    ----------
    changes : DataFrame
        ``key`` (agent and queue), ``time`` (microseconds), ``state``, ``reason`` and others, sorted by key and time. Of
        one moment the last row counts; neighbours with the same state and reason become one span.
    last_end : int
        End of the last span of each key.
    """
    key, time = changes["key"], changes["time"]
    spans = changes[(key != key.shift(-1)) | (time != time.shift(-1))]
    label = spans["state"].astype("object").fillna("").astype("str") + "|" + spans["reason"].fillna("").astype("str")
    spans = spans[(spans["key"] != spans["key"].shift()) | (label != label.shift())].reset_index(drop=True)
    has_next = spans["key"] == spans["key"].shift(-1)
    return spans.assign(end=spans["time"].shift(-1).where(has_next, last_end).astype("int64"))


def state_table(texts: dict[str, Any], start: Integers, end: Integers, is_complete: Flags) -> pd.DataFrame:
    """Return the columns of :func:`amiframe.agents`, those of text first."""
    return pd.DataFrame(
        {
            **{name: series.text(values) for name, values in texts.items()},
            "started": series.moment(start),
            "ended": series.moment(end),
            "duration_s": series.seconds(start, end),
            "complete": series.flag(is_complete),
        }
    )
