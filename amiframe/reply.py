"""Whole answers: a response with its list, or the documentation of an action, each with its frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import pandas as pd

from amiframe import frames
from amiframe.errors import ActionError, IncompleteList, ParseError
from amiframe.schema import REPLIES, SIGNATURES
from amiframe.schema.list_actions import BY_END, LISTS, ListAction
from amiframe.wire.command_docs import CommandDoc, parse_docs
from amiframe.wire.list_commands import is_command_list, parse_commands
from amiframe.wire.message import WAIT_END, Message
from amiframe.wire.raw_bulk import ListAnswer, event_names

_WAITED = "Waiting for Event completed."
_COMMON = frozenset({"No such channel"})  # many actions say it; only of Status is it known to mean an empty list


@dataclass(frozen=True)
class Reply:
    """One answer of the PBX.

    Parameters
    ----------
    response : Message
        The first message: ``Success``, ``Error``, ``Goodbye`` ...
    events : sequence of Message
        The items of the list, or the events that WaitEvent brought, without the message that ends them.
    complete : Message, optional
        The message that ends the list, with the server's counts.
    action : str, optional
        The action that was asked, where it is known (a saved answer does not say it).
    pbx, interface, source : str, optional
        Where the answer came from: PBX and path, or file.
    fetched : datetime, optional
        When the answer had arrived (aware, UTC).
    cut : bool
        Whether the input ended inside a message, so that something may be missing.
    """

    response: Message
    events: Sequence[Message] = ()
    complete: Message | None = None
    action: str | None = None
    pbx: str | None = None
    interface: str | None = None
    source: str | None = None
    fetched: datetime | None = None
    cut: bool = False

    @classmethod
    def from_messages(cls, messages: Sequence[Message], **about: Any) -> Reply:
        """Put the messages of one answer together.

        Raises
        ------
        ParseError
            There is no response at the head, or there are several.
        """
        if isinstance(messages, ListAnswer):
            return cls(messages.response, messages.items, messages.complete, **about)
        if not messages or messages[0].kind != "response":
            first = messages[0].pairs[0] if messages else ("", "")
            raise ParseError(
                "no AMI answer: it does not begin with Response:",
                excerpt=": ".join(first)[:60],
                hint="an event log is read with read_events",
                offset=0,
            )
        response, *rest = messages
        if any(m.kind == "response" for m in rest):
            raise ParseError(
                "several answers in one input", hint="read_events reads the events of a log; keep one answer a file"
            )
        end = next((m for m in reversed(rest) if _ends_list(m)), None)
        events = tuple(m for m in rest if m is not end)
        return cls(response, events, end, **about)

    @property
    def ok(self) -> bool:
        """Whether the PBX did not say Error."""
        return self.response.error is None

    @property
    def message(self) -> str:
        """The server's ``Message``, or an empty text."""
        return self.response.get("Message") or ""

    @property
    def output(self) -> str:
        """The text that a CLI command printed, with its indentation."""
        return "\n".join(self.response.all("Output"))

    @property
    def is_list(self) -> bool:
        """Whether the answer announced a list (``EventList: start``)."""
        return (self.response.get("EventList") or "").lower() == "start"

    @property
    def is_empty_list(self) -> bool:
        """Whether the answer is an Error that only says that a list has nothing in it."""
        entry = self._list_action()
        return entry is not None and self.response.error in entry.empty

    def as_empty(self) -> Reply:
        """Return an empty list in place of this answer, for an action that the PBX does not have."""
        pairs = (("Response", "Success"), ("EventList", "start"))
        return replace(self, response=Message(pairs), events=(), complete=Message((("EventList", "Complete"),)))

    def raise_for_error(self) -> None:
        """Raise ActionError if the PBX said Error."""
        if self.response.error is not None:
            raise ActionError(self.response.error or "Error", reply=self, pbx=self.pbx, action=self.action)

    def frame(self, *, raw_values: bool = False) -> pd.DataFrame:
        r"""Return the answer as a frame.

        Parameters
        ----------
        raw_values : bool
            Keep every value as the server's text, its words for nothing too.

        Returns
        -------
        pandas.DataFrame
            A list: one row per item; of several kinds, one wide frame with ``event``. ListCommands: one row per
            action. A CLI command: one row per line in ``output``. Events of WaitEvent: one row each. Anything else:
            one row, one column a header. A list with nothing in it has all its columns.

        Raises
        ------
        ActionError
            The PBX said Error (but where the error only means that a list is empty).
        IncompleteList
            The list's end is missing, or items are; ``.partial`` holds what came.

        Examples
        --------
        >>> reply = Reply(Message((("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "1711272193.709205"))))
        >>> reply.frame()["timestamp"][0]
        Timestamp('2024-03-24 09:23:13.709205+0000', tz='UTC')
        """
        entry = self._list_action()
        is_empty = self.is_empty_list
        if not is_empty:
            self.raise_for_error()
        is_commands = self._is("ListCommands") and is_command_list(self.response)
        about = self._about("ListCommands" if is_commands else entry.action if entry else self._single())
        if is_empty or self.is_list or (self.events and not self._is_wait()):
            missing = None if is_empty else self._missing(entry)
            whole = is_empty or (not self._is_forged(entry) if self.is_list else not self.cut)
            about["fetched_complete"] = missing is None and whole
            frame = frames.list_frame(self.events, about, entry=entry, fetched=self.fetched, raw_values=raw_values)
            if missing:
                raise IncompleteList(missing, partial=frame, pbx=self.pbx, action=about["action"])
            return frame
        if self._is_wait():
            builder = frames.event_builder(None, raw_values=raw_values)
            for event in self.events:
                builder.add(event)
            about["fetched_complete"] = self.complete is not None
            return frames.event_frame(builder, about, received=self.fetched)
        if self.response.get("Output") is not None:
            return frames.output_frame(self.response.all("Output"), about, fetched=self.fetched)
        if is_commands:
            return frames.commands_frame(parse_commands(self.response), about, fetched=self.fetched)
        return frames.single_frame(
            self.response, about, table=self._single(), fetched=self.fetched, raw_values=raw_values
        )

    def tables(self, *, raw_values: bool = False) -> dict[str, pd.DataFrame]:
        """Return the items of a mixed list (QueueStatus), one dense frame per kind of item.

        Raises
        ------
        ActionError, IncompleteList
            As :meth:`frame`.
        """
        entry = self._list_action()
        if not self.is_empty_list:
            self.raise_for_error()
            if self._missing(entry):
                self.frame()  # raises IncompleteList with what came
        names = dict.fromkeys([*(entry.items if entry else ()), *event_names(self.events)])
        return {
            name: frames.list_frame(
                [m for m in self.events if m.name == name],
                self._about(entry.action if entry else ""),
                entry=ListAction(name, (name,), ""),
                fetched=self.fetched,
                raw_values=raw_values,
            )
            for name in names
        }

    def docs(self) -> list[ActionDoc]:
        """Return what ``manager show command NAME ...`` printed, one entry per documented action.

        Raises
        ------
        ParseError
            The output is not such a text.
        """
        # over an XML path the indentation is lost; a saved answer does not say which path it came from
        indented = None if self.interface is None else "raw" in self.interface
        docs = parse_docs(self.response.all("Output"), indented=indented)
        return [ActionDoc(*(getattr(doc, f.name) for f in fields(doc))) for doc in docs]

    def _is(self, action: str) -> bool:
        return self.action is None or self.action.lower() == action.lower()

    def _is_wait(self) -> bool:
        """Whether the answer is WaitEvent's: events of the server, not items of a list."""
        return self.message == _WAITED or (self.complete is not None and self.complete.name == WAIT_END)

    def _list_action(self) -> ListAction | None:
        if self.action:
            return LISTS.get(self.action.lower())
        if self.complete is not None:
            return BY_END.get(self.complete.name)
        reason = self.response.error
        if reason is None or reason in _COMMON:
            return None
        return next((entry for entry in LISTS.values() if reason in entry.empty), None)

    def _single(self) -> str:
        if self.action:
            return next((name for name in REPLIES if name.lower() == self.action.lower()), "")
        headers = {name.lower() for name, _ in self.response}
        return next((name for name, mark in SIGNATURES.items() if mark in headers), "")

    def _about(self, recognized: str) -> dict[str, Any]:
        """Return the provenance; `recognized` is the action that the form of the answer shows."""
        return frames.about(
            pbx=self.pbx,
            interface=self.interface,
            action=self.action or recognized or None,
            fetched=self.fetched,
            complete=not self.cut,
            source=self.source,
        )

    def _missing(self, entry: ListAction | None) -> str | None:
        """Say what is missing from the list, or nothing."""
        if not self.is_list:
            return None  # a few actions send an event without the marks of a list (FAXStats)
        if self.complete is None:
            return f"the list was cut off: {len(self.events)} items came, its end did not"
        announced, count = self._announced(), self._counted(entry)
        if announced is not None and announced > count:
            return f"the list is not whole: the PBX sent {announced} items, {count} are here"
        return None

    def _counted(self, entry: ListAction | None) -> int:
        """Return how many of the items are of a kind that the PBX counts."""
        if entry is None or not entry.counted:
            return len(self.events)
        return sum(name in entry.counted for name in event_names(self.events))

    def _is_forged(self, entry: ListAction | None) -> bool:
        """Whether more items came than the PBX counted: a variable with line ends in it made further ones."""
        announced = self._announced()  # of an action that we do not know, the number may count something else
        return entry is not None and announced is not None and announced < self._counted(entry)

    def _announced(self) -> int | None:
        """Return how many items the PBX says it sent."""
        text = (self.complete.get("ListItems") or "") if self.complete else ""
        return int(text) if text.isascii() and text.isdigit() else None


def _ends_list(message: Message) -> bool:
    return (message.get("EventList") or "").lower() == "complete" or message.name == WAIT_END


@dataclass(frozen=True, slots=True)
class ActionDoc(CommandDoc):
    """What the PBX's own documentation says of an action; the fields are those of ``CommandDoc``."""

    def frame(self) -> pd.DataFrame:
        """Return the arguments, one row each.

        Returns
        -------
        pandas.DataFrame
            ===========  ==================  ===========================================================
            column       dtype               meaning
            ===========  ==================  ===========================================================
            action       str                 action
            argument     str                 argument, as the documentation spells it
            required     boolean             whether the syntax demands it; NA when the syntax is silent
            position     Int64               1, 2, ... in the order of the syntax
            description  str                 text; NA when there is none
            choices      list of str         the values it may take, where the documentation lists them
            ===========  ==================  ===========================================================
        """
        return frames.arguments_frame([self], frames.about(action=self.action))


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Channels, queues and endpoints of a PBX, fetched one after the other; each frame has its own ``amf_fetched``.

    Parameters
    ----------
    status : pandas.DataFrame
        One row per channel.
    queues, members, waiting : pandas.DataFrame
        One row per queue, per member of a queue, per waiting caller.
    endpoints : pandas.DataFrame
        One row per PJSIP endpoint.
    """

    status: pd.DataFrame
    queues: pd.DataFrame
    members: pd.DataFrame
    waiting: pd.DataFrame
    endpoints: pd.DataFrame

    @property
    def has_endpoints(self) -> bool:
        """Whether the account was allowed to list the endpoints; if not, `endpoints` is empty."""
        return "refused" not in self.endpoints.attrs.get("amiframe", {})
