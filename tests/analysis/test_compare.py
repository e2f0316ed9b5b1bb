"""compare: told to the channel, whatever the order of the rows and the kind of the column."""

from __future__ import annotations

import itertools

import pandas as pd
import pyarrow as pa
import pytest
from amf_support import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.frames import rows_frame

KINDS = {"channel": "str", "uniqueid": "str", "application": "str", "seconds": "int", "bridgeid": "str"}


def channels(*rows: dict[str, object], fetched: str = "2026-11-24 10:00:00") -> pd.DataFrame:
    frame = rows_frame(rows, KINDS)
    stamp = pd.Timestamp(fetched, tz="UTC").as_unit("us")
    return frame.assign(amf_fetched=pd.Series(stamp, frame.index, "datetime64[us, UTC]"))


def changes_of(frame: pd.DataFrame) -> dict[str, tuple[str, list[str]]]:
    return {row["channel"]: (row["change"], list(row["changed"])) for row in frame.to_dict("records")}


@pytest.mark.parametrize("version", ["16", "22"])
def test_one_call_begins_one_ends_one_changes(version):
    status = af.read_status(SAMPLES / version / "status_busy.txt")
    before, after = status.iloc[1:].reset_index(drop=True), status.iloc[:-1].copy()
    after.loc[5, "application"] = "Echo!"
    after["seconds"] += 7
    found = af.compare(before, after)
    assert found["change"].value_counts().to_dict() == {"same": len(status) - 3, "new": 1, "gone": 1, "changed": 1}
    assert changes_of(found)[status["channel"][5]] == ("changed", ["application"])
    row = found[found["change"] == "changed"].iloc[0]
    assert (row["application_before"], row["application_after"]) == (status["application"][5], "Echo!")
    assert list(found.columns) == [
        "channel",
        "uniqueid",
        "change",
        "changed",
        "application_before",
        "application_after",
    ]
    ages = af.compare(before, after, ignore=("amf_fetched",))
    assert ages["changed"].explode().eq("seconds").sum() == len(status) - 2


def test_variables_and_lists_are_compared_through_arrow():
    kind = pd.ArrowDtype(pa.map_(pa.string(), pa.string()))
    base = channels(*({"channel": f"PJSIP/a-0000000{n}", "uniqueid": f"1795448768.{n}"} for n in range(6)))
    one = [[("A", "1"), ("B", None)], [("A", "1")], None, [("A", "1")], [], [("A", "x"), ("A", "y")]]
    two = [[("B", None), ("A", "1")], [("A", "2")], [("A", "1")], [("A", None)], None, [("A", "y"), ("A", "x")]]
    found = af.compare(
        base.assign(variables=pd.Series(pd.array(one, dtype=kind))),
        base.assign(variables=pd.Series(pd.array(two, dtype=kind))),
    )
    assert found["change"].tolist() == ["same", "changed", "changed", "changed", "changed", "same"]
    assert pa.array(found["variables_after"]).to_pylist()[1] == [("A", "2")]


def test_an_id_that_a_caller_chose_again_is_another_channel():
    before = channels({"channel": "Local/1@a-0000001f;1", "uniqueid": "job-7", "seconds": 50})
    after = channels(
        {"channel": "Local/1@a-00000020;1", "uniqueid": "job-7", "seconds": 2}, fetched="2026-11-24 10:00:30"
    )
    assert sorted(changes_of(af.compare(before, after)).items()) == [
        ("Local/1@a-0000001f;1", ("gone", [])),
        ("Local/1@a-00000020;1", ("new", [])),
    ]


def test_a_redirected_channel_is_the_same_though_its_age_begins_anew():
    """Seen on real servers: a redirect leaves name and id, and counts the seconds from 0 again."""
    before = channels({"channel": "PJSIP/a-00000001", "uniqueid": "job-7", "seconds": 50, "application": "Dial"})
    after = channels({"channel": "PJSIP/a-00000001", "uniqueid": "job-7", "seconds": 1, "application": "Echo"})
    assert changes_of(af.compare(before, after)) == {"PJSIP/a-00000001": ("changed", ["application"])}


@pytest.mark.parametrize(("age", "change"), [(60, ["changed"]), (3, ["new", "gone"])])
def test_a_name_without_a_serial_number_may_change_and_the_age_decides(age, change):
    before = channels({"channel": "DAHDI/i1/0-1", "uniqueid": "job-7", "seconds": 30})
    after = channels({"channel": "DAHDI/i1/4420-1", "uniqueid": "job-7", "seconds": age}, fetched="2026-11-24 10:00:30")
    assert af.compare(before, after)["change"].tolist() == change


def test_the_same_id_on_two_pbxs_stays_apart():
    row = {"channel": "PJSIP/a-00000001", "uniqueid": "1795448768.1"}
    both = channels(row, row).assign(amf_pbx=pd.Series(["here", "there"], dtype="str"))
    found = af.compare(both, both.iloc[1:])
    assert found[["amf_pbx", "change"]].values.tolist() == [["there", "same"], ["here", "gone"]]
    with pytest.raises(af.ConfigError, match="only one of the frames"):
        af.compare(both, channels(row))


def test_snapshots_are_compared_frame_by_frame():
    with af.connect("demo") as pbx:
        one = pbx.snapshot()
    assert set(af.compare(one, one)) == {"status", "queues", "members", "waiting", "endpoints"}
    assert all(frame["change"].eq("same").all() for frame in af.compare(one, one).values())
    waits = one.waiting.assign(wait=one.waiting["wait"] + 5)
    assert af.compare(one.waiting, waits)["change"].eq("same").all()
    with pytest.raises(af.ConfigError, match="a snapshot and a frame"):
        af.compare(one, one.status)
    with pytest.raises(af.ConfigError, match="nothing to compare"):
        af.compare(one.queues, one.status)
    with pytest.raises(af.ConfigError, match="no name"):
        af.compare(one.status[["application"]], one.status)


rows = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["Echo", "Dial", None]), st.sampled_from(["b1", None])),
    unique_by=lambda row: row[0],
    max_size=25,
)


def made(given_rows: list[tuple[int, str | None, str | None]]) -> pd.DataFrame:
    return channels(
        *(
            {"channel": f"PJSIP/a-{n:08x}", "uniqueid": f"1795448768.{n}", "application": app, "bridgeid": bridge}
            for n, app, bridge in given_rows
        )
    )


@given(rows, rows)
def test_it_says_what_sets_say(one, two):
    found = changes_of(af.compare(made(one), made(two)))
    old, new = ({f"PJSIP/a-{n:08x}": rest for n, *rest in side} for side in (one, two))
    expected = {}
    for name in old.keys() | new.keys():
        if name not in new or name not in old:
            expected[name] = ("new" if name in new else "gone", [])
        else:
            pairs = zip(("application", "bridgeid"), old[name], new[name], strict=True)
            changed = [column for column, a, b in pairs if a != b]
            expected[name] = ("changed" if changed else "same", changed)
    assert found == expected


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(one, random):
    mixed = one.copy()
    random.shuffle(mixed)
    assert all(change == "same" for change, _ in changes_of(af.compare(made(one), made(mixed))).values())


def test_commands_of_two_interfaces_are_the_same_actions():
    names, kinds = ["Ping", "Status"], {"action": "str", "privileges": "list"}
    one, two = (
        rows_frame([{"action": change(name), "privileges": ["call"]} for name in names], kinds)
        for change in (str, str.lower)
    )
    assert af.compare(one, two)["change"].tolist() == ["same", "same"]


def test_a_reply_with_an_id_twice_pairs_them_in_order():
    row = {"channel": "PJSIP/a-00000001", "uniqueid": "x"}
    both = channels(row, row)
    assert [af.compare(a, b)["change"].tolist() for a, b in itertools.product([both, both.iloc[:1]], repeat=2)] == [
        ["same", "same"], ["same", "gone"], ["same", "new"], ["same"],
    ]  # fmt: skip
