"""What is new, gone or changed between two snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import overload

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.analysis._arrays.equality import alike, arrow
from amiframe.analysis.snapshots.row_matching import PBX, Listing, listing_of, pair
from amiframe.errors import ConfigError
from amiframe.frames.casting import LIST, TEXT, to_pandas
from amiframe.reply import Snapshot

AGES = {"seconds": ("seconds", "wait", "duration")}
"""What `ignore` means by the age of a row, in each list by its own name."""

IGNORE = ("seconds", "amf_fetched")


@overload
def compare(before: pd.DataFrame, after: pd.DataFrame, *, ignore: Iterable[str] = ...) -> pd.DataFrame: ...
@overload
def compare(before: Snapshot, after: Snapshot, *, ignore: Iterable[str] = ...) -> dict[str, pd.DataFrame]: ...


def compare(
    before: pd.DataFrame | Snapshot, after: pd.DataFrame | Snapshot, *, ignore: Iterable[str] = IGNORE
) -> pd.DataFrame | dict[str, pd.DataFrame]:
    """Return what is new, gone, changed or the same between two answers of the same question.

    Parameters
    ----------
    before, after : DataFrame or Snapshot
        Two frames of :meth:`Pbx.status`, live or read from files; also two of the frames of a snapshot (queues,
        members, waiting, endpoints) or of :meth:`Pbx.commands`. Two snapshots are compared frame by frame.
    ignore : sequence of str
        Columns that are not compared. ``seconds`` stands for the age of a row, whatever it is called: ``wait`` of a
        caller in a queue, ``duration`` in CoreShowChannels. Compare the ages too with ``ignore=()``.

    Returns
    -------
    pandas.DataFrame, or dict of str to pandas.DataFrame for two snapshots
        One row for each channel of `after` in its order, then those that are gone.

        =============  =============  ===========================================================================
        column         dtype          meaning
        =============  =============  ===========================================================================
        channel        str            name of the channel, the later one (other frames: what names their rows)
        uniqueid       str            id of the channel
        change         str            ``new``, ``gone``, ``changed`` or ``same``
        changed        list of str    columns that changed; empty unless ``changed``
        COLUMN_before  as COLUMN      value before, of each column that changed in any row; in a row that it did not
        COLUMN_after   as COLUMN      change in, both are missing. Of a new or a gone channel, its only value
        amf_pbx        str            which PBX, when both frames tell it
        =============  =============  ===========================================================================

    Raises
    ------
    ConfigError
        A frame whose rows have no names; frames of two kinds; only one of them tells the PBX.

    Notes
    -----
    Channels are the same when PBX and uniqueid are; a channel that was renamed still is. When a caller chose an id and
    took it again for another call, the names' serial numbers tell: one is gone, one is new. A column that only one of
    the frames has is not compared (variables that were asked for once). The order of variables does not count.

    A list is no atomic snapshot: a channel that began or ended while it was listed may be in it or not, and two
    channels of one call can be seen a moment apart.

    Examples
    --------
    >>> before = af.read_status(af.sample("status"))
    >>> after = before.iloc[1:].assign(application="Echo")
    >>> af.compare(before, after)["change"].value_counts().to_dict()
    {'changed': 64, 'same': 23, 'gone': 1}
    """
    if isinstance(before, Snapshot) and isinstance(after, Snapshot):
        left_out = tuple(ignore)
        return {
            f.name: compare(getattr(before, f.name), getattr(after, f.name), ignore=left_out) for f in fields(Snapshot)
        }
    if isinstance(before, Snapshot) or isinstance(after, Snapshot):
        raise ConfigError("a snapshot and a frame are compared", hint="take the frame of it: snapshot.status")
    kind = listing_of(before)
    if listing_of(after) != kind:
        raise ConfigError(f"{kind.name} and {listing_of(after).name} have nothing to compare")
    if (PBX in before.columns) != (PBX in after.columns):
        raise ConfigError(
            "only one of the frames says of which PBX its rows are",
            hint='take the rows of one PBX and drop "amf_pbx", or compare two frames of the same fleet',
        )
    return _compared(before, after, kind, _left_out(ignore))


def _left_out(ignore: Iterable[str]) -> set[str]:
    names = [ignore] if isinstance(ignore, str) else list(ignore)
    return {column for name in names for column in AGES.get(name, (name,))}


def _compared(before: pd.DataFrame, after: pd.DataFrame, kind: Listing, ignore: set[str]) -> pd.DataFrame:
    earlier = pair(before, after, kind.match)
    gone = np.setdiff1d(np.arange(len(before)), earlier)
    # one row each: where it stands in `before` and in `after`, -1 where it does not
    old: Integers = np.concatenate([earlier, gone])
    new: Integers = np.concatenate([np.arange(len(after)), np.full(len(gone), -1)])
    both = (old >= 0) & (new >= 0)

    names = [name for name in after.columns if name in before.columns and name not in {*kind.match, PBX, *ignore}]
    columns = {name: _Column(arrow(before[name]), arrow(after[name]), old, new, both) for name in names}
    columns = {name: column for name, column in columns.items() if column.differs.any()}

    table: dict[str, pa.Array] = {}
    for name in kind.shown:
        table[name] = _either(before, after, name, old, new)
    any_change = np.logical_or.reduce([column.differs for column in columns.values()] or [np.zeros(len(old), bool)])
    table["change"] = pa.array(np.select([old < 0, new < 0, any_change], ["new", "gone", "changed"], "same"), TEXT)
    table["changed"] = _named(columns, len(old))
    shown = {}
    for name, column in columns.items():
        shown[f"{name}_before"] = column.values(0)
        shown[f"{name}_after"] = column.values(1)
    frame = pd.concat([to_pandas(pa.table(table)), pd.DataFrame(shown, index=range(len(old)))], axis=1)
    if PBX in after.columns:
        frame[PBX] = to_pandas(pa.table({PBX: _either(before, after, PBX, old, new)}))[PBX]
    frame.attrs = dict(after.attrs)
    return frame


class _Column:
    """One column of both frames, row beside row."""

    def __init__(self, before: pa.Array, after: pa.Array, old: Integers, new: Integers, both: Flags):
        self._sides = ((before, old), (after, new))
        self._both = both
        self.differs: Flags = np.zeros(len(old), dtype=bool)
        self.differs[both] = ~alike(before.take(pa.array(old[both])), after.take(pa.array(new[both])))

    def values(self, side: int) -> pd.Series:
        """Return the values of one side: of rows in which they differ, and of rows that only this side has."""
        array, at = self._sides[side]
        is_shown = (at >= 0) & (self.differs | ~self._both)
        return _series(array.take(pa.array(at, mask=~is_shown)))


def _series(array: pa.Array) -> pd.Series:
    if pa.types.is_nested(array.type):
        return pd.Series(array, dtype=pd.ArrowDtype(array.type))
    text = array.cast(TEXT) if pa.types.is_string(array.type) else array
    return to_pandas(pa.table({"": text}))[""]


def _either(before: pd.DataFrame, after: pd.DataFrame, name: str, old: Integers, new: Integers) -> pa.Array:
    """Return a column of `after`, and where a row is gone, of `before`."""
    one, other = (arrow(frame[name].astype("str")).cast(TEXT) for frame in (before, after))
    earlier, later = one.take(pa.array(old, mask=old < 0)), other.take(pa.array(new, mask=new < 0))
    return pc.if_else(pa.array(new >= 0), later, earlier)


def _named(columns: dict[str, _Column], count: int) -> pa.Array:
    """Return for each row the names of the columns that changed in it."""
    names = list(columns)
    if not names:
        return pa.array([[]] * count, LIST)
    table = np.column_stack([columns[name].differs for name in names])
    offsets = np.concatenate([[0], table.sum(axis=1).cumsum()]).astype(np.int32)
    words = pa.array(names, pa.string()).take(pa.array(np.nonzero(table)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), words)
