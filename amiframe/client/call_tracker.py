"""An originated call from its request to its end: one tracker that reads the call's own events.

Source: events of action Originate, measured on 16.28 and 22.10. OriginateResponse alone hides the cause (``Reason: 0``
for every rejection), so the channel gets an id of ours, and its own Hangup has the cause.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from amiframe.client.event_stream import EventStream
from amiframe.client.origination import Origination
from amiframe.errors import AccessDenied, AmiframeError, ConfigError, ConnectError
from amiframe.frames.from_rows import rows_frame
from amiframe.schema.hangup_causes import OUTCOME_BY_CAUSE, OUTCOME_BY_REASON, outcome_of_cause
from amiframe.wire import request
from amiframe.wire.message import Message

if TYPE_CHECKING:
    from amiframe.client.pbx import Pbx

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
    "started": "time",
    "channel": "str",
    "target": "str",
    "stage": "str",
    "outcome": "str",
    "ring_s": "float",
    "talk_s": "float",
    "cause": "int",
    "cause_txt": "str",
    "error": "str",
    "channelname": "str",
    "uniqueid": "str",
    "actionid": "str",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A requested call, as far as it has come.

    Parameters
    ----------
    request : Origination
        What was sent, with what became of it so far.
    destination : str
        Where the answered channel goes, in short.
    stage : str
        One of :data:`STAGES`, or ``refused``, ``lost`` (its end was missed), ``left`` (it is not watched any more),
        ``not sent`` (it was stopped before, or the PBX could not be reached).
    started : datetime
    rang, answered, ended : datetime, optional
    error : str, optional
        Why it was refused, or is not known.
    """

    request: Origination
    destination: str
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
        return "answered" if self.answered and self.request.outcome == "pending" else self.request.outcome

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
    for attempt in attempts:
        ring, talk = attempt.times()
        facts = {name: value for name, value in asdict(attempt.request).items() if name in _KINDS and name != "channel"}
        row = {
            "started": attempt.started,
            "channel": dict(attempt.request.fields).get("Channel"),
            "target": attempt.destination,
            "stage": attempt.stage,
            "outcome": attempt.outcome,
            "ring_s": ring,
            "talk_s": talk,
            "error": attempt.error,
            "channelname": attempt.request.channel,
        }
        rows.append(facts | row)
    return rows_frame(rows, _KINDS)


_BY_DIAL_STATUS = {"BUSY": "busy", "CONGESTION": "congestion"}
_BY_STATE = {"Ringing": "ringing", "Up": "answered"}
_OVERTAKEN_S = 0.5  # OriginateResponse may overtake the channel's own events by this much


class CallTracker:
    """Tracks one call through the events of a session that listened before the request was sent.

    Parameters
    ----------
    request : Origination
    destination : str
        Where the answered channel goes, for the record.
    """

    def __init__(self, request: Origination, destination: str = ""):
        self._call = replace(request, accepted=True, outcome="pending")
        self._responded: float | None = None
        self._was_synchronous = False
        self._has_channel = False
        self._has_events = False
        self._has_dialled = False
        self._dial_status: str | None = None
        self._far_end_hung_up = False
        self._has_hung_up = False
        self.attempt = Attempt(self._call, destination, "sent", datetime.now(UTC))

    def feed(self, event: Message, received: datetime | None = None) -> None:
        """Take the next event of the log, which arrived then; events of other calls change nothing."""
        if event.name == "OriginateResponse":
            if event.get("ActionID") != self._call.actionid:
                return
            stage = self._of_request(event)
        elif event.get("Uniqueid") == self._call.uniqueid:
            stage = self._of_channel(event)
        elif event.get("DestUniqueid") == self._call.uniqueid:
            stage = self._of_dial(event)
        else:
            return
        self._record(error=None)
        self._reach(stage, received or datetime.now(UTC))

    def finish_request(self, *, is_answered: bool) -> None:
        """Take the answer of a synchronous request, which came when the call was answered or had failed."""
        self._responded = time.monotonic()
        self._was_synchronous = True
        if is_answered:
            self._call = replace(self._call, outcome="answered")
        self._record()

    def _of_request(self, event: Message) -> str | None:
        self._responded = time.monotonic()
        is_answered = (event.get("Response") or "").lower() == "success"
        self._call = replace(
            self._call,
            reason=_number(event.get("Reason")),
            # of a call that failed it repeats the requested channel; the channel's own events have its name
            channel=self._call.channel or _known_text(event.get("Channel")),
            outcome="answered" if is_answered else self._call.outcome,
        )
        return "answered" if is_answered else None

    def _of_dial(self, event: Message) -> str:
        self._has_events = True
        self._has_dialled = self._has_dialled or event.name in ("DialBegin", "DialEnd")
        if event.name == "DialEnd":
            self._dial_status = event.get("DialStatus")
        return "ringing" if event.get("DialStatus") == "RINGING" else "dialling"

    def _of_channel(self, event: Message) -> str:
        self._has_channel = self._has_events = True
        self._call = replace(self._call, channel=_known_text(event.get("Channel")) or self._call.channel)
        # the far end's hangup is requested of our channel; when we or an operator hang up, there is no request
        self._far_end_hung_up = self._far_end_hung_up or event.name == "HangupRequest"
        if event.name == "Hangup":
            self._has_hung_up = True
            cause, cause_txt = _number(event.get("Cause")), event.get("Cause-txt")
            self._call = replace(self._call, cause=cause, cause_txt=cause_txt)
            return "ended"
        return _BY_STATE.get(event.get("ChannelStateDesc") or "", "dialling")

    def _reach(self, stage: str | None, at: datetime) -> None:
        if stage == "ringing" and self.attempt.rang is None:
            self._record(rang=at)
        if stage == "answered" and self.attempt.answered is None:
            self._record(answered=at)
        if stage == "ended":
            self._record(ended=at)
        if stage and _ORDER[stage] > _ORDER.get(self.attempt.stage, -1):
            self._record(stage=stage)

    def _record(self, **facts: Any) -> None:
        self.attempt = replace(self.attempt, request=self.result(), **facts)

    @property
    def has_events(self) -> bool:
        """Whether an event of its channel has come, or of one that dials it."""
        return self._has_events

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come: answered, or failed and the channel, if there was one, hung up."""
        if self._call.outcome == "answered":
            return self._call.channel is not None
        if self._responded is None or self._has_channel:
            return self._responded is not None and self._has_hung_up
        return not self.is_settling

    @property
    def is_settling(self) -> bool:
        """Whether the response is there, and events of the channel may be just behind it."""
        return (
            self._responded is not None and not self._has_channel and time.monotonic() - self._responded < _OVERTAKEN_S
        )

    def result(self) -> Origination:
        """Return what is known now."""
        if self._responded is None or self._call.outcome == "answered":
            return self._call
        return replace(self._call, outcome=self._outcome())

    def _outcome(self) -> str:
        by_reason = OUTCOME_BY_REASON.get(self._call.reason or 0)
        if by_reason:
            return by_reason
        if not self._has_dialled:
            return "failed"
        by_cause = OUTCOME_BY_CAUSE.get(self._call.cause or 0)
        if self._far_end_hung_up and by_cause:
            return by_cause
        if self._dial_status is None and self._was_synchronous:
            # a synchronous request has no Reason; when its time is up, the dialling just stops. The far half of a Local
            # channel that is taken down may then ask for a hangup like any far end, without a cause
            return "no answer"
        if self._far_end_hung_up:
            return "failed" if self._call.cause is None else outcome_of_cause(self._call.cause)
        return _BY_DIAL_STATUS.get(self._dial_status or "", "cancelled")

    def settle(self) -> bool:
        """Return whether the call has come to its end; one that failed without a channel ends here."""
        self._record()
        outcome = self.attempt.request.outcome
        if self.attempt.stage == "ended":
            return outcome != "pending"
        if outcome not in ("pending", "answered") and self.is_over:
            self._record(stage="ended", ended=datetime.now(UTC))
            return True
        return False

    def end(self, stage: str, error: str | None, at: datetime | None = None) -> None:
        """End it by something that is not an event of its own."""
        self.attempt = replace(self.attempt, stage=stage, error=error, ended=at)

    def refuse(self, error: AmiframeError) -> None:
        """End it by the PBX's refusal of the request."""
        self._call = replace(self._call, accepted=False)
        refused = replace(self._call, outcome="failed")
        self.attempt = replace(self.attempt, request=refused)
        self.end("refused", str(error.args[0]), datetime.now(UTC))


def track(stream: EventStream, trackers: Sequence[CallTracker], seconds: float) -> None:
    """Feed trackers from a stream, until each call is over or the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        is_settling = any(tracker.is_settling for tracker in trackers)
        batch = next(stream.poll(0 if is_settling else left))
        for event in batch.events:
            for tracker in trackers:
                tracker.feed(event, batch.received)
        if left <= 0 or all(tracker.is_over for tracker in trackers):
            return


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _known_text(text: str | None) -> str | None:
    return None if text in (None, "", "<unknown>") else text


def watch(
    pbx: Pbx,
    origination: Origination,
    *,
    destination: str = "",
    on_change: Callable[[Attempt], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Attempt:
    """Send a request, once, and track the call to its end, whatever happens to the connection.

    Parameters
    ----------
    pbx : Pbx
    origination : Origination
        As ``pbx.originate(..., dry_run=True)`` gives it.
    destination : str
        Where the answered channel goes, for the record.
    on_change : callable
        Called with each step.
    stop : threading.Event, optional
        Ends the watching; the call goes on. A request that has not left by then is not sent.

    Raises
    ------
    ActionError, AccessDenied
        The PBX refused it.
    ConnectError
        The connection broke: whether there is a call is not known, it is not tried again.
    """
    stop = stop or threading.Event()
    tracker = CallTracker(origination, destination)
    with (
        pbx.open_event_stream(mask="call") as stream,
        _line(pbx, origination) as line,
        _sending(line, origination, stop) as sending,
    ):
        on_change(tracker.attempt)
        is_sent = False
        while not stop.is_set():
            before = tracker.attempt
            if not is_sent and (sending.done() or not _is_synchronous(origination)):
                is_sent = _sent(sending, tracker, on_change)
            quick = tracker.attempt.request.outcome not in ("pending", "answered")
            batch = next(stream.poll(0 if quick else _SLICE_S))
            for event in batch.events:
                tracker.feed(event, batch.received)
            now = datetime.now(UTC)
            if batch.gap and is_sent:
                _check_channel(pbx, tracker)
            elif tracker.attempt.error == _AWAY:
                tracker.end(tracker.attempt.stage, None)
            if is_sent and (tracker.settle() or tracker.attempt.stage == "lost"):
                break
            age = (now - tracker.attempt.started).total_seconds()
            if tracker.attempt.error and not tracker.has_events and age > _UNSURE_S and sending.exception():
                on_change(tracker.attempt)
                raise sending.exception() or RuntimeError
            if is_sent and not tracker.has_events and age > _SILENCE_S:
                tracker.end("left", _SILENT)
                break
            if tracker.attempt != before:
                on_change(tracker.attempt)
        else:
            tracker.end("left", tracker.attempt.error)
    if tracker.attempt.stage == "left" and not tracker.has_events:
        _end_without_events(sending, tracker)
    on_change(tracker.attempt)
    return tracker.attempt


def _is_synchronous(origination: Origination) -> bool:
    return dict(origination.fields).get("Async") != "true"


def _line(pbx: Pbx, origination: Origination) -> AbstractContextManager[Pbx]:
    """Return what the request goes out on: one that lasts keeps its session busy, so it has one of its own."""
    return type(pbx)(pbx.target) if _is_synchronous(origination) else nullcontext(pbx)


@contextmanager
def _sending(line: Pbx, origination: Origination, stop: threading.Event) -> Iterator[Future[bool]]:
    """Send in a thread of its own, which ends with the watching: the PBX goes on with the call without us."""
    with ThreadPoolExecutor(1, "amiframe-sending") as sender:
        sending = sender.submit(_send, line, origination, stop)
        try:
            yield sending
        finally:
            while _is_synchronous(origination) and wait([sending], _SOON_S).not_done:
                line._session.cut()


def _send(line: Pbx, origination: Origination, stop: threading.Event) -> bool:
    """Send the request, unless it was stopped before: all that takes time comes first, and then one last look.

    Raises
    ------
    _NotSent
    """
    ringing = int(dict(origination.fields).get("Timeout", _RING_S * 1000)) / 1000
    # a session that others use is theirs again only when it has been sent
    with nullcontext() if _is_synchronous(origination) else line._session.exclusive():
        try:
            line._session.ask(request.fields("Ping"))
        except AmiframeError as error:
            if stop.is_set():
                raise _NotSent(_EARLY) from None
            if isinstance(error, ConnectError):
                raise _NotSent(str(error.args[0])) from error
            raise
        if stop.is_set():
            raise _NotSent(_EARLY)
        return line.send_originate(origination, timeout=ringing + _MARGIN_S if _is_synchronous(origination) else None)


class _NotSent(Exception):
    """The request was stopped, or failed for the cause of this error, before it was sent."""


def _end_without_events(sending: Future[bool], tracker: CallTracker) -> None:
    """Say what is known of a request whose call has shown no event, when it is not watched any more."""
    error = sending.exception()
    if isinstance(error, _NotSent):
        tracker.end(NOT_SENT, str(error))
    elif isinstance(error, AmiframeError) and not isinstance(error, ConnectError):
        tracker.refuse(error)
    elif error:
        tracker.end("left", _UNKNOWN)


def _sent(sending: Future[bool], tracker: CallTracker, on_change: Callable[[Attempt], None]) -> bool:
    """Take what became of the request itself."""
    try:
        answered = sending.result()
    except _NotSent as error:
        if error.__cause__ is None:  # reported when the watching ends, which is now
            return False
        tracker.end(NOT_SENT, str(error))
        on_change(tracker.attempt)
        raise error.__cause__ from None
    except ConnectError as error:  # only its events show whether there is a call
        tracker.end(tracker.attempt.stage, str(error.args[0]))
        return True
    except AmiframeError as error:
        tracker.refuse(error)
        on_change(tracker.attempt)
        raise
    if _is_synchronous(tracker.attempt.request):
        tracker.finish_request(is_answered=answered)
    return True


def _check_channel(pbx: Pbx, tracker: CallTracker) -> None:
    """Look whether the channel is there still: its end may have been missed."""
    try:
        if channel_of(pbx, tracker.attempt) is None:
            tracker.end("lost", _MISSED)
    except ConfigError:
        tracker.end("lost", _MISSED)
    except ConnectError:
        tracker.end(tracker.attempt.stage, tracker.attempt.error or _AWAY)
    except AmiframeError:
        return  # the account may not look: the next events will show it


def channel_of(pbx: Pbx, attempt: Attempt) -> str | None:
    """Return the name of the call's channel now; None when it is not up any more.

    A channel can be renamed, and its name be another's then: the id says which it is.
    """
    status = pbx.status()
    names = status.loc[status["uniqueid"] == attempt.request.uniqueid, "channel"].tolist()
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
        channel = attempt.request.channel
    if channel is None:
        raise ConfigError("this call is not up any more", hint="nothing was hung up")
    pbx.hangup(channel)
    return channel
