"""Metrics of outbound calls: how many attempts are answered, how many the network completed, how soon they ring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags
from amiframe.analysis.arguments import require_columns
from amiframe.analysis.metrics.groups import Groups, ratio
from amiframe.errors import ConfigError

_CURE = "af.legs(events, trunks=[...]) or af.calls(events, trunks=[...]) gives one row for each, with its direction"
_NO_FAULT = (17, 18, 19, 20, 21)  # Q.850: busy, no answer, absent, rejected: the network has done its part
By = str | Sequence[str] | None


def _attempts(frame: pd.DataFrame, what: str) -> Flags:
    """Return which rows are attempts to call out; raises when no row has a direction."""
    require_columns(frame, ("direction", "started", "answered"), what, _CURE)
    if len(frame) and frame["direction"].isna().all():
        raise ConfigError(
            f"{what} cannot be known from this frame: no row has a direction",
            hint="name the trunks: af.legs(events, trunks=['PJSIP/carrier*'])",
        )
    return np.asarray((frame["direction"] == "outbound").fillna(False), dtype=bool)


def _seized(frame: pd.DataFrame, attempts: Flags) -> Flags:
    """Return which attempts had a line: each leg has one; a call had one when it has more than the caller's leg."""
    if "legs" in frame.columns and pd.api.types.is_numeric_dtype(frame["legs"].dtype):
        return attempts & (frame["legs"].fillna(0).to_numpy(dtype="float64") > 1)
    return attempts


def _rate(
    frame: pd.DataFrame, name: str, above: Flags, below: Flags, by: By, every: str | None, tz: str | None, rule: str
) -> pd.DataFrame:
    groups = Groups(frame, by, every, tz, frame["started"], ())
    numerator, denominator = groups.count(above), groups.count(below)
    rates = {name: ratio(numerator, denominator), f"{name}_num": numerator, f"{name}_den": denominator}
    table = groups.table({**rates, "n": denominator}, frame)
    return table.assign(rule=pd.Series(rule, table.index, dtype="str"))


def _answered(frame: pd.DataFrame) -> Flags:
    return np.asarray(frame["answered"].notna())


def asr(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the answer-seizure ratio: answered, of the attempts that had a line.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`legs` or :func:`calls`, made with ``trunks=``: only what goes out over a trunk counts.
    by, every, tz
        As in :func:`queue_summary`; default one row for all.

    Returns
    -------
    pandas.DataFrame
        The groups, ``asr`` (0 to 1; NaN of nothing), ``asr_num`` (answered), ``asr_den`` (seizures), ``n``, ``rule``.

    Raises
    ------
    ConfigError
        No row has a direction: the trunks were not named.

    Notes
    -----
    ITU-T E.411 and E.425. A seizure is an attempt on a trunk that had a channel there.

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> legs = pd.DataFrame({"direction": ["outbound", "inbound"], "started": began, "answered": [began, None]})
    >>> af.metrics.asr(legs)["asr"].tolist()
    [1.0]
    """
    seized = _seized(frame, _attempts(frame, "ASR"))
    return _rate(frame, "asr", seized & _answered(frame), seized, by, every, tz, "answered / seizures")


def abr(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the answer-bid ratio: answered, of all attempts to call out, those without a line too.

    Parameters
    ----------
    frame, by, every, tz
        As in :func:`asr`; of legs it is the same as ASR, since what had no line has no leg.

    Returns
    -------
    pandas.DataFrame
        The groups, ``abr`` (0 to 1), ``abr_num``, ``abr_den`` (bids), ``n``, ``rule``.

    Raises
    ------
    ConfigError
        As :func:`asr`.

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> calls = pd.DataFrame({"direction": "outbound", "legs": [2, 1], "started": began, "answered": [began, None]})
    >>> af.metrics.abr(calls)["abr"][0], af.metrics.asr(calls)["asr"][0]
    (np.float64(0.5), np.float64(1.0))
    """
    bids = _attempts(frame, "ABR")
    return _rate(frame, "abr", bids & _answered(frame), bids, by, every, tz, "answered / bids")


def ner(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the network effectiveness ratio: attempts with which the network did its part.

    Parameters
    ----------
    frame, by, every, tz
        As in :func:`asr`, with ``cause``.

    Returns
    -------
    pandas.DataFrame
        The groups, ``ner`` (0 to 1), ``ner_num``, ``ner_den`` (seizures), ``n``, ``rule``.

    Raises
    ------
    ConfigError
        As :func:`asr`.

    Notes
    -----
    ITU-T E.425: answered, or ended with Q.850 cause 17 (busy), 18, 19 (no answer), 20 (absent) or 21 (rejected).

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> legs = pd.DataFrame({"direction": "outbound", "cause": [17, 34], "started": began, "answered": pd.NaT})
    >>> af.metrics.ner(legs)["ner"].tolist()
    [0.5]
    """
    seized = _seized(frame, _attempts(frame, "NER"))
    require_columns(frame, ("cause",), "NER", _CURE)
    effective = _answered(frame) | frame["cause"].isin(_NO_FAULT).to_numpy()
    rule = "(answered + Q.850 17 to 21) / seizures"
    return _rate(frame, "ner", seized & effective, seized, by, every, tz, rule)


def ccr(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the call completion ratio: answered, of all calls, whatever made the others fail.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`calls`: of all directions, unless it was filtered or grouped by direction.
    by, every, tz
        As in :func:`asr`.

    Returns
    -------
    pandas.DataFrame
        The groups, ``ccr`` (0 to 1), ``ccr_num``, ``ccr_den`` (calls), ``n``, ``rule``.

    Raises
    ------
    ConfigError
        The frame has no calls.

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> calls = pd.DataFrame({"started": began, "answered": [began, None]})
    >>> af.metrics.ccr(calls)["ccr"].tolist()
    [0.5]
    """
    require_columns(frame, ("started", "answered"), "CCR", "af.calls(events) gives one row per call")
    everything = np.ones(len(frame), dtype=bool)
    return _rate(frame, "ccr", _answered(frame), everything, by, every, tz, "answered / calls")


def _mean(
    frame: pd.DataFrame, name: str, values: pd.Series, chosen: Flags, by: By, every: str | None, tz: str | None
) -> pd.DataFrame:
    groups = Groups(frame, by, every, tz, frame["started"], ())
    seconds = values.to_numpy(dtype="float64", na_value=np.nan)
    known = chosen & ~np.isnan(seconds)
    total, count = groups.sum(seconds, known), groups.count(known)
    return groups.table({name: ratio(total, count), f"{name[:-2]}_sum_s": total, "n": count}, frame)


def acd(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the average call duration: seconds from the answer on, of answered outbound calls.

    Parameters
    ----------
    frame, by, every, tz
        As in :func:`asr`, with ``talk_s``.

    Returns
    -------
    pandas.DataFrame
        The groups, ``acd_s``, ``acd_sum_s``, ``n`` (answered calls whose end is in the log).

    Raises
    ------
    ConfigError
        As :func:`asr`.

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> legs = pd.DataFrame({"direction": "outbound", "talk_s": [60.0, 30.0], "started": began, "answered": began})
    >>> af.metrics.acd(legs)["acd_s"].tolist()
    [45.0]
    """
    chosen = _attempts(frame, "ACD") & _answered(frame)
    require_columns(frame, ("talk_s",), "ACD", _CURE)
    return _mean(frame, "acd_s", frame["talk_s"], chosen, by, every, tz)


def pdd(frame: pd.DataFrame, *, by: By = None, every: str | None = None, tz: str | None = None) -> pd.DataFrame:
    """Return the post-dial delay: seconds from dialling until it rings, of outbound calls.

    Parameters
    ----------
    frame, by, every, tz
        As in :func:`asr`, with ``pdd_s``, which legs and calls from events with ringing times have.

    Returns
    -------
    pandas.DataFrame
        The groups, ``pdd_s``, ``pdd_sum_s``, ``n`` (attempts that rang).

    Raises
    ------
    ConfigError
        As :func:`asr`; or the ringing times are not known.

    Notes
    -----
    What was answered without ringing first has no delay. A channel rings when the PBX receives ringing or early media.

    Examples
    --------
    >>> began = pd.Timestamp("2026-11-24 10:00Z")
    >>> legs = pd.DataFrame({"direction": "outbound", "pdd_s": [1.5, None], "started": began, "answered": pd.NaT})
    >>> af.metrics.pdd(legs)[["pdd_s", "n"]].values.tolist()
    [[1.5, 1]]
    """
    require_columns(
        frame, ("pdd_s",), "PDD", "legs from events with DialState or Newstate show when it rang; CDR does not"
    )
    chosen = _attempts(frame, "PDD")
    if chosen.any() and frame.loc[chosen, "pdd_s"].isna().all():
        raise ConfigError(
            "PDD cannot be known from this frame: it does not show of any outbound attempt when it rang",
            hint="the events DialState and Newstate show it: the account needs to read the class `call`",
        )
    return _mean(frame, "pdd_s", frame["pdd_s"], chosen, by, every, tz)
