"""Answers of a capture, given again: the same request gets the same bytes, on the interface it was recorded on."""

from __future__ import annotations

from collections.abc import Iterable

from amiframe.capture.file_format import Exchange
from amiframe.demo.http.form_parameters import Fields, action_of
from amiframe.settings import COOKIE_TWIN
from amiframe.wire.message import Message

OF_SESSIONS = frozenset({"login", "logoff", "challenge", "events", "filter", "waitevent"})
"""What the embedded PBX answers itself: sessions are not in a capture."""

Key = tuple[str, str, frozenset[tuple[str, str]]]


class Replay:
    """What was recorded, by request."""

    def __init__(self, exchanges: Iterable[Exchange]):
        self._answers: dict[Key, Exchange] = {}
        for exchange in exchanges:
            self._answers.setdefault(_key(exchange.path, exchange.fields), exchange)

    def body(self, path: str, fields: Fields) -> bytes | None:
        """Return the recorded body of the answer to a request; None when there is none."""
        exchange = self._answers.get(_key(path, fields))
        return exchange.body if exchange is not None and exchange.error is None else None

    def refusal(self, path: str, fields: Fields) -> list[Message]:
        """Return the answer to what was not recorded: what was, on this interface."""
        exchange = self._answers.get(_key(path, fields))
        cookie_path = COOKIE_TWIN.get(path, path)  # the bodies of both are the same
        here = sorted({held.fields[0][1] for key, held in self._answers.items() if key[0] == cookie_path})
        unknown = (
            f"{action_of(fields)} with these fields is not in the capture; it holds: {', '.join(here) or 'nothing'}"
        )
        text = (exchange.error if exchange is not None else None) or unknown
        return [Message((("Response", "Error"), ("Message", text)))]


def _key(path: str, fields: Fields) -> Key:
    rest = frozenset((name.lower(), value) for name, value in fields if name.lower() not in ("action", "actionid"))
    return COOKIE_TWIN.get(path, path), action_of(fields).lower(), rest
