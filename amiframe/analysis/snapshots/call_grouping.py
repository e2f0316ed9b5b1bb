"""Channels of one list that belong to one call: by Linkedid, joined where a bridge joins them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.analysis.snapshots.row_matching import PBX

HOLDING = ("Park", "ParkAndAnnounce", "BridgeWait", "AgentLogin")
"""Applications whose channels stand in one bridge without hearing each other."""


def number(frame: pd.DataFrame, *names: str) -> Integers:
    """Return a number for each row, the same for rows that have the same PBX and the same values; -1 where one lacks.

    Examples
    --------
    >>> number(pd.DataFrame({"a": ["x", "y", "x", None]}), "a").tolist()
    [0, 1, 0, -1]
    """
    codes = pd.factorize(frame[PBX].astype("str"))[0] if PBX in frame.columns else np.zeros(len(frame), dtype=np.int64)
    lacks = np.zeros(len(frame), dtype=bool)
    for name in names:
        found, words = pd.factorize(frame[name].astype("str"))
        lacks |= found < 0
        codes = pd.factorize(codes * max(len(words), 1) + found)[0]
    made: Integers = np.where(lacks, -1, codes).astype(np.int64)
    return made


def calls_of(status: pd.DataFrame) -> Integers:
    """Return the number of each channel's call."""
    linked = number(status, "linkedid")
    alone = np.flatnonzero(linked < 0)
    linked[alone] = len(status) + np.arange(len(alone))
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
            found: Integers = pd.factorize(call)[0].astype(np.int64)
            return found
        call = spread


def bridges_of(status: pd.DataFrame) -> Integers:
    """Return the number of each channel's bridge, -1 outside of one."""
    return number(status, "bridgeid")


def joins(status: pd.DataFrame, bridge: Integers) -> Flags:
    """Say for each channel in a bridge whether those in it hear each other: a parking lot is a bridge as well."""
    is_held = status["application"].isin(HOLDING).to_numpy()
    held = pd.Series(is_held).groupby(bridge).transform("all").to_numpy(dtype=bool) if len(status) else is_held
    found: Flags = (bridge >= 0) & ~held
    return found
