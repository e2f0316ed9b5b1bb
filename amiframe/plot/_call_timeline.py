"""One call in lanes over time: who rang, talked and held when, who dialled and transferred whom, how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis._arrays import series
from amiframe.analysis._arrays.array_types import Integers
from amiframe.analysis.calls.call_analysis import CallAnalysis
from amiframe.analysis.calls.call_table import call_frame
from amiframe.analysis.calls.event_index import BLOCKS
from amiframe.analysis.calls.leg_table import INTERNAL, leg_frame
from amiframe.analysis.calls.transfer_table import transfer_frame
from amiframe.analysis.queues.visits_from_events import visit_frame
from amiframe.errors import ConfigError
from amiframe.plot import _text
from amiframe.plot._causes import CAUSES, in_words

MOST_LANES = 8
RINGING, WAITING, MACHINE, TALK, HOLD = "ringing", "waiting in a queue", "with the PBX", "talk", "hold"
DIAL, TRANSFER = "dial", "transfer"
_SPECIFIC_CAUSES = frozenset(CAUSES) - {0, 16, 31, 127}  # those that say more than that the call was not answered


@dataclass
class Lane:
    """A line of the picture: an endpoint or a queue, or all those for which there is no line of their own."""

    name: str
    about: str = ""
    ending: str = ""
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Bar:
    """What went on in a lane; in seconds since the call began."""

    lane: str
    kind: str
    begin: float
    end: float


@dataclass(frozen=True)
class Arrow:
    """From one lane to another; a transfer to where the call never arrived has no lane to go to."""

    kind: str
    at: float
    origin: str
    target: str | None
    text: str = ""


@dataclass
class CallTimeline:
    """A call. Seconds count from `began`."""

    call: pd.Series
    began: pd.Timestamp
    length: float
    lanes: list[Lane]
    bars: list[Bar]
    arrows: list[Arrow]
    visits: pd.DataFrame

    def lane_of(self, name: str) -> int | None:
        """Return the place of an endpoint or a queue."""
        return next((place for place, lane in enumerate(self.lanes) if name == lane.name or name in lane.names), None)


def call_timeline(events: pd.DataFrame, linkedid: str) -> CallTimeline:
    """Return the timeline of a call, from the events of a whole log.

    Raises
    ------
    ConfigError
        There is no such call, or it is one of several PBXs.
    """
    analysis = CallAnalysis.of(events)
    index = analysis.index
    channels = analysis.channels_in_order
    is_of_call = (index.call_ids[index.call[channels]] == linkedid) | (index.channel_ids(channels) == linkedid)
    channels = channels[is_of_call]
    if not len(channels):
        raise ConfigError(
            f"no call {linkedid!r} in these events", hint="af.calls(events)['linkedid'] names those that there are"
        )
    if pd.Series(index.pbx_of(channels), dtype="str").nunique() > 1:
        raise ConfigError(
            f"{linkedid!r} is a call of several PBXs", hint="events[events['amf_pbx'] == ...] leaves those of one"
        )
    return _TimelineBuilder(CallAnalysis(index.of_call(index.call[channels[0]]))).timeline()


def _times_of(events: pd.DataFrame, ids: pd.Series) -> pd.Series:
    """Return the times of all events that name one of these channels, also of those that no table is made from."""
    blocks = [events[name].isin(ids) for block in BLOCKS if (name := f"{block}uniqueid") in events]
    return events.loc[np.logical_or.reduce(blocks), "amf_time"].dropna()


class _TimelineBuilder:
    """Builds the timeline out of the analysis of one call."""

    def __init__(self, analysis: CallAnalysis):
        self._index, self._graph, self._holds = analysis.index, analysis.graph, analysis.holds
        self._legs = leg_frame(analysis).assign(number=analysis.channels_in_order)
        self._call = call_frame(analysis).iloc[0]
        self._visits = visit_frame(analysis)
        self._transfers = transfer_frame(analysis)
        times = _times_of(self._index.events, self._legs["uniqueid"])
        self._began = pd.concat([self._legs["started"], times]).min()  # a log that was cut may have no beginning
        if pd.isna(self._began):
            raise ConfigError("the events of this call have no times", hint="af.read_events(...) gives amf_time")
        self._last = self._seconds(times.max()) or 0.0
        self._parties = self._legs[self._is_party()]
        self._endpoint = dict(zip(self._parties["number"], self._parties["endpoint"], strict=True))

    def timeline(self) -> CallTimeline:
        """Return the timeline."""
        lanes = {endpoint: Lane(endpoint) for endpoint in self._parties["endpoint"].unique()}
        bars = [*self._leg_bars(), *self._hold_bars(), *self._visit_bars()]
        if len(self._parties):
            texts = [self._call[name] for name in ("caller", "callername")]
            known = [_text.short(text, 18) for text in texts if isinstance(text, str) and text.strip()]
            lanes[self._parties["endpoint"].iloc[0]].about = " ".join(["caller", *known])
        endpoints = list(lanes)
        queues = list(dict.fromkeys(_queue_name(visit) for visit in _rows(self._visits)))
        lanes |= {name: Lane(name) for name in queues}
        for name, ending in self._endings():
            lanes[name].ending = ending
        end = max([self._last, *(bar.end for bar in bars)])
        kept = _largest([lanes[name] for name in [*endpoints[:1], *queues, *endpoints[1:]]], bars)
        return CallTimeline(self._call, self._began, end, kept, bars, self._arrows(), self._visits)

    def _seconds(self, when: Any) -> float | None:
        """Return seconds since the call began."""
        return None if pd.isna(when) else (pd.Timestamp(when) - self._began).total_seconds()

    def _is_party(self) -> Any:
        """Return which legs have a party at their end: no wires (Local channels that only lead on), no machinery."""
        names, technology = self._legs["channel"].fillna(""), self._legs["technology"]
        # the near half of a Local channel stands for both, unless the far half has called a phone
        is_end = names.str.endswith(";1").to_numpy(bool) & ~self._graph.far_half_dials[self._legs["number"]]
        is_party = np.where(technology.eq("Local"), is_end, ~technology.isin(INTERNAL))
        return is_party if is_party.any() else np.arange(len(is_party)) == 0

    # --- bars -------------------------------------------------------------------------------------------------------

    def _leg_bars(self) -> Iterator[Bar]:
        for leg in _rows(self._parties):
            begin = self._seconds(leg.dialled if pd.notna(leg.dialled) else leg.started) or 0.0
            answered, end = self._seconds(leg.answered), self._seconds(leg.ended)
            end = self._last if end is None else end
            if answered is None and _was_up(leg):
                answered = begin
            if answered is None or answered > begin:
                yield Bar(leg.endpoint, RINGING, begin, end if answered is None else answered)
            if answered is not None:
                talk = self._talk_begin(leg, answered, end)
                if talk > answered:
                    yield Bar(leg.endpoint, MACHINE, answered, talk)
                if end > talk:
                    yield Bar(leg.endpoint, TALK, talk, end)

    def _talk_begin(self, leg: Any, answered: float, end: float) -> float:
        """Return when a leg that is up reached a person: the caller may have had a menu or music before."""
        if leg.side != "caller":
            return answered
        if self._call["reached"] != "person":
            return end
        return min(max(self._seconds(self._call["answered"]) or answered, answered), end)

    def _hold_bars(self) -> Iterator[Bar]:
        endpoints = dict(zip(self._legs["number"], self._legs["endpoint"], strict=True))
        shown = set(self._parties["endpoint"])
        begins, ends = series.moment(self._holds.begin), series.moment(self._holds.end)
        for channel, begin, end in zip(self._holds.channel, begins, ends, strict=True):
            if (endpoint := endpoints.get(channel)) in shown:
                yield Bar(str(endpoint), HOLD, self._seconds(begin) or 0.0, self._seconds(end) or 0.0)

    def _visit_bars(self) -> Iterator[Bar]:
        endpoints = dict(zip(self._legs["uniqueid"], self._legs["endpoint"], strict=True))
        shown = set(self._parties["endpoint"])
        for visit in _rows(self._visits):
            joined, left = self._seconds(visit.joined), self._seconds(visit.left_queue)
            if joined is not None:
                end = self._last if left is None else left
                yield Bar(_queue_name(visit), WAITING, joined, end)
                if (endpoint := endpoints.get(visit.uniqueid)) in shown:
                    yield Bar(str(endpoint), WAITING, joined, end)

    # --- endings ----------------------------------------------------------------------------------------------------

    def _endings(self) -> Iterator[tuple[str, str]]:
        """Give how each lane ended: who hung up and why, in words."""
        transferers = set(self._transfers["transferer_channel"].dropna())
        for endpoint, rows in self._parties.groupby("endpoint", sort=False):
            endings = [self._ending(leg, leg.channel in transferers) for leg in _rows(rows)]
            is_same = len(endings) > 1 and len(set(endings)) == 1 and endings[0]
            yield str(endpoint), endings[-1] + (f", {len(endings)} times" if is_same else "")
        for visit in _rows(self._visits):
            outcome = visit.outcome if isinstance(visit.outcome, str) else "still waiting at the end of the log"
            phrases = {"abandoned": "gave up waiting", "leaveempty": "left: no agents"}
            yield _queue_name(visit), phrases.get(outcome, outcome)

    def _ending(self, leg: Any, has_transferred: bool) -> str:
        cause = None if pd.isna(leg.cause) else int(leg.cause)
        why = in_words(cause)
        if pd.isna(leg.ended):
            return "still up at the end of the log"
        if has_transferred:
            return "handed the call over"
        if pd.isna(leg.answered) and not _was_up(leg):
            if leg.side == "caller" and leg.hungup_by == "caller":
                return f"gave up: {why}" if cause else "gave up"
            if cause in _SPECIFIC_CAUSES:
                return why
            return f"not answered: {why}" if cause else "not answered"
        if leg.hungup_by == leg.side:
            return f"hung up: {why}" if cause else "hung up"
        return f"ended by the PBX: {why}" if leg.hungup_by == "pbx" and self._call["hungup_by"] == "pbx" else ""

    # --- arrows -----------------------------------------------------------------------------------------------------

    def _arrows(self) -> list[Arrow]:
        """Return dials and transfers, without the dials that only carry a transfer out."""
        transfers = list(self._transfer_arrows())
        dials = [
            dial
            for dial in self._dial_arrows()
            if not any(transfer.target == dial.target and 0 <= dial.at - transfer.at < 2 for transfer in transfers)
        ]
        return sorted([*dials, *transfers], key=lambda arrow: arrow.at)

    def _dial_arrows(self) -> Iterator[Arrow]:
        for leg in _rows(self._parties):
            at, origin = self._seconds(leg.dialled), self._dialling_channel(leg.number)
            if at is None or origin < 0:
                continue
            visits = self._visits[self._visits["uniqueid"] == self._index.ids.iloc[origin]]
            waiting = visits[
                (visits["joined"] <= leg.dialled)
                & (visits["left_queue"].isna() | (visits["left_queue"] >= leg.dialled))
            ]
            lane = _queue_name(next(_rows(waiting))) if len(waiting) else self._endpoint.get(origin)
            if lane is not None and lane != leg.endpoint:
                yield Arrow(DIAL, at, lane, leg.endpoint)

    def _dialling_channel(self, channel: int) -> int:
        """Return the channel that has dialled this one, looked up through wires; -1 for none."""
        seen: set[int] = set()
        origin = int(self._graph.dialler[channel])
        while origin >= 0 and origin not in self._endpoint and origin not in seen:
            seen.add(origin)
            other_half = self._graph.other_half[origin]
            origin = int(self._graph.dialler[other_half]) if other_half >= 0 else -1
        return origin

    def _transfer_arrows(self) -> Iterator[Arrow]:
        shown = set(self._parties["endpoint"])
        for transfer in _rows(self._transfers):
            at = self._seconds(transfer.time)
            if at is None or transfer.transferer not in shown:
                continue
            target = transfer.target
            text = f"{transfer.kind} transfer"
            if transfer.kind == "blind":  # to an extension: the one who was dialled next
                later = self._parties[self._parties["dialled"] >= transfer.time]
                target = later["endpoint"].iloc[0] if len(later) else None
                text += f" to {_text.short(transfer.target, 20)}" if isinstance(transfer.target, str) else ""
            elif target not in shown:
                target = self._behind_local(transfer.target_channel)
            if transfer.result != "Success":
                text += f", {str(transfer.result).lower()}"
            lane = target if target in shown and target != transfer.transferer else None
            yield Arrow(TRANSFER, at, transfer.transferer, lane, text)

    def _behind_local(self, name: object) -> str | None:
        """Return the endpoint that was called through a Local channel of this name."""
        channels: Integers = np.flatnonzero(self._index.names == name)
        far = self._graph.other_half[channels[0]] if len(channels) else -1
        called = (
            endpoint for channel, endpoint in self._endpoint.items() if far >= 0 and self._graph.dialler[channel] == far
        )
        return next(called, None)


def _largest(lanes: list[Lane], bars: list[Bar]) -> list[Lane]:
    """Return at most so many lanes: the caller, those who talked the most, and the others as one."""
    if len(lanes) <= MOST_LANES:
        return lanes

    def rank(lane: Lane) -> tuple[bool, float]:
        talk = sum(bar.end - bar.begin for bar in bars if bar.lane == lane.name and bar.kind == TALK)
        return not lane.name.startswith("queue "), -talk

    ranked = sorted(lanes[1:], key=rank)
    kept = {lanes[0].name, *(lane.name for lane in ranked[: MOST_LANES - 2])}
    rest = [lane for lane in lanes if lane.name not in kept]
    endings = Counter(lane.ending for lane in rest if lane.ending).most_common()
    phrases = [f"{count} {ending}" for ending, count in endings[:2]] + ["..."] * (len(endings) > 2)
    summary = Lane(f"{len(rest)} more endpoints", ending=", ".join(phrases), names={lane.name for lane in rest})
    return [*(lane for lane in lanes if lane.name in kept), summary]


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows of a small frame, each with its columns as attributes."""
    return iter(frame.itertuples())


def _queue_name(visit: Any) -> str:
    return f"queue {visit.queue}" if isinstance(visit.queue, str) else "queue"


def _was_up(leg: Any) -> bool:
    """Return whether a leg is older than the log: taken to be up, since no event says that it rang."""
    return bool(pd.isna(leg.started))
