r"""The answer of ListCommands: one header per action, ``Ping: Keepalive command.  (Priv: <none>)``.

Everything behind ``Response`` and ``ActionID`` is an action, whatever it is called. A line may be folded: what begins
with two blanks continues the line above (one blank stands in place of the fold). Over XML the names are lower case.

Source: ``action_listcommands`` in Asterisk's ``main/manager.c``; measured on 16.28 and 22.10.
"""

from __future__ import annotations

from dataclasses import dataclass

from amiframe.errors import ParseError
from amiframe.wire.message import Message

_PRIVILEGES = "(Priv: "
_NO_PRIVILEGE = frozenset(("", "<none>", "Not available", "None"))
_FOLD = "  "


@dataclass(frozen=True, slots=True)
class Command:
    """One action that the account may run.

    Parameters
    ----------
    action : str
        Its name as the server spells it (lower case when it came over XML).
    synopsis : str
        What it does, in one line.
    privileges : tuple of str
        Any one of these suffices; empty when none is needed.
    """

    action: str
    synopsis: str
    privileges: tuple[str, ...]


def parse_privileges(text: str) -> tuple[str, ...]:
    """Return the privileges of a comma list; ``<none>`` is an empty one.

    Examples
    --------
    >>> parse_privileges("system,call,all"), parse_privileges("<none>")
    (('system', 'call', 'all'), ())
    """
    return tuple(part for part in map(str.strip, text.split(",")) if part not in _NO_PRIVILEGE)


def is_command_list(message: Message) -> bool:
    """Whether a message is the answer of ListCommands: most of its headers name privileges.

    Examples
    --------
    >>> is_command_list(Message((("Response", "Success"), ("Ping", "Keepalive command.  (Priv: <none>)"))))
    True
    >>> is_command_list(Message((("Response", "Error"), ("Message", "Permission denied"))))
    False
    """
    if message.kind != "response" or message.name.lower() != "success":
        return False
    actions = _actions(message)
    return 2 * sum(_PRIVILEGES in text for _, text in actions) > len(actions)


def parse_commands(message: Message) -> list[Command]:
    r"""Return the actions that an answer of ListCommands names, in the server's order.

    Raises
    ------
    ParseError
        A header does not end in ``(Priv: ...)``; the error says which.

    Examples
    --------
    >>> head = ("Response", "Success")
    >>> parse_commands(Message((head, ("Ping", "Keepalive command.  (Priv: <none>)"))))
    [Command(action='Ping', synopsis='Keepalive command.', privileges=())]
    >>> folded = Message((head, ("StopMixMonitor", "Stop recording,"), ("  and close the file.  (Priv", "call,all)")))
    >>> parse_commands(folded)
    [Command(action='StopMixMonitor', synopsis='Stop recording, and close the file.', privileges=('call', 'all'))]
    """
    return [_command(name, text) for name, text in _actions(message)]


def _command(name: str, text: str) -> Command:
    synopsis, marker, privileges = text.rpartition(_PRIVILEGES)
    if not marker or not privileges.endswith(")"):
        raise ParseError(
            f"no answer of ListCommands: the header {name[:60]!r} does not end in (Priv: ...)",
            excerpt=text[:60],
            hint="was the answer cut off, or is it another action's?",
        )
    return Command(name.strip(), synopsis.strip(), parse_privileges(privileges[:-1]))


def _actions(message: Message) -> list[tuple[str, str]]:
    """Return name and unfolded text of each action."""
    pairs = message.pairs[1:]
    if pairs and pairs[0][0].lower() == "actionid" and _PRIVILEGES not in pairs[0][1]:
        pairs = pairs[1:]
    folded: list[tuple[str, list[str]]] = []
    for name, value in pairs:
        lines = value.replace("\r\n", "\n").split("\n")
        if name.startswith(_FOLD) and folded:  # a fold whose text holds the colon, at the latest that of "Priv:"
            folded[-1][1].extend((f"{name}: {lines[0]}", *lines[1:]))
        else:
            folded.append((name, lines))
    return [(name, " ".join(line.strip() for line in lines).strip()) for name, lines in folded]
