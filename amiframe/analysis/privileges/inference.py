"""Which privileges an account has, from the actions that it may run: any one of an action's privileges is enough.

An action that needs only one proves that one. An action that is certainly there and is not listed proves that none of
its privileges is held. What is left follows by elimination, or cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from amiframe.analysis._arrays.equality import arrow
from amiframe.analysis.snapshots.row_matching import PBX
from amiframe.errors import ConfigError
from amiframe.schema.actions import spelling
from amiframe.schema.privileges import MODULES, OPENED_BY, PRIVILEGES

Listed = Mapping[str, frozenset[str]]
"""Privileges of each action that is listed, by its name; without ``all``, which stands in every line."""

ALL = "all"

REPORTED_BY = "manager show user"


class Row(NamedTuple):
    """One action of a list: of which PBX (empty: it is not told), its name, its privileges, what it does."""

    pbx: str
    action: str
    rights: frozenset[str]
    synopsis: str | None


def rows_of(commands: pd.DataFrame) -> list[Row]:
    """Return the rows of a list of actions, without ``all`` in their privileges.

    Raises
    ------
    ConfigError
        It is no such list, or has an action twice.
    """
    if not isinstance(commands, pd.DataFrame) or not {"action", "privileges"} <= {*commands.columns}:
        raise ConfigError("no list of actions", hint="af.audit takes a Pbx, pbx.commands() or af.read_commands(FILE)")
    privileges = arrow(commands["privileges"])
    if not (pa.types.is_list(privileges.type) or pa.types.is_null(privileges.type) or not len(commands)):
        raise ConfigError("the privileges are no lists", hint="af.read_table reads a frame that was kept as it was")
    columns = [commands[name].astype("str").tolist() if name in commands.columns else [""] * len(commands)
               for name in (PBX, "action")]  # fmt: skip
    synopses = arrow(commands["synopsis"]).to_pylist() if "synopsis" in commands.columns else [None] * len(commands)
    rows = [
        Row(pbx, action, frozenset(rights or ()) - {ALL}, synopsis)
        for pbx, action, rights, synopsis in zip(*columns, privileges.to_pylist(), synopses, strict=True)
    ]
    listed_names: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.pbx, row.action.lower())
        if key in listed_names:
            raise ConfigError(f"the action {row.action} is there twice", hint="one list of actions at a time")
        listed_names.add(key)
    return rows


def by_pbx(commands: pd.DataFrame) -> dict[str, dict[str, frozenset[str]]]:
    """Return the privileges of each action, for each PBX; where no PBX is told, its name is empty."""
    found: dict[str, dict[str, frozenset[str]]] = {} if PBX in commands.columns else {"": {}}
    for row in rows_of(commands):
        found.setdefault(row.pbx, {})[row.action] = row.rights
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a privilege is held.

    Parameters
    ----------
    held : bool or None
        None: it cannot be known.
    evidence : str
        How it is known, or why it is not.
    """

    held: bool | None
    evidence: str


def verdicts(listed: Listed, reported: frozenset[str] | None = None) -> dict[str, Verdict]:
    """Return a verdict on each privilege: those of manager.conf in its order, then any others that are seen.

    Parameters
    ----------
    listed : mapping of str to frozenset of str
    reported : frozenset of str, optional
        What the PBX itself says of the account's ``write=``.

    Examples
    --------
    >>> found = verdicts({"Ping": frozenset(), "Originate": frozenset({"originate"})})
    >>> found["originate"]
    Verdict(held=True, evidence='Originate is listed')
    >>> found["command"]
    Verdict(held=False, evidence='Command is not listed')
    >>> found["cdr"]
    Verdict(held=None, evidence='no action needs it')
    """
    yes, no = _solved(listed, dict(_absent(listed)))
    listed_names = {name for rights in listed.values() for name in rights} | (reported or frozenset())
    known = [privilege.name for privilege in PRIVILEGES]
    return {name: _verdict(name, listed, yes, no, reported) for name in (*known, *sorted(listed_names - {*known}))}


def _absent(listed: Listed) -> Iterator[tuple[str, tuple[frozenset[str], str]]]:
    """Give the actions that are not listed though they are there, each with its privileges and why it is there."""
    names = {name.lower(): name for name in listed}
    for module, actions in MODULES.items():
        witness = next((names[action] for action in sorted(actions) if action in names), None) if module else ""
        if witness is None or not names:
            continue
        reason = f", and {witness} of the same module is" if witness else ""
        yield from ((action, (OPENED_BY[action], reason)) for action in sorted(actions - {*names}) if OPENED_BY[action])


def _solved(listed: Listed, absent: dict[str, tuple[frozenset[str], str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is surely held and what is surely not, each with its evidence."""
    yes: dict[str, str] = {}
    for action in sorted(listed, key=lambda name: name.lower() not in MODULES[""]):
        for name in listed[action] if len(listed[action]) == 1 else ():
            yes.setdefault(name, f"{action} is listed")
    while True:
        # this PBX does not have what its account might run and does not see
        absent = {action: found for action, found in absent.items() if not found[0] & yes.keys()}
        no: dict[str, str] = {}
        for action, (rights, reason) in sorted(absent.items(), key=lambda item: len(item[1][0])):
            for name in rights:
                no.setdefault(name, f"{spelling(action)} is not listed{reason}")
        undone = [(action, rights) for action, rights in listed.items() if rights and not rights & yes.keys()]
        odd = {name for _, rights in undone if rights <= no.keys() for name in rights}
        if odd:  # one of them is held after all: so nothing follows from what is not listed for them
            absent = {action: found for action, found in absent.items() if not found[0] & odd}
            continue
        single = next(((action, rights) for action, rights in undone if len(rights - no.keys()) == 1), None)
        if single is None:
            return yes, no
        action, rights = single
        [name] = rights - no.keys()
        yes[name] = f"{action} is listed, and {_none_of(sorted(rights - {name}))} held"


def _none_of(names: list[str]) -> str:
    return f"neither {' nor '.join(names)} is" if len(names) > 1 else f"{names[0]} is not"


def _verdict(
    name: str, listed: Listed, yes: Mapping[str, str], no: Mapping[str, str], reported: frozenset[str] | None
) -> Verdict:
    held = True if name in yes else False if name in no else None
    evidence = yes.get(name) or no.get(name) or _unknown(name, listed, yes)
    if reported is None:
        return Verdict(held, evidence)
    if name not in reported and any(rights == {name} for rights in listed.values()):
        return Verdict(True, f"{evidence}; not any more from the next login on, by {REPORTED_BY}")
    return Verdict(name in reported, REPORTED_BY)


def _unknown(name: str, listed: Listed, yes: Mapping[str, str]) -> str:
    if not any(name in rights for rights in (*OPENED_BY.values(), *listed.values())):
        return "no action needs it"
    others = sorted({other for rights in listed.values() if name in rights for other in rights if other in yes})
    if others:
        return f"cannot be told: {' and '.join(others)} open the same actions"
    alone = next((spelling(action) for action, rights in OPENED_BY.items() if rights == {name}), "")
    return f"cannot be told: {alone} is not listed, or not loaded" if alone else "cannot be told"
