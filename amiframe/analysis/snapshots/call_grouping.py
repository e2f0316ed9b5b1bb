"""Channels of one list that belong to one call: by Linkedid, joined where a bridge joins them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.analysis.snapshots.row_matching import PBX

HOLDING = ("Park", "ParkAndAnnounce", "BridgeWait", "AgentLogin")
"""Applications whose channels stand in one bridge without exchanging audio."""


def group_numbers(frame: pd.DataFrame, *names: str) -> Integers:
    """Return a number for each row, the same for rows that have the same PBX and the same values; -1 where one lacks.

    Examples
    --------
    >>> group_numbers(pd.DataFrame({"a": ["x", "y", "x", None]}), "a").tolist()
    [0, 1, 0, -1]
    """
    codes = pd.factorize(frame[PBX].astype("str"))[0] if PBX in frame.columns else np.zeros(len(frame), dtype=np.int64)
    lacks = np.zeros(len(frame), dtype=bool)
    for name in names:
        values, distinct = pd.factorize(frame[name].astype("str"))
        lacks |= values < 0
        codes = pd.factorize(codes * max(len(distinct), 1) + values)[0]
    return np.where(lacks, -1, codes).astype(np.int64)


def linked_calls(status: pd.DataFrame) -> Integers:
    """Return the number of each channel's Linkedid; a number of its own for a channel without one."""
    linked = group_numbers(status, "linkedid")
    unlinked = np.flatnonzero(linked < 0)
    linked[unlinked] = len(status) + np.arange(len(unlinked))
    return linked


def calls_of(status: pd.DataFrame) -> Integers:
    """Return the number of each channel's call."""
    linked = linked_calls(status)
    bridge = bridges_of(status)
    joined = np.where(joins(status, bridge), bridge, -1)
    rows = np.flatnonzero(joined >= 0)
    call = pd.factorize(linked)[0].astype(np.int64)
    while True:  # the smallest number spreads through bridges, then through linked channels, until none moves
        least = pd.Series(call[rows]).groupby(joined[rows]).transform("min").to_numpy()
        spread = call.copy()
        spread[rows] = least
        spread = pd.Series(spread).groupby(linked).transform("min").to_numpy()
        if np.array_equal(spread, call):
            return np.asarray(pd.factorize(call)[0], np.int64)
        call = spread


def bridges_of(status: pd.DataFrame) -> Integers:
    """Return the number of each channel's bridge, -1 outside of one."""
    return group_numbers(status, "bridgeid")


def joins(status: pd.DataFrame, bridge: Integers) -> Flags:
    """Return which channels are in a bridge whose channels exchange audio: a parking lot is a bridge as well."""
    is_held = status["application"].isin(HOLDING).to_numpy()
    held = pd.Series(is_held).groupby(bridge).transform("all").to_numpy(dtype=bool) if len(status) else is_held
    return np.asarray((bridge >= 0) & ~held)
