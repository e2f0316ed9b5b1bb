"""Parts that several widgets show: status line, code, numbers, pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from typing import Any

from amiframe.html.markup import Markup, element, escape, join
from amiframe.html.tables import format_cell


def styled(*parts: Markup) -> Markup:
    """Return parts with our colours around them."""
    return element("div", *parts, class_="amf")


def note(*parts: object) -> Markup:
    """Return a remark in muted ink."""
    return element("p", *parts, class_="amf-muted")


def status_line(kind: str, text: str = "", hint: str | None = None) -> Markup:
    """Return a status line: `kind` is ``good``, ``warn``, ``error``, ``busy`` or empty; read aloud when it changes."""
    below = element("div", hint, class_="amf-hint") if hint else ""
    shown = (text, below) if text else ()
    line = element("div", *shown, class_=f"amf-status amf-{kind or 'idle'}", role="status", aria_live="polite")
    return styled(line)


def code_block(source: str, title: str = "the same as code") -> Markup:
    """Return code to copy, folded away until a reader opens it; one click marks all of it."""
    shown = element("pre", source, class_="amf-code", tabindex=0)
    return details(title, shown, kind="amf-code-box")


def metric(value: object, name: str, kind: str = "") -> Markup:
    """Return one number with what it counts below it."""
    return element("div", element("b", format_cell(value)), element("span", name), class_=f"amf-figure {kind}".strip())


def data_url(data: bytes, kind: str) -> str:
    """Return an image as a URL that holds it; `kind` is ``png`` or ``svg+xml``."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def figure_url(figure: Any, form: str, **options: Any) -> str:
    """Return a figure of matplotlib as a data URL, which needs no file beside the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    form : {"svg", "png"}
    **options : Any
        As ``savefig`` takes them.
    """
    file = io.BytesIO()
    figure.savefig(file, format=form, **options)
    return data_url(file.getvalue(), "svg+xml" if form == "svg" else form)


def plot_image(ax: Any) -> Markup:
    """Return a plot as an image that needs no kernel."""
    url = figure_url(ax.figure, "svg", bbox_inches="tight", facecolor="white")
    return Markup('<img alt="{}" src="{}">').format(escape(ax.get_title()), url)


def details(title: str, *content: Markup, kind: str = "") -> Markup:
    """Return content that is folded away below its title."""
    return element("details", element("summary", title), *content, class_=kind)


def check_line(warnings: Iterable[str]) -> Markup:
    """Return a status line of what looks wrong in a form that can be sent; else that it is ready."""
    text = "\n".join(f"⚠ {warning}" for warning in warnings)
    return status_line("warn", text) if text else status_line("good", "✓ ready to send")


def warning_lines(warnings: Iterable[str]) -> Markup:
    """Return warnings, one a line."""
    return join(element("div", f"⚠ {warning}", class_="amf-status amf-warn") for warning in warnings)
