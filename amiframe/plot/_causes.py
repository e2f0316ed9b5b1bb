"""Why calls ended: hangup causes, the most frequent first."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from amiframe.plot import _axes, _text

_MOST = 10
NORMAL, PARTY, FAULT, NOT_REPORTED = "ended normally", "the called party", "network, number or PBX", "not told"
_COLOURS = {NORMAL: "blue", PARTY: "amber", FAULT: "vermilion", NOT_REPORTED: "grey"}
_OTHERS = "pale"

# Q.850: cause, in short words, and whose it is
CAUSES = {
    0: ("no cause told", NOT_REPORTED),
    1: ("number not assigned", FAULT),
    2: ("no route to the network", FAULT),
    3: ("no route to the destination", FAULT),
    6: ("channel not acceptable", FAULT),
    16: ("normal clearing", NORMAL),
    17: ("busy", PARTY),
    18: ("no user responds", PARTY),
    19: ("no answer", PARTY),
    20: ("absent", PARTY),
    21: ("rejected", PARTY),
    22: ("number changed", FAULT),
    26: ("answered elsewhere", NORMAL),
    27: ("destination out of order", FAULT),
    28: ("invalid number", FAULT),
    29: ("facility rejected", FAULT),
    31: ("normal, unspecified", NORMAL),
    34: ("no circuit free", FAULT),
    38: ("network out of order", FAULT),
    41: ("temporary failure", FAULT),
    42: ("switch congested", FAULT),
    44: ("channel not available", FAULT),
    50: ("facility not subscribed", FAULT),
    52: ("outgoing calls barred", FAULT),
    54: ("incoming calls barred", FAULT),
    58: ("bearer not available", FAULT),
    66: ("channel type unknown", FAULT),
    88: ("incompatible", FAULT),
    102: ("timer expired", FAULT),
    111: ("protocol error", FAULT),
    127: ("interworking", FAULT),
}


def in_words(cause: int | None) -> str:
    """Return a cause in words, with its number.

    Examples
    --------
    >>> in_words(17), in_words(99), in_words(None)
    ('busy (17)', 'cause 99', 'no cause told')
    """
    if not cause:
        return CAUSES[0][0]
    return f"{CAUSES[cause][0]} ({cause})" if cause in CAUSES else f"cause {cause}"


def kind(cause: int) -> str:
    """Return whose cause it is.

    Examples
    --------
    >>> kind(17), kind(99)
    ('the called party', 'network, number or PBX')
    """
    return CAUSES.get(cause, ("", FAULT))[1]


def causes(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw why calls (or legs) ended, the most frequent cause on top.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`calls` or :func:`legs`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each Q.850 cause, ten at most and the rest as one; lengths are numbers of calls.

    Raises
    ------
    ConfigError
        The frame has no ``cause``.

    Examples
    --------
    >>> af.plot.causes(af.calls(af.read_events(af.sample("events")))).get_title()
    'One call ended: busy (17)'
    """
    times = [name for name in ("started", "ended") if name in getattr(frame, "columns", ())]
    _axes.check(frame, ("cause",), "why calls ended", "af.calls(...) or af.legs(...)", times=times)
    unit = "leg" if "channel" in frame else "call"
    over = frame[frame["ended"].notna()] if "ended" in frame else frame
    numbers = pd.to_numeric(over["cause"]).fillna(0).astype("int64")
    counts = numbers.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    going = len(frame) - len(over)
    begins = frame["started"].min() if "started" in frame else pd.NaT
    about = _text.note(
        _text.period(begins, frame["ended"].max()) if pd.notna(begins) and len(over) else "",
        _text.source(frame),
        f"n = {_text.counted(len(over), unit)} that ended" + (f", {_text.number(going)} had not yet" if going else ""),
    )
    bars = [
        (in_words(int(cause)), int(count), _COLOURS[kind(int(cause))])
        for cause, count in zip(counts.index.tolist(), counts.tolist(), strict=True)
    ]
    if len(bars) > _MOST:
        rest = bars[_MOST - 1 :]
        bars = [*bars[: _MOST - 1], (f"{len(rest)} other causes", sum(count for _, count, _ in rest), _OTHERS)]
    ax, colours = _axes.begin(ax, height=1.9 + 0.32 * max(len(bars), 2))
    if not bars:
        return _axes.empty(ax, f"No {unit} has ended", about)
    for place, (_, count, colour) in enumerate(bars):
        ax.barh(place, count, 0.72, **colours.fill(colour))
    lengths = [count for _, count, _ in bars]
    texts = [f"{_text.number(count)}   {_text.percent(count / len(over))}" for count in lengths]
    _axes.bar_rows(ax, [name for name, *_ in bars], lengths, texts, room=1.18)
    _axes.label(ax, x=f"{unit}s")
    kinds = list(dict.fromkeys(kind(int(cause)) for cause in counts.index))
    legend = [(Patch(**colours.fill(_COLOURS[name])), name) for name in _COLOURS if name in kinds]
    _axes.headline(ax, _title(counts, unit), about, legend=legend if len(legend) > 1 else ())
    return ax


def _title(counts: pd.Series, unit: str) -> str:
    total = int(counts.sum())
    if total == 1:
        return f"One {unit} ended: {in_words(int(counts.index[0]))}"
    kinds = pd.Series([kind(int(cause)) for cause in counts.index], index=counts.index)
    well = int(counts[kinds == NORMAL].sum())
    share_text = f"{_text.percent(well / total)} of {unit}s ended normally"
    faults = counts[kinds == FAULT]
    worst = faults if len(faults) else counts[kinds == PARTY]
    if not len(worst):
        return share_text
    most, share = int(worst.index[0]), _text.percent(int(worst.iloc[0]) / total)
    return f"{share_text}; most frequent {'failure' if len(faults) else 'other end'}: {in_words(most)}, {share}"
