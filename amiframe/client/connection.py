"""What every question to a PBX shares: one session, the right path for it, a Reply back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from amiframe.errors import ActionRefused, HTTPStatusError
from amiframe.reply import Reply
from amiframe.schema.actions import is_read
from amiframe.schema.list_actions import LISTS
from amiframe.settings import RAW_TWIN, Target
from amiframe.transport import Session, warn_if_open
from amiframe.transport.http import Answer, Fields
from amiframe.wire import request
from amiframe.wire.message import Message

# their XML form loses something: the case of names, the indentation of output
_LOSSY = frozenset({"listcommands", "command"})
# reads whose answer grows with the PBX: it builds them while it should be switching calls
_HEAVY = frozenset({*LISTS, *_LOSSY, "getconfig", "getconfigjson"})

READ_ONLY = "AMIFRAME_READ_ONLY"
"""Variable that jobs set: what may change something is refused."""

Given = Mapping[str, Any] | Iterable[tuple[str, Any]] | None


class Connection:
    """One account on one PBX: asks, renews its session, logs off when closed. Safe to share between threads."""

    def __init__(self, target: Target):
        self._target = target
        self._session = Session(target)
        warn_if_open(target, stacklevel=4)  # at who calls connect(); sessions that listen say it no more
        self._has_twin = target.interface in RAW_TWIN

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self._target.url!r}, username={self._target.username!r}, interface={self._target.interface!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def target(self) -> Target:
        """Where and how it connects: address, account, interface and options."""
        return self._target

    @property
    def url(self) -> str:
        """Address of the PBX."""
        return self._target.url

    @property
    def username(self) -> str:
        """Manager account."""
        return self._target.username

    @property
    def interface(self) -> str:
        """The interface: ``rawman``, ``mxml``, ``arawman`` or ``amxml``."""
        return self._target.interface

    @property
    def profile(self) -> str | None:
        """Name of the profile that it was connected by, if any."""
        return self._target.profile

    @property
    def timezone(self) -> str | None:
        """Zone of the PBX's own local times (CDR, CEL, CoreStatus), where the profile names it."""
        return self._target.timezone

    @property
    def trunks(self) -> tuple[str, ...]:
        """Patterns of the channels that lead outside, as the profile names them."""
        return self._target.trunks

    @property
    def renewals(self) -> int:
        """How often the session had ended, by expiry or a restart, and was replaced by a new one."""
        return self._session.renewals

    @contextmanager
    def recording(self, record: Callable[[str, Fields, Answer], None]) -> Iterator[None]:
        """Hand each answer to `record` as it came over the wire, with the path and the fields of its request."""
        with self._session.recording(record):
            yield

    def read_at(self, path: str, fields: Fields) -> Sequence[Message]:
        """Send an action that only reads to one of the paths, and return the messages of its answer."""
        return self._session.ask(fields, path=path, heavy=True)

    def logoff(self) -> None:
        """End the session at the PBX. The next question logs in again."""
        self._session.log_off()

    def close(self) -> None:
        """Log off and close the connections, for good; what fails at that is no error.

        A closed connection refuses every further question with :class:`ActionRefused`.
        """
        self._session.close()

    def _run(
        self, name: str, given: Given = None, more: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Reply:
        """Send an action, a reading one again where that helps, any other once; return the whole answer."""
        fields = request.fields(name, given, more or {})
        path = self._target.interface
        reads = is_read(name, fields)
        if not reads and os.environ.get(READ_ONLY):
            raise ActionRefused(
                f"{name} may change something, and this is a job that may not",
                pbx=self._target.url,
                action=name,
                hint="amiframe job run --allow-actions, or jobs.run(..., allow_actions=True)",
            )
        exchange = partial(self._session.ask, heavy=name.lower() in _HEAVY) if reads else self._session.send
        if self._has_twin and name.lower() in _LOSSY:
            twin = RAW_TWIN[path]
            try:
                return self._reply(name, exchange(fields, path=twin, timeout=timeout), f"{path} via {twin}")
            except HTTPStatusError as error:
                if error.status != 404:
                    raise
                self._has_twin = False  # no raw path here, so nothing was done: the XML is read as well as it can be
        return self._reply(name, exchange(fields, path=path, timeout=timeout), path)

    def _reply(self, name: str, messages: Sequence[Message], interface: str) -> Reply:
        return Reply.from_messages(
            messages, action=name, pbx=self._target.label, interface=interface, fetched=datetime.now(UTC)
        )
