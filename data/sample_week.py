"""Make the sample week: queue_log and CDR of a small call centre, from the embedded PBX with a clock of its own.

python data/sample_week.py            writes data/samples/week/queue_log and Master.csv
python data/sample_week.py --check    says whether they are what this writes

Two queues, eight agents who log in and out, eight to six on weekdays, ten to two on Saturdays, in Europe/Berlin (the
PBX itself runs in UTC). The same seed makes the same week.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from amiframe.demo.pbx import channels, dialplan, queues, scenario
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.process import Steps, Wait
from amiframe.demo.pbx.state import Member
from amiframe.demo.pbx.world import World

FOLDER = Path(__file__).parent / "samples" / "week"
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 16, tzinfo=BERLIN)
SEED = 7

# calls an hour from outside, by hour of the day; Mondays are busier, Sundays have next to none
HOURLY = {7: 2, 8: 11, 9: 22, 10: 26, 11: 23, 12: 14, 13: 15, 14: 20, 15: 22, 16: 18, 17: 11, 18: 3, 19: 1}
ON_SATURDAY = {9: 2, 10: 8, 11: 9, 12: 8, 13: 6, 14: 2}
DAYS = (1.25, 1.05, 1.0, 1.0, 0.9, 1.0, 0.02)

# who works when (hours of a weekday), in which queues; the first two work on Saturdays, too
SHIFTS = (
    ("311", 8.0, 16.5, ("sales",)), ("316", 8.0, 16.5, ("support",)), ("312", 8.0, 17.0, ("sales",)),
    ("317", 9.0, 18.0, ("support",)), ("313", 9.5, 18.0, ("sales",)), ("318", 9.0, 17.5, ("support",)),
    ("314", 10.0, 16.0, ("support", "sales")), ("315", 10.0, 18.0, ("sales", "support")),
)  # fmt: skip
SATURDAY = (10.0, 14.0)
FIRST_NAMES = "Anna Ben Clara David Elif Finn Greta Hugo Ida Jan Катя Łukasz Maria Noor Olga Pavel Sofía Zoë"
LAST_NAMES = "Becker Çelik Dubois Fischer García Hansen Иванова Jansen Keller O'Brien Müller Novák Rossi Smith"
REASONS = ("lunch", "coffee", "training", "paperwork")


def customers(chance: random.Random) -> list[tuple[str, str]]:
    """Make up callers, with numbers that are kept free for stories."""
    first = FIRST_NAMES.split()
    last = LAST_NAMES.split()
    ranges = ("+493023125{:03}", "+442079460{:03}", "+1415555{:04}", "+33199001{:03}")
    numbers = [ranges[n % 4].format(100 + n) for n in range(420)]
    return [
        (number, f"{chance.choice(first)} {chance.choice(last)}" if n % 5 else "") for n, number in enumerate(numbers)
    ]


class Week:
    """What happens in the week."""

    def __init__(self) -> None:
        self.world = World(Clock(MONDAY.timestamp(), speed=0), SEED)
        self.chance = self.world.random
        self.customers = customers(random.Random(SEED))  # noqa: S311 -- names in a story
        world = self.world
        world.now = world.clock.now()
        scenario._set_up(world)
        for queue in world.queues.values():
            queue.members.clear()
        world.log_queue("NONE", "NONE", "NONE", "QUEUESTART", "")
        for begin, share in ((self._inbound, 1.0), (scenario._internal, 0.22), (scenario._outbound, 0.3)):
            world.run(self._arrivals(begin, share))
        for number, begins, ends, names in SHIFTS:
            world.run(self._shifts(number, begins, ends, names))

    def local(self) -> datetime:
        """Return the time of the story in Berlin."""
        return datetime.fromtimestamp(self.world.now, BERLIN)

    def _arrivals(self, begin: Callable[[World], None], share: float) -> Steps:
        while True:
            yield Wait(10.0 * self.chance.uniform(0.5, 1.5))
            moment = self.local()
            hours = ON_SATURDAY if moment.weekday() == 5 else HOURLY
            rate = hours.get(moment.hour, 0.05) * DAYS[moment.weekday()] * share
            if self.chance.random() < rate / 360:
                begin(self.world)

    def _inbound(self, world: World) -> None:
        did = self.chance.choices(list(dialplan.INBOUND), (0.5, 0.42, 0.08))[0]
        caller = self.chance.choice(self.customers)
        channel = channels.create(
            world, "PJSIP", "trunk", context="from-trunk", exten=did, state=4, caller=caller, account="inbound"
        )
        world.run(self._call(channel, did, tries=3))

    def _call(self, channel: channels.Channel, did: str, tries: int) -> Steps:
        """Let somebody call, and some of those who gave up call again."""
        world, caller = self.world, channel.caller
        patience = (
            self.chance.expovariate(1 / 4) if self.chance.random() < 0.03 else 8 + self.chance.expovariate(1 / 110)
        )
        yield from dialplan.run(world, channel, patience)
        talked = channel.variables.get("QUEUEWAIT") is not None
        if tries and not talked and self.chance.random() < 0.45:
            yield Wait(self.chance.uniform(40, 900))
            again = channels.create(
                world, "PJSIP", "trunk", context="from-trunk", exten=did, state=4, caller=caller, account="inbound"
            )
            yield from self._call(again, did, tries - 1)

    def _shifts(self, number: str, begins: float, ends: float, names: tuple[str, ...]) -> Steps:
        """Let an agent come, take breaks and go, day by day."""
        world = self.world
        interface = f"PJSIP/{number}"
        for day in range(7):
            hours = (begins, ends) if day < 5 else SATURDAY
            if day == 6 or (day == 5 and number not in ("311", "316")):
                continue
            start = self._moment(day, hours[0]) + self.chance.uniform(-240, 120)
            stop = self._moment(day, hours[1]) + self.chance.uniform(-60, 300)
            yield Wait(start - world.now)
            for place, queue in enumerate(names):
                name = world.endpoints[number].person
                queues.add_member(world, Member(queue, name, interface, "dynamic", world.now, penalty=place))
            while world.now < stop:
                yield Wait(min(stop - world.now, self.chance.uniform(2400, 6600)))
                if world.now < stop - 1200 and not any(
                    m.in_call or m.reserved for m in queues.find_member(world, interface)
                ):
                    yield from self._break(interface)
            while any(member.in_call or member.reserved for member in queues.find_member(world, interface)):
                yield Wait(15.0)
            for member in queues.find_member(world, interface):
                queues.remove_member(world, member)

    def _break(self, interface: str) -> Steps:
        hour = self.local().hour
        reason = "lunch" if hour in (12, 13) and self.chance.random() < 0.7 else self.chance.choice(REASONS[1:])
        for member in queues.find_member(self.world, interface):
            queues.pause(self.world, member, True, reason)
        yield Wait(self.chance.uniform(1500, 2700) if reason == "lunch" else self.chance.uniform(180, 900))
        for member in queues.find_member(self.world, interface):
            queues.pause(self.world, member, False)

    def _moment(self, day: int, hour: float) -> float:
        midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=BERLIN) + timedelta(days=day)
        return midnight.timestamp() + hour * 3600

    def run(self) -> None:
        """Let the week pass."""
        for _ in range(7 * 24 * 6):
            self.world.clock.advance(600)
            self.world.advance()


def csv_line(row: dict[str, str]) -> str:
    """Return a record as Asterisk's cdr_csv writes it: texts quoted, numbers not, no line of names."""
    bare = ("duration", "billsec")
    return ",".join(value if name in bare else '"' + value.replace('"', '""') + '"' for name, value in row.items())


def main() -> None:
    """Write the files, or check them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true")
    check = options.parse_args().check
    week = Week()
    week.run()
    files = {
        "queue_log": "\n".join(week.world.queue_log) + "\n",
        "Master.csv": "\n".join(csv_line(row) for row in week.world.cdr) + "\n",
    }
    FOLDER.mkdir(exist_ok=True)
    for name, text in files.items():
        path = FOLDER / name
        if check and path.read_text("utf-8") != text:
            sys.exit(f"{path.name} is not what this script writes")
        if not check:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
