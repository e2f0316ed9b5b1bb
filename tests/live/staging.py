"""A PBX on which faults can be staged, beside calls that are as they should be."""

from __future__ import annotations

import itertools

from pbx_server import CONFIG, Asterisk, Manager

_FAULTS = """
[faults]
exten => talk,1,Answer()
 same => n,Wait(36000)
exten => talks2,1,Answer()
 same => n,Wait(2)
 same => n,Hangup()
exten => ring,1,Ringing()
 same => n,Wait(36000)
exten => call,1,Dial(Local/talk@faults/n,60)
exten => calls,1,Answer()
 same => n,Dial(Local/ring@faults/n,3600)
; answered, and then a routine keeps the phone from the caller
exten => kept,1,Answer()
 same => n,Dial(Local/talk@faults/n,60,U(keep))
; the same with a script that does not notice that the phone has gone
exten => gone,1,Answer()
 same => n,Dial(Local/talks2@faults/n,60,U(script))
exten => moved,1,Answer()
 same => n,Wait(36000)
exten => serve,1,Answer()
 same => n,Queue(sales)
exten => cut,1,Answer()
 same => n,Set(TIMEOUT(absolute)=40)
 same => n,Wait(36000)
exten => loop,1,Set(__DEPTH=$[0${DEPTH}+1])
 same => n,GotoIf($[${DEPTH}>7]?talk,1)
 same => n,Dial(Local/loop@faults/n,60)
exten => nobody,1,Answer()
 same => n,Queue(queue)
exten => pausing,1,Answer()
 same => n,Queue(pausing)
exten => group,1,Answer()
 same => n,Dial(@RINGS@,3600)

[keep]
exten => s,1,Wait(36000)
 same => n,Return()

[script]
exten => s,1,System(sleep 14)
 same => n,Return()

[sip-in](+)
exten => s,1,Answer()
 same => n,Wait(36000)
"""

_RINGS = ["Local/ring@faults/n"] * 6  # phones of a group
_count = itertools.count(1)
_DESK = "Custom:desk"
_BUSY = f"member => Local/agent@agents/n,0,Desk,{_DESK}\nringinuse = no\n"


def files() -> dict[str, str]:
    """Give the configuration: that of the harness, faults to call, and a busy member for those who wait in a queue."""
    queues = (CONFIG / "queues.conf").read_text("utf-8")
    queues = queues.replace("servicelevel = 10\n", f"servicelevel = 10\n{_BUSY}")
    queues += f"\n[pausing]\nstrategy = ringall\njoinempty = yes\n{_BUSY}"
    return {
        "queues.conf": queues,
        "extensions.conf": (CONFIG / "extensions.conf").read_text("utf-8")
        + _FAULTS.replace("@RINGS@", "&".join(_RINGS)),
    }


def prepare(server: Asterisk) -> None:
    """Let the busy member be busy."""
    server.cli(f"devstate change {_DESK} INUSE")


def begin(manager: Manager, exten: str, *more: tuple[str, str], near: tuple[str, str] = ("Wait", "36000")) -> str:
    """Call an extension of [faults]; give the id of the near half."""
    call = f"{exten}-{next(_count)}"
    reply = manager.send(
        "Originate", ("channel", f"Local/{exten}@faults/n"), ("application", near[0]), ("data", near[1]),
        ("async", "yes"), ("channelid", call), ("otherchannelid", f"{call}-2"), *more,
    )  # fmt: skip
    assert ("Response", "Success") in reply[0], reply
    return call
