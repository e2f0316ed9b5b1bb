"""Erlang's formulas by recursion: blocking, waiting, and how many agents it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.timeutil.intervals import parse, seconds_of

_MOST = 1_000_000  # agents: beyond this a target is not met by more of them


def _checked(traffic: float, agents: int) -> tuple[float, int]:
    if not (traffic >= 0 and math.isfinite(traffic)):
        raise ConfigError(f"traffic={traffic!r}", hint="Erlang, not below 0: calls an hour x AHT / 3600")
    if isinstance(agents, bool) or agents != int(agents) or agents < 0:
        raise ConfigError(f"agents={agents!r}", hint="a whole number, not below 0")
    return float(traffic), int(agents)


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
        Traffic below 0, or agents that are no whole number.

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
        Traffic below 0, or agents that are no whole number.

    Examples
    --------
    >>> round(af.metrics.erlang_c(10, 14), 6)
    0.174132
    """
    traffic, agents = _checked(traffic, agents)
    return _waiting(traffic, agents, erlang_b(traffic, agents))


def staffing(
    calls: float | Iterable[float],
    *,
    per: str = "1h",
    aht_s: float,
    target: float = 0.8,
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
    target : float
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
        A share that is none, a time that is not above 0, calls below 0.

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
    if not aht_s > 0 or not threshold_s >= 0:
        raise ConfigError(f"aht_s={aht_s!r}, threshold_s={threshold_s!r}", hint="seconds above 0")
    for name, share, least, most in (
        ("target", target, 0.0, math.nextafter(1, 0)),
        ("shrinkage", shrinkage, 0.0, math.nextafter(1, 0)),
        ("max_occupancy", max_occupancy, math.nextafter(0, 1), 1.0),
    ):
        if not least <= share <= most:
            raise ConfigError(f"{name}={share!r}", hint="a share of 1: 0.8 is 80 %")
    options = {"aht_s": aht_s, "per_s": period, "target": target, "threshold_s": threshold_s}
    shares = {"shrinkage": shrinkage, "max_occupancy": max_occupancy}
    given = list(calls) if isinstance(calls, Iterable) else [calls]
    rows = [_staffed(float(count), float(count) * aht_s / period, options, shares) for count in given]
    frame = pd.DataFrame(rows, columns=list(_ROW))
    return frame.astype({"agents": "Int64", "scheduled": "Int64"})


_ROW = (
    "calls", "traffic", "agents", "scheduled", "sl", "asa_s", "occupancy", "wait_probability", "aht_s", "per_s",
    "target", "threshold_s", "shrinkage", "max_occupancy",
)  # fmt: skip


def _staffed(
    calls: float, traffic: float, options: dict[str, float], shares: dict[str, float]
) -> dict[str, float | int]:
    _checked(traffic, 0)
    told: dict[str, float | int] = {
        "calls": calls,
        "traffic": traffic,
        **{k: float(v) for k, v in options.items()},
        **shares,
    }
    if traffic == 0:
        nothing = dict.fromkeys(("sl", "asa_s", "occupancy", "wait_probability"), math.nan)
        return {**told, **nothing, "agents": 0, "scheduled": 0}
    blocking, agents = 1.0, 0
    while agents < _MOST:
        agents += 1
        blocking = traffic * blocking / (agents + traffic * blocking)
        if agents <= traffic or traffic / agents > shares["max_occupancy"]:
            continue
        waiting = _waiting(traffic, agents, blocking)
        level = 1 - waiting * math.exp(-(agents - traffic) * options["threshold_s"] / options["aht_s"])
        if level >= options["target"]:
            scheduled = math.ceil(agents / (1 - shares["shrinkage"]) - 1e-9)
            asa = waiting * options["aht_s"] / (agents - traffic)
            more = {"agents": agents, "scheduled": scheduled, "sl": level, "asa_s": asa}
            return {**told, **more, "occupancy": traffic / agents, "wait_probability": waiting}
    raise ConfigError(
        f"{traffic:g} Erlang need more than {_MOST} agents", hint="a lower target, or fewer calls at once"
    )
