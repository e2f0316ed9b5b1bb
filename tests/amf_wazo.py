"""What Wazo's statistics make of a queue_log, said in plain loops: the second opinion on ours.

Worked out from the public sources of wazo-stat, xivo-dao and wazo-call-logd; none of their code is here. Each call gets
a row for each way in which it ended: answered from what completes a call (not from CONNECT), each joined with every
ENTERQUEUE of the same call in the same queue; abandoned and timeout joined with the last ENTERQUEUE of the call;
leaveempty, full and joinempty from lines that Wazo's own dialplan writes. A row belongs to the hour of ENTERQUEUE.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

DONE = {"COMPLETEAGENT": (0, 1), "COMPLETECALLER": (0, 1), "BLINDTRANSFER": (2, 3), "TRANSFER": (2, 3)}
ENDED = {"ABANDON": "abandoned", "EXITWITHTIMEOUT": "timeout"}
WRITTEN = {"FULL": "full", "JOINEMPTY": "joinempty", "CLOSED": "closed"}


@dataclass(frozen=True)
class Row:
    """One call in one queue, as Wazo keeps it."""

    callid: str
    queue: str
    time: int
    status: str
    wait: int = 0


@dataclass
class Counts:
    """What Wazo shows of one queue; shares in percent with two decimals."""

    answered: int = 0
    abandoned: int = 0
    timeout: int = 0
    leaveempty: int = 0
    full: int = 0
    joinempty: int = 0
    closed: int = 0
    in_time: int = 0
    waits: int = 0

    @property
    def total(self) -> int:
        return self._waited + self.full + self.joinempty + self.closed

    @property
    def _waited(self) -> int:
        return self.answered + self.abandoned + self.leaveempty + self.timeout

    @property
    def qos(self) -> float | None:
        return round(100 * self.in_time / self.answered, 2) if self.answered else None

    @property
    def answered_rate(self) -> float | None:
        below = self._waited + self.full + self.joinempty
        return round(100 * self.answered / below, 2) if below else None

    @property
    def average_wait(self) -> float | None:
        return round(self.waits / self._waited, 2) if self._waited else None


def rows(text: str) -> list[Row]:
    lines = [(int(time), *rest) for time, *rest in (line.split("|") for line in text.splitlines())]
    begins = defaultdict(list)
    for time, callid, queue, _, event, *_ in lines:
        if event == "ENTERQUEUE":
            begins[callid, queue].append(time)
    found: set[tuple[Row, int, str]] = set()  # two that are alike in all count once
    made: list[Row] = []
    last: dict[str, tuple[int, str]] = {}
    for time, callid, queue, agent, event, *data in lines:
        if event == "ENTERQUEUE":
            last[callid] = (time, queue)
        if event == "ATTENDEDTRANSFER":
            places = (3, 4) if data[0] == "LINK" else (2, 3)
        elif event in DONE:
            places = DONE[event]
        else:
            if event in ENDED and callid in last:
                made.append(Row(callid, last[callid][1], last[callid][0], ENDED[event], int(data[2])))
            elif event == "LEAVEEMPTY" and callid in last:
                made.append(Row(callid, queue, last[callid][0], "leaveempty", time - last[callid][0]))
            elif event in WRITTEN:
                made.append(Row(callid, queue, time, WRITTEN[event]))
            continue
        wait, talk = (int(data[place]) for place in places)
        joined = begins[callid, queue] or [time - wait - talk]
        found |= {(Row(callid, queue, at, "answered", wait), talk, agent) for at in joined}
    return [*made, *(row for row, _, _ in found)]


def counts(text: str, threshold: int) -> dict[str, Counts]:
    totals: dict[str, Counts] = defaultdict(Counts)
    for row in rows(text):
        own = totals[row.queue]
        setattr(own, row.status, getattr(own, row.status) + 1)
        own.in_time += row.status == "answered" and row.wait <= threshold
        own.waits += row.wait
    return dict(totals)


def by_hour(text: str) -> dict[tuple[str, int], Counter[str]]:
    totals: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for row in rows(text):
        totals[row.queue, row.time // 3600 * 3600][row.status] += 1
    return totals


def calls_that_come_twice(lines: Iterable[str]) -> set[str]:
    joins = Counter(tuple(line.split("|")[1:3]) for line in lines if line.split("|")[4] == "ENTERQUEUE")
    return {callid for (callid, _), times in joins.items() if times > 1}
