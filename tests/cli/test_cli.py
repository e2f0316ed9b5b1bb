"""The command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import openpyxl
import pandas as pd
import pytest
import typer
from amf_cli import run
from amf_support import ROOT, SAMPLES
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

import amiframe as af
from amiframe import errors
from amiframe.cli import _tables, exit_codes
from amiframe.cli import app as cli

STATUS = SAMPLES / "22" / "status_busy.txt"
FEW = SAMPLES / "22" / "status_few.txt"
LOG = SAMPLES / "22" / "events.txt"
COMMANDS = SAMPLES / "seed-page" / "listcommands.txt"
EVIL = "\x1b]0;owned\x07\x1b[31mred\x1b[2J\r\x08"


def quick(*args: object, columns: int = 100):
    """Run the command line in this process."""
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(cli.app, [str(a) for a in args])


def saved(tmp_path, text: str, name: str = "answer.txt"):
    path = tmp_path / name
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return path


def status_of(name: str) -> str:
    return f"""Response: Success
EventList: start

Event: Status
Channel: {name}
ChannelStateDesc: Up
CallerIDName: {name}
Seconds: 3675

Event: StatusComplete
EventList: Complete
ListItems: 1

"""


# --- the commands as a user runs them -------------------------------------------------------------------------------


def test_status_of_a_file():
    done = run("status", FEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("6 channels")
    assert str(FEW) in done.stdout.splitlines()[0]
    frame = af.read_status(FEW)
    assert all(channel[:12] in done.stdout for channel in frame["channel"])


def test_commands_of_a_file():
    done = run("commands", COMMANDS, "--rows", 0)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("103 actions")
    assert "Set absolute timeout." in done.stdout
    assert "system, call, all" in done.stdout


def test_events_of_a_file():
    done = run("events", "show", LOG, "-e", "Hangup")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 events")
    assert "2026-11-23 15:4" in done.stdout
    assert "cause=17" in done.stdout


def test_a_log_that_is_cut_off_is_reported_on_stderr(tmp_path):
    done = run("events", "show", saved(tmp_path, "Event: Hangup\nCause: 16\n"))
    assert done.returncode == 0
    assert "cut off" in done.stderr
    assert "cut off" not in done.stdout


def test_an_error_is_one_line_and_a_hint_on_stderr(tmp_path):
    done = run("status", LOG)
    assert done.returncode == 6
    assert done.stdout == ""
    first, hint = done.stderr.strip().splitlines()
    assert first.startswith("amiframe: no answer of Status")
    assert hint.strip().startswith("hint: ")


def test_verbose_shows_where_an_error_came_from():
    done = run("-v", "status", LOG)
    assert done.returncode == 6
    assert "Traceback" in done.stderr
    assert "no answer of Status" in done.stderr


def test_the_version():
    assert run("--version").stdout.strip() == f"amiframe {af.__version__}"


@pytest.mark.slow
@pytest.mark.parametrize("args", [("--version",), ("status", FEW), ("status", LOG), ("ping",), ("events", "--help")])
def test_a_process_of_its_own_prints_the_same(args):
    clean = {"PATH": os.environ["PATH"], "HOME": "/", "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "error", "-m", "amiframe", *map(str, args)]
    process = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, encoding="utf-8", env=clean)
    same = run(*args)
    assert (process.returncode, process.stdout, process.stderr) == (same.returncode, same.stdout, same.stderr)


def test_head_is_no_error():
    """`amiframe ... | head -1` ends quietly."""
    line = f"{sys.executable} -m amiframe events show {LOG} --rows 0 | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, cwd=ROOT, encoding="utf-8")
    assert done.stdout.startswith("69 events")
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_130(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(af, "read_status", interrupt)
    done = quick("status", FEW)
    assert done.exit_code == 130
    assert "interrupted" in done.stderr


# --- exit codes -----------------------------------------------------------------------------------------------------

CODES = {
    errors.ConfigError: 2, errors.ActionRefused: 2, errors.ConnectError: 3, errors.ConnectTimeout: 3,
    errors.HTTPStatusError: 3, errors.SessionLost: 3, errors.LoginError: 4, errors.AccessDenied: 4,
    errors.ActionError: 5, errors.IncompleteList: 6, errors.ParseError: 6, errors.WaitDisplaced: 6, errors.JobError: 7,
    errors.JobTimeout: 8, errors.JobRunning: 75,
    errors.AmiframeError: 1, FileNotFoundError: 2, PermissionError: 2, IsADirectoryError: 2, OSError: 2,
}  # fmt: skip


def every_error(kind=errors.AmiframeError):
    yield kind
    for derived in kind.__subclasses__():
        yield from every_error(derived)


def test_every_error_class_is_in_the_table():
    assert set(every_error()) <= CODES.keys()


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=lambda v: getattr(v, "__name__", v))
def test_each_error_ends_with_its_code(kind, code, monkeypatch):
    def fail(*_, **__):
        raise kind("what happened")

    monkeypatch.setattr(af, "read_status", fail)
    assert exit_codes.code_of(kind("x")) == code
    done = quick("status", FEW)
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr.strip() == "amiframe: what happened"


def test_our_own_bug_is_1_and_not_hidden(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(af, "read_status", fail)
    done = quick("status", FEW)
    assert (done.exit_code, type(done.exception)) == (1, ZeroDivisionError)
    assert exit_codes.code_of(ZeroDivisionError()) == 1


def test_a_broken_pipe_is_no_error_of_ours(monkeypatch):
    def fail(*_, **__):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(af, "read_status", fail)
    assert "Broken pipe" not in quick("status", FEW).stderr


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("status", "/nowhere/x.txt"), 2), (("status", "/nowhere/*.txt"), 2), (("status", "/"), 2),
        (("status", "nosuch://x"), 2), (("events", "show", str(FEW), "-e", "Hangupp"), 2),
        (("status", str(FEW), "--encoding", "none"), 2), (("status", str(FEW), "-t", "http://h"), 2),
        (("status", str(COMMANDS)), 6), (("commands", str(FEW)), 6), (("nosuch",), 2), (("status", "--nosuch"), 2),
        (("status", str(FEW), "--rows", "-1"), 2), (("events", "show"), 2),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_a_file(args, code):
    done = quick(*args)
    assert done.exit_code == code
    assert done.stderr
    assert done.stdout == ""


def test_a_missing_file_is_named():
    assert quick("status", "/nowhere/x.txt").stderr.strip() == "amiframe: No such file or directory: /nowhere/x.txt"


def test_an_answer_of_the_pbx_that_is_an_error(tmp_path):
    done = quick("status", saved(tmp_path, "Response: Error\nMessage: Permission denied\n\n"))
    assert (done.exit_code, "Permission denied" in done.stderr) == (5, True)


def test_an_incomplete_list_is_6(tmp_path):
    assert quick("status", saved(tmp_path, "Response: Success\nEventList: start\n\n")).exit_code == 6


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 100, 140])
@pytest.mark.parametrize("args", [("status", STATUS), ("commands", COMMANDS), ("events", "show", LOG)])
def test_a_table_fits_the_terminal(args, columns):
    done = quick(*args, "--rows", 0, columns=columns)
    assert done.exit_code == 0
    # the first line is the title, which names the file
    assert {cell_len(line) <= columns for line in done.stdout.splitlines()[1:]} == {True}


def test_a_wide_terminal_shows_everything():
    done = quick("commands", COMMANDS, "--rows", 0, columns=300)
    assert "…" not in done.stdout
    assert len(done.stdout.splitlines()) > 103


def test_rows_left_out_are_counted():
    done = quick("status", STATUS, "--rows", 5)
    count = len(af.read_status(STATUS))
    assert f"{count - 5} more rows" in done.stdout
    assert "more rows" not in quick("status", FEW).stdout
    assert "more rows" not in quick("status", STATUS, "--rows", 0).stdout


def test_an_empty_answer_is_a_table_without_rows(tmp_path):
    done = quick("status", saved(tmp_path, "Response: Error\nMessage: No such channel\n\n"))
    assert done.exit_code == 0
    assert done.stdout.startswith("0 channels")


def test_one_is_not_many(tmp_path):
    assert quick("status", saved(tmp_path, status_of("a"))).stdout.startswith("1 channel ")


def test_durations_are_read_by_people(tmp_path):
    assert "1:01:15" in quick("status", saved(tmp_path, status_of("a"))).stdout


def test_names_in_brackets_are_no_markup(tmp_path):
    path = saved(tmp_path, status_of("[red]x[/red]"), "[bold]a.txt")
    done = quick("status", path, columns=140)
    assert done.exit_code == 0
    assert "[red]x[/red]" in done.stdout
    assert "[bold]a.txt" in "".join(done.stdout.split())


@pytest.mark.parametrize("terminal", [True, False])
def test_what_a_terminal_would_obey_never_reaches_it(terminal):
    frame = pd.DataFrame({"a": [EVIL], "b": [[EVIL, "x"]], "c": [[("k", EVIL)]]})
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, color_system=None, legacy_windows=False)
    _tables.print_table(console, frame, [_tables.value(name) for name in "abc"], title=EVIL)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()))
    assert r"\x1b[31mred" in out.getvalue()
    assert "\x1b[31m" not in out.getvalue()


@pytest.mark.parametrize("words", ["Response: Error\nMessage: {}\n\n", status_of("{}"), "Response: Success\nX: {}\n\n"])
def test_neither_stdout_nor_stderr_obeys_a_value(tmp_path, words):
    done = run("status", saved(tmp_path, words.replace("{}", EVIL.replace("\r", ""))))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout + done.stderr)
    assert "red" in done.stdout + done.stderr or done.returncode == 6


def test_details_of_an_event_begin_with_what_is_its_own():
    done = quick("events", "show", LOG, "-e", "VarSet", columns=200)
    line = next(line for line in done.stdout.splitlines() if "VarSet" in line and "value=" in line)
    assert line.index("variable=") < line.index("value=")


def test_cells():
    assert _tables.text(pd.NA) == _tables.text(pd.NaT) == _tables.text(None) == _tables.text(float("nan")) == ""
    assert _tables.text(pd.Timestamp("2026-11-23 15:40:15.9+00:00")) == "2026-11-23 15:40:15"
    assert _tables.text([("A", "1"), ("B", None)]) == "A=1, B="
    assert _tables.text(7) == "7"
    assert _tables.party(pd.NA, "Анна") == "Анна"


def test_widths_never_go_below_the_least():
    views = [_tables.value("a", least=5), _tables.value("b", least=7)]
    assert _tables.widths(views, [["x" * 50, "y" * 50]], 10) == [5, 7]
    assert _tables.widths(views, [["x", "y"]], 100) == [5, 7]
    assert sum(_tables.widths(views, [["x" * 50, "y" * 50]], 60)) == 60 - 3 - 2


# --- help -----------------------------------------------------------------------------------------------------------


def every_command(group=None, path=()):
    group = group or typer.main.get_command(cli.app)
    for name in group.list_commands(None):  # each is imported when it is asked for
        command = group.get_command(None, name)
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_help_shows_an_example(command):
    done = quick(*command, "--help")
    assert done.exit_code == 0
    assert f"Example: amiframe {' '.join(command)} " in " ".join(done.stdout.split())


def test_no_command_shows_the_help():
    assert "status" in quick().output
    assert "show" in quick("events").output


@pytest.mark.parametrize("group", [(), ("events",), ("profiles",), ("demo",)], ids=" ".join)
def test_the_list_of_commands_cuts_no_sentence(group):
    listed = run(*group, "--help", columns=80).stdout.partition("Commands:")[2]
    names = {path[len(group)] for path in every_command() if path[: len(group)] == group}
    assert names <= set(re.findall(r"(?m)^  (\S+)", listed))
    assert "..." not in listed
    assert max(map(cell_len, listed.splitlines())) <= 80


def test_the_first_commands_are_those_that_one_needs_first():
    listed = run("--help").stdout.partition("Commands:")[2]
    assert re.findall(r"(?m)^  (\S+)", listed)[:4] == ["demo", "doctor", "profiles", "ping"]


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_the_usage_line_has_single_brackets(command):
    usage = quick(*command, "--help").stdout.partition("\n\n")[0]
    assert "[[" not in usage


def test_help_never_offers_an_option_for_the_secret():
    for command in every_command():
        assert "--secret" not in quick(*command, "--help").stdout
        assert "--password" not in quick(*command, "--help").stdout


# --- live commands without a PBX ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "commands", "ping"])
def test_without_a_target_the_cure_is_shown(command):
    done = run(command)
    assert done.returncode == 2
    assert "hint:" in done.stderr


@pytest.mark.parametrize("command", ["status", "commands", "ping"])
def test_nobody_there_is_3(command):
    done = run(command, "-t", "http://127.0.0.1:9", "-u", "joe", "--timeout", 2, AMIFRAME_SECRET="canary")
    assert done.returncode == 3
    assert "canary" not in done.stdout + done.stderr
    assert "127.0.0.1:9" in done.stderr


# --- files ----------------------------------------------------------------------------------------------------------


def test_csv_has_every_row_and_column(tmp_path):
    dest = tmp_path / "status[red].csv"
    done = quick("status", STATUS, "-o", dest)
    assert done.exit_code == 0, done.stderr
    frame = af.read_status(STATUS)
    back = af.read_table(dest)
    assert list(back.columns) == list(frame.columns)
    assert back["channel"].tolist() == frame["channel"].tolist()
    assert "wrote" in done.stdout
    assert "status[red].csv" in "".join(done.stdout.split())


def test_several_files_at_once(tmp_path):
    csv, parquet = tmp_path / "e.csv", tmp_path / "e.parquet"
    done = quick("events", "show", LOG, "-o", csv, "-o", parquet)
    assert done.exit_code == 0, done.stderr
    one, other = af.read_table(csv), af.read_table(parquet)
    assert list(one.columns) == list(other.columns)
    assert len(one) == len(other) == 69


def test_csv_on_stdout_is_csv_alone(tmp_path):
    done = run("commands", COMMANDS, "-o", "-")
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(io.StringIO(done.stdout))) == 103
    assert list(pd.read_csv(io.StringIO(done.stdout)).columns)[:3] == ["action", "synopsis", "privileges"]


def test_a_suffix_that_nobody_writes_is_refused(tmp_path):
    done = quick("status", FEW, "-o", tmp_path / "x.xyz")
    assert done.exit_code == 2
    assert not (tmp_path / "x.xyz").exists()


# --- calls -----------------------------------------------------------------------------------------------------------

CALL_LOG = SAMPLES / "22" / "events_calls.txt.gz"


def test_calls_of_a_log_as_a_table():
    done = quick("calls", CALL_LOG, columns=120)
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0].startswith("14 calls  (")
    assert all(cell_len(line) <= 120 for line in lines[1:])
    assert re.search(r"5550101 .* 101 +answered \(1 transfer\) +PJSIP/101 +0:01 +0:0\d +caller", done.output)
    assert "direction" not in done.output
    assert lines[-1] == "11 answered, 1 no answer, 1 busy, 1 cancelled"


def test_calls_with_trunks_have_a_direction(tmp_path):
    kept = tmp_path / "calls.csv"
    done = quick("calls", CALL_LOG, "--trunk", "PJSIP/trunk", "-o", kept, columns=120)
    assert "inbound" in done.output
    frame = af.read_table(kept)
    assert frame["direction"].value_counts().to_dict() == {"inbound": 13, "internal": 1}
    assert frame["queues"].tolist() == af.calls(af.read_events(CALL_LOG))["queues"].tolist()


def test_calls_that_a_log_cuts_are_marked(tmp_path):
    import gzip

    cut = saved(tmp_path, "")
    cut.write_bytes(gzip.decompress(CALL_LOG.read_bytes())[:20_000])
    done = quick("calls", cut)
    assert done.exit_code == 0
    assert re.search(r"(answered|not known) \+", done.output)
    assert "1 not wholly in the log (marked +)" in done.output
    assert "cut off" in done.stderr


def test_calls_of_something_else():
    done = quick("calls", STATUS)
    assert done.exit_code == exit_codes.code_of(af.ParseError("x")) or "0 calls" in done.output


def test_calls_counted_by_interval(tmp_path):
    """Each call is in the interval in which it began; the outcomes of an interval are its calls."""
    kept = tmp_path / "hours.csv"
    done = quick("calls", CALL_LOG, "--every", "1min", "--tz", "Asia/Kolkata", "-o", kept, columns=100)
    assert done.exit_code == 0
    assert "14 calls" in done.stdout
    assert "times in Asia/Kolkata" in done.stdout
    table = af.read_table(kept)
    calls = af.calls(af.read_events(CALL_LOG))
    outcomes = ["answered", "no answer", "busy", "rejected", "cancelled", "failed", "congestion", "open"]
    assert (table[outcomes].sum(axis=1) == table["calls"]).all()
    begun = calls["started"].dt.floor("min").value_counts()
    assert dict(zip(table["interval"], table["calls"], strict=True)) == {
        at: begun.get(at.tz_convert("UTC"), 0) for at in table["interval"]
    }
    assert table[outcomes].sum().to_dict() == {word: int((calls["disposition"] == word).sum()) for word in outcomes}
    assert table["person"].sum() == (calls["reached"] == "person").sum()
    assert table["peak"].max() == af.metrics.concurrency(calls)["concurrent"].max()
    assert max(map(len, done.stdout.splitlines()[1:])) <= 100


def test_calls_of_a_narrow_terminal_leave_columns_out_not_letters():
    done = quick("calls", CALL_LOG, "--every", "1d", columns=60)
    assert "…" not in done.stdout
    assert "answered" in done.stdout


def test_a_zone_needs_intervals():
    done = quick("calls", CALL_LOG, "--tz", "Europe/Berlin")
    assert done.exit_code == exit_codes.code_of(af.ConfigError("x"))
    assert "--every" in done.stderr


def test_an_excel_workbook_and_what_it_could_not_keep(tmp_path):
    log = tmp_path / "ami.log"
    log.write_text(f"Event: UserEvent\nExten: 00123\nText: {'x' * 40_000}\n\n")
    done = quick("events", "show", log, "-e", "UserEvent", "-o", tmp_path / "e.xlsx")
    assert done.exit_code == 0, done.output
    assert "texts cut after 32,767 characters: 1" in done.stderr
    sheet = openpyxl.load_workbook(tmp_path / "e.xlsx")["Sheet1"]
    row = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (row["exten"].value, row["exten"].data_type) == ("00123", "s")


# --- what an import brings ------------------------------------------------------------------------------------------


def test_the_version_brings_no_pandas_and_every_command_its_module_exists():
    run_version = "app(['--version'], standalone_mode=False)"
    code = f"import sys; from amiframe.cli.app import app; {run_version}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("amiframe ")
    assert not {"pandas", "pyarrow", "rich.table", "lxml"} & set(done.stdout.split())
    root = typer.main.get_command(cli.app)
    assert [root.get_command(None, name).name for name in root.list_commands(None)] == root.list_commands(None)
