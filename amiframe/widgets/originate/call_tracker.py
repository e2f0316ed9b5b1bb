"""An originated call from its request to its end, told step by step by its own events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from amiframe.client import Pbx
from amiframe.client.origination import Follow, Origination
from amiframe.errors import AccessDenied, AmiframeError, ConfigError, ConnectError
from amiframe.frames.from_rows import rows_frame
from amiframe.wire import request
from amiframe.wire.message import Message

NOT_SENT = "not sent"
STAGES = ("sent", "dialling", "ringing", "answered", "ended")
"""What a call goes through; one that is refused, or lost from sight, ends in a stage of its own."""

_ORDER = {stage: at for at, stage in enumerate(STAGES)}
_SLICE_S = 2  # how long a question for events may last: so quick is Stop
_SILENCE_S = 10.0
_SOON_S = 0.2
_UNSURE_S = 6.0
_RING_S = 30.0  # the PBX's own, when no timeout is sent
_MARGIN_S = 10.0
_SILENT = "no event of this call has come: may the account read call events (read = call)?"
_AWAY = "the PBX does not answer now; when it is back, it is asked what became of the call"
_UNKNOWN = "stopped before the PBX had said anything: whether there is a call is not known"
_EARLY = "it was stopped before it had left"
_MISSED = "the connection was broken meanwhile: neither its time nor its cause is known"

_KINDS = {
    "started": "time", "channel": "str", "target": "str", "stage": "str", "outcome": "str", "ring_s": "float",
    "talk_s": "float", "cause": "int", "cause_txt": "str", "error": "str", "channelname": "str", "uniqueid": "str",
    "actionid": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was asked for, as far as it has come.

    Parameters
    ----------
    asked : Origination
        What was sent, with what became of it so far.
    target : str
        Where the answered channel goes, in short.
    stage : str
        One of :data:`STAGES`, or ``refused``, ``lost`` (its end was missed), ``left`` (nobody watches it any more),
        ``not sent`` (it was stopped before, or the PBX could not be reached).
    started : datetime
    rang, answered, ended : datetime, optional
    error : str, optional
        Why it was refused, or is not known.
    """

    asked: Origination
    target: str
    stage: str
    started: datetime
    rang: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    error: str | None = None

    @property
    def is_up(self) -> bool:
        """Whether there may be something to hang up."""
        return self.stage in STAGES[:-1] or self.stage == "left"

    @property
    def outcome(self) -> str:
        """As :class:`~amiframe.client.origination.Origination` has it."""
        return "answered" if self.answered and self.asked.outcome == "pending" else self.asked.outcome

    def times(self, now: datetime | None = None) -> tuple[float | None, float | None]:
        """Return how long it rang and how long it was up, in seconds, up to now where that goes on."""
        last = self.ended or now
        ring = _between(self.rang, self.answered or last)
        return ring, _between(self.answered, last)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 1)


def attempts_frame(attempts: Sequence[Attempt]) -> pd.DataFrame:
    """Return attempts as a frame, one row each.

    Examples
    --------
    >>> attempts_frame([]).columns.tolist()[:5]
    ['started', 'channel', 'target', 'stage', 'outcome']
    """
    rows = []
    for one in attempts:
        ring, talk = one.times()
        asked = {name: value for name, value in asdict(one.asked).items() if name in _KINDS and name != "channel"}
        rows.append({
            **asked, "started": one.started, "channel": dict(one.asked.fields).get("Channel"), "target": one.target,
            "stage": one.stage, "outcome": one.outcome, "ring_s": ring, "talk_s": talk, "error": one.error,
            "channelname": one.asked.channel,
        })  # fmt: skip
    return rows_frame(rows, _KINDS)


class CallLog:
    """Takes the events of one call and tells how far it has come.

    Parameters
    ----------
    asked : Origination
    target : str
    started : datetime
    """

    def __init__(self, asked: Origination, target: str, started: datetime):
        self._follow = Follow(asked)
        self._kept: list[Message] = []
        self.attempt = Attempt(replace(asked, accepted=True), target, "sent", started)

    def take(self, event: Message, at: datetime) -> None:
        """Take the next event of the log, which arrived then."""
        asked = self.attempt.asked
        own = event.get("Uniqueid") == asked.uniqueid or event.get("DestUniqueid") == asked.uniqueid
        if not (own or (event.name == "OriginateResponse" and event.get("ActionID") == asked.actionid)):
            return
        self._kept.append(event)
        self._follow.take(event)
        self._change(error=None)
        stage = _stage(event, asked.uniqueid)
        if stage == "ringing" and self.attempt.rang is None:
            self._change(rang=at)
        if stage == "answered" and self.attempt.answered is None:
            self._change(answered=at)
        if stage == "ended":
            self._change(ended=at)
        if stage and _ORDER[stage] > _ORDER.get(self.attempt.stage, -1):
            self._change(stage=stage)
        self._change(asked=self._follow.result())

    def lasted(self, is_answered: bool) -> None:
        """Take the answer of a request that lasted until the call was answered or had failed."""
        follow = Follow(self.attempt.asked, answered=is_answered)
        for event in self._kept:
            follow.take(event)
        self._follow = follow
        self._change(asked=follow.result())

    def settle(self, now: datetime) -> bool:
        """Return whether nothing more will come of it; a call that failed without a channel ends here."""
        result = self._follow.result()
        self._change(asked=result)
        if self.attempt.stage == "ended":
            return result.outcome != "pending"
        if result.outcome not in ("pending", "answered") and self._follow.is_over:
            self._change(stage="ended", ended=now)
            return True
        return False

    def end(self, stage: str, error: str | None, at: datetime | None = None) -> None:
        """End it by what is no event of its own."""
        self._change(stage=stage, error=error, ended=at)

    def refused(self, why: str, at: datetime) -> None:
        """End it by the PBX's own word."""
        self._change(asked=replace(self.attempt.asked, accepted=False, outcome="failed"))
        self.end("refused", why, at)

    @property
    def has_channel(self) -> bool:
        """Whether an event of its channel has come."""
        return any(event.name != "OriginateResponse" for event in self._kept)

    def _change(self, **known: Any) -> None:
        self.attempt = replace(self.attempt, **known)


def _stage(event: Message, uniqueid: str) -> str | None:
    if event.name == "OriginateResponse":
        return "answered" if (event.get("Response") or "").lower() == "success" else None
    if event.get("DestUniqueid") == uniqueid:
        return "ringing" if event.get("DialStatus") == "RINGING" else "dialling"
    if event.name == "Hangup":
        return "ended"
    states = {"Ringing": "ringing", "Up": "answered"}
    return states.get(event.get("ChannelStateDesc") or "", "dialling")


def watch(
    pbx: Pbx,
    asked: Origination,
    *,
    target: str = "",
    tell: Callable[[Attempt], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Attempt:
    """Send a request, once, and follow the call to its end.

    Parameters
    ----------
    pbx : Pbx
    asked : Origination
        As ``pbx.originate(..., dry_run=True)`` gives it.
    target : str
        Where the answered channel goes, for the record.
    tell : callable
        Called with each step.
    stop : threading.Event, optional
        Ends the watching; the call goes on. A request that has not left by then is kept back.

    Raises
    ------
    ActionError, AccessDenied
        The PBX refused it.
    ConnectError
        The connection broke: whether there is a call is not known, it is not tried again.
    """
    stop = stop or threading.Event()
    log = CallLog(asked, target, datetime.now(UTC))
    with (
        pbx.open_event_stream(mask="call") as stream,
        _line(pbx, asked) as line,
        _sending(line, asked, stop) as sending,
    ):
        tell(log.attempt)
        is_sent = False
        while not stop.is_set():
            told = log.attempt
            if not is_sent and (sending.done() or not _lasts(asked)):
                is_sent = _sent(sending, log, tell)
            quick = log.attempt.asked.outcome not in ("pending", "answered")
            batch = next(stream.poll(0 if quick else _SLICE_S))
            for event in batch.events:
                log.take(event, batch.received)
            now = datetime.now(UTC)
            if batch.gap and is_sent:
                _look(pbx, log)
            elif log.attempt.error == _AWAY:
                log.end(log.attempt.stage, None)
            if is_sent and (log.settle(now) or log.attempt.stage == "lost"):
                break
            age = (now - log.attempt.started).total_seconds()
            if log.attempt.error and not log.has_channel and age > _UNSURE_S and sending.exception():
                tell(log.attempt)
                raise sending.exception() or RuntimeError
            if is_sent and not log.has_channel and age > _SILENCE_S:
                log.end("left", _SILENT)
                break
            if log.attempt != told:
                tell(log.attempt)
        else:
            log.end("left", log.attempt.error)
    if log.attempt.stage == "left" and not log.has_channel:
        _settle_unheard(sending, log)
    tell(log.attempt)
    return log.attempt


def _lasts(asked: Origination) -> bool:
    return dict(asked.fields).get("Async") != "true"


def _line(pbx: Pbx, asked: Origination) -> AbstractContextManager[Pbx]:
    """Return what the request goes out on: one that lasts keeps its session busy, so it has one of its own."""
    return Pbx(pbx.target) if _lasts(asked) else nullcontext(pbx)


@contextmanager
def _sending(line: Pbx, asked: Origination, stop: threading.Event) -> Iterator[Future[bool]]:
    """Send in a thread of its own, which ends with the watching: the PBX goes on with the call without us."""
    with ThreadPoolExecutor(1, "amiframe-sending") as sender:
        sending = sender.submit(_send, line, asked, stop)
        try:
            yield sending
        finally:
            while _lasts(asked) and wait([sending], _SOON_S).not_done:
                line._session.cut()


def _send(line: Pbx, asked: Origination, stop: threading.Event) -> bool:
    """Send the request, unless it was stopped before: all that takes time comes first, and then one last look.

    Raises
    ------
    _KeptBack
    """
    ringing = int(dict(asked.fields).get("Timeout", _RING_S * 1000)) / 1000
    # a session that others use is theirs again only when it has been sent
    with nullcontext() if _lasts(asked) else line._session.exclusive():
        try:
            line._session.ask(request.fields("Ping"))
        except AmiframeError as error:
            if stop.is_set():
                raise _KeptBack(_EARLY) from None
            if isinstance(error, ConnectError):
                raise _KeptBack(str(error.args[0])) from error
            raise
        if stop.is_set():
            raise _KeptBack(_EARLY)
        return line._place(asked, timeout=ringing + _MARGIN_S if _lasts(asked) else None)


class _KeptBack(Exception):
    """It has not left: it was stopped before, or something was wrong before, which is the cause."""


def _settle_unheard(sending: Future[bool], log: CallLog) -> None:
    """Say what is known of a request of whose call nothing was heard, when nobody waits any more."""
    error = sending.exception()
    if isinstance(error, _KeptBack):
        log.end(NOT_SENT, str(error))
    elif isinstance(error, AmiframeError) and not isinstance(error, ConnectError):
        log.refused(str(error.args[0]), datetime.now(UTC))
    elif error:
        log.end("left", _UNKNOWN)


def _sent(sending: Future[bool], log: CallLog, tell: Callable[[Attempt], None]) -> bool:
    """Take what became of the request itself."""
    try:
        answered = sending.result()
    except _KeptBack as kept:
        if kept.__cause__ is None:  # told when the watching ends, which is now
            return False
        log.end(NOT_SENT, str(kept))
        tell(log.attempt)
        raise kept.__cause__ from None
    except ConnectError as error:  # only its events can tell whether there is a call
        log.end(log.attempt.stage, str(error.args[0]))
        return True
    except AmiframeError as error:
        log.refused(str(error.args[0]), datetime.now(UTC))
        tell(log.attempt)
        raise
    if _lasts(log.attempt.asked):
        log.lasted(answered)
    return True


def _look(pbx: Pbx, log: CallLog) -> None:
    """Look whether the channel is there still: its end may have been missed."""
    try:
        if channel_of(pbx, log.attempt) is None:
            log.end("lost", _MISSED)
    except ConfigError:
        log.end("lost", _MISSED)
    except ConnectError:
        log.end(log.attempt.stage, log.attempt.error or _AWAY)
    except AmiframeError:
        return  # the account may not look: the next events tell


def channel_of(pbx: Pbx, attempt: Attempt) -> str | None:
    """Return the name of the call's channel now; None when it is not up any more.

    A channel can be renamed, and its name be another's then: the id says which it is.
    """
    status = pbx.status()
    names = status.loc[status["uniqueid"] == attempt.asked.uniqueid, "channel"].tolist()
    return str(names[0]) if names else None


def hang_up(pbx: Pbx, attempt: Attempt) -> str:
    """Hang up the channel of a call that was originated here; return its name.

    Raises
    ------
    ConfigError
        It is not up any more.
    """
    try:
        channel = channel_of(pbx, attempt)
    except AccessDenied:  # an account that may not look at channels has only what the events said
        channel = attempt.asked.channel
    if channel is None:
        raise ConfigError("this call is not up any more", hint="nothing was hung up")
    pbx.hangup(channel)
    return channel
