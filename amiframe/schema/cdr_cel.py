"""Records of calls as files and data bases hold them, CDR and CEL: other names and orders of their columns.

Source: the columns that Asterisk's CSV drivers write and its data base drivers look for, read from 16.28 and 22.10; the
further columns of CDR tables are those of FreePBX.
"""

from __future__ import annotations

from amiframe.schema import RECORDS

ALIASES = {
    "calldate": "start",
    "calldate_start": "start",
    "answerdate": "answer",
    "enddate": "end",
    "hangupdate": "end",
    "eventextra": "extra",
    "channelname": "channame",
    "cid_num_ani": "cid_ani",
    "bridgepeer": "peer",
    "dnid": "cid_dnid",
    "account_code": "accountcode",
    "unique_id": "uniqueid",
    "linked_id": "linkedid",
}
"""What columns are called in tables that other programs fill, and in dialplan functions."""

_BASE = tuple(f.column for f in RECORDS["CDR"][:16])
_CUSTOM = ("clid", *_BASE[1:4], *_BASE[5:], "accountcode", "uniqueid", "userfield")
_NEW = ("peeraccount", "linkedid", "sequence")  # newcdrcolumns=yes
_CEL = tuple(f.column for f in RECORDS["CEL"] if not f.optional)
_OPTIONS = ((), ("uniqueid",), ("userfield",), ("uniqueid", "userfield"))  # loguniqueid, loguserfield

LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "CDR": (
        *((*_BASE, *option, *new) for new in ((), _NEW) for option in _OPTIONS),
        _CUSTOM,
        (*_CUSTOM, "sequence"),
    ),
    "CEL": (_CEL, _CEL[:-1]),
}
"""Orders of columns without a header line: cdr_csv with each of its options, and the usual maps of cdr_custom and
cel_custom."""
