"""verify=False: our own warning at each connect, none of urllib3 at each request; no filter of the process changes."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import warnings
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import amiframe as af


class Manager(BaseHTTPRequestHandler):
    """Answers every action with success."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b"Response: Success\r\nPing: Pong\r\nMessage: Authentication accepted\r\n\r\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def tls_manager(folder):
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=somewhere else"],
        capture_output=True, check=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Manager) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_unverified_tls_warns_once_and_leaves_the_filters_alone(tmp_path):
    with tls_manager(tmp_path) as url, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        with af.connect(url, username="test", secret="secret", verify=False) as pbx:
            pbx.ping()
            pbx.ping()
        assert warnings.filters == filters
    assert [warning.category for warning in caught] == [af.InsecureWarning]
