"""Masked frames: nobody can read who called whom, whatever column it stands in; everything else is as it was."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import amiframe as af

FRAMES = {
    "queue_log": lambda: af.read_queue_log(af.sample("queue_log")),
    "visits": lambda: af.queue_calls(af.read_queue_log(af.sample("queue_log"))),
    "lost": lambda: af.lost_calls(af.queue_calls(af.read_queue_log(af.sample("queue_log")))),
    "cdr": lambda: af.read_cdr(af.sample("cdr"), tz="UTC"),
    "events": lambda: af.read_events(af.sample("events_calls")),
    "status": lambda: af.read_status(af.sample("status")),
}
IDS = re.compile(r".*(id|uniqueid)|amf_.*|time|seconds")


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("how", ["last4", "hash"])
def test_no_long_number_stays(name, how):
    frame = FRAMES[name]()
    before = frame.copy(deep=True)
    made = af.redact(frame, how)
    pd.testing.assert_frame_equal(frame, before)  # the frame itself is left alone
    assert made.dtypes.equals(frame.dtypes)
    assert made.index.equals(frame.index)
    assert made.attrs == frame.attrs
    for column in made.columns:
        if made[column].dtype == "str" and not IDS.fullmatch(column):
            left = made[column].dropna()
            assert not left.str.contains(r"(?<![\w.-])\+?\d{7,}(?![\w.])").any(), column


def test_last_four_digits():
    frame = pd.DataFrame({
        "calleridnum": ["+74951234567", "311", "anonymous", None],
        "calleridname": ["Анна", "Bob", None, ""],
        "channel": ["PJSIP/311-00000001", "Local/74951234567@out-0000001;1", "PJSIP/trunk-0000000a", ""],
        "uniqueid": ["1764000000.1", "1764000000.2", "1764000000.3", "1764000000.4"],
        "digit": ["5", "#", None, "12"],
        "seconds": [1, 2, 3, 4],
    })  # fmt: skip
    made = af.redact(frame)
    assert made["calleridnum"].tolist()[:3] == ["+*******4567", "311", "*********"]
    assert made["calleridname"].tolist()[:2] == ["***", "***"]
    assert made["channel"].tolist()[1] == "Local/*******4567@out-0000001;1"
    assert made["channel"].tolist()[0] == "PJSIP/311-00000001"
    assert made["digit"].tolist()[0] == "x"
    assert made["uniqueid"].equals(frame["uniqueid"])
    assert made["seconds"].equals(frame["seconds"])
    assert made.isna().equals(frame.isna())


def test_hashes_join_and_need_the_key():
    frame = FRAMES["visits"]()
    one, other = (af.redact(frame, "hash", key=key)["caller"] for key in ("a", "b"))
    assert one.equals(af.redact(frame, "hash", key="a")["caller"])
    assert (one != other).all()
    assert one.nunique() == frame["caller"].nunique()
    assert frame["caller"].groupby(one).nunique().eq(1).all()


def test_only_what_is_asked():
    frame = FRAMES["visits"]()
    made = af.redact(frame, columns=["membername"])
    assert made["caller"].equals(frame["caller"])
    assert set(made["membername"].dropna()) & set(frame["membername"].dropna()) == set()
    with pytest.raises(af.ConfigError, match="no column 'calller'"):
        af.redact(frame, columns=["calller"])
    with pytest.raises(af.ConfigError, match="last4, hash"):
        af.redact(frame, "rot13")


def test_variables_are_redacted():
    frame = af.read_status(af.sample("status"))
    column = next(c for c in frame.columns if "variables" in c or c == "chanvariables")
    changed = frame.copy()
    cells = pd.array([[("TO", "sip:+74951234567@x"), ("N", None)]] * len(frame), dtype=frame[column].dtype)
    changed[column] = pd.Series(cells, index=frame.index)
    assert "4951234567" not in str(af.redact(changed)[column].tolist())


def test_short_numbers_of_every_extension_and_caller_are_redacted():
    frame = pd.DataFrame(
        {"transferexten": ["312"], "secondtransfererexten": ["311"], "accountcode": ["12"]}, dtype="str"
    )
    assert af.redact(frame, how="hash", key="k").iloc[0].str.startswith("#").tolist() == [True, True, False]
