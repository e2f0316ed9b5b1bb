"""Frames as tables: one formatter of cells, one builder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from amiframe.html.markup import Markup, element, escape

_MISSING = Markup('<span class="amf-none" title="missing">–</span>')
_MAX_CELL = 300
_KEYS = {"data_lm_suppress_shortcuts": "true"}  # JupyterLab would take Enter on a heading for itself


def format_cell(value: Any) -> Markup:
    """Return what stands in a table for a value; a text that is too long is cut, and says how long it was."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return _MISSING
    if isinstance(value, Mapping):
        shown = ", ".join(f"{name}={content}" for name, content in value.items())
    elif isinstance(value, list | tuple):
        shown = ", ".join(f"{part[0]}={part[1]}" if isinstance(part, tuple) else str(part) for part in value)
    elif isinstance(value, bool):
        shown = "yes" if value else "no"
    elif isinstance(value, float):
        shown = f"{value:,.1f}".replace(",", "\u202f")
    else:
        shown = str(value)
    if len(shown) > _MAX_CELL:
        return element("span", f"{shown[:_MAX_CELL]}…", title=f"{len(shown)} characters")
    return escape(shown)


def plain_columns(frame: pd.DataFrame) -> list[list[Any]]:
    """Return the columns of a frame as lists of plain values; missing is None, a time is text to the second."""
    return [_plain_column(frame.iloc[:, at]) for at in range(frame.shape[1])]


def _plain_column(series: pd.Series) -> list[Any]:
    if isinstance(series.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(series.dtype):
        series = series.dt.strftime("%Y-%m-%d %H:%M:%S")
    array = pa.array(series)  # a chunked array for Arrow columns; both know to_pylist
    return [None if value != value else value for value in array.to_pylist()]  # NaN is missing too


def table(
    frame: pd.DataFrame,
    *,
    label: str,
    columns: Iterable[str] | None = None,
    classes: Sequence[str] | None = None,
    headings: Mapping[str, Markup] | None = None,
    empty: str = "nothing",
    height: str = "22em",
    caption: str = "",
    wraps: bool = True,
) -> Markup:
    """Return rows as a table in a box that scrolls.

    Parameters
    ----------
    frame : DataFrame
    label : str
        What it is, for screen readers.
    columns : iterable of str, optional
        Which ones; what the frame lacks is left out.
    classes : sequence of str, optional
        A CSS class for each row.
    headings : mapping, optional
        HTML of a heading in place of the column's name.
    empty : str
        What stands there instead of a table without rows.
    height : str
        The box's greatest.
    caption : str
        Stands above the headings.
    wraps : bool
        Whether long texts go on in a second line; else the box scrolls sideways.
    """
    names = [name for name in (frame.columns if columns is None else columns) if name in frame.columns]
    part = frame[names]
    if part.empty:
        return element("p", empty, class_="amf-muted")
    alignments = [_alignment(part[name]) for name in names]
    cells = [
        [element("td", format_cell(value), class_=alignment) for value in values]
        for alignment, values in zip(alignments, plain_columns(part), strict=True)
    ]
    rows = [
        element("tr", *row, class_=kind)
        for kind, row in zip(classes or [""] * len(part), zip(*cells, strict=True), strict=True)
    ]
    titles = [
        element("th", (headings or {}).get(name, name), scope="col", class_=alignment)
        for name, alignment in zip(names, alignments, strict=True)
    ]
    return table_box(titles, rows, label=label, height=height, caption=caption, wraps=wraps)


def table_box(
    titles: Iterable[Markup],
    rows: Iterable[Markup],
    *,
    label: str,
    height: str,
    caption: str = "",
    wraps: bool = False,
    box: Mapping[str, object] | None = None,
    body: Mapping[str, object] | None = None,
) -> Markup:
    """Return headings and rows that are HTML already as a table in a box that scrolls; `box` and `body` are attributes.

    See Also
    --------
    table : A frame.
    """
    shown = element(
        "table",
        element("caption", caption) if caption else "",
        element("thead", element("tr", *titles)),
        element("tbody", *rows, **(body or {})),
        class_="amf-table" if wraps else "amf-table amf-short",
    )
    attributes = {"style": f"max-height:{height}", "tabindex": 0, "role": "region", "aria_label": label, **(box or {})}
    return element("div", shown, class_="amf-scroll", **attributes, **_KEYS)


def _alignment(series: pd.Series) -> str:
    is_number = pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)
    return "amf-num" if is_number else ""


def facts(pairs: Iterable[tuple[str, object]], label: str, height: str = "none") -> Markup:
    """Return names and values, one pair a line; where they are higher than `height` the box scrolls."""
    rows = [element("tr", element("th", name, scope="row"), element("td", format_cell(value))) for name, value in pairs]
    shown = element("table", element("tbody", *rows), class_="amf-table", aria_label=label)
    return element("div", shown, class_="amf-scroll", style=f"max-height:{height}", tabindex=0)
