"""An action as a form fills it in: fields by the PBX's own documentation, what is wrong with them, the request."""

from __future__ import annotations

import difflib
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from amiframe.client import Pbx
from amiframe.errors import AccessDenied, ActionRefused, ConfigError, ConnectError, IncompleteList
from amiframe.privacy import secret_patterns
from amiframe.privacy.secret_patterns import MASK
from amiframe.reply import Reply
from amiframe.schema.actions import is_read, spelling
from amiframe.schema.list_actions import LISTS
from amiframe.settings import Secret
from amiframe.widgets.action import update_config
from amiframe.widgets.action.update_config import Value
from amiframe.wire import request as actions

_LOGIN = "this connection logs in by itself"
_OWN_EVENTS = "events come to a session of their own: pbx.events(), pbx.listen(), or the EventMonitor"
REFUSED: Mapping[str, tuple[str, str]] = {
    "login": (_LOGIN, "another account is another ConnectionPanel"),
    "challenge": (_LOGIN, "another account is another ConnectionPanel"),
    "logoff": ("it would end the session that others may be using", "Disconnect in the ConnectionPanel does it"),
    "events": ("it would change what this session is told, and nobody here listens to it", _OWN_EVENTS),
    "filter": ("it would change what this session is told, for as long as it lives", _OWN_EVENTS),
    "waitevent": ("it would take events away from who listens, and wait for minutes", _OWN_EVENTS),
}
"""Actions that are about the session itself: why they are not sent from here, and what does the same."""

# as real PBXs, and the embedded one, document Variable of Originate
_REPEATS = re.compile(r"multiple .*header|given several times", re.IGNORECASE)
_PATTERN = re.compile(r"[.<>()|]")  # a listed value that only shows how values look
_SENT_ONCE = "it was sent once and will not be sent again: look at the PBX whether it was done"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an action, as the PBX documents it.

    Parameters
    ----------
    name : str
    required : bool
    hint : str
        The PBX's own words.
    choices : tuple of str
        Values that the documentation lists.
    is_secret : bool
        Whether it holds a password.
    repeats : bool
        Whether it may be given several times.
    """

    name: str
    required: bool = False
    hint: str = ""
    choices: tuple[str, ...] = ()
    is_secret: bool = False
    repeats: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether the listed values are all there are, rather than patterns of them."""
        return bool(self.choices) and not any(_PATTERN.search(choice) for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Action:
    """One action that the account may run.

    Parameters
    ----------
    name, synopsis : str
    privileges : tuple of str
        Any one suffices; empty when none is needed.
    arguments : tuple of Argument
        The required first, then the others in the PBX's order, ActionID last.
    """

    name: str
    synopsis: str = ""
    privileges: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionCatalog:
    """The actions that a PBX offers.

    Parameters
    ----------
    actions : mapping of str to Action
        By lower-case name, in the PBX's order; empty until they were fetched.
    notes : tuple of str
        What could not be fetched, and why.
    """

    actions: Mapping[str, Action] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def find(self, name: str) -> Action | None:
        """Return the action of this name, in any case."""
        return self.actions.get(name.strip().lower())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all actions."""
        return tuple(action.name for action in self.actions.values())


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """An action with its fields.

    Parameters
    ----------
    name : str
    given : tuple of (str, str or Secret)
        Fields in the order in which they are sent.
    """

    name: str
    given: tuple[tuple[str, Value], ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it only reads, with these fields."""
        return is_read(self.name, self.given)

    @property
    def masked_fields(self) -> list[tuple[str, str]]:
        """The fields, passwords masked."""
        return [(name, MASK if isinstance(value, Secret) else value) for name, value in self.given]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the PBX answered.

    Parameters
    ----------
    request : ActionRequest
    reply : Reply
    frame : DataFrame
    duration_s : float
        Seconds from the request to the whole answer.
    missing : str
        What is missing from a list that did not come whole.
    """

    request: ActionRequest
    reply: Reply
    frame: pd.DataFrame
    duration_s: float
    missing: str = ""


def is_secret_field(name: str, action: str = "") -> bool:
    """Return whether a field holds a password by its name.

    Examples
    --------
    >>> is_secret_field("MD5Secret"), is_secret_field("Key"), is_secret_field("Key", "Login")
    (True, False, True)
    >>> is_secret_field("Value-000000")
    True
    """
    name = name.strip()
    if action.strip().lower() == "login" and name.lower() == "key":
        return True
    return bool(secret_patterns.is_secretive(name) or update_config.is_value(name))


# --- what the PBX knows ----------------------------------------------------------------------------------------------


def fetch_catalog(pbx: Pbx) -> ActionCatalog:
    """Ask a PBX for the actions that the account may run, and for their documentation.

    Raises
    ------
    LoginError, ConnectError
        As :meth:`Pbx.ping`.
    """
    commands = pbx.commands()
    notes: tuple[str, ...] = ()
    names = commands["action"].tolist()
    lowered: dict[str, pd.DataFrame] = {}
    try:
        documented = pbx.arguments(names, progress=False)
        lowered = {str(name).lower(): part for name, part in documented.groupby("action")}
    except AccessDenied as error:
        notes = (f"no fields of actions: {error.hint}. Add them by name.",)
    except ConfigError as error:  # an action that a module brings without a word of documentation
        notes = (f"no fields of actions: {error.args[0]}. Add them by name.",)
    catalog = {}
    for name, synopsis, privileges in commands[["action", "synopsis", "privileges"]].itertuples(index=False, name=None):
        part = lowered.get(name.lower())
        fields = arguments_of(name, part) if part is not None else ()
        catalog[name.lower()] = Action(name, "" if pd.isna(synopsis) else synopsis, tuple(privileges), fields)
    return ActionCatalog(catalog, notes)


def arguments_of(action: str, documented: pd.DataFrame) -> tuple[Argument, ...]:
    """Return the arguments of one action from the rows of ``pbx.arguments()``: required first, ActionID last."""
    rows = documented[["argument", "required", "description", "choices"]].itertuples(index=False, name=None)
    arguments = []
    for name, required, description, choices in rows:
        hint = "" if pd.isna(description) else str(description)
        listed = tuple(map(str, choices)) if choices is not None and choices is not pd.NA else ()
        is_required = not pd.isna(required) and bool(required)
        arguments.append(
            Argument(name, is_required, hint, listed, is_secret_field(name, action), bool(_REPEATS.search(hint)))
        )
    return tuple(sorted(arguments, key=lambda argument: (argument.name.lower() == "actionid", not argument.required)))


def matching_actions(name: str, catalog: ActionCatalog) -> list[str]:
    """Return the actions whose name holds these letters, those that begin with them first."""
    wanted = name.strip().lower()
    names = [action for action in catalog.names if wanted in action.lower()]
    return sorted(names, key=lambda action: not action.lower().startswith(wanted))


# --- what is wrong ---------------------------------------------------------------------------------------------------


def checked_fields(request: ActionRequest, catalog: ActionCatalog) -> list[tuple[str, str]]:
    """Return the fields as they will be sent, passwords masked; nothing is sent.

    Raises
    ------
    ActionRefused
        It is not for here, the account may not run it, something required is missing, or the PBX would misread it.

    Examples
    --------
    >>> checked_fields(ActionRequest("Ping", (("ActionID", "7"),)), ActionCatalog())
    [('Action', 'Ping'), ('ActionID', '7')]
    """
    name = request.name
    refused = REFUSED.get(name.strip().lower())
    if refused:
        raise ActionRefused(f"{spelling(name)} is not sent from here: {refused[0]}", hint=refused[1])
    action = catalog.find(name)
    if catalog.actions and action is None:
        near = difflib.get_close_matches(name.lower(), catalog.actions, 1)
        raise ActionRefused(
            f"no action {name} that this account may run",
            hint=f"did you mean {catalog.actions[near[0]].name}?" if near else "ListCommands lists those that it may",
        )
    actions.encode(actions.fields(name, request.given))
    given = {field_name.lower() for field_name, _ in request.given}
    required = [argument.name for argument in (action.arguments if action else ()) if argument.required]
    missing = [argument for argument in required if argument.lower() not in given]
    if missing:
        raise ActionRefused(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} required",
            hint="a further field of that name without a value sends it empty",
        )
    return [(name, str(value)) for name, value in actions.fields(name, request.masked_fields)]


def warnings_for(request: ActionRequest, catalog: ActionCatalog) -> list[str]:
    """Return what looks wrong beside the documentation; it may be meant all the same."""
    action = catalog.find(request.name)
    warnings = update_config.empty_lines(request.name, request.given)
    if action is None or not action.arguments:
        return warnings
    documented = {argument.name.lower(): argument for argument in action.arguments}
    for name, value in request.given:
        argument = documented.get(name.lower())
        if argument is None:
            near = difflib.get_close_matches(name.lower(), documented, 1)
            warnings += [f"{name} is not documented: did you mean {documented[near[0]].name}?"] if near else []
        elif argument.is_closed and isinstance(value, str) and value.lower() not in map(str.lower, argument.choices):
            warnings.append(f"{argument.name}: {value!r} is none of {', '.join(argument.choices)}")
    repeated = Counter(name.lower() for name, _ in request.given)
    for name, count in repeated.items():
        argument = documented.get(name)
        if count > 1 and argument is not None and not argument.repeats:
            warnings.append(f"{argument.name} is given {count} times: most actions take the first one")
    return warnings


# --- asking ----------------------------------------------------------------------------------------------------------


def send(pbx: Pbx, request: ActionRequest) -> Answer:
    """Send it, once if it may change something; return what came back.

    Raises
    ------
    ActionError, AccessDenied, ConnectError
        As :meth:`Pbx.action`.
    """
    began = time.perf_counter()
    try:
        reply = pbx.action(request.name, request.given)
    except ConnectError as error:
        if not request.reads:
            error.hint = f"{error.hint}\n{_SENT_ONCE}" if error.hint else _SENT_ONCE
        raise
    took = time.perf_counter() - began
    try:
        return Answer(request, reply, reply.frame(), took)
    except IncompleteList as error:
        return Answer(request, reply, error.partial, took, str(error.args[0]))


class _Prompt:
    """In code, a password is asked for."""

    def __init__(self, name: str):
        self._name = name

    def __repr__(self) -> str:
        return f"getpass({self._name!r})"


def code(request: ActionRequest) -> str:
    """Return the request as code; a password is asked for there.

    Examples
    --------
    >>> print(code(ActionRequest("Status", (("Variables", "A,B"),))))
    frame = pbx.table('Status', {'Variables': 'A,B'})
    """
    values: dict[str, list[object]] = {}
    for name, value in request.given:
        values.setdefault(name, []).append(_Prompt(name) if isinstance(value, Secret) else value)
    given = {name: listed[0] if len(listed) == 1 else listed for name, listed in values.items()}
    arguments = ", ".join([repr(request.name), *([repr(given)] if given else [])])
    head = "from getpass import getpass\n\n" if any(isinstance(value, Secret) for _, value in request.given) else ""
    if request.name.lower() in LISTS:
        return f"{head}frame = pbx.table({arguments})"
    return f"{head}reply = pbx.action({arguments})\nreply.frame()"


def rights(action: Action | None) -> str:
    """Return which rights an action needs, in words."""
    if action is None:
        return ""
    if not action.privileges:
        return "needs no right"
    listed = list(action.privileges)
    return f"needs {listed[0]}" if len(listed) == 1 else f"needs one of {', '.join(listed)} (write= of the account)"


def pairs_of(fields: Mapping[str, object] | Iterable[tuple[str, object]] | None) -> list[tuple[str, str]]:
    """Return fields that were given in code as texts.

    Raises
    ------
    ActionRefused
        One of them is a password by its name: those are typed, since a notebook would keep them.
    """
    pairs = []
    for name, value in actions.fields("x", fields)[1:]:
        if isinstance(value, Secret) or is_secret_field(name):
            raise ActionRefused(f"{name} is typed into the form", hint="a notebook would keep what stands in its code")
        pairs.append((name, value))
    return pairs
