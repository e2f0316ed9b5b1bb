"""CDR files that are not as they should: cut, broken quotes, changed options; tables that lack or confuse columns."""

from __future__ import annotations

import pandas as pd
import pytest

import amiframe as af
from amiframe.errors import ConfigError, ParseError

LINES = af.sample("cdr_22").read_text(encoding="utf-8").splitlines(keepends=True)
WHOLE = af.read_cdr(af.sample("cdr_22"), tz="UTC")


def read(*lines: str, **options):
    return af.read_cdr("".join(lines).encode("utf-8", "surrogateescape"), **{"tz": "UTC", **options})


def unchanged(frame: pd.DataFrame, rows: list[int], of: list[int]) -> bool:
    columns = ["src", "dst", "start", "duration", "disposition", "uniqueid"]
    found = frame[columns].iloc[rows].reset_index(drop=True)
    return found.equals(WHOLE[columns].iloc[of].reset_index(drop=True))


def test_nothing_is_an_empty_frame():
    frame = af.read_cdr(b"")
    assert len(frame) == 0
    assert list(frame.columns) == [name for name in WHOLE.columns if name in frame.columns]
    assert len(af.read_cdr(b"\n\r\n")) == 0


def test_utf_16_says_how_to_turn_it():
    with pytest.raises(ParseError, match="UTF-16") as caught:
        af.read_cdr("".join(LINES).encode("utf-16"))
    assert "iconv" in str(caught.value.hint)


def test_another_kind_of_file_is_none():
    with pytest.raises(ParseError, match="no CDR") as caught:
        af.read_cdr(b"name,number\nAnna,311\nBob,312\n")
    assert "columns=" in str(caught.value.hint)


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_a_line_that_was_cut_when_the_server_died(cut):
    """The next record begins where the cut one ends; it is read, and the rest of the other is caught."""
    frame = read(*LINES[:5], LINES[5][:-cut].rstrip("\n") + "\n", *LINES[6:])
    assert len(frame) == len(WHOLE)
    assert unchanged(frame, [*range(5), *range(6, 60)], [*range(5), *range(6, 60)])
    is_misfit = frame["amf_misfit"].notna() & (frame["amf_misfit"].map(len, na_action="ignore") > 0)
    if cut > 1:
        assert is_misfit.tolist() == [n == 5 for n in range(60)]
        assert LINES[5][: -cut - 1][:40] in str(frame["amf_misfit"][5])


def test_the_last_line_without_an_end_is_read_and_reported():
    frame = read(*LINES[:-1], LINES[-1].rstrip("\n"))
    assert unchanged(frame, [*range(60)], [*range(60)])
    assert frame.attrs["amiframe"]["fetched_complete"] is False


def test_a_quote_that_never_ends_costs_one_line():
    broken = LINES[3].replace('"', "", 1)
    frame = read(*LINES[:3], broken, *LINES[4:])
    assert len(frame) == 60
    assert unchanged(frame, [0, 1, 2, *range(4, 60)], [0, 1, 2, *range(4, 60)])
    assert broken.strip() in str(frame["amf_misfit"][3])


def test_line_ends_of_windows_and_values_with_line_ends():
    frame = read(*[line.replace("\n", "\r\n") for line in LINES])
    assert unchanged(frame, [*range(60)], [*range(60)])
    row = next(at for at, line in enumerate(LINES) if '"Dial"' in line)
    odd = LINES[row].replace('"Dial"', '"Dial\nof two lines"')
    frame = read(*LINES[:row], odd, *LINES[row + 1 :])
    assert len(frame) == 60
    assert frame["lastapp"][row] == "Dial\nof two lines"


def test_an_option_that_changed_in_between():
    """From newcdrcolumns on, rows have more columns; both are read."""
    shorter = [line.rsplit(",", 3)[0] + "\n" for line in LINES[:30]]
    frame = read(*shorter, *LINES[30:])
    assert unchanged(frame, [*range(60)], [*range(60)])
    assert frame["linkedid"].isna().tolist() == [True] * 30 + [False] * 30


def test_more_fields_than_columns_are_kept():
    frame = read(*[line.rstrip("\n") + ',"a","b","c","d","e"\n' for line in LINES])
    assert len(frame) == 60
    assert [value for _, value in frame["amf_extra"][0]][-1] == "e"


def test_a_first_line_again_in_the_middle():
    """Two files with names in their first line, one behind the other."""
    names = "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec," \
        "disposition,amaflags,uniqueid\n"  # fmt: skip
    frame = read(names, *LINES[:4], names, *LINES[4:8])
    assert len(frame) == 8
    assert frame["src"].tolist() == WHOLE["src"][:8].tolist()


def test_semicolons_and_tabs():
    frame = af.read_cdr(
        b"calldate;src;dst;disposition;uniqueid\n2026-11-24 10:00:00;311;200;ANSWERED;1795448796.1\n", tz="UTC"
    )
    assert frame["dst"].tolist() == ["200"]
    tabs = b"calldate\tsrc\tdst\tdisposition\tuniqueid\n2026-11-24 10:00:00\t311\t200\tANSWERED\t1795448796.1\n"
    assert af.read_cdr(tabs, tz="UTC")["src"].tolist() == ["311"]


def test_an_order_that_is_named():
    line = '"2026-11-24 10:00:00","2026-11-24 10:00:05","311","200","more"\n'
    frame = read(line, columns=["start", "end", "src", "dst"])
    assert frame["dst"].tolist() == ["200"]
    assert list(frame["amf_extra"][0]) == [("column 5", "more")]
    with pytest.raises(ConfigError, match="without start"):
        read(line, columns="src")


# --- rows of a table --------------------------------------------------------------------------------------------------

TABLE = pd.DataFrame({
    "calldate": pd.to_datetime(["2026-11-24 10:00:00", "2026-11-24 10:01:00"]), "src": ["311", "312"],
    "dst": ["200", "201"], "disposition": ["ANSWERED", "NO ANSWER"], "duration": [30, 12], "billsec": [20, 0],
    "uniqueid": ["1795448796.1", "1795448856.10"],
})  # fmt: skip


def test_a_table_lacks_a_column():
    with pytest.raises(ConfigError, match="no column dst") as caught:
        af.read_cdr(TABLE.drop(columns="dst"))
    assert "SELECT" in str(caught.value.hint)
    with pytest.raises(ConfigError, match="2 columns are named, the table has 7"):
        af.read_cdr(TABLE, columns=["start", "src"])


def test_ids_that_came_as_numbers_are_refused():
    with pytest.raises(ConfigError, match=r"1\.10 is not 1\.1"):
        af.read_cdr(TABLE.assign(uniqueid=[1795448796.1, 1795448856.1]))


def test_a_table_gets_its_end_and_answer():
    frame = af.read_cdr(TABLE, tz="Europe/Berlin")
    assert frame["end"].tolist() == (frame["start"] + pd.to_timedelta([30, 12], unit="s")).tolist()
    assert frame["answer"].isna().tolist() == [False, True]
    assert (frame["answer"] - frame["start"]).dt.total_seconds().tolist()[0] == 10.0
    assert str(frame["start"].dt.tz) == "UTC"


def test_a_number_that_is_none_is_kept_as_text():
    frame = af.read_cdr(TABLE.assign(duration=["30", "many"], billsec=["20", "0.5"]), tz="UTC")
    assert frame["duration"].tolist()[0] == 30
    assert frame["amf_misfit"].isna().tolist() == [True, False]
    assert dict(frame["amf_misfit"][1]) == {"duration": "many", "billsec": "0.5"}


def test_a_naive_frame_of_ours_gets_a_zone_later():
    naive = af.read_cdr(af.sample("cdr_22"))
    zoned = af.read_cdr(naive, tz="UTC")
    pd.testing.assert_series_equal(zoned["start"], WHOLE["start"])
    assert af.read_cdr(zoned, tz="Asia/Tokyo")["start"].equals(WHOLE["start"]), "times with a zone stay"
