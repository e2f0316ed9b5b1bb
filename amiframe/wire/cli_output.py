"""What the PBX's command line prints as ``name: value`` lines.

Source: ``manager show user`` and ``manager show settings`` of Asterisk 16.28 and 22.10.
"""

from __future__ import annotations

from collections.abc import Sequence

_NO_CLASS = frozenset({"all", "<none>", "none", ""})


def pairs(lines: Sequence[str]) -> dict[str, str]:
    """Return the settings in lines of a console; an indented ``A = 1`` continues the line before.

    Examples
    --------
    >>> pairs(["  username: x", "  Variables: ", "      B = 2", "      A = 1", "", "no such"])
    {'username': 'x', 'variables': 'B=2, A=1'}
    """
    settings: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        before, equals, after = line.partition(" = ")
        if equals and (not colon or len(before) < len(name)) and settings:
            last = next(reversed(settings))
            settings[last] = ", ".join(filter(None, (settings[last], f"{before.strip()}={after.strip()}")))
        elif colon:
            settings[name.strip().lower()] = value.strip()
    return settings


def classes(text: str) -> frozenset[str]:
    """Return the classes of a line of rights; ``all`` stands beside every one of them and is left out.

    Examples
    --------
    >>> sorted(classes("call,reporting")), classes("<none>")
    (['call', 'reporting'], frozenset())
    """
    return frozenset(text.replace(" ", "").split(",")) - _NO_CLASS
