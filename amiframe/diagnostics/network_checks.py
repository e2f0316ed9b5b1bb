"""The way to the manager: host, port, TLS, HTTP server, prefix, webenabled; each step needs those before it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from amiframe.diagnostics import port_probe
from amiframe.diagnostics.check import Check, either, put
from amiframe.diagnostics.port_probe import NotHTTP, Page, Place
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
_EXCERPT = 40


@dataclass
class Seen:
    """What was seen on the way that later checks want to know."""

    server: str = ""
    max_age: int | None = None


def reach(target: Target, seen: Seen) -> Iterator[Check]:
    """Give the checks of the way, one after the other; end with the first that blocks it."""
    parts = urlsplit(target.url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    place = Place(host, port, is_tls, min(target.timeout, _LONGEST_S))
    if target.proxy:
        for what in ("host", "port", "tls", "http", "prefix", "webenabled"):
            yield Check(what, None, "behind a proxy: not to be seen from here")
        return
    try:
        found = port_probe.addresses(host, port)
    except (OSError, UnicodeError):
        cure = "the name is misspelt, or belongs into DNS or /etc/hosts; the PBX's IP address works without"
        yield Check("host", False, f"the name {host} is not known", cure, "ConnectError")
        return
    yield Check("host", True, f"{host} is {', '.join(found)}" if found != [host] else host)
    if not port_probe.listens(host, port, place.seconds):
        yield Check("port", False, f"nothing answers at {host} port {port}", _nothing_there(target, place),
                    "ConnectError")  # fmt: skip
        return
    yield Check("port", True, f"port {port} takes connections")
    try:
        page = port_probe.get(place, f"{parts.path}/rawman")
    except ssl.SSLError:
        yield _no_tls(target, place)
        return
    except OSError as error:
        yield Check("port", False, f"port {port}: {error.strerror or 'no answer'}", _nothing_there(target, place),
                    "ConnectError")  # fmt: skip
        return
    if isinstance(page, NotHTTP):
        yield _not_http(target, place, page)
        return
    tls = _tls(target, place)
    yield tls
    if tls.ok is False and tls.error == "ConnectError":
        return
    age = re.search(r"(?i)mansession_id=.*max-age=(\d+)", page.headers.get("set-cookie", ""))
    seen.server, seen.max_age = page.server, int(age[1]) if age else None
    yield Check("http", True, f"{page.server or 'an HTTP server'} answers")
    yield from _paths(target, place, page)


def _nothing_there(target: Target, place: Place) -> str:
    """Return the cure for a port at which nothing listens; look at the usual ones for a better idea."""
    scheme = "https" if place.is_tls else "http"
    bind = "127.0.0.1" if target.is_loopback else "0.0.0.0"  # noqa: S104 (a line for the PBX, not ours)
    lines: tuple[str, ...]
    if place.is_tls:
        lines = ("enabled = yes", "tlsenable = yes", f"tlsbindaddr = {bind}:{place.port}", "tlscertfile = FILE.pem")
    else:
        lines = ("enabled = yes", f"bindaddr = {bind}", f"bindport = {place.port}")
    usual = next(
        (f'connect("{other}://{place.host}:{port}"): something listens there' for other, port in _USUAL_PORTS.items()
         if port != place.port and port_probe.listens(place.host, port, min(place.seconds, 1.0))), None,
    )  # fmt: skip
    other = (
        f"connect(\"{scheme}://{place.host}:PORT\") with the port that the PBX tells: asterisk -rx 'http show status'"
    )
    return either(usual, put("http.conf", "general", *lines), other, "let it through the firewall")


def _no_tls(target: Target, place: Place) -> Check:
    plain = port_probe.get(Place(place.host, place.port, False, place.seconds), "/rawman")
    if isinstance(plain, Page):
        url = target.url.replace("https:", "http:", 1)
        cure = either(
            f'connect("{url}")',
            put("http.conf", "general", "tlsenable = yes", "tlsbindaddr = 0.0.0.0:8089", "tlscertfile = FILE.pem"),
        )
        return Check("tls", False, f"port {place.port} speaks plain HTTP, no TLS", cure, "ConnectError")
    return Check("tls", False, f"port {place.port} speaks no TLS that can be agreed on",
                 "asterisk -rx 'http show status' tells the HTTPS port", "ConnectError")  # fmt: skip


def _not_http(target: Target, place: Place, said: NotHTTP) -> Check:
    """Return what is wrong with a port that takes connections and does not answer HTTP."""
    http = f"connect(\"http://{place.host}:8088\"), or the port that the PBX tells: asterisk -rx 'http show status'"
    if said.said.startswith(_BANNER):
        return Check("http", False, f"port {place.port} is the TCP interface of the manager ({said.said}), not HTTP",
                     http, "ConnectError")  # fmt: skip
    if said.how == "closed" and not place.is_tls and port_probe.speaks_tls(place):
        url = target.url.replace("http:", "https:", 1)
        return Check("tls", False, f"port {place.port} speaks TLS, and was asked in plain HTTP", f'connect("{url}")',
                     "ConnectError")  # fmt: skip
    if said.how == "closed":
        return Check("http", False, "the connection was closed without an answer", either(
            put("http.conf", "general", "sessionlimit = 200"), "wait, if the PBX is starting or stopping", http,
        ), "ConnectError")  # fmt: skip
    found = f"something that is no HTTP server: {said.said!r}" if said.said else f"no answer in {place.seconds:g} s"
    return Check("http", False, f"port {place.port}: {found}", http, "ConnectError")


def _tls(target: Target, place: Place) -> Check:
    if not place.is_tls:
        if target.is_loopback:
            return Check("tls", True, "plain HTTP, and nothing leaves this machine")
        cure = put("http.conf", "general", "tlsenable = yes", "tlsbindaddr = 0.0.0.0:8089", "tlscertfile = FILE.pem")
        return Check("tls", False, "plain HTTP: password and answers can be read on the way",
                     f'{cure}\nthen: connect("https://{place.host}:8089")')  # fmt: skip
    ca_file = target.verify if isinstance(target.verify, str) else None
    why = port_probe.distrust(place, ca_file)
    if target.verify is False:
        return Check("tls", False, f"TLS is not verified (verify=False){f'; the certificate: {why}' if why else ''}",
                     _trust(why))  # fmt: skip
    try:  # what counts is what a call meets
        Transport(target).post("rawman", [("Action", "Logoff")], Budget(place.seconds), mode="read")
    except ConnectError as error:
        if "TLS" in str(error.args[0]):
            return Check("tls", False, f"the certificate is not trusted: {why or 'not by the list of this Python'}",
                         _trust(why), "ConnectError")  # fmt: skip
    except AmiframeError:
        pass  # a later check tells
    return Check("tls", True, "TLS, and the certificate is trusted")


def _trust(why: str | None) -> str:
    if why and "self" in why:
        return ("copy the certificate (without its key) that tlscertfile of http.conf names, then: "
                "connect(..., verify=\"pbx.pem\")")  # fmt: skip
    if why and "expired" in why:
        return put("http.conf", "general", "tlscertfile = FILE.pem   ; a new one")
    if why and ("mismatch" in why or "doesn't match" in why or "not valid for" in why):
        return "connect to the name for which the certificate was made, or make one for this name"
    return 'connect(..., verify="ca.pem") with the certificate of the authority that signed it'


def _paths(target: Target, place: Place, page: Page) -> Iterator[Check]:
    """Give prefix and webenabled: a page that is not found may mean either."""
    prefix = urlsplit(target.url).path
    if _is_manager(page):
        yield Check("prefix", True, f"{prefix}/rawman" if prefix else "none, and none is needed")
        yield Check("webenabled", True, "the manager answers over HTTP")
        return
    if page.status == 200:
        found = f"a page that is no manager answers at {prefix}/rawman: {page.body[:_EXCERPT].decode('latin-1')!r}"
        cure = "the PBX's own address; another web server is here, or a login page in between"
        yield Check("prefix", None, f"HTTP 200 from {prefix}/rawman")
        yield Check("webenabled", False, found, cure, "ParseError")
        return
    if page.status != 404:
        yield Check("prefix", None, f"HTTP {page.status} from {prefix}/rawman")
        yield Check("webenabled", False, f"HTTP {page.status} from {prefix}/rawman",
                    "a proxy, or path restrictions in http.conf, keep it from us", "HTTPStatusError")  # fmt: skip
        return
    root = target.url.removesuffix(prefix)
    moved = next((one for one in _PREFIXES if one != prefix and _is_manager(_get(place, f"{one}/rawman"))), None)
    if moved is not None:
        cure = either(
            f'connect("{root}{moved}")', put("http.conf", "general", f"prefix = {prefix.strip('/')}".rstrip())
        )
        where = f"prefix {moved}" if moved else "no prefix"
        yield Check("prefix", False, f"HTTP 404 from {prefix}/rawman; the manager answers with {where}", cure,
                    "HTTPStatusError")  # fmt: skip
        return
    enable = put("manager.conf", "general", "enabled = yes", "webenabled = yes")
    if any((other := _get(place, prefix + path)) and other.status != 404 for path in _ALWAYS_THERE):
        yield Check("prefix", True, prefix or "none, and none is needed")
        yield Check("webenabled", False, f"HTTP 404 from {prefix}/rawman; other pages of this server are there",
                    enable, "HTTPStatusError")  # fmt: skip
        return
    ask = f"connect(\"{root}/PREFIX\") with the prefix that the PBX tells: asterisk -rx 'http show status'"
    yield Check("prefix", None, f"HTTP 404 from {prefix}/rawman, and from every page that could tell the prefix")
    yield Check("webenabled", False, f"HTTP 404 from {prefix}/rawman: webenabled=no, or a prefix that we do not know",
                either(enable, ask), "HTTPStatusError")  # fmt: skip


def _get(place: Place, path: str) -> Page | None:
    try:
        page = port_probe.get(place, path)
    except OSError:
        return None
    return page if isinstance(page, Page) else None


def _is_manager(page: Page | None) -> bool:
    return page is not None and page.status == 200 and page.body.startswith(b"Response:")
