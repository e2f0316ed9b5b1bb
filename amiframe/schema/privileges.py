"""Privileges of manager.conf: which actions each opens, what it allows in the wrong hands, what is heard with it.

Source: ListCommands of Asterisk 16.28 and 22.10 with all rights, with and without modules; what is said to be dangerous
was done on both by an account that had nothing else (tests/live/test_live_audit.py).
"""

from __future__ import annotations

from dataclasses import dataclass

NONE = "<none>"
"""What stands in place of a privilege where none is needed."""

_OPENED_BY = {
    "": """
        BridgeDestroy BridgeInfo BridgeKick BridgeList BridgeTechnologyList BridgeTechnologySuspend
        BridgeTechnologyUnsuspend Challenge Events ListCommands Login Logoff Ping QueueChangePriorityCaller QueueReload
        QueueReset QueueRule QueueStatus QueueSummary QueueWithdrawCaller WaitEvent""",
    "system": """
        ConfbridgeStartRecord ConfbridgeStopRecord DBDel DBDelTree DBPut DialplanExtensionAdd DialplanExtensionRemove
        Filter JabberSend MixMonitor ModuleCheck ModuleLoad MuteAudio PJSIPNotify PJSIPSetMaintenance PJSIPShowAors
        PJSIPShowAuths PJSIPShowContacts PJSIPShowEndpoint PJSIPShowEndpoints
        PJSIPShowRegistrationInboundContactStatuses PJSIPShowRegistrationsInbound PJSIPShowResourceLists
        PJSIPShowSubscriptionsInbound PJSIPShowSubscriptionsOutbound SIPnotify SIPpeerstatus SorceryMemoryCacheExpire
        SorceryMemoryCacheExpireObject SorceryMemoryCachePopulate SorceryMemoryCacheStale
        SorceryMemoryCacheStaleObject""",
    "call": """
        Atxfer BlindTransfer Bridge CancelAtxfer ChangeMonitor ConfbridgeKick ConfbridgeLock ConfbridgeMute
        ConfbridgeSetSingleVideoSrc ConfbridgeUnlock ConfbridgeUnmute ControlPlayback FAXSession FAXSessions Monitor
        Park ParkedCalls Parkinglots PauseMonitor PlayDTMF PlayMF Redirect SendFlash SendText Setvar StopMonitor
        UnpauseMonitor""",
    "command": "Command",
    "agent": "AgentLogoff Agents QueueAdd QueueLog QueueMemberRingInUse QueuePause QueuePenalty QueueRemove",
    "user": "UserEvent VoicemailForward VoicemailMove VoicemailRefresh VoicemailRemove",
    "config": "CreateConfig ListCategories UpdateConfig",
    "reporting": "ConfbridgeList ConfbridgeListRooms FAXStats",
    "originate": "Originate",
    "agi": "AGI",
    "aoc": "AOCMessage",
    "message": "MessageSend",
    "system call": "AbsoluteTimeout Hangup LocalOptimizeAway MixMonitorMute PJSIPHangup StopMixMonitor",
    "system config": "GetConfig GetConfigJSON Reload",
    "system reporting": """
        CoreSettings CoreShowChannelMap CoreShowChannels CoreStatus DBGet DBGetTree IAXnetstats IAXpeerlist IAXpeers
        IAXregistry LoggerRotate PJSIPQualify PJSIPRegister PJSIPShowMaintenance PJSIPShowRegistrationsOutbound
        PJSIPUnregister SIPpeers SIPqualifypeer SIPshowpeer SIPshowregistry""",
    "call reporting": """
        DeviceStateList ExtensionState ExtensionStateList Getvar MailboxCount MailboxStatus PresenceState
        PresenceStateList VoicemailBoxSummary VoicemailUsersList VoicemailUserStatus""",
    "config reporting": "ShowDialPlan",
    "system call reporting": "Status",
}
OPENED_BY: dict[str, frozenset[str]] = {
    name.lower(): frozenset(privileges.split())
    for privileges, names in _OPENED_BY.items()
    for name in names.split()
}  # fmt: skip
"""Privileges of each action, by its name in lower case; any one of them is enough. An empty set: none is needed."""

MODULES: dict[str, frozenset[str]] = {
    module: frozenset(name.lower() for name in names.split())
    for module, names in {
        "": """
            AbsoluteTimeout AOCMessage Atxfer BlindTransfer Bridge CancelAtxfer Command CoreSettings CoreShowChannels
            CoreStatus CreateConfig DBDel DBDelTree DBGet DBGetTree DBPut ExtensionState ExtensionStateList Filter
            GetConfig GetConfigJSON Getvar Hangup ListCategories LocalOptimizeAway LoggerRotate MailboxCount
            MailboxStatus MessageSend ModuleCheck ModuleLoad Originate PresenceState Redirect Reload SendText Setvar
            ShowDialPlan Status UpdateConfig UserEvent""",
        "app_confbridge": """
            ConfbridgeKick ConfbridgeList ConfbridgeListRooms ConfbridgeLock ConfbridgeMute ConfbridgeSetSingleVideoSrc
            ConfbridgeStartRecord ConfbridgeStopRecord ConfbridgeUnlock ConfbridgeUnmute""",
        "app_queue": """
            QueueAdd QueueLog QueueMemberRingInUse QueuePause QueuePenalty QueueReload QueueRemove QueueReset QueueRule
            QueueStatus QueueSummary""",
        "res_fax": "FAXSession FAXSessions FAXStats",
    }.items()
}  # fmt: skip
"""Actions that are there together, both on 16 and on 22: those of Asterisk itself, and of a module when it is loaded.

So of an account that may run one of them and not another it is known what it lacks.
"""


@dataclass(frozen=True, slots=True)
class Privilege:
    """One class of ``read=`` and ``write=``.

    Parameters
    ----------
    name : str
    write_risk : str
        Of ``write=``: ``high`` (programs on the PBX's machine, secrets, calls that cost), ``medium`` (calls of others,
        what people are told), ``low``, or empty: it opens nothing.
    allows : str
        What ``write=`` allows.
    read_risk : str
        Of ``read=``: ``high`` (what people type, secrets), ``medium`` (who talks to whom), or empty.
    hears : str
        What is heard with ``read=``; empty: nothing that was seen.
    """

    name: str
    write_risk: str = ""
    allows: str = ""
    read_risk: str = ""
    hears: str = ""


PRIVILEGES: tuple[Privilege, ...] = (
    Privilege(
        "system", "high",
        "As good as a shell on the PBX: it adds an extension that runs a program (DialplanExtensionAdd), has a program "
        "run at the end of a recording (MixMonitor), reads every configuration file with the secrets in it "
        "(GetConfig), unloads modules, and beside originate lifts the ban on applications that run programs.",
        "", "Starts, reloads, modules, registrations.",
    ),
    Privilege(
        "call", "medium",
        "Hangs up and moves any call, also to an extension that dials out (Redirect, Atxfer), sets variables of calls "
        "and global ones (Setvar), on Asterisk 16 records calls to files (Monitor).",
        "medium", "Every call: who, with whom, when, and how it ended; what an originated call came to.",
    ),
    Privilege("log"),
    Privilege("verbose"),
    Privilege(
        "command", "high",
        "The console of the PBX: calls with any application, those that run programs too (channel originate), "
        "extensions (dialplan add), the database; it ends Asterisk and all calls (core stop).",
    ),
    Privilege(
        "agent", "medium",
        "Puts anything that can be dialled into a queue, numbers that cost too (QueueAdd), pauses and removes agents, "
        "and writes lines of its own into queue_log, on which reports stand (QueueLog).",
        "medium", "Callers and agents of queues: calls, waits, pauses.",
    ),
    Privilege(
        "user", "medium",
        "Sends events of its own to all who listen (UserEvent); on Asterisk 22 moves, forwards and deletes voicemail "
        "(VoicemailMove, VoicemailForward, VoicemailRemove).",
        "", "Events that dialplans and programs send of their own.",
    ),
    Privilege(
        "config", "high",
        "Reads and rewrites every configuration file (GetConfig, UpdateConfig) and has it loaded (Reload): in "
        "manager.conf it gives itself all privileges, and reads the secrets of the others.",
    ),
    Privilege("dtmf", read_risk="high", hears="The digits that people press: PINs, numbers of cards."),
    Privilege(
        "reporting", "low",
        "Reads channels, numbers, settings, the database (DBGet) and global variables (Getvar). It also ends and "
        "renews registrations (PJSIPUnregister) and rotates the logs (LoggerRotate).",
        "", "Quality of media, tests.",
    ),
    Privilege("cdr", read_risk="medium", hears="Records of calls as they end (with cdr_manager)."),
    Privilege(
        "dialplan", read_risk="high",
        hears="Each step of each call, and each variable that is set with what is in it, secrets too.",
    ),
    Privilege(
        "originate", "high",
        "Calls anything from anything: numbers that cost, and calls of others to listen to them (ChanSpy). Writes "
        "files wherever Asterisk may: with the function FILE as a variable of the call, with Record. Applications that "
        "run programs are refused without system; an extension whose dialplan runs one is not.",
    ),
    Privilege(
        "agi", "high",
        "Gives commands to calls that wait in AGI(agi:async), among them EXEC with any application: System runs "
        "programs.",
        "medium", "What programs tell calls to do, and what these answer.",
    ),
    Privilege("cc", hears="Who waits for a line to be free."),
    Privilege("aoc", "low", "Tells phones what a call costs (AOCMessage).", "", "What calls cost."),
    Privilege("test", hears="Tests of Asterisk's own developers."),
    Privilege("security", read_risk="medium", hears="Logins and attempts at them, with names and addresses."),
    Privilege("message", "medium", "Sends text messages to anybody in anybody's name (MessageSend)."),
)  # fmt: skip
"""All of them, in the order of manager.conf; ``all`` stands for every one."""

BY_NAME = {privilege.name: privilege for privilege in PRIVILEGES}

FREE = Privilege(
    NONE, "low",
    "Whoever can log in may clear the statistics of queues (QueueReset), reload queues, end bridges and put people out "
    "of them (BridgeDestroy, BridgeKick).",
)  # fmt: skip
"""What needs no privilege at all."""
