"""Conferences and recordings: ConfBridge, MeetMe, MixMonitor and Monitor.

Source: captures of Asterisk 16.28 and 22.10; header names of events that were not captured: `manager show event`.
"""

from __future__ import annotations

from amiframe.schema.common_fields import BLOCKS
from amiframe.schema.field import read_tables

TABLES = read_tables(
    """
[ConfbridgeStart ConfbridgeEnd ConfbridgeRecord ConfbridgeStopRecord]
@event
Conference str - - name of the conference
@bridge

[ConfbridgeJoin]
@event
Conference str  - - name of the conference
@bridge
@channel
Admin      bool - - user is an administrator of the conference
Muted      bool - - user is muted

[ConfbridgeLeave ConfbridgeMute ConfbridgeUnmute]
@event
Conference str  - - name of the conference
@bridge
@channel
Admin      bool - - user is an administrator of the conference

[ConfbridgeTalking]
@event
Conference    str  - - name of the conference
@bridge
@channel
TalkingStatus bool - - user began to talk
Admin         bool - - user is an administrator of the conference

[MeetmeJoin]
@event
Meetme str - - name of the conference
User   str - - number of the user
@channel

[MeetmeLeave]
@event
Meetme   str - - name of the conference
User     str - - number of the user
@channel
Duration int s - how long the user was in the conference

[MeetmeMute MeetmeTalking MeetmeTalkRequest]
@event
Meetme   str  - - name of the conference
User     str  - - number of the user
@channel
Duration int  s - how long the user was in the conference
Status   bool - - on or off

[MeetmeEnd]
@event
Meetme str - - name of the conference

[MixMonitorStart MixMonitorStop MonitorStart MonitorStop]
@event
@channel

[MixMonitorMute]
@event
@channel
Direction str  - - read, write or both
State     bool - - recording is muted

[ConfbridgeList]
ActionID     str  - opt      the id that the client sent with the action
Conference   str  - -        name of the conference
Admin        bool - -        user is an administrator of the conference
MarkedUser   bool - -        user is a marked one
WaitMarked   bool - -        user waits until a marked user comes
EndMarked    bool - -        user leaves with the last marked user
EndMarkedAny bool - opt      user leaves when any marked user leaves
Waiting      bool - -        user waits for a marked user
Muted        bool - -        user is muted
Talking      bool - -        user talks now
AnsweredTime int  s volatile time since the channel was answered
@channel

[ConfbridgeListRooms]
ActionID   str  -     opt the id that the client sent with the action
Conference str  -     -   name of the conference
Parties    int  users -   users in the conference
Marked     int  users -   marked users in the conference
Locked     bool -     -   conference is locked
Muted      bool -     -   all users but administrators are muted

[ConfbridgeListComplete ConfbridgeListRoomsComplete]
ActionID  str -     opt the id that the client sent with the action
EventList str -     -   end mark of the list
ListItems int items -   items of the list
""",
    BLOCKS,
)
