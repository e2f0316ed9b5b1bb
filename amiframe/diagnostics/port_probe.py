"""What answers at an address, before anything is asked of a manager: name, port, TLS, HTTP. Sends no secret."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

_MOST = 1 << 16
_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port, and how long to wait for each answer (seconds)."""

    host: str
    port: int
    is_tls: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpPage:
    """An answer of an HTTP server; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def server(self) -> str:
        """What it calls itself."""
        return self.headers.get("server", "")


@dataclass(frozen=True, slots=True)
class NotHttp:
    """The answer of a port that does not speak HTTP."""

    reason: str  # closed, silent, other
    text: str = ""


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host.

    Raises
    ------
    OSError
        The name is not known.

    Examples
    --------
    >>> addresses("127.0.0.1", 8088)
    ['127.0.0.1']
    """
    known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in known))


def listens(host: str, port: int, seconds: float) -> bool:
    """Return whether something takes connections there."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def get(address: Address, path: str) -> HttpPage | NotHttp:
    """Ask for a page; a certificate is not verified.

    Raises
    ------
    OSError
        No connection, or no TLS there (:class:`ssl.SSLError`).
    """
    connection = http.client.HTTPConnection(address.host, address.port, timeout=address.seconds)
    connection.sock = _connected(address, _trust_all() if address.is_tls else None)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return HttpPage(answer.status, headers, answer.read(_MOST))
    except http.client.RemoteDisconnected:
        return NotHttp("closed")
    except http.client.BadStatusLine as error:
        return NotHttp("other", str(error.args[0]).strip()[:_EXCERPT])
    except http.client.HTTPException:
        return NotHttp("other")
    except TimeoutError:
        return NotHttp("silent")
    except ConnectionError:
        return NotHttp("closed")
    finally:
        connection.close()


def speaks_tls(address: Address) -> bool:
    """Return whether a TLS server answers there, trusted or not."""
    try:
        _connected(address, _trust_all()).close()
    except OSError:
        return False
    return True


def distrust(address: Address, ca_file: str | None) -> str | None:
    """Return why a certificate is not trusted by this machine's authorities, or by a file; None if it is."""
    try:
        _connected(address, ssl.create_default_context(cafile=ca_file)).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ssl.SSLError as error:
        return error.reason or "TLS failed"
    except OSError as error:
        return error.strerror or "TLS failed"
    return None


def _connected(address: Address, context: ssl.SSLContext | None) -> socket.socket:
    plain = socket.create_connection((address.host, address.port), address.seconds)
    if context is None:
        return plain
    try:
        return context.wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def _trust_all() -> ssl.SSLContext:
    """Return a context that takes any certificate: for probes that send no secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
