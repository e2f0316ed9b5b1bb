"""A live PBX: actions in, frames out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import pandas as pd

from amiframe.errors import ConfigError, HTTPStatusError
from amiframe.http import Session
from amiframe.reply import Reply
from amiframe.settings import Secret, Target, resolve
from amiframe.wire import actions

_TWINS = {"mxml": "rawman"}  # the raw path that shares the session of an XML path


@dataclass(frozen=True, slots=True)
class Ping:
    """The answer to a ping.

    Parameters
    ----------
    pbx : str
        Address of the PBX.
    latency_s : float
        Seconds from the request to the whole answer, without a login that came first.
    server_time : datetime or None
        The PBX's clock (UTC), where it tells it (Asterisk 16 and later).
    """

    pbx: str
    latency_s: float
    server_time: datetime | None


def connect(
    target: str | None = None,
    *,
    username: str | None = None,
    secret: str | Secret | None = None,
    interface: str | None = None,
    timeout: float = 30.0,
    verify: bool | str = True,
    proxy: str | None = None,
) -> Pbx:
    """Return a PBX to ask. Nothing is sent before the first question.

    Parameters
    ----------
    target : str, optional
        Address with scheme, port and the prefix of http.conf: ``"http://pbx:8088"``,
        ``"https://pbx:8089/asterisk"``. Default: the variable ``AMIFRAME_URL``.
    username, secret : str, optional
        A manager account. Default: ``AMIFRAME_USERNAME`` and ``AMIFRAME_SECRET``.
    interface : {"rawman", "mxml"}, optional
        Text or XML; the frames are the same. Default: ``AMIFRAME_INTERFACE``, else ``rawman``.
    timeout : float
        Seconds that one call may take in all.
    verify : bool or str
        Verify TLS certificates, with the CA file of this path if one is given.
    proxy : str, optional
        HTTP proxy to go through.

    Returns
    -------
    Pbx
        Close it, or use it in a ``with`` block; it may be shared between threads.

    Raises
    ------
    ConfigError      a setting is missing or unusable

    Examples
    --------
    >>> connect("http://127.0.0.1:8088", username="test", secret="test")
    Pbx('http://127.0.0.1:8088', username='test', interface='rawman')
    """
    return Pbx(
        resolve(
            target, username=username, secret=secret, interface=interface, timeout=timeout, verify=verify, proxy=proxy
        )
    )


class Pbx:
    """One account on one PBX; made by :func:`connect`."""

    def __init__(self, target: Target):
        self._target = target
        self._session = Session(target)

    def __repr__(self) -> str:
        return f"Pbx({self._target.url!r}, username={self._target.username!r}, interface={self._target.interface!r})"

    def __enter__(self) -> Pbx:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log off and close the connections; what fails at that is no error."""
        self._session.close()

    def ping(self) -> Ping:
        """Ask whether the PBX answers.

        Returns
        -------
        Ping
            ``latency_s`` in seconds and ``server_time`` (UTC).

        Raises
        ------
        LoginError       the PBX refused the account
        ConnectError     no answer, time-out, connection lost
        """
        self._session.log_in()
        started = time.perf_counter()
        reply = self._ask("Ping")
        latency = time.perf_counter() - started
        stamp = reply.frame().get("timestamp")
        return Ping(self._target.url, latency, None if stamp is None else stamp.iloc[0].to_pydatetime())

    def status(
        self, channel: str | None = None, *, variables: Iterable[str] | None = None, all_variables: bool = False
    ) -> pd.DataFrame:
        """Fetch the channels that are up now, one row per channel.

        Parameters
        ----------
        channel : str, optional
            Ask for one channel only. Default: all.
        variables : sequence of str, optional
            Channel variables or functions to ask for; they come back in ``variables``, in the order asked.
        all_variables : bool
            Ask for all variables of each channel.

        Returns
        -------
        pandas.DataFrame, shape (n_channels, n_columns)
            The columns of the event ``Status`` in the data dictionary, among them

            ================  ===================  =======  ==================================================
            column            dtype                unit     meaning
            ================  ===================  =======  ==================================================
            channel           str                  -        channel name
            channelstatedesc  str                  -        ``Up``, ``Ring``, ``Ringing`` ...
            calleridnum       str                  -        caller's number
            seconds           Int64                s        time since the channel was created
            timetohangup      datetime64[us, UTC]  -        when the PBX will cut the channel; missing: never
            variables         map of str           -        channel variables; missing value: not set
            amf_fetched       datetime64[us, UTC]  -        when the answer had arrived
            ================  ===================  =======  ==================================================

            Empty, with the same columns, when no channel is up. Channels move while they are listed: the list is no
            atomic snapshot.

        Raises
        ------
        LoginError       the PBX refused the account
        AccessDenied     the account may not run Status
        ActionError      the PBX answered ``Response: Error``
        IncompleteList   the list began but its end is missing; ``.partial`` has what came
        ConnectError     no answer, time-out, connection lost

        Notes
        -----
        Source: AMI action ``Status``, event ``StatusComplete``; Asterisk 16 and 22. Seconds count from creation, not
        from answer. Variables asked for by name are cut by the PBX at 511 bytes.
        """
        asked = _names(variables)
        fields = {"Channel": channel, "Variables": ",".join(asked) or None, "AllVariables": all_variables or None}
        return self._ask("Status", fields).frame()

    def commands(self) -> pd.DataFrame:
        """Fetch the actions that the account may run, one row per action.

        Returns
        -------
        pandas.DataFrame
            ``action``, ``synopsis``, ``privileges`` (list of str; empty when no right is needed) and ``amf_fetched``.

        Raises
        ------
        LoginError       the PBX refused the account
        ConnectError     no answer, time-out, connection lost

        Notes
        -----
        Source: AMI action ``ListCommands``; Asterisk 16 and 22. Its XML form loses the spelling of the names, so over
        ``mxml`` it is asked at ``/rawman`` in the same session; ``attrs["amiframe"]["interface"]`` says so.
        """
        return self._ask("ListCommands", lossy=True).frame()

    def _ask(self, name: str, given: dict[str, Any] | None = None, *, lossy: bool = False) -> Reply:
        """Ask; `lossy` says that XML loses something of the answer, so the raw twin of an XML path is asked first."""
        fields = actions.fields(name, given or {})
        path = self._target.interface
        twin = _TWINS.get(path) if lossy else None
        messages = None
        if twin:
            try:
                messages = self._session.ask(fields, path=twin)
            except HTTPStatusError:
                twin = None  # no raw path here: the XML is read as well as it can be
        if messages is None:
            messages = self._session.ask(fields)
        return Reply.from_messages(
            messages,
            action=name,
            pbx=self._target.url,
            interface=f"{path} via {twin}" if twin else path,
            fetched=datetime.now(UTC),
        )


def _names(variables: Iterable[str] | None) -> Sequence[str]:
    if isinstance(variables, str):
        raise ConfigError("variables is a list of names", hint=f"variables=[{variables!r}]")
    return list(variables or ())
