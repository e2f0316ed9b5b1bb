"""What must hold for calls of any log: order of rows, two PBXs, a log in parts, a log that is cut."""

from __future__ import annotations

import functools
import gzip

import pandas as pd
import pytest
from amf_support import differences, examples
from analysis_stories import CALLS, LOGS
from hypothesis import example, given
from hypothesis import strategies as st

import amiframe as af
from amiframe.analysis.queues.agent_states_from_events import states_from_events
from amiframe.analysis.queues.visits_from_events import visits_from_events

FUNCTIONS = {
    "legs": af.legs, "calls": af.calls, "transfers": af.transfers, "originations": af.originations,
    "visits": visits_from_events, "states": states_from_events,
}  # fmt: skip
# a story of each kind; they were recorded one after the other, so that the log of all is in order
CHOSEN = ("busy", "ring_all", "forked", "attended_transfer", "picked_up", "parked", "on_hold", "originated_over_local",
          "queue_full", "queue_overflow")  # fmt: skip


@functools.cache
def records(version: str = "22") -> tuple[bytes, ...]:
    whole = b"".join(
        gzip.decompress((LOGS / version / f"{name}.txt.gz").read_bytes()) for name in CALLS if name in CHOSEN
    )
    return tuple(piece + b"\r\n\r\n" for piece in whole.split(b"\r\n\r\n")[:-1])


@functools.cache
def events() -> pd.DataFrame:
    return af.read_events(b"".join(records()))


@functools.cache
def expected(name: str) -> pd.DataFrame:
    return FUNCTIONS[name](events())


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    found = differences(one.reset_index(drop=True), other.reset_index(drop=True))
    assert not found, found


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(0.05)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(name, seed):
    same(FUNCTIONS[name](events().sample(frac=1, random_state=seed)), expected(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_log_twice_is_two_pbxs_when_the_frame_says_so(name):
    """Two servers that have been started at the same second give the same ids."""
    log = events()
    both = pd.concat([log.assign(amf_pbx="a"), log.assign(amf_pbx="b")]).sample(frac=1, random_state=1)
    found = FUNCTIONS[name](both)
    assert len(found) == 2 * len(expected(name))
    for pbx in ("a", "b"):
        same(found[found["amf_pbx"] == pbx].drop(columns="amf_pbx"), expected(name))


@pytest.mark.parametrize("name", FUNCTIONS)
@examples(0.05)
@given(data=st.data())
def test_a_log_in_parts_is_the_log(name, data):
    """Rotated files are read together, the newest first as a glob has them."""
    parts = records()
    cuts = sorted(data.draw(st.lists(st.integers(1, len(parts) - 1), min_size=1, max_size=3, unique=True)))
    pieces = [b"".join(parts[a:b]) for a, b in zip([0, *cuts], [*cuts, len(parts)], strict=True)]
    same(FUNCTIONS[name](af.read_events(pieces)), expected(name))
    frames = [af.read_events(piece) for piece in data.draw(st.permutations(pieces))]
    rows = ("time", "started", "joined")
    by = next(column for column in expected(name).columns if column in rows)
    put_together = FUNCTIONS[name](pd.concat(frames, ignore_index=True))
    assert len(put_together) == len(expected(name))
    assert put_together[by].tolist() == expected(name)[by].tolist()


@examples(0.12)
@given(st.integers(1, 10_000))
def test_a_cut_log_says_the_same_of_what_is_whole_in_it(place):
    """The log ends somewhere: calls that are complete in it are complete and the same in the whole log."""
    cut = af.calls(af.read_events(b"".join(records()[: 1 + place % len(records())])))
    whole = cut[cut["complete"]]
    wanted = expected("calls").set_index("linkedid").loc[whole["linkedid"]].reset_index()
    same(whole, wanted)
    open_ones = cut[~cut["complete"]]
    assert open_ones["ended"].isna().all()
    assert open_ones["total_s"].isna().all()


@examples(0.12)
@given(st.integers(1, 10_000))
def test_what_began_before_the_log_is_not_complete(place):
    begin = place % len(records())
    cut = af.calls(af.read_events(b"".join(records()[begin:])))
    whole = cut[cut["complete"]]
    wanted = expected("calls").set_index("linkedid").loc[whole["linkedid"]].reset_index()
    same(whole, wanted)
    assert set(cut["linkedid"]) <= set(expected("legs")["uniqueid"]), "a call keeps the id that its channels carry"


@examples(0.12)
@example(212)  # the second half begins with <unknown>
@example(3_629_691)  # inside of DestUniqueid
@given(st.integers(0, 10_000_000))
def test_a_log_cut_inside_a_record_invents_no_call(place):
    """A file ends anywhere, also inside an id; the next file goes on from there."""
    whole = b"".join(records())
    at = place % len(whole)
    for pieces in ([whole[:at]], [whole[:at], whole[at:]]):
        found = af.calls(af.read_events([piece for piece in pieces if b"Event: " in piece] or [records()[0]]))
        assert set(found["linkedid"]) <= set(expected("legs")["uniqueid"])
        kept = found[found["complete"]]
        wanted = expected("calls").set_index("linkedid").loc[kept["linkedid"]].reset_index()
        unlike = [at for at in range(len(kept)) if differences(kept.iloc[[at]], wanted.iloc[[at]])]
        assert len(unlike) <= 1, "but of the record that was cut nothing is lost"
        if len(pieces) == 2 and all(b"Event: " in piece for piece in pieces):
            same(found, expected("calls"))  # with the other half the record is whole


def test_a_log_cut_before_the_name_of_a_queue():
    whole = b"".join(records())
    joined = whole.index(b"Event: QueueCallerJoin")
    found = af.calls(af.read_events([whole[: whole.index(b"\nQueue: ", joined)]]))
    assert len(found)
    assert not [queue for queues in found["queues"] for queue in queues if not queue]


def test_seconds_of_a_call_add_up():
    calls = expected("calls")
    assert calls["complete"].all()
    assert (calls["ring_s"] + calls["talk_s"]).tolist() == pytest.approx(calls["total_s"].tolist())
    legs = expected("legs").groupby("linkedid").size()
    assert calls.set_index("linkedid")["legs"].to_dict() == legs.to_dict()


def test_one_clock_for_one_call():
    """Where only some events have the server's time, the arrival counts if it is known of all."""
    log = events()
    stamped = log["amf_time"]
    late = log.assign(amf_received=stamped + pd.Timedelta(hours=1))
    same(FUNCTIONS["calls"](late), expected("calls"))
    mixed = late.assign(
        amf_time=late["amf_time"].where(log["amf_seq"] % 2 == 0, late["amf_received"]),
        amf_time_source=late["amf_time_source"].where(log["amf_seq"] % 2 == 0, "arrival"),
    )
    found = af.calls(mixed)
    assert set(found["time_source"]) == {"arrival"}
    assert found["total_s"].tolist() == pytest.approx(expected("calls")["total_s"].tolist())
    none = af.calls(log.assign(amf_time=stamped.where(stamped.isna()), amf_time_source=pd.Series(dtype="str")))
    assert none["time_source"].isna().all()
    assert none["started"].isna().all()
    assert none["disposition"].tolist() == expected("calls")["disposition"].tolist()


def test_values_as_text_and_frames_from_files_do(tmp_path):
    """raw_values=True, and a frame that was kept as Parquet or CSV."""
    raw = af.read_events(b"".join(records()), raw_values=True)
    same(af.calls(raw), expected("calls"))
    for name in ("log.parquet", "log.csv"):
        (af.to_parquet if name.endswith("parquet") else af.to_csv)(events(), tmp_path / name)
        same(af.calls(af.read_table(tmp_path / name)), expected("calls"))


def test_an_empty_log_has_no_calls():
    for name, function in FUNCTIONS.items():
        empty = function(events().iloc[:0])
        assert empty.empty
        assert dict(empty.dtypes) == dict(expected(name).dtypes), name


def test_frames_that_are_no_events_are_refused():
    with pytest.raises(af.ConfigError, match="lacks linkedid"):
        af.calls(events().drop(columns="linkedid"))
    without = af.read_events(b"Event: PeerStatus\r\nPeer: PJSIP/1\r\n\r\n")
    assert af.calls(without).empty
    with pytest.raises(af.ConfigError, match=r"lacks event.*\n.*af\.read_events"):
        af.legs(pd.DataFrame({"a": [1]}))
