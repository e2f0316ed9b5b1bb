"""What holds a password: by its name, and in a line of a file or of a command.

One table for all who keep passwords from being shown, stored or exported. A name too many costs little; a name too few
costs a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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
# numbers bound what a pattern may look at: a line may have a megabyte
_ASSIGNED = re.compile(r"""(?<![\w.-])([\w.-]+)["']?\s{0,99}(?:=>?|:)\s*""")
# no password: of a syntax, of a screen, of a title
_PLACEHOLDER = re.compile(r"\]?\s*<(?:value|(?:not )?set|none)>\s*|-\s*", re.IGNORECASE)
_QUOTED = re.compile(r'(?<!\\)"((?:[^"\\]|\\.)*)"\s{0,99}:\s{0,99}"((?:[^"\\]|\\.)*)', re.DOTALL)
_TEXT_OF_JSON = re.compile(r'\s*[{\["]')
# user:password@host, where an account is named: the password goes to the last @
_WITHIN = (
    re.compile(
        r"(?i)((?<![\w-])(?:register|auth)\s{0,99}(?:=>?|:)\s{0,99}"
        r"(?:[^/:@]{0,300}\?)?(?:\w{1,20}://)?[^:#]{0,300}[:#])(.{0,2000})(?=@)"
    ),
    re.compile(r"((?://|\b(?:SIP|IAX2)/)[^\s:/@,]{1,300}:)(\S{1,2000})(?=@)"),
)
# conferences and agents of old: number, then its PINs
_PINS_AFTER = re.compile(r"(?i)^(\s*(?:conf|agent)\s*=>?\s*[^,]*,)(.+)")
# a mailbox: its PIN, then its owner
_MAILBOX = re.compile(r"^(\s*(?:\d+\s*=>?\s*(?=\S)|\S+\s*=>?\s*(?=[-\d*#]+,)))([^,]*)")
_COLUMN = re.compile(rb"(?i)(?:md5)?(?:secret|pass|password|passwd|pin|pin code|token)")
# a name and its value in two columns, as `realtime load` prints them
_PAIR = re.compile(r"\s*(?:md5_?)?(?:secret|pass|passwd|password|pin|token)\s\s+(?=[^\s:=])", re.IGNORECASE)
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
        self._file = file
        self._of_file = [pattern for part, pattern in _OF_FILE.items() if part in file.lower()]
        self._hide = hide
        self._columns: list[slice] = []

    def text(self, text: str) -> str:
        """Return one or several lines, or the JSON of a configuration, without passwords."""
        if _TEXT_OF_JSON.match(text) and _QUOTED.search(text):  # Asterisk's own is no valid JSON: pairs in brackets
            return self._unquoted(_QUOTED.sub(self._quoted, text))
        return "\n".join(map(self.line, text.split("\n")))

    def line(self, line: str) -> str:
        """Return a line without passwords."""
        if not line.strip():
            self._columns = []
        elif self._columns:
            return self._assigned(self._of_table(line))
        elif is_secretive(line):
            self._columns = _columns_of_secrets(line)
            pair = None if self._columns else _PAIR.match(line)
            if pair:
                return line[: pair.end()] + self._hide(line[pair.end() :])
        return self._assigned(line)

    def fresh(self) -> Masking:
        """Return one for lines of the same file that are in no table of these."""
        return Masking(self._file, self._hide)

    def _assigned(self, line: str) -> str:
        for pattern in (*self._of_file, *(_WITHIN if "@" in line else ())):
            line = pattern.sub(self._found, line)
        for found in _ASSIGNED.finditer(line) if is_secretive(line) else ():
            value = line[found.end() :]
            if is_secretive(found[1]) and value.strip() and not _PLACEHOLDER.fullmatch(value):
                return line[: found.end()] + self._hide(value)
        return line

    def _found(self, found: re.Match[str]) -> str:
        return found[1] + (self._hide(found[2]) if found[2] else "")

    def _quoted(self, pair: re.Match[str]) -> str:
        name, value = pair[1], pair[2]
        head = pair[0][: len(pair[0]) - len(value)]
        before = f"{name}="
        return head + self._assigned(before + value)[len(before) :]

    def _unquoted(self, text: str) -> str:
        """Hide what follows a password's name in JSON and is no quoted text, and all behind it."""
        for found in _ASSIGNED.finditer(text) if is_secretive(text) else ():
            value = text[found.end() :]
            if is_secretive(found[1]) and value.strip() and not value.startswith('"'):
                return text[: found.end()] + self._hide(value)
        return text

    def _of_table(self, line: str) -> str:
        """Hide columns: Asterisk counts their widths in bytes, and cuts what is wider."""
        try:
            row = line.encode("utf-8", "surrogateescape")  # as it came
        except UnicodeEncodeError:
            row = b""
        if not all(_is_in_line(row, column) for column in self._columns):  # where the password is, nobody knows
            first, blank, rest = line.partition(" ")
            is_name = bool(blank) and all(column.start for column in self._columns)
            return f"{first} {self._hide(rest)}" if is_name else self._hide(line)
        for column in reversed(self._columns):
            before, cell, after = row[: column.start], row[column], row[column.stop :] if column.stop else b""
            if cell.strip():
                secret = cell.rstrip().decode("utf-8", "surrogateescape")
                hidden = self._hide(secret)
                width = len(cell.decode("utf-8", "surrogateescape"))
                hidden += " " * max(width - len(hidden), 1 if after else 0)
                row = before + hidden.encode("utf-8", "surrogateescape") + after
        return row.decode("utf-8", "surrogateescape")


def _is_in_line(row: bytes, column: slice) -> bool:
    """Whether a row has this column where the head has it: blanks before it and at its end."""
    if len(row) <= column.start:
        return False
    after = column.stop is not None and len(row) > column.stop
    return row[column.start - 1 : column.start] in (b"", b" ") and (not after or row[column].endswith(b" "))


def _columns_of_secrets(head: str) -> list[slice]:
    """Return where the passwords of a table stand, in bytes, by its head: ``Username  Secret  Authen``."""
    cells = list(_CELL.finditer(head.encode("utf-8", "replace")))
    if len(cells) < 3 or ":" in head or "=" in head:
        return []
    ends = [cell.start() for cell in cells[1:]]
    places = zip(cells, [*ends, None], strict=True)
    return [slice(cell.start(), end) for cell, end in places if _COLUMN.fullmatch(cell[0])]
