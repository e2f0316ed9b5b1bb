"""The four charts of the page, each wide and narrow; phones show the narrow one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amiframe.errors import ConfigError
from amiframe.reporting.data import Numbers
from amiframe.reporting.locales import Locale

if TYPE_CHECKING:
    from amiframe.plot._phrases import Phrases
    from amiframe.plot._png import Picture

Draw = Callable[[Any], Any]
_MOST_AGENTS = 30  # as many as the plot draws


@dataclass(frozen=True)
class Chart:
    """One chart: the key of its name, its finding, and its pictures."""

    name: str
    title: str
    wide: Picture
    narrow: Picture


def chart_phrases(lang: str) -> Phrases:
    """Return the phrases of the charts in a language."""
    from amiframe.plot._phrases import Phrases

    locale = Locale(lang)
    return Phrases(units=replace(locale.units, space=" "), **locale.chart_phrases())


def charts(numbers: Numbers, lang: str) -> list[Chart] | None:
    """Draw all charts; None where matplotlib is not installed."""
    try:
        from amiframe import plot
        from amiframe.plot import _png
    except ConfigError:
        return None
    phrases = chart_phrases(lang)
    tz, rule, visits, states = numbers.window.tz, numbers.rule, numbers.visits, numbers.states
    every = "1d" if 2 <= len(numbers.window.days) <= 60 else None
    agents = min(max(states["member"].nunique(), 2), _MOST_AGENTS)

    def level(ax: Any) -> Any:
        return plot.service_level(
            visits, goal=rule.goal, threshold_s=rule.threshold_s, rule=rule.rule, every=every, tz=tz, ax=ax
        )

    draws: tuple[tuple[str, Draw, float, float], ...] = (
        ("level", level, 3.4, 3.4),
        ("heatmap", lambda ax: plot.heatmap(visits, tz=tz, ax=ax), 2.9, 2.7),
        ("waits", lambda ax: plot.waits(visits, threshold_s=rule.threshold_s, ax=ax), 3.2, 3.2),
        ("agents", lambda ax: plot.agent_timeline(states, tz=tz, ax=ax), 1.2 + 0.28 * agents, 1.7 + 0.26 * agents),
    )
    drawn = []
    for name, draw, height, narrow_height in draws:
        wide = _png.picture(draw, (9.4, height), phrases)
        narrow = _png.picture(draw, (4.3, narrow_height), phrases)
        drawn.append(Chart(f"chart_{name}", wide.title, wide, narrow))
    return drawn
