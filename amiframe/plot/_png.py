"""Plots as PNG files for a page: in its size, on white, in its language."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from amiframe.html import data_url
from amiframe.plot._axes import CELL, COUNT, EMPTY, SUBTITLE, PlotAxes
from amiframe.plot._phrases import ENGLISH, Phrases

_DPI = 200
_CSS_DPI = 96


@dataclass(frozen=True)
class Picture:
    """A plot without its headline, and the headline as text.

    Parameters
    ----------
    png : bytes
    width, height : int
        In pixels of a page; the file has about twice as many.
    title : str
        What the plot says.
    is_empty : bool
        Whether the plot is empty.
    """

    png: bytes
    width: int
    height: int
    title: str
    is_empty: bool

    @property
    def url(self) -> str:
        """An address that holds the picture."""
        return data_url(self.png, "png")


def picture(draw: Callable[[Axes], Axes], inches: tuple[float, float], phrases: Phrases = ENGLISH) -> Picture:
    """Draw a plot for a page, on white paper whatever matplotlib's style is.

    Parameters
    ----------
    draw : callable
        Draws on the Axes that it is given.
    inches : tuple of float
        Width and height.
    phrases : Phrases
        The language of the plot.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a name in a script that the fonts here lack
        figure = Figure(figsize=inches, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04)
        ax = draw(figure.add_subplot(axes_class=PlotAxes, phrases=phrases))
        title = " ".join(ax.get_title().split())
        is_empty = any(text.get_gid() == EMPTY for text in ax.texts)
        ax.set_title("")
        for text in [text for text in ax.texts if text.get_gid() == SUBTITLE]:
            text.remove()
        if legend := ax.get_legend():
            legend.set_in_layout(True)  # it stood in the room of the title
        figure.draw_without_rendering()
        if _untangle(ax):
            figure.draw_without_rendering()
        _thin(ax)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # what is laid out stays: the file costs one drawing less
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    return Picture(file.getvalue(), round(inches[0] * _CSS_DPI), round(inches[1] * _CSS_DPI), title, is_empty)


def _untangle(ax: Axes) -> bool:
    """Turn the labels of the horizontal axis where they would run into each other; return whether they would."""
    labels = [label for label in ax.get_xticklabels() if label.get_text() and label.get_visible()]
    boxes = [label.get_window_extent() for label in labels]
    # those of one row only: a year may stand below
    if not any(left.x1 + 2 > right.x0 and left.y0 < right.y1 for left, right in pairwise(boxes)):
        return False
    for label in ax.get_xticklabels():
        label.set_rotation(35)
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
    return True


def _thin(ax: Axes) -> None:
    """Take away numbers that would run into each other: of cells all, for some would look chosen; of bars the lower."""
    cells = [text for text in ax.texts if text.get_gid() == CELL]
    boxes = sorted((text.get_window_extent() for text in cells), key=lambda box: (round(box.y0), box.x0))
    if any(_touch(left, right) for left, right in pairwise(boxes)):
        for text in cells:
            text.remove()
    counts = [text for text in ax.texts if text.get_gid() == COUNT and text.get_text()]
    kept: list[Any] = []
    for text in sorted(counts, key=lambda text: -text.xy[1]):
        box = text.get_window_extent()
        if any(_touch(box, other) for other in kept):
            text.remove()
        else:
            kept.append(box)


def _touch(one: Any, other: Any) -> bool:
    return bool(one.x0 < other.x1 + 1 and other.x0 < one.x1 + 1 and one.y0 < other.y1 and other.y0 < one.y1)
