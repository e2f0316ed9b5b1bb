"""Who called whom within a call: dials, Local channels as wires, the caller's side and the called side."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.analysis._arrays.indexing import last_per_group, occurs, take_or
from amiframe.analysis.calls.event_index import EventIndex

UP_STATE = 6
_GENERATIONS = 12  # channels that dial channels that dial channels; a longer chain is a loop of the dialplan

# applications behind a dialled Local channel that are no person
_MACHINES = frozenset(
    "BackGround ControlPlayback Directory Echo2 MP3Player Page Playback Playtones Queue Read Record SayAlpha SayDigits "
    "SayNumber SayPhonetic SayUnixTime VMAuthenticate VoiceMail VoiceMailMain ConfBridge MeetMe AgentLogin Minivm "
    "MinivmGreet MinivmRecord Voicemail".lower().split()
)


class CallGraph:
    """What each channel is within its call; arrays by channel number, rows and channels are -1 where there is none."""

    def __init__(self, index: EventIndex):
        self.index = index

    @cached_property
    def up(self) -> Integers:
        """The first row in state Up."""
        return self.index.first_row(self.index.rows_in_state(UP_STATE, "Newchannel", "Newstate"))

    @cached_property
    def hung_up(self) -> Integers:
        """The row of the Hangup."""
        return self.index.first_row(self.index.rows_of("Hangup"))

    @cached_property
    def dialled(self) -> Integers:
        """The row of the DialBegin of a channel that was dialled."""
        return self.index.first_row(self.index.rows_of("DialBegin"), "dest")

    @cached_property
    def dial_end(self) -> Integers:
        """The row of the DialEnd of a channel that was dialled."""
        return self.index.last_row(self.index.rows_of("DialEnd"), "dest")

    @cached_property
    def dialler(self) -> Integers:
        """The channel that dialled it; -1 also for an originated channel."""
        return self.index.channel(self.dialled)

    @cached_property
    def has_dialled(self) -> Flags:
        """Whether it dialled a channel."""
        return occurs(self.index.channel(self.index.rows_of("DialBegin")), self.index.channels)

    @cached_property
    def is_originated(self) -> Flags:
        """Whether the PBX itself dialled it."""
        return (self.dialled >= 0) & (self.dialler < 0)

    @cached_property
    def other_half(self) -> Integers:
        """The other half of a Local channel."""
        index = self.index
        rows = index.rows_of("LocalBridge")
        near, far = index.channel(rows, "localone"), index.channel(rows, "localtwo")
        others = last_per_group(np.concatenate([near, far]), np.concatenate([far, near]), index.channels)
        # a channel that ended before its halves were joined: there are few, and only their names match
        halves: dict[tuple[int, str], int] = {}
        for channel in np.flatnonzero(others < 0):
            name = index.names[channel]
            if name and name[-2:] in (";1", ";2"):
                other = halves.setdefault((int(index.call[channel]), name[:-2]), int(channel))
                if other != channel:
                    others[channel], others[other] = other, channel
        return others

    @cached_property
    def is_local(self) -> Flags:
        """Whether it is half of a Local channel."""
        return self.other_half >= 0

    @cached_property
    def far_half_dials(self) -> Flags:
        """Whether it is half of a Local channel whose other half dialled a channel."""
        return take_or(self.has_dialled, self.other_half, False)

    @cached_property
    def leads_to_machine(self) -> Flags:
        """Whether it is half of a Local channel whose other half plays, records, queues or confers."""
        index = self.index
        rows = index.rows_of("Newexten")
        runs = index.take("application", rows).str.lower().isin(_MACHINES).to_numpy()
        return take_or(occurs(index.channel(rows)[runs], index.channels), self.other_half, False)

    @cached_property
    def is_party(self) -> Flags:
        """Whether it is a party: no wire to another channel, and no machine at the end of one."""
        return ~self.is_local | (~self.far_half_dials & ~self.leads_to_machine)

    @cached_property
    def is_root(self) -> Flags:
        """Whether a call began with it."""
        return occurs(self.index.root, self.index.channels)

    @cached_property
    def is_lone_phone(self) -> Flags:
        """Whether it is an originated phone that calls no other, and so is itself the called one."""
        return self.is_root & self.is_originated & ~self.is_local & ~self.has_dialled

    @cached_property
    def is_caller(self) -> Flags:
        """Whether it is on the caller's side: the first channel and, if that is half of a Local one, the other half.

        An originated Local channel whose near half dials in its turn is how a click connects two phones: then the
        phone that the far half called first is on the caller's side too.
        """
        size = self.index.channels
        other = self.other_half
        is_caller = self.is_root | occurs(other[self.is_root], size)
        near_dials = self.is_root & self.is_local & self.is_originated & self.has_dialled
        is_first_party = occurs(other[near_dials], size)
        parent = np.where(self.dialler >= 0, self.dialler, other)  # the far half stands behind the near one
        for _ in range(_GENERATIONS):
            wider = is_first_party | (take_or(is_first_party, parent, False) & ~self.is_root)
            if np.array_equal(wider, is_first_party):
                break
            is_first_party = wider
        return is_caller | is_first_party
