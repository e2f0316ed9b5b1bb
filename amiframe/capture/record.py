"""Take a capture: ask what helps a developer, disguise the answers, keep them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from amiframe._version import __version__
from amiframe.capture import file_format
from amiframe.capture.file_format import Exchange
from amiframe.capture.pseudonyms import Pseudonymizer
from amiframe.client import Pbx
from amiframe.errors import ActionRefused, AmiframeError
from amiframe.schema.actions import is_read
from amiframe.settings import INTERFACES, RAW_TWIN
from amiframe.transport.http import Answer, Fields
from amiframe.wire import request
from amiframe.wire.encoding import decode, encode

USUAL = (
    "Ping",
    "CoreSettings",
    "CoreStatus",
    "ListCommands",
    "Status",
    "CoreShowChannels",
    "BridgeList",
    "QueueStatus",
    "QueueSummary",
    "PJSIPShowEndpoints",
    "PJSIPShowContacts",
    "ConfbridgeListRooms",
    "ParkedCalls",
    "DeviceStateList",
    "ExtensionStateList",
)
"""What is asked when nothing is named; of these, what the account may."""

_OF_SESSIONS = frozenset({"login", "logoff", "challenge", "events"})
_PAIRED = {**RAW_TWIN, **{raw: xml for xml, raw in RAW_TWIN.items()}}

Request = tuple[str, Sequence[tuple[str, str]]]


def capture(pbx: Pbx, dest: str, requests: Iterable[Request] | None = None) -> list[Exchange]:
    """Ask a PBX, by text and by XML, and keep what it answers in a file that may be shown.

    Numbers, names, addresses, secrets and the account become others, the same one always the same other. What was
    written as free text into a channel variable is replaced word by word. Nobody can know what else is personal in an
    answer: look through the file before you send it, it is text.

    Parameters
    ----------
    pbx : Pbx
    dest : str
        File to write, ``.jsonl``.
    requests : iterable of (str, fields), optional
        Actions with their fields. Default: a set of reads, those that the account may run.

    Returns
    -------
    list of Exchange
        What is in the file.

    Raises
    ------
    ActionRefused
        An action that may change something.
    LoginError, ConnectError
        The PBX cannot be asked at all.
    """
    target = pbx.target
    requests_to_send = list(_usual(pbx) if requests is None else requests)
    for name, fields in requests_to_send:
        if not is_read(name, fields):
            raise ActionRefused(f"{name} may change something: a capture only reads", action=name)
    exchanges: list[Exchange] = []
    with pbx.recording(lambda path, sent, answer: _keep(exchanges, path, sent, answer)):
        for name, fields in requests_to_send:
            for path in (target.interface, _PAIRED[target.interface]):
                sent = request.fields(name, list(fields))
                before = len(exchanges)
                try:
                    pbx.read_at(path, sent)
                except AmiframeError as error:
                    if len(exchanges) == before:
                        failure = f"{type(error).__name__}: {error.args[0]}"
                        exchanges.append(Exchange(path, _texts(sent), error=failure))
    pseudonymizer = Pseudonymizer(target.secret.reveal(), target.username)
    for exchange in exchanges:
        pseudonymizer.collect(decode(exchange.body), is_xml=exchange.is_xml)
    pseudonymized = [_pseudonymized(exchange, pseudonymizer) for exchange in exchanges]
    about: dict[str, Any] = {
        "amiframe": __version__,
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "interface": target.interface,
        "note": "numbers, names, addresses and secrets are replaced; amiframe demo serve --replay FILE answers with it",
    }
    file_format.save(dest, pseudonymized, about)
    return pseudonymized


def _usual(pbx: Pbx) -> Iterable[Request]:
    may = set(pbx.commands()["action"].str.lower())
    return [(name, ()) for name in USUAL if name.lower() in may]


def _texts(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in fields)  # str of a Secret is stars


def _keep(exchanges: list[Exchange], path: str, fields: Fields, answer: Answer) -> None:
    pairs = _texts(fields)
    if path in INTERFACES and pairs[0][1].lower() not in _OF_SESSIONS:
        exchanges.append(Exchange(path, pairs, answer.body))


def _pseudonymized(exchange: Exchange, pseudonymizer: Pseudonymizer) -> Exchange:
    action, *fields = exchange.fields
    pseudonymized = tuple((name, pseudonymizer.text(value)) for name, value in fields)
    file = " ".join(value for name, value in fields if name.lower() == "filename")
    body = encode(pseudonymizer.answer(decode(exchange.body), is_xml=exchange.is_xml, file=file))
    error = None if exchange.error is None else pseudonymizer.text(exchange.error)
    return Exchange(exchange.path, (action, *pseudonymized), body, error)
