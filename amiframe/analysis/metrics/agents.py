"""Metrics of agents: what each did, and how much of the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.series import micros
from amiframe.analysis.arguments import require_columns
from amiframe.analysis.metrics.carried_traffic import Spans, edges
from amiframe.analysis.metrics.groups import Groups, columns, ratio
from amiframe.timeutil import intervals

_USUAL = ("member", "membername")
_VISITS = "af.queue_calls(log) gives one row per visit"
_STATES = "af.agents(log) gives one row per state; QueueStatus, a moment, does not show how long"
# at one moment an agent may be in another state in each queue: the first of these that there is counts
_PRECEDENCE = ("on call", "wrapup", "ringing", "available", "paused", "unknown", "away")
By = str | Sequence[str] | None


def occupancy(agents: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return how much of the time in which agents could talk they did.

    Parameters
    ----------
    agents : DataFrame
        Of :func:`agents`.
    by : str or sequence of str, optional
        Columns that make the groups; default each agent. With ``queue`` among them only the calls of that queue are
        handling.
    every, tz
        As in :func:`queue_summary`; states are cut at the ends of intervals.

    Returns
    -------
    pandas.DataFrame
        The groups, ``occupancy`` (0 to 1; NaN of no time at all), ``handling_s`` (on call and wrap-up),
        ``available_s``, ``ringing_s``, ``paused_s``, ``away_s``, ``unknown_s``, ``n`` (agents).

    Raises
    ------
    ConfigError
        The frame has no states.

    Notes
    -----
    occupancy = handling / (handling + available). An agent in several queues at once is counted once: on call before
    wrap-up, ringing, available, paused, unknown and away.

    Examples
    --------
    >>> states = af.agents(af.read_queue_log(af.sample("queue_log")))
    >>> busy = af.metrics.occupancy(states, by=[])
    >>> float(busy["occupancy"].round(2)[0])
    0.13
    """
    require_columns(agents, ("member", "queue", "state", "started", "ended"), "occupancy", _STATES)
    names = columns(agents, by, _USUAL)
    if "queue" in names and "reason" in agents.columns:
        agents = agents[~(agents["state"].isin(["on call", "ringing"]) & agents["reason"].notna())]
    person = [name for name in ("amf_pbx", "member") if name in agents.columns]
    keys_of = list(dict.fromkeys([*person, *(["queue"] if "queue" in names else []), *names]))
    spent = _spent(agents.dropna(subset=["started", "ended"]), keys_of, every, tz)
    keys = [*names, *(["interval"] if every else [])]
    there = spent[spent["all"] > 0].drop_duplicates([*keys, *person])
    if keys:
        spent_by = spent.groupby(keys, dropna=False, sort=True)[list(_PRECEDENCE)].sum()
        people = there.groupby(keys, dropna=False).size().reindex(spent_by.index, fill_value=0)
        spent_by = spent_by.assign(n=people).reset_index()
    else:
        spent_by = spent[list(_PRECEDENCE)].sum().to_frame().T.assign(n=len(there))
    handling = spent_by["on call"] + spent_by["wrapup"]
    result = spent_by[keys].copy()
    result["occupancy"] = ratio(handling, handling + spent_by["available"])
    result["handling_s"] = handling
    for name in ("available", "ringing", "paused", "away", "unknown"):
        result[f"{name}_s"] = spent_by[name]
    result["n"] = spent_by["n"].astype("Int64")
    result.attrs["amiframe"] = dict(agents.attrs.get("amiframe", {}))
    return result


def _spent(agents: pd.DataFrame, keys_of: list[str], every: str | None, tz: str | None) -> pd.DataFrame:
    """Return the seconds of each agent in each state, each moment counted once; by interval."""
    names = [*keys_of, *(["interval"] if every else []), *_PRECEDENCE, "all"]
    if not len(agents):
        kinds: dict[str, object] = {name: agents[name].dtype for name in keys_of}
        if every:
            kinds["interval"] = pd.DatetimeTZDtype("us", intervals.zone(tz or "UTC"))
        return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "float64")) for name in names})  # type: ignore[call-overload]
    begin, end = micros(agents["started"]), micros(agents["ended"])
    level = agents["state"].map({state: place for place, state in enumerate(_PRECEDENCE)})
    if every is None:
        begins, at, to = None, begin.min()[None], end.max()[None]
    else:
        begins, at, to = edges(Spans(begin, end, np.zeros(len(begin), dtype=np.int64)), every, tz)
    rows = []
    grouped = agents.assign(_from=begin, _to=end, _level=level).groupby(keys_of, dropna=False, sort=True)
    for label, part in grouped:
        before = np.zeros(len(at), dtype=np.int64)
        seconds: dict[str, object] = dict(zip(keys_of, label, strict=True))
        for place, state in enumerate(_PRECEDENCE):
            spans = _union(part[part["_level"] <= place])
            busy = spans.busy(to) - spans.busy(at)
            seconds[state] = (busy - before) / 1e6
            before = busy
        piece = pd.DataFrame({**seconds, "all": before / 1e6}, index=range(len(at)))
        rows.append(piece if begins is None else piece.assign(interval=begins))
    return pd.concat(rows, ignore_index=True)[names]


def _union(part: pd.DataFrame) -> Spans:
    """Return when there is at least one of the spans."""
    if not len(part):
        return Spans(*[np.zeros(0, dtype=np.int64)] * 3)
    order = np.argsort(part["_from"].to_numpy(), kind="stable")
    begin, end = part["_from"].to_numpy()[order], np.maximum.accumulate(part["_to"].to_numpy()[order])
    first = np.append(True, begin[1:] > end[:-1])
    last = np.append(first[1:], True)
    return Spans(begin[first], end[last], np.zeros(int(first.sum()), dtype=np.int64))


def agent_summary(
    visits: pd.DataFrame,
    *,
    agents: pd.DataFrame | None = None,
    by: By = None,
    every: str | None = None,
    tz: str | None = None,
) -> pd.DataFrame:
    """Return what each agent did: the other table that a manager gets.

    Parameters
    ----------
    visits : DataFrame
        Of :func:`queue_calls`.
    agents : DataFrame, optional
        Of :func:`agents`, of the same log: adds how the time was spent.
    by : str or sequence of str, optional
        Columns that make the rows; default ``member`` and ``membername`` (and ``amf_pbx``, where it is there);
        ``queue`` may be among them.
    every, tz
        As in :func:`queue_summary`: a call belongs to the interval in which its caller came; the time of agents is cut
        at the ends.

    Returns
    -------
    pandas.DataFrame
        ===========  =======  ====  ==========================================================================
        column       dtype    unit  meaning
        ===========  =======  ====  ==========================================================================
        member       str      -     interface; from queue_log the name as well
        membername   str      -     name
        interval     datetime -     with `every`
        answered     Int64    -     calls
        missed       Int64    -     rings that were not answered or rejected; missing when the visits do not show them
        talk_s       float64  s     with callers, hold included
        hold_s       float64  s     of it on hold; NaN when the visits do not show them
        aht_s        float64  s     mean talk of calls keys_of end is in the log
        ===========  =======  ====  ==========================================================================

        With `agents`: ``available_s``, ``paused_s``, ``occupancy``, then ``handling_s`` and ``ringing_s``.

    Raises
    ------
    ConfigError
        A frame without visits, or without states.

    Examples
    --------
    >>> log = af.read_queue_log(af.sample("queue_log"))
    >>> week = af.metrics.agent_summary(af.queue_calls(log), agents=af.agents(log))
    >>> week.sort_values("answered", ascending=False)[["membername", "answered", "missed"]].values.tolist()[0]
    ['Bob, Jr', 125, 9]
    """
    require_columns(
        visits, ("member", "membername", "joined", "outcome", "talk_s", "hold_s"), "what agents did", _VISITS
    )
    names = columns(visits, by, _USUAL)
    answered = visits[(visits["outcome"] == "answered").fillna(False)]
    table = _sums(answered, names, every, tz, ("talk_s", "hold_s")).rename(columns={"n": "answered"})
    keys = [*names, *(["interval"] if every else [])]
    if "missed_by" in visits.columns:
        missed = _sums(_missed(visits), names, every, tz, ()).rename(columns={"n": "missed"})
        table = _merged(table, missed, keys)
    else:
        table["missed"] = pd.array([pd.NA] * len(table), dtype="Int64")
    if agents is not None:
        spent = occupancy(agents, by=names, every=every, tz=tz)
        table = _merged(table, spent.drop(columns="n"), keys)
    for name in ("answered", "missed"):
        if name == "answered" or table[name].notna().any():
            table[name] = table[name].fillna(0)
    more = ("available_s", "paused_s", "occupancy", "handling_s", "ringing_s") if agents is not None else ()
    table["talk_s"] = table["talk_s"].fillna(0.0)
    result = table[[*keys, "answered", "missed", "talk_s", "hold_s", "aht_s", *more]]
    result.attrs["amiframe"] = dict(visits.attrs.get("amiframe", {}))
    return result


def _missed(visits: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each ring that was missed."""
    counts = visits["missed_by"].list.len().fillna(0).to_numpy(dtype=np.int64)
    rows = visits.iloc[np.repeat(np.arange(len(visits)), counts)].reset_index(drop=True)
    names = visits["missed_by"].list.flatten().astype("str").reset_index(drop=True)
    pairs = visits.loc[visits["membername"].notna(), ["membername", "member"]].drop_duplicates("membername")
    interface = names.map(pairs.set_index("membername")["member"]).astype("str")
    return rows.assign(membername=names, member=interface.fillna(names))


def _sums(
    frame: pd.DataFrame, names: Sequence[str], every: str | None, tz: str | None, summed: Sequence[str]
) -> pd.DataFrame:
    groups = Groups(frame, list(names), every, tz, frame["joined"], ())
    everything = np.ones(len(frame), dtype=bool)
    sums = {"n": groups.count(everything)}
    for name in summed:
        values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
        known = ~np.isnan(values)
        sums[name] = groups.sum(values, everything).where(groups.count(known) > 0)
        if name == "talk_s":
            sums["aht_s"] = ratio(groups.sum(values, known), groups.count(known))
    return groups.table(sums, frame)


def _merged(table: pd.DataFrame, other: pd.DataFrame, keys: Iterable[str]) -> pd.DataFrame:
    on = list(keys)
    if not on:
        return pd.concat([table, other], axis=1)
    return table.merge(other, on=on, how="outer", sort=True)
