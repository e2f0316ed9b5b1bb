"""The server itself: start and stop, states of devices and extensions, security, RTCP, fax, mail, tests, the database.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_table, read_tables

_SECURITY = read_table("""
EventTV       iso - -                                 when the security event happened
Severity      str - -                                 how grave it is
Service       str - -                                 service that raised the event
EventVersion  str - -                                 version of the event's layout
AccountID     str - -                                 account that the request named
SessionID     str - -                                 id of the session
LocalAddress  str - -                                 own address, as family/protocol/address/port
RemoteAddress str - -                                 the other side's address, as family/protocol/address/port
SessionTV     iso - none=1970-01-01T00:00:00.000+0000 when the session began
""")

TABLES = read_tables(
    """
[FullyBooted]
@event
Uptime     int s - time since the start
LastReload int s - time since the last reload
Status     str - - state as a word

[Shutdown]
@event
Shutdown str  - - how the server stops
Restart  bool - - server will start again

[Reload]
@event
Module str - - name of the module
Status int - - 0 done, 1 queued, 2 not found, 3 error, 4 in progress, 5 uninitialized, 6 unsupported

[Load Unload]
@event
Module str - - name of the module
Status str - - outcome as a word

[LogChannel]
@event
Channel str - - log file

[DeviceStateChange]
Privilege    list - opt,none=<none> event classes; only in an event
Timestamp    time - opt             when the server raised the event; only in an event
SystemName   str  - opt             systemname of the PBX that raised the event
ActionID     str  - opt             the id that the client sent with the action
ChanVariable map  - opt             channel variables that manager.conf channelvars adds to events
Device       str  - -               name of the device
State        str  - -               state as a word

[ExtensionStatus]
Privilege    list - opt,none=<none> event classes; only in an event
Timestamp    time - opt             when the server raised the event; only in an event
SystemName   str  - opt             systemname of the PBX that raised the event
ActionID     str  - opt             the id that the client sent with the action
ChanVariable map  - opt             channel variables that manager.conf channelvars adds to events
Exten        str  - -               dialplan extension
Context      str  - -               dialplan context
Hint         str  - -               devices behind the extension
Status       int  - -               bits 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold; 0 idle, -1 no hint
StatusText   str  - -               the state in words

[PresenceStateChange]
Privilege    list - opt,none=<none> event classes; only in an event
Timestamp    time - opt             when the server raised the event; only in an event
SystemName   str  - opt             systemname of the PBX that raised the event
ActionID     str  - opt             the id that the client sent with the action
ChanVariable map  - opt             channel variables that manager.conf channelvars adds to events
Presentity   str  - -               whose presence it is
Status       str  - -               presence as a word
Subtype      str  - -               further state of presence
Message      str  - -               further words

[PresenceStatus]
@event
Exten   str - - dialplan extension
Context str - - dialplan context
Hint    str - - devices behind the extension
Status  str - - presence as a word
Subtype str - - further state of presence
Message str - - further words

[UserEvent]
@event
@channel
UserEvent str - - name that the sender gave

[SuccessfulAuth]
@event
@security
UsingPassword bool - -   a password in plain text was used
Module        str  - opt name of the module

[InvalidPassword]
@event
@security
Module            str - opt name of the module
Challenge         str - opt challenge that was sent
ReceivedChallenge str - opt challenge that came back
ReceivedHash      str - opt hash that came

[ChallengeSent]
@event
@security
Challenge str - -   challenge that was sent
Module    str - opt name of the module

[ChallengeResponseFailed]
@event
@security
Challenge        str - -   challenge that was sent
Response         str - -   response that came
ExpectedResponse str - -   response that was expected
Module           str - opt name of the module

[RequestBadFormat RequestNotAllowed]
@event
@security
RequestType   str - -   kind of the request
Module        str - opt name of the module
RequestParams str - opt parameters of the request

[RequestNotSupported]
@event
@security
RequestType str - -   kind of the request
Module      str - opt name of the module

[AuthMethodNotAllowed]
@event
@security
AuthMethod str - -   method of login that is not allowed
Module     str - opt name of the module

[FailedACL]
@event
@security
Module  str - opt name of the module
ACLName str - -   access list that refused

[InvalidAccountID LoadAverageLimit MemoryLimit SessionLimit]
@event
@security
Module str - opt name of the module

[InvalidTransport]
@event
@security
AttemptedTransport str - -   transport that was tried
Module             str - opt name of the module

[UnexpectedAddress]
@event
@security
ExpectedAddress str - -   address that was expected
Module          str - opt name of the module

[RTCPReceived]
@event
@channel
To                          str   -       -        address and port of the receiver
From                        str   -       -        address and port of the sender
RTT                         float s       volatile round trip
MES                         float -       opt      media experience score, 0 to 100
SSRC                        str   -       -        id of the stream
PT                          str   -       -        kind of the RTCP packet
ReportCount                 int   reports -        report blocks in the packet
SentNTP                     time  -       -        sender's clock when the packet was sent
SentRTP                     int   -       -        media clock when the packet was sent
SentPackets                 int   packets -        packets sent so far
SentOctets                  int   bytes   -        bytes sent so far
Report0SourceSSRC           str   -       -        stream that is reported on
Report0FractionLost         int   -       -        lost part of the last interval, of 256
Report0CumulativeLost       int   packets -        packets lost in all
Report0HighestSequence      int   -       -        highest sequence number received
Report0SequenceNumberCycles int   -       -        rounds of the sequence number
Report0IAJitter             int   -       -        jitter in units of the sampling clock
Report0LSR                  int   -       -        middle bits of the last sender report's time
Report0DLSR                 float s       -        delay since the last sender report

[RTCPSent]
@event
@channel
To                          str   -       -   address and port of the receiver
From                        str   -       -   address and port of the sender
MES                         float -       opt media experience score, 0 to 100
SSRC                        str   -       -   id of the stream
PT                          str   -       -   kind of the RTCP packet
ReportCount                 int   reports -   report blocks in the packet
SentNTP                     time  -       -   sender's clock when the packet was sent
SentRTP                     int   -       -   media clock when the packet was sent
SentPackets                 int   packets -   packets sent so far
SentOctets                  int   bytes   -   bytes sent so far
Report0SourceSSRC           str   -       -   stream that is reported on
Report0FractionLost         int   -       -   lost part of the last interval, of 256
Report0CumulativeLost       int   packets -   packets lost in all
Report0HighestSequence      int   -       -   highest sequence number received
Report0SequenceNumberCycles int   -       -   rounds of the sequence number
Report0IAJitter             int   -       -   jitter in units of the sampling clock
Report0LSR                  int   -       -   middle bits of the last sender report's time
Report0DLSR                 float s       -   delay since the last sender report

[TestEvent]
@event
Type        str -  -               kind of the test event
State       str -  -               name of the tested step; a second State is column state-2
Channel     str -  opt             channel name
CallID      str -  opt             call id of the log
PriorCallID str -  opt             call id of the log before
AppFile     str -  -               source file that raised the event
AppFunction str -  -               function that raised the event
AppLine     int -  -               line in the source file
Digit       str -  opt             the key
Payload     str -  opt             RTP payload type
Rate        int Hz opt             sampling rate
Source      str -  opt             where it comes from
Result      str -  opt             outcome as a word
Channel1    str -  opt             the other channel of the pair
File        str -  opt             name of the file
Message     str -  opt             further words
Number      int -  opt             number that is said
Mode        str -  opt             mode of the user
Conference  str -  opt             name of the conference
OldState    str -  opt             state before
NewState    str -  opt             state after
Endpoint    str -  opt             endpoint
AOR         str -  none=<none>,opt address of record
Contact     str -  none=<none>,opt contact
Status      str -  opt             state as a word
RTT         int us volatile,opt    round trip
Port        str -  opt             port

[MessageWaiting]
@event
@channel
Mailbox str  -        - mailbox
Waiting bool -        - messages wait
New     int  messages - new messages
Old     int  messages - old messages

[VoicemailPasswordChange]
@event
Context     str - - dialplan context
Mailbox     str - - mailbox
NewPassword str - - new password

[MiniVoiceMail]
@event
@channel
Action  str - - what was done with the message
Mailbox str - - mailbox
Counter str - - counter of the mailbox

[FAXStatus]
@event
@channel
Operation      str - - what the session does
Status         str - - state as a word
LocalStationID str - - own station id
FileName       str - - name of the file

[SendFAX ReceiveFAX]
@event
@channel
LocalStationID   str -     - own station id
RemoteStationID  str -     - the other side's station id
PagesTransferred int pages - pages transferred
Resolution       str -     - resolution of the page
TransferRate     int bit/s - speed of the fax
FileName         str -     - name of the file

[AOC-D AOC-E AOC-S]
@event
@channel

[Alarm]
@event
DAHDIChannel str - - DAHDI channel
Alarm        str - - name of the alarm

[AlarmClear]
@event
DAHDIChannel str - - DAHDI channel

[SpanAlarm]
@event
Span  str - - DAHDI span
Alarm str - - name of the alarm

[SpanAlarmClear]
@event
Span str - - DAHDI span

[DNDState]
@event
DAHDIChannel str - - DAHDI channel
Status       str - - state as a word

[DeadlockStart]
@event
Mutex str - - name of the lock

[FAXStats]
ActionID         str -        opt the id that the client sent with the action
CurrentSessions  int sessions -   fax sessions now
ReservedSessions int sessions -   fax sessions that are reserved
TransmitAttempts int faxes    -   faxes that were begun to send
ReceiveAttempts  int faxes    -   faxes that were begun to receive
CompletedFAXes   int faxes    -   faxes that were completed
FailedFAXes      int faxes    -   faxes that failed

[FAXSession]
ActionID            str -     opt the id that the client sent with the action
SessionNumber       str -     -   number of the fax session
Operation           str -     -   what the session does
State               str -     -   state as a word
ErrorCorrectionMode str -     -   error correction of the fax
DataRate            int bit/s -   speed of the fax
ImageResolution     str -     -   resolution of the page
PageNumber          int -     -   page that is sent now
FileName            str -     -   name of the file
PagesTransmitted    int pages -   pages sent
PagesReceived       int pages -   pages received
TotalBadLines       int lines -   lines that came damaged

[FAXSessionsEntry]
ActionID      str - opt the id that the client sent with the action
Channel       str - -   channel name
Technology    str - -   technology of the channel
SessionNumber str - -   number of the fax session
SessionType   str - -   kind of the fax session
Operation     str - -   what the session does
State         str - -   state as a word
Files         str - -   files of the session

[DBGetResponse]
ActionID str - opt the id that the client sent with the action
Family   str - -   family of the key
Key      str - -   key
Val      str - -   value

[DBGetTreeResponse]
ActionID str - opt the id that the client sent with the action
Key      str - -   key
Val      str - -   value

[ListDialplan]
ActionID       str - opt the id that the client sent with the action
Context        str - -   dialplan context
IgnorePattern  str - -   digits that keep the dial tone
Switch         str - -   dialplan switch
IncludeContext str - -   context that is included
Extension      str - -   dialplan extension
ExtensionLabel str - -   label of the priority
Priority       str - -   priority, or hint
Application    str - -   dialplan application
AppData        str - -   arguments of the application
Registrar      str - -   module that made the entry

[MWIGet]
ActionID    str -        opt the id that the client sent with the action
Mailbox     str -        -   mailbox
OldMessages int messages -   old messages
NewMessages int messages -   new messages

[FAXSessionsComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
Total     int items -   items of the list

[ShowDialPlanComplete]
ActionID       str -          opt the id that the client sent with the action
EventList      str -          -   end mark of the list
ListItems      int items      -   items of the list
ListExtensions int extensions -   extensions in the list
ListPriorities int priorities -   priorities in the list
ListContexts   int contexts   -   contexts in the list

[DBGetComplete DBGetTreeComplete DeviceStateListComplete ExtensionStateListComplete PresenceStateListComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[MWIGetComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
""",
    {**BLOCKS, "security": _SECURITY},
)
