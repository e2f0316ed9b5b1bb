"""What became of each call: who answered, why nobody did, who hung up.

Source: measured on Asterisk 16.28 and 22.10. DialEnd alone does not say it: a rejection is ``NOANSWER`` there and only
the cause of the called channel's Hangup tells; HangupRequest is raised on the channel whose own far end has hung up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amiframe.analysis._arrays.array_types import NO_TIME, Flags, Integers, Texts
from amiframe.analysis._arrays.indexing import first_per_group, isna, last_per_group, select_label, take_or
from amiframe.analysis.calls.call_graph import Tree
from amiframe.analysis.calls.event_index import EventLog

# Q.850 causes that say why a call was not answered; any other is a failure
BY_CAUSE = {
    17: "busy", 18: "no answer", 19: "no answer", 20: "no answer", 21: "rejected",
    34: "congestion", 38: "congestion", 41: "congestion", 42: "congestion", 44: "congestion",
}  # fmt: skip
_SAYS_NOTHING = (-1, 0, 16, 26, 31, 127)  # missing, unknown, normal, answered elsewhere, interworking
_BY_STATUS = {"BUSY": "busy", "CONGESTION": "congestion", "CHANUNAVAIL": "failed"}
BY_REASON = {3: "no answer", 5: "busy", 8: "congestion"}  # of a failed OriginateResponse
# of the phones that one Dial rang, the one that tells most of the call
_RANK = {"cancelled": 0, "no answer": 1, "busy": 2, "rejected": 3, "congestion": 4, "failed": 5}
_WORDS = list(_RANK)
_UP_STATE, _BUSY_STATE = 6, 7
_AT_THE_END_US = 2_000_000  # who hangs up this shortly before the end of the call has ended it

# applications behind a dialled Local channel that are no person
_MACHINES = frozenset(
    "BackGround ControlPlayback Directory Echo2 MP3Player Page Playback Playtones Queue Read Record SayAlpha SayDigits "
    "SayNumber SayPhonetic SayUnixTime VMAuthenticate VoiceMail VoiceMailMain ConfBridge MeetMe AgentLogin Minivm "
    "MinivmGreet MinivmRecord Voicemail".lower().split()
)


@dataclass(frozen=True)
class Outcome:
    """What became of each call; arrays by call number, rows and channels are -1 where there is none."""

    answer: Integers  # row at which the call was answered
    answered_by: Integers  # channel of the person who answered
    up: Integers  # row at which the caller's channel went up
    reached: Texts
    disposition: Texts
    cause: Integers  # channel whose Hangup tells the cause
    hungup_by: Texts
    decided: Integers  # row at which a party asked for the end of the call
    asked_by: Texts  # by channel: the party whose own far end asked for the hangup
    last_hangup: Integers  # row
    is_complete: Flags


def outcome(log: EventLog, tree: Tree) -> Outcome:
    """Find out what became of each call."""
    requests = Requests.of(log, tree)
    person, person_row = _persons(log, tree)
    queue = _has(log, "QueueCallerJoin")
    conference = _has(log, "ConfbridgeJoin", "MeetmeJoin")
    is_own_phone = _caller_is_own_phone(tree)
    pbx_row = _answered_by_pbx(tree)
    is_up = (pbx_row >= 0) & (~is_own_phone | queue | conference)
    is_person = person >= 0
    reached = select_label(
        log.calls,
        (is_person, "person"),
        (is_up & conference, "conference"),
        (is_up & queue, "queue"),
        (is_up, "application"),
    )
    disposition, cause = _unanswered(log, tree, requests)
    is_complete, last_hangup = _ends(log, tree)
    # what was up before the log began has been answered, by whom and when is not known
    was_up = ~is_person & ~is_up & ~is_own_phone & (pbx_row < 0) & _was_up(log)[tree.root] & (tree.born[tree.root] < 0)
    is_answered = is_person | is_up | was_up
    disposition[is_answered] = "answered"
    cause[is_answered] = _with_cause(log, tree, tree.root)[is_answered]
    known = is_answered | (last_hangup >= 0)  # while it rings, nothing is known
    disposition[~known] = None
    hungup_by, decided = requests.ended(log, tree, last_hangup, is_answered)
    return Outcome(
        answer=np.where(is_person, person_row, np.where(is_up, pbx_row, -1)),
        answered_by=person,
        up=pbx_row,
        reached=reached,
        disposition=disposition,
        cause=cause,
        hungup_by=hungup_by,
        decided=decided,
        asked_by=requests.asked_by(log),
        last_hangup=last_hangup,
        is_complete=is_complete,
    )


def _has(log: EventLog, *events: str) -> Flags:
    found = np.zeros(log.calls + 1, bool)
    found[log.row_call[log.at(*events)]] = True
    return found[:-1]


def _ends(log: EventLog, tree: Tree) -> tuple[Flags, Integers]:
    """Return whether each call began and ended inside the log, and the row of its last Hangup if all have hung up."""
    is_open = np.zeros(log.calls, bool)
    is_open[log.call[log.seen & (tree.hung_up < 0)]] = True
    is_cut = np.zeros(log.calls, bool)
    is_cut[log.call[tree.born < 0]] = True  # also a channel that only others' Linkedid names
    hangups = log.at("Hangup")
    last = last_per_group(log.row_call[hangups], hangups, log.calls)
    return ~is_open & ~is_cut, np.where(is_open, -1, last)


# --- answered -------------------------------------------------------------------------------------------------------


def _persons(log: EventLog, tree: Tree) -> tuple[Integers, Integers]:
    """Return for each call the channel of the first person who answered it, and the row."""
    ends = log.at("DialEnd")
    ends = ends[(log.take("dialstatus", ends) == "ANSWER").to_numpy()]
    leg = log.of(ends, "dest")
    # who is up has answered, also when the log lacks that very record
    up = np.flatnonzero((tree.dialled >= 0) & (tree.dial_end < 0) & (tree.up >= 0))
    ends, leg = np.concatenate([ends, tree.up[up]]), np.concatenate([leg, up])
    is_person = _is_party(log, tree) & ~tree.is_caller
    alone = _is_alone(tree)  # an originated phone that calls nobody is the one who is called
    ends, leg = (x[(leg >= 0) & (is_person | alone)[leg]] for x in (ends, leg))
    picked, taken = log.at("Pickup"), log.at("UnParkedCall")
    rows = np.concatenate([ends, picked, taken])
    legs = np.concatenate([leg, log.of(picked), log.of(taken, "retriever")])
    order = np.argsort(rows, kind="stable")
    rows, legs = rows[order], legs[order]
    call = take_or(log.call, legs, -1)
    return first_per_group(call, legs, log.calls), first_per_group(call, rows, log.calls)


def _is_party(log: EventLog, tree: Tree) -> Flags:
    """Return which channels are parties: no wire to another channel, and no machine at the end of one."""
    far_dials = take_or(tree.has_dialled, tree.mate, False)
    return ~tree.is_local | (~far_dials & ~_leads_to_machine(log, tree))


def _leads_to_machine(log: EventLog, tree: Tree) -> Flags:
    """Return which channels are half of a Local channel whose other half plays, records, queues or confers."""
    apps = log.at("Newexten")
    machine = np.zeros(log.channels + 1, bool)
    is_machine = log.take("application", apps).str.lower().isin(_MACHINES).to_numpy()
    machine[log.of(apps)[is_machine]] = True
    machine[-1] = False
    return np.asarray(machine[tree.mate])


def _is_alone(tree: Tree) -> Flags:
    """Return which channels are an originated phone that calls nobody, and so is itself the called one."""
    roots = tree.root[tree.root >= 0]
    alone = np.zeros(len(tree.mate), bool)
    alone[roots] = tree.is_originated[roots] & ~tree.is_local[roots] & ~tree.has_dialled[roots]
    return alone


def _caller_is_own_phone(tree: Tree) -> Flags:
    """Return which calls were originated to the caller's own phone: that it is up says nothing of the called party."""
    return tree.is_originated[tree.root] & tree.has_dialled[tree.root]


def _answered_by_pbx(tree: Tree) -> Integers:
    """Return the row at which the caller's channel went up; of an originated Local channel the half in the dialplan."""
    far = np.where(tree.is_originated[tree.root], tree.mate[tree.root], -1)
    far_up = take_or(tree.up, far, -1)
    return np.where(far_up >= 0, far_up, tree.up[tree.root])


def _was_up(log: EventLog) -> Flags:
    """Return which channels were up at any row of their own."""
    up = np.zeros(log.channels + 1, bool)
    rows = np.arange(len(log))
    up[log.of(rows[log.number("channelstate", rows) == _UP_STATE])] = True
    return up[:-1]


# --- not answered ---------------------------------------------------------------------------------------------------


def _unanswered(log: EventLog, tree: Tree, requests: Requests) -> tuple[Texts, Integers]:
    """Return for each call why nobody answered it, and the channel whose Hangup tells the cause."""
    word, cause = _by_caller(log, tree, requests)
    legs = np.flatnonzero((tree.dialled >= 0) & _is_end(tree) & ~tree.is_caller)
    call = log.call[legs]
    begins = np.full(log.calls, -1)
    np.maximum.at(begins, call, tree.dialled[legs])
    # of several Dials only the last one; its phones are those that were still called when the last of them was
    is_last = (tree.dial_end[legs] < 0) | (tree.dial_end[legs] > begins[call])
    legs, call = legs[is_last], call[is_last]
    words = of_legs(log, tree, requests, legs)
    rank = np.array([_RANK[w] for w in words], np.int64)
    order = np.lexsort((tree.dialled[legs], rank, call))[::-1]
    best = np.full(log.calls, -1)
    best[call[order]] = legs[order]  # the lowest rank is written last
    best_rank = np.full(log.calls, -1)
    best_rank[call[order]] = rank[order]
    has = best >= 0
    word[has] = np.array(_WORDS, object)[best_rank[has]]
    told = _with_cause(log, tree, best)
    cause = np.where(has & (word != "cancelled") & (_cause_of(log, tree, told) > 0), told, cause)
    return word, cause


def _is_end(tree: Tree) -> Flags:
    """Return which channels have nobody further behind them."""
    return np.asarray(~tree.is_local | ~take_or(tree.has_dialled, tree.mate, False))


def of_legs(log: EventLog, tree: Tree, requests: Requests, legs: Integers) -> Texts:
    """Return why nobody answered each of these legs, which were dialled."""
    status = log.texts("dialstatus", tree.dial_end[legs])
    causes = _cause_of(log, tree, _with_cause(log, tree, legs))
    given_up = requests.caller_gave_up[log.call[legs]]
    asked = requests.is_asked[legs]
    pending = isna(status) | np.isin(status, ["CANCEL", "ABORT"])
    by_cause = np.array([BY_CAUSE.get(c, "no answer" if c in _SAYS_NOTHING else "failed") for c in causes], object)
    by_status = np.array([_BY_STATUS.get(s) for s in status], object)
    word = np.where(asked, by_cause, "no answer")
    word = np.where(isna(by_status), word, by_status)
    # a far end that refuses says so by its cause, whatever the status
    word = np.where(asked & (causes == 21), "rejected", word)
    return np.where(pending & given_up, "cancelled", word)


def _by_caller(log: EventLog, tree: Tree, requests: Requests) -> tuple[Texts, Integers]:
    """Return for each call what its own first channel tells, where nobody was dialled."""
    root = tree.root
    far = np.where(tree.is_originated[root] & (tree.mate[root] >= 0), tree.mate[root], root)
    told = np.where(_cause_of(log, tree, far) > 0, far, root)
    causes = _cause_of(log, tree, told)
    by_cause = np.array([BY_CAUSE.get(c, "no answer" if c in _SAYS_NOTHING else "failed") for c in causes], object)
    apps = log.at("Newexten")
    no_dialplan = (log.first(apps)[far] < 0) & (len(apps) > 0)  # there is no such extension
    by_cause = np.where(no_dialplan & np.isin(causes, _SAYS_NOTHING), "failed", by_cause)
    was_busy = requests.was_busy[root] | requests.was_busy[far]
    busy = np.where(by_cause == "congestion", "congestion", "busy")
    gave_up = requests.caller_gave_up & ~tree.is_originated[root]
    word = np.where(was_busy, busy, np.where(gave_up, "cancelled", by_cause))
    is_originated = tree.is_originated[root]
    if is_originated.any():
        of_dial = of_legs(log, tree, requests, root)
        answers = log.at("OriginateResponse")
        reason = last_per_group(log.row_call[answers], answers, log.calls)
        by_reason = np.array([BY_REASON.get(r) for r in log.number("reason", reason)], object)
        of_dial = np.where(isna(by_reason), of_dial, by_reason)
        plain = is_originated & ~was_busy & ((by_cause == "no answer") | ~isna(by_reason))
        word = np.where(plain & (of_dial != "cancelled"), of_dial, word)
    return word.astype(object), told


def _with_cause(log: EventLog, tree: Tree, legs: Integers) -> Integers:
    """Return the legs, of a Local channel the half whose Hangup names a cause."""
    mate = take_or(tree.mate, legs, -1)
    return np.where((_cause_of(log, tree, legs) <= 0) & (_cause_of(log, tree, mate) > 0), mate, legs)


def _cause_of(log: EventLog, tree: Tree, legs: Integers) -> Integers:
    """Return the cause of the Hangup of legs, -1 where there is none."""
    return log.number("cause", take_or(tree.hung_up, legs, -1))


# --- hung up --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Requests:
    """Who asked for hangups: rows of HangupRequest that a party, and not the PBX, has caused."""

    rows: Integers
    channel: Integers
    is_caller: Flags
    caller_gave_up: Flags  # by call
    is_asked: Flags  # by channel: its own far end asked
    was_busy: Flags  # by channel: the PBX itself played it busy or congestion

    @classmethod
    def of(cls, log: EventLog, tree: Tree) -> Requests:
        """Find them in an event log."""
        states = log.at("Newstate")
        was_busy = np.zeros(log.channels + 1, bool)
        was_busy[log.of(states[log.number("channelstate", states) == _BUSY_STATE])] = True
        was_busy[-1] = False
        rows = log.at("HangupRequest")
        channel = log.of(rows)
        is_asked = np.zeros(log.channels + 1, bool)
        is_asked[channel] = True
        is_root = np.zeros(log.channels + 1, bool)
        is_root[tree.root] = True
        mate = take_or(tree.mate, channel, -1)
        is_local = mate >= 0
        # one half of a Local channel is asked because the other half has ended: told of the near half, it is the called
        # party; told of the far half of the caller's own channel, it is the caller
        is_caller = take_or(tree.is_caller & ~_is_alone(tree), channel, False)
        of_caller = np.where(is_local, is_root[mate] & (mate >= 0), is_caller)
        near = (take_or(tree.dialled, channel, -1) >= 0) & ~is_root[channel]
        near &= ~take_or(_leads_to_machine(log, tree), channel, False)  # which is the PBX itself
        of_callee = np.where(is_local, near, ~is_caller)
        kept = (channel >= 0) & (of_caller | of_callee) & ~was_busy[channel]
        caller_gave_up = np.zeros(log.calls, bool)
        caller_gave_up[log.call[channel[kept & of_caller]]] = True
        return cls(rows[kept], channel[kept], of_caller[kept], caller_gave_up, is_asked[:-1], was_busy[:-1])

    def asked_by(self, log: EventLog) -> Texts:
        """Return for each channel the party that asked for its end, None where the PBX ended it."""
        words = np.full(log.channels, None, object)
        words[self.channel] = np.where(self.is_caller, "caller", "callee")
        return words

    def ended(self, log: EventLog, tree: Tree, last_hangup: Integers, is_answered: Flags) -> tuple[Texts, Integers]:
        """Return for each call who ended it, and the row of the request; an answered one nobody who had refused it."""
        call = log.call[self.channel]
        end = log.time(last_hangup)[call]
        at = log.time(self.rows)
        of_end = (end == NO_TIME) | (at == NO_TIME) | (end - at <= _AT_THE_END_US)
        of_end &= ~is_answered[call] | (tree.up[self.channel] >= 0)
        answers = log.at("DialEnd")
        answers = answers[(log.take("dialstatus", answers) == "ANSWER").to_numpy()]
        of_end &= (
            self.rows > last_per_group(log.row_call[answers], answers, log.calls)[call]
        )  # not who handed the call over
        # nor who had gone before somebody else asked: whoever is left may wait, in a parking lot or for another phone
        latest = last_per_group(call[of_end], self.rows[of_end], log.calls)[call]
        of_end &= (tree.hung_up[self.channel] < 0) | (tree.hung_up[self.channel] > latest)
        first = first_per_group(call[of_end], np.flatnonzero(of_end), log.calls)
        by = select_label(
            log.calls,
            (last_hangup < 0, None),
            (first < 0, "pbx"),
            (take_or(self.is_caller, first, False), "caller"),
            (first >= 0, "callee"),
        )
        return by, take_or(self.rows, first, -1)
