"""How far an originated call has come, as HTML."""

from __future__ import annotations

from amiframe.client.call_tracker import NOT_SENT, STAGES, Attempt
from amiframe.html import Markup, element, join
from amiframe.timeutil.durations import format_duration

_WORDS = {"lost": "its end was missed", "left": "not watched any more"}
"""What is said of a stage where its name does not say it."""

_BAD = ("refused", "lost", NOT_SENT)


def progress(attempt: Attempt) -> Markup:
    """Return how far a call has come: its stages, and what ended it."""
    reached = {
        "sent": True,
        "dialling": attempt.request.channel is not None,
        "ringing": attempt.rang is not None,
        "answered": attempt.answered is not None,
        "ended": attempt.ended is not None,
    }
    reached[attempt.stage] = True
    if attempt.stage == NOT_SENT:
        reached["sent"] = False
    stages = STAGES if attempt.stage in STAGES else (*STAGES[:-1], attempt.stage)
    steps = join(
        (
            element("b", f"● {_WORDS.get(name, name)}", class_=f"amf-dot amf-{'down' if name in _BAD else 'up'}")
            if reached.get(name)
            else element("span", f"○ {_WORDS.get(name, name)}", class_="amf-none")
            for name in stages
        ),
        " → ",
    )
    kind = {"ended": "good" if attempt.answered else "warn", "refused": "error", "lost": "warn", NOT_SENT: "warn"}.get(
        attempt.stage, "busy"
    )
    mark = attempt.stage.replace(" ", "-")
    line = element("div", sentence(attempt), class_=f"amf-status amf-{kind} amf-stage-{mark}")
    return element("div", steps, line, class_="amf-progress", role="status", aria_live="polite")


def sentence(attempt: Attempt) -> str:
    """Return what became of a call in words."""
    ring, talk = attempt.times()
    name = attempt.request.channel or dict(attempt.request.fields)["Channel"]
    parts = [f"{name}: {_WORDS.get(attempt.stage, attempt.stage)}"]
    if attempt.stage == "ended" and attempt.outcome not in ("answered", "pending"):
        parts.append(attempt.outcome)
    if attempt.request.cause is not None:
        parts.append(f"cause {attempt.request.cause} {attempt.request.cause_txt or ''}".strip())
    if attempt.stage == "ended":
        parts += [
            f"{word} {format_duration(value)}" for word, value in (("rang", ring), ("up", talk)) if value is not None
        ]
    if attempt.error:
        parts.append(attempt.error)
    return ", ".join(parts)
