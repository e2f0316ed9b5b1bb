"""Any frames and plots as one HTML page that needs nothing else: what a notebook leaves for people."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from amiframe._version import __version__
from amiframe.errors import ConfigError
from amiframe.export import atomic_write
from amiframe.reporting.html_tables import TableBody, table
from amiframe.reporting.locales import NONE, Words
from amiframe.reporting.page_style import CSS
from amiframe.reporting.weekly_page import POLICY

Part = pd.DataFrame | str | Any
_DPI = 160


def to_html(
    parts: Mapping[str, Part], dest: str | Path, *, title: str, lang: str = "en", tz: str = "UTC", rows: int = 200
) -> None:
    """Write frames, plots and words as one HTML page: without scripts, without anything from elsewhere.

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
        Rows of a table that are shown; how many more there are is said.

    Raises
    ------
    ConfigError
        A part that is none of these, or no such language or zone.

    Examples
    --------
    >>> import io, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = pathlib.Path(folder, "now.html")
    ...     af.to_html({"Channels": af.read_status(af.sample("status"))}, page, title="Now")
    ...     page.read_text(encoding="utf-8").count("<table>")
    1
    """
    words = Words(lang)
    body = "\n".join(f"<h2>{escape(name)}</h2>\n{_shown(name, part, words, tz, rows)}" for name, part in parts.items())
    html = (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{CSS}</style>\n</head>\n<body>\n<header><h1>{escape(title)}</h1></header>\n<main>\n{body}\n</main>\n"
        f"<footer>{escape(words('made', version=__version__))}</footer>\n</body>\n</html>\n"
    )
    data = html.encode("utf-8")
    atomic_write.save(str(dest), lambda file: (file.write(data), None)[1])


def _shown(name: str, part: Part, words: Words, tz: str, rows: int) -> str:
    if isinstance(part, pd.DataFrame):
        return _table(name, part, words, tz, rows)
    if isinstance(part, str):
        return "".join(f"<p>{escape(text)}</p>" for text in part.split("\n\n"))
    figure = getattr(part, "figure", None)
    if figure is None:
        raise ConfigError(f"{name!r} is a {type(part).__name__}", hint="a DataFrame, a plot of af.plot, or a text")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
    told = " ".join(part.get_title().split())
    return f'<figure><img src="{url}" alt="{escape(f"{name}: {told}")}"></figure>'


def _table(name: str, frame: pd.DataFrame, words: Words, tz: str, rows: int) -> str:
    if not len(frame):
        return f"<p>{escape(words('nothing'))}</p>"
    is_number = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns]
    head = [(str(column), not right) for column, right in zip(frame.columns, is_number, strict=True)]
    body: TableBody = []
    for cells in frame.head(rows).astype(object).itertuples(index=False, name=None):
        body.append([(_cell(cell, words, tz), not right) for cell, right in zip(cells, is_number, strict=True)])
    rest = len(frame) - rows
    more = f'<p class="note">{escape(words("rows_more", words.count(rest)))}</p>' if rest > 0 else ""
    return table(head, body, name) + more


def _cell(value: Any, words: Words, tz: str) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(f"{v[0]}={v[1]}" if isinstance(v, tuple) else str(v) for v in value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return NONE
    if isinstance(value, pd.Timestamp):
        return f"{value.tz_convert(tz) if value.tzinfo else value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return words("yes" if value else "no")
    if isinstance(value, float):
        return words.decimal(value)
    return words.count(value) if isinstance(value, int) else str(value)
