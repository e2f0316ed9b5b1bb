"""What holds a password: by its name, and in a line of a file or of a command.

One table for all who keep passwords from being shown, stored or exported. A name too many costs little; a name too few
costs a password.
"""

from __future__ import annotations

import re

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
    if _TEXT_OF_JSON.match(text) and _QUOTED.search(text):  # Asterisk's own is no valid JSON: pairs in brackets
        return _QUOTED.sub(lambda pair: _of_json(pair, file), text)
    return "\n".join(_line(line, file) for line in text.split("\n"))


def _of_json(pair: re.Match[str], file: str) -> str:
    name, value = pair[1], pair[2]
    head = pair[0][: len(pair[0]) - len(value)]
    before = f"{name}="
    return head + _line(before + value, file)[len(before) :]


def _line(line: str, file: str) -> str:
    for found in _ASSIGNED.finditer(line):
        if is_secretive(found[1]) and found.end() < len(line.rstrip()):
            return line[: found.end()] + MASK
    for part, pattern in _OF_FILE.items():
        if part in file.lower():
            line = pattern.sub(_hide, line)
    for pattern in _WITHIN:
        line = pattern.sub(_hide, line)
    return line


def _hide(found: re.Match[str]) -> str:
    return found[1] + (MASK if found[2] else "")
