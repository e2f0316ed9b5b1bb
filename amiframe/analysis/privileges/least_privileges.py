"""The fewest privileges for what is to be done, and the section of manager.conf that gives them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from amiframe.analysis.privileges.inference import Listed, rows_of
from amiframe.errors import ConfigError
from amiframe.schema import features
from amiframe.schema.actions import spelling
from amiframe.schema.privileges import BY_NAME, OPENED_BY

_COSTS = {"high": 100, "medium": 10, "low": 1, "": 1}
_SECTION = """[{name}]
secret = a long random text
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
{lines}
"""


@dataclass(frozen=True, slots=True)
class Least:
    """What an account needs.

    Parameters
    ----------
    actions : dict of str to tuple of str
        Actions that each need sends and that need a privilege.
    write, read : frozenset of str
        The least for all of them together.
    """

    actions: dict[str, tuple[str, ...]]
    write: frozenset[str]
    read: frozenset[str]

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines of manager.conf. One that gives nothing is there too: a reload keeps what no line says."""
        return _line("read", self.read), _line("write", self.write)


def least_account(needs: str | Iterable[str], *, commands: pd.DataFrame | None = None, name: str = "amiframe") -> str:
    """Return the section of manager.conf for an account that can do what it needs, and as little else as possible.

    Parameters
    ----------
    needs : str or iterable of str
        What is to be done: features (``"status"``, ``"listen"``, ``"originate"`` ... docs/privileges.md has them) or
        actions by name, in any case.
    commands : DataFrame, optional
        Of ``Pbx.commands`` or :func:`read_commands`: privileges of this PBX's own actions, where it has some that
        Asterisk 16.28 and 22.10 have not.
    name : str
        Name of the account.

    Returns
    -------
    str
        Where one of several privileges is enough, the least dangerous is taken: ``reporting`` before ``call`` before
        ``system``. It may log in from this machine only; change ``permit`` for another.

    Raises
    ------
    ConfigError
        A need is neither a feature nor an action that is known.

    Examples
    --------
    >>> print(af.least_account(["status", "listen", "QueuePause"], name="monitor"))
    [monitor]
    secret = a long random text
    deny = 0.0.0.0/0.0.0.0
    permit = 127.0.0.1/255.255.255.255
    read = call
    write = agent,reporting
    <BLANKLINE>
    """
    if not name or name.strip() != name or set(name) & set("[]\r\n;\0"):
        raise ConfigError(f"{name!r} is no name of an account")
    found = least(needs, {} if commands is None else {row.action: row.rights for row in rows_of(commands)})
    return _SECTION.format(name=name, lines="\n".join(found.lines))


def least(needs: str | Iterable[str], listed: Listed) -> Least:
    """Return what is needed; `listed` tells the privileges of actions that this PBX has."""
    rights = OPENED_BY | {action.lower(): classes for action, classes in listed.items()}
    names = [needs] if isinstance(needs, str) else list(needs)
    actions: dict[str, tuple[str, ...]] = {}
    read: frozenset[str] = frozenset()
    for name in names:
        feature = features.BY_NAME.get(name.lower())
        if feature is not None:
            actions[feature.name] = feature.actions
            read |= {*feature.read}
        elif name.lower() in rights:
            actions[spelling(name)] = (spelling(name),) if rights[name.lower()] else ()
        else:
            known = [*features.BY_NAME, *map(spelling, rights)]
            near = difflib.get_close_matches(name, known, n=3)
            raise ConfigError(
                f"{name!r} is neither a feature nor an action",
                hint=f"near it: {', '.join(near)}" if near else f"features: {', '.join(features.BY_NAME)}",
            )
    wanted = {rights[action.lower()] for sent in actions.values() for action in sent}
    return Least(actions, _fewest(wanted), read)


def _fewest(wanted: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the privileges that open one of each, those that do least harm.

    Examples
    --------
    >>> sorted(_fewest([frozenset({"system", "call", "reporting"}), frozenset({"system", "call"})]))
    ['call']
    """
    sets = [one for one in wanted if one]
    forced = frozenset().union(*(one for one in sets if len(one) == 1))
    open_still = [one for one in sets if not one & forced]
    choices = sorted(frozenset().union(*open_still), key=_place)
    tries = (
        frozenset(some)
        for count in range(len(choices) + 1)
        for some in combinations(choices, count)
        if all(one & {*some} for one in open_still)
    )
    return forced | min(tries, key=lambda some: (sum(map(_cost, some)), len(some), sorted(map(_place, some))))


def _cost(name: str) -> int:
    return _COSTS[BY_NAME[name].write_risk] if name in BY_NAME else _COSTS["high"]


_PLACES: Mapping[str, int] = {name: place for place, name in enumerate(BY_NAME)}


def _place(name: str) -> tuple[int, str]:
    return _PLACES.get(name, len(_PLACES)), name


def _line(name: str, privileges: Iterable[str]) -> str:
    return f"{name} = {','.join(sorted(privileges))}".rstrip()
