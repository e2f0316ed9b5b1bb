"""Tables as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def wide_table(head: Sequence[tuple[str, bool]], bodies: Iterable[str], name: str, *, pinned: bool = False) -> str:
    """Return a table; `head` names columns and whether they hold text. It scrolls by itself where it is too wide."""
    cells = "".join(f'<th scope="col"{" class=text" if is_text else ""}>{escape(t)}</th>' for t, is_text in head)
    kind = "wide pinned" if pinned else "wide"
    return (
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(name)}"><table><thead><tr>{cells}</tr>'
        f"</thead>{''.join(bodies)}</table></div>"
    )


TableBody = list[list[tuple[str, bool]]]


def table(head: Sequence[tuple[str, bool]], body: TableBody, name: str) -> str:
    """Return a plain table; each cell with whether it holds text."""
    rows = (row_of([cell(shown, "text" if is_text else "") for shown, is_text in row]) for row in body)
    return wide_table(head, [f"<tbody>{''.join(rows)}</tbody>"], name)


def row_of(cells: Sequence[str], kind: str = "") -> str:
    """Return a row; `kind` is its class."""
    return f"<tr{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{''.join(cells)}</tr>"


def head_cell(text: str) -> str:
    """Return the cell that names its row."""
    return f'<th scope="row">{escape(text)}</th>'


def cell(text: str, kind: str = "", of: str = "") -> str:
    """Return a cell; `of` stands small below, as the numbers of a share."""
    small = f'<span class="of">{escape(of)}</span>' if of else ""
    return f"<td{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{escape(text)}{small}</td>"
