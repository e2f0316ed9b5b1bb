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
class Place:
    """Where to knock, and how long to wait for each answer (seconds)."""

    host: str
    port: int
    is_tls: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of an HTTP server; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def server(self) -> str:
        """What it calls itself."""
        return self.headers.get("server", "")


@dataclass(frozen=True, slots=True)
class NotHTTP:
    """What answers is no HTTP server: it closed the connection, was silent, or said something else."""

    how: str  # closed, silent, other
    said: str = ""


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
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def listens(host: str, port: int, seconds: float) -> bool:
    """Tell whether something takes connections there."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def get(place: Place, path: str) -> Page | NotHTTP:
    """Ask for a page; a certificate is not looked at.

    Raises
    ------
    OSError
        No connection, or no TLS there (:class:`ssl.SSLError`).
    """
    connection = http.client.HTTPConnection(place.host, place.port, timeout=place.seconds)
    connection.sock = _connected(place, _anything() if place.is_tls else None)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Page(answer.status, headers, answer.read(_MOST))
    except http.client.RemoteDisconnected:
        return NotHTTP("closed")
    except http.client.BadStatusLine as error:
        return NotHTTP("other", str(error.args[0]).strip()[:_EXCERPT])
    except http.client.HTTPException:
        return NotHTTP("other")
    except TimeoutError:
        return NotHTTP("silent")
    except ConnectionError:
        return NotHTTP("closed")
    finally:
        connection.close()


def speaks_tls(place: Place) -> bool:
    """Tell whether a TLS server answers there, trusted or not."""
    try:
        _connected(place, _anything()).close()
    except OSError:
        return False
    return True


def distrust(place: Place, ca_file: str | None) -> str | None:
    """Say why a certificate is not trusted by this machine's own list of authorities, or by a file; None if it is."""
    try:
        _connected(place, ssl.create_default_context(cafile=ca_file)).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except ssl.SSLError as error:
        return error.reason or "TLS failed"
    except OSError as error:
        return error.strerror or "TLS failed"
    return None


def _connected(place: Place, context: ssl.SSLContext | None) -> socket.socket:
    plain = socket.create_connection((place.host, place.port), place.seconds)
    if context is None:
        return plain
    try:
        return context.wrap_socket(plain, server_hostname=place.host)
    except BaseException:
        plain.close()
        raise


def _anything() -> ssl.SSLContext:
    """Return a context that takes any certificate: only to look who is there, nothing secret is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
