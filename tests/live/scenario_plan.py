"""Which stories the scenario plays, and how often."""

from __future__ import annotations

import itertools
from typing import Any

import scenario_calls as calls
import scenario_queues as queues
from scenario import Stories

_PLAN: list[tuple[int, Any, tuple[Any, ...]]] = [  # times, story, arguments
    (12, calls.answered, ("caller",)),
    (12, calls.answered, ("callee",)),
    (2, calls.long_talk, (12.4,)),
    (8, calls.refused, (486, "busy")),
    (5, calls.refused, (603, "rejected")),
    (3, calls.refused, (403, "rejected")),
    (2, calls.refused, (404, "failed")),
    (2, calls.refused, (480, "no answer")),
    (3, calls.refused, (503, "congestion")),
    (8, calls.no_answer, ()),
    (8, calls.cancelled, ()),
    (6, calls.unknown_number, ()),
    (3, calls.plain, ("502", "busy signal", "busy", "pbx")),
    (3, calls.plain, ("503", "congestion signal", "congestion", "pbx")),
    (2, calls.plain, ("504", "refused by the dialplan", "rejected", "pbx")),
    (3, calls.plain, ("505", "unassigned in the dialplan", "failed", "pbx")),
    (2, calls.plain, ("506", "progress without an answer", "no answer", "pbx")),
    (2, calls.plain, ("507", "no such endpoint", "failed", "pbx")),
    (4, calls.application, ("caller",)),
    (3, calls.application, ("pbx",)),
    (4, calls.after_announcement, (True,)),
    (3, calls.after_announcement, (False,)),
    (4, calls.ring_all, (0, "caller")),
    (4, calls.ring_all, (2, "callee")),
    (3, calls.ring_all_unanswered, ()),
    (3, calls.ring_all_one_busy, ()),
    (4, calls.hunt, ()),
    (5, calls.forked, ()),
    (4, calls.answered, ("caller", "7{}", "over Local")),
    (3, calls.answered, ("callee", "79{1}", "over Local/n")),
    (4, calls.blind_refer, ("callee",)),
    (3, calls.blind_refer, ("caller",)),
    (2, calls.blind_refer, ("callee", "busy")),
    (4, calls.blind_ami, ()),
    (3, calls.redirected, ()),
    (5, calls.attended_refer, ()),
    (3, calls.attended_refer, ("blond",)),
    (4, calls.attended_ami, ()),
    (4, calls.picked_up, ("extension",)),
    (3, calls.picked_up, ("group",)),
    (3, calls.parked, ("fetched",)),
    (2, calls.parked, ("fetched after REFER",)),
    (3, calls.parked, ("gives up",)),
    (2, calls.parked, ("comes back",)),
    (1, calls.conference, ("801", 3)),
    (1, calls.conference, ("802", 4)),
    (4, calls.held, ("callee",)),
    (3, calls.held, ("caller",)),
    (4, calls.internal, ()),
    (4, calls.originated, ("answered",)),
    (2, calls.originated, ("announcement",)),
    (2, calls.originated, ("busy",)),
    (2, calls.originated, ("no answer",)),
    (2, calls.local_originated, ()),
    (7, queues.served, ("caller", "90")),
    (5, queues.served, ("callee", "90")),
    (4, queues.served, ("callee", "91")),
    (4, queues.abandoned, ("90", 1.3)),
    (2, queues.abandoned, ("90", 0.3)),
    (3, queues.abandoned, ("91", 1.3)),
    (5, queues.timed_out, ("92",)),
    (2, queues.timed_out, ("94",)),
    (4, queues.overflow, ("answered",)),
    (3, queues.overflow, ("abandoned",)),
    (3, queues.rejected, (486, "answered")),
    (2, queues.rejected, (603, "answered")),
    (3, queues.rejected, (0, "answered")),
    (2, queues.rejected, (486, "abandoned")),
    (5, queues.joinempty, ()),
    (2, queues.joinempty_then_served, ()),
    (4, queues.full, ()),
    (3, queues.leaveempty, ()),
    (4, queues.key, ()),
    (3, queues.transferred, ("blind",)),
    (3, queues.transferred, ("after asking",)),
    (3, queues.held, ()),
    (2, queues.paused, ("Обед",)),
    (1, queues.paused, ("Training, part 2",)),
    (2, queues.crowd, (14,)),
]

BEFORE: Stories = [
    (calls.over_the_begin, ("talking",)),
    (calls.over_the_begin, ("talking",)),
    (calls.over_the_begin, ("ringing",)),
    (queues.over_the_begin, ()),
]

AFTER: Stories = [
    (calls.over_the_end, ("talking",)),
    (calls.over_the_end, ("talking",)),
    (calls.over_the_end, ("ringing",)),
    (queues.over_the_end, ()),
]


def stories() -> Stories:
    """All stories, the kinds in turn: what may disturb each other happens side by side."""
    rounds = itertools.count()
    left = [[times, story, arguments] for times, story, arguments in _PLAN]
    mixed: Stories = []
    for _ in rounds:
        this = [entry for entry in left if entry[0] > 0]
        if not this:
            return mixed
        for entry in this:
            entry[0] -= 1
            mixed.append((entry[1], entry[2]))
    return mixed
