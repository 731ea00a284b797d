"""The lowest part of the lying server: bytes on a socket, which may end at any of them.

The servers of the standard library keep a connection in good order; this one must be able to break it.
"""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

PATIENCE_S = 20


@dataclass(frozen=True)
class Asked:
    """One request. path: as it was spelled; port: at which it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int = 0

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Says:
    """One answer.

    framing: how its end is told ("length", "chunked", "close", "gzip"); cut: where the connection ends, as a share
    of all its bytes, None where it does not; is_abrupt: by a reset; raw: sent instead of all this.
    """

    status: int = 207
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    framing: str = "length"
    cut: float | None = None
    is_abrupt: bool = False
    raw: bytes | None = None

    @property
    def sent(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body, framed = self.body, {}
        match self.framing:
            case "chunked":
                framed = {"Transfer-Encoding": "chunked"}
                pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
                body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
            case "close":
                framed = {"Connection": "close"}
            case "gzip":
                body = gzip.compress(body, 1)
                framed = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
            case _:
                framed = {"Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {self.status} So", *(f"{name}: {value}" for name, value in (self.headers | framed).items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    @property
    def is_last(self) -> bool:
        return self.framing == "close" or self.cut is not None or self.raw is not None


Answer = Callable[[Asked], Says]


class Listener:
    """Listens at two ports of loopback: url, and stranger, which belongs to somebody else.

    answer: what says something, to be set by each test; broken: what went wrong while it did.
    """

    def __init__(self) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.ports = [each.getsockname()[1] for each in self._sockets]
        self.url, self.stranger = (f"http://127.0.0.1:{port}" for port in self.ports)
        self.answer: Answer = lambda _: Says(404)
        self.broken: list[BaseException] = []

    def start(self) -> None:
        for each in self._sockets:
            threading.Thread(target=self._listen, args=(each,), daemon=True).start()

    def close(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self, listening: socket.socket) -> None:
        port = listening.getsockname()[1]
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=self._talk, args=(connection, port), daemon=True).start()

    def _talk(self, connection: socket.socket, port: int) -> None:
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as file, suppress(OSError):
            while asked := _read(file, port):
                says = self._said(asked)
                sent = says.sent
                connection.sendall(sent if says.cut is None else sent[: int(says.cut * len(sent))])
                if says.is_abrupt:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if says.is_last:
                    if not says.is_abrupt:
                        connection.shutdown(socket.SHUT_RDWR)
                    return

    def _said(self, asked: Asked) -> Says:
        try:
            return self.answer(asked)
        except Exception as error:  # a mistake of the test itself, which must not pass for a lie
            self.broken.append(error)
            return Says(500)


def _read(file: BinaryIO, port: int) -> Asked | None:
    first = file.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := file.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(first[0], first[1], headers, file.read(int(headers.get("content-length", 0))), port)


@contextmanager
def listening() -> Iterator[Listener]:
    """A server that listens until the end of the block."""
    listener = Listener()
    listener.start()
    try:
        yield listener
    finally:
        listener.close()
