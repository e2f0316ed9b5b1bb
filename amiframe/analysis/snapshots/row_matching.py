"""Which row of one snapshot is which row of another: channels by their id, and what else is listed by its own name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.errors import ConfigError

PBX = "amf_pbx"
_OWN_ID = r"(?:.*-)?[0-9]{9,11}\.[0-9]+$"  # what Asterisk makes itself; any other id was chosen by a caller
_SERIAL = r"-([0-9a-f]{8})(?:;[12])?$"  # counts the channels of a technology up
_AGES_DIFFER_S = 3.0  # ages are whole seconds, and a list takes its time


@dataclass(frozen=True, slots=True)
class Listing:
    """A kind of frame: how it is known, and what names its rows.

    Parameters
    ----------
    name : str
    known_by : tuple of str
        Columns that only it has together.
    match : tuple of str
        Columns that name a row.
    shown : tuple of str
        Columns of a row that a comparison shows, changed or not.
    """

    name: str
    known_by: tuple[str, ...]
    match: tuple[str, ...]
    shown: tuple[str, ...]


LISTINGS = (
    Listing("waiting", ("queue", "position", "uniqueid"), ("queue", "uniqueid"), ("queue", "channel", "uniqueid")),
    Listing("status", ("channel", "uniqueid"), ("uniqueid",), ("channel", "uniqueid")),
    Listing("members", ("queue", "location"), ("queue", "location"), ("queue", "name", "location")),
    Listing("queues", ("queue", "strategy"), ("queue",), ("queue",)),
    Listing("endpoints", ("objectname",), ("objectname",), ("objectname",)),
    Listing("commands", ("action", "privileges"), ("action",), ("action",)),
)
"""Kinds of frames whose rows have names, the most particular first."""


def listing_of(frame: pd.DataFrame) -> Listing:
    """Return which kind a frame is.

    Raises
    ------
    ConfigError
        Its rows have no names that two snapshots share.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(
            f"a frame is needed, not {type(frame).__name__}", hint="pbx.status(), or af.read_status(...) of a file"
        )
    listing = next((known for known in LISTINGS if set(known.known_by) <= set(frame.columns)), None)
    if listing is None:
        raise ConfigError(
            "the rows of this frame have no name that two snapshots could share",
            hint="compare what status() gives, or "
            + ", ".join(known.name for known in LISTINGS if known.name != "status"),
        )
    return listing


def pair(before: pd.DataFrame, after: pd.DataFrame, match: Sequence[str]) -> Integers:
    """Return for each row of `after` the row of `before` that is the same thing, -1 for a new one.

    Rows with the same name are paired in their order. A channel whose id a caller chose, and chose again for another
    call, is not the same: its name has another serial number.
    """
    names = [PBX, *match] if PBX in before.columns and PBX in after.columns else list(match)
    # a frame may have the same PBX twice; rows without one of the names are matched by the others
    codes = np.zeros(len(before) + len(after), dtype=np.int64)
    for name in names:
        values = pd.concat([before[name].astype("str"), after[name].astype("str")], ignore_index=True)
        if name == "action":
            values = values.str.lower()  # XML loses the case of actions
        number, words = pd.factorize(values, use_na_sentinel=False)
        codes = pd.factorize(codes * len(words) + number)[0]
    first, second = codes[: len(before)], codes[len(before) :]
    keys = [pd.MultiIndex.from_arrays([part, pd.Series(part).groupby(part).cumcount()]) for part in (first, second)]
    rows: Integers = keys[0].get_indexer(keys[1]).astype(np.int64)
    if {"channel", "uniqueid"} <= set(before.columns) & set(after.columns):
        at = np.flatnonzero(rows >= 0)
        other = _is_another(before.iloc[rows[at]], after.iloc[at])
        rows[at[other]] = -1
    return rows


def _is_another(before: pd.DataFrame, after: pd.DataFrame) -> Flags:
    """Return which pairs with the same id are two channels all the same."""
    one, two = (frame["channel"].astype("str").reset_index(drop=True) for frame in (before, after))
    renamed = (one != two) & one.notna() & two.notna()
    if not renamed.any():
        return np.zeros(len(one), dtype=bool)
    serials = [names.str.extract(_SERIAL)[0] for names in (one, two)]
    counted = serials[0].notna() & serials[1].notna() & (serials[0] != serials[1])
    chosen = ~after["uniqueid"].astype("str").reset_index(drop=True).str.fullmatch(_OWN_ID).fillna(False)
    # names without a serial number may change during a call (ISDN): then the age decides
    younger = chosen & ~(created(after) - created(before)).abs().le(_AGES_DIFFER_S)
    is_another: Flags = (renamed & (counted | (younger & serials[0].isna()))).to_numpy(dtype=bool)
    return is_another


def created(status: pd.DataFrame) -> pd.Series:
    """Return when each channel was made, in seconds since 1970 by our own clock; NaN where it is not known."""
    if not {"amf_fetched", "seconds"} <= set(status.columns):
        return pd.Series(np.nan, index=range(len(status)))
    age = status["seconds"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(fetched(status).to_numpy() - age)


def fetched(frame: pd.DataFrame) -> pd.Series:
    """Return when each row had arrived, in seconds since 1970; NaN where it is not known."""
    if "amf_fetched" not in frame.columns or not isinstance(frame["amf_fetched"].dtype, pd.DatetimeTZDtype):
        return pd.Series(np.nan, index=range(len(frame)))
    return epoch_seconds(frame["amf_fetched"].reset_index(drop=True))


def epoch_seconds(times: pd.Series) -> pd.Series:
    """Return times as seconds since 1970; NaN for a missing one."""
    return (times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
