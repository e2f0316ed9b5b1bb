"""amiframe report: the page as a file, its period by options, what is wrong said before anything is written."""

from __future__ import annotations

import amf_cli
import openpyxl
import pytest

import amiframe as af
from amiframe.cli.report import window_text

LOG = str(af.sample("queue_log"))


def run(*arguments, cwd):
    done = amf_cli.run(*arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def test_the_page_and_its_tables(tmp_path):
    options = (
        "--tz",
        "Europe/Berlin",
        "--lang",
        "ru",
        "--from",
        "2026-11-16",
        "--to",
        "2026-11-17",
        "--redact",
        "last4",
    )
    code, out, err = run("report", LOG, *options, "-o", "week.html", "--tables", "tables", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "wrote week.html" in out
    html = (tmp_path / "week.html").read_text(encoding="utf-8")
    assert "16–17" in html
    assert 'lang="ru"' in html
    assert int(af.read_table(tmp_path / "tables" / "total.csv")["offered"][0]) == 422


def test_the_tables_as_one_workbook(tmp_path):
    code, out, err = run("report", LOG, "--tz", "Europe/Berlin", "-o", "w.html", "--tables", "w.xlsx", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "wrote w.xlsx" in out
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    assert {"queues", "total", "lost", "agents", "visits", "about"} <= set(book.sheetnames)
    assert "joined (Europe/Berlin)" in [cell.value for cell in book["visits"][1]]


def test_a_page_of_nothing_says_so(tmp_path):
    code, _, err = run("report", LOG, "--from", "2020-01-01", "--to", "2020-01-07", "-o", "week.html", cwd=tmp_path)
    assert code == 0
    assert "no calls in this period" in err
    assert (tmp_path / "week.html").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "week.pdf"), "ends in .html"),
        (("--lang", "de"), "one of en, ru"),
        (("--last", "7 parsecs"), "7d, 24h or 1w"),
        (("--yesterday", "--last", "7d"), "several periods"),
        (("--from", "2026-11-16"), "both --from and --to"),
        (("--tz", "Mars/Base"), "no time zone"),
        (("--events", LOG), "--trunk"),
        (("--redact", "all"), "last4, hash"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, options, message):
    code, _, err = run("report", LOG, *options, cwd=tmp_path)
    assert code == 2
    assert message in err
    assert not list(tmp_path.iterdir())


def test_the_period_of_the_options():
    assert window_text(None, None, False, None) is None
    assert window_text(None, None, True, None) == "yesterday"
