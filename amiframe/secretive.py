"""What holds a password: by its name, and in a line of a file or of a command.

One table for all who keep passwords from being shown, stored or exported. A name too many costs little; a name too few
costs a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

MASK = "••••••"
"""Stands where a password is not shown."""

_NAME = re.compile(
    r"""
      secret(?!ar)                                  # a secretary is nobody's password
    | pass(?:w|phrase|code|key)
    | (?<!by)(?<!com)pass(?![a-z])                  # dbpass, auth_pass; neither bypass nor passage
    | pwd | md5_?cred | credential
    | token(?![a-z])
    | (?:api|private|shared)_?key(?![a-z])
    | (?:(?<![a-z])|admin|user|mail|vm)pin(?:code|number)?(?![a-z])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ASSIGNED = re.compile(r"""([\w.-]+)["']?\s*(?:=>?|:)\s*""")
# no password: of a syntax, of a screen, of a title
_PLACEHOLDER = re.compile(r"\]?\s*<(?:value|(?:not )?set|none)>\s*|-\s*", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)', re.DOTALL)
_TEXT_OF_JSON = re.compile(r'\s*[{\["]')
# user:password@host, where an account is named: the password goes to the last @
_WITHIN = (
    re.compile(r"(?i)((?<![\w-])(?:register|auth)\s*(?:=>?|:)\s*(?:[^/:@]*\?)?(?:\w+://)?[^:#]*[:#])(.*)(?=@)"),
    re.compile(r"((?://|\b(?:SIP|IAX2)/)[^\s:/@,]+:)(\S+)(?=@)"),
)
# conferences and agents of old: number, then its PINs
_PINS_AFTER = re.compile(r"(?i)^(\s*(?:conf|agent)\s*=>?\s*[^,]*,)(.+)")
# a mailbox: its PIN, then its owner
_MAILBOX = re.compile(r"^(\s*(?:\d+\s*=>?\s*(?=\S)|\S+\s*=>?\s*(?=[-\d*#]+,)))([^,]*)")
_COLUMN = re.compile(rb"(?i)(?:md5)?(?:secret|password|passwd|pin|token)")
_CELL = re.compile(rb"\S+(?: \S+)*")
_OF_FILE = {"voicemail": _MAILBOX, "meetme": _PINS_AFTER, "agents": _PINS_AFTER}


def is_secretive(name: str) -> bool:
    """Return whether something of this name holds a password, a PIN or another secret.

    Examples
    --------
    >>> [is_secretive(name) for name in ("MD5Secret", "dbpass", "VoicemailPin", "Passage", "Key")]
    [True, True, True, False, False]
    """
    return bool(_NAME.search(name))


def masked(text: str, file: str = "") -> str:
    r"""Return a line of a configuration or of a command, or the JSON of a configuration, without passwords.

    Parameters
    ----------
    text : str
    file : str
        The file whose line it is: some hold PINs without a name.

    Returns
    -------
    str
        A password is masked to the end of its line, or of the quoted text of JSON: it may hold any sign.

    Examples
    --------
    >>> masked("secret = a,b c"), masked("register => bob:a@b@host"), masked("context = in")
    ('secret = ••••••', 'register => bob:••••••@host', 'context = in')
    >>> masked('{"x":["dbpass":"a\\"b","port":"1"]}'), masked("100 => 4242,Anna", "voicemail.conf")
    ('{"x":["dbpass":"••••••","port":"1"]}', '100 => ••••••,Anna')
    """
    return Masking(file).text(text)


def _stars(_: str) -> str:
    return MASK


class Masking:
    """Masks the lines of one answer in their order: the head of a table tells where its passwords stand.

    Parameters
    ----------
    file : str
        The file whose lines they are: some hold PINs without a name.
    hide : callable of str
        What stands in a password's place; it is told the password.

    Examples
    --------
    >>> lines = Masking()
    >>> for line in ("Username  Secret    Context", "bob       hunter2   in", "", "bob       ok        in"):
    ...     print(lines.line(line))
    Username  Secret    Context
    bob       ••••••    in
    <BLANKLINE>
    bob       ok        in
    """

    def __init__(self, file: str = "", hide: Callable[[str], str] = _stars):
        self._of_file = [pattern for part, pattern in _OF_FILE.items() if part in file.lower()]
        self._hide = hide
        self._column: slice | None = None

    def text(self, text: str) -> str:
        """Return one or several lines, or the JSON of a configuration, without passwords."""
        if _TEXT_OF_JSON.match(text) and _QUOTED.search(text):  # Asterisk's own is no valid JSON: pairs in brackets
            return _QUOTED.sub(self._of_json, text)
        return "\n".join(map(self.line, text.split("\n")))

    def line(self, line: str) -> str:
        """Return a line without passwords."""
        if not line.strip():
            self._column = None
        elif self._column is not None:
            return self._of_table(line, self._column)
        elif is_secretive(line):
            self._column = _column_of_secrets(line)
        return self._assigned(line)

    def _assigned(self, line: str) -> str:
        for found in _ASSIGNED.finditer(line) if is_secretive(line) else ():
            value = line[found.end() :]
            if is_secretive(found[1]) and value.strip() and not _PLACEHOLDER.fullmatch(value):
                return line[: found.end()] + self._hide(value)
        for pattern in (*self._of_file, *(_WITHIN if "@" in line else ())):
            line = pattern.sub(self._found, line)
        return line

    def _found(self, found: re.Match[str]) -> str:
        return found[1] + (self._hide(found[2]) if found[2] else "")

    def _of_json(self, pair: re.Match[str]) -> str:
        name, value = pair[1], pair[2]
        head = pair[0][: len(pair[0]) - len(value)]
        before = f"{name}="
        return head + self._assigned(before + value)[len(before) :]

    def _of_table(self, line: str, column: slice) -> str:
        """Hide a column: Asterisk counts its width in bytes, and cuts what is wider."""
        told = line.encode("utf-8", "surrogatepass")
        before, cell, after = told[: column.start], told[column], told[column.stop :] if column.stop else b""
        text = partial(bytes.decode, encoding="utf-8", errors="replace")
        if not f" {text(before)}".endswith(" ") or (after and not cell.endswith(b" ")):
            # not in line with its head: where the password is, nobody knows
            first, _, rest = line.partition(" ")
            return f"{first} {self._hide(rest)}" if rest else self._hide(line)
        if not cell.strip():
            return line
        secret = text(cell.rstrip())
        hidden = self._hide(secret)
        return text(before) + hidden + " " * max(len(text(cell)) - len(hidden), 1 if after else 0) + text(after)


def _column_of_secrets(head: str) -> slice | None:
    """Return where the passwords of a table stand, in bytes, by its head: ``Username  Secret  Authen``."""
    cells = list(_CELL.finditer(head.encode("utf-8", "surrogatepass")))
    if len(cells) < 3 or ":" in head or "=" in head:
        return None
    ends = [cell.start() for cell in cells[1:]]
    for cell, end in zip(cells, [*ends, None], strict=True):
        if _COLUMN.fullmatch(cell[0]):
            return slice(cell.start(), end)
    return None
