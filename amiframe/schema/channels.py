"""Channels: how they come, change and go, what they play and hear; the items of Status and CoreShowChannels.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_tables

TABLES = read_tables(
    """
[Newchannel Newstate NewConnectedLine Unhold Flash Wink MusicOnHoldStop ChannelTalkingStart AsyncAGIEnd MCID]
@event
@channel

[Newexten]
@event
@channel
Extension   str - - dialplan extension
Application str - - dialplan application
AppData     str - - arguments of the application

[Rename]
@event
Channel  str - - channel name before
Newname  str - - channel name after
Uniqueid str - - id of the channel

[NewCallerid]
@event
@channel
CID-CallingPres str - - presentation of the caller, number and words

[NewAccountCode]
@event
@channel
OldAccountCode str - - account code before

[Hangup]
@event
@channel
Cause     int - -   cause of the hangup, a Q.850 number
Cause-txt str - -   the cause in words
TechCause str - opt cause in the technology's own terms, such as a SIP code

[HangupRequest SoftHangupRequest]
@event
@channel
Cause     int - -   cause of the hangup, a Q.850 number
TechCause str - opt cause in the technology's own terms, such as a SIP code

[VarSet]
@event
@channel
Variable str - -            name of the variable
Value    str - esc,verbatim new value, as the channel has it

[Hold]
@event
@channel
MusicClass str - - music class that the other party asked for

[DTMFBegin]
@event
@channel
Digit     str - - the key
Direction str - - whose side it is

[DTMFEnd]
@event
@channel
Digit      str -  - the key
DurationMs int ms - how long the key was down
Direction  str -  - whose side it is

[MusicOnHoldStart]
@event
@channel
Class str - - class of the music

[ChannelTalkingStop]
@event
@channel
Duration int ms - how long the talk lasted

[ChanSpyStart ChanSpyStop]
@event
@channel Spyer
@channel Spyee

[HangupHandlerPush HangupHandlerPop HangupHandlerRun]
@event
@channel
Handler str - - dialplan place of the handler

[AGIExecStart]
@event
@channel
Command   str - - command of the script
CommandId str - - id of the command

[AGIExecEnd]
@event
@channel
Command    str - - command of the script
CommandId  str - - id of the command
ResultCode str - - code of the result
Result     str - - result of the command

[AsyncAGIStart]
@event
@channel
Env str - - environment of the script, URL-encoded

[AsyncAGIExec]
@event
@channel
CommandID str - - id of the command
Result    str - - result of the script, URL-encoded

[DAHDIChannel]
@event
@channel
DAHDIGroup   str - - DAHDI group
DAHDISpan    str - - DAHDI span
DAHDIChannel str - - DAHDI channel

[SessionTimeout]
@event
@channel
Source str - - what noticed the timeout

[Status]
ActionID                   str  - opt         the id that the client sent with the action
Privilege                  list - none=<none> class of the answer
@channel
Type                       str  - -           technology of the channel
DNID                       str  - -           number that was dialled
EffectiveConnectedLineNum  str  - -           number of the other party as it would be shown
EffectiveConnectedLineName str  - -           name of the other party as it would be shown
TimeToHangup               time - none=0      when the channel will be hung up
BridgeID                   str  - -           bridge that the channel is in
Application                str  - -           dialplan application
Data                       str  - -           arguments of the application
Nativeformats              str  - -           formats that the channel speaks
Readformat                 str  - volatile    format that is read
Readtrans                  str  - volatile    conversion of what is read
Writeformat                str  - volatile    format that is written
Writetrans                 str  - volatile    conversion of what is written
Callgroup                  int  - -           bit mask of pickup groups of its calls
Pickupgroup                int  - -           bit mask of pickup groups that it may pick up from
Seconds                    int  s volatile    age of the channel
Variable                   map  - -           channel variables that were asked for

[StatusComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
Items     int items -   items of the list

[CoreShowChannel]
ActionID        str - opt      the id that the client sent with the action
@channel
Application     str - -        dialplan application that runs
ApplicationData str - -        arguments of the application
Duration        hms s volatile age of the channel
BridgeId        str - -        bridge that the channel is in

[CoreShowChannelsComplete CoreShowChannelMapComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[CoreShowChannelMap]
ActionID         str - opt the id that the client sent with the action
Channel          str - -   channel that was asked for
ConnectedChannel str - -   channel that the asked one talks with
""",
    BLOCKS,
)
