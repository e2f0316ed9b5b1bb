"""Queues and agents: callers who wait, members who answer, and the items of the queue lists.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_table, read_tables

_MEMBER = read_table("""
Queue          str  -     -      name of the queue
MemberName     str  -     -      name of the member
Interface      str  -     -      device of the member
StateInterface str  -     -      device whose state counts
Membership     str  -     -      static, dynamic or realtime
Penalty        int  -     -      penalty of the member
CallsTaken     int  calls -      calls that the member answered in this queue
LastCall       time -     none=0 end of the member's last call
LastPause      time -     none=0 when the member was paused last
LoginTime      time -     none=0 when the member joined the queue
InCall         bool -     -      member is in a call of the queue
Status         int  -     -      1 free, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing, 7 both, 8 on hold
Paused         bool -     -      member is paused
PausedReason   str  -     -      why the member is paused
Ringinuse      bool -     -      member is called while in a call
Wrapuptime     int  s     -      pause after a call
""")

TABLES = read_tables(
    """
[QueueCallerJoin QueueCallerLeave]
@event
@channel
Queue    str -       - name of the queue
Position int callers - position in the queue, the first is 1
Count    int callers - callers in the queue after this

[QueueCallerAbandon]
@event
@channel
Queue            str -       - name of the queue
Position         int callers - position in the queue, the first is 1
OriginalPosition int callers - position in which the caller joined
HoldTime         int s       - time that the caller waited

[AgentCalled]
@event
@channel
@channel Dest
Queue      str - - name of the queue
Interface  str - - device of the member
MemberName str - - name of the member

[AgentConnect]
@event
@channel
@channel Dest
Queue      str - - name of the queue
Interface  str - - device of the member
MemberName str - - name of the member
HoldTime   int s - time that the caller waited
RingTime   int s - how long the member rang

[AgentComplete]
@event
@channel
@channel Dest
Queue      str - - name of the queue
Interface  str - - device of the member
MemberName str - - name of the member
HoldTime   int s - time that the caller waited
TalkTime   int s - time of talk with this caller
Reason     str - - who ended it: caller, agent or transfer

[AgentDump]
@event
@channel
@channel Dest
Queue      str - - name of the queue
MemberName str - - name of the member
Interface  str - - device of the member

[AgentRingNoAnswer]
@event
@channel
@channel Dest
Queue      str -  - name of the queue
Interface  str -  - device of the member
MemberName str -  - name of the member
RingTime   int ms - how long the member rang

[AgentLogin]
@event
@channel
Agent str - - id of the agent

[AgentLogoff]
@event
@channel
Agent     str - - id of the agent
Logintime int s - how long the agent was logged in

[QueueMemberAdded QueueMemberRemoved QueueMemberStatus QueueMemberPenalty QueueMemberRinginuse]
@event
@member

[QueueMemberPause]
@event
@member
Reason str - opt why the member was paused

[QueueParams]
ActionID          str   -       opt the id that the client sent with the action
Queue             str   -       -   name of the queue
Max               int   callers -   limit of callers; 0 is no limit
Strategy          str   -       -   whom the queue rings
Calls             int   calls   -   callers that wait now
Holdtime          int   s       -   mean wait of callers, smoothed
TalkTime          int   s       -   mean talk, smoothed
Completed         int   calls   -   calls that were completed since the statistics were reset
Abandoned         int   calls   -   calls that were abandoned since the statistics were reset
ServiceLevel      int   s       -   threshold of the service level
ServicelevelPerf  float %       -   answered in time, of the answered
ServicelevelPerf2 float %       -   answered in time, of all that came
Weight            int   -       -   weight against other queues

[QueueMember]
ActionID       str  -     opt    the id that the client sent with the action
Queue          str  -     -      name of the queue
Name           str  -     -      name of the member
Location       str  -     -      address that is called for the member
StateInterface str  -     -      device whose state counts
Membership     str  -     -      static, dynamic or realtime
Penalty        int  -     -      penalty of the member
CallsTaken     int  calls -      calls that the member answered in this queue
LastCall       time -     none=0 end of the member's last call
LastPause      time -     none=0 when the member was paused last
LoginTime      time -     none=0 when the member joined the queue
InCall         bool -     -      member is in a call of the queue
Status         int  -     -      1 free, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing, 7 both, 8 on hold
Paused         bool -     -      member is paused
PausedReason   str  -     -      why the member is paused
Wrapuptime     int  s     -      pause after a call

[QueueEntry]
ActionID          str -       opt      the id that the client sent with the action
Queue             str -       -        name of the queue
Position          int callers -        position in the queue, the first is 1
Channel           str -       -        channel name
Uniqueid          str -       -        id of the channel
CallerIDNum       str -       -        caller's number
CallerIDName      str -       -        caller's name
ConnectedLineNum  str -       -        number of the other party
ConnectedLineName str -       -        name of the other party
Wait              int s       volatile how long the caller has waited
Priority          int -       -        priority of the caller

[QueueSummary]
ActionID        str -       opt      the id that the client sent with the action
Queue           str -       -        name of the queue
LoggedIn        int members -        members that are logged in
Available       int members -        members that can take a call now
Callers         int callers -        callers that wait now
HoldTime        int s       -        mean wait of callers, smoothed
TalkTime        int s       -        mean talk, smoothed
LongestHoldTime int s       volatile longest wait of those who wait now

[QueueStatusComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of all kinds

[QueueSummaryComplete AgentsComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list

[Agents]
ActionID      str  - opt    the id that the client sent with the action
Agent         str  - -      id of the agent
Name          str  - -      name of the agent
Status        str  - -      state as a word
TalkingToChan str  - -      channel that the agent talks with
CallStarted   time - none=0 when the agent's talk began
LoggedInTime  time - none=0 when the agent logged in
@channel
""",
    {**BLOCKS, "member": _MEMBER},
)
