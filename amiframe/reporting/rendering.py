"""The Jinja2 templates of the pages, and the tables that they show. Texts are escaped by the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from amiframe._version import __version__
from amiframe.html import escape
from amiframe.reporting.locales import Locale

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Cell:
    """One cell; `of` stands small below it, as the numbers of a share."""

    text: str
    kind: str = ""
    of: str = ""


@dataclass(frozen=True)
class Row:
    """One row: its name, unless it has none, and its other cells."""

    name: str | None
    cells: Sequence[Cell]
    kind: str = ""


@dataclass(frozen=True)
class Body:
    """Rows that belong together."""

    rows: Sequence[Row]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table; `columns` are names, each with whether the column holds text."""

    name: str
    columns: Sequence[tuple[str, bool]]
    bodies: Sequence[Body]
    is_pinned: bool = False


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("amiframe.reporting"),
        autoescape=True,
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, locale: Locale, title: str, **values: Any) -> str:
    """Return a page: one file without scripts that loads nothing from elsewhere."""
    values = {"period": "", "footer": locale("made", version=__version__)} | values
    return _environment().get_template(template).render(locale=locale, title=title, **values) + "\n"
