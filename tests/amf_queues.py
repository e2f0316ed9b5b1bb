"""Made-up logs of queues for hypothesis, and what comes of them, worked out by plain loops without amiframe."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import strategies as st

BEGIN = 1_774_742_400  # 2026-03-29 00:00 UTC: clocks change in Europe an hour later
QUEUES = ("sales", "support", "очередь")
AGENTS = ("Anna", "Bob; Jr", "Local/3@q/n")
OUTCOMES = {
    "ABANDON": "abandoned", "EXITWITHTIMEOUT": "timeout", "EXITEMPTY": "leaveempty", "EXITWITHKEY": "key",
    "WITHDRAW": "transferred", "JOINEMPTY": "joinempty", "FULL": "full", "JOINUNAVAIL": "unavailable",
}  # fmt: skip
REFUSED = ("joinempty", "full", "unavailable")
ENDS = ("COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "BRIDGE", "LINK", "APP", "TRANSFER")


@dataclass
class Visit:
    """One visit as it was made up."""

    callid: str
    queue: str
    joined: int
    outcome: str
    wait: int
    talk: int | None = None
    agent: str | None = None
    rings: int = 0
    number: int | None = 1  # among the visits of its call that came in
    lines: list[tuple[int, str]] = field(default_factory=list)


@st.composite
def visits(draw: st.DrawFn, days: int = 3, most: int = 12) -> list[Visit]:
    """Make up calls with one to three visits each, over some days around a change of clocks."""
    made: list[Visit] = []
    for call in range(draw(st.integers(0, most))):
        now = BEGIN + draw(st.integers(-86400, (days - 1) * 86400))
        callid = f"{now}.{call}"
        number = 0
        for _ in range(draw(st.integers(1, 3))):
            visit = _visit(draw, callid, now)
            number += visit.outcome not in REFUSED
            visit.number = None if visit.outcome in REFUSED else number
            made.append(visit)
            now = visit.lines[-1][0] + draw(st.integers(0, 3))
    return made


def _visit(draw: st.DrawFn, callid: str, now: int) -> Visit:
    queue = draw(st.sampled_from(QUEUES))
    end = draw(st.sampled_from(("CONNECT",) * 4 + tuple(OUTCOMES)))
    wait = draw(st.integers(0, 90))
    visit = Visit(callid, queue, now, OUTCOMES.get(end, "answered"), wait)

    def line(when: int, agent: str, event: str, *data: object) -> None:
        visit.lines.append((when, "|".join([str(when), callid, queue, agent, event, *map(str, data)])))

    if end in ("JOINEMPTY", "FULL", "JOINUNAVAIL"):
        line(now, "NONE", end, "")
        return visit
    line(now, "NONE", "ENTERQUEUE", "", f"+7{call_number(callid)}", 1)
    for _ in range(draw(st.integers(0, 2))):
        visit.rings += 1
        line(now + wait, draw(st.sampled_from(AGENTS)), "RINGNOANSWER", 1000)
    left = now + wait
    if end == "EXITWITHKEY":
        line(left, "NONE", end, 7, 1, 1, wait)
    elif end != "CONNECT":
        line(left, "NONE", end, 1, 1, wait)
    else:
        visit.agent = draw(st.sampled_from(AGENTS))
        visit.talk = draw(st.integers(0, 4000))
        line(left, visit.agent, "CONNECT", wait, "1.1", 1)
        line(left + visit.talk, visit.agent, *_ending(draw(st.sampled_from(ENDS)), wait, visit.talk))
    return visit


def _ending(end: str, wait: int, talk: int) -> tuple[object, ...]:
    times = (wait, talk, 1)
    return {
        "BLINDTRANSFER": ("BLINDTRANSFER", "100", "internal", *times),
        "TRANSFER": ("TRANSFER", "100", "internal", *times),
        "BRIDGE": ("ATTENDEDTRANSFER", "BRIDGE", "9e3b", *times),
        "APP": ("ATTENDEDTRANSFER", "APP", "Park", *times),
        "LINK": ("ATTENDEDTRANSFER", "LINK", "PJSIP/1-1", "PJSIP/2-1", *times),
    }.get(end, (end, *times))


def call_number(callid: str) -> str:
    return callid.replace(".", "")


def text(made: list[Visit]) -> bytes:
    """Return the log of all of them, in the order of time."""
    lines = [line for visit in made for line in visit.lines]
    return "".join(f"{line}\n" for _, line in sorted(lines, key=lambda counts_of_key: counts_of_key[0])).encode()


def counts(made: list[Visit], key, *, threshold: int = 20, short: int = 5) -> dict[object, dict[str, int]]:
    """Count by loops what queue_summary has to say."""
    totals: dict[object, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in made:
        counts_of_key = totals[key(visit)]
        counts_of_key[visit.outcome] += 1
        refused = visit.outcome in REFUSED
        counts_of_key["offered"] += not refused
        counts_of_key["again"] += (visit.number or 0) > 1
        counts_of_key["short"] += visit.outcome == "abandoned" and visit.wait < short
        counts_of_key["sl_num"] += visit.outcome == "answered" and visit.wait <= threshold
        counts_of_key["wait_sum_s"] += visit.wait if visit.outcome == "answered" else 0
        counts_of_key["talk_sum_s"] += visit.talk or 0
    return totals
