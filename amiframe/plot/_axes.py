"""Axes of the plots: a new one or the user's, its headline, its legend, and how an empty plot looks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from matplotlib import dates as mdates
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from amiframe.analysis.arguments import require_columns
from amiframe.errors import ConfigError
from amiframe.plot._colors import Palette, palette
from amiframe.plot._fonts import BOX, families, quiet_lookup
from amiframe.plot._phrases import ENGLISH, Phrases
from amiframe.plot._text import zone

TITLE_PT, TEXT_PT, SMALL_PT = 12.5, 9.0, 8.5
WIDTH = 8.0  # inches: text keeps its size where a notebook has some 700 dots
_EMPTY_HEIGHT = 2.2
_GAP_PT = 5.0
_MARGIN_PT = 9.0
_SAFE = 0.97  # drawn letters are a little wider than measured ones
SUBTITLE, EMPTY = "amiframe-subtitle", "amiframe-empty"  # ids of texts: below the title, in an empty plot
CELL, COUNT = "amiframe-cell", "amiframe-count"  # ids of numbers: in a cell, over a bar
_SHARPER = 2  # dots of a picture in a notebook for each dot of its size: crisp on dense screens


class PlotAxes(Axes):  # type: ignore[misc]  # matplotlib is Any to mypy
    """An Axes that a notebook shows when it is the last thing in a cell, and that nothing else shows.

    Its figure is none of pyplot's: nothing stays open, and nothing has to be closed.
    """

    def __init__(self, *args: Any, phrases: Phrases = ENGLISH, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.phrases = phrases

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        figure = self.get_figure(root=True)
        if figure is None:
            return None
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=figure.dpi * _SHARPER)
        width, height = figure.get_size_inches() * figure.dpi
        return picture.getvalue(), {"width": round(width), "height": round(height)}

    def set_title(self, label: str, *args: Any, **kwargs: Any) -> Any:
        """Set the title, by default where the labels of the plot begin."""
        kwargs.setdefault("ha", "left")
        return super().set_title(label, *args, **kwargs)


def begin(ax: Axes | None, width: float = WIDTH, height: float = 4.2) -> tuple[Axes, Palette]:
    """Return where to draw and in which colours: the given Axes, or a new one of so many inches."""
    if ax is None:
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=_MARGIN_PT / 72, h_pad=0.1)
        ax = figure.add_subplot(axes_class=PlotAxes)
    colours = palette(ax)
    ax.spines[["top", "right"]].set_visible(False)
    for name in ("left", "bottom"):
        ax.spines[name].set_color(colours.rule)
    ax.tick_params(which="both", labelsize=TEXT_PT, labelcolor=colours.ink, color=colours.rule, length=3)
    ax.set_axisbelow(True)
    return ax, colours


def phrases_of(ax: Axes) -> Phrases:
    """Return the phrases in which an Axes is labelled; English on an Axes of the user's."""
    return ax.phrases if isinstance(ax, PlotAxes) else ENGLISH


def check(frame: Any, names: Sequence[str], what: str, cure: str, *, times: Sequence[str] = ()) -> None:
    """Check that a frame has what a plot needs.

    Raises
    ------
    ConfigError
        A column is not there, or one of times holds something else or times without a zone.
    """
    require_columns(frame, (*names, *times), what, cure)
    for name in times:
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype) or not len(frame):
            continue
        if pd.api.types.is_datetime64_dtype(frame[name].dtype):
            raise ConfigError(
                f"the times in {name!r} have no zone",
                hint=f"frame[{name!r}].dt.tz_localize('Europe/Berlin'), or tz= where the file is read",
            )
        raise ConfigError(f"{name!r} holds no times but {frame[name].dtype}", hint=cure)


def points(ax: Axes) -> float:
    """Return how wide the plot is, in points, once its labels have taken their room."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 -- an Axes that is drawn on has one
    if isinstance(ax, PlotAxes):
        figure.draw_without_rendering()
    return float(ax.get_window_extent().width * 72 / figure.dpi)


def lanes(ax: Axes, names: Sequence[str]) -> None:
    """Name the rows of a picture, the first on top."""
    ax.set_yticks(range(len(names)), names, fontfamily=families(*names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)


def bar_rows(ax: Axes, names: Sequence[str], lengths: Iterable[float], texts: Iterable[str], *, room: float) -> None:
    """Name the rows of horizontal bars, and write a text after each; `room` is that of the longest with its text."""
    lengths = list(lengths)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        ax.annotate(
            text,
            (length, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=palette(ax).ink,
            fontsize=TEXT_PT,
        )
    lanes(ax, names)
    ax.set_xlim(0, max(lengths) * room)
    counts(ax, "x")
    grid(ax, "x")


def counts(ax: Axes, axis: str) -> None:
    """Make the ticks of an axis (``x`` or ``y``) whole numbers, thousands set apart."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    phrases = phrases_of(ax)
    chosen.set_major_formatter(FuncFormatter(lambda value, _: phrases.number(value)))


def grid(ax: Axes, axis: str) -> None:
    """Draw grid lines along an axis, in the colour of the style's grid."""
    ax.grid(visible=True, axis=axis, linewidth=0.6, alpha=0.3 if palette(ax).is_dark else 0.6)


def label(ax: Axes, *, x: str = "", y: str = "") -> None:
    """Name the axes, with their units."""
    colour = palette(ax).muted
    ax.set_xlabel(x, fontsize=TEXT_PT, color=colour)
    ax.set_ylabel(y, fontsize=TEXT_PT, color=colour)


class _Dates(mdates.ConciseDateFormatter):  # type: ignore[misc]
    """Dates without leading zeros, with the names of days and months in one language."""

    def __init__(self, *args: Any, phrases: Phrases, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._names = dict(zip(ENGLISH.days + ENGLISH.months, phrases.days + phrases.months, strict=True))

    def format_ticks(self, values: Any) -> list[str]:
        labels = [re.sub(r"\b0(\d [A-Z])", r"\1", text) for text in super().format_ticks(values)]
        return [re.sub("[A-Z][a-z]+", lambda name: self._names.get(name[0], name[0]), text) for text in labels]


def time_axis(ax: Axes, tz: str | None) -> None:
    """Make the horizontal axis one of time in a zone, with ticks as people write them."""
    where = zone(tz)
    locator = mdates.AutoDateLocator(tz=where, minticks=4, maxticks=9)
    formatter = _Dates(
        locator,
        tz=where,
        formats=["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
        zero_formats=["", "%b %Y", "%d %b", "%a %d %b", "%H:%M", "%H:%M"],
        show_offset=False,
        phrases=phrases_of(ax),
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)


def headline(ax: Axes, title: str, note: str, *, legend: Sequence[tuple[Artist, str]] = ()) -> None:
    """Write above the plot, upwards: the legend, the line of period, zone, source and n, and the finding.

    The title is that of ``ax.get_title()``; it breaks into lines where it is wider than there is room.
    """
    colours = palette(ax)
    if any(BOX in text for text in (title, note, *(name for _, name in legend), *_texts(ax))):
        note = f"{note} · {BOX} letters that no font here has"
    left, room = _room(ax)
    align, at = ("left", left) if isinstance(ax, PlotAxes) else ("center", 0.5)
    up = _GAP_PT
    if legend:
        up += _legend(ax, legend, room, left if align == "left" else 0.0)
    small = "\n".join(broken(note, room, SMALL_PT))
    below = ax.annotate(
        small,
        (at, 1),
        xycoords="axes fraction",
        xytext=(0, up),
        textcoords="offset points",
        ha=align,
        va="bottom",
        fontsize=SMALL_PT,
        color=colours.muted,
        gid=SUBTITLE,
        annotation_clip=False,
        parse_math=False,
        linespacing=1.2,
        fontfamily=families(small),
    )
    below.set_in_layout(False)  # the title above it has its room, and its width is measured: the plot stays where it is
    up += SMALL_PT * 1.3 * (small.count("\n") + 1) + 2 if small else 0
    text = "\n".join(broken(title, room, TITLE_PT, bold=True))
    title_text = ax.set_title(
        text, loc="center", pad=up + 2, fontsize=TITLE_PT, fontweight="bold", color=colours.ink, ha=align, x=at
    )
    title_text.set_parse_math(False)
    title_text.set_fontfamily(families(text))


def _texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text)]


def _room(ax: Axes) -> tuple[float, float]:
    """Return where text may begin, in widths of the Axes, and how many points there are for it."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 -- an Axes that is drawn on has one
    to_points = 72 / figure.dpi
    if not isinstance(ax, PlotAxes):
        return 0.0, ax.get_window_extent().width * to_points
    figure.draw_without_rendering()  # places the Axes: labels take room
    inside, outside = ax.get_window_extent(), ax.get_tightbbox()
    begins = inside.x0 if outside is None else outside.x0
    return (begins - inside.x0) / inside.width, ((figure.bbox.x1 - begins) * to_points - _MARGIN_PT) * _SAFE


def _legend(ax: Axes, entries: Sequence[tuple[Artist, str]], room: float, left: float) -> float:
    """Put the legend above the plot, in as few rows as there is room for; return how high it is, in points."""
    handles, names = [handle for handle, _ in entries], [name for _, name in entries]
    widest = [width(name, TEXT_PT) + 4.2 * TEXT_PT for name in names]
    columns = len(names)
    while columns > 1 and sum(max(widest[c::columns]) for c in range(columns)) > room:
        columns -= 1
    rows = -(-len(names) // columns)
    columns = -(-len(names) // rows)  # no row of one beside full ones
    # matplotlib fills columns first; people read rows
    order = [r * columns + c for c in range(columns) for r in range(rows) if r * columns + c < len(names)]
    font = FontProperties(family=families(*names), size=TEXT_PT)
    box = ax.legend(
        [handles[i] for i in order],
        [names[i] for i in order],
        loc="lower left",
        bbox_to_anchor=(left, 1.0),
        ncols=columns,
        frameon=False,
        prop=font,
        borderpad=0.2,
        borderaxespad=0.3,
        handlelength=1.5,
        columnspacing=1.5,
        handletextpad=0.6,
        labelspacing=0.35,
    )
    box.set_in_layout(False)
    for text in box.get_texts():
        text.set_color(palette(ax).ink)
    return TEXT_PT * (1.62 * rows + 0.6)


def empty(ax: Axes, title: str, note: str) -> Axes:
    """Draw an empty plot, without axes that could be taken for a measurement."""
    colours = palette(ax)
    if isinstance(ax, PlotAxes):
        ax.figure.set_figheight(_EMPTY_HEIGHT)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    label(ax)
    ax.text(
        0.5,
        0.5,
        phrases_of(ax).nothing,
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=colours.muted,
        fontsize=TEXT_PT + 2,
        gid=EMPTY,
    )
    headline(ax, title, note)
    return ax


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is, in points."""
    font = FontProperties(family=families(text), size=size, weight="bold" if bold else "normal")
    with quiet_lookup():
        return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def broken(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """Return the lines of a text that fit into so many points; a number stays with its unit, and n with its number."""
    lines: list[str] = []
    for word in re.split(r"(?<!=) +(?![%·=]|(?:s|min|h|d)\b)", text) if text else []:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
