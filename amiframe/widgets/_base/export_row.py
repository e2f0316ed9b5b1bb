"""A frame kept as a file by a click, in the format of the file's name; nothing is replaced without a question."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.errors import AmiframeError, ConfigError
from amiframe.export.excel import to_excel
from amiframe.export.tables import to_csv, to_parquet
from amiframe.html import Markup
from amiframe.widgets._base import code_snippet
from amiframe.widgets._base.panel import Confirmation, Panel, button, field, row

_SUFFIXES: dict[str, Callable[[pd.DataFrame, Path], list[str] | None]] = {
    ".csv": to_csv,
    ".parquet": to_parquet,
    ".xlsx": to_excel,
}


class ExportRow(ipw.VBox):
    """A field for a file and a button.

    Parameters
    ----------
    panel : Panel
        Whose thread writes, and whose status line tells.
    take : callable
        Gives what is to be kept: its name in the code, and the frame.
    example : str
        Name of a file, without its end.
    beside : widgets
        What stands between the field and the button.
    """

    def __init__(self, panel: Panel, take: Callable[[], tuple[str, pd.DataFrame]], *beside: Any, example: str):
        self._panel, self._take, self._example = panel, take, example
        self.file = field(ipw.Text, "export to", "file", placeholder=f"{example}.csv, .parquet, .xlsx")
        self._confirmation = Confirmation()
        super().__init__([row(self.file, *beside, button("Export", "export", self._press)), self._confirmation])

    def _press(self) -> None:
        try:
            path = Path(self.file.value.strip())
            write = _SUFFIXES.get(path.suffix.lower())
            if write is None:
                raise ConfigError(f"a file ends in {', '.join(_SUFFIXES)}", hint=f"{self._example}.csv")
        except AmiframeError as error:
            self._panel._show_error(error)
            return

        def written(kept: tuple[str, int, list[str]]) -> None:
            name, rows, notes = kept
            source = code_snippet.call(f"af.{write.__name__}", str(path)).replace("(", f"({name}, ", 1)
            self._panel._show_status("warn" if notes else "good", "; ".join([f"{path}: {rows} rows", *notes]), source)

        def made(_: threading.Event) -> tuple[str, int, list[str]]:
            name, frame = self._take()  # of ten thousand events it takes a second
            return name, len(frame), write(frame, path) or []

        def keep() -> None:
            self._panel._do("export", made, written, busy="writing …")

        if path.exists():
            self._confirmation.ask(f"{path} is there already.", Markup(), "Replace it", keep)
        else:
            keep()
