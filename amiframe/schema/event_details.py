"""Which fields of an event are worth a line beside its time, name and channel."""

from __future__ import annotations

import re
from collections.abc import Iterable

# what has a place of its own in a table, and what every event repeats of its channels
_ELSEWHERE = re.compile(
    r"event|privilege|timestamp|actionid|amf_.*|channel|language|accountcode|priority|channelstate|"
    r"bridgecreator|bridgename|bridgevideosourcemode|bridgetechnology|connectedline.*|.*(uniqueid|linkedid)|"
    r"(dest|localone|localtwo)(language|context|priority|channelstate.*|callerid.*|connectedline.*|accountcode|exten)"
)
_OF_CHANNEL = frozenset({"exten", "context", "channelstatedesc", "calleridnum", "calleridname"})


def detail_fields(names: Iterable[str]) -> list[str]:
    """Return names in small letters without what is shown elsewhere: first the event's own, then its channel's.

    Examples
    --------
    >>> detail_fields(["event", "channel", "exten", "cause"])
    ['cause', 'exten']
    """
    return sorted((name for name in names if not _ELSEWHERE.fullmatch(name)), key=_OF_CHANNEL.__contains__)
