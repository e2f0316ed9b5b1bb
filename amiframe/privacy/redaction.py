"""Personal data in frames, made unreadable: numbers and names of people who called or were called."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from amiframe._deprecated import renamed
from amiframe.errors import ConfigError
from amiframe.privacy.personal_columns import personal_class

HOWS = ("last4", "hash")
KEY = "AMIFRAME_REDACT_KEY"
"""Variable with the key of hashes; a job has one of its own."""
OLD_KEY = "AMIFRAME_MASK_KEY"  # until 0.3
_KEY = secrets.token_bytes(32)  # of this process: nobody can try all numbers
_LONG = re.compile(r"(?<![\w.])(?!(?<=-)[0-9a-f]{7,8}(?!\w))\+?\d{7,}(?![\w.])|(?<=[/:@])\+?\d{7,}")  # no channel's end
_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")  # a word that no one takes for a number


def redact(
    frame: pd.DataFrame,
    how: str = "last4",
    columns: Sequence[str] | None = None,
    *,
    key: str | bytes | None = None,
) -> pd.DataFrame:
    """Return a frame without readable numbers and names of people.

    Parameters
    ----------
    frame : DataFrame
        Any frame of amiframe's.
    how : str
        ``last4``: of a number its last four digits stay, of a name nothing; ``hash``: a short word in place of either,
        the same one for the same number or name.
    columns : sequence of str, optional
        Columns that are redacted wholly. Default: those that hold numbers and names of people by Asterisk's and our
        names (``calleridnum``, ``caller``, ``src``, ``connectedlinename``, ``exten`` ...), numbers of seven and more
        digits inside of all other texts but ids, and digits that callers typed.
    key : str or bytes, optional
        With ``hash``: the same key gives the same words in another process. Default: ``AMIFRAME_REDACT_KEY``, else one
        of this process. With the key, numbers can be found out by trying.

    Returns
    -------
    pandas.DataFrame
        A copy, with the same columns and dtypes. Members and agents stay readable unless `columns` names them.

    Raises
    ------
    ConfigError
        No such way, or no such column.

    Examples
    --------
    >>> visits = af.queue_calls(af.read_queue_log(af.sample("queue_log")))
    >>> af.redact(visits)["caller"].head(2).tolist()
    ['+*******1299', '+*******0134']
    """
    if how not in HOWS:
        raise ConfigError(f"how={how!r} is not known", hint=f"one of {', '.join(HOWS)}")
    for name in columns or ():
        if name not in frame.columns:
            raise ConfigError(f"the frame has no column {name!r}", hint=f"it has {', '.join(map(str, frame.columns))}")
    key = (os.environ.get(KEY) or os.environ.get(OLD_KEY) or _KEY) if key is None else key
    secret = key.encode() if isinstance(key, str) else key
    redacted = frame.copy()
    for name in frame.columns:
        change = _change(str(name), how, columns, secret)
        if change is not None:
            redacted[name] = _redacted(frame[name], change)
    if columns is None and {"callid", "queuename", "event", "data2"} <= set(frame.columns):
        is_entry = frame["event"].isin(["ENTERQUEUE"])
        numbers = frame.loc[is_entry, "data2"]
        redacted.loc[is_entry, "data2"] = _redacted(numbers, _whole(how, secret, is_name=False))
    redacted.attrs = dict(frame.attrs)
    return redacted


mask = renamed("mask", gone_in="0.3")(redact)


Change = Callable[[str], str]


def _change(name: str, how: str, columns: Sequence[str] | None, secret: bytes) -> Change | None:
    """Return what becomes of the texts of a column; None: they stay."""
    kind = personal_class(name)
    if name in columns if columns is not None else kind in ("number", "name"):
        return _whole(how, secret, is_name=kind == "name")
    if columns is not None or kind == "id":
        return None
    if kind == "digits":
        return lambda text: "x" * len(text)
    number = _whole(how, secret, is_name=False)
    return lambda text: _LONG.sub(lambda found: number(found[0]), text)


def _whole(how: str, secret: bytes, *, is_name: bool) -> Change:
    if how == "hash":
        return lambda text: (
            "#" + hashlib.blake2b(text.encode(), key=secret[:64], digest_size=6).hexdigest().translate(_LETTERS)
        )
    if is_name:
        return lambda text: "***"  # noqa: ARG005 -- whatever it is
    return _last4


def _last4(text: str) -> str:
    """Return a number with its last four digits; letters in it are a name's."""
    hidden = max(sum(c.isdigit() for c in text) - 4, 0)
    letters = []
    for letter in text:
        if letter.isdigit() and hidden:
            hidden -= 1
            letters.append("*")
        else:
            letters.append("*" if letter.isalpha() else letter)
    return "".join(letters)


def _redacted(column: pd.Series, change: Change) -> pd.Series:
    dtype: Any = column.dtype
    if isinstance(dtype, pd.ArrowDtype) and pa.types.is_map(dtype.pyarrow_dtype):
        cells: Any = [None if row is None else [(k, None if v is None else change(v)) for k, v in row]
                 for row in pa.array(column).to_pylist()]  # fmt: skip
        return pd.Series(pd.array(cells, dtype=dtype), index=column.index)
    if not (pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype)):
        return column
    known = {text: change(text) for text in column.dropna().unique() if isinstance(text, str)}
    texts = column.map(lambda cell: known.get(cell, cell) if isinstance(cell, str) else cell)
    return texts.astype(dtype)
