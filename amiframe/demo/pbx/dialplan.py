"""The dialplan: what a number does, and how the phones of this PBX behave."""

from __future__ import annotations

import math

from amiframe.demo.pbx import queues
from amiframe.demo.pbx.calls import Manner, Talk, dial
from amiframe.demo.pbx.cdr import open_record
from amiframe.demo.pbx.channels import answer, execute, go_to, hang_up, set_variable
from amiframe.demo.pbx.conference_parking import FIRST_SPACE, LAST_SPACE, conference, park, take_parked
from amiframe.demo.pbx.process import Outcome, Steps, Wait
from amiframe.demo.pbx.state import Channel, Member
from amiframe.demo.pbx.world import World

TEST_PHONES = tuple(str(hundred + number) for hundred in (100, 200) for number in range(10))
INBOUND = {"74951000001": "sales", "74951000002": "support", "74951000003": "reception"}
QUEUES = {"100": "support", "153": "support", "631": "sales", "500": "sales"}
ROOM = "800"
REJECTIONS = {"601": (17, "486"), "602": (34, "503"), "404": (1, "404")}
_FAR_ENDS = {  # of calls to the world outside: what happens, and how often
    Manner(6.0): 0.70,
    Manner(2.0, 17, "486"): 0.08,
    Manner(3.0, 21, "403"): 0.05,
    Manner(0.1, 34, "503"): 0.04,
    Manner(0.1, 1, "404"): 0.03,
    Manner(math.inf): 0.10,
}


def exists(world: World, context: str, exten: str) -> bool:
    """Whether an extension is in the dialplan."""
    if context == "from-trunk":
        return exten in INBOUND
    if context == "parkedcalls":
        return _is_space(exten)
    if context not in ("internal", "outgoing", "default"):
        return False
    inside = exten in world.hints or exten in QUEUES or exten in ("300", ROOM, "700", "601", "602", "603")
    return inside or is_test_number(exten) or _is_space(exten) or (exten.isdigit() and len(exten) > 6)


def is_test_number(number: str) -> bool:
    """Whether it is a number that answers by itself: 1xx after two seconds, 2xx at once."""
    return len(number) == 3 and number.isdigit() and number[0] in "12"


def _is_space(exten: str) -> bool:
    return exten.isdigit() and FIRST_SPACE <= int(exten) <= LAST_SPACE


# --- how phones behave -------------------------------------------------------------------------------------------


def manner(world: World, endpoint: str, number: str = "") -> Manner | None:
    """Return what a phone does when it is called; None when there is no such phone."""
    target = number or endpoint
    if endpoint == "trunk" and number in REJECTIONS:
        return Manner(0.1, *REJECTIONS[number])
    if number == "603" or (not number and endpoint == "603"):
        return Manner(math.inf)
    if is_test_number(target) and endpoint in world.endpoints:
        return Manner(2.0 if target[0] == "1" else 0.0)
    if not number and endpoint in ("601", "602"):
        return Manner(0.1, *REJECTIONS[endpoint])
    phone = world.endpoints.get(endpoint)
    if phone is None:
        return None
    if endpoint == "trunk":
        return world.random.choices([*_FAR_ENDS], [*_FAR_ENDS.values()])[0]
    if not phone.reachable:
        return Manner(0.1, 41, "503")
    busy = world.device_states.get(f"PJSIP/{endpoint}") not in ("NOT_INUSE", None)
    return Manner(0.2, 17, "486") if busy else Manner(2.0)


def agent_manner(world: World, member: Member) -> Manner:
    """Return what an agent does with a call from a queue."""
    if member.interface.startswith("Local/") or is_test_number(member.interface.partition("/")[2]):
        return Manner(1.0)
    chance = world.random.random()
    if chance < 0.06:
        return Manner(math.inf)
    if chance < 0.08:
        return Manner(1.5, 21, "603")
    return Manner(world.random.uniform(1.5, 9.0))


def talk(world: World, mean: float, ended_by: str = "") -> Talk:
    """Return a talk of about so many seconds."""
    seconds = min(900.0, max(8.0, world.random.lognormvariate(math.log(mean) - 0.2, 0.65)))
    by = ended_by or ("caller" if world.random.random() < 0.65 else "agent")
    hold_after = seconds * 0.3 if world.random.random() < 0.12 else None
    return Talk(seconds, by, hold_after, min(40.0, seconds * 0.3))


def queue_talk(world: World) -> Talk:
    """Return the talk of a caller with an agent; some are transferred."""
    usual = talk(world, 150.0)
    chance = world.random.random()
    colleagues = [name for name, phone in world.endpoints.items() if phone.number.startswith("32")]
    if chance < 0.05:
        target = world.endpoints[world.random.choice(colleagues)].number
        return Talk(usual.seconds, usual.ended_by, None, 20.0, "blind", target)
    if chance < 0.09:
        free = [name for name in colleagues if world.device_states.get(f"PJSIP/{name}") == "NOT_INUSE"]
        if free:
            return Talk(usual.seconds, usual.ended_by, None, 20.0, "attended", world.random.choice(free))
    if chance < 0.12:
        return Talk(usual.seconds, usual.ended_by, None, 20.0, "park")
    return usual


# --- the numbers -------------------------------------------------------------------------------------------------


def run(world: World, channel: Channel, patience: float = math.inf, answered_talk: Talk | None = None) -> Steps:
    """Run the dialplan for a channel until it is hung up, wherever it is sent on the way."""
    while True:
        if channel.moved_to is not None:
            where, channel.moved_to = channel.moved_to, None
            go_to(channel, *where)
        open_record(world, channel)
        yield from _extension(world, channel, patience, answered_talk)
        if channel.gone:
            return
        if channel.ending is not None or channel.moved_to is None:
            break
        patience, answered_talk = math.inf, None
    busy = channel.answered is None and channel.variables.get("DIALSTATUS") == "BUSY"
    hang_up(world, channel, 17 if busy else 16)


def _extension(world: World, channel: Channel, patience: float, chosen: Talk | None) -> Outcome:
    exten = channel.exten
    if channel.context == "from-trunk":
        return (yield from _inbound(world, channel, INBOUND.get(exten, "reception"), patience, chosen))
    if channel.context != "internal" and is_test_number(exten) and exten not in QUEUES:
        return (yield from _test_number(world, channel))
    if exten in QUEUES:
        answer(world, channel)
        if exten == "100":
            channel.language = "ru"
            execute(world, channel, "Set", "CHANNEL(language)=ru")
        return (yield from _queue(world, channel, QUEUES[exten], patience, chosen))
    if exten in ("300", ROOM):
        return (yield from conference(world, channel, ROOM, world.random.uniform(120, 600)))
    if exten == "700":
        return (yield from park(world, channel))
    if _is_space(exten):
        return (yield from take_parked(world, channel, int(exten), talk(world, 90)))
    if exten in ("601", "602"):
        execute(world, channel, "Busy" if exten == "601" else "Congestion", "10")
        yield Wait(0.1, (channel,))
        if channel.ending is None:
            channel.ending = REJECTIONS[exten][0]
        return "BUSY"
    if exten == "603":
        execute(world, channel, "Ringing")
        yield Wait(60.0, (channel,))
        return "NOANSWER"
    return (yield from _phone(world, channel, exten, chosen))


def _test_number(world: World, channel: Channel) -> Outcome:
    if channel.exten[0] == "1":
        execute(world, channel, "Ringing")
        passed = yield Wait(2.0, (channel,))
        if not passed:
            return "CANCEL"
    answer(world, channel)
    execute(world, channel, "Echo")
    yield Wait(60.0, (channel,))
    return "ANSWER"


def _inbound(world: World, channel: Channel, where: str, patience: float, chosen: Talk | None) -> Outcome:
    set_variable(world, channel, "DID", channel.exten)
    if where not in world.queues:
        return (yield from _phone(world, channel, "321", chosen))
    execute(world, channel, "Answer")
    answer(world, channel)
    if channel.caller[1]:
        set_variable(world, channel, "CUSTOMER", channel.caller[1])
    execute(world, channel, "Playback", "welcome")
    passed = yield Wait(3.0, (channel,))
    if not passed:
        return "ABANDON"
    outcome = yield from _queue(world, channel, where, patience, chosen)
    if outcome == "TIMEOUT":
        execute(world, channel, "Playback", "call-us-later")
        yield Wait(4.0, (channel,))
    return outcome


def _queue(world: World, channel: Channel, name: str, patience: float, chosen: Talk | None) -> Outcome:
    return (yield from queues.join(world, channel, name, patience, agent_manner, chosen or queue_talk(world)))


def _phone(world: World, channel: Channel, exten: str, chosen: Talk | None) -> Outcome:
    """Call a phone by its number, or anything longer over the trunk."""
    device = world.hints.get(exten, "")
    name = device.partition("/")[2] if device else "trunk"
    how = manner(world, name, "" if device else exten)
    if how is None:
        return "CHANUNAVAIL"
    data = f"{device},25" if device else f"PJSIP/{exten}@trunk,30"
    if device and not how.cause:
        how = Manner(world.random.uniform(2.0, 10.0) if world.random.random() < 0.8 else math.inf)
    elif not device:
        channel.dnid = exten
    return (yield from dial(world, channel, name, data, how, chosen or talk(world, 100), 25.0))
