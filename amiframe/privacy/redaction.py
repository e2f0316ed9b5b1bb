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

from amiframe.errors import ConfigError
from amiframe.privacy.personal_columns import personal_class

HOWS = ("last4", "hash")
KEY = "AMIFRAME_MASK_KEY"
"""Variable with the key of hashes; a job has one of its own."""
_KEY = secrets.token_bytes(32)  # of this process: nobody can try all numbers
_LONG = re.compile(r"(?<![\w.])(?!(?<=-)[0-9a-f]{7,8}(?!\w))\+?\d{7,}(?![\w.])|(?<=[/:@])\+?\d{7,}")  # no channel's end
_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")  # a word that no one takes for a number


def mask(
    frame: pd.DataFrame,
    how: str = "last4",
    columns: Sequence[str] | None = None,
    *,
    key: str | bytes | None = None,
) -> pd.DataFrame:
    """Return a frame in which nobody can read who called whom.

    Parameters
    ----------
    frame : DataFrame
        Any frame of amiframe's.
    how : str
        ``last4``: of a number its last four digits stay, of a name nothing; ``hash``: a short word in place of either,
        the same one for the same number or name.
    columns : sequence of str, optional
        Columns that are masked wholly. Default: those that hold numbers and names of people by Asterisk's and our
        names (``calleridnum``, ``caller``, ``src``, ``connectedlinename``, ``exten`` ...), numbers of seven and more
        digits inside of all other texts but ids, and digits that callers typed.
    key : str or bytes, optional
        With ``hash``: the same key gives the same words in another process. Default: ``AMIFRAME_MASK_KEY``, else one of
        this process. Whoever has
        the key can find the numbers out by trying.

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
    >>> af.mask(visits)["caller"].head(2).tolist()
    ['+*******1299', '+*******0134']
    """
    if how not in HOWS:
        raise ConfigError(f"how={how!r} is not known", hint=f"one of {', '.join(HOWS)}")
    for name in columns or ():
        if name not in frame.columns:
            raise ConfigError(f"the frame has no column {name!r}", hint=f"it has {', '.join(map(str, frame.columns))}")
    key = os.environ.get(KEY) or _KEY if key is None else key
    secret = key.encode() if isinstance(key, str) else key
    made = frame.copy()
    for name in frame.columns:
        change = _change(str(name), how, columns, secret)
        if change is not None:
            made[name] = _masked(frame[name], change)
    if columns is None and {"callid", "queuename", "event", "data2"} <= set(frame.columns):
        came = frame["event"].isin(["ENTERQUEUE"])
        made.loc[came, "data2"] = _masked(frame.loc[came, "data2"], _whole(how, secret, is_name=False))
    made.attrs = dict(frame.attrs)
    return made


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
    told = []
    for letter in text:
        if letter.isdigit() and hidden:
            hidden -= 1
            told.append("*")
        else:
            told.append("*" if letter.isalpha() else letter)
    return "".join(told)


def _masked(column: pd.Series, change: Change) -> pd.Series:
    dtype: Any = column.dtype
    if isinstance(dtype, pd.ArrowDtype) and pa.types.is_map(dtype.pyarrow_dtype):
        cells: Any = [None if row is None else [(k, None if v is None else change(v)) for k, v in row]
                 for row in pa.array(column).to_pylist()]  # fmt: skip
        return pd.Series(pd.array(cells, dtype=dtype), index=column.index)
    if not (pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype)):
        return column
    known = {text: change(text) for text in column.dropna().unique() if isinstance(text, str)}
    told = column.map(lambda cell: known.get(cell, cell) if isinstance(cell, str) else cell)
    return told.astype(dtype)
