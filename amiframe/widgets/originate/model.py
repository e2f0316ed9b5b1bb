"""Fields of the originate form as arguments of ``pbx.originate``, and what the PBX offers for them."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from amiframe.client import Pbx
from amiframe.client.origination import Origination, request
from amiframe.errors import AccessDenied, ActionError, ActionRefused

APPLICATIONS = (
    "ConfBridge",
    "Echo",
    "Milliwatt",
    "MusicOnHold",
    "Park",
    "Playback",
    "Queue",
    "SayDigits",
    "VoiceMailMain",
    "Wait",
)
"""Applications that are offered when the PBX does not say which it has."""

_UNREACHABLE = ("unavailable", "invalid")
_NEW_IDS = ("ActionID", "ChannelId")


@dataclass(frozen=True, slots=True)
class OriginateFields:
    """The fields of the form: texts, empty where nothing was given.

    Parameters
    ----------
    channel, exten, context, priority, application, data, ring_timeout, callerid, account, codecs, channelid, \
otherchannelid : str
    to_application : bool
        Whether the answered channel runs `application` in place of going to `exten`.
    variables : tuple of (str, str)
    earlymedia, async_ : bool
    """

    channel: str = ""
    to_application: bool = False
    exten: str = ""
    context: str = ""
    priority: str = ""
    application: str = ""
    data: str = ""
    ring_timeout: str = ""
    callerid: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    account: str = ""
    earlymedia: bool = False
    async_: bool = True
    codecs: str = ""
    channelid: str = ""
    otherchannelid: str = ""

    def arguments(self) -> dict[str, Any]:
        """Return what was given as arguments of ``pbx.originate``, the channel among them.

        Raises
        ------
        ActionRefused
            The ringing time is no number.

        Examples
        --------
        >>> call = OriginateFields(channel="PJSIP/100", exten="200", context="default", ring_timeout="20")
        >>> call.arguments()
        {'channel': 'PJSIP/100', 'exten': '200', 'context': 'default', 'ring_timeout': 20.0}
        """
        where = ("application", "data") if self.to_application else ("exten", "context", "priority")
        texts = ("channel", *where, "callerid", "account", "codecs", "channelid", "otherchannelid")
        # blanks at the head and the end of data may be meant
        given = {name: getattr(self, name) if name == "data" else getattr(self, name).strip() for name in texts}
        arguments: dict[str, Any] = {name: value for name, value in given.items() if value or name == "channel"}
        if self.ring_timeout.strip():
            arguments["ring_timeout"] = _seconds(self.ring_timeout)
        named = {name.strip(): value for name, value in reversed(self.variables) if name.strip()}
        if named:
            arguments["variables"] = dict(reversed(named.items()))
        if self.earlymedia:
            arguments["earlymedia"] = True
        if not self.async_:
            arguments["async_"] = False
        return arguments

    def target(self) -> str:
        """Return in short where the answered channel goes."""
        if self.to_application:
            return f"{self.application}({self.data})"
        return f"{self.exten}@{self.context}"


@dataclass(frozen=True, slots=True)
class DialplanInfo:
    """Endpoints, contexts and applications of a PBX, for the form to offer.

    Parameters
    ----------
    channels : mapping of str to str
        Endpoints as one dials them, each with its state.
    extensions : mapping of str to sequence of str
        The extensions of each context; a context whose extensions are not known has none.
    open_contexts : frozenset of str
        Contexts that take more than their extensions say: by patterns or from elsewhere.
    applications : tuple of str
    notes : tuple of str
        What could not be fetched, and why.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    open_contexts: frozenset[str] = frozenset()
    applications: tuple[str, ...] = APPLICATIONS
    notes: tuple[str, ...] = ()


def _seconds(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise ActionRefused(
            f"the ringing time {text.strip()!r} is no number", action="Originate", hint="seconds, for example 30"
        ) from None


def checked_request(fields: OriginateFields) -> Origination:
    """Return the request of filled-in fields; nothing is sent.

    Raises
    ------
    ActionRefused
        The PBX would refuse or misread it.

    Examples
    --------
    >>> checked_request(OriginateFields(channel="PJSIP/100")).fields
    Traceback (most recent call last):
    amiframe.errors.ActionRefused: where shall the call go? [Originate]
      hint: exten and context, or application
    """
    return request(**fields.arguments())


def field_table(asked: Origination, *, is_sent: bool) -> pd.DataFrame:
    """Return the fields of a request as rows; an id that each call gets anew is shown only in the one that is sent."""
    rows = [
        (name, value if is_sent or name not in _NEW_IDS or not value.startswith("amf-") else "(made for each call)")
        for name, value in asked.fields
    ]
    return pd.DataFrame(rows, columns=["field", "value"], dtype="str")


def warnings_for(fields: OriginateFields, dialplan: DialplanInfo) -> list[str]:
    """Return what looks wrong compared with what the PBX has; it may be meant all the same.

    Examples
    --------
    >>> warnings_for(OriginateFields(channel="PJSIP/10"), DialplanInfo(channels={"PJSIP/100": "Not in use"}))
    ['the PBX has no endpoint PJSIP/10: did you mean PJSIP/100?']
    """
    warnings = [*_channel_warnings(fields.channel.strip(), dialplan)]
    if not fields.to_application:
        warnings += _dialplan_warnings(fields.exten.strip(), fields.context.strip(), dialplan)
    repeated = [
        name for name, count in Counter(name.strip() for name, _ in fields.variables).items() if name and count > 1
    ]
    return warnings + [f"the variable {name} is given twice: the first one counts" for name in repeated]


def _channel_warnings(channel: str, dialplan: DialplanInfo) -> list[str]:
    technology, _, rest = channel.partition("/")
    states = {name.lower(): (name, state) for name, state in dialplan.channels.items()}
    if technology.upper() != "PJSIP" or not rest or not states:
        return []
    # PJSIP/number@endpoint dials through an endpoint, PJSIP/endpoint/sip:... an address of its own
    endpoint = rest.split("/")[0].rpartition("@")[2]
    name, state = states.get(f"pjsip/{endpoint}".lower(), (None, ""))
    if name is None:
        return [f"the PBX has no endpoint PJSIP/{endpoint}{_suggestion(f'PJSIP/{endpoint}', dialplan.channels)}"]
    return [f"{name} is {state.lower()} now"] if state.lower().startswith(_UNREACHABLE) else []


def _dialplan_warnings(exten: str, context: str, dialplan: DialplanInfo) -> list[str]:
    if not context or not dialplan.extensions:
        return []
    if context not in dialplan.extensions:
        return [f"no context {context} is known{_suggestion(context, dialplan.extensions)}"]
    extensions = dialplan.extensions[context]
    if exten and extensions and context not in dialplan.open_contexts and exten not in extensions:
        return [f"context {context} has no extension {exten}"]
    return []


def _suggestion(name: str, names: Collection[str]) -> str:
    completions = [one for one in names if one.startswith(name)]  # it is being typed still
    near = completions or difflib.get_close_matches(name, names, 1)
    return f": did you mean {near[0]}?" if near else ""


def fetch_dialplan(pbx: Pbx) -> DialplanInfo:
    """Ask a PBX what a form can offer: endpoints, the dialplan, applications; what the account may not ask is noted.

    Raises
    ------
    LoginError, ConnectError
        As :meth:`Pbx.ping`.
    """
    notes: list[str] = []
    channels: dict[str, str] = {}
    try:
        endpoints = pbx.list_or_empty("PJSIPShowEndpoints").frame()
        channels = {f"PJSIP/{name}": str(state) for name, state in _pairs(endpoints, "objectname", "devicestate")}
    except AccessDenied:
        notes.append("no endpoints: the account's write= line needs system")
    extensions, opened = _dialplan(pbx, notes)
    try:
        listed = pbx.cli("core show applications")
        applications = tuple(
            line.split(":")[0].strip() for line in listed.splitlines() if line[:1] == " " and ":" in line
        )
    except (AccessDenied, ActionError):  # its own list is a nicety
        applications = ()
    return DialplanInfo(channels, extensions, opened, applications or APPLICATIONS, tuple(notes))


def _dialplan(pbx: Pbx, notes: list[str]) -> tuple[dict[str, list[str]], frozenset[str]]:
    try:
        plan = pbx.table("ShowDialPlan")
    except (AccessDenied, ActionError) as error:
        why = "needs config or reporting in write=" if isinstance(error, AccessDenied) else "is not told by this PBX"
        notes.append(f"contexts only of the channels that are up: the dialplan {why}")
        return {context: [] for context in _contexts_in_use(pbx)}, frozenset()
    extensions: dict[str, list[str]] = {str(name): [] for name in plan["context"].dropna().unique()}
    opened = set()
    for context, exten in _pairs(plan, "context", "extension"):
        if str(exten).startswith("_"):
            opened.add(context)
        elif exten not in extensions[context]:
            extensions[context].append(exten)
    for column in ("includecontext", "switch"):
        if column in plan.columns:
            opened |= set(plan.loc[plan[column].notna(), "context"])
    return extensions, frozenset(opened)


def _contexts_in_use(pbx: Pbx) -> list[str]:
    try:
        return sorted(str(name) for name in pbx.status()["context"].dropna().unique())
    except AccessDenied:
        return []


def _pairs(frame: pd.DataFrame, one: str, other: str) -> list[tuple[Any, Any]]:
    if one not in frame.columns or other not in frame.columns:
        return []
    return list(frame[[one, other]].dropna().itertuples(index=False, name=None))
