"""What accounts may do: actions beside privileges, two lists of actions beside each other, an account judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from amiframe.analysis.privileges.inference import Listed, Row, Verdict, by_pbx, rows_of, verdicts
from amiframe.analysis.privileges.least_privileges import least
from amiframe.analysis.snapshots.row_matching import PBX
from amiframe.errors import ConfigError
from amiframe.frames.from_rows import rows_frame
from amiframe.schema import features
from amiframe.schema.actions import OF_SESSION, is_read
from amiframe.schema.privileges import BY_NAME, FREE, OPENED_BY, PRIVILEGES, Privilege

_AUDIT = {
    "privilege": "str", "write": "bool", "read": "bool", "evidence": "str", "actions": "int", "changing": "int",
    "only_by": "list", "write_risk": "str", "allows": "str", "read_risk": "str", "hears": "str", "write_needed": "bool",
    "read_needed": "bool",
}  # fmt: skip
_COMPARED = {
    "action": "str", "change": "str", "reason": "str", "privileges_before": "list", "privileges_after": "list",
    "synopsis": "str",
}  # fmt: skip


def privilege_matrix(commands: pd.DataFrame) -> pd.DataFrame:
    """Return which privileges open which actions: a row for each action, a column of flags for each privilege.

    Parameters
    ----------
    commands : DataFrame
        Of ``Pbx.commands``, :func:`read_commands`, or of a fleet.

    Returns
    -------
    pandas.DataFrame
        ==========  =======  ===================================================================================
        column      dtype    meaning
        ==========  =======  ===================================================================================
        amf_pbx     str      which PBX, where `commands` tells it
        action      str      action that the account may run
        PRIVILEGE   boolean  one column for each privilege of manager.conf (``system``, ``call`` ...), in its order,
                             and for any other that is named: whether it is enough. No flag at all: none is needed
        ==========  =======  ===================================================================================

    Raises
    ------
    ConfigError
        The frame is no list of actions.

    Notes
    -----
    ``all`` has no column: it is in every line of a PBX and tells nothing. Drawn by :func:`amiframe.plot._privileges`.

    Examples
    --------
    >>> matrix = af.privilege_matrix(af.read_commands(af.sample("commands")))
    >>> matrix.loc[matrix["action"].isin(["Ping", "Status", "Originate"]), ["action", "system", "call", "originate"]]
           action  system   call  originate
    62  Originate   False  False       True
    63       Ping   False  False      False
    98     Status    True   True      False
    """
    rows = rows_of(commands)
    names = [privilege.name for privilege in PRIVILEGES]
    names += sorted({name for row in rows for name in row.rights} - {*names, PBX, "action"})
    head = [PBX, "action"] if PBX in commands.columns else ["action"]
    kinds = dict.fromkeys(head, "str") | dict.fromkeys(names, "bool")
    table = [{PBX: row.pbx, "action": row.action} | {name: name in row.rights for name in names} for row in rows]
    return _like(commands, rows_frame(table, kinds))


def compare_commands(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return which actions are new, gone or opened by other privileges: two times, PBXs, versions, accounts.

    Parameters
    ----------
    before, after : DataFrame
        Of ``Pbx.commands`` or :func:`read_commands`.

    Returns
    -------
    pandas.DataFrame
        One row for each action of either, sorted by name.

        =================  ============  =====================================================================
        column             dtype         meaning
        =================  ============  =====================================================================
        amf_pbx            str           which PBX, where both frames tell it
        action             str           action; its case does not count (saved XML has lost it)
        change             str           ``new``, ``gone``, ``changed`` (other privileges) or ``same``
        reason             str           of a new or gone one, why the other side does not list it. ``right``: that
                                         account has none of its privileges; ``pbx``: the account has one, so that
                                         PBX has no such action (its module is not loaded, another version).
                                         Missing: it cannot be known
        privileges_before  list of str   privileges any one of which was enough, without ``all``; missing: not listed
        privileges_after   list of str   privileges any one of which is enough
        synopsis           str           what the PBX says it does, the later one
        =================  ============  =====================================================================

    Raises
    ------
    ConfigError
        A frame is no list of actions; only one of them tells the PBX.

    Examples
    --------
    >>> full = af.read_commands(af.sample("commands"))
    >>> poor = full[["originate" not in rights for rights in full["privileges"]]]
    >>> found = af.compare_commands(full, poor)
    >>> found.loc[found["change"] != "same", ["action", "change", "reason", "privileges_before"]]
           action change reason privileges_before
    62  Originate   gone  right     ['originate']
    """
    if (PBX in before.columns) != (PBX in after.columns):
        raise ConfigError(
            "only one of the frames says of which PBX its actions are",
            hint='take the rows of one PBX and drop "amf_pbx", or compare two frames of the same fleet',
        )
    sides = [{(row.pbx, row.action.lower()): row for row in rows_of(frame)} for frame in (before, after)]
    held = [{pbx: verdicts(listed) for pbx, listed in by_pbx(frame).items()} for frame in (before, after)]
    keys = sorted({*sides[0], *sides[1]})
    rows = [_compared(sides[0].get(key), sides[1].get(key), held, key[0]) for key in keys]
    kinds = {PBX: "str", **_COMPARED} if PBX in after.columns else _COMPARED
    return _like(after, rows_frame(rows, kinds))


def _compared(old: Row | None, new: Row | None, held: list[dict[str, dict[str, Verdict]]], pbx: str) -> dict[str, Any]:
    [*_, shown] = [row for row in (old, new) if row is not None]
    lacking = held[0] if old is None else held[1]
    is_both = old is not None and new is not None
    return {
        PBX: pbx,
        "action": shown.action,
        "change": _change(old, new),
        "reason": None if is_both else _reason(shown.rights, lacking.get(pbx, {})),
        "privileges_before": None if old is None else _ordered(old.rights),
        "privileges_after": None if new is None else _ordered(new.rights),
        "synopsis": shown.synopsis,
    }


def _change(old: Row | None, new: Row | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    return "same" if old.rights == new.rights else "changed"


def judged(
    commands: pd.DataFrame,
    *,
    needs: str | Iterable[str] | None = None,
    reported: dict[str, frozenset[str]] | None = None,
) -> pd.DataFrame:
    """Return an account's privileges, one row each; :func:`amiframe.audit` says which columns.

    Parameters
    ----------
    commands : DataFrame
    needs : str or iterable of str, optional
    reported : dict of str to frozenset of str, optional
        What the PBX says of the account's ``write`` and ``read``.
    """
    wanted = None if needs is None else [needs] if isinstance(needs, str) else list(needs)
    lists = by_pbx(commands)
    rows = [{PBX: pbx, **row} for pbx, listed in lists.items() for row in _judged(listed, wanted, reported or {})]
    kinds = {PBX: "str", **_AUDIT} if PBX in commands.columns else _AUDIT
    return _like(commands, rows_frame(rows, kinds))


def unmet(judgement: pd.DataFrame, needs: str | Iterable[str]) -> dict[str, str]:
    """Return what an account lacks for each need that it cannot do, by :func:`amiframe.audit` of it.

    Parameters
    ----------
    judgement : DataFrame
        Of one PBX. What is not known counts as held.
    needs : str or iterable of str
    """
    rows = judgement.set_index("privilege")
    lacks = {line: {str(name) for name in rows.index[rows[line].eq(False).fillna(False)]} for line in ("write", "read")}
    missing: dict[str, str] = {}
    for need in [needs] if isinstance(needs, str) else list(needs):
        if need.lower() not in features.BY_NAME and need.lower() not in OPENED_BY:
            continue  # an action of this PBX only: it is known because it is listed
        one = least(need, {})
        ways = [OPENED_BY[action.lower()] for sent in one.actions.values() for action in sent]
        write = one.write & lacks["write"] if any(way and way <= lacks["write"] for way in ways) else frozenset()
        read = one.read & lacks["read"]
        lines = [f"{line} = {','.join(sorted(names))}" for line, names in (("write", write), ("read", read)) if names]
        if lines:
            missing[need] = ", ".join(lines)
    return missing


def _judged(listed: Listed, needs: list[str] | None, reported: dict[str, frozenset[str]]) -> list[dict[str, Any]]:
    judgement = verdicts(listed, reported.get("write"))
    judgement |= {name: Verdict(False, "") for name in reported.get("read", frozenset()) - judgement.keys()}
    needed = None if needs is None else least(needs, listed)
    might = {name for name, verdict in judgement.items() if verdict.held is not False}
    rows = []
    for name, verdict in judgement.items():
        opened = [action for action, rights in listed.items() if name in rights]
        alone = [action for action in opened if listed[action] & might == {name}]
        held = verdict.held
        known = held is not None or not opened
        rows.append({
            **_described(BY_NAME.get(name) or Privilege(name)),
            "write": held,
            "read": name in reported["read"] if "read" in reported else None,
            "evidence": verdict.evidence,
            "actions": (len(opened) if held else 0) if known else None,
            "changing": (sum(map(_changes, opened)) if held else 0) if known else None,
            "only_by": alone if held else [],
            "write_needed": None if needed is None else name in needed.write,
            "read_needed": None if needed is None else name in needed.read,
        })  # fmt: skip
    free = [action for action, rights in listed.items() if not rights]
    last = {"write": True, "evidence": "needs none", "actions": len(free), "changing": sum(map(_changes, free))}
    return [*rows, {**_described(FREE), **last, "only_by": free}]


def _described(privilege: Privilege) -> dict[str, Any]:
    return {
        "privilege": privilege.name,
        "write_risk": privilege.write_risk or None,
        "allows": privilege.allows or None,
        "read_risk": privilege.read_risk or None,
        "hears": privilege.receives or None,
    }


def _changes(action: str) -> bool:
    return action not in OF_SESSION and not is_read(action)


def _reason(rights: frozenset[str], held: dict[str, Verdict]) -> str | None:
    states = [held[name].held if name in held else None for name in rights]
    if not rights or True in states:
        return "pbx"
    return None if None in states else "right"


def _ordered(rights: frozenset[str]) -> list[str]:
    places = {privilege.name: place for place, privilege in enumerate(PRIVILEGES)}
    return sorted(rights, key=lambda name: (places.get(name, len(places)), name))


def _like(frame: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    about = frame.attrs.get("amiframe")
    table.attrs = {"amiframe": {**about, "fetched_rows": len(table)}} if about else {}
    return table
