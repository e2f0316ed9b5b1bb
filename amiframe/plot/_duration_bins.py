"""Bins of durations that widen, from seconds to months in one plot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from amiframe.plot import _axes
from amiframe.plot._colors import Palette

Seconds = npt.NDArray[np.float64]

_LONG = (3600, 7200, 14400, 28800, 86400, 172800, 604800, 2592000)
DURATIONS = (0, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, *_LONG)
WAITS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, *_LONG)
_FEWEST = 4


@dataclass(frozen=True)
class DurationBins:
    """Edges of bins, in seconds; bin k lies between places k and k + 1 of the axis. The last has no end."""

    edges: tuple[float, ...]

    @classmethod
    def of(cls, spans: Seconds, edges: tuple[float, ...], *also: float) -> DurationBins:
        """Return those of the edges that the spans need, and the bounds `also`."""
        bounds = sorted({*map(float, edges), *also})
        longest = float(spans.max(initial=0.0))
        shortest = float(spans.min(initial=longest))
        first = max(int(np.searchsorted(bounds, shortest, "right")) - 1, 0)
        last = int(np.searchsorted(bounds, longest, "right"))
        for bound in also:  # a mark is of use where both of its sides are seen
            first = min(first, max(bounds.index(bound) - 1, 0))
            last = max(last, bounds.index(bound) + 1)
        first = max(min(first, last - _FEWEST), 0)
        return cls(tuple(bounds[first : max(last, first + _FEWEST) + 1]))

    @property
    def centres(self) -> Seconds:
        """Where the bars stand."""
        return np.arange(len(self.edges) - 1, dtype=np.float64) + 0.5

    def count(self, spans: Seconds) -> npt.NDArray[np.int64]:
        """Return how many spans are in each bin: at least as long as its lower bound, shorter than its upper."""
        place = np.searchsorted(self.edges, spans, "right") - 1
        inside = np.clip(place, 0, len(self.edges) - 2)
        return np.bincount(inside, minlength=len(self.edges) - 1)

    def place(self, span: float) -> float:
        """Return where a span lies on the axis."""
        return float(np.interp(span, self.edges, np.arange(len(self.edges))))

    def label(self, ax: Axes) -> None:
        """Write the bounds at the axis."""
        places = np.arange(len(self.edges))
        names = [_axes.phrases_of(ax).duration(edge) for edge in self.edges]
        ax.set_xticks(places, names)
        ax.set_xlim(-0.15, len(self.edges) - 1 + 0.15)
        ax.tick_params(axis="x", length=4)
        if sum(_axes.width(name, _axes.TEXT_PT) + 6 for name in names) > _axes.points(ax):
            for text in ax.get_xticklabels():
                text.set_rotation(35)
                text.set_horizontalalignment("right")
                text.set_rotation_mode("anchor")

    def mark(self, ax: Axes, colours: Palette, span: float, text: str) -> None:
        """Draw an upright line at a span of time, and what it is."""
        at = self.place(span)
        right = at < 0.75 * (len(self.edges) - 1)
        top = ax.get_ylim()[1] * 1.1
        ax.set_ylim(0, top)
        ax.axvline(at, color=colours.paper, linewidth=3.0)  # a halo: the line crosses bars
        ax.axvline(at, color=colours.ink, linewidth=1.1, linestyle=(0, (4, 3)))
        ax.annotate(
            text,
            (at, 1),
            xycoords=("data", "axes fraction"),
            xytext=(4 if right else -4, -3),
            textcoords="offset points",
            ha="left" if right else "right",
            va="top",
            fontsize=_axes.TEXT_PT,
            color=colours.ink,
            bbox={"facecolor": colours.paper, "edgecolor": "none", "pad": 1.0},
        )
