"""What ``-o x.json`` writes is JSON, whatever a frame holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from amiframe.cli import _output


def reject(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def test_json_has_no_infinity_and_durations_are_seconds(tmp_path):
    frame = pd.DataFrame(
        {
            "rate": [float("inf"), -np.inf, np.nan, 1.5],
            "wait": pd.to_timedelta([1.5, None, 90, -1], unit="s"),
            "count": pd.array([1, None, 2**60, 0], "Int64"),
            "day": pd.to_datetime(["2026-11-16", None, "2026-11-17", "2026-11-18"]),
            "label": pd.Categorical(["a", None, "b", "a"]),
        }
    )
    _output.write(frame, str(tmp_path / "t.json"))
    rows = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"), parse_constant=reject)
    assert [row["rate"] for row in rows] == [None, None, None, 1.5]
    assert [row["wait"] for row in rows] == [1.5, None, 90.0, -1.0]
    assert [row["count"] for row in rows] == [1, None, 2**60, 0]
    assert [row["day"] for row in rows][:2] == ["2026-11-16T00:00:00", None]
    assert [row["label"] for row in rows] == ["a", None, "b", "a"]


def test_json_of_an_infinite_number_alone(tmp_path):
    _output.write(pd.DataFrame({"rate": [float("inf")]}), str(tmp_path / "t.json"))
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"), parse_constant=reject) == [{"rate": None}]
