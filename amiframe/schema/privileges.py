"""Privileges of manager.conf: which actions each opens, what it allows in the wrong hands, which events it delivers.

The tables, with their source, are in ``tables/privileges.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from amiframe.schema.field import data_file

NONE = "<none>"
"""The server's word in place of a privilege where none is needed."""

_DATA = tomllib.loads(data_file("privileges.toml"))

OPENED_BY: dict[str, frozenset[str]] = {
    name.lower(): frozenset(privileges.split())
    for privileges, names in _DATA["opened_by"].items()
    for name in names.split()
}
"""Privileges of each action, by its name in lower case; any one of them is enough. An empty set: none is needed."""

MODULES: dict[str, frozenset[str]] = {
    module: frozenset(names.lower().split()) for module, names in _DATA["modules"].items()
}
"""Actions that are there together, both on 16 and on 22: those of Asterisk itself, and of a module when it is loaded.

So if an account may run one of them and not another, the privilege that it lacks is known.
"""


@dataclass(frozen=True, slots=True)
class Privilege:
    """One class of ``read=`` and ``write=``.

    Parameters
    ----------
    name : str
    write_risk : str
        Of ``write=``: ``high`` (programs on the PBX's machine, secrets, calls that cost), ``medium`` (calls of others,
        what callers hear), ``low``, or empty: it opens nothing.
    allows : str
        What ``write=`` allows.
    read_risk : str
        Of ``read=``: ``high`` (what people type, secrets), ``medium`` (who talks to whom), or empty.
    receives : str
        Which events ``read=`` delivers; empty: none that were seen.
    """

    name: str
    write_risk: str = ""
    allows: str = ""
    read_risk: str = ""
    receives: str = ""


PRIVILEGES = tuple(Privilege(name, **texts) for name, texts in _DATA["privileges"].items())
"""All of them, in the order of manager.conf; ``all`` stands for every one."""

BY_NAME = {privilege.name: privilege for privilege in PRIVILEGES}

FREE = Privilege(NONE, **_DATA["no_privilege"])
"""What needs no privilege at all."""
