"""Erlang's formulas by recursion: blocking, waiting, and how many agents it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from amiframe._deprecated import renamed
from amiframe.analysis.arguments import number
from amiframe.errors import ConfigError
from amiframe.timeutil.intervals import parse, seconds_of

_MOST = 1_000_000  # agents: beyond this a target is not met by more of them
_SHARE = "a share of 1: 0.8 is 80 %"
_COUNTS = "how many calls come in each period: a number or a sequence of numbers, not below 0"
_WHOLE = "a whole number, not below 0"


def _checked(traffic: float, agents: int) -> tuple[float, int]:
    erlang = number("traffic", traffic, "Erlang, not below 0: calls an hour x AHT / 3600")
    count = number("agents", agents, _WHOLE)
    if not count.is_integer():
        raise ConfigError(f"agents={agents!r}", hint=_WHOLE)
    return erlang, int(count)


def erlang_b(traffic: float, agents: int) -> float:
    """Return the share of calls that find all lines (or agents) busy, when nobody waits.

    Parameters
    ----------
    traffic : float
        Offered, in Erlang.
    agents : int
        Lines or agents.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ConfigError
        Traffic or agents below 0 or not finite; agents that are not a whole number; text, flags.

    Notes
    -----
    B(0) = 1; B(k) = A B(k-1) / (k + A B(k-1)): no factorials, so it holds for thousands of Erlang.

    Examples
    --------
    >>> round(af.metrics.erlang_b(10, 14), 6)
    0.056819
    """
    traffic, agents = _checked(traffic, agents)
    blocking = 1.0
    for count in range(1, agents + 1):
        blocking = traffic * blocking / (count + traffic * blocking)
    return blocking


def _waiting(traffic: float, agents: int, blocking: float) -> float:
    if agents <= traffic:
        return math.nan
    return agents * blocking / (agents - traffic * (1 - blocking))


def erlang_c(traffic: float, agents: int) -> float:
    """Return the share of calls that have to wait, when all wait until an agent is free.

    Parameters
    ----------
    traffic : float
        Offered, in Erlang.
    agents : int
        Agents.

    Returns
    -------
    float
        0 to 1; NaN where the agents are not more than the traffic, since the queue then grows without end.

    Raises
    ------
    ConfigError
        Traffic or agents below 0 or not finite; agents that are not a whole number; text, flags.

    Examples
    --------
    >>> round(af.metrics.erlang_c(10, 14), 6)
    0.174132
    """
    traffic, agents = _checked(traffic, agents)
    return _waiting(traffic, agents, erlang_b(traffic, agents))


@renamed(gone_in="0.3", target="goal")
def staffing(
    calls: float | Iterable[float],
    *,
    per: str = "1h",
    aht_s: float,
    goal: float = 0.8,
    threshold_s: float = 20,
    shrinkage: float = 0.0,
    max_occupancy: float = 1.0,
) -> pd.DataFrame:
    """Return how many agents it takes to answer calls in time.

    Parameters
    ----------
    calls : float or sequence of float
        Calls in each period, for example the column ``offered`` of a summary by hours.
    per : str
        Length of a period: ``1h``, ``30min``.
    aht_s : float
        Average handling time in seconds, with the work after a call.
    goal : float
        Service level to reach, 0 to 1: answered within the threshold, of all.
    threshold_s : float
        Seconds within which a call is to be answered.
    shrinkage : float
        Share of paid time in which an agent is not there for calls, 0 to 1.
    max_occupancy : float
        Share of their time that agents may be busy, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        One row for each period: ``calls``, ``traffic`` (Erlang), ``agents`` (the least that meets target and
        occupancy), ``scheduled`` (with shrinkage), ``sl``, ``asa_s``, ``occupancy``, ``wait_probability``, then
        ``aht_s``, ``per_s``, ``target``, ``threshold_s``, ``shrinkage``, ``max_occupancy``. Nobody calls: no agents,
        and no service level.

    Raises
    ------
    ConfigError
        A share outside its limits, a time that is not above 0, calls below 0; text, flags and missing values.

    Notes
    -----
    Erlang C: callers wait for ever and arrive by chance. With A Erlang and N agents, SL = 1 - C exp(-(N - A) T / AHT),
    ASA = C AHT / (N - A).

    Examples
    --------
    >>> af.metrics.staffing(200, aht_s=180, shrinkage=0.3)[["traffic", "agents", "scheduled"]].values.tolist()
    [[10.0, 14, 20]]
    """
    period = seconds_of(parse(per))
    below_one, above_zero = math.nextafter(1, 0), math.nextafter(0, 1)
    options = {
        "aht_s": number("aht_s", aht_s, "seconds above 0", least=above_zero),
        "per_s": float(period),
        "target": number("goal", goal, _SHARE, most=below_one),
        "threshold_s": number("threshold_s", threshold_s, "seconds, not below 0"),
        "shrinkage": number("shrinkage", shrinkage, _SHARE, most=below_one),
        "max_occupancy": number("max_occupancy", max_occupancy, _SHARE, least=above_zero, most=1.0),
    }
    given = list(calls) if isinstance(calls, Iterable) and not isinstance(calls, str | bytes) else [calls]
    counts = [number("calls", count, _COUNTS) for count in given]
    columns = ("calls", "traffic", "agents", "scheduled", "sl", "asa_s", "occupancy", "wait_probability", *options)
    rows = [
        {
            "calls": count,
            "traffic": (erlang := count * options["aht_s"] / period),
            **_staffed(erlang, options),
            **options,
        }
        for count in counts
    ]
    return pd.DataFrame(rows, columns=columns).astype({"agents": "Int64", "scheduled": "Int64"})


def _staffed(traffic: float, options: dict[str, float]) -> dict[str, float]:
    """Return the least agents that meet the options, and how callers fare with them."""
    if traffic == 0:
        return {"agents": 0, "scheduled": 0}
    blocking, agents = 1.0, 0
    while agents < _MOST:
        agents += 1
        blocking = traffic * blocking / (agents + traffic * blocking)
        if agents <= traffic or traffic / agents > options["max_occupancy"]:
            continue
        waiting = _waiting(traffic, agents, blocking)
        level = 1 - waiting * math.exp(-(agents - traffic) * options["threshold_s"] / options["aht_s"])
        if level >= options["target"]:
            return {
                "agents": agents,
                "scheduled": math.ceil(agents / (1 - options["shrinkage"]) - 1e-9),
                "sl": level,
                "asa_s": waiting * options["aht_s"] / (agents - traffic),
                "occupancy": traffic / agents,
                "wait_probability": waiting,
            }
    raise ConfigError(f"{traffic:g} Erlang need more than {_MOST} agents", hint="a lower goal, or fewer calls at once")
