"""What a connection needs to know, and where it comes from: the call first, then the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from amiframe.errors import ConfigError

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
"""The four paths of the manager interface: text and XML, by cookie or (with a) by digest."""


class Secret:
    """A password: shown by nothing, copied into nothing but the request that needs it.

    Examples
    --------
    >>> Secret("hunter2"), f"{Secret('hunter2')}"
    (Secret('***'), '***')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def reveal(self) -> str:
        """Return the password, for the request that logs in."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Target:
    """One account on one PBX.

    Parameters
    ----------
    url : str
        Scheme, host, port and prefix; no user, no query, no slash at the end.
    username : str
    secret : Secret
    interface : str
        ``rawman``, ``mxml``, ``arawman`` or ``amxml``.
    timeout : float
        Seconds; one budget for a whole call.
    verify : bool or str
        Whether TLS certificates are verified, or the path of a CA file.
    proxy : str, optional
        Proxy for HTTP and HTTPS. The environment's proxies are not used.
    """

    url: str
    username: str
    secret: Secret
    interface: str = "rawman"
    timeout: float = 30.0
    verify: bool | str = True
    proxy: str | None = None

    @property
    def is_digest(self) -> bool:
        """Whether the account proves itself by HTTP digest, request by request."""
        return self.interface.startswith("a")

    @property
    def is_loopback(self) -> bool:
        """Whether the PBX is this machine, where plain HTTP shows the password to nobody."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


def resolve(
    url: str | None,
    *,
    username: str | None,
    secret: str | Secret | None,
    interface: str | None,
    environ: Mapping[str, str] | None = None,
    **more: Any,
) -> Target:
    """Return the target of a call; what the call leaves out comes from ``AMIFRAME_URL``, ``_USERNAME`` and so on.

    Raises
    ------
    ConfigError
        A setting is missing or unusable.
    """
    env = os.environ if environ is None else environ
    given = secret if secret is not None else env.get("AMIFRAME_SECRET")
    needed = {
        "url": url or env.get("AMIFRAME_URL"),
        "username": username or env.get("AMIFRAME_USERNAME"),
        "secret": given,
    }
    for name, value in needed.items():
        if value is None or value == "":
            raise ConfigError(f"no {name} given", hint=f"connect(..., {name}=...) or set AMIFRAME_{name.upper()}")
    secret_text = given.reveal() if isinstance(given, Secret) else str(given)
    for name, text in (("username", str(needed["username"])), ("secret", secret_text)):
        if any(character < " " for character in text):
            raise ConfigError(f"the {name} holds a control character", hint="a line end, copied along?")
    path = interface or env.get("AMIFRAME_INTERFACE") or "rawman"
    if path not in INTERFACES:
        raise ConfigError(f"interface {path!r} cannot be used", hint=f"one of {', '.join(INTERFACES)}")
    timeout = float(more.pop("timeout", 30.0))
    if not 0 < timeout < float("inf"):
        raise ConfigError(f"timeout={timeout:g} is no time to wait", hint="seconds, for example timeout=30")
    return Target(
        url=_checked(str(needed["url"])),
        username=str(needed["username"]),
        secret=Secret(secret_text),
        interface=path,
        timeout=timeout,
        **more,
    )


def _checked(url: str) -> str:
    """Return the address without a slash at its end, or say what is wrong with it; never quote a password in it."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ConfigError("the address has no usable port", hint="http://pbx:8088") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("a password does not belong into an address", hint="connect(url, username=..., secret=...)")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("the address needs a scheme and a host", hint="http://pbx:8088 or https://pbx:8089/asterisk")
    if parts.query or parts.fragment:
        raise ConfigError(
            "the address ends with the prefix, no query", hint="http://pbx:8088 or http://pbx:8088/asterisk"
        )
    prefix = parts.path.rstrip("/")
    if prefix.rpartition("/")[2].lower() in ("rawman", "mxml", "arawman", "amxml", "manager"):
        raise ConfigError(
            f"the address names the interface: {prefix}",
            hint="leave it out and say interface='rawman'; a prefix of http.conf stays",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{prefix}"
