"""Copies of the package, each broken on purpose in one place: the quick tests must fail on every one.

python tests/mutants.py [-j 2] [--half 1] [--table FILE] [NAME ...]    breaks what has one of the names, or all
python tests/mutants.py --check                                        says which texts the package no longer has
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tqdm.auto import tqdm

ROOT = Path(__file__).resolve().parents[1]


class Mutant(NamedTuple):
    """A bug made on purpose."""

    file: str
    """Below ``amiframe``."""
    old: str
    """What stands there."""
    new: str
    """What a bug would make of it."""
    tests: str
    """The narrowest tests that must catch it: paths with blanks between them."""


MUTANTS = (
    (
        "wire/raw.py",
        'value[1:] if value[:1] == " " else value',
        "value.strip()",
        "tests/wire/test_raw.py tests/wire/test_raw_record_layouts.py",
    ),
    (
        "wire/raw.py",
        'line.partition(":")\n            if',
        'line.rpartition(":")\n            if',
        "tests/wire/test_raw.py tests/wire/test_raw_record_layouts.py",
    ),
    ("wire/raw.py", "self._more.append(line)", "pass", "tests/wire/test_raw.py tests/wire/test_raw_record_layouts.py"),
    (
        "wire/raw.py",
        "self.cut = bool(self._pairs)",
        "self.cut = False",
        "tests/wire/test_raw.py tests/wire/test_raw_record_layouts.py",
    ),
    ("wire/xml.py", '"&": "&amp;"', '"&": "&"', "tests/wire/test_xml.py"),
    ("wire/xml.py", 'repeat = f"-{n}" if n > 1 else ""', 'repeat = ""', "tests/wire/test_xml.py"),
    ("wire/xml.py", "name = name.rstrip(_BLANKS)", "pass", "tests/wire/test_xml.py"),
    ("wire/xml.py", '_KEPT_BLANKS = {9: "&#9;", ', "_KEPT_BLANKS = {", "tests/wire/test_xml.py"),
    (
        "wire/encoding.py",
        'data.decode(encoding, "surrogateescape")',
        'data.decode(encoding, "ignore")',
        "tests/wire/test_raw.py tests/wire/test_xml.py tests/wire/test_properties.py",
    ),
    ("wire/raw_bulk.py", "if room.min() < 0 or", "if", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "room[:, -1].any()", "False", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "texts.validate(full=True)", "pass", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "_ends_line(data, 0)", "True", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "_ends_line(data, last)", "True", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "[line_feeds - 1] == _CR]", "[line_feeds] == _LF]", "tests/wire/test_raw_bulk.py"),
    ("wire/raw_bulk.py", "data.slice(0, len(text)).equals(pa.py_buffer(text))", "True", "tests/wire/test_raw_bulk.py"),
    ("wire/column_names.py", 'f"{name}-{count}"', 'f"{name}_{count}"', "tests/wire/test_column_names.py"),
    ("schema/tables/queues.txt", "RingTime ", "RingTimes ", "tests/test_public_api.py tests/schema"),
    ("schema/tables/channels.txt", "TimeToHangup ", "TimeToHangUp_ ", "tests/test_public_api.py tests/schema"),
    (
        "schema/tables/common.txt",
        "CallerIDName        str   -  esc",
        "CallerIDName        str   -  -  ",
        "tests/frames",
    ),
    (
        "frames/casting.py",
        "pc.multiply(seconds, 1_000_000)",
        "pc.multiply(seconds, 1_000_001)",
        "tests/frames/test_casting.py",
    ),
    ("frames/casting.py", 'value == "(null)" and not raw', "False", "tests/frames/test_casting.py"),
    (
        "frames/builder.py",
        "known | dict.fromkeys(sorted(seen - known.keys()))",
        "known",
        "tests/frames tests/read/test_events.py",
    ),
    ("reply.py", "announced > count:", "announced > 10**9:", "tests/frames/test_reply.py"),
    ("read/events.py", "if name == WAIT_END:", "if False:", "tests/read/test_events.py"),
    ("read/queue_log.py", "parts.sort(key=lambda part: part.span)", "pass", "tests/read/test_queue_log.py"),
    ("read/queue_log.py", "misfits.count += len(cells)", "pass", "tests/read/test_queue_log.py"),
    ("timeutil/zones.py", "< -_STEP_BACK", "< _STEP_BACK", "tests/read/test_queue_log.py"),
    (
        "analysis/queues/visits_from_queue_log.py",
        "of[late] = of[connect[late]]",
        "pass",
        "tests/analysis/test_queue_calls.py",
    ),
    (
        "analysis/queues/visits_from_queue_log.py",
        "np.isnan(linked)",
        "np.isnan(linked) | True",
        "tests/analysis/test_queue_calls.py",
    ),
    (
        "analysis/queues/visits_from_queue_log.py",
        "calls += pbx",
        "calls += 0 * pbx",
        "tests/analysis/test_queue_calls.py",
    ),
    (
        "analysis/queues/agent_states_from_queue_log.py",
        '"PAUSEALL": PAUSED',
        '"PAUSEALL": AVAILABLE',
        "tests/analysis/test_agents.py",
    ),
    (
        "analysis/queues/agent_states_from_queue_log.py",
        "served > real",
        "seen >= len(real)",
        "tests/analysis/test_agents.py",
    ),
    (
        "timeutil/intervals.py",
        'nonexistent="shift_forward"',
        'nonexistent="NaT"',
        "tests/analysis/test_queue_metrics.py",
    ),
    (
        "analysis/metrics/queue_counts.py",
        "wait < options.short_s",
        "wait <= options.short_s",
        "tests/analysis/test_queue_metrics.py",
    ),
    (
        "analysis/metrics/queue_counts.py",
        "within = wait <= ",
        "within = wait < ",
        "tests/analysis/test_queue_metrics.py",
    ),
    (
        "analysis/metrics/carried_traffic.py",
        "np.maximum(begin, end)[is_known]",
        "(end + 1)[is_known]",
        "tests/analysis/test_busy.py",
    ),
    (
        "analysis/metrics/erlang.py",
        "agents - traffic * (1 - blocking)",
        "agents - traffic",
        "tests/analysis/test_busy.py",
    ),
    ("analysis/metrics/queue_counts.py", "(ordinal > 1)", "(ordinal > 0)", "tests/analysis/test_queue_metrics.py"),
    (
        "analysis/metrics/carried_traffic.py",
        "ordered = np.sort(times)",
        "ordered = times",
        "tests/analysis/test_busy.py",
    ),
    ("timeutil/intervals.py", "days - back", "days", "tests/analysis/test_queue_metrics.py"),
    (
        "analysis/calls/hangup_requests.py",
        "self.rows > last_per_group(index.row_call[answers], answers, index.calls)[call]",
        "True",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/call_graph.py",
        "~self.is_local | (~self.far_half_dials & ~self.leads_to_machine)",
        "~self.is_local",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/call_graph.py",
        "~self.is_local | (~self.far_half_dials & ~self.leads_to_machine)",
        "~self.is_local | ~self.leads_to_machine",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/call_graph.py",
        "~self.is_local | (~self.far_half_dials & ~self.leads_to_machine)",
        "~self.is_local | ~self.far_half_dials",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/event_index.py",
        'index.blocks[""][row] = calls.pop()',
        "calls.pop()",
        "tests/analysis/test_scenario.py",
    ),
    (
        "analysis/calls/event_index.py",
        "rows.iloc[np.lexsort((seq, part, begin.to_numpy()))]",
        "rows",
        "tests/analysis/test_calls_properties.py",
    ),
    (
        "analysis/calls/event_index.py",
        "of_id * max(len(ids), 1) + numbers",
        "numbers",
        "tests/analysis/test_calls_properties.py",
    ),
    (
        "analysis/calls/call_analysis.py",
        '"RINGING", "PROGRESS")',
        '"RINGING", "PROGRESS", "PROCEEDING")',
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/reconcile/call_records.py",
        'both.sort_values(["_left", ',
        "both.sort_values([",
        "tests/analysis/test_scenario.py",
    ),
    (
        "analysis/reconcile/cdr_calls.py",
        'rank.where(rows["answer"].isna(), 0)',
        "rank",
        "tests/analysis/test_scenario.py",
    ),
    (
        "analysis/reconcile/differences.py",
        'floored = exact.where(~is_whole, exact.dt.floor("s"))',
        "floored = exact",
        "tests/analysis/test_scenario.py",
    ),
    (
        "read/rotated_logs.py",
        'b"" if tail_names & head_names else tail + head',
        "tail + head",
        "tests/read/test_rotated.py",
    ),
    ("read/rotated_logs.py", "if kept.head:", "if False:", "tests/read/test_rotated.py"),
    ("analysis/queues/lost_callers.py", "is_end.shift(fill_value=False)", "False", "tests/analysis/test_lost_calls.py"),
    ("read/sources.py", "source.cut = source.cut or reader.cut", "pass", "tests/read/test_sources.py"),
    (
        "privacy/secret.py",
        "(Secret(secret) if secret else None) if isinstance(secret, str)",
        "secret if True",
        "tests/settings/test_tracebacks.py",
    ),
    (
        "privacy/secret.py",
        'f"Environment of {len(self)} variables"',
        "str(dict(self))",
        "tests/settings/test_tracebacks.py",
    ),
    ("settings/profile_files.py", 'profile["secret"] = as_secret(profile["secret"])', "pass", "tests/settings"),
    ("settings/profile_files.py", "if len(named) > 1:", "if False:", "tests/settings/test_profiles.py"),
    ("settings/secret_sources.py", "& 0o077", "& 0o007", "tests/settings/test_vault.py"),
    ("settings/resolution.py", 'and "url" in own and', "and False and", "tests/settings/test_profiles.py"),
    ("settings/resolution.py", 'key != "url" or is_address', "True", "tests/settings/test_profiles.py"),
    ("transport/http.py", "cookie.expires = None", "pass", "tests/transport/test_login.py"),
    ("transport/http.py", "http.trust_env = False", "pass", "tests/transport/test_login.py"),
    ("transport/http.py", 'self.password = ""', "pass", "tests/settings/test_tracebacks.py"),
    (
        "transport/http.py",
        "_STATUS_HINTS.get(status, _DOCTOR)",
        "_STATUS_HINTS.get(status)",
        "tests/transport/test_no_manager.py",
    ),
    (
        "transport/session.py",
        "if self.idle_s > _FRESH_S:",
        "if time.monotonic() - self._answered > _FRESH_S:",
        "tests/transport/test_login.py",
    ),
    (
        "transport/session.py",
        'if response == "Success" and message != _NOT_OURS:',
        'if response == "Success":',
        "tests/transport/test_login.py",
    ),
    ("transport/session.py", "self.renewals += 1", "pass", "tests/transport/test_login.py"),
    ("transport/session.py", 'messages[0].kind != "response"', "False", "tests/transport/test_no_manager.py"),
    ("transport/throttle.py", "return (used - QUICK) * REFRESH_S", "return 0.0", "tests/transport/test_throttle.py"),
    ("client/fleet.py", 'frame.attrs["amiframe"]["fetched_complete"] = False', "pass", "tests/client/test_fleet.py"),
    ("diagnostics/network_checks.py", 'page.body.startswith(b"Response:")', "True", "tests/diagnostics/test_doctor.py"),
    ("capture/pseudonyms.py", '"secret": _blotted', '"secret": str', "tests/capture"),
    ("capture/pseudonyms.py", "(state.holds_secret and name in _VALUES)", "False", "tests/capture"),
    (
        "capture/pseudonyms.py",
        "state.lines if name in _LINES else state.lines.fresh()",
        "state.lines",
        "tests/capture",
    ),
    (
        "privacy/secret_patterns.py",
        "self._assigned(self._of_table(line))",
        "self._of_table(line)",
        "tests/privacy/test_secret_patterns.py",
    ),
    ("privacy/secret_patterns.py", "(*self._of_file, *(_WITHIN", "(*(_WITHIN", "tests/privacy/test_secret_patterns.py"),
    (
        "privacy/secret_patterns.py",
        'row = line.encode("utf-8", "surrogateescape")',
        'row = line.encode("utf-8", "surrogatepass")',
        "tests/privacy/test_secret_patterns.py",
    ),
    ("transport/http.py", "failure = type(stop)(*stop.args)", "raise", "tests/settings/test_tracebacks.py"),
    (
        "widgets/_base/idle_timeout.py",
        "self._limit is not None and",
        "self._limit is None or",
        "tests/widgets/test_monitor.py",
    ),
    (
        "plot/_call_timeline.py",
        'pd.concat([self._legs["started"], times]).min()',
        'self._legs["started"].min()',
        "tests/plot/test_plots.py",
    ),
    (
        "export/excel.py",
        "sheet.write_string(row, place, cell)",
        "sheet.write(row, place, cell)",
        "tests/export/test_workbook.py",
    ),
    ("export/excel.py", "if abs(value) <= _LAST_WHOLE", "if True", "tests/export/test_workbook.py"),
    (
        "widgets/events/event_buffer.py",
        "while len(self._entries) > self.keep:",
        "while False:",
        "tests/widgets/test_monitor.py",
    ),
    ("widgets/events/event_buffer.py", "and last.gap.start == gap.start", "and False", "tests/widgets/test_monitor.py"),
    ("widgets/action/model.py", "secret_patterns.is_secretive(name)", "False", "tests/widgets"),
    (
        "privacy/secret_patterns.py",
        "(?<!by)(?<!com)pass(?![a-z])",
        "pass(?![a-z])",
        "tests/privacy/test_secret_patterns.py",
    ),
    ("analysis/queues/lost_callers.py", ".clip(lower=0)", "", "tests/analysis/test_lost_calls.py"),
    # rooms that moved or changed with issue 15
    ("timeutil/durations.py", "math.floor(seconds + 0.5)", "math.floor(seconds)", "tests/timeutil/test_durations.py"),
    ("timeutil/durations.py", "elif not isinstance(value, bool):", "else:", "tests/timeutil/test_durations.py"),
    ("timeutil/durations.py", "if parts and (len(parts) == 2 or not count):", "if False:", "tests/timeutil"),
    ("schema/withheld.py", "caller.strip(BRACKETS).lower()", "caller.lower()", "amiframe/schema/withheld.py"),
    ("analysis/queues/lost_callers.py", ".isin(WITHHELD)", ".isin([])", "tests/analysis/test_lost_calls.py"),
    ("schema/hangup_causes.py", '    20: "no answer",\n', "", "amiframe/schema tests/client/test_client_originate.py"),
    ("html/markup.py", "markupsafe.escape(_INVISIBLE", "Markup(_INVISIBLE", "tests/widgets/test_snapshot.py"),
    ("html/markup.py", '_INVISIBLE.sub("\\ufffd", str(value))', "str(value)", "amiframe/html"),
    ("html/tables.py", "if len(shown) > _MAX_CELL:", "if False:", "tests/widgets"),
    (
        "client/call_tracker.py",
        'if event.get("ActionID") != self._call.actionid:',
        "if False:",
        "tests/client tests/widgets",
    ),
    ("client/call_tracker.py", "if self._far_end_hung_up and by_cause:", "if by_cause:", "tests/client tests/widgets"),
    (
        "client/call_tracker.py",
        "by_reason:\n            return by_reason",
        "False:\n            return by_reason",
        "tests/client",
    ),
    ("client/event_stream.py", "and m.name != WAIT_END", "", "tests/client/test_event_stream.py"),
    ("client/event_stream.py", "if unknown:", "if False:", "tests/client/test_event_stream.py"),
    ("diagnostics/server_settings.py", "if apart > _MOST_APART_S:", "if False:", "tests/diagnostics"),
    ("diagnostics/server_settings.py", "if seconds < _LEAST_TIMEOUT_S:", "if False:", "tests/diagnostics"),
    (
        "analysis/snapshots/queue_board.py",
        '        (flags(members.get("incall", absent)), "busy"),\n',
        "",
        "amiframe/analysis/snapshots/queue_board.py tests/widgets/test_queues.py",
    ),
    ("widgets/_base/auto_refresh.py", "least * float(2**failures)", "least", "tests/widgets/test_snapshot.py"),
    (
        "widgets/snapshot/model.py",
        '(by, True) if not self.descending else ("", False)',
        "(by, True)",
        "tests/widgets/test_snapshot.py",
    ),
    ("cli/_output.py", "or (isinstance(value, float) and math.isinf(value))", "", "tests/cli/test_json_output.py"),
    ("cli/_output.py", 'if dest != "-" and _suffix(dest) not in WRITERS:', "if False:", "tests/cli/test_cli.py"),
    ("reporting/locales.py", "self._number(value, 0)", "self._number(value, 1)", "tests/reporting/test_report.py"),
    ("analysis/metrics/erlang.py", "and not isinstance(calls, str | bytes)", "", "tests/analysis"),
)


def check() -> list[str]:
    """Say which mutants cannot be made: their text, or their tests, are no longer there."""
    problems = []
    for file, old, _, tests in map(Mutant._make, MUTANTS):
        path = ROOT / "amiframe" / file
        if not path.is_file():
            problems.append(f"no file {file}")
        elif old not in path.read_text(encoding="utf-8"):
            problems.append(f"{file} has no {old!r}")
        problems += [f"no tests {path}" for path in tests.split() if not (ROOT / path).exists()]
    return problems


def catcher(mutant: Mutant) -> str | None:
    """Return the first test that fails on the broken copy, or None if all pass."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        keep = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "*.png")
        shutil.copytree(ROOT, copy, ignore=keep)
        path = copy / "amiframe" / mutant.file
        path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-m",
            "quick",
            *mutant.tests.split(),
        ]
        env = {"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=env, check=False)
    if done.returncode not in (0, 1, 2, 4):  # 4: a conftest.py cannot be imported
        raise SystemExit(f"pytest broke on {mutant.file}: {done.stdout[-2000:]}")
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found[1] if found else "the import"


def table(mutants: Iterable[Mutant], catchers: Iterable[str | None]) -> str:
    """Return the mutants and what caught them as a table in Markdown."""
    cells = [
        (f"`{m.file}`", f"`{m.old}` → `{m.new}`", test or "**nothing**")
        for m, test in zip(mutants, catchers, strict=True)
    ]
    rows = [" | ".join(text.replace("|", "\\|").replace("\n", "⏎") for text in row) for row in cells]
    return "\n".join(["| file | bug | caught by |", "|---|---|---|", *(f"| {row} |" for row in rows), ""])


def main() -> None:
    """Try the mutants; exit with an error if one survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a file's name")
    parser.add_argument("-j", type=int, default=2, help="how many at a time")
    parser.add_argument("--half", type=int, choices=(1, 2), help="only one half of them")
    parser.add_argument("--table", type=Path, help="a file for the table of what caught which")
    parser.add_argument("--check", action="store_true", help="run no tests")
    given = parser.parse_args()
    problems = check()
    if problems or given.check:
        print(*problems, f"{len(MUTANTS)} mutants, {len(problems)} out of date", sep="\n")
        sys.exit(bool(problems))
    chosen = [Mutant(*m) for m in MUTANTS if not given.names or any(name in m[0] for name in given.names)]
    if given.half:
        chosen = chosen[given.half - 1 :: 2]
    with ThreadPoolExecutor(given.j) as pool:
        caught = list(tqdm(pool.map(catcher, chosen), desc="mutants", total=len(chosen)))
    if given.table:
        given.table.write_text(table(chosen, caught), encoding="utf-8")
    alive = [mutant for mutant, test in zip(chosen, caught, strict=True) if test is None]
    for mutant in alive:
        print(f"SURVIVED {mutant.file}: {mutant.old!r} -> {mutant.new!r}")
    print(f"{len(chosen) - len(alive)} mutants caught, {len(alive)} survived")
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()
