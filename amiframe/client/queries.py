"""Questions to a PBX that read: each returns a frame, or what a frame is made of."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from amiframe import frames
from amiframe.client.connection import Connection, Given
from amiframe.errors import AccessDenied, ActionError, ConfigError
from amiframe.reply import ActionDoc, Reply, Snapshot
from amiframe.schema.actions import ACTIONS
from amiframe.wire.message import Message

_DOCS_AT_ONCE = 50  # the PBX prints at most 59 documentations in one answer, then cuts without a word
_UNKNOWN = "Invalid/unknown command"
_NEEDS_COMMAND = "the PBX's own documentation comes through its CLI: the account's write= line needs `command`"


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


class Reading(Connection):
    """The questions that change nothing, and ``action``, which may."""

    def ping(self) -> Ping:
        """Ask whether the PBX answers.

        Returns
        -------
        Ping
            ``latency_s`` in seconds and ``server_time`` (UTC).

        Raises
        ------
        LoginError
            The PBX refused the account.
        ConnectError
            No answer, time-out, connection lost.
        """
        with self._session.exclusive():
            self._session.log_in()
            started = time.perf_counter()
            reply = self._run("Ping")
            latency = time.perf_counter() - started
        reply.raise_for_error()
        return Ping(self._target.url, latency, frames.server_time(reply.response))

    def info(self) -> pd.DataFrame:
        """Fetch what the PBX says of itself: version, limits, start, calls up.

        Returns
        -------
        pandas.DataFrame, one row
            The columns of CoreSettings and CoreStatus in the data dictionary, among them ``asteriskversion`` (str),
            ``corecurrentcalls`` (Int64, channels up), ``corestartupdate`` and ``corestartuptime`` (str: the PBX tells
            them without a zone).

        Raises
        ------
        AccessDenied
            The account may not run CoreSettings.
        LoginError, ConnectError
            As :meth:`ping`.
        """
        with self._session.exclusive():
            settings, status = self._run("CoreSettings"), self._run("CoreStatus")
        settings.raise_for_error()
        status.raise_for_error()
        both = settings.response.pairs + status.response.pairs[1:]
        return replace(status, response=Message(both), action="Info").frame()

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
        LoginError
            The PBX refused the account.
        AccessDenied
            The account may not run Status.
        ActionError
            The PBX answered ``Response: Error``.
        IncompleteList
            The list began but its end is missing; ``.partial`` has what came.
        ConnectError
            No answer, time-out, connection lost.

        Notes
        -----
        Source: AMI action ``Status``, event ``StatusComplete``; Asterisk 16 and 22. Seconds count from creation, not
        from answer. Variables asked for by name are cut by the PBX at 511 bytes.
        """
        asked = _names(variables)
        fields = {"Channel": channel, "Variables": ",".join(asked) or None, "AllVariables": all_variables or None}
        return self._run("Status", fields).frame()

    def commands(self) -> pd.DataFrame:
        """Fetch the actions that the account may run, one row per action.

        Returns
        -------
        pandas.DataFrame
            ``action``, ``synopsis``, ``privileges`` (list of str; empty when no right is needed) and ``amf_fetched``.

        Raises
        ------
        LoginError
            The PBX refused the account.
        ConnectError
            No answer, time-out, connection lost.

        Notes
        -----
        Source: AMI action ``ListCommands``; Asterisk 16 and 22. Its XML form loses the spelling of the names, so over
        ``mxml`` it is asked at ``/rawman`` in the same session; ``attrs["amiframe"]["interface"]`` says so.
        """
        return self._run("ListCommands").frame()

    def cli(self, command: str) -> str:
        """Run a command of the PBX's own command line.

        Parameters
        ----------
        command : str
            For example ``"core show channels"``. A command that is not a ``show`` is sent at most once.

        Returns
        -------
        str
            What it printed, with its indentation.

        Raises
        ------
        AccessDenied
            The account lacks the ``command`` right.
        ActionError
            There is no such command, or it failed; the message is what it printed.
        """
        reply = self._run("Command", {"Command": command})
        if not reply.ok:
            raise ActionError(
                reply.output.strip() or reply.message or "Error", reply=reply, pbx=self._target.url, action="Command"
            )
        return reply.output

    def describe(self, action: str) -> ActionDoc:
        """Fetch what the PBX itself says of an action.

        Parameters
        ----------
        action : str
            Name of the action, in any case.

        Returns
        -------
        ActionDoc
            ``synopsis``, ``syntax``, ``arguments``, ``privileges``, ``see_also``, ``responses``; ``.frame()`` has one
            row per argument.

        Raises
        ------
        ConfigError
            The PBX has no action of this name.
        AccessDenied
            The account lacks the ``command`` right.
        """
        return self._docs([action])[0]

    def arguments(self, actions: Iterable[str] | None = None, *, progress: bool | None = None) -> pd.DataFrame:
        """Fetch the arguments of many actions from the PBX's own documentation.

        Parameters
        ----------
        actions : sequence of str, optional
            Names of actions. Default: all that the account may run.
        progress : bool, optional
            Show a progress bar; default: at a terminal, when it takes long.

        Returns
        -------
        pandas.DataFrame
            One row per (action, argument): ``action``, ``argument`` (str), ``required`` (boolean), ``position``
            (Int64, from 1), ``description`` (str), ``choices`` (list of str). An action without arguments has no row.

        Raises
        ------
        ConfigError
            The PBX has no action of a given name.
        AccessDenied
            The account lacks the ``command`` right.

        Notes
        -----
        Source: ``manager show command``, up to 50 actions a request.
        """
        with self._session.exclusive():
            names = self.commands()["action"].tolist() if actions is None else _names(actions)
            docs: list[ActionDoc] = []
            # the total is known from the start: a bar that is told later shows itself in a notebook, quick or not
            with tqdm(
                total=len(names),
                unit=" actions",
                desc="reading",
                leave=False,
                delay=0 if progress else 2,
                disable=None if progress is None else not progress,
            ) as bar:
                for begin in range(0, len(names), _DOCS_AT_ONCE):
                    part = names[begin : begin + _DOCS_AT_ONCE]
                    docs += self._docs(part)
                    bar.update(len(part))
        return frames.arguments_frame(
            docs, frames.about(pbx=self._target.label, interface=self._target.interface, action="Command")
        )

    def action(self, name: str, fields: Given = None, /, **more: Any) -> Reply:
        """Send any action.

        Parameters
        ----------
        name : str
            The action.
        fields : mapping or pairs, optional
            Its fields; a list repeats the field, an :class:`amiframe.Secret` is shown by no traceback.
        **more
            Further fields. Header names have no regard for case.

        Returns
        -------
        Reply
            ``.response``, ``.events`` and ``.frame()``.

        Raises
        ------
        ActionRefused
            A field that the PBX could not take as it is meant; nothing was sent.
        ActionError
            The PBX answered ``Response: Error``.
        AccessDenied, LoginError, SessionLost, ConnectError
            The right, the account, the session, the connection. An action that is not known to read only is sent at
            most once.
        """
        reply = self._run(name, fields, more)
        if not reply.is_empty_list:
            reply.raise_for_error()
        return reply

    def table(self, name: str, fields: Given = None, /, **more: Any) -> pd.DataFrame:
        """Send a list action; return its items, one row each (mixed kinds: one wide frame with ``event``).

        Parameters
        ----------
        name, fields, **more
            As :meth:`action`.

        Returns
        -------
        pandas.DataFrame
            The columns of the items in the data dictionary; headers that no table knows are text.

        Raises
        ------
        IncompleteList
            The list began but its end is missing; ``.partial`` has what came.
        ActionError, ActionRefused, AccessDenied, ConnectError
            As :meth:`action`.
        """
        return self.action(name, fields, **more).frame()

    def tables(self, name: str, fields: Given = None, /, **more: Any) -> dict[str, pd.DataFrame]:
        """Send a list action with items of several kinds (QueueStatus); return one frame per kind.

        Parameters
        ----------
        name, fields, **more
            As :meth:`action`.

        Returns
        -------
        dict of str to pandas.DataFrame
            By the items' event name.
        """
        return self.action(name, fields, **more).tables()

    def snapshot(self, *, partial: bool = False) -> Snapshot:
        """Fetch channels, queues and endpoints, one after the other.

        Parameters
        ----------
        partial : bool
            For an account that may not list endpoints: leave them out (``Snapshot.has_endpoints`` is then False)
            instead of raising.

        Returns
        -------
        Snapshot
            ``status``, ``queues``, ``members``, ``waiting``, ``endpoints``: frames, each with its own ``amf_fetched``.
            A PBX without queues or without PJSIP has empty frames there.

        Raises
        ------
        AccessDenied
            The account may not run Status or QueueStatus, or without `partial` PJSIPShowEndpoints.
        """
        with self._session.exclusive():
            status = self.status()
            queue = self.list_or_empty("QueueStatus").tables()
            endpoints = self._endpoints(partial)
        return Snapshot(status, queue["QueueParams"], queue["QueueMember"], queue["QueueEntry"], endpoints)

    def _endpoints(self, may_be_refused: bool) -> pd.DataFrame:
        """Return the endpoints; an empty frame whose provenance says so where the account may not list them."""
        try:
            return self.list_or_empty("PJSIPShowEndpoints").frame()
        except AccessDenied as error:
            if not may_be_refused:
                raise
            frame = Reply(Message(()), action="PJSIPShowEndpoints", pbx=error.pbx).as_empty().frame()
        frame.attrs["amiframe"] = {**frame.attrs.get("amiframe", {}), "refused": "PJSIPShowEndpoints"}
        return frame

    def list_or_empty(self, name: str) -> Reply:
        """Return the answer of a list action; an empty list where the PBX has no such action."""
        reply = self._run(name)
        return reply.as_empty() if not reply.ok and reply.message.startswith(_UNKNOWN) else reply

    def _docs(self, names: Sequence[str]) -> list[ActionDoc]:
        """Return the documentation of the named actions, in their order."""
        for name in names:
            if not name or name.split() != [name]:
                raise ConfigError(f"{name!r} is no name of an action")
        try:
            reply = self._run("Command", {"Command": f"manager show command {' '.join(names)}"})
        except AccessDenied as error:
            error.hint = _NEEDS_COMMAND
            raise
        reply.raise_for_error()
        found = {doc.action.lower(): doc for doc in reply.docs()}
        missing = next((name for name in names if name.lower() not in found), None)
        if missing is not None:
            near = difflib.get_close_matches(missing.lower(), ACTIONS, 1)
            raise ConfigError(
                f"the PBX documents no action {missing!r}",
                pbx=self._target.url,
                hint=f"did you mean {ACTIONS[near[0]].name!r}?" if near else "commands() lists the actions",
            )
        return [found[name.lower()] for name in names]


def _names(names: Iterable[str] | None) -> list[str]:
    if isinstance(names, str):
        raise ConfigError("a list of names is needed", hint=f"[{names!r}]")
    return list(names or ())
