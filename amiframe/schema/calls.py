"""Calls: dialling, bridges, transfers, parking, Local channels, originated calls, and the records of calls.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_table, read_tables

_PARKED = read_table(
    """
@channel Parkee
ParkerDialString str - -        address that is called when the time is over
Parkinglot       str - -        name of the parking lot
ParkingSpace     str - -        extension of the parking space
ParkingTimeout   int s volatile time until the call is given back
ParkingDuration  int s volatile how long the call has been parked
""",
    BLOCKS,
)

TABLES = read_tables(
    """
[DialBegin]
@event
@channel
@channel Dest
DialString str - - address that was dialled, without the technology

[DialState DialEnd]
@event
@channel
@channel Dest
DialStatus str - -   outcome or progress of the dial as a word
Forward    str - opt where the call was forwarded to

[OriginateResponse]
@event
Response     str - - Success or Failure
Channel      str - - channel that was made, or the address that was asked for
Context      str - - dialplan context
Exten        str - - dialplan extension
Application  str - - dialplan application
Data         str - - arguments of the application
Reason       int - - 0 failure, 1 hung up, 3 no answer, 4 answered, 5 busy, 8 congestion
Uniqueid     str - - id of the channel, if one was made or an id was given
CallerIDNum  str - - caller's number
CallerIDName str - - caller's name

[Pickup]
@event
@channel
@channel Target

[BridgeCreate BridgeDestroy]
@event
@bridge

[BridgeEnter]
@event
@bridge
@channel
SwapUniqueid str - opt channel whose place it took

[BridgeLeave]
@event
@bridge
@channel

[BridgeMerge]
@event
@bridge To
@bridge From

[BridgeVideoSourceUpdate]
@event
@bridge
BridgeVideoSource         str - opt channel that is the video source
BridgePreviousVideoSource str - -   channel that was the video source before

[BlindTransfer]
@event
Result     str  - - outcome as a word
@channel Transferer
@channel Transferee
@bridge
IsExternal bool - - transfer was ordered from outside the dialplan
Context    str  - - context that the call goes to
Extension  str  - - extension that the call goes to

[AttendedTransfer]
@event
Result                str - -   outcome as a word
@channel OrigTransferer
@bridge Orig
@channel SecondTransferer
@bridge Second
DestType              str - -   how the transfer was completed
DestBridgeUniqueid    str - opt bridge that the parties are in now
DestApp               str - opt application that the party runs now
@channel LocalOne
@channel LocalTwo
DestTransfererChannel str - opt transferer's channel that stays in a threeway call
@channel Transferee
@channel TransferTarget

[LocalBridge]
@event
@channel LocalOne
@channel LocalTwo
Context           str  - - context that the second half runs in
Exten             str  - - extension that the second half runs in
LocalOptimization bool - - the pair may be optimized away

[LocalOptimizationBegin]
@event
@channel LocalOne
@channel LocalTwo
@channel Source
DestUniqueId str - - id of the channel that stays
Id           str - - id of the optimization

[LocalOptimizationEnd]
@event
@channel LocalOne
@channel LocalTwo
Success bool - - it succeeded
Id      str  - - id of the optimization

[ParkedCall]
Privilege    list - opt,none=<none> event classes; only in an event
Timestamp    time - opt             when the server raised the event; only in an event
SystemName   str  - opt             systemname of the PBX that raised the event
ActionID     str  - opt             the id that the client sent with the action
ChanVariable map  - opt             channel variables that manager.conf channelvars adds to events
@parked

[ParkedCallGiveUp ParkedCallTimeOut ParkedCallSwap]
@event
@parked
@channel Parker

[UnParkedCall]
@event
@parked
@channel Parker
@channel Retriever

[Cdr]
@event
AccountCode        str   - - account code
Source             str   - - caller's number
Destination        str   - - extension that was dialled
DestinationContext str   - - context that was dialled
CallerID           str   - - caller's name and number as one text
Channel            str   - - channel name
DestinationChannel str   - - channel that was called
LastApplication    str   - - application that ran last
LastData           str   - - arguments of the application that ran last
StartTime          local - - start of the call, in the server's zone
AnswerTime         local - - when it was answered, in the server's zone; NA if it was not
EndTime            local - - end of the call, in the server's zone
Duration           int   s - time from start to end
BillableSeconds    int   s - time from answer to end
Disposition        str   - - outcome of the call as a word
AMAFlags           str   - - billing flag as a word
UniqueID           str   - - id of the channel
UserField          str   - - user field of the record
UserFieldMapped    str   - - user field, again under its mapped name

[CEL]
@event
EventName     str   - - kind of the record
AccountCode   str   - - account code
CallerIDnum   str   - - caller's number
CallerIDname  str   - - caller's name
CallerIDani   str   - - caller's number for billing
CallerIDrdnis str   - - number that redirected
CallerIDdnid  str   - - number that was dialled
Exten         str   - - dialplan extension
Context       str   - - dialplan context
Channel       str   - - channel name
Application   str   - - dialplan application
AppData       str   - - arguments of the application
EventTime     local - - time of the record, in the server's zone
AMAFlags      str   - - billing flag as a word
UniqueID      str   - - id of the channel
LinkedID      str   - - id of the oldest channel of the call
Userfield     str   - - user field of the channel
Peer          str   - - channel that it is bridged with
PeerAccount   str   - - account code of the other channel
Extra         str   - - further data as JSON

[BridgeListItem]
ActionID str - opt the id that the client sent with the action
@bridge

[BridgeInfoChannel]
ActionID str - opt the id that the client sent with the action
@channel

[BridgeInfoComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
@bridge

[BridgeTechnologyListItem]
ActionID         str  - opt the id that the client sent with the action
BridgeTechnology str  - -   technology that mixes bridges
BridgeType       str  - -   kind of bridge it can mix
BridgePriority   int  - -   preference among the technologies
BridgeSuspended  bool - -   technology is not to be used for new bridges

[Parkinglot]
ActionID   str - opt the id that the client sent with the action
Name       str - -   name of the parking lot
StartSpace str - -   first parking space
StopSpace  str - -   last parking space
Timeout    int s -   how long a call stays parked

[BridgeListComplete BridgeTechnologyListComplete ParkinglotsComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[ParkedCallsComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
Total     int items -   items of the list
""",
    {**BLOCKS, "parked": _PARKED},
)
