"""Time on hold: from Hold and Unhold of a channel to the sum for a leg, a call or a talk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amiframe.analysis._arrays.array_types import NO_TIME, Integers
from amiframe.analysis.calls.event_index import EventIndex


@dataclass(frozen=True)
class Holds:
    """Intervals on hold, each with its channel; times in microseconds."""

    channel: Integers
    begin: Integers
    end: Integers

    @classmethod
    def of(cls, index: EventIndex) -> Holds:
        """Find the intervals in which a channel's party had put the other on hold.

        A hold ends with Unhold, with the next Hold, or with the channel; one that the log cuts off is left out.
        """
        rows = index.rows_of("Hold", "Unhold", "Hangup")
        channel = index.channel(rows)
        rows, channel = rows[channel >= 0], channel[channel >= 0]
        order = np.lexsort((rows, channel))
        rows, channel = rows[order], channel[order]
        is_begin = np.isin(rows, index.rows_of("Hold"))
        is_begin[:-1] &= channel[1:] == channel[:-1]
        is_begin[-1:] = False
        begins = np.flatnonzero(is_begin)
        begin, end = index.time(rows[begins]), index.time(rows[begins + 1])
        is_known = (begin != NO_TIME) & (end != NO_TIME)
        return cls(channel[begins][is_known], begin[is_known], end[is_known])

    def total(self, owner: Integers, size: int, begin: Integers | None = None, end: Integers | None = None) -> Integers:
        """Return the time on hold of each owner, in microseconds; where two hold at once, it counts once.

        `owner` is the owner of each interval, -1 for none; `begin` and `end` of the owners cut the intervals.
        """
        kept = owner >= 0
        of, first, last = owner[kept], self.begin[kept], self.end[kept]
        if begin is not None and end is not None:
            first, last = np.maximum(first, begin[of]), np.minimum(last, end[of])
        order = np.lexsort((first, of))
        of, first, last = of[order], first[order], np.maximum(last[order], first[order])
        # how far the intervals before reach, for each owner: a running maximum within the owner
        reached = np.full(len(of), NO_TIME)
        for at in range(1, len(of)):  # holds are rare
            if of[at] == of[at - 1]:
                reached[at] = max(reached[at - 1], last[at - 1])
        spent = np.maximum(last - np.maximum(first, reached), 0)
        return np.bincount(of, weights=spent, minlength=size).astype(np.int64) if size else np.empty(0, np.int64)
