"""The manager's actions: their spelling, and which of them only read.

Source: ListCommands of Asterisk 16.28 and 22.10 (all rights) and the project's reference page. An action that is not
here counts as changing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from amiframe.privacy.secret import Secret


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the manager.

    Parameters
    ----------
    name : str
        The name as the server spells it.
    changes : bool
        Whether it may change something: on the PBX, or the session and the events that wait in it.
    """

    name: str
    changes: bool


# Getvar and Status read, unless they are asked for functions; see is_read
READS = """
Agents BridgeInfo BridgeList BridgeTechnologyList Challenge ConfbridgeList ConfbridgeListRooms CoreSettings
CoreShowChannelMap CoreShowChannels CoreStatus DBGet DBGetTree DeviceStateList ExtensionState ExtensionStateList
FAXSession FAXSessions FAXStats GetConfig GetConfigJSON Getvar IAXnetstats IAXpeerlist IAXpeers IAXregistry
ListCategories ListCommands MailboxCount MailboxStatus ModuleCheck ParkedCalls Parkinglots Ping PJSIPShowAors
PJSIPShowAuths PJSIPShowContacts PJSIPShowEndpoint PJSIPShowEndpoints PJSIPShowMaintenance
PJSIPShowRegistrationInboundContactStatuses PJSIPShowRegistrationsInbound PJSIPShowRegistrationsOutbound
PJSIPShowResourceLists PJSIPShowSubscriptionsInbound PJSIPShowSubscriptionsOutbound PresenceState PresenceStateList
QueueRule QueueStatus QueueSummary ShowDialPlan SIPpeers SIPpeerstatus SIPshowpeer SIPshowregistry Status
VoicemailBoxSummary VoicemailUsersList VoicemailUserStatus
"""

# Command reads in its known "show" forms only; see is_read. Login, Logoff, Events, Filter and WaitEvent change the
# session: what they took or set is not there for a second try.
CHANGES = """
AbsoluteTimeout AgentLogoff AGI AOCMessage Atxfer BlindTransfer Bridge BridgeDestroy BridgeKick
BridgeTechnologySuspend BridgeTechnologyUnsuspend CancelAtxfer ChangeMonitor Command ConfbridgeKick ConfbridgeLock
ConfbridgeMute ConfbridgeSetSingleVideoSrc ConfbridgeStartRecord ConfbridgeStopRecord ConfbridgeUnlock
ConfbridgeUnmute ControlPlayback CreateConfig DBDel DBDelTree DBPut DialplanExtensionAdd DialplanExtensionRemove
Events Filter Hangup JabberSend LocalOptimizeAway LoggerRotate Login Logoff MessageSend MixMonitor MixMonitorMute
ModuleLoad Monitor MuteAudio Originate Park PauseMonitor PJSIPHangup PJSIPNotify PJSIPQualify PJSIPRegister
PJSIPSetMaintenance PJSIPUnregister PlayDTMF PlayMF QueueAdd QueueChangePriorityCaller QueueLog QueueMemberRingInUse
QueuePause QueuePenalty QueueReload QueueRemove QueueReset QueueWithdrawCaller Redirect Reload SendFlash SendText
Setvar SIPnotify SIPqualifypeer SorceryMemoryCacheExpire SorceryMemoryCacheExpireObject SorceryMemoryCachePopulate
SorceryMemoryCacheStale SorceryMemoryCacheStaleObject StopMixMonitor StopMonitor UnpauseMonitor UpdateConfig
UserEvent VoicemailForward VoicemailMove VoicemailRefresh VoicemailRemove WaitEvent
"""

ACTIONS: dict[str, Action] = {
    name.lower(): Action(name, changes)
    for names, changes in ((READS, False), (CHANGES, True))
    for name in names.split()
}
"""Every known action by its lower-case name."""

OF_SESSION = frozenset({"Events", "Filter", "Login", "Logoff", "WaitEvent"})
"""Actions that change nothing but the session they are sent in."""

_SHOW = re.compile(r"[a-z0-9_]+ show( [^\x00-\x1f]*)?", re.IGNORECASE)
_FUNCTION = re.compile(r"(\w+)\(")
_PURE_FUNCTIONS = frozenset({"CALLERID", "CDR", "CHANNEL", "CONNECTEDLINE"})


def spelling(name: str) -> str:
    """Return the server's spelling of an action's name in any case; an unknown name comes back unchanged.

    Examples
    --------
    >>> spelling("pjsipshowendpoints"), spelling("MyOwn")
    ('PJSIPShowEndpoints', 'MyOwn')
    """
    known = ACTIONS.get(name.lower())
    return known.name if known else name


def is_read(name: str, fields: Iterable[tuple[str, str | Secret]] = ()) -> bool:
    """Return whether an action with these fields only reads; an unknown action does not.

    ``Command`` reads in its ``... show`` forms. ``Getvar`` and ``Status`` do not when they are asked for a function
    that is not known to be free of side effects. What stands in a Secret is not looked at: it may do anything.

    Parameters
    ----------
    name : str
        The action's name in any case.
    fields : iterable of (str, str or Secret)
        The fields that are sent with it.

    Examples
    --------
    >>> is_read("ping"), is_read("Originate"), is_read("Command", [("Command", "core show channels")])
    (True, False, True)
    >>> is_read("Getvar", [("Variable", "CALLERID(num)")]), is_read("Getvar", [("Variable", "SHELL(reboot)")])
    (True, False)
    """
    key = name.lower()
    sent = [(header.lower(), value) for header, value in fields]
    if key == "command":
        commands = [value for header, value in sent if header == "command"]
        return bool(commands) and all(isinstance(one, str) and _SHOW.fullmatch(one.strip()) for one in commands)
    known = ACTIONS.get(key)
    if known is None or known.changes:
        return False
    if key in ("getvar", "status"):
        asked = [value for header, value in sent if header in ("variable", "variables")]
        return all(isinstance(one, str) and _PURE_FUNCTIONS.issuperset(_FUNCTION.findall(one)) for one in asked)
    return True
