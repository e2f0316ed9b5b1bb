"""Channels and bridges: what happens to them, each with its events as Asterisk 22 sends them."""

from __future__ import annotations

import sys

from amiframe.demo.pbx import cdr
from amiframe.demo.pbx.state import CAUSES, CHANNEL_STATES, DEVICE_STATES, Bridge, Channel, Party
from amiframe.demo.pbx.world import World
from amiframe.wire.encoding import escape

Pairs = tuple[tuple[str, str], ...]

_ENDED_BY_US = 127  # what a phone's channel says when we stop ringing it


def known(text: str) -> str:
    """Return text, or the server's word for nothing."""
    return text or "<unknown>"


def snapshot(channel: Channel, prefix: str = "") -> Pairs:
    """Return the headers of a channel; they are kept until the channel changes, since most events repeat them."""
    kept = channel.rendered.get(prefix)
    if kept is not None and kept[0] == channel.version:
        return kept[1]
    values = {
        "Channel": channel.name,
        "ChannelState": str(channel.state),
        "ChannelStateDesc": CHANNEL_STATES[channel.state],
        "CallerIDNum": known(channel.caller[0]),
        "CallerIDName": known(escape(channel.caller[1])),
        "ConnectedLineNum": known(channel.connected[0]),
        "ConnectedLineName": known(escape(channel.connected[1])),
        "Language": channel.language,
        "AccountCode": channel.account,
        "Context": channel.context,
        "Exten": channel.exten,
        "Priority": str(channel.priority),
        "Uniqueid": channel.uniqueid,
        "Linkedid": channel.linkedid,
    }
    # what has not changed is shared with the older events, so that a long log stays small
    before = dict.fromkeys(values) if kept is None else dict(zip(values, kept[1], strict=True))
    pairs = tuple(
        old if (old := before[name]) and old[1] == value else (sys.intern(prefix + name), value)
        for name, value in values.items()
    )
    channel.rendered[prefix] = (channel.version, pairs)
    return pairs


def bridge_snapshot(bridge: Bridge, prefix: str = "") -> Pairs:
    """Return the headers of a bridge."""
    return (
        (f"{prefix}BridgeUniqueid", bridge.uniqueid),
        (f"{prefix}BridgeType", bridge.kind),
        (f"{prefix}BridgeTechnology", bridge.technology),
        (f"{prefix}BridgeCreator", known(bridge.creator)),
        (f"{prefix}BridgeName", known(bridge.name)),
        (f"{prefix}BridgeNumChannels", str(len(bridge.channels))),
        (f"{prefix}BridgeVideoSourceMode", "none"),
    )


def emit_about(world: World, event: str, channel: Channel, *more: tuple[str, str], classes: str = "call") -> None:
    """Write an event about a channel."""
    world.emit(event, classes, (*snapshot(channel), *more))


# --- a channel's life --------------------------------------------------------------------------------------------


def create(
    world: World,
    technology: str,
    resource: str,
    *,
    context: str,
    exten: str,
    state: int = 0,
    caller: Party = ("", ""),
    linked: Channel | None = None,
    uniqueid: str = "",
    account: str = "",
    name: str = "",
) -> Channel:
    """Make a channel; `linked` is the one for which it is made."""
    uniqueid = uniqueid or world.new_id()
    channel = Channel(
        name=name or world.new_name(technology, resource),
        uniqueid=uniqueid,
        linkedid=linked.linkedid if linked else uniqueid,
        created=world.now,
        context=context,
        exten=exten,
        caller=caller,
        state=state,
        account=account,
        device=f"{technology}/{resource}",
        dnid=exten if state == 4 else "",
    )
    world.channels[channel.name] = channel
    if not linked:
        world.calls_processed += 1
    endpoint = world.endpoints.get(resource) if technology == "PJSIP" else None
    if endpoint:
        endpoint.channels.append(channel)
    emit_about(world, "Newchannel", channel)
    refresh_device(world, channel.device)
    return channel


def set_state(world: World, channel: Channel, state: int) -> None:
    """Change a channel's state."""
    if channel.state == state:
        return
    channel.state = state
    channel.version += 1
    emit_about(world, "Newstate", channel)
    refresh_device(world, channel.device)


def answer(world: World, channel: Channel) -> None:
    """Answer an incoming channel, or take note that a called one was answered."""
    if channel.answered is not None:
        return
    channel.answered = world.now
    set_state(world, channel, 6)
    cdr.answered(world, channel)
    if channel.on_answer:
        channel.on_answer()


def execute(world: World, channel: Channel, application: str, data: str = "", *, step: bool = True) -> None:
    """Begin an application of the dialplan."""
    if step and channel.application:
        channel.priority += 1
    channel.application, channel.data = application, data
    channel.version += 1
    more = (("Extension", channel.exten), ("Application", application), ("AppData", data))
    emit_about(world, "Newexten", channel, *more, classes="dialplan")
    cdr.application(channel)


def go_to(channel: Channel, context: str, exten: str, priority: int = 1) -> None:
    """Put a channel elsewhere in the dialplan; its next application is the first one there."""
    channel.context, channel.exten, channel.priority = context, exten, priority
    channel.application = channel.data = ""
    channel.version += 1


def set_variable(world: World, channel: Channel, name: str, value: str) -> None:
    """Set a variable of a channel; the server escapes its value in the event."""
    channel.variables[name] = value
    emit_about(world, "VarSet", channel, ("Variable", name), ("Value", escape(value)), classes="dialplan")


def set_caller(world: World, channel: Channel, caller: Party) -> None:
    """Change who a channel says it is."""
    channel.caller = caller
    channel.version += 1
    emit_about(world, "NewCallerid", channel, ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)"))


def set_connected(world: World, channel: Channel, connected: Party) -> None:
    """Change whom a channel talks with."""
    if channel.connected != connected:
        channel.connected = connected
        channel.version += 1
        emit_about(world, "NewConnectedLine", channel)


def hold(world: World, channel: Channel, on: bool) -> None:
    """Put the other side on hold, or take it back."""
    channel.on_hold = on
    if on:
        emit_about(world, "Hold", channel, ("MusicClass", "default"))
    else:
        emit_about(world, "Unhold", channel)
    refresh_device(world, channel.device)


def wake(channel: Channel) -> None:
    """Let every process go on that watches a channel."""
    for process in tuple(channel.watchers):
        process.wake()


def hang_up_request(world: World, channel: Channel, cause: int = 16, tech_cause: str = "") -> None:
    """Emit that the far end of a channel hung up."""
    channel.tech_cause = tech_cause
    more = (("Cause", str(cause)),) + ((("TechCause", tech_cause),) if tech_cause else ())
    emit_about(world, "HangupRequest", channel, *more)


def send_away(world: World, channel: Channel, cause: int = 16, *, by_far_end: bool = False) -> None:
    """Ask a channel to end: its process sees it where it waits."""
    if channel.gone or channel.ending is not None:
        return
    channel.ending = cause
    if by_far_end:
        hang_up_request(world, channel, cause)
    else:
        emit_about(world, "SoftHangupRequest", channel, ("Cause", str(cause)))
    wake(channel)


def hang_up(world: World, channel: Channel, cause: int | None = None) -> None:
    """End a channel now; its twin and what it was in must be left by its process."""
    if channel.gone:
        return
    if channel.bridge:
        leave(world, channel)
    cause = channel.ending if channel.ending is not None else 16 if cause is None else cause
    cdr.close(world, channel, cause)
    channel.gone = True
    more = (("Cause", str(cause)), ("Cause-txt", CAUSES.get(cause, "Unknown")))
    emit_about(world, "Hangup", channel, *more, *((("TechCause", channel.tech_cause),) if channel.tech_cause else ()))
    world.channels.pop(channel.name, None)
    endpoint = world.endpoints.get(channel.device.partition("/")[2])
    if endpoint and channel in endpoint.channels:
        endpoint.channels.remove(channel)
    refresh_device(world, channel.device)
    if channel.twin and not channel.twin.gone:
        send_away(world, channel.twin, cause, by_far_end=True)
    wake(channel)


# --- bridges -----------------------------------------------------------------------------------------------------


def make_bridge(
    world: World, kind: str = "basic", technology: str = "simple_bridge", creator: str = "", name: str = ""
) -> Bridge:
    """Make an empty bridge."""
    bridge = Bridge(world.new_uuid(), kind, technology, creator, name)
    world.bridges[bridge.uniqueid] = bridge
    world.emit("BridgeCreate", "call", bridge_snapshot(bridge))
    return bridge


def enter(world: World, bridge: Bridge, channel: Channel) -> None:
    """Let a channel into a bridge; all who meet there belong to the oldest one's call."""
    bridge.channels.append(channel)
    channel.bridge = bridge
    oldest = min((other.linkedid for other in bridge.channels), key=_age)
    if bridge.kind == "basic":
        for other in bridge.channels:
            if other.linkedid != oldest:
                other.linkedid = oldest
                other.version += 1
    world.emit("BridgeEnter", "call", (*bridge_snapshot(bridge), *snapshot(channel)))


def _age(linkedid: str) -> tuple[int, int, str]:
    seconds, _, number = linkedid.partition(".")
    return (int(seconds), int(number), "") if seconds.isdecimal() and number.isdecimal() else (1 << 62, 0, linkedid)


def leave(world: World, channel: Channel) -> None:
    """Let a channel out of its bridge; an empty bridge is destroyed."""
    bridge = channel.bridge
    if bridge is None:
        return
    bridge.channels.remove(channel)
    channel.bridge = None
    world.emit("BridgeLeave", "call", (*bridge_snapshot(bridge), *snapshot(channel)))
    if not bridge.channels and bridge.kind != "base":
        destroy(world, bridge)


def destroy(world: World, bridge: Bridge) -> None:
    """End an empty bridge."""
    world.bridges.pop(bridge.uniqueid, None)
    world.emit("BridgeDestroy", "call", bridge_snapshot(bridge))


# --- devices -----------------------------------------------------------------------------------------------------


def device_state(world: World, device: str) -> str:
    """Return the state of a device, as its channels have it."""
    endpoint = world.endpoints.get(device.partition("/")[2]) if device.startswith("PJSIP/") else None
    if endpoint is None:
        return "NOT_INUSE" if device.startswith("Local/") else "UNKNOWN"
    if not endpoint.reachable:
        return "UNAVAILABLE"
    ringing = any(channel.state == 5 for channel in endpoint.channels)
    busy = [channel for channel in endpoint.channels if channel.state in (4, 6)]
    if ringing:
        return "RINGINUSE" if busy else "RINGING"
    if busy:
        return "ONHOLD" if all(channel.on_hold for channel in busy) else "INUSE"
    return "NOT_INUSE"


def refresh_device(world: World, device: str) -> None:
    """Emit the state of a device if it has changed."""
    if device.partition("/")[2] not in world.endpoints or not device.startswith("PJSIP/"):
        return
    state = device_state(world, device)
    if world.device_states.get(device) == state:
        return
    world.device_states[device] = state
    world.emit("DeviceStateChange", "call", (("Device", device), ("State", state)))
    for exten, hint in world.hints.items():
        if hint == device:
            world.emit("ExtensionStatus", "call", extension_pairs(world, exten))
    for queue in world.queues.values():
        for member in queue.members:
            if member.interface == device:
                world.emit("QueueMemberStatus", "agent", cdr.member_pairs(world, member))


def extension_pairs(world: World, exten: str) -> Pairs:
    """Return the headers of an extension's status; one without a hint is unknown."""
    device = world.hints.get(exten, "")
    _, _, number, words = DEVICE_STATES[world.device_states.get(device, "UNKNOWN")]
    status = (str(number), words) if device else ("-1", "Unknown")
    return (
        ("Exten", exten),
        ("Context", "hints"),
        ("Hint", device),
        ("Status", status[0]),
        ("StatusText", status[1]),
    )
