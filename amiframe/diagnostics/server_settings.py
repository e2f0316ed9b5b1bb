"""How the PBX is set up, beyond what is needed to ask it: what makes answers poorer, or differ between interfaces."""

from __future__ import annotations

import time
from collections.abc import Iterator

from amiframe.diagnostics.account_facts import Facts
from amiframe.diagnostics.check import Check, either, put
from amiframe.diagnostics.network_checks import Seen

WHAT = ("httptimeout", "version", "clock", "timestampevents", "eventfilter", "setvar", "reload")
"""Names of the checks, in their order."""

TESTED = {"16": "16.28", "22": "22.10"}
"""Versions of Asterisk on which amiframe is tested, by their main number."""

_LEAST_TIMEOUT_S = 20  # a wait for events ends ten seconds before the session would; two more for the way
_MOST_APART_S = 2.0
_RESTART = "asterisk -rx 'core restart when convenient'"


def habits(facts: Facts, seen: Seen) -> Iterator[Check]:
    """Give the checks; `seen` is what was seen on the way."""
    yield _httptimeout(facts, seen)
    yield _version(facts, seen.server)
    yield _clock(facts)
    yield _timestamps(facts)
    yield _eventfilter(facts)
    yield _setvar(facts)
    yield _reload(facts)


def _httptimeout(facts: Facts, seen: Seen) -> Check:
    told = facts.settings.get("http timeout (seconds)", "")
    seconds = seen.max_age or (int(told) if told.isdigit() else None)
    if seconds is None:
        return Check("httptimeout", None, "not to be seen without a login by cookie")
    if seconds < _LEAST_TIMEOUT_S:
        return Check("httptimeout", False, f"an idle session ends after {seconds} s: too soon to wait for events in it",
                     put("manager.conf", "general", "httptimeout = 60"))  # fmt: skip
    return Check("httptimeout", True, f"an idle session ends after {seconds} s")


def _version(facts: Facts, server: str) -> Check:
    settings = facts.ask("CoreSettings") if "coresettings" in (facts.commands or {}) else None
    told = settings.get("AsteriskVersion") if settings is not None else None
    version = told or (server.partition("/")[2] if server.startswith("Asterisk/") else "")
    if not version:
        return Check("version", None, "not told to this account; the right reporting lets it see")
    major = version.partition(".")[0]
    tested = " and ".join(TESTED.values())
    if major in TESTED:
        return Check("version", True, f"Asterisk {version}; tested on {tested}")
    found = f"Asterisk {version}: not a version that amiframe is tested on ({tested})"
    cure = "for a report: amiframe capture -o FILE keeps what it answers, without secrets and numbers"
    return Check("version", None, found, cure)


def _clock(facts: Facts) -> Check:
    began = time.time()
    answer = facts.ask("Ping")
    ended = time.time()
    told = answer.get("Timestamp") if answer is not None else None
    try:
        server = float(told or "")
    except ValueError:
        return Check("clock", None, "the PBX does not tell its time")
    apart = max(began - server, server - ended, 0.0)  # it looked at its clock some time between
    if apart > _MOST_APART_S:
        ahead = "behind" if server < began else "ahead of"
        return Check("clock", False, f"the PBX's clock is {apart:.0f} s {ahead} this machine's",
                     "keep both by NTP: timedatectl set-ntp true")  # fmt: skip
    return Check("clock", True, "the clocks agree")


def _timestamps(facts: Facts) -> Check:
    told = facts.settings.get("timestamp events", "").lower()
    events = [event for heard in facts.heard.values() for event in heard] if not told else []
    if not told and not events:
        return Check("timestampevents", None, "no event came that would tell (rights command or security would let it)",
                     put("manager.conf", "general", "timestampevents = yes"))  # fmt: skip
    if told == "yes" or any(event.get("Timestamp") for event in events):
        return Check("timestampevents", True, "events have the PBX's own time")
    return Check("timestampevents", False, "events have no time of their own: only when they arrived is known",
                 put("manager.conf", "general", "timestampevents = yes"))  # fmt: skip


def _eventfilter(facts: Facts) -> Check:
    if facts.section is not None:
        filters = [f"eventfilter = {value}" for name, value in facts.section if name.startswith("eventfilter")]
    else:
        own = {name: {event.get("EventTV") for event in heard if event.name == "SuccessfulAuth"}
               for name, heard in facts.heard.items()}  # fmt: skip
        if not own.get("digest"):
            return Check(
                "eventfilter", None, "not told to this account (right config), and no event came that would tell"
            )
        if own.get("cookie", own["digest"]) >= own["digest"]:
            return Check("eventfilter", None, "none hides our own login; others are not told to this account (config)")
        filters = ["one that hides logins at least"]
    if not filters:
        return Check("eventfilter", True, "none: all interfaces hear the same")
    return Check("eventfilter", False, f"{'; '.join(filters)}: holds by cookie, and digest ignores it", _without(
        facts, "eventfilter", "mask= of listen() chooses classes of events on all interfaces"))  # fmt: skip


def _setvar(facts: Facts) -> Check:
    if facts.variables is None:
        return Check("setvar", None, "not told to this account (right command or config)")
    if not facts.variables:
        return Check("setvar", True, "none: all interfaces originate the same")
    return Check("setvar", False, f"setvar {facts.variables}: set by cookie, and digest ignores it", _without(
        facts, "setvar", "originate(..., variables=...) sets them on all interfaces"))  # fmt: skip


def _reload(facts: Facts) -> Check:
    names = facts.with_variables
    if names is None:
        return Check("reload", None, "whether an account has setvar is not told to this one (right command): "
                     "where one has, 'manager reload' can end Asterisk")  # fmt: skip
    if not names:
        return Check("reload", True, "no account has setvar: manager.conf may be reloaded")
    found = (f"'manager reload' can end Asterisk and its calls: {', '.join(names)} with setvar "
             "(memory freed twice, seen on 16.28 and 22.10)")  # fmt: skip
    sections = ", ".join(f"[{name}]" for name in names)
    return Check("reload", False, found, f"manager.conf: take setvar out of {sections}\nthen: {_RESTART}")


def _without(facts: Facts, line: str, instead: str) -> str:
    name = facts.account.target.username
    command = _RESTART if facts.variables else "asterisk -rx 'manager reload'"
    return either(
        f"manager.conf, section [{name}]: take out every line that begins with\n    {line}\nthen: {command}\n{instead}",
        "keep to one kind of interface, rawman and mxml",
    )
