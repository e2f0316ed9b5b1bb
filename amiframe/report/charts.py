"""The four charts of the page, each as a wide picture and as a narrow one for phones."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.report.chart_words import in_russian
from amiframe.report.numbers import Numbers

if TYPE_CHECKING:
    from amiframe.plot.pictures import Picture

Draw = Callable[[Any], Any]
_DOTS = 1800  # of the widest picture: what lasts shorter than one of them cannot be seen
_MOST_AGENTS = 30
_SAY = {"en": None, "ru": in_russian}


@dataclass(frozen=True)
class Chart:
    """One chart: its name among the words, what it says, and its pictures."""

    name: str
    title: str
    wide: Picture
    narrow: Picture


def url(picture: Picture) -> str:
    """Return a picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")


def charts(numbers: Numbers, lang: str) -> list[Chart] | None:
    """Draw all charts; None where matplotlib is not installed."""
    try:
        from amiframe import plot
        from amiframe.plot import pictures
    except ConfigError:
        return None
    tz, rule, visits = numbers.window.tz, numbers.rule, numbers.visits
    states = coarse(numbers.states, numbers.window.end - numbers.window.start)
    agents = min(max(states["member"].nunique(), 2), _MOST_AGENTS)
    every = "1d" if 2 <= len(numbers.window.days) <= 60 else None
    drawn: tuple[tuple[str, Draw, float, float], ...] = (
        ("level", lambda ax: plot.service_level(visits, target=rule.target, threshold_s=rule.threshold_s,
                                                rule=rule.rule, every=every, tz=tz, ax=ax), 3.4, 3.4),
        ("heatmap", lambda ax: plot.heatmap(visits, tz=tz, ax=ax), 2.9, 2.7),
        ("waits", lambda ax: plot.waits(visits, threshold_s=rule.threshold_s, ax=ax), 3.2, 3.2),
        ("agents", lambda ax: plot.agent_timeline(states, tz=tz, ax=ax), 1.2 + 0.28 * agents, 1.7 + 0.26 * agents),
    )  # fmt: skip
    made = []
    for name, draw, high, high_narrow in drawn:
        wide = pictures.picture(draw, (9.4, high), _SAY[lang])
        narrow = pictures.picture(draw, (4.3, high_narrow), _SAY[lang])
        made.append(Chart(f"chart_{name}", wide.title, wide, narrow))
    return made


def coarse(states: pd.DataFrame, length: pd.Timedelta) -> pd.DataFrame:
    """Return the states of the agents with most calls; those that follow each other within a dot of the picture as one.

    An agent in several queues has a state in each: what is the same is taken together, too.
    """
    on_call = states["duration_s"].where(states["state"] == "on call", 0.0).groupby(states["member"]).sum()
    chosen = on_call.sort_values(ascending=False, kind="stable").index
    if len(states) < _DOTS:
        return states
    taken = states[states["member"].isin(chosen[:_MOST_AGENTS])].dropna(subset=["started", "ended"])
    taken = taken.sort_values(["member", "state", "started"], kind="stable")
    same = (taken["member"] == taken["member"].shift()) & (taken["state"] == taken["state"].shift())
    so_far = taken.groupby(["member", "state"], sort=False)["ended"].cummax().shift()
    run = (~(same & (taken["started"] <= so_far + length / _DOTS))).cumsum()
    made = taken.groupby(run).agg(
        member=("member", "first"), membername=("membername", "first"), state=("state", "first"),
        started=("started", "min"), ended=("ended", "max"),
    )  # fmt: skip
    made["duration_s"] = (made["ended"] - made["started"]).dt.total_seconds()
    return made.reset_index(drop=True)
