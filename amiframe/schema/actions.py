"""The manager's actions: their spelling, and which of them only read.

The names, with their source, are in ``tables/actions.toml``. An action that is not there counts as changing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass

from amiframe.privacy.secret import Secret
from amiframe.schema.field import data_file


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the manager.

    Parameters
    ----------
    name : str
        The name as the server spells it.
    changes : bool
        Whether it may change something: on the PBX, or the session and the events that wait in it.
    """

    name: str
    changes: bool


_NAMES = tomllib.loads(data_file("actions.toml"))

ACTIONS: dict[str, Action] = {
    name.lower(): Action(name, changes)
    for kind, changes in (("reads", False), ("changes", True))
    for name in _NAMES[kind].split()
}
"""Every known action by its lower-case name."""

OF_SESSION = frozenset({"Events", "Filter", "Login", "Logoff", "WaitEvent"})
"""Actions that change nothing but the session they are sent in."""

_SHOW = re.compile(r"[a-z0-9_]+ show( [^\x00-\x1f]*)?", re.IGNORECASE)
_FUNCTION = re.compile(r"(\w+)\(")
_PURE_FUNCTIONS = frozenset({"CALLERID", "CDR", "CHANNEL", "CONNECTEDLINE"})


def spelling(name: str) -> str:
    """Return the server's spelling of an action's name in any case; an unknown name comes back unchanged.

    Examples
    --------
    >>> spelling("pjsipshowendpoints"), spelling("MyOwn")
    ('PJSIPShowEndpoints', 'MyOwn')
    """
    known = ACTIONS.get(name.lower())
    return known.name if known else name


def is_read(name: str, fields: Iterable[tuple[str, str | Secret]] = ()) -> bool:
    """Return whether an action with these fields only reads; an unknown action does not.

    ``Command`` reads in its ``... show`` forms. ``Getvar`` and ``Status`` do not when they are asked for a function
    that is not known to be free of side effects. What stands in a Secret is not looked at: it may do anything.

    Parameters
    ----------
    name : str
        The action's name in any case.
    fields : iterable of (str, str or Secret)
        The fields that are sent with it.

    Examples
    --------
    >>> is_read("ping"), is_read("Originate"), is_read("Command", [("Command", "core show channels")])
    (True, False, True)
    >>> is_read("Getvar", [("Variable", "CALLERID(num)")]), is_read("Getvar", [("Variable", "SHELL(reboot)")])
    (True, False)
    """
    key = name.lower()
    sent = [(header.lower(), value) for header, value in fields]
    if key == "command":
        commands = [value for header, value in sent if header == "command"]
        return bool(commands) and all(isinstance(text, str) and _SHOW.fullmatch(text.strip()) for text in commands)
    known = ACTIONS.get(key)
    if known is None or known.changes:
        return False
    if key in ("getvar", "status"):
        asked = [value for header, value in sent if header in ("variable", "variables")]
        return all(isinstance(text, str) and _PURE_FUNCTIONS.issuperset(_FUNCTION.findall(text)) for text in asked)
    return True
