"""What stands in the dialplan: contexts, extensions and their steps, as the events of calls show them running."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from amiframe.demo.pbx.conference_parking import FIRST_SPACE, LAST_SPACE
from amiframe.demo.pbx.dialplan import INBOUND, QUEUES, ROOM, is_test_number
from amiframe.demo.pbx.world import World

Step = tuple[str, str]
"""An application with its data."""

_OVER_TRUNK: Step = ("Dial", "PJSIP/${EXTEN}@trunk,30")
_SIGNALS: dict[str, tuple[Step, ...]] = {
    "601": (("Busy", "10"),),
    "602": (("Congestion", "10"),),
    "603": (("Ringing", ""),),
}
_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: its steps from priority 1 on, or the device that it stands for."""

    name: str
    steps: tuple[Step, ...] = ()
    hint: str = ""
    registrar: str = "pbx_config"

    def matches(self, number: str) -> bool:
        """Return whether a number comes here.

        Examples
        --------
        >>> Extension("_1XX").matches("150"), Extension("_1XX").matches("1500"), Extension("150").matches("150")
        (True, False, True)
        """
        if not self.name.startswith("_"):
            return self.name == number
        pattern = "".join(_CLASSES.get(letter, re.escape(letter)) for letter in self.name[1:])
        return re.fullmatch(pattern, number) is not None


@dataclass(frozen=True, slots=True)
class Context:
    """One context: its extensions in the server's order, numbers before patterns, and whom it includes."""

    name: str
    extensions: tuple[Extension, ...] = ()
    includes: tuple[str, ...] = ()


def contexts(world: World) -> list[Context]:
    """Return the dialplan of a PBX."""
    inside = {**_SIGNALS, **_phones(world), **_services(world)}
    tests = (Extension("_1XX", (("Ringing", ""), ("Echo", ""))), Extension("_2XX", (("Echo", ""),)))
    numbers = {name: steps for name, steps in inside.items() if name in QUEUES or not is_test_number(name)}
    spaces = (_space(number) for number in range(FIRST_SPACE, LAST_SPACE + 1))
    long = Extension("_XXXXXX.", (_OVER_TRUNK,))
    by_trunk = (Extension("_1XX", (_OVER_TRUNK,)), Extension("_2XX", (_OVER_TRUNK,)))
    return [
        Context("outgoing", (*_sorted(numbers), *tests, long), ("parkedcalls",)),
        Context("internal", (*_sorted(inside), *by_trunk, long), ("parkedcalls",)),
        Context("default", (), ("outgoing",)),
        Context("from-trunk", tuple(_sorted(dict(_inbound(world))))),
        Context("hints", tuple(Extension(number, hint=device) for number, device in sorted(world.hints.items()))),
        Context("parkedcalls", tuple(spaces)),
    ]


def _sorted(found: dict[str, tuple[Step, ...]]) -> Iterator[Extension]:
    return (Extension(name, steps) for name, steps in sorted(found.items()))


def _phones(world: World) -> dict[str, tuple[Step, ...]]:
    return {number: (("Dial", f"{device},25"),) for number, device in world.hints.items() if number not in _SIGNALS}


def _services(world: World) -> dict[str, tuple[Step, ...]]:
    """Return the numbers behind which no phone is: queues, the conference, parking."""
    found: dict[str, tuple[Step, ...]] = dict.fromkeys(("300", ROOM), (("ConfBridge", ROOM),))
    found["700"] = (("Park", "default"),)
    for number, name in QUEUES.items():
        language: tuple[Step, ...] = (("Set", "CHANNEL(language)=ru"),) if number == "100" else ()
        found[number] = (*language, _queue(world, name))
    return found


def _queue(world: World, name: str) -> Step:
    queue = world.queues.get(name)
    return ("Queue", f"{name},,,,{queue.timeout}" if queue else name)


def _space(number: int) -> Extension:
    return Extension(str(number), (("ParkedCall", f"default,{number}"),), registrar="res_parking/default")


def _inbound(world: World) -> Iterator[tuple[str, tuple[Step, ...]]]:
    for number, where in INBOUND.items():
        if where not in world.queues:
            yield number, (("Dial", "PJSIP/321,25"),)
            continue
        yield (
            number,
            (
                ("Answer", ""),
                ("Playback", "welcome"),
                _queue(world, where),
                ("Playback", "call-us-later"),
            ),
        )
