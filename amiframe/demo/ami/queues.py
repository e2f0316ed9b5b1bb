"""Answers about queues, and the actions that log agents in, out, and off for a break."""

from __future__ import annotations

from amiframe.demo.ami.response import Item, Request, listing, required, success
from amiframe.demo.pbx import queues
from amiframe.demo.pbx.cdr import member_pairs, member_status
from amiframe.demo.pbx.channels import known
from amiframe.demo.pbx.state import Member, Queue
from amiframe.demo.pbx.world import World
from amiframe.wire.message import Message


def service_levels(queue: Queue) -> tuple[float, float]:
    """Return what the PBX prints as service levels: of the completed calls, and of all that are over, in percent."""
    over = queue.completed + queue.abandoned
    within = queue.completed_in_level + queue.abandoned_in_level
    first = 100 * queue.completed_in_level / queue.completed if queue.completed else 0.0
    return first, 100 * within / over if over else 0.0


def _status(world: World, request: Request) -> list[Message]:
    items: list[Item] = []
    for queue in world.queues.values():
        if request.get("Queue") in ("", queue.name):
            items += _items(world, queue, request.get("Member"))
    return listing(request, "Queue status will follow", items, "QueueStatusComplete", id_last=True)


def _items(world: World, queue: Queue, wanted: str) -> list[Item]:
    level, level_of_all = service_levels(queue)
    params = (
        ("Queue", queue.name),
        ("Max", "0"),
        ("Strategy", queue.strategy),
        ("Calls", str(len(queue.callers))),
        ("Holdtime", str(queue.hold_time)),
        ("TalkTime", str(queue.talk_time)),
        ("Completed", str(queue.completed)),
        ("Abandoned", str(queue.abandoned)),
        ("ServiceLevel", str(queue.service_level)),
        ("ServicelevelPerf", f"{level:.1f}"),
        ("ServicelevelPerf2", f"{level_of_all:.1f}"),
        ("Weight", "0"),
    )
    items: list[Item] = [("QueueParams", params)]
    shown = [member for member in queue.members if wanted in ("", member.name, member.interface)]
    items += [("QueueMember", member_pairs(world, member, listed=True)) for member in shown]
    for position, caller in enumerate(queue.callers, 1):
        channel = caller.channel
        entry = (
            ("Queue", queue.name),
            ("Position", str(position)),
            ("Channel", channel.name),
            ("Uniqueid", channel.uniqueid),
            ("CallerIDNum", known(channel.caller[0])),
            ("CallerIDName", known(channel.caller[1])),
            ("ConnectedLineNum", known(channel.connected[0])),
            ("ConnectedLineName", known(channel.connected[1])),
            ("Wait", str(int(world.now - caller.joined))),
            ("Priority", "0"),
        )
        items.append(("QueueEntry", entry))
    return items


def _summary(world: World, request: Request) -> list[Message]:
    items = []
    for queue in world.queues.values():
        if request.get("Queue") not in ("", queue.name):
            continue
        states = [(member, member_status(world, member)) for member in queue.members]
        waits = [int(world.now - caller.joined) for caller in queue.callers]
        pairs = (
            ("Queue", queue.name),
            ("LoggedIn", str(sum(state not in (4, 5) for _, state in states))),
            ("Available", str(sum(state == 1 and not member.paused for member, state in states))),
            ("Callers", str(len(waits))),
            ("HoldTime", str(queue.hold_time)),
            ("TalkTime", str(queue.talk_time)),
            ("LongestHoldTime", str(max(waits, default=0))),
        )
        items.append(("QueueSummary", pairs))
    return listing(request, "Queue summary will follow", items, "QueueSummaryComplete", id_last=True)


def _pause(world: World, request: Request) -> list[Message]:
    interface, paused = request.get("Interface"), request.get("Paused")
    required(interface and paused, "Need 'Interface' and 'Paused' parameters.")
    members = required(queues.find_member(world, interface, request.get("Queue")), "Interface not found")
    on = request.is_true("Paused")
    for member in members:
        queues.pause(world, member, on, request.get("Reason"))
    return success(request, f"Interface {'paused' if on else 'unpaused'} successfully")


def _add(world: World, request: Request) -> list[Message]:
    name, interface = (required(request.get(field), f"'{field}' not specified.") for field in ("Queue", "Interface"))
    required(name in world.queues, "Unable to add interface to queue: No such queue")
    required(not queues.find_member(world, interface, name), "Unable to add interface: Already there")
    penalty = request.get("Penalty")
    member = Member(
        name,
        request.get("MemberName") or interface,
        interface,
        "dynamic",
        world.now,
        penalty=int(penalty) if penalty.isdecimal() else 0,
        paused=request.is_true("Paused"),
        reason=request.get("Reason") if request.is_true("Paused") else "",
    )
    queues.add_member(world, member)
    return success(request, "Added interface to queue")


def _remove(world: World, request: Request) -> list[Message]:
    name, interface = request.get("Queue"), request.get("Interface")
    required(name and interface, "Need 'Queue' and 'Interface' parameters.")
    required(name in world.queues, "Unable to remove interface from queue: No such queue")
    member = required(queues.find_member(world, interface, name), "Unable to remove interface: Not there")[0]
    required(member.membership == "dynamic", "Member not dynamic")
    queues.remove_member(world, member)
    return success(request, "Removed interface from queue")


ACTIONS = {
    "queuestatus": _status,
    "queuesummary": _summary,
    "queuepause": _pause,
    "queueadd": _add,
    "queueremove": _remove,
}
