"""Originate: its checks in the server's order, and what becomes of the call, by the number that is called."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator

from amiframe.demo.ami.response import Request, required, success
from amiframe.demo.pbx import dialplan
from amiframe.demo.pbx.calls import Manner, emit_dial, ring
from amiframe.demo.pbx.cdr import open_record
from amiframe.demo.pbx.channels import (
    answer,
    create,
    emit_about,
    execute,
    go_to,
    hang_up,
    known,
    set_caller,
    set_connected,
    set_variable,
)
from amiframe.demo.pbx.process import Steps, Wait
from amiframe.demo.pbx.state import Channel
from amiframe.demo.pbx.world import World
from amiframe.wire.message import Message

MAX_ID = 149
_BY_SIGNAL = {17: 5, 34: 8}
_ANSWERED, _NO_ANSWER, _FAILED = 4, 3, 0


class _Order:
    """One request to originate, checked."""

    def __init__(self, request: Request):
        number = re.fullmatch(r'\s*"?([^"<]*)"?\s*<([^>]*)>\s*', request.get("CallerID"))
        limit = int(request.get("Timeout") or 30_000)
        self.actionid = request.actionid
        self.channel = request.get("Channel")
        self.exten = request.get("Exten")
        self.context = request.get("Context")
        self.priority = int(request.get("Priority") or 0)
        self.application = request.get("Application")
        self.data = request.get("Data")
        self.limit = limit / 1000 if limit > 0 else math.inf
        self.caller = (number[2], number[1].strip()) if number else (request.get("CallerID"), "")
        self.variables = [pair for text in request.all("Variable") for pair in assignments(text)]
        self.account = request.get("Account")
        self.channelid = request.get("ChannelId")
        self.otherchannelid = request.get("OtherChannelId")
        self.asynchronous = request.is_true("Async")


def originate(world: World, request: Request) -> list[Message]:
    """Answer Originate; a synchronous one answers when the call has been answered or has failed.

    While it waits, the lock is free. A clock that stands still is moved on, since nothing else would.
    """
    _check(world, request)
    order = _Order(request)
    outcome: list[int] = []
    if order.asynchronous:
        world.at(world.now, lambda: world.run(_call(world, order, outcome.append)))
        return success(request, "Originate successfully queued")
    world.run(_call(world, order, outcome.append))
    while not outcome:
        due = world.next_due()
        if not world.clock.speed and due is not None:
            world.clock.set(max(due, world.clock.now()))
        else:
            world.changed.wait(0.05)
        world.advance()
    required(outcome[0] == _ANSWERED, "Originate failed")
    return success(request, "Originate successfully queued")


def _check(world: World, request: Request) -> None:
    """Refuse what the server would complain of, in its order."""
    exten, context, priority = (request.get(field) for field in ("Exten", "Context", "Priority"))
    lengths = [len(request.get(field).encode()) for field in ("ChannelId", "OtherChannelId")]
    required(max(lengths) <= MAX_ID, f"Uniqueid length exceeds maximum of {MAX_ID}")
    channel = required(request.get("Channel"), "Channel not specified")
    required(not priority or priority.isdecimal(), "Invalid priority")
    required(re.fullmatch(r"-?\d*", request.get("Timeout")), "Invalid timeout")
    required("/" in channel, "Invalid channel")
    given = bool(exten and context and priority and int(priority))
    required(not given or dialplan.exists(world, context, exten), "Extension does not exist.")
    is_complete = given or request.is_true("Async") or request.get("Application")
    required(is_complete, "Originate with 'Exten' requires 'Context' and 'Priority'")


def assignments(text: str) -> list[tuple[str, str]]:
    r"""Return the variables of one field: parted by commas, with quotes and backslashes as the server takes them.

    Examples
    --------
    >>> assignments('A=1,__B="x,y",C=p\\,q,nothing')
    [('A', '1'), ('B', 'x,y'), ('C', 'p,q')]
    """
    parts, part, quoted, letters = [], "", False, iter(text)
    for letter in letters:
        if letter == "\\":
            part += next(letters, "")
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            parts.append(part)
            part = ""
        else:
            part += letter
    pairs = [text.partition("=") for text in (*parts, part)]
    return [(name.strip().lstrip("_"), value) for name, sign, value in pairs if sign][:64]


# --- the call ----------------------------------------------------------------------------------------------------


def _call(world: World, order: _Order, report: Callable[[int], None]) -> Steps:
    technology, _, resource = order.channel.partition("/")
    is_taken = order.channelid and any(channel.uniqueid == order.channelid for channel in world.channels.values())
    leg = None
    if not is_taken and technology.upper() == "LOCAL":
        leg = _local(world, order, resource)
    elif not is_taken and technology.upper() == "PJSIP":
        leg = _phone(world, order, resource)
    if leg is None:
        _respond(world, order, None, _FAILED)
        report(_FAILED)
        return
    _prepare(world, order, leg)
    emit_dial(world, "DialBegin", None, leg, ("DialString", resource))
    if leg.twin is None:
        status = yield from ring(world, None, leg, _manner(world, resource) or Manner(), order.limit)
        reason = _ANSWERED if status == "ANSWER" else _FAILED if leg.ending is not None else _NO_ANSWER
    else:
        reason = yield from _wait_for_twin(world, order, leg, leg.twin)
    _respond(world, order, leg, reason)
    report(reason)
    if reason != _ANSWERED:
        leg.tech_cause = leg.tech_cause or ("480" if reason == _NO_ANSWER and leg.twin is None else "")
        hang_up(world, leg, 19)
        return
    yield from _go_on(world, order, leg)


def _manner(world: World, resource: str) -> Manner | None:
    number, at, endpoint = resource.partition("@")
    if at:
        return dialplan.manner(world, endpoint, number) if endpoint in world.endpoints else None
    return dialplan.manner(world, resource)


def _phone(world: World, order: _Order, resource: str) -> Channel | None:
    if _manner(world, resource) is None:
        return None
    number, _, endpoint = resource.rpartition("@")
    return create(
        world, "PJSIP", endpoint or number, context="internal", exten="s", uniqueid=order.channelid, account=""
    )


def _local(world: World, order: _Order, resource: str) -> Channel | None:
    """Make both halves of a Local channel; the second one runs the dialplan."""
    exten, _, context = resource.partition("/")[0].partition("@")
    context = context or "default"
    if not dialplan.exists(world, context, exten):
        return None
    name = world.new_name("Local", f"{exten}@{context}")
    leg = create(world, "Local", exten, context=context, exten=exten, uniqueid=order.channelid, name=f"{name};1")
    other = order.otherchannelid or (f"{order.channelid};2" if order.channelid else "")
    twin = create(
        world, "Local", exten, context=context, exten=exten, uniqueid=other, name=f"{name};2", linked=leg, state=4
    )
    twin.caller, twin.connected = order.caller, (exten, "")
    leg.twin, twin.twin = twin, leg
    return leg


def _prepare(world: World, order: _Order, leg: Channel) -> None:
    execute(world, leg, "AppDial2", "(Outgoing Line)", step=False)
    for name, value in order.variables:
        set_variable(world, leg, name, value)
    if order.account:
        leg.account = order.account
        leg.version += 1
        emit_about(world, "NewAccountCode", leg, ("OldAccountCode", ""))
    if order.caller[0] or order.caller[1]:
        set_caller(world, leg, order.caller)
        set_connected(world, leg, order.caller)


def _wait_for_twin(world: World, order: _Order, leg: Channel, twin: Channel) -> Generator[Wait, bool, int]:
    twin.on_answer = lambda: answer(world, leg)
    world.run(dialplan.run(world, twin))
    until = world.now + order.limit
    while leg.answered is None and not leg.is_leaving and world.now < until:
        yield Wait(min(0.1, until - world.now), (leg,))
    if leg.answered is not None:
        emit_dial(world, "DialEnd", None, leg, ("DialStatus", "ANSWER"))
        return _ANSWERED
    if leg.ending is None:
        return _NO_ANSWER
    return _BY_SIGNAL.get(leg.ending, _FAILED)


def _respond(world: World, order: _Order, leg: Channel | None, reason: int) -> None:
    if not order.asynchronous:
        return
    answered = reason == _ANSWERED and leg is not None
    where = (("Context", order.context), ("Exten", order.exten))
    if order.application:
        where = (("Application", order.application), ("Data", order.data))
    world.emit(
        "OriginateResponse",
        "call",
        (
            *order.actionid,
            ("Response", "Success" if answered else "Failure"),
            ("Channel", leg.name if answered and leg else order.channel),
            *where,
            ("Reason", str(reason)),
            ("Uniqueid", leg.uniqueid if answered and leg else known(order.channelid)),
            ("CallerIDNum", known(order.caller[0])),
            ("CallerIDName", known(order.caller[1])),
        ),
    )


def _go_on(world: World, order: _Order, leg: Channel) -> Steps:
    """Let the answered leg do what was asked for."""
    if order.application:
        open_record(world, leg)
        execute(world, leg, order.application, order.data, step=False)
        seconds = float(order.data) if re.fullmatch(r"\d+(\.\d+)?", order.data) else 60.0
        yield Wait(seconds, (leg,))
        if leg.moved_to is None:
            hang_up(world, leg, 16)
            return
        yield from dialplan.run(world, leg)
        return
    if not dialplan.exists(world, order.context, order.exten) or not order.priority:
        hang_up(world, leg, 16)
        return
    go_to(leg, order.context, order.exten, order.priority)
    yield from dialplan.run(world, leg)
