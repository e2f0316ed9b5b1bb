"""What the PBX keeps of calls and agents: call detail records, and the headers of queue members."""

from __future__ import annotations

from datetime import UTC, datetime

from amiframe.demo.pbx.state import DEVICE_STATES, Cdr, Channel, Member
from amiframe.demo.pbx.world import World
from amiframe.schema import RECORDS

_DISPOSITIONS = {"ANSWER": "ANSWERED", "BUSY": "BUSY", "CONGESTION": "CONGESTION", "CHANUNAVAIL": "FAILED"}


def open_record(world: World, channel: Channel) -> None:
    """Begin the records of a channel that runs the dialplan."""
    if not channel.cdrs:
        channel.cdrs.append(Cdr(channel, world.now, channel.context, channel.exten))
        if channel.answered is not None:
            answered(world, channel)


def answered(world: World, channel: Channel) -> None:
    """Take note that a channel was answered by the dialplan itself."""
    if channel.cdrs and not channel.cdrs[-1].destination:
        channel.cdrs[-1].answer = world.now
        channel.cdrs[-1].disposition = "ANSWERED"


def application(channel: Channel) -> None:
    """Take note of the application that a channel runs now."""
    if channel.cdrs and channel.cdrs[-1].end is None:
        channel.cdrs[-1].app, channel.cdrs[-1].data = channel.application, channel.data


def dialled(world: World, channel: Channel, leg: Channel) -> None:
    """Take note that a channel calls another one; each attempt has a record of its own."""
    if not channel.cdrs:
        return
    if channel.cdrs[-1].destination:
        channel.cdrs[-1].end = channel.cdrs[-1].end or world.now
        channel.cdrs.append(Cdr(channel, world.now, channel.context, channel.exten))
    record = channel.cdrs[-1]
    record.destination, record.disposition = leg.name, "NO ANSWER"
    if channel.answered is not None:  # a record of who is up already counts from its begin, answered or not
        record.answer = record.answer or record.start
    record.app, record.data = channel.application, channel.data


def dial_ended(world: World, channel: Channel, status: str) -> None:
    """Take note of what became of the attempt."""
    if not channel.cdrs:
        return
    record = channel.cdrs[-1]
    record.disposition = _DISPOSITIONS.get(status, "NO ANSWER")
    if status == "ANSWER":
        record.answer = record.answer or world.now


def close(world: World, channel: Channel, cause: int) -> None:
    """Write the records of a channel that ends."""
    for record in channel.cdrs:
        if cause == 17 and record.disposition == "NO ANSWER" and not record.destination:
            record.disposition = "BUSY"
        pairs = cdr_pairs(world, record)
        world.emit("Cdr", "cdr", pairs)
        world.cdr.append({f.column: value for f, (_, value) in zip(RECORDS["CDR"], pairs, strict=False)})
    channel.cdrs = []


def local_time(epoch: float | None) -> str:
    """Return a time as the server writes it where it names no zone (its zone is UTC)."""
    return "" if epoch is None else datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%d %H:%M:%S")


def caller_id(number: str, name: str) -> str:
    """Return a caller as ``"Name" <number>``."""
    return f'"{name}" <{number}>' if name else number


def cdr_pairs(world: World, record: Cdr) -> tuple[tuple[str, str], ...]:
    """Return the headers of the event Cdr, in the order in which a line of Master.csv has their values."""
    channel = record.channel
    end = world.now if record.end is None else record.end
    billed = 0 if record.answer is None else int(end - record.answer)
    return (
        ("AccountCode", channel.account),
        ("Source", channel.caller[0]),
        ("Destination", record.exten),
        ("DestinationContext", record.context),
        ("CallerID", caller_id(*channel.caller)),
        ("Channel", channel.name),
        ("DestinationChannel", record.destination),
        ("LastApplication", record.app),
        ("LastData", record.data),
        ("StartTime", local_time(record.start)),
        ("AnswerTime", local_time(record.answer)),
        ("EndTime", local_time(end)),
        ("Duration", str(int(end - record.start))),
        ("BillableSeconds", str(billed)),
        ("Disposition", record.disposition),
        ("AMAFlags", "DOCUMENTATION"),
        ("UniqueID", channel.uniqueid),
        ("UserField", ""),
    )


def member_status(world: World, member: Member) -> int:
    """Return the number of a member's device state."""
    return DEVICE_STATES[world.device_states.get(member.interface, "UNKNOWN")][0]


def member_pairs(world: World, member: Member, *, listed: bool = False) -> tuple[tuple[str, str], ...]:
    """Return the headers of a queue member, as events have them or as the list of QueueStatus has them."""
    wrapup = str(world.queues[member.queue].wrapup)
    pairs = (
        ("Queue", member.queue),
        ("Name" if listed else "MemberName", member.name),
        ("Location" if listed else "Interface", member.interface),
        ("StateInterface", member.interface),
        ("Membership", member.membership),
        ("Penalty", str(member.penalty)),
        ("CallsTaken", str(member.calls_taken)),
        ("LastCall", str(member.last_call)),
        ("LastPause", str(member.last_pause)),
        ("LoginTime", str(int(member.login))),
        ("InCall", str(int(member.in_call))),
        ("Status", str(member_status(world, member))),
        ("Paused", str(int(member.paused))),
        ("PausedReason", member.reason),
    )
    return (*pairs, *(() if listed else (("Ringinuse", "0"),)), ("Wrapuptime", wrapup))
