"""Which rights lead to which actions: actions with the same rights as one row of dots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from amiframe.errors import ConfigError
from amiframe.plot import _axes, _text
from amiframe.plot._fonts import families

_MOST_ROWS = 24
_MOST_COLUMNS = 20
_DOT = 7.5


def privileges(matrix: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which privileges lead to which actions.

    Parameters
    ----------
    matrix : DataFrame
        Of :func:`privilege_matrix`: a row for each action, a column of flags for each privilege; or of
        ``Pbx.commands`` and :func:`read_commands`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default a new one.

    Returns
    -------
    matplotlib.axes.Axes
        A column for each privilege, with the number of actions to which it leads; a row for each set of privileges any
        of which is enough, with its actions; those with the most actions on top, 24 at most.

    Raises
    ------
    ConfigError
        The frame has neither flags nor ``privileges``.

    Examples
    --------
    >>> af.plot.privileges(af.read_commands(af.sample("commands"))).get_title()
    'The privilege system alone leads to 42 of 103 actions, 21 need none'
    """
    flags = _flags(matrix)
    if "all" in flags and (flags["all"] == flags.any(axis=1)).all():
        flags = flags.drop(columns="all")  # the right to everything: in every row, so it separates nothing
    about = _text.note(_text.source(matrix), f"n = {_text.counted(len(flags), 'action')}")
    reach = flags.sum().sort_values(ascending=False, kind="stable")
    named = [name for name in reach.index if reach[name]]
    title = _title(flags, reach)
    if len(named) > _MOST_COLUMNS:
        rare = named[_MOST_COLUMNS - 1 :]
        other = f"{len(rare)} others"
        flags = flags.drop(columns=rare).assign(**{other: flags[rare].any(axis=1)})
        reach[other] = int(flags[other].sum())
        named = [*named[: _MOST_COLUMNS - 1], other]
    flags = flags[named]
    names = _text.distinct(map(str, named), 20)
    groups = _groups(flags)
    rows = groups[:_MOST_ROWS]
    ax, colours = _axes.begin(ax, height=2.1 + 0.25 * max(len(rows), 2))
    if not len(flags):
        return _axes.empty(ax, "No actions", about)
    for place, (members, _) in enumerate(rows):
        ax.plot(
            range(len(names)), [place] * len(names), "o", color=colours.of("pale"), markersize=_DOT * 0.45, zorder=1
        )
        at = np.flatnonzero(members)
        ax.plot(at, [place] * len(at), "o-", color=colours.of("blue"), markersize=_DOT, linewidth=1.6, gid="set")
        if place % 2 == 0:
            ax.axhspan(place - 0.5, place + 0.5, color=colours.of("pale"), alpha=0.25, linewidth=0, zorder=0)
    columns = max(len(names), 1)
    room = columns * 1.45 + 4.0  # words on the right take as much again as the dots
    ax.set_xlim(-0.7, columns - 0.3 + room)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    labels = [f"{name} ({_text.number(reach[key])})" for name, key in zip(names, named, strict=True)]
    turned = {"rotation": 50 if len(names) <= 12 else 90, "ha": "right", "rotation_mode": "anchor"}
    if turned["rotation"] == 90:
        turned |= {"va": "center"}
    ax.set_xticks(range(len(names)), labels, fontfamily=families(*names), **turned)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    width = _axes.points(ax) * (room - 0.4) / (columns + 0.4 + room)
    for place, (members, actions) in enumerate(rows):
        text = f"{_text.counted(len(actions), 'action')}{'' if members.any() else ' for everybody'}: "
        ax.text(
            len(names) - 0.4,
            place,
            _fitting(text, actions, width),
            va="center",
            fontsize=_axes.SMALL_PT,
            color=colours.ink,
            gid="actions",
            parse_math=False,
        )
    rest = sum(len(actions) for _, actions in groups[_MOST_ROWS:])
    if rest:
        about = _text.note(
            about, f"{_text.counted(rest, 'action')} in {len(groups) - len(rows)} smaller sets not drawn"
        )
    legend = [
        (
            Line2D([], [], marker="o", linestyle="", color=colours.of("blue"), markersize=_DOT),
            "any of these privileges is enough for the actions of the row",
        )
    ]
    _axes.headline(ax, title, about, legend=legend if names else ())
    return ax


def _flags(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return a row of flags for each action."""
    if not isinstance(matrix, pd.DataFrame):
        raise ConfigError("no frame of privileges", hint="af.privilege_matrix(commands), or commands themselves")
    if "privileges" in matrix and "action" in matrix:
        table = matrix[["action", "privileges"]].explode("privileges")
        privilege = table["privileges"].astype("str").where(table["privileges"].notna())
        flags = pd.crosstab(table["action"], privilege).astype(bool)
        return flags.reindex(matrix["action"].dropna().unique(), fill_value=False)
    table = matrix.set_index("action") if "action" in matrix else matrix
    kept = [name for name in table.columns if pd.api.types.is_bool_dtype(table[name].dtype)]
    if not kept:
        raise ConfigError(
            "the frame has no flags of privileges", hint="af.privilege_matrix(commands), or commands themselves"
        )
    return table[kept].fillna(False).astype(bool)


def _groups(flags: pd.DataFrame) -> list[tuple[np.ndarray, list[str]]]:
    """Return the sets of privileges, those of most actions first, each with its actions."""
    if not len(flags):
        return []
    values = flags.to_numpy(dtype=bool).reshape(len(flags), -1)
    sets, of = np.unique(values, axis=0, return_inverse=True)
    actions = flags.index.astype("str").to_numpy()
    groups = [(row, sorted(actions[of.reshape(-1) == place], key=str.lower)) for place, row in enumerate(sets)]
    return sorted(groups, key=lambda group: (-len(group[1]), not group[0].any(), group[1]))


def _fitting(text: str, names: Sequence[str], width: float) -> str:
    """Return as many names as there is room for."""
    fitting = text
    for place, name in enumerate(names):
        longer = f"{fitting}{', ' if place else ''}{_text.short(name)}"
        rest = ", …" if place < len(names) - 1 else ""
        if place and _axes.width(longer + rest, _axes.SMALL_PT) > width:
            return fitting + ", …"
        fitting = longer
    return fitting


def _title(flags: pd.DataFrame, reach: pd.Series) -> str:
    free = int((~flags.any(axis=1)).sum()) if len(flags.columns) else len(flags)
    if not len(flags.columns):
        return f"All of {_text.counted(len(flags), 'action')} need no privilege"
    reach_text = (
        f"The privilege {_text.short(str(reach.index[0]))} alone leads to {_text.number(reach.iloc[0])}"
        f" of {_text.counted(len(flags), 'action')}"
    )
    return reach_text + (f", {_text.number(free)} need{'s' if free == 1 else ''} none" if free else "")
