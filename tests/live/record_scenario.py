"""Record the scripted scenario for the quick tests: the truth of hundreds of calls, and what the server wrote of them.

Run as ``python tests/live/record_scenario.py FOLDER [VERSION ...]``; what appears is looked at before it replaces
tests/analysis/scenario. Events that no analysis reads are left out.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import scenario_plan
from pbx_server import VERSIONS
from record_calls import DROPPED, VARIABLES
from scenario import play

KEPT = ("truth.json", "pauses.json", "events.txt", "cdr.csv", "cdr_custom.csv", "queue_log", "queue_status.json")


def main(folder: Path, versions: list[str]) -> None:
    for version in versions or VERSIONS:
        record = play(version, scenario_plan.stories(), before=scenario_plan.BEFORE, after=scenario_plan.AFTER)
        print(version, len(record.rows), record.problems, flush=True)
        record.events = b"".join(
            block + b"\r\n\r\n"
            for block in record.events.split(b"\r\n\r\n")[:-1]
            if not DROPPED.match(block) and (b"Event: VarSet" not in block or VARIABLES.search(block + b"\r\n"))
        )
        place = folder / version
        record.save(place)
        for path in place.iterdir():
            if path.name in KEPT:
                (place / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
            path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
