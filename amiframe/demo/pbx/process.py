"""Processes: what happens to a call, written from top to bottom, with pauses in which the world goes on.

The steps of a process are a generator. It yields a :class:`Wait` and receives whether the time passed (True) or one of
the channels that it watches has to leave before (False), since it was hung up or sent elsewhere. So every process sees
each hangup at the place where it waits, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from amiframe.demo.pbx.state import Channel
    from amiframe.demo.pbx.world import World


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for so many seconds (None: for ever), or until one of the channels has to leave."""

    seconds: float | None
    channels: tuple[Channel, ...] = ()


Steps: TypeAlias = Generator[Wait, bool, None]

Outcome: TypeAlias = Generator[Wait, bool, str]
"""Steps that return a word: what became of the call."""


class Process:
    """Steps that run in a world."""

    __slots__ = ("_steps", "_turn", "_watched", "_world")

    def __init__(self, world: World, steps: Steps):
        self._world = world
        self._steps = steps
        self._watched: tuple[Channel, ...] = ()
        self._turn = 0

    def start(self) -> None:
        """Run up to the first pause."""
        self._go_on(None)

    def wake(self) -> None:
        """End the pause: at once, but not in the middle of another process."""
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
