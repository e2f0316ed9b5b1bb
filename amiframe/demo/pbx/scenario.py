"""The story of the demo PBX: a small call centre that never sleeps, but has quiet hours."""

from __future__ import annotations

import math
from collections.abc import Callable

from amiframe.demo.pbx import channels, dialplan, queues
from amiframe.demo.pbx.calls import Talk
from amiframe.demo.pbx.process import Steps, Wait
from amiframe.demo.pbx.state import Channel, Endpoint, Member, Queue
from amiframe.demo.pbx.world import World

WARM_UP_S = 1500.0  # of story before the clock's start, so that it lives at once

_PHONES = """
user|110|Test User
311|311|Anna Müller
312|312|Bob, Jr
313|313|Chloé Dubois
314|314|Дмитрий Орлов
315|315|Erin O'Neil
316|316|Faruk Yılmaz
317|317|Grace Hopper
318|318|田中 花子
321|321|Reception
322|322|Hans Groß
323|323|Inês Araújo
324|324|Jack O'Hara
325|325|Ксения Белова
326|326|Łukasz Żak
"""
_SALES = ("311", "312", "313", "314", "315")
_SUPPORT = ("315", "316", "317", "318", "314")  # two of them help out in both
_STAFF = ("322", "323", "324", "325", "326")

_CALLERS = (
    ("74951234567", "Иван Петров"),
    ("74959876543", "Мария Ивановна"),
    ("+49301234567", "Zoë Ünïcode"),
    ("+353861234567", "O'Neil"),
    ("+81312345678", "日本語"),
    ("+14155550100", "Smith, John"),
    ("+33140205050", 'Le "Grand" Hôtel'),
    ("+201001234567", "محمد علي"),
    ("anonymous", "Anonymous"),
    ("+442079460000", ""),
    ("88005553535", ""),
    ("+74812700700", "ООО Ромашка"),
)
_REASONS = ("lunch", "coffee", "training", "paperwork")
_LOOK_S = 3.0
_BUSY, _QUIET = 21, 15  # channels up: above the one fewer new calls come, below the other more


def start(world: World) -> None:
    """Set up the PBX and let its traffic run for ever; the last minutes before now have happened already."""
    with world.lock:
        world.now = world.clock.now() - WARM_UP_S
        _set_up(world)
        status = (("Uptime", str(int(world.now - world.started))), ("LastReload", "0"), ("Status", "Fully Booted"))
        world.emit("FullyBooted", "system", status)
        world.log_queue("NONE", "NONE", "NONE", "QUEUESTART", "")
        for begin, mean in ((_inbound, 32.0), (_internal, 80.0), (_outbound, 110.0)):
            world.run(_arrivals(world, begin, mean))
        world.run(_meetings(world))
        world.run(_pickups(world))
        for number in dict.fromkeys(_SALES + _SUPPORT):
            world.run(_working_day(world, f"PJSIP/{number}"))
        world.run(_round_trips(world))
        world.advance()


def _set_up(world: World) -> None:
    world.dialplan = lambda channel: dialplan.run(world, channel)
    for line in _PHONES.strip().splitlines():
        name, number, person = line.split("|")
        host = f"192.0.2.{10 + len(world.endpoints)}"
        _add_phone(world, Endpoint(name, number, person, f"sip:{name}@{host}:5060", round_trip=9000))
    for number in ("100", "200", "601", "602", "603"):
        _add_phone(world, Endpoint(number, number, "", f"sip:{number}@192.0.2.200:5060", round_trip=1200))
    spare = Endpoint("328", "328", "Spare Room", "sip:328@192.0.2.99:5060", reachable=False)
    _add_phone(world, spare)
    trunk = Endpoint("trunk", "", "", "sip:198.51.100.7:5060", "Carrier SBC", round_trip=21000)
    _add_phone(world, trunk)
    for number in dialplan.TEST_PHONES:
        if number not in world.endpoints:
            uri = f"sip:{number}@192.0.2.200:5060"
            _add_phone(world, Endpoint(number, "", "", uri, round_trip=1200, is_steady=True))
    world.queues["sales"] = Queue("sales", "rrmemory", 20, 90, 15, 10)
    world.queues["support"] = Queue("support", "leastrecent", 30, 150, 18, 15)
    for queue, numbers in (("sales", _SALES), ("support", _SUPPORT)):
        for place, number in enumerate(numbers):
            person = world.endpoints[number].person
            helper = int(place == len(numbers) - 1)
            member = Member(queue, person, f"PJSIP/{number}", "static", world.started, penalty=helper)
            world.queues[queue].members.append(member)
    world.globals.update({"GREETING": "hello world", "COMPANY": "Demo & Söhne", "TRUNK": "PJSIP/trunk"})
    world.database.update({"/cidname/74951234567": "Иван Петров", "/pbx/UUID": world.new_uuid()})


def _add_phone(world: World, phone: Endpoint) -> None:
    world.endpoints[phone.name] = phone
    device = f"PJSIP/{phone.name}"
    world.device_states[device] = channels.device_state(world, device)
    if phone.number:
        world.hints[phone.number] = device


# --- traffic -----------------------------------------------------------------------------------------------------


def _rate(world: World) -> float:
    """Return how busy this hour is: a day has two peaks, and a small PBX only so many channels."""
    hour = world.now % 86400 / 3600
    day = 1 + 0.3 * math.sin((hour - 6) / 24 * 2 * math.pi) + 0.15 * math.sin((hour - 3) / 6 * math.pi)
    up = len(world.channels)
    return day * (4.0 if up < _QUIET else 0.3 if up > _BUSY else 1.0)


def _arrivals(world: World, begin: Callable[[World], None], mean: float) -> Steps:
    """Let calls come by chance, so many seconds apart on average."""
    while True:
        yield Wait(_LOOK_S * world.random.uniform(0.5, 1.5))
        if world.random.random() < _LOOK_S * _rate(world) / mean:
            begin(world)


def _inbound(world: World) -> None:
    """Let somebody call from outside: sales, support, or the reception."""
    number, name = world.random.choice(_CALLERS)
    did = world.random.choices(list(dialplan.INBOUND), (0.45, 0.45, 0.10))[0]
    channel = channels.create(
        world, "PJSIP", "trunk", context="from-trunk", exten=did, state=4, caller=(number, name), account="inbound"
    )
    channels.set_variable(world, channel, "SIPDOMAIN", "pbx.example")
    # most have patience, some have none
    patience = world.random.expovariate(1 / 25) if world.random.random() < 0.12 else world.random.uniform(40, 300)
    world.run(dialplan.run(world, channel, patience))


def _free_phone(world: World) -> Endpoint | None:
    """Return the phone of somebody in the office who is not on the phone."""
    free = [world.endpoints[name] for name in _STAFF if world.device_states.get(f"PJSIP/{name}") == "NOT_INUSE"]
    return world.random.choice(free) if free else None


def _call_from(world: World, phone: Endpoint, exten: str, talk: Talk | None = None) -> Channel:
    channel = channels.create(
        world,
        "PJSIP",
        phone.name,
        context="internal",
        exten=exten,
        state=4,
        caller=(phone.number, phone.person),
        account="office",
    )
    world.run(dialplan.run(world, channel, answered_talk=talk))
    return channel


def _internal(world: World) -> None:
    """Let somebody of the office call a colleague."""
    if phone := _free_phone(world):
        number = world.random.choice([n for n in (*_STAFF, "321", "311") if n != phone.number])
        _call_from(world, phone, number)


def _outbound(world: World) -> None:
    """Let somebody of the office call the world outside."""
    if phone := _free_phone(world):
        number = world.random.choice([n for n, _ in _CALLERS if n != "anonymous"]).lstrip("+")
        _call_from(world, phone, number, dialplan.talk(world, 160))


def _meetings(world: World) -> Steps:
    """Let the office meet in the conference every now and then, one coming after the other."""
    while True:
        yield Wait(world.random.uniform(120, 900))
        length = world.random.uniform(180, 480)
        for _ in range(3):
            yield Wait(world.random.uniform(3, 25))
            if phone := _free_phone(world):
                channel = _call_from(world, phone, dialplan.ROOM)
                world.run(_leaves_after(world, channel, length * world.random.uniform(0.8, 1.2)))


def _leaves_after(world: World, channel: Channel, seconds: float) -> Steps:
    passed = yield Wait(seconds, (channel,))
    if passed:
        channels.send_away(world, channel, 16, by_far_end=True)


def _pickups(world: World) -> Steps:
    """Let somebody look after parked calls; not each is found in time."""
    seen: set[int] = set()
    while True:
        yield Wait(7.0)
        seen &= set(world.parked)
        for space in sorted(set(world.parked) - seen):
            seen.add(space)
            if world.random.random() < 0.75:
                world.run(_pick_up(world, space))


def _pick_up(world: World, space: int) -> Steps:
    yield Wait(world.random.uniform(2, 30))
    if space in world.parked and (phone := _free_phone(world)):
        _call_from(world, phone, str(space))


def _working_day(world: World, interface: str) -> Steps:
    """Let an agent take breaks, in all queues at once."""
    while True:
        yield Wait(world.random.uniform(600, 2700))
        members = queues.find_member(world, interface)
        if any(member.paused for member in members):
            continue  # somebody else has sent this one for a break
        reason = world.random.choice(_REASONS)
        for member in members:
            queues.pause(world, member, True, reason)
        yield Wait(world.random.uniform(90, 420))
        for member in queues.find_member(world, interface):
            if member.paused and member.reason == reason:
                queues.pause(world, member, False)


def _round_trips(world: World) -> Steps:
    """Qualify the phones: the round trip changes each time."""
    while True:
        for phone in world.endpoints.values():
            if phone.reachable and not phone.is_steady:
                changed = int(phone.round_trip * world.random.uniform(0.8, 1.25))
                phone.round_trip = min(max(300, changed), 60_000)
        yield Wait(60.0)
