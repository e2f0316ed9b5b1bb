"""Metrics of queues, from visits: the summary, and one function for each of its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from amiframe.analysis.metrics.queue_counts import By, Options, counted_table


def _picked(visits: pd.DataFrame, options: Options, names: Sequence[str]) -> pd.DataFrame:
    table, keys = counted_table(visits, options)
    return table[[*keys, *names]]


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
        Columns of `visits` that make the rows; default ``queue`` (and ``amf_pbx``, where it is there). ``[]`` is one
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

        Behind them: ``wait_p50_s``, ``wait_p90_s``, and of the answered alone ``answered_wait_p95_s``,
        ``answered_wait_max_s``, ``answered_wait_p50_s``, ``answered_wait_p90_s``; ``abandon_num``, ``abandon_den``,
        ``answered_rate`` and ``answered_den`` (answered of all who called, those not let in too); ``wait_mean_s``,
        ``wait_mean_sum_s``, ``wait_mean_den`` (of answered, abandoned, timeout and leaveempty together: not ASA);
        ``again`` (of offered, those whose call had been in a queue before), ``wait_sum_s`` (of the answered),
        ``talk_sum_s``, ``handled``, ``acw_source`` (``none``: work after calls is not in the log, nor in ``aht_s``),
        ``short_s``, ``short_rule``, ``seconds``. Sums of intervals add up: seven days are the week.

    Raises
    ------
    ConfigError
        A rule, interval, zone or column that there is not; a frame without visits.

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
    table, _ = counted_table(visits, Options(by, every, tz, threshold_s, short_s, short, rule, seconds))
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
    ConfigError
        As :func:`queue_summary`.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> level = af.metrics.service_level(visits, by=[], rule="perf", threshold_s=30)
    >>> bool((level["sl"] == level["sl_num"] / level["sl_den"]).all())
    True
    """
    options = Options(by, every, tz, threshold_s, short_s, short, rule, seconds)
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
    ConfigError
        As :func:`queue_summary`.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> bool(af.metrics.abandon_rate(visits, by=[])["abandon_rate"].between(0, 1).all())
    True
    """
    options = Options(by, every, tz, short_s=short_s, short=short, seconds=seconds)
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
        The groups, ``asa_s``, ``wait_sum_s``, ``n`` (answered), ``answered_wait_p50_s``, ``answered_wait_p90_s``,
        ``answered_wait_p95_s``, ``answered_wait_max_s``, ``seconds``.

    Raises
    ------
    ConfigError
        As :func:`queue_summary`.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> answer_speed = af.metrics.asa(visits)
    >>> bool((answer_speed["asa_s"] == answer_speed["wait_sum_s"] / answer_speed["n"]).all())
    True
    """
    ranks = ("p50_s", "p90_s", "p95_s", "max_s")
    names = ("asa_s", "wait_sum_s", "answered", *(f"answered_wait_{rank}" for rank in ranks), "seconds")
    return _picked(visits, Options(by, every, tz, seconds=seconds), names).rename(columns={"answered": "n"})


def aht(visits: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the average handling time: the mean talk, hold included, of calls whose end is in the log.

    Parameters
    ----------
    visits, by, every, tz
        As in :func:`queue_summary`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``aht_s``, ``talk_sum_s``, ``n`` (calls handled), ``acw_source``: ``none``, since no log has the
        work after a call.

    Raises
    ------
    ConfigError
        As :func:`queue_summary`.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> list(af.metrics.aht(visits).columns)
    ['queue', 'aht_s', 'talk_sum_s', 'n', 'acw_source']
    """
    names = ("aht_s", "talk_sum_s", "handled", "acw_source")
    return _picked(visits, Options(by, every, tz), names).rename(columns={"handled": "n"})


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
    ConfigError
        As :func:`queue_summary`.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> bool(af.metrics.answered_rate(visits)["answered_rate"].between(0, 1).all())
    True
    """
    names = ("answered_rate", "answered", "answered_den", "offered")
    return _picked(visits, Options(by, every, tz), names).rename(columns={"offered": "n"})
