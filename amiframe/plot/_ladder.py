"""The ladder of one call: a lane for each endpoint, from left to right in time."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter

from amiframe.plot import _axes, _text
from amiframe.plot._call_timeline import (
    DIAL,
    HOLD,
    MACHINE,
    RINGING,
    TALK,
    TRANSFER,
    WAITING,
    Arrow,
    CallTimeline,
    call_timeline,
)
from amiframe.plot._causes import in_words
from amiframe.plot._colors import Palette
from amiframe.plot._fonts import families

_HALF = 0.24  # of a lane
_LOOKS = {  # in the order in which they are drawn
    MACHINE: ("pale", ""),
    TALK: ("blue", ""),
    HOLD: ("sky", ""),
    RINGING: ("amber", "////"),
    WAITING: ("purple", ".."),
}
_THINNEST_PT = 1.5
_LONG = (10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400)
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, *_LONG)


def call_ladder(events: pd.DataFrame, linkedid: str, *, tz: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw one call: who rang, talked and held when, who was dialled and transferred, who hung up and why.

    Parameters
    ----------
    events : DataFrame
        What :func:`read_events` gives, or ``Pbx.events``; of the whole log, or of the call.
    linkedid : str
        The call, as :func:`calls` names it; the id of one of its channels does too.
    tz : str, optional
        Zone in which the time of its begin is written; default UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A lane for the caller, for each queue and for each endpoint that was called; of more than eight, those who
        talked least share one. Seconds since the call began from left to right. Ringing is hatched, talk solid, hold
        light, waiting in a queue dotted; thin arrows dial, thick ones transfer; words behind a lane tell how it ended.

    Raises
    ------
    ConfigError
        There is no such call, or the frame lacks columns of events.

    Notes
    -----
    Local channels that only lead on to others are wires, and have no lane.

    Examples
    --------
    >>> events = af.read_events(af.sample("events"))
    >>> call = af.calls(events)["linkedid"].iloc[0]
    >>> af.plot.call_ladder(events, call).get_title()
    'Not answered: busy (17)'
    """
    _axes.check(events, ("event",), "a call", "af.read_events(...) or pbx.events(...)")
    where = _text.zone(tz)
    if not len(events):
        ax, _ = _axes.begin(ax)
        return _axes.empty(ax, "No events, no call", _text.note(_text.source(events)))
    timeline = call_timeline(events, linkedid)
    ax, colours = _axes.begin(ax, height=1.75 + 0.52 * max(len(timeline.lanes), 2))
    names = _text.distinct([lane.name for lane in timeline.lanes], 24)
    lines = [
        name + (f"\n{_text.plain(lane.about, 34)}" if lane.about else "")
        for name, lane in zip(names, timeline.lanes, strict=True)
    ]
    _axes.lanes(ax, lines)
    ax.hlines(range(len(timeline.lanes)), 0, timeline.length, color=colours.rule, linewidth=0.7, zorder=0.5)
    per_point = _set_seconds(ax, timeline)
    kinds = _draw_bars(ax, colours, timeline, per_point)
    for arrow in timeline.arrows:
        _draw_arrow(ax, colours, timeline, arrow)
    _write_endings(ax, colours, timeline)
    ax.spines["left"].set_visible(False)
    began = timeline.began.tz_convert(where)
    _axes.label(ax, x=f"seconds since {_text.clock(began, seconds=True)} {where}")
    about = _text.note(
        f"call {_text.short(str(timeline.call['linkedid']), 32)}",
        _from_to(timeline.call),
        _text.period(began, began + pd.Timedelta(seconds=timeline.length), tz),
        _text.source(events),
        f"n = {_text.counted(int(timeline.call['legs']), 'channel')}",
        "" if timeline.call["time_source"] == "server" else "times of arrival",
        "" if timeline.call["complete"] else "cut off by the log",
    )
    _axes.headline(ax, _in_a_sentence(timeline), about, legend=_legend(colours, timeline, kinds))
    return ax


def _set_seconds(ax: Axes, timeline: CallTimeline) -> float:
    """Make the axis as long as the call and the words behind its lanes; return how many seconds a point is."""
    room = _axes.points(ax)
    length = timeline.length or 1.0
    reach = length * 1.02
    for row, lane in enumerate(timeline.lanes):
        need = (_axes.width(lane.ending, _axes.SMALL_PT) + 14) / room if lane.ending else 0.0
        reach = max(reach, _end_of(timeline, row) / (1 - min(need, 0.7)))
    ax.set_xlim(-0.006 * length, reach)
    step = next((step for step in _TICKS if reach / step <= 10), 86400 * -(-reach // 864_000))
    ax.set_xticks([place * step for place in range(int(length / step) + 1)])  # no further than the call
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    return (reach + 0.006 * length) / room


def _end_of(timeline: CallTimeline, row: int) -> float:
    return max((bar.end for bar in timeline.bars if timeline.lane_of(bar.lane) == row), default=0.0)


def _draw_bars(ax: Axes, colours: Palette, timeline: CallTimeline, per_point: float) -> set[str]:
    """Draw what went on in each lane, and how long it took where there is room; return what can be seen."""
    kinds = set()
    thin = _THINNEST_PT * per_point
    order = sorted(timeline.bars, key=lambda bar: (bar.end - bar.begin < thin, list(_LOOKS).index(bar.kind)))
    for place, bar in enumerate(order):
        row = timeline.lane_of(bar.lane)
        if row is None or bar.end - bar.begin < thin / 3:
            continue
        kinds.add(bar.kind)
        is_shared = bool(timeline.lanes[row].names)
        look = _look(colours, bar.kind)
        wide = max(bar.end - bar.begin, thin)
        ax.add_patch(
            Rectangle(
                (bar.begin, row - _HALF), wide, 2 * _HALF, gid=bar.kind, alpha=0.55 if is_shared else None, **look
            )
        )
        text = _text.duration(bar.end - bar.begin)
        is_covered = any(
            over.lane == bar.lane and over.begin < bar.end and bar.begin < over.end for over in order[place + 1 :]
        )
        if not is_shared and not is_covered and _axes.width(text, _axes.SMALL_PT) + 10 <= wide / per_point:
            ax.text(
                (bar.begin + bar.end) / 2,
                row,
                text,
                ha="center",
                va="center",
                fontsize=_axes.SMALL_PT,
                color=colours.on(look["facecolor"]),
                gid="duration",
                zorder=4,
                bbox={"facecolor": look["facecolor"], "edgecolor": "none", "pad": 1.0},
            )
    return kinds


def _look(colours: Palette, kind: str) -> dict[str, Any]:
    return colours.fill(*_LOOKS[kind])


def _legend(colours: Palette, timeline: CallTimeline, kinds: set[str]) -> list[tuple[Any, str]]:
    order = (RINGING, WAITING, MACHINE, TALK, HOLD)
    entries: list[tuple[Any, str]] = [(Patch(**_look(colours, kind)), kind) for kind in order if kind in kinds]
    for kind, weight in ((DIAL, 0.9), (TRANSFER, 2.0)):
        if any(arrow.kind == kind for arrow in timeline.arrows):
            line = Line2D([], [], color=colours.ink, linewidth=weight, marker=">", markersize=3 + 2 * weight)
            entries.append((line, kind))
    return entries


def _draw_arrow(ax: Axes, colours: Palette, timeline: CallTimeline, arrow: Arrow) -> None:
    origin = timeline.lane_of(arrow.origin)
    if origin is None:
        return
    target = timeline.lane_of(arrow.target) if arrow.target is not None else None
    if target == origin:
        return
    down = 1 if target is None or target > origin else -1
    end = origin + 0.5 if target is None else target - down * _HALF
    is_dial = arrow.kind == DIAL
    ax.annotate(
        "",
        (arrow.at, end),
        xytext=(arrow.at, origin + down * _HALF),
        gid=arrow.kind,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colours.muted if is_dial else colours.ink,
            "shrinkA": 0,
            "shrinkB": 0,
            "linewidth": 0.9 if is_dial else 2.0,
            "mutation_scale": 8 if is_dial else 13,
        },
        zorder=0.8 if is_dial else 3,
    )
    if arrow.text:
        is_late = arrow.at > timeline.length * 0.6
        _write(
            ax,
            colours,
            arrow.text,
            (arrow.at, origin + down * 0.5),
            -6 if is_late else 6,
            {"pad": 1.2, "alpha": 0.85},
            ha="right" if is_late else "left",
            fontfamily=families(arrow.text),
        )


def _write_endings(ax: Axes, colours: Palette, timeline: CallTimeline) -> None:
    """Write behind its last bar how each lane ended; the axis is long enough for it."""
    for row, lane in enumerate(timeline.lanes):
        if lane.ending:
            _write(ax, colours, lane.ending, (_end_of(timeline, row), row), 5, {"pad": 1.0}, gid="ending")


def _write(
    ax: Axes, colours: Palette, text: str, at: tuple[float, float], offset: int, box: dict[str, float], **look: Any
) -> None:
    """Write a note beside a place, on a box of the paper's colour; it has no part in the layout."""
    look |= {"va": "center", "fontsize": _axes.SMALL_PT, "color": colours.ink, "parse_math": False}
    background = {"facecolor": colours.paper, "edgecolor": "none", **box}
    note = ax.annotate(text, at, xytext=(offset, 0), textcoords="offset points", bbox=background, **look)
    note.set_in_layout(False)


def _from_to(call: pd.Series) -> str:
    names = [_text.short(str(call[name]), 20) if pd.notna(call[name]) else "" for name in ("caller", "dialed")]
    return " ".join(f"{word} {name}" for word, name in zip(("from", "to"), names, strict=True) if name)


def _in_a_sentence(timeline: CallTimeline) -> str:
    call = timeline.call
    after = f" after {_text.duration(call['ring_s'])}" if pd.notna(call["ring_s"]) else ""
    disposition = call["disposition"]
    if pd.isna(disposition):
        return "Not over when the log ends"
    if disposition == "cancelled":
        return f"The caller gave up{after}"
    if disposition != "answered":
        cause = in_words(None if pd.isna(call["cause"]) else int(call["cause"]))
        return f"Not answered: {cause}" if cause.startswith(disposition) else f"Not answered, {disposition}: {cause}"
    if pd.isna(call["answered_by"]):
        sentence, talk = _without_person(timeline), "in all"
    else:
        sentence, talk = f"Answered by {_text.short(str(call['answered_by']), 24)}{after}", "of talk"
    if pd.notna(call["talk_s"]):
        sentence += f", {_text.duration(call['talk_s'])} {talk}"
    if call["transfers"]:
        sentence += f", {_text.counted(int(call['transfers']), 'transfer')}"
    is_complete = pd.isna(call["hungup_by"]) or "gave up" in sentence
    return sentence if is_complete else f"{sentence}; {_who(call['hungup_by'])} hung up"


def _without_person(timeline: CallTimeline) -> str:
    """Say what became of a call that only the PBX took."""
    if timeline.call["reached"] == "queue" and len(timeline.visits):
        visit = timeline.visits.iloc[-1]
        wait = f" after {_text.duration(visit['wait_s'])}" if pd.notna(visit["wait_s"]) else ""
        outcome = {"abandoned": "The caller gave up waiting", "timeout": "Waited too long"}.get(
            str(visit["outcome"]), "Nobody answered"
        )
        return f"{outcome} in queue {_text.short(str(visit['queue']), 20)}{wait}"
    if pd.isna(timeline.call["reached"]):
        return "Up when the log begins"
    return f"Taken by the PBX itself ({timeline.call['reached']})"


def _who(by: str) -> str:
    return {"caller": "the caller", "callee": "the called party", "pbx": "the PBX"}.get(by, by)
