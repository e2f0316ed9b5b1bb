"""Many calls, paced, and what became of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from amiframe import frames
from amiframe.client.call_tracker import CallTracker, track
from amiframe.client.origination import ARGUMENTS, Origination, request
from amiframe.client.pbx import Pbx
from amiframe.errors import ActionError, ActionRefused, ConfigError

_LOOK_S = 0.2  # how often the events of the calls are asked for


def originate_many(
    pbx: Pbx,
    requests: Iterable[Mapping[str, Any]] | pd.DataFrame,
    *,
    at_most: int,
    per_second: float,
    wait: float = 60.0,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Originate many calls, paced, and tell what became of each.

    Parameters
    ----------
    pbx : Pbx
        The connection that sends them.
    requests : iterable of mappings, or DataFrame
        Arguments of :meth:`Pbx.originate` for each call (``channel``, ``exten``, ``context`` ...), a row each, but
        not ``async_``, ``wait`` and ``dry_run``. All are checked before the first is sent.
    at_most : int
        Calls whose outcome is open at the same time.
    per_second : float
        Calls begun per second, at most.
    wait : float
        Seconds to wait for the outcome of each call.
    progress : bool, optional
        Show a progress bar; default: at a terminal, when it takes long.

    Returns
    -------
    pandas.DataFrame
        One row per request in their order: ``channel``, ``outcome``, ``accepted``, ``reason``, ``cause``,
        ``cause_txt``, ``uniqueid``, ``actionid``, ``error`` (what the PBX said to a request that it refused; its
        outcome is ``failed``).

    Raises
    ------
    ActionRefused
        A request that cannot be sent, by its place from 0; none was sent.
    ConfigError
        `at_most` or `per_second` is not above 0.
    ConnectError, LoginError, AccessDenied
        As :meth:`Pbx.originate`; calls begun before go on.

    Examples
    --------
    >>> rows = [{"channel": "PJSIP/100", "exten": "200"}]
    >>> pbx = af.connect("http://127.0.0.1:8088", username="test", secret="test")
    >>> af.originate_many(pbx, rows, at_most=2, per_second=1)
    Traceback (most recent call last):
    amiframe.errors.ActionRefused: request 0: where shall the call go? [Originate]
      hint: exten and context, or application
    """
    if isinstance(at_most, bool) or isinstance(per_second, bool) or not (at_most >= 1 and per_second > 0):
        raise ConfigError("at_most and per_second must be above 0", hint="originate_many(..., at_most=5, per_second=1)")
    rows: list[Any] = requests.to_dict("records") if isinstance(requests, pd.DataFrame) else list(requests)
    asked = _requests(rows)
    waiting = deque(range(len(asked)))
    open_calls: dict[int, tuple[CallTracker, float]] = {}
    outcomes: dict[int, tuple[Origination, str | None]] = {}
    next_at = time.monotonic()
    look_at = next_at + _LOOK_S
    with (
        pbx.open_event_stream(mask="call") as stream,
        tqdm(
            total=len(asked),
            unit=" calls",
            desc="originating",
            leave=False,
            delay=0 if progress else 2,
            disable=None if progress is None else not progress,
        ) as bar,
    ):
        while waiting or open_calls:
            now = time.monotonic()
            if waiting and len(open_calls) < at_most and now < look_at:
                if now < next_at:
                    time.sleep(min(next_at, look_at) - now)
                    continue
                at = waiting.popleft()
                next_at = time.monotonic() + 1 / per_second
                try:
                    pbx.send_originate(asked[at])
                    open_calls[at] = CallTracker(asked[at]), time.monotonic() + wait
                except ActionError as error:
                    outcomes[at] = replace(asked[at], outcome="failed"), error.message
                    bar.update()
                continue
            # with no call open there is nothing to miss, but the session must not expire
            track(stream, [tracker for tracker, _ in open_calls.values()], 0 if open_calls else next_at - now)
            look_at = time.monotonic() + _LOOK_S
            for at, (tracker, end) in list(open_calls.items()):
                if tracker.is_over or time.monotonic() > end:
                    outcomes[at] = tracker.result(), None
                    del open_calls[at]
                    bar.update()
    columns = ("channel", "outcome", "accepted", "reason", "cause", "cause_txt", "uniqueid", "actionid")
    made = [{**asdict(outcomes[at][0]), "error": outcomes[at][1]} for at in range(len(asked))]
    return frames.outcome_frame([{name: row[name] for name in (*columns, "error")} for row in made])


_ARGUMENTS = frozenset(ARGUMENTS) - {"async_"}


def _requests(rows: Iterable[Mapping[str, Any]]) -> list[Origination]:
    """Return the requests of all rows, checked; two calls of one id would be taken for one another."""
    asked = [_request(at, row) for at, row in enumerate(rows)]
    first: dict[str, int] = {}
    for at, one in enumerate(asked):
        if first.setdefault(one.uniqueid, at) != at:
            raise ActionRefused(f"request {at}: its channelid is that of request {first[one.uniqueid]}")
    return asked


def _request(at: int, row: Mapping[str, Any]) -> Origination:
    """Return the request of one row; missing cells are arguments that are not given."""
    given = {str(name): _plain(value) for name, value in row.items() if not _is_missing(value)}
    unknown = sorted(given.keys() - _ARGUMENTS)
    try:
        if unknown or "channel" not in given:
            what = f"takes no {unknown[0]!r}" if unknown else "has no channel"
            raise ActionRefused(what, action="Originate", hint=f"arguments are {', '.join(sorted(_ARGUMENTS))}")
        return request(**given)
    except ActionRefused as error:
        raise ActionRefused(f"request {at}: {error.args[0]}", action=error.action, hint=error.hint) from None


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _plain(value: Any) -> Any:
    """Return a cell as it was meant: a whole number that a gap in its column made a float, a list that is an array."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.tolist() if hasattr(value, "tolist") else value
