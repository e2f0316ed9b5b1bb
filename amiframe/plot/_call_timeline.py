"""One call as a story in lanes: who rang, talked and held when, who dialled and transferred whom, how it ended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from amiframe.analysis.calls.call_table import calls
from amiframe.analysis.calls.event_index import BLOCKS, prepare
from amiframe.analysis.calls.holds import holds
from amiframe.analysis.calls.leg_table import INTERNAL, legs
from amiframe.analysis.calls.transfer_table import transfers
from amiframe.analysis.queues.visits_from_events import visits_from_events
from amiframe.errors import ConfigError
from amiframe.plot import _text
from amiframe.plot._causes import CAUSES, in_words

MOST_LANES = 8
RINGING, WAITING, MACHINE, TALK, HOLD = "ringing", "waiting in a queue", "with the PBX", "talk", "hold"
DIAL, TRANSFER = "dial", "transfer"
_TELLS_WHY = frozenset(CAUSES) - {0, 16, 31, 127}  # causes that say more than that nobody answered
_HALF = re.compile(r";[12]$")


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
class Story:
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


def story(events: pd.DataFrame, linkedid: str) -> Story:
    """Find out what happened in a call, from the events of a whole log.

    Raises
    ------
    ConfigError
        There is no such call, or it is one of several PBXs.
    """
    every = legs(events)
    mine = every[(every["linkedid"] == linkedid) | (every["uniqueid"] == linkedid)]
    if mine.empty:
        raise ConfigError(
            f"no call {linkedid!r} in these events", hint="af.calls(events)['linkedid'] names those that there are"
        )
    if "amf_pbx" in mine and mine["amf_pbx"].nunique() > 1:
        raise ConfigError(
            f"{linkedid!r} is a call of several PBXs", hint="events[events['amf_pbx'] == ...] leaves those of one"
        )
    about = _events_of(events, every[every["linkedid"] == mine["linkedid"].iloc[0]]["uniqueid"])
    return _Reading(about).told()


def _events_of(events: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Return the events that tell of these channels."""
    named = [f"{block}uniqueid" for block in BLOCKS if f"{block}uniqueid" in events]
    told = np.logical_or.reduce([events[name].isin(ids).to_numpy(dtype=bool) for name in named])
    chosen = events[told]
    chosen.attrs = dict(events.attrs)
    return chosen


class _Reading:
    """Reads the story out of the events of one call."""

    def __init__(self, events: pd.DataFrame):
        self._events = events
        self._legs = legs(events)
        self._names = self._legs["channel"].astype("str").fillna("")
        self._call = calls(events).iloc[0]
        self._visits = visits_from_events(events)
        self._transfers = transfers(events)
        times = events["amf_time"].dropna()
        self._began = pd.concat([self._legs["started"], times]).min()  # a log that was cut tells no beginning
        if pd.isna(self._began):
            raise ConfigError("the events of this call have no times", hint="af.read_events(...) gives amf_time")
        self._last = self._at(times.max()) or 0.0
        dials = events[events["event"].eq("DialBegin").fillna(False)]
        self._dialler = dict(zip(dials.get("destuniqueid", []), dials.get("uniqueid", []), strict=True))
        self._parties = self._legs[self._is_party()]

    def told(self) -> Story:
        lanes: dict[str, Lane] = {}
        bars = list(self._bars())
        for leg in _each(self._parties):
            lanes.setdefault(leg.endpoint, Lane(leg.endpoint))
        if len(self._parties):
            first = self._parties.iloc[0]
            known = [_text.short(self._call[name], 18) for name in ("caller", "callername") if _says(self._call[name])]
            lanes[first["endpoint"]].about = " ".join(["caller", *known])
        names = list(lanes)
        for visit in _each(self._visits):
            name = self._queue(visit)
            if name not in lanes:
                lanes[name] = Lane(name)
                names.insert(1 + sum(n.startswith("queue ") for n in names), name)
        for name, ending in self._endings():
            lanes[name].ending = ending
        end = max([self._last, *(bar.end for bar in bars)])
        kept = self._gathered([lanes[n] for n in names], bars)
        return Story(self._call, self._began, end, kept, bars, self._arrows(), self._visits)

    def _at(self, when: Any) -> float | None:
        """Return seconds since the call began."""
        return None if pd.isna(when) else (pd.Timestamp(when) - self._began).total_seconds()

    def _is_party(self) -> np.ndarray:
        """Return which legs have somebody at their end: no wires (Local channels that only lead on), no machinery."""
        dialling = set(self._dialler.values())
        by_name = dict(zip(self._names, self._legs["uniqueid"], strict=True))
        is_party = []
        for name, technology in zip(self._names, self._legs["technology"], strict=True):
            if technology == "Local":  # the near half stands for both, unless the far half has called somebody
                is_party.append(name.endswith(";1") and by_name.get(_HALF.sub(";2", name)) not in dialling)
            else:
                is_party.append(technology not in INTERNAL)
        chosen = np.array(is_party, dtype=bool)
        return chosen if chosen.any() else np.arange(len(chosen)) == 0

    def _queue(self, visit: object) -> str:
        name = getattr(visit, "queue", None)
        return f"queue {name}" if isinstance(name, str) else "queue"

    def _bars(self) -> Iterator[Bar]:
        for leg in _each(self._parties):
            begin = self._at(leg.dialled if pd.notna(leg.dialled) else leg.started) or 0.0
            answered, end = self._at(leg.answered), self._at(leg.ended)
            end = self._last if end is None else end
            if answered is None and _was_up(leg):
                answered = begin
            if answered is None or answered > begin:
                yield Bar(leg.endpoint, RINGING, begin, end if answered is None else answered)
            if answered is not None:
                person = self._person(leg, answered, end)
                if person > answered:
                    yield Bar(leg.endpoint, MACHINE, answered, person)
                if end > person:
                    yield Bar(leg.endpoint, TALK, person, end)
        of_channel = dict(zip(self._legs["uniqueid"], self._legs["endpoint"], strict=True))
        log = prepare(self._events)
        held = holds(log)
        shown = set(self._parties["endpoint"])
        for channel, begin, end in zip(held.channel, held.begin, held.end, strict=True):
            endpoint = of_channel.get(log.ids.iloc[channel])
            if endpoint in shown:
                first, last = (self._at(pd.Timestamp(int(t), unit="us", tz="UTC")) for t in (begin, end))
                yield Bar(str(endpoint), HOLD, first or 0.0, last or 0.0)
        for visit in _each(self._visits):
            joined, left = self._at(visit.joined), self._at(visit.left_queue)
            if joined is not None:
                begin, stop = joined, self._last if left is None else left
                yield Bar(self._queue(visit), WAITING, begin, stop)
                if (who := of_channel.get(visit.uniqueid)) in shown:
                    yield Bar(str(who), WAITING, begin, stop)

    def _person(self, leg: object, answered: float, end: float) -> float:
        """Return when a leg that is up has got a person: the caller may have had a menu or music before."""
        if getattr(leg, "side", None) != "caller":
            return answered
        if self._call["reached"] != "person":
            return end
        return min(max(self._at(self._call["answered"]) or answered, answered), end)

    def _endings(self) -> Iterator[tuple[str, str]]:
        """Give how each lane ended: who hung up and why, in words."""
        handed = set(self._transfers["transferer_channel"].dropna())
        for endpoint, rows in self._parties.groupby("endpoint", sort=False):
            said = [self._ending(leg, leg.channel in handed) for leg in _each(rows)]
            times = f", {len(said)} times" if len(said) > 1 and len(set(said)) == 1 and said[0] else ""
            yield str(endpoint), said[-1] + times
        for visit in _each(self._visits):
            outcome = visit.outcome if isinstance(visit.outcome, str) else "still waiting at the end of the log"
            yield (
                self._queue(visit),
                {"abandoned": "gave up waiting", "leaveempty": "left: no agents"}.get(outcome, outcome),
            )

    def _ending(self, leg: object, has_handed_over: bool) -> str:
        cause = getattr(leg, "cause", None)
        why = in_words(None if pd.isna(cause) else int(cause))
        by, side = getattr(leg, "hungup_by", None), getattr(leg, "side", None)
        is_answered = pd.notna(getattr(leg, "answered", None)) or _was_up(leg)
        if pd.isna(getattr(leg, "ended", None)):
            return "still up at the end of the log"
        if has_handed_over:
            return "handed the call over"
        if not is_answered:
            gave_up = "gave up" if side == "caller" and by == "caller" else "not answered"
            told = int(cause) if pd.notna(cause) else 0
            if told in _TELLS_WHY and gave_up != "gave up":
                return why
            return f"{gave_up}: {why}" if told else gave_up
        if by == side and isinstance(by, str):
            return f"hung up: {why}" if cause else "hung up"
        return f"ended by the PBX: {why}" if by == "pbx" and self._call["hungup_by"] == "pbx" else ""

    def _arrows(self) -> list[Arrow]:
        """Return dials and transfers; a dial that only carries a transfer out is told by that."""
        moved = list(self._handovers())
        dials = [d for d in self._dials() if not any(m.target == d.target and 0 <= d.at - m.at < 2 for m in moved)]
        return sorted([*dials, *moved], key=lambda arrow: arrow.at)

    def _dials(self) -> Iterator[Arrow]:
        endpoint = dict(zip(self._parties["uniqueid"], self._parties["endpoint"], strict=True))
        for leg in _each(self._parties):
            at = self._at(leg.dialled)
            origin = self._origin(leg.uniqueid, endpoint)
            if at is None or origin is None:
                continue
            waiting = self._visits[(self._visits["uniqueid"] == origin) & (self._visits["joined"] <= leg.dialled)]
            waiting = waiting[waiting["left_queue"].isna() | (waiting["left_queue"] >= leg.dialled)]
            by = self._queue(next(_each(waiting))) if len(waiting) else endpoint.get(origin)
            if by is not None and by != leg.endpoint:
                yield Arrow(DIAL, at, by, leg.endpoint)

    def _origin(self, uniqueid: str, shown: dict[str, str]) -> str | None:
        """Return the channel that has dialled this one, seen through wires."""
        channel = dict(zip(self._legs["uniqueid"], self._names, strict=True))
        by_name = {name: own for own, name in channel.items()}
        seen: set[str] = set()
        origin = self._dialler.get(uniqueid)
        while isinstance(origin, str) and origin not in shown and origin not in seen:
            seen.add(origin)
            mate = by_name.get(_other_half(channel.get(origin, "")))
            origin = self._dialler.get(mate) if mate is not None else None
        return origin if isinstance(origin, str) else None

    def _handovers(self) -> Iterator[Arrow]:
        shown = set(self._parties["endpoint"])
        for transfer in _each(self._transfers):
            at = self._at(transfer.time)
            if at is None or transfer.transferer not in shown:
                continue
            target, name = transfer.target, transfer.target
            if transfer.kind == "blind":  # to an extension: who was dialled next
                later = self._parties[self._parties["dialled"] >= transfer.time]
                target = later["endpoint"].iloc[0] if len(later) else None
            elif target not in shown:
                target = self._behind(transfer.target_channel)
            result = "" if transfer.result == "Success" else f", {str(transfer.result).lower()}"
            to = f" to {_text.short(name, 20)}" if isinstance(name, str) and transfer.kind == "blind" else ""
            where = target if target in shown and target != transfer.transferer else None
            yield Arrow(TRANSFER, at, transfer.transferer, where, f"{transfer.kind} transfer{to}{result}")

    def _behind(self, channel: object) -> str | None:
        """Return the endpoint that was called through a Local channel."""
        by_name = dict(zip(self._names, self._legs["uniqueid"], strict=True))
        far = by_name.get(_other_half(channel)) if isinstance(channel, str) else None
        called = (leg.endpoint for leg in _each(self._parties) if far and self._dialler.get(leg.uniqueid) == far)
        return next(called, None)

    def _gathered(self, lanes: list[Lane], bars: list[Bar]) -> list[Lane]:
        """Return at most so many lanes: the caller, those who talked the most, and the others as one."""
        if len(lanes) <= MOST_LANES:
            return lanes
        talk = {
            lane.name: sum(b.end - b.begin for b in bars if b.lane == lane.name and b.kind == TALK) for lane in lanes
        }
        ranked = sorted(lanes[1:], key=lambda lane: (not lane.name.startswith("queue "), -talk[lane.name]))
        kept = {lanes[0].name, *(lane.name for lane in ranked[: MOST_LANES - 2])}
        rest = [lane for lane in lanes if lane.name not in kept]
        endings = Counter(lane.ending for lane in rest if lane.ending).most_common()
        told = [f"{count} {ending}" for ending, count in endings[:2]] + ["..."] * (len(endings) > 2)
        gathered = Lane(f"{len(rest)} more endpoints", ending=", ".join(told), names={lane.name for lane in rest})
        return [*(lane for lane in lanes if lane.name in kept), gathered]


def _other_half(channel: str) -> str:
    """Return the name of the other end of a Local channel."""
    return _HALF.sub(lambda end: ";1" if end[0] == ";2" else ";2", channel)


def _says(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _was_up(leg: Any) -> bool:
    """Return whether a leg is older than the log: taken to be up, since nothing tells that it rang."""
    return bool(pd.isna(leg.started))


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows of a small frame, each with its columns as attributes."""
    return iter(frame.itertuples())
