"""The way to the manager: host, port, TLS, HTTP server, prefix, webenabled; each step needs those before it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from amiframe.diagnostics import port_probe
from amiframe.diagnostics.check import Check, either, put
from amiframe.diagnostics.port_probe import Address, HttpPage, NotHttp
from amiframe.errors import AmiframeError, ConnectError
from amiframe.settings import Target
from amiframe.transport.http import Budget, Transport

WHAT = ("host", "port", "tls", "http", "prefix", "webenabled")
"""Names of the checks, in their order."""

_USUAL_PORTS = {"http": 8088, "https": 8089}
_TCP_PORT = 5038
_PREFIXES = ("", "/asterisk", "/ami", "/pbx", "/manager", "/api")
_ALWAYS_THERE = ("/ws", "/httpstatus", "/static")  # pages of the same server that have nothing to do with the manager
_BANNER = "Asterisk Call Manager"
_LONGEST_S = 5.0
_ENABLE_TLS = put("http.conf", "general", "tlsenable = yes", "tlsbindaddr = 0.0.0.0:8089", "tlscertfile = FILE.pem")
_EXCERPT = 40


@dataclass
class ServerFacts:
    """What the network checks find out about the server for later checks."""

    software: str = ""
    max_age: int | None = None


def checks(target: Target, server: ServerFacts) -> Iterator[Check]:
    """Give the checks of the way, one after the other; end with the first that blocks it."""
    parts = urlsplit(target.url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    address = Address(host, port, is_tls, min(target.timeout, _LONGEST_S))
    if target.proxy:
        for what in WHAT:
            yield Check(what, None, "behind a proxy: not to be seen from here")
        return
    try:
        addresses = port_probe.addresses(host, port)
    except (OSError, UnicodeError):
        cure = "the name is misspelt, or missing in DNS and /etc/hosts; the PBX's IP address works without"
        yield Check("host", False, f"the name {host} is not known", cure, "ConnectError")
        return
    yield Check("host", True, f"{host} is {', '.join(addresses)}" if addresses != [host] else host)
    if not port_probe.listens(host, port, address.seconds):
        yield Check(
            "port", False, f"nothing answers at {host} port {port}", _nothing_there(target, address), "ConnectError"
        )
        return
    yield Check("port", True, f"port {port} takes connections")
    try:
        page = port_probe.get(address, f"{parts.path}/rawman")
    except ssl.SSLError:
        yield _no_tls(target, address)
        return
    except OSError as error:
        found = f"port {port}: {error.strerror or 'no answer'}"
        cure = _nothing_there(target, address)
        yield Check("port", False, found, cure, "ConnectError")
        return
    if isinstance(page, NotHttp):
        yield _not_http(target, address, page)
        return
    tls = _tls(target, address)
    yield tls
    if tls.ok is False and tls.error == "ConnectError":
        return
    age = re.search(r"(?i)mansession_id=.*max-age=(\d+)", page.headers.get("set-cookie", ""))
    server.software, server.max_age = page.server, int(age[1]) if age else None
    yield Check("http", True, f"{page.server or 'an HTTP server'} answers")
    yield from _paths(target, address, page)


def _nothing_there(target: Target, address: Address) -> str:
    """Return the cure for a port at which nothing listens; look at the usual ones for a better idea."""
    scheme = "https" if address.is_tls else "http"
    bind = "127.0.0.1" if target.is_loopback else "0.0.0.0"  # noqa: S104 (a line for the PBX, not ours)
    lines: tuple[str, ...]
    if address.is_tls:
        lines = ("enabled = yes", "tlsenable = yes", f"tlsbindaddr = {bind}:{address.port}", "tlscertfile = FILE.pem")
    else:
        lines = ("enabled = yes", f"bindaddr = {bind}", f"bindport = {address.port}")
    usual = next(
        (
            f'connect("{other}://{address.host}:{port}"): something listens there'
            for other, port in _USUAL_PORTS.items()
            if port != address.port and port_probe.listens(address.host, port, min(address.seconds, 1.0))
        ),
        None,
    )
    other = (
        f"connect(\"{scheme}://{address.host}:PORT\") with the port that the PBX shows: asterisk -rx 'http show status'"
    )
    return either(usual, put("http.conf", "general", *lines), other, "let it through the firewall")


def _no_tls(target: Target, address: Address) -> Check:
    plain = port_probe.get(Address(address.host, address.port, False, address.seconds), "/rawman")
    if isinstance(plain, HttpPage):
        url = target.url.replace("https:", "http:", 1)
        cure = either(
            f'connect("{url}")',
            _ENABLE_TLS,
        )
        return Check("tls", False, f"port {address.port} speaks plain HTTP, no TLS", cure, "ConnectError")
    found = f"port {address.port} speaks no TLS that can be agreed on"
    cure = "asterisk -rx 'http show status' shows the HTTPS port"
    return Check("tls", False, found, cure, "ConnectError")


def _not_http(target: Target, address: Address, answer: NotHttp) -> Check:
    """Return what is wrong with a port that takes connections and does not answer HTTP."""
    http = f"connect(\"http://{address.host}:8088\"), or the port that the PBX shows: asterisk -rx 'http show status'"
    if answer.text.startswith(_BANNER):
        found = f"port {address.port} is the TCP interface of the manager ({answer.text}), not HTTP"
        return Check("http", False, found, http, "ConnectError")
    if answer.reason == "closed" and not address.is_tls and port_probe.speaks_tls(address):
        url = target.url.replace("http:", "https:", 1)
        found = f"port {address.port} speaks TLS, and was asked in plain HTTP"
        cure = f'connect("{url}")'
        return Check("tls", False, found, cure, "ConnectError")
    if answer.reason == "closed":
        found = "the connection was closed without an answer"
        cure = either(
            put("http.conf", "general", "sessionlimit = 200"),
            "wait, if the PBX is starting or stopping",
            http,
        )
        return Check("http", False, found, cure, "ConnectError")
    found = f"not an HTTP server: {answer.text!r}" if answer.text else f"no answer in {address.seconds:g} s"
    return Check("http", False, f"port {address.port}: {found}", http, "ConnectError")


def _tls(target: Target, address: Address) -> Check:
    if not address.is_tls:
        if target.is_loopback:
            return Check("tls", True, "plain HTTP, and nothing leaves this machine")
        cure = _ENABLE_TLS
        found = "plain HTTP: password and answers can be read on the way"
        cure = f'{cure}\nthen: connect("https://{address.host}:8089")'
        return Check("tls", False, found, cure)
    ca_file = target.verify if isinstance(target.verify, str) else None
    why = port_probe.distrust(address, ca_file)
    if target.verify is False:
        return Check(
            "tls", False, f"TLS is not verified (verify=False){f'; the certificate: {why}' if why else ''}", _trust(why)
        )
    try:  # as a call would do it
        Transport(target).post("rawman", [("Action", "Logoff")], Budget(address.seconds), mode="read")
    except ConnectError as error:
        if "TLS" in str(error.args[0]):
            found = f"the certificate is not trusted: {why or 'not by the list of this Python'}"
            cure = _trust(why)
            return Check("tls", False, found, cure, "ConnectError")
    except AmiframeError:
        pass  # a later check reports it
    return Check("tls", True, "TLS, and the certificate is trusted")


def _trust(why: str | None) -> str:
    if why and "self" in why:
        return (
            "copy the certificate (without its key) that tlscertfile of http.conf names, then: "
            'connect(..., verify="pbx.pem")'
        )
    if why and "expired" in why:
        return put("http.conf", "general", "tlscertfile = FILE.pem   ; a new one")
    if why and ("mismatch" in why or "doesn't match" in why or "not valid for" in why):
        return "connect to the name for which the certificate was made, or make one for this name"
    return 'connect(..., verify="ca.pem") with the certificate of the authority that signed it'


def _paths(target: Target, address: Address, page: HttpPage) -> Iterator[Check]:
    """Give prefix and webenabled: a page that is not found may mean either."""
    prefix = urlsplit(target.url).path
    if _is_manager(page):
        yield Check("prefix", True, f"{prefix}/rawman" if prefix else "none, and none is needed")
        yield Check("webenabled", True, "the manager answers over HTTP")
        return
    if page.status == 200:
        found = f"a page that is not the manager answers at {prefix}/rawman: {page.body[:_EXCERPT].decode('latin-1')!r}"
        cure = "the PBX's own address; another web server is here, or a login page in between"
        yield Check("prefix", None, f"HTTP 200 from {prefix}/rawman")
        yield Check("webenabled", False, found, cure, "ParseError")
        return
    if page.status != 404:
        yield Check("prefix", None, f"HTTP {page.status} from {prefix}/rawman")
        found = f"HTTP {page.status} from {prefix}/rawman"
        cure = "a proxy, or path restrictions in http.conf, keep it from us"
        yield Check("webenabled", False, found, cure, "HTTPStatusError")
        return
    root = target.url.removesuffix(prefix)
    moved = next(
        (other for other in _PREFIXES if other != prefix and _is_manager(_get(address, f"{other}/rawman"))), None
    )
    if moved is not None:
        cure = either(
            f'connect("{root}{moved}")', put("http.conf", "general", f"prefix = {prefix.strip('/')}".rstrip())
        )
        where = f"prefix {moved}" if moved else "no prefix"
        found = f"HTTP 404 from {prefix}/rawman; the manager answers with {where}"
        yield Check("prefix", False, found, cure, "HTTPStatusError")
        return
    enable = put("manager.conf", "general", "enabled = yes", "webenabled = yes")
    if any((other := _get(address, prefix + path)) and other.status != 404 for path in _ALWAYS_THERE):
        yield Check("prefix", True, prefix or "none, and none is needed")
        found = f"HTTP 404 from {prefix}/rawman; other pages of this server are there"
        yield Check("webenabled", False, found, enable, "HTTPStatusError")
        return
    ask = f"connect(\"{root}/PREFIX\") with the prefix that the PBX shows: asterisk -rx 'http show status'"
    yield Check("prefix", None, f"HTTP 404 from {prefix}/rawman, and from every page that could show the prefix")
    found = f"HTTP 404 from {prefix}/rawman: webenabled=no, or a prefix that we do not know"
    cure = either(enable, ask)
    yield Check("webenabled", False, found, cure, "HTTPStatusError")


def _get(address: Address, path: str) -> HttpPage | None:
    try:
        page = port_probe.get(address, path)
    except OSError:
        return None
    return page if isinstance(page, HttpPage) else None


def _is_manager(page: HttpPage | None) -> bool:
    return page is not None and page.status == 200 and page.body.startswith(b"Response:")
