"""CDR and CEL: real records, tables of data bases, zones; each field where Asterisk wrote it."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

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


def test_the_week_reads_and_a_wrong_zone_is_told():
    assert len(af.read_cdr(af.sample("cdr"), tz="UTC")) > 1000
    with pytest.raises(ConfigError):
        af.read_cdr(af.sample("cdr_22"), tz="Europe/Moskau")
