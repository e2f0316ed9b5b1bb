"""How calls and visits differ from the truth of the scenario: sentences, none when they do not."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from scenario import CROWD, Pause, Row, Visit

SLACK = 1.0  # seconds that phones and server may differ
JOINING = 0.5  # what may lie between INVITE and queue besides: twice a caller joined 1.008 s after it, why is not known
REFUSED = {"joinempty", "full"}


def kept(folder: Path, name: str) -> bytes:
    """Read a file of a run that was saved, compressed or not."""
    path = folder / name
    return path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())


def load(folder: Path) -> tuple[list[Row], list[Pause]]:
    """Read the truth of a run that was saved."""
    stored = json.loads(kept(folder, "truth.json"))
    rows = [Row(**{**row, "visits": [Visit(**visit) for visit in row["visits"]]}) for row in stored]
    return rows, [Pause(**pause) for pause in json.loads(kept(folder, "pauses.json"))]


def seconds(value: Any) -> float | None:
    return None if pd.isna(value) else float(value.timestamp())


def word(value: Any) -> Any:
    return None if pd.isna(value) else value


def near(one: float | None, other: float | None, slack: float = SLACK) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= slack


def calls_differ(rows: Iterable[Row], calls: pd.DataFrame) -> list[str]:
    """Say how calls from events differ from what the phones lived."""
    by_id = defaultdict(list)
    for call in calls.to_dict("records"):
        by_id[call["linkedid"]].append(call)
    found = []
    for row in rows:
        own = by_id.pop(row.linkedid, []) if row.linkedid else []
        if not row.is_sound:
            continue
        name = f"{row.number} {row.kind} {row.linkedid}"
        if len(own) != int(row.has_channel):
            found.append(f"{name}: {len(own)} calls")
        elif own:
            found += [f"{name}: {text}" for text in _call_differs(row, own[0])]
    return found + [f"{linkedid}: a call that nobody made: {own}" for linkedid, own in by_id.items()]


def _call_differs(row: Row, call: dict[str, Any]) -> Iterable[str]:
    if bool(call["complete"]) == bool(row.cut):
        yield f"complete is {call['complete']}"
    answered = row.person if row.reached == "person" else row.answered
    times = {"started": row.started, "answered": answered, "up": row.answered, "ended": row.ended}
    unknown = {"begin": ("started", "answered", "up"), "end": ("answered", "up", "ended"), "": ()}[row.cut]
    for column, time in times.items():
        if column not in unknown and not near(seconds(call[column]), time):
            yield f"{column} {call[column]}, not {time}"
    words = {"caller": row.number}
    if not row.cut:
        words |= {"disposition": row.disposition, "reached": row.reached, "hungup_by": row.hungup_by}
        words["answered_by"] = row.answered_by and f"PJSIP/{row.answered_by}"
        if row.hungup_by is None:  # a call that the target of a transfer refused, or that nobody dialled
            del words["hungup_by"]
    for column, wanted in words.items():
        if word(call[column]) != wanted:
            yield f"{column} {call[column]}, not {wanted}"
    if row.cut:
        return
    if call["transfers"] != row.blind + row.attended:
        yield f"{call['transfers']} transfers, not {row.blind + row.attended}"
    if not near(call["hold_s"], row.hold_s):
        yield f"hold_s {call['hold_s']}, not {row.hold_s}"
    queues = list(dict.fromkeys(visit.queue for visit in row.visits if visit.outcome not in REFUSED))
    if list(dict.fromkeys(call["queues"])) != queues:
        yield f"queues {call['queues']}, not {queues}"


def visits_differ(rows: Iterable[Row], visits: pd.DataFrame, *, from_log: bool) -> list[str]:
    """Say how visits of queues differ from what the phones lived; queue_log is never cut, and counts whole seconds."""
    by_id = defaultdict(list)
    for visit in visits.to_dict("records"):
        by_id[visit["uniqueid"]].append(visit)
    found = []
    for row in rows:
        own = by_id.pop(row.uniqueid, []) if row.uniqueid else []
        if not row.is_sound:
            continue
        wanted = [visit for visit in row.visits if not (from_log and visit.outcome in REFUSED)]
        name = f"{row.number} {row.kind} {row.uniqueid}"
        if len(own) != len(wanted):
            found.append(f"{name}: {len(own)} visits, not {len(wanted)}")
            continue
        cut = "" if from_log else row.cut
        for truth, visit in zip(wanted, own, strict=True):
            texts = _visit_differs(truth, visit, cut, SLACK + from_log, row.kind == "queue crowd")
            found += [f"{name} {truth.outcome}: {text}" for text in texts]
    return found + [f"{uniqueid}: visits of nobody: {own}" for uniqueid, own in by_id.items()]


def _visit_differs(  # noqa: C901 (one line for each column)
    truth: Visit, visit: dict[str, Any], cut: str, slack: float, is_crowd: bool
) -> Iterable[str]:
    if visit["queue"] != truth.queue:
        yield f"queue {visit['queue']}, not {truth.queue}"
    if bool(visit["complete"]) == bool(cut):
        yield f"complete is {visit['complete']}"
    if cut != "begin" and truth.joined and not near(seconds(visit["joined"]), truth.joined, slack + JOINING):
        yield f"joined {visit['joined']}, not {truth.joined}"
    if cut == "end":
        if word(visit["outcome"]) is not None:
            yield f"outcome {visit['outcome']} before the end"
        return
    if visit["outcome"] != truth.outcome:
        yield f"outcome {visit['outcome']}"
    if truth.ended and not near(seconds(visit["left_queue"]), truth.ended, slack):
        yield f"left_queue {visit['left_queue']}, not {truth.ended}"
    if (
        truth.ended
        and truth.joined
        and not cut
        and not near(visit["wait_s"], truth.ended - truth.joined, slack + JOINING)
    ):
        yield f"wait_s {visit['wait_s']}, not {truth.ended - truth.joined}"
    if truth.talked_until and truth.ended and not near(visit["talk_s"], truth.talked_until - truth.ended, slack):
        yield f"talk_s {visit['talk_s']}, not {truth.talked_until - truth.ended}"
    agent = None if truth.member is None else CROWD.get(truth.member, f"Agent {truth.member}")
    if word(visit["membername"]) != agent:
        yield f"membername {visit['membername']}, not {agent}"
    if not is_crowd and visit["attempts"] != truth.attempts:  # nobody counts whose phone rang in vain in a crowd
        yield f"{visit['attempts']} attempts, not {truth.attempts}"
    if truth.outcome == "answered" and word(visit["hungup_by"]) != truth.hungup_by:
        yield f"hungup_by {visit['hungup_by']}, not {truth.hungup_by}"


def pauses_differ(pauses: Iterable[Pause], agents: pd.DataFrame) -> list[str]:
    """Say which pauses the states of agents lack; a name or an interface may stand for the agent."""
    found = []
    for pause in pauses:
        names = {f"PJSIP/{pause.agent}", f"Agent {pause.agent}"}
        is_his = agents["member"].isin(names) | agents["membername"].isin(names)
        own = agents[
            is_his & (agents["state"] == "paused") & (agents["queue"].isna() | (agents["queue"] == pause.queue))
        ]
        reported = [
            (seconds(s), seconds(e), word(r)) for s, e, r in own[["started", "ended", "reason"]].itertuples(index=False)
        ]
        slack = SLACK + 1  # queue_log counts whole seconds
        if not any(
            near(start, pause.started, slack) and near(end, pause.ended, slack) and reason == pause.reason
            for start, end, reason in reported
        ):
            found.append(f"{pause}: {reported}")
    return found
