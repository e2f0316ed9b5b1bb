"""Which features work with an account, what each lacks, and the lines that give it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from amiframe.diagnostics.account_facts import AccountFacts
from amiframe.diagnostics.check import Check, put
from amiframe.schema.features import FEATURES, Feature

WHAT = ("rights", *(f"right: {feature.name}" for feature in FEATURES))
"""Names of the checks, in their order."""


def checks(facts: AccountFacts, wanted: Sequence[Feature]) -> Iterator[Check]:
    """Return one check of all features that are wanted, with the lines for all; then one for each."""
    if facts.commands is None:
        yield Check("rights", None, "the PBX does not list the actions of this account")
        return
    each = [_right(facts, feature) for feature in wanted]
    lacking = [feature.name for feature, check in zip(wanted, each, strict=True) if check.ok is False]
    works = [feature.name for feature, check in zip(wanted, each, strict=True) if check.ok]
    found = f"works: {', '.join(works) or 'nothing'}" + (f"; lacks the right: {', '.join(lacking)}" if lacking else "")
    if lacking:
        cure = _lines(facts, [feature for feature in wanted if feature.name in lacking])
        yield Check("rights", False, found, cure, "AccessDenied")
    else:
        yield Check("rights", True, found)
    yield from each


def _right(facts: AccountFacts, feature: Feature) -> Check:
    what = f"right: {feature.name}"
    listed = facts.commands or {}
    absent = [action for action in feature.actions if action.lower() not in listed]
    held = facts.held
    if absent and {*feature.write} <= held:
        found = f"the PBX has no action {', '.join(absent)}: its module is not loaded"
        return Check(what, None, found, "asterisk -rx 'module show' lists the modules; the right is there")
    if absent:
        lacks = [kind for kind in feature.write if kind not in held]
        found = f"{feature.call}: may not run {', '.join(absent)}; lacks {_all('write', lacks)}"
        if feature.others:
            found += f" (or {', '.join(feature.others)})"
        return Check(what, False, found, _lines(facts, [feature]), "AccessDenied")
    unread = [kind for kind in feature.read if facts.readable is not None and kind not in facts.readable]
    if unread:
        found = f"{feature.call}: lacks {_all('read', unread)}: {feature.without}"
        cure = _lines(facts, [feature])
        return Check(what, False, found, cure, "AccessDenied")
    if feature.read and facts.readable is None:
        kinds, name = ", ".join(feature.read), facts.account.target.username
        found = f"{feature.call}: whether the account may read {kinds} events is not visible to it (right command)"
        cure = f"asterisk -rx 'manager show user {name}' shows: 'read perm' has to name {kinds}"
        return Check(what, None, found, cure)
    return Check(what, True, feature.call)


def _lines(facts: AccountFacts, features: Sequence[Feature]) -> str:
    """Return the lines that give these features their rights, and leave those that the account has."""
    listed = facts.commands or {}
    lacking = [f for f in features if any(action.lower() not in listed for action in f.actions)]
    write = facts.held.union(*(feature.write for feature in lacking))
    lines = [f"write = {_sorted(write)}"] if write > facts.held else []
    reads = frozenset().union(*(feature.read for feature in features))
    if facts.readable is not None and not reads <= facts.readable:
        lines.append(f"read = {_sorted(facts.readable | reads)}")
    cure = put("manager.conf", facts.account.target.username, *lines) if lines else ""
    if reads and facts.readable is None:
        cure += f"\nand {', '.join(sorted(reads))} in its read= line, if that does not name it yet"
    return cure.strip()


def _sorted(kinds: Iterable[str]) -> str:
    return ",".join(sorted(kinds))


def _all(line: str, kinds: Sequence[str]) -> str:
    return f"{line} = {','.join(kinds)}"
