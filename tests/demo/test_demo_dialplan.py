"""The dialplan that the demo PBX tells of is the one that its calls run, and the one that Originate asks."""

from __future__ import annotations

import re

import pytest

from amiframe.demo.ami import cli_commands, dispatch
from amiframe.demo.pbx import dialplan
from amiframe.demo.pbx.clock import Clock
from amiframe.demo.pbx.dialplan_listing import Extension, contexts
from amiframe.demo.pbx.scenario import start
from amiframe.demo.pbx.world import World
from amiframe.reply import Reply

NOON = 1_800_014_400.0
OF_THE_OTHER_SIDE = {"AppDial", "AppDial2", "AppQueue", "AsyncGoto"}
"""Not of the dialplan: what a called channel says that it runs, and where somebody sent one."""


@pytest.fixture(scope="module")
def world() -> World:
    """A PBX with an hour of traffic behind it."""
    world = World(Clock(NOON, speed=0), 4)
    start(world)
    for _ in range(1200):
        world.clock.advance(3)
        world.advance()
    return world


def ask(world: World, name: str, **fields: str) -> Reply:
    messages = dispatch.respond(world, name, list(fields.items()))
    assert messages is not None
    return Reply.from_messages(messages, action=name)


def found(world: World, context: str, number: str) -> list[tuple[str, Extension]]:
    """Where a number leads to, with the contexts that are included."""
    plan = {one.name: one for one in contexts(world)}
    here = [(context, one) for one in plan[context].extensions if one.matches(number)]
    return here + [hit for name in plan[context].includes for hit in found(world, name, number)]


def test_every_step_of_every_call_stands_in_it(world):
    listed = 0
    for event in world.log:
        message = event.message
        if message.get("Event") != "Newexten" or message.get("Application") in OF_THE_OTHER_SIDE:
            continue
        exten, priority = message.get("Extension"), int(message.get("Priority"))
        step = message.get("Application"), message.get("AppData")
        if step[0] == "Dial" and step[1].endswith(",30") and "@trunk" not in step[1]:
            continue  # a phone asks a colleague before it transfers: no step of the dialplan
        _, extension = found(world, message.get("Context"), exten)[0]
        assert step == tuple(text.replace("${EXTEN}", exten) for text in extension.steps[priority - 1])
        listed += 1
    assert listed > 300


def test_it_has_the_extensions_that_originate_takes(world):
    numbers = [*map(str, range(90, 1000)), "1", "abc", "4930123456", "493012", "4930123", *dialplan.INBOUND]
    for context in ("outgoing", "internal", "default", "from-trunk", "parkedcalls"):
        for number in numbers:
            assert bool(found(world, context, number)) == dialplan.exists(world, context, number), (context, number)
    assert not dialplan.exists(world, "hints", "311"), "a hint is no place to go"


def test_test_phones_ring_and_no_other_number_is_an_endpoint(world):
    listed = set(ask(world, "PJSIPShowEndpoints").frame()["objectname"])
    assert set(dialplan.TEST_PHONES) < listed
    for number in map(str, range(100, 700)):
        assert (dialplan.manner(world, number) is not None) == (number in listed), number
    assert dialplan.manner(world, "105").after == 2.0
    assert dialplan.manner(world, "205").after == 0.0
    assert dialplan.manner(world, "trunk", "150").after == 2.0


def test_the_frame_of_the_dialplan(world):
    reply = ask(world, "ShowDialPlan")
    plan = reply.frame()
    assert plan.attrs["amiframe"]["misfits"] == 0
    assert set(plan["context"]) == {one.name for one in contexts(world)}
    support = plan[(plan["context"] == "outgoing") & (plan["extension"] == "100")]
    assert support["application"].tolist() == ["Set", "Queue"]
    assert support["priority"].tolist() == ["1", "2"]
    hints = plan[plan["priority"] == "hint"]
    assert dict(zip(hints["extension"], hints["application"], strict=True)) == world.hints
    assert plan.loc[plan["context"] == "default", "includecontext"].tolist() == ["outgoing"]
    assert ask(world, "ShowDialPlan", Context="parkedcalls").frame()["registrar"].unique() == ["res_parking/default"]
    by_pattern = ask(world, "ShowDialPlan", Context="outgoing", Extension="150")
    assert by_pattern.frame()["extension"].tolist() == ["_1XX", "_1XX"]
    assert by_pattern.complete.get("ListContexts") == "2"


def test_an_empty_pbx_has_a_dialplan_too():
    empty = World(Clock(NOON, speed=0), 1)
    assert len(ask(empty, "ShowDialPlan").frame()) > 20
    assert ask(empty, "ShowDialPlan", Context="hints").frame().empty


def test_the_applications_are_those_that_the_dialplan_runs(world):
    _, lines = cli_commands.run(world, "core show applications")
    names = [line.split(":")[0].strip() for line in lines[1:-1]]
    used = {step[0] for one in contexts(world) for extension in one.extensions for step in extension.steps}
    assert used <= set(names)
    assert names == sorted(names, key=str.lower)
    assert lines[-1].strip() == f"-= {len(names)} Applications Registered =-"
    _, some = cli_commands.run(world, "core show applications like PARK")
    assert [re.match(r" +(\w+):", line)[1] for line in some[1:-1]] == ["Park", "ParkedCall"]
    _, some = cli_commands.run(world, "core show applications describing free agent")
    assert [re.match(r" +(\w+):", line)[1] for line in some[1:-1]] == ["Queue"]
