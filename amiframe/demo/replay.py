"""Answers of a capture, given again: the same request gets the same bytes, on the interface it was recorded on."""

from __future__ import annotations

from collections.abc import Iterable

from amiframe.capture.file_format import Exchange
from amiframe.demo.http.form_parameters import Fields, action_of
from amiframe.wire.message import Message

_COOKIE = {"arawman": "rawman", "amxml": "mxml"}  # the bodies of both are the same
OF_SESSIONS = frozenset({"login", "logoff", "challenge", "events", "filter", "waitevent"})
"""What the embedded PBX answers itself: sessions are not in a capture."""

Key = tuple[str, str, frozenset[tuple[str, str]]]


class Replay:
    """What was recorded, by request."""

    def __init__(self, exchanges: Iterable[Exchange]):
        self._answers: dict[Key, Exchange] = {}
        for one in exchanges:
            self._answers.setdefault(_key(one.path, one.fields), one)

    def body(self, path: str, fields: Fields) -> bytes | None:
        """Return the recorded body of the answer to a request; None when there is none."""
        found = self._answers.get(_key(path, fields))
        return found.body if found is not None and found.error is None else None

    def refusal(self, path: str, fields: Fields) -> list[Message]:
        """Return the answer to what was not recorded: what was, on this interface."""
        found = self._answers.get(_key(path, fields))
        here = sorted({one.fields[0][1] for key, one in self._answers.items() if key[0] == _COOKIE.get(path, path)})
        told = found.error if found is not None else None
        text = (
            told
            or f"{action_of(fields)} with these fields is not in the capture; it holds: {', '.join(here) or 'nothing'}"
        )
        return [Message((("Response", "Error"), ("Message", text)))]


def _key(path: str, fields: Fields) -> Key:
    told = frozenset((name.lower(), value) for name, value in fields if name.lower() not in ("action", "actionid"))
    return _COOKIE.get(path, path), action_of(fields).lower(), told
