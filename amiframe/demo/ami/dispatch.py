"""What the demo PBX answers to an action, with the headers and the order of Asterisk 22."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amiframe.demo.ami import cli_commands, command_docs, originate
from amiframe.demo.ami.channels import ACTIONS as CHANNEL_ACTIONS
from amiframe.demo.ami.dialplan import ACTIONS as DIALPLAN_ACTIONS
from amiframe.demo.ami.pjsip import ACTIONS as PHONE_ACTIONS
from amiframe.demo.ami.queues import ACTIONS as QUEUE_ACTIONS
from amiframe.demo.ami.response import Refused, Request, error, listing, required, success
from amiframe.demo.pbx.cdr import local_time
from amiframe.demo.pbx.world import World
from amiframe.schema.privileges import NONE
from amiframe.wire.message import Message

VERSION = "22.10.1-amiframe-demo"
AMI_VERSION = "11.0.0"


def respond(world: World, name: str, fields: Sequence[tuple[str, str]]) -> list[Message] | None:
    """Return the messages of the answer to an action; None when there is no such action here.

    Parameters
    ----------
    world : World
        The PBX.
    name : str
        The action's name in any case.
    fields : sequence of (str, str)
        Its fields in order; a repeated one counts where the server reads all.
    """
    handler = _ACTIONS.get(name.lower())
    if handler is None:
        return None
    request = Request(fields)
    with world.lock:
        world.advance()
        try:
            messages = handler(world, request)
        except Refused as refusal:
            messages = error(request, str(refusal))
        world.advance()
        return messages


def privileges_of(name: str) -> tuple[str, ...]:
    """Return the classes of which an account needs one to run an action; empty when it needs none.

    Examples
    --------
    >>> privileges_of("originate"), privileges_of("Ping")
    (('originate', 'all'), ())
    """
    entry = command_docs.entries().get(name.lower())
    return entry.privileges if entry else ()


def listcommands(request: Request, allowed: Callable[[str], bool] = lambda _: True) -> list[Message]:
    """Return the answer of ListCommands with the actions that are allowed."""
    pairs = [
        (entry.name, f"{entry.synopsis}  (Priv: {','.join(entry.privileges) or NONE})")
        for entry in command_docs.entries().values()
        if allowed(entry.name)
    ]
    return success(request, "", *pairs)


# --- the PBX itself ----------------------------------------------------------------------------------------------


def _ping(world: World, request: Request) -> list[Message]:
    return success(request, "", ("Ping", "Pong"), ("Timestamp", f"{world.now:.6f}"))


def _settings(_world: World, request: Request) -> list[Message]:
    return success(
        request,
        "",
        ("AMIversion", AMI_VERSION),
        ("AsteriskVersion", VERSION),
        ("SystemName", ""),
        ("CoreMaxCalls", "0"),
        ("CoreMaxLoadAvg", "0.000000"),
        ("CoreRunUser", ""),
        ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", "0"),
        ("CoreRealTimeEnabled", "No"),
        ("CoreCDRenabled", "Yes"),
        ("CoreHTTPenabled", "Yes"),
        ("SoundsSearchCustomDir", "No"),
    )


def _status(world: World, request: Request) -> list[Message]:
    day, time = local_time(world.started).split()
    return success(
        request,
        "",
        ("CoreStartupDate", day),
        ("CoreStartupTime", time),
        ("CoreReloadDate", day),
        ("CoreReloadTime", time),
        ("CoreCurrentCalls", str(len(world.channels))),
        ("CoreProcessedCalls", str(world.calls_processed)),
    )


def _key(request: Request, end: str = ".") -> str:
    """Return the key of a database entry; what is missing is named with this end of the sentence."""
    parts = (required(request.get(field), f"No {field.lower()} specified{end}") for field in ("Family", "Key"))
    return f"/{'/'.join(parts)}"


def _db_get(world: World, request: Request) -> list[Message]:
    key = _key(request)
    required(key in world.database, "Database entry not found")
    pairs = (("Family", request.get("Family")), ("Key", request.get("Key")), ("Val", world.database[key]))
    return listing(request, "Result will follow", [("DBGetResponse", pairs)], "DBGetComplete", id_last=True)


def _db_put(world: World, request: Request) -> list[Message]:
    world.database[_key(request, end="")] = request.get("Val")
    return success(request, "Updated database successfully")


def _db_del(world: World, request: Request) -> list[Message]:
    required(world.database.pop(_key(request), None) is not None, "Database entry could not be deleted")
    return success(request, "Key deleted successfully")


def _user_event(world: World, request: Request) -> list[Message]:
    own = [(name, value) for name, value in request.fields if name.lower() not in ("action", "userevent")]
    world.emit("UserEvent", "user", [("UserEvent", request.get("UserEvent")), *own])
    return success(request, "Event Sent")


_Handler = Callable[[World, Request], list[Message]]

_ACTIONS: dict[str, _Handler] = {
    "ping": _ping,
    "coresettings": _settings,
    "corestatus": _status,
    "listcommands": lambda _, request: listcommands(request),
    "dbget": _db_get,
    "dbput": _db_put,
    "dbdel": _db_del,
    "userevent": _user_event,
    "originate": originate.originate,
    "command": cli_commands.command,
    **CHANNEL_ACTIONS,
    **QUEUE_ACTIONS,
    **PHONE_ACTIONS,
    **DIALPLAN_ACTIONS,
}
