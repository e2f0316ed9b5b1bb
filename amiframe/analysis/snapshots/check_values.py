"""Single numbers of a PBX for monitoring, and conditions on them: ``queue.longest_wait[sales] < 120``."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from amiframe.analysis.snapshots.context import flags, floats
from amiframe.analysis.snapshots.queue_board import agent_states
from amiframe.analysis.snapshots.tables import call_groups
from amiframe.errors import ConfigError

Frames = Mapping[str, pd.DataFrame]

_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "=": operator.eq,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_CONDITION = re.compile(
    rf"\s*([\w.]+)\s*(?:\[(.+)\])?\s*(?:({'|'.join(map(re.escape, _TESTS))})\s*(-?[0-9]+(?:\.[0-9]+)?)\s*)?"
)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number.

    Parameters
    ----------
    name : str
    unit : str
        ``s``, or nothing where it is a count.
    action : str
        What the PBX is asked.
    of : callable
        Gets the frames of the answer, of one queue or endpoint only if one was named.
    within : (str, str), optional
        Frame and column in which names in brackets are looked up.
    what : str
        What it is, in words.
    """

    name: str
    unit: str
    action: str
    of: Callable[[Frames], float]
    what: str
    within: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A gauge, of one queue or endpoint if one is named, and what it has to fulfil, if anything."""

    text: str
    gauge: Gauge
    key: str | None
    test: str | None
    bound: float

    def value(self, frames: Frames) -> float:
        """Return the number.

        Raises
        ------
        ConfigError
            There is no queue or endpoint of that name.
        """
        if self.key is None or self.gauge.within is None:
            return self.gauge.of(frames)
        where, column = self.gauge.within
        names = frames[where][column].astype("str")
        if not names.eq(self.key).any():
            kind = column if column == "queue" else "endpoint"
            near = difflib.get_close_matches(self.key, names.dropna(), 1)
            raise ConfigError(
                f"the PBX has no {kind} {self.key!r}", hint=f"did you mean {near[0]!r}?" if near else f"see: {where}"
            )
        return self.gauge.of({
            name: frame[flags(frame[column].eq(self.key))] if column in frame.columns else frame
            for name, frame in frames.items()
        })  # fmt: skip

    def holds(self, value: float) -> bool:
        """Say whether a value fulfils it; without a test, any does."""
        return self.test is None or _TESTS[self.test](value, self.bound)


def condition(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ConfigError
        It is none, or there is no gauge of that name.

    Examples
    --------
    >>> found = condition("queue.longest_wait[sales] <120")
    >>> found.gauge.name, found.key, found.test, found.bound, found.holds(119)
    ('queue.longest_wait', 'sales', '<', 120.0, True)
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"{text!r} is no check", hint="for example 'queue.longest_wait<120' or 'queue.waiting[sales]'"
        )
    name, key, test, bound = found.groups()
    gauge = BY_NAME.get(name)
    if gauge is None:
        near = difflib.get_close_matches(name, BY_NAME, 1)
        raise ConfigError(
            f"there is no number {name!r}", hint=f"did you mean {near[0]!r}?" if near else ", ".join(BY_NAME)
        )
    if key is not None and gauge.within is None:
        raise ConfigError(f"{name} is of the whole PBX", hint=f"without [{key}]")
    return Condition(text.strip(), gauge, key, test, float(bound or "nan"))


def _longest(frames: Frames) -> float:
    waits = floats(frames["waiting"]["wait"], 0.0)
    return float(waits.max()) if len(waits) else 0.0


def _free(frames: Frames) -> float:
    """Count the agents whom the PBX would ring now; who is in several queues counts once."""
    members = frames["members"]
    return float(members.loc[agent_states(members) == "free", "location"].nunique())


def _unavailable(frames: Frames) -> float:
    return float(flags(frames["endpoints"]["devicestate"].eq("Unavailable")).sum())


_QUEUE = ("queues", "queue")
GAUGES = (
    Gauge("channels.count", "", "Status", lambda frames: float(len(frames["status"])), "channels that are up"),
    Gauge("calls.count", "", "Status", lambda frames: float(len(call_groups(frames["status"]))), "calls that are up"),
    Gauge("queue.waiting", "", "QueueStatus", lambda frames: float(len(frames["waiting"])),
          "callers who wait", _QUEUE),
    Gauge("queue.longest_wait", "s", "QueueStatus", _longest,
          "how long the first of them has waited; 0 when nobody waits", _QUEUE),
    Gauge("queue.agents_free", "", "QueueStatus", _free,
          "agents who can take a call now: not paused, not in a call, not resting after one", _QUEUE),
    Gauge("endpoints.unavailable", "", "PJSIPShowEndpoints", _unavailable,
          "PJSIP endpoints that cannot be called", ("endpoints", "objectname")),
)  # fmt: skip
"""The numbers that there are."""

BY_NAME = {gauge.name: gauge for gauge in GAUGES}
