"""A loopback proxy that tells the server half of a request and then breaks both connections; others it leaves alone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def halving(port: int, needle: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Stand before 127.0.0.1:`port`; give the address, and the halves of requests with `needle` that were told."""
    halves: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, needle, halves), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", halves
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, needle: bytes, halves: list[bytes]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, port, needle, halves), daemon=True).start()


def _serve(client: socket.socket, port: int, needle: bytes, halves: list[bytes]) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server, contextlib.suppress(OSError):
        while request := _whole(client):
            if needle in request:
                end = request.index(b"\r\n\r\n") + 4
                half = request[: end + (len(request) - end) // 2]
                halves.append(half)
                server.sendall(half)
                return
            server.sendall(request)
            client.sendall(_whole(server))


def _whole(sock: socket.socket) -> bytes:
    """Read one request or answer; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
    while missing > 0:
        piece = sock.recv(missing)
        if not piece:
            return b""
        data += piece
        missing -= len(piece)
    return data
