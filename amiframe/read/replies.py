"""Saved answers -> the same frames that a live PBX gives: any reply, Status, ListCommands, command documentation."""

from __future__ import annotations

import pandas as pd

from amiframe.errors import ConfigError, ParseError
from amiframe.read.sources import Src, messages, sources
from amiframe.reply import ActionDoc, Reply
from amiframe.wire.list_commands import is_command_list


def read_reply(src: Src, *, encoding: str = "utf-8") -> Reply:
    r"""Read one saved answer of the manager interface, raw text or XML.

    Parameters
    ----------
    src : str, path-like, bytes, file or list
        A path or glob, an fsspec URL, the bytes themselves, or a file opened with ``'rb'``; gzip, bzip2, xz and zstd
        are recognised.
    encoding : str
        Encoding of the texts, where it is not UTF-8 (``"cp1251"``, ``"latin-1"``).

    Returns
    -------
    Reply
        Its ``.frame()`` is what the same answer gives live.

    Raises
    ------
    ParseError
        The input is not an AMI answer, or holds several.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> af.read_reply(b"Response: Success\r\nPing: Pong\r\nTimestamp: 1711272193.709205\r\n\r\n").ok
    True
    """
    return _reply(src, None, encoding)


def _reply(src: Src, action: str | None, encoding: str) -> Reply:
    files = sources(src)
    if len(files) > 1:
        raise ConfigError(f"{len(files)} inputs given, one answer is read at a time", hint="read them in a loop")
    read = [message for batch in messages(files[0], encoding=encoding) for message in batch]
    if not read:
        raise ParseError("the input is empty: no answer in it", offset=0)
    return Reply.from_messages(read, action=action, source=files[0].label, cut=files[0].cut)


def read_status(src: Src, *, encoding: str = "utf-8", raw_values: bool = False) -> pd.DataFrame:
    """Read a saved answer of Status, one row per channel.

    Parameters
    ----------
    src, encoding
        As in :func:`read_reply`.
    raw_values : bool
        Keep every value as the server's text, its words for nothing too.

    Returns
    -------
    pandas.DataFrame
        The columns of the event ``Status`` in the data dictionary; ``amf_fetched`` is missing, a file does not tell
        it. Empty, with the same columns, when no channel was up.

    Raises
    ------
    ParseError
        The input is not an answer of Status.
    ActionError
        The answer is ``Response: Error``.
    IncompleteList
        The list began but its end is missing; ``.partial`` has what came.

    Examples
    --------
    >>> status = af.read_status(af.sample("status"))
    >>> status[["channel", "channelstatedesc", "seconds"]].head(2)
                             channel channelstatedesc  seconds
    0  Local/200@outgoing-0000011a;1               Up       24
    1  Local/200@outgoing-0000011a;2               Up       24
    """
    reply = _reply(src, "Status", encoding)
    names = {message.name for message in reply.events} | ({reply.complete.name} if reply.complete else set())
    if reply.ok and (names - {"Status", "StatusComplete"} or not (names or reply.is_list)):
        raise ParseError(_other("Status", reply), hint="read_reply(...).frame() reads any answer")
    return reply.frame(raw_values=raw_values)


def _other(wanted: str, reply: Reply) -> str:
    items = sorted({message.name for message in reply.events})[:3]
    return f"no answer of {wanted}: it holds {', '.join(items) if items else reply.message or 'something else'}"


def read_commands(src: Src, *, encoding: str = "utf-8") -> pd.DataFrame:
    """Read a saved answer of ListCommands, one row per action.

    Parameters
    ----------
    src, encoding
        As in :func:`read_reply`.

    Returns
    -------
    pandas.DataFrame
        ===========  ===================  ====================================================================
        column       dtype                meaning
        ===========  ===================  ====================================================================
        action       str                  action
        synopsis     str                  what the PBX says it does
        privileges   list of str          rights; one of them is enough; empty: no right is needed
        amf_fetched  datetime64[us, UTC]  when the answer arrived; missing, a file does not tell it
        ===========  ===================  ====================================================================

    Raises
    ------
    ParseError
        The input is not an answer of ListCommands.
    ActionError
        The answer is ``Response: Error``.

    Examples
    --------
    >>> af.read_commands(af.sample("commands")).head(2)[["action", "privileges"]]
                action               privileges
    0  AbsoluteTimeout  ['system' 'call' 'all']
    1              AGI            ['agi' 'all']
    """
    reply = _reply(src, "ListCommands", encoding)
    if reply.ok and not is_command_list(reply.response):
        raise ParseError(_other("ListCommands", reply), hint="read_reply(...).frame() reads any answer")
    return reply.frame()


def read_command_doc(src: Src, *, encoding: str = "utf-8") -> ActionDoc:
    """Read a saved answer of ``manager show command ACTION``.

    Parameters
    ----------
    src, encoding
        As in :func:`read_reply`.

    Returns
    -------
    ActionDoc
        Synopsis, syntax, arguments and privileges; ``.frame()`` has one row per argument.

    Raises
    ------
    ParseError
        The input is not such an answer, or documents several actions, or none.
    ActionError
        The answer is ``Response: Error``.

    Examples
    --------
    >>> af.read_command_doc(af.sample("command_doc")).frame()[["argument", "required"]]
       argument  required
    0  ActionID     False
    1   Timeout      True
    """
    reply = _reply(src, "Command", encoding)
    reply.raise_for_error()
    docs = reply.docs()
    if len(docs) != 1:
        raise ParseError(
            f"{len(docs)} documented actions in the input, one is read"
            if docs
            else "the PBX documents no action of that name",
            hint="manager show command ACTION, with a name that ListCommands knows",
        )
    return docs[0]
