"""Records of calls as files and data bases hold them: CDR and CEL. A line of a table here is a column.

Source: the columns that Asterisk's CSV drivers write and its data base drivers look for, read from 16.28 and 22.10; the
further columns of CDR tables are those of FreePBX. Times are ``datetime64[us, UTC]`` where the record tells the moment
or the zone is given, else naive.
"""

from __future__ import annotations

from amiframe.schema.field import Field, read_tables

RECORDS: dict[str, tuple[Field, ...]] = read_tables("""
[CDR]
accountcode    str    - -   account code of the calling channel
src            str    - -   caller's number
dst            str    - -   extension that was dialled
dcontext       str    - -   context that was dialled
clid           str    - -   caller's name and number as one text
channel        str    - -   calling channel
dstchannel     str    - -   called channel
lastapp        str    - -   application that ran last
lastdata       str    - -   arguments of the application that ran last
start          local  - -   start of the record
answer         local  - -   when it was answered; missing if it was not
end            local  - -   end of the record
duration       int    s -   time from start to end
billsec        int    s -   time from answer to end
disposition    str    - -   outcome as a word: ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION
amaflags       str    - -   billing flag as a word or number
uniqueid       str    - -   id of the calling channel; begins with the second in which the channel was made
userfield      str    - -   user field of the record
peeraccount    str    - -   account code of the called channel
linkedid       str    - -   id of the oldest channel of the call
sequence       int    - -   number of the record, to tell those of one channel apart
did            str    - opt number that the caller dialled from outside
recordingfile  str    - opt recording of the call
cnum           str    - opt caller's number at the end of the call
cnam           str    - opt caller's name at the end of the call
outbound_cnum  str    - opt number that was shown to the called party
outbound_cnam  str    - opt name that was shown to the called party
dst_cnam       str    - opt name of the called party

[CEL]
eventtype      str    - -   kind of the record: CHAN_START, ANSWER, HANGUP and others
eventtime      local  - -   when it happened
cid_name       str    - -   caller's name
cid_num        str    - -   caller's number
cid_ani        str    - -   caller's number for billing
cid_rdnis      str    - -   number that redirected
cid_dnid       str    - -   number that was dialled
exten          str    - -   dialplan extension
context        str    - -   dialplan context
channame       str    - -   channel name
appname        str    - -   dialplan application
appdata        str    - -   arguments of the application
amaflags       str    - -   billing flag as a word or number
accountcode    str    - -   account code of the channel
uniqueid       str    - -   id of the channel
linkedid       str    - -   id of the oldest channel of the call
peer           str    - -   channel that it is bridged with
userfield      str    - -   user field of the channel
userdeftype    str    - -   name of a kind that the dialplan made up
extra          str    - -   further data as JSON
peeraccount    str    - opt account code of the other channel
""")

ALIASES = {
    "calldate": "start", "calldate_start": "start", "answerdate": "answer", "enddate": "end", "hangupdate": "end",
    "eventextra": "extra", "channelname": "channame", "cid_num_ani": "cid_ani", "bridgepeer": "peer",
    "dnid": "cid_dnid", "account_code": "accountcode", "unique_id": "uniqueid", "linked_id": "linkedid",
}  # fmt: skip
"""What columns are called in tables that other programs fill, and in dialplan functions."""

_MASTER = RECORDS["CDR"][:16]

_CUSTOM = (
    "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
    "duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
)  # fmt: skip
_NEW = ("peeraccount", "linkedid", "sequence")  # newcdrcolumns=yes
_BASE = tuple(f.column for f in _MASTER)
_CEL = tuple(f.column for f in RECORDS["CEL"] if not f.optional)

LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "CDR": (
        _BASE,
        (*_BASE, "uniqueid"),
        (*_BASE, "userfield"),
        (*_BASE, "uniqueid", "userfield"),
        (*_BASE, *_NEW),
        (*_BASE, "uniqueid", *_NEW),
        (*_BASE, "userfield", *_NEW),
        (*_BASE, "uniqueid", "userfield", *_NEW),
        _CUSTOM,
        (*_CUSTOM, "sequence"),
    ),
    "CEL": (_CEL, _CEL[:-1]),
}
"""Orders of columns without a header line: cdr_csv with each of its options, and the usual maps of cdr_custom and
cel_custom."""
