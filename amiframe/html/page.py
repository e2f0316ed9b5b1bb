"""A page that stands alone: what a widget showed at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from amiframe.html.markup import Markup, element

_PAPER = Markup("body{margin:16px;color-scheme:light dark}@media (prefers-color-scheme:dark){body{background:#0d1117}}")


@cache
def style() -> Markup:
    """Return our style sheet. Include it once per page; repeating it is harmless: every rule is scoped to ``.amf``."""
    sheet = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return element("style", Markup(sheet))


@dataclass(frozen=True)
class Page:
    """A widget as it stood at one moment, in plain HTML; shows itself in a notebook, and needs no kernel to be read.

    Parameters
    ----------
    title : str
    body : Markup

    Examples
    --------
    >>> print(Page("Queues", Markup("<p>none</p>")).html[:15])
    <!doctype html>
    """

    title: str
    body: Markup

    @property
    def html(self) -> str:
        """The page as a file of its own."""
        meta = Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width">')
        head = element("head", meta, element("title", self.title), element("style", _PAPER))
        return Markup("<!doctype html>") + element("html", head, element("body", self._repr_html_()))

    def _repr_html_(self) -> Markup:
        return style() + element("div", element("h3", self.title), self.body, class_="amf")

    def __str__(self) -> str:
        return self.html
