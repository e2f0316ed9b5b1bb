"""Requests of Originate, checked before they are sent.

Source: action Originate of Asterisk's manager, measured on 16.28 and 22.10.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from numbers import Real
from typing import Any

from amiframe.errors import ActionRefused
from amiframe.privacy.secret import Secret
from amiframe.wire import request as actions

MAX_ID = 149
MAX_CALLERID_BYTES = 255

Variables = Mapping[str, Any] | Iterable[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Origination:
    """A call that we asked for, and what became of it.

    Parameters
    ----------
    accepted : bool
        Whether the PBX took the request.
    outcome : str
        ``answered``, ``no answer``, ``busy``, ``rejected``, ``cancelled``, ``failed``, ``congestion``, or ``pending``
        when it is not known (yet).
    reason : int or None
        ``Reason`` of OriginateResponse: 3 no answer in time, 4 answered, 5 busy, 8 congestion, 0 anything else.
    cause : int or None
        Q.850 cause of the channel's hangup, when the call failed and had a channel.
    cause_txt : str or None
        The cause in the server's words.
    channel : str or None
        Name of the channel.
    uniqueid : str
        Id of the channel: ours, or the one given as `channelid`.
    actionid : str
        Id of the request, in all events that belong to it.
    fields : tuple of (str, str)
        What was sent, in order.
    """

    accepted: bool
    outcome: str
    reason: int | None
    cause: int | None
    cause_txt: str | None
    channel: str | None
    uniqueid: str
    actionid: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OriginateArguments:
    """The arguments of a call, as :meth:`Pbx.originate` takes them."""

    channel: str
    exten: str | None = None
    context: str | None = None
    priority: int | str | None = None
    application: str | None = None
    data: str | None = None
    ring_timeout: float | None = None
    callerid: str | None = None
    variables: Variables | None = None
    account: str | None = None
    earlymedia: bool | None = None
    async_: bool = True
    codecs: str | Sequence[str] | None = None
    channelid: str | None = None
    otherchannelid: str | None = None

    def request(self) -> Origination:
        """Return the request with its fields, checked; nothing is sent.

        Raises
        ------
        ActionRefused
            The PBX would refuse or misread it.
        """
        _check_types(self)
        _check_values(self)
        uniqueid, actionid = self.channelid or _new_id(), _new_id()
        ring_ms = None if self.ring_timeout is None else round(self.ring_timeout * 1000)
        is_list = self.codecs is not None and not isinstance(self.codecs, str)
        sent_values = {
            "priority": 1 if self.exten is not None and self.priority is None else self.priority,
            "ring_timeout": ring_ms,
            "variables": [assignment(name, value) for name, value in _pairs(self.variables) if value is not None],
            "codecs": ",".join(self.codecs or ()) if is_list else self.codecs,
            "channelid": uniqueid,
        }
        given = {_header(name): sent_values.get(name, getattr(self, name)) for name in ARGUMENTS}
        fields = actions.fields("Originate", given, actionid=actionid)
        sent = tuple((name, str(value)) for name, value in fields)
        actions.encode(fields)  # the limits of the whole request are known before anything is sent
        return Origination(False, "pending", None, None, None, None, uniqueid, actionid, sent)


ARGUMENTS = tuple(field.name for field in dataclass_fields(OriginateArguments))
_FLAGS = ("earlymedia", "async_")
_HEADERS = {
    "ring_timeout": "Timeout",
    "callerid": "CallerID",
    "variables": "Variable",
    "earlymedia": "EarlyMedia",
    "async_": "Async",
    "channelid": "ChannelId",
    "otherchannelid": "OtherChannelId",
}


def _header(argument: str) -> str:
    return _HEADERS.get(argument, argument.capitalize())


def _new_id() -> str:
    return f"amf-{uuid.uuid4().hex[:20]}"


def request(channel: str, **arguments: Any) -> Origination:
    r"""Return the request of these arguments, checked; nothing is sent.

    Examples
    --------
    >>> call = request("PJSIP/100", exten="200", context="outgoing", ring_timeout=20, variables={"NAME": "a,b"})
    >>> dict(call.fields)["Timeout"], dict(call.fields)["Variable"], call.outcome
    ('20000', 'NAME=a\\,b', 'pending')
    """
    return OriginateArguments(channel, **arguments).request()


def assignment(name: str, value: Any) -> str:
    r"""Return ``NAME=value`` for a Variable field, so that the value arrives as it is.

    The server splits the field at commas and takes double quotes and backslashes for its own syntax.

    Examples
    --------
    >>> assignment("A", 'x,"y"'), assignment("N", 7)
    ('A=x\\,\\"y\\"', 'N=7')
    """
    if not isinstance(name, str) or not name or any(c in name for c in '=,"\\'):
        raise _refused("a variable's name is empty or holds one of = , \" \\")
    if not isinstance(value, str) and not (isinstance(value, Real) and math.isfinite(value)):
        raise _refused(f"a variable's value is a {type(value).__name__}, which is neither text nor a number")
    text = ("1" if value else "0") if isinstance(value, bool) else str(value)
    return f"{name}={text.translate(_QUOTED)}"


_QUOTED = str.maketrans({c: f"\\{c}" for c in '\\,"()[]'})


def _pairs(variables: Variables | None) -> list[tuple[str, Any]]:
    if variables is None:
        return []
    pairs = list(variables.items() if isinstance(variables, Mapping) else variables)
    if isinstance(variables, str) or any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in pairs):
        raise _refused("variables are neither a mapping nor pairs", 'for example {"NAME": "value"}')
    return pairs


def _check_types(call: OriginateArguments) -> None:
    for name in ARGUMENTS:
        value = getattr(call, name)
        if isinstance(value, Secret):
            raise _refused("a Secret is no part of a call: its fields are shown, and the PBX logs them")
        if isinstance(value, bool) and name not in _FLAGS:
            raise _refused(f"{name}={value} is a flag, and {name} takes a text or a number")


def _check_values(call: OriginateArguments) -> None:
    """Refuse what the PBX would refuse, or take for something else."""
    technology, _, resource = str(call.channel).partition("/")
    if not (technology.strip() and resource.strip()):
        raise _refused("a channel is TECHNOLOGY/resource", "for example PJSIP/100 or Local/200@default")
    for name in ("exten", "context", "priority", "application"):
        value = getattr(call, name)
        if value is not None and str(value).strip() in ("", *(["0"] if name == "priority" else [])):
            raise _refused(f"{name}={value!r} is nothing to the PBX: the call would be answered and dropped")
    if call.application is not None:
        if call.exten is not None or call.context is not None or call.priority is not None:
            raise _refused("application and exten both given: the PBX would take the application only", "leave one out")
    elif call.data is not None:
        raise _refused("data belongs to an application, and none is given")
    elif call.exten is None or call.context is None:
        raise _refused("where shall the call go?", "exten and context, or application")
    limit = call.ring_timeout
    if limit is not None and not (isinstance(limit, Real) and 1 <= limit <= 86_400):
        raise _refused(
            f"ring_timeout={limit!r} is not between 1 second and a day",
            "it is in seconds; the PBX itself counts in milliseconds, where 0 rings without end",
        )
    for name, most in (("channelid", MAX_ID), ("otherchannelid", MAX_ID), ("callerid", MAX_CALLERID_BYTES)):
        if len((getattr(call, name) or "").encode()) > most:
            raise _refused(f"{name} is longer than {most} bytes")


def _refused(message: str, hint: str | None = None) -> ActionRefused:
    return ActionRefused(message, action="Originate", hint=hint)
