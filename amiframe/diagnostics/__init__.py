"""Why does it not work? One check after the other, each with what was found and the lines that cure it.

Nothing is changed on the PBX: only logins, questions that read, and a second of listening.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import pandas as pd

from amiframe.client import Pbx, connect
from amiframe.diagnostics import login_checks, network_checks, privilege_checks, server_settings
from amiframe.diagnostics.account_facts import AccountFacts
from amiframe.diagnostics.check import Check, check_table
from amiframe.diagnostics.login_checks import AccountLogins
from amiframe.errors import AmiframeError, ConfigError, InsecureWarning
from amiframe.schema.features import BY_NAME, FEATURES, Feature
from amiframe.settings import Secret, Target, as_secret

__all__ = ["doctor"]

_WHAT = ("settings", *network_checks.WHAT, *login_checks.WHAT, *privilege_checks.WHAT, *server_settings.WHAT)


def doctor(
    target: str | Pbx | None = None,
    *,
    username: str | None = None,
    secret: str | Secret | None = None,
    interface: str | None = None,
    timeout: float | None = None,
    verify: bool | str | None = None,
    proxy: str | None = None,
    login: str | None = None,
    needs: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Look at a PBX and an account; say what is wrong, and which lines in which file cure it.

    Parameters
    ----------
    target : str or Pbx, optional
        As for :func:`connect`: address, profile or ``"demo"``; or a connection that is there already.
    username, secret, interface, timeout, verify, proxy, login : optional
        As for :func:`connect`. No look at the network takes longer than 5 seconds.
    needs : str or iterable of str, optional
        Features that the account is meant for: ``"status"``, ``"listen"``, ``"originate"`` ... (docs/privileges.md has
        them all). Default: all. A right for another feature is not looked at.

    Returns
    -------
    pandas.DataFrame
        ======  =======  =================================================================
        column  dtype    meaning
        ======  =======  =================================================================
        what    str      what was looked at, in the order in which one needs the other
        ok      boolean  missing: it cannot be known with this account, or not yet
        found   str      what was seen
        cure    str      what to do: lines for manager.conf or http.conf, and the command that reloads it
        error   str      error that a call meets because of it; missing: it works, but less well
        ======  =======  =================================================================

    Raises
    ------
    ConfigError
        `needs` names no feature. What it diagnoses is never raised.

    Notes
    -----
    Logs in once by digest and twice by cookie; a wrong password is tried once each, and the rights that an account
    lacks are read from its list of actions, not tried. Source: Asterisk 16.28 and 22.10, misconfigured on purpose.

    Examples
    --------
    >>> checks = doctor("demo", needs=["status", "originate"])
    >>> checks.loc[checks["ok"].eq(False), "what"].tolist()
    []
    """
    secret = as_secret(secret)
    wanted = _features(needs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureWarning)  # a check says it
        try:
            pbx = target if isinstance(target, Pbx) else connect(
                target, username=username, secret=secret, interface=interface, timeout=timeout, verify=verify,
                proxy=proxy, login=login,
            )  # fmt: skip
        except AmiframeError as error:
            checks = [Check("settings", False, str(error.args[0]), error.hint, type(error).__name__)]
        else:
            checks = _examine(pbx.target, wanted)
    return check_table(_with_unchecked(checks, wanted))


def _examine(target: Target, wanted: Sequence[Feature]) -> list[Check]:
    checks = [Check("settings", True, f"{target.url}, user {target.username}, {target.interface}")]
    server = network_checks.ServerFacts()
    checks += network_checks.checks(target, server)
    if any(check.error for check in checks):
        return checks
    with AccountLogins(target) as logins:
        checks += logins.checks()
        if logins.session is not None:
            facts = AccountFacts(logins)
            checks += [*privilege_checks.checks(facts, wanted), *server_settings.checks(facts, server)]
    return checks


def _with_unchecked(checks: list[Check], wanted: Sequence[Feature]) -> list[Check]:
    """Return the checks in their order, with those that could not be made yet."""
    by_name = {check.what: check for check in checks}
    first = next((check.what for check in checks if check.error), "")
    rights = {f"right: {feature.name}" for feature in wanted}
    names = [what for what in _WHAT if not what.startswith("right: ") or what in rights]
    return [by_name.get(what) or Check(what, None, f"not checked: {first} comes first") for what in names]


def _features(needs: str | Iterable[str] | None) -> tuple[Feature, ...]:
    if needs is None:
        return FEATURES
    names = [needs] if isinstance(needs, str) else list(needs)
    for name in names:
        if name not in BY_NAME:
            raise ConfigError(f"no feature {name!r}", hint=", ".join(BY_NAME))
    return tuple(BY_NAME[name] for name in names)
