"""Rows of the table queue_log, as a data base gives them -> the frame that the file would give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe import frames
from amiframe.errors import ConfigError
from amiframe.frames.builder import with_about
from amiframe.frames.casting import TEXT, TIME, Misfits, mark_nulls, pairs_array, series_texts, to_pandas
from amiframe.read import cdr_times
from amiframe.timeutil import zones

COLUMNS = ("time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")
"""As the columns of Asterisk's realtime table queue_log are called."""

NULL_MARKERS = dict.fromkeys(("callid", "queuename", "agent"), frozenset({"NONE"}))
"""Columns in which a word means that there is no value."""

_ALSO = {
    "time_id": "time",
    "eventdate": "time",
    "call_id": "callid",
    "uniqueid": "callid",
    "queue": "queuename",
    "qname": "queuename",
    "queue_name": "queuename",
    "agentname": "agent",
    "agent_name": "agent",
    "verb": "event",
    "qevent": "event",
}
"""What the columns are called in tables that other programs fill."""

_NEEDED = COLUMNS[:5]


def is_ours(table: pd.DataFrame) -> bool:
    """Whether a frame is one that read_queue_log gave."""
    time = table["time"].dtype if "time" in table.columns else None
    return set(COLUMNS) <= set(table.columns) and "amf_seq" in table.columns and str(time) == "datetime64[us, UTC]"


def from_table(table: pd.DataFrame, tz: str | None, misfits: Misfits) -> pd.DataFrame:
    """Return the rows of a table as the frame of read_queue_log; one of ours as it is."""
    if is_ours(table):
        return table
    names = _names(table)
    times, ambiguous, strange = _times(table[names["time"]].reset_index(drop=True), tz)
    columns: dict[str, pa.Array] = {"time": times}
    for name in COLUMNS[1:]:
        texts = series_texts(table[names[name]]) if name in names else pa.nulls(len(table), TEXT)
        columns[name] = mark_nulls(texts, NULL_MARKERS.get(name, frozenset()))
    if "data1" not in names and "data" in names:  # the table of before adaptive realtime
        columns |= _parted(series_texts(table[names["data"]]))
    misfits.count += len(strange)
    columns["amf_seq"] = pa.array(np.arange(len(table)), pa.int64())
    columns["amf_misfit"] = pairs_array({row: [("time", text)] for row, text in strange.items()}, len(table), misfits)
    frame = to_pandas(pa.table(columns))
    used = {names[name] for name in names if name in COLUMNS or (name == "data" and "data1" not in names)}
    for name in table.columns:
        if name not in used and name not in frame.columns:
            frame[name] = table[name].to_numpy() if table[name].dtype == object else table[name].array
    about = {**frames.about(), "source": None, "ambiguous_times": ambiguous}
    return with_about(frame, about, misfits)


def _names(table: pd.DataFrame) -> dict[str, Any]:
    """Return which column of the table is which of ours."""
    lower = {str(name).lower(): name for name in table.columns}
    names = {name: lower[name] for name in (*COLUMNS, "data") if name in lower}
    for other, name in _ALSO.items():
        if other in lower:
            names.setdefault(name, lower[other])
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise ConfigError(
            f"no queue_log: the table has no column {', '.join(missing)}",
            hint="SELECT time, callid, queuename, agent, event, data1, data2, data3, data4, data5 FROM queue_log",
        )
    return names


def _parted(data: pa.Array) -> dict[str, pa.Array]:
    pattern = (
        r"(?s)^(?P<data1>[^|]*)"
        + "".join(rf"(?:\|(?P<data{n}>[^|]*))?" for n in range(2, 5))
        + r"(?:\|(?P<data5>.*))?$"
    )
    parts = pc.extract_regex(data, pattern)
    return {name: mark_nulls(pc.struct_field(parts, name)) for name in COLUMNS[5:]}


# --- times ----------------------------------------------------------------------------------------------------------


def _times(values: pd.Series, tz: str | None) -> tuple[pa.Array, int, dict[int, str]]:
    """Return times in UTC, how many local ones were ambiguous, and by row the texts that are not a time."""
    column = cdr_times.parsed(values)
    utc, ambiguous = column.utc, 0
    if column.local.notna().any():
        local, ambiguous = _localized(column.local, tz)
        utc = utc.fillna(local)
    bad = np.flatnonzero((column.texts.notna() & utc.isna()).to_numpy())
    return pa.array(utc, TIME, from_pandas=True), ambiguous, {int(row): str(column.texts.iloc[row]) for row in bad}


def _localized(local: pd.Series, tz: str | None) -> tuple[pd.Series, int]:
    if tz is None:
        raise ConfigError(
            "the times of the table name no zone",
            hint="read_queue_log(table, tz='Europe/Moscow'): the zone of the PBX; "
            "tz='UTC' with queue_log_realtime_use_gmt=yes",
        )
    return zones.to_utc(local, tz)
