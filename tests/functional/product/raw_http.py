"""Requests that no HTTP library would send, byte by byte."""

import socket
from dataclasses import dataclass

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class RawAnswer:
    """What came back until the connection was closed."""

    status: int
    body: bytes


def send(
    port: int, method: bytes, target: bytes, headers: dict[str, str], body: bytes = b"", *, break_off: bool = False
) -> RawAnswer:
    """Send these bytes and read until the end. ``break_off`` closes the sending half at once."""
    lines = [method + b" " + target + b" HTTP/1.1"]
    for name, value in {"Host": "cloud", "Connection": "close", **headers}.items():
        lines.append(f"{name}: {value}".encode("latin-1"))
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            if break_off:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was sent; what it answered can still be read
        came = _all(connection)
    head, _, rest = came.partition(b"\r\n\r\n")
    return RawAnswer(int(head.split(b" ", 2)[1]), rest)


def _all(connection: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass  # it closed while we still had something to say
    return b"".join(pieces)
