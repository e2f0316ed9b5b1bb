"""The same reads on several PBXs at once: one frame of all, and beside it what failed."""

from __future__ import annotations

import queue
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields as fields_of
from typing import Any, Self, TypeVar

import pandas as pd
from tqdm.auto import tqdm

from amiframe import frames
from amiframe.client import Pbx, connect
from amiframe.client.connection import Given
from amiframe.errors import ActionRefused, AmiframeError, ConfigError, ConnectTimeout
from amiframe.reply import Reply, Snapshot
from amiframe.schema.actions import is_read
from amiframe.settings import Secret, as_secret
from amiframe.wire import request as actions

_MARGIN_S = 2.0  # a call may end that much behind its own time-out; who has not answered by then is not waited for
_CLOSE_S = 6.0
_FAILURES = {"amf_pbx": "str", "error": "str", "message": "str", "hint": "str"}
_PINGS = {"latency_s": "float", "server_time": "time"}

T = TypeVar("T")


class PartialWarning(UserWarning):
    """A frame of several PBXs lacks some of them; ``.failures`` says which and why."""


def connect_all(
    targets: Iterable[str | Pbx] | Mapping[str, str | Pbx | Mapping[str, Any]],
    *,
    username: str | None = None,
    secret: str | Secret | None = None,
    interface: str | None = None,
    timeout: float | None = None,
    verify: bool | str | None = None,
    proxy: str | None = None,
    login: str | None = None,
    progress: bool | None = None,
) -> Fleet:
    """Return several PBXs to ask at once. Nothing is sent before the first question.

    Parameters
    ----------
    targets : iterable, or mapping of str
        Addresses, profiles or connections; or a mapping that names each: ``{"berlin": "http://10.1.0.5:8088", "demo":
        "demo", "riga": {"target": "https://riga:8089", "username": "look", "secret": ...}}``. Without names of their
        own they are called by profile, else by address.
    username, secret, interface, timeout, verify, proxy, login : optional
        As for :func:`connect`; all share them, but for what a target has of its own.
    progress : bool, optional
        Show a progress bar; default: at a terminal, when it takes long.

    Returns
    -------
    Fleet
        Close it, or use it in a ``with`` block; a PBX of it is reached by name: ``fleet["berlin"]``.

    Raises
    ------
    ConfigError
        A setting is missing or unusable, or two have the same name.

    Examples
    --------
    >>> with connect_all({"one": "demo", "two": "demo"}) as fleet:
    ...     fleet.ping()["amf_pbx"].tolist()
    ['one', 'two']
    """
    secret = as_secret(secret)
    if isinstance(targets, Mapping):
        targets = {name: _with_secret(target) for name, target in targets.items()}
    settings = {
        "username": username,
        "secret": secret,
        "interface": interface,
        "timeout": timeout,
        "verify": verify,
        "proxy": proxy,
        "login": login,
    }
    if isinstance(targets, str):
        raise ConfigError("a list of PBXs is needed", hint=f"connect_all([{targets!r}]), or connect for one")
    given = targets.items() if isinstance(targets, Mapping) else ((None, target) for target in targets)
    found: dict[str, Pbx] = {}
    for place, (name, target) in enumerate(given, 1):
        try:
            pbx = _connected(target, settings)
        except AmiframeError as error:
            # by its place: an address may hold what should not be shown
            error.hint = "; ".join(filter(None, (f"target {name or place}", error.hint)))
            raise
        called = name or pbx.profile or pbx.url
        if called in found:
            raise ConfigError(f"two PBXs are called {called}", hint='name them: connect_all({"one": ..., "two": ...})')
        found[called] = pbx
    if not found:
        raise ConfigError("no PBX given", hint='connect_all(["berlin", "http://10.1.0.5:8088"])')
    return Fleet(found, progress=progress)


class Fleet(Mapping[str, Pbx]):
    """Several PBXs; made by :func:`connect_all`. A mapping of name to :class:`Pbx`.

    Each read asks all at once and waits for none beyond its own time-out. A PBX that fails is missing from the frame:
    then a :class:`PartialWarning` says so, ``attrs["amiframe"]["fetched_complete"]`` is False, and :attr:`failures`
    tells why. When all fail, the first error is raised.
    """

    def __init__(self, members: Mapping[str, Pbx], *, progress: bool | None = None):
        self._members = dict(members)
        self._progress = progress
        self.errors: dict[str, AmiframeError] = {}
        """What the last read raised, by PBX."""

    def __getitem__(self, name: str) -> Pbx:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"Fleet({', '.join(self._members)})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failures(self) -> pd.DataFrame:
        """What failed in the last read: ``amf_pbx``, ``error`` (its class), ``message``, ``hint``; empty if nothing."""
        rows = [
            {"amf_pbx": name, "error": type(error).__name__, "message": str(error.args[0]), "hint": error.hint}
            for name, error in self.errors.items()
        ]
        return frames.rows_frame(rows, _FAILURES)

    def close(self) -> None:
        """Log off everywhere and close the connections, all at once; what fails at that is no error."""
        closing = [threading.Thread(target=pbx.close, daemon=True) for pbx in self._members.values()]
        for thread in closing:
            thread.start()
        end = time.monotonic() + _CLOSE_S
        for thread in closing:
            thread.join(max(0.0, end - time.monotonic()))

    # --- the reads --------------------------------------------------------------------------------------------------

    def ping(self) -> pd.DataFrame:
        """Ask whether they answer: ``amf_pbx``, ``latency_s`` (s) and ``server_time`` (UTC)."""
        kinds = {"amf_pbx": "str", **_PINGS}
        answers = self._each(lambda pbx: pbx.ping())
        rows = [{"amf_pbx": name, **{key: getattr(answer, key) for key in _PINGS}} for name, answer in answers.items()]
        return frames.rows_frame(rows, kinds)

    def info(self) -> pd.DataFrame:
        """Fetch what each says of itself, one row per PBX; see :meth:`Pbx.info`."""
        return self._frame(lambda pbx: pbx.info())

    def status(
        self, channel: str | None = None, *, variables: Iterable[str] | None = None, all_variables: bool = False
    ) -> pd.DataFrame:
        """Fetch the channels of all, one row per channel; see :meth:`Pbx.status`.

        Channel names and ids may be the same on two PBXs: only together with ``amf_pbx`` do they name a channel.
        """
        asked = variables if variables is None or isinstance(variables, str) else list(variables)
        return self._frame(lambda pbx: pbx.status(channel, variables=asked, all_variables=all_variables))

    def commands(self) -> pd.DataFrame:
        """Fetch the actions that each account may run; see :meth:`Pbx.commands`."""
        return self._frame(lambda pbx: pbx.commands())

    def arguments(self, actions: Iterable[str] | None = None) -> pd.DataFrame:
        """Fetch the arguments of actions from the documentation of each PBX; see :meth:`Pbx.arguments`."""
        names = actions if actions is None or isinstance(actions, str) else list(actions)
        return self._frame(lambda pbx: pbx.arguments(names, progress=False))

    def cli(self, command: str) -> dict[str, str]:
        """Run a ``show`` command of the PBX's own command line on all; what each printed, by PBX."""
        self._check("Command", {"Command": command}, {})
        return self._each(lambda pbx: pbx.cli(command))

    def action(self, name: str, fields: Given = None, /, **more: Any) -> dict[str, Reply]:
        """Send an action that only reads to all; the answer of each, by PBX. See :meth:`Pbx.action`.

        Raises
        ------
        ActionRefused
            It may change something: that is sent to one PBX, ``fleet[name].action(...)``.
        """
        given = self._check(name, fields, more)
        return self._each(lambda pbx: pbx.action(name, given))

    def table(self, name: str, fields: Given = None, /, **more: Any) -> pd.DataFrame:
        """Send a list action to all; its items, one row each. See :meth:`Pbx.table`; refuses as :meth:`action`."""
        given = self._check(name, fields, more)
        return self._frame(lambda pbx: pbx.table(name, given))

    def tables(self, name: str, fields: Given = None, /, **more: Any) -> dict[str, pd.DataFrame]:
        """Send a list action with items of several kinds to all; one frame per kind. See :meth:`Pbx.tables`."""
        given = self._check(name, fields, more)
        answers = self._each(lambda pbx: pbx.tables(name, given))
        kinds = dict.fromkeys(kind for tables in answers.values() for kind in tables)
        return {
            kind: self._stacked({pbx: tables[kind] for pbx, tables in answers.items() if kind in tables})
            for kind in kinds
        }

    def snapshot(self) -> Snapshot:
        """Fetch channels, queues and endpoints of all; see :meth:`Pbx.snapshot`."""
        answers = self._each(lambda pbx: pbx.snapshot())
        return Snapshot(
            *(
                self._stacked({pbx: getattr(snapshot, field.name) for pbx, snapshot in answers.items()})
                for field in fields_of(Snapshot)
            )
        )

    # --- how they are asked -------------------------------------------------------------------------------------------

    def _check(self, name: str, given: Given, more: Mapping[str, Any]) -> list[actions.Field]:
        """Return the fields of an action as pairs, refuse one that may change something."""
        _, *sent = actions.fields(name, given, more)
        if not is_read(name, sent):
            raise ActionRefused(
                f"{name} may change something: nothing was sent",
                action=name,
                hint=f"to one PBX at a time: fleet[{next(iter(self))!r}].action({name!r}, ...)",
            )
        return list(sent)

    def _frame(self, ask: Callable[[Pbx], pd.DataFrame]) -> pd.DataFrame:
        return self._stacked(self._each(ask))

    def _stacked(self, parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        frame = frames.stacked(parts)
        if self.errors:
            frame.attrs["amiframe"]["fetched_complete"] = False
        return frame

    def _each(self, ask: Callable[[Pbx], T]) -> dict[str, T]:
        """Ask all at once; return what came, in the order of the fleet, and keep what failed."""
        answered: queue.SimpleQueue[tuple[str, T | None, BaseException | None]] = queue.SimpleQueue()

        def work(name: str, pbx: Pbx) -> None:
            try:
                answered.put((name, ask(pbx), None))
            except BaseException as error:  # noqa: BLE001 (it goes on in the thread that asked)
                answered.put((name, None, error))

        for name, pbx in self._members.items():
            threading.Thread(target=work, args=(name, pbx), daemon=True, name=f"amiframe-{name}").start()
        results: dict[str, T] = {}
        errors: dict[str, AmiframeError] = {}
        longest = max(pbx.target.timeout for pbx in self.values())
        end = time.monotonic() + longest + _MARGIN_S
        with self._bar() as bar:
            while len(results) + len(errors) < len(self):
                try:
                    name, result, error = answered.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    break
                if error is None:
                    results[name] = result  # type: ignore[assignment]
                elif isinstance(error, AmiframeError):
                    errors[name] = error
                else:
                    raise error
                bar.update()
        for name in self._members.keys() - results.keys() - errors.keys():
            errors[name] = ConnectTimeout(
                f"no answer within {longest:g} s", pbx=self[name].url, hint="it is not waited for any longer"
            )
        self.errors = {name: errors[name] for name in self._members if name in errors}
        self._report_failures(results)
        return {name: results[name] for name in self._members if name in results}

    def _report_failures(self, results: Mapping[str, object]) -> None:
        if not self.errors:
            return
        if not results:
            error = next(iter(self.errors.values()))
            if len(self) > 1:
                error.hint = "; ".join(filter(None, (error.hint, f"all {len(self)} PBXs failed: .failures has each")))
            raise error
        failures = "; ".join(f"{name}: {error.args[0]}" for name, error in self.errors.items())
        warnings.warn(
            f"{len(self.errors)} of {len(self)} PBXs are missing here, .failures says more: {failures}",
            PartialWarning,
            stacklevel=5,
        )

    def _bar(self) -> Any:
        off = None if self._progress is None else not self._progress
        delay = 0 if self._progress else 2
        return tqdm(total=len(self), unit=" PBX", desc="asking", leave=False, delay=delay, disable=off)


def _with_secret(target: str | Pbx | Mapping[str, Any]) -> str | Pbx | Mapping[str, Any]:
    """Return a target whose secret no traceback shows."""
    if not isinstance(target, Mapping):
        return target
    return {name: as_secret(value) if name == "secret" else value for name, value in target.items()}


def _connected(target: str | Pbx | Mapping[str, Any], settings: Mapping[str, Any]) -> Pbx:
    if isinstance(target, Pbx):
        return target
    if isinstance(target, str):
        return connect(target, **settings)
    return connect(**{**settings, **target})
