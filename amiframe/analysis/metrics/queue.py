"""Metrics of queues, from visits: one table that holds them all, and one function for each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from amiframe.analysis.metrics.grouping import Groups, needs, ratio
from amiframe.errors import ConfigError

REFUSED = ("joinempty", "full", "unavailable")
"""Outcomes of callers who never were in the queue."""

ENTERED = ("answered", "abandoned", "timeout", "leaveempty", "key", "transferred")
"""Outcomes of callers who were."""

# rule: what is summed above and below the line. What Asterisk itself counts as abandoned is `lost`.
RULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "perf": (("completed_within",), ("completed",)),
    "perf2": (("completed_within", "lost_within"), ("completed", "lost")),
    "answered": (("within",), ("answered",)),
    "offered": (("within",), ("offered", "-short")),
    "answered_or_late_abandoned": (("within",), ("answered", "abandoned_late")),
}

_CURE = "af.queue_calls(af.read_queue_log(...)) or af.queue_calls(af.read_events(...)) gives one row per visit"
_NEEDED = ("joined", "left_queue", "outcome", "wait_s", "talk_s")


By = str | Sequence[str] | None


@dataclass(frozen=True)
class _Options:
    """What the caller of a metric may choose, checked."""

    by: By
    every: str | None
    tz: str | None
    threshold_s: float = 20
    short_s: float = 5
    short: str = "exclude"
    rule: str = "offered"
    seconds: str = "whole"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("rule", self.rule, tuple(RULES)),
            ("short", self.short, ("exclude", "include")),
            ("seconds", self.seconds, ("whole", "exact")),
        ):
            if value not in known:
                raise ConfigError(f"{name}={value!r} is not known", hint=f"one of {', '.join(known)}")
        for name, seconds in (("threshold_s", self.threshold_s), ("short_s", self.short_s)):
            if not seconds >= 0:
                raise ConfigError(f"{name}={seconds!r}", hint="seconds, not below 0")


def _whole_waits(visits: pd.DataFrame) -> np.ndarray:
    """Return waits in whole seconds as Asterisk counts them: it takes whole times from each other."""
    wait = visits["wait_s"].to_numpy(dtype="float64", na_value=np.nan)
    broken = (wait != np.floor(wait)) & ~np.isnan(wait)
    if not broken.any():
        return wait
    between = (visits["left_queue"].dt.floor("s") - visits["joined"].dt.floor("s")).dt.total_seconds().to_numpy()
    return np.where(broken, np.where(np.isnan(between), np.floor(wait), between), wait)


def _table(visits: pd.DataFrame, options: _Options) -> tuple[pd.DataFrame, list[str]]:
    """Return groups with all their counts, sums and ratios; and the columns that tell the groups apart."""
    needs(visits, _NEEDED, "what became of callers", _CURE)
    outcome = visits["outcome"]
    refused = outcome.isin(REFUSED).to_numpy()
    when = visits["joined"].where(~refused, visits["joined"].fillna(visits["left_queue"]))
    groups = Groups(visits, options.by, options.every, options.tz, when, ("queue",))
    wait = _whole_waits(visits)
    exact = visits["wait_s"].to_numpy(dtype="float64", na_value=np.nan)
    is_exact = (
        options.seconds == "exact"
        and options.rule not in ("perf", "perf2")
        and bool((wait != exact)[~np.isnan(exact)].any())
    )
    wait = exact if is_exact else wait
    talk = visits["talk_s"].to_numpy(dtype="float64", na_value=np.nan)

    is_of = {name: (outcome == name).fillna(False).to_numpy(dtype=bool) for name in (*ENTERED, *REFUSED)}
    entered = ~refused
    answered, abandoned = is_of["answered"], is_of["abandoned"]
    within = wait <= options.threshold_s
    lost = abandoned | is_of["timeout"] | is_of["leaveempty"] | is_of["transferred"]
    completed = answered & ~np.isnan(talk)
    counted = {
        "offered": entered,
        "answered": answered,
        "abandoned": abandoned,
        "short": abandoned & (wait < options.short_s),
        **{name: is_of[name] for name in (*ENTERED[2:], *REFUSED)},
        "open": entered & outcome.isna().to_numpy(),
        "within": answered & within,
        "abandoned_late": abandoned & ~within,
        "completed": completed,
        "completed_within": completed & within,
        "lost": lost,
        "lost_within": lost & within,
    }
    sums = {name: groups.count(chosen) for name, chosen in counted.items()}
    none = pd.Series(0, index=groups.keys.index, dtype="Int64")

    def total(names: Sequence[str]) -> pd.Series:
        result = none
        for name in names:
            if name == "-short":
                result = result - (sums["short"] if options.short == "exclude" else 0)
            else:
                result = result + sums[name]
        return result

    above, below = RULES[options.rule]
    numerator, denominator = total(above), total(below)
    left = total(["abandoned", "-short"]), total(["offered", "-short"])
    everybody = total(["answered", "abandoned", "full", "joinempty", "leaveempty", "timeout"])
    wait_sum, talk_sum = groups.sum(wait, answered), groups.sum(talk, completed)
    made = {
        **{name: sums[name] for name in (*ENTERED[:2], "short", *ENTERED[2:], *REFUSED, "open")},
        "sl": ratio(numerator, denominator),
        "sl_num": numerator,
        "sl_den": denominator,
        "sl_rule": options.rule,
        "threshold_s": float(options.threshold_s),
        "abandon_rate": ratio(*left),
        "asa_s": ratio(wait_sum, sums["answered"]),
        "aht_s": ratio(talk_sum, sums["completed"]),
        **dict(zip(("wait_p95_s", "wait_max_s"), groups.ranked(wait, entered, 0.95, 1.0), strict=True)),
        **dict(
            zip(("answered_wait_p95_s", "answered_wait_max_s"), groups.ranked(wait, answered, 0.95, 1.0), strict=True)
        ),
        "abandon_num": left[0],
        "abandon_den": left[1],
        "answered_rate": ratio(sums["answered"], everybody),
        "answered_den": everybody,
        "wait_sum_s": wait_sum,
        "talk_sum_s": talk_sum,
        "handled": sums["completed"],
        "acw_source": "none",
        "short_s": float(options.short_s),
        "short_rule": options.short,
        "seconds": "exact" if is_exact else "whole",
    }
    table = pd.concat(
        [groups.keys, pd.DataFrame({"offered": sums["offered"], **made}, index=groups.keys.index)], axis=1
    )
    for name in ("sl_rule", "acw_source", "short_rule", "seconds"):
        table[name] = table[name].astype("str")
    table.attrs["amiframe"] = dict(visits.attrs.get("amiframe", {}))
    return table, list(groups.keys.columns)


def _picked(visits: pd.DataFrame, options: _Options, names: Sequence[str]) -> pd.DataFrame:
    table, keys = _table(visits, options)
    picked = table[[*keys, *names]].copy()
    picked.attrs = dict(table.attrs)
    return picked


def queue_summary(
    visits: pd.DataFrame,
    *,
    by: By = None,
    every: str | None = None,
    tz: str | None = None,
    threshold_s: float = 20,
    short_s: float = 5,
    short: str = "exclude",
    rule: str = "offered",
    seconds: str = "whole",
) -> pd.DataFrame:
    """Return what became of callers: the table that a manager gets, one row per queue (and interval).

    Parameters
    ----------
    visits : DataFrame
        Of :func:`queue_calls`.
    by : str or sequence of str, optional
        Columns of `visits` that tell rows apart; default ``queue`` (and ``amf_pbx``, where it is there). ``[]`` is one
        row for all.
    every : str, optional
        Length of intervals: ``1h``, ``30min``, ``1d``, ``1w``, ``1mo``. A visit belongs to the interval in which the
        caller came, wholly.
    tz : str, optional
        Zone in which days and hours begin; default UTC.
    threshold_s : float
        Seconds within which a call is to be answered.
    short_s : float
        Abandoned before so many seconds is *short*.
    short : str
        ``exclude``: short ones do not count in ``abandon_rate`` and in the rule ``offered``; or ``include``.
    rule : str
        How service level is counted: ``offered``, ``answered``, ``answered_or_late_abandoned``, or what the PBX prints:
        ``perf``, ``perf2``.
    seconds : str
        ``whole``: waits are compared in whole seconds, as Asterisk does; ``exact`` where the visits have them.

    Returns
    -------
    pandas.DataFrame
        ==================  =======  ====  ====================================================================
        column              dtype    unit  meaning
        ==================  =======  ====  ====================================================================
        queue               str      -     or what `by` names
        interval            datetime -     where it begins, in `tz`; with `every`
        offered             Int64    -     callers who came into the queue: the sum of the next ones up to open
        answered            Int64    -     connected to a member
        abandoned           Int64    -     hung up while waiting
        short               Int64    -     of these before `short_s`
        timeout             Int64    -     waited as long as the queue lets them
        leaveempty          Int64    -     sent on since no member was left
        key                 Int64    -     left by a key
        transferred         Int64    -     taken out of the queue while waiting
        joinempty           Int64    -     not let in: no member; not offered
        full                Int64    -     not let in: too many waited; not offered
        unavailable         Int64    -     not let in: no member could answer; not offered
        open                Int64    -     what became of them is not in the log
        sl                  float64  -     service level, 0 to 1: ``sl_num / sl_den``; NaN of nobody
        sl_num, sl_den      Int64    -     counted by the rule
        sl_rule             str      -     the rule
        threshold_s         float64  s     as given
        abandon_rate        float64  -     ``abandon_num / abandon_den``
        asa_s               float64  s     mean wait of the answered
        aht_s               float64  s     mean talk (hold included) of the answered whose end is in the log
        wait_p95_s          float64  s     95 of 100 waits of offered calls are not longer
        wait_max_s          float64  s     the longest wait of offered calls
        ==================  =======  ====  ====================================================================

        Behind them: ``answered_wait_p95_s``, ``answered_wait_max_s``, ``abandon_num``, ``abandon_den``,
        ``answered_rate`` and ``answered_den`` (answered of all who called, those not let in too), ``wait_sum_s``,
        ``talk_sum_s``, ``handled``, ``acw_source`` (``none``: work after calls is not in the log, nor in ``aht_s``),
        ``short_s``, ``short_rule``, ``seconds``. Sums of intervals add up: seven days are the week.

    Raises
    ------
    ConfigError      a rule, interval, zone or column that there is not; a frame without visits

    Notes
    -----
    Definitions: :func:`explain`. A visit whose joining is not in the log belongs to the log before, and is not counted.

    Examples
    --------
    >>> log = af.read_queue_log(af.sample("queue_log"))
    >>> week = af.metrics.queue_summary(af.queue_calls(log), every="1d", tz="Europe/Berlin")
    >>> bool((week["offered"] == week[["answered", "abandoned", "timeout", "leaveempty", "key"]].sum(axis=1)).all())
    True
    """
    table, _ = _table(visits, _Options(by, every, tz, threshold_s, short_s, short, rule, seconds))
    return table


def service_level(
    visits: pd.DataFrame,
    *,
    by: By = None,
    every: str | None = None,
    tz: str | None = None,
    threshold_s: float = 20,
    short_s: float = 5,
    short: str = "exclude",
    rule: str = "offered",
    seconds: str = "whole",
) -> pd.DataFrame:
    """Return the share of callers who were answered in time.

    Parameters
    ----------
    visits, by, every, tz, threshold_s, short_s, short, rule, seconds
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``sl`` (0 to 1), ``sl_num``, ``sl_den``, ``n`` (callers offered), ``sl_rule``, ``threshold_s``,
        ``short_s``, ``short_rule``, ``seconds``.

    Raises
    ------
    ConfigError      as :func:`queue_summary`

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> level = af.metrics.service_level(visits, by=[], rule="perf", threshold_s=30)
    >>> bool((level["sl"] == level["sl_num"] / level["sl_den"]).all())
    True
    """
    options = _Options(by, every, tz, threshold_s, short_s, short, rule, seconds)
    names = ("sl", "sl_num", "sl_den", "offered", "sl_rule", "threshold_s", "short_s", "short_rule", "seconds")
    return _picked(visits, options, names).rename(columns={"offered": "n"})


def abandon_rate(
    visits: pd.DataFrame,
    *,
    by: By = None,
    every: str | None = None,
    tz: str | None = None,
    short_s: float = 5,
    short: str = "exclude",
    seconds: str = "whole",
) -> pd.DataFrame:
    """Return the share of callers who hung up while they waited.

    Parameters
    ----------
    visits, by, every, tz, short_s, short, seconds
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``abandon_rate`` (0 to 1), ``abandon_num``, ``abandon_den``, ``n`` (callers offered), ``short``,
        ``short_s``, ``short_rule``, ``seconds``.

    Raises
    ------
    ConfigError      as :func:`queue_summary`

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> bool(af.metrics.abandon_rate(visits, by=[])["abandon_rate"].between(0, 1).all())
    True
    """
    options = _Options(by, every, tz, short_s=short_s, short=short, seconds=seconds)
    names = ("abandon_rate", "abandon_num", "abandon_den", "offered", "short", "short_s", "short_rule", "seconds")
    return _picked(visits, options, names).rename(columns={"offered": "n"})


def asa(
    visits: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None, seconds: str = "whole"
) -> pd.DataFrame:
    """Return the average speed of answer: the mean wait of those who were answered.

    Parameters
    ----------
    visits, by, every, tz, seconds
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``asa_s``, ``wait_sum_s``, ``n`` (answered), ``answered_wait_p95_s``, ``answered_wait_max_s``,
        ``seconds``.

    Raises
    ------
    ConfigError      as :func:`queue_summary`

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> told = af.metrics.asa(visits)
    >>> bool((told["asa_s"] == told["wait_sum_s"] / told["n"]).all())
    True
    """
    names = ("asa_s", "wait_sum_s", "answered", "answered_wait_p95_s", "answered_wait_max_s", "seconds")
    return _picked(visits, _Options(by, every, tz, seconds=seconds), names).rename(columns={"answered": "n"})


def aht(visits: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the average handling time: the mean talk, hold included, of calls whose end is in the log.

    Parameters
    ----------
    visits, by, every, tz
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``aht_s``, ``talk_sum_s``, ``n`` (calls handled), ``acw_source``: ``none``, since no log tells the
        work after a call.

    Raises
    ------
    ConfigError      as :func:`queue_summary`

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> list(af.metrics.aht(visits).columns)
    ['queue', 'aht_s', 'talk_sum_s', 'n', 'acw_source']
    """
    names = ("aht_s", "talk_sum_s", "handled", "acw_source")
    return _picked(visits, _Options(by, every, tz), names).rename(columns={"handled": "n"})


def answered_rate(
    visits: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None
) -> pd.DataFrame:
    """Return the share of all callers who were answered; those who were not let in count too.

    Parameters
    ----------
    visits, by, every, tz
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``answered_rate`` (0 to 1), ``answered``, ``answered_den``: answered, abandoned, timeout,
        leaveempty, full and joinempty together; ``n`` (callers offered).

    Raises
    ------
    ConfigError      as :func:`queue_summary`

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> bool(af.metrics.answered_rate(visits)["answered_rate"].between(0, 1).all())
    True
    """
    names = ("answered_rate", "answered", "answered_den", "offered")
    return _picked(visits, _Options(by, every, tz), names).rename(columns={"offered": "n"})
