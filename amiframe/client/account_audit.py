"""What an account may do: its list of actions, and where it may ask, what the PBX itself says of it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from amiframe.analysis.privileges.tables import judged
from amiframe.client import Pbx
from amiframe.errors import AccessDenied, ActionError, ConfigError
from amiframe.wire import cli_output


def audit(pbx_or_commands: Pbx | pd.DataFrame, *, needs: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Say which privileges an account has, which of them are dangerous and why, and which it does not need.

    Parameters
    ----------
    pbx_or_commands : Pbx or DataFrame
        A connection, whose own account is looked at; or its list of actions (``Pbx.commands``,
        :func:`read_commands`, or of a fleet: then of each PBX).
    needs : str or iterable of str, optional
        What the account is for: features (``"status"``, ``"listen"`` ... docs/privileges.md has them) or actions.

    Returns
    -------
    pandas.DataFrame
        One row for each privilege, in the order of manager.conf; the last, ``<none>``, for what needs none.

        ============  ============  ==========================================================================
        column        dtype         meaning
        ============  ============  ==========================================================================
        amf_pbx       str           which PBX, where the list of actions tells it
        privilege     str           class of ``read=`` and ``write=``
        write         boolean       whether it is in ``write=``; missing: it cannot be known, and most often does
                                    not matter, since no action needs it
        read          boolean       whether it is in ``read=``; missing unless the PBX may be asked
        evidence      str           how `write` is known, or why it is not
        actions       Int64         actions that it opens to the account
        changing      Int64         of these, those that may change something
        only_by       list of str   of these, those that nothing else opens that the account has or may have
        write_risk    str           of having it in ``write=``: ``high``, ``medium``, ``low``; missing: none is known
        allows        str           what it allows there
        read_risk     str           of having it in ``read=``: ``high`` or ``medium``; missing: none is known
        hears         str           what is heard with it there
        write_needed  boolean       whether `needs` take it in ``write=``; missing without `needs`
        read_needed   boolean       whether `needs` take it in ``read=``
        ============  ============  ==========================================================================

    Raises
    ------
    ConfigError
        Neither a connection nor a list of actions; a need that is unknown.
    LoginError, ConnectError
        As :meth:`Pbx.ping`.

    Notes
    -----
    Nothing is changed and nothing forbidden is tried. What an account may run is in ListCommands and proves most of
    ``write=``: an action that needs one privilege only is proof of it, and one of Asterisk's own that is not listed
    proves its absence. ``log``, ``verbose``, ``dtmf``, ``cdr``, ``dialplan``, ``cc``, ``test`` and ``security`` open no
    action. An account with ``command`` may ask ``manager show user``, which tells both lines; a session that is older
    than the last reload may still have what was taken away. Source: Asterisk 16.28 and 22.10.

    Examples
    --------
    >>> found = af.audit(af.read_commands(af.sample("commands")), needs=["status", "originate"])
    >>> found.loc[found["write_risk"].eq("high"), ["privilege", "write", "actions", "write_needed"]]
        privilege  write  actions  write_needed
    0      system   True       42         False
    4     command   True        1         False
    7      config   True        7         False
    12  originate   True        1          True
    13        agi   True        1         False
    """
    if isinstance(pbx_or_commands, pd.DataFrame):
        return judged(pbx_or_commands, needs=needs)
    if not isinstance(pbx_or_commands, Pbx):
        raise ConfigError(
            f"{type(pbx_or_commands).__name__} is no PBX and no list of actions",
            hint="af.audit takes a Pbx, pbx.commands() or af.read_commands(FILE); of a fleet, fleet.commands()",
        )
    commands = pbx_or_commands.commands()
    return judged(commands, needs=needs, reported=_reported(pbx_or_commands, commands))


def _reported(pbx: Pbx, commands: pd.DataFrame) -> dict[str, frozenset[str]] | None:
    """Return what the PBX says of the account's lines; None when it may not be asked, or does not say."""
    name = pbx.username
    if "Command" not in set(commands["action"]) or name.split() != [name]:
        return None
    try:
        answer = cli_output.pairs(pbx.cli(f"manager show user {name}").splitlines())
    except (AccessDenied, ActionError):
        return None
    if answer.get("username", "").lower() != name.lower() or not {"read perm", "write perm"} <= answer.keys():
        return None
    return {line: cli_output.classes(answer[f"{line} perm"]) for line in ("read", "write")}
