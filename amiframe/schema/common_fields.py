"""Blocks of headers that Asterisk writes the same way into many events and list items.

Source: the channel and bridge snapshot builders of Asterisk's manager; protocol notes 9, measured on 16 and 22.
"""

from __future__ import annotations

from amiframe.schema.field import Field, read_table

# the head of an event; Timestamp comes with timestampevents=yes
EVENT = read_table("""
Privilege           list  -  none=<none>  event classes; an account needs all of them to read the event
Timestamp           time  -  -            when the server raised the event (timestampevents=yes)
SystemName          str   -  opt          systemname of the PBX that raised the event
ActionID            str   -  opt          the id that the client sent with the action
ChanVariable        map   -  opt          channel variables that manager.conf channelvars adds to events
""")

# one channel, as it was when the message was made; repeated with prefixes (Dest, Transferer, Parkee, LocalOne ...)
CHANNEL = read_table("""
Channel             str   -  -            channel name
ChannelState        int   -  -            0 down, 3 dialing, 4 ring (also a fresh incoming leg), 5 ringing, 6 up, 7 busy
ChannelStateDesc    str   -  -            the state as a word
CallerIDNum         str   -  -            caller's number
CallerIDName        str   -  esc          caller's name
ConnectedLineNum    str   -  -            number of the other party
ConnectedLineName   str   -  esc          name of the other party
Language            str   -  -            language of the prompts
AccountCode         str   -  -            account code
Context             str   -  -            dialplan context
Exten               str   -  -            dialplan extension
Priority            int   -  -            dialplan priority
Uniqueid            str   -  -            id of the channel; text, never a number
Linkedid            str   -  -            id of the oldest channel of the call
""")

BRIDGE = read_table("""
BridgeUniqueid        str  -         -            id of the bridge
BridgeType            str  -         -            kind of bridge as asked for
BridgeTechnology      str  -         -            technology that mixes the bridge
BridgeCreator         str  -         -            module that made the bridge
BridgeName            str  -         -            name that its creator gave it
BridgeNumChannels     int  channels  -            channels in the bridge
BridgeVideoSourceMode str  -         -            how the video source is chosen
""")

BLOCKS: dict[str, tuple[Field, ...]] = {"event": EVENT, "channel": CHANNEL, "bridge": BRIDGE}
