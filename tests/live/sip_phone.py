"""SIP phones for tests, by sipp: they register, subscribe and answer calls. They live at 127.0.0.2.

That address is not 127.0.0.1, which to the servers of `pbx_server` is always their own endpoint ``loop``.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from pbx_server import Asterisk, PbxError

ADDRESS = "127.0.0.2"

_REQUEST = """{method} sip:{to}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[service]@[remote_ip]:[remote_port]>;tag=[call_number]-{number}
To: <sip:{to}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: {number} {method}
Contact: <sip:[service]@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: {expires}
{more}Content-Length: 0
"""
_AUTHORISED = "[authentication username={user} password={secret}]\n"
_FINAL = '<recv response="200"/>'
_NOTIFIED = """<recv response="200" optional="true"/><recv request="NOTIFY"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""


def why_not() -> str | None:
    """Say why this machine has no SIP phones, or None when it has."""
    return None if shutil.which("sipp") else "no sipp on this machine: run .ci/asterisk, or install sip-tester"


class Phone:
    """One phone of an endpoint: `register` makes it a contact, then it answers every call until it is closed."""

    def __init__(self, server: Asterisk, user: str = "user") -> None:
        self._server = server
        self.user = user
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((ADDRESS, 0))
            self.port = probe.getsockname()[1]
        self._is_registered = False
        self._answering: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="amiframe-phone-")

    def register(self) -> Phone:
        """Register at the server, with the password."""
        self._run("REGISTER", self.user, "", _FINAL)
        self._is_registered = True
        return self

    def subscribe(self, exten: str) -> Phone:
        """Subscribe to the lamp of an extension."""
        more = "Event: dialog\nAccept: application/dialog-info+xml\n"
        self._run("SUBSCRIBE", exten, more, _NOTIFIED)
        return self

    def answer(self) -> Phone:
        """From now on take every call, and stay on the line until the other side hangs up."""
        self._answering = subprocess.Popen(
            [*self._command(), "-sn", "uas", "-timeout", "600", "-rtp_echo"],
            cwd=self._folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return self

    def close(self) -> None:
        process, self._answering = self._answering, None
        if process is not None:
            process.kill()
            process.wait()
        if self._is_registered:
            self._is_registered = False
            with contextlib.suppress(PbxError, subprocess.TimeoutExpired):  # the server may be gone
                self._run("REGISTER", self.user, "", _FINAL, expires=0)
        with contextlib.suppress(OSError):
            self._folder.cleanup()

    def __enter__(self) -> Phone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _command(self) -> list[str]:
        return ["sipp", "-i", ADDRESS, "-p", str(self.port), "-nostdin"]

    def _run(self, method: str, to: str, more: str, end: str, *, expires: int = 3600) -> None:
        secret = _AUTHORISED.format(user=self.user, secret=self._server.sip_secret)
        first = _REQUEST.format(method=method, to=to, number=1, more=more, expires=expires)
        second = _REQUEST.format(method=method, to=to, number=2, more=more + secret, expires=expires)
        scenario = Path(self._folder.name) / "scenario.xml"
        scenario.write_text(
            '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE scenario SYSTEM "sipp.dtd"><scenario name="phone">'
            f"<send><![CDATA[\n{first}\n]]></send>"
            '<recv response="401" auth="true"/>'
            f"<send><![CDATA[\n{second}\n]]></send>{end}</scenario>",
            "utf-8",
        )
        scenario.chmod(0o600)
        done = subprocess.run(
            [*self._command(), "-sf", str(scenario), "-s", self.user, "-m", "1", "-timeout", "10",
             f"127.0.0.1:{self._server.sip_port}", "-trace_err", "-error_file", "errors"],
            cwd=self._folder.name, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        if done.returncode:
            errors = Path(self._folder.name) / "errors"
            text = errors.read_text("utf-8", "replace") if errors.exists() else done.stderr.decode("utf-8", "replace")
            raise PbxError(f"{method} of {self.user} failed: {text}")
