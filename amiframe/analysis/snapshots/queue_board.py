"""Queues as they are now: what each agent is doing, and one row per queue with callers, agents and service level."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.indexing import select_label
from amiframe.analysis.metrics.queues import service_level
from amiframe.analysis.queues.queue_tables import queue_calls
from amiframe.analysis.snapshots.context import flags, floats
from amiframe.analysis.snapshots.row_matching import epoch_seconds, fetched

AGENT_STATES = ("free", "ringing", "busy", "wrapup", "paused", "away")
"""What an agent can be doing."""

_FREE, _RINGING, _AWAY = (0, 1), 6, (4, 5)  # ``status`` of a member; the PBX also rings members of status 0, unknown
_COUNTS = ("waiting", *AGENT_STATES, "sl_n")


def agent_states(members: pd.DataFrame, at: datetime | None = None) -> pd.Series:
    """Return what each queue member is doing: one of :data:`AGENT_STATES`.

    Parameters
    ----------
    members : DataFrame
        Items QueueMember of QueueStatus.
    at : datetime, optional
        Decides whether a wrap-up is over. Default: when each row was fetched.

    Notes
    -----
    A member in a call is busy even when paused: the pause counts after the call. ``InCall`` comes before the device
    state, which a PBX does not know of every device.

    Examples
    --------
    >>> agent_states(pd.DataFrame({"status": [1, 1, 6], "incall": [True, False, False], "paused": True})).tolist()
    ['busy', 'paused', 'paused']
    """
    absent = pd.Series(pd.NA, members.index)
    status = members["status"]
    last_call = members.get("lastcall", absent).astype("datetime64[us, UTC]")
    wrapup_s = floats(members.get("wrapuptime", absent), 0.0)
    now = fetched(members).to_numpy(dtype=float) if at is None else pd.Timestamp(at).timestamp()
    since_call = now - epoch_seconds(last_call).to_numpy(dtype=float)
    states = select_label(
        len(members),
        (flags(members.get("incall", absent)), "busy"),
        (flags(status.isin(_AWAY)), "away"),
        (flags(members.get("paused", absent)), "paused"),
        (flags(status.eq(_RINGING)), "ringing"),
        (~flags(status.isin(_FREE)), "busy"),
        ((wrapup_s > 0) & (since_call < wrapup_s), "wrapup"),
        (np.ones(len(members), bool), "free"),
    )
    return pd.Series(states, members.index, dtype="str")


def queue_board(
    tables: Mapping[str, pd.DataFrame], at: datetime | None = None, level: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per queue.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        QueueParams, QueueMember and QueueEntry, as ``pbx.tables("QueueStatus")`` gives them.
    at : datetime, optional
        As in :func:`agent_states`.
    level : DataFrame, optional
        Of :func:`metrics.service_level`, by queue. Default: the PBX's own ``perf``, which it counts since it began or
        was reset.

    Returns
    -------
    pandas.DataFrame
        ``queue``, ``waiting``, ``longest_wait_s``, the number of agents ``free``, ``ringing``, ``busy``, in ``wrapup``,
        ``paused``, ``away``, and ``sl`` (0 to 1), ``sl_n`` (its number of callers), ``sl_rule``, ``threshold_s``.
    """
    queues, members, waiting = (tables[name] for name in ("QueueParams", "QueueMember", "QueueEntry"))
    names = queues["queue"].astype("str").to_list()
    waits = (
        waiting["wait"].astype("float64").groupby(waiting["queue"].astype("str")).agg(["size", "max"]).reindex(names)
    )
    states = agent_states(members, at).groupby(members["queue"].astype("str")).value_counts().unstack(fill_value=0)
    board = pd.DataFrame(
        {"queue": names, "waiting": waits["size"].to_numpy(), "longest_wait_s": waits["max"].to_numpy()}
    )
    board[list(AGENT_STATES)] = states.reindex(names, columns=list(AGENT_STATES)).to_numpy()
    if level is None:
        has_calls = flags(queues["completed"].gt(0))
        board["sl"] = np.where(has_calls, floats(queues["servicelevelperf"], np.nan) / 100, np.nan)
        board["sl_n"], board["sl_rule"] = queues["completed"].to_numpy(), "perf"
        board["threshold_s"] = queues["servicelevel"].to_numpy()
    else:
        counted = level.set_index("queue").reindex(names)
        for name, column in (("sl", "sl"), ("sl_n", "sl_den"), ("sl_rule", "sl_rule"), ("threshold_s", "threshold_s")):
            board[name] = counted[column].to_numpy()
    board[list(_COUNTS)] = board[list(_COUNTS)].fillna(0)
    return board.astype(
        {"queue": "str", "longest_wait_s": "float64", "sl": "float64", "sl_rule": "str", "threshold_s": "float64"}
        | dict.fromkeys(_COUNTS, "Int64")
    )


def level_since(
    queue_log: pd.DataFrame, since: pd.Timestamp, thresholds: Mapping[str, float], rule: str
) -> pd.DataFrame:
    """Return the service level of each queue, of the callers who came since a time, each by its own threshold."""
    visits = queue_calls(queue_log)
    recent = visits[visits["joined"] >= since.tz_convert("UTC")]
    parts = [
        service_level(recent[recent["queue"] == queue], by="queue", rule=rule, threshold_s=threshold)
        for queue, threshold in thresholds.items()
    ]
    return pd.concat([service_level(visits.iloc[:0], by="queue", rule=rule), *parts], ignore_index=True)
