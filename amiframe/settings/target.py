"""One account on one PBX, all of it checked."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from amiframe.errors import ConfigError
from amiframe.privacy.secret import Secret

INTERFACES = ("rawman", "mxml", "arawman", "amxml")
"""The four paths of the manager interface: text and XML, by cookie or (with a) by digest."""

COOKIE_TWIN = {"arawman": "rawman", "amxml": "mxml"}
"""The path with cookie sessions that has the same format as a path with digest sessions."""

RAW_TWIN = {"mxml": "rawman", "amxml": "arawman"}
"""The raw path that shares the sessions of an XML path."""

DEMO = "demo"
"""The profile that is built in: the embedded PBX, in this process."""

LOGINS = ("plain", "md5")
"""How a cookie session logs in: with the secret itself, or with the answer to a challenge."""


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
    login : str
        ``plain`` or ``md5``; digest interfaces never send the secret.
    timezone : str, optional
        Zone of the PBX's own local times (CDR, CEL, CoreStatus), as the tz database names it.
    trunks : tuple of str
        Patterns of the channels that lead outside.
    profile : str, optional
        Name of the profile that it comes from.
    """

    url: str
    username: str
    secret: Secret
    interface: str = "rawman"
    timeout: float = 30.0
    verify: bool | str = True
    proxy: str | None = None
    login: str = "plain"
    timezone: str | None = None
    trunks: tuple[str, ...] = ()
    profile: str | None = None

    @property
    def label(self) -> str:
        """What frames and errors call the PBX: its address; the embedded one, whose port is any, by its name."""
        return self.profile if self.profile == DEMO else self.url

    @property
    def is_digest(self) -> bool:
        """Whether the account proves itself by HTTP digest, request by request."""
        return self.interface.startswith("a")

    @property
    def is_loopback(self) -> bool:
        """Whether the PBX is this machine, where plain HTTP exposes no password."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


def checked_address(url: str) -> str:
    """Return the address without a slash at its end, or say what is wrong with it; never quote a password in it.

    Examples
    --------
    >>> checked_address("HTTPS://PBX:8089/asterisk/")
    'https://pbx:8089/asterisk'
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ConfigError("the address has no usable port", hint="http://pbx:8088") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("do not put the password in the URL", hint="connect(url, username=..., secret=...)")
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


def checked_proxy(url: str) -> str | None:
    """Return the address of a proxy, or None for an empty one; never quote a password in it."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "do not put the password in the URL of the proxy",
            hint="a proxy on this machine can add it: proxy='http://127.0.0.1:3128'",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("the proxy needs a scheme and a host", hint="http://proxy:3128")
    return url
