"""Calls of ours in Python's spelling: what a widget does, as code to copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTH = 100


def call(function: str, *given: object, **named: object) -> str:
    """Return a call as one would write it; arguments that are None are left out.

    Examples
    --------
    >>> call("pbx.originate", "PJSIP/100", exten="200", context=None)
    "pbx.originate('PJSIP/100', exten='200')"
    """
    parts = [repr(value) for value in given]
    parts += [f"{name}={_shown(value)}" for name, value in named.items() if value is not None]
    line = f"{function}({', '.join(parts)})"
    if len(line) <= _WIDTH:
        return line
    body = "".join(f"    {part},\n" for part in parts)
    return f"{function}(\n{body})"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return repr(dict(value))
    return repr(list(value)) if isinstance(value, Sequence) and not isinstance(value, str) else repr(value)
