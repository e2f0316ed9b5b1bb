"""The four charts of the page, each as a wide picture and as a narrow one for phones."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amiframe.errors import ConfigError
from amiframe.reporting.chart_locales import in_russian
from amiframe.reporting.data import Numbers

if TYPE_CHECKING:
    from amiframe.plot._png import Picture

Draw = Callable[[Any], Any]
_MOST_AGENTS = 30  # as many as the plot draws
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
        from amiframe.plot import _png
    except ConfigError:
        return None
    tz, rule, visits = numbers.window.tz, numbers.rule, numbers.visits
    states = numbers.states
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
        wide = _png.picture(draw, (9.4, high), _SAY[lang])
        narrow = _png.picture(draw, (4.3, high_narrow), _SAY[lang])
        made.append(Chart(f"chart_{name}", wide.title, wide, narrow))
    return made
