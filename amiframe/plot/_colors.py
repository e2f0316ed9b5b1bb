"""Colours: one meaning, one colour, on light and on dark; distinct for the colour-blind, and by their lightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

# name: (on light, on dark). Sought so that, for the colour-blind of each kind, no two that stand together look alike,
# and that neighbours differ in lightness: they stay apart in grey print. tests/plot/test_palette.py holds the numbers.
COLOURS = {
    "blue": ("#315393", "#6197d7"),
    "amber": ("#fcb61d", "#fdd43e"),
    "purple": ("#da6fba", "#fa9ad1"),
    "mint": ("#abdcc4", "#284e3c"),
    "vermilion": ("#f46c31", "#fe9747"),
    "sky": ("#3bc6f6", "#006596"),
    "grey": ("#737476", "#7e7879"),
    "pale": ("#dcdcdc", "#484647"),
}
SERIES = ("blue", "amber", "purple", "mint", "vermilion", "sky")
"""Colours of parts that lie side by side, in this order: each neighbour is darker or lighter."""
HATCHES = {"amber": "////", "vermilion": "\\\\\\\\"}

# from little to much: never so near the paper that a cell with something looks like one with nothing
RAMPS = {
    "blue": (("#d6e6f4", "#6aaed6", "#08306b"), ("#12304d", "#2f7fbf", "#d6ebfa")),
    "vermilion": (("#fde3cd", "#f58a3c", "#7f2704"), ("#4a2208", "#d9671f", "#fde3cd")),
}


@dataclass(frozen=True)
class Palette:
    """The colours of one plot; `ink`, `muted` and `rule` are those of its text, small text and lines.

    Examples
    --------
    >>> Palette(False, "#ffffff", "#000000").of("blue")
    '#315393'
    """

    is_dark: bool
    paper: str
    ink: str

    @property
    def muted(self) -> str:
        """Colour of small text."""
        return mix(self.ink, self.paper, 0.68)

    @property
    def rule(self) -> str:
        """Colour of lines that help the eye."""
        return mix(self.ink, self.paper, 0.22)

    def of(self, name: str) -> str:
        """Return a colour by its name in :data:`COLOURS`."""
        return COLOURS[name][self.is_dark]

    def fill(self, name: str, hatch: str | None = None) -> dict[str, Any]:
        """Return how an area of a colour is filled: what warns is hatched too, for those who see no colours."""
        face = self.of(name)
        lines = HATCHES.get(name, "") if hatch is None else hatch
        ink = mix(self.on(face), face, 0.6)
        return {"facecolor": face, "edgecolor": ink, "hatch": lines or None, "linewidth": 0.0}

    def ramp(self, name: str) -> LinearSegmentedColormap:
        """Return the colours from little to much."""
        return LinearSegmentedColormap.from_list(f"amiframe-{name}", RAMPS[name][self.is_dark])

    def on(self, colour: str) -> str:
        """Return the colour of text that stands on `colour`."""
        return max(("#ffffff", "#111111"), key=lambda text: contrast(text, colour))


def palette(ax: Axes) -> Palette:
    """Return the colours that suit the paper of an Axes, and the text of matplotlib's current style."""
    red, green, blue, alpha = mpl.colors.to_rgba(ax.get_facecolor())
    if alpha < 0.5:
        figure = ax.get_figure(root=True)
        red, green, blue, alpha = mpl.colors.to_rgba(figure.get_facecolor() if figure else "white")
    paper = to_hex((red, green, blue)) if alpha >= 0.5 else "#ffffff"
    is_dark = luminance(paper) < 0.2
    ink = to_hex(mpl.rcParams["text.color"])
    if contrast(ink, paper) < 4.5:  # the Axes was made under another style
        ink = "#f0f0f0" if is_dark else "#111111"
    return Palette(is_dark, paper, ink)


def mix(colour: str, other: str, share: float) -> str:
    """Return a colour between two: `share` of the first.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.25)
    '#bfbfbf'
    """
    mixed: str = to_hex([a * share + b * (1 - share) for a, b in zip(to_rgb(colour), to_rgb(other), strict=True)])
    return mixed


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 (black) to 1 (white), as WCAG 2 defines it."""
    parts: list[float] = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(colour: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 defines it.

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)
