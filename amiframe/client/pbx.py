"""What changes something or listens: originate, hang up, live events; and ``connect``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from amiframe import frames, settings
from amiframe.client.call_tracker import CallTracker, track
from amiframe.client.event_stream import EventBatch, EventStream, Gap
from amiframe.client.origination import OriginateArguments, Origination, Variables
from amiframe.client.queries import Reading
from amiframe.errors import ConfigError
from amiframe.privacy import dtmf
from amiframe.settings import Secret
from amiframe.wire.message import Message

_DEFAULT_RING_S = 30.0  # the PBX's own, when no timeout is sent
_SYNC_MARGIN_S = 10.0
_LINGER_S = 2.0  # the Hangup of a failed call may come a little behind its OriginateResponse
_FAILED_SYNC = "Originate failed"
_SKIPPED = "".join(map(chr, range(33)))  # what the PBX skips at the head of a value


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer of WaitEvent brought.

    Parameters
    ----------
    events : pandas.DataFrame
        One row per event, as :func:`amiframe.read_events` gives; may be empty beside a gap.
    gap : Gap or None
        Time before these events of which some may be missing.
    """

    events: pd.DataFrame
    gap: Gap | None


def connect(
    target: str | None = None,
    *,
    username: str | None = None,
    secret: str | Secret | None = None,
    interface: str | None = None,
    timeout: float | None = None,
    verify: bool | str | None = None,
    proxy: str | None = None,
    login: str | None = None,
) -> Pbx:
    """Return a PBX to ask. Nothing is sent before the first question.

    Parameters
    ----------
    target : str, optional
        Address with scheme, port and the prefix of http.conf: ``"http://pbx:8088"``,
        ``"https://pbx:8089/asterisk"``; the name of a profile; or ``"demo"``, the embedded PBX, in this process.
        Default: ``AMIFRAME_URL``, else the profile that ``AMIFRAME_PROFILE`` or the key ``profile`` of a file names.
    username, secret : str, optional
        A manager account. Default: ``AMIFRAME_USERNAME`` and ``AMIFRAME_SECRET``. The demo needs none.
    interface : {"rawman", "mxml", "arawman", "amxml"}, optional
        Text or XML, by cookie or (with a) by HTTP digest; the frames are the same. Default: ``AMIFRAME_INTERFACE``,
        else ``rawman``.
    timeout : float, optional
        Seconds that one call may take in all. Default: 30.
    verify : bool or str, optional
        Verify TLS certificates, with the CA file of this path if one is given. Default: True.
    proxy : str, optional
        HTTP proxy to go through; ``""``: none, whatever the profile says. Default: none.
    login : {"plain", "md5"}, optional
        How a cookie session logs in: with the secret itself, or with the MD5 answer to a challenge, so that the secret
        does not travel. Digest interfaces never send it. Default: ``plain``.

    Returns
    -------
    Pbx
        Close it, or use it in a ``with`` block; it may be shared between threads.

    Raises
    ------
    ConfigError
        A setting is missing or unusable.

    Notes
    -----
    What the call leaves out comes from the environment (``AMIFRAME_URL``, ``_USERNAME``, ``_SECRET``, ``_INTERFACE``),
    then from the profile in the project's ``amiframe.toml`` (the nearest from the working directory up), then from the
    profile in the user's ``config.toml``, key by key. An address in the call uses no profile. Proxies, CA files and
    passwords that the environment keeps for other programs (``HTTP_PROXY``, ``REQUESTS_CA_BUNDLE``, ``.netrc``) are not
    used. See docs/profiles.md.

    Examples
    --------
    >>> connect("http://127.0.0.1:8088", username="test", secret="test")
    Pbx('http://127.0.0.1:8088', username='test', interface='rawman')
    """
    secret = settings.as_secret(secret)
    is_demo = settings.profile_name(target) == settings.DEMO
    if is_demo:
        from amiframe.demo import shared  # imports a web server, which only the demo needs

        target, username, own = shared.account(username)
        secret = secret or own
    found = settings.resolve(
        target,
        username=username,
        secret=secret,
        interface=interface,
        timeout=timeout,
        verify=verify,
        proxy=proxy,
        login=login,
    )
    return Pbx(replace(found, profile=settings.DEMO) if is_demo else found)


class Pbx(Reading):
    """One account on one PBX; made by :func:`connect`."""

    def hangup(self, channel: str, *, cause: int | None = None) -> None:
        """Hang up a channel.

        Parameters
        ----------
        channel : str
            Name of the channel. A regular expression between slashes would hang up many and is refused by us.
        cause : int, optional
            Q.850 cause that the other side is told.

        Raises
        ------
        ActionError
            There is no such channel.
        ConfigError
            A regular expression instead of a name, or a flag instead of a cause.
        """
        if isinstance(cause, bool):
            raise ConfigError(f"cause={cause} is a flag, and a cause is a number", hint="16 is a normal hangup")
        if channel.lstrip(_SKIPPED).startswith("/"):
            raise ConfigError("hangup takes one channel by its name", hint="loop over status()['channel']")
        self._run("Hangup", {"Channel": channel, "Cause": cause}).raise_for_error()

    def originate(
        self,
        channel: str,
        *,
        exten: str | None = None,
        context: str | None = None,
        priority: int | str | None = None,
        application: str | None = None,
        data: str | None = None,
        ring_timeout: float | None = None,
        callerid: str | None = None,
        variables: Variables | None = None,
        account: str | None = None,
        earlymedia: bool | None = None,
        async_: bool = True,
        codecs: str | Sequence[str] | None = None,
        channelid: str | None = None,
        otherchannelid: str | None = None,
        wait: float | None = None,
        dry_run: bool = False,
    ) -> Origination:
        """Originate a call: ring a channel, and when it answers, go on in the dialplan or run an application.

        The request is sent at most once, whatever happens.

        Parameters
        ----------
        channel : str
            What to ring: ``"PJSIP/100"``, ``"Local/200@default"``.
        exten, context, priority : str, str, int or str, optional
            Where the answered channel goes; priority 1 when it is not given, or a label.
        application, data : str, optional
            Application to run instead, with its arguments.
        ring_timeout : float, optional
            Seconds to let it ring, at least 1. Default: the PBX's own 30.
        callerid : str, optional
            ``'"Name" <number>'``, at most 255 bytes.
        variables : mapping or pairs, optional
            Channel variables, quoted so that each value arrives as it is; ``_X`` and ``__X`` are inherited.
        account : str, optional
            Account code.
        earlymedia : bool, optional
            Go on in the dialplan as soon as there is sound, before the answer. An application waits all the same.
        async_ : bool
            Let the PBX call while we go on. False: the request lasts until answer or failure.
        codecs : str or sequence of str, optional
            Codecs to offer: ``["ulaw", "alaw"]``.
        channelid, otherchannelid : str, optional
            Ids (Uniqueid) of the channel and of the second half of a Local channel. Default: one of ours, so that the
            channel's own events tell what became of it.
        wait : float, optional
            Seconds to wait for the outcome. Default: do not wait.
        dry_run : bool
            Check everything and return what would be sent.

        Returns
        -------
        Origination
            ``outcome`` is ``pending`` when it was not waited for, or not known in time (also when the account may not
            read ``call`` events).

        Raises
        ------
        ActionRefused
            The PBX would refuse or misread the request; nothing was sent.
        ActionError
            The PBX refused it: ``Extension does not exist.``, a restricted application ...
        AccessDenied
            The account may not originate.
        ConnectError
            The connection broke: whether the call was made is not known, and it is not tried again.

        Notes
        -----
        Source: AMI action ``Originate``, events ``OriginateResponse`` and ``Hangup``; Asterisk 16 and 22. A call that
        was hung up on this side while it rang is ``cancelled``. Cause 0 is common where no network was involved.
        """
        asked = OriginateArguments(
            channel,
            exten=exten,
            context=context,
            priority=priority,
            application=application,
            data=data,
            ring_timeout=ring_timeout,
            callerid=callerid,
            variables=variables,
            account=account,
            earlymedia=earlymedia,
            async_=async_,
            codecs=codecs,
            channelid=channelid,
            otherchannelid=otherchannelid,
        ).request()
        if dry_run:
            return asked
        if wait is None and async_:
            self.send_originate(asked)
            return replace(asked, accepted=True)
        with self.open_event_stream(mask="call") as stream:
            ringing = ring_timeout or _DEFAULT_RING_S
            tracker = CallTracker(asked)
            answered = self.send_originate(asked, timeout=None if async_ else ringing + _SYNC_MARGIN_S)
            if not async_:
                tracker.finish_request(is_answered=answered)
            track(stream, [tracker], _LINGER_S if wait is None else wait)
        return tracker.result()

    def send_originate(self, asked: Origination, *, timeout: float | None = None) -> bool:
        """Send a request, as `OriginateArguments.request` makes it; return False if it was waited for and failed."""
        _, *fields = asked.fields
        reply = self._run("Originate", fields, timeout=timeout)
        if not reply.ok and reply.message.rstrip() == _FAILED_SYNC:
            return False
        reply.raise_for_error()
        return True

    def events(
        self,
        seconds: float = 10,
        *,
        until: str | Callable[[Message], bool] | None = None,
        mask: str | None = None,
    ) -> pd.DataFrame:
        """Listen for a while; return the events that came.

        Parameters
        ----------
        seconds : float
            How long to listen.
        until : str or callable, optional
            Stop behind the first event of this name, or for which this is true (it is given a Message).
        mask : str, optional
            Event classes, comma-separated (``"call,agent"``). Default: all that the account may read.

        Returns
        -------
        pandas.DataFrame
            As :func:`amiframe.read_events` gives; ``amf_received`` is when the answer arrived that brought the event.
            ``attrs["amiframe"]["fetched_complete"]`` is False when some may be missing.

        Raises
        ------
        ConfigError
            An event class that does not exist.
        WaitDisplaced
            Another reader took the events of this session.
        """
        builder = frames.event_builder(None)
        received: list[datetime] = []
        complete = True
        ends = _ends(until)
        with self.open_event_stream(mask=mask) as stream:
            for batch in stream.poll(seconds):
                complete = complete and batch.gap is None
                last = next((at for at, event in enumerate(batch.events, 1) if ends(event)), None)
                for event in batch.events[:last]:
                    builder.add(event)
                    received.append(batch.received)
                if last is not None:
                    break
        about = self.about_events(complete)
        return frames.event_frame(builder, about, received=received)

    def listen(self, seconds: float | None = None, *, mask: str | None = None) -> Iterator[Batch]:
        """Listen; give the events in batches as they come, and say where some may be missing.

        Each call has a session of its own; two never take each other's events. Close the iterator, or press Ctrl-C, to
        end it: the session is logged off.

        Parameters
        ----------
        seconds : float, optional
            How long to listen. Default: until it is closed.
        mask : str, optional
            Event classes, comma-separated. Default: all that the account may read.

        Yields
        ------
        Batch
            ``events``, a frame whose ``amf_seq`` goes on from batch to batch, and ``gap``.

        Raises
        ------
        ConfigError
            An event class that does not exist.
        WaitDisplaced
            Another reader took the events of this session.
        ConnectError
            The connection stayed broken for five minutes.
        """
        first = 0
        with self.open_event_stream(mask=mask) as stream:
            for batch in stream.poll(seconds):
                if batch.events or batch.gap:
                    yield self._batch(batch, first)
                    first += len(batch.events)

    def open_event_stream(self, *, mask: str | None = None) -> EventStream:
        """Return a session of its own that listens, to be used in a ``with`` block; it gives messages, not frames."""
        self._session.check_open()
        return EventStream(self._target, mask=mask)

    def _batch(self, batch: EventBatch, first: int) -> Batch:
        builder = frames.event_builder(None)
        for event in batch.events:
            builder.add(event)
        frame = frames.event_frame(
            builder,
            self.about_events(batch.gap is None),
            positions=range(first, first + len(builder)),
            received=[batch.received] * len(builder),
        )
        return Batch(frame, batch.gap)

    def about_events(self, complete: bool) -> dict[str, Any]:
        """Return the ``attrs`` of a frame of live events; `complete`: whether none may be missing."""
        target = self._target
        digits = {"digits": "blanked"} if dtmf.are_blanked() else {}
        made = frames.about(pbx=target.label, interface=target.interface, action="WaitEvent", complete=complete)
        return {**made, **digits}


def _ends(until: str | Callable[[Message], bool] | None) -> Callable[[Message], bool]:
    if until is None:
        return lambda _: False
    return (lambda event: event.name == until) if isinstance(until, str) else until
