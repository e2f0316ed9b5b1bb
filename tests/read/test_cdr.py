"""CDR and CEL: real records, tables of data bases, zones; each field where Asterisk wrote it."""

from __future__ import annotations

import csv
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import amiframe as af
from amiframe.errors import ConfigError

CEL = [
    "eventtype",
    "eventtime",
    "cid_name",
    "cid_num",
    "exten",
    "context",
    "channame",
    "appname",
    "uniqueid",
    "linkedid",
    "peer",
    "extra",
]


def test_every_field_of_a_real_cdr_stands_where_it_was_written():
    with af.sample("cdr_22").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    cdr = af.read_cdr(af.sample("cdr_22"), tz="UTC")
    assert len(cdr) == len(rows) == 60
    for column, at in {"src": 1, "dst": 2, "clid": 4, "channel": 5, "disposition": 14, "uniqueid": 16}.items():
        assert cdr[column].fillna("").tolist() == [row[at] for row in rows], column
    assert cdr["billsec"].tolist() == [int(row[13]) for row in rows]
    assert cdr["start"].dt.strftime("%Y-%m-%d %H:%M:%S").tolist() == [row[9] for row in rows]
    assert cdr["answer"].isna().tolist() == [row[10] == "" for row in rows]


def test_every_event_of_a_real_cel_is_there():
    with af.sample("cel_22").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    cel = af.read_cel(af.sample("cel_22"), columns=CEL)
    assert cel["eventtype"].tolist() == [row[0] for row in rows]
    assert cel["extra"].fillna("").tolist() == [row[11] for row in rows]
    micros = cel["eventtime"].astype("int64").tolist()
    assert micros == [int(row[1].replace(".", "")) for row in rows]


def test_local_times_stay_naive_without_a_zone_and_move_with_one():
    naive = af.read_cdr(af.sample("cdr_22"))
    assert naive["start"].dtype == "datetime64[us]"
    berlin = af.read_cdr(af.sample("cdr_22"), tz="Etc/GMT-1")
    assert (berlin["start"].dt.tz_localize(None) == naive["start"] - pd.Timedelta("1h")).all()


def test_a_table_of_freepbx():
    table = pd.DataFrame(
        {"calldate": pd.to_datetime(["2026-11-24 10:00:00"]), "src": ["100"], "dst": ["200"], "duration": [9],
         "billsec": [5], "disposition": ["ANSWERED"], "uniqueid": ["1795514400.7"], "did": ["74951000001"]}
    )  # fmt: skip
    cdr = af.read_cdr(table, tz="Europe/Moscow")
    assert cdr["start"].tolist() == [pd.Timestamp("2026-11-24 07:00", tz="UTC")]
    assert (cdr["did"][0], cdr["billsec"][0]) == ("74951000001", 5)


def test_a_frame_of_ours_passes_through():
    cdr = af.read_cdr(af.sample("cdr_22"), tz="UTC")
    pd.testing.assert_frame_equal(af.read_cdr(cdr), cdr)


def test_the_week_reads_and_a_wrong_zone_is_refused():
    assert len(af.read_cdr(af.sample("cdr"), tz="UTC")) > 1000
    with pytest.raises(ConfigError):
        af.read_cdr(af.sample("cdr_22"), tz="Europe/Moskau")


# --- changes of clocks ----------------------------------------------------------------------------------------------

BACK = 1_792_890_000  # 2026-10-25 01:00 UTC: in Berlin 03:00 becomes 02:00


def cdr_line(begin: int, wait: int, talk: int, zone: str, uniqueid: str) -> str:
    """Return a record as cdr_csv writes it: local times without a zone, answered unless `talk` is 0."""
    written = [
        "" if at is None else datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
        for at in (begin, begin + wait if talk else None, begin + wait + talk)
    ]
    word = "ANSWERED" if talk else "NO ANSWER"
    parties = '"","100","200","internal","","PJSIP/100-1","PJSIP/200-2","Dial","PJSIP/200"'
    times = ",".join(f'"{text}"' for text in written)
    return f'{parties},{times},{wait + talk},{talk},"{word}","DOCUMENTATION","{uniqueid}",""\n'


@given(
    st.lists(st.tuples(st.integers(-7200, 7200), st.integers(0, 40), st.integers(0, 5000)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_ambiguous_hour_is_resolved_by_the_ids(calls, chance):
    """The uniqueid has the second in which the channel was made: no record is off by an hour, in whatever order."""
    lines = [(BACK + at, wait, talk) for at, wait, talk in calls]
    chance.shuffle(lines)
    text = "".join(
        cdr_line(begin, wait, talk, "Europe/Berlin", f"{begin}.{n}") for n, (begin, wait, talk) in enumerate(lines)
    )
    cdr = af.read_cdr(text.encode(), tz="Europe/Berlin")
    assert cdr.attrs["amiframe"]["ambiguous_times"] == 0
    assert cdr["start"].map(lambda t: t.timestamp()).tolist() == [begin for begin, _, _ in lines]
    assert cdr["end"].map(lambda t: t.timestamp()).tolist() == [sum(line) for line in lines]
    answers = [None if pd.isna(t) else t.timestamp() for t in cdr["answer"]]
    assert answers == [begin + wait if talk else None for begin, wait, talk in lines]


def test_without_ids_the_order_of_the_rows_resolves_the_hour_with_a_warning():
    begins = [BACK - 3000, BACK - 600, BACK + 600, BACK + 3000]
    text = "".join(cdr_line(begin, 0, 0, "Europe/Berlin", f"call-{n}") for n, begin in enumerate(begins))
    with pytest.warns(UserWarning, match="comes twice"):
        cdr = af.read_cdr(text.encode(), tz="Europe/Berlin")
    assert cdr["start"].map(lambda t: t.timestamp()).tolist() == begins
    assert cdr.attrs["amiframe"]["ambiguous_times"] == 4


def test_a_time_that_no_clock_showed_is_kept_as_text():
    text = cdr_line(BACK, 0, 0, "UTC", "1.1").replace("2026-10-25 01:00:00", "2026-03-29 02:30:00")
    cdr = af.read_cdr(text.encode(), tz="Europe/Berlin")
    assert cdr["start"].isna().all()
    assert dict(cdr["amf_misfit"][0])["start"] == "2026-03-29 02:30:00"
    assert cdr.attrs["amiframe"]["misfits"] == 2  # begin and end


def test_a_first_line_and_given_names_give_the_same():
    """An order of one's own: from a line of names, or from `columns`."""
    names = ["uniqueid", "start", "answer", "end", "src", "dst", "disposition", "duration", "billsec", "did"]
    row = '"1.1","2026-11-24 10:00:00","","2026-11-24 10:00:09","0100","0200","BUSY",9,0,"74951000001"\n'
    by_line = af.read_cdr((",".join(names) + "\n" + row).encode(), tz="UTC")
    by_names = af.read_cdr(row.encode(), tz="UTC", columns=names)
    pd.testing.assert_frame_equal(by_line, by_names)
    assert by_line[["src", "dst", "did"]].values.tolist() == [["0100", "0200", "74951000001"]]
    assert by_line["duration"].tolist() == [9]


def test_a_table_has_the_same_hour_twice_too():
    local = [datetime.fromtimestamp(BACK + at, ZoneInfo("Europe/Berlin")).replace(tzinfo=None) for at in (-1800, 1800)]
    assert local[0] == local[1]
    table = pd.DataFrame(
        {"calldate": pd.to_datetime(local), "src": "100", "dst": "200", "duration": [9, 9], "billsec": [5, 5],
         "disposition": "ANSWERED", "uniqueid": [f"{BACK - 1800}.7", f"pbx-{BACK + 1800}.8"]}
    )  # fmt: skip
    cdr = af.read_cdr(table, tz="Europe/Berlin")
    assert cdr["start"].map(lambda t: t.timestamp()).tolist() == [BACK - 1800, BACK + 1800]
    assert (cdr["end"] - cdr["answer"]).dt.total_seconds().tolist() == [5.0, 5.0]
    with pytest.raises(ConfigError, match="came as numbers"):
        af.read_cdr(table.assign(uniqueid=[1.1, 1.2]), tz="UTC")
