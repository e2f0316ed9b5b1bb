"""The pages of a long table, and the buttons that turn them."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as ipw
import pandas as pd

from amiframe.html import element, styled
from amiframe.widgets._base.panel import button, row


class Pager(ipw.VBox):
    """Two buttons around the numbers of the rows that are shown.

    Parameters
    ----------
    size : int
        Rows of one page.
    turned : callable
        Called when a button was pressed.
    """

    def __init__(self, size: int, turned: Callable[[], None]):
        self.number = 0
        self._size, self._turned = size, turned
        self._back = button("◀", "back", lambda: self._turn(-1), tip="Previous page")
        self._next = button("▶", "next", lambda: self._turn(1), tip="Next page")
        self._range = ipw.HTML()
        self._range.add_class("amf-rows")
        super().__init__([row(self._back, self._range, self._next)])

    def _turn(self, pages: int) -> None:
        self.number += pages
        self._turned()

    def page(self, frame: pd.DataFrame, suffix: str = "") -> pd.DataFrame:
        """Return the rows of the page, and show which of all they are."""
        last_page = max(0, (len(frame) - 1) // self._size)
        self.number = min(max(self.number, 0), last_page)
        first = self.number * self._size
        part = frame.iloc[first : first + self._size]
        self._back.disabled, self._next.disabled = self.number == 0, self.number == last_page
        text = f"{min(first + 1, len(frame))}–{first + len(part)} of {len(frame)}{suffix}"
        self._range.value = styled(element("span", text, class_="amf-where"))
        return part
