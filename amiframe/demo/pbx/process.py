"""Scripts: what happens to a call, written from top to bottom, with pauses in which the world goes on.

A script is a generator. It yields a :class:`Wait` and is told whether the time passed (True) or one of the channels
that it watches has to leave before (False): somebody hung it up, or sent it elsewhere. So every script sees each
hangup at the place where it waits, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias


class Watched(Protocol):
    """What a script needs of a channel that it watches."""

    watchers: list[Script]

    @property
    def is_leaving(self) -> bool:
        """Whether it has to leave what it is doing."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for so many seconds (None: for ever), or until one of the channels has to leave."""

    seconds: float | None
    channels: tuple[Watched, ...] = ()


Steps: TypeAlias = Generator[Wait, bool, None]


class Timeline(Protocol):
    """What a script needs of the world: its time, and to have something done later."""

    now: float

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Have something done at an epoch second."""


class Script:
    """A script that runs in a world."""

    __slots__ = ("_steps", "_turn", "_watched", "_world")

    def __init__(self, world: Timeline, steps: Steps):
        self._world = world
        self._steps = steps
        self._watched: tuple[Watched, ...] = ()
        self._turn = 0

    def start(self) -> None:
        """Run up to the first pause."""
        self._go_on(None)

    def wake(self) -> None:
        """End the pause: at once, but not in the middle of another script."""
        self._turn += 1
        turn = self._turn
        self._world.at(self._world.now, lambda: self._due(turn, False))

    def _due(self, turn: int, passed: bool) -> None:
        if turn == self._turn:
            self._go_on(passed)

    def _go_on(self, passed: bool | None) -> None:
        for channel in self._watched:
            channel.watchers.remove(self)
        self._watched = ()
        self._turn += 1
        turn = self._turn
        try:
            wait = next(self._steps) if passed is None else self._steps.send(passed)
        except StopIteration:
            return
        self._watched = wait.channels
        for channel in wait.channels:
            channel.watchers.append(self)
        if any(channel.is_leaving for channel in wait.channels):
            self.wake()
        elif wait.seconds is not None:
            self._world.at(self._world.now + wait.seconds, lambda: self._due(turn, True))
