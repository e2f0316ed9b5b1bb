"""ShowDialPlan: what stands in the dialplan, in the order and with the counts of the server.

Source: ``manager_show_dialplan`` of Asterisk's ``main/pbx.c``; texts and counts measured on 16.28 and 22.10: a
request for an extension lists it again in each context that includes its own, and each look into a context counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from amiframe.demo.ami.response import Item, Pairs, Request, listing, required
from amiframe.demo.pbx.dialplan_listing import Context, Extension, contexts
from amiframe.demo.pbx.world import World
from amiframe.wire.message import Message


def _show(world: World, request: Request) -> list[Message]:
    plan = {context.name: context for context in contexts(world)}
    wanted, exten = request.get("Context"), request.get("Extension")
    required(not wanted or wanted in plan, f"Did not find context {wanted}")
    counts: Counter[str] = Counter()
    items = [item for name in ([wanted] if wanted else plan) for item in _context(plan, name, exten, counts)]
    where = f"@{wanted}" if wanted else " in any context"
    required(not exten or counts["ListExtensions"], f"Did not find extension {exten}{where}")
    more = ((name, str(counts[name])) for name in ("ListExtensions", "ListPriorities", "ListContexts"))
    return listing(request, "DialPlan list will follow", items, "ShowDialPlanComplete", *more)


def _context(plan: dict[str, Context], name: str, exten: str, counts: Counter[str]) -> Iterator[Item]:
    counts["ListContexts"] += 1
    for extension in plan[name].extensions:
        if exten and not extension.matches(exten):
            continue
        counts["ListExtensions"] += 1
        for pairs in _priorities(extension):
            counts["ListPriorities"] += 1
            head = (("Context", name), ("Extension", extension.name))
            yield "ListDialplan", (*head, *pairs, ("Registrar", extension.registrar))
    for included in plan[name].includes:
        if exten:
            yield from _context(plan, included, exten, counts)
        else:
            pairs = (("Context", name), ("IncludeContext", included), ("Registrar", "pbx_config"))
            yield "ListDialplan", pairs


def _priorities(extension: Extension) -> Iterator[Pairs]:
    if extension.hint:
        yield ("Priority", "hint"), ("Application", extension.hint)
    for priority, (application, data) in enumerate(extension.steps, 1):
        yield ("Priority", str(priority)), ("Application", application), ("AppData", data)


ACTIONS = {"showdialplan": _show}
