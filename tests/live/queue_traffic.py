"""Some fifty calls into queues of a real Asterisk, of all the kinds that queue_log knows, with what each has to become.

Nothing here uses amiframe. Callers are told apart by their numbers, which are made up.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from pbx_server import CONFIG, Asterisk, Message

FEW = {"reset": "+7495200", "crash": "+7495400"}  # how the numbers begin of who calls behind it
LEVEL_S = 4  # servicelevel of the queues whose calls are answered

QUEUES = f"""
[general]
persistentmembers = no
autofill = yes
log_membername_as_agent = no

[served](!)
musicclass = default
joinempty = yes
ringinuse = no
timeout = 6
retry = 1
servicelevel = {LEVEL_S}

[sales](served)
strategy = ringall
member => Local/r1t4@qagents/n,0,Анна О'Нил
member => Local/r2t60@qagents/n,0,Bob; Jr
member => Local/r0t2@qagents/n,0

[transfers](served)
member => Local/r0t60@qagents/n,0,Chloé

[deaf](served)
timeout = 3
member => Local/never@qagents/n,0,Deaf

[rejecting](served)
member => Local/busy@qagents/n,0,Faruk

[nobody](served)
joinempty = no

[full](served)
maxlen = 1

[keys](served)
context = qkeys

[leave](served)
leavewhenempty = yes

[withdrawn](served)
"""

EXTENSIONS = """
[qagents]
; rNtM: ring N seconds, talk M
exten => _rXt.,1,Ringing()
 same => n,Wait(${EXTEN:1:1})
 same => n,Answer()
 same => n,Wait(${EXTEN:3})
 same => n,Hangup()
exten => never,1,Ringing()
 same => n,Wait(600)
exten => busy,1,Busy(1)

; the far half of each call
[qin]
exten => _.,1,Gosub(caller,s,1)
 same => n,Queue(${EXTEN},${OPTIONS},,,${LIMIT})
 same => n,ExecIf($["${QUEUESTATUS}"="JOINEMPTY"]?QueueLog(${EXTEN},${UNIQUEID},NONE,JOINEMPTY))
 same => n,ExecIf($["${QUEUESTATUS}"="FULL"]?QueueLog(${EXTEN},${UNIQUEID},NONE,FULL))
 same => n,ExecIf($["${THEN}"!=""]?Queue(${THEN}))
 same => n,Hangup()

; its near half
[qnear]
exten => s,1,Wait(${PATIENCE})
 same => n,Hangup()
exten => key,1,Wait(2)
 same => n,SendDTMF(7)
 same => n,Wait(${PATIENCE})

[qkeys]
exten => 7,1,Wait(1)
 same => n,Hangup()
"""


@dataclass
class Call:
    """One caller: what is done, and what has to become of each visit: (queue, outcome) in order."""

    number: str
    queue: str
    patience: float
    expected: list[tuple[str, str]]
    at: float
    name: str = ""
    options: str = ""
    limit: str = ""
    then: str = ""
    near: str = "s"


@dataclass
class Traffic:
    """What a run left behind."""

    calls: list[Call]
    log: bytes
    began: float
    ended: float
    shown: str  # queue show
    params: dict[str, dict[str, str]] = field(default_factory=dict)  # QueueParams by queue
    members: list[dict[str, str]] = field(default_factory=list)
    whole_log: bytes = b""  # with what came after: a few calls behind a reset of the counters, and behind a crash
    since: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # QueueParams, counted since then


def plan() -> list[Call]:
    """Make the list of callers in the order in which they call."""
    calls: list[Call] = []

    def add(queue: str, at: float, patience: float, *expected: tuple[str, str], **more: str) -> None:
        number = f"+7495100{len(calls):04}"
        calls.append(Call(number, queue, patience, list(expected), at, **more))

    names = ("Иван Петров", 'Bob "Bobby" Brown', "a|b", "", "O'Neil")
    for n in range(20):  # more than three agents can take: the waits spread around the service level
        add("sales", 1.0 + n * 1.3, 30, ("sales", "answered"), name=names[n % 5])
    for n in range(6):  # no patience
        add("sales", 3.0 + n * 3.7, 1.2 + n, ("sales", ""))
    for n in range(3):
        add("deaf", 1.0 + 2 * n, 30, ("deaf", "timeout"), limit="7")
        add("deaf", 2.0 + 2 * n, 2.0 + 2 * n, ("deaf", "abandoned"))
    add("rejecting", 2.0, 5, ("rejecting", "abandoned"))
    add("nobody", 2.0, 5, ("nobody", "joinempty"))
    add("nobody", 4.0, 5, ("nobody", "joinempty"))
    add("full", 1.5, 12, ("full", "abandoned"))
    add("full", 4.0, 5, ("full", "full"))
    add("keys", 3.0, 12, ("keys", "key"), near="key")
    add("leave", 6.0, 40, ("leave", "leaveempty"))
    add("deaf", 20.0, 40, ("deaf", "timeout"), limit="5", then="transfers")
    calls[-1].expected.append(("transfers", "answered"))
    add("sales", 33.0, 40, ("sales", "answered"), options="c", then="sales")
    calls[-1].expected.append(("sales", "answered"))
    add("transfers", 4.0, 60, ("transfers", "answered"))  # transferred by the script
    add("nobody2", 5.0, 5)  # there is no such queue
    add("withdrawn", 3.0, 40, ("withdrawn", "transferred"))
    return sorted(calls, key=lambda call: call.at)


def configuration() -> dict[str, str]:
    """Return the files that a server needs for this traffic."""
    extensions = (CONFIG / "extensions.conf").read_text("utf-8") + EXTENSIONS
    return {"queues.conf": QUEUES, "extensions.conf": extensions}


class _Script:
    """Things to do at seconds from the begin."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, object]] = []

    def at(self, when: float, do: object) -> None:
        self.steps.append((when, do))

    def run(self) -> None:
        began = time.monotonic()
        for when, do in sorted(self.steps, key=lambda step: step[0]):
            time.sleep(max(0.0, began + when - time.monotonic()))
            do()  # type: ignore[operator]


def run(server: Asterisk) -> Traffic:
    """Let the traffic happen; about a minute and a half."""
    calls = plan()
    script = _Script()
    began = time.time()
    with server.manager("harness") as manager:

        def send(action: str, **fields: str) -> list[Message]:
            return manager.send(action, *fields.items())

        for call in calls:
            script.at(call.at, lambda call=call: _originate(manager, call))
        _agents(script, send)
        script.at(9.0, lambda: _transfer(server, send))
        script.at(9.5, lambda: _withdraw(server, send))
        script.at(40.0, lambda: server.cli("logger reload"))
        script.at(75.0, lambda: None)
        script.run()
        server.hangup_all()
        time.sleep(2)
        params, members = _status(send("QueueStatus"))
    shown = server.cli("queue show")
    log = server.home / "log" / "queue_log"
    traffic = Traffic(calls, log.read_bytes(), began, time.time(), shown, params, members)
    time.sleep(1)
    server.cli("queue reset stats")
    traffic.since["reset"] = _few(server, FEW["reset"])
    with server.manager("harness") as manager:  # somebody talks and somebody waits when the server goes
        _originate(manager, Call("+74953000001", "transfers", 30, [], 0))
        _originate(manager, Call("+74953000002", "deaf", 30, [], 0))
        time.sleep(2)
    server.crash()
    time.sleep(1)
    traffic.since["crash"] = _few(server, FEW["crash"])
    traffic.whole_log = log.read_bytes()
    return traffic


def _few(server: Asterisk, prefix: str) -> dict[str, dict[str, str]]:
    """Let a few callers be answered, give up and run out of time; return the counters of the queues after it."""
    with server.manager("harness") as manager:
        for n, (queue, patience, limit) in enumerate(
            (
                ("sales", 20, ""),
                ("sales", 20, ""),
                ("sales", 20, ""),
                ("deaf", 1, ""),
                ("deaf", 20, "3"),
                ("deaf", 2, ""),
            )
        ):
            _originate(manager, Call(f"{prefix}{n:04}", queue, patience, [], 0, limit=limit))
            time.sleep(0.4)
        time.sleep(9)
        server.hangup_all()
        time.sleep(1.5)
        return _status(manager.send("QueueStatus"))[0]


def _originate(manager: object, call: Call) -> None:
    given = {"NUMBER": call.number, "NAME": call.name, "PATIENCE": f"{call.patience:g}", "OPTIONS": call.options,
             "LIMIT": call.limit, "THEN": call.then}  # fmt: skip
    variables = [("variable", f"_{name}={_quoted(value)}") for name, value in given.items()]
    fields = [("channel", f"Local/{call.queue}@qin/n"), ("context", "qnear"), ("exten", call.near), ("priority", "1")]
    manager.send("Originate", *fields, ("async", "yes"), *variables)  # type: ignore[attr-defined]


def _quoted(value: str) -> str:
    return re.sub(r'([\\",()\[\]])', r"\\\1", value)


def _agents(script: _Script, send: object) -> None:
    """Let agents come and go, with pauses."""

    def later(when: float, action: str, **fields: str) -> None:
        script.at(when, lambda: send(action, **fields))  # type: ignore[operator]

    dynamic = "Local/r1t5@qagents/n"
    for queue in ("sales", "transfers"):
        later(2.0, "QueueAdd", Queue=queue, Interface=dynamic, MemberName="Дина", Paused="true", Penalty="1")
    later(10.0, "QueuePause", Interface=dynamic, Paused="false")
    later(22.0, "QueuePause", Interface=dynamic, Paused="true", Reason="lunch, long")
    later(26.0, "QueuePause", Interface=dynamic, Queue="sales", Paused="false", Reason="back")
    later(30.0, "QueuePenalty", Interface=dynamic, Penalty="3", Queue="sales")
    later(45.0, "QueueRemove", Queue="sales", Interface=dynamic)
    later(46.0, "QueueRemove", Queue="transfers", Interface=dynamic)
    later(4.0, "QueueAdd", Queue="leave", Interface="Local/never@qagents/n", MemberName="Ghost")
    later(12.0, "QueueRemove", Queue="leave", Interface="Local/never@qagents/n")
    later(5.0, "Originate", channel="Local/login@agents/n", application="Wait", data="20", **{"async": "yes"})
    later(18.0, "AgentLogoff", Agent="1002")
    later(24.0, "QueueLog", Queue="sales", Event="SURVEY", Uniqueid="1.1", Interface="Local/x", Message="5|a|b|c|d|e|f")


def _transfer(server: Asterisk, send: object) -> None:
    """Transfer the caller of the queue `transfers`: its agent's channel is in a bridge."""
    for fields in server.channels():
        name = fields[0]
        if name.startswith("Local/r0t60@qagents") and name.endswith(";1"):
            send("BlindTransfer", Channel=name, Context="xfer", Exten="1000")  # type: ignore[operator]


def _withdraw(server: Asterisk, send: object) -> None:
    """Take the caller out of the queue `withdrawn`."""
    for fields in server.channels():
        if fields[0].startswith("Local/withdrawn@qin") and fields[0].endswith(";2"):
            send("QueueWithdrawCaller", Queue="withdrawn", Caller=fields[0], WithdrawInfo="vip")  # type: ignore[operator]


def _status(messages: list[Message]) -> tuple[dict[str, dict[str, str]], list[dict[str, str]]]:
    events = [dict(message) for message in messages]
    params = {event["Queue"]: event for event in events if event.get("Event") == "QueueParams"}
    return params, [event for event in events if event.get("Event") == "QueueMember"]


def main() -> None:
    """Write the queue_log of a run of each version: queue_traffic.py FOLDER."""
    folder = Path(sys.argv[1])
    for version in sys.argv[2:] or ("16", "22"):
        with Asterisk(version, files=configuration()) as server:
            traffic = run(server)
        (folder / f"queue_log-{version}").write_bytes(traffic.log)
        (folder / f"queue_show-{version}.txt").write_text(traffic.shown, "utf-8")
        print(version, traffic.shown, traffic.params)


if __name__ == "__main__":
    main()
