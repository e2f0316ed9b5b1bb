"""Requests of Originate, checked before they are sent.

Source: action Originate of Asterisk's manager, measured on 16.28 and 22.10.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


def request(
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
) -> Origination:
    r"""Return a request with its fields, checked; nothing is sent.

    Raises
    ------
    ActionRefused
        The PBX would refuse or misread it.

    Examples
    --------
    >>> call = request("PJSIP/100", exten="200", context="outgoing", ring_timeout=20, variables={"NAME": "a,b"})
    >>> dict(call.fields)["Timeout"], dict(call.fields)["Variable"], call.outcome
    ('20000', 'NAME=a\\,b', 'pending')
    """
    values = {
        "channel": channel,
        "exten": exten,
        "context": context,
        "priority": priority,
        "application": application,
        "data": data,
        "ring_timeout": ring_timeout,
        "callerid": callerid,
        "account": account,
        "codecs": codecs,
        "channelid": channelid,
        "otherchannelid": otherchannelid,
    }
    for name, value in values.items():
        if isinstance(value, Secret):
            raise _refused("a Secret is no part of a call: its fields are shown, and the PBX logs them")
        if isinstance(value, bool):
            raise _refused(f"{name}={value} is a flag, and {name} takes a text or a number")
    _check(values)
    uniqueid = channelid or f"amf-{uuid.uuid4().hex[:20]}"
    for name, value in (("channelid", uniqueid), ("otherchannelid", otherchannelid)):
        if value is not None and len(value.encode()) > MAX_ID:
            raise _refused(f"{name} is longer than {MAX_ID} bytes")
    if callerid is not None and len(callerid.encode()) > MAX_CALLERID_BYTES:
        raise _refused(f"callerid is longer than {MAX_CALLERID_BYTES} bytes")
    actionid = f"amf-{uuid.uuid4().hex[:20]}"
    given = {
        "Channel": channel,
        "Exten": exten,
        "Context": context,
        "Priority": 1 if exten is not None and priority is None else priority,
        "Application": application,
        "Data": data,
        "Timeout": None if ring_timeout is None else round(ring_timeout * 1000),
        "CallerID": callerid,
        "Variable": [assignment(name, value) for name, value in _pairs(variables) if value is not None],
        "Account": account,
        "EarlyMedia": earlymedia,
        "Async": async_,
        "Codecs": codecs if isinstance(codecs, str) or codecs is None else ",".join(codecs),
        "ChannelId": uniqueid,
        "OtherChannelId": otherchannelid,
    }
    fields = actions.fields("Originate", given, actionid=actionid)
    sent = tuple((name, str(value)) for name, value in fields)
    actions.encode(fields)  # the limits of the whole request are known before anything is sent
    return Origination(False, "pending", None, None, None, None, uniqueid, actionid, sent)


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


def _check(values: Mapping[str, Any]) -> None:
    """Refuse what the PBX would refuse, or take for something else."""
    technology, _, resource = str(values["channel"]).partition("/")
    if not (technology.strip() and resource.strip()):
        raise _refused("a channel is TECHNOLOGY/resource", "for example PJSIP/100 or Local/200@default")
    for name in ("exten", "context", "priority", "application"):
        if values[name] is not None and str(values[name]).strip() in ("", *(["0"] if name == "priority" else [])):
            raise _refused(f"{name}={values[name]!r} is nothing to the PBX: the call would be answered and dropped")
    if values["application"] is not None:
        if any(values[name] is not None for name in ("exten", "context", "priority")):
            raise _refused("application and exten both given: the PBX would take the application only", "leave one out")
    elif values["data"] is not None:
        raise _refused("data belongs to an application, and none is given")
    elif values["exten"] is None or values["context"] is None:
        raise _refused("where shall the call go?", "exten and context, or application")
    ring_timeout: float | None = values["ring_timeout"]
    if ring_timeout is not None and not (isinstance(ring_timeout, Real) and 1 <= ring_timeout <= 86_400):
        raise _refused(
            f"ring_timeout={ring_timeout!r} is not between 1 second and a day",
            "it is in seconds; the PBX itself counts in milliseconds, where 0 rings without end",
        )


def _refused(message: str, hint: str | None = None) -> ActionRefused:
    return ActionRefused(message, action="Originate", hint=hint)
