"""The console commands that the demo PBX knows: a handful that show something."""

from __future__ import annotations

from collections.abc import Callable

from amiframe.demo.ami import command_docs
from amiframe.demo.ami.channels import seconds_of
from amiframe.demo.ami.queues import service_levels
from amiframe.demo.ami.response import Request, error
from amiframe.demo.pbx.cdr import member_status
from amiframe.demo.pbx.queues import is_available
from amiframe.demo.pbx.state import CHANNEL_STATES, DEVICE_STATES, Channel, Member, Queue
from amiframe.demo.pbx.world import World
from amiframe.wire.message import Message

_USAGE = (
    "Usage: manager show command <actionname> [<actionname> [<actionname> [...]]]",
    "\tShows the documentation of one or more manager actions.",
)
_STATES = {number: words for number, words, _, _ in DEVICE_STATES.values()}


def command(world: World, request: Request) -> list[Message]:
    """Answer Command: the text that a console command prints, one ``Output`` a line."""
    text = request.get("Command")
    if not text.strip():
        return error(request, "No command provided")
    ok, lines = run(world, text)
    head = (("Response", "Success" if ok else "Error"), *request.actionid, ("Message", "Command output follows"))
    return [Message((*head, *(("Output", line) for line in lines)))]


def run(world: World, text: str) -> tuple[bool, list[str]]:
    """Return whether a command was understood, and what it prints."""
    words = text.split()
    for known, show in _COMMANDS.items():
        parts = known.split()
        if [word.lower() for word in words[: len(parts)]] == parts:
            return show(world, words[len(parts) :])
    shown = " ".join(words)
    return False, [f"No such command '{shown}' (type 'core show help {shown}' for other possible commands)"]


def _channels(world: World, rest: list[str]) -> tuple[bool, list[str]]:
    channels = list(world.channels.values())
    if rest[:1] == ["concise"]:
        return True, [_concise(world, channel) for channel in channels] or [""]
    lines = [f"{'Channel':<64.64} {'Location':<32.32} {'State':<7.7} {'Application(Data)':<30.30}"]
    for channel in channels:
        place = f"{channel.exten}@{channel.context}:{channel.priority}"
        runs = f"{channel.application}({channel.data})" if channel.application else "(None)"
        lines.append(f"{channel.name:<64.64} {place:<32.32} {CHANNEL_STATES[channel.state]:<7.7} {runs:<30.30}")
    calls = len({channel.linkedid for channel in channels})
    lines.append(f"{len(channels)} active channel{'' if len(channels) == 1 else 's'}")
    lines.append(f"{calls} active call{'' if calls == 1 else 's'}")
    lines.append(f"{world.calls_processed} calls processed")
    return True, lines


def _concise(world: World, channel: Channel) -> str:
    return "!".join(
        (
            channel.name,
            channel.context,
            channel.exten,
            str(channel.priority),
            CHANNEL_STATES[channel.state],
            channel.application,
            channel.data,
            channel.caller[0],
            channel.account,
            "",
            "3",
            str(seconds_of(world, channel)),
            channel.bridge.uniqueid if channel.bridge else "",
            channel.uniqueid,
        )
    )


def _applications(_world: World, rest: list[str]) -> tuple[bool, list[str]]:
    """List the applications; two words after the command choose, anything else does not."""
    known = command_docs.applications()
    how = rest[0] if len(rest) > 1 else ""
    chosen = {"like": len(rest) == 2, "describing": True}.get(how, False)
    if chosen:
        words = [word.lower() for word in rest[1:]]
        known = {
            name: synopsis
            for name, synopsis in known.items()
            if all(word in (name if how == "like" else synopsis).lower() for word in words)
        }
    kind = "Matching" if chosen else "Registered"
    lines = [f"  {name:>20}: {synopsis} " for name, synopsis in known.items()]
    return True, [f"    -= {kind} Asterisk Applications =-", *lines, f"    -= {len(known)} Applications {kind} =-"]


def _uptime(world: World, rest: list[str]) -> tuple[bool, list[str]]:
    seconds = int(world.now - world.started)
    shown = seconds if rest[:1] == ["seconds"] else _words(seconds)
    return True, [f"System uptime: {shown}", f"Last reload: {shown}"]


def _words(seconds: int) -> str:
    parts: list[str] = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count or (unit == "second" and not parts):
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return ", ".join(parts)


def _queues(world: World, rest: list[str]) -> tuple[bool, list[str]]:
    if rest and rest[0] not in world.queues:
        return True, [f"No such queue: {rest[0]}."]
    wanted = [world.queues[rest[0]]] if rest else list(world.queues.values())
    return True, [line for queue in wanted for line in _queue(world, queue)]


def _queue(world: World, queue: Queue) -> list[str]:
    level, level_of_all = service_levels(queue)
    lines = [
        f"{queue.name} has {len(queue.callers)} calls (max unlimited) in '{queue.strategy}' strategy "
        f"({queue.hold_time}s holdtime, {queue.talk_time}s talktime), W:0, C:{queue.completed}, A:{queue.abandoned}, "
        f"SL:{level:.1f}%, SL2:{level_of_all:.1f}% within {queue.service_level}s"
    ]
    lines += ["   Members: "] if queue.members else ["   No Members"]
    lines += [f"      {_member(world, member)}" for member in queue.members]
    lines += ["   Callers: "] if queue.callers else ["   No Callers"]
    for position, caller in enumerate(queue.callers, 1):
        waited = int(world.now - caller.joined)
        lines.append(f"      {position}. {caller.channel.name} (wait: {waited // 60}:{waited % 60:02}, prio: 0)")
    return [*lines, ""]


def _member(world: World, member: Member) -> str:
    parts = [f"{member.name} ({member.interface})"]
    parts += [f"with penalty {member.penalty}"] if member.penalty else []
    parts += ["(ringinuse disabled)"]
    parts += ["(dynamic)"] if member.membership == "dynamic" else []
    parts += ["(in call)"] if member.in_call else []
    if member.paused:
        since = int(world.now) - member.last_pause
        parts.append(f"(paused{':' + member.reason if member.reason else ''} was {since} secs ago)")
    resting = member.calls_taken and not member.in_call and not member.paused and not is_available(world, member)
    status = member_status(world, member)
    parts += ["(in wrapup)"] if resting and status == 1 else []
    parts.append(f"({_STATES[status]})")
    if member.calls_taken:
        parts.append(f"has taken {member.calls_taken} calls (last was {int(world.now) - member.last_call} secs ago)")
    else:
        parts.append("has taken no calls yet")
    return " ".join([*parts, f"(login was {int(world.now - member.login)} secs ago)"])


def _account(world: World, rest: list[str]) -> tuple[bool, list[str]]:
    name = rest[0] if rest else ""
    if name not in world.accounts:
        return True, [f"There is no user called {name}"]
    read, write = (",".join(kinds) or "<none>" for kinds in world.accounts[name])
    account = {
        "username": name,
        "secret": "<Set>",
        "ACL": "no",
        "read perm": read,
        "write perm": write,
        "displayconnects": "yes",
        "allowmultiplelogin": "yes",
        "Variables": "",
    }
    return True, ["", *(f"{key:>18}: {value}" for key, value in account.items())]


def _accounts(world: World, _rest: list[str]) -> tuple[bool, list[str]]:
    count = f"{len(world.accounts)} manager users configured."
    return True, ["", "username", "--------", *world.accounts, "-------------------", count]


def _settings(world: World, _rest: list[str]) -> tuple[bool, list[str]]:
    settings = {
        "Manager (AMI)": "No",
        "Web Manager (AMI/HTTP)": "Yes",
        "HTTP Timeout (seconds)": str(world.httptimeout),
        "TLS Enable": "No",
        "Allow multiple login": "Yes",
        "Display connects": "Yes",
        "Timestamp events": "Yes",
        "Channel vars": "",
        "Disabled events": "",
        "Debug": "No",
    }
    lines = [f"  {f'{name}:':<26} {value:<15}" for name, value in settings.items()]
    return True, ["", "Global Settings:", "----------------", *lines]


def _manual(_world: World, rest: list[str]) -> tuple[bool, list[str]]:
    return (True, command_docs.show(rest)) if rest else (False, list(_USAGE))


_COMMANDS: dict[str, Callable[[World, list[str]], tuple[bool, list[str]]]] = {
    "core show channels": _channels,
    "core show applications": _applications,
    "core show version": lambda *_: (True, ["Asterisk 22.10.1-amiframe-demo (an embedded demo PBX, no Asterisk)"]),
    "core show uptime": _uptime,
    "queue show": _queues,
    "manager show users": _accounts,
    "manager show user": _account,
    "manager show settings": _settings,
    "manager show commands": lambda *_: (True, command_docs.overview()),
    "manager show command": _manual,
}
