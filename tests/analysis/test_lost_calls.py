"""Callers whom nobody answered: tries, who came back, who was called back."""

from __future__ import annotations

import pandas as pd
import pytest

import amiframe as af
from amiframe.errors import ConfigError

T = pd.Timestamp("2026-11-24 10:00Z").as_unit("us")


def visits(*rows: tuple[int, str | None, str, str]) -> pd.DataFrame:
    """Make visits of (minute, caller, queue, outcome), half a minute each, every one a call."""
    expected = [(T + pd.Timedelta(minutes=at), caller, queue, outcome) for at, caller, queue, outcome in rows]
    frame = pd.DataFrame(expected, columns=["joined", "caller", "queue", "outcome"])
    frame["left_queue"] = frame["joined"] + pd.Timedelta(seconds=30)
    frame["uniqueid"] = [f"{n}.{n}" for n in range(len(frame))]
    return frame.assign(
        wait_s=30.0, membername=frame["outcome"].map({"answered": "Anna"}), caller=frame["caller"].astype("str")
    )


def calls(*rows: tuple[int, str, bool, str]) -> pd.DataFrame:
    """Make outbound calls of (minute, dialed, answered, caller)."""
    expected = [
        ("outbound", T + pd.Timedelta(minutes=at), dialed, T if ok else None, caller) for at, dialed, ok, caller in rows
    ]
    return pd.DataFrame(expected, columns=["direction", "started", "dialed", "answered", "caller"])


def test_a_caller_who_comes_back_and_is_answered():
    frame = af.lost_calls(visits(
        (0, "749", "sales", "abandoned"), (5, "749", "support", "timeout"), (9, "749", "sales", "answered"),
        (20, "749", "sales", "abandoned"), (1, "333", "sales", "answered"),
    ))  # fmt: skip
    assert frame[["caller", "queue", "tries", "resolved_how", "resolved_by", "after_s"]].astype(object).fillna(
        "-"
    ).values.tolist() == [
        ["749", "support", 2, "came back", "Anna", 210.0],
        ["749", "sales", 1, "-", "-", "-"],
    ]
    assert frame["first_lost"].tolist() == [T, T + pd.Timedelta(minutes=20)]
    assert frame["callbacks"].isna().all()


def test_withheld_callers_are_not_one_person():
    for word in ("anonymous", "Anonymous", "unknown", "<unknown>", " restricted ", "private", "unavailable"):
        frame = af.lost_calls(
            visits((0, word, "sales", "abandoned"), (5, word, "sales", "abandoned"), (9, word, "sales", "answered")),
            calls((12, word, True, "Bob")),
        )
        assert frame["caller"].tolist() == [word, word], "the word stays as the PBX wrote it"
        assert frame["tries"].tolist() == [1, 1], word
        assert frame["resolved"].isna().all(), word
        assert frame["callbacks"].tolist() == [0, 0], word


def test_two_lines_of_one_number_at_the_same_time():
    both = visits((0, "749", "sales", "abandoned"), (0, "749", "sales", "answered"))
    both.loc[1, "joined"] += pd.Timedelta(seconds=10)  # before the first has given up
    frame = af.lost_calls(both)
    assert frame[["tries", "resolved_how", "after_s"]].values.tolist() == [[1, "came back", 0.0]]


def test_a_caller_who_is_called_back_whatever_the_number_looks_like():
    lost = visits(
        (0, "+74951234567", "sales", "abandoned"),
        (30, "+74951234567", "sales", "abandoned"),
        (0, "+74957654321", "s", "full"),
    )
    back = calls(
        (5, "84951234567", False, "311"), (10, "84951234567", True, "312"), (50, "0074951234567", False, "313")
    )
    frame = af.lost_calls(lost, back)
    expected = (
        frame[["caller", "tries", "callbacks", "resolved_how", "resolved_by"]]
        .astype(object)
        .fillna("-")
        .values.tolist()
    )
    assert expected == [
        ["+74951234567", 1, 1, "called back", "312"],
        ["+74957654321", 1, 0, "-", "-"],
        ["+74951234567", 1, 1, "-", "-"],
    ]


def test_overflow_is_one_call_and_withheld_numbers_are_never_the_same():
    lost = visits(
        (0, "749", "sales", "timeout"),
        (1, "749", "support", "abandoned"),
        (0, None, "s", "abandoned"),
        (1, None, "s", "abandoned"),
    )
    lost.loc[:1, "uniqueid"] = "1.1"
    frame = af.lost_calls(lost)
    assert frame["tries"].tolist() == [1, 1, 1]
    assert frame.loc[frame["caller"] == "749", "queue"].tolist() == ["support"]
    answered = lost.assign(outcome=["timeout", "answered", "abandoned", "abandoned"])
    assert af.lost_calls(answered)["caller"].isna().tolist() == [True, True]


def test_two_pbxs_stay_apart():
    one = visits((0, "749", "sales", "abandoned"))
    other = visits((5, "749", "sales", "answered"))
    frame = af.lost_calls(pd.concat([one.assign(amf_pbx="a"), other.assign(amf_pbx="b")]))
    assert frame[["amf_pbx", "tries"]].values.tolist() == [["a", 1]]
    assert frame["resolved"].isna().all()


def test_every_lost_call_of_the_week_is_in_one_row():
    week = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    frame = af.lost_calls(week)
    in_vain = week.groupby("uniqueid")["outcome"].agg(lambda outcomes: not (outcomes == "answered").any())
    assert frame["tries"].sum() == in_vain.sum() > 50
    assert frame["tries"].max() > 1
    assert set(frame["resolved_how"].dropna()) == {"came back"}
    assert (frame["after_s"].dropna() >= 0).all()
    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert dtypes == {
        "caller": "str", "queue": "str", "tries": "Int64", "first_lost": "datetime64[us, UTC]",
        "last_lost": "datetime64[us, UTC]", "wait_max_s": "float64", "callbacks": "Int64",
        "resolved": "datetime64[us, UTC]",
        "resolved_how": "str", "resolved_by": "str", "after_s": "float64",
    }  # fmt: skip
    no_callers = af.lost_calls(week.iloc[:0])
    assert len(no_callers) == 0
    assert no_callers.columns.tolist() == frame.columns.tolist()


def test_frames_of_other_kinds_are_refused_with_the_cure():
    with pytest.raises(ConfigError, match="who was lost"):
        af.lost_calls(pd.DataFrame({"caller": ["1"]}))
    with pytest.raises(ConfigError, match="who called back"):
        af.lost_calls(visits((0, "749", "sales", "abandoned")), pd.DataFrame({"caller": ["1"]}))
