"""What the finding rules share: a snapshot with the one before it, ages, numbers of calls, the clock of the PBX."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags, Floats, Integers
from amiframe.analysis.snapshots.call_grouping import group_numbers, linked_calls
from amiframe.analysis.snapshots.row_matching import PBX, fetched, listing_of, pair
from amiframe.errors import ConfigError
from amiframe.reply import Snapshot

UP, RING = 6, 4
NOT_ANSWERED = (0, 3, RING, 5, 8, 9)
"""``channelstate`` of a channel that waits for an answer; off-hook and busy ones do not."""

OUTGOING = (0, 3, 5, 8, 9)
"""``channelstate`` of a leg that the PBX calls and nobody has answered."""

DIALS = ("Dial",)
FAR = ("AppDial", "AppQueue")
"""Applications of who dials, and of who was dialled: a channel that has another one to talk with.

RetryDial is not among them: it may be waiting until it tries again.
"""

INTERNAL = ("Message", "CBAnn", "CBRec", "Announcer", "Recorder", "Bridge")
"""Technologies whose channels the PBX makes for itself and keeps as long as it likes."""

_NEEDED = (
    "channel", "channelstate", "channelstatedesc", "type", "uniqueid", "linkedid", "calleridnum", "exten", "bridgeid",
    "application", "data", "seconds", "timetohangup",
)  # fmt: skip
_EPOCH = r"(?:.*-)?([0-9]{9,11})\.[0-9]+$"
_SAME_CLOCK_S = 1.0  # ages are whole seconds, and a list takes its time


@dataclass(frozen=True, slots=True)
class SnapshotContext:
    """What was after at one time, or at two.

    Parameters
    ----------
    status : pandas.DataFrame
        Channels, rows numbered from 0.
    snapshot : Snapshot, optional
        Queues and endpoints, where they are known too.
    earlier : SnapshotContext, optional
        The snapshot before.
    """

    status: pd.DataFrame
    snapshot: Snapshot | None = None
    earlier: SnapshotContext | None = None

    @property
    def ages(self) -> Floats:
        """Seconds of each channel; -1 where they are missing."""
        return floats(self.status["seconds"], -1.0)

    @property
    def calls(self) -> Integers:
        """Number of each channel's Linkedid; one of its own where it has none."""
        return linked_calls(self.status)

    @property
    def is_internal(self) -> Flags:
        """Whether the PBX made the channel for itself."""
        return flags(self.status["type"].isin(INTERNAL))

    def states(self, *wanted: int) -> Flags:
        """Return for each channel whether it is in one of these states."""
        return flags(self.status["channelstate"].isin(wanted))

    def runs(self, *applications: str) -> Flags:
        """Return for each channel whether it runs one of these applications."""
        return flags(self.status["application"].isin(applications))

    def gap_s(self) -> float:
        """Return the seconds between the two snapshots; NaN where they are not known."""
        if self.earlier is None:
            return float("nan")
        before, after = (fetched(snapshot.status).median() for snapshot in (self.earlier, self))
        return float(after - before)


def snapshot_context(given: pd.DataFrame | Snapshot, before: pd.DataFrame | Snapshot | None = None) -> SnapshotContext:
    """Return the context of a snapshot or a list of channels, with the one before it.

    Raises
    ------
    ConfigError
        Not a list of channels with typed columns, or the one before is the later one.
    """
    earlier = None if before is None else snapshot_context(before)
    frame = given.status if isinstance(given, Snapshot) else given
    lacking = [name for name in _NEEDED if name not in frame.columns] if _is_status(frame) else list(_NEEDED)
    if lacking:
        raise ConfigError(
            f"this frame is no list of channels: it has no {lacking[0]}",
            hint="pbx.status() or pbx.snapshot(), or af.read_status(...) of a file",
        )
    if not pd.api.types.is_numeric_dtype(frame["seconds"]):
        raise ConfigError("the columns of this frame are text", hint="leave out raw_values=True")
    context = SnapshotContext(frame.reset_index(drop=True), given if isinstance(given, Snapshot) else None, earlier)
    if earlier is not None and (PBX in frame.columns) != (PBX in earlier.status.columns):
        raise ConfigError(
            "only one of the two snapshots says of which PBX its rows are", hint="take both of the same fleet"
        )
    if context.gap_s() <= 0:
        raise ConfigError("`before` is not older than the snapshot", hint="findings(later, before=earlier)")
    return context


def _is_status(frame: object) -> bool:
    return isinstance(frame, pd.DataFrame) and listing_of(frame).name == "status"


def rows_before(after: SnapshotContext, before: SnapshotContext) -> Integers:
    """Return for each channel its row in the snapshot before, -1 where it was not there."""
    return pair(before.status, after.status, ("uniqueid",))


def clock(status: pd.DataFrame) -> Floats:
    """Return for each row the time of its PBX's own clock, in seconds since 1970; NaN where it is not known.

    An id begins with the second in which the channel was made, and the age counts from then: so most channels agree on
    the time, whatever our own clock says. A redirected channel counts its age anew and an id can be chosen, so the time
    of most channels holds, of two the later one. Without such ids our own clock is used.

    Examples
    --------
    >>> rows = pd.DataFrame({"uniqueid": ["1795448768.1", "pbx-1795448790.7", "mine"], "seconds": [52, 30, 4]})
    >>> clock(rows).tolist()
    [1795448820.0, 1795448820.0, 1795448820.0]
    """
    created = status["uniqueid"].astype("str").str.extract("^" + _EPOCH)[0]
    reported = pd.to_numeric(created).to_numpy(dtype=float, na_value=np.nan) + floats(status["seconds"], np.nan)
    ours = fetched(status).to_numpy(dtype=float)
    pbxs = group_numbers(status) if PBX in status.columns else np.zeros(len(status), dtype=np.int64)
    now = np.full(len(status), np.nan)
    for pbx in np.unique(pbxs):
        rows = pbxs == pbx
        times = np.sort(reported[rows & np.isfinite(reported)])
        if len(times):
            first = np.searchsorted(times, times - _SAME_CLOCK_S)
            last = np.searchsorted(times, times + _SAME_CLOCK_S, side="right")
            most_frequent = times[last - first == (last - first).max()]
            now[rows] = np.median(most_frequent[most_frequent >= most_frequent[-1] - _SAME_CLOCK_S])
        elif np.isfinite(ours[rows]).any():
            now[rows] = np.nanmedian(ours[rows])
    return now


def floats(values: pd.Series, missing: float) -> Floats:
    """Return numbers as floats, with `missing` where there is none."""
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=missing), dtype=np.float64)


def flags(values: pd.Series) -> Flags:
    """Return flags; a missing one is false."""
    return np.asarray(values.astype("boolean").fillna(False).to_numpy(dtype=bool), dtype=np.bool_)
