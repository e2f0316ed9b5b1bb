"""A frame kept as a file by a click: CSV or Parquet, and nothing replaced without a question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.errors import AmiframeError, ConfigError
from amiframe.export import to_csv, to_parquet
from amiframe.widgets import spelling
from amiframe.widgets._parts import Confirmation, Panel, button, field, row

_SUFFIXES = {".csv": to_csv, ".parquet": to_parquet}


class ExportRow(ipw.VBox):
    """Where to, and a button; `name` is the frame's in code, `example` a file's name.

    Parameters
    ----------
    panel : Panel
        Whose thread writes, and whose status line tells.
    frame : callable
        Gives what is to be kept.
    """

    def __init__(self, panel: Panel, frame: Callable[[], pd.DataFrame], *, name: str, example: str):
        self._panel, self._frame, self._name, self._example = panel, frame, name, example
        self._file = field(ipw.Text, "export to", "file", placeholder=f"{example}.csv or .parquet")
        self._confirmation = Confirmation()
        super().__init__([row(self._file, button("Export", "export", self._press)), self._confirmation])

    def _press(self) -> None:
        try:
            frame, path = self._frame(), Path(self._file.value.strip())
            write = _SUFFIXES.get(path.suffix.lower())
            if write is None:
                raise ConfigError("a file ends in .csv or .parquet", hint=f"{self._example}.csv")
        except AmiframeError as error:
            self._panel._tell_error(error)
            return
        source = spelling.call(f"af.{write.__name__}", str(path)).replace("(", f"({self._name}, ", 1)

        def written(_: Any) -> None:
            self._panel._tell("good", f"{path}: {len(frame)} rows", source)

        def keep() -> None:
            self._panel._do("export", lambda _: write(frame, path), written, busy="writing …")

        if path.exists():
            self._confirmation.ask(f"{path} is there already.", "", "Replace it", keep)
        else:
            keep()
