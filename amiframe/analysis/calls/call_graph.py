"""Who called whom within a call: dials, Local channels as wires, the caller's side and the called side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amiframe.analysis._arrays.array_types import Flags, Integers
from amiframe.analysis._arrays.indexing import first_per_group, last_per_group, take_or
from amiframe.analysis.calls.event_index import EventLog

_GENERATIONS = 12  # channels that dial channels that dial channels; a longer chain is a loop of the dialplan


@dataclass(frozen=True)
class Tree:
    """What each channel is within its call; arrays by channel number, rows and channels are -1 where there is none.

    Parameters
    ----------
    root : array, by call
        The channel with which the call began.
    born, up, hung_up : array of rows
        Newchannel, the first event in state Up, Hangup.
    is_local : array
        Whether it is half of a Local channel.
    mate : array of channels
        The other half of a Local channel.
    dialled, dial_end : array of rows
        DialBegin and DialEnd of a channel that was dialled.
    dialler : array of channels
        Who dialled it; -1 also for an originated channel.
    has_dialled : array
        Whether it dialled somebody.
    is_originated : array
        Dialled by nobody but the PBX.
    is_caller : array
        Whether it belongs to the caller's side.
    """

    root: Integers
    born: Integers
    up: Integers
    hung_up: Integers
    is_local: Flags
    mate: Integers
    dialled: Integers
    dial_end: Integers
    dialler: Integers
    has_dialled: Flags
    is_originated: Flags
    is_caller: Flags


def tree(log: EventLog) -> Tree:
    """Find out of an event log what each channel is within its call."""
    count = log.channels
    born = log.first(log.at("Newchannel"))
    states = log.at("Newchannel", "Newstate")
    up = log.first(states[log.number("channelstate", states) == 6])
    mate = _mates(log)
    begins, ends = log.at("DialBegin"), log.at("DialEnd")
    dialled = log.first(begins, "dest")
    dialler = np.where(dialled >= 0, log.of(dialled), -1)
    has_dialled = np.zeros(count + 1, bool)
    has_dialled[log.of(begins)] = True
    has_dialled = has_dialled[:-1]
    is_originated = (dialled >= 0) & (dialler < 0)
    root = _roots(log, born)
    is_caller = _caller_side(root, mate, dialler, has_dialled, is_originated)
    return Tree(
        root=root,
        born=born,
        up=up,
        hung_up=log.first(log.at("Hangup")),
        is_local=mate >= 0,
        mate=mate,
        dialled=dialled,
        dial_end=log.last(ends, "dest"),
        dialler=dialler,
        has_dialled=has_dialled,
        is_originated=is_originated,
        is_caller=is_caller,
    )


def _roots(log: EventLog, born: Integers) -> Integers:
    """Return the channel with which each call began: of a call that began before the log, the one that names it."""
    named = log.named
    told = first_per_group(log.call[named[named >= 0]], named[named >= 0], log.calls)
    seen = log.first(np.arange(len(log)))
    known = np.where(born >= 0, born, seen)
    order = np.lexsort((known, known < 0))  # channels that only others name come last
    first = first_per_group(log.call[order], order, log.calls)
    is_cut = np.zeros(log.calls, bool)
    is_cut[log.call[born < 0]] = True
    return np.where(is_cut & take_or(log.seen, told, False), told, first)


def _mates(log: EventLog) -> Integers:
    at = log.at("LocalBridge")
    one, two = log.of(at, "localone"), log.of(at, "localtwo")
    mates = last_per_group(np.concatenate([one, two]), np.concatenate([two, one]), log.channels)
    # one that ended before its halves were joined: there are few, and only their names tell
    halves: dict[tuple[int, str], int] = {}
    for channel in np.flatnonzero(mates < 0):
        name = log.names[channel]
        if name and name[-2:] in (";1", ";2"):
            other = halves.setdefault((int(log.call[channel]), name[:-2]), int(channel))
            if other != channel:
                mates[channel], mates[other] = other, channel
    return mates


def _caller_side(root: Integers, mate: Integers, dialler: Integers, has_dialled: Flags, is_originated: Flags) -> Flags:
    """Return which channels belong to the caller: the first channel and, if it is half of a Local one, the other half.

    An originated Local channel whose near half dials in its turn is how a click connects two phones: then whoever
    the far half has called first is the caller too.
    """
    is_caller = np.zeros(len(mate) + 1, bool)
    roots = root[root >= 0]
    is_caller[roots] = True
    is_caller[mate[roots]] = True
    is_caller[-1] = False
    near_dials = (mate[roots] >= 0) & is_originated[roots] & has_dialled[roots]
    is_first_party = np.zeros(len(mate) + 1, bool)
    is_first_party[mate[roots[near_dials]]] = True
    is_first_party[-1] = False
    is_root = np.zeros(len(mate) + 1, bool)
    is_root[roots] = True
    parent = np.where(dialler >= 0, dialler, mate)  # the far half of a Local channel stands behind the near one
    for _ in range(_GENERATIONS):
        wider = is_first_party.copy()
        wider[:-1] |= is_first_party[parent] & ~is_root[:-1]
        if np.array_equal(wider, is_first_party):
            break
        is_first_party = wider
    return (is_caller | is_first_party)[:-1]
