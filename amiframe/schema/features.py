"""What an account needs for each thing that amiframe does: the smallest ``write=`` and ``read=`` of manager.conf.

Source: ListCommands of Asterisk 16.28 and 22.10 and the classes of events there; each line is proved on both by a live
test: it works with exactly these rights, and not without any one of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that amiframe does, and what an account needs for it.

    Parameters
    ----------
    name : str
    call : str
        How it is called in Python.
    actions : tuple of str
        Actions of the manager that it sends and that need a right; all of them.
    write : tuple of str
        The fewest classes in ``write=`` that admit all of them.
    read : tuple of str
        Classes in ``read=``, of the events that it needs.
    others : tuple of str
        Classes that do as well as `write`; one of them is enough.
    without : str
        What happens when the rights in `read` are missing, since nothing is refused then.
    """

    name: str
    call: str
    actions: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    without: str = ""


FEATURES: tuple[Feature, ...] = (
    Feature("ping", "ping()"),
    Feature("commands", "commands()"),
    Feature("queues", "table('QueueStatus')"),
    Feature("status", "status()", ("Status",), ("reporting",), others=("call", "system")),
    Feature("info", "info()", ("CoreSettings", "CoreStatus"), ("reporting",), others=("system",)),
    Feature("channels", "table('CoreShowChannels')", ("CoreShowChannels",), ("reporting",), others=("system",)),
    Feature("conferences", "table('ConfbridgeListRooms')", ("ConfbridgeListRooms",), ("reporting",)),
    Feature("parking", "table('ParkedCalls')", ("ParkedCalls",), ("call",)),
    Feature("endpoints", "table('PJSIPShowEndpoints')", ("PJSIPShowEndpoints",), ("system",)),
    Feature("snapshot", "snapshot()", ("Status", "PJSIPShowEndpoints"), ("system",)),
    Feature("cli", "cli(...)", ("Command",), ("command",)),
    Feature("describe", "describe(...), arguments()", ("Command",), ("command",)),
    Feature("listen", "listen(), events()", read=("call",), without="no event of a call is heard"),
    Feature("listen queues", "listen(mask='agent')", read=("agent",), without="no event of a queue is heard"),
    Feature("originate", "originate(...)", ("Originate",), ("originate",)),
    Feature(
        "outcome",
        "originate(..., wait=60), originate_many(...)",
        ("Originate",),
        ("originate",),
        ("call",),
        without="the outcome stays pending",
    ),
    Feature("hangup", "hangup(...)", ("Hangup",), ("call",), others=("system",)),
    Feature("pause", "action('QueuePause', ...)", ("QueuePause",), ("agent",)),
)
"""All of them, those that need nothing first."""

BY_NAME = {feature.name: feature for feature in FEATURES}
