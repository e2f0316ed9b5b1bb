"""What an account can find out about itself and its PBX, each by a question that only reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amiframe.diagnostics.login_checks import AccountLogins
from amiframe.errors import AmiframeError
from amiframe.transport import Session
from amiframe.wire import cli_output, request
from amiframe.wire.list_commands import parse_commands
from amiframe.wire.message import WAIT_END, Message

_LISTEN_S = 1
_MOST_USERS = 50


@dataclass
class AccountFacts:
    """Answers to questions, each asked once, when it is first needed; None or empty where it may not be asked."""

    account: AccountLogins

    @cached_property
    def commands(self) -> dict[str, frozenset[str]] | None:
        """Classes of each action that the account may run, by name in lower case; ``all`` is left out."""
        answer = self.ask("ListCommands")
        if answer is None:
            return None
        return {listed.action.lower(): frozenset(listed.privileges) - {"all"} for listed in parse_commands(answer)}

    @cached_property
    def held(self) -> frozenset[str]:
        """Classes of ``write=`` that the account must have, judged by the actions that it may run."""
        reported = self.user.get("write perm")
        if reported is not None:
            return cli_output.classes(reported)
        needed = (kinds for kinds in (self.commands or {}).values() if len(kinds) == 1)
        return frozenset().union(*needed)

    @cached_property
    def readable(self) -> frozenset[str] | None:
        """Classes of ``read=``; None when this account cannot see them."""
        reported = self.user.get("read perm")
        return None if reported is None else cli_output.classes(reported)

    @cached_property
    def user(self) -> dict[str, str]:
        """What ``manager show user`` says of the account: needs the ``command`` right."""
        name = self.account.target.username
        return self._console(f"manager show user {name}") if name.split() == [name] else {}

    @cached_property
    def settings(self) -> dict[str, str]:
        """What ``manager show settings`` says: needs the ``command`` right."""
        return self._console("manager show settings")

    @cached_property
    def variables(self) -> str | None:
        """Variables that ``setvar`` gives this account, as NAME=VALUE; None when they cannot be seen."""
        if self.user:
            return self.user.get("variables", "")
        return None if self.section is None else ", ".join(v for name, v in self.section if name == "setvar")

    @cached_property
    def with_variables(self) -> list[str] | None:
        """Accounts of the PBX that have ``setvar``, as far as they can be seen; None when they cannot."""
        if not self.user:
            return None
        answer = self.ask("Command", Command="manager show users")
        lines = [line.strip() for line in (answer.all("Output") if answer is not None else [])]
        below_rule = lines[lines.index("--------") + 1 :] if "--------" in lines else []
        names = [name for name in below_rule if name.split() == [name] and set(name) != {"-"}][:_MOST_USERS]
        return [name for name in names if self._console(f"manager show user {name}").get("variables")]

    @cached_property
    def section(self) -> list[tuple[str, str]] | None:
        """Names and values of the account's section of manager.conf, without its secret; needs ``config``."""
        if "getconfig" not in (self.commands or {}):
            return None
        answer = self.ask("GetConfig", Filename="manager.conf", Category=self.account.target.username)
        if answer is None or answer.name != "Success":
            return None
        lines = (value.partition("=") for name, value in answer if name.startswith("Line-"))
        return [(name.lower(), value) for name, _, value in lines if name.lower() != "secret"]

    @cached_property
    def events(self) -> dict[str, list[Message]]:
        """Events that came within a second, of the sessions by cookie and by digest: our own logins, if no other."""
        sessions = {"cookie": self.account.cookie, "digest": self.account.digest}
        return {name: _listen(session) for name, session in sessions.items() if session is not None}

    def ask(self, action: str, **fields: str) -> Message | None:
        """Return the first message of an answer; None when the PBX will not."""
        session = self.account.session
        raw = "arawman" if session is self.account.digest else "rawman"
        try:
            messages = session.ask(request.fields(action, fields), path=raw) if session else []
        except AmiframeError:
            return None
        return messages[0] if messages else None

    def _console(self, command: str) -> dict[str, str]:
        """Return ``name: value`` lines of a command's output; an indented ``A = 1`` belongs to the line before."""
        if "command" not in (self.commands or {}):
            return {}
        answer = self.ask("Command", Command=command)
        return {} if answer is None or answer.name != "Success" else cli_output.pairs(answer.all("Output"))


def _listen(session: Session) -> list[Message]:
    try:
        messages, _ = session.wait(request.fields("WaitEvent", {"Timeout": _LISTEN_S}), timeout=_LISTEN_S + 15.0)
    except AmiframeError:
        return []
    return [message for message in messages[1:] if message.name != WAIT_END]
