"""How the PBX is set up, beyond what is needed to ask it: what makes answers poorer, or differ between interfaces."""

from __future__ import annotations

import time
from collections.abc import Iterator

from amiframe.diagnostics.account_facts import AccountFacts
from amiframe.diagnostics.check import Check, either, put
from amiframe.diagnostics.network_checks import ServerFacts

WHAT = ("httptimeout", "version", "clock", "timestampevents", "eventfilter", "setvar", "reload")
"""Names of the checks, in their order."""

TESTED = {"16": "16.28", "22": "22.10"}
"""Versions of Asterisk on which amiframe is tested, by their main number."""

_LEAST_TIMEOUT_S = 20  # a wait for events ends ten seconds before the session would; two more for the way
_MOST_APART_S = 2.0
_RESTART = "asterisk -rx 'core restart when convenient'"


def checks(facts: AccountFacts, server: ServerFacts) -> Iterator[Check]:
    """Return the checks; `server` is what the network checks found out."""
    yield _httptimeout(facts, server)
    yield _version(facts, server.software)
    yield _clock(facts)
    yield _timestamps(facts)
    yield _eventfilter(facts)
    yield _setvar(facts)
    yield _reload(facts)


def _httptimeout(facts: AccountFacts, server: ServerFacts) -> Check:
    timeout = facts.settings.get("http timeout (seconds)", "")
    seconds = server.max_age or (int(timeout) if timeout.isdigit() else None)
    if seconds is None:
        return Check("httptimeout", None, "not visible without a login by cookie")
    if seconds < _LEAST_TIMEOUT_S:
        found = f"an idle session ends after {seconds} s: too soon to wait for events in it"
        cure = put("manager.conf", "general", "httptimeout = 60")
        return Check("httptimeout", False, found, cure)
    return Check("httptimeout", True, f"an idle session ends after {seconds} s")


def _version(facts: AccountFacts, software: str) -> Check:
    settings = facts.ask("CoreSettings") if "coresettings" in (facts.commands or {}) else None
    version = settings.get("AsteriskVersion") if settings is not None else None
    version = version or (software.partition("/")[2] if software.startswith("Asterisk/") else "")
    if not version:
        return Check("version", None, "not visible to this account; the right reporting lets it see")
    major = version.partition(".")[0]
    tested = " and ".join(TESTED.values())
    if major in TESTED:
        return Check("version", True, f"Asterisk {version}; tested on {tested}")
    found = f"Asterisk {version}: not a version that amiframe is tested on ({tested})"
    cure = "for a report: amiframe capture -o FILE keeps what it answers, without secrets and numbers"
    return Check("version", None, found, cure)


def _clock(facts: AccountFacts) -> Check:
    began = time.time()
    answer = facts.ask("Ping")
    ended = time.time()
    timestamp = answer.get("Timestamp") if answer is not None else None
    try:
        server = float(timestamp or "")
    except ValueError:
        return Check("clock", None, "the PBX does not report its time")
    apart = max(began - server, server - ended, 0.0)  # it looked at its clock some time between
    if apart > _MOST_APART_S:
        ahead = "behind" if server < began else "ahead of"
        found = f"the PBX's clock is {apart:.0f} s {ahead} this machine's"
        cure = "keep both by NTP: timedatectl set-ntp true"
        return Check("clock", False, found, cure)
    return Check("clock", True, "the clocks agree")


def _timestamps(facts: AccountFacts) -> Check:
    setting = facts.settings.get("timestamp events", "").lower()
    cure = put("manager.conf", "general", "timestampevents = yes")
    events = [event for received in facts.events.values() for event in received] if not setting else []
    if not setting and not events:
        found = "no event came that would show it (rights command or security would let it)"
        return Check("timestampevents", None, found, cure)
    if setting == "yes" or any(event.get("Timestamp") for event in events):
        return Check("timestampevents", True, "events have the PBX's own time")
    found = "events have no time of their own: only when they arrived is known"
    return Check("timestampevents", False, found, cure)


def _eventfilter(facts: AccountFacts) -> Check:
    if facts.section is not None:
        filters = [f"eventfilter = {value}" for name, value in facts.section if name.startswith("eventfilter")]
    else:
        own = {
            name: {event.get("EventTV") for event in received if event.name == "SuccessfulAuth"}
            for name, received in facts.events.items()
        }
        if not own.get("digest"):
            found = "not visible to this account (right config), and no event came that would show it"
            return Check("eventfilter", None, found)
        if own.get("cookie", own["digest"]) >= own["digest"]:
            return Check(
                "eventfilter", None, "none hides our own login; others are not visible to this account (config)"
            )
        filters = ["one that hides logins at least"]
    if not filters:
        return Check("eventfilter", True, "none: all interfaces receive the same")
    found = f"{'; '.join(filters)}: holds by cookie, and digest ignores it"
    cure = _without(facts, "eventfilter", "mask= of listen() chooses classes of events on all interfaces")
    return Check("eventfilter", False, found, cure)


def _setvar(facts: AccountFacts) -> Check:
    if facts.variables is None:
        return Check("setvar", None, "not visible to this account (right command or config)")
    if not facts.variables:
        return Check("setvar", True, "none: all interfaces originate the same")
    found = f"setvar {facts.variables}: set by cookie, and digest ignores it"
    cure = _without(facts, "setvar", "originate(..., variables=...) sets them on all interfaces")
    return Check("setvar", False, found, cure)


def _reload(facts: AccountFacts) -> Check:
    names = facts.with_variables
    if names is None:
        found = (
            "whether an account has setvar is not visible to this one (right command): "
            "where one has, 'manager reload' can end Asterisk"
        )
        return Check("reload", None, found)
    if not names:
        return Check("reload", True, "no account has setvar: manager.conf may be reloaded")
    found = (
        f"'manager reload' can end Asterisk and its calls: {', '.join(names)} with setvar "
        "(memory freed twice, seen on 16.28 and 22.10)"
    )
    sections = ", ".join(f"[{name}]" for name in names)
    return Check("reload", False, found, f"manager.conf: take setvar out of {sections}\nthen: {_RESTART}")


def _without(facts: AccountFacts, line: str, instead: str) -> str:
    name = facts.account.target.username
    command = _RESTART if facts.variables else "asterisk -rx 'manager reload'"
    return either(
        f"manager.conf, section [{name}]: take out every line that begins with\n    {line}\nthen: {command}\n{instead}",
        "keep to one kind of interface, rawman and mxml",
    )
