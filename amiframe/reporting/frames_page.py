"""Frames and plots as one HTML page that needs nothing else, to send to people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from amiframe.errors import ConfigError
from amiframe.export import atomic_write
from amiframe.html import figure_url
from amiframe.reporting.locales import NONE, Locale
from amiframe.reporting.rendering import Body, Cell, Row, Table, render

Part = pd.DataFrame | str | Any
_DPI = 160


def to_html(
    parts: Mapping[str, Part], dest: str | Path, *, title: str, lang: str = "en", tz: str = "UTC", rows: int = 200
) -> None:
    """Write frames, plots and texts as one HTML page without scripts that loads nothing from elsewhere.

    Parameters
    ----------
    parts : mapping
        What stands below each heading: a DataFrame, a plot (what :mod:`amiframe.plot` returns), or a text.
    dest : str or path-like
        Path or fsspec URL.
    title : str
        Headline.
    lang : str
        ``en`` or ``ru``: how numbers are written.
    tz : str
        Zone in which times are shown.
    rows : int
        Rows of a table that are shown; the page says how many more there are.

    Raises
    ------
    ConfigError
        A part of another type, or an unknown language or zone.

    Examples
    --------
    >>> import io, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = pathlib.Path(folder, "now.html")
    ...     af.to_html({"Channels": af.read_status(af.sample("status"))}, page, title="Now")
    ...     page.read_text(encoding="utf-8").count("<table>")
    1
    """
    locale = Locale(lang)
    shown = [{"name": name, **_part(name, part, locale, tz, rows)} for name, part in parts.items()]
    atomic_write.save_bytes(dest, render("frames.html.j2", locale, title, parts=shown).encode("utf-8"))


def _part(name: str, part: Part, locale: Locale, tz: str, rows: int) -> dict[str, Any]:
    """Return what the template shows of one part."""
    values: dict[str, Any] = {"table": None, "image": "", "caption": "", "paragraphs": [], "note": ""}
    if isinstance(part, pd.DataFrame):
        if not len(part):
            return values | {"paragraphs": [locale("nothing")]}
        rest = len(part) - rows
        note = locale("rows_more", locale.count(rest)) if rest > 0 else ""
        return values | {"table": _table(name, part.head(rows), locale, tz), "note": note}
    if isinstance(part, str):
        return values | {"paragraphs": part.split("\n\n")}
    figure = getattr(part, "figure", None)
    if figure is None:
        raise ConfigError(f"{name!r} is a {type(part).__name__}", hint="a DataFrame, a plot of af.plot, or a text")
    url = figure_url(figure, "png", dpi=_DPI, metadata={"Software": None})
    return values | {"image": url, "caption": " ".join(part.get_title().split())}


def _table(name: str, frame: pd.DataFrame, locale: Locale, tz: str) -> Table:
    kinds = ["" if pd.api.types.is_numeric_dtype(frame[column]) else "text" for column in frame.columns]
    columns = [(str(column), kind == "text") for column, kind in zip(frame.columns, kinds, strict=True)]
    rows = [
        Row(None, [Cell(_text(value, locale, tz), kind) for value, kind in zip(values, kinds, strict=True)])
        for values in frame.astype(object).itertuples(index=False, name=None)
    ]
    return Table(name, columns, [Body(rows)])


def _text(value: Any, locale: Locale, tz: str) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(f"{item[0]}={item[1]}" if isinstance(item, tuple) else str(item) for item in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return NONE
    if isinstance(value, pd.Timestamp):
        return f"{value.tz_convert(tz) if value.tzinfo else value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return locale("yes" if value else "no")
    if isinstance(value, float):
        return locale.decimal(value)
    return locale.count(value) if isinstance(value, int) else str(value)
