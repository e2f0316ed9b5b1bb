"""HTML that needs no kernel and no script; every text of the PBX is escaped here.

Colours come from the page's theme (JupyterLab, Voila), and where there is none from what the reader's system prefers.
"""

from __future__ import annotations

from amiframe.html.components import (
    check_line,
    code_block,
    data_url,
    details,
    figure_url,
    metric,
    note,
    plot_image,
    status_line,
    styled,
    warning_lines,
)
from amiframe.html.markup import Markup, element, escape, join
from amiframe.html.page import Page, style
from amiframe.html.tables import facts, format_cell, plain_columns, table, table_box

__all__ = [
    "Markup",
    "Page",
    "check_line",
    "code_block",
    "data_url",
    "details",
    "element",
    "escape",
    "facts",
    "figure_url",
    "format_cell",
    "join",
    "metric",
    "note",
    "plain_columns",
    "plot_image",
    "status_line",
    "style",
    "styled",
    "table",
    "table_box",
    "warning_lines",
]
