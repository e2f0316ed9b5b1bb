"""Frames on a terminal: a table that fits, with nothing in it that a terminal would obey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROWS = 40
"""Rows printed unless asked otherwise; files always get all."""


@dataclass(frozen=True, slots=True)
class View:
    """One column of a printed table.

    Parameters
    ----------
    title : str
    cell : callable
        Gives the text of a row.
    right : bool
        Whether the column is set to the right, as numbers are.
    least : int
        Characters below which the column is not squeezed.
    folds : bool
        Whether a text that is too long goes on in the next line, where it would else be cut.
    """

    title: str
    cell: Callable[[dict[Any, Any]], str]
    right: bool = False
    least: int = 4
    folds: bool = False


def text(value: Any) -> str:
    r"""Return a value as text for one cell: missing is empty, what a terminal would obey is spelt out.

    Examples
    --------
    >>> text("Анна\x1b[31m"), text(None), text(float("nan")), text(["call", "all"])
    ('Анна\\x1b[31m', '', '', 'call, all')
    """
    if isinstance(value, list | tuple):
        return ", ".join(f"{text(v[0])}={text(v[1])}" if isinstance(v, tuple) else text(v) for v in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))


def party(number: Any, name: Any) -> str:
    """Return a party as ``number name``, without what is missing.

    Examples
    --------
    >>> party("110", "Анна"), party("110", pd.NA)
    ('110 Анна', '110')
    """
    return " ".join(part for part in (text(number), text(name)) if part)


def value(name: str, title: str = "", *, right: bool = False, least: int = 4, folds: bool = False) -> View:
    """Return the view of one column as it is."""
    return View(title or name, lambda row: text(row.get(name)), right, least, folds)


def fitting(frame: pd.DataFrame, views: Sequence[View], first_to_go: Sequence[str]) -> list[View]:
    """Return the views that the terminal has room for; it does without those of `first_to_go`, in that order."""
    left = list(views)
    width = Console().width
    for title in first_to_go:
        cells = [[view.cell(row) for view in left] for row in frame.head(ROWS).to_dict("records")]
        if sum(widths(left, cells, 10_000)) + 3 * (len(left) - 1) + 2 <= width:
            break
        left = [view for view in left if view.title != title]
    return left


def print_table(console: Console, frame: pd.DataFrame, views: Sequence[View], *, title: str, rows: int = ROWS) -> None:
    """Print a frame; say how many rows are left out."""
    shown = frame if rows == 0 else frame.head(rows)
    cells = [[view.cell(row) for view in views] for row in shown.to_dict("records")]
    console.print(Text(text(title)), soft_wrap=True)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for view, width in zip(views, widths(views, cells, console.width), strict=True):
        table.add_column(
            view.title, width=width, justify="right" if view.right else "left", no_wrap=not view.folds,
            overflow="fold" if view.folds else "ellipsis",
        )  # fmt: skip
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)
    if len(shown) < len(frame):
        console.print(f"… {len(frame) - len(shown)} more rows: --rows 0 prints all, -o FILE.csv keeps all", style="dim")


def widths(views: Sequence[View], cells: Sequence[Sequence[str]], total: int) -> list[int]:
    """Return the width of each column: as wide as its cells, the widest cut back until all fit.

    Examples
    --------
    >>> widths((value("a", least=2), value("b", least=4)), [["long" * 5, "x" * 4]], 19)
    [10, 4]
    """
    wide = [
        max(cell_len(view.title), *(cell_len(row[at]) for row in cells), view.least) if cells else cell_len(view.title)
        for at, view in enumerate(views)
    ]
    room = total - 3 * (len(views) - 1) - 2  # between the columns, and at the edges
    while sum(wide) > room:
        spare = [width - view.least for width, view in zip(wide, views, strict=True)]
        if max(spare) <= 0:
            break
        # the column with the most to give; one at a time keeps the others whole as long as it can
        at = max(range(len(wide)), key=lambda i: (spare[i] > 0, wide[i]))
        wide[at] -= 1
    return wide
