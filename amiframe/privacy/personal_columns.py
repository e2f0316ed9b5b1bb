"""Which columns and headers hold personal data, by their names: one table for redacted frames and for captures.

``number``: a number of a caller, or a dialled one. ``name``: the name of a caller. ``staff``: names of members, agents
and accounts, which reports need. ``account``: an account code. ``resource``: a device or its account. ``digits``: what
a caller typed. ``id``: an id that holds no number of a person.
"""

from __future__ import annotations

import re
from functools import cache

_CLASSES = {
    "digits": r"digits?",
    "number": (
        r".*(calleridnum|connectedlinenum|exten)|(.*_)?(dnid|callerid|mailbox|rdnis|ani|number)|dest.*num"
        r"|caller|dialed|src|dst|clid|did|cid_num|cnum|outbound_cnum"
    ),
    "name": r".*(calleridname|connectedlinename)|callername|cid_name|cnam|outbound_cnam",
    "staff": r"membername|fullname|email|systemname|accountid|username",
    "account": r"(.*_)?accountcode",
    "resource": r"objectname|endpointname|endpoint|aors?|auths?|outboundauths?|peer|authuser|defaultuser",
    "id": r".*(uniqueid|linkedid|actionid|bridge.*id|callid)|amf_.*|peeraccount|sequence",
}


@cache
def personal_class(name: str) -> str:
    """Return the class of a column, or an empty text if its name says nothing.

    Examples
    --------
    >>> [personal_class(name) for name in ("destcalleridnum", "callername", "membername", "uniqueid", "context")]
    ['number', 'name', 'staff', 'id', '']
    """
    return next((kind for kind, pattern in _CLASSES.items() if re.fullmatch(pattern, name)), "")
