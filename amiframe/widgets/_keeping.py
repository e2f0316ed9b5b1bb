"""A field for a file and a button that writes a frame into it, and asks before it replaces one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pandas as pd

from amiframe.errors import AmiframeError, ConfigError
from amiframe.export import to_csv, to_parquet
from amiframe.widgets import spelling
from amiframe.widgets._parts import Confirmation, Panel, button, field


class Keeping:
    """The parts of an export: `file`, `button` and `confirmation`.

    Parameters
    ----------
    panel : callable
        Gives the widget whose threads and status line it uses.
    take : callable
        Gives what is to be kept: its name in the code, and the frame.
    example : str
        Name of a file, as a hint.
    """

    def __init__(self, panel: Callable[[], Panel], take: Callable[[], tuple[str, pd.DataFrame]], *, example: str):
        self._panel, self._take, self._example = panel, take, example
        self.file = field(ipw.Text, "export to", "file", placeholder=f"{example} or .parquet")
        self.button = button("Export", "export", self._press)
        self.confirmation = Confirmation()

    def _press(self) -> None:
        panel = self._panel()
        try:
            name, frame = self._take()
            path = Path(self.file.value.strip())
            if path.suffix.lower() not in (".csv", ".parquet"):
                raise ConfigError("a file ends in .csv or .parquet", hint=self._example)
        except AmiframeError as error:
            panel._tell_error(error)
            return
        write: Any = to_csv if path.suffix.lower() == ".csv" else to_parquet
        source = spelling.call(f"af.{write.__name__}", str(path)).replace("(", f"({name}, ", 1)

        def keep() -> None:
            panel._do(
                "export",
                lambda _: write(frame, path),
                lambda _: panel._tell("good", f"{path}: {len(frame)} rows", source),
                busy="writing …",
            )

        if path.exists():
            self.confirmation.ask(f"{path} is there already.", "", "Replace it", keep)
        else:
            keep()
