"""Who asked for the end of a call: HangupRequest is raised on the channel whose own far end has hung up."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import first_per_group, last_per_group, occurs, select_label, take_or
from amiframe.analysis.calls.call_graph import CallGraph

_BUSY_STATE = 7
_AT_THE_END_US = 2_000_000  # who hangs up this shortly before the end of the call has ended it


class HangupRequests:
    """The rows of HangupRequest that a party, and not the PBX, has caused, with channel and party of each."""

    def __init__(self, graph: CallGraph):
        self._graph = graph
        index = graph.index
        rows = index.rows_of("HangupRequest")
        channel = index.channel(rows)
        other = take_or(graph.other_half, channel, -1)
        is_local = other >= 0
        # one half of a Local channel is asked because the other half has ended: a request on the near half is of the
        # called party, one on the far half of the caller's own channel is of the caller
        by_caller = np.where(
            is_local,
            take_or(graph.is_root, other, False),
            take_or(graph.is_caller & ~graph.is_lone_phone, channel, False),
        )
        is_near = (take_or(graph.dialled, channel, -1) >= 0) & ~take_or(graph.is_root, channel, False)
        is_near &= ~take_or(graph.leads_to_machine, channel, False)  # the PBX itself ended that one
        by_callee = np.where(is_local, is_near, ~by_caller)
        kept = (channel >= 0) & (by_caller | by_callee) & ~take_or(self.was_busy, channel, False)
        self.rows, self.channel, self.is_caller = rows[kept], channel[kept], by_caller[kept]

    @cached_property
    def was_busy(self) -> Flags:
        """By channel: whether the PBX itself played it busy or congestion."""
        index = self._graph.index
        return occurs(index.channel(index.rows_in_state(_BUSY_STATE, "Newstate")), index.channels)

    @cached_property
    def far_end_asked(self) -> Flags:
        """By channel: whether its own far end asked for the hangup."""
        index = self._graph.index
        return occurs(index.channel(index.rows_of("HangupRequest")), index.channels)

    @cached_property
    def caller_gave_up(self) -> Flags:
        """By call: whether the caller asked for the hangup."""
        index = self._graph.index
        return occurs(index.call[self.channel[self.is_caller]], index.calls)

    @cached_property
    def party(self) -> Texts:
        """By channel: the party that asked for its end, None where the PBX ended it."""
        parties = np.full(self._graph.index.channels, None, object)
        parties[self.channel] = np.where(self.is_caller, "caller", "callee")
        return parties

    def deciding(self, last_hangup: Integers, is_answered: Flags) -> tuple[Texts, Integers]:
        """Return who ended each call, and the row of the request that did.

        The end of an answered call is not decided by a party that had refused it.
        """
        graph, index = self._graph, self._graph.index
        call = index.call[self.channel]
        end, asked = index.time(last_hangup)[call], index.time(self.rows)
        decides = (end == NO_TIME) | (asked == NO_TIME) | (end - asked <= _AT_THE_END_US)
        decides &= ~is_answered[call] | (graph.up[self.channel] >= 0)
        # a request before the last answer is of a party that handed the call over
        answers = index.rows_with("DialEnd", "dialstatus", "ANSWER")
        decides &= self.rows > last_per_group(index.row_call[answers], answers, index.calls)[call]
        # a party that had gone before another one asked does not decide: who is left may wait, in a parking lot or
        # for another phone
        latest = last_per_group(call[decides], self.rows[decides], index.calls)[call]
        decides &= (graph.hung_up[self.channel] < 0) | (graph.hung_up[self.channel] > latest)
        first = first_per_group(call[decides], np.flatnonzero(decides), index.calls)
        party = select_label(
            index.calls,
            (last_hangup < 0, None),
            (first < 0, "pbx"),
            (take_or(self.is_caller, first, False), "caller"),
            (first >= 0, "callee"),
        )
        return party, take_or(self.rows, first, -1)
