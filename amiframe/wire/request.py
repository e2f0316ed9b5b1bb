"""The fields of a request: built, checked and encoded before anything is sent.

What the server would cut, drop or misread without a word is refused here (:class:`~amiframe.errors.ActionRefused`):

* CR, LF or NUL anywhere: they would forge headers, or end the value.
* A control character at the head of a value: the server skips it. It skips blanks there too; those may stay, since
  they seldom mean anything. Inside a value both arrive.
* An empty field name, or one with ``:``, which would be read as another name.
* More than 128 fields, or a body of more than 40960 bytes.

No value is ever quoted in an error: it may be a secret or a PIN. A :class:`~amiframe.Secret` stays one until the body
is made; no name holds it as text, since a traceback can show what names hold.

Source: ``astman_get_header`` in Asterisk's ``main/manager.c``, limits of ``main/http.c``; measured on 16.28 and 22.10.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from amiframe.errors import ActionRefused
from amiframe.privacy.secret import Secret
from amiframe.wire.encoding import printable

Field = tuple[str, str | Secret]

MAX_FIELDS = 128
MAX_BODY = 40960

_FORBIDDEN = {"\r": "a carriage return", "\n": "a line end", "\0": "a NUL"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def fields(
    name: str,
    given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
    more: Mapping[str, Any] = _NOTHING,
    *,
    actionid: str | None = None,
) -> list[Field]:
    """Return the fields of a request as they will be sent.

    Parameters
    ----------
    name : str
        The action.
    given, more : mapping or iterable of (str, value)
        Its fields. A list or tuple repeats the field; True and False are sent as ``true`` and ``false``, numbers as
        digits; None is left out; a Secret stays one.
    actionid : str, optional
        The id that the answer will carry, unless the fields name one.

    Returns
    -------
    list of (str, str or Secret)
        ``Action``, ``ActionID`` if there is one, then the fields in their order.

    Raises
    ------
    ActionRefused
        The server could not take the fields as they are meant. Nothing was sent.

    Examples
    --------
    >>> fields("Originate", {"Channel": "PJSIP/100", "Variable": ["A=1", "B=2"]}, {"Async": True}, actionid="7")
    [('Action', 'Originate'), ('ActionID', '7'), ('Channel', 'PJSIP/100'), ('Variable', 'A=1'), ('Variable', 'B=2'), \
('Async', 'true')]
    """
    if not isinstance(name, str) or not name.strip():
        raise ActionRefused("an action needs a name")
    pairs = given.items() if isinstance(given, Mapping) else (given or ())
    asked = [pair for field, value in (*pairs, *more.items()) for pair in _texts(name, field, value)]
    if any(field.lower() == "action" for field, _ in asked):
        raise ActionRefused("the action is named once, not among its fields", action=printable(name))
    ids = [text for field, text in asked if field.lower() == "actionid"]
    if actionid is not None and not ids:
        ids = [text for _, text in _texts(name, "ActionID", actionid)]
    if len(ids) > 1:
        raise ActionRefused("more than one ActionID", action=printable(name))
    head = [*_texts(name, "Action", name), *(("ActionID", text) for text in ids)]
    whole = head + [pair for pair in asked if pair[0].lower() != "actionid"]
    if len(whole) > MAX_FIELDS:
        raise ActionRefused(
            f"{len(whole)} fields; the PBX takes {MAX_FIELDS} and drops the rest",
            action=printable(name),
            hint="send fewer at a time",
        )
    return whole


def encode(fields: Sequence[Field]) -> bytes:
    """Return the body of the request: ``application/x-www-form-urlencoded``, UTF-8.

    Raises
    ------
    ActionRefused
        The body is longer than the server takes, or holds text that no bytes stand for. Nothing was sent.

    Examples
    --------
    >>> encode([("Action", "Command"), ("Command", "core show hints & more")])
    b'Action=Command&Command=core%20show%20hints%20%26%20more'
    """
    action = printable(str(fields[0][1])) if fields else None
    try:
        body = "&".join(f"{_quote(name)}={_quote(text)}" for name, text in fields).encode("ascii")
    except UnicodeEncodeError:
        body = None
    if body is None:  # raised out here: the codec's own error would quote the value
        raise ActionRefused("a field holds text that cannot be written as UTF-8", action=action)
    size = len(body)
    if size > MAX_BODY:
        del body
        raise ActionRefused(
            f"the request has {size} bytes; the PBX takes {MAX_BODY}", action=action, hint="send less at a time"
        )
    return body


def _quote(text: str | Secret) -> str:
    return quote(_plain(text).encode("utf-8", "surrogateescape"), safe="")


def _plain(text: str | Secret) -> str:
    return text.reveal() if isinstance(text, Secret) else text


def _texts(action: str, name: Any, value: Any) -> Iterator[Field]:
    """Give the (name, text) pairs that one field makes, checked."""
    if not isinstance(name, str) or not name.strip() or ":" in name:
        raise ActionRefused(
            "a field needs a name without ':'" if isinstance(name, str) else "a field's name is no text",
            action=printable(action),
        )
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if item is not None:
            text = _text(action, name, item)
            flaw = _flaw(name, "the name of a field") or _flaw(_plain(text), f"the value of {printable(name)}")
            if flaw:
                raise ActionRefused(flaw, action=printable(action))
            yield name, text


def _text(action: str, name: str, value: Any) -> str | Secret:
    if isinstance(value, (str, Secret)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Real) and math.isfinite(value):
        return str(value)
    raise ActionRefused(
        f"the field {printable(name)} is a {type(value).__name__}, which AMI cannot carry",
        action=printable(action),
        hint="text, whole and finite numbers, True, False, None, or a list of these",
    )


def _flaw(text: str, place: str) -> str | None:
    """Say what keeps a name or a value from arriving as it is."""
    for character, what in _FORBIDDEN.items():
        if character in text:
            return f"{place} holds {what}"
    head = text.lstrip(" ")[:1]
    return f"{place} begins with a control character, which the PBX skips" if head and head < " " else None
