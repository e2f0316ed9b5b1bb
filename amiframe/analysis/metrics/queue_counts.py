"""What is counted of visits in queues, and by which rules: the one table that all metrics of queues are taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from amiframe.analysis._arrays.array_types import Flags
from amiframe.analysis.arguments import number, require_columns
from amiframe.analysis.metrics.groups import Groups, ratio
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


_RANKS = {"wait_p95_s": 0.95, "wait_max_s": 1.0, "wait_p50_s": 0.5, "wait_p90_s": 0.9}

By = str | Sequence[str] | None


@dataclass(frozen=True)
class Options:
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
        choices = {"rule": tuple(RULES), "short": ("exclude", "include"), "seconds": ("whole", "exact")}
        for name, known in choices.items():
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(f"{name}={value!r} is not known", hint=f"one of {', '.join(known)}")
        for name in ("threshold_s", "short_s"):
            number(name, getattr(self, name), "seconds, not below 0")


def _whole_waits(visits: pd.DataFrame) -> np.ndarray:
    """Return waits in whole seconds as Asterisk counts them: it takes whole times from each other."""
    wait = visits["wait_s"].to_numpy(dtype="float64", na_value=np.nan)
    broken = (wait != np.floor(wait)) & ~np.isnan(wait)
    if not broken.any():
        return wait
    between = (visits["left_queue"].dt.floor("s") - visits["joined"].dt.floor("s")).dt.total_seconds().to_numpy()
    return np.where(broken, np.where(np.isnan(between), np.floor(wait), between), wait)


def counted_table(visits: pd.DataFrame, options: Options) -> tuple[pd.DataFrame, list[str]]:
    """Return groups with all their counts, sums and ratios; and the columns that make the groups."""
    require_columns(visits, _NEEDED, "what became of callers", _CURE)
    outcome = visits["outcome"]
    refused = outcome.isin(REFUSED).to_numpy()
    when = visits["joined"].where(~refused, visits["joined"].fillna(visits["left_queue"]))
    groups = Groups(visits, options.by, options.every, options.tz, when, ("queue",))
    wait = _whole_waits(visits)
    exact = visits["wait_s"].to_numpy(dtype="float64", na_value=np.nan)
    is_exact = options.seconds == "exact" and options.rule not in ("perf", "perf2")
    is_exact = is_exact and bool((wait != exact)[~np.isnan(exact)].any())
    wait = exact if is_exact else wait
    talk = visits["talk_s"].to_numpy(dtype="float64", na_value=np.nan)

    is_of = {name: (outcome == name).fillna(False).to_numpy(dtype=bool) for name in (*ENTERED, *REFUSED)}
    entered = ~refused
    ordinal = visits["visit"].to_numpy(dtype="float64", na_value=1) if "visit" in visits.columns else np.float64(1)
    answered, abandoned = is_of["answered"], is_of["abandoned"]
    within = wait <= options.threshold_s
    lost = abandoned | is_of["timeout"] | is_of["leaveempty"] | is_of["transferred"]
    completed = answered & ~np.isnan(talk)
    waited = answered | abandoned | is_of["timeout"] | is_of["leaveempty"]
    counted = {
        "offered": entered,
        "answered": answered,
        "abandoned": abandoned,
        "short": abandoned & (wait < options.short_s),
        **{name: is_of[name] for name in (*ENTERED[2:], *REFUSED)},
        "open": entered & outcome.isna().to_numpy(),
        "again": entered & (ordinal > 1),
        "within": answered & within,
        "abandoned_late": abandoned & ~within,
        "completed": completed,
        "completed_within": completed & within,
        "lost": lost,
        "lost_within": lost & within,
    }
    sums = {name: groups.count(chosen) for name, chosen in counted.items()}
    sums["-short"] = -sums["short"] if options.short == "exclude" else sums["short"] * 0

    def total(names: Sequence[str]) -> pd.Series:
        return sum((sums[name] for name in names[1:]), sums[names[0]])

    above, below = RULES[options.rule]
    numerator, denominator = total(above), total(below)
    gave_up = total(["abandoned", "-short"]), total(["offered", "-short"])
    all_callers = total(["answered", "abandoned", "full", "joinempty", "leaveempty", "timeout"])
    wait_sum, talk_sum = groups.sum(wait, answered), groups.sum(talk, completed)
    all_sum, all_count = groups.sum(wait, waited), groups.count(waited)

    def ranks(chosen: Flags) -> dict[str, pd.Series]:
        return dict(zip(_RANKS, groups.ranked(wait, chosen, *_RANKS.values()), strict=True))

    values = {
        **{name: sums[name] for name in (*ENTERED[:2], "short", *ENTERED[2:], *REFUSED, "open")},
        "sl": ratio(numerator, denominator),
        "sl_num": numerator,
        "sl_den": denominator,
        "sl_rule": options.rule,
        "threshold_s": float(options.threshold_s),
        "abandon_rate": ratio(*gave_up),
        "asa_s": ratio(wait_sum, sums["answered"]),
        "aht_s": ratio(talk_sum, sums["completed"]),
        **ranks(entered),
        **{f"answered_{name}": series for name, series in ranks(answered).items()},
        "abandon_num": gave_up[0],
        "abandon_den": gave_up[1],
        "answered_rate": ratio(sums["answered"], all_callers),
        "answered_den": all_callers,
        "wait_mean_s": ratio(all_sum, all_count),
        "wait_mean_sum_s": all_sum,
        "wait_mean_den": all_count,
        "again": sums["again"],
        "wait_sum_s": wait_sum,
        "talk_sum_s": talk_sum,
        "handled": sums["completed"],
        "acw_source": "none",
        "short_s": float(options.short_s),
        "short_rule": options.short,
        "seconds": "exact" if is_exact else "whole",
    }
    table = groups.table({"offered": sums["offered"], **values}, visits)
    for name in ("sl_rule", "acw_source", "short_rule", "seconds"):
        table[name] = table[name].astype("str")
    return table, list(groups.keys.columns)
