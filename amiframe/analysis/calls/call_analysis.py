"""One event log, analysed once: what the tables of calls, legs, transfers, originations and visits share."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers
from amiframe.analysis.calls.call_graph import CallGraph
from amiframe.analysis.calls.event_index import EventIndex, index_events
from amiframe.analysis.calls.hangup_requests import HangupRequests
from amiframe.analysis.calls.holds import Holds
from amiframe.analysis.calls.outcome import CallOutcomes, call_outcomes

_RINGING_STATE = 5


class CallAnalysis:
    """The index of an event log, the graph of its channels and what became of its calls; each made once, when used."""

    def __init__(self, index: EventIndex):
        self.index = index

    @classmethod
    def of(cls, events: pd.DataFrame) -> CallAnalysis:
        """Analyse an event frame.

        Raises
        ------
        ConfigError
            The frame lacks columns of events.
        """
        return cls(index_events(events))

    @cached_property
    def graph(self) -> CallGraph:
        """What each channel is within its call."""
        return CallGraph(self.index)

    @cached_property
    def requests(self) -> HangupRequests:
        """Who asked for hangups."""
        return HangupRequests(self.graph)

    @cached_property
    def outcomes(self) -> CallOutcomes:
        """What became of each call."""
        return call_outcomes(self.graph, self.requests)

    @cached_property
    def holds(self) -> Holds:
        """When a party had put the other on hold."""
        return Holds.of(self.index)

    @cached_property
    def names(self) -> pd.Series:
        """The name of each channel."""
        return series.text(self.index.names)

    @cached_property
    def ringing(self) -> Integers:
        """By channel: the first row in which it rings or makes progress, or -1."""
        # not PROCEEDING: the other side has only taken the number
        progress = self.index.rows_with("DialState", "dialstatus", "RINGING", "PROGRESS")
        by_dial = self.index.first_row(progress, "dest")
        by_state = self.index.first_row(self.index.rows_in_state(_RINGING_STATE, "Newstate"))
        return np.where((by_dial < 0) | ((by_state >= 0) & (by_state < by_dial)), by_state, by_dial)

    @cached_property
    def channels_in_order(self) -> Integers:
        """The channels that the log has rows of, in the order in which they first appear."""
        first = np.full(self.index.channels + 1, len(self.index))
        for codes in self.index.blocks.values():
            np.minimum.at(first, codes, self.index.all_rows)
        channels = np.flatnonzero(self.index.has_rows)
        return channels[np.argsort(first[channels], kind="stable")]
