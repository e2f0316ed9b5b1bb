"""Answers about channels, bridges, conferences and parked calls, and the actions that change them."""

from __future__ import annotations

from amiframe.demo.ami.response import Request, listing, required, success
from amiframe.demo.pbx import dialplan
from amiframe.demo.pbx.channels import (
    Pairs,
    bridge_snapshot,
    execute,
    known,
    send_away,
    set_variable,
    snapshot,
    wake,
)
from amiframe.demo.pbx.conference_parking import FIRST_SPACE, LAST_SPACE, parked_pairs
from amiframe.demo.pbx.state import Channel
from amiframe.demo.pbx.world import World
from amiframe.wire.message import Message

_CUT = 511  # bytes of a variable that is asked for by name


def seconds_of(world: World, channel: Channel) -> int:
    """Return how many whole seconds a channel is old."""
    return int(world.now - channel.created)


def duration(seconds: int) -> str:
    """Return seconds as ``hh:mm:ss``.

    Examples
    --------
    >>> duration(3725)
    '01:02:05'
    """
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _bridge_id(channel: Channel) -> str:
    return channel.bridge.uniqueid if channel.bridge else ""


def _find(world: World, name: str, wrong: str = "No such channel") -> Channel:
    """Return the channel of a name or unique id in any case."""
    wanted = name.lower()
    found = (one for one in world.channels.values() if wanted in (one.name.lower(), one.uniqueid.lower()))
    return required(next(found, None), wrong)


# --- reading -----------------------------------------------------------------------------------------------------


def _status(world: World, request: Request) -> list[Message]:
    name = request.get("Channel")
    channels = [_find(world, name)] if name else list(world.channels.values())
    names = [one for one in request.get("Variables").split(",") if one]
    items = []
    for channel in channels:
        variables = [(one, value_of(world, channel, one)) for one in names]
        if request.is_true("AllVariables"):
            variables += [*channel.variables.items()]
        said = tuple(("Variable", f"{one}={'(null)' if value is None else value}") for one, value in variables)
        items.append(("Status", (("Privilege", "Call"), *_status_pairs(world, channel), *said)))
    more = ("Items", str(len(items)))
    return listing(request, "Channel status will follow", items, "StatusComplete", more, id_last=True)


def _status_pairs(world: World, channel: Channel) -> Pairs:
    formats = "alaw" if channel.device.startswith("PJSIP/") else "slin"
    writes = "slin" if channel.application in ("Playback", "Queue", "Park") else formats
    return (
        *snapshot(channel),
        ("Type", channel.name.partition("/")[0]),
        ("DNID", channel.dnid),
        ("EffectiveConnectedLineNum", known(channel.connected[0])),
        ("EffectiveConnectedLineName", known(channel.connected[1])),
        ("TimeToHangup", "0"),
        ("BridgeID", _bridge_id(channel)),
        ("Application", channel.application),
        ("Data", channel.data),
        ("Nativeformats", f"({formats})"),
        ("Readformat", formats),
        ("Readtrans", ""),
        ("Writeformat", writes),
        ("Writetrans", "" if writes == formats else f"({writes}@8000)->({formats}@8000)"),
        ("Callgroup", "0"),
        ("Pickupgroup", "0"),
        ("Seconds", str(seconds_of(world, channel))),
    )


def value_of(world: World, channel: Channel | None, name: str) -> str | None:
    """Return a variable's or a function's value; None when there is no such variable."""
    if not name.endswith(")"):
        found = channel.variables.get(name) if channel else None
        return _cut(world.globals.get(name) if found is None else found)
    function, _, argument = name[:-1].partition("(")
    if channel is None:
        return ""
    number, person = channel.caller
    values = {
        "CALLERID(num)": number,
        "CALLERID(name)": person,
        "CALLERID(all)": f'"{person}" <{number}>',
        "CHANNEL(language)": channel.language,
        "CHANNEL(name)": channel.name,
        "CHANNEL(linkedid)": channel.linkedid,
        "CHANNEL(uniqueid)": channel.uniqueid,
        "CONNECTEDLINE(num)": channel.connected[0],
        "CONNECTEDLINE(name)": channel.connected[1],
    }
    return values.get(f"{function.upper()}({argument.lower()})", "")


def _cut(value: str | None) -> str | None:
    return None if value is None else value.encode()[:_CUT].decode("utf-8", "ignore")


def _core_show_channels(world: World, request: Request) -> list[Message]:
    items = [
        (
            "CoreShowChannel",
            (
                *snapshot(channel),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", duration(seconds_of(world, channel))),
                ("BridgeId", _bridge_id(channel)),
            ),
        )
        for channel in world.channels.values()
    ]
    return listing(request, "Channels will follow", items, "CoreShowChannelsComplete")


def _channel_map(world: World, request: Request) -> list[Message]:
    name = required(request.get("Channel"), "Channel not specified")
    channel = _find(world, name, "Could not get channel snapshot")
    others = [other for other in (channel.bridge.channels if channel.bridge else ()) if other is not channel]
    items = [("CoreShowChannelMap", (("Channel", channel.name), ("ConnectedChannel", other.name))) for other in others]
    return listing(request, "Channel map will follow", items, "CoreShowChannelMapComplete")


def _bridge_list(world: World, request: Request) -> list[Message]:
    wanted = request.get("BridgeType")
    items = [
        ("BridgeListItem", bridge_snapshot(bridge))
        for bridge in world.bridges.values()
        if not wanted or bridge.kind == wanted
    ]
    return listing(request, "Bridge listing will follow", items, "BridgeListComplete")


def _bridge_info(world: World, request: Request) -> list[Message]:
    uniqueid = required(request.get("BridgeUniqueid"), "BridgeUniqueid must be provided")
    bridge = required(world.bridges.get(uniqueid), "Specified BridgeUniqueid not found")
    items = [("BridgeInfoChannel", snapshot(channel)) for channel in bridge.channels]
    message = "Bridge channel listing will follow"
    return listing(request, message, items, "BridgeInfoComplete", *bridge_snapshot(bridge))


def _conference(world: World, request: Request) -> list[Message]:
    room = required(request.get("Conference"), "No Conference name provided.")
    conferences = required(world.conferences, "No active conferences.")
    bridge = required(conferences.get(room), "No Conference by that name found.")
    flags = ("Admin", "MarkedUser", "WaitMarked", "EndMarked", "EndMarkedAny", "Waiting", "Muted", "Talking")
    items = [
        (
            "ConfbridgeList",
            (
                ("Conference", room),
                *((flag, "No") for flag in flags),
                ("AnsweredTime", str(int(world.now - (channel.answered or world.now)))),
                *snapshot(channel),
            ),
        )
        for channel in bridge.channels
    ]
    return listing(request, "Confbridge user list will follow", items, "ConfbridgeListComplete")


def _conferences(world: World, request: Request) -> list[Message]:
    conferences = required(world.conferences, "No active conferences.")
    items = [
        (
            "ConfbridgeListRooms",
            (
                ("Conference", room),
                ("Parties", str(len(bridge.channels))),
                ("Marked", "0"),
                ("Locked", "No"),
                ("Muted", "No"),
            ),
        )
        for room, bridge in conferences.items()
    ]
    return listing(request, "Confbridge conferences will follow", items, "ConfbridgeListRoomsComplete")


def _parked(world: World, request: Request) -> list[Message]:
    items = [("ParkedCall", parked_pairs(world, parked)) for parked in world.parked.values()]
    total = ("Total", str(len(items)))
    return listing(request, "Parked calls will follow", items, "ParkedCallsComplete", total, id_last=True)


def _lots(_world: World, request: Request) -> list[Message]:
    spaces = (("StartSpace", str(FIRST_SPACE)), ("StopSpace", str(LAST_SPACE)))
    pairs = (("Name", "default"), *spaces, ("Timeout", "45"))
    return listing(request, "Parking lots will follow", [("Parkinglot", pairs)], "ParkinglotsComplete")


# --- changing ----------------------------------------------------------------------------------------------------


def _variable(world: World, request: Request) -> tuple[str, Channel | None]:
    """Return the variable's name and its channel (None: it is a global one)."""
    name, channel = required(request.get("Variable"), "No variable specified"), request.get("Channel")
    return name, _find(world, channel) if channel else None


def _getvar(world: World, request: Request) -> list[Message]:
    name, channel = _variable(world, request)
    return success(request, "", ("Variable", name), ("Value", value_of(world, channel, name) or ""))


def _setvar(world: World, request: Request) -> list[Message]:
    name, channel = _variable(world, request)
    if channel:
        set_variable(world, channel, name, request.get("Value"))
    else:
        world.globals[name] = request.get("Value")
    return success(request, "Variable Set")


def _hangup(world: World, request: Request) -> list[Message]:
    channel = _find(world, required(request.get("Channel"), "No channel specified"))
    cause = request.get("Cause")
    send_away(world, channel, int(cause) if cause.isdecimal() and int(cause) < 128 else 16)
    return success(request, "Channel Hungup")


def _redirect(world: World, request: Request) -> list[Message]:
    name = required(request.get("Channel"), "Channel not specified")
    moves = [(_find(world, name, f"Channel does not exist: {name}"), "")]
    if extra := request.get("ExtraChannel"):
        moves.append((_find(world, extra, f"ExtraChannel does not exist: {extra}"), "Extra"))
    required(request.get("Priority", "1").isdecimal(), "Invalid priority")
    targets = [
        tuple(request.get(prefix + field) or request.get(field) for field in ("Context", "Exten"))
        for _, prefix in moves
    ]
    required(all(dialplan.exists(world, context, exten) for context, exten in targets), "Redirect failed")
    for (moved, _), (context, exten) in zip(moves, targets, strict=True):
        moved.moved_to = (context, exten, int(request.get("Priority", "1")))
        execute(world, moved, "AsyncGoto", f"{context},{exten},1", step=False)
        wake(moved)
    return success(request, "Redirect successful")


ACTIONS = {
    "status": _status,
    "coreshowchannels": _core_show_channels,
    "coreshowchannelmap": _channel_map,
    "bridgelist": _bridge_list,
    "bridgeinfo": _bridge_info,
    "confbridgelist": _conference,
    "confbridgelistrooms": _conferences,
    "parkedcalls": _parked,
    "parkinglots": _lots,
    "getvar": _getvar,
    "setvar": _setvar,
    "hangup": _hangup,
    "redirect": _redirect,
}
