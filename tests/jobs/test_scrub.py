"""A secret that a notebook writes is found, whatever it was packed into."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import zipfile

import pandas as pd
import pytest

import amiframe as af
from amiframe.jobs.secret_scan import holding

CANARY = "kanari-3f9c27d1"
LINE = "".join(f'call {n * n} login "{CANARY}" of agent {n}\n' for n in range(300)).encode()


def _frame(text: str = CANARY) -> pd.DataFrame:
    # one of many and neither first nor last of them: Parquet has these as they are
    notes = [f"call {n * n} login with {text if n == 250 else 'nothing'} of agent {n}" for n in range(500)]
    return pd.DataFrame({"who": ["anna"] * 500, "note": notes})


def _zip(path, member=("log.txt", LINE)):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(*member)


WRITERS = {
    "log.txt": lambda path: path.write_bytes(LINE),
    "log.txt.gz": lambda path: path.write_bytes(gzip.compress(LINE)),
    "log.txt.bz2": lambda path: path.write_bytes(bz2.compress(LINE)),
    "log.txt.xz": lambda path: path.write_bytes(lzma.compress(LINE)),
    "logs.zip": _zip,
    "inner.zip": lambda path: _zip(path, ("log.gz", gzip.compress(LINE))),
    "utf16.txt": lambda path: path.write_bytes(LINE.decode().encode("utf-16")),
    **{
        f"basic-{len(user)}.txt": lambda path, user=user: path.write_bytes(
            base64.b64encode(f"{user}:{CANARY}".encode())
        )
        for user in ("a", "al", "ali", "monitor")
    },
    "t.csv": lambda path: af.to_csv(_frame(), path),
    "t.csv.zst": lambda path: af.to_csv(_frame(), path),
    "t.parquet": lambda path: af.to_parquet(_frame(), path),
    "plain.parquet": lambda path: _frame().to_parquet(path, compression="gzip"),
    "times.parquet": lambda path: _frame().assign(odd=pd.Timestamp.max).to_parquet(path, compression="brotli"),
    "t.xlsx": lambda path: af.to_excel(_frame(), path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_it_is_found(tmp_path, name):
    WRITERS[name](tmp_path / name)
    af.to_parquet(_frame("*****"), tmp_path / "clean.parquet")
    assert tmp_path / name in holding(tmp_path, [CANARY])
    assert tmp_path / "clean.parquet" not in holding(tmp_path, [CANARY])


@pytest.mark.parametrize("begin", [b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"])
def test_a_damaged_file_is_only_its_bytes(tmp_path, begin):
    (tmp_path / "odd").write_bytes(begin + b"nonsense")
    assert holding(tmp_path, [CANARY]) == []
    (tmp_path / "odd").write_bytes(begin + LINE)
    assert holding(tmp_path, [CANARY]) == [tmp_path / "odd"]
