"""The commands that count: what they print and write, and what they say of logs that are none."""

from __future__ import annotations

import gzip
import json

import pytest
from amf_support import SAMPLES, differences
from typer.testing import CliRunner

import amiframe as af
from amiframe import cli

WEEK = af.sample("queue_log")


def run(*args: object, columns: int = 120):
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(cli.app.app, [str(a) for a in args])


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines() if line.startswith((" sales", " support", " all", " deaf"))]


def test_queues_shows_the_week():
    done = run("queues", WEEK)
    assert (done.exit_code, done.stderr) == (0, "")
    title, *_ = done.stdout.splitlines()
    assert title.startswith("977 calls")
    assert "offered within 20 s; times in UTC" in title
    whole = af.metrics.queue_summary(af.queue_calls(af.read_queue_log(WEEK)), by=[]).iloc[0]
    last = rows(done.stdout)[-1]
    assert last[:6] == ["all", *(str(whole[name]) for name in ("offered", "answered", "abandoned", "short", "timeout"))]
    assert last[6:8] == [f"{100 * whole['sl']:.1f}", f"{100 * whole['abandon_rate']:.1f}"]
    assert last[-1] == "2:30"


def test_days_in_a_zone():
    done = run("queues", WEEK, "--every", "1d", "--tz", "Europe/Berlin")
    assert rows(done.stdout)[0][:5] == ["sales", "Mon", "2026-11-16", "106", "99"]
    assert done.stdout.count(" Sun 2026-11-22 ") == 2
    assert "(63.6)" in done.stdout  # of 22 calls: too few
    assert run("queues", WEEK, "--every", "1D", "--tz", "Europe/Berlin").stdout == done.stdout
    hours = run("queues", WEEK, "--every", "1h", "--rows", 3).stdout
    assert "Mon 2026-11-16 07:00" in hours
    assert "more rows" in hours


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
def test_it_fits_the_terminal(columns):
    for path in (WEEK, SAMPLES / "22" / "queue_log"):
        done = run("queues", path, "--every", "1d", columns=columns)
        table = done.stdout.splitlines()[1:]
        assert max(map(len, table)) <= columns
        assert not any("…" in line for line in table if columns >= 80)
        assert "SL %" in done.stdout


def test_the_file_has_all_of_it(tmp_path):
    path = tmp_path / "week.parquet"
    options = (
        "--every",
        "1d",
        "--tz",
        "Europe/Berlin",
        "--threshold",
        10,
        "--short",
        3,
        "--rule",
        "perf2",
        "--by",
        "queue",
    )
    done = run("queues", WEEK, *options, "-o", path, "-o", tmp_path / "week.json", columns=80)
    assert done.exit_code == 0
    frame = af.read_table(path)
    visits = af.queue_calls(af.read_queue_log(WEEK))
    wanted = af.metrics.queue_summary(visits, every="1d", tz="Europe/Berlin", threshold_s=10, short_s=3, rule="perf2")
    assert not differences(frame, wanted)
    assert json.loads((tmp_path / "week.json").read_text())[0]["interval"] == "2026-11-16T00:00:00+01:00"
    csv = run("queues", WEEK, "-o", "-").stdout
    assert csv.splitlines()[0].startswith('"queue","offered","answered"')


def test_sla_shows_all_rules_side_by_side(tmp_path):
    done = run("sla", WEEK, "--threshold", 10, "-o", tmp_path / "sla.csv")
    visits = af.queue_calls(af.read_queue_log(WEEK))
    whole = [af.metrics.service_level(visits, by=[], rule=rule, threshold_s=10)["sl"][0] for rule in af.metrics.RULES]
    assert rows(done.stdout)[-1] == ["all", "977", *(f"{100 * level:.1f}" for level in whole)]
    assert all(f"{rule} %" in done.stdout for rule in af.metrics.RULES)
    frame = af.read_table(tmp_path / "sla.csv")
    assert frame["sl_rule"].tolist() == [rule for rule in af.metrics.RULES for _ in range(2)]
    one = run("sla", WEEK, "--rule", "perf", "--by", "member", "--every", "1w")
    assert "perf %" in one.stdout
    assert "perf2 %" not in one.stdout
    assert "Anna Müller" in one.stdout


def test_rotated_and_compressed_files_are_one_log(tmp_path):
    lines = WEEK.read_bytes().splitlines(keepends=True)
    (tmp_path / "queue_log.1.gz").write_bytes(gzip.compress(b"".join(lines[:1000])))
    (tmp_path / "queue_log").write_bytes(b"".join(lines[1000:]))
    whole = run("queues", WEEK).stdout.splitlines()[1:]
    assert run("queues", tmp_path / "queue_log*").stdout.splitlines()[1:] == whole
    assert run("queues", tmp_path / "queue_log", tmp_path / "queue_log.1.gz").stdout.splitlines()[1:] == whole


def test_what_is_wrong_with_a_log_is_said(tmp_path):
    path = tmp_path / "queue_log"
    path.write_bytes(b"strange\n" + WEEK.read_bytes()[:-5])
    done = run("queues", path)
    assert done.exit_code == 0
    assert "the last line of the log is cut off" in done.stderr
    assert "1 lines are none of queue_log" in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("queues", SAMPLES / "22" / "core_settings.txt"), 6, "no queue_log"),
        (("sla", "nosuch"), 2, "No such file"),
        (("queues", WEEK, "--rule", "best"), 2, "answered_or_late_abandoned"),
        (("queues", WEEK, "--every", "fortnight"), 2, "not an interval"),
        (("sla", WEEK, "--tz", "Moscow"), 2, "time zone"),
        (("queues", WEEK, "--by", "que"), 2, "'queue'"),
        (("queues", WEEK, "--threshold", -1), 2, "threshold"),
        (("queues", WEEK, "-o", "week.xls"), 2, "no format"),
        (("queues",), 2, "SRC"),
    ],
)
def test_errors_say_what_to_do(args, code, word):
    done = run(*args)
    assert done.exit_code == code
    assert word in done.stderr


def test_an_empty_log_is_no_error(tmp_path):
    path = tmp_path / "queue_log"
    path.write_bytes(b"")
    for command in ("queues", "sla"):
        done = run(command, path, "--every", "1d")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout.startswith("0 calls")
