"""Copies of the package, each broken on purpose in one place: the quick tests must fail on every one.

python tests/mutants.py [NAME]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tqdm.auto import tqdm

ROOT = Path(__file__).resolve().parents[1]

# file, what stands there, what a bug would make of it, the tests that must catch it
MUTANTS = (
    ("wire/raw.py", 'value[1:] if value[:1] == " " else value', "value.strip()", "tests/wire"),
    ("wire/raw.py", 'line.partition(":")\n            if', 'line.rpartition(":")\n            if', "tests/wire"),
    ("wire/raw.py", "self._more.append(line)", "pass", "tests/wire"),
    ("wire/raw.py", "self.cut = bool(self._pairs)", "self.cut = False", "tests/wire"),
    ("wire/xml.py", '"&": "&amp;"', '"&": "&"', "tests/wire"),
    ("wire/xml.py", 'repeat = f"-{n}" if n > 1 else ""', 'repeat = ""', "tests/wire"),
    ("wire/xml.py", "name = name.rstrip(_BLANKS)", "pass", "tests/wire"),
    ("wire/xml.py", '_KEPT_BLANKS = {9: "&#9;", ', "_KEPT_BLANKS = {", "tests/wire"),
    ("wire/encoding.py", 'data.decode(encoding, "surrogateescape")', 'data.decode(encoding, "ignore")', "tests/wire"),
    ("wire/raw_bulk.py", "if room.min() < 0 or", "if", "tests/wire"),
    ("wire/raw_bulk.py", "room[:, -1].any()", "False", "tests/wire"),
    ("wire/raw_bulk.py", "texts.validate(full=True)", "pass", "tests/wire"),
    ("wire/raw_bulk.py", "_ends_line(data, 0)", "True", "tests/wire"),
    ("wire/raw_bulk.py", "_ends_line(data, last)", "True", "tests/wire"),
    ("wire/raw_bulk.py", "[line_feeds - 1] == _CR]", "[line_feeds] == _LF]", "tests/wire"),
    ("wire/raw_bulk.py", "data.slice(0, len(text)).equals(pa.py_buffer(text))", "True", "tests/wire"),
    ("wire/column_names.py", 'f"{name}-{count}"', 'f"{name}_{count}"', "tests"),
    ("schema/queues.py", "RingTime", "RingTimes", "tests"),
    ("schema/channels.py", "TimeToHangup", "TimeToHangUp_", "tests"),
    ("schema/common_fields.py", "CallerIDName        str   -  esc", "CallerIDName        str   -  -  ", "tests"),
    ("frames/casting.py", "pc.multiply(seconds, 1_000_000)", "pc.multiply(seconds, 1_000_001)", "tests"),
    ("frames/casting.py", 'value == "(null)" and not raw', "False", "tests"),
    ("frames/builder.py", "known | dict.fromkeys(sorted(seen - known.keys()))", "known", "tests"),
    ("reply.py", "told > count:", "told > 10**9:", "tests/frames"),
    ("read/events.py", "if name == _WAIT_END:", "if False:", "tests"),
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
        "seen > real",
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
        "np.maximum(begin, end)[told]",
        "(end + 1)[told]",
        "tests/analysis/test_busy.py",
    ),
    (
        "analysis/metrics/erlang.py",
        "agents - traffic * (1 - blocking)",
        "agents - traffic",
        "tests/analysis/test_busy.py",
    ),
    ("analysis/metrics/queue_counts.py", "(number > 1)", "(number > 0)", "tests/analysis/test_queue_metrics.py"),
    (
        "analysis/metrics/carried_traffic.py",
        "ordered = np.sort(times)",
        "ordered = times",
        "tests/analysis/test_busy.py",
    ),
    ("timeutil/intervals.py", "days - back", "days", "tests/analysis/test_queue_metrics.py"),
    (
        "analysis/calls/outcome.py",
        "of_end &= self.rows > last_per_group(log.row_call[answers], answers, log.calls)[call]",
        "pass",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/outcome.py",
        "~tree.is_local | (~far_dials & ~_leads_to_machine(log, tree))",
        "~tree.is_local",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/outcome.py",
        "~tree.is_local | (~far_dials & ~_leads_to_machine(log, tree))",
        "~tree.is_local | ~_leads_to_machine(log, tree)",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/outcome.py",
        "~tree.is_local | (~far_dials & ~_leads_to_machine(log, tree))",
        "~tree.is_local | ~far_dials",
        "tests/analysis/test_stories.py",
    ),
    (
        "analysis/calls/event_index.py",
        'log.codes[""][row] = calls.pop()',
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
        "analysis/calls/leg_table.py",
        '("RINGING", "PROGRESS")',
        '("RINGING", "PROGRESS", "PROCEEDING")',
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
        'floored = one.where(~is_whole, one.dt.floor("s"))',
        "floored = one",
        "tests/analysis/test_scenario.py",
    ),
    ("read/rotated_logs.py", 'b"" if one & other else tail + head', "tail + head", "tests/read/test_rotated.py"),
    ("read/rotated_logs.py", "if kept.head:", "if False:", "tests/read/test_rotated.py"),
    ("analysis/queues/lost_callers.py", "is_end.shift(fill_value=False)", "False", "tests/analysis/test_lost_calls.py"),
    ("read/sources.py", "source.cut = source.cut or reader.cut", "pass", "tests"),
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
    ("settings/profile_files.py", 'profile["secret"] = hidden(profile["secret"])', "pass", "tests/settings"),
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
        'if told == "Success" and message != _NOT_OURS:',
        'if told == "Success":',
        "tests/transport/test_login.py",
    ),
    ("transport/session.py", "self.renewals += 1", "pass", "tests/transport/test_login.py"),
    ("transport/session.py", 'messages[0].kind != "response"', "False", "tests/transport/test_no_manager.py"),
    ("transport/throttle.py", "return (used - QUICK) * REFRESH_S", "return 0.0", "tests/transport/test_lane.py"),
    ("client/fleet.py", 'frame.attrs["amiframe"]["fetched_complete"] = False', "pass", "tests/client/test_fleet.py"),
    ("diagnostics/network_checks.py", 'page.body.startswith(b"Response:")', "True", "tests/diagnostics/test_doctor.py"),
    ("privacy/pseudonyms.py", '"secret": _blotted', '"secret": str', "tests/capture"),
    ("privacy/pseudonyms.py", "(so_far.holds_secret and name in _VALUES)", "False", "tests/capture"),
    (
        "privacy/pseudonyms.py",
        "so_far.lines if name in _LINES else so_far.lines.fresh()",
        "so_far.lines",
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
        'told = line.encode("utf-8", "surrogateescape")',
        'told = line.encode("utf-8", "surrogatepass")',
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
    ("export/excel.py", 'made.data_type = "s"', "pass", "tests/export/test_workbook.py"),
    ("export/excel.py", "if abs(number) <= _LAST_WHOLE", "if True", "tests/export/test_workbook.py"),
    (
        "widgets/events/buffer.py",
        "while len(self._entries) > self.keep:",
        "while False:",
        "tests/widgets/test_monitor.py",
    ),
    ("widgets/events/buffer.py", "and last.gap.start == gap.start", "and False", "tests/widgets/test_monitor.py"),
    ("widgets/action/model.py", "is_secretive(", "(lambda _: False)(", "tests/widgets"),
    (
        "privacy/secret_patterns.py",
        "(?<!by)(?<!com)pass(?![a-z])",
        "pass(?![a-z])",
        "tests/privacy/test_secret_patterns.py",
    ),
    ("analysis/queues/lost_callers.py", ".clip(lower=0)", "", "tests/analysis/test_lost_calls.py"),
)


def survives(file: str, old: str, new: str, tests: str) -> bool:
    """Say whether the tests pass on the broken copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        keep = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=keep)
        path = copy / "amiframe" / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"mutants.py is out of date: {file} has no {old!r}")
        path.write_text(text.replace(old, new), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m",
             "not live and not browser and not slow and not captures", tests],
            cwd=copy, capture_output=True, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"}, check=False,
        )  # fmt: skip
        if done.returncode not in (0, 1, 2):
            raise SystemExit(f"pytest broke on {file}: {done.stdout.decode()[-2000:]}")
        return done.returncode == 0


def main() -> None:
    """Try every mutant; exit with an error if one survives."""
    wanted = sys.argv[1:]
    chosen = [m for m in MUTANTS if not wanted or any(w in m[0] for w in wanted)]
    alive = [m[:3] for m in tqdm(chosen, desc="mutants") if survives(*m)]
    for file, old, new in alive:
        print(f"SURVIVED {file}: {old!r} -> {new!r}")
    print(f"{len(chosen) - len(alive)} mutants caught, {len(alive)} survived")
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()
